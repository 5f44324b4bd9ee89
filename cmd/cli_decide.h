/* approve and reject share all but their vote. */
#ifndef WF_CMD_DECIDE_H
#define WF_CMD_DECIDE_H

#include "cli.h"

#define WF_DECIDE_OPTIONS                                                                          \
	{ "reason", 'r', "TEXT", "why; kept with the decision", NULL, NULL },                          \
	{ "step", 0, "STEP", "which approval, when the instance asks for several", NULL, NULL },       \
	{ "approval", 0, "A", "the approval's own number, instead of the instance", NULL, NULL },      \
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },  \
	{ "dry-run", 'n', NULL, "say what would be decided", NULL, NULL }

int wf_run_decide(struct wf_ctx *ctx, bool approve);

#endif
