/* What query.c and the two languages have between them. */
#ifndef WF_QUERY_INTERNAL_H
#define WF_QUERY_INTERNAL_H

#include "query/query.h"

/* Fills the fault (NULL is allowed) and returns err. token may be NULL; it is cut to fit, at a whole
 * character. code is never NULL. */
int wf_query_fail(struct wf_query_fault *fault, int err, const char *code, size_t offset,
	const char *token, size_t token_n, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

struct wf_jmespath;
struct wf_jsonata;

/* As wf_query_parse and wf_query_run say; env's max_depth and max_bytes are never 0 here, and the text is
 * UTF-8 of at most WF_MAX_EXPR_BYTES. The text need not outlive the call. */
int wf_jmespath_parse(const char *text, size_t n, struct wf_jmespath **ret,
	struct wf_query_fault *fault);
int wf_jmespath_run(const struct wf_jmespath *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault);
void wf_jmespath_free(struct wf_jmespath *q); /* NULL is allowed */

int wf_jsonata_parse(const char *text, size_t n, struct wf_jsonata **ret,
	struct wf_query_fault *fault);
int wf_jsonata_run(const struct wf_jsonata *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault);
void wf_jsonata_free(struct wf_jsonata *q); /* NULL is allowed */

#endif
