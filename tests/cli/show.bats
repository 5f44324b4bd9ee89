#!/usr/bin/env bats
# wfctl show: the timeline, what an instance waits for, everything as JSON.

load helper
load shape

setup() {
	home_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 1.4.0
	  steps:
	    - { id: make, action: exec.run, with: { shell: "echo made" } }
	    - { id: ask, action: approval.request, with: { policy: level2, sla: P2D, approvers: { list: [alice, bob] }, message: "May it?" }, on_decision: { reject: { transition: end, result: failed } } }
	    - { id: last, action: data.set, with: { x: "${trim(make.stdout)}" } }
	  completion: { on_success: { result: success, output: { x: "${last.x}" } } }
	EOT
	export WFCTL_NOW=2026-11-20T09:12:05Z
	wfctl run flow.yaml >/dev/null || true
}

@test "an instance that waits: for what, since when, until when, what to do" {
	WFCTL_NOW=2026-11-20T09:40:00Z wfctl approve 1 --as alice --reason "checked" >/dev/null
	export WFCTL_NOW=2026-11-20T09:40:05Z
	ok wfctl show 1
	assert_line --index 0 "#1 flow 1.4.0   waiting   started 09:12:05   for 28 m   by ann"
	assert_line --index 1 --regexp '^  step  status     attempts  took +09:12 +09:40$'
	assert_line --index 2 --regexp '^  make  completed  1         0 ms'
	assert_line --index 3 --regexp '^  ask   waiting    -         28 m  +\|\.+>$'
	assert_line --index 4 "  last  pending    -         -"
	assert_line "ask waits for approvals since 09:12:05 (28 m)"
	assert_line "  asks     May it?"
	assert_line '  has      alice approved at 09:40:00 "checked"'
	assert_line "  needs    1 more of: bob"
	assert_line "  waits    until Sun 22 Nov 09:12 (1 day 23 h)"
	assert_line "  to do    wfctl approve 1, or wfctl reject 1"
}

@test "what an instance that has ended never reached was skipped" {
	cat >ends.yaml <<-'EOT'
	workflow:
	  id: ends
	  steps:
	    - { id: one, action: fail, condition: { when: "${input.get('bad', false)}" }, with: { message: bad } }
	    - { id: two, action: data.set, with: {}, next: [{ to: end, when: "${!has(input.far)}" }, { to: three }] }
	    - { id: three, action: data.set, with: {} }
	EOT
	local number
	for input in '{}' '{"bad":true}'; do
		number=$(wfctl run ends.yaml --input "$input" --quiet 2>/dev/null || true)
		ok wfctl show "${number:-none}" -o json
		assert_equal "$(jq -r '.steps[2].status' <<<"$output")" skipped
		ok wfctl show "$number"
		assert_output --regexp 'three +skipped'
	done
	ok wfctl show 1 -o json
	refute_output --partial '"_'
	ok wfctl graph --instance "$number"
	assert_output --regexp 's2 .*tooltip="skipped"'
}

@test "an instance that has ended" {
	WFCTL_NOW=2026-11-20T09:40:00Z wfctl approve 1 --as alice >/dev/null
	WFCTL_NOW=2026-11-20T11:25:05Z wfctl approve 1 --as bob >/dev/null
	export WFCTL_NOW=2026-11-21T12:00:00Z
	ok wfctl show 1
	assert_line --index 0 "#1 flow 1.4.0   completed (success)   started yesterday 09:12   took 2 h 13 m   by ann"
	assert_line --regexp '^  ask   approved   -         2 h 13 m  \|=+\|$'
	assert_line "  x: made"
	ok wfctl show 1 -o wide
	assert_line "output of make"
}

@test "json is everything, of the promised shape; yaml too" {
	ok wfctl show 1 -o json
	shape show
	assert_output --partial '"waits_for": "approvals"'
	assert_output --partial '"idempotency_key": "'
	ok wfctl show 1 -o yaml
	assert_line --index 0 "number: 1"
}

