/* Whether instances can go on under another plan of their workflow. */
#ifndef WF_ENGINE_FIT_H
#define WF_ENGINE_FIT_H

#include "plan/plan.h"
#include "state/state.h"

/* WF_ECONFLICT: it cannot; the cause says why, *ret_step (of `from`; WF_NONE) where. */
int wf_engine_fits(const struct wf_plan *from, const struct wf_plan *to, const struct wf_instance *in,
	uint32_t *ret_step, struct wf_cause *cause);
/* The same of every instance that rests in that step, whichever way it came there. */
int wf_engine_fits_at(const struct wf_plan *from, const struct wf_plan *to, uint32_t step,
	uint32_t *ret_step, struct wf_cause *cause);

#endif
