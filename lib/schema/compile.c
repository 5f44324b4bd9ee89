/*
 * From a JSON document to the graph of nodes: walks every place where the standard puts a schema,
 * notes $id and anchors on the way, then links the references (refs.c). What the keywords mean is
 * read in keywords.c.
 */
#include "schema/compile.h"

#include "schema/uri.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NEST_MAX 256

static void add_token(struct wf_buf *out, const char *token)
{
	wf_buf_addch(out, '/');
	for (; *token; token++) {
		if (*token == '~')
			wf_buf_addstr(out, "~0");
		else if (*token == '/')
			wf_buf_addstr(out, "~1");
		else
			wf_buf_addch(out, *token);
	}
}

void wf_schema_pointer(const struct node *n, const char *keyword, struct wf_buf *out)
{
	if (n->parent) {
		wf_schema_pointer(n->parent, n->keyword, out);
		if (n->key)
			add_token(out, n->key);
		else if (n->index != SIZE_MAX)
			wf_buf_printf(out, "/%zu", n->index);
	} else if (n->document) {
		wf_buf_printf(out, "%s#", n->document);
	}
	if (keyword) /* already a token, or a pointer to an odd place */
		wf_buf_printf(out, "/%s", keyword);
}

void wf_schema_refuse(
	struct builder *b, const struct node *n, const char *keyword, int err, const char *fmt, ...)
{
	WF_AUTOBUF struct wf_buf where = {0};
	char text[400];
	va_list args;

	if (b->err < 0)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wf_buf_addstr(&where, "");
	wf_schema_pointer(n, keyword, &where);
	b->err = wf_fail(b->cause, err, "%.200s: %s", where.len ? where.data : "the schema", text);
}

/* -- what has a name: $id, $anchor, $dynamicAnchor, $schema -- */

static const char *string_at(struct builder *b, const struct node *n, const char *keyword)
{
	const json_t *v = json_object_get(n->json, keyword);

	if (v && !json_is_string(v))
		wf_schema_refuse(b, n, keyword, WF_EINVAL, "must be a string");
	return json_is_string(v) ? json_string_value(v) : NULL;
}

static const struct {
	const char *name;
	unsigned bit;
} vocabularies[] = {
	{"core", VOCAB_CORE},
	{"applicator", VOCAB_APPLICATOR},
	{"unevaluated", VOCAB_UNEVALUATED},
	{"validation", VOCAB_VALIDATION},
	{"format-annotation", VOCAB_FORMAT},
	{"format-assertion", VOCAB_FORMAT},
	{"meta-data", 0},
	{"content", 0},
};

static void read_vocabularies(
	struct builder *b, const struct node *n, struct resource *r, const json_t *list)
{
	const char *prefix = WF_SCHEMA_META "vocab/";
	size_t prefix_n = strlen(prefix), count = sizeof(vocabularies) / sizeof(*vocabularies);
	json_t *object = (json_t *)(uintptr_t)list;
	const char *uri;
	json_t *needed;

	r->vocabularies = VOCAB_CORE;
	json_object_foreach(object, uri, needed)
	{
		size_t i = count;

		if (strncmp(uri, prefix, prefix_n) == 0)
			for (i = 0; i < count; i++)
				if (strcmp(vocabularies[i].name, uri + prefix_n) == 0)
					break;
		if (i < count) {
			r->vocabularies |= vocabularies[i].bit;
			if (strcmp(vocabularies[i].name, "format-assertion") == 0)
				r->assert_formats = true;
		} else if (json_is_true(needed)) {
			wf_schema_refuse(b, n, "$schema", WF_EUNSUPPORTED,
				"needs the vocabulary %s, which is not known", uri);
		}
	}
}

/* Which keywords mean something below this resource: all, unless $schema names a metaschema that
 * says otherwise. */
static void read_dialect(struct builder *b, const struct node *n, struct resource *r)
{
	const char *uri = string_at(b, n, "$schema");
	const json_t *metaschema, *list;
	size_t len = uri ? strcspn(uri, "#") : 0;

	if (!uri || (len == strlen(WF_SCHEMA_META "schema") &&
			    strncmp(uri, WF_SCHEMA_META "schema", len) == 0))
		return;
	metaschema = wf_schema_document(b, wf_arena_strndup(b->arena, uri, len));
	if (!metaschema) {
		wf_schema_refuse(b, n, "$schema", WF_EUNSUPPORTED,
			"is %.200s, but only JSON Schema 2020-12 is read here", uri);
		return;
	}
	list = json_object_get(metaschema, "$vocabulary");
	if (json_is_object(list))
		read_vocabularies(b, n, r, list);
}

static struct resource *new_resource(struct builder *b, struct node *n, const char *uri)
{
	struct resource *r = WF_ARENA_NEW(b->arena, struct resource);

	r->uri = uri;
	r->root = n;
	r->vocabularies = n->resource ? n->resource->vocabularies : VOCAB_ALL;
	r->assert_formats = n->resource ? n->resource->assert_formats
					: b->options && b->options->assert_formats;
	n->resource = r;
	return r;
}

