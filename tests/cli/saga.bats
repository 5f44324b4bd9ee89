#!/usr/bin/env bats
# Compensation: what an instance did is undone, the last first, and what its workflow then does.

load helper
load shape

setup() {
	home_setup
}

# step ID [SHELL [MORE]]: a step that writes its name, and undoes that
step() {
	printf '    - id: %s\n      action: exec.run\n      with: { shell: "echo %s >>ran; %s" }\n' "$1" "$1" "${2:-true}"
	printf '      output: { number: "%s-1" }\n' "$1"
	printf '      compensate:\n        action: exec.run\n'
	printf '        with: { shell: "%s && echo undo $N >>ran", env: { N: "${steps.%s.output.number}" } }\n' \
		"${3:-true}" "$1"
}

# order [TOP]: five activities, of which the fourth fails while `fails` is there
order() {
	{
		printf 'workflow:\n  id: order\n%s  steps:\n' "${1:-}"
		step reserve
		step charge true '[ ! -e stuck ]'
		step pack
		step ship '[ ! -e fails ]'
		step tell
	} >order.yaml
}

ran() {
	paste -sd, ran
}

# requirement 004, acceptance 4
@test "three of five activities completed, the fourth fails: all three are rolled back, the last first" {
	order
	touch fails
	status 1 wfctl run order.yaml
	assert_output --partial "undo  pack"
	assert_output --partial "#1 failed at ship"
	assert_equal "$(ran)" "reserve,charge,pack,ship,undo pack-1,undo charge-1,undo reserve-1"
	ok wfctl show 1
	assert_output --partial "undone: pack, charge, reserve"
	refute_output --partial "not undone"
	ok wfctl show 1 -o json
	shape show
	assert_equal "$(jq -r '[.steps[] | select(.undoes | not) | .status] | join(",")' <<<"$output")" \
		"compensated,compensated,compensated,failed,skipped"
	assert_equal "$(jq -r '[.undo[].status] | unique[]' <<<"$output")" done
	ok wfctl ps --status failed -o json
	ok wfctl history 1
	assert_output --partial "instance compensating"
	assert_output --partial "pack compensated"
	ok wfctl why 1
	assert_output --partial "to do   wfctl retry 1 --from STEP --dry-run says what would run again"
	status 6 wfctl retry 1 --dry-run
	ok wfctl retry 1 --from charge --dry-run
	ok wfctl journal check
}

@test "nothing is undone where all went well, or the workflow says so" {
	order
	ok wfctl run order.yaml
	assert_equal "$(ran)" "reserve,charge,pack,ship,tell"
	order $'  on_failure: { compensate: false }\n'
	touch fails
	rm ran
	status 1 wfctl run order.yaml
	assert_equal "$(ran)" "reserve,charge,pack,ship"
	ok wfctl show 2
	refute_output --partial "undone"
}

@test "a compensation that fails leaves the instance failed, and says what is not undone; a retry goes on" {
	order
	touch fails stuck
	status 1 wfctl run order.yaml
	assert_output --partial "compensation_failed"
	assert_equal "$(ran)" "reserve,charge,pack,ship,undo pack-1"
	ok wfctl show 1
	assert_output --partial "undone: pack"
	assert_output --partial "not undone: charge, reserve"
	assert_output --partial "after ship: ExecError exit_1"
	ok wfctl why 1
	assert_output --partial "could not undo all that it did"
	assert_output --partial "wfctl retry 1 goes on undoing what is left"
	ok wfctl why 1 -o json
	shape why
	ok wfctl show 1 -o json
	shape show
	assert_equal "$(jq -c '[.error.undone[].step, .error.not_undone[].step]' <<<"$output")" \
		'["pack","charge","reserve"]'
	assert_equal "$(jq -r '.error.code, .error.cause.code' <<<"$output" | paste -sd,)" \
		"compensation_failed,exit_1"
	ok wfctl retry 1 --dry-run
	assert_output --partial "would go on undoing what #1 did"
	assert_output --partial "charge.undo, reserve.undo"
	ok wfctl retry 1 --dry-run -o json
	shape retry
	status 6 wfctl retry 1 --from ship
	assert_output --partial "not undone yet"
	status 1 wfctl retry 1
	assert_output --partial "compensation_failed"
	rm stuck
	status 1 wfctl retry 1
	assert_output --partial "#1 failed at ship: ExecError"
	# what is undone is no step that runs
	assert_output --regexp "ok +charge\.undo "
	refute_output --regexp "ok +charge "
	assert_equal "$(ran)" "reserve,charge,pack,ship,undo pack-1,undo charge-1,undo reserve-1"
	# all of it is undone: where it begins again must be said
	rm fails ran
	status 6 wfctl retry 1
	assert_output --partial "what the instance did is undone"
	status 6 wfctl retry 1 --dry-run
	ok wfctl retry 1 --from reserve
	assert_output --partial "#1 completed"
	assert_equal "$(ran)" "reserve,charge,pack,ship,tell"
	ok wfctl journal check
}

