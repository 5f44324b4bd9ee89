/* What waits: timers and approvals, by their indexes. */
#include "journal/private.h"

/* Calls fn with each key of a kind from its first on, until fn says no or the kind ends. */
static int each_key(struct wf_txn *t, const struct wf_index_key *from,
	bool (*fn)(void *, const uint8_t *key), void *arg)
{
	if (t->err)
		return t->err;
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, WF_TABLE_INDEX, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	rc = wf_cursor_seek(&c, from->bytes, from->n, t->cause);
	while (!rc && c.key[0] == from->bytes[0]) {
		if (c.key_n != wf_index_key_length(c.key[0])) {
			rc = wf_txn_corrupt(t, c.table, c.key, c.key_n, "no entry has this key");
			break;
		}
		if (!fn(arg, c.key))
			break;
		rc = wf_cursor_next(&c, t->cause);
	}
	wf_cursor_close(&c);
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : 0;
}

struct due {
	int64_t until;
	bool (*fn)(void *, uint64_t, int64_t);
	void *arg;
};

static bool give_due(void *arg, const uint8_t *key)
{
	const struct due *d = arg;
	int64_t due = wf_be64_time(key + 1);
	return due <= d->until && d->fn(d->arg, wf_be64_at(key + 9), due);
}

int wf_txn_each_due(struct wf_txn *t, int64_t until, bool (*fn)(void *, uint64_t, int64_t), void *arg)
{
	struct due d = {until, fn, arg};
	struct wf_index_key from = wf_index_timer(INT64_MIN, 0);
	return each_key(t, &from, give_due, &d);
}

static bool take_first(void *arg, const uint8_t *key)
{
	*(int64_t *)arg = wf_be64_time(key + 1);
	return false;
}

int wf_txn_next_due(struct wf_txn *t, int64_t *ret)
{
	int64_t first = 0;
	struct wf_index_key from = wf_index_timer(INT64_MIN, 0);
	int rc = each_key(t, &from, take_first, &first);
	if (!rc)
		*ret = first;
	return rc;
}

struct approvals {
	bool (*fn)(void *, uint64_t, uint64_t, uint32_t);
	void *arg;
};

static bool give_approval(void *arg, const uint8_t *key)
{
	const struct approvals *a = arg;
	return a->fn(a->arg, wf_be64_at(key + 1), wf_be64_at(key + 9), wf_be32_at(key + 17));
}

int wf_txn_each_approval(struct wf_txn *t, bool (*fn)(void *, uint64_t, uint64_t, uint32_t),
	void *arg)
{
	struct approvals a = {fn, arg};
	struct wf_index_key from = wf_index_approval(WF_INDEX_OPEN_APPROVAL, 0, 0, 0);
	return each_key(t, &from, give_approval, &a);
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
	int rc = each_key(t, &from, take_place, &p);
	if (rc)
		return rc;
	if (!p.found)
		return wf_fail(t->cause, WF_ENOENT, "there is no approval %llu",
			(unsigned long long)approval);
	*ret_instance = p.instance;
	*ret_step = p.step;
	return 0;
}
