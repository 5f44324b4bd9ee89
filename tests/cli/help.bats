#!/usr/bin/env bats
# The frame: help, options anywhere, settings, links, completion.

load helper
load shape

setup() {
	common_setup
}

verbs() {
	wfctl help -o json | sed -n '/"verbs"/,/"common_options"/s/^      "name": "\(.*\)",$/\1/p'
}

@test "every verb has help, whole and well-formed" {
	verbs >names
	[ "$(wc -l <names)" -ge 20 ]
	while IFS= read -r verb; do
		ok wfctl "$verb" --help
		assert_line --index 0 --partial "wfctl $verb: "
		assert_line "Usage"
		assert_line "Common options"
		assert_line "Exit status"
		assert_output --partial "  wfctl $verb"
		said=$output
		ok wfctl help "$verb"
		assert_equal "$output" "$said"
		longest=$(sed '/^Examples$/,$d' <<<"$said" | wc -L)
		[ "$longest" -le 80 ] || fail "help of $verb is $longest columns wide"
	done <names
}

@test "the overview names every verb once; help as JSON has its shape" {
	ok wfctl help
	while IFS= read -r verb; do
		assert_line --regexp "^  $verb( |$)"
	done < <(verbs)
	said=$output
	ok wfctl --help
	assert_equal "$output" "$said"
	ok wfctl help -o json
	shape help
}

@test "no verb, an unknown one, an unknown option: status 2 and what was meant" {
	status 2 wfctl
	status 2 wfctl lnit
	assert_line --index 0 "wfctl: there is no verb lnit; did you mean lint?"
	status 2 wfctl help nothing -o json
	status 2 wfctl lint --qiuet
	assert_line --index 0 "wfctl lint: unknown option --qiuet; did you mean --quiet?"
	status 2 wfctl ps --stat failed
	assert_line --index 0 --partial "unknown option --stat"
	status 2 wfctl ps -Z
	status 2 wfctl ps --status
	assert_line --index 0 "wfctl ps: --status needs a value: STATUS"
	status 2 wfctl ps --quiet=yes
	status 2 wfctl help nothing
	status 2 wfctl ps -o cake
	assert_output --partial "there are table, wide, json, jsonl, yaml"
	run --separate-stderr wfctl ps -o json --nonsense
	assert_failure 2
	shape error
}

@test "common options stand before or behind the verb, with = or a space" {
	wfctl init >/dev/null
	for form in "-o json ps" "ps -o json" "ps -ojson" "ps --output=json" "--output json ps"; do
		# shellcheck disable=SC2086
		ok wfctl $form
		assert_output "[]"
	done
	printf 'workflow:\n  id: a\n  steps: [{ id: a, action: data.set, with: {} }]\n' >./-x.yaml
	ok wfctl lint -- -x.yaml
	assert_output --partial "1 definition"
}

@test "a link named wfctl-VERB is the verb" {
	ln -s "$WFCTL_BUILD/wfctl" wfctl-version
	ok ./wfctl-version
	assert_output --regexp '^wfctl [0-9]+\.[0-9]+\.[0-9]+$'
	ln -s "$WFCTL_BUILD/wfctl" wfctl-nothing
	status 2 ./wfctl-nothing
}

@test "flag beats variable beats file" {
	wfctl init >/dev/null
	ok wfctl ps
	assert_output "0 of 0 instances."
	echo 'output: json' >"$WFCTL_HOME/config.yaml"
	ok wfctl ps
	assert_output "[]"
	WFCTL_OUTPUT=jsonl ok wfctl ps
	assert_output ""
	WFCTL_OUTPUT=jsonl ok wfctl ps -o table
	assert_output "0 of 0 instances."
	# what people read is asked for by one name, whether or not it is a table
	for form in table wide; do
		ok wfctl version -o "$form"
		assert_output --partial wfctl
		ok wfctl help -o "$form"
	done
	ok wfctl version -o jsonl
	assert_equal "${#lines[@]}" 1
	# a form that a verb does not have is no error when the file asks for it
	printf 'workflow:\n  id: a\n  steps: [{ id: a, action: data.set, with: {} }]\n' >a.yaml
	ok wfctl graph a.yaml
	assert_line --index 0 'digraph "a" {'
}

@test "config.yaml: unknown keys, wrong values, broken text" {
	wfctl init >/dev/null
	echo 'tenat: x' >"$WFCTL_HOME/config.yaml"
	status 2 wfctl ps
	assert_output --partial "config.yaml:1: there is no setting \`tenat\`; did you mean \`tenant\`?"
	echo 'tenant: [x]' >"$WFCTL_HOME/config.yaml"
	status 2 wfctl ps
	echo 'a: b: c' >"$WFCTL_HOME/config.yaml"
	status 2 wfctl ps
	echo '# nothing' >"$WFCTL_HOME/config.yaml"
	ok wfctl ps
	for wrong in 'color: blue' 'quiet: 3' 'output: xml' 'allow_network_fs: maybe'; do
		echo "$wrong" >"$WFCTL_HOME/config.yaml"
		status 2 wfctl ps
		assert_output --partial "${wrong#*: }"
	done
	echo 'key_file: keys/other' >"$WFCTL_HOME/config.yaml"
	mv "$WFCTL_HOME/keys/master" "$WFCTL_HOME/keys/other"
	ok wfctl ps
	mv "$WFCTL_HOME/keys/other" "$WFCTL_HOME/keys/master"
	echo 'tenant: other' >"$WFCTL_HOME/config.yaml"
	status 7 wfctl ps
	ok wfctl ps --tenant default
}

