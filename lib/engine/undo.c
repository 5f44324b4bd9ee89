/*
 * Undoing: entries of what was done, which of them may be undone now, and the threads that do it.
 *
 * Each completion of a step that has a compensation leaves an entry with the compensation's input. They
 * are undone from the last to the first, each by a thread of its own. Of two entries the earlier one waits
 * for the later one, unless they are of different members of one group that was begun once for both, and
 * neither depends on the other: what went side by side is undone side by side. No more than AT_ONCE are
 * in hand, and none is looked for further than WINDOW before the last that is not done, so that a long
 * log costs what a short one does.
 */
#include "base/mem.h"
#include "engine/core.h"
#include "engine/vm_core.h"

#define AT_ONCE 16u
#define WINDOW 32u
#define MOST_A_TURN 1000u    /* begun in one turn: its transaction stays small */

bool wf_core_undoes(const struct wf_core *c)
{
	const struct wf_thread *t = wf_core_thread(c);
	return c->thread && !t->done && t->group == WF_NONE && t->item < c->in->undo_count;
}

/* -- entries -- */

/* The item that the thread in hand has of the innermost foreach around it. */
static uint32_t item_in_hand(const struct wf_core *c)
{
	for (uint32_t i = c->thread; i < c->in->thread_count; i = c->in->threads[i].parent) {
		const struct wf_thread *t = &c->in->threads[i];
		if (t->group != WF_NONE && c->plan->groups[t->group].kind == WF_GROUP_FOREACH)
			return t->item;
	}
	return WF_NONE;
}

/* The compensation's input, new; NULL and *ret_error where it cannot be told. */
static json_t *undo_input(struct wf_core *c, uint32_t step, json_t **ret_error)
{
	uint32_t pc = wf_plan_find_body(c->plan, WF_BODY_UNDO_INPUT, step, 0);
	json_t *value = NULL;
	if (pc == WF_NONE)
		return NULL;
	WF_AUTOFREE struct wf_vm *vm = wf_alloc(sizeof(*vm));
	wf_vm_init(vm, c->plan, c->in, c->event->at, c->event->random);
	vm->thread = c->thread;
	vm->uuid_count = c->vm.uuid_count;
	vm->executed = c->vm.executed;
	wf_vm_bind(vm, WF_ROOT_OUTPUT, c->in->steps[step].output);
	if (wf_vm_run(vm, &pc)) {
		const struct wf_failure *f = &vm->failure;
		*ret_error = wf_core_error(f->type, f->code, f->message ? f->message : "");
	} else {
		value = wf_vm_pop(vm);
		if (wf_core_too_large(value, "the compensation's input", ret_error)) {
			json_decref(value);
			value = NULL;
		}
	}
	c->vm.uuid_count = vm->uuid_count;
	wf_vm_done(vm);
	return value;
}

void wf_core_keep_undo(struct wf_core *c, uint32_t step)
{
	json_t *error = NULL;
	/* what the handler of a failure does stays */
	if (c->plan->steps[step].compensation == WF_NONE || c->in->unwind != WF_UNWIND_NONE)
		return;
	json_t *input = undo_input(c, step, &error);
	(void)wf_instance_add_undo(c->in, step, item_in_hand(c), input, error);
}

void wf_core_tell_undo_again(struct wf_core *c, uint32_t number)
{
	struct wf_undo *u = &c->in->undo[number];
	json_t *error = NULL;
	if (u->step >= c->plan->step_count)
		return;
	json_t *input = undo_input(c, u->step, &error);
	if (error && u->input) { /* what it was before is better than nothing */
		json_decref(error);
		return;
	}
	json_decref(u->input);
	json_decref(u->error);
	u->input = input;
	u->error = error;
	wf_instance_touch_undo(c->in, number);
}

/* What became of the step itself: it stays as it is where its last visit did not complete, or another of its
 * completions is not undone yet. */
static void mark_step(struct wf_core *c, uint32_t step, bool undone)
{
	struct wf_step_state *s = &c->in->steps[step];
	bool whole = s->undos == 0 || !undone;
	if (!whole || (s->status != WF_STEP_COMPLETED && s->status != WF_STEP_COMPENSATION_FAILED)) {
		wf_core_note(c, WF_TRANS_UNDONE, step, !undone);
		return;
	}
	s->status = undone ? WF_STEP_COMPENSATED : WF_STEP_COMPENSATION_FAILED;
	wf_instance_touch(c->in, step);
	wf_core_note(c, WF_TRANS_STEP_STATUS, step, s->status);
}

static void entry_failed(struct wf_core *c, uint32_t number, json_t *error)
{
	struct wf_undo *u = &c->in->undo[number];
	json_decref(u->error);
	u->error = error;
	u->status = WF_UNDO_FAILED;
	wf_instance_touch_undo(c->in, number);
	if (u->step < c->in->step_count)
		mark_step(c, u->step, false);
}

void wf_core_undo_failed(struct wf_core *c, json_t *error)
{
	uint32_t number = wf_core_thread(c)->item;
	wf_core_halt(c);
	entry_failed(c, number, error);
}

void wf_core_undo_done(struct wf_core *c)
{
	uint32_t number = wf_core_thread(c)->item;
	struct wf_undo *u = &c->in->undo[number];
	json_decref(u->input);
	json_decref(u->error);
	u->input = u->error = NULL;
	u->status = WF_UNDO_DONE;
	wf_instance_touch_undo(c->in, number);
	c->in->steps[u->step].undos--;
	mark_step(c, u->step, true);
}

