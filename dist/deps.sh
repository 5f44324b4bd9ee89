#!/bin/sh
# Installs what building and testing wfctl needs and the machine lacks, from Debian's packages.
# As root, or with sudo. Does nothing, and needs neither, when all is there.
set -eu
build='gcc make pkg-config libyaml-dev libjansson-dev libsodium-dev libpcre2-dev liblmdb-dev
	libcurl4-openssl-dev'
tests='libcmocka-dev libmicrohttpd-dev bats bats-assert bats-support mandoc jq openssl tzdata'
developer='clang libclang-rt-dev clang-tidy cppcheck shellcheck'

wanted="$build $tests"
[ "${1:-}" != --all ] || wanted="$wanted $developer"
missing=
for package in $wanted; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: missing:$missing; become root, or install sudo" >&2
		exit 1
	}
	as_root=sudo
fi
echo "deps: installing$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
