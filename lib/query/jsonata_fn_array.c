/* JSONata's library: arrays, and the functions of higher order over them. */
#include "query/jsonata.h"

struct wf_jn_value wf_jn_fn_append(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return wf_jn_append(r, a->items[0], a->items[1]);
}

struct wf_jn_value wf_jn_fn_reverse(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value from = a->items[0];
	if (wf_jn_is_undef(from) || wf_jn_len(from) <= 1)
		return from;
	size_t n = wf_jn_len(from);
	wf_jn_step(r, n / 8);
	struct wf_jn_array *out = wf_jn_array_new(r, n);
	for (size_t i = n; i-- > 0;)
		wf_jn_push(r, out, wf_jn_at(from, i));
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_zip(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	size_t n = SIZE_MAX;
	for (uint32_t i = 0; i < a->count; i++) {
		size_t len = wf_jn_is_array(a->items[i]) ? wf_jn_len(a->items[i]) : 0;
		n = len < n ? len : n;
	}
	n = a->count ? n : 0;
	struct wf_jn_array *out = wf_jn_array_new(r, n);
	for (size_t i = 0; i < n; i++) {
		wf_jn_step(r, 1);
		struct wf_jn_array *tuple = wf_jn_array_new(r, a->count);
		for (uint32_t k = 0; k < a->count; k++)
			wf_jn_push(r, tuple, wf_jn_at(a->items[k], i));
		wf_jn_push(r, out, wf_jn_of_array(tuple));
	}
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_distinct(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value from = a->items[0];
	if (!wf_jn_is_array(from) || wf_jn_len(from) <= 1)
		return from;
	size_t n = wf_jn_len(from), mask = 15;
	while (mask < 2 * n)
		mask = mask * 2 + 1;
	uint32_t *index = wf_jn_alloc_array(r, mask + 1, sizeof(*index));
	memset(index, 0, (mask + 1) * sizeof(*index));
	struct wf_jn_array *out =
		wf_jn_is_sequence(from) ? wf_jn_sequence_new(r) : wf_jn_array_new(r, 0);
	for (size_t i = 0; i < n; i++) {
		struct wf_jn_value v = wf_jn_at(from, i);
		size_t slot = wf_jn_hash(r, v) & mask;
		while (index[slot] && !wf_jn_equal(r, out->items[index[slot] - 1], v))
			slot = (slot + 1) & mask;
		if (index[slot])
			continue;
		wf_jn_push(r, out, v);
		index[slot] = (uint32_t)out->count;
	}
	return wf_jn_of_array(out);
}

/* -- sorting -- */

struct by_function {
	const struct wf_jn_args *args;
	struct wf_jn_value comparator;
};

static bool after_by_function(
	struct wf_jn_run *r, void *data, struct wf_jn_value *a, struct wf_jn_value *b)
{
	struct by_function *by = data;
	struct wf_jn_value both[] = {*a, *b};
	return wf_jn_script_truth(
		wf_jn_apply(r, by->comparator, both, 2, WF_JN_NOTHING, by->args->frame));
}

static bool after_by_value(
	struct wf_jn_run *r, void *data, struct wf_jn_value *a, struct wf_jn_value *b)
{
	(void)r, (void)data;
	if (a->tag == WF_JN_STRING)
		return wf_jn_compare_strings(*a, *b) > 0;
	return wf_jn_double(*a) > wf_jn_double(*b);
}

struct wf_jn_value wf_jn_fn_sort(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value from = a->items[0];
	if (wf_jn_is_undef(from) || wf_jn_len(from) <= 1)
		return from;
	struct by_function by = {.args = a, .comparator = a->items[1]};
	bool plain = wf_jn_is_undef(by.comparator);
	if (plain && !wf_jn_all_numbers(r, from) && !wf_jn_all_strings(from))
		wf_jn_throw(r, "D3070");
	struct wf_jn_array *out = wf_jn_array_new(r, wf_jn_len(from));
	for (size_t i = 0, n = wf_jn_len(from); i < n; i++)
		wf_jn_push(r, out, wf_jn_at(from, i));
	wf_jn_merge_sort(
		r, out->items, out->count, plain ? after_by_value : after_by_function, &by);
	return wf_jn_of_array(out);
}

/* -- higher order -- */

static struct wf_jn_value call_item(
	struct wf_jn_run *r, const struct wf_jn_args *a, struct wf_jn_value item, size_t i)
{
	if (a->items[1].tag != WF_JN_FUNCTION)
		wf_jn_throw(r, "T1006");
	return wf_jn_call_with(r, a, a->items[1], item, wf_jn_num((double)i), a->items[0]);
}

struct wf_jn_value wf_jn_fn_map(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	struct wf_jn_array *out = wf_jn_sequence_new(r);
	for (size_t i = 0, n = wf_jn_len(a->items[0]); i < n; i++) {
		struct wf_jn_value v = call_item(r, a, wf_jn_at(a->items[0], i), i);
		if (!wf_jn_is_undef(v))
			wf_jn_push(r, out, v);
	}
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_filter(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	struct wf_jn_array *out = wf_jn_sequence_new(r);
	for (size_t i = 0, n = wf_jn_len(a->items[0]); i < n; i++) {
		struct wf_jn_value item = wf_jn_at(a->items[0], i);
		if (wf_jn_truth(r, call_item(r, a, item, i)))
			wf_jn_push(r, out, item);
	}
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_single(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	struct wf_jn_value result = WF_JN_UNDEF;
	bool found = false;
	for (size_t i = 0, n = wf_jn_len(a->items[0]); i < n; i++) {
		struct wf_jn_value item = wf_jn_at(a->items[0], i);
		wf_jn_step(r, 1);
		if (!wf_jn_is_undef(a->items[1]) && !wf_jn_truth(r, call_item(r, a, item, i)))
			continue;
		if (found)
			wf_jn_throw(r, "D3138");
		found = true;
		result = item;
	}
	if (!found)
		wf_jn_throw(r, "D3139");
	return result;
}

struct wf_jn_value wf_jn_fn_reduce(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value array = a->items[0], f = a->items[1], result = a->items[2];
	if (wf_jn_is_undef(array))
		return WF_JN_UNDEF;
	if (f.tag != WF_JN_FUNCTION || f.function->arity < 2)
		wf_jn_throw(r, "D3050");
	size_t i = 0, n = wf_jn_len(array);
	uint32_t count = f.function->arity < 4 ? f.function->arity : 4;
	if (wf_jn_is_undef(result) && n > 0)
		result = wf_jn_at(array, i++);
	for (; i < n; i++) {
		struct wf_jn_value args[] = {
			result, wf_jn_at(array, i), wf_jn_num((double)i), array};
		result = wf_jn_apply(r, f, args, count, WF_JN_NOTHING, a->frame);
	}
	return result;
}
