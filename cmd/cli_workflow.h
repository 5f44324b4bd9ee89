/* The sub-verbs of workflow that change something. */
#ifndef WF_CMD_WORKFLOW_H
#define WF_CMD_WORKFLOW_H

#include "cli.h"

int wf_run_workflow_enable(struct wf_ctx *ctx);
int wf_run_workflow_disable(struct wf_ctx *ctx);
int wf_run_workflow_delete(struct wf_ctx *ctx);
/* … and the one that compares two. */
int wf_run_workflow_diff(struct wf_ctx *ctx);

#endif
