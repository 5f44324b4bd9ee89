/* The workflow's output against its schema, once it is there. */
#include "base/mem.h"
#include "engine/core.h"
#include "schema/schema.h"

static json_t *mismatch(const struct wf_schema_issues *issues)
{
	WF_AUTOFREE char *why = issues->count ? wf_schema_issue_text(&issues->items[0])
					      : wf_strdup("it does not fit the schema");
	WF_AUTOFREE char *text = wf_asprintf("the workflow's output: %s", why);
	return wf_core_error(WF_ERROR_VALIDATION, "output_schema", text);
}

bool wf_core_output_fits(const struct wf_core *c, const json_t *output, json_t **ret_error)
{
	static const struct wf_schema_options options = {.assert_formats = true};
	struct wf_schema_issues issues = {0};
	struct wf_schema *schema = NULL;
	if (c->plan->output_schema == WF_NONE)
		return true;
	int rc = wf_schema_new(c->plan->consts[c->plan->output_schema], &options, &schema, NULL);
	json_t *nothing = json_null();
	bool fits = !rc && wf_schema_valid(schema, output ? output : nothing, &issues);
	if (!fits)
		*ret_error = mismatch(&issues);
	wf_schema_issues_done(&issues);
	wf_schema_free(schema);
	return fits;
}
