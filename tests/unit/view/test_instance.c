/* The timeline, closing lines, errors in words, JSON. */
#include "sample.h"

#include "view/instance.h"

static void test_waiting(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_style style = { .width = 72 };
	sample_init(&s);
	wf_view_timeline(s.plan, s.in, T0 + 2000000, &style, &b);
	assert_text(&b,
		"#1234 onboarding 1.4.0   waiting   started 09:12:04   for 33 m 20 s   by ann\n"
		"  step            status     attempts  took       09:12         09:45\n"
		"  create_account  completed  2         596 ms     |\n"
		"  approval        waiting    -         33 m 19 s  |.................>\n"
		"  notify          pending    -         -\n"
		"approval waits for approvals since 09:12:05 (33 m 19 s)\n"
		"  has      alice approved at 09:40:00 \"fine\"\n"
		"  needs    1 more of: bob\n"
		"  waits    until Sun 22 Nov 09:12 (1 day 23 h)\n"
		"  to do    wfctl approve 1234, or wfctl reject 1234\n");
	sample_done(&s);
	wf_buf_done(&b);
}

static void test_ended(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_style style = { .width = 72 };
	sample_init(&s);
	s.in->status = WF_INST_COMPLETED;
	s.in->wait = WF_WAIT_NONE;
	s.in->result = wf_strdup("success");
	s.in->ended_at = T0 + 7980000;
	s.in->output = parse("{\"id\":7}");
	s.in->steps[1].status = WF_STEP_COMPLETED;
	s.in->steps[1].ended_at = T0 + 7970000;
	s.in->steps[1].output = parse("{\"decision\":\"approve\"}");
	s.in->steps[2].status = WF_STEP_SKIPPED;
	s.in->steps[2].started_at = s.in->steps[2].ended_at = s.in->ended_at;
	wf_view_timeline(s.plan, s.in, T0 + 90000000, &style, &b);
	assert_text(&b,
		"#1234 onboarding 1.4.0   completed (success)   started yesterday 09:12   took 2 h 13 m"
		"   by ann\n"
		"  step            status     attempts  took      09:12         11:25\n"
		"  create_account  completed  2         596 ms    |\n"
		"  approval        approved   -         2 h 12 m  |================|\n"
		"  notify          skipped    -         -\n"
		"output\n"
		"  id: 7\n");
	wf_view_outcome(s.plan, s.in, &style, &b);
	assert_text(&b, "#1234 completed (success) after 2 h 13 m\n");
	sample_done(&s);
	wf_buf_done(&b);
}

static void test_outcomes(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_style style = { 0 };
	sample_init(&s);
	wf_view_outcome(s.plan, s.in, &style, &b);
	assert_text(&b, "#1234 is parked: it waits for approvals. Next: wfctl approve 1234\n");
	s.in->wait = WF_WAIT_TIMER;
	wf_view_outcome(s.plan, s.in, &style, &b);
	assert_text(&b, "#1234 is parked: it waits for a timer. Next: wfctl resume 1234\n");
	s.in->status = WF_INST_FAILED;
	s.in->failed_step = 2;
	s.in->error = parse("{\"type\":\"ExecError\",\"code\":\"exit_3\",\"message\":\"it broke\","
			    "\"attempt\":3}");
	wf_view_outcome(s.plan, s.in, &style, &b);
	assert_text(&b, "#1234 failed at notify: ExecError exit_3 after 3 attempts: it broke. "
			"Next: wfctl show 1234\n");
	s.in->status = WF_INST_SUSPENDED;
	wf_view_outcome(s.plan, s.in, &style, &b);
	assert_non_null(strstr(b.data, "wfctl resolve 1234"));
	sample_done(&s);
	wf_buf_done(&b);
}

static void test_errors(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	static const struct {
		const char *json, *brief, *whole;
	} cases[] = {
		{ "{\"type\":\"TimeoutError\",\"message\":\"slow\",\"attempt\":3}",
			"TimeoutError after 3 attempts", "TimeoutError after 3 attempts: slow" },
		{ "{\"type\":\"ConflictError\",\"code\":409,\"attempt\":1}", "ConflictError 409",
			"ConflictError 409" },
		{ "{\"code\":\"x\\u001b\"}", "error x\xef\xbf\xbd", "error x\xef\xbf\xbd" },
		{ "\"odd\"", "error", "error" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *error = parse(cases[i].json);
		wf_view_error(error, false, &b);
		assert_text(&b, cases[i].brief);
		wf_view_error(error, true, &b);
		assert_text(&b, cases[i].whole);
		json_decref(error);
	}
	wf_view_error(NULL, true, &b);
	assert_text(&b, "");
	wf_buf_done(&b);
}

static void test_json(void **state)
{
	(void)state;
	struct sample s;
	sample_init(&s);
	json_t *o = wf_view_instance_json(s.plan, s.in);
	assert_string_equal(json_string_value(wf_json_at(o, "created_at")), "2026-11-20T09:12:04.000Z");
	assert_true(json_is_null(wf_json_at(o, "ended_at")));
	assert_string_equal(json_string_value(wf_json_at(o, "waits_for")), "approvals");
	assert_int_equal(json_integer_value(wf_json_at(o, "steps[0].took_ms")), 596);
	assert_int_equal(json_integer_value(wf_json_at(o, "steps[1].approval.approved")), 1);
	assert_null(wf_json_at(o, "steps[0].approval"));
	json_decref(o);
	o = wf_view_instance_json(NULL, s.in);
	assert_null(json_object_get(o, "steps"));
	json_decref(o);
	sample_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waiting), cmocka_unit_test(test_ended),
		cmocka_unit_test(test_outcomes), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests_name("view instance", tests, utc, NULL);
}
