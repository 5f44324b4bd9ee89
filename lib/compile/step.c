/* A step of the model, its failures and where it goes on. compile.c shows what comes of it. */
#include "compile/compiler.h"

#include <string.h>

static uint32_t following(const struct compiler *c, uint32_t step)
{
	return c->unit.alone ? WF_NONE : c->model->steps[step].follow;
}

/* The step that a target means; WF_NONE is the end of the list. */
static uint32_t aim(const struct compiler *c, uint32_t step, const struct wf_target *to)
{
	if (to->kind == WF_TO_NEXT)
		return following(c, step);
	return to->kind == WF_TO_END ? WF_NONE : to->step;
}

static void jump_to_step(struct compiler *c, uint32_t step)
{
	WF_GROW(c->fixups, c->fixup_count, c->fixup_room);
	c->fixups[c->fixup_count++] = (struct fixup){emit_jump(c, WF_OP_JUMP), here(c, step)};
}

/* Between steps of the model, taken by what is emitted next. Without a step to go to it is the end of the
 * list, also of a branch or an item. */
static void draw_way(
	struct compiler *c, uint32_t from, uint32_t to, enum wf_edge_kind kind, const char *label)
{
	draw(c, wf_plan_here(&c->b), here(c, from), here(c, to), kind, label);
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

/* -- its parts -- */

void wf_compile_input(struct compiler *c, uint32_t plan_step, const struct wf_model_step *s)
{
	if (s->query.node) {
		if (s->with.tree)
			tree(c, &s->with);
		else
			(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_DATA, 0);
		emit_query(c, &s->query);
		return;
	}
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
	if (s->defined)
		wf_compile_defined_input(c, plan_step, s);
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
	emit(c, WF_OP_RAISE, here(c, step));
}

static void emit_next(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];

	for (uint32_t i = 0; i < s->next_count; i++) {
		const struct wf_transition_rule *rule = &s->next[i];
		uint32_t to = aim(c, step, &rule->to), over;

		if (!rule->when.node) {
			draw_way(c, step, to, WF_EDGE_NEXT, NULL);
			jump_to_step(c, to);
			return;
		}
		predicate(c, &rule->when);
		over = emit_jump(c, WF_OP_UNLESS);
		draw_way(c, step, to, WF_EDGE_CONDITION, text_of(&rule->when));
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
	/* who falls through has left the step just before */
	if (s->action != WF_ACT_FAIL)
		draw(c, wf_plan_here(&c->b) - fall, here(c, step), here(c, following(c, step)),
			WF_EDGE_NEXT, NULL);
	if (!fall)
		jump_to_step(c, following(c, step));
}

void wf_compile_result(struct compiler *c)
{
	if (c->model->success_output.tree)
		tree(c, &c->model->success_output);
	else
		emit(c, WF_OP_UNDEF, 0);
}

/* A decision that ends a branch or an item, or the workflow's handler, which fails anyhow. */
static void emit_inner_end(
	struct compiler *c, uint32_t step, const struct wf_decision_rule *rule, bool well)
{
	if (well || c->unit.group == WF_NONE) {
		jump_to_step(c, WF_NONE);
		return;
	}
	emit_const(c, json_pack("{s:s, s:s, s:s}", "error_type",
			      wf_error_types[WF_ERROR_REJECTED].name, "code",
			      rule->result ? rule->result : c->model->failure_result, "message",
			      "the decision ends this badly"));
	emit(c, WF_OP_RAISE, here(c, step));
}

static void emit_decision(
	struct compiler *c, uint32_t step, const struct wf_decision_rule *rule, bool approve)
{
	const struct wf_model *m = c->model;
	bool well = wf_model_ends_well(m, rule, approve);
	bool main = c->unit.block == 0 && c->unit.group == WF_NONE;

	mark(c, rule->node);
	draw_way(c, step, aim(c, step, &rule->to), WF_EDGE_DECISION, approve ? "approve" : "reject");
	if (rule->to.kind != WF_TO_END) {
		jump_to_step(c, aim(c, step, &rule->to));
	} else if (!main) {
		emit_inner_end(c, step, rule, well);
	} else if (well && (!rule->result || strcmp(rule->result, m->success_result) == 0)) {
		jump_to_step(c, WF_NONE);
	} else {
		const char *result = rule->result ? rule->result : m->failure_result;

		if (well)
			wf_compile_result(c);
		else
			emit(c, WF_OP_UNDEF, 0);
		(void)wf_plan_emit(&c->b, WF_OP_FINISH, well ? 0 : 1, string(c, result));
	}
}

/* Output and variables, once the action has succeeded. */
static void emit_leave(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];

