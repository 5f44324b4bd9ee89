/* Signals and events: before, during and after the wait; who takes what. */
#include "unit/runtime/world.h"

static int signal_to(struct world *w, uint64_t number, const char *text, bool *ret_delivered)
{
	json_t *signal = js(text);
	int rc = wf_runtime_signal(w->rt, number, signal, ret_delivered, &w->cause);
	json_decref(signal);
	return rc;
}

static json_int_t got(struct world *w, uint64_t number, uint32_t step)
{
	struct wf_instance *in = load(w, number);
	json_int_t n = json_integer_value(json_object_get(in->steps[step].output, "n"));
	wf_instance_free(in);
	return n;
}

static const struct wf_plan *two_signals(struct world *w)
{
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request",
		"{'groups': [{'quorum': 1, 'approvers': {'list': ['alice']}}]}", "");
	flow_step(&f, "one", "wait.signal", "{'name': 'paid'}", "");
	flow_step(&f, "two", "wait.signal", "{'name': 'paid'}", "");
	return add_flow(w, &f);
}

static void a_signal_before_the_wait_is_kept_and_taken_in_order(void **state)
{
	struct world *w = *state;
	bool delivered = true;
	(void)start(w, two_signals(w));
	run(w);
	assert_int_equal(signal_to(w, 1, "{'name': 'paid', 'data': {'n': 1}}", &delivered), 0);
	assert_false(delivered);
	assert_int_equal(signal_to(w, 1, "{'name': 'other', 'data': {'n': 9}}", &delivered), 0);
	assert_int_equal(signal_to(w, 1, "{'name': 'paid', 'data': {'n': 2}}", &delivered), 0);
	assert_int_equal(status_of(w, 1), WF_INST_WAITING);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(got(w, 1, 1), 1);
	assert_int_equal(got(w, 1, 2), 2);
	assert_int_equal(signal_to(w, 1, "{'name': 'paid'}", &delivered), WF_ECONFLICT);
	assert_int_equal(signal_to(w, 2, "{'name': 'paid'}", &delivered), WF_ENOENT);
	check_world(w, 1);
}

static void a_signal_during_the_wait_is_delivered_at_once(void **state)
{
	struct world *w = *state;
	bool delivered = false;
	(void)start(w, two_signals(w));
	run(w);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	struct wf_instance *in = load(w, 1);
	assert_int_equal(in->wait, WF_WAIT_SIGNAL);
	assert_int_equal(in->owner, 0);
	wf_instance_free(in);
	assert_int_equal(
		signal_to(w, 1, "{'name': 'paid', 'id': 'x', 'data': {'n': 5}}", &delivered), 0);
	assert_true(delivered);
	run(w);
	assert_int_equal(
		signal_to(w, 1, "{'name': 'paid', 'id': 'x', 'data': {'n': 6}}", &delivered), WF_EEXIST);
	assert_int_equal(status_of(w, 1), WF_INST_WAITING);
	assert_int_equal(
		signal_to(w, 1, "{'name': 'paid', 'id': 'y', 'data': {'n': 7}}", &delivered), 0);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(got(w, 1, 1), 5);
	assert_int_equal(got(w, 1, 2), 7);
	check_world(w, 1);
}

static int drive_then_wait(struct world *w, void *arg)
{
	struct flow f = {0};
	flow_command(&f, "work", arg, "");
	flow_step(&f, "one", "wait.signal", "{'name': 'paid'}", "");
	flow_step(&f, "two", "wait.event", "{'name': 'order.shipped'}", "");
	(void)start(w, add_flow(w, &f));
	return wf_runtime_run(w->rt, &w->cause) ? 50 : (int)w->heard.status;
}

/* -- events -- */

struct emit {
	struct wf_kept_event e;
	bool fresh;
};

static int emit_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct emit *x = arg;
	x->e.number = 0;
	return wf_txn_put_event(txn, &x->e, &x->fresh);
}

static uint64_t emit(struct world *w, const char *name, const char *data)
{
	struct emit x = {.e = {.name = wf_strdup(name), .data = js(data), .at = wf_now_ms()}};
	assert_int_equal(wf_journal_update(w->journal, emit_txn, &x, &w->cause), 0);
	uint64_t number = x.e.number;
	wf_kept_event_done(&x.e);
	return number;
}

struct look {
	uint64_t number;
	uint64_t taken;
};

static int look_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct look *l = arg;
	struct wf_kept_event e = {0};
	int rc = wf_txn_get_event(txn, l->number, &e);
	l->taken = e.taken;
	wf_kept_event_done(&e);
	return rc;
}

static uint64_t takers(struct world *w, uint64_t number)
{
	struct look l = {.number = number};
	assert_int_equal(wf_journal_view(w->journal, look_txn, &l, &w->cause), 0);
	return l.taken;
}

