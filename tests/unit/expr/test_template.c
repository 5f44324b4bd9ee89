/* Strings and trees of a definition with ${…} in them. */
#include "given.h"

#include "source/tree.h"

struct row {
	const char *text, *expected;
};

static void test_strings(void **state)
{
	static const struct row rows[] = {
		{ "", "\"\"" }, { "plain", "\"plain\"" }, { "a $ b } c {", "\"a $ b } c {\"" },
		{ "${user.id}", "user.id" }, { "${ user.id ?? 'x' }", "(user.id ?? \"x\")" },
		{ " ${a}", "` ${a}`" }, { "${a}${b}", "`${a}${b}`" },
		{ "id ${a.b} of ${c}!", "`id ${a.b} of ${c}!`" }, { "${'}'}", "\"}\"" },
		{ "a ${'}' + b} c", "`a ${(\"}\" + b)} c`" }, { "${{a: 1}}", "{a: 1}" },
		{ "$${a}", "\"${a}\"" }, { "x $${a} ${b}", "`x ${a} ${b}`" },
		{ "${a}$${b}", "`${a}${b}`" }, { "${a} \"quoted ${b}'s", "`${a} \"quoted ${b}'s`" },
		{ "\xc3\xa4 ${a}", "`\xc3\xa4 ${a}`" }, { "${5}", "5" },
		{ "${a", "expr-syntax@0-2: `${` is not closed | close it with `}`" },
		{ "x ${a + } y", "expr-syntax@8-9: expected a value, found `}`" },
		{ "x ${} y", "expr-syntax@2-5: nothing stands in this `${}` | "
			"a literal `${` is written `$${`" },
		{ "x ${ a b } y", "expr-syntax@7-8: expected an operator or `}`, found `b`" },
		{ "${'abc}", "expr-syntax@2-7: the string is not closed | close it with '" },
		{ "x\xff", "encoding@1-2: this text is not UTF-8" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct given g;
		given_template(&g, rows[i].text);
		const char *got = outcome(&g);
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s\n  expected: %s\n  got:      %s", rows[i].text,
				rows[i].expected, got);
		given_done(&g);
	}
}

static void test_escaped_is_literal(void **state)
{
	struct given g;
	(void)state;
	given_template(&g, "$${a}");
	assert_int_equal(g.expr->kind, WF_EXPR_LITERAL);
	assert_string_equal(json_string_value(g.expr->value), "${a}");
	given_done(&g);
}

/* Each `${…}` of a text is read, whatever was wrong with the one before. */
static void test_all_findings(void **state)
{
	struct given g;
	(void)state;
	given_template(&g, "${a b} and ${c} and ${d..e}");
	assert_null(g.expr);
	assert_int_equal(g.diags.count, 2);
	assert_int_equal(g.diags.items[0].span.offset, 4);
	assert_int_equal(g.diags.items[1].span.offset, 24);
	given_done(&g);
}

static void test_long_text(void **state)
{
	WF_AUTOBUF struct wf_buf b = { 0 };
	struct given g;
	(void)state;
	for (int i = 0; i < 20000; i++)
		wf_buf_addstr(&b, "text ' ${a} ");
	given_template(&g, b.data);
	assert_non_null(g.expr);
	assert_int_equal(g.expr->arg_count, 40001);
	given_done(&g);

	wf_buf_reset(&b);
	wf_buf_addstr(&b, "${");
	for (int i = 0; i < WF_MAX_EXPR_BYTES; i++)
		wf_buf_addch(&b, ' ');
	wf_buf_addstr(&b, "a}");
	given_template(&g, b.data);
	assert_null(g.expr);
	assert_int_equal(g.diags.items[0].rule, WF_RULE_LIMIT);
	given_done(&g);
}

struct tree {
	struct given g;
	struct wf_documents docs;
	struct wf_expr_tree *tree;
};

static void read_tree(struct tree *t, const char *yaml)
{
	given_init(&t->g, yaml);
	wf_source_read(&t->g.source, WF_SYNTAX_YAML, &t->docs, &t->g.diags);
	assert_int_equal(t->docs.count, 1);
	t->tree = wf_expr_parse_tree(t->g.arena, &t->g.source, t->docs.items[0].root, &t->g.diags);
	t->g.expr = t->tree ? wf_expr_tree_root(t->tree) : NULL;
}

