/* Expressions that no text has: what the check builds of resolved parts for the compiler. */
#include "expr/internal.h"

static void need_type(struct wf_expr *e)
{
	if (!e->type)
		e->type = &wf_type_any;
}

struct wf_expr *wf_expr_make_value(struct wf_expr_arena *a, json_t *stolen)
{
	struct wf_expr *e = wf_expr_literal(a, stolen, 0, 0);
	e->type = wf_type_of_value(a->base, e->value);
	return e;
}

struct wf_expr *wf_expr_make(struct wf_expr_arena *a, enum wf_expr_kind kind,
	struct wf_expr *const *args, uint32_t count)
{
	struct wf_expr *e = wf_expr_node(a, kind, 0, 0);
	wf_expr_set_args(a, e, args, count);
	for (uint32_t i = 0; i < count; i++)
		need_type(e->args[i]);
	if (kind == WF_EXPR_TEXT)
		e->type = wf_type_kinds(a->base, WF_T_STRING);
	else
		wf_type_container(a, e);
	return e;
}

struct wf_expr *wf_expr_make_member(struct wf_expr_arena *a, struct wf_expr *of, const char *name)
{
	struct wf_expr *e = wf_expr_node(a, WF_EXPR_MEMBER, 0, 0);
	need_type(of);
	wf_expr_set_args(a, e, &of, 1);
	e->name = name;
	e->optional = true;
	e->type = wf_type_maybe(a->base, &wf_type_any);
	return e;
}

bool wf_expr_make_fits(const struct wf_expr *e)
{
	return wf_expr_operands(e) <= WF_MAX_STACK - 16;
}
