/*
 * What differs between two plans, by the ids of their steps: what a step does, where it leads, and what the
 * workflow is as a whole. Where things stand in a plan does not matter.
 */
#ifndef WF_PLAN_COMPARE_H
#define WF_PLAN_COMPARE_H

#include "plan/plan.h"

/* Parts of a step, as they are called in a definition. */
#define WF_STEP_PARTS(X)                                                                           \
	X(ACTION, "action")                                                                        \
	X(NAME, "name")                                                                            \
	X(PLACE, "place")                   /* the branch, foreach or list it stands in */          \
	X(CONDITION, "condition")                                                                  \
	X(KEY, "idempotency_key")                                                                  \
	X(WITH, "with")                                                                            \
	X(MATCH, "match")                                                                          \
	X(NOTIFY, "notify")                                                                        \
	X(OUTPUT, "output")                 /* with what `set` makes of it */                       \
	X(NEXT, "next")                                                                            \
	X(ON_FAILURE, "on_failure")                                                                \
	X(COMPENSATE, "compensate")                                                                \
	X(RETRY, "retry")                                                                          \
	X(TIMEOUT, "timeout")                                                                      \
	X(DEADLINE, "deadline")                                                                    \
	X(ON_CRASH, "on_crash")                                                                    \
	X(MAX_VISITS, "max_visits")
enum wf_plan_step_part {
#define X(name, text) WF_CHANGED_##name,
	WF_STEP_PARTS(X)
#undef X
	WF_CHANGED_COUNT_
};
extern const char *const wf_plan_step_part_names[WF_CHANGED_COUNT_];

/* Bits of the parts that differ, of a step of a and one of b. */
uint32_t wf_plan_compare_steps(const struct wf_plan *a, uint32_t i, const struct wf_plan *b, uint32_t j);

/* Names of what differs of the workflow beside its steps: "input", "timeout", "triggers"… A new list,
 * sorted. */
json_t *wf_plan_compare_rest(const struct wf_plan *a, const struct wf_plan *b);

/* Where the step's thread goes on after its outcome: behind its PERFORM or FORK; WF_NONE: it has none. */
uint32_t wf_plan_behind_perform(const struct wf_plan *plan, uint32_t step);

#endif
