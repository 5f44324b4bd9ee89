/* The input of a start that no person gives: by a schedule or an event. */
#ifndef WF_RUNTIME_INPUT_H
#define WF_RUNTIME_INPUT_H

#include "base/json.h"
#include "plan/plan.h"

/* Checks an input against the plan's schema and applies its defaults to a copy: *ret is new. input
 * NULL: an empty object. WF_EINVAL: the cause says what does not fit. */
int wf_start_input(const struct wf_plan *plan, const json_t *input, json_t **ret,
	struct wf_cause *cause);

#endif
