#!/usr/bin/env bats
# The dialects flexprice and taskflow: recognised, checked in their own words, translated, run.

load helper
load shape

setup() {
	common_setup
	cat >flex.yaml <<-'EOT'
	name: Nightly report
	trigger: { type: event, event_name: day.closed }
	steps:
	  - { id: b, order: 2, type: data.set, config: { x: "${steps.a.output.n}" }, depends_on: [a] }
	  - { id: a, order: 1, type: data.set, config: { n: 7 } }
	EOT
	cat >task.yaml <<-'EOT'
	workflowId: taskReport
	steps:
	  - stepId: a
	    taskId: data.set
	    config: { amount: 1200 }
	    next: [{ nextStepId: big, condition: "data.a.amount > 1000" }, { nextStepId: small }]
	  - { stepId: small, taskId: data.set, next: [{ nextStepId: end }] }
	  - { stepId: big, taskId: data.set, config: { found: "${a.amount}" } }
	EOT
}

plan_of() {
	wfctl compile -o json "$@" | jq -r .plan
}

@test "both are told by their shape, and run" {
	wfctl init
	ok wfctl run flex.yaml -o json
	assert_equal "$(jq -r '[.status, .workflow] | join(" ")' <<<"$output")" "completed nightly_report"
	ok wfctl run task.yaml -o json
	assert_equal "$(jq -c '[.steps[] | {(.id): .status}] | add' <<<"$(wfctl show 2 -o json)")" \
		'{"a":"completed","small":"skipped","big":"completed"}'
}

@test "a policy of either dialect tries a command that fails again" {
	wfctl init
	cat >again.yaml <<-'EOT'
	workflowId: again
	steps:
	  - stepId: a
	    taskId: exec.run
	    config: { shell: "echo x >>ran; [ $(wc -l <ran) -ge 3 ]" }
	    retryPolicy: { maxAttempts: 3, delay: PT0S, strategy: fixed }
	EOT
	ok wfctl lint again.yaml
	refute_output --partial retry-useless
	ok wfctl run again.yaml -o json
	assert_equal "$(jq -c '[.status, .steps[0].attempts]' <<<"$output")" '["completed",3]'
	rm ran
	cat >again.yaml <<-'EOT'
	name: Again
	trigger: { type: manual }
	retry_policy: { initial_delay_ms: 1 }
	steps:
	  - { id: a, type: exec.run, config: { shell: "echo x >>ran; [ $(wc -l <ran) -ge 3 ]" } }
	EOT
	ok wfctl run again.yaml -o json
	assert_equal "$(jq -c '[.status, .steps[0].attempts]' <<<"$output")" '["completed",3]'
	# one that names others keeps to them
	rm ran
	sed -i 's/initial_delay_ms: 1/initial_delay_ms: 1, on: [ServerError]/' again.yaml
	run wfctl run again.yaml
	assert_failure
	assert_equal "$(wc -l <ran)" 1
}

@test "a translation is the same plan, and translating it changes nothing more" {
	for file in flex.yaml task.yaml; do
		wfctl compile --emit orch "$file" >orch.yaml
		assert_equal "$(plan_of "$file")" "$(plan_of orch.yaml)"
		wfctl compile --emit orch orch.yaml >again.yaml
		cmp orch.yaml again.yaml
	done
}

@test "translations of all that is shipped compile to the same plans" {
	n=0
	for file in "$BATS_TEST_DIRNAME"/../../workflows/*.yaml "$BATS_TEST_DIRNAME"/../../workflows/*.json; do
		case $file in *.test.*) continue ;; esac
		wfctl compile --emit orch -O orch.yaml "$file"
		assert_equal "$(plan_of "$file")" "$(plan_of orch.yaml)"
		n=$((n + 1))
	done
	[ "$n" -ge 15 ]
}

@test "findings are in the author's words, at the author's places" {
	sed -i 's/taskId: data.set, config: { found/taskID: data.set, config: { found/' task.yaml
	run wfctl lint task.yaml
	assert_failure 1
	assert_output --partial 'task.yaml:8:20: error[unknown-key]: a step has no key `taskID`; did you mean `taskId`?'
	refute_output --partial 'the step has no `taskId`'
	sed -i 's/taskID: data.set, config/description: x, config/' task.yaml
	run wfctl lint task.yaml
	assert_failure 1
	assert_output --partial 'the step has no `taskId`'
	refute_output --partial '`action`'
}

@test "a dialect may be named, and two of them cannot be mixed" {
	printf 'steps: [{ id: a, type: data.set }]\nname: n\nworkflowId: w\n' >mixed.yaml
	run wfctl lint --dialect flexprice mixed.yaml
	assert_failure 1
	assert_output --partial 'error[dialect-mixed]: `workflowId` is a key of the dialect taskflow, and this definition is in flexprice; write `id`'
	printf 'trigger: { type: manual }\nworkflowId: w\nsteps: [{ stepId: a, taskId: data.set }]\n' >mixed.yaml
	run wfctl lint mixed.yaml
	assert_failure 1
	assert_output --partial 'a definition is in one dialect'
	run wfctl lint --dialect cobol flex.yaml
	assert_failure
	assert_output --partial 'there is no dialect `cobol`'
}

@test "what is not enabled is registered, and starts nothing" {
	wfctl init
	echo 'enabled: false' >>flex.yaml
	ok wfctl register flex.yaml
	assert_equal "$(wfctl workflow ls -o json | jq -c '[.[] | .enabled]')" '[false]'
	run wfctl run nightly_report
	assert_failure
	wfctl workflow enable nightly_report@1
	ok wfctl run nightly_report
	# registering it once more does not undo that
	ok wfctl register flex.yaml
	assert_equal "$(wfctl workflow ls -o json | jq -c '[.[] | .enabled]')" '[true]'
}
