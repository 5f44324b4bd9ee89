#!/usr/bin/env bats
# wfctl reassign: an operator asks one person in another's place.

load helper
load shape
load people

setup() {
	asked_setup
}

@test "one goes, another comes, with the name of who did it" {
	ok wfctl reassign 1 --from bob --to dave --as ops --reason "bob has left"
	assert_output "#1 approval: 0 of 2, alice, dave, carol are still asked"
	ok wfctl show 1
	assert_line '  has      ops moved it from bob to dave at 09:12:05 "bob has left"'
	status 5 wfctl approve 1 --as bob
	ok wfctl approve 1 --as dave
	ok wfctl approve 1 --as alice
	assert_output --partial "#1 completed"
	ok wfctl history 1
	assert_output --partial "reassign by ops from bob to dave: bob has left"
	ok wfctl journal check
}

@test "what cannot be moved" {
	status 4 wfctl reassign 1 --from mallory --to dave
	assert_output --partial "mallory is not asked"
	status 2 wfctl reassign 1 --from bob --to bob
	status 2 wfctl reassign 1 --from bob
	status 2 wfctl reassign 1 --to bob
	status 2 wfctl reassign 1 --from "" --to bob
	status 6 wfctl reassign 1 --from bob --to alice
	ok wfctl approve 1 --as bob
	status 6 wfctl reassign 1 --from bob --to dave
	ok wfctl approve 1 --as alice
	status 6 wfctl reassign 1 --from carol --to dave
	status 4 wfctl reassign 9 --from carol --to dave
}

@test "dry run and json" {
	ok wfctl reassign 1 --from bob --to dave --dry-run -o json
	shape reassign
	ok wfctl reassign 1 --from bob --to dave -o json
	shape reassign
	assert_equal "$(jq -r '.steps[0].approval.decisions[0].from' <<<"$output")" bob
}
