/* What wakes a thread that rests: timers, deliveries, releases; and timers that are moved. */
#include "engine/core.h"

#include <string.h>

/* -- timers -- */

static int instance_timeout(struct wf_core *c, struct wf_cause *cause)
{
	struct wf_instance *in = c->in;
	if (!in->timeout_at || c->event->at < in->timeout_at)
		return wf_fail(cause, WF_ECONFLICT, "the instance's timeout is not due");
	if (!in->threads->done)
		in->failed_step = in->threads->step;
	wf_core_time_out(c, wf_core_error(WF_ERROR_TIMEOUT, "workflow_timeout",
		"the workflow took longer than its timeout"));
	return 0;
}

static void timer_fired(struct wf_core *c, uint32_t step)
{
	char text[WF_TIME_TEXT];
	wf_time_text(c->event->at, text);
	wf_core_succeed(c, step, json_pack("{s:s}", "fired_at", text));
}

static void signal_missed(struct wf_core *c, uint32_t step)
{
	wf_core_fail_step(c, step,
		wf_core_error(WF_ERROR_TIMEOUT, "signal_timeout", "no signal came in time"));
}

static void event_missed(struct wf_core *c, uint32_t step)
{
	wf_core_fail_step(c, step,
		wf_core_error(WF_ERROR_TIMEOUT, "event_timeout", "no event came in time"));
}

typedef void fire_fn(struct wf_core *c, uint32_t step);
static fire_fn *const fires[WF_WAIT_COUNT_] = {
	[WF_WAIT_RETRY] = wf_core_begin_attempt,
	[WF_WAIT_TIMER] = timer_fired,
	[WF_WAIT_APPROVAL] = wf_core_approval_timer,
	[WF_WAIT_SIGNAL] = signal_missed,
	[WF_WAIT_EVENT] = event_missed,
	[WF_WAIT_BRANCHES] = wf_core_group_timeout,
	[WF_WAIT_CHILD] = wf_core_child_late,
};

int wf_core_timer(struct wf_core *c, struct wf_cause *cause)
{
	uint32_t step = c->event->step;
	if (step == WF_NONE)
		return instance_timeout(c, cause);
	if (!wf_core_take_step(c, step))
		return wf_fail(cause, WF_ECONFLICT, "no such timer");
	struct wf_step_state *s = &c->in->steps[step];
	if (s->status != WF_STEP_WAITING || !s->due_at || c->event->at < s->due_at)
		return wf_fail(cause, WF_ECONFLICT, "the timer is not due");
	if (!fires[s->wait])
		WF_BUG("a timer of a step that waits for none");
	s->due_at = 0;
	fires[s->wait](c, step);
	return 0;
}

/* A timer of a step, or the end of an approval's SLA: reminders and escalations stay where they are. */
static int move_step(struct wf_core *c, uint32_t step, int64_t due, struct wf_cause *cause)
{
	if (!wf_core_take_step(c, step))
		return wf_fail(cause, WF_ECONFLICT, "the step waits for nothing");
	struct wf_step_state *s = &c->in->steps[step];
	const char *id = wf_plan_author_id(c->plan, step);
	bool asked = s->status == WF_STEP_WAITING && s->wait == WF_WAIT_APPROVAL;
	int64_t *timer = asked ? &s->approval->due_at : &s->due_at;
	if (s->status != WF_STEP_WAITING || !*timer)
		return wf_fail(cause, WF_ECONFLICT, "`%s` has no %s", id,
			asked ? "sla, so it never ends by time" : "timer");
	*timer = due;
	if (asked)
		wf_core_arm_approval(c, step);
	wf_instance_touch(c->in, step);
	return 0;
}

int wf_core_move(struct wf_core *c, struct wf_cause *cause)
{
	const json_t *to = json_object_get(c->event->data, "due");
	if (!json_is_integer(to) || json_integer_value(to) <= 0)
		return wf_fail(cause, WF_EINVAL, "a timer is moved to a time in ms since 1970");
	if (c->event->step != WF_NONE)
		return move_step(c, c->event->step, json_integer_value(to), cause);
	if (!c->in->timeout_at)
		return wf_fail(cause, WF_ECONFLICT, "the instance has no timeout");
	c->in->timeout_at = json_integer_value(to);
	return 0;
}

