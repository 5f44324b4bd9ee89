/*
 * RETRY inside groups: what completed stays. Members that failed or were stopped go on at the step where
 * they were, under the threads that wait for them; a foreach's items likewise.
 */
#include "engine/groups.h"

#include "base/mem.h"

/* Whether the group began, and nothing but its end was lost. */
static bool is_kept(const struct wf_core *c, uint32_t group)
{
	return group < c->in->group_count && c->in->groups[group].first_thread &&
		c->in->groups[group].total && c->plan->fork_pc[group] != WF_NONE;
}

/* The group that the step forks and that is there to go on with; WF_NONE. */
static uint32_t kept_group_of(const struct wf_core *c, uint32_t step)
{
	uint32_t group = wf_core_group_of(c->plan, step);
	enum wf_step_status s = c->in->steps[step].status;
	return group != WF_NONE && is_kept(c, group) &&
		(s == WF_STEP_FAILED || s == WF_STEP_CANCELLED) ? group : WF_NONE;
}

uint32_t wf_group_restart_pc(const struct wf_core *c, const struct wf_thread *t, uint32_t step)
{
	const struct wf_plan *p = c->plan;
	uint32_t group = p->steps[step].group, member = p->steps[step].member, in = WF_NONE;
	while (group != WF_NONE && (group != t->group || member != t->member)) {
		in = group;
		member = p->groups[in].parent_member;
		group = p->groups[in].parent;
	}
	if (group == WF_NONE && t->group != WF_NONE)
		return 0;
	if (in == WF_NONE)
		return p->steps[step].enter_pc;
	return p->groups[in].step != WF_NONE ? p->steps[p->groups[in].step].enter_pc : p->fork_pc[in];
}

/* The group to go on with where a thread stopped at pc; WF_NONE: the instruction itself. */
static uint32_t group_at(const struct wf_core *c, uint32_t pc)
{
	const struct wf_insn *i = &c->plan->code[pc];
	if (i->op == WF_OP_FORK)
		return is_kept(c, i->c) ? i->c : WF_NONE;
	return i->op == WF_OP_ENTER ? kept_group_of(c, i->c) : WF_NONE;
}

/* Steps of this member, from pc on, run again; those of groups in it are forgotten when these begin. */
static void reset_member(struct wf_core *c, uint32_t group, uint32_t member, uint32_t pc)
{
	const struct wf_plan *p = c->plan;
	WF_AUTOFREE bool *again = wf_calloc(p->step_count, sizeof(*again));
	wf_core_reach_pc(p, pc, again);
	for (uint32_t i = 0; i < p->step_count; i++)
		if (again[i] && p->steps[i].group == group && p->steps[i].member == member)
			wf_core_reset_step(c, i);
}

/* The step that waits for the group is in hand again, with the items that it had. */
static void reopen_step(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	json_decref(s->error);
	json_decref(s->output);
	s->error = s->output = NULL;
	s->attempts = 1;
	s->started_at = s->attempt_at = c->event->at;
	s->ended_at = 0;
	wf_core_wait(c, step, WF_WAIT_BRANCHES, wf_core_attempt_end(c, step));
}

/* What failed is as if it had not ended. */
static void forget_failures(struct wf_core *c, uint32_t group)
{
	struct wf_group_state *g = &c->in->groups[group];
	uint32_t count = c->plan->groups[group].member_count;
	for (uint32_t i = 0; i < json_array_size(g->results); i++) {
		if (!json_object_get(json_array_get(g->results, i), "error"))
			continue;
		(void)json_array_set_new(g->results, i, json_null());
		wf_instance_touch_item(c->in, group, i);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct wf_thread *t = wf_group_thread(c, group, i);
		if (t->outcome != WF_OUTCOME_FAILED && t->outcome != WF_OUTCOME_CANCELLED)
			continue;
		/* an item that failed is looked for again; one in hand goes on where it was */
		t->outcome = WF_OUTCOME_NONE;
		t->dirty = true;
	}
	g->begun = g->failed = g->running = 0;
	g->failed_first = WF_NONE;
	g->dirty = true;
	wf_group_forget_counts(g);
}

