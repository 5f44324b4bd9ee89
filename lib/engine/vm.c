/* The expression machine: its roots, operands and jumps, and the loop that runs the instructions. */
#include "engine/vm.h"

#include "base/mem.h"
#include "engine/vm_core.h"

/* -- roots -- */

void wf_vm_bind(struct wf_vm *vm, enum wf_root root, json_t *value)
{
	vm_set_root(vm, root, json_incref(value), outside_height(value));
	vm->code_bound &= ~(UINT32_C(1) << root);
}

void wf_vm_unbind(struct wf_vm *vm, enum wf_root root)
{
	json_decref(vm->bound[root]);
	vm->bound[root] = NULL;
	vm->bound_mask &= ~(UINT32_C(1) << root);
	vm->code_bound &= ~(UINT32_C(1) << root);
}

static int do_bind(struct wf_vm *vm, const struct wf_insn *i)
{
	uint32_t height = vm->height[vm->depth - 1];
	vm_set_root(vm, (enum wf_root)i->a, vm_take(vm), height);
	vm->code_bound |= UINT32_C(1) << i->a;
	return 0;
}

static int do_unbind(struct wf_vm *vm, const struct wf_insn *i)
{
	wf_vm_unbind(vm, (enum wf_root)i->a);
	return 0;
}

/* -- operands -- */

static int do_const(struct wf_vm *vm, const struct wf_insn *i)
{
	json_t *value = vm->plan->consts[i->c];
	vm_push(vm, json_incref(value), outside_height(value));
	return 0;
}

static int do_undef(struct wf_vm *vm, const struct wf_insn *i)
{
	(void)i;
	vm_push(vm, NULL, 0);
	return 0;
}

static int do_pop(struct wf_vm *vm, const struct wf_insn *i)
{
	(void)i;
	vm_drop(vm);
	return 0;
}

static int do_dup(struct wf_vm *vm, const struct wf_insn *i)
{
	(void)i;
	uint32_t top = vm->depth - 1;
	vm_push(vm, json_incref(vm->stack[top]), vm->height[top]);
	return 0;
}

/* -- jumps -- */

static int do_jump(struct wf_vm *vm, const struct wf_insn *i)
{
	vm->pc = i->c;
	return 0;
}

static int do_unless(struct wf_vm *vm, const struct wf_insn *i)
{
	bool holds = false;
	int err = vm_truth(vm, vm_top(vm), &holds);
	if (err)
		return err;
	vm_drop(vm);
	if (!holds)
		vm->pc = i->c;
	return 0;
}

static int do_and_then(struct wf_vm *vm, const struct wf_insn *i)
{
	bool holds = false;
	int err = vm_truth(vm, vm_top(vm), &holds);
	if (err || holds)
		return err;
	vm_replace(vm, json_false(), 0);
	vm->pc = i->c;
	return 0;
}

static int do_or_else(struct wf_vm *vm, const struct wf_insn *i)
{
	bool holds = false;
	int err = vm_truth(vm, vm_top(vm), &holds);
	if (!err && holds)
		vm->pc = i->c;
	return err;
}

static int do_defined(struct wf_vm *vm, const struct wf_insn *i)
{
	if (vm_top(vm))
		vm->pc = i->c;
	return 0;
}

/* -- the loop -- */

