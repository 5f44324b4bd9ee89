/*
 * JSONata's grammar: top-down operator precedence. Every operator has a binding power; what it
 * makes of what stands left of it, or of nothing, is in one table.
 */
#include "query/jsonata.h"

#include "base/err.h"

#define SIGNATURE_MAX 1024 /* bytes of a function's signature */

struct parser {
	struct wf_jn_lexer lexer;
	struct wf_jn_program *program;
	struct wf_jn_token token; /* in hand */
	uint32_t depth;
	uint32_t binds; /* of names, so far: a block without any needs no frame */
};

typedef struct wf_jn_node *prefix_fn(struct parser *p, const struct wf_jn_token *t);
typedef struct wf_jn_node *infix_fn(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left);

struct rule {
	const char *word;
	int power;
	prefix_fn *prefix;
	infix_fn *infix;
	enum wf_jn_op op;
};

static const struct rule *rule_of(const struct wf_jn_token *t);
static struct wf_jn_node *expression(struct parser *p, int power);

static _Noreturn void fail(struct parser *p, const char *code, const struct wf_jn_token *t)
{
	wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, code, t->pos, t->s, t->n);
}

static _Noreturn void too_deep(struct parser *p, size_t pos)
{
	wf_jn_lex_fail(&p->lexer, WF_ELIMIT, "depth", pos, NULL, 0);
}

static struct wf_jn_node *node_new(
	struct parser *p, enum wf_jn_kind kind, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = WF_ARENA_NEW(p->program->arena, struct wf_jn_node);
	n->kind = (uint8_t)kind;
	n->pos = (uint32_t)t->pos;
	n->s = t->s;
	n->n = (uint32_t)t->n;
	n->height = 1;
	return n;
}

static struct wf_jn_node *above(
	struct parser *p, struct wf_jn_node *n, const struct wf_jn_node *child)
{
	if (child->height >= n->height)
		n->height = child->height + 1;
	if (n->height > WF_JN_HEIGHT)
		too_deep(p, n->pos);
	return n;
}

static void add_item(struct parser *p, struct wf_jn_node *n, struct wf_jn_node *item)
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
	above(p, n, item);
}

static bool is(const struct parser *p, const char *word)
{
	return p->token.kind == WF_JN_T_OPERATOR && p->token.n == strlen(word) &&
	       memcmp(p->token.s, word, p->token.n) == 0;
}

static void advance_as(struct parser *p, bool infix)
{
	p->token = wf_jn_next_token(&p->lexer, infix);
	if (p->token.kind == WF_JN_T_OPERATOR && !rule_of(&p->token))
		fail(p, "S0204", &p->token);
}

static void expect_as(struct parser *p, const char *word, bool infix)
{
	if (!is(p, word))
		fail(p, p->token.kind == WF_JN_T_END ? "S0203" : "S0202", &p->token);
	advance_as(p, infix);
}

static void expect(struct parser *p, const char *word)
{
	expect_as(p, word, false);
}

/* -- what begins with a word -- */

