/*
 * Events that one transaction gives to other instances than those it is about: the end of a child to its
 * parent, a cancel to a child or to who is replaced.
 *
 * Each instance stands at most once in a transaction: one that the transaction is about anyway is fed
 * where it is; any other is loaded here, and goes on after the commit as one that was given an event does.
 */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/giving.h"

void wf_inside_begin(struct wf_runtime *rt)
{
	rt->granted.count = rt->replaced_count = 0;
	rt->about_count = rt->later_count = 0;
	rt->gathers = false;
	for (size_t i = 0; i < rt->inside_count; i++)
		wf_drive_free(rt->inside[i]);
	rt->inside_count = 0;
	for (size_t i = 0; i < rt->begun_count; i++)
		wf_instance_free(rt->begun[i]);
	rt->begun_count = 0;
}

void wf_inside_keep(struct wf_runtime *rt)
{
	for (size_t i = 0; i < rt->inside_count; i++) {
		WF_GROW(rt->given, rt->given_count, rt->given_room);
		rt->given[rt->given_count++] = rt->inside[i];
	}
	for (size_t i = 0; i < rt->begun_count; i++) {
		WF_GROW(rt->born, rt->born_count, rt->born_room);
		rt->born[rt->born_count++] = rt->begun[i];
	}
	rt->about_count = rt->inside_count = rt->begun_count = 0;
	const struct wf_observer *o = &rt->options.observer;
	for (size_t i = 0; i < rt->replaced_count && o->replaced; i++)
		o->replaced(o->arg, rt->replaced[i].number, rt->replaced[i].by);
	rt->replaced_count = 0;
}

void wf_inside_done(struct wf_runtime *rt)
{
	wf_inside_begin(rt);
	for (size_t i = 0; i < rt->given_count; i++)
		wf_drive_free(rt->given[i]);
	for (size_t i = 0; i < rt->born_count; i++)
		wf_instance_free(rt->born[i]);
	wf_free(rt->replaced);
	wf_free(rt->inside);
	wf_free(rt->about);
	wf_free(rt->later);
	wf_free(rt->begun);
	wf_free(rt->given);
	wf_free(rt->born);
}

void wf_inside_replaced(struct wf_runtime *rt, uint64_t number, uint64_t by)
{
	WF_GROW(rt->replaced, rt->replaced_count, rt->replaced_room);
	rt->replaced[rt->replaced_count++] = (struct wf_replaced){number, by};
}

void wf_inside_about(struct wf_runtime *rt, struct wf_drive *d)
{
	WF_GROW(rt->about, rt->about_count, rt->about_room);
	rt->about[rt->about_count++] = d;
}

static struct wf_drive *find(const struct wf_runtime *rt, uint64_t number)
{
	for (size_t i = 0; i < rt->inside_count; i++)
		if (rt->inside[i]->in->number == number)
			return rt->inside[i];
	for (size_t i = 0; i < rt->about_count; i++)
		if (rt->about[i]->in->number == number)
			return rt->about[i];
	struct wf_drive *d = rt->committing ? wf_drive_find(rt, number) : NULL;
	return d && !d->stale && !d->in->fresh ? d : NULL;
}

/* The one in this transaction; NULL: there is no such instance. */
static int take(struct wf_runtime *rt, struct wf_txn *txn, uint64_t number, struct wf_drive **ret,
	struct wf_cause *cause)
{
	struct wf_drive *d = find(rt, number);
	int rc = 0;
	*ret = d;
	if (d && d->linked && !d->written_now && !d->later) {
		rc = wf_drive_look_at_holds(txn, d);
		if (rc || !d->stale)
			return rc;
		d = NULL;
	}
	if (d)
		return 0;
	rc = wf_drive_load(rt, txn, number, &d, cause);
	if (rc)
		return rc == WF_ENOENT ? 0 : rc;
	WF_GROW(rt->inside, rt->inside_count, rt->inside_room);
	rt->inside[rt->inside_count++] = d;
	*ret = d;
	return 0;
}

/* It was fed: what is changed is in the transaction at once, and what follows from it. */
static int write_fed(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d)
{
	bool first = !d->written_now;
	d->later = false;
	if (first && d->taken_over && !wf_instance_status_final(d->in->status))
		wf_drive_take_over(rt, d);
	wf_drive_decide_stay(rt, d, wf_now_ms());
	if (!d->linked && (d->elsewhere || d->owner_before == rt->runner))
		wf_txn_intrude(txn);
	int rc = first ? wf_drive_write(rt, txn, d) : wf_drive_write_more(rt, txn, d);
	return rc ? rc : wf_drive_follow(rt, txn, d->in);
}

