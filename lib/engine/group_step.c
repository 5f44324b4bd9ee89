/* A step that forks a group: its attempts, and what its policies say of the group's time. */
#include "engine/groups.h"

#include "base/limits.h"

#include <stdio.h>

uint32_t wf_core_group_of(const struct wf_plan *plan, uint32_t step)
{
	if (plan->steps[step].action != WF_ACT_PARALLEL && plan->steps[step].action != WF_ACT_FOREACH)
		return WF_NONE;
	for (uint32_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].step == step)
			return i;
	return WF_NONE;
}

/* Elements of the list that a foreach goes over; false after failing its step. */
static bool count_items(struct wf_core *c, uint32_t step, const json_t *list, uint32_t *ret)
{
	json_t *error = NULL;
	if (!json_is_array(list)) {
		error = wf_core_error(WF_ERROR_VALIDATION, "foreach_items", "`items` is no list");
	} else if (json_array_size(list) > WF_MAX_ITEMS) {
		WF_AUTOFREE char *text = wf_asprintf("%zu items, over the limit of %u",
			json_array_size(list), WF_MAX_ITEMS);
		error = wf_core_error(WF_ERROR_LIMIT, "foreach_items", text);
	} else if (!wf_core_too_large(list, "the list of items", &error)) {
		*ret = (uint32_t)json_array_size(list);
		return true;
	}
	wf_core_fail_step(c, step, error);
	return false;
}

/* An attempt of the step in hand begins; its items, of a foreach, are its input. */
static void begin_attempt(struct wf_core *c, uint32_t step, uint32_t group)
{
	struct wf_step_state *s = &c->in->steps[step];
	const json_t *items = json_object_get(s->input, "items");
	bool each = c->plan->groups[group].kind == WF_GROUP_FOREACH;
	s->attempts++;
	s->attempt_at = c->event->at;
	wf_core_wait(c, step, WF_WAIT_BRANCHES, wf_core_attempt_end(c, step));
	wf_group_begin(c, group, each ? (uint32_t)json_array_size(items)
				      : c->plan->groups[group].member_count);
}

void wf_core_fork_group(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t group = insn->c, step = wf_core_thread(c)->step, count = 0;
	bool each = c->plan->groups[group].kind == WF_GROUP_FOREACH;
	json_t *list = wf_vm_pop(&c->vm);
	if (step == WF_NONE) { /* a list with depends_on */
		json_decref(list);
		wf_group_begin(c, group, each ? 0 : c->plan->groups[group].member_count);
		return;
	}
	if (each && !count_items(c, step, list, &count)) {
		json_decref(list);
		return;
	}
	struct wf_step_state *s = &c->in->steps[step];
	json_decref(s->input);
	s->input = each ? json_pack("{s:O}", "items", list) : NULL;
	json_decref(list);
	begin_attempt(c, step, group);
}

void wf_core_group_again(struct wf_core *c, uint32_t step)
{
	uint32_t group = wf_core_group_of(c->plan, step);
	struct wf_thread *t = wf_core_thread(c);
	if (group == WF_NONE || c->plan->fork_pc[group] == WF_NONE) {
		wf_core_fail_step(c, step, wf_core_error(WF_ERROR_INTERNAL, "no_group",
			"the step has no branches to begin again"));
		return;
	}
	t->pc = c->plan->fork_pc[group] + 1;
	begin_attempt(c, step, group);
}

void wf_core_group_timeout(struct wf_core *c, uint32_t step)
{
	uint32_t group = wf_core_thread(c)->waits;
	json_t *error = wf_core_error(WF_ERROR_TIMEOUT, "timeout",
		"its branches took longer than its timeout");
	if (group < c->in->group_count)
		wf_group_over(c, group, error);
	else
		wf_core_fail_attempt(c, step, error);
}
