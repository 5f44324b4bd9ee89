#!/usr/bin/env bats
# workflow.run and workflow.start: workflows that start others.

load helper
load shape

setup() {
	home_setup
	cat >child.yaml <<-'EOT'
	workflow:
	  id: child
	  version: 1.0.0
	  input:
	    type: object
	    required: [n]
	    properties: { n: { type: integer }, word: { type: string, default: hello } }
	  output: { type: object, required: [said] }
	  steps:
	    - { id: say, action: exec.run, with: { shell: "echo ran >>ran; echo $W; exit $N", env: { W: "${word}", N: "${string(n)}" } } }
	  completion: { on_success: { output: { said: "${steps.say.output.stdout}" } } }
	EOT
	cat >waits.yaml <<-'EOT'
	workflow:
	  id: waits
	  steps:
	    - { id: hold, action: wait.signal, with: { name: go } }
	  completion: { on_success: { output: { got: "${steps.hold.output.x}" } } }
	EOT
	cat >parent.yaml <<-'EOT'
	workflow:
	  id: parent
	  steps:
	    - { id: call, action: workflow.run, with: { workflow: child, input: { n: 0 } } }
	    - { id: free, action: workflow.start, with: { workflow: child, version: 1.0.0, input: { n: 0, word: bye } } }
	  completion: { on_success: { output: { said: "${steps.call.output.said}", free: "${steps.free.output.number}" } } }
	EOT
	cat >holder.yaml <<-'EOT'
	workflow:
	  id: holder
	  steps:
	    - { id: call, action: workflow.run, with: { workflow: waits } }
	  completion: { on_success: { output: { got: "${steps.call.output.got}" } } }
	EOT
}

# flow WITH…: a workflow `one` with one step that has these keys, on standard output
flow() {
	printf 'workflow:\n  id: one\n  steps:\n    - { id: call, action: workflow.run, %s }\n' "$1"
}

# query FILTER COMMAND…: what jq makes of the command's JSON
query() {
	local filter=$1
	shift
	ok "$@" -o json
	output=$(jq -r "$filter" <<<"$output")
}

@test "a child is waited for, another is let go" {
	wfctl register child.yaml >/dev/null
	ok wfctl run parent.yaml
	assert_output --partial "#2 child 1.0.0, child of #1 at call"
	assert_output --partial "#1 completed"
	query .output.said wfctl show 1
	assert_output "hello"
	query '.steps[0].child' wfctl show 1
	assert_output 2
	query '.parent | "\(.number) \(.step) \(.awaits) \(.outlived)"' wfctl show 2
	assert_output "1 call true false"
	query '.parent | "\(.number) \(.step) \(.awaits) \(.outlived)"' wfctl show 3
	assert_output "1 free false true"
	ok wfctl show 1 -o json
	shape show
	query 'map(.number) | join(" ")' wfctl ps --parent 1
	assert_output "3 2"
	ok wfctl ps --parent 1 -o json
	shape ps
	assert_equal "$(wc -l <ran)" 2
	ok wfctl history 1
	assert_output --partial "child"
	ok wfctl journal check
}

@test "run answers with its own instance, whatever its children do" {
	wfctl register child.yaml >/dev/null
	ok wfctl run parent.yaml -o json
	shape run
	assert_equal "$(jq .number <<<"$output")" 1
	ok wfctl run parent.yaml --quiet
	assert_output 4
	flow 'with: { workflow: child, input: { n: 3 } }, on_failure: { action: continue }' >one.yaml
	ok wfctl run one.yaml
	assert_output --partial "completed"
}

@test "a child that cannot start fails the step: not there, disabled, input, depth" {
	# what is registered before its child is not checked against it
	flow 'with: { workflow: child, input: { n: "${workflow.id}" } }' >two.yaml
	wfctl register two.yaml >/dev/null
	flow 'with: { workflow: child, input: { n: 0 } }' >one.yaml
	status 1 wfctl run one.yaml
	assert_output --partial 'NotFoundError workflow_not_found: there is no workflow `child`'
	wfctl register child.yaml >/dev/null
	flow 'with: { workflow: child, version: 9.0.0, input: { n: 0 } }' >two.yaml
	status 1 wfctl run two.yaml
	assert_output --partial 'there is no workflow `child` of version 9.0.0'
	wfctl workflow disable child >/dev/null
	status 1 wfctl run one.yaml
	assert_output --partial "ConflictError workflow_disabled"
	wfctl workflow enable child >/dev/null
	status 1 wfctl run one@1
	assert_output --partial "ValidationError child_input: the input does not fit the workflow: /n is a string"
	flow 'with: { workflow: "${workflow.id}" }' >one.yaml
	wfctl register one.yaml >/dev/null
	status 1 wfctl run one
	assert_output --partial "LimitError child_depth"
	query 'length' wfctl ps --workflow one
	assert_output 21
	ok wfctl journal check
}

