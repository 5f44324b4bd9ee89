/* Rows of instances as JSON. */
#include "journal/dump.h"
#include "plan/plan.h"

static void set_index(json_t *o, const char *name, uint32_t value)
{
	if (value != WF_NONE)
		set(o, name, json_integer(value));
}

static json_t *identity_json(const struct wf_instance *in)
{
	json_t *o = json_object();
	char uuid[WF_UUID_TEXT];
	wf_uuid_text(&in->uuid, uuid);
	set_text(o, "uuid", uuid);
	set_hex(o, "plan", in->plan_id, sizeof(in->plan_id));
	set_text(o, "workflow", in->workflow);
	set_text(o, "version", in->version);
	set_text(o, "tenant", in->tenant);
	set_text(o, "environment", in->environment);
	set_text(o, "correlation_id", in->correlation_id);
	set_text(o, "started_by", in->started_by);
	set_text(o, "os_user", in->os_user);
	set_text(o, "folder", in->folder);
	set_text(o, "start_key", in->start_key);
	set_value(o, "slots", in->slots);
	set_number(o, "schedule", in->schedule);
	set_number(o, "first_event", in->first_event);
	set_number(o, "parent", in->parent);
	set_text(o, "parent_step", in->parent_step);
	set_number(o, "depth", in->depth);
	if (in->awaited)
		set(o, "awaited", json_true());
	if (in->outlives)
		set(o, "outlives", json_true());
	set_value(o, "bundle", in->bundle);
	set_time(o, "created_at", in->created_at);
	set(o, "steps", json_integer(in->step_count));
	return o;
}

static json_t *thread_json(json_t *o, const struct wf_thread *t)
{
	static const char *const outcomes[WF_OUTCOME_COUNT_] = {"none", "running", "succeeded",
		"failed", "cancelled"};
	if (t->outcome)
		set_text(o, "outcome", outcomes[t->outcome]);
	set_index(o, "of_group", t->group);
	set_index(o, "member", t->member);
	set_index(o, "parent", t->parent);
	set_index(o, "waits_for", t->waits);
	set_index(o, "item", t->item);
	set_index(o, "error_step", t->error_step);
	set_index(o, "last_step", t->last_step);
	if (t->ready)
		set(o, "ready", json_true());
	set(o, "pc", json_integer(t->pc));
	if (t->step != WF_NONE)
		set(o, "at_step", json_integer(t->step));
	if (t->done)
		set(o, "done", json_true());
	return o;
}

static json_t *header_json(const struct wf_instance *in)
{
	json_t *o = json_object();
	set_text(o, "status", wf_instance_status_name(in->status));
	if (in->wait)
		set_text(o, "wait", wf_wait_name(in->wait));
	set_text(o, "result", in->result);
	set_time(o, "started_at", in->started_at);
	set_time(o, "ended_at", in->ended_at);
	set_time(o, "updated_at", in->updated_at);
	set_time(o, "timeout_at", in->timeout_at);
	set_time(o, "expires_at", in->expires_at);
	if (in->failed_step != WF_NONE)
		set(o, "failed_step", json_integer(in->failed_step));
	set_value(o, "output", in->output);
	set_value(o, "error", in->error);
	if (in->owner) {
		WF_AUTOFREE char *owner = wf_asprintf("%016llx", (unsigned long long)in->owner);
		set_text(o, "owner", owner);
	}
	set_number(o, "history", in->history);
	set_number(o, "side_threads", in->thread_count - 1);
	set_number(o, "groups", in->group_count);
	set_number(o, "undos", in->undo_count);
	if (in->unwind)
		set_text(o, "unwinding", wf_unwind_name((enum wf_unwind)in->unwind));
	if (in->unwind_as)
		set_text(o, "ends_as", wf_instance_status_name((enum wf_instance_status)in->unwind_as));
	return thread_json(o, in->threads);
}

