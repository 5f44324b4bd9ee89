/* Proves a model sound: the order in which its parts are looked at. */
#include "check/internal.h"

#include "model/dialect.h"

#include <string.h>

json_t *wf_check_literal(const struct wf_expr *e)
{
	if (e->kind == WF_EXPR_LITERAL)
		return json_incref(e->value);
	if (e->kind != WF_EXPR_LIST && e->kind != WF_EXPR_MAP)
		return NULL;
	bool map = e->kind == WF_EXPR_MAP;
	json_t *result = map ? json_object() : json_array();
	for (uint32_t i = 0; i < e->arg_count; i += map ? 2 : 1) {
		const struct wf_expr *key = map ? e->args[i] : NULL;
		json_t *value = wf_check_literal(e->args[map ? i + 1 : i]);

		if (!value ||
			(map && (key->kind != WF_EXPR_LITERAL || !json_is_string(key->value)))) {
			json_decref(value);
			json_decref(result);
			return NULL;
		}
		if (map)
			json_object_set_new(result, json_string_value(key->value), value);
		else
			json_array_append_new(result, value);
	}
	return result;
}

const struct wf_expr *wf_check_member(const struct wf_expr *e, const char *name)
{
	if (e->kind != WF_EXPR_MAP)
		return NULL;
	for (uint32_t i = 0; i + 1 < e->arg_count; i += 2)
		if (e->args[i]->kind == WF_EXPR_LITERAL && json_is_string(e->args[i]->value) &&
			strcmp(json_string_value(e->args[i]->value), name) == 0)
			return e->args[i + 1];
	return NULL;
}

bool wf_check_with(struct wf_check_schemas *schemas, struct wf_known *known, struct wf_model *model,
	struct wf_diags *diags)
{
	struct wf_checker c = {.model = model, .diags = diags, .arena = model->arena,
		.schemas = schemas, .known = known};
	size_t errors = diags->errors, from = diags->count;

	bool sound = wf_check_actions(&c);
	wf_check_targets(&c);
	wf_check_order(&c);
	wf_flow_build(model, &c.flow);
	wf_flow_build_lists(model, &c.lists);
	wf_check_loops(&c);
	wf_check_bindings(&c);
	wf_check_inputs(&c);
	wf_check_output(&c);
	wf_check_policies(&c);
	wf_check_triggers(&c);
	wf_check_forks(&c);
	wf_check_raised(&c);
	wf_check_literals(&c);
	wf_graph_done(&c.flow);
	wf_graph_done(&c.lists);
	wf_dialect_speak(model, diags, from);
	return sound && diags->errors == errors;
}

bool wf_check(struct wf_model *model, struct wf_diags *diags)
{
	struct wf_check_schemas *schemas = wf_check_schemas_of(model);
	bool sound = wf_check_with(schemas, NULL, model, diags);

	wf_check_schemas_free(schemas);
	return sound;
}
