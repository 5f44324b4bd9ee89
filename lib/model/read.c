/* Typed access to the keys of a map, with findings. */
#include "model/read.h"

#include "base/text.h"
#include "base/limits.h"

#include <math.h>
#include <string.h>

/* A hundred years: longer than anything that is meant. */
#define MAX_MILLIS 3155760000000

const char *wf_read_kind_phrase(const struct wf_node *node)
{
	static const char *const phrases[] = {
		[WF_NODE_NULL] = "null",
		[WF_NODE_BOOL] = "a boolean",
		[WF_NODE_INT] = "an integer",
		[WF_NODE_REAL] = "a number",
		[WF_NODE_STRING] = "a string",
		[WF_NODE_LIST] = "a list",
		[WF_NODE_MAP] = "a map",
	};

	return phrases[node->kind];
}

static const char *article(const char *word)
{
	return strchr("aeiou", word[0]) ? "an" : "a";
}

static void wrong_kind(
	struct wf_read *r, const struct wf_node *node, const char *key, const char *wanted)
{
	WF_FIND(r, WRONG_TYPE, node->span, "`%s` must be %s %s, here is %s", key, article(wanted),
		wanted, wf_read_kind_phrase(node));
}

const struct wf_node *wf_read_kind(
	struct wf_read *r, const struct wf_node *map, const char *key, enum wf_node_kind kind)
{
	const struct wf_node *node = wf_node_get(map, key);

	if (!node || node->kind == kind)
		return node;
	if (!node->lost)
		wrong_kind(r, node, key, wf_node_kind_name(kind));
	return NULL;
}

const char *wf_read_string(struct wf_read *r, const struct wf_node *map, const char *key)
{
	const struct wf_node *node = wf_read_kind(r, map, key, WF_NODE_STRING);

	return node ? node->string.text : NULL;
}

bool wf_read_int(struct wf_read *r, const struct wf_node *map, const char *key, int64_t min,
	int64_t max, int64_t *ret)
{
	const struct wf_node *node = wf_read_kind(r, map, key, WF_NODE_INT);

	if (!node)
		return false;
	if (node->integer < min || node->integer > max) {
		WF_FIND(r, WRONG_VALUE, node->span, "`%s` is %lld, must be from %lld to %lld", key,
			(long long)node->integer, (long long)min, (long long)max);
		return false;
	}
	*ret = node->integer;
	return true;
}

bool wf_read_bool(struct wf_read *r, const struct wf_node *map, const char *key, bool *ret)
{
	const struct wf_node *node = wf_read_kind(r, map, key, WF_NODE_BOOL);

	if (node)
		*ret = node->boolean;
	return node != NULL;
}

bool wf_read_number(struct wf_read *r, const struct wf_node *map, const char *key, double min,
	double max, double *ret)
{
	const struct wf_node *node = wf_node_get(map, key);

	if (!node)
		return false;
	if (node->kind != WF_NODE_INT && node->kind != WF_NODE_REAL) {
		wrong_kind(r, node, key, "number");
		return false;
	}
	double v = node->kind == WF_NODE_INT ? (double)node->integer : node->real;
	if (!(v >= min && v <= max)) {
		WF_FIND(r, WRONG_VALUE, node->span, "`%s` is %g, must be from %g to %g", key, v,
			min, max);
		return false;
	}
	*ret = v;
	return true;
}

size_t wf_read_word(struct wf_read *r, const struct wf_node *map, const char *key,
	const char *const *words, size_t count, size_t fallback)
{
	const struct wf_node *node = wf_read_kind(r, map, key, WF_NODE_STRING);
	WF_AUTOBUF struct wf_buf list = {0};

	if (!node)
		return fallback;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], node->string.text) == 0)
			return i;
		wf_buf_printf(&list, "%s`%s`",
			i == 0		 ? ""
			: i + 1 == count ? " or "
					 : ", ",
			words[i]);
	}
	struct wf_diag *d = WF_FIND(r, WRONG_VALUE, node->span, "`%s` is `%s`, must be %s", key,
		node->string.text, list.data);
	const char *nearest = wf_nearest(node->string.text, words, count);
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
	}
	return fallback;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

