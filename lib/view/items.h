/*
 * Which item of a foreach the transitions of a history are about. A record names the lane, and a lane
 * takes one item after the other; only the end of an item names it. So all records are added first, and
 * looked at from the last to the first: a lane had in hand what it ended next, or what it has now.
 */
#ifndef WF_VIEW_ITEMS_H
#define WF_VIEW_ITEMS_H

#include "plan/plan.h"
#include "state/event.h"
#include "state/state.h"

struct wf_view_items;

/* NULL where the plan has no foreach; the others take that for a history without items. */
struct wf_view_items *wf_view_items_new(const struct wf_plan *plan);
void wf_view_items_free(struct wf_view_items *v); /* NULL is allowed */
/* The next record. */
void wf_view_items_add(struct wf_view_items *v, const struct wf_record *r);
/* All have been added; `in` is the instance after them. */
void wf_view_items_settle(struct wf_view_items *v, const struct wf_instance *in);

/* The item, of the innermost foreach around the step, that the event of the nth record was about, or its
 * transition i, both from 0. WF_NONE: of none, or it cannot be known. */
uint32_t wf_view_items_event(const struct wf_view_items *v, uint64_t n);
uint32_t wf_view_items_transition(const struct wf_view_items *v, uint64_t n, uint32_t i);

#endif
