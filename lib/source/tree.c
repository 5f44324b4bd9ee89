/* The tree, once it is there: looking things up, and its plain value. */
#include "source/tree.h"

#include "base/err.h"

#include <string.h>

const struct wf_pair *wf_node_pair(const struct wf_node *map, const char *key)
{
	if (!map || map->kind != WF_NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->map.count; i++)
		if (strcmp(map->map.pairs[i].key, key) == 0)
			return &map->map.pairs[i];
	return NULL;
}

struct wf_node *wf_node_get(const struct wf_node *map, const char *key)
{
	const struct wf_pair *pair = wf_node_pair(map, key);
	return pair ? pair->value : NULL;
}

const char *wf_node_kind_name(enum wf_node_kind kind)
{
	static const char *const names[] = {
		[WF_NODE_NULL] = "null",
		[WF_NODE_BOOL] = "boolean",
		[WF_NODE_INT] = "integer",
		[WF_NODE_REAL] = "number",
		[WF_NODE_STRING] = "string",
		[WF_NODE_LIST] = "list",
		[WF_NODE_MAP] = "map",
	};
	return names[kind];
}

static json_t *list_json(const struct wf_node *node)
{
	json_t *array = json_array();
	for (size_t i = 0; i < node->list.count; i++)
		if (json_array_append_new(array, wf_node_json(node->list.items[i])) != 0)
			WF_BUG("a list item that jansson does not take");
	return array;
}

static json_t *map_json(const struct wf_node *node)
{
	json_t *object = json_object();
	for (size_t i = 0; i < node->map.count; i++) {
		const struct wf_pair *pair = &node->map.pairs[i];
		if (json_object_set_new_nocheck(object, pair->key, wf_node_json(pair->value)) != 0)
			WF_BUG("a map entry that jansson does not take");
	}
	return object;
}

json_t *wf_node_json(const struct wf_node *node)
{
	switch (node->kind) {
	case WF_NODE_NULL:
		return json_null();
	case WF_NODE_BOOL:
		return json_boolean(node->boolean);
	case WF_NODE_INT:
		return json_integer(node->integer);
	case WF_NODE_REAL:
		return json_real(node->real);
	case WF_NODE_STRING:
		return json_stringn_nocheck(node->string.text, node->string.len);
	case WF_NODE_LIST:
		return list_json(node);
	case WF_NODE_MAP:
		return map_json(node);
	}
	WF_BUG("a node of no kind");
}

/* -- JSON Pointer -- */

/* Whether the key is what the pointer's token [token, end) stands for. */
static bool token_is(const char *token, const char *end, const char *key)
{
	for (; token < end; token++, key++) {
		char c = *token;
		if (c == '~' && token + 1 < end && (token[1] == '0' || token[1] == '1'))
			c = *++token == '0' ? '~' : '/';
		if (*key != c)
			return false;
	}
	return *key == '\0';
}

static const struct wf_pair *pair_of_token(
	const struct wf_node *map, const char *token, const char *end)
{
	for (size_t i = 0; i < map->map.count; i++)
		if (token_is(token, end, map->map.pairs[i].key))
			return &map->map.pairs[i];
	return NULL;
}

static const struct wf_node *item_of_token(
	const struct wf_node *list, const char *token, const char *end)
{
	size_t index = 0;

	if (token == end || (*token == '0' && end - token > 1))
		return NULL;
	for (; token < end; token++) {
		if (*token < '0' || *token > '9')
			return NULL;
		index = index * 10 + (size_t)(*token - '0');
		if (index >= list->list.count)
			return NULL;
	}
	return list->list.items[index];
}

const struct wf_node *wf_node_at_pointer(
	const struct wf_node *root, const char *pointer, struct wf_span *ret_key_span)
{
	const struct wf_node *node = root;
	struct wf_span key_span = { 0 };

	while (*pointer == '/') {
		const char *token = pointer + 1, *end = token + strcspn(token, "/");
		const struct wf_node *next = NULL;
		struct wf_span next_span = { 0 };
		if (node->kind == WF_NODE_MAP) {
			const struct wf_pair *pair = pair_of_token(node, token, end);
			if (pair) {
				next = pair->value;
				next_span = pair->key_span;
			}
		} else if (node->kind == WF_NODE_LIST) {
			next = item_of_token(node, token, end);
		}
		if (!next)
			break;
		node = next;
		key_span = next_span;
		pointer = end;
	}
	if (ret_key_span)
		*ret_key_span = key_span;
	return node;
}
