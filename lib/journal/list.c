/*
 * Many instances by a filter, through the index that gives the fewest. Each entry is proved (prove.c), so
 * are those on either side of the range, and where a counter knows how many there are, they are counted.
 */
#include "journal/private.h"

#include <string.h>

/* A range of keys whose last 8 bytes are the instance's number (of `index`), or that begin with it (of
 * `instances`): keys from low on, below high. */
struct scan {
	enum wf_table table;
	struct wf_index_key low, high;
	uint64_t all;   /* entries in the range, where a counter says so; UINT64_MAX */
};

static struct wf_index_key above(struct wf_index_key k)
{
	/* The least key that is longer: everything up to and with k is below it. */
	k.bytes[k.n++] = 0;
	return k;
}

static uint64_t instances_counted(const struct wf_txn *t)
{
	uint64_t all = 0;
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		all += t->counts.by_status[i];
	return all;
}

static bool beats(const struct wf_txn *t, const struct wf_filter *f)
{
	/* Both a status and a workflow are asked for: a rare status is the shorter list. */
	return t->counts.by_status[f->status] <= instances_counted(t) / 8;
}

static bool status_given(const struct wf_filter *f)
{
	return f->status >= 0 && f->status < WF_INST_COUNT_;
}

static struct scan range(enum wf_table table, struct wf_index_key low, struct wf_index_key high)
{
	return (struct scan){.table = table, .low = low, .high = high, .all = UINT64_MAX};
}

static struct scan all_instances(const struct wf_txn *t, uint64_t below)
{
	struct wf_index_key low = {.n = WF_ROW_KEY}, high = {.n = WF_ROW_KEY};
	wf_row_key(1, WF_ROW_IDENTITY, 0, low.bytes);
	wf_row_key(below, WF_ROW_IDENTITY, 0, high.bytes);
	struct scan s = range(WF_TABLE_INSTANCES, low, high);
	if (below == UINT64_MAX)
		s.all = instances_counted(t);
	return s;
}

static struct scan plan_scan(const struct wf_txn *t, const struct wf_filter *f)
{
	uint64_t below = f->below ? f->below : UINT64_MAX;
	const struct wf_seal *seal = &t->journal->seal;
	struct scan s;
	if (f->correlation_id) {
		s = range(WF_TABLE_INDEX, wf_index_correlation(seal, f->correlation_id, 0),
			wf_index_correlation(seal, f->correlation_id, below));
	} else if (f->workflow && !(status_given(f) && beats(t, f))) {
		s = range(WF_TABLE_INDEX, wf_index_workflow(seal, f->workflow, 0),
			wf_index_workflow(seal, f->workflow, below));
	} else if (status_given(f)) {
		enum wf_instance_status status = (enum wf_instance_status)f->status;
		s = range(WF_TABLE_INDEX, wf_index_status(status, 0),
			wf_index_status(status, below));
		if (!f->below)
			s.all = t->counts.by_status[status];
	} else if (f->since || f->until) {
		s = range(WF_TABLE_INDEX,
			wf_index_created(f->since ? f->since : INT64_MIN, 0),
			above(wf_index_created(f->until ? f->until : INT64_MAX, UINT64_MAX)));
	} else {
		s = all_instances(t, below);
	}
	return s;
}

static int compare(const uint8_t *a, size_t an, const struct wf_index_key *b)
{
	int d = memcmp(a, b->bytes, an < b->n ? an : b->n);
	return d ? d : an < b->n ? -1 : an > b->n;
}

static uint64_t number_at(const struct wf_cursor *c)
{
	return wf_be64_at(c->table == WF_TABLE_INDEX ? c->key + c->key_n - 8 : c->key);
}

/* The next instance of a scan. In `instances` the other rows of one are stepped over. */
static int step(struct wf_txn *t, struct wf_cursor *c, bool up, uint64_t number)
{
	if (c->table == WF_TABLE_INDEX)
		return up ? wf_cursor_next(c, t->cause) : wf_cursor_prev(c, t->cause);
	uint8_t key[WF_ROW_KEY];
	wf_row_key(up ? number + 1 : number, WF_ROW_IDENTITY, 0, key);
	return up ? wf_cursor_seek(c, key, sizeof(key), t->cause) :
		wf_cursor_seek_before(c, key, sizeof(key), t->cause);
}

