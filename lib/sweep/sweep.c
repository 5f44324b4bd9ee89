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
#include "journal/waiting.h"
#include "sweep/dispatch.h"
#include "sweep/fire.h"
#include "sweep/work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAY_MS 1000          /* a timer due within this is waited for */
#define POLL_MS 200           /* of a window: how soon it sees what others brought */
#define WHOLE_EVERY_MS 2000   /* of a window: how often it looks for orphans and the like */
#define BEGIN_MOST 64         /* instances begun without a claim of their own */
#define DROP_MOST 10000       /* events dropped in one commit */

struct sweep {
	const struct wf_sweep_options *o;
	struct wf_sweep_report report;
	struct wf_journal *journal;
	struct wf_runtime *rt;
	int64_t until;           /* of the monotonic clock: the window's end */
	int lock;                /* of sweeps of this journal; -1: it is not held */
	int64_t retake_at;       /* of the monotonic clock: when to ask for it again; 0: it was not left */
	int64_t whole_at;        /* of the monotonic clock: when to look at everything again */
	bool passed;             /* at least once */
	uint64_t taken_up;
	/* Numbers that were given to the runtime and have not parted: an open hash of them. */
	uint64_t *given;
	size_t given_count, given_room;
	/* Events whose mark waits until their deliveries are through. */
	struct wf_sweep_numbers dispatched, dispatched_started;
	int failed;
	struct wf_cause cause;
};

static bool asked_to_stop(const struct sweep *s)
{
	return s->o->stop && *s->o->stop;
}

static int64_t expired_before(const struct sweep *s, int64_t now)
{
	return s->o->event_retention_ms > 0 ? now - s->o->event_retention_ms : 0;
}

/* -- what is in hand -- */

static size_t slot_of(const struct sweep *s, uint64_t number)
{
	size_t i = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (s->given_room - 1);

	while (s->given[i] && s->given[i] != number)
		i = (i + 1) & (s->given_room - 1);
	return i;
}

static void grow_given(struct sweep *s)
{
	uint64_t *old = s->given;
	size_t room = s->given_room;

	s->given_room = room ? room * 2 : 256;
	s->given = wf_calloc(s->given_room, sizeof(*s->given));
	for (size_t i = 0; i < room; i++)
		if (old[i])
			s->given[slot_of(s, old[i])] = old[i];
	wf_free(old);
}

/* Whether the number was not in hand; it is now. */
static bool give(struct sweep *s, uint64_t number)
{
	if (s->given_count * 2 >= s->given_room)
		grow_given(s);
	size_t i = slot_of(s, number);
	if (s->given[i])
		return false;
	s->given[i] = number;
	s->given_count++;
	return true;
}

/* Takes it out, and puts the rest of its run where it is found again. */
static void take_back(struct sweep *s, uint64_t number)
{
	if (!s->given_room)
		return;
	size_t i = slot_of(s, number);
	if (!s->given[i])
		return;
	s->given[i] = 0;
	s->given_count--;
	for (i = (i + 1) & (s->given_room - 1); s->given[i]; i = (i + 1) & (s->given_room - 1)) {
		uint64_t moved = s->given[i];
		s->given[i] = 0;
		s->given[slot_of(s, moved)] = moved;
	}
}

/* Those that could not be claimed never part: they go when nothing at all is in hand, and before all is
 * looked at again. To claim what is in hand once more is nothing. */
static void forget_given(struct sweep *s, bool whole)
{
	size_t kept = whole ? wf_runtime_claims_waiting(s->rt) : wf_runtime_in_hand(s->rt);

	if (!s->given_count || kept)
		return;
	memset(s->given, 0, s->given_room * sizeof(*s->given));
	s->given_count = 0;
}

static uint64_t room_left(const struct sweep *s)
{
	if (!s->o->max)
		return UINT64_MAX;
	return s->o->max > s->taken_up ? s->o->max - s->taken_up : 0;
}

