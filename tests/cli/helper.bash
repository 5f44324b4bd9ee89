# What the tests of the command line share: a world of their own for each test, and strict habits:
# death by a signal or a sanitizer is never an expected failure, success with noise on standard error
# fails.
bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
WFCTL_BUILD=${WFCTL_BUILD:-$ROOT/build/release}
export WFCTL_BUILD

# common_setup: a private home, time zone, locale and folder for each test; `wfctl` is the build's
common_setup() {
	unset NO_COLOR XDG_STATE_HOME XDG_CONFIG_HOME PAGER
	for variable in $(compgen -e WFCTL_); do
		[ "$variable" = WFCTL_BUILD ] || [ "$variable" = WFCTL_SUITES ] || unset "$variable"
	done
	export HOME="$BATS_TEST_TMPDIR/home-of-user" TZ=UTC LC_ALL=C.UTF-8
	export WFCTL_HOME="$BATS_TEST_TMPDIR/home" WFCTL_AS=ann
	export PATH="$WFCTL_BUILD:$PATH"
	export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
	mkdir -p "$HOME" "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
	HTTPD_PID=
}

# How long anything may take that has to come: only what hangs takes that long, on the slowest of
# machines.
PATIENCE=300

# home_setup: besides, a home
home_setup() {
	common_setup
	wfctl init >/dev/null
}

common_teardown() {
	local job
	for job in $(jobs -p); do # what a test that failed left at work
		kill "$job" 2>/dev/null || true
	done
	if [ -n "${HTTPD_PID:-}" ]; then
		kill "$HTTPD_PID" 2>/dev/null || true
		wait "$HTTPD_PID" 2>/dev/null || true
	fi
}

# who has more to tidy up has a teardown of its own
teardown() {
	common_teardown
}

# Every wfctl of a test has a time-out, and may not die by a signal or a sanitizer.
wfctl() {
	local status=0
	timeout --kill-after=5 "$PATIENCE" "$WFCTL_BUILD/wfctl" "$@" || status=$?
	case $status in
	99 | 124 | 132 | 134 | 135 | 136 | 139) # sanitizer, time-out, ILL, ABRT, BUS, FPE, SEGV
		echo "wfctl $* ended with status $status" >&2
		echo "wfctl $* ended with status $status" >>"$BATS_TEST_TMPDIR/died"
		;;
	esac
	return $status
}

# ok COMMAND…: it must succeed and keep standard error empty; standard output is in $output and $lines
ok() {
	local noise="$BATS_TEST_TMPDIR/noise"
	output=$("$@" 2>"$noise") || {
		local status=$?
		fail "$* ended with status $status: $output $(cat "$noise")"
	}
	[ ! -s "$noise" ] || fail "$* said on standard error: $(cat "$noise")"
	mapfile -t lines <<<"$output"
}

# status N COMMAND…: it must end with status N; $output holds both streams
status() {
	local wanted=$1
	shift
	run "$@"
	[ ! -e "$BATS_TEST_TMPDIR/died" ] || fail "$(cat "$BATS_TEST_TMPDIR/died")"
	[ "$status" -eq "$wanted" ] || fail "$* ended with status $status, not $wanted: $output"
}

# at TIME [WFCTL_VARIABLE=VALUE…] COMMAND…: the command at that time
at() {
	local -x WFCTL_NOW=$1
	shift
	while [[ $1 == WFCTL_*=* ]]; do
		local -x "$1"
		shift
	done
	"$@"
}

# wait_for COMMAND…: until the command succeeds
wait_for() {
	local until=$((SECONDS + PATIENCE))
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || fail "gave up waiting for: $*; $(state_of_work)"
		read -rt 0.02 <> <(:) || true
	done
}

# state_of_work: what the journal and the folder hold, for who has to find out why a test failed
state_of_work() {
	local file
	"$WFCTL_BUILD/wfctl" ps 2>&1 || true
	"$WFCTL_BUILD/wfctl" next-due 2>&1 || true
	for file in "$BATS_TEST_TMPDIR"/work/*; do
		[ ! -f "$file" ] || [[ $file == *.yaml ]] || printf '%s: %s\n' "${file##*/}" "$(head -c 2000 "$file")"
	done
}

# start_httpd: the tests' server; HTTPD_URL, HTTPD_LOG (a line of JSON a request)
start_httpd() {
	[ -x "$WFCTL_BUILD/tests/helpers/httpd" ] || fail "the tests' server is not built: make helpers"
	HTTPD_LOG="$BATS_TEST_TMPDIR/requests"
	: >"$HTTPD_LOG"
	"$WFCTL_BUILD/tests/helpers/httpd" --port-file "$BATS_TEST_TMPDIR/port" --log "$HTTPD_LOG" \
		>/dev/null 2>"$BATS_TEST_TMPDIR/httpd-says" 3>&- &
	HTTPD_PID=$!
	wait_for test -s "$BATS_TEST_TMPDIR/port"
	HTTPD_URL="http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")"
}
