#!/usr/bin/env bats
# wfctl migrate: instances in flight under another version; wfctl workflow diff: what that would change.

load helper
load shape

setup() {
	home_setup
	cat >v1.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 1.0.0
	  steps:
	    - { id: first, action: exec.run, with: { shell: "echo first >>ran" } }
	    - { id: wait, action: wait.signal, with: { name: go } }
	    - { id: last, action: exec.run, with: { shell: "echo one >>ran" } }
	EOT
	# another end, and a step more
	sed 's/1\.0\.0/1.1.0/; s/echo one/echo two/; s/.*id: last/    - { id: extra, action: exec.run, with: { shell: "echo extra >>ran" } }\n&/' \
		v1.yaml >v2.yaml
	# reads what was never made
	sed 's/1\.0\.0/1.2.0/; s/.*id: wait/    - { id: before, action: exec.run, with: { shell: "true" } }\n&/; s/echo one/echo ${steps.before.output.exit_code}/' \
		v1.yaml >v3.yaml
	# waits for something else
	sed 's/1\.0\.0/1.3.0/; s/name: go/name: stop/' v1.yaml >v4.yaml
	# has lost a step that has run
	sed 's/1\.0\.0/1.4.0/; /id: first/d' v1.yaml >v5.yaml
	# does something else in its place
	sed 's/1\.0\.0/1.5.0/; s/id: first, action: exec.run, with: { shell: .*/id: first, action: data.set, with: { a: 1 } }/' v1.yaml >v6.yaml
	wfctl register v1.yaml v2.yaml v3.yaml v4.yaml v5.yaml v6.yaml >/dev/null
	wfctl run flow@1.0.0 >/dev/null || true
}

@test "it goes on under the other version" {
	ok wfctl migrate 1 --to 1.1.0 --dry-run
	assert_line --index 0 "#1 could go on under flow 1.1.0"
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .version <<<"$output")" 1.0.0
	ok wfctl migrate 1 --to 1.1.0
	assert_output "#1 goes on under flow 1.1.0"
	ok wfctl signal 1 go
	assert_equal "$(paste -sd' ' ran)" "first extra two"
	ok wfctl show 1 -o json
	assert_equal "$(jq -r '.version + " " + .status' <<<"$output")" "1.1.0 completed"
	ok wfctl history 1
	assert_output --regexp 'migrate +- +goes on under version 1\.1\.0, plan [0-9a-f]{12} +by ann'
	ok wfctl journal check
}

@test "what does not fit stays, and says why" {
	status 6 wfctl migrate 1 --to 1.2.0
	assert_output --partial 'reads the output of `before`, which has not run'
	status 6 wfctl migrate 1 --to 1.3.0
	assert_output --partial '`wait` is where it rests, and its `with` is another in the other version'
	status 6 wfctl migrate 1 --to 1.4.0
	assert_output --partial '`first` has run, and the other version has no such step'
	status 6 wfctl migrate 1 --to 1.5.0
	assert_output --partial '`first` has run, and is another action in the other version'
	status 6 wfctl migrate 1 --to 1.0.0
	assert_output --partial "#1 has that version already"
	status 4 wfctl migrate 1 --to 9.9.9
	status 2 wfctl migrate 1
	status 2 wfctl migrate --to 1.1.0
	ok wfctl signal 1 go
	assert_equal "$(paste -sd' ' ran)" "first one"
	status 6 wfctl migrate 1 --to 1.1.0
	assert_output --partial "#1 is completed"
	ok wfctl journal check
}

@test "all that are in flight, as far as they fit" {
	wfctl run flow@1.3.0 >/dev/null || true
	wfctl run flow@1.0.0 >/dev/null || true
	wfctl signal 3 go >/dev/null
	status 6 wfctl migrate --all flow --to 1.1.0
	assert_line "#1 goes on under flow 1.1.0"
	assert_line --partial "#2 stays at 1.3.0: "
	assert_line "1 moved, 1 stay"
	status 6 wfctl migrate --all flow --to 1.1.0 -o json
	assert_equal "$(jq -r '.instances[] | "\(.number) \(.moved)"' <<<"$output" | paste -sd' ')" "1 false 2 false"
	ok wfctl journal check
}

@test "the answer for programs" {
	ok wfctl migrate --all flow --to 1.1.0 --dry-run -o json
	shape migrate
	ok wfctl migrate 1 --to ./v2.yaml -o json
	shape migrate
	assert_equal "$(jq -r '"\(.instances[0].moved) \(.version)"' <<<"$output")" "true 1.1.0"
	# the version that the file names stays with the instance
	assert_equal "$(wfctl show 1 -o json | jq -r .version)" 1.1.0
}

