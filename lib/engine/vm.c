/* The expression machine: its stack, its loop, building values, jumps and `each`. */
#include "engine/vm.h"

#include "base/json.h"
#include "base/mem.h"
#include "engine/vm_core.h"

#include <stdarg.h>
#include <stdio.h>

/* -- failing and paying -- */

int wf_vm_fail(struct wf_vm *vm, enum wf_error_type type, const char *code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	wf_free(vm->failure.message);
	vm->failure.message = wf_strdup(text);
	vm->failure.type = type;
	(void)snprintf(vm->failure.code, sizeof(vm->failure.code), "%s", code);
	vm->failure.pc = vm->pc ? vm->pc - 1 : 0;
	return WF_EINVAL;
}

int wf_vm_mismatch(struct wf_vm *vm, const char *wanted, const json_t *got)
{
	if (!got)
		return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing",
			"%s is needed where the value is not there", wanted);
	return wf_vm_fail(vm, WF_ERROR_VALIDATION, "type_mismatch", "%s is needed, not %s", wanted,
		wf_json_type_name(got));
}

int wf_vm_charge(struct wf_vm *vm, size_t steps)
{
	if (steps < vm->steps_left) {
		vm->steps_left -= steps;
		return 0;
	}
	vm->steps_left = 0;
	return wf_vm_fail(vm, WF_ERROR_LIMIT, "too_long",
		"the expressions of one turn take more than %d steps", WF_MAX_EVAL_STEPS);
}

int wf_vm_weigh(struct wf_vm *vm, const json_t *value)
{
	if (json_is_string(value))
		return wf_vm_charge(vm, 1 + json_string_length(value) / BYTES_A_STEP);
	int err = wf_vm_charge(vm, 1);
	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value) && !err; i++)
			err = wf_vm_weigh(vm, json_array_get(value, i));
	} else if (json_is_object(value)) {
		void *at = json_object_iter((json_t *)(uintptr_t)value);
		for (; at && !err; at = json_object_iter_next((json_t *)(uintptr_t)value, at))
			err = wf_vm_weigh(vm, json_object_iter_value(at));
	}
	return err;
}

int wf_vm_equal(struct wf_vm *vm, const json_t *a, const json_t *b, bool *ret)
{
	if (is_container(a) && is_container(b)) {
		int err = wf_vm_weigh(vm, a);
		if (err)
			return err;
	}
	*ret = wf_json_equal(a, b);
	return 0;
}

int wf_vm_may_build(struct wf_vm *vm, size_t bytes)
{
	if (bytes > WF_MAX_STRING_BYTES)
		return wf_vm_fail(vm, WF_ERROR_LIMIT, "string_too_long",
			"a string of %zu bytes, over the limit of %u", bytes, WF_MAX_STRING_BYTES);
	return wf_vm_charge(vm, bytes / BYTES_A_STEP);
}

int wf_vm_write_json(struct wf_vm *vm, const json_t *value, struct wf_buf *out)
{
	int err = wf_vm_weigh(vm, value);
	if (!err)
		wf_json_write(value, out);
	return err;
}

int wf_vm_truth(struct wf_vm *vm, const json_t *value, bool *ret)
{
	if (value && !json_is_boolean(value))
		return wf_vm_mismatch(vm, "a boolean", value);
	*ret = json_is_true(value);
	return 0;
}

/* -- values -- */

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

/* A bound of the nesting of a value that holds the top n operands. */
static int height_over(struct wf_vm *vm, uint32_t n, uint32_t *ret)
{
	uint32_t height = 0;
	for (uint32_t i = vm->depth - n; i < vm->depth; i++)
		if (vm->height[i] > height)
			height = vm->height[i];
	if (height >= MAX_HEIGHT)
		return wf_vm_fail(vm, WF_ERROR_LIMIT, "too_deep", "a value is nested too deep");
	*ret = height + 1;
	return 0;
}

static void drop_many(struct wf_vm *vm, uint32_t n)
{
	while (n--)
		vm_drop(vm);
}

static int do_list(struct wf_vm *vm, const struct wf_insn *i)
{
	uint32_t n = i->c, height = 0;
	int err = height_over(vm, n, &height);
	if (err)
		return err;
	json_t *list = json_array();
	json_t **from = &vm->stack[vm->depth - n];
	for (uint32_t k = 0; k < n; k++)
		(void)json_array_append_new(list, from[k] ? from[k] : json_null());
	vm->depth -= n;
	vm_push(vm, list, height);
	return 0;
}

