/* What the cases of a plan have reached: its steps, and the edges of its graph. */
#include "trial/internal.h"

#include <string.h>

/* Copies of a step of a foreach's body count as one: it was reached where one of them was. */
static bool step_reached(const struct wf_trial *t, uint32_t step)
{
	for (uint32_t i = 0; i < t->plan->step_count; i++)
		if (t->plan->steps[i].origin == step && t->ran[i])
			return true;
	return false;
}

static json_t *share(size_t covered, size_t total, json_t *missed)
{
	return json_pack("{s:I, s:I, s:o}", "covered", (json_int_t)covered, "total", (json_int_t)total,
		"missed", missed);
}

static json_t *cover_steps(const struct wf_trial *t)
{
	size_t covered = 0, total = 0;
	json_t *missed = json_array();
	for (uint32_t i = 0; i < t->plan->step_count; i++) {
		if (t->plan->steps[i].origin != i)
			continue;
		total++;
		if (step_reached(t, i))
			covered++;
		else
			(void)json_array_append_new(missed, json_string(wf_plan_step_id(t->plan, i)));
	}
	return share(covered, total, missed);
}

static json_t *step_or_null(const struct wf_plan *plan, uint32_t step)
{
	return step == WF_NONE ? json_null() : json_string(wf_plan_step_id(plan, step));
}

static json_t *edge_json(const struct wf_plan *plan, const struct wf_plan_edge *e)
{
	const struct wf_plan_loc *loc = wf_plan_locate(plan, e->pc);
	json_t *o = json_pack("{s:o, s:o, s:s*}", "from", step_or_null(plan, e->from), "to",
		step_or_null(plan, e->to), "label", wf_plan_string(plan, e->label));
	if (loc && loc->line)
		(void)json_object_set_new(o, "line", json_integer(loc->line));
	return o;
}

/* Copies of a foreach's body are the same code elsewhere. */
static bool edge_taken(const struct wf_trial *t, const struct wf_plan_edge *e)
{
	const struct wf_plan_step *steps = t->plan->steps;
	if (e->from == WF_NONE || t->executed[e->pc])
		return t->executed[e->pc];
	for (uint32_t i = 0; i < t->plan->step_count; i++) {
		uint32_t pc = e->pc - steps[e->from].enter_pc + steps[i].enter_pc;
		if (i != e->from && steps[i].origin == e->from && pc < t->plan->code_count &&
			t->executed[pc])
			return true;
	}
	return false;
}

static json_t *cover_branches(const struct wf_trial *t)
{
	const struct wf_plan *plan = t->plan;
	size_t covered = 0, total = 0;
	json_t *missed = json_array();
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct wf_plan_edge *e = &plan->edges[i];
		if (e->pc == WF_NONE)
			continue;
		total++;
		if (edge_taken(t, e))
			covered++;
		else
			(void)json_array_append_new(missed, edge_json(plan, e));
	}
	return share(covered, total, missed);
}

json_t *wf_trial_coverage(const struct wf_trial *t)
{
	return json_pack("{s:o, s:o}", "steps", cover_steps(t), "branches", cover_branches(t));
}
