/*
 * JMESPath's evaluation: a link at a time, borrowing wherever a value lies somewhere already.
 *
 * Neither the recursion (as deep as the text is nested) nor jansson's own over what is made (as deep as
 * jmespath.c allowed the expression to nest values) depends on the data.
 */
#include "query/jmespath.h"

#include "base/buf.h"
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct wf_jp_value eval_fn(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current);

struct wf_jp_value wf_jp_fail(struct wf_jp_run *r, const char *code, const struct wf_jp_node *at,
	const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->err = wf_query_fail(r->fault, WF_EINVAL, code, at->offset, NULL, 0, "%s", text);
	return WF_JP_FAILED;
}

bool wf_jp_steps(struct wf_jp_run *r, uint64_t n)
{
	if (__builtin_expect(r->steps_left >= n, 1)) {
		r->steps_left -= n;
		return true;
	}
	r->steps_left = 0;
	r->err = wf_query_fail(r->fault, WF_ELIMIT, "steps", SIZE_MAX, NULL, 0,
		"the expression takes more steps than it may");
	return false;
}

bool wf_jp_bytes(struct wf_jp_run *r, size_t n)
{
	if (__builtin_expect(r->bytes_left >= n, 1)) {
		r->bytes_left -= n;
		return true;
	}
	r->bytes_left = 0;
	r->err = wf_query_fail(r->fault, WF_ELIMIT, "bytes", SIZE_MAX, NULL, 0,
		"the expression makes more than it may");
	return false;
}

bool wf_jp_append(struct wf_jp_run *r, json_t *list, struct wf_jp_value v)
{
	if (!wf_jp_bytes(r, sizeof(json_t *))) {
		wf_jp_drop(v);
		return false;
	}
	if (json_array_append_new(list, wf_jp_keep(v)) < 0)
		wf_mem_exhausted(sizeof(json_t *));
	return true;
}

bool wf_jp_set(struct wf_jp_run *r, json_t *object, const char *name, struct wf_jp_value v)
{
	size_t n = strlen(name);
	if (!wf_jp_bytes(r, 64 + n)) {
		wf_jp_drop(v);
		return false;
	}
	if (json_object_setn_new_nocheck(object, name, n, wf_jp_keep(v)) < 0)
		wf_mem_exhausted(64);
	return true;
}

/* What was made is dropped where the run failed. */
static struct wf_jp_value made(const struct wf_jp_run *r, json_t *v)
{
	if (!r->err)
		return wf_jp_new(v);
	json_decref(v);
	return WF_JP_FAILED;
}

/* -- paths -- */

static struct wf_jp_value eval_field(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	(void)r;
	json_t *v = json_object_getn(current, n->name, n->name_n);
	return wf_jp_borrowed(v ? v : json_null());
}

static struct wf_jp_value eval_index(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	(void)r;
	int64_t at = n->from < 0 ? n->from + (int64_t)json_array_size(current) : n->from;
	json_t *v = at < 0 ? NULL : json_array_get(current, (size_t)at);
	return wf_jp_borrowed(v ? v : json_null());
}

/* One element of a projection. */
static bool project(struct wf_jp_run *r, const struct wf_jp_node *body, json_t *element, json_t *out)
{
	struct wf_jp_value v = wf_jp_eval(r, body, element);
	if (!v.json)
		return false;
	return json_is_null(v.json) || wf_jp_append(r, out, v);
}

