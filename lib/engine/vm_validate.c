/* Values against schemas: what goes into a defined action, and what comes out of it. */
#include "engine/vm_core.h"

#include "schema/schema.h"

/* "the input of assign_plan: plan_id is required" */
static int refuse(struct wf_vm *vm, const json_t *against, const struct wf_schema_issues *issues)
{
	const char *action = json_string_value(json_object_get(against, "action"));
	const char *of = json_string_value(json_object_get(against, "of"));
	WF_AUTOFREE char *why = issues->count ? wf_schema_issue_text(&issues->items[0])
					      : wf_strdup("it does not fit the schema");

	return wf_vm_fail(vm, WF_ERROR_VALIDATION, "schema_mismatch", "the %s of %s: %s",
		of ? of : "value", action ? action : "the action", why);
}

/* The value with the schema's defaults: the top itself may be shared. */
static int apply_defaults(struct wf_vm *vm, const struct wf_schema *schema)
{
	uint32_t height = vm->height[vm->depth - 1];
	json_t *value = json_deep_copy(vm_top(vm));

	wf_schema_apply_defaults(schema, value);
	/* what a default brings is a constant's part */
	vm_replace(vm, value, height > WF_MAX_DEPTH ? height : WF_MAX_DEPTH);
	return 0;
}

int wf_vm_validate(struct wf_vm *vm, const struct wf_insn *i)
{
	static const struct wf_schema_options options = {.assert_formats = true};
	const json_t *against = vm->plan->consts[i->c];
	json_t *document = json_object_get(against, "schema");
	struct wf_schema *schema = NULL;
	struct wf_schema_issues issues = {0};
	int err;

	if (!vm_top(vm))
		return wf_vm_mismatch(vm, "a value", NULL);
	if (!document || wf_vm_weigh(vm, document) || wf_vm_weigh(vm, vm_top(vm)))
		return document ? WF_EINVAL
				: wf_vm_fail(vm, WF_ERROR_VALIDATION, "schema_mismatch",
					  "there is no schema to check the value against");
	if (wf_schema_new(document, &options, &schema, NULL) < 0)
		return wf_vm_fail(vm, WF_ERROR_VALIDATION, "schema_mismatch",
			"what the value is checked against is no JSON Schema");
	err = json_is_true(json_object_get(against, "defaults")) ? apply_defaults(vm, schema) : 0;
	if (!err && !wf_schema_valid(schema, vm_top(vm), &issues))
		err = refuse(vm, against, &issues);
	wf_schema_issues_done(&issues);
	wf_schema_free(schema);
	return err;
}