static int do_map(struct wf_vm *vm, const struct wf_insn *i)
{
	uint32_t n = i->c, height = 0;
	int err = height_over(vm, n * 2, &height);
	if (err)
		return err;
	json_t **from = &vm->stack[vm->depth - n * 2];
	for (uint32_t k = 0; k < n; k++)
		if (!json_is_string(from[2 * k]))
			return wf_vm_mismatch(vm, "a string as a member's name", from[2 * k]);
	json_t *object = json_object();
	for (uint32_t k = 0; k < n; k++) {
		const json_t *key = from[2 * k];
		json_t *value = from[2 * k + 1];
		if (value)
			(void)json_object_setn_nocheck(object, json_string_value(key),
				json_string_length(key), value);
	}
	drop_many(vm, n * 2);
	vm_push(vm, object, height);
	return 0;
}

static int add_text(struct wf_vm *vm, const json_t *value, struct wf_buf *out)
{
	if (!value)
		return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing",
			"a value inside a text is not there");
	if (json_is_string(value)) {
		wf_buf_add(out, json_string_value(value), json_string_length(value));
		return wf_vm_charge(vm, json_string_length(value) / BYTES_A_STEP);
	}
	return wf_vm_write_json(vm, value, out);
}

static int do_text(struct wf_vm *vm, const struct wf_insn *i)
{
	WF_AUTOBUF struct wf_buf out = {0};
	json_t **from = &vm->stack[vm->depth - i->c];
	for (uint32_t k = 0; k < i->c; k++) {
		int err = add_text(vm, from[k], &out);
		if (!err && out.len > WF_MAX_STRING_BYTES)
			err = wf_vm_may_build(vm, out.len);
		if (err)
			return err;
	}
	drop_many(vm, i->c);
	vm_push(vm, json_stringn_nocheck(out.data ? out.data : "", out.len), 0);
	return 0;
}

static int do_call(struct wf_vm *vm, const struct wf_insn *i)
{
	uint32_t height = 0;
	json_t *result = NULL;
	int err = i->a ? height_over(vm, i->a, &height) : 0;
	if (!err)
		err = wf_vm_call(vm, (enum wf_function)i->c, &vm->stack[vm->depth - i->a], i->a,
			&result);
	if (err)
		return err;
	drop_many(vm, i->a);
	/* No function adds more than two levels (entries does), or parses more than are allowed. */
	if (height < WF_MAX_DEPTH)
		height = WF_MAX_DEPTH;
	vm_push(vm, result, is_container(result) ? height + 1 : 0);
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
	int err = wf_vm_truth(vm, vm_top(vm), &holds);
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
	int err = wf_vm_truth(vm, vm_top(vm), &holds);
	if (err || holds)
		return err;
	vm_replace(vm, json_false(), 0);
	vm->pc = i->c;
	return 0;
}

