#!/usr/bin/env bats
# wfctl history: every event, in order.

load helper
load shape

setup() {
	home_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  steps:
	    - { id: flaky, action: exec.run, with: { shell: "test -e mark || { touch mark; exit 3; }" }, retry: { max_attempts: 2, backoff: fixed, initial_delay: PT0.01S, on: [ExecError] } }
	    - { id: ask, action: approval.request, with: { policy: level1, approvers: { list: [alice] } } }
	EOT
	wfctl run flow.yaml >/dev/null || true
	wfctl approve 1 --as alice --reason fine >/dev/null
}

@test "events and what they changed" {
	ok wfctl history 1
	assert_line --index 0 --regexp '^SEQ +AT +EVENT +STEP +WHAT CHANGED +BROUGHT$'
	assert_line --index 1 --regexp '^ +0 .* start +- .*flaky attempt 1'
	assert_line --index 2 --regexp '^ +1 .* failure +flaky .*flaky again in 10 ms.*ExecError exit_3'
	assert_line --index 3 --regexp '^ +2 .* timer +flaky .*flaky attempt 2'
	assert_line --index 4 --regexp '^ +3 .* success +flaky .*flaky completed.*ask waiting'
	assert_line --index 5 --regexp '^ +4 .* decision +ask .*instance completed +approve by alice: fine$'
}

@test "json of the promised shape, jsonl one a line" {
	ok wfctl history 1 -o json
	shape history
	ok wfctl history 1 -o jsonl
	assert_equal "${#lines[@]}" 5
}

@test "no such instance" {
	status 4 wfctl history 9
	status 2 wfctl history
}

@test "execution_log says how much is shown, and which fields go along" {
	cat >logged.yaml <<-'EOT'
	workflow:
	  id: logged
	  correlation_id: "c-${userId}"
	  execution_log: { metadata: [userId, correlationId, deep.er, absent] }
	  steps:
	    - { id: a, action: exec.run, with: { command: [echo, secret] } }
	    - { id: b, action: exec.run, with: { command: ["false"] }, on_failure: { action: continue } }
	EOT
	ok wfctl run logged.yaml --input '{"userId":"u1","deep":{"er":[1]}}' -o json
	n=$(jq .number <<<"$output")
	ok wfctl history "$n" -o json
	shape history
	refute_output --partial secret
	assert_equal "$(jq -c '.[0] | [.event, .data, .metadata]' <<<"$output")" \
		'["start",null,{"userId":"u1","correlationId":"c-u1","deep.er":[1],"absent":null}]'
	all=$(jq length <<<"$output")
	ok wfctl history "$n" --level debug -o json
	assert_output --partial secret
	assert_equal "$(jq length <<<"$output")" "$all"
	ok wfctl history "$n" --level error -o json
	assert_equal "$(jq -c 'map(.event)' <<<"$output")" '["failure"]'
	status 2 wfctl history "$n" --level loud
}
