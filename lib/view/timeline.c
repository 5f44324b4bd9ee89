/* The timeline of an instance: a row a step, with its place in time. */
#include "view/instance.h"

#include "base/json.h"
#include "base/mem.h"
#include "view/approval.h"
#include "view/emit.h"
#include "view/table.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

#define DEFAULT_WIDTH 100
#define LEAST_BAR 16
#define MOST_BAR 60

struct axis {
	int64_t from, to;
	size_t columns;
};

static size_t place(const struct axis *axis, int64_t at)
{
	if (at <= axis->from || axis->to <= axis->from)
		return 0;
	if (at >= axis->to)
		return axis->columns - 1;
	return (size_t)((double)(at - axis->from) / (double)(axis->to - axis->from) *
		(double)(axis->columns - 1));
}

/* |====| from start to end; an open end is '>'; waiting is drawn with dots. */
static void bar(const struct wf_step_state *s, const struct axis *axis, int64_t now,
	struct wf_buf *out)
{
	if (!s->started_at || s->status == WF_STEP_SKIPPED)
		return;
	bool open = !s->ended_at;
	size_t from = place(axis, s->started_at);
	size_t to = place(axis, open ? now : s->ended_at);
	wf_view_pad(out, from);
	wf_buf_addch(out, '|');
	for (size_t i = from + 1; i < to; i++)
		wf_buf_addch(out, open ? '.' : '=');
	if (to > from)
		wf_buf_addch(out, open ? '>' : '|');
}

static void axis_title(const struct axis *axis, struct wf_buf *out)
{
	char left[WF_WHEN_TEXT], right[WF_WHEN_TEXT];
	wf_view_axis(axis->from, axis->to, left);
	wf_view_axis(axis->to, axis->from, right);
	size_t used = strlen(left) + strlen(right);
	wf_buf_addstr(out, left);
	wf_view_pad(out, axis->columns > used ? axis->columns - used : 1);
	wf_buf_addstr(out, right);
}

static void head(const struct wf_instance *in, int64_t now, const struct wf_style *style,
	struct wf_buf *out)
{
	char when[WF_WHEN_TEXT];
	wf_view_heading(in, style, out);
	wf_buf_addstr(out, "   ");
	wf_view_role(out, style, wf_view_instance_role(in->status),
		wf_instance_status_name(in->status));
	if (in->result) {
		wf_buf_addstr(out, " (");
		wf_view_safe(out, in->result);
		wf_buf_addch(out, ')');
	}
	wf_view_clock(in->created_at, now, when);
	wf_buf_printf(out, "   started %s", when);
	wf_view_duration((in->ended_at ? in->ended_at : now) - in->created_at, when);
	wf_buf_printf(out, "   %s %s", in->ended_at ? "took" : "for", when);
	if (in->started_by) {
		wf_buf_addstr(out, "   by ");
		wf_view_safe(out, in->started_by);
	}
	wf_buf_addch(out, '\n');
}

static void step_row(struct wf_table *t, const struct wf_plan *plan, const struct wf_instance *in,
	uint32_t i, bool side, const struct axis *axis, int64_t now)
{
	const struct wf_step_state *s = &in->steps[i];
	char took[WF_WHEN_TEXT] = "-";
	WF_AUTOBUF struct wf_buf line = { 0 };
	if (s->started_at && s->status != WF_STEP_SKIPPED)
		wf_view_duration((s->ended_at ? s->ended_at : now) - s->started_at, took);
	bool effect = wf_actions[plan->steps[i].action].kind == WF_ACTION_EFFECT;
	WF_AUTOBUF struct wf_buf name = { 0 };
	wf_view_step_name(plan, in, i, &name);
	wf_table_cellf(t, WF_ROLE_PLAIN, "%s%s", side ? "  " : "", name.data);
	wf_table_cell(t, wf_view_step_role(wf_view_step_now(in, i)),
		wf_view_step_status(plan, in, i));
	if (effect && s->attempts)
		wf_table_cellf(t, WF_ROLE_PLAIN, "%u", s->attempts);
	else
		wf_table_cell(t, WF_ROLE_PLAIN, "-");
	wf_table_cell(t, WF_ROLE_PLAIN, took);
	bar(s, axis, now, &line);
	wf_table_cell(t, wf_view_step_role(s->status), line.data ? line.data : "");
}

static size_t bar_columns(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_style *style)
{
	size_t names = 4, width = style && style->width ? style->width : DEFAULT_WIDTH;
	for (uint32_t i = 0; i < plan->step_count; i++) {
		WF_AUTOBUF struct wf_buf name = { 0 };
		wf_view_step_name(plan, in, i, &name);
		size_t n = wf_view_width(name.data);
		n += wf_view_side_of(plan, i) == WF_NONE ? 0 : 2;
		names = n > names ? n : names;
	}
	size_t used = 2 + names + 2 + 11 + 2 + 8 + 2 + 10 + 2;
	size_t room = width > used + LEAST_BAR ? width - used : LEAST_BAR;
	return room < MOST_BAR ? room : MOST_BAR;
}

