/* Which steps a flow may come to. */
#include "base/mem.h"
#include "engine/core.h"

struct walk {
	const struct wf_plan *plan;
	bool *seen;          /* by instruction */
	bool *steps;
	uint32_t *todo;
	uint32_t count, room;
};

static void go(struct walk *w, uint32_t pc)
{
	if (pc == WF_NONE || pc >= w->plan->code_count || w->seen[pc])
		return;
	w->seen[pc] = true;
	WF_GROW(w->todo, w->count, w->room);
	w->todo[w->count++] = pc;
}

static bool ends(enum wf_opcode op)
{
	return op == WF_OP_JUMP || op == WF_OP_RETURN || op == WF_OP_RERAISE || op == WF_OP_RAISE ||
		op == WF_OP_FINISH || op == WF_OP_HALT || op == WF_OP_RETHROW ||
		op == WF_OP_MEMBEREND;
}

static void visit(struct walk *w, uint32_t pc)
{
	const struct wf_insn *i = &w->plan->code[pc];
	if (i->op == WF_OP_ENTER) {
		w->steps[i->c] = true;
		go(w, w->plan->steps[i->c].fail_pc);
	}
	if (wf_ops[i->op].format == WF_FORMAT_TARGET)
		go(w, i->c);
	for (uint32_t k = 0; i->op == WF_OP_FORK && k < w->plan->groups[i->c].member_count; k++)
		go(w, w->plan->members[w->plan->groups[i->c].first_member + k].pc);
	if (!ends((enum wf_opcode)i->op))
		go(w, pc + 1);
}

static void walk(struct walk *w)
{
	for (uint32_t i = 0; i < w->plan->step_count; i++)
		w->steps[i] = false;
	while (w->count)
		visit(w, w->todo[--w->count]);
	wf_free(w->seen);
	wf_free(w->todo);
}

static struct walk walk_of(const struct wf_plan *plan, bool *ret_steps)
{
	size_t room = plan->code_count ? plan->code_count : 1;
	return (struct walk){.plan = plan, .steps = ret_steps, .seen = wf_calloc(room, 1)};
}

void wf_engine_reach(const struct wf_plan *plan, uint32_t from, bool *ret_steps)
{
	struct walk w = walk_of(plan, ret_steps);
	go(&w, from < plan->step_count ? plan->steps[from].enter_pc : plan->entry_pc);
	walk(&w);
}

void wf_core_reach_pc(const struct wf_plan *plan, uint32_t pc, bool *ret_steps)
{
	struct walk w = walk_of(plan, ret_steps);
	go(&w, pc);
	walk(&w);
}

void wf_core_side_steps(const struct wf_plan *plan, bool *ret_steps)
{
	struct walk w = walk_of(plan, ret_steps);
	for (uint32_t i = 0; i < plan->body_count; i++)
		if (plan->bodies[i].kind == WF_BODY_NOTIFY || plan->bodies[i].kind == WF_BODY_COMPENSATE)
			go(&w, plan->bodies[i].pc);
	walk(&w);
}

void wf_core_handler_steps(const struct wf_plan *plan, bool *ret_steps)
{
	struct walk w = walk_of(plan, ret_steps);
	go(&w, plan->failure_pc);
	walk(&w);
}
