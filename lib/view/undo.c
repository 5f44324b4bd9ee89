/* What an instance has undone of what it did, and what not, for people and programs. */
#include "view/instance.h"

#include "base/mem.h"

#define MOST_NAMED 20u

uint32_t wf_view_undone_by(const struct wf_plan *plan, uint32_t step)
{
	for (uint32_t i = 0; i < plan->body_count; i++)
		if (plan->bodies[i].kind == WF_BODY_COMPENSATE &&
			plan->bodies[i].pc == plan->steps[step].enter_pc)
			return plan->bodies[i].of;
	return WF_NONE;
}

static const char *name_of(const struct wf_plan *plan, const struct wf_undo *u)
{
	return u->step < plan->step_count
		? wf_plan_step_id(plan, plan->steps[u->step].origin) : "?";
}

json_t *wf_view_undo_json(const struct wf_plan *plan, const struct wf_instance *in)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < in->undo_count; i++) {
		const struct wf_undo *u = &in->undo[i];
		json_t *o = json_object();
		json_object_set_new(o, "step", json_string(name_of(plan, u)));
		json_object_set_new(o, "item", u->item == WF_NONE ? json_null() : json_integer(u->item));
		json_object_set_new(o, "completed_at", wf_view_time_json(u->at));
		json_object_set_new(o, "status", json_string(wf_undo_status_name(u->status)));
		json_object_set_new(o, "input", u->input ? json_incref(u->input) : json_null());
		json_object_set_new(o, "error", u->error ? json_incref(u->error) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

uint32_t wf_view_undo_names(const struct wf_plan *plan, const struct wf_instance *in, bool undone,
	struct wf_buf *out)
{
	uint32_t count = 0;
	for (uint32_t i = in->undo_count; i-- > 0;) {
		const struct wf_undo *u = &in->undo[i];
		if ((u->status == WF_UNDO_DONE) != undone || count++ >= MOST_NAMED)
			continue;
		if (count > 1)
			wf_buf_addstr(out, ", ");
		wf_view_safe(out, name_of(plan, u));
		if (u->item != WF_NONE)
			wf_buf_printf(out, " (item %u)", u->item);
	}
	if (count > MOST_NAMED)
		wf_buf_printf(out, " and %u more", count - MOST_NAMED);
	return count;
}

bool wf_view_has_undone(const struct wf_instance *in)
{
	return in->undo_count && (in->unwind == WF_UNWIND_UNDOING || in->unwind == WF_UNWIND_STOPPED ||
		in->undo[in->undo_count - 1].status != WF_UNDO_WAITING);
}
