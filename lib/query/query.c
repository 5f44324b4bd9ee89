/* The query languages behind one interface: names, faults, and which of them it is. */
#include "query/query.h"

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "query/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct wf_query {
	enum wf_query_language language;
	union {
		struct wf_jmespath *jmespath;
		struct wf_jsonata *jsonata;
	};
};

static const char *const names[] = {
	[WF_QUERY_JMESPATH] = "jmespath",
	[WF_QUERY_JSONATA] = "jsonata",
};

const char *wf_query_language_name(enum wf_query_language language)
{
	return language < WF_QUERY_LANGUAGE_COUNT_ ? names[language] : "unknown";
}

enum wf_query_language wf_query_language_of(const char *name)
{
	for (unsigned i = 0; i < WF_QUERY_LANGUAGE_COUNT_; i++)
		if (strcmp(names[i], name) == 0)
			return (enum wf_query_language)i;
	return WF_QUERY_LANGUAGE_COUNT_;
}

void wf_query_fault_done(struct wf_query_fault *fault)
{
	if (!fault)
		return;
	wf_free(fault->message);
	*fault = (struct wf_query_fault){.message = NULL};
}

int wf_query_fail(struct wf_query_fault *fault, int err, const char *code, size_t offset,
	const char *token, size_t token_n, const char *fmt, ...)
{
	if (!fault)
		return err;
	*fault = (struct wf_query_fault){.offset = offset};
	(void)snprintf(fault->code, sizeof(fault->code), "%s", code);
	if (token) {
		size_t n = token_n < sizeof(fault->token) ? token_n : sizeof(fault->token) - 1;
		while (n < token_n && n && ((unsigned char)token[n] & 0xc0) == 0x80)
			n--;
		memcpy(fault->token, token, n);
	}
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t bad;
	size_t n = strlen(text);
	if (!wf_utf8_valid(text, n, &bad))
		n = bad;
	fault->message = wf_strndup(text, n);
	return err;
}

int wf_query_parse(enum wf_query_language language, const char *text, size_t n,
	struct wf_query **ret, struct wf_query_fault *fault)
{
	if (n > WF_MAX_EXPR_BYTES)
		return wf_query_fail(fault, WF_ELIMIT, "bytes", SIZE_MAX, NULL, 0,
			"the expression has %zu bytes, more than %d", n, WF_MAX_EXPR_BYTES);
	size_t bad;
	if (!wf_utf8_valid(text, n, &bad))
		return wf_query_fail(fault, WF_ESYNTAX, "syntax", bad, NULL, 0,
			"the expression is not UTF-8");
	struct wf_query q = {.language = language};
	int err = language == WF_QUERY_JMESPATH ? wf_jmespath_parse(text, n, &q.jmespath, fault)
						: wf_jsonata_parse(text, n, &q.jsonata, fault);
	if (err < 0)
		return err;
	*ret = wf_alloc(sizeof(q));
	**ret = q;
	return 0;
}

void wf_query_free(struct wf_query *q)
{
	if (!q)
		return;
	if (q->language == WF_QUERY_JMESPATH)
		wf_jmespath_free(q->jmespath);
	else
		wf_jsonata_free(q->jsonata);
	wf_free(q);
}

enum wf_query_language wf_query_language_in(const struct wf_query *q)
{
	return q->language;
}

int wf_query_run(const struct wf_query *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault)
{
	if (!env->max_depth)
		env->max_depth = WF_QUERY_DEPTH;
	if (!env->max_bytes)
		env->max_bytes = WF_QUERY_BYTES;
	return q->language == WF_QUERY_JMESPATH ? wf_jmespath_run(q->jmespath, env, ret, fault)
						: wf_jsonata_run(q->jsonata, env, ret, fault);
}
