/* JMESPath's functions: the table, what a call checks, and those that a line or two do. */
#include "query/jmespath.h"

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS 8 /* of a call whose values need no allocation */

static struct wf_jp_value fn_abs(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	json_int_t i = json_integer_value(args[0].json);
	if (!json_is_integer(args[0].json) || i == INT64_MIN)
		return wf_jp_number(r, fabs(json_number_value(args[0].json)), call);
	return i < 0 ? wf_jp_new(json_integer(-i)) : wf_jp_borrowed(args[0].json);
}

static struct wf_jp_value fn_ceil(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	if (json_is_integer(args[0].json))
		return wf_jp_borrowed(args[0].json);
	return wf_jp_number(r, ceil(json_real_value(args[0].json)), call);
}

static struct wf_jp_value fn_floor(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	if (json_is_integer(args[0].json))
		return wf_jp_borrowed(args[0].json);
	return wf_jp_number(r, floor(json_real_value(args[0].json)), call);
}

static struct wf_jp_value fn_length(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	const json_t *v = args[0].json;
	(void)call;
	if (!json_is_string(v))
		return wf_jp_new(json_integer((json_int_t)(json_array_size(v) + json_object_size(v))));
	size_t n = json_string_length(v);
	if (!wf_jp_steps(r, n / 16))
		return WF_JP_FAILED;
	return wf_jp_new(json_integer((json_int_t)wf_utf8_count(json_string_value(v), n)));
}

static struct wf_jp_value fn_not_null(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	(void)r;
	for (uint32_t i = 0; i < call->item_count; i++)
		if (!json_is_null(args[i].json))
			return wf_jp_borrowed(args[i].json);
	return wf_jp_borrowed(json_null());
}

static struct wf_jp_value fn_to_array(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	(void)call;
	if (json_is_array(args[0].json))
		return wf_jp_borrowed(args[0].json);
	json_t *list = json_array();
	if (wf_jp_append(r, list, wf_jp_borrowed(args[0].json)))
		return wf_jp_new(list);
	json_decref(list);
	return WF_JP_FAILED;
}

