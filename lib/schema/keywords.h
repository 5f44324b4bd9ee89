/* What the readers of keywords share: keywords.c, keywords_assert.c, keywords_apply.c. */
#ifndef WF_SCHEMA_KEYWORDS_H
#define WF_SCHEMA_KEYWORDS_H

#include "schema/compile.h"

struct keyword;

/* Reads the keyword's value (borrowed, for as long as the schema lives) into the node. A value of
 * the wrong shape is refused by wf_keyword_bad, and leaves the node as it was or half-read: after a
 * refusal nothing is validated. */
typedef void wf_keyword_fn(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v);

struct keyword {
	const char *name;
	unsigned vocabulary; /* it counts where the document's dialect has this one */
	wf_keyword_fn *read;
};

wf_keyword_fn wf_keyword_type, wf_keyword_const, wf_keyword_enum, wf_keyword_bound,
	wf_keyword_multiple, wf_keyword_count, wf_keyword_pattern, wf_keyword_format,
	wf_keyword_unique, wf_keyword_required; /* keywords_assert.c */
wf_keyword_fn wf_keyword_schema, wf_keyword_prefix, wf_keyword_group, wf_keyword_properties,
	wf_keyword_patterns, wf_keyword_dependencies, wf_keyword_definitions; /* keywords_apply.c */

/* Refuses the schema: the keyword must be `what`. */
void wf_keyword_bad(
	struct builder *b, const struct node *n, const struct keyword *k, const char *what);

/* The parts of a node that several keywords write, made when first needed. */
struct lists *wf_node_lists(struct builder *b, struct node *n);
struct objects *wf_node_objects(struct builder *b, struct node *n);

/* A regular expression, which the schema owns; `text` is borrowed. Where it is none the schema is
 * refused and *ret untouched. */
void wf_keyword_compile(struct builder *b, const struct node *n, const struct keyword *k,
	const char *text, size_t len, struct pattern *ret);
/* A list of different names, of the schema's arena; the names are borrowed from v. */
const char **wf_keyword_names(struct builder *b, const struct node *n, const struct keyword *k,
	const json_t *v, size_t *ret_count);

#endif
