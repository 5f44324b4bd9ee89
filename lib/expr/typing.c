/*
 * Operators and functions: which types they take, what they give, and the warning about optional
 * values that are compared without a default.
 */
#include "base/duration.h"
#include "base/regex.h"
#include "base/text.h"
#include "expr/internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_ROOM 96

static const char *type_name(const struct wf_expr *e, char room[NAME_ROOM])
{
	wf_type_name(e->type, room, NAME_ROOM);
	return room;
}

/* The kinds of a value that is there; integers and reals are one kind of thing to operators. */
static uint32_t kinds_of(const struct wf_expr *e)
{
	uint32_t kinds = e->type->kinds & WF_T_ANY;
	return kinds & WF_T_NUMBER ? kinds | WF_T_NUMBER : kinds;
}

static bool only_undefined(const struct wf_expr *e)
{
	return !(e->type->kinds & WF_T_ANY);
}

bool wf_type_need(struct wf_resolver *r, const struct wf_expr *e, uint32_t kinds, const char *what,
	const char *need)
{
	char have[NAME_ROOM];
	if (only_undefined(e) || (e->type->kinds & kinds))
		return true;
	struct wf_diag *d = wf_resolve_found(r, WF_RULE_TYPE_MISMATCH, e->from, e->to,
		"%s has to be %s, and is %s", what, need, type_name(e, have));
	if (kinds == WF_T_BOOL && (e->type->kinds & WF_T_STRING))
		wf_diag_hint(d, "compare it, or convert 'true' and 'false' with bool()");
	else if (kinds == WF_T_INT && (e->type->kinds & WF_T_REAL))
		wf_diag_hint(d, "int() cuts the fraction off");
	else if ((kinds & WF_T_NUMBER) && (e->type->kinds & WF_T_STRING))
		wf_diag_hint(d, "number() reads a number from a string");
	else if (kinds == WF_T_STRING)
		wf_diag_hint(d, "string() makes text of anything");
	return false;
}

void wf_type_container(struct wf_expr_arena *a, struct wf_expr *e)
{
	struct wf_type *t = WF_ARENA_NEW(a->base, struct wf_type);
	e->type = t;
	if (e->kind == WF_EXPR_LIST) {
		t->kinds = WF_T_LIST;
		for (uint32_t i = 0; i < e->arg_count; i++) {
			const struct wf_type *of = e->args[i]->type;
			if (of->kinds & WF_T_UNDEF) /* becomes null */
				of = wf_type_union(a->base, wf_type_defined(a->base, of),
					wf_type_kinds(a->base, WF_T_NULL));
			t->element = i ? wf_type_union(a->base, t->element, of) : of;
		}
		return;
	}
	t->kinds = WF_T_MAP;
	t->closed = true;
	t->members = WF_ARENA_ARRAY(a->base, struct wf_type_member, e->arg_count / 2);
	for (uint32_t i = 0; i + 1 < e->arg_count; i += 2) {
		const char *key = wf_expr_string(e->args[i]);
		if (!key) {
			t->closed = false;
			continue;
		}
		t->members[t->member_count++] = (struct wf_type_member){ key, e->args[i + 1]->type };
	}
}

/* -- optional values in comparisons -- */

/* A default with which the comparison stays false, as it is now without one; NULL when only the
 * author can know. */
static char *false_default(struct wf_resolver *r, enum wf_opcode op, const json_t *with)
{
	struct wf_arena *arena = r->a->base;
	if (json_is_string(with) && op == WF_OP_EQ)
		return wf_arena_strdup(arena, *json_string_value(with) ? "''" : "'-'");
	if (json_is_boolean(with) && (op == WF_OP_EQ || op == WF_OP_NE))
		return wf_arena_strdup(arena,
			json_is_true(with) == (op == WF_OP_EQ) ? "false" : "true");
	if (!json_is_number(with) || op == WF_OP_IN)
		return NULL;
	double v = json_number_value(with), d = v;
	if (fabs(v) > 1e9)
		return NULL;
	if (op == WF_OP_EQ)
		d = v > 0 || v < 0 ? 0 : 1;
	else if (op == WF_OP_LT)
		d = ceil(v);
	else if (op == WF_OP_LE)
		d = floor(v) + 1;
	else if (op == WF_OP_GT)
		d = floor(v);
	else if (op == WF_OP_GE)
		d = ceil(v) - 1;
	else if (d > floor(d))
		return NULL;
	return wf_arena_printf(arena, "%" PRId64, (int64_t)d);
}

