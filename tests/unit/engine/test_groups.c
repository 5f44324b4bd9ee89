/* Groups: branches, items, lists with depends_on; their ends, failures, retries and cancels. */
#include "world.h"

#define NO "{'type':'ExecError','code':'exit_1','message':'no'}"

/* Macros, so that a failure is said at the line of the test. */
#define START(w, plan) (begin(w, plan), FEED(w, WF_EVENT_START, WF_NONE, 0, NULL))
#define SUCCEED(w, id, output) FEED(w, WF_EVENT_SUCCESS, step_of(w, id), 1, output)
#define FAIL(w, id) FEED(w, WF_EVENT_FAILURE, step_of(w, id), 1, js(NO))
/* A retry by hand, that begins so many attempts. */
#define RETRY(w, attempts) \
	(FEED(w, WF_EVENT_RETRY, WF_NONE, 0, js("{'by':'ann'}")), \
		assert_int_equal((w)->turn.command_count, attempts))

/* A step of a member; `more` are lines of its description. */
static void member_step(struct flow *f, const char *id, const char *place, const char *action,
	const char *input, const char *more)
{
	json_t *value = js(input);
	WF_AUTOFREE char *text = wf_json_text(value);
	json_decref(value);
	wf_buf_printf(&f->head, "step \"%s\"\naction %s\nin %s\n%senter E_%s\n", id, action, place, more,
		id);
	wf_buf_printf(&f->code, "E_%s:\nenter \"%s\"\nconst %s\nperform \"%s\"\nleave \"%s\"\n", id, id,
		text, id, id);
}

/* The step `fan` with the branches a, b, c of one exec.run each. */
static struct wf_plan *branches(unsigned needed, unsigned limit, const char *more)
{
	struct flow f = {0};
	static const char *const ids[] = {"a", "b", "c"};
	wf_buf_printf(&f.head, "step \"fan\"\naction parallel\n%senter E_fan\n", more);
	wf_buf_printf(&f.bodies,
		"group parallel \"fan\" needed=%u limit=%u first=0 count=3\n"
		"member M0 \"a\"\nmember M1 \"b\"\nmember M2 \"c\"\n", needed, limit);
	wf_buf_addstr(&f.code, "E_fan:\nenter \"fan\"\nundef\nfork 0\nleave \"fan\"\njump END\n");
	for (unsigned i = 0; i < 3; i++) {
		WF_AUTOFREE char *place = wf_asprintf("0 %u", i);
		wf_buf_printf(&f.code, "M%u:\n", i);
		member_step(&f, ids[i], place, "exec.run", "{'run':['x']}", "");
		wf_buf_addstr(&f.code, "member.end 0\n");
	}
	wf_buf_addstr(&f.code, "END:\n");
	return flow_plan(&f);
}

static const char *output_of(const struct world *w, const char *id, const char *branch,
	const char *what)
{
	const json_t *all = state_of(w, id)->output;
	return json_string_value(json_object_get(json_object_get(all, branch), what));
}

static void all_branches_are_waited_for(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(3, 3, ""));
	assert_int_equal(w.turn.command_count, 3);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	SUCCEED(&w, "b", js("'two'"));
	SUCCEED(&w, "a", js("'one'"));
	assert_int_equal(state_of(&w, "fan")->status, WF_STEP_WAITING);
	assert_int_equal(state_of(&w, "fan")->wait, WF_WAIT_BRANCHES);
	SUCCEED(&w, "c", js("'three'"));
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_string_equal(output_of(&w, "fan", "b", "output"), "two");
	assert_string_equal(output_of(&w, "fan", "c", "status"), "completed");
	end(&w);
}

