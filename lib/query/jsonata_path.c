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

static struct wf_jn_tuple *tuple_new(
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

/* -- order-by -- */

struct sorted {
	struct wf_jn_value item;
	struct wf_jn_value *keys; /* of the terms, as far as they have been asked for */
	uint32_t known;
};

struct sorting {
	const struct wf_jn_node *node;
	struct wf_jn_frame *frame;
	struct sorted *items;
	bool tuples;
};

static struct wf_jn_value sort_key(
	struct wf_jn_run *r, struct sorting *s, struct sorted *of, uint32_t term)
{
	while (of->known <= term) {
		const struct wf_jn_node *key = s->node->items[of->known]->lhs;
		of->keys[of->known] = s->tuples
					      ? wf_jn_eval(r, key, of->item.tuple->at,
							wf_jn_frame_of(r, s->frame, of->item.tuple))
					      : wf_jn_eval(r, key, of->item, s->frame);
		of->known++;
	}
	return of->keys[term];
}

static int compare_keys(struct wf_jn_run *r, const struct wf_jn_node *node, struct wf_jn_value a,
	struct wf_jn_value b, bool descending)
{
	if (wf_jn_is_undef(a) || wf_jn_is_undef(b)) /* last, in either order */
		return (int)wf_jn_is_undef(a) - (int)wf_jn_is_undef(b);
	if (!(wf_jn_is_number(a) || a.tag == WF_JN_STRING) ||
		!(wf_jn_is_number(b) || b.tag == WF_JN_STRING))
		wf_jn_throw_at(r, "T2008", node->pos, NULL, 0);
	if (wf_jn_is_number(a) != wf_jn_is_number(b))
		wf_jn_throw_at(r, "T2007", node->pos, NULL, 0);
	int c;
	if (a.tag == WF_JN_STRING) {
		c = wf_jn_compare_strings(a, b);
	} else {
		double x = wf_jn_double(a), y = wf_jn_double(b);
		c = x == y ? 0 : x < y ? -1 : 1;
	}
	return descending ? -c : c;
}

/* The items sorted are numbers of s->items. */
static bool comes_after(
	struct wf_jn_run *r, void *data, struct wf_jn_value *a, struct wf_jn_value *b)
{
	struct sorting *s = data;
	struct sorted *x = &s->items[a->n], *y = &s->items[b->n];
	int c = 0;
	for (uint32_t t = 0; c == 0 && t < s->node->count; t++) {
		struct wf_jn_value left = sort_key(r, s, x, t);
		c = compare_keys(
			r, s->node, left, sort_key(r, s, y, t), s->node->items[t]->descending);
	}
	return c > 0;
}

struct wf_jn_value wf_jn_eval_sort(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	size_t n = wf_jn_is_array(input) ? wf_jn_len(input) : 0;
	if (n <= 1)
		return input;
	struct sorting s = {.node = node, .frame = frame, .tuples = wf_jn_is_tuples(input)};
	s.items = wf_jn_alloc_array(r, n, sizeof(*s.items));
	struct wf_jn_value *keys = wf_jn_alloc_array(r, n * node->count, sizeof(*keys));
	struct wf_jn_array *result = wf_jn_array_new(r, n);
	for (size_t i = 0; i < n; i++) {
		s.items[i] =
			(struct sorted){.item = wf_jn_at(input, i), .keys = keys + i * node->count};
		wf_jn_push(r, result, (struct wf_jn_value){.tag = WF_JN_NULL, .n = (uint32_t)i});
	}
	wf_jn_merge_sort(r, result->items, n, comes_after, &s);
	for (size_t i = 0; i < n; i++)
		result->items[i] = s.items[result->items[i].n].item;
	result->tuples = s.tuples;
	return wf_jn_of_array(result);
}

struct merging {
	struct wf_jn_run *r;
	struct wf_jn_value *spare;
	bool (*after)(
		struct wf_jn_run *r, void *data, struct wf_jn_value *a, struct wf_jn_value *b);
	void *data;
};

/* Halves by halves, so that even an order that contradicts itself gives the reference's result. */
static void merge(struct merging *m, struct wf_jn_value *items, size_t n)
{
	size_t mid = n / 2, a = 0, b = mid;
	if (n <= 1)
		return;
	wf_jn_step(m->r, n);
	merge(m, items, mid);
	merge(m, items + mid, n - mid);
	for (size_t at = 0; at < n; at++)
		m->spare[at] = b >= n || (a < mid && !m->after(m->r, m->data, &items[a], &items[b]))
				       ? items[a++]
				       : items[b++];
	memcpy(items, m->spare, n * sizeof(*items));
}

void wf_jn_merge_sort(struct wf_jn_run *r, struct wf_jn_value *items, size_t n,
	bool (*after)(
		struct wf_jn_run *r, void *data, struct wf_jn_value *a, struct wf_jn_value *b),
	void *data)
{
	struct merging m = {.r = r, .after = after, .data = data};
	m.spare = wf_jn_alloc_array(r, n + 1, sizeof(*m.spare));
	merge(&m, items, n);
}

/* -- steps -- */

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
		struct wf_jn_tuple *t = tuple_new(r, wf_jn_at(sorted, i), NULL);
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
		struct wf_jn_tuple *t = tuple_new(r, item.tuple->at, from);
		for (uint32_t k = 0; k < item.tuple->count; k++)
			tuple_set(r, t, item.tuple->binds[k].symbol, item.tuple->binds[k].value);
		return t;
	}
	struct wf_jn_tuple *t = tuple_new(r, step->focus ? from->at : item, from);
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
							  : tuple_new(r, wf_jn_at(input, i), NULL);
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

