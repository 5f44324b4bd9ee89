#!/usr/bin/env bats
# wfctl journal: check, stat, backup, restore, compact, dump; and journals that cannot be used.

load helper
load shape

setup() {
	home_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  steps:
	    - { id: a, action: exec.run, with: { shell: "echo secretword" } }
	    - { id: ask, action: approval.request, with: { policy: level1, approvers: { list: [ann] } } }
	EOT
	wfctl register flow.yaml >/dev/null
	wfctl run flow >/dev/null || true
}

@test "check: sound, every instance replayed" {
	ok wfctl journal check
	assert_output "default/default: sound, 1 instance replayed"
	ok wfctl journal check -o json
	shape journal-check
	assert_output --partial '"sound": true'
	ok wfctl journal check -q
	assert_output ""
}

@test "stat counts" {
	ok wfctl journal stat
	assert_line --regexp '^  instances +1$'
	assert_line --regexp '^    waiting +1$'
	assert_line --regexp '^  open approvals +1$'
	ok wfctl journal stat -o json
	shape journal-stat
}

@test "backup and restore: what was there is there again" {
	ok wfctl journal backup saved.mdb
	assert_output --partial "copied to saved.mdb"
	status 6 wfctl journal backup saved.mdb
	wfctl approve 1 --as ann >/dev/null
	status 6 wfctl journal restore saved.mdb
	status 2 wfctl journal restore saved.mdb --replace
	assert_output --partial "--yes"
	ok wfctl journal restore saved.mdb --replace --yes
	ok wfctl show 1 -o json
	assert_output --partial '"status": "waiting"'
	ok wfctl approve 1 --as ann
	ok wfctl journal check
	ok wfctl journal backup other.mdb -o json
	shape journal-backup
	ok wfctl journal restore other.mdb --replace --yes -o json
	shape journal-restore
}

@test "a backup that is damaged, or none, is not restored" {
	echo nonsense >bad.mdb
	run wfctl journal restore bad.mdb --replace --yes
	assert_failure
	[ "$status" -eq 7 ] || [ "$status" -eq 1 ]
	ok wfctl journal backup saved.mdb
	printf 'xxxx' | dd of=saved.mdb bs=1 seek=9000 conv=notrunc 2>/dev/null
	run wfctl journal restore saved.mdb --replace --yes
	ok wfctl show 1
	run wfctl journal restore missing.mdb --replace --yes
	assert_failure
	ok wfctl journal check
}

@test "compact" {
	ok wfctl journal compact
	assert_output --regexp '^default/default: .* before, .* now$'
	ok wfctl journal compact -o json
	shape journal-compact
	ok wfctl journal check
}

@test "dump opens what the journal holds sealed" {
	! grep -rq secretword "$WFCTL_HOME/journals"
	wfctl journal dump >dump
	grep -q secretword dump
	output=$(head -1 dump)
	shape journal-dump
	while IFS= read -r line; do [[ $line == '{'*'}' ]]; done <dump
}

@test "a journal that is missing, truncated, of another key, with flipped bytes" {
	file="$WFCTL_HOME/journals/default/default/data.mdb"
	cp "$file" kept
	status 7 wfctl ps --tenant nobody
	truncate -s 5000 "$file"
	status 7 wfctl ps
	cp kept "$file"
	size=$(stat -c %s "$file")
	found=0
	for at in $(seq 8300 2100 $((size - 10))); do
		cp kept "$file"
		printf '\xa5\x5a\xa5' | dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
		run wfctl journal check
		[ "$status" -eq 0 ] || [ "$status" -eq 1 ] || [ "$status" -eq 7 ] ||
			fail "a byte flipped at $at: status $status: $output"
		[ "$status" -eq 0 ] || found=$((found + 1))
	done
	[ "$found" -gt 0 ]
	cp kept "$file"
	ok wfctl journal check
}

@test "wrong usage" {
	status 2 wfctl journal
	status 2 wfctl journal chek
	assert_output --partial "did you mean check?"
	status 2 wfctl journal check --replace
	assert_output --partial "journal check does not take --replace"
	status 2 wfctl journal backup
}