	if (s->defined)
		wf_compile_defined_result(c, here(c, step), s);
	if (s->output.tree) {
		tree(c, &s->output);
		emit(c, WF_OP_SHAPE, here(c, step));
	}
	if (s->set.tree)
		emit_set(c, s);
	if (s->set_all) {
		(void)wf_plan_emit(&c->b, WF_OP_ROOT, WF_ROOT_OUTPUT, 0);
		emit(c, WF_OP_SETVARS, 0);
	}
	emit(c, WF_OP_LEAVE, here(c, step));
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
	return s->on_failure_node && (s->handler_count || wf_model_goes_on(s));
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
	draw_way(c, step, to, WF_EDGE_FAILURE, label[0] ? label : "fails");
	jump_to_step(c, to);
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
	c->steps[here(c, step)].fail_pc = wf_plan_here(&c->b);
	for (uint32_t i = 0; i < s->handler_count && !taken; i++)
		taken = emit_handler(c, step, &s->handlers[i]);
	if (taken)
		return;
	mark(c, s->on_failure_node);
	if (wf_model_goes_on(s)) {
		draw_way(c, step, aim(c, step, &s->failure_to), WF_EDGE_FAILURE, "fails");
		jump_to_step(c, aim(c, step, &s->failure_to));
	} else {
		emit(c, WF_OP_RERAISE, here(c, step));
	}
}

/* -- the step -- */

static enum wf_action action_of(const struct wf_model_step *s)
{
	static const enum wf_action forks[] = {
		[WF_STEP_PARALLEL] = WF_ACT_PARALLEL, [WF_STEP_FOREACH] = WF_ACT_FOREACH};

	return s->fork ? forks[s->kind] : s->action;
}

void wf_compile_step_row(struct compiler *c, uint32_t plan_step, const struct wf_model_step *s,
	uint32_t copy)
{
	const struct wf_node *at = s->id_node ? s->id_node : s->node;
	WF_AUTOFREE char *id = copy ? wf_asprintf("%s#%u", s->id, copy) : NULL;

	c->steps[plan_step] = (struct wf_plan_step){
		WF_PLAN_STEP_ALONE,
		.id = string(c, id ? id : s->id),
		.name = string(c, s->name),
		.action = action_of(s),
		.on_crash = s->on_crash,
		.retry = s->retry,
		.timeout_ms = s->timeout_ms,
		.deadline_ms = s->deadline_ms,
		.max_visits = s->max_visits,
		.enter_pc = wf_plan_here(&c->b),
		.fail_pc = WF_NONE,
		.line = at->span.line,
		.column = at->span.column,
		.origin = plan_step,
	};
	if (s->defined)
		c->steps[plan_step].action_name = string(c, s->action_name);
}

static void emit_performance(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];

	if (s->fork) {
		wf_compile_fork(c, step);
		return;
	}
	if (s->idempotency_key.tree) {
		tree(c, &s->idempotency_key);
		emit(c, WF_OP_KEY, here(c, step));
	}
	wf_compile_input(c, here(c, step), s);
	mark(c, s->action_node);
	emit(c, WF_OP_PERFORM, here(c, step));
}

void wf_compile_step(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];
	uint32_t skip = WF_NONE, self = here(c, step);

	mark(c, s->id_node);
	wf_compile_step_row(c, self, s, c->copy[step]);
	c->steps[self].origin = step;
	c->steps[self].group = c->unit.group;
	c->steps[self].member = c->unit.member;
	emit(c, WF_OP_ENTER, self);
	if (s->condition.expr) {
		predicate(c, &s->condition);
		skip = emit_jump(c, WF_OP_UNLESS);
	}
	emit_performance(c, step);
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
		if (s->next_node || s->on_approve.node)
			draw_way(c, step, following(c, step), WF_EDGE_CONDITION, "skipped");
		emit(c, WF_OP_SKIP, self);
		if (handles_failure(s))
			jump_to_step(c, following(c, step));
	}
	if (handles_failure(s))
		emit_failure(c, step);
}
