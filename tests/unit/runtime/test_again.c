/* Retries, also under another plan, and their replay; dead ends. */
#include "unit/runtime/world.h"

static void add_three(struct flow *f, const struct world *w, bool mended, bool longer)
{
	WF_AUTOFREE char *first = wf_asprintf("echo x >> %s/first", w->folder);
	flow_command(f, "first", first, "");
	if (longer)
		flow_step(f, "new", "data.set", "{'n': 1}", "");
	flow_command(f, "second", mended ? "true" : "exit 3", "");
	flow_step(f, "ok", "approval.request",
		"{'groups': [{'quorum': 1, 'approvers': {'list': ['alice']}}]}", "");
}

static const struct wf_plan *three(struct world *w, bool mended, bool longer)
{
	struct flow f = {0};
	add_three(&f, w, mended, longer);
	return add_flow(w, &f);
}

static int ran(const struct world *w, const char *name)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/%s", w->folder, name);
	struct wf_buf text = {0};
	int n = 0;
	if (wf_read_file(path, 1000, &text, NULL) == 0)
		for (size_t i = 0; i < text.len; i++)
			n += text.data[i] == '\n';
	wf_buf_done(&text);
	return n;
}

static void a_failed_instance_begins_again_where_it_failed(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("test -e %s/mended", w->folder);
	WF_AUTOFREE char *mend = wf_asprintf("touch %s/mended", w->folder);
	struct flow f = {0};
	WF_AUTOFREE char *first = wf_asprintf("echo x >> %s/first", w->folder);
	flow_command(&f, "first", first, "");
	flow_command(&f, "second", script, "");
	(void)start(w, add_flow(w, &f));
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_FAILED);
	assert_int_equal(system(mend), 0);
	assert_int_equal(wf_runtime_retry(w->rt, 1, "nowhere", NULL, NULL, "ops", &w->cause), WF_ENOENT);
	assert_int_equal(wf_runtime_retry(w->rt, 1, NULL, NULL, NULL, "ops", &w->cause), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(ran(w, "first"), 1);
	assert_int_equal(wf_runtime_retry(w->rt, 1, NULL, NULL, NULL, "ops", &w->cause),
		WF_ECONFLICT);
	check_world(w, 1);
}

static void it_may_begin_earlier(void **state)
{
	struct world *w = *state;
	(void)start(w, three(w, false, false));
	run(w);
	assert_int_equal(wf_runtime_retry(w->rt, 1, "first", NULL, NULL, "ops", &w->cause), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_FAILED);
	assert_int_equal(ran(w, "first"), 2);
	check_world(w, 1);
}

static void it_goes_on_under_another_plan_and_replays(void **state)
{
	struct world *w = *state;
	(void)start(w, three(w, false, false));
	run(w);
	const struct wf_plan *mended = three(w, true, true);
	assert_int_equal(wf_runtime_retry(w->rt, 1, NULL, NULL, mended, "ops", &w->cause), 0);
	run(w);
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->status, WF_INST_WAITING);
	assert_memory_equal(in->plan_id, mended->id, WF_HASH_SIZE);
	assert_int_equal(in->step_count, 4);
	assert_int_equal(in->steps[0].status, WF_STEP_COMPLETED);
	assert_int_equal(in->steps[1].status, WF_STEP_PENDING);
	assert_int_equal(in->steps[2].status, WF_STEP_COMPLETED);
	wf_instance_free(in);
	assert_int_equal(ran(w, "first"), 1);
	check_world(w, 1);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	check_world(w, 1);
}

static void token_at(struct world *w, const struct wf_plan *plan, uint32_t step, char ret[112])
{
	struct wf_instance *in = load(w, 1);
	in->steps[step].visits = in->steps[step].attempts = 1;
	wf_drive_token(plan, in, step, ret, 112);
	wf_instance_free(in);
}

