/*
 * JSONata's paths: each step maps the sequence of the one before it. Steps that bind names (@, #,
 * and those that a % means) map a stream of tuples instead: an item, and the names bound on the way
 * to it.
 */
#include "query/jsonata.h"

/* -- filters -- */

static void keep_index(struct wf_jn_run *r, struct wf_jn_array *out, struct wf_jn_value item,
	double index, size_t i, size_t n)
{
	index = floor(index);
	if (index < 0)
		index += (double)n;
	if (index == (double)i)
		wf_jn_push(r, out, item);
}

static struct wf_jn_value filter_by_number(
	struct wf_jn_run *r, double index, struct wf_jn_value input)
{
	bool list = wf_jn_is_array(input);
	size_t n = list ? wf_jn_len(input) : 1;
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	index = floor(index);
	if (index < 0)
		index += (double)n;
	result->tuples = wf_jn_is_tuples(input);
	if (index < 0 || index >= (double)n)
		return wf_jn_of_array(result);
	struct wf_jn_value item = list ? wf_jn_at(input, (size_t)index) : input;
	if (wf_jn_is_array(item))
		return item;
	if (!wf_jn_is_undef(item))
		wf_jn_push(r, result, item);
	return wf_jn_of_array(result);
}

struct wf_jn_value wf_jn_eval_filter(struct wf_jn_run *r, const struct wf_jn_node *filter,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	if (filter->kind == WF_JN_LITERAL && filter->value.tag == WF_JN_NUMBER)
		return filter_by_number(r, filter->value.num, input);
	bool list = wf_jn_is_array(input), tuples = wf_jn_is_tuples(input);
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	result->tuples = tuples;
	size_t n = list ? wf_jn_len(input) : 1;
	for (size_t i = 0; i < n; i++) {
		struct wf_jn_value item = list ? wf_jn_at(input, i) : input;
		struct wf_jn_value found = tuples ? wf_jn_eval(r, filter, item.tuple->at,
							    wf_jn_frame_of(r, frame, item.tuple))
						  : wf_jn_eval(r, filter, item, frame);
		if (found.tag == WF_JN_BOOL) {
			if (found.b)
				wf_jn_push(r, result, item);
		} else if (wf_jn_numeric(r, found)) {
			keep_index(r, result, item, wf_jn_double(found), i, n);
		} else if (wf_jn_is_array(found) && wf_jn_all_numbers(r, found)) {
			size_t count = wf_jn_len(found);
			wf_jn_step(r, count);
			for (size_t k = 0; k < count; k++)
				keep_index(r, result, item, wf_jn_double(wf_jn_at(found, k)), i, n);
		} else if (wf_jn_truth(r, found)) {
			wf_jn_push(r, result, item);
		}
	}
	return wf_jn_of_array(result);
}

/* -- tuples -- */

struct wf_jn_tuple *wf_jn_tuple_new(
	struct wf_jn_run *r, struct wf_jn_value at, const struct wf_jn_tuple *from)
{
	struct wf_jn_tuple *t = WF_JN_NEW(r, struct wf_jn_tuple);
	t->at = at;
	if (from && from->count) {
		t->room = from->count + 2;
		t->count = from->count;
		t->binds = wf_jn_alloc_array(r, t->room, sizeof(*t->binds));
		memcpy(t->binds, from->binds, from->count * sizeof(*t->binds));
	}
	return t;
}

static void tuple_set(
	struct wf_jn_run *r, struct wf_jn_tuple *t, uint32_t name, struct wf_jn_value v)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->binds[i].symbol == name) {
			t->binds[i].value = v;
			return;
		}
	if (t->count == t->room) {
		uint32_t room = t->room + 4;
		struct wf_jn_bind *binds = wf_jn_alloc_array(r, room, sizeof(*binds));
		if (t->count)
			memcpy(binds, t->binds, t->count * sizeof(*binds));
		t->binds = binds;
		t->room = room;
	}
	t->binds[t->count++] = (struct wf_jn_bind){.symbol = name, .value = v};
}

static struct wf_jn_value of_tuple(struct wf_jn_tuple *t)
{
	return (struct wf_jn_value){.tag = WF_JN_TUPLE, .tuple = t};
}

static struct wf_jn_value eval_stages(struct wf_jn_run *r, const struct wf_jn_node *step,
	struct wf_jn_value v, struct wf_jn_frame *frame)
{
	for (uint32_t s = 0; s < step->stages.count; s++) {
		const struct wf_jn_stage *stage = &step->stages.items[s];
		if (stage->filter) {
			v = wf_jn_eval_filter(r, stage->filter, v, frame);
			continue;
		}
		for (size_t i = 0, n = wf_jn_is_array(v) ? wf_jn_len(v) : 0; i < n; i++) {
			struct wf_jn_value item = wf_jn_at(v, i);
			if (item.tag == WF_JN_TUPLE)
				tuple_set(r, item.tuple, stage->index, wf_jn_num((double)i));
		}
	}
	return v;
}

