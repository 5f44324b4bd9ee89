/*
 * The expressions' parser: what stands between operators, and the path behind it. The grammar is in
 * parser.c.
 */
#include "expr/parser.h"

#include <stdio.h>

/* Arguments of unknown number while they are read. */
struct list {
	struct wf_expr **items;
	size_t count, room;
};

static void list_done(struct list *l)
{
	wf_free(l->items);
}
#define AUTOLIST __attribute__((cleanup(list_done)))

static const char *token_text(struct wf_parser *p, const struct wf_token *t)
{
	return wf_arena_strndup(p->a->base, p->text + t->from, t->to - t->from);
}

/* -- primaries -- */

struct wf_expr *wf_parse_number(struct wf_parser *p, bool negative)
{
	struct wf_token t = p->tok;
	uint32_t from = negative ? p->tok.from - 1 : p->tok.from;
	WF_AUTOFREE char *digits = wf_asprintf("%s%.*s", negative ? "-" : "", (int)(t.to - t.from),
		p->text + t.from);
	json_t *value = json_loadb(digits, strlen(digits), JSON_DECODE_ANY, NULL);
	if (!value) {
		wf_diag_hint(wf_parser_found(p, WF_RULE_NUMBER_RANGE, t.from, t.to,
			t.kind == WF_TOK_INT ? "an integer beyond 64 bits"
			: "a number too large to be kept"),
			"the largest integer is 9223372036854775807");
		return NULL;
	}
	wf_parser_advance(p);
	return wf_expr_literal(p->a, value, from, t.to);
}

/* `${` in quotes within an expression: it says nothing there. */
static void warn_of_template(struct wf_parser *p, const struct wf_token *t)
{
	const char *at = memmem(p->text + t->from, t->to - t->from, "${", 2);
	if (!at || p->diags->full)
		return;
	uint32_t from = (uint32_t)(at - p->text);
	struct wf_diag *d = wf_diag_add(p->diags, WF_RULE_TEMPLATE_LITERAL, p->site->source,
		wf_expr_span(p->site, from, from + 2),
		"in quotes within an expression `${` is no template");
	wf_diag_hint(d, "join the parts: 'text ' + string(path)");
}

static struct wf_expr *parse_string(struct wf_parser *p)
{
	struct wf_token t = p->tok;
	warn_of_template(p, &t);
	wf_parser_advance(p);
	return wf_expr_literal(p->a, json_string(wf_lex_string(p->a->base, p->text, &t)), t.from,
		t.to);
}

static bool parse_list_of(struct wf_parser *p, enum wf_token_kind end, const struct wf_token *open,
	struct list *list)
{
	const char *expected = end == WF_TOK_RPAREN ? "`,` or `)`" : "`,` or `]`";
	if (wf_parser_accept(p, end))
		return true;
	do {
		struct wf_expr *e = wf_parse_expression(p);
		if (!e)
			return false;
		WF_GROW(list->items, list->count, list->room);
		list->items[list->count++] = e;
	} while (wf_parser_accept(p, WF_TOK_COMMA));
	return wf_parser_close(p, end, open, expected);
}

static struct wf_expr *parse_list_literal(struct wf_parser *p)
{
	AUTOLIST struct list list = { 0 };
	struct wf_token open = p->tok;
	wf_parser_advance(p);
	if (!parse_list_of(p, WF_TOK_RBRACKET, &open, &list))
		return NULL;
	return wf_parser_node(p, WF_EXPR_LIST, open.from, list.items, (uint32_t)list.count);
}

static struct wf_expr *parse_key(struct wf_parser *p, json_t *keys)
{
	struct wf_token t = p->tok;
	if (t.kind != WF_TOK_NAME && t.kind != WF_TOK_STRING) {
		struct wf_token next = wf_parser_peek(p);
		if (t.kind == WF_TOK_LBRACE && next.kind == WF_TOK_NAME)
			return wf_parser_fail(p, t.from, t.to, "expected a key, found `{`",
				"a path is written `user.id` or `${user.id}`, not in double braces");
		return wf_parser_unexpected(p, "a key (a name or a string)");
	}
	struct wf_expr *key;
	if (t.kind == WF_TOK_STRING) {
		key = parse_string(p);
	} else {
		key = wf_expr_literal(p->a, json_string(token_text(p, &t)), t.from, t.to);
		wf_parser_advance(p);
	}
	if (json_object_get(keys, wf_expr_string(key))) {
		WF_AUTOFREE char *message = wf_asprintf("the key `%s` stands twice in this map",
			wf_expr_string(key));
		(void)wf_parser_found(p, WF_RULE_DUPLICATE_KEY, t.from, t.to, message);
		return NULL;
	}
	(void)json_object_set_new(keys, wf_expr_string(key), json_true());
	return key;
}

