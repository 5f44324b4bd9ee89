/* Evaluates a body of a plan by itself: the correlation id, a match, a trigger, `wfctl eval`. */
#include "base/mem.h"
#include "engine/core.h"

static json_t *failure_value(const struct wf_failure *f)
{
	return json_pack("{s:s, s:s, s:s}", "type", wf_error_types[f->type].name, "code", f->code,
		"message", f->message ? f->message : "");
}

static int evaluate(struct wf_vm *vm, uint32_t pc, json_t **ret, json_t **ret_error)
{
	int err = wf_vm_run(vm, &pc);
	if (err)
		*ret_error = failure_value(&vm->failure);
	else if (vm->plan->code[pc].op != WF_OP_RETURN)
		WF_BUG("a body that does not end in return");
	else
		*ret = wf_vm_pop(vm);
	return err;
}

static void begin(struct wf_vm *vm, const struct wf_plan *plan, const struct wf_instance *in)
{
	int64_t now = in ? (in->started_at ? in->started_at : in->created_at) : 0;
	wf_vm_init(vm, plan, in, now, 0);
}

int wf_engine_eval(const struct wf_plan *plan, const struct wf_instance *in, uint32_t pc,
	json_t **ret, json_t **ret_error)
{
	WF_AUTOFREE struct wf_vm *vm = wf_alloc(sizeof(*vm));
	begin(vm, plan, in);
	int err = evaluate(vm, pc, ret, ret_error);
	wf_vm_done(vm);
	return err;
}

int wf_core_eval_at(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	json_t *event, uint32_t pc, json_t **ret, json_t **ret_error)
{
	WF_AUTOFREE struct wf_vm *vm = wf_alloc(sizeof(*vm));
	begin(vm, plan, in);
	for (uint32_t i = 0; i < in->thread_count; i++)
		if (!in->threads[i].done && in->threads[i].step == step)
			vm->thread = i;
	wf_vm_bind(vm, WF_ROOT_EVENT, event);
	int err = evaluate(vm, pc, ret, ret_error);
	wf_vm_done(vm);
	return err;
}

int wf_engine_eval_viewed(const struct wf_plan *plan, const struct wf_instance *in, json_t *security,
	uint32_t pc, json_t **ret, json_t **ret_error)
{
	WF_AUTOFREE struct wf_vm *vm = wf_alloc(sizeof(*vm));
	begin(vm, plan, in);
	wf_vm_bind(vm, WF_ROOT_SECURITY, security);
	if (in->error)
		wf_vm_bind(vm, WF_ROOT_ERROR, in->error);
	int err = evaluate(vm, pc, ret, ret_error);
	wf_vm_done(vm);
	return err;
}

int wf_engine_eval_event(const struct wf_plan *plan, const struct wf_instance *in, json_t *event,
	uint32_t pc, json_t **ret, json_t **ret_error)
{
	WF_AUTOFREE struct wf_vm *vm = wf_alloc(sizeof(*vm));
	begin(vm, plan, in);
	wf_vm_bind(vm, WF_ROOT_EVENT, event);
	int err = evaluate(vm, pc, ret, ret_error);
	wf_vm_done(vm);
	return err;
}
