/*
 * Proves a model sound: circles and unbounded loops, reachability, transitions, bindings by
 * dominance on the control-flow graph, types, action inputs, policies, durations.
 */
#ifndef WF_CHECK_CHECK_H
#define WF_CHECK_CHECK_H

#include "check/known.h"

/* Adds all findings, resolves every expression of the model (the compiler needs that). True when no
 * error was added, and the action definitions that it uses have none either. */
bool wf_check(struct wf_model *model, struct wf_diags *diags);

/* What is known of the built-in schemas of actions: read, typed and compiled when first asked for.
 * Who checks many models keeps it from one to the next; it must outlive them. */
struct wf_check_schemas;
struct wf_check_schemas *wf_check_schemas_new(void);
void wf_check_schemas_free(struct wf_check_schemas *s); /* NULL is allowed */
/* known: other workflows, whose outputs are typed where they are a step's child; NULL: none is. */
bool wf_check_with(struct wf_check_schemas *schemas, struct wf_known *known, struct wf_model *model,
	struct wf_diags *diags);

/* Workflows of one text, each of them known and checked (NULL: what is no workflow): whether they start
 * each other in a circle, what each gives to a child, and whether two have one name. */
void wf_check_bundle(struct wf_known *known, struct wf_model *const *models, size_t count,
	struct wf_diags *diags);

/* The same for an action definition; one that is used by a model is checked with it. */
bool wf_check_action(struct wf_action_def *def, struct wf_diags *diags);

#endif
