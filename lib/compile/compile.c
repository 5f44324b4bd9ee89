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
#include "compile/emit.h"

#include <string.h>

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

static uint32_t string(struct compiler *c, const char *s)
{
	return s ? wf_plan_add_string(&c->b, s) : WF_NONE;
}

static void emit(struct compiler *c, enum wf_opcode op, uint32_t operand)
{
	(void)wf_plan_emit(&c->b, op, 0, operand);
}

static void emit_const(struct compiler *c, json_t *stolen)
{
	emit(c, WF_OP_CONST, wf_plan_add_const(&c->b, stolen));
	json_decref(stolen);
}

static void mark(struct compiler *c, const struct wf_node *node)
{
	if (node && node->span.line)
		wf_plan_mark(&c->b, node->span.line, node->span.column);
}

/* A jump to be patched, by hand or by `land`. */
static uint32_t emit_jump(struct compiler *c, enum wf_opcode op)
{
	return wf_plan_emit(&c->b, op, 0, 0);
}

static void land(struct compiler *c, uint32_t pc)
{
	wf_plan_patch(&c->b, pc, wf_plan_here(&c->b));
}

static uint32_t following(const struct compiler *c, uint32_t step)
{
	return step + 1 < c->model->step_count ? step + 1 : WF_NONE;
}

/* The step that a target means; WF_NONE is the end. */
static uint32_t aim(const struct compiler *c, uint32_t step, const struct wf_target *to)
{
	if (to->kind == WF_TO_NEXT)
		return following(c, step);
	return to->kind == WF_TO_END ? WF_NONE : to->step;
}

static void jump_to_step(struct compiler *c, uint32_t step)
{
	WF_GROW(c->fixups, c->fixup_count, c->fixup_room);
	c->fixups[c->fixup_count++] = (struct fixup){emit_jump(c, WF_OP_JUMP), step};
}

static void draw(
	struct compiler *c, uint32_t from, uint32_t to, enum wf_edge_kind kind, const char *label)
{
	struct wf_plan_edge edge = {from, to, kind, string(c, label)};

	(void)wf_plan_add_edge(&c->b, &edge);
}

/* The text of an expression, as it was written. */
static const char *text_of(const struct wf_model_expr *e)
{
	if (!e->node)
		return NULL;
	if (e->node->kind == WF_NODE_BOOL)
		return e->node->boolean ? "true" : "false";
	return e->node->string.text;
}

static void predicate(struct compiler *c, const struct wf_model_expr *e)
{
	mark(c, e->node);
	wf_emit_expr(c->emitter, e->expr);
}

static void tree(struct compiler *c, const struct wf_model_tree *t)
{
	mark(c, t->node);
	wf_emit_expr(c->emitter, wf_expr_tree_root(t->tree));
}

/* -- the parts of a step -- */

static void emit_input(struct compiler *c, const struct wf_model_step *s)
{
	if (s->action == WF_ACT_DATA_TRANSFORM) {
		if (s->with.tree) {
			tree(c, &s->with);
			(void)wf_plan_emit(&c->b, WF_OP_BIND, WF_ROOT_INPUT, 0);
		}
		predicate(c, &s->transform);
		if (s->with.tree)
			(void)wf_plan_emit(&c->b, WF_OP_UNBIND, WF_ROOT_INPUT, 0);
		return;
	}
	mark(c, s->action_node);
	if (s->request)
		wf_emit_expr(c->emitter, s->request);
	else if (s->with.tree)
		tree(c, &s->with);
	else
		emit_const(c, json_object());
}

static void emit_set(struct compiler *c, const struct wf_model_step *s)
{
	const struct wf_expr *root = wf_expr_tree_root(s->set.tree);
	const char *name;
	json_t *value;

	mark(c, s->set.node);
	if (root->kind == WF_EXPR_LITERAL) {
		json_object_foreach(root->value, name, value)
		{
			emit_const(c, json_incref(value));
			emit(c, WF_OP_SETVAR, string(c, name));
		}
		return;
	}
	for (uint32_t i = 0; i + 1 < root->arg_count; i += 2) {
		wf_emit_expr(c->emitter, root->args[i + 1]);
		emit(c, WF_OP_SETVAR, string(c, json_string_value(root->args[i]->value)));
	}
}

