/* Steps as they happen. */
#include "view/live.h"

#include "base/mem.h"
#include "view/approval.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

#define MOST_RUNNING 12 /* lines redrawn in place; more are counted */

struct running {
	uint64_t number;
	uint32_t step, attempt, most;
	int64_t since;
	char *name, *detail;
	size_t name_width;
};

struct wf_live {
	struct wf_live_options o;
	struct running *items;
	size_t count, room;
	size_t drawn; /* lines at the bottom now */
	uint64_t first; /* the instance that it is about; lines of another one say whose they are */
};

struct wf_live *wf_live_new(const struct wf_live_options *options)
{
	struct wf_live *l = wf_calloc(1, sizeof(*l));
	l->o = *options;
	return l;
}

static void running_done(struct running *r)
{
	wf_free(r->name);
	wf_free(r->detail);
}

void wf_live_free(struct wf_live *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		running_done(&l->items[i]);
	wf_free(l->items);
	wf_free(l);
}

/* Takes the lines that are redrawn off the screen. */
static void erase(struct wf_live *l, struct wf_buf *out)
{
	if (l->drawn)
		wf_buf_printf(out, "\033[%zuA\r\033[J", l->drawn);
	l->drawn = 0;
}

struct line {
	uint64_t number;
	const char *word;
	enum wf_role role;
	const char *name;
	size_t name_width;
	const char *detail, *took, *note;
};

static void put_line(const struct wf_live *l, const struct line *line, bool cut, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf body = { 0 };
	if (l->o.numbered || (l->first && line->number != l->first))
		wf_buf_printf(&body, "#%" PRIu64 " ", line->number);
	else
		wf_buf_addstr(&body, "  ");
	wf_buf_addstr(out, body.data);
	size_t used = body.len;
	wf_view_role(out, &l->o.style, line->role, line->word);
	wf_view_pad(out, strlen(line->word) < 5 ? 6 - strlen(line->word) : 1);
	used += 6;
	wf_buf_reset(&body);
	size_t width = wf_view_clip(&body, line->name, 40);
	size_t names = line->name_width < 40 ? line->name_width : 40;
	wf_view_pad(&body, names > width ? names - width : 0);
	wf_buf_addstr(&body, "  ");
	used += (names > width ? names : width) + 2;
	wf_buf_addstr(out, body.data);
	wf_buf_reset(&body);
	/* on a terminal the detail yields, so that the line stays one line */
	size_t room = 400, tail = 12 + (line->note ? wf_view_width(line->note) : 0);
	if (cut && l->o.style.width)
		room = l->o.style.width > used + tail + 8 ? l->o.style.width - used - tail : 8;
	width = wf_view_clip(&body, line->detail ? line->detail : "", room);
	bool more = (line->took && *line->took) || (line->note && *line->note);
	if (more)
		wf_view_pad(&body, width < 18 && width < room ? 18 - width : 0);
	if (line->took && *line->took) {
		size_t took = strlen(line->took);
		wf_view_pad(&body, took < 10 ? 10 - took : 2);
		wf_buf_addstr(&body, line->took);
	}
	if (line->note && *line->note) {
		wf_buf_addstr(&body, "   ");
		wf_view_safe(&body, line->note);
	}
	while (body.len && body.data[body.len - 1] == ' ')
		body.data[--body.len] = 0;
	wf_buf_add(out, body.data ? body.data : "", body.len);
	while (!body.len && out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = 0;
	wf_buf_addch(out, '\n');
}

static void attempt_note(uint32_t attempt, uint32_t most, struct wf_buf *out)
{
	if (most > 1 && attempt > 1)
		wf_buf_printf(out, "attempt %u of %u", attempt, most);
}

static void draw(struct wf_live *l, int64_t now, struct wf_buf *out)
{
	if (!l->o.in_place)
		return;
	size_t shown = l->count < MOST_RUNNING ? l->count : MOST_RUNNING;
	for (size_t i = 0; i < shown; i++) {
		const struct running *r = &l->items[i];
		char took[WF_WHEN_TEXT];
		WF_AUTOBUF struct wf_buf note = { 0 };
		wf_view_duration(now - r->since, took);
		attempt_note(r->attempt, r->most, &note);
		put_line(l, &(struct line){ .number = r->number, .word = "run", .role = WF_ROLE_INFO,
				    .name = r->name, .name_width = r->name_width,
				    .detail = r->detail, .took = took, .note = note.data },
			true, out);
	}
	l->drawn = shown;
	if (l->count > shown) {
		wf_buf_printf(out, "  and %zu more\n", l->count - shown);
		l->drawn++;
	}
}

static void forget(struct wf_live *l, uint64_t number, uint32_t step)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct running *r = &l->items[i];
		if (r->number == number && (step == WF_NONE || r->step == step))
			running_done(r);
		else
			l->items[kept++] = *r;
	}
	l->count = kept;
}

