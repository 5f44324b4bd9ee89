/* A plan's steps and edges as Graphviz dot or Mermaid, and coloured by an instance's step status. */
#ifndef WF_VIEW_GRAPH_H
#define WF_VIEW_GRAPH_H

#include "plan/plan.h"
#include "state/state.h"

/* `in` may be NULL: the plan alone. */
void wf_view_dot(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out);
void wf_view_mermaid(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out);

#endif
