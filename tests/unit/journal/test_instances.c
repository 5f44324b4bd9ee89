/* Instances in the journal: round trips, indexes, numbers, history, transactions that run again. */
#include "common.h"

static void round_trip(void **state)
{
	struct place *p = *state;
	struct wf_instance *a = new_instance("deploy", T0);
	a->correlation_id = wf_strdup("order-1");
	a->timeout_at = T0 + 1000;
	complete_step(a, 0);
	open_approval(a, 1);
	json_t *v = json_integer(5);
	wf_instance_set_var(a, "five", v);
	json_decref(v);
	assert_int_equal(put(p, &a, 1, true), 0);
	assert_int_equal(a->number, 1);
	assert_int_equal(a->history, 1);
	assert_int_equal(a->steps[1].approval->number, 1);
	struct wf_instance *b = get(p, 1);
	assert_true(wf_instance_equal(a, b, NULL));
	assert_int_equal(b->history, 1);
	assert_sound(p);

	/* What was loaded goes on. */
	complete_step(b, 1);
	b->steps[1].approval->decided_at = T0 + 5;
	complete_step(b, 2);
	set_status(b, WF_INST_COMPLETED);
	assert_int_equal(put(p, &b, 1, true), 0);
	assert_sound(p);
	struct wf_instance *c = get(p, 1);
	assert_true(wf_instance_equal(b, c, NULL));
	assert_int_equal(c->history, 2);
	wf_instance_free(a);
	wf_instance_free(b);
	wf_instance_free(c);
}

static void header_only_is_not_written(void **state)
{
	struct place *p = *state;
	struct wf_instance *a = new_instance("deploy", T0);
	assert_int_equal(put(p, &a, 1, false), 0);
	struct wanted w = {1, WF_LOAD_HEADER, NULL};
	assert_int_equal(wf_journal_view(p->journal, read_instance, &w, &p->cause), 0);
	assert_string_equal(w.in->workflow, "deploy");
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_null(w.in->input);
	w.in->dirty = true;
	assert_int_equal(put(p, &w.in, 1, false), WF_EINVAL);
	wf_instance_free(w.in);
	wf_instance_free(a);
	w = (struct wanted){2, WF_LOAD_ALL, NULL};
	assert_int_equal(wf_journal_view(p->journal, read_instance, &w, &p->cause), WF_ENOENT);
}

struct again {
	struct wf_instance *in;
	int fail;
};

static int put_twice(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct again *a = arg;
	struct batch b = {&a->in, 1, true, 0};
	int rc = put_batch(t, &b, cause);
	set_status(a->in, WF_INST_WAITING);
	set_due(a->in, 2, T0 + 77);
	rc = rc ? rc : put_batch(t, &b, cause);
	return rc ? rc : a->fail;
}

/* An abandoned transaction leaves nothing behind, in the journal or in the instance; the same
 * instance may be put several times in one. */
static void abandoned_and_repeated(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = new_instance("deploy", T0);
	open_approval(in, 1);
	struct again a = {in, WF_EINTR};
	assert_int_equal(wf_journal_update(p->journal, put_twice, &a, &p->cause), WF_EINTR);
	assert_int_equal(wf_journal_update(p->journal, put_twice, &a, &p->cause), WF_EINTR);
	assert_sound(p);
	a.fail = 0;
	in->status = WF_INST_RUNNING;
	assert_int_equal(wf_journal_update(p->journal, put_twice, &a, &p->cause), 0);
	wf_instance_written(in);
	assert_int_equal(in->number, 1);
	assert_int_equal(in->history, 2);
	assert_int_equal(in->steps[1].approval->number, 1);
	assert_sound(p);
	a.fail = WF_EINTR;
	assert_int_equal(wf_journal_update(p->journal, put_twice, &a, &p->cause), WF_EINTR);
	a.fail = 0;
	assert_int_equal(wf_journal_update(p->journal, put_twice, &a, &p->cause), 0);
	wf_instance_written(in);
	assert_int_equal(in->history, 4);
	assert_sound(p);
	struct wf_instance *b = get(p, 1);
	assert_true(wf_instance_equal(in, b, NULL));
	wf_instance_free(b);
	wf_instance_free(in);
}

struct found {
	uint64_t numbers[100];
	int64_t dues[100];
	size_t count, stop_at;
};

static bool take(struct found *f, uint64_t number)
{
	if (f->count < 100)
		f->numbers[f->count++] = number;
	return f->count != f->stop_at;
}

static bool take_instance(void *arg, const struct wf_instance *in)
{
	return take(arg, in->number);
}

static bool take_due(void *arg, uint64_t number, int64_t due)
{
	struct found *f = arg;
	f->dues[f->count] = due;
	return take(f, number);
}

