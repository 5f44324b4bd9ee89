/* The built-in schemas of actions. */
#include "check/internal.h"

#include "base/buf.h"
#include "base/json.h"
#include "schema/builtin.h"

struct wf_check_schemas {
	struct {
		bool asked;
		json_t *schema;
	} of[WF_ACT_COUNT_][2];
};

struct wf_check_schemas *wf_check_schemas_new(void)
{
	return wf_calloc(1, sizeof(struct wf_check_schemas));
}

void wf_check_schemas_free(struct wf_check_schemas *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < WF_ACT_COUNT_; i++)
		for (size_t k = 0; k < 2; k++)
			json_decref(s->of[i][k].schema);
	wf_free(s);
}

json_t *wf_check_schema(struct wf_check_schemas *s, enum wf_action action, bool output)
{
	size_t len = 0;

	if (action >= WF_ACT_COUNT_)
		return NULL;
	if (!s->of[action][output].asked) {
		WF_AUTOFREE char *name = wf_asprintf(
			"actions/%s.%s.json", wf_actions[action].name, output ? "output" : "input");
		const char *text = wf_builtin_schema(name, &len);

		s->of[action][output].asked = true;
		if (text && wf_json_parse(text, len, &s->of[action][output].schema, NULL) < 0)
			WF_BUG("a built-in schema is not JSON");
	}
	return s->of[action][output].schema;
}

/* Adds to `required` the properties with a default, here and below. */
static void require_defaults(json_t *schema)
{
	json_t *required = json_object_get(schema, "required"), *value;
	const char *name;
	size_t i;

	json_object_foreach(json_object_get(schema, "properties"), name, value)
	{
		if (!json_object_get(value, "default"))
			continue;
		if (!json_is_array(required)) {
			required = json_array();
			json_object_set_new(schema, "required", required);
		}
		json_array_append_new(required, json_string(name));
	}
	json_object_foreach(schema, name, value) require_defaults(value);
	json_array_foreach(schema, i, value) require_defaults(value);
}

json_t *wf_check_with_defaults(const json_t *schema)
{
	json_t *copy = json_deep_copy(schema);

	require_defaults(copy);
	return copy;
}
