/* Group commit: every changed instance in one transaction, then the effects it made durable. */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

#include <stdio.h>

int wf_drive_write(struct wf_txn *txn, struct wf_drive *d)
{
	struct wf_instance *in = d->in;
	if (!d->held->stored) {
		int rc = wf_txn_put_plan(txn, d->held->plan->id, d->held->bytes.data,
			d->held->bytes.len);
		if (rc)
			return rc;
	}
	for (uint32_t i = 0; i < d->moved_count; i++) {
		const struct wf_moved *m = &d->moved[i];
		int rc = wf_txn_append_history(txn, in, d->records.data + m->offset, m->len);
		if (rc)
			return rc;
	}
	return wf_txn_put_instance(txn, in);
}

static void tell_observer(struct wf_runtime *rt, struct wf_drive *d)
{
	const struct wf_observer *o = &rt->options.observer;
	if (d->fresh && o->started)
		o->started(o->arg, d->held->plan, d->in);
	d->fresh = false;
	for (uint32_t i = 0; i < d->moved_count; i++) {
		struct wf_moved *m = &d->moved[i];
		if (o->moved)
			o->moved(o->arg, d->held->plan, d->in, &m->event, m->transitions, m->count);
		json_decref(m->event.data);
		wf_free(m->transitions);
	}
	d->moved_count = 0;
	wf_buf_reset(&d->records);
}

static void settle(struct wf_runtime *rt, struct wf_drive *d)
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

static void begin_effects(struct wf_runtime *rt, struct wf_drive *d)
{
	for (uint32_t i = 0; i < d->command_count && !rt->failed; i++)
		begin_effect(rt, d, &d->commands[i]);
	d->command_count = 0;
}

/* Effects of an instance that has ended (by its timeout, by a cancel) have nobody to answer to. */
static void stop_effects(struct wf_runtime *rt, struct wf_drive *d)
{
	while (d->inflight) {
		wf_effects_stop(rt->effects, d->inflight);
		wf_drive_drop_inflight(d->inflight);
	}
}

static void part(struct wf_runtime *rt, struct wf_drive *d)
{
	const struct wf_observer *o = &rt->options.observer;
	bool ended = wf_instance_status_final(d->in->status);
	stop_effects(rt, d);
	wf_drive_unlink(rt, d);
	wf_crash_here(WF_CRASH_PARTED);
	if (o->parted)
		o->parted(o->arg, d->held->plan, d->in, ended ? WF_PARTED_ENDED : WF_PARTED_PARKED,
			NULL, d->ticket);
	wf_drive_free(d);
}

void wf_drive_committed(struct wf_runtime *rt, struct wf_drive *d)
{
	wf_instance_written(d->in);
	/* the plan is in the journal now: nobody else changes a held plan */
	struct wf_held_plan *held = (struct wf_held_plan *)(uintptr_t)d->held;
	held->stored = true;
	wf_drive_untouch(rt, d);
	tell_observer(rt, d);
	settle(rt, d);
	if (d->leaving)
		part(rt, d);
	else
		begin_effects(rt, d);
}

static int write_touched(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct wf_runtime *rt = arg;
	for (struct wf_drive *d = rt->touched; d; d = d->next_touched) {
		int rc = wf_drive_write(txn, d);
		if (rc)
			return rc;
	}
	return 0;
}

void wf_runtime_told(struct wf_runtime *rt)
{
	if (rt->options.observer.told)
		rt->options.observer.told(rt->options.observer.arg);
}

int wf_runtime_commit(struct wf_runtime *rt, struct wf_cause *cause)
{
	if (!rt->touched)
		return 0;
	int64_t now = wf_now_ms();
	for (struct wf_drive *d = rt->touched; d; d = d->next_touched)
		wf_drive_decide_stay(rt, d, now);
	wf_crash_here(WF_CRASH_COMMIT_BEFORE);
	int rc = wf_journal_update(rt->options.journal, write_touched, rt, cause);
	if (rc)
		return rc;
	wf_crash_here(WF_CRASH_COMMIT_AFTER);
	/* a start that an observer makes meanwhile goes to the end, for the next commit */
	const struct wf_drive *last = rt->last_touched;
	for (bool more = true; more && rt->touched;) {
		more = rt->touched != last;
		wf_drive_committed(rt, rt->touched);
	}
	wf_runtime_told(rt);
	return rt->failed ? rt->failed : 0;
}
