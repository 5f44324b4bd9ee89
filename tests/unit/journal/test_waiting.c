/* Start keys, slots and their queues, who waits for a signal or an event, what a hold keeps back, threads. */
#include "common.h"

#include "journal/private.h"

#include "journal/waiting.h"

/* -- asking -- */

struct numbers {
	uint64_t items[64];
	uint32_t steps[64];
	size_t count, stop_at;
};

static bool take(void *arg, uint64_t number)
{
	struct numbers *n = arg;
	assert_true(n->count < 64);
	n->items[n->count++] = number;
	return n->count != n->stop_at;
}

static bool take_step(void *arg, uint64_t number, uint32_t step)
{
	struct numbers *n = arg;
	n->steps[n->count] = step;
	return take(arg, number);
}

struct asked {
	const char *workflow, *name;
	enum wf_wait kind;
	uint64_t number, after, stop_at;
	struct numbers held, queued, all;
	uint64_t held_count, queued_count;
};

static int ask_start(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct asked *a = arg;
	return wf_txn_find_start(t, a->workflow, a->name, &a->number);
}

static uint64_t started(struct place *p, const char *workflow, const char *key)
{
	struct asked a = {.workflow = workflow, .name = key};
	int rc = wf_journal_view(p->journal, ask_start, &a, &p->cause);
	assert_true(rc == 0 || rc == WF_ENOENT);
	return rc ? 0 : a.number;
}

static int ask_slot(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct asked *a = arg;
	int rc = wf_txn_each_held(t, a->name, take, &a->held);
	if (!rc)
		rc = wf_txn_each_queued(t, a->name, take, &a->queued);
	if (!rc)
		rc = wf_txn_each_queued_any(t, take, &a->all);
	if (!rc)
		rc = wf_txn_count_held(t, a->name, a->stop_at, &a->held_count);
	return rc ? rc : wf_txn_count_queued(t, a->name, &a->queued_count);
}

static struct asked slot(struct place *p, const char *name, size_t held, size_t queued)
{
	struct asked a = {.name = name};
	assert_int_equal(wf_journal_view(p->journal, ask_slot, &a, &p->cause), 0);
	assert_int_equal(a.held.count, held);
	assert_int_equal(a.held_count, held);
	assert_int_equal(a.queued.count, queued);
	assert_int_equal(a.queued_count, queued);
	return a;
}

static int ask_waiters(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct asked *a = arg;
	return wf_txn_each_waiter(t, a->kind, a->name, a->after, take_step, &a->all);
}

static struct asked waiters(struct place *p, enum wf_wait kind, const char *name, uint64_t after,
	size_t count)
{
	struct asked a = {.name = name, .kind = kind, .after = after};
	assert_int_equal(wf_journal_view(p->journal, ask_waiters, &a, &p->cause), 0);
	assert_int_equal(a.all.count, count);
	return a;
}

static int ask_held_back(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct asked *a = arg;
	return wf_txn_each_held_back(t, take, &a->all);
}

static size_t held_back(struct place *p)
{
	struct asked a = {0};
	assert_int_equal(wf_journal_view(p->journal, ask_held_back, &a, &p->cause), 0);
	return a.all.count;
}

/* A transaction that puts an instance and is abandoned, as one is whose map has to grow. */
static int put_and_fail(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct batch b = {arg, 1, true, 0};
	int rc = put_batch(t, &b, cause);
	return rc ? rc : WF_EINTR;
}

static void abandon(struct place *p, struct wf_instance *in)
{
	assert_int_equal(wf_journal_update(p->journal, put_and_fail, &in, &p->cause), WF_EINTR);
}

/* -- starts -- */

