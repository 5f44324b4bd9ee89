/*
 * RETRY: an instance that failed, was cancelled or is in doubt begins again at a step. Results of
 * steps that do not run again stay; values may be set before.
 */
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>

/* -- values to set -- */

struct setting {
	const char *path;
	json_t *value;       /* of the variable or output after it was set; owned */
	char *var;           /* its name; NULL: */
	uint32_t step;       /* … the output of this step */
};

static void settings_done(struct setting *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_decref(s[i].value);
		wf_free(s[i].var);
	}
	wf_free(s);
}

/* The value with another at a path within it, which may be empty; new, or NULL. */
static json_t *changed(const json_t *value, const char *path, json_t *to)
{
	if (!*path)
		return json_incref(to);
	json_t *copy = json_is_object(value) ? json_deep_copy(value) : json_object();
	if (wf_json_set_at(copy, path, to)) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

/* The step of "steps.ID.output" or "steps.ID.output.PATH"; *ret_rest is the PATH. */
static uint32_t step_of_path(const struct wf_plan *plan, const char *path, const char **ret_rest)
{
	static const char output[] = ".output";
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const char *id = wf_plan_step_id(plan, i);
		size_t n = strlen(id), m = sizeof(output) - 1;
		if (strncmp(path, id, n) != 0 || strncmp(path + n, output, m) != 0)
			continue;
		const char *rest = path + n + m;
		if (*rest && *rest != '.')
			continue;
		*ret_rest = *rest ? rest + 1 : rest;
		return i;
	}
	return WF_NONE;
}

/* What an earlier setting made of the same variable or output, or what the instance has. Borrowed. */
static const json_t *current(const struct wf_core *c, const struct setting *all, size_t count,
	const struct setting *s)
{
	for (size_t i = count; i-- > 0;)
		if (s->var ? all[i].var && strcmp(all[i].var, s->var) == 0
			   : !all[i].var && all[i].step == s->step)
			return all[i].value;
	return s->var ? wf_instance_var(c->in, s->var) : c->in->steps[s->step].output;
}

static int resolve_path(const struct wf_core *c, struct setting *s, const char **ret_rest,
	struct wf_cause *cause)
{
	if (strncmp(s->path, "vars.", 5) == 0 && s->path[5] && s->path[5] != '.') {
		const char *name = s->path + 5;
		size_t n = strcspn(name, ".");
		s->var = wf_asprintf("%.*s", (int)n, name);
		*ret_rest = name[n] ? name + n + 1 : name + n;
		return 0;
	}
	if (strncmp(s->path, "steps.", 6) == 0) {
		s->step = step_of_path(c->plan, s->path + 6, ret_rest);
		if (s->step != WF_NONE && c->in->steps[s->step].status == WF_STEP_COMPLETED)
			return 0;
		return wf_fail(cause, WF_EINVAL, s->step == WF_NONE
				? "`%s` is not the output of a step: steps.ID.output"
				: "`%s` cannot be set: the step is not completed", s->path);
	}
	if (strcmp(s->path, "input") == 0 || strncmp(s->path, "input.", 6) == 0) {
		(void)wf_fail(cause, WF_EINVAL, "`%s` cannot be set: an instance's input never changes",
			s->path);
		wf_fail_hint(cause, "wfctl run starts another with another input; a variable or a step's output "
			"that was made of it can be set");
		return WF_EINVAL;
	}
	(void)wf_fail(cause, WF_EINVAL, "`%s` cannot be set: vars.NAME and steps.ID.output can", s->path);
	wf_fail_hint(cause, "an instance's input never changes");
	return WF_EINVAL;
}

static int read_setting(const struct wf_core *c, struct setting *all, size_t i, json_t *to,
	struct wf_cause *cause)
{
	struct setting *s = &all[i];
	const char *rest = "", *why = NULL;
	int rc = resolve_path(c, s, &rest, cause);
	if (rc)
		return rc;
	s->value = changed(current(c, all, i, s), rest, to);
	if (!s->value)
		return wf_fail(cause, WF_EINVAL, "`%s` is not a path of member names", s->path);
	if (!wf_value_fits(s->value, &why) || wf_json_size(s->value) > WF_MAX_STEP_VALUE_BYTES)
		return wf_fail(cause, WF_EINVAL, "`%s` cannot be set: %s", s->path,
			why ? why : "the value is too large");
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->path, ((const struct setting *)b)->path);
}

