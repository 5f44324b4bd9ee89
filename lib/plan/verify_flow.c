/*
 * The verifier's part about the code's flow (verify.c): which thread or body each instruction is part
 * of, how many operands there are before it, and how much room its bodies need.
 */
#include "plan/internal.h"

#include "base/limits.h"
#include "base/mem.h"

/* From MODE_MEMBER on: the code of that member. */
enum mode { MODE_UNSEEN, MODE_CONTROL, MODE_SIDE, MODE_BODY, MODE_HANDLER, MODE_MEMBER };

struct flow {
	const struct wf_plan *plan;
	struct wf_cause *cause;
	int16_t *depth;   /* operands before each instruction */
	uint32_t *mode;   /* enum mode, and the member */
	uint32_t *todo;   /* instructions seen, their successors not yet */
	uint32_t todo_count, todo_room;
	uint32_t *group_of; /* each member's group */
	bool *undoes;     /* the step is another's compensation */
};

static int fail_at(struct flow *f, uint32_t pc, const char *what)
{
	return wf_plan_fail_at(f->plan, pc, what, f->cause);
}

uint32_t wf_insn_pops(const struct wf_insn *insn)
{
	if (wf_ops[insn->op].pops != WF_VARIES)
		return (uint32_t)wf_ops[insn->op].pops;
	if (wf_ops[insn->op].format == WF_FORMAT_CALL)
		return insn->a;
	return insn->op == WF_OP_MAP ? insn->c * 2 : insn->c;
}

uint32_t wf_insn_pushes(const struct wf_insn *insn)
{
	return (uint32_t)wf_ops[insn->op].pushes;
}

/* Whether the next instruction may follow. */
static bool falls_through(const struct wf_insn *i)
{
	return i->op != WF_OP_JUMP && i->op != WF_OP_RETURN && i->op != WF_OP_RERAISE &&
		i->op != WF_OP_RAISE && i->op != WF_OP_FINISH && i->op != WF_OP_HALT &&
		i->op != WF_OP_MEMBEREND && i->op != WF_OP_RETHROW;
}

static int arrive(struct flow *f, uint32_t from, uint32_t pc, uint32_t depth, uint32_t mode)
{
	if (pc >= f->plan->code_count)
		return fail_at(f, from, "runs off the end of the code");
	if (f->mode[pc] == MODE_UNSEEN) {
		f->mode[pc] = mode;
		f->depth[pc] = (int16_t)depth;
		WF_GROW(f->todo, f->todo_count, f->todo_room);
		f->todo[f->todo_count++] = pc;
		return 0;
	}
	if (f->mode[pc] != mode)
		return fail_at(f, pc, mode != MODE_BODY && f->mode[pc] != MODE_BODY
				? "is part of two flows that share nothing"
				: "is part of a body and of control code");
	if (f->depth[pc] != (int16_t)depth)
		return fail_at(f, pc, "is reached with different stack depths");
	return 0;
}

/* What ends a thread of another kind. */
static bool ends_wrongly(uint32_t mode, uint8_t op)
{
	switch (op) {
	case WF_OP_HALT:
		return mode != MODE_SIDE;
	case WF_OP_FINISH:
		return mode != MODE_CONTROL;
	case WF_OP_RETHROW:
		return mode != MODE_HANDLER;
	case WF_OP_MEMBEREND:
		return mode < MODE_MEMBER;
	case WF_OP_RERAISE:
	case WF_OP_RAISE:
		return mode == MODE_SIDE;
	default:
		return false;
	}
}

/* The member whose code it is; none: *ret_group is WF_NONE. */
static void place_of(const struct flow *f, uint32_t mode, uint32_t *ret_group, uint32_t *ret_member)
{
	*ret_group = *ret_member = WF_NONE;
	if (mode < MODE_MEMBER)
		return;
	*ret_group = f->group_of[mode - MODE_MEMBER];
	*ret_member = mode - MODE_MEMBER - f->plan->groups[*ret_group].first_member;
}

/* Whether what the instruction names lies where the instruction does. */
static bool out_of_place(const struct flow *f, uint32_t mode, const struct wf_insn *i)
{
	const struct wf_plan *p = f->plan;
	uint32_t group, member;
	place_of(f, mode, &group, &member);
	if (i->op == WF_OP_FORK)
		return p->groups[i->c].parent != group || p->groups[i->c].parent_member != member ||
			mode == MODE_SIDE;
	if (i->op == WF_OP_MEMBEREND)
		return i->c != group;
	return wf_ops[i->op].format == WF_FORMAT_STEP && mode != MODE_SIDE &&
		(p->steps[i->c].group != group || p->steps[i->c].member != member);
}

