/*
 * Which thread is in hand, how side threads come and go, and what the instance is when they rest.
 *
 * The main thread decides what becomes of the instance; members of groups are part of the flow
 * (groups.c); a side thread carries a notification or a compensation, and never fails it. The
 * instance has ended when all of them are done: until then what the main thread ended with is kept
 * in result, output and error.
 */
#include "base/mem.h"
#include "engine/core.h"
#include "plan/retention.h"

/* The approval that the notification in hand is about. */
static void bind_approval(struct wf_core *c)
{
	const struct wf_plan *plan = c->plan;
	uint32_t step = wf_core_thread(c)->step;
	for (uint32_t i = 0; step != WF_NONE && i < plan->body_count; i++) {
		const struct wf_plan_body *b = &plan->bodies[i];
		if (b->kind != WF_BODY_NOTIFY || b->pc != plan->steps[step].enter_pc ||
			!c->in->steps[b->of].approval)
			continue;
		json_t *about = wf_core_about_approval(c, b->of);
		wf_vm_bind(&c->vm, WF_ROOT_APPROVAL, about);
		json_decref(about);
		return;
	}
}

/* The step whose failure the thread in hand handles: its own, or what was being handled where it was
 * forked. In the workflow's handler it is the instance's failure, until a step of it fails. */
static uint32_t failure_in_hand(const struct wf_core *c)
{
	const struct wf_thread *t = wf_core_thread(c);
	while (t->group != WF_NONE && t->error_step == WF_NONE && t->parent < c->in->thread_count)
		t = &c->in->threads[t->parent];
	return t->group != WF_NONE || c->in->unwind == WF_UNWIND_HANDLING ? t->error_step
		: c->in->failed_step;
}

/* What the code may read while it runs: in the flow the failure being handled. The raw output
 * of a step is bound when it arrives; code between PERFORM and LEAVE never rests. */
static void bind_roots(struct wf_core *c)
{
	const struct wf_instance *in = c->in;
	uint32_t failed = failure_in_hand(c);
	wf_vm_unbind(&c->vm, WF_ROOT_OUTPUT);
	wf_vm_unbind(&c->vm, WF_ROOT_ERROR);
	wf_vm_unbind(&c->vm, WF_ROOT_APPROVAL);
	if (!wf_core_on_flow(c))
		bind_approval(c);
	else if (failed < in->step_count)
		wf_vm_bind(&c->vm, WF_ROOT_ERROR, in->steps[failed].error);
	else if (in->unwind == WF_UNWIND_HANDLING)
		wf_vm_bind(&c->vm, WF_ROOT_ERROR, in->error);
}

void wf_core_take(struct wf_core *c, uint32_t thread)
{
	c->thread = thread;
	c->vm.thread = thread;
	c->in->threads[thread].dirty = true;
	c->last_step = WF_NONE;
	bind_roots(c);
}

bool wf_core_take_step(struct wf_core *c, uint32_t step)
{
	const struct wf_instance *in = c->in;
	for (uint32_t i = 0; i < in->thread_count && step < in->step_count; i++) {
		if (in->threads[i].done || in->threads[i].step != step)
			continue;
		wf_core_take(c, i);
		return true;
	}
	return false;
}

/* The lowest side thread that is done, or a new one. */
static uint32_t free_thread(struct wf_instance *in)
{
	for (uint32_t i = 1; i < in->thread_count; i++)
		if (in->threads[i].done && in->threads[i].group == WF_NONE)
			return i;
	return wf_instance_add_thread(in);
}

/* `item`: the entry that it undoes; WF_NONE. */
static void fork_side(struct wf_core *c, uint32_t pc, uint32_t item, json_t *about)
{
	uint32_t back = c->thread, last = c->last_step;
	uint32_t side = free_thread(c->in);
	c->in->threads[side] = wf_thread_at(pc);
	if (c->in->threads[back].group != WF_NONE)
		c->in->threads[side].parent = back;
	c->in->threads[side].item = item;
	wf_core_take(c, side);
	wf_vm_bind(&c->vm, WF_ROOT_APPROVAL, about);
	json_decref(about);
	c->forking = true;
	wf_core_run(c);
	c->forking = false;
	wf_core_take(c, back);
	c->last_step = last;
}

