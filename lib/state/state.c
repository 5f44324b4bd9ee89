/* An instance in memory: names of its states, life and death, marks, timers, equality. */
#include "state/state.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "state/event.h"
#include "state/rows.h"

#include <string.h>

struct name {
	const char *text;
	bool final;
};

#define X(name, text, final) {text, final},
static const struct name instance_names[] = {WF_INSTANCE_STATUSES(X)};
static const struct name step_names[] = {WF_STEP_STATUSES(X)};
static const struct name wait_names[] = {WF_WAITS(X)};
static const struct name event_names[] = {WF_EVENTS(X)};
#undef X

const char *wf_instance_status_name(enum wf_instance_status s)
{
	return s < WF_INST_COUNT_ ? instance_names[s].text : "unknown";
}

const char *wf_step_status_name(enum wf_step_status s)
{
	return s < WF_STEP_COUNT_ ? step_names[s].text : "unknown";
}

const char *wf_wait_name(enum wf_wait w)
{
	return w < WF_WAIT_COUNT_ ? wait_names[w].text : "unknown";
}

const char *wf_event_name(enum wf_event_type type)
{
	return type < WF_EVENT_COUNT_ ? event_names[type].text : "unknown";
}

bool wf_instance_status_final(enum wf_instance_status s)
{
	return s < WF_INST_COUNT_ && instance_names[s].final;
}

bool wf_step_status_final(enum wf_step_status s)
{
	return s < WF_STEP_COUNT_ && step_names[s].final;
}

enum wf_instance_status wf_instance_status_find(const char *name)
{
	unsigned s = 0;
	while (s < WF_INST_COUNT_ && strcmp(instance_names[s].text, name) != 0)
		s++;
	return (enum wf_instance_status)s;
}

uint32_t wf_instance_add_thread(struct wf_instance *in)
{
	WF_GROW(in->threads, in->thread_count, in->thread_room);
	in->threads[in->thread_count] = wf_thread_at(0);
	in->threads[in->thread_count].done = true;
	return in->thread_count++;
}

struct wf_instance *wf_instance_new(uint32_t step_count)
{
	struct wf_instance *in = wf_calloc(1, sizeof(*in));
	in->failed_step = WF_NONE;
	wf_instance_add_thread(in);
	in->threads->done = false;
	in->dirty = in->fresh = true;
	in->step_count = step_count;
	if (step_count)
		in->steps = wf_calloc(step_count, sizeof(*in->steps));
	return in;
}

void wf_instance_free(struct wf_instance *in)
{
	if (!in)
		return;
	for (uint32_t i = 0; i < in->step_count; i++) {
		struct wf_step_state *s = &in->steps[i];
		json_decref(s->input);
		json_decref(s->output);
		json_decref(s->error);
		wf_free(s->key);
		wf_approval_free(s->approval);
	}
	for (uint32_t i = 0; i < in->var_count; i++) {
		wf_free(in->vars[i].name);
		json_decref(in->vars[i].value);
	}
	wf_instance_drop_parts(in);
	wf_free(in->threads);
	wf_free(in->steps);
	wf_free(in->vars);
	wf_free(in->dirty_steps);
	wf_free(in->workflow);
	wf_free(in->version);
	wf_free(in->tenant);
	wf_free(in->environment);
	wf_free(in->correlation_id);
	wf_free(in->started_by);
	wf_free(in->os_user);
	wf_free(in->folder);
	wf_free(in->start_key);
	json_decref(in->slots);
	wf_free(in->parent_step);
	json_decref(in->bundle);
	wf_free(in->result);
	json_decref(in->input);
	json_decref(in->event);
	json_decref(in->connections);
	json_decref(in->output);
	json_decref(in->error);
	wf_free(in);
}

void wf_instance_touch(struct wf_instance *in, uint32_t step)
{
	if (step >= in->step_count)
		WF_BUG("a step that the instance does not have");
	in->dirty = true;
	if (in->steps[step].dirty)
		return;
	in->steps[step].dirty = true;
	WF_GROW(in->dirty_steps, in->dirty_count, in->dirty_room);
	in->dirty_steps[in->dirty_count++] = step;
}

static struct wf_var *find_var(const struct wf_instance *in, const char *name)
{
	for (uint32_t i = 0; i < in->var_count; i++)
		if (strcmp(in->vars[i].name, name) == 0)
			return &in->vars[i];
	return NULL;
}

void wf_instance_set_var(struct wf_instance *in, const char *name, json_t *value)
{
	struct wf_var *v = find_var(in, name);
	if (!v) {
		WF_GROW(in->vars, in->var_count, in->var_room);
		v = &in->vars[in->var_count++];
		*v = (struct wf_var){.name = wf_strdup(name)};
	}
	json_incref(value);
	json_decref(v->value);
	v->value = value;
	v->dirty = true;
	in->dirty = true;
}

json_t *wf_instance_var(const struct wf_instance *in, const char *name)
{
	const struct wf_var *v = find_var(in, name);
	return v ? v->value : NULL;
}

int64_t wf_instance_due(const struct wf_instance *in)
{
	if (wf_instance_status_final(in->status))
		return 0;
	int64_t due = in->timeout_at;
	for (uint32_t i = 0; i < in->step_count; i++) {
		int64_t at = in->steps[i].due_at;
		if (at && (!due || at < due))
			due = at;
	}
	return due;
}

