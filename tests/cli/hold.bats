#!/usr/bin/env bats
# wfctl hold: nothing begins until it is released.

load helper
load shape

setup() {
	home_setup
	cat >pay.yaml <<-'EOT'
	workflow:
	  id: pay
	  version: 1.0.0
	  steps:
	    - { id: ready, action: wait.signal, with: { name: go } }
	    - { id: pay, action: exec.run, with: { shell: "echo paid >>ran" } }
	EOT
	sed 's/id: pay$/id: other/' pay.yaml >other.yaml
	wfctl register pay.yaml other.yaml >/dev/null
}

@test "no new start and no effect of the workflow; others go on" {
	status 3 wfctl run pay
	ok wfctl hold pay --reason "the bank is closed" --as ops
	assert_output "pay is on hold: no effect begins. Next: wfctl release pay"
	status 6 wfctl run pay
	assert_output --partial "hold"
	run --separate-stderr wfctl run pay -o json
	assert_failure 6
	assert_output --partial '"code": "HELD"'
	shape error
	ok wfctl signal 1 go
	assert_output --partial "on hold"
	[ ! -e ran ]
	status 3 wfctl run other
	ok wfctl signal 2 go
	assert_equal "$(wc -l <ran)" 1
	ok wfctl resume
	assert_equal "$(wc -l <ran)" 1
	ok wfctl journal check
}

@test "everything" {
	ok wfctl hold --as ops
	assert_output "everything is on hold: no effect begins. Next: wfctl release"
	status 6 wfctl run pay
	status 6 wfctl run other
	status 6 wfctl run other.yaml
	ok wfctl release
	status 3 wfctl run pay
}

@test "what is on hold" {
	ok wfctl hold --list
	assert_output "nothing is on hold"
	ok wfctl hold --list -o json
	assert_output "[]"
	wfctl hold pay --reason closed --as ops >/dev/null
	wfctl hold --as ops >/dev/null
	ok wfctl hold --list
	assert_line --index 0 --regexp '^WORKFLOW +SINCE +BY +REASON$'
	assert_line --regexp '^everything .* ops +-$'
	assert_line --regexp '^pay .* ops +closed$'
	ok wfctl hold --list -o json
	shape hold
	wfctl hold pay --reason other --as ops >/dev/null
	ok wfctl hold --list -o jsonl
	assert_output --partial '"reason":"other"'
	refute_output --partial '"reason":"closed"'
}

@test "unknown names, wrong usage, dry run, json" {
	status 4 wfctl hold nothing
	assert_output --partial "there is no workflow nothing"
	status 2 wfctl hold ""
	status 2 wfctl hold pay other
	status 2 wfctl hold pay --list
	ok wfctl hold pay --dry-run
	assert_output "would hold pay; nothing was done"
	ok wfctl hold --dry-run -o json
	shape hold
	ok wfctl hold --list -o json
	assert_output "[]"
	ok wfctl hold pay -o json
	shape hold
}

@test "an event that comes meanwhile starts what was on hold once it is released" {
	cat >asked.yaml <<'YAML'
workflow:
  id: asked
  triggers: [{ type: event, name: asked }]
  steps: [{ id: done, action: data.set, with: { ok: true } }]
YAML
	ok wfctl register asked.yaml
	ok wfctl hold asked
	run --separate-stderr wfctl emit asked --data '{}' --id once
	assert_success
	assert_output "event 1 asked: started 0, woke 0"
	[[ "$stderr" == *"asked is on hold"*"once that is released"* ]] || fail "$stderr"
	# who arms a timer by it would sweep without end
	ok wfctl next-due --seconds
	assert_output --regexp '^-$'
	ok wfctl serve-once
	[ "$(wfctl ps --workflow asked -o json | jq length)" -eq 0 ]
	ok wfctl release asked
	ok wfctl next-due --seconds
	assert_output 0
	ok wfctl serve-once
	ok wfctl serve-once
	[ "$(wfctl ps --workflow asked -o json | jq -r '.[].status')" = completed ]
	ok wfctl journal check
}

@test "a second hold keeps what the first one says" {
	ok wfctl hold pay --reason "the bank is closed" --as ops
	since=$(wfctl hold --list -o json | jq -r '.[0].at')
	ok wfctl hold pay --as ann
	assert_output "pay is on hold already: no effect begins. Next: wfctl release pay"
	ok wfctl hold --list -o json
	assert_equal "$(jq -c '[length, .[0].reason, .[0].by]' <<<"$output")" '[1,"the bank is closed","ops"]'
	assert_equal "$(jq -r '.[0].at' <<<"$output")" "$since"
	ok wfctl hold pay --reason "still closed" -o json
	assert_equal "$(jq -r .reason <<<"$output")" "still closed"
}
