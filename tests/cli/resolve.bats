#!/usr/bin/env bats
# wfctl resolve: a doubt ends by what somebody says who has looked.

load helper
load shape

setup() {
	home_setup
	cat >one.yaml <<-'EOT'
	workflow:
	  id: one
	  steps:
	    - { id: act, action: exec.run, with: { shell: "echo act >>ran; echo out" } }
	  completion: { on_success: { output: "${trim(act.stdout)}" } }
	EOT
	# what a power cut leaves: the process dead, another boot, the result not in the journal
	WFCTL_CRASH_AT=EFFECT_RESULT wfctl run one.yaml >/dev/null 2>&1 || true
	rm -f "$WFCTL_HOME"/spool/*
	WFCTL_BOOT=7 wfctl resume >said || true
	grep -q "#1 is suspended" said
}

@test "completed, with the output that was found" {
	ok wfctl show 1
	assert_output --partial "act is in doubt"
	ok wfctl resolve 1 --completed --result '{"exit_code": 0, "stdout": "found", "stderr": ""}' -o json
	shape resolve
	assert_output --partial '"output": "found"'
	assert_equal "$(wc -l <ran)" 1
	status 6 wfctl resolve 1 --failed
}

@test "failed" {
	ok wfctl resolve 1 --failed
	assert_output --partial "#1 failed at act"
	assert_equal "$(wc -l <ran)" 1
	ok wfctl journal check
}

@test "retry" {
	ok wfctl resolve 1 --retry
	assert_output --partial "#1 completed"
	assert_equal "$(wc -l <ran)" 2
}

@test "a dry run resolves nothing" {
	ok wfctl resolve 1 --failed --dry-run
	assert_output "would resolve the doubt of instance #1 as failed; nothing was done"
	ok wfctl resolve 1 --retry --dry-run -o json
	shape resolve
	status 4 wfctl resolve 1 --retry --step other --dry-run
	assert_output --partial "instance #1 has no step other"
	ok wfctl show 1
	assert_output --partial "act is in doubt"
	assert_equal "$(wc -l <ran)" 1
	ok wfctl journal check
}

@test "wrong usage" {
	status 2 wfctl resolve 1
	status 2 wfctl resolve 1 --failed --retry
	status 2 wfctl resolve 1 --failed --result 1
	status 2 wfctl resolve 1 --completed --result '{'
	status 4 wfctl resolve 1 --retry --step other
	status 4 wfctl resolve 9 --retry
}
