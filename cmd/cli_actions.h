/*
 * Where action definitions are found, in this order: the workflow's own file, the files and folders
 * that the command line names beside it, --actions, a folder `actions` beside the file, the journal,
 * and those that are shipped.
 */
#ifndef WF_CMD_ACTIONS_H
#define WF_CMD_ACTIONS_H

#include "cli_load.h"
#include "model/catalog.h"

/* The files of one command are a bundle: their definitions are known in all of them. The list must
 * stay until the context ends. */
void wf_actions_bundle(struct wf_ctx *ctx, const struct wf_files *files);
/* For one file: `own` has the file's own definitions. Findings about --actions go to diags once. */
struct wf_catalog *wf_actions_catalog(struct wf_ctx *ctx, const char *path, struct wf_shelf *own,
	struct wf_diags *diags);
void wf_actions_done(struct wf_ctx *ctx);

#define WF_OPTION_ACTIONS                                                                          \
	{ "actions", 0, "PATH", "also know the action definitions of this file or folder; repeatable", \
		"file", NULL }
#define WF_OPTION_DIALECT                                                                          \
	{ "dialect", 0, "NAME", "the dialect that the definitions are in; told by their shape unless given", \
		"orch|flexprice|taskflow", NULL }

#endif
