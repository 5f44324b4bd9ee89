/*
 * The tree as it is evaluated, from the one that the grammar gives: chains of dots become paths of
 * steps; brackets, @, # and ^ become what their step has; a % is given the step that it means,
 * whose tuples then carry a name for it; calls at the end of a function's body become tail calls.
 */
#include "query/jsonata_tree.h"

#include "base/err.h"

#include <string.h>

static struct wf_jn_node *build(struct wf_jn_builder *t, struct wf_jn_node *n);

_Noreturn void wf_jn_tree_fail(
	struct wf_jn_builder *t, const char *code, const struct wf_jn_node *n)
{
	wf_jn_lex_fail(t->lexer, WF_ESYNTAX, code, n->pos, n->s, n->n);
}

void *wf_jn_tree_grown(
	struct wf_jn_builder *t, void *items, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 4;
	void *more = wf_arena_alloc(t->program->arena, *room * size);
	if (count)
		memcpy(more, items, count * size);
	return more;
}

/* -- paths -- */

static struct wf_jn_node *path_of(struct wf_jn_builder *t, struct wf_jn_node *step)
{
	struct wf_jn_node *path = WF_ARENA_NEW(t->program->arena, struct wf_jn_node);
	path->kind = WF_JN_PATH;
	path->pos = step->pos;
	path->items = WF_ARENA_ARRAY(t->program->arena, struct wf_jn_node *, 1);
	path->items[0] = step;
	path->count = 1;
	return path;
}

/* Steps are added at the end of chains as long as the text, so the room doubles. */
static void add_steps(
	struct wf_jn_builder *t, struct wf_jn_node *path, struct wf_jn_node **steps, uint32_t n)
{
	uint32_t room = 1;
	while (room < path->count)
		room *= 2;
	if (path->count + n > room) {
		while (room < path->count + n)
			room *= 2;
		struct wf_jn_node **items =
			WF_ARENA_ARRAY(t->program->arena, struct wf_jn_node *, room);
		memcpy(items, path->items, path->count * sizeof(*items));
		path->items = items;
	}
	memcpy(path->items + path->count, steps, n * sizeof(*steps));
	path->count += n;
}

static struct wf_jn_node *last_step(struct wf_jn_node *n)
{
	return n->kind == WF_JN_PATH ? n->items[n->count - 1] : n;
}

static void add_stage(
	struct wf_jn_builder *t, struct wf_jn_stages *s, struct wf_jn_node *filter, uint32_t index)
{
	s->items = wf_jn_tree_grown(t, s->items, s->count, &s->room, sizeof(*s->items));
	s->items[s->count++] = (struct wf_jn_stage){.filter = filter, .index = index};
}

/* -- operators of paths -- */

static struct wf_jn_node *build_name(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *path = path_of(t, n);
	path->keep_singleton = path->keep_array = n->keep_array;
	return path;
}

static struct wf_jn_node *build_dot(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *first = build(t, n->lhs);
	struct wf_jn_node *path = first->kind == WF_JN_PATH ? first : path_of(t, first);
	if (first->kind == WF_JN_PARENT)
		wf_jn_add_slot(t, &path->seeking, first->slot);
	uint32_t from = first->kind == WF_JN_PATH ? path->count : 0;
	struct wf_jn_node *rest = build(t, n->rhs);
	if (rest->kind == WF_JN_PATH) {
		add_steps(t, path, rest->items, rest->count);
	} else {
		if (rest->predicates.count) {
			rest->stages = rest->predicates;
			rest->predicates = (struct wf_jn_stages){.count = 0};
		}
		add_steps(t, path, &rest, 1);
	}
	for (uint32_t i = from; i < path->count; i++) {
		struct wf_jn_node *step = path->items[i];
		if (step->kind == WF_JN_LITERAL) {
			if (!step->quoted)
				wf_jn_tree_fail(t, "S0213", step);
			step->kind = WF_JN_NAME;
		}
		if (step->keep_array)
			path->keep_singleton = true;
	}
	if (path->items[0]->kind == WF_JN_LIST)
		path->items[0]->constructed = true;
	if (path->items[path->count - 1]->kind == WF_JN_LIST)
		path->items[path->count - 1]->constructed = true;
	wf_jn_resolve_parents(t, path);
	return path;
}

static struct wf_jn_node *build_filter(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *result = build(t, n->lhs), *step = last_step(result);
	if (step->group)
		wf_jn_tree_fail(t, "S0209", n);
	struct wf_jn_node *filter = build(t, n->rhs);
	wf_jn_seek_filter(t, step, filter);
	add_stage(t, result->kind == WF_JN_PATH ? &step->stages : &step->predicates, filter, 0);
	return result;
}