static bool in_foreach(const struct wf_plan *plan, uint32_t step)
{
	for (uint32_t g = plan->steps[step].group; g != WF_NONE; g = plan->groups[g].parent)
		if (plan->groups[g].kind == WF_GROUP_FOREACH)
			return true;
	return false;
}

static size_t widest_name(const struct wf_plan *plan)
{
	size_t width = 0;
	for (uint32_t i = 0; i < plan->step_count && i < 200; i++) {
		size_t n = wf_view_width(wf_view_step_id(plan, i));
		if (in_foreach(plan, i))
			n += strlen(" (item 0)");
		width = n > width ? n : width;
	}
	return width;
}

static void begun(struct wf_live *l, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_transition *t, const char *name, int64_t now, struct wf_buf *out)
{
	if (wf_actions[plan->steps[t->step].action].kind != WF_ACTION_EFFECT)
		return;
	WF_AUTOBUF struct wf_buf detail = { 0 };
	const char *method = json_string_value(json_object_get(in->steps[t->step].input, "method"));
	if (method)
		wf_view_safe(&detail, method);
	uint32_t most = plan->steps[t->step].retry.max_attempts;
	forget(l, in->number, t->step);
	if (!l->o.in_place) {
		if (!l->o.verbose)
			return;
		WF_AUTOBUF struct wf_buf note = { 0 };
		attempt_note((uint32_t)t->value, most, &note);
		put_line(l, &(struct line){ .number = in->number, .word = "run", .role = WF_ROLE_INFO,
				    .name = name, .name_width = widest_name(plan),
				    .detail = detail.data, .note = note.data }, false, out);
		return;
	}
	WF_GROW(l->items, l->count, l->room);
	l->items[l->count++] = (struct running){ .number = in->number, .step = t->step,
		.attempt = (uint32_t)t->value, .most = most, .since = now, .name = wf_strdup(name),
		.detail = wf_buf_take(&detail), .name_width = widest_name(plan) };
}

static const char *const words[WF_STEP_COUNT_] = {
	[WF_STEP_WAITING] = "wait",
	[WF_STEP_COMPLETED] = "ok",
	[WF_STEP_FAILED] = "fail",
	[WF_STEP_SKIPPED] = "skip",
	[WF_STEP_CANCELLED] = "stop",
	[WF_STEP_IN_DOUBT] = "doubt",
	[WF_STEP_COMPENSATED] = "undo",
	[WF_STEP_COMPENSATION_FAILED] = "fail",
};

/* A step's new status. Within one turn it may have got another since, and be another item's by now. */
struct moved {
	uint32_t step;
	enum wf_step_status status;
	const char *name;
	bool current;           /* what the step's state says belongs to this status */
	const json_t *error;    /* else: why the item failed, or NULL */
};

static bool moves_again(uint32_t step, const struct wf_transition *next, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (next[i].type == WF_TRANS_STEP_STATUS && next[i].step == step)
			return true;
	return false;
}

