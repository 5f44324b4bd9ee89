/* JSONata's entry points. */
#include "base/err.h"
#include "query/internal.h"

int wf_jsonata_parse(const char *text, size_t n, struct wf_jsonata **ret,
	struct wf_query_fault *fault)
{
	(void)ret;
	return wf_query_fail(fault, WF_ESYNTAX, "S0500", 0, text, n, "JSONata is not built in");
}

int wf_jsonata_run(const struct wf_jsonata *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault)
{
	(void)q, (void)env, (void)ret;
	return wf_query_fail(fault, WF_EINVAL, "S0500", SIZE_MAX, NULL, 0, "JSONata is not built in");
}

void wf_jsonata_free(struct wf_jsonata *q)
{
	(void)q;
}