@test "an input that the other version does not take" {
	sed 's/1\.0\.0/1.6.0/; s/^  steps:/  input: { type: object, required: [n] }\n&/' v1.yaml >v7.yaml
	wfctl register v7.yaml >/dev/null
	status 6 wfctl migrate 1 --to 1.6.0
	assert_output --partial "the input does not fit"
}

@test "a version that has variables more brings them" {
	sed 's/1\.0\.0/1.7.0/; s/^  steps:/  vars: { word: new }\n&/; s/echo one/echo ${vars.word}/' v1.yaml >v8.yaml
	wfctl register v8.yaml >/dev/null
	ok wfctl migrate 1 --to 1.7.0
	ok wfctl signal 1 go
	assert_equal "$(paste -sd' ' ran)" "first new"
	ok wfctl journal check
}

@test "to a file: its children are looked for in the journal" {
	cat >typed.yaml <<-'EOT'
	workflow: { id: typed, version: 1.0.0, input: { type: object, required: [n], properties: { n: { type: integer } } },
	  steps: [{ id: a, action: data.set, with: {} }] }
	EOT
	cat >parent.yaml <<-'EOT'
	workflow: { id: parent, version: 1.0.0, steps: [{ id: wait, action: wait.signal, with: { name: go } }] }
	EOT
	wfctl register typed.yaml parent.yaml >/dev/null
	n=$(wfctl run parent --quiet || true)
	sed 's/1.0.0/1.1.0/; s/}]/}, { id: a, action: workflow.run, with: { workflow: typed, input: { n: text } } }]/' parent.yaml >other.yaml
	status 1 wfctl migrate "$n" --to ./other.yaml
	assert_output --partial 'error[child-input]: `n` of `typed` is a string, must be an integer; `typed` is registered as 1.0.0'
	sed -i 's/n: text/n: 7/' other.yaml
	ok wfctl migrate "$n" --to ./other.yaml
	ok wfctl signal "$n" go
	ok wfctl journal check
}

@test "workflow diff: step by step, and who could move" {
	ok wfctl workflow diff flow@1.0.0 flow@1.1.0
	assert_line "~ workflow: version"
	assert_line "~ step wait: next"
	assert_line "~ step last: with"
	assert_line "+ step extra"
	assert_line "at wait: could move"
	ok wfctl workflow diff flow@1.0.0 ./v5.yaml
	assert_line "- step first"
	assert_line --partial 'at wait: stays, for `first` has run'
	ok wfctl workflow diff v1.yaml v1.yaml
	assert_line "they are the same"
	ok wfctl workflow diff flow@1.0.0 flow@1.2.0 -o json
	shape workflow-diff
	sed 's/id: flow/id: other/' v1.yaml >other.yaml
	status 2 wfctl workflow diff v1.yaml other.yaml
}

@test "workflow diff names what changed" {
	sed 's/version: 1.0.0/version: 1.0.0\n  timeout: PT1H/; s/id: first, action: exec.run,/id: first, action: exec.run, timeout: PT5S, retry: { max_attempts: 3, on: [ExecError] },/' v1.yaml >more.yaml
	ok wfctl workflow diff v1.yaml more.yaml
	assert_line "~ workflow: timeout"
	assert_line "~ step first: retry, timeout"
	assert_line "instances in flight could move, wherever they rest"
}

@test "one that has not begun keeps its version, and begins" {
	cat >queued.yaml <<-'EOT'
	workflow:
	  id: queued
	  version: 1.0.0
	  concurrency: { key: "k", limit: 1, on_conflict: queue }
	  steps: [{ id: gate, action: wait.signal, with: { name: go } }]
	EOT
	sed 's/1\.0\.0/1.1.0/' queued.yaml >later.yaml
	status 3 wfctl run queued.yaml
	local first second
	first=$(wfctl ps -o jsonl | head -n 1 | jq .number)
	second=$((first + 1))
	status 3 wfctl run queued.yaml
	status 6 wfctl migrate "$second" --to later.yaml
	assert_output --partial "#$second has not begun"
	wfctl signal "$first" go
	assert_equal "$(wfctl show "$second" -o json | jq -r .status)" waiting
	wfctl migrate "$second" --to later.yaml
	wfctl journal check
}
