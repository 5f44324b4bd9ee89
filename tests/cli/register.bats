#!/usr/bin/env bats
# wfctl register: a version never changes.

load helper
load shape

setup() {
	home_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 1.0.0
	  steps:
	    - { id: a, action: data.set, with: { x: 1 } }
	  completion: { on_success: { output: "${a.x}" } }
	EOT
}

@test "registered, and again is nothing new" {
	ok wfctl register flow.yaml
	assert_output --regexp '^flow 1\.0\.0 registered, plan [0-9a-f]{12}$'
	ok wfctl register flow.yaml
	assert_output --partial "was registered already"
	ok wfctl register -o json flow.yaml
	assert_output --partial '"new": false'
	shape register
}

@test "another definition under the same version is refused" {
	ok wfctl register flow.yaml
	sed -i 's/x: 1/x: 2/' flow.yaml
	status 6 wfctl register flow.yaml
	assert_output --partial "flow 1.0.0 is registered already, with another definition"
	ok wfctl run flow -o json
	assert_output --partial '"output": 1'
	sed -i 's/1.0.0/1.1.0/' flow.yaml
	ok wfctl register flow.yaml
	ok wfctl run flow -o json
	assert_output --partial '"output": 2'
	ok wfctl run flow@1.0.0 -o json
	assert_output --partial '"output": 1'
}

@test "without a version it gets a number" {
	sed -i '/version/d' flow.yaml
	ok wfctl register flow.yaml
	assert_output --regexp '^flow 1 registered'
	sed -i 's/x: 1/x: 2/' flow.yaml
	ok wfctl register flow.yaml
	assert_output --regexp '^flow 2 registered'
	ok wfctl run flow@1 -o json
	assert_output --partial '"output": 1'
}

@test "folders and many documents; one that is wrong registers nothing of its file" {
	mkdir flows
	cp flow.yaml flows/a.yaml
	{ sed 's/id: flow/id: other/' flow.yaml; echo ---; sed 's/id: flow/id: third/' flow.yaml; } >flows/b.yaml
	ok wfctl register flows
	assert_equal "${#lines[@]}" 3
	{ sed 's/id: flow/id: fourth/' flow.yaml; echo ---; echo 'workflow: {}'; } >bad.yaml
	status 1 wfctl register bad.yaml
	status 4 wfctl run fourth
}

@test "a dry run registers nothing" {
	run wfctl register --dry-run flow.yaml
	assert_success
	status 4 wfctl run flow
}
