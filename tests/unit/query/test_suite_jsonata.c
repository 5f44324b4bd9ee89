/* JSONata's own test suite, from the folder of third-party suites: every case of it is about the
 * language as far as it is done here, so none is left out. */
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SUITE_MAX (64u << 20)

/* Passes may not fall below this. */
#define PASSES 1133

#define STEPS 10000000 /* as an evaluation of a plan has */

struct suite {
	struct wf_buf text;
	json_t *datasets;
};

static bool read_suite_file(const char *name, struct wf_buf *ret)
{
	const char *folder = getenv("WFCTL_SUITES");
	struct wf_cause cause = {0};
	char *path = wf_asprintf("%s/%s", folder ? folder : "../shared/suites", name);
	int err = wf_read_file(path, SUITE_MAX, ret, &cause);

	wf_free(path);
	return err == 0;
}

static json_t *parse(const char *text, size_t n)
{
	return json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static const char *next_line(const char **at, const char *end, size_t *ret_n)
{
	const char *line = *at, *stop;

	if (line >= end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	if (!stop)
		stop = end;
	*ret_n = (size_t)(stop - line);
	*at = stop + 1;
	return line;
}

static int load(void **state)
{
	struct suite *s = wf_calloc(1, sizeof(*s));
	struct wf_buf datasets = {0};
	const char *at, *line;
	size_t n;

	*state = s;
	s->datasets = json_object();
	if (!read_suite_file("jsonata.jsonl", &s->text) ||
		!read_suite_file("jsonata.datasets.jsonl", &datasets)) {
		wf_buf_done(&s->text);
		wf_buf_done(&datasets);
		return 0;
	}
	at = datasets.data;
	while ((line = next_line(&at, datasets.data + datasets.len, &n))) {
		json_t *set = parse(line, n);

		json_object_set(s->datasets, json_string_value(json_object_get(set, "name")),
			json_object_get(set, "data"));
		json_decref(set);
	}
	wf_buf_done(&datasets);
	return 0;
}

static int unload(void **state)
{
	struct suite *s = *state;

	wf_buf_done(&s->text);
	json_decref(s->datasets);
	wf_free(s);
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
		.input = set ? json_object_get(s->datasets, set) : json_object_get(in, "data"),
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
	while ((line = next_line(&at, s->text.data + s->text.len, &n))) {
		json_t *test = parse(line, n);

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