static void an_attempt_has_its_name_from_its_step_and_not_from_where_that_stands(void **state)
{
	struct world *w = *state;
	char second[112], new_one[112], moved[112];
	const struct wf_plan *broken = three(w, false, false), *longer = three(w, true, true);
	(void)start(w, broken);
	run(w);
	token_at(w, broken, 1, second);
	assert_int_equal(wf_runtime_retry(w->rt, 1, NULL, NULL, longer, "ops", &w->cause), 0);
	run(w);
	token_at(w, longer, 1, new_one);
	token_at(w, longer, 2, moved);
	assert_string_not_equal(new_one, second);
	assert_string_equal(moved, second);
}

static void keep_result(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	(void)cause;
	((int *)arg)[index] = result;
}

static void of_many_one_that_cannot_begin_again_is_refused_alone(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 3; i++)
		(void)start(w, three(w, false, false));
	run(w);
	int results[3] = {1, 1, 1};
	struct wf_post posts[3];
	json_t *good = js("{'by': 'ops'}"), *bad = js("{'by': 'ops', 'set': {'nowhere.x': 1}}");
	for (uint64_t i = 0; i < 3; i++)
		posts[i] = (struct wf_post){.number = i + 1,
			.event = wf_drive_event(WF_EVENT_RETRY, WF_NONE, 0, i == 1 ? bad : good)};
	wf_runtime_post_later(w->rt, posts, 3, keep_result, results);
	run(w);
	assert_int_equal(results[0], 0);
	assert_true(results[1] < 0);
	assert_int_equal(results[2], 0);
	assert_int_equal(ran(w, "first"), 3);
	check_world(w, 3);
	json_decref(good);
	json_decref(bad);
}

static void plans_may_change_more_than_once_and_back(void **state)
{
	struct world *w = *state;
	const struct wf_plan *broken = three(w, false, false), *longer = three(w, false, true);
	(void)start(w, broken);
	run(w);
	assert_int_equal(wf_runtime_retry(w->rt, 1, "new", NULL, longer, "ops", &w->cause), 0);
	run(w);
	assert_int_equal(wf_runtime_retry(w->rt, 1, NULL, NULL, broken, "ops", &w->cause), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_FAILED);
	check_world(w, 1);
	assert_int_equal(
		wf_runtime_retry(w->rt, 1, NULL, NULL, three(w, true, false), "ops", &w->cause), 0);
	run(w);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	check_world(w, 1);
}

static void an_open_approval_moves_with_its_step(void **state)
{
	struct world *w = *state;
	struct flow f = {0}, g = {0};
	flow_step(&f, "ok", "approval.request",
		"{'groups': [{'quorum': 1, 'approvers': {'list': ['alice']}}]}", "");
	flow_command(&f, "work", "true", "");
	(void)start(w, add_flow(w, &f));
	run(w);
	assert_int_equal(cancel(w, 1), 0);
	flow_step(&g, "before", "data.set", "{}", "");
	flow_step(&g, "ok", "approval.request",
		"{'groups': [{'quorum': 1, 'approvers': {'list': ['bob']}}]}", "");
	const struct wf_plan *other = add_flow(w, &g);
	check_world(w, 1);
	assert_int_equal(wf_runtime_retry(w->rt, 1, "ok", NULL, other, "ops", &w->cause), 0);
	run(w);
	check_world(w, 1);
	assert_int_equal(decide(w, 1, "alice"), WF_EPERM);
	assert_int_equal(decide(w, 1, "bob"), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	check_world(w, 1);
}

static void a_step_that_the_new_plan_has_not_is_asked_for(void **state)
{
	struct world *w = *state;
	struct flow f = {0};
	(void)start(w, three(w, false, false));
	run(w);
	flow_step(&f, "first", "data.set", "{'done': true}", "");
	const struct wf_plan *shorter = add_flow(w, &f);
	assert_int_equal(wf_runtime_retry(w->rt, 1, NULL, NULL, shorter, "ops", &w->cause), WF_ENOENT);
	assert_non_null(strstr(w->cause.text, "second"));
	check_world(w, 1); /* what was refused has left nothing */
	assert_int_equal(wf_runtime_retry(w->rt, 1, "first", NULL, shorter, "ops", &w->cause), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	check_world(w, 1);
}

static void values_are_set_before_it_begins_again(void **state)
{
	struct world *w = *state;
	struct flow f = {0};
	wf_buf_printf(&f.top, "vars {\"code\": 3}\n");
	wf_buf_printf(&f.head, "step \"only\"\naction exec.run\nenter E\n");
	wf_buf_printf(&f.code, "E:\nenter \"only\"\nconst \"command\"\nconst \"sh\"\nconst \"-c\"\n"
		"const \"exit \"\nroot vars\nget \"code\"\ntext 2\nlist 3\nmap 1\n"
		"perform \"only\"\nleave \"only\"\n");
	(void)start(w, add_flow(w, &f));
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_FAILED);
	json_t *set = js("{'vars.code': 0}");
	assert_int_equal(wf_runtime_retry(w->rt, 1, NULL, set, NULL, "ops", &w->cause), 0);
	json_decref(set);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	check_world(w, 1);
}

/* -- dead ends -- */

static int write_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_put_instance(txn, arg);
}

