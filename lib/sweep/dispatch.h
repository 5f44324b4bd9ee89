/*
 * Kept events on their way: an event starts every workflow whose newest enabled version has a trigger
 * that matches it, and wakes every instance that waits for it.
 */
#ifndef WF_SWEEP_DISPATCH_H
#define WF_SWEEP_DISPATCH_H

#include "runtime/runtime.h"

struct wf_dispatch {
	uint64_t started;   /* instances that it started; those of an earlier attempt not counted */
	uint64_t queued;    /* of those, in the queue of a slot */
	uint64_t offered;   /* waiting instances that it is offered to; each takes it when it matches */
	uint64_t refused;   /* starts that were refused: input, concurrency, a hold */
	uint64_t held;      /* of those, by a hold: the event stays to be handed out once that has ended */
	char why[256];      /* of the last refused */
};

/* Dispatches one kept event: starts with the key "event:NUMBER:WORKFLOW", a commit each, claimed, and
 * deliveries to those that wait for its name, queued: wf_runtime_run does and drives them. Once that has
 * returned wf_dispatch_end marks the event as dispatched. Whatever stops this in the midst, the next
 * dispatch does the rest and nothing twice. The journal is the runtime's. Adds to *stats. */
int wf_dispatch_event(struct wf_runtime *rt, struct wf_journal *journal, uint64_t event,
	struct wf_dispatch *stats, struct wf_cause *cause);
/* `started` of its wf_dispatch goes into the event's count of takers; with `held` it is not marked: a
 * later sweep hands it out again, to those that were on hold. */
int wf_dispatch_end(struct wf_journal *journal, uint64_t event, const struct wf_dispatch *stats,
	struct wf_cause *cause);

/* Whether an event's name matches a trigger's pattern: parts between dots, * is one part, or as the
 * last part all that follow. */
bool wf_event_matches(const char *pattern, const char *name);

#endif
