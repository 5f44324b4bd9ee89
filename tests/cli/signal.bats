#!/usr/bin/env bats
# wfctl signal: for one instance; early ones are kept.

load helper
load shape

setup() {
	home_setup
	cat >gate.yaml <<-'EOT'
	workflow:
	  id: gate
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1H } }
	    - { id: paid, action: wait.signal, with: { name: paid, timeout: P1D } }
	    - { id: book, action: exec.run, with: { shell: "echo booked >>ran" } }
	  completion: { on_success: { result: success, output: { got: "${paid}" } } }
	EOT
	export WFCTL_NOW=2026-11-20T09:00:00Z
	wfctl run gate.yaml >/dev/null || true
}

@test "delivered when it waits, with its data as output" {
	WFCTL_NOW=2026-11-20T10:00:00Z wfctl resume >/dev/null || true
	export WFCTL_NOW=2026-11-20T10:01:00Z
	ok wfctl show 1
	assert_line --partial "paid waits for the signal paid"
	ok wfctl signal 1 other
	assert_output "#1 other: kept until the instance waits for it"
	ok wfctl signal 1 paid --data '{"amount": 120}'
	assert_output --partial "#1 completed"
	assert_equal "$(wc -l <ran)" 1
	ok wfctl show 1 -o json
	assert_output --partial '"amount": 120'
	ok wfctl history 1
	assert_line --regexp ' delivery +paid .*signal paid$'
	ok wfctl history 1 -o json
	shape history
	ok wfctl journal check
}

@test "one that comes early is kept, in order, and taken once" {
	ok wfctl signal 1 paid --data '1' --id p1
	assert_output "#1 paid: kept until the instance waits for it"
	ok wfctl signal 1 paid --data '2'
	ok wfctl signal 1 paid --data '3' --id p1
	assert_output "#1 paid: came before; nothing was done"
	WFCTL_NOW=2026-11-20T10:00:00Z ok wfctl resume
	assert_output --partial "#1 completed"
	ok wfctl show 1 -o json
	assert_equal "$(jq .output.got <<<"$output")" 1
	ok wfctl journal check
}

@test "nobody sends it: the timeout" {
	WFCTL_NOW=2026-11-20T10:00:00Z wfctl resume >/dev/null || true
	WFCTL_NOW=2026-11-21T10:00:01Z status 1 wfctl resume
	assert_output --partial "TimeoutError signal_timeout"
}

@test "what has ended, unknown ones, bad data" {
	wfctl cancel 1 >/dev/null
	status 6 wfctl signal 1 paid
	status 4 wfctl signal 9 paid
	status 2 wfctl signal 1
	status 2 wfctl signal 1 ""
	status 2 wfctl signal 1 "two words"
	status 2 wfctl signal 1 paid --data '{'
	status 2 wfctl signal 1 paid --id ""
	head -c 1100000 /dev/zero | tr '\0' 1 >big
	status 2 wfctl signal 1 paid --data @big
	assert_output --partial "big"
}

@test "dry run and json" {
	ok wfctl signal 1 paid --dry-run
	assert_output "would send #1 the signal paid; nothing was sent"
	ok wfctl signal 1 paid --dry-run -o json
	shape signal
	ok wfctl signal 1 paid --id x -o json
	shape signal
	assert_equal "$(jq -c '[.new, .delivered]' <<<"$output")" '[true,false]'
	ok wfctl signal 1 paid --id x -o json
	assert_equal "$(jq -c '[.new, .delivered]' <<<"$output")" '[false,false]'
	ok wfctl signal 1 paid --id x --dry-run
	assert_output "would send #1 the signal paid again, which changes nothing; nothing was sent"
	wfctl cancel 1 >/dev/null
	status 6 wfctl signal 1 paid --id y --dry-run
	assert_output --partial "has ended"
}

@test "sent again after the instance has ended: whoever was not told that it came is told so" {
	ok wfctl signal 1 paid --data '1' --id p1
	WFCTL_NOW=2026-11-20T10:00:00Z ok wfctl resume
	assert_output --partial "#1 completed"
	ok wfctl signal 1 paid --data '1' --id p1
	assert_output "#1 paid: came before; nothing was done"
	status 6 wfctl signal 1 paid --data '1' --id p2
	status 6 wfctl signal 1 paid --data '1'
	ok wfctl journal check
}

@test "what its end lets begin says whose its lines are" {
	printf 'workflow:\n  id: one\n  concurrency: { max_in_flight: 1 }\n  steps: [ { id: w, action: wait.signal, with: { name: go } } ]\n' >one.yaml
	wfctl run one.yaml >/dev/null || true
	wfctl run one.yaml >/dev/null || true
	ok wfctl signal 2 go
	assert_line --index 0 --regexp '^  ok +w'
	assert_line --regexp '^#3 wait +w +for the signal go'
}