static struct wf_jp_value fn_to_number(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	(void)call;
	if (json_is_number(args[0].json))
		return wf_jp_borrowed(args[0].json);
	const char *text = json_string_value(args[0].json);
	if (!text)
		return wf_jp_borrowed(json_null());
	size_t n = json_string_length(args[0].json);
	if (!wf_jp_steps(r, n / 16))
		return WF_JP_FAILED;
	/* Only what is written as a number of JSON is: no list, no text, no blanks. */
	if (!n || strspn(text, "+-.0123456789eE") != n)
		return wf_jp_borrowed(json_null());
	json_t *v = json_loadb(text, n, JSON_DECODE_ANY, NULL);
	if (!v)
		v = json_loadb(text, n, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
	return v ? wf_jp_new(v) : wf_jp_borrowed(json_null());
}

static struct wf_jp_value fn_to_string(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	(void)call;
	if (json_is_string(args[0].json))
		return wf_jp_borrowed(args[0].json);
	if (!wf_jp_measure(r, args[0].json, 0))
		return WF_JP_FAILED;
	struct wf_buf text = {0};
	wf_json_write(args[0].json, &text);
	struct wf_jp_value v = wf_jp_string(r, text.data, text.len);
	wf_buf_done(&text);
	return v;
}

static struct wf_jp_value fn_type(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "object",
		[JSON_ARRAY] = "array",
		[JSON_STRING] = "string",
		[JSON_INTEGER] = "number",
		[JSON_REAL] = "number",
		[JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean",
		[JSON_NULL] = "null",
	};
	const char *name = names[json_typeof(args[0].json)];
	(void)call;
	return wf_jp_string(r, name, strlen(name));
}

#define ANY WF_JP_ANY_T
#define NUMBER WF_JP_NUMBER_T
#define STRING WF_JP_STRING_T
#define LIST WF_JP_LIST_T
#define OBJECT WF_JP_OBJECT_T
#define EXPR WF_JP_EXPR_T
#define ORDERED (WF_JP_NUMBERS_T | WF_JP_STRINGS_T)
#define MORE UINT8_MAX

/* By name. */
static const struct wf_jp_function functions[] = {
	{"abs", fn_abs, 1, 1, {NUMBER}},
	{"avg", wf_jp_avg, 1, 1, {WF_JP_NUMBERS_T}},
	{"ceil", fn_ceil, 1, 1, {NUMBER}},
	{"contains", wf_jp_contains, 2, 2, {LIST | STRING, ANY}},
	{"ends_with", wf_jp_ends_with, 2, 2, {STRING, STRING}},
	{"find_first", wf_jp_find_first, 2, 4, {STRING, STRING, NUMBER, NUMBER}},
	{"find_last", wf_jp_find_last, 2, 4, {STRING, STRING, NUMBER, NUMBER}},
	{"floor", fn_floor, 1, 1, {NUMBER}},
	{"from_items", wf_jp_from_items, 1, 1, {WF_JP_LISTS_T}},
	{"group_by", wf_jp_group_by, 2, 2, {LIST, EXPR}},
	{"items", wf_jp_items, 1, 1, {OBJECT}},
	{"join", wf_jp_join, 2, 2, {STRING, WF_JP_STRINGS_T}},
	{"keys", wf_jp_keys, 1, 1, {OBJECT}},
	{"length", fn_length, 1, 1, {STRING | LIST | OBJECT}},
	{"lower", wf_jp_lower, 1, 1, {STRING}},
	{"map", wf_jp_map, 2, 2, {EXPR, LIST}},
	{"max", wf_jp_max, 1, 1, {ORDERED}},
	{"max_by", wf_jp_max_by, 2, 2, {LIST, EXPR}},
	{"merge", wf_jp_merge, 1, MORE, {OBJECT}},
	{"min", wf_jp_min, 1, 1, {ORDERED}},
	{"min_by", wf_jp_min_by, 2, 2, {LIST, EXPR}},
	{"not_null", fn_not_null, 1, MORE, {ANY}},
	{"pad_left", wf_jp_pad_left, 2, 3, {STRING, NUMBER, STRING}},
	{"pad_right", wf_jp_pad_right, 2, 3, {STRING, NUMBER, STRING}},
	{"replace", wf_jp_replace, 3, 4, {STRING, STRING, STRING, NUMBER}},
	{"reverse", wf_jp_reverse, 1, 1, {STRING | LIST}},
	{"sort", wf_jp_sort, 1, 1, {ORDERED}},
	{"sort_by", wf_jp_sort_by, 2, 2, {LIST, EXPR}},
	{"split", wf_jp_split, 2, 3, {STRING, STRING, NUMBER}},
	{"starts_with", wf_jp_starts_with, 2, 2, {STRING, STRING}},
	{"sum", wf_jp_sum, 1, 1, {WF_JP_NUMBERS_T}},
	{"to_array", fn_to_array, 1, 1, {ANY}},
	{"to_number", fn_to_number, 1, 1, {ANY}},
	{"to_string", fn_to_string, 1, 1, {ANY}},
	{"trim", wf_jp_trim, 1, 2, {STRING, STRING}},
	{"trim_left", wf_jp_trim_left, 1, 2, {STRING, STRING}},
	{"trim_right", wf_jp_trim_right, 1, 2, {STRING, STRING}},
	{"type", fn_type, 1, 1, {ANY}},
	{"upper", wf_jp_upper, 1, 1, {STRING}},
	{"values", wf_jp_values, 1, 1, {OBJECT}},
	{"zip", wf_jp_zip, 1, MORE, {LIST}},
};

#define FUNCTIONS (sizeof(functions) / sizeof(*functions))

static const struct wf_jp_function *function_named(const char *name, size_t n)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (functions[i].name[0] == name[0] && strncmp(functions[i].name, name, n) == 0 &&
			!functions[i].name[n])
			return &functions[i];
	return NULL;
}

static const char *function_near(const char *name)
{
	const char *names[FUNCTIONS];
	for (size_t i = 0; i < FUNCTIONS; i++)
		names[i] = functions[i].name;
	return wf_nearest(name, names, FUNCTIONS);
}

static unsigned argument_type(const struct wf_jp_function *f, unsigned i)
{
	unsigned last = f->most == MORE ? f->least - 1u : f->most - 1u;
	return f->types[i < last ? i : last];
}

/* -- what can be told of a call without running it -- */

static int wrong_count(const struct wf_jp_node *n, const char *name, size_t len,
	struct wf_query_fault *fault)
{
	const struct wf_jp_function *f = n->function;
	bool few = n->item_count < f->least;
	unsigned wanted = few ? f->least : f->most;
	return wf_query_fail(fault, WF_ESYNTAX, "invalid-arity", n->offset, name, len,
		"%s takes %s%u argument%s, not %u", f->name,
		f->least == f->most ? "" : few ? "at least " : "at most ", wanted, wanted == 1 ? "" : "s",
		n->item_count);
}

