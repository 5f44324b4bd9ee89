/* JSONata's values: errors, arrays, objects, what they are equal to, what counts as true. */
#include "query/jsonata.h"

#include "base/err.h"
#include "base/text.h"

/* -- errors -- */

_Noreturn void wf_jn_throw_at(
	struct wf_jn_run *r, const char *code, size_t offset, const char *token, size_t token_n)
{
	wf_free(r->error.message);
	wf_jn_error_set(&r->error, WF_EINVAL, code, offset, token, token_n);
	longjmp(*r->fail, 1);
}

_Noreturn void wf_jn_throw(struct wf_jn_run *r, const char *code)
{
	wf_jn_throw_at(r, code, r->calling ? r->calling_pos : SIZE_MAX, r->calling, r->calling_n);
}

_Noreturn void wf_jn_throw_message(
	struct wf_jn_run *r, const char *code, const char *text, size_t n)
{
	size_t bad;
	if (!wf_utf8_valid(text, n, &bad))
		n = bad;
	wf_free(r->error.message);
	wf_jn_error_set(&r->error, WF_EINVAL, code, r->calling ? r->calling_pos : SIZE_MAX,
		r->calling, r->calling_n);
	if (strcmp(code, "T0410") == 0)
		r->error.message = wf_asprintf(
			"argument %.*s does not match the function's signature", (int)n, text);
	else
		r->error.message = wf_strndup(text, n);
	longjmp(*r->fail, 1);
}

_Noreturn void wf_jn_throw_limit(struct wf_jn_run *r, const char *which)
{
	wf_free(r->error.message);
	wf_jn_error_set(&r->error, WF_ELIMIT, which, SIZE_MAX, NULL, 0);
	longjmp(*r->fail, 1);
}

/* -- arrays -- */

struct wf_jn_array *wf_jn_array_new(struct wf_jn_run *r, size_t room)
{
	struct wf_jn_array *a = WF_JN_NEW(r, struct wf_jn_array);
	if (room) {
		a->items = wf_jn_alloc_array(r, room, sizeof(*a->items));
		a->room = room;
	}
	return a;
}

struct wf_jn_array *wf_jn_sequence_new(struct wf_jn_run *r)
{
	struct wf_jn_array *a = WF_JN_NEW(r, struct wf_jn_array);
	a->sequence = true;
	return a;
}

void wf_jn_grow(struct wf_jn_run *r, struct wf_jn_array *a, size_t room)
{
	size_t more = a->room ? a->room : 8;
	while (more < room)
		more *= 2;
	struct wf_jn_value *items = wf_jn_alloc_array(r, more, sizeof(*items));
	if (a->range)
		for (size_t i = 0; i < a->count; i++)
			items[i] = wf_jn_num(a->first + (double)i);
	else if (a->count)
		memcpy(items, a->items, a->count * sizeof(*items));
	a->range = false;
	a->items = items;
	a->room = more;
}

void wf_jn_push_all(struct wf_jn_run *r, struct wf_jn_array *a, struct wf_jn_value from)
{
	size_t n = wf_jn_len(from);
	if (n == 0)
		return;
	if (a->count == 0 && from.tag == WF_JN_ARRAY && from.array->range) {
		a->range = true;
		a->first = from.array->first;
		a->count = n;
		a->room = 0;
		return;
	}
	wf_jn_step(r, n / 8);
	if (a->range || a->room - a->count < n)
		wf_jn_grow(r, a, a->count + n);
	for (size_t i = 0; i < n; i++)
		a->items[a->count + i] = wf_jn_at(from, i);
	a->count += n;
}

/* Both in one array that is nobody else's; an undefined one does not count. */
struct wf_jn_value wf_jn_append(struct wf_jn_run *r, struct wf_jn_value a, struct wf_jn_value b)
{
	if (wf_jn_is_undef(a))
		return b;
	if (wf_jn_is_undef(b))
		return a;
	struct wf_jn_array *both = wf_jn_array_new(r, 0);
	struct wf_jn_value parts[] = {a, b};
	for (int i = 0; i < 2; i++) {
		if (wf_jn_is_array(parts[i]))
			wf_jn_push_all(r, both, parts[i]);
		else
			wf_jn_push(r, both, parts[i]);
	}
	return wf_jn_of_array(both);
}

/* -- objects -- */

static uint32_t hash_bytes(const char *s, size_t n)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

