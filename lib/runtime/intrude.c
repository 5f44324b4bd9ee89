/*
 * Changes that others made to instances in this process's hands: a decision, a cancel, a delivery.
 *
 * The owner performs the effects, and is not the only one who may write. It notices by a counter in the
 * journal that each such change moves, compares its instances' history with the journal's, loads what was
 * changed again and feeds it the events that it had not committed yet.
 */
#include "base/crash.h"
#include "base/mem.h"
#include "runtime/drive.h"

#include <inttypes.h>

/* -- noticing -- */

static int mark_one(struct wf_txn *txn, struct wf_drive *d)
{
	uint64_t count = 0;
	int rc = wf_txn_history_count(txn, d->in->number, &count);
	if (rc && rc != WF_ENOENT)
		return rc;
	d->stale = rc == WF_ENOENT || count != d->history;
	return 0;
}

void wf_runtime_know_intrusions(struct wf_runtime *rt, struct wf_txn *txn)
{
	if (rt->intrusions_known)
		return;
	rt->intrusions = wf_txn_intrusions(txn);
	rt->intrusions_known = true;
}

int wf_runtime_mark_stale(struct wf_runtime *rt, struct wf_txn *txn)
{
	rt->seen = wf_txn_intrusions(txn);
	bool moved = rt->intrusions_known && rt->seen != rt->intrusions;
	rt->intrusions_known = true;
	int rc = 0;
	for (struct wf_drive *d = rt->drives; d && !rc; d = d->next) {
		/* what an earlier run of the transaction gave it may be otherwise in this one */
		bool again = rt->committing && d->fed_inside;
		d->stale = false;
		d->written_now = d->later = false;
		if (moved && !d->in->fresh)
			rc = mark_one(txn, d);
		d->stale |= again;
	}
	return rc;
}

static int look(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct wf_runtime *rt = arg;
	return wf_runtime_mark_stale(rt, txn);
}

int wf_runtime_look(struct wf_runtime *rt, struct wf_cause *cause)
{
	int rc = wf_journal_view(rt->options.journal, look, rt, cause);
	if (rc)
		return rc;
	rt->intrusions = rt->seen;
	for (struct wf_drive *d = rt->drives, *next; d; d = next) {
		next = d->next;
		if (d->stale)
			wf_drive_reload(rt, d);
	}
	return rt->failed;
}

/* -- loading again -- */

struct again {
	struct wf_runtime *rt;
	uint64_t number, first;      /* its history from there on is news */
	struct wf_instance *in;
	const struct wf_held_plan *held;
	bool on_hold;
	struct wf_buf records;       /* each: u32 length, bytes */
};

static bool keep_record(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	(void)seq;
	struct again *a = arg;
	wf_put_bytes(&a->records, bytes, n);
	return true;
}

static int load_again(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct again *a = arg;
	wf_instance_free(a->in);
	a->in = NULL;
	wf_buf_reset(&a->records);
	int rc = wf_txn_get_instance(txn, a->number, WF_LOAD_ALL, &a->in);
	if (!rc)
		rc = wf_runtime_hold_plan_txn(a->rt, txn, a->in->plan_id, &a->held, cause);
	if (!rc)
		rc = wf_txn_is_held(txn, a->in->workflow, &a->on_hold);
	if (!rc && a->rt->options.observer.moved)
		rc = wf_txn_each_history(txn, a->number, a->first, keep_record, a);
	return rc;
}

/* One that is not in the journal yet begins from nothing again. */
static int fresh_again(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct again *a = arg;
	return wf_txn_is_held(txn, a->in->workflow, &a->on_hold);
}

static void tell_others_records(struct wf_runtime *rt, const struct again *a)
{
	const struct wf_observer *o = &rt->options.observer;
	struct wf_reader reader = wf_reader_of(a->records.data, a->records.len);
	while (reader.off < reader.len) {
		size_t n;
		const uint8_t *bytes = wf_get_bytes(&reader, &n);
		struct wf_record r;
		if (!bytes || wf_record_get(bytes, n, &r))
			return;
		if (r.count)
			o->moved(o->arg, a->held->plan, a->in, &r.event, r.transitions, r.count);
		wf_record_done(&r);
	}
}

/* -- feeding again -- */

