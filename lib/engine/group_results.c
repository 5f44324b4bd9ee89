/* What groups bring: the results of branches and items, the output and the error of their step. */
#include "engine/groups.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>

/* What the thread's last completed step gave; borrowed, never NULL. */
static json_t *last_output(const struct wf_core *c, const struct wf_thread *t)
{
	json_t *output = t->last_step < c->in->step_count ? c->in->steps[t->last_step].output : NULL;
	return output ? output : json_null();
}

bool wf_group_in_a_lane(const struct wf_core *c, uint32_t group, uint32_t item)
{
	uint32_t count = c->plan->groups[group].member_count;
	for (uint32_t i = 0; i < count; i++) {
		const struct wf_thread *t = wf_group_thread(c, group, i);
		if (t->item == item && (t->outcome == WF_OUTCOME_RUNNING ||
				(t->outcome == WF_OUTCOME_NONE && t->pc)))
			return true;
	}
	return false;
}

void wf_group_keep_result(struct wf_core *c, uint32_t group, uint32_t member, json_t *error)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	struct wf_group_state *g = &c->in->groups[group];
	const struct wf_thread *t = wf_group_thread(c, group, member);
	if (!g->results)
		return;
	uint32_t at = p->kind == WF_GROUP_FOREACH ? t->item : member;
	json_t *result = json_object();
	if (error)
		(void)json_object_set_new(result, "error", json_copy(error));
	else
		(void)json_object_set(result, "output", last_output(c, t));
	c->made_bytes += wf_json_size(result);
	(void)json_array_set_new(g->results, at, result);
	wf_instance_touch_item(c->in, group, at);
	if (p->kind == WF_GROUP_FOREACH)
		wf_core_note(c, WF_TRANS_ITEM, p->step, (uint64_t)at << 1 | (error != NULL));
}

/* {"results": […], "errors": [{index, error}], "completed": n, "failed": n} */
static json_t *foreach_output(const struct wf_group_state *g)
{
	json_t *results = json_array(), *errors = json_array();
	size_t i;
	json_t *result;
	json_array_foreach (g->results, i, result) {
		json_t *error = json_object_get(result, "error");
		json_t *output = json_object_get(result, "output");
		(void)json_array_append(results, output ? output : json_null());
		if (error)
			(void)json_array_append_new(errors,
				json_pack("{s:I, s:O}", "index", (json_int_t)i, "error", error));
	}
	return json_pack("{s:o, s:o, s:I, s:I}", "results", results, "errors", errors, "completed",
		(json_int_t)g->succeeded, "failed", (json_int_t)g->failed);
}

static const char *branch_name(const struct wf_core *c, uint32_t group, uint32_t member, char *room,
	size_t n)
{
	const struct wf_plan_member *m =
		&c->plan->members[c->plan->groups[group].first_member + member];
	if (m->name != WF_NONE)
		return wf_plan_string(c->plan, m->name);
	(void)snprintf(room, n, "%u", member);
	return room;
}

/* {BRANCH: {"status", "output", "error"?}} */
static json_t *parallel_output(const struct wf_core *c, uint32_t group)
{
	const struct wf_group_state *g = &c->in->groups[group];
	json_t *all = json_object();
	for (uint32_t i = 0; i < g->total; i++) {
		char room[16];
		const json_t *result = json_array_get(g->results, i);
		json_t *output = json_object_get(result, "output");
		json_t *error = json_object_get(result, "error");
		json_t *one = json_pack("{s:s, s:O}", "status",
			output ? "completed" : error ? "failed" : "cancelled", "output",
			output ? output : json_null());
		if (error)
			(void)json_object_set(one, "error", error);
		(void)json_object_set_new(all, branch_name(c, group, i, room, sizeof(room)), one);
	}
	return all;
}

json_t *wf_group_output(const struct wf_core *c, uint32_t group)
{
	return c->plan->groups[group].kind == WF_GROUP_FOREACH
		? foreach_output(&c->in->groups[group]) : parallel_output(c, group);
}

static void take_text(json_t *to, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);
	if (value)
		(void)json_object_set(to, name, value);
}

json_t *wf_group_error(const struct wf_core *c, uint32_t group, uint32_t member, json_t *error)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	const struct wf_group_state *g = &c->in->groups[group];
	if (p->kind == WF_GROUP_DAG)
		return json_copy(error);
	const json_t *first = json_object_get(json_array_get(g->results, g->failed_first), "error");
	json_t *all = json_object();
	if (!first)
		first = error;
	take_text(all, first, "type");
	take_text(all, first, "code");
	take_text(all, first, "message");
	if (json_object_get(first, "step"))
		(void)json_object_set(all, "failed_step", json_object_get(first, "step"));
	if (p->kind == WF_GROUP_FOREACH) {
		(void)json_object_set_new(all, "index", json_integer(g->failed_first));
	} else {
		char room[16];
		(void)json_object_set_new(all, "branch",
			json_string(branch_name(c, group, g->failed_first, room, sizeof(room))));
	}
	(void)member;
	return all;
}

/* -- the instructions -- */

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

/* When an attempt of a step that forks is over at the latest; 0: never. */
static int64_t due_of(const struct wf_core *c, uint32_t step)
{
	const struct wf_plan_step *p = &c->plan->steps[step];
	const struct wf_step_state *s = &c->in->steps[step];
	int64_t due = p->timeout_ms ? s->attempt_at + (int64_t)p->timeout_ms : 0;
	int64_t last = p->deadline_ms ? s->started_at + (int64_t)p->deadline_ms : 0;
	return due && (!last || due < last) ? due : last;
}

/* An attempt of the step in hand begins; its items, of a foreach, are its input. */
static void begin_attempt(struct wf_core *c, uint32_t step, uint32_t group)
{
	struct wf_step_state *s = &c->in->steps[step];
	const json_t *items = json_object_get(s->input, "items");
	bool each = c->plan->groups[group].kind == WF_GROUP_FOREACH;
	s->attempts++;
	s->attempt_at = c->event->at;
	wf_core_wait(c, step, WF_WAIT_BRANCHES, due_of(c, step));
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

uint32_t wf_core_group_of(const struct wf_plan *plan, uint32_t step)
{
	if (plan->steps[step].action != WF_ACT_PARALLEL && plan->steps[step].action != WF_ACT_FOREACH)
		return WF_NONE;
	for (uint32_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].step == step)
			return i;
	return WF_NONE;
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
