#!/usr/bin/env bats
# wfctl explain: every rule, error type, function, opcode, action and root has its entry.

load helper
load shape

setup() {
	common_setup
}

@test "a rule: its meaning, explanation, and the two examples" {
	ok wfctl explain binding-unknown
	assert_line --index 0 --partial "binding-unknown (rule, error): "
	assert_line wrong
	assert_line right
}

@test "an error type, a function, an opcode, an action, a root" {
	ok wfctl explain TimeoutError
	assert_output --partial "TimeoutError (error type, retried unless the policy says otherwise)"
	ok wfctl explain lower
	assert_output --partial "lower(string) -> string"
	assert_output --partial "lower('AbC') gives \"abc\""
	ok wfctl explain get.opt
	assert_output --partial "(opcode)"
	ok wfctl explain exec.run
	assert_output --partial "(action): run a command"
	assert_output --regexp 'cwd +string +The folder it runs in'
	assert_output --regexp 'exit_code +integer'
	ok wfctl explain http.request
	assert_output --regexp 'url +string, required'
	assert_output --regexp 'auth.basic.user +string'
	ok wfctl explain vars
	assert_output --partial "(root)"
}

@test "the list has them all, and each of its names can be explained" {
	ok wfctl explain --list
	assert_line --partial "rules of the check"
	ok wfctl explain --list -o json
	shape explain
	wfctl explain --list -o jsonl | jq -r .name >names
	[ "$(wc -l <names)" -gt 150 ]
	while IFS= read -r name; do
		wfctl explain "$name" >entry || fail "$name cannot be explained"
		[ -s entry ]
	done < <(awk 'NR % 9 == 1' names)
}

@test "every example of the list of functions gives what it says" {
	wfctl explain --list -o jsonl | grep '"kind":"function"' >functions
	[ "$(wc -l <functions)" -gt 40 ]
	checked=0
	while IFS= read -r name; do
		line=$(wfctl explain "$name" | grep ' gives ')
		example=${line%% gives *}
		[ "$(wfctl eval -o jsonl "${example#    }")" = "${line#* gives }" ] ||
			fail "$line, but it is $(wfctl eval -o jsonl "${example#    }")"
		checked=$((checked + 1))
	done < <(sed 's/.*"name":"\([^"]*\)".*/\1/' functions)
	[ "$checked" -gt 40 ]
}

@test "what is not there" {
	status 4 wfctl explain binding-unknwon
	assert_output --partial "did you mean binding-unknown?"
	status 2 wfctl explain
}
