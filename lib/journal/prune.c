/*
 * Taking the history of an instance that has ended out of the journal; the instance stays.
 *
 * What is left of its records is a row that says how many there were and when they went: those that a
 * retry adds later are numbered behind them.
 */
#include "base/mem.h"
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

static int drop_records(struct wf_txn *t, struct wf_cursor *c, uint64_t number, uint64_t *ret)
{
	uint8_t first[WF_ROW_KEY];
	int rc = 0;
	wf_row_key(number, WF_ROW_HISTORY, 0, first);
	while (!rc) {
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

int wf_txn_prune_history(struct wf_txn *t, uint64_t number, int64_t at, uint64_t *ret_removed)
{
	struct wf_instance *in;
	struct wf_cursor c;
	uint64_t removed = 0;
	if (wf_txn_load_counts(t))
		return t->err;
	int rc = wf_txn_get_instance(t, number, WF_LOAD_HEADER, &in);
	if (rc)
		return rc;
	uint64_t records = in->history;
	if (!wf_instance_status_final(in->status))
		rc = wf_fail(t->cause, WF_ECONFLICT, "#%llu has not ended: it is %s",
			(unsigned long long)number, wf_instance_status_name(in->status));
	wf_instance_free(in);
	if (rc)
		return rc;
	rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	rc = drop_records(t, &c, number, &removed);
	wf_cursor_close(&c);
	if (!rc && removed) {
		WF_AUTOBUF struct wf_buf row = {0};
		wf_put_u64(&row, records);
		wf_put_u64(&row, (uint64_t)at);
		t->counts.history -= removed;
		t->counts_dirty = true;
		rc = wf_txn_put_row(t, number, WF_ROW_PRUNED, 0, &row);
	}
	*ret_removed = removed;
	return rc ? rc : t->err;
}
