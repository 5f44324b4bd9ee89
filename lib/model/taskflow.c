/* The taskflow dialect: names in camelCase, conditions as strings, handlers in an errorHandler, branches
 * beside a step's own task. */
#include "model/dialect.h"

#include "model/read.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool is_empty_list(const struct wf_node *node)
{
	return node->kind == WF_NODE_LIST && node->list.count == 0;
}

static void put_condition(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *theirs,
	const char *ours, struct wf_node *out)
{
	struct wf_node *map;

	(void)shape;
	if (theirs->value->kind == WF_NODE_MAP && !wf_node_get(theirs->value, "when")) {
		WF_FIND(t->r, WRONG_TYPE, theirs->value->span, "`condition` must be an expression, here is a map");
		return;
	}
	if (theirs->value->kind == WF_NODE_MAP) {
		wf_tr_put(t, out, ours, theirs->key_span,
			wf_tr_value(t, WF_SHAPE_CONDITION, WF_FORM_MAP, theirs->value));
		return;
	}
	map = wf_tr_map(t, theirs->value);
	wf_tr_put(t, map, "when", theirs->key_span, theirs->value);
	wf_tr_put(t, out, ours, theirs->key_span, map);
}

/* No transitions: the one below comes next. */
static void put_next(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *theirs,
	const char *ours, struct wf_node *out)
{
	(void)shape;
	if (!is_empty_list(theirs->value))
		wf_tr_put(t, out, ours, theirs->key_span,
			wf_tr_value(t, WF_SHAPE_TRANSITION, WF_FORM_LIST, theirs->value));
}

static void put_branches(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *theirs,
	const char *ours, struct wf_node *out)
{
	struct wf_node *map = wf_tr_map(t, theirs->value);

	(void)shape;
	if (is_empty_list(theirs->value))
		return;
	wf_tr_put(t, map, "branches", theirs->key_span,
		wf_tr_value(t, WF_SHAPE_BRANCH, WF_FORM_LIST, theirs->value));
	wf_tr_put(t, out, ours, theirs->key_span, map);
}

/* { conditions: [handlers] } */
static void put_error_handler(struct wf_translation *t, enum wf_shape shape,
	const struct wf_pair *theirs, const char *ours, struct wf_node *out)
{
	static const char *const keys[] = {"conditions"};
	const struct wf_pair *list = wf_node_pair(theirs->value, "conditions");

	(void)shape;
	if (WF_READ_KEYS(t->r, theirs->value, "`errorHandler`", keys) && list)
		wf_tr_put(t, out, ours, list->key_span,
			wf_tr_value(t, WF_SHAPE_HANDLER, WF_FORM_LIST, list->value));
}

/* -- a step with a task and with branches -- */

