/*
 * Resolved expressions to pure instructions.
 *
 * What is constant becomes one constant. Bodies of `each` are kept and written behind the code by
 * wf_emit_flush, in the order in which they were met, so that a body always stands behind its
 * `each` and bodies cannot call each other in a circle.
 */
#include "base/json.h"
#include "compile/emit.h"

#include <string.h>

struct body {
	uint32_t each_pc;
	uint32_t depth;              /* operands below it, as the parser counted them */
	uint32_t line, column;       /* of the expression that it is part of; 0: not known */
	const struct wf_expr *expr;
	bool boolean;
};

struct wf_emitter {
	struct wf_plan_builder *b;
	struct body *bodies;
	size_t count, room;
	const uint32_t *steps, *groups;
};

struct wf_emitter *wf_emitter_new(struct wf_plan_builder *b)
{
	struct wf_emitter *e = wf_calloc(1, sizeof(*e));
	e->b = b;
	return e;
}

void wf_emitter_free(struct wf_emitter *e)
{
	if (!e)
		return;
	wf_free(e->bodies);
	wf_free(e);
}

void wf_emitter_map(struct wf_emitter *e, const uint32_t *steps, const uint32_t *groups)
{
	e->steps = steps;
	e->groups = groups;
}

static void emit(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth);

/* -- constants -- */

static bool is_constant(const struct wf_expr *e)
{
	bool built = e->kind == WF_EXPR_LIST || e->kind == WF_EXPR_MAP || e->kind == WF_EXPR_TEXT;
	if (!built)
		return e->kind == WF_EXPR_LITERAL;
	for (uint32_t i = 0; i < e->arg_count; i++)
		if (!is_constant(e->args[i]))
			return false;
	return true;
}

static json_t *constant_text(const struct wf_expr *e);

/* A new reference. Keys that are equal keep the last value, as the machine does. */
static json_t *constant_value(const struct wf_expr *e)
{
	json_t *value;
	if (e->kind == WF_EXPR_LITERAL)
		return json_incref(e->value);
	if (e->kind == WF_EXPR_TEXT)
		return constant_text(e);
	value = e->kind == WF_EXPR_LIST ? json_array() : json_object();
	for (uint32_t i = 0; e->kind == WF_EXPR_LIST && i < e->arg_count; i++)
		(void)json_array_append_new(value, constant_value(e->args[i]));
	for (uint32_t i = 0; e->kind == WF_EXPR_MAP && i + 1 < e->arg_count; i += 2) {
		json_auto_t *key = constant_value(e->args[i]);
		(void)json_object_set_new(value, json_string_value(key),
			constant_value(e->args[i + 1]));
	}
	return value;
}

static json_t *constant_text(const struct wf_expr *e)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	for (uint32_t i = 0; i < e->arg_count; i++) {
		json_auto_t *part = constant_value(e->args[i]);
		if (json_is_string(part))
			wf_buf_add(&text, json_string_value(part), json_string_length(part));
		else
			wf_json_write(part, &text);
	}
	return json_stringn(text.len ? text.data : "", text.len);
}

static void emit_constant(struct wf_emitter *e, json_t *stolen)
{
	(void)wf_plan_emit(e->b, WF_OP_CONST, 0, wf_plan_add_const(e->b, stolen));
	json_decref(stolen);
}

/* -- paths -- */

static void emit_need(struct wf_emitter *e, const struct wf_expr *expr)
{
	if (!wf_expr_may_be_undefined(expr))
		return;
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_expr_print(expr, &text);
	(void)wf_plan_emit(e->b, WF_OP_NEED, 0, wf_plan_add_string(e->b, text.data));
}

/* A value that must be there where the machine would take undefined without a word. */
static void emit_needed(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	emit(e, expr, depth);
	emit_need(e, expr);
}

static void emit_get(struct wf_emitter *e, const char *name, bool optional)
{
	(void)wf_plan_emit(e->b, optional ? WF_OP_GETOPT : WF_OP_GET, 0,
		wf_plan_add_string(e->b, name));
}

