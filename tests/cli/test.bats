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

# -- mocks that cannot be --

@test "a mock that its action cannot give is an error of the test file" {
	tests <<-'EOF'
	defaults:
	  mocks: { pay: { output: { exit_code: 300 } } }
	tests:
	  - name: wrong
	    input: { amount: 5 }
	    mocks:
	      exec.run: [{ output: { exit_code: 0 } }, { output: { code: 0, stderr: 7 } }]
	      packed: { output: {} }
	      check: { output: {} }
	      ask: { output: { decision: approve } }
	    expect: { status: completed }
	  - name: two at once, and nobody is asked
	    mocks: { pay: { output: {}, error: {} } , exec.run: { approvers: [ann] } }
	    expect: { status: completed }
	EOF
	status 1 wfctl test order.test.yaml
	assert_line --partial 'order.test.yaml:2:40: error[wrong-value]: what exec.run gives: exit_code must be at most 255'
	assert_line --partial 'order.test.yaml:7:60: error[unknown-key]: what exec.run gives: code'
	assert_line --partial 'order.test.yaml:7:77: error[wrong-type]: what exec.run gives: stderr is an integer'
	assert_line --partial '8:7: error[wrong-value]: `packed` (wait.signal) takes no mock: the script says which signals come'
	assert_line --partial '9:7: error[wrong-value]: `check` (data.set) takes no mock'
	assert_line --partial '10:22: error[wrong-value]: what people decide is said by the script'
	assert_line --partial 'one attempt has one outcome, and this one has `output` too'
	assert_line --partial 'exec.run asks nobody'
	refute_output --partial 'ok wrong'
}

@test "a mocked error has a type that there is, unless the workflow names it" {
	tests <<-'EOF'
	tests:
	  - name: typo
	    input: { amount: 5 }
	    mocks: { pay: [{ error: { type: ExecErorr } }, { error: { type: Nonsense } }, { error: { code: x } }] }
	    expect: { status: failed }
	EOF
	status 1 wfctl test order.test.yaml
	assert_line --partial '4:37: error[error-type-unknown]: exec.run fails with no `ExecErorr`; did you mean `ExecError`?'
	assert_line --partial 'exec.run fails with no `Nonsense`'
	cat >own.yaml <<-'EOF'
	workflow:
	  id: own
	  steps:
	    - id: sub
	      action: workflow.run
	      with: { workflow: child }
	      on_failure: { handlers: [{ error_type: TooDear, to: dear }] }
	      next: [{ to: end }]
	    - { id: dear, action: data.set, with: { a: 1 } }
	EOF
	cat >own.test.yaml <<-'EOF'
	tests:
	  - { name: named, mocks: { sub: { error: { type: TooDear } } }, expect: { status: completed, exactly: [sub, dear] } }
	  - { name: of a child that is not known, mocks: { sub: { error: { type: Whatever } } }, expect: { status: failed } }
	EOF
	ok wfctl test own.test.yaml
	# a child that is known fails with what it says itself
	cat >child.yaml <<-'EOF'
	workflow:
	  id: child
	  output: { type: object, required: [total], properties: { total: { type: integer } } }
	  steps: [{ id: stop, action: fail, with: { error_type: Empty, code: none, message: nothing is there } }]
	  completion: { on_success: { output: { total: 1 } } }
	EOF
	status 1 wfctl test own.test.yaml
	assert_line --partial '3:74: error[error-type-unknown]: child fails with no `Whatever`'
	sed -i 's/Whatever/Empty/' own.test.yaml
	ok wfctl test own.test.yaml
}

@test "a mocked child gives what its output schema says" {
	cat >both.yaml <<-'EOF'
	workflow:
	  id: whole
	  steps: [{ id: sub, action: workflow.run, with: { workflow: part } }]
	  completion: { on_success: { output: { total: "${sub.total}" } } }
	---
	workflow:
	  id: part
	  output: { type: object, required: [total], properties: { total: { type: integer } } }
	  steps: [{ id: count, action: data.set, with: { total: 4 } }]
	  completion: { on_success: { output: { total: "${count.total}" } } }
	EOF
	cat >whole.test.yaml <<-'EOF'
	workflow: both.yaml
	workflow_id: whole
	tests:
	  - { name: counts, mocks: { sub: { output: { total: 7 } } }, expect: { status: completed, output: { total: 7 } } }
	EOF
	ok wfctl test whole.test.yaml
	sed 's/total: 7 } } }, expect/total: much } } }, expect/' whole.test.yaml >wrong.test.yaml
	status 1 wfctl test wrong.test.yaml
	assert_line --partial 'wrong.test.yaml:4:54: error[wrong-type]: the output of `part`: total is a string, must be an integer'
	# a file of several workflows, and one of another name
	sed '/^workflow_id/d' whole.test.yaml >none.test.yaml
	status 2 wfctl test none.test.yaml
	assert_output --partial 'both.yaml holds 2 workflows: whole, part'
	assert_output --partial 'workflow_id'
	sed 's/^workflow_id: .*/workflow_id: hole/' whole.test.yaml >none.test.yaml
	status 4 wfctl test none.test.yaml
	assert_output --partial 'no workflow hole; it holds whole, part'
	# a child in a file of another name
	cat >mother.yaml <<-'EOF'
	workflow: { id: mother, steps: [{ id: sub, action: workflow.run, with: { workflow: part } }] }
	EOF
	cat >mother.test.yaml <<-'EOF'
	children: [both.yaml]
	tests: [{ name: x, mocks: { sub: { output: {} } }, expect: { status: completed } }]
	EOF
	status 1 wfctl test mother.test.yaml
	assert_output --partial 'the output of `part`: total is required'
	sed -i 's/both/booth/' mother.test.yaml
	status 1 wfctl test mother.test.yaml
	assert_output --partial '1:12: error[file]: booth.yaml cannot be read'
}

