/*
 * A sweep of one journal.
 *
 * First a look through a read-only open, which is all that an idle journal costs. Then, holding the
 * journal's sweep lock, a runtime whose source makes a pass: one when there is no window, else one at
 * each time that something falls due and, for what other processes bring, a few times a second.
 */
#include "sweep/sweep.h"

#include "base/mem.h"
#include "base/sys.h"
#include "sweep/pass.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define STAY_MS 1000          /* a timer due within this is waited for */
#define POLL_MS 200           /* of a window: how soon it sees what others brought */

/* -- the runtime's side -- */

static void tell(struct sweep *s)
{
	s->report.in_hand = wf_runtime_in_hand(s->rt);
	if (s->o->progress)
		s->o->progress(s->o->arg, &s->report);
}

/* -- once its time is over, while something is in hand -- */

#define LEAVE_MS 50    /* for whoever waits for the lock */
#define RETAKE_MS 1000

/* What is in hand may take hours, and no other sweep has to wait for it: the lock goes as soon as nothing
 * more is taken up. */
static void leave_lock(struct sweep *s)
{
	if (s->lock < 0 || wf_runtime_claims_waiting(s->rt))
		return;
	(void)close(s->lock);
	s->lock = -1;
	s->retake_at = wf_monotonic_ms() + LEAVE_MS;
}

/* Goes on for another window, unless another sweep has come: it may be that none can (a service manager
 * begins the next one when this one has ended). *ret_wait: how long until it is asked again. */
static int go_on(struct sweep *s, int64_t *ret_wait)
{
	const struct wf_sweep_options *o = s->o;
	int64_t clock = wf_monotonic_ms();
	int err = 0;

	if (s->lock < 0 && clock >= s->retake_at) {
		err = wf_sweep_lock(o->home, o->tenant, o->environment, 0, NULL, &s->lock, &s->cause);
		s->retake_at = clock + RETAKE_MS;
	}
	if (s->lock >= 0)
		s->until = clock + (int64_t)o->window_ms;
	*ret_wait = s->lock >= 0 ? 1 : s->retake_at - clock;
	return err;
}

static int time_is_over(struct sweep *s, int64_t now, int64_t *ret_next)
{
	bool had = s->lock >= 0 || s->retake_at; /* a parallel one may not have had it */
	int64_t wait = 0;
	int err = 0;

	leave_lock(s);
	if (had && s->o->window_ms && room_left(s) && wf_runtime_in_hand(s->rt))
		err = go_on(s, &wait);
	*ret_next = wait ? now + wait : 0;
	return err;
}

/* Histories that have expired are many when there was no sweep for long. One pass follows the other until
 * they are gone, so that nothing else waits for that; at a window's end the rest is the next sweep's. */
static bool prunes_on(const struct sweep *s)
{
	return s->expiring && !s->o->window_ms && room_left(s);
}

/* When to be called next. What is due and cannot be had at present (another process drives it) is
 * looked at again like everything else. */
static int64_t source(void *arg, struct wf_runtime *rt, int64_t now)
{
	struct sweep *s = arg;
	int64_t next = 0, left = s->until - wf_monotonic_ms();

	if (asked_to_stop(s)) {
		wf_runtime_stop(rt);
		return 0;
	}
	bool over = s->passed && left <= 0 && !prunes_on(s);
	s->failed = over ? time_is_over(s, now, &next) : wf_sweep_pass(s, now, &next);
	if (s->failed < 0) {
		s->cause.err = s->failed;
		wf_runtime_fail(rt, &s->cause);
		return 0;
	}
	if (over)
		return next;
	tell(s);
	if (left > 0 ? s->expiring && room_left(s) : prunes_on(s))
		return now + 1;
	if (left <= 0 || !room_left(s))
		return 0;
	int64_t soon = now + (left < POLL_MS ? left : POLL_MS);
	return next > now && next < soon ? next : soon;
}

static void parted(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	enum wf_parted how, const struct wf_cause *cause, uint64_t ticket)
{
	struct sweep *s = arg;
	struct wf_sweep_report *r = &s->report;

	(void)plan;
	(void)ticket;
	wf_sweep_set_drop(&s->given, in->number);
	if (how == WF_PARTED_LOST) {
		r->lost++;
		if (cause)
			(void)snprintf(r->why, sizeof(r->why), "%s", cause->text);
	} else if (how == WF_PARTED_ENDED) {
		++*(in->status == WF_INST_COMPLETED ? &r->completed
			: in->status == WF_INST_FAILED ? &r->failed : &r->cancelled);
	} else if (how == WF_PARTED_PARKED) {
		r->parked++;
	}
}

static void replaced(void *arg, uint64_t number, uint64_t by)
{
	struct sweep *s = arg;

	(void)number;
	(void)by;
	s->report.replaced++;
}

static void moved(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_event *event, const struct wf_transition *transitions, uint32_t count)
{
	struct sweep *s = arg;

	(void)plan;
	(void)in;
	(void)transitions;
	(void)count;
	s->report.timers += event->type == WF_EVENT_TIMER;
}

static void passed_over(void *arg, uint64_t number, const struct wf_cause *cause)
{
	struct sweep *s = arg;

	for (size_t i = 0; i < s->spoilt.count; i++)
		if (s->spoilt.items[i] == number)
			return;
	wf_numbers_add(&s->spoilt, number);
	(void)wf_sweep_set_add(&s->given, number);
	s->report.lost++;
	(void)snprintf(s->report.why, sizeof(s->report.why), "#%" PRIu64 ": %.480s", number,
		cause->text);
}

