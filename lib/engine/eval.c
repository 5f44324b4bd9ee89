/* Evaluates a body of a plan by itself: the correlation id, `wfctl eval`. */
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/vm.h"

static json_t *failure_value(const struct wf_failure *f)
{
	return json_pack("{s:s, s:s, s:s}", "type", wf_error_types[f->type].name, "code", f->code,
		"message", f->message ? f->message : "");
}

int wf_engine_eval(const struct wf_plan *plan, const struct wf_instance *in, uint32_t pc,
	json_t **ret, json_t **ret_error)
{
	WF_AUTOFREE struct wf_vm *vm = wf_alloc(sizeof(*vm));
	int64_t now = in ? (in->started_at ? in->started_at : in->created_at) : 0;
	wf_vm_init(vm, plan, in, now, 0);
	int err = wf_vm_run(vm, &pc);
	if (err)
		*ret_error = failure_value(&vm->failure);
	else if (plan->code[pc].op != WF_OP_RETURN)
		WF_BUG("a body that does not end in return");
	else
		*ret = wf_vm_pop(vm);
	wf_vm_done(vm);
	return err;
}