static enum wf_opcode mirrored(enum wf_opcode op)
{
	return op == WF_OP_LT ? WF_OP_GT : op == WF_OP_GT ? WF_OP_LT : op == WF_OP_LE ? WF_OP_GE
		: op == WF_OP_GE ? WF_OP_LE : op;
}

static void warn_optional(struct wf_resolver *r, const struct wf_expr *e, unsigned which)
{
	const struct wf_expr *path = e->args[which], *other = e->args[1 - which];
	bool is_path = path->kind == WF_EXPR_PATH || path->kind == WF_EXPR_MEMBER ||
		path->kind == WF_EXPR_INDEX;
	if (!is_path || !(path->type->kinds & WF_T_UNDEF))
		return;
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_expr_print(path, &text);
	struct wf_diag *d = wf_resolve_found(r, WF_RULE_OPTIONAL_NO_DEFAULT, path->from, path->to,
		"`%s` is optional; absent, this comparison is false", text.data);
	char *value = NULL;
	if (other->kind == WF_EXPR_LITERAL)
		value = false_default(r, which ? mirrored(e->op) : e->op, other->value);
	wf_diag_hint(d, "say what then: `%s ?? %s`, or test has(%s)", text.data,
		value ? value : "default", text.data);
	if (value)
		wf_diag_fix(d, path->group == '$' ? "${%s ?? %s}" : "(%s ?? %s)", text.data, value);
}

/* -- operators -- */

static struct wf_diag *mismatch(struct wf_resolver *r, const struct wf_expr *e, const char *verb)
{
	char a[NAME_ROOM], b[NAME_ROOM];
	return wf_resolve_found(r, WF_RULE_TYPE_MISMATCH, e->from, e->to, "%s %s and %s", verb,
		type_name(e->args[0], a), type_name(e->args[1], b));
}

static void hint_convert(struct wf_diag *d, uint32_t a, uint32_t b)
{
	uint32_t all = a | b;
	if ((all & WF_T_NUMBER) && (all & WF_T_STRING))
		wf_diag_hint(d, "convert one of them: number() reads a string, string() makes text");
	else if ((all & WF_T_BOOL) && (all & WF_T_STRING))
		wf_diag_hint(d, "bool() reads 'true' and 'false'; without quotes they are booleans");
	else if ((all & WF_T_LIST) && !(all & WF_T_MAP))
		wf_diag_hint(d, "`x in list` asks for an element, size(list) for their number");
}

/* Values of two types are never equal but by mistake; null may be compared with anything. */
static void type_equality(struct wf_resolver *r, const struct wf_expr *e)
{
	uint32_t a = kinds_of(e->args[0]), b = kinds_of(e->args[1]);
	if ((a & b) || a == WF_T_NULL || b == WF_T_NULL)
		return;
	hint_convert(mismatch(r, e, "this compares"), a, b);
}

static void type_order(struct wf_resolver *r, const struct wf_expr *e)
{
	uint32_t a = kinds_of(e->args[0]), b = kinds_of(e->args[1]);
	if (a & b & (WF_T_NUMBER | WF_T_STRING))
		return;
	hint_convert(mismatch(r, e, "only two numbers or two strings have an order, not"), a, b);
}

static void type_in(struct wf_resolver *r, const struct wf_expr *e)
{
	const struct wf_type *whole = e->args[1]->type;
	uint32_t a = kinds_of(e->args[0]), b = kinds_of(e->args[1]);
	if (!wf_type_need(r, e->args[1], WF_T_LIST | WF_T_MAP | WF_T_STRING, "what stands behind `in`",
		"a list, an object or a string"))
		return;
	if (!(b & WF_T_LIST) && !(a & WF_T_STRING)) {
		(void)mismatch(r, e, "only a string can be part of a string or a key of an object:");
		return;
	}
	if (b != WF_T_LIST || !whole->element)
		return;
	uint32_t element = whole->element->kinds & WF_T_ANY;
	element |= element & WF_T_NUMBER ? WF_T_NUMBER : 0;
	if ((a & element) || !element)
		return;
	char have[NAME_ROOM], of[NAME_ROOM];
	wf_type_name(whole->element, of, sizeof(of));
	(void)wf_resolve_found(r, WF_RULE_TYPE_MISMATCH, e->from, e->to,
		"this looks for %s in a list of %s", type_name(e->args[0], have), of);
}

