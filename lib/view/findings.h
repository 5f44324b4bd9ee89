/* Findings as text with the source line and a caret, as JSON, SARIF 2.1.0, or CI annotations. */
#ifndef WF_VIEW_FINDINGS_H
#define WF_VIEW_FINDINGS_H

#include "source/diag.h"
#include "view/style.h"

#include <jansson.h>

/*
 * FILE:LINE:COLUMN: error[rule]: message; hint
 *    31 | the line
 *       |     ^^^^
 *    = fix: replacement
 */
void wf_view_finding(const struct wf_diag *d, const struct wf_style *style, struct wf_buf *out);

/* {file, line, column, end_line, end_column, severity, rule, message, hint, fix}; new. */
json_t *wf_view_finding_json(const struct wf_diag *d);

/* "::error file=…,line=…,col=…::rule: message", a line. */
void wf_view_finding_github(const struct wf_diag *d, struct wf_buf *out);

/* One SARIF result; new. wf_view_sarif wraps a list of them (borrowed) in a log that describes every
 * rule; new. */
json_t *wf_view_sarif_result(const struct wf_diag *d);
json_t *wf_view_sarif(const char *version, json_t *results);

/* "error", "warning", "note" */
const char *wf_view_severity(enum wf_severity severity);

/* "12 definitions: 1 error, 1 warning"; with a rule to explain, where one is given. No newline. */
void wf_view_lint_summary(size_t definitions, size_t errors, size_t warnings, size_t notes,
	const char *explain, const struct wf_style *style, struct wf_buf *out);

#endif
