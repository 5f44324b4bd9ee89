/* Which workflows a plan starts. */
#ifndef WF_PLAN_STARTS_H
#define WF_PLAN_STARTS_H

#include "plan/plan.h"

/* The child that the step starts, as far as it is written out in the plan: false when the step starts
 * none, or computes which. *ret_version is NULL for the newest. Both are the plan's. */
bool wf_plan_starts(const struct wf_plan *plan, uint32_t step, const char **ret_workflow,
	const char **ret_version);

/* The `input` that such a step gives to its child, member by member: {NAME: {"is": VALUE}}, {} instead of a
 * value that is computed; a member that is not named is surely not given. New; NULL: the step starts no child
 * that is written out, or computes which members there are. */
json_t *wf_plan_start_input(const struct wf_plan *plan, uint32_t step);

/* Whether every good end of the workflow is without an output. */
bool wf_plan_gives_nothing(const struct wf_plan *plan);

#endif
