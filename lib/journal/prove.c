/*
 * Keys are not sealed, values are sealed with their keys. What an index entry says is proved by the row that
 * it names, a row by being opened; and so are the two that stand on either side of a range, since one that is
 * missing may have been changed into one of those.
 */
#include "base/mem.h"
#include "journal/private.h"

#include <string.h>

/* Kinds that the identity and the header of an instance know. */
#define OF_HEADER (1u << WF_INDEX_STATUS | 1u << WF_INDEX_SLOT_HELD | 1u << WF_INDEX_SLOT_QUEUED | 1u << WF_INDEX_EXPIRY)

struct wanted {
	const struct wf_cursor *at;
	bool found;
};

static void match(void *arg, const struct wf_index_key *k)
{
	struct wanted *w = arg;
	if (k->n == w->at->key_n && memcmp(k->bytes, w->at->key, k->n) == 0)
		w->found = true;
}

static int unproved(struct wf_txn *t, const struct wf_cursor *at, const char *what)
{
	return wf_txn_corrupt(t, at->table, at->key, at->key_n, what);
}

static int of_instance(struct wf_txn *t, const struct wf_cursor *at, struct wf_cursor *rows,
	enum wf_load what, struct wf_instance **ret)
{
	struct wf_instance *in;
	bool index = at->table == WF_TABLE_INDEX;
	size_t number_at = index ? wf_index_number_at(at->key[0]) : 0;
	int rc = wf_txn_load_at(t, rows, wf_be64_at(at->key + number_at), what, &in);
	if (rc == WF_ENOENT)
		return unproved(t, at, "it names an instance that is not there");
	if (rc)
		return rc;
	struct wanted w = {at, !index};
	if (index)
		wf_each_entry(&t->journal->seal, in, 1u << at->key[0], match, &w);
	if (!w.found) {
		wf_instance_free(in);
		return unproved(t, at, "it names an instance of which it does not hold");
	}
	*ret = in;
	return 0;
}

int wf_txn_load_named(struct wf_txn *t, const struct wf_cursor *at, struct wf_cursor *rows,
	struct wf_instance **ret)
{
	return of_instance(t, at, rows, WF_LOAD_HEADER, ret);
}

/* What an instance is called its identity says alone, and the beginning of that: what it carries besides may
 * be large. */
static int prove_name(struct wf_txn *t, const struct wf_cursor *at)
{
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_ROW_KEY];
	uint64_t number = wf_be64_at(at->key + wf_index_number_at(at->key[0]));
	wf_row_key(number, WF_ROW_IDENTITY, 0, key);
	int rc = wf_txn_get(t, WF_TABLE_INSTANCES, key, sizeof(key), &row);
	if (rc == WF_ENOENT)
		return unproved(t, at, "it names an instance that is not there");
	if (rc)
		return rc;
	struct wf_instance *in = wf_instance_new(0);
	struct wanted w = {at, false};
	in->number = number;
	rc = wf_row_get_names(row.data, row.len, in);
	if (rc)
		rc = wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key), "the row cannot be read");
	else
		wf_each_entry(&t->journal->seal, in, 1u << at->key[0], match, &w);
	wf_instance_free(in);
	if (rc || w.found)
		return rc;
	return unproved(t, at, "it names an instance of which it does not hold");
}

static int prove_instance(struct wf_txn *t, const struct wf_cursor *at)
{
	struct wf_cursor rows;
	struct wf_instance *in;
	int rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &rows, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	rc = of_instance(t, at, &rows, OF_HEADER >> at->key[0] & 1 ? WF_LOAD_HEADER : WF_LOAD_ALL,
		&in);
	if (!rc)
		wf_instance_free(in);
	wf_cursor_close(&rows);
	return rc;
}

/* The step's row alone: whether its instance has ended is another's to say. */
static int prove_waiter(struct wf_txn *t, const struct wf_cursor *at)
{
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_ROW_KEY];
	wf_row_key(wf_be64_at(at->key + 9), WF_ROW_STEP, wf_be32_at(at->key + 17), key);
	int rc = wf_txn_get(t, WF_TABLE_INSTANCES, key, sizeof(key), &row);
	if (rc && rc != WF_ENOENT)
		return rc;
	struct wf_instance *in = wf_instance_new(1);
	bool same = !rc && !wf_row_get_step(row.data, row.len, in->steps) &&
		wf_step_waiter(&t->journal->seal, in, in->steps) == wf_be64_at(at->key + 1);
	wf_instance_free(in);
	return same ? 0 : unproved(t, at, "it names a step that waits for something else");
}

