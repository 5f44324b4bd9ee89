/* Expressions of the query languages: whether they are any, told as a finding in the definition. */
#include "expr/expr.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

static uint32_t within(size_t offset, size_t n)
{
	return (uint32_t)(offset < n ? offset : n);
}

/* `${` in quotes; elsewhere it may be the language's own. */
static const char *quoted_template(const char *text, size_t n)
{
	char quote = 0;

	for (size_t i = 0; i < n; i++) {
		if (quote && text[i] == '\\')
			i++;
		else if (quote && text[i] == quote)
			quote = 0;
		else if (!quote && strchr("'\"`", text[i]))
			quote = text[i];
		else if (quote && text[i] == '$' && i + 1 < n && text[i + 1] == '{')
			return text + i;
	}
	return NULL;
}

static void warn_of_template(const char *text, size_t n, const struct wf_expr_site *site,
	struct wf_diags *diags)
{
	const char *at = quoted_template(text, n);

	if (!at || diags->full)
		return;
	struct wf_diag *d = wf_diag_add(diags, WF_RULE_TEMPLATE_LITERAL, site->source,
		wf_expr_span(site, (uint32_t)(at - text), (uint32_t)(at - text) + 2),
		"in a query `${` is no template");
	wf_diag_hint(d, "bring the value in with `input`, which is one");
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
	if (!err) {
		warn_of_template(text, n, site, diags);
		return true;
	}
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