static bool take_approval(void *arg, const struct wf_open_approval *o)
{
	return o->state->approval->number == o->approval && take(arg, o->approval);
}

struct query {
	struct wf_filter filter;
	struct found found;
	int64_t until, next_due;
	const char *name;
	uint64_t number, counts[WF_INST_COUNT_];
};

static int run_query(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct query *q = arg;
	return wf_txn_each_instance(t, &q->filter, take_instance, &q->found);
}

static size_t ask(struct place *p, struct wf_filter filter, struct query *q)
{
	*q = (struct query){.filter = filter};
	assert_int_equal(wf_journal_view(p->journal, run_query, q, &p->cause), 0);
	return q->found.count;
}

/* 20 instances: even ones "even", odd ones "odd"; every fourth failed; created a second apart. */
static void fill(struct place *p)
{
	struct wf_instance *items[20];
	for (unsigned i = 0; i < 20; i++) {
		items[i] = new_instance((i + 1) % 2 ? "odd" : "even", T0 + 1000 * i);
		items[i]->status = (i + 1) % 4 ? WF_INST_RUNNING : WF_INST_FAILED;
		if ((i + 1) % 5 == 0)
			items[i]->correlation_id = wf_strdup("five");
	}
	assert_int_equal(put(p, items, 20, false), 0);
	for (unsigned i = 0; i < 20; i++)
		wf_instance_free(items[i]);
}

static void filters(void **state)
{
	struct place *p = *state;
	struct query q;
	assert_int_equal(ask(p, (struct wf_filter){.status = -1}, &q), 0);
	fill(p);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1}, &q), 20);
	assert_int_equal(q.found.numbers[0], 20);
	assert_int_equal(q.found.numbers[19], 1);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1, .oldest_first = true}, &q), 20);
	assert_int_equal(q.found.numbers[0], 1);
	assert_int_equal(ask(p, (struct wf_filter){.status = WF_INST_FAILED}, &q), 5);
	assert_int_equal(q.found.numbers[4], 4);
	assert_int_equal(ask(p, (struct wf_filter){.status = WF_INST_CANCELLED}, &q), 0);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1, .workflow = "odd"}, &q), 10);
	assert_int_equal(q.found.numbers[0], 19);
	assert_int_equal(ask(p, (struct wf_filter){.status = WF_INST_FAILED, .workflow = "even"},
		&q), 5);
	assert_int_equal(ask(p, (struct wf_filter){.status = WF_INST_FAILED, .workflow = "odd"},
		&q), 0);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1, .correlation_id = "five"}, &q), 4);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1, .correlation_id = "fiv"}, &q), 0);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1, .since = T0 + 3000,
		.until = T0 + 5000}, &q), 3);
	assert_int_equal(q.found.numbers[0], 6);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1, .since = T0 + 3000,
		.oldest_first = true, .limit = 2}, &q), 2);
	assert_int_equal(q.found.numbers[0], 4);
	assert_int_equal(ask(p, (struct wf_filter){.status = -1, .below = 8, .limit = 3}, &q), 3);
	assert_int_equal(q.found.numbers[0], 7);
	assert_int_equal(ask(p, (struct wf_filter){.status = WF_INST_FAILED, .below = 12}, &q), 2);
	assert_int_equal(q.found.numbers[0], 8);
	assert_sound(p);
}

static int count(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_count(t, ((struct query *)arg)->counts);
}

static int find(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct query *q = arg;
	return wf_txn_find_instance(t, q->name, &q->number);
}

static int named(struct place *p, const char *name, uint64_t *ret)
{
	struct query q = {.name = name};
	int rc = wf_journal_view(p->journal, find, &q, &p->cause);
	*ret = q.number;
	return rc;
}

static void names(void **state)
{
	struct place *p = *state;
	struct query q = {0};
	uint64_t n;
	fill(p);
	assert_int_equal(wf_journal_view(p->journal, count, &q, &p->cause), 0);
	assert_int_equal(q.counts[WF_INST_RUNNING], 15);
	assert_int_equal(q.counts[WF_INST_FAILED], 5);
	assert_int_equal(named(p, "7", &n), 0);
	assert_int_equal(n, 7);
	assert_int_equal(named(p, "#20", &n), 0);
	assert_int_equal(n, 20);
	assert_int_equal(named(p, "21", &n), WF_ENOENT);
	assert_int_equal(named(p, "#0", &n), WF_ENOENT);
	assert_int_equal(named(p, "", &n), WF_ENOENT);
	assert_int_equal(named(p, "zz", &n), WF_ENOENT);
	struct wf_instance *in = get(p, 13);
	char text[WF_UUID_TEXT];
	wf_uuid_text(&in->uuid, text);
	assert_int_equal(named(p, text, &n), 0);
	assert_int_equal(n, 13);
	char kept = text[4];
	text[4] = '\0';
	assert_int_equal(named(p, text, &n), WF_EAMBIGUOUS); /* all were made in one hour */
	text[4] = kept;
	text[35] = '\0';
	assert_int_equal(named(p, text, &n), 0);
	assert_int_equal(n, 13);
	for (char *c = text; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'f' ? *c - 'a' + 'A' : *c);
	assert_int_equal(named(p, text, &n), 0);
	wf_instance_free(in);
}

