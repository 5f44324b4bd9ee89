#!/usr/bin/env bats
# wfctl delegate: somebody asked lets another decide.

load helper
load shape
load people

setup() {
	asked_setup
}

@test "another is asked instead, and may decide; the deadline stays" {
	ok wfctl delegate 1 --to dave --as alice --reason "on holiday"
	assert_output "#1 approval: 0 of 2, dave, bob, carol are still asked"
	ok wfctl show 1
	assert_line '  has      alice handed it over to dave at 09:12:05 "on holiday"'
	assert_line --partial "until Sun 22 Nov 09:12"
	status 5 wfctl approve 1 --as alice
	ok wfctl approve 1 --as dave
	ok wfctl approve 1 --as bob
	assert_output --partial "#1 completed"
	ok wfctl history 1
	assert_output --partial "delegate by alice"
	ok wfctl history 1 -o json
	shape history
	ok wfctl journal check
}

@test "only who is asked and has not decided; not to oneself, not to who is asked already" {
	status 5 wfctl delegate 1 --to dave --as mallory
	assert_output --partial "mallory is not asked"
	status 2 wfctl delegate 1 --to alice --as alice
	assert_output --partial "alice cannot hand it over to alice"
	status 6 wfctl delegate 1 --to bob --as alice
	assert_output --partial "bob is asked to approve \`approval\` already"
	ok wfctl approve 1 --as alice
	status 6 wfctl delegate 1 --to dave --as alice
	assert_output --partial "alice has already decided"
	ok wfctl approve 1 --as bob
	status 6 wfctl delegate 1 --to dave --as carol
}

@test "wrong usage, unknown names, dry run, json" {
	status 2 wfctl delegate 1 --as alice
	assert_output --partial "--to needs a name"
	status 2 wfctl delegate 1 --to "" --as alice
	status 2 wfctl delegate --to dave
	status 4 wfctl delegate 9 --to dave --as alice
	status 4 wfctl delegate a9 --to dave --as alice
	ok wfctl delegate 1 --to dave --as alice --dry-run
	assert_output "would hand over the part in instance #1 as alice; nothing was decided"
	ok wfctl delegate 1 --to dave --as alice --dry-run -o json
	shape delegate
	ok wfctl delegate a1 --to dave --as alice -o json
	shape delegate
	assert_equal "$(jq -c '.steps[0].approval.asked' <<<"$output")" '["dave","bob","carol"]'
}

@test "who moved it, handed it over or took it back has not approved it" {
	ok wfctl approve 1 --as bob
	ok wfctl withdraw 1 --as bob
	ok wfctl delegate 1 --to dave --as alice
	ok wfctl reassign 1 --from bob --to erin --as admin
	ok wfctl approve 1 --as carol
	ok wfctl approve 1 --as erin
	assert_output --partial "approved by carol, erin"
}
