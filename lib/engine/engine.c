/* The pure core: one event at a time. */
#include "engine/engine.h"

#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"

#include <string.h>

void wf_turn_reset(struct wf_turn *t)
{
	t->transition_count = 0;
	t->command_count = 0;
	t->orphan_count = 0;
}

void wf_turn_done(struct wf_turn *t)
{
	wf_free(t->transitions);
	wf_free(t->commands);
	wf_free(t->orphans);
	*t = (struct wf_turn){0};
}

void wf_core_start(struct wf_core *c)
{
	struct wf_instance *in = c->in;
	in->started_at = c->event->at;
	in->status = WF_INST_RUNNING;
	wf_core_take(c, 0);
	in->threads[0] = wf_thread_at(c->plan->entry_pc);
	if (c->plan->timeout_ms)
		in->timeout_at = c->event->at + (int64_t)c->plan->timeout_ms;
	if (c->plan->vars != WF_NONE) {
		const char *name;
		json_t *value;
		json_object_foreach (c->plan->consts[c->plan->vars], name, value)
			wf_instance_set_var(in, name, value);
	}
}

static int start(struct wf_core *c, struct wf_cause *cause)
{
	const struct wf_instance *in = c->in;
	if ((in->status != WF_INST_PENDING && in->status != WF_INST_QUEUED) || in->started_at)
		return wf_fail(cause, WF_ECONFLICT, "the instance has already started");
	wf_core_start(c);
	return 0;
}

static bool runs(const struct wf_step_state *s)
{
	return s->status == WF_STEP_RUNNING;
}

/* Also the end of a child that it waits for. */
static bool has_no_result(const struct wf_step_state *s)
{
	return runs(s) || (s->status == WF_STEP_WAITING && s->wait == WF_WAIT_CHILD);
}

/* Whether the event is about the attempt in hand: what comes too late changes nothing. */
static bool attempt_in_hand(struct wf_core *c, bool (*is)(const struct wf_step_state *),
	struct wf_cause *cause)
{
	const struct wf_event *e = c->event;
	const struct wf_instance *in = c->in;
	if (wf_core_take_step(c, e->step) && is(&in->steps[e->step]) &&
		in->steps[e->step].attempts == e->attempt)
		return true;
	(void)wf_fail(cause, WF_ECONFLICT, "the attempt is not in hand");
	return false;
}

static int success(struct wf_core *c, struct wf_cause *cause)
{
	if (!attempt_in_hand(c, has_no_result, cause))
		return WF_ECONFLICT;
	if (c->plan->steps[c->event->step].action == WF_ACT_APPROVAL_REQUEST)
		wf_core_open_approval(c, c->event->step, json_incref(c->event->data));
	else
		wf_core_succeed(c, c->event->step, json_incref(c->event->data));
	return 0;
}

static int failure(struct wf_core *c, struct wf_cause *cause)
{
	if (!attempt_in_hand(c, has_no_result, cause))
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
	if (crash && c->event->held)
		wf_core_wait(c, step, WF_WAIT_HOLD, 0);
	else if (crash)
		wf_core_repeat_attempt(c, step);
	else if (c->in->steps[step].attempts <= c->plan->steps[step].retry.max_attempts)
		wf_core_begin_attempt(c, step);
	else
		wf_core_fail_step(c, step, doubt_error(c));
}

static int doubt(struct wf_core *c, struct wf_cause *cause)
{
	if (!attempt_in_hand(c, runs, cause))
		return WF_ECONFLICT;
	uint32_t step = c->event->step;
	const struct wf_plan_step *p = &c->plan->steps[step];
	bool ask = p->on_crash == WF_ON_CRASH_ASK;
	if (p->on_crash == WF_ON_CRASH_RETRY || p->action == WF_ACT_APPROVAL_REQUEST) {
		retry_doubt(c, step);
	} else if (ask && (wf_core_on_flow(c) || wf_core_undoes(c))) {
		wf_core_set_status(c, step, WF_STEP_IN_DOUBT);
		c->in->steps[step].wait = WF_WAIT_OPERATOR;
	} else { /* nobody is bothered about a notification */
		wf_core_fail_step(c, step, doubt_error(c));
	}
	return 0;
}

