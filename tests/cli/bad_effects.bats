#!/usr/bin/env bats
# Commands and servers that misbehave: each failure has its type, its code and the attempt, retries are
# what the policy says, and the journal is sound.

load helper
load bad

setup() {
	home_setup
	: >"$BATS_TEST_TMPDIR/ran"
}

teardown() {
	common_teardown
	[ ! -s "$BATS_TEST_TMPDIR/sleeper" ] || kill "$(cat "$BATS_TEST_TMPDIR/sleeper")" 2>/dev/null || true
}

# workflow KEYS…: a definition of one step with these keys, then one that must not run
workflow() {
	{
		printf 'workflow:\n  id: tried\n  steps:\n    - id: try\n'
		printf '      %s\n' "$@"
		printf '    - { id: after, action: exec.run, with: { shell: "echo after >>%s" } }\n' \
			"$BATS_TEST_TMPDIR/ran"
	} >tried.yaml
}

# member NAME: of the error of the instance in $output (-o json)
member() {
	sed -n '/^  "error": {/,/^  }/s/^    "'"$1"'": "\{0,1\}\([^"]*\)"\{0,1\},\{0,1\}$/\1/p' <<<"$output"
}

# failing TYPE CODE TEXT KEYS…: the step fails like this, and so does the instance
failing() {
	local type=$1 code=$2 text=$3 ended=0
	shift 3
	workflow "$@"
	: >"$BATS_TEST_TMPDIR/ran"
	output=$(wfctl run tried.yaml -o json 2>"$BATS_TEST_TMPDIR/noise") || ended=$?
	[ ! -e "$BATS_TEST_TMPDIR/died" ] || fail "$(cat "$BATS_TEST_TMPDIR/died")"
	[ "$ended" -eq 1 ] || fail "status $ended: $* $output $(cat "$BATS_TEST_TMPDIR/noise")"
	assert_equal "$(member type) $(member code)" "$type $code"
	case $(member message) in
	*"$text"*) ;;
	*) fail "the message says not \"$text\": $(member message)" ;;
	esac
	assert_output --partial '"failed_step": "try"'
	assert_equal "$(cat "$BATS_TEST_TMPDIR/ran")" ""
}

# passing ATTEMPTS KEYS…: the step succeeds at that attempt
passing() {
	local attempts=$1
	shift
	workflow "$@"
	ok wfctl run tried.yaml -o json
	assert_equal "$(grep -m 1 '"attempts"' <<<"$output" | tr -dc 0-9)" "$attempts"
}

# -- commands --


@test "a command that is not there, or may not be executed" {
	failing NotFoundError command_not_found "there is no command \`no-such-command\`" \
		'action: exec.run' 'with: { command: [no-such-command] }'
	failing NotFoundError command_not_found "/no/such/command" \
		'action: exec.run' 'with: { command: [/no/such/command] }'
	failing PermissionError not_executable "/etc/hostname" \
		'action: exec.run' 'with: { command: [/etc/hostname] }'
	failing PermissionError not_executable "$HOME" \
		'action: exec.run' "with: { command: ['$HOME'] }"
	failing NotFoundError cwd_not_found "/no/such/folder" \
		'action: exec.run' 'with: { shell: "true", cwd: /no/such/folder }'
	ok wfctl journal check
}

@test "a command that fails, or dies by a signal" {
	failing ExecError exit_3 "ended with status 3: no room" \
		'action: exec.run' 'with: { shell: "echo no room >&2; exit 3" }'
	failing ExecError signal_11 "killed by signal 11 (SEGV)" \
		'action: exec.run' 'with: { shell: "kill -SEGV $$" }'
	failing ExecError signal_9 "killed by signal 9 (KILL)" \
		'action: exec.run' 'with: { shell: "kill -KILL $$" }'
	# no retry unless the policy names it
	workflow 'action: exec.run' 'retry: { max_attempts: 3, initial_delay_ms: 1, on: [ExecError] }' \
		"with: { shell: 'echo x >>$BATS_TEST_TMPDIR/tries; exit 1' }"
	status 1 wfctl run tried.yaml
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/tries")" 3
}

@test "a command that writes too much, or what was not promised" {
	failing LimitError output_limit "more than 1000 bytes (max_output) to stdout" \
		'action: exec.run' 'with: { shell: "yes", max_output: 1000 }'
	failing LimitError output_limit "more than 1000 bytes (max_output) to stderr" \
		'action: exec.run' 'with: { shell: "yes >&2", max_output: 1000 }'
	failing LimitError output_limit "more than 1048576 bytes (max_output)" \
		'action: exec.run' 'with: { shell: "yes" }'
	failing ValidationError invalid_json "is not JSON at line 1" \
		'action: exec.run' 'with: { shell: "echo nonsense", output: json }'
	failing ValidationError invalid_json "the text is empty" \
		'action: exec.run' 'with: { shell: "true", output: json }'
	ok wfctl journal check
}

