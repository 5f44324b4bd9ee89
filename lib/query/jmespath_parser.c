/*
 * JMESPath's parser: operator precedence (Pratt), making chains.
 *
 * Beside the standard's grammar it reads what its community agreed on: let expressions, arithmetic, the
 * ternary, the root `$`, and literals whose JSON quotes are left out. Where the standard's grammar leaves
 * open what `!a.b` is, the sign holds the whole of a.b.
 */
#include "query/jmespath.h"
#include "query/jmespath_lexer.h"

#include "base/err.h"
#include "base/limits.h"

#include <string.h>

/* How tightly a token binds what is on its left. */
enum {
	BIND_PIPE = 1,
	BIND_CHOOSE,
	BIND_OR,
	BIND_AND,
	BIND_COMPARE,
	BIND_ADD,
	BIND_MULTIPLY,
	BIND_FLATTEN = 9,
	BIND_PROJECTION, /* what binds less ends a projection */
	BIND_STAR = 20,
	BIND_FILTER,
	BIND_DOT = 40,
	BIND_BRACKET = 55,
	BIND_SIGN = 30, /* of !, + and -: more than any operator, less than a path */
};

struct chain {
	struct wf_jp_node *first, *last;
	unsigned height;
};

struct parser {
	struct wf_jmespath *q;
	const char *text;
	size_t n, at;
	struct wf_jp_token token; /* the next one */
	unsigned depth;
	const char *variables[WF_JP_VARIABLES];
	unsigned variable_count;
	struct wf_query_fault *fault;
};

typedef int led_fn(struct parser *p, struct wf_jp_token token, struct chain *left);

static int expression(struct parser *p, int bind, struct chain *ret);

static int advance(struct parser *p)
{
	return wf_jp_next_token(p->text, p->n, &p->at, &p->token, p->fault);
}

static int unexpected(struct parser *p, const char *wanted)
{
	if (p->token.kind == WF_JP_END)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", p->n, NULL, 0,
			"the expression ends where %s is expected", wanted);
	return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", p->token.at, p->text + p->token.at,
		p->token.n, "%s is expected", wanted);
}

static int take(struct parser *p, enum wf_jp_token_kind kind, const char *wanted)
{
	return p->token.kind == kind ? advance(p) : unexpected(p, wanted);
}

static int too_deep(struct parser *p, size_t at)
{
	return wf_query_fail(p->fault, WF_ELIMIT, "depth", at, NULL, 0,
		"the expression is nested in more than %d levels", WF_MAX_EXPR_DEPTH);
}

static struct wf_jp_node *node(struct parser *p, enum wf_jp_kind kind, size_t at)
{
	struct wf_jp_node *n = WF_ARENA_NEW(p->q->arena, struct wf_jp_node);
	n->kind = (uint8_t)kind;
	n->offset = (uint32_t)at;
	n->height = 1;
	return n;
}

static void raise_to(struct wf_jp_node *n, unsigned height)
{
	if (height + 1 > n->height)
		n->height = (uint16_t)(height + 1);
}

static int link_to(struct parser *p, struct chain *c, struct wf_jp_node *n)
{
	if (n->height > WF_MAX_EXPR_DEPTH)
		return too_deep(p, n->offset);
	if (c->first && c->last->kind == WF_JP_CURRENT && c->first == c->last)
		c->first = NULL;
	if (c->first)
		c->last->next = n;
	else
		c->first = n;
	c->last = n;
	if (n->height > c->height)
		c->height = n->height;
	return 0;
}

/* The whole of what was read so far becomes one link: an operator's. */
static int replace(struct parser *p, struct chain *c, struct wf_jp_node *n)
{
	*c = (struct chain){.height = 0};
	return link_to(p, c, n);
}

/* An expression that stands for itself, as another node's part. */
static int part(struct parser *p, int bind, struct wf_jp_node *of, struct wf_jp_node **ret)
{
	struct chain c;
	int err = expression(p, bind, &c);
	if (err < 0)
		return err;
	raise_to(of, c.height);
	*ret = c.first;
	return 0;
}

/* -- texts -- */

static struct wf_jp_node *literal(struct parser *p, json_t *v, size_t at)
{
	struct wf_jmespath *q = p->q;
	struct wf_jp_node *n = node(p, WF_JP_LITERAL, at);
	WF_GROW(q->literals, q->literal_count, q->literal_room);
	q->literals[q->literal_count++] = v;
	n->literal = v;
	return n;
}

