/* What the verbs share that decide on approvals. */
#ifndef WF_CMD_DECIDE_H
#define WF_CMD_DECIDE_H

#include "cli.h"

#define WF_DECIDE_OPTIONS                                                                          \
	{ "reason", 'r', "TEXT", "why; kept with the decision", NULL, NULL },                          \
	{ "step", 0, "STEP", "which approval, when the instance asks for several; STEP[ITEM] within "  \
		"a foreach", NULL, NULL },                                                             \
	{ "approval", 0, "A", "the approval's own number, instead of the instance", NULL, NULL },      \
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },  \
	{ "dry-run", 'n', NULL, "say what would be decided", NULL, NULL }

#define WF_DECIDE_ALL_OPTIONS                                                                      \
	{ "all-of", 0, "WORKFLOW", "every open approval of this workflow that asks whoever acts",      \
		"workflow", NULL },                                                                 \
	{ "yes", 'y', NULL, "with --all-of: without asking back", NULL, NULL }

/* A decision that a verb gives. */
struct wf_decide {
	const char *decision;  /* approve, reject, delegate, reassign, withdraw, withdraw_request */
	const char *words;     /* "approve", "hand over": behind "would" and before the instance */
	const char *to, *from; /* NULL but where the decision needs them */
};
/* Finds the approval that the command line names and decides. */
int wf_run_decide(struct wf_ctx *ctx, const struct wf_decide *decide);
/* approve or reject of everything that --all-of means. */
int wf_run_decide_all(struct wf_ctx *ctx, const struct wf_decide *decide);
/* A name given with an option: not empty. 0 or the exit status. */
int wf_opt_person(struct wf_ctx *ctx, const char *option, const char **ret);

#endif
