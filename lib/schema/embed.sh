#!/bin/sh
# Prints a C file that holds the schema files: embed.sh FOLDER FILE...
# Each FILE is a path below FOLDER; that path is its name.
set -eu
LC_ALL=C
export LC_ALL

root=$1
shift
files=$(for f in "$@"; do printf '%s\n' "${f#"$root"/}"; done | sort)

echo '/* Generated from the files of schemas/. */'
echo '#include "schema/embedded.h"'
n=0
for f in $files; do
	printf '\nstatic const unsigned char file_%d[] = {\n' "$n"
	od -An -v -tu1 "$root/$f" | awk '{ $1 = $1; gsub(/ /, ","); print "\t" $0 "," }'
	printf '\t0\n};\n'
	n=$((n + 1))
done
printf '\nconst struct embedded wf_embedded_schemas[] = {\n'
n=0
for f in $files; do
	printf '\t{"%s", file_%d, sizeof(file_%d) - 1},\n' "$f" "$n" "$n"
	n=$((n + 1))
done
printf '};\n\n'
printf 'const size_t wf_embedded_schema_count =\n'
printf '\tsizeof(wf_embedded_schemas) / sizeof(*wf_embedded_schemas);\n'
