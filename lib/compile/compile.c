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
 * Jumps back lead to an `enter` only, which counts visits; a list's end stands behind all of its
 * steps, so that every way to it leads forward:
 *
 *      END:    <output>                finish          of the workflow
 *              member.end G                            of a branch, an item, a step of a DAG
 *              <output>                rethrow         of the workflow's on_failure
 *
 * Lists follow one another, each with its end and with what stands beside its steps: notifications and
 * compensations, each a step of its own,
 *
 *      N:      enter N
 *              <input>                 perform N       of a compensation: undo.input
 *              leave N
 *      FAIL:   halt
 *
 * bodies that are one expression, and those of `each`. Behind a list come those that its own steps
 * have. Such a step, instead of performing something,
 *
 *              <items>                 fork G          undef of branches
 *
 * begins group G and rests until it is over. The members of `parallel` are its branches, in their
 * order. The members of `foreach` are as many lanes as may be in hand at once, each a copy of the body
 * with steps, groups and bodies of its own: what an expression calls by a step's id is, in a lane, the
 * copy of that lane. A list with `depends_on` is sorted and runs like any other, unless
 * `concurrency.steps` is more than one: then it is `undef; fork G` and its end, and each of its steps a
 * member of that group.
 *
 * The author's steps are the first of the plan, in the order of the text; then comes what stands
 * beside, and the copies ("ID#1", "ID#2" …), as they are emitted.
 */
#include "compile/compile.h"

#include "base/limits.h"
#include "compile/compiler.h"

/* The names in a list of error types that are none of wfctl's: new, NULL when there are none. */
static json_t *own_types(const struct wf_node *list)
{
	json_t *names = json_array();

	for (size_t i = 0; list && list->kind == WF_NODE_LIST && i < list->list.count; i++)
		if (wf_error_type_find(list->list.items[i]->string.text) == WF_ERROR_COUNT_)
			json_array_append_new(names, json_string(list->list.items[i]->string.text));
	if (json_array_size(names))
		return names;
	json_decref(names);
	return NULL;
}

static void put_own_types(json_t *all, const struct wf_model_step *s)
{
	static const char *const keys[] = {"on", "except"};
	json_t *of = json_object();

	for (size_t i = 0; i < 2 && s && s->retry_from; i++)
		json_object_set_new(of, keys[i], own_types(wf_node_get(s->retry_from, keys[i])));
	if (json_object_size(of))
		json_object_set(all, s->id, of);
	json_decref(of);
}

/* What the bits of a policy cannot say: lib/plan/retry.c reads it. */
static void put_retry_types(json_t *extra, const struct wf_model *m)
{
	json_t *all = json_object();

	for (uint32_t i = 0; i < m->step_count; i++) {
		put_own_types(all, &m->steps[i]);
		put_own_types(all, m->steps[i].compensate);
	}
	for (uint32_t i = 0; i < m->notify_count; i++)
		put_own_types(all, &m->notifies[i].step);
	if (json_object_size(all))
		json_object_set(extra, "retry_types", all);
	json_decref(all);
}

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
	put_retry_types(extra, m);
	p->extra = wf_plan_add_const(&c->b, extra);
	json_decref(extra);
	p->entry_pc = 0;
	p->failure_pc = WF_NONE;
}

/* The code of the workflow's own handler; its end gives the failed instance its output. */
static void emit_handler(struct compiler *c)
{
	const struct wf_model *m = c->model;

	if (m->handler == WF_NONE && !m->failure_output.tree)
		return;
	c->b.plan.failure_pc = wf_plan_here(&c->b);
	if (m->handler != WF_NONE) {
		wf_compile_list(c, m->handler);
		return;
	}
	tree(c, &m->failure_output);
	emit(c, WF_OP_RETHROW, 0);
	wf_emit_flush(c->emitter);
}

static bool undoes(const struct wf_model *m)
{
	for (uint32_t i = 0; i < m->step_count; i++)
		if (m->steps[i].compensate)
			return m->compensates;
	return false;
}

static uint32_t *numbers(uint32_t count, uint32_t value, bool rising)
{
	uint32_t *list = wf_calloc((size_t)count + 1, sizeof *list);

	for (uint32_t i = 0; i < count; i++)
		list[i] = rising ? value + i : value;
	return list;
}

static void begin(struct compiler *c)
{
	const struct wf_model *m = c->model;

	wf_plan_builder_init(&c->b);
	c->emitter = wf_emitter_new(&c->b);
	c->plan_step = numbers(m->step_count, 0, true);
	c->copy = numbers(m->step_count, 0, false);
	c->copies = numbers(m->step_count, 0, false);
	c->group = numbers(m->step_count, WF_NONE, false);
	c->undo = numbers(m->step_count, WF_NONE, false);
	c->notify = numbers(m->notify_count, WF_NONE, false);
	c->block_group = numbers(m->block_count, WF_NONE, false);
	wf_emitter_map(c->emitter, c->plan_step, c->group);
	for (uint32_t i = 0; i < m->step_count; i++)
		(void)wf_compile_new_step(c);
	c->unit = (struct unit){.group = WF_NONE, .member = WF_NONE};
}

static void end(struct compiler *c)
{
	wf_emitter_free(c->emitter);
	wf_plan_builder_done(&c->b);
	wf_free(c->plan_step);
	wf_free(c->copy);
	wf_free(c->copies);
	wf_free(c->group);
	wf_free(c->undo);
	wf_free(c->notify);
	wf_free(c->block_group);
	wf_free(c->steps);
	wf_free(c->fixups);
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

	begin(&c);
	emit_workflow(&c);
	draw(&c, WF_NONE, WF_NONE, model->blocks[0].first, WF_EDGE_NEXT, NULL);
	wf_compile_list(&c, 0);
	emit_handler(&c);
	c.b.plan.compensate = undoes(model);
	for (uint32_t i = 0; i < c.step_count; i++)
		(void)wf_plan_add_step(&c.b, &c.steps[i]);
	int rc = finish(&c.b, out, cause);
	end(&c);
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
