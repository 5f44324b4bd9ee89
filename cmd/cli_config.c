/* config.yaml of the home: every key is a setting, every value one that it takes. */
#include "cli.h"

#include "base/text.h"
#include "source/tree.h"

#include <string.h>
#include <unistd.h>

#define MAX_CONFIG_BYTES (1u << 20)

/* A scalar of config.yaml as the text that a variable would hold; NULL for lists and maps. */
static json_t *config_value(const struct wf_node *node)
{
	json_t *value = wf_node_json(node);
	if (json_is_string(value) || !value)
		return value;
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (!json_is_object(value) && !json_is_array(value))
		wf_json_write(value, &text);
	json_decref(value);
	return text.data ? json_string(text.data) : NULL;
}

static int config_pair(struct wf_ctx *ctx, const char *path, const struct wf_pair *pair)
{
	const char *keys[WF_SET_COUNT_];
	for (unsigned i = 0; i < WF_SET_COUNT_; i++) {
		keys[i] = *wf_settings[i].key ? wf_settings[i].key : NULL;
		if (!keys[i] || strcmp(keys[i], pair->key) != 0)
			continue;
		bool map = i == WF_SET_RESOLVERS || i == WF_SET_CONNECTIONS;
		json_t *value = map ? wf_node_json(pair->value) : config_value(pair->value);
		if (map && !json_is_object(value)) {
			json_decref(value);
			return wf_fail_usage(ctx, "%s:%u: `%s` is a map of names", path,
				pair->key_span.line, pair->key);
		}
		if (!value)
			return wf_fail_usage(ctx, "%s:%u: `%s` must be one value, not a list or map",
				path, pair->key_span.line, pair->key);
		json_object_set_new(ctx->config, pair->key, value);
		return 0;
	}
	const char *near = wf_nearest(pair->key, keys, WF_SET_COUNT_);
	if (near)
		return wf_fail_usage(ctx, "%s:%u: there is no setting `%s`; did you mean `%s`?", path,
			pair->key_span.line, pair->key, near);
	return wf_fail_usage(ctx, "%s:%u: there is no setting `%s`", path, pair->key_span.line,
		pair->key);
}

static int config_text(struct wf_ctx *ctx, const char *path, const struct wf_buf *text)
{
	struct wf_source source = { path, text->data ? text->data : "", text->len };
	struct wf_documents docs;
	struct wf_diags diags = { 0 };
	int status = 0;
	wf_source_read(&source, WF_SYNTAX_YAML, &docs, &diags);
	const struct wf_node *root = docs.count == 1 ? docs.items[0].root : NULL;
	bool nothing = diags.errors == 1 && diags.items[0].rule == WF_RULE_EMPTY;
	if (diags.errors && !nothing)
		status = wf_fail_usage(ctx, "%s:%u: %s", path, diags.items[0].span.line,
			diags.items[0].message);
	else if (!nothing && (!root || (root->kind != WF_NODE_MAP && root->kind != WF_NODE_NULL)))
		status = wf_fail_usage(ctx, "%s: settings are one map of keys and values", path);
	for (size_t i = 0; !status && root && root->kind == WF_NODE_MAP && i < root->map.count; i++)
		status = config_pair(ctx, path, &root->map.pairs[i]);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return status;
}

int wf_config_read(struct wf_ctx *ctx)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/config.yaml", wf_home_folder(ctx));
	if (access(path, F_OK) < 0)
		return 0;
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct wf_cause cause;
	ctx->config = json_object();
	if (wf_read_file(path, MAX_CONFIG_BYTES, &text, &cause) < 0)
		return wf_fail_cause(ctx, &cause);
	return config_text(ctx, path, &text);
}
