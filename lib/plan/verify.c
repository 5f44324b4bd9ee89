/*
 * The verifier: what a plan must be before the interpreter trusts it, whoever wrote it.
 *
 *   tables    every index is in its table, every number in its range, reserved fields are zero,
 *             constants have the types that their places want
 *   operands  of each instruction, by the format that opcodes.def gives it
 *   flow      control code begins at the entry, at each step's `enter` and where its failure is
 *             handled, with an empty stack; a body (of `each`, and those in the plan's list but
 *             of notifications) begins with an empty stack and ends in `return` with its value.
 *             From there on the stack has one known depth before every instruction, never less
 *             than it takes, and exactly that before a control instruction; nothing runs off the
 *             end. Bodies are pure and share no code with control code.
 *   sides     the code of a notification or compensation is control code that shares nothing with
 *             the main one. It begins with an `enter`, ends in `halt` and in nothing else, and the
 *             failures of its steps are handled in it, but for that of a compensation
 *   groups    each member's code, and the workflow's handler of its failure, is control code that
 *             shares nothing with any other. A member ends in its group's `member.end` or in a
 *             failure, the handler in `rethrow`; a group is forked only where it says it lies, and
 *             the steps of a member's code are those that say so too
 *   loops     a body never jumps back, control code jumps back only to an `enter`, which counts its
 *             visits; a body of `each` stands behind it, so that bodies cannot recurse
 *   room      bodies nested in one another need no more than WF_MAX_STACK operands together, and
 *             nest no deeper than WF_MAX_EXPR_DEPTH
 *
 * Code that nothing leads to is held to the same rules, as if a thread began there.
 */
#include "plan/internal.h"

#include "base/limits.h"
#include "base/mem.h"
#include "query/query.h"

#include <stdlib.h>
#include <string.h>

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

/* -- tables -- */

static bool is_string(const struct wf_plan *p, uint32_t index)
{
	return index < p->string_count;
}

static bool is_string_or_none(const struct wf_plan *p, uint32_t index)
{
	return index == WF_NONE || is_string(p, index);
}

/* Whether the constant is none, or one of the two types. */
static bool is_const_of(const struct wf_plan *p, uint32_t index, bool boolean_too)
{
	if (index == WF_NONE)
		return true;
	if (index >= p->const_count)
		return false;
	return json_is_object(p->consts[index]) ||
		(boolean_too && json_is_boolean(p->consts[index]));
}

static int check_workflow(const struct wf_plan *p, struct wf_cause *cause)
{
	const struct {
		const char *name;
		bool good;
	} rules[] = {
		{"id", is_string(p, p->workflow) && p->strings[p->workflow][0] &&
				strlen(p->strings[p->workflow]) <= WF_MAX_ID},
		{"version", is_string_or_none(p, p->version)},
		{"name", is_string_or_none(p, p->name)},
		{"description", is_string_or_none(p, p->description)},
		{"source name", is_string_or_none(p, p->source_name)},
		{"input schema", is_const_of(p, p->input_schema, true)},
		{"output schema", is_const_of(p, p->output_schema, true)},
		{"vars", is_const_of(p, p->vars, false)},
		{"extra", is_const_of(p, p->extra, false)},
		{"entry", p->entry_pc < p->code_count},
		{"timeout", p->timeout_ms <= WF_PLAN_MAX_SPAN},
		{"failure instruction", p->failure_pc == WF_NONE || p->failure_pc < p->code_count},
		{"number of steps", p->step_count <= WF_MAX_STEPS},
		{"number of instructions", p->code_count <= WF_MAX_CODE},
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!rules[i].good)
			return wf_fail(cause, WF_ECORRUPT, "plan: workflow: its %s is not valid",
				rules[i].name);
	return 0;
}

static bool retry_good(const struct wf_retry *r)
{
	uint32_t known = (UINT32_C(1) << WF_ERROR_COUNT_) - 1;
	return r->max_attempts >= 1 && r->max_attempts <= WF_MAX_ATTEMPTS &&
		r->initial_ms <= WF_PLAN_MAX_SPAN && r->max_ms <= WF_PLAN_MAX_SPAN &&
		r->coefficient_milli <= WF_PLAN_MAX_COEFFICIENT &&
		(r->backoff != WF_BACKOFF_EXPONENTIAL || r->coefficient_milli >= 1000) &&
		r->jitter_milli <= 1000 && !(r->on_types & ~known) && !(r->except_types & ~known);
}

static bool enter_good(const struct wf_plan *p, uint32_t step)
{
	uint32_t pc = p->steps[step].enter_pc;
	return pc < p->code_count && p->code[pc].op == WF_OP_ENTER && p->code[pc].c == step;
}

