/* Approvals in words and as JSON. */
#include "view/approval.h"

#include "base/duration.h"
#include "base/json.h"
#include "base/mem.h"
#include "view/instance.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *member_text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static const char *group_name(const struct wf_approval *a, uint32_t group)
{
	return member_text(json_array_get(a->groups, group), "name");
}

static void names(const json_t *list, struct wf_buf *out)
{
	size_t i;
	json_t *name;
	json_array_foreach(list, i, name) {
		wf_buf_addstr(out, i ? ", " : "");
		wf_view_safe(out, json_string_value(name) ? json_string_value(name) : "?");
	}
}

void wf_view_still_asked(const struct wf_approval *a, struct wf_buf *out)
{
	json_auto_t *asked = wf_approval_asked(a);
	names(asked, out);
}

void wf_view_progress(const struct wf_approval *a, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf asked = { 0 };
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++) {
		const char *name = group_name(a, i);
		wf_buf_addstr(out, i ? ", " : "");
		if (name) {
			wf_view_safe(out, name);
			wf_buf_addch(out, ' ');
		}
		wf_buf_printf(out, "%u of %u", wf_approval_approved(a, i),
			wf_approval_group_needed(a, i));
	}
	wf_view_still_asked(a, &asked);
	wf_buf_printf(out, ": %s", asked.data ? asked.data : "");
}

void wf_view_decision(const json_t *d, struct wf_buf *out)
{
	static const struct {
		const char *decision, *words;
		bool from, to;
	} table[] = {
		{ "approve", " approved", false, false },
		{ "reject", " rejected", false, false },
		{ "delegate", " handed it over", false, true },
		{ "reassign", " moved it", true, true },
		{ "withdraw", " took the decision back", false, false },
		{ "withdraw_request", " withdrew the request", false, false },
	};
	const char *by = member_text(d, "by"), *what = member_text(d, "decision");
	const char *from = member_text(d, "from"), *to = member_text(d, "to");
	wf_view_safe(out, by ? by : "?");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!what || strcmp(table[i].decision, what) != 0)
			continue;
		wf_buf_addstr(out, table[i].words);
		if (table[i].from && from) {
			wf_buf_addstr(out, " from ");
			wf_view_safe(out, from);
		}
		if (table[i].to && to) {
			wf_buf_addstr(out, " to ");
			wf_view_safe(out, to);
		}
		return;
	}
	wf_buf_addch(out, ' ');
	wf_view_safe(out, what ? what : "decided");
}

bool wf_view_decision_at(const json_t *d, int64_t *ret)
{
	const json_t *at = json_object_get(d, "at");
	return json_is_string(at) &&
		wf_time_parse(json_string_value(at), json_string_length(at), ret) == 0;
}

/* -- the clock -- */

/* When an escalation fires; 0 when its input cannot be read. */
static int64_t escalation_at(const struct wf_approval *a, const json_t *escalation)
{
	const char *after = member_text(escalation, "after");
	struct wf_duration d;
	if (!after || wf_duration_parse(after, strlen(after), false, &d) < 0)
		return 0;
	return wf_duration_add(a->opened_at, &d);
}

