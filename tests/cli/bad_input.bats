#!/usr/bin/env bats
# Definitions, inputs, plans, names and decisions that are wrong: each is refused with its place, a
# stable code and the right status, and nothing has changed.

load helper
load bad

setup() {
	home_setup
	cat >one.yaml <<-'EOT'
	workflow:
	  id: one
	  steps:
	    - { id: only, action: data.set, with: { v: 1 } }
	EOT
	cat >typed.yaml <<-'EOT'
	workflow:
	  id: typed
	  version: 1.0.0
	  input:
	    type: object
	    required: [user]
	    additionalProperties: false
	    properties:
	      user:
	        type: object
	        required: [id]
	        properties: { id: { type: string, minLength: 2 }, age: { type: integer, minimum: 0 } }
	  steps:
	    - { id: only, action: data.set, with: { v: "${user.id}" } }
	EOT
	cat >asking.yaml <<-'EOT'
	workflow:
	  id: asking
	  steps:
	    - id: ask
	      action: approval.request
	      with: { policy: level2, approvers: { list: [alice, bob, carol] }, sla: PT1H }
	EOT
}

# wrong FILE RULE [PLACE]: lint finds the rule at the place; run and register refuse the file
wrong() {
	local file=$1 rule=$2 place=${3:+:$3}
	status 1 wfctl lint "$file"
	assert_output --partial "$file$place: error[$rule]: "
	refused 1 INVALID_DEFINITION run "$file"
	says "error[$rule]"
	refused 1 INVALID_DEFINITION register "$file"
}

# repeat COUNT TEXT
repeat() {
	awk -v n="$1" -v s="$2" 'BEGIN { while (n-- > 0) printf "%s", s }'
}

@test "files that cannot be read" {
	wrong missing.yaml file
	mkdir folder.yaml
	status 1 wfctl compile folder.yaml
	assert_output --partial "folder.yaml: error[file]: folder.yaml is a folder"
	refused 1 INVALID_DEFINITION run folder.yaml
	ln -s loop.yaml loop.yaml
	wrong loop.yaml file
	cp one.yaml closed.yaml
	chmod 000 closed.yaml
	run bound "$WFCTL_BUILD/wfctl" lint closed.yaml
	assert_failure 1
	assert_output --partial "closed.yaml: error[file]: cannot open closed.yaml: Permission denied"
	run timeout "$PATIENCE" bash -c '"$WFCTL_BUILD/wfctl" run - <&-'
	assert_failure 1
	assert_output --partial "error[file]: cannot read standard input"
}

@test "empty, binary, not UTF-8, NUL" {
	: >empty.yaml
	wrong empty.yaml empty
	printf '\n# nothing but this\n' >comment.yaml
	wrong comment.yaml empty
	printf '\377\376\000\001\177ELF' >binary.yaml
	wrong binary.yaml encoding 1:1
	printf 'workflow:\n  id: a\n  name: "caf\351"\n' >latin.yaml
	wrong latin.yaml encoding 3:13
	printf 'workflow:\n  id: a\000b\n' >nul.yaml
	wrong nul.yaml encoding 2:8
	printf '{"workflow": {"id": "a\377"}}' >latin.json
	wrong latin.json encoding 1:23
	printf '{"workflow": {"id": "a", "name": "b\\u0000"}}' >nul.json
	wrong nul.json encoding 1:36
	printf '{"workflow": {"id": "a", "steps": [' >cut.json
	wrong cut.json json-syntax 1:36
	printf 'workflow:\n  id: a\n  id: b\n' >twice.yaml
	wrong twice.yaml duplicate-key 3:3
}

