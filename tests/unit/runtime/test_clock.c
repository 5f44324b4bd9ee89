/* Waiting: for timers to the millisecond, for a source of more to do, through clocks that are set. */
#include "unit/runtime/world.h"

struct calls {
	struct world *w;
	const struct wf_plan *plan;
	int64_t at[64];
	unsigned count;
	int64_t wants[4];
	unsigned next, starts;
};

/* Starts one instance at each of the times that it wanted to be called at. */
static int64_t source(void *arg, struct wf_runtime *rt, int64_t now)
{
	(void)rt;
	struct calls *c = arg;
	c->count++;
	while (c->next < 4 && c->wants[c->next] && now >= c->wants[c->next]) {
		c->at[c->next++] = now;
		(void)start(c->w, c->plan);
		c->starts++;
	}
	return c->next < 4 ? c->wants[c->next] : 0;
}

/* Who never gets up in time is caught by this; who is kept from it by a busy machine is not. */
#define TRIES 100

static void a_source_is_called_when_it_wants_to_be(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = one_step(w, "data.set", "{}");
	unsigned tries = 0;
	bool in_time = false;
	for (; !in_time && tries < TRIES; tries++) {
		int64_t now = wf_now_ms();
		struct calls c = {.w = w, .plan = plan,
			.wants = {now + 40, now + 41, now + 90, now + 140}};
		wf_runtime_set_source(w->rt, source, &c);
		run(w);
		assert_int_equal(c.starts, 4);
		assert_int_equal(w->heard.ended, 4 * (tries + 1));
		in_time = true;
		for (unsigned i = 0; i < 4; i++) {
			assert_true(c.at[i] >= c.wants[i]);
			in_time = in_time && c.at[i] < c.wants[i] + 200;
		}
		assert_true(c.count < 40); /* it waits, and does not spin */
	}
	assert_true(in_time);
	check_world(w, 4 * (uint64_t)tries);
}

static void timers_fire_at_their_time_and_not_before(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = one_step(w, "wait.timer", "{'duration': 'PT0.08S'}");
	uint64_t tries = 0;
	bool in_time = false;
	while (!in_time && tries < TRIES) {
		(void)start(w, plan);
		run(w);
		struct wf_instance *in = load(w, ++tries);
		assert_int_equal(in->status, WF_INST_COMPLETED);
		assert_true(in->ended_at - in->started_at >= 80);
		in_time = in->ended_at - in->started_at < 1000;
		wf_instance_free(in);
	}
	assert_true(in_time);
	check_world(w, tries);
}

/* -- a clock that is set while the process waits -- */

struct clock {
	int64_t to[4];           /* what it shows at each call, in turn */
	unsigned next, calls;

};

/* The clock is frozen: each call moves it, and asks to be called again at once, as time that passes would. */
static int64_t move_clock(void *arg, struct wf_runtime *rt, int64_t now)
{
	(void)rt;
	struct clock *c = arg;
	c->calls++;
	if (c->next >= 4 || !c->to[c->next])
		return 0;
	wf_sys_set_now(c->to[c->next++]);
	(void)now;
	return wf_now_ms();
}

static void a_clock_that_is_set_forward_fires_what_became_due(void **state)
{
	struct world *w = *state;
	wf_sys_set_now(1000000);
	w->rt->options.stay_ms = 3600000;
	struct clock c = {.to = {1000001, 1000100, 1000100 + 1800000}};
	wf_runtime_set_source(w->rt, move_clock, &c);
	(void)start(w, one_step(w, "wait.timer", "{'duration': 'PT30M'}"));
	run(w);
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->status, WF_INST_COMPLETED);
	assert_int_equal(in->ended_at, 1000100 + 1800000);
	wf_instance_free(in);
	check_world(w, 1);
}