/* The name a name token or a quoted one stands for. */
static int name_of(struct parser *p, struct wf_jp_token t, const char **ret)
{
	const char *s = p->text + t.at;
	if (t.kind == WF_JP_NAME) {
		*ret = wf_arena_strndup(p->q->arena, s, t.n);
		return 0;
	}
	json_t *v = wf_jp_read_json(s, t.n);
	if (!v)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, s, t.n,
			"a name in quotes is a JSON string, and this is not one");
	*ret = wf_arena_strdup(p->q->arena, json_string_value(v));
	json_decref(v);
	return 0;
}

/* -- lists of parts -- */

struct parts {
	struct wf_jp_node **items;
	const char **names;
	size_t count, room;
};

/* Parts live in the arena once they are all there. */
static void settle(struct parser *p, struct wf_jp_node *n, struct parts *l)
{
	n->items = WF_ARENA_ARRAY(p->q->arena, struct wf_jp_node *, l->count);
	if (l->count)
		memcpy(n->items, l->items, l->count * sizeof(*l->items));
	if (l->count && l->names[0]) {
		n->names = WF_ARENA_ARRAY(p->q->arena, const char *, l->count);
		for (size_t i = 0; i < l->count; i++)
			n->names[i] = l->names[i];
	}
	n->item_count = (uint32_t)l->count;
}

static void parts_done(struct parts *l)
{
	wf_free(l->items);
	wf_free(l->names);
}

static void parts_grow(struct parts *l)
{
	size_t room = l->room;
	WF_GROW(l->items, l->count, l->room);
	if (room != l->room)
		l->names = wf_reallocarray(l->names, l->room, sizeof(*l->names));
	l->names[l->count] = NULL;
}

/* Expressions with commas between them up to the closing token, which is taken. */
static int read_list(struct parser *p, enum wf_jp_token_kind close, const char *wanted,
	struct wf_jp_node *n, struct parts *l)
{
	int err;
	for (;;) {
		parts_grow(l);
		if ((err = part(p, 0, n, &l->items[l->count])) < 0)
			return err;
		l->count++;
		if (p->token.kind != WF_JP_COMMA)
			return take(p, close, wanted);
		if ((err = advance(p)) < 0)
			return err;
	}
}

static int list(struct parser *p, size_t at, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_LIST, at);
	struct parts l = {0};
	int err = read_list(p, WF_JP_CLOSE, "a comma or ]", n, &l);
	settle(p, n, &l);
	parts_done(&l);
	return err < 0 ? err : link_to(p, c, n);
}

static int read_members(struct parser *p, struct wf_jp_node *n, struct parts *l)
{
	int err;
	for (;;) {
		struct wf_jp_token key = p->token;
		parts_grow(l);
		if (key.kind != WF_JP_NAME && key.kind != WF_JP_QUOTED)
			return unexpected(p, "a key");
		if ((err = name_of(p, key, &l->names[l->count])) < 0 || (err = advance(p)) < 0 ||
			(err = take(p, WF_JP_COLON, ":")) < 0 ||
			(err = part(p, 0, n, &l->items[l->count])) < 0)
			return err;
		l->count++;
		if (p->token.kind != WF_JP_COMMA)
			return take(p, WF_JP_BRACE_END, "a comma or }");
		if ((err = advance(p)) < 0)
			return err;
	}
}

static int hash(struct parser *p, size_t at, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_HASH, at);
	struct parts l = {0};
	int err = read_members(p, n, &l);
	settle(p, n, &l);
	parts_done(&l);
	return err < 0 ? err : link_to(p, c, n);
}

/* -- paths -- */

/* What comes right behind a dot. */
static int after_dot(struct parser *p, int bind, struct chain *c)
{
	struct wf_jp_token t = p->token;
	struct chain rest;
	int err;
	switch ((int)t.kind) {
	case WF_JP_OPEN:
		return (err = advance(p)) < 0 ? err : list(p, t.at, c);
	case WF_JP_BRACE:
		return (err = advance(p)) < 0 ? err : hash(p, t.at, c);
	case WF_JP_NAME:
	case WF_JP_QUOTED:
	case WF_JP_STAR:
		break;
	default:
		return unexpected(p, "a name, *, [ or {");
	}
	if ((err = expression(p, bind, &rest)) < 0)
		return err;
	if (rest.first->kind == WF_JP_LET)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, p->text + t.at, t.n,
			"let begins an expression, it is no part of a path");
	for (struct wf_jp_node *n = rest.first, *next; n; n = next) {
		next = n->next;
		n->next = NULL;
		if ((err = link_to(p, c, n)) < 0)
			return err;
	}
	return 0;
}

