/* Why a step waits: a sentence a kind of waiting, what wakes it, what comes when nothing does. */
#include "view/why_doc.h"

#include "base/json.h"
#include "base/mem.h"
#include "view/approval.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>

/* How a step's failing goes on. */
static const char *failing(const struct wf_why *w, uint32_t step)
{
	if (w->plan->steps[step].fail_pc == WF_NONE && w->plan->steps[step].group != WF_NONE)
		return "";
	return w->plan->steps[step].fail_pc == WF_NONE
		? ", and the instance with it"
		: "; the definition says how it goes on";
}
static void decisions(struct wf_why *w, const struct wf_approval *a)
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
		wf_why_put(w, "has", "%s", text.data);
	}
}

/* "1 more of: bob", a line a group that is asked. */
static void needed(struct wf_why *w, const struct wf_approval *a)
{
	uint32_t groups = wf_approval_group_count(a);
	for (uint32_t i = 0; i < groups; i++) {
		uint32_t has = wf_approval_approved(a, i);
		uint32_t most = wf_approval_group_needed(a, i);
		const json_t *all = wf_approval_group_names(a, i),
			*group = json_array_get(a->groups, i);
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
		wf_why_put(w, "needs", "%s%s%u %s%s%s", title ? title : "", title ? ": " : "",
			most - has, open ? "more of: " : "of: ", who.data ? who.data : "nobody",
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

static void approval_todo(struct wf_why *w, uint32_t step, const struct wf_approval *a)
{
	json_auto_t *asked = wf_approval_asked(a);
	const char *first = json_string_value(json_array_get(asked, 0));
	bool me = w->f->actor && wf_approval_asks(a, w->f->actor);
	WF_AUTOBUF struct wf_buf tail = { 0 };
	if (open_approvals(w->in) > 1) {
		wf_buf_addstr(&tail, " --step ");
		wf_view_step_option(w->plan, w->in, step, &tail);
	}
	if (!me && first)
		wf_buf_printf(&tail, " --as %s", first);
	wf_why_put(w, "todo", "wfctl approve %" PRIu64 "%s, or wfctl reject", w->in->number,
		tail.data ? tail.data : "");
}

/* What its clock will bring: how many there are. */
static size_t approval_clock(struct wf_why *w, uint32_t step, bool named)
{
	const struct wf_step_state *s = &w->in->steps[step];
	struct wf_view_clock_event *events;
	size_t count = wf_view_approval_clock(s, &events);
	for (size_t i = 0; i < count; i++) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_clock_text(s, &events[i], &text);
		wf_why_then(w, events[i].at, "%s%s%s", named ? wf_why_step(w, step) : "",
			named ? ": " : "", text.data);
	}
	wf_free(events);
	return count;
}

static void why_approval(struct wf_why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	const struct wf_approval *a = s->approval;
	char from[3 * WF_WHEN_TEXT];
	if (!a)
		return;
	wf_why_about(w, step, a->opened_at, s->due_at);
	wf_why_sentence(w, "waits for an approval%s%s", wf_why_at(w, step),
		wf_why_since(w, a->opened_at, from));
	if (a->message)
		wf_why_put(w, "asks", "%s", a->message);
	decisions(w, a);
	needed(w, a);
	size_t count = approval_clock(w, step, false);
	wf_why_wakes(w, step, "a decision of those asked");
	if (count)
		wf_why_wakes_timer(w, step, s->due_at);
	approval_todo(w, step, a);
}

/* What lies in a branch or an item may have other timers beside it: the step is named. */
static void timer_todo(struct wf_why *w, uint32_t step, const char *what)
{
	bool named = w->plan->steps[step].group != WF_NONE;
	WF_AUTOBUF struct wf_buf name = { 0 };
	if (named)
		wf_view_step_option(w->plan, w->in, step, &name);
	wf_why_put(w, "todo", "nothing; to %s now: wfctl timer fire %" PRIu64 "%s%s", what,
		w->in->number, named ? " --step " : "", named ? name.data : "");
}

static void why_timer(struct wf_why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	char from[3 * WF_WHEN_TEXT];
	wf_why_about(w, step, s->started_at, s->due_at);
	wf_why_sentence(w, "waits for a time at %s%s", wf_why_step(w, step),
		wf_why_since(w, s->started_at, from));
	wf_why_then(w, s->due_at, "it goes on");
	wf_why_wakes_timer(w, step, s->due_at);
	timer_todo(w, step, "go on");
}

static void failure(struct wf_why *w, const struct wf_step_state *s)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_view_error(s->error, true, &text);
	if (text.len)
		wf_why_put(w, "failed", "%s", text.data);
}

static void why_retry(struct wf_why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	char from[3 * WF_WHEN_TEXT];
	wf_why_about(w, step, w->in->updated_at, s->due_at);
	wf_why_sentence(w, "waits to try %s again%s", wf_why_step(w, step),
		wf_why_since(w, w->in->updated_at, from));
	failure(w, s);
	wf_why_then(w, s->due_at, "%s is tried again, attempt %u of %u", wf_why_step(w, step),
		s->attempts + 1, w->plan->steps[step].retry.max_attempts);
	wf_why_wakes_timer(w, step, s->due_at);
	timer_todo(w, step, "try it");
}

static void why_signal(struct wf_why *w, uint32_t step, bool event)
{
	const struct wf_step_state *s = &w->in->steps[step];
	const char *name = wf_why_input(s, "name"), *what = event ? "event" : "signal";
	char from[3 * WF_WHEN_TEXT];
	name = name ? name : "?";
	wf_why_about(w, step, s->started_at, s->due_at);
	wf_why_sentence(w, "waits for the %s %s%s%s", what, name, wf_why_at(w, step),
		wf_why_since(w, s->started_at, from));
	wf_why_put(w, "needs", "%s %s%s", event ? "an event" : "a signal", name,
		event ? " that matches what the step waits for" : "");
	if (s->due_at) {
		wf_why_then(w, s->due_at, "%s fails (TimeoutError)%s", wf_why_step(w, step),
			failing(w, step));
		wf_why_wakes_timer(w, step, s->due_at);
	}
	if (event) {
		wf_why_wakes(w, step, "an event of that name");
		wf_why_put(w, "todo", "wfctl emit %s --data '{…}'", name);
		return;
	}
	wf_why_wakes(w, step, "a signal of that name");
	if (w->f->signals)
		wf_why_put(w, "has", "%" PRIu64 " other signal%s kept for it", w->f->signals,
			w->f->signals == 1 ? "" : "s");
	wf_why_put(w, "todo", "wfctl signal %" PRIu64 " %s", w->in->number, name);
}

static void why_event(struct wf_why *w, uint32_t step)
{
	why_signal(w, step, true);
}

static void why_own_signal(struct wf_why *w, uint32_t step)
{
	why_signal(w, step, false);
}

bool wf_why_holds(struct wf_why *w)
{
	for (size_t i = 0; i < w->f->hold_count; i++) {
		const struct wf_why_hold *h = &w->f->holds[i];
		char from[3 * WF_WHEN_TEXT];
		wf_why_put(w, "held", "%s is on hold%s%s%s%s%s%s",
			h->all ? "everything" : w->in->workflow, wf_why_since(w, h->at, from),
			h->by ? " by " : "", h->by ? h->by : "",
			h->reason ? " \"" : "", h->reason ? h->reason : "", h->reason ? "\"" : "");
	}
	for (size_t i = 0; i < w->f->hold_count; i++)
		wf_why_put(w, "todo", "wfctl release%s%s", w->f->holds[i].all ? "" : " ",
			w->f->holds[i].all ? "" : w->in->workflow);
	return w->f->hold_count > 0;
}

static void why_hold(struct wf_why *w, uint32_t step)
{
	char from[3 * WF_WHEN_TEXT];
	wf_why_about(w, step, w->in->updated_at, 0);
	wf_why_sentence(w, "may not begin %s%s", wf_why_step(w, step),
		wf_why_since(w, w->in->updated_at, from));
	if (wf_why_holds(w)) {
		wf_why_wakes(w, step, "the release");
		return;
	}
	wf_why_put(w, "held", "the hold was released");
	wf_why_wakes(w, step, "the next sweep: wfctl serve-once");
	wf_why_put(w, "todo", "wfctl serve-once, or wfctl resume %" PRIu64, w->in->number);
}

static void why_child(struct wf_why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	char from[3 * WF_WHEN_TEXT];
	wf_why_about(w, step, s->started_at, s->due_at);
	wf_why_sentence(w, "waits for its child #%" PRIu64 " at %s%s", s->child, wf_why_step(w, step),
		wf_why_since(w, s->started_at, from));
	if (s->due_at) {
		wf_why_then(w, s->due_at, "the child has taken too long: the attempt of %s fails "
			"(TimeoutError)", wf_why_step(w, step));
		wf_why_wakes_timer(w, step, s->due_at);
	}
	wf_why_wakes(w, step, "the child's end");
	wf_why_put(w, "todo", "nothing here; what the child waits for: wfctl why %" PRIu64, s->child);
}

void wf_why_doubt_todo(struct wf_why *w, uint32_t step)
{
	WF_AUTOBUF struct wf_buf which = { 0 };
	uint32_t doubts = 0;
	for (uint32_t i = 0; i < w->in->step_count; i++)
		doubts += w->in->steps[i].status == WF_STEP_IN_DOUBT;
	if (doubts > 1) {
		wf_buf_addstr(&which, " --step ");
		wf_view_step_option(w->plan, w->in, step, &which);
	}
	wf_why_wakes(w, step, "only somebody who has looked and says what became of it");
	wf_why_put(w, "todo", "wfctl resolve %" PRIu64 "%s --completed, --failed or --retry",
		w->in->number, which.len ? which.data : "");
}

void wf_why_doubt(struct wf_why *w, uint32_t step)
{
	char from[3 * WF_WHEN_TEXT];
	int64_t at = w->in->steps[step].attempt_at;
	wf_why_about(w, step, at, 0);
	wf_why_sentence(w, "is suspended: whether %s happened is unknown%s", wf_why_step(w, step),
		wf_why_since(w, at, from));
	wf_why_put(w, "has",
		"attempt %u began; then the machine went down before its result was kept",
		w->in->steps[step].attempts);
	wf_why_doubt_todo(w, step);
}

static void (*const by_wait[WF_WAIT_COUNT_])(struct wf_why *, uint32_t) = {
	[WF_WAIT_APPROVAL] = why_approval,
	[WF_WAIT_TIMER] = why_timer,
	[WF_WAIT_RETRY] = why_retry,
	[WF_WAIT_SIGNAL] = why_own_signal,
	[WF_WAIT_EVENT] = why_event,
	[WF_WAIT_CHILD] = why_child,
	[WF_WAIT_OPERATOR] = wf_why_doubt,
	[WF_WAIT_HOLD] = why_hold,
};

static void also_until(struct wf_why *w, uint32_t step, int64_t due, const char *what)
{
	char clock[WF_WHEN_TEXT];
	wf_view_clock(due, w->f->now, clock);
	wf_why_put(w, "also", "%s %s%s%s", wf_why_step(w, step), what, due ? " until " : "",
		due ? clock : "");
}

static void also_signal(struct wf_why *w, uint32_t step, const char *name, struct wf_buf *what)
{
	bool event = w->in->steps[step].wait == WF_WAIT_EVENT;
	wf_buf_printf(what, "the %s %s", event ? "event" : "signal", name);
	wf_why_wakes(w, step, event ? "an event of that name" : "a signal of that name");
	if (event)
		wf_why_put(w, "todo", "wfctl emit %s --data '{…}'", name);
	else
		wf_why_put(w, "todo", "wfctl signal %" PRIu64 " %s", w->in->number, name);
}

void wf_why_also_waits(struct wf_why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	const char *name = wf_why_input(s, "name");
	WF_AUTOBUF struct wf_buf what = { 0 };
	wf_buf_addstr(&what, "waits for ");
	if (s->wait == WF_WAIT_APPROVAL && s->approval) {
		wf_buf_addstr(&what, "approvals, ");
		wf_view_progress(s->approval, &what);
		wf_why_wakes(w, step, "a decision of those asked");
		approval_clock(w, step, true);
		approval_todo(w, step, s->approval);
	} else if ((s->wait == WF_WAIT_SIGNAL || s->wait == WF_WAIT_EVENT) && name) {
		also_signal(w, step, name, &what);
	} else if (s->wait == WF_WAIT_CHILD && s->child) {
		wf_buf_printf(&what, "its child #%" PRIu64, s->child);
		wf_why_wakes(w, step, "the child's end");
	} else {
		wf_buf_addstr(&what, wf_wait_name(s->wait));
	}
	if (s->wait == WF_WAIT_HOLD)
		wf_why_wakes(w, step, wf_why_holds(w) ? "the release"
						      : "the next sweep: wfctl serve-once");
	if (s->due_at)
		wf_why_wakes_timer(w, step, s->due_at);
	also_until(w, step, s->wait == WF_WAIT_APPROVAL ? 0 : s->due_at, what.data);
}

bool wf_why_wait(struct wf_why *w, uint32_t step)
{
	enum wf_wait wait = w->in->steps[step].wait;
	if (!by_wait[wait])
		return false;
	by_wait[wait](w, step);
	return true;
}