/* What is said of the branches, or where the flow goes on behind them. */
static bool is_of_fork(const char *key)
{
	static const char *const keys[] = {"parallel", "foreach", "next"};

	for (size_t i = 0; i < COUNT(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* What holds of both: when they run, and what becomes of a failure. */
static bool is_of_both(const char *key)
{
	return strcmp(key, "condition") == 0 || strcmp(key, "on_failure") == 0 ||
	       strcmp(key, "order") == 0;
}

/* What the step of the branches is called; NULL where the step has no id. */
static const struct wf_node *fork_id(struct wf_translation *t, const struct wf_node *step)
{
	const struct wf_node *id = wf_node_get(step, "id");

	if (!id || id->kind != WF_NODE_STRING)
		return NULL;
	WF_AUTOFREE char *name = wf_asprintf("%s_branches", id->string.text);
	return wf_tr_string(t, id, name);
}

static struct wf_node *part_of(struct wf_translation *t, const struct wf_node *step, bool fork)
{
	struct wf_node *part = wf_tr_map(t, step);
	const struct wf_node *id = fork ? fork_id(t, step) : NULL;

	if (id)
		wf_tr_put(t, part, "id", id->span, id);
	for (size_t i = 0; i < step->map.count; i++) {
		const struct wf_pair *pair = &step->map.pairs[i];

		if (is_of_both(pair->key) || is_of_fork(pair->key) == fork)
			wf_tr_put(t, part, pair->key, pair->key_span, pair->value);
	}
	return part;
}

static bool has_both(const struct wf_node *step)
{
	return wf_node_get(step, "action") && wf_node_get(step, "parallel");
}

/* The split step of the list that is called so. */
static const struct wf_node *split_named(const struct wf_node *list, const struct wf_node *name)
{
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *id = wf_node_get(list->list.items[i], "id");

		if (id && id->kind == WF_NODE_STRING && name->kind == WF_NODE_STRING &&
			strcmp(id->string.text, name->string.text) == 0)
			return has_both(list->list.items[i]) ? list->list.items[i] : NULL;
	}
	return NULL;
}

/* Who waits for a split step waits for its branches too. */
static void wait_for_forks(struct wf_translation *t, const struct wf_node *list, struct wf_node *step)
{
	const struct wf_pair *pair = wf_node_pair(step, "depends_on");
	const struct wf_node *of;

	if (!pair || pair->value->kind != WF_NODE_LIST)
		return;
	const struct wf_node *names = pair->value;
	struct wf_node *more = wf_tr_list(t, names, 2 * names->list.count);
	size_t n = 0;
	for (size_t i = 0; i < names->list.count; i++) {
		more->list.items[n++] = names->list.items[i];
		if ((of = split_named(list, names->list.items[i]))) {
			struct wf_node *name = WF_ARENA_NEW(t->r->arena, struct wf_node);

			*name = *fork_id(t, of);
			name->span = names->list.items[i]->span;
			more->list.items[n++] = name;
		}
	}
	more->list.count = n;
	step->map.pairs[pair - step->map.pairs].value = more;
}

/* In a list with dependencies the place says nothing. */
static void depend_parts(struct wf_translation *t, const struct wf_node *list,
	struct wf_node **items, size_t count)
{
	bool depends = false;

	for (size_t i = 0; i < count; i++)
		depends = depends || wf_node_get(items[i], "depends_on");
	for (size_t i = 0; depends && i < count; i++)
		wait_for_forks(t, list, items[i]);
	for (size_t i = 0; depends && i < count; i++) {
		const struct wf_node *id = wf_node_get(items[i], "id");

		if (i + 1 < count && id && split_named(list, id) && wf_node_get(items[i], "action")) {
			struct wf_node *names = wf_tr_list(t, id, 1);

			names->list.items[0] = WF_ARENA_NEW(t->r->arena, struct wf_node);
			*names->list.items[0] = *id;
			wf_tr_put(t, items[i + 1], "depends_on", id->span, names);
		}
	}
}

/* The task is performed, then the branches run, as a step of their own behind it. */
static void split_steps(struct wf_translation *t, struct wf_node *list)
{
	size_t more = 0, n = 0;

	if (!list || list->kind != WF_NODE_LIST)
		return;
	for (size_t i = 0; i < list->list.count; i++)
		more += has_both(list->list.items[i]);
	if (!more)
		return;
	struct wf_node **items =
		WF_ARENA_ARRAY(t->r->arena, struct wf_node *, list->list.count + more);
	for (size_t i = 0; i < list->list.count; i++) {
		struct wf_node *step = list->list.items[i];
		bool both = has_both(step);

		items[n++] = both ? part_of(t, step, false) : step;
		if (both)
			items[n++] = part_of(t, step, true);
	}
	depend_parts(t, list, items, n);
	list->list.items = items;
	list->list.count = n;
}

static void finish(struct wf_translation *t, enum wf_shape shape, const struct wf_node *theirs,
	struct wf_node *out)
{
	if (shape == WF_SHAPE_TRIGGER && wf_node_get(out, "name") && !wf_node_get(out, "type"))
		wf_tr_put(t, out, "type", theirs->span, wf_tr_string(t, theirs, "event"));
	if (shape == WF_SHAPE_RETRY)
		wf_tr_retry_on(t, theirs, out);
	split_steps(t, wf_node_get(out, "steps"));
}

static const struct wf_rename renames[] = {
	{WF_SHAPE_WORKFLOW, "workflowId", "id", NULL, false},
	{WF_SHAPE_WORKFLOW, "inputSchema", "input", NULL, false},
	{WF_SHAPE_WORKFLOW, "uiComponents", "ui", NULL, false},
	{WF_SHAPE_DEFAULTS, "retryPolicy", "retry", NULL, false},
	{WF_SHAPE_TRIGGER, "eventPattern", "name", NULL, false},
	{WF_SHAPE_STEP, "stepId", "id", NULL, false},
	{WF_SHAPE_STEP, "taskId", "action", NULL, false},
	{WF_SHAPE_STEP, "config", "with", NULL, false},
	{WF_SHAPE_STEP, "condition", "condition", put_condition, false},
	{WF_SHAPE_STEP, "next", "next", put_next, false},
	{WF_SHAPE_STEP, "parallelBranches", "parallel", put_branches, true},
	{WF_SHAPE_STEP, "retryPolicy", "retry", NULL, false},
	{WF_SHAPE_COMPENSATE, "taskId", "action", NULL, false},
	{WF_SHAPE_COMPENSATE, "config", "with", NULL, false},
	{WF_SHAPE_COMPENSATE, "retryPolicy", "retry", NULL, false},
	{WF_SHAPE_BRANCH, "branchId", "id", NULL, false},
	{WF_SHAPE_TRANSITION, "nextStepId", "to", NULL, false},
	{WF_SHAPE_TRANSITION, "condition", "when", NULL, false},
	{WF_SHAPE_FAILURE, "nextStepId", "to", NULL, false},
	{WF_SHAPE_FAILURE, "errorHandler", "handlers", put_error_handler, true},
	{WF_SHAPE_HANDLER, "nextStepId", "to", NULL, false},
	{WF_SHAPE_RETRY, "strategy", "backoff", NULL, false},
	{WF_SHAPE_COMPONENT, "componentId", "component", NULL, false},
	{WF_SHAPE_COMPONENT, "condition", "when", NULL, false},
};

const struct wf_dialect wf_taskflow = {
	.name = "taskflow",
	.camel = true,
	.mark = "workflowId",
	.renames = renames,
	.rename_count = COUNT(renames),
	.finish = finish,
};
