#!/usr/bin/env bats
# wfctl resume: what nobody drives goes on; what somebody drives is left alone.

load helper
load shape

setup() {
	home_setup
	cat >wait.yaml <<-'EOT'
	workflow:
	  id: wait
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1H } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOT
}

@test "nothing to do" {
	ok wfctl resume
	assert_output "there is nothing to resume"
	ok wfctl resume -o json
	assert_output "[]"
	shape resume
}

@test "a timer fires when it is due, not before, and once" {
	WFCTL_NOW=2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	WFCTL_NOW=2026-11-20T09:59:00Z ok wfctl resume
	assert_output "there is nothing to resume"
	WFCTL_NOW=2026-11-20T09:59:00Z status 3 wfctl resume 1
	WFCTL_NOW=2026-11-20T10:00:01Z ok wfctl resume
	assert_output --partial "#1 completed"
	assert_equal "$(wc -l <ran)" 1
	WFCTL_NOW=2026-11-20T10:00:02Z ok wfctl resume
	assert_output "there is nothing to resume"
	ok wfctl journal check
}

@test "many at once, each line says whose it is" {
	for i in 1 2 3; do
		WFCTL_NOW=2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	done
	WFCTL_NOW=2026-11-20T11:00:00Z ok wfctl resume --dry-run
	assert_output "would resume 3 instances: #1, #2, #3"
	WFCTL_NOW=2026-11-20T11:00:00Z ok wfctl resume --dry-run -o json
	shape resume
	assert_equal "$(jq -c "map(.number)" <<<"$output")" "[1,2,3]"
	WFCTL_NOW=2026-11-20T11:00:00Z ok wfctl resume --all
	for i in 1 2 3; do
		assert_line --regexp "^#$i ok +done +exit 0"
		assert_line --partial "#$i completed"
	done
	assert_equal "$(wc -l <ran)" 3
}

@test "an instance of a killed process goes on" {
	cat >two.yaml <<-'EOT'
	workflow:
	  id: two
	  steps:
	    - { id: first, action: exec.run, with: { shell: "echo first >>ran" } }
	    - { id: pause, action: wait.timer, with: { duration: PT1H } }
	    - { id: last, action: exec.run, with: { shell: "echo last >>ran" } }
	EOT
	WFCTL_CRASH_AT=EFFECT_STARTED:1 run wfctl run two.yaml
	assert_failure 137
	status 3 wfctl resume
	assert_output --partial "#1 is parked: it waits for a timer"
	WFCTL_NOW=2140-01-01T00:00:00Z ok wfctl resume 1 -o json
	shape resume
	assert_equal "$(cat ran)" "$(printf 'first\nlast')"
}

@test "an instance that has ended, is not there, or is driven by another" {
	WFCTL_NOW=2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	WFCTL_NOW=2026-11-20T11:00:00Z wfctl resume >/dev/null
	status 6 wfctl resume 1
	assert_output --partial "has ended"
	status 4 wfctl resume 2
	mkfifo go
	cat >slow.yaml <<-'EOT'
	workflow:
	  id: slow
	  steps: [{ id: hold, action: exec.run, with: { shell: "echo held >held; read x <go" } }]
	EOT
	"$WFCTL_BUILD/wfctl" run slow.yaml >/dev/null 2>&1 3>&- &
	pid=$!
	wait_for test -s held
	status 6 wfctl resume 2
	assert_output --partial "driven by another process"
	ok wfctl resume
	assert_output "there is nothing to resume"
	echo word >go
	wait "$pid"
}

@test "wrong usage" {
	status 2 wfctl resume 1 --all
	status 2 wfctl resume --stay forever
}

@test "commands run where the instance was started, wherever it is driven on" {
	mkdir -p here/sub there
	cat >where.yaml <<-'EOT'
	workflow:
	  id: where
	  steps:
	    - { id: ask, action: approval.request, with: { policy: level1, approvers: { list: [ann] } } }
	    - { id: pwd, action: exec.run, with: { command: [pwd] } }
	    - { id: below, action: exec.run, with: { command: [pwd], cwd: sub } }
	  completion: { on_success: { output: ["${trim(pwd.stdout)}", "${trim(below.stdout)}"] } }
	EOT
	cd here
	local here=$PWD number
	number=$(wfctl run ../where.yaml --quiet || true)
	cd ../there
	ok wfctl approve "$number"
	ok wfctl show "$number" -o json
	assert_equal "$(jq -c .output <<<"$output")" "[\"$here\",\"$here/sub\"]"
	assert_equal "$(jq -r .folder <<<"$output")" "$here"
	ok wfctl journal check
	mkdir ../gone
	cd ../gone
	number=$(wfctl run ../where.yaml --quiet || true)
	cd ..
	rmdir gone
	ok wfctl approve "$number"
	assert_output --partial "cwd_not_found"
}
