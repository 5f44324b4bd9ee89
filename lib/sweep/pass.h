/* What a sweep and its passes share: what it was asked, what it has in hand, what came of it. */
#ifndef WF_SWEEP_PASS_H
#define WF_SWEEP_PASS_H

#include "sweep/dispatch.h"
#include "sweep/work.h"

/* An event that this sweep has handed out. */
struct handed {
	uint64_t event;
	struct wf_dispatch stats;
	bool held;               /* done for now: it waits for the end of a hold, and for another sweep */
};

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
	bool expiring;           /* histories that have expired are left: they go bit by bit, between other things */
	uint64_t taken_up;
	struct wf_sweep_set given; /* instances that were given to the runtime and have not parted */
	struct wf_numbers spoilt; /* that could not be taken up, and are not tried again */
	/* Events whose mark waits until their deliveries are through, and those that are held back. */
	struct handed *handed;
	size_t handed_count, handed_room;
	int failed;
	struct wf_cause cause;
};

static inline bool asked_to_stop(const struct sweep *s)
{
	return s->o->stop && *s->o->stop;
}

static inline int64_t expired_before(const struct sweep *s, int64_t now)
{
	return s->o->event_retention_ms > 0 ? now - s->o->event_retention_ms : 0;
}

/* How many more instances it may take up. */
static inline uint64_t room_left(const struct sweep *s)
{
	if (!s->o->max)
		return UINT64_MAX;
	return s->o->max > s->taken_up ? s->o->max - s->taken_up : 0;
}

/* A pass at this time: the first, and one every other second, over everything that there is, the others over
 * what the clock makes due. *ret_next: the earliest timer or schedule left, due or not; 0: none. */
int wf_sweep_pass(struct sweep *s, int64_t now, int64_t *ret_next);
/* Marks the events that were dispatched, once their deliveries are through. */
int wf_sweep_end_dispatched(struct sweep *s);

#endif
