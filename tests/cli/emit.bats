#!/usr/bin/env bats
# wfctl emit: starts what it triggers, wakes what waits for it, once.

load helper
load shape

setup() {
	home_setup
	cat >hello.yaml <<-'EOT'
	workflow:
	  id: hello
	  version: 1.0.0
	  triggers:
	    - { type: event, name: "customer.*", when: "${event.data.vip}", input: { id: "${event.data.id}" } }
	  input: { type: object, required: [id], properties: { id: { type: string } } }
	  steps:
	    - { id: greet, action: exec.run, with: { command: [sh, -c, "echo $1 >>ran", sh, "${input.id}"] } }
	EOT
	cat >waits.yaml <<-'EOT'
	workflow:
	  id: waits
	  version: 1.0.0
	  input: { type: object, properties: { id: { type: string } } }
	  steps:
	    - { id: paid, action: wait.event, with: { name: invoice.paid, match: "${event.data.id == (input.id ?? '')}" } }
	    - { id: book, action: exec.run, with: { shell: "echo booked >>ran" } }
	EOT
	wfctl register hello.yaml waits.yaml >/dev/null
}

@test "starts every workflow whose pattern and condition match" {
	ok wfctl emit customer.created --data '{"id": "c1", "vip": true}' --id crm-1
	assert_line --partial "#1 completed"
	assert_line "event 1 customer.created: started 1, woke 0"
	assert_equal "$(cat ran)" c1
	ok wfctl emit customer.created --data '{"id": "c2", "vip": false}'
	assert_output --partial "started 0, woke 0; kept for who asks for it later"
	ok wfctl emit supplier.created --data '{"id": "c2", "vip": true}'
	assert_output --partial "started 0"
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .event.name <<<"$output")" customer.created
	ok wfctl journal check
}

@test "what it starts may take the place of another, which is told" {
	cat >latest.yaml <<-'EOT'
	workflow:
	  id: latest
	  version: 1.0.0
	  concurrency: { max_in_flight: 1, on_conflict: replace }
	  triggers: [{ type: event, name: page.changed }]
	  steps: [{ id: wait, action: wait.signal, with: { name: go } }]
	EOT
	wfctl register latest.yaml >/dev/null
	ok wfctl emit page.changed -o json
	assert_equal "$(jq -c .replaced <<<"$output")" null
	ok wfctl emit page.changed
	assert_line "#2 takes the place of #1, which is cancelled"
	ok wfctl emit page.changed -o json
	shape emit
	assert_equal "$(jq -c .replaced <<<"$output")" "[2]"
}

@test "the same id is the same event" {
	ok wfctl emit customer.created --data '{"id": "c1", "vip": true}' --id crm-1
	ok wfctl emit customer.created --data '{"id": "c9", "vip": true}' --id crm-1
	assert_output "event 1 customer.created: came before, and was handed out"
	assert_equal "$(cat ran)" c1
}

@test "wakes who waits for it and matches; others go on waiting" {
	wfctl run waits --set id=a >/dev/null || true
	wfctl run waits --set id=b >/dev/null || true
	ok wfctl emit invoice.paid --data '{"id": "a"}'
	assert_line --partial "#1 completed"
	assert_line "event 1 invoice.paid: started 0, woke 1"
	ok wfctl ps --status waiting -o jsonl
	assert_equal "$(jq .number <<<"$output")" 2
	ok wfctl emit invoice.paid --data '{"id": "b"}' -o json
	shape emit
	assert_equal "$(jq .woken <<<"$output")" 1
	assert_equal "$(wc -l <ran)" 2
}

@test "one that comes early is kept for who asks for it later" {
	wfctl run waits --set id=z >/dev/null || true
	ok wfctl emit invoice.paid --data '{"id": "late"}'
	assert_output --partial "woke 0"
	sed -i 's/id: waits/id: slow/; s/^    - { id: paid/    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n&/' waits.yaml
	WFCTL_NOW=2026-11-20T09:00:00Z wfctl run waits.yaml --set id=c >/dev/null || true
	WFCTL_NOW=2026-11-20T09:30:00Z ok wfctl emit invoice.paid --data '{"id": "c"}'
	assert_output --partial "woke 0"
	WFCTL_NOW=2026-11-20T10:00:00Z ok wfctl resume
	assert_output --partial "#2 completed"
	ok wfctl journal check
}

