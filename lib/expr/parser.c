/*
 * Tokens to syntax tree. From low to high:
 *
 *	expression := coalesce [ '?' expression ':' expression ]
 *	coalesce   := or { '??' or }
 *	or         := and { ('||' | 'or') and }
 *	and        := not { ('&&' | 'and') not }
 *	not        := ('!' | 'not') not | comparison
 *	comparison := sum [ ('==' | '!=' | '<' | '<=' | '>' | '>=' | ['not'] 'in') sum ]
 *	sum        := product { ('+' | '-') product }
 *	product    := unary { ('*' | '/' | '%') unary }
 *	unary      := '-' unary | '!' unary | postfix
 *	postfix    := primary { '.' name | '[' expression ']' | '.' 'get' '(' arguments ')' }
 *	primary    := number | string | 'true' | 'false' | 'null' | name | name '(' arguments ')'
 *	            | '(' expression ')' | '${' expression '}' | '[' arguments ']'
 *	            | '{' [ (name | string) ':' expression { ',' … } ] '}'
 *	arguments  := [ expression { ',' expression } ]
 *
 * A name is [A-Za-z_][A-Za-z0-9_]*; any other key of a path is written ['x-y'], which is the same
 * as a name behind a dot. Behind a dot and as keys of a map the words of the language are names.
 *
 * The first error ends the parse: what follows it is seldom an error of its own.
 */
#include "expr/parser.h"

#include "base/text.h"

#include <stdio.h>

/* -- operators -- */

enum level { COALESCE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, UNARY };

static const struct operator {
	enum level level;
	enum wf_token_kind token;
	const char *word;
	enum wf_expr_kind kind;
	enum wf_opcode op;
} operators[] = {
	{ COALESCE, WF_TOK_COALESCE, NULL, WF_EXPR_COALESCE, WF_OP_UNDEF },
	{ OR, WF_TOK_OR, "or", WF_EXPR_OR, WF_OP_UNDEF },
	{ AND, WF_TOK_AND, "and", WF_EXPR_AND, WF_OP_UNDEF },
	{ COMPARISON, WF_TOK_EQ, NULL, WF_EXPR_BINARY, WF_OP_EQ },
	{ COMPARISON, WF_TOK_NE, NULL, WF_EXPR_BINARY, WF_OP_NE },
	{ COMPARISON, WF_TOK_LT, NULL, WF_EXPR_BINARY, WF_OP_LT },
	{ COMPARISON, WF_TOK_LE, NULL, WF_EXPR_BINARY, WF_OP_LE },
	{ COMPARISON, WF_TOK_GT, NULL, WF_EXPR_BINARY, WF_OP_GT },
	{ COMPARISON, WF_TOK_GE, NULL, WF_EXPR_BINARY, WF_OP_GE },
	{ COMPARISON, WF_TOK_BAD, "in", WF_EXPR_BINARY, WF_OP_IN },
	{ SUM, WF_TOK_PLUS, NULL, WF_EXPR_BINARY, WF_OP_ADD },
	{ SUM, WF_TOK_MINUS, NULL, WF_EXPR_BINARY, WF_OP_SUB },
	{ PRODUCT, WF_TOK_STAR, NULL, WF_EXPR_BINARY, WF_OP_MUL },
	{ PRODUCT, WF_TOK_SLASH, NULL, WF_EXPR_BINARY, WF_OP_DIV },
	{ PRODUCT, WF_TOK_PERCENT, NULL, WF_EXPR_BINARY, WF_OP_MOD },
};

static const struct operator *operator_at(const struct wf_parser *p, enum level level)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const struct operator *o = &operators[i];
		if (o->level != level)
			continue;
		if (o->word && wf_parser_is_word(p, &p->tok, o->word))
			return o;
		if (p->tok.kind == o->token && o->token != WF_TOK_BAD)
			return o;
	}
	return NULL;
}

static bool at_not(const struct wf_parser *p)
{
	return p->tok.kind == WF_TOK_NOT || wf_parser_is_word(p, &p->tok, "not");
}