/* None of the transitions held. */
static void emit_no_transition(struct compiler *c, uint32_t step)
{
	emit_const(
		c, json_pack("{s:s, s:s, s:s}", "error_type",
			   wf_error_types[WF_ERROR_VALIDATION].name, "code", "no_transition",
			   "message", "no transition of `next` holds, and none is without `when`"));
	emit(c, WF_OP_RAISE, step);
}

static void emit_next(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];

	for (uint32_t i = 0; i < s->next_count; i++) {
		const struct wf_transition_rule *rule = &s->next[i];
		uint32_t to = aim(c, step, &rule->to), over;

		draw(c, step, to, rule->when.node ? WF_EDGE_CONDITION : WF_EDGE_NEXT,
			text_of(&rule->when));
		if (!rule->when.node) {
			jump_to_step(c, to);
			return;
		}
		predicate(c, &rule->when);
		over = emit_jump(c, WF_OP_UNLESS);
		jump_to_step(c, to);
		land(c, over);
	}
	emit_no_transition(c, step);
}

/* Where the flow goes on when nothing else is said. `fall`: the step below follows at once. */
static void emit_onward(struct compiler *c, uint32_t step, bool fall)
{
	const struct wf_model_step *s = &c->model->steps[step];

	if (s->next_node) {
		mark(c, s->next_node);
		emit_next(c, step);
		return;
	}
	if (!fall)
		jump_to_step(c, following(c, step));
	if (s->action != WF_ACT_FAIL)
		draw(c, step, following(c, step), WF_EDGE_NEXT, NULL);
}

static void emit_result(struct compiler *c)
{
	if (c->model->success_output.tree)
		tree(c, &c->model->success_output);
	else
		emit(c, WF_OP_UNDEF, 0);
}

static void emit_decision(
	struct compiler *c, uint32_t step, const struct wf_decision_rule *rule, bool approve)
{
	const struct wf_model *m = c->model;
	bool well = wf_model_ends_well(m, rule, approve);

	mark(c, rule->node);
	draw(c, step, aim(c, step, &rule->to), WF_EDGE_DECISION, approve ? "approve" : "reject");
	if (rule->to.kind != WF_TO_END) {
		jump_to_step(c, aim(c, step, &rule->to));
	} else if (well && (!rule->result || strcmp(rule->result, m->success_result) == 0)) {
		jump_to_step(c, WF_NONE);
	} else {
		const char *result = rule->result ? rule->result : m->failure_result;

		if (well)
			emit_result(c);
		else
			emit(c, WF_OP_UNDEF, 0);
		(void)wf_plan_emit(&c->b, WF_OP_FINISH, well ? 0 : 1, string(c, result));
	}
}

/* Output and variables, once the action has succeeded. */
static void emit_leave(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];

	if (s->output.tree) {
		tree(c, &s->output);
		emit(c, WF_OP_SHAPE, step);
	}
	if (s->set.tree)
		emit_set(c, s);
	if (s->set_all) {
		(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_OUTPUT, 0);
		emit(c, WF_OP_SETVARS, 0);
	}
	emit(c, WF_OP_LEAVE, step);
}

/* A rejection that has a branch. The decision is looked at in the raw output, before the step is
 * left: an `output` template may drop it. */
static void emit_rejection(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];
	uint32_t approved;

	mark(c, s->on_reject.node);
	(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_OUTPUT, 0);
	emit(c, WF_OP_GETOPT, string(c, "decision"));
	emit_const(c, json_string("reject"));
	emit(c, WF_OP_EQ, 0);
	approved = emit_jump(c, WF_OP_UNLESS);
	emit_leave(c, step);
	emit_decision(c, step, &s->on_reject, false);
	land(c, approved);
}

/* -- failures -- */

static bool handles_failure(const struct wf_model_step *s)
{
	return s->on_failure_node && (s->handler_count || s->failure_action == WF_FAIL_CONTINUE);
}

static uint32_t emit_error_is(struct compiler *c, const char *member, const char *value)
{
	(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_ERROR, 0);
	emit(c, WF_OP_GETOPT, string(c, member));
	emit_const(c, json_string(value));
	emit(c, WF_OP_EQ, 0);
	return emit_jump(c, WF_OP_UNLESS);
}

