/*
 * Events that were emitted, kept under number 0 of the instances' table until retention drops them, and
 * which of them an instance took.
 */
#include "base/mem.h"
#include "journal/private.h"
#include "state/rows.h"

#include <string.h>

enum { EV_DISPATCHED = 1, EV_ID = 2, EV_BY = 4, EV_DATA = 8, EV_ALL = 15 };

void wf_kept_event_done(struct wf_kept_event *e)
{
	wf_free(e->name);
	wf_free(e->id);
	wf_free(e->by);
	json_decref(e->data);
	*e = (struct wf_kept_event){0};
}

void wf_event_put(const struct wf_kept_event *e, struct wf_buf *out)
{
	wf_put_u8(out, (uint8_t)((e->dispatched ? EV_DISPATCHED : 0) | (e->id ? EV_ID : 0) |
		(e->by ? EV_BY : 0) | (e->data ? EV_DATA : 0)));
	wf_put_time(out, e->at, 0);
	wf_put_varint(out, e->taken);
	wf_put_string(out, e->name);
	if (e->id)
		wf_put_string(out, e->id);
	if (e->by)
		wf_put_string(out, e->by);
	if (e->data)
		wf_put_json(out, e->data);
}

int wf_event_get(const void *bytes, size_t n, uint64_t number, struct wf_kept_event *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_kept_event e = {.number = number};
	unsigned mask = wf_get_u8(&r);
	e.at = wf_get_time(&r, 0);
	e.taken = wf_get_varint(&r);
	e.dispatched = mask & EV_DISPATCHED;
	e.name = wf_get_string(&r);
	e.id = mask & EV_ID ? wf_get_string(&r) : NULL;
	e.by = mask & EV_BY ? wf_get_string(&r) : NULL;
	e.data = mask & EV_DATA ? wf_get_json(&r) : NULL;
	if (r.bad || r.off != r.len || mask > EV_ALL) {
		wf_kept_event_done(&e);
		return WF_ECORRUPT;
	}
	*ret = e;
	return 0;
}

static int store(struct wf_txn *t, const struct wf_kept_event *e)
{
	WF_AUTOBUF struct wf_buf row = {0};
	struct wf_index_key key = wf_own_key(WF_OWN_EVENT, e->number);
	wf_event_put(e, &row);
	return wf_txn_put_own(t, &key, &row);
}

/* -- one event -- */

static bool take_number(void *arg, const uint8_t *key)
{
	*(uint64_t *)arg = wf_be64_at(key + 17);
	return false;
}

int wf_txn_put_event(struct wf_txn *t, struct wf_kept_event *e, bool *ret_new)
{
	uint64_t known = 0;
	if (wf_txn_load_counts(t))
		return t->err;
	if (e->id) {
		struct wf_index_key from = wf_index_named(&t->journal->seal, WF_INDEX_EVENT_ID, e->id,
			0);
		if (wf_txn_each_key(t, &from, 1 + 16, true, take_number, &known))
			return t->err;
	}
	if (known) {
		e->number = known;
		*ret_new = false;
		return 0;
	}
	if (wf_txn_take_new(t))
		return t->err;
	e->number = t->counts.next_event++;
	t->counts.events++;
	t->counts.undispatched += !e->dispatched;
	t->counts_dirty = true;
	int rc = store(t, e);
	wf_event_entries(&t->journal->seal, e, wf_txn_add_entry, t);
	if (!rc)
		*ret_new = true;
	return rc ? rc : t->err;
}

int wf_txn_get_event(struct wf_txn *t, uint64_t number, struct wf_kept_event *ret)
{
	WF_AUTOBUF struct wf_buf row = {0};
	struct wf_index_key key = wf_own_key(WF_OWN_EVENT, number);
	int rc = wf_txn_get_proved(t, WF_TABLE_INSTANCES, key.bytes, key.n, &row);
	if (!rc && wf_event_get(row.data, row.len, number, ret))
		rc = wf_txn_corrupt(t, WF_TABLE_INSTANCES, key.bytes, key.n,
			"the event cannot be read");
	return rc;
}

int wf_txn_update_event(struct wf_txn *t, const struct wf_kept_event *e)
{
	struct wf_kept_event old;
	if (wf_txn_load_counts(t))
		return t->err;
	int rc = wf_txn_get_event(t, e->number, &old);
	if (rc)
		return rc;
	bool was = old.dispatched, changed = was != e->dispatched || old.taken != e->taken;
	old.dispatched = e->dispatched;
	old.taken = e->taken;
	if (changed)
		rc = store(t, &old);
	wf_kept_event_done(&old);
	if (was == e->dispatched)
		return rc;
	struct wf_index_key k = wf_index_plain(WF_INDEX_EVENT_TODO, e->number);
	(was ? wf_txn_add_entry : wf_txn_drop_entry)(t, &k);
	t->counts.undispatched += was ? 1 : UINT64_MAX;
	t->counts_dirty = true;
	return rc ? rc : t->err;
}