static int by_time(const void *x, const void *y)
{
	const struct wf_view_clock_event *a = x, *b = y;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

size_t wf_view_approval_clock(const struct wf_step_state *s, struct wf_view_clock_event **ret)
{
	const struct wf_approval *a = s->approval;
	*ret = NULL;
	if (!a || a->decided_at)
		return 0;
	const json_t *list = json_object_get(s->input, "escalations");
	struct wf_view_clock_event *events =
		wf_calloc(json_array_size(list) + 2, sizeof(*events));
	size_t count = 0;
	if (a->remind_at)
		events[count++] = (struct wf_view_clock_event){ WF_CLOCK_REMINDER, a->remind_at, 0 };
	for (size_t i = a->escalated; i < json_array_size(list); i++) {
		int64_t at = escalation_at(a, json_array_get(list, i));
		if (at && (!a->due_at || at < a->due_at))
			events[count++] = (struct wf_view_clock_event){ WF_CLOCK_ESCALATION, at,
				(uint32_t)i };
	}
	if (a->due_at)
		events[count++] = (struct wf_view_clock_event){ WF_CLOCK_END, a->due_at, 0 };
	qsort(events, count, sizeof(*events), by_time);
	*ret = events;
	return count;
}

/* "carol, dave", "role leads", "team.leads": whom a list of approvers means. */
static void who(const json_t *spec, struct wf_buf *out)
{
	const json_t *list = json_object_get(spec, "list"), *roles = json_object_get(spec, "roles");
	const char *resolver = member_text(spec, "resolver");
	size_t from = out->len;
	names(list, out);
	if (json_array_size(roles)) {
		wf_buf_addstr(out, out->len > from ? ", " : "");
		wf_buf_addstr(out, json_array_size(roles) == 1 ? "role " : "roles ");
		names(roles, out);
	}
	if (resolver) {
		wf_buf_addstr(out, out->len > from ? ", " : "");
		wf_view_safe(out, resolver);
	}
	if (out->len == from)
		wf_buf_addstr(out, "nobody");
}

static void escalation_text(const json_t *e, struct wf_buf *out)
{
	const json_t *add = json_object_get(e, "add"), *to = json_object_get(e, "to");
	const json_t *notify = json_object_get(e, "notify");
	const char *decide = member_text(e, "decide");
	const char *glue = "it ";
	if (notify && !json_is_null(notify)) {
		wf_buf_printf(out, "%ssends a notification", glue);
		glue = " and ";
	}
	if (json_is_object(add)) {
		wf_buf_printf(out, "%sasks also ", glue);
		who(add, out);
		glue = " and ";
	}
	if (json_is_object(to)) {
		wf_buf_printf(out, "%sescalates to ", glue);
		who(to, out);
		glue = " and ";
	}
	if (decide)
		wf_buf_printf(out, "%sis %s by itself", glue,
			!strcmp(decide, "approve") ? "approved" : "rejected");
	else if (!strcmp(glue, "it "))
		wf_buf_addstr(out, "it escalates");
}

static void end_text(const struct wf_step_state *s, struct wf_buf *out)
{
	const char *breach = member_text(s->input, "on_breach");
	if (breach && !strcmp(breach, "approve"))
		wf_buf_addstr(out, "its time is over: it is approved by itself");
	else if (breach && !strcmp(breach, "reject"))
		wf_buf_addstr(out, "its time is over: it is rejected by itself");
	else
		wf_buf_addstr(out, "its time is over: the step fails (ApprovalExpired)");
}

void wf_view_clock_text(const struct wf_step_state *s, const struct wf_view_clock_event *e,
	struct wf_buf *out)
{
	if (e->kind == WF_CLOCK_REMINDER)
		wf_buf_addstr(out, "those asked are reminded");
	else if (e->kind == WF_CLOCK_ESCALATION)
		escalation_text(json_array_get(json_object_get(s->input, "escalations"), e->index),
			out);
	else
		end_text(s, out);
}

/* -- JSON -- */

static json_t *groups_json(const struct wf_approval *a)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++) {
		uint32_t has = wf_approval_approved(a, i);
		uint32_t needed = wf_approval_group_needed(a, i);
		bool open = !a->decided_at && wf_approval_group_open(a, i);
		json_t *o = json_object();
		json_object_set_new(o, "name", text_or_null(group_name(a, i)));
		json_object_set_new(o, "needed", json_integer(needed));
		json_object_set_new(o, "approved", json_integer(has));
		json_object_set(o, "approvers", wf_approval_group_names(a, i));
		json_object_set_new(o, "state", json_string(open ? "asked"
				: has >= needed          ? "complete"
				: a->decided_at          ? "over"
							 : "later"));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *clock_json(const struct wf_step_state *s)
{
	static const char *const kinds[] = { [WF_CLOCK_REMINDER] = "reminder",
		[WF_CLOCK_ESCALATION] = "escalation", [WF_CLOCK_END] = "end" };
	struct wf_view_clock_event *events;
	size_t count = wf_view_approval_clock(s, &events);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		json_t *o = json_object();
		wf_view_clock_text(s, &events[i], &text);
		json_object_set_new(o, "at", wf_view_time_json(events[i].at));
		json_object_set_new(o, "kind", json_string(kinds[events[i].kind]));
		json_object_set_new(o, "what", json_string(text.data ? text.data : ""));
		json_array_append_new(list, o);
	}
	wf_free(events);
	return list;
}

json_t *wf_view_approval_json(const struct wf_step_state *s)
{
	const struct wf_approval *a = s->approval;
	json_t *o = json_object();
	json_object_set_new(o, "number", json_integer((json_int_t)a->number));
	json_object_set_new(o, "needed", json_integer(wf_approval_needed(a)));
	json_object_set_new(o, "approved", json_integer(wf_approval_given(a)));
	json_object_set_new(o, "approvers", wf_approval_names(a));
	json_object_set_new(o, "asked", wf_approval_asked(a));
	json_object_set_new(o, "order", json_string(a->parallel ? "parallel" : "sequence"));
	json_object_set_new(o, "groups", groups_json(a));
	json_object_set_new(o, "decisions", a->decisions ? json_incref(a->decisions) : json_array());
	json_object_set_new(o, "deny_initiator", json_boolean(a->deny_initiator));
	json_object_set_new(o, "message", text_or_null(a->message));
	json_object_set_new(o, "details", a->details ? json_incref(a->details) : json_null());
	json_object_set_new(o, "opened_at", wf_view_time_json(a->opened_at));
	json_object_set_new(o, "due_at", wf_view_time_json(a->due_at));
	json_object_set_new(o, "decided_at", wf_view_time_json(a->decided_at));
	json_object_set_new(o, "escalated", json_integer(a->escalated));
	json_object_set_new(o, "reminded", json_integer(a->reminded));
	json_object_set_new(o, "clock", clock_json(s));
	return o;
}
