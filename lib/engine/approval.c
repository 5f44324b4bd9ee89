/* Approvals: who is asked, how many must agree, and what a decision does. */
#include "base/buf.h"
#include "base/duration.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>

/* "level2" asks for two approvals; `quorum` says the number outright. 0: neither can be read. */
static uint32_t approvals_needed(const json_t *input)
{
	const json_t *quorum = json_object_get(input, "quorum");
	if (json_is_integer(quorum)) {
		json_int_t n = json_integer_value(quorum);
		return n >= 1 && n <= WF_MAX_APPROVERS ? (uint32_t)n : 0;
	}
	const char *policy = wf_core_text(input, "policy");
	if (!policy)
		return 1;
	if (strncmp(policy, "level", 5) != 0)
		return 0;
	char *end;
	unsigned long n = strtoul(policy + 5, &end, 10);
	return *end == '\0' && end != policy + 5 && n >= 1 && n <= WF_MAX_APPROVERS ? (uint32_t)n
										    : 0;
}

static bool named_in(const json_t *names, const char *name)
{
	size_t i;
	json_t *entry;
	json_array_foreach (names, i, entry)
		if (json_is_string(entry) && strcmp(json_string_value(entry), name) == 0)
			return true;
	return false;
}

/* The names asked, each once; NULL when the list holds something that is not a name. */
static json_t *approver_names(const json_t *input)
{
	const json_t *list = json_object_get(json_object_get(input, "approvers"), "list");
	json_t *names = json_array();
	size_t i;
	json_t *entry;
	json_array_foreach (list, i, entry) {
		if (!json_is_string(entry) || json_string_length(entry) == 0 ||
			i >= WF_MAX_APPROVERS) {
			json_decref(names);
			return NULL;
		}
		if (!named_in(names, json_string_value(entry)))
			(void)json_array_append(names, entry);
	}
	return names;
}

static void refuse(struct wf_core *c, uint32_t step, const char *code, const char *message)
{
	wf_core_fail_step(c, step, wf_core_error(WF_ERROR_POLICY, code, message));
}

/* What can be asked of the input: fills the approval, or says what is wrong. */
static const char *read_request(struct wf_core *c, const json_t *input, struct wf_approval *a,
	const char **ret_code)
{
	uint32_t needed = approvals_needed(input);
	*ret_code = "policy_unknown";
	if (!needed)
		return "the approval's policy is none of level1, level2, levelN, and no quorum";
	json_t *names = approver_names(input);
	*ret_code = "approvers_invalid";
	if (!names)
		return "approvers.list must hold names, each a string that is not empty";
	*ret_code = "approvers_too_few";
	a->groups = json_pack("[{s:i, s:o}]", "needed", (int)needed, "asked", names);
	if (json_array_size(names) == 0)
		return "nobody is asked: approvers.list is empty";
	if (json_array_size(names) < needed)
		return "fewer approvers than approvals needed";
	const json_t *sla = json_object_get(input, "sla");
	struct wf_duration d;
	*ret_code = "sla_invalid";
	if (json_is_string(sla)) {
		if (wf_duration_parse(json_string_value(sla), json_string_length(sla), false, &d))
			return "the approval's sla is not an ISO 8601 duration";
		a->due_at = wf_duration_add(c->event->at, &d);
	}
	return NULL;
}

void wf_core_open_approval(struct wf_core *c, uint32_t step, json_t *input)
{
	struct wf_step_state *s = &c->in->steps[step];
	struct wf_approval *a = wf_calloc(1, sizeof(*a));
	const char *code = NULL;
	const char *wrong = read_request(c, input, a, &code);
	if (wrong) {
		json_decref(input);
		wf_approval_free(a);
		refuse(c, step, code, wrong);
		return;
	}
	const char *message = wf_core_text(input, "message");
	a->message = message ? wf_strdup(message) : NULL;
	a->details = json_incref(json_object_get(input, "details"));
	a->decisions = json_array();
	a->opened_at = c->event->at;
	wf_approval_free(s->approval);
	s->approval = a;
	json_decref(s->input);
	s->input = input;
	wf_core_set_status(c, step, WF_STEP_WAITING);
	s->wait = WF_WAIT_APPROVAL;
	s->due_at = a->due_at;
}

static bool decided_before(const struct wf_approval *a, const char *by)
{
	size_t i;
	json_t *decision;
	json_array_foreach (a->decisions, i, decision) {
		const char *name = wf_core_text(decision, "by");
		if (name && strcmp(name, by) == 0)
			return true;
	}
	return false;
}

