/* JSONata's functions: calling them, closures, partial application, chains, transforms. */
#include "query/jsonata.h"

static struct wf_jn_value of_function(struct wf_jn_function *f)
{
	return (struct wf_jn_value){.tag = WF_JN_FUNCTION, .function = f};
}

/* -- making -- */

struct wf_jn_value wf_jn_eval_lambda(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_function *f = WF_JN_NEW(r, struct wf_jn_function);
	f->kind = WF_JN_F_LAMBDA;
	f->arity = node->count;
	f->signature = node->signature;
	f->node = node->lhs;
	f->params = node->items;
	f->frame = frame;
	f->input = input;
	return of_function(f);
}

struct wf_jn_value wf_jn_eval_transform(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	(void)input;
	struct wf_jn_function *f = WF_JN_NEW(r, struct wf_jn_function);
	f->kind = WF_JN_F_TRANSFORM;
	f->arity = 1;
	f->node = (struct wf_jn_node *)(uintptr_t)node;
	f->frame = frame;
	f->signature = wf_jn_symbol(r->symbols, WF_JN_CLONE)->function->signature;
	return of_function(f);
}

/* -- transforms -- */

static void insert(struct wf_jn_run *r, const struct wf_jn_function *f, struct wf_jn_value match)
{
	struct wf_jn_value update = wf_jn_eval(r, f->node->rhs, match, f->frame);
	if (wf_jn_is_undef(update))
		return;
	if (!wf_jn_is_object(update))
		wf_jn_throw_at(r, "T2011", f->node->rhs->pos, NULL, 0);
	if (match.tag != WF_JN_OBJECT)
		return;
	struct wf_jn_iter it = wf_jn_iter(update);
	while (wf_jn_iter_next(&it))
		wf_jn_set(r, match.object, it.key, it.key_n, it.value);
}

static void delete (struct wf_jn_run *r, const struct wf_jn_function *f, struct wf_jn_value match)
{
	struct wf_jn_value names = wf_jn_eval(r, f->node->other, match, f->frame);
	if (wf_jn_is_undef(names))
		return;
	if (wf_jn_is_array(names) ? !wf_jn_all_strings(names) : names.tag != WF_JN_STRING)
		wf_jn_throw_at(r, "T2012", f->node->other->pos, NULL, 0);
	if (match.tag != WF_JN_OBJECT)
		return;
	size_t n = wf_jn_is_array(names) ? wf_jn_len(names) : 1;
	wf_jn_step(r, n);
	for (size_t i = 0; i < n; i++) {
		struct wf_jn_value name = wf_jn_is_array(names) ? wf_jn_at(names, i) : names;
		wf_jn_remove(match.object, name.s, name.n);
	}
}

struct wf_jn_value wf_jn_transform(
	struct wf_jn_run *r, const struct wf_jn_function *f, struct wf_jn_value object)
{
	if (wf_jn_is_undef(object))
		return object;
	struct wf_jn_value clone = wf_jn_variable(r, f->frame, WF_JN_CLONE);
	if (clone.tag != WF_JN_FUNCTION)
		wf_jn_throw_at(r, "T2013", f->node->pos, NULL, 0);
	struct wf_jn_value result = wf_jn_apply(r, clone, &object, 1, WF_JN_NOTHING, f->frame);
	struct wf_jn_value matches = wf_jn_eval(r, f->node->lhs, result, f->frame);
	if (wf_jn_is_undef(matches))
		return result;
	bool list = wf_jn_is_array(matches);
	for (size_t i = 0, n = list ? wf_jn_len(matches) : 1; i < n; i++) {
		struct wf_jn_value match = list ? wf_jn_at(matches, i) : matches;
		insert(r, f, match);
		if (f->node->other)
			delete (r, f, match);
	}
	return result;
}

/* -- calling -- */

static struct wf_jn_value call_lambda(struct wf_jn_run *r, const struct wf_jn_function *f,
	const struct wf_jn_value *args, uint32_t count)
{
	struct wf_jn_frame *frame = wf_jn_frame_new(r, f->frame, f->arity);
	for (uint32_t i = 0; i < f->arity; i++)
		frame->binds[i] = (struct wf_jn_bind){
			.symbol = f->params[i]->symbol, .value = i < count ? args[i] : WF_JN_UNDEF};
	frame->count = f->arity;
	return wf_jn_eval(r, f->node, f->input, frame);
}

