/* Admission: idempotency keys, slots and who gets them, holds. */
#include "unit/runtime/world.h"

static const struct wf_plan *slotted(struct world *w, const char *concurrency, const char *script)
{
	struct flow f = {0};
	json_t *extra = js(concurrency);
	json_t *whole = json_pack("{s:o}", "concurrency", extra);
	WF_AUTOFREE char *text = wf_json_text(whole);
	json_decref(whole);
	wf_buf_printf(&f.top, "extra %s\n", text);
	wf_buf_printf(&f.bodies, "body slot.key KEY\n");
	flow_command(&f, "work", script, "");
	wf_buf_printf(&f.side, "KEY:\nroot input\nget \"k\"\nreturn\n");
	return add_flow(w, &f);
}

static int start_with(struct world *w, const struct wf_plan *plan, const char *input,
	const char *key, struct wf_started *ret)
{
	json_t *value = js(input);
	struct wf_start s = {.plan = plan, .input = value, .started_by = "ann", .key = key};
	int rc = wf_runtime_start(w->rt, &s, ret, &w->cause);
	json_decref(value);
	return rc;
}

static uint64_t admit(struct world *w, const struct wf_plan *plan, const char *k,
	enum wf_admission how)
{
	WF_AUTOFREE char *input = wf_asprintf("{'k': '%s'}", k);
	struct wf_started started = {0};
	if (start_with(w, plan, input, NULL, &started))
		fail_msg("%s", w->cause.text);
	assert_int_equal(started.how, how);
	return started.number;
}

/* -- keys -- */

static void the_same_key_gives_the_same_instance(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = one_step(w, "data.set", "{}");
	struct wf_started a = {0}, b = {0}, c = {0};
	assert_int_equal(start_with(w, plan, "{}", "order-1", &a), 0);
	assert_int_equal(start_with(w, plan, "{}", "order-1", &b), 0);
	run(w);
	assert_int_equal(start_with(w, plan, "{}", "order-1", &b), 0);
	assert_int_equal(start_with(w, plan, "{}", "order-2", &c), 0);
	run(w);
	assert_int_equal(a.how, WF_ADMITTED);
	assert_int_equal(b.how, WF_ADMITTED_BEFORE);
	assert_int_equal(b.number, a.number);
	assert_int_equal(c.number, a.number + 1);
	assert_int_equal(w->heard.ended, 2);
	check_world(w, 2);
}

static int start_keyed(struct world *w, void *arg)
{
	(void)arg;
	struct wf_started started = {0};
	UNTIL(file_is_there(w, "go"));
	if (start_with(w, one_step(w, "data.set", "{}"), "{}", "only-once", &started))
		return 90;
	if (wf_runtime_run(w->rt, &w->cause))
		return 91;
	return started.number == 1 ? (int)started.how : 92;
}

static void two_processes_with_one_key_start_one_instance(void **state)
{
	struct world *w = *state;
	pid_t pids[4];
	for (int i = 0; i < 4; i++)
		pids[i] = begin_other(w, start_keyed, NULL);
	WF_AUTOFREE char *go = wf_asprintf("touch %s/go", w->folder);
	assert_int_equal(system(go), 0);
	int admitted = 0;
	for (int i = 0; i < 4; i++) {
		int how = end_other(pids[i]);
		assert_true(how == WF_ADMITTED || how == WF_ADMITTED_BEFORE);
		admitted += how == WF_ADMITTED;
	}
	assert_int_equal(admitted, 1);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_null(load(w, 2));
	check_world(w, 1);
}

/* -- slots -- */

static void beyond_the_limit_they_queue_first_come_first_served(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w, "{'limit': 1, 'on_conflict': 'queue'}", "true");
	uint64_t numbers[5];
	for (int i = 0; i < 5; i++)
		numbers[i] = admit(w, plan, "a", i ? WF_ADMITTED_QUEUED : WF_ADMITTED);
	uint64_t other = admit(w, plan, "b", WF_ADMITTED);
	struct wf_instance *in = load(w, numbers[3]);
	assert_int_equal(in->status, WF_INST_QUEUED);
	assert_int_equal(in->wait, WF_WAIT_SLOT);
	assert_int_equal(in->owner, 0);
	assert_int_equal(json_array_size(in->slots), 1);
	wf_instance_free(in);
	check_world(w, 6);
	assert_int_equal(wf_runtime_claim(w->rt, numbers[2], &w->cause), WF_ECONFLICT);
	run(w);
	assert_int_equal(w->heard.ended, 6);
	int next = 0;
	for (unsigned i = 0; i < 6; i++)
		if (w->heard.order[i] != other)
			assert_int_equal(w->heard.order[i], numbers[next++]);
	check_world(w, 6);
}

