/* Keywords in the schemas of a definition that JSON Schema does not have: they would have no effect. */
#include "model/read.h"

#include "base/text.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* What a keyword's value is made of. */
enum { VALUE, SCHEMA, LIST, MAP };

static const struct {
	const char *name;
	int holds;
} words[] = {
	{"properties", MAP}, {"patternProperties", MAP}, {"$defs", MAP}, {"definitions", MAP},
	{"dependentSchemas", MAP}, {"items", SCHEMA}, {"additionalProperties", SCHEMA}, {"not", SCHEMA},
	{"if", SCHEMA}, {"then", SCHEMA}, {"else", SCHEMA}, {"contains", SCHEMA}, {"propertyNames", SCHEMA},
	{"unevaluatedItems", SCHEMA}, {"unevaluatedProperties", SCHEMA}, {"contentSchema", SCHEMA},
	{"allOf", LIST}, {"anyOf", LIST}, {"oneOf", LIST}, {"prefixItems", LIST}, {"type", VALUE},
	{"required", VALUE}, {"enum", VALUE}, {"const", VALUE}, {"default", VALUE}, {"title", VALUE},
	{"description", VALUE}, {"examples", VALUE}, {"deprecated", VALUE}, {"readOnly", VALUE},
	{"writeOnly", VALUE}, {"format", VALUE}, {"pattern", VALUE}, {"minLength", VALUE}, {"maxLength", VALUE},
	{"minimum", VALUE}, {"maximum", VALUE}, {"exclusiveMinimum", VALUE}, {"exclusiveMaximum", VALUE},
	{"multipleOf", VALUE}, {"minItems", VALUE}, {"maxItems", VALUE}, {"uniqueItems", VALUE},
	{"minContains", VALUE}, {"maxContains", VALUE}, {"minProperties", VALUE}, {"maxProperties", VALUE},
	{"dependentRequired", VALUE}, {"dependencies", VALUE}, {"example", VALUE},
	{"contentEncoding", VALUE}, {"contentMediaType", VALUE},
};

static void say_unknown(struct wf_read *r, const struct wf_node *schema, const struct wf_pair *pair)
{
	const char *names[COUNT(words)];
	struct wf_diag *d = WF_FIND(r, SCHEMA_KEYWORD, pair->key_span,
		"`%s` is no keyword of JSON Schema, and has no effect", pair->key);

	for (size_t i = 0; i < COUNT(words); i++)
		names[i] = words[i].name;
	const char *nearest = wf_nearest(pair->key, names, COUNT(words));
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
	} else if (!wf_node_get(schema, "properties")) {
		wf_diag_hint(d, "what an object has is written `properties: { %s: { type: … } }`", pair->key);
	}
}

static void look_below(struct wf_read *r, const struct wf_node *value, int holds)
{
	if (holds == SCHEMA)
		wf_read_schema_words(r, value);
	for (size_t i = 0; holds == LIST && value->kind == WF_NODE_LIST && i < value->list.count; i++)
		wf_read_schema_words(r, value->list.items[i]);
	for (size_t i = 0; holds == MAP && value->kind == WF_NODE_MAP && i < value->map.count; i++)
		wf_read_schema_words(r, value->map.pairs[i].value);
}

void wf_read_schema_words(struct wf_read *r, const struct wf_node *schema)
{
	for (size_t i = 0; schema->kind == WF_NODE_MAP && i < schema->map.count; i++) {
		const struct wf_pair *pair = &schema->map.pairs[i];
		bool others = pair->key[0] == '$' || strncmp(pair->key, "x-", 2) == 0;
		size_t k = 0;

		while (k < COUNT(words) && strcmp(words[k].name, pair->key) != 0)
			k++;
		if (k < COUNT(words))
			look_below(r, pair->value, words[k].holds);
		else if (!others)
			say_unknown(r, schema, pair);
	}
}
