/* Expressions to instructions: what is emitted, and that the verifier takes it. */
#include "compile/compile.h"
#include "compile/emit.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const step_ids[] = { "quote", "other" };
static const char *const optional_paths[] = { "user.score" };
static const struct wf_scope scope = {
	.input = &wf_type_any,
	.vars = &wf_type_any,
	.step_count = 2,
	.step_ids = step_ids,
	.roots = 1u << WF_ROOT_INPUT | 1u << WF_ROOT_VARS | 1u << WF_ROOT_EVENT,
	.optional_paths = optional_paths,
	.optional_count = 1,
};

struct given {
	struct wf_expr_arena *arena;
	struct wf_source source;
	struct wf_expr_site site;
	struct wf_diags diags;
	struct wf_expr *expr;
};

static void given_init(struct given *g, const char *text, bool template)
{
	size_t n = strlen(text);
	*g = (struct given){ .arena = wf_expr_arena_new(), .source = { "-", text, n } };
	g->site = (struct wf_expr_site){ &g->source, NULL, 0 };
	g->expr = template ? wf_expr_parse_template(g->arena, text, n, &g->site, &g->diags)
		: wf_expr_parse(g->arena, text, n, &g->site, &g->diags);
	if (!g->expr || !wf_expr_resolve(g->arena, g->expr, &scope, &g->site, 0, &g->diags))
		fail_msg("%s: %s", text, g->diags.items[0].message);
}

static void given_done(struct given *g)
{
	wf_expr_arena_free(g->arena);
	wf_diags_done(&g->diags);
}

/* "get name; jump 7; const {…}; …", with the operand that the format has. */
static void show(const struct wf_plan *plan, struct wf_buf *out)
{
	for (uint32_t i = 0; i < plan->code_count; i++) {
		const struct wf_insn *insn = &plan->code[i];
		const struct wf_op_info *op = &wf_ops[insn->op];
		wf_buf_printf(out, "%s%s", i ? "; " : "", op->mnemonic);
		if (op->format != WF_FORMAT_NONE)
			wf_buf_addch(out, ' ');
		if (op->format == WF_FORMAT_CONST)
			wf_json_write(plan->consts[insn->c], out);
		else if (op->format == WF_FORMAT_NAME)
			wf_buf_addstr(out, plan->strings[insn->c]);
		else if (op->format == WF_FORMAT_ROOT)
			wf_buf_addstr(out, wf_root_name((enum wf_root)insn->a));
		else if (op->format == WF_FORMAT_STEPPART)
			wf_buf_printf(out, "%u.%s", insn->c,
				wf_step_part_name((enum wf_step_part)insn->a));
		else if (op->format == WF_FORMAT_CALL)
			wf_buf_printf(out, "%s/%u", wf_functions[insn->c].name, insn->a);
		else if (op->format == WF_FORMAT_EACH)
			wf_buf_printf(out, "%s %u", wf_each_name((enum wf_each)insn->a), insn->c);
		else if (op->format != WF_FORMAT_NONE)
			wf_buf_printf(out, "%u", insn->c);
	}
}

static void check(const char *text, bool template, const char *expected)
{
	struct given g;
	struct wf_plan_builder b;
	WF_AUTOBUF struct wf_buf got = { 0 };
	given_init(&g, text, template);
	wf_plan_builder_init(&b);
	struct wf_emitter *e = wf_emitter_new(&b);
	wf_emit_expr(e, g.expr);
	wf_emit_flush(e);
	show(&b.plan, &got);
	if (strcmp(got.data, expected) != 0)
		fail_msg("%s\n  expected: %s\n  got:      %s", text, expected, got.data);
	wf_emitter_free(e);
	wf_plan_builder_done(&b);
	given_done(&g);
}

struct row {
	const char *text, *expected;
};

static void check_rows(const struct row *rows, size_t n, bool template)
{
	for (size_t i = 0; i < n; i++)
		check(rows[i].text, template, rows[i].expected);
}
#define CHECK_ROWS(rows, template) check_rows((rows), sizeof(rows) / sizeof((rows)[0]), (template))

static void test_constants(void **state)
{
	static const struct row rows[] = {
		{ "5", "const 5" }, { "-5", "const -5" }, { "'a'", "const \"a\"" },
		{ "null", "const null" }, { "[1, [2], {a: 'x'}]", "const [1,[2],{\"a\":\"x\"}]" },
		{ "{a: 1, b: {c: []}}", "const {\"a\":1,\"b\":{\"c\":[]}}" },
		{ "[1, vars.x]", "const 1; root vars; get x; list 2" },
		{ "{a: [1, 2], b: vars.x}",
			"const \"a\"; const [1,2]; const \"b\"; root vars; get x; map 2" },
	};
	static const struct row templates[] = {
		{ "plain", "const \"plain\"" }, { "a ${1} ${'b'} ${[true]}", "const \"a 1 b [true]\"" },
		{ "", "const \"\"" },
	};
	(void)state;
	CHECK_ROWS(rows, false);
	CHECK_ROWS(templates, true);
}

