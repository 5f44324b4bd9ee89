/*
 * Which keyword is read by what, and those that neither assert nor apply anything themselves. The
 * shape of every keyword's value is checked as the metaschema would.
 */
#include "schema/keywords.h"

#include <stdlib.h>
#include <string.h>

void wf_keyword_bad(
	struct builder *b, const struct node *n, const struct keyword *k, const char *what)
{
	wf_schema_refuse(b, n, k->name, WF_EINVAL, "must be %s", what);
}

/* -- the parts of a node, made when first needed -- */

struct lists *wf_node_lists(struct builder *b, struct node *n)
{
	if (!n->lists) {
		n->lists = WF_ARENA_NEW(b->arena, struct lists);
		n->lists->most = n->lists->contains_most = SIZE_MAX;
		n->lists->contains_least = 1;
	}
	return n->lists;
}

struct objects *wf_node_objects(struct builder *b, struct node *n)
{
	if (!n->objects) {
		n->objects = WF_ARENA_NEW(b->arena, struct objects);
		n->objects->most = SIZE_MAX;
	}
	return n->objects;
}

/* -- what is neither assertion nor applicator -- */

static void read_ref(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		wf_keyword_bad(b, n, k, "a string");
	else
		wf_schema_later(b, n, json_string_value(v), strcmp(k->name, "$dynamicRef") == 0);
}

/* What asserts nothing has its shape all the same. */
static void read_text(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		wf_keyword_bad(b, n, k, "a string");
}

static void read_flag(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_boolean(v))
		wf_keyword_bad(b, n, k, "true or false");
}

static void read_list(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_array(v))
		wf_keyword_bad(b, n, k, "a list");
}

/* -- all of them -- */

/* Sorted by name. What is not here asserts nothing. */
static const struct keyword keywords[] = {
	{"$comment", VOCAB_CORE, read_text},
	{"$defs", VOCAB_CORE, wf_keyword_definitions},
	{"$dynamicRef", VOCAB_CORE, read_ref},
	{"$ref", VOCAB_CORE, read_ref},
	{"additionalProperties", VOCAB_APPLICATOR, wf_keyword_schema},
	{"allOf", VOCAB_APPLICATOR, wf_keyword_group},
	{"anyOf", VOCAB_APPLICATOR, wf_keyword_group},
	{"const", VOCAB_VALIDATION, wf_keyword_const},
	{"contains", VOCAB_APPLICATOR, wf_keyword_schema},
	{"contentEncoding", VOCAB_CORE, read_text},
	{"contentMediaType", VOCAB_CORE, read_text},
	{"definitions", VOCAB_CORE, wf_keyword_definitions},
	{"dependencies", VOCAB_APPLICATOR, wf_keyword_dependencies},
	{"dependentRequired", VOCAB_VALIDATION, wf_keyword_dependencies},
	{"dependentSchemas", VOCAB_APPLICATOR, wf_keyword_dependencies},
	{"deprecated", VOCAB_CORE, read_flag},
	{"description", VOCAB_CORE, read_text},
	{"else", VOCAB_APPLICATOR, wf_keyword_schema},
	{"enum", VOCAB_VALIDATION, wf_keyword_enum},
	{"examples", VOCAB_CORE, read_list},
	{"exclusiveMaximum", VOCAB_VALIDATION, wf_keyword_bound},
	{"exclusiveMinimum", VOCAB_VALIDATION, wf_keyword_bound},
	{"format", VOCAB_FORMAT, wf_keyword_format},
	{"if", VOCAB_APPLICATOR, wf_keyword_schema},
	{"items", VOCAB_APPLICATOR, wf_keyword_schema},
	{"maxContains", VOCAB_VALIDATION, wf_keyword_count},
	{"maxItems", VOCAB_VALIDATION, wf_keyword_count},
	{"maxLength", VOCAB_VALIDATION, wf_keyword_count},
	{"maxProperties", VOCAB_VALIDATION, wf_keyword_count},
	{"maximum", VOCAB_VALIDATION, wf_keyword_bound},
	{"minContains", VOCAB_VALIDATION, wf_keyword_count},
	{"minItems", VOCAB_VALIDATION, wf_keyword_count},
	{"minLength", VOCAB_VALIDATION, wf_keyword_count},
	{"minProperties", VOCAB_VALIDATION, wf_keyword_count},
	{"minimum", VOCAB_VALIDATION, wf_keyword_bound},
	{"multipleOf", VOCAB_VALIDATION, wf_keyword_multiple},
	{"not", VOCAB_APPLICATOR, wf_keyword_schema},
	{"oneOf", VOCAB_APPLICATOR, wf_keyword_group},
	{"pattern", VOCAB_VALIDATION, wf_keyword_pattern},
	{"patternProperties", VOCAB_APPLICATOR, wf_keyword_patterns},
	{"prefixItems", VOCAB_APPLICATOR, wf_keyword_prefix},
	{"properties", VOCAB_APPLICATOR, wf_keyword_properties},
	{"propertyNames", VOCAB_APPLICATOR, wf_keyword_schema},
	{"readOnly", VOCAB_CORE, read_flag},
	{"required", VOCAB_VALIDATION, wf_keyword_required},
	{"then", VOCAB_APPLICATOR, wf_keyword_schema},
	{"title", VOCAB_CORE, read_text},
	{"type", VOCAB_VALIDATION, wf_keyword_type},
	{"unevaluatedItems", VOCAB_UNEVALUATED, wf_keyword_schema},
	{"unevaluatedProperties", VOCAB_UNEVALUATED, wf_keyword_schema},
	{"uniqueItems", VOCAB_VALIDATION, wf_keyword_unique},
	{"writeOnly", VOCAB_CORE, read_flag},
};

static int by_name(const void *name, const void *keyword)
{
	return strcmp(name, ((const struct keyword *)keyword)->name);
}

void wf_schema_keywords(struct builder *b, struct node *n)
{
	json_t *schema = (json_t *)(uintptr_t)n->json, *v;
	const char *name;

	json_object_foreach(schema, name, v)
	{
		const struct keyword *k = bsearch(name, keywords,
			sizeof(keywords) / sizeof(*keywords), sizeof(*keywords), by_name);

		if (k && (k->vocabulary & n->resource->vocabularies))
			k->read(b, n, k, v);
		if (b->err < 0)
			return;
	}
}