void wf_core_fork(struct wf_core *c, uint32_t pc, json_t *about)
{
	fork_side(c, pc, WF_NONE, about);
}

void wf_core_fork_undo(struct wf_core *c, uint32_t pc, uint32_t number)
{
	fork_side(c, pc, number, NULL);
}

void wf_core_halt(struct wf_core *c)
{
	struct wf_thread *t = wf_core_thread(c);
	if (t->step != WF_NONE)
		wf_core_abandon(c, t->step);
	*t = wf_thread_at(0);
	t->done = true;
}

const char *wf_core_failure_result(const struct wf_plan *plan)
{
	const char *name = plan->extra == WF_NONE
		? NULL
		: wf_core_text(plan->consts[plan->extra], "failure_result");
	return name ? name : "failed";
}

void wf_core_end(struct wf_core *c, const char *result, json_t *output, json_t *error)
{
	struct wf_instance *in = c->in;
	struct wf_thread *t = in->threads;
	if (t->step != WF_NONE)
		wf_core_abandon(c, t->step);
	t->step = t->waits = WF_NONE;
	t->done = true;
	wf_free(in->result);
	in->result = wf_strdup(result);
	json_decref(in->output);
	in->output = output;
	json_decref(in->error);
	in->error = error;
	if (!error)
		in->failed_step = WF_NONE;
}

void wf_core_set_failed_step(struct wf_core *c, uint32_t step)
{
	if (wf_core_on_main(c) && c->in->unwind == WF_UNWIND_NONE)
		c->in->failed_step = step;
	else if (wf_core_on_flow(c))
		wf_core_thread(c)->error_step = step;
}

void wf_core_fail_thread(struct wf_core *c, json_t *error)
{
	if (wf_core_on_main(c)) {
		wf_core_fail_instance(c, error);
	} else if (wf_core_on_flow(c)) {
		wf_core_fail_member(c, error);
	} else if (wf_core_undoes(c)) {
		wf_core_undo_failed(c, error);
	} else {
		json_decref(error);
		wf_core_halt(c);
	}
}

void wf_core_end_side(struct wf_core *c)
{
	wf_core_stop_groups(c);
	for (uint32_t i = 1; i < c->in->thread_count; i++) {
		wf_core_take(c, i);
		if (!wf_core_thread(c)->done)
			wf_core_halt(c);
	}
	wf_core_take(c, 0);
}

void wf_core_end_all(struct wf_core *c, enum wf_instance_status status, const char *result,
	json_t *error)
{
	wf_core_end_side(c);
	if (c->in->threads->done) {
		json_decref(error);
		return;
	}
	wf_core_end(c, result, NULL, error);
	c->in->status = status;
}

/* The status that the steps give in which threads rest: an effect in hand in any of them, else the
 * main thread's, else a side thread's. */
static void settle_resting(struct wf_instance *in)
{
	bool running = false, told = false;
	for (uint32_t i = 0; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		running |= t->ready && !t->done;
		if (t->done || t->step == WF_NONE)
			continue;
		const struct wf_step_state *s = &in->steps[t->step];
		running |= s->status == WF_STEP_RUNNING;
		if (told || s->wait == WF_WAIT_BRANCHES)
			continue;
		told = true;
		in->status = s->status == WF_STEP_WAITING ? WF_INST_WAITING : WF_INST_SUSPENDED;
		in->wait = s->wait;
	}
	if (running)
		in->status = WF_INST_RUNNING;
}

static bool all_done(const struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->thread_count; i++)
		if (!in->threads[i].done)
			return false;
	return true;
}

void wf_core_settle(struct wf_core *c)
{
	struct wf_instance *in = c->in;
	if (wf_core_settle_undoing(in))
		return;
	in->wait = WF_WAIT_NONE;
	if (!all_done(in)) {
		settle_resting(in);
		return;
	}
	if (!wf_instance_status_final(in->status))
		in->status = !in->error ? WF_INST_COMPLETED : in->unwind_as ?
			(enum wf_instance_status)in->unwind_as : WF_INST_FAILED;
	in->ended_at = c->event->at;
	in->expires_at = wf_plan_expiry(c->plan, in->ended_at);
	in->timeout_at = 0;
}
