/* What the files of the compiler share: the plan being built, and a word for each thing that is emitted
 * often. Private to lib/compile. */
#ifndef WF_COMPILE_COMPILER_H
#define WF_COMPILE_COMPILER_H

#include "compile/emit.h"
#include "model/model.h"

/* A jump whose target has no address yet: to a step, or to the end (step WF_NONE). */
struct fixup {
	uint32_t pc, step;
};

struct compiler {
	const struct wf_model *model;
	struct wf_plan_builder b;
	struct wf_emitter *emitter;
	struct wf_plan_step *steps;
	struct fixup *fixups;
	uint32_t fixup_count, fixup_room;
};

static inline uint32_t string(struct compiler *c, const char *s)
{
	return s ? wf_plan_add_string(&c->b, s) : WF_NONE;
}

static inline void emit(struct compiler *c, enum wf_opcode op, uint32_t operand)
{
	(void)wf_plan_emit(&c->b, op, 0, operand);
}

static inline void emit_const(struct compiler *c, json_t *stolen)
{
	emit(c, WF_OP_CONST, wf_plan_add_const(&c->b, stolen));
	json_decref(stolen);
}

static inline void mark(struct compiler *c, const struct wf_node *node)
{
	if (node && node->span.line)
		wf_plan_mark(&c->b, node->span.line, node->span.column);
}

/* A jump to be patched, by hand or by `land`. */
static inline uint32_t emit_jump(struct compiler *c, enum wf_opcode op)
{
	return wf_plan_emit(&c->b, op, 0, 0);
}

static inline void land(struct compiler *c, uint32_t pc)
{
	wf_plan_patch(&c->b, pc, wf_plan_here(&c->b));
}

static inline void draw(
	struct compiler *c, uint32_t from, uint32_t to, enum wf_edge_kind kind, const char *label)
{
	struct wf_plan_edge edge = {from, to, kind, string(c, label)};

	(void)wf_plan_add_edge(&c->b, &edge);
}

static inline void predicate(struct compiler *c, const struct wf_model_expr *e)
{
	mark(c, e->node);
	wf_emit_expr(c->emitter, e->expr);
}

static inline void tree(struct compiler *c, const struct wf_model_tree *t)
{
	mark(c, t->node);
	wf_emit_expr(c->emitter, wf_expr_tree_root(t->tree));
}

/* -- step.c -- */

/* Emits a step of the flow. */
void wf_compile_step(struct compiler *c, uint32_t step);
/* Its row, which begins here; its input. */
void wf_compile_step_row(struct compiler *c, uint32_t step, const struct wf_model_step *s);
void wf_compile_input(struct compiler *c, const struct wf_model_step *s);
/* The workflow's output. */
void wf_compile_result(struct compiler *c);

/* -- bodies.c -- */

/* Emits what stands beside the flow. */
void wf_compile_bodies(struct compiler *c);

#endif
