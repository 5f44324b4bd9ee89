/*
 * MIGRATE: the instance goes on under another plan of its workflow, to which its steps were mapped before.
 * That they fit was proved by who gave it (fit.c).
 */
#include "engine/core.h"

#include "plan/compare.h"

static int move_thread(struct wf_core *c, uint32_t thread, struct wf_cause *cause)
{
	struct wf_thread *t = &c->in->threads[thread];
	if (t->done)
		return 0;
	if (t->step == WF_NONE && c->in->started_at)
		return wf_fail(cause, WF_ECONFLICT, "a thread rests in no step");
	uint32_t pc = t->step == WF_NONE ? c->plan->entry_pc : wf_plan_behind_perform(c->plan, t->step);
	if (pc == WF_NONE)
		return wf_fail(cause, WF_ECONFLICT, "`%s` does nothing",
			wf_plan_author_id(c->plan, t->step));
	t->pc = pc;
	t->dirty = true;
	return 0;
}

/* Variables that the plan of before did not know begin as this one says. */
static void add_vars(struct wf_core *c)
{
	const char *name;
	json_t *value;
	if (c->plan->vars == WF_NONE || !c->in->started_at)
		return;
	json_object_foreach (c->plan->consts[c->plan->vars], name, value)
		if (!wf_instance_var(c->in, name))
			wf_instance_set_var(c->in, name, value);
}

int wf_core_migrate(struct wf_core *c, struct wf_cause *cause)
{
	struct wf_instance *in = c->in;
	if (in->unwind != WF_UNWIND_NONE)
		return wf_fail(cause, WF_ECONFLICT, "the instance has failed, and undoes what it did or handles "
			"the failure");
	for (uint32_t i = 0; i < in->thread_count; i++) {
		int rc = move_thread(c, i, cause);
		if (rc)
			return rc;
	}
	add_vars(c);
	/* one that is there may have been moved, by hand or by a retry */
	if (!c->plan->timeout_ms)
		in->timeout_at = 0;
	else if (in->started_at && !in->timeout_at)
		in->timeout_at = in->started_at + (int64_t)c->plan->timeout_ms;
	return 0;
}