static uint32_t approvals_so_far(const struct wf_approval *a)
{
	uint32_t n = 0;
	size_t i;
	json_t *decision;
	json_array_foreach (a->decisions, i, decision) {
		const char *what = wf_core_text(decision, "decision");
		n += what && strcmp(what, "approve") == 0;
	}
	return n;
}

/* The step's output once the approval is decided (language.md, Built-in actions). */
static json_t *decided_output(const struct wf_core *c, const struct wf_approval *a,
	const json_t *data, const char *by)
{
	char at[WF_TIME_TEXT];
	wf_time_text(c->event->at, at);
	json_t *output = json_pack("{s:s, s:s, s:s, s:O}", "decision", wf_core_text(data, "decision"),
		"decided_by", by, "decided_at", at, "decisions", a->decisions);
	const char *reason = wf_core_text(data, "reason");
	if (reason)
		(void)json_object_set_new(output, "reason", json_string(reason));
	return output;
}

static void reject(struct wf_core *c, uint32_t step, const char *by, const char *reason,
	json_t *output)
{
	struct wf_step_state *s = &c->in->steps[step];
	if (json_is_true(json_object_get(s->input, "_reject_completes"))) {
		wf_core_succeed(c, step, output);
		return;
	}
	WF_AUTOFREE char *text = wf_asprintf("rejected by %s%s%s", by, reason ? ": " : "",
		reason ? reason : "");
	json_decref(s->output);
	s->output = output;
	wf_core_fail_step(c, step, wf_core_error(WF_ERROR_REJECTED, "rejected", text));
}

static void hint_asked(const json_t *names, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf text = {0};
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name)
		wf_buf_printf(&text, "%s%s", i ? ", " : "", json_string_value(name));
	wf_fail_hint(cause, "asked: %s", text.data);
}

/* Whether the decision may be given at all; nothing is changed. */
static int admit(const struct wf_core *c, const struct wf_approval *a, const char *by,
	struct wf_cause *cause)
{
	const char *id = wf_plan_step_id(c->plan, c->event->step);
	if (!a)
		return wf_fail(cause, WF_ENOENT, "step `%s` asks for no approval", id);
	if (a->decided_at)
		return wf_fail(cause, WF_ECONFLICT, "the approval `%s` is over", id);
	if (a->due_at && c->event->at >= a->due_at)
		return wf_fail(cause, WF_ECONFLICT, "too late: the approval `%s` has expired", id);
	if (!named_in(wf_approval_group_names(a, a->group), by)) {
		(void)wf_fail(cause, WF_EPERM, "%s is not asked to approve `%s`", by, id);
		hint_asked(wf_approval_group_names(a, a->group), cause);
		return WF_EPERM;
	}
	if (decided_before(a, by))
		return wf_fail(cause, WF_ECONFLICT, "%s has already decided on `%s`", by, id);
	return 0;
}

int wf_core_decide(struct wf_core *c, struct wf_cause *cause)
{
	const json_t *data = c->event->data;
	const char *by = wf_core_text(data, "by"), *what = wf_core_text(data, "decision");
	uint32_t step = c->event->step;
	if (!by || !what || step >= c->in->step_count)
		return wf_fail(cause, WF_EINVAL, "a decision needs a name, a decision and a step");
	struct wf_step_state *s = &c->in->steps[step];
	struct wf_approval *a = s->approval;
	int rc = admit(c, a, by, cause);
	if (rc)
		return rc;
	char at[WF_TIME_TEXT];
	wf_time_text(c->event->at, at);
	const char *reason = wf_core_text(data, "reason"), *user = wf_core_text(data, "os_user");
	json_t *kept = json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "by", by, "decision", what, "at", at,
		"reason", reason, "os_user", user);
	(void)json_array_append_new(a->decisions, kept);
	wf_instance_touch(c->in, step);
	uint32_t so_far = approvals_so_far(a);
	wf_core_note(c, WF_TRANS_DECISION_KEPT, step, so_far);
	bool rejected = strcmp(what, "approve") != 0;
	if (!rejected && so_far < wf_approval_needed(a))
		return 0;
	a->decided_at = c->event->at;
	json_t *output = decided_output(c, a, data, by);
	if (rejected)
		reject(c, step, by, reason, output);
	else
		wf_core_succeed(c, step, output);
	return 0;
}