@test "a command that never ends is ended, with all that it started" {
	local seconds
	for seconds in 0.3 3 30; do # as many as it needs to begin
		failing TimeoutError timeout "did not end within" 'action: exec.run' "timeout: PT${seconds}S" \
			"with: { shell: 'sleep 1000 & echo \$! >$BATS_TEST_TMPDIR/sleeper; wait' }"
		[ ! -s "$BATS_TEST_TMPDIR/sleeper" ] || break
	done
	gone() {
		! kill -0 "$(cat "$BATS_TEST_TMPDIR/sleeper")" 2>/dev/null
	}
	wait_for gone
	: >"$BATS_TEST_TMPDIR/sleeper"
	assert_equal "$(ls "$WFCTL_HOME/spool")" ""
	ok wfctl journal check
}

@test "no supervisor: the step fails with the reason" {
	WFCTL_LIBEXEC="$BATS_TEST_TMPDIR" failing InternalError no_supervisor "wfctl-supervise" \
		'action: exec.run' 'with: { shell: "true" }'
}

# The process ids of the supervisor, and of its command; of the one step that runs.
supervisor() {
	tr -dc 0-9 <"$(echo "$WFCTL_HOME"/spool/*.run)"
}

@test "a supervisor killed, with wfctl or alone, leaves doubt: the command is not run again by itself" {
	workflow 'action: exec.run' \
		"with: { shell: 'echo ran >>$BATS_TEST_TMPDIR/tries; echo \$\$ >$BATS_TEST_TMPDIR/sleeper; exec sleep 1000' }"
	"$WFCTL_BUILD/wfctl" run tried.yaml >/dev/null 2>&1 3>&- &
	wfctl_pid=$!
	wait_for test -s "$BATS_TEST_TMPDIR/sleeper"
	kill -KILL "$wfctl_pid"
	kill -KILL "$(supervisor)" "$(cat "$BATS_TEST_TMPDIR/sleeper")"
	wait "$wfctl_pid" || true
	: >"$BATS_TEST_TMPDIR/sleeper"
	status 3 wfctl resume
	assert_output --partial "resolve"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/tries")" ran
	ok wfctl ps -o jsonl
	assert_output --partial '"status":"suspended"'
	assert_equal "$(ls "$WFCTL_HOME/spool")" ""
	ok wfctl resolve 1 --completed --result '{}'
	assert_equal "$(cat "$BATS_TEST_TMPDIR/ran")" after

	"$WFCTL_BUILD/wfctl" run tried.yaml >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	wfctl_pid=$!
	wait_for test -s "$BATS_TEST_TMPDIR/sleeper"
	kill -KILL "$(supervisor)"
	ended=0
	wait "$wfctl_pid" || ended=$?
	assert_equal "$ended" 3
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/tries")" 2
	refused 6 INVALID_TRANSITION resolve 2 --retry --step after
	fails 2 USAGE resolve 2
	fails 2 USAGE resolve 2 --completed --result '{'
	ok wfctl resolve 2 --failed
	ok wfctl journal check
}

# -- servers --

request() {
	printf "with: { url: '%s%s'%s }" "$HTTPD_URL" "$1" "${2:+, $2}"
}

requests() {
	wc -l <"$HTTPD_LOG"
}

@test "a server that is not there" {
	HTTPD_URL=http://127.0.0.1:1
	export RES_OPTIONS="timeout:1 attempts:1" # whoever resolves names here may never answer
	failing NetworkError connect "http://127.0.0.1:1/x" 'action: http.request' "$(request /x)"
	failing NetworkError resolve "nowhere.invalid" \
		'action: http.request' "with: { url: 'http://nowhere.invalid/' }"
	failing ValidationError invalid_url "file:///etc/passwd" \
		'action: http.request' "with: { url: 'file:///etc/passwd' }"
	# a network error is retried where the policy allows attempts
	workflow 'action: http.request' 'retry: { max_attempts: 3, initial_delay_ms: 1 }' "$(request /x)"
	status 1 wfctl run tried.yaml
	assert_output --partial "after 3 attempts"
	ok wfctl journal check
}

