/* Schedules: their rows under number 0 of the instances' table, by name and by when they are due. */
#include "base/mem.h"
#include "journal/private.h"
#include "state/rows.h"

#include <string.h>

/* -- rows -- */

enum {
	SC_PAUSED = 1,
	SC_VERSION = 2,
	SC_BY = 4,
	SC_NEXT_AT = 8,
	SC_NEXT_NOMINAL = 16,
	SC_LAST_NOMINAL = 32,
	SC_FIRED = 64,
	SC_MISSED = 128,
	SC_RECENT = 256,
	SC_ALL = 511
};

void wf_schedule_done(struct wf_schedule *s)
{
	wf_free(s->name);
	wf_free(s->workflow);
	wf_free(s->version);
	wf_free(s->source);
	wf_free(s->by);
	json_decref(s->spec);
	json_decref(s->recent);
	*s = (struct wf_schedule){0};
}

void wf_schedule_put(const struct wf_schedule *s, struct wf_buf *out)
{
	unsigned mask = (s->paused ? SC_PAUSED : 0u) | (s->version ? SC_VERSION : 0u) |
		(s->by ? SC_BY : 0u) | (s->next_at ? SC_NEXT_AT : 0u) |
		(s->next_nominal ? SC_NEXT_NOMINAL : 0u) |
		(s->last_nominal ? SC_LAST_NOMINAL : 0u) | (s->fired ? SC_FIRED : 0u) |
		(s->missed ? SC_MISSED : 0u) | (s->recent ? SC_RECENT : 0u);
	wf_put_varint(out, mask);
	wf_put_time(out, s->created_at, 0);
	wf_put_time(out, s->updated_at, s->created_at);
	wf_put_time(out, s->since, s->created_at);
	wf_put_string(out, s->name);
	wf_put_string(out, s->workflow);
	wf_put_string(out, s->source);
	wf_put_json(out, s->spec);
	if (s->version)
		wf_put_string(out, s->version);
	if (s->by)
		wf_put_string(out, s->by);
	if (s->next_at)
		wf_put_time(out, s->next_at, s->since);
	if (s->next_nominal)
		wf_put_time(out, s->next_nominal, s->since);
	if (s->last_nominal)
		wf_put_time(out, s->last_nominal, s->since);
	if (s->fired)
		wf_put_varint(out, s->fired);
	if (s->missed)
		wf_put_varint(out, s->missed);
	if (s->recent)
		wf_put_json(out, s->recent);
}

int wf_schedule_get(const void *bytes, size_t n, uint64_t id, struct wf_schedule *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_schedule s = {.id = id};
	uint64_t mask = wf_get_varint(&r);
	s.paused = mask & SC_PAUSED;
	s.created_at = wf_get_time(&r, 0);
	s.updated_at = wf_get_time(&r, s.created_at);
	s.since = wf_get_time(&r, s.created_at);
	s.name = wf_get_string(&r);
	s.workflow = wf_get_string(&r);
	s.source = wf_get_string(&r);
	s.spec = wf_get_json(&r);
	s.version = mask & SC_VERSION ? wf_get_string(&r) : NULL;
	s.by = mask & SC_BY ? wf_get_string(&r) : NULL;
	s.next_at = mask & SC_NEXT_AT ? wf_get_time_nonzero(&r, s.since) : 0;
	s.next_nominal = mask & SC_NEXT_NOMINAL ? wf_get_time_nonzero(&r, s.since) : 0;
	s.last_nominal = mask & SC_LAST_NOMINAL ? wf_get_time_nonzero(&r, s.since) : 0;
	s.fired = mask & SC_FIRED ? wf_get_varint(&r) : 0;
	s.missed = mask & SC_MISSED ? wf_get_varint(&r) : 0;
	s.recent = mask & SC_RECENT ? wf_get_json(&r) : NULL;
	if (r.bad || r.off != r.len || mask > SC_ALL || !!s.fired != !!(mask & SC_FIRED) ||
		!!s.missed != !!(mask & SC_MISSED)) {
		wf_schedule_done(&s);
		return WF_ECORRUPT;
	}
	*ret = s;
	return 0;
}

/* -- one schedule -- */

int wf_txn_get_schedule(struct wf_txn *t, uint64_t id, struct wf_schedule *ret)
{
	WF_AUTOBUF struct wf_buf row = {0};
	struct wf_index_key key = wf_own_key(WF_OWN_SCHEDULE, id);
	int rc = wf_txn_get_proved(t, WF_TABLE_INSTANCES, key.bytes, key.n, &row);
	if (!rc && wf_schedule_get(row.data, row.len, id, ret))
		rc = wf_txn_corrupt(t, WF_TABLE_INSTANCES, key.bytes, key.n,
			"the schedule cannot be read");
	return rc;
}

static bool take_id(void *arg, const uint8_t *key)
{
	*(uint64_t *)arg = wf_be64_at(key + 17);
	return false;
}

/* 0: none has that name. */
static int id_of(struct wf_txn *t, const char *name, uint64_t *ret)
{
	*ret = 0;
	struct wf_index_key from = wf_index_named(&t->journal->seal, WF_INDEX_SCHEDULE_NAME, name, 0);
	return wf_txn_each_key(t, &from, 1 + 16, true, take_id, ret);
}

