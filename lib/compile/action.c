/*
 * A step whose action is defined: how it is performed becomes part of the plan, so that the plan
 * needs no definition. For a step S with the action A, which B performs, which a built-in performs:
 *
 *              <with of S>             validate A's input      bind input
 *              <idempotency key of A>  key S
 *              <with of A>             unbind input
 *                                      validate B's input      bind input
 *              <with of B>             unbind input
 *                                      perform S
 *              <result of B>           validate B's output     bind output
 *              <result of A>           validate A's output     bind output
 *              root output             shape S
 *
 * Templates of a definition read the root `input`, which is what was given to it.
 */
#include "compile/compiler.h"
#include "model/catalog.h"

/* The top against the schema; `defaults`: it gets those first. */
static void emit_validate(
	struct compiler *c, const struct wf_action_def *def, json_t *schema, bool defaults)
{
	if (!schema)
		return;
	json_t *against = json_pack("{s:s, s:s, s:b, s:O}", "action", def->id, "of",
		defaults ? "input" : "output", "defaults", defaults, "schema", schema);
	emit(c, WF_OP_VALIDATE, wf_plan_add_const(&c->b, against));
	json_decref(against);
}

/* The step's own `with` is on the stack. */
void wf_compile_defined_input(struct compiler *c, uint32_t step, const struct wf_model_step *s)
{
	bool own_key = s->idempotency_key.tree != NULL;

	for (const struct wf_action_def *def = s->defined; def; def = def->step->defined) {
		const struct wf_model_step *means = def->step;

		emit_validate(c, def, def->model->input_schema, true);
		(void)wf_plan_emit(&c->b, WF_OP_BIND, WF_ROOT_INPUT, 0);
		if (means->idempotency_key.tree && !own_key) {
			wf_emit_expr(c->emitter, wf_expr_tree_root(means->idempotency_key.tree));
			emit(c, WF_OP_KEY, step);
			own_key = true;
		}
		if (means->with.tree)
			wf_emit_expr(c->emitter, wf_expr_tree_root(means->with.tree));
		else
			emit_const(c, json_object());
		(void)wf_plan_emit(&c->b, WF_OP_UNBIND, WF_ROOT_INPUT, 0);
	}
}

/* From the inside to the outside. Whether it made an output. */
static bool emit_result(struct compiler *c, const struct wf_action_def *def)
{
	const struct wf_model_step *means = def->step;
	bool made = means->defined && emit_result(c, means->defined);

	if (!means->output.tree && !def->model->output_schema)
		return made;
	if (means->output.tree)
		wf_emit_expr(c->emitter, wf_expr_tree_root(means->output.tree));
	else
		(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_OUTPUT, 0);
	emit_validate(c, def, def->model->output_schema, false);
	(void)wf_plan_emit(&c->b, WF_OP_BIND, WF_ROOT_OUTPUT, 0);
	return true;
}

void wf_compile_defined_result(struct compiler *c, uint32_t step, const struct wf_model_step *s)
{
	if (!emit_result(c, s->defined))
		return;
	(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_OUTPUT, 0);
	emit(c, WF_OP_SHAPE, step);
}