/* A builtin that some arguments are already known of; no signature is looked at. */
static struct wf_jn_value call_partial(struct wf_jn_run *r, const struct wf_jn_function *f,
	const struct wf_jn_value *args, uint32_t count, struct wf_jn_frame *frame)
{
	uint32_t n = f->builtin->arity, next = 0;
	struct wf_jn_args a = {.count = n, .context = WF_JN_UNDEF, .frame = frame};
	a.items = wf_jn_alloc_array(r, n + 1, sizeof(*a.items));
	for (uint32_t i = 0; i < n; i++) {
		a.items[i] = f->held[i];
		if (f->holes[i]) {
			a.items[i] = next < count ? args[next] : WF_JN_UNDEF;
			next++;
		}
	}
	/* the library trusts the signature, so what it would refuse is refused here */
	struct wf_jn_value checked[16];
	uint32_t used = n;
	while (used && wf_jn_is_undef(a.items[used - 1]))
		used--;
	if (f->signature && used + f->signature->count <= 16) {
		a.count =
			wf_jn_signature_check(r, f->signature, a.items, used, WF_JN_UNDEF, checked);
		a.items = memcpy(wf_jn_alloc(r, sizeof(checked)), checked, sizeof(checked));
	}
	return f->builtin->call(r, &a);
}

static struct wf_jn_value call_builtin(struct wf_jn_run *r, const struct wf_jn_function *f,
	struct wf_jn_value *args, uint32_t count, struct wf_jn_value context,
	struct wf_jn_frame *frame)
{
	struct wf_jn_args a = {.items = args, .count = count, .context = context, .frame = frame};
	return f->builtin->call(r, &a);
}

static struct wf_jn_value call_over(struct wf_jn_run *r, const struct wf_jn_function *f,
	const struct wf_jn_value *args, uint32_t count, struct wf_jn_frame *frame);

/* One call, which may leave a tail call to be made. */
static struct wf_jn_value call_once(struct wf_jn_run *r, struct wf_jn_value callee,
	struct wf_jn_value *args, uint32_t count, struct wf_jn_value context,
	struct wf_jn_frame *frame)
{
	if (callee.tag != WF_JN_FUNCTION)
		wf_jn_throw(r, "T1006");
	const struct wf_jn_function *f = callee.function;
	if (f->signature && f->kind != WF_JN_F_PARTIAL) {
		struct wf_jn_value *checked = wf_jn_alloc_array(
			r, (size_t)count + f->signature->count + 4, sizeof(*checked));
		count = wf_jn_signature_check(r, f->signature, args, count, context, checked);
		args = checked;
	}
	switch ((enum wf_jn_function_kind)f->kind) {
	case WF_JN_F_BUILTIN:
		return call_builtin(r, f, args, count, context, frame);
	case WF_JN_F_PARTIAL:
		if (f->builtin)
			return call_partial(r, f, args, count, frame);
		return call_lambda(r, f, args, count);
	case WF_JN_F_LAMBDA:
		return call_lambda(r, f, args, count);
	case WF_JN_F_CHAIN: {
		struct wf_jn_value between =
			wf_jn_apply(r, f->held[0], args, count ? 1 : 0, WF_JN_NOTHING, frame);
		return wf_jn_apply(r, f->held[1], &between, 1, WF_JN_NOTHING, frame);
	}
	case WF_JN_F_OVER:
		return call_over(r, f, args, count, frame);
	case WF_JN_F_TRANSFORM:
		return wf_jn_transform(r, f, count ? args[0] : WF_JN_UNDEF);
	case WF_JN_F_REGEX:
		return wf_jn_regex_call(
			r, f, count ? args[0] : WF_JN_UNDEF, count > 1 ? args[1] : WF_JN_UNDEF);
	case WF_JN_F_NEXT:
		return wf_jn_regex_call(r, f, f->held[0], WF_JN_UNDEF);
	}
	return WF_JN_UNDEF;
}

static struct wf_jn_value *eval_args(struct wf_jn_run *r, const struct wf_jn_node *call,
	struct wf_jn_value input, struct wf_jn_frame *frame, struct wf_jn_value *args)
{
	for (uint32_t i = 0; i < call->count; i++)
		args[i] = wf_jn_eval(r, call->items[i], input, frame);
	return args;
}

static void name_callee(const struct wf_jn_node *callee, const char **ret, uint32_t *ret_n)
{
	const struct wf_jn_node *named = callee->kind == WF_JN_PATH ? callee->items[0] : callee;
	bool has = named->kind == WF_JN_VARIABLE || named->kind == WF_JN_NAME;
	*ret = has ? named->s : NULL;
	*ret_n = has ? named->n : 0;
}

