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
