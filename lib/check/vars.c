/* Variables: which there are, of what type, and where nothing may have set them. */
#include "check/internal.h"

/* Variables times steps up to which it is found out where each of them is set; beyond, they are
 * taken to be set everywhere. */
#define VARS_BUDGET 4000000

struct wf_check_var {
	const char *name;
	const struct wf_type *type; /* without UNDEF */
	bool initial;
	uint32_t *setters; /* steps */
	uint32_t setter_count, setter_room;
	bool *unset; /* by node: there is a way here on which nothing sets it; NULL
			when it is set everywhere */
};

static struct wf_check_var *variable(struct wf_check_vars *all, const char *name)
{
	const json_t *known = json_object_get(all->index, name);

	if (known)
		return &all->items[json_integer_value(known)];
	json_object_set_new(all->index, name, json_integer(all->count));
	WF_GROW(all->items, all->count, all->room);
	all->items[all->count] = (struct wf_check_var){.name = name};
	return &all->items[all->count++];
}

static void setter(struct wf_check_vars *all, const char *name, uint32_t step)
{
	struct wf_check_var *v = variable(all, name);

	WF_GROW(v->setters, v->setter_count, v->setter_room);
	v->setters[v->setter_count++] = step;
	v->type = &wf_type_any;
}

static void mark_unset(struct wf_check_vars *all, struct wf_check_var *v)
{
	const struct wf_graph *g = &all->c->flow;
	const uint32_t start = WF_FLOW_START;
	bool *cut = wf_calloc(g->count, sizeof *cut);

	for (uint32_t i = 0; i < v->setter_count; i++)
		cut[wf_flow_done(v->setters[i])] = true;
	v->unset = wf_calloc(g->count, sizeof *v->unset);
	v->unset[start] = true;
	wf_graph_reach(g, &start, 1, cut, v->unset, &all->cost);
	wf_free(cut);
}

void wf_check_vars_begin(struct wf_check_vars *all)
{
	const struct wf_model *m = all->c->model;
	const char *name;
	json_t *value;

	all->index = json_object();
	json_object_foreach(m->vars, name, value)
	{
		struct wf_check_var *v = variable(all, name);
		v->initial = true;
		v->type = wf_type_of_value(all->c->arena, value);
	}
	for (uint32_t i = 0; i < m->step_count; i++) {
		const struct wf_model_step *s = &m->steps[i];
		const struct wf_node *set = s->set_all ? s->with_node : s->set.node;

		for (size_t k = 0; set && set->kind == WF_NODE_MAP && k < set->map.count; k++)
			setter(all, set->map.pairs[k].key, i);
	}
	for (uint32_t i = 0; i < all->count; i++)
		all->vary = all->vary || !all->items[i].initial;
	if ((uint64_t)all->count * m->step_count > VARS_BUDGET)
		all->vary = false;
	for (uint32_t i = 0; i < all->count && all->vary; i++)
		if (!all->items[i].initial)
			mark_unset(all, &all->items[i]);
}

/* Whether nothing may have set it here. What steps beside this place set may come later. */
static bool may_be_unset(struct wf_check_vars *all, const struct wf_check_var *v, uint32_t node)
{
	const struct wf_model *m = all->c->model;
	bool beside = false;

	if (!v->unset)
		return false;
	if (v->unset[node])
		return true;
	if (!wf_flow_of_step(m, node))
		return false;
	for (uint32_t i = 0; i < v->setter_count && !beside; i++)
		beside = wf_check_beside(all->ran, v->setters[i], wf_flow_step(node));
	for (uint32_t i = 0; i < v->setter_count && beside; i++)
		if (wf_check_ran(all->ran, v->setters[i], node) == WF_RAN_SURELY)
			return false;
	return beside;
}

const struct wf_type *wf_check_vars_type(struct wf_check_vars *all, uint32_t node)
{
	struct wf_type *type = WF_ARENA_NEW(all->c->arena, struct wf_type);

	type->kinds = WF_T_MAP;
	type->closed = true;
	type->member_count = all->count;
	type->members = WF_ARENA_ARRAY(all->c->arena, struct wf_type_member, all->count);
	for (uint32_t i = 0; i < all->count; i++) {
		const struct wf_type *t = all->items[i].type;

		if (may_be_unset(all, &all->items[i], node)) {
			struct wf_type *maybe = WF_ARENA_NEW(all->c->arena, struct wf_type);
			*maybe = *t;
			maybe->kinds |= WF_T_UNDEF;
			t = maybe;
		}
		type->members[i] = (struct wf_type_member){all->items[i].name, t};
	}
	return type;
}

void wf_check_vars_done(struct wf_check_vars *all)
{
	for (uint32_t i = 0; i < all->count; i++) {
		wf_free(all->items[i].setters);
		wf_free(all->items[i].unset);
	}
	wf_free(all->items);
	json_decref(all->index);
}
