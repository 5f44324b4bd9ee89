/*
 * JSONata's grammar: top-down operator precedence. Every operator has a binding power; what it
 * makes of what stands left of it, or of nothing, is in one table.
 */
#include "query/jsonata_parser.h"

#include "base/err.h"

#include <string.h>

static const struct wf_jn_rule rules[] = {
	{".", 75, NULL, wf_jn_infix_dot, 0},
	{"[", 80, wf_jn_prefix_list, wf_jn_infix_filter, 0},
	{"]", 0, NULL, NULL, 0},
	{"{", 70, wf_jn_prefix_pairs, wf_jn_infix_group, 0},
	{"}", 0, NULL, NULL, 0},
	{"(", 80, wf_jn_prefix_block, wf_jn_infix_call, 0},
	{")", 0, NULL, NULL, 0},
	{",", 0, NULL, NULL, 0},
	{"@", 80, NULL, wf_jn_infix_focus, 0},
	{"#", 80, NULL, wf_jn_infix_index, 0},
	{";", 0, NULL, NULL, 0},
	{":", 0, NULL, NULL, 0},
	{"?", 20, NULL, wf_jn_infix_condition, 0},
	{"+", 50, NULL, wf_jn_infix_binary, WF_JN_ADD},
	{"-", 50, wf_jn_prefix_minus, wf_jn_infix_binary, WF_JN_SUB},
	{"*", 60, wf_jn_prefix_wildcard, wf_jn_infix_binary, WF_JN_MUL},
	{"/", 60, NULL, wf_jn_infix_binary, WF_JN_DIV},
	{"%", 60, wf_jn_prefix_parent, wf_jn_infix_binary, WF_JN_MOD},
	{"|", 0, wf_jn_prefix_transform, NULL, 0},
	{"=", 40, NULL, wf_jn_infix_binary, WF_JN_EQ},
	{"<", 40, NULL, wf_jn_infix_binary, WF_JN_LT},
	{">", 40, NULL, wf_jn_infix_binary, WF_JN_GT},
	{"^", 40, NULL, wf_jn_infix_order, 0},
	{"**", 0, wf_jn_prefix_descendant, NULL, 0},
	{"..", 0, NULL, NULL, 0},
	{":=", 10, NULL, wf_jn_infix_bind, 0},
	{"!=", 40, NULL, wf_jn_infix_binary, WF_JN_NE},
	{"<=", 40, NULL, wf_jn_infix_binary, WF_JN_LE},
	{">=", 40, NULL, wf_jn_infix_binary, WF_JN_GE},
	{"~>", 40, NULL, wf_jn_infix_apply, 0},
	{"?:", 40, NULL, wf_jn_infix_default, 0},
	{"??", 40, NULL, wf_jn_infix_coalesce, 0},
	{"and", 30, wf_jn_prefix_name, wf_jn_infix_binary, WF_JN_AND},
	{"or", 25, wf_jn_prefix_name, wf_jn_infix_binary, WF_JN_OR},
	{"in", 40, wf_jn_prefix_name, wf_jn_infix_binary, WF_JN_IN},
	{"&", 50, NULL, wf_jn_infix_binary, WF_JN_CONCAT},
};

const char *const wf_jn_op_names[WF_JN_OP_COUNT_] = {
	[WF_JN_ADD] = "+",
	[WF_JN_SUB] = "-",
	[WF_JN_MUL] = "*",
	[WF_JN_DIV] = "/",
	[WF_JN_MOD] = "%",
	[WF_JN_EQ] = "=",
	[WF_JN_NE] = "!=",
	[WF_JN_LT] = "<",
	[WF_JN_LE] = "<=",
	[WF_JN_GT] = ">",
	[WF_JN_GE] = ">=",
	[WF_JN_CONCAT] = "&",
	[WF_JN_IN] = "in",
	[WF_JN_AND] = "and",
	[WF_JN_OR] = "or",
	[WF_JN_RANGE] = "..",
};

const struct wf_jn_rule *wf_jn_parse_rule(const struct wf_jn_token *t)
{
	if (t->kind != WF_JN_T_OPERATOR)
		return NULL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (strlen(rules[i].word) == t->n && memcmp(rules[i].word, t->s, t->n) == 0)
			return &rules[i];
	return NULL;
}

/* -- for the rules -- */

_Noreturn void wf_jn_parse_fail(
	struct wf_jn_parser *p, const char *code, const struct wf_jn_token *t)
{
	wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, code, t->pos, t->s, t->n);
}

static _Noreturn void too_deep(struct wf_jn_parser *p, size_t pos)
{
	wf_jn_lex_fail(&p->lexer, WF_ELIMIT, "depth", pos, NULL, 0);
}