static void who_frees_a_slot_judges_by_the_limit_of_those_that_wait(void **state)
{
	struct world *w = *state;
	const struct wf_plan *before = slotted(w, "{'limit': 1}", "sleep 60");
	const struct wf_plan *raised = slotted(w, "{'limit': 3}", "sleep 60");
	uint64_t old_one = admit(w, before, "a", WF_ADMITTED);
	(void)admit(w, raised, "a", WF_ADMITTED);
	(void)admit(w, raised, "a", WF_ADMITTED);
	uint64_t second = admit(w, before, "a", WF_ADMITTED_QUEUED);
	uint64_t third = admit(w, raised, "a", WF_ADMITTED_QUEUED);
	assert_int_equal(cancel(w, old_one), 0);
	assert_int_equal(status_of(w, second), WF_INST_QUEUED);
	assert_int_equal(status_of(w, third), WF_INST_PENDING);
	check_world(w, 5);
}

static int slot_is_open(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	bool *open = arg;
	struct wf_instance *in = NULL;
	(void)cause;
	int rc = wf_txn_get_instance(txn, 1, WF_LOAD_HEADER, &in);
	if (!rc)
		rc = wf_txn_slot_open(txn, json_string_value(json_object_get(
			json_array_get(in->slots, 0), "name")), open);
	wf_instance_free(in);
	return rc;
}

static void count_grantable(void *arg, uint64_t number)
{
	(void)number;
	++*(unsigned *)arg;
}

static int look_for_grantable(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	*(unsigned *)arg = 0;
	return wf_runtime_each_grantable(txn, count_grantable, arg);
}

/* However many of another mind stand before it; and when nobody in the queue could begin, it is not
 * looked at. */
static void a_long_queue_hides_nobody(void **state)
{
	struct world *w = *state;
	const struct wf_plan *before = slotted(w, "{'limit': 1}", "sleep 60");
	const struct wf_plan *raised = slotted(w, "{'limit': 2}", "sleep 60");
	uint64_t one = admit(w, raised, "a", WF_ADMITTED), two = admit(w, raised, "a", WF_ADMITTED);
	for (int i = 0; i < 40; i++)
		(void)admit(w, before, "a", WF_ADMITTED_QUEUED);
	uint64_t last = admit(w, raised, "a", WF_ADMITTED_QUEUED);
	bool open = true;
	unsigned grantable = 1;
	assert_int_equal(wf_journal_view(w->journal, slot_is_open, &open, &w->cause), 0);
	assert_false(open);
	assert_int_equal(cancel(w, one), 0);
	assert_int_equal(status_of(w, last), WF_INST_PENDING);
	assert_int_equal(status_of(w, 3), WF_INST_QUEUED);
	check_world(w, 43);
	/* what is left is all of one mind, which the slot knows once it was seen */
	assert_int_equal(cancel(w, two), 0);
	assert_int_equal(status_of(w, 3), WF_INST_QUEUED);
	assert_int_equal(wf_journal_view(w->journal, slot_is_open, &open, &w->cause), 0);
	assert_false(open);
	assert_int_equal(wf_journal_view(w->journal, look_for_grantable, &grantable, &w->cause), 0);
	assert_int_equal(grantable, 0);
	assert_int_equal(cancel(w, last), 0);
	assert_int_equal(status_of(w, 3), WF_INST_PENDING);
	assert_int_equal(status_of(w, 4), WF_INST_QUEUED);
	check_world(w, 43);
}

