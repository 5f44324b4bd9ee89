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
	uint64_t woken;     /* instances that took it */
	uint64_t refused;   /* starts that were refused: input, quota, a hold */
	char why[256];      /* of the last refused */
};

/* Dispatches one kept event: starts with the key "event:NUMBER:WORKFLOW", deliveries in groups, and at
 * last the mark that it is dispatched. Whatever stops it in the midst, the next call does the rest and
 * nothing twice. The started and woken instances are claimed; wf_runtime_run drives them. Adds to
 * *stats. */
int wf_dispatch_event(struct wf_runtime *rt, uint64_t event, struct wf_dispatch *stats,
	struct wf_cause *cause);

/* Whether an event's name matches a trigger's pattern: parts between dots, * is one part, or as the
 * last part all that follow. */
bool wf_event_matches(const char *pattern, const char *name);

#endif
