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
#include "base/text.h"
#include "expr/internal.h"

#include <stdio.h>
#include <string.h>

struct parser {
	struct wf_expr_arena *a;
	const char *text;
	const struct wf_expr_site *site;
	struct wf_diags *diags;
	struct wf_lexer lexer;
	struct wf_token tok;
	uint32_t last_to;   /* end of the token before */
	unsigned depth;
	bool cut;           /* the text goes on behind what may be one expression */
	bool failed;
};

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

static struct wf_expr *parse_expression(struct parser *p);
static struct wf_expr *parse_unary(struct parser *p);

/* -- findings -- */

static struct wf_diag *found(struct parser *p, enum wf_rule rule, uint32_t from, uint32_t to,
	const char *message)
{
	p->failed = true;
	if (p->diags->full)
		from = to = 0; /* nobody sees where; finding it out is what costs */
	return wf_diag_add(p->diags, rule, p->site->source, wf_expr_span(p->site, from, to), "%s",
		message);
}

static struct wf_expr *fail(struct parser *p, uint32_t from, uint32_t to, const char *message,
	const char *hint)
{
	if (p->failed)
		return NULL;
	if (p->cut && p->lexer.at == p->lexer.len) {
		(void)found(p, WF_RULE_LIMIT, from, from, "an expression over 65536 bytes");
		return NULL;
	}
	struct wf_diag *d = found(p, WF_RULE_EXPR_SYNTAX, from, to, message);
	if (hint)
		wf_diag_hint(d, "%s", hint);
	return NULL;
}

static bool is_word(const struct parser *p, const struct wf_token *t, const char *word)
{
	size_t n = strlen(word);
	return t->kind == WF_TOK_NAME && t->to - t->from == n &&
		memcmp(p->text + t->from, word, n) == 0;
}

/* What was likely meant by a word of another language; NULL when nothing comes to mind. */
static const char *word_hint(const struct parser *p)
{
	static const struct {
		const char *word, *hint;
	} words[] = {
		{ "AND", "the operator is written `and` or `&&`" },
		{ "OR", "the operator is written `or` or `||`" },
		{ "NOT", "the operator is written `not` or `!`" },
		{ "IN", "the operator is written `in`" },
		{ "is", "the operator is written `==`" },
		{ "eq", "the operator is written `==`" },
		{ "ne", "the operator is written `!=`" },
		{ "if", "a choice is written `condition ? this : that`" },
		{ "contains", "write contains(whole, part), or `part in whole`" },
		{ "matches", "write matches(text, pattern)" },
		{ "like", "write matches(text, pattern)" },
		{ "div", "the operator is written `/`" },
		{ "mod", "the operator is written `%`" },
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(p, &p->tok, words[i].word))
			return words[i].hint;
	return NULL;
}

/* The token at hand cannot stand here. */
static struct wf_expr *unexpected(struct parser *p, const char *expected)
{
	const struct wf_token *t = &p->tok;
	if (t->kind == WF_TOK_BAD)
		return fail(p, t->from, t->to, t->message, t->hint);
	char message[256];
	if (t->kind == WF_TOK_END) {
		(void)snprintf(message, sizeof(message), "expected %s, found the end", expected);
		return fail(p, t->from, t->to, message, NULL);
	}
	uint32_t n = t->to - t->from, shown = n > 40 ? 40 : n;
	while (shown < n && shown > 0 && ((unsigned char)p->text[t->from + shown] & 0xc0) == 0x80)
		shown--;
	(void)snprintf(message, sizeof(message), "expected %s, found `%.*s%s`", expected, (int)shown,
		p->text + t->from, shown < n ? "\xe2\x80\xa6" : "");
	return fail(p, t->from, t->to, message, word_hint(p));
}

