/* Calling a function: its arguments checked against its signature; and conversions, numbers. */
#include "engine/functions.h"

#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static wf_fn *const functions[WF_FN_COUNT_] = {
#define WF_FUNCTION(name, text, min, max, signature, meaning, example, result)                     \
	[WF_FN_##name] = wf_fn_##name,
#include "plan/functions.def"
#undef WF_FUNCTION
};

int wf_call_fail(struct wf_call *c, const char *code, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return wf_vm_fail(c->vm, WF_ERROR_VALIDATION, code, "%s(): %s", wf_functions[c->fn].name,
		text);
}

int wf_call_mismatch(struct wf_call *c, uint32_t arg, const char *wanted)
{
	if (!c->args[arg])
		return wf_vm_fail(c->vm, WF_ERROR_BINDING, "path_missing",
			"%s(): argument %u is not there", wf_functions[c->fn].name, arg + 1);
	return wf_call_fail(c, "type_mismatch", "argument %u must be %s, not %s", arg + 1, wanted,
		wf_json_type_name(c->args[arg]));
}

int wf_call_may_list(struct wf_call *c, size_t elements)
{
	if (elements > MAX_LIST)
		return wf_vm_fail(c->vm, WF_ERROR_LIMIT, "list_too_long",
			"%s(): a list of %zu elements, over the limit of %u",
			wf_functions[c->fn].name, elements, MAX_LIST);
	return wf_vm_charge(c->vm, elements);
}

int wf_call_string(struct wf_call *c, const char *bytes, size_t n, json_t **ret)
{
	int err = wf_vm_may_build(c->vm, n);
	if (!err)
		*ret = json_stringn_nocheck(bytes ? bytes : "", n);
	return err;
}

static bool is_any(const json_t *value)
{
	return value != NULL;
}

static bool is_string(const json_t *value)
{
	return json_is_string(value);
}

static bool is_number(const json_t *value)
{
	return json_is_number(value);
}

static bool is_integer(const json_t *value)
{
	return json_is_integer(value);
}

static bool is_boolean(const json_t *value)
{
	return json_is_boolean(value);
}

static bool is_list(const json_t *value)
{
	return json_is_array(value);
}

static bool is_object(const json_t *value)
{
	return json_is_object(value);
}

static const struct letter {
	char letter;
	bool (*holds)(const json_t *value);
	const char *wanted;
} letters[] = {
	{'a', is_any, "a value"},
	{'s', is_string, "a string"},
	{'t', is_string, "a string"},
	{'d', is_string, "a string"},
	{'n', is_number, "a number"},
	{'i', is_integer, "an integer"},
	{'b', is_boolean, "a boolean"},
	{'l', is_list, "a list"},
	{'o', is_object, "an object"},
};

static const struct letter *letter_of(char c)
{
	size_t i = 0;
	while (letters[i].letter != c)
		if (++i == sizeof(letters) / sizeof(letters[0]))
			WF_BUG("a function's signature with an unknown letter");
	return &letters[i];
}

/* The last letter stands for all the arguments that follow. */
static int check_arguments(struct wf_call *c)
{
	const char *signature = wf_functions[c->fn].signature;
	bool undefined_too = c->fn == WF_FN_COALESCE || c->fn == WF_FN_LOOKUP;
	for (uint32_t i = 0; i < c->count; i++) {
		const struct letter *want = letter_of(*signature);
		if (!want->holds(c->args[i]) && !(undefined_too && !c->args[i]))
			return wf_call_mismatch(c, i, want->wanted);
		if (signature[1] != ':')
			signature++;
	}
	return 0;
}

int wf_vm_call(struct wf_vm *vm, enum wf_function fn, json_t **args, uint32_t count, json_t **ret)
{
	struct wf_call c = {.vm = vm, .fn = fn, .args = args, .count = count};
	int err = check_arguments(&c);
	return err ? err : functions[fn](&c, ret);
}

/* -- conversions -- */

struct number_text {
	bool integer;       /* no fraction, no exponent */
	bool valid;
};

/* [sign] digits [. digits] [e [sign] digits] */
static struct number_text scan_number(const char *s)
{
	struct number_text t = {.integer = true};
	s += *s == '-' || *s == '+';
	size_t digits = strspn(s, "0123456789");
	s += digits;
	if (!digits)
		return t;
	if (*s == '.') {
		digits = strspn(++s, "0123456789");
		s += digits;
		t.integer = false;
		if (!digits)
			return t;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		digits = strspn(s, "0123456789");
		s += digits;
		t.integer = false;
		if (!digits)
			return t;
	}
	t.valid = !*s;
	return t;
}