/* What was taken from the inbox is taken again at the commit, if it is still there. An instance that is not
 * ours any more is fed nothing: it rests or has ended, and what we knew of it came too late. */
static void feed_again(struct wf_runtime *rt, struct wf_drive *d, struct wf_moved *moved,
	uint32_t count, bool ours, bool same_plan)
{
	for (uint32_t i = 0; i < count; i++) {
		struct wf_event *e = &moved[i].event;
		if (ours && e->type != WF_EVENT_DELIVERY && !moved[i].inside &&
			(same_plan || e->step == WF_NONE))
			(void)wf_drive_feed(rt, d, e, NULL);
		json_decref(e->data);
		wf_free(moved[i].transitions);
	}
	wf_free(moved);
}

static bool has_command(const struct wf_drive *d, uint32_t step)
{
	for (uint32_t i = 0; i < d->command_count; i++)
		if (d->commands[i].step == step)
			return true;
	return false;
}

/* Only the owner begins effects: an attempt in hand that it knows nothing of was decided by somebody
 * else's event, and has not begun. */
static void resume_unknown(struct wf_runtime *rt, struct wf_drive *d)
{
	uint32_t at = 0, step;
	while ((step = wf_drive_next_in_hand(d->in, &at)) != WF_NONE) {
		if (wf_drive_has_inflight(d, step) || has_command(d, step))
			continue;
		struct wf_event event = wf_drive_event(WF_EVENT_RESUME, step,
			d->in->steps[step].attempts, NULL);
		(void)wf_drive_feed(rt, d, &event, NULL);
	}
}

static void take_new_state(struct wf_runtime *rt, struct wf_drive *d, struct again *a)
{
	struct wf_moved *moved = d->moved;
	uint32_t count = d->moved_count;
	d->moved = NULL;
	d->moved_count = d->moved_room = 0;
	wf_drive_forget(d);
	wf_instance_free(d->in);
	d->in = a->in;
	/* under another plan its steps have other places, and nothing that it rests in was in hand */
	bool same_plan = d->held == a->held;
	d->held = a->held;
	d->on_hold = a->on_hold;
	d->history = d->in->fresh ? 0 : d->in->history;
	a->in = NULL;
	bool ours = d->in->fresh || d->in->owner == rt->runner;
	feed_again(rt, d, moved, count, ours, same_plan);
}

static void lose(struct wf_runtime *rt, struct wf_drive *d, int rc, struct wf_cause *cause)
{
	if (rc != WF_ENOENT) {
		cause->err = rc;
		wf_runtime_fail(rt, cause);
		return;
	}
	(void)wf_fail(cause, rc, "instance #%" PRIu64 " is not in the journal any more",
		d->in->number);
	wf_drive_forget(d);
	wf_drive_settle(rt, d);
	wf_drive_part(rt, d, WF_PARTED_LOST, cause);
}

void wf_drive_reload(struct wf_runtime *rt, struct wf_drive *d)
{
	struct wf_cause cause = {0};
	struct again a = {.rt = rt, .number = d->in->number, .first = d->history, .held = d->held};
	bool fresh = d->in->fresh;
	if (fresh)
		a.in = wf_instance_newborn(d->in, d->in->step_count);
	int rc = wf_journal_view(rt->options.journal, fresh ? fresh_again : load_again, &a, &cause);
	d->stale = false;
	if (rc) {
		wf_instance_free(a.in);
		wf_buf_done(&a.records);
		lose(rt, d, rc, &cause);
		return;
	}
	wf_drive_untouch(rt, d);
	if (!fresh)
		tell_others_records(rt, &a);
	wf_buf_done(&a.records);
	take_new_state(rt, d, &a);
	if (!d->in->fresh && d->in->owner != rt->runner) {
		bool ended = wf_instance_status_final(d->in->status);
		wf_drive_settle(rt, d);
		wf_drive_part(rt, d, ended ? WF_PARTED_ENDED : WF_PARTED_PARKED, NULL);
		return;
	}
	wf_drive_stop_lost(rt, d);
	if (!d->recovering)
		resume_unknown(rt, d);
	if (!d->recovering)
		wf_drive_go_on(rt, d);
	wf_drive_touch(rt, d); /* whether it stays is decided anew */
	wf_due_update(rt, d);
}