/* Claims those that are not in hand, as far as `max` allows; how many. */
static uint64_t claim(struct sweep *s, const struct wf_sweep_numbers *numbers)
{
	size_t kept = 0;

	for (size_t i = 0; i < numbers->count && room_left(s); i++) {
		if (!give(s, numbers->items[i]))
			continue;
		numbers->items[kept++] = numbers->items[i];
		s->taken_up++;
	}
	if (kept)
		wf_runtime_claim_later(s->rt, numbers->items, kept);
	return kept;
}

/* -- a pass -- */

static int fire_schedules(struct sweep *s, int64_t now)
{
	bool more = true;
	int err = 0;

	while (err == 0 && more && room_left(s) && !asked_to_stop(s)) {
		struct wf_fired f = { 0 };
		struct wf_sweep_numbers started = { 0 };
		uint64_t room = room_left(s);
		err = wf_fire_due(s->rt, s->journal, now, room > 1000 ? 1000 : (size_t)room,
			s->o->jobs && s->o->jobs < BEGIN_MOST ? s->o->jobs : BEGIN_MOST, &f, &more,
			&s->cause);
		more = more && (f.fired || f.missed || f.refused);
		s->report.fired += f.fired;
		s->report.missed += f.missed;
		s->report.refused += f.refused;
		s->report.queued += f.queued;
		s->report.started += f.begun + f.count + f.queued;
		if (*f.why)
			(void)snprintf(s->report.why, sizeof(s->report.why), "%s", f.why);
		for (size_t i = 0; i < f.count; i++)
			if (give(s, f.numbers[i]))
				wf_sweep_numbers_add(&started, f.numbers[i]);
		if (started.count)
			wf_runtime_claim_later(s->rt, started.items, started.count);
		s->taken_up += f.begun + started.count;
		wf_sweep_numbers_done(&started);
		wf_fired_done(&f);
	}
	return err;
}

static int dispatch(struct sweep *s, const struct wf_sweep_numbers *events)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < events->count && !asked_to_stop(s); i++) {
		struct wf_dispatch stats = { 0 };
		bool again = false;
		for (size_t n = 0; n < s->dispatched.count; n++)
			again |= s->dispatched.items[n] == events->items[i];
		if (again)
			continue;
		err = wf_dispatch_event(s->rt, s->journal, events->items[i], &stats, &s->cause);
		if (err < 0)
			break;
		s->report.events++;
		s->report.started += stats.started;
		s->report.queued += stats.queued;
		s->report.refused += stats.refused;
		s->taken_up += stats.started;
		if (*stats.why)
			(void)snprintf(s->report.why, sizeof(s->report.why), "%s", stats.why);
		wf_sweep_numbers_add(&s->dispatched, events->items[i]);
		wf_sweep_numbers_add(&s->dispatched_started, stats.started);
	}
	return err;
}

/* Marks what was dispatched, once its deliveries are through. */
static int end_dispatched(struct sweep *s)
{
	int err = 0;

	if (wf_runtime_in_hand(s->rt))
		return 0;
	for (size_t i = 0; err == 0 && i < s->dispatched.count; i++)
		err = wf_dispatch_end(s->journal, s->dispatched.items[i], s->dispatched_started.items[i],
			&s->cause);
	s->dispatched.count = s->dispatched_started.count = 0;
	return err;
}

struct grants {
	const struct wf_sweep_numbers *queued;
	struct wf_sweep_numbers granted;
};

static int grant(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct grants *g = arg;
	int err = 0;

	(void)cause;
	g->granted.count = 0;
	for (size_t i = 0; err == 0 && i < g->queued->count; i++) {
		bool granted = false;
		err = wf_runtime_grant(txn, g->queued->items[i], &granted);
		if (err == 0 && granted)
			wf_sweep_numbers_add(&g->granted, g->queued->items[i]);
	}
	return err;
}