/* In the order of their paths, whatever order the object has: what is nested comes later. */
static int read_settings(const struct wf_core *c, struct setting **ret, size_t *ret_count,
	struct wf_cause *cause)
{
	json_t *set = json_object_get(c->event->data, "set");
	size_t count = json_object_size(set), n = 0;
	struct setting *all = count ? wf_calloc(count, sizeof(*all)) : NULL;
	const char *path;
	json_t *value;
	json_object_foreach (set, path, value)
		all[n++].path = path;
	if (count)
		qsort(all, count, sizeof(*all), by_path);
	for (size_t i = 0; i < count; i++) {
		int rc = read_setting(c, all, i, json_object_get(set, all[i].path), cause);
		if (rc) {
			settings_done(all, count);
			return rc;
		}
	}
	*ret = all;
	*ret_count = count;
	return 0;
}

static void apply(struct wf_core *c, struct setting *s)
{
	if (s->var) {
		wf_instance_set_var(c->in, s->var, s->value);
		return;
	}
	json_decref(c->in->steps[s->step].output);
	c->in->steps[s->step].output = json_incref(s->value);
	wf_instance_touch(c->in, s->step);
}

/* -- beginning again -- */

/* The main flow's step that the cancel cut short. */
static uint32_t cut_short(const struct wf_plan *plan, const struct wf_instance *in)
{
	size_t room = plan->step_count ? plan->step_count : 1;
	WF_AUTOFREE bool *side = wf_calloc(room, sizeof(*side));
	WF_AUTOFREE bool *handler = wf_calloc(room, sizeof(*handler));
	wf_core_side_steps(plan, side);
	wf_core_handler_steps(plan, handler);
	for (uint32_t i = 0; i < in->step_count; i++)
		if (in->steps[i].status == WF_STEP_CANCELLED && !side[i] && !handler[i] &&
			in->steps[i].ended_at == in->ended_at)
			return i;
	return in->failed_step;
}

/* Everything that it did and could undo is undone. */
static bool is_undone(const struct wf_instance *in)
{
	return in->undo_count && in->undo[in->undo_count - 1].status == WF_UNDO_DONE;
}

static bool unwinds(const struct wf_instance *in)
{
	return in->unwind == WF_UNWIND_UNDOING || in->unwind == WF_UNWIND_STOPPED;
}

/* The first thread's step that is; else where the main one is. */
static uint32_t in_doubt(const struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (!t->done && t->step < in->step_count &&
			in->steps[t->step].status == WF_STEP_IN_DOUBT)
			return t->step;
	}
	return in->threads->step < in->step_count ? in->threads->step : in->failed_step;
}

uint32_t wf_engine_retry_from(const struct wf_plan *plan, const struct wf_instance *in)
{
	if (unwinds(in) || is_undone(in))
		return WF_NONE;
	if (in->status == WF_INST_CANCELLED)
		return cut_short(plan, in);
	if (in->status == WF_INST_SUSPENDED)
		return in_doubt(in);
	if (in->threads->step < in->step_count)
		return in->threads->step;
	return in->failed_step;
}

void wf_core_reset_step(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	if (!s->visits && s->status == WF_STEP_PENDING)
		return;
	s->spent = s->visits;
	wf_instance_touch(c->in, step);
	if (s->status == WF_STEP_COMPLETED || s->status == WF_STEP_SKIPPED)
		return;
	if (s->status == WF_STEP_COMPENSATED) { /* it would happen once more */
		wf_free(s->key);
		s->key = NULL;
	}
	json_decref(s->error);
	s->error = NULL;
	s->attempts = 0;
	s->started_at = s->attempt_at = s->ended_at = s->due_at = 0;
	wf_core_set_status(c, step, WF_STEP_PENDING);
}

static bool may_begin_again(const struct wf_instance *in)
{
	if (in->status == WF_INST_FAILED || in->status == WF_INST_CANCELLED ||
		in->status == WF_INST_SUSPENDED)
		return true;
	/* it has failed, and a notification still goes on */
	return in->threads->done && in->error && !wf_instance_status_final(in->status);
}