#define INDEXED_FROM 9u

struct wf_jn_object *wf_jn_object_new(struct wf_jn_run *r, uint32_t room)
{
	struct wf_jn_object *o = WF_JN_NEW(r, struct wf_jn_object);
	if (room) {
		o->members = wf_jn_alloc_array(r, room, sizeof(*o->members));
		o->room = room;
	}
	return o;
}

static void put_index(struct wf_jn_object *o, uint32_t member)
{
	uint32_t i = o->members[member].hash & o->mask;
	while (o->index[i])
		i = (i + 1) & o->mask;
	o->index[i] = member + 1;
}

static void build_index(struct wf_jn_object *o)
{
	memset(o->index, 0, ((size_t)o->mask + 1) * sizeof(*o->index));
	for (uint32_t i = 0; i < o->count; i++)
		put_index(o, i);
}

static struct wf_jn_member *find_member(
	const struct wf_jn_object *o, const char *key, size_t n, uint32_t hash)
{
	if (!o->index) {
		for (uint32_t i = 0; i < o->count; i++) {
			struct wf_jn_member *m = &o->members[i];
			if (m->hash == hash && m->key_n == n && memcmp(m->key, key, n) == 0)
				return m;
		}
		return NULL;
	}
	for (uint32_t i = hash & o->mask; o->index[i]; i = (i + 1) & o->mask) {
		struct wf_jn_member *m = &o->members[o->index[i] - 1];
		if (m->hash == hash && m->key_n == n && memcmp(m->key, key, n) == 0)
			return m;
	}
	return NULL;
}

void wf_jn_set(struct wf_jn_run *r, struct wf_jn_object *o, const char *key, size_t n,
	struct wf_jn_value v)
{
	uint32_t hash = hash_bytes(key, n);
	struct wf_jn_member *m = find_member(o, key, n, hash);
	if (m) {
		m->value = v;
		return;
	}
	if (o->count == o->room) {
		uint32_t room = o->room ? o->room * 2 : 4;
		struct wf_jn_member *members = wf_jn_alloc_array(r, room, sizeof(*members));
		if (o->count)
			memcpy(members, o->members, o->count * sizeof(*members));
		o->members = members;
		o->room = room;
	}
	o->members[o->count++] =
		(struct wf_jn_member){.key = key, .key_n = (uint32_t)n, .hash = hash, .value = v};
	if (o->count < INDEXED_FROM)
		return;
	if (o->index && o->count * 2 <= o->mask) {
		put_index(o, o->count - 1);
		return;
	}
	o->mask = o->index ? o->mask * 2 + 1 : 31;
	o->index = wf_jn_alloc_array(r, (size_t)o->mask + 1, sizeof(*o->index));
	build_index(o);
}

void wf_jn_remove(struct wf_jn_object *o, const char *key, size_t n)
{
	struct wf_jn_member *m = find_member(o, key, n, hash_bytes(key, n));
	if (!m)
		return;
	memmove(m, m + 1, (size_t)(o->members + o->count - (m + 1)) * sizeof(*m));
	o->count--;
	if (o->index)
		build_index(o);
}

struct wf_jn_value *wf_jn_find(const struct wf_jn_object *o, const char *key, size_t n)
{
	struct wf_jn_member *m = find_member(o, key, n, hash_bytes(key, n));
	return m ? &m->value : NULL;
}

struct wf_jn_value wf_jn_get(struct wf_jn_value object, const char *key, size_t n)
{
	if (object.tag == WF_JN_JOBJECT) {
		json_t *json = json_object_getn(object.json, key, n);
		return json ? wf_jn_from_json(json) : WF_JN_UNDEF;
	}
	const struct wf_jn_value *v = wf_jn_find(object.object, key, n);
	return v ? *v : WF_JN_UNDEF;
}

bool wf_jn_has(struct wf_jn_value object, const char *key, size_t n)
{
	return object.tag == WF_JN_JOBJECT ? json_object_getn(object.json, key, n) != NULL
					   : wf_jn_find(object.object, key, n) != NULL;
}

size_t wf_jn_size(struct wf_jn_value object)
{
	return object.tag == WF_JN_JOBJECT ? json_object_size(object.json) : object.object->count;
}

struct wf_jn_iter wf_jn_iter(struct wf_jn_value object)
{
	struct wf_jn_iter it = {.object = object};
	if (object.tag == WF_JN_JOBJECT)
		it.at = json_object_iter(object.json);
	return it;
}