@test "huge, deeply nested, full of aliases" {
	head -c 17000000 /dev/zero | tr '\0' a >huge.yaml
	wrong huge.yaml file
	says "larger than 16777216 bytes"
	{ printf 'workflow: '; repeat 50000 '['; } >deep.yaml
	wrong deep.yaml limit 1:138
	says "more than 128 deep"
	{ repeat 50000 '{"a":'; } >deep.json
	wrong deep.json limit 1:641
	{
		echo 'a: &a [x, x, x, x, x, x, x, x, x, x]'
		before=a
		for c in b c d e f g h i j; do
			echo "$c: &$c [*$before, *$before, *$before, *$before, *$before, *$before, *$before]"
			before=$c
		done
	} >bomb.yaml
	wrong bomb.yaml limit 6:16
	says "more than 100000 values"
	{
		echo 'm0: &m0 { k: 1 }'
		for i in $(seq 1 30); do
			echo "m$i: &m$i { <<: [*m$((i - 1)), *m$((i - 1)), *m$((i - 1))] }"
		done
	} >merges.yaml
	wrong merges.yaml limit 11:18
	{
		printf 'workflow:\n  id: a\n  steps:\n    - { id: a, action: data.set, with: { v: "'
		repeat 300000 '${a}'
		printf '" } }\n'
	} >templates.yaml
	wrong templates.yaml limit 4:45
	{
		printf 'workflow:\n  id: a\n  steps:\n    - { id: a, action: data.set, with: { v: "${'
		repeat 5000 '('
		printf '1}" } }\n'
	} >parentheses.yaml
	wrong parentheses.yaml limit 4:248
}

@test "keys and actions that are not known, each with what was meant" {
	cat >unknown.yaml <<-'EOT'
	workflow:
	  id: unknown
	  stpes: []
	  steps:
	    - { id: a, acton: x, action: data.set, with: { a: 1 } }
	    - { id: b, action: http.request, with: { url: "http://127.0.0.1", methd: GET }, retry: { max_atempts: 3 } }
	    - { id: c, action: htp.request, with: { url: "http://127.0.0.1" } }
	EOT
	wrong unknown.yaml unknown-key 3:3
	status 1 wfctl lint unknown.yaml
	assert_output --partial "unknown.yaml:3:3: error[unknown-key]: a workflow has no key \`stpes\`; did you mean \`steps\`?"
	assert_output --partial "unknown.yaml:5:16: error[unknown-key]"
	assert_output --partial "unknown.yaml:6:71: error[unknown-key]: the input of \`http.request\` has no key \`methd\`; did you mean \`method\`?"
	assert_output --partial "did you mean \`max_attempts\`?"
	assert_output --partial "unknown.yaml:7:24: error[action-unknown]: there is no action \`htp.request\`; did you mean \`http.request\`?"
}

@test "a missing or broken input names the member and the schema's path" {
	refused 2 INVALID_INPUT run typed.yaml
	says "/user is required (schema /required)"
	assert_output --partial '"path": "/user"'
	refused 2 INVALID_INPUT run typed.yaml --set user.id=x --set user.age=-1 --set other=1
	says "/user/id must have at least 2 characters (schema /properties/user/properties/id/minLength)"
	says "/user/age must be at least 0"
	says "/other is not allowed here"
	refused 2 INVALID_INPUT run typed.yaml --input '[]'
	wfctl register typed.yaml >/dev/null
	refused 2 INVALID_INPUT run typed --set user.age=3
	says "/user/id is required"
}

