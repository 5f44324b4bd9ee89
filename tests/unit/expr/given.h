/* An expression on its own, as on a command line, and what comes of it. */
#ifndef TESTS_EXPR_GIVEN_H
#define TESTS_EXPR_GIVEN_H

#include "base/limits.h"
#include "expr/expr.h"
#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct given {
	struct wf_expr_arena *arena;
	struct wf_source source;
	struct wf_expr_site site;
	struct wf_diags diags;
	struct wf_expr *expr;
	struct wf_buf text; /* scratch */
};

static inline void given_init(struct given *g, const char *text)
{
	*g = (struct given){ .arena = wf_expr_arena_new(), .source = { "-", text, strlen(text) } };
	g->site = (struct wf_expr_site){ &g->source, NULL, 0 };
}

static inline void given_expr(struct given *g, const char *text)
{
	given_init(g, text);
	g->expr = wf_expr_parse(g->arena, text, strlen(text), &g->site, &g->diags);
}

static inline void given_template(struct given *g, const char *text)
{
	given_init(g, text);
	g->expr = wf_expr_parse_template(g->arena, text, strlen(text), &g->site, &g->diags);
}

static inline void given_done(struct given *g)
{
	wf_expr_arena_free(g->arena);
	wf_diags_done(&g->diags);
	wf_buf_done(&g->text);
}

/* "rule@from-to: message | hint | fix", what is missing left out; "" without a finding. */
static inline const char *finding(struct given *g, size_t i)
{
	wf_buf_reset(&g->text);
	if (i >= g->diags.count)
		return "";
	const struct wf_diag *d = &g->diags.items[i];
	wf_buf_printf(&g->text, "%s@%u-%u: %s", wf_rule_info(d->rule)->id, d->span.offset,
		d->span.end_offset, d->message);
	if (d->hint)
		wf_buf_printf(&g->text, " | %s", d->hint);
	if (d->fix)
		wf_buf_printf(&g->text, " | %s", d->fix);
	return g->text.data;
}

/* The tree as it prints, or the first finding. */
static inline const char *outcome(struct given *g)
{
	if (!g->expr)
		return finding(g, 0);
	wf_buf_reset(&g->text);
	wf_expr_print(g->expr, &g->text);
	return g->text.data;
}

#endif
