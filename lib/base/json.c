/* Helpers over jansson: equality, paths. */
#include "base/json.h"

#include "base/limits.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *wf_json_text(const json_t *value)
{
	struct wf_buf out = {0};
	wf_json_write(value, &out);
	return wf_buf_take(&out);
}

/* Exact: a real equals an integer when it is that very number, without rounding the integer. */
static bool integer_equals_real(json_int_t i, double d)
{
	if (d != trunc(d) || d < -9223372036854775808.0 || d >= 9223372036854775808.0)
		return false;
	return (json_int_t)d == i;
}

static bool numbers_equal(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) == json_integer_value(b);
	if (json_is_integer(a))
		return integer_equals_real(json_integer_value(a), json_real_value(b));
	if (json_is_integer(b))
		return integer_equals_real(json_integer_value(b), json_real_value(a));
	double x = json_real_value(a), y = json_real_value(b);
	return !(x < y) && !(x > y);
}

static bool lists_equal(const json_t *a, const json_t *b)
{
	size_t n = json_array_size(a);
	if (n != json_array_size(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!wf_json_equal(json_array_get(a, i), json_array_get(b, i)))
			return false;
	return true;
}

static bool objects_equal(const json_t *a, const json_t *b)
{
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_t *left = json_incref((json_t *)(uintptr_t)a);
	const char *key;
	json_t *value;
	bool equal = true;
	json_object_foreach (left, key, value) {
		json_t *other = json_object_get(b, key);
		if (!other || !wf_json_equal(value, other)) {
			equal = false;
			break;
		}
	}
	json_decref(left);
	return equal;
}

bool wf_json_equal(const json_t *a, const json_t *b)
{
	if (a == b || !a || !b)
		return a == b;
	if (json_is_number(a) && json_is_number(b))
		return numbers_equal(a, b);
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_array(a))
		return lists_equal(a, b);
	if (json_is_object(a))
		return objects_equal(a, b);
	if (json_is_string(a)) {
		size_t n = json_string_length(a);
		return n == json_string_length(b) &&
			memcmp(json_string_value(a), json_string_value(b), n) == 0;
	}
	return true;
}

const char *wf_json_type_name(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "object", [JSON_ARRAY] = "list", [JSON_STRING] = "string",
		[JSON_INTEGER] = "integer", [JSON_REAL] = "number", [JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean", [JSON_NULL] = "null",
	};
	return value ? names[json_typeof(value)] : "undefined";
}

/* The next part of a path: a name up to '.' or '[', or the digits inside brackets. */
struct path_part {
	const char *name;
	size_t len;
	bool is_index;
};

static bool next_part(const char **path, struct path_part *ret)
{
	const char *p = *path;
	if (*p == '[') {
		const char *end = strchr(p, ']');
		if (!end)
			return false;
		*ret = (struct path_part){p + 1, (size_t)(end - p - 1), true};
		p = end + 1;
	} else {
		size_t n = strcspn(p, ".[");
		*ret = (struct path_part){p, n, false};
		p += n;
	}
	if (*p == '.')
		p++;
	*path = p;
	return ret->len > 0;
}

json_t *wf_json_at(const json_t *value, const char *path)
{
	const json_t *at = value;
	struct path_part part;
	while (at && *path) {
		if (!next_part(&path, &part))
			return NULL;
		if (part.is_index)
			at = json_array_get(at, (size_t)strtoul(part.name, NULL, 10));
		else
			at = json_object_getn(at, part.name, part.len);
	}
	return (json_t *)(uintptr_t)at;
}

static bool within(const json_t *value, size_t levels)
{
	if (!json_is_array(value) && !json_is_object(value))
		return true;
	if (!levels)
		return false;
	json_t *container = json_incref((json_t *)(uintptr_t)value);
	const char *key;
	size_t i;
	json_t *inner;
	bool fits = true;
	json_array_foreach (container, i, inner)
		fits = fits && within(inner, levels - 1);
	json_object_foreach (container, key, inner)
		fits = fits && within(inner, levels - 1);
	json_decref(container);
	return fits;
}

bool wf_json_depth_ok(const json_t *value)
{
	return within(value, WF_MAX_DEPTH);
}

/* A '.' at the end names nothing behind it. */
static bool ends_open(const char *path)
{
	size_t n = strlen(path);
	return n && path[n - 1] == '.';
}

int wf_json_set_at(json_t *object, const char *path, json_t *value)
{
	struct path_part part;
	if (ends_open(path))
		return WF_EINVAL;
	for (size_t depth = 1;; depth++) {
		if (depth > WF_MAX_DEPTH)
			return WF_ELIMIT;
		if (!json_is_object(object) || !*path || !next_part(&path, &part) || part.is_index)
			return WF_EINVAL;
		if (!*path)
			return json_object_setn(object, part.name, part.len, value) ? WF_EINVAL : 0;
		json_t *inner = json_object_getn(object, part.name, part.len);
		if (!inner) {
			inner = json_object();
			if (json_object_setn_new(object, part.name, part.len, inner))
				return WF_EINVAL;
		}
		object = inner;
	}
}
