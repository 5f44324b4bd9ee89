/* The pure core: one event at a time. */
#include "engine/engine.h"

#include "base/duration.h"
#include "base/mem.h"
#include "engine/core.h"

#include <string.h>

void wf_turn_reset(struct wf_turn *t)
{
	t->transition_count = 0;
	t->command_count = 0;
}

void wf_turn_done(struct wf_turn *t)
{
	wf_free(t->transitions);
	wf_free(t->commands);
	*t = (struct wf_turn){0};
}

static int start(struct wf_core *c, struct wf_cause *cause)
{
	struct wf_instance *in = c->in;
	if (in->status != WF_INST_PENDING || in->history)
		return wf_fail(cause, WF_ECONFLICT, "the instance has already started");
	in->started_at = c->event->at;
	in->status = WF_INST_RUNNING;
	in->threads[0] = (struct wf_thread){.pc = c->plan->entry_pc, .step = WF_NONE};
	if (c->plan->timeout_ms)
		in->timeout_at = c->event->at + (int64_t)c->plan->timeout_ms;
	if (c->plan->vars != WF_NONE) {
		const char *name;
		json_t *value;
		json_object_foreach (c->plan->consts[c->plan->vars], name, value)
			wf_instance_set_var(in, name, value);
	}
	return 0;
}

/* The step whose attempt is in hand, or NULL: a result that comes too late changes nothing. */
static struct wf_step_state *attempt_in_hand(struct wf_core *c, struct wf_cause *cause)
{
	const struct wf_event *e = c->event;
	struct wf_instance *in = c->in;
	if (e->step >= in->step_count || in->threads->step != e->step ||
		in->steps[e->step].status != WF_STEP_RUNNING ||
		in->steps[e->step].attempts != e->attempt) {
		(void)wf_fail(cause, WF_ECONFLICT, "the attempt is not in hand");
		return NULL;
	}
	return &in->steps[e->step];
}

static int success(struct wf_core *c, struct wf_cause *cause)
{
	if (!attempt_in_hand(c, cause))
		return WF_ECONFLICT;
	wf_core_succeed(c, c->event->step, json_incref(c->event->data));
	return 0;
}

static int failure(struct wf_core *c, struct wf_cause *cause)
{
	if (!attempt_in_hand(c, cause))
		return WF_ECONFLICT;
	json_t *error = json_is_object(c->event->data)
		? json_copy(c->event->data)
		: wf_core_error(WF_ERROR_INTERNAL, "no_error", "an effect failed without saying why");
	wf_core_fail_attempt(c, c->event->step, error);
	return 0;
}

/* Why the outcome is not known: what the effect's performer said, or a crash of its process. */
static json_t *doubt_error(const struct wf_core *c)
{
	return json_is_object(c->event->data) ? json_copy(c->event->data)
		: wf_core_error(WF_ERROR_IN_DOUBT, "in_doubt",
			"a crash left it unknown whether the effect happened");
}

/* A crash is not the step's failure: the attempt that it cut short is made again and costs none. A
 * doubt that arose while we live (its supervisor was killed) costs one, and one more than there
 * are: what kills it may do so every time. */
static void retry_doubt(struct wf_core *c, uint32_t step)
{
	bool crash = !json_is_object(c->event->data);
	if (crash)
		wf_core_repeat_attempt(c, step);
	else if (c->in->steps[step].attempts <= c->plan->steps[step].retry.max_attempts)
		wf_core_begin_attempt(c, step);
	else
		wf_core_fail_step(c, step, doubt_error(c));
}

static int doubt(struct wf_core *c, struct wf_cause *cause)
{
	if (!attempt_in_hand(c, cause))
		return WF_ECONFLICT;
	uint32_t step = c->event->step;
	switch (c->plan->steps[step].on_crash) {
	case WF_ON_CRASH_RETRY:
		retry_doubt(c, step);
		break;
	case WF_ON_CRASH_FAIL:
		wf_core_fail_step(c, step, doubt_error(c));
		break;
	case WF_ON_CRASH_ASK:
		wf_core_set_status(c, step, WF_STEP_IN_DOUBT);
		c->in->steps[step].wait = WF_WAIT_OPERATOR;
		break;
	}
	return 0;
}

static int resolve(struct wf_core *c, struct wf_cause *cause)
{
	uint32_t step = c->event->step;
	if (step >= c->in->step_count || c->in->steps[step].status != WF_STEP_IN_DOUBT)
		return wf_fail(cause, WF_ECONFLICT, "the step is not in doubt");
	const char *as = wf_core_text(c->event->data, "as");
	if (as && strcmp(as, "completed") == 0)
		wf_core_succeed(c, step, json_incref(json_object_get(c->event->data, "output")));
	else if (as && strcmp(as, "retry") == 0)
		wf_core_begin_attempt(c, step);
	else if (as && strcmp(as, "failed") == 0)
		wf_core_fail_step(c, step,
			wf_core_error(WF_ERROR_IN_DOUBT, "resolved_as_failed",
				"an operator says that the effect did not happen"));
	else
		return wf_fail(cause, WF_EINVAL, "a doubt ends as completed, failed or retry");
	return 0;
}

static int resume(struct wf_core *c, struct wf_cause *cause)
{
	if (!attempt_in_hand(c, cause))
		return WF_ECONFLICT;
	wf_core_repeat_attempt(c, c->event->step);
	return 0;
}

