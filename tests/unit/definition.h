/* A definition's text through the compiler wing, for tests. */
#ifndef TESTS_UNIT_DEFINITION_H
#define TESTS_UNIT_DEFINITION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

struct definition {
	struct wf_source source;
	struct wf_documents documents;
	struct wf_diags diags;
	struct wf_model *model; /* of the first document; NULL when it is none */
};

/* The text is borrowed. */
static inline void definition_read(
	struct definition *d, const char *name, const char *text, size_t len)
{
	*d = (struct definition){.source = {.name = name, .text = text, .len = len}};
	wf_source_read(&d->source, WF_SYNTAX_GUESS, &d->documents, &d->diags);
	if (d->documents.count)
		d->model = wf_model_read(&d->source, &d->documents.items[0], &d->diags);
}

static inline void definition_done(struct definition *d)
{
	wf_model_free(d->model);
	wf_diags_done(&d->diags);
	wf_documents_done(&d->documents);
}

/* The first finding of a rule; without one the test fails. */
static inline const struct wf_diag *definition_found(const struct definition *d, enum wf_rule rule)
{
	size_t i = 0;

	while (i < d->diags.count && d->diags.items[i].rule != rule)
		i++;
	if (i == d->diags.count)
		fail_msg("no finding of the rule %s", wf_rule_info(rule)->id);
	return &d->diags.items[i];
}

/* Fails the test, with the findings, unless there are none but notes. */
static inline void definition_clean(const struct definition *d)
{
	for (size_t i = 0; i < d->diags.count; i++)
		if (d->diags.items[i].severity != WF_SEV_NOTE)
			print_error("%s:%u:%u %s %s\n", d->source.name, d->diags.items[i].span.line,
				d->diags.items[i].span.column,
				wf_rule_info(d->diags.items[i].rule)->id,
				d->diags.items[i].message);
	assert_int_equal(d->diags.errors + d->diags.warnings, 0);
	assert_non_null(d->model);
}

/* The whole file; the caller frees. */
static inline char *slurp(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	struct wf_buf b = {0};
	char chunk[4096];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		wf_buf_add(&b, chunk, n);
	(void)fclose(f);
	*ret_len = b.len;
	return wf_buf_take(&b);
}

#endif