static int query_dues(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct query *q = arg;
	int rc = wf_txn_each_due(t, q->until, take_due, &q->found);
	return rc ? rc : wf_txn_next_due(t, &q->next_due);
}

static size_t due(struct place *p, int64_t until, struct query *q)
{
	*q = (struct query){.until = until};
	assert_int_equal(wf_journal_view(p->journal, query_dues, q, &p->cause), 0);
	return q->found.count;
}

static void timers(void **state)
{
	struct place *p = *state;
	struct query q;
	assert_int_equal(due(p, INT64_MAX, &q), 0);
	assert_int_equal(q.next_due, 0);
	struct wf_instance *in[2] = {new_instance("a", T0), new_instance("b", T0)};
	set_due(in[0], 0, T0 + 300);
	set_due(in[0], 1, T0 + 100);
	in[1]->timeout_at = T0 + 200;
	assert_int_equal(put(p, in, 2, false), 0);
	assert_int_equal(due(p, T0 + 200, &q), 2);
	assert_int_equal(q.found.numbers[0], 1);
	assert_int_equal(q.found.numbers[1], 2);
	assert_int_equal(due(p, T0 + 199, &q), 1);
	assert_int_equal(q.next_due, T0 + 100);
	assert_sound(p);

	set_due(in[0], 1, 0); /* the earliest goes: the other one is found */
	set_due(in[1], 2, T0 + 50);
	assert_int_equal(put(p, in, 2, false), 0);
	assert_int_equal(due(p, INT64_MAX, &q), 2);
	assert_int_equal(q.found.numbers[0], 2);
	assert_int_equal(q.found.dues[1], T0 + 300);
	assert_sound(p);

	set_due(in[1], 2, T0 + 500); /* later than the timeout */
	set_status(in[0], WF_INST_FAILED);
	assert_int_equal(put(p, in, 2, false), 0);
	assert_int_equal(due(p, INT64_MAX, &q), 1);
	assert_int_equal(q.found.dues[0], T0 + 200);
	assert_sound(p);

	set_status(in[0], WF_INST_RUNNING); /* an operator revives it */
	in[1]->timeout_at = 0;
	in[1]->dirty = true;
	assert_int_equal(put(p, in, 2, false), 0);
	assert_int_equal(due(p, INT64_MAX, &q), 2);
	assert_int_equal(q.found.dues[0], T0 + 300);
	assert_int_equal(q.found.dues[1], T0 + 500);
	assert_sound(p);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
}

static int query_approvals(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct query *q = arg;
	return wf_txn_each_approval(t, take_approval, &q->found);
}

static int query_approval(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct query *q = arg;
	uint32_t step;
	int rc = wf_txn_get_approval(t, q->number, &q->found.numbers[0], &step);
	q->found.numbers[1] = step;
	return rc;
}

static void approvals(void **state)
{
	struct place *p = *state;
	struct query q = {0};
	struct wf_instance *in[2] = {new_instance("a", T0), new_instance("b", T0)};
	open_approval(in[0], 1);
	open_approval(in[1], 0);
	open_approval(in[1], 2);
	assert_int_equal(put(p, in, 2, false), 0);
	assert_int_equal(wf_journal_view(p->journal, query_approvals, &q, &p->cause), 0);
	assert_int_equal(q.found.count, 3);
	q.number = 3;
	assert_int_equal(wf_journal_view(p->journal, query_approval, &q, &p->cause), 0);
	assert_int_equal(q.found.numbers[0], 2);
	assert_int_equal(q.found.numbers[1], 2);
	q.number = 4;
	assert_int_equal(wf_journal_view(p->journal, query_approval, &q, &p->cause), WF_ENOENT);

	in[0]->steps[1].approval->decided_at = T0 + 1;
	wf_instance_touch(in[0], 1);
	set_status(in[1], WF_INST_CANCELLED); /* its steps are not dirty: both close with it */
	assert_int_equal(put(p, in, 2, false), 0);
	q = (struct query){.number = 1};
	assert_int_equal(wf_journal_view(p->journal, query_approvals, &q, &p->cause), 0);
	assert_int_equal(q.found.count, 0);
	assert_int_equal(wf_journal_view(p->journal, query_approval, &q, &p->cause), 0);
	assert_sound(p);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
}

