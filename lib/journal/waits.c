/* What waits: timers and approvals, by their indexes. Signals and events: waiters.c. */
#include "base/mem.h"
#include "journal/private.h"

#include <stdlib.h>
#include <string.h>

struct due {
	struct wf_txn *txn;
	int64_t until;
	bool (*fn)(void *, uint64_t, int64_t);
	void *arg;
};

/* An index is not sealed: the instance itself must say that it is due then. */
static int check_due(struct wf_txn *t, uint64_t number, int64_t due)
{
	struct wf_instance *in;
	int rc = wf_txn_get_instance(t, number, WF_LOAD_ALL, &in);
	if (rc && rc != WF_ENOENT)
		return rc;
	bool same = !rc && wf_instance_due(in) == due;
	if (!rc)
		wf_instance_free(in);
	struct wf_index_key k = wf_index_timer(WF_INDEX_TIMER, due, number);
	return same ? 0 : wf_txn_corrupt(t, WF_TABLE_INDEX, k.bytes, k.n,
		"it names an instance that is due at another time");
}

/* The first that is not due is looked at too: it may have been another. */
static bool give_due(void *arg, const uint8_t *key)
{
	const struct due *d = arg;
	int64_t due = wf_be64_time(key + 1);
	uint64_t number = wf_be64_at(key + 9);
	return !check_due(d->txn, number, due) && due <= d->until && d->fn(d->arg, number, due);
}

int wf_txn_each_due(struct wf_txn *t, int64_t until, bool (*fn)(void *, uint64_t, int64_t), void *arg)
{
	struct due d = {t, until, fn, arg};
	struct wf_index_key from = wf_index_timer(WF_INDEX_TIMER, INT64_MIN, 0);
	int rc = wf_txn_each_key(t, &from, 1, false, give_due, &d);
	return rc ? rc : t->err;
}

static bool take_first(void *arg, const uint8_t *key)
{
	*(int64_t *)arg = wf_be64_time(key + 1);
	return false;
}

int wf_txn_next_due(struct wf_txn *t, int64_t *ret)
{
	static const enum wf_index_kind kinds[] = {WF_INDEX_TIMER, WF_INDEX_SCHEDULE_DUE};
	int64_t earliest = 0;
	int rc = 0;
	for (size_t i = 0; !rc && i < 2; i++) {
		int64_t first = 0;
		struct wf_index_key from = wf_index_timer(kinds[i], INT64_MIN, 0);
		rc = wf_txn_each_key(t, &from, 1, false, take_first, &first);
		if (first && (!earliest || first < earliest))
			earliest = first;
	}
	if (!rc)
		*ret = earliest;
	return rc;
}

/* An index is not sealed: the step that an entry names must itself say that the approval is its. *ret is an
 * instance that has this step alone. */
static int load_place(struct wf_txn *t, uint64_t approval, uint64_t number, uint32_t step,
	struct wf_instance **ret)
{
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_STEP, step, key);
	int rc = wf_txn_get(t, WF_TABLE_INSTANCES, key, sizeof(key), &row);
	if (rc && rc != WF_ENOENT)
		return rc;
	struct wf_instance *in = wf_instance_new(1);
	in->status = WF_INST_WAITING;
	bool same = !rc && !wf_row_get_step(row.data, row.len, in->steps) &&
		in->steps->approval && in->steps->approval->number == approval;
	if (same) {
		*ret = in;
		return 0;
	}
	wf_instance_free(in);
	return wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key),
		"an approval leads to a step that has another");
}

static int check_place(struct wf_txn *t, uint64_t approval, uint64_t number, uint32_t step)
{
	struct wf_instance *in = NULL;
	int rc = load_place(t, approval, number, step, &in);
	wf_instance_free(in);
	return rc;
}

struct approvals {
	struct wf_txn *txn;
	bool (*fn)(void *, const struct wf_open_approval *);
	void *arg;
	uint64_t given;
	bool stopped;
};

static bool give_approval(void *arg, const uint8_t *key)
{
	struct approvals *a = arg;
	struct wf_open_approval o = {.approval = wf_be64_at(key + 1), .instance = wf_be64_at(key + 9),
		.step = wf_be32_at(key + 17)};
	struct wf_instance *in = NULL;
	a->given++;
	a->stopped = true;
	if (load_place(a->txn, o.approval, o.instance, o.step, &in))
		return false;
	o.state = in->steps;
	a->stopped = !a->fn(a->arg, &o);
	wf_instance_free(in);
	return !a->stopped;
}