static void emit_path(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	(void)depth;
	if (expr->base == WF_BASE_STEP)
		(void)wf_plan_emit(e->b, WF_OP_STEPPART, (uint8_t)expr->part,
			e->steps ? e->steps[expr->step] : expr->step);
	else if (expr->base == WF_BASE_ITEM || expr->base == WF_BASE_ITEM_INDEX)
		(void)wf_plan_emit(e->b, expr->base == WF_BASE_ITEM ? WF_OP_ITEM : WF_OP_ITEMINDEX,
			0, e->groups[expr->step]);
	else
		(void)wf_plan_emit(e->b, WF_OP_ROOT, (uint8_t)expr->root, 0);
	for (uint32_t i = expr->consumed; i < expr->segment_count; i++)
		emit_get(e, expr->segments[i].name, expr->optional);
}

static void emit_member(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	emit(e, expr->args[0], depth);
	emit_get(e, expr->name, expr->optional);
}

static void emit_index(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	emit(e, expr->args[0], depth);
	emit_needed(e, expr->args[1], depth + 1);
	(void)wf_plan_emit(e->b, expr->optional ? WF_OP_INDEXOPT : WF_OP_INDEX, 0, 0);
}

/* -- operators -- */

static void emit_unary(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	emit(e, expr->args[0], depth);
	if (expr->op != WF_OP_NOT)
		emit_need(e, expr->args[0]);
	(void)wf_plan_emit(e->b, expr->op, 0, 0);
}

/* Undefined makes a comparison false; arithmetic has no use for it. */
static void emit_binary(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	bool needed = expr->op >= WF_OP_ADD && expr->op <= WF_OP_MOD;
	for (uint32_t i = 0; i < 2; i++) {
		emit(e, expr->args[i], depth + i);
		if (needed)
			emit_need(e, expr->args[i]);
	}
	(void)wf_plan_emit(e->b, expr->op, 0, 0);
}

static void patch_here(struct wf_emitter *e, uint32_t pc)
{
	wf_plan_patch(e->b, pc, wf_plan_here(e->b));
}

static void emit_boolean(struct wf_emitter *e, const struct wf_expr *expr)
{
	if (expr->type->kinds != WF_T_BOOL)
		(void)wf_plan_emit(e->b, WF_OP_BOOL, 0, 0);
}

static void emit_either(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	enum wf_opcode op = expr->kind == WF_EXPR_AND ? WF_OP_ANDTHEN
		: expr->kind == WF_EXPR_OR ? WF_OP_ORELSE : WF_OP_DEFINED;
	emit(e, expr->args[0], depth);
	uint32_t jump = wf_plan_emit(e->b, op, 0, 0);
	(void)wf_plan_emit(e->b, WF_OP_POP, 0, 0);
	emit(e, expr->args[1], depth);
	if (expr->kind != WF_EXPR_COALESCE)
		emit_boolean(e, expr->args[1]);
	patch_here(e, jump);
}

static void emit_cond(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	emit(e, expr->args[0], depth);
	uint32_t otherwise = wf_plan_emit(e->b, WF_OP_UNLESS, 0, 0);
	emit(e, expr->args[1], depth);
	uint32_t end = wf_plan_emit(e->b, WF_OP_JUMP, 0, 0);
	patch_here(e, otherwise);
	emit(e, expr->args[2], depth);
	patch_here(e, end);
}

static void emit_has(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	emit(e, expr->args[0], depth);
	uint32_t there = wf_plan_emit(e->b, WF_OP_DEFINED, 0, 0);
	(void)wf_plan_emit(e->b, WF_OP_POP, 0, 0);
	emit_constant(e, json_false());
	uint32_t end = wf_plan_emit(e->b, WF_OP_JUMP, 0, 0);
	patch_here(e, there);
	(void)wf_plan_emit(e->b, WF_OP_POP, 0, 0);
	emit_constant(e, json_true());
	patch_here(e, end);
}

/* -- calls -- */

/* get() and coalesce() are there for what may be absent. */
static bool takes_undefined(const struct wf_expr *call, uint32_t arg)
{
	return call->function == WF_FN_COALESCE || (call->function == WF_FN_LOOKUP && arg == 0);
}

