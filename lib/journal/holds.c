/* Holds: what keeps the workflows of a journal, or one of them, from beginning anything new. */
#include "base/mem.h"
#include "journal/private.h"
#include "state/rows.h"

#include <string.h>

enum { HO_WORKFLOW = 1, HO_BY = 2, HO_REASON = 4, HO_ALL = 7 };

void wf_hold_done(struct wf_hold *h)
{
	wf_free(h->workflow);
	wf_free(h->by);
	wf_free(h->reason);
	*h = (struct wf_hold){0};
}

void wf_hold_put(const struct wf_hold *h, struct wf_buf *out)
{
	wf_put_u8(out, (uint8_t)((h->workflow ? HO_WORKFLOW : 0) | (h->by ? HO_BY : 0) |
		(h->reason ? HO_REASON : 0)));
	wf_put_time(out, h->at, 0);
	if (h->workflow)
		wf_put_string(out, h->workflow);
	if (h->by)
		wf_put_string(out, h->by);
	if (h->reason)
		wf_put_string(out, h->reason);
}

int wf_hold_get(const void *bytes, size_t n, struct wf_hold *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_hold h = {0};
	unsigned mask = wf_get_u8(&r);
	h.at = wf_get_time(&r, 0);
	h.workflow = mask & HO_WORKFLOW ? wf_get_string(&r) : NULL;
	h.by = mask & HO_BY ? wf_get_string(&r) : NULL;
	h.reason = mask & HO_REASON ? wf_get_string(&r) : NULL;
	if (r.bad || r.off != r.len || mask > HO_ALL) {
		wf_hold_done(&h);
		return WF_ECORRUPT;
	}
	*ret = h;
	return 0;
}

void wf_hold_key(const struct wf_seal *s, const char *workflow, uint8_t ret[WF_HOLD_KEY])
{
	memset(ret, 0, WF_HOLD_KEY);
	ret[0] = WF_META_HOLD;
	if (workflow)
		wf_seal_hash(s, WF_META_HOLD, workflow, ret + 1, 16);
}

static int there(struct wf_txn *t, const char *workflow, bool *ret)
{
	uint8_t key[WF_HOLD_KEY];
	const uint8_t *value;
	size_t n;
	wf_hold_key(&t->journal->seal, workflow, key);
	int rc = wf_txn_moved(t, wf_store_get(t->store, WF_TABLE_META, key, sizeof(key), &value, &n,
		t->cause));
	if (rc == WF_ENOENT)
		rc = wf_txn_prove_missing(t, WF_TABLE_META, key, sizeof(key));
	if (rc && rc != WF_ENOENT)
		return rc;
	*ret = !rc;
	return 0;
}

int wf_txn_put_hold(struct wf_txn *t, const struct wf_hold *h)
{
	bool known = false;
	if (wf_txn_load_counts(t) || there(t, h->workflow, &known))
		return t->err;
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_HOLD_KEY];
	wf_hold_key(&t->journal->seal, h->workflow, key);
	wf_hold_put(h, &row);
	t->counts.holds += !known;
	t->counts_dirty = t->counts_dirty || !known;
	return wf_txn_put(t, WF_TABLE_META, key, sizeof(key), row.data, row.len);
}

int wf_txn_drop_hold(struct wf_txn *t, const char *workflow)
{
	uint8_t key[WF_HOLD_KEY];
	if (wf_txn_load_counts(t))
		return t->err;
	wf_hold_key(&t->journal->seal, workflow, key);
	int rc = wf_txn_del(t, WF_TABLE_META, key, sizeof(key));
	if (rc)
		return rc;
	t->counts.holds--;
	t->counts_dirty = true;
	return 0;
}

int wf_txn_is_held(struct wf_txn *t, const char *workflow, bool *ret)
{
	if (wf_txn_load_counts(t))
		return t->err;
	bool held = false;
	int rc = 0;
	if (t->counts.holds)
		rc = there(t, NULL, &held);
	if (!rc && t->counts.holds && !held && workflow)
		rc = there(t, workflow, &held);
	if (!rc)
		*ret = held;
	return rc;
}

struct holds {
	struct wf_txn *txn;
	bool (*fn)(void *, const struct wf_hold *);
	void *arg;
	uint64_t given;
	bool stopped;
};

static bool give_row(void *arg, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct holds *x = arg;
	struct wf_hold h;
	if (at->key_n != WF_HOLD_KEY || wf_hold_get(plain->data, plain->len, &h)) {
		(void)wf_txn_corrupt(x->txn, at->table, at->key, at->key_n, "the hold cannot be read");
		return false;
	}
	x->given++;
	x->stopped = !x->fn(x->arg, &h);
	wf_hold_done(&h);
	return !x->stopped;
}

int wf_txn_each_hold(struct wf_txn *t, bool (*fn)(void *, const struct wf_hold *), void *arg)
{
	struct holds x = {.txn = t, .fn = fn, .arg = arg};
	if (wf_txn_load_counts(t) || !t->counts.holds)
		return t->err;
	const struct wf_index_key from = {.bytes = {WF_META_HOLD}, .n = 1};
	int rc = wf_txn_each_row(t, WF_TABLE_META, &from, 1, give_row, &x);
	/* What a transaction has changed is not counted before it commits. */
	if (!rc && !x.stopped && !t->write && x.given != t->counts.holds)
		rc = wf_txn_corrupt(t, WF_TABLE_META, from.bytes, from.n,
			"there are not as many holds as were counted");
	return rc;
}