int wf_txn_each_approval(struct wf_txn *t, bool (*fn)(void *, const struct wf_open_approval *),
	void *arg)
{
	struct approvals a = {.txn = t, .fn = fn, .arg = arg};
	struct wf_index_key from = wf_index_approval(WF_INDEX_OPEN_APPROVAL, 0, 0, 0);
	int rc = wf_txn_each_key(t, &from, 1, false, give_approval, &a);
	if (!rc)
		rc = t->err ? t->err : wf_txn_load_counts(t);
	/* What a transaction has changed is not counted before it commits. */
	if (!rc && !a.stopped && !t->write && a.given != t->counts.open_approvals)
		rc = wf_txn_corrupt(t, WF_TABLE_INDEX, from.bytes, from.n,
			"from there on are not as many entries as were counted");
	return rc;
}

struct deadlines {
	struct wf_txn *txn;
	bool (*fn)(void *, const struct wf_open_approval *);
	void *arg;
	uint64_t given;
	bool stopped;
};

static bool give_deadline(void *arg, const uint8_t *key)
{
	struct deadlines *d = arg;
	struct wf_open_approval o = {.approval = wf_be64_at(key + 9), .instance = wf_be64_at(key + 17),
		.step = wf_be32_at(key + 25)};
	struct wf_instance *in = NULL;
	d->given++;
	d->stopped = true;
	if (load_place(d->txn, o.approval, o.instance, o.step, &in))
		return false;
	o.state = in->steps;
	if (wf_approval_deadline(in, in->steps) == wf_be64_time(key + 1))
		d->stopped = !d->fn(d->arg, &o);
	else
		(void)wf_txn_corrupt(d->txn, WF_TABLE_INDEX, key, 29,
			"it names an approval whose time ends at another time");
	wf_instance_free(in);
	return !d->stopped;
}

/* What a journal that nobody has raised has instead: all of them, to be put in order. */
struct keys {
	struct wf_index_key *items;
	size_t count, room;
};

static bool keep_deadline(void *arg, const struct wf_open_approval *o)
{
	struct keys *k = arg;
	const struct wf_instance waits = {.status = WF_INST_WAITING};
	WF_GROW(k->items, k->count, k->room);
	k->items[k->count++] = wf_index_deadline(wf_approval_deadline(&waits, o->state), o->approval,
		o->instance, o->step);
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct wf_index_key *x = a, *y = b;
	return memcmp(x->bytes, y->bytes, x->n);
}

static int each_unindexed(struct deadlines *d)
{
	struct keys k = {0};
	int rc = wf_txn_each_approval(d->txn, keep_deadline, &k);
	if (!rc && k.count)
		qsort(k.items, k.count, sizeof(*k.items), by_key);
	for (size_t i = 0; !rc && !d->stopped && i < k.count; i++)
		(void)give_deadline(d, k.items[i].bytes);
	wf_free(k.items);
	return rc ? rc : d->txn->err;
}

int wf_txn_each_deadline(struct wf_txn *t, bool (*fn)(void *, const struct wf_open_approval *), void *arg)
{
	struct deadlines d = {.txn = t, .fn = fn, .arg = arg};
	struct wf_index_key from = wf_index_deadline(INT64_MIN, 0, 0, 0);
	if (t->journal->format < WF_JOURNAL_FORMAT_EXPIRY)
		return each_unindexed(&d);
	int rc = wf_txn_each_key(t, &from, 1, false, give_deadline, &d);
	if (!rc)
		rc = t->err ? t->err : wf_txn_load_counts(t);
	if (!rc && !d.stopped && !t->write && d.given != t->counts.open_approvals)
		rc = wf_txn_corrupt(t, WF_TABLE_INDEX, from.bytes, from.n,
			"from there on are not as many entries as were counted");
	return rc;
}

struct place {
	uint64_t approval, instance;
	uint32_t step;
	bool found;
};

static bool take_place(void *arg, const uint8_t *key)
{
	struct place *p = arg;
	p->found = wf_be64_at(key + 1) == p->approval;
	p->instance = wf_be64_at(key + 9);
	p->step = wf_be32_at(key + 17);
	return false;
}

int wf_txn_get_approval(struct wf_txn *t, uint64_t approval, uint64_t *ret_instance,
	uint32_t *ret_step)
{
	struct place p = {.approval = approval};
	struct wf_index_key from = wf_index_approval(WF_INDEX_APPROVAL, approval, 0, 0);
	int rc = wf_txn_each_key(t, &from, 1, false, take_place, &p);
	if (rc)
		return rc;
	if (!p.found)
		return wf_fail(t->cause, WF_ENOENT, "there is no approval %llu",
			(unsigned long long)approval);
	rc = check_place(t, approval, p.instance, p.step);
	if (rc)
		return rc;
	*ret_instance = p.instance;
	*ret_step = p.step;
	return 0;
}
