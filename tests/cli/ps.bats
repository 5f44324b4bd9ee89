#!/usr/bin/env bats
# wfctl ps: which instances, in which order, by which filter.

load helper
load shape

setup() {
	home_setup
	cat >one.yaml <<-'EOT'
	workflow:
	  id: one
	  version: 1.0.0
	  input: { type: object, properties: { bad: { type: boolean, default: false } } }
	  correlation_id: "order-${bad}"
	  steps:
	    - { id: check, action: fail, condition: { when: "${bad}" }, with: { error_type: ConflictError, code: c409, message: "it is there" } }
	    - { id: done, action: data.set, with: { ok: true } }
	EOT
	sed 's/id: one/id: two/' one.yaml >two.yaml
}

start_three() {
	WFCTL_NOW=2026-11-18T09:00:00Z wfctl run one.yaml >/dev/null
	WFCTL_NOW=2026-11-19T09:00:00Z wfctl run one.yaml --set bad=true >/dev/null || true
	WFCTL_NOW=2026-11-20T09:00:00Z wfctl run two.yaml >/dev/null
}

numbers() {
	output=$(wfctl ps -o jsonl "$@" | sed 's/^{"number":\([0-9]*\),.*/\1/' | tr '\n' ' ')
}

@test "an empty journal is said to be empty" {
	ok wfctl ps
	assert_output "0 of 0 instances."
	ok wfctl ps -o json
	assert_output "[]"
}

@test "newest first, with where and of what it failed" {
	start_three
	export WFCTL_NOW=2026-11-20T10:00:00Z
	ok wfctl ps
	assert_line --index 0 --regexp '^NUMBER +WORKFLOW +STATUS +AT +WHY +STARTED$'
	assert_line --index 1 --regexp '^ +3 +two +completed +- +09:00:00$'
	assert_line --index 2 --regexp '^ +2 +one +failed +check +ConflictError c409 +yesterday 09:00$'
	assert_line --index 3 --regexp '^ +1 +one +completed +- +18 Nov 09:00$'
	assert_line --index 4 "3 of 3 instances.  wfctl show 2"
	ok wfctl ps --status failed
	assert_line --index 0 --regexp 'FAILED AT +ERROR'
	assert_line --index 2 "1 of 3 instances.  wfctl show 2"
}

@test "filters: status, workflow, correlation id, time, limit" {
	start_three
	export WFCTL_NOW=2026-11-20T10:00:00Z
	numbers
	assert_output "3 2 1 "
	numbers --status completed
	assert_output "3 1 "
	numbers --workflow one
	assert_output "2 1 "
	numbers --correlation-id order-true
	assert_output "2 "
	numbers --since 1d
	assert_output "3 "
	numbers --since yesterday
	assert_output "3 2 "
	numbers --since 2026-11-19 --until 2026-11-19T12:00:00Z
	assert_output "2 "
	numbers --limit 2
	assert_output "3 2 "
	numbers --limit 0
	assert_output "3 2 1 "
	numbers --workflow one --status failed --since 2d
	assert_output "2 "
}

@test "the JSON has its promised shape" {
	start_three
	ok wfctl ps -o json
	shape ps
	ok wfctl ps -o yaml
	assert_line --index 0 "- number: 3"
}

@test "wide has everything by which an instance can be found" {
	start_three
	ok wfctl ps -o wide
	assert_line --index 0 --regexp 'TOOK +VERSION +BY +CORRELATION +UUID$'
	assert_line --index 1 --regexp '1.0.0 +ann +order-false +[0-9a-f-]{36}$'
}

@test "a wrong filter is wrong usage, with what was meant" {
	status 2 wfctl ps --status faild
	assert_output --partial "did you mean failed"
	status 2 wfctl ps --since soon
	assert_output --partial "--since takes a time"
	status 2 wfctl ps --limit many
	status 2 wfctl ps extra
	assert_output --partial "too many arguments: extra"
}

@test "no home, no listing" {
	status 7 wfctl ps --home "$BATS_TEST_TMPDIR/nowhere"
	assert_output --partial "wfctl init"
}
