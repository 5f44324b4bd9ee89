/* The loop: collect, feed, commit, perform, until everything has parted. */
#include "base/crash.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

#include <inttypes.h>
#include <string.h>

#define GROUP 1024u /* starts that pass through and share a commit */

/* A wait is never longer: then it is looked whether somebody changed an instance of ours and the wake was
 * lost, or the wall clock was set where the kernel does not tell. */
#define LOOK_EVERY_MS 1000

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
	enum wf_event_type type =
		r->type == WF_ERROR_IN_DOUBT ? WF_EVENT_DOUBT : WF_EVENT_FAILURE;
	struct wf_event event = wf_drive_event(type, f->step, f->attempt, error_of(r));
	event.retry_after_ms = r->retry_after_ms;
	return event;
}

/* A result that this machine had no room for: to begin more would lose those too, so the loop ends.
 * The step stays as it is in the journal; whoever resumes it finds it in doubt. */
static void no_room_for_result(struct wf_runtime *rt, const struct wf_inflight *f,
	const struct wf_effect_result *r)
{
	const struct wf_drive *d = f->drive;
	if (rt->failed)
		return;
	rt->failed = wf_fail(&rt->cause, r->ran_out, "step `%s` of instance #%" PRIu64 ": %s",
		wf_plan_author_id(d->held->plan, f->step), d->in->number, r->message);
	if (r->ran_out == WF_ENOSPC)
		wf_fail_hint(&rt->cause, "make room, then: wfctl resume; the step is in doubt, and its "
			"on_crash says what follows");
}

static void take_result(void *arg, struct wf_effect_result *r)
{
	struct wf_runtime *rt = arg;
	struct wf_inflight *f = r->cookie;
	struct wf_drive *d = f->drive;
	wf_crash_here(WF_CRASH_EFFECT_RESULT);
	if (r->ran_out) {
		no_room_for_result(rt, f, r);
		wf_effect_result_done(r);
		return;
	}
	struct wf_event event = event_of(f, r);
	(void)wf_drive_feed(rt, d, &event, NULL);
	json_decref(event.data);
	/* only commands leave something in the spool */
	if (d->held->plan->steps[f->step].action == WF_ACT_EXEC_RUN) {
		WF_GROW(d->settled, d->settled_count, d->settled_room);
		d->settled[d->settled_count++] = wf_strdup(f->token);
	}
	wf_drive_drop_inflight(f);
	wf_effect_result_done(r);
}

/* One of them spoils the transaction of all. */
static int claim_each(struct wf_runtime *rt, size_t n, struct wf_cause *cause)
{
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++) {
		uint64_t number = rt->claims[rt->claim_next];
		*cause = (struct wf_cause){0};
		rc = wf_runtime_claim_now(rt, &number, 1, false, cause);
		rt->claim_next++;
		if (rc && wf_runtime_spoilt(rt, rc) && wf_runtime_pass_over(rt, number, rc, cause))
			rc = 0;
	}
	return rc;
}

static void take_claims(struct wf_runtime *rt, uint32_t most)
{
	size_t n = most - rt->drive_count, waiting = rt->claim_count - rt->claim_next;
	n = n < waiting ? n : waiting;
	struct wf_cause cause = {0};
	int rc = wf_runtime_claim_now(rt, rt->claims + rt->claim_next, n, false, &cause);
	if (rc && wf_runtime_spoilt(rt, rc)) {
		rc = claim_each(rt, n, &cause);
	} else {
		rt->claim_next += n;
	}
	if (rc) {
		rt->failed = rc;
		rt->cause = cause;
	}
}

/* Whether the drive will be gone with the commit that makes what it was fed durable. */
static bool passes_through(struct wf_runtime *rt, struct wf_drive *d)
{
	wf_drive_decide_stay(rt, d, wf_now_ms());
	return d->leaving;
}

static uint32_t count_passing(struct wf_runtime *rt)
{
	uint32_t passing = 0;
	for (struct wf_drive *d = rt->touched; d; d = d->next_touched)
		passing += passes_through(rt, d);
	return passing;
}

/* What ends or parks holds no place any more: who comes after it shares its commit, and so does a group of starts
 * that end or park at once. */
