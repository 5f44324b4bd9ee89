/* Sweeps on a journal of their own: what is left alone, what is begun, and what spoils nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/sys.h"
#include "journal/waiting.h"
#include "sweep/schedule.h"
#include "sweep/sweep.h"
#include "sweep/work.h"
#include "unit/engine/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world {
	char folder[80];
	struct wf_home *home;
	struct wf_cause cause;
	struct wf_buf plan;
	uint8_t plan_id[WF_HASH_SIZE];
};

static int64_t ms_of(const char *text)
{
	int64_t ms;

	assert_int_equal(wf_time_parse(text, strlen(text), &ms), 0);
	return ms;
}

static void clock_is(const char *text)
{
	wf_sys_set_now(ms_of(text));
}

/* -- a world with one workflow, `flow` -- */

static int update(struct world *w, wf_txn_fn *fn, void *arg)
{
	struct wf_journal *j = NULL;

	assert_int_equal(wf_journal_open(w->home, "default", "default", WF_JOURNAL_WRITE, &j, &w->cause), 0);
	int err = wf_journal_update(j, fn, arg, &w->cause);
	wf_journal_close(j);
	return err;
}

static int register_flow(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct world *w = arg;
	struct wf_definition d = { .workflow = wf_strdup("flow"), .registered_by = wf_strdup("ann"),
		.enabled = true };
	char *version = NULL;
	bool fresh;

	(void)cause;
	memcpy(d.plan_id, w->plan_id, sizeof(d.plan_id));
	int err = wf_txn_put_plan(txn, w->plan_id, w->plan.data, w->plan.len);
	if (err == 0)
		err = wf_txn_register(txn, &d, &version, &fresh);
	wf_free(version);
	wf_definition_done(&d);
	return err;
}

static void make_plan(struct world *w)
{
	struct sketch s;
	struct wf_plan *plan = NULL;

	sketch_init(&s);
	sketch_perform(&s, sketch_step(&s, "a", WF_ACT_DATA_SET), json_pack("{s:i}", "n", 1));
	sketch_finish(&s);
	wf_plan_encode(&s.b, &w->plan);
	wf_plan_builder_done(&s.b);
	if (wf_plan_load(w->plan.data, w->plan.len, &plan, &w->cause) < 0)
		fail_msg("%s", w->cause.text);
	memcpy(w->plan_id, plan->id, sizeof(w->plan_id));
	wf_plan_free(plan);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	(void)snprintf(w->folder, sizeof(w->folder), "/tmp/wfctl-test-XXXXXX");
	if (!mkdtemp(w->folder))
		return -1;
	(void)strncat(w->folder, "/home", sizeof(w->folder) - strlen(w->folder) - 1);
	clock_is("2026-11-20T09:00:00Z");
	if (wf_home_init(w->folder, "default", "default", &w->cause) ||
		wf_home_open(w->folder, NULL, &w->home, &w->cause))
		return -1;
	make_plan(w);
	*state = w;
	return update(w, register_flow, w);
}

static int teardown(void **state)
{
	struct world *w = *state;

	wf_home_close(w->home);
	wf_buf_done(&w->plan);
	w->folder[strlen(w->folder) - strlen("/home")] = 0;
	WF_AUTOFREE char *command = wf_asprintf("rm -rf '%s'", w->folder);
	int rc = system(command);
	free(w);
	wf_sys_set_now(-1);
	return rc;
}

static struct wf_sweep_report sweep_with(struct world *w, struct wf_sweep_options o)
{
	struct wf_sweep_report r = { 0 };

	o.home = w->home;
	o.tenant = o.environment = "default";
	o.libexec = getenv("WFCTL_BUILD");
	o.workdir = "/";
	o.os_user = "tester";
	if (wf_sweep(&o, &r, &w->cause) < 0)
		fail_msg("%s", w->cause.text);
	return r;
}

