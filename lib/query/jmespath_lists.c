/* JMESPath's functions of lists and objects. Who loops over a list has paid for it in steps. */
#include "query/jmespath.h"

#include "base/err.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static struct wf_jp_value made(const struct wf_jp_run *r, json_t *v)
{
	if (!r->err)
		return wf_jp_new(v);
	json_decref(v);
	return WF_JP_FAILED;
}

struct wf_jp_value wf_jp_sum(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_int_t exact = 0;
	bool is_exact = true;
	double sum = 0;
	for (size_t i = 0; i < json_array_size(args[0].json); i++) {
		const json_t *v = json_array_get(args[0].json, i);
		is_exact = is_exact && json_is_integer(v) &&
			!__builtin_add_overflow(exact, json_integer_value(v), &exact);
		sum += json_number_value(v);
	}
	return is_exact ? wf_jp_new(json_integer(exact)) : wf_jp_number(r, sum, call);
}

struct wf_jp_value wf_jp_avg(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	size_t n = json_array_size(args[0].json);
	double sum = 0;
	if (!n)
		return wf_jp_borrowed(json_null());
	for (size_t i = 0; i < n; i++)
		sum += json_number_value(json_array_get(args[0].json, i));
	return wf_jp_number(r, sum / (double)n, call);
}

struct wf_jp_value wf_jp_contains(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	const json_t *in = args[0].json, *what = args[1].json;
	(void)call;
	if (json_is_string(in)) {
		if (!wf_jp_steps(r, json_string_length(in) / 16))
			return WF_JP_FAILED;
		const char *word = json_string_value(what);
		return wf_jp_borrowed(json_boolean(word && strstr(json_string_value(in), word)));
	}
	int is = 0;
	size_t n = json_array_size(in);
	if (!wf_jp_steps(r, n))
		return WF_JP_FAILED;
	for (size_t i = 0; !is && i < n; i++)
		is = wf_jp_equal(r, json_array_get(in, i), what);
	return is < 0 ? WF_JP_FAILED : wf_jp_borrowed(json_boolean(is));
}

/* -- objects -- */

struct wf_jp_value wf_jp_keys(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_array();
	(void)call;
	if (wf_jp_steps(r, json_object_size(args[0].json)))
		for (void *at = json_object_iter(args[0].json); at;
			at = json_object_iter_next(args[0].json, at)) {
			struct wf_jp_value key = wf_jp_string(r, json_object_iter_key(at),
				json_object_iter_key_len(at));
			if (!key.json || !wf_jp_append(r, out, key))
				break;
		}
	return made(r, out);
}

struct wf_jp_value wf_jp_values(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_array(), *v;
	const char *key;
	(void)call;
	if (wf_jp_steps(r, json_object_size(args[0].json)))
		json_object_foreach(args[0].json, key, v)
			if (!wf_jp_append(r, out, wf_jp_borrowed(v)))
				break;
	return made(r, out);
}

struct wf_jp_value wf_jp_items(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_array(), *v;
	const char *key;
	(void)call;
	if (wf_jp_steps(r, json_object_size(args[0].json)))
		json_object_foreach(args[0].json, key, v) {
			if (!wf_jp_bytes(r, 48))
				break;
			json_t *pair = json_array();
			struct wf_jp_value name = wf_jp_string(r, key, strlen(key));
			bool good = name.json && wf_jp_append(r, pair, name) &&
				wf_jp_append(r, pair, wf_jp_borrowed(v));
			if (!good)
				json_decref(pair);
			if (!good || !wf_jp_append(r, out, wf_jp_new(pair)))
				break;
		}
	return made(r, out);
}

struct wf_jp_value wf_jp_from_items(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_object();
	for (size_t i = 0; i < json_array_size(args[0].json); i++) {
		const json_t *pair = json_array_get(args[0].json, i);
		const char *key = json_string_value(json_array_get(pair, 0));
		if (json_array_size(pair) != 2 || !key) {
			(void)wf_jp_fail(r, "invalid-value", call,
				"from_items wants pairs of a string and a value, and element %zu is none", i);
			break;
		}
		if (!wf_jp_set(r, out, key, wf_jp_borrowed(json_array_get(pair, 1))))
			break;
	}
	return made(r, out);
}

struct wf_jp_value wf_jp_merge(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_object(), *v;
	const char *key;
	for (uint32_t i = 0; i < call->item_count && wf_jp_steps(r, json_object_size(args[i].json)); i++)
		json_object_foreach(args[i].json, key, v)
			if (!wf_jp_set(r, out, key, wf_jp_borrowed(v)))
				break;
	return made(r, out);
}

/* -- lists -- */

struct wf_jp_value wf_jp_reverse(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *in = args[0].json;
	(void)call;
	if (json_is_string(in)) {
		const char *s = json_string_value(in);
		size_t n = json_string_length(in), end = n;
		if (!wf_jp_steps(r, n / 16) || !wf_jp_bytes(r, n))
			return WF_JP_FAILED;
		char *text = wf_alloc(n + 1), *at = text;
		for (size_t i = n; i-- > 0;)
			if (((unsigned char)s[i] & 0xc0) != 0x80) {
				memcpy(at, s + i, end - i);
				at += end - i;
				end = i;
			}
		struct wf_jp_value v = wf_jp_string(r, text, n);
		wf_free(text);
		return v;
	}
	json_t *out = json_array();
	size_t n = json_array_size(in);
	if (wf_jp_steps(r, n))
		while (n-- > 0 && wf_jp_append(r, out, wf_jp_borrowed(json_array_get(in, n))))
			;
	return made(r, out);
}

