/* JSONata's grammar: what begins with a word or an operator that has nothing on its left. */
#include "query/jsonata.h"
#include "query/jsonata_parser.h"

#include "base/err.h"

/* -- words -- */

static struct wf_jn_node *regex(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_REGEX, t);
	struct wf_regex *re;
	struct wf_cause cause;
	int err = wf_regex_new_with(t->s, t->n, WF_REGEX_ECMA, t->flags, &re, &cause);
	if (err < 0)
		wf_jn_lex_fail(&p->lexer, err == WF_ELIMIT ? err : WF_ESYNTAX, "S0303", t->pos,
			t->s, t->n);
	struct wf_jn_compiled *c = WF_ARENA_NEW(p->program->arena, struct wf_jn_compiled);
	c->regex = re;
	c->next = p->program->regexes;
	p->program->regexes = c;
	n->function = WF_ARENA_NEW(p->program->arena, struct wf_jn_function);
	n->function->kind = WF_JN_F_REGEX;
	n->function->arity = 2;
	n->function->regex = re;
	return n;
}

struct wf_jn_node *wf_jn_parse_word(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n;
	switch ((int)t->kind) {
	case WF_JN_T_VARIABLE:
		n = wf_jn_parse_node(p, WF_JN_VARIABLE, t);
		n->symbol = t->n ? wf_jn_intern(p->program, t->s, t->n) : 0;
		p->binds += t->n == 4 && memcmp(t->s, "eval", 4) == 0;
		return n;
	case WF_JN_T_STRING:
		n = wf_jn_parse_node(p, WF_JN_LITERAL, t);
		n->quoted = true;
		n->value = wf_jn_str(t->s, t->n);
		return n;
	case WF_JN_T_NUMBER:
		n = wf_jn_parse_node(p, WF_JN_LITERAL, t);
		n->value = wf_jn_num(t->num);
		return n;
	case WF_JN_T_VALUE:
		n = wf_jn_parse_node(p, WF_JN_LITERAL, t);
		n->value = t->s[0] == 'n' ? WF_JN_NOTHING : wf_jn_bool(t->s[0] == 't');
		return n;
	case WF_JN_T_REGEX:
		return regex(p, t);
	case WF_JN_T_END:
		return wf_jn_parse_node(p, WF_JN_END, t);
	default:
		n = wf_jn_parse_node(p, WF_JN_NAME, t);
		n->quoted = t->quoted;
		return n;
	}
}

struct wf_jn_node *wf_jn_prefix_name(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	return wf_jn_parse_node(p, WF_JN_NAME, t);
}

/* -- operators -- */

struct wf_jn_node *wf_jn_prefix_minus(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_NEGATE, t);
	n->lhs = wf_jn_parse_expression(p, 70);
	return wf_jn_parse_above(p, n, n->lhs);
}

struct wf_jn_node *wf_jn_prefix_wildcard(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	return wf_jn_parse_node(p, WF_JN_WILDCARD, t);
}

struct wf_jn_node *wf_jn_prefix_descendant(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	return wf_jn_parse_node(p, WF_JN_DESCENDANT, t);
}

struct wf_jn_node *wf_jn_prefix_parent(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	return wf_jn_parse_node(p, WF_JN_PARENT, t);
}

/* -- brackets -- */

struct wf_jn_node *wf_jn_prefix_block(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_BLOCK, t);
	uint32_t before = p->binds;
	while (!wf_jn_parse_is(p, ")")) {
		wf_jn_parse_add(p, n, wf_jn_parse_expression(p, 0));
		if (!wf_jn_parse_is(p, ";"))
			break;
		wf_jn_parse_expect(p, ";");
	}
	wf_jn_parse_expect_as(p, ")", true);
	n->frame = p->binds != before;
	return n;
}

struct wf_jn_node *wf_jn_prefix_list(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_LIST, t);
	while (!wf_jn_parse_is(p, "]")) {
		struct wf_jn_node *item = wf_jn_parse_expression(p, 0);
		if (wf_jn_parse_is(p, "..")) {
			struct wf_jn_node *range = wf_jn_parse_node(p, WF_JN_BINARY, &p->token);
			range->op = WF_JN_RANGE;
			wf_jn_parse_expect(p, "..");
			range->lhs = item;
			range->rhs = wf_jn_parse_expression(p, 0);
			wf_jn_parse_above(p, range, range->lhs);
			item = wf_jn_parse_above(p, range, range->rhs);
		}
		wf_jn_parse_add(p, n, item);
		if (!wf_jn_parse_is(p, ","))
			break;
		wf_jn_parse_expect(p, ",");
		if (wf_jn_parse_is(p, "]"))
			wf_jn_parse_fail(p, "S0211", &p->token);
	}
	wf_jn_parse_expect_as(p, "]", true);
	return n;
}

struct wf_jn_node *wf_jn_prefix_pairs(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_MAKE, t);
	while (!wf_jn_parse_is(p, "}")) {
		struct wf_jn_node *key = wf_jn_parse_expression(p, 0);
		wf_jn_parse_expect(p, ":");
		wf_jn_parse_add(p, n, key);
		wf_jn_parse_add(p, n, wf_jn_parse_expression(p, 0));
		if (!wf_jn_parse_is(p, ","))
			break;
		wf_jn_parse_expect(p, ",");
		if (wf_jn_parse_is(p, "}"))
			wf_jn_parse_fail(p, "S0211", &p->token);
	}
	wf_jn_parse_expect_as(p, "}", true);
	return n;
}

struct wf_jn_node *wf_jn_prefix_transform(struct wf_jn_parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = wf_jn_parse_node(p, WF_JN_TRANSFORM, t);
	n->lhs = wf_jn_parse_expression(p, 0);
	wf_jn_parse_expect(p, "|");
	n->rhs = wf_jn_parse_expression(p, 0);
	if (wf_jn_parse_is(p, ",")) {
		wf_jn_parse_expect(p, ",");
		n->other = wf_jn_parse_expression(p, 0);
		wf_jn_parse_above(p, n, n->other);
	}
	wf_jn_parse_expect(p, "|");
	return wf_jn_parse_above(p, wf_jn_parse_above(p, n, n->lhs), n->rhs);
}
