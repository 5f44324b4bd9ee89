/*
 * A journal's transactions: the loop that runs one again when the map has to grow, and the sealed values
 * that it reads and writes.
 */
#include "base/crash.h"
#include "base/mem.h"
#include "journal/private.h"

#include <string.h>

/* -- sealed values -- */

int wf_txn_fail(struct wf_txn *t, int err)
{
	if (!t->err) {
		t->err = err == WF_STORE_AGAIN ? WF_ENOSPC : err;
		t->again = err == WF_STORE_AGAIN;
	}
	return t->err;
}

int wf_txn_moved(struct wf_txn *t, int rc)
{
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : rc;
}

int wf_txn_corrupt(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	const char *what)
{
	char hex[2 * WF_MAX_KEY + 1];
	wf_hex(key, n < WF_MAX_KEY ? n : WF_MAX_KEY, hex);
	(void)wf_fail(t->cause, WF_ECORRUPT, "%s is damaged: table %s, key %s: %s",
		t->journal->path, wf_table_name(table), hex, what);
	wf_fail_hint(t->cause, "wfctl journal check names all that is damaged; restore a backup");
	return wf_txn_fail(t, WF_ECORRUPT);
}

/* What a value is bound to: its table's letter and its key. */
static size_t place(enum wf_table table, const void *key, size_t n, uint8_t ret[WF_MAX_KEY + 1])
{
	ret[0] = (uint8_t)wf_table_letter(table);
	memcpy(ret + 1, key, n);
	return n + 1;
}

static int open_value(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	const uint8_t *sealed, size_t sealed_n, struct wf_buf *out)
{
	uint8_t where[WF_MAX_KEY + 1];
	size_t where_n = place(table, key, n, where);
	if (!wf_seal_open(&t->journal->seal, where, where_n, sealed, sealed_n, out))
		return wf_txn_corrupt(t, table, key, n, "the value does not authenticate");
	return 0;
}

int wf_txn_get(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	struct wf_buf *out)
{
	if (t->err)
		return t->err;
	const uint8_t *sealed;
	size_t sealed_n;
	int rc = wf_store_get(t->store, table, key, n, &sealed, &sealed_n, t->cause);
	if (rc)
		return wf_txn_moved(t, rc);
	return open_value(t, table, key, n, sealed, sealed_n, out);
}

int wf_txn_open_at(struct wf_txn *t, const struct wf_cursor *c, struct wf_buf *out)
{
	if (t->err)
		return t->err;
	return open_value(t, c->table, c->key, c->key_n, c->value, c->value_n, out);
}

int wf_txn_put(struct wf_txn *t, enum wf_table table, const void *key, size_t n, const void *bytes,
	size_t bytes_n)
{
	if (t->err)
		return t->err;
	void *room;
	int rc = wf_store_put(t->store, table, key, n, bytes_n + WF_SEAL_EXTRA, &room, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	uint8_t where[WF_MAX_KEY + 1];
	size_t where_n = place(table, key, n, where);
	wf_seal_value(&t->journal->seal, where, where_n, bytes, bytes_n, room);
	return 0;
}

int wf_txn_del(struct wf_txn *t, enum wf_table table, const void *key, size_t n)
{
	if (t->err)
		return t->err;
	return wf_txn_moved(t, wf_store_del(t->store, table, key, n, t->cause));
}

int wf_txn_add_key(struct wf_txn *t, const uint8_t *key, size_t n)
{
	if (t->err)
		return t->err;
	void *room;
	int rc = wf_store_put(t->store, WF_TABLE_INDEX, key, n, 0, &room, t->cause);
	return rc ? wf_txn_fail(t, rc) : 0;
}

int wf_txn_del_key(struct wf_txn *t, const uint8_t *key, size_t n)
{
	if (t->err)
		return t->err;
	int rc = wf_store_del(t->store, WF_TABLE_INDEX, key, n, t->cause);
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : 0;
}

void wf_txn_add_entry(void *txn, const struct wf_index_key *k)
{
	(void)wf_txn_add_key(txn, k->bytes, k->n);
}

void wf_txn_drop_entry(void *txn, const struct wf_index_key *k)
{
	(void)wf_txn_del_key(txn, k->bytes, k->n);
}

/* -- transactions -- */

static uint64_t last_serial;

static void txn_done(struct wf_txn *t)
{
	wf_free(t->records);
	wf_buf_done(&t->record_bytes);
}

static int finish(struct wf_txn *t, int rc)
{
	if (!rc)
		rc = t->err;
	if (!rc)
		rc = wf_txn_flush_history(t);
	if (!rc && t->counts_dirty) {
		wf_txn_store_counts(t);
		rc = t->err;
	}
	if (rc) {
		wf_store_abort(t->store);
		return rc;
	}
	wf_crash_here(WF_CRASH_JOURNAL_WRITTEN);
	rc = wf_store_commit(t->store, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	wf_crash_here(WF_CRASH_JOURNAL_COMMITTED);
	return 0;
}

int wf_journal_update(struct wf_journal *j, wf_txn_fn *fn, void *arg, struct wf_cause *cause)
{
	if (j->mode != WF_JOURNAL_WRITE)
		return wf_fail(cause, WF_EPERM, "%s is open for reading only", j->path);
	for (;;) {
		struct wf_txn t = {.journal = j, .cause = cause, .serial = ++last_serial,
			.write = true};
		int rc = wf_store_begin(j->store, true, &t.store, cause);
		if (rc)
			return rc;
		rc = finish(&t, fn(&t, arg, cause));
		bool again = t.again, essential = !t.took_in;
		txn_done(&t);
		if (!again)
			return rc;
		rc = wf_store_grow(j->store, essential, cause);
		if (rc)
			return rc;
	}
}

int wf_journal_view(struct wf_journal *j, wf_txn_fn *fn, void *arg, struct wf_cause *cause)
{
	struct wf_txn t = {.journal = j, .cause = cause, .serial = ++last_serial};
	int rc = wf_store_begin(j->store, false, &t.store, cause);
	if (rc)
		return rc;
	rc = fn(&t, arg, cause);
	if (!rc)
		rc = t.err;
	wf_store_abort(t.store);
	txn_done(&t);
	return rc;
}
