/*
 * Signals that were sent to an instance: a row each until it takes them. Of one that had an id a row stays
 * with that alone, so that the same signal sent again is known.
 */
#include "base/mem.h"
#include "journal/private.h"
#include "state/rows.h"

#include <string.h>

json_t *wf_signal_get(const void *bytes, size_t n)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	json_t *signal = wf_get_json(&r);
	if (signal && (r.bad || r.off != r.len || !json_is_object(signal))) {
		json_decref(signal);
		signal = NULL;
	}
	return signal;
}

static int store(struct wf_txn *t, uint64_t number, enum wf_row_kind kind, uint32_t seq,
	const json_t *signal)
{
	WF_AUTOBUF struct wf_buf row = {0};
	wf_put_json(&row, signal);
	return wf_txn_put_row(t, number, kind, seq, &row);
}

/* -- putting -- */

struct known {
	uint64_t number;
	uint32_t seq;
	bool found;
};

static bool take_known(void *arg, const uint8_t *key)
{
	struct known *k = arg;
	k->found = true;
	k->seq = wf_be32_at(key + 25);
	return false;
}

static int find_id(struct wf_txn *t, uint64_t number, const char *id, struct known *ret)
{
	struct wf_index_key from = wf_index_signal(&t->journal->seal, id, number, 0);
	return wf_txn_each_key(t, &from, 1 + 16 + 8, true, take_known, ret);
}

int wf_txn_signal_came(struct wf_txn *t, uint64_t number, const char *id, bool *ret)
{
	struct known known = {0};
	int rc = find_id(t, number, id, &known);
	*ret = known.found;
	return rc;
}

/* One more than the last of a kind of row; 0: there is none. */
static int behind_last(struct wf_txn *t, struct wf_cursor *c, uint64_t number, enum wf_row_kind kind,
	uint64_t *ret)
{
	struct wf_row_name name;
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, kind + 1, 0, key);
	int rc = wf_txn_moved(t, wf_cursor_seek_before(c, key, sizeof(key), t->cause));
	if (rc && rc != WF_ENOENT)
		return rc;
	bool there = !rc && wf_row_key_parse(c->key, c->key_n, &name) && name.number == number &&
		name.kind == kind;
	*ret = there ? (uint64_t)name.sub + 1 : 0;
	return 0;
}

static int next_seq(struct wf_txn *t, uint64_t number, uint32_t *ret)
{
	struct wf_cursor c;
	uint64_t kept = 0, taken = 0;
	int rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	rc = behind_last(t, &c, number, WF_ROW_SIGNAL, &kept);
	if (!rc)
		rc = behind_last(t, &c, number, WF_ROW_SIGNAL_TAKEN, &taken);
	wf_cursor_close(&c);
	if (rc)
		return rc;
	uint64_t next = kept > taken ? kept : taken;
	if (next > UINT32_MAX)
		return wf_txn_fail(t, wf_fail(t->cause, WF_ELIMIT, "#%llu was sent too many signals",
			(unsigned long long)number));
	*ret = (uint32_t)next;
	return 0;
}

int wf_txn_put_signal(struct wf_txn *t, uint64_t number, const json_t *signal, uint32_t *ret_seq)
{
	const char *id = json_string_value(json_object_get(signal, "id"));
	struct known known = {0};
	uint32_t seq = 0;
	int rc = wf_txn_instance_exists(t, number);
	if (!rc && id)
		rc = find_id(t, number, id, &known);
	if (!rc && known.found) {
		*ret_seq = known.seq;
		return WF_EEXIST;
	}
	if (!rc)
		rc = wf_txn_take_new(t);
	if (!rc)
		rc = wf_txn_load_counts(t);
	if (!rc)
		rc = next_seq(t, number, &seq);
	if (!rc)
		rc = store(t, number, WF_ROW_SIGNAL, seq, signal);
	if (rc)
		return rc;
	wf_signal_entries(&t->journal->seal, signal, number, seq, wf_txn_add_entry, t);
	t->counts.signals++;
	t->counts_dirty = true;
	*ret_seq = seq;
	return t->err;
}

/* -- taking -- */

int wf_txn_drop_signal(struct wf_txn *t, uint64_t number, uint32_t seq)
{
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_SIGNAL, seq, key);
	if (wf_txn_load_counts(t))
		return t->err;
	int rc = wf_txn_get_proved(t, WF_TABLE_INSTANCES, key, sizeof(key), &row);
	if (rc)
		return rc;
	json_t *signal = wf_signal_get(row.data, row.len);
	if (!signal)
		return wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key),
			"the signal cannot be read");
	rc = wf_txn_del(t, WF_TABLE_INSTANCES, key, sizeof(key));
	json_t *id = json_object_get(signal, "id");
	if (!rc && json_is_string(id)) {
		json_t *left = json_object();
		(void)json_object_set(left, "id", id);
		rc = store(t, number, WF_ROW_SIGNAL_TAKEN, seq, left);
		json_decref(left);
	}
	json_decref(signal);
	t->counts.signals--;
	t->counts_dirty = true;
	return rc;
}

struct signals {
	struct wf_txn *txn;
	bool (*fn)(void *, uint32_t, const json_t *);
	void *arg;
};

static bool give_row(void *arg, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct signals *x = arg;
	struct wf_row_name name;
	json_t *signal = wf_row_key_parse(at->key, at->key_n, &name) ?
		wf_signal_get(plain->data, plain->len) : NULL;
	if (!signal) {
		(void)wf_txn_corrupt(x->txn, at->table, at->key, at->key_n,
			"the signal cannot be read");
		return false;
	}
	bool more = x->fn(x->arg, name.sub, signal);
	json_decref(signal);
	return more;
}

int wf_txn_each_signal(struct wf_txn *t, uint64_t number,
	bool (*fn)(void *, uint32_t, const json_t *), void *arg)
{
	struct signals x = {t, fn, arg};
	struct wf_index_key from = {.n = WF_ROW_KEY};
	wf_row_key(number, WF_ROW_SIGNAL, 0, from.bytes);
	return wf_txn_each_row(t, WF_TABLE_INSTANCES, &from, WF_ROW_KEY - 4, give_row, &x);
}

struct first {
	const char *name;
	uint32_t seq;
	json_t *signal;
};

static bool take_first(void *arg, uint32_t seq, const json_t *signal)
{
	struct first *f = arg;
	const char *name = json_string_value(json_object_get(signal, "name"));
	if (!name || strcmp(name, f->name) != 0)
		return true;
	f->seq = seq;
	f->signal = json_deep_copy(signal);
	return false;
}

int wf_txn_first_signal(struct wf_txn *t, uint64_t number, const char *name, uint32_t *ret_seq,
	json_t **ret)
{
	struct first f = {.name = name};
	int rc = wf_txn_each_signal(t, number, take_first, &f);
	if (!rc && !f.signal)
		return WF_ENOENT;
	if (!rc) {
		*ret_seq = f.seq;
		*ret = f.signal;
	} else {
		json_decref(f.signal);
	}
	return rc;
}
