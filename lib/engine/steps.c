/* What can become of a step: attempts, retries, failure for good, success; and of the instance. */
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide; /* a product of 64-bit numbers */

void wf_core_note(struct wf_core *c, enum wf_transition_type type, uint32_t step, uint64_t value)
{
	struct wf_turn *t = c->turn;
	WF_GROW(t->transitions, t->transition_count, t->transition_room);
	t->transitions[t->transition_count++] =
		(struct wf_transition){.type = type, .step = step, .value = value};
}

void wf_core_set_status(struct wf_core *c, uint32_t step, enum wf_step_status status)
{
	struct wf_step_state *s = &c->in->steps[step];
	s->status = status;
	s->wait = WF_WAIT_NONE;
	if (wf_step_status_final(status)) {
		s->ended_at = c->event->at;
		s->due_at = 0;
	}
	wf_instance_touch(c->in, step);
	wf_core_note(c, WF_TRANS_STEP_STATUS, step, status);
}

const char *wf_core_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

int wf_core_duration(const json_t *object, const char *name, struct wf_duration *ret)
{
	const json_t *text = json_object_get(object, name);
	if (!text || json_is_null(text))
		return 0;
	if (!json_is_string(text) || wf_duration_parse(json_string_value(text),
					     json_string_length(text), false, ret))
		return WF_EINVAL;
	return 1;
}

json_t *wf_core_error(enum wf_error_type type, const char *code, const char *message)
{
	return json_pack("{s:s, s:s, s:s}", "type", wf_error_types[type].name, "code", code,
		"message", message);
}

static int64_t later_by(int64_t at, uint64_t ms)
{
	return ms > (uint64_t)(INT64_MAX - at) ? INT64_MAX : at + (int64_t)ms;
}

void wf_core_wait(struct wf_core *c, uint32_t step, enum wf_wait wait, int64_t due)
{
	wf_core_set_status(c, step, WF_STEP_WAITING);
	c->in->steps[step].wait = wait;
	c->in->steps[step].due_at = due;
}

int64_t wf_core_attempt_end(const struct wf_core *c, uint32_t step)
{
	const struct wf_plan_step *p = &c->plan->steps[step];
	const struct wf_step_state *s = &c->in->steps[step];
	int64_t deadline = 0;
	if (p->timeout_ms)
		deadline = later_by(s->attempt_at, p->timeout_ms);
	if (p->deadline_ms) {
		int64_t last = later_by(s->started_at, p->deadline_ms);
		if (!deadline || last < deadline)
			deadline = last;
	}
	return deadline;
}

static void add_command(struct wf_core *c, uint32_t step)
{
	struct wf_turn *t = c->turn;
	WF_GROW(t->commands, t->command_count, t->command_room);
	t->commands[t->command_count++] = (struct wf_command){
		.step = step, .attempt = c->in->steps[step].attempts,
		.deadline_at = wf_core_attempt_end(c, step)};
}

void wf_core_repeat_attempt(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	s->status = WF_STEP_RUNNING;
	s->wait = WF_WAIT_NONE;
	s->attempt_at = c->event->at;
	s->child = 0;
	wf_instance_touch(c->in, step);
	wf_core_note(c, WF_TRANS_ATTEMPT, step, s->attempts);
	add_command(c, step);
}

void wf_core_begin_attempt(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	s->due_at = 0;
	if (wf_core_group_of(c->plan, step) != WF_NONE) {
		wf_core_group_again(c, step);
		return;
	}
	s->attempts++;
	if (c->event->held)
		wf_core_wait(c, step, WF_WAIT_HOLD, 0);
	else
		wf_core_repeat_attempt(c, step);
}

uint64_t wf_retry_delay(const struct wf_retry *retry, uint32_t attempts, uint32_t random)
{
	wide delay = retry->initial_ms;
	const uint64_t most = retry->max_ms ? retry->max_ms : (uint64_t)INT64_MAX / 4;
	if (retry->backoff == WF_BACKOFF_EXPONENTIAL)
		for (uint32_t i = 1; i < attempts && delay < most && delay > 0; i++) {
			wide grown = delay * retry->coefficient_milli / 1000;
			if (grown == delay)
				break;
			delay = grown;
		}
	if (delay > most)
		delay = most;
	/* random / 2^32 is in [0, 1) */
	wide share = delay * retry->jitter_milli / 1000;
	delay -= share * random >> 32;
	return (uint64_t)delay;
}

