#!/usr/bin/env bats
# A journal that is missing, read-only, newer, truncated, damaged, sealed with another key, on a network
# filesystem, or full: refused with the reason, nothing done, and sound again once that is mended.

load helper
load bad

setup() {
	home_setup
	JOURNAL="$WFCTL_HOME/journals/default/default"
	DATA="$JOURNAL/data.mdb"
	cat >one.yaml <<-'EOT'
	workflow:
	  id: one
	  steps:
	    - { id: only, action: data.set, with: { v: 1 } }
	EOT
	cat >asking.yaml <<-'EOT'
	workflow:
	  id: asking
	  steps:
	    - { id: ask, action: approval.request, with: { policy: level1, approvers: { list: [alice] }, sla: P1D } }
	EOT
	# what it prints is too much for a small disk
	cat >printing.yaml <<-EOT
	workflow:
	  id: printing
	  steps:
	    - id: print
	      action: exec.run
	      on_crash: retry
	      with: { shell: "echo ran >>$BATS_TEST_TMPDIR/ran; head -c 400000 /dev/zero | tr '\\\\000' x" }
	EOT
	: >"$BATS_TEST_TMPDIR/ran"
	MOUNTED=
}

teardown() {
	[ -z "$MOUNTED" ] || umount "$MOUNTED"
	common_teardown
}

fill() {
	wfctl run one.yaml >/dev/null
	wfctl run asking.yaml >/dev/null || [ $? -eq 3 ]
	wfctl register one.yaml >/dev/null
}

VERBS=("ps" "show 1" "history 1" "run one.yaml" "run one" "approve 2 --as alice" "approvals" "resume"
	"resume 2" "cancel 2" "resolve 1 --retry" "register asking.yaml" "workflow ls" "journal stat"
	"journal check" "journal dump" "journal compact" "journal backup copy.mdb")

# every CODE TEXT: each verb is refused with status 7, the code and the text
every() {
	local verb
	for verb in "${VERBS[@]}"; do
		# shellcheck disable=SC2086
		fails 7 "$1" $verb
		says "$2"
		[ ! -e copy.mdb ] || fail "$verb left a file"
	done
}

@test "a home or journal that is missing" {
	export WFCTL_HOME="$BATS_TEST_TMPDIR/nowhere"
	every NOT_FOUND "$WFCTL_HOME is not a wfctl home"
	says "wfctl init"
	[ ! -e "$WFCTL_HOME" ]
	export WFCTL_HOME="$PWD/one.yaml"
	fails 7 NOT_FOUND ps
	fails 6 ALREADY_EXISTS init
	says "is not a folder"
	fails 6 ALREADY_EXISTS init --if-missing
	fails 2 USAGE ps --home ''
	export WFCTL_HOME="$BATS_TEST_TMPDIR/home"
	rm -r "$JOURNAL"
	every NOT_FOUND "there is no journal of tenant default, environment default"
	[ ! -e "$JOURNAL" ]
	fails 7 NOT_FOUND ps --environment test
	says "environment test"
	fails 2 INVALID_ARGUMENT ps --tenant ../other
	fails 2 INVALID_ARGUMENT ps --tenant ''
	mkdir "$JOURNAL"
	fails 7 NOT_FOUND ps
	says "data.mdb"
}

@test "a home that is read-only: it can be read, and not written" {
	fill
	chmod -R a-w "$WFCTL_HOME"
	run bound timeout "$PATIENCE" "$WFCTL_BUILD/wfctl" run one.yaml -o json
	chmod -R u+w "$WFCTL_HOME"
	assert_failure 7
	assert_output --partial '"code": "PERMISSION_DENIED"'
	for verb in serve-once next-due; do
		chmod -R a-w "$WFCTL_HOME"
		run bound timeout "$PATIENCE" "$WFCTL_BUILD/wfctl" "$verb"
		chmod -R u+w "$WFCTL_HOME"
		assert_failure 7
		assert_output --partial "the home must be writable by this user"
	done
	assert_output --partial "the home must be writable by this user"
	chmod 000 "$WFCTL_HOME"
	run bound timeout "$PATIENCE" "$WFCTL_BUILD/wfctl" ps
	chmod 700 "$WFCTL_HOME"
	assert_failure 7
	assert_output --partial "may not be looked into"
	chmod 000 "$WFCTL_HOME/runners"
	run bound timeout "$PATIENCE" "$WFCTL_BUILD/wfctl" run one.yaml
	chmod 700 "$WFCTL_HOME/runners"
	assert_failure 7
	assert_output --partial "the home must be writable by this user"
	assert_equal "$(wfctl ps -o jsonl | wc -l)" 2
}

