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
	wf_compile_step_row(c, step, s);
	emit(c, WF_OP_ENTER, step);
	wf_compile_input(c, s);
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

void wf_compile_bodies(struct compiler *c)
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
