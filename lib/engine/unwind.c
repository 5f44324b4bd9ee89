/*
 * How an instance ends that does not end well: it fails or is cancelled, undoes what it did, and its
 * workflow's own handler of the failure runs. What it failed with is kept in its result, output and error
 * meanwhile.
 *
 *   fails ──> undoing ──> handling ──> failed
 *                └──> stopped (a compensation failed) ──retry──> undoing
 *   is cancelled with compensation ──> undoing ──> cancelled
 */
#include "base/mem.h"
#include "engine/core.h"

#define MOST_TOLD 100u       /* entries that an error names */

/* -- what is told -- */

static json_t *entry_told(const struct wf_core *c, const struct wf_undo *u)
{
	json_t *o = json_object();
	const char *id = u->step < c->plan->step_count
		? wf_plan_step_id(c->plan, c->plan->steps[u->step].origin) : "?";
	(void)json_object_set_new(o, "step", json_string(id));
	if (u->item != WF_NONE)
		(void)json_object_set_new(o, "item", json_integer(u->item));
	if (u->status == WF_UNDO_FAILED)
		(void)json_object_set(o, "error", u->error);
	return o;
}

/* What was undone and what was not, the last completion first. */
static void tell_entries(const struct wf_core *c, json_t *error)
{
	json_t *lists[2] = {json_array(), json_array()};
	json_int_t counts[2] = {0, 0};
	for (uint32_t i = c->in->undo_count; i-- > 0;) {
		const struct wf_undo *u = &c->in->undo[i];
		bool undone = u->status == WF_UNDO_DONE;
		if (counts[undone]++ < MOST_TOLD)
			(void)json_array_append_new(lists[undone], entry_told(c, u));
	}
	(void)json_object_set_new(error, "undone", lists[true]);
	(void)json_object_set_new(error, "not_undone", lists[false]);
	(void)json_object_set_new(error, "undone_count", json_integer(counts[true]));
	(void)json_object_set_new(error, "not_undone_count", json_integer(counts[false]));
}

/* Takes the error over, which then has the instance's former one as its cause. */
static void set_error(struct wf_core *c, json_t *error)
{
	if (c->in->error)
		(void)json_object_set_new(error, "cause", c->in->error);
	c->in->error = error;
}

static const struct wf_undo *last_failed(const struct wf_instance *in)
{
	uint32_t i = in->undo_count;
	while (i-- > 0)
		if (in->undo[i].status == WF_UNDO_FAILED)
			return &in->undo[i];
	WF_BUG("a compensation that failed, and none did");
}

static json_t *compensation_error(const struct wf_core *c)
{
	const struct wf_undo *u = last_failed(c->in);
	const char *why = wf_core_text(u->error, "message");
	json_t *told = entry_told(c, u);
	const char *id = wf_core_text(told, "step");
	WF_AUTOFREE char *text = wf_asprintf("`%s` could not be undone%s%s", id, why ? ": " : "",
		why ? why : "");
	json_t *error = wf_core_error(WF_ERROR_COMPENSATION, "compensation_failed", text);
	(void)json_object_set(error, "step", json_object_get(told, "step"));
	json_decref(told);
	return error;
}

/* -- the end -- */

/* Every compensation is done that will be: the workflow's own handler, or the end. */
static void handle(struct wf_core *c)
{
	struct wf_instance *in = c->in;
	in->unwind = WF_UNWIND_NONE;
	if (in->unwind_as != WF_INST_FAILED || c->plan->failure_pc == WF_NONE)
		return;
	in->unwind = WF_UNWIND_HANDLING;
	in->threads[0] = wf_thread_at(c->plan->failure_pc);
	wf_core_take(c, 0);
}

/* The main thread has ended, with an error. */
static void unwind(struct wf_core *c, enum wf_instance_status as, bool compensate)
{
	struct wf_instance *in = c->in;
	in->timeout_at = 0;
	in->unwind_as = (uint8_t)as;
	if (!compensate || !wf_core_undo_left(in)) {
		handle(c);
		return;
	}
	in->unwind = WF_UNWIND_UNDOING;
	in->status = WF_INST_COMPENSATING;
}