static void tree_done(struct tree *t)
{
	wf_documents_done(&t->docs);
	given_done(&t->g);
}

static void test_trees(void **state)
{
	static const struct row rows[] = {
		{ "5", "5" }, { "\"${a.b}\"", "a.b" }, { "null", "null" },
		{ "{to: '${user.email}', n: 3, on: true, list: [1, 'x ${i}', {}]}",
			"{to: user.email, n: 3, on: true, list: [1, `x ${i}`, {}]}" },
		{ "'X-${name}': 1", "{`X-${name}`: 1}" }, { "'${name}': 1", "{`${name}`: 1}" },
		{ "'a.b': 1.5", "{\"a.b\": 1.5}" }, { "'${5}': 1", "{`${5}`: 1}" },
		{ "{a: '${b c}'}", "expr-syntax@9-10: expected an operator or `}`, found `c`" },
		{ "'k ${b c}': 1", "expr-syntax@7-8: expected an operator or `}`, found `c`" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tree t;
		read_tree(&t, rows[i].text);
		const char *got = t.g.diags.count ? finding(&t.g, 0) : outcome(&t.g);
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s\n  expected: %s\n  got:      %s", rows[i].text,
				rows[i].expected, got);
		tree_done(&t);
	}
}

static void test_tree_findings(void **state)
{
	struct tree t;
	(void)state;
	read_tree(&t, "a: ${x y}\nb: 'ok ${z}'\nc: [ \"${1 +}\" ]\n");
	assert_int_equal(t.g.diags.errors, 2);
	assert_int_equal(t.g.diags.items[0].span.line, 1);
	assert_int_equal(t.g.diags.items[0].span.column, 8);
	assert_int_equal(t.g.diags.items[1].span.line, 3);
	assert_int_equal(t.g.diags.items[1].span.column, 12);

	/* What stands beside them is checked all the same. */
	static const struct wf_type closed = { .kinds = WF_T_MAP, .closed = true };
	struct wf_scope scope = { .input = &closed };
	assert_false(wf_expr_resolve_tree(t.g.arena, t.tree, &scope, &t.g.diags));
	assert_int_equal(t.g.diags.errors, 3);
	assert_int_equal(t.g.diags.items[2].rule, WF_RULE_BINDING_UNKNOWN);
	assert_int_equal(wf_type_member(wf_expr_tree_type(t.tree), "a")->kinds, WF_T_ANY);
	tree_done(&t);
}

static void test_tree_types(void **state)
{
	static const struct wf_type string = { .kinds = WF_T_STRING };
	static struct wf_type_member members[] = { { "name", &string } };
	static const struct wf_type input = { WF_T_MAP, NULL, members, 1, true };
	struct wf_scope scope = { .input = &input, .vars = &wf_type_any };
	struct tree t;
	(void)state;
	read_tree(&t, "{to: '${name}', n: 3, greet: 'hello ${name}', list: ['${name}', 1]}");
	assert_true(wf_expr_resolve_tree(t.g.arena, t.tree, &scope, &t.g.diags));
	const struct wf_type *type = wf_expr_tree_type(t.tree);
	assert_int_equal(type->kinds, WF_T_MAP);
	assert_true(type->closed);
	assert_int_equal(wf_type_member(type, "to")->kinds, WF_T_STRING);
	assert_int_equal(wf_type_member(type, "n")->kinds, WF_T_INT);
	assert_int_equal(wf_type_member(type, "greet")->kinds, WF_T_STRING);
	assert_int_equal(wf_type_member(type, "list")->element->kinds, WF_T_STRING | WF_T_INT);
	assert_null(wf_type_member(type, "other"));
	tree_done(&t);

	read_tree(&t, "{to: '${nmae}'}");
	assert_false(wf_expr_resolve_tree(t.g.arena, t.tree, &scope, &t.g.diags));
	assert_string_equal(finding(&t.g, 0), "binding-unknown@8-12: nothing named `nmae` here | "
		"did you mean `name`? | name");
	tree_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings), cmocka_unit_test(test_escaped_is_literal),
		cmocka_unit_test(test_all_findings), cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_trees), cmocka_unit_test(test_tree_findings),
		cmocka_unit_test(test_tree_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