@test "its failure is the step's, with the child's number; each attempt starts a new one" {
	wfctl register child.yaml >/dev/null
	flow 'with: { workflow: child, input: { n: 3 } }, retry: { max_attempts: 2, initial_delay_ms: 1, on: [ExecError] }' >one.yaml
	status 1 wfctl run one.yaml
	assert_equal "$(wc -l <ran)" 2
	query '.steps[0].error | "\(.type) \(.child) \(.attempt)"' wfctl show 1
	assert_output "ExecError 3 2"
	status 1 wfctl retry 1
	query '.steps[0].child' wfctl show 1
	assert_output 5
	ok wfctl journal check
}

@test "a parent waits while its child does, and goes on when somebody lets that one go on" {
	wfctl register waits.yaml >/dev/null
	status 3 wfctl run holder.yaml
	assert_output --partial "#1 is parked: it waits for a child"
	ok wfctl why 1
	assert_output --partial "waits for its child #2 at call"
	assert_output --partial "wfctl why 2"
	ok wfctl signal 2 go --data '{"x": 5}'
	query '"\(.status) \(.output.got)"' wfctl show 1
	assert_output "completed 5"
	ok wfctl journal check
}

@test "a run whose child has ended ends when all that is left waits" {
	wfctl register child.yaml >/dev/null
	wfctl register waits.yaml >/dev/null
	for wait in '{ id: gate, action: wait.signal, with: { name: go } }' \
		'{ id: pause, action: wait.timer, with: { duration: P9D } }' \
		'{ id: ask, action: approval.request, with: { policy: level1, approvers: { list: [ann] } } }' \
		'{ id: held, action: workflow.run, with: { workflow: waits } }'; do
		flow 'with: { workflow: child, input: { n: 0 } }' >one.yaml
		echo "    - $wait" >>one.yaml
		status 3 wfctl run one.yaml
		assert_output --partial "is parked"
		cat >two.yaml <<-EOT
		workflow:
		  id: two
		  steps:
		    - id: fan
		      parallel:
		        branches:
		          - { id: l, steps: [{ id: call, action: workflow.run, with: { workflow: child, input: { n: 0 } } }] }
		          - { id: m, steps: [{ id: also, action: workflow.run, with: { workflow: child, input: { n: 0 } } }] }
		          - { id: r, steps: [$wait] }
		EOT
		status 3 wfctl run two.yaml
		assert_output --partial "is parked"
	done
	ok wfctl journal check
	ok wfctl resume --dry-run
	refute_output --partial "#1"
}

@test "a cancel goes down to the children, but not to those that are left" {
	wfctl register waits.yaml >/dev/null
	status 3 wfctl run holder.yaml
	ok wfctl cancel 1
	query .status wfctl show 2
	assert_output cancelled
	query .error.message wfctl show 2
	assert_output --partial "#1, its parent, waits for it no more"
	flow 'with: { workflow: waits, on_parent_cancel: leave }' >one.yaml
	status 3 wfctl run one.yaml
	ok wfctl cancel 3
	query .status wfctl show 4
	assert_output waiting
	ok wfctl signal 4 go --data '{"x": 1}'
	query .status wfctl show 3
	assert_output cancelled
	ok wfctl journal check
}

@test "a cancelled child is the step's failure" {
	wfctl register waits.yaml >/dev/null
	status 3 wfctl run holder.yaml
	run wfctl cancel 2
	query '"\(.status) \(.error.type) \(.steps[0].error.child)"' wfctl show 1
	assert_output "failed CancelledError 2"
	ok wfctl journal check
}

@test "the step's timeout ends the wait, and the child" {
	wfctl register waits.yaml >/dev/null
	flow 'with: { workflow: waits }, timeout: PT0.2S' >one.yaml
	status 1 wfctl run one.yaml
	assert_output --partial "TimeoutError child_timeout"
	query .status wfctl show 2
	assert_output cancelled
	ok wfctl journal check
}

