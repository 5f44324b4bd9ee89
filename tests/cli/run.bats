#!/usr/bin/env bats
# wfctl run: input, steps on the screen, statuses, batches.

load helper
load shape

setup() {
	home_setup
	cat >greet.yaml <<-'EOT'
	workflow:
	  id: greet
	  version: 1.2.0
	  input:
	    type: object
	    required: [user]
	    properties:
	      user: { type: object, required: [name], properties: { name: { type: string, minLength: 1 } } }
	      times: { type: integer, default: 1, maximum: 9 }
	  steps:
	    - { id: say, action: exec.run, with: { command: [echo, "hello ${user.name}"] } }
	    - { id: never, action: exec.run, condition: { when: "${times} > 5" }, with: { command: [echo, many] } }
	    - { id: count, action: data.set, with: { n: "${times + 1}" } }
	  completion: { on_success: { result: success, output: { text: "${trim(say.stdout)}", n: "${count.n}" } } }
	EOT
	cat >num.yaml <<-'EOT'
	workflow:
	  id: num
	  input: { type: object, required: [n], additionalProperties: false, properties: { n: { type: integer } } }
	  steps:
	    - { id: odd, action: fail, condition: { when: "${n % 2 == 1}" }, with: { error_type: ValidationError, code: odd, message: "${n} is odd" } }
	    - { id: ask, action: approval.request, condition: { when: "${n == 100}" }, with: { policy: level1, approvers: { list: [ann] } } }
	  completion: { on_success: { output: "${n}" } }
	EOT
}

@test "steps, one line each, and the end" {
	ok wfctl run greet.yaml --set user.name=Ann
	assert_line --index 0 "#1 greet 1.2.0"
	assert_line --index 1 --regexp '^  ok    say    exit 0 +[0-9]+ ms$'
	assert_line --index 2 "  skip  never"
	assert_line --index 3 "  ok    count"
	assert_line --index 4 --regexp '^#1 completed \(success\) after [0-9]+ ms$'
	[[ $output != *$'\033'* ]]
}

@test "json is one document of the promised shape" {
	ok wfctl run greet.yaml --set user.name=Ann -o json
	shape run
	assert_output --partial '"text": "hello Ann"'
	assert_output --partial '"n": 2'
	ok wfctl run greet.yaml --set user.name=Ann -o jsonl
	assert_equal "${#lines[@]}" 1
}

@test "quiet gives the number" {
	ok wfctl run -q greet.yaml --set user.name=Ann
	assert_output 1
}

@test "input: wrong is refused before anything is journaled, with the schema's path" {
	status 2 wfctl run greet.yaml
	assert_output --partial "/user is required"
	status 2 wfctl run greet.yaml --set user.name=Ann --set times=ten
	assert_output --partial "/times is a string"
	assert_output --partial "(schema /properties/times/type)"
	status 2 wfctl run greet.yaml --set user.name=
	status 2 wfctl run greet.yaml --input '{"user": {"name": 1}}'
	assert_output --partial "/user/name"
	status 2 wfctl run greet.yaml --input 'x'
	status 2 wfctl run greet.yaml --set nothing
	run --separate-stderr wfctl run greet.yaml -o json
	assert_failure 2
	assert_output --partial '"code": "INVALID_INPUT"'
	shape error
	ok wfctl ps
	assert_output "0 of 0 instances."
}

@test "a definition with errors does not run" {
	sed 's/data.set/data.sett/' greet.yaml >bad.yaml
	status 1 wfctl run bad.yaml --set user.name=Ann
	assert_output --partial "error[action-unknown]"
	ok wfctl ps
	assert_output "0 of 0 instances."
}

@test "a dry run starts nothing, and needs no home" {
	ok wfctl run greet.yaml --set user.name=Ann --dry-run --home "$BATS_TEST_TMPDIR/none"
	assert_line --index 0 --partial "would start greet 1.2.0"
	assert_output --partial "times: 1"
	ok wfctl run greet.yaml --set user.name=Ann --dry-run -o json
	shape run
}

