/* Compensation: what was done is undone, last first; what stops it, and what a retry does then. */
#include "unit/engine/world.h"

#include <sodium.h>

static const char refused[] = "{'type': 'ValidationError', 'code': 'no', 'message': 'no'}";

/* What undoes the step of the main flow: its input is the step's output. */
static void flow_undo_of(struct flow *f, const char *id, const char *action, const char *more)
{
	wf_buf_printf(&f->head, "step \"u_%s\"\naction %s\n%svisits 1000000\nenter C_%s\n", id, action,
		more, id);
	wf_buf_printf(&f->bodies, "undo \"%s\" \"u_%s\"\nbody compensate \"%s\" C_%s\n"
		"body undo.input \"%s\" I_%s\n", id, id, id, id, id, id);
	wf_buf_printf(&f->side,
		"C_%s:\nenter \"u_%s\"\nundo.input\nperform \"u_%s\"\nleave \"u_%s\"\nhalt\n"
		"I_%s:\nroot output\nget \"n\"\nreturn\n", id, id, id, id, id);
}

static void saga_step(struct flow *f, const char *id, const char *more)
{
	flow_step(f, id, "http.request", "{}", "");
	flow_undo_of(f, id, "http.request", more);
}

/* The handler of the workflow's failure: a step `h`, then its output. */
static void flow_handler(struct flow *f, const char *more)
{
	wf_buf_addstr(&f->top, "failure FAILED\n");
	wf_buf_printf(&f->head, "step \"h\"\naction http.request\n%senter FAILED\n", more);
	wf_buf_addstr(&f->side, "FAILED:\nenter \"h\"\nroot error\nget \"message\"\nperform \"h\"\n"
		"leave \"h\"\nroot error\nget \"code\"\nrethrow\n");
}

/* a, b, c with compensations, and d, which has none. */
static void saga(struct world *w, const char *top, const char *more, bool handler)
{
	struct flow f = {0};
	wf_buf_addstr(&f.top, top);
	saga_step(&f, "a", more);
	saga_step(&f, "b", more);
	saga_step(&f, "c", more);
	flow_step(&f, "d", "http.request", "{}", "");
	if (handler)
		flow_handler(&f, "");
	begin(w, flow_plan(&f));
	assert_int_equal(start(w), 0);
}

static int succeed(struct world *w, const char *id, const char *output)
{
	return feed(w, WF_EVENT_SUCCESS, step_of(w, id), state_of(w, id)->attempts, js(output));
}

static int fail_attempt(struct world *w, const char *id)
{
	return feed(w, WF_EVENT_FAILURE, step_of(w, id), state_of(w, id)->attempts, js(refused));
}

static void three_done(struct world *w)
{
	assert_int_equal(succeed(w, "a", "{'n': 'A'}"), 0);
	assert_int_equal(succeed(w, "b", "{'n': 'B'}"), 0);
	assert_int_equal(succeed(w, "c", "{'n': 'C'}"), 0);
}

static void assert_begun(const struct world *w, const char *id, const char *input)
{
	assert_int_equal(w->turn.command_count, 1);
	assert_int_equal(w->turn.commands[0].step, step_of(w, id));
	assert_int_equal(state_of(w, id)->status, WF_STEP_RUNNING);
	if (input)
		assert_string_equal(json_string_value(state_of(w, id)->input), input);
}

/* "a b" of a list of what was undone, or was not. */
static void assert_told(const struct world *w, const char *list, const char *ids)
{
	WF_AUTOBUF struct wf_buf text = {0};
	json_t *entries = json_object_get(w->in->error, list);
	assert_true(json_is_array(entries));
	for (size_t i = 0; i < json_array_size(entries); i++)
		wf_buf_printf(&text, "%s%s", i ? " " : "",
			wf_core_text(json_array_get(entries, i), "step"));
	assert_string_equal(text.data ? text.data : "", ids);
}