static struct wf_sweep_report sweep(struct world *w)
{
	return sweep_with(w, (struct wf_sweep_options){ 0 });
}

static bool is_there(struct world *w, const char *file)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/journals/default/default/%s", w->folder, file);
	return access(path, F_OK) == 0;
}

/* -- schedules -- */

struct adding {
	const char *name, *spec;
	uint64_t id;
};

static int add_schedule(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct adding *a = arg;
	struct wf_schedule s = { .name = wf_strdup(a->name), .workflow = wf_strdup("flow"),
		.source = wf_strdup("user") };

	assert_int_equal(wf_json_parse(a->spec, strlen(a->spec), &s.spec, NULL), 0);
	int err = wf_schedule_add(txn, &s, wf_now_ms(), cause);
	a->id = s.id;
	wf_schedule_done(&s);
	return err;
}

static void add(struct world *w, const char *name, const char *spec)
{
	struct adding a = { name, spec, 0 };

	if (update(w, add_schedule, &a) < 0)
		fail_msg("%s: %s", name, w->cause.text);
}

struct looking {
	const char *name;
	const char *zone; /* NULL: only read; else what it is changed to */
	struct wf_schedule s;
};

static int look_at_schedule(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct looking *l = arg;

	(void)cause;
	int err = wf_txn_find_schedule(txn, l->name, &l->s);
	if (err == 0 && l->zone) {
		json_object_set_new(l->s.spec, "timezone", json_string(l->zone));
		err = wf_txn_put_schedule(txn, &l->s);
	}
	return err;
}

static struct looking look_at(struct world *w, const char *name, const char *zone)
{
	struct looking l = { .name = name, .zone = zone };

	assert_int_equal(update(w, look_at_schedule, &l), 0);
	return l;
}

static void an_idle_journal_is_only_looked_at(void **state)
{
	struct world *w = *state;
	struct wf_sweep_report r = sweep(w);

	assert_false(r.looked);
	assert_false(is_there(w, "sweep.lock"));
	assert_int_equal(r.next_due, 0);
	add(w, "hourly", "{\"cron\":\"0 * * * *\"}");
	r = sweep(w);
	assert_false(r.looked);
	assert_int_equal(r.next_due, ms_of("2026-11-20T10:00:00Z"));
	clock_is("2026-11-20T10:00:00Z");
	r = sweep(w);
	assert_true(r.looked);
	assert_int_equal(r.fired, 1);
	assert_int_equal(r.completed, 1);
	assert_int_equal(r.next_due, ms_of("2026-11-20T11:00:00Z"));
	assert_true(is_there(w, "sweep.lock"));
}

static void a_schedule_that_cannot_be_read_spoils_no_other(void **state)
{
	struct world *w = *state;

	add(w, "broken", "{\"cron\":\"0 * * * *\",\"missed\":\"backfill\"}");
	add(w, "sound", "{\"cron\":\"0 * * * *\"}");
	struct looking l = look_at(w, "broken", "Nowhere/Gone");
	wf_schedule_done(&l.s);
	clock_is("2026-11-20T10:00:00Z");
	struct wf_sweep_report r = sweep(w);
	assert_int_equal(r.refused, 1);
	assert_int_equal(r.completed, 1);
	assert_non_null(strstr(r.why, "Gone"));
	/* It is tried again later, and goes on when it can be read. */
	assert_int_equal(sweep(w).refused, 0);
	l = look_at(w, "broken", "UTC");
	assert_int_equal(l.s.next_at, ms_of("2026-11-20T11:00:00Z"));
	assert_string_equal(json_string_value(json_object_get(json_array_get(l.s.recent, 0), "outcome")),
		"refused");
	wf_schedule_done(&l.s);
	clock_is("2026-11-20T11:00:00Z");
	r = sweep(w);
	assert_int_equal(r.fired, 3);
	assert_int_equal(r.completed, 3);
}

