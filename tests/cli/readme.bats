#!/usr/bin/env bats
# README's console examples are run as they stand: each command ends with the status that the example
# shows (0 unless `[exit N]` stands behind it), and says what the example says, times aside.

load helper

setup() {
	common_setup
	unset WFCTL_AS
	start_httpd
	export ERP="$HTTPD_URL"
	cp -r "$ROOT/workflows" .
	sed 's/create_account.body.id/create_acount.body.id/' workflows/onboarding.yaml >broken.yaml
}

# Times, ports and spaces differ from run to run; what is left must not.
plain() {
	sed -E 's/[0-9]+(\.[0-9]+)? m?s\b/TIME/g; s/[0-9]{2}:[0-9]{2}(:[0-9]{2})?/TIME/g; s/\|=*\|?/BAR/g;
		s/((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([0-9]+ [A-Z][a-z]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}|yesterday|tomorrow) TIME/TIME/g;
		s/\((in )?[0-9TIME][^)]*\)/SPAN/g; s/after [0-9]+ m$/after TIME/;
		s/until .*SPAN/until TIME/; s/by [a-z]+$/by SOMEBODY/; s/[[:space:]]+/ /g; s/ $//'
}

# check COMMAND STATUS EXPECTED_FILE
check() {
	local ended=0
	eval "$1" >said 2>&1 || ended=$?
	[ "$ended" -eq "$2" ] || fail "$1 ended with status $ended, README says $2: $(cat said)"
	plain <said >said.plain
	plain <"$3" | while IFS= read -r line; do
		[ -z "$line" ] || grep -qF -- "$line" said.plain ||
			fail "$1 does not say '$line' but: $(cat said)"
	done
}

@test "README's examples do what README shows" {
	commands=0
	command='' exit=0
	: >wanted
	while IFS= read -r line; do
		if [[ $line =~ ^(.*[^[:space:]])[[:space:]]+\[exit\ ([0-9]+)\]$ ]]; then
			line=${BASH_REMATCH[1]} exit=${BASH_REMATCH[2]}
		fi
		case $line in
		'$ '* | '```')
			[ -z "$command" ] || check "$command" "$pending" wanted
			: >wanted
			command=''
			if [ "$line" != '```' ]; then
				command=${line#'$ '} commands=$((commands + 1))
			fi
			pending=$exit exit=0
			;;
		*)
			printf '%s\n' "$line" >>wanted
			[ "$exit" -eq 0 ] || pending=$exit exit=0
			;;
		esac
	done < <(awk '/^```console/ { on = 1; next } on { print } /^```$/ { on = 0 }' "$ROOT/README.md")
	[ "$commands" -ge 7 ]
}
