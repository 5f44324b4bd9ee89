#!/usr/bin/env bats
# wfctl register: a version never changes.

load helper
load shape

setup() {
	home_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 1.0.0
	  steps:
	    - { id: a, action: data.set, with: { x: 1 } }
	  completion: { on_success: { output: "${a.x}" } }
	EOT
}

@test "registered, and again is nothing new" {
	ok wfctl register flow.yaml
	assert_output --regexp '^flow 1\.0\.0 registered, plan [0-9a-f]{12}$'
	ok wfctl register flow.yaml
	assert_output --partial "was registered already"
	ok wfctl register -o json flow.yaml
	assert_output --partial '"new": false'
	shape register
}

@test "another definition under the same version is refused" {
	ok wfctl register flow.yaml
	sed -i 's/x: 1/x: 2/' flow.yaml
	status 6 wfctl register flow.yaml
	assert_output --partial "flow 1.0.0 is registered already, with another definition"
	ok wfctl run flow -o json
	assert_output --partial '"output": 1'
	sed -i 's/1.0.0/1.1.0/' flow.yaml
	ok wfctl register flow.yaml
	ok wfctl run flow -o json
	assert_output --partial '"output": 2'
	ok wfctl run flow@1.0.0 -o json
	assert_output --partial '"output": 1'
}

@test "without a version it gets a number" {
	sed -i '/version/d' flow.yaml
	ok wfctl register flow.yaml
	assert_output --regexp '^flow 1 registered'
	sed -i 's/x: 1/x: 2/' flow.yaml
	ok wfctl register flow.yaml
	assert_output --regexp '^flow 2 registered'
	ok wfctl run flow@1 -o json
	assert_output --partial '"output": 1'
}

@test "folders and many documents; one that is wrong registers nothing of its file" {
	mkdir flows
	cp flow.yaml flows/a.yaml
	{ sed 's/id: flow/id: other/' flow.yaml; echo ---; sed 's/id: flow/id: third/' flow.yaml; } >flows/b.yaml
	ok wfctl register flows
	assert_equal "${#lines[@]}" 3
	{ sed 's/id: flow/id: fourth/' flow.yaml; echo ---; echo 'workflow: {}'; } >bad.yaml
	status 1 wfctl register bad.yaml
	status 4 wfctl run fourth
}

@test "a dry run registers nothing" {
	run wfctl register --dry-run flow.yaml
	assert_success
	status 4 wfctl run flow
}

@test "a new version of a child names the registered parents that it does not fit, and why" {
	cat >child.yaml <<-'EOT'
	workflow:
	  id: child
	  version: 1.0.0
	  input: { type: object, required: [n], properties: { n: { type: integer }, s: { type: string } } }
	  output: { type: object, properties: { total: { type: number }, name: { type: string } } }
	  steps: [{ id: a, action: data.set, with: {} }]
	  completion: { on_success: { output: { total: 3, name: x } } }
	EOT
	cat >parent.yaml <<-'EOT'
	workflow:
	  id: parent
	  version: 1.0.0
	  input: { type: object, properties: { q: { type: integer } } }
	  steps:
	    - { id: kid, action: workflow.run, with: { workflow: child, input: { n: "${input.q ?? 3}", s: a } } }
	    - { id: use, action: data.set, with: { t: "${kid.total}" } }
	    - { id: old, action: workflow.start, with: { workflow: child, version: 1.0.0, input: { n: 1 } } }
	EOT
	ok wfctl register child.yaml parent.yaml
	# what fits is not complained of
	sed 's/1.0.0/1.1.0/; s/n: { type: integer }/n: { type: number }, x: {}/' child.yaml >wider.yaml
	ok wfctl register wider.yaml
	sed 's/1.0.0/2.0.0/; s/n: { type: integer }, s: { type: string }/n: { type: string }, m: {}/
		s/required: \[n\]/required: [n, m], additionalProperties: false/
		s/total: { type: number }/sum: { type: number }/; s/total: 3/sum: 3/' child.yaml >other.yaml
	for how in --dry-run --color=never; do
		run --separate-stderr wfctl register "$how" other.yaml
		assert_success
		for why in 'it does not give `m`, which is required' '`n` is a number, must be a string' \
			'it gives `s`, which is not taken' 'it reads `total`, which is not given any more'; do
			assert_regex "$stderr" "warning: parent 1.0.0 does not fit child 2.0.0: step kid: $why"
		done
		refute_regex "$stderr" 'step old'
	done
	# what is not new breaks nothing again
	ok wfctl register other.yaml
	sed 's/2.0.0/3.0.0/; s/sum: { type: number }/total: { type: string }/; s/sum: 3/total: t/' other.yaml >third.yaml
	wfctl register child.yaml >/dev/null
	run --separate-stderr wfctl register third.yaml -o json
	assert_success
	assert_equal "$stderr" ""
	shape register
	assert_equal "$(jq -r '.[0].breaks | map(.workflow + " " + .step) | unique | join(",")' <<<"$output")" "parent kid"
}
