/*
 * What the keywords say, one reader for each kind of value a keyword takes. The shape of every
 * value is checked here as the metaschema would.
 */
#include "schema/compile.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct keyword {
	const char *name;
	unsigned vocabulary;
	void (*read)(struct builder *b, struct node *n, const struct keyword *k, const json_t *v);
};

/* -- the parts of a node, made when first needed -- */

static struct numbers *numbers(struct builder *b, struct node *n)
{
	if (!n->numbers)
		n->numbers = WF_ARENA_NEW(b->arena, struct numbers);
	return n->numbers;
}

static struct strings *strings(struct builder *b, struct node *n)
{
	if (!n->strings) {
		n->strings = WF_ARENA_NEW(b->arena, struct strings);
		n->strings->most = SIZE_MAX;
	}
	return n->strings;
}

static struct lists *lists(struct builder *b, struct node *n)
{
	if (!n->lists) {
		n->lists = WF_ARENA_NEW(b->arena, struct lists);
		n->lists->most = n->lists->contains_most = SIZE_MAX;
		n->lists->contains_least = 1;
	}
	return n->lists;
}

static struct objects *objects(struct builder *b, struct node *n)
{
	if (!n->objects) {
		n->objects = WF_ARENA_NEW(b->arena, struct objects);
		n->objects->most = SIZE_MAX;
	}
	return n->objects;
}

static struct logic *logic(struct builder *b, struct node *n)
{
	if (!n->logic)
		n->logic = WF_ARENA_NEW(b->arena, struct logic);
	return n->logic;
}

static void bad(struct builder *b, const struct node *n, const struct keyword *k, const char *what)
{
	wf_schema_refuse(b, n, k->name, WF_EINVAL, "must be %s", what);
}

static struct node *below(
	struct builder *b, const struct node *n, const char *keyword, const json_t *v)
{
	return wf_schema_build(b, v, n, keyword, NULL, SIZE_MAX, n->resource);
}

/* -- any type -- */

static unsigned type_bit(const json_t *name)
{
	static const struct {
		const char *name;
		unsigned bit;
	} types[] = {{"null", TYPE_NULL}, {"boolean", TYPE_BOOLEAN}, {"integer", TYPE_INTEGER},
		{"number", TYPE_NUMBER}, {"string", TYPE_STRING}, {"array", TYPE_LIST},
		{"object", TYPE_OBJECT}};

	for (size_t i = 0; json_is_string(name) && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].name, json_string_value(name)) == 0)
			return types[i].bit;
	return 0;
}

static void read_type(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	unsigned bits = type_bit(v);

	for (size_t i = 0; i < json_array_size(v); i++) {
		unsigned bit = type_bit(json_array_get(v, i));

		if (!bit || (bits & bit)) {
			bits = 0;
			break;
		}
		bits |= bit;
	}
	if (!bits)
		bad(b, n, k,
			"null, boolean, integer, number, string, array or object, or a list of "
			"different ones of them");
	n->types = bits;
}

static void read_const(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	(void)b;
	(void)k;
	n->constant = v;
}

static void read_enum(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_array(v))
		bad(b, n, k, "a list");
	n->choices = v;
}

/* -- numbers -- */

static void read_bound(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct numbers *p = numbers(b, n);

	if (!json_is_number(v)) {
		bad(b, n, k, "a number");
		return;
	}
	if (strcmp(k->name, "minimum") == 0)
		p->minimum = v;
	else if (strcmp(k->name, "maximum") == 0)
		p->maximum = v;
	else if (strcmp(k->name, "exclusiveMinimum") == 0)
		p->above = v;
	else
		p->below = v;
}

static void read_multiple(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_number(v) || !(json_number_value(v) > 0))
		bad(b, n, k, "a number above 0");
	else
		numbers(b, n)->multiple_of = v;
}

/* -- counts -- */

