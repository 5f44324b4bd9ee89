#!/bin/sh
# Every header compiles alone: usage: headers.sh CC FLAGS…
set -u
bad=0
for header in lib/*/*.h cmd/*.h; do
	[ -f "$header" ] || continue
	printf '#include "%s"\ntypedef int alone;\n' "$header" | "$@" -I. -fsyntax-only -x c - || {
		echo "headers: $header does not compile alone"
		bad=1
	}
done
exit $bad
