/* The input of a start that no person gives: copied, defaults applied, checked. */
#include "runtime/input.h"

#include "base/err.h"
#include "base/mem.h"
#include "schema/schema.h"

#include <stdio.h>

static void say_issues(const struct wf_schema_issues *issues, struct wf_cause *cause)
{
	const struct wf_schema_issue *first = &issues->items[0];
	const char *path = first->instance ? first->instance : "";
	char more[48] = "";

	if (issues->count > 1)
		(void)snprintf(more, sizeof(more), ", and %zu more", (size_t)(issues->count - 1));
	(void)wf_fail(cause, WF_EINVAL, "the input does not fit the workflow: %s%s%s %s%s",
		*path || first->missing ? path : "the input", first->missing ? "/" : "",
		first->missing ? first->missing : "", first->message, more);
}

int wf_start_input(const struct wf_plan *plan, const json_t *input, json_t **ret,
	struct wf_cause *cause)
{
	struct wf_schema_options options = { .assert_formats = true };
	struct wf_schema_issues issues = { 0 };
	struct wf_schema *schema = NULL;
	json_t *copy = input ? json_deep_copy(input) : json_object();
	int err = 0;

	if (plan->input_schema != WF_NONE)
		err = wf_schema_new(plan->consts[plan->input_schema], &options, &schema, cause);
	if (err == 0 && schema) {
		wf_schema_apply_defaults(schema, copy);
		if (!wf_schema_valid(schema, copy, &issues)) {
			say_issues(&issues, cause);
			err = WF_EINVAL;
		}
	}
	wf_schema_issues_done(&issues);
	wf_schema_free(schema);
	if (err < 0) {
		json_decref(copy);
		return err;
	}
	*ret = copy;
	return 0;
}