static int check_kind(struct flow *f, uint32_t pc, uint32_t depth, uint32_t pops)
{
	const struct wf_insn *i = &f->plan->code[pc];
	bool body = f->mode[pc] == MODE_BODY;
	if (depth < pops)
		return fail_at(f, pc, "takes more than the stack holds");
	if (wf_ops[i->op].kind == WF_KIND_CONTROL && body)
		return fail_at(f, pc, "moves a thread inside a body");
	if (wf_ops[i->op].kind == WF_KIND_CONTROL && depth != pops)
		return fail_at(f, pc, "leaves operands on the stack where a thread may rest");
	if (ends_wrongly(f->mode[pc], i->op))
		return fail_at(f, pc, "ends a thread of another kind");
	if (wf_ops[i->op].kind == WF_KIND_CONTROL && out_of_place(f, f->mode[pc], i))
		return fail_at(f, pc, "is of a step or group that does not lie here");
	if (i->op == WF_OP_RETURN && !body)
		return fail_at(f, pc, "returns outside a body");
	if (i->op == WF_OP_RETURN && depth != 1)
		return fail_at(f, pc, "returns with more than its value on the stack");
	return 0;
}

static int follow(struct flow *f, uint32_t pc)
{
	const struct wf_insn *i = &f->plan->code[pc];
	uint32_t mode = f->mode[pc];
	uint32_t depth = (uint32_t)f->depth[pc], pops = wf_insn_pops(i);
	int err = check_kind(f, pc, depth, pops);
	if (err)
		return err;
	uint32_t after = depth - pops + wf_insn_pushes(i);
	if (after > WF_MAX_STACK)
		return fail_at(f, pc, "fills the stack over its limit");
	if (i->op == WF_OP_EACH)
		err = arrive(f, pc, i->c, 0, MODE_BODY);
	else if (wf_ops[i->op].format == WF_FORMAT_TARGET) {
		if (i->c <= pc && mode == MODE_BODY)
			return fail_at(f, pc, "jumps back inside a body");
		if (i->c <= pc && f->plan->code[i->c].op != WF_OP_ENTER)
			return fail_at(f, pc, "jumps back to what is no `enter`");
		err = arrive(f, pc, i->c, after, mode);
	}
	if (!err && falls_through(i))
		err = arrive(f, pc, pc + 1, after, mode);
	return err;
}

static int follow_from(struct flow *f, uint32_t pc, uint32_t mode)
{
	int err = arrive(f, pc, pc, 0, mode);
	while (!err && f->todo_count)
		err = follow(f, f->todo[--f->todo_count]);
	return err;
}

static int follow_step(struct flow *f, const struct wf_plan_step *s)
{
	uint32_t mode = f->mode[s->enter_pc];
	if (mode == MODE_UNSEEN)
		mode = s->group == WF_NONE ? MODE_CONTROL
			: MODE_MEMBER + f->plan->groups[s->group].first_member + s->member;
	int err = follow_from(f, s->enter_pc, mode);
	if (!err && s->fail_pc != WF_NONE)
		return follow_from(f, s->fail_pc, mode);
	if (!err && mode == MODE_SIDE && !f->undoes[f->plan->code[s->enter_pc].c])
		return fail_at(f, s->enter_pc, "begins a step of a notification whose failure is "
			"not handled");
	return err;
}

static int follow_roots(struct flow *f)
{
	const struct wf_plan *p = f->plan;
	int err = follow_from(f, p->entry_pc, MODE_CONTROL);
	if (!err && p->failure_pc != WF_NONE)
		err = follow_from(f, p->failure_pc, MODE_HANDLER);
	for (uint32_t i = 0; i < p->member_count && !err; i++)
		err = follow_from(f, p->members[i].pc, MODE_MEMBER + i);
	for (uint32_t i = 0; i < p->body_count && !err; i++)
		err = follow_from(f, p->bodies[i].pc,
			wf_body_is_side(p->bodies[i].kind) ? MODE_SIDE : MODE_BODY);
	for (uint32_t i = 0; i < p->step_count && !err; i++)
		err = follow_step(f, &p->steps[i]);
	return err;
}

/* The flow that a control instruction which nothing leads to belongs to, when `next` is that of what
 * stands behind it. */