static size_t *count_slot(struct builder *b, struct node *n, const char *name)
{
	bool least = name[1] == 'i'; /* minX or maxX */
	const char *what = name + 3;

	if (strcmp(what, "Length") == 0)
		return least ? &strings(b, n)->least : &strings(b, n)->most;
	if (strcmp(what, "Items") == 0)
		return least ? &lists(b, n)->least : &lists(b, n)->most;
	if (strcmp(what, "Contains") == 0)
		return least ? &lists(b, n)->contains_least : &lists(b, n)->contains_most;
	return least ? &objects(b, n)->least : &objects(b, n)->most;
}

static void read_count(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	double d = json_number_value(v);

	if (!json_is_number(v) || d < 0 || !wf_schema_integral(v))
		bad(b, n, k, "a whole number, 0 or more");
	else if (json_is_integer(v))
		*count_slot(b, n, k->name) = (size_t)json_integer_value(v);
	else
		*count_slot(b, n, k->name) = d < 9e18 ? (size_t)d : SIZE_MAX;
}

/* -- strings -- */

static void compile_pattern(struct builder *b, const struct node *n, const struct keyword *k,
	const char *text, size_t len, struct pattern *ret)
{
	struct wf_schema *s = b->schema;
	struct wf_cause cause = {0};
	struct wf_regex *re;

	if (wf_regex_new(text, len, WF_REGEX_ECMA, &re, &cause) < 0) {
		wf_schema_refuse(
			b, n, k->name, WF_EINVAL, "is not a regular expression: %s", cause.text);
		return;
	}
	WF_GROW(s->regexes, s->regex_count, s->regex_room);
	s->regexes[s->regex_count++] = re;
	*ret = (struct pattern){re, text};
}

static void read_pattern(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		bad(b, n, k, "a string");
	else
		compile_pattern(b, n, k, json_string_value(v), json_string_length(v),
			&strings(b, n)->pattern);
}

static void read_format(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		bad(b, n, k, "a string");
	else if (n->resource->assert_formats)
		strings(b, n)->format = wf_schema_format_find(json_string_value(v));
}

/* -- lists -- */

static void read_unique(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_boolean(v))
		bad(b, n, k, "true or false");
	else if (json_is_true(v))
		lists(b, n)->unique = true;
}

static struct nodes read_schemas(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct nodes ret = {0};

	if (!json_is_array(v) || !json_array_size(v)) {
		bad(b, n, k, "a list of at least one schema");
		return ret;
	}
	ret.items = WF_ARENA_ARRAY(b->arena, struct node *, json_array_size(v));
	for (; ret.count < json_array_size(v) && b->err >= 0; ret.count++)
		ret.items[ret.count] = wf_schema_build(
			b, json_array_get(v, ret.count), n, k->name, NULL, ret.count, n->resource);
	return ret;
}

static void read_prefix(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct nodes prefix = read_schemas(b, n, k, v);

	lists(b, n)->prefix = prefix.items;
	lists(b, n)->prefix_count = prefix.count;
}

/* -- objects -- */

static bool is_map(
	struct builder *b, const struct node *n, const struct keyword *k, const json_t *v)
{
	if (json_is_object(v))
		return true;
	bad(b, n, k, "an object");
	return false;
}

static void read_properties(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct objects *o = objects(b, n);
	json_t *map = (json_t *)(uintptr_t)v, *schema;
	const char *key;

	if (!is_map(b, n, k, v))
		return;
	o->properties = WF_ARENA_ARRAY(b->arena, struct property, json_object_size(v));
	json_object_foreach(map, key, schema)
	{
		struct property *p = &o->properties[o->property_count++];

		*p = (struct property){
			key, wf_schema_build(b, schema, n, k->name, key, 0, n->resource)};
		wf_strmap_set(&o->index, b->arena, key, p);
	}
}

static void read_patterns(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct objects *o = objects(b, n);
	json_t *map = (json_t *)(uintptr_t)v, *schema;
	const char *key;

	if (!is_map(b, n, k, v))
		return;
	o->patterns = WF_ARENA_ARRAY(b->arena, struct pattern_property, json_object_size(v));
	json_object_foreach(map, key, schema)
	{
		struct pattern_property *p = &o->patterns[o->pattern_count++];

		compile_pattern(b, n, k, key, strlen(key), &p->pattern);
		p->node = wf_schema_build(b, schema, n, k->name, key, 0, n->resource);
	}
}