bool wf_jn_iter_next(struct wf_jn_iter *it)
{
	if (it->object.tag == WF_JN_JOBJECT) {
		if (!it->at)
			return false;
		it->key = json_object_iter_key(it->at);
		it->key_n = (uint32_t)json_object_iter_key_len(it->at);
		it->value = wf_jn_from_json(json_object_iter_value(it->at));
		it->at = json_object_iter_next(it->object.json, it->at);
		return true;
	}
	if (it->i >= it->object.object->count)
		return false;
	const struct wf_jn_member *m = &it->object.object->members[it->i++];
	it->key = m->key;
	it->key_n = m->key_n;
	it->value = m->value;
	return true;
}

/* -- comparing -- */

static void enter(struct wf_jn_run *r)
{
	wf_jn_step(r, 1);
	if (++r->depth > r->max_depth + WF_JN_VALUE_DEPTH)
		wf_jn_throw_limit(r, "depth");
}

static bool equal_objects(struct wf_jn_run *r, struct wf_jn_value a, struct wf_jn_value b)
{
	if (wf_jn_size(a) != wf_jn_size(b))
		return false;
	struct wf_jn_iter it = wf_jn_iter(a);
	while (wf_jn_iter_next(&it))
		if (!wf_jn_has(b, it.key, it.key_n) ||
			!wf_jn_equal(r, it.value, wf_jn_get(b, it.key, it.key_n)))
			return false;
	return true;
}

