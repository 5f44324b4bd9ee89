/* JMESPath beyond its suite: places and words of faults, bounds, sharing, what the community added. */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *json(const char *text)
{
	json_t *v = NULL;
	assert_int_equal(wf_json_parse(text, strlen(text), &v, NULL), 0);
	return v;
}

static struct wf_query *parsed(const char *text)
{
	struct wf_query *q = NULL;
	struct wf_query_fault fault = {.message = NULL};
	if (wf_query_parse(WF_QUERY_JMESPATH, text, strlen(text), &q, &fault) < 0)
		fail_msg("%s: %s at %zu", text, fault.message, fault.offset);
	return q;
}

/* The value as compact text, or the code of the fault. */
static char *value_of(const char *text, const char *input, struct wf_query_env *env)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = parsed(text);
	json_t *value = NULL;
	char *result;
	env->input = input ? json(input) : NULL;
	if (!env->steps_left)
		env->steps_left = 100000;
	if (wf_query_run(q, env, &value, &fault) < 0) {
		assert_non_null(fault.message);
		result = wf_strdup(fault.code);
		wf_query_fault_done(&fault);
	} else {
		result = wf_json_text(value);
	}
	json_decref(value);
	json_decref(env->input);
	env->input = NULL;
	wf_query_free(q);
	return result;
}

static void gives(const char *text, const char *input, const char *expected)
{
	struct wf_query_env env = {.input = NULL};
	char *got = value_of(text, input, &env);
	if (strcmp(got, expected) != 0)
		fail_msg("%s of %s: %s, not %s", text, input, got, expected);
	wf_free(got);
}

static void refused(const char *text, const char *code, size_t offset, const char *token)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	int err = wf_query_parse(WF_QUERY_JMESPATH, text, strlen(text), &q, &fault);
	if (err >= 0)
		fail_msg("%s is taken", text);
	assert_null(q);
	assert_string_equal(fault.code, code);
	assert_string_equal(fault.token, token);
	if (fault.offset != offset)
		fail_msg("%s: at %zu, not %zu: %s", text, fault.offset, offset, fault.message);
	assert_non_null(fault.message);
	assert_true(strlen(fault.message) > 0 && fault.message[strlen(fault.message) - 1] != '.');
	wf_query_fault_done(&fault);
	wf_query_fault_done(&fault); /* and again */
}

static void test_faults_have_places(void **state)
{
	(void)state;
	refused("", "syntax", 0, "");
	refused("foo.", "syntax", 4, "");
	refused("foo.bar]", "syntax", 7, "]");
	refused("foo[?a = `1`]", "syntax", 7, "=");
	refused("a || #", "syntax", 5, "#");
	refused("a || \xc3\xa9", "syntax", 5, "\xc3\xa9");
	refused("'open", "syntax", 0, "'");
	refused("{a: }", "syntax", 4, "}");
	refused("lenght(a)", "unknown-function", 0, "lenght");
	refused("a.length(b, c)", "invalid-arity", 2, "length");
	refused("sort_by(a, b)", "invalid-type", 0, "sort_by");
	refused("length(&a)", "invalid-type", 0, "length");
	refused("&a", "syntax", 0, "&");
	refused("let $a = b,", "syntax", 11, "");
	refused("let $a = b, c in $a", "syntax", 12, "c");
	refused("a\xff", "syntax", 1, "");
	refused("`{\"a\": }`", "syntax", 0, "`{\"a\": }`");
}

static void test_near_function_is_named(void **state)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	(void)state;
	assert_int_equal(wf_query_parse(WF_QUERY_JMESPATH, "lenght(a)", 9, &q, &fault), WF_ESYNTAX);
	assert_non_null(strstr(fault.message, "length"));
	wf_query_fault_done(&fault);
}

