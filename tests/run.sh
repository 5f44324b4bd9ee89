#!/bin/sh
# Runs everything named and closes with one line: N passed, N failed, N skipped.
# usage: run.sh [--unit BINARY]… [--bats FILE]… [--check NAME COMMAND]…
# Everything speaks TAP: cmocka by CMOCKA_MESSAGE_OUTPUT, bats by --tap, a check is one result.
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
: >"$tmp/all"

# tap FILE STATUS WHAT: adds the results; a program that died says so itself
tap() {
	ok=$(grep -cE '^ok ' "$1")
	bad=$(grep -cE '^not ok ' "$1")
	skipped=$(grep -cE '^ok .*# ?[Ss][Kk][Ii][Pp]' "$1")
	if [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
		echo "not ok - $3 ended with status $2, after \`$(grep -E '^ok ' "$1" | tail -n 1)\`" >>"$1"
	fi
	if [ "$bad" -ne 0 ]; then
		echo "FAILED $3"
		grep -vE '^(ok |1\.\.|TAP version)' "$1" | sed 's/^/    /'
	else
		echo "ok     $3 ($((ok - skipped)) passed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped"))"
		grep -E '^(suite |# suite )' "$1" | sed 's/^#* */       /'
		grep -E '^# SKIP|^ok .*# ?[Ss][Kk][Ii][Pp]' "$1" | sed 's/^/       /'
	fi
	echo "$((ok - skipped)) $bad $skipped" >>"$tmp/all"
}

while [ $# -gt 0 ]; do
	case $1 in
	--unit)
		"$2" >"$tmp/out" 2>&1 </dev/null
		tap "$tmp/out" $? "$(echo "$2" | sed 's|.*/tests/||')"
		shift 2
		;;
	--bats)
		bats --tap "$2" >"$tmp/out" 2>&1 </dev/null
		tap "$tmp/out" $? "${2#tests/}"
		shift 2
		;;
	--check)
		if sh -c "$3" >"$tmp/out" 2>&1 </dev/null; then
			echo "ok - $2" >>"$tmp/out"
			tap "$tmp/out" 0 "$2"
		else
			echo "not ok - $2" >>"$tmp/out"
			tap "$tmp/out" 1 "$2"
		fi
		shift 3
		;;
	*)
		echo "run.sh: what is $1?" >&2
		exit 2
		;;
	esac
done

awk '{p += $1; f += $2; s += $3}
END {
	printf "%d passed, %d failed", p, f
	if (s) printf ", %d skipped", s
	print ""
	exit f || !p
}' "$tmp/all"
