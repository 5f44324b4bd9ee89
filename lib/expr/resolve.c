/*
 * The walk over an expression that gives every node its meaning and type. Names are found in
 * names.c, operators and functions typed in typing.c.
 *
 * Two things make the absence of a value harmless: standing left of `??` or inside has() (told
 * downwards, before the path itself is resolved), and a has() of the same path that must have held
 * for this place to be reached (kept as a chain of guards).
 */
#include "expr/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct wf_diag *wf_resolve_found(struct wf_resolver *r, enum wf_rule rule, uint32_t from,
	uint32_t to, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	size_t room = n > 0 ? (size_t)n + 1 : 1;
	WF_AUTOFREE char *message = wf_calloc(room, 1);
	va_start(ap, fmt);
	(void)vsnprintf(message, room, fmt, ap);
	va_end(ap);
	/* nobody sees where the ones beyond the last are: finding that out is what costs */
	if (r->diags->full)
		from = to = 0;
	struct wf_diag *d = wf_diag_add(r->diags, rule, r->site->source,
		wf_expr_span(r->site, from, to), "%s", message);
	if (d->severity == WF_SEV_ERROR)
		r->failed = true;
	return d;
}

/* -- guards: what has() has proven -- */

static bool same_path(const struct wf_expr *a, const struct wf_expr *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == WF_EXPR_LITERAL)
		return json_equal(a->value, b->value);
	if (a->kind == WF_EXPR_MEMBER)
		return strcmp(a->name, b->name) == 0 && same_path(a->args[0], b->args[0]);
	if (a->kind == WF_EXPR_INDEX)
		return same_path(a->args[0], b->args[0]) && same_path(a->args[1], b->args[1]);
	if (a->kind != WF_EXPR_PATH || a->segment_count != b->segment_count)
		return false;
	for (uint32_t i = 0; i < a->segment_count; i++)
		if (strcmp(a->segments[i].name, b->segments[i].name) != 0)
			return false;
	return true;
}

/* Whether has() of e itself, or of something below it, holds here. */
bool wf_is_guarded(const struct wf_resolver *r, const struct wf_expr *e)
{
	for (const struct wf_guard *g = r->guards; g; g = g->next) {
		struct wf_expr proven = *g->path;
		if (proven.kind == WF_EXPR_PATH && e->kind == WF_EXPR_PATH &&
			proven.segment_count > e->segment_count)
			proven.segment_count = e->segment_count;
		if (same_path(&proven, e))
			return true;
	}
	return false;
}

bool wf_is_step_guarded(const struct wf_resolver *r, uint32_t step)
{
	for (const struct wf_guard *g = r->guards; g; g = g->next)
		if (g->step == step)
			return true;
	return false;
}

static const struct wf_expr *start_of(const struct wf_expr *path)
{
	while (path->kind == WF_EXPR_MEMBER || path->kind == WF_EXPR_INDEX)
		path = path->args[0];
	return path;
}

static void add_guard(struct wf_resolver *r, const struct wf_expr *path, enum wf_step_part part)
{
	const struct wf_expr *start = start_of(path);
	struct wf_guard *g = WF_ARENA_NEW(r->a->base, struct wf_guard);
	*g = (struct wf_guard){ path, WF_NONE, r->guards };
	if (start->kind == WF_EXPR_PATH && start->base == WF_BASE_STEP && start->part == part)
		g->step = start->step;
	r->guards = g;
}

/* Adds what is proven when `test`, resolved already, is (or is not) true. */
static void add_guards(struct wf_resolver *r, const struct wf_expr *test, bool holds)
{
	if (test->kind == WF_EXPR_UNARY && test->op == WF_OP_NOT) {
		add_guards(r, test->args[0], !holds);
	} else if (test->kind == (holds ? WF_EXPR_AND : WF_EXPR_OR)) {
		add_guards(r, test->args[0], holds);
		add_guards(r, test->args[1], holds);
	} else if (test->kind == WF_EXPR_HAS && holds) {
		add_guard(r, test->args[0], WF_PART_OUTPUT);
	} else if (test->kind == WF_EXPR_BINARY && test->op == WF_OP_EQ && holds) {
		for (int i = 0; i < 2; i++) {
			const char *status = wf_expr_string(test->args[i]);
			if (status && strcmp(status, "completed") == 0)
				add_guard(r, test->args[1 - i], WF_PART_STATUS);
		}
	}
}

/* The guards that hold in a body, where `item` and `index` are others. */
static struct wf_guard *guards_of_body(struct wf_resolver *r)
{
	struct wf_guard *kept = NULL;
	for (const struct wf_guard *g = r->guards; g; g = g->next) {
		const struct wf_expr *start = start_of(g->path);
		if (start->base == WF_BASE_ITEM || start->base == WF_BASE_ITEM_INDEX ||
			(start->base == WF_BASE_ROOT && (start->root == WF_ROOT_ITEM ||
								start->root == WF_ROOT_INDEX)))
			continue;
		struct wf_guard *copy = WF_ARENA_NEW(r->a->base, struct wf_guard);
		*copy = (struct wf_guard){ g->path, g->step, kept };
		kept = copy;
	}
	return kept;
}