/* Control instructions and `return` have none: the loop stops before them. */
static wf_vm_fn *const handlers[WF_OP_COUNT_] = {
	[WF_OP_CONST] = do_const,
	[WF_OP_UNDEF] = do_undef,
	[WF_OP_ITEM] = wf_vm_item,
	[WF_OP_ITEMINDEX] = wf_vm_item_index,
	[WF_OP_UNDOINPUT] = wf_vm_undo_input,
	[WF_OP_ROOT] = wf_vm_root,
	[WF_OP_STEPPART] = wf_vm_step_part,
	[WF_OP_GET] = wf_vm_get,
	[WF_OP_GETOPT] = wf_vm_get_opt,
	[WF_OP_INDEX] = wf_vm_index,
	[WF_OP_INDEXOPT] = wf_vm_index_opt,
	[WF_OP_NEED] = wf_vm_need,
	[WF_OP_LIST] = wf_vm_list,
	[WF_OP_MAP] = wf_vm_map,
	[WF_OP_TEXT] = wf_vm_text,
	[WF_OP_POP] = do_pop,
	[WF_OP_DUP] = do_dup,
	[WF_OP_EQ] = wf_vm_eq,
	[WF_OP_NE] = wf_vm_ne,
	[WF_OP_LT] = wf_vm_order,
	[WF_OP_LE] = wf_vm_order,
	[WF_OP_GT] = wf_vm_order,
	[WF_OP_GE] = wf_vm_order,
	[WF_OP_IN] = wf_vm_in,
	[WF_OP_NOT] = wf_vm_not,
	[WF_OP_BOOL] = wf_vm_bool,
	[WF_OP_NEG] = wf_vm_neg,
	[WF_OP_ADD] = wf_vm_add,
	[WF_OP_SUB] = wf_vm_arithmetic,
	[WF_OP_MUL] = wf_vm_arithmetic,
	[WF_OP_DIV] = wf_vm_arithmetic,
	[WF_OP_MOD] = wf_vm_mod,
	[WF_OP_CALL] = wf_vm_call_function,
	[WF_OP_EACH] = wf_vm_each,
	[WF_OP_BIND] = do_bind,
	[WF_OP_UNBIND] = do_unbind,
	[WF_OP_VALIDATE] = wf_vm_validate,
	[WF_OP_QUERY] = wf_vm_query,
	[WF_OP_JUMP] = do_jump,
	[WF_OP_UNLESS] = do_unless,
	[WF_OP_ANDTHEN] = do_and_then,
	[WF_OP_ORELSE] = do_or_else,
	[WF_OP_DEFINED] = do_defined,
};

int wf_vm_loop(struct wf_vm *vm)
{
	const struct wf_insn *code = vm->plan->code;
	for (;;) {
		const struct wf_insn *i = &code[vm->pc];
		wf_vm_fn *handler = handlers[i->op];
		if (!handler)
			return 0;
		if (vm->executed)
			vm->executed[vm->pc] = 1;
		vm->pc++;
		if (!vm->steps_left)
			return wf_vm_charge(vm, 1);
		vm->steps_left--;
		int err = handler(vm, i);
		if (err)
			return err;
	}
}

/* Expressions can build what is small in memory and endless as text; it does not get out. */
static int check_results(struct wf_vm *vm)
{
	const char *why = NULL;
	for (uint32_t i = 0; i < vm->depth; i++) {
		if (!is_container(vm->stack[i]) || wf_value_fits(vm->stack[i], &why))
			continue;
		vm->pc++; /* the instruction that would take it has failed */
		return wf_vm_fail(vm, WF_ERROR_LIMIT, "value_limit", "%s", why);
	}
	return 0;
}

int wf_vm_run(struct wf_vm *vm, uint32_t *pc)
{
	vm->pc = *pc;
	int err = wf_vm_loop(vm);
	if (!err)
		err = check_results(vm);
	if (!err) {
		*pc = vm->pc;
		return 0;
	}
	vm_drop_many(vm, vm->depth);
	for (unsigned root = 0; root < WF_ROOT_COUNT_; root++)
		if (vm->code_bound >> root & 1)
			wf_vm_unbind(vm, (enum wf_root)root);
	return err;
}

json_t *wf_vm_pop(struct wf_vm *vm)
{
	if (!vm->depth)
		WF_BUG("an operand taken from an empty stack");
	return vm_take(vm);
}

/* -- its life -- */

/* The stack itself is left as it is: nothing is read that was not pushed. */
void wf_vm_init(struct wf_vm *vm, const struct wf_plan *plan, const struct wf_instance *in,
	int64_t now, uint32_t random)
{
	vm->plan = plan;
	vm->in = in;
	vm->depth = 0;
	memset(vm->bound, 0, sizeof(vm->bound));
	vm->bound_mask = 0;
	vm->code_bound = 0;
	vm->steps_left = WF_MAX_EVAL_STEPS;
	vm->now = now;
	vm->random = random;
	vm->uuid_count = 0;
	vm->thread = 0;
	vm->executed = NULL;
	vm->failure = (struct wf_failure){0};
	vm->pc = 0;
}

void wf_vm_done(struct wf_vm *vm)
{
	if (!vm)
		return;
	vm_drop_many(vm, vm->depth);
	for (unsigned root = 0; root < WF_ROOT_COUNT_; root++)
		wf_vm_unbind(vm, (enum wf_root)root);
	wf_free(vm->failure.message);
	vm->failure = (struct wf_failure){0};
}