static bool project_list(struct wf_jp_run *r, const struct wf_jp_node *body, json_t *list, json_t *out)
{
	size_t n = json_array_size(list);
	if (!body && !wf_jp_steps(r, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!project(r, body, json_array_get(list, i), out))
			return false;
	return true;
}

static struct wf_jp_value eval_project(struct wf_jp_run *r, const struct wf_jp_node *n,
	json_t *current)
{
	if (!json_is_array(current))
		return wf_jp_borrowed(json_null());
	json_t *out = json_array();
	(void)project_list(r, n->body, current, out);
	return made(r, out);
}

static struct wf_jp_value eval_values(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	if (!json_is_object(current))
		return wf_jp_borrowed(json_null());
	json_t *out = json_array(), *v;
	const char *key;
	if (wf_jp_steps(r, json_object_size(current)))
		json_object_foreach(current, key, v)
			if (!project(r, n->body, v, out))
				break;
	return made(r, out);
}

static struct wf_jp_value eval_flatten(struct wf_jp_run *r, const struct wf_jp_node *n,
	json_t *current)
{
	if (!json_is_array(current))
		return wf_jp_borrowed(json_null());
	json_t *out = json_array();
	size_t count = json_array_size(current);
	if (wf_jp_steps(r, count))
		for (size_t i = 0; i < count; i++) {
			json_t *v = json_array_get(current, i);
			if (!(json_is_array(v) ? project_list(r, n->body, v, out)
					       : project(r, n->body, v, out)))
				break;
		}
	return made(r, out);
}

static struct wf_jp_value eval_filter(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	if (!json_is_array(current))
		return wf_jp_borrowed(json_null());
	json_t *out = json_array();
	size_t count = json_array_size(current);
	for (size_t i = 0; i < count; i++) {
		json_t *v = json_array_get(current, i);
		struct wf_jp_value test = wf_jp_eval(r, n->test, v);
		if (!test.json)
			break;
		bool is = wf_jp_true(test.json);
		wf_jp_drop(test);
		if (is && !project(r, n->body, v, out))
			break;
	}
	return made(r, out);
}

/* A slice's end within so many elements; going down, -1 is before the first. */
static int64_t bounded(bool has, int64_t at, int64_t otherwise, int64_t count, bool down)
{
	if (!has)
		return otherwise;
	if (at < 0)
		at += count;
	if (at < 0)
		return down ? -1 : 0;
	return at < count ? at : down ? count - 1 : count;
}

struct span {
	int64_t from, to, step, count;
};

static struct span span_of(const struct wf_jp_node *n, size_t size)
{
	int64_t count = (int64_t)size;
	bool down = n->step < 0;
	struct span s = {.step = n->step};
	s.from = bounded(n->has_from, n->from, down ? count - 1 : 0, count, down);
	s.to = bounded(n->has_to, n->to, down ? -1 : count, count, down);
	if (down ? s.from > s.to : s.from < s.to)
		s.count = down ? (s.from - s.to - 1) / -s.step + 1 : (s.to - s.from - 1) / s.step + 1;
	return s;
}

/* A slice of a text, by characters, is a text. */
static struct wf_jp_value slice_text(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *text)
{
	const char *s = json_string_value(text);
	size_t bytes = json_string_length(text), count = 0, *starts;
	if (!wf_jp_steps(r, bytes))
		return WF_JP_FAILED;
	starts = wf_reallocarray(NULL, bytes + 1, sizeof(*starts));
	for (size_t i = 0; i < bytes; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			starts[count++] = i;
	starts[count] = bytes;
	struct span at = span_of(n, count);
	struct wf_buf out = {0};
	for (int64_t i = 0, k = at.from; i < at.count; i++, k += at.step)
		wf_buf_add(&out, s + starts[k], starts[k + 1] - starts[k]);
	struct wf_jp_value v = wf_jp_string(r, out.data ? out.data : "", out.len);
	wf_buf_done(&out);
	wf_free(starts);
	if (!n->body || !v.json)
		return v;
	struct wf_jp_value result = wf_jp_eval(r, n->body, v.json);
	if (result.json && !result.own)
		result = wf_jp_new(json_incref(result.json));
	wf_jp_drop(v);
	return result;
}

static struct wf_jp_value eval_slice(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	if (!n->step)
		return wf_jp_fail(r, "invalid-value", n, "a slice cannot go in steps of 0");
	if (json_is_string(current))
		return slice_text(r, n, current);
	if (!json_is_array(current))
		return wf_jp_borrowed(json_null());
	struct span at = span_of(n, json_array_size(current));
	json_t *out = json_array();
	if (wf_jp_steps(r, (uint64_t)at.count))
		for (int64_t i = 0, k = at.from; i < at.count; i++, k += at.step)
			if (!project(r, n->body, json_array_get(current, (size_t)k), out))
				break;
	return made(r, out);
}

/* -- what needs nothing -- */

static struct wf_jp_value eval_current(struct wf_jp_run *r, const struct wf_jp_node *n,
	json_t *current)
{
	(void)r, (void)n;
	return wf_jp_borrowed(current);
}

static struct wf_jp_value eval_root(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	(void)n, (void)current;
	return wf_jp_borrowed(r->root);
}

static struct wf_jp_value eval_literal(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	(void)r, (void)current;
	return wf_jp_borrowed(n->literal);
}

static struct wf_jp_value eval_variable(struct wf_jp_run *r, const struct wf_jp_node *n,
	json_t *current)
{
	(void)current;
	if (n->slot != UINT32_MAX)
		return wf_jp_borrowed(r->variables[n->slot]);
	json_t *v = json_object_get(r->bindings, n->name);
	if (v)
		return wf_jp_borrowed(v);
	return wf_jp_fail(r, "undefined-variable", n, "there is no variable $%s here", n->name);
}

/* -- what is made -- */

static struct wf_jp_value eval_list(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	if (json_is_null(current) && !n->of_null)
		return wf_jp_borrowed(current);
	if (!wf_jp_bytes(r, 48))
		return WF_JP_FAILED;
	json_t *out = json_array();
	for (uint32_t i = 0; i < n->item_count; i++) {
		struct wf_jp_value v = wf_jp_eval(r, n->items[i], current);
		if (!v.json || !wf_jp_append(r, out, v))
			break;
	}
	return made(r, out);
}

static struct wf_jp_value eval_hash(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	if (json_is_null(current) && !n->of_null)
		return wf_jp_borrowed(current);
	if (!wf_jp_bytes(r, 128))
		return WF_JP_FAILED;
	json_t *out = json_object();
	for (uint32_t i = 0; i < n->item_count; i++) {
		struct wf_jp_value v = wf_jp_eval(r, n->items[i], current);
		if (!v.json || !wf_jp_set(r, out, n->names[i], v))
			break;
	}
	return made(r, out);
}

/* -- logic -- */

/* The first that decides, or the last. */
static struct wf_jp_value eval_logic(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	struct wf_jp_value v = WF_JP_FAILED;
	for (uint32_t i = 0; i < n->item_count; i++) {
		v = wf_jp_eval(r, n->items[i], current);
		if (!v.json || i + 1 == n->item_count || wf_jp_true(v.json) == (n->kind == WF_JP_OR))
			break;
		wf_jp_drop(v);
	}
	return v;
}

static struct wf_jp_value eval_not(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	struct wf_jp_value v = wf_jp_eval(r, n->body, current);
	if (!v.json)
		return v;
	json_t *result = json_boolean(!wf_jp_true(v.json));
	wf_jp_drop(v);
	return wf_jp_borrowed(result);
}

static json_t *compare(struct wf_jp_run *r, enum wf_jp_op op, const json_t *a, const json_t *b)
{
	if (op <= WF_JP_NE) {
		int is = wf_jp_equal(r, a, b);
		return is < 0 ? NULL : json_boolean((is == 1) == (op == WF_JP_EQ));
	}
	if (!json_is_number(a) || !json_is_number(b))
		return json_null();
	int order = wf_jp_order(a, b);
	bool is = op == WF_JP_LT ? order < 0 : op == WF_JP_LE ? order <= 0 : op == WF_JP_GT ? order > 0
											 : order >= 0;
	return json_boolean(is);
}

static struct wf_jp_value eval_compare(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	struct wf_jp_value a = wf_jp_eval(r, n->items[0], current), b;
	if (!a.json)
		return a;
	b = wf_jp_eval(r, n->items[1], current);
	json_t *result = b.json ? compare(r, (enum wf_jp_op)n->op, a.json, b.json) : NULL;
	wf_jp_drop(a);
	if (b.json)
		wf_jp_drop(b);
	return wf_jp_borrowed(result);
}

static struct wf_jp_value eval_arith(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	struct wf_jp_value a = wf_jp_eval(r, n->items[0], current), b = WF_JP_FAILED, result;
	if (!a.json)
		return a;
	if (n->item_count > 1) {
		b = wf_jp_eval(r, n->items[1], current);
		if (!b.json) {
			wf_jp_drop(a);
			return b;
		}
	}
	result = wf_jp_arith(r, n, a.json, b.json);
	wf_jp_drop(a);
	wf_jp_drop(b);
	return result;
}

static struct wf_jp_value eval_choose(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	struct wf_jp_value test = wf_jp_eval(r, n->test, current);
	if (!test.json)
		return test;
	bool is = wf_jp_true(test.json);
	wf_jp_drop(test);
	return wf_jp_eval(r, is ? n->body : n->other, current);
}

/* A slot may be in use already: by the same let, which is under way around this one. */
static struct wf_jp_value eval_let(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current)
{
	uint32_t bound = 0;
	struct wf_jp_value v = WF_JP_FAILED;
	for (; bound < n->item_count; bound++) {
		v = wf_jp_eval(r, n->items[bound], current);
		if (!v.json)
			break;
		r->variables[n->slot + bound] = wf_jp_keep(v);
	}
	if (bound == n->item_count) {
		v = wf_jp_eval(r, n->body, current);
		if (v.json && !v.own)
			v = wf_jp_new(json_incref(v.json));
	}
	while (bound-- > 0)
		json_decref(r->variables[n->slot + bound]);
	return v;
}

static eval_fn *const evals[WF_JP_KIND_COUNT_] = {
	[WF_JP_FIELD] = eval_field,
	[WF_JP_INDEX] = eval_index,
	[WF_JP_SLICE] = eval_slice,
	[WF_JP_PROJECT] = eval_project,
	[WF_JP_VALUES] = eval_values,
	[WF_JP_FILTER] = eval_filter,
	[WF_JP_FLATTEN] = eval_flatten,
	[WF_JP_CURRENT] = eval_current,
	[WF_JP_ROOT] = eval_root,
	[WF_JP_VARIABLE] = eval_variable,
	[WF_JP_LITERAL] = eval_literal,
	[WF_JP_LIST] = eval_list,
	[WF_JP_HASH] = eval_hash,
	[WF_JP_OR] = eval_logic,
	[WF_JP_AND] = eval_logic,
	[WF_JP_NOT] = eval_not,
	[WF_JP_COMPARE] = eval_compare,
	[WF_JP_ARITH] = eval_arith,
	[WF_JP_CHOOSE] = eval_choose,
	[WF_JP_LET] = eval_let,
	[WF_JP_CALL] = wf_jp_call,
};

struct wf_jp_value wf_jp_eval(struct wf_jp_run *r, const struct wf_jp_node *chain, json_t *current)
{
	struct wf_jp_value v = wf_jp_borrowed(current);
	for (const struct wf_jp_node *n = chain; n; n = n->next) {
		if (!wf_jp_steps(r, 1)) {
			wf_jp_drop(v);
			return WF_JP_FAILED;
		}
		struct wf_jp_value next = n->kind == WF_JP_FIELD ? eval_field(r, n, v.json)
								 : evals[n->kind](r, n, v.json);
		if (v.own) {
			if (next.json && !next.own)
				next = wf_jp_new(json_incref(next.json));
			json_decref(v.json);
		}
		v = next;
		if (!v.json)
			return v;
	}
	return v;
}
