/*
 * Nodes of the syntax tree: their arena, their places in the text, how they print, and how much of
 * the operand stack their code will need.
 */
#include "base/json.h"
#include "expr/internal.h"

#include <ctype.h>
#include <string.h>

/* -- the arena -- */

struct wf_expr_arena *wf_expr_arena_new(void)
{
	struct wf_expr_arena *a = wf_calloc(1, sizeof(*a));
	a->base = wf_arena_new();
	return a;
}

void wf_expr_arena_free(struct wf_expr_arena *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++)
		json_decref(a->values[i]);
	wf_free(a->values);
	json_decref(a->step_index);
	wf_arena_free(a->base);
	wf_free(a);
}

struct wf_arena *wf_expr_arena_base(struct wf_expr_arena *a)
{
	return a->base;
}

struct wf_expr *wf_expr_node(struct wf_expr_arena *a, enum wf_expr_kind kind, uint32_t from,
	uint32_t to)
{
	struct wf_expr *e = WF_ARENA_NEW(a->base, struct wf_expr);
	e->kind = kind;
	e->from = from;
	e->to = to;
	e->height = 1;
	return e;
}

json_t *wf_expr_keep(struct wf_expr_arena *a, json_t *value)
{
	WF_GROW(a->values, a->count, a->room);
	a->values[a->count++] = value;
	return value;
}

struct wf_expr *wf_expr_literal(struct wf_expr_arena *a, json_t *stolen, uint32_t from, uint32_t to)
{
	struct wf_expr *e = wf_expr_node(a, WF_EXPR_LITERAL, from, to);
	e->value = wf_expr_keep(a, stolen);
	return e;
}

void wf_expr_set_args(struct wf_expr_arena *a, struct wf_expr *e, struct wf_expr *const *args,
	uint32_t count)
{
	e->args = WF_ARENA_ARRAY(a->base, struct wf_expr *, count);
	e->arg_count = count;
	for (uint32_t i = 0; i < count; i++) {
		e->args[i] = args[i];
		if (e->height <= args[i]->height)
			e->height = args[i]->height + 1;
	}
}

const char *wf_expr_string(const struct wf_expr *e)
{
	return e->kind == WF_EXPR_LITERAL ? json_string_value(e->value) : NULL;
}

/* -- places -- */

/* Line, column and end of bytes of the source's own text. */
static struct wf_span span_of_text(const struct wf_source *source, size_t from, size_t to)
{
	struct wf_span span = { .line = 1, .column = 1, .end_line = 1, .end_column = 1 };
	if (to > source->len)
		to = source->len;
	if (from > to)
		from = to;
	span.offset = (uint32_t)from;
	span.end_offset = (uint32_t)to;
	for (size_t i = 0; i < to; i++) {
		bool newline = source->text[i] == '\n';
		if (!newline && ((unsigned char)source->text[i] & 0xc0) == 0x80)
			continue;
		span.end_line += newline;
		span.end_column = newline ? 1 : span.end_column + 1;
		if (i < from) {
			span.line = span.end_line;
			span.column = span.end_column;
		}
	}
	return span;
}

struct wf_span wf_expr_span(const struct wf_expr_site *site, uint32_t from, uint32_t to)
{
	if (!site->node)
		return span_of_text(site->source, site->offset + from, site->offset + to);
	/* Finding a place costs a walk from the text's beginning: thousands of findings in a text of
	 * megabytes are told at the text as a whole. */
	if (site->node->kind == WF_NODE_STRING && site->node->string.len > WF_MAX_EXPR_BYTES)
		return site->node->span;
	return wf_node_span_within(site->source, site->node, site->offset + from,
		site->offset + to);
}

/* -- steps -- */

#define INDEX_FROM 32

static void index_steps(struct wf_expr_arena *a, const struct wf_scope *scope)
{
	json_decref(a->step_index);
	a->step_index = json_object();
	a->indexed_ids = scope->step_ids;
	a->indexed_count = scope->step_count;
	for (uint32_t i = 0; i < scope->step_count; i++)
		if (scope->step_ids[i])
			(void)json_object_set_new(a->step_index, scope->step_ids[i], json_integer(i));
}

uint32_t wf_expr_find_step(struct wf_expr_arena *a, const struct wf_scope *scope, const char *id)
{
	if (scope->step_count >= INDEX_FROM) {
		if (a->indexed_ids != scope->step_ids || a->indexed_count != scope->step_count)
			index_steps(a, scope);
		const json_t *index = json_object_get(a->step_index, id);
		return index ? (uint32_t)json_integer_value(index) : WF_NONE;
	}
	for (uint32_t i = 0; i < scope->step_count; i++)
		if (scope->step_ids[i] && strcmp(scope->step_ids[i], id) == 0)
			return i;
	return WF_NONE;
}

void wf_expr_each_step(const struct wf_expr *e, void (*fn)(void *arg, const struct wf_expr *path),
	void *arg)
{
	if (e->kind == WF_EXPR_PATH && e->base == WF_BASE_STEP)
		fn(arg, e);
	for (uint32_t i = 0; i < e->arg_count; i++)
		wf_expr_each_step(e->args[i], fn, arg);
}