/* -- objects and grouping -- */

struct entry {
	struct wf_jn_value data; /* the items; an array of their own once there are two */
	uint32_t pair;
	bool many;
};

struct grouping {
	struct wf_jn_object *index; /* of entries by key */
	struct entry *entries;
	uint32_t count, room;
};

static void add_entry(struct wf_jn_run *r, struct grouping *g, const struct wf_jn_node *make,
	struct wf_jn_value key, uint32_t pair, struct wf_jn_value item)
{
	struct wf_jn_value *known = wf_jn_find(g->index, key.s, key.n);
	if (!known) {
		if (g->count == g->room) {
			uint32_t room = g->room ? g->room * 2 : 8;
			struct entry *entries = wf_jn_alloc_array(r, room, sizeof(*entries));
			if (g->count)
				memcpy(entries, g->entries, g->count * sizeof(*entries));
			g->entries = entries;
			g->room = room;
		}
		wf_jn_set(r, g->index, key.s, key.n, wf_jn_num(g->count));
		g->entries[g->count++] = (struct entry){.data = item, .pair = pair};
		return;
	}
	struct entry *e = &g->entries[(uint32_t)known->num];
	if (e->pair != pair)
		wf_jn_throw_at(r, "D1009", make->pos, key.s, key.n);
	if (wf_jn_is_undef(item))
		return;
	if (!e->many) {
		e->many = !wf_jn_is_undef(e->data);
		e->data = wf_jn_append(r, e->data, item);
	} else if (wf_jn_is_array(item)) {
		wf_jn_push_all(r, e->data.array, item);
	} else {
		wf_jn_push(r, e->data.array, item);
	}
}

static struct wf_jn_value key_of(struct wf_jn_run *r, const struct wf_jn_node *make, uint32_t pair,
	struct wf_jn_value item, struct wf_jn_frame *frame)
{
	struct wf_jn_value key = wf_jn_eval(r, make->items[2 * pair], item, frame);
	if (!wf_jn_is_undef(key) && key.tag != WF_JN_STRING)
		wf_jn_throw_at(r, "T1003", make->pos, NULL, 0);
	return key;
}