static const struct wf_type *type_sum(struct wf_resolver *r, const struct wf_expr *e)
{
	const struct wf_type *a = e->args[0]->type, *b = e->args[1]->type;
	uint32_t ka = kinds_of(e->args[0]), kb = kinds_of(e->args[1]);
	uint32_t common = ka & kb & (WF_T_NUMBER | WF_T_STRING | WF_T_LIST);
	if (!common) {
		hint_convert(mismatch(r, e, "`+` adds numbers and joins strings or lists, not"), ka, kb);
		return &wf_type_any;
	}
	if (common == WF_T_NUMBER && !((a->kinds | b->kinds) & WF_T_REAL))
		common = WF_T_INT;
	struct wf_type *t = WF_ARENA_NEW(r->a->base, struct wf_type);
	t->kinds = common;
	if ((common & WF_T_LIST) && a->element && b->element)
		t->element = wf_type_union(r->a->base, a->element, b->element);
	return t;
}

static const struct wf_type *type_arithmetic(struct wf_resolver *r, const struct wf_expr *e)
{
	static const char *const names[WF_OP_COUNT_] = {
		[WF_OP_SUB] = "an operand of `-`", [WF_OP_MUL] = "an operand of `*`",
		[WF_OP_DIV] = "an operand of `/`", [WF_OP_MOD] = "an operand of `%`",
	};
	bool whole = e->op == WF_OP_MOD, real = e->op == WF_OP_DIV;
	uint32_t need = whole ? WF_T_INT : WF_T_NUMBER;
	for (int i = 0; i < 2; i++) {
		(void)wf_type_need(r, e->args[i], need, names[e->op], whole ? "an integer" : "a number");
		real = real || (e->args[i]->type->kinds & WF_T_REAL);
	}
	return wf_type_kinds(r->a->base, whole || !real ? WF_T_INT : WF_T_NUMBER);
}

void wf_type_unary(struct wf_resolver *r, struct wf_expr *e)
{
	bool not = e->op == WF_OP_NOT;
	(void)wf_type_need(r, e->args[0], not ? WF_T_BOOL : WF_T_NUMBER,
		not ? "the operand of `not`" : "the operand of `-`", not ? "a boolean" : "a number");
	uint32_t kinds = e->args[0]->type->kinds & WF_T_NUMBER;
	e->type = wf_type_kinds(r->a->base, not ? WF_T_BOOL : kinds ? kinds : WF_T_NUMBER);
}

void wf_type_binary(struct wf_resolver *r, struct wf_expr *e)
{
	if (e->op >= WF_OP_ADD && e->op <= WF_OP_MOD) {
		e->type = &wf_type_any;
		if (e->op != WF_OP_ADD)
			e->type = type_arithmetic(r, e);
		else if (!only_undefined(e->args[0]) && !only_undefined(e->args[1]))
			e->type = type_sum(r, e);
		return;
	}
	e->type = wf_type_kinds(r->a->base, WF_T_BOOL);
	warn_optional(r, e, 0);
	warn_optional(r, e, 1);
	if (only_undefined(e->args[0]) || only_undefined(e->args[1]))
		return;
	if (e->op == WF_OP_IN)
		type_in(r, e);
	else if (e->op == WF_OP_EQ || e->op == WF_OP_NE)
		type_equality(r, e);
	else
		type_order(r, e);
}

void wf_type_logic(struct wf_resolver *r, struct wf_expr *e)
{
	const char *what = e->kind == WF_EXPR_AND ? "an operand of `and`" : "an operand of `or`";
	for (int i = 0; i < 2; i++)
		(void)wf_type_need(r, e->args[i], WF_T_BOOL, what, "a boolean");
	e->type = wf_type_kinds(r->a->base, WF_T_BOOL);
}

