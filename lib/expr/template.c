/*
 * Templates: strings with ${…} in them, and trees of a definition whose strings are templates.
 */
#include "base/text.h"
#include "expr/internal.h"

#include <string.h>

/* -- a string -- */

struct parts {
	struct wf_expr **items;
	size_t count, room;
	struct wf_buf literal;  /* text since the last part */
	uint32_t literal_from;
};

static void parts_done(struct parts *p)
{
	wf_free(p->items);
	wf_buf_done(&p->literal);
}

static void add_part(struct parts *p, struct wf_expr *e)
{
	WF_GROW(p->items, p->count, p->room);
	p->items[p->count++] = e;
}

static void end_literal(struct wf_expr_arena *a, struct parts *p, uint32_t to)
{
	if (!p->literal.len)
		return;
	add_part(p, wf_expr_literal(a, json_stringn(p->literal.data, p->literal.len),
		p->literal_from, to));
	wf_buf_reset(&p->literal);
}

static uint32_t find(const char *text, uint32_t from, uint32_t n, const char *what)
{
	const char *at = from < n ? memmem(text + from, n - from, what, strlen(what)) : NULL;
	return at ? (uint32_t)(at - text) : n;
}

/* One finding an expression: behind an error the text goes on after the next `}`. */
static bool read_parts(struct wf_expr_arena *a, const char *text, uint32_t n,
	const struct wf_expr_site *site, struct wf_diags *diags, struct parts *p)
{
	bool good = true;
	for (uint32_t at = 0; at < n;) {
		uint32_t open = find(text, at, n, "${");
		bool escaped = open > at && open < n && text[open - 1] == '$';
		if (!p->literal.len)
			p->literal_from = at;
		wf_buf_add(&p->literal, text + at, (escaped ? open - 1 : open) - at);
		if (escaped) {
			wf_buf_addstr(&p->literal, "${");
			at = open + 2;
			continue;
		}
		at = open;
		if (open == n)
			break;
		end_literal(a, p, open);
		struct wf_expr *e = wf_expr_parse_part(a, text, n, open, site, diags, &at);
		if (e) {
			add_part(p, e);
			continue;
		}
		good = false;
		at = find(text, at, n, "}");
		at += at < n;
	}
	end_literal(a, p, n);
	return good;
}

static struct wf_expr *parse_template(struct wf_expr_arena *a, const char *text, uint32_t n,
	const struct wf_expr_site *site, struct wf_diags *diags)
{
	__attribute__((cleanup(parts_done))) struct parts p = { 0 };
	if (!read_parts(a, text, n, site, diags, &p))
		return NULL;
	if (p.count == 0)
		return wf_expr_literal(a, json_string(""), 0, n);
	if (p.count == 1 && (p.items[0]->kind == WF_EXPR_LITERAL || p.items[0]->group == '$'))
		return p.items[0];
	struct wf_expr *e = wf_expr_node(a, WF_EXPR_TEXT, 0, n);
	wf_expr_set_args(a, e, p.items, (uint32_t)p.count);
	return wf_expr_fits(e, site, diags) ? e : NULL;
}

struct wf_expr *wf_expr_parse_template(struct wf_expr_arena *a, const char *text, size_t n,
	const struct wf_expr_site *site, struct wf_diags *diags)
{
	size_t wrong;
	bool plain = n <= WF_MAX_DEFINITION_BYTES && !memmem(text, n, "${", 2);
	if (n > WF_MAX_TEMPLATE_BYTES && !plain) {
		(void)wf_diag_add(diags, WF_RULE_LIMIT, site->source, wf_expr_span(site, 0, 0),
			"a text of %zu bytes with expressions in it; the limit is %u", n,
			WF_MAX_TEMPLATE_BYTES);
		return NULL;
	}
	if (!wf_utf8_valid(text, n, &wrong)) {
		(void)wf_diag_add(diags, WF_RULE_ENCODING, site->source,
			wf_expr_span(site, (uint32_t)wrong, (uint32_t)wrong + 1),
			"this text is not UTF-8");
		return NULL;
	}
	return parse_template(a, text, (uint32_t)n, site, diags);
}

/* -- a tree -- */

struct leaf {
	struct wf_expr *expr;
	struct wf_expr_site site;
};

struct wf_expr_tree {
	const struct wf_source *source;
	struct wf_expr *root;
	struct leaf *leaves;   /* what stands in strings; all else is literal, list or map */
	size_t leaf_count, leaf_room;
};

struct building {
	struct wf_expr_arena *a;
	struct wf_expr_tree *tree;
	struct wf_diags *diags;
};

static struct wf_expr *build(struct building *b, const struct wf_node *node);

/* Leaves live in the arena, so that the tree needs no freeing of its own. */
static void add_leaf(struct building *b, struct wf_expr *e, const struct wf_expr_site *site)
{
	struct wf_expr_tree *t = b->tree;
	if (t->leaf_count == t->leaf_room) {
		size_t room = t->leaf_room ? t->leaf_room * 2 : 8;
		struct leaf *more = WF_ARENA_ARRAY(b->a->base, struct leaf, room);
		if (t->leaf_count)
			memcpy(more, t->leaves, t->leaf_count * sizeof(*more));
		t->leaves = more;
		t->leaf_room = room;
	}
	t->leaves[t->leaf_count++] = (struct leaf){ e, *site };
}

/* Where a string could not be read: something of which nothing is known, so that what stands beside
 * it is checked all the same. */