static json_t *approval_json(const struct wf_approval *a)
{
	json_t *o = json_object();
	set_number(o, "number", a->number);
	set_value(o, "groups", a->groups);
	if (a->parallel)
		set(o, "parallel", json_true());
	set_number(o, "group", a->group);
	if (a->deny_initiator)
		set(o, "deny_initiator", json_true());
	if (a->reject_counts)
		set(o, "reject_counts", json_true());
	if (a->auto_approve)
		set(o, "auto_approve", json_true());
	set_number(o, "escalated", a->escalated);
	set_number(o, "reminded", a->reminded);
	set_time(o, "remind_at", a->remind_at);
	set_value(o, "decisions", a->decisions);
	set_text(o, "message", a->message);
	set_value(o, "details", a->details);
	set_time(o, "opened_at", a->opened_at);
	set_time(o, "due_at", a->due_at);
	set_time(o, "decided_at", a->decided_at);
	return o;
}

static json_t *step_json(const struct wf_step_state *s)
{
	json_t *o = json_object();
	set_text(o, "status", wf_step_status_name(s->status));
	if (s->wait)
		set_text(o, "wait", wf_wait_name(s->wait));
	set_number(o, "attempts", s->attempts);
	set_number(o, "visits", s->visits);
	set_number(o, "spent", s->spent);
	set_time(o, "started_at", s->started_at);
	set_time(o, "attempt_at", s->attempt_at);
	set_time(o, "ended_at", s->ended_at);
	set_time(o, "due_at", s->due_at);
	set_value(o, "input", s->input);
	set_text(o, "key", s->key);
	set_value(o, "output", s->output);
	set_value(o, "error", s->error);
	if (s->approval)
		set(o, "approval", approval_json(s->approval));
	set_number(o, "child", s->child);
	return o;
}

static json_t *transition_json(const struct wf_transition *t)
{
	static const char *const names[] = {
#define X(name, text) text,
		WF_TRANSITIONS(X)
#undef X
	};
	json_t *o = json_object();
	set_text(o, "what", names[t->type]);
	if (t->step != WF_NONE)
		set(o, "step", json_integer(t->step));
	if (t->type == WF_TRANS_INSTANCE_STATUS)
		set_text(o, "value", wf_instance_status_name((enum wf_instance_status)t->value));
	else if (t->type == WF_TRANS_STEP_STATUS)
		set_text(o, "value", wf_step_status_name((enum wf_step_status)t->value));
	else
		set(o, "value", json_integer((json_int_t)t->value));
	return o;
}

static json_t *record_row(const struct wf_buf *row)
{
	struct wf_record r;
	if (wf_record_get(row->data, row->len, &r))
		return NULL;
	json_t *o = json_object(), *list = json_array();
	set_text(o, "event", wf_event_name(r.event.type));
	set_time(o, "at", r.event.at);
	set_number(o, "random", r.event.random);
	if (r.event.step != WF_NONE)
		set(o, "step", json_integer(r.event.step));
	set_number(o, "attempt", r.event.attempt);
	set_number(o, "retry_after_ms", r.event.retry_after_ms);
	if (r.event.held)
		set(o, "held", json_true());
	set_value(o, "data", r.event.data);
	for (uint32_t i = 0; i < r.count; i++)
		(void)json_array_append_new(list, transition_json(&r.transitions[i]));
	set(o, "transitions", list);
	wf_record_done(&r);
	return o;
}

static json_t *step_row(const struct wf_buf *row)
{
	/* By itself: how many steps there are is in another row. */
	struct wf_instance *in = wf_instance_new(1);
	json_t *o = wf_row_get_step(row->data, row->len, in->steps) ? NULL : step_json(in->steps);
	wf_instance_free(in);
	return o;
}

static json_t *var_row(const struct wf_buf *row)
{
	struct wf_var v = {0};
	if (wf_row_get_var(row->data, row->len, &v))
		return NULL;
	json_t *o = json_object();
	set_text(o, "name", v.name);
	set_value(o, "value", v.value);
	wf_free(v.name);
	json_decref(v.value);
	return o;
}

static json_t *identity_row(const struct wf_buf *row)
{
	struct wf_instance *in = wf_instance_new(0);
	json_t *o = wf_row_get_identity(row->data, row->len, in) ? NULL : identity_json(in);
	wf_instance_free(in);
	return o;
}

static json_t *input_row(const struct wf_buf *row)
{
	struct wf_instance *in = wf_instance_new(0);
	json_t *o = NULL;
	if (!wf_row_get_input(row->data, row->len, in)) {
		o = json_object();
		set_value(o, "input", in->input);
		set_value(o, "event", in->event);
		set_value(o, "connections", in->connections);
	}
	wf_instance_free(in);
	return o;
}