@test "a child that is queued begins when its slot is free" {
	sed 's/^  id: waits/&\n  concurrency: { max_in_flight: 1 }/' waits.yaml >slot.yaml
	wfctl register slot.yaml >/dev/null
	status 3 wfctl run holder.yaml
	status 3 wfctl run holder.yaml
	query .status wfctl show 4
	assert_output queued
	ok wfctl signal 2 go --data '{"x": 1}'
	query .status wfctl show 4
	assert_output waiting
	ok wfctl signal 4 go --data '{"x": 2}'
	query .output.got wfctl show 3
	assert_output 2
	ok wfctl journal check
}

@test "children come from the same file, or from --with, without being registered" {
	{ cat holder.yaml; echo ---; cat waits.yaml; } >both.yaml
	status 3 wfctl run both.yaml
	ok wfctl signal 2 go --data '{"x": 7}'
	query .output.got wfctl show 1
	assert_output 7
	status 3 wfctl run holder.yaml --with waits.yaml
	ok wfctl signal 4 go --data '{"x": 8}'
	query .output.got wfctl show 3
	assert_output 8
	status 1 wfctl run both.yaml --with waits.yaml
	assert_output --regexp 'both\.yaml:[0-9]+:7: error\[id-duplicate\]: the workflow `waits` is in waits\.yaml:2 as well'
	cp waits.yaml again.yaml
	status 1 wfctl run holder.yaml --with waits.yaml --with again.yaml
	assert_output --partial 'waits.yaml:2:7: error[id-duplicate]: the workflow `waits` is in again.yaml:2 as well'
	status 2 wfctl run waits.yaml --with waits.yaml
	assert_output --partial "workflow waits is there twice"
	ok wfctl journal check
}

# typed: a child that says what it takes and gives, and a parent that gives and takes $1 and $2
typed() {
	cat >typed.yaml <<-'EOT'
	workflow:
	  id: typed
	  input: { type: object, required: [n], properties: { n: { type: integer } } }
	  output: { type: object, required: [sum], properties: { sum: { type: integer } } }
	  steps:
	    - { id: add, action: data.set, with: { x: "${n + 1}" } }
	  completion: { on_success: { output: { sum: "${add.x}" } } }
	EOT
	cat >parent.yaml <<-EOT
	workflow:
	  id: parent
	  steps:
	    - { id: call, action: workflow.run, with: { workflow: typed, input: { n: $1 } } }
	    - { id: take, action: data.set, with: { got: "\${call.$2}" } }
	EOT
}

@test "what a child takes and gives is checked where it is known: beside, with --with, registered" {
	typed word total
	ok wfctl lint parent.yaml
	for beside in "parent.yaml typed.yaml" "parent.yaml --with typed.yaml"; do
		# shellcheck disable=SC2086
		status 1 wfctl lint $beside
		assert_output --partial 'parent.yaml:4:78: error[child-input]: `n` of `typed` is a string, must be an integer; `typed` is in typed.yaml:2'
		assert_output --partial 'parent.yaml:5:58: error[binding-field]: `call` has no field `total`'
	done
	status 1 wfctl run parent.yaml --with typed.yaml
	assert_output --partial 'error[child-input]'
	ok wfctl register typed.yaml
	for verb in lint compile run register "register --dry-run"; do
		# shellcheck disable=SC2086
		status 1 wfctl $verb parent.yaml
		assert_output --partial '`n` of `typed` is a string, must be an integer; `typed` is registered as 1'
		assert_output --partial '`call` has no field `total`'
	done
	ok env WFCTL_HOME="$PWD/nowhere" "$WFCTL_BUILD/wfctl" lint parent.yaml
	typed 3 sum
	ok wfctl register parent.yaml
	ok wfctl run parent -o json
	assert_equal "$(jq .steps[1].output.got <<<"$output")" 4
}

@test "a child that is not there yet is a warning of register, and of run" {
	typed 3 sum
	status 0 wfctl register parent.yaml
	assert_output --partial 'parent.yaml:4:59: warning[child-unknown]: there is no workflow `typed` yet; the step fails until it is registered, or its file is given with --with'
	assert_output --partial "parent 1 registered"
	ok wfctl lint parent.yaml
	ok wfctl register parent.yaml typed.yaml
	ok wfctl run parent
	sed -i 's/workflow: typed/workflow: tiped/' parent.yaml
	status 1 wfctl run parent.yaml
	assert_output --partial 'there is no workflow `tiped` yet; did you mean `typed`?'
	wfctl workflow disable typed >/dev/null
	sed -i 's/workflow: tiped/workflow: typed/' parent.yaml
	status 0 wfctl register parent.yaml
	assert_output --partial 'workflow `typed` is disabled; the step fails until it is enabled'
	sed -i 's/workflow: typed/workflow: typed, version: 7.0.0/' parent.yaml
	status 0 wfctl register parent.yaml
	assert_output --partial 'there is no workflow `typed` of version 7.0.0 yet'
}

