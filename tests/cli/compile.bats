#!/usr/bin/env bats
# wfctl compile: the same definition gives the same plan, and only a sound plan is a plan.

load helper
load shape

setup() {
	common_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 2.0.1
	  input: { type: object, required: [n], properties: { n: { type: integer } } }
	  steps:
	    - { id: a, action: exec.run, with: { command: [echo, "${n}"] } }
	    - { id: b, action: data.set, condition: { when: "n > 1" }, with: { x: "${a.stdout}" } }
	EOT
}

@test "the summary names the plan and its sizes" {
	ok wfctl compile flow.yaml
	assert_line --index 0 --regexp '^flow 2\.0\.1   plan [0-9a-f]{64}$'
	assert_line --index 1 --regexp '^  2 steps, [0-9]+ instructions, [0-9]+ constants, [0-9.]+ K?i?B$'
	ok wfctl compile -o json flow.yaml
	shape compile
	ok wfctl compile --emit json flow.yaml
	shape compile
}

@test "the steps of a plan are those of its lanes, and each names the one that is written" {
	cat >fan.yaml <<-'EOF'
	workflow:
	  id: fan
	  steps:
	    - id: each
	      foreach:
	        items: [1, 2]
	        limit: 2
	        steps: [{ id: pay, action: exec.run, with: { command: ["true"] } }]
	EOF
	ok wfctl compile -o json fan.yaml
	shape compile
	assert_equal "$(jq -c '[.steps[] | [.id, .step]]' <<<"$output")" \
		'[["each","each"],["pay","pay"],["pay#1","pay"]]'
}

@test "the bytes do not depend on white space, comments or YAML's style" {
	ok wfctl compile -O one.wfp flow.yaml
	{ echo "# a comment"; sed 's/{ id: a, action: exec.run,/{ id:   a,   action: "exec.run",/' flow.yaml; } >other.yaml
	ok wfctl compile --emit json other.yaml
	ok wfctl compile -O two.wfp flow.yaml
	cmp one.wfp two.wfp
}

@test "assembly and back gives the same bytes" {
	ok wfctl compile -O one.wfp flow.yaml
	wfctl compile --emit asm flow.yaml >flow.wfs
	grep -q 'flow' flow.wfs
	ok wfctl compile -O two.wfp flow.wfs
	cmp one.wfp two.wfp
	wfctl compile --emit asm one.wfp >again.wfs
	cmp flow.wfs again.wfs
}

@test "a plan with a flipped byte is refused, whichever byte it is" {
	ok wfctl compile -O one.wfp flow.yaml
	size=$(stat -c %s one.wfp)
	for at in 0 5 9 20 $((size / 2)) $((size - 1)); do
		cp one.wfp bad.wfp
		byte=$(od -An -tu1 -j "$at" -N1 bad.wfp | tr -d ' ')
		printf "\\x$(printf %x $((byte ^ 255)))" | dd of=bad.wfp bs=1 seek="$at" conv=notrunc 2>/dev/null
		run wfctl compile bad.wfp
		# a byte of a name or number may give another sound plan; it never gives the same one
		[ "$status" -eq 1 ] || [[ $output != "$(wfctl compile one.wfp)" ]]
		[ "$status" -le 1 ]
	done
	head -c $((size - 3)) one.wfp >short.wfp
	status 1 wfctl compile short.wfp
}

@test "a definition with errors is not compiled" {
	printf 'workflow:\n  id: x\n  steps:\n    - { id: a, action: nope }\n' >bad.yaml
	status 1 wfctl compile -O out.wfp bad.yaml
	assert_output --partial "error[action-unknown]"
	assert_output --partial "nothing was done"
	[ ! -e out.wfp ]
	run --separate-stderr wfctl compile -o json bad.yaml
	assert_failure 1
	shape error
}

@test "wrong usage" {
	status 2 wfctl compile
	status 2 wfctl compile --emit cake flow.yaml
	status 2 wfctl compile flow.yaml flow.yaml
	cat flow.yaml >two.yaml
	echo --- >>two.yaml
	sed 's/id: flow/id: other/' flow.yaml >>two.yaml
	status 2 wfctl compile two.yaml
	assert_output --partial "two.yaml holds 2 workflows"
}

@test "standard input" {
	run wfctl compile - <flow.yaml
	assert_success
	assert_line --index 0 --partial "flow 2.0.1"
}
