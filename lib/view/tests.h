/*
 * What tests of workflows came to, for people and for programs that collect results.
 *
 * A report of a file: {file, workflow, plan, tests: [{name, passed, failures, warnings, status, took_ms,
 * order}], warnings, coverage: {steps, branches}}; failures and warnings are lists of {message, line,
 * column}. trial/trial.h says more of the members.
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

/* What the tests of all files reached: {steps, branches}, each {covered, total, percent}; percent has one
 * decimal, rounded down, and is 100 where there is nothing to reach. A plan that several files test counts
 * once, and what any of them reached of it is reached. New. */
json_t *wf_view_tests_coverage(const json_t *files);

/* Test Anything Protocol, version 14, of a list of files; coverage in comments, with `missed` also what was
 * not reached. */
void wf_view_tests_tap(const json_t *files, bool missed, struct wf_buf *out);
/* JUnit's XML, as CI systems read it; coverage in the properties of each suite, with `missed` what was not
 * reached in its system-out. */
void wf_view_tests_junit(const json_t *files, bool missed, struct wf_buf *out);

#endif