static void resolve_guarded(struct wf_resolver *r, struct wf_expr *e, const struct wf_expr *test,
	bool holds)
{
	struct wf_guard *before = r->guards;
	add_guards(r, test, holds);
	wf_resolve_node(r, e);
	r->guards = before;
}

/* -- the walk -- */

/* Left of `??` and inside has() nothing on the way need be there. */
static void allow_absence(struct wf_expr *e)
{
	if (e->kind == WF_EXPR_PATH || e->kind == WF_EXPR_MEMBER || e->kind == WF_EXPR_INDEX)
		e->absence_ok = true;
	if (e->kind == WF_EXPR_MEMBER || e->kind == WF_EXPR_INDEX)
		allow_absence(e->args[0]);
	for (uint32_t i = 1; e->kind == WF_EXPR_COND && i < 3; i++)
		allow_absence(e->args[i]);
	for (uint32_t i = 0; e->kind == WF_EXPR_COALESCE && i < 2; i++)
		allow_absence(e->args[i]);
}

static void resolve_args(struct wf_resolver *r, struct wf_expr *e)
{
	for (uint32_t i = 0; i < e->arg_count; i++)
		wf_resolve_node(r, e->args[i]);
}

static void resolve_coalesce(struct wf_resolver *r, struct wf_expr *e)
{
	allow_absence(e->args[0]);
	resolve_args(r, e);
	e->type = wf_type_defined(r->a->base, e->args[0]->type);
	/* `list ?? []` has the elements of the list. */
	bool empty = e->args[1]->kind == WF_EXPR_LIST && e->args[1]->arg_count == 0;
	if (!empty || e->type->kinds != WF_T_LIST)
		e->type = wf_type_union(r->a->base, e->type, e->args[1]->type);
}

static void resolve_logic(struct wf_resolver *r, struct wf_expr *e)
{
	wf_resolve_node(r, e->args[0]);
	resolve_guarded(r, e->args[1], e->args[0], e->kind == WF_EXPR_AND);
	wf_type_logic(r, e);
}

static void resolve_cond(struct wf_resolver *r, struct wf_expr *e)
{
	wf_resolve_node(r, e->args[0]);
	(void)wf_type_need(r, e->args[0], WF_T_BOOL, "the test before `?`", "a boolean");
	resolve_guarded(r, e->args[1], e->args[0], true);
	resolve_guarded(r, e->args[2], e->args[0], false);
	e->type = wf_type_union(r->a->base, e->args[1]->type, e->args[2]->type);
}

static void resolve_has(struct wf_resolver *r, struct wf_expr *e)
{
	allow_absence(e->args[0]);
	resolve_args(r, e);
	e->type = wf_type_kinds(r->a->base, WF_T_BOOL);
}

static const struct wf_type *type_of_each(struct wf_resolver *r, const struct wf_expr *e,
	const struct wf_type *element)
{
	switch (e->each) {
	case WF_EACH_MAP:
		return wf_type_list_of(r->a->base, wf_type_defined(r->a->base, e->args[1]->type));
	case WF_EACH_FILTER:
		return wf_type_list_of(r->a->base, element);
	case WF_EACH_FIRST:
		return wf_type_maybe(r->a->base, element);
	case WF_EACH_ALL:
	case WF_EACH_ANY:
	case WF_EACH_COUNT_:
		break;
	}
	return wf_type_kinds(r->a->base, WF_T_BOOL);
}

static void resolve_each(struct wf_resolver *r, struct wf_expr *e)
{
	wf_resolve_node(r, e->args[0]);
	char what[64];
	(void)snprintf(what, sizeof(what), "the first argument of %s()", e->name);
	(void)wf_type_need(r, e->args[0], WF_T_LIST, what, "a list");
	const struct wf_type *of = e->args[0]->type;
	const struct wf_type *element = of->kinds & WF_T_LIST && of->element ? of->element
		: &wf_type_any;
	struct wf_scope inner = *r->scope;
	const struct wf_scope *outer = r->scope;
	struct wf_guard *guards = r->guards;
	inner.roots |= UINT32_C(1) << WF_ROOT_ITEM | UINT32_C(1) << WF_ROOT_INDEX;
	inner.root_types[WF_ROOT_ITEM] = element;
	inner.root_types[WF_ROOT_INDEX] = wf_type_kinds(r->a->base, WF_T_INT);
	r->scope = &inner;
	r->guards = guards_of_body(r);
	wf_resolve_node(r, e->args[1]);
	r->scope = outer;
	r->guards = guards;
	(void)snprintf(what, sizeof(what), "the body of %s()", e->name);
	if (e->each != WF_EACH_MAP)
		(void)wf_type_need(r, e->args[1], WF_T_BOOL, what, "a boolean");
	e->type = type_of_each(r, e, element);
}

