/* The orch dialect: lists of steps; what has lists of its own: branches, bodies, handlers; and what
 * undoes a step. */
#include "model/read.h"

#include "base/limits.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* -- how many there are, before the first is read -- */

static size_t count_in(const struct wf_node *list);

static size_t count_step(const struct wf_node *map)
{
	const struct wf_node *branches = wf_node_get(wf_node_get(map, "parallel"), "branches");
	size_t count = 1 + count_in(wf_node_get(wf_node_get(map, "foreach"), "steps"));

	if (branches && branches->kind == WF_NODE_LIST)
		for (size_t i = 0; i < branches->list.count; i++)
			count += count_in(wf_node_get(branches->list.items[i], "steps"));
	return count;
}

static size_t count_in(const struct wf_node *list)
{
	size_t count = 0;

	if (list && list->kind == WF_NODE_LIST)
		for (size_t i = 0; i < list->list.count; i++)
			count += count_step(list->list.items[i]);
	return count;
}

/* -- lists -- */

static uint32_t add_block(struct wf_read *r, enum wf_block_kind kind, uint32_t owner,
	const struct wf_node *node)
{
	struct wf_model *m = r->model;

	WF_GROW(m->blocks, m->block_count, m->block_room);
	m->blocks[m->block_count] = (struct wf_model_block){.kind = kind, .owner = owner,
		.node = node, .first = WF_NONE};
	if (owner != WF_NONE)
		m->blocks[m->block_count].depth = 1 + m->blocks[m->steps[owner].block].depth;
	return m->block_count++;
}

/* The steps of the map's `steps`. `what` names the map ("a branch"). */
static void read_list(
	struct wf_read *r, const struct wf_node *map, const char *what, uint32_t block)
{
	const struct wf_node *list = wf_read_kind(r, map, "steps", WF_NODE_LIST);
	const struct wf_node *given = wf_node_get(map, "steps");
	struct wf_model *m = r->model;
	uint32_t last = WF_NONE;

	if (given && given->kind == WF_NODE_MAP)
		wf_diag_hint(&r->diags->items[r->diags->count - 1], "write each step as an item: `- id: …`");

	if (wf_read_lacks(r, map, "steps") && m->blocks[block].kind != WF_BLOCK_MAIN)
		WF_FIND(r, MISSING_KEY, map->span, "%s has no `steps`", what);
	if (list && list->list.count == 0)
		WF_FIND(r, WRONG_VALUE, list->span, "%s has at least one step", what);
	if (list)
		m->blocks[block].node = list;
	for (size_t i = 0; list && i < list->list.count; i++) {
		uint32_t step = wf_read_step(r, list->list.items[i], block);

		if (step == WF_NONE)
			continue;
		if (last == WF_NONE)
			m->blocks[block].first = step;
		else
			m->steps[last].follow = step;
		m->blocks[block].count++;
		last = step;
	}
}

/* -- parallel -- */

/* How many branches must succeed. */
static void read_join(struct wf_read *r, const struct wf_node *map, struct wf_model_fork *f)
{
	const struct wf_node *node = wf_node_get(map, "join");
	const char *word = node && node->kind == WF_NODE_STRING ? node->string.text : "";
	int64_t needed = f->block_count;

	f->join_node = node;
	if (node && node->kind == WF_NODE_INT)
		(void)wf_read_int(r, map, "join", 1, WF_MAX_STEPS, &needed);
	else if (strcmp(word, "any") == 0)
		needed = 1;
	else if (node && strcmp(word, "all") != 0)
		wf_diag_hint(WF_FIND(r, WRONG_VALUE, node->span,
				     "`join` must be `all`, `any` or how many branches have to succeed"),
			"such as join: %u", f->block_count > 1 ? f->block_count - 1 : 1);
	f->needed = (uint32_t)needed;
}

/* `taken` has the ids so far. */
static void read_branch_id(struct wf_read *r, const struct wf_node *map, json_t *taken,
	struct wf_model_block *block)
{
	const char *id = wf_read_string(r, map, "id");

	if (wf_read_lacks(r, map, "id"))
		WF_FIND(r, MISSING_KEY, map->span, "the branch has no `id`");
	block->id = id;
	if (!id)
		block->id = wf_arena_printf(
			r->arena, "(branch %zu)", json_object_size(taken) + 1);
	if (id && !wf_read_valid_id(id, false))
		WF_FIND(r, ID_INVALID, wf_node_get(map, "id")->span,
			"`%s` cannot be a branch's id", id);
	if (id && json_object_get(taken, id))
		WF_FIND(r, ID_DUPLICATE, wf_node_get(map, "id")->span,
			"the id `%s` is taken by another branch", id);
	json_object_set_new(taken, block->id, json_true());
}

