/* From a file's name to its definitions: read, modelled, checked, and compiled where wanted. */
#ifndef WF_CMD_LOAD_H
#define WF_CMD_LOAD_H

#include "cli.h"
#include "model/model.h"
#include "source/tree.h"

/* One file (or standard input) with all its definitions. */
struct wf_check_schemas;
struct wf_shelf;
struct wf_catalog;
struct wf_known;
struct wf_action_def;
struct wf_loaded {
	char *name;
	const char *dialect;      /* that --dialect names; NULL */
	struct wf_buf text;
	struct wf_source source;
	struct wf_documents docs;
	struct wf_shelf *own;     /* the action definitions among them */
	struct wf_catalog *actions;
	struct wf_known *known;   /* its workflows, and those beside it */
	struct wf_check_schemas *schemas; /* that its types point into; NULL: the caller's */
	struct wf_model **models; /* one a definition; NULL where it is no workflow */
	struct wf_action_def **defs; /* … and no action definition */
	size_t count;             /* definitions: documents, and what a document that is a list holds */
	struct wf_diags diags;    /* sorted */
};

/* Reads and checks. Every failure, also of reading the file, is a finding. schemas: kept from file to
 * file by who loads many, and until they are done with; NULL otherwise. The context outlives it. */
void wf_load_file(struct wf_loaded *l, struct wf_ctx *ctx, const char *path,
	struct wf_check_schemas *schemas);
void wf_loaded_done(struct wf_loaded *l);

/* Findings as text to standard error: errors, warnings unless quiet, notes when verbose. */
void wf_say_findings(struct wf_ctx *ctx, const struct wf_diags *diags);

/* Whether an argument names a file: it has a '/', a definition's ending, or is "-". */
bool wf_looks_like_file(const char *argument);

/* Reads a file that must hold one sound definition, and compiles it: the plan's bytes to *ret_bytes,
 * the loaded plan to *ret. 0 or the exit status, with everything said. */
int wf_load_plan(struct wf_ctx *ctx, const char *path, struct wf_buf *ret_bytes,
	struct wf_plan **ret);
/* The same of the workflow `id` of a file that may hold several (NULL: it holds one), with what was
 * loaded: the caller's, to be done with whatever comes back. *ret_model lies in it. */
int wf_load_workflow(struct wf_ctx *ctx, const char *path, const char *id, struct wf_loaded *l,
	const struct wf_model **ret_model, struct wf_plan **ret);
/* The same for all definitions of a file, workflows and actions; each gives 0 to go on or an exit status. */
int wf_load_plans(struct wf_ctx *ctx, const char *path,
	int (*fn)(struct wf_ctx *ctx, void *arg, const struct wf_buf *bytes, struct wf_plan *plan),
	int (*action)(struct wf_ctx *ctx, void *arg, const struct wf_action_def *def), void *arg);

/* Every definition of a sound file in the canonical dialect, as YAML documents. */
int wf_load_canonical(struct wf_ctx *ctx, const char *path, struct wf_buf *out);

/* Definition files below the arguments (files as they are; folders searched for *.yaml, *.yml and
 * *.json, hidden ones and test files left out), sorted within each argument. Strings and list from
 * wf_alloc. 0 or the exit status. */
struct wf_files {
	char **items;
	size_t count, room;
};
int wf_find_files(struct wf_ctx *ctx, struct wf_files *files);
/* The same below one folder; -1 when it, or a folder in it, cannot be read. */
int wf_find_below(const char *folder, struct wf_files *files);
/* The same with test files: *.test.yaml, *.test.yml, *.test.json. */
int wf_find_test_files(struct wf_ctx *ctx, struct wf_files *files);
void wf_files_done(struct wf_files *files);

#endif
