/* Reading a loaded plan: its strings, steps and places; and freeing it. */
#include "plan/internal.h"

#include "base/mem.h"

#include <string.h>

int wf_plan_compare_bodies(const void *a, const void *b)
{
	const struct wf_plan_body *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->of != y->of)
		return x->of < y->of ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

void wf_plan_drop(struct wf_plan *plan)
{
	for (uint32_t i = 0; plan->consts && i < plan->const_count; i++)
		json_decref(plan->consts[i]);
	wf_free(plan->strings);
	wf_arena_free(plan->texts);
	wf_free(plan->consts);
	wf_free(plan->steps);
	wf_free(plan->code);
	wf_free(plan->edges);
	wf_free(plan->locs);
	wf_free(plan->bodies);
	wf_free(plan->groups);
	wf_free(plan->members);
	wf_free(plan->deps);
	struct wf_plan_list *const lists[] = {&plan->followers, &plan->inside, &plan->nested};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		wf_free(lists[i]->first);
		wf_free(lists[i]->of);
	}
	wf_free(plan->fork_pc);
	wf_plan_drop_queries(plan);
	*plan = (struct wf_plan){0};
}

void wf_plan_free(struct wf_plan *plan)
{
	if (!plan)
		return;
	wf_plan_drop(plan);
	wf_free(plan);
}

const char *wf_plan_string(const struct wf_plan *plan, uint32_t index)
{
	return index < plan->string_count ? plan->strings[index] : NULL;
}

const char *wf_plan_step_id(const struct wf_plan *plan, uint32_t step)
{
	return step < plan->step_count ? wf_plan_string(plan, plan->steps[step].id) : NULL;
}

const char *wf_plan_author_id(const struct wf_plan *plan, uint32_t step)
{
	return step < plan->step_count ? wf_plan_step_id(plan, plan->steps[step].origin) : "?";
}

const char *wf_plan_action_name(const struct wf_plan *plan, uint32_t step)
{
	const struct wf_plan_step *s = &plan->steps[step];
	return s->action_name == WF_NONE ? wf_actions[s->action].name
					 : wf_plan_string(plan, s->action_name);
}

uint32_t wf_plan_find_step(const struct wf_plan *plan, const char *id)
{
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (strcmp(plan->strings[plan->steps[i].id], id) == 0)
			return i;
	return WF_NONE;
}

uint32_t wf_plan_find_body(const struct wf_plan *plan, enum wf_body_kind kind, uint32_t of,
	uint32_t index)
{
	struct wf_plan_body wanted = {.kind = kind, .of = of, .index = index};
	uint32_t low = 0, high = plan->body_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = wf_plan_compare_bodies(&plan->bodies[middle], &wanted);
		if (!order)
			return plan->bodies[middle].pc;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return WF_NONE;
}

const struct wf_plan_loc *wf_plan_locate(const struct wf_plan *plan, uint32_t pc)
{
	uint32_t low = 0, high = plan->loc_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (plan->locs[middle].pc <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &plan->locs[low - 1] : NULL;
}
