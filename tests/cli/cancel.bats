#!/usr/bin/env bats
# wfctl cancel: ends what waits; what has ended stays as it is.

load helper
load shape

setup() {
	home_setup
	cat >wait.yaml <<-'EOT'
	workflow:
	  id: wait
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1H } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOT
	wfctl run wait.yaml >/dev/null || true
}

@test "cancelled, with the reason kept, and never resumed" {
	ok wfctl cancel 1 --reason "ordered twice" --as ann
	assert_output --partial "#1 cancelled"
	ok wfctl show 1
	assert_output --partial "cancelled by ann: ordered twice"
	WFCTL_NOW=2140-01-01T00:00:00Z ok wfctl resume
	assert_output "there is nothing to resume"
	[ ! -e ran ]
	status 6 wfctl cancel 1
	ok wfctl journal check
}

@test "json, dry run, wrong names" {
	ok wfctl cancel 1 --dry-run
	assert_output "would cancel instance #1; nothing was done"
	ok wfctl cancel 1 --dry-run -o json
	shape cancel
	ok wfctl cancel 1 -o json
	shape cancel
	assert_output --partial '"status": "cancelled"'
	status 6 wfctl cancel 1 --dry-run
	assert_output --partial "has ended"
	status 4 wfctl cancel 9
	status 2 wfctl cancel
}

@test "one that another process drives ends there" {
	mkfifo gate
	printf 'workflow:\n  id: run\n  steps:\n    - { id: work, action: exec.run, with: { shell: "cat gate; echo late >>ran" } }\n' >run.yaml
	"$WFCTL_BUILD/wfctl" run run.yaml >said 2>&1 3>&- &
	local runner=$! ended=0
	runs() { wfctl why 2 2>/dev/null | grep -q 'runs work'; }
	wait_for runs
	ok wfctl cancel 2 --reason "not needed"
	assert_output --partial "#2 cancelled"
	wait "$runner" || ended=$?
	assert_equal "$ended" 8
	grep -q '#2 cancelled' said
	[ ! -e ran ]
	status 6 wfctl cancel 2
	ok wfctl journal check
}
