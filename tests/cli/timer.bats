#!/usr/bin/env bats
# wfctl timer: list, fire, move.

load helper
load shape

setup() {
	home_setup
	cat >wait.yaml <<-'EOT'
	workflow:
	  id: wait
	  input: { type: object, properties: { for: { type: string, default: PT1H } } }
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: "${input.for}" } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOT
	export WFCTL_NOW=2026-11-20T09:00:00Z
	wfctl run wait.yaml >/dev/null || true
	wfctl run wait.yaml --set for=PT5M >/dev/null || true
}

@test "the earliest first" {
	ok wfctl timer ls
	assert_line --index 0 --regexp '^DUE +INSTANCE +WORKFLOW +STEP +WHAT HAPPENS$'
	assert_line --index 1 --regexp '^09:05:00 \(5 m\) +2 +wait +pause +it goes on$'
	assert_line --index 2 --regexp '^10:00:00 \(1 h\) +1 +wait +pause +it goes on$'
	ok wfctl timer ls -o json
	shape timer-ls
	ok wfctl timer ls 1 -o jsonl
	assert_equal "${#lines[@]}" 1
	ok wfctl timer ls --limit 1 -o jsonl
	assert_equal "$(jq .instance <<<"$output")" 2
	WFCTL_NOW=2026-11-20T09:30:00Z ok wfctl timer ls -o jsonl
	assert_equal "$(head -1 <<<"$output" | jq .overdue)" true
}

@test "fired now, once" {
	ok wfctl timer fire 1
	assert_output --partial "#1 completed"
	assert_equal "$(wc -l <ran)" 1
	status 6 wfctl timer fire 1
	WFCTL_NOW=2026-11-20T11:00:00Z wfctl resume >/dev/null
	assert_equal "$(wc -l <ran)" 2
	ok wfctl history 1
	assert_line --regexp ' move +pause .*to 2026-11-20T09:00:00.000Z by ann$'
	ok wfctl journal check
	ok wfctl timer ls
	assert_output "no timer runs"
}

@test "moved later and earlier" {
	ok wfctl timer move 2 +2h
	assert_line --regexp '^[a-z]+ of #2 is due 11:00:00 \(2 h\)$'
	ok wfctl timer ls
	assert_line --index 2 --regexp '^11:00:00 \(2 h\) +2 '
	WFCTL_NOW=2026-11-20T10:30:00Z wfctl resume >/dev/null
	assert_equal "$(wc -l <ran)" 1
	WFCTL_NOW=2026-11-20T10:30:00Z ok wfctl timer move 2 2026-11-20T10:31:00Z
	WFCTL_NOW=2026-11-20T10:31:00Z wfctl resume >/dev/null
	assert_equal "$(wc -l <ran)" 2
	ok wfctl journal check
}

@test "wrong times, steps and instances" {
	status 2 wfctl timer move 1 soon
	assert_output --partial "not \"soon\""
	status 2 wfctl timer move 1 2026-02-30
	status 2 wfctl timer move 1
	status 4 wfctl timer fire 9
	status 4 wfctl timer fire 1 --step nothing
	status 6 wfctl timer fire 1 --step done
	assert_output --partial "no step done of instance #1 has a timer that runs"
	wfctl cancel 1 >/dev/null
	status 6 wfctl timer move 1 +1h
	status 2 wfctl timer
}

@test "dry run and json" {
	ok wfctl timer fire 1 --dry-run
	assert_output "would fire the timer of pause of #1; nothing was done"
	ok wfctl timer fire 1 --dry-run -o json
	shape timer-fire
	ok wfctl timer move 1 +1h -o json
	shape timer-move
	ok wfctl timer fire 1 -o json
	shape timer-fire
	assert_equal "$(jq -r .status <<<"$output")" completed
}
