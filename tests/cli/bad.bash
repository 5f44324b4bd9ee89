# What the tests of bad input share: a refusal has a stable code, the right status, a sentence on
# standard error, and changes nothing.

# Everything that the journal holds, opened.
snapshot() {
	wfctl journal dump | sha256sum
}

# code: of the error document in $output
code() {
	sed -n 's/^    "code": "\(.*\)",$/\1/p' <<<"$output" | head -n 1
}

# fails STATUS CODE ARGUMENT…: wfctl with -o json must fail like this; its sentence is in $said
fails() {
	local wanted=$1 code=$2 ended=0 noise="$BATS_TEST_TMPDIR/noise"
	shift 2
	output=$(wfctl "$@" -o json 2>"$noise") || ended=$?
	said=$(cat "$noise")
	[ ! -e "$BATS_TEST_TMPDIR/died" ] || fail "$(cat "$BATS_TEST_TMPDIR/died")"
	[ "$ended" -eq "$wanted" ] || fail "wfctl $* ended with status $ended, not $wanted: $said"
	assert_equal "$(code)" "$code"
	[ -n "$said" ] || fail "wfctl $* said nothing"
}

# refused STATUS CODE ARGUMENT…: the same, and the journal is what it was
refused() {
	local before
	before=$(snapshot)
	fails "$@"
	assert_equal "$(snapshot)" "$before"
}

# says TEXT: the sentence on standard error holds it
says() {
	case $said in
	*"$1"*) ;;
	*) fail "not said: $1; but: $said" ;;
	esac
}

# bound COMMAND…: as somebody whom permissions bind, also when that is root
bound() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set -dac_override,-dac_read_search "$@"
	else
		"$@"
	fi
}