static int binding(enum wf_jp_token_kind kind);

/* What a projection does to each element: the rest of the path, up to what binds less. */
static int project(struct parser *p, int bind, struct wf_jp_node *n)
{
	struct chain rest = {.height = 0};
	int err = 0;
	if (p->token.kind == WF_JP_OPEN || p->token.kind == WF_JP_OPEN_TEST) {
		err = expression(p, bind, &rest);
	} else if (p->token.kind == WF_JP_DOT) {
		err = advance(p);
		err = err < 0 ? err : after_dot(p, bind, &rest);
	} else if (binding(p->token.kind) >= BIND_PROJECTION) {
		err = unexpected(p, "the rest of the path");
	}
	raise_to(n, rest.height);
	n->body = rest.first;
	return err;
}

static int star(struct parser *p, size_t at, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_VALUES, at);
	int err = project(p, BIND_STAR, n);
	return err < 0 ? err : link_to(p, c, n);
}

static int filter(struct parser *p, size_t at, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_FILTER, at);
	int err;
	if ((err = part(p, 0, n, &n->test)) < 0 || (err = take(p, WF_JP_CLOSE, "]")) < 0 ||
		(err = project(p, BIND_FILTER, n)) < 0)
		return err;
	return link_to(p, c, n);
}

static int flatten(struct parser *p, size_t at, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_FLATTEN, at);
	int err = project(p, BIND_FLATTEN, n);
	return err < 0 ? err : link_to(p, c, n);
}

/* Digits as a number, which stays within what any list could have. */
static int32_t number(const char *s, size_t n)
{
	int64_t v = 0;
	for (size_t i = 0; i < n; i++)
		if (v < INT32_MAX)
			v = v * 10 + (s[i] - '0');
	return v < INT32_MAX ? (int32_t)v : INT32_MAX;
}

/* A number with its sign, if there is one. */
static int signed_number(struct parser *p, bool *ret_is, int32_t *ret)
{
	bool minus = p->token.kind == WF_JP_MINUS;
	int err = minus ? advance(p) : 0;
	if (err < 0)
		return err;
	*ret_is = p->token.kind == WF_JP_DIGITS;
	if (!*ret_is)
		return minus ? unexpected(p, "a number") : 0;
	*ret = number(p->text + p->token.at, p->token.n);
	if (minus)
		*ret = -*ret;
	return advance(p);
}

static int slice(struct parser *p, struct wf_jp_node *n, struct chain *c)
{
	bool has_step = false;
	int err;
	n->kind = WF_JP_SLICE;
	n->step = 1;
	if ((err = advance(p)) < 0 || (err = signed_number(p, &n->has_to, &n->to)) < 0)
		return err;
	if (p->token.kind == WF_JP_COLON && ((err = advance(p)) < 0 ||
		(err = signed_number(p, &has_step, &n->step)) < 0))
		return err;
	if ((err = take(p, WF_JP_CLOSE, "]")) < 0 || (err = project(p, BIND_STAR, n)) < 0)
		return err;
	return link_to(p, c, n);
}

/* Behind the [ of an index or a slice. */
static int index_or_slice(struct parser *p, size_t at, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_INDEX, at);
	int err = signed_number(p, &n->has_from, &n->from);
	if (err < 0)
		return err;
	if (p->token.kind == WF_JP_COLON)
		return slice(p, n, c);
	if (!n->has_from)
		return unexpected(p, "a number or *");
	err = take(p, WF_JP_CLOSE, "]");
	return err < 0 ? err : link_to(p, c, n);
}

/* The first byte behind the token in hand that is no blank; 0 at the end. */
static char peek(const struct parser *p)
{
	size_t at = p->at;
	while (at < p->n && memchr(" \t\r\n", p->text[at], 4))
		at++;
	return at < p->n ? p->text[at] : '\0';
}

/* Behind the * of [*]. */
static int each(struct parser *p, size_t at, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_PROJECT, at);
	int err;
	if ((err = advance(p)) < 0 || (err = take(p, WF_JP_CLOSE, "]")) < 0 ||
		(err = project(p, BIND_STAR, n)) < 0)
		return err;
	return link_to(p, c, n);
}

