/* JMESPath's entry points. */
#include "base/err.h"
#include "query/internal.h"

int wf_jmespath_parse(const char *text, size_t n, struct wf_jmespath **ret,
	struct wf_query_fault *fault)
{
	(void)ret;
	return wf_query_fail(fault, WF_ESYNTAX, "syntax", 0, text, n, "JMESPath is not built in");
}

int wf_jmespath_run(const struct wf_jmespath *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault)
{
	(void)q, (void)env, (void)ret;
	return wf_query_fail(fault, WF_EINVAL, "syntax", SIZE_MAX, NULL, 0, "JMESPath is not built in");
}

void wf_jmespath_free(struct wf_jmespath *q)
{
	(void)q;
}