static void test_nesting_is_bounded(void **state)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	char text[65537];
	static const char *const openings[] = {"(", "[", "!", "-", "{a:", "a.[", "a[?", "length("};
	(void)state;
	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++) {
		size_t n = strlen(openings[i]), k = 0;
		for (; k + n < 20000; k += n)
			memcpy(text + k, openings[i], n);
		assert_int_equal(wf_query_parse(WF_QUERY_JMESPATH, text, k, &q, &fault), WF_ELIMIT);
		assert_string_equal(fault.code, "depth");
		wf_query_fault_done(&fault);
	}
	memset(text, 'a', sizeof(text));
	assert_int_equal(wf_query_parse(WF_QUERY_JMESPATH, text, sizeof(text), &q, &fault), WF_ELIMIT);
	assert_string_equal(fault.code, "bytes");
	wf_query_fault_done(&fault);
}

/* Long is not deep. */
static void test_long_chains(void **state)
{
	static const char *const links[] = {".a", "[0]", " | a", " || a", " && a", "[]", "[*]"};
	char text[60001];
	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		size_t n = strlen(links[i]), k = 1;
		/* A projection holds the next one, which is nesting. */
		size_t most = strcmp(links[i], "[*]") ? 60000 : 400;
		text[0] = 'a';
		for (; k + n < most; k += n)
			memcpy(text + k, links[i], n);
		text[k] = '\0';
		gives(text, "{}", "null");
	}
}

static void test_values_cannot_grow_without_bound(void **state)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	struct wf_query_env env = {.steps_left = 100000000};
	char text[8192] = "@";
	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(text, " | [@, @]");
	char *got = value_of(text, "{\"a\": 1}", &env);
	assert_string_equal(got, "bytes");
	wf_free(got);
	strcpy(text, "let $a = [[@]] in @");
	for (int i = 0; i < 140; i++)
		strcat(text, " | [@]");
	gives(text, "1", "depth");
	for (int i = 0; i < 400; i++)
		strcat(text, " | [@]");
	assert_int_equal(wf_query_parse(WF_QUERY_JMESPATH, text, strlen(text), &q, &fault), WF_ELIMIT);
	assert_string_equal(fault.code, "depth");
	wf_query_fault_done(&fault);
}

static void test_bounds(void **state)
{
	static const struct {
		const char *text;
		uint64_t steps;
		size_t bytes;
		const char *code;
	} cases[] = {
		{"a[*].b", 50, 0, "steps"},
		{"sort(c)", 100, 0, "steps"},
		{"pad_left('x', `1000000000`)", 1000, 1 << 20, "bytes"},
		{"map(&[@, @], c)", 1000000, 4096, "bytes"},
		{"join('', map(&'xxxxxxxxxxxxxxxxxxxxxxxx', c))", 1000000, 8000, "bytes"},
		{"replace('aaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'a', 'bbbbbbbbbbbbbbbbbbbb')", 10000, 300,
			"bytes"},
		{"a == a[*].b", 1, 0, "steps"},
	};
	WF_AUTOBUF struct wf_buf input = {0};
	(void)state;
	wf_buf_addstr(&input, "{\"a\": [");
	for (int i = 0; i < 200; i++)
		wf_buf_printf(&input, "%s{\"b\": %d}", i ? "," : "", i);
	wf_buf_addstr(&input, "], \"c\": [");
	for (int i = 0; i < 200; i++)
		wf_buf_printf(&input, "%s%d", i ? "," : "", -i);
	wf_buf_addstr(&input, "]}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wf_query_env env = {.steps_left = cases[i].steps, .max_bytes = cases[i].bytes};
		char *got = value_of(cases[i].text, input.data, &env);
		if (strcmp(got, cases[i].code) != 0)
			fail_msg("%s: %s, not %s", cases[i].text, got, cases[i].code);
		wf_free(got);
	}
}

