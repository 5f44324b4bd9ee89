/*
 * JMESPath's parser: operator precedence (Pratt), making chains.
 *
 * Beside the standard's grammar it reads what its community agreed on: let expressions, arithmetic, the
 * ternary, the root `$`, and literals whose JSON quotes are left out. Where the standard's grammar leaves
 * open what `!a.b` is, the sign holds the whole of a.b.
 */
#include "query/jmespath_parser.h"

#include "base/err.h"
#include "base/limits.h"

#include <string.h>

int wf_jp_unexpected(struct wf_jp_parser *p, const char *wanted)
{
	if (p->token.kind == WF_JP_END)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", p->n, NULL, 0,
			"the expression ends where %s is expected", wanted);
	return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", p->token.at, p->text + p->token.at,
		p->token.n, "%s is expected", wanted);
}

int wf_jp_take(struct wf_jp_parser *p, enum wf_jp_token_kind kind, const char *wanted)
{
	return p->token.kind == kind ? wf_jp_advance(p) : wf_jp_unexpected(p, wanted);
}

static int too_deep(struct wf_jp_parser *p, size_t at)
{
	return wf_query_fail(p->fault, WF_ELIMIT, "depth", at, NULL, 0,
		"the expression is nested in more than %d levels", WF_MAX_EXPR_DEPTH);
}

int wf_jp_link(struct wf_jp_parser *p, struct wf_jp_chain *c, struct wf_jp_node *n)
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
int wf_jp_replace_chain(struct wf_jp_parser *p, struct wf_jp_chain *c, struct wf_jp_node *n)
{
	*c = (struct wf_jp_chain){.height = 0};
	return wf_jp_link(p, c, n);
}

/* An expression that stands for itself, as another node's part. */
int wf_jp_part(struct wf_jp_parser *p, int bind, struct wf_jp_node *of, struct wf_jp_node **ret)
{
	struct wf_jp_chain c;
	int err = wf_jp_expression(p, bind, &c);
	if (err < 0)
		return err;
	wf_jp_raise(of, c.height);
	*ret = c.first;
	return 0;
}

/* -- texts -- */

static struct wf_jp_node *literal(struct wf_jp_parser *p, json_t *v, size_t at)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_LITERAL, at);
	n->literal = v;
	n->before = p->q->literals;
	p->q->literals = n;
	return n;
}

/* The name a name token or a quoted one stands for. */
int wf_jp_name_of(struct wf_jp_parser *p, struct wf_jp_token t, const char **ret, size_t *ret_n)
{
	const char *s = p->text + t.at;
	if (t.kind == WF_JP_NAME) {
		*ret = wf_arena_strndup(p->q->arena, s, t.n);
		*ret_n = t.n;
		return 0;
	}
	json_t *v = wf_jp_read_json(s, t.n);
	if (!v)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, s, t.n,
			"a name in quotes is a JSON string, and this is not one");
	*ret_n = json_string_length(v);
	*ret = wf_arena_strndup(p->q->arena, json_string_value(v), *ret_n);
	json_decref(v);
	return 0;
}

/* -- what an expression may begin with -- */

/* An operand of its own, behind a sign. */
static int negate(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, t.kind == WF_JP_BANG ? WF_JP_NOT : WF_JP_ARITH, t.at);
	struct wf_jp_node *operand;
	int err = wf_jp_part(p, BIND_SIGN, n, &operand);
	if (err < 0)
		return err;
	n->body = operand;
	if (t.kind != WF_JP_BANG) {
		n->op = t.kind == WF_JP_PLUS ? WF_JP_ADD : WF_JP_SUBTRACT;
		n->items = WF_ARENA_ARRAY(p->q->arena, struct wf_jp_node *, 1);
		n->items[0] = operand;
		n->item_count = 1;
	}
	return wf_jp_replace_chain(p, c, n);
}

static int begin_group(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	(void)t;
	int err = wf_jp_expression(p, 0, c);
	return err < 0 ? err : wf_jp_take(p, WF_JP_PAREN_END, ")");
}