static void assert_status(const struct world *w, const char *id, enum wf_step_status status)
{
	assert_string_equal(wf_step_status_name(state_of(w, id)->status),
		wf_step_status_name(status));
}

static void what_was_done_is_undone_last_first(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", false);
	three_done(&w);
	assert_int_equal(w.in->undo_count, 3);
	assert_int_equal(fail_attempt(&w, "d"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_begun(&w, "u_c", "C");
	assert_int_equal(w.in->ended_at, 0);
	assert_int_equal(succeed(&w, "u_c", "{}"), 0);
	assert_status(&w, "c", WF_STEP_COMPENSATED);
	assert_status(&w, "b", WF_STEP_COMPLETED);
	assert_begun(&w, "u_b", "B");
	assert_int_equal(succeed(&w, "u_b", "{}"), 0);
	assert_begun(&w, "u_a", "A");
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_true(noted(&w, WF_TRANS_STEP_STATUS, step_of(&w, "a"), WF_STEP_COMPENSATED));
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "no");
	assert_int_equal(w.in->failed_step, step_of(&w, "d"));
	assert_status(&w, "a", WF_STEP_COMPENSATED);
	assert_status(&w, "d", WF_STEP_FAILED);
	assert_int_equal(wf_instance_undo_in(w.in, WF_UNDO_DONE), 3);
	end(&w);
}

static void nothing_is_undone_that_was_not_done(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", false);
	assert_int_equal(succeed(&w, "a", "{'n': 'A'}"), 0);
	assert_int_equal(fail_attempt(&w, "b"), 0);
	assert_begun(&w, "u_a", "A");
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_status(&w, "u_b", WF_STEP_PENDING);
	end(&w);
	/* nothing at all */
	saga(&w, "compensate\n", "", false);
	assert_int_equal(fail_attempt(&w, "a"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(w.turn.command_count, 0);
	end(&w);
	/* and not where the workflow says so */
	saga(&w, "", "", false);
	three_done(&w);
	assert_int_equal(fail_attempt(&w, "d"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_status(&w, "a", WF_STEP_COMPLETED);
	end(&w);
	/* nor when it ends well */
	saga(&w, "compensate\n", "", false);
	three_done(&w);
	assert_int_equal(succeed(&w, "d", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_compensation_is_retried(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n",
		"retry attempts=2 backoff=fixed initial=60000 coefficient=2000 on=ValidationError\n", false);
	three_done(&w);
	assert_int_equal(fail_attempt(&w, "d"), 0);
	WF_AUTOFREE char *key = wf_strdup(state_of(&w, "u_c")->key);
	assert_int_equal(fail_attempt(&w, "u_c"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_int_equal(w.in->wait, WF_WAIT_RETRY);
	assert_int_equal(wf_instance_due(w.in), w.now + MINUTE);
	w.now += MINUTE;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(w.in->wait, WF_WAIT_NONE);
	assert_begun(&w, "u_c", "C");
	assert_string_equal(state_of(&w, "u_c")->key, key);
	assert_int_equal(succeed(&w, "u_c", "{}"), 0);
	assert_begun(&w, "u_b", "B");
	end(&w);
}

static int retry(struct world *w, const char *from, const char *data)
{
	return feed(w, WF_EVENT_RETRY, from ? step_of(w, from) : WF_NONE, 0, js(data));
}

static void one_that_fails_for_good_is_told_and_may_be_retried(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", true);
	three_done(&w);
	assert_int_equal(fail_attempt(&w, "d"), 0);
	assert_int_equal(succeed(&w, "u_c", "{}"), 0);
	WF_AUTOFREE char *key = wf_strdup(state_of(&w, "u_b")->key);
	assert_int_equal(fail_attempt(&w, "u_b"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_not_equal(w.in->ended_at, 0);
	assert_string_equal(error_code(&w), "compensation_failed");
	assert_told(&w, "undone", "c");
	assert_told(&w, "not_undone", "b a");
	assert_string_equal(wf_core_text(json_object_get(w.in->error, "cause"), "code"), "no");
	assert_status(&w, "b", WF_STEP_COMPENSATION_FAILED);
	assert_status(&w, "a", WF_STEP_COMPLETED);
	assert_status(&w, "h", WF_STEP_PENDING);
	assert_int_equal(wf_engine_retry_from(w.plan, w.in), WF_NONE);
	assert_int_equal(retry(&w, "d", "{'by': 'root'}"), WF_ECONFLICT);
	w.now += HOUR;
	assert_int_equal(retry(&w, NULL, "{'by': 'root'}"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_int_equal(w.in->ended_at, 0);
	assert_string_equal(error_code(&w), "no");
	assert_begun(&w, "u_b", "B");
	assert_string_equal(state_of(&w, "u_b")->key, key);
	assert_int_equal(succeed(&w, "u_b", "{}"), 0);
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_status(&w, "b", WF_STEP_COMPENSATED);
	/* then the handler runs, once */
	assert_begun(&w, "h", "no");
	assert_int_equal(succeed(&w, "h", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "no");
	assert_string_equal(json_string_value(w.in->output), "no");
	end(&w);
}

static void an_input_that_cannot_be_told_is_told_when_it_is_undone(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", false);
	assert_int_equal(succeed(&w, "a", "{'other': 1}"), 0);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_status(&w, "a", WF_STEP_COMPLETED);
	assert_non_null(w.in->undo[0].error);
	assert_int_equal(fail_attempt(&w, "b"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "compensation_failed");
	assert_told(&w, "not_undone", "a");
	assert_int_equal(w.turn.command_count, 0);
	/* with what an operator says it is told again */
	assert_int_equal(retry(&w, NULL, "{'by': 'root'}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(retry(&w, NULL, "{'set': {'steps.a.output': {'n': 'Z'}}}"), WF_EINVAL);
	end(&w);
}

static void a_cancel_compensates_when_it_says_so(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", true);
	three_done(&w);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann', 'compensate': true}"));
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_status(&w, "d", WF_STEP_CANCELLED);
	assert_begun(&w, "u_c", "C");
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann'}"));
	assert_int_equal(succeed(&w, "u_c", "{}"), 0);
	assert_int_equal(succeed(&w, "u_b", "{}"), 0);
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	/* a cancel is no failure: its handler has nothing to handle */
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_status(&w, "h", WF_STEP_PENDING);
	assert_string_equal(error_code(&w), "cancelled");
	assert_string_equal(w.in->result, "cancelled");
	/* all is undone: where it begins again must be said, and each effect has a new key then */
	assert_int_equal(wf_engine_retry_from(w.plan, w.in), WF_NONE);
	WF_AUTOFREE char *key = wf_strdup(state_of(&w, "a")->key);
	assert_int_equal(retry(&w, NULL, "{}"), WF_ECONFLICT);
	assert_int_equal(retry(&w, "a", "{}"), 0);
	assert_begun(&w, "a", NULL);
	assert_string_not_equal(state_of(&w, "a")->key, key);
	three_done(&w);
	assert_int_equal(w.in->undo_count, 6);
	assert_int_equal(fail_attempt(&w, "d"), 0);
	assert_begun(&w, "u_c", "C");
	end(&w);
	/* without it nothing is undone */
	saga(&w, "compensate\n", "", true);
	three_done(&w);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann'}"));
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_status(&w, "a", WF_STEP_COMPLETED);
	end(&w);
}

static void a_compensation_is_cut_short_only_by_force(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", false);
	three_done(&w);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann', 'compensate': true}"));
	assert_int_equal(succeed(&w, "u_c", "{}"), 0);
	WF_AUTOFREE char *key = wf_strdup(state_of(&w, "u_b")->key);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann', 'force': true}"));
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_string_equal(error_code(&w), "compensation_cancelled");
	assert_told(&w, "undone", "c");
	assert_told(&w, "not_undone", "b a");
	assert_status(&w, "u_b", WF_STEP_CANCELLED);
	assert_int_equal(retry(&w, NULL, "{}"), 0);
	assert_begun(&w, "u_b", "B");
	assert_string_equal(state_of(&w, "u_b")->key, key);
	assert_int_equal(succeed(&w, "u_b", "{}"), 0);
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_string_equal(error_code(&w), "cancelled");
	end(&w);
}

static void the_workflows_time_limit_compensates(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\ntimeout 3600000\n", "", true);
	three_done(&w);
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_begun(&w, "u_c", "C");
	assert_int_equal(succeed(&w, "u_c", "{}"), 0);
	assert_int_equal(succeed(&w, "u_b", "{}"), 0);
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_begun(&w, "h", "the workflow took longer than its timeout");
	assert_int_equal(succeed(&w, "h", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "workflow_timeout");
	end(&w);
}

static void a_doubt_in_a_compensation_asks_an_operator(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "on_crash ask\n", false);
	three_done(&w);
	assert_int_equal(fail_attempt(&w, "d"), 0);
	FEED(&w, WF_EVENT_DOUBT, step_of(&w, "u_c"), 1, NULL);
	assert_int_equal(w.in->status, WF_INST_SUSPENDED);
	assert_int_equal(w.in->wait, WF_WAIT_OPERATOR);
	FEED(&w, WF_EVENT_RESOLVE, step_of(&w, "u_c"), 0, js("{'as': 'completed', 'output': {}}"));
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_begun(&w, "u_b", "B");
	FEED(&w, WF_EVENT_DOUBT, step_of(&w, "u_b"), 1, NULL);
	FEED(&w, WF_EVENT_RESOLVE, step_of(&w, "u_b"), 0, js("{'as': 'retry'}"));
	assert_begun(&w, "u_b", "B");
	FEED(&w, WF_EVENT_DOUBT, step_of(&w, "u_b"), 2, NULL);
	/* a retry of the instance begins it anew */
	WF_AUTOFREE char *key = wf_strdup(state_of(&w, "u_b")->key);
	assert_int_equal(retry(&w, NULL, "{}"), 0);
	assert_begun(&w, "u_b", "B");
	assert_string_equal(state_of(&w, "u_b")->key, key);
	FEED(&w, WF_EVENT_DOUBT, step_of(&w, "u_b"), 1, NULL);
	FEED(&w, WF_EVENT_RESOLVE, step_of(&w, "u_b"), 0, js("{'as': 'failed'}"));
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "compensation_failed");
	end(&w);
}

static void a_hold_keeps_compensations_back(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", false);
	three_done(&w);
	w.held = true;
	assert_int_equal(fail_attempt(&w, "d"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_int_equal(w.in->wait, WF_WAIT_HOLD);
	assert_int_equal(w.turn.command_count, 0);
	w.held = false;
	FEED(&w, WF_EVENT_RELEASE, step_of(&w, "u_c"), 0, NULL);
	assert_begun(&w, "u_c", "C");
	end(&w);
}

static void a_handler_that_fails_is_told_beside_the_failure(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "", "", true);
	assert_int_equal(fail_attempt(&w, "a"), 0);
	assert_begun(&w, "h", "no");
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	FEED(&w, WF_EVENT_FAILURE, step_of(&w, "h"), 1,
		js("{'type': 'ExecError', 'code': 'later', 'message': 'late'}"));
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_code(&w), "no");
	assert_string_equal(wf_core_text(json_object_get(w.in->error, "handler"), "code"), "later");
	/* a retry begins where the flow failed, and the handler may run again */
	assert_int_equal(wf_engine_retry_from(w.plan, w.in), step_of(&w, "a"));
	assert_int_equal(retry(&w, "h", "{}"), WF_EINVAL);
	assert_int_equal(retry(&w, "u_a", "{}"), WF_EINVAL);
	assert_int_equal(retry(&w, "a", "{}"), 0);
	assert_begun(&w, "a", NULL);
	assert_int_equal(fail_attempt(&w, "a"), 0);
	assert_begun(&w, "h", "no");
	assert_int_equal(succeed(&w, "h", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_null(json_object_get(w.in->error, "handler"));
	end(&w);
}

static void a_cancel_ends_the_handler(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "", "", true);
	assert_int_equal(fail_attempt(&w, "a"), 0);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann'}"));
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_string_equal(wf_core_text(json_object_get(w.in->error, "cause"), "code"), "no");
	assert_int_equal(wf_engine_retry_from(w.plan, w.in), step_of(&w, "a"));
	end(&w);
}

/* `a` of the main flow leads back to itself until it has been there often enough. */
static void sketch_loop(struct world *w, uint32_t visits, const char *action)
{
	struct flow f = {0};
	wf_buf_addstr(&f.top, "compensate\n");
	wf_buf_printf(&f.head, "step \"a\"\naction http.request\nvisits %u\nenter E_a\nfail FA\n", visits);
	flow_undo_of(&f, "a", action, "");
	wf_buf_addstr(&f.code, "E_a:\nenter \"a\"\nconst {}\nperform \"a\"\nleave \"a\"\njump E_a\n"
		"FA:\nreraise \"a\"\n");
	begin(w, flow_plan(&f));
	assert_int_equal(start(w), 0);
}

static void every_visit_is_undone(void **state)
{
	(void)state;
	struct world w;
	sketch_loop(&w, 3, "http.request");
	assert_int_equal(succeed(&w, "a", "{'n': '1'}"), 0);
	assert_int_equal(succeed(&w, "a", "{'n': '2'}"), 0);
	assert_int_equal(succeed(&w, "a", "{'n': '3'}"), 0);
	assert_begun(&w, "u_a", "3"); /* its fourth visit is over its max_visits */
	WF_AUTOFREE char *key = wf_strdup(state_of(&w, "u_a")->key);
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_true(noted(&w, WF_TRANS_UNDONE, step_of(&w, "a"), 0));
	assert_begun(&w, "u_a", "2");
	assert_string_not_equal(state_of(&w, "u_a")->key, key);
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_begun(&w, "u_a", "1");
	assert_int_equal(fail_attempt(&w, "u_a"), 0);
	assert_told(&w, "undone", "a a");
	assert_told(&w, "not_undone", "a");
	end(&w);
}

/* A compensation that costs no event: they come in turns that are bounded. */
static void long_logs_are_undone_in_bounded_turns(void **state)
{
	(void)state;
	struct world w;
	enum { MANY = 2500 };
	sketch_loop(&w, MANY, "data.set");
	struct wf_event event = {.type = WF_EVENT_SUCCESS, .at = T0, .attempt = 1, .data = js("{'n': 1}")};
	for (uint32_t i = 0; i + 1 < MANY; i++) {
		wf_turn_reset(&w.turn);
		assert_int_equal(wf_engine_feed(w.plan, w.in, &event, &w.turn, NULL), 0);
	}
	wf_turn_reset(&w.turn);
	assert_int_equal(wf_engine_feed(w.plan, w.in, &event, &w.turn, NULL), 0);
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_int_equal(wf_instance_undo_in(w.in, WF_UNDO_DONE), 1000);
	assert_true(wf_engine_ready(w.in));
	json_decref(event.data);
	event = (struct wf_event){.type = WF_EVENT_CONTINUE, .at = T0, .step = WF_NONE};
	assert_int_equal(wf_engine_feed(w.plan, w.in, &event, &w.turn, NULL), 0);
	assert_int_equal(wf_instance_undo_in(w.in, WF_UNDO_DONE), 2000);
	assert_int_equal(wf_engine_feed(w.plan, w.in, &event, &w.turn, NULL), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(wf_instance_undo_in(w.in, WF_UNDO_DONE), MANY);
	assert_status(&w, "a", WF_STEP_FAILED);
	wf_turn_done(&w.turn);
	wf_buf_done(&w.history);
	wf_instance_free(w.in);
	wf_plan_free(w.plan);
}

/* -- side by side -- */

/* A step of member `member` of group 0, with its compensation. */
static void member_step(struct flow *f, const char *id, unsigned member)
{
	wf_buf_printf(&f->head, "step \"%s\"\naction http.request\nvisits 9\nin 0 %u\nenter E_%s\n", id,
		member, id);
	wf_buf_printf(&f->code, "E_%s:\nenter \"%s\"\nconst {}\nperform \"%s\"\nleave \"%s\"\n", id, id,
		id, id);
	flow_undo_of(f, id, "http.request", "");
}

/* The step `fan` with so many branches of `steps` steps each, begun `begins` times; then `last`. */
static void sketch_fan(struct world *w, unsigned branches, unsigned steps, unsigned begins)
{
	struct flow f = {0};
	wf_buf_addstr(&f.top, "compensate\n");
	wf_buf_printf(&f.head, "step \"fan\"\naction parallel\nvisits %u\nenter E_fan\nfail NEXT\n", begins);
	wf_buf_printf(&f.bodies, "group parallel \"fan\" needed=%u limit=%u first=0 count=%u\n", branches,
		branches, branches);
	for (unsigned i = 0; i < branches; i++)
		wf_buf_printf(&f.bodies, "member M%u\n", i);
	wf_buf_printf(&f.code, "E_fan:\nenter \"fan\"\nundef\nfork 0\nleave \"fan\"\njump %s\n",
		begins > 1 ? "E_fan" : "NEXT");
	for (unsigned i = 0; i < branches; i++) {
		wf_buf_printf(&f.code, "M%u:\n", i);
		for (unsigned k = 0; k < steps; k++) {
			WF_AUTOFREE char *id = wf_asprintf("s%u_%u", i, k);
			member_step(&f, id, i);
		}
		wf_buf_addstr(&f.code, "member.end 0\n");
	}
	wf_buf_addstr(&f.code, "NEXT:\n");
	flow_step(&f, "last", "http.request", "{}", "");
	begin(w, flow_plan(&f));
	assert_int_equal(start(w), 0);
}

static bool begun(const struct world *w, const char *id)
{
	uint32_t step = step_of(w, id);
	for (uint32_t i = 0; i < w->turn.command_count; i++)
		if (w->turn.commands[i].step == step)
			return true;
	return false;
}

static void branches_are_undone_side_by_side(void **state)
{
	(void)state;
	struct world w;
	sketch_fan(&w, 2, 2, 1);
	assert_int_equal(succeed(&w, "s0_0", "{'n': 1}"), 0);
	assert_int_equal(succeed(&w, "s1_0", "{'n': 2}"), 0);
	assert_int_equal(succeed(&w, "s0_1", "{'n': 3}"), 0);
	assert_int_equal(succeed(&w, "s1_1", "{'n': 4}"), 0);
	assert_int_equal(fail_attempt(&w, "last"), 0);
	/* each branch from its own end */
	assert_int_equal(w.turn.command_count, 2);
	assert_true(begun(&w, "u_s1_1") && begun(&w, "u_s0_1"));
	assert_int_equal(succeed(&w, "u_s0_1", "{}"), 0);
	assert_int_equal(w.turn.command_count, 1);
	assert_true(begun(&w, "u_s0_0"));
	/* what has begun goes on to its end when another cannot be undone, and nothing else begins */
	assert_int_equal(fail_attempt(&w, "u_s1_1"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(succeed(&w, "u_s0_0", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_told(&w, "undone", "s0_1 s0_0");
	assert_told(&w, "not_undone", "s1_1 s1_0");
	assert_int_equal(retry(&w, NULL, "{}"), 0);
	assert_int_equal(succeed(&w, "u_s1_1", "{}"), 0);
	assert_int_equal(succeed(&w, "u_s1_0", "{}"), 0);
	assert_string_equal(error_code(&w), "no");
	end(&w);
}

/* One cannot be undone, one is in hand, one is done: what that one would let begin does not begin. */
static void nothing_new_is_undone_beside_one_that_cannot_be(void **state)
{
	(void)state;
	struct world w;
	sketch_fan(&w, 3, 2, 1);
	for (unsigned i = 0; i < 6; i++) {
		char id[16];
		(void)snprintf(id, sizeof(id), "s%u_%u", i % 3, i / 3);
		assert_int_equal(succeed(&w, id, "{'n': 1}"), 0);
	}
	assert_int_equal(fail_attempt(&w, "last"), 0);
	assert_int_equal(w.turn.command_count, 3);
	assert_int_equal(fail_attempt(&w, "u_s0_1"), 0);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(succeed(&w, "u_s1_1", "{}"), 0);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(w.in->status, WF_INST_COMPENSATING);
	assert_int_equal(succeed(&w, "u_s2_1", "{}"), 0);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_told(&w, "undone", "s2_1 s1_1");
	end(&w);
}

/* a; b and c, which depend on it; d, which depends on both and fails. */
static void what_depends_on_a_step_is_undone_before_it(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	static const char *const ids[] = {"a", "b", "c", "d"};
	wf_buf_addstr(&f.top, "compensate\n");
	wf_buf_addstr(&f.bodies, "group dag none needed=4 limit=4 first=0 count=4\n"
		"member M0\nmember M1 0 1\nmember M2 1 1\nmember M3 2 2\n"
		"after 0\nafter 0\nafter 1\nafter 2\n");
	wf_buf_addstr(&f.code, "undef\nfork 0\njump END\n");
	for (unsigned i = 0; i < 4; i++) {
		wf_buf_printf(&f.code, "M%u:\n", i);
		member_step(&f, ids[i], i);
		wf_buf_addstr(&f.code, "member.end 0\n");
	}
	wf_buf_addstr(&f.code, "END:\n");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	for (unsigned i = 0; i < 3; i++) {
		w.now += MINUTE;
		assert_int_equal(succeed(&w, ids[i], "{'n': 1}"), 0);
	}
	assert_int_equal(fail_attempt(&w, "d"), 0);
	assert_int_equal(w.turn.command_count, 2);
	assert_true(begun(&w, "u_b") && begun(&w, "u_c"));
	assert_int_equal(succeed(&w, "u_c", "{}"), 0);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(succeed(&w, "u_b", "{}"), 0);
	assert_true(begun(&w, "u_a"));
	assert_int_equal(succeed(&w, "u_a", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	end(&w);
}

static void an_earlier_begin_waits_for_the_later_one(void **state)
{
	(void)state;
	struct world w;
	sketch_fan(&w, 2, 1, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(succeed(&w, "s0_0", "{'n': 1}"), 0);
		assert_int_equal(succeed(&w, "s1_0", "{'n': 2}"), 0);
	}
	/* the third begin is over its visits, and unhandled */
	assert_int_equal(w.turn.command_count, 2);
	assert_true(begun(&w, "u_s0_0") && begun(&w, "u_s1_0"));
	assert_int_equal(succeed(&w, "u_s1_0", "{}"), 0);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(succeed(&w, "u_s0_0", "{}"), 0);
	assert_int_equal(w.turn.command_count, 1); /* of an earlier begin: one after the other */
	assert_true(begun(&w, "u_s1_0"));
	assert_int_equal(succeed(&w, "u_s1_0", "{}"), 0);
	assert_int_equal(succeed(&w, "u_s0_0", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(wf_instance_undo_in(w.in, WF_UNDO_DONE), 4);
	end(&w);
}

static void no_more_than_a_bound_is_undone_at_once(void **state)
{
	(void)state;
	struct world w;
	char id[16];
	sketch_fan(&w, 40, 1, 1);
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(id, sizeof(id), "s%u_0", i);
		assert_int_equal(succeed(&w, id, "{'n': 1}"), 0);
	}
	assert_int_equal(fail_attempt(&w, "last"), 0);
	assert_int_equal(w.turn.command_count, 16);
	for (unsigned i = 40; i-- > 0;) {
		(void)snprintf(id, sizeof(id), "u_s%u_0", i);
		assert_int_equal(succeed(&w, id, "{}"), 0);
		assert_true(wf_instance_undo_in(w.in, WF_UNDO_RUNNING) <= 16);
	}
	assert_int_equal(w.in->status, WF_INST_FAILED);
	end(&w);
}

/* The instance moves to a plan in which a compensation is not there. */
static void a_plan_that_lost_a_step_says_what_it_cannot_undo(void **state)
{
	(void)state;
	struct world w;
	saga(&w, "compensate\n", "", false);
	three_done(&w);
	assert_int_equal(fail_attempt(&w, "d"), 0);
	assert_int_equal(fail_attempt(&w, "u_c"), 0);
	struct flow f = {0};
	wf_buf_addstr(&f.top, "compensate\n");
	saga_step(&f, "a", "");
	flow_step(&f, "c", "http.request", "{}", "");
	saga_step(&f, "b", "");
	struct wf_plan *now = flow_plan(&f);
	uint32_t map[16];
	for (uint32_t i = 0; i < w.plan->step_count; i++)
		map[i] = wf_plan_find_step(now, wf_plan_step_id(w.plan, i));
	wf_instance_remap(w.in, now->id, now->step_count, map);
	wf_plan_free(w.plan);
	w.plan = now;
	assert_int_equal(retry(&w, NULL, "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_told(&w, "not_undone", "c b a");
	assert_string_equal(wf_core_text(w.in->undo[2].error, "code"), "no_compensation");
	wf_turn_done(&w.turn);
	wf_buf_done(&w.history);
	wf_instance_free(w.in);
	wf_plan_free(w.plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_done_is_undone_last_first),
		cmocka_unit_test(nothing_is_undone_that_was_not_done),
		cmocka_unit_test(a_compensation_is_retried),
		cmocka_unit_test(one_that_fails_for_good_is_told_and_may_be_retried),
		cmocka_unit_test(an_input_that_cannot_be_told_is_told_when_it_is_undone),
		cmocka_unit_test(a_cancel_compensates_when_it_says_so),
		cmocka_unit_test(a_compensation_is_cut_short_only_by_force),
		cmocka_unit_test(the_workflows_time_limit_compensates),
		cmocka_unit_test(a_doubt_in_a_compensation_asks_an_operator),
		cmocka_unit_test(a_hold_keeps_compensations_back),
		cmocka_unit_test(a_handler_that_fails_is_told_beside_the_failure),
		cmocka_unit_test(a_cancel_ends_the_handler),
		cmocka_unit_test(every_visit_is_undone),
		cmocka_unit_test(long_logs_are_undone_in_bounded_turns),
		cmocka_unit_test(branches_are_undone_side_by_side),
		cmocka_unit_test(nothing_new_is_undone_beside_one_that_cannot_be),
		cmocka_unit_test(what_depends_on_a_step_is_undone_before_it),
		cmocka_unit_test(an_earlier_begin_waits_for_the_later_one),
		cmocka_unit_test(no_more_than_a_bound_is_undone_at_once),
		cmocka_unit_test(a_plan_that_lost_a_step_says_what_it_cannot_undo),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