static bool too_deep(struct parser *p, uint32_t from, uint32_t to)
{
	if (p->failed)
		return true;
	char message[128];
	(void)snprintf(message, sizeof(message), "this expression is nested deeper than %d levels",
		WF_MAX_EXPR_DEPTH);
	wf_diag_hint(found(p, WF_RULE_LIMIT, from, to, message),
		"compute a part of it in a data.set step before");
	return true;
}

/* -- tokens -- */

static void advance(struct parser *p)
{
	p->last_to = p->tok.to;
	p->tok = wf_lex(&p->lexer);
}

static struct wf_token peek(const struct parser *p)
{
	struct wf_lexer ahead = p->lexer;
	return wf_lex(&ahead);
}

static bool accept(struct parser *p, enum wf_token_kind kind)
{
	if (p->tok.kind != kind)
		return false;
	advance(p);
	return true;
}

static const char *token_text(struct parser *p, const struct wf_token *t)
{
	return wf_arena_strndup(p->a->base, p->text + t->from, t->to - t->from);
}

/* The bracket that was opened at `open` must be closed now. */
static bool close_bracket(struct parser *p, enum wf_token_kind kind, const struct wf_token *open,
	const char *expected)
{
	if (accept(p, kind))
		return true;
	if (p->tok.kind != WF_TOK_END) {
		(void)unexpected(p, expected);
		return false;
	}
	char message[64];
	(void)snprintf(message, sizeof(message), "`%.*s` is not closed",
		(int)(open->to - open->from), p->text + open->from);
	(void)fail(p, open->from, open->to, message, kind == WF_TOK_RBRACE
		? "close it with `}`" : kind == WF_TOK_RPAREN ? "close it with `)`"
		: "close it with `]`");
	return false;
}

/* -- nodes -- */

static struct wf_expr *checked(struct parser *p, struct wf_expr *e)
{
	if (e->height > WF_MAX_EXPR_DEPTH && too_deep(p, e->from, e->to))
		return NULL;
	return e;
}

static struct wf_expr *node_of(struct parser *p, enum wf_expr_kind kind, uint32_t from,
	struct wf_expr *const *args, uint32_t count)
{
	struct wf_expr *e = wf_expr_node(p->a, kind, from, p->last_to);
	wf_expr_set_args(p->a, e, args, count);
	return checked(p, e);
}

static struct wf_expr *node_of_two(struct parser *p, enum wf_expr_kind kind, enum wf_opcode op,
	struct wf_expr *a, struct wf_expr *b)
{
	struct wf_expr *e = node_of(p, kind, a->from, (struct wf_expr *[]){ a, b }, 2);
	if (e)
		e->op = op;
	return e;
}

/* -- primaries -- */

static struct wf_expr *parse_number(struct parser *p, bool negative)
{
	struct wf_token t = p->tok;
	uint32_t from = negative ? p->tok.from - 1 : p->tok.from;
	WF_AUTOFREE char *digits = wf_asprintf("%s%.*s", negative ? "-" : "", (int)(t.to - t.from),
		p->text + t.from);
	json_t *value = json_loadb(digits, strlen(digits), JSON_DECODE_ANY, NULL);
	if (!value) {
		wf_diag_hint(found(p, WF_RULE_NUMBER_RANGE, t.from, t.to,
			t.kind == WF_TOK_INT ? "an integer beyond 64 bits"
			: "a number too large to be kept"),
			"the largest integer is 9223372036854775807");
		return NULL;
	}
	advance(p);
	return wf_expr_literal(p->a, value, from, t.to);
}

static struct wf_expr *parse_string(struct parser *p)
{
	struct wf_token t = p->tok;
	advance(p);
	return wf_expr_literal(p->a, json_string(wf_lex_string(p->a->base, p->text, &t)), t.from,
		t.to);
}

static bool parse_list_of(struct parser *p, enum wf_token_kind end, const struct wf_token *open,
	struct list *list)
{
	const char *expected = end == WF_TOK_RPAREN ? "`,` or `)`" : "`,` or `]`";
	if (accept(p, end))
		return true;
	do {
		struct wf_expr *e = parse_expression(p);
		if (!e)
			return false;
		WF_GROW(list->items, list->count, list->room);
		list->items[list->count++] = e;
	} while (accept(p, WF_TOK_COMMA));
	return close_bracket(p, end, open, expected);
}