@test "inputs that are no JSON, too deep, too long, unreadable" {
	refused 2 SYNTAX_ERROR run one.yaml --input '{'
	says "--input is not JSON at line 1, column"
	refused 2 SYNTAX_ERROR run one.yaml --input ''
	refused 2 SYNTAX_ERROR run one.yaml --input '{"a": 1, "a": 2}'
	says "a key that stands twice"
	refused 2 SYNTAX_ERROR run one.yaml --input '{"a": "\u0000"}'
	refused 2 SYNTAX_ERROR run one.yaml --input '{"a": 1e999}'
	says "too large"
	printf '{"a": "\351"}' >latin.json
	refused 2 SYNTAX_ERROR run one.yaml --input @latin.json
	says "latin.json is not JSON at line 1"
	says "not UTF-8"
	repeat 50000 '[' >deep.json
	refused 2 SYNTAX_ERROR run one.yaml --input @deep.json
	says "nested deeper than 128"
	head -c 17000000 /dev/zero >huge.json
	refused 2 OVER_LIMIT run one.yaml --input @huge.json
	refused 2 NOT_FOUND run one.yaml --input @missing.json
	refused 2 USAGE run one.yaml --set "$(repeat 20000 a.)a=1"
	says "128 members deep"
	refused 2 OVER_LIMIT run one.yaml --set "$(repeat 100 a.)a=$(repeat 100 '[')$(repeat 100 ']')"
	refused 2 USAGE run one.yaml --set 'a.=1'
	refused 2 USAGE run one.yaml --set '=1'
	refused 2 USAGE run one.yaml --set a=1 --set a.b=2
	refused 2 USAGE run one.yaml --set a=$'\xff'
	refused 2 USAGE run one.yaml --as $'\xff'
	refused 2 USAGE run one.yaml --correlation-id $'\xff'
	WFCTL_AS=$'\xff' refused 2 USAGE run one.yaml
}

@test "a batch tells each bad line and starts the good ones" {
	{
		echo '{"user": {"id": "ab"}}'
		echo 'not json'
		echo '{"user": {}}'
		printf '\377\n'
		head -c 17000000 /dev/zero | tr '\0' x
		printf '\n{"user": {"id": "cd"}}'
	} >lines.jsonl
	status 1 wfctl run typed.yaml --batch lines.jsonl
	assert_line --regexp '^\{"line":1,"number":[12],.*"status":"completed"'
	assert_line --regexp '^\{"line":2,"number":null,.*"code":"SYNTAX_ERROR"'
	assert_line --regexp '^\{"line":3,"number":null,.*"code":"INVALID_INPUT","message":"/user/id is required'
	assert_line --regexp '^\{"line":4,"number":null,.*"code":"SYNTAX_ERROR"'
	assert_line --regexp '^\{"line":5,"number":null,.*"code":"OVER_LIMIT"'
	assert_line --regexp '^\{"line":6,"number":[12],.*"status":"completed"'
	assert_equal "$(wfctl ps -o jsonl | wc -l)" 2
	refused 2 NOT_FOUND run typed.yaml --batch missing.jsonl
	refused 2 INVALID_ARGUMENT run typed.yaml --batch .
	# what cannot be read though its name is right: the machine is to blame
	refused 7 IO_ERROR run typed.yaml --batch /proc/self/mem
	refused 7 IO_ERROR run typed.yaml --input @/proc/self/mem
	refused 2 USAGE run typed.yaml --batch lines.jsonl --jobs 0
}

# flip FILE OFFSET: the byte there, all bits
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\x$(printf %x $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# What a plan does, in assembly: where the author wrote it is left out, as it is of the id.
deeds() {
	"$WFCTL_BUILD/wfctl" compile --emit asm "$1" | sed '/^\tat [0-9]*:[0-9]*$/d'
}

@test "a plan with any byte flipped is refused, another plan, or the same from another place" {
	ok wfctl compile -O one.wfp one.yaml
	deeds one.wfp >one.deeds
	id=$(wfctl compile -o json one.wfp | sed -n 's/^  "plan": "\(.*\)",$/\1/p')
	[ -n "$id" ]
	size=$(stat -c %s one.wfp)
	refusals=0
	for ((at = 0; at < size; at += 2)); do
		cp one.wfp flipped.wfp
		flip flipped.wfp $at
		ended=0
		output=$("$WFCTL_BUILD/wfctl" compile -o json flipped.wfp 2>&1) || ended=$?
		case $ended in
		0) case $output in *"$id"*)
			deeds flipped.wfp | cmp -s one.deeds || fail "byte $at: not noticed" ;; esac ;;
		1) refusals=$((refusals + 1)) ;;
		*) fail "byte $at: status $ended: $output" ;;
		esac
	done
	[ "$refusals" -gt $((size / 4)) ]
	flip one.wfp 8
	fails 1 UNKNOWN_FORMAT compile one.wfp
	flip one.wfp 8
	flip one.wfp 0
	fails 1 DAMAGED compile one.wfp
	: >empty.wfp
	fails 1 DAMAGED compile empty.wfp
	head -c 3000 /dev/urandom >random.wfp
	fails 1 DAMAGED compile random.wfp
	cp random.wfp random.wfs
	fails 1 SYNTAX_ERROR compile random.wfs
	fails 1 NOT_FOUND compile missing.wfp
}

