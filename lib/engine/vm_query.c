/* Queries of JMESPath and JSONata: what they may cost, and what their errors are to a workflow. */
#include "engine/vm_core.h"

#include "base/mem.h"
#include "base/text.h"
#include "query/query.h"

/* A bound's own code, as every other bound of an evaluation has it. */
static const struct {
	const char *bound, *code;
} bounds[] = {
	{"steps", "too_long"},
	{"depth", "too_deep"},
	{"bytes", "value_limit"},
};

static int refuse(struct wf_vm *vm, const struct wf_insn *i, int err, struct wf_query_fault *fault)
{
	const char *code = fault->code;
	const char *language = wf_query_language_name((enum wf_query_language)i->a);
	for (size_t k = 0; err == WF_ELIMIT && k < sizeof(bounds) / sizeof(bounds[0]); k++)
		if (!strcmp(code, bounds[k].bound))
			code = bounds[k].code;
	enum wf_error_type type = err == WF_ELIMIT ? WF_ERROR_LIMIT : WF_ERROR_VALIDATION;
	if (fault->offset == SIZE_MAX)
		(void)wf_vm_fail(vm, type, code, "%s: %s", language, fault->message);
	else
		(void)wf_vm_fail(vm, type, code, "%s: %s (at character %zu)", language, fault->message,
			wf_utf8_count(vm->plan->strings[i->c], fault->offset) + 1);
	wf_query_fault_done(fault);
	return WF_EINVAL;
}

/* A value that goes in or comes out is nested no deeper and is no longer than one that is kept. */
static int check_size(struct wf_vm *vm, const json_t *value)
{
	const char *why = NULL;
	if (!is_container(value) || wf_value_fits(value, &why))
		return 0;
	return wf_vm_fail(vm, WF_ERROR_LIMIT, "value_limit", "%s", why);
}

int wf_vm_query(struct wf_vm *vm, const struct wf_insn *i)
{
	const struct wf_query *q = wf_plan_query(vm->plan, i);
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query_env env = {
		.input = vm->stack[vm->depth - 1],
		.now_ms = vm->now,
		.random = vm->random + UINT32_C(2654435761) * ++vm->uuid_count,
		.steps_left = vm->steps_left,
	};
	json_t *value = NULL;
	if (!q)
		WF_BUG("a query of the code that was not parsed");
	if (vm->height[vm->depth - 1] > WF_MAX_DEPTH) {
		int err = check_size(vm, env.input);
		if (err)
			return err;
	}
	int err = wf_query_run(q, &env, &value, &fault);
	vm->steps_left = env.steps_left;
	if (err)
		return refuse(vm, i, err, &fault);
	err = check_size(vm, value);
	if (err) {
		json_decref(value);
		return err;
	}
	vm_replace(vm, value, outside_height(value));
	return 0;
}