static void many_schedules_fire_in_one_sweep(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 150; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "s%d", i);
		add(w, name, "{\"cron\":\"0 * * * *\"}");
	}
	clock_is("2026-11-20T10:00:00Z");
	struct wf_sweep_report r = sweep_with(w, (struct wf_sweep_options){ .max = 100 });
	assert_true(r.stopped);
	assert_int_equal(r.completed, r.fired);
	assert_true(r.fired >= 100 && r.fired < 150);
	uint64_t first = r.fired;
	r = sweep(w);
	assert_int_equal(first + r.fired, 150);
	assert_int_equal(r.missed, 0);
	assert_int_equal(sweep(w).fired, 0);
}

/* -- the lock -- */

static void another_sweep_is_left_alone(void **state)
{
	struct world *w = *state;
	volatile sig_atomic_t stop = 1;
	int fd = -1, other = -1;

	add(w, "hourly", "{\"cron\":\"0 * * * *\"}");
	clock_is("2026-11-20T10:00:00Z");
	assert_int_equal(wf_sweep_lock(w->home, "default", "default", 0, NULL, &fd, &w->cause), 0);
	assert_true(fd >= 0);
	struct wf_sweep_report r = sweep(w);
	assert_true(r.locked_out);
	assert_int_equal(r.fired, 0);
	/* Waiting for it ends with its time, and when asked to stop. */
	assert_int_equal(wf_sweep_lock(w->home, "default", "default", 30, NULL, &other, &w->cause), 0);
	assert_int_equal(other, -1);
	assert_int_equal(wf_sweep_lock(w->home, "default", "default", 600000, &stop, &other, &w->cause), 0);
	assert_int_equal(other, -1);
	r = sweep_with(w, (struct wf_sweep_options){ .parallel = true });
	assert_false(r.locked_out);
	assert_int_equal(r.completed, 1);
	(void)close(fd);
	assert_false(sweep(w).locked_out);
}

/* -- a queue that nobody moved on -- */

static int leave_queued(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct world *w = arg;
	struct wf_instance *in = wf_instance_new(1);

	(void)cause;
	memcpy(in->plan_id, w->plan_id, sizeof(in->plan_id));
	in->uuid = wf_uuid_new(wf_now_ms());
	in->workflow = wf_strdup("flow");
	in->started_by = wf_strdup("ann");
	in->input = json_object();
	in->created_at = in->updated_at = wf_now_ms();
	in->status = WF_INST_QUEUED;
	in->wait = WF_WAIT_SLOT;
	in->slots = json_pack("[{s:s, s:i}]", "name", "flow", "limit", 1);
	in->dirty = true;
	int err = wf_txn_put_instance(txn, in);
	wf_instance_free(in);
	return err;
}

/* The second of three has a plan that is nowhere. */
static int leave_pending(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct world *w = arg;
	int err = 0;

	(void)cause;
	for (int i = 0; i < 3 && err == 0; i++) {
		struct wf_instance *in = wf_instance_new(1);
		memcpy(in->plan_id, w->plan_id, sizeof(in->plan_id));
		in->plan_id[0] ^= i == 1;
		in->uuid = wf_uuid_new(wf_now_ms());
		in->workflow = wf_strdup("flow");
		in->started_by = wf_strdup("ann");
		in->input = json_object();
		in->created_at = in->updated_at = wf_now_ms();
		in->status = WF_INST_PENDING;
		in->dirty = true;
		err = wf_txn_put_instance(txn, in);
		wf_instance_free(in);
	}
	return err;
}

static void one_that_cannot_be_taken_up_is_lost_alone(void **state)
{
	struct world *w = *state;

	assert_int_equal(update(w, leave_pending, w), 0);
	struct wf_sweep_report r = sweep(w);
	assert_int_equal(r.completed, 2);
	assert_int_equal(r.lost, 1);
	assert_non_null(strstr(r.why, "#2: "));
}

