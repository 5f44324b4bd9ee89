/* Events given to an instance that another process, or this one, is driving. */
#include "unit/runtime/world.h"

#include <signal.h>

/* -- an owner that lives -- */

struct job {
	char script[300];
};

static int drive_command(struct world *w, void *arg)
{
	const struct job *job = arg;
	(void)start(w, one_command(w, job->script));
	int rc = wf_runtime_run(w->rt, &w->cause);
	return rc ? 50 : (int)w->heard.status;
}

static void a_running_command_of_another_process_is_cancelled_and_stopped(void **state)
{
	struct world *w = *state;
	struct job job;
	(void)snprintf(job.script, sizeof(job.script),
		"trap 'touch %s/stopped; exit' TERM; touch %s/began; sleep 60 & wait", w->folder,
		w->folder);
	pid_t pid = begin_other(w, drive_command, &job);
	UNTIL(file_is_there(w, "began"));
	assert_int_equal(step_status(w, 1, 0), WF_STEP_RUNNING);
	assert_int_equal(cancel(w, 1), 0);
	assert_int_equal(w->heard.ended, 1);
	assert_int_equal(status_of(w, 1), WF_INST_CANCELLED);
	assert_int_equal(end_other(pid), WF_INST_CANCELLED);
	UNTIL(file_is_there(w, "stopped"));
	assert_int_equal(cancel(w, 1), WF_ECONFLICT);
	check_world(w, 1);
}

static void a_dead_owners_command_is_stopped_with_its_instance(void **state)
{
	struct world *w = *state;
	struct job job;
	(void)snprintf(job.script, sizeof(job.script),
		"trap 'touch %s/stopped; exit' TERM; touch %s/began; sleep 60 & wait", w->folder,
		w->folder);
	pid_t pid = begin_other(w, drive_command, &job);
	UNTIL(file_is_there(w, "began"));
	(void)kill(pid, SIGKILL);
	assert_int_equal(end_other(pid), 200 + SIGKILL);
	assert_int_equal(cancel(w, 1), 0);
	UNTIL(file_is_there(w, "stopped"));
	run(w);
	check_world(w, 1);
}

/* It holds its lock to the last, and never hears of the cancel. */
static void what_an_owner_could_not_stop_is_stopped_by_tidying(void **state)
{
	struct world *w = *state;
	struct job job;
	(void)snprintf(job.script, sizeof(job.script),
		"trap 'touch %s/stopped; exit' TERM; touch %s/began; sleep 60 & wait", w->folder,
		w->folder);
	pid_t pid = begin_other(w, drive_command, &job);
	UNTIL(file_is_there(w, "began"));
	assert_int_equal(wf_runtime_tidy(w->rt, &w->cause), 0);
	(void)kill(pid, SIGSTOP);
	assert_int_equal(cancel(w, 1), 0);
	(void)kill(pid, SIGKILL);
	(void)end_other(pid);
	assert_false(file_is_there(w, "stopped"));
	assert_int_equal(wf_runtime_tidy(w->rt, &w->cause), 0);
	UNTIL(file_is_there(w, "stopped"));
	check_world(w, 1);
}

/* It is the first that this process has to do with the journal, so that it has seen no change yet. */
static int start_admitted(struct world *w, void *arg)
{
	(void)arg;
	struct wf_start s = {.plan = one_step(w, "data.set", "{}"), .started_by = "ann", .key = "k"};
	if (wf_runtime_start(w->rt, &s, NULL, &w->cause))
		return 50;
	UNTIL(file_is_there(w, "go"));
	int rc = wf_runtime_run(w->rt, &w->cause);
	return rc ? 51 : (int)w->heard.status;
}

static bool is_admitted(struct world *w)
{
	struct wf_instance *in = load(w, 1);
	wf_instance_free(in);
	return in != NULL;
}

static void what_is_admitted_and_cancelled_is_not_begun(void **state)
{
	struct world *w = *state;
	pid_t pid = begin_other(w, start_admitted, NULL);
	UNTIL(is_admitted(w));
	assert_int_equal(cancel(w, 1), 0);
	WF_AUTOFREE char *go = wf_asprintf("touch %s/go", w->folder);
	assert_int_equal(system(go), 0);
	assert_int_equal(end_other(pid), WF_INST_CANCELLED);
	assert_int_equal(status_of(w, 1), WF_INST_CANCELLED);
	check_world(w, 1);
}

/* -- an approval with a notification under way -- */

