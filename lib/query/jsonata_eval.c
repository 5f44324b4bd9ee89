/* JSONata's evaluation: names and their frames, literals, lists, blocks, conditions. */
#include "query/jsonata.h"

/* -- frames -- */

struct wf_jn_frame *wf_jn_frame_new(struct wf_jn_run *r, struct wf_jn_frame *parent, uint32_t room)
{
	struct wf_jn_frame *f = wf_jn_alloc(r, sizeof(*f));
	f->parent = parent;
	f->binds = room ? wf_jn_alloc_array(r, room, sizeof(*f->binds)) : NULL;
	f->count = 0;
	f->room = room;
	return f;
}

struct wf_jn_frame *wf_jn_frame_of(
	struct wf_jn_run *r, struct wf_jn_frame *parent, const struct wf_jn_tuple *tuple)
{
	struct wf_jn_frame *f = wf_jn_frame_new(r, parent, 0);
	f->binds = tuple->binds;
	f->count = tuple->count;
	return f;
}

void wf_jn_bind(struct wf_jn_run *r, struct wf_jn_frame *f, uint32_t symbol, struct wf_jn_value v)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (f->binds[i].symbol == symbol && f->room) {
			f->binds[i].value = v;
			return;
		}
	if (f->count >= f->room) {
		uint32_t room = f->count < 4 ? 4 : f->count * 2;
		struct wf_jn_bind *binds = wf_jn_alloc_array(r, room, sizeof(*binds));
		if (f->count)
			memcpy(binds, f->binds, f->count * sizeof(*binds));
		f->binds = binds;
		f->room = room;
		for (uint32_t i = 0; i < f->count; i++)
			if (f->binds[i].symbol == symbol) {
				f->binds[i].value = v;
				return;
			}
	}
	f->binds[f->count++] = (struct wf_jn_bind){.symbol = symbol, .value = v};
}

struct wf_jn_value wf_jn_variable(
	const struct wf_jn_run *r, const struct wf_jn_frame *frame, uint32_t symbol)
{
	for (const struct wf_jn_frame *f = frame; f; f = f->parent)
		for (uint32_t i = f->count; i-- > 0;)
			if (f->binds[i].symbol == symbol)
				return f->binds[i].value;
	struct wf_jn_function *function = wf_jn_symbol(r->symbols, symbol)->function;
	if (!function)
		return WF_JN_UNDEF;
	return (struct wf_jn_value){.tag = WF_JN_FUNCTION, .function = function};
}

/* -- leaves -- */

static struct wf_jn_value eval_literal(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)r, (void)input, (void)frame;
	return node->value;
}

static struct wf_jn_value eval_variable(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	if (node->symbol)
		return wf_jn_variable(r, frame, node->symbol);
	return input.tag == WF_JN_ARRAY && input.array->wrapper ? input.array->items[0] : input;
}

static struct wf_jn_value eval_regex(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)r, (void)input, (void)frame;
	return (struct wf_jn_value){.tag = WF_JN_FUNCTION, .function = node->function};
}

static struct wf_jn_value eval_parent(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)input;
	return wf_jn_variable(r, frame, node->slot->label);
}

struct wf_jn_value wf_jn_lookup_member(
	struct wf_jn_run *r, struct wf_jn_value input, const char *key, size_t n)
{
	if (wf_jn_is_object(input))
		return wf_jn_get(input, key, n);
	if (!wf_jn_is_array(input))
		return WF_JN_UNDEF;
	if (++r->depth > r->max_depth + WF_JN_VALUE_DEPTH)
		wf_jn_throw_limit(r, "depth");
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	size_t count = wf_jn_len(input);
	wf_jn_step(r, count);
	for (size_t i = 0; i < count; i++) {
		struct wf_jn_value v = wf_jn_lookup_member(r, wf_jn_at(input, i), key, n);
		if (wf_jn_is_array(v))
			wf_jn_push_all(r, result, v);
		else if (!wf_jn_is_undef(v))
			wf_jn_push(r, result, v);
	}
	r->depth--;
	return wf_jn_of_array(result);
}