/* -- undefined -- */

bool wf_expr_may_be_undefined(const struct wf_expr *e)
{
	switch (e->kind) {
	case WF_EXPR_PATH:
		if (e->base == WF_BASE_STEP && (e->part == WF_PART_STATUS || e->part == WF_PART_ATTEMPTS))
			return e->optional;
		return e->optional || e->consumed == e->segment_count;
	case WF_EXPR_MEMBER:
	case WF_EXPR_INDEX:
		return e->optional;
	case WF_EXPR_COND:
		return wf_expr_may_be_undefined(e->args[1]) || wf_expr_may_be_undefined(e->args[2]);
	case WF_EXPR_COALESCE:
		return wf_expr_may_be_undefined(e->args[1]);
	case WF_EXPR_EACH:
		return e->each == WF_EACH_FIRST;
	case WF_EXPR_LITERAL:
	case WF_EXPR_UNARY:
	case WF_EXPR_BINARY:
	case WF_EXPR_AND:
	case WF_EXPR_OR:
	case WF_EXPR_CALL:
	case WF_EXPR_HAS:
	case WF_EXPR_LIST:
	case WF_EXPR_MAP:
	case WF_EXPR_TEXT:
		break;
	}
	return false;
}

/* -- operands -- */

uint32_t wf_expr_chunk(uint32_t depth)
{
	return depth < 128 ? 128 : 2;
}

static uint32_t operands(const struct wf_expr *e, uint32_t depth);

/* A list, map or text is collected chunk by chunk onto what it has so far. */
static uint32_t operands_collected(const struct wf_expr *e, uint32_t depth)
{
	uint32_t most = depth + 1;
	for (uint32_t i = 0; i < e->arg_count;) {
		uint32_t so_far = i > 0, room = wf_expr_chunk(depth + so_far);
		for (uint32_t k = 0; k < room && i < e->arg_count; k++, i++) {
			uint32_t n = operands(e->args[i], depth + so_far + k);
			most = n > most ? n : most;
		}
	}
	return most;
}

/* The most operands on the stack while e is computed above `depth` others. */
static uint32_t operands(const struct wf_expr *e, uint32_t depth)
{
	if (e->kind == WF_EXPR_LIST || e->kind == WF_EXPR_MAP || e->kind == WF_EXPR_TEXT)
		return operands_collected(e, depth);
	bool stacked = e->kind == WF_EXPR_BINARY || e->kind == WF_EXPR_CALL || e->kind == WF_EXPR_INDEX;
	uint32_t most = depth + 1;
	for (uint32_t i = 0; i < e->arg_count; i++) {
		/* The machine keeps the list and the results while a body runs. */
		uint32_t below = stacked ? i : e->kind == WF_EXPR_EACH ? 2 * i : 0;
		uint32_t n = operands(e->args[i], depth + below);
		most = n > most ? n : most;
	}
	return most;
}

uint32_t wf_expr_operands(const struct wf_expr *e)
{
	return operands(e, 0);
}

bool wf_expr_fits(const struct wf_expr *e, const struct wf_expr_site *site, struct wf_diags *diags)
{
	/* A few are left to what the compiler puts around an expression. */
	uint32_t need = wf_expr_operands(e), most = WF_MAX_STACK - 16;
	if (need <= most)
		return true;
	struct wf_diag *d = wf_diag_add(diags, WF_RULE_LIMIT, site->source,
		wf_expr_span(site, e->from, e->to),
		"this expression needs %u operands at once; the limit is %u", need, most);
	wf_diag_hint(d, "compute a part of it in a data.set step before");
	return false;
}

/* -- printing -- */

