/* Instances and their histories as programs read them. */
#include "view/instance.h"

#include "base/duration.h"
#include "base/json.h"
#include "view/approval.h"
#include "view/items.h"

json_t *wf_view_time_json(int64_t ms)
{
	if (ms == 0)
		return json_null();
	char text[WF_TIME_TEXT];
	wf_time_text(ms, text);
	return json_string(text);
}

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *value_or_null(json_t *value)
{
	return value ? json_incref(value) : json_null();
}

static json_t *item_or_null(uint32_t item)
{
	return item == WF_NONE ? json_null() : json_integer(item);
}

static json_t *span_json(int64_t from, int64_t to)
{
	return from && to ? json_integer(to - from) : json_null();
}

/* -- an instance -- */

/* The input as the definition gave it: names with an underscore in front are the compiler's own. */
static json_t *input_json(const struct wf_step_state *s)
{
	const char *name;
	json_t *value;
	if (!s->approval || !json_is_object(s->input))
		return value_or_null(s->input);
	json_t *own = json_object();
	json_object_foreach(s->input, name, value)
		if (*name != '_')
			json_object_set(own, name, value);
	return own;
}

static json_t *step_json(const struct wf_plan *plan, const struct wf_instance *in, uint32_t i)
{
	const struct wf_step_state *s = &in->steps[i];
	json_t *o = json_object();
	json_object_set_new(o, "id", text_or_null(wf_view_step_id(plan, i)));
	json_object_set_new(o, "item", item_or_null(wf_view_step_item(plan, in, i)));
	json_object_set_new(o, "action", json_string(wf_plan_action_name(plan, i)));
	uint32_t of = wf_view_side_of(plan, i);
	if (of != WF_NONE)
		json_object_set_new(o, "of", text_or_null(wf_view_step_id(plan, of)));
	uint32_t undoes = wf_view_undone_by(plan, i);
	if (undoes != WF_NONE)
		json_object_set_new(o, "undoes", text_or_null(wf_view_step_id(plan, undoes)));
	json_object_set_new(o, "status", json_string(wf_step_status_name(wf_view_step_now(in, i))));
	json_object_set_new(o, "waits_for",
		s->wait == WF_WAIT_NONE ? json_null() : json_string(wf_wait_name(s->wait)));
	json_object_set_new(o, "attempts", json_integer(s->attempts));
	json_object_set_new(o, "visits", json_integer(s->visits));
	json_object_set_new(o, "started_at", wf_view_time_json(s->started_at));
	json_object_set_new(o, "ended_at", wf_view_time_json(s->ended_at));
	json_object_set_new(o, "due_at", wf_view_time_json(s->due_at));
	json_object_set_new(o, "took_ms", span_json(s->started_at, s->ended_at));
	json_object_set_new(o, "idempotency_key", text_or_null(s->key));
	json_object_set_new(o, "input", input_json(s));
	json_object_set_new(o, "output", value_or_null(s->output));
	json_object_set_new(o, "error", value_or_null(s->error));
	json_object_set_new(o, "child", s->child ? json_integer((json_int_t)s->child) : json_null());
	if (s->approval)
		json_object_set_new(o, "approval", wf_view_approval_json(s));
	return o;
}

static json_t *parent_json(const struct wf_instance *in)
{
	if (!in->parent)
		return json_null();
	WF_AUTOFREE char *step = wf_view_parent_step(in);
	return json_pack("{s:I, s:s, s:b, s:b}", "number", (json_int_t)in->parent, "step",
		step, "awaits", in->awaited, "outlived", in->outlives);
}