/* One handler; true when it takes any failure, so that nothing after it is reached. */
static bool emit_handler(struct compiler *c, uint32_t step, const struct wf_failure_rule *rule)
{
	uint32_t other_type = WF_NONE, other_code = WF_NONE;
	uint32_t to = aim(c, step, &rule->to);
	WF_AUTOFREE char *label = wf_asprintf("%s%s%s", rule->error_type ? rule->error_type : "",
		rule->error_type && rule->error_code ? " " : "",
		rule->error_code ? rule->error_code : "");

	mark(c, rule->node);
	if (rule->error_type)
		other_type = emit_error_is(c, "type", rule->error_type);
	if (rule->error_code)
		other_code = emit_error_is(c, "code", rule->error_code);
	jump_to_step(c, to);
	draw(c, step, to, WF_EDGE_FAILURE, label[0] ? label : "fails");
	if (other_type != WF_NONE)
		land(c, other_type);
	if (other_code != WF_NONE)
		land(c, other_code);
	return other_type == WF_NONE && other_code == WF_NONE;
}

static void emit_failure(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];
	bool taken = false;

	mark(c, s->on_failure_node);
	c->steps[step].fail_pc = wf_plan_here(&c->b);
	for (uint32_t i = 0; i < s->handler_count && !taken; i++)
		taken = emit_handler(c, step, &s->handlers[i]);
	if (taken)
		return;
	mark(c, s->on_failure_node);
	if (s->failure_action == WF_FAIL_CONTINUE) {
		jump_to_step(c, aim(c, step, &s->failure_to));
		draw(c, step, aim(c, step, &s->failure_to), WF_EDGE_FAILURE, "fails");
	} else {
		emit(c, WF_OP_RERAISE, step);
	}
}

/* -- the whole -- */

static void plan_step(struct compiler *c, uint32_t step, const struct wf_model_step *s)
{
	const struct wf_node *at = s->id_node ? s->id_node : s->node;

	c->steps[step] = (struct wf_plan_step){
		.id = string(c, s->id),
		.name = string(c, s->name),
		.action = s->action,
		.on_crash = s->on_crash,
		.retry = s->retry,
		.timeout_ms = s->timeout_ms,
		.deadline_ms = s->deadline_ms,
		.max_visits = s->max_visits,
		.enter_pc = wf_plan_here(&c->b),
		.fail_pc = WF_NONE,
		.line = at->span.line,
		.column = at->span.column,
	};
}

static void emit_step(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];
	uint32_t skip = WF_NONE;

	mark(c, s->id_node);
	plan_step(c, step, s);
	emit(c, WF_OP_ENTER, step);
	if (s->condition.expr) {
		predicate(c, &s->condition);
		skip = emit_jump(c, WF_OP_UNLESS);
	}
	if (s->idempotency_key.tree) {
		tree(c, &s->idempotency_key);
		emit(c, WF_OP_KEY, step);
	}
	emit_input(c, s);
	mark(c, s->action_node);
	emit(c, WF_OP_PERFORM, step);
	if (s->on_reject.node)
		emit_rejection(c, step);
	emit_leave(c, step);
	if (s->on_approve.node)
		emit_decision(c, step, &s->on_approve, true);
	else
		emit_onward(c, step, skip == WF_NONE && !handles_failure(s));
	if (skip != WF_NONE) {
		land(c, skip);
		mark(c, s->condition.node);
		emit(c, WF_OP_SKIP, step);
		if (handles_failure(s))
			jump_to_step(c, following(c, step));
		if (s->next_node || s->on_approve.node)
			draw(c, step, following(c, step), WF_EDGE_CONDITION, "skipped");
	}
	if (handles_failure(s))
		emit_failure(c, step);
}

/* -- beside the flow -- */

static void begin_body(struct compiler *c, enum wf_body_kind kind, uint32_t of, uint32_t index)
{
	struct wf_plan_body body = {kind, of, index, wf_plan_here(&c->b)};

	(void)wf_plan_add_body(&c->b, &body);
}

static void emit_body(struct compiler *c, enum wf_body_kind kind, uint32_t of,
	const struct wf_node *node, const struct wf_expr *e)
{
	mark(c, node);
	begin_body(c, kind, of, 0);
	wf_emit_expr(c->emitter, e);
	if ((kind == WF_BODY_MATCH || kind == WF_BODY_TRIGGER_WHEN) && e->type->kinds != WF_T_BOOL)
		emit(c, WF_OP_BOOL, 0);
	emit(c, WF_OP_RETURN, 0);
}