@test "statuses: completed 0, failed 1, parked 3, unknown 4, no home 7" {
	status 0 wfctl run num.yaml --set n=2
	status 1 wfctl run num.yaml --set n=3
	assert_output --partial "#2 failed at odd: ValidationError odd: 3 is odd. Next: wfctl show 2"
	status 3 wfctl run num.yaml --set n=100
	assert_output --partial "#3 is parked: it waits for approvals. Next: wfctl approve 3"
	status 4 wfctl run nothing
	assert_output --partial "there is no workflow nothing"
	status 7 wfctl run num.yaml --set n=2 --home "$BATS_TEST_TMPDIR/none"
	assert_output --partial "wfctl init"
}

@test "a retry is shown, with what went wrong" {
	cat >flaky.yaml <<-'EOT'
	workflow:
	  id: flaky
	  steps:
	    - id: try
	      action: exec.run
	      with: { shell: "test -e mark || { touch mark; exit 3; }" }
	      retry: { max_attempts: 3, backoff: fixed, initial_delay: PT0.01S, on: [ExecError] }
	EOT
	ok wfctl run flaky.yaml
	assert_line --index 1 --regexp '^  retry try .*ExecError exit_3.* again in .*attempt 2 of 3$'
	assert_line --index 2 --regexp '^  ok    try +exit 0 .*attempt 2 of 3$'
}

@test "a timer beyond --stay parks the instance" {
	cat >later.yaml <<-'EOT'
	workflow:
	  id: later
	  steps: [{ id: wait, action: wait.timer, with: { duration: PT1H } }]
	EOT
	status 3 wfctl run later.yaml
	assert_output --partial "#1 is parked: it waits for a timer. Next: wfctl resume 1"
	status 2 wfctl run later.yaml --stay soon
}

@test "who started it is kept" {
	ok wfctl run greet.yaml --set user.name=Ann --as carol
	ok wfctl show 1 -o json
	assert_output --partial '"started_by": "carol"'
	assert_output --partial "\"os_user\": \"$(id -un)\""
}

@test "a home whose identity cannot be checked is refused" {
	echo 'identity: tokens' >"$WFCTL_HOME/config.yaml"
	status 5 wfctl run num.yaml --set n=2
}

@test "a full standard output is said, and what ran is kept" {
	run wfctl run num.yaml --set n=2 >/dev/full
	run sh -c "exec '$WFCTL_BUILD/wfctl' run num.yaml --set n=2 >/dev/full"
	assert_failure 1
	assert_output "wfctl: standard output cannot be written: No space left on device"
	run sh -c "exec '$WFCTL_BUILD/wfctl' run num.yaml --set n=2 >&-"
	assert_failure 1
	assert_output --partial "standard output cannot be written"
	ok wfctl journal check
}

@test "a batch: a line an instance, a result a line, bad lines do not stop it" {
	printf '%s\n' '{"n": 2}' '{"n": 3}' '' 'nonsense' '{"m": 1}' '{"n": 100}' '{"n": 4}' >in.jsonl
	run --separate-stderr wfctl run num.yaml --batch in.jsonl --jobs 2
	assert_failure 1
	assert_equal "${#lines[@]}" 6
	assert_line --regexp '^\{"line":1,"number":[0-9]+,"uuid":"[0-9a-f-]{36}","status":"completed","output":2\}$'
	assert_line --regexp '^\{"line":2,.*"status":"failed",.*"error":\{.*"3 is odd"'
	assert_line --regexp '^\{"line":4,"number":null,.*"status":"refused".*"SYNTAX_ERROR"'
	assert_line --regexp '^\{"line":5,.*"INVALID_INPUT".*/m'
	assert_line --regexp '^\{"line":6,.*"status":"waiting","waits_for":"approvals"'
	assert_equal "$(printf '%s\n' "${stderr_lines[@]}" | sed 's/ in .*//')" \
		"6 inputs: 2 completed, 1 failed, 1 parked, 2 refused"
	each=("${lines[@]}")
	for output in "${each[@]}"; do shape batch; done
	run --separate-stderr wfctl run num.yaml --batch in.jsonl -o json
	assert_equal "$(jq length <<<"$output")" "${#each[@]}"
}

