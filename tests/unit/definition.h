/* A definition's text through the compiler wing, for tests. */
#ifndef TESTS_UNIT_DEFINITION_H
#define TESTS_UNIT_DEFINITION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/catalog.h"

#include <stdio.h>
#include <string.h>

struct definition {
	struct wf_source source;
	struct wf_documents documents;
	struct wf_diags diags;
	struct wf_shelf *own, *shipped;
	struct wf_catalog *actions;
	struct wf_model *model; /* of the first document that is no action; NULL when it is none */
};

/* The text is borrowed. */
static inline void definition_read(
	struct definition *d, const char *name, const char *text, size_t len)
{
	*d = (struct definition){.source = {.name = name, .text = text, .len = len}};
	wf_source_read(&d->source, WF_SYNTAX_GUESS, &d->documents, &d->diags);
	d->own = wf_shelf_new();
	wf_shelf_add_documents(d->own, &d->source, &d->documents);
	d->shipped = wf_shelf_shipped();
	d->actions = wf_catalog_new();
	wf_catalog_add(d->actions, d->own);
	wf_catalog_add(d->actions, d->shipped);
	for (size_t i = 0; i < d->documents.count && !d->model; i++) {
		const struct wf_model_options options = {.actions = d->actions};

		if (!wf_is_action_definition(d->documents.items[i].root))
			d->model = wf_model_read_with(
				&d->source, &d->documents.items[i], &options, &d->diags);
	}
}

static inline void definition_done(struct definition *d)
{
	wf_model_free(d->model);
	wf_catalog_free(d->actions);
	wf_shelf_free(d->own);
	wf_shelf_free(d->shipped);
	wf_diags_done(&d->diags);
	wf_documents_done(&d->documents);
}

/* An action definition of the text, with what was found in it. */
static inline struct wf_action_def *definition_action(struct definition *d, size_t document)
{
	struct wf_action_def *def = wf_catalog_of(
		d->actions, &d->source, d->documents.items[document].root);

	wf_diags_move(&d->diags, &def->diags);
	return def;
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
