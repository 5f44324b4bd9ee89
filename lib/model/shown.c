/* What is told of a workflow and of its instances: kept in the plan, of no effect on what runs. */
#include "model/read.h"

#include "base/limits.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* -- execution_log -- */

static void read_metadata_names(struct wf_read *r, const struct wf_node *log)
{
	const struct wf_node *list = wf_read_kind(r, log, "metadata", WF_NODE_LIST);

	for (size_t i = 0; list && i < list->list.count; i++)
		if (list->list.items[i]->kind != WF_NODE_STRING ||
			!list->list.items[i]->string.len)
			WF_FIND(r, WRONG_TYPE, list->list.items[i]->span,
				"an entry of `metadata` is the name of a field of the input");
}

static void read_log(struct wf_read *r, const struct wf_node *w)
{
	static const char *const keys[] = {"level", "retention", "metadata"};
	static const char *const levels[] = {"debug", "info", "error"};
	static const char *const retention[] = {"retention"};
	const struct wf_node *log = wf_node_get(w, "execution_log"), *node;

	if (!log || !WF_READ_KEYS(r, log, "`execution_log`", keys))
		return;
	(void)wf_read_word(r, log, "level", levels, COUNT(levels), 1);
	(void)wf_read_millis(r, log, retention, COUNT(retention), 1, &node);
	read_metadata_names(r, log);
	json_object_set_new(r->model->extra, "execution_log", wf_node_json(log));
}

/* -- ui -- */

static void read_component(
	struct wf_read *r, const struct wf_node *map, struct wf_model_component *ret)
{
	static const char *const keys[] = {"component", "name", "description", "when", "priority",
		"context"};
	double priority;

	ret->node = map;
	if (!WF_READ_KEYS(r, map, "a component", keys))
		return;
	if (wf_read_lacks(r, map, "component"))
		WF_FIND(r, MISSING_KEY, map->span, "the component has no `component`");
	(void)wf_read_string(r, map, "component");
	(void)wf_read_string(r, map, "name");
	(void)wf_read_string(r, map, "description");
	(void)wf_read_number(r, map, "priority", -1e9, 1e9, &priority);
	(void)wf_read_kind(r, map, "context", WF_NODE_MAP);
	ret->when = wf_read_predicate(r, map, "when");
}

static void read_ui(struct wf_read *r, const struct wf_node *w)
{
	const struct wf_node *list = wf_read_kind(r, w, "ui", WF_NODE_LIST);
	struct wf_model *m = r->model;

	if (!list)
		return;
	if (list->list.count > WF_MAX_STEPS) {
		WF_FIND(r, LIMIT, list->span, "%zu components are more than %d", list->list.count,
			WF_MAX_STEPS);
		return;
	}
	m->components = WF_ARENA_ARRAY(r->arena, struct wf_model_component, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++)
		read_component(r, list->list.items[i], &m->components[m->component_count++]);
	json_object_set_new(m->extra, "ui", wf_node_json(list));
}

void wf_read_shown(struct wf_read *r, const struct wf_node *w)
{
	const struct wf_node *metadata = wf_read_kind(r, w, "metadata", WF_NODE_MAP);
	bool enabled = true;

	if (wf_read_bool(r, w, "enabled", &enabled) && !enabled)
		json_object_set_new(r->model->extra, "enabled", json_false());
	if (metadata)
		json_object_set_new(r->model->extra, "metadata", wf_node_json(metadata));
	read_log(r, w);
	read_ui(r, w);
}
