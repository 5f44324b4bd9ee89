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
	ok wfctl prune --older-than PT0S -n -o json
	assert_equal "$(jq -c .numbers <<<"$output")" '[1,2]'
	ok wfctl prune --older-than PT0S --whole -n -o json
	assert_equal "$(jq -c .numbers <<<"$output")" '[1,2]'
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

# swept FILTER: what the sweep that comes now says of that
swept() {
	ok wfctl serve-once -o json
	shape serve-once
	jq -c "$1" <<<"$output"
}

@test "a sweep prunes what is due, and only that, once" {
	export WFCTL_NOW=2026-01-30T23:59:59.999Z
	ok wfctl serve-once
	assert_output --partial "nothing is due"
	export WFCTL_NOW=2026-01-31T00:00:01Z
	ok wfctl serve-once --dry-run
	assert_output --partial "1 history to prune"
	ok wfctl serve-once --dry-run -o json
	shape serve-once
	assert_equal "$(jq .pruned <<<"$output")" 1
	ok wfctl history 1 -o json
	refute_output '[]'
	ok wfctl serve-once
	assert_output --partial "1 history pruned"
	ok wfctl history 1 -o json
	assert_output '[]'
	ok wfctl history 2 -o json
	refute_output '[]'
	assert_equal "$(swept .pruned)" 0
	ok wfctl show 1 -o json
	assert_equal "$(jq -c '[.status, .steps[1].output]' <<<"$output")" '["completed",{"x":"a"}]'
	ok wfctl journal check
	assert_output --partial "1 pruned"
}

@test "what a sweep takes up is bounded by --max, histories too; prune does the rest" {
	for _ in 1 2 3; do wfctl run kept.yaml >/dev/null; done
	export WFCTL_NOW=2026-02-01T00:00:00Z
	ok wfctl serve-once --max 3 -o json
	assert_equal "$(jq -c '[.pruned, .stopped]' <<<"$output")" '[3,true]'
	ok wfctl journal check
	assert_output --partial "3 pruned"
	ok wfctl prune -n -o json
	assert_equal "$(jq -c '.numbers' <<<"$output")" '[6]'
	ok wfctl prune
	assert_output --regexp '^1 instance pruned, [1-9][0-9]* history records?$'
	assert_equal "$(swept .pruned)" 0
}

@test "many that have expired go in one sweep, among several journals too" {
	cat >many.yaml <<-'EOT'
	workflow:
	  id: many
	  execution_log: { retention: PT1H }
	  steps: [{ id: a, action: data.set, with: { x: 1 } }]
	EOT
	seq 500 | jq -c '{ n: . }' >inputs
	ok wfctl run many.yaml --batch inputs --quiet
	wfctl init --tenant acme >/dev/null
	wfctl run many.yaml --tenant acme >/dev/null
	export WFCTL_NOW=2026-01-01T02:00:00Z
	assert_equal "$(swept '[.pruned, (.swept | length)]')" '[501,2]'
	ok wfctl journal check
	assert_output --partial "500 pruned"
	assert_equal "$(swept '[.pruned, .swept]')" '[0,[]]'
}

@test "a retry takes back when it expires, until it ends again" {
	cat >fails.yaml <<-'EOT'
	workflow:
	  id: fails
	  execution_log: { retention: PT1H }
	  steps:
	    - { id: a, action: exec.run, with: { command: [test, -e, there] } }
	    - { id: w, action: wait.timer, with: { duration: P1D } }
	EOT
	wfctl run fails.yaml >/dev/null || true
	touch there
	WFCTL_NOW=2026-01-01T00:30:00Z status 3 wfctl retry 4
	export WFCTL_NOW=2026-01-01T03:00:00Z
	assert_equal "$(swept .pruned)" 0
	export WFCTL_NOW=2026-01-02T01:00:00Z
	assert_equal "$(swept '[.completed, .pruned]')" '[1,0]'
	ok wfctl journal check
	assert_output --partial "sound"
	export WFCTL_NOW=2026-01-02T02:00:00Z
	assert_equal "$(swept .pruned)" 1
}

@test "a backup and a compacted journal know what is to be pruned" {
	ok wfctl journal backup kept.mdb
	ok wfctl journal compact
	export WFCTL_NOW=2026-02-01T00:00:00Z
	ok wfctl journal restore kept.mdb --tenant other
	ok wfctl journal check --tenant other
	ok wfctl journal dump
	assert_output --partial '"expires_at":1769817600000'
	assert_equal "$(swept .pruned)" 2
}

@test "next-due counts a retention at the full hour after it" {
	export WFCTL_NOW=2026-01-31T00:00:00Z
	wfctl cancel 3 >/dev/null
	export WFCTL_NOW=2026-01-31T00:20:00Z
	ok wfctl prune
	ok wfctl next-due
	assert_equal "$output" "-"
	wfctl run kept.yaml >/dev/null
	ok wfctl next-due
	assert_output "2026-03-02T01:00:00.000Z  in 30 days  retention of a history"
	ok wfctl next-due -o json
	shape next-due
	assert_equal "$(jq -c '[.what, .instance, .name]' <<<"$output")" '["retention",null,null]'
	# it has expired: a sweep prunes it, but nobody is called for it before the hour is full
	export WFCTL_NOW=2026-03-02T00:30:00Z
	ok wfctl next-due --seconds
	assert_output 1800
	export WFCTL_NOW=2026-03-02T01:00:00Z
	ok wfctl next-due --seconds
	assert_output 0
	ok wfctl serve-once
	assert_output --partial "1 history pruned"
	ok wfctl next-due
	assert_equal "$output" "-"
}