static const char *label_of(struct compiler *c, const struct wf_model_notify *n, uint32_t index)
{
	const struct wf_node *with = c->model->steps[n->of].with_node, *item = NULL;
	const struct wf_node *list = wf_node_get(with, "escalations"), *text;

	if (n->reminder) {
		text = wf_node_get(wf_node_get(with, "reminders"), "every");
		return text ? wf_arena_printf(c->model->arena, "every %s", text->string.text) : NULL;
	}
	for (size_t i = 0; list && i < list->list.count; i++)
		if (wf_node_get(list->list.items[i], "notify") && index-- == 0)
			item = list->list.items[i];
	text = wf_node_get(item, "after");
	return text ? wf_arena_printf(c->model->arena, "after %s", text->string.text) : NULL;
}

static void emit_notification(struct compiler *c, const struct wf_model_notify *n, uint32_t step)
{
	const struct wf_model_step *s = &n->step;
	uint32_t index = (uint32_t)(n - c->model->notifies) - c->model->steps[n->of].notify_first;

	mark(c, s->node);
	begin_body(c, WF_BODY_NOTIFY, n->of, index);
	plan_step(c, step, s);
	emit(c, WF_OP_ENTER, step);
	emit_input(c, s);
	mark(c, s->action_node);
	emit(c, WF_OP_PERFORM, step);
	emit(c, WF_OP_LEAVE, step);
	c->steps[step].fail_pc = wf_plan_here(&c->b);
	emit(c, WF_OP_HALT, 0);
	draw(c, n->of, step, WF_EDGE_NOTIFY, label_of(c, n, index));
}

/* What an escalation does to the approval itself: an edge that comes back to it. */
static void draw_escalations(struct compiler *c, uint32_t step)
{
	static const struct {
		const char *key, *label;
	} does[] = {{"add_approvers", "asks more people"}, {"escalate_to", "asks others instead"},
		{"decide", NULL}};
	const struct wf_node *list = wf_node_get(c->model->steps[step].with_node, "escalations");

	for (size_t i = 0; list && i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i], *after = wf_node_get(item, "after");
		for (size_t k = 0; k < sizeof does / sizeof *does; k++) {
			const struct wf_node *node = wf_node_get(item, does[k].key);
			if (!node)
				continue;
			WF_AUTOFREE char *label = wf_asprintf("after %s: %s", after->string.text,
				does[k].label ? does[k].label : node->string.text);
			draw(c, step, step, WF_EDGE_NOTIFY, label);
		}
	}
}

static void emit_bodies(struct compiler *c)
{
	const struct wf_model *m = c->model;

	for (uint32_t i = 0; i < m->step_count; i++)
		if (m->steps[i].action == WF_ACT_APPROVAL_REQUEST)
			draw_escalations(c, i);
	for (uint32_t i = 0; i < m->notify_count; i++)
		emit_notification(c, &m->notifies[i], m->step_count + i);
	if (m->correlation.expr)
		emit_body(c, WF_BODY_CORRELATION, 0, m->correlation.node, m->correlation.expr);
	for (uint32_t i = 0; i < m->step_count; i++)
		if (m->steps[i].match.expr)
			emit_body(c, WF_BODY_MATCH, i, m->steps[i].match.node,
				m->steps[i].match.expr);
	for (uint32_t i = 0; i < m->trigger_count; i++) {
		const struct wf_model_trigger *t = &m->triggers[i];

		if (t->when.expr)
			emit_body(c, WF_BODY_TRIGGER_WHEN, i, t->when.node, t->when.expr);
		if (t->input.tree)
			emit_body(c, WF_BODY_TRIGGER_INPUT, i, t->input.node,
				wf_expr_tree_root(t->input.tree));
	}
	if (m->slot_key.expr)
		emit_body(c, WF_BODY_SLOT_KEY, 0, m->slot_key.node, m->slot_key.expr);
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
	p->extra = wf_plan_add_const(&c->b, extra);
	json_decref(extra);
	p->entry_pc = 0;
}

static void emit_end(struct compiler *c)
{
	const struct wf_model *m = c->model;
	uint32_t end = wf_plan_here(&c->b);

	mark(c, m->id_node);
	emit_result(c);
	(void)wf_plan_emit(&c->b, WF_OP_FINISH, 0, string(c, m->success_result));
	for (uint32_t i = 0; i < c->fixup_count; i++) {
		const struct fixup *f = &c->fixups[i];
		wf_plan_patch(&c->b, f->pc, f->step == WF_NONE ? end : c->steps[f->step].enter_pc);
	}
	emit_bodies(c);
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
		emit_step(&c, i);
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