static void read_branches(struct wf_read *r, const struct wf_node *list, uint32_t step)
{
	static const char *const keys[] = {"id", "name", "description", "steps"};
	struct wf_model_fork *f = r->model->steps[step].fork;
	json_t *taken = json_object();

	for (uint32_t i = 0; i < f->block_count; i++) {
		const struct wf_node *map = list->list.items[i];
		uint32_t block = f->first_block + i;

		if (!WF_READ_KEYS(r, map, "a branch", keys))
			continue;
		(void)wf_read_string(r, map, "name");
		(void)wf_read_string(r, map, "description");
		read_branch_id(r, map, taken, &r->model->blocks[block]);
		read_list(r, map, "a branch", block);
	}
	json_decref(taken);
}

static void read_parallel(struct wf_read *r, const struct wf_node *map, uint32_t step)
{
	static const char *const keys[] = {"branches", "join", "limit"};
	struct wf_model_fork *f = r->model->steps[step].fork;
	const struct wf_node *list;
	int64_t limit;

	if (!WF_READ_KEYS(r, map, "`parallel`", keys))
		return;
	list = wf_read_kind(r, map, "branches", WF_NODE_LIST);
	if (wf_read_lacks(r, map, "branches"))
		WF_FIND(r, MISSING_KEY, map->span, "`parallel` has no `branches`");
	if (list && list->list.count == 0)
		WF_FIND(r, WRONG_VALUE, list->span, "`parallel` has at least one branch");
	if (list && list->list.count > WF_MAX_STEPS)
		WF_FIND(r, LIMIT, list->span, "%zu branches are more than the %d that there may be",
			list->list.count, WF_MAX_STEPS);
	else if (list)
		f->block_count = (uint32_t)list->list.count;
	f->first_block = r->model->block_count;
	for (uint32_t i = 0; i < f->block_count; i++)
		(void)add_block(r, WF_BLOCK_BRANCH, step, list->list.items[i]);
	read_join(r, map, f);
	limit = f->block_count;
	(void)wf_read_int(r, map, "limit", 1, WF_MAX_STEPS, &limit);
	f->limit = (uint32_t)limit;
	f->limit_node = wf_node_get(map, "limit");
	if (list)
		read_branches(r, list, step);
}

/* -- foreach -- */

/* A name of its own for the item, or its place. */
static const char *read_alias(struct wf_read *r, const struct wf_node *map, const char *key)
{
	const char *name = wf_read_string(r, map, key);
	const struct wf_node *node = wf_node_get(map, key);
	enum wf_root root = name ? wf_root_find(name) : WF_ROOT_COUNT_;

	if (!name)
		return NULL;
	if (!wf_read_valid_id(name, false) || strchr(name, '-') || strcmp(name, "steps") == 0) {
		WF_FIND(r, ID_INVALID, node->span, "`%s` cannot be a name in expressions", name);
		return NULL;
	}
	if (root == (key[0] == 'a' ? WF_ROOT_ITEM : WF_ROOT_INDEX))
		return NULL;
	if (root == WF_ROOT_ITEM || root == WF_ROOT_INDEX) {
		WF_FIND(r, ID_INVALID, node->span, "`%s` means something of its own in the body",
			name);
		return NULL;
	}
	if (root != WF_ROOT_COUNT_)
		WF_FIND(r, ID_SHADOWS, node->span, "`%s` hides the root `%s` in the body", name,
			name);
	return name;
}

static void read_foreach(struct wf_read *r, const struct wf_node *map, uint32_t step)
{
	static const char *const keys[] = {
		"items", "as", "index", "limit", "steps", "on_item_failure"};
	static const char *const failures[] = {"stop", "continue"};
	struct wf_model_fork *f = r->model->steps[step].fork;
	int64_t limit = 1;

	f->first_block = add_block(r, WF_BLOCK_ITEM, step, map);
	f->block_count = 1;
	if (!WF_READ_KEYS(r, map, "`foreach`", keys))
		return;
	f->items = wf_read_tree(r, wf_node_get(map, "items"));
	if (wf_read_lacks(r, map, "items"))
		WF_FIND(r, MISSING_KEY, map->span, "`foreach` has no `items`");
	f->as = read_alias(r, map, "as");
	f->index = read_alias(r, map, "index");
	if (f->as && f->index && strcmp(f->as, f->index) == 0)
		WF_FIND(r, KEY_CONFLICT, wf_node_get(map, "index")->span,
			"the item and its place have the same name `%s`", f->as);
	(void)wf_read_int(r, map, "limit", 1, WF_MAX_LANES, &limit);
	f->limit = (uint32_t)limit;
	f->limit_node = wf_node_get(map, "limit");
	f->go_on = wf_read_word(r, map, "on_item_failure", failures, COUNT(failures), 0) == 1;
	read_list(r, map, "`foreach`", f->first_block);
}