static int unknown(const struct wf_jp_node *n, const char *name, size_t len,
	struct wf_query_fault *fault)
{
	WF_AUTOFREE char *word = wf_strndup(name, len);
	const char *near = function_near(word);
	return wf_query_fail(fault, WF_ESYNTAX, "unknown-function", n->offset, name, len,
		"there is no function %.60s%s%s%s", word, near ? " (did you mean " : "", near ? near : "",
		near ? "?)" : "");
}

int wf_jp_resolve_call(struct wf_jp_node *n, const char *name, size_t len,
	struct wf_query_fault *fault)
{
	const struct wf_jp_function *f = n->function = function_named(name, len);
	if (!f)
		return unknown(n, name, len, fault);
	if (n->item_count < f->least || (f->most != MORE && n->item_count > f->most))
		return wrong_count(n, name, len, fault);
	for (unsigned i = 0; i < n->item_count; i++) {
		bool is = i < 32 && n->expref >> i & 1;
		if (is != !!(argument_type(f, i) & WF_JP_EXPR_T))
			return wf_query_fail(fault, WF_ESYNTAX, "invalid-type", n->offset, name, len,
				is ? "argument %u of %s is a value, no &expression"
				   : "argument %u of %s is an &expression", i + 1, f->name);
	}
	return 0;
}

/* The types a value has, of those that a look at it tells. */
static unsigned type_of(const json_t *v)
{
	static const uint16_t types[] = {
		[JSON_OBJECT] = WF_JP_OBJECT_T,
		[JSON_ARRAY] = WF_JP_LIST_T,
		[JSON_STRING] = WF_JP_STRING_T,
		[JSON_INTEGER] = WF_JP_NUMBER_T,
		[JSON_REAL] = WF_JP_NUMBER_T,
		[JSON_TRUE] = WF_JP_BOOLEAN_T,
		[JSON_FALSE] = WF_JP_BOOLEAN_T,
		[JSON_NULL] = WF_JP_NULL_T,
	};
	return types[json_typeof(v)];
}

/* Whether it is a list whose elements are all of the first's kind, where that is wanted. */
static bool is_list_of(struct wf_jp_run *r, const json_t *v, unsigned wanted)
{
	size_t n = json_array_size(v);
	unsigned common = ANY;
	if (!json_is_array(v) || !wf_jp_steps(r, n))
		return false;
	for (size_t i = 0; i < n && common; i++)
		common &= type_of(json_array_get(v, i));
	return !n || (wanted & WF_JP_NUMBERS_T && common & NUMBER) ||
		(wanted & WF_JP_STRINGS_T && common & STRING) ||
		(wanted & WF_JP_LISTS_T && common & LIST);
}

static const struct {
	unsigned type;
	const char *name;
} type_names[] = {
	{NUMBER, "a number"},
	{STRING, "a string"},
	{LIST, "a list"},
	{OBJECT, "an object"},
	{WF_JP_NUMBERS_T, "a list of numbers"},
	{WF_JP_STRINGS_T, "a list of strings"},
	{WF_JP_LISTS_T, "a list of lists"},
};

static bool check(struct wf_jp_run *r, const struct wf_jp_node *n, unsigned i, const json_t *v)
{
	unsigned wanted = argument_type(n->function, i);
	if (wanted & type_of(v) || (wanted > ANY && is_list_of(r, v, wanted)))
		return true;
	if (r->err)
		return false;
	char text[128] = "";
	for (size_t k = 0; k < sizeof(type_names) / sizeof(*type_names); k++) {
		if (!(wanted & type_names[k].type))
			continue;
		size_t len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " or " : "",
			type_names[k].name);
	}
	(void)wf_jp_fail(r, "invalid-type", n, "%s wants %s as argument %u, and not %s",
		n->function->name, text, i + 1, wf_json_type_name(v));
	return false;
}

struct wf_jp_value wf_jp_call(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	struct wf_jp_value few[ARGUMENTS], *args = few, result = WF_JP_FAILED;
	uint32_t count = 0;
	bool own = false;
	if (n->item_count > ARGUMENTS)
		args = wf_reallocarray(NULL, n->item_count, sizeof(*args));
	for (; count < n->item_count; count++) {
		args[count] = wf_jp_borrowed(NULL);
		if (count < 32 && n->expref >> count & 1)
			continue;
		args[count] = wf_jp_eval(r, n->items[count], current);
		if (!args[count].json)
			break;
		own |= args[count].own;
		if (!check(r, n, count, args[count].json)) {
			count++;
			break;
		}
	}
	if (count == n->item_count && !r->err)
		result = n->function->fn(r, n, args);
	if (result.json && !result.own && own)
		result = wf_jp_new(json_incref(result.json));
	for (uint32_t i = 0; i < count; i++)
		wf_jp_drop(args[i]);
	if (args != few)
		wf_free(args);
	return result;
}