static void resolve_call(struct wf_resolver *r, struct wf_expr *e)
{
	for (uint32_t i = 0; e->function == WF_FN_COALESCE && i < e->arg_count; i++)
		allow_absence(e->args[i]);
	resolve_args(r, e);
	wf_type_call(r, e);
}

static void resolve_literal(struct wf_resolver *r, struct wf_expr *e)
{
	e->type = wf_type_of_value(r->a->base, e->value);
}

static void resolve_container(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_type_container(r->a, e);
}

static void resolve_text(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	e->type = wf_type_kinds(r->a->base, WF_T_STRING);
}

static void resolve_member(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_resolve_member(r, e);
}

static void resolve_index(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_resolve_index(r, e);
}

static void resolve_unary(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_type_unary(r, e);
}

/* `create-account.id` reads as a subtraction; when the whole is a step's id, that was meant. */
static bool fail_dashed_step(struct wf_resolver *r, struct wf_expr *e)
{
	const struct wf_expr *a = e->args[0], *b = e->args[1];
	if (e->op != WF_OP_SUB || a->kind != WF_EXPR_PATH || b->kind != WF_EXPR_PATH ||
		a->to + 1 != b->from)
		return false;
	char id[WF_MAX_ID + 1];
	int n = snprintf(id, sizeof(id), "%s-%s", a->segments[a->segment_count - 1].name,
		b->segments[0].name);
	if (n < 0 || (size_t)n >= sizeof(id) || wf_expr_find_step(r->a, r->scope, id) == WF_NONE)
		return false;
	wf_diag_hint(wf_resolve_found(r, WF_RULE_BINDING_UNKNOWN, e->from, e->to,
		"`-` subtracts; the step `%s` is named otherwise", id),
		"write steps['%s'].output", id);
	e->type = &wf_type_any;
	for (int i = 0; i < 2; i++)
		e->args[i]->type = &wf_type_any;
	return true;
}

static void resolve_binary(struct wf_resolver *r, struct wf_expr *e)
{
	if (fail_dashed_step(r, e))
		return;
	resolve_args(r, e);
	wf_type_binary(r, e);
}

void wf_resolve_node(struct wf_resolver *r, struct wf_expr *e)
{
	static void (*const resolvers[])(struct wf_resolver *, struct wf_expr *) = {
		[WF_EXPR_LITERAL] = resolve_literal, [WF_EXPR_PATH] = wf_resolve_path,
		[WF_EXPR_MEMBER] = resolve_member, [WF_EXPR_INDEX] = resolve_index,
		[WF_EXPR_UNARY] = resolve_unary, [WF_EXPR_BINARY] = resolve_binary,
		[WF_EXPR_AND] = resolve_logic, [WF_EXPR_OR] = resolve_logic,
		[WF_EXPR_COALESCE] = resolve_coalesce, [WF_EXPR_COND] = resolve_cond,
		[WF_EXPR_CALL] = resolve_call, [WF_EXPR_EACH] = resolve_each,
		[WF_EXPR_HAS] = resolve_has, [WF_EXPR_LIST] = resolve_container,
		[WF_EXPR_MAP] = resolve_container, [WF_EXPR_TEXT] = resolve_text,
	};
	resolvers[e->kind](r, e);
}

bool wf_expr_resolve(struct wf_expr_arena *a, struct wf_expr *e, const struct wf_scope *scope,
	const struct wf_expr_site *site, uint32_t want_kinds, struct wf_diags *diags)
{
	struct wf_resolver r = { .a = a, .scope = scope, .site = site, .diags = diags };
	wf_resolve_node(&r, e);
	uint32_t kinds = e->type->kinds & WF_T_ANY;
	if (!want_kinds || r.failed || (kinds & want_kinds))
		return !r.failed;
	char want[96], have[96];
	struct wf_type wanted = { .kinds = want_kinds };
	wf_type_name(&wanted, want, sizeof(want));
	wf_type_name(e->type, have, sizeof(have));
	struct wf_diag *d = wf_resolve_found(&r, WF_RULE_CONDITION_TYPE, e->from, e->to,
		"this has to be %s, and is %s", want, have);
	if (want_kinds == WF_T_BOOL)
		wf_diag_hint(d, "compare it with something, as in `%s != %s`",
			kinds & WF_T_NUMBER ? "count" : "name", kinds & WF_T_NUMBER ? "0" : "''");
	else if (want_kinds == WF_T_STRING)
		wf_diag_hint(d, "write text around it, such as \"order-${\xe2\x80\xa6}\", or string(\xe2\x80\xa6)");
	return false;
}
