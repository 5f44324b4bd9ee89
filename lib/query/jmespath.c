/*
 * JMESPath's entry points, and what is told of an expression without running it: how deeply it nests
 * values and whether it may hand the same value out many times over.
 *
 * Values share their parts, so an expression of a few words can make one that would be endless if it
 * were written out, or nested so deeply that freeing it overruns the stack. The first is measured after
 * the run, where it can happen; the second is refused when the expression is parsed.
 */
#include "query/jmespath.h"

#include "base/err.h"
#include "base/limits.h"

#define MOST_NESTED 512 /* levels an expression may add to a value */
#define MOST_COPIES 64  /* times a value may hold the input before it is measured */

struct growth {
	unsigned depth;  /* levels more than the input's */
	double copies;   /* times that the input can be in it */
};

struct look {
	struct growth variables[WF_JP_VARIABLES];
	unsigned projections; /* around the place */
	bool too_deep;
};

static struct growth grow(struct look *l, const struct wf_jp_node *chain, struct growth g);

static struct growth larger(struct growth a, struct growth b)
{
	return (struct growth){a.depth > b.depth ? a.depth : b.depth,
		a.copies > b.copies ? a.copies : b.copies};
}

static struct growth sum(struct growth a, struct growth b)
{
	return (struct growth){a.depth > b.depth ? a.depth : b.depth, a.copies + b.copies};
}

/* Inside of a projection what is not of the element is handed out as often as there are elements. */
static struct growth outside(const struct look *l, struct growth g)
{
	return l->projections ? (struct growth){g.depth, 1e9} : g;
}

static struct growth grow_each(struct look *l, const struct wf_jp_node *body, struct growth g)
{
	l->projections++;
	g = grow(l, body, g);
	l->projections--;
	return g;
}

/* Of lists, objects, logic and calls: all their parts together, one level down. */
static struct growth grow_parts(struct look *l, const struct wf_jp_node *n, struct growth g)
{
	struct growth all = {0, 0};
	for (uint32_t i = 0; i < n->item_count; i++)
		if (n->kind != WF_JP_CALL || i >= 32 || !(n->expref >> i & 1))
			all = sum(all, grow(l, n->items[i], g));
	for (uint32_t i = 0; n->expref && i < n->item_count; i++)
		if (i < 32 && n->expref >> i & 1)
			all = sum(all, grow_each(l, n->items[i], all));
	if (n->kind == WF_JP_COMPARE || n->kind == WF_JP_ARITH)
		return (struct growth){0, 0};
	all.depth += n->kind == WF_JP_CALL ? 2 : n->kind == WF_JP_LIST || n->kind == WF_JP_HASH;
	return all;
}

static struct growth grow_link(struct look *l, const struct wf_jp_node *n, struct growth g)
{
	struct growth other;
	switch ((enum wf_jp_kind)n->kind) {
	case WF_JP_PROJECT:
	case WF_JP_VALUES:
	case WF_JP_FLATTEN:
	case WF_JP_SLICE:
		return grow_each(l, n->body, g);
	case WF_JP_FILTER:
		(void)grow_each(l, n->test, g);
		return grow_each(l, n->body, g);
	case WF_JP_ROOT:
	case WF_JP_LITERAL:
		return outside(l, (struct growth){0, 1});
	case WF_JP_VARIABLE:
		return outside(l, n->slot == UINT32_MAX ? (struct growth){0, 1} : l->variables[n->slot]);
	case WF_JP_LIST:
	case WF_JP_HASH:
	case WF_JP_OR:
	case WF_JP_AND:
	case WF_JP_CALL:
	case WF_JP_ARITH:
	case WF_JP_COMPARE:
		return grow_parts(l, n, g);
	case WF_JP_NOT:
		(void)grow(l, n->body, g);
		return (struct growth){0, 0};
	case WF_JP_CHOOSE:
		(void)grow(l, n->test, g);
		other = grow(l, n->other, g);
		return larger(grow(l, n->body, g), other);
	case WF_JP_LET:
		for (uint32_t i = 0; i < n->item_count; i++)
			l->variables[n->slot + i] = grow(l, n->items[i], g);
		return grow(l, n->body, g);
	case WF_JP_FIELD:
	case WF_JP_INDEX:
	case WF_JP_CURRENT:
	case WF_JP_KIND_COUNT_:
		break;
	}
	return g;
}

static struct growth grow(struct look *l, const struct wf_jp_node *chain, struct growth g)
{
	for (const struct wf_jp_node *n = chain; n; n = n->next) {
		g = grow_link(l, n, g);
		if (g.depth > MOST_NESTED) {
			g.depth = MOST_NESTED;
			l->too_deep = true;
		}
	}
	return g;
}

int wf_jmespath_parse(const char *text, size_t n, struct wf_jmespath **ret,
	struct wf_query_fault *fault)
{
	struct wf_arena *arena = wf_arena_new();
	struct wf_jmespath *q = WF_ARENA_NEW(arena, struct wf_jmespath);
	q->arena = arena;
	int err = wf_jp_parse(q, text, n, fault);
	if (err < 0) {
		wf_jmespath_free(q);
		return err;
	}
	struct look l; /* a variable is bound before it is looked at */
	l.projections = 0;
	l.too_deep = false;
	struct growth g = grow(&l, q->root, (struct growth){0, 1});
	if (l.too_deep) {
		wf_jmespath_free(q);
		return wf_query_fail(fault, WF_ELIMIT, "depth", SIZE_MAX, NULL, 0,
			"the expression nests values in more than %d levels", MOST_NESTED);
	}
	q->measure = g.copies > MOST_COPIES || g.depth > 8;
	*ret = q;
	return 0;
}

int wf_jmespath_run(const struct wf_jmespath *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault)
{
	if (q->height > env->max_depth)
		return wf_query_fail(fault, WF_ELIMIT, "depth", SIZE_MAX, NULL, 0,
			"the expression is nested in more than %u levels", env->max_depth);
	struct wf_jp_run r;
	r.root = env->input ? env->input : json_null();
	r.bindings = env->bindings;
	r.steps_left = env->steps_left;
	r.bytes_left = env->max_bytes;
	r.err = 0;
	r.fault = fault;
	struct wf_jp_value v = wf_jp_eval(&r, q->root, r.root);
	if (v.json && q->measure && !wf_jp_measure(&r, v.json, 0)) {
		wf_jp_drop(v);
		v = WF_JP_FAILED;
	}
	env->steps_left = r.steps_left;
	if (!v.json)
		return r.err;
	*ret = wf_jp_keep(v);
	return 0;
}

void wf_jmespath_free(struct wf_jmespath *q)
{
	if (!q)
		return;
	for (const struct wf_jp_node *n = q->literals; n; n = n->before)
		json_decref(n->literal);
	wf_arena_free(q->arena);
}