static uint64_t millis_of_duration(
	struct wf_read *r, const struct wf_node *node, const char *key, uint64_t min)
{
	struct wf_duration d;

	if (node->kind != WF_NODE_STRING) {
		wrong_kind(r, node, key, "duration");
		if (node->kind == WF_NODE_INT)
			wf_diag_hint(&r->diags->items[r->diags->count - 1],
				"write an ISO 8601 duration such as PT%lldS, or use `%s_ms`",
				(long long)node->integer, key);
		return 0;
	}
	if (wf_duration_parse(node->string.text, node->string.len, false, &d) < 0) {
		wf_diag_hint(WF_FIND(r, DURATION_INVALID, node->span,
				     "`%s` is no ISO 8601 duration", node->string.text),
			"write it like PT30S, PT5M, PT1H30M or P2D");
		return 0;
	}
	int64_t ms = wf_duration_ms(&d);
	if (ms > MAX_MILLIS || (uint64_t)ms < min) {
		WF_FIND(r, DURATION_INVALID, node->span, "`%s` is %s", key,
			ms > MAX_MILLIS ? "longer than a hundred years" : "zero");
		return 0;
	}
	return (uint64_t)ms;
}

uint64_t wf_read_millis(struct wf_read *r, const struct wf_node *map, const char *const *keys,
	size_t count, uint64_t min, const struct wf_node **ret_node)
{
	const char *first = NULL;
	uint64_t result = 0;

	*ret_node = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct wf_pair *pair = wf_node_pair(map, keys[i]);
		int64_t ms = 0;

		if (!pair)
			continue;
		if (first) {
			WF_FIND(r, KEY_CONFLICT, pair->key_span,
				"`%s` and `%s` say the same thing twice", first, keys[i]);
			continue;
		}
		first = keys[i];
		*ret_node = pair->value;
		if (!has_suffix(keys[i], "_ms"))
			result = millis_of_duration(r, pair->value, keys[i], min);
		else if (wf_read_int(r, map, keys[i], (int64_t)min, MAX_MILLIS, &ms))
			result = (uint64_t)ms;
	}
	return result;
}

static bool is_text(const struct wf_node *node, const char *text)
{
	return node && node->kind == WF_NODE_STRING && strcmp(node->string.text, text) == 0;
}

const char *wf_model_nearest_type(const char *type)
{
	const char *names[WF_ERROR_COUNT_];
	WF_AUTOFREE char *whole = wf_asprintf("%sError", type);
	enum wf_error_type found = wf_error_type_find(whole);

	for (size_t i = 0; i < WF_ERROR_COUNT_; i++)
		names[i] = wf_error_types[i].name;
	return found != WF_ERROR_COUNT_ ? wf_error_types[found].name
					: wf_nearest(type, names, WF_ERROR_COUNT_);
}

#define MOST_OWN 64

/* The error types that a workflow makes up itself, with its `fail`s. */
struct own_types {
	const char *names[WF_ERROR_COUNT_ + MOST_OWN];
	size_t count;
	bool any; /* a child, or a `fail` whose type is computed, may fail with anything */
};

static void add_raised(struct own_types *own, const struct wf_node *step)
{
	const struct wf_node *action = wf_node_get(step, "action");
	const struct wf_node *type = wf_node_get(wf_node_get(step, "with"), "error_type");

	if (is_text(action, "workflow.run"))
		own->any = true;
	if (!is_text(action, "fail") || !type || type->kind != WF_NODE_STRING)
		return;
	own->any = own->any || strstr(type->string.text, "${");
	if (own->count < WF_ERROR_COUNT_ + MOST_OWN)
		own->names[own->count++] = type->string.text;
	else
		own->any = true;
}

