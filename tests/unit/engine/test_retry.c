/* RETRY: where it begins, what stays, what is set; and which steps a flow may come to. */
#include "unit/engine/world.h"

#include <sodium.h>

static const char failed[] = "{'type': 'ExecError', 'code': 'exit_1', 'message': 'no'}";

/* a, b, c: effects one after the other; b is in doubt after a crash. */
static void sketch(struct world *w)
{
	struct flow f = {0};
	wf_buf_addstr(&f.top, "timeout 3600000\n");
	flow_step(&f, "a", "http.request", "{}", "");
	flow_step(&f, "b", "exec.run", "{}", "on_crash ask\n");
	flow_step(&f, "c", "http.request", "{}", "");
	begin(w, flow_plan(&f));
	assert_int_equal(start(w), 0);
}

static int succeed(struct world *w, const char *id, const char *output)
{
	return feed(w, WF_EVENT_SUCCESS, step_of(w, id), state_of(w, id)->attempts, js(output));
}

static int fail_attempt(struct world *w, const char *id)
{
	return feed(w, WF_EVENT_FAILURE, step_of(w, id), state_of(w, id)->attempts, js(failed));
}

static int retry(struct world *w, const char *from, const char *data)
{
	return feed(w, WF_EVENT_RETRY, from ? step_of(w, from) : WF_NONE, 0, js(data));
}

