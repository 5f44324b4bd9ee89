/* JSONata beside its suite: bounds, what errors say, and what the world is to an expression. */
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

#define STEPS 1000000

static struct wf_query_env env_of(json_t *input)
{
	return (struct wf_query_env){
		.input = input, .now_ms = INT64_C(1700000000123), .random = 7, .steps_left = STEPS};
}

/* The result and the value's text; "undefined", or the fault's code. */
static char *eval_in(const char *text, struct wf_query_env *env, struct wf_query_fault *fault)
{
	struct wf_query *q = NULL;
	json_t *value = NULL;
	int err = wf_query_parse(WF_QUERY_JSONATA, text, strlen(text), &q, fault);
	if (err == 0)
		err = wf_query_run(q, env, &value, fault);
	char *got = err < 0 ? wf_strdup(fault->code)
		    : value ? wf_json_text(value)
			    : wf_strdup("undefined");
	if (err < 0) {
		assert_non_null(fault->message);
		assert_true(fault->message[0] != '\0');
	}
	json_decref(value);
	wf_query_free(q);
	return got;
}

static void check_on(const char *text, const char *input, const char *want)
{
	json_t *json = input ? json_loads(input, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
	struct wf_query_env env = env_of(json);
	struct wf_query_fault fault = {.message = NULL};
	json_t *before = json_deep_copy(json);
	char *got = eval_in(text, &env, &fault);
	assert_string_equal(got, want);
	assert_true(json_equal(json, before) || !json);
	wf_free(got);
	json_decref(json);
	json_decref(before);
	wf_query_fault_done(&fault);
}

static void check(const char *text, const char *want)
{
	check_on(text, NULL, want);
}

static int error_of(const char *text, struct wf_query_env *env, struct wf_query_fault *fault)
{
	struct wf_query *q = NULL;
	json_t *value = NULL;
	int err = wf_query_parse(WF_QUERY_JSONATA, text, strlen(text), &q, fault);
	if (err == 0)
		err = wf_query_run(q, env, &value, fault);
	json_decref(value);
	wf_query_free(q);
	return err;
}

static void check_limit(const char *text, const char *code)
{
	struct wf_query_env env = env_of(NULL);
	struct wf_query_fault fault = {.message = NULL};
	env.max_bytes = 8u << 20;
	int err = error_of(text, &env, &fault);
	if (err != WF_ELIMIT || strcmp(fault.code, code) != 0)
		print_message("%s: %s\n", text, fault.code);
	assert_int_equal(err, WF_ELIMIT);
	assert_string_equal(fault.code, code);
	wf_query_fault_done(&fault);
}

/* -- bounds -- */

static void test_endless(void **state)
{
	(void)state;
	check_limit("($f := function($n){$f($n)}; $f(1))", "bytes");
	check_limit("($f := function($n){1 + $f($n)}; $f(1))", "depth");
	check_limit("($f := function($n){$map([1], $f)}; $f(1))", "depth");
	check_limit("($f := function($n){$eval('$f(1) + 1')}; $f(1))", "depth");
	check_limit("($f := function($l, $r){$sort([2, 1], $f)}; $f(1, 2))", "depth");
	check_limit("$map([1..10000000], function($v){$v})", "bytes");
	check_limit("[1..10000000][false]", "steps");
	check_limit("[1..5000][$count([1..5000][false]) > 0]", "steps");
}

/* A depth that the stack could not hold is not granted. */
static void test_depth_is_capped(void **state)
{
	static const char *const bodies[] = {"$map([1], $f)", "$sort([2, 1], $f)",
		"$eval('$f(1) + 1')", "[1, 2]^($f(1))", "$replace('a', /a/, $f)",
		"{'a': 1} ~> |$|{'x': $f(1)}|", "[1, 2].{$string($f(1)): 1}", "[1]#$i.$f(1)"};
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct wf_query_env env = env_of(NULL);
		struct wf_query_fault fault = {.message = NULL};
		char *text = wf_asprintf("($f := function($l, $r){%s}; $f(1, 1))", bodies[i]);
		env.max_depth = UINT32_MAX;
		assert_int_equal(error_of(text, &env, &fault), WF_ELIMIT);
		assert_string_equal(fault.code, "depth");
		wf_query_fault_done(&fault);
		wf_free(text);
	}
}

