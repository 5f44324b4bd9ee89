/*
 * The query languages: JMESPath and JSONata, over json_t.
 *
 * A text is parsed once and run often. A parsed query is immutable: several runs of it may be under way
 * at once, in several threads. A run reads no clock, no environment and no random source: what it may
 * know of the world is in struct wf_query_env, so the same query of the same input gives the same value.
 * Every run ends: it is bounded in steps, in depth and in bytes.
 */
#ifndef WF_QUERY_QUERY_H
#define WF_QUERY_QUERY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum wf_query_language { WF_QUERY_JMESPATH, WF_QUERY_JSONATA, WF_QUERY_LANGUAGE_COUNT_ };

/* The language's name as definitions write it ("jmespath"); never NULL. */
const char *wf_query_language_name(enum wf_query_language language);

/* The language of a name; WF_QUERY_LANGUAGE_COUNT_ for a name of none. */
enum wf_query_language wf_query_language_of(const char *name);

/* Why a text is no query, or why a query has no value. */
struct wf_query_fault {
	char code[32];   /* of the language: "invalid-type", "T2001"; of a bound: "steps", "depth", "bytes" */
	char *message;   /* one sentence without a full stop, from wf_alloc; NULL where there was no fault */
	char token[64];  /* the word at fault, cut to fit; empty: none */
	size_t offset;   /* where in the text, in bytes; SIZE_MAX: not known */
};

void wf_query_fault_done(struct wf_query_fault *fault); /* zeroed afterwards; NULL is allowed */

struct wf_query;

/* Parses n bytes of text (UTF-8). WF_ESYNTAX: it is no query; WF_ELIMIT: it is longer or nested deeper
 * than a query may be. The fault (may be NULL) is filled then, and only then. */
int wf_query_parse(enum wf_query_language language, const char *text, size_t n,
	struct wf_query **ret, struct wf_query_fault *fault);
void wf_query_free(struct wf_query *q); /* NULL is allowed */

enum wf_query_language wf_query_language_in(const struct wf_query *q);

struct wf_query_env {
	json_t *input;          /* borrowed, not changed; NULL is undefined (null in JMESPath) */
	const json_t *bindings; /* borrowed: an object of JSONata's $names, of JMESPath's let names; NULL: none */
	int64_t now_ms;         /* the time it is, since the epoch */
	uint32_t random;        /* what $random and $shuffle begin with */
	uint64_t steps_left;    /* in: how many steps the run may take; out: what it left of them */
	uint32_t max_depth;     /* nesting of evaluation; 0: WF_QUERY_DEPTH */
	size_t max_bytes;       /* of values the run makes; 0: WF_QUERY_BYTES */
};

#define WF_QUERY_DEPTH 256
#define WF_QUERY_BYTES ((size_t)64 << 20)

/* The query's value of env->input: 0 with a new reference in *ret, NULL for undefined. It may share
 * parts with the input: who changes it copies it first. WF_EINVAL: an error of the expression;
 * WF_ELIMIT: a bound was met. The fault (may be NULL) is filled on failure, and only then. */
int wf_query_run(const struct wf_query *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault);

#endif