static int grant_queued(struct sweep *s, const struct wf_sweep_numbers *queued)
{
	struct grants g = { .queued = queued };
	int err = wf_journal_update(s->journal, grant, &g, &s->cause);

	if (err == 0)
		s->report.granted += claim(s, &g.granted);
	wf_sweep_numbers_done(&g.granted);
	return err;
}

/* A release was cut short: what the hold kept back begins. */
static void release(struct sweep *s, const struct wf_sweep_numbers *numbers)
{
	for (size_t i = 0; i < numbers->count && room_left(s) && !asked_to_stop(s); i++) {
		struct wf_event event = { .type = WF_EVENT_RELEASE, .step = WF_NONE, .at = wf_now_ms(),
			.random = wf_random_u32(), .data = json_pack("{s:s}", "by", "sweep") };
		if (wf_runtime_post(s->rt, numbers->items[i], &event, NULL) == 0) {
			s->report.released++;
			s->taken_up++;
		}
		json_decref(event.data);
	}
}

struct drop {
	int64_t before;
	uint64_t dropped;
};

static int drop_events(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct drop *d = arg;

	(void)cause;
	d->dropped = 0;
	return wf_txn_drop_events(txn, d->before, DROP_MOST, &d->dropped);
}

static int drop_expired(struct sweep *s, int64_t now)
{
	struct drop d = { .before = expired_before(s, now), .dropped = DROP_MOST };
	int err = 0;

	while (err == 0 && d.dropped == DROP_MOST && !asked_to_stop(s)) {
		err = wf_journal_update(s->journal, drop_events, &d, &s->cause);
		s->report.dropped += err == 0 ? d.dropped : 0;
	}
	return err;
}

/* What there was no room for yet is due still: until it is taken up nothing more is asked for, as that
 * would be to read it all again each time. */
static bool is_behind(const struct sweep *s)
{
	return wf_runtime_claims_waiting(s->rt) > 0;
}

/* Everything that there is, in its order. */
static int whole_pass(struct sweep *s, int64_t now, int64_t *ret_next)
{
	struct wf_agenda a = { 0 };
	int err = wf_sweep_look(s->journal, s->o->home, now, expired_before(s, now), !is_behind(s), &a,
		&s->cause);

	if (err < 0)
		return err;
	s->report.orphans += claim(s, &a.orphans);
	(void)claim(s, &a.timers);
	if (a.schedules.count)
		err = fire_schedules(s, now);
	if (err == 0 && a.queued.count && !asked_to_stop(s))
		err = grant_queued(s, &a.queued);
	if (err == 0)
		err = dispatch(s, &a.events);
	if (err == 0)
		release(s, &a.held_back);
	if (err == 0 && a.events_expired)
		err = drop_expired(s, now);
	*ret_next = a.next_due;
	wf_agenda_done(&a);
	return err;
}

/* Only what the clock makes due. */
static int due_pass(struct sweep *s, int64_t now, int64_t *ret_next)
{
	struct wf_sweep_numbers timers = { 0 };
	int err = wf_sweep_due(s->journal, now, is_behind(s) ? NULL : &timers, ret_next, &s->cause);

	if (err == 0 && *ret_next && *ret_next <= now) {
		(void)claim(s, &timers);
		err = fire_schedules(s, now);
	}
	wf_sweep_numbers_done(&timers);
	return err;
}

static int pass(struct sweep *s, int64_t now, int64_t *ret_next)
{
	int64_t clock = wf_monotonic_ms();
	bool whole = !s->passed || clock >= s->whole_at;
	int err = end_dispatched(s);

	forget_given(s, whole);
	s->passed = true;
	if (whole)
		s->whole_at = clock + WHOLE_EVERY_MS;
	if (err == 0)
		err = whole ? whole_pass(s, now, ret_next) : due_pass(s, now, ret_next);
	return err;
}

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
	bool over = s->passed && left <= 0;
	s->failed = over ? time_is_over(s, now, &next) : pass(s, now, &next);
	if (s->failed < 0) {
		s->cause.err = s->failed;
		wf_runtime_fail(rt, &s->cause);
		return 0;
	}
	if (over)
		return next;
	tell(s);
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
	take_back(s, in->number);
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
		.people_arg = o->people_arg, .observer = { .arg = s, .moved = moved, .parted = parted,
			.told = told } };

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
		err = end_dispatched(s);
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
			wf_spool_used(wf_home_spool(o->home));
		s->report.next_due = g.next_due;
	}
	return err;
}