struct wf_jp_value wf_jp_zip(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_array();
	size_t n = SIZE_MAX;
	for (uint32_t i = 0; i < call->item_count; i++)
		if (json_array_size(args[i].json) < n)
			n = json_array_size(args[i].json);
	for (size_t k = 0; k < n && wf_jp_steps(r, call->item_count) && wf_jp_bytes(r, 48); k++) {
		json_t *tuple = json_array();
		bool good = true;
		for (uint32_t i = 0; good && i < call->item_count; i++)
			good = wf_jp_append(r, tuple, wf_jp_borrowed(json_array_get(args[i].json, k)));
		if (!good)
			json_decref(tuple);
		if (!good || !wf_jp_append(r, out, wf_jp_new(tuple)))
			break;
	}
	return made(r, out);
}

struct wf_jp_value wf_jp_map(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_array();
	size_t n = json_array_size(args[1].json);
	for (size_t i = 0; i < n; i++) {
		struct wf_jp_value v = wf_jp_eval(r, call->items[0], json_array_get(args[1].json, i));
		if (!v.json || !wf_jp_append(r, out, v))
			break;
	}
	return made(r, out);
}

/* -- by a key -- */

struct ranked {
	json_t *value;
	struct wf_jp_value key;
	size_t place;
};

static int compare_keys(const json_t *a, const json_t *b)
{
	return json_is_string(a) ? strcmp(json_string_value(a), json_string_value(b))
				 : wf_jp_order(a, b);
}

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = compare_keys(x->key.json, y->key.json);
	return order ? order : x->place < y->place ? -1 : 1;
}

static void drop_ranked(struct ranked *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wf_jp_drop(items[i].key);
	wf_free(items);
}

/* The elements with their keys, all numbers or all strings; NULL: the run failed. Without an
 * expression each is its own key. */
static struct ranked *rank(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_node *by, json_t *list)
{
	size_t n = json_array_size(list);
	if (!wf_jp_bytes(r, n * sizeof(struct ranked)) || !wf_jp_steps(r, n))
		return NULL;
	struct ranked *items = wf_calloc(n ? n : 1, sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_array_get(list, i);
		struct wf_jp_value key = by ? wf_jp_eval(r, by, v) : wf_jp_borrowed(v);
		items[i] = (struct ranked){v, key, i};
		if (key.json && !json_is_string(key.json) && !json_is_number(key.json))
			(void)wf_jp_fail(r, "invalid-type", call,
				"%s goes by numbers or strings, and element %zu has %s",
				call->function->name, i, wf_json_type_name(key.json));
		else if (key.json && json_is_string(key.json) != json_is_string(items[0].key.json))
			(void)wf_jp_fail(r, "invalid-type", call,
				"%s goes by numbers alone or by strings alone, not by both",
				call->function->name);
		if (r->err) {
			drop_ranked(items, i + 1);
			return NULL;
		}
	}
	return items;
}

static struct wf_jp_value sorted(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_node *by, json_t *list)
{
	size_t n = json_array_size(list);
	unsigned log = 1;
	for (size_t i = n; i > 1; i /= 2)
		log++;
	if (!wf_jp_steps(r, n * log))
		return WF_JP_FAILED;
	struct ranked *items = rank(r, call, by, list);
	if (!items)
		return WF_JP_FAILED;
	qsort(items, n, sizeof(*items), compare_ranked);
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++)
		if (!wf_jp_append(r, out, wf_jp_borrowed(items[i].value)))
			break;
	drop_ranked(items, n);
	return made(r, out);
}

/* The first of the greatest, or of the least with sign -1; null of an empty list. */
static struct wf_jp_value extreme(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_node *by, json_t *list, int sign)
{
	size_t n = json_array_size(list), best = 0;
	struct ranked *items = rank(r, call, by, list);
	if (!items)
		return WF_JP_FAILED;
	for (size_t i = 1; i < n; i++)
		if (sign * compare_keys(items[i].key.json, items[best].key.json) > 0)
			best = i;
	json_t *v = n ? items[best].value : json_null();
	drop_ranked(items, n);
	return wf_jp_borrowed(v);
}

struct wf_jp_value wf_jp_sort(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return sorted(r, call, NULL, args[0].json);
}

struct wf_jp_value wf_jp_sort_by(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return sorted(r, call, call->items[1], args[0].json);
}

struct wf_jp_value wf_jp_max(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return extreme(r, call, NULL, args[0].json, 1);
}

struct wf_jp_value wf_jp_min(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return extreme(r, call, NULL, args[0].json, -1);
}

struct wf_jp_value wf_jp_max_by(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return extreme(r, call, call->items[1], args[0].json, 1);
}

struct wf_jp_value wf_jp_min_by(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return extreme(r, call, call->items[1], args[0].json, -1);
}

struct wf_jp_value wf_jp_group_by(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_t *out = json_object();
	size_t n = json_array_size(args[0].json);
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_array_get(args[0].json, i);
		struct wf_jp_value key = wf_jp_eval(r, call->items[1], v);
		if (!key.json)
			break;
		if (!json_is_string(key.json)) {
			(void)wf_jp_fail(r, "invalid-type", call,
				"group_by goes by strings, and element %zu has %s", i,
				wf_json_type_name(key.json));
			wf_jp_drop(key);
			break;
		}
		const char *name = json_string_value(key.json);
		json_t *group = json_object_get(out, name);
		bool good = group || wf_jp_set(r, out, name, wf_jp_new(json_array()));
		good = good && wf_jp_append(r, json_object_get(out, name), wf_jp_borrowed(v));
		wf_jp_drop(key);
		if (!good)
			break;
	}
	return made(r, out);
}