/* -- holds -- */

int wf_core_release(struct wf_core *c, struct wf_cause *cause)
{
	uint32_t step = c->event->step;
	if (!wf_core_take_step(c, step) || c->in->steps[step].status != WF_STEP_WAITING ||
		c->in->steps[step].wait != WF_WAIT_HOLD)
		return wf_fail(cause, WF_ECONFLICT, "no hold keeps the step back");
	if (c->event->held)
		return wf_fail(cause, WF_ECONFLICT, "it is still on hold");
	wf_core_repeat_attempt(c, step);
	return 0;
}

/* -- signals and events -- */

/* The root `event` as code sees it: {name, data, id, at}. New. */
static json_t *event_root(const json_t *delivery)
{
	static const char *const names[] = {"name", "data", "id", "at"};
	json_t *root = json_object();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		json_t *value = json_object_get(delivery, names[i]);
		if (value)
			(void)json_object_set(root, names[i], value);
	}
	return root;
}

static int match(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const json_t *delivery, bool *ret, struct wf_cause *cause)
{
	uint32_t pc = wf_plan_find_body(plan, WF_BODY_MATCH, step, 0);
	json_t *value = NULL, *error = NULL;
	if (pc == WF_NONE) {
		*ret = true;
		return 0;
	}
	json_t *root = event_root(delivery);
	int rc = wf_core_eval_at(plan, in, step, root, pc, &value, &error);
	json_decref(root);
	if (rc) {
		const char *message = wf_core_text(error, "message");
		rc = wf_fail(cause, rc, "the match of `%s` cannot be told: %s",
			wf_plan_author_id(plan, step), message ? message : "it failed");
	} else if (value && !json_is_boolean(value)) {
		rc = wf_fail(cause, WF_EINVAL, "the match of `%s` is no boolean",
			wf_plan_author_id(plan, step));
	} else {
		*ret = json_is_true(value);
	}
	json_decref(value);
	json_decref(error);
	return rc;
}

int wf_engine_matches(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const json_t *delivery, bool *ret, struct wf_cause *cause)
{
	const char *kind = wf_core_text(delivery, "kind"), *name = wf_core_text(delivery, "name");
	*ret = false;
	if (step >= in->step_count || in->steps[step].status != WF_STEP_WAITING || !kind || !name ||
		wf_instance_status_final(in->status))
		return 0;
	const struct wf_step_state *s = &in->steps[step];
	const char *wanted = wf_core_text(s->input, "name");
	bool event = s->wait == WF_WAIT_EVENT;
	if ((!event && s->wait != WF_WAIT_SIGNAL) || !wanted || strcmp(wanted, name) != 0 ||
		strcmp(kind, event ? "event" : "signal") != 0)
		return 0;
	if (event)
		return match(plan, in, step, delivery, ret, cause);
	*ret = true;
	return 0;
}

int wf_core_deliver(struct wf_core *c, struct wf_cause *cause)
{
	uint32_t step = c->event->step;
	bool wanted = false;
	if (!wf_core_take_step(c, step))
		return wf_fail(cause, WF_ECONFLICT, "the step waits for nothing");
	int rc = wf_engine_matches(c->plan, c->in, step, c->event->data, &wanted, cause);
	if (rc)
		return rc;
	const struct wf_step_state *s = &c->in->steps[step];
	const char *id = wf_plan_author_id(c->plan, step);
	if (!wanted)
		return wf_fail(cause, WF_ECONFLICT, "`%s` does not wait for that", id);
	if (s->due_at && c->event->at >= s->due_at)
		return wf_fail(cause, WF_ECONFLICT, "too late: the wait of `%s` has timed out", id);
	wf_core_succeed(c, step, json_incref(json_object_get(c->event->data, "data")));
	return 0;
}