@test "a batch: 0 when all completed, 3 when some are parked; standard input" {
	printf '{"n": 2}\n{"n": 4}' >in.jsonl
	run wfctl run num.yaml --batch - -q <in.jsonl
	assert_success
	assert_equal "${#lines[@]}" 2
	printf '{"n": 2}\n{"n": 100}\n' >in.jsonl
	status 3 wfctl run num.yaml --batch in.jsonl
	status 2 wfctl run num.yaml --batch missing.jsonl
	status 2 wfctl run num.yaml --batch in.jsonl --jobs 0
	status 2 wfctl run num.yaml --batch in.jsonl --set n=2
	status 2 wfctl run num.yaml --set n=2 --jobs 4
}

@test "a batch of a thousand, in the order of the lines when one at a time" {
	for i in $(seq 2 2 2000); do echo "{\"n\": $((i == 100 ? 102 : i))}"; done >in.jsonl
	run --separate-stderr wfctl run num.yaml --batch in.jsonl --jobs 1
	assert_success
	assert_equal "${#lines[@]}" 1000
	assert_line --index 0 --partial '"line":1,"number":1,'
	assert_line --index 999 --partial '"line":1000,"number":1000,'
}

@test "TERM ends it after a clean commit, and resume goes on" {
	mkfifo go
	cat >slow.yaml <<-'EOT'
	workflow:
	  id: slow
	  steps:
	    - { id: wait, action: exec.run, with: { shell: "echo run >>ran; read x <go; echo $x" } }
	    - { id: done, action: data.set, with: { x: "${trim(wait.stdout)}" } }
	  completion: { on_success: { output: "${done.x}" } }
	EOT
	"$WFCTL_BUILD/wfctl" run slow.yaml >out 2>&1 3>&- &
	pid=$!
	wait_for test -s ran
	kill -TERM "$pid"
	ended=0
	wait "$pid" || ended=$?
	assert_equal "$ended" 143
	grep -q "wfctl resume goes on" out
	echo word >go &
	ok wfctl resume -o json
	assert_output --partial '"output": "word"'
	assert_equal "$(wc -l <ran)" 1
}

@test "an instance knows its number from its first step on, and replay sees the same" {
	cat >own.yaml <<-'EOT'
	workflow:
	  id: own
	  correlation_id: "run-${instance.number}"
	  steps:
	    - { id: a, action: data.set, with: { n: "${instance.number}", c: "${instance.correlation_id}" } }
	    - { id: b, action: exec.run, with: { command: ["true"] } }
	    - { id: c, action: data.set, with: { n: "${instance.number}" } }
	  completion: { on_success: { output: { first: "${a.n}", last: "${c.n}", named: "${a.c}" } } }
	EOT
	ok wfctl run own.yaml -o json
	local first=$output
	ok jq -c .output <<<"$first"
	assert_output '{"first":1,"last":1,"named":"run-1"}'
	run --separate-stderr wfctl run own.yaml --batch - <<<$'{}\n{}\n{}'
	assert_equal "$(jq -s 'all(.number == .output.first)' <<<"$output")" true
	ok wfctl journal check
}

@test "a batch whose steps ask for the instance's number: each sees its own" {
	cat >me.yaml <<-'EOT'
	workflow:
	  id: me
	  steps:
	    - { id: a, action: data.set, with: { me: "${instance.number}" } }
	  completion:
	    on_success: { result: success, output: "${a.me}" }
	EOT
	for i in $(seq 1 100); do echo '{}'; done >in.jsonl
	run --separate-stderr wfctl run me.yaml --batch in.jsonl
	assert_success
	[ "$(jq -c 'select(.number == .output)' <<<"$output" | wc -l)" -eq 100 ]
	[ "$(jq .number <<<"$output" | sort -u | wc -l)" -eq 100 ]
	ok wfctl journal check
}

