#!/usr/bin/env bats
# Every function's example in functions.def is evaluated by wfctl eval and gives what the table, and
# so the manual, says.

load helper

setup() {
	common_setup
}

@test "the examples of all functions" {
	count=0
	while IFS= read -r function; do
		ok wfctl eval "$(jq -r .example <<<"$function")"
		assert_equal "$(jq -cS . <<<"$output")" "$(jq -r .result <<<"$function" | jq -cS .)"
		count=$((count + 1))
	done < <(wfctl explain --list -o json | jq -c '.[] | select(.kind == "function")')
	[ "$count" -ge 40 ]
}
