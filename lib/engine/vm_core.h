/*
 * What the files of the expression machine share.
 *
 * A handler of an instruction finds vm->pc already behind its own instruction. It returns 0, or
 * WF_EINVAL after wf_vm_fail. Values are never changed once they are on the stack: they may be
 * shared with the instance, constants and one another.
 *
 * Two bounds keep every evaluation finite in time, memory and C stack, whatever the plan says:
 *   steps   each instruction costs one, and work that grows with its operands costs more
 *           (wf_vm_charge), against vm->steps_left
 *   height  each operand carries a bound of its nesting: what comes from outside is at most
 *           WF_MAX_DEPTH high, and building over MAX_HEIGHT fails
 */
#ifndef WF_ENGINE_VM_CORE_H
#define WF_ENGINE_VM_CORE_H

#include "engine/vm.h"

#include <string.h>

#define MAX_HEIGHT 1024u
#define MAX_LIST 1000000u    /* elements of a list that an expression builds */
#define BYTES_A_STEP 16u     /* bytes handled for the price of one instruction */

typedef int wf_vm_fn(struct wf_vm *vm, const struct wf_insn *insn);

/* The handlers, by the file they are in. The table of vm.c says which opcode has which. */
wf_vm_fn wf_vm_list, wf_vm_map, wf_vm_text, wf_vm_call_function; /* vm_build.c */
wf_vm_fn wf_vm_each;                                             /* vm_each.c */
wf_vm_fn wf_vm_item, wf_vm_item_index;                           /* vm_item.c */
wf_vm_fn wf_vm_eq, wf_vm_ne, wf_vm_order, wf_vm_in, wf_vm_not, wf_vm_bool, wf_vm_neg, wf_vm_add,
	wf_vm_arithmetic, wf_vm_mod; /* vm_ops.c */
wf_vm_fn wf_vm_root, wf_vm_step_part, wf_vm_get, wf_vm_get_opt, wf_vm_index, wf_vm_index_opt,
	wf_vm_need; /* vm_path.c */
wf_vm_fn wf_vm_query, wf_vm_validate, wf_vm_undo_input; /* vm_query.c, vm_validate.c, undo.c */

/* Runs from vm->pc to the next control instruction or `return`, at which vm->pc then is, and leaves
 * the operands on the stack. 0, or WF_EINVAL with vm->failure set and the stack as it was there. */
int wf_vm_loop(struct wf_vm *vm);
/* Whether the step is none that is done for an item, or for the one that the thread has in hand. */
bool wf_vm_sees(const struct wf_vm *vm, uint32_t step);

/* -- failing and paying (vm_cost.c) -- */

/* Sets vm->failure at the instruction in hand; WF_EINVAL. */
int wf_vm_fail(struct wf_vm *vm, enum wf_error_type type, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* "type_mismatch". */
int wf_vm_mismatch(struct wf_vm *vm, const char *wanted, const json_t *got);
/* Takes that many steps of vm->steps_left; LimitError when there are not enough. */
int wf_vm_charge(struct wf_vm *vm, size_t steps);
/* Takes a step for each node and some bytes of the value, so that walking it is paid for. */
int wf_vm_weigh(struct wf_vm *vm, const json_t *value);
/* Equality of any two values, paid for. */
int wf_vm_equal(struct wf_vm *vm, const json_t *a, const json_t *b, bool *ret);
/* Appends the JSON text, paid for. */
int wf_vm_write_json(struct wf_vm *vm, const json_t *value, struct wf_buf *out);
/* Fails when a string of that length may not be built; pays for it. */
int wf_vm_may_build(struct wf_vm *vm, size_t bytes);

/* -- operands -- */

/* -1, 0, 1 of two numbers (exactly) or two strings (by code point); false for anything else. */
bool wf_compare(const json_t *a, const json_t *b, int *ret);

/* The container's element; a borrowed value, or NULL where it is not there. False when containers
 * of that type have no such indexes: then neither is a fit. A negative index counts from the end. */
bool wf_element(const json_t *container, const json_t *index, json_t **ret);

/* A call of a function; args are borrowed. */
int wf_vm_call(struct wf_vm *vm, enum wf_function fn, json_t **args, uint32_t count,
	json_t **ret);

static inline const json_t *vm_top(const struct wf_vm *vm)
{
	return vm->stack[vm->depth - 1];
}

/* Takes the reference. */
static inline void vm_push(struct wf_vm *vm, json_t *value, uint32_t height)
{
	vm->stack[vm->depth] = value;
	vm->height[vm->depth++] = (uint16_t)height;
}

static inline json_t *vm_take(struct wf_vm *vm)
{
	return vm->stack[--vm->depth];
}

static inline void vm_drop(struct wf_vm *vm)
{
	json_decref(vm->stack[--vm->depth]);
}

static inline void vm_drop_many(struct wf_vm *vm, uint32_t n)
{
	while (n--)
		vm_drop(vm);
}

/* Replaces the top; takes the reference. */
static inline void vm_replace(struct wf_vm *vm, json_t *value, uint32_t height)
{
	json_decref(vm->stack[vm->depth - 1]);
	vm->stack[vm->depth - 1] = value;
	vm->height[vm->depth - 1] = (uint16_t)height;
}

static inline bool is_container(const json_t *value)
{
	return json_is_array(value) || json_is_object(value);
}

/* A bound of the nesting of what came from outside the machine. */
static inline uint32_t outside_height(const json_t *value)
{
	return is_container(value) ? WF_MAX_DEPTH : 0;
}

/* A boolean operand; undefined is false. Any other fails: "type_mismatch". */
static inline int vm_truth(struct wf_vm *vm, const json_t *value, bool *ret)
{
	if (value && !json_is_boolean(value))
		return wf_vm_mismatch(vm, "a boolean", value);
	*ret = json_is_true(value);
	return 0;
}

/* Gives a root a value of its own, whose reference it takes, nested `height` deep at most. */
static inline void vm_set_root(struct wf_vm *vm, enum wf_root root, json_t *value, uint32_t height)
{
	json_decref(vm->bound[root]);
	vm->bound[root] = value;
	vm->bound_height[root] = (uint16_t)height;
	vm->bound_mask |= UINT32_C(1) << root;
}

static inline double as_real(const json_t *number)
{
	return json_number_value(number);
}

#endif
