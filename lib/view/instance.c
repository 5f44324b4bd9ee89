/* An instance in words and as JSON. */
#include "view/instance.h"

#include "base/duration.h"
#include "base/json.h"
#include "view/approval.h"
#include "view/items.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

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

uint32_t wf_view_side_of(const struct wf_plan *plan, uint32_t step)
{
	for (uint32_t i = 0; i < plan->body_count; i++)
		if (plan->bodies[i].kind == WF_BODY_NOTIFY &&
			plan->bodies[i].pc == plan->steps[step].enter_pc)
			return plan->bodies[i].of;
	return WF_NONE;
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

/* The parent's step, as its author wrote it: that of a foreach is kept with its lane. */
static char *parent_step(const struct wf_instance *in)
{
	const char *step = in->parent_step ? in->parent_step : "";
	return wf_strndup(step, strcspn(step, "#"));
}

static json_t *parent_json(const struct wf_instance *in)
{
	if (!in->parent)
		return json_null();
	WF_AUTOFREE char *step = parent_step(in);
	return json_pack("{s:I, s:s, s:b, s:b}", "number", (json_int_t)in->parent, "step", step, "awaits", in->awaited, "outlived", in->outlives);
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

static const char *member_text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

void wf_view_error(const json_t *error, bool message, struct wf_buf *out)
{
	if (!error)
		return;
	const char *type = member_text(error, "type"), *text = member_text(error, "message");
	const json_t *code = json_object_get(error, "code");
	json_int_t attempt = json_integer_value(json_object_get(error, "attempt"));
	wf_view_safe(out, type ? type : "error");
	if (json_is_string(code) && *json_string_value(code)) {
		wf_buf_addch(out, ' ');
		wf_view_safe(out, json_string_value(code));
	} else if (json_is_integer(code)) {
		wf_buf_printf(out, " %" JSON_INTEGER_FORMAT, json_integer_value(code));
	}
	if (attempt > 1)
		wf_buf_printf(out, " after %" JSON_INTEGER_FORMAT " attempts", attempt);
	if (message && text && *text) {
		wf_buf_addstr(out, ": ");
		wf_view_safe(out, text);
	}
}

/* Who decided as it came out, by what stands in the end: who handed their part over, or took their
 * decision back, did not. */
static json_t *standing_decisions(const struct wf_approval *a, const char *outcome)
{
	json_t *standing = json_object();
	for (size_t i = 0; i < json_array_size(a->decisions); i++) {
		const json_t *d = json_array_get(a->decisions, i);
		const char *by = member_text(d, "by"), *what = member_text(d, "decision");
		if (!by || !what)
			continue;
		bool counts = outcome ? !strcmp(what, outcome)
				      : !strcmp(what, "approve") || !strcmp(what, "reject");
		if (counts)
			json_object_set_new(standing, by, json_true());
		else if (!strcmp(what, "withdraw"))
			(void)json_object_del(standing, by);
	}
	return standing;
}

static void approval_detail(const struct wf_step_state *s, struct wf_buf *out)
{
	const struct wf_approval *a = s->approval;
	if (!a)
		return;
	if (s->status == WF_STEP_WAITING) {
		wf_view_progress(a, out);
		return;
	}
	const char *by, *outcome = member_text(s->output, "decision");
	json_auto_t *standing = standing_decisions(a, outcome);
	json_t *none;
	const char *before = "by ";
	json_object_foreach (standing, by, none) {
		wf_buf_addstr(out, before);
		wf_view_safe(out, by);
		before = ", ";
	}
}

static void http_detail(const struct wf_step_state *s, struct wf_buf *out)
{
	const char *method = member_text(s->input, "method");
	const json_t *status = json_object_get(s->output, "status");
	wf_view_safe(out, method ? method : "GET");
	if (json_is_integer(status))
		wf_buf_printf(out, " %" JSON_INTEGER_FORMAT, json_integer_value(status));
}

static void exec_detail(const struct wf_step_state *s, struct wf_buf *out)
{
	const json_t *code = json_object_get(s->output, "exit_code");
	if (json_is_integer(code))
		wf_buf_printf(out, "exit %" JSON_INTEGER_FORMAT, json_integer_value(code));
}

void wf_view_step_detail(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out)
{
	const struct wf_step_state *s = &in->steps[step];
	if (s->status == WF_STEP_FAILED || s->wait == WF_WAIT_RETRY) {
		wf_view_error(s->error, true, out);
		return;
	}
	if (s->status == WF_STEP_IN_DOUBT || s->wait == WF_WAIT_OPERATOR) {
		wf_buf_addstr(out, "a crash left its outcome unknown");
		return;
	}
	if (s->status == WF_STEP_SKIPPED || s->status == WF_STEP_PENDING)
		return;
	enum wf_action action = plan->steps[step].action;
	if (s->wait == WF_WAIT_HOLD) {
		wf_buf_addstr(out, "on hold");
		return;
	}
	if (s->wait == WF_WAIT_SIGNAL || s->wait == WF_WAIT_EVENT) {
		const char *name = member_text(s->input, "name");
		wf_buf_addstr(out, s->wait == WF_WAIT_SIGNAL ? "for the signal " : "for the event ");
		wf_view_safe(out, name ? name : "?");
		return;
	}
	if (action == WF_ACT_APPROVAL_REQUEST)
		approval_detail(s, out);
	else if (plan->steps[step].action_name != WF_NONE)
		wf_view_safe(out, wf_plan_action_name(plan, step));
	else if (action == WF_ACT_HTTP_REQUEST)
		http_detail(s, out);
	else if (action == WF_ACT_EXEC_RUN)
		exec_detail(s, out);
	else if (s->child)
		wf_buf_printf(out, "%s#%" PRIu64, s->status == WF_STEP_WAITING ? "for " : "", s->child);
	else if (s->status == WF_STEP_WAITING && s->wait != WF_WAIT_NONE)
		wf_buf_printf(out, "for %s", wf_wait_name(s->wait));
}

enum wf_step_status wf_view_step_now(const struct wf_instance *in, uint32_t step)
{
	enum wf_step_status status = in->steps[step].status;
	bool never = status == WF_STEP_PENDING && wf_instance_status_final(in->status);
	return never ? WF_STEP_SKIPPED : status;
}

const char *wf_view_step_status(const struct wf_plan *plan, const struct wf_instance *in,
	uint32_t step)
{
	const struct wf_step_state *s = &in->steps[step];
	if (plan->steps[step].action == WF_ACT_APPROVAL_REQUEST && s->status == WF_STEP_COMPLETED) {
		const char *d = member_text(s->output, "decision");
		if (d)
			return !strncmp(d, "approve", 7) ? "approved" : "rejected";
	}
	return s->status == WF_STEP_IN_DOUBT ? "in doubt"
					     : wf_step_status_name(wf_view_step_now(in, step));
}

enum wf_role wf_view_step_role(enum wf_step_status status)
{
	static const enum wf_role roles[WF_STEP_COUNT_] = {
		[WF_STEP_PENDING] = WF_ROLE_DIM,
		[WF_STEP_RUNNING] = WF_ROLE_INFO,
		[WF_STEP_WAITING] = WF_ROLE_WARN,
		[WF_STEP_COMPLETED] = WF_ROLE_GOOD,
		[WF_STEP_FAILED] = WF_ROLE_BAD,
		[WF_STEP_SKIPPED] = WF_ROLE_DIM,
		[WF_STEP_CANCELLED] = WF_ROLE_DIM,
		[WF_STEP_IN_DOUBT] = WF_ROLE_BAD,
		[WF_STEP_COMPENSATED] = WF_ROLE_GOOD,
		[WF_STEP_COMPENSATION_FAILED] = WF_ROLE_BAD,
	};
	return roles[status];
}

enum wf_role wf_view_instance_role(enum wf_instance_status status)
{
	static const enum wf_role roles[WF_INST_COUNT_] = {
		[WF_INST_PENDING] = WF_ROLE_DIM,
		[WF_INST_RUNNING] = WF_ROLE_INFO,
		[WF_INST_WAITING] = WF_ROLE_WARN,
		[WF_INST_QUEUED] = WF_ROLE_DIM,
		[WF_INST_SUSPENDED] = WF_ROLE_BAD,
		[WF_INST_COMPENSATING] = WF_ROLE_WARN,
		[WF_INST_COMPLETED] = WF_ROLE_GOOD,
		[WF_INST_FAILED] = WF_ROLE_BAD,
		[WF_INST_CANCELLED] = WF_ROLE_DIM,
	};
	return roles[status];
}

void wf_view_heading(const struct wf_instance *in, const struct wf_style *style, struct wf_buf *out)
{
	wf_buf_addstr(out, wf_style_on(style, WF_ROLE_STRONG));
	wf_buf_printf(out, "#%" PRIu64, in->number);
	wf_buf_addstr(out, wf_style_off(style, WF_ROLE_STRONG));
	wf_buf_addch(out, ' ');
	wf_view_safe(out, in->workflow ? in->workflow : "?");
	if (in->version) {
		wf_buf_addch(out, ' ');
		wf_view_safe(out, in->version);
	}
	if (in->parent) {
		wf_buf_printf(out, ", child of #%" PRIu64 " at ", in->parent);
		WF_AUTOFREE char *step = parent_step(in);
		wf_view_safe(out, step);
	}
}

/* The name of the signal or event that the instance's first waiting thread waits for; NULL. */
static const char *awaited(const struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->thread_count; i++) {
		uint32_t step = in->threads[i].done ? WF_NONE : in->threads[i].step;
		if (step < in->step_count && in->steps[step].wait == in->wait)
			return member_text(in->steps[step].input, "name");
	}
	return NULL;
}

bool wf_view_lacks_connection(const json_t *error)
{
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *text = json_string_value(json_object_get(error, "message"));
	return code && text && strcmp(code, "path_missing") == 0 &&
		strncmp(text, "connection.", strlen("connection.")) == 0;
}

/* What a parked instance waits for, after "is parked", and what to do. */
static void parked(const struct wf_instance *in, struct wf_buf *out)
{
	uint64_t n = in->number;
	const char *name = awaited(in);
	bool known = name && (in->wait == WF_WAIT_SIGNAL || in->wait == WF_WAIT_EVENT);
	wf_buf_printf(out, ": it waits for %s", in->wait == WF_WAIT_NONE ? "something"
			: known && in->wait == WF_WAIT_SIGNAL           ? "the signal "
			: known                                         ? "the event "
									: wf_wait_name(in->wait));
	if (known)
		wf_view_safe(out, name);
	wf_buf_addstr(out, ". Next: wfctl ");
	if (in->wait == WF_WAIT_APPROVAL)
		wf_buf_printf(out, "approve %" PRIu64, n);
	else if (known && in->wait == WF_WAIT_SIGNAL)
		wf_buf_printf(out, "signal %" PRIu64 " %s", n, name);
	else if (known)
		wf_buf_printf(out, "emit %s", name);
	else if (in->wait == WF_WAIT_HOLD || in->wait == WF_WAIT_CHILD)
		wf_buf_printf(out, "why %" PRIu64, n);
	else
		wf_buf_printf(out, "resume %" PRIu64, n);
}

void wf_view_outcome(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_style *style, struct wf_buf *out)
{
	enum wf_role role = wf_view_instance_role(in->status);
	char took[WF_WHEN_TEXT];
	wf_buf_printf(out, "#%" PRIu64 " ", in->number);
	if (in->status == WF_INST_COMPLETED || in->status == WF_INST_FAILED ||
		in->status == WF_INST_CANCELLED) {
		wf_view_role(out, style, role, wf_instance_status_name(in->status));
		if (in->result && strcmp(in->result, wf_instance_status_name(in->status))) {
			wf_buf_addstr(out, " (");
			wf_view_safe(out, in->result);
			wf_buf_addch(out, ')');
		}
		if (in->status == WF_INST_FAILED) {
			if (in->failed_step != WF_NONE && plan && in->unwind != WF_UNWIND_STOPPED) {
				wf_buf_addstr(out, " at ");
				wf_view_step_place(plan, in, in->failed_step, out);
			}
			if (in->error) {
				wf_buf_addstr(out, ": ");
				wf_view_error(in->error, true, out);
			}
			/* a message of somebody else's may have its own full stop */
			if (out->data[out->len - 1] != '.')
				wf_buf_addch(out, '.');
			if (wf_view_lacks_connection(in->error))
				wf_buf_addstr(out, " It would stand in `connections` of config.yaml: "
						   "see wfctl-config(5), and start another.");
			wf_buf_printf(out, " Next: wfctl show %" PRIu64, in->number);
		} else if (in->created_at && in->ended_at) {
			wf_view_duration(in->ended_at - in->created_at, took);
			wf_buf_printf(out, " after %s", took);
		}
		wf_buf_addch(out, '\n');
		return;
	}
	if (in->status == WF_INST_SUSPENDED) {
		wf_view_role(out, style, role, "is suspended");
		wf_buf_printf(out,
			": a crash left it unknown whether a step's effect happened. Next: "
			"wfctl show %" PRIu64 ", then wfctl resolve %" PRIu64 "\n",
			in->number, in->number);
		return;
	}
	if (in->status == WF_INST_QUEUED) {
		wf_view_role(out, style, role, "is queued");
		wf_buf_printf(out, " for a free slot. Next: wfctl why %" PRIu64 "\n", in->number);
		return;
	}
	if (in->status == WF_INST_PENDING) {
		wf_view_role(out, style, role, "is kept");
		wf_buf_printf(out, ", and has not begun. Next: wfctl why %" PRIu64 "\n", in->number);
		return;
	}
	wf_view_role(out, style, role, "is parked");
	if (in->status == WF_INST_COMPENSATING)
		wf_buf_printf(out, ": it undoes what it did, and waits for %s. Next: wfctl why %" PRIu64,
			wf_wait_name(in->wait), in->number);
	else
		parked(in, out);
	wf_buf_addch(out, '\n');
}
