#!/bin/sh
# Runs fuzz targets that `make fuzz` built, one after the other, and says what each did.
# usage: run.sh FOLDER-OF-BINARIES NAME…
# FUZZ_SECONDS: how long each (10). New inputs are kept in FOLDER/found/NAME, beside the corpus of
# tests/fuzz; what crashes, hangs or leaks is kept in tests/fuzz/crashers/NAME.
set -u
folder=$1
shift
status=0
count=0
for name; do
	count=$((count + 1))
	mkdir -p "$folder/found/$name" "tests/fuzz/crashers/$name"
	log=$folder/$name.log
	words=tests/fuzz/dict/$name
	"$folder/fuzz_$name" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=20 -rss_limit_mb=1500 \
		-max_len="${FUZZ_LENGTH:-4096}" -print_final_stats=1 \
		$([ ! -f "$words" ] || echo "-dict=$words") \
		-artifact_prefix="tests/fuzz/crashers/$name/" ${FUZZ_OPTIONS:-} \
		"$folder/found/$name" "tests/fuzz/corpus/$name" "tests/fuzz/crashers/$name" \
		>"$log" 2>&1
	result=$?
	rmdir "tests/fuzz/crashers/$name" 2>/dev/null
	awk -v name="$name" -v result=$result '
		/^INFO: Loaded .*inline 8-bit counters/ { sub(/^[^(]*\(/, ""); edges = $1 }
		{ for (i = 1; i < NF; i++) if ($i == "cov:") cover = $(i + 1) }
		/^stat::number_of_executed_units/ { runs = $2 }
		/^stat::average_exec_per_sec/ { rate = $2 }
		END {
			printf "fuzz %-9s %9d runs, %6d a second, %5d of %d edges%s\n", name, runs, \
				rate, cover, edges, result ? ": FAILED" : ""
		}' "$log"
	if [ "$result" -ne 0 ]; then
		status=$((status + 1))
		grep -E 'does not hold|ERROR|runtime error|^SUMMARY|Test unit written|compiled, and|^rows:|^not the same' "$log" |
			sed 's/^/    /'
	fi
done
echo "fuzz: $count targets, ${FUZZ_SECONDS:-10} seconds each, $status failed"
[ "$status" -eq 0 ]