/* "  label   text" below the table. */
static void label(struct wf_buf *out, const struct wf_style *style, const char *name)
{
	wf_buf_addstr(out, "  ");
	wf_view_role(out, style, WF_ROLE_DIM, name);
	wf_view_pad(out, strlen(name) < 9 ? 9 - strlen(name) : 1);
}

static void put_decisions(const struct wf_approval *a, int64_t now, const struct wf_style *style,
	struct wf_buf *out)
{
	for (size_t i = 0; i < json_array_size(a->decisions); i++) {
		const json_t *d = json_array_get(a->decisions, i);
		const char *reason = json_string_value(json_object_get(d, "reason"));
		char when[WF_WHEN_TEXT];
		int64_t ms;
		label(out, style, i ? "" : "has");
		wf_view_decision(d, out);
		if (wf_view_decision_at(d, &ms)) {
			wf_view_clock(ms, now, when);
			wf_buf_printf(out, " at %s", when);
		}
		if (reason) {
			wf_buf_addstr(out, " \"");
			wf_view_safe(out, reason);
			wf_buf_addch(out, '"');
		}
		wf_buf_addch(out, '\n');
	}
}

/* What time brings if nobody decides: each with when. */
static void put_clock(const struct wf_step_state *s, int64_t now, const struct wf_style *style,
	struct wf_buf *out)
{
	struct wf_view_clock_event *events;
	size_t count = wf_view_approval_clock(s, &events);
	for (size_t i = 0; i < count; i++) {
		char when[WF_WHEN_TEXT];
		wf_view_until(events[i].at, now, when);
		label(out, style, i ? "" : events[i].kind == WF_CLOCK_END ? "waits" : "then");
		wf_buf_printf(out, "%s", when);
		if (events[i].kind != WF_CLOCK_END || count > 1) {
			wf_buf_addstr(out, ", then ");
			wf_view_clock_text(s, &events[i], out);
		}
		wf_buf_addch(out, '\n');
	}
	wf_free(events);
}

/* " --step ask_m", where the instance has more than one such step. */
static void put_step_option(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out)
{
	const struct wf_step_state *s = &in->steps[step];
	uint32_t alike = 0;
	for (uint32_t i = 0; i < in->step_count; i++)
		alike += in->steps[i].status == s->status && in->steps[i].wait == s->wait;
	if (alike < 2)
		return;
	wf_buf_addstr(out, " --step ");
	wf_view_step_option(plan, in, step, out);
}

static void put_approval(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	int64_t now, const struct wf_style *style, struct wf_buf *out)
{
	const struct wf_step_state *s = &in->steps[step];
	const struct wf_approval *a = s->approval;
	if (a->message) {
		label(out, style, "asks");
		wf_view_safe(out, a->message);
		wf_buf_addch(out, '\n');
	}
	put_decisions(a, now, style, out);
	label(out, style, "needs");
	if (wf_approval_group_count(a) > 1) {
		wf_view_progress(a, out);
	} else {
		uint32_t given = wf_approval_given(a), needed = wf_approval_needed(a);
		wf_buf_printf(out, "%u more of: ", needed > given ? needed - given : 0);
		wf_view_still_asked(a, out);
	}
	wf_buf_addch(out, '\n');
	put_clock(s, now, style, out);
	label(out, style, "to do");
	WF_AUTOBUF struct wf_buf which = { 0 };
	put_step_option(plan, in, step, &which);
	const char *option = which.len ? which.data : "";
	wf_buf_printf(out, "wfctl approve %" PRIu64 "%s, or wfctl reject %" PRIu64 "%s\n", in->number,
		option, in->number, option);
}

/* "approval waits for approvals", "gate waits for the signal go". */
static void wait_words(const struct wf_step_state *s, struct wf_buf *out)
{
	const char *name = json_string_value(json_object_get(s->input, "name"));
	bool named = name && (s->wait == WF_WAIT_SIGNAL || s->wait == WF_WAIT_EVENT);
	if (!named) {
		wf_buf_printf(out, " waits for %s", wf_wait_name(s->wait));
		return;
	}
	wf_buf_printf(out, " waits for the %s ", s->wait == WF_WAIT_SIGNAL ? "signal" : "event");
	wf_view_safe(out, name);
}

