/* Templates that are none: `${…}` in text that is kept as it stands, and the double braces of other tools. */
#include "check/internal.h"

#include <ctype.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool is_one_of(const char *key, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* -- {{ path }} -- */

static bool is_known_name(const struct wf_model *m, const char *name)
{
	const json_t *properties = json_object_get(m->input_schema, "properties");

	return wf_root_find(name) != WF_ROOT_COUNT_ || wf_model_find_step(m, name) != WF_NONE ||
	       json_object_get(properties, name);
}

/* How many bytes of a path of names with dots stand there. */
static size_t path_at(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || (n && (s[n] == '.' || s[n] == '-')))
		n++;
	return isdigit((unsigned char)*s) ? 0 : n;
}

static void find_braces(struct wf_checker *c, const struct wf_node *node)
{
	const char *text = node->string.text;

	for (const char *s = strstr(text, "{{"); s; s = strstr(s + 2, "{{")) {
		const char *path = s + 2 + strspn(s + 2, " \t");
		size_t n = path_at(path);
		const char *close = path + n + strspn(path + n, " \t");

		if (!n || strncmp(close, "}}", 2) != 0)
			continue;
		WF_AUTOFREE char *first = wf_strndup(path, strcspn(path, ".} \t"));
		if (!is_known_name(c->model, first))
			continue;
		struct wf_diag *d = WF_FIND(c, TEMPLATE_LITERAL,
			wf_node_span_within(c->model->source, node, (size_t)(s - text),
				(size_t)(close + 2 - text)),
			"this stays as it is written: double braces are no template here");
		wf_diag_hint(d, "write `${%.*s}`", (int)n, path);
		wf_diag_fix(d, "${%.*s}", (int)n, path);
	}
}

/* -- what is kept as it stands -- */

static void find_template(struct wf_checker *c, const struct wf_node *node, const char *key)
{
	const char *at = strstr(node->string.text, "${");

	if (!at || (at > node->string.text && at[-1] == '$'))
		return;
	struct wf_diag *d = WF_FIND(c, TEMPLATE_LITERAL, node->span,
		"`%s` is kept as it is written: `${` in it is no template", key);
	if (strcmp(key, "result") == 0)
		wf_diag_hint(d, "what differs from instance to instance is for the `output`");
}

/* Where the walk is: among the language's keys, in a template, or in what is kept, which a key names. */
enum part { SHAPE, TEMPLATE, KEPT };

static void walk(struct wf_checker *c, const struct wf_node *node, const char *key, enum part part);

static void walk_pair(struct wf_checker *c, const struct wf_pair *pair, const char *of, enum part part)
{
	static const char *const templates[] = {"with", "output", "set", "items", "input", "transform"};
	static const char *const kept[] = {"name", "result", "error_code", "component", "path", "metadata"};
	/* schemas, and what has findings of its own */
	static const char *const others[] = {"input", "output", "context", "vars"};
	const char *key = pair->key;

	if (part != SHAPE) {
		walk(c, pair->value, of, part);
		return;
	}
	if (strcmp(key, "description") == 0 ||
		(strcmp(of, "workflow") == 0 && is_one_of(key, others, COUNT(others))))
		return;
	if (is_one_of(key, templates, COUNT(templates)))
		part = TEMPLATE;
	if (is_one_of(key, kept, COUNT(kept)) || strcmp(key, "context") == 0)
		part = KEPT;
	walk(c, pair->value, key, part);
}

static void walk(struct wf_checker *c, const struct wf_node *node, const char *key, enum part part)
{
	if (node->kind == WF_NODE_STRING && part == KEPT)
		find_template(c, node, key);
	if (node->kind == WF_NODE_STRING)
		find_braces(c, node);
	for (size_t i = 0; node->kind == WF_NODE_LIST && i < node->list.count; i++)
		walk(c, node->list.items[i], key, part);
	for (size_t i = 0; node->kind == WF_NODE_MAP && i < node->map.count; i++)
		walk_pair(c, &node->map.pairs[i], key, part);
}

void wf_check_literals(struct wf_checker *c)
{
	static const char *const templates[] = {"perform", "result"};
	const struct wf_node *root = c->model->root;

	for (size_t i = 0; c->model->is_action && i < COUNT(templates); i++)
		if (wf_node_get(root, templates[i]))
			walk(c, wf_node_get(root, templates[i]), templates[i], TEMPLATE);
	if (!c->model->is_action)
		walk(c, root, "", SHAPE);
}
