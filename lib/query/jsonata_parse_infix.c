/* JSONata's grammar: what stands between two, or after one. */
#include "query/jsonata_parser.h"

#include "base/err.h"

#include <string.h>

#define SIGNATURE_MAX 1024 /* bytes of a function's signature */

static struct wf_jn_node *pair_of(struct wf_jn_parser *p, enum wf_jn_kind kind,
	const struct wf_jn_token *t, struct wf_jn_node *left, struct wf_jn_node *right)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, kind, t);
	n->lhs = left;
	n->rhs = right;
	return wf_jn_parse_above(p, wf_jn_parse_above(p, n, left), right);
}

/* -- operators -- */

struct wf_jn_node *wf_jn_infix_binary(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	const struct wf_jn_rule *rule = wf_jn_parse_rule(t);
	if (!rule)
		wf_jn_parse_fail(p, "S0204", t);
	struct wf_jn_node *right = wf_jn_parse_expression(p, rule->power);
	struct wf_jn_node *n = pair_of(p, WF_JN_BINARY, t, left, right);
	n->op = (uint8_t)rule->op;
	return n;
}

struct wf_jn_node *wf_jn_infix_dot(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_DOT, t, left, wf_jn_parse_expression(p, 75));
}

struct wf_jn_node *wf_jn_infix_apply(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_APPLY, t, left, wf_jn_parse_expression(p, 40));
}

struct wf_jn_node *wf_jn_infix_coalesce(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_COALESCE, t, left, wf_jn_parse_expression(p, 0));
}

struct wf_jn_node *wf_jn_infix_default(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_DEFAULT, t, left, wf_jn_parse_expression(p, 0));
}

struct wf_jn_node *wf_jn_infix_condition(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_CONDITION, t);
	n->other = left;
	n->lhs = wf_jn_parse_expression(p, 0);
	wf_jn_parse_above(p, wf_jn_parse_above(p, n, left), n->lhs);
	if (wf_jn_parse_is(p, ":")) {
		wf_jn_parse_expect(p, ":");
		n->rhs = wf_jn_parse_expression(p, 0);
		wf_jn_parse_above(p, n, n->rhs);
	}
	return n;
}

struct wf_jn_node *wf_jn_infix_bind(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	if (left->kind != WF_JN_VARIABLE)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, "S0212", left->pos, left->s, left->n);
	p->binds++;
	return pair_of(p, WF_JN_BIND, t, left, wf_jn_parse_expression(p, 9));
}

/* -- what a step has -- */

struct wf_jn_node *wf_jn_infix_filter(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	if (!wf_jn_parse_is(p, "]")) {
		struct wf_jn_node *filter = wf_jn_parse_expression(p, 0);
		struct wf_jn_node *n = pair_of(p, WF_JN_FILTER, t, left, filter);
		wf_jn_parse_expect_as(p, "]", true);
		return n;
	}
	struct wf_jn_node *step = left;
	while (step->kind == WF_JN_FILTER)
		step = step->lhs;
	step->keep_array = true;
	wf_jn_parse_expect(p, "]");
	return left;
}

struct wf_jn_node *wf_jn_infix_group(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_GROUP, t, left, wf_jn_prefix_pairs(p, t));
}

struct wf_jn_node *wf_jn_infix_order(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	struct wf_jn_node *sort = wf_jn_parse_node(p, WF_JN_SORT, t);
	wf_jn_parse_expect(p, "(");
	for (;;) {
		struct wf_jn_node *term = wf_jn_parse_node(p, WF_JN_TERM, &p->token);
		if (wf_jn_parse_is(p, "<")) {
			wf_jn_parse_expect(p, "<");
		} else if (wf_jn_parse_is(p, ">")) {
			term->descending = true;
			wf_jn_parse_expect(p, ">");
		}
		term->lhs = wf_jn_parse_expression(p, 0);
		wf_jn_parse_above(p, term, term->lhs);
		wf_jn_parse_add(p, sort, term);
		if (!wf_jn_parse_is(p, ","))
			break;
		wf_jn_parse_expect(p, ",");
	}
	wf_jn_parse_expect(p, ")");
	return pair_of(p, WF_JN_ORDER, t, left, sort);
}

