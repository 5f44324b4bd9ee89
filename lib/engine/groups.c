/*
 * Groups: members that run side by side, each a thread of its own.
 *
 * FORK makes a group's threads (they stay, and are used again when it begins again) and begins as many
 * members as may be in hand at once. What a member's end means, its kind says: the first successes end
 * a `parallel`, each end hands a lane of a `foreach` its next item, and makes ready what waited for it
 * in a list with depends_on. When the group is over the thread that waits for it goes on.
 */
#include "engine/groups.h"

#include "base/json.h"
#include "base/mem.h"

/* -- parts -- */

struct wf_thread *wf_group_thread(const struct wf_core *c, uint32_t group, uint32_t member)
{
	return &c->in->threads[c->in->groups[group].first_thread + member];
}

static void touch(struct wf_core *c, uint32_t group)
{
	c->in->groups[group].dirty = c->in->dirty = true;
}

static void note_branch(struct wf_core *c, uint32_t group, uint32_t member, enum wf_outcome outcome)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	if (p->kind == WF_GROUP_PARALLEL)
		wf_core_note(c, WF_TRANS_BRANCH, p->step,
			(uint64_t)(p->first_member + member) << 3 | outcome);
}

/* -- forgetting -- */

/* A step is as if it had never been visited; its visits so far count no more. */
static void forget_step(struct wf_core *c, uint32_t step)
{
	struct wf_step_state *s = &c->in->steps[step];
	if (!s->visits && s->status == WF_STEP_PENDING)
		return;
	json_decref(s->input);
	json_decref(s->output);
	json_decref(s->error);
	s->input = s->output = s->error = NULL;
	wf_free(s->key);
	s->key = NULL;
	s->spent = s->visits;
	s->status = WF_STEP_PENDING;
	s->wait = WF_WAIT_NONE;
	s->attempts = 0;
	s->started_at = s->attempt_at = s->ended_at = s->due_at = 0;
	wf_instance_touch(c->in, step);
}

static void forget_member(struct wf_core *c, uint32_t group, uint32_t member)
{
	const struct wf_plan *p = c->plan;
	uint32_t at = p->groups[group].first_member + member;
	for (uint32_t i = p->inside.first[at]; i < p->inside.first[at + 1]; i++)
		forget_step(c, p->inside.of[i]);
	for (uint32_t i = p->nested.first[at]; i < p->nested.first[at + 1]; i++) {
		uint32_t nested = p->nested.of[i];
		if (c->in->groups[nested].first_thread && c->in->groups[nested].total)
			wf_group_forget(c, nested);
	}
}

void wf_group_forget(struct wf_core *c, uint32_t group)
{
	struct wf_group_state *g = &c->in->groups[group];
	for (uint32_t i = 0; i < wf_group_plan(c, group)->member_count; i++)
		forget_member(c, group, i);
	json_decref(g->results);
	g->results = NULL;
	g->total = g->begun = g->succeeded = g->failed = g->running = 0;
	g->failed_first = g->waiter = WF_NONE;
	touch(c, group);
}

/* -- beginning -- */

static void make_threads(struct wf_core *c, uint32_t group)
{
	uint32_t count = wf_group_plan(c, group)->member_count;
	uint32_t first = c->in->thread_count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t thread = wf_instance_add_thread(c->in); /* the array may move */
		struct wf_thread *t = &c->in->threads[thread];
		t->group = group;
		t->member = i;
	}
	c->in->groups[group].first_thread = first;
}

/* A part of the instance's item rows that is long enough: its own again, or one behind all others. */
static void take_rows(struct wf_core *c, uint32_t group, uint32_t count)
{
	struct wf_group_state *g = &c->in->groups[group];
	if (count <= g->item_room)
		return;
	uint32_t end = 0;
	for (uint32_t i = 0; i < c->in->group_count; i++) {
		const struct wf_group_state *o = &c->in->groups[i];
		if (o->first_item + o->item_room > end)
			end = o->first_item + o->item_room;
	}
	g->first_item = end;
	g->item_room = count;
}

void wf_group_begin(struct wf_core *c, uint32_t group, uint32_t total)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	wf_instance_need_groups(c->in, c->plan->group_count);
	struct wf_group_state *g = &c->in->groups[group];
	if (!g->first_thread)
		make_threads(c, group);
	for (uint32_t i = 0; i < p->member_count; i++) {
		struct wf_thread *t = wf_group_thread(c, group, i);
		*t = wf_thread_at(0);
		t->group = group;
		t->member = i;
		t->done = true;
	}
	wf_group_forget_counts(g);
	json_decref(g->results);
	g->results = NULL;
	if (p->kind != WF_GROUP_DAG) {
		take_rows(c, group, total);
		g->results = json_array();
		for (uint32_t i = 0; i < total; i++)
			(void)json_array_append_new(g->results, json_null());
	}
	g->total = total;
	g->begun = g->running = g->succeeded = g->failed = 0;
	g->failed_first = WF_NONE;
	g->round++;
	g->undo_floor = c->in->undo_count;
	g->waiter = c->thread;
	touch(c, group);
	struct wf_thread *t = wf_core_thread(c);
	t->waits = group;
	t->dirty = true;
	if (total)
		wf_group_schedule(c, group);
	else
		wf_group_over(c, group, NULL);
}