/* -- functions -- */

static const struct letter {
	char letter;
	uint32_t kinds;
	const char *need;
} letters[] = {
	{ 's', WF_T_STRING, "a string" }, { 'n', WF_T_NUMBER, "a number" },
	{ 'i', WF_T_INT, "an integer" }, { 'b', WF_T_BOOL, "a boolean" },
	{ 'l', WF_T_LIST, "a list" }, { 'o', WF_T_MAP, "an object" },
	{ 't', WF_T_STRING, "a time (a string)" }, { 'd', WF_T_STRING, "a duration (a string)" },
	{ 'a', WF_T_ANY, "anything" },
};

static const struct letter *find_letter(char c)
{
	size_t i = 0;
	while (i + 1 < sizeof(letters) / sizeof(letters[0]) && letters[i].letter != c)
		i++;
	return &letters[i];
}

/* The letter of the nth parameter: the last one stands for all further ones. */
static char parameter(const char *signature, uint32_t n)
{
	size_t count = strcspn(signature, ":");
	return count == 0 ? 'a' : signature[n < count ? n : count - 1];
}

/* A literal argument that can be judged now. */
static void check_literal(struct wf_resolver *r, const struct wf_expr *e, uint32_t i, char letter)
{
	const char *text = wf_expr_string(e->args[i]), *what = NULL;
	struct wf_duration duration;
	int64_t ms;
	struct wf_cause cause = { 0 };
	if (!text)
		return;
	if (letter == 'd' && wf_duration_parse(text, strlen(text), true, &duration) < 0)
		what = "is not an ISO 8601 duration such as PT1M30S";
	if ((letter == 't' || e->function == WF_FN_TIMESTAMP) &&
		wf_time_parse(text, strlen(text), &ms) < 0)
		what = "is not an RFC 3339 time such as 2026-11-20T09:12:05Z";
	if (e->function == WF_FN_MATCHES && i == 1) {
		struct wf_regex *re = NULL;
		if (wf_regex_new(text, strlen(text), WF_REGEX_PERL, &re, &cause) < 0)
			what = cause.text;
		wf_regex_free(re);
	}
	if (what)
		(void)wf_resolve_found(r, WF_RULE_FUNCTION_ARGUMENTS, e->args[i]->from,
			e->args[i]->to, "'%s' %s%s", text, what == cause.text ? "is no regular expression: "
			: "", what);
}

static const char *plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static bool check_count(struct wf_resolver *r, const struct wf_expr *e, unsigned min, unsigned max)
{
	if (e->arg_count >= min && e->arg_count <= max)
		return true;
	char takes[64];
	if (min == max)
		(void)snprintf(takes, sizeof(takes), "%u argument%s", min, plural(min));
	else if (max == UINT8_MAX)
		(void)snprintf(takes, sizeof(takes), "at least %u argument%s", min, plural(min));
	else
		(void)snprintf(takes, sizeof(takes), "%u to %u arguments", min, max);
	struct wf_diag *d = wf_resolve_found(r, WF_RULE_FUNCTION_ARGUMENTS, e->name_from, e->name_to,
		"%s() takes %s, here are %u", e->name, takes, e->arg_count);
	if (e->function != WF_FN_COUNT_)
		wf_diag_hint(d, "such as %s", wf_functions[e->function].example);
	else if (strcmp(e->name, "has") != 0)
		wf_diag_hint(d, "such as %s(list, item.x > 1)", e->name);
	else
		wf_diag_hint(d, "such as has(user.email)");
	return false;
}

static bool is_each(const char *name)
{
	for (unsigned i = 0; i < WF_EACH_COUNT_; i++)
		if (strcmp(name, wf_each_name((enum wf_each)i)) == 0)
			return true;
	return false;
}