static bool enter(struct wf_parser *p)
{
	if (++p->depth <= WF_MAX_EXPR_DEPTH)
		return true;
	(void)wf_parser_too_deep(p, p->tok.from, p->tok.to);
	return false;
}

static struct wf_expr *prefix(struct wf_parser *p, enum wf_opcode op, uint32_t from,
	struct wf_expr *operand)
{
	struct wf_expr *e = operand ? wf_parser_node(p, WF_EXPR_UNARY, from, &operand, 1) : NULL;
	if (e)
		e->op = op;
	return e;
}

static struct wf_expr *parse_level(struct wf_parser *p, enum level level);

static struct wf_expr *parse_not(struct wf_parser *p)
{
	if (!at_not(p))
		return parse_level(p, COMPARISON);
	if (!enter(p))
		return NULL;
	uint32_t from = p->tok.from;
	wf_parser_advance(p);
	struct wf_expr *e = prefix(p, WF_OP_NOT, from, parse_not(p));
	p->depth--;
	return e;
}

/* `not in` is `in`, denied as a whole. */
static bool accept_not_in(struct wf_parser *p)
{
	if (!wf_parser_is_word(p, &p->tok, "not"))
		return false;
	struct wf_token next = wf_parser_peek(p);
	if (!wf_parser_is_word(p, &next, "in"))
		return false;
	wf_parser_advance(p);
	return true;
}

static struct wf_expr *parse_comparison(struct wf_parser *p)
{
	struct wf_expr *left = parse_level(p, SUM);
	if (!left)
		return NULL;
	bool denied = accept_not_in(p);
	const struct operator *o = operator_at(p, COMPARISON);
	if (!o)
		return left;
	wf_parser_advance(p);
	struct wf_expr *right = parse_level(p, SUM);
	struct wf_expr *e = right ? wf_parser_node_of_two(p, o->kind, o->op, left, right) : NULL;
	if (e && operator_at(p, COMPARISON))
		return wf_parser_fail(p, p->tok.from, p->tok.to, "comparisons cannot be chained",
			"write `a < b and b < c`, or parentheses");
	return e && denied ? prefix(p, WF_OP_NOT, left->from, e) : e;
}

static struct wf_expr *parse_unary(struct wf_parser *p)
{
	bool minus = p->tok.kind == WF_TOK_MINUS;
	if (!minus && !at_not(p))
		return wf_parse_postfix(p, wf_parse_primary(p));
	if (!enter(p))
		return NULL;
	uint32_t from = p->tok.from;
	wf_parser_advance(p);
	struct wf_expr *e;
	/* A minus right before digits is part of the number: the least integer has no positive. */
	if (minus && (p->tok.kind == WF_TOK_INT || p->tok.kind == WF_TOK_REAL) &&
		p->tok.from == from + 1)
		e = wf_parse_postfix(p, wf_parse_number(p, true));
	else
		e = prefix(p, minus ? WF_OP_NEG : WF_OP_NOT, from, parse_unary(p));
	p->depth--;
	return e;
}

static struct wf_expr *parse_level(struct wf_parser *p, enum level level)
{
	if (level == NOT)
		return parse_not(p);
	if (level == COMPARISON)
		return parse_comparison(p);
	if (level == UNARY)
		return parse_unary(p);
	struct wf_expr *left = parse_level(p, level + 1);
	const struct operator *o;
	while (left && (o = operator_at(p, level))) {
		wf_parser_advance(p);
		struct wf_expr *right = parse_level(p, level + 1);
		left = right ? wf_parser_node_of_two(p, o->kind, o->op, left, right) : NULL;
	}
	return left;
}