static void told(void *arg)
{
	tell(arg);
}

static int make_runtime(struct sweep *s, struct wf_cause *cause)
{
	const struct wf_sweep_options *o = s->o;
	struct wf_runtime_options options = { .home = o->home, .journal = s->journal,
		.tenant = o->tenant, .environment = o->environment, .libexec = o->libexec,
		.workdir = o->workdir, .environ_in = o->environ_in, .stay_ms = STAY_MS,
		.max_in_flight = o->jobs, .os_user = o->os_user, .people = o->people,
		.people_arg = o->people_arg, .observer = { .arg = s, .moved = moved, .parted = parted, .replaced = replaced,
			.told = told, .passed_over = passed_over } };

	return wf_runtime_new(&options, &s->rt, cause);
}

static int drive(struct sweep *s, struct wf_cause *cause)
{
	const struct wf_sweep_options *o = s->o;
	int err = make_runtime(s, cause);

	if (err < 0)
		return err;
	wf_runtime_set_source(s->rt, source, s);
	if (o->running)
		o->running(o->arg, s->rt);
	err = wf_runtime_run(s->rt, cause);
	if (o->running)
		o->running(o->arg, NULL);
	if (err == 0) {
		err = wf_sweep_end_dispatched(s);
		if (err < 0 && cause)
			*cause = s->cause;
	}
	if (err == 0)
		err = wf_runtime_tidy(s->rt, cause);
	wf_runtime_free(s->rt);
	s->rt = NULL;
	s->report.in_hand = 0;
	return err;
}

/* -- a sweep -- */

static int64_t next_of(const struct wf_glance *g)
{
	return wf_sweep_earlier(g->next_due, wf_sweep_expiry_due(g->expires));
}

/* Opens read-only and looks whether there is anything to do within the window. */
static int anything(struct sweep *s, bool *ret, struct wf_cause *cause)
{
	const struct wf_sweep_options *o = s->o;
	struct wf_glance g = { 0 };
	int64_t now = wf_now_ms();
	int err = wf_journal_open(o->home, o->tenant, o->environment, WF_JOURNAL_READ, &s->journal, cause);

	if (err == 0)
		err = wf_sweep_glance(s->journal, o->home, expired_before(s, now), &g, cause);
	if (err == 0) {
		*ret = g.work || o->window_ms || (g.next_due && g.next_due <= now) ||
			(g.expires && g.expires <= now) || wf_spool_used(wf_home_spool(o->home));
		s->report.next_due = next_of(&g);
	}
	return err;
}

static int would_do(struct sweep *s, struct wf_cause *cause)
{
	struct wf_agenda a = { 0 };
	int64_t now = wf_now_ms();
	int err = wf_sweep_look(s->journal, s->o->home, now + (int64_t)s->o->window_ms,
		expired_before(s, now), WF_SWEEP_COUNTS, &a, cause);

	if (err < 0)
		return err;
	s->report.orphans = a.orphans.count;
	s->report.timers = a.timers.count;
	s->report.fired = a.schedules.count;
	s->report.granted = a.queued.count;
	s->report.events = a.events.count;
	s->report.released = a.held_back.count;
	s->report.pruned = a.expired;
	s->report.next_due = wf_sweep_earlier(a.next_due, wf_sweep_expiry_due(a.expires));
	s->report.looked = !wf_agenda_empty(&a);
	wf_agenda_done(&a);
	return 0;
}

/* The time of what is left, for whoever arms a timer by it. */
static void look_ahead(struct sweep *s)
{
	struct wf_glance g = { 0 };

	if (wf_sweep_glance(s->journal, s->o->home, 0, &g, NULL) == 0)
		s->report.next_due = next_of(&g);
}

static int work(struct sweep *s, struct wf_cause *cause)
{
	const struct wf_sweep_options *o = s->o;
	int err = wf_journal_open(o->home, o->tenant, o->environment, WF_JOURNAL_WRITE, &s->journal,
		cause);

	if (err < 0)
		return err;
	s->report.looked = true;
	err = drive(s, cause);
	s->report.stopped = err == WF_EINTR || asked_to_stop(s) || (o->max && s->taken_up >= o->max);
	look_ahead(s);
	return err;
}

int wf_sweep(const struct wf_sweep_options *options, struct wf_sweep_report *ret,
	struct wf_cause *cause)
{
	struct sweep s = { .o = options, .lock = -1 };
	bool due = false;

	s.until = wf_monotonic_ms() + (int64_t)options->window_ms;
	int err = anything(&s, &due, cause);
	if (err == 0 && options->dry_run)
		err = would_do(&s, cause);
	wf_journal_close(s.journal);
	s.journal = NULL;
	if (err == 0 && due && !options->dry_run) {
		err = wf_sweep_lock(options->home, options->tenant, options->environment,
			options->parallel ? 0 : (int64_t)options->window_ms, options->stop, &s.lock,
			cause);
		s.report.locked_out = err == 0 && s.lock < 0 && !options->parallel;
		if (err == 0 && !s.report.locked_out)
			err = work(&s, cause);
		wf_journal_close(s.journal);
	}
	if (s.lock >= 0)
		(void)close(s.lock);
	wf_free(s.handed);
	wf_numbers_done(&s.spoilt);
	wf_sweep_set_done(&s.given);
	*ret = s.report;
	return err;
}
