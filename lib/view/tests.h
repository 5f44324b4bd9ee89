/*
 * What tests of workflows came to, for people and for programs that collect results.
 *
 * A report of a file: {file, workflow, tests: [{name, passed, failures: [{message, line, column}], status,
 * took_ms, order}], coverage: {steps, branches}}; trial/trial.h says more of the members.
 */
#ifndef WF_VIEW_TESTS_H
#define WF_VIEW_TESTS_H

#include "view/style.h"

#include <jansson.h>

/* A line for each test, its failures below it; with `coverage` what the file's tests did not reach. */
void wf_view_tests(const json_t *file, bool coverage, const struct wf_style *style,
	struct wf_buf *out);
/* "3 tests, 1 failed". No newline. */
void wf_view_tests_summary(const json_t *files, const struct wf_style *style, struct wf_buf *out);

/* Test Anything Protocol, version 14, of a list of files. */
void wf_view_tests_tap(const json_t *files, struct wf_buf *out);
/* JUnit's XML, as CI systems read it. */
void wf_view_tests_junit(const json_t *files, struct wf_buf *out);

#endif