static struct wf_expr *parse_list_literal(struct parser *p)
{
	AUTOLIST struct list list = { 0 };
	struct wf_token open = p->tok;
	advance(p);
	if (!parse_list_of(p, WF_TOK_RBRACKET, &open, &list))
		return NULL;
	return node_of(p, WF_EXPR_LIST, open.from, list.items, (uint32_t)list.count);
}

static struct wf_expr *parse_key(struct parser *p, json_t *keys)
{
	struct wf_token t = p->tok;
	if (t.kind != WF_TOK_NAME && t.kind != WF_TOK_STRING) {
		struct wf_token next = peek(p);
		if (t.kind == WF_TOK_LBRACE && next.kind == WF_TOK_NAME)
			return fail(p, t.from, t.to, "expected a key, found `{`",
				"a path is written `user.id` or `${user.id}`, not in double braces");
		return unexpected(p, "a key (a name or a string)");
	}
	struct wf_expr *key;
	if (t.kind == WF_TOK_STRING) {
		key = parse_string(p);
	} else {
		key = wf_expr_literal(p->a, json_string(token_text(p, &t)), t.from, t.to);
		advance(p);
	}
	if (json_object_get(keys, wf_expr_string(key))) {
		WF_AUTOFREE char *message = wf_asprintf("the key `%s` stands twice in this map",
			wf_expr_string(key));
		(void)found(p, WF_RULE_DUPLICATE_KEY, t.from, t.to, message);
		return NULL;
	}
	(void)json_object_set_new(keys, wf_expr_string(key), json_true());
	return key;
}

static bool parse_pair(struct parser *p, json_t *keys, struct list *list)
{
	struct wf_expr *pair[2] = { parse_key(p, keys) };
	if (!pair[0])
		return false;
	if (!accept(p, WF_TOK_COLON)) {
		(void)unexpected(p, "`:` behind the key");
		return false;
	}
	pair[1] = parse_expression(p);
	for (int i = 0; i < 2 && pair[1]; i++) {
		WF_GROW(list->items, list->count, list->room);
		list->items[list->count++] = pair[i];
	}
	return pair[1] != NULL;
}

static struct wf_expr *parse_map_literal(struct parser *p)
{
	AUTOLIST struct list list = { 0 };
	json_auto_t *keys = json_object();
	struct wf_token open = p->tok;
	advance(p);
	if (!accept(p, WF_TOK_RBRACE)) {
		do {
			if (!parse_pair(p, keys, &list))
				return NULL;
		} while (accept(p, WF_TOK_COMMA));
		if (!close_bracket(p, WF_TOK_RBRACE, &open, "`,` or `}`"))
			return NULL;
	}
	return node_of(p, WF_EXPR_MAP, open.from, list.items, (uint32_t)list.count);
}

