/* What becomes of registered parents when their child has another version. */
#ifndef WF_CHECK_PARENTS_H
#define WF_CHECK_PARENTS_H

#include "plan/plan.h"

/* Whether what the child takes or gives is another than before. */
bool wf_child_differs(const struct wf_plan *before, const struct wf_plan *now);
/* Calls fn for each reason why a step of the parent, which starts the newest version of the child, does not fit
 * the new version. Only what is sure is told, as far as the schemas and the parent's plan say it. */
void wf_check_parent(const struct wf_plan *parent, const struct wf_plan *before,
	const struct wf_plan *now, void (*fn)(void *arg, uint32_t step, const char *why), void *arg);

#endif
