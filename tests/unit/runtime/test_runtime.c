/* The shell around the engine: starts, batches, decisions, claims, orphans, replay, on a journal of
 * its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "runtime/runtime.h"
#include "unit/engine/plans.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct heard {
	unsigned started, moved, ended, parked, lost;
	uint64_t tickets;
	bool disorder; /* an instance's number did not rise with its ticket */
	uint64_t number;
	enum wf_instance_status status;
};

struct world {
	char folder[64];
	struct wf_home *home;
	struct wf_journal *journal;
	struct wf_runtime *rt;
	struct heard heard;
	struct wf_cause cause;
};

static void on_started(void *arg, const struct wf_plan *plan, const struct wf_instance *in)
{
	(void)plan;
	struct heard *h = arg;
	h->started++;
	h->number = in->number;
}

static void on_moved(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_event *event, const struct wf_transition *transitions, uint32_t count)
{
	(void)plan, (void)in, (void)event, (void)transitions;
	struct heard *h = arg;
	h->moved += count;
}

static void on_parted(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	enum wf_parted how, const struct wf_cause *cause, uint64_t ticket)
{
	(void)plan, (void)cause;
	struct heard *h = arg;
	h->ended += how == WF_PARTED_ENDED;
	h->parked += how == WF_PARTED_PARKED;
	h->lost += how == WF_PARTED_LOST;
	h->disorder |= ticket > 1 && in->number != ticket - 1;
	h->tickets += ticket;
	h->status = in->status;
}

static void open_world(struct world *w)
{
	struct wf_runtime_options options = {.stay_ms = 1000, .max_in_flight = 16};
	assert_int_equal(wf_home_open(w->folder, NULL, &w->home, &w->cause), 0);
	assert_int_equal(wf_journal_open(w->home, "default", "default", WF_JOURNAL_WRITE,
				 &w->journal, &w->cause),
		0);
	options.home = w->home;
	options.journal = w->journal;
	options.tenant = options.environment = "default";
	options.libexec = getenv("WFCTL_BUILD");
	options.os_user = "tester";
	options.observer = (struct wf_observer){&w->heard, on_started, on_moved, on_parted,
		NULL, NULL};
	assert_int_equal(wf_runtime_new(&options, &w->rt, &w->cause), 0);
}

static void close_world(struct world *w)
{
	wf_runtime_free(w->rt);
	wf_journal_close(w->journal);
	wf_home_close(w->home);
	w->rt = NULL;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	(void)snprintf(w->folder, sizeof(w->folder), "/tmp/wfctl-test-XXXXXX");
	if (!mkdtemp(w->folder))
		return -1;
	(void)strncat(w->folder, "/home", sizeof(w->folder) - strlen(w->folder) - 1);
	if (wf_home_init(w->folder, "default", "default", &w->cause))
		return -1;
	open_world(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	close_world(w);
	w->folder[strlen(w->folder) - strlen("/home")] = '\0';
	WF_AUTOFREE char *command = wf_asprintf("rm -rf '%s'", w->folder);
	int rc = system(command);
	free(w);
	return rc;
}

static const struct wf_plan *add(struct world *w, struct sketch *s)
{
	struct wf_buf bytes = {0};
	const struct wf_plan *plan = NULL;
	wf_plan_encode(&s->b, &bytes);
	assert_int_equal(wf_runtime_add_plan(w->rt, bytes.data, bytes.len, &plan, &w->cause), 0);
	wf_buf_done(&bytes);
	wf_plan_builder_done(&s->b);
	return plan;
}

static const struct wf_plan *pure_plan(struct world *w)
{
	struct sketch s;
	sketch_init(&s);
	for (int i = 0; i < 3; i++) {
		char id[2] = {(char)('a' + i), '\0'};
		sketch_perform(&s, sketch_step(&s, id, WF_ACT_DATA_SET), json_pack("{s:i}", "n", i));
	}
	sketch_finish(&s);
	return add(w, &s);
}

static const struct wf_plan *approval_plan(struct world *w, const char *sla)
{
	struct sketch s;
	sketch_init(&s);
	sketch_perform(&s, sketch_step(&s, "ok", WF_ACT_APPROVAL_REQUEST),
		json_pack("{s:s, s:{s:[s,s]}, s:s}", "policy", "level2", "approvers", "list",
			"alice", "bob", "sla", sla));
	sketch_perform(&s, sketch_step(&s, "after", WF_ACT_DATA_SET), json_object());
	sketch_finish(&s);
	return add(w, &s);
}

static int start(struct world *w, const struct wf_plan *plan, uint64_t ticket)
{
	struct wf_start st = {.plan = plan, .started_by = "ann", .ticket = ticket};
	return wf_runtime_start(w->rt, &st, NULL, &w->cause);
}

static int decide(struct world *w, uint64_t number, const char *by)
{
	struct wf_decision d = {.number = number, .step = WF_NONE, .decision = "approve", .by = by};
	return wf_runtime_decide(w->rt, &d, NULL, NULL, &w->cause);
}

static void a_pure_run_is_one_commit_and_replays(void **state)
{
	struct world *w = *state;
	assert_int_equal(start(w, pure_plan(w), 7), 0);
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
	assert_int_equal(start(b->w, b->plan, 1001 - b->left), 0);
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
	assert_int_equal(start(w, approval_plan(w, "P1D"), 0), 0);
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
	assert_int_equal(start(w, approval_plan(w, "PT1H"), 0), 0);
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
	assert_int_equal(start(w, approval_plan(w, "PT1H"), 0), 0);
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
	struct sketch s;
	sketch_init(&s);
	sketch_perform(&s, sketch_step(&s, "wait", WF_ACT_WAIT_TIMER),
		json_pack("{s:s}", "duration", "PT0.5S"));
	sketch_finish(&s);
	const struct wf_plan *plan = add(w, &s);
	wf_sys_set_now(1000000);
	assert_int_equal(start(w, plan, 0), 0);
	wf_runtime_stop(w->rt);
	assert_int_equal(wf_runtime_run(w->rt, &w->cause), WF_EINTR);
	close_world(w);
	open_world(w);
	assert_int_equal(wf_runtime_claim(w->rt, 1, &w->cause), WF_ENOENT);
	wf_sys_set_now(-1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_pure_run_is_one_commit_and_replays),
		T(a_batch_starts_each_input_once),
		T(an_approval_parks_and_goes_on_when_decided),
		T(a_decision_after_the_sla_is_too_late_and_the_expiry_is_kept),
		T(a_due_timer_makes_an_orphan_that_a_claim_fires),
		T(a_start_that_was_interrupted_leaves_nothing),
	};
	wf_mem_adopt_jansson();
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
