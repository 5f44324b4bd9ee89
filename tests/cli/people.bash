# What the tests of approvals share: a workflow that asks.

# ask_workflow [WITH]: ask.yaml, whose step `approval` has that `with`
ask_workflow() {
	local with=${1:-'policy: level2, sla: P2D, approvers: { list: [alice, bob, carol] }, message: "May it?"'}
	cat >ask.yaml <<-EOT
	workflow:
	  id: ask
	  version: 1.0.0
	  steps:
	    - id: approval
	      action: approval.request
	      with: { $with }
	      on_decision:
	        approve: { transition: next }
	        reject: { transition: end, result: failed }
	    - { id: after, action: exec.run, with: { shell: "echo after >>ran" } }
	EOT
}

# asked_setup: a home, and #1 that asks
asked_setup() {
	home_setup
	ask_workflow
	export WFCTL_NOW=2026-11-20T09:12:05Z
	wfctl run ask.yaml >/dev/null || true
}