static bool same(const char *wanted, const char *is)
{
	return !wanted || (is && strcmp(wanted, is) == 0);
}

static bool matches(const struct wf_filter *f, const struct wf_instance *in)
{
	return (!status_given(f) || in->status == (enum wf_instance_status)f->status) &&
		same(f->workflow, in->workflow) && same(f->correlation_id, in->correlation_id) &&
		(!f->parent || in->parent == f->parent) &&
		(!f->since || in->created_at >= f->since) &&
		(!f->until || in->created_at <= f->until) && (!f->below || in->number < f->below);
}

/* To the first entry, by way of the one before it. */
static int enter(struct wf_txn *t, const struct scan *s, bool up, struct wf_cursor *at)
{
	const struct wf_index_key *end = up ? &s->low : &s->high;
	if (s->table == WF_TABLE_INDEX) {
		int rc = up ? wf_cursor_seek_before(at, end->bytes, end->n, t->cause) :
			wf_cursor_seek(at, end->bytes, end->n, t->cause);
		if (!rc)
			rc = wf_txn_prove_entry(t, at);
		if (rc && rc != WF_ENOENT)
			return rc;
	}
	return up ? wf_cursor_seek(at, end->bytes, end->n, t->cause) :
		wf_cursor_seek_before(at, end->bytes, end->n, t->cause);
}

static int run_scan(struct wf_txn *t, const struct wf_filter *f, const struct scan *s,
	struct wf_cursor *at, struct wf_cursor *rows,
	bool (*fn)(void *, const struct wf_instance *), void *arg)
{
	uint64_t given = 0, seen = 0;
	bool up = f->oldest_first;
	int rc = enter(t, s, up, at);
	while (!rc) {
		if (up ? compare(at->key, at->key_n, &s->high) >= 0 :
			compare(at->key, at->key_n, &s->low) < 0) {
			rc = wf_txn_prove_entry(t, at);
			break;
		}
		uint64_t number = number_at(at);
		struct wf_instance *in = NULL;
		rc = wf_txn_load_named(t, at, rows, &in);
		if (rc)
			return rc;
		bool go_on = true;
		seen++;
		if (matches(f, in)) {
			go_on = fn(arg, in);
			given++;
		}
		wf_instance_free(in);
		if (!go_on || (f->limit && given >= f->limit))
			return 0;
		rc = step(t, at, up, number);
	}
	if (rc && rc != WF_ENOENT)
		return wf_txn_fail(t, rc);
	/* What a transaction has changed is not counted before it commits. */
	if (s->all != UINT64_MAX && seen != s->all && !t->write)
		return wf_txn_corrupt(t, s->table, s->low.bytes, s->low.n,
			"from there on are not as many entries as were counted");
	return 0;
}

int wf_txn_each_instance(struct wf_txn *t, const struct wf_filter *filter,
	bool (*fn)(void *, const struct wf_instance *header), void *arg)
{
	if (wf_txn_load_counts(t))
		return t->err;
	struct scan s = plan_scan(t, filter);
	struct wf_cursor at = {0}, rows = {0};
	int rc = wf_cursor_open(t->store, s.table, &at, t->cause);
	if (!rc)
		rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &rows, t->cause);
	rc = rc ? wf_txn_fail(t, rc) : run_scan(t, filter, &s, &at, &rows, fn, arg);
	wf_cursor_close(&at);
	wf_cursor_close(&rows);
	return rc;
}

int wf_txn_count(struct wf_txn *t, uint64_t ret[WF_INST_COUNT_])
{
	if (wf_txn_load_counts(t))
		return t->err;
	memcpy(ret, t->counts.by_status, sizeof(t->counts.by_status));
	return 0;
}