void wf_group_run_member(struct wf_core *c, uint32_t group, uint32_t member, uint32_t pc)
{
	struct wf_group_state *g = &c->in->groups[group];
	struct wf_thread *t = wf_group_thread(c, group, member);
	uint32_t item = t->item;
	*t = wf_thread_at(pc);
	t->group = group;
	t->member = member;
	t->parent = g->waiter;
	t->item = item;
	t->outcome = WF_OUTCOME_RUNNING;
	g->running++;
	touch(c, group);
	note_branch(c, group, member, WF_OUTCOME_RUNNING);
	wf_core_wake(c, g->first_thread + member);
}

static void begin_member(struct wf_core *c, uint32_t group, uint32_t member)
{
	if (wf_group_resume_member(c, group, member))
		return;
	forget_member(c, group, member);
	wf_group_run_member(c, group, member,
		c->plan->members[wf_group_plan(c, group)->first_member + member].pc);
}

/* The next branch that has not begun, or WF_NONE. */
static uint32_t next_branch(struct wf_core *c, uint32_t group)
{
	struct wf_group_state *g = &c->in->groups[group];
	while (g->begun < g->total) {
		uint32_t i = g->begun++;
		if (wf_group_thread(c, group, i)->outcome == WF_OUTCOME_NONE)
			return i;
	}
	return WF_NONE;
}

void wf_group_schedule(struct wf_core *c, uint32_t group)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	struct wf_group_state *g = &c->in->groups[group];
	if (p->kind == WF_GROUP_FOREACH) {
		for (uint32_t i = 0; i < p->member_count && g->running < p->limit; i++)
			if (wf_group_thread(c, group, i)->done)
				(void)wf_group_next_item(c, group, i);
		return;
	}
	while (g->running < p->limit) {
		uint32_t next = p->kind == WF_GROUP_PARALLEL ? next_branch(c, group)
			: wf_group_next_ready(c, group);
		if (next == WF_NONE)
			return;
		begin_member(c, group, next);
	}
}

bool wf_group_in_a_lane(const struct wf_core *c, uint32_t group, uint32_t item)
{
	uint32_t count = wf_group_plan(c, group)->member_count;
	for (uint32_t i = 0; i < count; i++) {
		const struct wf_thread *t = wf_group_thread(c, group, i);
		if (t->item == item && (t->outcome == WF_OUTCOME_RUNNING ||
				(t->outcome == WF_OUTCOME_NONE && t->pc)))
			return true;
	}
	return false;
}

bool wf_group_next_item(struct wf_core *c, uint32_t group, uint32_t lane)
{
	struct wf_group_state *g = &c->in->groups[group];
	struct wf_thread *t = wf_group_thread(c, group, lane);
	if (t->outcome == WF_OUTCOME_NONE && t->item != WF_NONE &&
		json_is_null(json_array_get(g->results, t->item))) { /* it was stopped in it */
		begin_member(c, group, lane);
		return true;
	}
	t->dirty |= t->pc != 0;
	t->pc = 0;
	while (g->begun < g->total) {
		uint32_t item = g->begun++;
		if (json_is_object(json_array_get(g->results, item)) ||
			wf_group_in_a_lane(c, group, item))
			continue;
		wf_group_thread(c, group, lane)->item = item;
		begin_member(c, group, lane);
		return true;
	}
	return false;
}

/* -- ending -- */

/* Neither the thread nor what it waits for goes on. */
static void stop_thread(struct wf_core *c, uint32_t thread)
{
	struct wf_thread *t = &c->in->threads[thread];
	if (t->waits != WF_NONE)
		wf_group_stop(c, t->waits);
	uint32_t waited = t->waits;
	t = &c->in->threads[thread];
	uint32_t step = t->step;
	t->step = t->waits = WF_NONE;
	t->ready = false;
	t->done = t->dirty = true;
	/* where a retry takes it up */
	if (step != WF_NONE) {
		t->pc = c->plan->steps[step].enter_pc;
		wf_core_abandon(c, step);
	} else if (waited != WF_NONE) {
		t->pc = c->plan->fork_pc[waited];
	}
}