static void test_paths(void **state)
{
	static const struct row rows[] = {
		{ "user.id", "root input; get user; get id" },
		{ "input.user.id", "root input; get user; get id" },
		{ "vars['x-y']", "root vars; get x-y" }, { "event", "root event" },
		{ "quote.body", "step.part 0.output; get body" },
		{ "steps.other.output.a.b", "step.part 1.output; get a; get b" },
		{ "steps.other.status", "step.part 1.status" },
		{ "steps.other.error.code", "step.part 1.error; get.opt code" },
		{ "user.score", "root input; get.opt user; get.opt score" },
		{ "user.score.deep", "root input; get.opt user; get.opt score; get.opt deep" },
		{ "user.list[0].a", "root input; get user; get list; const 0; index; get a" },
		{ "user.list[vars.i]", "root input; get user; get list; root vars; get i; index" },
		{ "user.list[0].a ?? 1", "root input; get.opt user; get.opt list; const 0; index.opt; "
			"get.opt a; defined 9; pop; const 1" },
	};
	(void)state;
	CHECK_ROWS(rows, false);
}

static void test_operators(void **state)
{
	static const struct row rows[] = {
		{ "vars.a + vars.b * 2", "root vars; get a; root vars; get b; const 2; mul; add" },
		{ "-vars.a", "root vars; get a; neg" }, { "not vars.a", "root vars; get a; not" },
		{ "vars.a == 1", "root vars; get a; const 1; eq" },
		{ "user.score < 0.5", "root input; get.opt user; get.opt score; const 0.5; lt" },
		{ "user.score + 1", "root input; get.opt user; get.opt score; need user.score; const 1; "
			"add" },
		{ "vars.a < 1 and vars.b > 2", "root vars; get a; const 1; lt; and.then 10; pop; "
			"root vars; get b; const 2; gt" },
		{ "vars.a or vars.b", "root vars; get a; or.else 7; pop; root vars; get b; bool" },
		{ "vars.a ?? vars.b ?? 1", "root vars; get.opt a; defined 6; pop; root vars; get.opt b; "
			"defined 9; pop; const 1" },
		{ "vars.a ? 1 : vars.b", "root vars; get a; unless 5; const 1; jump 7; root vars; get b" },
		{ "has(vars.a)", "root vars; get.opt a; defined 6; pop; const false; jump 8; pop; "
			"const true" },
		{ "vars.a not in [1]", "root vars; get a; const [1]; in; not" },
	};
	(void)state;
	CHECK_ROWS(rows, false);
}

static void test_calls(void **state)
{
	static const struct row rows[] = {
		{ "now()", "call now/0" },
		{ "lower(vars.a)", "root vars; get a; call lower/1" },
		{ "lower(user.score)", "root input; get.opt user; get.opt score; need user.score; "
			"call lower/1" },
		{ "user.score.get('k', 1)", "root input; get.opt user; get.opt score; const \"k\"; "
			"const 1; call get/3" },
		{ "coalesce(vars.a, 1)", "root vars; get.opt a; const 1; call coalesce/2" },
		{ "map(vars.l, item.x)", "root vars; get l; each map 3; root item; get x; return" },
		{ "filter(vars.l, item.x)",
			"root vars; get l; each filter 3; root item; get x; bool; return" },
		{ "any(vars.l, item == 1)",
			"root vars; get l; each any 3; root item; const 1; eq; return" },
		{ "map(vars.l, map(item, index)) + map([vars.x], 1)",
			"root vars; get l; each map 8; root vars; get x; list 1; each map 12; add; "
			"root item; need item; each map 14; return; const 1; return; root index; return" },
	};
	(void)state;
	CHECK_ROWS(rows, false);
}

/* A text needs its parts; an undefined member of a map is left out, of a list null. */
static void test_undefined(void **state)
{
	static const struct row templates[] = {
		{ "a ${vars.b}!", "const \"a \"; root vars; get b; const \"!\"; text 3" },
		{ "a ${user.score}", "const \"a \"; root input; get.opt user; get.opt score; "
			"need user.score; text 2" },
		{ "a ${event}", "const \"a \"; root event; need event; text 2" },
		{ "a ${quote}", "const \"a \"; step.part 0.output; need quote; text 2" },
		{ "a ${steps.quote.status}", "const \"a \"; step.part 0.status; text 2" },
		{ "${user.score}", "root input; get.opt user; get.opt score" },
		{ "a ${user.score ?? 1}", "const \"a \"; root input; get.opt user; get.opt score; "
			"defined 7; pop; const 1; text 2" },
	};
	static const struct row rows[] = {
		{ "[user.score]", "root input; get.opt user; get.opt score; list 1" },
		{ "{a: user.score}", "const \"a\"; root input; get.opt user; get.opt score; map 1" },
	};
	(void)state;
	CHECK_ROWS(templates, true);
	CHECK_ROWS(rows, false);
}

