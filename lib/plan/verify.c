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

int wf_plan_fail_at(const struct wf_plan *p, uint32_t pc, const char *what, struct wf_cause *cause)
{
	uint8_t op = p->code[pc].op;
	return wf_fail(cause, WF_ECORRUPT, "plan: instruction %u (%s): %s", pc,
		op < WF_OP_COUNT_ ? wf_ops[op].mnemonic : "?", what);
}

static int check_operands(const struct wf_plan *p, struct wf_cause *cause)
{
	WF_AUTOFREE uint8_t *forked = wf_calloc(p->group_count, 1);
	for (uint32_t pc = 0; pc < p->code_count; pc++) {
		const struct wf_insn *i = &p->code[pc];
		if (i->op >= WF_OP_COUNT_)
			return wf_plan_fail_at(p, pc, "no such opcode", cause);
		if (i->b)
			return wf_plan_fail_at(p, pc, "a reserved field is set", cause);
		if (!operand_rules[wf_ops[i->op].format](p, i))
			return wf_plan_fail_at(p, pc, "an operand is out of its range", cause);
		if (i->op == WF_OP_FORK && forked[i->c]++)
			return wf_plan_fail_at(p, pc, "forks a group that is forked elsewhere", cause);
	}
	return 0;
}

int wf_plan_verify(const struct wf_plan *plan, struct wf_cause *cause)
{
	int err = wf_plan_check_tables(plan, cause);
	if (!err)
		err = check_operands(plan, cause);
	return err ? err : wf_plan_check_flow(plan, cause);
}