static bool is_index(const struct parser *p)
{
	char next = peek(p);
	return p->token.kind == WF_JP_DIGITS || p->token.kind == WF_JP_COLON ||
		(p->token.kind == WF_JP_MINUS && next >= '0' && next <= '9');
}

/* -- what an expression may begin with -- */

/* An operand of its own, behind a sign. */
static int negate(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	struct wf_jp_node *n = node(p, t.kind == WF_JP_BANG ? WF_JP_NOT : WF_JP_ARITH, t.at);
	struct wf_jp_node *operand;
	int err = part(p, BIND_SIGN, n, &operand);
	if (err < 0)
		return err;
	n->body = operand;
	if (t.kind != WF_JP_BANG) {
		n->op = t.kind == WF_JP_PLUS ? WF_JP_ADD : WF_JP_SUBTRACT;
		n->items = WF_ARENA_ARRAY(p->q->arena, struct wf_jp_node *, 1);
		n->items[0] = operand;
		n->item_count = 1;
	}
	return replace(p, c, n);
}

static int begin_group(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	(void)t;
	int err = expression(p, 0, c);
	return err < 0 ? err : take(p, WF_JP_PAREN_END, ")");
}

static int begin_bracket(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	if (is_index(p))
		return index_or_slice(p, t.at, c);
	if (p->token.kind == WF_JP_STAR && peek(p) == ']')
		return each(p, t.at, c);
	return list(p, t.at, c);
}

static int begin_star(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	return star(p, t.at, c);
}

static int begin_brace(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	return hash(p, t.at, c);
}

static int begin_flat(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	return flatten(p, t.at, c);
}

static int begin_test(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	return filter(p, t.at, c);
}

static int begin_current(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	return link_to(p, c, node(p, t.kind == WF_JP_AT ? WF_JP_CURRENT : WF_JP_ROOT, t.at));
}

static int begin_raw(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	json_t *v = wf_jp_read_raw(p->text + t.at, t.n);
	if (!v)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, NULL, 0,
			"a string holds a NUL");
	return link_to(p, c, literal(p, v, t.at));
}

static int begin_json(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	json_t *v = wf_jp_read_literal(p->text + t.at, t.n);
	if (!v)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, p->text + t.at, t.n,
			"between backquotes stands JSON, and this is none");
	return link_to(p, c, literal(p, v, t.at));
}

static int begin_variable(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_VARIABLE, t.at);
	n->name = wf_arena_strndup(p->q->arena, p->text + t.at + 1, t.n - 1);
	n->slot = UINT32_MAX;
	for (unsigned i = p->variable_count; i-- > 0 && n->slot == UINT32_MAX;)
		if (strcmp(p->variables[i], n->name) == 0)
			n->slot = i;
	return link_to(p, c, n);
}

static bool token_is(const struct parser *p, struct wf_jp_token t, const char *word)
{
	return t.kind == WF_JP_NAME && t.n == strlen(word) && !memcmp(p->text + t.at, word, t.n);
}

static int read_bindings(struct parser *p, struct wf_jp_node *n, struct parts *l)
{
	int err;
	for (;;) {
		struct wf_jp_token name = p->token;
		parts_grow(l);
		if (name.kind == WF_JP_DOLLAR_NAME)
			l->names[l->count] =
				wf_arena_strndup(p->q->arena, p->text + name.at + 1, name.n - 1);
		if ((err = take(p, WF_JP_DOLLAR_NAME, "a name with a $")) < 0 ||
			(err = take(p, WF_JP_ASSIGN, "=")) < 0 ||
			(err = part(p, 0, n, &l->items[l->count])) < 0)
			return err;
		l->count++;
		if (p->token.kind != WF_JP_COMMA)
			return token_is(p, p->token, "in") ? advance(p) : unexpected(p, "a comma or in");
		if ((err = advance(p)) < 0)
			return err;
	}
}

/* let $a = ..., $b = ... in ...: what is bound sees the names of outside. */
static int begin_let(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_LET, t.at);
	unsigned outer = p->variable_count;
	struct parts l = {0};
	int err = read_bindings(p, n, &l);
	settle(p, n, &l);
	parts_done(&l);
	if (err < 0)
		return err;
	if (outer + n->item_count > WF_JP_VARIABLES)
		return wf_query_fail(p->fault, WF_ELIMIT, "depth", t.at, NULL, 0,
			"more than %d names are in scope at once", WF_JP_VARIABLES);
	n->slot = outer;
	for (uint32_t i = 0; i < n->item_count; i++)
		p->variables[p->variable_count++] = n->names[i];
	err = part(p, 0, n, &n->body);
	p->variable_count = outer;
	return err < 0 ? err : replace(p, c, n);
}