static void start_keys(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[4];
	static const char *const workflows[] = {"a", "a", "b", NULL};
	for (size_t i = 0; i < 4; i++) {
		in[i] = new_instance("a", T0);
		wf_free(in[i]->workflow);
		in[i]->workflow = workflows[i] ? wf_strdup(workflows[i]) : NULL;
		in[i]->start_key = i == 1 ? NULL : wf_strdup("k");
	}
	abandon(p, in[0]);
	assert_int_equal(started(p, "a", "k"), 0);
	assert_int_equal(put(p, in, 4, true), 0);
	assert_int_equal(started(p, "a", "k"), 1);
	assert_int_equal(started(p, "b", "k"), 3);
	assert_int_equal(started(p, NULL, "k"), 4);
	assert_int_equal(started(p, "a", "other"), 0);
	assert_int_equal(started(p, "c", "k"), 0);
	/* What is before the key is not a part of it. */
	assert_int_equal(started(p, "", "ak"), 0);
	set_status(in[0], WF_INST_COMPLETED);
	assert_int_equal(put(p, in, 1, true), 0);
	assert_int_equal(started(p, "a", "k"), 1);
	assert_sound(p);
	struct wf_instance *copy = get(p, 1);
	assert_string_equal(copy->start_key, "k");
	wf_instance_free(copy);
	for (size_t i = 0; i < 4; i++)
		wf_instance_free(in[i]);
}

/* -- slots -- */

static void places_in_slots(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[5];
	for (size_t i = 0; i < 5; i++) {
		in[i] = new_instance("a", T0);
		in[i]->slots = json_pack("[{s:s,s:i},{s:s,s:i},{s:s,s:i}]", "name", "x", "limit", 2,
			"name", i % 2 ? "odd" : "even", "limit", 9, "name", "x", "limit", 2);
		in[i]->status = i < 2 ? WF_INST_PENDING : WF_INST_QUEUED;
	}
	abandon(p, in[0]);
	slot(p, "x", 0, 0);
	assert_int_equal(put(p, in, 5, true), 0);
	struct asked a = slot(p, "x", 2, 3);
	assert_int_equal(a.all.count, 3);
	assert_int_equal(a.queued.items[0], 3);
	assert_int_equal(a.queued.items[2], 5);
	assert_int_equal(a.held.items[1], 2);
	slot(p, "even", 1, 2);
	slot(p, "odd", 1, 1);
	slot(p, "nobody's", 0, 0);
	assert_sound(p);

	/* Through what changes nothing, out of a slot, out of a queue into a slot, and out of a queue. */
	set_status(in[0], WF_INST_WAITING);
	abandon(p, in[0]);
	assert_int_equal(put(p, in, 1, true), 0);
	slot(p, "x", 2, 3);
	set_status(in[0], WF_INST_COMPLETED);
	abandon(p, in[0]);
	slot(p, "x", 2, 3);
	set_status(in[2], WF_INST_PENDING);
	set_status(in[3], WF_INST_CANCELLED);
	assert_int_equal(put(p, in, 4, true), 0);
	a = slot(p, "x", 2, 1);
	assert_int_equal(a.held.items[0], 2);
	assert_int_equal(a.held.items[1], 3);
	assert_int_equal(a.queued.items[0], 5);
	slot(p, "odd", 1, 0);
	assert_sound(p);

	a = (struct asked){.name = "x", .stop_at = 1, .queued.stop_at = 1};
	assert_int_equal(wf_journal_view(p->journal, ask_slot, &a, &p->cause), 0);
	assert_int_equal(a.held_count, 1);

	/* A failed one that is taken up again has its place again. */
	struct wf_instance *again = get(p, 4);
	set_status(again, WF_INST_RUNNING);
	assert_int_equal(put(p, &again, 1, true), 0);
	slot(p, "x", 3, 1);
	for (size_t i = 1; i < 5; i++) {
		struct wf_instance *one = i == 3 ? again : in[i];
		set_status(one, WF_INST_FAILED);
		assert_int_equal(put(p, &one, 1, true), 0);
	}
	slot(p, "x", 0, 0);
	assert_sound(p);
	wf_instance_free(again);
	for (size_t i = 0; i < 5; i++)
		wf_instance_free(in[i]);
}

/* Granting: the queue is gone through while its members leave it. */
static int grant(struct wf_txn *t, void *arg, struct wf_cause *cause);
struct granting {
	struct wf_txn *txn;
	unsigned given;
};
static bool grant_one(void *arg, uint64_t number)
{
	struct granting *g = arg;
	struct wf_instance *in;
	assert_int_equal(wf_txn_get_instance(g->txn, number, WF_LOAD_ALL, &in), 0);
	set_status(in, WF_INST_PENDING);
	assert_int_equal(wf_txn_put_instance(g->txn, in), 0);
	wf_instance_free(in);
	return ++g->given < 3;
}