static int store(struct wf_txn *t, const struct wf_schedule *s)
{
	WF_AUTOBUF struct wf_buf row = {0};
	struct wf_index_key key = wf_own_key(WF_OWN_SCHEDULE, s->id);
	wf_schedule_put(s, &row);
	return wf_txn_put_own(t, &key, &row);
}

int wf_txn_put_schedule(struct wf_txn *t, struct wf_schedule *s)
{
	struct wf_schedule old = {0};
	uint64_t other;
	if (wf_txn_load_counts(t) || id_of(t, s->name, &other))
		return t->err;
	if (other && other != s->id)
		return wf_fail(t->cause, WF_EEXIST, "there is a schedule %.100s already", s->name);
	int rc = s->id ? wf_txn_get_schedule(t, s->id, &old) : wf_txn_take_new(t);
	if (rc)
		return rc;
	if (s->id) {
		wf_schedule_entries(&t->journal->seal, &old, wf_txn_drop_entry, t);
		wf_schedule_done(&old);
	} else {
		s->id = t->counts.next_schedule++;
		t->counts.schedules++;
		t->counts_dirty = true;
	}
	(void)store(t, s);
	wf_schedule_entries(&t->journal->seal, s, wf_txn_add_entry, t);
	return t->err;
}

int wf_txn_drop_schedule(struct wf_txn *t, uint64_t id)
{
	struct wf_schedule old;
	if (wf_txn_load_counts(t))
		return t->err;
	int rc = wf_txn_get_schedule(t, id, &old);
	if (rc)
		return rc;
	struct wf_index_key key = wf_own_key(WF_OWN_SCHEDULE, id);
	rc = wf_txn_del(t, WF_TABLE_INSTANCES, key.bytes, key.n);
	wf_schedule_entries(&t->journal->seal, &old, wf_txn_drop_entry, t);
	wf_schedule_done(&old);
	t->counts.schedules--;
	t->counts_dirty = true;
	return rc ? rc : t->err;
}

static bool parse_id(const char *text, uint64_t *ret)
{
	uint64_t id = 0;
	text += *text == '#';
	if (!*text)
		return false;
	for (; *text; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(id, 10u, &id) ||
			__builtin_add_overflow(id, (uint64_t)(*text - '0'), &id))
			return false;
	*ret = id;
	return true;
}

int wf_txn_find_schedule(struct wf_txn *t, const char *text, struct wf_schedule *ret)
{
	uint64_t id;
	int rc = id_of(t, text, &id);
	if (!rc && !id && !parse_id(text, &id))
		id = 0;
	if (!rc)
		rc = id ? wf_txn_get_schedule(t, id, ret) : WF_ENOENT;
	if (rc == WF_ENOENT) {
		(void)wf_fail(t->cause, rc, "there is no schedule %.100s", text);
		wf_fail_hint(t->cause, "wfctl schedule ls lists them");
	}
	return rc;
}

/* -- many -- */

struct schedules {
	struct wf_txn *txn;
	bool (*fn)(void *, const struct wf_schedule *);
	void *arg;
	uint64_t given;
	bool stopped;
};

static bool give_row(void *arg, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct schedules *x = arg;
	struct wf_schedule s;
	if (at->key_n != WF_OWN_KEY + 8 ||
		wf_schedule_get(plain->data, plain->len, wf_be64_at(at->key + WF_OWN_KEY), &s)) {
		(void)wf_txn_corrupt(x->txn, at->table, at->key, at->key_n,
			"the schedule cannot be read");
		return false;
	}
	x->given++;
	x->stopped = !x->fn(x->arg, &s);
	wf_schedule_done(&s);
	return !x->stopped;
}

int wf_txn_each_schedule(struct wf_txn *t, bool (*fn)(void *, const struct wf_schedule *), void *arg)
{
	struct schedules x = {.txn = t, .fn = fn, .arg = arg};
	if (wf_txn_load_counts(t) || !t->counts.schedules)
		return t->err;
	struct wf_index_key from = wf_own_key(WF_OWN_SCHEDULE, 0);
	int rc = wf_txn_each_row(t, WF_TABLE_INSTANCES, &from, WF_OWN_KEY, give_row, &x);
	/* What a transaction has changed is not counted before it commits. */
	if (!rc && !x.stopped && !t->write && x.given != t->counts.schedules)
		rc = wf_txn_corrupt(t, WF_TABLE_INSTANCES, from.bytes, from.n,
			"there are not as many schedules as were counted");
	return rc;
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

int wf_txn_each_schedule_due(struct wf_txn *t, int64_t until, bool (*fn)(void *, uint64_t, int64_t),
	void *arg)
{
	struct due d = {until, fn, arg};
	if (wf_txn_load_counts(t) || !t->counts.schedules)
		return t->err;
	struct wf_index_key from = wf_index_timer(WF_INDEX_SCHEDULE_DUE, INT64_MIN, 0);
	return wf_txn_each_key(t, &from, 1, true, give_due, &d);
}
