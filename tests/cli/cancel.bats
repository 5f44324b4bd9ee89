#!/usr/bin/env bats
# wfctl cancel: ends what waits; what has ended stays as it is.

load helper
load shape

setup() {
	common_setup
	wfctl init >/dev/null
	cat >wait.yaml <<-'EOT'
	workflow:
	  id: wait
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1H } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOT
	wfctl run wait.yaml >/dev/null || true
}

teardown() {
	common_teardown
}

@test "cancelled, with the reason kept, and never resumed" {
	ok wfctl cancel 1 --reason "ordered twice" --as ann
	assert_output --partial "#1 cancelled"
	ok wfctl show 1
	assert_output --partial "cancelled by ann: ordered twice"
	WFCTL_NOW=2040-01-01T00:00:00Z ok wfctl resume
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
	status 4 wfctl cancel 9
	status 2 wfctl cancel
}
