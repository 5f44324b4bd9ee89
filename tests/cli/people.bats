#!/usr/bin/env bats
# Who is asked: roles and functions of a directory, resolvers that answer, fail, hang and talk nonsense;
# groups, escalations, reminders and what is sent with them.

load helper
load shape
load people

setup() {
	home_setup
	cat >"$WFCTL_HOME/people.yaml" <<-'EOT'
	roles:
	  finance-leads: [carol, dave]
	  nobody: []
	functions:
	  team.leads: { u1: [alice], u2: [bob, erin] }
	EOT
	export WFCTL_NOW=2026-11-20T09:00:00Z
}

# asked WITH: who the approval of #1 asks
asked() {
	ask_workflow "$1"
	status 3 wfctl run ask.yaml
	ok wfctl show 1 -o json
	jq -c '.steps[0].approval.asked' <<<"$output" >asked
}

@test "a role" {
	asked 'quorum: 1, approvers: { roles: [finance-leads] }'
	assert_equal "$(cat asked)" '["carol","dave"]'
	ok wfctl approve 1 --as dave
	assert_output --partial "#1 completed"
	ok wfctl journal check
}

@test "a function of the directory" {
	printf 'resolvers:\n  team.leads: { directory: true }\n' >>"$WFCTL_HOME/config.yaml"
	asked 'quorum: 2, approvers: { dynamic: "team.leads(u2)" }'
	assert_equal "$(cat asked)" '["bob","erin"]'
}

@test "a command answers" {
	cat >>"$WFCTL_HOME/config.yaml" <<-'EOT'
	resolvers:
	  oncall: { command: [sh, -c, 'printf "[\"zoe\", \"%s\"]" "$1"', sh] }
	EOT
	asked 'quorum: 1, approvers: { dynamic: "oncall(night)" }'
	assert_equal "$(cat asked)" '["zoe","night"]'
}

# fails_with WITH ERROR: the step fails of that
fails_with() {
	ask_workflow "$1"
	status 1 wfctl run ask.yaml
	assert_output --partial "$2"
	ok wfctl journal check
}

@test "an empty set without a fallback, and with one" {
	fails_with 'quorum: 1, approvers: { roles: [nobody] }' "PolicyError approvers_empty"
	ask_workflow 'quorum: 1, approvers: { roles: [nobody], fallback: { list: [ops] } }'
	status 3 wfctl run ask.yaml
	ok wfctl show 2 -o json
	assert_equal "$(jq -c '.steps[0].approval.asked' <<<"$output")" '["ops"]'
}

@test "fewer people than approvals" {
	fails_with 'quorum: 3, approvers: { roles: [finance-leads] }' "PolicyError approvers_too_few"
}

@test "a role or a resolver that is not there" {
	fails_with 'quorum: 1, approvers: { roles: [pirates] }' "failed at approval"
	fails_with 'quorum: 1, approvers: { dynamic: "no.such(1)" }' "failed at approval"
}

@test "a resolver that fails, and one that talks nonsense" {
	cat >>"$WFCTL_HOME/config.yaml" <<-'EOT'
	resolvers:
	  broken: { command: [sh, -c, "exit 3"] }
	  nonsense: { command: [sh, -c, "echo maybe"] }
	  numbers: { command: [sh, -c, "echo [1]"] }
	EOT
	fails_with 'quorum: 1, approvers: { dynamic: "broken(1)" }' "ExecError exit_3"
	fails_with 'quorum: 1, approvers: { dynamic: "nonsense(1)" }' "gives no list of names, but what is not JSON"
	fails_with 'quorum: 1, approvers: { dynamic: "numbers(1)" }' "gives no list of names, but a list with something else in it"
}

@test "a resolver that hangs" {
	unset WFCTL_NOW
	printf 'resolvers:\n  slow: { command: [sh, -c, "exec sleep 60"] }\n' >>"$WFCTL_HOME/config.yaml"
	ask_workflow 'quorum: 1, approvers: { dynamic: "slow(1)" }'
	sed -i 's/^      action: approval.request/&\n      timeout_ms: 300/' ask.yaml
	status 1 wfctl run ask.yaml
	assert_output --partial "TimeoutError"
}

