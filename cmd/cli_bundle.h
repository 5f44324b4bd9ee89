/* Workflows in files that are run without being registered. */
#ifndef WF_CMD_BUNDLE_H
#define WF_CMD_BUNDLE_H

#include "cli_batch.h"

/* The first workflow of the file, with the others beside it. 0 or the exit status. */
int wf_bundle_find(struct wf_ctx *ctx, const char *path, struct wf_runnable *r);
/* Those of the files that --with names. */
int wf_bundle_with(struct wf_ctx *ctx, struct wf_runnable *r);
/* What the instance keeps of those beside it: {ID: {"plan", "version"?}}; NULL when there are none. New. */
json_t *wf_bundle_json(const struct wf_runnable *r);
void wf_bundle_done(struct wf_runnable *r);

#endif
