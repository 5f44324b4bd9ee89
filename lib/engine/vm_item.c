/* The item that a foreach has in hand, seen from the thread whose code runs. */
#include "engine/vm_core.h"

/* The lane of that group that the thread is, or lies in; NULL: none. */
static const struct wf_thread *lane_of(const struct wf_vm *vm, uint32_t group)
{
	uint32_t at = vm->in ? vm->thread : WF_NONE;
	while (vm->in && at < vm->in->thread_count) {
		const struct wf_thread *t = &vm->in->threads[at];
		if (t->group == group && t->item != WF_NONE)
			return t;
		at = t->parent;
	}
	return NULL;
}

bool wf_vm_sees(const struct wf_vm *vm, uint32_t step)
{
	uint32_t group = vm->plan->steps[step].group, member = vm->plan->steps[step].member;
	while (group != WF_NONE) {
		const struct wf_plan_group *g = &vm->plan->groups[group];
		const struct wf_thread *lane =
			g->kind == WF_GROUP_FOREACH ? lane_of(vm, group) : NULL;
		if (g->kind == WF_GROUP_FOREACH && (!lane || lane->member != member))
			return false;
		group = g->parent;
		member = g->parent_member;
	}
	return true;
}

int wf_vm_item(struct wf_vm *vm, const struct wf_insn *insn)
{
	const struct wf_thread *lane = lane_of(vm, insn->c);
	uint32_t step = vm->plan->groups[insn->c].step;
	json_t *value = NULL;
	if (lane && step < vm->in->step_count)
		value = json_array_get(json_object_get(vm->in->steps[step].input, "items"),
			lane->item);
	vm_push(vm, json_incref(value), outside_height(value));
	return 0;
}

int wf_vm_item_index(struct wf_vm *vm, const struct wf_insn *insn)
{
	const struct wf_thread *lane = lane_of(vm, insn->c);
	vm_push(vm, lane ? json_integer(lane->item) : NULL, 0);
	return 0;
}
