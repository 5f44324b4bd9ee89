/* Steps that wait for a signal or an event, and instances that a hold keeps back. */
#include "journal/private.h"

#include <string.h>

struct waiters {
	struct wf_txn *txn;
	enum wf_wait kind;
	const char *name;
	bool (*fn)(void *, uint64_t, uint32_t);
	void *arg;
};

/* Names of the same hash are told apart by the row. */
static bool has_name(const struct waiters *w, uint64_t number, uint32_t step)
{
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_STEP, step, key);
	if (wf_txn_get(w->txn, WF_TABLE_INSTANCES, key, sizeof(key), &row))
		return false;
	struct wf_instance *in = wf_instance_new(1);
	bool same = false;
	if (!wf_row_get_step(row.data, row.len, in->steps)) {
		const struct wf_step_state *s = in->steps;
		const char *name = json_string_value(json_object_get(s->input, "name"));
		same = s->status == WF_STEP_WAITING && s->wait == w->kind && name &&
			strcmp(name, w->name) == 0;
	}
	wf_instance_free(in);
	return same;
}

static bool give_waiter(void *arg, const uint8_t *key)
{
	const struct waiters *w = arg;
	uint64_t number = wf_be64_at(key + 9);
	uint32_t step = wf_be32_at(key + 17);
	return !has_name(w, number, step) || w->fn(w->arg, number, step);
}

int wf_txn_each_waiter(struct wf_txn *t, enum wf_wait kind, const char *name, uint64_t after_number,
	bool (*fn)(void *, uint64_t, uint32_t), void *arg)
{
	struct waiters w = {t, kind, name, fn, arg};
	if (after_number == UINT64_MAX)
		return t->err;
	struct wf_index_key from = wf_index_waiter(wf_waiter_hash(&t->journal->seal, kind, name),
		after_number + 1, 0);
	return wf_txn_each_key(t, &from, 1 + 8, true, give_waiter, &w);
}

struct numbers {
	bool (*fn)(void *, uint64_t);
	void *arg;
};

static bool give_number(void *arg, const uint8_t *key)
{
	const struct numbers *n = arg;
	return n->fn(n->arg, wf_be64_at(key + 1));
}

int wf_txn_each_held_back(struct wf_txn *t, bool (*fn)(void *, uint64_t), void *arg)
{
	struct numbers n = {fn, arg};
	struct wf_index_key from = wf_index_plain(WF_INDEX_HELD_BACK, 0);
	return wf_txn_each_key(t, &from, 1, true, give_number, &n);
}