/* -- steps of tuples -- */

static struct wf_jn_value tuples_of_sort(struct wf_jn_run *r, const struct wf_jn_node *step,
	struct wf_jn_value input, const struct wf_jn_array *tuples, struct wf_jn_frame *frame)
{
	struct wf_jn_value of_tuples = {
		.tag = WF_JN_ARRAY, .array = (struct wf_jn_array *)(uintptr_t)tuples};
	if (tuples)
		return wf_jn_eval_sort(r, step, of_tuples, frame);
	struct wf_jn_value sorted = wf_jn_eval_sort(r, step, input, frame);
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	result->tuples = true;
	for (size_t i = 0, n = wf_jn_len(sorted); i < n; i++) {
		struct wf_jn_tuple *t = wf_jn_tuple_new(r, wf_jn_at(sorted, i), NULL);
		if (step->index)
			tuple_set(r, t, step->index, wf_jn_num((double)i));
		wf_jn_push(r, result, of_tuple(t));
	}
	return wf_jn_of_array(result);
}

static struct wf_jn_tuple *tuple_below(struct wf_jn_run *r, const struct wf_jn_node *step,
	const struct wf_jn_tuple *from, struct wf_jn_value item, size_t i)
{
	if (item.tag == WF_JN_TUPLE) {
		struct wf_jn_tuple *t = wf_jn_tuple_new(r, item.tuple->at, from);
		for (uint32_t k = 0; k < item.tuple->count; k++)
			tuple_set(r, t, item.tuple->binds[k].symbol, item.tuple->binds[k].value);
		return t;
	}
	struct wf_jn_tuple *t = wf_jn_tuple_new(r, step->focus ? from->at : item, from);
	if (step->focus)
		tuple_set(r, t, step->focus, item);
	if (step->index)
		tuple_set(r, t, step->index, wf_jn_num((double)i));
	if (step->ancestor)
		tuple_set(r, t, step->ancestor->label, from->at);
	return t;
}

static struct wf_jn_array *eval_tuple_step(struct wf_jn_run *r, const struct wf_jn_node *step,
	struct wf_jn_value input, const struct wf_jn_array *tuples, struct wf_jn_frame *frame)
{
	struct wf_jn_value result;
	if (step->kind == WF_JN_SORT) {
		result = tuples_of_sort(r, step, input, tuples, frame);
	} else {
		struct wf_jn_array *out = wf_jn_sequence_new(r);
		out->tuples = true;
		size_t n = tuples ? tuples->count : wf_jn_len(input);
		for (size_t i = 0; i < n; i++) {
			struct wf_jn_tuple *from = tuples ? tuples->items[i].tuple
							  : wf_jn_tuple_new(r, wf_jn_at(input, i), NULL);
			struct wf_jn_value v =
				wf_jn_eval(r, step, from->at, wf_jn_frame_of(r, frame, from));
			bool list = wf_jn_is_array(v);
			size_t count = list ? wf_jn_len(v) : !wf_jn_is_undef(v);
			for (size_t k = 0; k < count; k++)
				wf_jn_push(r, out,
					of_tuple(tuple_below(
						r, step, from, list ? wf_jn_at(v, k) : v, k)));
			wf_jn_step(r, count);
		}
		result = wf_jn_of_array(out);
	}
	result = eval_stages(r, step, result, frame);
	if (result.tag == WF_JN_ARRAY && (result.array->tuples || result.array->count == 0))
		return result.array;
	struct wf_jn_array *out = wf_jn_sequence_new(r);
	out->tuples = true;
	return out;
}

/* -- steps -- */

/* A step maps items into one flat sequence; a single list that the last step finds stays as it is.
 */
struct mapped {
	struct wf_jn_array *result;
	struct wf_jn_value first; /* the only one so far, not yet put in */
	bool held;
};

static void flush(struct wf_jn_run *r, struct mapped *m, struct wf_jn_value v)
{
	if (!m->result)
		m->result = wf_jn_sequence_new(r);
	if (wf_jn_is_array(v) && !(v.tag == WF_JN_ARRAY && v.array->constructed))
		wf_jn_push_all(r, m->result, v);
	else
		wf_jn_push(r, m->result, v);
}

static void map_one(struct wf_jn_run *r, struct mapped *m, struct wf_jn_value v)
{
	if (wf_jn_is_undef(v))
		return;
	if (!m->result && !m->held) {
		m->held = true;
		m->first = v;
		return;
	}
	if (m->held) {
		m->held = false;
		flush(r, m, m->first);
	}
	flush(r, m, v);
}