#define ASKED "'groups': [{'quorum': 1, 'approvers': {'list': ['alice', 'bob']}}]"

static void add_told_approval(struct flow *f, const char *script)
{
	flow_step(f, "ok", "approval.request",
		"{" ASKED ", 'escalations': [{'after': 'PT0.05S', 'notify': 0}]}", "");
	flow_step(f, "after", "data.set", "{}", "");
	flow_notify(f, "ok.notify1", "ok", 0, script);
}

static bool is_waiting(struct world *w)
{
	struct wf_instance *in = load(w, 1);
	bool yes = in && in->status == WF_INST_WAITING;
	wf_instance_free(in);
	return yes;
}

static int drive_notification(struct world *w, void *arg)
{
	const struct job *job = arg;
	struct flow f = {0};
	add_told_approval(&f, job->script);
	(void)start(w, add_flow(w, &f));
	run(w);
	UNTIL(wf_runtime_claim(w->rt, 1, &w->cause) == 0);
	/* its escalation may not be due yet: then it parks again */
	while (wf_runtime_run(w->rt, &w->cause) == 0 && is_waiting(w))
		(void)wf_runtime_claim(w->rt, 1, &w->cause);
	return (int)w->heard.status;
}

static void a_decision_comes_while_a_notification_is_under_way(void **state)
{
	struct world *w = *state;
	struct job job;
	(void)snprintf(job.script, sizeof(job.script),
		"touch %s/began; while ! test -e %s/go; do sleep 0.01; done", w->folder, w->folder);
	pid_t pid = begin_other(w, drive_notification, &job);
	UNTIL(file_is_there(w, "began"));
	assert_int_equal(decide(w, 1, "mallory"), WF_EPERM);
	assert_int_equal(decide(w, 1, "alice"), 0);
	assert_int_equal(w->heard.elsewhere, 1);
	assert_int_equal(decide(w, 1, "bob"), WF_ECONFLICT);
	/* the main thread is done, and the notification goes on */
	assert_int_equal(status_of(w, 1), WF_INST_RUNNING);
	assert_int_equal(step_status(w, 1, 1), WF_STEP_COMPLETED);
	WF_AUTOFREE char *go = wf_asprintf("touch %s/go", w->folder);
	assert_int_equal(system(go), 0);
	assert_int_equal(end_other(pid), WF_INST_COMPLETED);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(step_status(w, 1, 2), WF_STEP_COMPLETED);
	check_world(w, 1);
}

static void a_dead_owners_notification_is_taken_over_with_the_decision(void **state)
{
	struct world *w = *state;
	struct job job;
	(void)snprintf(job.script, sizeof(job.script), "echo x >> %s/began; sleep 0.3; touch %s/told",
		w->folder, w->folder);
	pid_t pid = begin_other(w, drive_notification, &job);
	UNTIL(file_is_there(w, "began"));
	(void)kill(pid, SIGKILL);
	(void)end_other(pid);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_true(file_is_there(w, "told"));
	WF_AUTOFREE char *once = wf_asprintf("test $(wc -l < %s/began) = 1", w->folder);
	assert_int_equal(system(once), 0);
	check_world(w, 1);
}

/* -- an attempt that the intruder decides -- */

static int drive_both(struct world *w, void *arg)
{
	const struct job *job = arg;
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request",
		"{" ASKED ", 'escalations': [{'after': 'PT0.05S', 'notify': 0}]}", "");
	flow_command(&f, "then", "true", "");
	flow_notify(&f, "ok.notify1", "ok", 0, job->script);
	(void)start(w, add_flow(w, &f));
	run(w);
	UNTIL(wf_runtime_claim(w->rt, 1, &w->cause) == 0);
	while (wf_runtime_run(w->rt, &w->cause) == 0 && is_waiting(w))
		(void)wf_runtime_claim(w->rt, 1, &w->cause);
	return (int)w->heard.status;
}

static void the_owner_begins_what_an_intruder_decided(void **state)
{
	struct world *w = *state;
	struct job job;
	(void)snprintf(job.script, sizeof(job.script),
		"touch %s/began; while ! test -e %s/go; do sleep 0.01; done", w->folder, w->folder);
	pid_t pid = begin_other(w, drive_both, &job);
	UNTIL(file_is_there(w, "began"));
	assert_int_equal(decide(w, 1, "alice"), 0);
	/* the intruder does not perform it; the owner is woken and does */
	UNTIL(step_status(w, 1, 1) == WF_STEP_COMPLETED);
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->steps[1].attempts, 1);
	assert_int_equal(in->status, WF_INST_RUNNING);
	wf_instance_free(in);
	WF_AUTOFREE char *go = wf_asprintf("touch %s/go", w->folder);
	assert_int_equal(system(go), 0);
	assert_int_equal(end_other(pid), WF_INST_COMPLETED);
	check_world(w, 1);
}