static void signals_and_events_to_a_living_owner_wait_for_its_wait(void **state)
{
	struct world *w = *state;
	bool delivered = true;
	WF_AUTOFREE char *script = wf_asprintf(
		"touch %s/began; while ! test -e %s/go; do sleep 0.01; done", w->folder, w->folder);
	WF_AUTOFREE char *go = wf_asprintf("touch %s/go", w->folder);
	pid_t pid = begin_other(w, drive_then_wait, script);
	UNTIL(file_is_there(w, "began"));
	assert_int_equal(signal_to(w, 1, "{'name': 'paid', 'data': {'n': 3}}", &delivered), 0);
	assert_false(delivered);
	uint64_t event = emit(w, "order.shipped", "{'n': 4}");
	assert_int_equal(system(go), 0);
	assert_int_equal(end_other(pid), WF_INST_COMPLETED);
	assert_int_equal(got(w, 1, 1), 3);
	assert_int_equal(got(w, 1, 2), 4);
	assert_int_equal(takers(w, event), 1);
	check_world(w, 1);
}

/* Waits for order.paid of one order. */
static const struct wf_plan *wait_for_order(struct world *w, int order)
{
	struct flow f = {0};
	flow_step(&f, "wait", "wait.event", "{'name': 'order.paid'}", "");
	wf_buf_printf(&f.bodies, "body match \"wait\" M\n");
	wf_buf_printf(&f.side, "M:\nroot event\nget \"data\"\nget \"order\"\nconst %d\neq\nreturn\n",
		order);
	return add_flow(w, &f);
}

static void an_event_goes_to_those_that_it_matches(void **state)
{
	struct world *w = *state;
	(void)start(w, wait_for_order(w, 1));
	(void)start(w, wait_for_order(w, 2));
	(void)start(w, wait_for_order(w, 1));
	run(w);
	assert_int_equal(w->heard.parked, 3);
	uint64_t event = emit(w, "order.paid", "{'order': 1, 'n': 8}");
	const uint64_t numbers[] = {1, 2, 3, 1, 99};
	wf_runtime_deliver_later(w->rt, event, numbers, 5);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(status_of(w, 2), WF_INST_WAITING);
	assert_int_equal(status_of(w, 3), WF_INST_COMPLETED);
	assert_int_equal(got(w, 3, 0), 8);
	assert_int_equal(takers(w, event), 2);
	bool taken = true;
	assert_int_equal(wf_runtime_deliver_event(w->rt, event, 2, 0, &taken, &w->cause), 0);
	assert_false(taken);
	assert_int_equal(wf_runtime_deliver_event(w->rt, 77, 2, 0, &taken, &w->cause), WF_ENOENT);
	check_world(w, 3);
}

static void one_that_cannot_be_read_keeps_an_event_from_no_other(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 3; i++)
		(void)start(w, wait_for_order(w, 1));
	run(w);
	spoil(w, 2);
	uint64_t event = emit(w, "order.paid", "{'order': 1, 'n': 8}");
	const uint64_t numbers[] = {1, 2, 3};
	wf_runtime_deliver_later(w->rt, event, numbers, 3);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_COMPLETED);
	assert_int_equal(status_of(w, 2), WF_INST_WAITING);
	assert_int_equal(status_of(w, 3), WF_INST_COMPLETED);
	assert_int_equal(w->heard.passed_over, 1);
	assert_int_equal(w->heard.spoilt, 2);
}

static void an_event_for_which_nobody_waited_is_taken_by_exactly_one(void **state)
{
	struct world *w = *state;
	wf_sys_set_now(1000000);
	uint64_t first = emit(w, "order.paid", "{'order': 1, 'n': 1}");
	uint64_t second = emit(w, "order.paid", "{'order': 1, 'n': 2}");
	wf_sys_set_now(1000500);
	for (int i = 0; i < 3; i++)
		(void)start(w, wait_for_order(w, 1));
	(void)start(w, wait_for_order(w, 2));
	run(w);
	assert_int_equal(w->heard.ended, 2);
	assert_int_equal(got(w, 1, 0), 1);
	assert_int_equal(got(w, 2, 0), 2);
	assert_int_equal(status_of(w, 3), WF_INST_WAITING);
	assert_int_equal(status_of(w, 4), WF_INST_WAITING);
	assert_int_equal(takers(w, first), 1);
	assert_int_equal(takers(w, second), 1);
	check_world(w, 4);
}

static void an_event_since_its_creation_is_for_each_instance_once(void **state)
{
	struct world *w = *state;
	struct flow f = {0};
	flow_step(&f, "ok", "approval.request",
		"{'groups': [{'quorum': 1, 'approvers': {'list': ['alice']}}]}", "");
	flow_step(&f, "one", "wait.event", "{'name': 'tick'}", "");
	flow_step(&f, "two", "wait.event", "{'name': 'tick'}", "");
	const struct wf_plan *plan = add_flow(w, &f);
	(void)start(w, plan);
	(void)start(w, plan);
	run(w);
	(void)emit(w, "tick", "{'n': 1}");
	for (uint64_t n = 1; n <= 2; n++)
		assert_int_equal(decide(w, n, "alice"), 0);
	run(w);
	for (uint64_t n = 1; n <= 2; n++) {
		assert_int_equal(step_status(w, n, 1), WF_STEP_COMPLETED);
		assert_int_equal(step_status(w, n, 2), WF_STEP_WAITING);
	}
	check_world(w, 2);
}