/* The handler failed too: the instance's error stays what it was. */
static void handler_failed(struct wf_core *c, json_t *error)
{
	json_t *first = c->in->error ? json_copy(c->in->error) : json_object();
	(void)json_object_set_new(first, "handler", error);
	c->in->unwind = WF_UNWIND_NONE;
	wf_core_end(c, wf_core_failure_result(c->plan), NULL, first);
}

void wf_core_fail_with(struct wf_core *c, const char *result, json_t *output, json_t *error)
{
	if (c->in->unwind == WF_UNWIND_HANDLING) {
		json_decref(output);
		handler_failed(c, error);
		return;
	}
	wf_core_end(c, result, output, error);
	unwind(c, WF_INST_FAILED, c->plan->compensate);
}

void wf_core_fail_instance(struct wf_core *c, json_t *error)
{
	wf_core_fail_with(c, wf_core_failure_result(c->plan), NULL, error);
}

void wf_core_rethrow(struct wf_core *c, json_t *output)
{
	struct wf_instance *in = c->in;
	WF_AUTOFREE char *result = wf_strdup(in->result ? in->result
		: wf_core_failure_result(c->plan));
	if (!output)
		output = json_incref(in->output);
	in->unwind = WF_UNWIND_NONE;
	wf_core_end(c, result, output, json_incref(in->error));
}

void wf_core_time_out(struct wf_core *c, json_t *error)
{
	bool was = c->in->threads->done || c->in->unwind == WF_UNWIND_HANDLING;
	wf_core_end_all(c, WF_INST_FAILED, wf_core_failure_result(c->plan), error);
	if (!was)
		unwind(c, WF_INST_FAILED, c->plan->compensate);
}

/* -- compensation goes on after every turn -- */

/* What it did is not undone, or not whole. */
static void stop(struct wf_core *c, enum wf_instance_status status, json_t *error)
{
	tell_entries(c, error);
	set_error(c, error);
	c->in->unwind = WF_UNWIND_STOPPED;
	c->in->status = status;
}

void wf_core_unwind(struct wf_core *c)
{
	if (c->in->unwind != WF_UNWIND_UNDOING)
		return;
	switch (wf_core_undo_more(c)) {
	case WF_UNDO_IN_HAND:
		break;
	case WF_UNDO_CANNOT:
		stop(c, WF_INST_FAILED, compensation_error(c));
		break;
	case WF_UNDO_ALL_DONE:
		handle(c);
		wf_core_run(c);
		break;
	}
}

/* In doubt before whatever else waits: an operator is asked. Nothing in hand and nothing to wait for: it
 * goes on with the next turn. */
bool wf_core_settle_undoing(struct wf_instance *in)
{
	if (in->unwind != WF_UNWIND_UNDOING)
		return false;
	bool running = false, doubt = false;
	in->wait = WF_WAIT_NONE;
	for (uint32_t i = 1; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done || t->step == WF_NONE)
			continue;
		const struct wf_step_state *s = &in->steps[t->step];
		running |= s->status == WF_STEP_RUNNING;
		doubt |= s->status == WF_STEP_IN_DOUBT;
		if (s->status == WF_STEP_WAITING && in->wait == WF_WAIT_NONE)
			in->wait = s->wait;
	}
	in->status = WF_INST_COMPENSATING;
	if (running) {
		in->wait = WF_WAIT_NONE;
	} else if (doubt) {
		in->status = WF_INST_SUSPENDED;
		in->wait = WF_WAIT_OPERATOR;
	}
	return true;
}

/* -- cancel -- */