static int instance_timeout(struct wf_core *c, struct wf_cause *cause)
{
	struct wf_instance *in = c->in;
	if (!in->timeout_at || c->event->at < in->timeout_at)
		return wf_fail(cause, WF_ECONFLICT, "the instance's timeout is not due");
	in->failed_step = in->threads->step;
	wf_core_end(c, WF_INST_FAILED, wf_core_failure_result(c->plan), NULL,
		wf_core_error(WF_ERROR_TIMEOUT, "workflow_timeout",
			"the workflow took longer than its timeout"));
	return 0;
}

static json_t *fired_output(int64_t at)
{
	char text[WF_TIME_TEXT];
	wf_time_text(at, text);
	return json_pack("{s:s}", "fired_at", text);
}

static int timer(struct wf_core *c, struct wf_cause *cause)
{
	uint32_t step = c->event->step;
	if (step == WF_NONE)
		return instance_timeout(c, cause);
	if (step >= c->in->step_count)
		return wf_fail(cause, WF_ECONFLICT, "no such timer");
	struct wf_step_state *s = &c->in->steps[step];
	if (s->status != WF_STEP_WAITING || !s->due_at || c->event->at < s->due_at)
		return wf_fail(cause, WF_ECONFLICT, "the timer is not due");
	enum wf_wait wait = s->wait;
	s->due_at = 0;
	if (wait == WF_WAIT_RETRY)
		wf_core_begin_attempt(c, step);
	else if (wait == WF_WAIT_TIMER)
		wf_core_succeed(c, step, fired_output(c->event->at));
	else if (wait == WF_WAIT_APPROVAL)
		wf_core_fail_step(c, step,
			wf_core_error(WF_ERROR_EXPIRED, "expired",
				"nobody decided within the approval's sla"));
	else
		WF_BUG("a timer of a step that waits for none");
	return 0;
}

static int cancel(struct wf_core *c, struct wf_cause *cause)
{
	(void)cause;
	const char *by = wf_core_text(c->event->data, "by");
	const char *reason = wf_core_text(c->event->data, "reason");
	WF_AUTOFREE char *text = wf_asprintf("cancelled%s%s%s%s", by ? " by " : "", by ? by : "",
		reason ? ": " : "", reason ? reason : "");
	wf_core_end(c, WF_INST_CANCELLED, "cancelled", NULL,
		wf_core_error(WF_ERROR_CANCELLED, "cancelled", text));
	return 0;
}

typedef int handler_fn(struct wf_core *c, struct wf_cause *cause);
static handler_fn *const handlers[WF_EVENT_COUNT_] = {
	[WF_EVENT_START] = start,
	[WF_EVENT_SUCCESS] = success,
	[WF_EVENT_FAILURE] = failure,
	[WF_EVENT_DOUBT] = doubt,
	[WF_EVENT_TIMER] = timer,
	[WF_EVENT_DECISION] = wf_core_decide,
	[WF_EVENT_RESOLVE] = resolve,
	[WF_EVENT_CANCEL] = cancel,
	[WF_EVENT_RESUME] = resume,
};

static int dispatch(struct wf_core *c, struct wf_cause *cause)
{
	handler_fn *fn = c->event->type < WF_EVENT_COUNT_ ? handlers[c->event->type] : NULL;
	return fn ? fn(c, cause) : wf_fail(cause, WF_EINVAL, "no such event");
}

/* The instance's own status follows from where its thread rests. */
static void settle(struct wf_core *c, enum wf_instance_status before, enum wf_wait wait_before)
{
	struct wf_instance *in = c->in;
	in->wait = WF_WAIT_NONE;
	if (!in->threads->done) {
		const struct wf_step_state *s = &in->steps[in->threads->step];
		if (s->status == WF_STEP_WAITING)
			in->status = WF_INST_WAITING;
		else if (s->status == WF_STEP_IN_DOUBT)
			in->status = WF_INST_SUSPENDED;
		else
			in->status = WF_INST_RUNNING;
		in->wait = s->wait;
	}
	in->updated_at = c->event->at;
	in->dirty = true;
	if (in->status != before || in->wait != wait_before)
		wf_core_note(c, WF_TRANS_INSTANCE_STATUS, WF_NONE, in->status);
}

/* What the code may read while it runs: the failure being handled. The raw output of a step is bound
 * when it arrives; code between PERFORM and LEAVE never rests. */
static void bind_roots(struct wf_core *c)
{
	const struct wf_instance *in = c->in;
	if (in->failed_step != WF_NONE && in->failed_step < in->step_count)
		wf_vm_bind(&c->vm, WF_ROOT_ERROR, in->steps[in->failed_step].error);
}

int wf_engine_feed(const struct wf_plan *plan, struct wf_instance *in, const struct wf_event *event,
	struct wf_turn *turn, struct wf_cause *cause)
{
	if (wf_instance_status_final(in->status))
		return wf_fail(cause, WF_ECONFLICT, "the instance has ended: it is %s",
			wf_instance_status_name(in->status));
	struct wf_core *c = wf_alloc(sizeof(*c));
	c->plan = plan;
	c->in = in;
	c->event = event;
	c->turn = turn;
	c->last_step = WF_NONE;
	wf_vm_init(&c->vm, plan, in, event->at, event->random);
	bind_roots(c);
	enum wf_instance_status before = in->status;
	enum wf_wait wait_before = in->wait;
	int rc = dispatch(c, cause);
	if (rc == 0) {
		wf_core_run(c);
		settle(c, before, wait_before);
	}
	wf_vm_done(&c->vm);
	wf_free(c);
	return rc;
}
