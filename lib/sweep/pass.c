/*
 * A pass of a sweep: what is due is looked up, taken up, and handed to the runtime, in an order in which
 * nothing waits for what comes later.
 */
#include "sweep/pass.h"

#include "base/mem.h"
#include "base/sys.h"
#include "journal/waiting.h"
#include "sweep/dispatch.h"
#include "sweep/fire.h"

#include <stdio.h>

#define WHOLE_EVERY_MS 2000   /* of a window: how often it looks for orphans and the like */
#define BEGIN_MOST 64         /* instances begun without a claim of their own */
#define DROP_MOST 10000       /* events dropped in one commit */
#define PRUNE_MOST 200        /* histories removed in one commit */

/* Claims those that are not in hand, as far as `max` allows; how many. */
static uint64_t claim(struct sweep *s, const struct wf_numbers *numbers)
{
	size_t kept = 0;

	for (size_t i = 0; i < numbers->count && room_left(s); i++) {
		if (!wf_sweep_set_add(&s->given, numbers->items[i]))
			continue;
		numbers->items[kept++] = numbers->items[i];
		s->taken_up++;
	}
	if (kept)
		wf_runtime_claim_later(s->rt, numbers->items, kept);
	return kept;
}

/* -- schedules -- */

static int fire_schedules(struct sweep *s, int64_t now)
{
	bool more = true;
	int err = 0;

	while (err == 0 && more && room_left(s) && !asked_to_stop(s)) {
		struct wf_fired f = { 0 };
		struct wf_numbers started = { 0 };
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
			if (wf_sweep_set_add(&s->given, f.numbers[i]))
				wf_numbers_add(&started, f.numbers[i]);
		if (started.count)
			wf_runtime_claim_later(s->rt, started.items, started.count);
		s->taken_up += f.begun + started.count;
		wf_numbers_done(&started);
		wf_fired_done(&f);
	}
	return err;
}

/* -- events -- */

static bool was_handed(const struct sweep *s, uint64_t event)
{
	for (size_t i = 0; i < s->handed_count; i++)
		if (s->handed[i].event == event)
			return true;
	return false;
}

static int dispatch(struct sweep *s, const struct wf_numbers *events)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < events->count && !asked_to_stop(s); i++) {
		struct wf_dispatch stats = { 0 };
		if (was_handed(s, events->items[i]))
			continue;
		err = wf_dispatch_event(s->rt, s->journal, events->items[i], &stats, &s->cause);
		if (err < 0)
			break;
		s->report.events += !stats.held;
		s->report.started += stats.started;
		s->report.queued += stats.queued;
		/* what a hold keeps back is not said by every sweep until its end */
		s->report.refused += stats.refused - stats.held;
		s->taken_up += stats.started;
		if (stats.refused > stats.held)
			(void)snprintf(s->report.why, sizeof(s->report.why), "%s", stats.why);
		WF_GROW(s->handed, s->handed_count, s->handed_room);
		s->handed[s->handed_count++] =
			(struct handed){ .event = events->items[i], .stats = stats };
	}
	return err;
}

int wf_sweep_end_dispatched(struct sweep *s)
{
	size_t left = 0;
	int err = 0;

	if (wf_runtime_in_hand(s->rt))
		return 0;
	for (size_t i = 0; err == 0 && i < s->handed_count; i++) {
		struct handed h = s->handed[i];
		if (!h.held)
			err = wf_dispatch_end(s->journal, h.event, &h.stats, &s->cause);
		h.held = h.stats.held > 0;
		if (h.held)
			s->handed[left++] = h;
	}
	s->handed_count = left;
	return err;
}

/* -- slots, holds, retention -- */

struct grants {
	const struct wf_numbers *queued;
	struct wf_numbers granted;
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
			wf_numbers_add(&g->granted, g->queued->items[i]);
	}
	return err;
}

static int grant_queued(struct sweep *s, const struct wf_numbers *queued)
{
	struct grants g = { .queued = queued };
	int err = wf_journal_update(s->journal, grant, &g, &s->cause);

	if (err == 0)
		s->report.granted += claim(s, &g.granted);
	wf_numbers_done(&g.granted);
	return err;
}

/* A release was cut short: what the hold kept back begins. */
static void release(struct sweep *s, const struct wf_numbers *numbers)
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

struct prune {
	int64_t now;
	size_t most;
	struct wf_pruned done;
};

static int prune_some(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct prune *p = arg;

	(void)cause;
	return wf_txn_prune_expired(txn, p->now, p->most, &p->done);
}

/* One commit: what waits for the clock or for the loop comes before the next one. */
static int prune_expired(struct sweep *s, int64_t now)
{
	uint64_t room = room_left(s);
	struct prune p = { .now = now, .most = room < PRUNE_MOST ? (size_t)room : PRUNE_MOST };

	if (!s->expiring || !p.most || asked_to_stop(s))
		return 0;
	int err = wf_journal_update(s->journal, prune_some, &p, &s->cause);
	if (err < 0)
		return err;
	s->report.pruned += p.done.instances;
	s->taken_up += p.done.instances;
	s->expiring = p.done.more;
	return 0;
}

/* -- passes -- */

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
	int err = wf_sweep_look(s->journal, s->o->home, now, expired_before(s, now),
		is_behind(s) ? WF_SWEEP_LEAVES_INSTANCES : WF_SWEEP_ALL, &a, &s->cause);

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
	s->expiring = a.expired > 0;
	if (err == 0)
		err = prune_expired(s, now);
	*ret_next = a.next_due;
	wf_agenda_done(&a);
	return err;
}

/* Only what the clock makes due. */
static int due_pass(struct sweep *s, int64_t now, int64_t *ret_next)
{
	struct wf_numbers timers = { 0 };
	int err = wf_sweep_due(s->journal, now, is_behind(s) ? NULL : &timers, ret_next, &s->cause);

	if (err == 0 && *ret_next && *ret_next <= now) {
		(void)claim(s, &timers);
		err = fire_schedules(s, now);
	}
	if (err == 0)
		err = prune_expired(s, now);
	wf_numbers_done(&timers);
	return err;
}

/* Those that could not be claimed never part: they go when nothing at all is in hand, and before all is
 * looked at again. To claim what is in hand once more is nothing. */
static void forget_given(struct sweep *s, bool whole)
{
	size_t kept = whole ? wf_runtime_claims_waiting(s->rt) : wf_runtime_in_hand(s->rt);

	if (kept)
		return;
	wf_sweep_set_clear(&s->given);
	for (size_t i = 0; i < s->spoilt.count; i++)
		(void)wf_sweep_set_add(&s->given, s->spoilt.items[i]);
}

int wf_sweep_pass(struct sweep *s, int64_t now, int64_t *ret_next)
{
	int64_t clock = wf_monotonic_ms();
	bool whole = !s->passed || clock >= s->whole_at;
	int err = wf_sweep_end_dispatched(s);

	forget_given(s, whole);
	s->passed = true;
	if (whole)
		s->whole_at = clock + WHOLE_EVERY_MS;
	if (err == 0)
		err = whole ? whole_pass(s, now, ret_next) : due_pass(s, now, ret_next);
	return err;
}