static void test_large(void **state)
{
	(void)state;
	check_limit("($f := function($s){$f($s & $s)}; $f('abcdefgh'))", "bytes");
	check_limit("$reverse([1..1000000])", "bytes");
	check_limit("$pad('', 1000000000)", "bytes");
	check_limit("$pad('', 7000000, 'abc')", "bytes");
	check("[1..10000000] ~> $count()", "10000000");
	check("$count([1..10000000])", "10000000");
	check("[1..10000001]", "D2014");
}

/* Values that share their parts are small to make and endless to write. */
static void test_shared(void **state)
{
	(void)state;
	const char *twice = "$reduce([1..60], function($a, $i){{'l': $a, 'r': $a}}, 1)";
	char *text = wf_asprintf("%s", twice);
	check_limit(text, "bytes");
	wf_free(text);
	text = wf_asprintf("$string(%s)", twice);
	check_limit(text, "bytes");
	wf_free(text);
	text = wf_asprintf("%s = %s", twice, twice);
	check_limit(text, "steps");
	wf_free(text);
	text = wf_asprintf("$count((%s).**)", twice);
	check_limit(text, "bytes");
	wf_free(text);
}

static void test_deep_values(void **state)
{
	static const char *const uses[] = {"%s", "$string(%s)", "$clone(%s)", "%s = 1 or %s = %s",
		"$boolean([%s])", "$distinct([%s, 1, %s])", "$count((%s).**)", "%s ~> |a|{}|"};
	(void)state;
	const char *deep =
		"($f := function($n, $a){$n = 0 ? $a : $f($n - 1, {'a': [[$a]]})}; $f(3000, 1))";
	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		struct wf_buf text = {0};
		for (const char *p = uses[i]; *p; p++) {
			if (p[0] == '%' && p[1] == 's') {
				wf_buf_addstr(&text, deep);
				p++;
			} else {
				wf_buf_addch(&text, *p);
			}
		}
		struct wf_query_env env = env_of(NULL);
		struct wf_query_fault fault = {.message = NULL};
		int err = error_of(text.data, &env, &fault);
		assert_true(err == WF_ELIMIT || i == 4);
		wf_query_fault_done(&fault);
		wf_buf_done(&text);
	}
}

static void check_repeated(
	const char *open, const char *middle, const char *close, size_t n, int want)
{
	struct wf_buf text = {0};
	struct wf_query *q = NULL;
	struct wf_query_fault fault = {.message = NULL};
	for (size_t i = 0; i < n; i++)
		wf_buf_addstr(&text, open);
	wf_buf_addstr(&text, middle);
	for (size_t i = 0; i < n; i++)
		wf_buf_addstr(&text, close);
	assert_int_equal(wf_query_parse(WF_QUERY_JSONATA, text.data, text.len, &q, &fault), want);
	wf_query_free(q);
	wf_query_fault_done(&fault);
	wf_buf_done(&text);
}

static void test_deep_texts(void **state)
{
	(void)state;
	check_repeated("(", "1", ")", 100, 0);
	check_repeated("(", "1", ")", 30000, WF_ELIMIT);
	check_repeated("[", "1", "]", 30000, WF_ELIMIT);
	check_repeated("-", "1", "", 60000, WF_ELIMIT);
	check_repeated("a.", "a", "", 1000, 0);
	check_repeated("a.", "a", "", 30000, WF_ELIMIT);
	check_repeated("1+", "1", "", 30000, WF_ELIMIT);
	check_repeated("", "a", "[0]", 20000, WF_ELIMIT);
	check_repeated("", "a", "[]", 20000, 0);
	check_repeated("function(){", "1", "}", 5000, WF_ELIMIT);
	check_repeated("", "a", " ?: a", 10000, WF_ELIMIT);
	check_repeated("a?", "a", ":a", 10000, WF_ELIMIT);
	check_repeated("(a.%", "", ")", 5000, WF_ELIMIT);
	check_repeated("/", "", "", 1, WF_ESYNTAX);
}

static void test_chains_of_functions(void **state)
{
	(void)state;
	check_limit("($b := function($n, $f){$n = 0 ? $f : $b($n - 1, $f ~> $string)}; $b(20000, "
		    "$string)(1))",
		"depth");
	check_limit("($b := function($n, $f){$n = 0 ? $f : $b($n - 1, $map(?, $f))}; $b(20000, "
		    "$string)(1))",
		"depth");
}

static void test_regular_expressions(void **state)
{
	(void)state;
	check_limit("$contains($pad('', 30000, 'a') & '!', /^(a+)+$/)", "regex");
	check_limit("$contains($pad('', 300, 'a') & '!', /^(a+)+$/)", "regex");
	check_limit("$split($pad('', 300, 'a') & 'bc', /(a|aa)+bd|(a|aa)+[c-e]$/)", "regex");
	check_limit("[1..100000][$contains($pad('', 18, 'a') & '!', /^(a+)+$/)]", "steps");
	check("$match('abc', /b*/)", "D1004");
}