static int grant(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct granting *g = arg;
	*g = (struct granting){.txn = t};
	return wf_txn_each_queued(t, "x", grant_one, g);
}

static void granted_in_order(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[10];
	for (size_t i = 0; i < 10; i++) {
		in[i] = new_instance("a", T0);
		in[i]->slots = json_pack("[{s:s,s:i}]", "name", "x", "limit", 3);
		in[i]->status = WF_INST_QUEUED;
	}
	assert_int_equal(put(p, in, 10, true), 0);
	struct granting g = {0};
	assert_int_equal(wf_journal_update(p->journal, grant, &g, &p->cause), 0);
	assert_int_equal(g.given, 3);
	struct asked a = slot(p, "x", 3, 7);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(a.held.items[i], i + 1);
	assert_int_equal(a.queued.items[0], 4);
	assert_sound(p);
	for (size_t i = 0; i < 10; i++)
		wf_instance_free(in[i]);
}

/* Those of the queue `lane` who wait for `x` too, which is full, are passed over by their keys once the first has
 * said so, wherever the others stand and whoever is written meanwhile. */
struct candidates {
	struct wf_txn *txn;
	bool grants, tells;
	struct numbers seen;
};

static bool see_candidate(void *arg, uint64_t number, const char **ret_closed)
{
	struct candidates *c = arg;
	struct wf_instance *in;
	assert_int_equal(wf_txn_get_instance(c->txn, number, WF_LOAD_ALL, &in), 0);
	bool both = json_array_size(in->slots) == 2;
	if (both && c->tells)
		*ret_closed = "x";
	if (!both && c->grants) {
		set_status(in, WF_INST_PENDING);
		assert_int_equal(wf_txn_put_instance(c->txn, in), 0);
	}
	wf_instance_free(in);
	return take(&c->seen, number);
}

static int ask_candidates(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct candidates *c = arg;
	c->txn = t;
	c->seen.count = 0;
	return wf_txn_each_candidate(t, "lane", see_candidate, c);
}

static void those_whom_another_slot_keeps_back_are_passed_over(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[40];
	for (size_t i = 0; i < 40; i++) {
		in[i] = new_instance("a", T0);
		/* 3, 17, 18, 33 stand in one queue, 11 and 12 in the other alone, the rest in both */
		const char *text = i == 3 || i == 17 || i == 18 || i == 33 ? "[{\"name\":\"lane\",\"limit\":9}]" :
			i == 11 || i == 12 ? "[{\"name\":\"x\",\"limit\":1}]" :
			"[{\"name\":\"lane\",\"limit\":9},{\"name\":\"x\",\"limit\":1}]";
		in[i]->slots = json_loads(text, 0, NULL);
		in[i]->status = WF_INST_QUEUED;
	}
	assert_int_equal(put(p, in, 40, true), 0);
	struct candidates c = {.tells = true};
	assert_int_equal(wf_journal_view(p->journal, ask_candidates, &c, &p->cause), 0);
	static const uint64_t those[] = {1, 4, 18, 19, 34};
	assert_int_equal(c.seen.count, 5);
	assert_memory_equal(c.seen.items, those, sizeof(those));
	c.tells = false;
	assert_int_equal(wf_journal_view(p->journal, ask_candidates, &c, &p->cause), 0);
	assert_int_equal(c.seen.count, 38);
	c.tells = c.grants = true;
	assert_int_equal(wf_journal_update(p->journal, ask_candidates, &c, &p->cause), 0);
	assert_int_equal(c.seen.count, 5);
	assert_memory_equal(c.seen.items, those, sizeof(those));
	slot(p, "lane", 4, 34);
	slot(p, "x", 0, 36);
	assert_int_equal(wf_journal_view(p->journal, ask_candidates, &c, &p->cause), 0);
	assert_int_equal(c.seen.count, 1);
	assert_sound(p);
	for (size_t i = 0; i < 40; i++)
		wf_instance_free(in[i]);
}

