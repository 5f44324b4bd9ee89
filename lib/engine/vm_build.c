/* Values that are made of the operands on the stack: lists, maps, texts, results of functions. */
#include "engine/vm_core.h"

#include "base/mem.h"

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

int wf_vm_list(struct wf_vm *vm, const struct wf_insn *i)
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

int wf_vm_map(struct wf_vm *vm, const struct wf_insn *i)
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
	vm_drop_many(vm, n * 2);
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

int wf_vm_text(struct wf_vm *vm, const struct wf_insn *i)
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
	vm_drop_many(vm, i->c);
	vm_push(vm, json_stringn_nocheck(out.data ? out.data : "", out.len), 0);
	return 0;
}

int wf_vm_call_function(struct wf_vm *vm, const struct wf_insn *i)
{
	uint32_t height = 0;
	json_t *result = NULL;
	int err = i->a ? height_over(vm, i->a, &height) : 0;
	if (!err)
		err = wf_vm_call(vm, (enum wf_function)i->c, &vm->stack[vm->depth - i->a], i->a,
			&result);
	if (err)
		return err;
	vm_drop_many(vm, i->a);
	/* No function adds more than two levels (entries does), or parses more than are allowed. */
	if (height < WF_MAX_DEPTH)
		height = WF_MAX_DEPTH;
	vm_push(vm, result, is_container(result) ? height + 1 : 0);
	return 0;
}