static int read_argument(struct parser *p, struct wf_jp_node *n, struct parts *l)
{
	parts_grow(l);
	if (p->token.kind == WF_JP_AMPERSAND) {
		int err = advance(p);
		if (err < 0)
			return err;
		if (l->count < 32)
			n->expref |= 1u << l->count;
	}
	return part(p, 0, n, &l->items[l->count++]);
}

static int read_arguments(struct parser *p, struct wf_jp_node *n, struct parts *l)
{
	int err;
	if (p->token.kind == WF_JP_PAREN_END)
		return advance(p);
	for (;;) {
		if ((err = read_argument(p, n, l)) < 0)
			return err;
		if (p->token.kind != WF_JP_COMMA)
			return take(p, WF_JP_PAREN_END, "a comma or )");
		if ((err = advance(p)) < 0)
			return err;
	}
}

static int call(struct parser *p, struct wf_jp_token name, struct chain *c)
{
	struct wf_jp_node *n = node(p, WF_JP_CALL, name.at);
	const char *word = p->text + name.at;
	struct parts l = {0};
	int err = advance(p);
	err = err < 0 ? err : read_arguments(p, n, &l);
	settle(p, n, &l);
	parts_done(&l);
	if (err < 0)
		return err;
	err = wf_jp_resolve_call(n, word, name.n, p->fault);
	return err < 0 ? err : link_to(p, c, n);
}

static int begin_name(struct parser *p, struct wf_jp_token t, struct chain *c)
{
	if (t.kind == WF_JP_NAME && p->token.kind == WF_JP_PAREN)
		return call(p, t, c);
	if (token_is(p, t, "let") && p->token.kind == WF_JP_DOLLAR_NAME)
		return begin_let(p, t, c);
	struct wf_jp_node *n = node(p, WF_JP_FIELD, t.at);
	int err = name_of(p, t, &n->name);
	return err < 0 ? err : link_to(p, c, n);
}

/* -- what may stand between two expressions -- */

static int then_dot(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	if (p->token.kind != WF_JP_STAR)
		return after_dot(p, BIND_DOT, left);
	int err = advance(p);
	return err < 0 ? err : star(p, t.at, left);
}

static int then_bracket(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	if (p->token.kind == WF_JP_STAR)
		return each(p, t.at, left);
	return index_or_slice(p, t.at, left);
}

/* A list or an object right behind a pipe is made even of null. */
static int then_pipe(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	struct chain right;
	(void)t;
	int err = expression(p, BIND_PIPE, &right);
	if (err < 0)
		return err;
	right.first->of_null = true;
	for (struct wf_jp_node *n = right.first, *next; n; n = next) {
		next = n->next;
		n->next = NULL;
		if ((err = link_to(p, left, n)) < 0)
			return err;
	}
	return 0;
}

/* a || b || c is one link of three parts. */
static int then_logic(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	bool is_or = t.kind == WF_JP_OR_SIGN;
	struct wf_jp_node *n = node(p, is_or ? WF_JP_OR : WF_JP_AND, t.at);
	struct parts l = {0};
	int err = 0;
	parts_grow(&l);
	raise_to(n, left->height);
	l.items[l.count++] = left->first;
	while (!err) {
		parts_grow(&l);
		err = part(p, is_or ? BIND_OR : BIND_AND, n, &l.items[l.count]);
		if (err < 0)
			break;
		l.count++;
		if (p->token.kind != t.kind)
			break;
		err = advance(p);
	}
	settle(p, n, &l);
	parts_done(&l);
	return err < 0 ? err : replace(p, left, n);
}

static int binary(struct parser *p, enum wf_jp_kind kind, struct wf_jp_token t, int op,
	struct chain *left)
{
	struct wf_jp_node *n = node(p, kind, t.at);
	n->op = (uint8_t)op;
	n->items = WF_ARENA_ARRAY(p->q->arena, struct wf_jp_node *, 2);
	n->items[0] = left->first;
	n->item_count = 2;
	raise_to(n, left->height);
	int err = part(p, binding(t.kind), n, &n->items[1]);
	return err < 0 ? err : replace(p, left, n);
}

static int then_compare(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	return binary(p, WF_JP_COMPARE, t, t.op, left);
}