static int resolve(struct wf_core *c, struct wf_cause *cause)
{
	uint32_t step = c->event->step;
	if (!wf_core_take_step(c, step) || c->in->steps[step].status != WF_STEP_IN_DOUBT)
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
	if (!attempt_in_hand(c, runs, cause))
		return WF_ECONFLICT;
	if (c->event->held)
		wf_core_wait(c, c->event->step, WF_WAIT_HOLD, 0);
	else
		wf_core_repeat_attempt(c, c->event->step);
	return 0;
}

bool wf_engine_ready(const struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->thread_count; i++)
		if (in->threads[i].ready && !in->threads[i].done)
			return true;
	return wf_core_undo_ready(in);
}

typedef int handler_fn(struct wf_core *c, struct wf_cause *cause);
static handler_fn *const handlers[WF_EVENT_COUNT_] = {
	[WF_EVENT_START] = start,
	[WF_EVENT_SUCCESS] = success,
	[WF_EVENT_FAILURE] = failure,
	[WF_EVENT_DOUBT] = doubt,
	[WF_EVENT_TIMER] = wf_core_timer,
	[WF_EVENT_DECISION] = wf_core_decide,
	[WF_EVENT_RESOLVE] = resolve,
	[WF_EVENT_CANCEL] = wf_core_cancel,
	[WF_EVENT_RESUME] = resume,
	[WF_EVENT_DELIVERY] = wf_core_deliver,
	[WF_EVENT_RELEASE] = wf_core_release,
	[WF_EVENT_RETRY] = wf_core_retry,
	[WF_EVENT_MOVE] = wf_core_move,
	[WF_EVENT_CONTINUE] = wf_core_continue,
	[WF_EVENT_CHILD] = wf_core_child,
	[WF_EVENT_MIGRATE] = wf_core_migrate,
};

static int dispatch(struct wf_core *c, struct wf_cause *cause)
{
	handler_fn *fn = c->event->type < WF_EVENT_COUNT_ ? handlers[c->event->type] : NULL;
	return fn ? fn(c, cause) : wf_fail(cause, WF_EINVAL, "no such event");
}

int wf_engine_feed(const struct wf_plan *plan, struct wf_instance *in, const struct wf_event *event,
	struct wf_turn *turn, struct wf_cause *cause)
{
	if (wf_instance_status_final(in->status) && event->type != WF_EVENT_RETRY)
		return wf_fail(cause, WF_ECONFLICT, "the instance has ended: it is %s",
			wf_instance_status_name(in->status));
	struct wf_core *c = wf_alloc(sizeof(*c));
	c->plan = plan;
	c->in = in;
	c->event = event;
	c->turn = turn;
	c->forking = false;
	c->spare_steps = WF_MAX_EVAL_STEPS;
	c->queue = NULL;
	c->queue_at = c->queue_count = c->queue_room = 0;
	c->made_bytes = 0;
	c->yields = false;
	wf_vm_init(&c->vm, plan, in, event->at, event->random);
	c->vm.executed = turn->trace ? turn->trace->executed : NULL;
	wf_core_take(c, 0);
	enum wf_instance_status before = in->status;
	enum wf_wait wait_before = in->wait;
	int rc = dispatch(c, cause);
	if (rc == 0) {
		wf_core_run(c);
		wf_core_run_queue(c);
		wf_core_unwind(c);
		wf_core_run_queue(c);
		wf_core_settle(c);
		in->updated_at = event->at;
		in->dirty = true;
		if (in->status != before || in->wait != wait_before)
			wf_core_note(c, WF_TRANS_INSTANCE_STATUS, WF_NONE, in->status);
	}
	wf_vm_done(&c->vm);
	wf_free(c->queue);
	wf_free(c);
	return rc;
}
