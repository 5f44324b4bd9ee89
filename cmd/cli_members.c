/* What an action takes and gives, from its schemas: for explain and the manual. */
#include "cli_members.h"

#include "base/mem.h"
#include "model/catalog.h"
#include "schema/builtin.h"

#include <string.h>

static const char *text_of(const json_t *schema, const char *key)
{
	const char *text = json_string_value(json_object_get(schema, key));
	return text ? text : "";
}

/* The types of a choice: "string or integer"; nothing where one of them is not said. */
static void types_of_choice(const json_t *choice, struct wf_buf *out)
{
	const char *last = "";
	for (size_t i = 0; i < json_array_size(choice); i++) {
		const char *type = text_of(json_array_get(choice, i), "type");
		if (!*type) {
			wf_buf_reset(out);
			return;
		}
		if (strcmp(type, last) != 0)
			wf_buf_printf(out, "%s%s", out->len ? " or " : "", type);
		last = type;
	}
}

/* "string", "integer or boolean", "json or text", "any value". */
static char *type_of(const json_t *schema)
{
	WF_AUTOBUF struct wf_buf out = { 0 };
	const json_t *type = json_object_get(schema, "type"), *words = json_object_get(schema, "enum");
	const json_t *list = words ? words : type;
	types_of_choice(json_object_get(schema, "oneOf"), &out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));
		if (!word)
			continue;
		wf_buf_printf(&out, "%s%s", !out.len ? "" : i + 1 < json_array_size(list) ? ", " : " or ",
			word);
	}
	if (!out.len && json_is_string(type) && !words)
		wf_buf_addstr(&out, !strcmp(text_of(schema, "format"), "iso-duration")
				? "duration"
				: json_string_value(type));
	return wf_strdup(out.data ? out.data : "any value");
}

static bool is_required(const json_t *schema, const char *name)
{
	const json_t *required = json_object_get(schema, "required");
	for (size_t i = 0; i < json_array_size(required); i++)
		if (!strcmp(json_string_value(json_array_get(required, i)), name))
			return true;
	return false;
}

/* Appends the members of a schema, and those of members that are mappings of their own. What only one
 * of several choices asks for is not required. */
static void add_members(json_t *list, const char *prefix, const json_t *schema, unsigned depth,
	bool chosen)
{
	const json_t *either = json_object_get(schema, "oneOf");
	const char *name;
	json_t *member;
	for (size_t i = 0; depth && i < json_array_size(either); i++)
		add_members(list, prefix, json_array_get(either, i), depth, true);
	json_object_foreach(json_object_get(schema, "properties"), name, member) {
		WF_AUTOFREE char *path = wf_asprintf("%s%s%s", prefix, *prefix ? "." : "", name);
		WF_AUTOFREE char *type = type_of(member);
		json_t *o = json_object();
		json_object_set_new(o, "name", json_string(path));
		json_object_set_new(o, "type", json_string(type));
		json_object_set_new(o, "required", json_boolean(!chosen && is_required(schema, name)));
		json_object_set_new(o, "meaning", json_string(text_of(member, "description")));
		if (json_object_get(member, "default"))
			json_object_set(o, "default", json_object_get(member, "default"));
		json_array_append_new(list, o);
		if (depth < 3)
			add_members(list, path, member, depth + 1, false);
	}
}

/* Of a definition that is shipped: new, or NULL. */
static json_t *shipped_schema(const char *action, bool output)
{
	struct wf_shelf *shelf = wf_shelf_shipped();
	struct wf_shelf_entry entry;
	json_t *schema = NULL;
	for (size_t i = 0; !schema && wf_shelf_at(shelf, i, &entry); i++)
		if (!strcmp(entry.id, action)) {
			const struct wf_node *node = wf_node_get(entry.root, output ? "output" : "input");
			schema = node ? wf_node_json(node) : NULL;
		}
	wf_shelf_free(shelf);
	return schema;
}

static json_t *schema_of(const char *action, bool output)
{
	WF_AUTOFREE char *file =
		wf_asprintf("actions/%s.%s.json", action, output ? "output" : "input");
	json_t *schema = NULL;
	size_t n = 0;
	const char *text = wf_builtin_schema(file, &n);
	if (!text)
		return shipped_schema(action, output);
	return wf_json_parse(text, n, &schema, NULL) == 0 ? schema : NULL;
}

json_t *wf_action_members(const char *action, bool output)
{
	json_t *list = json_array(), *schema = schema_of(action, output);
	if (schema)
		add_members(list, "", schema, 0, false);
	json_decref(schema);
	return list;
}

char *wf_action_about(const char *action, bool output)
{
	json_t *schema = schema_of(action, output);
	if (!schema)
		return NULL;
	const char *text = text_of(schema, "description");
	char *about = *text ? wf_strdup(text) : NULL;
	json_decref(schema);
	return about;
}