static void a_clock_that_is_set_back_fires_nothing_early_and_keeps_nobody_waiting(void **state)
{
	struct world *w = *state;
	wf_sys_set_now(100000000);
	w->stay_ms = 1000;
	/* it stays for a timer that is due in half a second; then the clock goes back by a day */
	struct clock c = {.to = {100000010, 100000020, 100000020 - 86400000}};
	wf_runtime_set_source(w->rt, move_clock, &c);
	(void)start(w, one_step(w, "wait.timer", "{'duration': 'PT0.5S'}"));
	int64_t began = wf_monotonic_ms();
	run(w);
	assert_true(wf_monotonic_ms() - began < DEADLINE_MS);
	assert_int_equal(w->heard.parked, 1);
	assert_int_equal(status_of(w, 1), WF_INST_WAITING);
	/* a claim does not fire it either, until its time has come */
	assert_int_equal(wf_runtime_claim(w->rt, 1, &w->cause), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_WAITING);
	wf_sys_set_now(100000499);
	w->rt->options.stay_ms = 0;
	assert_int_equal(wf_runtime_claim(w->rt, 1, &w->cause), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_WAITING);
	wf_sys_set_now(100000500);
	assert_int_equal(wf_runtime_claim(w->rt, 1, &w->cause), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	check_world(w, 1);
}

static void history_does_not_go_back_with_the_clock(void **state)
{
	struct world *w = *state;
	wf_sys_set_now(100000000);
	(void)start(w, one_step(w, "approval.request",
		"{'groups': [{'quorum': 1, 'approvers': {'list': ['alice']}}]}"));
	run(w);
	wf_sys_set_now(90000000);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->status, WF_INST_COMPLETED);
	assert_true(in->ended_at >= in->started_at);
	wf_instance_free(in);
	check_world(w, 1);
}

static int64_t fail_source(void *arg, struct wf_runtime *rt, int64_t now)
{
	(void)arg, (void)now;
	struct wf_cause cause = {0};
	(void)wf_fail(&cause, WF_EIO, "the source is broken");
	wf_runtime_fail(rt, &cause);
	return 0;
}

static void a_source_that_cannot_go_on_ends_the_loop(void **state)
{
	struct world *w = *state;
	wf_runtime_set_source(w->rt, fail_source, NULL);
	(void)start(w, one_step(w, "data.set", "{}"));
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), WF_EIO);
	assert_string_equal(w->cause.text, "the source is broken");
	assert_int_equal(w->heard.lost, 1);
}

/* -- a wake that comes while there is always something to commit -- */

struct busy {
	struct world *w;
	const struct wf_plan *plan;
	int64_t until;
	unsigned long fed;
};

static bool feed_on(void *arg, struct wf_runtime *rt)
{
	(void)rt;
	struct busy *b = arg;
	struct wf_instance *in = b->fed % 256 ? NULL : load(b->w, 1);
	bool over = in && in->status == WF_INST_COMPLETED;
	wf_instance_free(in);
	if (over || wf_monotonic_ms() > b->until)
		return false;
	b->fed++;
	(void)start(b->w, b->plan);
	return true;
}

static void a_wake_keeps_no_result_from_a_busy_owner(void **state)
{
	struct world *w = *state;
	struct busy b = {.w = w, .plan = one_step(w, "data.set", "{}")};
	(void)start(w, one_command(w, "true"));
	wf_runner_wake(w->home, w->rt->runner);
	b.until = wf_monotonic_ms() + DEADLINE_MS;
	wf_runtime_set_feed(w->rt, feed_on, &b);
	run(w);
	assert_true(wf_monotonic_ms() < b.until);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_source_is_called_when_it_wants_to_be),
		WORLD_TEST(timers_fire_at_their_time_and_not_before),
		WORLD_TEST(a_clock_that_is_set_forward_fires_what_became_due),
		WORLD_TEST(a_clock_that_is_set_back_fires_nothing_early_and_keeps_nobody_waiting),
		WORLD_TEST(history_does_not_go_back_with_the_clock),
		WORLD_TEST(a_source_that_cannot_go_on_ends_the_loop),
		WORLD_TEST(a_wake_keeps_no_result_from_a_busy_owner),
	};
	WORLD_MAIN(tests);
}