/* Those who stand before it wait for another slot than the one that is freed; they go when that one is. */
static void another_slot_keeps_back_who_stands_before(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w, "{'limit': 1, 'max_in_flight': 2}", "sleep 60");
	uint64_t a = admit(w, plan, "a", WF_ADMITTED), b = admit(w, plan, "b", WF_ADMITTED);
	uint64_t first = admit(w, plan, "a", WF_ADMITTED_QUEUED);
	for (int i = 0; i < 40; i++)
		(void)admit(w, plan, i % 2 ? "a" : "b", WF_ADMITTED_QUEUED);
	uint64_t last = admit(w, plan, "c", WF_ADMITTED_QUEUED);
	assert_int_equal(cancel(w, a), 0);
	assert_int_equal(status_of(w, first), WF_INST_PENDING);
	assert_int_equal(status_of(w, last), WF_INST_QUEUED);
	assert_int_equal(cancel(w, b), 0);
	assert_int_equal(status_of(w, first + 1), WF_INST_PENDING);
	assert_int_equal(cancel(w, first + 1), 0);
	for (uint64_t i = first + 3; i < last; i += 2)
		assert_int_equal(cancel(w, i), 0);
	assert_int_equal(status_of(w, last), WF_INST_PENDING);
	assert_int_equal(status_of(w, first + 2), WF_INST_QUEUED);
	unsigned grantable = 1;
	assert_int_equal(wf_journal_view(w->journal, look_for_grantable, &grantable, &w->cause), 0);
	assert_int_equal(grantable, 0);
	check_world(w, 44);
}

static void a_cancel_in_the_queue_and_of_the_holder_frees_the_slot(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w, "{'limit': 1}", "sleep 60");
	uint64_t first = admit(w, plan, "a", WF_ADMITTED);
	uint64_t second = admit(w, plan, "a", WF_ADMITTED_QUEUED);
	uint64_t third = admit(w, plan, "a", WF_ADMITTED_QUEUED);
	assert_int_equal(cancel(w, second), 0);
	assert_int_equal(status_of(w, second), WF_INST_CANCELLED);
	assert_int_equal(status_of(w, third), WF_INST_QUEUED);
	assert_int_equal(cancel(w, first), 0);
	assert_int_equal(status_of(w, third), WF_INST_PENDING);
	assert_int_equal(wf_runtime_in_hand(w->rt), 1);
	assert_int_equal(cancel(w, third), 0);
	run(w);
	check_world(w, 3);
}

static void ignore_answer(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	(void)arg, (void)index, (void)cause;
	assert_int_equal(result, 0);
}

static void holder_and_queue_are_cancelled_in_one_group(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w, "{'limit': 1}", "true");
	for (int i = 0; i < 4; i++)
		(void)admit(w, plan, "a", i ? WF_ADMITTED_QUEUED : WF_ADMITTED);
	/* its first commit has to be: it is in nobody's hands then */
	close_world(w);
	open_world(w);
	json_t *data = js("{'by': 'ops'}");
	static struct wf_post posts[3];
	for (size_t i = 0; i < 3; i++)
		posts[i] = (struct wf_post){.number = i + 1,
			.event = wf_drive_event(WF_EVENT_CANCEL, WF_NONE, 0, data)};
	wf_runtime_post_later(w->rt, posts, 3, ignore_answer, NULL);
	run(w);
	for (uint64_t n = 1; n <= 3; n++)
		assert_int_equal(status_of(w, n), WF_INST_CANCELLED);
	assert_int_equal(status_of(w, 4), WF_INST_COMPLETED);
	json_decref(data);
	check_world(w, 4);
}

static void the_limit_may_be_more_than_one_and_the_workflow_has_one_too(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w, "{'limit': 2, 'max_in_flight': 3}", "true");
	(void)admit(w, plan, "a", WF_ADMITTED);
	(void)admit(w, plan, "a", WF_ADMITTED);
	uint64_t a = admit(w, plan, "a", WF_ADMITTED_QUEUED); /* its key is full */
	(void)admit(w, plan, "b", WF_ADMITTED);
	uint64_t c = admit(w, plan, "c", WF_ADMITTED_QUEUED); /* the workflow is */
	run(w);
	assert_int_equal(w->heard.ended, 5);
	assert_int_equal(status_of(w, a), WF_INST_COMPLETED);
	assert_int_equal(status_of(w, c), WF_INST_COMPLETED);
	check_world(w, 5);
}