/* The number that a string says: an integer of 64 bits or else a real; NULL for none. */
static json_t *number_of_text(const char *s)
{
	struct number_text t = scan_number(s);
	if (!t.valid)
		return NULL;
	if (t.integer) {
		errno = 0;
		long long value = strtoll(s, NULL, 10);
		if (!errno)
			return json_integer(value);
	}
	double value = strtod(s, NULL);
	return isfinite(value) ? json_real(value) : NULL;
}

static int to_number(struct wf_call *c, json_t **ret)
{
	json_t *arg = c->args[0];
	if (json_is_boolean(arg))
		*ret = json_integer(json_is_true(arg));
	else if (json_is_number(arg))
		*ret = json_incref(arg);
	else if (!json_is_string(arg))
		return wf_call_mismatch(c, 0, "a number, a string or a boolean");
	else {
		json_t *number = number_of_text(json_string_value(arg));
		if (!number)
			return wf_call_fail(c, "not_a_number", "the string is not a number");
		*ret = number;
	}
	return 0;
}

static int real_to_integer(struct wf_call *c, double value, json_t **ret)
{
	if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0))
		return wf_call_fail(c, "overflow", "the number is too large for an integer");
	*ret = json_integer((json_int_t)value);
	return 0;
}

int wf_fn_NUMBER(struct wf_call *c, json_t **ret)
{
	return to_number(c, ret);
}

int wf_fn_INT(struct wf_call *c, json_t **ret)
{
	json_t *number = NULL;
	int err = to_number(c, &number);
	if (!err && json_is_integer(number)) {
		*ret = number;
		return 0;
	}
	if (!err)
		err = real_to_integer(c, trunc(json_real_value(number)), ret);
	json_decref(number);
	return err;
}

int wf_fn_BOOL(struct wf_call *c, json_t **ret)
{
	json_t *arg = c->args[0];
	if (json_is_boolean(arg)) {
		*ret = json_incref(arg);
		return 0;
	}
	if (!json_is_string(arg))
		return wf_call_mismatch(c, 0, "a boolean or a string");
	bool yes = strcmp(json_string_value(arg), "true") == 0;
	if (!yes && strcmp(json_string_value(arg), "false") != 0)
		return wf_call_fail(c, "not_a_boolean", "the string is neither true nor false");
	*ret = json_boolean(yes);
	return 0;
}

int wf_fn_JSON(struct wf_call *c, json_t **ret)
{
	WF_AUTOBUF struct wf_buf text = {0};
	int err = wf_vm_write_json(c->vm, c->args[0], &text);
	return err ? err : wf_call_string(c, text.data, text.len, ret);
}

int wf_fn_STRING(struct wf_call *c, json_t **ret)
{
	if (!json_is_string(c->args[0]))
		return wf_fn_JSON(c, ret);
	*ret = json_incref(c->args[0]);
	return 0;
}

int wf_fn_PARSE_JSON(struct wf_call *c, json_t **ret)
{
	struct wf_cause cause = {0};
	int err = wf_vm_charge(c->vm, arg_length(c, 0) / 4);
	if (err)
		return err;
	if (wf_json_parse(arg_text(c, 0), arg_length(c, 0), ret, &cause))
		return wf_call_fail(c, "invalid_json", "%s", cause.text);
	return 0;
}

int wf_fn_TYPE(struct wf_call *c, json_t **ret)
{
	*ret = json_string(wf_json_type_name(c->args[0]));
	return 0;
}

/* -- numbers -- */

static int extreme(struct wf_call *c, int sign, json_t **ret)
{
	json_t **values = c->args;
	size_t n = c->count;
	const json_t *list = n == 1 && json_is_array(values[0]) ? values[0] : NULL;
	if (list)
		n = json_array_size(list);
	if (n == 0)
		return wf_call_fail(c, "empty_list", "an empty list has no such element");
	int err = wf_vm_charge(c->vm, n / 4);
	json_t *best = list ? json_array_get(list, 0) : values[0];
	int order = 0;
	/* the first with itself, so that one value alone is checked as well */
	for (size_t i = 0; i < n && !err; i++) {
		json_t *value = list ? json_array_get(list, i) : values[i];
		if (!wf_compare(value, best, &order))
			err = wf_call_fail(c, "type_mismatch",
				"all numbers or all strings are needed, not %s",
				wf_json_type_name(value));
		else if (order * sign > 0)
			best = value;
	}
	if (!err)
		*ret = json_incref(best);
	return err;
}