static json_t *cancel_error(const struct wf_core *c, const char *code, const char *what)
{
	const char *by = wf_core_text(c->event->data, "by");
	const char *reason = wf_core_text(c->event->data, "reason");
	WF_AUTOFREE char *text = wf_asprintf("%s%s%s%s%s", what, by ? " by " : "", by ? by : "",
		reason ? ": " : "", reason ? reason : "");
	return wf_core_error(WF_ERROR_CANCELLED, code, text);
}

static int cancel_undoing(struct wf_core *c, struct wf_cause *cause)
{
	if (!json_is_true(json_object_get(c->event->data, "force"))) {
		(void)wf_fail(cause, WF_ECONFLICT, "the instance undoes what it did");
		wf_fail_hint(cause, "--force leaves it half undone; a retry would go on with it");
		return WF_ECONFLICT;
	}
	wf_core_end_side(c);
	stop(c, WF_INST_CANCELLED,
		cancel_error(c, "compensation_cancelled", "its compensation was cancelled"));
	return 0;
}

int wf_core_cancel(struct wf_core *c, struct wf_cause *cause)
{
	struct wf_instance *in = c->in;
	if (in->unwind == WF_UNWIND_UNDOING)
		return cancel_undoing(c, cause);
	bool ended = in->threads->done;
	bool compensate = json_is_true(json_object_get(c->event->data, "compensate"));
	json_t *error = cancel_error(c, "cancelled", "cancelled");
	if (in->unwind == WF_UNWIND_HANDLING)
		(void)json_object_set(error, "cause", in->error);
	in->unwind = WF_UNWIND_NONE;
	wf_core_end_all(c, WF_INST_CANCELLED, "cancelled", error);
	if (!ended)
		unwind(c, WF_INST_CANCELLED, compensate);
	return 0;
}

/* -- retry -- */

/* Its compensation begins anew, under the key that it had. */
static void again(struct wf_core *c, uint32_t number)
{
	struct wf_instance *in = c->in;
	struct wf_undo *u = &in->undo[number];
	bool untold = !u->input && u->error, set = json_object_size(json_object_get(c->event->data, "set"));
	u->status = WF_UNDO_WAITING;
	wf_instance_touch_undo(in, number);
	if (untold || set)
		wf_core_tell_undo_again(c, number);
	if (u->step >= c->plan->step_count || c->plan->steps[u->step].compensation == WF_NONE)
		return;
	if (in->steps[u->step].status == WF_STEP_COMPENSATION_FAILED) { /* when it ended stays */
		in->steps[u->step].status = WF_STEP_COMPLETED;
		wf_instance_touch(in, u->step);
		wf_core_note(c, WF_TRANS_STEP_STATUS, u->step, WF_STEP_COMPLETED);
	}
	wf_core_reset_step(c, c->plan->steps[u->step].compensation);
}

static void halt_doubts(struct wf_core *c)
{
	struct wf_instance *in = c->in;
	for (uint32_t i = 1; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done || t->step == WF_NONE || in->steps[t->step].status != WF_STEP_IN_DOUBT)
			continue;
		wf_core_take(c, i);
		uint32_t number = t->item;
		bool undoes = wf_core_undoes(c);
		wf_core_halt(c);
		if (undoes)
			again(c, number);
	}
	wf_core_take(c, 0);
}

void wf_core_retry_undo(struct wf_core *c)
{
	struct wf_instance *in = c->in;
	if (in->unwind == WF_UNWIND_UNDOING) {
		halt_doubts(c);
		return;
	}
	(void)wf_core_undo_left(in);
	for (uint32_t i = 0; i < in->undo_top; i++)
		if (in->undo[i].status == WF_UNDO_FAILED || in->undo[i].status == WF_UNDO_RUNNING)
			again(c, i);
	json_t *cause = json_incref(json_object_get(in->error, "cause"));
	json_decref(in->error);
	in->error = cause;
	in->ended_at = in->expires_at = 0;
	in->unwind = WF_UNWIND_UNDOING;
	in->status = WF_INST_COMPENSATING;
}
