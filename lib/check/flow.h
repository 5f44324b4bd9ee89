/*
 * The control flow of a model as a graph. A step is three nodes: it is entered, it is done (its
 * output is there), or it has failed for good. A skipped step leads on from where it was entered,
 * so that "done" dominates a place exactly where the step's output is sure to be there.
 */
#ifndef WF_CHECK_FLOW_H
#define WF_CHECK_FLOW_H

#include "check/graph.h"
#include "model/model.h"

#define WF_FLOW_START 0u

static inline uint32_t wf_flow_enter(uint32_t step)
{
	return 1 + 3 * step;
}
static inline uint32_t wf_flow_done(uint32_t step)
{
	return 2 + 3 * step;
}
static inline uint32_t wf_flow_fail(uint32_t step)
{
	return 3 + 3 * step;
}
static inline uint32_t wf_flow_end(const struct wf_model *model)
{
	return 1 + 3 * model->step_count;
}
static inline uint32_t wf_flow_step(uint32_t node)
{
	return (node - 1) / 3;
}
static inline bool wf_flow_is_enter(const struct wf_model *model, uint32_t node)
{
	return node >= 1 && node < wf_flow_end(model) && (node - 1) % 3 == 0;
}

/* Builds the graph, walked and with dominators. Targets must be resolved; those that are not are
 * left out. */
void wf_flow_build(const struct wf_model *model, struct wf_graph *ret);

#endif
