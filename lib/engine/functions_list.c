/* Functions of lists and objects. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/functions.h"

#include <stdlib.h>

int wf_fn_SIZE(struct wf_call *c, json_t **ret)
{
	const json_t *arg = c->args[0];
	size_t size;
	if (json_is_string(arg))
		size = wf_utf8_count(json_string_value(arg), json_string_length(arg));
	else if (json_is_array(arg))
		size = json_array_size(arg);
	else if (json_is_object(arg))
		size = json_object_size(arg);
	else
		return wf_call_mismatch(c, 0, "a string, a list or an object");
	*ret = json_integer((json_int_t)size);
	return 0;
}

int wf_fn_CONTAINS(struct wf_call *c, json_t **ret)
{
	const json_t *where = c->args[0], *what = c->args[1];
	bool found = false;
	if (json_is_array(where)) {
		size_t n = json_array_size(where);
		int err = wf_vm_charge(c->vm, n / 4);
		for (size_t i = 0; i < n && !err && !found; i++)
			err = wf_vm_equal(c->vm, what, json_array_get(where, i), &found);
		if (err)
			return err;
	} else if (!json_is_string(where) && !json_is_object(where)) {
		return wf_call_mismatch(c, 0, "a string, a list or an object");
	} else if (!json_is_string(what)) {
		return wf_call_mismatch(c, 1, "a string");
	} else if (json_is_object(where)) {
		found = json_object_getn(where, arg_text(c, 1), arg_length(c, 1)) != NULL;
	} else {
		found = memmem(arg_text(c, 0), arg_length(c, 0), arg_text(c, 1),
				arg_length(c, 1)) != NULL;
	}
	*ret = json_boolean(found);
	return 0;
}

/* -- objects -- */

static json_t *key_of(void *at)
{
	return json_stringn_nocheck(json_object_iter_key(at), json_object_iter_key_len(at));
}

static json_t *value_of(void *at)
{
	return json_incref(json_object_iter_value(at));
}

static json_t *entry_of(void *at)
{
	json_t *entry = json_object();
	(void)json_object_set_new(entry, "key", key_of(at));
	(void)json_object_set(entry, "value", json_object_iter_value(at));
	return entry;
}

static int list_members(struct wf_call *c, json_t *(*element)(void *at), json_t **ret)
{
	json_t *object = c->args[0];
	int err = wf_call_may_list(c, json_object_size(object));
	if (err)
		return err;
	json_t *list = json_array();
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
		(void)json_array_append_new(list, element(at));
	*ret = list;
	return 0;
}

int wf_fn_KEYS(struct wf_call *c, json_t **ret)
{
	return list_members(c, key_of, ret);
}

int wf_fn_VALUES(struct wf_call *c, json_t **ret)
{
	return list_members(c, value_of, ret);
}

int wf_fn_ENTRIES(struct wf_call *c, json_t **ret)
{
	return list_members(c, entry_of, ret);
}

int wf_fn_MERGE(struct wf_call *c, json_t **ret)
{
	size_t members = 0;
	for (uint32_t i = 0; i < c->count; i++)
		members += json_object_size(c->args[i]);
	int err = wf_call_may_list(c, members);
	if (err)
		return err;
	json_t *object = json_copy(c->args[0]);
	for (uint32_t i = 1; i < c->count; i++)
		(void)json_object_update(object, c->args[i]);
	*ret = object;
	return 0;
}

int wf_fn_LOOKUP(struct wf_call *c, json_t **ret)
{
	const json_t *container = c->args[0], *index = c->args[1];
	json_t *element = NULL;
	if (!index)
		return wf_call_mismatch(c, 1, "a string or an integer");
	bool absent = !container || json_is_null(container);
	if (!absent && !wf_element(container, index, &element))
		return wf_call_fail(c, "type_mismatch",
			"%s cannot be indexed by %s: a list wants an integer, an object a string",
			wf_json_type_name(container), wf_json_type_name(index));
	if (!element && c->count > 2)
		element = c->args[2];
	*ret = element ? json_incref(element) : json_null();
	return 0;
}

int wf_fn_COALESCE(struct wf_call *c, json_t **ret)
{
	for (uint32_t i = 0; i < c->count; i++) {
		if (c->args[i] && !json_is_null(c->args[i])) {
			*ret = json_incref(c->args[i]);
			return 0;
		}
	}
	*ret = json_null();
	return 0;
}

/* -- lists -- */

struct place {
	json_t *value; /* borrowed */
	size_t index;
};

/* Equal elements stay in their order. */
static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = 0;
	(void)wf_compare(x->value, y->value, &order);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