/* Changes the instance behind the engine's back. */
static void bend(struct world *w, uint64_t number, void (*change)(struct wf_instance *))
{
	struct wf_instance *in = load(w, number);
	change(in);
	in->dirty = true;
	wf_instance_touch(in, 0);
	assert_int_equal(wf_journal_update(w->journal, write_txn, in, &w->cause), 0);
	wf_instance_free(in);
}

static void no_timer(struct wf_instance *in)
{
	in->steps[0].due_at = 0;
}

static void nobody_asked(struct wf_instance *in)
{
	json_array_clear(json_object_get(json_array_get(in->steps[0].approval->groups, 0), "asked"));
}

static void no_thread(struct wf_instance *in)
{
	in->threads[0].done = true;
	in->threads[0].step = WF_NONE;
}

static void no_wait(struct wf_instance *in)
{
	in->steps[0].wait = WF_WAIT_NONE;
}

static void what_nothing_will_wake_is_found(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *action, *input;
		void (*change)(struct wf_instance *);
	} cases[] = {
		{"wait.timer", "{'duration': 'P1D'}", no_timer},
		{"approval.request",
			"{'groups': [{'quorum': 1, 'approvers': {'list': ['alice']}}]}", nobody_asked},
		{"wait.signal", "{'name': 'x'}", no_thread},
		{"wait.signal", "{'name': 'x'}", no_wait},
	};
	enum { COUNT = sizeof(cases) / sizeof(cases[0]) };
	for (size_t i = 0; i < COUNT; i++)
		(void)start(w, one_step(w, cases[i].action, cases[i].input));
	run(w);
	assert_int_equal(w->heard.parked, COUNT);
	check_world(w, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		bend(w, i + 1, cases[i].change);
		memset(&w->cause, 0, sizeof(w->cause));
		assert_int_equal(
			wf_runtime_dead_end(w->journal, w->home, i + 1, &w->cause), WF_ECORRUPT);
		assert_non_null(strstr(w->cause.text, "nothing will wake #"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_failed_instance_begins_again_where_it_failed),
		WORLD_TEST(it_may_begin_earlier),
		WORLD_TEST(it_goes_on_under_another_plan_and_replays),
		WORLD_TEST(an_attempt_has_its_name_from_its_step_and_not_from_where_that_stands),
		WORLD_TEST(of_many_one_that_cannot_begin_again_is_refused_alone),
		WORLD_TEST(plans_may_change_more_than_once_and_back),
		WORLD_TEST(an_open_approval_moves_with_its_step),
		WORLD_TEST(a_step_that_the_new_plan_has_not_is_asked_for),
		WORLD_TEST(values_are_set_before_it_begins_again),
		WORLD_TEST(what_nothing_will_wake_is_found),
	};
	WORLD_MAIN(tests);
}
