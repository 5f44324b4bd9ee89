/*
 * An instruction's line in a plan's text (asm.c): its mnemonic, then what its format says.
 */
#include "plan/asm.h"

#include "base/limits.h"
#include "query/query.h"

static int operand_none(struct wf_assembler *a, struct wf_insn *i)
{
	(void)a;
	(void)i;
	return 0;
}

static int operand_const(struct wf_assembler *a, struct wf_insn *i)
{
	return wf_asm_const_index(a, &i->c);
}

static int operand_name(struct wf_assembler *a, struct wf_insn *i)
{
	return wf_asm_string_index(a, &i->c);
}

static int operand_step(struct wf_assembler *a, struct wf_insn *i)
{
	return wf_asm_step(a, &i->c);
}

static int operand_target(struct wf_assembler *a, struct wf_insn *i)
{
	(void)i;
	return wf_asm_label(a, FIX_CODE, a->b.plan.code_count);
}

static int operand_count(struct wf_assembler *a, struct wf_insn *i)
{
	return wf_asm_u32(a, &i->c);
}

static int operand_root(struct wf_assembler *a, struct wf_insn *i)
{
	char name[64];
	int err = wf_asm_name(a, name, sizeof(name));
	if (err)
		return err;
	enum wf_root root = wf_root_find(name);
	i->a = (uint8_t)root;
	return root == WF_ROOT_COUNT_ ? SYNTAX(a, "no root `%s`", name) : 0;
}

static int operand_call(struct wf_assembler *a, struct wf_insn *i)
{
	char name[64];
	uint32_t count = 0;
	int err = wf_asm_name(a, name, sizeof(name));
	if (!err)
		err = wf_asm_u32(a, &count);
	if (err)
		return err;
	i->c = wf_function_find(name);
	i->a = (uint8_t)count;
	if (i->c == WF_FN_COUNT_)
		return SYNTAX(a, "no function `%s`", name);
	return count > UINT8_MAX ? SYNTAX(a, "more than %d arguments", UINT8_MAX) : 0;
}

static int operand_step_part(struct wf_assembler *a, struct wf_insn *i)
{
	const char *names[WF_PART_COUNT_];
	for (unsigned k = 0; k < WF_PART_COUNT_; k++)
		names[k] = wf_step_part_name((enum wf_step_part)k);
	size_t choice = 0;
	int err = wf_asm_step(a, &i->c);
	if (!err)
		err = wf_asm_choice(a, names, WF_PART_COUNT_, &choice);
	i->a = (uint8_t)choice;
	return err;
}

static int operand_each(struct wf_assembler *a, struct wf_insn *i)
{
	const char *names[WF_EACH_COUNT_];
	for (unsigned k = 0; k < WF_EACH_COUNT_; k++)
		names[k] = wf_each_name((enum wf_each)k);
	size_t choice = 0;
	int err = wf_asm_choice(a, names, WF_EACH_COUNT_, &choice);
	i->a = (uint8_t)choice;
	return err ? err : operand_target(a, i);
}

static int operand_result(struct wf_assembler *a, struct wf_insn *i)
{
	size_t choice = 0;
	int err = wf_asm_choice(a, wf_finish_names, 2, &choice);
	i->a = (uint8_t)choice;
	return err ? err : wf_asm_string_index(a, &i->c);
}

static int operand_group(struct wf_assembler *a, struct wf_insn *i)
{
	return wf_asm_u32(a, &i->c);
}

static int operand_query(struct wf_assembler *a, struct wf_insn *i)
{
	const char *names[WF_QUERY_LANGUAGE_COUNT_];
	for (unsigned k = 0; k < WF_QUERY_LANGUAGE_COUNT_; k++)
		names[k] = wf_query_language_name((enum wf_query_language)k);
	size_t choice = 0;
	int err = wf_asm_choice(a, names, WF_QUERY_LANGUAGE_COUNT_, &choice);
	i->a = (uint8_t)choice;
	return err ? err : wf_asm_string_index(a, &i->c);
}

static int (*const read_operands[])(struct wf_assembler *, struct wf_insn *) = {
	[WF_FORMAT_NONE] = operand_none,
	[WF_FORMAT_CONST] = operand_const,
	[WF_FORMAT_NAME] = operand_name,
	[WF_FORMAT_STEP] = operand_step,
	[WF_FORMAT_TARGET] = operand_target,
	[WF_FORMAT_COUNT] = operand_count,
	[WF_FORMAT_ROOT] = operand_root,
	[WF_FORMAT_CALL] = operand_call,
	[WF_FORMAT_STEPPART] = operand_step_part,
	[WF_FORMAT_EACH] = operand_each,
	[WF_FORMAT_RESULT] = operand_result,
	[WF_FORMAT_GROUP] = operand_group,
	[WF_FORMAT_QUERY] = operand_query,
};

int wf_asm_insn(struct wf_assembler *a, const char *word, size_t n)
{
	unsigned op = 0;
	while (op < WF_OP_COUNT_ && !word_is(word, n, wf_ops[op].mnemonic))
		op++;
	if (op == WF_OP_COUNT_)
		return SYNTAX(a, "no instruction `%.*s`", (int)n, word);
	if (a->b.plan.code_count >= WF_MAX_CODE)
		return SYNTAX(a, "more than %u instructions", WF_MAX_CODE);
	struct wf_insn insn = {.op = (uint8_t)op};
	int err = read_operands[wf_ops[op].format](a, &insn);
	if (!err)
		wf_plan_emit(&a->b, (enum wf_opcode)op, insn.a, insn.c);
	return err;
}
