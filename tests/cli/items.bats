#!/usr/bin/env bats
# Steps of a foreach: named by the author's id and the item wherever people read or name them.

load helper
load shape

setup() {
	home_setup
	cat >fan.yaml <<-'EOF'
	workflow:
	  id: fan
	  steps:
	    - id: each
	      foreach:
	        items: [a, b, c, d]
	        as: it
	        limit: 2
	        steps:
	          - { id: think, action: data.set, with: { it: "${it}" } }
	          - { id: ask, action: approval.request, with: { quorum: 1, sla: P2D, approvers: { list: [ann] } } }
	          - { id: "do", action: exec.run, with: { command: [sh, -c, 'test "$0" != c', "${it}"] } }
	EOF
}

# Nothing of the plan's own lanes is in the output.
no_lanes() {
	[[ ! "$output" =~ (ask|do|act|think|each)# ]] || fail "lanes: $output"
}

@test "approvals and timers name the step and its item" {
	status 3 wfctl run fan.yaml
	ok wfctl approvals --as ann
	assert_output --partial 'ask item 0'
	assert_output --partial 'ask item 1'
	no_lanes
	ok wfctl approvals --as ann -o json
	shape approvals
	assert_output --partial '"step": "ask"'
	assert_output --partial '"item": 1'
	ok wfctl timer ls
	assert_output --partial 'ask item 1'
	no_lanes
	ok wfctl timer ls -o json
	shape timer-ls
	assert_output --partial '"item": 0'
}

@test "--step takes the item, and lists the candidates without" {
	status 3 wfctl run fan.yaml
	status 2 wfctl approve 1 --as ann --step ask
	assert_output --partial "2 steps of instance #1 ask for approvals: 'ask[0]', 'ask[1]'"
	status 6 wfctl approve 1 --as ann --step 'ask[7]'
	assert_output --partial 'no step ask[7] of instance #1 asks for an approval'
	status 6 wfctl approve 1 --as ann --step 'ask[1'
	status 4 wfctl approve 1 --as ann --step aks
	assert_output --partial 'did you mean ask?'
	status 2 wfctl timer fire 1
	assert_output --partial "'ask[0]', 'ask[1]'"
	ok wfctl timer fire 1 -n --step 'ask item 1'
	assert_output --partial 'the timer of ask item 1 of #1'
	status 6 wfctl timer fire 1 --step 'think[0]'
	ok wfctl why 1
	assert_output --partial "wfctl approve 1 --step 'ask[0]'"
	no_lanes
	ok wfctl approve 1 --as ann --step 'ask[1]'
	no_lanes
	ok wfctl approve 1 --as ann --step 'ask[0]'
	ok wfctl approvals --as ann
	assert_output --partial 'ask item 2'
	assert_output --partial 'ask item 3'
}

@test "history and ps say which item it was" {
	status 3 wfctl run fan.yaml
	ok wfctl approve 1 --as ann --step 'ask[1]'
	ok wfctl approve 1 --as ann --step 'ask[0]'
	ok wfctl approve 1 --as ann --step 'ask[2]'
	ok wfctl history 1
	assert_line --regexp '^ +1 .* decision +ask item 1 '
	assert_line --regexp 'do item 0 completed, each item 0 completed, think item 3 completed'
	assert_line --regexp 'do item 2 failed, each item 2 failed, ask item 3 cancelled'
	no_lanes
	ok wfctl history 1 -o json
	shape history
	no_lanes
	ok wfctl history 1 -o jsonl
	assert_line --regexp '"event": ?"success", ?"step": ?"do", ?"item": ?1,'
	assert_line --regexp '"what": ?"item", ?"step": ?"each", ?"item": ?2, ?"value": ?"failed"'
	ok wfctl ps -o json
	shape ps
	no_lanes
	ok wfctl show 1 -o json
	shape show
	# an idempotency key is the services' business, and stays what it was
	output=$(grep -v idempotency_key <<<"$output")
	no_lanes
}

@test "retry names the items, and takes them" {
	cat >fe.yaml <<-'EOF'
	workflow:
	  id: fe
	  steps:
	    - id: each
	      foreach:
	        items: [a, b, c, d, e]
	        limit: 2
	        steps:
	          - { id: act, action: exec.run, with: { shell: "test ${item} != b" } }
	          - { id: think, action: data.set, with: { x: 1 } }
	    - { id: last, action: exec.run, with: { shell: "false" } }
	EOF
	status 1 wfctl run fe.yaml
	ok wfctl retry 1 --dry-run
	assert_line --regexp '^  may run .*act\[1\]'
	no_lanes
	ok wfctl retry 1 --dry-run --from 'act[1]' -o json
	assert_equal "$(jq -r .from <<<"$output")" 'act[1]'
	no_lanes
	status 4 wfctl retry 1 --dry-run --from 'act[4]'
	sed -i 's/!= b/!= x/' fe.yaml
	status 1 wfctl run fe.yaml
	# a foreach that is complete begins with its first item again: each of its steps once, for all of them
	ok wfctl retry 2 --dry-run --from each
	assert_line --regexp '^  may run +each, act, think, last$'
	assert_line --regexp '^  repeated +act$'
	ok wfctl retry 2 --dry-run -o json
	assert_equal "$(jq -c .kept <<<"$output")" '["each","act","think"]'
	status 2 wfctl retry 2 --from each </dev/null
	assert_output --partial 'may happen again: act. Go on?'
	# of another definition no item is known
	ok wfctl retry 2 --dry-run --from each --plan fe.yaml
	no_lanes
}

all_written() {
	! compgen -G "$WFCTL_HOME/spool/*.run" >/dev/null
}

@test "doubts of items are told apart" {
	# each command waits for the other, so both have begun when the first result comes
	mkfifo pipe
	cat >doubt.yaml <<-'EOF'
	workflow:
	  id: doubt
	  steps:
	    - id: each
	      foreach:
	        items: [a, b]
	        as: it
	        limit: 2
	        steps:
	          - { id: act, action: exec.run, with: { command: [sh, -c, 'if test "$0" = a; then cat pipe; else echo b >pipe; fi', "${it}"] } }
	EOF
	WFCTL_CRASH_AT=EFFECT_RESULT wfctl run doubt.yaml >/dev/null 2>&1 || true
	wait_for all_written
	rm -f "$WFCTL_HOME"/spool/*
	WFCTL_BOOT=7 wfctl resume >said || true
	grep -q "#1 is suspended" said || fail "$(cat said)"
	status 2 wfctl resolve 1 --failed
	assert_output --partial "2 steps of instance #1 are in doubt: 'act[0]', 'act[1]'"
	status 6 wfctl resolve 1 --step 'act[2]' --failed
	assert_output --partial 'no step act[2] of instance #1 is in doubt'
	status 4 wfctl resolve 1 --step atc --failed
	assert_output --partial 'did you mean act?'
	run wfctl resolve 1 --step 'act[1]' --completed --result '{"exit_code": 0, "stdout": "", "stderr": ""}'
	no_lanes
	ok wfctl resolve 1 --completed --result '{"exit_code": 0, "stdout": "", "stderr": ""}'
	assert_output --partial '#1 completed'
}

@test "a workflow's steps are listed once, however many lanes there are" {
	ok wfctl register fan.yaml
	ok wfctl workflow show fan
	no_lanes
	[ "$(grep -c '^ *think ' <<<"$output")" = 1 ] || fail "$output"
	ok wfctl workflow show fan -o json
	no_lanes
}

@test "items that fail in the same place within one turn each say why" {
	cat >fails.yaml <<-'EOF'
	workflow:
	  id: fails
	  steps:
	    - id: g
	      foreach:
	        items: "${[1, 2, 3]}"
	        as: n
	        limit: 1
	        on_item_failure: continue
	        steps:
	          - { id: bad, action: fail, with: { error_type: Mine, message: "n is ${n}" } }
	EOF
	ok wfctl run fails.yaml
	assert_output --partial 'bad (item 0)  Mine failed: n is 1'
	assert_output --partial 'bad (item 1)  Mine failed: n is 2'
	assert_output --partial 'bad (item 2)  Mine failed: n is 3'
}