int wf_fn_MIN(struct wf_call *c, json_t **ret)
{
	return extreme(c, -1, ret);
}

int wf_fn_MAX(struct wf_call *c, json_t **ret)
{
	return extreme(c, 1, ret);
}

/* Exact as long as all are integers. */
int wf_fn_SUM(struct wf_call *c, json_t **ret)
{
	const json_t *list = c->args[0];
	size_t n = json_array_size(list);
	json_int_t whole = 0;
	double real = 0;
	bool reals = false, overflow = false;
	int err = wf_vm_charge(c->vm, n / 4);
	for (size_t i = 0; i < n && !err; i++) {
		const json_t *value = json_array_get(list, i);
		if (!json_is_number(value))
			return wf_call_fail(c, "type_mismatch",
				"all elements must be numbers; element %zu is %s", i,
				wf_json_type_name(value));
		if (json_is_integer(value))
			overflow |= __builtin_add_overflow(whole, json_integer_value(value),
				&whole);
		reals |= json_is_real(value);
		real += json_number_value(value);
	}
	if (!err && (reals ? !isfinite(real) : overflow))
		err = wf_call_fail(c, "overflow", "the sum is too large for a number");
	if (!err)
		*ret = reals ? json_real(real) : json_integer(whole);
	return err;
}

int wf_fn_ABS(struct wf_call *c, json_t **ret)
{
	const json_t *arg = c->args[0];
	if (json_is_real(arg)) {
		*ret = json_real(fabs(json_real_value(arg)));
		return 0;
	}
	json_int_t value = json_integer_value(arg), negative;
	if (__builtin_sub_overflow(0, value, &negative))
		return wf_call_fail(c, "overflow", "the result is too large for an integer");
	*ret = json_integer(value < 0 ? negative : value);
	return 0;
}

int wf_fn_FLOOR(struct wf_call *c, json_t **ret)
{
	if (json_is_real(c->args[0]))
		return real_to_integer(c, floor(json_real_value(c->args[0])), ret);
	*ret = json_incref(c->args[0]);
	return 0;
}

int wf_fn_CEIL(struct wf_call *c, json_t **ret)
{
	if (json_is_real(c->args[0]))
		return real_to_integer(c, ceil(json_real_value(c->args[0])), ret);
	*ret = json_incref(c->args[0]);
	return 0;
}

/* The fewest digits that give the value back: 2.675 is 2.675 here, though the nearest binary number
 * is a little less. `ret` has room for 32: d.ddde±xx. */
static void shortest(double value, char ret[32])
{
	for (int digits = 14; digits <= 16; digits++) {
		(void)snprintf(ret, 32, "%.*e", digits, value);
		double again = strtod(ret, NULL);
		if (!(again < value) && !(again > value))
			break;
	}
}

/* Rounds the decimal digits of the value, as people do. */
static double round_decimal(double value, int places)
{
	char text[32], digits[32] = {0};
	shortest(fabs(value), text);
	int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	size_t count = 0;
	for (const char *p = text; *p != 'e'; p++)
		if (*p != '.')
			digits[count++] = *p;
	int keep = exponent + 1 + places; /* digits in front of the cut */
	if (keep >= (int)count)
		return value;
	if (keep < 0)
		return 0;
	bool up = digits[keep] >= '5';
	digits[keep] = '\0';
	/* the kept digits are an integer of 10^-places */
	char whole[64];
	unsigned long long scaled = strtoull(keep ? digits : "0", NULL, 10) + up;
	(void)snprintf(whole, sizeof(whole), "%llue%d", scaled, -places);
	double rounded = strtod(whole, NULL);
	return value < 0 ? -rounded : rounded;
}

int wf_fn_ROUND(struct wf_call *c, json_t **ret)
{
	json_int_t places = c->count > 1 ? arg_integer(c, 1) : 0;
	if (places < 0 || places > 15)
		return wf_call_fail(c, "out_of_range", "decimal places are 0 to 15");
	if (json_is_integer(c->args[0])) {
		*ret = json_incref(c->args[0]);
		return 0;
	}
	double value = round_decimal(json_real_value(c->args[0]), (int)places);
	if (c->count == 1 && value >= -9007199254740992.0 && value <= 9007199254740992.0)
		*ret = json_integer((json_int_t)value);
	else
		*ret = json_real(value);
	return 0;
}
