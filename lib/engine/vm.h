/*
 * The expression machine: runs pure instructions of a verified plan over an instance.
 */
#ifndef WF_ENGINE_VM_H
#define WF_ENGINE_VM_H

#include "base/limits.h"
#include "plan/plan.h"
#include "state/state.h"

struct wf_failure {
	enum wf_error_type type;
	char code[64];           /* stable, lower-case: "path_missing", "type_mismatch", "overflow" */
	char *message;           /* from wf_alloc; names the path, types or values */
	uint32_t pc;             /* of the instruction that failed */
};

struct wf_vm {
	const struct wf_plan *plan;
	const struct wf_instance *in;
	json_t *stack[WF_MAX_STACK]; /* owned references; NULL is undefined */
	uint32_t depth;
	json_t *bound[WF_ROOT_COUNT_]; /* owned: roots with a value of their own (item, index, error,
	                                  output, a rebound input) */
	uint32_t bound_mask;     /* bit a root that is bound (bound to undefined too) */
	uint64_t steps_left;     /* instructions before LimitError */
	int64_t now;             /* time of the event, in milliseconds since the epoch */
	uint32_t random;         /* of the event: uuid() comes from it, instance, step and count */
	uint32_t uuid_count;
	uint32_t thread;         /* of the instance, in hand */
	uint8_t *executed;       /* a byte an instruction that is set where it runs; NULL */
	struct wf_failure failure;
	/* private to the machine: */
	uint32_t pc;             /* of the next instruction */
	uint32_t code_bound;     /* bit a root that the code itself bound: unbound by a failure */
	uint16_t height[WF_MAX_STACK];          /* bound of each operand's nesting */
	uint16_t bound_height[WF_ROOT_COUNT_];
};

/* Plan (verified) and instance are borrowed for as long as the machine is used; now: milliseconds
 * since the epoch. */
void wf_vm_init(struct wf_vm *vm, const struct wf_plan *plan, const struct wf_instance *in,
	int64_t now, uint32_t random);
void wf_vm_done(struct wf_vm *vm); /* NULL is allowed */

/* Binds a root to a borrowed value (its count is raised); NULL: to undefined. */
void wf_vm_bind(struct wf_vm *vm, enum wf_root root, json_t *value);
/* The root is the instance's own again. */
void wf_vm_unbind(struct wf_vm *vm, enum wf_root root);

/* Runs from *pc until a control instruction or `return` is next; *pc is then its index and the stack
 * holds its operands, each one that wf_value_fits. 0, or WF_EINVAL with vm->failure set, the stack
 * emptied, *pc untouched and the roots unbound that the code had bound. */
int wf_vm_run(struct wf_vm *vm, uint32_t *pc);

/* Takes the top off the stack: the caller owns the reference; NULL is undefined. */
json_t *wf_vm_pop(struct wf_vm *vm);

/* Whether a value may be kept (in a row, a variable, an output): nested a little less than
 * WF_MAX_DEPTH, since rows put levels around it, and its JSON text no longer than about
 * WF_MAX_VALUE_BYTES. Costs no more than that limit, however often the value holds the same part.
 * *ret_why (may be NULL) is a sentence. */
bool wf_value_fits(const json_t *value, const char **ret_why);

#endif
