/*
 * JSONata's values, private to lib/query/jsonata*.c.
 *
 * A value is passed by itself: 16 bytes, what it points to is of the run's arena, of the query, or
 * borrowed from the input and the bindings for as long as the run lasts. Nobody frees one.
 */
#ifndef WF_QUERY_JSONATA_VALUE_H
#define WF_QUERY_JSONATA_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wf_jn_tag {
	WF_JN_UNDEFINED,
	WF_JN_NULL,
	WF_JN_BOOL,
	WF_JN_NUMBER,
	WF_JN_BIG,     /* an integer of the input that a double does not hold: json */
	WF_JN_STRING,  /* s, n bytes; a lone surrogate is its three bytes */
	WF_JN_ARRAY,   /* array */
	WF_JN_JARRAY,  /* json: borrowed from the input or the bindings */
	WF_JN_OBJECT,  /* object */
	WF_JN_JOBJECT, /* json, borrowed */
	WF_JN_FUNCTION,
	WF_JN_TUPLE, /* an item of a tuple stream; no expression sees it */
	WF_JN_THUNK  /* a call in tail position that is still to be made: run->thunk */
};

struct wf_jn_value {
	uint32_t tag;
	uint32_t n;
	union {
		bool b;
		double num;
		const char *s;
		struct wf_jn_array *array;
		struct wf_jn_object *object;
		struct wf_jn_function *function;
		struct wf_jn_tuple *tuple;
		json_t *json;
	};
};

/* A range of numbers keeps its items NULL until somebody changes it. */
struct wf_jn_array {
	struct wf_jn_value *items;
	size_t count, room;
	double first; /* of a range */
	bool sequence, keep_singleton, constructed, wrapper, tuples, range;
};

struct wf_jn_member {
	const char *key;
	uint32_t key_n, hash;
	struct wf_jn_value value;
};

struct wf_jn_object {
	struct wf_jn_member *members;
	uint32_t *index; /* open addressing, member + 1; NULL while there are few */
	uint32_t count, room, mask;
};

struct wf_jn_bind {
	uint32_t symbol;
	struct wf_jn_value value;
};

struct wf_jn_frame {
	struct wf_jn_frame *parent;
	struct wf_jn_bind *binds;
	uint32_t count, room; /* room 0: the binds are somebody else's */
};

struct wf_jn_tuple {
	struct wf_jn_value at;
	struct wf_jn_bind *binds;
	uint32_t count, room;
};

#define WF_JN_UNDEF ((struct wf_jn_value){.tag = WF_JN_UNDEFINED})
#define WF_JN_NOTHING ((struct wf_jn_value){.tag = WF_JN_NULL})

static inline struct wf_jn_value wf_jn_num(double x)
{
	return (struct wf_jn_value){.tag = WF_JN_NUMBER, .num = x};
}

static inline struct wf_jn_value wf_jn_bool(bool b)
{
	return (struct wf_jn_value){.tag = WF_JN_BOOL, .b = b};
}

static inline struct wf_jn_value wf_jn_str(const char *s, size_t n)
{
	return (struct wf_jn_value){.tag = WF_JN_STRING, .n = (uint32_t)n, .s = s};
}

static inline bool wf_jn_is_undef(struct wf_jn_value v)
{
	return v.tag == WF_JN_UNDEFINED;
}

static inline bool wf_jn_is_array(struct wf_jn_value v)
{
	return v.tag == WF_JN_ARRAY || v.tag == WF_JN_JARRAY;
}

static inline bool wf_jn_is_object(struct wf_jn_value v)
{
	return v.tag == WF_JN_OBJECT || v.tag == WF_JN_JOBJECT;
}

static inline bool wf_jn_is_number(struct wf_jn_value v)
{
	return v.tag == WF_JN_NUMBER || v.tag == WF_JN_BIG;
}

static inline bool wf_jn_is_sequence(struct wf_jn_value v)
{
	return v.tag == WF_JN_ARRAY && v.array->sequence;
}

static inline bool wf_jn_is_tuples(struct wf_jn_value v)
{
	return v.tag == WF_JN_ARRAY && v.array->tuples;
}

static inline double wf_jn_double(struct wf_jn_value v)
{
	return v.tag == WF_JN_NUMBER ? v.num : (double)json_integer_value(v.json);
}

/* Borrows the JSON. */
struct wf_jn_value wf_jn_from_json_slow(json_t *json);

static inline size_t wf_jn_len(struct wf_jn_value array)
{
	return array.tag == WF_JN_ARRAY ? array.array->count : json_array_size(array.json);
}

static inline struct wf_jn_value wf_jn_at(struct wf_jn_value array, size_t i)
{
	if (array.tag == WF_JN_JARRAY)
		return wf_jn_from_json_slow(json_array_get(array.json, i));
	if (array.array->range)
		return wf_jn_num(array.array->first + (double)i);
	return array.array->items[i];
}

#endif
