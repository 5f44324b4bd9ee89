#!/usr/bin/env bats
# wfctl version.

load helper
load shape

setup() {
	common_setup
}

@test "the version, as the build has it" {
	expected="wfctl $(sed -n 's/^VERSION := //p' "$ROOT/version.mk")"
	ok wfctl version
	assert_output "$expected"
	ok wfctl --version
	assert_output "$expected"
	ok wfctl version -o json
	shape version
}
