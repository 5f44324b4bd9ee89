#!/bin/sh
# Proves that the sources keep to the walls: usage: layers.sh FOLDER:ALLOWED,ALLOWED… …
# Each argument is a folder of lib/ and what it may include beside itself. Names every include that
# breaks a wall, and every library or system call that stands outside its one place.
set -u
bad=0
say() {
	echo "layers: $*"
	bad=1
}

known=$(for arg in "$@"; do echo "${arg%%:*}"; done)
for folder in lib/*/; do
	name=$(basename "$folder")
	echo "$known" | grep -qx "$name" || say "lib/$name is in no layer of the Makefile"
done

for arg in "$@"; do
	folder=${arg%%:*}
	allowed=" $folder $(echo "${arg#*:}" | tr ',' ' ') "
	for file in lib/"$folder"/*.[ch] lib/"$folder"/*.def; do
		[ -f "$file" ] || continue
		# shellcheck disable=SC2013 # a folder's name is one word
		for used in $(sed -n 's|^#include "\([a-z_]*\)/.*|\1|p' "$file" | sort -u); do
			case "$allowed" in
			*" $used "*) ;;
			*) say "$file includes $used/, which is not below lib/$folder" ;;
			esac
		done
	done
done

# only PLACE may have PATTERN
only() {
	pattern=$1 why=$2
	shift 2
	grep -nE "(^|[^.>_[:alnum:]])$pattern" -r lib cmd --include='*.c' --include='*.h' |
		grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/?\*|//)' | while IFS= read -r hit; do
		file=${hit%%:*}
		for place in "$@"; do
			# shellcheck disable=SC2254 # places are patterns
			case "$file" in $place) continue 2 ;; esac
		done
		echo "layers: $hit: $why"
	done
}
hits=$(
	only '#include <lmdb\.h>' 'only the store includes lmdb.h' 'lib/journal/store_lmdb.c'
	only '#include <yaml\.h>' 'only lib/source includes yaml.h' 'lib/source/*'
	only '#include <curl/' 'only the HTTP module includes curl' 'lib/effect/http_module.c'
	only '(clock_gettime|gettimeofday|posix_spawnp?|getrandom) ?\(' \
		'only lib/base/sys.c asks the system for this' 'lib/base/sys.c' \
		'lib/effect/supervise_main.c' 'lib/effect/http_module.c' 'cmd/cli_drive.c'
	only '(malloc|calloc|realloc|strdup|strndup|asprintf) ?\(' \
		'memory comes from base/mem.h' 'lib/base/mem.c' 'lib/base/mem.h' \
		'lib/effect/supervise_main.c'
	only '(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets) ?\(' 'banned'
	only '(exit|_exit|abort|printf|puts|getenv|getcwd) ?\(' \
		'the library never prints, exits or reads the environment' 'cmd/*' \
		'lib/effect/supervise_main.c' 'lib/base/err.c' 'lib/base/mem.c'
)
if [ -n "$hits" ]; then
	echo "$hits"
	bad=1
fi
exit $bad
