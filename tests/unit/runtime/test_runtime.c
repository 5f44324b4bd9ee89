/* The shell around the engine: starts, batches, decisions, claims, orphans, replay, on a journal of
 * its own. */
#include "world.h"

static const struct wf_plan *pure_plan(struct world *w)
{
	struct flow f = {0};
	flow_step(&f, "a", "data.set", "{'n': 0}", "");
	flow_step(&f, "b", "data.set", "{'n': 1}", "");
	flow_step(&f, "c", "data.set", "{'n': 2}", "");
	return add_flow(w, &f);
}

static const struct wf_plan *approval_plan(struct world *w, const char *sla)
{
	struct flow f = {0};
	flow_step_of(&f, "ok", "approval.request",
		json_pack("{s:s, s:{s:[s,s]}, s:s}", "policy", "level2", "approvers", "list",
			"alice", "bob", "sla", sla), "");
	flow_step(&f, "after", "data.set", "{}", "");
	return add_flow(w, &f);
}

static int start_as(struct world *w, const struct wf_plan *plan, uint64_t ticket)
{
	struct wf_start st = {.plan = plan, .started_by = "ann", .ticket = ticket};
	return wf_runtime_start(w->rt, &st, NULL, &w->cause);
}

static void a_pure_run_is_one_commit_and_replays(void **state)
{
	struct world *w = *state;
	assert_int_equal(start_as(w, pure_plan(w), 7), 0);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	assert_int_equal(w->heard.started, 1);
	assert_int_equal(w->heard.ended, 1);
	assert_int_equal(w->heard.tickets, 7);
	assert_int_equal(w->heard.status, WF_INST_COMPLETED);
	assert_int_equal(wf_runtime_replay(w->journal, w->heard.number, &w->cause), 0);
	struct wf_instance *in = NULL;
	assert_int_equal(wf_runtime_reload(w->rt, w->heard.number, &in, &w->cause), 0);
	assert_int_equal(in->owner, 0);
	assert_int_equal(in->history, 1);
	assert_string_equal(in->started_by, "ann");
	wf_instance_free(in);
}

struct batch {
	const struct wf_plan *plan;
	struct world *w;
	uint64_t left;
};

static bool feed(void *arg, struct wf_runtime *rt)
{
	(void)rt;
	struct batch *b = arg;
	if (!b->left)
		return false;
	b->left--;
	assert_int_equal(start_as(b->w, b->plan, 1001 - b->left), 0);
	return true;
}

static void a_batch_starts_each_input_once(void **state)
{
	struct world *w = *state;
	struct batch b = {.plan = pure_plan(w), .w = w, .left = 1000};
	wf_runtime_set_feed(w->rt, feed, &b);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	assert_int_equal(w->heard.ended, 1000);
	assert_int_equal(w->heard.tickets, 1000 * 1003 / 2);
	assert_false(w->heard.disorder);
	for (uint64_t n = 1; n <= 1000; n += 333)
		assert_int_equal(wf_runtime_replay(w->journal, n, &w->cause), 0);
}

static void an_approval_parks_and_goes_on_when_decided(void **state)
{
	struct world *w = *state;
	assert_int_equal(start_as(w, approval_plan(w, "P1D"), 0), 0);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	assert_int_equal(w->heard.parked, 1);
	assert_int_equal(decide(w, 1, "mallory"), WF_EPERM);
	assert_int_equal(decide(w, 1, "alice"), 0);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	assert_int_equal(decide(w, 1, "alice"), WF_ECONFLICT);
	assert_int_equal(decide(w, 1, "bob"), 0);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	assert_int_equal(w->heard.ended, 1);
	assert_int_equal(w->heard.status, WF_INST_COMPLETED);
	assert_int_equal(decide(w, 1, "bob"), WF_ECONFLICT);
	assert_int_equal(decide(w, 2, "bob"), WF_ENOENT);
	assert_int_equal(wf_runtime_replay(w->journal, 1, &w->cause), 0);
}

static void a_decision_after_the_sla_is_too_late_and_the_expiry_is_kept(void **state)
{
	struct world *w = *state;
	wf_sys_set_now(1000000);
	assert_int_equal(start_as(w, approval_plan(w, "PT1H"), 0), 0);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	wf_sys_set_now(1000000 + 3600000);
	assert_int_equal(decide(w, 1, "alice"), WF_ECONFLICT);
	struct wf_instance *in = NULL;
	assert_int_equal(wf_runtime_reload(w->rt, 1, &in, &w->cause), 0);
	assert_int_equal(in->status, WF_INST_FAILED);
	wf_instance_free(in);
	assert_int_equal(wf_runtime_replay(w->journal, 1, &w->cause), 0);
	wf_sys_set_now(-1);
}

static void a_due_timer_makes_an_orphan_that_a_claim_fires(void **state)
{
	struct world *w = *state;
	uint64_t *numbers = NULL;
	size_t count = 0;
	wf_sys_set_now(1000000);
	assert_int_equal(start_as(w, approval_plan(w, "PT1H"), 0), 0);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	assert_int_equal(
		wf_runtime_orphans(w->journal, w->home, 1000000, &numbers, &count, &w->cause), 0);
	assert_int_equal(count, 0);
	wf_free(numbers);
	wf_sys_set_now(1000000 + 3600000);
	assert_int_equal(wf_runtime_orphans(w->journal, w->home, wf_now_ms(), &numbers, &count,
				 &w->cause),
		0);
	assert_int_equal(count, 1);
	assert_int_equal(numbers[0], 1);
	wf_runtime_claim_later(w->rt, numbers, count);
	wf_free(numbers);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), 0);
	assert_int_equal(w->heard.status, WF_INST_FAILED);
	assert_int_equal(wf_runtime_claim(w->rt, 1, &w->cause), WF_ECONFLICT);
	wf_sys_set_now(-1);
}

static void a_start_that_was_interrupted_leaves_nothing(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = one_step(w, "wait.timer", "{'duration': 'PT0.5S'}");
	wf_sys_set_now(1000000);
	assert_int_equal(start_as(w, plan, 0), 0);
	wf_runtime_stop(w->rt);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), WF_EINTR);
	close_world(w);
	open_world(w);
	assert_int_equal(wf_runtime_claim(w->rt, 1, &w->cause), WF_ENOENT);
	wf_sys_set_now(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_pure_run_is_one_commit_and_replays),
		WORLD_TEST(a_batch_starts_each_input_once),
		WORLD_TEST(an_approval_parks_and_goes_on_when_decided),
		WORLD_TEST(a_decision_after_the_sla_is_too_late_and_the_expiry_is_kept),
		WORLD_TEST(a_due_timer_makes_an_orphan_that_a_claim_fires),
		WORLD_TEST(a_start_that_was_interrupted_leaves_nothing),
	};
	WORLD_MAIN(tests);
}
