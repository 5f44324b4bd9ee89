#!/usr/bin/env bats
# wfctl reject: ends an approval, and the flow goes where the definition says.

load helper
load shape

setup() {
	home_setup
	cat >ask.yaml <<-'EOT'
	workflow:
	  id: ask
	  steps:
	    - id: approval
	      action: approval.request
	      with: { policy: level2, approvers: { list: [alice, bob] } }
	      on_decision:
	        approve: { transition: next }
	        reject: { transition: end, result: failed }
	    - { id: after, action: exec.run, with: { shell: "echo after >>ran" } }
	EOT
	wfctl run ask.yaml >/dev/null || true
}

@test "one rejection ends it, with the reason kept" {
	ok wfctl reject 1 --as bob --reason "no budget"
	assert_output --partial "rejected by bob"
	[ ! -e ran ]
	ok wfctl show 1 -o json
	assert_output --partial '"status": "failed"'
	assert_output --partial '"reason": "no budget"'
	status 6 wfctl approve 1 --as alice
}

@test "json, and who may not" {
	status 5 wfctl reject 1 --as mallory
	ok wfctl reject 1 --as bob -o json
	shape reject
	status 2 wfctl reject
}

@test "--all-of: everything of a workflow that asks me" {
	status 4 wfctl reject --all-of nothing --yes
	status 2 wfctl reject 1 --all-of ask --yes
}
