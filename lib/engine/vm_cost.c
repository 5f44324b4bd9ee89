/* What the work of an expression costs, and how an expression fails. */
#include "engine/vm_core.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

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
