/* Steps of an instance, named as people name them: by the id that the author wrote, and the item of a
 * foreach. */
#ifndef WF_CMD_STEPS_H
#define WF_CMD_STEPS_H

#include "cli.h"

#include "plan/plan.h"
#include "state/state.h"

/* Which steps a command is for. */
struct wf_wanted_step {
	bool (*fits)(const struct wf_instance *in, uint32_t step);
	const char *one, *many; /* "is in doubt", "are in doubt" */
	const char *hint;
};
/* The step that --step names (STEP, or STEP[ITEM] within a foreach), or the only one that fits. 0 or the
 * exit status with everything said: no such step, none that fits, or several, which are listed. */
int wf_find_step(struct wf_ctx *ctx, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_wanted_step *wanted, uint32_t *ret);

/* The item of the innermost foreach around a step of an instance of which the steps are not at hand: it is
 * read when the plan says that there is one. WF_NONE: there is none, or it cannot be read. *name, where
 * not NULL, gets the step's name with all of them. */
uint32_t wf_item_of(struct wf_ctx *ctx, const struct wf_plan *plan, uint64_t number, uint32_t step,
	struct wf_buf *name);

#endif
