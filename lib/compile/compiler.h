/* What the files of the compiler share: the plan being built, and a word for each thing that is emitted
 * often. Private to lib/compile. */
#ifndef WF_COMPILE_COMPILER_H
#define WF_COMPILE_COMPILER_H

#include "compile/emit.h"
#include "model/model.h"

/* A jump whose target has no address yet: to a step of the plan, or to the end of the list in hand
 * (step WF_NONE). */
struct fixup {
	uint32_t pc, step;
};

/* Where the code in hand is. */
struct unit {
	uint32_t block;         /* the list */
	uint32_t group, member; /* of the plan, that it is in; WF_NONE */
	bool alone;             /* a step for itself, of a list with depends_on */
	bool copy;              /* of a lane that is not the first: it is not drawn */
};

struct compiler {
	const struct wf_model *model;
	struct wf_plan_builder b;
	struct wf_emitter *emitter;
	struct wf_plan_step *steps; /* of the plan */
	uint32_t step_count, step_room;
	struct fixup *fixups;
	uint32_t fixup_count, fixup_room;
	struct unit unit;
	/* by step of the model, in the lane in hand: its step of the plan, the number of that copy (0:
	 * none), and the group that it forks */
	uint32_t *plan_step, *copy, *group;
	uint32_t *copies;       /* by step of the model: how many there are so far */
	uint32_t *block_group;  /* by list whose steps are a group */
	uint32_t *undo, *notify; /* by step, by notification: the first of the plan's */
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

/* The step of the plan that one of the model is here. */
static inline uint32_t here(const struct compiler *c, uint32_t step)
{
	return step == WF_NONE ? WF_NONE : c->plan_step[step];
}

/* Between steps of the plan. `pc` is executed when it is taken; WF_NONE: nothing tells. */
static inline void draw(struct compiler *c, uint32_t pc, uint32_t from, uint32_t to,
	enum wf_edge_kind kind, const char *label)
{
	if (c->unit.copy)
		return;
	struct wf_plan_edge edge = {from, to, kind, string(c, label), pc};

	(void)wf_plan_add_edge(&c->b, &edge);
}

static inline void predicate(struct compiler *c, const struct wf_model_expr *e)
{
	mark(c, e->node);
	wf_emit_expr(c->emitter, e->expr);
}

/* The query's value of the top; null where it has none. */
static inline void emit_query(struct compiler *c, const struct wf_model_query *q)
{
	mark(c, q->node);
	(void)wf_plan_emit(&c->b, WF_OP_QUERY, (uint8_t)q->language, string(c, q->node->string.text));
	uint32_t over = emit_jump(c, WF_OP_DEFINED);
	emit(c, WF_OP_POP, 0);
	emit_const(c, json_null());
	land(c, over);
}

static inline void tree(struct compiler *c, const struct wf_model_tree *t)
{
	mark(c, t->node);
	wf_emit_expr(c->emitter, wf_expr_tree_root(t->tree));
}

/* -- units.c -- */

/* Emits a list of the main flow or the handler, with all that lies in it. */
void wf_compile_list(struct compiler *c, uint32_t block);
/* A new step of the plan. */
uint32_t wf_compile_new_step(struct compiler *c);
/* The group of a step that forks; FORK, with what it takes. */
void wf_compile_fork(struct compiler *c, uint32_t step);

/* -- step.c -- */

/* Emits a step of the flow. */
void wf_compile_step(struct compiler *c, uint32_t step);
/* The row of a step of the plan, which begins here; its input. `copy` 0 is none. */
void wf_compile_step_row(struct compiler *c, uint32_t plan_step, const struct wf_model_step *s,
	uint32_t copy);
void wf_compile_input(struct compiler *c, uint32_t plan_step, const struct wf_model_step *s);
/* The workflow's output. */
void wf_compile_result(struct compiler *c);

/* -- action.c -- */

/* The top, what a defined action is given, becomes the input of what performs it in the end. */
void wf_compile_defined_input(
	struct compiler *c, uint32_t plan_step, const struct wf_model_step *s);
/* Once it has been performed: the definitions' outputs. */
void wf_compile_defined_result(
	struct compiler *c, uint32_t plan_step, const struct wf_model_step *s);

/* -- bodies.c -- */

/* Emits what stands beside a step: its notifications, match and compensation. */
void wf_compile_beside(struct compiler *c, const uint32_t *steps, uint32_t count);
/* What stands beside the workflow. */
void wf_compile_bodies(struct compiler *c);

#endif