/* The thread waits for the group, whose members go on. */
static void resume_group(struct wf_core *c, uint32_t group, uint32_t waiter)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	struct wf_thread *t = &c->in->threads[waiter];
	t->pc = c->plan->fork_pc[group] + 1;
	t->step = p->step;
	t->waits = group;
	t->done = false;
	t->dirty = true;
	if (p->step != WF_NONE)
		reopen_step(c, p->step);
	forget_failures(c, group);
	c->in->groups[group].waiter = waiter;
	wf_group_schedule(c, group);
}

bool wf_group_resume_member(struct wf_core *c, uint32_t group, uint32_t member)
{
	struct wf_group_state *g = &c->in->groups[group];
	uint32_t pc = wf_group_thread(c, group, member)->pc;
	if (!pc || pc >= c->plan->code_count)
		return false;
	uint32_t inner = group_at(c, pc);
	if (inner == WF_NONE && c->plan->code[pc].op != WF_OP_ENTER)
		return false;
	if (inner == WF_NONE)
		reset_member(c, group, member, pc);
	else
		reset_member(c, group, member, c->plan->fork_pc[inner] + 1);
	wf_group_run_member(c, group, member, pc);
	if (inner != WF_NONE)
		resume_group(c, inner, g->first_thread + member);
	return true;
}

/* -- from the event -- */

/* A doubt in a member: the member goes on there, and nothing else changes. */
static bool retry_doubt(struct wf_core *c, uint32_t from)
{
	if (c->in->steps[from].status != WF_STEP_IN_DOUBT || c->plan->steps[from].group == WF_NONE ||
		!wf_core_take_step(c, from))
		return false;
	struct wf_thread *t = wf_core_thread(c);
	wf_core_abandon(c, from);
	t->step = WF_NONE;
	t->pc = c->plan->steps[from].enter_pc;
	reset_member(c, t->group, t->member, t->pc);
	wf_core_wake(c, c->thread);
	wf_core_take(c, 0);
	return true;
}

/* The group of the main flow that the step lies in or forks, if it is there to go on with; else WF_NONE. */
static uint32_t outermost(const struct wf_core *c, uint32_t from)
{
	uint32_t group = c->plan->steps[from].group;
	if (group == WF_NONE)
		return kept_group_of(c, from);
	while (c->plan->groups[group].parent != WF_NONE)
		group = c->plan->groups[group].parent;
	return is_kept(c, group) ? group : WF_NONE;
}

static bool lies_in(const struct wf_plan *p, uint32_t step, uint32_t group)
{
	uint32_t g = p->steps[step].group;
	while (g != WF_NONE && g != group)
		g = p->groups[g].parent;
	return g == group || p->groups[group].step == step;
}

/* On the way from the outermost group down to the step each member goes on where the way leads. */
static void aim(struct wf_core *c, uint32_t from)
{
	const struct wf_plan *p = c->plan;
	uint32_t group = p->steps[from].group, member = p->steps[from].member;
	for (; group != WF_NONE; member = p->groups[group].parent_member, group = p->groups[group].parent) {
		if (!is_kept(c, group))
			continue;
		struct wf_thread *t = wf_group_thread(c, group, member);
		if (t->outcome != WF_OUTCOME_FAILED && t->outcome != WF_OUTCOME_CANCELLED)
			continue;
		t->pc = wf_group_restart_pc(c, t, from);
		t->dirty = true;
	}
}

