#!/usr/bin/env bats
# wfctl workflow: what is registered.

load helper
load shape

setup() {
	home_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 1.0.0
	  name: A flow
	  description: It sets a value.
	  input: { type: object, properties: { n: { type: integer } } }
	  steps:
	    - { id: a, action: data.set, with: { x: 1 } }
	EOT
}

@test "nothing registered" {
	ok wfctl workflow ls
	assert_output --partial "nothing is registered"
	ok wfctl workflow ls -o json
	assert_output "[]"
	status 4 wfctl workflow show flow
}

@test "ls lists every version, show one" {
	wfctl register flow.yaml >/dev/null
	sed -i 's/1.0.0/1.1.0/; s/x: 1/y: 1/' flow.yaml
	wfctl register flow.yaml >/dev/null
	ok wfctl workflow ls
	assert_line --index 0 --regexp '^WORKFLOW +VERSION +ENABLED +REGISTERED +BY +PLAN$'
	assert_line --index 1 --regexp '^flow +1.0.0 +yes +.* ann +[0-9a-f]{12}$'
	assert_line --index 2 --regexp '^flow +1.1.0 '
	ok wfctl workflow ls -o json
	shape workflow-ls
	ok wfctl workflow show flow
	assert_line --index 0 "flow 1.1.0   A flow"
	assert_line "  It sets a value."
	assert_line --regexp '^a +data.set$'
	ok wfctl workflow show flow@1.0.0 -o json
	shape workflow-show
	assert_output --partial '"version": "1.0.0"'
	status 4 wfctl workflow show flow@3
}

@test "wrong usage" {
	status 2 wfctl workflow
	assert_output --partial "workflow needs one of: ls|show|diff|enable|disable|delete"
	status 2 wfctl workflow lss
	assert_output --partial "did you mean ls?"
	status 2 wfctl workflow show
}

@test "disabled ones are not started, enabled ones are" {
	wfctl register flow.yaml >/dev/null
	ok wfctl workflow disable flow
	assert_output "flow: 1 version disabled"
	status 6 wfctl run flow
	assert_output --partial "workflow flow is disabled"
	status 6 wfctl run flow@1.0.0
	assert_output --partial "workflow flow of version 1.0.0 is disabled"
	ok wfctl workflow disable flow
	assert_output "flow: was disabled already"
	ok wfctl workflow enable flow@1.0.0 -o json
	shape workflow-enable
	ok wfctl run flow
	ok wfctl workflow disable flow@1.0.0 -o json
	shape workflow-disable
	status 4 wfctl workflow enable nothing
	status 4 wfctl workflow enable flow@9
	status 2 wfctl workflow enable
}

@test "deleting: refused while instances are in flight, or they are cancelled" {
	cat >wait.yaml <<-'EOT'
	workflow:
	  id: wait
	  version: 1.0.0
	  steps:
	    - { id: pause, action: wait.signal, with: { name: go } }
	EOT
	wfctl register flow.yaml wait.yaml >/dev/null
	wfctl run wait >/dev/null || true
	wfctl run wait >/dev/null || true
	wfctl run flow >/dev/null
	status 6 wfctl workflow delete wait
	assert_output --partial "2 instances of wait are in flight"
	status 2 wfctl workflow delete wait --force
	assert_output --partial "needs --yes"
	status 6 wfctl workflow delete wait --dry-run
	assert_output --partial "2 instances of wait are in flight"
	ok wfctl workflow delete wait --force --dry-run
	assert_output "would delete wait: 1 version; 2 instances are in flight"
	ok wfctl workflow delete wait --force --dry-run -o json
	shape workflow-delete
	ok wfctl workflow delete wait --force --yes
	assert_output "wait: 1 version deleted; 2 instances cancelled"
	status 4 wfctl run wait
	ok wfctl ps --status cancelled -o jsonl
	assert_equal "${#lines[@]}" 2
	ok wfctl workflow delete flow@1.0.0 -o json
	shape workflow-delete
	status 4 wfctl workflow delete flow
	ok wfctl show 3
	ok wfctl journal check
}

@test "deleting tells of the schedules that are left with nothing to start" {
	wfctl register flow.yaml >/dev/null
	sed 's/version: 1.0.0/version: 2.0.0/' flow.yaml >flow2.yaml
	wfctl register flow2.yaml >/dev/null
	wfctl schedule add flow @daily --name any >/dev/null
	wfctl schedule add flow@1.0.0 @daily --name pinned >/dev/null
	status 0 wfctl workflow delete flow@1.0.0
	assert_line "schedules that start it stay, and wait for it to be registered again: pinned; wfctl schedule delete"
	status 0 wfctl workflow delete flow
	assert_line "schedules that start it stay, and wait for it to be registered again: any, pinned; wfctl schedule delete"
}

@test "a forced delete that was killed is done by the same again" {
	cat >wait.yaml <<-'EOT'
	workflow:
	  id: wait
	  version: 1.0.0
	  steps: [ { id: go, action: wait.signal, with: { name: go } } ]
	EOT
	wfctl register wait.yaml >/dev/null
	wfctl run wait >/dev/null || true
	wfctl run wait >/dev/null || true
	WFCTL_CRASH_AT=JOURNAL_COMMITTED:1 run wfctl workflow delete wait --force --yes
	assert_failure 137
	ok wfctl workflow delete wait --force --yes
	ok wfctl ps --status waiting -o jsonl
	assert_output ""
	status 4 wfctl run wait
	ok wfctl journal check
}