static int then_arith(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	int op = t.kind == WF_JP_PLUS ? WF_JP_ADD
		: t.kind == WF_JP_MINUS ? WF_JP_SUBTRACT
		: t.kind == WF_JP_STAR ? WF_JP_MULTIPLY
				       : t.op;
	return binary(p, WF_JP_ARITH, t, op, left);
}

static int then_choose(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	struct wf_jp_node *n = node(p, WF_JP_CHOOSE, t.at);
	int err;
	n->test = left->first;
	raise_to(n, left->height);
	if ((err = part(p, 0, n, &n->body)) < 0 || (err = take(p, WF_JP_COLON, ":")) < 0 ||
		(err = part(p, BIND_PIPE, n, &n->other)) < 0)
		return err;
	return replace(p, left, n);
}

static int then_flat(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	return flatten(p, t.at, left);
}

static int then_test(struct parser *p, struct wf_jp_token t, struct chain *left)
{
	return filter(p, t.at, left);
}

/* What each token does at the beginning of an expression, and behind one, where it binds so tightly. */
static const struct {
	led_fn *begin, *then;
	int bind;
} roles[WF_JP_TOKEN_COUNT_] = {
	[WF_JP_NAME] = {begin_name, NULL, 0},
	[WF_JP_QUOTED] = {begin_name, NULL, 0},
	[WF_JP_RAW] = {begin_raw, NULL, 0},
	[WF_JP_JSON] = {begin_json, NULL, 0},
	[WF_JP_DOLLAR_NAME] = {begin_variable, NULL, 0},
	[WF_JP_DOLLAR] = {begin_current, NULL, 0},
	[WF_JP_AT] = {begin_current, NULL, 0},
	[WF_JP_DOT] = {NULL, then_dot, BIND_DOT},
	[WF_JP_STAR] = {begin_star, then_arith, BIND_MULTIPLY},
	[WF_JP_OPEN] = {begin_bracket, then_bracket, BIND_BRACKET},
	[WF_JP_OPEN_TEST] = {begin_test, then_test, BIND_FILTER},
	[WF_JP_FLAT] = {begin_flat, then_flat, BIND_FLATTEN},
	[WF_JP_PAREN] = {begin_group, NULL, 0},
	[WF_JP_BRACE] = {begin_brace, NULL, 0},
	[WF_JP_PIPE] = {NULL, then_pipe, BIND_PIPE},
	[WF_JP_QUESTION] = {NULL, then_choose, BIND_CHOOSE},
	[WF_JP_OR_SIGN] = {NULL, then_logic, BIND_OR},
	[WF_JP_AND_SIGN] = {NULL, then_logic, BIND_AND},
	[WF_JP_BANG] = {negate, NULL, 0},
	[WF_JP_COMPARATOR] = {NULL, then_compare, BIND_COMPARE},
	[WF_JP_PLUS] = {negate, then_arith, BIND_ADD},
	[WF_JP_MINUS] = {negate, then_arith, BIND_ADD},
	[WF_JP_TIMES_SIGN] = {NULL, then_arith, BIND_MULTIPLY},
};

static int binding(enum wf_jp_token_kind kind)
{
	return roles[kind].bind;
}

static int operators(struct parser *p, int bind, struct chain *c)
{
	int err = 0;
	while (!err && binding(p->token.kind) > bind) {
		struct wf_jp_token t = p->token;
		if ((err = advance(p)) < 0 || (err = roles[t.kind].then(p, t, c)) < 0)
			return err;
	}
	return err;
}

static int expression(struct parser *p, int bind, struct chain *ret)
{
	struct wf_jp_token t = p->token;
	*ret = (struct chain){.height = 0};
	if (!roles[t.kind].begin)
		return unexpected(p, "an expression");
	if (++p->depth > WF_MAX_EXPR_DEPTH)
		return too_deep(p, t.at);
	int err = advance(p);
	if (!err)
		err = roles[t.kind].begin(p, t, ret);
	if (!err)
		err = operators(p, bind, ret);
	p->depth--;
	return err;
}

int wf_jp_parse(struct wf_jmespath *q, const char *text, size_t n, struct wf_query_fault *fault)
{
	struct parser p = {.q = q, .text = text, .n = n, .fault = fault};
	struct chain c;
	int err;
	if ((err = advance(&p)) < 0 || (err = expression(&p, 0, &c)) < 0)
		return err;
	if (p.token.kind != WF_JP_END)
		return unexpected(&p, "the end of the expression");
	q->root = c.first;
	q->root->of_null = true;
	q->height = c.height;
	return 0;
}
