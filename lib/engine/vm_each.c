/*
 * `each`: a body that runs for every element of a list, and what its values make: a list of them, the
 * elements that hold, whether all or any hold, the first that does. The roots `item` and `index` are
 * the body's while it runs; an `each` within another finds its own, and leaves those of the outer one.
 */
#include "engine/vm_core.h"

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
	int err = vm_truth(vm, value, &holds);
	json_decref(value);
	if (!err && e->kind == WF_EACH_FILTER && holds)
		(void)json_array_append(e->result, json_array_get(e->list, e->at));
	e->found = e->kind == WF_EACH_ALL ? !holds : holds && e->kind != WF_EACH_FILTER;
	return err;
}

static int run_body(struct wf_vm *vm, struct each *e, uint32_t body)
{
	json_t *item = json_array_get(e->list, e->at);
	vm_set_root(vm, WF_ROOT_ITEM, json_incref(item), is_container(item) ? e->height : 0);
	vm_set_root(vm, WF_ROOT_INDEX, json_integer((json_int_t)e->at), 0);
	vm->pc = body;
	int err = wf_vm_loop(vm);
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
		vm_set_root(vm, root, saved.value, saved.height);
		return;
	}
	json_decref(vm->bound[root]);
	vm->bound[root] = NULL;
	vm->bound_mask &= ~(UINT32_C(1) << root);
}

int wf_vm_each(struct wf_vm *vm, const struct wf_insn *i)
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