static struct wf_jn_node *regex(struct parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = node_new(p, WF_JN_REGEX, t);
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

static struct wf_jn_node *word(struct parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n;
	switch ((int)t->kind) {
	case WF_JN_T_VARIABLE:
		n = node_new(p, WF_JN_VARIABLE, t);
		n->symbol = t->n ? wf_jn_intern(p->program, t->s, t->n) : 0;
		p->binds += t->n == 4 && memcmp(t->s, "eval", 4) == 0;
		return n;
	case WF_JN_T_STRING:
		n = node_new(p, WF_JN_LITERAL, t);
		n->quoted = true;
		n->value = wf_jn_str(t->s, t->n);
		return n;
	case WF_JN_T_NUMBER:
		n = node_new(p, WF_JN_LITERAL, t);
		n->value = wf_jn_num(t->num);
		return n;
	case WF_JN_T_VALUE:
		n = node_new(p, WF_JN_LITERAL, t);
		n->value = t->s[0] == 'n' ? WF_JN_NOTHING : wf_jn_bool(t->s[0] == 't');
		return n;
	case WF_JN_T_REGEX:
		return regex(p, t);
	case WF_JN_T_END:
		return node_new(p, WF_JN_END, t);
	default:
		n = node_new(p, WF_JN_NAME, t);
		n->quoted = t->quoted;
		return n;
	}
}

static struct wf_jn_node *prefix_word(struct parser *p, const struct wf_jn_token *t)
{
	return node_new(p, WF_JN_NAME, t);
}

static struct wf_jn_node *prefix_minus(struct parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = node_new(p, WF_JN_NEGATE, t);
	n->lhs = expression(p, 70);
	return above(p, n, n->lhs);
}

static struct wf_jn_node *prefix_wildcard(struct parser *p, const struct wf_jn_token *t)
{
	return node_new(p, WF_JN_WILDCARD, t);
}

static struct wf_jn_node *prefix_descendant(struct parser *p, const struct wf_jn_token *t)
{
	return node_new(p, WF_JN_DESCENDANT, t);
}

static struct wf_jn_node *prefix_parent(struct parser *p, const struct wf_jn_token *t)
{
	return node_new(p, WF_JN_PARENT, t);
}

static struct wf_jn_node *prefix_block(struct parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = node_new(p, WF_JN_BLOCK, t);
	uint32_t before = p->binds;
	while (!is(p, ")")) {
		add_item(p, n, expression(p, 0));
		if (!is(p, ";"))
			break;
		expect(p, ";");
	}
	expect_as(p, ")", true);
	n->frame = p->binds != before;
	return n;
}

static struct wf_jn_node *prefix_list(struct parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = node_new(p, WF_JN_LIST, t);
	while (!is(p, "]")) {
		struct wf_jn_node *item = expression(p, 0);
		if (is(p, "..")) {
			struct wf_jn_node *range = node_new(p, WF_JN_BINARY, &p->token);
			range->op = WF_JN_RANGE;
			expect(p, "..");
			range->lhs = item;
			range->rhs = expression(p, 0);
			item = above(p, above(p, range, range->lhs), range->rhs);
		}
		add_item(p, n, item);
		if (!is(p, ","))
			break;
		expect(p, ",");
		if (is(p, "]"))
			fail(p, "S0211", &p->token);
	}
	expect_as(p, "]", true);
	return n;
}

static struct wf_jn_node *pairs(struct parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = node_new(p, WF_JN_MAKE, t);
	while (!is(p, "}")) {
		struct wf_jn_node *key = expression(p, 0);
		expect(p, ":");
		add_item(p, n, key);
		add_item(p, n, expression(p, 0));
		if (!is(p, ","))
			break;
		expect(p, ",");
		if (is(p, "}"))
			fail(p, "S0211", &p->token);
	}
	expect_as(p, "}", true);
	return n;
}

static struct wf_jn_node *prefix_transform(struct parser *p, const struct wf_jn_token *t)
{
	struct wf_jn_node *n = node_new(p, WF_JN_TRANSFORM, t);
	n->lhs = expression(p, 0);
	expect(p, "|");
	n->rhs = expression(p, 0);
	if (is(p, ",")) {
		expect(p, ",");
		n->other = expression(p, 0);
		above(p, n, n->other);
	}
	expect(p, "|");
	return above(p, above(p, n, n->lhs), n->rhs);
}

/* -- what stands between two -- */

static struct wf_jn_node *pair_of(struct parser *p, enum wf_jn_kind kind,
	const struct wf_jn_token *t, struct wf_jn_node *left, struct wf_jn_node *right)
{
	struct wf_jn_node *n = node_new(p, kind, t);
	n->lhs = left;
	n->rhs = right;
	return above(p, above(p, n, left), right);
}

static struct wf_jn_node *infix_binary(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	const struct rule *rule = rule_of(t);
	if (!rule)
		fail(p, "S0204", t);
	struct wf_jn_node *n = pair_of(p, WF_JN_BINARY, t, left, expression(p, rule->power));
	n->op = (uint8_t)rule->op;
	return n;
}

static struct wf_jn_node *infix_dot(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_DOT, t, left, expression(p, 75));
}

static struct wf_jn_node *infix_apply(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_APPLY, t, left, expression(p, 40));
}

static struct wf_jn_node *infix_coalesce(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_COALESCE, t, left, expression(p, 0));
}

static struct wf_jn_node *infix_default(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_DEFAULT, t, left, expression(p, 0));
}

static struct wf_jn_node *infix_filter(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	if (!is(p, "]")) {
		struct wf_jn_node *n = pair_of(p, WF_JN_FILTER, t, left, expression(p, 0));
		expect_as(p, "]", true);
		return n;
	}
	struct wf_jn_node *step = left;
	while (step->kind == WF_JN_FILTER)
		step = step->lhs;
	step->keep_array = true;
	expect(p, "]");
	return left;
}

