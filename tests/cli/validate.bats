#!/usr/bin/env bats
# wfctl validate: lint by its other name.

load helper
load shape

setup() {
	common_setup
	printf 'workflow:\n  id: a\n  steps:\n    - { id: a, action: data.sett }\n' >bad.yaml
}

@test "validate says what lint says" {
	status 1 wfctl validate bad.yaml
	said=$output
	status 1 wfctl lint bad.yaml
	assert_equal "$said" "$output"
	run wfctl validate -o json bad.yaml
	shape validate
}