int wf_fn_SORT(struct wf_call *c, json_t **ret)
{
	const json_t *list = c->args[0];
	size_t n = json_array_size(list);
	int err = wf_call_may_list(c, n), order;
	if (err)
		return err;
	WF_AUTOFREE struct place *places = wf_calloc(n, sizeof(*places));
	for (size_t i = 0; i < n; i++) {
		places[i] = (struct place){json_array_get(list, i), i};
		if (!wf_compare(places[i].value, places[0].value, &order))
			return wf_call_fail(c, "type_mismatch",
				"all numbers or all strings are needed; element %zu is %s", i,
				wf_json_type_name(places[i].value));
	}
	qsort(places, n, sizeof(*places), compare_places);
	json_t *sorted = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append(sorted, places[i].value);
	*ret = sorted;
	return 0;
}

int wf_fn_REVERSE(struct wf_call *c, json_t **ret)
{
	size_t n = json_array_size(c->args[0]);
	int err = wf_call_may_list(c, n);
	if (err)
		return err;
	json_t *list = json_array();
	while (n--)
		(void)json_array_append(list, json_array_get(c->args[0], n));
	*ret = list;
	return 0;
}

int wf_fn_FLATTEN(struct wf_call *c, json_t **ret)
{
	const json_t *list = c->args[0];
	size_t n = json_array_size(list), total = 0;
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(list, i);
		total += json_is_array(value) ? json_array_size(value) : 1;
	}
	int err = wf_call_may_list(c, total);
	if (err)
		return err;
	json_t *flat = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_array_get(list, i);
		if (json_is_array(value))
			(void)json_array_extend(flat, value);
		else
			(void)json_array_append(flat, value);
	}
	*ret = flat;
	return 0;
}

int wf_fn_RANGE(struct wf_call *c, json_t **ret)
{
	json_int_t from = c->count > 1 ? arg_integer(c, 0) : 0;
	json_int_t to = arg_integer(c, c->count - 1);
	size_t n = to > from ? (size_t)((uint64_t)to - (uint64_t)from) : 0;
	int err = wf_call_may_list(c, n);
	if (err)
		return err;
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_integer(from + (json_int_t)i));
	*ret = list;
	return 0;
}

/* -- unique: by a hash that equal values share, then by comparing -- */

static uint64_t mix(uint64_t hash, uint64_t more)
{
	hash = (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static uint64_t hash_bytes(const char *bytes, size_t n)
{
	uint64_t hash = n;
	for (size_t i = 0; i < n; i++)
		hash = mix(hash, (uint8_t)bytes[i]);
	return hash;
}

static uint64_t hash_value(const json_t *value)
{
	if (json_is_number(value)) {
		double real = json_number_value(value) + 0.0; /* -0.0 is 0.0 */
		uint64_t bits;
		memcpy(&bits, &real, sizeof(bits));
		return mix(1, bits);
	}
	if (json_is_string(value))
		return hash_bytes(json_string_value(value), json_string_length(value));
	uint64_t hash = mix(2, (uint64_t)json_typeof(value));
	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			hash = mix(hash, hash_value(json_array_get(value, i)));
	} else if (json_is_object(value)) {
		json_t *object = (json_t *)(uintptr_t)value;
		void *at = json_object_iter(object);
		for (; at; at = json_object_iter_next(object, at))
			hash += mix(hash_bytes(json_object_iter_key(at), /* in any order */
					    json_object_iter_key_len(at)),
				hash_value(json_object_iter_value(at)));
	}
	return hash;
}

struct seen {
	uint64_t hash;
	json_t *value; /* borrowed; NULL: free */
};

/* Adds the value to the list and the table unless an equal one is there. */
static int add_unique(struct wf_call *c, struct seen *table, size_t room, json_t *value,
	json_t *list)
{
	int err = wf_vm_weigh(c->vm, value);
	if (err)
		return err;
	uint64_t hash = hash_value(value);
	size_t at = (size_t)hash & (room - 1);
	for (; table[at].value; at = (at + 1) & (room - 1)) {
		bool equal = false;
		err = wf_vm_charge(c->vm, 1);
		if (!err && table[at].hash == hash)
			err = wf_vm_equal(c->vm, value, table[at].value, &equal);
		if (err || equal)
			return err;
	}
	table[at] = (struct seen){hash, value};
	(void)json_array_append(list, value);
	return 0;
}

int wf_fn_UNIQUE(struct wf_call *c, json_t **ret)
{
	size_t n = json_array_size(c->args[0]), room = 16;
	int err = wf_call_may_list(c, n);
	if (err)
		return err;
	while (room < n * 2)
		room *= 2;
	WF_AUTOFREE struct seen *table = wf_calloc(room, sizeof(*table));
	json_t *list = json_array();
	for (size_t i = 0; i < n && !err; i++)
		err = add_unique(c, table, room, json_array_get(c->args[0], i), list);
	if (err)
		json_decref(list);
	else
		*ret = list;
	return err;
}