static void the_limit_holds_branches_back(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(3, 1, ""));
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(state_of(&w, "b")->status, WF_STEP_PENDING);
	SUCCEED(&w, "a", NULL);
	assert_int_equal(w.turn.commands[0].step, step_of(&w, "b"));
	SUCCEED(&w, "b", NULL);
	SUCCEED(&w, "c", NULL);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void the_first_success_cancels_the_others(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(1, 3, ""));
	FAIL(&w, "c");
	SUCCEED(&w, "b", js("1"));
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(state_of(&w, "a")->status, WF_STEP_CANCELLED);
	assert_string_equal(output_of(&w, "fan", "a", "status"), "cancelled");
	assert_string_equal(output_of(&w, "fan", "b", "status"), "completed");
	assert_string_equal(output_of(&w, "fan", "c", "status"), "failed");
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_SUCCESS, step_of(&w, "a"), 1, NULL);
	end(&w);
}

static void too_many_failures_fail_the_step(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(2, 3, ""));
	FAIL(&w, "a");
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	FEED(&w, WF_EVENT_FAILURE, step_of(&w, "c"), 1, js("{'type':'ExecError','code':'exit_2','message':'no'}"));
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(state_of(&w, "b")->status, WF_STEP_CANCELLED);
	const json_t *error = state_of(&w, "fan")->error;
	assert_string_equal(wf_core_text(error, "branch"), "a");
	assert_string_equal(wf_core_text(error, "code"), "exit_1");
	assert_string_equal(wf_core_text(error, "failed_step"), "a");
	assert_int_equal(w.in->failed_step, step_of(&w, "fan"));
	/* what is done stays done */
	RETRY(&w, 3);
	SUCCEED(&w, "b", NULL);
	SUCCEED(&w, "c", NULL);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_retry_keeps_branches_that_completed(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(3, 3, ""));
	SUCCEED(&w, "a", js("'kept'"));
	FAIL(&w, "b");
	assert_int_equal(w.in->status, WF_INST_FAILED);
	RETRY(&w, 2);
	assert_int_equal(state_of(&w, "a")->status, WF_STEP_COMPLETED);
	SUCCEED(&w, "c", NULL);
	SUCCEED(&w, "b", NULL);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_string_equal(output_of(&w, "fan", "a", "output"), "kept");
	end(&w);
}

static void the_steps_own_retry_begins_all_again(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(3, 3, "retry attempts=2 initial=1000 on=ExecError\n"));
	SUCCEED(&w, "a", NULL);
	FAIL(&w, "b");
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->wait, WF_WAIT_RETRY);
	w.now += 1000;
	FEED(&w, WF_EVENT_TIMER, step_of(&w, "fan"), 0, NULL);
	assert_int_equal(w.turn.command_count, 3);
	assert_int_equal(state_of(&w, "fan")->attempts, 2);
	assert_int_equal(state_of(&w, "a")->visits, 2);
	end(&w);
}

static void a_timeout_ends_the_branches(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(3, 3, "timeout 60000\n"));
	assert_int_equal(wf_instance_due(w.in), T0 + MINUTE);
	w.now += MINUTE;
	FEED(&w, WF_EVENT_TIMER, step_of(&w, "fan"), 0, NULL);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(wf_core_text(w.in->error, "type"), "TimeoutError");
	assert_int_equal(state_of(&w, "c")->status, WF_STEP_CANCELLED);
	end(&w);
}