@test "a server that stalls, sends half an answer, or hangs up" {
	start_httpd
	failing TimeoutError timeout "/stall" 'action: http.request' 'timeout: PT0.3S' "$(request /stall)"
	failing NetworkError broken "/half" 'action: http.request' "$(request /half)"
	failing NetworkError broken "/close" 'action: http.request' "$(request /close)"
	failing NetworkError tls "https://" \
		'action: http.request' "with: { url: 'https://${HTTPD_URL#http://}/ok' }"
	ok wfctl journal check
}

@test "429 with Retry-After: obeyed here when it is short, by a timer in the journal when it is long" {
	start_httpd
	passing 2 'action: http.request' 'retry: { max_attempts: 2, initial_delay_ms: 1 }' \
		"$(request /retry-after/1/short)"
	times=$(sed -n 's/^{"time": *\([0-9]*\).*/\1/p' "$HTTPD_LOG" | tr '\n' ' ')
	set -- $times
	[ $(($2 - $1)) -ge 1000 ] || fail "tried again after $(($2 - $1)) ms"

	: >"$HTTPD_LOG"
	export WFCTL_NOW=2026-11-20T09:00:00Z
	workflow 'action: http.request' 'retry: { max_attempts: 2, initial_delay_ms: 1 }' \
		"$(request /retry-after/3600/long)"
	status 3 wfctl run tried.yaml
	assert_output --partial "again in 1 h"
	export WFCTL_NOW=2026-11-20T09:59:59.999Z
	status 0 wfctl resume --stay PT0S
	assert_equal "$(requests)" 1
	export WFCTL_NOW=2026-11-20T10:00:00Z
	status 0 wfctl resume --stay PT0S
	assert_equal "$(requests)" 2
	ok wfctl show 2
	assert_line --index 0 --partial "#2 tried   completed"
	# nobody waits for ever
	workflow 'action: http.request' 'retry: { max_attempts: 2, initial_delay_ms: 1 }' \
		"$(request /retry-after/99999999999999999999/never)"
	status 3 wfctl run tried.yaml --stay PT0S
	# and without attempts left it is a failure like any other
	failing RateLimitError 429 "answered 429" 'action: http.request' "$(request /retry-after/1/once)"
	ok wfctl journal check
}

@test "500 thrice, then 200: four requests with one idempotency key" {
	start_httpd
	passing 4 'action: http.request' 'retry: { max_attempts: 4, initial_delay_ms: 1 }' \
		"$(request /fail/3/thrice 'method: POST, body: { n: 1 }')"
	assert_equal "$(requests)" 4
	assert_equal "$(grep -o '"Idempotency-Key": *"[^"]*"' "$HTTPD_LOG" | sort -u | wc -l)" 1
	: >"$HTTPD_LOG"
	failing ServerError 500 "answered 500" 'action: http.request' \
		'retry: { max_attempts: 3, initial_delay_ms: 1 }' "$(request /fail/9/always)"
	assert_equal "$(requests)" 3
	: >"$HTTPD_LOG"
	for pair in 400:ValidationError 401:PermissionError 403:PermissionError 404:NotFoundError \
		409:ConflictError 422:ValidationError; do
		failing "${pair#*:}" "${pair%:*}" "answered ${pair%:*}" 'action: http.request' \
			'retry: { max_attempts: 3, initial_delay_ms: 1 }' "$(request "/status/${pair%:*}")"
	done
	assert_equal "$(requests)" 6
	ok wfctl journal check
}

@test "redirects: a loop, too many, to where no request may go" {
	start_httpd
	failing LimitError too_many_redirects "more than" 'action: http.request' "$(request /redirect-loop)"
	passing 1 'action: http.request' "$(request /redirect/3)"
	failing LimitError too_many_redirects "more than 2 redirects" \
		'action: http.request' "$(request /redirect/3 'follow: 2')"
	workflow 'action: http.request' "$(request '/redirect-to/302?url=file:///etc/hostname')"
	status 1 wfctl run tried.yaml
	refute_output --partial "$(cat /etc/hostname)"
	ok wfctl journal check
}

@test "a body over the cap, or not what was promised" {
	start_httpd
	failing LimitError response_limit "limit of 1000 bytes (max_response)" \
		'action: http.request' "$(request /big/100000 'max_response: 1000')"
	failing LimitError response_limit "limit of 8388608 bytes" 'action: http.request' "$(request /big/9000000)"
	failing ValidationError invalid_json "not JSON at line 1" 'action: http.request' "$(request /bad-json)"
	failing ValidationError invalid_json "not JSON at line 1" \
		'action: http.request' "$(request /text 'output: json')"
	deep=$(printf '%0200d' 0 | tr 0 '[')
	failing ValidationError invalid_json "nested deeper" \
		'action: http.request' "$(request "/json?body=$deep")"
	ok wfctl journal check
}
