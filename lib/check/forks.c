/* Branches, bodies and what undoes steps: joins that cannot complete, variables set from several
 * sides, compensations, how much the plan would hold; and what all of it gives. */
#include "check/internal.h"

#include "base/limits.h"

#include <string.h>

/* -- types -- */

static const struct wf_type *kinds(struct wf_checker *c, uint32_t bits)
{
	struct wf_type *type = WF_ARENA_NEW(c->arena, struct wf_type);

	type->kinds = bits;
	return type;
}

static const struct wf_type *list_of(struct wf_checker *c, const struct wf_type *element)
{
	struct wf_type *type = WF_ARENA_NEW(c->arena, struct wf_type);

	type->kinds = WF_T_LIST;
	type->element = element;
	return type;
}

static const struct wf_type *map_of(struct wf_checker *c, const struct wf_type_member *members,
	uint32_t count)
{
	struct wf_type *type = WF_ARENA_NEW(c->arena, struct wf_type);

	type->kinds = WF_T_MAP;
	type->closed = true;
	type->member_count = count;
	type->members = WF_ARENA_ARRAY(c->arena, struct wf_type_member, count);
	memcpy(type->members, members, count * sizeof *members);
	return type;
}

static const struct wf_type *plus(struct wf_checker *c, const struct wf_type *type, uint32_t bits)
{
	struct wf_type *copy = WF_ARENA_NEW(c->arena, struct wf_type);

	*copy = *type;
	copy->kinds |= bits;
	return copy;
}

/* Of the output of the last step that a list completes: *ret_maybe, when that may be none. */
static const struct wf_type *last_output(struct wf_checker *c, uint32_t block, bool *ret_maybe)
{
	const struct wf_model *m = c->model;
	const struct wf_graph *g = &c->lists;
	uint32_t end = wf_flow_block_end(m, block);
	const struct wf_type *type = NULL;

	*ret_maybe = false;
	for (uint32_t i = g->pred_first[end]; i < g->pred_first[end + 1]; i++) {
		uint32_t node = g->pred[i];

		if (!wf_graph_reached(g, node))
			continue;
		if (!wf_flow_of_step(m, node) || node != wf_flow_done(wf_flow_step(node))) {
			*ret_maybe = true;
			return &wf_type_any;
		}
		const struct wf_type *of = m->steps[wf_flow_step(node)].output_type;
		of = of ? of : &wf_type_any;
		type = type ? wf_type_union(c->arena, type, of) : of;
	}
	/* of steps side by side any may be the last */
	return type && !m->blocks[block].depends ? type : &wf_type_any;
}

static const struct wf_type *foreach_type(struct wf_checker *c, const struct wf_model_fork *f)
{
	const struct wf_type *error = kinds(c, WF_T_MAP), *whole = kinds(c, WF_T_INT);
	bool maybe;
	const struct wf_type *result = last_output(c, f->first_block, &maybe);
	const struct wf_type_member one[] = {{"index", whole}, {"error", error}};
	const struct wf_type_member all[] = {
		{"results", list_of(c, f->go_on || maybe ? plus(c, result, WF_T_NULL) : result)},
		{"errors", list_of(c, map_of(c, one, 2))}, {"completed", whole}, {"failed", whole}};

	return map_of(c, all, 4);
}

static const struct wf_type *parallel_type(struct wf_checker *c, const struct wf_model_fork *f)
{
	struct wf_type_member *all =
		WF_ARENA_ARRAY(c->arena, struct wf_type_member, f->block_count + 1);
	bool surely = f->needed >= f->block_count, maybe;

	for (uint32_t i = 0; i < f->block_count; i++) {
		const struct wf_type *result = last_output(c, f->first_block + i, &maybe);
		const struct wf_type_member one[] = {{"status", kinds(c, WF_T_STRING)},
			{"output", surely && !maybe ? result : plus(c, result, WF_T_UNDEF)},
			{"error", kinds(c, WF_T_MAP | WF_T_UNDEF)}};

		all[i] = (struct wf_type_member){c->model->blocks[f->first_block + i].id,
			map_of(c, one, 3)};
	}
	return map_of(c, all, f->block_count);
}

const struct wf_type *wf_check_fork_type(struct wf_checker *c, const struct wf_model_step *s)
{
	return s->kind == WF_STEP_FOREACH ? foreach_type(c, s->fork) : parallel_type(c, s->fork);
}

/* -- joins -- */