static bool parse_pair(struct wf_parser *p, json_t *keys, struct list *list)
{
	struct wf_expr *pair[2] = { parse_key(p, keys) };
	if (!pair[0])
		return false;
	if (!wf_parser_accept(p, WF_TOK_COLON)) {
		(void)wf_parser_unexpected(p, "`:` behind the key");
		return false;
	}
	pair[1] = wf_parse_expression(p);
	for (int i = 0; i < 2 && pair[1]; i++) {
		WF_GROW(list->items, list->count, list->room);
		list->items[list->count++] = pair[i];
	}
	return pair[1] != NULL;
}

static struct wf_expr *parse_map_literal(struct wf_parser *p)
{
	AUTOLIST struct list list = { 0 };
	json_auto_t *keys = json_object();
	struct wf_token open = p->tok;
	wf_parser_advance(p);
	if (!wf_parser_accept(p, WF_TOK_RBRACE)) {
		do {
			if (!parse_pair(p, keys, &list))
				return NULL;
		} while (wf_parser_accept(p, WF_TOK_COMMA));
		if (!wf_parser_close(p, WF_TOK_RBRACE, &open, "`,` or `}`"))
			return NULL;
	}
	return wf_parser_node(p, WF_EXPR_MAP, open.from, list.items, (uint32_t)list.count);
}

struct wf_expr *wf_parse_group(struct wf_parser *p)
{
	struct wf_token open = p->tok;
	bool dollar = open.kind == WF_TOK_OPEN;
	wf_parser_advance(p);
	struct wf_expr *e = wf_parse_expression(p);
	if (!e || !wf_parser_close(p, dollar ? WF_TOK_RBRACE : WF_TOK_RPAREN, &open,
		dollar ? "an operator or `}`" : "an operator or `)`"))
		return NULL;
	e->from = open.from;
	e->to = p->last_to;
	e->group = dollar ? '$' : '(';
	return e;
}

static enum wf_each find_each(const char *name)
{
	unsigned i = 0;
	while (i < WF_EACH_COUNT_ && strcmp(name, wf_each_name((enum wf_each)i)) != 0)
		i++;
	return (enum wf_each)i;
}

static bool is_path(const struct wf_expr *e)
{
	return e->kind == WF_EXPR_PATH ||
		((e->kind == WF_EXPR_MEMBER || e->kind == WF_EXPR_INDEX) && is_path(e->args[0]));
}

/* What a call of that name is: has(), one of the EACH family, or a function. Calls with a wrong name
 * or number of arguments are told by the resolver. */
static struct wf_expr *make_call(struct wf_parser *p, const struct wf_token *name, uint32_t from,
	const struct list *list)
{
	const char *text = token_text(p, name);
	enum wf_each each = find_each(text);
	enum wf_expr_kind kind = WF_EXPR_CALL;
	if (strcmp(text, "has") == 0 && list->count == 1) {
		kind = WF_EXPR_HAS;
		if (!is_path(list->items[0]))
			return wf_parser_fail(p, list->items[0]->from, list->items[0]->to,
				"has() asks for a path", "such as has(user.email)");
	} else if (each != WF_EACH_COUNT_ && list->count == 2) {
		kind = WF_EXPR_EACH;
	}
	struct wf_expr *e = wf_parser_node(p, kind, from, list->items, (uint32_t)list->count);
	if (!e)
		return NULL;
	e->name = text;
	e->name_from = name->from;
	e->name_to = name->to;
	e->each = each;
	e->function = kind == WF_EXPR_CALL ? wf_function_find(text) : WF_FN_COUNT_;
	return e;
}

static struct wf_expr *parse_call(struct wf_parser *p)
{
	AUTOLIST struct list list = { 0 };
	struct wf_token name = p->tok;
	wf_parser_advance(p);
	struct wf_token open = p->tok;
	wf_parser_advance(p);
	if (!parse_list_of(p, WF_TOK_RPAREN, &open, &list))
		return NULL;
	return make_call(p, &name, name.from, &list);
}

static void add_segment(struct wf_parser *p, struct wf_expr *path, const char *name, uint32_t from,
	uint32_t to)
{
	uint32_t n = path->segment_count;
	if ((n & (n - 1)) == 0) { /* room is the next power of two */
		struct wf_expr_segment *more = WF_ARENA_ARRAY(p->a->base, struct wf_expr_segment,
			n ? (size_t)n * 2 : 1);
		if (n)
			memcpy(more, path->segments, n * sizeof(*more));
		path->segments = more;
	}
	path->segments[path->segment_count++] = (struct wf_expr_segment){ name, from, to };
}

