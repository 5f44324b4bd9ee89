/* Approvals: groups in sequence and side by side, quorums, and what people decide. */
#include "unit/engine/world.h"

#include <sodium.h>

static void ask(struct world *w, const char *input)
{
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request", input, "");
	begin(w, flow_plan(&f));
	FEED(w, WF_EVENT_START, WF_NONE, 0, NULL);
}

static int pass_on(struct world *w, const char *by, const char *what, const char *from, const char *to)
{
	return feed(w, WF_EVENT_DECISION, 0, 0,
		json_pack("{s:s, s:s, s:s*, s:s*}", "by", by, "decision", what, "from", from, "to", to));
}

static void groups_come_one_after_the_other(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'name': 'team', 'quorum': 2, 'approvers': {'list': ['a', 'b', 'c']}},"
		"{'name': 'board', 'approvers': {'list': ['c', 'd']}}], 'order': 'sequence'}");
	assert_asked(&w, "ok", "a, b, c");
	assert_int_equal(decide(&w, "ok", "d", "approve"), WF_EPERM);
	assert_non_null(strstr(w.cause.text, "not yet"));
	assert_string_equal(w.cause.hint, "asked: a, b, c");
	assert_int_equal(decide(&w, "ok", "c", "approve"), 0);
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_true(noted(&w, WF_TRANS_DECISION_KEPT, 0, 2));
	assert_asked(&w, "ok", "c, d");
	assert_int_equal(decide(&w, "ok", "a", "approve"), WF_EPERM);
	assert_int_equal(decide(&w, "ok", "a", "withdraw"), WF_ECONFLICT);
	assert_non_null(strstr(w.cause.text, "too late"));
	assert_int_equal(decide(&w, "ok", "d", "withdraw"), WF_ECONFLICT);
	assert_string_equal(w.cause.text, "d has not decided on `ok`");
	assert_int_equal(decide(&w, "ok", "d", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(decide(&w, "ok", "c", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	const json_t *output = w.in->steps[0].output;
	assert_string_equal(wf_core_text(output, "decision"), "approve");
	assert_string_equal(wf_core_text(output, "decided_by"), "c");
	assert_string_equal(wf_core_text(output, "reason"), "because");
	assert_string_equal(wf_core_text(output, "decided_at"), "1970-01-01T00:16:40.000Z");
	const json_t *all = json_object_get(output, "decisions");
	assert_int_equal(json_array_size(all), 4);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(all, 3), "group")), 1);
	end(&w);
}

