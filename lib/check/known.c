/* Workflows that are known where one is checked. */
#include "check/known.h"

#include "base/text.h"
#include "plan/starts.h"

#include <string.h>

struct wf_known {
	struct wf_known_workflow **items;
	size_t count, room;
	struct wf_known *behind;
	void (*ask)(void *arg, struct wf_known *k, const char *id, const char *version);
	void *arg;
	bool all;
	char **names; /* of others */
	size_t name_count, name_room;
};

struct wf_known *wf_known_new(void)
{
	return wf_calloc(1, sizeof(struct wf_known));
}

static void workflow_free(struct wf_known_workflow *w)
{
	for (size_t i = 0; i < w->start_count; i++) {
		wf_free(w->starts[i].workflow);
		wf_free(w->starts[i].version);
	}
	wf_free(w->starts);
	json_decref(w->input);
	json_decref(w->output);
	wf_free(w->place);
	wf_free(w->file);
	wf_free(w->version);
	wf_free(w->id);
	wf_free(w);
}

void wf_known_free(struct wf_known *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++)
		workflow_free(k->items[i]);
	for (size_t i = 0; i < k->name_count; i++)
		wf_free(k->names[i]);
	wf_free(k->names);
	wf_free(k->items);
	wf_free(k);
}

static struct wf_known_workflow *add(struct wf_known *k, const char *id, const char *version)
{
	struct wf_known_workflow *w = wf_calloc(1, sizeof(*w));

	w->id = wf_strdup(id);
	w->version = version ? wf_strdup(version) : NULL;
	WF_GROW(k->items, k->count, k->room);
	k->items[k->count++] = w;
	return w;
}

/* What a workflow without an output gives to its parent. */
static json_t *nothing(void)
{
	return json_pack("{s:s}", "type", "null");
}

static void add_start(struct wf_known_workflow *w, const char *workflow, const char *version,
	const struct wf_model_step *step, const struct wf_node *node)
{
	WF_GROW(w->starts, w->start_count, w->start_room);
	w->starts[w->start_count++] = (struct wf_known_start){wf_strdup(workflow),
		version ? wf_strdup(version) : NULL, step, node};
}

static void add_start_of(struct wf_known_workflow *w, const struct wf_model_step *s, bool at_hand)
{
	const struct wf_node *id = wf_node_get(s->with_node, "workflow");
	const struct wf_node *version = wf_node_get(s->with_node, "version");

	if (s->defined || (s->action != WF_ACT_WORKFLOW_RUN && s->action != WF_ACT_WORKFLOW_START))
		return;
	if (!id || id->kind != WF_NODE_STRING || strstr(id->string.text, "${"))
		return;
	if (version && (version->kind != WF_NODE_STRING || strstr(version->string.text, "${")))
		return;
	add_start(w, id->string.text, version ? version->string.text : NULL, at_hand ? s : NULL,
		at_hand ? id : NULL);
}

static struct wf_known_workflow *add_model(struct wf_known *k, const struct wf_model *m, bool at_hand)
{
	struct wf_known_workflow *w = add(k, m->id, m->version);

	w->input = json_incref(m->input_schema);
	w->output = m->output_schema ? json_incref(m->output_schema)
		: m->success_output.node ? NULL : nothing();
	w->model = at_hand ? m : NULL;
	for (uint32_t i = 0; i < m->step_count; i++) {
		add_start_of(w, &m->steps[i], at_hand);
		if (m->steps[i].compensate)
			add_start_of(w, m->steps[i].compensate, at_hand);
	}
	return w;
}

void wf_known_add_model(struct wf_known *k, const struct wf_model *model)
{
	(void)add_model(k, model, true);
}

struct wf_known_workflow *wf_known_add_other(struct wf_known *k, const struct wf_model *model)
{
	struct wf_known_workflow *w = add_model(k, model, false);

	w->file = wf_strdup(model->source->name);
	return w;
}

struct wf_known_workflow *wf_known_add_plan(struct wf_known *k, const struct wf_plan *plan,
	const char *version)
{
	struct wf_known_workflow *w = add(k, wf_plan_string(plan, plan->workflow), version);

	if (plan->input_schema != WF_NONE)
		w->input = json_incref(plan->consts[plan->input_schema]);
	if (plan->output_schema != WF_NONE)
		w->output = json_incref(plan->consts[plan->output_schema]);
	else if (wf_plan_gives_nothing(plan))
		w->output = nothing();
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const char *workflow, *child_version;

		if (wf_plan_starts(plan, i, &workflow, &child_version))
			add_start(w, workflow, child_version, NULL, NULL);
	}
	return w;
}

void wf_known_add_disabled(struct wf_known *k, const char *id)
{
	add(k, id, NULL)->disabled = true;
}

void wf_known_behind(struct wf_known *k, struct wf_known *others)
{
	k->behind = others;
}

void wf_known_ask(struct wf_known *k,
	void (*fn)(void *arg, struct wf_known *k, const char *id, const char *version), void *arg)
{
	k->ask = fn;
	k->arg = arg;
}

void wf_known_all(struct wf_known *k)
{
	k->all = true;
}

bool wf_known_is_all(const struct wf_known *k)
{
	return k->all || (k->behind && wf_known_is_all(k->behind));
}

void wf_known_name(struct wf_known *k, const char *name)
{
	WF_GROW(k->names, k->name_count, k->name_room);
	k->names[k->name_count++] = wf_strdup(name);
}

static struct wf_known_workflow *look(const struct wf_known *k, const char *id, const char *version)
{
	for (size_t i = 0; i < k->count; i++) {
		struct wf_known_workflow *w = k->items[i];

		if (strcmp(w->id, id) == 0 &&
			(version ? w->version && strcmp(w->version, version) == 0 : !w->pinned))
			return w;
	}
	return NULL;
}

struct wf_known_workflow *wf_known_find(struct wf_known *k, const char *id, const char *version)
{
	struct wf_known_workflow *w = look(k, id, version);

	if (!w && k->ask) {
		k->ask(k->arg, k, id, version);
		w = look(k, id, version);
	}
	return w || !k->behind ? w : wf_known_find(k->behind, id, version);
}

struct wf_known_workflow *wf_known_at(struct wf_known *k, size_t i)
{
	if (i < k->count)
		return k->items[i];
	return k->behind ? wf_known_at(k->behind, i - k->count) : NULL;
}

const char *wf_known_nearest(struct wf_known *k, const char *id)
{
	const char **names = NULL;
	size_t count = 0, room = 0;

	for (struct wf_known *at = k; at; at = at->behind) {
		for (size_t i = 0; i < at->count; i++) {
			WF_GROW(names, count, room);
			names[count++] = at->items[i]->id;
		}
		for (size_t i = 0; i < at->name_count; i++) {
			WF_GROW(names, count, room);
			names[count++] = at->names[i];
		}
	}
	const char *nearest = wf_nearest(id, names, count);
	wf_free(names);
	return nearest;
}
