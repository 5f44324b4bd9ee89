#!/usr/bin/env bats
# wfctl approve: quorum, who may, when it is too late.

load helper
load shape

setup() {
	home_setup
	cat >ask.yaml <<-'EOT'
	workflow:
	  id: ask
	  version: 1.0.0
	  steps:
	    - id: approval
	      action: approval.request
	      with: { policy: level2, sla: P2D, approvers: { list: [alice, bob, carol] }, message: "May it?" }
	      on_decision:
	        approve: { transition: next }
	        reject: { transition: end, result: failed }
	    - { id: after, action: exec.run, with: { shell: "echo after >>ran" } }
	  completion: { on_success: { result: success, output: { by: "${approval.decided_by}" } } }
	EOT
	export WFCTL_NOW=2026-11-20T09:12:05Z
	wfctl run ask.yaml >started || true
}

@test "the first of two is kept, the second drives on" {
	grep -q '  wait  approval  0 of 2: alice, bob, carol   until Sun 22 Nov 09:12 (2 days)' started
	ok wfctl approve 1 --as alice --reason "checked the budget"
	assert_output "#1 approval: 1 of 2, bob, carol are still asked"
	ok wfctl approve 1 --as carol
	assert_line --index 0 --partial "  ok    approval  approved by alice, carol"
	assert_line --index 1 --partial "  ok    after     exit 0"
	assert_line --index 2 --partial "#1 completed (success)"
	assert_equal "$(wc -l <ran)" 1
}

@test "only those asked, each once, and not after the end" {
	status 5 wfctl approve 1 --as mallory
	assert_output --partial "mallory is not asked"
	ok wfctl approve 1 --as alice
	status 6 wfctl approve 1 --as alice
	assert_output --partial "alice has already decided"
	ok wfctl approve 1 --as bob
	status 6 wfctl approve 1 --as carol
	ok wfctl journal check
}

@test "the code of a refusal, as JSON" {
	run --separate-stderr wfctl approve 1 --as mallory -o json
	assert_failure 5
	assert_output --partial '"code": "PERMISSION_DENIED"'
	shape error
	wfctl approve 1 --as alice >/dev/null
	run --separate-stderr wfctl approve 1 --as alice -o json
	assert_failure 6
	assert_output --partial '"code": "INVALID_TRANSITION"'
	run --separate-stderr wfctl approve 77 -o json
	assert_failure 4
	assert_output --partial '"code": "NOT_FOUND"'
}

@test "after its sla it is too late" {
	WFCTL_NOW=2026-11-22T09:12:04Z ok wfctl approve 1 --as alice
	WFCTL_NOW=2026-11-22T09:12:06Z status 6 wfctl approve 1 --as bob
	WFCTL_NOW=2026-11-22T09:12:07Z ok wfctl show 1 -o json
	assert_output --partial '"status": "failed"'
	assert_output --partial '"ApprovalExpired"'
	[ ! -e ran ]
}

@test "by the approval's own number, by uuid, by prefix" {
	ok wfctl approve a1 --as alice
	ok wfctl approve --approval 1 --as bob
	wfctl run ask.yaml >/dev/null || true
	uuid=$(wfctl show 2 -o json | sed -n 's/^  "uuid": "\(.*\)",/\1/p')
	ok wfctl approve "$uuid" --as alice
	ok wfctl approve "${uuid%????}" --as bob
	status 4 wfctl approve a99 --as bob
	status 4 wfctl approve 99 --as bob
}

@test "the answer as JSON is the instance" {
	ok wfctl approve 1 --as alice -o json
	shape approve
	assert_output --partial '"approved": 1'
	ok wfctl approve 1 --as bob -o json
	shape approve
	assert_output --partial '"status": "completed"'
}

@test "a failure after the decision is not the decision's" {
	sed -i 's/echo after >>ran/exit 3/' ask.yaml
	wfctl run ask.yaml >/dev/null || true
	ok wfctl approve 2 --as alice
	ok wfctl approve 2 --as bob
	assert_output --partial "#2 failed at after"
}

@test "a dry run decides nothing; wrong usage" {
	ok wfctl approve 1 --as alice --dry-run
	assert_output --partial "would approve instance #1 as alice"
	ok wfctl approve 1 --as alice --dry-run -o json
	shape approve
	assert_equal "$(jq -c . <<<"$output")" '{"dry_run":true,"number":1}'
	# it is refused as the decision would be
	status 5 wfctl approve 1 --as mallory --dry-run
	assert_output --partial "mallory is not asked"
	ok wfctl approve 1 --as alice
	status 6 wfctl approve 1 --as alice --dry-run
	assert_output --partial "alice has already decided"
	status 2 wfctl approve
	status 2 wfctl approve 1 --approval 1
	status 2 wfctl approve 1 2
	status 4 wfctl approve 1 --step nothing --as bob
	ok wfctl approve 1 --step approval --as bob
}