static int do_or_else(struct wf_vm *vm, const struct wf_insn *i)
{
	bool holds = false;
	int err = wf_vm_truth(vm, vm_top(vm), &holds);
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

/* -- binding roots -- */

static void bind(struct wf_vm *vm, enum wf_root root, json_t *value, uint32_t height)
{
	json_decref(vm->bound[root]);
	vm->bound[root] = value;
	vm->bound_height[root] = (uint16_t)height;
	vm->bound_mask |= UINT32_C(1) << root;
}

void wf_vm_bind(struct wf_vm *vm, enum wf_root root, json_t *value)
{
	bind(vm, root, json_incref(value), outside_height(value));
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
	bind(vm, (enum wf_root)i->a, vm_take(vm), height);
	vm->code_bound |= UINT32_C(1) << i->a;
	return 0;
}

static int do_unbind(struct wf_vm *vm, const struct wf_insn *i)
{
	wf_vm_unbind(vm, (enum wf_root)i->a);
	return 0;
}

/* -- each -- */

static int run(struct wf_vm *vm);

struct each {
	enum wf_each kind;
	json_t *list;      /* owned */
	json_t *result;    /* map, filter: owned */
	uint32_t height;   /* of the list */
	uint32_t most;     /* map: the highest of its results */
	bool found;        /* all, any, first: decided before the end */
	size_t at;
};

/* What the body's value, which it takes, does to the result. */
static int take_element(struct wf_vm *vm, struct each *e, json_t *value, uint32_t height)
{
	if (e->kind == WF_EACH_MAP) {
		(void)json_array_append_new(e->result, value ? value : json_null());
		if (height > e->most)
			e->most = height;
		return 0;
	}
	bool holds = false;
	int err = wf_vm_truth(vm, value, &holds);
	json_decref(value);
	if (!err && e->kind == WF_EACH_FILTER && holds)
		(void)json_array_append(e->result, json_array_get(e->list, e->at));
	e->found = e->kind == WF_EACH_ALL ? !holds : holds && e->kind != WF_EACH_FILTER;
	return err;
}

static int run_body(struct wf_vm *vm, struct each *e, uint32_t body)
{
	json_t *item = json_array_get(e->list, e->at);
	bind(vm, WF_ROOT_ITEM, json_incref(item), is_container(item) ? e->height : 0);
	bind(vm, WF_ROOT_INDEX, json_integer((json_int_t)e->at), 0);
	vm->pc = body;
	int err = run(vm);
	if (err)
		return err;
	vm->depth--;
	return take_element(vm, e, vm->stack[vm->depth], vm->height[vm->depth]);
}

static void push_each(struct wf_vm *vm, struct each *e)
{
	if (e->result) {
		vm_push(vm, json_incref(e->result),
			e->kind == WF_EACH_MAP ? e->most + 1 : e->height);
	} else if (e->kind == WF_EACH_FIRST) {
		json_t *item = e->found ? json_array_get(e->list, e->at) : NULL;
		vm_push(vm, json_incref(item), e->height);
	} else {
		vm_push(vm, json_boolean(e->found == (e->kind == WF_EACH_ANY)), 0);
	}
}

struct saved_root {
	json_t *value;
	uint16_t height;
	bool bound;
};

static struct saved_root save_root(struct wf_vm *vm, enum wf_root root)
{
	struct saved_root saved = {vm->bound[root], vm->bound_height[root],
		vm->bound_mask >> root & 1};
	vm->bound[root] = NULL;
	return saved;
}

static void restore_root(struct wf_vm *vm, enum wf_root root, struct saved_root saved)
{
	if (saved.bound) {
		bind(vm, root, saved.value, saved.height);
		return;
	}
	json_decref(vm->bound[root]);
	vm->bound[root] = NULL;
	vm->bound_mask &= ~(UINT32_C(1) << root);
}

static int do_each(struct wf_vm *vm, const struct wf_insn *i)
{
	if (!json_is_array(vm_top(vm)))
		return wf_vm_mismatch(vm, "a list", vm_top(vm));
	struct each e = {.kind = (enum wf_each)i->a, .height = vm->height[vm->depth - 1]};
	uint32_t next = vm->pc;
	e.list = vm_take(vm);
	if (e.kind == WF_EACH_MAP || e.kind == WF_EACH_FILTER)
		e.result = json_array();
	struct saved_root item = save_root(vm, WF_ROOT_ITEM);
	struct saved_root index = save_root(vm, WF_ROOT_INDEX);
	int err = 0;
	while (!err && !e.found && e.at < json_array_size(e.list)) {
		err = run_body(vm, &e, i->c);
		e.at += !err && !e.found;
	}
	if (!err) {
		vm->pc = next;
		if (e.most >= MAX_HEIGHT)
			err = wf_vm_fail(vm, WF_ERROR_LIMIT, "too_deep",
				"a value is nested too deep");
	}
	restore_root(vm, WF_ROOT_ITEM, item);
	restore_root(vm, WF_ROOT_INDEX, index);
	if (!err)
		push_each(vm, &e);
	json_decref(e.list);
	json_decref(e.result);
	return err;
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
	[WF_OP_LIST] = do_list,
	[WF_OP_MAP] = do_map,
	[WF_OP_TEXT] = do_text,
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
	[WF_OP_CALL] = do_call,
	[WF_OP_EACH] = do_each,
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

static int run(struct wf_vm *vm)
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
	int err = run(vm);
	if (!err)
		err = check_results(vm);
	if (!err) {
		*pc = vm->pc;
		return 0;
	}
	drop_many(vm, vm->depth);
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
	drop_many(vm, vm->depth);
	for (unsigned root = 0; root < WF_ROOT_COUNT_; root++)
		wf_vm_unbind(vm, (enum wf_root)root);
	wf_free(vm->failure.message);
	vm->failure = (struct wf_failure){0};
}