static void test_steps_are_counted(void **state)
{
	struct wf_query *q = parsed("a[*].b");
	json_t *input = json("{\"a\": [{\"b\": 1}, {\"b\": 2}]}"), *value = NULL;
	struct wf_query_env env = {.input = input, .steps_left = 100};
	(void)state;
	assert_int_equal(wf_query_run(q, &env, &value, NULL), 0);
	assert_int_equal(env.steps_left, 96);
	json_decref(value);
	json_decref(input);
	wf_query_free(q);
}

/* A run shares with its input and query, and changes neither. */
static void test_runs_leave_all_as_it_was(void **state)
{
	struct wf_query *q = parsed("{a: sort(a), b: `[1]`, c: reverse(a), d: a[]}");
	json_t *input = json("{\"a\": [3, 1, 2]}"), *value = NULL, *again = NULL;
	(void)state;
	struct wf_query_env env = {.input = input, .steps_left = 1000};
	assert_int_equal(wf_query_run(q, &env, &value, NULL), 0);
	assert_int_equal(wf_query_run(q, &env, &again, NULL), 0);
	char *text = wf_json_text(value), *same = wf_json_text(again), *in = wf_json_text(input);
	assert_string_equal(text, "{\"a\":[1,2,3],\"b\":[1],\"c\":[2,1,3],\"d\":[3,1,2]}");
	assert_string_equal(same, text);
	assert_string_equal(in, "{\"a\":[3,1,2]}");
	wf_free(text);
	wf_free(same);
	wf_free(in);
	json_decref(value);
	json_decref(again);
	json_decref(input);
	wf_query_free(q);
}

static void test_precedence(void **state)
{
	(void)state;
	gives("!a.b", "{\"a\": {\"b\": false}}", "true");
	gives("!a == `false`", "{\"a\": 1}", "true");
	gives("-a.b + `1`", "{\"a\": {\"b\": 5}}", "-4");
	gives("a + b * c", "{\"a\": 1, \"b\": 2, \"c\": 3}", "7");
	gives("a - b - c", "{\"a\": 1, \"b\": 2, \"c\": 3}", "-4");
	gives("a ? b : c | d", "{\"a\": 0, \"b\": {\"d\": 1}, \"c\": {}}", "1");
	gives("a ? b : c ? d : e", "{\"c\": 1, \"d\": 2, \"e\": 3}", "2");
	gives("a[*].b | [0]", "{\"a\": [{\"b\": [1]}, {\"b\": [2]}]}", "[1]");
	gives("a[*].b[0]", "{\"a\": [{\"b\": [1]}, {\"b\": [2]}]}", "[1,2]");
	gives("(a[*].b)[0]", "{\"a\": [{\"b\": [1]}, {\"b\": [2]}]}", "[1]");
}

static void test_numbers(void **state)
{
	(void)state;
	gives("a + b", "{\"a\": 9223372036854775807, \"b\": 0}", "9223372036854775807");
	gives("a + b", "{\"a\": 9223372036854775807, \"b\": 1}", "9.223372036854776e+18");
	gives("a / b", "{\"a\": 7, \"b\": 2}", "3.5");
	gives("a / b", "{\"a\": 6, \"b\": 2}", "3");
	gives("a / b", "{\"a\": 6, \"b\": 0}", "not-a-number");
	gives("a // b", "{\"a\": -7, \"b\": 2}", "-4");
	gives("a % b", "{\"a\": -7, \"b\": 2}", "-1");
	gives("a % b", "{\"a\": -7, \"b\": 0}", "not-a-number");
	gives("a * b", "{\"a\": 1e308, \"b\": 10}", "not-a-number");
	gives("a + b", "{\"a\": 1, \"b\": \"2\"}", "not-a-number");
	gives("-a", "{\"a\": -9223372036854775808}", "9.223372036854776e+18");
	gives("a < b", "{\"a\": 9007199254740993, \"b\": 9007199254740992.0}", "false");
	gives("sum(@)", "[9223372036854775807, 1]", "9.223372036854776e+18");
	gives("to_number('12345678901234567890')", NULL, "1.2345678901234567e+19");
	gives("to_number(' 1')", NULL, "null");
	gives("to_number('[1]')", NULL, "null");
	gives("`12345678901234567890`", NULL, "1.2345678901234567e+19");
	gives("abs(@)", "-9223372036854775808", "9.223372036854776e+18");
}

