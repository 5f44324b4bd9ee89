/* An approval in memory and as bytes: who is asked, whose votes stand, its part of a step's row. */
#include "base/json.h"
#include "base/mem.h"
#include "state/rows.h"

#include <string.h>

void wf_approval_free(struct wf_approval *a)
{
	if (!a)
		return;
	json_decref(a->groups);
	json_decref(a->decisions);
	json_decref(a->details);
	wf_free(a->message);
	wf_free(a);
}

/* -- groups and votes -- */

static const char *member_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool listed(const json_t *names, const char *name)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *one = json_string_value(json_array_get(names, i));
		if (one && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

uint32_t wf_approval_group_count(const struct wf_approval *a)
{
	return (uint32_t)json_array_size(a->groups);
}

json_t *wf_approval_group_names(const struct wf_approval *a, uint32_t group)
{
	return json_object_get(json_array_get(a->groups, group), "asked");
}

uint32_t wf_approval_group_needed(const struct wf_approval *a, uint32_t group)
{
	return (uint32_t)json_integer_value(
		json_object_get(json_array_get(a->groups, group), "needed"));
}

const char *wf_approval_vote(const struct wf_approval *a, uint32_t group, const char *name)
{
	for (size_t i = json_array_size(a->decisions); i-- > 0;) {
		const json_t *d = json_array_get(a->decisions, i);
		const json_t *of = json_object_get(d, "group");
		const char *by = member_text(d, "by"), *what = member_text(d, "decision");
		if (!by || !what || strcmp(by, name) != 0 ||
			(of && json_integer_value(of) != (json_int_t)group))
			continue;
		if (strcmp(what, "withdraw") == 0)
			return NULL;
		if (strcmp(what, "approve") == 0 || strcmp(what, "reject") == 0)
			return what;
	}
	return NULL;
}

uint32_t wf_approval_votes(const struct wf_approval *a, uint32_t group, const char *decision)
{
	const json_t *names = wf_approval_group_names(a, group);
	uint32_t count = 0;
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		const char *vote = name ? wf_approval_vote(a, group, name) : NULL;
		count += vote && strcmp(vote, decision) == 0;
	}
	return count;
}

uint32_t wf_approval_approved(const struct wf_approval *a, uint32_t group)
{
	return wf_approval_votes(a, group, "approve");
}

bool wf_approval_group_open(const struct wf_approval *a, uint32_t group)
{
	if (a->decided_at || (!a->parallel && group != a->group))
		return false;
	return wf_approval_approved(a, group) < wf_approval_group_needed(a, group);
}

uint32_t wf_approval_needed(const struct wf_approval *a)
{
	uint32_t needed = 0;
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++)
		needed += wf_approval_group_needed(a, i);
	return needed;
}

uint32_t wf_approval_given(const struct wf_approval *a)
{
	uint32_t given = 0;
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++)
		given += wf_approval_approved(a, i);
	return given;
}

static void add_name(json_t *list, json_t *name)
{
	if (json_is_string(name) && !listed(list, json_string_value(name)))
		(void)json_array_append(list, name);
}

json_t *wf_approval_asked(const struct wf_approval *a)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++) {
		const json_t *names = wf_approval_group_names(a, i);
		if (!wf_approval_group_open(a, i))
			continue;
		for (size_t k = 0; k < json_array_size(names); k++) {
			json_t *name = json_array_get(names, k);
			if (json_is_string(name) &&
				!wf_approval_vote(a, i, json_string_value(name)))
				add_name(list, name);
		}
	}
	return list;
}

bool wf_approval_asks(const struct wf_approval *a, const char *name)
{
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++)
		if (wf_approval_group_open(a, i) && listed(wf_approval_group_names(a, i), name) &&
			!wf_approval_vote(a, i, name))
			return true;
	return false;
}

json_t *wf_approval_names(const struct wf_approval *a)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < wf_approval_group_count(a); i++) {
		const json_t *names = wf_approval_group_names(a, i);
		for (size_t k = 0; k < json_array_size(names); k++)
			add_name(list, json_array_get(names, k));
	}
	return list;
}

/* -- equality -- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

const char *wf_approval_difference(const struct wf_approval *a, const struct wf_approval *b)
{
	if (!a || !b)
		return a == b ? NULL : "approval";
	if (a->number && b->number && a->number != b->number)
		return "approval's number";
	if (!wf_json_equal(a->groups, b->groups) || a->parallel != b->parallel ||
		a->group != b->group)
		return "approval's groups";
	if (a->deny_initiator != b->deny_initiator || a->reject_counts != b->reject_counts ||
		a->auto_approve != b->auto_approve)
		return "approval's policy";
	if (!wf_json_equal(a->decisions, b->decisions))
		return "decisions";
	if (!same_text(a->message, b->message))
		return "approval's message";
	if (!wf_json_equal(a->details, b->details))
		return "approval's details";
	if (a->escalated != b->escalated || a->reminded != b->reminded)
		return "approval's escalations";
	if (a->opened_at != b->opened_at || a->due_at != b->due_at ||
		a->decided_at != b->decided_at || a->remind_at != b->remind_at)
		return "approval's times";
	return NULL;
}

/* -- bytes -- */

enum {
	AP_NUMBER = 1,
	AP_APPROVERS = 2,       /* of the first format's shape alone */
	AP_DECISIONS = 4,
	AP_MESSAGE = 8,
	AP_DETAILS = 16,
	AP_DUE = 32,
	AP_DECIDED = 64,
	AP_GROUPS = 128,        /* always there; its absence means the first format's shape */
	AP_PARALLEL = 256,
	AP_GROUP = 512,
	AP_DENY_INITIATOR = 1024,
	AP_REJECT_COUNTS = 2048,
	AP_AUTO_APPROVE = 4096,
	AP_ESCALATED = 8192,
	AP_REMINDED = 16384,
	AP_REMIND_AT = 32768,
	AP_OLD = 127,
	AP_ALL = 65535 & ~AP_APPROVERS
};

