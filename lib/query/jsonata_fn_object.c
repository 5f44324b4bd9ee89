/* JSONata's library: objects, kinds of values, errors, $eval; and the table of all functions. */
#include "query/jsonata.h"

#include "base/err.h"

/* -- objects -- */

static void add_keys(struct wf_jn_run *r, struct wf_jn_value v, struct wf_jn_object *seen)
{
	wf_jn_step(r, 1);
	if (wf_jn_is_object(v)) {
		struct wf_jn_iter it = wf_jn_iter(v);
		while (wf_jn_iter_next(&it))
			wf_jn_set(r, seen, it.key, it.key_n, WF_JN_NOTHING);
	}
	if (!wf_jn_is_array(v))
		return;
	if (++r->depth > r->max_depth + WF_JN_VALUE_DEPTH)
		wf_jn_throw_limit(r, "depth");
	for (size_t i = 0, n = wf_jn_len(v); i < n; i++)
		add_keys(r, wf_jn_at(v, i), seen);
	r->depth--;
}

struct wf_jn_value wf_jn_fn_keys(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_object *seen = wf_jn_object_new(r, 0);
	add_keys(r, a->items[0], seen);
	struct wf_jn_array *out = wf_jn_sequence_new(r);
	for (uint32_t i = 0; i < seen->count; i++)
		wf_jn_push(r, out, wf_jn_str(seen->members[i].key, seen->members[i].key_n));
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_lookup(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[1]))
		return WF_JN_UNDEF;
	return wf_jn_lookup_member(r, a->items[0], a->items[1].s, a->items[1].n);
}

