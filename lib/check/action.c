/* Action definitions: each is checked once, as the workflow that it stands for. */
#include "check/internal.h"

#include "model/catalog.h"

#include <string.h>

#define ROOT(name) (UINT32_C(1) << WF_ROOT_##name)
const uint32_t wf_check_action_roots = ROOT(INPUT) | ROOT(DATA) | ROOT(EVENT) | ROOT(INSTANCE) |
				       ROOT(WORKFLOW) | ROOT(TENANT) | ROOT(ENVIRONMENT) |
				       ROOT(SECURITY) | ROOT(CONNECTION);

/* Takes from `required` the properties with a default, here and below: what a step must give. */
void wf_check_spare_defaults(json_t *schema)
{
	json_t *required = json_object_get(schema, "required"), *value;
	json_t *properties = json_object_get(schema, "properties");
	const char *name;
	size_t i = 0;

	while (json_is_array(required) && i < json_array_size(required)) {
		name = json_string_value(json_array_get(required, i));
		if (name && json_object_get(json_object_get(properties, name), "default"))
			json_array_remove(required, i);
		else
			i++;
	}
	json_object_foreach(schema, name, value) wf_check_spare_defaults(value);
	json_array_foreach(schema, i, value) wf_check_spare_defaults(value);
}

static void check_result(struct wf_checker *c, const struct wf_action_def *def)
{
	const struct wf_model_step *s = def->step;
	struct wf_model *m = def->model;

	if (!m->output_schema || !s->output.tree)
		return;
	struct wf_checker of = {.model = m, .diags = c->diags, .arena = m->arena};
	of.schemas = wf_check_schemas_of(m);
	wf_check_result(&of, m->output_schema, def->id, s->output.node,
		wf_expr_tree_root(s->output.tree));
	wf_check_schemas_free(of.schemas);
}

/* `result` changes the output's type, and the schema of the output has the last word. */
static void type_output(struct wf_action_def *def)
{
	struct wf_model *m = def->model;

	def->output_type = def->step->output_type;
	if (m->output_schema)
		def->output_type = wf_type_of_schema(m->arena, m->output_schema, true);
	if (!def->output_type)
		def->output_type = &wf_type_any;
}

void wf_check_definition(struct wf_checker *c, struct wf_action_def *def)
{
	if (def->checked)
		return;
	def->checked = true;
	if (!def->step)
		return;
	size_t errors = c->diags->errors;
	if (def->model->input_schema) {
		def->given_schema = json_deep_copy(def->model->input_schema);
		wf_check_spare_defaults(def->given_schema);
		json_array_append_new(def->model->kept, def->given_schema);
	}
	if (wf_check(def->model, c->diags))
		check_result(c, def);
	else
		def->broken = true;
	def->broken = def->broken || c->diags->errors > errors;
	type_output(def);
}

static bool check_used(struct wf_checker *c, const struct wf_model_step *s)
{
	if (!s || !s->defined)
		return true;
	wf_check_definition(c, s->defined);
	return !s->defined->broken;
}

bool wf_check_actions(struct wf_checker *c)
{
	struct wf_model *m = c->model;
	bool sound = true;

	for (uint32_t i = 0; i < m->step_count; i++) {
		sound = check_used(c, &m->steps[i]) && sound;
		sound = check_used(c, m->steps[i].compensate) && sound;
	}
	for (uint32_t i = 0; i < m->notify_count; i++)
		sound = check_used(c, &m->notifies[i].step) && sound;
	return sound;
}

bool wf_check_action(struct wf_action_def *def, struct wf_diags *diags)
{
	struct wf_checker c = {.model = def->model, .diags = diags, .arena = def->model->arena};
	size_t errors = diags->errors;

	wf_check_definition(&c, def);
	return diags->errors == errors && !def->broken;
}