static void groups_side_by_side_are_asked_at_once(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'quorum': 1, 'approvers': {'list': ['a', 'b']}},"
		"{'quorum': 1, 'approvers': {'list': ['b', 'c']}}], 'order': 'parallel'}");
	assert_asked(&w, "ok", "a, b, c");
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_asked(&w, "ok", "b, c");
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(decide(&w, "ok", "a", "approve"), WF_ECONFLICT);
	assert_int_equal(decide(&w, "ok", "b", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
	/* one who is in both decides for both */
	ask(&w, "{'groups': [{'quorum': 1, 'approvers': {'list': ['a', 'b']}},"
		"{'quorum': 1, 'approvers': {'list': ['b', 'c']}}], 'order': 'parallel'}");
	assert_int_equal(decide(&w, "ok", "b", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_reject_ends_it_in_any_group(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'approvers': {'list': ['a']}}, {'approvers': {'list': ['b', 'c']}}],"
		"'order': 'parallel', '_reject_completes': true}");
	assert_int_equal(decide(&w, "ok", "c", "reject"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_string_equal(wf_core_text(w.in->steps[0].output, "decision"), "reject");
	end(&w);
	ask(&w, "{'approvers': {'list': ['a', 'b']}}");
	assert_int_equal(decide(&w, "ok", "b", "reject"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "rejected");
	assert_string_equal(wf_core_text(w.in->steps[0].output, "decision"), "reject");
	end(&w);
}

static void rejects_that_count_end_it_when_no_quorum_is_left(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'quorum': 2, 'approvers': {'list': ['a', 'b', 'c']}}], "
		"'reject': 'counts'}");
	assert_int_equal(decide(&w, "ok", "a", "reject"), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_asked(&w, "ok", "b, c");
	assert_int_equal(decide(&w, "ok", "b", "approve"), 0);
	assert_int_equal(decide(&w, "ok", "a", "withdraw"), 0);
	assert_asked(&w, "ok", "a, c");
	assert_int_equal(decide(&w, "ok", "c", "reject"), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(decide(&w, "ok", "a", "reject"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(json_array_size(w.in->steps[0].approval->decisions), 5);
	end(&w);
	ask(&w, "{'groups': [{'quorum': 2, 'approvers': {'list': ['a', 'b', 'c']}}], "
		"'reject': 'counts'}");
	assert_int_equal(decide(&w, "ok", "a", "reject"), 0);
	assert_int_equal(decide(&w, "ok", "b", "approve"), 0);
	assert_int_equal(decide(&w, "ok", "c", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_vote_can_be_taken_back(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'quorum': 2, 'approvers': {'list': ['a', 'b', 'c']}}]}");
	assert_int_equal(decide(&w, "ok", "a", "withdraw"), WF_ECONFLICT);
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_int_equal(decide(&w, "ok", "a", "withdraw"), 0);
	assert_true(noted(&w, WF_TRANS_DECISION_KEPT, 0, 0));
	assert_int_equal(decide(&w, "ok", "b", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_asked(&w, "ok", "a, c");
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void who_started_it_may_not_decide(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'quorum': 1, 'approvers': {'list': ['ann', 'bob']}}], "
		"'deny_initiator': true}");
	assert_asked(&w, "ok", "bob");
	assert_int_equal(decide(&w, "ok", "ann", "approve"), WF_EPERM);
	assert_non_null(strstr(w.cause.text, "ann started this instance"));
	assert_int_equal(pass_on(&w, "bob", "delegate", NULL, "ann"), WF_EPERM);
	assert_int_equal(pass_on(&w, "root", "reassign", "bob", "ann"), WF_EPERM);
	assert_int_equal(decide(&w, "ok", "bob", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
	ask(&w, "{'groups': [{'quorum': 1, 'approvers': {'list': ['ann', 'bob']}}]}");
	assert_int_equal(decide(&w, "ok", "ann", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_delegate_takes_the_place(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'approvers': {'list': ['a', 'b']}}]}");
	assert_int_equal(pass_on(&w, "a", "delegate", NULL, NULL), WF_EINVAL);
	assert_int_equal(pass_on(&w, "a", "delegate", NULL, "b"), WF_ECONFLICT);
	assert_int_equal(pass_on(&w, "x", "delegate", NULL, "y"), WF_EPERM);
	assert_int_equal(pass_on(&w, "a", "delegate", NULL, "dan"), 0);
	assert_asked(&w, "ok", "dan, b");
	assert_int_equal(decide(&w, "ok", "a", "approve"), WF_EPERM);
	assert_int_equal(decide(&w, "ok", "dan", "approve"), 0);
	assert_int_equal(pass_on(&w, "dan", "delegate", NULL, "eve"), WF_ECONFLICT);
	assert_int_equal(pass_on(&w, "b", "delegate", NULL, "dan"), WF_ECONFLICT);
	assert_int_equal(decide(&w, "ok", "b", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	const json_t *first = json_array_get(w.in->steps[0].approval->decisions, 0);
	assert_string_equal(wf_core_text(first, "decision"), "delegate");
	assert_string_equal(wf_core_text(first, "to"), "dan");
	end(&w);
}

static void an_operator_puts_another_in_the_place(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'approvers': {'list': ['a']}}, {'approvers': {'list': ['b']}}]}");
	assert_int_equal(pass_on(&w, "root", "reassign", "z", "c"), WF_ENOENT);
	assert_int_equal(pass_on(&w, "root", "reassign", NULL, "c"), WF_EINVAL);
	/* in a group whose turn comes later, too */
	assert_int_equal(pass_on(&w, "root", "reassign", "b", "c"), 0);
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_asked(&w, "ok", "c");
	assert_int_equal(pass_on(&w, "root", "reassign", "a", "d"), WF_ECONFLICT);
	assert_int_equal(decide(&w, "ok", "c", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void the_starter_withdraws_the_request(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'approvers': {'list': ['a', 'b']}}]}");
	assert_int_equal(decide(&w, "ok", "a", "withdraw_request"), WF_EPERM);
	assert_int_equal(decide(&w, "ok", "ann", "withdraw_request"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "withdrawn");
	assert_string_equal(wf_core_text(w.in->error, "type"), "CancelledError");
	assert_int_equal(decide(&w, "ok", "a", "approve"), WF_ECONFLICT);
	end(&w);
}

static void what_cannot_be_asked_is_a_policy_error(void **state)
{
	(void)state;
	static const struct {
		const char *input, *code;
	} cases[] = {
		{"{'groups': []}", "approvers_empty"},
		{"{'groups': [{'approvers': {'list': []}}]}", "approvers_empty"},
		{"{'groups': [{'approvers': {}}]}", "approvers_empty"},
		{"{'approvers': {'list': [], 'fallback': {'list': []}}}", "approvers_empty"},
		{"{'groups': [{'approvers': {'list': ['ann']}}], 'deny_initiator': true}",
			"approvers_empty"},
		{"{'groups': [{'quorum': 2, 'approvers': {'list': ['ann', 'b']}}], "
		 "'deny_initiator': true}", "approvers_too_few"},
		{"{'groups': [{'quorum': 3, 'approvers': {'list': ['a', 'b', 'a']}}]}",
			"approvers_too_few"},
		{"{'groups': [{'approvers': {'list': ['a', 7]}}]}", "approvers_invalid"},
		{"{'groups': [{'quorum': 'two', 'approvers': {'list': ['a']}}]}", "policy_unknown"},
		{"{'groups': [{'approvers': {'list': ['a']}}], 'sla': 'two days'}", "sla_invalid"},
		{"{'groups': [{'approvers': {'list': ['a']}}], 'escalations': [{}]}",
			"escalation_invalid"},
		{"{'groups': [{'approvers': {'list': ['a']}}], 'reminders': {'every': 'PT0S'}}",
			"reminders_invalid"},
		{"{'groups': [{'approvers': {'list': ['a']}}], 'sla': 'PT1H', "
		 "'on_breach': 'approve'}", "auto_approve_forbidden"},
		{"{'groups': [{'approvers': {'list': ['a']}}], 'escalations': "
		 "[{'after': 'PT1H', 'decide': 'approve'}]}", "auto_approve_forbidden"},
		{"{'policy': 'board', 'approvers': {'list': ['a']}}", "policy_unknown"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world w;
		ask(&w, cases[i].input);
		assert_int_equal(w.in->status, WF_INST_FAILED);
		assert_string_equal(wf_core_text(w.in->error, "type"), "PolicyError");
		assert_string_equal(error_code(&w), cases[i].code);
		end(&w);
	}
}

static void the_fallback_of_an_empty_set_is_asked(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'approvers': {'list': [], 'fallback': {'list': [], 'fallback': "
		"{'list': ['z']}}}}]}");
	assert_asked(&w, "ok", "z");
	assert_int_equal(decide(&w, "ok", "z", "approve"), 0);
	end(&w);
}

static void roles_are_looked_up_by_an_attempt(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request",
		"{'groups': [{'approvers': {'roles': ['boss']}}]}",
		"retry attempts=2 backoff=fixed initial=100\ntimeout 30000\n");
	begin(&w, flow_plan(&f));
	FEED(&w, WF_EVENT_START, WF_NONE, 0, NULL);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(w.turn.commands[0].deadline_at, T0 + 30000);
	assert_int_equal(decide(&w, "ok", "z", "approve"), WF_ENOENT);
	/* a crash repeats it, a failure obeys its retry policy */
	FEED(&w, WF_EVENT_DOUBT, 0, 1, NULL);
	assert_int_equal(w.turn.command_count, 1);
	FEED(&w, WF_EVENT_FAILURE, 0, 1, js("{'type': 'NetworkError', 'code': 'x', 'message': 'y'}"));
	assert_int_equal(w.in->wait, WF_WAIT_RETRY);
	w.now += 100;
	assert_int_equal(tick(&w), 0);
	FEED(&w, WF_EVENT_SUCCESS, 0, 2, js("{'groups': [{'approvers': {'list': ['z']}}]}"));
	assert_int_equal(w.in->wait, WF_WAIT_APPROVAL);
	assert_null(w.in->steps[0].error);
	assert_asked(&w, "ok", "z");
	assert_int_equal(decide(&w, "ok", "z", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_lookup_that_leaves_roles_is_a_policy_error(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'approvers': {'list': ['a']}}], 'sla': 'PT2H', 'escalations': "
		"[{'after': 'PT1H', 'to': {'resolver': 'f'}}]}");
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	FEED(&w, WF_EVENT_SUCCESS, 0, 1, js("{'groups': [{'approvers': {'roles': ['a']}}]}"));
	assert_string_equal(error_code(&w), "approvers_unresolved");
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_come_one_after_the_other),
		cmocka_unit_test(groups_side_by_side_are_asked_at_once),
		cmocka_unit_test(a_reject_ends_it_in_any_group),
		cmocka_unit_test(rejects_that_count_end_it_when_no_quorum_is_left),
		cmocka_unit_test(a_vote_can_be_taken_back),
		cmocka_unit_test(who_started_it_may_not_decide),
		cmocka_unit_test(a_delegate_takes_the_place),
		cmocka_unit_test(an_operator_puts_another_in_the_place),
		cmocka_unit_test(the_starter_withdraws_the_request),
		cmocka_unit_test(what_cannot_be_asked_is_a_policy_error),
		cmocka_unit_test(the_fallback_of_an_empty_set_is_asked),
		cmocka_unit_test(roles_are_looked_up_by_an_attempt),
		cmocka_unit_test(a_lookup_that_leaves_roles_is_a_policy_error),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
