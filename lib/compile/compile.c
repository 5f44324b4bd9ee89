/*
 * The model to a plan.
 *
 * A step is, in this order:
 *
 *      S:      enter S
 *              <condition>             unless SKIP
 *              <idempotency key>       key S
 *              <input>                 perform S       rests here; goes on with success
 *              <output template>       shape S
 *              <value>                 setvar NAME     for each of `set`
 *              leave S
 *              <transitions, decisions>
 *      SKIP:   skip S
 *              jump to the step below
 *      FAIL:   <type and code compared>, jump to a handler, to the step below, or reraise S
 *
 * Jumps back lead to an `enter` only, which counts visits; the end stands behind all steps, so that
 * every way to it leads forward. Behind it come the notifications of approvals, each a step of its
 * own beside the flow,
 *
 *      N:      enter N
 *              <input>                 perform N
 *              leave N
 *      FAIL:   halt
 *
 * then the plan's other bodies, and last those of `each`.
 */
#include "compile/compile.h"

#include "base/limits.h"
#include "compile/compiler.h"

static void emit_workflow(struct compiler *c)
{
	const struct wf_model *m = c->model;
	struct wf_plan *p = &c->b.plan;
	json_t *extra = json_copy(m->extra);

	p->workflow = string(c, m->id);
	p->version = string(c, m->version);
	p->name = string(c, m->name);
	p->description = string(c, m->description);
	p->source_name = WF_NONE;
	p->timeout_ms = m->timeout_ms;
	p->input_schema = m->input_schema ? wf_plan_add_const(&c->b, m->input_schema) : WF_NONE;
	p->output_schema = m->output_schema ? wf_plan_add_const(&c->b, m->output_schema) : WF_NONE;
	p->vars = m->vars ? wf_plan_add_const(&c->b, m->vars) : WF_NONE;
	json_object_set_new(extra, "failure_result", json_string(m->failure_result));
	p->extra = wf_plan_add_const(&c->b, extra);
	json_decref(extra);
	p->entry_pc = 0;
}

static void emit_end(struct compiler *c)
{
	const struct wf_model *m = c->model;
	uint32_t end = wf_plan_here(&c->b);

	mark(c, m->id_node);
	wf_compile_result(c);
	(void)wf_plan_emit(&c->b, WF_OP_FINISH, 0, string(c, m->success_result));
	for (uint32_t i = 0; i < c->fixup_count; i++) {
		const struct fixup *f = &c->fixups[i];
		wf_plan_patch(&c->b, f->pc, f->step == WF_NONE ? end : c->steps[f->step].enter_pc);
	}
	wf_compile_bodies(c);
	wf_emit_flush(c->emitter);
}

/* Appends the bytes, unless there are too many. */
static int finish(struct wf_plan_builder *b, struct wf_buf *out, struct wf_cause *cause)
{
	size_t before = out->len;

	if (b->plan.code_count > WF_MAX_CODE)
		return wf_fail(cause, WF_ELIMIT,
			"the plan would have %u instructions, more than %u", b->plan.code_count,
			WF_MAX_CODE);
	wf_plan_encode(b, out);
	if (out->len - before <= WF_MAX_PLAN_BYTES)
		return 0;
	size_t len = out->len - before;
	out->len = before;
	out->data[before] = '\0';
	return wf_fail(cause, WF_ELIMIT, "the plan would have %zu bytes, more than %u", len,
		WF_MAX_PLAN_BYTES);
}

int wf_compile(const struct wf_model *model, struct wf_buf *out, struct wf_cause *cause)
{
	struct compiler c = {.model = model};

	wf_plan_builder_init(&c.b);
	c.emitter = wf_emitter_new(&c.b);
	uint32_t steps = model->step_count + model->notify_count;
	c.steps = wf_calloc((size_t)steps + 1, sizeof *c.steps);
	emit_workflow(&c);
	draw(&c, WF_NONE, model->step_count ? 0 : WF_NONE, WF_EDGE_NEXT, NULL);
	for (uint32_t i = 0; i < model->step_count; i++)
		wf_compile_step(&c, i);
	emit_end(&c);
	for (uint32_t i = 0; i < steps; i++)
		(void)wf_plan_add_step(&c.b, &c.steps[i]);
	int rc = finish(&c.b, out, cause);
	wf_emitter_free(c.emitter);
	wf_plan_builder_done(&c.b);
	wf_free(c.steps);
	wf_free(c.fixups);
	return rc;
}

int wf_compile_expr(struct wf_expr *resolved, struct wf_buf *out, uint32_t *ret_pc)
{
	struct wf_plan_builder b;
	struct wf_emitter *emitter;

	wf_plan_builder_init(&b);
	emitter = wf_emitter_new(&b);
	b.plan.workflow = wf_plan_add_string(&b, "eval");
	b.plan.version = b.plan.name = b.plan.description = b.plan.source_name = WF_NONE;
	b.plan.input_schema = b.plan.output_schema = b.plan.vars = b.plan.extra = WF_NONE;
	(void)wf_plan_emit(&b, WF_OP_UNDEF, 0, 0);
	(void)wf_plan_emit(&b, WF_OP_FINISH, 0, wf_plan_add_string(&b, "success"));
	uint32_t pc = wf_plan_here(&b);
	wf_emit_expr(emitter, resolved);
	(void)wf_plan_emit(&b, WF_OP_RETURN, 0, 0);
	wf_emit_flush(emitter);
	int rc = finish(&b, out, NULL);
	wf_emitter_free(emitter);
	wf_plan_builder_done(&b);
	if (rc == 0)
		*ret_pc = pc;
	return rc;
}