@test "what is written goes where it was told, or says why not" {
	fails 4 NOT_FOUND compile -O missing/one.wfp one.yaml
	mkdir folder
	fails 2 INVALID_ARGUMENT compile -O folder one.yaml
	ln -s /dev/full full
	fails 7 NO_SPACE compile -O full one.yaml
	[ -L full ]
	: >real
	ln -s real link
	ok wfctl compile -O link one.yaml
	[ -L link ] && [ -s real ]
	assert_equal "$(ls)" "$(printf '%s\n' asking.yaml folder full link one.yaml real typed.yaml)"
}

@test "ids that are unknown or begin several" {
	for i in 1 2 3; do wfctl run one.yaml >/dev/null; done
	for id in 99 0 99999999999999999999 zzzz '' 'a b' 1x ../1; do
		refused 4 NOT_FOUND show "$id"
	done
	for verb in history cancel resume approve reject; do
		refused 4 NOT_FOUND $verb 99
	done
	refused 4 NOT_FOUND resolve 99 --retry
	status 4 wfctl graph --instance 99
	refused 4 NOT_FOUND approve --approval 99
	uuid=$(wfctl show 1 -o json | sed -n 's/^  "uuid": "\(.*\)",$/\1/p')
	other=$(wfctl show 2 -o json | sed -n 's/^  "uuid": "\(.*\)",$/\1/p')
	assert_equal "${uuid:0:6}" "${other:0:6}"
	for verb in show history cancel resume; do
		refused 2 AMBIGUOUS $verb "${uuid:0:6}"
	done
	ok wfctl show "$uuid"
	assert_line --index 0 --partial "#1 one"
	refused 4 NOT_FOUND show "${uuid}0"
	refused 4 NOT_FOUND run one
	says "./one"
	refused 4 NOT_FOUND run one@2.0.0
	refused 4 NOT_FOUND workflow show nothing
	refused 4 NOT_FOUND show $'\xff'
}

@test "a decision by somebody not asked, twice, too late, after the end" {
	export WFCTL_NOW=2026-11-20T09:00:00Z
	status 3 wfctl run asking.yaml
	refused 5 PERMISSION_DENIED approve 1 --as mallory
	says "mallory is not asked"
	says "alice"
	refused 5 PERMISSION_DENIED reject 1 --as 'alice '
	refused 2 USAGE approve 1 --as alice --reason $'\xff'
	ok wfctl approve 1 --as alice
	refused 6 INVALID_TRANSITION approve 1 --as alice
	says "already decided"
	refused 6 INVALID_TRANSITION reject 1 --as alice
	ok wfctl approve 1 --as bob
	refused 6 INVALID_TRANSITION approve 1 --as carol
	refused 6 INVALID_TRANSITION reject 1 --as bob
	refused 6 INVALID_TRANSITION cancel 1
	refused 6 INVALID_TRANSITION resume 1
	refused 6 INVALID_TRANSITION resolve 1 --retry
	status 3 wfctl run asking.yaml
	# the deadline itself is too late; that it passed is what the journal then says
	WFCTL_NOW=2026-11-20T10:00:00Z fails 6 INVALID_TRANSITION approve 2 --as alice
	ok wfctl show 2
	assert_output --partial "ApprovalExpired"
	refute_output --partial "alice approved"
	refused 6 INVALID_TRANSITION approve 2 --as alice
	ok wfctl journal check
}