@test "--all-of: everything of a workflow that asks me, and nothing else" {
	sed 's/id: ask/id: other/' ask.yaml >other.yaml
	sed 's/level2/level1/; s/alice, bob, carol/dave/' ask.yaml >dave.yaml
	for f in ask ask other dave; do wfctl run $f.yaml >/dev/null || true; done
	wfctl approve 1 --as bob >/dev/null
	status 2 wfctl approve --all-of ask --as alice
	assert_output --partial "approve 3 approvals of ask as alice?"
	assert_output --partial "needs --yes"
	ok wfctl approve --all-of ask --as alice --dry-run
	assert_output "would approve 3 approvals of ask as alice: #1, #2, #3; nothing was decided"
	ok wfctl approve --all-of ask --as alice --dry-run -o json
	shape approve
	ok wfctl approve --all-of ask --as alice --yes --reason "all of them"
	assert_output "3 approvals of ask approved as alice; 1 completed; 2 still wait"
	assert_equal "$(wc -l <ran)" 1
	ok wfctl approve --all-of ask --as carol --yes -o json
	shape approve
	assert_equal "$(jq -c '[.decided, .refused]' <<<"$output")" '[2,0]'
	assert_equal "$(wc -l <ran)" 3
	ok wfctl approvals --all -o jsonl
	assert_equal "$(jq -r .workflow <<<"$output" | paste -sd' ')" "other ask"
	run --separate-stderr wfctl approve --all-of ask --as carol --yes
	assert_success
	assert_equal "$stderr" "nothing of ask asks carol"
	ok wfctl journal check
}

@test "--all-of: one that is too late is refused, and the status says so" {
	printf 'workflow:\n  id: late\n  steps: [{ id: ok, action: approval.request, with: { policy: level1, approvers: { list: [ann] }, sla: P1D } }]\n' >late.yaml
	at 2026-11-20T09:00:00Z wfctl run late.yaml >/dev/null || true
	at 2026-11-21T08:00:00Z wfctl run late.yaml >/dev/null || true
	at 2026-11-21T10:00:00Z status 6 wfctl approve --all-of late --as ann --yes
	assert_output --partial "1 approval of late approved as ann"
	assert_output --partial "refused: a"
	assert_output --partial "is over"
	ok wfctl ps --workflow late -o jsonl
	assert_equal "$(jq -r .status <<<"$output" | sort | paste -sd' ')" "completed failed"
}

@test "--all-of: unknown workflow, wrong usage" {
	status 4 wfctl approve --all-of nothing --yes
	status 2 wfctl approve 1 --all-of ask --yes
	status 2 wfctl approve --all-of ask --step approval --yes
}

@test "--all-of: at a terminal it asks back" {
	command -v script >/dev/null || skip "script is not installed"
	echo n | script -qec "wfctl approve --all-of ask --as alice" /dev/null >said
	grep -q 'approve 1 approval of ask as alice? \[y/N\]' said
	grep -q 'nothing was done' said
	ok wfctl approvals --as alice -o jsonl
	assert_equal "${#lines[@]}" 1
	echo y | script -qec "wfctl approve --all-of ask --as alice" /dev/null >said
	grep -q '1 approval of ask approved as alice' said
	ok wfctl approvals --as alice -q
	assert_output ""
}

@test "of several open approvals the step is asked for, and it is said how many there are" {
	cat >two.yaml <<-'EOT'
	workflow:
	  id: two
	  steps:
	    - id: fan
	      parallel:
	        branches:
	          - { id: legal, steps: [{ id: ask_l, action: approval.request, with: { quorum: 1, approvers: { list: [alice] } } }] }
	          - { id: money, steps: [{ id: ask_m, action: approval.request, with: { quorum: 1, approvers: { list: [alice] } } }] }
	EOT
	n=$(wfctl run two.yaml --quiet || true)
	status 2 wfctl approve "$n" --as alice
	assert_line --index 0 "wfctl approve: instance #$n has 2 open approvals"
	ok wfctl approve "$n" --step ask_m --as alice
	ok wfctl approve "$n" --as alice
}