static void build_items(struct wf_jn_builder *t, struct wf_jn_node *n, struct wf_jn_node *seeker)
{
	for (uint32_t i = 0; i < n->count; i++) {
		n->items[i] = build(t, n->items[i]);
		if (seeker)
			wf_jn_push_seeking(t, seeker, n->items[i]);
	}
}

static void mark_constant(struct wf_jn_node *make)
{
	make->constant = true;
	for (uint32_t i = 0; i < make->count; i += 2)
		if (make->items[i]->kind != WF_JN_LITERAL || !make->items[i]->quoted ||
			make->items[i]->predicates.count || make->items[i]->group)
			make->constant = false;
}

static struct wf_jn_node *build_group(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *result = build(t, n->lhs);
	if (result->group)
		wf_jn_tree_fail(t, "S0210", n);
	build_items(t, n->rhs, NULL);
	mark_constant(n->rhs);
	result->group = n->rhs;
	return result;
}

static struct wf_jn_node *build_order(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *result = build(t, n->lhs), *sort = n->rhs;
	if (result->kind != WF_JN_PATH)
		result = path_of(t, result);
	for (uint32_t i = 0; i < sort->count; i++) {
		sort->items[i]->lhs = build(t, sort->items[i]->lhs);
		wf_jn_push_seeking(t, sort, sort->items[i]->lhs);
	}
	add_steps(t, result, &sort, 1);
	wf_jn_resolve_parents(t, result);
	return result;
}

static struct wf_jn_node *build_focus(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *result = build(t, n->lhs), *step = last_step(result);
	if (step->stages.count || step->predicates.count)
		wf_jn_tree_fail(t, "S0215", n);
	if (step->kind == WF_JN_SORT)
		wf_jn_tree_fail(t, "S0216", n);
	if (n->keep_array)
		step->keep_array = true;
	step->focus = n->rhs->symbol;
	step->tuple = true;
	return result;
}

static struct wf_jn_node *build_index(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *result = build(t, n->lhs), *step = last_step(result);
	if (result->kind != WF_JN_PATH) {
		result = path_of(t, result);
		step->stages = step->predicates;
		step->predicates = (struct wf_jn_stages){.count = 0};
	}
	if (step->stages.count)
		add_stage(t, &step->stages, NULL, n->rhs->symbol);
	else
		step->index = n->rhs->symbol;
	step->tuple = true;
	return result;
}

/* -- the others -- */

static struct wf_jn_node *build_both(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	n->lhs = build(t, n->lhs);
	wf_jn_push_seeking(t, n, n->lhs);
	if (n->rhs) {
		n->rhs = build(t, n->rhs);
		wf_jn_push_seeking(t, n, n->rhs);
	}
	return n;
}

static struct wf_jn_node *build_apply(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	n->lhs = build(t, n->lhs);
	n->rhs = build(t, n->rhs);
	n->keep_array = n->keep_array || n->lhs->keep_array || n->rhs->keep_array;
	return n;
}

static struct wf_jn_node *build_bind(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	n->rhs = build(t, n->rhs);
	wf_jn_push_seeking(t, n, n->rhs);
	return n;
}

static struct wf_jn_node *build_negate(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	n->lhs = build(t, n->lhs);
	if (n->lhs->kind == WF_JN_LITERAL && n->lhs->value.tag == WF_JN_NUMBER) {
		n->lhs->value.num = -n->lhs->value.num;
		n->lhs->keep_array = n->lhs->keep_array || n->keep_array;
		return n->lhs;
	}
	wf_jn_push_seeking(t, n, n->lhs);
	return n;
}

static struct wf_jn_node *build_list(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	build_items(t, n, n);
	return n;
}

static struct wf_jn_node *build_make(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	build_items(t, n, n);
	mark_constant(n);
	return n;
}

static struct wf_jn_node *build_block(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	build_items(t, n, n);
	for (uint32_t i = 0; i < n->count; i++) {
		const struct wf_jn_node *part = n->items[i];
		if (part->constructed || (part->kind == WF_JN_PATH && part->items[0]->constructed))
			n->constructed = true;
	}
	return n;
}

static struct wf_jn_node *build_call(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	build_items(t, n, n);
	n->other = build(t, n->other);
	return n;
}

static struct wf_jn_node *build_condition(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	n->other = build(t, n->other);
	wf_jn_push_seeking(t, n, n->other);
	return build_both(t, n);
}

static struct wf_jn_node *build_transform(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	n->lhs = build(t, n->lhs);
	n->rhs = build(t, n->rhs);
	if (n->other)
		n->other = build(t, n->other);
	return n;
}

