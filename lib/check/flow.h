/*
 * The control flow of a model as a graph. A step is three nodes: it is entered, it is done (its
 * output is there), or it has failed for good. A skipped step leads on from where it was entered,
 * so that "done" dominates a place exactly where the step's output is sure to be there.
 *
 * Branches and bodies: a list has a node for its end. Where all branches must succeed they stand
 * one behind the other, as what is done in each of them is sure behind them all; where some must,
 * each is a way of its own. What a place in one branch knows of another is no matter of ways: see
 * ran.c. The steps of the workflow's on_failure begin at a node that every failure leads to.
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
/* The end of a list; that of the workflow's own is the end of it all. */
static inline uint32_t wf_flow_block_end(const struct wf_model *model, uint32_t block)
{
	return 1 + 3 * model->step_count + block;
}
static inline uint32_t wf_flow_end(const struct wf_model *model)
{
	return wf_flow_block_end(model, 0);
}
/* Where the workflow has failed. */
static inline uint32_t wf_flow_failed(const struct wf_model *model)
{
	return wf_flow_block_end(model, model->block_count);
}
static inline uint32_t wf_flow_step(uint32_t node)
{
	return (node - 1) / 3;
}
static inline bool wf_flow_of_step(const struct wf_model *model, uint32_t node)
{
	return node >= 1 && node < wf_flow_end(model);
}
static inline bool wf_flow_is_enter(const struct wf_model *model, uint32_t node)
{
	return wf_flow_of_step(model, node) && (node - 1) % 3 == 0;
}

/* Builds the graph, walked and with dominators. Targets must be resolved; those that are not are
 * left out. */
void wf_flow_build(const struct wf_model *model, struct wf_graph *ret);
/* The same of each list for itself: all of them begin at the start, and what a step's own lists do
 * is not looked into. For what is a matter of one list: loops, reach, ends. */
void wf_flow_build_lists(const struct wf_model *model, struct wf_graph *ret);

#endif