# starts ID CHILD: a workflow that starts another, if its input says so, with more that it computes
starts() {
	cat <<-EOT
	workflow:
	  id: $1
	  input: { type: object, properties: { n: { type: integer, default: 1 } } }
	  steps:
	    - id: call
	      condition: { when: "n > 1" }
	      action: workflow.run
	      with: { workflow: $2, input: { n: "\${n > 3 && n < 9 ? n - 1 : 0}", workflow: { workflow: none } } }
	EOT
}

@test "a circle that register would close is refused, and printed" {
	starts one two >one.yaml
	starts two three >two.yaml
	starts three one >three.yaml
	status 0 wfctl register one.yaml
	status 0 wfctl register two.yaml
	status 1 wfctl register three.yaml
	assert_output --partial 'three.yaml:8:25: error[child-circle]: `three` starts itself: three -> one -> two -> three; `one` is registered as 1, `two` is registered as 1'
	status 4 wfctl run three
	# the circle is of files alone, where the home knows nothing
	status 1 env WFCTL_HOME="$PWD/nowhere" "$WFCTL_BUILD/wfctl" lint one.yaml two.yaml three.yaml
	assert_output --partial 'one.yaml:8:25: error[child-circle]: `one` starts itself: one -> two -> three -> one'
	assert_output --partial 'three.yaml:8:25: error[child-circle]: `three` starts itself: three -> one -> two -> three'
	# one that starts another version of itself is none
	starts one one | sed 's/workflow: one/&, version: "1"/; s/id: one/&\n  version: 2.0.0/' >again.yaml
	status 0 wfctl register again.yaml
}

@test "an output that its schema does not have is the workflow's failure" {
	cat >wrong.yaml <<-'EOT'
	workflow:
	  id: wrong
	  output: { type: object, required: [said], properties: { said: { type: integer } } }
	  steps:
	    - { id: say, action: exec.run, with: { shell: "echo '\"three\"'", output: json } }
	  completion: { on_success: { output: { said: "${steps.say.output.stdout}" } } }
	EOT
	status 1 wfctl run wrong.yaml
	assert_output --partial "ValidationError output_schema: the workflow's output: said is a string, must be an integer"
	ok wfctl journal check
}

@test "a hold of the child's workflow refuses it; an event starts a parent as a person does" {
	wfctl register child.yaml waits.yaml >/dev/null
	wfctl hold waits >/dev/null
	status 1 wfctl run holder.yaml
	assert_output --partial "ConflictError workflow_held"
	ok wfctl journal check
}

@test "children of branches and items: the losers' are cancelled, as are those of a cancelled foreach" {
	cat >any.yaml <<-'EOT'
	workflow:
	  id: any
	  steps:
	    - id: both
	      parallel:
	        join: any
	        branches:
	          - { id: a, steps: [ { id: ca, action: workflow.run, with: { workflow: waits } } ] }
	          - { id: b, steps: [ { id: cb, action: workflow.run, with: { workflow: waits } } ] }
	EOT
	status 3 wfctl run any.yaml --with waits.yaml
	ok wfctl signal 3 go --data '{"x": 1}'
	query 'map("\(.number) \(.status)") | join(", ")' wfctl ps
	assert_output "3 completed, 2 cancelled, 1 completed"
	cat >items.yaml <<-'EOT'
	workflow:
	  id: items
	  steps:
	    - id: all
	      foreach:
	        items: [1, 2, 3, 4, 5]
	        limit: 3
	        steps: [ { id: call, action: workflow.run, with: { workflow: waits } } ]
	EOT
	status 3 wfctl run items.yaml --with waits.yaml
	ok wfctl signal 5 go --data '{"x": 1}'
	ok wfctl cancel 4
	query 'map(.status) | sort | join(" ")' wfctl ps --parent 4
	assert_output "cancelled cancelled cancelled completed"
	ok wfctl journal check
}

