/*
 * The keywords that apply other schemas: to the value, to its items, to its members, or only where
 * something refers to them.
 */
#include "schema/keywords.h"

#include <string.h>

/* -- one schema -- */

static struct logic *logic(struct builder *b, struct node *n)
{
	if (!n->logic)
		n->logic = WF_ARENA_NEW(b->arena, struct logic);
	return n->logic;
}

static struct node **schema_slot(struct builder *b, struct node *n, const char *name)
{
	static const char *const names[] = {"items", "contains", "unevaluatedItems",
		"additionalProperties", "propertyNames", "unevaluatedProperties", "not", "if",
		"then"};
	size_t i = 0;

	while (i < sizeof(names) / sizeof(*names) && strcmp(names[i], name) != 0)
		i++;
	if (i < 3) {
		struct lists *p = wf_node_lists(b, n);

		return i == 0 ? &p->rest : i == 1 ? &p->contains : &p->unevaluated;
	}
	if (i < 6) {
		struct objects *p = wf_node_objects(b, n);

		return i == 3 ? &p->additional : i == 4 ? &p->names : &p->unevaluated;
	}
	if (i == 6)
		return &logic(b, n)->never;
	if (i == 7)
		return &logic(b, n)->condition;
	return i == 8 ? &logic(b, n)->then : &logic(b, n)->otherwise;
}

void wf_keyword_schema(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct node *child = wf_schema_build(b, v, n, k->name, NULL, SIZE_MAX, n->resource);

	*schema_slot(b, n, k->name) = child;
}

/* -- a list of schemas -- */

static struct nodes read_schemas(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct nodes ret = {0};

	if (!json_is_array(v) || !json_array_size(v)) {
		wf_keyword_bad(b, n, k, "a list of at least one schema");
		return ret;
	}
	ret.items = WF_ARENA_ARRAY(b->arena, struct node *, json_array_size(v));
	for (; ret.count < json_array_size(v) && b->err >= 0; ret.count++)
		ret.items[ret.count] = wf_schema_build(
			b, json_array_get(v, ret.count), n, k->name, NULL, ret.count, n->resource);
	return ret;
}

void wf_keyword_prefix(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct nodes prefix = read_schemas(b, n, k, v);

	wf_node_lists(b, n)->prefix = prefix.items;
	wf_node_lists(b, n)->prefix_count = prefix.count;
}

void wf_keyword_group(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
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

/* -- schemas by name -- */

static bool is_map(
	struct builder *b, const struct node *n, const struct keyword *k, const json_t *v)
{
	if (json_is_object(v))
		return true;
	wf_keyword_bad(b, n, k, "an object");
	return false;
}

void wf_keyword_properties(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct objects *o = wf_node_objects(b, n);
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

void wf_keyword_patterns(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct objects *o = wf_node_objects(b, n);
	json_t *map = (json_t *)(uintptr_t)v, *schema;
	const char *key;

	if (!is_map(b, n, k, v))
		return;
	o->patterns = WF_ARENA_ARRAY(b->arena, struct pattern_property, json_object_size(v));
	json_object_foreach(map, key, schema)
	{
		struct pattern_property *p = &o->patterns[o->pattern_count++];

		wf_keyword_compile(b, n, k, key, strlen(key), &p->pattern);
		p->node = wf_schema_build(b, schema, n, k->name, key, 0, n->resource);
	}
}

static void add_dependency(struct builder *b, struct node *n, const struct keyword *k,
	const char *key, const json_t *v)
{
	struct objects *o = wf_node_objects(b, n);
	struct dependency d = {.key = key, .keyword = k->name};

	if (json_is_array(v) && strcmp(k->name, "dependentSchemas") != 0)
		d.required = wf_keyword_names(b, n, k, v, &d.required_count);
	else if (strcmp(k->name, "dependentRequired") != 0)
		d.node = wf_schema_build(b, v, n, k->name, key, 0, n->resource);
	else
		wf_keyword_bad(b, n, k, "an object of lists of names");
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
void wf_keyword_dependencies(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	json_t *map = (json_t *)(uintptr_t)v, *member;
	const char *key;

	if (!is_map(b, n, k, v))
		return;
	json_object_foreach(map, key, member) add_dependency(b, n, k, key, member);
}

/* Schemas that apply only where something refers to them. */
void wf_keyword_definitions(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	json_t *map = (json_t *)(uintptr_t)v, *schema;
	const char *key;

	if (!is_map(b, n, k, v))
		return;
	json_object_foreach(map, key, schema)(void)
		wf_schema_build(b, schema, n, k->name, key, 0, n->resource);
}
