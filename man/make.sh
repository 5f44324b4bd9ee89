#!/bin/sh
# Makes the manual: a page for every verb from the program's tables, and the pages of man/src with the
# tables put in where they say `.\" @TABLE name`.  usage: make.sh WFCTL TARGET_FOLDER
set -eu
wfctl=$1 to=$2
mkdir -p "$to"

for verb in $(sed -n 's/^WF_VERB([a-z_]*, *"\([a-z-]*\)".*/\1/p' cmd/commands.def); do
	"$wfctl" __manual "$verb" >"$to/wfctl-$verb.1"
done

for source in man/src/*.[157]; do
	while IFS= read -r line; do
		case $line in
		'.\" @TABLE '*) "$wfctl" __manual "table-${line#'.\" @TABLE '}" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$source" >"$to/$(basename "$source")"
done