json_t *wf_view_instance_json(const struct wf_plan *plan, const struct wf_instance *in)
{
	char uuid[WF_UUID_TEXT], id[2 * WF_HASH_SIZE + 1];
	wf_uuid_text(&in->uuid, uuid);
	wf_hex(in->plan_id, WF_HASH_SIZE, id);
	json_t *o = json_object();
	json_object_set_new(o, "number", json_integer((json_int_t)in->number));
	json_object_set_new(o, "uuid", json_string(uuid));
	json_object_set_new(o, "workflow", text_or_null(in->workflow));
	json_object_set_new(o, "version", text_or_null(in->version));
	json_object_set_new(o, "plan", json_string(id));
	json_object_set_new(o, "status", json_string(wf_instance_status_name(in->status)));
	json_object_set_new(o, "waits_for",
		in->wait == WF_WAIT_NONE ? json_null() : json_string(wf_wait_name(in->wait)));
	json_object_set_new(o, "result", text_or_null(in->result));
	json_object_set_new(o, "correlation_id", text_or_null(in->correlation_id));
	json_object_set_new(o, "start_key", text_or_null(in->start_key));
	json_object_set_new(o, "schedule",
		in->schedule ? json_integer((json_int_t)in->schedule) : json_null());
	json_object_set_new(o, "parent", parent_json(in));
	json_object_set_new(o, "slots", value_or_null(in->slots));
	json_object_set_new(o, "started_by", text_or_null(in->started_by));
	json_object_set_new(o, "os_user", text_or_null(in->os_user));
	json_object_set_new(o, "folder", text_or_null(in->folder));
	json_object_set_new(o, "created_at", wf_view_time_json(in->created_at));
	json_object_set_new(o, "started_at", wf_view_time_json(in->started_at));
	json_object_set_new(o, "ended_at", wf_view_time_json(in->ended_at));
	json_object_set_new(o, "timeout_at", wf_view_time_json(in->timeout_at));
	json_object_set_new(o, "took_ms", span_json(in->created_at, in->ended_at));
	json_object_set_new(o, "failed_step",
		plan && in->failed_step != WF_NONE
			? text_or_null(wf_view_step_id(plan, in->failed_step))
			: json_null());
	json_object_set_new(o, "failed_item", plan && in->failed_step != WF_NONE
			? item_or_null(wf_view_step_item(plan, in, in->failed_step)) : json_null());
	json_object_set_new(o, "error", value_or_null(in->error));
	if (!plan)
		return o;
	json_object_set_new(o, "input", value_or_null(in->input));
	json_object_set_new(o, "event", value_or_null(in->event));
	json_object_set_new(o, "output", value_or_null(in->output));
	json_t *vars = json_object(), *steps = json_array();
	for (uint32_t i = 0; i < in->var_count; i++)
		json_object_set_new(vars, in->vars[i].name, value_or_null(in->vars[i].value));
	json_object_set_new(o, "vars", vars);
	for (uint32_t i = 0; i < in->step_count && i < plan->step_count; i++)
		json_array_append_new(steps, step_json(plan, in, i));
	json_object_set_new(o, "steps", steps);
	if (in->undo_count)
		json_object_set_new(o, "undo", wf_view_undo_json(plan, in));
	return o;
}

/* -- its history -- */

/* The value of a transition: a status by name, a number otherwise. */
static json_t *transition_value(const struct wf_transition *t)
{
	static const char *const outcomes[WF_OUTCOME_COUNT_] = { "none", "begins", "completed", "failed",
		"cancelled" };
	if (t->type == WF_TRANS_INSTANCE_STATUS && t->value < WF_INST_COUNT_)
		return json_string(wf_instance_status_name((enum wf_instance_status)t->value));
	if (t->type == WF_TRANS_STEP_STATUS && t->value < WF_STEP_COUNT_)
		return json_string(wf_step_status_name((enum wf_step_status)t->value));
	if (t->type == WF_TRANS_ITEM || t->type == WF_TRANS_UNDONE)
		return json_string(t->value & 1 ? "failed" : "completed");
	if (t->type == WF_TRANS_BRANCH && (t->value & 7) < WF_OUTCOME_COUNT_)
		return json_string(outcomes[t->value & 7]);
	return json_integer((json_int_t)t->value);
}

static json_t *step_name(const struct wf_plan *plan, uint32_t step)
{
	return step == WF_NONE ? json_null() : text_or_null(wf_view_step_id(plan, step));
}

static json_t *transition_json(const struct wf_plan *plan, const struct wf_transition *t, uint32_t item)
{
	static const char *const names[WF_TRANS_COUNT_] = {
#define X(name, text) text,
		WF_TRANSITIONS(X)
#undef X
	};
	json_t *o = json_object();
	json_object_set_new(o, "what", json_string(names[t->type]));
	json_object_set_new(o, "step", step_name(plan, t->step));
	json_object_set_new(o, "item",
		item_or_null(t->type == WF_TRANS_ITEM ? (uint32_t)(t->value >> 1) : item));
	if (t->type == WF_TRANS_BRANCH) {
		uint64_t member = t->value >> 3;
		json_object_set_new(o, "branch", member < plan->member_count
				? text_or_null(wf_plan_string(plan, plan->members[member].name))
				: json_null());
	}
	json_object_set_new(o, "value", transition_value(t));
	return o;
}

json_t *wf_view_record_json(const struct wf_plan *plan, const struct wf_view_items *items, uint64_t n,
	uint64_t seq, const struct wf_record *r)
{
	json_t *o = json_object(), *list = json_array();
	json_object_set_new(o, "seq", json_integer((json_int_t)seq));
	json_object_set_new(o, "at", wf_view_time_json(r->event.at));
	json_object_set_new(o, "event", json_string(wf_event_name(r->event.type)));
	json_object_set_new(o, "step", step_name(plan, r->event.step));
	json_object_set_new(o, "item", item_or_null(wf_view_items_event(items, n)));
	json_object_set_new(o, "attempt",
		r->event.attempt ? json_integer(r->event.attempt) : json_null());
	json_object_set_new(o, "data", value_or_null(r->event.data));
	for (uint32_t i = 0; i < r->count; i++)
		json_array_append_new(list, transition_json(plan, &r->transitions[i],
			wf_view_items_transition(items, n, i)));
	json_object_set_new(o, "transitions", list);
	return o;
}