static struct wf_jn_node *mark(struct wf_jn_parser *p, const struct wf_jn_token *t,
	struct wf_jn_node *left, enum wf_jn_kind kind)
{
	struct wf_jn_node *name = wf_jn_parse_expression(p, 80);
	if (name->kind != WF_JN_VARIABLE)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, "S0214", name->pos, t->s, t->n);
	return pair_of(p, kind, t, left, name);
}

struct wf_jn_node *wf_jn_infix_focus(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return mark(p, t, left, WF_JN_FOCUS);
}

struct wf_jn_node *wf_jn_infix_index(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return mark(p, t, left, WF_JN_INDEX);
}

/* -- calls and functions -- */

/* The signature's tokens, put together again without the space between them. */
static void signature(struct wf_jn_parser *p, struct wf_jn_node *lambda)
{
	size_t pos = p->token.pos, n = 1, depth = 1, offset = 0;
	char text[SIGNATURE_MAX] = "<";
	while (depth > 0 && !wf_jn_parse_is(p, "{") && p->token.kind != WF_JN_T_END) {
		wf_jn_parse_advance(p, false);
		if (wf_jn_parse_is(p, ">"))
			depth--;
		else if (wf_jn_parse_is(p, "<"))
			depth++;
		if (p->token.n > sizeof(text) - n)
			wf_jn_lex_fail(&p->lexer, WF_ELIMIT, "bytes", pos, NULL, 0);
		memcpy(text + n, p->token.s, p->token.n);
		n += p->token.n;
	}
	wf_jn_parse_expect(p, ">");
	const char *code =
		wf_jn_signature_parse(p->program->arena, text, n, &lambda->signature, &offset);
	if (code)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, code, pos + offset, text, n);
}

static void lambda(struct wf_jn_parser *p, struct wf_jn_node *n)
{
	for (uint32_t i = 0; i < n->count; i++) {
		const struct wf_jn_node *param = n->items[i];
		if (param->kind != WF_JN_VARIABLE)
			wf_jn_lex_fail(
				&p->lexer, WF_ESYNTAX, "S0208", param->pos, param->s, param->n);
	}
	n->kind = WF_JN_LAMBDA;
	if (wf_jn_parse_is(p, "<"))
		signature(p, n);
	wf_jn_parse_expect(p, "{");
	n->lhs = wf_jn_parse_expression(p, 0);
	wf_jn_parse_above(p, n, n->lhs);
	wf_jn_parse_expect(p, "}");
}

struct wf_jn_node *wf_jn_infix_call(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_CALL, t);
	n->other = left;
	wf_jn_parse_above(p, n, left);
	while (!wf_jn_parse_is(p, ")")) {
		if (wf_jn_parse_is(p, "?")) {
			n->kind = WF_JN_PARTIAL;
			wf_jn_parse_add(p, n, wf_jn_parse_node(p, WF_JN_HOLE, &p->token));
			wf_jn_parse_expect(p, "?");
		} else {
			wf_jn_parse_add(p, n, wf_jn_parse_expression(p, 0));
		}
		if (!wf_jn_parse_is(p, ","))
			break;
		wf_jn_parse_expect(p, ",");
		if (wf_jn_parse_is(p, ")"))
			wf_jn_parse_fail(p, "S0211", &p->token);
	}
	wf_jn_parse_expect_as(p, ")", true);
	if (left->kind == WF_JN_NAME && !left->quoted &&
		((left->n == 8 && memcmp(left->s, "function", 8) == 0) ||
			(left->n == 2 && memcmp(left->s, "\xce\xbb", 2) == 0)))
		lambda(p, n);
	return n;
}
