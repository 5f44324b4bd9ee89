/* What people call a step: the author's id, and the item of a foreach that it is for. */
#include "view/instance.h"
#include "view/style.h"

#include "plan/plan.h"

const char *wf_view_step_id(const struct wf_plan *plan, uint32_t step)
{
	return step < plan->step_count ? wf_plan_step_id(plan, plan->steps[step].origin) : NULL;
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

void wf_view_step_name(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out)
{
	const char *id = wf_view_step_id(plan, step);
	wf_view_safe(out, id ? id : "?");
	if (step < plan->step_count)
		(void)put_items(plan, in, plan->steps[step].group, plan->steps[step].member, out);
}
