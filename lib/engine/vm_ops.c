/* Operators: comparisons, logic, arithmetic. */
#include "base/json.h"
#include "base/mem.h"
#include "engine/vm_core.h"

#include <math.h>

static const char *const symbols[WF_OP_COUNT_] = {
	[WF_OP_EQ] = "==", [WF_OP_NE] = "!=", [WF_OP_LT] = "<",  [WF_OP_LE] = "<=",
	[WF_OP_GT] = ">",  [WF_OP_GE] = ">=", [WF_OP_ADD] = "+", [WF_OP_SUB] = "-",
	[WF_OP_MUL] = "*", [WF_OP_DIV] = "/", [WF_OP_MOD] = "%",
};

/* Takes both operands off and pushes the result. */
static int result(struct wf_vm *vm, json_t *value)
{
	vm_drop(vm);
	vm_replace(vm, value, 0);
	return 0;
}

static int operands_mismatch(struct wf_vm *vm, const struct wf_insn *i, const char *wanted)
{
	const json_t *left = vm->stack[vm->depth - 2], *right = vm_top(vm);
	if (!left || !right)
		return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing",
			"the %s operand of `%s` is not there", left ? "right" : "left",
			symbols[i->op]);
	return wf_vm_fail(vm, WF_ERROR_VALIDATION, "type_mismatch", "`%s` takes %s, not %s and %s",
		symbols[i->op], wanted, wf_json_type_name(left), wf_json_type_name(right));
}

/* -- comparing -- */

static int compare_integer_real(json_int_t i, double d)
{
	if (d >= 9223372036854775808.0)
		return -1;
	if (d < -9223372036854775808.0)
		return 1;
	double whole = trunc(d);
	json_int_t other = (json_int_t)whole;
	if (i != other)
		return i < other ? -1 : 1;
	return (whole > d) - (whole < d);
}

static int compare_numbers(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t x = json_integer_value(a), y = json_integer_value(b);
		return (x > y) - (x < y);
	}
	if (json_is_integer(a))
		return compare_integer_real(json_integer_value(a), json_real_value(b));
	if (json_is_integer(b))
		return -compare_integer_real(json_integer_value(b), json_real_value(a));
	double x = json_real_value(a), y = json_real_value(b);
	return (x > y) - (x < y);
}

/* UTF-8 bytes are in the order of their code points. */
static int compare_strings(const json_t *a, const json_t *b)
{
	size_t x = json_string_length(a), y = json_string_length(b);
	int order = memcmp(json_string_value(a), json_string_value(b), x < y ? x : y);
	if (order)
		return order < 0 ? -1 : 1;
	return (x > y) - (x < y);
}

bool wf_compare(const json_t *a, const json_t *b, int *ret)
{
	if (json_is_number(a) && json_is_number(b))
		*ret = compare_numbers(a, b);
	else if (json_is_string(a) && json_is_string(b))
		*ret = compare_strings(a, b);
	else
		return false;
	return true;
}

static bool same_kind(const json_t *a, const json_t *b)
{
	if (json_is_number(a) || json_is_boolean(a))
		return json_is_number(a) ? json_is_number(b) : json_is_boolean(b);
	return json_typeof(a) == json_typeof(b);
}

/* *ret is 1 equal, 0 not, -1 when an operand is undefined. */
static int equality(struct wf_vm *vm, const struct wf_insn *i, int *ret)
{
	const json_t *a = vm->stack[vm->depth - 2], *b = vm_top(vm);
	bool equal = false;
	int err = 0;
	if (!a || !b) {
		*ret = -1;
		return 0;
	}
	if (json_is_null(a) || json_is_null(b))
		equal = json_is_null(a) && json_is_null(b);
	else if (!same_kind(a, b))
		return operands_mismatch(vm, i, "two values of one type");
	else
		err = wf_vm_equal(vm, a, b, &equal);
	*ret = equal;
	return err;
}

int wf_vm_eq(struct wf_vm *vm, const struct wf_insn *i)
{
	int equal;
	int err = equality(vm, i, &equal);
	return err ? err : result(vm, json_boolean(equal == 1));
}

