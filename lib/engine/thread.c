/* Runs a thread: pure code through the expression machine, and each control instruction here. */
#include "base/duration.h"
#include "base/mem.h"
#include "engine/core.h"

#include <string.h>

static json_t *failure_error(struct wf_core *c)
{
	const struct wf_failure *f = &c->vm.failure;
	const struct wf_plan_loc *loc = wf_plan_locate(c->plan, f->pc);
	json_t *error = wf_core_error(f->type, f->code, f->message ? f->message : "");
	if (loc && loc->line) {
		(void)json_object_set_new(error, "line", json_integer(loc->line));
		(void)json_object_set_new(error, "column", json_integer(loc->column));
	}
	return error;
}

/* An expression failed: in a step it fails the step; between steps it fails the instance. */
static void fail_here(struct wf_core *c, json_t *error)
{
	if (c->in->threads->step != WF_NONE) {
		wf_core_fail_step(c, c->in->threads->step, error);
		return;
	}
	c->in->failed_step = c->last_step;
	wf_core_end(c, WF_INST_FAILED, wf_core_failure_result(c->plan), NULL, error);
}

/* The step fails and the instance with it; no handler is asked. */
static void fail_unhandled(struct wf_core *c, uint32_t step, json_t *error)
{
	(void)json_object_set_new(error, "step", json_string(wf_plan_step_id(c->plan, step)));
	json_decref(c->in->steps[step].error);
	c->in->steps[step].error = json_incref(error);
	wf_core_set_status(c, step, WF_STEP_FAILED);
	c->in->failed_step = step;
	c->in->threads->step = WF_NONE;
	wf_core_end(c, WF_INST_FAILED, wf_core_failure_result(c->plan), NULL, error);
}

static void enter(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	struct wf_step_state *s = &c->in->steps[step];
	uint32_t most = c->plan->steps[step].max_visits;
	c->in->threads->step = step;
	if (s->visits >= most) {
		WF_AUTOFREE char *text =
			wf_asprintf("step `%s` was visited %u times, which is its max_visits",
				wf_plan_step_id(c->plan, step), most);
		/* its handler may be what led back here */
		fail_unhandled(c, step, wf_core_error(WF_ERROR_LIMIT, "max_visits", text));
		return;
	}
	s->visits++;
	s->attempts = 0;
	s->status = WF_STEP_RUNNING;
	s->wait = WF_WAIT_NONE;
	s->started_at = c->event->at;
	s->attempt_at = s->ended_at = s->due_at = 0;
	json_decref(s->input);
	json_decref(s->output);
	json_decref(s->error);
	s->input = s->output = s->error = NULL;
	wf_free(s->key);
	s->key = NULL;
	wf_instance_touch(c->in, step);
}

static void skip(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	wf_core_set_status(c, step, WF_STEP_SKIPPED);
	c->in->threads->step = WF_NONE;
	c->last_step = step;
}

static void leave(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	wf_vm_unbind(&c->vm, WF_ROOT_OUTPUT);
	wf_core_set_status(c, step, WF_STEP_COMPLETED);
	c->in->threads->step = WF_NONE;
	c->last_step = step;
}

static void keep_key(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	json_t *key = wf_vm_pop(&c->vm);
	if (json_is_string(key) && json_string_length(key) > 0) {
		struct wf_step_state *s = &c->in->steps[step];
		wf_free(s->key);
		s->key = wf_strdup(json_string_value(key));
		wf_instance_touch(c->in, step);
	} else {
		wf_core_fail_step(c, step,
			wf_core_error(WF_ERROR_VALIDATION, "idempotency_key",
				"the idempotency_key is not a string with at least one character"));
	}
	json_decref(key);
}

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

static void perform_effect(struct wf_core *c, uint32_t step, json_t *input)
{
	struct wf_step_state *s = &c->in->steps[step];
	json_t *error;
	if (wf_core_too_large(input, "the input", &error)) {
		json_decref(input);
		wf_core_fail_step(c, step, error);
		return;
	}
	json_decref(s->input);
	s->input = input;
	if (!s->key)
		s->key = derived_key(c, step);
	wf_core_begin_attempt(c, step);
}

/* When a wait.timer is due: 0, or what is wrong with its input. */
static const char *timer_due(const json_t *input, int64_t now, int64_t *ret_due)
{
	const json_t *duration = json_object_get(input, "duration");
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
	if (!json_is_string(duration) ||
		wf_duration_parse(json_string_value(duration), json_string_length(duration), false,
			&d))
		return "`duration` is not an ISO 8601 duration";
	*ret_due = wf_duration_add(now, &d);
	return NULL;
}