static int begin_star(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	return wf_jp_star(p, t.at, c);
}

static int begin_brace(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	return wf_jp_read_hash(p, t.at, c);
}

static int begin_flat(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	return wf_jp_flatten(p, t.at, c);
}

static int begin_test(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	return wf_jp_filter(p, t.at, c);
}

static int begin_current(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	return wf_jp_link(p, c, wf_jp_node_new(p, t.kind == WF_JP_AT ? WF_JP_CURRENT : WF_JP_ROOT, t.at));
}

static int begin_raw(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	json_t *v = wf_jp_read_raw(p->text + t.at, t.n);
	if (!v)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, NULL, 0,
			"a string holds a NUL");
	return wf_jp_link(p, c, literal(p, v, t.at));
}

static int begin_json(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	json_t *v = wf_jp_read_literal(p->text + t.at, t.n);
	if (!v)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, p->text + t.at, t.n,
			"between backquotes stands JSON, and this is none");
	return wf_jp_link(p, c, literal(p, v, t.at));
}

static int begin_variable(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_VARIABLE, t.at);
	n->name = wf_arena_strndup(p->q->arena, p->text + t.at + 1, t.n - 1);
	n->slot = UINT32_MAX;
	for (unsigned i = p->variable_count; i-- > 0 && n->slot == UINT32_MAX;)
		if (strcmp(p->variables[i], n->name) == 0)
			n->slot = i;
	return wf_jp_link(p, c, n);
}

static int begin_name(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	if (t.kind == WF_JP_NAME && p->token.kind == WF_JP_PAREN)
		return wf_jp_read_call(p, t, c);
	if (wf_jp_token_is(p, t, "let") && p->token.kind == WF_JP_DOLLAR_NAME)
		return wf_jp_read_let(p, t, c);
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_FIELD, t.at);
	size_t len = 0;
	int err = wf_jp_name_of(p, t, &n->name, &len);
	n->name_n = (uint32_t)len;
	return err < 0 ? err : wf_jp_link(p, c, n);
}

/* -- what may stand between two expressions -- */

static int then_dot(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	if (p->token.kind != WF_JP_STAR)
		return wf_jp_after_dot(p, BIND_DOT, left);
	int err = wf_jp_advance(p);
	return err < 0 ? err : wf_jp_star(p, t.at, left);
}

static int then_bracket(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	if (p->token.kind == WF_JP_STAR)
		return wf_jp_each(p, t.at, left);
	return wf_jp_index_or_slice(p, t.at, left);
}

/* A list or an object right behind a pipe is made even of null. */
static int then_pipe(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	struct wf_jp_chain right;
	(void)t;
	int err = wf_jp_expression(p, BIND_PIPE, &right);
	if (err < 0)
		return err;
	right.first->of_null = true;
	for (struct wf_jp_node *n = right.first, *next; n; n = next) {
		next = n->next;
		n->next = NULL;
		if ((err = wf_jp_link(p, left, n)) < 0)
			return err;
	}
	return 0;
}

static int binary(struct wf_jp_parser *p, enum wf_jp_kind kind, struct wf_jp_token t, int op,
	struct wf_jp_chain *left)
{
	struct wf_jp_node *n = wf_jp_node_new(p, kind, t.at);
	n->op = (uint8_t)op;
	n->items = WF_ARENA_ARRAY(p->q->arena, struct wf_jp_node *, 2);
	n->items[0] = left->first;
	n->item_count = 2;
	wf_jp_raise(n, left->height);
	int err = wf_jp_part(p, wf_jp_binding(t.kind), n, &n->items[1]);
	return err < 0 ? err : wf_jp_replace_chain(p, left, n);
}

static int then_compare(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	return binary(p, WF_JP_COMPARE, t, t.op, left);
}

static int then_arith(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	int op = t.kind == WF_JP_PLUS ? WF_JP_ADD
		: t.kind == WF_JP_MINUS ? WF_JP_SUBTRACT
		: t.kind == WF_JP_STAR ? WF_JP_MULTIPLY
				       : t.op;
	return binary(p, WF_JP_ARITH, t, op, left);
}