@test "whether an event came before an instance is no matter of clocks, which may be set" {
	sed -i 's/id: waits/id: slow/; s/^    - { id: paid/    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n&/' waits.yaml
	# set back after they were started: it is for both of them
	at 2026-11-20T09:00:00Z wfctl run waits.yaml --set id=a >/dev/null || true
	at 2026-11-20T09:00:00Z wfctl run waits.yaml --set id=a >/dev/null || true
	at 2026-11-20T08:30:00Z ok wfctl emit invoice.paid --data '{"id": "a"}'
	assert_output --partial "woke 0"
	at 2026-11-20T10:00:00Z ok wfctl serve-once -o json
	assert_equal "$(jq -c '[.timers, .completed]' <<<"$output")" '[2,2]'
	# set back after it came: it is older than they are, and for the first who asks
	at 2026-11-20T12:00:00Z ok wfctl emit invoice.paid --data '{"id": "b"}'
	at 2026-11-20T09:00:00Z wfctl run waits.yaml --set id=b >/dev/null || true
	at 2026-11-20T09:00:00Z wfctl run waits.yaml --set id=b >/dev/null || true
	at 2026-11-20T10:00:00Z ok wfctl serve-once -o json
	assert_equal "$(jq -c '[.timers, .completed]' <<<"$output")" '[2,1]'
	ok wfctl journal check
}

@test "a disabled workflow is not started; a start that is refused is said" {
	wfctl workflow disable hello >/dev/null
	ok wfctl emit customer.created --data '{"id": "c1", "vip": true}'
	assert_output --partial "started 0"
	wfctl workflow enable hello >/dev/null
	run --separate-stderr wfctl emit customer.created --data '{"id": 7, "vip": true}'
	assert_success
	[[ $stderr == *"1 start was refused"* ]]
	[ ! -e ran ]
}

@test "over the limit, bad names, bad data" {
	head -c 1100000 /dev/zero | tr '\0' 1 >big
	status 2 wfctl emit customer.created --data @big
	assert_output --partial "big"
	status 2 wfctl emit customer.created --data - <big
	status 2 wfctl emit ""
	status 2 wfctl emit "customer.*"
	status 2 wfctl emit "two words"
	status 2 wfctl emit customer.created --data '{'
	status 2 wfctl emit customer.created --id ""
	status 2 wfctl emit
	ok wfctl emit customer.created --dry-run
	assert_output "would emit customer.created; nothing was emitted"
	ok wfctl emit customer.created --data '{}' --dry-run -o json
	shape emit
}

@test "a step emits one: kept with its result, handed out by the next sweep" {
	cat >sends.yaml <<-'EOT'
	workflow:
	  id: sends
	  version: 1.0.0
	  input: { type: object, required: [n], properties: { n: { type: integer } } }
	  steps:
	    - { id: tell, action: event.emit, with: { name: made.thing, data: { n: "${input.n}" } } }
	    - { id: again, action: event.emit, with: { name: made.thing, id: "${tell.id}" } }
	    - { id: odd, action: event.emit, with: { name: "${input.n > 5 ? 'with blank' : 'made.odd'}" } }
	  completion: { on_success: { output: "${[tell.new, again.new, again.event - tell.event]}" } }
	EOT
	cat >takes.yaml <<-'EOT'
	workflow:
	  id: takes
	  version: 1.0.0
	  triggers: [{ type: event, name: made.thing, input: { n: "${event.data.n}" } }]
	  input: { type: object, required: [n], properties: { n: { type: integer } } }
	  steps: [{ id: a, action: data.set, with: { n: "${input.n + 1}" } }]
	  completion: { on_success: { output: "${a.n}" } }
	EOT
	ok wfctl lint sends.yaml takes.yaml
	ok wfctl register takes.yaml
	ok wfctl run sends.yaml --set n=4 -o json
	assert_equal "$(jq -c .output <<<"$output")" "[true,false,0]"
	status 0 wfctl serve-once
	ok wfctl show 2 -o json
	assert_equal "$(jq -c '[.workflow, .output]' <<<"$output")" '["takes",5]'
	status 1 wfctl run sends.yaml --set n=6 -o json
	assert_equal "$(jq -r .error.code <<<"$output")" event_input
	ok wfctl journal check
	sed -i 's/name: made.thing, data/name: made..thing, data/' sends.yaml
	status 1 wfctl lint sends.yaml
	assert_output --partial "error[event-name]"
}

@test "an event that nothing could wait for is refused" {
	for name in . .placed order. order..placed; do
		status 2 wfctl emit "$name"
		assert_output --partial "a part between the dots of the event's name is empty: \"$name\""
	done
}
