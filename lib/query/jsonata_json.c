/* JSONata's values from JSON, without copying it, and back. */
#include "query/jsonata.h"

#include "base/err.h"

#define EXACT 9007199254740992 /* 2^53: integers up to here are doubles */

struct wf_jn_value wf_jn_from_json_slow(json_t *json)
{
	return wf_jn_from_json(json);
}

struct wf_jn_value wf_jn_from_json(json_t *json)
{
	struct wf_jn_value v = {.tag = WF_JN_NULL};
	switch (json_typeof(json)) {
	case JSON_STRING:
		v.tag = WF_JN_STRING;
		v.s = json_string_value(json);
		v.n = (uint32_t)json_string_length(json);
		break;
	case JSON_INTEGER:
		v.tag = WF_JN_NUMBER;
		v.num = (double)json_integer_value(json);
		if (json_integer_value(json) > EXACT || json_integer_value(json) < -EXACT) {
			v.tag = WF_JN_BIG;
			v.json = json;
		}
		break;
	case JSON_REAL:
		v = wf_jn_num(json_real_value(json));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		v = wf_jn_bool(json_is_true(json));
		break;
	case JSON_ARRAY:
		v.tag = WF_JN_JARRAY;
		v.json = json;
		break;
	case JSON_OBJECT:
		v.tag = WF_JN_JOBJECT;
		v.json = json;
		break;
	case JSON_NULL:
		break;
	}
	return v;
}

struct writer {
	struct wf_jn_run *r;
	const char *limit, *code; /* what went wrong */
	uint32_t depth;
};

static json_t *write(struct writer *w, struct wf_jn_value v);

/* Values may share parts, so what is written may be far more than what was made. */
static bool charge(struct writer *w, size_t bytes)
{
	if (w->r->steps_left == 0) {
		w->limit = "steps";
		return false;
	}
	if (w->r->bytes_left < bytes) {
		w->limit = "bytes";
		return false;
	}
	w->r->steps_left--;
	w->r->bytes_left -= bytes;
	return true;
}

static json_t *write_number(struct writer *w, double x)
{
	if (!isfinite(x)) {
		w->code = "D1001";
		return NULL;
	}
	if (x == floor(x) && fabs(x) <= (double)EXACT)
		return json_integer((json_int_t)x);
	return json_real(x);
}

/* Every string here is UTF-8 but for lone surrogates, which begin with this byte. */
static bool is_whole(const char *s, size_t n)
{
	return n == 0 || !memchr(s, 0xed, n);
}

static json_t *write_string(const char *s, size_t n)
{
	json_t *json = is_whole(s, n) ? json_stringn_nocheck(s, n) : json_stringn(s, n);
	if (json)
		return json;
	/* lone surrogates, which JSON's text cannot have: U+FFFD, three bytes as they are */
	char *copy = wf_strndup(s, n);
	for (size_t i = 0; i + 2 < n; i++)
		if ((unsigned char)copy[i] == 0xed && (unsigned char)copy[i + 1] >= 0xa0)
			memcpy(copy + i, "\xef\xbf\xbd", 3);
	json = json_stringn(copy, n);
	wf_free(copy);
	return json;
}

static json_t *write_array(struct writer *w, struct wf_jn_value v)
{
	json_t *array = json_array();
	for (size_t i = 0, n = wf_jn_len(v); i < n; i++) {
		json_t *item = write(w, wf_jn_at(v, i));
		if (!item && (w->limit || w->code)) {
			json_decref(array);
			return NULL;
		}
		(void)json_array_append_new(array, item ? item : json_null());
	}
	return array;
}

static json_t *write_object(struct writer *w, struct wf_jn_value v)
{
	json_t *object = json_object();
	struct wf_jn_iter it = wf_jn_iter(v);
	while (wf_jn_iter_next(&it)) {
		json_t *value = write(w, it.value);
		if (!value && (w->limit || w->code)) {
			json_decref(object);
			return NULL;
		}
		if (!value)
			continue;
		if (is_whole(it.key, it.key_n)) {
			(void)json_object_setn_new_nocheck(object, it.key, it.key_n, value);
			continue;
		}
		json_t *key = write_string(it.key, it.key_n);
		(void)json_object_setn_new_nocheck(
			object, json_string_value(key), json_string_length(key), value);
		json_decref(key);
	}
	return object;
}

static json_t *write(struct writer *w, struct wf_jn_value v)
{
	json_t *json = NULL;
	if (!charge(w, v.tag == WF_JN_STRING ? 64 + v.n : 64))
		return NULL;
	switch ((enum wf_jn_tag)v.tag) {
	case WF_JN_UNDEFINED:
	case WF_JN_THUNK:
		return NULL;
	case WF_JN_NULL:
		return json_null();
	case WF_JN_BOOL:
		return json_boolean(v.b);
	case WF_JN_NUMBER:
		return write_number(w, v.num);
	case WF_JN_STRING:
		return write_string(v.s, v.n);
	case WF_JN_BIG:
	case WF_JN_JARRAY:
	case WF_JN_JOBJECT:
		return json_incref(v.json);
	case WF_JN_FUNCTION:
		return json_string("");
	case WF_JN_TUPLE:
		return write(w, v.tuple->at);
	case WF_JN_ARRAY:
	case WF_JN_OBJECT:
		break;
	}
	if (++w->depth > WF_JN_VALUE_DEPTH)
		w->limit = "depth";
	else
		json = v.tag == WF_JN_ARRAY ? write_array(w, v) : write_object(w, v);
	w->depth--;
	return json;
}

json_t *wf_jn_to_json(struct wf_jn_run *r, struct wf_jn_value v)
{
	struct writer w = {.r = r};
	if (v.tag == WF_JN_ARRAY && v.array->wrapper && v.array->count)
		v = v.array->items[0];
	if (v.tag == WF_JN_FUNCTION)
		return NULL;
	json_t *json = write(&w, v);
	if (w.limit)
		wf_jn_throw_limit(r, w.limit);
	if (w.code)
		wf_jn_throw(r, w.code);
	return json;
}
