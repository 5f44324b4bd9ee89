/* The built-in schemas of actions: read, typed and compiled when first asked for. */
#include "check/internal.h"

#include "base/buf.h"
#include "base/json.h"
#include "schema/builtin.h"
#include "schema/schema.h"

/* A part of an action's input schema. The key is a pointer into that schema. */
struct part {
	const json_t *key;
	json_t *document; /* the part, with the schema's $defs */
	const struct wf_type *type;
	struct wf_schema *compiled;
	bool asked; /* whether it can be compiled is known */
	bool has_kinds;
	uint32_t kinds;
};

struct of_action {
	bool asked[2];
	json_t *schema[2]; /* of the input and the output */
	const struct wf_type *output;
	struct part *parts;
	size_t part_count, part_room;
};

struct wf_check_schemas {
	struct wf_arena *arena, *own; /* of the types; own: NULL when it is a model's */
	json_t *kept; /* the model's list of what its types point into, or NULL */
	struct of_action of[WF_ACT_COUNT_ + 1]; /* the last: of the definition at hand */
};

struct wf_check_schemas *wf_check_schemas_new(void)
{
	struct wf_check_schemas *s = wf_calloc(1, sizeof(*s));

	s->arena = s->own = wf_arena_new();
	return s;
}

struct wf_check_schemas *wf_check_schemas_of(struct wf_model *model)
{
	struct wf_check_schemas *s = wf_calloc(1, sizeof(*s));

	s->arena = model->arena;
	s->kept = model->kept;
	return s;
}

static void of_action_done(struct of_action *a)
{
	for (size_t i = 0; i < a->part_count; i++) {
		wf_schema_free(a->parts[i].compiled);
		json_decref(a->parts[i].document);
	}
	wf_free(a->parts);
	json_decref(a->schema[0]);
	json_decref(a->schema[1]);
}

void wf_check_schemas_free(struct wf_check_schemas *s)
{
	if (!s)
		return;
	for (size_t i = 0; i <= WF_ACT_COUNT_; i++)
		of_action_done(&s->of[i]);
	wf_arena_free(s->own);
	wf_free(s);
}

void wf_check_use_schema(struct wf_check_schemas *s, json_t *schema)
{
	struct of_action *a = &s->of[WF_ACT_COUNT_];

	if (a->schema[0] == schema)
		return;
	of_action_done(a);
	*a = (struct of_action){.schema[0] = json_incref(schema)};
}

json_t *wf_check_schema(struct wf_check_schemas *s, enum wf_action action, bool output)
{
	size_t len = 0;

	if (action >= WF_ACT_COUNT_)
		return NULL;
	struct of_action *a = &s->of[action];
	if (!a->asked[output]) {
		WF_AUTOFREE char *name = wf_asprintf(
			"actions/%s.%s.json", wf_actions[action].name, output ? "output" : "input");
		const char *text = wf_builtin_schema(name, &len);

		a->asked[output] = true;
		if (text && wf_json_parse(text, len, &a->schema[output], NULL) < 0)
			WF_BUG("a built-in schema is not JSON");
	}
	return a->schema[output];
}

const struct wf_type *wf_check_output_type(struct wf_check_schemas *s, enum wf_action action)
{
	json_t *schema = wf_check_schema(s, action, true);

	if (!schema)
		return NULL;
	if (!s->of[action].output) {
		if (s->kept)
			json_array_append(s->kept, schema);
		s->of[action].output = wf_type_of_schema(s->arena, schema, true);
	}
	return s->of[action].output;
}

static struct part *part_of(struct wf_check_schemas *s, enum wf_action action, json_t *part)
{
	struct of_action *a = &s->of[action];
	json_t *defs = json_object_get(a->schema[0], "$defs");

	for (size_t i = 0; i < a->part_count; i++)
		if (a->parts[i].key == part)
			return &a->parts[i];
	WF_GROW(a->parts, a->part_count, a->part_room);
	struct part *p = &a->parts[a->part_count++];
	*p = (struct part){.key = part, .document = json_copy(part)};
	if (json_is_object(p->document) && defs)
		json_object_set(p->document, "$defs", defs);
	return p;
}

const struct wf_schema *wf_check_compiled(struct wf_check_schemas *s, enum wf_action action,
	json_t *part)
{
	static const struct wf_schema_options options = {.assert_formats = true};
	struct part *p = part_of(s, action, part);

	if (!p->asked && wf_schema_new(p->document, &options, &p->compiled, NULL) < 0)
		p->compiled = NULL;
	p->asked = true;
	return p->compiled;
}

const struct wf_type *wf_check_type(struct wf_check_schemas *s, enum wf_action action, json_t *part)
{
	struct part *p = part_of(s, action, part);

	if (!p->type) {
		if (s->kept)
			json_array_append(s->kept, p->document);
		p->type = wf_type_of_schema(s->arena, p->document, false);
	}
	return p->type;
}

uint32_t wf_check_kinds(struct wf_check_schemas *s, enum wf_action action, json_t *part)
{
	struct part *p = part_of(s, action, part);

	if (!p->has_kinds)
		p->kinds = wf_kinds_of_schema(s->arena, p->document);
	p->has_kinds = true;
	return p->kinds;
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
