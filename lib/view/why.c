/* Why an instance stands where it stands. */
#include "view/why_doc.h"

#include "base/json.h"
#include "base/mem.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>

/* -- what runs -- */

static void effect_text(const struct wf_why *w, uint32_t step, struct wf_buf *out)
{
	const struct wf_step_state *s = &w->in->steps[step];
	enum wf_action action = w->plan->steps[step].action;
	const char *command = wf_why_input(s, "shell");
	if (w->plan->steps[step].action_name != WF_NONE)
		wf_buf_printf(out, "%s: ", wf_plan_action_name(w->plan, step));
	if (action == WF_ACT_HTTP_REQUEST) {
		const char *method = wf_why_input(s, "method"), *url = wf_why_input(s, "url");
		wf_buf_printf(out, "%s %s", method ? method : "GET", url ? url : "?");
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

/* Who goes on with a step (WF_NONE: with the instance) that nothing keeps from it. */
static void driver(struct wf_why *w, uint32_t step)
{
	const char *wakes = w->f->driver == WF_WHY_ALIVE
		? "the effect's result: a living process drives the instance"
		: w->f->driver == WF_WHY_DEAD
		? "its process is gone; the next sweep takes it up: wfctl serve-once"
		: "no process drives it; the next sweep takes it up: wfctl serve-once";
	if (step == WF_NONE)
		wf_why_put(w, "wakes", "%s", wakes);
	else
		wf_why_wakes(w, step, wakes);
	if (w->f->driver == WF_WHY_ALIVE)
		wf_why_put(w, "todo", "nothing; to end it: wfctl cancel %" PRIu64, w->in->number);
	else
		wf_why_put(w, "todo", "wfctl resume %" PRIu64, w->in->number);
}

static void why_effect(struct wf_why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	const struct wf_plan_step *p = &w->plan->steps[step];
	WF_AUTOBUF struct wf_buf text = { 0 };
	char from[3 * WF_WHEN_TEXT];
	wf_why_about(w, step, s->attempt_at, 0);
	wf_why_sentence(w, "runs %s%s", wf_why_step(w, step), wf_why_since(w, s->attempt_at, from));
	effect_text(w, step, &text);
	if (p->retry.max_attempts > 1)
		wf_why_put(w, "runs", "%s, attempt %u of %u", text.data, s->attempts,
			p->retry.max_attempts);
	else
		wf_why_put(w, "runs", "%s", text.data);
	if (p->timeout_ms && s->attempt_at)
		wf_why_then(w, s->attempt_at + (int64_t)p->timeout_ms,
			"the attempt is over its time limit");
	driver(w, step);
}

/* -- the whole instance -- */

/* A step that keeps the instance from going on, in a few words. */
static void also(struct wf_why *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (s->status == WF_STEP_RUNNING) {
		effect_text(w, step, &text);
		wf_why_put(w, "also", "%s runs: %s", wf_why_step(w, step), text.data);
		driver(w, step);
	} else if (s->status == WF_STEP_IN_DOUBT) {
		wf_why_put(w, "also", "%s is in doubt, and waits for an operator", wf_why_step(w, step));
		wf_why_doubt_todo(w, step);
	} else {
		wf_why_also_waits(w, step);
	}
}

/* What waits for its branches or items is told by what those wait for. */
static bool resting(const struct wf_step_state *s)
{
	return s->status == WF_STEP_RUNNING || s->status == WF_STEP_IN_DOUBT ||
		(s->status == WF_STEP_WAITING && s->wait != WF_WAIT_BRANCHES);
}

/* The step that the sentence is about: that of the first thread that rests in one. */
static uint32_t main_step(const struct wf_why *w)
{
	const struct wf_instance *in = w->in;
	/* a doubt is what an operator must hear of first */
	for (uint32_t i = 0; i < in->step_count; i++)
		if (in->steps[i].status == WF_STEP_IN_DOUBT)
			return i;
	for (uint32_t i = 0; i < in->thread_count; i++) {
		uint32_t step = in->threads[i].done ? WF_NONE : in->threads[i].step;
		if (step < in->step_count && resting(&in->steps[step]))
			return step;
	}
	for (uint32_t i = 0; i < in->step_count; i++)
		if (resting(&in->steps[i]))
			return i;
	return WF_NONE;
}

static void why_between(struct wf_why *w)
{
	char from[3 * WF_WHEN_TEXT];
	wf_why_about(w, WF_NONE, w->in->updated_at, 0);
	wf_why_sentence(w, "is between two steps%s", wf_why_since(w, w->in->updated_at, from));
	driver(w, WF_NONE);
}

/* What it has undone, and what is left to undo. */
static void undoing(struct wf_why *w)
{
	static const char *const members[] = { "left", "undone" };
	for (unsigned undone = 0; undone < 2 && wf_view_has_undone(w->in); undone++) {
		WF_AUTOBUF struct wf_buf names = { 0 };
		if (wf_view_undo_names(w->plan, w->in, undone, &names))
			wf_why_put(w, members[undone], "%s", names.data);
	}
}

/* Why it undoes what it did, or runs the handler of its failure. */
static void unwinding(struct wf_why *w)
{
	if (w->in->unwind == WF_UNWIND_NONE || !w->in->error)
		return;
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_view_error(w->in->error, true, &text);
	wf_why_put(w, "failed", "%s", text.data);
	undoing(w);
}

static void why_active(struct wf_why *w)
{
	unwinding(w);
	uint32_t step = main_step(w);
	if (step == WF_NONE) {
		why_between(w);
		return;
	}
	const struct wf_step_state *s = &w->in->steps[step];
	for (uint32_t i = 0; i < w->in->step_count; i++)
		w->several |= i != step && resting(&w->in->steps[i]);
	if (s->status == WF_STEP_IN_DOUBT)
		wf_why_doubt(w, step);
	else if (s->status != WF_STEP_WAITING || !wf_why_wait(w, step))
		why_effect(w, step);
	for (uint32_t i = 0; i < w->in->step_count; i++)
		if (i != step && resting(&w->in->steps[i]))
			also(w, i);
	wf_why_tell_waking(w);
	/* it may wake, and its next effect does not begin */
	(void)wf_why_holds(w);
	if (w->in->timeout_at)
		wf_why_then(w, w->in->timeout_at,
			"the instance is over its time limit and fails (TimeoutError)");
}

static void why_pending(struct wf_why *w)
{
	char from[3 * WF_WHEN_TEXT];
	wf_why_about(w, WF_NONE, w->in->created_at, 0);
	wf_why_sentence(w, "has not begun%s", wf_why_since(w, w->in->created_at, from));
	if (w->f->driver == WF_WHY_ALIVE) {
		wf_why_put(w, "wakes", "the process that has taken it");
		wf_why_put(w, "todo", "nothing");
	} else if (wf_why_holds(w)) {
		wf_why_put(w, "wakes", "the release");
	} else {
		wf_why_put(w, "wakes", "the next sweep: wfctl serve-once");
		wf_why_put(w, "todo", "wfctl resume %" PRIu64, w->in->number);
	}
}

static void slot_line(struct wf_why *w, const struct wf_why_slot *s)
{
	WF_AUTOBUF struct wf_buf who = { 0 };
	for (size_t i = 0; i < s->holder_count; i++)
		wf_buf_printf(&who, "%s#%" PRIu64, i ? ", " : "", s->holders[i]);
	if (s->held > s->holder_count)
		wf_buf_printf(&who, " and %" PRIu64 " more", s->held - s->holder_count);
	/* A schedule's own slot: it starts nothing else, so that its number would say nothing. */
	bool firings = !strncmp(s->name, "schedule:", 9);
	wf_why_put(w, "behind",
		"%s, place %" PRIu64 " of its queue; %" PRIu64 " of %" PRIu64 " in use%s%s",
		firings ? "earlier firings of its schedule" : s->name, s->place, s->held, s->limit, who.len ? ": " : "",
		who.data ? who.data : "");
}

static void why_queued(struct wf_why *w)
{
	char from[3 * WF_WHEN_TEXT];
	bool full = false;
	uint64_t first = 0;
	wf_why_about(w, WF_NONE, w->in->created_at, 0);
	wf_why_sentence(w, "is queued for a free slot%s", wf_why_since(w, w->in->created_at, from));
	for (size_t i = 0; i < w->f->slot_count; i++) {
		const struct wf_why_slot *s = &w->f->slots[i];
		slot_line(w, s);
		full |= s->held >= s->limit || s->place > 1;
		if (s->holder_count && !first)
			first = s->holders[0];
	}
	bool held = wf_why_holds(w);
	if (full)
		wf_why_put(w, "wakes", "the end of an instance that is before it");
	else
		wf_why_put(w, "wakes", "%s",
			held ? "the release" : "the next sweep: wfctl serve-once");
	if (first)
		wf_why_put(w, "todo", "nothing; to see what it waits for: wfctl why %" PRIu64,
			first);
	else if (!held)
		wf_why_put(w, "todo", "wfctl serve-once");
}

static void why_ended(struct wf_why *w)
{
	const struct wf_instance *in = w->in;
	char when[WF_WHEN_TEXT], took[WF_WHEN_TEXT];
	wf_view_clock(in->ended_at, w->f->now, when);
	wf_view_duration(in->ended_at - in->created_at, took);
	wf_why_about(w, in->status == WF_INST_FAILED && in->failed_step < w->plan->step_count
			? in->failed_step : WF_NONE, in->ended_at, 0);
	if (in->unwind == WF_UNWIND_STOPPED)
		wf_why_sentence(w, "could not undo all that it did, and ended at %s, after %s", when,
			took);
	else if (in->status == WF_INST_FAILED && in->failed_step < w->plan->step_count)
		wf_why_sentence(w, "failed at %s at %s, after %s", wf_why_step(w, in->failed_step),
			when, took);
	else if (in->status == WF_INST_FAILED)
		wf_why_sentence(w, "failed at %s, after %s", when, took);
	else if (in->status == WF_INST_CANCELLED)
		wf_why_sentence(w, "was cancelled at %s, after %s", when, took);
	else
		wf_why_sentence(w, "completed (%s) at %s, after %s",
			in->result ? in->result : "success", when, took);
	if (in->error && in->status != WF_INST_COMPLETED) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_error(in->error, true, &text);
		wf_why_put(w, "failed", "%s", text.data);
	}
	undoing(w);
	wf_why_put(w, "wakes", "nothing: it has ended");
	if (in->unwind == WF_UNWIND_STOPPED)
		wf_why_put(w, "todo", "wfctl retry %" PRIu64 " goes on undoing what is left", in->number);
	else if (in->status == WF_INST_COMPLETED)
		wf_why_put(w, "todo", "nothing; what it gave: wfctl show %" PRIu64, in->number);
	else if (wf_view_lacks_connection(in->error))
		wf_why_put(w, "todo", "give the connection in `connections` of config.yaml, see "
				      "wfctl-config(5), and start another: this one keeps those that it "
				      "began with");
	else
		wf_why_put(w, "todo", "wfctl retry %" PRIu64 "%s --dry-run says what would run again",
			in->number, wf_view_has_undone(in) ? " --from STEP" : "");
}

static void (*const by_status[WF_INST_COUNT_])(struct wf_why *) = {
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
	struct wf_why w = { .plan = plan, .in = in, .f = facts };
	wf_why_begin(&w);
	by_status[in->status](&w);
	wf_buf_done(&w.name);
	return w.doc;
}
