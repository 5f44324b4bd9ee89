#!/usr/bin/env bats
# wfctl prune: history goes when its retention is over, and the journal stays sound.

load helper
load shape

setup() {
	home_setup
	cat >kept.yaml <<-'EOT'
	workflow:
	  id: kept
	  execution_log: { retention: P30D }
	  steps:
	    - { id: a, action: exec.run, with: { command: [echo, a] } }
	    - { id: b, action: data.set, with: { x: "${trim(a.stdout)}" } }
	EOT
	sed 's/id: kept/id: ever/; /execution_log/d' kept.yaml >ever.yaml
	printf 'workflow:\n  id: waits\n  execution_log: { retention: PT1S }\n  steps: [{ id: w, action: wait.timer, with: { duration: P400D } }]\n' >waits.yaml
	export WFCTL_NOW=2026-01-01T00:00:00Z
	wfctl run kept.yaml >/dev/null
	wfctl run ever.yaml >/dev/null
	wfctl run waits.yaml >/dev/null || true
}

@test "nothing goes before its time, what is in flight never" {
	export WFCTL_NOW=2026-01-30T00:00:00Z
	ok wfctl prune -o json
	shape prune
	assert_equal "$(jq -c '[.instances, .records]' <<<"$output")" '[0,0]'
	export WFCTL_NOW=2026-02-01T00:00:00Z
	ok wfctl prune --dry-run
	assert_line --index 0 "#1 kept"
	assert_line --index 1 "1 instance would lose their history"
	ok wfctl prune -n -o json
	shape prune
	ok wfctl history 1 -o json
	refute_output '[]'
}

@test "the instance stays, its history goes, the check says so" {
	export WFCTL_NOW=2026-02-01T00:00:00Z
	ok wfctl prune
	assert_output --regexp '^1 instance pruned, [1-9][0-9]* history records?$'
	ok wfctl history 1 -o json
	assert_output '[]'
	ok wfctl show 1 -o json
	assert_equal "$(jq -c '[.status, .steps[1].output]' <<<"$output")" '["completed",{"x":"a"}]'
	ok wfctl journal check
	assert_output --partial "sound, 2 instances replayed, 1 pruned"
	ok wfctl journal check -o json
	shape journal-check
	ok wfctl prune -o json
	assert_equal "$(jq .instances <<<"$output")" 0
	ok wfctl journal dump
	assert_output --partial '"pruned"'
}

@test "--older-than goes before what definitions say; --workflow; --whole" {
	export WFCTL_NOW=2026-01-03T00:00:00Z
	ok wfctl prune --older-than P1D --workflow ever -o json
	assert_equal "$(jq -c .numbers <<<"$output")" '[2]'
	status 2 wfctl prune --whole
	status 2 wfctl prune --older-than soon
	ok wfctl prune --older-than P1D --whole
	assert_output --partial "2 instances removed"
	ok wfctl ps -o json
	assert_equal "$(jq -c 'map(.number)' <<<"$output")" '[3]'
	ok wfctl journal check
	assert_output --partial "sound, 1 instance replayed"
}

@test "what is begun again after that has a history again" {
	cat >fails.yaml <<-'EOT'
	workflow:
	  id: fails
	  execution_log: { level: debug, retention: PT1H }
	  steps: [{ id: a, action: exec.run, with: { command: [test, -e, there] } }]
	EOT
	wfctl run fails.yaml >/dev/null || true
	export WFCTL_NOW=2026-01-02T00:00:00Z
	ok wfctl prune
	touch there
	ok wfctl retry 4
	ok wfctl history 4 -o json
	assert_equal "$(jq '.[0].event' <<<"$output")" '"retry"'
	[ "$(jq '.[0].seq' <<<"$output")" -gt 0 ]
	ok wfctl journal check
	assert_output --partial "1 pruned"
}