static bool is_identifier(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	for (s++; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	return true;
}

/* A string literal: a JSON string is one. */
static void print_string(const char *s, struct wf_buf *out)
{
	json_auto_t *text = json_string(s);
	wf_json_write(text, out);
}

static void print_name(const char *name, bool first, struct wf_buf *out)
{
	if (is_identifier(name)) {
		wf_buf_printf(out, "%s%s", first ? "" : ".", name);
		return;
	}
	wf_buf_addch(out, '[');
	print_string(name, out);
	wf_buf_addch(out, ']');
}

static void print_args(const struct wf_expr *e, uint32_t from, struct wf_buf *out)
{
	for (uint32_t i = from; i < e->arg_count; i++) {
		if (i > from)
			wf_buf_addstr(out, ", ");
		wf_expr_print(e->args[i], out);
	}
}

static void print_infix(const struct wf_expr *e, const char *op, struct wf_buf *out)
{
	wf_buf_addch(out, '(');
	wf_expr_print(e->args[0], out);
	wf_buf_printf(out, " %s ", op);
	wf_expr_print(e->args[1], out);
	wf_buf_addch(out, ')');
}

static const char *binary_text(enum wf_opcode op)
{
	static const char *const texts[WF_OP_COUNT_] = {
		[WF_OP_EQ] = "==", [WF_OP_NE] = "!=", [WF_OP_LT] = "<", [WF_OP_LE] = "<=",
		[WF_OP_GT] = ">", [WF_OP_GE] = ">=", [WF_OP_IN] = "in", [WF_OP_ADD] = "+",
		[WF_OP_SUB] = "-", [WF_OP_MUL] = "*", [WF_OP_DIV] = "/", [WF_OP_MOD] = "%",
	};
	return texts[op] ? texts[op] : "?";
}

static void print_literal(const struct wf_expr *e, struct wf_buf *out)
{
	if (json_is_array(e->value) || json_is_object(e->value) || !json_is_number(e->value) ||
		json_number_value(e->value) >= 0) {
		wf_json_write(e->value, out);
		return;
	}
	wf_buf_addch(out, '(');
	wf_json_write(e->value, out);
	wf_buf_addch(out, ')');
}

static void print_map(const struct wf_expr *e, struct wf_buf *out)
{
	wf_buf_addch(out, '{');
	for (uint32_t i = 0; i + 1 < e->arg_count; i += 2) {
		if (i > 0)
			wf_buf_addstr(out, ", ");
		const char *key = wf_expr_string(e->args[i]);
		if (key && is_identifier(key))
			wf_buf_addstr(out, key);
		else
			wf_expr_print(e->args[i], out);
		wf_buf_addstr(out, ": ");
		wf_expr_print(e->args[i + 1], out);
	}
	wf_buf_addch(out, '}');
}

static void print_text(const struct wf_expr *e, struct wf_buf *out)
{
	wf_buf_addch(out, '`');
	for (uint32_t i = 0; i < e->arg_count; i++) {
		const char *s = wf_expr_string(e->args[i]);
		if (s) {
			wf_buf_addstr(out, s);
			continue;
		}
		wf_buf_addstr(out, "${");
		wf_expr_print(e->args[i], out);
		wf_buf_addch(out, '}');
	}
	wf_buf_addch(out, '`');
}

static void print_path(const struct wf_expr *e, struct wf_buf *out)
{
	for (uint32_t i = 0; i < e->segment_count; i++)
		print_name(e->segments[i].name, i == 0, out);
}

static void print_postfix(const struct wf_expr *e, struct wf_buf *out)
{
	bool number = json_is_number(e->args[0]->value); /* 7.c is no number and no member */
	wf_buf_addstr(out, number ? "(" : "");
	wf_expr_print(e->args[0], out);
	wf_buf_addstr(out, number ? ")" : "");
	if (e->kind == WF_EXPR_MEMBER) {
		print_name(e->name, false, out);
		return;
	}
	wf_buf_addch(out, '[');
	wf_expr_print(e->args[1], out);
	wf_buf_addch(out, ']');
}

static void print_cond(const struct wf_expr *e, struct wf_buf *out)
{
	wf_buf_addch(out, '(');
	wf_expr_print(e->args[0], out);
	wf_buf_addstr(out, " ? ");
	wf_expr_print(e->args[1], out);
	wf_buf_addstr(out, " : ");
	wf_expr_print(e->args[2], out);
	wf_buf_addch(out, ')');
}

static void print_call(const struct wf_expr *e, const char *name, struct wf_buf *out)
{
	wf_buf_printf(out, "%s(", name);
	print_args(e, 0, out);
	wf_buf_addch(out, ')');
}

void wf_expr_print(const struct wf_expr *e, struct wf_buf *out)
{
	switch (e->kind) {
	case WF_EXPR_LITERAL:
		print_literal(e, out);
		break;
	case WF_EXPR_PATH:
		print_path(e, out);
		break;
	case WF_EXPR_MEMBER:
	case WF_EXPR_INDEX:
		print_postfix(e, out);
		break;
	case WF_EXPR_UNARY:
		/* A minus right before a number would be read as part of it. */
		wf_buf_addstr(out, e->op == WF_OP_NOT ? "(not "
			: json_is_number(e->args[0]->value) ? "(- " : "(-");
		wf_expr_print(e->args[0], out);
		wf_buf_addch(out, ')');
		break;
	case WF_EXPR_BINARY:
		print_infix(e, binary_text(e->op), out);
		break;
	case WF_EXPR_AND:
		print_infix(e, "and", out);
		break;
	case WF_EXPR_OR:
		print_infix(e, "or", out);
		break;
	case WF_EXPR_COALESCE:
		print_infix(e, "??", out);
		break;
	case WF_EXPR_COND:
		print_cond(e, out);
		break;
	case WF_EXPR_CALL:
	case WF_EXPR_EACH:
		print_call(e, e->name, out);
		break;
	case WF_EXPR_HAS:
		print_call(e, "has", out);
		break;
	case WF_EXPR_LIST:
		wf_buf_addch(out, '[');
		print_args(e, 0, out);
		wf_buf_addch(out, ']');
		break;
	case WF_EXPR_MAP:
		print_map(e, out);
		break;
	case WF_EXPR_TEXT:
		print_text(e, out);
		break;
	}
}