int wf_vm_ne(struct wf_vm *vm, const struct wf_insn *i)
{
	int equal;
	int err = equality(vm, i, &equal);
	return err ? err : result(vm, json_boolean(equal == 0));
}

int wf_vm_order(struct wf_vm *vm, const struct wf_insn *i)
{
	const json_t *a = vm->stack[vm->depth - 2], *b = vm_top(vm);
	int order = 0;
	if (!a || !b)
		return result(vm, json_false());
	if (!wf_compare(a, b, &order))
		return operands_mismatch(vm, i, "two numbers or two strings");
	bool less = i->op == WF_OP_LT || i->op == WF_OP_LE;
	bool or_equal = i->op == WF_OP_LE || i->op == WF_OP_GE;
	bool holds = order == 0 ? or_equal : (order < 0) == less;
	return result(vm, json_boolean(holds));
}

static int in_list(struct wf_vm *vm, const json_t *value, const json_t *list, bool *ret)
{
	size_t n = json_array_size(list);
	int err = wf_vm_charge(vm, n / 4);
	for (size_t k = 0; k < n && !err && !*ret; k++)
		err = wf_vm_equal(vm, value, json_array_get(list, k), ret);
	return err;
}

int wf_vm_in(struct wf_vm *vm, const struct wf_insn *i)
{
	const json_t *value = vm->stack[vm->depth - 2], *where = vm_top(vm);
	bool found = false;
	(void)i;
	if (!value || !where)
		return result(vm, json_false());
	if (json_is_array(where)) {
		int err = in_list(vm, value, where, &found);
		if (err)
			return err;
	} else if (!json_is_string(where) && !json_is_object(where)) {
		return wf_vm_mismatch(vm, "a list, an object or a string after `in`", where);
	} else if (!json_is_string(value)) {
		return wf_vm_mismatch(vm, "a string before `in`", value);
	} else if (json_is_object(where)) {
		found = json_object_getn(where, json_string_value(value),
				json_string_length(value)) != NULL;
	} else {
		found = memmem(json_string_value(where), json_string_length(where),
				json_string_value(value), json_string_length(value)) != NULL;
	}
	return result(vm, json_boolean(found));
}

/* -- logic -- */

int wf_vm_not(struct wf_vm *vm, const struct wf_insn *i)
{
	bool holds = false;
	(void)i;
	int err = vm_truth(vm, vm_top(vm), &holds);
	if (!err)
		vm_replace(vm, json_boolean(!holds), 0);
	return err;
}

int wf_vm_bool(struct wf_vm *vm, const struct wf_insn *i)
{
	bool holds = false;
	(void)i;
	int err = vm_truth(vm, vm_top(vm), &holds);
	if (!err)
		vm_replace(vm, json_boolean(holds), 0);
	return err;
}

/* -- arithmetic -- */

static int overflow(struct wf_vm *vm, const struct wf_insn *i)
{
	return wf_vm_fail(vm, WF_ERROR_VALIDATION, "overflow",
		"the result of `%s` is too large for a number", symbols[i->op]);
}

int wf_vm_neg(struct wf_vm *vm, const struct wf_insn *i)
{
	const json_t *top = vm_top(vm);
	(void)i;
	if (json_is_real(top)) {
		vm_replace(vm, json_real(-json_real_value(top)), 0);
		return 0;
	}
	json_int_t negative;
	if (!json_is_integer(top))
		return wf_vm_mismatch(vm, "a number after `-`", top);
	if (__builtin_sub_overflow(0, json_integer_value(top), &negative))
		return wf_vm_fail(vm, WF_ERROR_VALIDATION, "overflow",
			"the result of `-` is too large for an integer");
	vm_replace(vm, json_integer(negative), 0);
	return 0;
}

static int real_result(struct wf_vm *vm, const struct wf_insn *i, double value)
{
	return isfinite(value) ? result(vm, json_real(value)) : overflow(vm, i);
}