static void check_join(struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_model *m = c->model;
	const struct wf_model_fork *f = s->fork;
	struct wf_span span = f->join_node ? f->join_node->span : s->id_node ? s->id_node->span
									     : s->node->span;
	uint32_t dead = 0, first = WF_NONE;

	if (f->needed > f->block_count) {
		WF_FIND(c, JOIN_IMPOSSIBLE, span, "%u branches of `%s` have to succeed, and there %s %u",
			f->needed, s->id, f->block_count == 1 ? "is" : "are", f->block_count);
		return;
	}
	for (uint32_t i = f->first_block; i < f->first_block + f->block_count; i++)
		if (m->blocks[i].first != WF_NONE &&
			!wf_graph_reached(&c->lists, wf_flow_block_end(m, i))) {
			dead++;
			first = first == WF_NONE ? i : first;
		}
	if (dead && f->block_count - dead < f->needed && !c->unknown_steps)
		WF_FIND(c, JOIN_IMPOSSIBLE, span,
			"the branch `%s` always fails, and %u of %u have to succeed",
			m->blocks[first].id, f->needed, f->block_count);
}

/* -- names -- */

/* A name that a foreach gives hides a step of the same name from its body. */
static void check_alias(struct wf_checker *c, const struct wf_model_step *s, const char *key)
{
	const struct wf_node *node = wf_node_get(s->fork->node, key);
	const char *name = key[0] == 'a' ? s->fork->as : s->fork->index;

	if (name && wf_model_find_step(c->model, name) != WF_NONE)
		WF_FIND(c, ID_SHADOWS, node->span, "`%s` hides the step `%s` in the body", name,
			name);
}

/* -- variables -- */

/* Calls fn with each variable that the step sets. */
static void each_set(const struct wf_model_step *s,
	void (*fn)(void *arg, const struct wf_model_step *s, const struct wf_pair *pair), void *arg)
{
	const struct wf_node *set = s->set_all ? s->with_node : s->set.node;

	for (size_t i = 0; set && set->kind == WF_NODE_MAP && i < set->map.count; i++)
		fn(arg, s, &set->map.pairs[i]);
}

struct setters {
	struct wf_checker *c;
	struct wf_check_ran ran;
	json_t *last; /* name to the step that set it last */
	json_t *told;
};

static bool many_items(const struct wf_model *m, uint32_t block)
{
	for (; m->blocks[block].owner != WF_NONE; block = m->steps[m->blocks[block].owner].block)
		if (m->blocks[block].kind == WF_BLOCK_ITEM &&
			m->steps[m->blocks[block].owner].fork->limit > 1)
			return true;
	return false;
}

static void check_set(void *arg, const struct wf_model_step *s, const struct wf_pair *pair)
{
	struct setters *v = arg;
	const struct wf_model *m = v->c->model;
	uint32_t step = (uint32_t)(s - m->steps);
	const json_t *last = json_object_get(v->last, pair->key);
	const struct wf_model_step *other = last ? &m->steps[json_integer_value(last)] : NULL;

	json_object_set_new(v->last, pair->key, json_integer((json_int_t)step));
	if (json_object_get(v->told, pair->key))
		return;
	if (many_items(m, s->block))
		WF_FIND(v->c, VARS_RACE, pair->key_span,
			"`%s` is set for several items side by side: the last of them stays",
			pair->key);
	else if (other && wf_check_beside(&v->ran, step, (uint32_t)(other - m->steps)))
		WF_FIND(v->c, VARS_RACE, pair->key_span,
			"`%s` is also set by `%s`, which may run beside this step: the last of "
			"them stays",
			pair->key, other->id);
	else
		return;
	json_object_set_new(v->told, pair->key, json_true());
}

static void check_setters(struct wf_checker *c)
{
	struct setters v = {.c = c, .ran = {.c = c}, .last = json_object(), .told = json_object()};

	for (uint32_t i = 0; i < c->model->step_count; i++)
		each_set(&c->model->steps[i], check_set, &v);
	wf_check_ran_done(&v.ran);
	json_decref(v.last);
	json_decref(v.told);
}

/* -- compensations -- */

static bool own_effect(const struct wf_model_step *s)
{
	if (s->fork)
		return false;
	return s->action == WF_ACT_COUNT_ || wf_actions[s->action].kind == WF_ACTION_EFFECT ||
	       s->action == WF_ACT_WORKFLOW_RUN;
}

