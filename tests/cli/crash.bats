#!/usr/bin/env bats
# SIGKILL at every numbered boundary of a run, then resume: the end equals the uninterrupted run, no
# completed step ran twice, what is in doubt follows its on_crash (semantics.md G1 to G4, G6).

load helper

setup() {
	home_setup
	: >"$BATS_TEST_TMPDIR/ran"
}

# Three commands that leave a line each; they may be told to begin again.
exec_definition() {
	cat >"$BATS_TEST_TMPDIR/exec.yaml" <<-EOT
	workflow:
	  id: three_commands
	  steps:
	    - { id: a, action: exec.run, with: { shell: 'echo a \$WFCTL_IDEMPOTENCY_KEY >>$BATS_TEST_TMPDIR/ran; echo A' } }
	    - { id: b, action: exec.run, with: { shell: 'echo b \$WFCTL_IDEMPOTENCY_KEY >>$BATS_TEST_TMPDIR/ran; echo B' } }
	    - { id: c, action: exec.run, with: { shell: 'echo c \$WFCTL_IDEMPOTENCY_KEY >>$BATS_TEST_TMPDIR/ran; echo C' } }
	  completion:
	    on_success:
	      result: success
	      output: { all: "\${trim(a.stdout)}\${trim(b.stdout)}\${trim(c.stdout)}" }
	EOT
}

# kill_at BOUNDARY COMMAND…: the command must die by SIGKILL there; 1 when it ended before
kill_at() {
	local at=$1 ended=0
	shift 2
	WFCTL_CRASH_AT=$at timeout "$PATIENCE" "$WFCTL_BUILD/wfctl" "$@" >/dev/null 2>&1 || ended=$?
	[ "$ended" -eq 137 ]
}

@test "exec steps: killed at any boundary, resumed, each command ran exactly once" {
	exec_definition
	boundaries=0
	for point in TURN_BEGIN COMMIT_BEFORE COMMIT_AFTER EFFECT_BEFORE EFFECT_STARTED EFFECT_RESULT SPOOL_SETTLED; do
		for nth in 1 2 3 4 5; do
			: >"$BATS_TEST_TMPDIR/ran"
			export WFCTL_HOME="$BATS_TEST_TMPDIR/home-$point-$nth"
			wfctl init >/dev/null
			kill_at "$point:$nth" wfctl run "$BATS_TEST_TMPDIR/exec.yaml" || break
			boundaries=$((boundaries + 1))
			wfctl resume >/dev/null 2>&1 || true
			wfctl ps -o json >"$BATS_TEST_TMPDIR/ps"
			if [ "$(wfctl ps -o jsonl | wc -l)" -eq 0 ]; then
				# it died before anything was acknowledged: nothing may have happened
				[ ! -s "$BATS_TEST_TMPDIR/ran" ]
				continue
			fi
			run wfctl show 1 -o json
			assert_success
			assert_output --partial '"all": "ABC"'
			assert_equal "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/ran" | tr '\n' ' ')" "a b c "
			assert_equal "$(sort -u "$BATS_TEST_TMPDIR/ran" | wc -l)" 3
			run wfctl journal check
			assert_success
		done
	done
	echo "# $boundaries boundaries of exec steps" >&3
	[ "$boundaries" -ge 20 ]
}

