#!/bin/sh
# Runs campaigns one after the other, each a make target with its variables, goes on over one that
# fails, and closes with a line for each: how it ended, how long it took, the last thing it said.
# usage: campaigns.sh MAKE 'TARGET VARIABLE=VALUE…'…
set -u
make=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
count=0
failed=0
for campaign; do
	echo "== $campaign"
	begun=$(date +%s)
	# shellcheck disable=SC2086 # a list of words
	{
		"$make" --no-print-directory $campaign 2>&1 </dev/null
		echo $? >"$tmp/status"
	} | tee "$tmp/said"
	took=$(($(date +%s) - begun))
	count=$((count + 1))
	end=ok
	if [ "$(cat "$tmp/status")" -ne 0 ]; then
		end=FAILED
		failed=$((failed + 1))
	fi
	last=$(grep -v '^make' "$tmp/said" | tail -n 1 | cut -c 1-200)
	printf '%-6s %-24s %3d min %02d s   %s\n' "$end" "$campaign" $((took / 60)) $((took % 60)) \
		"$last" >>"$tmp/all"
done
echo "== all campaigns"
cat "$tmp/all"
echo "$count campaigns, $failed failed"
[ "$failed" -eq 0 ]
