/* Reading a text in a test: what came out of it, on one line. */
#ifndef TESTS_SOURCE_READING_H
#define TESTS_SOURCE_READING_H

#include "source/tree.h"

#include "base/buf.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct reading {
	struct wf_source source;
	struct wf_documents docs;
	struct wf_diags diags;
};

static inline void reading_of(
	struct reading *r, const char *name, const char *text, size_t len, enum wf_syntax syntax)
{
	memset(r, 0, sizeof(*r));
	r->source = (struct wf_source){ name, text, len };
	wf_source_read(&r->source, syntax, &r->docs, &r->diags);
}

static inline void reading_done(struct reading *r)
{
	wf_documents_done(&r->docs);
	wf_diags_done(&r->diags);
}

/* The documents as JSON, one after the other, set apart by " | ". */
static inline void reading_values(const struct reading *r, struct wf_buf *out)
{
	for (size_t i = 0; i < r->docs.count; i++) {
		json_t *value = wf_node_json(r->docs.items[i].root);
		wf_buf_addstr(out, i ? " | " : "");
		wf_json_write(value, out);
		json_decref(value);
	}
	wf_buf_addstr(out, "");
}

/* The findings: "LINE:COLUMN-END_LINE:END_COLUMN rule" each, set apart by ", ". */
static inline void reading_findings(const struct reading *r, struct wf_buf *out)
{
	for (size_t i = 0; i < r->diags.count; i++) {
		const struct wf_diag *d = &r->diags.items[i];
		wf_buf_printf(out, "%s%u:%u-%u:%u %s", i ? ", " : "", d->span.line, d->span.column,
			d->span.end_line, d->span.end_column, wf_rule_info(d->rule)->id);
	}
	wf_buf_addstr(out, "");
}

struct reading_case {
	const char *text, *values, *findings;
};

static inline void check_readings(
	const struct reading_case *cases, size_t count, const char *name, enum wf_syntax syntax)
{
	for (size_t i = 0; i < count; i++) {
		WF_AUTOBUF struct wf_buf values = { 0 }, findings = { 0 };
		struct reading r;
		reading_of(&r, name, cases[i].text, strlen(cases[i].text), syntax);
		reading_values(&r, &values);
		reading_findings(&r, &findings);
		if (strcmp(values.data, cases[i].values) != 0 ||
			strcmp(findings.data, cases[i].findings) != 0)
			fail_msg("%s\n gives [%s] (%s)\n    not [%s] (%s)", cases[i].text, values.data,
				findings.data, cases[i].values, cases[i].findings);
		reading_done(&r);
	}
}

#endif
