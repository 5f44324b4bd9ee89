#!/usr/bin/env bats
# wfctl test: workflows under a virtual clock.

load helper
load shape

setup() {
	common_setup
	cat >order.yaml <<-'EOF'
	workflow:
	  id: order
	  version: 1.0.0
	  input: { type: object, required: [amount], properties: { amount: { type: integer }, note: { type: string, default: none } } }
	  steps:
	    - id: check
	      action: data.set
	      with: { large: "${amount > 100}" }
	      next: [{ to: ask, when: "check.large" }, { to: pay }]
	    - id: ask
	      action: approval.request
	      with: { policy: level1, sla: P2D, approvers: { list: [ann, bob] } }
	    - id: pay
	      action: exec.run
	      with: { command: [pay, "${string(amount)}"], idempotent: true }
	      retry: { max_attempts: 3, backoff: fixed, delay: PT10S, on: [ExecError] }
	      timeout: PT1M
	    - id: packed
	      action: wait.signal
	      with: { name: packed, timeout: P1D }
	  completion: { on_success: { result: success, output: { paid: "${amount}", by: "${packed.who}" } } }
	EOF
}

# A file of tests beside order.yaml, from standard input.
tests() {
	cat >order.test.yaml
}

@test "a test passes, in virtual time" {
	tests <<-'EOF'
	tests:
	  - name: a small order
	    input: { amount: 5 }
	    mocks: { pay: { output: { exit_code: 0 }, after: PT5S } }
	    script: [{ at: PT1H, signal: packed, data: { who: eve } }]
	    expect:
	      status: completed
	      result: success
	      output: { paid: 5, by: eve }
	      exactly: [check, pay, packed]
	      not_run: [ask]
	      steps: { ask: pending, pay: { status: completed, attempts: 1 } }
	      calls: { pay: [{ command: [pay, "5"] }] }
	      took: PT1H
	EOF
	ok wfctl test order.test.yaml
	assert_line --partial 'ok a small order'
	assert_output --partial '1 test, 0 failed'
	[ ! -e "$WFCTL_HOME/journals" ]
}

@test "what differs is told with its place, and the status is 1" {
	tests <<-'EOF'
	tests:
	  - name: wrong in many ways
	    input: { amount: 500 }
	    mocks: { pay: { output: { exit_code: 0 } } }
	    script: [{ approve: ask, by: ann }, { signal: packed, data: { who: eve } }]
	    expect:
	      status: failed
	      result: failure
	      output: { paid: 501 }
	      vars: { x: 1 }
	      steps: { pay: { attempts: 2 }, ask: skipped }
	      order: [pay, ask]
	      exactly: [check]
	      not_run: [ask]
	      compensated: [pay]
	      calls: { pay: [{ command: [pay, "7"] }] }
	      took: PT1S
	  - name: right
	    input: { amount: 1 }
	    mocks: { pay: { error: { type: ValidationError, code: bad } } }
	    expect: { status: failed, error: { code: bad } }
	EOF
	status 1 wfctl test order.test.yaml
	assert_line --partial 'not ok wrong in many ways'
	assert_line --partial 'order.test.yaml:7:7: expected failed, got completed'
	assert_line --partial 'order.test.yaml:9:17: expected 501, got 500'
	assert_output --partial 'expected "failure", got "success"'
	assert_output --partial 'expected 1, got nothing'
	assert_output --partial 'expected 2, got 1'
	assert_output --partial 'expected "skipped", got "completed"'
	assert_output --partial '`ask` did not begin there'
	assert_output --partial 'expected ["check"], got ["check","ask","pay","packed"]'
	assert_output --partial '`ask` began'
	assert_output --partial 'expected ["pay"], got []'
	assert_output --partial 'expected "7", got "500"'
	assert_output --partial 'expected PT1S, got 0 ms'
	assert_line --partial 'ok right'
	assert_output --partial '2 tests, 1 failed'
}

@test "attempts, time limits, doubts and late decisions" {
	tests <<-'EOF'
	defaults:
	  input: { amount: 5 }
	  script: []
	tests: []
	EOF
	status 1 wfctl test order.test.yaml
	tests <<-'EOF'
	defaults:
	  input: { amount: 5 }
	tests:
	  - name: fails twice
	    mocks:
	      pay:
	        - error: { type: ExecError, code: exit_1 }
	        - error: { type: ExecError, code: exit_1 }
	        - output: {}
	    script: [{ signal: packed, data: { who: x } }]
	    expect: { status: completed, steps: { pay: { attempts: 3 } }, took: PT20S }
	  - name: is never over
	    mocks: { pay: { never: true } }
	    expect: { status: failed, error: { type: TimeoutError }, took: PT1M }
	  - name: takes too long
	    mocks: { pay: { output: {}, after: PT2M } }
	    expect: { status: failed, error: { type: TimeoutError }, took: PT1M }
	  - name: a crash is made good
	    mocks: { pay: [{ doubt: true }, { output: {} }] }
	    until: PT1H
	    expect: { status: waiting, waits: a signal, steps: { pay: completed } }
	  - name: too late
	    input: { amount: 500 }
	    script: [{ at: P2D, approve: ask, by: ann, refused: true }]
	    expect: { status: failed, error: { type: ApprovalExpired } }
	  - name: not asked
	    input: { amount: 500 }
	    until: P1D
	    script: [{ approve: ask, by: eve, refused: true }, { reassign: ask, by: x, from: ann, to: eve }, { reject: ask, by: eve }]
	    expect: { status: failed, error: { type: ApprovalRejected } }
	  - name: cancelled
	    mocks: { pay: { never: true } }
	    script: [{ at: PT30S, cancel: no more }]
	    expect: { status: cancelled, steps: { pay: cancelled }, took: PT30S }
	EOF
	ok wfctl test order.test.yaml
}

