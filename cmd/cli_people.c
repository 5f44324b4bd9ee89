/*
 * Who has which role, and how approvers are looked up: the file that the setting `directory` names and
 * the map `resolvers` of config.yaml. Read when the first step asks for it.
 *
 *	roles:     { finance-leads: [carol, dave] }
 *	functions: { team.leads: { u1: [alice] } }
 */
#include "cli.h"

#include "base/text.h"
#include "source/tree.h"

#include <string.h>
#include <unistd.h>

#define MAX_DIRECTORY_BYTES (16u << 20)

static int wrong(struct wf_cause *cause, const char *path, const struct wf_span *span,
	const char *what, const char *name)
{
	(void)wf_fail(cause, WF_EINVAL, "%s:%u: %s%s%s", path, span->line, name ? name : "",
		name ? " " : "", what);
	wf_fail_hint(cause, "the manual of the configuration shows a directory: wfctl-config(5)");
	return WF_EINVAL;
}

/* A map of names to lists of names. */
static int check_lists(const struct wf_pair *pair, const char *path, struct wf_cause *cause)
{
	const struct wf_node *map = pair->value;
	if (map->kind != WF_NODE_MAP)
		return wrong(cause, path, &pair->key_span, "is a map of names", pair->key);
	for (size_t i = 0; i < map->map.count; i++) {
		const struct wf_pair *entry = &map->map.pairs[i];
		const struct wf_node *list = entry->value;
		bool good = list->kind == WF_NODE_LIST;
		for (size_t k = 0; good && k < list->list.count; k++)
			good = list->list.items[k]->kind == WF_NODE_STRING &&
				list->list.items[k]->string.len > 0;
		if (!good)
			return wrong(cause, path, &entry->key_span, "is a list of people's names",
				entry->key);
	}
	return 0;
}

static int check_functions(const struct wf_pair *pair, const char *path, struct wf_cause *cause)
{
	const struct wf_node *map = pair->value;
	if (map->kind != WF_NODE_MAP)
		return wrong(cause, path, &pair->key_span, "is a map of functions", pair->key);
	int r = 0;
	for (size_t i = 0; r == 0 && i < map->map.count; i++)
		r = check_lists(&map->map.pairs[i], path, cause);
	return r;
}

static int check_directory(const struct wf_node *root, const char *path, struct wf_cause *cause)
{
	static const struct {
		const char *key;
		int (*check)(const struct wf_pair *, const char *, struct wf_cause *);
	} keys[] = { { "roles", check_lists }, { "functions", check_functions } };
	if (root->kind != WF_NODE_MAP)
		return wrong(cause, path, &root->span, "a directory is a map of `roles` and `functions`",
			NULL);
	for (size_t i = 0; i < root->map.count; i++) {
		const struct wf_pair *pair = &root->map.pairs[i];
		size_t k = 0;
		while (k < sizeof(keys) / sizeof(keys[0]) && strcmp(keys[k].key, pair->key) != 0)
			k++;
		if (k == sizeof(keys) / sizeof(keys[0]))
			return wrong(cause, path, &pair->key_span,
				"is neither `roles` nor `functions`", pair->key);
		int r = keys[k].check(pair, path, cause);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_directory(const char *path, json_t **ret, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	int r = wf_read_file(path, MAX_DIRECTORY_BYTES, &text, cause);
	if (r < 0)
		return r;
	struct wf_source source = { path, text.data ? text.data : "", text.len };
	struct wf_documents docs;
	struct wf_diags diags = { 0 };
	wf_source_read(&source, WF_SYNTAX_YAML, &docs, &diags);
	const struct wf_node *root = docs.count == 1 ? docs.items[0].root : NULL;
	if (diags.errors)
		r = wf_fail(cause, WF_EINVAL, "%s:%u: %s", path, diags.items[0].span.line,
			diags.items[0].message);
	else if (!root)
		r = wf_fail(cause, WF_EINVAL, "%s: a directory is one YAML document", path);
	else
		r = check_directory(root, path, cause);
	if (r == 0)
		*ret = wf_node_json(root);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return r;
}

/* A command, an HTTP request, or the directory: exactly one. */
static int check_resolvers(json_t *resolvers, struct wf_cause *cause)
{
	static const char *const kinds[] = { "command", "http", "directory" };
	const char *name;
	json_t *value;
	json_object_foreach(resolvers, name, value) {
		unsigned given = 0;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			given += json_object_get(value, kinds[i]) != NULL;
		const json_t *command = json_object_get(value, "command");
		const json_t *http = json_object_get(value, "http");
		bool good = given == 1 && (!command || json_array_size(command)) &&
			(!http || json_is_string(json_object_get(http, "url")));
		for (size_t i = 0; good && i < json_array_size(command); i++)
			good = json_is_string(json_array_get(command, i));
		if (good)
			continue;
		(void)wf_fail(cause, WF_EINVAL, "config.yaml: the resolver %s has one of `command` (a "
						"list of words), `http` (with a `url`) and "
						"`directory: true`", name);
		return WF_EINVAL;
	}
	return 0;
}

const json_t *wf_people(void *arg, struct wf_cause *cause)
{
	struct wf_ctx *ctx = arg;
	if (ctx->people)
		return ctx->people;
	const char *name = wf_set(ctx, WF_SET_DIRECTORY);
	json_t *resolvers = json_object_get(ctx->config, "resolvers");
	WF_AUTOFREE char *path = *name == '/' ? wf_strdup(name)
					      : wf_asprintf("%s/%s", wf_home_folder(ctx), name);
	json_t *directory = NULL;
	/* only one that was asked for must be there */
	bool asked = name != wf_settings[WF_SET_DIRECTORY].standard;
	if (asked || access(path, F_OK) == 0) {
		if (read_directory(path, &directory, cause) < 0)
			return NULL;
	}
	if (resolvers && check_resolvers(resolvers, cause) < 0) {
		json_decref(directory);
		return NULL;
	}
	ctx->people = json_object();
	json_object_set_new(ctx->people, "directory", directory ? directory : json_object());
	json_object_set_new(ctx->people, "resolvers",
		resolvers ? json_deep_copy(resolvers) : json_object());
	return ctx->people;
}