static void take_starts(struct wf_runtime *rt, uint32_t most)
{
	uint32_t passing = count_passing(rt);
	while (!rt->feed_done && passing < GROUP && rt->drive_count - passing < most) {
		const struct wf_drive *before = rt->last_drive;
		rt->feed_done = !rt->feed(rt->feed_arg, rt);
		if (rt->last_drive != before && passes_through(rt, rt->last_drive))
			passing++;
	}
	wf_crash_here(WF_CRASH_BATCH_TURN);
}

static void take_in(struct wf_runtime *rt)
{
	uint32_t most = rt->options.max_in_flight;
	if (rt->claim_next < rt->claim_count && rt->drive_count < most)
		take_claims(rt, most);
	if (rt->gift_next < rt->gift_count && !rt->failed) {
		int rc = wf_runtime_give_waiting(rt, &rt->cause);
		if (rc)
			rt->failed = rc;
	}
	if (rt->feed && !rt->feed_done && !rt->failed)
		take_starts(rt, most);
}

static void ask_source(struct wf_runtime *rt)
{
	if (rt->source && !rt->failed)
		rt->source_at = rt->source(rt->source_arg, rt, wf_now_ms());
}

/* A clock that was set back: what waited for a time that was near may wait for one that is far now, which
 * is not waited for here. */
static void notice_clock(struct wf_runtime *rt)
{
	int64_t now = wf_now_ms();
	if (now + LOOK_EVERY_MS < rt->last_now)
		for (struct wf_drive *d = rt->drives; d; d = d->next)
			wf_drive_touch(rt, d);
	rt->last_now = now;
}

/* Looks for the effects of those that were claimed: they are touched, and not yet fed. */
static void recover(struct wf_runtime *rt)
{
	for (struct wf_drive *d = rt->touched; d; d = d->next_touched)
		if (d->recovering)
			wf_drive_recover(rt, d);
}

static void fire(struct wf_runtime *rt)
{
	int64_t now = wf_now_ms();
	struct wf_drive *d;
	while ((d = wf_due_first(rt)) && d->due <= now) {
		if (wf_drive_fire_due(rt, d, now))
			wf_crash_here(WF_CRASH_TIMER_BEFORE);
		else
			wf_due_remove(rt, d);
	}
}

static bool more_to_come(const struct wf_runtime *rt)
{
	return rt->drives || (rt->feed && !rt->feed_done) || rt->claim_next < rt->claim_count ||
		rt->gift_next < rt->gift_count || rt->source_at;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* Whether more can be taken in at once. */
static bool more_at_once(const struct wf_runtime *rt)
{
	return rt->drive_count < rt->options.max_in_flight &&
		(rt->claim_next < rt->claim_count || rt->gift_next < rt->gift_count ||
			(rt->feed && !rt->feed_done));
}

/* Results that are there are taken without waiting when there is something to commit already. */
static int wait_for_more(struct wf_runtime *rt)
{
	const struct wf_drive *first = wf_due_first(rt);
	bool waits = !rt->touched && !more_at_once(rt) && (rt->drives || rt->source_at);
	if (!waits && !wf_effects_running(rt->effects))
		return 0;
	int rc = wf_effects_wait_until(rt->effects, sooner(first ? first->due : 0, rt->source_at),
		waits ? LOOK_EVERY_MS : 0, take_result, rt);
	return rc < 0 && rc != WF_EINTR
		? wf_fail(&rt->cause, rc, "waiting for effects failed") : 0;
}

/* After a wait: whether others changed what is in our hands. */
static int look_around(struct wf_runtime *rt)
{
	/* also when it is not needed: a wake that stays ends each wait before it gives out results */
	if (rt->watched)
		wf_runner_woken(rt->options.home);
	if (rt->touched)
		return 0; /* the commit sees it */
	return rt->drives ? wf_runtime_look(rt, &rt->cause) : 0;
}

static int turn(struct wf_runtime *rt)
{
	wf_crash_here(WF_CRASH_TURN_BEGIN);
	rt->holds_known = false;
	wf_runtime_after(rt);
	ask_source(rt);
	int rc = wait_for_more(rt);
	if (!rc)
		rc = look_around(rt);
	if (rc)
		return rc;
	take_in(rt);
	if (rt->failed)
		return rt->failed;
	recover(rt);
	notice_clock(rt);
	fire(rt);
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