static void a_failed_instance_begins_again_where_it_failed(void **state)
{
	(void)state;
	struct world w;
	sketch(&w);
	assert_int_equal(retry(&w, "a", "{'by': 'root'}"), WF_ECONFLICT);
	assert_int_equal(succeed(&w, "a", "{'n': 1}"), 0);
	WF_AUTOFREE char *key = wf_strdup(state_of(&w, "b")->key);
	assert_int_equal(fail_attempt(&w, "b"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	w.now += HOUR;
	assert_int_equal(wf_engine_retry_from(w.plan, w.in), step_of(&w, "b"));
	assert_int_equal(retry(&w, NULL, "{'by': 'root'}"), 0);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(w.in->timeout_at, w.now + HOUR);
	assert_int_equal(w.in->ended_at, 0);
	assert_int_equal(w.in->started_at, T0);
	assert_null(w.in->error);
	assert_null(w.in->result);
	assert_int_equal(w.in->failed_step, WF_NONE);
	/* what was completed stays; the failed one keeps its key, but not its number of visits */
	assert_int_equal(state_of(&w, "a")->status, WF_STEP_COMPLETED);
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(w.turn.commands[0].step, step_of(&w, "b"));
	assert_int_equal(w.turn.commands[0].attempt, 1);
	assert_int_equal(state_of(&w, "b")->visits, 2);
	assert_int_equal(state_of(&w, "b")->spent, 1);
	assert_string_equal(state_of(&w, "b")->key, key);
	assert_int_equal(succeed(&w, "b", "{}"), 0);
	assert_int_equal(succeed(&w, "c", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(retry(&w, "a", "{'by': 'root'}"), WF_ECONFLICT);
	end(&w);
}

static void from_an_earlier_step_everything_after_it_runs_again(void **state)
{
	(void)state;
	struct world w;
	sketch(&w);
	assert_int_equal(succeed(&w, "a", "{'n': 1}"), 0);
	assert_int_equal(fail_attempt(&w, "b"), 0);
	assert_int_equal(retry(&w, "a", "{'by': 'root'}"), 0);
	/* one that had a result gets another key */
	assert_non_null(strstr(state_of(&w, "a")->key, ":a:2"));
	const struct wf_step_state *b = state_of(&w, "b");
	assert_int_equal(b->status, WF_STEP_PENDING);
	assert_int_equal(b->started_at + b->attempt_at + b->ended_at + b->due_at, 0);
	assert_int_equal(b->attempts, 0);
	assert_null(b->error);
	assert_int_equal(state_of(&w, "c")->spent, 0);
	assert_int_equal(succeed(&w, "a", "{'n': 2}"), 0);
	assert_int_equal(json_integer_value(wf_json_at(state_of(&w, "a")->output, "n")), 2);
	assert_int_equal(fail_attempt(&w, "b"), 0);
	assert_int_equal(retry(&w, "c", "{'by': 'root'}"), 0);
	assert_int_equal(state_of(&w, "b")->status, WF_STEP_FAILED);
	assert_int_equal(succeed(&w, "c", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_cancelled_instance_begins_where_it_was_cut_short(void **state)
{
	(void)state;
	struct world w;
	sketch(&w);
	assert_int_equal(succeed(&w, "a", "{}"), 0);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, NULL);
	assert_int_equal(wf_engine_retry_from(w.plan, w.in), step_of(&w, "b"));
	assert_int_equal(retry(&w, NULL, "{'by': 'root'}"), 0);
	assert_int_equal(w.turn.commands[0].step, step_of(&w, "b"));
	end(&w);
	/* not in a notification that the cancel cut short too */
	struct flow f = {0};
	flow_notify(&f, "tell", "ok", 0, "");
	flow_step(&f, "ok", "approval.request",
		"{'approvers': {'list': ['a']}, 'escalations': [{'after': 'PT1H', 'notify': 0}]}", "");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, NULL);
	assert_int_equal(state_of(&w, "tell")->status, WF_STEP_CANCELLED);
	assert_int_equal(retry(&w, NULL, "{'by': 'root'}"), 0);
	assert_asked(&w, "ok", "a");
	end(&w);
}

static void a_step_in_doubt_is_done_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		static const char *const from[] = {NULL, "b", "a"};
		struct world w;
		sketch(&w);
		assert_int_equal(succeed(&w, "a", "{}"), 0);
		FEED(&w, WF_EVENT_DOUBT, step_of(&w, "b"), 1, NULL);
		assert_int_equal(w.in->status, WF_INST_SUSPENDED);
		assert_int_equal(retry(&w, from[i], "{'by': 'root'}"), 0);
		assert_int_equal(w.in->status, WF_INST_RUNNING);
		assert_int_equal(w.turn.command_count, 1);
		assert_int_equal(w.turn.commands[0].step, step_of(&w, i == 2 ? "a" : "b"));
		assert_int_equal(state_of(&w, "b")->status, i == 2 ? WF_STEP_PENDING
							       : WF_STEP_RUNNING);
		REFUSED(&w, WF_ECONFLICT, WF_EVENT_RESOLVE, step_of(&w, "b"), 0,
			js("{'as': 'failed'}"));
		end(&w);
	}
}

static void values_are_set_before_it_begins(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	wf_buf_addstr(&f.top, "vars {\"region\":\"eu\",\"deep\":{\"x\":1,\"y\":2}}\n");
	flow_step(&f, "a", "data.set", "{'n': 1}", "");
	flow_step(&f, "b.output", "data.set", "{'n': 1}", "");
	flow_step(&f, "c", "http.request", "{}", "");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	assert_int_equal(fail_attempt(&w, "c"), 0);
	assert_int_equal(retry(&w, "c", "{'by': 'root', 'set': {'vars.deep.x': 9, 'vars.new': [1],"
		"'vars.region': 'us', 'steps.a.output.n': 5, 'vars.made.of.it': true,"
		"'steps.b.output.output.n': 6, 'vars.deep.x.': 1}}"), WF_EINVAL);
	assert_int_equal(retry(&w, "c", "{'by': 'root', 'set': {'vars.deep.x': 9, 'vars.new': [1],"
		"'vars.region': 'us', 'steps.a.output.n': 5, 'vars.made.of.it': true,"
		"'steps.a.output.m': 7, 'vars.made': {'from': 1}, 'steps.b.output.output.n': 6}}"), 0);
	json_t *deep = js("{'x': 9, 'y': 2}"), *made = js("{'from': 1, 'of': {'it': true}}");
	assert_true(json_equal(wf_instance_var(w.in, "deep"), deep));
	assert_true(json_equal(wf_instance_var(w.in, "made"), made));
	assert_string_equal(json_string_value(wf_instance_var(w.in, "region")), "us");
	assert_int_equal(json_array_size(wf_instance_var(w.in, "new")), 1);
	assert_int_equal(json_integer_value(wf_json_at(state_of(&w, "a")->output, "n")), 5);
	assert_int_equal(json_integer_value(wf_json_at(state_of(&w, "a")->output, "m")), 7);
	assert_int_equal(json_integer_value(wf_json_at(state_of(&w, "b.output")->output, "n")), 6);
	/* the plan's own constants are as they were */
	const json_t *vars = w.plan->consts[w.plan->vars];
	assert_int_equal(json_integer_value(wf_json_at(vars, "deep.x")), 1);
	json_decref(deep);
	json_decref(made);
	end(&w);
}

static void what_cannot_be_set_is_refused(void **state)
{
	(void)state;
	struct world w;
	sketch(&w);
	assert_int_equal(succeed(&w, "a", "{'n': 1}"), 0);
	assert_int_equal(fail_attempt(&w, "b"), 0);
	static const struct {
		const char *set, *why;
	} cases[] = {
		{"{'input.x': 1}", "input never changes"},
		{"{'input': 1}", "input never changes"},
		{"{'steps.b.output': 1}", "the step is not completed"},
		{"{'steps.z.output': 1}", "not the output of a step"},
		{"{'steps.a.status': 1}", "not the output of a step"},
		{"{'steps.a.outputs': 1}", "not the output of a step"},
		{"{'vars': {}}", "can"},
		{"{'vars.': 1}", "can"},
		{"{'': 1}", "can"},
		{"{'steps.a.output.n.m': 1}", "not a path"},
		{"{'vars.ok': 1, 'nothing': 1}", "can"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		WF_AUTOFREE char *data = wf_asprintf("{'by': 'root', 'set': %s}", cases[i].set);
		assert_int_equal(retry(&w, "b", data), WF_EINVAL);
		if (!strstr(w.cause.text, cases[i].why))
			fail_msg("%s: %s", cases[i].set, w.cause.text);
		assert_null(wf_instance_var(w.in, "ok"));
	}
	end(&w);
}

static void visits_before_a_retry_count_for_no_limit(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	flow_step(&f, "again", "data.set", "{}", "visits 3\n");
	wf_buf_addstr(&f.code, "root vars\nget.opt \"go\"\nunless E_again\n");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	assert_string_equal(error_code(&w), "max_visits");
	assert_int_equal(retry(&w, NULL, "{'by': 'root'}"), 0);
	assert_string_equal(error_code(&w), "max_visits");
	assert_int_equal(w.in->steps[0].visits, 6);
	assert_int_equal(retry(&w, NULL, "{'by': 'root', 'set': {'vars.go': true}}"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(w.in->steps[0].visits, 7);
	end(&w);
}

static void an_approval_is_asked_for_again(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request",
		"{'approvers': {'list': ['a']}, 'escalations': [{'after': 'PT1H', 'notify': 0}]}", "");
	flow_notify(&f, "tell", "ok", 0, "");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(decide(&w, "ok", "a", "reject"), 0);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	/* a notification still goes on, and goes on over the retry; the flow cannot begin in it */
	assert_int_equal(retry(&w, "tell", "{'by': 'root'}"), WF_EINVAL);
	assert_int_equal(retry(&w, NULL, "{'by': 'root'}"), 0);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(w.in->wait, WF_WAIT_APPROVAL);
	assert_asked(&w, "ok", "a");
	assert_int_equal(w.in->steps[0].due_at, w.now + HOUR);
	assert_int_equal(succeed(&w, "tell", "{}"), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(decide(&w, "ok", "a", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void another_plan_ends_what_notifications_still_do(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request",
		"{'approvers': {'list': ['a']}, 'escalations': [{'after': 'PT1H', 'notify': 0}]}", "");
	flow_notify(&f, "tell", "ok", 0, "");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	w.now += HOUR;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(decide(&w, "ok", "a", "reject"), 0);
	assert_int_equal(retry(&w, NULL, "{'by': 'root', 'plan': '00'}"), 0);
	assert_int_equal(state_of(&w, "tell")->status, WF_STEP_CANCELLED);
	assert_true(w.in->threads[1].done);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(succeed(&w, "tell", "{}"), WF_ECONFLICT);
	end(&w);
}

static void a_flow_reaches_what_follows_jumps_to_and_handles(void **state)
{
	(void)state;
	struct flow f = {0};
	flow_step(&f, "a", "data.set", "{}", "");
	flow_step(&f, "b", "http.request", "{}", "fail F\n");
	wf_buf_addstr(&f.code, "root vars\nget \"go\"\nunless OTHER\n");
	flow_step(&f, "c", "data.set", "{}", "");
	wf_buf_addstr(&f.code, "undef\nfinish success \"c\"\nF:\n");
	flow_step(&f, "handler", "data.set", "{}", "");
	wf_buf_addstr(&f.code, "reraise \"b\"\nOTHER:\n");
	flow_step(&f, "ok", "approval.request", "{'approvers': {'list': ['a']}}", "");
	flow_notify(&f, "tell", "ok", 0, "");
	struct wf_plan *plan = flow_plan(&f);
	static const struct {
		const char *from, *reached;
	} cases[] = {
		{"a", "a b c handler ok "},
		{"b", "b c handler ok "},
		{"c", "c "},
		{"handler", "handler "},
		{"ok", "ok "},
		{"tell", "tell "},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool reached[6];
		WF_AUTOBUF struct wf_buf text = {0};
		wf_engine_reach(plan, wf_plan_find_step(plan, cases[i].from), reached);
		for (uint32_t k = 0; k < plan->step_count; k++)
			if (reached[k])
				wf_buf_printf(&text, "%s ", wf_plan_step_id(plan, k));
		assert_string_equal(text.data, cases[i].reached);
	}
	wf_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_instance_begins_again_where_it_failed),
		cmocka_unit_test(from_an_earlier_step_everything_after_it_runs_again),
		cmocka_unit_test(a_cancelled_instance_begins_where_it_was_cut_short),
		cmocka_unit_test(a_step_in_doubt_is_done_again),
		cmocka_unit_test(values_are_set_before_it_begins),
		cmocka_unit_test(what_cannot_be_set_is_refused),
		cmocka_unit_test(visits_before_a_retry_count_for_no_limit),
		cmocka_unit_test(an_approval_is_asked_for_again),
		cmocka_unit_test(another_plan_ends_what_notifications_still_do),
		cmocka_unit_test(a_flow_reaches_what_follows_jumps_to_and_handles),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