@test "a wrong command line fails in the form it asked for" {
	refused 2 USAGE ps --frob
	refused 2 USAGE frob
	refused 2 USAGE run
	refused 2 USAGE run one.yaml two.yaml
	refused 2 USAGE ps --limit many
	refused 2 USAGE ps --since sometime
	refused 2 USAGE ps --status asleep
	refused 2 USAGE run one.yaml --stay soon
	refused 2 USAGE journal
	refused 2 USAGE journal frob
	refused 2 USAGE approve
	refused 2 USAGE approve 1 --approval 1
	export WFCTL_OUTPUT=json
	status 2 wfctl ps --frob
	assert_output --partial '"code": "USAGE"'
	unset WFCTL_OUTPUT
	status 2 wfctl ps -o xml
	assert_output --partial "table"
}

@test "settings that cannot be read, or that nobody knows" {
	for text in 'nonsense: 1' 'tenant: [a]' 'a: [' $'\xff'; do
		printf '%s\n' "$text" >"$WFCTL_HOME/config.yaml"
		fails 2 USAGE ps
		says "config.yaml"
	done
	printf 'max_journal_bytes: many\n' >"$WFCTL_HOME/config.yaml"
	fails 2 USAGE ps
	says "max_journal_bytes is a number of bytes"
	printf 'max_journal_byte: 1\n' >"$WFCTL_HOME/config.yaml"
	fails 2 USAGE ps
	says "did you mean \`max_journal_bytes\`?"
	printf 'identity: token\n' >"$WFCTL_HOME/config.yaml"
	fails 5 PERMISSION_DENIED ps
	# what init writes says only what can be set
	rm "$WFCTL_HOME/config.yaml"
	wfctl init --home "$BATS_TEST_TMPDIR/other" >/dev/null
	sed -n 's/^# \([a-z_]*: *[^# ]*\).*/\1/p' "$BATS_TEST_TMPDIR/other/config.yaml" |
		grep -v key_file >"$WFCTL_HOME/config.yaml"
	[ -s "$WFCTL_HOME/config.yaml" ]
	ok wfctl ps
}

@test "standard output closed or full: said, and nothing of the work is lost" {
	for verb in ps "show 1" "ps -o json" "journal check" "journal dump" "lint one.yaml" \
		"compile one.yaml" "graph one.yaml" "explain --list" --help --version "history 1"; do
		ended=0
		# shellcheck disable=SC2086
		said=$("$WFCTL_BUILD/wfctl" $verb 2>&1 >/dev/full) || ended=$?
		[ "$ended" -ne 0 ] || fail "$verb: full, and status 0"
		says "No space left on device"
		ended=0
		# shellcheck disable=SC2086
		said=$("$WFCTL_BUILD/wfctl" $verb 2>&1 >&-) || ended=$?
		[ "$ended" -ne 0 ] || fail "$verb: closed, and status 0"
		[ -n "$said" ] || fail "$verb: closed, and silent"
		[ "$verb" != ps ] || wfctl run one.yaml >/dev/null
	done
	cat >two.yaml <<-EOT
	workflow:
	  id: two
	  steps:
	    - { id: a, action: exec.run, with: { shell: "echo a >>$BATS_TEST_TMPDIR/ran" } }
	    - { id: b, action: exec.run, with: { shell: "echo b >>$BATS_TEST_TMPDIR/ran" } }
	EOT
	ended=0
	"$WFCTL_BUILD/wfctl" run two.yaml >/dev/full 2>"$BATS_TEST_TMPDIR/said" || ended=$?
	assert_equal "$ended" 1
	assert_equal "$(wfctl ps -o jsonl --workflow two | grep -c '"status":"completed"')" 1
	# whoever reads along leaves before the end
	{ "$WFCTL_BUILD/wfctl" run two.yaml 2>"$BATS_TEST_TMPDIR/said" || true; } | true
	assert_equal "$(wfctl ps -o jsonl --workflow two | grep -c '"status":"completed"')" 2
	assert_equal "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/ran")" "a b a b "
	ok wfctl journal check
}
