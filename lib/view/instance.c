/* An instance in words: its heading, what came of its steps, how it parted. */
#include "view/instance.h"

#include "base/json.h"
#include "view/approval.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

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

bool wf_view_lacks_connection(const json_t *error)
{
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *text = json_string_value(json_object_get(error, "message"));
	return code && text && strcmp(code, "path_missing") == 0 &&
		strncmp(text, "connection.", strlen("connection.")) == 0;
}

/* -- steps -- */

uint32_t wf_view_side_of(const struct wf_plan *plan, uint32_t step)
{
	for (uint32_t i = 0; i < plan->body_count; i++)
		if (plan->bodies[i].kind == WF_BODY_NOTIFY &&
			plan->bodies[i].pc == plan->steps[step].enter_pc)
			return plan->bodies[i].of;
	return WF_NONE;
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

/* -- the instance -- */

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

char *wf_view_parent_step(const struct wf_instance *in)
{
	const char *step = in->parent_step ? in->parent_step : "";
	return wf_strndup(step, strcspn(step, "#"));
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
		WF_AUTOFREE char *step = wf_view_parent_step(in);
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

void wf_view_slot_names(const struct wf_instance *in, struct wf_buf *out)
{
	for (size_t i = 0; i < json_array_size(in->slots); i++) {
		const char *name = json_string_value(json_object_get(json_array_get(in->slots, i), "name"));
		wf_buf_addstr(out, i ? ", " : "");
		/* a schedule starts nothing else in its slot: its number would say nothing */
		wf_view_safe(out, !name ? "?" : !strncmp(name, "schedule:", 9) ? "its schedule" : name);
	}
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

static void ended(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_style *style, struct wf_buf *out)
{
	const char *status = wf_instance_status_name(in->status);
	char took[WF_WHEN_TEXT];
	wf_view_role(out, style, wf_view_instance_role(in->status), status);
	if (in->result && strcmp(in->result, status)) {
		wf_buf_addstr(out, " (");
		wf_view_safe(out, in->result);
		wf_buf_addch(out, ')');
	}
	if (in->status != WF_INST_FAILED) {
		if (!in->created_at || !in->ended_at)
			return;
		wf_view_duration(in->ended_at - in->created_at, took);
		wf_buf_printf(out, " after %s", took);
		return;
	}
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
}

void wf_view_outcome(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_style *style, struct wf_buf *out)
{
	enum wf_role role = wf_view_instance_role(in->status);
	uint64_t n = in->number;
	wf_buf_printf(out, "#%" PRIu64 " ", n);
	if (wf_instance_status_final(in->status)) {
		ended(plan, in, style, out);
	} else if (in->status == WF_INST_SUSPENDED) {
		wf_view_role(out, style, role, "is suspended");
		wf_buf_printf(out,
			": a crash left it unknown whether a step's effect happened. Next: "
			"wfctl show %" PRIu64 ", then wfctl resolve %" PRIu64, n, n);
	} else if (in->status == WF_INST_QUEUED) {
		wf_view_role(out, style, role, "is queued");
		wf_buf_printf(out, " for a free slot. Next: wfctl why %" PRIu64, n);
	} else if (in->status == WF_INST_PENDING) {
		wf_view_role(out, style, role, "is kept");
		wf_buf_printf(out, ", and has not begun. Next: wfctl why %" PRIu64, n);
	} else if (in->status == WF_INST_COMPENSATING) {
		wf_view_role(out, style, role, "is parked");
		wf_buf_printf(out, ": it undoes what it did, and waits for %s. Next: wfctl why %" PRIu64,
			wf_wait_name(in->wait), n);
	} else {
		wf_view_role(out, style, role, "is parked");
		parked(in, out);
	}
	wf_buf_addch(out, '\n');
}
