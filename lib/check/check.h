/*
 * Proves a model sound: circles and unbounded loops, reachability, transitions, bindings by
 * dominance on the control-flow graph, types, action inputs, policies, durations.
 */
#ifndef WF_CHECK_CHECK_H
#define WF_CHECK_CHECK_H

#include "model/model.h"

/* Adds all findings, resolves every expression of the model (the compiler needs that). True when no
 * error was added. */
bool wf_check(struct wf_model *model, struct wf_diags *diags);

#endif