/* Whether the step, or one that lies in it, has an effect on the world. */
static bool has_effect(const struct wf_model *m, const struct wf_model_step *s)
{
	const struct wf_model_step *end = m->steps + s->beyond;

	for (const struct wf_model_step *p = s; p < end; p++)
		if (own_effect(p))
			return true;
	return false;
}

/* A request that only asks changes nothing. */
static bool only_asks(const struct wf_model_step *s)
{
	const struct wf_node *method = wf_node_get(s->with_node, "method");

	return s->action == WF_ACT_HTTP_REQUEST &&
	       (!method || (method->kind == WF_NODE_STRING &&
				   (strcmp(method->string.text, "GET") == 0 ||
					   strcmp(method->string.text, "HEAD") == 0)));
}

/* Whether something around the step undoes or keeps all that is in it, or it is in a handler. */
static bool covered(const struct wf_model *m, const struct wf_model_step *s)
{
	while (!s->compensate_node && m->blocks[s->block].owner != WF_NONE)
		s = &m->steps[m->blocks[s->block].owner];
	return s->compensate_node || m->blocks[s->block].kind == WF_BLOCK_HANDLER;
}

static void check_compensations(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	bool any = false;

	for (uint32_t i = 0; i < m->step_count; i++) {
		const struct wf_model_step *s = &m->steps[i];

		any = any || s->compensate;
		if (s->compensate && !has_effect(m, s))
			WF_FIND(c, COMPENSATE_USELESS, s->compensate_node->span,
				"`%s` has no effect on the world that could be undone", s->id);
	}
	for (uint32_t i = 0; i < m->step_count && any; i++) {
		const struct wf_model_step *s = &m->steps[i];
		bool last = s->follow == WF_NONE && !s->next_node && s->block == 0;

		if (own_effect(s) && !only_asks(s) && !last && !covered(m, s))
			wf_diag_hint(WF_FIND(c, COMPENSATE_MISSING,
					     s->id_node ? s->id_node->span : s->node->span,
					     "the effect of `%s` stays where those of other "
					     "steps are undone",
					     s->id),
				"give it a `compensate`, or say `compensate: false`");
	}
}

/* -- how much the plan holds -- */

/* Steps of the plan that the model's step becomes: itself, its notifications and what undoes it. */
static uint64_t weight(const struct wf_model_step *s)
{
	return 1 + s->notify_count + (s->compensate != NULL);
}

static uint64_t copies(const struct wf_model *m, uint32_t block)
{
	uint64_t n = 1;

	for (; m->blocks[block].owner != WF_NONE; block = m->steps[m->blocks[block].owner].block) {
		if (m->blocks[block].kind == WF_BLOCK_ITEM)
			n *= m->steps[m->blocks[block].owner].fork->limit;
		if (n > WF_MAX_STEPS)
			return WF_MAX_STEPS + 1;
	}
	return n;
}

/* A foreach is there once for each item that it has in hand at once. */
static void check_size(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	const struct wf_model_fork *widest = NULL;
	uint64_t total = 0;

	for (uint32_t i = 0; i < m->step_count; i++) {
		const struct wf_model_step *s = &m->steps[i];
		uint64_t n = copies(m, s->block);

		total += n * weight(s);
		if (s->kind == WF_STEP_FOREACH && (!widest || s->fork->limit > widest->limit))
			widest = s->fork;
		if (n > 1 && strlen(s->id) > WF_MAX_ID - 8)
			WF_FIND(c, LIMIT, s->id_node ? s->id_node->span : s->node->span,
				"an id inside a foreach with a `limit` has at most %d bytes",
				WF_MAX_ID - 8);
	}
	if (widest && total > WF_MAX_STEPS)
		WF_FIND(c, LIMIT,
			widest->limit_node ? widest->limit_node->span : widest->node->span,
			"with a copy for each item in hand at once the plan would have more than "
			"%d steps",
			WF_MAX_STEPS);
}

void wf_check_forks(struct wf_checker *c)
{
	const struct wf_model *m = c->model;

	for (uint32_t i = 0; i < m->step_count; i++)
		if (m->steps[i].kind == WF_STEP_PARALLEL && m->steps[i].fork->block_count)
			check_join(c, &m->steps[i]);
	for (uint32_t i = 0; i < m->step_count; i++)
		if (m->steps[i].kind == WF_STEP_FOREACH) {
			check_alias(c, &m->steps[i], "as");
			check_alias(c, &m->steps[i], "index");
		}
	if (m->block_count > 1 || m->side_by_side > 1)
		check_setters(c);
	check_compensations(c);
	check_size(c);
}