static int prove_signal(struct wf_txn *t, const struct wf_cursor *at)
{
	static const enum wf_row_kind places[] = {WF_ROW_SIGNAL, WF_ROW_SIGNAL_TAKEN};
	uint64_t number = wf_be64_at(at->key + 17);
	uint32_t seq = wf_be32_at(at->key + 25);
	struct wanted w = {at, false};
	for (size_t i = 0; i < 2 && !w.found; i++) {
		WF_AUTOBUF struct wf_buf row = {0};
		uint8_t key[WF_ROW_KEY];
		wf_row_key(number, places[i], seq, key);
		int rc = wf_txn_get(t, WF_TABLE_INSTANCES, key, sizeof(key), &row);
		if (rc && rc != WF_ENOENT)
			return rc;
		json_t *signal = rc ? NULL : wf_signal_get(row.data, row.len);
		wf_signal_entries(&t->journal->seal, signal, number, seq, match, &w);
		json_decref(signal);
	}
	return w.found ? 0 : unproved(t, at, "it names a signal that has another id");
}

static int prove_event(struct wf_txn *t, const struct wf_cursor *at)
{
	struct wf_kept_event e;
	struct wanted w = {at, false};
	int rc = wf_txn_get_event(t, wf_be64_at(at->key + at->key_n - 8), &e);
	if (rc && rc != WF_ENOENT)
		return rc;
	if (!rc) {
		wf_event_entries(&t->journal->seal, &e, match, &w);
		wf_kept_event_done(&e);
	}
	return w.found ? 0 : unproved(t, at, "it names an event of which it does not hold");
}

static int prove_schedule(struct wf_txn *t, const struct wf_cursor *at)
{
	struct wf_schedule s;
	struct wanted w = {at, false};
	int rc = wf_txn_get_schedule(t, wf_be64_at(at->key + at->key_n - 8), &s);
	if (rc && rc != WF_ENOENT)
		return rc;
	if (!rc) {
		wf_schedule_entries(&t->journal->seal, &s, match, &w);
		wf_schedule_done(&s);
	}
	return w.found ? 0 : unproved(t, at, "it names a schedule of which it does not hold");
}

/* Its form has been looked at already. */
static int prove_form(struct wf_txn *t, const struct wf_cursor *at)
{
	(void)at;
	return t->err;
}

int wf_txn_prove_entry(struct wf_txn *t, const struct wf_cursor *at)
{
	static int (*const proofs[WF_INDEX_END_])(struct wf_txn *, const struct wf_cursor *) = {
		[WF_INDEX_STATUS] = prove_instance,
		[WF_INDEX_WORKFLOW] = prove_name,
		[WF_INDEX_CORRELATION] = prove_name,
		[WF_INDEX_CREATED] = prove_name,
		[WF_INDEX_UUID] = prove_name,
		[WF_INDEX_TIMER] = prove_form,
		[WF_INDEX_OPEN_APPROVAL] = prove_form,
		[WF_INDEX_APPROVAL] = prove_form,
		[WF_INDEX_START_KEY] = prove_name,
		[WF_INDEX_SLOT_HELD] = prove_instance,
		[WF_INDEX_SLOT_QUEUED] = prove_instance,
		[WF_INDEX_SIGNAL_ID] = prove_signal,
		[WF_INDEX_WAITER] = prove_waiter,
		[WF_INDEX_HELD_BACK] = prove_instance,
		[WF_INDEX_EVENT_TODO] = prove_event,
		[WF_INDEX_EVENT_NAME] = prove_event,
		[WF_INDEX_EVENT_ID] = prove_event,
		[WF_INDEX_SCHEDULE_DUE] = prove_schedule,
		[WF_INDEX_SCHEDULE_NAME] = prove_schedule,
		[WF_INDEX_EXPIRY] = prove_instance,
		[WF_INDEX_DEADLINE] = prove_form,
	};
	if (at->table != WF_TABLE_INDEX)
		return 0;
	size_t length = wf_index_key_length(at->key[0]);
	if (!length || at->key_n != length)
		return unproved(t, at, "no entry has this key");
	return proofs[at->key[0]](t, at);
}