static void step_line(struct wf_live *l, const struct wf_plan *plan, const struct wf_instance *in,
	const struct moved *m, int64_t now, struct wf_buf *out)
{
	const uint32_t step = m->step;
	const enum wf_step_status status = m->status;
	const struct wf_step_state *s = &in->steps[step];
	WF_AUTOBUF struct wf_buf detail = { 0 }, note = { 0 };
	char took[WF_WHEN_TEXT] = "";
	enum wf_action_kind kind = wf_actions[plan->steps[step].action].kind;
	const char *word = words[status];
	bool undo = status == WF_STEP_COMPENSATED || status == WF_STEP_COMPENSATION_FAILED;
	if (status == WF_STEP_WAITING) {
		if (!m->current)
			return; /* it has moved on within the same turn */
		if (s->wait == WF_WAIT_BRANCHES)
			return; /* what they do is told */
		wf_view_step_detail(plan, in, step, &detail);
		if (s->wait == WF_WAIT_RETRY)
			word = "retry";
		/* of an approval the end of its time, not the next reminder */
		int64_t until = s->wait == WF_WAIT_APPROVAL && s->approval ? s->approval->due_at : s->due_at;
		if (until)
			wf_view_until(until, now, took);
		if (*took) {
			wf_buf_addstr(&note, took);
			*took = 0;
		}
		if (s->wait == WF_WAIT_RETRY && s->due_at) {
			wf_buf_reset(&note);
			wf_view_duration(s->due_at - now, took);
			wf_buf_printf(&note, "again in %s, attempt %u of %u", took, s->attempts + 1,
				plan->steps[step].retry.max_attempts);
			*took = 0;
		}
	} else if (!m->current) {
		wf_view_error(m->error, true, &detail);
	} else if (!undo) { /* what is undone was told when it was done */
		wf_view_step_detail(plan, in, step, &detail);
		bool over = wf_step_status_final(status) && status != WF_STEP_SKIPPED;
		if (over && kind != WF_ACTION_PURE && s->started_at && s->ended_at >= s->started_at)
			wf_view_duration(s->ended_at - s->started_at, took);
		if (wf_step_status_final(status) && kind == WF_ACTION_EFFECT)
			attempt_note(s->attempts, plan->steps[step].retry.max_attempts, &note);
	}
	if (plan->steps[step].action == WF_ACT_APPROVAL_REQUEST && m->current &&
		status == WF_STEP_COMPLETED) {
		WF_AUTOBUF struct wf_buf by = { 0 };
		wf_buf_addstr(&by, wf_view_step_status(plan, in, step));
		if (detail.len)
			wf_buf_printf(&by, " %s", detail.data);
		wf_buf_reset(&detail);
		wf_buf_addstr(&detail, by.data);
	}
	put_line(l, &(struct line){ .number = in->number, .word = word,
			    .role = wf_view_step_role(status), .name = m->name,
			    .name_width = widest_name(plan), .detail = detail.data, .took = took,
			    .note = note.data }, false, out);
}

/* A decision that leaves its approval open: how far it has come, and who is still asked. */
static void decision_line(struct wf_live *l, const struct wf_instance *in, uint32_t step,
	const char *name, struct wf_buf *out)
{
	const struct wf_step_state *s = &in->steps[step];
	if (s->status != WF_STEP_WAITING || !s->approval)
		return;
	WF_AUTOBUF struct wf_buf asked = { 0 };
	wf_view_still_asked(s->approval, &asked);
	wf_buf_addstr(out, wf_style_on(&l->o.style, WF_ROLE_STRONG));
	wf_buf_printf(out, "#%" PRIu64, in->number);
	wf_buf_addstr(out, wf_style_off(&l->o.style, WF_ROLE_STRONG));
	wf_buf_addch(out, ' ');
	wf_buf_addstr(out, name);
	wf_buf_printf(out, ": %u of %u", wf_approval_given(s->approval),
		wf_approval_needed(s->approval));
	if (asked.len)
		wf_buf_printf(out, ", %s %s still asked", asked.data,
			strchr(asked.data, ',') ? "are" : "is");
	wf_buf_addch(out, '\n');
}

