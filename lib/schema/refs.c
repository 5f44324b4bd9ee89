/*
 * Linking: what each $ref and $dynamicRef leads to, among the schemas of the document, the
 * resources that were given, and the metaschema. Documents are loaded when first named, and may
 * name more.
 */
#include "schema/compile.h"

#include "base/json.h"
#include "schema/uri.h"

#include <string.h>

const char *wf_schema_intern(struct builder *b, const char *name)
{
	char *known = wf_strmap_get(&b->names, name);

	if (!known) {
		known = wf_arena_strdup(b->arena, name);
		wf_strmap_set(&b->names, b->arena, known, known);
	}
	return known;
}

void wf_schema_later(struct builder *b, struct node *n, const char *reference, bool dynamic)
{
	WF_GROW(b->pending, b->pending_count, b->pending_room);
	b->pending[b->pending_count++] = (struct pending){n, reference, dynamic};
}

/* -- documents -- */

const json_t *wf_schema_document(struct builder *b, const char *uri)
{
	json_t *given = NULL;
	const char *text;

	if (b->options && b->options->resources)
		given = json_object_get(b->options->resources, uri);
	if (given) {
		(void)json_array_append(b->schema->held, given);
		return given;
	}
	text = wf_schema_metaschema(uri);
	if (!text)
		return NULL;
	given = json_loads(text, 0, NULL);
	if (!given)
		WF_BUG("a metaschema is not JSON");
	(void)json_array_append_new(b->schema->held, given);
	return given;
}

/* A schema may have an $id other than the URI it is given under, or hold schemas with one. Those
 * that are not schemas of this dialect stay unknown. */
static void load_all(struct builder *b)
{
	json_t *resources = b->options ? (json_t *)(uintptr_t)b->options->resources : NULL;
	const char *uri;
	json_t *json;

	b->loaded_all = true;
	json_object_foreach(resources, uri, json)
	{
		size_t pending = b->pending_count;
		struct wf_cause *cause = b->cause;

		if (wf_strmap_get(&b->resources, uri))
			continue;
		(void)json_array_append(b->schema->held, json);
		b->cause = NULL;
		(void)wf_schema_build_root(b, json, wf_arena_strdup(b->arena, uri), false);
		b->cause = cause;
		if (b->err < 0) {
			b->err = 0;
			b->pending_count = pending;
		}
	}
}

static struct resource *find_resource(struct builder *b, const char *uri)
{
	struct resource *r = wf_strmap_get(&b->resources, uri);
	const json_t *json;

	if (r)
		return r;
	json = wf_schema_document(b, uri);
	if (json)
		return (struct resource *)(uintptr_t)wf_schema_build_root(b, json, uri, false)
			->resource;
	if (!b->loaded_all) {
		load_all(b);
		return wf_strmap_get(&b->resources, uri);
	}
	return NULL;
}

/* -- places in a document -- */

/* Turns the token at *p (after its slash) into its text in `token`, and steps over it. */
static void take_token(const char **p, char *token)
{
	const char *s = *p;

	for (; *s && *s != '/'; s++) {
		if (s[0] == '~' && (s[1] == '0' || s[1] == '1'))
			*token++ = *++s == '0' ? '~' : '/';
		else
			*token++ = *s;
	}
	*token = 0;
	*p = s;
}

static const json_t *list_member(const json_t *list, const char *token)
{
	size_t index = 0;

	if (!*token || (token[0] == '0' && token[1]))
		return NULL;
	for (; *token; token++) {
		if (*token < '0' || *token > '9' || index > json_array_size(list))
			return NULL;
		index = index * 10 + (size_t)(*token - '0');
	}
	return json_array_get(list, index);
}

/* The schema at a JSON Pointer below a resource's root. One that stands where the standard knows no
 * schema is built now, with the base URI of the nearest schema around it. */
static struct node *find_pointer(struct builder *b, struct resource *r, const char *pointer)
{
	char *token = wf_arena_strdup(b->arena, pointer);
	const struct resource *around = r;
	const json_t *at = r->root->json;
	struct node *n = r->root;

	for (const char *p = pointer; *p;) {
		p++;
		take_token(&p, token);
		at = json_is_array(at) ? list_member(at, token) : json_object_get(at, token);
		if (!at)
			return NULL;
		n = json_is_object(at) ? wf_ptrmap_get(&b->by_json, at) : NULL;
		if (n)
			around = n->resource;
	}
	if (n)
		return n;
	if (!json_is_object(at) && !json_is_boolean(at))
		return NULL;
	return wf_schema_build(
		b, at, r->root, wf_arena_strdup(b->arena, pointer + 1), NULL, SIZE_MAX, around);
}

static void link_one(struct builder *b, const struct pending *p)
{
	const char *keyword = p->dynamic ? "$dynamicRef" : "$ref";
	const char *fragment = wf_uri_fragment(b->arena, p->reference);
	const char *uri = wf_uri_resolve(b->arena, p->node->resource->uri, p->reference);
	struct resource *r = find_resource(b, uri);
	struct node *target;

	if (b->err < 0)
		return;
	if (!r) {
		wf_schema_refuse(b, p->node, keyword, WF_ENOENT,
			"leads to %.200s, which is not among the schemas given (nothing is "
			"fetched)",
			*uri ? uri : "a schema");
		return;
	}
	if (!fragment || !*fragment)
		target = r->root;
	else if (*fragment == '/')
		target = find_pointer(b, r, fragment);
	else
		target = wf_strmap_get(&r->anchors, fragment);
	if (!target) {
		wf_schema_refuse(b, p->node, keyword, WF_ENOENT,
			"leads to %.200s, where no schema is", p->reference);
		return;
	}
	if (!p->dynamic) {
		p->node->ref = target;
		return;
	}
	p->node->dynamic_ref = target;
	for (const struct dynamic_anchor *d = r->dynamics; d; d = d->next)
		if (d->node == target && fragment && strcmp(d->name, fragment) == 0)
			p->node->dynamic_name = d->name;
}

void wf_schema_link(struct builder *b)
{
	while (b->pending_count && b->err >= 0) {
		struct pending p = b->pending[--b->pending_count];

		link_one(b, &p);
	}
}
