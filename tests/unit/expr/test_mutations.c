/*
 * Many texts that are almost expressions. Whatever comes: a tree, or findings inside the text; what
 * was read prints, and what printed is read as the same; resolving a tree types every node.
 */
#include "given.h"

static const char *const seeds[] = {
	"user.risk_score ?? 1 < 0.7 and not (a.b['c d'] in [1, -2.5e3, 'x', null, true])",
	"map(filter(items, item.price > 10 || index % 2 == 0), item.get('k', {}).z)[0]",
	"${user.id} == \"ann\\u00e4\\n\" ? {a: [1, 2], 'b c': lower(x)} : has(steps.q.output.x)",
	"min(1, 2, max(3, 4)) + size('abc') * -3 / 7 - -a.b.c[d.e]",
	"https://x/${a.b}/${c ?? 'd'}?q=${url_encode(e)}&f=$${g}",
	"first(xs, any(item.ys, item == 'q' and all(zs, item != index))) ?? [[], {}]",
};
static const char *const pieces[] = {
	"${", "}", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "\\u12", "??", "?", ":", ".", ",",
	"==", "=", "<", "&&", "not ", " in ", "and", "-", "1e9", "99999999999999999999", "has(", "map(",
	"\xc3\xa4", "\xe2\x80\x9c", "\xff", ".get(", "null", "$", "item", "\n", "secrets.x",
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t random_state;

static uint32_t draw(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 11) % n);
}

static void mutate(struct wf_buf *b)
{
	size_t at = draw(b->len + 1);
	size_t n = at < b->len ? draw(b->len - at < 12 ? b->len - at + 1 : 12) : 0;
	WF_AUTOBUF struct wf_buf out = { 0 };
	wf_buf_add(&out, b->data, at);
	switch (draw(5)) {
	case 0: /* leave some out */
		break;
	case 1: /* twice */
		wf_buf_add(&out, b->data + at, n);
		wf_buf_add(&out, b->data + at, n);
		break;
	case 2: /* another byte */
		wf_buf_addch(&out, (char)(1 + draw(255)));
		break;
	default:
		wf_buf_addstr(&out, pieces[draw(COUNT(pieces))]);
		n = draw(2) ? 0 : n;
	}
	wf_buf_add(&out, b->data + at + n, b->len - at - n);
	struct wf_buf old = *b;
	*b = out;
	out = old;
}

static void check_typed(const struct wf_expr *e)
{
	assert_non_null(e->type);
	assert_true(e->from <= e->to);
	for (uint32_t i = 0; i < e->arg_count; i++)
		check_typed(e->args[i]);
}

static void check_findings(const struct given *g)
{
	for (size_t i = 0; i < g->diags.count; i++) {
		const struct wf_diag *d = &g->diags.items[i];
		assert_true(d->span.offset <= d->span.end_offset);
		assert_true(d->span.end_offset <= g->source.len);
		assert_true(d->message[0]);
	}
}

/* 1 when it was read. */
static size_t check(const char *text, bool template)
{
	static const struct wf_type closed = { .kinds = WF_T_MAP, .closed = true };
	static const char *const ids[] = { "q", "user" };
	struct given g;
	if (template)
		given_template(&g, text);
	else
		given_expr(&g, text);
	check_findings(&g);
	assert_int_equal(g.expr == NULL, g.diags.errors > 0);
	size_t read = g.expr != NULL;
	if (read && !template) {
		struct given again;
		const char *printed = outcome(&g);
		given_expr(&again, printed);
		if (again.expr || again.diags.items[0].rule != WF_RULE_LIMIT)
			assert_string_equal(outcome(&again), printed);
		given_done(&again);
	}
	if (read) {
		struct wf_scope scope = { .input = draw(2) ? &closed : &wf_type_any, .step_ids = ids,
			.step_count = 2, .roots = draw(1u << WF_ROOT_COUNT_) };
		bool good = wf_expr_resolve(g.arena, g.expr, &scope, &g.site, draw(2) * WF_T_BOOL,
			&g.diags);
		assert_int_equal(good, g.diags.errors == 0);
		check_typed(g.expr);
		check_findings(&g);
	}
	given_done(&g);
	return read;
}

static void test_mutations(void **state)
{
	size_t read = 0, total = 20000;
	(void)state;
	random_state = UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < total; i++) {
		WF_AUTOBUF struct wf_buf b = { 0 };
		wf_buf_addstr(&b, seeds[draw(COUNT(seeds))]);
		for (uint32_t n = draw(4) + (i % 8 == 0 ? 8 : 0); n > 0; n--)
			mutate(&b);
		read += check(b.data, i % 3 == 0);
	}
	assert_in_range(read, total / 20, total - total / 20); /* both sides are tried */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_mutations) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
