/* A history record in words. */
#include "view/record.h"

#include "base/duration.h"
#include "base/json.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>

/* "pack", "pack item 3"; `none` where it is about no step. */
static void put_step(const struct wf_plan *plan, uint32_t step, uint32_t item, const char *none,
	struct wf_buf *out)
{
	wf_view_safe(out, step < plan->step_count ? wf_plan_author_id(plan, step) : none);
	if (step < plan->step_count && item != WF_NONE)
		wf_buf_printf(out, " item %u", item);
}

/* The member of the plan's list that is meant: by its name, or as `member 3`. */
static void describe_member(const struct wf_plan *plan, uint64_t value, struct wf_buf *out)
{
	static const char *const outcomes[WF_OUTCOME_COUNT_] = { "", "begins", "completed", "failed",
		"cancelled" };
	uint64_t member = value >> 3;
	const char *name = member < plan->member_count
		? wf_plan_string(plan, plan->members[member].name) : NULL;
	if (name) {
		wf_buf_addstr(out, "branch ");
		wf_view_safe(out, name);
	} else {
		wf_buf_printf(out, "member %" PRIu64, member);
	}
	wf_buf_printf(out, " %s", (value & 7) < WF_OUTCOME_COUNT_ ? outcomes[value & 7] : "?");
}

static void describe(const struct wf_plan *plan, const struct wf_transition *t, uint32_t item,
	struct wf_buf *out)
{
	char span[WF_WHEN_TEXT];
	uint64_t value = t->value;
	if (t->type == WF_TRANS_INSTANCE_STATUS) {
		wf_buf_printf(out, "instance %s", value < WF_INST_COUNT_
				? wf_instance_status_name((enum wf_instance_status)value)
				: "?");
		return;
	}
	if (t->type == WF_TRANS_BRANCH) {
		describe_member(plan, value, out);
		return;
	}
	put_step(plan, t->step, item, "instance", out);
	switch (t->type) {
	case WF_TRANS_STEP_STATUS:
		wf_buf_printf(out, " %s", value < WF_STEP_COUNT_
				? wf_step_status_name((enum wf_step_status)value)
				: "?");
		break;
	case WF_TRANS_ATTEMPT:
		wf_buf_printf(out, " attempt %" PRIu64, value);
		break;
	case WF_TRANS_RETRY_AT:
		wf_view_duration((int64_t)value, span);
		wf_buf_printf(out, " again in %s", span);
		break;
	case WF_TRANS_DECISION_KEPT:
		wf_buf_printf(out, " has %" PRIu64 " approval%s", value, value == 1 ? "" : "s");
		break;
	case WF_TRANS_ESCALATED:
		wf_buf_printf(out, " escalation %" PRIu64, value + 1);
		break;
	case WF_TRANS_REMINDED:
		wf_buf_printf(out, " reminder %" PRIu64, value + 1);
		break;
	case WF_TRANS_ITEM:
		wf_buf_printf(out, " item %" PRIu64 " %s", value >> 1, value & 1 ? "failed" : "completed");
		break;
	case WF_TRANS_UNDONE:
		wf_buf_addstr(out, value ? " could not be undone" : " was undone");
		break;
	case WF_TRANS_INSTANCE_STATUS:
	case WF_TRANS_BRANCH:
	case WF_TRANS_COUNT_:
		break;
	}
}

/* A migration changes what comes, and nothing of what is. */
static void describe_migration(const json_t *data, struct wf_buf *out)
{
	const char *version = json_string_value(json_object_get(data, "version"));
	const char *plan = json_string_value(json_object_get(data, "plan"));
	wf_buf_addstr(out, "goes on under ");
	if (version)
		wf_buf_printf(out, "version %s, ", version);
	wf_buf_printf(out, "plan %.12s", plan ? plan : "?");
}

void wf_view_record_changed(const struct wf_plan *plan, const struct wf_view_items *items, uint64_t n,
	const struct wf_record *r, struct wf_buf *out)
{
	for (uint32_t i = 0; i < r->count; i++) {
		wf_buf_addstr(out, i ? ", " : "");
		describe(plan, &r->transitions[i], wf_view_items_transition(items, n, i), out);
	}
	if (r->event.type == WF_EVENT_MIGRATE && !r->count)
		describe_migration(r->event.data, out);
}

void wf_view_record_step(const struct wf_plan *plan, const struct wf_view_items *items, uint64_t n,
	const struct wf_record *r, struct wf_buf *out)
{
	put_step(plan, r->event.step, wf_view_items_event(items, n), "-", out);
}

void wf_view_record_brought(const struct wf_record *r, bool whole, struct wf_buf *out)
{
	const json_t *data = r->event.data;
	if (!data || json_is_null(data))
		return;
	if (r->event.type == WF_EVENT_FAILURE) {
		wf_view_error(data, true, out);
	} else if (r->event.type == WF_EVENT_DECISION) {
		static const char *const more[] = { "from", "to" };
		const char *by = json_string_value(json_object_get(data, "by"));
		const char *what = json_string_value(json_object_get(data, "decision"));
		const char *reason = json_string_value(json_object_get(data, "reason"));
		wf_buf_printf(out, "%s by %s", what ? what : "?", by ? by : "?");
		for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
			const char *who = json_string_value(json_object_get(data, more[i]));
			if (who)
				wf_buf_printf(out, " %s %s", more[i], who);
		}
		if (reason)
			wf_buf_printf(out, ": %s", reason);
	} else if (r->event.type == WF_EVENT_DELIVERY && !whole) {
		const char *kind = json_string_value(json_object_get(data, "kind"));
		const char *name = json_string_value(json_object_get(data, "name"));
		wf_buf_printf(out, "%s %s", kind ? kind : "?", name ? name : "?");
	} else if (r->event.type == WF_EVENT_MIGRATE) {
		const char *by = json_string_value(json_object_get(data, "by"));
		wf_buf_printf(out, "by %s", by ? by : "?");
	} else if (r->event.type == WF_EVENT_MOVE) {
		const char *by = json_string_value(json_object_get(data, "by"));
		char when[WF_TIME_TEXT];
		wf_time_text(json_integer_value(json_object_get(data, "due")), when);
		wf_buf_printf(out, "to %s by %s", when, by ? by : "?");
	} else {
		WF_AUTOFREE char *text = wf_json_text(data);
		(void)wf_view_clip(out, text, whole ? 4000 : 60);
	}
}
