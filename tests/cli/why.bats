#!/usr/bin/env bats
# wfctl why: every status and every reason to wait.

load helper
load shape
load people

setup() {
	home_setup
	export WFCTL_NOW=2026-11-20T09:12:05Z
}

# start STEP…: a workflow of these steps, started
start() {
	printf 'workflow:\n  id: flow\n  steps:\n' >flow.yaml
	printf '    - %s\n' "$@" >>flow.yaml
	wfctl run flow.yaml >/dev/null 2>&1 || true
}

@test "an approval: who has, who is missing, what time brings, what to do" {
	ask_workflow
	wfctl run ask.yaml >/dev/null || true
	wfctl approve 1 --as alice --reason "checked the budget" >/dev/null
	export WFCTL_NOW=2026-11-20T09:40:05Z
	ok wfctl why 1
	assert_line --index 0 "#1 waits for an approval since 09:12:05 (28 m)."
	assert_line '  has     alice approved at 09:12:05 "checked the budget"'
	assert_line "  needs   1 more of: bob, carol"
	assert_line --partial "  then    22 Nov 09:12 (in 1 day 23 h)"
	assert_line "  to do   wfctl approve 1 --as bob, or wfctl reject"
	ok wfctl why 1 --as carol -o json
	shape why
	assert_equal "$(jq -r '.todo[0]' <<<"$output")" "wfctl approve 1, or wfctl reject"
	assert_equal "$(jq -r .since <<<"$output")" 2026-11-20T09:12:05.000Z
}

@test "a timer and a retry" {
	start '{ id: pause, action: wait.timer, with: { duration: PT1H } }'
	ok wfctl why 1
	assert_line --index 0 "#1 waits for a time at pause since 09:12:05 (0 ms)."
	assert_line "  then    10:12:05 (in 1 h): it goes on"
	start '{ id: bad, action: exec.run, retry: { max_attempts: 3, initial_delay_ms: 3600000, on: [ExecError] }, with: { shell: "exit 3" } }'
	ok wfctl why 2
	assert_line --index 0 --partial "#2 waits to try bad again"
	assert_line --partial "failed  ExecError exit_3"
	assert_line --partial "attempt 2 of 3"
	shape_of 2
}

shape_of() {
	ok wfctl why "$1" -o json
	shape why
}

@test "branches and items: all that wait, by the author's names" {
	start '{ id: fan, parallel: { branches: [{ id: legal, steps: [{ id: ask_l, action: approval.request, with: { quorum: 1, approvers: { list: [alice] } } }] }, { id: money, steps: [{ id: ask_m, action: approval.request, with: { quorum: 1, approvers: { list: [bob] } } }] }] } }'
	ok wfctl why 1
	assert_line --index 0 "#1 waits for an approval at ask_l of branch legal since 09:12:05 (0 ms)."
	assert_line "  also    ask_m of branch money waits for approvals, 0 of 1: bob"
	assert_line "  to do   wfctl approve 1 --step ask_l --as alice, or wfctl reject"
	ok wfctl show 1
	assert_line "  to do    wfctl approve 1 --step ask_l, or wfctl reject 1 --step ask_l"
	assert_line "  to do    wfctl approve 1 --step ask_m, or wfctl reject 1 --step ask_m"
	ok wfctl why 1
	assert_line "          wfctl approve 1 --step ask_m --as bob, or wfctl reject"
	assert_line "  wakes   a decision of those asked (ask_l of branch legal, ask_m of branch money)"
	shape_of 1
	start '{ id: each, foreach: { items: [a, b, c], limit: 2, steps: [{ id: double, action: data.set }, { id: gate, action: wait.signal, with: { name: go } }] } }'
	ok wfctl why 2
	assert_line --index 0 "#2 waits for the signal go at gate of item 0 since 09:12:05 (0 ms)."
	assert_line "  also    gate of item 1 waits for the signal go"
	ok wfctl signal 2 go
	assert_line "  ok    double (item 2)"
	assert_line --partial "is parked: it waits for the signal go. Next: wfctl signal 2 go"
	shape_of 2
	assert_equal "$(jq -rc '[.step, .item]' <<<"$output")" '["gate",2]'
	ok wfctl show 2 -o json
	shape instance
	assert_equal "$(jq -rc '[.steps[] | select(.id == "gate") | .item]' <<<"$output")" "[2,1]"
	start '{ id: naps, foreach: { items: [a, b], limit: 2, steps: [{ id: nap, action: wait.timer, with: { duration: PT1H } }] } }'
	ok wfctl why 3
	assert_line --index 0 "#3 waits for a time at nap of item 0 since 09:12:05 (0 ms)."
	assert_line "  also    nap of item 1 waits for a timer until 10:12:05"
	assert_line "  wakes   the first sweep at or after that time: wfctl serve-once (nap of item 0, nap of item 1)"
	assert_line "  to do   nothing; to go on now: wfctl timer fire 3 --step 'nap[0]'"
	ok wfctl timer fire 3 --step 'nap[0]'
}

