#!/bin/sh
# Prints a C file that holds files: embed.sh TABLE HEADER FOLDER FILE...
# TABLE_files and TABLE_count are its two names, which HEADER declares.
# Each FILE is a path below FOLDER; that path is its name.
set -eu
LC_ALL=C
export LC_ALL

table=$1 header=$2 root=$3
shift 3
files=$(for f in "$@"; do printf '%s\n' "${f#"$root"/}"; done | sort)

echo "/* Generated from the files of $root/. */"
echo "#include \"$header\""
n=0
for f in $files; do
	printf '\nstatic const unsigned char file_%d[] = {\n' "$n"
	od -An -v -tu1 "$root/$f" | awk '{ $1 = $1; gsub(/ /, ","); print "\t" $0 "," }'
	printf '\t0\n};\n'
	n=$((n + 1))
done
printf '\nconst struct embedded %s_files[] = {\n' "$table"
n=0
for f in $files; do
	printf '\t{"%s", file_%d, sizeof(file_%d) - 1},\n' "$f" "$n" "$n"
	n=$((n + 1))
done
printf '};\n\n'
printf 'const size_t %s_count = sizeof(%s_files) / sizeof(*%s_files);\n' "$table" "$table" "$table"
