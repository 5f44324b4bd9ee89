/*
 * Opening an approval: who is asked, how many must agree, until when.
 *
 * The input is what the compiler makes of a definition: groups of an approver set and a quorum each,
 * or one such set at the top. A set that names roles or a resolver is looked up outside, by an attempt
 * of the step that gives the same input back with lists of names.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>

/* -- approver sets -- */

static bool needs_lookup(const json_t *spec)
{
	for (; json_is_object(spec); spec = json_object_get(spec, "fallback"))
		if (json_array_size(json_object_get(spec, "roles")) ||
			json_is_string(json_object_get(spec, "resolver")))
			return true;
	return false;
}

static bool any_needs_lookup(const json_t *list, const char *member)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (needs_lookup(json_object_get(json_array_get(list, i), member)))
			return true;
	return false;
}

static bool input_needs_lookup(const json_t *input)
{
	const json_t *escalations = json_object_get(input, "escalations");
	return needs_lookup(json_object_get(input, "approvers")) ||
		any_needs_lookup(json_object_get(input, "groups"), "approvers") ||
		any_needs_lookup(escalations, "add") || any_needs_lookup(escalations, "to");
}

static bool named_in(const json_t *names, const char *name)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
			return true;
	return false;
}

static json_t *names_of(const json_t *list)
{
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

json_t *wf_core_approvers(const json_t *spec)
{
	json_t *names = names_of(json_object_get(spec, "list"));
	const json_t *fallback = json_object_get(spec, "fallback");
	while (names && json_array_size(names) == 0 && json_is_object(fallback)) {
		json_decref(names);
		names = names_of(json_object_get(fallback, "list"));
		fallback = json_object_get(fallback, "fallback");
	}
	return names;
}

/* -- the request -- */

/* What is wrong with a request. */
struct wrong {
	const char *code, *text;
};

static bool is_wrong(struct wrong *w, const char *code, const char *text)
{
	*w = (struct wrong){code, text};
	return false;
}

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

static void drop_name(json_t *names, const char *name)
{
	for (size_t i = json_array_size(names); i-- > 0;)
		if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
			(void)json_array_remove(names, i);
}

/* needed 0: everybody. */
static bool add_group(const struct wf_core *c, struct wf_approval *a, const json_t *spec,
	uint32_t needed, const char *name, struct wrong *w)
{
	json_t *names = wf_core_approvers(spec);
	if (!names)
		return is_wrong(w, "approvers_invalid",
			"approvers must be names, each a string that is not empty");
	json_t *group = json_pack("{s:s*, s:o}", "name", name, "asked", names);
	(void)json_array_append_new(a->groups, group);
	size_t listed = json_array_size(names);
	if (a->deny_initiator && c->in->started_by)
		drop_name(names, c->in->started_by);
	size_t count = json_array_size(names);
	if (!needed)
		needed = (uint32_t)count;
	(void)json_object_set_new(group, "needed", json_integer(needed));
	if (count == 0)
		return is_wrong(w, "approvers_empty", listed
				? "nobody is asked: who started the instance may not decide"
				: "nobody is asked: the set of approvers is empty");
	if (count < needed)
		return is_wrong(w, "approvers_too_few",
			"fewer people are asked than approvals are needed");
	return true;
}

static bool read_groups(const struct wf_core *c, const json_t *input, struct wf_approval *a,
	struct wrong *w)
{
	const json_t *groups = json_object_get(input, "groups");
	a->groups = json_array();
	if (!json_is_array(groups)) {
		uint32_t needed = approvals_needed(input);
		if (!needed)
			return is_wrong(w, "policy_unknown",
				"the approval's policy is none of level1, level2, levelN, and no quorum");
		return add_group(c, a, json_object_get(input, "approvers"), needed, NULL, w);
	}
	if (json_array_size(groups) == 0)
		return is_wrong(w, "approvers_empty", "nobody is asked: there is no group");
	for (size_t i = 0; i < json_array_size(groups); i++) {
		const json_t *g = json_array_get(groups, i);
		const json_t *quorum = json_object_get(g, "quorum");
		json_int_t n = json_integer_value(quorum);
		if ((quorum && !json_is_integer(quorum)) || n < 0 || n > WF_MAX_APPROVERS)
			return is_wrong(w, "policy_unknown", "a quorum is a number of approvals");
		if (!add_group(c, a, json_object_get(g, "approvers"), (uint32_t)n,
			    wf_core_text(g, "name"), w))
			return false;
	}
	return true;
}

static bool auto_approves(const json_t *object, const char *member)
{
	const char *decision = wf_core_text(object, member);
	return decision && strcmp(decision, "approve") == 0;
}

static bool read_times(const struct wf_core *c, const json_t *input, struct wf_approval *a,
	struct wrong *w)
{
	const json_t *reminders = json_object_get(input, "reminders");
	const json_t *escalations = json_object_get(input, "escalations");
	bool approves = auto_approves(input, "on_breach");
	struct wf_duration d;
	int there = wf_core_duration(input, "sla", &d);
	if (there < 0)
		return is_wrong(w, "sla_invalid", "the approval's sla is not an ISO 8601 duration");
	a->due_at = there ? wf_duration_add(c->event->at, &d) : 0;
	for (size_t i = 0; i < json_array_size(escalations); i++) {
		if (wf_core_duration(json_array_get(escalations, i), "after", &d) != 1)
			return is_wrong(w, "escalation_invalid",
				"an escalation's `after` is not an ISO 8601 duration");
		approves |= auto_approves(json_array_get(escalations, i), "decide");
	}
	if (approves && !a->auto_approve)
		return is_wrong(w, "auto_approve_forbidden",
			"time may not approve: the policy does not allow it");
	if (!json_is_object(reminders))
		return true;
	if (wf_core_duration(reminders, "every", &d) != 1 || wf_duration_ms(&d) <= 0)
		return is_wrong(w, "reminders_invalid",
			"the reminders' `every` is not an ISO 8601 duration over zero");
	a->remind_at = wf_duration_add(c->event->at, &d);
	return true;
}

/* What can be asked of the input: fills the approval, or says what is wrong. */
static bool read_request(const struct wf_core *c, const json_t *input, struct wf_approval *a,
	struct wrong *w)
{
	const char *order = wf_core_text(input, "order"), *reject = wf_core_text(input, "reject");
	const char *message = wf_core_text(input, "message");
	if (!json_is_object(input) || input_needs_lookup(input))
		return is_wrong(w, "approvers_unresolved", "it is not known who is asked");
	a->parallel = order && strcmp(order, "parallel") == 0;
	a->reject_counts = reject && strcmp(reject, "counts") == 0;
	a->deny_initiator = json_is_true(json_object_get(input, "deny_initiator"));
	a->auto_approve = json_is_true(json_object_get(input, "auto_approve"));
	a->message = message ? wf_strdup(message) : NULL;
	a->details = json_incref(json_object_get(input, "details"));
	a->decisions = json_array();
	a->opened_at = c->event->at;
	return read_groups(c, input, a, w) && read_times(c, input, a, w);
}

void wf_core_open_approval(struct wf_core *c, uint32_t step, json_t *input)
{
	struct wf_step_state *s = &c->in->steps[step];
	struct wf_approval *a = wf_calloc(1, sizeof(*a));
	struct wrong wrong;
	json_t *error = NULL;
	if (wf_core_too_large(input, "the input", &error) || !read_request(c, input, a, &wrong)) {
		json_decref(input);
		wf_approval_free(a);
		if (!error)
			error = wf_core_error(WF_ERROR_POLICY, wrong.code, wrong.text);
		wf_core_fail_step(c, step, error);
		return;
	}
	wf_approval_free(s->approval);
	s->approval = a;
	json_decref(s->input);
	s->input = input;
	json_decref(s->error);
	s->error = NULL;
	wf_core_wait(c, step, WF_WAIT_APPROVAL, 0);
	wf_core_arm_approval(c, step);
}

void wf_core_request_approval(struct wf_core *c, uint32_t step, json_t *input)
{
	if (input_needs_lookup(input))
		wf_core_perform_effect(c, step, input);
	else
		wf_core_open_approval(c, step, input);
}
