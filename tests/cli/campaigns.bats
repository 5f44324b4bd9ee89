#!/usr/bin/env bats
# tests/campaigns.sh, which `make check-all` runs: it goes on over a campaign that fails, and closes with
# a line for each and one for all.

load helper

setup() {
	common_setup
	cat >make <<-'EOT'
	#!/bin/sh
	shift # --no-print-directory
	echo "running $*"
	[ "$1" != bad ] || { echo "check-bad: 7 things, 2 wrong"; echo "make: *** [bad] Error 1"; exit 2; }
	echo "check-$1: 5 things, 0 wrong"
	EOT
	chmod +x make
}

@test "a campaign that fails stops no other one" {
	status 1 sh "$ROOT/tests/campaigns.sh" ./make one 'bad MODE=asan' three
	assert_output --partial "running bad MODE=asan"
	assert_output --partial "running three"
	assert_output --regexp $'\nok     one  .*check-one: 5 things, 0 wrong\n'
	assert_output --regexp $'\nFAILED bad MODE=asan .*check-bad: 7 things, 2 wrong\n'
	assert_equal "${lines[-1]}" "3 campaigns, 1 failed"
}

@test "when all pass it says so" {
	ok sh "$ROOT/tests/campaigns.sh" ./make one three
	assert_equal "${lines[-1]}" "2 campaigns, 0 failed"
}
