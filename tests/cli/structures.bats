#!/usr/bin/env bats
# Branches, items, dependencies, loops, handlers and compensation, run by the whole program.

load helper

setup() {
	home_setup
	T=$BATS_TEST_TMPDIR
	cd "$T"
}

# steps TEXT: a workflow whose `steps` (and what follows) are TEXT, into w.yaml
steps() {
	printf 'workflow:\n  id: w\n%s\n' "$1" >w.yaml
	status 0 wfctl lint w.yaml
}

field() { # field INSTANCE PATH of its JSON
	wfctl show "$1" -o json | jq -rc "$2"
}

@test "branches run side by side: each waits for the other" {
	mkfifo ab ba
	steps '  steps:
    - id: fan
      parallel:
        branches:
          - id: a
            steps:
              - { id: a1, action: exec.run, with: { shell: "echo from-a >ab; cat ba" } }
          - id: b
            steps:
              - { id: b1, action: exec.run, with: { shell: "cat ab; echo from-b >ba" } }
    - { id: after, action: data.set, with: { a: "${trim(a1.stdout)}", b: "${trim(fan.b.output.stdout)}" } }
  completion: { on_success: { output: "${steps.after.output}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 1 .output)" '{"a":"from-b","b":"from-a"}'
}

@test "join any: the first that succeeds cancels the others" {
	mkfifo never
	steps '  steps:
    - id: race
      parallel:
        join: any
        branches:
          - { id: slow, steps: [{ id: s1, action: exec.run, with: { shell: "cat never" } }, { id: s2, action: data.set }] }
          - { id: bad, steps: [{ id: b1, action: fail, with: { message: "no" } }] }
          - { id: fast, steps: [{ id: f1, action: exec.run, with: { command: [echo, won] } }] }
  completion: { on_success: { output: { race: "${race}", s2: "${steps.s2.status}" } } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 1 '.output.race | [.slow.status, .bad.status, .fast.status] | join(" ")')" \
		"cancelled failed completed"
	assert_equal "$(field 1 .output.race.fast.output.stdout)" won
	assert_equal "$(field 1 '.steps[] | select(.id == "s1") | .status')" cancelled
}

@test "join 2 of 3: two failures end it, and its handler knows the branch" {
	steps '  steps:
    - id: vote
      parallel:
        join: 2
        branches:
          - { id: x, steps: [{ id: x1, action: fail, with: { code: first, message: "x said no" } }] }
          - { id: y, steps: [{ id: y1, action: data.set }] }
          - { id: z, steps: [{ id: z1, action: exec.run, with: { command: ["false"] } }] }
      on_failure: { handlers: [{ error_code: first, to: lost }] }
      next: [{ to: end }]
    - { id: lost, action: data.set, with: { branch: "${error.branch}", step: "${error.step}", code: "${error.code}" } }
  completion: { on_success: { output: "${steps.lost.output ?? null}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 1 .output.branch)" x
	assert_equal "$(field 1 .output.code)" first
}

@test "an item that fails ends a foreach, unless it goes on" {
	steps '  input: { type: object, properties: { going_on: { type: boolean } } }
  steps:
    - id: choose
      action: data.set
      next: [{ to: on, when: "${going_on}" }, { to: stop }]
    - id: on
      foreach:
        items: [1, 0, 2]
        on_item_failure: continue
        steps:
          - { id: half, action: data.set, with: { n: "${10 / item}" } }
      next: [{ to: end }]
    - id: stop
      foreach:
        items: [1, 0, 2]
        steps:
          - { id: half_too, action: data.set, with: { n: "${10 / item}" } }
  completion: { on_success: { output: "${steps.on.output ?? null}" } }'
	status 0 wfctl run w.yaml --set going_on=true
	assert_equal "$(field 1 '.output | [(.results | map(.n? // null)), .completed, .failed, .errors[0].index]')" \
		'[[10,null,5],2,1,1]'
	status 1 wfctl run w.yaml --set going_on=false
	assert_equal "$(field 2 .error.type)" ValidationError
	assert_equal "$(field 2 .error.index)" 1
}

@test "a foreach over what is no list fails" {
	steps '  input: { type: object, required: [what] }
  steps:
    - { id: each, foreach: { items: "${what}", steps: [{ id: a, action: data.set }] } }'
	status 1 wfctl run w.yaml --set what=text
	assert_equal "$(field 1 .error.type)" ValidationError
	status 0 wfctl run w.yaml --set 'what=[]'
}

@test "items side by side, each with steps of its own, results in their order" {
	mkfifo one two
	steps '  steps:
    - id: each
      foreach:
        items: [[one, two], [two, one]]
        as: pair
        index: n
        limit: 2
        steps:
          - id: meet
            action: exec.run
            with: { shell: "if [ $N = 0 ]; then echo $N >$HERE; cat $THERE; else cat $THERE; echo $N >$HERE; fi", env: { N: "${string(n)}", HERE: "${pair[0]}", THERE: "${pair[1]}" } }
          - { id: met, action: data.set, with: { met: "${n}-${trim(meet.stdout)}" } }
  completion: { on_success: { output: "${map(each.results, item.met)}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 1 .output)" '["0-1","1-0"]'
}

@test "foreach in a branch in a foreach: names, places and results" {
	steps '  input: { type: object, required: [orders], properties: { orders: { type: array, items: { type: object, required: [id, lines], properties: { id: { type: string }, lines: { type: array, items: { type: string } } } } } } }
  steps:
    - id: every
      foreach:
        items: "${orders}"
        as: order
        limit: 2
        steps:
          - id: fan
            parallel:
              branches:
                - id: lines
                  steps:
                    - id: lines
                      foreach:
                        items: "${order.lines}"
                        limit: 2
                        steps:
                          - { id: one, action: data.set, with: { text: "${order.id + item + string(index)}" }, output: "${output.text}" }
                - id: cry
                  steps:
                    - { id: cried, action: exec.run, with: { command: [echo, "${order.id}"] } }
          - id: both
            action: data.set
            with: { lines: "${fan.lines.output.results}", cried: "${trim(cried.stdout)}", words: "${map(order.lines, item + order.id)}" }
  completion: { on_success: { output: "${every.results}" } }'
	status 0 wfctl run w.yaml --input '{"orders":[{"id":"x","lines":["1","2","3"]},{"id":"y","lines":[]},{"id":"z","lines":["9"]}]}'
	assert_equal "$(field 1 '[.output[].lines]')" '[["x10","x21","x32"],[],["z90"]]'
	assert_equal "$(field 1 '[.output[].cried]')" '["x","y","z"]'
	assert_equal "$(field 1 '[.output[].words]')" '[["1x","2x","3x"],[],["9z"]]'
	ok wfctl journal check
}

@test "dependencies: in order one after the other, or side by side" {
	steps '  steps:
    - { id: d, order: 1, depends_on: [b, c], action: exec.run, with: { shell: "echo d >>log" } }
    - { id: c, order: 2, depends_on: [a], action: exec.run, with: { shell: "echo c >>log" } }
    - { id: b, order: 3, depends_on: [a], action: exec.run, with: { shell: "echo b >>log" } }
    - { id: a, order: 4, action: exec.run, with: { shell: "echo a >>log" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(tr '\n' ' ' <log)" "a c b d "
	mkfifo bc cb
	steps '  concurrency: { steps: 2 }
  steps:
    - { id: d, depends_on: [b, c], action: data.set, with: { b: "${trim(b.stdout)}", c: "${trim(c.stdout)}" } }
    - { id: b, depends_on: [a], action: exec.run, with: { shell: "echo b >bc; cat cb" } }
    - { id: c, depends_on: [a], action: exec.run, with: { shell: "cat bc; echo c >cb" } }
    - { id: a, action: data.set }
  completion: { on_success: { output: "${steps.d.output}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 2 .output)" '{"b":"c","c":"b"}'
}

@test "dependencies: a failure ends it; one that may happen is no obstacle" {
	steps '  concurrency: { steps: 4 }
  steps:
    - { id: a, action: fail, with: { message: "a" }, on_failure: { action: continue } }
    - { id: b, depends_on: [a], condition: { when: "1 == 2" }, action: data.set }
    - { id: c, depends_on: [b], action: exec.run, with: { shell: "exit 5" } }
    - { id: d, depends_on: [c], action: exec.run, with: { shell: "echo d >>log" } }'
	status 1 wfctl run w.yaml
	assert_equal "$(field 1 .error.code)" exit_5
	[ ! -e log ]
}

@test "dependencies within an item: its result is that of the last step in their order" {
	local steps
	for steps in 1 3; do
		steps "  concurrency: { steps: $steps }"'
  steps:
    - id: each
      foreach:
        items: [1, 2]
        limit: 2
        steps:
          - { id: c, depends_on: [a, b], action: data.set, with: { n: "${a.n + b.n + item}" } }
          - { id: a, action: data.set, with: { n: "${item}" } }
          - { id: b, depends_on: [a], parallel: { branches: [{ id: x, steps: [{ id: x1, action: data.set, with: { n: "${a.n * 10}" } }] }] }, output: { n: "${x1.n}" } }
  completion: { on_success: { output: "${map(each.results, item.n)}" } }'
		status 0 wfctl run w.yaml
	done
	assert_equal "$(field 1 .output)" '[12,24]'
	assert_equal "$(field 2 .output)" '[12,24]'
}

@test "a loop in a branch has its own bound, and ends the branch only" {
	steps '  vars: { n: 0 }
  steps:
    - id: fan
      parallel:
        branches:
          - id: loop
            steps:
              - { id: count, action: data.set, max_visits: 10, with: { n: "${vars.n + 1}" }, set: { n: "${output.n}" } }
              - { id: again, action: data.set, next: [{ to: count, when: "${vars.n} < 4" }, { to: end }] }
          - { id: other, steps: [{ id: o1, action: data.set }] }
    - { id: after, action: data.set, with: { n: "${vars.n}" } }
  completion: { on_success: { output: "${after.n}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 1 .output)" 4
}

@test "a step with branches is retried as a whole" {
	steps '  steps:
    - id: fan
      retry: { max_attempts: 3, initial_delay_ms: 10, on: [ExecError] }
      parallel:
        branches:
          - { id: a, steps: [{ id: a1, action: exec.run, with: { shell: "echo a >>log" } }] }
          - { id: b, steps: [{ id: b1, action: exec.run, with: { shell: "echo b >>log; [ $(grep -c b log) -ge 3 ]" } }] }'
	status 0 wfctl run w.yaml
	assert_equal "$(grep -c b log)" 3
}

@test "retry, and handlers after the last attempt" {
	steps '  steps:
    - id: try
      action: exec.run
      with: { shell: "echo try >>log; exit 7" }
      retry: { max_attempts: 3, initial_delay_ms: 10, on: [ExecError] }
      on_failure: { action: retry, to: other, handlers: [{ error_code: exit_7, to: seven }] }
      next: [{ to: end }]
    - { id: seven, action: data.set, with: { attempts: "${error.attempt}" }, next: [{ to: end }] }
    - { id: other, action: data.set }
  completion: { on_success: { output: "${seven.attempts ?? 0}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(wc -l <log)" 3
	assert_equal "$(field 1 .output)" 3
}

@test "the workflow's own handler: it sees the failure, its output is the failed instance's" {
	steps '  steps:
    - { id: a, action: data.set, with: { n: 1 } }
    - { id: b, action: fail, with: { code: broken, message: "b broke" } }
  on_failure:
    steps:
      - { id: tell, action: exec.run, with: { command: [echo, "${error.code} after ${a.n ?? 0}"] } }
  completion: { on_failure: { output: { told: "${trim(tell.stdout)}", why: "${error.message}" } } }'
	status 1 wfctl run w.yaml
	assert_equal "$(field 1 .status)" failed
	assert_equal "$(field 1 .error.code)" broken
	assert_equal "$(field 1 .output)" '{"told":"broken after 1","why":"b broke"}'
}

@test "compensation: of items and branches, last first, with what they were given" {
	steps '  steps:
    - id: each
      foreach:
        items: [a, b]
        steps:
          - id: book
            action: exec.run
            with: { shell: "echo book $X >>log; echo no-$X", env: { X: "${item}" } }
            compensate: { action: exec.run, with: { shell: "echo undo $X $NO >>log", env: { X: "${item}", NO: "${trim(book.stdout)}" } } }
    - { id: bad, action: fail, with: { message: "no" } }'
	status 1 wfctl run w.yaml
	assert_equal "$(tr '\n' ' ' <log)" "book a book b undo b no-b undo a no-a "
	rm log
	sed -i 's/^workflow:/workflow:\n  on_failure: { compensate: false }/' w.yaml
	status 1 wfctl run w.yaml
	assert_equal "$(tr '\n' ' ' <log)" "book a book b "
}

@test "what is done for an item is seen from that item alone, by its author's names" {
	steps '  steps:
    - id: each
      foreach:
        items: [a, b]
        limit: 2
        on_item_failure: continue
        steps:
          - { id: mine, action: data.set, with: { of: "${item}" } }
          - { id: seen, action: data.set, with: { of: "${data.mine.of}", other: "${data.get(string(index)) ?? null}" } }
          - { id: path, action: data.set, condition: { when: "index == 1" }, with: { x: "${parse_json(string(mine))[string(index)]}" } }
    - { id: out, action: data.set, with: { seen: "${each.results}", outside: "${data.get('\''mine'\'') ?? null}", at: "${each.errors[0].error.step}" } }
  completion: { on_success: { output: "${steps.out.output}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 1 '.output.seen[0].of')" a
	assert_equal "$(field 1 '.output | [.outside, .at]')" '[null,"path"]'
}

@test "a workflow's handler runs steps for each item, which know the failure" {
	steps '  steps:
    - { id: a, action: fail, with: { code: broken, message: "a broke" } }
  on_failure:
    steps:
      - { id: tell, foreach: { items: [ann, bob], limit: 2, steps: [{ id: one, action: exec.run, with: { command: [echo, "${item} ${error.code}"] } }] } }
  completion: { on_failure: { output: { told: "${map(tell.results, trim(item.stdout))}" } } }'
	status 1 wfctl run w.yaml
	assert_equal "$(field 1 .output.told)" '["ann broken","bob broken"]'
}

@test "a handler computes on where an expression took too long" {
	cat >long.yaml <<-'EOF'
	workflow:
	  id: long
	  steps:
	    - id: f
	      action: data.transform
	      with: { language: native, expression: "map(range(4000), map(range(4000), item))" }
	      on_failure: { handlers: [{ error_type: LimitError, to: g }] }
	    - { id: never, action: fail, with: { message: no } }
	    - { id: g, action: data.set, with: { code: "${error.code}", n: "${sum(map(range(100), item))}" } }
	  completion: { on_success: { output: { code: "${g.code}", n: "${g.n}" } } }
	EOF
	ok wfctl run long.yaml -o json
	assert_output --partial '"code": "too_long"'
	assert_output --partial '"n": 4950'
}

@test "a handler takes the error type that a fail in its branches, or a child, made up" {
	cat >own.yaml <<-'EOF'
	workflow:
	  id: own
	  steps:
	    - id: stock
	      parallel:
	        branches:
	          - id: shelf
	            steps: [{ id: look, action: fail, condition: { when: "!has(input.any)" }, with: { error_type: OutOfStock, code: none, message: none left } }]
	      on_failure: { handlers: [{ error_type: ServerError, to: wrong }, { error_type: OutOfStock, to: order }] }
	    - { id: wrong, action: fail, with: { message: wrong } }
	    - id: order
	      action: workflow.run
	      with: { workflow: supplier }
	      on_failure: { handlers: [{ error_type: Closed, to: later }] }
	    - { id: never, action: fail, with: { message: never } }
	    - { id: later, action: data.set, with: { type: "${error.type}" } }
	  completion: { on_success: { output: "${steps.later.output}" } }
	---
	workflow:
	  id: supplier
	  steps: [{ id: shut, action: fail, with: { error_type: Closed, code: holiday, message: until Monday } }]
	EOF
	ok wfctl run own.yaml -o json
	assert_output --partial '"type": "Closed"'
}

@test "what failed and was handled has a status and an error to be read" {
	cat >read.yaml <<-'EOF'
	workflow:
	  id: read
	  steps:
	    - { id: b, action: fail, condition: { when: "!has(input.x)" }, with: { message: no }, on_failure: { action: continue } }
	    - { id: c, action: data.set, with: { s: "${steps.b.status}" } }
	    - { id: d, action: exec.run, with: { shell: exit 3 }, on_failure: { handlers: [{ to: h }] }, next: [{ to: end }] }
	    - { id: h, action: data.set, with: { e: "${steps.d.error.code}" } }
	  completion: { on_success: { output: { e: "${h.e ?? ''}", s: "${c.s}" } } }
	EOF
	ok wfctl run read.yaml -o json
	assert_output --partial '"e": "exit_3"'
	assert_output --partial '"s": "failed"'
	sed -i 's/steps.d.error.code/steps.d.output.stdout/' read.yaml
	status 1 wfctl lint read.yaml
	assert_output --partial "may not have run"
}

@test "a group that is begun again while a command of before is stopped begins its own" {
	# the first is never done in time, and its result is nobody's; the time is over as often as the machine is slow
	steps '  steps:
    - id: fan
      max_visits: 100
      timeout: PT2S
      parallel:
        branches:
          - id: a
            steps:
              - { id: work, action: exec.run, with: { shell: "if mkdir once 2>/dev/null; then sleep 5; echo first; else echo again; fi" } }
      on_failure: { action: continue, to: mend }
      next: [{ to: end }]
    - { id: mend, action: data.set, max_visits: 100, next: [{ to: fan }] }
  completion: { on_success: { output: "${trim(steps.work.output.stdout)}" } }'
	status 0 wfctl run w.yaml
	assert_equal "$(field 1 .output)" again
	status 0 wfctl journal check
}