static struct wf_expr *parse_group(struct parser *p)
{
	struct wf_token open = p->tok;
	bool dollar = open.kind == WF_TOK_OPEN;
	advance(p);
	struct wf_expr *e = parse_expression(p);
	if (!e || !close_bracket(p, dollar ? WF_TOK_RBRACE : WF_TOK_RPAREN, &open,
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
static struct wf_expr *make_call(struct parser *p, const struct wf_token *name, uint32_t from,
	const struct list *list)
{
	const char *text = token_text(p, name);
	enum wf_each each = find_each(text);
	enum wf_expr_kind kind = WF_EXPR_CALL;
	if (strcmp(text, "has") == 0 && list->count == 1) {
		kind = WF_EXPR_HAS;
		if (!is_path(list->items[0]))
			return fail(p, list->items[0]->from, list->items[0]->to,
				"has() asks for a path", "such as has(user.email)");
	} else if (each != WF_EACH_COUNT_ && list->count == 2) {
		kind = WF_EXPR_EACH;
	}
	struct wf_expr *e = node_of(p, kind, from, list->items, (uint32_t)list->count);
	if (!e)
		return NULL;
	e->name = text;
	e->name_from = name->from;
	e->name_to = name->to;
	e->each = each;
	e->function = kind == WF_EXPR_CALL ? wf_function_find(text) : WF_FN_COUNT_;
	return e;
}

static struct wf_expr *parse_call(struct parser *p)
{
	AUTOLIST struct list list = { 0 };
	struct wf_token name = p->tok;
	advance(p);
	struct wf_token open = p->tok;
	advance(p);
	if (!parse_list_of(p, WF_TOK_RPAREN, &open, &list))
		return NULL;
	return make_call(p, &name, name.from, &list);
}

static void add_segment(struct parser *p, struct wf_expr *path, const char *name, uint32_t from,
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

static struct wf_expr *parse_name(struct parser *p)
{
	static const char *const words[] = { "and", "or", "not", "in" };
	struct wf_token t = p->tok;
	bool yes = is_word(p, &t, "true");
	if (yes || is_word(p, &t, "false") || is_word(p, &t, "null")) {
		json_t *value = yes ? json_true() : is_word(p, &t, "null") ? json_null()
			: json_false();
		advance(p);
		return wf_expr_literal(p->a, value, t.from, t.to);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(p, &t, words[i]))
			return unexpected(p, "a value");
	if (peek(p).kind == WF_TOK_LPAREN)
		return parse_call(p);
	advance(p);
	struct wf_expr *path = wf_expr_node(p->a, WF_EXPR_PATH, t.from, t.to);
	add_segment(p, path, token_text(p, &t), t.from, t.to);
	return path;
}

static struct wf_expr *parse_primary(struct parser *p)
{
	static struct wf_expr *(*const parsers[])(struct parser *) = {
		[WF_TOK_STRING] = parse_string, [WF_TOK_NAME] = parse_name,
		[WF_TOK_LBRACKET] = parse_list_literal, [WF_TOK_LBRACE] = parse_map_literal,
		[WF_TOK_LPAREN] = parse_group, [WF_TOK_OPEN] = parse_group,
		[WF_TOK_PERCENT] = NULL,
	};
	if (p->tok.kind == WF_TOK_INT || p->tok.kind == WF_TOK_REAL)
		return parse_number(p, false);
	if (parsers[p->tok.kind])
		return parsers[p->tok.kind](p);
	if (p->tok.kind == WF_TOK_DOT && peek(p).kind == WF_TOK_INT)
		return fail(p, p->tok.from, p->tok.to, "a number does not begin with a point",
			"write 0 before it");
	return unexpected(p, "a value");
}

/* -- postfix -- */

/* `e` with a member of that name: one more part of a path, or a MEMBER of anything else. */
static struct wf_expr *member_of(struct parser *p, struct wf_expr *e, const char *name,
	uint32_t from, uint32_t to)
{
	if (e->kind == WF_EXPR_PATH) {
		add_segment(p, e, name, from, to);
		e->to = p->last_to;
		e->group = 0;
		return e;
	}
	struct wf_expr *member = node_of(p, WF_EXPR_MEMBER, e->from, &e, 1);
	if (!member)
		return NULL;
	member->name = name;
	member->name_from = from;
	member->name_to = to;
	return member;
}

static struct wf_expr *parse_method(struct parser *p, struct wf_expr *e)
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
		return fail(p, name.from, name.to, "only get() is called with a dot", hint);
	}
	advance(p);
	struct wf_token open = p->tok;
	advance(p);
	WF_GROW(list.items, list.count, list.room);
	list.items[list.count++] = e;
	if (!parse_list_of(p, WF_TOK_RPAREN, &open, &list))
		return NULL;
	return make_call(p, &name, e->from, &list);
}

static struct wf_expr *parse_dot(struct parser *p, struct wf_expr *e)
{
	advance(p);
	struct wf_token t = p->tok;
	if (t.kind == WF_TOK_INT)
		return fail(p, t.from, t.to, "expected a name behind the dot, found a number",
			"an element of a list is taken with [0]");
	if (t.kind != WF_TOK_NAME)
		return unexpected(p, "a name behind the dot");
	if (peek(p).kind == WF_TOK_LPAREN)
		return parse_method(p, e);
	advance(p);
	return member_of(p, e, token_text(p, &t), t.from, t.to);
}

static struct wf_expr *parse_index(struct parser *p, struct wf_expr *e)
{
	struct wf_token open = p->tok;
	advance(p);
	if (p->tok.kind == WF_TOK_RBRACKET)
		return unexpected(p, "an index or a key");
	struct wf_expr *index = parse_expression(p);
	if (!index || !close_bracket(p, WF_TOK_RBRACKET, &open, "an operator or `]`"))
		return NULL;
	const char *key = wf_expr_string(index);
	if (key)
		return member_of(p, e, key, index->from, index->to);
	return node_of(p, WF_EXPR_INDEX, e->from, (struct wf_expr *[]){ e, index }, 2);
}

static struct wf_expr *parse_postfix(struct parser *p, struct wf_expr *e)
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

static const struct operator *operator_at(const struct parser *p, enum level level)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const struct operator *o = &operators[i];
		if (o->level != level)
			continue;
		if (o->word && is_word(p, &p->tok, o->word))
			return o;
		if (p->tok.kind == o->token && o->token != WF_TOK_BAD)
			return o;
	}
	return NULL;
}