static void it_may_reject(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w, "{'limit': 1, 'on_conflict': 'reject'}", "true");
	(void)admit(w, plan, "a", WF_ADMITTED);
	struct wf_started started = {0};
	assert_int_equal(start_with(w, plan, "{'k': 'a'}", NULL, &started), WF_ECONFLICT);
	assert_non_null(strstr(w->cause.text, "t/a"));
	run(w);
	(void)admit(w, plan, "a", WF_ADMITTED);
	assert_int_equal(start_with(w, plan, "{'k': null}", NULL, &started), WF_EINVAL);
	run(w);
	assert_null(load(w, 3));
	check_world(w, 2);
}

static void so_may_the_workflow_as_a_whole(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w,
		"{'limit': 9, 'max_in_flight': 2, 'on_conflict': 'reject'}", "true");
	(void)admit(w, plan, "a", WF_ADMITTED);
	(void)admit(w, plan, "b", WF_ADMITTED);
	struct wf_started started = {0};
	assert_int_equal(start_with(w, plan, "{'k': 'c'}", NULL, &started), WF_ECONFLICT);
	assert_non_null(strstr(w->cause.text, "t (in flight)"));
	run(w);
	(void)admit(w, plan, "c", WF_ADMITTED);
	run(w);
	check_world(w, 3);
}

static void and_replace_its_oldest(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = slotted(w,
		"{'limit': 9, 'max_in_flight': 2, 'on_conflict': 'replace'}", "true");
	uint64_t a = admit(w, plan, "a", WF_ADMITTED);
	uint64_t b = admit(w, plan, "b", WF_ADMITTED);
	uint64_t c = admit(w, plan, "c", WF_ADMITTED);
	run(w);
	assert_int_equal(status_of(w, a), WF_INST_CANCELLED);
	assert_int_equal(status_of(w, b), WF_INST_COMPLETED);
	assert_int_equal(status_of(w, c), WF_INST_COMPLETED);
	check_world(w, 3);
}

static void it_may_replace_and_the_replaced_command_is_stopped(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("trap 'echo x >> %s/stopped; exit' TERM; "
		"echo x >> %s/began; test $(wc -l < %s/began) -ge 3 || { sleep 60 & wait; }",
		w->folder, w->folder, w->folder);
	const struct wf_plan *plan = slotted(w, "{'limit': 1, 'on_conflict': 'replace'}", script);
	uint64_t a = admit(w, plan, "a", WF_ADMITTED);
	uint64_t b = admit(w, plan, "a", WF_ADMITTED);
	assert_int_equal(status_of(w, a), WF_INST_CANCELLED);
	(void)b;
	uint64_t c = admit(w, plan, "a", WF_ADMITTED);
	assert_int_equal(status_of(w, b), WF_INST_CANCELLED);
	assert_int_equal(w->heard.replaced, 2);
	assert_int_equal(w->heard.out, b);
	assert_int_equal(w->heard.in, c);
	assert_int_equal(cancel(w, c), 0);
	run(w);
	struct wf_instance *in = load(w, a);
	assert_string_equal(json_string_value(json_object_get(in->error, "message")),
		"cancelled by ann: replaced by a newer start");
	wf_instance_free(in);
	check_world(w, 3);
}

static void what_is_replaced_before_its_first_commit_never_runs(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("echo x >> %s/ran", w->folder);
	const struct wf_plan *plan = slotted(w, "{'limit': 1, 'on_conflict': 'replace'}", script);
	uint64_t a = admit(w, plan, "a", WF_ADMITTED);
	uint64_t b = admit(w, plan, "a", WF_ADMITTED);
	run(w);
	assert_int_equal(status_of(w, a), WF_INST_CANCELLED);
	assert_int_equal(status_of(w, b), WF_INST_COMPLETED);
	WF_AUTOFREE char *once = wf_asprintf("test $(wc -l < %s/ran) = 1", w->folder);
	assert_int_equal(system(once), 0);
	check_world(w, 2);
}

static void a_cancel_between_admission_and_first_commit_counts(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("touch %s/ran", w->folder);
	struct wf_started started = {0};
	assert_int_equal(start_with(w, one_command(w, script), "{}", "k", &started), 0);
	/* from another process, whose wake has not come yet */
	struct world other = *w;
	memset(&other.heard, 0, sizeof(other.heard));
	open_runtime(&other);
	other.rt->runner = w->rt->runner ^ 1;
	assert_int_equal(cancel(&other, started.number), 0);
	other.rt->runner = 0; /* it does not end the runner that both share */
	wf_runtime_free(other.rt);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_CANCELLED);
	assert_false(file_is_there(w, "ran"));
	check_world(w, 1);
}

