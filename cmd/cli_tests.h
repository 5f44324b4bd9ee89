/* Files of tests of workflows: read, checked against their schema and their workflow, merged with their
 * defaults. */
#ifndef WF_CMD_TESTS_H
#define WF_CMD_TESTS_H

#include "cli_load.h"
#include "schema/schema.h"

/* A test file and the workflow that it tests. */
struct wf_test_file {
	char *name;             /* as it was asked for */
	char *workflow;         /* the definition's path */
	struct wf_buf text;
	struct wf_source source;
	struct wf_documents docs;
	struct wf_diags diags;  /* of the test file */
	const struct wf_node *list; /* of tests */
	const struct wf_node *defaults; /* NULL */
	json_t *tests;          /* list: defaults merged in */
	struct wf_plan *plan;
	struct wf_loaded loaded;    /* what the definition's file holds */
	const struct wf_model *model; /* of the plan */
	struct wf_loaded *children; /* of the workflows that it runs: files that were looked into */
	size_t child_count, child_room;
};

/* Reads it, and its workflow. 0, or the exit status with everything said. */
int wf_test_file_read(struct wf_ctx *ctx, const char *path, struct wf_test_file *f);
void wf_test_file_done(struct wf_test_file *f);

/* Where a failure of test number i is written: the place in the file that a pointer into the test names,
 * in the test or else in the defaults, or of its nearest part that is there. */
struct wf_span wf_test_place(const struct wf_test_file *f, size_t i, const char *pointer);

/* Whether the test itself has that mock, and not the defaults. */
bool wf_test_has_mock(const struct wf_test_file *f, size_t i, const char *key);

/* A file beside the test file, or that path as it is. From wf_alloc. */
char *wf_test_beside(const struct wf_test_file *f, const char *name);
/* Findings of a schema, placed in the text: `root` is what it was of. */
void wf_test_find_issue(struct wf_test_file *f, const struct wf_node *root, const char *about,
	const struct wf_schema_issue *issue);

/* Findings about mocks that say what cannot come of a step: cli_tests_mocks.c. */
void wf_test_check_mocks(struct wf_ctx *ctx, struct wf_test_file *f, const struct wf_node *root);

#endif