static void emit_call(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		emit(e, expr->args[i], depth + i);
		if (!takes_undefined(expr, i))
			emit_need(e, expr->args[i]);
	}
	(void)wf_plan_emit(e->b, WF_OP_CALL, (uint8_t)expr->arg_count, (uint32_t)expr->function);
}

static void emit_each(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	emit_needed(e, expr->args[0], depth);
	WF_GROW(e->bodies, e->count, e->room);
	const struct wf_plan *plan = &e->b->plan;
	const struct wf_plan_loc *loc = plan->loc_count ? &plan->locs[plan->loc_count - 1] : NULL;
	e->bodies[e->count++] = (struct body){
		.each_pc = wf_plan_emit(e->b, WF_OP_EACH, (uint8_t)expr->each, 0),
		.depth = depth + 2,
		.line = loc ? loc->line : 0,
		.column = loc ? loc->column : 0,
		.expr = expr->args[1],
		.boolean = expr->each != WF_EACH_MAP,
	};
}

/* -- lists, maps, texts: in pieces when they are long, see wf_expr_chunk -- */

/* Joins a piece to what there is so far. */
static void emit_join(struct wf_emitter *e, enum wf_expr_kind kind)
{
	if (kind == WF_EXPR_LIST)
		(void)wf_plan_emit(e->b, WF_OP_ADD, 0, 0);
	else if (kind == WF_EXPR_MAP)
		(void)wf_plan_emit(e->b, WF_OP_CALL, 2, WF_FN_MERGE);
}

static void emit_container(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	enum wf_opcode op = expr->kind == WF_EXPR_LIST ? WF_OP_LIST
		: expr->kind == WF_EXPR_MAP ? WF_OP_MAP : WF_OP_TEXT;
	uint32_t i = 0;
	do {
		uint32_t so_far = i > 0, n = 0, room = wf_expr_chunk(depth + so_far);
		for (; n < room && i < expr->arg_count; n++, i++) {
			emit(e, expr->args[i], depth + so_far + n);
			if (expr->kind == WF_EXPR_TEXT)
				emit_need(e, expr->args[i]);
		}
		if (op == WF_OP_MAP)
			n /= 2;
		/* What there is of a text is the first of the next texts to join. */
		(void)wf_plan_emit(e->b, op, 0, op == WF_OP_TEXT ? n + so_far : n);
		if (so_far)
			emit_join(e, expr->kind);
	} while (i < expr->arg_count);
}

static void emit(struct wf_emitter *e, const struct wf_expr *expr, uint32_t depth)
{
	static void (*const emitters[])(struct wf_emitter *, const struct wf_expr *, uint32_t) = {
		[WF_EXPR_PATH] = emit_path, [WF_EXPR_MEMBER] = emit_member,
		[WF_EXPR_INDEX] = emit_index, [WF_EXPR_UNARY] = emit_unary,
		[WF_EXPR_BINARY] = emit_binary, [WF_EXPR_AND] = emit_either,
		[WF_EXPR_OR] = emit_either, [WF_EXPR_COALESCE] = emit_either,
		[WF_EXPR_COND] = emit_cond, [WF_EXPR_CALL] = emit_call,
		[WF_EXPR_EACH] = emit_each, [WF_EXPR_HAS] = emit_has,
		[WF_EXPR_LIST] = emit_container, [WF_EXPR_MAP] = emit_container,
		[WF_EXPR_TEXT] = emit_container,
	};
	if (is_constant(expr))
		emit_constant(e, constant_value(expr));
	else
		emitters[expr->kind](e, expr, depth);
}

void wf_emit_expr(struct wf_emitter *e, const struct wf_expr *expr)
{
	emit(e, expr, 0);
}

void wf_emit_flush(struct wf_emitter *e)
{
	for (size_t i = 0; i < e->count; i++) {
		struct body body = e->bodies[i]; /* the array may move */
		if (body.line)
			wf_plan_mark(e->b, body.line, body.column);
		patch_here(e, body.each_pc);
		emit(e, body.expr, body.depth);
		if (body.boolean)
			emit_boolean(e, body.expr);
		(void)wf_plan_emit(e->b, WF_OP_RETURN, 0, 0);
	}
	e->count = 0;
}