static struct wf_jn_value spread(struct wf_jn_run *r, struct wf_jn_value v)
{
	wf_jn_step(r, 1);
	if (wf_jn_is_object(v)) {
		struct wf_jn_array *out = wf_jn_sequence_new(r);
		struct wf_jn_iter it = wf_jn_iter(v);
		while (wf_jn_iter_next(&it)) {
			struct wf_jn_object *one = wf_jn_object_new(r, 1);
			wf_jn_set(r, one, it.key, it.key_n, it.value);
			wf_jn_push(r, out, wf_jn_of_object(one));
		}
		return wf_jn_of_array(out);
	}
	if (!wf_jn_is_array(v))
		return v;
	if (++r->depth > r->max_depth + WF_JN_VALUE_DEPTH)
		wf_jn_throw_limit(r, "depth");
	struct wf_jn_array *out = wf_jn_array_new(r, 0);
	size_t n = wf_jn_len(v);
	for (size_t i = 0; i < n; i++) {
		struct wf_jn_value part = spread(r, wf_jn_at(v, i));
		if (wf_jn_is_array(part))
			wf_jn_push_all(r, out, part);
		else if (!wf_jn_is_undef(part))
			wf_jn_push(r, out, part);
	}
	r->depth--;
	out->sequence = n == 0;
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_spread(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return spread(r, a->items[0]);
}

struct wf_jn_value wf_jn_fn_merge(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	struct wf_jn_object *out = wf_jn_object_new(r, 0);
	for (size_t i = 0, n = wf_jn_len(a->items[0]); i < n; i++) {
		struct wf_jn_iter it = wf_jn_iter(wf_jn_at(a->items[0], i));
		wf_jn_step(r, 1);
		while (wf_jn_iter_next(&it))
			wf_jn_set(r, out, it.key, it.key_n, it.value);
	}
	return wf_jn_of_object(out);
}

static struct wf_jn_value call_member(
	struct wf_jn_run *r, const struct wf_jn_args *a, const struct wf_jn_iter *it)
{
	if (a->items[1].tag != WF_JN_FUNCTION)
		wf_jn_throw(r, "T1006");
	return wf_jn_call_with(
		r, a, a->items[1], it->value, wf_jn_str(it->key, it->key_n), a->items[0]);
}

struct wf_jn_value wf_jn_fn_each(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_array *out = wf_jn_sequence_new(r);
	if (!wf_jn_is_object(a->items[0]))
		return WF_JN_UNDEF;
	struct wf_jn_iter it = wf_jn_iter(a->items[0]);
	while (wf_jn_iter_next(&it)) {
		struct wf_jn_value v = call_member(r, a, &it);
		if (!wf_jn_is_undef(v))
			wf_jn_push(r, out, v);
	}
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_sift(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (!wf_jn_is_object(a->items[0]))
		return WF_JN_UNDEF;
	struct wf_jn_object *out = wf_jn_object_new(r, 0);
	struct wf_jn_iter it = wf_jn_iter(a->items[0]);
	while (wf_jn_iter_next(&it))
		if (wf_jn_truth(r, call_member(r, a, &it)))
			wf_jn_set(r, out, it.key, it.key_n, it.value);
	return out->count ? wf_jn_of_object(out) : WF_JN_UNDEF;
}

struct wf_jn_value wf_jn_fn_clone(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value v = a->items[0];
	if (v.tag == WF_JN_ARRAY && v.array->wrapper && v.array->count)
		v = v.array->items[0];
	return wf_jn_clone(r, v);
}

/* -- kinds -- */

struct wf_jn_value wf_jn_fn_boolean(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return wf_jn_is_undef(a->items[0]) ? WF_JN_UNDEF : wf_jn_bool(wf_jn_truth(r, a->items[0]));
}

struct wf_jn_value wf_jn_fn_not(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return wf_jn_is_undef(a->items[0]) ? WF_JN_UNDEF : wf_jn_bool(!wf_jn_truth(r, a->items[0]));
}

struct wf_jn_value wf_jn_fn_exists(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	(void)r;
	return wf_jn_bool(!wf_jn_is_undef(a->items[0]));
}

struct wf_jn_value wf_jn_fn_type(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	static const char *const names[] = {
		[WF_JN_UNDEFINED] = NULL,
		[WF_JN_NULL] = "null",
		[WF_JN_BOOL] = "boolean",
		[WF_JN_NUMBER] = "number",
		[WF_JN_BIG] = "number",
		[WF_JN_STRING] = "string",
		[WF_JN_ARRAY] = "array",
		[WF_JN_JARRAY] = "array",
		[WF_JN_OBJECT] = "object",
		[WF_JN_JOBJECT] = "object",
		[WF_JN_FUNCTION] = "function",
		[WF_JN_TUPLE] = "object",
		[WF_JN_THUNK] = "function",
	};
	(void)r;
	const char *name = names[a->items[0].tag];
	return name ? wf_jn_str(name, strlen(name)) : WF_JN_UNDEF;
}

/* -- errors -- */

static _Noreturn void raise_with(
	struct wf_jn_run *r, const char *code, struct wf_jn_value message, const char *otherwise)
{
	if (message.tag != WF_JN_STRING || message.n == 0)
		message = wf_jn_str(otherwise, strlen(otherwise));
	wf_jn_throw_message(r, code, message.s, message.n);
}

struct wf_jn_value wf_jn_fn_error(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	raise_with(r, "D3137", a->items[0], "$error() function evaluated");
}

struct wf_jn_value wf_jn_fn_assert(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (!wf_jn_script_truth(a->items[0]))
		raise_with(r, "D3141", a->items[1], "$assert() statement failed");
	return WF_JN_UNDEF;
}

/* -- $eval -- */

#define TREE_BYTES 256u /* of a tree for a byte of text, at most about */

static struct wf_jn_node *parse_again(struct wf_jn_run *r, struct wf_jn_value text)
{
	if (text.n > WF_MAX_EXPR_BYTES || (size_t)text.n * TREE_BYTES > r->bytes_left)
		wf_jn_throw_limit(r, "bytes");
	r->bytes_left -= (size_t)text.n * TREE_BYTES;
	wf_jn_step(r, text.n);
	if (!r->program) {
		r->program = wf_alloc(sizeof(*r->program));
		wf_jn_program_init(r->program, r->symbols);
		r->symbols = &r->program->symbols;
	}
	struct wf_jn_error error = {0};
	struct wf_jn_node *node = NULL;
	int err = wf_jn_parse(r->program, text.s, text.n, &node, &error);
	if (err == WF_ELIMIT)
		wf_jn_throw_limit(r, error.code);
	if (err < 0) {
		const char *why = wf_jn_message(error.code);
		wf_jn_throw_message(r, "D3120", why, strlen(why));
	}
	return node;
}

/* Errors of the expression become $eval's own; limits stay what they are. */
static __attribute__((noinline)) bool eval_caught(struct wf_jn_run *r,
	const struct wf_jn_node *node, struct wf_jn_value input, struct wf_jn_frame *frame,
	struct wf_jn_value *ret)
{
	jmp_buf fail;
	r->fail = &fail;
	if (setjmp(fail))
		return false;
	*ret = wf_jn_eval(r, node, input, frame);
	return true;
}

struct wf_jn_value wf_jn_fn_eval(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	struct wf_jn_value input = a->context, result = WF_JN_UNDEF;
	if (!wf_jn_is_undef(a->items[1])) {
		input = a->items[1];
		if (wf_jn_is_array(input) && !wf_jn_is_sequence(input)) {
			struct wf_jn_array *wrapper = wf_jn_sequence_new(r);
			wrapper->wrapper = true;
			wf_jn_push(r, wrapper, input);
			input = wf_jn_of_array(wrapper);
		}
	}
	const struct wf_jn_node *node = parse_again(r, a->items[0]);
	jmp_buf *fail = r->fail;
	uint32_t depth = r->depth, calls = r->calls, calling_n = r->calling_n;
	const char *calling = r->calling;
	size_t calling_pos = r->calling_pos;
	bool good = eval_caught(r, node, input, a->frame, &result);
	r->fail = fail;
	r->depth = depth;
	r->calls = calls;
	r->calling = calling;
	r->calling_n = calling_n;
	r->calling_pos = calling_pos;
	if (good)
		return result;
	if (r->error.err == WF_ELIMIT)
		longjmp(*r->fail, 1);
	const char *why = r->error.message ? r->error.message : wf_jn_message(r->error.code);
	struct wf_jn_text t = {.r = r};
	wf_jn_text_str(&t, why);
	wf_jn_throw_message(r, "D3121", t.s ? t.s : "", t.n);
}

/* -- the table -- */

static const struct wf_jn_builtin builtins[] = {
#define WF_JN_BUILTIN(name, arity, signature) {#name, signature, arity, wf_jn_fn_##name},
#include "query/jsonata_builtins.def"
#undef WF_JN_BUILTIN
};

const struct wf_jn_builtin *wf_jn_builtin_named(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (strlen(builtins[i].name) == n && memcmp(builtins[i].name, name, n) == 0)
			return &builtins[i];
	return NULL;
}