@test "the workflow's own handler runs after what was undone, and reads why" {
	order $'  on_failure:\n    steps:\n      - { id: page, action: exec.run, with: { shell: "echo page $CODE >>ran", env: { CODE: "${error.step}" } } }\n  completion: { on_failure: { result: rolled_back, output: { why: "${error.code}" } } }\n'
	touch fails
	status 1 wfctl run order.yaml -o json
	assert_equal "$(ran)" "reserve,charge,pack,ship,undo pack-1,undo charge-1,undo reserve-1,page ship"
	ok wfctl show 1 -o json
	shape show
	assert_equal "$(jq -r '.result, .output.why' <<<"$output" | paste -sd,)" "rolled_back,exit_1"
	ok wfctl journal check
}

@test "a handler that fails is told beside the failure" {
	order $'  on_failure:\n    compensate: false\n    steps:\n      - { id: page, action: exec.run, with: { shell: "exit 9" } }\n  completion: { on_failure: { output: { why: "${error.code}" } } }\n'
	touch fails
	status 1 wfctl run order.yaml
	ok wfctl show 1 -o json
	assert_equal "$(jq -r '.error.step, .error.handler.step, .error.handler.code, .output' <<<"$output" | paste -sd,)" \
		"ship,page,exit_9,null"
	rm fails
	ok wfctl retry 1
	assert_output --partial "#1 completed"
}

# waits: a, then a timer of an hour
waits() {
	{
		printf 'workflow:\n  id: waits\n  steps:\n'
		step a
		step b true "${1:-true}"
		printf '    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n'
	} >waits.yaml
	status 3 wfctl run waits.yaml
}

@test "a cancel undoes what was done when it is asked to" {
	waits
	ok wfctl cancel 1 --compensate --dry-run
	assert_output "would cancel instance #1 and undo what it did; nothing was done"
	assert_equal "$(ran)" "a,b"
	ok wfctl cancel 1 --compensate --reason "ordered twice"
	assert_output --partial "#1 cancelled"
	assert_equal "$(ran)" "a,b,undo b-1,undo a-1"
	ok wfctl show 1
	assert_output --partial "cancelled by ann: ordered twice"
	assert_output --partial "undone: b, a"
	status 6 wfctl cancel 1 --compensate
	rm ran
	waits
	ok wfctl cancel 2
	assert_equal "$(ran)" "a,b"
	ok wfctl journal check
}

@test "what compensates is cancelled by force only, and parks while its compensation waits" {
	touch stuck
	waits '[ ! -e stuck ]'
	sed -i 's/^      compensate:/&\n        retry: { max_attempts: 3, initial_delay: PT2H, backoff: fixed, on: [ExecError] }/' waits.yaml
	rm ran
	status 3 wfctl run waits.yaml
	status 3 wfctl cancel 2 --compensate
	assert_output --partial "it undoes what it did, and waits for a retry"
	ok wfctl ps --status compensating
	assert_output --partial "waits"
	ok wfctl why 2
	assert_output --partial "cancelled by ann"
	assert_output --partial "b, a"
	ok wfctl why 2 -o json
	shape why
	status 6 wfctl cancel 2
	assert_output --partial "undoes what it did"
	assert_output --partial "--force"
	# nobody has anything to do with it before its time
	ok wfctl serve-once
	ok wfctl show 2 -o json
	assert_equal "$(jq -r .status <<<"$output")" compensating
	rm stuck
	WFCTL_NOW=2140-01-01T00:00:00Z ok wfctl serve-once
	ok wfctl show 2 -o json
	assert_equal "$(jq -r .status <<<"$output")" cancelled
	assert_equal "$(ran)" "a,b,undo b-1,undo a-1"
	ok wfctl journal check
}

@test "one that is cut short by force is half undone, and a retry goes on" {
	touch stuck
	waits '[ ! -e stuck ]'
	sed -i 's/^      compensate:/&\n        retry: { max_attempts: 3, initial_delay: PT2H, backoff: fixed, on: [ExecError] }/' waits.yaml
	status 3 wfctl run waits.yaml
	status 3 wfctl cancel 2 --compensate
	ok wfctl cancel 2 --force
	assert_output --partial "#2 cancelled"
	ok wfctl show 2 -o json
	assert_equal "$(jq -r .error.code <<<"$output")" compensation_cancelled
	rm stuck ran
	status 8 wfctl retry 2
	assert_equal "$(ran)" "undo b-1,undo a-1"
	ok wfctl show 2 -o json
	assert_equal "$(jq -r '.status, .error.code' <<<"$output" | paste -sd,)" "cancelled,cancelled"
	ok wfctl journal check
}