uint32_t wf_instance_due_step(const struct wf_instance *in)
{
	int64_t due = wf_instance_due(in);
	if (!due || due == in->timeout_at)
		return WF_NONE;
	uint32_t step = 0;
	while (in->steps[step].due_at != due)
		step++;
	return step;
}

/* -- equality -- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_number(uint64_t a, uint64_t b)
{
	return a == b || a == 0 || b == 0;
}

static const char *step_difference(const struct wf_step_state *a, const struct wf_step_state *b)
{
	if (a->status != b->status)
		return "status";
	if (a->wait != b->wait)
		return "wait";
	if (a->attempts != b->attempts)
		return "attempts";
	if (a->visits != b->visits || a->spent != b->spent)
		return "visits";
	if (a->started_at != b->started_at || a->attempt_at != b->attempt_at ||
		a->ended_at != b->ended_at)
		return "times";
	if (a->due_at != b->due_at)
		return "timer";
	if (!wf_json_equal(a->input, b->input))
		return "input";
	if (!same_text(a->key, b->key))
		return "idempotency key";
	if (!wf_json_equal(a->output, b->output))
		return "output";
	if (!wf_json_equal(a->error, b->error))
		return "error";
	if (a->child != b->child)
		return "child";
	return wf_approval_difference(a->approval, b->approval);
}

static const char *identity_difference(const struct wf_instance *a, const struct wf_instance *b)
{
	if (!same_number(a->number, b->number))
		return "number";
	if (memcmp(&a->uuid, &b->uuid, sizeof(a->uuid)) != 0)
		return "uuid";
	if (memcmp(a->plan_id, b->plan_id, sizeof(a->plan_id)) != 0)
		return "plan";
	if (!same_text(a->workflow, b->workflow) || !same_text(a->version, b->version))
		return "workflow or version";
	if (!same_text(a->tenant, b->tenant) || !same_text(a->environment, b->environment))
		return "tenant or environment";
	if (!same_text(a->correlation_id, b->correlation_id))
		return "correlation id";
	if (!same_text(a->started_by, b->started_by) || !same_text(a->os_user, b->os_user))
		return "starter";
	if (!same_text(a->folder, b->folder))
		return "folder";
	if (!same_text(a->start_key, b->start_key) || a->schedule != b->schedule)
		return "start key or schedule";
	if (!wf_json_equal(a->slots, b->slots))
		return "slots";
	if (a->parent != b->parent || !same_text(a->parent_step, b->parent_step) ||
		a->depth != b->depth || a->awaited != b->awaited || a->outlives != b->outlives)
		return "parent";
	if (!wf_json_equal(a->bundle, b->bundle))
		return "bundle";
	if (a->created_at != b->created_at)
		return "creation time";
	if (!wf_json_equal(a->input, b->input) || !wf_json_equal(a->event, b->event) ||
		!wf_json_equal(a->connections, b->connections))
		return "input";
	return NULL;
}

static bool same_thread(const struct wf_thread *a, const struct wf_thread *b)
{
	return a->pc == b->pc && a->step == b->step && a->done == b->done &&
		a->ready == b->ready && a->outcome == b->outcome && a->group == b->group &&
		a->member == b->member && a->parent == b->parent && a->waits == b->waits &&
		a->item == b->item && a->error_step == b->error_step &&
		a->last_step == b->last_step;
}

static const char *header_difference(const struct wf_instance *a, const struct wf_instance *b)
{
	if (a->status != b->status)
		return "status";
	if (a->wait != b->wait)
		return "wait";
	if (!same_text(a->result, b->result))
		return "result";
	if (a->started_at != b->started_at || a->ended_at != b->ended_at ||
		a->updated_at != b->updated_at)
		return "times";
	if (a->timeout_at != b->timeout_at)
		return "timeout";
	if (a->expires_at != b->expires_at)
		return "retention";
	if (a->failed_step != b->failed_step)
		return "failed step";
	if (!wf_json_equal(a->output, b->output))
		return "output";
	if (!wf_json_equal(a->error, b->error))
		return "error";
	if (a->thread_count != b->thread_count)
		return "number of threads";
	for (uint32_t i = 0; i < a->thread_count; i++)
		if (!same_thread(&a->threads[i], &b->threads[i]))
			return i ? "side thread" : "thread";
	if (a->step_count != b->step_count)
		return "number of steps";
	if (a->var_count != b->var_count)
		return "number of variables";
	return wf_parts_difference(a, b);
}

static bool differ(char **ret_where, char *where)
{
	if (ret_where)
		*ret_where = where;
	else
		wf_free(where);
	return false;
}

bool wf_instance_equal(const struct wf_instance *a, const struct wf_instance *b, char **ret_where)
{
	const char *what = identity_difference(a, b);
	if (!what)
		what = header_difference(a, b);
	if (what)
		return differ(ret_where, wf_asprintf("the instance's %s", what));
	for (uint32_t i = 0; i < a->step_count; i++) {
		what = step_difference(&a->steps[i], &b->steps[i]);
		if (what)
			return differ(ret_where, wf_asprintf("step %u: %s", i, what));
	}
	for (uint32_t i = 0; i < a->var_count; i++) {
		const struct wf_var *other = same_text(a->vars[i].name, b->vars[i].name) ?
			&b->vars[i] : find_var(b, a->vars[i].name);
		if (!other || !wf_json_equal(a->vars[i].value, other->value))
			return differ(ret_where, wf_asprintf("variable %s", a->vars[i].name));
	}
	return true;
}
