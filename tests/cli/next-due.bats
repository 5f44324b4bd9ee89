#!/usr/bin/env bats
# wfctl next-due: when a sweep has something to do.

load helper
load shape

setup() {
	home_setup
	cat >wait.yaml <<-'EOF'
	workflow:
	  id: wait
	  steps: [ { id: pause, action: wait.timer, with: { duration: PT1H } } ]
	EOF
}

@test "nothing" {
	ok wfctl next-due
	assert_equal "$output" "-"
	ok wfctl next-due --seconds
	assert_equal "$output" "-"
	ok wfctl next-due -o json
	shape next-due
	assert_equal "$(jq -c '[.at, .seconds, .what]' <<<"$output")" "[null,null,null]"
}

@test "the earliest timer or schedule of all journals" {
	at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	at 2026-11-20T09:00:00Z ok wfctl next-due
	assert_output "2026-11-20T10:00:00.000Z  in 1 h  timer of #1 wait"
	at 2026-11-20T09:59:58.001Z ok wfctl next-due --seconds
	assert_output 2
	at 2026-11-20T11:00:00Z ok wfctl next-due --seconds
	assert_output 0
	wfctl init --tenant acme >/dev/null
	wfctl register wait.yaml --tenant acme >/dev/null
	at 2026-11-20T09:00:00Z wfctl schedule add wait '30 * * * *' --name half --tenant acme >/dev/null
	at 2026-11-20T09:00:00Z ok wfctl next-due
	assert_output "2026-11-20T09:30:00.000Z  in 30 m  schedule half  (acme/default)"
	at 2026-11-20T09:00:00Z ok wfctl next-due -o json
	shape next-due
	assert_equal "$(jq -c '[.seconds, .what, .name, .tenant]' <<<"$output")" '[1800,"schedule","half","acme"]'
	at 2026-11-20T09:00:00Z ok wfctl next-due --tenant default -o json
	shape next-due
	assert_equal "$(jq -c '[.seconds, .what, .instance]' <<<"$output")" '[3600,"timer",1]'
	wfctl schedule pause half --tenant acme >/dev/null
	at 2026-11-20T09:00:00Z ok wfctl next-due
	assert_output --partial "timer of #1 wait"
	status 4 wfctl next-due --tenant nobody
	status 2 wfctl next-due --all --tenant acme
	status 4 wfctl next-due --tenant default --environment test
	assert_line --partial "no journal here has the tenant default with the environment test"
	status 4 wfctl next-due --tenant nobody
	assert_line --partial "wfctl init --tenant nobody makes a journal"
}

@test "a journal that cannot be used hides nothing of the others" {
	at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	wfctl init --tenant acme >/dev/null
	printf 'no journal' >"$WFCTL_HOME/journals/acme/default/data.mdb"
	at 2026-11-20T09:00:00Z status 7 wfctl next-due
	assert_line --partial "acme/default"
	assert_line "2026-11-20T10:00:00.000Z  in 1 h  timer of #1 wait  (default/default)"
	at 2026-11-20T09:00:00Z run -7 --separate-stderr wfctl next-due -o json
	shape next-due
	assert_equal "$(jq -c '[.seconds, .instance]' <<<"$output")" '[3600,1]'
	at 2026-11-20T09:00:00Z status 7 wfctl next-due --tenant acme
	refute_line "-"
}

@test "what waits for a sweep is due now" {
	cat >tick.yaml <<-'EOF'
	workflow:
	  id: tick
	  steps: [ { id: go, action: exec.run, with: { command: ["true"] } } ]
	EOF
	WFCTL_CRASH_AT=COMMIT_AFTER run wfctl run tick.yaml
	rm -f "$BATS_TEST_TMPDIR/died"
	ok wfctl next-due --seconds
	assert_output 0
	ok wfctl next-due
	assert_output --partial "something waits for a sweep"
	wfctl serve-once >/dev/null
	ok wfctl next-due
	assert_equal "$output" "-"
}