@test "what a step would have failed with is no output of it" {
	cat >codes.yaml <<-'EOF'
	workflow:
	  id: codes
	  steps:
	    - { id: one, action: exec.run, with: { command: [a], success_codes: [0, 3] } }
	    - { id: two, action: http.request, with: { url: "http://a.example", expect: ["2xx", 404] } }
	    - { id: three, action: http.request, with: { url: "http://a.example" } }
	EOF
	cat >codes.test.yaml <<-'EOF'
	tests:
	  - name: possible
	    mocks: { one: { output: { exit_code: 3 } }, two: { output: { status: 404 } }, three: { output: { status: 299, body: [] } } }
	    expect: { status: completed, steps: { two: { output: { headers: {}, body: null } }, one: { output: { stdout: "" } } } }
	  - name: impossible
	    mocks:
	      one: { output: { exit_code: 1 } }
	      two: { output: { status: 300 } }
	      three: { output: { status: 404 } }
	    expect: { status: completed }
	  - name: impossible text
	    mocks: { one: [{ output: { stdout: { a: 1 } } }], http.request: { output: { status: 200 } } }
	    expect: { status: completed }
	EOF
	status 1 wfctl test codes.test.yaml
	assert_line --partial '  ok possible'
	assert_line --partial "codes.test.yaml:7:24: 1 is not among the step's \`success_codes\`"
	assert_line --partial 'codes.test.yaml:8:24: the step does not expect status 300'
	assert_line --partial 'codes.test.yaml:9:26: the step does not expect status 404'
	assert_line --partial 'codes.test.yaml:12:32: standard output is text unless'
}

@test "mocks that nothing asks for are warned of, and change no status" {
	tests <<-'EOF'
	defaults:
	  input: { amount: 5 }
	  mocks: { exec.run: { output: {} }, ask: { approvers: [ann] } }
	tests:
	  - name: idle
	    mocks: { pay: [{ output: {} }, { error: {} }], exec.run: { output: {} } }
	    until: PT1H
	    expect: { status: waiting }
	  - { name: used, until: PT1H, expect: { status: waiting } }
	EOF
	ok wfctl test order.test.yaml
	assert_line --partial 'order.test.yaml:6:14: warning: `pay` has 2 outcomes, and only 1 of them came'
	assert_line --partial 'order.test.yaml:6:52: warning: nothing asked for the mock of `exec.run`'
	assert_line --partial 'order.test.yaml:3:38: warning: no test asks for the mock of `ask`'
	refute_output --partial 'no test asks for the mock of `exec.run`'
	ok wfctl test -o json order.test.yaml
	shape test
	ok wfctl test -o tap order.test.yaml
	assert_line '# warning: order.test.yaml:6: nothing asked for the mock of `exec.run`'
	# of the tests that a filter leaves out nothing is known
	ok wfctl test --filter used order.test.yaml
	refute_output --partial warning
}

@test "a mock of a test takes the place of the defaults' whole" {
	tests <<-'EOF'
	defaults:
	  input: { amount: 5 }
	  mocks: { pay: { error: { type: ExecError } } }
	tests:
	  - { name: own, mocks: { pay: { output: {} } }, until: PT1H, expect: { status: waiting, steps: { pay: completed } } }
	  - { name: theirs, expect: { status: failed, steps: { pay: { attempts: 3 } } } }
	EOF
	ok wfctl test order.test.yaml
}

@test "what nobody takes is a failure, unless that is what is tested" {
	tests <<-'EOF'
	defaults:
	  input: { amount: 5 }
	  mocks: { pay: { output: {} } }
	tests:
	  - name: nobody
	    script: [{ at: PT1H, signal: packd }, { at: PT2H, signal: packed, data: { who: x } }]
	    expect: { status: completed }
	  - name: nobody, as it should be
	    script: [{ at: PT1H, event: packed, taken: false }, { signal: packed, data: { who: x } }]
	    expect: { status: completed }
	  - name: somebody all the same
	    script: [{ at: PT1H, signal: packed, data: { who: x }, taken: false }]
	    expect: { status: completed }
	EOF
	status 1 wfctl test order.test.yaml
	assert_line --partial 'order.test.yaml:6:14: nobody took the signal `packd`'
	assert_line --partial '  ok nobody, as it should be'
	assert_line --partial 'order.test.yaml:12:14: it was taken, and `taken: false` says that nobody takes it'
}

# -- coverage for CI --