static struct wf_jn_value eval_name(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)frame;
	return wf_jn_lookup_member(r, input, node->s, node->n);
}

static void flatten(struct wf_jn_run *r, struct wf_jn_value v, struct wf_jn_array *out)
{
	wf_jn_step(r, 1);
	if (!wf_jn_is_array(v)) {
		wf_jn_push(r, out, v);
		return;
	}
	if (++r->depth > r->max_depth + WF_JN_VALUE_DEPTH)
		wf_jn_throw_limit(r, "depth");
	for (size_t i = 0, n = wf_jn_len(v); i < n; i++)
		flatten(r, wf_jn_at(v, i), out);
	r->depth--;
}

static struct wf_jn_value eval_wildcard(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)node, (void)frame;
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	if (input.tag == WF_JN_ARRAY && input.array->wrapper && input.array->count)
		input = input.array->items[0];
	if (wf_jn_is_object(input)) {
		struct wf_jn_iter it = wf_jn_iter(input);
		while (wf_jn_iter_next(&it)) {
			if (wf_jn_is_array(it.value)) {
				flatten(r, it.value, result);
				result->sequence = false;
			} else {
				wf_jn_push(r, result, it.value);
			}
		}
	} else if (wf_jn_is_array(input)) {
		for (size_t i = 0, n = wf_jn_len(input); i < n; i++) {
			struct wf_jn_value item = wf_jn_at(input, i);
			flatten(r, item, result);
			if (wf_jn_is_array(item))
				result->sequence = false;
		}
	}
	return wf_jn_of_array(result);
}

static void descend(struct wf_jn_run *r, struct wf_jn_value v, struct wf_jn_array *out)
{
	wf_jn_step(r, 1);
	if (++r->depth > r->max_depth + WF_JN_VALUE_DEPTH)
		wf_jn_throw_limit(r, "depth");
	if (wf_jn_is_array(v)) {
		for (size_t i = 0, n = wf_jn_len(v); i < n; i++)
			descend(r, wf_jn_at(v, i), out);
	} else {
		wf_jn_push(r, out, v);
		if (wf_jn_is_object(v)) {
			struct wf_jn_iter it = wf_jn_iter(v);
			while (wf_jn_iter_next(&it))
				descend(r, it.value, out);
		}
	}
	r->depth--;
}

static struct wf_jn_value eval_descendant(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)node, (void)frame;
	if (wf_jn_is_undef(input))
		return WF_JN_UNDEF;
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	descend(r, input, result);
	return result->count == 1 ? result->items[0] : wf_jn_of_array(result);
}

/* -- lists, blocks, conditions -- */

static struct wf_jn_value eval_list(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_array *result = wf_jn_array_new(r, node->count);
	for (uint32_t i = 0; i < node->count; i++) {
		struct wf_jn_value v = wf_jn_eval(r, node->items[i], input, frame);
		if (wf_jn_is_undef(v))
			continue;
		if (node->items[i]->kind != WF_JN_LIST && wf_jn_is_array(v))
			wf_jn_push_all(r, result, v);
		else
			wf_jn_push(r, result, v);
	}
	result->constructed = node->constructed;
	return wf_jn_of_array(result);
}

static struct wf_jn_value eval_block(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value result = WF_JN_UNDEF;
	if (node->frame)
		frame = wf_jn_frame_new(r, frame, 4);
	for (uint32_t i = 0; i < node->count; i++)
		result = wf_jn_eval(r, node->items[i], input, frame);
	return result;
}

static struct wf_jn_value eval_bind(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value v = wf_jn_eval(r, node->rhs, input, frame);
	wf_jn_bind(r, frame, node->lhs->symbol, v);
	return v;
}

static struct wf_jn_value eval_condition(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	if (wf_jn_truth(r, wf_jn_eval(r, node->other, input, frame)))
		return wf_jn_eval(r, node->lhs, input, frame);
	return node->rhs ? wf_jn_eval(r, node->rhs, input, frame) : WF_JN_UNDEF;
}