@test "an attempt without a mock, a script that is never reached, an input that is refused" {
	tests <<-'EOF'
	tests:
	  - name: no mock
	    input: { amount: 5 }
	    expect: { status: waiting }
	  - name: nobody waits
	    input: { amount: 5 }
	    mocks: { exec.run: { error: { type: ExecError } } }
	    script: [{ approve: ask, by: ann }]
	    expect: { status: failed }
	  - name: wrong input
	    input: { amount: much }
	    expect: { status: pending }
	EOF
	status 1 wfctl test order.test.yaml
	assert_output --partial 'step `pay` performs exec.run, and no mock says what comes of it'
	assert_output --partial 'item 0 of the script was never reached: the instance has ended'
	assert_output --partial 'the input is refused: amount is a string, must be an integer'
	assert_output --partial '3 tests, 3 failed'
}

@test "a loop without end is cut off" {
	cat >loop.yaml <<-'EOF'
	workflow:
	  id: loop
	  steps:
	    - { id: a, action: exec.run, with: { command: ["true"] }, retry: { max_attempts: 1000, delay: PT1S, on: [ExecError] } }
	EOF
	cat >loop.test.yaml <<-'EOF'
	tests: [{ name: retries, mocks: { a: { error: { type: ExecError } } }, expect: { status: failed, took: PT999S } }]
	EOF
	ok wfctl test loop.test.yaml
}

@test "coverage lists what no test reached" {
	tests <<-'EOF'
	tests:
	  - name: small
	    input: { amount: 5 }
	    mocks: { pay: { output: {} } }
	    until: PT1H
	    expect: { status: waiting }
	EOF
	ok wfctl test --coverage order.test.yaml
	assert_line --partial 'steps: 3 of 4'
	assert_line --partial 'missed ask'
	assert_line --partial 'missed check -> ask (check.large)'
	ok wfctl test -o json order.test.yaml
	shape test
	assert_output --partial '"missed": ["ask"]'
}

@test "TAP and JUnit" {
	tests <<-'EOF'
	tests:
	  - name: "a <b> & #c"
	    input: { amount: 5 }
	    mocks: { pay: { output: {} } }
	    until: PT1H
	    expect: { status: completed }
	EOF
	status 1 wfctl test -o tap order.test.yaml
	assert_line --index 0 'TAP version 14'
	assert_line --index 1 '1..1'
	assert_line --index 2 'not ok 1 - order: a <b> & \#c'
	status 1 wfctl test -o junit order.test.yaml
	assert_line --partial '<testsuites tests="1" failures="1">'
	assert_line --partial 'name="a &lt;b&gt; &amp; #c"'
	assert_line --partial '<failure message="expected completed, got waiting'
}

@test "a test file that is wrong is refused with its places" {
	tests <<-'EOF'
	tests:
	  - name: typo
	    inpt: { amount: 5 }
	    mocks: { pya: { output: {} } }
	    expect: { status: done }
	EOF
	status 1 wfctl test order.test.yaml
	assert_output --partial 'order.test.yaml:3:5: error[unknown-key]'
	assert_output --partial 'order.test.yaml:5:23: error[wrong-value]'
	tests <<-'EOF'
	tests:
	  - name: typo
	    input: { amount: 5 }
	    mocks: { pya: { output: {} } }
	    script: [{ approve: aks, by: ann }]
	    expect: { order: [chek], steps: { pya: completed } }
	EOF
	status 1 wfctl test order.test.yaml
	assert_output --partial 'order.test.yaml:4:14: error[step-unknown]: `pya` is no step or action of the workflow; did you mean `pay`?'
	assert_output --partial 'did you mean `ask`?'
	assert_output --partial 'did you mean `check`?'
	tests <<<'tests: ['
	status 1 wfctl test order.test.yaml
	assert_output --partial 'yaml-syntax'
}

@test "which workflow, and which tests" {
	mkdir sub
	cat >sub/other.test.yaml <<-'EOF'
	workflow: ../order.yaml
	tests:
	  - { name: one, input: { amount: 1 }, mocks: { pay: { error: {} } }, until: PT1S, expect: { status: waiting } }
	  - { name: two, input: { amount: 1 }, mocks: { pay: { error: {} } }, until: PT1S, expect: { status: waiting } }
	EOF
	status 1 wfctl test sub
	assert_output --partial '2 tests, 2 failed'
	status 1 wfctl test --filter two .
	assert_output --partial '1 test, 1 failed'
	status 2 wfctl test --filter three sub
	mv sub/other.test.yaml lone.test.yaml
	sed -i '/^workflow/d' lone.test.yaml
	status 4 wfctl test lone.test.yaml
	status 2 wfctl test
	mkdir empty
	status 2 wfctl test empty
	ok wfctl lint .
}

@test "roles and resolvers stand for whom the test says" {
	cat >role.yaml <<-'EOF'
	workflow:
	  id: role
	  steps:
	    - id: ask
	      action: approval.request
	      with: { quorum: 1, approvers: { roles: [boss] } }
	EOF
	cat >role.test.yaml <<-'EOF'
	tests:
	  - name: the boss
	    mocks: { ask: { approvers: [zoe] } }
	    script: [{ approve: ask, by: zoe }]
	    expect: { status: completed, output: }
	EOF
	sed -i 's/, output: }/ }/' role.test.yaml
	ok wfctl test role.test.yaml
}

@test "the workflows that come with it pass their tests" {
	ok wfctl test "$ROOT/workflows"
	assert_output --partial ', 0 failed'
	for w in "$ROOT"/workflows/*.yaml; do
		case $w in *.test.yaml) continue ;; esac
		[ -e "${w%.yaml}.test.yaml" ] || fail "$w has no tests"
	done
}