static int would_do(struct sweep *s, struct wf_cause *cause)
{
	struct wf_agenda a = { 0 };
	int64_t now = wf_now_ms();
	int err = wf_sweep_look(s->journal, s->o->home, now + (int64_t)s->o->window_ms,
		expired_before(s, now), true, &a, cause);

	if (err < 0)
		return err;
	s->report.orphans = a.orphans.count;
	s->report.timers = a.timers.count;
	s->report.fired = a.schedules.count;
	s->report.granted = a.queued.count;
	s->report.events = a.events.count;
	s->report.released = a.held_back.count;
	s->report.next_due = a.next_due;
	s->report.looked = !wf_agenda_empty(&a);
	wf_agenda_done(&a);
	return 0;
}

/* The time of what is left, for whoever arms a timer by it. */
static void look_ahead(struct sweep *s)
{
	struct wf_glance g = { 0 };

	if (wf_sweep_glance(s->journal, s->o->home, 0, &g, NULL) == 0)
		s->report.next_due = g.next_due;
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
	wf_sweep_numbers_done(&s.dispatched);
	wf_sweep_numbers_done(&s.dispatched_started);
	wf_free(s.given);
	*ret = s.report;
	return err;
}

/* -- what is next -- */

static bool first_due(void *arg, uint64_t number, int64_t when)
{
	struct wf_next_due *d = arg;

	d->at = when;
	d->instance = number;
	return false;
}

static bool first_schedule(void *arg, uint64_t id, int64_t when)
{
	struct wf_next_due *d = arg;

	if (d->at && d->at <= when)
		return false;
	d->at = when;
	d->instance = 0;
	d->schedule = id;
	return false;
}

static int find_next(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct wf_next_due *d = arg;
	struct wf_schedule s = { 0 };
	struct wf_instance *in = NULL;
	int64_t first = 0;

	(void)cause;
	*d = (struct wf_next_due){ 0 };
	int err = wf_txn_next_due(txn, &first);
	if (err == 0 && first)
		err = wf_txn_each_due(txn, first, first_due, d);
	if (err == 0 && first)
		err = wf_txn_each_schedule_due(txn, first, first_schedule, d);
	if (err == 0 && d->schedule && (err = wf_txn_get_schedule(txn, d->schedule, &s)) == 0)
		(void)snprintf(d->name, sizeof(d->name), "%s", s.name);
	if (err == 0 && d->instance &&
		(err = wf_txn_get_instance(txn, d->instance, WF_LOAD_HEADER, &in)) == 0)
		(void)snprintf(d->name, sizeof(d->name), "%s", in->workflow ? in->workflow : "");
	wf_instance_free(in);
	wf_schedule_done(&s);
	return err;
}

int wf_sweep_next(struct wf_home *home, const char *tenant, const char *environment,
	int64_t event_retention_ms, struct wf_next_due *ret, struct wf_cause *cause)
{
	int64_t expired = event_retention_ms > 0 ? wf_now_ms() - event_retention_ms : 0;
	struct wf_journal *j = NULL;
	struct wf_glance g = { 0 };
	struct wf_next_due d = { 0 };
	int err = wf_journal_open(home, tenant, environment, WF_JOURNAL_READ, &j, cause);

	if (err == 0)
		err = wf_sweep_glance(j, home, expired, &g, cause);
	if (err == 0 && g.next_due)
		err = wf_journal_view(j, find_next, &d, cause);
	wf_journal_close(j);
	if (err < 0)
		return err;
	d.work = g.work;
	*ret = d;
	return 0;
}
