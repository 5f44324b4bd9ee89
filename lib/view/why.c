/* Why an instance stands where it stands. */
#include "view/why.h"

#include "base/json.h"
#include "base/mem.h"
#include "view/approval.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct why {
	const struct wf_plan *plan;
	const struct wf_instance *in;
	const struct wf_why_facts *f;
	json_t *doc;
};

/* The lists of the document, and what stands before their lines. */
static const struct section {
	const char *member, *label;
} sections[] = {
	{ "asks", "asks" }, { "has", "has" }, { "needs", "needs" }, { "runs", "runs" },
	{ "behind", "behind" }, { "failed", "failed" }, { "held", "held" }, { "also", "also" },
	{ "then", "then" }, { "wakes", "wakes" }, { "todo", "to do" },
};

/* The text, harmless on one line; new. */
static json_t *line(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static json_t *line(const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	size_t room = n > 0 ? (size_t)n + 1 : 1;
	WF_AUTOFREE char *text = wf_calloc(1, room);
	(void)vsnprintf(text, room, fmt, ap);
	WF_AUTOBUF struct wf_buf safe = { 0 };
	wf_view_safe(&safe, text);
	return json_string(safe.data ? safe.data : "");
}

static void put(struct why *w, const char *member, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put(struct why *w, const char *member, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	json_t *text = line(fmt, ap);
	va_end(ap);
	json_array_append_new(json_object_get(w->doc, member), text);
}

static void sentence(struct why *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void sentence(struct why *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	json_t *text = line(fmt, ap);
	va_end(ap);
	json_object_set_new(w->doc, "sentence", text);
}

/* " since 09:12:05 (28 m)"; nothing when the time is not known. */
static const char *since(const struct why *w, int64_t at, char ret[3 * WF_WHEN_TEXT])
{
	char clock[WF_WHEN_TEXT], span[WF_WHEN_TEXT];
	ret[0] = 0;
	if (!at)
		return ret;
	wf_view_clock(at, w->f->now, clock);
	wf_view_duration(w->f->now - at, span);
	(void)snprintf(ret, 3 * WF_WHEN_TEXT, " since %s (%s)", clock, span);
	return ret;
}

/* "22 Nov 09:12 (in 1 day 23 h)", or "09:12:05 (5 m ago; nothing has looked since)". */
static const char *at_time(const struct why *w, int64_t at, char ret[3 * WF_WHEN_TEXT])
{
	char clock[WF_WHEN_TEXT], span[WF_WHEN_TEXT];
	bool past = at <= w->f->now;
	wf_view_clock(at, w->f->now, clock);
	wf_view_duration(past ? w->f->now - at : at - w->f->now, span);
	(void)snprintf(ret, 3 * WF_WHEN_TEXT, past ? "%s (%s ago; nobody has looked since)" : "%s (in %s)",
		clock, span);
	return ret;
}

static void then(struct why *w, int64_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void then(struct why *w, int64_t at, const char *fmt, ...)
{
	char when[3 * WF_WHEN_TEXT];
	va_list ap;
	va_start(ap, fmt);
	json_t *text = line(fmt, ap);
	va_end(ap);
	json_t *o = json_object();
	json_object_set_new(o, "at", wf_view_time_json(at));
	json_object_set_new(o, "when", json_string(at_time(w, at, when)));
	json_object_set_new(o, "what", text);
	json_array_append_new(json_object_get(w->doc, "then"), o);
}

static void about(struct why *w, uint32_t step, int64_t from, int64_t due)
{
	json_object_set_new(w->doc, "step",
		step == WF_NONE ? json_null() : json_string(wf_plan_step_id(w->plan, step)));
	json_object_set_new(w->doc, "since", wf_view_time_json(from));
	json_object_set_new(w->doc, "due_at", wf_view_time_json(due));
}

static const char *name_of(const struct why *w, uint32_t step)
{
	return wf_plan_step_id(w->plan, step);
}

static const char *input_text(const struct wf_step_state *s, const char *member)
{
	return json_string_value(json_object_get(s->input, member));
}

/* How a step's failing goes on. */
static const char *failing(const struct why *w, uint32_t step)
{
	return w->plan->steps[step].fail_pc == WF_NONE
		? ", and the instance with it"
		: "; the definition says how it goes on";
}

/* What looks after timers when no process does. */
static void wakes_timer(struct why *w, int64_t due)
{
	if (w->f->driver == WF_WHY_ALIVE)
		put(w, "wakes", "the process that drives it, while it stays");
	else
		put(w, "wakes", "the first sweep %s: wfctl serve-once",
			due <= w->f->now ? "from now on" : "at or after that time");
}

/* -- waits -- */

static void decisions(struct why *w, const struct wf_approval *a)
{
	for (size_t i = 0; i < json_array_size(a->decisions); i++) {
		const json_t *d = json_array_get(a->decisions, i);
		const char *reason = json_string_value(json_object_get(d, "reason"));
		WF_AUTOBUF struct wf_buf text = { 0 };
		char when[WF_WHEN_TEXT];
		int64_t at;
		wf_view_decision(d, &text);
		if (wf_view_decision_at(d, &at)) {
			wf_view_clock(at, w->f->now, when);
			wf_buf_printf(&text, " at %s", when);
		}
		if (reason)
			wf_buf_printf(&text, " \"%s\"", reason);
		put(w, "has", "%s", text.data);
	}
}

/* "1 more of: bob", a line a group that is asked. */
static void needed(struct why *w, const struct wf_approval *a)
{
	uint32_t groups = wf_approval_group_count(a);
	for (uint32_t i = 0; i < groups; i++) {
		uint32_t has = wf_approval_approved(a, i);
		uint32_t most = wf_approval_group_needed(a, i);
		const json_t *all = wf_approval_group_names(a, i), *group = json_array_get(a->groups, i);
		const char *title = json_string_value(json_object_get(group, "name"));
		WF_AUTOBUF struct wf_buf who = { 0 };
		bool open = wf_approval_group_open(a, i);
		for (size_t k = 0; k < json_array_size(all); k++) {
			const char *name = json_string_value(json_array_get(all, k));
			if (name && !wf_approval_vote(a, i, name))
				wf_buf_printf(&who, "%s%s", who.len ? ", " : "", name);
		}
		if (has >= most)
			continue;
		put(w, "needs", "%s%s%u %s%s%s", title ? title : "", title ? ": " : "", most - has,
			open ? "more of: " : "of: ", who.data ? who.data : "nobody",
			open ? "" : ", once it is their turn");
	}
}

static size_t open_approvals(const struct wf_instance *in)
{
	size_t n = 0;
	for (uint32_t i = 0; i < in->step_count; i++)
		n += in->steps[i].wait == WF_WAIT_APPROVAL && in->steps[i].approval &&
			!in->steps[i].approval->decided_at;
	return n;
}

static void approval_todo(struct why *w, uint32_t step, const struct wf_approval *a)
{
	json_auto_t *asked = wf_approval_asked(a);
	const char *first = json_string_value(json_array_get(asked, 0));
	bool me = w->f->actor && wf_approval_asks(a, w->f->actor);
	WF_AUTOBUF struct wf_buf tail = { 0 };
	if (open_approvals(w->in) > 1)
		wf_buf_printf(&tail, " --step %s", name_of(w, step));
	if (!me && first)
		wf_buf_printf(&tail, " --as %s", first);
	put(w, "todo", "wfctl approve %" PRIu64 "%s, or wfctl reject", w->in->number,
		tail.data ? tail.data : "");
}

static void why_approval(struct why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	const struct wf_approval *a = s->approval;
	char from[3 * WF_WHEN_TEXT];
	if (!a)
		return;
	about(w, step, a->opened_at, s->due_at);
	sentence(w, "waits for an approval%s", since(w, a->opened_at, from));
	if (a->message)
		put(w, "asks", "%s", a->message);
	decisions(w, a);
	needed(w, a);
	struct wf_view_clock_event *events;
	size_t count = wf_view_approval_clock(s, &events);
	for (size_t i = 0; i < count; i++) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_clock_text(s, &events[i], &text);
		then(w, events[i].at, "%s", text.data);
	}
	wf_free(events);
	put(w, "wakes", "a decision of those asked");
	if (count)
		wakes_timer(w, s->due_at);
	approval_todo(w, step, a);
}

static void why_timer(struct why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	char from[3 * WF_WHEN_TEXT];
	about(w, step, s->started_at, s->due_at);
	sentence(w, "waits for a time at %s%s", name_of(w, step), since(w, s->started_at, from));
	then(w, s->due_at, "it goes on");
	wakes_timer(w, s->due_at);
	put(w, "todo", "nothing; to go on now: wfctl timer fire %" PRIu64, w->in->number);
}

static void failure(struct why *w, const struct wf_step_state *s)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_view_error(s->error, true, &text);
	if (text.len)
		put(w, "failed", "%s", text.data);
}

static void why_retry(struct why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	char from[3 * WF_WHEN_TEXT];
	about(w, step, w->in->updated_at, s->due_at);
	sentence(w, "waits to try %s again%s", name_of(w, step), since(w, w->in->updated_at, from));
	failure(w, s);
	then(w, s->due_at, "%s is tried again, attempt %u of %u", name_of(w, step), s->attempts + 1,
		w->plan->steps[step].retry.max_attempts);
	wakes_timer(w, s->due_at);
	put(w, "todo", "nothing; to try it now: wfctl timer fire %" PRIu64, w->in->number);
}

static void why_signal(struct why *w, uint32_t step, bool event)
{
	const struct wf_step_state *s = &w->in->steps[step];
	const char *name = input_text(s, "name"), *what = event ? "event" : "signal";
	char from[3 * WF_WHEN_TEXT];
	name = name ? name : "?";
	about(w, step, s->started_at, s->due_at);
	sentence(w, "waits for the %s %s%s", what, name, since(w, s->started_at, from));
	put(w, "needs", "%s %s%s", event ? "an event" : "a signal", name,
		event ? " that matches what the step waits for" : "");
	if (s->due_at) {
		then(w, s->due_at, "%s fails (TimeoutError)%s", name_of(w, step), failing(w, step));
		wakes_timer(w, s->due_at);
	}
	if (event) {
		put(w, "wakes", "an event of that name");
		put(w, "todo", "wfctl emit %s --data '{…}'", name);
		return;
	}
	put(w, "wakes", "a signal of that name");
	if (w->f->signals)
		put(w, "has", "%" PRIu64 " other signal%s kept for it", w->f->signals,
			w->f->signals == 1 ? "" : "s");
	put(w, "todo", "wfctl signal %" PRIu64 " %s", w->in->number, name);
}

static void why_event(struct why *w, uint32_t step)
{
	why_signal(w, step, true);
}

static void why_own_signal(struct why *w, uint32_t step)
{
	why_signal(w, step, false);
}

/* Whether one is on; each gets a line, and what ends it. */
static bool holds(struct why *w)
{
	for (size_t i = 0; i < w->f->hold_count; i++) {
		const struct wf_why_hold *h = &w->f->holds[i];
		char from[3 * WF_WHEN_TEXT];
		put(w, "held", "%s is on hold%s%s%s%s%s%s", h->all ? "everything" : w->in->workflow,
			since(w, h->at, from), h->by ? " by " : "", h->by ? h->by : "",
			h->reason ? " \"" : "", h->reason ? h->reason : "", h->reason ? "\"" : "");
	}
	for (size_t i = 0; i < w->f->hold_count; i++)
		put(w, "todo", "wfctl release%s%s", w->f->holds[i].all ? "" : " ",
			w->f->holds[i].all ? "" : w->in->workflow);
	return w->f->hold_count > 0;
}

static void why_hold(struct why *w, uint32_t step)
{
	char from[3 * WF_WHEN_TEXT];
	about(w, step, w->in->updated_at, 0);
	sentence(w, "may not begin %s%s", name_of(w, step), since(w, w->in->updated_at, from));
	if (holds(w)) {
		put(w, "wakes", "the release");
		return;
	}
	put(w, "held", "the hold was released");
	put(w, "wakes", "the next sweep: wfctl serve-once");
	put(w, "todo", "wfctl serve-once, or wfctl resume %" PRIu64, w->in->number);
}

static void why_child(struct why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	char from[3 * WF_WHEN_TEXT];
	about(w, step, s->started_at, s->due_at);
	sentence(w, "waits for its child at %s%s", name_of(w, step), since(w, s->started_at, from));
	put(w, "wakes", "the child's end");
	put(w, "todo", "nothing");
}

static void why_doubt(struct why *w, uint32_t step)
{
	char from[3 * WF_WHEN_TEXT];
	int64_t at = w->in->steps[step].attempt_at;
	about(w, step, at, 0);
	sentence(w, "is suspended: whether %s happened is unknown%s", name_of(w, step),
		since(w, at, from));
	put(w, "has", "attempt %u began; then the machine went down before its result was kept",
		w->in->steps[step].attempts);
	put(w, "wakes", "only somebody who has looked and says what became of it");
	put(w, "todo", "wfctl resolve %" PRIu64 " --completed, --failed or --retry", w->in->number);
}

static void (*const by_wait[WF_WAIT_COUNT_])(struct why *, uint32_t) = {
	[WF_WAIT_APPROVAL] = why_approval,
	[WF_WAIT_TIMER] = why_timer,
	[WF_WAIT_RETRY] = why_retry,
	[WF_WAIT_SIGNAL] = why_own_signal,
	[WF_WAIT_EVENT] = why_event,
	[WF_WAIT_CHILD] = why_child,
	[WF_WAIT_OPERATOR] = why_doubt,
	[WF_WAIT_HOLD] = why_hold,
};

/* -- what runs -- */

static void effect_text(const struct why *w, uint32_t step, struct wf_buf *out)
{
	const struct wf_step_state *s = &w->in->steps[step];
	enum wf_action action = w->plan->steps[step].action;
	const char *command = input_text(s, "shell");
	if (action == WF_ACT_HTTP_REQUEST) {
		wf_buf_printf(out, "%s %s", input_text(s, "method") ? input_text(s, "method") : "GET",
			input_text(s, "url") ? input_text(s, "url") : "?");
	} else if (action == WF_ACT_APPROVAL_REQUEST) {
		wf_buf_addstr(out, "asks who is to approve");
	} else if (command) {
		wf_buf_addstr(out, command);
	} else if (action == WF_ACT_EXEC_RUN) {
		const json_t *argv = json_object_get(s->input, "command");
		WF_AUTOFREE char *text = argv ? wf_json_text(argv) : NULL;
		wf_buf_addstr(out, text ? text : "a command");
	} else {
		wf_buf_addstr(out, wf_actions[action].name);
	}
}

static void driver(struct why *w)
{
	if (w->f->driver == WF_WHY_ALIVE) {
		put(w, "wakes", "the effect's result: a living process drives the instance");
		put(w, "todo", "nothing; to end it: wfctl cancel %" PRIu64, w->in->number);
		return;
	}
	put(w, "wakes", "%s; the next sweep takes it up: wfctl serve-once",
		w->f->driver == WF_WHY_DEAD ? "its process is gone" : "no process drives it");
	put(w, "todo", "wfctl resume %" PRIu64, w->in->number);
}

static void why_effect(struct why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	const struct wf_plan_step *p = &w->plan->steps[step];
	WF_AUTOBUF struct wf_buf text = { 0 };
	char from[3 * WF_WHEN_TEXT];
	about(w, step, s->attempt_at, 0);
	sentence(w, "runs %s%s", name_of(w, step), since(w, s->attempt_at, from));
	effect_text(w, step, &text);
	if (p->retry.max_attempts > 1)
		put(w, "runs", "%s, attempt %u of %u", text.data, s->attempts, p->retry.max_attempts);
	else
		put(w, "runs", "%s", text.data);
	if (p->timeout_ms && s->attempt_at)
		then(w, s->attempt_at + (int64_t)p->timeout_ms, "the attempt is over its time limit");
	driver(w);
}

/* -- the whole instance -- */

/* A step that keeps the instance from going on, in a few words. */
static void also(struct why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (s->status == WF_STEP_RUNNING) {
		effect_text(w, step, &text);
		put(w, "also", "%s runs: %s", name_of(w, step), text.data);
	} else {
		put(w, "also", "%s %s %s", name_of(w, step),
			s->status == WF_STEP_IN_DOUBT ? "is in doubt, and waits for" : "waits for",
			s->status == WF_STEP_IN_DOUBT ? "an operator" : wf_wait_name(s->wait));
	}
}

static bool resting(const struct wf_step_state *s)
{
	return s->status == WF_STEP_RUNNING || s->status == WF_STEP_WAITING ||
		s->status == WF_STEP_IN_DOUBT;
}

/* The step that the sentence is about: the main thread's, else the first that rests. */
static uint32_t main_step(const struct why *w)
{
	const struct wf_instance *in = w->in;
	uint32_t step = in->thread_count ? in->threads[0].step : WF_NONE;
	/* a doubt is what an operator must hear of first */
	for (uint32_t i = 0; i < in->step_count; i++)
		if (in->steps[i].status == WF_STEP_IN_DOUBT)
			return i;
	if (step < in->step_count && resting(&in->steps[step]))
		return step;
	for (uint32_t i = 0; i < in->step_count; i++)
		if (resting(&in->steps[i]))
			return i;
	return WF_NONE;
}

static void why_between(struct why *w)
{
	char from[3 * WF_WHEN_TEXT];
	about(w, WF_NONE, w->in->updated_at, 0);
	sentence(w, "is between two steps%s", since(w, w->in->updated_at, from));
	driver(w);
}

static void why_active(struct why *w)
{
	uint32_t step = main_step(w);
	if (step == WF_NONE) {
		why_between(w);
		return;
	}
	const struct wf_step_state *s = &w->in->steps[step];
	if (s->status == WF_STEP_IN_DOUBT)
		why_doubt(w, step);
	else if (s->status == WF_STEP_WAITING && by_wait[s->wait])
		by_wait[s->wait](w, step);
	else
		why_effect(w, step);
	for (uint32_t i = 0; i < w->in->step_count; i++)
		if (i != step && resting(&w->in->steps[i]))
			also(w, i);
	if (w->in->timeout_at)
		then(w, w->in->timeout_at, "the instance is over its time limit and fails (TimeoutError)");
}

static void why_pending(struct why *w)
{
	char from[3 * WF_WHEN_TEXT];
	about(w, WF_NONE, w->in->created_at, 0);
	sentence(w, "has not begun%s", since(w, w->in->created_at, from));
	if (w->f->driver == WF_WHY_ALIVE) {
		put(w, "wakes", "the process that has taken it");
		put(w, "todo", "nothing");
	} else if (holds(w)) {
		put(w, "wakes", "the release");
	} else {
		put(w, "wakes", "the next sweep: wfctl serve-once");
		put(w, "todo", "wfctl resume %" PRIu64, w->in->number);
	}
}

static void slot_line(struct why *w, const struct wf_why_slot *s)
{
	WF_AUTOBUF struct wf_buf who = { 0 };
	for (size_t i = 0; i < s->holder_count; i++)
		wf_buf_printf(&who, "%s#%" PRIu64, i ? ", " : "", s->holders[i]);
	if (s->held > s->holder_count)
		wf_buf_printf(&who, " and %" PRIu64 " more", s->held - s->holder_count);
	put(w, "behind", "%s, place %" PRIu64 " of its queue; %" PRIu64 " of %" PRIu64 " in use%s%s",
		s->name, s->place, s->held, s->limit, who.len ? ": " : "", who.data ? who.data : "");
}

static void why_queued(struct why *w)
{
	char from[3 * WF_WHEN_TEXT];
	bool full = false;
	uint64_t first = 0;
	about(w, WF_NONE, w->in->created_at, 0);
	sentence(w, "is queued for a free slot%s", since(w, w->in->created_at, from));
	for (size_t i = 0; i < w->f->slot_count; i++) {
		const struct wf_why_slot *s = &w->f->slots[i];
		slot_line(w, s);
		full |= s->held >= s->limit || s->place > 1;
		if (s->holder_count && !first)
			first = s->holders[0];
	}
	bool held = holds(w);
	if (full)
		put(w, "wakes", "the end of an instance that is before it");
	else
		put(w, "wakes", "%s", held ? "the release" : "the next sweep: wfctl serve-once");
	if (first)
		put(w, "todo", "nothing; to see what it waits for: wfctl why %" PRIu64, first);
	else if (!held)
		put(w, "todo", "wfctl serve-once");
}

static void why_ended(struct why *w)
{
	const struct wf_instance *in = w->in;
	char when[WF_WHEN_TEXT], took[WF_WHEN_TEXT];
	wf_view_clock(in->ended_at, w->f->now, when);
	wf_view_duration(in->ended_at - in->created_at, took);
	about(w, in->status == WF_INST_FAILED && in->failed_step < w->plan->step_count
			? in->failed_step : WF_NONE, in->ended_at, 0);
	if (in->status == WF_INST_FAILED && in->failed_step < w->plan->step_count)
		sentence(w, "failed at %s at %s, after %s", name_of(w, in->failed_step), when, took);
	else if (in->status == WF_INST_FAILED)
		sentence(w, "failed at %s, after %s", when, took);
	else if (in->status == WF_INST_CANCELLED)
		sentence(w, "was cancelled at %s, after %s", when, took);
	else
		sentence(w, "completed (%s) at %s, after %s", in->result ? in->result : "success", when,
			took);
	if (in->error && in->status != WF_INST_COMPLETED) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_error(in->error, true, &text);
		put(w, "failed", "%s", text.data);
	}
	put(w, "wakes", "nothing: it has ended");
	if (in->status == WF_INST_COMPLETED)
		put(w, "todo", "nothing; what it gave: wfctl show %" PRIu64, in->number);
	else
		put(w, "todo", "wfctl retry %" PRIu64 " --dry-run says what would run again", in->number);
}

static void (*const by_status[WF_INST_COUNT_])(struct why *) = {
	[WF_INST_PENDING] = why_pending,
	[WF_INST_RUNNING] = why_active,
	[WF_INST_WAITING] = why_active,
	[WF_INST_QUEUED] = why_queued,
	[WF_INST_SUSPENDED] = why_active,
	[WF_INST_COMPENSATING] = why_active,
	[WF_INST_COMPLETED] = why_ended,
	[WF_INST_FAILED] = why_ended,
	[WF_INST_CANCELLED] = why_ended,
};

json_t *wf_view_why(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_why_facts *facts)
{
	static const char *const drivers[] = { [WF_WHY_NOBODY] = "nobody", [WF_WHY_ALIVE] = "alive",
		[WF_WHY_DEAD] = "dead" };
	struct why w = { .plan = plan, .in = in, .f = facts, .doc = json_object() };
	json_object_set_new(w.doc, "number", json_integer((json_int_t)in->number));
	json_object_set_new(w.doc, "workflow", json_string(in->workflow ? in->workflow : ""));
	json_object_set_new(w.doc, "status", json_string(wf_instance_status_name(in->status)));
	json_object_set_new(w.doc, "waits_for",
		in->wait == WF_WAIT_NONE ? json_null() : json_string(wf_wait_name(in->wait)));
	json_object_set_new(w.doc, "driver", json_string(drivers[facts->driver]));
	json_object_set_new(w.doc, "sentence", json_string(""));
	about(&w, WF_NONE, 0, 0);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		json_object_set_new(w.doc, sections[i].member, json_array());
	by_status[in->status](&w);
	return w.doc;
}

void wf_view_why_text(const json_t *why, const struct wf_style *style, struct wf_buf *out)
{
	const char *text = json_string_value(json_object_get(why, "sentence"));
	wf_buf_addstr(out, wf_style_on(style, WF_ROLE_STRONG));
	wf_buf_printf(out, "#%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(why, "number")));
	wf_buf_addstr(out, wf_style_off(style, WF_ROLE_STRONG));
	wf_buf_printf(out, " %s.\n", text ? text : "");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const json_t *list = json_object_get(why, sections[i].member);
		for (size_t k = 0; k < json_array_size(list); k++) {
			const json_t *item = json_array_get(list, k);
			const char *label = k ? "" : sections[i].label;
			wf_buf_addstr(out, "  ");
			wf_view_role(out, style, WF_ROLE_DIM, label);
			wf_view_pad(out, 8 - strlen(label));
			if (json_is_string(item))
				wf_buf_addstr(out, json_string_value(item));
			else
				wf_buf_printf(out, "%s: %s",
					json_string_value(json_object_get(item, "when")),
					json_string_value(json_object_get(item, "what")));
			wf_buf_addch(out, '\n');
		}
	}
}
