/* Steps as they happen: plain lines elsewhere, lines redrawn in place on a terminal. */
#include "sample.h"

#include "view/live.h"

static void moved(struct wf_live *l, const struct sample *s, enum wf_transition_type type,
	uint32_t step, uint64_t value, int64_t now, struct wf_buf *out)
{
	struct wf_event event = { .type = WF_EVENT_SUCCESS, .at = now, .step = step };
	struct wf_transition t = { type, step, value };
	wf_live_moved(l, s->plan, s->in, &event, &t, 1, now, out);
}

static void test_plain(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_live_options options = { 0 };
	sample_init(&s);
	struct wf_live *l = wf_live_new(&options);
	wf_live_started(l, s.in, T0, &b);
	assert_text(&b, "#1234 onboarding 1.4.0\n");
	moved(l, &s, WF_TRANS_ATTEMPT, 0, 1, T0, &b);
	assert_text(&b, "");
	moved(l, &s, WF_TRANS_STEP_STATUS, 0, WF_STEP_RUNNING, T0, &b);
	assert_text(&b, "");
	moved(l, &s, WF_TRANS_STEP_STATUS, 0, WF_STEP_COMPLETED, T0 + 596, &b);
	assert_text(&b, "  ok    create_account  POST 201              596 ms   attempt 2 of 3\n");
	moved(l, &s, WF_TRANS_STEP_STATUS, 1, WF_STEP_WAITING, T0, &b);
	assert_text(&b, "  wait  approval        1 of 2: bob          until Sun 22 Nov 09:12 (2 days)\n");
	moved(l, &s, WF_TRANS_DECISION_KEPT, 1, 1, T0, &b);
	assert_text(&b, "#1234 approval: 1 of 2, bob is still asked\n");
	wf_live_tick(l, T0 + 100, &b);
	assert_text(&b, "");
	s.in->steps[2].status = WF_STEP_SKIPPED;
	moved(l, &s, WF_TRANS_STEP_STATUS, 2, WF_STEP_SKIPPED, T0, &b);
	assert_text(&b, "  skip  notify\n");
	wf_live_free(l);
	sample_done(&s);
	wf_buf_done(&b);
}

static void test_retry(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_live_options options = { .numbered = true, .verbose = true };
	sample_init(&s);
	struct wf_live *l = wf_live_new(&options);
	struct wf_step_state *a = &s.in->steps[0];
	moved(l, &s, WF_TRANS_ATTEMPT, 0, 1, T0, &b);
	assert_text(&b, "#1234 run   create_account  POST\n");
	a->status = WF_STEP_WAITING;
	a->wait = WF_WAIT_RETRY;
	a->attempts = 1;
	a->due_at = T0 + 500;
	a->error = parse("{\"type\":\"ServerError\",\"code\":\"500\",\"message\":\"no\"}");
	moved(l, &s, WF_TRANS_STEP_STATUS, 0, WF_STEP_WAITING, T0, &b);
	assert_text(&b, "#1234 retry create_account  ServerError 500: no   again in 500 ms, attempt 2 of 3\n");
	wf_live_free(l);
	sample_done(&s);
	wf_buf_done(&b);
}

static void test_in_place(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_live_options options = { .in_place = true, .style = { .width = 60 } };
	sample_init(&s);
	struct wf_live *l = wf_live_new(&options);
	moved(l, &s, WF_TRANS_ATTEMPT, 0, 1, T0, &b);
	assert_text(&b, "  run   create_account  POST                    0 ms\n");
	wf_live_tick(l, T0 + 1500, &b);
	assert_text(&b, "\033[1A\r\033[J  run   create_account  POST                   1.5 s\n");
	wf_live_say(l, "said\n", T0 + 1500, &b);
	assert_text(&b, "\033[1A\r\033[Jsaid\n  run   create_account  POST                   1.5 s\n");
	moved(l, &s, WF_TRANS_STEP_STATUS, 0, WF_STEP_COMPLETED, T0 + 1600, &b);
	assert_text(&b, "\033[1A\r\033[J  ok    create_account  POST 201              596 ms   attempt 2 of 3\n");
	wf_live_tick(l, T0 + 1700, &b);
	assert_text(&b, "");
	/* a parted instance takes its running lines along */
	moved(l, &s, WF_TRANS_ATTEMPT, 0, 1, T0, &b);
	wf_buf_reset(&b);
	wf_live_parted(l, s.in->number, T0, &b);
	assert_text(&b, "\033[1A\r\033[J");
	wf_live_free(l);
	wf_live_free(NULL);
	sample_done(&s);
	wf_buf_done(&b);
}

/* However many run at once, no line in place is longer than the terminal, or erasing would miss it. */
static void test_one_row_each(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_live_options options = { .in_place = true, .numbered = true, .style = { .width = 60 } };
	sample_init(&s);
	json_object_set_new(s.in->steps[0].input, "method",
		json_string("AVERYLONGMETHODTHATNOBODYEVERSAWBEFOREANDTHATWOULDNOTFITATALL"));
	struct wf_live *l = wf_live_new(&options);
	for (uint64_t i = 1; i <= 20; i++) {
		s.in->number = i;
		wf_buf_reset(&b);
		moved(l, &s, WF_TRANS_ATTEMPT, 0, 1, T0, &b);
	}
	const char *line = strstr(b.data, "\033[J") + 3;
	size_t rows = 0;
	for (const char *end; (end = strchr(line, '\n')); line = end + 1, rows++) {
		WF_AUTOFREE char *copy = wf_strndup(line, (size_t)(end - line));
		assert_true(wf_view_width(copy) <= 60);
	}
	assert_int_equal(rows, 13);
	assert_non_null(strstr(b.data, "and 8 more"));
	wf_live_free(l);
	sample_done(&s);
	wf_buf_done(&b);
}

/* A lane that takes several items within one turn: each line says its own item. */
static void test_items(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	struct wf_live_options options = { 0 };
	struct wf_event event = { .type = WF_EVENT_CONTINUE, .at = T0, .step = WF_NONE };
	sample_init(&s);
	sample_foreach(&s);
	s.in->threads[1].item = 17;
	s.in->threads[2].item = 18;
	struct wf_transition t[] = {
		{ WF_TRANS_STEP_STATUS, 1, WF_STEP_SKIPPED }, { WF_TRANS_ITEM, 0, 15 << 1 },
		{ WF_TRANS_STEP_STATUS, 1, WF_STEP_SKIPPED }, { WF_TRANS_STEP_STATUS, 2, WF_STEP_SKIPPED },
		{ WF_TRANS_ITEM, 0, 16 << 1 }, { WF_TRANS_STEP_STATUS, 2, WF_STEP_SKIPPED },
	};
	struct wf_live *l = wf_live_new(&options);
	wf_live_moved(l, s.plan, s.in, &event, t, 6, T0, &b);
	assert_text(&b, "  skip  approval (item 15)\n"
			"  skip  approval (item 17)\n"
			"  skip  approval (item 16)\n"
			"  skip  approval (item 18)\n");
	wf_live_free(l);
	sample_done(&s);
	wf_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_retry),
		cmocka_unit_test(test_in_place), cmocka_unit_test(test_one_row_each),
		cmocka_unit_test(test_items),
	};
	return cmocka_run_group_tests_name("view live", tests, utc, NULL);
}