/* What the clock did to an open approval. */
static void clock_line(struct wf_live *l, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_transition *t, const char *name, struct wf_buf *out)
{
	const struct wf_step_state *s = &in->steps[t->step];
	bool escalated = t->type == WF_TRANS_ESCALATED;
	WF_AUTOBUF struct wf_buf detail = { 0 };
	struct wf_view_clock_event e = { escalated ? WF_CLOCK_ESCALATION : WF_CLOCK_REMINDER, 0,
		(uint32_t)t->value };
	wf_buf_printf(&detail, "%s %" PRIu64 ": ", escalated ? "escalation" : "reminder",
		t->value + 1);
	wf_view_clock_text(s, &e, &detail);
	put_line(l, &(struct line){ .number = in->number, .word = "note", .role = WF_ROLE_WARN,
			    .name = name,
			    .name_width = widest_name(plan), .detail = detail.data }, false, out);
}

void wf_live_started(struct wf_live *l, const struct wf_instance *in, int64_t now,
	struct wf_buf *out)
{
	if (l->o.numbered)
		return;
	if (!l->first)
		l->first = in->number;
	erase(l, out);
	wf_view_heading(in, &l->o.style, out);
	wf_buf_addch(out, '\n');
	draw(l, now, out);
}

void wf_live_moved(struct wf_live *l, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_event *event, const struct wf_transition *transitions, uint32_t count,
	int64_t now, struct wf_buf *out)
{
	if (!l->first)
		l->first = in->number;
	erase(l, out);
	for (uint32_t i = 0; i < count; i++) {
		const struct wf_transition *t = &transitions[i];
		if (t->step == WF_NONE || t->step >= plan->step_count)
			continue;
		WF_AUTOBUF struct wf_buf name = { 0 };
		uint32_t left = count - i - 1;
		wf_view_step_moved(plan, in, t->step, t + 1, left, &name);
		if (t->type == WF_TRANS_ATTEMPT) {
			begun(l, plan, in, t, name.data, now, out);
		} else if (t->type == WF_TRANS_DECISION_KEPT) {
			decision_line(l, in, t->step, name.data, out);
		} else if (t->type == WF_TRANS_ESCALATED || t->type == WF_TRANS_REMINDED) {
			clock_line(l, plan, in, t, name.data, out);
		} else if (t->type == WF_TRANS_STEP_STATUS && t->value < WF_STEP_COUNT_) {
			enum wf_step_status status = (enum wf_step_status)t->value;
			if (status != WF_STEP_RUNNING)
				forget(l, in->number, t->step);
			/* what the end of the instance leaves out is not news */
			bool leftover = status == WF_STEP_SKIPPED &&
				wf_instance_status_final(in->status) &&
				in->status != WF_INST_COMPLETED;
			/* nor what is to be undone once more, and was done long ago */
			bool before = status == WF_STEP_COMPLETED && event->type == WF_EVENT_RETRY &&
				plan->steps[t->step].compensation != WF_NONE &&
				wf_actions[plan->steps[t->step].action].kind == WF_ACTION_EFFECT;
			if (words[status] && !leftover && !before)
				step_line(l, plan, in, &(struct moved){ .step = t->step, .status = status,
					.name = name.data, .current = in->steps[t->step].status == status &&
						!moves_again(t->step, t + 1, left),
					.error = status == WF_STEP_FAILED ?
						wf_view_item_error(plan, in, t->step, t + 1, left) : NULL },
					now, out);
		}
	}
	draw(l, now, out);
}

void wf_live_say(struct wf_live *l, const char *text, int64_t now, struct wf_buf *out)
{
	erase(l, out);
	wf_buf_addstr(out, text);
	draw(l, now, out);
}

void wf_live_parted(struct wf_live *l, uint64_t number, int64_t now, struct wf_buf *out)
{
	erase(l, out);
	forget(l, number, WF_NONE);
	draw(l, now, out);
}

void wf_live_tick(struct wf_live *l, int64_t now, struct wf_buf *out)
{
	if (!l->o.in_place || !l->count)
		return;
	erase(l, out);
	draw(l, now, out);
}