static int then_choose(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_CHOOSE, t.at);
	int err;
	n->test = left->first;
	wf_jp_raise(n, left->height);
	if ((err = wf_jp_part(p, 0, n, &n->body)) < 0 || (err = wf_jp_take(p, WF_JP_COLON, ":")) < 0 ||
		(err = wf_jp_part(p, BIND_PIPE, n, &n->other)) < 0)
		return err;
	return wf_jp_replace_chain(p, left, n);
}

static int then_flat(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	return wf_jp_flatten(p, t.at, left);
}

static int then_test(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	return wf_jp_filter(p, t.at, left);
}

/* What each token does at the beginning of an expression, and behind one, where it binds so tightly. */
static const struct {
	wf_jp_led *begin, *then;
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
	[WF_JP_OPEN] = {wf_jp_begin_bracket, then_bracket, BIND_BRACKET},
	[WF_JP_OPEN_TEST] = {begin_test, then_test, BIND_FILTER},
	[WF_JP_FLAT] = {begin_flat, then_flat, BIND_FLATTEN},
	[WF_JP_PAREN] = {begin_group, NULL, 0},
	[WF_JP_BRACE] = {begin_brace, NULL, 0},
	[WF_JP_PIPE] = {NULL, then_pipe, BIND_PIPE},
	[WF_JP_QUESTION] = {NULL, then_choose, BIND_CHOOSE},
	[WF_JP_OR_SIGN] = {NULL, wf_jp_then_logic, BIND_OR},
	[WF_JP_AND_SIGN] = {NULL, wf_jp_then_logic, BIND_AND},
	[WF_JP_BANG] = {negate, NULL, 0},
	[WF_JP_COMPARATOR] = {NULL, then_compare, BIND_COMPARE},
	[WF_JP_PLUS] = {negate, then_arith, BIND_ADD},
	[WF_JP_MINUS] = {negate, then_arith, BIND_ADD},
	[WF_JP_TIMES_SIGN] = {NULL, then_arith, BIND_MULTIPLY},
};

int wf_jp_binding(enum wf_jp_token_kind kind)
{
	return roles[kind].bind;
}

static int operators(struct wf_jp_parser *p, int bind, struct wf_jp_chain *c)
{
	int err = 0;
	while (!err && wf_jp_binding(p->token.kind) > bind) {
		struct wf_jp_token t = p->token;
		if ((err = wf_jp_advance(p)) < 0 || (err = roles[t.kind].then(p, t, c)) < 0)
			return err;
	}
	return err;
}

int wf_jp_expression(struct wf_jp_parser *p, int bind, struct wf_jp_chain *ret)
{
	struct wf_jp_token t = p->token;
	*ret = (struct wf_jp_chain){.height = 0};
	if (!roles[t.kind].begin)
		return wf_jp_unexpected(p, "an expression");
	if (++p->depth > WF_MAX_EXPR_DEPTH)
		return too_deep(p, t.at);
	int err = wf_jp_advance(p);
	if (!err)
		err = roles[t.kind].begin(p, t, ret);
	if (!err)
		err = operators(p, bind, ret);
	p->depth--;
	return err;
}

int wf_jp_parse(struct wf_jmespath *q, const char *text, size_t n, struct wf_query_fault *fault)
{
	struct wf_jp_parser p; /* not its variables, of which there are none */
	p.q = q;
	p.text = text;
	p.n = n;
	p.at = 0;
	p.depth = p.variable_count = 0;
	p.fault = fault;
	struct wf_jp_chain c;
	int err;
	if ((err = wf_jp_advance(&p)) < 0 || (err = wf_jp_expression(&p, 0, &c)) < 0)
		return err;
	if (p.token.kind != WF_JP_END)
		return wf_jp_unexpected(&p, "the end of the expression");
	q->root = c.first;
	q->root->of_null = true;
	q->height = c.height;
	return 0;
}