static int drive_slotted(struct world *w, void *arg)
{
	const struct wf_plan *plan =
		slotted(w, "{'limit': 1, 'on_conflict': 'replace'}", arg);
	(void)admit(w, plan, "a", WF_ADMITTED);
	return wf_runtime_run(w->rt, &w->cause) ? 50 : (int)w->heard.status;
}

static void another_processs_instance_is_replaced(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("trap 'touch %s/stopped; exit' TERM; touch %s/began; "
		"sleep 60 & wait", w->folder, w->folder);
	pid_t pid = begin_other(w, drive_slotted, script);
	UNTIL(file_is_there(w, "began"));
	const struct wf_plan *plan = slotted(w, "{'limit': 1, 'on_conflict': 'replace'}", "true");
	assert_int_equal(admit(w, plan, "a", WF_ADMITTED), 2);
	run(w);
	assert_int_equal(end_other(pid), WF_INST_CANCELLED);
	UNTIL(file_is_there(w, "stopped"));
	assert_int_equal(status_of(w, 2), WF_INST_COMPLETED);
	check_world(w, 2);
}

static int queue_one(struct world *w, void *arg)
{
	const struct wf_plan *plan = slotted(w, "{'limit': 1}", arg);
	(void)admit(w, plan, "a", WF_ADMITTED_QUEUED);
	return wf_runtime_run(w->rt, &w->cause) ? 50 : (int)w->heard.ended;
}

static void who_frees_a_slot_drives_what_another_process_queued(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("while ! test -e %s/go; do sleep 0.01; done", w->folder);
	WF_AUTOFREE char *go = wf_asprintf("touch %s/go", w->folder);
	/* the first one is claimed by nobody until the others have queued */
	const struct wf_plan *plan = slotted(w, "{'limit': 1}", script);
	(void)admit(w, plan, "a", WF_ADMITTED);
	assert_int_equal(end_other(begin_other(w, queue_one, script)), 0);
	assert_int_equal(end_other(begin_other(w, queue_one, script)), 0);
	assert_int_equal(status_of(w, 3), WF_INST_QUEUED);
	assert_int_equal(system(go), 0);
	assert_int_equal(wf_runtime_claim(w->rt, 1, &w->cause), 0);
	run(w);
	assert_int_equal(w->heard.ended, 3);
	assert_int_equal(w->heard.order[2], 3);
	check_world(w, 3);
}

static void slots_of_a_schedule_are_beside_the_plans_own(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = one_command(w, "true");
	json_t *slots = js("[{'name': 'schedule:1', 'limit': 1, 'on_conflict': 'reject'}]");
	struct wf_start s = {.plan = plan, .schedule = 1, .extra_slots = slots};
	struct wf_started started = {0};
	assert_int_equal(wf_runtime_start(w->rt, &s, &started, &w->cause), 0);
	assert_int_equal(started.how, WF_ADMITTED);
	assert_int_equal(wf_runtime_start(w->rt, &s, &started, &w->cause), WF_ECONFLICT);
	run(w);
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->schedule, 1);
	assert_int_equal(json_array_size(in->slots), 1);
	wf_instance_free(in);
	json_decref(slots);
	check_world(w, 1);
}

/* -- admitting in the caller's transaction -- */

struct admitted {
	struct world *w;
	const struct wf_plan *plan;
	enum wf_admission how;
	uint64_t number;
};

static int admit_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct admitted *a = arg;
	struct wf_start s = {.plan = a->plan, .started_by = "cron"};
	return wf_runtime_admit(a->w->rt, txn, &s, &a->how, &a->number, cause);
}

static void what_is_admitted_is_pending_until_it_is_claimed(void **state)
{
	struct world *w = *state;
	struct admitted a = {.w = w, .plan = one_step(w, "data.set", "{'v': 1}")};
	assert_int_equal(wf_journal_update(w->journal, admit_txn, &a, &w->cause), 0);
	assert_int_equal(a.how, WF_ADMITTED);
	assert_int_equal(status_of(w, a.number), WF_INST_PENDING);
	check_world(w, 1);
	uint64_t *numbers = NULL;
	size_t count = 0;
	assert_int_equal(
		wf_runtime_orphans(w->journal, w->home, wf_now_ms(), &numbers, &count, &w->cause), 0);
	assert_int_equal(count, 1);
	wf_runtime_claim_later(w->rt, numbers, count);
	wf_runtime_claim_later(w->rt, numbers, count);
	wf_free(numbers);
	run(w);
	assert_int_equal(w->heard.ended, 1);
	assert_int_equal(status_of(w, a.number), WF_INST_COMPLETED);
	check_world(w, 1);
}