static void a_cancel_ends_the_branches(void **state)
{
	(void)state;
	struct world w;
	START(&w, branches(3, 3, ""));
	SUCCEED(&w, "a", NULL);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by':'ann'}"));
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_int_equal(state_of(&w, "fan")->status, WF_STEP_CANCELLED);
	assert_int_equal(state_of(&w, "b")->status, WF_STEP_CANCELLED);
	RETRY(&w, 2);
	SUCCEED(&w, "b", NULL);
	SUCCEED(&w, "c", NULL);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_doubt_in_a_branch_asks(void **state)
{
	(void)state;
	struct world w;
	begin(&w, branches(3, 3, ""));
	w.plan->steps[step_of(&w, "b")].on_crash = WF_ON_CRASH_ASK;
	FEED(&w, WF_EVENT_START, WF_NONE, 0, NULL);
	FEED(&w, WF_EVENT_DOUBT, step_of(&w, "b"), 1, NULL);
	assert_int_equal(state_of(&w, "b")->status, WF_STEP_IN_DOUBT);
	SUCCEED(&w, "a", NULL);
	SUCCEED(&w, "c", NULL);
	assert_int_equal(w.in->status, WF_INST_SUSPENDED);
	FEED(&w, WF_EVENT_RESOLVE, step_of(&w, "b"), 0, js("{'as':'completed','output':1}"));
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

/* -- items -- */

/* `each` over a list, with one step in each of `lanes` lanes that is of that action; its input is the item
 * for data.set. */
static struct wf_plan *items(const char *list, unsigned lanes, bool go_on, const char *action)
{
	struct flow f = {0};
	json_t *value = js(list);
	WF_AUTOFREE char *text = wf_json_text(value);
	json_decref(value);
	wf_buf_addstr(&f.head, "step \"each\"\naction foreach\nenter E_each\n");
	wf_buf_printf(&f.bodies, "group foreach \"each\" needed=0 limit=%u first=0 count=%u%s\n", lanes,
		lanes, go_on ? " go_on=1" : "");
	wf_buf_printf(&f.code, "E_each:\nenter \"each\"\nconst %s\nfork 0\nleave \"each\"\njump END\n",
		text);
	for (unsigned i = 0; i < lanes; i++) {
		wf_buf_printf(&f.bodies, "member M%u\n", i);
		wf_buf_printf(&f.head, "step \"do%u\"\naction %s\nin 0 %u\nenter M%u\n", i, action, i, i);
		wf_buf_printf(&f.code,
			"M%u:\nenter \"do%u\"\nconst \"item\"\nitem 0\nconst \"at\"\nitem.index 0\n"
			"map 2\nperform \"do%u\"\nleave \"do%u\"\nmember.end 0\n", i, i, i, i);
	}
	wf_buf_addstr(&f.code, "END:\n");
	return flow_plan(&f);
}

static void items_come_one_after_the_other(void **state)
{
	(void)state;
	struct world w;
	START(&w, items("['x','y','z']", 1, false, "exec.run"));
	for (int i = 0; i < 3; i++) {
		const json_t *input = state_of(&w, "do0")->input;
		assert_int_equal(w.turn.command_count, 1);
		assert_int_equal(json_integer_value(json_object_get(input, "at")), i);
		assert_int_equal(*wf_core_text(input, "item"), "xyz"[i]);
		assert_int_equal(state_of(&w, "do0")->visits, i + 1);
		SUCCEED(&w, "do0", json_integer(i * 10));
	}
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	json_t *wanted = js("{'results':[0,10,20],'errors':[],'completed':3,'failed':0}");
	assert_true(json_equal(state_of(&w, "each")->output, wanted));
	json_decref(wanted);
	end(&w);
}

static void results_stand_in_the_order_of_the_items(void **state)
{
	(void)state;
	struct world w;
	START(&w, items("[1,2,3,4]", 2, false, "exec.run"));
	assert_int_equal(w.turn.command_count, 2);
	SUCCEED(&w, "do1", js("'b'"));
	SUCCEED(&w, "do1", js("'c'"));
	SUCCEED(&w, "do0", js("'a'"));
	assert_int_equal(w.turn.command_count, 0);
	SUCCEED(&w, "do1", js("'d'"));
	json_t *wanted = js("['a','b','c','d']");
	assert_true(json_equal(json_object_get(state_of(&w, "each")->output, "results"), wanted));
	json_decref(wanted);
	end(&w);
}

static void no_items_are_over_at_once(void **state)
{
	(void)state;
	struct world w;
	START(&w, items("[]", 2, false, "exec.run"));
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void what_is_no_list_fails_the_step(void **state)
{
	(void)state;
	struct world w;
	START(&w, items("{'a':1}", 2, false, "exec.run"));
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(wf_core_text(w.in->error, "code"), "foreach_items");
	end(&w);
}

static void a_failed_item_ends_the_others(void **state)
{
	(void)state;
	struct world w;
	START(&w, items("[1,2,3,4]", 2, false, "exec.run"));
	SUCCEED(&w, "do1", js("'b'"));
	FAIL(&w, "do0");
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(state_of(&w, "do1")->status, WF_STEP_CANCELLED);
	const json_t *error = state_of(&w, "each")->error;
	assert_int_equal(json_integer_value(json_object_get(error, "index")), 0);
	/* items 0 and 2 begin again, where they were; then comes 3 */
	RETRY(&w, 2);
	assert_int_equal(json_integer_value(json_object_get(state_of(&w, "do0")->input, "at")), 0);
	assert_int_equal(json_integer_value(json_object_get(state_of(&w, "do1")->input, "at")), 2);
	SUCCEED(&w, "do0", js("'a'"));
	assert_int_equal(json_integer_value(json_object_get(state_of(&w, "do0")->input, "at")), 3);
	SUCCEED(&w, "do1", js("'c'"));
	SUCCEED(&w, "do0", js("'d'"));
	json_t *wanted = js("['a','b','c','d']");
	assert_true(json_equal(json_object_get(state_of(&w, "each")->output, "results"), wanted));
	json_decref(wanted);
	end(&w);
}

static void with_continue_all_items_run(void **state)
{
	(void)state;
	struct world w;
	START(&w, items("[1,2,3]", 1, true, "exec.run"));
	FAIL(&w, "do0");
	SUCCEED(&w, "do0", js("2"));
	FAIL(&w, "do0");
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	const json_t *output = state_of(&w, "each")->output;
	assert_int_equal(json_integer_value(json_object_get(output, "failed")), 2);
	assert_int_equal(json_array_size(json_object_get(output, "errors")), 2);
	assert_true(json_is_null(json_array_get(json_object_get(output, "results"), 0)));
	end(&w);
}

/* A turn does as much as one may; the rest comes with CONTINUE. */
static void many_items_take_several_turns(void **state)
{
	(void)state;
	struct world w;
	WF_AUTOBUF struct wf_buf list = {0};
	for (int i = 0; i < 3500; i++)
		wf_buf_printf(&list, "%c%d", i ? ',' : '[', i);
	wf_buf_addch(&list, ']');
	START(&w, items(list.data, 4, false, "data.set"));
	unsigned turns = 1;
	while (wf_engine_ready(w.in)) {
		assert_int_equal(w.in->status, WF_INST_RUNNING);
		FEED(&w, WF_EVENT_CONTINUE, WF_NONE, 0, NULL);
		turns++;
	}
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(turns, 4);
	const json_t *results = json_object_get(state_of(&w, "each")->output, "results");
	assert_int_equal(json_array_size(results), 3500);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(results, 3499), "at")), 3499);
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_CONTINUE, WF_NONE, 0, NULL);
	end(&w);
}