static struct wf_expr *unknown_leaf(struct building *b)
{
	static struct wf_expr_segment segment = { "?", 0, 1 };
	struct wf_expr *e = wf_expr_node(b->a, WF_EXPR_PATH, 0, 1);
	e->segments = &segment;
	e->segment_count = 1;
	e->type = &wf_type_any;
	return e;
}

static struct wf_expr *build_string(struct building *b, const struct wf_node *node)
{
	struct wf_expr_site site = { b->tree->source, node, 0 };
	struct wf_expr *e = wf_expr_parse_template(b->a, node->string.text, node->string.len, &site,
		b->diags);
	if (!e)
		return unknown_leaf(b);
	if (e->kind != WF_EXPR_LITERAL)
		add_leaf(b, e, &site);
	return e;
}

/* A key is a template too; what it gives is always a string. */
static struct wf_expr *build_key(struct building *b, const struct wf_pair *pair)
{
	size_t len = strlen(pair->key);
	if (!strstr(pair->key, "${"))
		return wf_expr_literal(b->a, json_stringn(pair->key, len), 0, (uint32_t)len);
	struct wf_node *node = WF_ARENA_NEW(b->a->base, struct wf_node);
	uint32_t written = pair->key_span.end_offset - pair->key_span.offset;
	node->kind = WF_NODE_STRING;
	node->span = pair->key_span;
	node->plain = written == len;
	node->quoted_simple = written == len + 2;
	node->string.text = pair->key;
	node->string.len = len;
	struct wf_expr_site site = { b->tree->source, node, 0 };
	struct wf_expr *e = wf_expr_parse_template(b->a, pair->key, len, &site, b->diags);
	if (!e)
		return unknown_leaf(b);
	if (e->kind != WF_EXPR_TEXT && !wf_expr_string(e)) {
		struct wf_expr *text = wf_expr_node(b->a, WF_EXPR_TEXT, e->from, e->to);
		wf_expr_set_args(b->a, text, &e, 1);
		e = text;
	}
	if (e->kind == WF_EXPR_TEXT)
		add_leaf(b, e, &site);
	return e;
}

static struct wf_expr *build_list(struct building *b, const struct wf_node *node)
{
	struct wf_expr *e = wf_expr_node(b->a, WF_EXPR_LIST, 0, 0);
	struct wf_expr **items = wf_calloc(node->list.count, sizeof(struct wf_expr *));
	for (size_t i = 0; i < node->list.count; i++)
		items[i] = build(b, node->list.items[i]);
	wf_expr_set_args(b->a, e, items, (uint32_t)node->list.count);
	wf_free(items);
	return e;
}

static struct wf_expr *build_map(struct building *b, const struct wf_node *node)
{
	struct wf_expr *e = wf_expr_node(b->a, WF_EXPR_MAP, 0, 0);
	struct wf_expr **items = wf_calloc(node->map.count * 2, sizeof(struct wf_expr *));
	for (size_t i = 0; i < node->map.count; i++) {
		items[2 * i] = build_key(b, &node->map.pairs[i]);
		items[2 * i + 1] = build(b, node->map.pairs[i].value);
	}
	wf_expr_set_args(b->a, e, items, (uint32_t)node->map.count * 2);
	wf_free(items);
	return e;
}

static struct wf_expr *build(struct building *b, const struct wf_node *node)
{
	if (node->kind == WF_NODE_STRING)
		return build_string(b, node);
	if (node->kind == WF_NODE_LIST)
		return build_list(b, node);
	if (node->kind == WF_NODE_MAP)
		return build_map(b, node);
	return wf_expr_literal(b->a, wf_node_json(node), 0, 0);
}

struct wf_expr_tree *wf_expr_parse_tree(struct wf_expr_arena *a, const struct wf_source *source,
	const struct wf_node *node, struct wf_diags *diags)
{
	struct wf_expr_tree *tree = WF_ARENA_NEW(a->base, struct wf_expr_tree);
	struct building b = { .a = a, .tree = tree, .diags = diags };
	tree->source = source;
	tree->root = build(&b, node);
	uint32_t most = WF_MAX_STACK - 16;
	if (wf_expr_operands(tree->root) <= most)
		return tree;
	wf_diag_hint(wf_diag_add(diags, WF_RULE_LIMIT, source, node->span,
		"this value needs more than %u operands at once", most),
		"compute a part of it in a data.set step before");
	return NULL;
}

/* Lists and maps of the definition itself, from the leaves up. */
static void type_structure(struct wf_expr_arena *a, struct wf_expr *e)
{
	if (e->kind != WF_EXPR_LITERAL && e->to > 0)
		return; /* an expression in a string: resolved on its own */
	for (uint32_t i = 0; i < e->arg_count; i++)
		type_structure(a, e->args[i]);
	if (e->kind == WF_EXPR_LITERAL)
		e->type = wf_type_of_value(a->base, e->value);
	else
		wf_type_container(a, e);
}

bool wf_expr_resolve_tree(struct wf_expr_arena *a, struct wf_expr_tree *tree,
	const struct wf_scope *scope, struct wf_diags *diags)
{
	bool good = true;
	for (size_t i = 0; i < tree->leaf_count; i++) {
		struct leaf *leaf = &tree->leaves[i];
		good = wf_expr_resolve(a, leaf->expr, scope, &leaf->site, 0, diags) && good;
	}
	type_structure(a, tree->root);
	return good;
}

const struct wf_type *wf_expr_tree_type(const struct wf_expr_tree *tree)
{
	return tree->root->type ? tree->root->type : &wf_type_any;
}

struct wf_expr *wf_expr_tree_root(struct wf_expr_tree *tree)
{
	return tree->root;
}