@test "a directory that cannot be read, or is none" {
	ask_workflow 'quorum: 1, approvers: { roles: [finance-leads] }'
	echo 'roles: { finance-leads: carol }' >"$WFCTL_HOME/people.yaml"
	status 1 wfctl run ask.yaml
	assert_output --partial "people.yaml:1: finance-leads is a list of people's names"
	echo 'rolls: {}' >"$WFCTL_HOME/people.yaml"
	status 1 wfctl run ask.yaml
	assert_output --partial "rolls is neither"
	WFCTL_DIRECTORY=/nowhere/people.yaml status 1 wfctl run ask.yaml
	assert_output --partial "/nowhere/people.yaml"
}

@test "groups, one after the other" {
	ask_workflow 'order: sequence, groups: [ { name: leads, quorum: 1, approvers: { list: [alice] } }, { name: finance, quorum: 2, approvers: { roles: [finance-leads] } } ]'
	status 3 wfctl run ask.yaml
	assert_output --partial "leads 0 of 1, finance 0 of 2: alice"
	status 5 wfctl approve 1 --as carol
	assert_output --partial "carol is not yet asked"
	ok wfctl approvals --as alice -o json
	shape approvals
	ok wfctl approve 1 --as alice
	ok wfctl approvals --as alice
	assert_output --partial "nothing waits for alice"
	ok wfctl why 1
	assert_line "  needs   finance: 2 more of: carol, dave"
	ok wfctl approve 1 --as dave
	ok wfctl approve 1 --as carol
	assert_output --partial "#1 completed"
	ok wfctl journal check
}

@test "who started it may not decide" {
	ask_workflow 'deny_initiator: true, quorum: 1, approvers: { list: [ann, bob] }'
	status 3 wfctl run ask.yaml
	status 5 wfctl approve 1 --as ann
	ok wfctl approve 1 --as bob
}

@test "escalations and reminders, each once, with what is sent" {
	ask_workflow 'policy: level1, sla: P1D, approvers: { list: [alice] },
          reminders: { every: PT1H, max: 1, notify: { action: exec.run, with: { command: [sh, -c, "echo remind $1 >>sent", sh, "${approval.number}"] } } },
          escalations: [ { after: PT2H, notify: { action: exec.run, with: { shell: "echo escalate >>sent" } }, add_approvers: { list: [bob] } }, { after: PT4H, escalate_to: { list: [carol] } } ], on_breach: reject'
	status 3 wfctl run ask.yaml
	ok wfctl approvals --as alice -o wide
	assert_line --index 1 --partial "10:00:00 those asked are reminded"
	WFCTL_NOW=2026-11-20T10:00:01Z wfctl resume >resumed || true
	grep -q 'note  approval.*reminder 1: those asked are reminded' resumed
	WFCTL_NOW=2026-11-20T11:00:01Z wfctl resume >resumed || true
	grep -q 'note  approval.*escalation 1: it sends a notification and asks also bob' resumed
	assert_equal "$(paste -sd, sent)" "remind 1,escalate"
	export WFCTL_NOW=2026-11-20T11:30:00Z
	ok wfctl show 1
	assert_line --regexp '^    approval.notify1 +completed'
	assert_line --regexp '^    approval.reminder +completed'
	ok wfctl show 1 -o json
	shape show
	assert_equal "$(jq -c '.steps[0].approval.asked' <<<"$output")" '["alice","bob"]'
	WFCTL_NOW=2026-11-20T13:00:01Z wfctl resume >/dev/null || true
	export WFCTL_NOW=2026-11-20T13:30:00Z
	status 5 wfctl approve 1 --as alice
	ok wfctl history 1 -o json
	shape history
	ok wfctl approve 1 --as carol
	assert_output --partial "#1 completed"
	assert_equal "$(wc -l <sent)" 2
	ok wfctl journal check
}
