/* The model to a plan. The model must have been checked without errors. */
#ifndef WF_COMPILE_COMPILE_H
#define WF_COMPILE_COMPILE_H

#include "model/model.h"
#include "plan/plan.h"

/* Appends the plan's canonical bytes to out. Deterministic. The bytes always pass wf_plan_load; a
 * model that would not is a bug. WF_ELIMIT when the plan would be over a limit. */
int wf_compile(const struct wf_model *model, struct wf_buf *out, struct wf_cause *cause);

/* A plan whose only body is the expression, for `wfctl eval`: *ret_pc is where it begins. */
int wf_compile_expr(struct wf_expr *resolved, struct wf_buf *out, uint32_t *ret_pc);

#endif