@test "the same key gives the same instance" {
	cat >keyed.yaml <<-'EOT'
	workflow:
	  id: keyed
	  steps:
	    - { id: a, action: exec.run, with: { shell: "echo a >>ran-keyed" } }
	EOT
	ok wfctl run keyed.yaml --key order-1
	local first
	first=$(wfctl run keyed.yaml --key order-1 --quiet)
	ok wfctl run keyed.yaml --key order-1
	assert_line --index 0 --partial "was started with that key before"
	assert_equal "$(wc -l <ran-keyed)" 1
	ok wfctl run keyed.yaml --key order-1 -o json
	shape run
	assert_equal "$(jq .number <<<"$output")" "$first"
	assert_equal "$(jq -r .start_key <<<"$output")" order-1
	ok wfctl ps -o jsonl
	assert_equal "$(head -1 <<<"$output" | jq -r .start_key)" order-1
	ok wfctl run keyed.yaml --key order-2
	assert_equal "$(wc -l <ran-keyed)" 2
	status 2 wfctl run keyed.yaml --key ""
	status 2 wfctl run keyed.yaml --key x --batch inputs
	ok wfctl journal check
}

@test "concurrency: queued, rejected, replaced" {
	slow() {
		cat >"$1.yaml" <<-EOT
		workflow:
		  id: $1
		  concurrency: { key: "\${input.k}", limit: 1, on_conflict: $1 }
		  input: { type: object, properties: { k: { type: string, default: a } } }
		  steps:
		    - { id: pause, action: wait.signal, with: { name: go } }
		EOT
	}
	slow queue
	slow reject
	slow replace
	local n
	n=$(wfctl run queue.yaml --quiet || true)
	status 3 wfctl run queue.yaml
	assert_output --partial "#$((n + 1)) is queued for a free slot. Next: wfctl why $((n + 1))"
	status 3 wfctl run queue.yaml --set k=b
	assert_output --partial "waits for the signal go"
	status 3 wfctl run queue.yaml -o json
	shape run
	ok wfctl signal "$n" go
	ok wfctl ps --status queued -o jsonl
	assert_equal "${#lines[@]}" 1
	status 3 wfctl run reject.yaml
	status 6 wfctl run reject.yaml
	n=$(wfctl run replace.yaml --quiet || true)
	status 3 wfctl run replace.yaml
	assert_line "#$((n + 1)) takes the place of #$n, which is cancelled"
	ok wfctl show "$n" -o json
	assert_equal "$(jq -r .status <<<"$output")" cancelled
	status 3 wfctl run replace.yaml -o json
	assert_equal "$(jq -c '[.number, .replaced]' <<<"$output")" "[$((n + 2)),[$((n + 1))]]"
	shape run
	status 3 wfctl run replace.yaml --set k=other -o json
	assert_equal "$(jq -c .replaced <<<"$output")" null
	ok wfctl journal check
}

@test "a batch beyond the limit: each line has its result" {
	cat >one.yaml <<-'EOT'
	workflow:
	  id: one
	  concurrency: { key: "${input.k}", limit: 1 }
	  input: { type: object, properties: { k: { type: string, default: a } } }
	  steps:
	    - { id: a, action: exec.run, with: { shell: "echo a >>ran-one" } }
	EOT
	for i in 1 2 3 4 5; do echo '{}'; done >inputs
	wfctl run one.yaml --batch inputs >results 2>/dev/null
	assert_equal "$(jq -r .status results | sort | uniq -c | tr -s ' ')" " 5 completed"
	assert_equal "$(jq .line results | sort | paste -sd' ')" "1 2 3 4 5"
	assert_equal "$(wc -l <ran-one)" 5
}

@test "a batch whose slots others hold: each line says that it is queued" {
	cat >hold.yaml <<-'EOT'
	workflow:
	  id: hold
	  concurrency: { key: all, limit: 1 }
	  steps: [{ id: w, action: wait.signal, with: { name: go } }]
	EOT
	printf '{}\n{}\n{}\n' >inputs
	local rc=0
	wfctl run hold.yaml --batch inputs >results 2>said || rc=$?
	assert_equal "$rc" 3
	assert_equal "$(jq -r '"\(.line) \(.status)"' results | sort | paste -sd,)" "1 waiting,2 queued,3 queued"
	grep -q "2 queued" said
}
