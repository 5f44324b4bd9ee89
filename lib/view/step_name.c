/* What people call a step: the author's id, and the item of a foreach that it is for. */
#include "view/instance.h"
#include "view/style.h"

#include "plan/plan.h"

#include <string.h>

const char *wf_view_step_id(const struct wf_plan *plan, uint32_t step)
{
	return step < plan->step_count ? wf_plan_author_id(plan, step) : NULL;
}

/* The items from the outermost foreach to the innermost, with points between. */
static bool put_items(const struct wf_plan *plan, const struct wf_instance *in, uint32_t group,
	uint32_t member, struct wf_buf *out)
{
	if (group == WF_NONE || group >= in->group_count)
		return false;
	const struct wf_plan_group *g = &plan->groups[group];
	bool before = put_items(plan, in, g->parent, g->parent_member, out);
	uint32_t thread = in->groups[group].first_thread + member;
	if (g->kind != WF_GROUP_FOREACH || !in->groups[group].first_thread ||
		thread >= in->thread_count || in->threads[thread].item == WF_NONE)
		return before;
	wf_buf_printf(out, "%s%u", before ? "." : " item ", in->threads[thread].item);
	return true;
}

bool wf_view_step_called(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const char *name)
{
	WF_AUTOBUF struct wf_buf items = { 0 };
	const char *id = wf_plan_author_id(plan, step);
	size_t n = strlen(id);
	if (step >= plan->step_count || strncmp(name, id, n) != 0)
		return false;
	if (!name[n])
		return true;
	if (!put_items(plan, in, plan->steps[step].group, plan->steps[step].member, &items))
		return false;
	const char *item = items.data + strlen(" item ");
	size_t len = strlen(item);
	return strcmp(name + n, items.data) == 0 ||
		(name[n] == '[' && strncmp(name + n + 1, item, len) == 0 &&
			strcmp(name + n + 1 + len, "]") == 0);
}

void wf_view_step_option(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf items = { 0 };
	const char *id = wf_plan_author_id(plan, step);
	if (put_items(plan, in, plan->steps[step].group, plan->steps[step].member, &items))
		wf_buf_printf(out, "'%s[%s]'", id, items.data + strlen(" item "));
	else
		wf_buf_addstr(out, id);
}

bool wf_view_step_in_hand(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf items = { 0 };
	uint32_t group = plan->steps[step].group;
	wf_buf_addstr(out, wf_plan_author_id(plan, step));
	for (uint32_t g = group; g != WF_NONE; g = plan->groups[g].parent) {
		uint32_t owner = plan->groups[g].step;
		if (owner != WF_NONE && in->steps[owner].status == WF_STEP_COMPLETED)
			return false;
	}
	if (!put_items(plan, in, group, plan->steps[step].member, &items))
		return false;
	wf_buf_printf(out, "[%s]", items.data + strlen(" item "));
	return true;
}

void wf_view_step_name(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out)
{
	const char *id = wf_view_step_id(plan, step);
	wf_view_safe(out, id ? id : "?");
	if (step < plan->step_count)
		(void)put_items(plan, in, plan->steps[step].group, plan->steps[step].member, out);
}

uint32_t wf_view_step_item(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step)
{
	if (step >= plan->step_count)
		return WF_NONE;
	uint32_t group = plan->steps[step].group, member = plan->steps[step].member;
	while (group != WF_NONE && group < in->group_count) {
		const struct wf_plan_group *g = &plan->groups[group];
		uint32_t thread = in->groups[group].first_thread + member;
		if (g->kind == WF_GROUP_FOREACH && in->groups[group].first_thread &&
			thread < in->thread_count)
			return in->threads[thread].item;
		group = g->parent;
		member = g->parent_member;
	}
	return WF_NONE;
}