/* -- what the owner had not committed -- */

static int64_t stop_at_once(void *arg, struct wf_runtime *rt, int64_t now)
{
	(void)arg, (void)now;
	if (rt->drives && rt->drives->inflight)
		wf_runtime_stop(rt);
	return 0;
}

/* Drives it until its command is under way, and no further. */
static struct wf_drive *begin_and_stop(struct world *w, const struct wf_plan *plan)
{
	(void)start(w, plan);
	wf_runtime_set_source(w->rt, stop_at_once, NULL);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), WF_EINTR);
	w->rt->stopping = 0;
	wf_runtime_set_source(w->rt, NULL, NULL);
	struct wf_drive *d = wf_drive_find(w->rt, 1);
	assert_non_null(d);
	assert_non_null(d->inflight);
	return d;
}

/* As if the command's result had come and waited for its commit. */
static void pretend_success(struct world *w, struct wf_drive *d)
{
	json_t *output = js("{'exit_code': 0}");
	struct wf_event e = wf_drive_event(WF_EVENT_SUCCESS, 0, 1, output);
	wf_effects_stop(w->rt->effects, d->inflight);
	wf_drive_drop_inflight(d->inflight);
	assert_int_equal(wf_drive_feed(w->rt, d, &e, NULL), 0);
	json_decref(output);
}

static void a_result_that_comes_after_a_cancel_comes_too_late(void **state)
{
	struct world *w = *state;
	struct wf_drive *d = begin_and_stop(w, one_command(w, "sleep 60"));
	pretend_success(w, d);
	assert_int_equal(cancel(w, 1), 0);
	assert_null(wf_drive_find(w->rt, 1));
	assert_int_equal(w->heard.ended, 1);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_CANCELLED);
	check_world(w, 1);
}

static void a_result_that_does_not_conflict_is_fed_again(void **state)
{
	struct world *w = *state;
	struct flow f = {0};
	wf_buf_printf(&f.top, "timeout 3600000\n");
	flow_step(&f, "only", "exec.run", "{'command': ['sleep', '60']}", "");
	struct wf_drive *d = begin_and_stop(w, add_flow(w, &f));
	pretend_success(w, d);
	WF_AUTOFREE char *due = wf_asprintf("{'due': %lld, 'by': 'ops'}",
		(long long)wf_now_ms() + 7200000);
	assert_int_equal(post(w, 1, WF_EVENT_MOVE, WF_NONE, due), 0);
	assert_int_equal(status_of(w, 1), WF_INST_RUNNING);
	d = wf_drive_find(w->rt, 1);
	assert_non_null(d);
	assert_int_equal(d->moved_count, 1);
	assert_int_equal(d->in->status, WF_INST_COMPLETED);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	check_world(w, 1);
}

/* The same found out by the commit itself: nothing woke the owner. */
static void the_commit_notices_an_intrusion(void **state)
{
	struct world *w = *state;
	struct wf_drive *d = begin_and_stop(w, one_command(w, "sleep 60"));
	/* a second runtime of this process gives the cancel, and this one is not told */
	struct world other = *w;
	memset(&other.heard, 0, sizeof(other.heard));
	open_runtime(&other);
	uint64_t own = w->rt->runner;
	other.rt->runner = own ^ 1; /* the owner is then another, and alive */
	assert_int_equal(cancel(&other, 1), 0);
	other.rt->runner = 0; /* it does not end the runner that both share */
	wf_runtime_free(other.rt);
	pretend_success(w, d);
	assert_int_equal(wf_runtime_commit(w->rt, &w->cause), 0);
	assert_null(wf_drive_find(w->rt, 1));
	assert_int_equal(w->heard.ended, 1);
	assert_int_equal(w->heard.status, WF_INST_CANCELLED);
	check_world(w, 1);
}

static void an_instance_that_was_dropped_is_lost(void **state)
{
	struct world *w = *state;
	struct wf_drive *d = begin_and_stop(w, one_command(w, "sleep 60"));
	/* as if it were one that is not there */
	d->in->number = 77;
	w->rt->intrusions--;
	pretend_success(w, d);
	assert_int_equal(wf_runtime_commit(w->rt, &w->cause), 0);
	assert_int_equal(w->heard.lost, 1);
	assert_int_equal(w->rt->drive_count, 0);
}