@test "a read-only filesystem" {
	[ "$(id -u)" -eq 0 ] || skip "mounting needs root"
	fill
	mount --bind "$WFCTL_HOME" "$WFCTL_HOME" 2>/dev/null || skip "this system does not let us mount"
	MOUNTED=$WFCTL_HOME
	mount -o remount,ro,bind "$WFCTL_HOME" || skip "this system does not let us mount read-only"
	for verb in "ps" "show 1" "history 1" "approvals" "workflow ls" "journal stat" "journal check" \
		"journal dump" "journal backup copy.mdb"; do
		# shellcheck disable=SC2086
		ok wfctl $verb
	done
	for verb in "run one.yaml" "approve 2 --as alice" "resume 2" "cancel 2" "register asking.yaml" \
		"journal compact"; do
		# shellcheck disable=SC2086
		refused 7 PERMISSION_DENIED $verb
		says "Read-only file system"
	done
}

# patch OFFSET BYTES(octal escapes)
patch() {
	printf "$2" | dd of="$DATA" bs=1 seek="$1" conv=notrunc status=none
}

@test "a journal of a newer version" {
	fill
	cp "$DATA" kept
	for at in $(grep -obUa 'WFJOURN' "$DATA" | cut -d: -f1); do
		patch $((at + 8)) '\005'
	done
	every UNKNOWN_FORMAT "journal format 5; this wfctl knows 1 to 4"
	cp kept "$DATA"
	ok wfctl journal check
}

@test "a journal that was cut short" {
	fill
	cp "$DATA" kept
	size=$(stat -c %s "$DATA")
	for left in $((size / 2)) 8192 5000 100 0; do
		cp kept "$DATA"
		truncate -s "$left" "$DATA"
		fails 7 DAMAGED ps
		says "truncated"
		says "wfctl journal restore"
		fails 7 DAMAGED run one.yaml
		fails 7 DAMAGED journal check
		assert_equal "$(stat -c %s "$DATA")" "$left"
	done
	every DAMAGED "data.mdb"
	head -c "$size" /dev/urandom >"$DATA"
	every DAMAGED "data.mdb"
	cp kept "$DATA"
	ok wfctl journal check
}

@test "a journal with a flipped byte: found, or without effect; never a crash" {
	fill
	cp "$DATA" kept
	shown=$(wfctl show 2 -o json)
	size=$(stat -c %s "$DATA")
	found=0
	tried=0
	for ((at = 24; at < size; at += 91)); do
		byte=$(od -An -tu1 -j $at -N 1 kept)
		[ "$byte" -ne 0 ] || [ $((at % 4)) -eq 0 ] || continue
		cp kept "$DATA"
		patch $at "\\$(printf %o $((byte ^ 64)))"
		ended=0
		output=$("$WFCTL_BUILD/wfctl" show 2 -o json 2>"$BATS_TEST_TMPDIR/noise") || ended=$?
		case $ended in
		0) [ "$output" = "$shown" ] || fail "byte $at: believed" ;;
		4 | 7) [ -s "$BATS_TEST_TMPDIR/noise" ] || fail "byte $at: silent" ;;
		*) fail "byte $at: show ended with status $ended: $(cat "$BATS_TEST_TMPDIR/noise")" ;;
		esac
		checked=0
		"$WFCTL_BUILD/wfctl" journal check >/dev/null 2>&1 || checked=$?
		case $checked in
		0) [ "$ended" -eq 0 ] || fail "byte $at: show ended with status $ended, check found nothing" ;;
		1 | 7) found=$((found + 1)) ;;
		*) fail "byte $at: journal check ended with status $checked" ;;
		esac
		tried=$((tried + 1))
	done
	echo "# $tried bytes flipped, $found found" >&3
	[ "$found" -gt 15 ]
	cp kept "$DATA"
	ok wfctl journal check
}

@test "a damaged value is named, and a backup mends it" {
	fill
	ok wfctl journal backup copy.mdb
	# a row's last bytes are its seal: those of the newest rows lie at the end of their page
	damaged=
	for ((page = 2 * 4096; page < $(stat -c %s "$DATA"); page += 4096)); do
		cp "$DATA" before
		patch $((page + 4090)) '\377\000\377\000\377\000'
		ended=0
		output=$("$WFCTL_BUILD/wfctl" journal check 2>&1) || ended=$?
		if [ "$ended" -eq 1 ]; then
			assert_output --partial "the value does not authenticate"
			damaged=$page
			break
		fi
		cp before "$DATA"
	done
	[ -n "$damaged" ]
	fails 6 ALREADY_EXISTS journal restore copy.mdb
	says "--replace"
	fails 2 USAGE journal restore copy.mdb --replace
	says "--yes"
	ok wfctl journal restore copy.mdb --replace --yes
	ok wfctl journal check
	truncate -s 20000 copy.mdb
	refused 7 DAMAGED journal restore copy.mdb --replace --yes
	refused 7 DAMAGED journal restore one.yaml --replace --yes
	refused 4 NOT_FOUND journal restore nothing.mdb --replace --yes
	refused 6 ALREADY_EXISTS journal backup one.yaml
	refused 4 NOT_FOUND journal backup nowhere/copy.mdb
}