int wf_give_cancel(struct wf_runtime *rt, struct wf_txn *txn, uint64_t number, json_t *data,
	bool *ret_given, struct wf_cause *cause)
{
	struct wf_event event = wf_drive_event(WF_EVENT_CANCEL, WF_NONE, 0, data);
	struct wf_drive *d = NULL;
	int rc = take(rt, txn, number, &d, cause);
	if (rc || !d)
		return rc;
	wf_giving_fire_due(rt, d, event.at);
	d->inside = true;
	rc = wf_drive_feed(rt, d, &event, NULL);
	d->inside = false;
	if (ret_given)
		*ret_given = !rc;
	/* one that has ended, by what was due, is refused and kept */
	return rc && !d->touched ? 0 : write_fed(rt, txn, d);
}

/* One with messages to take may turn out stale when it is written, and then has to be told again. */
static bool may_wait(const struct wf_runtime *rt, const struct wf_drive *d)
{
	return rt->gathers && (d->written_now || !d->take_count);
}

static void write_later(struct wf_runtime *rt, struct wf_drive *d)
{
	if (d->later)
		return;
	d->later = true;
	WF_GROW(rt->later, rt->later_count, rt->later_room);
	rt->later[rt->later_count++] = d;
}

void wf_inside_gather(struct wf_runtime *rt)
{
	rt->gathers = true;
}

int wf_inside_settle(struct wf_runtime *rt, struct wf_txn *txn, int rc)
{
	/* what follows may make it longer */
	for (size_t i = 0; i < rt->later_count && !rc; i++)
		if (rt->later[i]->later)
			rc = write_fed(rt, txn, rt->later[i]);
	rt->later_count = 0;
	rt->gathers = false;
	return rc;
}

int wf_drive_follow(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_instance *in)
{
	struct wf_drive *parent = NULL;
	int rc = wf_slots_grant(rt, txn, in);
	if (rc || !in->parent || !in->awaited || !wf_instance_status_final(in->status))
		return rc;
	do { /* one that turns out stale is loaded */
		rc = take(rt, txn, in->parent, &parent, NULL);
		if (rc || !parent || !wf_child_feed_end(rt, parent, in))
			return rc;
		if (may_wait(rt, parent)) {
			write_later(rt, parent);
			return 0;
		}
		rc = write_fed(rt, txn, parent);
	} while (!rc && parent->stale);
	return rc;
}

/* -- after the commit -- */

/* Nobody asked for what became of one that was cancelled beside something else. */
static void part_silently(struct wf_runtime *rt, struct wf_drive *d)
{
	if (d->taken_over)
		wf_numbers_add_once(&rt->ended, d->in->number);
	wf_drive_free(d);
}

static void go_on(struct wf_runtime *rt, struct wf_drive *d)
{
	if (d->touched && d->elsewhere) {
		wf_numbers_add_once(&rt->wakes, d->owner_before);
		wf_drive_free(d);
	} else if (d->touched && d->in->status == WF_INST_CANCELLED) {
		part_silently(rt, d);
	} else {
		wf_drive_given(rt, d);
	}
}

void wf_inside_after(struct wf_runtime *rt)
{
	/* who is told may start more */
	struct wf_drive **given = rt->given;
	struct wf_instance **born = rt->born;
	size_t given_count = rt->given_count, born_count = rt->born_count;
	rt->given = NULL;
	rt->born = NULL;
	rt->given_count = rt->given_room = rt->born_count = rt->born_room = 0;
	for (size_t i = 0; i < born_count; i++) {
		struct wf_cause cause = {0};
		int rc = wf_runtime_begin(rt, born[i], &cause);
		cause.err = rc;
		if (rc)
			wf_runtime_fail(rt, &cause);
	}
	if (born_count)
		wf_crash_here(WF_CRASH_CHILD_BEGUN);
	for (size_t i = 0; i < given_count; i++)
		go_on(rt, given[i]);
	if (given_count)
		wf_crash_here(WF_CRASH_CHILD_TOLD);
	wf_free(given);
	wf_free(born);
}
