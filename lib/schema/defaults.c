/*
 * Defaults: what a schema's `default` says, put where a property is missing. Only where it is
 * certain that a schema applies: through properties, items, $ref and allOf.
 */
#include "schema/node.h"

#include "base/limits.h"

#define DEPTH_MAX 256u

struct filler {
	unsigned depth;
	uint64_t steps;
};

static void fill(struct filler *f, const struct node *n, json_t *value);

/* The default of a schema, its own or that of what it refers to. */
static const json_t *default_of(const struct node *n)
{
	for (unsigned hops = 0; n && hops < 16; hops++, n = n->ref) {
		const json_t *v = json_object_get(n->json, "default");

		if (v)
			return v;
	}
	return NULL;
}

static void fill_object(struct filler *f, const struct objects *o, json_t *value)
{
	for (size_t i = 0; i < o->property_count; i++) {
		const struct property *p = &o->properties[i];
		json_t *member = json_object_get(value, p->key);

		if (!member) {
			const json_t *v = default_of(p->node);

			if (!v)
				continue;
			member = json_deep_copy(v);
			(void)json_object_set_new_nocheck(value, p->key, member);
		}
		fill(f, p->node, member);
	}
}

static void fill_list(struct filler *f, const struct lists *l, json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const struct node *item = i < l->prefix_count ? l->prefix[i] : l->rest;

		if (item)
			fill(f, item, json_array_get(value, i));
	}
}

static void fill(struct filler *f, const struct node *n, json_t *value)
{
	bool object = json_is_object(value), list = json_is_array(value);

	if ((!object && !list) || f->depth >= DEPTH_MAX || f->steps++ >= WF_MAX_EVAL_STEPS)
		return;
	f->depth++;
	if (object && n->objects)
		fill_object(f, n->objects, value);
	if (list && n->lists)
		fill_list(f, n->lists, value);
	if (n->ref)
		fill(f, n->ref, value);
	if (n->logic)
		for (size_t i = 0; i < n->logic->all.count; i++)
			fill(f, n->logic->all.items[i], value);
	f->depth--;
}

void wf_schema_apply_defaults(const struct wf_schema *schema, json_t *value)
{
	struct filler f = {0, 0};

	fill(&f, schema->root, value);
}
