/* Items of the transitions of a history, found from its end. */
#include "view/items.h"

#include "base/mem.h"

/* A transition; `item` is found by settling. */
struct moved {
	uint32_t step, item;
	uint32_t ended; /* the end of this item of the step's foreach; WF_NONE */
};

struct told {
	size_t first;   /* of its transitions */
	uint32_t step, item;
	bool retry;     /* items begin again behind it */
};

struct wf_view_items {
	const struct wf_plan *plan;
	struct told *records;
	size_t record_count, record_room;
	struct moved *moves;
	size_t move_count, move_room;
	uint32_t *hand; /* by member of the plan: what the lane has in hand */
};

struct wf_view_items *wf_view_items_new(const struct wf_plan *plan)
{
	bool any = false;
	for (uint32_t i = 0; i < plan->group_count; i++)
		any |= plan->groups[i].kind == WF_GROUP_FOREACH;
	if (!any)
		return NULL;
	struct wf_view_items *v = wf_calloc(1, sizeof(*v));
	v->plan = plan;
	return v;
}

void wf_view_items_free(struct wf_view_items *v)
{
	if (!v)
		return;
	wf_free(v->records);
	wf_free(v->moves);
	wf_free(v->hand);
	wf_free(v);
}

void wf_view_items_add(struct wf_view_items *v, const struct wf_record *r)
{
	if (!v)
		return;
	WF_GROW(v->records, v->record_count, v->record_room);
	v->records[v->record_count++] = (struct told){ .first = v->move_count, .step = r->event.step,
		.item = WF_NONE, .retry = r->event.type == WF_EVENT_RETRY };
	for (uint32_t i = 0; i < r->count; i++) {
		const struct wf_transition *t = &r->transitions[i];
		WF_GROW(v->moves, v->move_count, v->move_room);
		v->moves[v->move_count++] = (struct moved){ .step = t->step, .item = WF_NONE,
			.ended = t->type == WF_TRANS_ITEM ? (uint32_t)(t->value >> 1) : WF_NONE };
	}
}

/* -- lanes -- */

/* The lane of the innermost foreach around the step, a member of the plan; WF_NONE. */
static uint32_t lane_of(const struct wf_plan *plan, uint32_t step)
{
	if (step >= plan->step_count)
		return WF_NONE;
	uint32_t group = plan->steps[step].group, member = plan->steps[step].member;
	while (group != WF_NONE && plan->groups[group].kind != WF_GROUP_FOREACH) {
		member = plan->groups[group].parent_member;
		group = plan->groups[group].parent;
	}
	return group == WF_NONE ? WF_NONE : plan->groups[group].first_member + member;
}

/* The lane of that group in which the step lies, however deep; WF_NONE. */
static uint32_t lane_in(const struct wf_plan *plan, uint32_t step, uint32_t group)
{
	if (step >= plan->step_count)
		return WF_NONE;
	uint32_t at = plan->steps[step].group, member = plan->steps[step].member;
	while (at != WF_NONE && at != group) {
		member = plan->groups[at].parent_member;
		at = plan->groups[at].parent;
	}
	return at == group ? plan->groups[group].first_member + member : WF_NONE;
}

static uint32_t group_of_foreach(const struct wf_plan *plan, uint32_t step)
{
	for (uint32_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].kind == WF_GROUP_FOREACH && plan->groups[i].step == step)
			return i;
	return WF_NONE;
}

/* Lanes within that lane: what they had in hand for its next item says nothing of this one. */
static void forget_within(struct wf_view_items *v, uint32_t group, uint32_t lane)
{
	const struct wf_plan *plan = v->plan;
	for (uint32_t i = 0; i < plan->group_count; i++) {
		const struct wf_plan_group *g = &plan->groups[i];
		uint32_t at = g->parent, member = g->parent_member;
		while (at != WF_NONE && at != group) {
			member = plan->groups[at].parent_member;
			at = plan->groups[at].parent;
		}
		if (at != group || plan->groups[group].first_member + member != lane)
			continue;
		for (uint32_t k = 0; k < g->member_count; k++)
			v->hand[g->first_member + k] = WF_NONE;
	}
}

/* -- from the end -- */

/* An item's end stands right behind what its lane did last. */
static void item_ended(struct wf_view_items *v, const struct told *r, size_t at)
{
	uint32_t group = group_of_foreach(v->plan, v->moves[at].step), lane = WF_NONE;
	if (group == WF_NONE)
		return;
	for (size_t i = at; i-- > r->first && lane == WF_NONE;)
		lane = lane_in(v->plan, v->moves[i].step, group);
	if (lane == WF_NONE)
		lane = lane_in(v->plan, r->step, group);
	if (lane == WF_NONE)
		return;
	v->hand[lane] = v->moves[at].ended;
	forget_within(v, group, lane);
}

static uint32_t in_hand(const struct wf_view_items *v, uint32_t step)
{
	uint32_t lane = lane_of(v->plan, step);
	return lane == WF_NONE ? WF_NONE : v->hand[lane];
}

static void hands_now(struct wf_view_items *v, const struct wf_instance *in)
{
	const struct wf_plan *plan = v->plan;
	v->hand = wf_alloc(((size_t)plan->member_count + 1) * sizeof(*v->hand));
	for (uint32_t i = 0; i < plan->member_count; i++)
		v->hand[i] = WF_NONE;
	for (uint32_t i = 0; i < plan->group_count && i < in->group_count; i++) {
		const struct wf_plan_group *g = &plan->groups[i];
		uint32_t first = in->groups[i].first_thread;
		for (uint32_t k = 0; first && g->kind == WF_GROUP_FOREACH && k < g->member_count; k++)
			if (first + k < in->thread_count)
				v->hand[g->first_member + k] = in->threads[first + k].item;
	}
}

void wf_view_items_settle(struct wf_view_items *v, const struct wf_instance *in)
{
	if (!v)
		return;
	hands_now(v, in);
	size_t end = v->move_count;
	for (size_t n = v->record_count; n-- > 0; end = v->records[n].first) {
		struct told *r = &v->records[n];
		for (size_t i = end; i-- > r->first;) {
			struct moved *m = &v->moves[i];
			m->item = in_hand(v, m->step);
			if (m->ended != WF_NONE)
				item_ended(v, r, i);
		}
		r->item = in_hand(v, r->step);
		for (uint32_t i = 0; r->retry && i < v->plan->member_count; i++)
			v->hand[i] = WF_NONE;
	}
}

uint32_t wf_view_items_event(const struct wf_view_items *v, uint64_t n)
{
	return v && n < v->record_count ? v->records[n].item : WF_NONE;
}

uint32_t wf_view_items_transition(const struct wf_view_items *v, uint64_t n, uint32_t i)
{
	return v && n < v->record_count && v->records[n].first + i < v->move_count
		? v->moves[v->records[n].first + i].item : WF_NONE;
}
