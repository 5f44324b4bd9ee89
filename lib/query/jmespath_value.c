/* JMESPath's values: truth, equality, order, size, numbers. Each of the data's sizes costs steps. */
#include "query/jmespath.h"

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"

#include <math.h>
#include <string.h>

bool wf_jp_true(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_NULL:
	case JSON_FALSE:
		return false;
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_OBJECT:
		return json_object_size(v) > 0;
	case JSON_TRUE:
	case JSON_INTEGER:
	case JSON_REAL:
		return true;
	}
	return true;
}

/* As strcmp, exactly. */
static int order_mixed(json_int_t i, double d)
{
	if (d >= 0x1p63)
		return -1;
	if (d < -0x1p63)
		return 1;
	json_int_t whole = (json_int_t)d;
	double rest = d - (double)whole;
	if (i != whole)
		return i < whole ? -1 : 1;
	return rest > 0 ? -1 : rest < 0;
}

int wf_jp_order(const json_t *a, const json_t *b)
{
	if (json_is_integer(a)) {
		json_int_t i = json_integer_value(a), k = json_integer_value(b);
		if (json_is_integer(b))
			return i < k ? -1 : i > k;
		return order_mixed(i, json_real_value(b));
	}
	if (json_is_integer(b))
		return -order_mixed(json_integer_value(b), json_real_value(a));
	double x = json_real_value(a), y = json_real_value(b);
	return x < y ? -1 : x > y;
}

static int equal_lists(struct wf_jp_run *r, const json_t *a, const json_t *b)
{
	size_t n = json_array_size(a);
	int is = n == json_array_size(b);
	for (size_t i = 0; is == 1 && i < n; i++)
		is = wf_jp_equal(r, json_array_get(a, i), json_array_get(b, i));
	return is;
}

static int equal_objects(struct wf_jp_run *r, const json_t *a, const json_t *b)
{
	int is = json_object_size(a) == json_object_size(b);
	void *at = json_object_iter((json_t *)(uintptr_t)a);
	for (; is == 1 && at; at = json_object_iter_next((json_t *)(uintptr_t)a, at)) {
		const json_t *other = json_object_get(b, json_object_iter_key(at));
		is = other ? wf_jp_equal(r, json_object_iter_value(at), other) : 0;
	}
	return is;
}

int wf_jp_equal(struct wf_jp_run *r, const json_t *a, const json_t *b)
{
	if (a == b)
		return 1;
	if (json_is_number(a) && json_is_number(b))
		return wf_jp_order(a, b) == 0;
	if (json_typeof(a) != json_typeof(b))
		return 0;
	if (json_is_string(a)) {
		size_t n = json_string_length(a);
		return n == json_string_length(b) &&
			!memcmp(json_string_value(a), json_string_value(b), n);
	}
	if (!wf_jp_steps(r, 1))
		return -1;
	return json_is_array(a) ? equal_lists(r, a, b) : json_is_object(a) ? equal_objects(r, a, b) : 1;
}

bool wf_jp_measure(struct wf_jp_run *r, const json_t *v, unsigned depth)
{
	if (!wf_jp_steps(r, 1) || !wf_jp_bytes(r, json_is_string(v) ? json_string_length(v) + 2 : 2))
		return false;
	if (!json_is_array(v) && !json_is_object(v))
		return true;
	if (depth > WF_MAX_DEPTH) {
		r->err = wf_query_fail(r->fault, WF_ELIMIT, "depth", SIZE_MAX, NULL, 0,
			"the value is nested in more than %d levels", WF_MAX_DEPTH);
		return false;
	}
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!wf_jp_measure(r, json_array_get(v, i), depth + 1))
			return false;
	void *at = json_object_iter((json_t *)(uintptr_t)v);
	for (; at; at = json_object_iter_next((json_t *)(uintptr_t)v, at))
		if (!wf_jp_bytes(r, json_object_iter_key_len(at) + 3) ||
			!wf_jp_measure(r, json_object_iter_value(at), depth + 1))
			return false;
	return true;
}

struct wf_jp_value wf_jp_string(struct wf_jp_run *r, const char *s, size_t n)
{
	if (!wf_jp_bytes(r, n + 48))
		return WF_JP_FAILED;
	return wf_jp_new(json_stringn_nocheck(s, n));
}

struct wf_jp_value wf_jp_number(struct wf_jp_run *r, double d, const struct wf_jp_node *at)
{
	if (!isfinite(d))
		return wf_jp_fail(r, "not-a-number", at, "the result is no number");
	if (d == trunc(d) && fabs(d) < 0x1p53)
		return wf_jp_new(json_integer((json_int_t)d));
	return wf_jp_new(json_real(d));
}

/* Integers stay exact where the result is one of 64 bits. */
static bool arith_integers(enum wf_jp_op op, json_int_t a, json_int_t b, json_int_t *ret)
{
	bool divides = b && !(a == INT64_MIN && b == -1);
	switch ((int)op) {
	case WF_JP_ADD:
		return !__builtin_add_overflow(a, b, ret);
	case WF_JP_SUBTRACT:
		return !__builtin_sub_overflow(a, b, ret);
	case WF_JP_MULTIPLY:
		return !__builtin_mul_overflow(a, b, ret);
	case WF_JP_MODULO:
		*ret = divides ? a % b : 0;
		return divides;
	case WF_JP_FLOOR_DIVIDE:
		*ret = divides ? a / b - (a % b && (a < 0) != (b < 0)) : 0;
		return divides;
	default:
		*ret = divides ? a / b : 0;
		return divides && a % b == 0;
	}
}

static double arith_reals(enum wf_jp_op op, double a, double b)
{
	switch ((int)op) {
	case WF_JP_ADD:
		return a + b;
	case WF_JP_SUBTRACT:
		return a - b;
	case WF_JP_MULTIPLY:
		return a * b;
	case WF_JP_MODULO:
		return fmod(a, b);
	case WF_JP_FLOOR_DIVIDE:
		return floor(a / b);
	default:
		return a / b;
	}
}

struct wf_jp_value wf_jp_arith(struct wf_jp_run *r, const struct wf_jp_node *n, const json_t *a,
	const json_t *b)
{
	if (!json_is_number(a) || (b && !json_is_number(b)))
		return wf_jp_fail(r, "not-a-number", n, "one counts with numbers, not with %s",
			wf_json_type_name(json_is_number(a) ? b : a));
	enum wf_jp_op op = (enum wf_jp_op)n->op;
	json_int_t result, right = b ? json_integer_value(b) : json_integer_value(a);
	json_int_t left = b ? json_integer_value(a) : 0;
	if (json_is_integer(a) && (!b || json_is_integer(b)) && arith_integers(op, left, right, &result))
		return wf_jp_new(json_integer(result));
	double x = json_number_value(a);
	return wf_jp_number(r, b ? arith_reals(op, x, json_number_value(b)) : arith_reals(op, 0, x), n);
}
