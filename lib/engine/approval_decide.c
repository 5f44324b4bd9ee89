/*
 * What people decide: votes, and who else is asked in somebody's place. The votes that stand decide
 * the approval.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"

#include <string.h>

/* -- how it ends -- */

/* The step's output once the approval is decided (language.md, Built-in actions). */
static json_t *decided_output(const struct wf_core *c, const struct wf_approval *a,
	const char *decision, const char *by, const char *reason)
{
	char at[WF_TIME_TEXT];
	wf_time_text(c->event->at, at);
	return json_pack("{s:s, s:s, s:s, s:O, s:s*}", "decision", decision, "decided_by", by,
		"decided_at", at, "decisions", a->decisions, "reason", reason);
}

/* The output stays with a step that a decision fails. */
static void fail_decided(struct wf_core *c, uint32_t step, json_t *output, json_t *error)
{
	struct wf_step_state *s = &c->in->steps[step];
	json_decref(s->output);
	s->output = output;
	wf_core_fail_step(c, step, error);
}

static char *said(const char *what, const char *by, const char *reason)
{
	return wf_asprintf("%s by %s%s%s", what, by, reason ? ": " : "", reason ? reason : "");
}

static void finish(struct wf_core *c, uint32_t step, const char *decision, const char *by,
	const char *reason)
{
	struct wf_step_state *s = &c->in->steps[step];
	s->approval->decided_at = c->event->at;
	json_t *output = decided_output(c, s->approval, decision, by, reason);
	bool rejected = strcmp(decision, "approve") != 0;
	if (!rejected || json_is_true(json_object_get(s->input, "_reject_completes"))) {
		wf_core_succeed(c, step, output);
		return;
	}
	WF_AUTOFREE char *text = said("rejected", by, reason);
	fail_decided(c, step, output, wf_core_error(WF_ERROR_REJECTED, "rejected", text));
}

/* Whether the votes of a group end the approval as rejected. */
static bool group_rejects(const struct wf_approval *a, uint32_t group)
{
	uint32_t rejects = wf_approval_votes(a, group, "reject");
	size_t names = json_array_size(wf_approval_group_names(a, group));
	if (!rejects || (!a->parallel && group != a->group))
		return false;
	return !a->reject_counts || names - rejects < wf_approval_group_needed(a, group);
}

static bool complete(const struct wf_approval *a, uint32_t group)
{
	return wf_approval_approved(a, group) >= wf_approval_group_needed(a, group);
}

void wf_core_count_votes(struct wf_core *c, uint32_t step, const char *by, const char *reason)
{
	struct wf_approval *a = c->in->steps[step].approval;
	uint32_t count = wf_approval_group_count(a), done = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (group_rejects(a, i)) {
			finish(c, step, "reject", by, reason);
			return;
		}
	}
	if (a->parallel) {
		for (uint32_t i = 0; i < count; i++)
			done += complete(a, i);
	} else {
		while (a->group + 1 < count && complete(a, a->group))
			a->group++;
		done = complete(a, a->group) ? count : 0;
	}
	if (done == count)
		finish(c, step, "approve", by, reason);
}

/* -- what is kept -- */

/* The decision goes onto the list. */
static void keep(struct wf_core *c, uint32_t step, const char *by, const char *what,
	const char *reason)
{
	struct wf_approval *a = c->in->steps[step].approval;
	const json_t *data = c->event->data;
	bool by_event = c->event->type == WF_EVENT_DECISION;
	char at[WF_TIME_TEXT];
	wf_time_text(c->event->at, at);
	json_t *kept = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "by", by, "decision", what,
		"at", at, "reason", reason, "os_user", by_event ? wf_core_text(data, "os_user") : NULL,
		"from", by_event ? wf_core_text(data, "from") : NULL, "to",
		by_event ? wf_core_text(data, "to") : NULL);
	if (!a->parallel && wf_approval_group_count(a) > 1)
		(void)json_object_set_new(kept, "group", json_integer(a->group));
	(void)json_array_append_new(a->decisions, kept);
	wf_instance_touch(c->in, step);
	wf_core_note(c, WF_TRANS_DECISION_KEPT, step, wf_approval_given(a));
}

void wf_core_decide_by_policy(struct wf_core *c, uint32_t step, const char *decision,
	const char *reason)
{
	keep(c, step, "policy", decision, reason);
	finish(c, step, decision, "policy", reason);
}

/* -- who may -- */