/* -- waiters -- */

static void wait_for(struct wf_instance *in, uint32_t step, enum wf_wait kind, const char *name)
{
	struct wf_step_state *s = &in->steps[step];
	json_decref(s->input);
	s->input = name ? json_pack("{s:s}", "name", name) : NULL;
	s->status = kind ? WF_STEP_WAITING : WF_STEP_COMPLETED;
	s->wait = kind;
	wf_instance_touch(in, step);
}

static void who_waits(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[3];
	for (size_t i = 0; i < 3; i++) {
		in[i] = new_instance("a", T0);
		wait_for(in[i], 1, WF_WAIT_SIGNAL, "go");
	}
	wait_for(in[1], 2, WF_WAIT_EVENT, "go");
	wait_for(in[2], 0, WF_WAIT_SIGNAL, "go");
	abandon(p, in[0]);
	waiters(p, WF_WAIT_SIGNAL, "go", 0, 0);
	assert_int_equal(put(p, in, 3, true), 0);
	struct asked a = waiters(p, WF_WAIT_SIGNAL, "go", 0, 4);
	assert_int_equal(a.all.items[2], 3);
	assert_int_equal(a.all.steps[2], 0);
	assert_int_equal(a.all.items[3], 3);
	waiters(p, WF_WAIT_SIGNAL, "go", 2, 2);
	waiters(p, WF_WAIT_SIGNAL, "go", UINT64_MAX, 0);
	waiters(p, WF_WAIT_EVENT, "go", 0, 1);
	waiters(p, WF_WAIT_SIGNAL, "stop", 0, 0);
	assert_sound(p);

	/* One has what it waited for; the next waits for another now; the third ends with its steps as
	 * they are. */
	wait_for(in[0], 1, WF_WAIT_NONE, NULL);
	wait_for(in[1], 1, WF_WAIT_SIGNAL, "stop");
	abandon(p, in[1]);
	assert_int_equal(put(p, in, 2, true), 0);
	waiters(p, WF_WAIT_SIGNAL, "go", 0, 2);
	waiters(p, WF_WAIT_SIGNAL, "stop", 0, 1);
	set_status(in[2], WF_INST_FAILED);
	assert_int_equal(put(p, in + 2, 1, true), 0);
	waiters(p, WF_WAIT_SIGNAL, "go", 0, 0);
	assert_sound(p);
	/* And it comes back. */
	struct wf_instance *again = get(p, 3);
	set_status(again, WF_INST_WAITING);
	assert_int_equal(put(p, &again, 1, true), 0);
	waiters(p, WF_WAIT_SIGNAL, "go", 0, 2);
	assert_sound(p);
	wf_instance_free(again);
	for (size_t i = 0; i < 3; i++)
		wf_instance_free(in[i]);
}

static void kept_back(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[2] = {new_instance("a", T0), new_instance("b", T0)};
	wait_for(in[0], 0, WF_WAIT_HOLD, NULL);
	in[0]->steps[0].status = WF_STEP_WAITING;
	wait_for(in[0], 2, WF_WAIT_HOLD, NULL);
	assert_int_equal(put(p, in, 2, true), 0);
	assert_int_equal(held_back(p), 1);
	wait_for(in[0], 0, WF_WAIT_NONE, NULL);
	abandon(p, in[0]);
	assert_int_equal(put(p, in, 2, true), 0);
	assert_int_equal(held_back(p), 1);
	assert_sound(p);
	struct wf_instance *copy = get(p, 1);
	wait_for(copy, 2, WF_WAIT_NONE, NULL);
	abandon(p, copy);
	assert_int_equal(held_back(p), 1);
	assert_int_equal(put(p, &copy, 1, true), 0);
	assert_int_equal(held_back(p), 0);
	wait_for(copy, 1, WF_WAIT_HOLD, NULL);
	assert_int_equal(put(p, &copy, 1, true), 0);
	assert_int_equal(held_back(p), 1);
	set_status(copy, WF_INST_CANCELLED);
	assert_int_equal(put(p, &copy, 1, true), 0);
	assert_int_equal(held_back(p), 0);
	assert_sound(p);
	wf_instance_free(copy);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
}

