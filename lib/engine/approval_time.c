/*
 * What time does to an approval: reminders, escalations, the end of its SLA. Each fires once; one of
 * them a TIMER event, the earliest first, and at one time in that order.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"

#include <string.h>

static const json_t *next_escalation(const struct wf_step_state *s)
{
	return json_array_get(json_object_get(s->input, "escalations"), s->approval->escalated);
}

int64_t wf_core_escalation_due(const struct wf_step_state *s)
{
	const json_t *e = next_escalation(s);
	struct wf_duration d;
	if (!e || wf_core_duration(e, "after", &d) != 1)
		return 0;
	int64_t due = wf_duration_add(s->approval->opened_at, &d);
	return due > 0 ? due : 1;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

void wf_core_arm_approval(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	const struct wf_approval *a = s->approval;
	s->due_at = earlier(earlier(a->remind_at, wf_core_escalation_due(s)), a->due_at);
	wf_instance_touch(c->in, step);
}

/* -- notifications -- */

static json_t *time_value(int64_t at)
{
	char text[WF_TIME_TEXT];
	wf_time_text(at, text);
	return json_string(text);
}

json_t *wf_core_about_approval(const struct wf_core *c, uint32_t step)
{
	const struct wf_approval *a = c->in->steps[step].approval;
	json_t *about = json_pack("{s:s, s:o, s:o, s:i, s:i}", "step",
		wf_plan_author_id(c->plan, step), "asked", wf_approval_asked(a), "waiting_since",
		time_value(a->opened_at), "escalation", (int)a->escalated, "reminder",
		(int)a->reminded);
	json_t *number = json_object_get(c->event->data, "number");
	if (c->event->type == WF_EVENT_TIMER && number)
		(void)json_object_set(about, "number", number);
	if (a->due_at)
		(void)json_object_set_new(about, "due_at", time_value(a->due_at));
	if (a->message)
		(void)json_object_set_new(about, "message", json_string(a->message));
	return about;
}

/* Sends a notification, unless the same one is still being sent. */
static void notify(struct wf_core *c, uint32_t step, const json_t *which)
{
	json_int_t k = json_integer_value(which);
	if (!json_is_integer(which) || k < 0 || k >= WF_NONE)
		return;
	uint32_t pc = wf_plan_find_body(c->plan, WF_BODY_NOTIFY, step, (uint32_t)k);
	if (pc == WF_NONE)
		return;
	const struct wf_insn *first = &c->plan->code[pc];
	if (first->op == WF_OP_ENTER) {
		enum wf_step_status status = c->in->steps[first->c].status;
		if (status != WF_STEP_PENDING && !wf_step_status_final(status))
			return;
	}
	wf_core_fork(c, pc, wf_core_about_approval(c, step));
}

static void remind(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	struct wf_approval *a = s->approval;
	const json_t *reminders = json_object_get(s->input, "reminders");
	const json_t *most = json_object_get(reminders, "max");
	struct wf_duration every;
	bool more = wf_core_duration(reminders, "every", &every) == 1;
	wf_core_note(c, WF_TRANS_REMINDED, step, a->reminded);
	a->reminded++;
	if (json_is_integer(most) && json_integer_value(most) <= (json_int_t)a->reminded)
		more = false;
	a->remind_at = more ? wf_duration_add(a->remind_at, &every) : 0;
	wf_core_arm_approval(c, step);
	notify(c, step, json_object_get(reminders, "notify"));
}

/* -- escalations -- */

static bool in_list(const json_t *names, const char *name)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
			return true;
	return false;
}

/* The names of an escalation's set that may be asked; new. */
static json_t *new_names(const struct wf_core *c, const struct wf_approval *a, const json_t *spec)
{
	json_t *names = wf_core_approvers(spec), *allowed = json_array();
	const char *denied = a->deny_initiator ? c->in->started_by : NULL;
	for (size_t i = 0; i < json_array_size(names); i++) {
		json_t *name = json_array_get(names, i);
		if (!denied || strcmp(denied, json_string_value(name)) != 0)
			(void)json_array_append(allowed, name);
	}
	json_decref(names);
	return allowed;
}

static void add_people(json_t *group, const json_t *names)
{
	json_t *asked = json_object_get(group, "asked");
	for (size_t i = 0; i < json_array_size(names); i++) {
		json_t *name = json_array_get(names, i);
		if (!in_list(asked, json_string_value(name)) &&
			json_array_size(asked) < WF_MAX_APPROVERS)
			(void)json_array_append(asked, name);
	}
}

static void ask_instead(json_t *group, const json_t *names)
{
	json_int_t count = (json_int_t)json_array_size(names);
	(void)json_object_set_new(group, "asked", json_copy((json_t *)(uintptr_t)names));
	if (json_integer_value(json_object_get(group, "needed")) > count)
		(void)json_object_set_new(group, "needed", json_integer(count));
}

/* The next level, when there is somebody in it. */
static void change_people(struct wf_core *c, struct wf_approval *a, const json_t *escalation)
{
	json_t *add = new_names(c, a, json_object_get(escalation, "add"));
	json_t *to = new_names(c, a, json_object_get(escalation, "to"));
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++) {
		json_t *group = json_array_get(a->groups, i);
		if (!wf_approval_group_open(a, i))
			continue;
		if (json_array_size(to))
			ask_instead(group, to);
		add_people(group, add);
	}
	json_decref(add);
	json_decref(to);
}

static void escalate(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	struct wf_approval *a = s->approval;
	const json_t *escalation = next_escalation(s);
	const char *decide = wf_core_text(escalation, "decide");
	wf_core_note(c, WF_TRANS_ESCALATED, step, a->escalated);
	a->escalated++;
	wf_core_arm_approval(c, step);
	change_people(c, a, escalation);
	notify(c, step, json_object_get(escalation, "notify"));
	if (decide) {
		WF_AUTOFREE char *reason = wf_asprintf("escalation %u", a->escalated);
		wf_core_decide_by_policy(c, step, decide, reason);
	} else {
		wf_core_count_votes(c, step, "policy", NULL);
	}
}

/* -- the end of the SLA -- */

static void breach(struct wf_core *c, uint32_t step)
{
	const char *what = wf_core_text(c->in->steps[step].input, "on_breach");
	if (what && (strcmp(what, "approve") == 0 || strcmp(what, "reject") == 0))
		wf_core_decide_by_policy(c, step, what, "the sla ran out");
	else
		wf_core_fail_step(c, step,
			wf_core_error(WF_ERROR_EXPIRED, "expired",
				"nobody decided within the approval's sla"));
}

void wf_core_approval_timer(struct wf_core *c, uint32_t step)
{
	const struct wf_step_state *s = &c->in->steps[step];
	int64_t reminder = s->approval->remind_at, escalation = wf_core_escalation_due(s);
	int64_t end = s->approval->due_at, first = earlier(earlier(reminder, escalation), end);
	if (reminder && reminder == first)
		remind(c, step);
	else if (escalation && escalation == first)
		escalate(c, step);
	else
		breach(c, step);
}