static void one_that_cannot_be_claimed_keeps_no_other_from_it(void **state)
{
	struct world *w = *state;
	struct admitted a = {.w = w, .plan = one_step(w, "data.set", "{'v': 1}")};
	for (int i = 0; i < 3; i++)
		assert_int_equal(wf_journal_update(w->journal, admit_txn, &a, &w->cause), 0);
	spoil(w, 2);
	const uint64_t numbers[] = {1, 2, 3};
	wf_runtime_claim_later(w->rt, numbers, 3);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(status_of(w, 2), WF_INST_PENDING);
	assert_int_equal(status_of(w, 3), WF_INST_COMPLETED);
	assert_int_equal(w->heard.passed_over, 1);
	assert_int_equal(w->heard.spoilt, 2);
}

/* Firings that were missed and are made good together: each replaces the one before it. */
struct firings {
	struct world *w;
	const struct wf_plan *plan;
	struct wf_instance *own[3];
	uint64_t numbers[3];
};

static int fire_three(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct firings *f = arg;
	json_t *slots = js("[{'name': 'schedule:1', 'limit': 1, 'on_conflict': 'replace'}]");
	struct wf_start s = {.plan = f->plan, .schedule = 1, .extra_slots = slots};
	int rc = 0;
	wf_runtime_admitting(f->w->rt);
	for (int i = 0; i < 3 && !rc; i++) {
		enum wf_admission how;
		wf_instance_free(f->own[i]);
		f->own[i] = NULL;
		rc = wf_runtime_admit_own(f->w->rt, txn, &s, &how, &f->numbers[i], &f->own[i], cause);
	}
	json_decref(slots);
	return rc;
}

static void those_admitted_in_one_transaction_replace_each_other(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("echo x >> %s/ran", w->folder);
	struct firings f = {.w = w, .plan = one_command(w, script)};
	assert_int_equal(wf_journal_update(w->journal, fire_three, &f, &w->cause), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(wf_runtime_begin(w->rt, f.own[i], &w->cause), 0);
	assert_int_equal(w->heard.replaced, 0);
	wf_runtime_admitted(w->rt);
	assert_int_equal(w->heard.replaced, 2);
	assert_int_equal(w->heard.out, f.numbers[1]);
	assert_int_equal(w->heard.in, f.numbers[2]);
	run(w);
	assert_int_equal(status_of(w, f.numbers[0]), WF_INST_CANCELLED);
	assert_int_equal(status_of(w, f.numbers[1]), WF_INST_CANCELLED);
	assert_int_equal(status_of(w, f.numbers[2]), WF_INST_COMPLETED);
	assert_int_equal(w->heard.ended, 3);
	WF_AUTOFREE char *once = wf_asprintf("test $(wc -l < %s/ran) = 1", w->folder);
	assert_int_equal(system(once), 0);
	check_world(w, 3);
}

/* -- holds -- */

struct holding {
	const char *workflow;
	bool drop;
};

static int hold_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct holding *h = arg;
	struct wf_hold hold = {.workflow = (char *)(uintptr_t)h->workflow, .at = wf_now_ms()};
	return h->drop ? wf_txn_drop_hold(txn, h->workflow) : wf_txn_put_hold(txn, &hold);
}

static void hold(struct world *w, const char *workflow, bool drop)
{
	struct holding h = {workflow, drop};
	assert_int_equal(wf_journal_update(w->journal, hold_txn, &h, &w->cause), 0);
}

static void a_hold_refuses_new_starts(void **state)
{
	struct world *w = *state;
	const struct wf_plan *plan = one_step(w, "data.set", "{}");
	struct wf_started started = {0};
	hold(w, "another", false);
	assert_int_equal(start_with(w, plan, "{}", NULL, &started), 0);
	run(w);
	hold(w, "t", false);
	assert_int_equal(start_with(w, plan, "{}", NULL, &started), WF_EBUSY);
	hold(w, "t", true);
	hold(w, NULL, false);
	assert_int_equal(start_with(w, plan, "{}", NULL, &started), WF_EBUSY);
	hold(w, NULL, true);
	assert_int_equal(start_with(w, plan, "{}", NULL, &started), 0);
	run(w);
	assert_int_equal(w->heard.ended, 2);
	check_world(w, 2);
}

