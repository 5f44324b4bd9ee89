/* What a step does when its input is known: effects, waits, failing by one's own word. */
#include "base/mem.h"
#include "engine/core.h"

/* The same for every attempt of one visit, another for each visit (language.md). */
static char *derived_key(const struct wf_core *c, uint32_t step)
{
	char uuid[WF_UUID_TEXT];
	wf_uuid_text(&c->in->uuid, uuid);
	uint32_t visit = c->in->steps[step].visits;
	const char *id = wf_plan_step_id(c->plan, step);
	return visit > 1 ? wf_asprintf("%s:%s:%u", uuid, id, visit)
			 : wf_asprintf("%s:%s", uuid, id);
}

/* The step has that input, which is taken over. False: it is too large, and the step has failed. */
static bool take_input(struct wf_core *c, uint32_t step, json_t *input)
{
	struct wf_step_state *s = &c->in->steps[step];
	json_t *error;
	if (wf_core_too_large(input, "the input", &error)) {
		json_decref(input);
		wf_core_fail_step(c, step, error);
		return false;
	}
	json_decref(s->input);
	s->input = input;
	return true;
}

void wf_core_perform_effect(struct wf_core *c, uint32_t step, json_t *input)
{
	struct wf_step_state *s = &c->in->steps[step];
	if (!take_input(c, step, input))
		return;
	if (!s->key)
		s->key = derived_key(c, step);
	wf_core_begin_attempt(c, step);
}

/* When a wait.timer is due: 0, or what is wrong with its input. */
static const char *timer_due(const json_t *input, int64_t now, int64_t *ret_due)
{
	const json_t *until = json_object_get(input, "until");
	if (json_is_string(until)) {
		if (wf_time_parse(json_string_value(until), json_string_length(until), ret_due))
			return "`until` is not an RFC 3339 time";
		return NULL;
	}
	if (json_is_integer(until)) {
		*ret_due = json_integer_value(until);
		return NULL;
	}
	struct wf_duration d;
	if (wf_core_duration(input, "duration", &d) != 1)
		return "`duration` is not an ISO 8601 duration";
	*ret_due = wf_duration_add(now, &d);
	return NULL;
}

/* The step rests with that input; an input that is too large fails it. */
static void rest(struct wf_core *c, uint32_t step, json_t *input, enum wf_wait wait, int64_t due)
{
	if (take_input(c, step, input))
		wf_core_wait(c, step, wait, due);
}

static void open_timer(struct wf_core *c, uint32_t step, json_t *input)
{
	int64_t due = 0;
	const char *wrong = timer_due(input, c->event->at, &due);
	if (wrong) {
		json_decref(input);
		wf_core_fail_step(c, step, wf_core_error(WF_ERROR_VALIDATION, "timer_input", wrong));
		return;
	}
	rest(c, step, input, WF_WAIT_TIMER, due > 0 ? due : 1);
}

/* wait.signal, wait.event: {name, timeout}. */
static void open_listening(struct wf_core *c, uint32_t step, json_t *input)
{
	const char *name = wf_core_text(input, "name");
	struct wf_duration d;
	int timed = wf_core_duration(input, "timeout", &d);
	if (!name || !*name || timed < 0) {
		const char *wrong = timed < 0 ? "`timeout` is not an ISO 8601 duration"
					      : "`name` is not a string with at least one character";
		json_decref(input);
		wf_core_fail_step(c, step, wf_core_error(WF_ERROR_VALIDATION, "wait_input", wrong));
		return;
	}
	bool event = c->plan->steps[step].action == WF_ACT_WAIT_EVENT;
	int64_t due = timed ? wf_duration_add(c->event->at, &d) : 0;
	rest(c, step, input, event ? WF_WAIT_EVENT : WF_WAIT_SIGNAL, due);
}

static void perform_fail(struct wf_core *c, uint32_t step, json_t *input)
{
	const char *name = wf_core_text(input, "error_type");
	const char *code = wf_core_text(input, "code");
	const char *message = wf_core_text(input, "message");
	enum wf_error_type type = name ? wf_error_type_find(name) : WF_ERROR_COUNT_;
	json_t *error = wf_core_error(type == WF_ERROR_COUNT_ ? WF_ERROR_VALIDATION : type,
		code ? code : "failed", message ? message : "the workflow failed by its own word");
	if (name && type == WF_ERROR_COUNT_)
		(void)json_object_set_new(error, "type", json_string(name));
	json_decref(input);
	wf_core_fail_step(c, step, error);
}

typedef void perform_fn(struct wf_core *c, uint32_t step, json_t *input);
static perform_fn *const performers[WF_ACT_COUNT_] = {
	[WF_ACT_FAIL] = perform_fail,
	[WF_ACT_APPROVAL_REQUEST] = wf_core_request_approval,
	[WF_ACT_WAIT_TIMER] = open_timer,
	[WF_ACT_WAIT_SIGNAL] = open_listening,
	[WF_ACT_WAIT_EVENT] = open_listening,
	[WF_ACT_WORKFLOW_RUN] = wf_core_start_child,
	[WF_ACT_WORKFLOW_START] = wf_core_start_child,
	[WF_ACT_EVENT_EMIT] = wf_core_emit,
};

void wf_core_perform(struct wf_core *c, uint32_t step, json_t *input)
{
	enum wf_action action = c->plan->steps[step].action;
	perform_fn *fn = performers[action];
	if (!fn)
		fn = wf_actions[action].kind == WF_ACTION_EFFECT ? wf_core_perform_effect
								  : wf_core_succeed;
	fn(c, step, input);
}