void wf_put_approval(struct wf_buf *out, const struct wf_approval *a)
{
	unsigned mask = AP_GROUPS | (a->number ? AP_NUMBER : 0u) |
		(a->decisions ? AP_DECISIONS : 0u) | (a->message ? AP_MESSAGE : 0u) |
		(a->details ? AP_DETAILS : 0u) | (a->due_at ? AP_DUE : 0u) |
		(a->decided_at ? AP_DECIDED : 0u) | (a->parallel ? AP_PARALLEL : 0u) |
		(a->group ? AP_GROUP : 0u) | (a->deny_initiator ? AP_DENY_INITIATOR : 0u) |
		(a->reject_counts ? AP_REJECT_COUNTS : 0u) |
		(a->auto_approve ? AP_AUTO_APPROVE : 0u) | (a->escalated ? AP_ESCALATED : 0u) |
		(a->reminded ? AP_REMINDED : 0u) | (a->remind_at ? AP_REMIND_AT : 0u);
	wf_put_varint(out, mask);
	wf_put_time(out, a->opened_at, 0);
	if (mask & AP_NUMBER)
		wf_put_varint(out, a->number);
	if (mask & AP_DUE)
		wf_put_time(out, a->due_at, a->opened_at);
	if (mask & AP_DECIDED)
		wf_put_time(out, a->decided_at, a->opened_at);
	if (mask & AP_REMIND_AT)
		wf_put_time(out, a->remind_at, a->opened_at);
	if (mask & AP_GROUP)
		wf_put_varint(out, a->group);
	if (mask & AP_ESCALATED)
		wf_put_varint(out, a->escalated);
	if (mask & AP_REMINDED)
		wf_put_varint(out, a->reminded);
	json_t *none = a->groups ? NULL : json_array();
	wf_put_json(out, a->groups ? a->groups : none);
	json_decref(none);
	if (mask & AP_DECISIONS)
		wf_put_json(out, a->decisions);
	if (mask & AP_MESSAGE)
		wf_put_string(out, a->message);
	if (mask & AP_DETAILS)
		wf_put_json(out, a->details);
}

static json_t *get_json_if(struct wf_reader *r, unsigned mask, unsigned bit)
{
	return mask & bit ? wf_get_json(r) : NULL;
}

/* Journals of format 1: one group, the approvals needed before everything else. */
static void get_old(struct wf_reader *r, unsigned mask, struct wf_approval *a)
{
	uint32_t needed = wf_get_u32_varint(r);
	a->opened_at = wf_get_time(r, 0);
	a->number = mask & AP_NUMBER ? wf_get_varint(r) : 0;
	a->due_at = mask & AP_DUE ? wf_get_time_nonzero(r, a->opened_at) : 0;
	a->decided_at = mask & AP_DECIDED ? wf_get_time_nonzero(r, a->opened_at) : 0;
	json_t *asked = get_json_if(r, mask, AP_APPROVERS);
	a->groups = json_pack("[{s:i, s:o}]", "needed", (int)needed, "asked",
		asked ? asked : json_array());
}

static bool good_groups(const json_t *groups)
{
	for (size_t i = 0; i < json_array_size(groups); i++) {
		const json_t *g = json_array_get(groups, i);
		json_int_t needed = json_integer_value(json_object_get(g, "needed"));
		if (!json_is_array(json_object_get(g, "asked")) || needed < 0 ||
			needed > UINT32_MAX)
			return false;
	}
	return json_is_array(groups);
}

static void get_new(struct wf_reader *r, unsigned mask, struct wf_approval *a)
{
	a->opened_at = wf_get_time(r, 0);
	a->number = mask & AP_NUMBER ? wf_get_varint(r) : 0;
	a->due_at = mask & AP_DUE ? wf_get_time_nonzero(r, a->opened_at) : 0;
	a->decided_at = mask & AP_DECIDED ? wf_get_time_nonzero(r, a->opened_at) : 0;
	a->remind_at = mask & AP_REMIND_AT ? wf_get_time_nonzero(r, a->opened_at) : 0;
	a->group = mask & AP_GROUP ? wf_get_u32_but(r, 0) : 0;
	a->escalated = mask & AP_ESCALATED ? wf_get_u32_but(r, 0) : 0;
	a->reminded = mask & AP_REMINDED ? wf_get_u32_but(r, 0) : 0;
	a->parallel = mask & AP_PARALLEL;
	a->deny_initiator = mask & AP_DENY_INITIATOR;
	a->reject_counts = mask & AP_REJECT_COUNTS;
	a->auto_approve = mask & AP_AUTO_APPROVE;
	a->groups = wf_get_json(r);
}

struct wf_approval *wf_get_approval(struct wf_reader *r)
{
	struct wf_approval *a = wf_calloc(1, sizeof(*a));
	unsigned mask = wf_get_u32_varint(r);
	if (mask & AP_GROUPS)
		get_new(r, mask, a);
	else
		get_old(r, mask, a);
	a->decisions = get_json_if(r, mask, AP_DECISIONS);
	a->message = mask & AP_MESSAGE ? wf_get_string(r) : NULL;
	a->details = get_json_if(r, mask, AP_DETAILS);
	if (mask & ~(mask & AP_GROUPS ? (unsigned)AP_ALL : (unsigned)AP_OLD) ||
		!!a->number != !!(mask & AP_NUMBER) || !good_groups(a->groups))
		r->bad = true;
	return a;
}