void wf_group_stop(struct wf_core *c, uint32_t group)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	struct wf_group_state *g = &c->in->groups[group];
	for (uint32_t i = 0; i < p->member_count; i++) {
		struct wf_thread *t = wf_group_thread(c, group, i);
		if (t->outcome == WF_OUTCOME_RUNNING) {
			stop_thread(c, g->first_thread + i);
			wf_group_thread(c, group, i)->outcome = WF_OUTCOME_CANCELLED;
			note_branch(c, group, i, WF_OUTCOME_CANCELLED);
		}
	}
	g->running = 0;
	g->waiter = WF_NONE;
	wf_group_forget_counts(g);
	touch(c, group);
}

void wf_core_stop_groups(struct wf_core *c)
{
	for (uint32_t i = 0; i < c->in->group_count; i++)
		if (c->in->groups[i].waiter != WF_NONE)
			wf_group_stop(c, i);
}

/* Of a list whose steps wait for each other the last in its order counts as completed last. */
static void keep_last_step(struct wf_core *c, uint32_t group)
{
	for (uint32_t i = wf_group_plan(c, group)->member_count; i-- > 0;) {
		uint32_t last = wf_group_thread(c, group, i)->last_step;
		if (last == WF_NONE)
			continue;
		if (wf_core_thread(c)->group != WF_NONE)
			wf_core_thread(c)->last_step = last;
		return;
	}
}

void wf_group_over(struct wf_core *c, uint32_t group, json_t *error)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	struct wf_group_state *g = &c->in->groups[group];
	uint32_t waiter = g->waiter;
	json_t *output = !error && p->step != WF_NONE ? wf_group_output(c, group) : NULL;
	wf_group_stop(c, group);
	wf_core_take(c, waiter);
	wf_core_thread(c)->waits = WF_NONE;
	uint32_t step = wf_core_thread(c)->step;
	if (error && step != WF_NONE) {
		wf_core_fail_attempt(c, step, error);
	} else if (error) {
		if (g->failed_first < p->member_count)
			wf_core_set_failed_step(c,
				wf_group_thread(c, group, g->failed_first)->error_step);
		wf_core_fail_thread(c, error);
	} else if (step != WF_NONE) {
		wf_core_succeed(c, step, output);
	} else {
		keep_last_step(c, group);
	}
}

/* What the end of a member leaves undecided: whether the group is over. */
static void look_at_end(struct wf_core *c, uint32_t group, uint32_t member, json_t *error)
{
	const struct wf_plan_group *p = wf_group_plan(c, group);
	struct wf_group_state *g = &c->in->groups[group];
	uint32_t ended = g->succeeded + g->failed;
	bool lost = p->kind == WF_GROUP_FOREACH ? error && !p->go_on
						: g->total - g->failed < p->needed;
	if (lost) {
		wf_group_over(c, group, wf_group_error(c, group, member, error));
		return;
	}
	if (p->kind == WF_GROUP_FOREACH ? ended == g->total : g->succeeded >= p->needed) {
		wf_group_over(c, group, NULL);
		return;
	}
	if (p->kind == WF_GROUP_FOREACH) {
		(void)wf_group_next_item(c, group, member);
		return;
	}
	if (p->kind == WF_GROUP_DAG && !error)
		wf_group_meet_followers(c, group, member);
	wf_group_schedule(c, group);
}

static void end_member(struct wf_core *c, enum wf_outcome outcome, json_t *error)
{
	struct wf_thread *t = wf_core_thread(c);
	uint32_t group = t->group, member = t->member;
	struct wf_group_state *g = &c->in->groups[group];
	if (t->step != WF_NONE)
		wf_core_abandon(c, t->step);
	t->step = WF_NONE;
	t->done = true;
	t->outcome = (uint8_t)outcome;
	t->pc = error && t->error_step != WF_NONE ? wf_group_restart_pc(c, t, t->error_step) : 0;
	g->running--;
	if (error)
		g->failed++;
	else
		g->succeeded++;
	if (error && g->failed_first == WF_NONE)
		g->failed_first = t->item != WF_NONE ? t->item : member;
	touch(c, group);
	wf_group_keep_result(c, group, member, error);
	note_branch(c, group, member, outcome);
	uint32_t thread = c->thread;
	look_at_end(c, group, member, error);
	c->yields = c->thread == thread && !wf_core_thread(c)->done;
	json_decref(error);
}

void wf_core_member_end(struct wf_core *c, const struct wf_insn *insn)
{
	(void)insn;
	end_member(c, WF_OUTCOME_SUCCEEDED, NULL);
}

void wf_core_fail_member(struct wf_core *c, json_t *error)
{
	end_member(c, WF_OUTCOME_FAILED, error);
}
