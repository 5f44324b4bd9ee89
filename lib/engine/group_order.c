/*
 * The order in a list with depends_on: which members are ready to begin, the first in the list's order
 * before the others. How many each one still waits for, and the heap of those that are ready, are counted
 * anew from what became of the members whenever they are needed and not known.
 */
#include "engine/groups.h"

#include "base/mem.h"

static void push_ready(struct wf_group_state *g, uint32_t member)
{
	uint32_t at = g->ready_count++;
	for (; at && g->ready[(at - 1) / 2] > member; at = (at - 1) / 2)
		g->ready[at] = g->ready[(at - 1) / 2];
	g->ready[at] = member;
}

static uint32_t pop_ready(struct wf_group_state *g)
{
	uint32_t least = g->ready[0], last = g->ready[--g->ready_count], at = 0;
	for (;;) {
		uint32_t child = 2 * at + 1;
		if (child + 1 < g->ready_count && g->ready[child + 1] < g->ready[child])
			child++;
		if (child >= g->ready_count || g->ready[child] >= last)
			break;
		g->ready[at] = g->ready[child];
		at = child;
	}
	g->ready[at] = last;
	return least;
}

/* Counts what each member still waits for; known from what became of the members alone. */
static void count_unmet(struct wf_core *c, uint32_t group)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	struct wf_group_state *g = &c->in->groups[group];
	if (g->unmet)
		return;
	g->unmet = wf_calloc(p->member_count, sizeof(*g->unmet));
	g->ready = wf_calloc(p->member_count, sizeof(*g->ready));
	g->ready_count = 0;
	for (uint32_t i = 0; i < p->member_count; i++) {
		const struct wf_plan_member *m = &c->plan->members[p->first_member + i];
		for (uint32_t k = 0; k < m->dep_count; k++)
			g->unmet[i] += wf_group_thread(c, group, c->plan->deps[m->first_dep + k])
				->outcome != WF_OUTCOME_SUCCEEDED;
		if (!g->unmet[i] && wf_group_thread(c, group, i)->outcome == WF_OUTCOME_NONE)
			push_ready(g, i);
	}
}

uint32_t wf_group_next_ready(struct wf_core *c, uint32_t group)
{
	struct wf_group_state *g = &c->in->groups[group];
	count_unmet(c, group);
	return g->ready_count ? pop_ready(g) : WF_NONE;
}

void wf_group_meet_followers(struct wf_core *c, uint32_t group, uint32_t member)
{
	const struct wf_plan_list *list = &c->plan->followers;
	uint32_t first = wf_group_plan(c, group)->first_member;
	struct wf_group_state *g = &c->in->groups[group];
	bool counted = g->unmet;
	count_unmet(c, group); /* counts this one already, where it was not counted before */
	for (uint32_t k = list->first[first + member]; counted && k < list->first[first + member + 1]; k++)
		if (--g->unmet[list->of[k] - first] == 0)
			push_ready(g, list->of[k] - first);
}

void wf_group_forget_counts(struct wf_group_state *g)
{
	wf_free(g->unmet);
	wf_free(g->ready);
	g->unmet = g->ready = NULL;
	g->ready_count = 0;
}