@test "standard output closed or full" {
	run sh -c "exec '$WFCTL_BUILD/wfctl' help >/dev/full"
	assert_failure 1
	assert_output "wfctl: standard output cannot be written: No space left on device"
	run sh -c "exec '$WFCTL_BUILD/wfctl' help >&-"
	assert_failure 1
	run sh -c "'$WFCTL_BUILD/wfctl' help | head -1; exit 0"
	assert_success
	assert_equal "${#lines[@]}" 1
}

@test "memory that runs out: status 7, and the journal is sound" {
	wfctl init >/dev/null
	printf 'workflow:\n  id: a\n  steps: [{ id: a, action: data.set, with: {} }]\n' >a.yaml
	for at in 1 50 200 500 1000 2000; do
		WFCTL_MEM_FAIL=$at run wfctl run a.yaml
		[ "$status" -eq 0 ] || assert_failure 7
		[ "$status" -eq 0 ] || assert_output --partial "memory ran out"
	done
	ok wfctl journal check
}

@test "a broken invariant is status 70, and says how to report it" {
	mkfifo held
	"$WFCTL_BUILD/wfctl" lint - <held >said 2>&1 3>&- &
	pid=$!
	exec 7>held
	# until it catches the signal: the mask's bit of signal 6
	wait_for grep -q 'SigCgt:.*[2367abef].$' "/proc/$pid/status"
	kill -ABRT "$pid"
	ended=0
	wait "$pid" || ended=$?
	exec 7>&-
	assert_equal "$ended" 70
	grep -q "please report it" said
}

@test "an empty name is no name" {
	wfctl init >/dev/null
	status 2 wfctl ps --tenant ""
	status 2 wfctl ps --tenant ../x
}

@test "completion: verbs, options, choices, ids from the journal, files" {
	ok wfctl __complete r
	assert_line --regexp $'^run\t'
	assert_line --regexp $'^register\t'
	ok wfctl __complete ps --st
	assert_output --regexp $'^--status\t'
	ok wfctl __complete ps --status com
	assert_line --regexp $'^compensating\t'
	assert_line --regexp $'^completed\t'
	ok wfctl __complete ps --status=fa
	assert_output --regexp $'^failed\t'
	ok wfctl __complete lint ""
	assert_output ":file"
	ok wfctl __complete journal ch
	assert_output --regexp $'^check\t'
	ok wfctl __complete lint -o s
	assert_output --regexp $'^sarif\t'
	ok wfctl __complete explain binding-unk
	assert_output --regexp $'^binding-unknown\t'
	# no home: nothing, and no noise
	ok wfctl __complete show ""
	assert_output ""
	wfctl init >/dev/null
	printf 'workflow:\n  id: asking\n  steps: [{ id: a, action: approval.request, with: { policy: level1, approvers: { list: [ann] } } }]\n' >ask.yaml
	printf 'workflow:\n  id: doing\n  steps: [{ id: a, action: data.set, with: {} }]\n' >do.yaml
	wfctl register ask.yaml do.yaml >/dev/null
	wfctl run doing >/dev/null
	wfctl run asking >/dev/null || true
	ok wfctl __complete show ""
	assert_line --index 0 $'2\tasking waiting'
	assert_line --index 1 $'1\tdoing completed'
	ok wfctl __complete approve ""
	assert_output $'2\tasking waiting'
	ok wfctl __complete run d
	assert_line --regexp $'^doing\t'
	assert_line ":file"
}

@test "the shell's completion gives the words of __complete" {
	# shellcheck source=/dev/null
	source "$ROOT/completions/wfctl.bash"
	COMP_WORDS=(wfctl jour)
	COMP_CWORD=1
	_wfctl
	assert_equal "${COMPREPLY[*]}" journal
	COMP_WORDS=(wfctl ps --status = fa)
	COMP_CWORD=4
	_wfctl
	assert_equal "${COMPREPLY[*]}" failed
	touch abc.yaml
	COMP_WORDS=(wfctl lint ab)
	COMP_CWORD=2
	_wfctl
	assert_equal "${COMPREPLY[*]}" abc.yaml
}

@test "completion in zsh, where there is one" {
	command -v zsh >/dev/null || skip "there is no zsh"
	wfctl init >/dev/null
	cat >complete.zsh <<-EOT
	zmodload zsh/zpty
	zpty z zsh -f -i
	zpty -w z "fpath=('$ROOT/completions' \\\$fpath); autoload -Uz compinit; compinit -u -D; PS1='> '"
	for typed in 'wfctl jour' 'wfctl ps --status fai' 'wfctl run --inp'; do
		zpty -w -n z "\$typed"$'\\t\\x01echo "[\\x05]"\\n'
		until zpty -r z line && [[ \$line == '['* ]]; do :; done
		print -r -- "\${line%%]*}]"
	done
	EOT
	run timeout "$PATIENCE" zsh complete.zsh
	assert_line "[wfctl journal]"
	assert_line "[wfctl ps --status failed]"
	assert_line "[wfctl run --input]"
}
