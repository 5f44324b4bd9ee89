#!/bin/sh
# The documentation describes what is: usage: docs.sh BUILD_FOLDER
# The manual is what the tables give, it passes mandoc's own check, every verb has a page and a test,
# and what README promises is there.
set -u
build=$1
bad=0
say() {
	echo "docs: $*"
	bad=1
}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

sh man/make.sh "$build/wfctl" "$made" || say 'man/make.sh failed'
for page in "$made"/*; do
	cmp -s "$page" "man/$(basename "$page")" ||
		say "man/$(basename "$page") is not what man/make.sh makes: run make man"
done
for page in man/*.[157]; do
	lint=$(mandoc -Tlint -Wwarning "$page" 2>&1) || say "$lint"
done

"$build/wfctl" __complete '' | cut -f1 >"$made/completed"
sed -n 's/^WF_VERB([a-z_]*, *"\([a-z-]*\)".*/\1/p' cmd/commands.def | while IFS= read -r verb; do
	[ -f "man/wfctl-$verb.1" ] || echo "$verb has no manual page"
	[ -f "tests/cli/$verb.bats" ] || echo "$verb has no tests/cli/$verb.bats"
	grep -qx "$verb" "$made/completed" || echo "$verb is not completed"
done >"$made/verbs"
[ ! -s "$made/verbs" ] || say "$(cat "$made/verbs")"

# links of README and of the format's description lead somewhere
# shellcheck disable=SC2013 # links and targets are words
for link in $(sed -n 's/.*](\([^)#]*\)).*/\1/p' README.md); do
	case $link in
	http*) ;;
	*) [ -e "$link" ] || say "README.md links to $link, which is not there" ;;
	esac
done
# shellcheck disable=SC2013,SC2016
for target in $(sed -n 's/.*`make \([a-z-]*\)`.*/\1/p' README.md | sort -u); do
	grep -q "^$target:" Makefile || say "README.md names make $target, which is not there"
done
exit $bad