static bool at_not(const struct parser *p)
{
	return p->tok.kind == WF_TOK_NOT || is_word(p, &p->tok, "not");
}

static bool enter(struct parser *p)
{
	if (++p->depth <= WF_MAX_EXPR_DEPTH)
		return true;
	(void)too_deep(p, p->tok.from, p->tok.to);
	return false;
}

static struct wf_expr *prefix(struct parser *p, enum wf_opcode op, uint32_t from,
	struct wf_expr *operand)
{
	struct wf_expr *e = operand ? node_of(p, WF_EXPR_UNARY, from, &operand, 1) : NULL;
	if (e)
		e->op = op;
	return e;
}

static struct wf_expr *parse_level(struct parser *p, enum level level);

static struct wf_expr *parse_not(struct parser *p)
{
	if (!at_not(p))
		return parse_level(p, COMPARISON);
	if (!enter(p))
		return NULL;
	uint32_t from = p->tok.from;
	advance(p);
	struct wf_expr *e = prefix(p, WF_OP_NOT, from, parse_not(p));
	p->depth--;
	return e;
}

/* `not in` is `in`, denied as a whole. */
static bool accept_not_in(struct parser *p)
{
	if (!is_word(p, &p->tok, "not"))
		return false;
	struct wf_token next = peek(p);
	if (!is_word(p, &next, "in"))
		return false;
	advance(p);
	return true;
}

static struct wf_expr *parse_comparison(struct parser *p)
{
	struct wf_expr *left = parse_level(p, SUM);
	if (!left)
		return NULL;
	bool denied = accept_not_in(p);
	const struct operator *o = operator_at(p, COMPARISON);
	if (!o)
		return left;
	advance(p);
	struct wf_expr *right = parse_level(p, SUM);
	struct wf_expr *e = right ? node_of_two(p, o->kind, o->op, left, right) : NULL;
	if (e && operator_at(p, COMPARISON))
		return fail(p, p->tok.from, p->tok.to, "comparisons cannot be chained",
			"write `a < b and b < c`, or parentheses");
	return e && denied ? prefix(p, WF_OP_NOT, left->from, e) : e;
}