static int integer_result(struct wf_vm *vm, const struct wf_insn *i, json_int_t a, json_int_t b)
{
	json_int_t value;
	bool bad;
	if (i->op == WF_OP_ADD)
		bad = __builtin_add_overflow(a, b, &value);
	else if (i->op == WF_OP_SUB)
		bad = __builtin_sub_overflow(a, b, &value);
	else
		bad = __builtin_mul_overflow(a, b, &value);
	return bad ? overflow(vm, i) : result(vm, json_integer(value));
}

static int divide(struct wf_vm *vm, const struct wf_insn *i, const json_t *a, const json_t *b)
{
	double x = as_real(a), y = as_real(b);
	if (fpclassify(y) == FP_ZERO)
		return wf_vm_fail(vm, WF_ERROR_VALIDATION, "division_by_zero",
			"division by zero");
	if (!json_is_integer(a) || !json_is_integer(b))
		return real_result(vm, i, x / y);
	json_int_t n = json_integer_value(a), d = json_integer_value(b);
	if (d == -1)
		return integer_result(vm, &(struct wf_insn){.op = WF_OP_MUL}, n, d);
	return n % d ? real_result(vm, i, x / y) : result(vm, json_integer(n / d));
}

int wf_vm_arithmetic(struct wf_vm *vm, const struct wf_insn *i)
{
	const json_t *a = vm->stack[vm->depth - 2], *b = vm_top(vm);
	if (!json_is_number(a) || !json_is_number(b))
		return operands_mismatch(vm, i, "two numbers");
	if (i->op == WF_OP_DIV)
		return divide(vm, i, a, b);
	if (json_is_integer(a) && json_is_integer(b))
		return integer_result(vm, i, json_integer_value(a), json_integer_value(b));
	double x = as_real(a), y = as_real(b);
	double value = i->op == WF_OP_ADD ? x + y : i->op == WF_OP_SUB ? x - y : x * y;
	return real_result(vm, i, value);
}

int wf_vm_mod(struct wf_vm *vm, const struct wf_insn *i)
{
	const json_t *a = vm->stack[vm->depth - 2], *b = vm_top(vm);
	if (!json_is_integer(a) || !json_is_integer(b))
		return operands_mismatch(vm, i, "two integers");
	json_int_t n = json_integer_value(a), d = json_integer_value(b);
	if (d == 0)
		return wf_vm_fail(vm, WF_ERROR_VALIDATION, "division_by_zero",
			"remainder of a division by zero");
	return result(vm, json_integer(d == -1 ? 0 : n % d));
}

static int join_strings(struct wf_vm *vm, const json_t *a, const json_t *b)
{
	size_t x = json_string_length(a), y = json_string_length(b);
	int err = wf_vm_may_build(vm, x + y);
	if (err)
		return err;
	WF_AUTOFREE char *text = wf_alloc(x + y);
	memcpy(text, json_string_value(a), x);
	memcpy(text + x, json_string_value(b), y);
	return result(vm, json_stringn_nocheck(text, x + y));
}

static int join_lists(struct wf_vm *vm, json_t *a, json_t *b)
{
	uint32_t x = vm->height[vm->depth - 2], y = vm->height[vm->depth - 1];
	size_t n = json_array_size(a) + json_array_size(b);
	if (n > MAX_LIST)
		return wf_vm_fail(vm, WF_ERROR_LIMIT, "list_too_long",
			"a list of %zu elements, over the limit of %u", n, MAX_LIST);
	int err = wf_vm_charge(vm, n);
	if (err)
		return err;
	json_t *list = json_copy(a);
	(void)json_array_extend(list, b);
	vm_drop(vm);
	vm_replace(vm, list, x > y ? x : y);
	return 0;
}

int wf_vm_add(struct wf_vm *vm, const struct wf_insn *i)
{
	json_t *a = vm->stack[vm->depth - 2], *b = vm->stack[vm->depth - 1];
	if (json_is_string(a) && json_is_string(b))
		return join_strings(vm, a, b);
	if (json_is_array(a) && json_is_array(b))
		return join_lists(vm, a, b);
	if (!json_is_number(a) || !json_is_number(b))
		return operands_mismatch(vm, i, "two numbers, two strings or two lists");
	return wf_vm_arithmetic(vm, i);
}
