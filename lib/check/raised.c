/* Error types of the definition's own, in retries and handlers of steps that never fail with them. */
#include "check/internal.h"

#include <string.h>

/* What a `fail` says that it is: NULL where it says nothing. */
static const char *raised_by(const struct wf_model_step *s)
{
	const struct wf_node *type = wf_node_get(s->with_node, "error_type");

	return s->action == WF_ACT_FAIL && type && type->kind == WF_NODE_STRING ? type->string.text : NULL;
}

static bool says(const struct wf_model_step *s, const char *type)
{
	const char *raised = raised_by(s);

	return raised && (strcmp(raised, type) == 0 || strstr(raised, "${"));
}

/* Whether the model's steps from..to may fail with it; of a child nothing is known here. */
static bool some_may(const struct wf_model *m, uint32_t from, uint32_t to, const char *type)
{
	for (uint32_t i = from; i < to; i++)
		if (says(&m->steps[i], type) || m->steps[i].action == WF_ACT_WORKFLOW_RUN)
			return true;
	return false;
}

static const struct wf_model *child_model(const struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_node *id = wf_node_get(s->with_node, "workflow");

	if (!c->known || !id || id->kind != WF_NODE_STRING || strstr(id->string.text, "${") ||
		wf_node_get(s->with_node, "version"))
		return NULL;
	const struct wf_known_workflow *child = wf_known_find(c->known, id->string.text, NULL);
	return child ? child->model : NULL;
}

/* Whether the step, tried, may fail with it. */
static bool may_fail_with(const struct wf_checker *c, const struct wf_model_step *s, const char *type)
{
	uint32_t self = (uint32_t)(s - c->model->steps);
	const struct wf_model *child;

	if (s->fork)
		return some_may(c->model, self + 1, s->beyond, type);
	if (s->action == WF_ACT_WORKFLOW_RUN)
		return !(child = child_model(c, s)) || some_may(child, 0, child->step_count, type);
	return says(s, type);
}

static void check_type(struct wf_checker *c, const struct wf_model_step *s, const struct wf_node *type)
{
	if (!type || type->kind != WF_NODE_STRING ||
		wf_error_type_find(type->string.text) != WF_ERROR_COUNT_ ||
		may_fail_with(c, s, type->string.text))
		return;
	for (size_t i = 0; i < c->diags->count; i++)
		if (c->diags->items[i].rule == WF_RULE_ERROR_TYPE_UNKNOWN &&
			c->diags->items[i].span.offset == type->span.offset)
			return; /* there is none at all */
	struct wf_diag *d = WF_FIND(c, ERROR_TYPE_NEVER, type->span, "`%s` never fails with `%s`", s->id,
		type->string.text);
	const char *nearest = wf_model_nearest_type(type->string.text);
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
		return;
	}
	for (uint32_t i = 0; i < c->model->step_count; i++)
		if (says(&c->model->steps[i], type->string.text)) {
			wf_diag_hint(d, "`%s` does", c->model->steps[i].id);
			return;
		}
}

static void check_types(struct wf_checker *c, const struct wf_model_step *s, const char *key)
{
	const struct wf_node *list = wf_node_get(s->retry_node, key);

	for (size_t i = 0; list && list->kind == WF_NODE_LIST && i < list->list.count; i++)
		check_type(c, s, list->list.items[i]);
}

void wf_check_raised(struct wf_checker *c)
{
	for (uint32_t i = 0; i < c->model->step_count; i++) {
		const struct wf_model_step *s = &c->model->steps[i];

		if (!s->fork && (!s->action_name || (s->action == WF_ACT_COUNT_ && !s->defined)))
			continue; /* what it does is not known */
		if (s->action != WF_ACT_FAIL) {
			check_types(c, s, "on");
			check_types(c, s, "except");
		}
		for (uint32_t k = 0; k < s->handler_count; k++)
			check_type(c, s, wf_node_get(s->handlers[k].node, "error_type"));
	}
}