void wf_read_fork(struct wf_read *r, const struct wf_node *map, uint32_t step)
{
	struct wf_model_step *s = &r->model->steps[step];
	bool parallel = s->kind == WF_STEP_PARALLEL;
	const struct wf_node *node = wf_node_get(map, parallel ? "parallel" : "foreach");

	s->fork = WF_ARENA_NEW(r->arena, struct wf_model_fork);
	s->fork->node = node;
	if (parallel)
		read_parallel(r, node, step);
	else
		read_foreach(r, node, step);
}

/* -- compensation -- */

void wf_read_compensate(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const keys[] = {"action", "with", "retry", "timeout", "timeout_ms",
		"deadline", "deadline_ms", "on_crash", "name", "description"};
	const struct wf_pair *pair = wf_node_pair(map, "compensate");
	struct wf_model_step *undo;

	if (!pair)
		return;
	s->compensate_node = pair->value;
	if (pair->value->kind == WF_NODE_BOOL && !pair->value->boolean) {
		s->keeps = true;
		return;
	}
	if (!WF_READ_KEYS(r, pair->value, "`compensate`", keys))
		return;
	undo = WF_ARENA_NEW(r->arena, struct wf_model_step);
	*undo = (struct wf_model_step){.node = pair->value, .action = WF_ACT_COUNT_,
		.follow = WF_NONE, .block = s->block};
	undo->id = wf_arena_printf(r->arena, "%s.undo", s->id);
	undo->name = wf_read_string(r, pair->value, "name");
	(void)wf_read_string(r, pair->value, "description");
	undo->failure_to = (struct wf_target){.kind = WF_TO_NEXT, .step = WF_NONE};
	wf_read_performed(r, pair->value, undo);
	undo->max_visits = WF_MAX_VISITS;
	if (undo->action != WF_ACT_COUNT_ && wf_actions[undo->action].kind != WF_ACTION_EFFECT &&
		undo->action != WF_ACT_WORKFLOW_RUN)
		WF_FIND(r, WRONG_VALUE, undo->action_node->span,
			"`%s` has no effect on the world, and so undoes nothing",
			undo->action_name);
	s->compensate = undo;
}

/* -- the workflow -- */

static void read_defaults(struct wf_read *r, const struct wf_node *defaults)
{
	static const char *const timeout_keys[] = {"timeout", "timeout_ms"};
	const struct wf_node *retry = wf_node_get(defaults, "retry"), *timeout;

	r->default_retry = (struct wf_retry){.max_attempts = 1, .coefficient_milli = 1000};
	r->default_retry_node = retry;
	if (retry)
		wf_read_retry(r, retry, &r->default_retry);
	if (defaults)
		r->default_timeout_ms = wf_read_millis(
			r, defaults, timeout_keys, COUNT(timeout_keys), 1, &timeout);
}

static void read_failure(struct wf_read *r, const struct wf_node *workflow)
{
	static const char *const keys[] = {"compensate", "steps"};
	const struct wf_node *map = wf_node_get(workflow, "on_failure");

	if (!map || !WF_READ_KEYS(r, map, "`on_failure`", keys))
		return;
	(void)wf_read_bool(r, map, "compensate", &r->model->compensates);
	if (!wf_node_get(map, "steps"))
		return;
	r->model->handler = add_block(r, WF_BLOCK_HANDLER, WF_NONE, map);
	read_list(r, map, "`on_failure`", r->model->handler);
}

void wf_read_orch_steps(
	struct wf_read *r, const struct wf_node *workflow, const struct wf_node *defaults)
{
	const struct wf_node *list = wf_node_get(workflow, "steps");
	size_t count = count_in(list) +
		       count_in(wf_node_get(wf_node_get(workflow, "on_failure"), "steps"));

	read_defaults(r, defaults);
	if (count > WF_MAX_STEPS) {
		WF_FIND(r, LIMIT, list ? list->span : workflow->span,
			"%zu steps are more than the %d that a workflow may have", count,
			WF_MAX_STEPS);
		count = WF_MAX_STEPS;
	}
	r->model->steps = WF_ARENA_ARRAY(r->arena, struct wf_model_step, count + 1);
	r->model->step_room = (uint32_t)count;
	(void)add_block(r, WF_BLOCK_MAIN, WF_NONE, workflow);
	read_list(r, workflow, "a workflow", 0);
	read_failure(r, workflow);
}