static const char **read_names(struct builder *b, const struct node *n, const struct keyword *k,
	const json_t *v, size_t *ret_count)
{
	const char **names = WF_ARENA_ARRAY(b->arena, const char *, json_array_size(v) + 1);
	size_t count = 0;

	if (!json_is_array(v))
		bad(b, n, k, "a list of names");
	for (; count < json_array_size(v); count++) {
		const json_t *name = json_array_get(v, count);

		if (!json_is_string(name)) {
			bad(b, n, k, "a list of names");
			break;
		}
		names[count] = json_string_value(name);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count && count <= 1000; j++)
			if (strcmp(names[i], names[j]) == 0)
				bad(b, n, k, "a list of different names");
	*ret_count = count;
	return names;
}

static void read_required(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct objects *o = objects(b, n);

	o->required = read_names(b, n, k, v, &o->required_count);
}

static void add_dependency(struct builder *b, struct node *n, const struct keyword *k,
	const char *key, const json_t *v)
{
	struct objects *o = objects(b, n);
	struct dependency d = {.key = key, .keyword = k->name};

	if (json_is_array(v) && strcmp(k->name, "dependentSchemas") != 0)
		d.required = read_names(b, n, k, v, &d.required_count);
	else if (strcmp(k->name, "dependentRequired") != 0)
		d.node = wf_schema_build(b, v, n, k->name, key, 0, n->resource);
	else
		bad(b, n, k, "an object of lists of names");
	if (o->dependency_count == o->dependency_room) {
		size_t room = o->dependency_room ? o->dependency_room * 2 : 4;
		struct dependency *larger = WF_ARENA_ARRAY(b->arena, struct dependency, room);

		if (o->dependency_count)
			memcpy(larger, o->dependencies, o->dependency_count * sizeof(*larger));
		o->dependencies = larger;
		o->dependency_room = room;
	}
	o->dependencies[o->dependency_count++] = d;
}

/* dependentRequired, dependentSchemas, and `dependencies`, which older drafts had for both. */
static void read_dependencies(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	json_t *map = (json_t *)(uintptr_t)v, *member;
	const char *key;

	if (!is_map(b, n, k, v))
		return;
	json_object_foreach(map, key, member) add_dependency(b, n, k, key, member);
}

/* Schemas that apply only where something refers to them. */
static void read_definitions(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	json_t *map = (json_t *)(uintptr_t)v, *schema;
	const char *key;

	if (!is_map(b, n, k, v))
		return;
	json_object_foreach(map, key, schema)(void)
		wf_schema_build(b, schema, n, k->name, key, 0, n->resource);
}

/* -- one schema, or a list of them -- */

static struct node **schema_slot(struct builder *b, struct node *n, const char *name)
{
	static const char *const names[] = {"items", "contains", "unevaluatedItems",
		"additionalProperties", "propertyNames", "unevaluatedProperties", "not", "if",
		"then"};
	size_t i = 0;

	while (i < sizeof(names) / sizeof(*names) && strcmp(names[i], name) != 0)
		i++;
	if (i < 3) {
		struct lists *p = lists(b, n);

		return i == 0 ? &p->rest : i == 1 ? &p->contains : &p->unevaluated;
	}
	if (i < 6) {
		struct objects *p = objects(b, n);

		return i == 3 ? &p->additional : i == 4 ? &p->names : &p->unevaluated;
	}
	if (i == 6)
		return &logic(b, n)->never;
	if (i == 7)
		return &logic(b, n)->condition;
	return i == 8 ? &logic(b, n)->then : &logic(b, n)->otherwise;
}

static void read_schema(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct node *child = below(b, n, k->name, v);

	*schema_slot(b, n, k->name) = child;
}

static void read_group(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct nodes group = read_schemas(b, n, k, v);
	struct logic *l = logic(b, n);

	if (k->name[0] == 'o')
		l->one = group;
	else if (k->name[1] == 'l')
		l->all = group;
	else
		l->any = group;
}