static void find_raised(struct own_types *own, const struct wf_node *node)
{
	if (node->kind == WF_NODE_LIST)
		for (size_t i = 0; i < node->list.count; i++)
			find_raised(own, node->list.items[i]);
	if (node->kind != WF_NODE_MAP)
		return;
	add_raised(own, node);
	for (size_t i = 0; i < node->map.count; i++)
		if (strcmp(node->map.pairs[i].key, "with") != 0)
			find_raised(own, node->map.pairs[i].value);
}

/* wfctl's, then those of the workflow's own; found once. */
static const struct own_types *types_of(struct wf_read *r)
{
	const struct wf_node *workflow = r->model ? wf_node_get(r->model->root, "workflow") : NULL;
	struct own_types *own = r->own_types;

	if (own)
		return own;
	r->own_types = own = WF_ARENA_NEW(r->arena, struct own_types);
	for (; own->count < WF_ERROR_COUNT_; own->count++)
		own->names[own->count] = wf_error_types[own->count].name;
	if (workflow)
		find_raised(own, workflow);
	return own;
}

bool wf_read_error_type(struct wf_read *r, const struct wf_node *node)
{
	const char *type = node->string.text;
	const struct own_types *own = types_of(r);

	for (size_t i = 0; i < own->count; i++)
		if (strcmp(own->names[i], type) == 0)
			return true;
	if (own->any) /* the check knows more of children */
		return true;
	const char *nearest = wf_nearest(type, own->names, own->count);
	if (!nearest)
		nearest = wf_model_nearest_type(type);
	struct wf_diag *d = WF_FIND(r, ERROR_TYPE_UNKNOWN, node->span, "there is no error type `%s`", type);
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
	} else {
		wf_diag_hint(d, "one of your own is what a `fail` of the workflow has in `with.error_type`");
	}
	return false;
}

uint32_t wf_read_error_types(struct wf_read *r, const struct wf_node *map, const char *key)
{
	const struct wf_node *list = wf_read_kind(r, map, key, WF_NODE_LIST);
	uint32_t bits = 0;

	if (!list)
		return 0;
	if (list->list.count == 0)
		WF_FIND(r, WRONG_VALUE, list->span, "`%s` names no error type", key);
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];

		if (item->kind != WF_NODE_STRING)
			wrong_kind(r, item, key, "string");
		else if (wf_read_error_type(r, item) &&
			 wf_error_type_find(item->string.text) != WF_ERROR_COUNT_)
			bits |= UINT32_C(1) << wf_error_type_find(item->string.text);
	}
	return bits;
}

struct wf_model_expr wf_read_predicate(
	struct wf_read *r, const struct wf_node *map, const char *key)
{
	struct wf_model_expr result = {wf_node_get(map, key), NULL};
	struct wf_expr_site site = {r->source, result.node, 0};

	if (!result.node)
		return result;
	if (result.node->kind == WF_NODE_BOOL) {
		const char *text = result.node->boolean ? "true" : "false";
		result.expr = wf_expr_parse(r->model->exprs, text, strlen(text), &site, r->diags);
	} else if (result.node->kind == WF_NODE_STRING) {
		result.expr = wf_expr_parse(r->model->exprs, result.node->string.text,
			result.node->string.len, &site, r->diags);
	} else {
		wrong_kind(r, result.node, key, "expression");
	}
	return result;
}

const char *const wf_read_languages[WF_READ_LANGUAGES] = {
	"native",
	[1 + WF_QUERY_JMESPATH] = "jmespath",
	[1 + WF_QUERY_JSONATA] = "jsonata",
};

struct wf_model_query wf_read_query(struct wf_read *r, const struct wf_node *map, const char *key,
	enum wf_query_language language)
{
	struct wf_model_query result = {wf_read_kind(r, map, key, WF_NODE_STRING), language};
	struct wf_expr_site site = {r->source, result.node, 0};

	if (result.node && !wf_expr_is_query(language, result.node->string.text,
				   result.node->string.len, &site, r->diags))
		result.node = NULL;
	return result;
}

