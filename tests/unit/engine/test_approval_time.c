/* Approvals and time: reminders, escalations, the end of the SLA; notifications on side threads. */
#include "unit/engine/world.h"

#include <sodium.h>

#define ANYBODY "'groups': [{'quorum': 1, 'approvers': {'list': ['a', 'b']}}]"

static void ask_with(struct world *w, const char *input, const char *notify_more)
{
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request", input, "");
	flow_notify(&f, "tell0", "ok", 0, notify_more);
	flow_notify(&f, "tell1", "ok", 1, "");
	begin(w, flow_plan(&f));
	FEED(w, WF_EVENT_START, WF_NONE, 0, NULL);
}

static void ask(struct world *w, const char *input)
{
	ask_with(w, input, "");
}

static int told(struct world *w, const char *id, enum wf_event_type type)
{
	json_t *data = type == WF_EVENT_SUCCESS
		? json_object() : js("{'type': 'ServerError', 'code': '500', 'message': 'no'}");
	return feed(w, type, step_of(w, id), state_of(w, id)->attempts, data);
}

static void the_sla_ends_it_as_the_definition_says(void **state)
{
	(void)state;
	static const struct {
		const char *more, *code, *decision;
	} cases[] = {
		{"", "expired", NULL},
		{", 'on_breach': 'fail'", "expired", NULL},
		{", 'on_breach': 'reject'", "rejected", "reject"},
		{", 'on_breach': 'approve', 'auto_approve': true", "none", "approve"},
	};
	for (size_t i = 0; i < 4; i++) {
		struct world w;
		WF_AUTOFREE char *input = wf_asprintf("{" ANYBODY ", 'sla': 'PT1H'%s}", cases[i].more);
		ask(&w, input);
		w.now += HOUR - 1;
		assert_int_equal(tick(&w), WF_ECONFLICT);
		w.now++;
		/* in the same millisecond: what is due comes first */
		assert_int_equal(decide(&w, "ok", "a", "approve"), WF_ECONFLICT);
		assert_int_equal(tick(&w), 0);
		assert_string_equal(error_code(&w), cases[i].code);
		const json_t *output = w.in->steps[0].output;
		if (cases[i].decision) {
			const json_t *kept = json_array_get(json_object_get(output, "decisions"), 0);
			assert_string_equal(wf_core_text(output, "decision"), cases[i].decision);
			assert_string_equal(wf_core_text(output, "decided_by"), "policy");
			assert_string_equal(wf_core_text(kept, "by"), "policy");
		} else {
			assert_null(output);
		}
		assert_int_equal(tick(&w), WF_ECONFLICT);
		end(&w);
	}
}

