/* `context: { required, optional }`, the short form of an input schema. */
#include "model/read.h"

#include <string.h>

/* The object schema's `properties`, made when missing; borrowed. */
static json_t *properties_of(json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties");

	if (!properties) {
		properties = json_object();
		json_object_set_new(schema, "type", json_string("object"));
		json_object_set_new(schema, "properties", properties);
	}
	return properties;
}

static void add_required(json_t *schema, const char *name)
{
	json_t *required = json_object_get(schema, "required");
	size_t i;
	json_t *item;

	if (!required) {
		required = json_array();
		json_object_set_new(schema, "required", required);
	}
	json_array_foreach(
		required, i, item) if (strcmp(json_string_value(item), name) == 0) return;
	json_array_append_new(required, json_string(name));
}

/* Declares a path: an object schema for every name but the last, anything for the last. */
static void declare(json_t *schema, const char *path, bool required)
{
	while (*path) {
		size_t n = strcspn(path, ".");
		WF_AUTOFREE char *name = wf_strndup(path, n);
		json_t *properties = properties_of(schema);
		json_t *member = json_object_get(properties, name);

		if (!member) {
			member = json_object();
			json_object_set_new(properties, name, member);
		}
		if (required)
			add_required(schema, name);
		schema = member;
		path += n + (path[n] == '.');
	}
}

/* Names of letters, digits, _ and -, joined by dots. */
static bool valid_path(const char *path)
{
	if (!*path)
		return false;
	for (;;) {
		size_t n = strcspn(path, ".");
		WF_AUTOFREE char *name = wf_strndup(path, n);

		if (!wf_read_valid_id(name, false))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

static void declare_all(struct wf_read *r, json_t *schema, const struct wf_node *context,
	const char *key, bool required)
{
	const struct wf_node *list = wf_read_kind(r, context, key, WF_NODE_LIST);

	if (!list)
		return;
	if (!required)
		r->model->optional_paths =
			WF_ARENA_ARRAY(r->arena, const char *, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];

		if (item->kind != WF_NODE_STRING || !valid_path(item->string.text)) {
			WF_FIND(r, CONTEXT_PATH, item->span,
				"an entry of `%s` is a path of names such as `user.id`", key);
			continue;
		}
		declare(schema, item->string.text, required);
		if (!required)
			r->model->optional_paths[r->model->optional_count++] = item->string.text;
	}
}

json_t *wf_read_context(struct wf_read *r, const struct wf_node *context)
{
	static const char *const keys[] = {"required", "optional"};
	json_t *schema;

	if (!WF_READ_KEYS(r, context, "`context`", keys))
		return NULL;
	schema = json_object();
	json_object_set_new(schema, "type", json_string("object"));
	json_object_set_new(schema, "properties", json_object());
	declare_all(r, schema, context, "required", true);
	declare_all(r, schema, context, "optional", false);
	return schema;
}
