/*
 * JSONata's objects: {key: value} of one thing, and of many, whose items are grouped by their keys
 * before the values are told.
 */
#include "query/jsonata.h"

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
	struct wf_jn_tuple *t = wf_jn_tuple_new(r, first->at, first);
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