void wf_core_fail_attempt(struct wf_core *c, uint32_t step, json_t *error)
{
	const struct wf_plan_step *p = &c->plan->steps[step];
	struct wf_step_state *s = &c->in->steps[step];
	const char *name = wf_core_text(error, "type");
	(void)json_object_set_new(error, "attempt", json_integer(s->attempts));
	if (!name || s->attempts >= p->retry.max_attempts || !wf_plan_retries(c->plan, step, name)) {
		wf_core_fail_step(c, step, error);
		return;
	}
	uint64_t delay = wf_retry_delay(&p->retry, s->attempts, c->event->random);
	if (c->event->retry_after_ms > delay)
		delay = c->event->retry_after_ms;
	int64_t due = later_by(c->event->at, delay);
	if (p->deadline_ms && due >= later_by(s->started_at, p->deadline_ms)) {
		(void)json_object_set_new(error, "deadline", json_true());
		wf_core_fail_step(c, step, error);
		return;
	}
	json_decref(s->error);
	s->error = error;
	wf_core_wait(c, step, WF_WAIT_RETRY, due);
	wf_core_note(c, WF_TRANS_RETRY_AT, step, delay);
}

/* The step is failed, and no thread rests in it any more. */
static void close_failed(struct wf_core *c, uint32_t step, json_t *error)
{
	struct wf_step_state *s = &c->in->steps[step];
	const char *id = wf_plan_step_id(c->plan, c->plan->steps[step].origin);
	(void)json_object_set_new(error, "step", json_string(id));
	json_decref(s->error);
	s->error = error;
	if (s->approval && !s->approval->decided_at)
		s->approval->decided_at = c->event->at;
	wf_core_set_status(c, step, WF_STEP_FAILED);
	wf_core_set_failed_step(c, step);
	wf_core_thread(c)->step = WF_NONE;
	c->last_step = step;
}

void wf_core_fail_step(struct wf_core *c, uint32_t step, json_t *error)
{
	close_failed(c, step, error);
	wf_vm_unbind(&c->vm, WF_ROOT_OUTPUT);
	wf_vm_bind(&c->vm, WF_ROOT_ERROR, error);
	uint32_t handler = c->plan->steps[step].fail_pc;
	if (handler == WF_NONE || wf_core_undoes(c))
		wf_core_fail_thread(c, json_incref(error));
	else
		wf_core_thread(c)->pc = handler;
}

void wf_core_fail_unhandled(struct wf_core *c, uint32_t step, json_t *error)
{
	close_failed(c, step, error);
	wf_core_fail_thread(c, json_incref(error));
}

bool wf_core_too_large(const json_t *value, const char *what, json_t **ret_error)
{
	size_t size = wf_json_size(value);
	if (size <= WF_MAX_STEP_VALUE_BYTES)
		return false;
	WF_AUTOFREE char *text = wf_asprintf("%s is %zu bytes of JSON, over the limit of %u", what,
		size, WF_MAX_STEP_VALUE_BYTES);
	*ret_error = wf_core_error(WF_ERROR_LIMIT, "value_limit", text);
	return true;
}

void wf_core_succeed(struct wf_core *c, uint32_t step, json_t *output)
{
	struct wf_step_state *s = &c->in->steps[step];
	json_t *error;
	if (!output)
		output = json_null();
	if (wf_core_too_large(output, "the output", &error)) {
		json_decref(output);
		wf_core_fail_step(c, step, error);
		return;
	}
	json_decref(s->output);
	s->output = output;
	json_decref(s->error);
	s->error = NULL;
	s->status = WF_STEP_RUNNING;
	s->wait = WF_WAIT_NONE;
	s->due_at = 0;
	wf_instance_touch(c->in, step);
	wf_vm_bind(&c->vm, WF_ROOT_OUTPUT, output);
}

void wf_core_abandon(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	if (s->status == WF_STEP_PENDING || wf_step_status_final(s->status))
		return;
	if (s->approval && !s->approval->decided_at)
		s->approval->decided_at = c->event->at;
	wf_core_orphan(c, step);
	wf_core_set_status(c, step, WF_STEP_CANCELLED);
}