static struct wf_expr *parse_name(struct wf_parser *p)
{
	static const char *const words[] = { "and", "or", "not", "in" };
	struct wf_token t = p->tok;
	bool yes = wf_parser_is_word(p, &t, "true");
	if (yes || wf_parser_is_word(p, &t, "false") || wf_parser_is_word(p, &t, "null")) {
		json_t *value = yes ? json_true() : wf_parser_is_word(p, &t, "null") ? json_null()
			: json_false();
		wf_parser_advance(p);
		return wf_expr_literal(p->a, value, t.from, t.to);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (wf_parser_is_word(p, &t, words[i]))
			return wf_parser_unexpected(p, "a value");
	if (wf_parser_peek(p).kind == WF_TOK_LPAREN)
		return parse_call(p);
	wf_parser_advance(p);
	struct wf_expr *path = wf_expr_node(p->a, WF_EXPR_PATH, t.from, t.to);
	add_segment(p, path, token_text(p, &t), t.from, t.to);
	return path;
}

struct wf_expr *wf_parse_primary(struct wf_parser *p)
{
	static struct wf_expr *(*const parsers[])(struct wf_parser *) = {
		[WF_TOK_STRING] = parse_string, [WF_TOK_NAME] = parse_name,
		[WF_TOK_LBRACKET] = parse_list_literal, [WF_TOK_LBRACE] = parse_map_literal,
		[WF_TOK_LPAREN] = wf_parse_group, [WF_TOK_OPEN] = wf_parse_group,
		[WF_TOK_PERCENT] = NULL,
	};
	if (p->tok.kind == WF_TOK_INT || p->tok.kind == WF_TOK_REAL)
		return wf_parse_number(p, false);
	if (parsers[p->tok.kind])
		return parsers[p->tok.kind](p);
	if (p->tok.kind == WF_TOK_DOT && wf_parser_peek(p).kind == WF_TOK_INT)
		return wf_parser_fail(p, p->tok.from, p->tok.to,
			"a number does not begin with a point",
			"write 0 before it");
	return wf_parser_unexpected(p, "a value");
}

/* -- postfix -- */

/* `e` with a member of that name: one more part of a path, or a MEMBER of anything else. */
static struct wf_expr *member_of(struct wf_parser *p, struct wf_expr *e, const char *name,
	uint32_t from, uint32_t to)
{
	if (e->kind == WF_EXPR_PATH) {
		add_segment(p, e, name, from, to);
		e->to = p->last_to;
		e->group = 0;
		return e;
	}
	struct wf_expr *member = wf_parser_node(p, WF_EXPR_MEMBER, e->from, &e, 1);
	if (!member)
		return NULL;
	member->name = name;
	member->name_from = from;
	member->name_to = to;
	return member;
}

static struct wf_expr *parse_method(struct wf_parser *p, struct wf_expr *e)
{
	AUTOLIST struct list list = { 0 };
	struct wf_token name = p->tok;
	const char *text = token_text(p, &name);
	if (strcmp(text, "get") != 0) {
		bool function = wf_function_find(text) != WF_FN_COUNT_ ||
			find_each(text) != WF_EACH_COUNT_ || strcmp(text, "has") == 0;
		WF_AUTOFREE char *hint = function
			? wf_asprintf("write the value as first argument: %s(value\xe2\x80\xa6)", text)
			: NULL;
		return wf_parser_fail(p, name.from, name.to,
			"only get() is called with a dot", hint);
	}
	wf_parser_advance(p);
	struct wf_token open = p->tok;
	wf_parser_advance(p);
	WF_GROW(list.items, list.count, list.room);
	list.items[list.count++] = e;
	if (!parse_list_of(p, WF_TOK_RPAREN, &open, &list))
		return NULL;
	return make_call(p, &name, e->from, &list);
}

static struct wf_expr *parse_dot(struct wf_parser *p, struct wf_expr *e)
{
	wf_parser_advance(p);
	struct wf_token t = p->tok;
	if (t.kind == WF_TOK_INT)
		return wf_parser_fail(p, t.from, t.to,
			"expected a name behind the dot, found a number",
			"an element of a list is taken with [0]");
	if (t.kind != WF_TOK_NAME)
		return wf_parser_unexpected(p, "a name behind the dot");
	if (wf_parser_peek(p).kind == WF_TOK_LPAREN)
		return parse_method(p, e);
	wf_parser_advance(p);
	return member_of(p, e, token_text(p, &t), t.from, t.to);
}

static struct wf_expr *parse_index(struct wf_parser *p, struct wf_expr *e)
{
	struct wf_token open = p->tok;
	wf_parser_advance(p);
	if (p->tok.kind == WF_TOK_RBRACKET)
		return wf_parser_unexpected(p, "an index or a key");
	struct wf_expr *index = wf_parse_expression(p);
	if (!index || !wf_parser_close(p, WF_TOK_RBRACKET, &open, "an operator or `]`"))
		return NULL;
	const char *key = wf_expr_string(index);
	if (key)
		return member_of(p, e, key, index->from, index->to);
	return wf_parser_node(p, WF_EXPR_INDEX, e->from, (struct wf_expr *[]){ e, index }, 2);
}

struct wf_expr *wf_parse_postfix(struct wf_parser *p, struct wf_expr *e)
{
	while (e) {
		if (p->tok.kind == WF_TOK_DOT)
			e = parse_dot(p, e);
		else if (p->tok.kind == WF_TOK_LBRACKET)
			e = parse_index(p, e);
		else
			return e;
	}
	return NULL;
}
