/*
 * Where the workflows that others start are found, in this order: the file itself, the files that the
 * command line names beside it, those of --with, the journal.
 */
#ifndef WF_CMD_CHILDREN_H
#define WF_CMD_CHILDREN_H

#include "cli_load.h"
#include "check/known.h"

/* From here on workflows are also looked for in these files (NULL: in none; the list must stay until the
 * context ends) and, with `journal`, among those that are registered. `all`: no others exist. */
void wf_beside_begin(struct wf_ctx *ctx, const struct wf_files *files, bool journal, bool all);
/* What is known beside one file; borrowed, NULL: nothing. */
struct wf_known *wf_beside_known(struct wf_ctx *ctx);
void wf_beside_done(struct wf_ctx *ctx);

#define WF_OPTION_WITH                                                                             \
	{ "with", 0, "FILE", "workflows that children are looked for among before those that are registered; " \
		"may be given often", "file", NULL }

#endif
