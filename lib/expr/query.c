/* Expressions of the query languages: whether they are any, told as a finding in the definition. */
#include "expr/expr.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

static uint32_t within(size_t offset, size_t n)
{
	return (uint32_t)(offset < n ? offset : n);
}

bool wf_expr_is_query(enum wf_query_language language, const char *text, size_t n,
	const struct wf_expr_site *site, struct wf_diags *diags)
{
	static const char *const languages[] = {
		[WF_QUERY_JMESPATH] = "JMESPath",
		[WF_QUERY_JSONATA] = "JSONata",
	};
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	int err = wf_query_parse(language, text, n, &q, &fault);

	wf_query_free(q);
	if (!err)
		return true;
	bool known = fault.offset != SIZE_MAX;
	uint32_t from = known ? within(fault.offset, n) : 0;
	size_t length = known ? strlen(fault.token) : n;
	uint32_t to = within(fault.offset + (length ? length : 1), n);
	struct wf_diag *d = wf_diag_add(diags, err == WF_ELIMIT ? WF_RULE_LIMIT : WF_RULE_QUERY_SYNTAX, site->source,
		wf_expr_span(site, from, known ? to : (uint32_t)n), "no expression of %s: %s",
		languages[language], fault.message);
	if (memmem(text, n, "${", 2))
		wf_diag_hint(d, "a query is no template: what it works on is its `input`, and that is one");
	wf_query_fault_done(&fault);
	return false;
}