struct wf_model_tree wf_read_tree(struct wf_read *r, const struct wf_node *node)
{
	struct wf_model_tree result = {node, NULL};

	if (node)
		result.tree = wf_expr_parse_tree(r->model->exprs, r->source, node, r->diags);
	return result;
}

static struct wf_node *copy_map(struct wf_read *r, const struct wf_node *map)
{
	struct wf_node *copy = WF_ARENA_NEW(r->arena, struct wf_node);

	*copy = *map;
	copy->map.pairs = WF_ARENA_ARRAY(r->arena, struct wf_pair, map->map.count + 1);
	memcpy(copy->map.pairs, map->map.pairs, map->map.count * sizeof *map->map.pairs);
	return copy;
}

const struct wf_node *wf_read_without(struct wf_read *r, const struct wf_node *map, const char *key)
{
	const struct wf_pair *pair = wf_node_pair(map, key);

	if (!pair)
		return map;
	struct wf_node *copy = copy_map(r, map);
	size_t at = (size_t)(pair - map->map.pairs);
	copy->map.count--;
	memmove(&copy->map.pairs[at], &copy->map.pairs[at + 1],
		(copy->map.count - at) * sizeof *copy->map.pairs);
	return copy;
}

const struct wf_node *wf_read_with_value(struct wf_read *r, const struct wf_node *map,
	const char *key, const struct wf_node *value)
{
	const struct wf_pair *pair = wf_node_pair(map, key);
	struct wf_node *copy = copy_map(r, map), *node = WF_ARENA_NEW(r->arena, struct wf_node);

	*node = *value;
	copy->map.pairs[pair - map->map.pairs].value = node;
	return copy;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool wf_read_valid_id(const char *id, bool dots)
{
	size_t n = strlen(id);

	if (n == 0 || n > WF_MAX_ID || !is_letter(id[0]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_letter(id[i]) && !is_digit(id[i]) && id[i] != '-' &&
			!(dots && id[i] == '.'))
			return false;
	return true;
}

/* A dotted list of identifiers up to a stop; numbers without leading zeros when `strict`. */
static const char *semver_list(const char *s, const char *stops, bool strict)
{
	for (;;) {
		const char *from = s;
		bool numeric = true;

		while (is_digit(*s) || (is_letter(*s) && *s != '_') || *s == '-') {
			numeric = numeric && is_digit(*s);
			s++;
		}
		if (s == from || (strict && numeric && *from == '0' && s - from > 1))
			return NULL;
		if (*s != '.')
			return strchr(stops, *s) ? s : NULL;
		s++;
	}
}

bool wf_read_semver(const char *s)
{
	if (strlen(s) > WF_MAX_ID)
		return false;
	for (int part = 0; part < 3; part++) {
		const char *from = s;

		while (is_digit(*s))
			s++;
		if (s == from || (*from == '0' && s - from > 1))
			return false;
		if (part < 2 && *s++ != '.')
			return false;
	}
	if (*s == '-' && !(s = semver_list(s + 1, "+", true)))
		return false;
	if (*s == '+' && !(s = semver_list(s + 1, "", false)))
		return false;
	return *s == '\0';
}

void wf_read_no_templates(struct wf_read *r, const struct wf_node *node, const char *what,
	const char *hint)
{
	if (node->kind == WF_NODE_STRING && strstr(node->string.text, "${")) {
		struct wf_diag *d = WF_FIND(r, WRONG_VALUE, node->span,
			"%s is taken as it stands, without `${`", what);
		if (hint)
			wf_diag_hint(d, "%s", hint);
	}
	if (node->kind == WF_NODE_LIST)
		for (size_t i = 0; i < node->list.count; i++)
			wf_read_no_templates(r, node->list.items[i], what, hint);
	if (node->kind == WF_NODE_MAP)
		for (size_t i = 0; i < node->map.count; i++)
			wf_read_no_templates(r, node->map.pairs[i].value, what, hint);
}