static struct wf_jn_value eval_one(struct wf_jn_run *r, const struct wf_jn_node *step,
	struct wf_jn_value item, struct wf_jn_frame *frame)
{
	struct wf_jn_value v;
	if (step->kind == WF_JN_NAME && !step->predicates.count && !step->group) {
		wf_jn_step(r, 1);
		v = wf_jn_normal(step, wf_jn_lookup_member(r, item, step->s, step->n));
	} else {
		v = wf_jn_eval(r, step, item, frame);
	}
	for (uint32_t s = 0; s < step->stages.count; s++)
		if (step->stages.items[s].filter)
			v = wf_jn_eval_filter(r, step->stages.items[s].filter, v, frame);
	return v;
}

static struct wf_jn_value eval_step(struct wf_jn_run *r, const struct wf_jn_node *step,
	struct wf_jn_value input, struct wf_jn_frame *frame, bool last)
{
	if (step->kind == WF_JN_SORT)
		return eval_stages(r, step, wf_jn_eval_sort(r, step, input, frame), frame);
	struct mapped m = {.result = NULL};
	for (size_t i = 0, n = wf_jn_len(input); i < n; i++)
		map_one(r, &m, eval_one(r, step, wf_jn_at(input, i), frame));
	if (m.held) {
		if (last && wf_jn_is_array(m.first) && !wf_jn_is_sequence(m.first))
			return m.first;
		flush(r, &m, m.first);
	}
	return wf_jn_of_array(m.result ? m.result : wf_jn_sequence_new(r));
}

/* -- paths -- */

/* Names alone, as long as each finds one thing; false where a list is met on the way. */
static bool eval_plain(struct wf_jn_run *r, const struct wf_jn_node *node, struct wf_jn_value input,
	struct wf_jn_value *ret)
{
	for (uint32_t i = 0; i < node->count; i++) {
		const struct wf_jn_node *step = node->items[i];
		if (wf_jn_is_array(input))
			return false;
		if (!wf_jn_is_object(input)) {
			*ret = WF_JN_UNDEF;
			return true;
		}
		wf_jn_step(r, 1);
		input = wf_jn_get(input, step->s, step->n);
	}
	*ret = input;
	return input.tag != WF_JN_ARRAY;
}

static struct wf_jn_value items_of_tuples(struct wf_jn_run *r, const struct wf_jn_array *tuples)
{
	struct wf_jn_array *result = wf_jn_array_new(r, tuples->count);
	result->sequence = true;
	for (size_t i = 0; i < tuples->count; i++)
		wf_jn_push(r, result, tuples->items[i].tuple->at);
	return wf_jn_of_array(result);
}

static struct wf_jn_value one_of(struct wf_jn_run *r, struct wf_jn_value v)
{
	struct wf_jn_array *one = wf_jn_array_new(r, 1);
	one->sequence = true;
	wf_jn_push(r, one, v);
	return wf_jn_of_array(one);
}

static struct wf_jn_value keep_singleton(struct wf_jn_run *r, struct wf_jn_value v)
{
	if (v.tag != WF_JN_ARRAY)
		return v;
	if (v.array->constructed && !v.array->sequence)
		v = one_of(r, v);
	v.array->keep_singleton = true;
	return v;
}

struct wf_jn_value wf_jn_eval_path(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value result = WF_JN_UNDEF, items = input;
	if (node->plain && eval_plain(r, node, input, &result))
		return result;
	if (!wf_jn_is_array(input) || node->items[0]->kind == WF_JN_VARIABLE)
		items = one_of(r, input);
	struct wf_jn_array *tuples = NULL;
	bool streaming = false;
	for (uint32_t i = 0; i < node->count; i++) {
		const struct wf_jn_node *step = node->items[i];
		streaming = streaming || step->tuple;
		if (i == 0 && step->constructed)
			result = wf_jn_eval(r, step, items, frame);
		else if (streaming)
			tuples = eval_tuple_step(r, step, items, tuples, frame);
		else
			result = eval_step(r, step, items, frame, i + 1 == node->count);
		if (streaming)
			continue;
		if (wf_jn_is_undef(result) || (wf_jn_is_array(result) && wf_jn_len(result) == 0))
			break;
		items = wf_jn_is_array(result) ? result : one_of(r, result);
	}
	if (streaming && tuples)
		result = node->tuple ? wf_jn_of_array(tuples) : items_of_tuples(r, tuples);
	if (node->keep_singleton)
		result = keep_singleton(r, result);
	if (node->group)
		result = wf_jn_eval_make(r, node->group,
			streaming && tuples ? wf_jn_of_array(tuples) : result, frame);
	return result;
}
