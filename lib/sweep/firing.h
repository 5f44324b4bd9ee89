/* Which firings of a schedule are due, and which of those a sweep still makes good. */
#ifndef WF_SWEEP_FIRING_H
#define WF_SWEEP_FIRING_H

#include "journal/waiting.h"
#include "base/timetable.h"

struct wf_firings {
	int64_t *fire;        /* nominal times, rising; from wf_alloc */
	size_t count;
	uint64_t missed;      /* left out by the schedule's policy */
	int64_t missed_from, missed_to; /* nominal times of the first and the last of them */
};
void wf_firings_done(struct wf_firings *f); /* zeroed is allowed */

/* Takes what is due at `now` off the row, by the timetable's policy: moves next_nominal, next_at,
 * last_nominal and missed on, and notes what was missed. Nothing else of the row changes, and nothing
 * at all when none is due. A very long past is taken in pieces: next_at is then still due. */
void wf_firings_take(struct wf_schedule *s, const struct wf_timetable *t, int64_t now,
	struct wf_firings *ret);

/* Sets next_nominal and next_at to the first firing after that time; 0 and 0: there is none. */
void wf_firings_next(struct wf_schedule *s, const struct wf_timetable *t, int64_t after);

#endif
