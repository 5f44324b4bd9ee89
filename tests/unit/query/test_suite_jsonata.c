/* JSONata's own test suite, from the folder of third-party suites: every case of it is about the
 * language as far as it is done here, so none is left out. */
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "helpers/suite_lines.h"
#include "query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Passes may not fall below this. */
#define PASSES 1133

#define STEPS 10000000 /* as an evaluation of a plan has */

static int load(void **state)
{
	*state = suite_load("jsonata.jsonl", "jsonata.datasets.jsonl", "name", "data");
	return 0;
}

static int unload(void **state)
{
	suite_free(*state);
	return 0;
}

/* Numbers agree to 15 digits, as the suite writes them. */
static bool same(const json_t *a, const json_t *b, bool unordered)
{
	if (json_is_number(a) && json_is_number(b)) {
		char x[40], y[40];
		(void)snprintf(x, sizeof(x), "%.14e", json_number_value(a));
		(void)snprintf(y, sizeof(y), "%.14e", json_number_value(b));
		return strcmp(x, y) == 0;
	}
	if (json_is_array(a) && json_is_array(b)) {
		size_t n = json_array_size(a);
		if (n != json_array_size(b))
			return false;
		for (size_t i = 0; i < n; i++) {
			bool found = same(json_array_get(a, i), json_array_get(b, i), false);
			for (size_t k = 0; k < n && unordered && !found; k++)
				found = same(json_array_get(a, i), json_array_get(b, k), false);
			if (!found)
				return false;
		}
		return true;
	}
	if (json_is_object(a) && json_is_object(b)) {
		const char *key;
		json_t *value;
		if (json_object_size(a) != json_object_size(b))
			return false;
		json_object_foreach((json_t *)(uintptr_t)a, key,
			value) if (!json_object_get(b, key) ||
				   !same(value, json_object_get(b, key), false)) return false;
		return true;
	}
	return json_equal(a, b);
}

/* The suite's own runner calls the bound of depth U1001. */
static bool right_fault(const json_t *expect, const struct wf_query_fault *fault)
{
	const char *code = json_string_value(json_object_get(expect, "code"));
	const char *token = json_string_value(json_object_get(expect, "token"));
	const char *message = json_string_value(json_object_get(expect, "message"));

	if (!fault->message)
		return false;
	if (code && strcmp(code, "U1001") == 0)
		return strcmp(fault->code, "depth") == 0;
	if (token && strcmp(token, fault->token) != 0)
		return false;
	if (message && strcmp(message, fault->message) != 0)
		return false;
	return !code || strcmp(code, fault->code) == 0;
}

static bool passes(const struct suite *s, const json_t *test)
{
	json_t *in = json_object_get(test, "input"), *expect = json_object_get(test, "expect");
	const json_t *expr = json_object_get(in, "expr"), *error = json_object_get(expect, "error");
	const char *set = json_string_value(json_object_get(in, "dataset"));
	json_int_t depth = json_integer_value(json_object_get(in, "depth"));
	struct wf_query_env env = {
		.input = set ? json_object_get(s->beside, set) : json_object_get(in, "data"),
		.bindings = json_object_get(in, "bindings"),
		.now_ms = INT64_C(1700000000000),
		.steps_left = STEPS,
		.max_depth = (uint32_t)depth, /* 0: the default */
	};
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	json_t *value = NULL;
	bool good;
	int err = wf_query_parse(
		WF_QUERY_JSONATA, json_string_value(expr), json_string_length(expr), &q, &fault);

	if (err == 0)
		err = wf_query_run(q, &env, &value, &fault);
	if (error)
		good = err < 0 && right_fault(error, &fault);
	else if (json_object_get(expect, "undefined"))
		good = err == 0 && !value;
	else
		good = err == 0 && value &&
		       same(value, json_object_get(expect, "result"),
			       json_is_true(json_object_get(expect, "unordered")));
	if (!good) {
		char *got = value ? wf_json_text(value) : NULL, *want = wf_json_text(expect);

		print_message("%s: %.300s\n  gives %.300s %s %s (%s), wanted %.300s\n",
			json_string_value(json_object_get(test, "id")), json_string_value(expr),
			got ? got : "nothing", fault.code, fault.token,
			fault.message ? fault.message : "", want);
		wf_free(got);
		wf_free(want);
	}
	json_decref(value);
	wf_query_free(q);
	wf_query_fault_done(&fault);
	return good;
}

static void test_suite(void **state)
{
	struct suite *s = *state;
	const char *at = s->text.data, *line;
	unsigned passed = 0, failed = 0;
	size_t n;

	if (!s->text.len) {
		print_message("suite jsonata: not run, no folder of suites\n");
		skip();
	}
	while ((line = suite_line(&at, s->text.data + s->text.len, &n))) {
		json_t *test = suite_parse(line, n, 0);

		if (passes(s, test))
			passed++;
		else
			failed++;
		json_decref(test);
	}
	print_message("suite jsonata: %u passed, %u failed, 0 not applicable\n", passed, failed);
	assert_int_equal(failed, 0);
	assert_true(passed >= PASSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite),
	};

	wf_mem_adopt_jansson();
	return cmocka_run_group_tests(tests, load, unload);
}