static bool step_id_good(const struct wf_plan *p, uint32_t id)
{
	return is_string(p, id) && p->strings[id][0] && strlen(p->strings[id]) <= WF_MAX_ID;
}

static bool is_step_or_none(const struct wf_plan *p, uint32_t step)
{
	return step == WF_NONE || step < p->step_count;
}

static int check_step(const struct wf_plan *p, uint32_t index, struct wf_cause *cause)
{
	const struct wf_plan_step *s = &p->steps[index];
	const struct {
		const char *name;
		bool good;
	} rules[] = {
		{"id", step_id_good(p, s->id)},
		{"name", is_string_or_none(p, s->name)},
		{"action", s->action < WF_ACT_COUNT_},
		{"on_crash", s->on_crash <= WF_ON_CRASH_ASK},
		{"backoff", s->retry.backoff <= WF_BACKOFF_EXPONENTIAL},
		{"retry", retry_good(&s->retry)},
		{"timeout", s->timeout_ms <= WF_PLAN_MAX_SPAN},
		{"deadline", s->deadline_ms <= WF_PLAN_MAX_SPAN},
		{"max_visits", s->max_visits >= 1 && s->max_visits <= WF_MAX_VISITS},
		{"enter instruction", enter_good(p, index)},
		{"failure instruction", s->fail_pc == WF_NONE || s->fail_pc < p->code_count},
		{"origin", s->origin < p->step_count && p->steps[s->origin].origin == s->origin},
		{"member", wf_plan_has_member(p, s->group, s->member)},
		{"compensation", is_step_or_none(p, s->compensation) && s->compensation != index},
		{"action's name", is_string_or_none(p, s->action_name)},
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!rules[i].good)
			return wf_fail(cause, WF_ECORRUPT, "plan: step %u: its %s is not valid",
				index, rules[i].name);
	return 0;
}

static int check_steps(const struct wf_plan *p, struct wf_cause *cause)
{
	WF_AUTOFREE uint8_t *taken = wf_calloc(p->string_count, 1);
	for (uint32_t i = 0; i < p->step_count; i++) {
		int err = check_step(p, i, cause);
		if (err)
			return err;
		if (taken[p->steps[i].id]++)
			return wf_fail(cause, WF_ECORRUPT, "plan: step %u: its id %s is taken", i,
				p->strings[p->steps[i].id]);
	}
	return 0;
}

static bool body_owner_good(const struct wf_plan *p, const struct wf_plan_body *body)
{
	const json_t *extra = p->extra == WF_NONE ? NULL : p->consts[p->extra];
	const uint32_t counts[] = {
		[WF_BODY_OF_PLAN] = 1,
		[WF_BODY_OF_STEP] = p->step_count,
		[WF_BODY_OF_TRIGGER] = (uint32_t)json_array_size(json_object_get(extra, "triggers")),
	};
	return body->of < counts[wf_body_of[body->kind]];
}

/* Whether it is control code, which a side thread runs. */
static bool is_side(enum wf_body_kind kind)
{
	return kind == WF_BODY_NOTIFY || kind == WF_BODY_COMPENSATE;
}

static int check_bodies(const struct wf_plan *p, struct wf_cause *cause)
{
	for (uint32_t i = 0; i < p->body_count; i++) {
		const struct wf_plan_body *body = &p->bodies[i];
		if (body->kind >= WF_BODY_KIND_COUNT_ || body->pc >= p->code_count ||
			!body_owner_good(p, body))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: body %u is of what is not there, or begins nowhere", i);
		if ((is_side(body->kind) && p->code[body->pc].op != WF_OP_ENTER) ||
			(!wf_body_numbered(body->kind) && body->index != 0))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: body %u is not numbered or does not begin as its kind must",
				i);
		if (i && wf_plan_compare_bodies(&p->bodies[i - 1], body) >= 0)
			return wf_fail(cause, WF_ECORRUPT, "plan: body %u is out of order", i);
	}
	return 0;
}

static int check_drawing(const struct wf_plan *p, struct wf_cause *cause)
{
	for (uint32_t i = 0; i < p->edge_count; i++) {
		const struct wf_plan_edge *e = &p->edges[i];
		if ((e->from != WF_NONE && e->from >= p->step_count) ||
			(e->to != WF_NONE && e->to >= p->step_count) ||
			!is_string_or_none(p, e->label) ||
			(e->pc != WF_NONE && e->pc >= p->code_count))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: edge %u names a step, string or instruction that is not there",
				i);
	}
	for (uint32_t i = 0; i < p->loc_count; i++)
		if (p->locs[i].pc >= p->code_count || (i && p->locs[i].pc <= p->locs[i - 1].pc))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: place %u is of instruction %u, out of order or range", i,
				p->locs[i].pc);
	return 0;
}