@test "http steps: killed at any boundary, resumed, no request without the same key" {
	start_httpd
	cat >"$BATS_TEST_TMPDIR/http.yaml" <<-EOT
	workflow:
	  id: two_requests
	  steps:
	    - { id: a, action: http.request, with: { method: POST, url: "$HTTPD_URL/echo", body: { n: 1 } } }
	    - { id: b, action: http.request, with: { method: POST, url: "$HTTPD_URL/echo", body: { n: 2 } } }
	  completion: { on_success: { result: success, output: { a: "\${a.status}", b: "\${b.status}" } } }
	EOT
	boundaries=0
	for point in TURN_BEGIN COMMIT_BEFORE COMMIT_AFTER EFFECT_BEFORE EFFECT_STARTED EFFECT_RESULT; do
		for nth in 1 2 3 4; do
			: >"$HTTPD_LOG"
			export WFCTL_HOME="$BATS_TEST_TMPDIR/home-$point-$nth"
			wfctl init >/dev/null
			kill_at "$point:$nth" wfctl run "$BATS_TEST_TMPDIR/http.yaml" || break
			boundaries=$((boundaries + 1))
			wfctl resume >/dev/null 2>&1 || true
			[ "$(wfctl ps -o jsonl | wc -l)" -eq 1 ] || {
				[ ! -s "$HTTPD_LOG" ]
				continue
			}
			run wfctl show 1 -o json
			assert_success
			assert_output --partial '"status": "completed"'
			assert_output --partial '"a": 200'
			# at most one repetition, of the request in doubt, with its first key
			[ "$(wc -l <"$HTTPD_LOG")" -le 3 ]
			assert_equal "$(grep -io '"idempotency-key": *"[^"]*"' "$HTTPD_LOG" | sort -u | wc -l)" 2
			run wfctl journal check
			assert_success
		done
	done
	echo "# $boundaries boundaries of HTTP steps" >&3
	[ "$boundaries" -ge 12 ]
}

@test "a step completed before the crash never runs again, whatever its on_crash says" {
	exec_definition
	kill_at EFFECT_STARTED:2 wfctl run "$BATS_TEST_TMPDIR/exec.yaml"
	run wfctl resume
	assert_success
	assert_equal "$(grep -c '^a ' "$BATS_TEST_TMPDIR/ran")" 1
}

@test "a child outlives wfctl: its result is picked up, it is not run again" {
	mkfifo "$BATS_TEST_TMPDIR/go"
	cat >"$BATS_TEST_TMPDIR/long.yaml" <<-EOT
	workflow:
	  id: long
	  steps:
	    - { id: wait, action: exec.run, with: { shell: 'echo once >>$BATS_TEST_TMPDIR/ran; read x <$BATS_TEST_TMPDIR/go; echo \$x' } }
	  completion: { on_success: { result: success, output: "\${trim(wait.stdout)}" } }
	EOT
	kill_at EFFECT_STARTED:1 wfctl run "$BATS_TEST_TMPDIR/long.yaml"
	# the command is still there, waiting for its word
	echo word >"$BATS_TEST_TMPDIR/go"
	run wfctl resume
	assert_success
	run wfctl show 1 -o json
	assert_output --partial '"output": "word"'
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 1
}

@test "what a dead process left in the spool is removed by a resume that has other work" {
	exec_definition
	kill_at EFFECT_RESULT:3 wfctl run "$BATS_TEST_TMPDIR/exec.yaml"
	left=$(find "$WFCTL_HOME/spool" -name '*.done')
	[ -n "$left" ]
	# the result of an attempt that is over, and one of another journal's
	stray=$(dirname "$left")/$(basename "$left" | sed -E 's/-[0-9a-f]{16}-1-1\.done/-0123456789abcdef-1-1.done/')
	other="$WFCTL_HOME/spool/00000000-0000-7000-8000-000000000000-0123456789abcdef-1-1.done"
	cp "$left" "$stray"
	cp "$left" "$other"
	run wfctl resume
	assert_success
	assert_equal "$(find "$WFCTL_HOME/spool" -name '*.done')" "$other"
}

@test "a machine's crash leaves doubt: exec.run asks, idempotent ones retry" {
	exec_definition
	kill_at EFFECT_RESULT:1 wfctl run "$BATS_TEST_TMPDIR/exec.yaml"
	# the spool is gone and the boot is another: what a power cut leaves
	rm -f "$WFCTL_HOME"/spool/*
	WFCTL_BOOT=7 run wfctl resume
	assert_failure 3
	run wfctl show 1 -o json
	assert_output --partial '"status": "suspended"'
	assert_output --partial '"in_doubt"'
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 1
	run wfctl resolve 1 --completed --result '{"exit_code":0,"stdout":"A","stderr":""}'
	assert_success
	run wfctl show 1 -o json
	assert_output --partial '"all": "ABC"'
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 3
}

@test "a machine's crash makes the spool worthless: what lies there is not believed" {
	exec_definition
	kill_at EFFECT_RESULT:1 wfctl run "$BATS_TEST_TMPDIR/exec.yaml"
	ls "$WFCTL_HOME"/spool/*.done
	WFCTL_BOOT=7 run wfctl resume
	assert_failure 3
	run wfctl show 1 -o json
	assert_output --partial '"in_doubt"'
	[ -z "$(ls "$WFCTL_HOME/spool")" ]
}

@test "wfctl and the supervisor killed together: the command is in doubt, and not run again" {
	mkfifo "$BATS_TEST_TMPDIR/go"
	cat >"$BATS_TEST_TMPDIR/long.yaml" <<-EOT
	workflow:
	  id: long
	  steps:
	    - { id: wait, action: exec.run, with: { shell: 'echo once >>$BATS_TEST_TMPDIR/ran; read x <$BATS_TEST_TMPDIR/go' } }
	EOT
	kill_at EFFECT_STARTED:1 wfctl run "$BATS_TEST_TMPDIR/long.yaml"
	wait_for test -s "$BATS_TEST_TMPDIR/ran"
	kill -9 "$(head -c 15 "$WFCTL_HOME"/spool/*.run)"
	status 3 wfctl resume
	echo >"$BATS_TEST_TMPDIR/go"
	run wfctl show 1 -o json
	assert_output --partial '"in_doubt"'
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 1
}

@test "a recovery after a machine's crash that is killed itself forgets no doubt" {
	exec_definition
	kill_at EFFECT_RESULT:1 wfctl run "$BATS_TEST_TMPDIR/exec.yaml"
	rm -f "$WFCTL_HOME"/spool/*
	export WFCTL_BOOT=7
	kill_at CLAIM_AFTER:1 wfctl resume
	run wfctl resume
	unset WFCTL_BOOT
	run wfctl show 1 -o json
	assert_output --partial '"in_doubt"'
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 1
}

@test "cancel after a crash stops the command that still runs" {
	cat >"$BATS_TEST_TMPDIR/long.yaml" <<-EOT
	workflow:
	  id: long
	  steps:
	    - { id: wait, action: exec.run, with: { shell: 'echo \$\$ >$BATS_TEST_TMPDIR/ran; exec sleep 600' } }
	EOT
	kill_at EFFECT_STARTED:1 wfctl run "$BATS_TEST_TMPDIR/long.yaml"
	wait_for test -s "$BATS_TEST_TMPDIR/ran"
	ok wfctl cancel 1
	assert_output --partial "#1 cancelled"
	gone() { ! kill -0 "$(cat "$BATS_TEST_TMPDIR/ran")" 2>/dev/null; }
	wait_for gone
	tidied() { wfctl resume >/dev/null && [ -z "$(ls "$WFCTL_HOME/spool")" ]; }
	wait_for tidied
}

@test "approvals: a decision that was killed before its commit did not happen, after it it did" {
	cat >"$BATS_TEST_TMPDIR/ask.yaml" <<-EOT
	workflow:
	  id: ask
	  steps:
	    - { id: ok, action: approval.request, with: { policy: level2, approvers: { list: [alice, bob] } } }
	    - { id: done, action: exec.run, with: { shell: 'echo done >>$BATS_TEST_TMPDIR/ran' } }
	EOT
	run wfctl run "$BATS_TEST_TMPDIR/ask.yaml"
	assert_failure 3
	kill_at DECISION_BEFORE:1 wfctl approve 1 --as alice
	run wfctl approve 1 --as alice
	assert_success
	kill_at COMMIT_AFTER:1 wfctl approve 1 --as bob
	run wfctl approve 1 --as bob
	assert_failure 6
	run wfctl resume
	assert_success
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 1
	run wfctl journal check
	assert_success
}

@test "timers: killed around a firing, it fires once" {
	cat >"$BATS_TEST_TMPDIR/timer.yaml" <<-EOT
	workflow:
	  id: pause
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT0.01S } }
	    - { id: done, action: exec.run, with: { shell: 'echo done >>$BATS_TEST_TMPDIR/ran' } }
	EOT
	for nth in 1; do
		kill_at "TIMER_BEFORE:$nth" wfctl run "$BATS_TEST_TMPDIR/timer.yaml"
		run wfctl resume
		assert_success
		assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 1
	done
	run wfctl history 1 -o jsonl
	assert_equal "$(printf '%s\n' "$output" | grep -c '"timer"')" 1
}

@test "a batch killed in the middle: what was acknowledged is there once, the rest is not" {
	exec_definition
	cat >"$BATS_TEST_TMPDIR/pure.yaml" <<-EOT
	workflow:
	  id: pure
	  input: { type: object, properties: { n: { type: integer } }, required: [n] }
	  steps:
	    - { id: a, action: data.set, with: { twice: "\${n * 2}" } }
	EOT
	for i in $(seq 1 2000); do echo "{\"n\":$i}"; done >"$BATS_TEST_TMPDIR/in"
	kill_at COMMIT_BEFORE:2 wfctl run "$BATS_TEST_TMPDIR/pure.yaml" --batch "$BATS_TEST_TMPDIR/in"
	count=$(wfctl ps -o jsonl --limit 0 | wc -l)
	[ "$count" -gt 0 ] && [ "$count" -lt 2000 ]
	run wfctl journal check
	assert_success
}
