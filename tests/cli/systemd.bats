#!/usr/bin/env bats
# The units of systemd are well-formed and confined, and a key that systemd gives as a credential is taken.

load helper

setup() {
	common_setup
	units="$BATS_TEST_TMPDIR/units"
	mkdir "$units"
	for unit in "$ROOT"/dist/systemd/*; do
		sed "s,@BINDIR@,$WFCTL_BUILD," "$unit" >"$units/${unit##*/}"
	done
	cp "$units/wfctl-sweep@.service" "$units/wfctl-sweep@main.service"
	cp "$units/wfctl-sweep@.timer" "$units/wfctl-sweep@main.timer"
}

need_systemd() {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not here: the units are not verified"
}

@test "systemd-analyze verify finds nothing" {
	need_systemd
	run systemd-analyze verify --man=no --recursive-errors=no "$units/wfctl-sweep@main.service" \
		"$units/wfctl-sweep@main.timer"
	assert_success
	assert_output ""
}

@test "systemd-analyze security finds little exposed" {
	need_systemd
	systemd-analyze security --help | grep -q -- --offline || skip "systemd-analyze cannot judge a file"
	run systemd-analyze security --offline=true --threshold=20 --no-pager "$units/wfctl-sweep@main.service"
	assert_success
	assert_output --partial "Overall exposure level"
}

@test "what the service needs is said in it" {
	run cat "$units/wfctl-sweep@.service"
	assert_line --regexp '^StateDirectory=wfctl/%i$'
	assert_line --regexp '^LoadCredential=wfctl.key:'
	assert_line 'Environment=WFCTL_KEY_FILE=%d/wfctl.key'
	assert_line 'KillMode=process'
	assert_line 'SuccessExitStatus=143'
	run cat "$units/wfctl-sweep@.timer"
	assert_line --regexp '^AccuracySec='
	assert_line 'WantedBy=timers.target'
}

@test "the command of the service is one that wfctl takes" {
	wfctl init >/dev/null
	line=$(sed -n 's/^ExecStart=//p' "$units/wfctl-sweep@.service" | sed 's/--window [^ ]*/--window 100ms/')
	# shellcheck disable=SC2086
	ok $line
	assert_output ""
}

@test "a credential is taken whatever its mode; another file with that mode is not" {
	wfctl init >/dev/null
	mkdir credentials
	mv "$WFCTL_HOME/keys/master" credentials/wfctl.key
	chmod 440 credentials/wfctl.key
	export WFCTL_KEY_FILE="$PWD/credentials/wfctl.key"
	status 7 wfctl serve-once
	assert_line --partial "can be read by others"
	CREDENTIALS_DIRECTORY="$PWD/cred" status 7 wfctl serve-once
	CREDENTIALS_DIRECTORY="$PWD/credentials" ok wfctl serve-once
	assert_output "nothing is due"
}