/* -- threads, and what owners look at -- */

static bool count_record(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	return take(arg, seq);
}

static int ask_history(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_history(t, 1, 0, count_record, arg);
}

static void side_threads(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = new_instance("a", T0);
	for (uint32_t i = 1; i <= 3; i++) {
		uint32_t t = wf_instance_add_thread(in);
		in->threads[t].pc = 10 * i;
		in->threads[t].step = i - 1;
		in->threads[t].done = false;
	}
	in->threads[3].done = true;
	in->threads[3].step = WF_NONE;
	abandon(p, in);
	assert_int_equal(put(p, &in, 1, true), 0);
	struct wf_instance *copy = get(p, 1);
	char *where = NULL;
	assert_int_equal(copy->thread_count, 4);
	assert_true(wf_instance_equal(in, copy, &where));
	copy->threads[2].pc = 99;
	copy->threads[2].dirty = copy->dirty = true;
	assert_int_equal(put(p, &copy, 1, true), 0);
	assert_false(copy->threads[2].dirty);
	wf_instance_free(in);
	in = get(p, 1);
	assert_int_equal(in->threads[2].pc, 99);
	assert_int_equal(in->threads[1].pc, 10);
	assert_true(wf_instance_equal(in, copy, &where));
	/* Their rows stand behind the history, and are none of it. */
	struct numbers records = {0};
	assert_int_equal(wf_journal_view(p->journal, ask_history, &records, &p->cause), 0);
	assert_int_equal(records.count, 2);
	assert_sound(p);
	wf_instance_free(copy);
	wf_instance_free(in);
}