@test "no key, a wrong one, one that others can read" {
	fill
	key="$WFCTL_HOME/keys/master"
	cp -p "$key" kept
	head -c 32 /dev/urandom >"$key"
	every NO_KEY "the master key does not open"
	head -c 31 /dev/urandom >"$key"
	fails 7 NO_KEY ps
	: >"$key"
	fails 7 NO_KEY run one.yaml
	rm "$key"
	every NO_KEY "is not there"
	cp -p kept "$key"
	chmod 640 "$key"
	fails 7 NO_KEY ps
	says "chmod 600"
	chmod 600 "$key"
	ok wfctl journal check
	WFCTL_KEY_FILE="$BATS_TEST_TMPDIR/none" fails 7 NO_KEY ps
	[ ! -e "$BATS_TEST_TMPDIR/none" ]
}

@test "a network filesystem" {
	nm -D "$WFCTL_BUILD/wfctl" | grep -q __asan_init && skip "a sanitizer wants to be loaded first"
	cat >statfs.c <<-'EOT'
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <sys/vfs.h>
	int statfs64(const char *path, struct statfs64 *st)
	{
		int (*next)(const char *, struct statfs64 *) = (int (*)(const char *, struct statfs64 *))dlsym(RTLD_NEXT, "statfs64");
		int rc = next(path, st);
		st->f_type = 0x6969; /* NFS */
		return rc;
	}
	int statfs(const char *path, struct statfs *st)
	{
		int (*next)(const char *, struct statfs *) = (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
		int rc = next(path, st);
		st->f_type = 0x6969;
		return rc;
	}
	EOT
	"${CC:-cc}" -shared -fPIC -o statfs.so statfs.c -ldl 2>/dev/null || skip "no compiler to make a network filesystem with"
	fill
	pretend() {
		LD_PRELOAD="$PWD/statfs.so" "$WFCTL_BUILD/wfctl" "$@" -o json
	}
	for verb in ps "run one.yaml" "journal check"; do
		# shellcheck disable=SC2086
		run pretend $verb
		assert_failure 7
		assert_output --partial '"code": "UNSUPPORTED"'
		assert_output --partial "is on a network filesystem (NFS)"
		assert_output --partial "allow_network_fs"
	done
	WFCTL_HOME="$BATS_TEST_TMPDIR/remote" run pretend init
	assert_failure
	assert_output --partial "network filesystem"
	WFCTL_ALLOW_NETWORK_FS=true run pretend ps
	assert_success
	assert_equal "$(wfctl ps -o jsonl | wc -l)" 2
}

@test "the quota is full: nothing new is taken in, what runs can end" {
	fill
	export WFCTL_MAX_JOURNAL_BYTES=65536
	ended=0
	for i in $(seq 60); do
		output=$("$WFCTL_BUILD/wfctl" run asking.yaml -o json 2>"$BATS_TEST_TMPDIR/noise") || ended=$?
		[ "$ended" -eq 3 ] || break
	done
	assert_equal "$ended" 7
	refused 7 NO_SPACE run one.yaml
	says "max_journal_bytes"
	ok wfctl approve 2 --as alice
	ok wfctl journal check
	unset WFCTL_MAX_JOURNAL_BYTES
	ok wfctl run one.yaml
	ok wfctl journal check
}

# limited BLOCKS ARGUMENT…: wfctl under a limit on the size of files, in KiB
limited() {
	local blocks=$1
	shift
	bash -c 'ulimit -f "$1"; shift; exec timeout 300 "$WFCTL_BUILD/wfctl" "$@"' - "$blocks" "$@"
}

@test "the limit on file size: said, nothing done, sound afterwards" {
	fill
	blocks=$(($(stat -c %s "$DATA") / 1024))
	for i in $(seq 60); do # until the file would have to grow
		before=$(snapshot)
		run limited "$blocks" run one.yaml -o json
		[ "$status" -eq 0 ] || break
	done
	assert_failure 7
	assert_output --partial '"code": "NO_SPACE"'
	assert_output --partial "ulimit -f"
	assert_equal "$(snapshot)" "$before"
	run limited 1 run one.yaml
	assert_failure 7
	run limited 1 approve 2 --as alice
	assert_failure 7
	assert_equal "$(snapshot)" "$before"
	ok wfctl journal check
	ok wfctl approve 2 --as alice
}

@test "a command's result that has no room: the run stops and says so, the command does not run again by itself" {
	fill
	run limited 200 run printing.yaml -o json
	assert_failure 7
	assert_output --partial '"code": "NO_SPACE"'
	assert_output --partial "step \`print\` of instance #3"
	assert_output --partial "could not be kept in the spool: File too large"
	assert_output --partial "wfctl resume"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/ran")" ran
	ok wfctl journal check
	# on_crash says retry, and now there is room
	ok wfctl resume
	assert_output --partial "#3 completed"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/ran")" 2
	ok wfctl journal check
	assert_equal "$(ls "$WFCTL_HOME/spool")" ""
}

@test "a full disk: said, nothing done, sound afterwards" {
	[ "$(id -u)" -eq 0 ] || skip "mounting needs root"
	mkdir small
	mount -t tmpfs -o size=400k none small 2>/dev/null || skip "this system does not let us mount"
	MOUNTED=$PWD/small
	export WFCTL_HOME="$PWD/small/home"
	wfctl init >/dev/null
	fill
	run timeout "$PATIENCE" "$WFCTL_BUILD/wfctl" run printing.yaml -o json
	assert_failure 7
	assert_output --partial "could not be kept in the spool: No space left on device"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/ran")" ran
	rm -f "$WFCTL_HOME"/spool/*
	head -c 1000000 /dev/zero >small/ballast 2>/dev/null || true
	ended=0
	for i in $(seq 60); do
		output=$("$WFCTL_BUILD/wfctl" run asking.yaml -o json 2>"$BATS_TEST_TMPDIR/noise") || ended=$?
		[ "$ended" -eq 3 ] || break
	done
	assert_equal "$ended" 7
	assert_equal "$(code)" NO_SPACE
	run cat "$BATS_TEST_TMPDIR/noise"
	assert_output --partial "No space left on device"
	assert_output --partial "make room"
	refused 7 NO_SPACE run asking.yaml
	refused 7 NO_SPACE journal compact
	fails 7 NO_SPACE journal backup small/copy.mdb
	[ ! -e small/copy.mdb ]
	WFCTL_HOME="$PWD/small/another" fails 7 NO_SPACE init
	ok wfctl ps
	ok wfctl journal check
	rm small/ballast
	ok wfctl approve 2 --as alice
	ok wfctl run one.yaml
	ok wfctl journal check
}

@test "memory runs out: said, nothing half done, sound afterwards" {
	fill
	exhausted=0
	for nth in $(seq 1 29 600); do
		ended=0
		said=$(WFCTL_MEM_FAIL=$nth "$WFCTL_BUILD/wfctl" run one.yaml 2>&1 >/dev/null) || ended=$?
		case $ended in
		0) ;;
		7)
			says "memory"
			exhausted=$((exhausted + 1))
			;;
		*) fail "allocation $nth: status $ended: $said" ;;
		esac
	done
	[ "$exhausted" -gt 5 ]
	ok wfctl journal check
	ok wfctl resume
}

@test "too many open files" {
	fill
	before=$(snapshot)
	run bash -c 'exec 3>&- 4>&-; ulimit -n 5; exec "$WFCTL_BUILD/wfctl" run one.yaml -o json'
	assert_failure 7
	assert_output --partial "Too many open files"
	assert_output --partial "ulimit -n"
	assert_equal "$(snapshot)" "$before"
}

@test "a batch that finds no room says so of each line, and keeps none of it" {
	local rc=0
	printf 'workflow:\n  id: large\n  input: { type: object }\n  steps: [{ id: a, action: data.set, with: { t: "${input.t}" } }]\n' >large.yaml
	jq -nc '{t: ("x" * 8000)} as $one | range(40) | $one' >inputs
	WFCTL_MAX_JOURNAL_BYTES=300000 wfctl run large.yaml --batch inputs --jobs 8 >results 2>said || rc=$?
	assert_equal "$rc" 7
	grep -q "is full" said
	assert_equal "$(jq -r .line results | sort -n | uniq | wc -l)" 40
	assert_equal "$(jq -r '"\(.status) \(.error.code)"' results | sort -u)" "lost NO_SPACE"
	assert_equal "$(wfctl ps -o json | jq length)" 0
	wfctl run large.yaml --batch inputs --jobs 8 >results 2>said
	assert_equal "$(jq -r .status results | sort | uniq -c | tr -s ' ')" " 40 completed"
	wfctl journal check >/dev/null
}