static void test_texts(void **state)
{
	(void)state;
	gives("upper('stra\u00dfe \u00e9\u03c9\ufb01')", NULL, "\"STRASSE \u00c9\u03a9FI\"");
	gives("lower('\u00c9\u0416\u0130')", NULL, "\"\u00e9\u0436i\u0307\"");
	gives("find_first('\u00e9\u00e9x', 'x')", NULL, "2");
	gives("find_last('axbxc', 'x', `0`, `3`)", NULL, "1");
	gives("find_last('axbxc', 'x')", NULL, "3");
	gives("split('a,b,,c', ',')", NULL, "[\"a\",\"b\",\"\",\"c\"]");
	gives("split('all chars', '', `3`)", NULL, "[\"a\",\"l\",\"l\",\" chars\"]");
	gives("replace('abc', '', '-')", NULL, "\"-a-b-c-\"");
	gives("replace('\u00e9', '', '-')", NULL, "\"-\u00e9-\"");
	gives("pad_left('\u00e9', `3`, '*')", NULL, "\"**\u00e9\"");
	gives("pad_left('a', `3`, '')", NULL, "invalid-value");
	gives("pad_right('a', `-1`)", NULL, "invalid-value");
	gives("trim('\u00a0 a\u2003')", NULL, "\"a\"");
	gives("trim_left('xxa', 'x')", NULL, "\"a\"");
	gives("'h\u00e9llo'[1:3]", NULL, "\"\u00e9l\"");
	gives("'hello'[::0]", NULL, "invalid-value");
	gives("'it\\'s'", NULL, "\"it's\"");
	gives("contains('abc', `1`)", NULL, "false");
	gives("from_items(`[[\"a\", 1], [\"b\", 2], [\"a\", 3]]`)", NULL, "{\"a\":3,\"b\":2}");
	gives("from_items(`[[\"a\"]]`)", NULL, "invalid-value");
	gives("from_items(`[1]`)", NULL, "invalid-type");
	gives("zip(a, b)", "{\"a\": [1, 2, 3], \"b\": [4, 5]}", "[[1,4],[2,5]]");
}

static void test_names_in_scope(void **state)
{
	json_t *bindings = json("{\"limit\": 2}"), *input = json("[1, 2, 3]"), *value = NULL;
	struct wf_query *q = parsed("[?@ >= $limit]");
	struct wf_query_env env = {.input = input, .bindings = bindings, .steps_left = 100};
	(void)state;
	assert_int_equal(wf_query_run(q, &env, &value, NULL), 0);
	char *text = wf_json_text(value);
	assert_string_equal(text, "[2,3]");
	wf_free(text);
	json_decref(value);
	json_decref(input);
	json_decref(bindings);
	wf_query_free(q);
	gives("a[*].[let $x = b in c[*].[@, $x]][][]",
		"{\"a\": [{\"b\": 1, \"c\": [5]}, {\"b\": 2, \"c\": [6]}]}", "[[5,1],[6,2]]");
	gives("let $x = a in map(&[@, $x], b)", "{\"a\": 1, \"b\": [2, 3]}", "[[2,1],[3,1]]");
	gives("let $x = `1` in let $x = $x + `1`, $y = $x in [$x, $y]", "{}", "[2,1]");
	gives("let", "{\"let\": 1}", "1");
	gives("in.let", "{\"in\": {\"let\": 1}}", "1");
	gives("$nowhere", "{}", "undefined-variable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults_have_places),
		cmocka_unit_test(test_near_function_is_named),
		cmocka_unit_test(test_nesting_is_bounded),
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_values_cannot_grow_without_bound),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_steps_are_counted),
		cmocka_unit_test(test_runs_leave_all_as_it_was),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_names_in_scope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
