/* Runs the thread in hand: pure code through the expression machine, and each control instruction here. */
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

/* What handles a failure may compute again where the turn's steps were used up: half as many as the time
 * before, so that all of it stays within twice what a turn may take. */
static void grant_steps(struct wf_core *c)
{
	if (c->vm.steps_left)
		return;
	c->spare_steps /= 2;
	c->vm.steps_left = c->spare_steps;
}

/* An expression failed: in a step it fails the step; between steps it ends the thread. */
static void fail_here(struct wf_core *c, json_t *error)
{
	if (wf_core_thread(c)->step != WF_NONE) {
		wf_core_fail_step(c, wf_core_thread(c)->step, error);
		return;
	}
	if (wf_core_on_flow(c) && (!wf_core_on_main(c) || c->in->unwind == WF_UNWIND_NONE))
		wf_core_set_failed_step(c, c->last_step);
	wf_core_fail_thread(c, error);
}

static void enter(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	struct wf_step_state *s = &c->in->steps[step];
	uint32_t most = c->plan->steps[step].max_visits;
	wf_core_thread(c)->step = step;
	/* how often a notification fires is bounded by its approval */
	bool may = s->visits - s->spent < most || c->forking;
	c->forking = false;
	if (!may) {
		WF_AUTOFREE char *text =
			wf_asprintf("step `%s` was visited %u times, which is its max_visits",
				wf_plan_author_id(c->plan, step), most);
		/* its handler may be what led back here */
		wf_core_fail_unhandled(c, step, wf_core_error(WF_ERROR_LIMIT, "max_visits", text));
		return;
	}
	if (s->status != WF_STEP_PENDING) { /* one that a retry made pending keeps its key */
		wf_free(s->key);
		s->key = NULL;
	}
	s->visits++;
	s->attempts = 0;
	s->status = WF_STEP_RUNNING;
	s->wait = WF_WAIT_NONE;
	s->started_at = c->event->at;
	s->attempt_at = s->ended_at = s->due_at = 0;
	s->child = 0;
	json_decref(s->input);
	json_decref(s->output);
	json_decref(s->error);
	s->input = s->output = s->error = NULL;
	wf_instance_touch(c->in, step);
}

static void skip(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	wf_core_set_status(c, step, WF_STEP_SKIPPED);
	wf_core_thread(c)->step = WF_NONE;
	c->last_step = step;
}

static void leave(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	wf_vm_unbind(&c->vm, WF_ROOT_OUTPUT);
	wf_core_set_status(c, step, WF_STEP_COMPLETED);
	wf_core_keep_undo(c, step);
	wf_core_thread(c)->step = WF_NONE;
	if (wf_core_thread(c)->group != WF_NONE)
		wf_core_thread(c)->last_step = step;
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
		wf_vm_unbind(&c->vm, WF_ROOT_INPUT); /* of an action definition, whose key it is */
		wf_core_fail_step(c, step,
			wf_core_error(WF_ERROR_VALIDATION, "idempotency_key",
				"the idempotency_key is not a string with at least one character"));
	}
	json_decref(key);
}

/* The action of a step begins. */
static void trace_step(struct wf_core *c, uint32_t step)
{
	struct wf_trace *t = c->turn->trace;
	if (!t)
		return;
	WF_GROW(t->begun, t->begun_count, t->begun_room);
	t->begun[t->begun_count++] = step;
}

static void perform(struct wf_core *c, const struct wf_insn *insn)
{
	trace_step(c, insn->c);
	wf_core_perform(c, insn->c, wf_vm_pop(&c->vm));
}

static void fork_group(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = c->plan->groups[insn->c].step;
	if (step != WF_NONE)
		trace_step(c, step);
	wf_core_fork_group(c, insn);
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
	if (!wf_core_thread(c)->done && fits(c, value, "a variable"))
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
	wf_core_fail_unhandled(c, step, error);
}

static void reraise(struct wf_core *c, const struct wf_insn *insn)
{
	uint32_t step = insn->c;
	wf_core_set_failed_step(c, step);
	wf_core_fail_thread(c, c->in->steps[step].error
			? json_incref(c->in->steps[step].error)
			: wf_core_error(WF_ERROR_INTERNAL, "no_error", "a failure without an error"));
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
		wf_plan_author_id(c->plan, c->last_step), by ? by : "somebody", why ? ": " : "",
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
	json_t *error;
	if (insn->a == 0 && !wf_core_output_fits(c, output, &error)) {
		json_decref(output);
		fail_here(c, error);
		return;
	}
	if (insn->a == 0) {
		wf_core_end(c, result, output, NULL);
		return;
	}
	if (c->last_step != WF_NONE && c->in->unwind == WF_UNWIND_NONE)
		c->in->failed_step = c->last_step;
	wf_core_fail_with(c, result, output, ended_error(c, result));
}

static void rethrow(struct wf_core *c, const struct wf_insn *insn)
{
	(void)insn;
	json_t *output = wf_vm_pop(&c->vm);
	if (fits(c, output, "the workflow's output"))
		wf_core_rethrow(c, output);
	else
		json_decref(output);
}

static void halt(struct wf_core *c, const struct wf_insn *insn)
{
	(void)insn;
	if (wf_core_undoes(c))
		wf_core_undo_done(c);
	wf_core_halt(c);
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
	[WF_OP_HALT] = halt,
	[WF_OP_FORK] = fork_group,
	[WF_OP_MEMBEREND] = wf_core_member_end,
	[WF_OP_RETHROW] = rethrow,
};

/* A thread rests where its step waits for an outcome: an effect's, a timer's, a person's. */
static bool rests(const struct wf_core *c)
{
	const struct wf_thread *t = wf_core_thread(c);
	if (t->done || t->ready || t->waits != WF_NONE)
		return true;
	if (t->step == WF_NONE)
		return c->in->started_at == 0;
	const struct wf_step_state *s = &c->in->steps[t->step];
	if (s->status == WF_STEP_WAITING || s->status == WF_STEP_IN_DOUBT)
		return true;
	return s->status == WF_STEP_RUNNING && s->attempts > 0 && !s->output;
}

void wf_core_run(struct wf_core *c)
{
	c->yields = false;
	while (!c->yields && !rests(c)) {
		uint32_t pc = wf_core_thread(c)->pc;
		if (wf_vm_run(&c->vm, &pc)) {
			json_t *error = failure_error(c);
			grant_steps(c);
			fail_here(c, error);
			continue;
		}
		wf_core_thread(c)->pc = pc + 1;
		const struct wf_insn *insn = &c->plan->code[pc];
		if (c->vm.executed)
			c->vm.executed[pc] = 1;
		if (!controls[insn->op])
			WF_BUG("the verifier let a wrong instruction pass");
		controls[insn->op](c, insn);
	}
}
