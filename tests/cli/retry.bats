#!/usr/bin/env bats
# wfctl retry: what failed begins again; what is done stays done.

load helper
load shape

setup() {
	home_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 1.0.0
	  vars: { file: missing }
	  steps:
	    - { id: make, action: exec.run, with: { shell: "echo make >>ran; echo made" } }
	    - { id: upload, action: exec.run, with: { command: [sh, -c, "echo upload >>ran; test -e $1", sh, "${vars.file}"] } }
	    - { id: note, action: exec.run, with: { shell: "echo note >>ran" } }
	EOT
	wfctl run flow.yaml >/dev/null 2>&1 || true
}

@test "from where it failed: completed steps are kept" {
	assert_equal "$(paste -sd' ' ran)" "make upload"
	ok wfctl retry 1 --dry-run
	assert_line --index 0 "would begin #1 again at upload; nothing was done"
	assert_line "  may run   upload, note"
	assert_line "  kept      make"
	touch missing
	ok wfctl retry 1 --as ops
	assert_output --partial "#1 completed"
	assert_equal "$(paste -sd' ' ran)" "make upload upload note"
	ok wfctl history 1
	assert_output --partial '"by":"ops"'
	ok wfctl journal check
}

@test "it may fail again, and again be retried" {
	status 1 wfctl retry 1
	assert_output --partial "#1 failed at upload"
	touch missing
	ok wfctl retry 1
	ok wfctl journal check
}

@test "a variable is set before" {
	touch other
	status 2 wfctl retry 1 --set nonsense
	status 2 wfctl retry 1 --set file=other --dry-run
	assert_output --partial '`file` cannot be set'
	assert_output --partial "an instance's input never changes"
	status 2 wfctl retry 1 --set input.file=other
	assert_output --partial "wfctl run starts another with another input"
	ok wfctl retry 1 --set vars.file=other --dry-run
	assert_equal "$(paste -sd' ' ran)" "make upload"
	ok wfctl retry 1 --set vars.file=other
	assert_output --partial "#1 completed"
}

@test "completed effects that would happen again are asked about" {
	touch missing
	status 2 wfctl retry 1 --from make
	assert_output --partial "effects that have completed may happen again: make"
	assert_equal "$(paste -sd' ' ran)" "make upload"
	ok wfctl retry 1 --from make --dry-run -o json
	shape retry
	assert_equal "$(jq -c '[.again, .repeated, .kept]' <<<"$output")" '[["make","upload","note"],["make"],[]]'
	ok wfctl retry 1 --from make --yes
	assert_equal "$(paste -sd' ' ran)" "make upload make upload note"
	ok wfctl journal check
}

@test "by another definition: steps keep their results by their ids" {
	sed 's/test -e $1/true/; s/1.0.0/1.1.0/; s/id: note/id: notes/' flow.yaml >new.yaml
	ok wfctl retry 1 --plan new.yaml
	assert_output --partial "#1 completed"
	assert_equal "$(paste -sd' ' ran)" "make upload upload note"
	ok wfctl journal check
	wfctl register new.yaml >/dev/null
	wfctl run flow.yaml >/dev/null 2>&1 || true
	status 4 wfctl retry 2 --plan flow@7
	ok wfctl retry 2 --plan flow@1.1.0
}

@test "under another plan: its children are looked for in the journal" {
	cat >typed.yaml <<-'EOT'
	workflow: { id: typed, version: 1.0.0, input: { type: object, required: [n], properties: { n: { type: integer } } },
	  steps: [{ id: a, action: data.set, with: {} }] }
	EOT
	cat >parent.yaml <<-'EOT'
	workflow: { id: parent, version: 1.0.0, steps: [{ id: a, action: fail, with: { message: no } }] }
	EOT
	wfctl register typed.yaml parent.yaml >/dev/null
	n=$(wfctl run parent --quiet || true)
	cat >other.yaml <<-'EOT'
	workflow: { id: parent, version: 1.1.0, steps: [{ id: a, action: workflow.run, with: { workflow: typed, input: { n: text } } }] }
	EOT
	status 1 wfctl retry "$n" --plan other.yaml
	assert_output --partial 'error[child-input]: `n` of `typed` is a string, must be an integer; `typed` is registered as 1.0.0'
	sed -i 's/n: text/n: 7/' other.yaml
	ok wfctl retry "$n" --plan other.yaml
	ok wfctl journal check
}

@test "a cancelled one; not one that goes on or has completed" {
	cat >wait.yaml <<-'EOT'
	workflow:
	  id: wait
	  steps:
	    - { id: pause, action: wait.signal, with: { name: go } }
	EOT
	wfctl run wait.yaml >/dev/null || true
	status 6 wfctl retry 2
	assert_output --partial "instance #2 is waiting"
	wfctl cancel 2 >/dev/null
	status 3 wfctl retry 2
	ok wfctl signal 2 go
	status 6 wfctl retry 2
	assert_output --partial "instance #2 is completed"
	ok wfctl journal check
}

@test "unknown steps and instances, wrong usage, json" {
	status 4 wfctl retry 1 --from uplaod
	assert_output --partial "did you mean upload?"
	status 4 wfctl retry 1 --from nothing-like-it
	status 4 wfctl retry 9
	status 2 wfctl retry
	status 2 wfctl retry 1 --set input.x=1
	touch missing
	ok wfctl retry 1 -o json
	shape retry
	assert_equal "$(jq -r .status <<<"$output")" completed
}

@test "one whose slot another has got meanwhile waits for the other's end" {
	cat >one.yaml <<-'EOT'
	workflow:
	  id: one
	  concurrency: { key: all, limit: 1 }
	  steps:
	    - { id: check, action: exec.run, with: { command: [test, -e, mended] } }
	    - { id: gate, action: wait.signal, with: { name: go } }
	EOT
	status 1 wfctl run one.yaml
	touch mended
	status 3 wfctl run one.yaml
	status 6 wfctl retry 2
	assert_output --partial "instance #2 needs a slot that others hold"
	ok wfctl show 2 -o json
	assert_equal "$(jq -r .status <<<"$output")" failed
	ok wfctl signal 3 go
	status 3 wfctl retry 2
	ok wfctl signal 2 go
	ok wfctl journal check
}