bool wf_core_retry_in_group(struct wf_core *c, uint32_t from)
{
	struct wf_instance *in = c->in;
	if (from >= in->step_count)
		return false;
	if (retry_doubt(c, from)) {
		in->status = WF_INST_RUNNING;
		return true;
	}
	uint32_t group = outermost(c, from);
	if (group == WF_NONE)
		return false;
	wf_core_stop_groups(c);
	if (in->threads->step != WF_NONE)
		wf_core_abandon(c, in->threads->step);
	aim(c, from);
	WF_AUTOFREE bool *again = wf_calloc(in->step_count, sizeof(*again));
	wf_core_reach_pc(c->plan, c->plan->fork_pc[group] + 1, again);
	for (uint32_t i = 0; i < in->step_count; i++)
		if (again[i] && !lies_in(c->plan, i, group))
			wf_core_reset_step(c, i);
	wf_core_take(c, 0);
	in->threads[0] = wf_thread_at(0);
	resume_group(c, group, 0);
	return true;
}

/* -- foreseen -- */

struct foresight {
	struct wf_core *c; /* with nothing but plan and instance, and never changed */
	bool *steps, *more;
};

static void add_from(struct foresight *f, uint32_t pc)
{
	wf_core_reach_pc(f->c->plan, pc, f->more);
	for (uint32_t i = 0; i < f->c->plan->step_count; i++)
		f->steps[i] |= f->more[i];
}

static void foresee_group(struct foresight *f, uint32_t group, uint32_t aimed);

static void foresee_member(struct foresight *f, uint32_t group, uint32_t member, uint32_t aimed)
{
	const struct wf_plan *p = f->c->plan;
	const struct wf_thread *t = wf_group_thread(f->c, group, member);
	uint32_t first = p->members[p->groups[group].first_member + member].pc;
	bool stopped = t->outcome == WF_OUTCOME_FAILED || t->outcome == WF_OUTCOME_CANCELLED;
	if (t->outcome == WF_OUTCOME_SUCCEEDED)
		return;
	uint32_t pc = stopped && t->pc ? t->pc : first, at = WF_NONE;
	if (stopped && aimed != WF_NONE)
		at = wf_group_restart_pc(f->c, t, aimed);
	if (at != WF_NONE && at)
		pc = at;
	uint32_t inner = stopped ? group_at(f->c, pc) : WF_NONE;
	if (inner == WF_NONE) {
		add_from(f, pc);
		return;
	}
	foresee_group(f, inner, aimed);
	add_from(f, p->fork_pc[inner] + 1);
}

static void foresee_group(struct foresight *f, uint32_t group, uint32_t aimed)
{
	if (f->c->plan->groups[group].step != WF_NONE)
		f->steps[f->c->plan->groups[group].step] = true;
	for (uint32_t i = 0; i < f->c->plan->groups[group].member_count; i++)
		foresee_member(f, group, i, aimed);
}

void wf_engine_retry_reach(const struct wf_plan *plan, const struct wf_instance *in, uint32_t from,
	bool *ret_steps)
{
	WF_AUTOFREE struct wf_core *c = wf_calloc(1, sizeof(*c));
	WF_AUTOFREE bool *more = wf_calloc(plan->step_count + 1, sizeof(*more));
	struct foresight f = {.c = c, .steps = ret_steps, .more = more};
	c->plan = plan;
	c->in = (struct wf_instance *)(uintptr_t)in;
	bool doubt = from < in->step_count && in->steps[from].status == WF_STEP_IN_DOUBT;
	uint32_t group = from < in->step_count && !doubt ? outermost(c, from) : WF_NONE;
	if (group == WF_NONE) {
		wf_engine_reach(plan, from, ret_steps);
		return;
	}
	/* those behind it, in a loop perhaps the group's own */
	wf_core_reach_pc(plan, plan->fork_pc[group] + 1, ret_steps);
	for (uint32_t i = 0; i < plan->step_count; i++)
		ret_steps[i] &= !lies_in(plan, i, group);
	foresee_group(&f, group, plan->steps[from].group != WF_NONE ? from : WF_NONE);
}
