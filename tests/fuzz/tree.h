/* What holds for every text that lib/source has read: for the targets that read one. */
#ifndef TESTS_FUZZ_TREE_H
#define TESTS_FUZZ_TREE_H

#include "fuzz.h"

#include "base/limits.h"
#include "source/tree.h"

static inline void fuzz_span(const struct wf_source *source, const struct wf_span *s)
{
	FUZZ_CHECK(s->offset <= s->end_offset && s->end_offset <= source->len);
	FUZZ_CHECK(s->line < s->end_line ||
		(s->line == s->end_line && s->column <= s->end_column));
	FUZZ_CHECK((s->line && s->column) || !s->end_offset);
}

static inline void fuzz_node(const struct wf_source *source, const struct wf_node *node,
	unsigned depth)
{
	FUZZ_CHECK(depth <= WF_MAX_DEPTH);
	fuzz_span(source, &node->span);
	if (node->kind == WF_NODE_LIST)
		for (size_t i = 0; i < node->list.count; i++)
			fuzz_node(source, node->list.items[i], depth + 1);
	if (node->kind == WF_NODE_MAP)
		for (size_t i = 0; i < node->map.count; i++) {
			const struct wf_pair *p = &node->map.pairs[i];
			fuzz_span(source, &p->key_span);
			FUZZ_CHECK(wf_node_get(node, p->key) == p->value);
			fuzz_node(source, p->value, depth + 1);
		}
	if (node->kind == WF_NODE_STRING) {
		FUZZ_CHECK(strlen(node->string.text) == node->string.len);
		struct wf_span s = wf_node_span_within(source, node, 0, node->string.len);
		fuzz_span(source, &s);
	}
}

static inline void fuzz_findings(const struct wf_diags *diags)
{
	size_t errors = 0;
	for (size_t i = 0; i < diags->count; i++) {
		const struct wf_diag *d = &diags->items[i];
		fuzz_span(d->source, &d->span);
		FUZZ_CHECK(d->message && d->message[0]);
		errors += d->severity == WF_SEV_ERROR;
	}
	FUZZ_CHECK(errors == diags->errors || diags->full);
	FUZZ_CHECK(diags->count <= WF_MAX_DIAGS + 1);
}

#endif
