/* What stands beside the flow: notifications, and bodies that are one expression. */
#include "compile/compiler.h"

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

static void emit_component(struct compiler *c, uint32_t index, const struct wf_model_expr *when)
{
	mark(c, when->node);
	begin_body(c, WF_BODY_UI, 0, index);
	wf_emit_expr(c->emitter, when->expr);
	if (when->expr->type->kinds != WF_T_BOOL)
		emit(c, WF_OP_BOOL, 0);
	emit(c, WF_OP_RETURN, 0);
}

/* The input that a query makes of an event's data. */
static void emit_event_query(struct compiler *c, uint32_t trigger, const struct wf_model_query *q)
{
	mark(c, q->node);
	begin_body(c, WF_BODY_TRIGGER_INPUT, trigger, 0);
	(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_EVENT, 0);
	emit(c, WF_OP_GETOPT, string(c, "data"));
	emit_query(c, q);
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

/* The row of a step that stands beside another one; *first is the step of the plan that it was first. */
static uint32_t begin_beside(
	struct compiler *c, const struct wf_model_step *s, uint32_t of, uint32_t *first)
{
	uint32_t step = wf_compile_new_step(c);

	wf_compile_step_row(c, step, s, c->copy[of]);
	*first = *first == WF_NONE ? step : *first;
	c->steps[step].origin = *first;
	emit(c, WF_OP_ENTER, step);
	return step;
}

/* It ends whether it went well or not. */
static void end_beside(struct compiler *c, const struct wf_model_step *s, uint32_t step)
{
	mark(c, s->action_node);
	emit(c, WF_OP_PERFORM, step);
	emit(c, WF_OP_LEAVE, step);
	c->steps[step].fail_pc = wf_plan_here(&c->b);
	emit(c, WF_OP_HALT, 0);
}

static void emit_notification(struct compiler *c, const struct wf_model_notify *n)
{
	const struct wf_model_step *s = &n->step;
	uint32_t place = (uint32_t)(n - c->model->notifies);
	uint32_t index = place - c->model->steps[n->of].notify_first;

	mark(c, s->node);
	begin_body(c, WF_BODY_NOTIFY, here(c, n->of), index);
	uint32_t pc = wf_plan_here(&c->b), step = begin_beside(c, s, n->of, &c->notify[place]);
	wf_compile_input(c, step, s);
	end_beside(c, s, step);
	draw(c, pc, here(c, n->of), step, WF_EDGE_NOTIFY, label_of(c, n, index));
}

/* What undoes a step, and what that is given, which is computed when the step is left. */
static void emit_compensation(struct compiler *c, uint32_t of)
{
	const struct wf_model_step *s = c->model->steps[of].compensate;

	mark(c, s->node);
	begin_body(c, WF_BODY_COMPENSATE, here(c, of), 0);
	uint32_t step = begin_beside(c, s, of, &c->undo[of]);
	emit(c, WF_OP_UNDOINPUT, 0);
	if (s->defined)
		wf_compile_defined_input(c, step, s);
	end_beside(c, s, step);
	c->steps[here(c, of)].compensation = step;
	mark(c, s->node);
	begin_body(c, WF_BODY_UNDO_INPUT, here(c, of), 0);
	if (s->with.tree)
		tree(c, &s->with);
	else
		emit_const(c, json_object());
	emit(c, WF_OP_RETURN, 0);
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
			draw(c, WF_NONE, here(c, step), here(c, step), WF_EDGE_NOTIFY, label);
		}
	}
}

void wf_compile_beside(struct compiler *c, const uint32_t *steps, uint32_t count)
{
	const struct wf_model *m = c->model;

	for (uint32_t i = 0; i < count; i++)
		if (m->steps[steps[i]].action == WF_ACT_APPROVAL_REQUEST)
			draw_escalations(c, steps[i]);
	for (uint32_t i = 0; i < count; i++) {
		const struct wf_model_step *s = &m->steps[steps[i]];

		for (uint32_t k = 0; k < s->notify_count; k++)
			emit_notification(c, &m->notifies[s->notify_first + k]);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct wf_model_step *s = &m->steps[steps[i]];

		if (s->match.expr)
			emit_body(c, WF_BODY_MATCH, here(c, steps[i]), s->match.node, s->match.expr);
		if (s->compensate)
			emit_compensation(c, steps[i]);
	}
}

void wf_compile_bodies(struct compiler *c)
{
	const struct wf_model *m = c->model;

	if (m->correlation.expr)
		emit_body(c, WF_BODY_CORRELATION, 0, m->correlation.node, m->correlation.expr);
	for (uint32_t i = 0; i < m->trigger_count; i++) {
		const struct wf_model_trigger *t = &m->triggers[i];

		if (t->when.expr)
			emit_body(c, WF_BODY_TRIGGER_WHEN, i, t->when.node, t->when.expr);
		if (t->input.tree)
			emit_body(c, WF_BODY_TRIGGER_INPUT, i, t->input.node,
				wf_expr_tree_root(t->input.tree));
		if (t->made.expr)
			emit_body(c, WF_BODY_TRIGGER_INPUT, i, t->made.node, t->made.expr);
		if (t->query.node)
			emit_event_query(c, i, &t->query);
	}
	for (uint32_t i = 0; i < m->component_count; i++)
		if (m->components[i].when.expr)
			emit_component(c, i, &m->components[i].when);
	if (m->slot_key.expr)
		emit_body(c, WF_BODY_SLOT_KEY, 0, m->slot_key.node, m->slot_key.expr);
}
