/* Children: what the step that starts one does; and plans that an instance can move to. */
#include "unit/engine/world.h"

#include "engine/fit.h"
#include "plan/compare.h"

#include <sodium.h>

static const char broke[] = "{'type': 'NetworkError', 'code': 'x', 'message': 'm', 'child': 7}";

static void sketch(struct world *w, const char *action, const char *input, const char *more)
{
	struct flow f = {0};
	flow_step(&f, "call", action, input, more);
	flow_step(&f, "after", "http.request", "{}", "");
	begin(w, flow_plan(&f));
	assert_int_equal(start(w), 0);
}

static int give(struct world *w, enum wf_event_type type, const char *data)
{
	return feed(w, type, step_of(w, "call"), state_of(w, "call")->attempts, js(data));
}

static void its_end_is_the_steps(void **state)
{
	(void)state;
	struct world w;
	sketch(&w, "workflow.run", "{'workflow': 'c'}", "");
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(state_of(&w, "call")->status, WF_STEP_RUNNING);
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{}"), WF_EINVAL);
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{'number': 7}"), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->wait, WF_WAIT_CHILD);
	assert_int_equal(state_of(&w, "call")->child, 7);
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{'number': 8}"), WF_ECONFLICT);
	assert_int_equal(give(&w, WF_EVENT_DOUBT, "{}"), WF_ECONFLICT);
	assert_int_equal(give(&w, WF_EVENT_SUCCESS, "{'x': 1}"), 0);
	assert_int_equal(state_of(&w, "call")->status, WF_STEP_COMPLETED);
	assert_int_equal(state_of(&w, "call")->child, 7);
	assert_int_equal(w.turn.orphan_count, 0);
	assert_int_equal(give(&w, WF_EVENT_SUCCESS, "{}"), WF_ECONFLICT);
	end(&w);
}