/* -- a list with depends_on: d after b and c, which come after a -- */

static struct wf_plan *dag(unsigned limit)
{
	struct flow f = {0};
	static const char *const ids[] = {"a", "b", "c", "d"};
	wf_buf_printf(&f.bodies,
		"group dag none needed=4 limit=%u first=0 count=4\n"
		"member M0\nmember M1 0 1\nmember M2 1 1\nmember M3 2 2\n"
		"after 0\nafter 0\nafter 1\nafter 2\n", limit);
	wf_buf_addstr(&f.code, "undef\nfork 0\njump END\n");
	for (unsigned i = 0; i < 4; i++) {
		WF_AUTOFREE char *place = wf_asprintf("0 %u", i);
		wf_buf_printf(&f.code, "M%u:\n", i);
		member_step(&f, ids[i], place, "exec.run", "{'run':['x']}", "");
		wf_buf_addstr(&f.code, "member.end 0\n");
	}
	wf_buf_addstr(&f.code, "END:\n");
	return flow_plan(&f);
}

static void steps_begin_when_what_they_depend_on_is_done(void **state)
{
	(void)state;
	struct world w;
	START(&w, dag(4));
	assert_int_equal(w.turn.command_count, 1);
	SUCCEED(&w, "a", NULL);
	assert_int_equal(w.turn.command_count, 2);
	SUCCEED(&w, "c", NULL);
	assert_int_equal(w.turn.command_count, 0);
	SUCCEED(&w, "b", NULL);
	assert_int_equal(w.turn.commands[0].step, step_of(&w, "d"));
	SUCCEED(&w, "d", NULL);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_failure_ends_the_list_and_a_retry_goes_on(void **state)
{
	(void)state;
	struct world w;
	START(&w, dag(4));
	SUCCEED(&w, "a", NULL);
	FAIL(&w, "b");
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(w.in->failed_step, step_of(&w, "b"));
	assert_int_equal(state_of(&w, "c")->status, WF_STEP_CANCELLED);
	RETRY(&w, 2);
	SUCCEED(&w, "b", NULL);
	SUCCEED(&w, "c", NULL);
	SUCCEED(&w, "d", NULL);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

/* -- whatever comes: one in another, random ends of steps, cancels, retries, times -- */

/* A foreach of two lanes, each with a parallel of two branches around one step. */
static struct wf_plan *nested(uint32_t seed)
{
	struct flow f = {0};
	wf_buf_addstr(&f.head, "step \"each\"\naction foreach\nenter E_each\n");
	wf_buf_printf(&f.bodies, "group foreach \"each\" needed=0 limit=2 first=0 count=2%s\n",
		seed % 3 ? "" : " go_on=1");
	wf_buf_addstr(&f.code, "E_each:\nenter \"each\"\nconst [1,2,3,4,5]\nfork 0\nleave \"each\"\njump END\n");
	for (unsigned lane = 0; lane < 2; lane++)
		wf_buf_printf(&f.bodies, "group parallel \"fan%u\" needed=%u limit=%u first=%u count=2 "
			"parent=0 member=%u\n", lane, 1 + seed % 2, 1 + seed / 2 % 2, 2 + 2 * lane, lane);
	wf_buf_addstr(&f.bodies, "member L0\nmember L1\n");
	for (unsigned lane = 0; lane < 2; lane++) {
		wf_buf_printf(&f.head, "step \"fan%u\"\naction parallel\nin 0 %u\n%senter L%u\n", lane,
			lane, seed % 5 ? "" : "timeout 60000\nretry attempts=2 initial=1000\n", lane);
		wf_buf_printf(&f.code, "L%u:\nenter \"fan%u\"\nundef\nfork %u\nleave \"fan%u\"\n"
			"member.end 0\n", lane, lane, lane + 1, lane);
		for (unsigned i = 0; i < 2; i++) {
			WF_AUTOFREE char *id = wf_asprintf("s%u%u", lane, i);
			WF_AUTOFREE char *place = wf_asprintf("%u %u", lane + 1, i);
			wf_buf_printf(&f.bodies, "member E_%s \"%u\"\n", id, i);
			member_step(&f, id, place, "exec.run", "{'run':['x']}", "");
			wf_buf_printf(&f.code, "member.end %u\n", lane + 1);
		}
	}
	wf_buf_addstr(&f.code, "END:\n");
	return flow_plan(&f);
}

static uint32_t roll(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % sides;
}

/* A step with an attempt in hand or in doubt, of a random thread; WF_NONE. */
static uint32_t any_in_hand(const struct world *w, uint32_t *seed)
{
	uint32_t from = roll(seed, w->in->thread_count);
	for (uint32_t i = 0; i < w->in->thread_count; i++) {
		const struct wf_thread *t = &w->in->threads[(from + i) % w->in->thread_count];
		if (!t->done && t->step != WF_NONE &&
			(w->in->steps[t->step].status == WF_STEP_RUNNING ||
				w->in->steps[t->step].status == WF_STEP_IN_DOUBT))
			return t->step;
	}
	return WF_NONE;
}

static void something_happens(struct world *w, uint32_t *seed)
{
	uint32_t step = any_in_hand(w, seed), dice = roll(seed, 16);
	int64_t due = wf_instance_due(w->in);
	if (wf_instance_status_final(w->in->status))
		(void)feed(w, WF_EVENT_RETRY, WF_NONE, 0, js("{'by':'ann'}"));
	else if (dice == 0)
		FEED(w, WF_EVENT_CANCEL, WF_NONE, 0, js("{'by':'ann'}"));
	else if (due && (dice == 1 || step == WF_NONE)) {
		w->now = due > w->now ? due : w->now;
		FEED(w, WF_EVENT_TIMER, wf_instance_due_step(w->in), 0, NULL);
	} else if (step != WF_NONE && w->in->steps[step].status == WF_STEP_IN_DOUBT)
		FEED(w, dice % 2 || w->in->status != WF_INST_SUSPENDED ? WF_EVENT_RESOLVE
			: WF_EVENT_RETRY, step, 0,
			js("{'as':'completed','by':'ann'}"));
	else if (step != WF_NONE && dice < 5)
		FEED(w, WF_EVENT_FAILURE, step, w->in->steps[step].attempts, js(NO));
	else if (step != WF_NONE && dice == 5)
		FEED(w, WF_EVENT_DOUBT, step, w->in->steps[step].attempts, NULL);
	else if (step != WF_NONE)
		FEED(w, WF_EVENT_SUCCESS, step, w->in->steps[step].attempts, json_integer(dice));
}

static void whatever_comes_groups_stay_whole(void **state)
{
	(void)state;
	unsigned ended[WF_INST_COUNT_] = {0};
	for (uint32_t s = 0; s < 400; s++) {
		uint32_t seed = s * 7919;
		struct world w;
		begin(&w, s % 4 == 3 ? dag(1 + s % 3) : s % 4 == 2 ? branches(1 + s % 3, 1 + s / 4 % 3, "")
			: nested(s / 4));
		for (uint32_t i = 0; i < w.plan->step_count; i++)
			if (s & 16)
				w.plan->steps[i].on_crash = WF_ON_CRASH_ASK;
		FEED(&w, WF_EVENT_START, WF_NONE, 0, NULL);
		for (int i = 0; i < 60 && w.in->status != WF_INST_COMPLETED; i++)
			something_happens(&w, &seed);
		ended[w.in->status]++;
		end(&w);
	}
	assert_true(ended[WF_INST_COMPLETED] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_branches_are_waited_for),
		cmocka_unit_test(the_limit_holds_branches_back),
		cmocka_unit_test(the_first_success_cancels_the_others),
		cmocka_unit_test(too_many_failures_fail_the_step),
		cmocka_unit_test(a_retry_keeps_branches_that_completed),
		cmocka_unit_test(the_steps_own_retry_begins_all_again),
		cmocka_unit_test(a_timeout_ends_the_branches),
		cmocka_unit_test(a_cancel_ends_the_branches),
		cmocka_unit_test(a_doubt_in_a_branch_asks),
		cmocka_unit_test(items_come_one_after_the_other),
		cmocka_unit_test(results_stand_in_the_order_of_the_items),
		cmocka_unit_test(no_items_are_over_at_once),
		cmocka_unit_test(what_is_no_list_fails_the_step),
		cmocka_unit_test(a_failed_item_ends_the_others),
		cmocka_unit_test(with_continue_all_items_run),
		cmocka_unit_test(many_items_take_several_turns),
		cmocka_unit_test(steps_begin_when_what_they_depend_on_is_done),
		cmocka_unit_test(a_failure_ends_the_list_and_a_retry_goes_on),
		cmocka_unit_test(whatever_comes_groups_stay_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