static bool take_record(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	struct wf_record r;
	assert_int_equal(wf_record_get(bytes, n, &r), 0);
	wf_record_done(&r);
	return take(arg, seq);
}

static int query_history(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct query *q = arg;
	return wf_txn_each_history(t, 1, q->number, take_record, &q->found);
}

static int append_only(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	append_record(t, arg, WF_EVENT_SUCCESS);
	return 0;
}

static void history(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[2] = {new_instance("a", T0), new_instance("b", T0)};
	assert_int_equal(put(p, in, 2, true), 0);
	for (int i = 0; i < 5; i++) {
		in[0]->dirty = true;
		assert_int_equal(put(p, in, 1, true), 0);
	}
	/* A record without a put: the journal puts what counts it. */
	assert_int_equal(wf_journal_update(p->journal, append_only, in[0], &p->cause), 0);
	wf_instance_written(in[0]);
	assert_int_equal(in[0]->history, 7);
	struct query q = {.number = 2};
	assert_int_equal(wf_journal_view(p->journal, query_history, &q, &p->cause), 0);
	assert_int_equal(q.found.count, 5);
	assert_int_equal(q.found.numbers[0], 2);
	assert_int_equal(q.found.numbers[4], 6);
	assert_sound(p);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
}

/* -- definitions -- */

struct registration {
	struct wf_definition d;
	char *version;
	bool new;
	size_t count;
};

static int do_register(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct registration *r = arg;
	int rc = wf_txn_put_plan(t, r->d.plan_id, plan_bytes, sizeof(plan_bytes));
	wf_free(r->version);
	r->version = NULL;
	return rc ? rc : wf_txn_register(t, &r->d, &r->version, &r->new);
}

static int do_get(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct registration *r = arg;
	struct wf_definition d;
	int rc = wf_txn_get_definition(t, r->d.workflow, r->d.version, &d);
	if (rc)
		return rc;
	wf_free(r->version);
	r->version = wf_strdup(d.version);
	wf_definition_done(&d);
	return 0;
}

static int do_disable(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct registration *r = arg;
	return wf_txn_enable_definition(t, r->d.workflow, r->d.version, false);
}

static bool count_definition(void *arg, const struct wf_definition *d)
{
	(void)d;
	++*(size_t *)arg;
	return true;
}

static int do_count(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_definition(t, count_definition, &((struct registration *)arg)->count);
}

static int registered(struct place *p, struct registration *r, const char *version, uint8_t plan)
{
	r->d.version = (char *)(uintptr_t)version;
	wf_hash(plan_bytes, sizeof(plan_bytes), r->d.plan_id);
	r->d.plan_id[0] ^= plan;
	return wf_journal_update(p->journal, do_register, r, &p->cause);
}

static void definitions(void **state)
{
	struct place *p = *state;
	char name[] = "deploy";
	struct registration r = {.d = {.workflow = name, .enabled = true, .registered_at = T0}};
	assert_int_equal(registered(p, &r, NULL, 0), 0);
	assert_string_equal(r.version, "1");
	assert_true(r.new);
	assert_int_equal(registered(p, &r, NULL, 0), 0);
	assert_string_equal(r.version, "1");
	assert_false(r.new);
	assert_int_equal(registered(p, &r, "1", 1), WF_EEXIST);
	assert_int_equal(registered(p, &r, "1.5", 1), 0);
	assert_int_equal(registered(p, &r, NULL, 2), 0);
	assert_string_equal(r.version, "2");
	r.d.version = NULL;
	assert_int_equal(wf_journal_view(p->journal, do_get, &r, &p->cause), 0);
	assert_string_equal(r.version, "2");
	char two[] = "2", none[] = "9";
	r.d.version = two;
	assert_int_equal(wf_journal_update(p->journal, do_disable, &r, &p->cause), 0);
	r.d.version = NULL;
	assert_int_equal(wf_journal_view(p->journal, do_get, &r, &p->cause), 0);
	assert_string_equal(r.version, "1.5");
	r.d.version = none;
	assert_int_equal(wf_journal_view(p->journal, do_get, &r, &p->cause), WF_ENOENT);
	assert_int_equal(wf_journal_view(p->journal, do_count, &r, &p->cause), 0);
	assert_int_equal(r.count, 3);
	wf_free(r.version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(round_trip), TEST(header_only_is_not_written),
		TEST(abandoned_and_repeated), TEST(filters), TEST(names), TEST(timers),
		TEST(approvals), TEST(history), TEST(definitions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
