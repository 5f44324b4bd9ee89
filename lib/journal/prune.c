/*
 * Taking the history of an instance that has ended out of the journal; the instance stays.
 *
 * What is left of its records is a row that says how many there were and when they went: those that a
 * retry adds later are numbered behind them. A long history goes in parts, a transaction each, the
 * oldest records first, so that nobody waits long; the entry that asks for it goes with the last part.
 */
#include "base/mem.h"
#include "base/numbers.h"
#include "journal/private.h"

int wf_pruned_get(const void *bytes, size_t n, uint64_t *ret_records, int64_t *ret_at)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	uint64_t records = wf_get_u64(&r);
	int64_t at = (int64_t)wf_get_u64(&r);
	if (r.bad || r.off != r.len || !records || records > WF_MAX_HISTORY)
		return WF_ECORRUPT;
	*ret_records = records;
	*ret_at = at;
	return 0;
}

int wf_txn_pruned(struct wf_txn *t, uint64_t number, uint64_t *ret_records, int64_t *ret_at)
{
	WF_AUTOBUF struct wf_buf plain = {0};
	uint8_t key[WF_ROW_KEY];
	uint64_t records = 0;
	int64_t at = 0;
	wf_row_key(number, WF_ROW_PRUNED, 0, key);
	int rc = wf_txn_get(t, WF_TABLE_INSTANCES, key, sizeof(key), &plain);
	if (rc && rc != WF_ENOENT)
		return rc;
	if (!rc && wf_pruned_get(plain.data, plain.len, &records, &at))
		return wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key),
			"what was removed of the history cannot be read");
	*ret_records = records;
	if (ret_at)
		*ret_at = at;
	return 0;
}

/* From the first that is left on, `most` at most. */
static int drop_records(struct wf_txn *t, struct wf_cursor *c, uint64_t number, uint64_t most,
	uint64_t *ret)
{
	uint8_t first[WF_ROW_KEY];
	int rc = 0;
	wf_row_key(number, WF_ROW_HISTORY, 0, first);
	while (!rc && *ret < most) {
		struct wf_row_name name;
		rc = wf_txn_moved(t, wf_cursor_seek(c, first, sizeof(first), t->cause));
		if (rc || !wf_row_key_parse(c->key, c->key_n, &name) || name.number != number ||
			name.kind != WF_ROW_HISTORY)
			break;
		rc = wf_txn_del(t, c->table, c->key, c->key_n);
		*ret += !rc;
	}
	return rc == WF_ENOENT ? 0 : rc;
}

/* The row that says how far it was removed. */
static int put_pruned(struct wf_txn *t, uint64_t number, uint64_t records, int64_t at)
{
	WF_AUTOBUF struct wf_buf row = {0};
	wf_put_u64(&row, records);
	wf_put_u64(&row, (uint64_t)at);
	return wf_txn_put_row(t, number, WF_ROW_PRUNED, 0, &row);
}

/* With the last record goes the entry that asks for it. What the header knows was loaded whole. */
static int end_retention(struct wf_txn *t, struct wf_instance *in)
{
	WF_AUTOBUF struct wf_buf row = {0};
	if (!in->expires_at)
		return 0;
	struct wf_index_key k = wf_index_timer(WF_INDEX_EXPIRY, in->expires_at, in->number);
	wf_txn_drop_entry(t, &k);
	in->expires_at = 0;
	wf_row_put_header(in, &row);
	return wf_txn_put_row(t, in->number, WF_ROW_HEADER, 0, &row);
}

static int prune(struct wf_txn *t, struct wf_instance *in, int64_t at, uint64_t most, uint64_t *ret)
{
	struct wf_cursor c;
	uint64_t before = 0, removed = 0;
	if (!wf_instance_status_final(in->status))
		return wf_fail(t->cause, WF_ECONFLICT, "#%llu has not ended: it is %s",
			(unsigned long long)in->number, wf_instance_status_name(in->status));
	int rc = wf_txn_pruned(t, in->number, &before, NULL);
	if (!rc && (rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &c, t->cause)) == 0) {
		rc = drop_records(t, &c, in->number, most, &removed);
		wf_cursor_close(&c);
	}
	if (rc)
		return wf_txn_fail(t, rc);
	t->counts.history -= removed;
	t->counts_dirty = true;
	if (removed)
		rc = put_pruned(t, in->number, before + removed, at);
	if (!rc && removed < most)
		rc = end_retention(t, in);
	*ret = removed;
	return rc ? rc : t->err;
}

int wf_txn_prune_history(struct wf_txn *t, uint64_t number, int64_t at, uint64_t most,
	uint64_t *ret_removed)
{
	struct wf_instance *in;
	uint64_t removed = 0;
	if (wf_txn_load_counts(t))
		return t->err;
	int rc = wf_txn_get_instance(t, number, WF_LOAD_HEADER, &in);
	if (rc)
		return rc;
	rc = prune(t, in, at, most, &removed);
	wf_instance_free(in);
	if (!rc)
		*ret_removed = removed;
	return rc;
}

/* -- whose time has come -- */

struct expired {
	struct wf_txn *txn;
	int64_t until;
	bool (*fn)(void *, uint64_t, int64_t);
	void *arg;
};

static bool give_expired(void *arg, const uint8_t *key)
{
	const struct expired *e = arg;
	int64_t at = wf_be64_time(key + 1);
	return at <= e->until && e->fn(e->arg, wf_be64_at(key + 9), at);
}

int wf_txn_each_expired(struct wf_txn *t, int64_t until, bool (*fn)(void *, uint64_t, int64_t), void *arg)
{
	struct expired e = {t, until, fn, arg};
	struct wf_index_key from = wf_index_timer(WF_INDEX_EXPIRY, INT64_MIN, 0);
	return wf_txn_each_key(t, &from, 1, true, give_expired, &e);
}

static bool take_first(void *arg, uint64_t number, int64_t at)
{
	(void)number;
	*(int64_t *)arg = at;
	return false;
}

int wf_txn_next_expiry(struct wf_txn *t, int64_t *ret)
{
	int64_t first = 0;
	int rc = wf_txn_each_expired(t, INT64_MAX, take_first, &first);
	if (!rc)
		*ret = first;
	return rc;
}

int wf_txn_prune_expired(struct wf_txn *t, int64_t now, size_t most, struct wf_pruned *ret)
{
	struct wf_numbers old = {.most = most};
	struct wf_pruned p = {0};
	int rc = most ? wf_txn_each_expired(t, now, wf_numbers_take_at, &old) : 0;
	for (size_t i = 0; !rc && i < old.count && p.records < WF_PRUNE_RECORDS; i++) {
		uint64_t removed = 0, room = WF_PRUNE_RECORDS - p.records;
		rc = wf_txn_prune_history(t, old.items[i], now, room, &removed);
		p.instances += !rc && removed < room;
		p.records += removed;
	}
	p.more = p.instances < old.count || (most && old.count == most);
	wf_numbers_done(&old);
	if (!rc)
		*ret = p;
	return rc;
}