static struct wf_jn_node *infix_group(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return pair_of(p, WF_JN_GROUP, t, left, pairs(p, t));
}

static struct wf_jn_node *infix_order(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	struct wf_jn_node *sort = node_new(p, WF_JN_SORT, t);
	expect(p, "(");
	for (;;) {
		struct wf_jn_node *term = node_new(p, WF_JN_TERM, &p->token);
		if (is(p, "<")) {
			expect(p, "<");
		} else if (is(p, ">")) {
			term->descending = true;
			expect(p, ">");
		}
		term->lhs = expression(p, 0);
		above(p, term, term->lhs);
		add_item(p, sort, term);
		if (!is(p, ","))
			break;
		expect(p, ",");
	}
	expect(p, ")");
	return pair_of(p, WF_JN_ORDER, t, left, sort);
}

static struct wf_jn_node *infix_bind(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	if (left->kind != WF_JN_VARIABLE)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, "S0212", left->pos, left->s, left->n);
	p->binds++;
	return pair_of(p, WF_JN_BIND, t, left, expression(p, 9));
}

static struct wf_jn_node *mark(struct parser *p, const struct wf_jn_token *t,
	struct wf_jn_node *left, enum wf_jn_kind kind)
{
	struct wf_jn_node *name = expression(p, 80);
	if (name->kind != WF_JN_VARIABLE)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, "S0214", name->pos, t->s, t->n);
	return pair_of(p, kind, t, left, name);
}

static struct wf_jn_node *infix_focus(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return mark(p, t, left, WF_JN_FOCUS);
}

static struct wf_jn_node *infix_index(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	return mark(p, t, left, WF_JN_INDEX);
}

static struct wf_jn_node *infix_condition(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	struct wf_jn_node *n = node_new(p, WF_JN_CONDITION, t);
	n->other = left;
	n->lhs = expression(p, 0);
	above(p, above(p, n, left), n->lhs);
	if (is(p, ":")) {
		expect(p, ":");
		n->rhs = expression(p, 0);
		above(p, n, n->rhs);
	}
	return n;
}

/* The signature's tokens, put together again without the space between them. */
static void signature(struct parser *p, struct wf_jn_node *lambda)
{
	size_t pos = p->token.pos, n = 1, depth = 1, offset = 0;
	char text[SIGNATURE_MAX] = "<";
	while (depth > 0 && !is(p, "{") && p->token.kind != WF_JN_T_END) {
		advance_as(p, false);
		if (is(p, ">"))
			depth--;
		else if (is(p, "<"))
			depth++;
		if (p->token.n > sizeof(text) - n)
			wf_jn_lex_fail(&p->lexer, WF_ELIMIT, "bytes", pos, NULL, 0);
		memcpy(text + n, p->token.s, p->token.n);
		n += p->token.n;
	}
	expect(p, ">");
	const char *code =
		wf_jn_signature_parse(p->program->arena, text, n, &lambda->signature, &offset);
	if (code)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, code, pos + offset, text, n);
}

static void lambda(struct parser *p, struct wf_jn_node *n)
{
	for (uint32_t i = 0; i < n->count; i++) {
		const struct wf_jn_node *param = n->items[i];
		if (param->kind != WF_JN_VARIABLE)
			wf_jn_lex_fail(
				&p->lexer, WF_ESYNTAX, "S0208", param->pos, param->s, param->n);
	}
	n->kind = WF_JN_LAMBDA;
	if (is(p, "<"))
		signature(p, n);
	expect(p, "{");
	n->lhs = expression(p, 0);
	above(p, n, n->lhs);
	expect(p, "}");
}

static struct wf_jn_node *infix_call(
	struct parser *p, const struct wf_jn_token *t, struct wf_jn_node *left)
{
	struct wf_jn_node *n = node_new(p, WF_JN_CALL, t);
	n->other = left;
	above(p, n, left);
	while (!is(p, ")")) {
		if (is(p, "?")) {
			n->kind = WF_JN_PARTIAL;
			add_item(p, n, node_new(p, WF_JN_HOLE, &p->token));
			expect(p, "?");
		} else {
			add_item(p, n, expression(p, 0));
		}
		if (!is(p, ","))
			break;
		expect(p, ",");
		if (is(p, ")"))
			fail(p, "S0211", &p->token);
	}
	expect_as(p, ")", true);
	if (left->kind == WF_JN_NAME && !left->quoted &&
		((left->n == 8 && memcmp(left->s, "function", 8) == 0) ||
			(left->n == 2 && memcmp(left->s, "\xce\xbb", 2) == 0)))
		lambda(p, n);
	return n;
}