static void test_what_is_left(void **state)
{
	struct wf_query_env env = env_of(NULL);
	struct wf_query_fault fault = {.message = NULL};
	(void)state;
	char *got = eval_in("1 + 2", &env, &fault);
	assert_string_equal(got, "3");
	assert_true(env.steps_left < STEPS && env.steps_left > STEPS - 20);
	wf_free(got);
	env.steps_left = 2;
	got = eval_in("1 + 2", &env, &fault);
	assert_string_equal(got, "steps");
	assert_int_equal(env.steps_left, 0);
	wf_free(got);
	wf_query_fault_done(&fault);
}

/* $eval catches errors of its expression, but no bound. */
static void test_eval_is_bounded(void **state)
{
	(void)state;
	check("$eval('1 + \"a\"')", "D3121");
	check("$eval('1 +')", "D3120");
	check_limit("$eval('[1..10000000][false]')", "steps");
	check_limit("($e := function(){$eval('$e()')}; $e())", "depth");
	check("($x := 2; $eval('$x * $y := 3'))", "D3120");
	check("($x := 2; $eval('($y := 3; $x * $y)'))", "6");
	check("[1..50].$eval('$ + 1') ~> $sum()", "1325");
}

/* -- errors -- */

static void check_fault(
	const char *text, int err, const char *code, const char *token, size_t offset)
{
	struct wf_query_env env = env_of(NULL);
	struct wf_query_fault fault = {.message = NULL};
	assert_int_equal(error_of(text, &env, &fault), err);
	assert_string_equal(fault.code, code);
	assert_string_equal(fault.token, token);
	assert_true(fault.offset == offset);
	wf_query_fault_done(&fault);
}

static void test_faults(void **state)
{
	(void)state;
	check_fault("1 + 'x'", WF_EINVAL, "T2002", "+", 2);
	check_fault("$number('x')", WF_EINVAL, "D3030", "number", 7);
	check_fault("$sum('x')", WF_EINVAL, "T0412", "sum", 4);
	check_fault("1 2", WF_ESYNTAX, "S0201", "2", 2);
	check_fault("(1", WF_ESYNTAX, "S0203", "(end)", 2);
	check_fault("'a\\qb'", WF_ESYNTAX, "S0103", "q", 3);
	check_fault("/a(/", WF_ESYNTAX, "S0302", "", 4);
	check_fault("/a)(b/", WF_ESYNTAX, "S0303", "a)(b", 0);
	check_fault("nope(1)", WF_EINVAL, "T1006", "nope", 4);
	check_fault("sum([1])", WF_EINVAL, "T1005", "sum", 3);
	check_fault("$error('because')", WF_EINVAL, "D3137", "error", 6);
	check_fault("$eval($pad('', 90) & 'function($x){$x + 1}')('a')", WF_EINVAL, "T2001", "+",
		SIZE_MAX);
	check_fault("1/0", WF_EINVAL, "D1001", "", SIZE_MAX);
}

/* A failure leaves the result alone, and a fault that nobody wants is not made. */
static void test_untouched(void **state)
{
	struct wf_query *q = NULL, *old;
	struct wf_query_env env = env_of(NULL);
	json_t *value = json_integer(5);
	(void)state;
	assert_int_equal(wf_query_parse(WF_QUERY_JSONATA, "1 +", 3, &q, NULL), WF_ESYNTAX);
	assert_null(q);
	assert_int_equal(wf_query_parse(WF_QUERY_JSONATA, "1 + 'a'", 7, &q, NULL), 0);
	old = q;
	json_t *before = value;
	assert_int_equal(wf_query_run(q, &env, &value, NULL), WF_EINVAL);
	assert_ptr_equal(value, before);
	assert_ptr_equal(q, old);
	json_decref(value);
	wf_query_free(q);
}

/* -- the world -- */

static void test_determined(void **state)
{
	(void)state;
	check("$now()", "\"2023-11-14T22:13:20.123Z\"");
	check("$millis()", "1700000000123");
	check("$now('[H01]:[m01]', '+0530')", "\"03:43\"");
	check("($random() = $random())", "false");
	struct wf_query_env one = env_of(NULL), two = env_of(NULL), other = env_of(NULL);
	struct wf_query_fault fault = {.message = NULL};
	other.random = 8;
	char *a = eval_in("$shuffle([1..20])", &one, &fault);
	char *b = eval_in("$shuffle([1..20])", &two, &fault);
	char *c = eval_in("$shuffle([1..20])", &other, &fault);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	wf_free(a);
	wf_free(b);
	wf_free(c);
}

