/* Due schedules become instances. Internal to lib/sweep, but for its tests. */
#ifndef WF_SWEEP_FIRE_H
#define WF_SWEEP_FIRE_H

#include "runtime/runtime.h"

struct wf_fired {
	uint64_t fired;          /* firings that were made good */
	uint64_t missed;         /* left out by a policy */
	uint64_t refused;        /* due, but no instance could be started */
	uint64_t queued;         /* started into a queue */
	uint64_t begun;          /* started, and this process's already */
	uint64_t *numbers;       /* the other instances to drive, in order; from wf_alloc */
	size_t count, room;
	char why[320];           /* of the last refused */
};
void wf_fired_done(struct wf_fired *f); /* zeroed is allowed */

/* Fires the schedules that are due at `now`, at most `most` of them, a transaction for each group: what
 * is due is taken off the row and its instances are admitted together. A start that is refused is
 * recorded, and its schedule goes on. Up to `jobs` instances in hand are begun here at once, the others
 * wait in numbers. *ret_more: there may be more that are due. Adds to *f. */
int wf_fire_due(struct wf_runtime *rt, struct wf_journal *j, int64_t now, size_t most, size_t jobs,
	struct wf_fired *f, bool *ret_more, struct wf_cause *cause);

#endif
