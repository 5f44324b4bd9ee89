/* Files of tests of workflows: read, checked against their schema and their workflow, merged with their
 * defaults. */
#ifndef WF_CMD_TESTS_H
#define WF_CMD_TESTS_H

#include "cli_load.h"

/* A test file and the workflow that it tests. */
struct wf_test_file {
	char *name;             /* as it was asked for */
	char *workflow;         /* the definition's path */
	struct wf_buf text;
	struct wf_source source;
	struct wf_documents docs;
	struct wf_diags diags;  /* of the test file */
	const struct wf_node *list; /* of tests */
	json_t *tests;          /* list: defaults merged in */
	struct wf_plan *plan;
};

/* Reads it, and its workflow. 0, or the exit status with everything said. */
int wf_test_file_read(struct wf_ctx *ctx, const char *path, struct wf_test_file *f);
void wf_test_file_done(struct wf_test_file *f);

/* Where a failure of test number i is written: the place in the file that a pointer into the test names,
 * or of its nearest part that is there. */
struct wf_span wf_test_place(const struct wf_test_file *f, size_t i, const char *pointer);

#endif
