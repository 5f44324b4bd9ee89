/* JSONata's order-by, and the merge sort that it and $sort have. */
#include "query/jsonata.h"

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