@test "coverage in TAP and JUnit, and the least that is wanted" {
	tests <<-'EOF'
	tests:
	  - name: small
	    input: { amount: 5 }
	    mocks: { pay: { output: {} } }
	    until: PT1H
	    expect: { status: waiting }
	EOF
	ok wfctl test -o tap order.test.yaml
	assert_line --partial '# coverage of order.test.yaml: steps 3 of 4 (75.0%), branches '
	assert_line --partial '# coverage: steps 3 of 4 (75.0%), branches '
	refute_output --partial 'missed'
	ok wfctl test -o tap --coverage order.test.yaml
	assert_line '#   missed ask'
	assert_line '#   missed check -> ask (check.large)'
	ok wfctl test -o junit --coverage order.test.yaml
	assert_line '      <property name="coverage.steps.covered" value="3"/>'
	assert_line '      <property name="coverage.steps.percent" value="75.0"/>'
	assert_line --partial '<system-out>missed ask'
	assert_line --index 1 '<testsuites tests="1" failures="0">'
	assert_line '</testsuites>'
	ok wfctl test --min-coverage 10 order.test.yaml
	status 1 wfctl test --min-coverage 76 -o json order.test.yaml
	assert_output --partial '75.0% of the steps were reached, and --min-coverage asks for 76%'
	status 2 wfctl test --min-coverage 101 order.test.yaml
	status 2 wfctl test --min-coverage most order.test.yaml
}

@test "a workflow that two files test counts once in what all of them reached" {
	tests <<-'EOF'
	tests:
	  - name: small
	    input: { amount: 5 }
	    mocks: { pay: { output: {} } }
	    until: PT1H
	    expect: { status: waiting }
	EOF
	cat >large.test.yaml <<-'EOF'
	workflow: order.yaml
	tests:
	  - name: large
	    input: { amount: 5000 }
	    until: PT1H
	    expect: { status: waiting }
	EOF
	ok wfctl test -o json order.test.yaml
	small=$(jq -c '.coverage | [.steps, .branches | .covered, .total]' <<<"$output")
	ok wfctl test -o json large.test.yaml
	large=$(jq -c '.coverage | [.steps, .branches | .covered, .total]' <<<"$output")
	assert_not_equal "$small" "$large"
	ok wfctl test -o json order.test.yaml large.test.yaml
	both=$(jq -c '.coverage | [.steps, .branches | .covered, .total]' <<<"$output")
	# each is still told by itself, and what neither reached is missed
	assert_equal "$(jq -c '[.files[].coverage | [.steps, .branches | .covered, .total]]' <<<"$output")" \
		"[$small,$large]"
	assert_equal "$(jq -n --argjson b "$both" --argjson s "$small" '$b[1] == $s[1] and $b[3] == $s[3]')" true
	assert_equal "$(jq '.coverage.steps.total - .coverage.steps.covered' <<<"$output")" \
		"$(jq '[.files[].coverage.steps.missed] | .[0] - (.[0] - .[1]) | length' <<<"$output")"
	assert_equal "$(jq '.coverage.branches.total - .coverage.branches.covered' <<<"$output")" \
		"$(jq '[.files[].coverage.branches.missed] | .[0] - (.[0] - .[1]) | length' <<<"$output")"
	# twice the same file is one workflow, too
	ok wfctl test -o json order.test.yaml order.test.yaml
	assert_equal "$(jq -c '.coverage | [.steps, .branches | .covered, .total]' <<<"$output")" "$small"
	ok wfctl test -o tap order.test.yaml large.test.yaml
	assert_line --partial "# coverage: steps $(jq -r '"\(.[0]) of \(.[1])"' <<<"$both") "
}

@test "the example of the manual is a file of tests that pass" {
	for name in pay.yaml pay.test.yaml; do
		sed -n "/@FILE $name\$/,/@END/p" "$ROOT/man/wfctl-test.5" | grep -v '^\.' >"$name"
		[ -s "$name" ] || fail "no $name in the page"
	done
	ok wfctl test pay.test.yaml
	assert_output --partial '3 tests, 0 failed'
	refute_output --partial 'warning'
}

@test "a step of a defined action is mocked as what performs it, and its connections are said" {
	cat >mail.yaml <<-'EOF'
	name: Mail
	trigger: { type: manual }
	steps: [{ id: warn, type: send_email, config: { to: a@example.org, template: over } }]
	EOF
	cat >mail.test.yaml <<-'EOF'
	tests: [{ name: told, mocks: { warn: { output: { body: { id: m1 } } } }, expect: { status: completed, steps: { warn: { output: { message_id: m1 } } } } }]
	EOF
	status 1 wfctl test mail.test.yaml
	assert_output --partial 'connection.email is not there (`connections` of the test says what that is)'
	sed -i '1i defaults: { connections: { email: { base_url: "http://mail.example" } } }' mail.test.yaml
	ok wfctl test mail.test.yaml
	sed -i 's/body: { id: m1 }/message_id: m1/' mail.test.yaml
	status 1 wfctl test mail.test.yaml
	assert_output --partial '`send_email` is performed by http.request, whose output the mock is: message_id is not allowed here'
}