@test "a parent that is cancelled with compensation has what its child did undone as well" {
	cat >both.yaml <<-'EOF'
	workflow:
	  id: outer
	  steps:
	    - { id: c, action: workflow.run, with: { workflow: inner } }
	---
	workflow:
	  id: inner
	  steps:
	    - id: booked
	      action: exec.run
	      with: { shell: echo booked >>log }
	      compensate: { action: exec.run, with: { shell: echo undone >>log, idempotent: true } }
	    - { id: wait, action: wait.signal, with: { name: go } }
	EOF
	status 3 wfctl run both.yaml
	assert_equal "$(cat log)" booked
	status 0 wfctl cancel 1 --compensate --reason no
	assert_equal "$(cat log)" $'booked\nundone'
	ok wfctl show 2 -o json
	assert_output --partial '"compensated"'
}

@test "what a child fails with may be retried by a name of the definition's own" {
	cat >caller.yaml <<-'EOF'
	workflow:
	  id: caller
	  steps:
	    - id: call
	      action: workflow.run
	      with: { workflow: busy }
	      retry: { max_attempts: 3, delay_ms: 1, on: [Busy], except: [Gone] }
	EOF
	cat >busy.yaml <<-'EOF'
	workflow:
	  id: busy
	  steps:
	    - { id: count, action: exec.run, with: { shell: "echo x >>count" } }
	    - { id: no, action: fail, with: { error_type: Busy, code: c, message: m } }
	EOF
	ok wfctl lint caller.yaml busy.yaml
	status 1 wfctl run caller.yaml --with busy.yaml
	assert_equal "$(wc -l <count)" 3
	assert_equal "$(wfctl show 1 -o json | jq -r '.error | [.type, .code] | join(" ")')" "Busy c"
	# what is not named is not retried, and neither is what wfctl would retry without `on`
	sed -i 's/error_type: Busy/error_type: Gone/' busy.yaml
	status 1 wfctl run caller.yaml --with busy.yaml
	assert_equal "$(wc -l <count)" 4
	sed -i 's/error_type: Gone/error_type: TimeoutError/' busy.yaml
	status 1 wfctl run caller.yaml --with busy.yaml
	assert_equal "$(wc -l <count)" 5
	# and of branches the type of the one that failed
	cat >fan.yaml <<-'EOF'
	workflow:
	  id: fan
	  steps:
	    - id: all
	      foreach:
	        items: [1]
	        steps:
	          - { id: tick, action: exec.run, with: { shell: "echo x >>ticks" } }
	          - { id: no, action: fail, with: { error_type: Full } }
	      retry: { max_attempts: 2, delay_ms: 1, on: [Full] }
	EOF
	status 1 wfctl run fan.yaml
	assert_equal "$(wc -l <ticks)" 2
	ok wfctl compile --emit asm -O fan.wfs fan.yaml
	assert_equal "$(wfctl compile -o json fan.wfs | jq -r .plan)" "$(wfctl compile -o json fan.yaml | jq -r .plan)"
	ok wfctl journal check
}

# ended PID: it runs no more, whether or not somebody has asked how it ended
ended() {
	[ ! -e "/proc/$1/stat" ] || [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null || echo Z) == Z* ]]
}

@test "a parent whose own failure comes just before its last child's end parks" {
	mkfifo mine theirs
	cat >both.yaml <<-'EOT'
	workflow:
	  id: both
	  steps:
	    - id: fan
	      parallel:
	        branches:
	          - id: l
	            steps:
	              - id: own
	                action: exec.run
	                with: { shell: "echo $PPID >mine.pid; read go <mine; exit 1" }
	                retry: { max_attempts: 2, delay: PT1H, on: [ExecError] }
	          - { id: r, steps: [{ id: call, action: workflow.run, with: { workflow: short } }] }
	---
	workflow:
	  id: short
	  steps: [{ id: work, action: exec.run, with: { shell: "echo $PPID >theirs.pid; read go <theirs" } }]
	EOT
	WFCTL_NOW=2126-03-01T09:00:00Z "$WFCTL_BUILD/wfctl" run both.yaml >said 2>&1 &
	local run=$! state=0
	wait_for test -s mine.pid
	wait_for test -s theirs.pid
	# it hears of both at once, of its own command first
	kill -STOP "$run"
	echo go >mine
	wait_for ended "$(cat mine.pid)"
	echo go >theirs
	wait_for ended "$(cat theirs.pid)"
	kill -CONT "$run"
	wait_for ended "$run"
	wait "$run" || state=$?
	assert_equal "$state" 3
	assert_equal "$(grep -c 'ok    call' said)" 1
	ok wfctl journal check
}
