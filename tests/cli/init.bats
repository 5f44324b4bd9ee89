#!/usr/bin/env bats
# wfctl init: a home, once, with its key kept to its owner.

load helper
load shape

setup() {
	common_setup
}

@test "init makes folders, a private key and a journal" {
	ok wfctl init
	assert_line --index 0 "$WFCTL_HOME is ready, with the journal default/default"
	assert_equal "$(stat -c %a "$WFCTL_HOME/keys/master")" 600
	[ -d "$WFCTL_HOME/journals/default/default" ]
	ok wfctl ps
}

@test "a home that is there is left as it is" {
	ok wfctl init
	cp "$WFCTL_HOME/keys/master" key
	status 6 wfctl init
	cmp key "$WFCTL_HOME/keys/master"
	ok wfctl init --if-missing
	cmp key "$WFCTL_HOME/keys/master"
	assert_output ""
}

@test "a home gets another tenant's journal, which sees nothing of the first" {
	ok wfctl init
	printf 'workflow: { id: w, steps: [{ id: a, action: data.set, with: { x: 1 } }] }\n' >w.yaml
	ok wfctl run w.yaml --quiet
	cp "$WFCTL_HOME/keys/master" key
	status 7 wfctl ps --tenant acme
	assert_output --partial "wfctl init --tenant acme --environment default makes it"
	ok wfctl init --tenant acme
	assert_output "$WFCTL_HOME has the new journal acme/default"
	cmp key "$WFCTL_HOME/keys/master"
	ok wfctl ps --tenant acme -o json
	assert_output "[]"
	ok wfctl ps -o jsonl
	assert_equal "${#lines[@]}" 1
	status 6 wfctl init --tenant acme
}

@test "the home is --home, else WFCTL_HOME, else below XDG_STATE_HOME" {
	ok wfctl init --home "$BATS_TEST_TMPDIR/a" -o json
	assert_output --partial "\"home\": \"$BATS_TEST_TMPDIR/a\""
	shape init
	unset WFCTL_HOME
	export XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	ok wfctl init --quiet
	assert_output ""
	[ -f "$XDG_STATE_HOME/wfctl/keys/master" ]
}

@test "a dry run makes nothing" {
	ok wfctl init --dry-run
	assert_output "would make $WFCTL_HOME with the journal default/default"
	ok wfctl init --dry-run -o json
	shape init
	[ ! -e "$WFCTL_HOME" ]
	[ ! -e "$WFCTL_HOME" ]
}

@test "a place that cannot be written is said" {
	: >file
	run wfctl init --home "$PWD/file/home"
	assert_failure
	[ "$status" -ne 70 ]
	assert_output --partial "file"
}

@test "a key that others can read, a wrong one, and none: refused with status 7" {
	ok wfctl init
	chmod 644 "$WFCTL_HOME/keys/master"
	status 7 wfctl ps
	chmod 600 "$WFCTL_HOME/keys/master"
	head -c 32 /dev/urandom >other
	chmod 600 other
	WFCTL_KEY_FILE=$PWD/other status 7 wfctl ps
	rm "$WFCTL_HOME/keys/master"
	status 7 wfctl ps
}

@test "inits at the same time make one home, whose key opens its journal" {
	for round in 1 2 3 4 5; do
		export WFCTL_HOME="$BATS_TEST_TMPDIR/at-once-$round"
		pids=
		for i in 1 2 3 4 5 6 7 8; do
			wfctl init --if-missing >/dev/null 2>>"$BATS_TEST_TMPDIR/noise" &
			pids="$pids $!"
		done
		for pid in $pids; do
			wait "$pid" || true
		done
		ok wfctl journal check
		assert_output --partial "sound"
	done
}