static const struct rule rules[] = {
	{".", 75, NULL, infix_dot, 0},
	{"[", 80, prefix_list, infix_filter, 0},
	{"]", 0, NULL, NULL, 0},
	{"{", 70, pairs, infix_group, 0},
	{"}", 0, NULL, NULL, 0},
	{"(", 80, prefix_block, infix_call, 0},
	{")", 0, NULL, NULL, 0},
	{",", 0, NULL, NULL, 0},
	{"@", 80, NULL, infix_focus, 0},
	{"#", 80, NULL, infix_index, 0},
	{";", 0, NULL, NULL, 0},
	{":", 0, NULL, NULL, 0},
	{"?", 20, NULL, infix_condition, 0},
	{"+", 50, NULL, infix_binary, WF_JN_ADD},
	{"-", 50, prefix_minus, infix_binary, WF_JN_SUB},
	{"*", 60, prefix_wildcard, infix_binary, WF_JN_MUL},
	{"/", 60, NULL, infix_binary, WF_JN_DIV},
	{"%", 60, prefix_parent, infix_binary, WF_JN_MOD},
	{"|", 0, prefix_transform, NULL, 0},
	{"=", 40, NULL, infix_binary, WF_JN_EQ},
	{"<", 40, NULL, infix_binary, WF_JN_LT},
	{">", 40, NULL, infix_binary, WF_JN_GT},
	{"^", 40, NULL, infix_order, 0},
	{"**", 0, prefix_descendant, NULL, 0},
	{"..", 0, NULL, NULL, 0},
	{":=", 10, NULL, infix_bind, 0},
	{"!=", 40, NULL, infix_binary, WF_JN_NE},
	{"<=", 40, NULL, infix_binary, WF_JN_LE},
	{">=", 40, NULL, infix_binary, WF_JN_GE},
	{"~>", 40, NULL, infix_apply, 0},
	{"?:", 40, NULL, infix_default, 0},
	{"??", 40, NULL, infix_coalesce, 0},
	{"and", 30, prefix_word, infix_binary, WF_JN_AND},
	{"or", 25, prefix_word, infix_binary, WF_JN_OR},
	{"in", 40, prefix_word, infix_binary, WF_JN_IN},
	{"&", 50, NULL, infix_binary, WF_JN_CONCAT},
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

static const struct rule *rule_of(const struct wf_jn_token *t)
{
	if (t->kind != WF_JN_T_OPERATOR)
		return NULL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (strlen(rules[i].word) == t->n && memcmp(rules[i].word, t->s, t->n) == 0)
			return &rules[i];
	return NULL;
}

static struct wf_jn_node *expression(struct parser *p, int power)
{
	struct wf_jn_token t = p->token;
	if (++p->depth > WF_JN_NEST)
		too_deep(p, t.pos);
	if (t.kind != WF_JN_T_END)
		advance_as(p, true);
	const struct rule *rule = rule_of(&t);
	if (rule && !rule->prefix)
		fail(p, "S0211", &t);
	struct wf_jn_node *left = rule ? rule->prefix(p, &t) : word(p, &t);
	for (;;) {
		t = p->token;
		rule = rule_of(&t);
		if (!rule || !rule->infix || rule->power <= power)
			break;
		advance_as(p, false);
		left = rule->infix(p, &t, left);
	}
	p->depth--;
	return left;
}

int wf_jn_parse(struct wf_jn_program *program, const char *text, size_t n, struct wf_jn_node **ret,
	struct wf_jn_error *error)
{
	jmp_buf fail_at;
	struct parser *p = WF_ARENA_NEW(program->arena, struct parser);
	*p = (struct parser){.lexer = {.text = text,
				     .n = n,
				     .arena = program->arena,
				     .error = error,
				     .fail = &fail_at},
		.program = program};
	if (setjmp(fail_at))
		return error->err;
	advance_as(p, false);
	struct wf_jn_node *node = expression(p, 0);
	if (p->token.kind != WF_JN_T_END)
		fail(p, "S0201", &p->token);
	node = wf_jn_tree(program, &p->lexer, node);
	if (node->kind == WF_JN_PARENT || node->seeking.count)
		wf_jn_lex_fail(&p->lexer, WF_ESYNTAX, "S0217", node->pos, NULL, 0);
	*ret = node;
	return 0;
}
