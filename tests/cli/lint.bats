#!/usr/bin/env bats
# wfctl lint: what it finds, where it says so, in each form, with the right status.

load helper
load shape

setup() {
	common_setup
	cat >good.yaml <<-'EOT'
	workflow:
	  id: good
	  steps:
	    - { id: a, action: data.set, with: { x: 1 } }
	EOT
	cat >bad.yaml <<-'EOT'
	workflow:
	  id: bad
	  input: { type: object, additionalProperties: false }
	  steps:
	    - id: a
	      action: data.set
	      with: { x: "${aa.x}" }
	    - id: b
	      action: data.sett
	EOT
}

@test "a sound definition: status 0, one line" {
	ok wfctl lint good.yaml
	assert_output "1 definition: no errors, no warnings"
}

@test "findings have file, line, column, rule, the line and a caret" {
	run wfctl lint bad.yaml
	assert_failure 1
	assert_output --partial 'bad.yaml:7:21: error[binding-unknown]: '
	assert_output --partial '    7 |       with: { x: "${aa.x}" }'
	assert_output --partial '      |                     ^^'
	assert_output --partial 'error[action-unknown]'
	assert_output --partial '1 definition: 2 errors, no warnings   (wfctl explain binding-unknown)'
}

@test "folders are searched, hidden ones are not; files come in order" {
	mkdir -p flows/deep flows/.hidden
	cp good.yaml flows/b.yaml
	cp good.yaml flows/deep/c.yml
	echo '{"workflow": {"id": "j", "steps": [{"id": "a", "action": "data.set", "with": {}}]}}' >flows/a.json
	cp bad.yaml flows/.hidden/x.yaml
	echo "not a definition" >flows/README.md
	ok wfctl lint flows
	assert_output "3 definitions: no errors, no warnings"
	cp bad.yaml flows/deep/a.yaml
	cp bad.yaml flows/z.yaml
	status 1 wfctl lint flows/
	assert_output --partial "flows/deep/a.yaml:7"
	assert_output --partial "flows/z.yaml:7"
	assert_output --partial "5 definitions: 4 errors"
	mkdir empty
	status 2 wfctl lint empty
	assert_output --partial "there is no *.yaml, *.yml or *.json in empty"
}

@test "standard input, and several documents in one stream" {
	run wfctl lint - <good.yaml
	assert_success
	{
		cat good.yaml
		echo ---
		sed 's/id: good/id: other/' good.yaml
		echo ---
		cat bad.yaml
	} >many.yaml
	status 1 wfctl lint many.yaml
	assert_output --partial "many.yaml:17:"
	assert_output --partial "3 definitions: 2 errors"
	run wfctl lint - <bad.yaml
	assert_failure 1
	assert_output --partial "(standard input):7:21:"
}

@test "json has its promised shape, jsonl a finding a line" {
	run wfctl lint -o json bad.yaml good.yaml
	assert_failure 1
	assert_output --partial '"definitions": 2'
	assert_output --partial '"rule": "binding-unknown"'
	shape lint
	run wfctl lint --format=jsonl bad.yaml
	assert_equal "${#lines[@]}" 2
	assert_line --index 0 --partial '"line":7,"column":21'
	ok wfctl lint -o json good.yaml
	shape lint
}

@test "sarif names its version, every rule, and the places" {
	run wfctl lint --format sarif bad.yaml
	assert_failure 1
	assert_output --partial '"version": "2.1.0"'
	assert_output --partial '"ruleId": "binding-unknown"'
	assert_output --partial '"uri": "bad.yaml"'
	assert_output --partial '"startLine": 7'
	assert_output --partial '"id": "alias-unknown"'
}

@test "github annotations are one line each" {
	run wfctl lint --format github bad.yaml
	assert_failure 1
	assert_line --index 0 --regexp '^::error file=bad.yaml,line=7,col=21,endLine=7,endColumn=23,title=binding-unknown::'
	assert_equal "${#lines[@]}" 2
}

@test "warnings are status 0, unless they count as errors" {
	cat >warn.yaml <<-'EOT'
	workflow:
	  id: warn
	  context: { required: [user.id], optional: [user.score] }
	  steps:
	    - { id: a, action: data.set, condition: { when: "${user.score} < 0.7" }, with: { x: 1 } }
	EOT
	run wfctl lint warn.yaml
	assert_success
	assert_output --partial "warning[optional-no-default]"
	assert_output --partial '   = fix: '
	assert_output --partial "no errors, 1 warning"
	status 1 wfctl lint --warnings-as-errors warn.yaml
}

@test "a file that cannot be read is a finding, and the others are checked all the same" {
	status 1 wfctl lint missing.yaml bad.yaml
	assert_output --partial "missing.yaml: error[file]"
	assert_output --partial "bad.yaml:7:21"
	: >empty.yaml
	status 1 wfctl lint empty.yaml
	assert_output --partial "error[empty]"
	head -c 300 /dev/urandom >binary.yaml
	status 1 wfctl lint binary.yaml
	printf 'workflow:\n  id: a\0b\n' >nul.yaml
	status 1 wfctl lint nul.yaml
	assert_output --partial "error[encoding]"
	head -c 17000000 /dev/zero | tr '\0' 'a' >huge.yaml
	status 1 wfctl lint huge.yaml
	assert_output --partial "larger than 16777216 bytes"
	printf '%200s' '' | tr ' ' '[' >deep.yaml
	status 1 wfctl lint deep.yaml
	assert_output --partial "error[limit]"
}

@test "control characters of a definition do not reach the terminal" {
	printf 'workflow:\n  id: good\n  "\\e[2J": 1\n  steps:\n    - { id: a, action: data.set, with: { x: 1 } }\n' >escape.yaml
	run wfctl lint escape.yaml
	assert_failure 1
	[[ $output != *$'\033'* ]]
}

@test "colours only where they are asked for" {
	run wfctl lint --color always bad.yaml
	[[ $output == *$'\033[1;31merror[binding-unknown]'* ]]
	run wfctl lint bad.yaml
	[[ $output != *$'\033'* ]]
	status 2 wfctl lint --color pink bad.yaml
}

@test "quiet leaves the summary out" {
	ok wfctl lint -q good.yaml
	assert_output ""
}