static void register_uri(struct builder *b, struct node *n, const char *uri, struct resource *r)
{
	const struct resource *old = wf_strmap_get(&b->resources, uri);

	if (old && old != r)
		wf_schema_refuse(b, n, "$id", WF_EINVAL, "two schemas have the URI %.200s", uri);
	else
		wf_strmap_set(&b->resources, b->arena, uri, r);
}

static void read_id(struct builder *b, struct node *n)
{
	const char *id = string_at(b, n, "$id"), *fragment;
	const char *base = n->resource->uri;
	struct resource *r;

	if (!id)
		return;
	fragment = strchr(id, '#');
	if (fragment && fragment[1]) {
		wf_schema_refuse(b, n, "$id", WF_EINVAL, "must not have a fragment");
		return;
	}
	if (n->resource->root == n) { /* the root of a document: known by both URIs */
		r = (struct resource *)(uintptr_t)n->resource;
		r->uri = wf_uri_resolve(b->arena, base, id);
	} else {
		r = new_resource(b, n, wf_uri_resolve(b->arena, base, id));
		read_dialect(b, n, r);
	}
	register_uri(b, n, r->uri, r);
}

static void read_anchor(struct builder *b, struct node *n, const char *keyword, bool dynamic)
{
	const char *name = string_at(b, n, keyword);
	struct resource *r = (struct resource *)(uintptr_t)n->resource;
	const struct node *old;

	if (!name)
		return;
	for (size_t i = 0; name[i] || !i; i++) {
		char c = name[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!ok && (!i || !c || !strchr("0123456789-.", c))) {
			wf_schema_refuse(b, n, keyword, WF_EINVAL,
				"must be a name of letters, digits, - _ and .");
			return;
		}
	}
	old = wf_strmap_get(&r->anchors, name);
	if (old && old != n)
		wf_schema_refuse(
			b, n, keyword, WF_EINVAL, "%.100s is the name of another schema too", name);
	wf_strmap_set(&r->anchors, b->arena, name, n);
	if (dynamic) {
		struct dynamic_anchor *d = WF_ARENA_NEW(b->arena, struct dynamic_anchor);

		*d = (struct dynamic_anchor){wf_schema_intern(b, name), n, r->dynamics};
		r->dynamics = d;
	}
}

/* -- nodes -- */

static void fill(struct builder *b, struct node *n)
{
	if (json_is_boolean(n->json)) {
		n->refuses = json_is_false(n->json);
		return;
	}
	if (!json_is_object(n->json)) {
		wf_schema_refuse(b, n, NULL, WF_EINVAL, "is %s, a schema is an object or a boolean",
			wf_schema_type_text(n->json));
		return;
	}
	if (b->depth >= NEST_MAX) {
		wf_schema_refuse(
			b, n, NULL, WF_ELIMIT, "schemas are nested deeper than %d", NEST_MAX);
		return;
	}
	wf_ptrmap_set(&b->by_json, b->arena, n->json, n);
	read_id(b, n);
	read_anchor(b, n, "$anchor", false);
	read_anchor(b, n, "$dynamicAnchor", true);
	b->depth++;
	if (b->err >= 0)
		wf_schema_keywords(b, n);
	b->depth--;
}

struct node *wf_schema_build(struct builder *b, const json_t *json, const struct node *parent,
	const char *keyword, const char *key, size_t index, const struct resource *resource)
{
	struct node *n = WF_ARENA_NEW(b->arena, struct node);

	n->parent = parent;
	n->keyword = keyword;
	n->key = key;
	n->index = index;
	n->resource = resource;
	n->json = json;
	fill(b, n);
	return n;
}

struct node *wf_schema_build_root(
	struct builder *b, const json_t *json, const char *uri, bool main_document)
{
	struct node *n = WF_ARENA_NEW(b->arena, struct node);
	struct resource *r;

	n->json = json;
	n->index = SIZE_MAX;
	n->document = main_document ? NULL : uri;
	r = new_resource(b, n, uri);
	register_uri(b, n, uri, r);
	if (json_is_object(json))
		read_dialect(b, n, r);
	fill(b, n);
	return n;
}

int wf_schema_new(json_t *document, const struct wf_schema_options *options, struct wf_schema **ret,
	struct wf_cause *cause)
{
	struct wf_schema *s = wf_calloc(1, sizeof(*s));
	struct builder b = {.schema = s, .options = options, .cause = cause};

	s->arena = b.arena = wf_arena_new();
	s->held = json_array();
	(void)json_array_append(s->held, document);
	s->root = wf_schema_build_root(&b, document, "", true);
	if (b.err >= 0)
		wf_schema_link(&b);
	wf_free(b.pending);
	if (b.err < 0) {
		wf_schema_free(s);
		return b.err;
	}
	*ret = s;
	return 0;
}

void wf_schema_free(struct wf_schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->regex_count; i++)
		wf_regex_free(s->regexes[i]);
	wf_free(s->regexes);
	json_decref(s->held);
	wf_arena_free(s->arena);
	wf_free(s);
}