static void read_ref(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		bad(b, n, k, "a string");
	else
		wf_schema_later(b, n, json_string_value(v), strcmp(k->name, "$dynamicRef") == 0);
}

/* What asserts nothing has its shape all the same. */
static void read_text(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		bad(b, n, k, "a string");
}

static void read_flag(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_boolean(v))
		bad(b, n, k, "true or false");
}

static void read_list(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_array(v))
		bad(b, n, k, "a list");
}

/* Sorted by name. What is not here asserts nothing. */
static const struct keyword keywords[] = {
	{"$comment", VOCAB_CORE, read_text},
	{"$defs", VOCAB_CORE, read_definitions},
	{"$dynamicRef", VOCAB_CORE, read_ref},
	{"$ref", VOCAB_CORE, read_ref},
	{"additionalProperties", VOCAB_APPLICATOR, read_schema},
	{"allOf", VOCAB_APPLICATOR, read_group},
	{"anyOf", VOCAB_APPLICATOR, read_group},
	{"const", VOCAB_VALIDATION, read_const},
	{"contains", VOCAB_APPLICATOR, read_schema},
	{"contentEncoding", VOCAB_CORE, read_text},
	{"contentMediaType", VOCAB_CORE, read_text},
	{"definitions", VOCAB_CORE, read_definitions},
	{"dependencies", VOCAB_APPLICATOR, read_dependencies},
	{"dependentRequired", VOCAB_VALIDATION, read_dependencies},
	{"dependentSchemas", VOCAB_APPLICATOR, read_dependencies},
	{"deprecated", VOCAB_CORE, read_flag},
	{"description", VOCAB_CORE, read_text},
	{"else", VOCAB_APPLICATOR, read_schema},
	{"enum", VOCAB_VALIDATION, read_enum},
	{"examples", VOCAB_CORE, read_list},
	{"exclusiveMaximum", VOCAB_VALIDATION, read_bound},
	{"exclusiveMinimum", VOCAB_VALIDATION, read_bound},
	{"format", VOCAB_FORMAT, read_format},
	{"if", VOCAB_APPLICATOR, read_schema},
	{"items", VOCAB_APPLICATOR, read_schema},
	{"maxContains", VOCAB_VALIDATION, read_count},
	{"maxItems", VOCAB_VALIDATION, read_count},
	{"maxLength", VOCAB_VALIDATION, read_count},
	{"maxProperties", VOCAB_VALIDATION, read_count},
	{"maximum", VOCAB_VALIDATION, read_bound},
	{"minContains", VOCAB_VALIDATION, read_count},
	{"minItems", VOCAB_VALIDATION, read_count},
	{"minLength", VOCAB_VALIDATION, read_count},
	{"minProperties", VOCAB_VALIDATION, read_count},
	{"minimum", VOCAB_VALIDATION, read_bound},
	{"multipleOf", VOCAB_VALIDATION, read_multiple},
	{"not", VOCAB_APPLICATOR, read_schema},
	{"oneOf", VOCAB_APPLICATOR, read_group},
	{"pattern", VOCAB_VALIDATION, read_pattern},
	{"patternProperties", VOCAB_APPLICATOR, read_patterns},
	{"prefixItems", VOCAB_APPLICATOR, read_prefix},
	{"properties", VOCAB_APPLICATOR, read_properties},
	{"propertyNames", VOCAB_APPLICATOR, read_schema},
	{"readOnly", VOCAB_CORE, read_flag},
	{"required", VOCAB_VALIDATION, read_required},
	{"then", VOCAB_APPLICATOR, read_schema},
	{"title", VOCAB_CORE, read_text},
	{"type", VOCAB_VALIDATION, read_type},
	{"unevaluatedItems", VOCAB_UNEVALUATED, read_schema},
	{"unevaluatedProperties", VOCAB_UNEVALUATED, read_schema},
	{"uniqueItems", VOCAB_VALIDATION, read_unique},
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