/* -- many -- */

struct events {
	struct wf_txn *txn;
	const char *name;       /* NULL: any */
	bool (*fn)(void *, const struct wf_kept_event *);
	void *arg;
	uint64_t given;
	bool stopped;
};

static bool give(struct events *s, const struct wf_kept_event *e)
{
	s->given++;
	s->stopped = !s->fn(s->arg, e) || s->txn->err;
	return !s->stopped;
}

static bool give_named(void *arg, const uint8_t *key)
{
	struct events *s = arg;
	struct wf_kept_event e;
	/* It was proved to be there. */
	if (wf_txn_get_event(s->txn, wf_be64_at(key + wf_index_number_at(key[0])), &e))
		return false;
	bool more = (s->name && strcmp(e.name, s->name) != 0) || give(s, &e);
	wf_kept_event_done(&e);
	return more;
}

static bool give_row(void *arg, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct events *s = arg;
	struct wf_kept_event e;
	if (at->key_n != WF_OWN_KEY + 8 ||
		wf_event_get(plain->data, plain->len, wf_be64_at(at->key + WF_OWN_KEY), &e)) {
		(void)wf_txn_corrupt(s->txn, at->table, at->key, at->key_n,
			"the event cannot be read");
		return false;
	}
	bool more = give(s, &e);
	wf_kept_event_done(&e);
	return more;
}

static int counted(const struct events *s, uint64_t all, const struct wf_index_key *from)
{
	/* What a transaction has changed is not counted before it commits. */
	if (s->stopped || s->txn->write || s->given == all)
		return 0;
	return wf_txn_corrupt(s->txn, WF_TABLE_INDEX, from->bytes, from->n,
		"there are not as many events as were counted");
}

int wf_txn_each_event(struct wf_txn *t, const char *name, uint64_t from,
	bool (*fn)(void *, const struct wf_kept_event *), void *arg)
{
	struct events s = {.txn = t, .name = name, .fn = fn, .arg = arg};
	if (wf_txn_load_counts(t))
		return t->err;
	if (name) {
		struct wf_index_key k = wf_index_named(&t->journal->seal, WF_INDEX_EVENT_NAME, name,
			from);
		return wf_txn_each_key(t, &k, 1 + 16, true, give_named, &s);
	}
	struct wf_index_key k = wf_own_key(WF_OWN_EVENT, from);
	int rc = wf_txn_each_row(t, WF_TABLE_INSTANCES, &k, WF_OWN_KEY, give_row, &s);
	return rc || from > 1 ? rc : counted(&s, t->counts.events, &k);
}

int wf_txn_each_undispatched(struct wf_txn *t, bool (*fn)(void *, const struct wf_kept_event *),
	void *arg)
{
	struct events s = {.txn = t, .fn = fn, .arg = arg};
	if (wf_txn_load_counts(t))
		return t->err;
	struct wf_index_key from = wf_index_plain(WF_INDEX_EVENT_TODO, 0);
	int rc = wf_txn_each_key(t, &from, 1, true, give_named, &s);
	return rc ? rc : counted(&s, t->counts.undispatched, &from);
}

/* -- retention -- */

struct dropping {
	struct wf_txn *txn;
	int64_t before;
	uint64_t most, dropped;
};

static bool drop_old(void *arg, const struct wf_kept_event *e)
{
	struct dropping *d = arg;
	struct wf_txn *t = d->txn;
	if (e->at >= d->before)
		return false;
	if (!e->dispatched)
		return true;
	struct wf_index_key key = wf_own_key(WF_OWN_EVENT, e->number);
	if (wf_txn_del(t, WF_TABLE_INSTANCES, key.bytes, key.n))
		return false;
	wf_event_entries(&t->journal->seal, e, wf_txn_drop_entry, t);
	t->counts.events--;
	t->counts_dirty = true;
	return ++d->dropped != d->most;
}

int wf_txn_drop_events(struct wf_txn *t, int64_t before, uint64_t most, uint64_t *ret_dropped)
{
	struct dropping d = {.txn = t, .before = before, .most = most};
	int rc = wf_txn_each_event(t, NULL, 0, drop_old, &d);
	if (!rc)
		*ret_dropped = d.dropped;
	return rc;
}

/* -- which of them an instance took -- */

int wf_txn_take_event(struct wf_txn *t, uint64_t number, uint64_t event)
{
	const struct wf_buf none = {0};
	int rc = wf_txn_instance_exists(t, number);
	return rc ? rc : wf_txn_put_row(t, number, WF_ROW_TAKEN, (uint32_t)event, &none);
}

int wf_txn_has_taken(struct wf_txn *t, uint64_t number, uint64_t event, bool *ret)
{
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_TAKEN, (uint32_t)event, key);
	int rc = wf_txn_get_proved(t, WF_TABLE_INSTANCES, key, sizeof(key), &row);
	if (rc && rc != WF_ENOENT)
		return rc;
	*ret = !rc;
	return 0;
}