static struct wf_expr *parse_unary(struct parser *p)
{
	bool minus = p->tok.kind == WF_TOK_MINUS;
	if (!minus && !at_not(p))
		return parse_postfix(p, parse_primary(p));
	if (!enter(p))
		return NULL;
	uint32_t from = p->tok.from;
	advance(p);
	struct wf_expr *e;
	/* A minus right before digits is part of the number: the least integer has no positive. */
	if (minus && (p->tok.kind == WF_TOK_INT || p->tok.kind == WF_TOK_REAL) &&
		p->tok.from == from + 1)
		e = parse_postfix(p, parse_number(p, true));
	else
		e = prefix(p, minus ? WF_OP_NEG : WF_OP_NOT, from, parse_unary(p));
	p->depth--;
	return e;
}

static struct wf_expr *parse_level(struct parser *p, enum level level)
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
		advance(p);
		struct wf_expr *right = parse_level(p, level + 1);
		left = right ? node_of_two(p, o->kind, o->op, left, right) : NULL;
	}
	return left;
}

static struct wf_expr *parse_choice(struct parser *p, struct wf_expr *test)
{
	struct wf_token question = p->tok;
	advance(p);
	struct wf_expr *yes = parse_expression(p);
	if (!yes)
		return NULL;
	if (!accept(p, WF_TOK_COLON)) {
		if (p->tok.kind == WF_TOK_END)
			return fail(p, question.from, question.to, "`?` has no `:`",
				"a choice is written `condition ? this : that`");
		return unexpected(p, "an operator or `:`");
	}
	struct wf_expr *no = parse_expression(p);
	if (!no)
		return NULL;
	return node_of(p, WF_EXPR_COND, test->from, (struct wf_expr *[]){ test, yes, no }, 3);
}

static struct wf_expr *parse_expression(struct parser *p)
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

static struct parser parser_at(struct wf_expr_arena *a, const char *text, uint32_t from, uint32_t to,
	const struct wf_expr_site *site, struct wf_diags *diags)
{
	struct parser p = { .a = a, .text = text, .site = site, .diags = diags,
		.lexer = { text, to, from } };
	advance(&p);
	return p;
}

/* What stands behind a whole expression and cannot. */
static struct wf_expr *left_over(struct parser *p)
{
	if (p->tok.kind == WF_TOK_RPAREN || p->tok.kind == WF_TOK_RBRACKET ||
		p->tok.kind == WF_TOK_RBRACE) {
		char message[64];
		(void)snprintf(message, sizeof(message), "`%c` closes nothing",
			p->text[p->tok.from]);
		return fail(p, p->tok.from, p->tok.to, message, NULL);
	}
	return unexpected(p, "an operator or the end");
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
	struct parser p = parser_at(a, text, 0, (uint32_t)n, site, diags);
	if (p.tok.kind == WF_TOK_END)
		return fail(&p, 0, (uint32_t)n, "the expression is empty", NULL);
	struct wf_expr *e = parse_expression(&p);
	if (e && p.tok.kind != WF_TOK_END)
		e = left_over(&p);
	return e && wf_expr_fits(e, site, diags) ? e : NULL;
}

struct wf_expr *wf_expr_parse_part(struct wf_expr_arena *a, const char *text, uint32_t n,
	uint32_t open, const struct wf_expr_site *site, struct wf_diags *diags, uint32_t *ret_end)
{
	uint32_t end = n - open > WF_MAX_EXPR_BYTES ? open + WF_MAX_EXPR_BYTES : n;
	struct parser p = parser_at(a, text, open, end, site, diags);
	p.cut = end < n;
	bool empty = peek(&p).kind == WF_TOK_RBRACE;
	struct wf_expr *e = NULL;
	if (empty)
		(void)fail(&p, open, peek(&p).to, "nothing stands in this `${}`",
			"a literal `${` is written `$${`");
	else
		e = parse_group(&p);
	*ret_end = e ? e->to : p.tok.from > open ? p.tok.from : open + 2;
	return e && wf_expr_fits(e, site, diags) ? e : NULL;
}