static void a_queued_one_whose_slot_is_free_begins(void **state)
{
	struct world *w = *state;
	struct wf_next_due next = { 0 };

	assert_int_equal(update(w, leave_queued, w), 0);
	assert_int_equal(update(w, leave_queued, w), 0);
	assert_int_equal(wf_sweep_next(w->home, "default", "default", 0, &next, &w->cause), 0);
	assert_true(next.work);
	struct wf_sweep_report r = sweep_with(w, (struct wf_sweep_options){ .dry_run = true });
	assert_int_equal(r.granted, 2);
	r = sweep(w);
	/* The first has it, and hands it on as it ends. */
	assert_int_equal(r.granted, 1);
	assert_int_equal(r.completed, 2);
	assert_int_equal(wf_sweep_next(w->home, "default", "default", 0, &next, &w->cause), 0);
	assert_false(next.work);
}

/* Forty stand behind one that runs; one more waits for another slot, which is free. */
static int leave_a_long_queue(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct world *w = arg;
	int err = 0;

	(void)cause;
	for (int i = 0; i < 42 && err == 0; i++) {
		struct wf_instance *in = wf_instance_new(1);
		memcpy(in->plan_id, w->plan_id, sizeof(in->plan_id));
		in->uuid = wf_uuid_new(wf_now_ms());
		in->workflow = wf_strdup("flow");
		in->started_by = wf_strdup("ann");
		in->input = json_object();
		in->created_at = in->updated_at = wf_now_ms();
		in->status = i ? WF_INST_QUEUED : WF_INST_WAITING;
		in->wait = i ? WF_WAIT_SLOT : WF_WAIT_SIGNAL;
		in->slots = json_pack("[{s:s, s:i}]", "name", i < 41 ? "long" : "free", "limit", 1);
		in->dirty = true;
		err = wf_txn_put_instance(txn, in);
		wf_instance_free(in);
	}
	return err;
}

static void a_long_queue_hides_no_other(void **state)
{
	struct world *w = *state;

	assert_int_equal(update(w, leave_a_long_queue, w), 0);
	struct wf_sweep_report r = sweep(w);
	assert_int_equal(r.granted, 1);
	assert_int_equal(r.completed, 1);
}

static void a_window_ends_with_its_time_or_when_asked_to(void **state)
{
	struct world *w = *state;
	volatile sig_atomic_t stop = 0;

	add(w, "hourly", "{\"cron\":\"0 * * * *\"}");
	int64_t begun = wf_monotonic_ms();
	struct wf_sweep_report r = sweep_with(w, (struct wf_sweep_options){ .window_ms = 120 });
	int64_t took = wf_monotonic_ms() - begun;
	assert_true(took >= 120 && took < 300000);
	assert_int_equal(r.fired, 0);
	stop = 1;
	begun = wf_monotonic_ms();
	struct wf_sweep_options o = { .window_ms = 600000, .stop = &stop, .home = w->home,
		.tenant = "default", .environment = "default", .libexec = getenv("WFCTL_BUILD"),
		.workdir = "/", .os_user = "tester" };
	int err = wf_sweep(&o, &r, &w->cause);
	assert_true(err == 0 || err == WF_EINTR);
	assert_true(r.stopped);
	assert_true(wf_monotonic_ms() - begun < 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_idle_journal_is_only_looked_at, setup, teardown),
		cmocka_unit_test_setup_teardown(a_schedule_that_cannot_be_read_spoils_no_other, setup,
			teardown),
		cmocka_unit_test_setup_teardown(many_schedules_fire_in_one_sweep, setup, teardown),
		cmocka_unit_test_setup_teardown(another_sweep_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_cannot_be_taken_up_is_lost_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_queued_one_whose_slot_is_free_begins, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_queue_hides_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(a_window_ends_with_its_time_or_when_asked_to, setup,
			teardown),
	};
	wf_mem_adopt_jansson();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