/* Under another plan: the first step is the third there, the second goes, the third is the first. */
static int replan(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	static const uint32_t map[] = {2, WF_NONE, 0};
	const int *fail = arg;
	struct wf_instance *in;
	uint8_t id[WF_HASH_SIZE];
	wf_hash("another", 7, id);
	int rc = wf_txn_put_plan(t, id, "another", 7);
	if (!rc)
		rc = wf_txn_get_instance(t, 1, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	append_record(t, in, WF_EVENT_START);
	rc = wf_txn_change_plan(t, in, id, 4, map);
	set_status(in, WF_INST_WAITING);
	if (!rc)
		rc = wf_txn_put_instance(t, in);
	wf_instance_free(in);
	return rc ? rc : *fail;
}

static void another_plan(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = new_instance("a", T0);
	open_approval(in, 0);
	set_due(in, 0, T0 + 70);
	wait_for(in, 1, WF_WAIT_EVENT, "go");
	wait_for(in, 2, WF_WAIT_SIGNAL, "go");
	in->steps[2].due_at = T0 + 50;
	assert_int_equal(put(p, &in, 1, true), 0);
	int fail = WF_EINTR;
	assert_int_equal(wf_journal_update(p->journal, replan, &fail, &p->cause), WF_EINTR);
	waiters(p, WF_WAIT_EVENT, "go", 0, 1);
	fail = 0;
	assert_int_equal(wf_journal_update(p->journal, replan, &fail, &p->cause), 0);
	assert_sound(p);
	waiters(p, WF_WAIT_EVENT, "go", 0, 0);
	assert_int_equal(waiters(p, WF_WAIT_SIGNAL, "go", 0, 1).all.steps[0], 0);
	struct wf_instance *copy = get(p, 1);
	assert_int_equal(copy->step_count, 4);
	assert_int_equal(copy->history, 2);
	assert_non_null(copy->steps[2].approval);
	assert_int_equal(copy->steps[2].approval->number, 1);
	assert_int_equal(copy->steps[1].status, WF_STEP_PENDING);
	assert_int_equal(wf_instance_due(copy), T0 + 50);
	wf_instance_free(copy);
	wf_instance_free(in);
}

struct looked {
	uint64_t number, history, intrusions;
	bool intrude;
	int fail;
};

static int look(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct looked *l = arg;
	if (l->intrude)
		wf_txn_intrude(t);
	l->intrusions = wf_txn_intrusions(t);
	int rc = l->number ? wf_txn_history_count(t, l->number, &l->history) : 0;
	return rc ? rc : l->fail;
}

static void intrusions(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = new_instance("a", T0);
	assert_int_equal(put(p, &in, 1, true), 0);
	set_due(in, 0, T0 + 5);
	assert_int_equal(put(p, &in, 1, true), 0);
	struct looked l = {.number = 1};
	assert_int_equal(wf_journal_view(p->journal, look, &l, &p->cause), 0);
	assert_int_equal(l.history, 2);
	assert_int_equal(l.intrusions, 0);
	l = (struct looked){.number = 1, .intrude = true, .fail = WF_EINTR};
	assert_int_equal(wf_journal_update(p->journal, look, &l, &p->cause), WF_EINTR);
	l.fail = 0;
	assert_int_equal(wf_journal_update(p->journal, look, &l, &p->cause), 0);
	assert_int_equal(wf_journal_update(p->journal, look, &l, &p->cause), 0);
	l = (struct looked){.number = 7};
	assert_int_equal(wf_journal_view(p->journal, look, &l, &p->cause), WF_ENOENT);
	assert_int_equal(l.intrusions, 2);
	assert_sound(p);
	wf_instance_free(in);
}

/* -- open approvals by the end of their time -- */

struct in_order {
	uint64_t approvals[8];
	size_t count, most;
};

static bool note_deadline(void *arg, const struct wf_open_approval *o)
{
	struct in_order *x = arg;
	assert_int_equal(o->state->approval->number, o->approval);
	x->approvals[x->count++] = o->approval;
	return x->count < x->most;
}

static int by_deadline(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct in_order *x = arg;
	(void)cause;
	x->count = 0;
	return wf_txn_each_deadline(t, note_deadline, x);
}

static void assert_order(struct place *p, const uint64_t *wanted, size_t count)
{
	struct in_order x = {.most = 8};
	assert_int_equal(wf_journal_view(p->journal, by_deadline, &x, &p->cause), 0);
	assert_int_equal(x.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(x.approvals[i], wanted[i]);
	assert_sound(p);
}

static int forge_deadline(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct wf_index_key right = wf_index_deadline(INT64_MAX, 1, 1, 1);
	struct wf_index_key wrong = wf_index_deadline(T0, 1, 1, 1);
	(void)arg;
	(void)cause;
	(void)wf_txn_del_key(t, right.bytes, right.n);
	return wf_txn_add_key(t, wrong.bytes, wrong.n);
}

static void approvals_by_the_end_of_their_time(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[4];
	const int64_t due[4] = {0, T0 + 5000, T0 + 2000, T0 + 5000};
	for (size_t i = 0; i < 4; i++) {
		in[i] = new_instance("w", T0);
		open_approval(in[i], 1);
		in[i]->steps[1].approval->due_at = due[i];
		assert_int_equal(put(p, in + i, 1, true), 0);
	}
	assert_order(p, (const uint64_t[]){3, 2, 4, 1}, 4);
	struct in_order first = {.most = 1};
	assert_int_equal(wf_journal_view(p->journal, by_deadline, &first, &p->cause), 0);
	assert_int_equal(first.count, 1);
	/* it ends later, it is decided, its instance has ended */
	in[2]->steps[1].approval->due_at = T0 + 9000;
	wf_instance_touch(in[2], 1);
	in[1]->steps[1].approval->decided_at = T0 + 1;
	wf_instance_touch(in[1], 1);
	set_status(in[3], WF_INST_CANCELLED);
	assert_int_equal(put(p, in, 4, false), 0);
	assert_order(p, (const uint64_t[]){3, 1}, 2);
	assert_int_equal(wf_journal_update(p->journal, forge_deadline, NULL, &p->cause), 0);
	assert_int_equal(wf_journal_view(p->journal, by_deadline, &first, &p->cause), WF_ECORRUPT);
	for (size_t i = 0; i < 4; i++)
		wf_instance_free(in[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(start_keys), TEST(places_in_slots),
		TEST(granted_in_order),
		TEST(those_whom_another_slot_keeps_back_are_passed_over), TEST(who_waits),
		TEST(kept_back), TEST(side_threads),
		TEST(another_plan),
		TEST(intrusions), TEST(approvals_by_the_end_of_their_time)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