static void put_waits(const struct wf_plan *plan, const struct wf_instance *in, int64_t now,
	const struct wf_style *style, struct wf_buf *out)
{
	if (in->status == WF_INST_QUEUED) {
		wf_buf_addstr(out, "it is queued for a free slot of ");
		wf_view_slot_names(in, out);
		wf_buf_printf(out, ": wfctl why %" PRIu64 "\n", in->number);
	}
	for (uint32_t i = 0; i < in->step_count; i++) {
		const struct wf_step_state *s = &in->steps[i];
		char when[WF_WHEN_TEXT];
		if (s->status == WF_STEP_IN_DOUBT) {
			wf_view_step_name(plan, in, i, out);
			wf_buf_addstr(out, " is in doubt: a crash left it unknown whether its effect "
					   "happened.\n");
			label(out, style, "to do");
			wf_buf_printf(out, "wfctl resolve %" PRIu64, in->number);
			put_step_option(plan, in, i, out);
			wf_buf_addstr(out, " --completed, --failed or --retry\n");
			continue;
		}
		if (s->status != WF_STEP_WAITING || s->wait == WF_WAIT_BRANCHES)
			continue; /* what its branches wait for is told */
		wf_view_step_name(plan, in, i, out);
		wait_words(s, out);
		if (s->wait == WF_WAIT_APPROVAL && s->approval) {
			wf_view_clock(s->approval->opened_at, now, when);
			wf_buf_printf(out, " since %s", when);
			wf_view_duration(now - s->approval->opened_at, when);
			wf_buf_printf(out, " (%s)\n", when);
			put_approval(plan, in, i, now, style, out);
			continue;
		}
		if (s->due_at) {
			wf_view_until(s->due_at, now, when);
			wf_buf_printf(out, " %s", when);
		}
		if (s->error) {
			wf_buf_addstr(out, "; ");
			wf_view_error(s->error, true, out);
		}
		wf_buf_addch(out, '\n');
	}
}

/* A step, and below it those of its notifications, and what undoes it, that ever ran. */
static void step_rows(struct wf_table *t, const struct wf_plan *plan, const struct wf_instance *in,
	uint32_t i, const struct axis *axis, int64_t now)
{
	uint32_t undo = plan->steps[i].compensation;
	if (wf_view_side_of(plan, i) != WF_NONE || wf_view_undone_by(plan, i) != WF_NONE)
		return;
	step_row(t, plan, in, i, false, axis, now);
	if (undo < in->step_count && in->steps[undo].started_at)
		step_row(t, plan, in, undo, true, axis, now);
	if (wf_plan_find_body(plan, WF_BODY_NOTIFY, i, 0) == WF_NONE)
		return;
	for (uint32_t k = 0; k < in->step_count && k < plan->step_count; k++)
		if (in->steps[k].started_at && wf_view_side_of(plan, k) == i)
			step_row(t, plan, in, k, true, axis, now);
}

/* What it undid its work for, where that is not its error any more. */
static void put_cause(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_style *style, struct wf_buf *out)
{
	const json_t *cause = json_object_get(in->error, "cause");
	if (!cause || in->unwind != WF_UNWIND_STOPPED)
		return;
	wf_view_role(out, style, WF_ROLE_BAD, "after");
	if (in->failed_step < plan->step_count) {
		wf_buf_addstr(out, " ");
		wf_view_step_name(plan, in, in->failed_step, out);
	}
	wf_buf_addstr(out, ": ");
	wf_view_error(cause, true, out);
	wf_buf_addch(out, '\n');
}

/* What it has undone, and what is left. */
static void put_undo(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_style *style, struct wf_buf *out)
{
	for (int undone = 1; undone >= 0 && wf_view_has_undone(in); undone--) {
		WF_AUTOBUF struct wf_buf names = { 0 };
		if (!wf_view_undo_names(plan, in, undone, &names))
			continue;
		wf_view_role(out, style, undone ? WF_ROLE_GOOD : WF_ROLE_BAD,
			undone ? "undone" : "not undone");
		wf_buf_printf(out, ": %s\n", names.data);
	}
}

void wf_view_timeline(const struct wf_plan *plan, const struct wf_instance *in, int64_t now,
	const struct wf_style *style, struct wf_buf *out)
{
	struct axis axis = { .from = in->created_at, .to = in->ended_at ? in->ended_at : now,
		.columns = bar_columns(plan, in, style) };
	WF_AUTOBUF struct wf_buf title = { 0 };
	head(in, now, style, out);
	struct wf_table *t = wf_table_new();
	axis_title(&axis, &title);
	wf_table_column(t, "step", WF_ALIGN_LEFT, true);
	wf_table_column(t, "status", WF_ALIGN_LEFT, false);
	wf_table_column(t, "attempts", WF_ALIGN_LEFT, false);
	wf_table_column(t, "took", WF_ALIGN_LEFT, false);
	wf_table_column(t, title.data, WF_ALIGN_LEFT, false);
	for (uint32_t i = 0; i < in->step_count && i < plan->step_count; i++)
		step_rows(t, plan, in, i, &axis, now);
	wf_table_write(t, style, 2, false, out);
	wf_table_free(t);
	put_waits(plan, in, now, style, out);
	if (in->error) {
		wf_view_role(out, style, WF_ROLE_BAD, "failed");
		if (in->failed_step != WF_NONE && in->unwind != WF_UNWIND_STOPPED) {
			wf_buf_addstr(out, " at ");
			wf_view_step_name(plan, in, in->failed_step, out);
		}
		wf_buf_addstr(out, ": ");
		wf_view_error(in->error, true, out);
		wf_buf_addch(out, '\n');
	}
	put_cause(plan, in, style, out);
	put_undo(plan, in, style, out);
	if (in->output) {
		wf_buf_addstr(out, "output\n");
		wf_view_yaml(in->output, 2, out);
	}
}