static void escalations_fire_once_each_in_their_order(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{" ANYBODY ", 'sla': 'PT10H', 'message': 'Ship it?', 'escalations': ["
		"{'after': 'PT1H', 'notify': 0}, {'after': 'PT2H', 'add': {'list': ['c', 'a']}},"
		"{'after': 'PT3H', 'to': {'list': ['boss']}, 'notify': 1},"
		"{'after': 'PT4H', 'decide': 'reject'}]}");
	assert_int_equal(w.in->steps[0].due_at, T0 + HOUR);
	/* in the same millisecond: what is due comes first */
	w.now = T0 + HOUR;
	assert_int_equal(decide(&w, "ok", "a", "approve"), WF_ECONFLICT);
	assert_non_null(strstr(w.cause.text, "an escalation of `ok` is due first"));
	/* all of them long due: one an event, the earliest first */
	w.now = T0 + 5 * HOUR;
	assert_int_equal(decide(&w, "ok", "a", "approve"), WF_ECONFLICT);
	assert_int_equal(tick(&w), 0);
	assert_true(noted(&w, WF_TRANS_ESCALATED, 0, 0));
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(w.turn.commands[0].step, step_of(&w, "tell0"));
	const json_t *about = state_of(&w, "tell0")->input;
	assert_int_equal(json_integer_value(json_object_get(about, "number")), 77);
	assert_string_equal(wf_core_text(about, "step"), "ok");
	assert_string_equal(wf_core_text(about, "message"), "Ship it?");
	assert_string_equal(wf_core_text(about, "waiting_since"), "1970-01-01T00:16:40.000Z");
	assert_string_equal(wf_core_text(about, "due_at"), "1970-01-01T10:16:40.000Z");
	assert_int_equal(json_array_size(json_object_get(about, "asked")), 2);
	assert_int_equal(json_integer_value(json_object_get(about, "escalation")), 1);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(w.in->wait, WF_WAIT_APPROVAL);
	assert_int_equal(tick(&w), 0);
	assert_true(noted(&w, WF_TRANS_ESCALATED, 0, 1));
	assert_asked(&w, "ok", "a, b, c");
	assert_int_equal(tick(&w), 0);
	assert_asked(&w, "ok", "boss");
	assert_int_equal(w.in->thread_count, 3);
	assert_int_equal(decide(&w, "ok", "boss", "approve"), WF_ECONFLICT);
	assert_int_equal(tick(&w), 0);
	assert_string_equal(wf_core_text(w.in->error, "type"), "ApprovalRejected");
	/* the notifications go on, and the instance ends with the last of them */
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(w.in->ended_at, 0);
	assert_int_equal(told(&w, "tell1", WF_EVENT_SUCCESS), 0);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	w.now++;
	assert_int_equal(told(&w, "tell0", WF_EVENT_SUCCESS), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(w.in->ended_at, w.now);
	assert_string_equal(error_code(&w), "rejected");
	end(&w);
}

static void the_next_level_has_a_quorum_that_it_can_meet(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{'groups': [{'approvers': {'list': ['a', 'b', 'c']}}], 'escalations': ["
		"{'after': 'PT1H', 'to': {'list': ['a', 'boss']}}]}");
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_asked(&w, "ok", "boss");
	assert_int_equal(decide(&w, "ok", "b", "approve"), WF_EPERM);
	assert_int_equal(decide(&w, "ok", "boss", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
	/* nobody in the next level who may decide: those who are asked stay so */
	ask(&w, "{'groups': [{'approvers': {'list': ['a']}}], 'deny_initiator': true, 'escalations': ["
		"{'after': 'PT1H', 'to': {'list': ['ann']}, 'add': {'list': ['ann', 'b']}}]}");
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_asked(&w, "ok", "a, b");
	end(&w);
	/* an approval that the next level already has given is enough */
	ask(&w, "{'groups': [{'approvers': {'list': ['a', 'b']}}], 'escalations': ["
		"{'after': 'PT1H', 'to': {'list': ['a']}}]}");
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_reminder_never_moves_the_deadline(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{" ANYBODY ", 'sla': 'PT3H', 'reminders': {'every': 'PT1H', 'max': 5, 'notify': 0}}");
	for (int i = 0; i < 2; i++) {
		w.now += HOUR;
		assert_int_equal(tick(&w), 0);
		assert_true(noted(&w, WF_TRANS_REMINDED, 0, (uint64_t)i));
		assert_int_equal(w.in->steps[0].approval->due_at, T0 + 3 * HOUR);
		assert_int_equal(tick(&w), WF_ECONFLICT);
		assert_int_equal(told(&w, "tell0", WF_EVENT_SUCCESS), 0);
		assert_int_equal(w.in->status, WF_INST_WAITING);
		assert_int_equal(w.in->thread_count, 2);
	}
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_true(noted(&w, WF_TRANS_REMINDED, 0, 2));
	assert_int_equal(tick(&w), 0);
	assert_string_equal(error_code(&w), "expired");
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(told(&w, "tell0", WF_EVENT_FAILURE), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "expired");
	end(&w);
}

static void reminders_end_at_their_number(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{" ANYBODY ", 'reminders': {'every': 'PT1H', 'max': 2, 'notify': 0}}");
	w.now += 10 * HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(w.turn.command_count, 1);
	/* the first is still being sent: the second is noted and no more */
	assert_int_equal(tick(&w), 0);
	assert_true(noted(&w, WF_TRANS_REMINDED, 0, 1));
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(w.in->steps[0].due_at, 0);
	assert_int_equal(tick(&w), WF_ECONFLICT);
	/* a decision is not held up by a reminder that is due */
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_string_equal(w.in->result, "ok");
	assert_int_equal(told(&w, "tell0", WF_EVENT_SUCCESS), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_reminder_that_is_due_holds_no_decision_up(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{" ANYBODY ", 'reminders': {'every': 'PT1H'}}");
	w.now += HOUR;
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(tick(&w), WF_ECONFLICT);
	end(&w);
}

static void a_notification_never_fails_the_instance(void **state)
{
	(void)state;
	struct world w;
	ask_with(&w, "{" ANYBODY ", 'escalations': [{'after': 'PT1H', 'notify': 0}, "
		     "{'after': 'PT2H', 'notify': 0}]}",
		"on_crash ask\nretry attempts=2 backoff=fixed initial=600000\n");
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(told(&w, "tell0", WF_EVENT_FAILURE), 0);
	/* it waits for its retry on a thread of its own; the instance for the approval */
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->wait, WF_WAIT_APPROVAL);
	assert_int_equal(wf_instance_due_step(w.in), step_of(&w, "tell0"));
	w.now += 600000;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(told(&w, "tell0", WF_EVENT_FAILURE), 0);
	assert_int_equal(state_of(&w, "tell0")->status, WF_STEP_FAILED);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->failed_step, WF_NONE);
	/* the second takes the thread of the first, and another visit of the step */
	w.now = T0 + 2 * HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(w.in->thread_count, 2);
	assert_int_equal(state_of(&w, "tell0")->visits, 2);
	assert_non_null(strstr(state_of(&w, "tell0")->key, ":tell0:2"));
	/* a doubt asks nobody */
	FEED(&w, WF_EVENT_DOUBT, step_of(&w, "tell0"), 1, NULL);
	assert_int_equal(state_of(&w, "tell0")->status, WF_STEP_FAILED);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(decide(&w, "ok", "b", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_cancel_ends_every_thread(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{" ANYBODY ", 'escalations': [{'after': 'PT1H', 'notify': 0}]}");
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann'}"));
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_int_equal(state_of(&w, "tell0")->status, WF_STEP_CANCELLED);
	assert_int_equal(state_of(&w, "ok")->status, WF_STEP_CANCELLED);
	assert_int_equal(told(&w, "tell0", WF_EVENT_SUCCESS), WF_ECONFLICT);
	end(&w);
	/* what the main thread ended with stays */
	ask(&w, "{" ANYBODY ", 'escalations': [{'after': 'PT1H', 'notify': 0}]}");
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann'}"));
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(state_of(&w, "tell0")->status, WF_STEP_CANCELLED);
	end(&w);
}

static void the_instances_timeout_ends_every_thread(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	wf_buf_addstr(&f.top, "timeout 7200000\n");
	flow_step(&f, "ok", "approval.request",
		"{" ANYBODY ", 'escalations': [{'after': 'PT1H', 'notify': 0}]}", "");
	flow_notify(&f, "tell0", "ok", 0, "");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	w.now += HOUR;
	assert_int_equal(wf_instance_due_step(w.in), WF_NONE);
	assert_int_equal(tick(&w), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "workflow_timeout");
	assert_int_equal(w.in->failed_step, 0);
	assert_int_equal(state_of(&w, "tell0")->status, WF_STEP_CANCELLED);
	end(&w);
}

static void the_end_of_an_sla_can_be_moved(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{" ANYBODY ", 'sla': 'PT2H', 'escalations': [{'after': 'PT1H', 'notify': 0}]}");
	FEED(&w, WF_EVENT_MOVE, 0, 0, js("{'due': 8200000, 'by': 'root'}"));
	assert_int_equal(w.in->steps[0].due_at, T0 + HOUR);
	assert_int_equal(w.in->steps[0].approval->due_at, 8200000);
	FEED(&w, WF_EVENT_MOVE, 0, 0, js("{'due': 2000000, 'by': 'root'}"));
	assert_int_equal(w.in->steps[0].due_at, 2000000);
	w.now = 2000000;
	assert_int_equal(tick(&w), 0);
	assert_string_equal(error_code(&w), "expired");
	end(&w);
	ask(&w, "{" ANYBODY "}");
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_MOVE, 0, 0, js("{'due': 8200000, 'by': 'root'}"));
	end(&w);
}

static void policy_approves_where_it_may(void **state)
{
	(void)state;
	struct world w;
	ask(&w, "{" ANYBODY ", 'auto_approve': true, 'escalations': "
		"[{'after': 'PT1H', 'decide': 'approve', 'notify': 1}]}");
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(w.in->steps[0].status, WF_STEP_COMPLETED);
	assert_string_equal(wf_core_text(w.in->steps[0].output, "reason"), "escalation 1");
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	/* the notification was written before the decision */
	const json_t *about = state_of(&w, "tell1")->input;
	assert_int_equal(json_array_size(json_object_get(about, "asked")), 2);
	assert_int_equal(told(&w, "tell1", WF_EVENT_SUCCESS), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sla_ends_it_as_the_definition_says),
		cmocka_unit_test(escalations_fire_once_each_in_their_order),
		cmocka_unit_test(the_next_level_has_a_quorum_that_it_can_meet),
		cmocka_unit_test(a_reminder_never_moves_the_deadline),
		cmocka_unit_test(reminders_end_at_their_number),
		cmocka_unit_test(a_reminder_that_is_due_holds_no_decision_up),
		cmocka_unit_test(a_notification_never_fails_the_instance),
		cmocka_unit_test(a_cancel_ends_every_thread),
		cmocka_unit_test(the_instances_timeout_ends_every_thread),
		cmocka_unit_test(the_end_of_an_sla_can_be_moved),
		cmocka_unit_test(policy_approves_where_it_may),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