static void an_event_that_was_handed_over_is_not_taken_again(void **state)
{
	struct world *w = *state;
	struct flow f = {0};
	flow_step(&f, "one", "wait.event", "{'name': 'tick'}", "");
	flow_step(&f, "two", "wait.event", "{'name': 'tick'}", "");
	(void)start(w, add_flow(w, &f));
	run(w);
	uint64_t event = emit(w, "tick", "{'n': 1}");
	const uint64_t numbers[] = {1, 1};
	wf_runtime_deliver_later(w->rt, event, numbers, 2);
	run(w);
	assert_int_equal(step_status(w, 1, 0), WF_STEP_COMPLETED);
	assert_int_equal(step_status(w, 1, 1), WF_STEP_WAITING);
	bool taken = true;
	assert_int_equal(wf_runtime_deliver_event(w->rt, event, 1, WF_NONE, &taken, &w->cause), 0);
	assert_false(taken);
	assert_int_equal(takers(w, event), 1);
	check_world(w, 1);
}

static void what_started_an_instance_does_not_wake_it(void **state)
{
	struct world *w = *state;
	uint64_t event = emit(w, "order.paid", "{'order': 1}");
	json_t *what = json_pack("{s:s, s:I}", "name", "order.paid", "number", (json_int_t)event);
	struct wf_start s = {.plan = wait_for_order(w, 1), .event = what, .key = "event:1"};
	struct wf_started started = {0};
	assert_int_equal(wf_runtime_start(w->rt, &s, &started, &w->cause), 0);
	json_decref(what);
	run(w);
	assert_int_equal(status_of(w, 1), WF_INST_WAITING);
	check_world(w, 1);
}

/* A transaction that is run again while another took what it wanted. */
static void what_another_took_meanwhile_is_not_taken_again(void **state)
{
	struct world *w = *state;
	wf_sys_set_now(1000000);
	uint64_t event = emit(w, "order.paid", "{'order': 1, 'n': 1}");
	wf_sys_set_now(1000500);
	(void)start(w, wait_for_order(w, 1));
	struct wf_drive *d = w->rt->drives;
	/* as an abandoned run of the commit leaves it */
	json_t *data = js("{'kind': 'event', 'name': 'order.paid', 'data': {'order': 1, 'n': 1}, 'number': 1}");
	struct wf_event e = wf_drive_event(WF_EVENT_DELIVERY, 0, 0, data);
	assert_int_equal(wf_drive_feed(w->rt, d, &e, &w->cause), 0);
	json_decref(data);
	WF_GROW(d->takes, d->take_count, d->take_room);
	d->takes[d->take_count++] = (struct wf_take){WF_WAIT_EVENT, event};
	(void)start(w, wait_for_order(w, 1));
	/* the other one's commit comes first */
	wf_drive_untouch(w->rt, d);
	assert_int_equal(wf_runtime_commit(w->rt, &w->cause), 0);
	assert_int_equal(takers(w, event), 1);
	wf_drive_touch(w->rt, d);
	run(w);
	assert_int_equal(w->heard.ended, 1);
	assert_int_equal(w->heard.parked, 1);
	assert_int_equal(takers(w, event), 1);
	check_world(w, 2);
}

static void a_signal_that_comes_after_its_timeout_is_too_late(void **state)
{
	struct world *w = *state;
	bool delivered = true;
	w->rt->options.stay_ms = 0;
	wf_sys_set_now(1000000);
	(void)start(w, one_step(w, "wait.signal", "{'name': 'paid', 'timeout': 'PT1M'}"));
	run(w);
	wf_sys_set_now(1060000);
	assert_int_equal(signal_to(w, 1, "{'name': 'paid'}", &delivered), WF_ECONFLICT);
	assert_int_equal(status_of(w, 1), WF_INST_FAILED);
	check_world(w, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_signal_before_the_wait_is_kept_and_taken_in_order),
		WORLD_TEST(a_signal_during_the_wait_is_delivered_at_once),
		WORLD_TEST(signals_and_events_to_a_living_owner_wait_for_its_wait),
		WORLD_TEST(an_event_goes_to_those_that_it_matches),
		WORLD_TEST(one_that_cannot_be_read_keeps_an_event_from_no_other),
		WORLD_TEST(an_event_for_which_nobody_waited_is_taken_by_exactly_one),
		WORLD_TEST(an_event_since_its_creation_is_for_each_instance_once),
		WORLD_TEST(an_event_that_was_handed_over_is_not_taken_again),
		WORLD_TEST(what_started_an_instance_does_not_wake_it),
		WORLD_TEST(what_another_took_meanwhile_is_not_taken_again),
		WORLD_TEST(a_signal_that_comes_after_its_timeout_is_too_late),
	};
	WORLD_MAIN(tests);
}