static void each_attempt_has_a_child_of_its_own(void **state)
{
	(void)state;
	struct world w;
	sketch(&w, "workflow.run", "{'workflow': 'c'}", "retry attempts=2 backoff=fixed initial=1000\n");
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{'number': 7}"), 0);
	assert_int_equal(give(&w, WF_EVENT_FAILURE, broke), 0);
	assert_int_equal(w.in->wait, WF_WAIT_RETRY);
	assert_int_equal(w.turn.orphan_count, 0);
	w.now += 1000;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(state_of(&w, "call")->child, 0);
	assert_int_equal(w.turn.commands[0].attempt, 2);
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{'number': 8}"), 0);
	assert_int_equal(give(&w, WF_EVENT_FAILURE, broke), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(json_integer_value(json_object_get(w.in->error, "child")), 7);
	end(&w);
}

static void who_waits_no_more_leaves_an_orphan(void **state)
{
	(void)state;
	struct world w;
	sketch(&w, "workflow.run", "{'workflow': 'c'}", "timeout 5000\n");
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{'number': 7}"), 0);
	assert_int_equal(state_of(&w, "call")->due_at, T0 + 5000);
	w.now += 5000;
	assert_int_equal(tick(&w), 0);
	assert_string_equal(error_code(&w), "child_timeout");
	assert_int_equal(w.turn.orphan_count, 1);
	assert_int_equal(w.turn.orphans[0], 7);
	end(&w);
	sketch(&w, "workflow.run", "{'workflow': 'c'}", "");
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{'number': 9}"), 0);
	assert_int_equal(feed(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by': 'ann'}")), 0);
	assert_int_equal(w.turn.orphan_count, 1);
	assert_int_equal(w.turn.orphans[0], 9);
	end(&w);
}

static void one_that_is_let_go_is_there_at_once(void **state)
{
	(void)state;
	struct world w;
	sketch(&w, "workflow.start", "{'workflow': 'c'}", "");
	assert_int_equal(give(&w, WF_EVENT_CHILD, "{'number': 7}"), WF_ECONFLICT);
	assert_int_equal(give(&w, WF_EVENT_SUCCESS, "{'number': 7}"), 0);
	assert_int_equal(state_of(&w, "call")->status, WF_STEP_COMPLETED);
	end(&w);
}

static void inputs_that_start_nothing(void **state)
{
	(void)state;
	static const char *const wrong[] = {"{}", "{'workflow': ''}", "{'workflow': 3}",
		"{'workflow': 'c', 'version': 3}", "{'workflow': 'c', 'input': []}",
		"{'workflow': 'c', 'on_parent_cancel': 'stay'}", "[]"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct world w;
		sketch(&w, "workflow.run", wrong[i], "");
		assert_int_equal(w.in->status, WF_INST_FAILED);
		assert_string_equal(error_code(&w), "child_input");
		assert_int_equal(w.turn.command_count, 0);
		end(&w);
	}
}

static void a_hold_keeps_it_back(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	flow_step(&f, "call", "workflow.run", "{'workflow': 'c'}", "");
	begin(&w, flow_plan(&f));
	w.held = true;
	assert_int_equal(start(&w), 0);
	assert_int_equal(w.in->wait, WF_WAIT_HOLD);
	w.held = false;
	assert_int_equal(feed(&w, WF_EVENT_RELEASE, step_of(&w, "call"), 0, js("{'by': 'ann'}")), 0);
	assert_int_equal(w.turn.command_count, 1);
	end(&w);
}

/* -- other versions -- */

/* a, an effect; gate, a signal; b, an effect that reads a's output when it is asked to. */
struct version {
	const char *a_action, *a_input, *gate, *between, *b_input;
	const char *b_reads;     /* a step; NULL */
};

static struct wf_plan *plan_of(const struct version *v)
{
	struct flow f = {0};
	if (v->a_action)
		flow_step(&f, "a", v->a_action, v->a_input, "");
	flow_step(&f, "gate", "wait.signal", v->gate, "");
	if (v->between)
		flow_step(&f, v->between, "http.request", "{}", "");
	flow_step(&f, "b", "http.request", v->b_input, "");
	if (v->b_reads) {
		wf_buf_printf(&f.code, "step.part \"%s\" output\nsetvar \"x\"\n", v->b_reads);
	}
	return flow_plan(&f);
}

static const struct version first = {"http.request", "{}", "{'name': 'go'}", NULL, "{}", NULL};

static void what_fits_and_what_does_not(void **state)
{
	(void)state;
	static const struct {
		struct version to;
		const char *why;   /* NULL: it fits */
	} cases[] = {
		{{"http.request", "{}", "{'name': 'go'}", NULL, "{'n': 1}", NULL}, NULL},
		{{"http.request", "{}", "{'name': 'go'}", "more", "{}", NULL}, NULL},
		{{"http.request", "{}", "{'name': 'go'}", "more", "{}", "a"}, NULL},
		{{"http.request", "{}", "{'name': 'go'}", "more", "{}", "more"}, NULL},
		{{"http.request", "{'n': 1}", "{'name': 'go'}", NULL, "{}", "a"}, NULL},
		{{NULL, NULL, "{'name': 'go'}", NULL, "{}", NULL}, "has run, and the other version has no such"},
		{{"exec.run", "{}", "{'name': 'go'}", NULL, "{}", NULL}, "is another action"},
		{{"http.request", "{}", "{'name': 'stop'}", NULL, "{}", NULL}, "its `with` is another"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world w;
		uint32_t step;
		begin(&w, plan_of(&first));
		struct wf_plan *to = plan_of(&cases[i].to);
		assert_int_equal(start(&w), 0);
		/* an attempt in hand keeps it */
		assert_int_equal(wf_engine_fits(w.plan, to, w.in, &step, &w.cause), WF_ECONFLICT);
		assert_non_null(strstr(w.cause.text, "in hand"));
		assert_int_equal(feed(&w, WF_EVENT_SUCCESS, step_of(&w, "a"), 1, js("{}")), 0);
		int rc = wf_engine_fits(w.plan, to, w.in, &step, &w.cause);
		assert_int_equal(rc, cases[i].why ? WF_ECONFLICT : 0);
		if (cases[i].why && !strstr(w.cause.text, cases[i].why))
			fail_msg("%s, not %s", w.cause.text, cases[i].why);
		assert_int_equal(wf_engine_fits_at(w.plan, to, step_of(&w, "gate"), &step, &w.cause), rc);
		wf_plan_free(to);
		end(&w);
	}
}

static void what_changed_has_its_name(void **state)
{
	(void)state;
	struct version other = first;
	other.b_input = "{'n': 1}";
	other.between = "more";
	struct wf_plan *a = plan_of(&first), *b = plan_of(&other);
	assert_int_equal(wf_plan_compare_steps(a, 0, b, 0), 0);
	assert_int_equal(wf_plan_compare_steps(a, 1, b, 1), 1u << WF_CHANGED_NEXT);
	assert_int_equal(wf_plan_compare_steps(a, 2, b, wf_plan_find_step(b, "b")),
		1u << WF_CHANGED_WITH);
	json_t *rest = wf_plan_compare_rest(a, b);
	assert_int_equal(json_array_size(rest), 0);
	json_decref(rest);
	wf_plan_free(a);
	wf_plan_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_end_is_the_steps),
		cmocka_unit_test(each_attempt_has_a_child_of_its_own),
		cmocka_unit_test(who_waits_no_more_leaves_an_orphan),
		cmocka_unit_test(one_that_is_let_go_is_there_at_once),
		cmocka_unit_test(inputs_that_start_nothing),
		cmocka_unit_test(a_hold_keeps_it_back),
		cmocka_unit_test(what_fits_and_what_does_not),
		cmocka_unit_test(what_changed_has_its_name),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
