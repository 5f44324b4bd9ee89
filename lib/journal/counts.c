/* The counters: one sealed record, read and written once a commit, so that numbers need no counting. */
#include "journal/private.h"

#include <stddef.h>

/* What version 2 has behind the statuses, in its order. A list that is shorter means the first values. */
static const size_t later[] = {
	offsetof(struct wf_counts, next_event),
	offsetof(struct wf_counts, next_schedule),
	offsetof(struct wf_counts, intrusions),
	offsetof(struct wf_counts, holds),
	offsetof(struct wf_counts, events),
	offsetof(struct wf_counts, undispatched),
	offsetof(struct wf_counts, signals),
	offsetof(struct wf_counts, schedules),
};
#define LATER (sizeof(later) / sizeof(later[0]))

struct wf_counts wf_counts_first(void)
{
	return (struct wf_counts){.next_instance = 1, .next_approval = 1, .next_event = 1,
		.next_schedule = 1};
}

void wf_counts_put(const struct wf_counts *c, struct wf_buf *out)
{
	wf_put_varint(out, c->next_instance);
	wf_put_varint(out, c->next_approval);
	wf_put_varint(out, c->history);
	wf_put_varint(out, c->timers);
	wf_put_varint(out, c->approvals);
	wf_put_varint(out, c->open_approvals);
	wf_put_varint(out, WF_INST_COUNT_);
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		wf_put_varint(out, c->by_status[i]);
	wf_put_varint(out, LATER);
	for (size_t i = 0; i < LATER; i++)
		wf_put_varint(out, *(const uint64_t *)(const void *)((const char *)c + later[i]));
}

int wf_counts_get(const void *bytes, size_t n, struct wf_counts *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_counts c = wf_counts_first();
	c.next_instance = wf_get_varint(&r);
	c.next_approval = wf_get_varint(&r);
	c.history = wf_get_varint(&r);
	c.timers = wf_get_varint(&r);
	c.approvals = wf_get_varint(&r);
	c.open_approvals = wf_get_varint(&r);
	uint64_t statuses = wf_get_varint(&r);
	if (statuses > WF_INST_COUNT_)
		return WF_ECORRUPT;
	for (unsigned i = 0; i < statuses; i++)
		c.by_status[i] = wf_get_varint(&r);
	uint64_t more = r.off < r.len ? wf_get_varint(&r) : 0;
	if (more > LATER)
		return WF_ECORRUPT;
	for (size_t i = 0; i < more; i++)
		*(uint64_t *)(void *)((char *)&c + later[i]) = wf_get_varint(&r);
	if (r.bad || r.off != r.len || !c.next_instance || !c.next_approval || !c.next_event ||
		!c.next_schedule)
		return WF_ECORRUPT;
	*ret = c;
	return 0;
}

int wf_txn_load_counts(struct wf_txn *t)
{
	static const char key = WF_META_COUNTS;
	if (t->err || t->counts_known)
		return t->err;
	struct wf_buf *plain = &t->journal->plain;
	wf_buf_reset(plain);
	int rc = wf_txn_get(t, WF_TABLE_META, &key, 1, plain);
	if (rc == WF_ENOENT || (!rc && wf_counts_get(plain->data, plain->len, &t->counts)))
		return wf_txn_corrupt(t, WF_TABLE_META, &key, 1, "the counters are damaged");
	if (!rc)
		t->counts_known = true;
	return rc;
}

void wf_txn_store_counts(struct wf_txn *t)
{
	static const char key = WF_META_COUNTS;
	struct wf_buf *row = &t->journal->row;
	wf_buf_reset(row);
	wf_counts_put(&t->counts, row);
	(void)wf_txn_put(t, WF_TABLE_META, &key, 1, row->data, row->len);
}

uint64_t wf_txn_intrusions(struct wf_txn *t)
{
	return wf_txn_load_counts(t) ? 0 : t->counts.intrusions;
}

void wf_txn_intrude(struct wf_txn *t)
{
	if (wf_txn_load_counts(t))
		return;
	t->counts.intrusions++;
	t->counts_dirty = true;
}
