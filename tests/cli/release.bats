#!/usr/bin/env bats
# wfctl release: what a hold kept back begins.

load helper
load shape

setup() {
	home_setup
	cat >pay.yaml <<-'EOT'
	workflow:
	  id: pay
	  version: 1.0.0
	  steps:
	    - { id: ready, action: wait.signal, with: { name: go } }
	    - { id: pay, action: exec.run, with: { shell: "echo paid >>ran" } }
	EOT
	wfctl register pay.yaml >/dev/null
	for i in 1 2 3; do wfctl run pay >/dev/null || true; done
	wfctl hold pay --reason closed >/dev/null
	for i in 1 2; do wfctl signal $i go >/dev/null; done
}

@test "kept back effects begin, once; what waits for something else stays" {
	[ ! -e ran ]
	ok wfctl release pay
	assert_output --partial "#1 completed"
	assert_output --partial "#2 completed"
	assert_output --partial "pay is released; 2 instances go on"
	assert_equal "$(wc -l <ran)" 2
	ok wfctl resume
	assert_equal "$(wc -l <ran)" 2
	ok wfctl signal 3 go
	assert_equal "$(wc -l <ran)" 3
	ok wfctl journal check
}

@test "another hold still covers them" {
	wfctl hold >/dev/null
	ok wfctl release pay
	assert_output "pay is released; no instances go on"
	[ ! -e ran ]
	ok wfctl release
	assert_output --partial "everything is released; 2 instances go on"
	assert_equal "$(wc -l <ran)" 2
}

@test "what is not held, unknown names, dry run, json" {
	status 6 wfctl release
	assert_output --partial "everything as such is not on hold"
	status 4 wfctl release nothing
	status 2 wfctl release ""
	ok wfctl release pay --dry-run
	assert_output "would release pay; nothing was done"
	ok wfctl release pay --dry-run -o json
	shape release
	[ ! -e ran ]
	ok wfctl release pay -o json
	shape release
	assert_equal "$(jq -c '[.released, .completed]' <<<"$output")" '[2,2]'
	status 6 wfctl release pay
}