static struct wf_jn_value eval_default(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value v = wf_jn_eval(r, node->lhs, input, frame);
	return wf_jn_truth(r, v) ? v : wf_jn_eval(r, node->rhs, input, frame);
}

static struct wf_jn_value eval_coalesce(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value v = wf_jn_eval(r, node->lhs, input, frame);
	return wf_jn_is_undef(v) ? wf_jn_eval(r, node->rhs, input, frame) : v;
}

static struct wf_jn_value eval_tail(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	r->thunk = (struct wf_jn_pending){.node = node->lhs, .input = input, .frame = frame};
	return (struct wf_jn_value){.tag = WF_JN_THUNK};
}

static struct wf_jn_value eval_nothing(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)r, (void)node, (void)input, (void)frame;
	return WF_JN_UNDEF;
}

/* -- any node -- */

static wf_jn_eval_fn *const evaluators[WF_JN_KIND_COUNT_] = {
	[WF_JN_NAME] = eval_name,
	[WF_JN_LITERAL] = eval_literal,
	[WF_JN_VARIABLE] = eval_variable,
	[WF_JN_REGEX] = eval_regex,
	[WF_JN_WILDCARD] = eval_wildcard,
	[WF_JN_DESCENDANT] = eval_descendant,
	[WF_JN_PARENT] = eval_parent,
	[WF_JN_PATH] = wf_jn_eval_path,
	[WF_JN_BINARY] = wf_jn_eval_binary,
	[WF_JN_NEGATE] = wf_jn_eval_negate,
	[WF_JN_LIST] = eval_list,
	[WF_JN_MAKE] = wf_jn_eval_make,
	[WF_JN_CONDITION] = eval_condition,
	[WF_JN_DEFAULT] = eval_default,
	[WF_JN_COALESCE] = eval_coalesce,
	[WF_JN_BLOCK] = eval_block,
	[WF_JN_BIND] = eval_bind,
	[WF_JN_CALL] = wf_jn_eval_call,
	[WF_JN_PARTIAL] = wf_jn_eval_partial,
	[WF_JN_HOLE] = eval_nothing,
	[WF_JN_LAMBDA] = wf_jn_eval_lambda,
	[WF_JN_TAIL] = eval_tail,
	[WF_JN_APPLY] = wf_jn_eval_apply,
	[WF_JN_TRANSFORM] = wf_jn_eval_transform,
	[WF_JN_SORT] = eval_nothing,
	[WF_JN_TERM] = eval_nothing,
	[WF_JN_END] = eval_nothing,
	[WF_JN_DOT] = eval_nothing,
	[WF_JN_FILTER] = eval_nothing,
	[WF_JN_GROUP] = eval_nothing,
	[WF_JN_ORDER] = eval_nothing,
	[WF_JN_FOCUS] = eval_nothing,
	[WF_JN_INDEX] = eval_nothing,
};

struct wf_jn_value wf_jn_normal(const struct wf_jn_node *node, struct wf_jn_value v)
{
	if (v.tag != WF_JN_ARRAY || !v.array->sequence || v.array->tuples)
		return v;
	if (node->keep_array)
		v.array->keep_singleton = true;
	if (v.array->count == 0)
		return WF_JN_UNDEF;
	if (v.array->count == 1 && !v.array->keep_singleton)
		return wf_jn_at(v, 0);
	return v;
}

struct wf_jn_value wf_jn_eval(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	wf_jn_step(r, 1);
	if (__builtin_expect(++r->depth > r->max_depth, 0))
		wf_jn_throw_limit(r, "depth");
	struct wf_jn_value v = evaluators[node->kind](r, node, input, frame);
	for (uint32_t i = 0; i < node->predicates.count; i++)
		v = wf_jn_eval_filter(r, node->predicates.items[i].filter, v, frame);
	if (node->group && node->kind != WF_JN_PATH)
		v = wf_jn_eval_make(r, node->group, v, frame);
	r->depth--;
	return wf_jn_normal(node, v);
}
