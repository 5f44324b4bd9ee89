/* The loop: collect, feed, commit, perform, until everything has parted. */
#include "base/crash.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

#include <string.h>

static json_t *error_of(const struct wf_effect_result *r)
{
	json_t *error = json_pack("{s:s, s:s, s:s}", "type", wf_error_types[r->type].name, "code",
		r->code, "message", r->message ? r->message : "");
	if (r->details)
		(void)json_object_set(error, "details", r->details);
	return error;
}

static struct wf_event event_of(const struct wf_inflight *f, const struct wf_effect_result *r)
{
	if (r->ok)
		return wf_drive_event(WF_EVENT_SUCCESS, f->step, f->attempt,
			r->output ? json_incref(r->output) : json_null());
	if (r->type == WF_ERROR_IN_DOUBT)
		return wf_drive_event(WF_EVENT_DOUBT, f->step, f->attempt, NULL);
	struct wf_event event =
		wf_drive_event(WF_EVENT_FAILURE, f->step, f->attempt, error_of(r));
	event.retry_after_ms = r->retry_after_ms;
	return event;
}

static void take_result(void *arg, struct wf_effect_result *r)
{
	struct wf_runtime *rt = arg;
	struct wf_inflight *f = r->cookie;
	struct wf_drive *d = f->drive;
	wf_crash_here(WF_CRASH_EFFECT_RESULT);
	struct wf_event event = event_of(f, r);
	(void)wf_drive_feed(rt, d, &event, NULL);
	json_decref(event.data);
	WF_GROW(d->settled, d->settled_count, d->settled_room);
	d->settled[d->settled_count++] = wf_strdup(f->token);
	wf_drive_drop_inflight(f);
	wf_effect_result_done(r);
}

static void take_in(struct wf_runtime *rt)
{
	uint32_t most = rt->options.max_in_flight;
	size_t waiting = rt->claim_count - rt->claim_next;
	if (waiting && rt->drive_count < most) {
		size_t n = most - rt->drive_count;
		n = n < waiting ? n : waiting;
		int rc = wf_runtime_claim_now(rt, rt->claims + rt->claim_next, n, false, &rt->cause);
		rt->claim_next += n;
		if (rc)
			rt->failed = rc;
	}
	if (!rt->feed || rt->feed_done)
		return;
	while (!rt->feed_done && rt->drive_count < most)
		rt->feed_done = !rt->feed(rt->feed_arg, rt);
	wf_crash_here(WF_CRASH_BATCH_TURN);
}

/* Fires what is due and recovers what was claimed; gives the time of the next timer, 0 for none. */
static int64_t look_at_drives(struct wf_runtime *rt)
{
	int64_t now = wf_now_ms(), next = 0;
	for (struct wf_drive *d = rt->drives; d; d = d->next) {
		if (d->recovering)
			wf_drive_recover(rt, d);
		if (wf_instance_status_final(d->in->status))
			continue;
		if (wf_drive_fire_due(rt, d, now))
			wf_crash_here(WF_CRASH_TIMER_BEFORE);
		int64_t due = wf_instance_due(d->in);
		if (due && (!next || due < next))
			next = due;
	}
	return next;
}

static bool any_touched(const struct wf_runtime *rt)
{
	for (const struct wf_drive *d = rt->drives; d; d = d->next)
		if (d->touched)
			return true;
	return false;
}

static bool more_to_come(const struct wf_runtime *rt)
{
	return rt->drives || (rt->feed && !rt->feed_done) || rt->claim_next < rt->claim_count;
}

/* Results that are there are taken without waiting when there is something to commit already. */
static int64_t patience(const struct wf_runtime *rt, int64_t next_due)
{
	if (any_touched(rt) || !rt->drives)
		return 0;
	if (!next_due)
		return -1;
	int64_t left = next_due - wf_now_ms();
	return left > 0 ? left : 0;
}

static int turn(struct wf_runtime *rt)
{
	wf_crash_here(WF_CRASH_TURN_BEGIN);
	take_in(rt);
	if (rt->failed)
		return rt->failed;
	int64_t next_due = look_at_drives(rt);
	int64_t wait = patience(rt, next_due);
	if (wait != 0 || wf_effects_running(rt->effects)) {
		int rc = wf_effects_wait(rt->effects, wait, take_result, rt);
		if (rc < 0 && rc != WF_EINTR)
			return wf_fail(&rt->cause, rc, "waiting for effects failed");
	}
	return wf_runtime_commit(rt, &rt->cause);
}

/* The journal could not take what was done: say so for every instance in hand. */
static void give_up(struct wf_runtime *rt)
{
	const struct wf_observer *o = &rt->options.observer;
	for (struct wf_drive *d = rt->drives; d && o->parted; d = d->next)
		o->parted(o->arg, d->held->plan, d->in, WF_PARTED_LOST, &rt->cause, d->ticket);
}

int wf_runtime_run(struct wf_runtime *rt, struct wf_cause *cause)
{
	int rc = 0;
	while (!rc && more_to_come(rt)) {
		if (rt->stopping)
			return wf_fail(cause, WF_EINTR, "interrupted; resume goes on from here");
		rc = turn(rt);
	}
	if (rc) {
		give_up(rt);
		if (cause)
			*cause = rt->cause;
	}
	return rc;
}