static void test_bindings(void **state)
{
	json_t *bindings = json_pack("{s:i, s:[i,i], s:s}", "n", 4, "list", 1, 2, "only", "eval");
	struct wf_query_env env = env_of(NULL);
	struct wf_query_fault fault = {.message = NULL};
	(void)state;
	env.bindings = bindings;
	char *got = eval_in("[$n, $list, $eval('$only'), $not_there]", &env, &fault);
	assert_string_equal(got, "[4,1,2,\"eval\"]");
	wf_free(got);
	json_decref(bindings);
}

/* The same query, run over and over and of different inputs. */
static void test_again(void **state)
{
	struct wf_query *q = NULL;
	const char *text = "a.b[c > 1]^(>c){d: $sum(c)}";
	(void)state;
	assert_int_equal(wf_query_parse(WF_QUERY_JSONATA, text, strlen(text), &q, NULL), 0);
	for (int i = 0; i < 50; i++) {
		json_t *input = json_pack("{s:{s:[{s:i,s:s},{s:i,s:s},{s:i,s:s}]}}", "a", "b", "c",
			1, "d", "x", "c", i + 2, "d", "y", "c", 3, "d", "y");
		struct wf_query_env env = env_of(input);
		json_t *value = NULL;
		assert_int_equal(wf_query_run(q, &env, &value, NULL), 0);
		json_decref(input); /* the value may share parts, and keeps them */
		assert_int_equal(json_integer_value(json_object_get(value, "y")), i + 5);
		json_decref(value);
	}
	wf_query_free(q);
}

/* -- values -- */

static void test_integers(void **state)
{
	(void)state;
	check_on("id", "{\"id\": 1234567890123456789}", "1234567890123456789");
	check_on("$string(id)", "{\"id\": 1234567890123456789}", "\"1234567890123456789\"");
	check_on("[id, {'a': id}]", "{\"id\": -9007199254740995}",
		"[-9007199254740995,{\"a\":-9007199254740995}]");
	check_on("$type(id)", "{\"id\": 1234567890123456789}", "\"number\"");
	check_on("id = 1234567890123456789", "{\"id\": 1234567890123456789}", "true");
	check("9007199254740991 + 0", "9007199254740991");
	check("-0", "0");
	check("0.1 + 0.2", "0.30000000000000004");
	check("$string(0.1 + 0.2)", "\"0.3\"");
}

static void test_characters(void **state)
{
	(void)state;
	check("$length('a\\ud83d\\ude00')", "2");
	check("$substring('a\\ud83d\\ude00b', 1, 1)", "\"\xf0\x9f\x98\x80\"");
	check("$encodeUrl('\\ud800')", "D3140");
	check("'x\\ud800y'", "\"x\xef\xbf\xbdy\"");
	check("{'\\udfff': 1}", "{\"\xef\xbf\xbd\":1}");
	check("$string(['\\ud800'])", "\"[\\\"\\\\ud800\\\"]\"");
	check("$contains('\\ud800a', /a/)", "true");
	check("$uppercase('stra\xc3\x9f"
	      "e \xc3\xa9')",
		"\"STRASSE \xc3\x89\"");
	check("$split('a\\ud83d\\ude00b', '')", "[\"a\",\"\xf0\x9f\x98\x80\",\"b\"]");
}

/* What a transform changes is a copy. */
static void test_input_stays(void **state)
{
	(void)state;
	check_on("$ ~> |a|{'b': 2}, 'c'|", "{\"a\": {\"b\": 1, \"c\": [1]}}", "{\"a\":{\"b\":2}}");
	check_on("($append(a, 1); $$)", "{\"a\": [0]}", "{\"a\":[0]}");
	check_on("$sort(a)", "{\"a\": [2, 1]}", "[1,2]");
	check_on("a ~> |$|{'x': $$.n}|", "{\"a\": {}, \"n\": 1}", "{\"x\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_depth_is_capped),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_deep_values),
		cmocka_unit_test(test_deep_texts),
		cmocka_unit_test(test_chains_of_functions),
		cmocka_unit_test(test_regular_expressions),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_eval_is_bounded),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_determined),
		cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_input_stays),
	};

	wf_mem_adopt_jansson();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
