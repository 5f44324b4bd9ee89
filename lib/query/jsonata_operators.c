/* JSONata's operators between two values, and the minus before one. */
#include "query/jsonata.h"

static _Noreturn void operator_fails(
	struct wf_jn_run *r, const char *code, const struct wf_jn_node *node)
{
	const char *name = wf_jn_op_names[node->op];
	wf_jn_throw_at(r, code, node->pos, name, strlen(name));
}

static bool numeric(struct wf_jn_run *r, const struct wf_jn_node *node, struct wf_jn_value v)
{
	if (v.tag == WF_JN_NUMBER && isinf(v.num))
		operator_fails(r, "D1001", node);
	return v.tag == WF_JN_BIG || (v.tag == WF_JN_NUMBER && !isnan(v.num));
}

/* -- of numbers and texts -- */

static struct wf_jn_value arithmetic(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value a, struct wf_jn_value b)
{
	if (!wf_jn_is_undef(a) && !numeric(r, node, a))
		operator_fails(r, "T2001", node);
	if (!wf_jn_is_undef(b) && !numeric(r, node, b))
		operator_fails(r, "T2002", node);
	if (wf_jn_is_undef(a) || wf_jn_is_undef(b))
		return WF_JN_UNDEF;
	double x = wf_jn_double(a), y = wf_jn_double(b);
	switch (node->op) {
	case WF_JN_ADD:
		return wf_jn_num(x + y);
	case WF_JN_SUB:
		return wf_jn_num(x - y);
	case WF_JN_MUL:
		return wf_jn_num(x * y);
	case WF_JN_DIV:
		return wf_jn_num(x / y);
	default:
		return wf_jn_num(fmod(x, y));
	}
}

static bool ordered(enum wf_jn_op op, int c)
{
	return op == WF_JN_LT ? c < 0 : op == WF_JN_LE ? c <= 0 : op == WF_JN_GT ? c > 0 : c >= 0;
}

static struct wf_jn_value comparison(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value a, struct wf_jn_value b)
{
	bool undef = wf_jn_is_undef(a) || wf_jn_is_undef(b);
	if (!(wf_jn_is_undef(a) || wf_jn_is_number(a) || a.tag == WF_JN_STRING) ||
		!(wf_jn_is_undef(b) || wf_jn_is_number(b) || b.tag == WF_JN_STRING))
		operator_fails(r, "T2010", node);
	if (undef)
		return WF_JN_UNDEF;
	if (wf_jn_is_number(a) != wf_jn_is_number(b))
		operator_fails(r, "T2009", node);
	if (a.tag == WF_JN_STRING)
		return wf_jn_bool(ordered(node->op, wf_jn_compare_strings(a, b)));
	double x = wf_jn_double(a), y = wf_jn_double(b);
	if (isnan(x) || isnan(y))
		return wf_jn_bool(false);
	return wf_jn_bool(ordered(node->op, (x > y) - (x < y)));
}

static struct wf_jn_value concat(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value a, struct wf_jn_value b)
{
	struct wf_jn_value parts[] = {a, b};
	for (int i = 0; i < 2; i++) {
		if (parts[i].tag == WF_JN_NUMBER && !isfinite(parts[i].num))
			operator_fails(r, "D3001", node);
		parts[i] = wf_jn_string(r, parts[i], false);
	}
	size_t n = (size_t)parts[0].n + parts[1].n;
	if (n > WF_MAX_STRING_BYTES)
		wf_jn_throw_limit(r, "bytes");
	char *s = wf_jn_alloc(r, n + 1);
	memcpy(s, parts[0].s, parts[0].n);
	memcpy(s + parts[0].n, parts[1].s, parts[1].n);
	return wf_jn_str(s, n);
}

/* -- of lists -- */

static bool identical(struct wf_jn_value a, struct wf_jn_value b)
{
	if (wf_jn_is_array(a) || wf_jn_is_object(a))
		return a.tag == b.tag && a.json == b.json;
	return wf_jn_equal(NULL, a, b);
}

static bool is_in(struct wf_jn_run *r, struct wf_jn_value a, struct wf_jn_value b)
{
	if (wf_jn_is_undef(a) || wf_jn_is_undef(b))
		return false;
	if (!wf_jn_is_array(b))
		return identical(a, b);
	size_t n = wf_jn_len(b);
	wf_jn_step(r, n);
	for (size_t i = 0; i < n; i++)
		if (identical(a, wf_jn_at(b, i)))
			return true;
	return false;
}

#define RANGE_MAX 1e7

static struct wf_jn_value range(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value a, struct wf_jn_value b)
{
	double x = 0, y = 0;
	if (!wf_jn_is_undef(a) &&
		(!wf_jn_is_number(a) || !isfinite(x = wf_jn_double(a)) || x != floor(x)))
		operator_fails(r, "T2003", node);
	if (!wf_jn_is_undef(b) &&
		(!wf_jn_is_number(b) || !isfinite(y = wf_jn_double(b)) || y != floor(y)))
		operator_fails(r, "T2004", node);
	if (wf_jn_is_undef(a) || wf_jn_is_undef(b) || x > y)
		return WF_JN_UNDEF;
	if (y - x + 1 > RANGE_MAX)
		operator_fails(r, "D2014", node);
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	result->range = true;
	result->first = x;
	result->count = (size_t)(y - x + 1);
	return wf_jn_of_array(result);
}

/* -- of truths -- */

static bool truth_of(struct wf_jn_run *r, const struct wf_jn_node *node, struct wf_jn_value v)
{
	if (v.tag == WF_JN_NUMBER && isinf(v.num))
		operator_fails(r, "D1001", node);
	return wf_jn_truth(r, v);
}

/* Whatever fails on the right of and/or is reported as theirs. */
static struct wf_jn_value logic(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	bool left = truth_of(r, node, wf_jn_eval(r, node->lhs, input, frame));
	if (left == (node->op == WF_JN_OR))
		return wf_jn_bool(left);
	return wf_jn_bool(truth_of(r, node, wf_jn_eval(r, node->rhs, input, frame)));
}

/* -- all of them -- */

struct wf_jn_value wf_jn_eval_binary(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	if (node->op == WF_JN_AND || node->op == WF_JN_OR)
		return logic(r, node, input, frame);
	struct wf_jn_value a = wf_jn_eval(r, node->lhs, input, frame);
	struct wf_jn_value b = wf_jn_eval(r, node->rhs, input, frame);
	switch (node->op) {
	case WF_JN_EQ:
	case WF_JN_NE:
		if (wf_jn_is_undef(a) || wf_jn_is_undef(b))
			return wf_jn_bool(false);
		return wf_jn_bool(wf_jn_equal(r, a, b) == (node->op == WF_JN_EQ));
	case WF_JN_LT:
	case WF_JN_LE:
	case WF_JN_GT:
	case WF_JN_GE:
		return comparison(r, node, a, b);
	case WF_JN_CONCAT:
		return concat(r, node, a, b);
	case WF_JN_IN:
		return wf_jn_bool(is_in(r, a, b));
	case WF_JN_RANGE:
		return range(r, node, a, b);
	default:
		return arithmetic(r, node, a, b);
	}
}

struct wf_jn_value wf_jn_eval_negate(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value v = wf_jn_eval(r, node->lhs, input, frame);
	if (wf_jn_is_undef(v))
		return v;
	if (!wf_jn_numeric(r, v))
		wf_jn_throw_at(r, "D1002", node->pos, "-", 1);
	return wf_jn_num(-wf_jn_double(v));
}