@test "a signal and an event" {
	start '{ id: gate, action: wait.signal, with: { name: go, timeout: PT1H } }'
	ok wfctl why 1
	assert_line --index 0 "#1 waits for the signal go since 09:12:05 (0 ms)."
	assert_line "  then    10:12:05 (in 1 h): gate fails (TimeoutError), and the instance with it"
	assert_line "  to do   wfctl signal 1 go"
	shape_of 1
	start '{ id: gate, action: wait.event, with: { name: paid } }'
	ok wfctl why 2
	assert_line --index 0 "#2 waits for the event paid since 09:12:05 (0 ms)."
	assert_line --partial "to do   wfctl emit paid"
	shape_of 2
}

@test "what has ended" {
	start '{ id: a, action: data.set, with: {} }'
	ok wfctl why 1
	assert_line --index 0 "#1 completed (success) at 09:12:05, after 0 ms."
	shape_of 1
	start '{ id: a, action: fail, with: { message: bad } }'
	ok wfctl why 2
	assert_line --index 0 "#2 failed at a at 09:12:05, after 0 ms."
	assert_line --partial "wfctl retry 2 --dry-run"
	shape_of 2
	start '{ id: pause, action: wait.timer, with: { duration: PT1H } }'
	wfctl cancel 3 >/dev/null
	ok wfctl why 3
	assert_line --index 0 "#3 was cancelled at 09:12:05, after 0 ms."
	shape_of 3
}

@test "one that is queued: its place, and who holds the slot" {
	cat >slow.yaml <<-'EOT'
	workflow:
	  id: slow
	  concurrency: { key: "${input.k}", limit: 1 }
	  input: { type: object, properties: { k: { type: string, default: a } } }
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1H } }
	EOT
	status 3 wfctl run slow.yaml
	status 3 wfctl run slow.yaml
	status 3 wfctl run slow.yaml
	assert_output --partial "#3 is queued for a free slot. Next: wfctl why 3"
	ok wfctl why 3
	assert_line --index 0 "#3 is queued for a free slot since 09:12:05 (0 ms)."
	assert_line --partial "place 2 of its queue; 1 of 1 in use: #1"
	assert_line "  to do   nothing; to see what it waits for: wfctl why 1"
	shape_of 3
	ok wfctl ps --status queued
	assert_line --index 1 --regexp '^ +3 +slow +queued +- +for a free slot of slow/a +'
	ok wfctl show 3
	assert_line "it is queued for a free slot of slow/a: wfctl why 3"
}

@test "one that a hold keeps back" {
	cat >held.yaml <<-'EOT'
	workflow:
	  id: held
	  steps:
	    - { id: pause, action: wait.signal, with: { name: go } }
	    - { id: pay, action: exec.run, with: { shell: "echo paid >>ran" } }
	EOT
	status 3 wfctl run held.yaml
	ok wfctl hold held --reason "the bank is closed" --as ops
	ok wfctl why 1
	assert_line --index 0 --partial "#1 waits for the signal go"
	assert_line '  held    held is on hold since 09:12:05 (0 ms) by ops "the bank is closed"'
	assert_line "          wfctl release held"
	ok wfctl signal 1 go
	ok wfctl why 1
	assert_line --index 0 --partial "#1 may not begin pay since"
	assert_line '  held    held is on hold since 09:12:05 (0 ms) by ops "the bank is closed"'
	assert_line "  to do   wfctl release held"
	[ ! -e ran ]
	shape_of 1
}

@test "one that runs: what, since when, who drives it" {
	unset WFCTL_NOW
	mkfifo gate
	start_running() {
		printf 'workflow:\n  id: run\n  steps:\n    - { id: work, action: exec.run, with: { shell: "cat gate" } }\n' >run.yaml
		wfctl run run.yaml >/dev/null 2>&1 3>&- &
		RUNNING=$!
	}
	start_running
	runs() { wfctl why 1 2>/dev/null | grep -q 'runs work'; }
	wait_for runs
	ok wfctl why 1
	assert_line "  runs    cat gate"
	assert_line --partial "a living process drives the instance"
	shape_of 1
	echo >gate
	wait "$RUNNING"
	ok wfctl why 1
	assert_line --index 0 --partial "#1 completed"
}

@test "unknown ones, wrong usage" {
	status 4 wfctl why 9
	status 4 wfctl why nonsense
	status 2 wfctl why
}