static struct wf_jn_node *tail(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	if (n->predicates.count || n->group || n->keep_array)
		return n;
	switch ((int)n->kind) {
	case WF_JN_CALL: {
		struct wf_jn_node *call = WF_ARENA_NEW(t->program->arena, struct wf_jn_node);
		call->kind = WF_JN_TAIL;
		call->pos = n->pos;
		call->lhs = n;
		return call;
	}
	case WF_JN_CONDITION:
		n->lhs = tail(t, n->lhs);
		if (n->rhs)
			n->rhs = tail(t, n->rhs);
		return n;
	case WF_JN_DEFAULT:
	case WF_JN_COALESCE:
		n->rhs = tail(t, n->rhs);
		return n;
	case WF_JN_BLOCK:
		if (n->count)
			n->items[n->count - 1] = tail(t, n->items[n->count - 1]);
		return n;
	default:
		return n;
	}
}

static struct wf_jn_node *build_lambda(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	n->lhs = tail(t, build(t, n->lhs));
	return n;
}

static struct wf_jn_node *build_itself(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	(void)t;
	return n;
}

static struct wf_jn_node *build_end(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	wf_jn_tree_fail(t, "S0207", n);
}

typedef struct wf_jn_node *build_fn(struct wf_jn_builder *t, struct wf_jn_node *n);

static build_fn *const builders[WF_JN_KIND_COUNT_] = {
	[WF_JN_NAME] = build_name,
	[WF_JN_LITERAL] = build_itself,
	[WF_JN_VARIABLE] = build_itself,
	[WF_JN_REGEX] = build_itself,
	[WF_JN_WILDCARD] = build_itself,
	[WF_JN_DESCENDANT] = build_itself,
	[WF_JN_PARENT] = wf_jn_build_parent,
	[WF_JN_PATH] = build_itself,
	[WF_JN_BINARY] = build_both,
	[WF_JN_NEGATE] = build_negate,
	[WF_JN_LIST] = build_list,
	[WF_JN_MAKE] = build_make,
	[WF_JN_CONDITION] = build_condition,
	[WF_JN_DEFAULT] = build_both,
	[WF_JN_COALESCE] = build_both,
	[WF_JN_BLOCK] = build_block,
	[WF_JN_BIND] = build_bind,
	[WF_JN_CALL] = build_call,
	[WF_JN_PARTIAL] = build_call,
	[WF_JN_HOLE] = build_itself,
	[WF_JN_LAMBDA] = build_lambda,
	[WF_JN_TAIL] = build_itself,
	[WF_JN_APPLY] = build_apply,
	[WF_JN_TRANSFORM] = build_transform,
	[WF_JN_SORT] = build_itself,
	[WF_JN_TERM] = build_itself,
	[WF_JN_END] = build_end,
	[WF_JN_DOT] = build_dot,
	[WF_JN_FILTER] = build_filter,
	[WF_JN_GROUP] = build_group,
	[WF_JN_ORDER] = build_order,
	[WF_JN_FOCUS] = build_focus,
	[WF_JN_INDEX] = build_index,
};

static struct wf_jn_node *build(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	struct wf_jn_node *result = builders[n->kind](t, n);
	if (n->keep_array)
		result->keep_array = true;
	return result;
}

/* -- the whole -- */

/* Paths of names alone have a shorter way. */
static void mark_plain(struct wf_jn_node *path)
{
	path->plain = !path->keep_singleton && !path->group && !path->tuple;
	for (uint32_t i = 0; i < path->count; i++) {
		const struct wf_jn_node *step = path->items[i];
		if (step->kind != WF_JN_NAME || step->predicates.count || step->stages.count ||
			step->group || step->tuple || step->keep_array)
			path->plain = false;
	}
}

/* What may be asked only when everything has its place. */
static void finish(struct wf_jn_node *n)
{
	if (!n)
		return;
	if (n->kind == WF_JN_PATH)
		mark_plain(n);
	finish(n->lhs);
	if (n->kind != WF_JN_BIND || n->rhs)
		finish(n->rhs);
	finish(n->other);
	finish(n->group);
	for (uint32_t i = 0; i < n->count; i++)
		finish(n->items[i]);
	for (uint32_t i = 0; i < n->predicates.count; i++)
		finish(n->predicates.items[i].filter);
	for (uint32_t i = 0; i < n->stages.count; i++)
		finish(n->stages.items[i].filter);
}

struct wf_jn_node *wf_jn_tree(
	struct wf_jn_program *p, struct wf_jn_lexer *l, struct wf_jn_node *node)
{
	struct wf_jn_builder t = {.program = p, .lexer = l};
	node = build(&t, node);
	finish(node);
	return node;
}
