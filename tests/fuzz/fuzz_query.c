/*
 * A query of either language and, behind a line of one NUL, its input: parsed, and run with small
 * bounds. What is parsed is parsed again to the same; a run ends, twice alike, leaves its input as it
 * was, and a value fits what its bytes were bounded to.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "query/query.h"

#define STEPS 20000
#define BYTES ((size_t)1 << 20)

static const char standard[] =
	"{\"a\": {\"b\": [1, 2.5, null, true, \"x\", {\"c\": [], \"d\": {}}]}, \"items\": [{\"name\": \"lamp\","
	" \"price\": 40, \"tags\": [\"home\"]}, {\"name\": \"desk\", \"price\": 120, \"tags\": []}],"
	" \"text\": \"h\xc3\xa9llo w\xc3\xb6rld\", \"n\": -7, \"when\": \"2026-11-21T05:00:00.000Z\"}";

static void check_fault(int err, const struct wf_query_fault *fault, size_t n)
{
	FUZZ_CHECK(err == WF_ESYNTAX || err == WF_EINVAL || err == WF_ELIMIT);
	FUZZ_CHECK(fault->message && *fault->message && fault->code[0]);
	FUZZ_CHECK(fault->offset == SIZE_MAX || fault->offset <= n);
}

/* The value, or NULL; *ret_err is what it ended with. */
static json_t *run(const struct wf_query *q, json_t *input, size_t n, int *ret_err)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query_env env = {.input = input, .now_ms = 1795237200000, .random = 7,
		.steps_left = STEPS, .max_bytes = BYTES};
	json_t *value = NULL;
	*ret_err = wf_query_run(q, &env, &value, &fault);
	FUZZ_CHECK(env.steps_left <= STEPS);
	if (*ret_err) {
		FUZZ_CHECK(!value);
		check_fault(*ret_err, &fault, n);
	}
	wf_query_fault_done(&fault);
	return value;
}

static void run_twice(const struct wf_query *q, json_t *input, size_t n)
{
	char *before = wf_json_text(input), *after;
	int err, again;
	json_t *value = run(q, input, n, &err), *same = run(q, input, n, &again);
	FUZZ_CHECK(err == again);
	FUZZ_CHECK(!value == !same);
	if (value && wf_json_depth_ok(value)) {
		char *text = wf_json_text(value), *twin = wf_json_text(same);
		FUZZ_CHECK(!strcmp(text, twin));
		wf_free(text);
		wf_free(twin);
	}
	after = wf_json_text(input);
	FUZZ_CHECK(!strcmp(before, after));
	wf_free(before);
	wf_free(after);
	json_decref(value);
	json_decref(same);
}

static void try(enum wf_query_language language, const char *text, size_t n, json_t *input)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL, *again = NULL;
	int err = wf_query_parse(language, text, n, &q, &fault);
	FUZZ_CHECK(!err == !!q);
	if (err) {
		check_fault(err, &fault, n);
		FUZZ_CHECK(wf_query_parse(language, text, n, &again, NULL) == err);
	} else {
		FUZZ_CHECK(!fault.message);
		run_twice(q, input, n);
	}
	wf_query_fault_done(&fault);
	wf_query_free(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = n ? memchr(data, '\0', n) : NULL;
	const char *text = (const char *)data;
	size_t size = end ? (size_t)(end - data) : n;
	json_t *input = NULL;
	if (end && wf_json_parse((const char *)end + 1, n - size - 1, &input, NULL) < 0)
		input = NULL;
	if (!input && wf_json_parse(standard, sizeof(standard) - 1, &input, NULL) < 0)
		abort();
	try(WF_QUERY_JMESPATH, text, size, input);
	try(WF_QUERY_JSONATA, text, size, input);
	json_decref(input);
	return 0;
}