static void hint_asked(const struct wf_approval *a, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf text = {0};
	json_t *names = wf_approval_asked(a);
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name)
		wf_buf_printf(&text, "%s%s", i ? ", " : "", json_string_value(name));
	if (text.len)
		wf_fail_hint(cause, "asked: %s", text.data);
	json_decref(names);
}

/* One decision being given; nothing is changed until it may be. */
struct ballot {
	uint32_t step;
	struct wf_approval *a;
	const char *id;             /* the step's */
	const char *by, *what, *reason;
};

static bool listed(const struct wf_approval *a, uint32_t group, const char *name)
{
	const json_t *names = wf_approval_group_names(a, group);
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *one = json_string_value(json_array_get(names, i));
		if (one && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

static int refuse_stranger(const struct ballot *b, struct wf_cause *cause)
{
	bool later = false;
	for (uint32_t i = 0; i < wf_approval_group_count(b->a); i++) {
		bool turn = b->a->parallel || i == b->a->group;
		if (!listed(b->a, i, b->by))
			continue;
		if (turn && wf_approval_vote(b->a, i, b->by))
			return wf_fail(cause, WF_ECONFLICT, "%s has already decided on `%s`", b->by,
				b->id);
		if (turn)
			return wf_fail(cause, WF_ECONFLICT,
				"%s is asked no more: enough of the group have approved `%s`",
				b->by, b->id);
		later |= i > b->a->group;
	}
	(void)wf_fail(cause, WF_EPERM, later ? "%s is not yet asked to approve `%s`"
					     : "%s is not asked to approve `%s`", b->by, b->id);
	hint_asked(b->a, cause);
	return WF_EPERM;
}

static bool is_denied(const struct wf_core *c, const struct wf_approval *a, const char *name)
{
	return a->deny_initiator && c->in->started_by && strcmp(c->in->started_by, name) == 0;
}

static int admit_voter(const struct wf_core *c, const struct ballot *b, struct wf_cause *cause)
{
	if (is_denied(c, b->a, b->by))
		return wf_fail(cause, WF_EPERM,
			"%s started this instance and may not decide on `%s`", b->by, b->id);
	return wf_approval_asks(b->a, b->by) ? 0 : refuse_stranger(b, cause);
}

/* -- the decisions -- */

static int vote(struct wf_core *c, const struct ballot *b, struct wf_cause *cause)
{
	int rc = admit_voter(c, b, cause);
	if (rc)
		return rc;
	keep(c, b->step, b->by, b->what, b->reason);
	wf_core_count_votes(c, b->step, b->by, b->reason);
	return 0;
}

/* Whether that person could still vote in the group, now or when its turn comes. */
static bool outstanding(const struct wf_approval *a, uint32_t group, const char *name)
{
	if (!listed(a, group, name) || wf_approval_vote(a, group, name))
		return false;
	return wf_approval_group_open(a, group) || (!a->parallel && group > a->group);
}

/* Puts `to` in the place of `from` in every group where that one's vote is outstanding. */
static int replace(struct wf_core *c, const struct ballot *b, const char *from, const char *to,
	struct wf_cause *cause)
{
	uint32_t count = wf_approval_group_count(b->a), found = 0;
	if (!to || !*to)
		return wf_fail(cause, WF_EINVAL, "it is not said who decides instead");
	if (is_denied(c, b->a, to))
		return wf_fail(cause, WF_EPERM,
			"%s started this instance and may not decide on `%s`", to, b->id);
	for (uint32_t i = 0; i < count; i++) {
		if (!outstanding(b->a, i, from))
			continue;
		found++;
		if (listed(b->a, i, to))
			return wf_fail(cause, WF_ECONFLICT, "%s is asked to approve `%s` already", to,
				b->id);
		if (wf_approval_vote(b->a, i, to))
			return wf_fail(cause, WF_ECONFLICT, "%s has already decided on `%s`", to,
				b->id);
	}
	if (!found)
		return wf_fail(cause, WF_ECONFLICT, "%s is not asked to approve `%s` any more", from,
			b->id);
	keep(c, b->step, b->by, b->what, b->reason);
	for (uint32_t i = 0; i < count; i++) {
		json_t *names = wf_approval_group_names(b->a, i);
		for (size_t k = 0; outstanding(b->a, i, from) && k < json_array_size(names); k++)
			if (strcmp(json_string_value(json_array_get(names, k)), from) == 0)
				(void)json_array_set_new(names, k, json_string(to));
	}
	return 0;
}

static int delegate(struct wf_core *c, const struct ballot *b, struct wf_cause *cause)
{
	int rc = admit_voter(c, b, cause);
	return rc ? rc : replace(c, b, b->by, wf_core_text(c->event->data, "to"), cause);
}

static int reassign(struct wf_core *c, const struct ballot *b, struct wf_cause *cause)
{
	const char *from = wf_core_text(c->event->data, "from");
	if (!from)
		return wf_fail(cause, WF_EINVAL, "it is not said in whose place somebody decides");
	bool known = false;
	for (uint32_t i = 0; i < wf_approval_group_count(b->a); i++)
		known |= listed(b->a, i, from);
	if (!known) {
		(void)wf_fail(cause, WF_ENOENT, "%s is not asked to approve `%s`", from, b->id);
		hint_asked(b->a, cause);
		return WF_ENOENT;
	}
	return replace(c, b, from, wf_core_text(c->event->data, "to"), cause);
}

static int withdraw(struct wf_core *c, const struct ballot *b, struct wf_cause *cause)
{
	bool stands = false, before = false;
	for (uint32_t i = 0; i < wf_approval_group_count(b->a); i++) {
		bool has = listed(b->a, i, b->by) && wf_approval_vote(b->a, i, b->by);
		stands |= has && (b->a->parallel || i == b->a->group);
		before |= has;
	}
	if (!stands)
		return wf_fail(cause, WF_ECONFLICT, before
				? "too late: the group of %s has approved `%s` and the next is asked"
				: "%s has not decided on `%s`", b->by, b->id);
	keep(c, b->step, b->by, b->what, b->reason);
	return 0;
}

/* Who asked for the approval does so no more: the step fails as cancelled. */
static int withdraw_request(struct wf_core *c, const struct ballot *b, struct wf_cause *cause)
{
	const char *starter = c->in->started_by;
	if (!starter || strcmp(starter, b->by) != 0)
		return wf_fail(cause, WF_EPERM, "only %s, who started the instance, may withdraw it",
			starter ? starter : "nobody");
	keep(c, b->step, b->by, b->what, b->reason);
	WF_AUTOFREE char *text = said("withdrawn", b->by, b->reason);
	fail_decided(c, b->step, decided_output(c, b->a, "withdraw", b->by, b->reason),
		wf_core_error(WF_ERROR_CANCELLED, "withdrawn", text));
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct wf_core *c, const struct ballot *b, struct wf_cause *cause);
} decisions[] = {
	{"approve", vote},
	{"reject", vote},
	{"delegate", delegate},
	{"reassign", reassign},
	{"withdraw", withdraw},
	{"withdraw_request", withdraw_request},
};

/* Whether it is open; nothing that is due may be passed over. */
static int check_open(const struct wf_core *c, const struct ballot *b, struct wf_cause *cause)
{
	const struct wf_approval *a = b->a;
	if (!a)
		return wf_fail(cause, WF_ENOENT, "step `%s` asks for no approval", b->id);
	if (a->decided_at)
		return wf_fail(cause, WF_ECONFLICT, "the approval `%s` is over", b->id);
	if (a->due_at && c->event->at >= a->due_at)
		return wf_fail(cause, WF_ECONFLICT, "too late: the approval `%s` has expired", b->id);
	int64_t escalation = wf_core_escalation_due(&c->in->steps[b->step]);
	if (escalation && c->event->at >= escalation)
		return wf_fail(cause, WF_ECONFLICT, "an escalation of `%s` is due first", b->id);
	return 0;
}

int wf_core_decide(struct wf_core *c, struct wf_cause *cause)
{
	const json_t *data = c->event->data;
	struct ballot b = {.step = c->event->step, .by = wf_core_text(data, "by"),
		.what = wf_core_text(data, "decision"), .reason = wf_core_text(data, "reason")};
	if (!b.by || !b.what || b.step >= c->in->step_count)
		return wf_fail(cause, WF_EINVAL, "a decision needs a name, a decision and a step");
	b.id = wf_plan_author_id(c->plan, b.step);
	b.a = c->in->steps[b.step].approval;
	int rc = check_open(c, &b, cause);
	if (rc)
		return rc;
	if (!wf_core_take_step(c, b.step))
		return wf_fail(cause, WF_ECONFLICT, "the approval `%s` is over", b.id);
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++)
		if (strcmp(decisions[i].name, b.what) == 0)
			return decisions[i].fn(c, &b, cause);
	return wf_fail(cause, WF_EINVAL, "`%s` is no decision", b.what);
}