struct wf_jn_value wf_jn_apply(struct wf_jn_run *r, struct wf_jn_value f, struct wf_jn_value *args,
	uint32_t count, struct wf_jn_value context, struct wf_jn_frame *frame)
{
	wf_jn_step(r, 1);
	if (++r->calls > r->max_depth)
		wf_jn_throw_limit(r, "depth");
	struct wf_jn_value v = call_once(r, f, args, count, context, frame);
	while (v.tag == WF_JN_THUNK) {
		struct wf_jn_pending next = r->thunk;
		const struct wf_jn_node *call = next.node;
		struct wf_jn_value callee = wf_jn_eval(r, call->other, next.input, next.frame);
		struct wf_jn_value *more =
			wf_jn_alloc_array(r, (size_t)call->count + 1, sizeof(*more));
		eval_args(r, call, next.input, next.frame, more);
		name_callee(call->other, &r->calling, &r->calling_n);
		r->calling_pos = call->pos;
		v = call_once(r, callee, more, call->count, context, next.frame);
	}
	r->calls--;
	return v;
}

/* A name without its dollar, where a function of that name is known. */
static void forgotten_dollar(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value f, struct wf_jn_frame *frame, const char *code)
{
	const struct wf_jn_node *callee = node->other;
	if (!wf_jn_is_undef(f) || callee->kind != WF_JN_PATH ||
		callee->items[0]->kind != WF_JN_NAME)
		return;
	const struct wf_jn_node *name = callee->items[0];
	bool known = wf_jn_builtin_named(name->s, name->n) != NULL;
	for (const struct wf_jn_frame *at = frame; at && !known; at = at->parent)
		for (uint32_t i = 0; i < at->count; i++) {
			const struct wf_jn_symbol *s =
				wf_jn_symbol(r->symbols, at->binds[i].symbol);
			if (s->n == name->n && memcmp(s->name, name->s, s->n) == 0)
				known = wf_jn_script_truth(at->binds[i].value);
		}
	if (known)
		wf_jn_throw_at(r, code, node->pos, name->s, name->n);
}

#define FEW_ARGS 8u

static struct wf_jn_value call_with_first(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame, const struct wf_jn_value *first)
{
	struct wf_jn_value f = wf_jn_eval(r, node->other, input, frame);
	forgotten_dollar(r, node, f, frame, "T1005");
	uint32_t count = node->count + (first ? 1 : 0);
	struct wf_jn_value few[FEW_ARGS], *args = few;
	if (count > FEW_ARGS)
		args = wf_jn_alloc_array(r, count, sizeof(*args));
	if (first)
		args[0] = *first;
	eval_args(r, node, input, frame, args + (first ? 1 : 0));
	const char *calling = r->calling;
	uint32_t calling_n = r->calling_n;
	size_t calling_pos = r->calling_pos;
	name_callee(node->other, &r->calling, &r->calling_n);
	r->calling_pos = node->pos;
	struct wf_jn_value v = wf_jn_apply(r, f, args, count, input, frame);
	r->calling = calling;
	r->calling_n = calling_n;
	r->calling_pos = calling_pos;
	return v;
}

struct wf_jn_value wf_jn_eval_call(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	return call_with_first(r, node, input, frame, NULL);
}

struct wf_jn_value wf_jn_eval_apply(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value left = wf_jn_eval(r, node->lhs, input, frame);
	if (node->rhs->kind == WF_JN_CALL && !node->rhs->predicates.count && !node->rhs->group)
		return call_with_first(r, node->rhs, input, frame, &left);
	struct wf_jn_value f = wf_jn_eval(r, node->rhs, input, frame);
	if (f.tag != WF_JN_FUNCTION)
		wf_jn_throw_at(r, "T2006", node->pos, NULL, 0);
	if (left.tag != WF_JN_FUNCTION)
		return wf_jn_apply(r, f, &left, 1, WF_JN_NOTHING, frame);
	struct wf_jn_function *chain = WF_JN_NEW(r, struct wf_jn_function);
	chain->kind = WF_JN_F_CHAIN;
	chain->arity = 1;
	chain->held = wf_jn_alloc_array(r, 2, sizeof(*chain->held));
	chain->held[0] = left;
	chain->held[1] = f;
	return of_function(chain);
}

/* -- partial application -- */

