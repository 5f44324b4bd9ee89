#!/usr/bin/env bats
# wfctl withdraw: a decision, or the whole request.

load helper
load shape
load people

setup() {
	asked_setup
}

@test "who took it back is asked again" {
	ok wfctl approve 1 --as alice
	ok wfctl withdraw 1 --as alice
	assert_output "#1 approval: 0 of 2, alice, bob, carol are still asked"
	ok wfctl approve 1 --as alice
	ok wfctl approve 1 --as bob
	assert_output --partial "#1 completed"
	assert_output --partial "approved by alice, bob"
	ok wfctl journal check
}

@test "nothing to take back; too late" {
	status 6 wfctl withdraw 1 --as alice
	assert_output --partial "alice has not decided"
	status 6 wfctl withdraw 1 --as mallory
	ok wfctl approve 1 --as alice
	ok wfctl approve 1 --as bob
	status 6 wfctl withdraw 1 --as alice
	status 4 wfctl withdraw 9 --as alice
	status 2 wfctl withdraw
}

@test "the request itself, by who started it" {
	status 5 wfctl withdraw 1 --request --as alice
	assert_output --partial "only ann"
	ok wfctl withdraw 1 --request --as ann --reason "ordered twice"
	assert_output --partial "#1 failed at approval: CancelledError withdrawn: withdrawn by ann: ordered twice"
	status 6 wfctl approve 1 --as alice
	[ ! -e ran ]
	ok wfctl journal check
}

@test "dry run and json" {
	status 6 wfctl withdraw 1 --as alice --dry-run
	assert_output --partial "alice has not decided"
	wfctl approve 1 --as alice >/dev/null
	ok wfctl withdraw 1 --as alice --dry-run -o json
	shape withdraw
	ok wfctl withdraw 1 --as alice -o json
	shape withdraw
	assert_equal "$(jq -r '.steps[0].approval.approved' <<<"$output")" 0
	ok wfctl withdraw 1 --request --as ann -o json
	shape withdraw
}