/* One tuple of many: every name has the values that they had, together. */
static struct wf_jn_tuple *together(struct wf_jn_run *r, struct wf_jn_value data)
{
	if (data.tag == WF_JN_TUPLE)
		return data.tuple;
	struct wf_jn_array *all = data.array;
	struct wf_jn_tuple *first = all->items[0].tuple;
	struct wf_jn_tuple *t = tuple_new(r, first->at, first);
	for (uint32_t b = 0; b <= t->count; b++) {
		struct wf_jn_array *values = wf_jn_array_new(r, all->count);
		for (size_t i = 0; i < all->count; i++) {
			const struct wf_jn_tuple *from = all->items[i].tuple;
			struct wf_jn_value v = from->at;
			if (b < t->count) {
				v = WF_JN_UNDEF;
				for (uint32_t k = 0; k < from->count; k++)
					if (from->binds[k].symbol == t->binds[b].symbol)
						v = from->binds[k].value;
			}
			if (wf_jn_is_array(v))
				wf_jn_push_all(r, values, v);
			else if (!wf_jn_is_undef(v))
				wf_jn_push(r, values, v);
		}
		if (b < t->count)
			t->binds[b].value = wf_jn_of_array(values);
		else
			t->at = wf_jn_of_array(values);
	}
	return t;
}

/* An object of one thing: every pair once. */
static struct wf_jn_value make_simple(struct wf_jn_run *r, const struct wf_jn_node *make,
	struct wf_jn_value item, struct wf_jn_frame *frame)
{
	uint32_t pairs = make->count / 2;
	struct wf_jn_object *o = wf_jn_object_new(r, pairs);
	for (uint32_t p = 0; p < pairs; p++) {
		struct wf_jn_value key = make->items[2 * p]->value;
		for (uint32_t q = 0; q < p; q++) {
			struct wf_jn_value other = make->items[2 * q]->value;
			if (key.n == other.n && memcmp(key.s, other.s, key.n) == 0)
				wf_jn_throw_at(r, "D1009", make->pos, key.s, key.n);
		}
	}
	for (uint32_t p = 0; p < pairs; p++) {
		struct wf_jn_value key = make->items[2 * p]->value;
		struct wf_jn_value v = wf_jn_eval(r, make->items[2 * p + 1], item, frame);
		if (!wf_jn_is_undef(v))
			wf_jn_set(r, o, key.s, key.n, v);
	}
	return wf_jn_of_object(o);
}

#define SIMPLE_PAIRS 32u

struct wf_jn_value wf_jn_eval_make(struct wf_jn_run *r, const struct wf_jn_node *make,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	bool list = wf_jn_is_array(input), tuples = wf_jn_is_tuples(input);
	size_t n = list ? wf_jn_len(input) : 1;
	if (make->constant && make->count / 2 <= SIMPLE_PAIRS && !tuples && n <= 1)
		return make_simple(r, make,
			!list ? input
			: n   ? wf_jn_at(input, 0)
			      : WF_JN_UNDEF,
			frame);
	struct grouping g = {.index = wf_jn_object_new(r, 0)};
	size_t rounds = n == 0 && !tuples ? 1 : n;
	for (size_t i = 0; i < rounds; i++) {
		struct wf_jn_value item = !list ? input : n ? wf_jn_at(input, i) : WF_JN_UNDEF;
		struct wf_jn_frame *in = tuples ? wf_jn_frame_of(r, frame, item.tuple) : frame;
		for (uint32_t p = 0; p < make->count / 2; p++) {
			struct wf_jn_value key =
				key_of(r, make, p, tuples ? item.tuple->at : item, in);
			if (!wf_jn_is_undef(key))
				add_entry(r, &g, make, key, p, item);
		}
	}
	struct wf_jn_object *o = wf_jn_object_new(r, g.count);
	for (uint32_t i = 0; i < g.count; i++) {
		const struct wf_jn_member *m = &g.index->members[i];
		struct wf_jn_value data = g.entries[i].data;
		struct wf_jn_frame *in = frame;
		if (tuples) {
			struct wf_jn_tuple *t = together(r, data);
			data = t->at;
			in = wf_jn_frame_of(r, frame, t);
		}
		struct wf_jn_value v =
			wf_jn_eval(r, make->items[2 * g.entries[i].pair + 1], data, in);
		if (!wf_jn_is_undef(v))
			wf_jn_set(r, o, m->key, m->key_n, v);
	}
	return wf_jn_of_object(o);
}