/* The next entry. A write may have changed the page under the cursor since one was given out. */
static int go_on(struct wf_txn *t, struct wf_cursor *c, bool given)
{
	if (!t->write || !given)
		return wf_cursor_next(c, t->cause);
	uint8_t after[WF_MAX_KEY + 1] = {0};
	memcpy(after, c->key, c->key_n);
	return wf_cursor_seek(c, after, c->key_n + 1, t->cause);
}

static bool pass_none(void *arg, const uint8_t *key)
{
	(void)arg;
	(void)key;
	return false;
}

int wf_txn_each_key(struct wf_txn *t, const struct wf_index_key *from, size_t shared, bool prove,
	bool (*fn)(void *, const uint8_t *key), void *arg)
{
	return wf_txn_each_key_but(t, from, shared, prove, pass_none, fn, arg);
}

int wf_txn_each_key_but(struct wf_txn *t, const struct wf_index_key *from, size_t shared, bool prove,
	bool (*pass)(void *, const uint8_t *key), bool (*fn)(void *, const uint8_t *key), void *arg)
{
	if (t->err)
		return t->err;
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, WF_TABLE_INDEX, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	/* By way of the entry before: a page between the two that is damaged would be passed over. */
	rc = wf_cursor_seek_before(&c, from->bytes, from->n, t->cause);
	if (!rc && prove)
		rc = wf_txn_prove_entry(t, &c);
	if (!rc || rc == WF_ENOENT)
		rc = wf_cursor_seek(&c, from->bytes, from->n, t->cause);
	while (!rc) {
		bool within = memcmp(c.key, from->bytes, shared) == 0, given = true;
		/* Also the one that the range ends at: it may have been of the range. */
		if (c.key_n != wf_index_key_length(c.key[0]))
			rc = unproved(t, &c, "no entry has this key");
		else if (within && pass(arg, c.key))
			given = false;
		else if (prove)
			rc = wf_txn_prove_entry(t, &c);
		if (rc || t->err || !within || (given && (!fn(arg, c.key) || t->err)))
			break;
		rc = go_on(t, &c, given);
	}
	wf_cursor_close(&c);
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : t->err;
}

/* -- rows -- */

/* That the row has the key that it was sealed with; what it holds is of no interest. */
static int open_neighbour(struct wf_txn *t, const struct wf_cursor *c, struct wf_buf *plain)
{
	if (c->table == WF_TABLE_META && c->key_n == 1 && c->key[0] == WF_META_HEADER)
		return 0; /* not sealed, and proved when the journal was opened */
	wf_buf_reset(plain);
	return wf_txn_open_at(t, c, plain);
}

int wf_txn_each_row(struct wf_txn *t, enum wf_table table, const struct wf_index_key *from,
	size_t shared, wf_row_fn *fn, void *arg)
{
	if (t->err)
		return t->err;
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, table, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	WF_AUTOBUF struct wf_buf plain = {0};
	rc = wf_cursor_seek_before(&c, from->bytes, from->n, t->cause);
	if (!rc)
		rc = open_neighbour(t, &c, &plain);
	if (!rc || rc == WF_ENOENT)
		rc = wf_cursor_seek(&c, from->bytes, from->n, t->cause);
	while (!rc) {
		rc = open_neighbour(t, &c, &plain);
		bool within = c.key_n >= shared && memcmp(c.key, from->bytes, shared) == 0;
		if (rc || !within || !fn(arg, &c, &plain) || t->err)
			break;
		rc = go_on(t, &c, true);
	}
	wf_cursor_close(&c);
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : t->err;
}

int wf_txn_get_proved(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	struct wf_buf *out)
{
	int rc = wf_txn_get(t, table, key, n, out);
	return rc == WF_ENOENT ? wf_txn_prove_missing(t, table, key, n) : rc;
}

int wf_txn_prove_missing(struct wf_txn *t, enum wf_table table, const void *key, size_t n)
{
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, table, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	WF_AUTOBUF struct wf_buf plain = {0};
	rc = wf_cursor_seek(&c, key, n, t->cause);
	if (!rc)
		rc = open_neighbour(t, &c, &plain);
	if (!rc || rc == WF_ENOENT)
		rc = wf_cursor_seek_before(&c, key, n, t->cause);
	if (!rc)
		rc = open_neighbour(t, &c, &plain);
	wf_cursor_close(&c);
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : WF_ENOENT;
}