static uint32_t guess_control(const struct flow *f, uint32_t next, const struct wf_insn *i)
{
	const struct wf_plan_step *s =
		wf_ops[i->op].format == WF_FORMAT_STEP ? &f->plan->steps[i->c] : NULL;
	uint32_t group = s ? s->group : WF_NONE, member = s ? s->member : WF_NONE;
	if (i->op == WF_OP_FORK) {
		group = f->plan->groups[i->c].parent;
		member = f->plan->groups[i->c].parent_member;
	}
	if (next != MODE_SIDE && group != WF_NONE)
		return MODE_MEMBER + f->plan->groups[group].first_member + member;
	if (i->op == WF_OP_MEMBEREND && (next < MODE_MEMBER ||
			f->group_of[next - MODE_MEMBER] != i->c))
		return MODE_MEMBER + f->plan->groups[i->c].first_member;
	return next == MODE_BODY || ends_wrongly(next, i->op) ? MODE_CONTROL : next;
}

/* What nothing leads to: a body when a `return` comes before the next control instruction, a
 * notification's when a `halt` comes before what ends the instance. */
static int follow_the_rest(struct flow *f)
{
	uint32_t count = f->plan->code_count;
	WF_AUTOFREE uint32_t *guess = wf_calloc(count, sizeof(*guess));
	uint32_t next = MODE_CONTROL;
	for (uint32_t pc = count; pc-- > 0;) {
		const struct wf_insn *i = &f->plan->code[pc];
		if (i->op == WF_OP_RETURN)
			next = MODE_BODY;
		else if (i->op == WF_OP_HALT)
			next = MODE_SIDE;
		else if (i->op == WF_OP_RETHROW)
			next = MODE_HANDLER;
		else if (wf_ops[i->op].kind == WF_KIND_CONTROL)
			next = guess_control(f, next, i);
		guess[pc] = next;
	}
	int err = 0;
	for (uint32_t pc = 0; pc < count && !err; pc++)
		if (f->mode[pc] == MODE_UNSEEN)
			err = follow_from(f, pc, guess[pc]);
	return err;
}

/* -- room: from the end to the start, since what a body leads to stands behind it -- */

struct need {
	uint16_t stack; /* most operands from here to the body's end, nested bodies with theirs */
	uint16_t nest;  /* bodies nested in one another */
};

static void include(struct need *n, const struct need *other, uint32_t below, uint32_t nest)
{
	uint32_t stack = other->stack + below;
	if (stack > WF_MAX_STACK + 1)
		stack = WF_MAX_STACK + 1;
	if (stack > n->stack)
		n->stack = (uint16_t)stack;
	if (other->nest + nest > n->nest)
		n->nest = (uint16_t)(other->nest + nest);
}

static int check_room(struct flow *f)
{
	const struct wf_plan *p = f->plan;
	WF_AUTOFREE struct need *needs = wf_calloc(p->code_count, sizeof(*needs));
	for (uint32_t pc = p->code_count; pc-- > 0;) {
		const struct wf_insn *i = &p->code[pc];
		struct need *need = &needs[pc];
		uint32_t depth = (uint32_t)f->depth[pc];
		uint32_t after = depth - wf_insn_pops(i) + wf_insn_pushes(i);
		need->stack = (uint16_t)(after > depth ? after : depth);
		if (i->op == WF_OP_EACH)
			include(need, &needs[i->c], depth - 1, 1);
		if (need->stack > WF_MAX_STACK)
			return fail_at(f, pc, "needs more stack than there is, with its bodies");
		if (need->nest > WF_MAX_EXPR_DEPTH)
			return fail_at(f, pc, "nests its bodies too deep");
		if (f->mode[pc] != MODE_BODY)
			continue;
		if (wf_ops[i->op].format == WF_FORMAT_TARGET)
			include(need, &needs[i->c], 0, 0);
		if (falls_through(i))
			include(need, &needs[pc + 1], 0, 0);
	}
	return 0;
}

int wf_plan_check_flow(const struct wf_plan *p, struct wf_cause *cause)
{
	struct flow f = {
		.plan = p,
		.cause = cause,
		.depth = wf_calloc(p->code_count, sizeof(int16_t)),
		.mode = wf_calloc(p->code_count, sizeof(uint32_t)),
		.group_of = wf_calloc(p->member_count, sizeof(uint32_t)),
		.undoes = wf_calloc(p->step_count, sizeof(bool)),
	};
	for (uint32_t g = 0; g < p->group_count; g++)
		for (uint32_t i = 0; i < p->groups[g].member_count; i++)
			f.group_of[p->groups[g].first_member + i] = g;
	for (uint32_t i = 0; i < p->step_count; i++)
		if (p->steps[i].compensation != WF_NONE)
			f.undoes[p->steps[i].compensation] = true;
	int err = follow_roots(&f);
	if (!err)
		err = follow_the_rest(&f);
	if (!err)
		err = check_room(&f);
	wf_free(f.depth);
	wf_free(f.mode);
	wf_free(f.group_of);
	wf_free(f.undoes);
	wf_free(f.todo);
	return err;
}