/* -- operands -- */

static bool any(const struct wf_plan *p, const struct wf_insn *i)
{
	(void)p;
	return i->a == 0 && i->c == 0;
}

static bool const_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a == 0 && i->c < p->const_count;
}

static bool name_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a == 0 && i->c < p->string_count;
}

static bool step_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a == 0 && i->c < p->step_count;
}

static bool target_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a == 0 && i->c < p->code_count;
}

static bool count_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	(void)p;
	return i->a == 0 && i->c <= WF_MAX_STACK;
}

static bool root_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	const uint32_t bindable = UINT32_C(1) << WF_ROOT_ITEM | UINT32_C(1) << WF_ROOT_INDEX |
		UINT32_C(1) << WF_ROOT_INPUT | UINT32_C(1) << WF_ROOT_OUTPUT |
		UINT32_C(1) << WF_ROOT_ERROR;
	(void)p;
	if (i->c || i->a >= WF_ROOT_COUNT_)
		return false;
	return i->op == WF_OP_ROOT || (bindable >> i->a & 1);
}

static bool call_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	(void)p;
	return i->c < WF_FN_COUNT_ && i->a >= wf_functions[i->c].min_args &&
		i->a <= wf_functions[i->c].max_args;
}

static bool part_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a < WF_PART_COUNT_ && i->c < p->step_count;
}

static bool each_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a < WF_EACH_COUNT_ && i->c < p->code_count && &p->code[i->c] > i;
}

static bool result_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a <= 1 && i->c < p->string_count;
}

/* `item` and `item.index` are of a foreach. */
static bool group_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	if (i->a || i->c >= p->group_count)
		return false;
	return (i->op != WF_OP_ITEM && i->op != WF_OP_ITEMINDEX) ||
		p->groups[i->c].kind == WF_GROUP_FOREACH;
}

/* Whether the text is a query is seen when it is parsed. */
static bool query_operand(const struct wf_plan *p, const struct wf_insn *i)
{
	return i->a < WF_QUERY_LANGUAGE_COUNT_ && i->c < p->string_count;
}

static bool (*const operand_rules[])(const struct wf_plan *, const struct wf_insn *) = {
	[WF_FORMAT_NONE] = any,
	[WF_FORMAT_CONST] = const_operand,
	[WF_FORMAT_NAME] = name_operand,
	[WF_FORMAT_STEP] = step_operand,
	[WF_FORMAT_TARGET] = target_operand,
	[WF_FORMAT_COUNT] = count_operand,
	[WF_FORMAT_ROOT] = root_operand,
	[WF_FORMAT_CALL] = call_operand,
	[WF_FORMAT_STEPPART] = part_operand,
	[WF_FORMAT_EACH] = each_operand,
	[WF_FORMAT_RESULT] = result_operand,
	[WF_FORMAT_GROUP] = group_operand,
	[WF_FORMAT_QUERY] = query_operand,
};

static int fail_at(struct flow *f, uint32_t pc, const char *what)
{
	uint8_t op = f->plan->code[pc].op;
	return wf_fail(f->cause, WF_ECORRUPT, "plan: instruction %u (%s): %s", pc,
		op < WF_OP_COUNT_ ? wf_ops[op].mnemonic : "?", what);
}

static int check_operands(struct flow *f)
{
	WF_AUTOFREE uint8_t *forked = wf_calloc(f->plan->group_count, 1);
	for (uint32_t pc = 0; pc < f->plan->code_count; pc++) {
		const struct wf_insn *i = &f->plan->code[pc];
		if (i->op >= WF_OP_COUNT_)
			return fail_at(f, pc, "no such opcode");
		if (i->b)
			return fail_at(f, pc, "a reserved field is set");
		if (!operand_rules[wf_ops[i->op].format](f->plan, i))
			return fail_at(f, pc, "an operand is out of its range");
		if (i->op == WF_OP_FORK && forked[i->c]++)
			return fail_at(f, pc, "forks a group that is forked elsewhere");
	}
	return 0;
}

/* -- flow -- */

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
			is_side(p->bodies[i].kind) ? MODE_SIDE : MODE_BODY);
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

static int check_code(const struct wf_plan *p, struct wf_cause *cause)
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
	int err = check_operands(&f);
	if (!err)
		err = follow_roots(&f);
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

int wf_plan_verify(const struct wf_plan *plan, struct wf_cause *cause)
{
	int err = check_workflow(plan, cause);
	if (!err)
		err = wf_plan_check_groups(plan, cause);
	if (!err)
		err = check_steps(plan, cause);
	if (!err)
		err = check_drawing(plan, cause);
	if (!err)
		err = check_bodies(plan, cause);
	return err ? err : check_code(plan, cause);
}