static void fail_unknown(struct wf_resolver *r, const struct wf_expr *e)
{
	/* What the same thing is called elsewhere, where the spelling does not tell. */
	static const char *const elsewhere[][2] = {
		{ "len", "size" }, { "length", "size" }, { "count", "size" }, { "exists", "has" },
		{ "defined", "has" }, { "str", "string" }, { "to_string", "string" },
		{ "toString", "string" }, { "float", "number" }, { "to_number", "number" },
		{ "includes", "contains" }, { "concat", "join" }, { "toLowerCase", "lower" },
		{ "toUpperCase", "upper" }, { "downcase", "lower" }, { "upcase", "upper" },
		{ "substr", "substring" }, { "default", "coalesce" }, { "select", "filter" },
		{ "to_json", "json" }, { "from_json", "parse_json" }, { "fromJson", "parse_json" },
		{ "toJson", "json" }, { "some", "any" }, { "every", "all" }, { "find", "first" },
	};
	struct wf_diag *d = wf_resolve_found(r, WF_RULE_FUNCTION_UNKNOWN, e->name_from, e->name_to,
		"there is no function `%s`", e->name);
	const char *near = NULL;
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]) && !near; i++)
		near = strcmp(e->name, elsewhere[i][0]) == 0 ? elsewhere[i][1] : NULL;
	const char *names[WF_FN_COUNT_ + WF_EACH_COUNT_ + 1] = { "has" };
	size_t n = 1;
	for (unsigned i = 0; i < WF_FN_COUNT_; i++)
		names[n++] = wf_functions[i].name;
	for (unsigned i = 0; i < WF_EACH_COUNT_; i++)
		names[n++] = wf_each_name((enum wf_each)i);
	if (!near)
		near = wf_nearest(e->name, names, n);
	if (!near)
		return;
	wf_diag_hint(d, "did you mean `%s`?", near);
	wf_diag_fix(d, "%s", near);
}

/* Results that depend on the arguments' types. */
static const struct wf_type *type_of_result(struct wf_resolver *r, const struct wf_expr *e)
{
	struct wf_arena *arena = r->a->base;
	const struct wf_type *first = e->arg_count ? e->args[0]->type : &wf_type_any, *t;
	const char *signature = wf_functions[e->function].signature;
	switch ((int)e->function) {
	case WF_FN_SORT:
	case WF_FN_REVERSE:
	case WF_FN_UNIQUE:
		return wf_type_list_of(arena, first->kinds & WF_T_LIST ? first->element : NULL);
	case WF_FN_KEYS:
	case WF_FN_SPLIT:
		return wf_type_list_of(arena, wf_type_kinds(arena, WF_T_STRING));
	case WF_FN_RANGE:
		return wf_type_list_of(arena, wf_type_kinds(arena, WF_T_INT));
	case WF_FN_COALESCE:
		t = wf_type_defined(arena, first);
		for (uint32_t i = 1; i < e->arg_count; i++)
			t = wf_type_union(arena, t, wf_type_defined(arena, e->args[i]->type));
		return t;
	case WF_FN_ABS:
		return wf_type_kinds(arena, first->kinds & WF_T_REAL ? WF_T_NUMBER : WF_T_INT);
	case WF_FN_MIN:
	case WF_FN_MAX:
		if (e->arg_count > 1 && !(first->kinds & ~(uint32_t)WF_T_NUMBER))
			return wf_type_kinds(arena, WF_T_NUMBER);
		break;
	default:
		break;
	}
	return wf_type_kinds(arena, find_letter(signature[strcspn(signature, ":") + 1])->kinds);
}

void wf_type_call(struct wf_resolver *r, struct wf_expr *e)
{
	e->type = &wf_type_any;
	if (e->function == WF_FN_COUNT_) {
		if (is_each(e->name))
			(void)check_count(r, e, 2, 2);
		else if (strcmp(e->name, "has") == 0)
			(void)check_count(r, e, 1, 1);
		else
			fail_unknown(r, e);
		return;
	}
	const struct wf_function_info *f = &wf_functions[e->function];
	if (!check_count(r, e, f->min_args, f->max_args))
		return;
	for (uint32_t i = 0; i < e->arg_count; i++) {
		char letter = parameter(f->signature, i), what[64];
		const struct letter *l = find_letter(letter);
		if (e->arg_count == 1)
			(void)snprintf(what, sizeof(what), "the argument of %s()", f->name);
		else
			(void)snprintf(what, sizeof(what), "argument %u of %s()", i + 1, f->name);
		if (wf_type_need(r, e->args[i], l->kinds, what, l->need))
			check_literal(r, e, i, letter);
	}
	e->type = type_of_result(r, e);
}