static struct wf_jn_value partial_builtin(struct wf_jn_run *r, const struct wf_jn_node *node,
	const struct wf_jn_function *of, const struct wf_jn_value *args)
{
	uint32_t n = of->builtin->arity;
	struct wf_jn_function *f = WF_JN_NEW(r, struct wf_jn_function);
	f->kind = WF_JN_F_PARTIAL;
	f->builtin = of->builtin;
	f->signature = of->signature;
	f->held = wf_jn_alloc_array(r, (size_t)n + 1, sizeof(*f->held));
	f->holes = wf_jn_alloc_array(r, (size_t)n + 1, sizeof(*f->holes));
	for (uint32_t i = 0; i < n; i++) {
		f->holes[i] = i < node->count && node->items[i]->kind == WF_JN_HOLE;
		f->held[i] = i < node->count ? args[i] : WF_JN_UNDEF;
		f->arity += f->holes[i];
	}
	return of_function(f);
}

static struct wf_jn_value partial_lambda(struct wf_jn_run *r, const struct wf_jn_node *node,
	const struct wf_jn_function *of, const struct wf_jn_value *args, struct wf_jn_frame *frame)
{
	struct wf_jn_function *f = WF_JN_NEW(r, struct wf_jn_function);
	*f = *of;
	f->kind = WF_JN_F_PARTIAL;
	f->signature = NULL;
	f->frame = wf_jn_frame_new(r, of->frame ? of->frame : frame, of->arity);
	f->params = wf_jn_alloc_array(r, (size_t)of->arity + 1, sizeof(*f->params));
	f->arity = 0;
	for (uint32_t i = 0; i < of->arity; i++) {
		if (i < node->count && node->items[i]->kind == WF_JN_HOLE)
			f->params[f->arity++] = of->params[i];
		else
			wf_jn_bind(r, f->frame, of->params[i]->symbol,
				i < node->count ? args[i] : WF_JN_UNDEF);
	}
	return of_function(f);
}

/* Of what has no names for its arguments: those that are left over go where the holes are. */
static struct wf_jn_value partial_other(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value of, const struct wf_jn_value *args)
{
	struct wf_jn_function *f = WF_JN_NEW(r, struct wf_jn_function);
	f->kind = WF_JN_F_OVER;
	f->held = wf_jn_alloc_array(r, (size_t)node->count + 1, sizeof(*f->held));
	f->holes = wf_jn_alloc_array(r, (size_t)node->count + 1, sizeof(*f->holes));
	f->held[0] = of;
	f->held_count = node->count;
	for (uint32_t i = 0; i < node->count; i++) {
		f->holes[i] = node->items[i]->kind == WF_JN_HOLE;
		f->held[i + 1] = args[i];
		f->arity += f->holes[i];
	}
	return of_function(f);
}

static struct wf_jn_value call_over(struct wf_jn_run *r, const struct wf_jn_function *f,
	const struct wf_jn_value *args, uint32_t count, struct wf_jn_frame *frame)
{
	struct wf_jn_value *all = wf_jn_alloc_array(r, (size_t)f->held_count + 1, sizeof(*all));
	for (uint32_t i = 0, next = 0; i < f->held_count; i++) {
		all[i] = f->held[i + 1];
		if (f->holes[i]) {
			all[i] = next < count ? args[next] : WF_JN_UNDEF;
			next++;
		}
	}
	return wf_jn_apply(r, f->held[0], all, f->held_count, WF_JN_NOTHING, frame);
}

struct wf_jn_value wf_jn_eval_partial(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame)
{
	struct wf_jn_value *args = wf_jn_alloc_array(r, (size_t)node->count + 1, sizeof(*args));
	eval_args(r, node, input, frame, args);
	struct wf_jn_value f = wf_jn_eval(r, node->other, input, frame);
	forgotten_dollar(r, node, f, frame, "T1007");
	const char *name;
	uint32_t name_n;
	name_callee(node->other, &name, &name_n);
	if (f.tag != WF_JN_FUNCTION)
		wf_jn_throw_at(r, "T1008", node->pos, name, name_n);
	const struct wf_jn_function *of = f.function;
	if (of->kind == WF_JN_F_BUILTIN)
		return partial_builtin(r, node, of, args);
	if (of->kind == WF_JN_F_LAMBDA || (of->kind == WF_JN_F_PARTIAL && !of->builtin))
		return partial_lambda(r, node, of, args, frame);
	return partial_other(r, node, f, args);
}

struct wf_jn_value wf_jn_call_with(struct wf_jn_run *r, const struct wf_jn_args *a,
	struct wf_jn_value f, struct wf_jn_value one, struct wf_jn_value two,
	struct wf_jn_value three)
{
	struct wf_jn_value args[] = {one, two, three};
	uint32_t count = f.function->arity >= 3 ? 3 : f.function->arity >= 2 ? 2 : 1;
	return wf_jn_apply(r, f, args, count, WF_JN_NOTHING, a->frame);
}