static void open_timer(struct wf_core *c, uint32_t step, json_t *input)
{
	struct wf_step_state *s = &c->in->steps[step];
	int64_t due = 0;
	const char *wrong = timer_due(input, c->event->at, &due);
	if (wrong) {
		json_decref(input);
		wf_core_fail_step(c, step, wf_core_error(WF_ERROR_VALIDATION, "timer_input", wrong));
		return;
	}
	json_decref(s->input);
	s->input = input;
	wf_core_set_status(c, step, WF_STEP_WAITING);
	s->wait = WF_WAIT_TIMER;
	s->due_at = due > 0 ? due : 1;
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

static void perform(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	json_t *input = wf_vm_pop(&c->vm);
	enum wf_action action = c->plan->steps[step].action;
	if (action == WF_ACT_FAIL)
		perform_fail(c, step, input);
	else if (action == WF_ACT_APPROVAL_REQUEST)
		wf_core_open_approval(c, step, input);
	else if (action == WF_ACT_WAIT_TIMER)
		open_timer(c, step, input);
	else if (wf_actions[action].kind == WF_ACTION_EFFECT)
		perform_effect(c, step, input);
	else
		wf_core_succeed(c, step, input);
}

/* Whether the step in hand may go on: a value too large fails it. */
static bool fits(struct wf_core *c, const json_t *value, const char *what)
{
	json_t *error;
	if (!wf_core_too_large(value, what, &error))
		return true;
	fail_here(c, error);
	return false;
}

static void keep_var(struct wf_core *c, const char *name, json_t *value)
{
	if (!c->in->threads->done && fits(c, value, "a variable"))
		wf_instance_set_var(c->in, name, value);
}

static void set_vars(struct wf_core *c, const struct wf_insn *insn)
{
	(void)insn;
	json_t *values = wf_vm_pop(&c->vm);
	const char *name;
	json_t *value;
	if (json_is_object(values))
		json_object_foreach (values, name, value)
			keep_var(c, name, value);
	json_decref(values);
}

static void set_var(struct wf_core *c, const struct wf_insn *insn)
{
	const char *name = wf_plan_string(c->plan, insn->c);
	json_t *value = wf_vm_pop(&c->vm);
	keep_var(c, name, value ? value : json_null());
	json_decref(value);
}

static void shape(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	json_t *output = wf_vm_pop(&c->vm);
	if (!fits(c, output, "the output")) {
		json_decref(output);
		return;
	}
	json_decref(c->in->steps[step].output);
	c->in->steps[step].output = output ? output : json_null();
	wf_instance_touch(c->in, step);
}

static void raise_error(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	json_t *top = wf_vm_pop(&c->vm);
	const char *type = wf_core_text(top, "error_type");
	const char *code = wf_core_text(top, "code");
	const char *message = wf_core_text(top, "message");
	json_t *error = wf_core_error(WF_ERROR_VALIDATION, code ? code : "failed",
		message ? message : "");
	if (type)
		(void)json_object_set_new(error, "type", json_string(type));
	json_decref(top);
	fail_unhandled(c, step, error);
}

static void reraise(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	c->in->failed_step = step;
	wf_core_end(c, WF_INST_FAILED, wf_core_failure_result(c->plan), NULL,
		json_incref(c->in->steps[step].error));
}

/* Why an instance that ends with a failing result did so: the approval that was rejected. */
static json_t *ended_error(const struct wf_core *c, const char *result)
{
	const json_t *output =
		c->last_step == WF_NONE ? NULL : c->in->steps[c->last_step].output;
	const char *decision = wf_core_text(output, "decision");
	if (!decision || strcmp(decision, "reject") != 0) {
		WF_AUTOFREE char *text = wf_asprintf("the workflow ended with result `%s`", result);
		return wf_core_error(WF_ERROR_VALIDATION, "ended", text);
	}
	const char *by = wf_core_text(output, "decided_by"), *why = wf_core_text(output, "reason");
	WF_AUTOFREE char *text = wf_asprintf("`%s` was rejected by %s%s%s",
		wf_plan_step_id(c->plan, c->last_step), by ? by : "somebody", why ? ": " : "",
		why ? why : "");
	return wf_core_error(WF_ERROR_REJECTED, "rejected", text);
}

static void finish(struct wf_core *c, const struct wf_insn *insn)
{
	json_t *output = wf_vm_pop(&c->vm);
	const char *result = wf_plan_string(c->plan, insn->c);
	if (!fits(c, output, "the workflow's output")) {
		json_decref(output);
		return;
	}
	if (insn->a == 0) {
		wf_core_end(c, WF_INST_COMPLETED, result, output, NULL);
		return;
	}
	if (c->last_step != WF_NONE)
		c->in->failed_step = c->last_step;
	wf_core_end(c, WF_INST_FAILED, result, output, ended_error(c, result));
}

/* The control instructions; a handler finds the thread's pc already behind its own. */
typedef void control_fn(struct wf_core *c, const struct wf_insn *insn);
static control_fn *const controls[WF_OP_COUNT_] = {
	[WF_OP_ENTER] = enter,
	[WF_OP_SKIP] = skip,
	[WF_OP_KEY] = keep_key,
	[WF_OP_PERFORM] = perform,
	[WF_OP_SHAPE] = shape,
	[WF_OP_SETVAR] = set_var,
	[WF_OP_SETVARS] = set_vars,
	[WF_OP_LEAVE] = leave,
	[WF_OP_RERAISE] = reraise,
	[WF_OP_RAISE] = raise_error,
	[WF_OP_FINISH] = finish,
};

/* A thread rests where its step waits for an outcome: an effect's, a timer's, a person's. */
static bool rests(const struct wf_core *c)
{
	const struct wf_instance *in = c->in;
	if (in->threads->done)
		return true;
	if (in->threads->step == WF_NONE)
		return false;
	const struct wf_step_state *s = &in->steps[in->threads->step];
	if (s->status == WF_STEP_WAITING || s->status == WF_STEP_IN_DOUBT)
		return true;
	return s->status == WF_STEP_RUNNING && s->attempts > 0 && !s->output;
}

void wf_core_run(struct wf_core *c)
{
	while (!rests(c)) {
		uint32_t pc = c->in->threads->pc;
		if (wf_vm_run(&c->vm, &pc)) {
			fail_here(c, failure_error(c));
			continue;
		}
		c->in->threads->pc = pc + 1;
		const struct wf_insn *insn = &c->plan->code[pc];
		if (!controls[insn->op])
			WF_BUG("the verifier let a wrong instruction pass");
		controls[insn->op](c, insn);
	}
}