/* Bodies come from the place that their expression was marked with. */
static void test_places(void **state)
{
	struct given g;
	struct wf_plan_builder b;
	(void)state;
	given_init(&g, "map(vars.l, item)", false);
	wf_plan_builder_init(&b);
	struct wf_emitter *e = wf_emitter_new(&b);
	wf_plan_mark(&b, 3, 7);
	wf_emit_expr(e, g.expr);
	wf_plan_mark(&b, 9, 1);
	(void)wf_plan_emit(&b, WF_OP_RETURN, 0, 0);
	wf_emit_flush(e);
	assert_int_equal(b.plan.loc_count, 3);
	assert_int_equal(b.plan.locs[2].pc, 4);
	assert_int_equal(b.plan.locs[2].line, 3);
	assert_int_equal(b.plan.locs[2].column, 7);
	wf_emitter_free(e);
	wf_plan_builder_done(&b);
	given_done(&g);
}

static void check_loads(const char *text)
{
	struct given g;
	WF_AUTOBUF struct wf_buf bytes = { 0 };
	struct wf_plan *plan = NULL;
	struct wf_cause cause = { 0 };
	uint32_t pc = 0;
	given_init(&g, text, false);
	assert_int_equal(wf_compile_expr(g.expr, &bytes, &pc), 0);
	if (wf_plan_load(bytes.data, bytes.len, &plan, &cause) < 0)
		fail_msg("%.80s: %s", text, cause.text);
	wf_plan_free(plan);
	given_done(&g);
}

static char *repeat(const char *head, const char *s, size_t n, const char *middle, const char *s2,
	const char *tail)
{
	struct wf_buf b = { 0 };
	wf_buf_addstr(&b, head);
	for (size_t i = 0; i < n; i++)
		wf_buf_addstr(&b, s);
	wf_buf_addstr(&b, middle);
	for (size_t i = 0; i < n && s2; i++)
		wf_buf_addstr(&b, s2);
	wf_buf_addstr(&b, tail);
	return wf_buf_take(&b);
}

/* However long or deep: what the parser takes the verifier takes. */
static void test_large(void **state)
{
	char *const texts[] = {
		repeat("[x", ",x", 5000, "", NULL, "]"),
		repeat("", "[x,x,", 190, "x", "]", ""),
		repeat("", "{a:x,b:", 190, "x", "}", ""),
		repeat("", "[x,map(x,", 90, "x", ")]", ""),
		repeat("{a:x", "", 0, "", NULL, "}"),
		repeat("min(x", ",x", 200, "", NULL, ")"),
		repeat("", "min(x,x,x,x,", 190, "x", ")", ""),
		repeat("x", "+x", 190, "", NULL, ""),
		repeat("", "x+(", 95, "x", ")", ""),
		repeat("", "x ? 1 : ", 150, "2", NULL, ""),
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		check_loads(texts[i]);
		wf_free(texts[i]);
	}
}

/* Long lists, maps and texts are built in pieces. */
static void test_pieces(void **state)
{
	WF_AUTOBUF struct wf_buf map = { 0 };
	WF_AUTOBUF struct wf_buf want = { 0 };
	(void)state;
	char *list = repeat("[event", ",event", 199, "", NULL, "]");
	for (int i = 0; i < 200; i++)
		wf_buf_addstr(&want, i == 128 ? "list 128; root event; " : "root event; ");
	wf_buf_addstr(&want, "list 72; add");
	check(list, false, want.data);
	wf_free(list);

	wf_buf_reset(&want);
	for (int i = 0; i < 70; i++) {
		wf_buf_printf(&map, "%sk%d: event", i ? ", " : "{", i);
		wf_buf_printf(&want, "%sconst \"k%d\"; root event; ", i == 64 ? "map 64; " : "", i);
	}
	wf_buf_addstr(&map, "}");
	wf_buf_addstr(&want, "map 6; call merge/2");
	check(map.data, false, want.data);

	wf_buf_reset(&want);
	char *text = repeat("", "${vars.a}", 130, "", NULL, "");
	for (int i = 0; i < 130; i++)
		wf_buf_printf(&want, "%sroot vars; get a; ", i == 128 ? "text 128; " : "");
	wf_buf_addstr(&want, "text 3");
	check(text, true, want.data);
	wf_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constants), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_operators), cmocka_unit_test(test_calls),
		cmocka_unit_test(test_undefined), cmocka_unit_test(test_places),
		cmocka_unit_test(test_large), cmocka_unit_test(test_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
