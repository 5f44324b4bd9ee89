/* Group commit: every changed instance in one transaction, then the effects it made durable. */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

#include <stdio.h>

static int put(struct wf_txn *txn, struct wf_drive *d)
{
	struct wf_instance *in = d->in;
	for (; d->written < d->moved_count; d->written++) {
		const struct wf_moved *m = &d->moved[d->written];
		int rc = wf_txn_append_history(txn, in, d->records.data + m->offset, m->len);
		if (rc)
			return rc;
	}
	return wf_txn_put_instance(txn, in);
}

int wf_drive_write(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d)
{
	int rc = d->held->stored ? 0 : wf_txn_put_plan(txn, d->held->plan->id,
		d->held->bytes.data, d->held->bytes.len);
	d->written = d->orphans_stopped = d->born = 0;
	d->written_now = true;
	/* this run of the transaction may not be the first */
	if (!rc && d->take_count)
		rc = wf_inbox_still_there(txn, d);
	if (rc || d->stale)
		return rc;
	/* what follows writes all rows: without messages to take they are not written before, too */
	if (d->take_count) {
		rc = put(txn, d);
		if (!rc)
			rc = wf_inbox_take_again(txn, d);
	}
	return rc ? rc : wf_drive_write_more(rt, txn, d);
}

int wf_drive_write_more(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d)
{
	bool fed = true;
	int rc = 0;
	while (!rc && fed) {
		/* a child needs its parent's number, and nothing else of its rows: they are written once, with
		 * what it is told of its children */
		bool births = d->command_count && !d->in->fresh;
		rc = births ? 0 : put(txn, d);
		if (!rc)
			rc = wf_children_stop(rt, txn, d);
		if (!rc)
			rc = wf_children_begin(rt, txn, d, &fed);
		if (!rc && births && !fed)
			rc = put(txn, d);
		if (!rc && !fed)
			rc = wf_inbox_look(rt, txn, d, &fed);
		if (!rc && fed)
			wf_drive_decide_stay(rt, d, wf_now_ms());
	}
	return rc;
}

void wf_drive_tell(struct wf_runtime *rt, struct wf_drive *d)
{
	const struct wf_observer *o = &rt->options.observer;
	if (d->fresh && o->started)
		o->started(o->arg, d->held->plan, d->in);
	d->fresh = false;
	for (uint32_t i = 0; i < d->moved_count && o->moved; i++) {
		const struct wf_moved *m = &d->moved[i];
		o->moved(o->arg, d->held->plan, d->in, &m->event, m->transitions, m->count);
	}
}

/* What was told goes; the commands are still to be begun. */
static void forget_told(struct wf_drive *d)
{
	uint32_t commands = d->command_count;
	wf_drive_forget(d);
	d->command_count = commands;
}

void wf_drive_settle(struct wf_runtime *rt, struct wf_drive *d)
{
	for (uint32_t i = 0; i < d->settled_count; i++) {
		wf_effects_settled(rt->effects, d->settled[i]);
		wf_free(d->settled[i]);
		wf_crash_here(WF_CRASH_SPOOL_SETTLED);
	}
	d->settled_count = 0;
}

static void begin_effect(struct wf_runtime *rt, struct wf_drive *d, const struct wf_command *cmd)
{
	const struct wf_step_state *s = &d->in->steps[cmd->step];
	struct wf_inflight *f = wf_drive_add_inflight(d, cmd->step);
	int64_t left = cmd->deadline_at ? cmd->deadline_at - wf_now_ms() : 0;
	struct wf_effect_request request = {
		.action = d->held->plan->steps[cmd->step].action,
		.input = s->input,
		.token = f->token,
		.key = s->key,
		.folder = d->in->folder,
		.timeout_ms = cmd->deadline_at ? (left > 0 ? (uint64_t)left : 1) : 0,
		.cookie = f,
	};
	wf_crash_here(WF_CRASH_EFFECT_BEFORE);
	int rc = wf_effects_begin(rt->effects, &request, &rt->cause);
	if (rc)
		rt->failed = rc;
	wf_crash_here(WF_CRASH_EFFECT_STARTED);
}