@test "every visit of a loop is undone, and what began side by side is undone side by side" {
	cat >loop.yaml <<-'YAML'
	workflow:
	  id: loop
	  vars: { n: 0 }
	  steps:
	    - id: take
	      action: exec.run
	      with: { shell: "echo take $N >>ran", env: { N: "${vars.n}" } }
	      set: { n: "${vars.n + 1}" }
	      max_visits: 3
	      compensate: { action: exec.run, with: { shell: "echo give $N >>ran", env: { N: "${vars.n}" } } }
	      next: [{ to: take, when: "${vars.n < 3}" }, { to: last }]
	    - { id: last, action: fail, with: { message: "enough" } }
	YAML
	status 1 wfctl run loop.yaml
	assert_equal "$(ran)" "take 0,take 1,take 2,give 3,give 2,give 1"
	rm ran
	mkfifo one two
	cat >side.yaml <<-'YAML'
	workflow:
	  id: side
	  steps:
	    - id: both
	      parallel:
	        branches:
	          - id: left
	            steps:
	              - id: l
	                action: exec.run
	                with: { shell: "true" }
	                compensate: { action: exec.run, with: { shell: "cat one; echo >two; echo l >>ran" } }
	          - id: right
	            steps:
	              - id: r
	                action: exec.run
	                with: { shell: "true" }
	                compensate: { action: exec.run, with: { shell: "echo >one; cat two; echo r >>ran" } }
	    - { id: last, action: fail, with: { message: "enough" } }
	YAML
	# each waits for the other: one after the other would wait for ever
	status 1 wfctl run side.yaml
	assert_equal "$(sort ran | paste -sd,)" "l,r"
	ok wfctl journal check
}

@test "each item of a foreach is undone with its own input" {
	cat >each.yaml <<-'YAML'
	workflow:
	  id: each
	  steps:
	    - id: all
	      foreach:
	        items: [a, b, c, d]
	        as: name
	        limit: 2
	        steps:
	          - id: book
	            action: exec.run
	            with: { shell: "echo book $N >>ran", env: { N: "${name}" } }
	            compensate: { action: exec.run, with: { shell: "echo free $N >>ran", env: { N: "${name}" } } }
	    - { id: last, action: fail, with: { message: "enough" } }
	YAML
	status 1 wfctl run each.yaml
	assert_equal "$(grep free ran | sort | paste -sd,)" "free a,free b,free c,free d"
	ok wfctl show 1 -o json
	shape show
	assert_equal "$(jq -c '[.undo[] | [.step, .item, .status]] | sort' <<<"$output")" \
		'[["book",0,"done"],["book",1,"done"],["book",2,"done"],["book",3,"done"]]'
	ok wfctl journal check
}

@test "an instance does not move to a version that cannot undo what it did" {
	waits
	sed '/^      compensate:/,/with:.*undo/d' waits.yaml | sed 's/^  id: waits/&\n  version: 2.0.0/' >two.yaml
	ok wfctl register two.yaml
	status 6 wfctl migrate 1 --to 2.0.0
	assert_output --partial "nothing undoes it in the other version"
	ok wfctl cancel 1 --compensate
	assert_equal "$(ran)" "a,b,undo b-1,undo a-1"
}

@test "steps with dependencies are undone before what they depend on" {
	cat >dag.yaml <<-'YAML'
	workflow:
	  id: dag
	  concurrency: { steps: 4 }
	  steps:
	    - { id: a, action: exec.run, with: { shell: "sleep 0.01" }, compensate: { action: exec.run, with: { shell: "echo a >>ran" } } }
	    - { id: b, depends_on: [a], action: exec.run, with: { shell: "sleep 0.01" }, compensate: { action: exec.run, with: { shell: "sleep 0.05; echo b >>ran" } } }
	    - { id: c, depends_on: [a], action: exec.run, with: { shell: "sleep 0.01" }, compensate: { action: exec.run, with: { shell: "sleep 0.05; echo c >>ran" } } }
	    - { id: d, depends_on: [b, c], action: exec.run, with: { shell: "exit 4" }, compensate: false }
	YAML
	status 1 wfctl run dag.yaml
	assert_equal "$(tail -n1 ran)" a
	assert_equal "$(sort ran | paste -sd,)" "a,b,c"
	ok wfctl journal check
}