static struct wf_expr *parse_choice(struct wf_parser *p, struct wf_expr *test)
{
	struct wf_token question = p->tok;
	wf_parser_advance(p);
	struct wf_expr *yes = wf_parse_expression(p);
	if (!yes)
		return NULL;
	if (!wf_parser_accept(p, WF_TOK_COLON)) {
		if (p->tok.kind == WF_TOK_END)
			return wf_parser_fail(p, question.from, question.to, "`?` has no `:`",
				"a choice is written `condition ? this : that`");
		return wf_parser_unexpected(p, "an operator or `:`");
	}
	struct wf_expr *no = wf_parse_expression(p);
	if (!no)
		return NULL;
	return wf_parser_node(
		p, WF_EXPR_COND, test->from, (struct wf_expr *[]){ test, yes, no }, 3);
}

struct wf_expr *wf_parse_expression(struct wf_parser *p)
{
	if (!enter(p))
		return NULL;
	struct wf_expr *e = parse_level(p, COALESCE);
	if (e && p->tok.kind == WF_TOK_QUESTION)
		e = parse_choice(p, e);
	p->depth--;
	return e;
}

/* -- entries -- */

static struct wf_parser parser_at(struct wf_expr_arena *a, const char *text, uint32_t from,
	uint32_t to, const struct wf_expr_site *site, struct wf_diags *diags)
{
	struct wf_parser p = { .a = a, .text = text, .site = site, .diags = diags,
		.lexer = { text, to, from } };
	wf_parser_advance(&p);
	return p;
}

/* What stands behind a whole expression and cannot. */
static struct wf_expr *left_over(struct wf_parser *p)
{
	if (p->tok.kind == WF_TOK_RPAREN || p->tok.kind == WF_TOK_RBRACKET ||
		p->tok.kind == WF_TOK_RBRACE) {
		char message[64];
		(void)snprintf(message, sizeof(message), "`%c` closes nothing",
			p->text[p->tok.from]);
		return wf_parser_fail(p, p->tok.from, p->tok.to, message, NULL);
	}
	return wf_parser_unexpected(p, "an operator or the end");
}

struct wf_expr *wf_expr_parse(struct wf_expr_arena *a, const char *text, size_t n,
	const struct wf_expr_site *site, struct wf_diags *diags)
{
	size_t wrong;
	if (n > WF_MAX_EXPR_BYTES) {
		(void)wf_diag_add(diags, WF_RULE_LIMIT, site->source, wf_expr_span(site, 0, 0),
			"an expression of %zu bytes; the limit is %d", n, WF_MAX_EXPR_BYTES);
		return NULL;
	}
	if (!wf_utf8_valid(text, n, &wrong)) {
		(void)wf_diag_add(diags, WF_RULE_ENCODING, site->source,
			wf_expr_span(site, (uint32_t)wrong, (uint32_t)wrong + 1),
			"this expression is not UTF-8");
		return NULL;
	}
	struct wf_parser p = parser_at(a, text, 0, (uint32_t)n, site, diags);
	if (p.tok.kind == WF_TOK_END)
		return wf_parser_fail(&p, 0, (uint32_t)n, "the expression is empty", NULL);
	struct wf_expr *e = wf_parse_expression(&p);
	if (e && p.tok.kind != WF_TOK_END)
		e = left_over(&p);
	return e && wf_expr_fits(e, site, diags) ? e : NULL;
}

struct wf_expr *wf_expr_parse_part(struct wf_expr_arena *a, const char *text, uint32_t n,
	uint32_t open, const struct wf_expr_site *site, struct wf_diags *diags, uint32_t *ret_end)
{
	uint32_t end = n - open > WF_MAX_EXPR_BYTES ? open + WF_MAX_EXPR_BYTES : n;
	struct wf_parser p = parser_at(a, text, open, end, site, diags);
	p.cut = end < n;
	bool empty = wf_parser_peek(&p).kind == WF_TOK_RBRACE;
	struct wf_expr *e = NULL;
	if (empty)
		(void)wf_parser_fail(&p, open, wf_parser_peek(&p).to,
			"nothing stands in this `${}`",
			"a literal `${` is written `$${`");
	else
		e = wf_parse_group(&p);
	*ret_end = e ? e->to : p.tok.from > open ? p.tok.from : open + 2;
	return e && wf_expr_fits(e, site, diags) ? e : NULL;
}