static bool is_in_hand(const struct wf_instance *in, uint32_t step, uint32_t visit,
	uint32_t attempt)
{
	const struct wf_step_state *s = step < in->step_count ? &in->steps[step] : NULL;
	return s && !wf_instance_status_final(in->status) && s->status == WF_STEP_RUNNING &&
		s->visits == visit && s->attempts == attempt;
}

/* An attempt that was over before its turn to begin came has nothing to begin. Children that one
 * transaction was too small for come with the next. */
static void begin_effects(struct wf_runtime *rt, struct wf_drive *d)
{
	uint32_t children = 0;
	for (uint32_t i = 0; i < d->command_count && !rt->failed; i++) {
		const struct wf_command *c = &d->commands[i];
		if (wf_action_in_journal(d->held->plan->steps[c->step].action))
			d->commands[children++] = *c;
		else if (is_in_hand(d->in, c->step, d->in->steps[c->step].visits, c->attempt) &&
			!wf_drive_has_inflight(d, c->step))
			begin_effect(rt, d, c);
	}
	d->command_count = children;
	if (children)
		wf_drive_touch(rt, d);
}

void wf_drive_stop_all(struct wf_runtime *rt, struct wf_drive *d)
{
	while (d->inflight) {
		wf_effects_stop(rt->effects, d->inflight);
		wf_drive_drop_inflight(d->inflight);
	}
}

void wf_drive_stop_lost(struct wf_runtime *rt, struct wf_drive *d)
{
	for (struct wf_inflight *f = d->inflight, *next; f; f = next) {
		next = f->next;
		if (is_in_hand(d->in, f->step, f->visit, f->attempt))
			continue;
		wf_effects_stop(rt->effects, f);
		wf_drive_drop_inflight(f);
	}
}

/* Effects of an instance that has ended (by its timeout, by a cancel) have nobody to answer to. */
void wf_drive_part(struct wf_runtime *rt, struct wf_drive *d, enum wf_parted how,
	const struct wf_cause *cause)
{
	const struct wf_observer *o = &rt->options.observer;
	wf_drive_stop_all(rt, d);
	if (d->linked)
		wf_drive_unlink(rt, d);
	wf_crash_here(WF_CRASH_PARTED);
	if (o->parted)
		o->parted(o->arg, d->held->plan, d->in, how, cause, d->ticket);
	wf_drive_free(d);
}

void wf_drive_committed(struct wf_runtime *rt, struct wf_drive *d)
{
	wf_instance_written(d->in);
	d->history = d->in->history;
	d->fed_inside = d->written_now = false;
	/* the plan is in the journal now: nobody else changes a held plan */
	struct wf_held_plan *held = (struct wf_held_plan *)(uintptr_t)d->held;
	held->stored = true;
	wf_drive_untouch(rt, d);
	wf_drive_tell(rt, d);
	forget_told(d);
	wf_drive_settle(rt, d);
	if (d->leaving) {
		bool ended = wf_instance_status_final(d->in->status);
		wf_drive_part(rt, d, ended ? WF_PARTED_ENDED : WF_PARTED_PARKED, NULL);
		return;
	}
	wf_drive_stop_lost(rt, d);
	begin_effects(rt, d);
	wf_drive_go_on(rt, d);
	wf_drive_look_alone(rt, d);
}

int wf_drive_look_at_holds(struct wf_txn *txn, struct wf_drive *d)
{
	bool held = false;
	int rc = wf_txn_is_held(txn, d->in->workflow, &held);
	if (rc || held == d->on_hold)
		return rc;
	/* what was decided under another rule is decided again */
	d->stale = d->moved_count > 0;
	if (!d->stale)
		d->on_hold = held;
	return 0;
}

static int write_touched(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct wf_runtime *rt = arg;
	wf_inside_begin(rt);
	int rc = wf_runtime_mark_stale(rt, txn);
	for (struct wf_drive *d = rt->touched; d && !rc; d = d->next_touched) {
		if (!d->stale && !d->written_now)
			rc = wf_drive_look_at_holds(txn, d);
		if (!rc && !d->stale && !d->written_now)
			rc = wf_drive_write(rt, txn, d);
	}
	wf_inside_gather(rt);
	for (const struct wf_drive *d = rt->touched; d && !rc; d = d->next_touched)
		if (!d->stale && !d->later)
			rc = wf_drive_follow(rt, txn, d->in);
	return wf_inside_settle(rt, txn, rc);
}