static void a_hold_keeps_effects_back_until_they_are_released(void **state)
{
	struct world *w = *state;
	struct flow f = {0};
	WF_AUTOFREE char *script = wf_asprintf("echo x >> %s/ran", w->folder);
	flow_step(&f, "ok", "approval.request",
		"{'groups': [{'quorum': 1, 'approvers': {'list': ['alice']}}]}", "");
	flow_command(&f, "work", script, "");
	(void)start(w, add_flow(w, &f));
	run(w);
	hold(w, "t", false);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->status, WF_INST_WAITING);
	assert_int_equal(in->wait, WF_WAIT_HOLD);
	wf_instance_free(in);
	assert_false(file_is_there(w, "ran"));
	assert_int_equal(post(w, 1, WF_EVENT_RELEASE, WF_NONE, "{'by': 'ops'}"), WF_ECONFLICT);
	check_world(w, 1);
	hold(w, "t", true);
	assert_int_equal(post(w, 1, WF_EVENT_RELEASE, WF_NONE, "{'by': 'ops'}"), 0);
	run(w);
	assert_true(file_is_there(w, "ran"));
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(post(w, 1, WF_EVENT_RELEASE, WF_NONE, "{'by': 'ops'}"), WF_ECONFLICT);
	check_world(w, 1);
}

static void a_hold_that_comes_before_the_commit_counts(void **state)
{
	struct world *w = *state;
	WF_AUTOFREE char *script = wf_asprintf("echo x >> %s/ran", w->folder);
	(void)start(w, one_command(w, script)); /* decided, and not durable yet */
	hold(w, NULL, false);
	run(w);
	assert_false(file_is_there(w, "ran"));
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->wait, WF_WAIT_HOLD);
	wf_instance_free(in);
	hold(w, NULL, true);
	assert_int_equal(post(w, 1, WF_EVENT_RELEASE, 0, "{'by': 'ops'}"), 0);
	run(w);
	assert_true(file_is_there(w, "ran"));
	check_world(w, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(the_same_key_gives_the_same_instance),
		WORLD_TEST(two_processes_with_one_key_start_one_instance),
		WORLD_TEST(beyond_the_limit_they_queue_first_come_first_served),
		WORLD_TEST(who_frees_a_slot_judges_by_the_limit_of_those_that_wait),
		WORLD_TEST(a_long_queue_hides_nobody),
		WORLD_TEST(another_slot_keeps_back_who_stands_before),
		WORLD_TEST(a_cancel_in_the_queue_and_of_the_holder_frees_the_slot),
		WORLD_TEST(holder_and_queue_are_cancelled_in_one_group),
		WORLD_TEST(the_limit_may_be_more_than_one_and_the_workflow_has_one_too),
		WORLD_TEST(it_may_reject),
		WORLD_TEST(so_may_the_workflow_as_a_whole),
		WORLD_TEST(and_replace_its_oldest),
		WORLD_TEST(it_may_replace_and_the_replaced_command_is_stopped),
		WORLD_TEST(what_is_replaced_before_its_first_commit_never_runs),
		WORLD_TEST(a_cancel_between_admission_and_first_commit_counts),
		WORLD_TEST(another_processs_instance_is_replaced),
		WORLD_TEST(who_frees_a_slot_drives_what_another_process_queued),
		WORLD_TEST(slots_of_a_schedule_are_beside_the_plans_own),
		WORLD_TEST(what_is_admitted_is_pending_until_it_is_claimed),
		WORLD_TEST(one_that_cannot_be_claimed_keeps_no_other_from_it),
		WORLD_TEST(those_admitted_in_one_transaction_replace_each_other),
		WORLD_TEST(a_hold_refuses_new_starts),
		WORLD_TEST(a_hold_keeps_effects_back_until_they_are_released),
		WORLD_TEST(a_hold_that_comes_before_the_commit_counts),
	};
	WORLD_MAIN(tests);
}
