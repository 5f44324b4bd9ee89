#!/bin/sh
# Whether a compiler has libFuzzer; says what is missing when it has not.
# usage: usable.sh COMPILER
set -u
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n == 1 ? 0 : 0; }' \
	>"$tmp/one.c"
"$1" -fsanitize=fuzzer,address,undefined -o "$tmp/one" "$tmp/one.c" 2>"$tmp/said" && exit 0
echo "fuzz: $1 has no libFuzzer (Debian: clang and libclang-rt-dev): $(head -n 1 "$tmp/said")"
exit 1