@test "by number, #number, uuid, prefix; ambiguous and unknown ones" {
	uuid=$(wfctl show 1 -o json | sed -n 's/^  "uuid": "\(.*\)",/\1/p')
	for name in 1 '#1' "$uuid" "${uuid^^}" "${uuid%??}"; do
		ok wfctl show "$name" -o json
		assert_output --partial "$uuid"
	done
	wfctl run flow.yaml >/dev/null || true
	# two made within one frozen instant share the time's digits
	status 2 wfctl show "${uuid:0:8}"
	assert_output --regexp "several instances: #[12], #[12]"
	status 4 wfctl show 99
	status 4 wfctl show ffff-ffff
	status 4 wfctl show nonsense
	status 2 wfctl show
}

@test "a failed one says of what" {
	sed -i 's/echo made/echo oops >\&2; exit 3/' flow.yaml
	wfctl run flow.yaml >/dev/null || true
	ok wfctl show 2
	assert_line --partial "failed at make: ExecError exit_3"
}

@test "a width narrows the table, never breaks it" {
	COLUMNS=60 ok wfctl show 1
	assert_line --index 0 --partial "#1 flow"
}

@test "--ui gives the components that apply, by priority, for who asks" {
	cat >ui.yaml <<-'EOT'
	workflow:
	  id: u
	  ui:
	    - { component: done, when: "status == 'completed'", priority: 5, context: { title: Done } }
	    - { component: output, when: "steps.a.output.x == 7 && data.n == 1" }
	    - { component: absent, when: "data.m == 7" }
	    - { component: skipped, when: "steps.b.output.x == 7" }
	    - { component: role, when: "'buyers' in security.roles", priority: -1 }
	    - { component: name, when: "security.name == 'carol'", priority: 5 }
	    - { component: failed, when: "status == 'failed' && error.type == 'BindingError'" }
	    - { component: always, priority: 5.5, name: Always }
	  steps:
	    - { id: a, action: data.set, with: { x: 7 } }
	    - { id: b, action: data.set, condition: { when: "1 == 2" }, with: { x: 7 } }
	EOT
	ok wfctl run ui.yaml --input '{"n":1}' -q
	echo 'roles: { buyers: [dave, carol], others: [eve] }' >"$WFCTL_HOME/people.yaml"
	ok wfctl show 2 --ui -o json --as carol
	shape show-ui
	assert_equal "$(jq -c 'map(.component)' <<<"$output")" '["role","output","done","name","always"]'
	assert_equal "$(jq -c '.[2]' <<<"$output")" '{"component":"done","priority":5,"context":{"title":"Done"}}'
	ok wfctl show 2 --ui -o json --as eve
	assert_equal "$(jq -c 'map(.component)' <<<"$output")" '["output","done","always"]'
	ok wfctl show 2 --ui
	assert_line --regexp '^ +5\.5 +always +Always$'
	ok wfctl show 1 --ui
	assert_output "no component applies"
}

@test "--ui: what waits is running, too, and not completed" {
	cat >ui.yaml <<-'EOT'
	workflow:
	  id: u
	  ui:
	    - { component: progress, when: "status == 'running'" }
	    - { component: waits, when: "status == 'waiting' && steps.a.status == 'waiting'" }
	    - { component: failed, when: "status == 'failed'" }
	    - { component: done, when: "status == 'completed'" }
	  concurrency: { max_in_flight: 1 }
	  steps: [ { id: a, action: wait.signal, with: { name: go } } ]
	EOT
	status 3 wfctl run ui.yaml -q
	ok wfctl show 2 --ui -o json
	assert_equal "$(jq -c 'map(.component)' <<<"$output")" '["progress","waits"]'
	status 3 wfctl run ui.yaml -q
	ok wfctl show 3 --ui -o json
	assert_equal "$(jq -c 'map(.component)' <<<"$output")" '["progress"]'
	ok wfctl signal 2 go
	ok wfctl show 2 --ui -o json
	assert_equal "$(jq -c 'map(.component)' <<<"$output")" '["done"]'
}
