/*
 * Why an instance stands where it stands, in words: what it waits for, since when, what will wake it,
 * what happens at the deadline, what to do.
 *
 * Pure: whatever is not in the instance comes as facts.
 */
#ifndef WF_VIEW_WHY_H
#define WF_VIEW_WHY_H

#include "plan/plan.h"
#include "state/state.h"
#include "view/style.h"

enum wf_why_driver {
	WF_WHY_NOBODY,   /* no process has it */
	WF_WHY_ALIVE,    /* a living process drives it */
	WF_WHY_DEAD      /* whose process had it is gone */
};

/* A slot that the instance is in the queue of. */
struct wf_why_slot {
	const char *name;
	uint64_t limit, held;
	uint64_t place;            /* in the queue, from 1; 0: not in it */
	const uint64_t *holders;   /* some of those that hold it */
	size_t holder_count;
};

/* A hold that is on: of its workflow or of everything. */
struct wf_why_hold {
	bool all;
	const char *by, *reason;   /* NULL: not known, none given */
	int64_t at;
};

struct wf_why_facts {
	int64_t now;
	const char *actor;         /* who asks: what they could do comes first; NULL */
	enum wf_why_driver driver;
	const struct wf_why_slot *slots;
	size_t slot_count;
	const struct wf_why_hold *holds;
	size_t hold_count;
	uint64_t signals;          /* kept for it and not yet taken */
	bool due;                  /* a timer of it is due already */
};

/* What schemas/output/why.schema.json describes; new. */
json_t *wf_view_why(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_why_facts *facts);
/* The same as text: its sentence, then a labelled line each. */
void wf_view_why_text(const json_t *why, const struct wf_style *style, struct wf_buf *out);

#endif