static json_t *header_row(const struct wf_buf *row)
{
	struct wf_instance *in = wf_instance_new(0);
	json_t *o = wf_row_get_header(row->data, row->len, in) ? NULL : header_json(in);
	wf_instance_free(in);
	return o;
}

static json_t *thread_row(const struct wf_buf *row)
{
	struct wf_thread t = {0};
	return wf_row_get_thread(row->data, row->len, &t) ? NULL : thread_json(json_object(), &t);
}

static json_t *group_row(const struct wf_buf *row)
{
	struct wf_group_state g = {0};
	if (wf_row_get_group(row->data, row->len, &g))
		return NULL;
	json_t *o = json_object();
	set_number(o, "first_thread", g.first_thread);
	set_index(o, "waiter", g.waiter);
	set_number(o, "total", g.total);
	set_number(o, "begun", g.begun);
	set_number(o, "running", g.running);
	set_number(o, "succeeded", g.succeeded);
	set_number(o, "failed", g.failed);
	set_number(o, "first_item", g.first_item);
	set_number(o, "item_room", g.item_room);
	set_number(o, "round", g.round);
	set_index(o, "failed_first", g.failed_first);
	if (g.results)
		set(o, "items", json_true());
	wf_group_state_done(&g);
	return o;
}

static json_t *item_row(const struct wf_buf *row)
{
	uint32_t group, round;
	json_t *result;
	if (wf_row_read_item(row->data, row->len, &group, &round, &result))
		return NULL;
	json_t *o = json_object();
	set_index(o, "of_group", group);
	set_number(o, "round", round);
	set(o, "result", result);
	return o;
}

static json_t *undo_row(const struct wf_buf *row)
{
	struct wf_undo u = {0};
	if (wf_row_get_undo(row->data, row->len, &u))
		return NULL;
	json_t *o = json_object();
	set_text(o, "status", wf_undo_status_name(u.status));
	set_index(o, "step", u.step);
	set_index(o, "item", u.item);
	set_time(o, "began_at", u.began);
	set_time(o, "completed_at", u.at);
	set_value(o, "input", u.input);
	set_value(o, "error", u.error);
	json_decref(u.input);
	json_decref(u.error);
	return o;
}

static json_t *signal_row(const struct wf_buf *row)
{
	return wf_signal_get(row->data, row->len);
}

static json_t *taken_row(const struct wf_buf *row)
{
	return row->len ? NULL : json_object();
}

static json_t *pruned_row(const struct wf_buf *row)
{
	uint64_t records;
	int64_t at;
	if (wf_pruned_get(row->data, row->len, &records, &at))
		return NULL;
	json_t *o = json_object();
	json_object_set_new(o, "records", json_integer((json_int_t)records));
	json_object_set_new(o, "at", json_integer(at));
	return o;
}

static const struct {
	const char *name;
	json_t *(*json)(const struct wf_buf *row);
} kinds[WF_ROW_KIND_COUNT_] = {
	[WF_ROW_IDENTITY] = {"identity", identity_row},
	[WF_ROW_INPUT] = {"input", input_row},
	[WF_ROW_HEADER] = {"header", header_row},
	[WF_ROW_STEP] = {"step", step_row},
	[WF_ROW_VAR] = {"variable", var_row},
	[WF_ROW_HISTORY] = {"history", record_row},
	[WF_ROW_THREAD] = {"thread", thread_row},
	[WF_ROW_SIGNAL] = {"signal", signal_row},
	[WF_ROW_SIGNAL_TAKEN] = {"signal_taken", signal_row},
	[WF_ROW_TAKEN] = {"event_taken", taken_row},
	[WF_ROW_GROUP] = {"group", group_row},
	[WF_ROW_ITEM] = {"item", item_row},
	[WF_ROW_UNDO] = {"undo", undo_row},
	[WF_ROW_PRUNED] = {"pruned", pruned_row},
};

json_t *wf_dump_row(enum wf_row_kind kind, const struct wf_buf *row)
{
	return kinds[kind].json(row);
}

const char *wf_dump_row_name(enum wf_row_kind kind)
{
	return kinds[kind].name;
}