static bool equal_arrays(struct wf_jn_run *r, struct wf_jn_value a, struct wf_jn_value b)
{
	size_t n = wf_jn_len(a);
	if (n != wf_jn_len(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!wf_jn_equal(r, wf_jn_at(a, i), wf_jn_at(b, i)))
			return false;
	return true;
}

bool wf_jn_equal(struct wf_jn_run *r, struct wf_jn_value a, struct wf_jn_value b)
{
	if (wf_jn_is_number(a) && wf_jn_is_number(b)) {
		if (a.tag == WF_JN_BIG && b.tag == WF_JN_BIG)
			return json_integer_value(a.json) == json_integer_value(b.json);
		return wf_jn_double(a) == wf_jn_double(b);
	}
	bool result = false;
	if (a.tag == WF_JN_STRING && b.tag == WF_JN_STRING)
		return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
	if (wf_jn_is_array(a) && wf_jn_is_array(b)) {
		enter(r);
		result = equal_arrays(r, a, b);
		r->depth--;
	} else if (wf_jn_is_object(a) && wf_jn_is_object(b)) {
		enter(r);
		result = equal_objects(r, a, b);
		r->depth--;
	} else if (a.tag == b.tag) {
		result = a.tag == WF_JN_BOOL	   ? a.b == b.b
			 : a.tag == WF_JN_FUNCTION ? a.function == b.function
						   : true;
	}
	return result;
}

static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static uint64_t hash_number(double x)
{
	uint64_t bits;
	x = x == 0 ? 0 : x;
	memcpy(&bits, &x, sizeof(bits));
	return mix(2, bits);
}

/* Equal values have equal hashes. */
uint64_t wf_jn_hash(struct wf_jn_run *r, struct wf_jn_value v)
{
	uint64_t h = 1;
	wf_jn_step(r, 1);
	if (wf_jn_is_number(v))
		return hash_number(wf_jn_double(v));
	if (v.tag == WF_JN_STRING)
		return mix(3, hash_bytes(v.s, v.n));
	if (v.tag == WF_JN_BOOL)
		return mix(4, v.b);
	if (wf_jn_is_array(v)) {
		enter(r);
		for (size_t i = 0, n = wf_jn_len(v); i < n; i++)
			h = mix(h, wf_jn_hash(r, wf_jn_at(v, i)));
		r->depth--;
	} else if (wf_jn_is_object(v)) {
		enter(r);
		struct wf_jn_iter it = wf_jn_iter(v);
		while (wf_jn_iter_next(&it)) /* in any order */
			h += mix(hash_bytes(it.key, it.key_n), wf_jn_hash(r, it.value));
		r->depth--;
	}
	return mix(h, wf_jn_is_array(v) ? 5u : wf_jn_is_object(v) ? 6u : v.tag);
}

/* By UTF-16 code units: a character beyond the first plane comes before U+E000 and what follows. */
int wf_jn_compare_strings(struct wf_jn_value a, struct wf_jn_value b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;
	while (i < n && a.s[i] == b.s[i])
		i++;
	if (i == n)
		return a.n < b.n ? -1 : a.n > b.n;
	unsigned char x = (unsigned char)a.s[i], y = (unsigned char)b.s[i];
	if ((x >= 0xf0) != (y >= 0xf0) && (x >= 0xee && y >= 0xee))
		return x >= 0xf0 ? -1 : 1;
	return x < y ? -1 : 1;
}

struct wf_jn_value wf_jn_clone(struct wf_jn_run *r, struct wf_jn_value v)
{
	if (v.tag == WF_JN_FUNCTION)
		return wf_jn_str("", 0);
	if (v.tag == WF_JN_NUMBER) {
		if (!wf_jn_numeric(r, v))
			return WF_JN_NOTHING;
		return wf_jn_num(wf_jn_precision15(v.num));
	}
	if (wf_jn_is_array(v)) {
		enter(r);
		size_t n = wf_jn_len(v);
		struct wf_jn_array *a = wf_jn_array_new(r, n);
		for (size_t i = 0; i < n; i++) {
			struct wf_jn_value item = wf_jn_clone(r, wf_jn_at(v, i));
			wf_jn_push(r, a, wf_jn_is_undef(item) ? WF_JN_NOTHING : item);
		}
		r->depth--;
		return wf_jn_of_array(a);
	}
	if (wf_jn_is_object(v)) {
		enter(r);
		struct wf_jn_object *o = wf_jn_object_new(r, (uint32_t)wf_jn_size(v));
		struct wf_jn_iter it = wf_jn_iter(v);
		while (wf_jn_iter_next(&it)) {
			struct wf_jn_value member = wf_jn_clone(r, it.value);
			if (!wf_jn_is_undef(member))
				wf_jn_set(r, o, it.key, it.key_n, member);
		}
		r->depth--;
		return wf_jn_of_object(o);
	}
	return v;
}

/* -- what counts as true, as numbers -- */

bool wf_jn_numeric(struct wf_jn_run *r, struct wf_jn_value v)
{
	if (v.tag != WF_JN_NUMBER)
		return v.tag == WF_JN_BIG;
	if (__builtin_expect(isfinite(v.num), 1))
		return true;
	if (isinf(v.num))
		wf_jn_throw(r, "D1001");
	return false;
}

bool wf_jn_truth(struct wf_jn_run *r, struct wf_jn_value v)
{
	switch ((enum wf_jn_tag)v.tag) {
	case WF_JN_BOOL:
		return v.b;
	case WF_JN_NUMBER:
		return wf_jn_numeric(r, v) && v.num != 0;
	case WF_JN_BIG:
		return true;
	case WF_JN_STRING:
		return v.n > 0;
	case WF_JN_OBJECT:
	case WF_JN_JOBJECT:
		return wf_jn_size(v) > 0;
	case WF_JN_ARRAY:
	case WF_JN_JARRAY: {
		bool any = false;
		enter(r);
		for (size_t i = 0, n = wf_jn_len(v); i < n && !any; i++)
			any = wf_jn_truth(r, wf_jn_at(v, i));
		r->depth--;
		return any;
	}
	case WF_JN_UNDEFINED:
	case WF_JN_NULL:
	case WF_JN_FUNCTION:
	case WF_JN_TUPLE:
	case WF_JN_THUNK:
		break;
	}
	return false;
}

bool wf_jn_script_truth(struct wf_jn_value v)
{
	switch (v.tag) {
	case WF_JN_BOOL:
		return v.b;
	case WF_JN_NUMBER:
		return v.num != 0 && !isnan(v.num);
	case WF_JN_STRING:
		return v.n > 0;
	default:
		return v.tag != WF_JN_UNDEFINED && v.tag != WF_JN_NULL;
	}
}

bool wf_jn_all_numbers(struct wf_jn_run *r, struct wf_jn_value array)
{
	for (size_t i = 0, n = wf_jn_len(array); i < n; i++)
		if (!wf_jn_numeric(r, wf_jn_at(array, i)))
			return false;
	return true;
}

bool wf_jn_all_strings(struct wf_jn_value array)
{
	for (size_t i = 0, n = wf_jn_len(array); i < n; i++)
		if (wf_jn_at(array, i).tag != WF_JN_STRING)
			return false;
	return true;
}
