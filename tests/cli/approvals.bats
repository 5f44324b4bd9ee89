#!/usr/bin/env bats
# wfctl approvals: who is asked for what, until when.

load helper
load shape

setup() {
	home_setup
	cat >ask.yaml <<-'EOT'
	workflow:
	  id: ask
	  input: { type: object, properties: { who: { type: array, items: { type: string } } } }
	  steps:
	    - { id: approval, action: approval.request, with: { policy: level2, sla: PT2H, approvers: { list: [alice, bob] }, message: "May it?" } }
	EOT
	sed 's/id: ask/id: other/; s/alice, bob/carol, bob/' ask.yaml >other.yaml
	export WFCTL_NOW=2026-11-20T09:00:00Z
}

@test "until when is the end of its time, not the next escalation" {
	sed -i 's/policy: level2, sla: PT2H/quorum: 1, sla: P2D, escalations: [{ after: PT4H, add_approvers: { list: [carol] } }]/' ask.yaml
	status 3 wfctl run ask.yaml
	assert_line --regexp 'wait +approval +0 of 1: alice, bob +until Sun 22 Nov 09:00 \(2 days\)$'
}

@test "nothing asked" {
	ok wfctl approvals --all
	assert_output "nothing waits for an approval"
	ok wfctl approvals --all -o json
	assert_output "[]"
}

@test "in the order in which they were asked, with who is still asked" {
	wfctl run ask.yaml >/dev/null || true
	wfctl run other.yaml >/dev/null || true
	wfctl approve 1 --as alice >/dev/null
	ok wfctl approvals --all
	assert_line --index 0 --regexp '^APPROVAL +INSTANCE +WORKFLOW +STEP +ASKED +HAS +SINCE +UNTIL$'
	assert_line --index 1 --regexp '^ +a1 +1 +ask +approval +bob +1 of 2 +09:00:00 +11:00:00$'
	assert_line --index 2 --regexp '^ +a2 +2 +other +approval +carol, bob +0 of 2 '
	ok wfctl approvals --all -o json
	shape approvals
	ok wfctl approvals --as alice
	assert_output "nothing waits for alice; 2 for others: wfctl approvals --all"
	ok wfctl approvals --as carol -o jsonl
	assert_equal "${#lines[@]}" 1
	assert_output --partial '"instance":2'
	ok wfctl approvals --all --workflow ask -o wide
	assert_line --index 1 --partial "May it?"
	assert_equal "${#lines[@]}" 2
	wfctl reject 2 --as bob >/dev/null
	ok wfctl approvals --all -o jsonl
	assert_equal "${#lines[@]}" 1
}

@test "what must be decided first stands first, and the list may be cut behind it" {
	sed '/sla/s/sla: PT2H, //; s/id: ask/id: endless/' ask.yaml >endless.yaml
	sed 's/sla: PT2H/sla: PT1H/; s/id: ask/id: soon/' ask.yaml >soon.yaml
	wfctl run endless.yaml >/dev/null || true
	wfctl run ask.yaml >/dev/null || true
	wfctl run soon.yaml >/dev/null || true
	at 2026-11-20T09:30:00Z wfctl run ask.yaml >/dev/null || true
	ok wfctl approvals --all -o json
	assert_equal "$(jq -c 'map(.instance)' <<<"$output")" '[3,2,4,1]'
	ok wfctl approvals --as alice --limit 2
	assert_line --index 1 --partial "soon"
	assert_line --index 3 "the first 2; all: wfctl approvals --limit 0"
	ok wfctl approvals --all --limit 1 -o json
	shape approvals
	assert_equal "$(jq -c 'map(.instance)' <<<"$output")" '[3]'
	ok wfctl approvals --all --limit 4
	refute_output --partial "the first"
	at 2026-11-20T10:30:00Z ok wfctl approvals --all --overdue -o json
	assert_equal "$(jq -c 'map(.instance)' <<<"$output")" '[3]'
	ok wfctl approvals --all --workflow ask --limit 1 -o json
	assert_equal "$(jq -c 'map(.instance)' <<<"$output")" '[2]'
	wfctl approve 3 --as alice >/dev/null
	wfctl approve 3 --as bob >/dev/null
	ok wfctl approvals --all -o json
	assert_equal "$(jq -c 'map(.instance)' <<<"$output")" '[2,4,1]'
	ok wfctl journal check
}