/* -- which may be undone now -- */

static uint32_t compensation_of(const struct wf_core *c, const struct wf_undo *u)
{
	return u->step < c->plan->step_count ? c->plan->steps[u->step].compensation : WF_NONE;
}

/* Whether the later of two entries, of different members of a group, may have depended on the earlier one:
 * branches and lanes never do; of a list with dependencies what began before the other completed did not. */
static bool depended(const struct wf_core *c, uint32_t group, uint32_t earlier, uint32_t later)
{
	return c->plan->groups[group].kind == WF_GROUP_DAG &&
		c->in->undo[later].began >= c->in->undo[earlier].at;
}

/* Whether two entries, the earlier one first, are of different members of the same begin of a group. */
static bool side_by_side(const struct wf_core *c, uint32_t a, uint32_t b)
{
	const struct wf_plan *p = c->plan;
	uint32_t of_a = c->in->undo[a].step, of_b = c->in->undo[b].step;
	if (of_a >= p->step_count || of_b >= p->step_count)
		return false;
	uint32_t group = p->steps[of_a].group, member = p->steps[of_a].member;
	for (; group != WF_NONE; member = p->groups[group].parent_member, group = p->groups[group].parent) {
		uint32_t g = p->steps[of_b].group, m = p->steps[of_b].member;
		while (g != WF_NONE && g != group) {
			m = p->groups[g].parent_member;
			g = p->groups[g].parent;
		}
		if (g == WF_NONE)
			continue;
		uint64_t floor = group < c->in->group_count ? c->in->groups[group].undo_floor : 0;
		return m != member && a >= floor && b >= floor && !depended(c, group, a, b);
	}
	return false;
}

/* Whether all that must be undone before it is; one step undoes one thing at a time. */
static bool may_begin(const struct wf_core *c, uint32_t number)
{
	const struct wf_instance *in = c->in;
	uint32_t by = compensation_of(c, &in->undo[number]);
	for (uint32_t i = number + 1; i < in->undo_top; i++)
		if (in->undo[i].status != WF_UNDO_DONE &&
			(!side_by_side(c, number, i) || compensation_of(c, &in->undo[i]) == by))
			return false;
	return true;
}

struct look {
	uint32_t next;       /* that may begin; WF_NONE */
	uint32_t in_hand;
	bool failed, left;
};

/* Whatever began and is not done lies in the window: its lower end only goes down. */
static struct look look(struct wf_core *c)
{
	struct wf_instance *in = c->in;
	struct look l = {.next = WF_NONE, .left = wf_core_undo_left(in)};
	uint32_t low = in->undo_top > WINDOW ? in->undo_top - WINDOW : 0;
	for (uint32_t i = in->undo_top; i-- > low;) {
		enum wf_undo_status s = in->undo[i].status;
		l.in_hand += s == WF_UNDO_RUNNING;
		l.failed |= s == WF_UNDO_FAILED;
		if (s == WF_UNDO_WAITING && l.next == WF_NONE && may_begin(c, i))
			l.next = i;
	}
	return l;
}

bool wf_core_undo_left(struct wf_instance *in)
{
	while (in->undo_top && in->undo[in->undo_top - 1].status == WF_UNDO_DONE)
		in->undo_top--;
	return in->undo_top > 0;
}

static void begin_entry(struct wf_core *c, uint32_t number)
{
	struct wf_undo *u = &c->in->undo[number];
	uint32_t pc = u->step < c->plan->step_count
		? wf_plan_find_body(c->plan, WF_BODY_COMPENSATE, u->step, 0) : WF_NONE;
	if (!u->input && u->error) {
		entry_failed(c, number, json_incref(u->error));
	} else if (pc == WF_NONE) {
		entry_failed(c, number, wf_core_error(WF_ERROR_COMPENSATION, "no_compensation",
			"the plan that the instance has now does not say what undoes it"));
	} else {
		json_decref(u->error);
		u->error = NULL;
		u->status = WF_UNDO_RUNNING;
		wf_instance_touch_undo(c->in, number);
		wf_core_fork_undo(c, pc, number);
	}
}

enum wf_undo_progress wf_core_undo_more(struct wf_core *c)
{
	for (uint32_t begun = 0; begun < MOST_A_TURN; begun++) {
		struct look l = look(c);
		if (!l.left)
			return WF_UNDO_ALL_DONE;
		if (l.failed && !l.in_hand)
			return WF_UNDO_CANNOT;
		if (l.failed || l.next == WF_NONE || l.in_hand >= AT_ONCE)
			return WF_UNDO_IN_HAND;
		begin_entry(c, l.next);
	}
	return WF_UNDO_IN_HAND;
}

bool wf_core_undo_ready(const struct wf_instance *in)
{
	if (in->unwind != WF_UNWIND_UNDOING)
		return false;
	for (uint32_t i = 1; i < in->thread_count; i++)
		if (!in->threads[i].done && in->threads[i].group == WF_NONE &&
			in->threads[i].item != WF_NONE)
			return false;
	return true;
}

int wf_vm_undo_input(struct wf_vm *vm, const struct wf_insn *i)
{
	const struct wf_thread *t = &vm->in->threads[vm->thread];
	json_t *input = vm->thread && t->group == WF_NONE && t->item < vm->in->undo_count
		? json_incref(vm->in->undo[t->item].input) : NULL;
	(void)i;
	vm_push(vm, input, outside_height(input));
	return 0;
}
