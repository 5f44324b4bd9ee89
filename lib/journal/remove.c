/* Taking an instance that has ended out of the journal: its entries, its counts, its rows. */
#include "base/mem.h"
#include "journal/private.h"

#include <string.h>

void wf_txn_drop_counted(void *arg, const struct wf_index_key *k)
{
	struct wf_txn *t = arg;
	uint64_t *const counted[WF_INDEX_END_] = {
		[WF_INDEX_APPROVAL] = &t->counts.approvals,
		[WF_INDEX_OPEN_APPROVAL] = &t->counts.open_approvals,
		[WF_INDEX_TIMER] = &t->counts.timers,
	};
	if (counted[k->bytes[0]])
		--*counted[k->bytes[0]];
	(void)wf_txn_del_key(t, k->bytes, k->n);
}

/* The id of a signal is the one thing outside an instance's own rows that its other rows ask for. */
static int drop_signal_id(struct wf_txn *t, const struct wf_cursor *c, const struct wf_row_name *name)
{
	WF_AUTOBUF struct wf_buf plain = {0};
	if (name->kind != WF_ROW_SIGNAL && name->kind != WF_ROW_SIGNAL_TAKEN)
		return 0;
	int rc = wf_txn_open_at(t, c, &plain);
	if (rc)
		return rc;
	json_t *signal = wf_signal_get(plain.data, plain.len);
	if (!signal)
		return wf_txn_corrupt(t, c->table, c->key, c->key_n, "the signal cannot be read");
	wf_signal_entries(&t->journal->seal, signal, name->number, name->sub, wf_txn_drop_counted, t);
	json_decref(signal);
	t->counts.signals -= name->kind == WF_ROW_SIGNAL;
	return t->err;
}

static int drop_rows(struct wf_txn *t, struct wf_cursor *c, uint64_t number)
{
	int rc = 0;
	while (!rc) {
		struct wf_row_name name;
		uint8_t first[WF_ROW_KEY];
		wf_row_key(number, WF_ROW_IDENTITY, 0, first);
		rc = wf_txn_moved(t, wf_cursor_seek(c, first, sizeof(first), t->cause));
		if (rc || !wf_row_key_parse(c->key, c->key_n, &name) || name.number != number)
			break;
		rc = drop_signal_id(t, c, &name);
		if (!rc)
			rc = wf_txn_del(t, c->table, c->key, c->key_n);
		t->counts.history -= !rc && name.kind == WF_ROW_HISTORY;
	}
	return rc == WF_ENOENT ? 0 : rc;
}

int wf_txn_drop_instance(struct wf_txn *t, uint64_t number)
{
	struct wf_instance *in;
	struct wf_cursor c;
	if (wf_txn_load_counts(t))
		return t->err;
	int rc = wf_txn_get_instance(t, number, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	if (!wf_instance_status_final(in->status)) {
		rc = wf_fail(t->cause, WF_ECONFLICT, "#%llu has not ended: it is %s",
			(unsigned long long)number, wf_instance_status_name(in->status));
		wf_fail_hint(t->cause, "wfctl cancel ends it");
		wf_instance_free(in);
		return rc;
	}
	wf_each_entry(&t->journal->seal, in, WF_ENTRIES_ALL, wf_txn_drop_counted, t);
	t->counts.by_status[in->status]--;
	t->counts_dirty = true;
	wf_instance_free(in);
	rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	rc = drop_rows(t, &c, number);
	wf_cursor_close(&c);
	return rc ? rc : t->err;
}