void wf_runtime_told(struct wf_runtime *rt)
{
	if (rt->options.observer.told)
		rt->options.observer.told(rt->options.observer.arg);
}

/* Those that are stale leave the list of touched ones, and are loaded again once the others are done. */
static struct wf_drive **set_stale_aside(struct wf_runtime *rt, uint32_t *ret_count)
{
	struct wf_drive **stale = NULL;
	uint32_t count = 0, room = 0;
	for (struct wf_drive *d = rt->drives; d; d = d->next) {
		if (!d->stale)
			continue;
		wf_drive_untouch(rt, d);
		WF_GROW(stale, count, room);
		stale[count++] = d;
	}
	*ret_count = count;
	return stale;
}

int wf_runtime_commit(struct wf_runtime *rt, struct wf_cause *cause)
{
	if (!rt->touched)
		return 0;
	int64_t now = wf_now_ms();
	for (struct wf_drive *d = rt->touched; d; d = d->next_touched)
		wf_drive_decide_stay(rt, d, now);
	wf_crash_here(WF_CRASH_COMMIT_BEFORE);
	rt->committing = true;
	int rc = wf_journal_update(rt->options.journal, write_touched, rt, cause);
	rt->committing = false;
	if (rc) {
		wf_inside_begin(rt);
		return rc;
	}
	wf_inside_keep(rt);
	wf_crash_here(WF_CRASH_COMMIT_AFTER);
	rt->intrusions = rt->seen;
	uint32_t stale_count;
	struct wf_drive **stale = set_stale_aside(rt, &stale_count);
	/* a start that an observer makes meanwhile goes to the end, for the next commit */
	const struct wf_drive *last = rt->last_touched;
	for (bool more = true; more && rt->touched;) {
		more = rt->touched != last;
		wf_drive_committed(rt, rt->touched);
	}
	for (uint32_t i = 0; i < stale_count; i++)
		wf_drive_reload(rt, stale[i]);
	wf_free(stale);
	wf_runtime_told(rt);
	wf_runtime_after(rt);
	return rt->failed ? rt->failed : 0;
}

struct ended {
	struct wf_runtime *rt;
	uint64_t number;
	struct wf_instance *in;
};

static int load_ended(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct ended *e = arg;
	wf_instance_free(e->in);
	e->in = NULL;
	return wf_txn_get_instance(txn, e->number, WF_LOAD_ALL, &e->in);
}

bool wf_drive_cut_short(const struct wf_instance *in)
{
	return wf_instance_status_final(in->status) || in->unwind != WF_UNWIND_NONE;
}

static void stop_children(struct wf_runtime *rt, uint64_t number)
{
	struct ended e = {.rt = rt, .number = number};
	int rc = wf_journal_view(rt->options.journal, load_ended, &e, NULL);
	/* the transaction may have been abandoned after all */
	if (!rc && wf_drive_cut_short(e.in))
		wf_runtime_stop_children(rt, e.in);
	wf_instance_free(e.in);
}

void wf_runtime_after(struct wf_runtime *rt)
{
	bool own = false;
	wf_inside_after(rt);
	for (size_t i = 0; i < rt->ended.count; i++)
		stop_children(rt, rt->ended.items[i]);
	rt->ended.count = 0;
	for (size_t i = 0; i < rt->wakes.count; i++) {
		if (rt->wakes.items[i] == rt->runner)
			own = true;
		else
			wf_runner_wake(rt->options.home, rt->wakes.items[i]);
	}
	rt->wakes.count = 0;
	if (rt->granted.count) {
		wf_crash_here(WF_CRASH_GRANTED);
		wf_runtime_claim_later(rt, rt->granted.items, rt->granted.count);
		rt->granted.count = 0;
	}
	if (!own)
		return;
	struct wf_cause cause = {0};
	int rc = wf_runtime_look(rt, &cause);
	if (rc) {
		cause.err = rc;
		wf_runtime_fail(rt, &cause);
	}
}