struct wf_jn_node *wf_jn_parse_node(
	struct wf_jn_parser *p, enum wf_jn_kind kind, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = WF_ARENA_NEW(p->program->arena, struct wf_jn_node);
	n->kind = (uint8_t)kind;
	n->pos = (uint32_t)t->pos;
	n->s = t->s;
	n->n = (uint32_t)t->n;
	n->height = 1;
	return n;
}

struct wf_jn_node *wf_jn_parse_above(
	struct wf_jn_parser *p, struct wf_jn_node *n, const struct wf_jn_node *child)
{
	if (child->height >= n->height)
		n->height = child->height + 1;
	if (n->height > WF_JN_HEIGHT)
		too_deep(p, n->pos);
	return n;
}

void wf_jn_parse_add(struct wf_jn_parser *p, struct wf_jn_node *n, struct wf_jn_node *item)
{
	uint32_t room = n->count < 4 ? 4 : n->count;
	if (n->count == 0 || (n->count >= 4 && (n->count & (n->count - 1)) == 0)) {
		struct wf_jn_node **items = WF_ARENA_ARRAY(
			p->program->arena, struct wf_jn_node *, n->count ? room * 2 : 4);
		if (n->count)
			memcpy(items, n->items, n->count * sizeof(*items));
		n->items = items;
	}
	n->items[n->count++] = item;
	wf_jn_parse_above(p, n, item);
}

bool wf_jn_parse_is(const struct wf_jn_parser *p, const char *wf_jn_parse_word)
{
	return p->token.kind == WF_JN_T_OPERATOR && p->token.n == strlen(wf_jn_parse_word) &&
	       memcmp(p->token.s, wf_jn_parse_word, p->token.n) == 0;
}

void wf_jn_parse_advance(struct wf_jn_parser *p, bool infix)
{
	p->token = wf_jn_next_token(&p->lexer, infix);
	if (p->token.kind == WF_JN_T_OPERATOR && !wf_jn_parse_rule(&p->token))
		wf_jn_parse_fail(p, "S0204", &p->token);
}

void wf_jn_parse_expect_as(struct wf_jn_parser *p, const char *wf_jn_parse_word, bool infix)
{
	if (!wf_jn_parse_is(p, wf_jn_parse_word))
		wf_jn_parse_fail(p, p->token.kind == WF_JN_T_END ? "S0203" : "S0202", &p->token);
	wf_jn_parse_advance(p, infix);
}

void wf_jn_parse_expect(struct wf_jn_parser *p, const char *wf_jn_parse_word)
{
	wf_jn_parse_expect_as(p, wf_jn_parse_word, false);
}

/* -- the parser -- */

struct wf_jn_node *wf_jn_parse_expression(struct wf_jn_parser *p, int power)
{
	struct wf_jn_token t = p->token;
	if (++p->depth > WF_JN_NEST)
		too_deep(p, t.pos);
	if (t.kind != WF_JN_T_END)
		wf_jn_parse_advance(p, true);
	const struct wf_jn_rule *rule = wf_jn_parse_rule(&t);
	if (rule && !rule->prefix)
		wf_jn_parse_fail(p, "S0211", &t);
	struct wf_jn_node *left = rule ? rule->prefix(p, &t) : wf_jn_parse_word(p, &t);
	for (;;) {
		t = p->token;
		rule = wf_jn_parse_rule(&t);
		if (!rule || !rule->infix || rule->power <= power)
			break;
		wf_jn_parse_advance(p, false);
		left = rule->infix(p, &t, left);
	}
	p->depth--;
	return left;
}

int wf_jn_parse(struct wf_jn_program *program, const char *text, size_t n, struct wf_jn_node **ret,
	struct wf_jn_error *error)
{
	jmp_buf fail_at;
	struct wf_jn_parser *p = WF_ARENA_NEW(program->arena, struct wf_jn_parser);
	*p = (struct wf_jn_parser){.lexer = {.text = text,
				     .n = n,
				     .arena = program->arena,
				     .error = error,
				     .fail = &fail_at},
		.program = program};
	if (setjmp(fail_at))
		return error->err;
	wf_jn_parse_advance(p, false);
	struct wf_jn_node *node = wf_jn_parse_expression(p, 0);
	if (p->token.kind != WF_JN_T_END)
		wf_jn_parse_fail(p, "S0201", &p->token);
	node = wf_jn_tree(program, &p->lexer, node);
	if (node->kind == WF_JN_PARENT || node->seeking.count)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, "S0217", node->pos, NULL, 0);
	*ret = node;
	return 0;
}