void wf_view_step_place(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out)
{
	const char *id = wf_view_step_id(plan, step);
	wf_view_safe(out, id ? id : "?");
	if (step >= plan->step_count)
		return;
	uint32_t group = plan->steps[step].group, member = plan->steps[step].member;
	WF_AUTOBUF struct wf_buf items = { 0 };
	bool branch = false;
	if (put_items(plan, in, group, member, &items))
		wf_buf_printf(out, " of%s", items.data);
	for (; group != WF_NONE && !branch; group = plan->groups[group].parent) {
		const struct wf_plan_group *g = &plan->groups[group];
		branch = g->kind == WF_GROUP_PARALLEL && member < g->member_count;
		if (branch) {
			wf_buf_addstr(out, items.len ? ", branch " : " of branch ");
			uint32_t name = plan->members[g->first_member + member].name;
			wf_view_safe(out, name == WF_NONE ? "?" : wf_plan_string(plan, name));
		}
		member = g->parent_member;
	}
}

/* Which member of the group the step lies in, however deep; WF_NONE: none. */
static uint32_t member_in(const struct wf_plan *plan, uint32_t step, uint32_t group)
{
	uint32_t at = plan->steps[step].group, member = plan->steps[step].member;
	while (at != WF_NONE && at != group) {
		member = plan->groups[at].parent_member;
		at = plan->groups[at].parent;
	}
	return at == group ? member : WF_NONE;
}

/* The item that the lane had in hand when the transitions that follow were still to come. Within
 * one turn it may have taken several: the next end of an item is its own, unless another lane moved
 * before. */
static uint32_t item_before(const struct wf_plan *plan, uint32_t group, uint32_t member,
	uint32_t now, const struct wf_transition *next, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct wf_transition *t = &next[i];
		if (t->type == WF_TRANS_ITEM && t->step == plan->groups[group].step)
			return (uint32_t)(t->value >> 1);
		if (t->step >= plan->step_count)
			continue;
		uint32_t other = member_in(plan, t->step, group);
		if (other != WF_NONE && other != member)
			break;
	}
	return now;
}

static bool put_items_before(const struct wf_plan *plan, const struct wf_instance *in,
	uint32_t group, uint32_t member, const struct wf_transition *next, uint32_t count,
	struct wf_buf *out)
{
	if (group == WF_NONE || group >= in->group_count)
		return false;
	const struct wf_plan_group *g = &plan->groups[group];
	bool before = put_items_before(plan, in, g->parent, g->parent_member, next, count, out);
	uint32_t thread = in->groups[group].first_thread + member;
	if (g->kind != WF_GROUP_FOREACH || !in->groups[group].first_thread ||
		thread >= in->thread_count)
		return before;
	uint32_t item = item_before(plan, group, member, in->threads[thread].item, next, count);
	if (item == WF_NONE)
		return before;
	wf_buf_printf(out, "%s%u", before ? "." : " (item ", item);
	return true;
}

void wf_view_step_moved(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const struct wf_transition *next, uint32_t count, struct wf_buf *out)
{
	const char *id = wf_view_step_id(plan, step);
	wf_view_safe(out, id ? id : "?");
	if (step < plan->step_count && put_items_before(plan, in, plan->steps[step].group,
			plan->steps[step].member, next, count, out))
		wf_buf_addch(out, ')');
}

const json_t *wf_view_item_error(const struct wf_plan *plan, const struct wf_instance *in,
	uint32_t step, const struct wf_transition *next, uint32_t count)
{
	uint32_t group = plan->steps[step].group, member = plan->steps[step].member;
	while (group != WF_NONE && plan->groups[group].kind != WF_GROUP_FOREACH) {
		member = plan->groups[group].parent_member;
		group = plan->groups[group].parent;
	}
	if (group == WF_NONE || group >= in->group_count)
		return NULL;
	/* one that lies in another may have begun anew since, and then its results are of other items */
	for (uint32_t g = plan->groups[group].parent; g != WF_NONE; g = plan->groups[g].parent)
		if (plan->groups[g].kind == WF_GROUP_FOREACH)
			return NULL;
	uint32_t item = item_before(plan, group, member, WF_NONE, next, count);
	return json_object_get(json_array_get(in->groups[group].results, item), "error");
}
