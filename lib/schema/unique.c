/*
 * Finding two equal members of a list. Short lists are compared pair by pair; long ones are sorted
 * by a hash that equal values share, so that only members of one hash are compared.
 */
#include "base/json.h"
#include "schema/node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAIRWISE 12

static uint64_t mix(uint64_t h, uint64_t v)
{
	h ^= v + UINT64_C(0x9e3779b97f4a7c15) + (h << 6) + (h >> 2);
	h *= UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 33;
}

static uint64_t hash_bytes(const char *s, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Integers and integral reals of the same value share a hash. */
static uint64_t hash_number(const json_t *v)
{
	double d = json_number_value(v);
	uint64_t bits;

	if (d == 0.0)
		d = 0.0; /* minus zero */
	memcpy(&bits, &d, sizeof(bits));
	return mix(3, bits);
}

static uint64_t hash_value(const json_t *v)
{
	uint64_t h = (uint64_t)json_typeof(v);

	if (json_is_number(v))
		return hash_number(v);
	if (json_is_string(v))
		return mix(5, hash_bytes(json_string_value(v), json_string_length(v)));
	if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v); i++)
			h = mix(h, hash_value(json_array_get(v, i)));
	} else if (json_is_object(v)) {
		json_t *object = (json_t *)(uintptr_t)v; /* jansson's iterators take no const */

		for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
			const char *key = json_object_iter_key(i);

			/* A sum: the order of the members does not matter. */
			h += mix(hash_bytes(key, strlen(key)),
				hash_value(json_object_iter_value(i)));
		}
	}
	return mix(7, h);
}

struct member {
	uint64_t hash;
	const json_t *value;
	size_t index;
};

static int by_hash(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

bool wf_schema_repeated(const json_t *list, size_t *ret_first, size_t *ret_second)
{
	size_t n = json_array_size(list);
	struct member *members;
	bool found = false;

	if (n < 2)
		return false;
	members = wf_reallocarray(NULL, n, sizeof(*members));
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);

		members[i] = (struct member){n > PAIRWISE ? hash_value(v) : 0, v, i};
	}
	if (n > PAIRWISE)
		qsort(members, n, sizeof(*members), by_hash);
	for (size_t i = 0; i < n && !found; i++)
		for (size_t k = i + 1; k < n && members[k].hash == members[i].hash && !found; k++)
			if (wf_json_equal(members[i].value, members[k].value)) {
				*ret_first = members[i].index;
				*ret_second = members[k].index;
				found = true;
			}
	wf_free(members);
	return found;
}
