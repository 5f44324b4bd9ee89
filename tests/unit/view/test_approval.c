/* Approvals: progress, decisions in words, the clock, JSON. */
#include "sample.h"

#include "view/approval.h"
#include "view/instance.h"

static void test_decisions(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	static const struct {
		const char *json, *words;
	} cases[] = {
		{ "{\"by\":\"alice\",\"decision\":\"approve\"}", "alice approved" },
		{ "{\"by\":\"alice\",\"decision\":\"reject\"}", "alice rejected" },
		{ "{\"by\":\"bob\",\"decision\":\"delegate\",\"to\":\"carol\"}",
			"bob handed it over to carol" },
		{ "{\"by\":\"ops\",\"decision\":\"reassign\",\"from\":\"bob\",\"to\":\"dave\"}",
			"ops moved it from bob to dave" },
		{ "{\"by\":\"alice\",\"decision\":\"withdraw\"}", "alice took the decision back" },
		{ "{\"by\":\"ann\",\"decision\":\"withdraw_request\"}", "ann withdrew the request" },
		{ "{\"by\":\"x\\u001b\",\"decision\":\"other\"}", "x\xef\xbf\xbd other" },
		{ "{}", "? decided" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *d = parse(cases[i].json);
		wf_view_decision(d, &b);
		assert_text(&b, cases[i].words);
		json_decref(d);
	}
	wf_buf_done(&b);
}

static void test_progress(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	sample_init(&s);
	struct wf_approval *a = s.in->steps[1].approval;
	wf_view_progress(a, &b);
	assert_text(&b, "1 of 2: bob");
	json_decref(a->groups);
	a->groups = parse("[{\"name\":\"leads\",\"needed\":1,\"asked\":[\"alice\"]},"
			  "{\"needed\":2,\"asked\":[\"bob\",\"carol\"]}]");
	a->parallel = true;
	wf_view_progress(a, &b);
	assert_text(&b, "leads 1 of 1, 0 of 2: bob, carol");
	sample_done(&s);
	wf_buf_done(&b);
}

static void test_clock(void **state)
{
	(void)state;
	struct sample s;
	struct wf_view_clock_event *events;
	sample_init(&s);
	struct wf_step_state *step = &s.in->steps[1];
	assert_int_equal(wf_view_approval_clock(step, &events), 1);
	assert_int_equal(events[0].kind, WF_CLOCK_END);
	assert_true(events[0].at == step->approval->due_at);
	wf_free(events);
	/* what cannot be read, or would come after the end, is left out */
	step->input = parse("{\"escalations\":[{\"after\":\"soon\"},{\"after\":\"P9D\"},{\"after\":\"PT1H\"}]}");
	step->approval->remind_at = step->approval->opened_at + 3600000;
	assert_int_equal(wf_view_approval_clock(step, &events), 3);
	assert_int_equal(events[0].kind, WF_CLOCK_REMINDER);
	assert_int_equal(events[1].kind, WF_CLOCK_ESCALATION);
	assert_int_equal(events[1].index, 2);
	wf_free(events);
	step->approval->escalated = 3;
	assert_int_equal(wf_view_approval_clock(step, &events), 2);
	wf_free(events);
	step->approval->decided_at = T0;
	assert_int_equal(wf_view_approval_clock(step, &events), 0);
	assert_null(events);
	sample_done(&s);
}

static void test_json(void **state)
{
	(void)state;
	struct sample s;
	sample_init(&s);
	json_t *o = wf_view_approval_json(&s.in->steps[1]);
	assert_int_equal(json_integer_value(wf_json_at(o, "needed")), 2);
	assert_int_equal(json_integer_value(wf_json_at(o, "approved")), 1);
	assert_int_equal(json_array_size(wf_json_at(o, "approvers")), 2);
	assert_int_equal(json_array_size(wf_json_at(o, "asked")), 1);
	assert_string_equal(json_string_value(wf_json_at(o, "groups[0].state")), "asked");
	assert_string_equal(json_string_value(wf_json_at(o, "clock[0].kind")), "end");
	json_decref(o);
	sample_done(&s);
}

/* A step that only a notification's body enters is shown under its approval. */
static void test_side_steps(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_style style = { .width = 72 };
	sample_init(&s);
	s.plan->steps[0].enter_pc = 1;
	s.plan->steps[1].enter_pc = 2;
	s.plan->steps[2].enter_pc = 7;
	struct wf_plan_body body = { .kind = WF_BODY_NOTIFY, .of = 1, .index = 0, .pc = 7 };
	(void)wf_plan_add_body(&s.b, &body);
	assert_int_equal(wf_view_side_of(s.plan, 2), 1);
	assert_int_equal(wf_view_side_of(s.plan, 1), WF_NONE);
	wf_view_timeline(s.plan, s.in, T0 + 2000000, &style, &b);
	assert_null(strstr(b.data, "notify")); /* it never ran */
	wf_buf_reset(&b);
	s.in->steps[2].status = WF_STEP_COMPLETED;
	s.in->steps[2].started_at = T0 + 5000;
	s.in->steps[2].ended_at = T0 + 5100;
	wf_view_timeline(s.plan, s.in, T0 + 2000000, &style, &b);
	const char *approval = strstr(b.data, "\n  approval "), *side = strstr(b.data, "\n    notify ");
	assert_non_null(approval);
	assert_non_null(side);
	assert_true(side > approval);
	json_t *o = wf_view_instance_json(s.plan, s.in);
	assert_string_equal(json_string_value(wf_json_at(o, "steps[2].of")), "approval");
	json_decref(o);
	sample_done(&s);
	wf_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions), cmocka_unit_test(test_progress),
		cmocka_unit_test(test_clock), cmocka_unit_test(test_json),
		cmocka_unit_test(test_side_steps),
	};
	return cmocka_run_group_tests_name("view approval", tests, utc, NULL);
}