/* What a step is that cannot carry the main thread; NULL: it can. */
static const char *beside(const struct wf_plan *plan, uint32_t step)
{
	WF_AUTOFREE bool *marks = wf_calloc(plan->step_count, sizeof(*marks));
	wf_core_side_steps(plan, marks);
	if (marks[step])
		return "stands beside the flow, as what notifies or undoes does";
	wf_core_handler_steps(plan, marks);
	return marks[step] ? "is of the workflow's on_failure" : NULL;
}

static int check_retry(const struct wf_core *c, uint32_t from, struct wf_cause *cause)
{
	const struct wf_instance *in = c->in;
	if (!may_begin_again(in))
		return wf_fail(cause, WF_ECONFLICT,
			"the instance is %s: one that failed, was cancelled or is suspended can be "
			"retried", wf_instance_status_name(in->status));
	if (from == WF_NONE && !unwinds(in) && is_undone(in)) {
		(void)wf_fail(cause, WF_ECONFLICT, "what the instance did is undone");
		wf_fail_hint(cause, "--from STEP begins it again there");
		return WF_ECONFLICT;
	}
	if (from == WF_NONE)
		return 0;
	if (unwinds(in)) {
		(void)wf_fail(cause, WF_ECONFLICT, "what the instance did is not undone yet");
		wf_fail_hint(cause, "without a step a retry goes on with undoing it");
		return WF_ECONFLICT;
	}
	if (from >= in->step_count)
		return wf_fail(cause, WF_EINVAL, "no such step");
	const char *what = beside(c->plan, from);
	return what ? wf_fail(cause, WF_EINVAL, "`%s` %s: the flow cannot begin there",
		wf_plan_author_id(c->plan, from), what) : 0;
}

/* The main thread begins at the step, or at the workflow's beginning. */
static void begin_flow(struct wf_core *c, uint32_t from)
{
	struct wf_instance *in = c->in;
	WF_AUTOFREE bool *again = wf_calloc(in->step_count ? in->step_count : 1, sizeof(*again));
	wf_engine_reach(c->plan, from, again);
	wf_core_stop_groups(c);
	if (in->threads->step != WF_NONE)
		wf_core_abandon(c, in->threads->step);
	for (uint32_t i = 0; i < in->step_count; i++)
		if (again[i])
			wf_core_reset_step(c, i);
	wf_core_take(c, 0);
	uint32_t pc = from < c->plan->step_count ? c->plan->steps[from].enter_pc : c->plan->entry_pc;
	in->threads[0] = wf_thread_at(pc);
}

static void begin_again(struct wf_core *c, uint32_t from)
{
	struct wf_instance *in = c->in;
	if (json_object_get(c->event->data, "plan")) /* their code is not where it was */
		wf_core_end_side(c);
	WF_AUTOFREE bool *again = wf_calloc(in->step_count ? in->step_count : 1, sizeof(*again));
	wf_core_handler_steps(c->plan, again);
	for (uint32_t i = 0; i < in->step_count; i++)
		if (again[i])
			wf_core_reset_step(c, i);
	in->unwind = WF_UNWIND_NONE;
	in->unwind_as = 0;
	wf_free(in->result);
	in->result = NULL;
	json_decref(in->output);
	json_decref(in->error);
	in->output = in->error = NULL;
	in->failed_step = WF_NONE;
	in->ended_at = in->expires_at = 0;
	in->status = WF_INST_RUNNING;
	in->timeout_at = c->plan->timeout_ms ? c->event->at + (int64_t)c->plan->timeout_ms : 0;
	if (!wf_core_retry_in_group(c, from))
		begin_flow(c, from);
}

int wf_core_retry(struct wf_core *c, struct wf_cause *cause)
{
	struct setting *set = NULL;
	size_t count = 0;
	uint32_t from = c->event->step;
	if (from == WF_NONE)
		from = wf_engine_retry_from(c->plan, c->in);
	int rc = check_retry(c, from, cause);
	if (!rc)
		rc = read_settings(c, &set, &count, cause);
	if (rc)
		return rc;
	bool began = c->in->started_at != 0;
	if (!began)
		wf_core_start(c);
	bool undoing = unwinds(c->in);
	if (!undoing)
		begin_again(c, from);
	for (size_t i = 0; i < count; i++)
		apply(c, &set[i]);
	if (undoing)
		wf_core_retry_undo(c);
	settings_done(set, count);
	return 0;
}