/* -- many -- */

struct answers {
	int results[400];
	unsigned told;
};

static void take_answer(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	struct answers *a = arg;
	assert_int_equal(cause->err, result);
	a->results[index] = result;
	a->told++;
}

static void many_decisions_are_given_in_groups(void **state)
{
	struct world *w = *state;
	enum { COUNT = 300 };
	const struct wf_plan *plan = one_step(w, "approval.request", "{" ASKED "}");
	for (int i = 0; i < COUNT; i++)
		(void)start(w, plan);
	run(w);
	static struct wf_post posts[COUNT + 2];
	struct answers answers = {.told = 0};
	json_t *alice = js("{'by': 'alice', 'decision': 'approve'}");
	json_t *eve = js("{'by': 'eve', 'decision': 'approve'}");
	for (size_t i = 0; i < COUNT + 2; i++)
		posts[i] = (struct wf_post){.number = i + 1,
			.event = wf_drive_event(WF_EVENT_DECISION, WF_NONE, 0, i == 7 ? eve : alice)};
	posts[COUNT + 1].number = 5; /* a second decision on what is decided by then */
	wf_runtime_post_later(w->rt, posts, COUNT + 2, take_answer, &answers);
	assert_true(wf_runtime_in_hand(w->rt) > 0);
	run(w);
	assert_int_equal(answers.told, COUNT + 2);
	for (size_t i = 0; i < COUNT + 2; i++)
		assert_int_equal(answers.results[i],
			i == 7 ? WF_EPERM : i == COUNT ? WF_ENOENT : i > COUNT ? WF_ECONFLICT : 0);
	assert_int_equal(w->heard.ended, COUNT - 1);
	assert_int_equal(status_of(w, 8), WF_INST_WAITING);
	json_decref(alice);
	json_decref(eve);
	check_world(w, COUNT);
}

/* Who is told gives more, while others of the same group are still to be told. */
struct giver {
	struct world *w;
	struct wf_post more[4];
	unsigned told[3], more_told;
};

static void count_more(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	(void)index, (void)cause;
	struct giver *g = arg;
	assert_int_equal(result, WF_ENOENT);
	g->more_told++;
}

static void give_more(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	(void)cause;
	struct giver *g = arg;
	assert_int_equal(result, WF_ENOENT);
	if (!g->told[index]++ && index == 0)
		wf_runtime_post_later(g->w->rt, g->more, 4, count_more, g);
}

static void who_is_told_may_give_more(void **state)
{
	struct world *w = *state;
	struct giver g = {.w = w};
	struct wf_post posts[3];
	for (size_t i = 0; i < 4; i++)
		g.more[i] = (struct wf_post){.number = 20 + i,
			.event = wf_drive_event(WF_EVENT_CANCEL, WF_NONE, 0, NULL)};
	for (size_t i = 0; i < 3; i++)
		posts[i] = (struct wf_post){.number = 10 + i,
			.event = wf_drive_event(WF_EVENT_CANCEL, WF_NONE, 0, NULL)};
	wf_runtime_post_later(w->rt, posts, 3, give_more, &g);
	run(w);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(g.told[i], 1);
	assert_int_equal(g.more_told, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_running_command_of_another_process_is_cancelled_and_stopped),
		WORLD_TEST(a_dead_owners_command_is_stopped_with_its_instance),
		WORLD_TEST(what_an_owner_could_not_stop_is_stopped_by_tidying),
		WORLD_TEST(what_is_admitted_and_cancelled_is_not_begun),
		WORLD_TEST(a_decision_comes_while_a_notification_is_under_way),
		WORLD_TEST(a_dead_owners_notification_is_taken_over_with_the_decision),
		WORLD_TEST(the_owner_begins_what_an_intruder_decided),
		WORLD_TEST(a_result_that_comes_after_a_cancel_comes_too_late),
		WORLD_TEST(a_result_that_does_not_conflict_is_fed_again),
		WORLD_TEST(the_commit_notices_an_intrusion),
		WORLD_TEST(an_instance_that_was_dropped_is_lost),
		WORLD_TEST(many_decisions_are_given_in_groups),
		WORLD_TEST(who_is_told_may_give_more),
	};
	WORLD_MAIN(tests);
}
