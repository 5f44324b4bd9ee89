/* Texts to trees, and texts that are no expressions to findings at the right place. */
#include "given.h"

struct row {
	const char *text, *expected;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct given g;
		given_expr(&g, rows[i].text);
		const char *got = outcome(&g);
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s\n  expected: %s\n  got:      %s", rows[i].text, rows[i].expected,
				got);
		assert_int_equal(g.diags.count, g.expr ? 0 : 1);
		given_done(&g);
	}
}
#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void test_literals(void **state)
{
	static const struct row rows[] = {
		{ "0", "0" }, { "12", "12" }, { "1.5", "1.5" }, { "2e3", "2000.0" },
		{ "1.5E-3", "0.0015" }, { "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "(-9223372036854775808)" }, { "-5", "(-5)" },
		{ "- 5", "(- 5)" }, { "true", "true" }, { "false", "false" }, { "null", "null" },
		{ "'it'", "\"it\"" }, { "\"it's\"", "\"it's\"" }, { "'it\\'s'", "\"it's\"" },
		{ "'a\\n\\t\\r\\\\\\/\\\"'", "\"a\\n\\t\\r\\\\/\\\"\"" },
		{ "'\\u00e4\\u20ac\\ud83d\\ude00'", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "'\xc3\xa4'", "\"\xc3\xa4\"" }, { "''", "\"\"" }, { "'\f\\b\\f'", "\"\\f\\b\\f\"" }, { "[]", "[]" },
		{ "[1, 'a', [true]]", "[1, \"a\", [true]]" }, { "{}", "{}" },
		{ "{a: 1, 'b c': 2, \"d\": {e: x}}", "{a: 1, \"b c\": 2, d: {e: x}}" },
		{ "{in: 1, true: 2, and: 3}", "{in: 1, true: 2, and: 3}" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_paths(void **state)
{
	static const struct row rows[] = {
		{ "user", "user" }, { "user.id", "user.id" }, { "${user.id}", "user.id" },
		{ "${ user . id }", "user.id" }, { "${user}.id", "user.id" },
		{ "(user).id", "user.id" }, { "user['id']", "user.id" },
		{ "user['x-y'].z", "user[\"x-y\"].z" }, { "user[\"a\"]['b']", "user.a.b" },
		{ "list[0]", "list[0]" }, { "list[-1].x", "list[(-1)].x" },
		{ "list[i + 1]['k'].x", "list[(i + 1)].k.x" }, { "a.in.not.true", "a.in.not.true" },
		{ "{a: 1}.a", "{a: 1}.a" }, { "[1, 2][0]", "[1, 2][0]" },
		{ "f.get('k')", "get(f, \"k\")" }, { "f.g.get('k', 0).x", "get(f.g, \"k\", 0).x" },
		{ "_a1.B_2", "_a1.B_2" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_precedence(void **state)
{
	static const struct row rows[] = {
		{ "1 + 2 * 3", "(1 + (2 * 3))" }, { "1 - 2 - 3", "((1 - 2) - 3)" },
		{ "8 / 4 / 2 % 3", "(((8 / 4) / 2) % 3)" }, { "(1 + 2) * 3", "((1 + 2) * 3)" },
		{ "-a * b", "((-a) * b)" }, { "-a.b[0]", "(-a.b[0])" }, { "a - -1", "(a - (-1))" },
		{ "a -1", "(a - 1)" }, { "- -a", "(-(-a))" },
		{ "a + b == c - d", "((a + b) == (c - d))" },
		{ "a == b and c != d", "((a == b) and (c != d))" },
		{ "a && b || c && d", "((a and b) or (c and d))" },
		{ "a or b and c", "(a or (b and c))" }, { "not a == b", "(not (a == b))" },
		{ "!a && b", "((not a) and b)" }, { "not not a", "(not (not a))" },
		{ "a == !b", "(a == (not b))" }, { "a ?? b ?? c", "((a ?? b) ?? c)" },
		{ "a ?? b or c", "(a ?? (b or c))" }, { "(a ?? 1) < 2", "((a ?? 1) < 2)" },
		{ "${a ?? 1} < 2", "((a ?? 1) < 2)" },
		{ "a ? b : c ? d : e", "(a ? b : (c ? d : e))" },
		{ "a ? b ? 1 : 2 : 3", "(a ? (b ? 1 : 2) : 3)" },
		{ "a ?? b ? 1 : 2", "((a ?? b) ? 1 : 2)" }, { "a in [1, 2]", "(a in [1, 2])" },
		{ "a not in b", "(not (a in b))" }, { "not a in b", "(not (a in b))" },
		{ "a + 1 in b", "((a + 1) in b)" }, { "(a < b) == (c < d)", "((a < b) == (c < d))" },
		{ "a<b", "(a < b)" }, { "a<=b", "(a <= b)" }, { "a>b", "(a > b)" },
		{ "a>=b", "(a >= b)" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_calls(void **state)
{
	static const struct row rows[] = {
		{ "now()", "now()" }, { "lower(a)", "lower(a)" }, { "min(1, 2, 3)", "min(1, 2, 3)" },
		{ "has(a.b)", "has(a.b)" }, { "has(${a.b})", "has(a.b)" }, { "has(a[0].b)", "has(a[0].b)" },
		{ "map(xs, item.a)", "map(xs, item.a)" },
		{ "filter(map(xs, item + 1), item > index)",
			"filter(map(xs, (item + 1)), (item > index))" },
		{ "nope(1)", "nope(1)" }, { "map(xs)", "map(xs)" }, { "has()", "has()" },
		{ "parse_json(a).b[0]", "parse_json(a).b[0]" },
	};
	struct given g;
	(void)state;
	CHECK_ROWS(rows);

	given_expr(&g, "any(xs, item == 1)");
	assert_int_equal(g.expr->kind, WF_EXPR_EACH);
	assert_int_equal(g.expr->each, WF_EACH_ANY);
	given_done(&g);
	given_expr(&g, "get(a, 'b')");
	assert_int_equal(g.expr->kind, WF_EXPR_CALL);
	assert_int_equal(g.expr->function, WF_FN_LOOKUP);
	given_done(&g);
	given_expr(&g, "has(a)");
	assert_int_equal(g.expr->kind, WF_EXPR_HAS);
	given_done(&g);
	given_expr(&g, "nope(1)");
	assert_int_equal(g.expr->function, WF_FN_COUNT_);
	given_done(&g);
}

static void test_errors(void **state)
{
	static const struct row rows[] = {
		{ "", "expr-syntax@0-0: the expression is empty" },
		{ "  ", "expr-syntax@0-2: the expression is empty" },
		{ "a = 1", "expr-syntax@2-3: `=` does not compare | write `==`" },
		{ "a === 1", "expr-syntax@2-5: `===` is no operator | write `==` to compare" },
		{ "a !== 1", "expr-syntax@2-5: `!==` is no operator | write `!=` to compare" },
		{ "a <> 1", "expr-syntax@2-4: `<>` is no operator | write `!=` to compare" },
		{ "a & b", "expr-syntax@2-3: `&` is no operator | write `&&` or `and`" },
		{ "a | lower", "expr-syntax@2-3: `|` is no operator | "
			"write `||` or `or`; functions are called as lower(x)" },
		{ "a AND b", "expr-syntax@2-5: expected an operator or the end, found `AND` | "
			"the operator is written `and` or `&&`" },
		{ "a b", "expr-syntax@2-3: expected an operator or the end, found `b`" },
		{ "a +", "expr-syntax@3-3: expected a value, found the end" },
		{ "a + * b", "expr-syntax@4-5: expected a value, found `*`" },
		{ "and b", "expr-syntax@0-3: expected a value, found `and`" },
		{ "a < b < c", "expr-syntax@6-7: comparisons cannot be chained | "
			"write `a < b and b < c`, or parentheses" },
		{ "a == b == c", "expr-syntax@7-9: comparisons cannot be chained | "
			"write `a < b and b < c`, or parentheses" },
		{ "(a + b", "expr-syntax@0-1: `(` is not closed | close it with `)`" },
		{ "${a.b", "expr-syntax@0-2: `${` is not closed | close it with `}`" },
		{ "a[0", "expr-syntax@1-2: `[` is not closed | close it with `]`" },
		{ "lower(a", "expr-syntax@5-6: `(` is not closed | close it with `)`" },
		{ "{a: 1", "expr-syntax@0-1: `{` is not closed | close it with `}`" },
		{ "(a, b)", "expr-syntax@2-3: expected an operator or `)`, found `,`" },
		{ "a)", "expr-syntax@1-2: `)` closes nothing" },
		{ "${a}}", "expr-syntax@4-5: `}` closes nothing" },
		{ "[1, ]", "expr-syntax@4-5: expected a value, found `]`" },
		{ "a[]", "expr-syntax@2-3: expected an index or a key, found `]`" },
		{ "a.", "expr-syntax@2-2: expected a name behind the dot, found the end" },
		{ "a..b", "expr-syntax@2-3: expected a name behind the dot, found `.`" },
		{ "a.0", "expr-syntax@2-3: expected a name behind the dot, found a number | "
			"an element of a list is taken with [0]" },
		{ "a.lower()", "expr-syntax@2-7: only get() is called with a dot | "
			"write the value as first argument: lower(value\xe2\x80\xa6)" },
		{ "a ? b", "expr-syntax@2-3: `?` has no `:` | "
			"a choice is written `condition ? this : that`" },
		{ "a?.b", "expr-syntax@1-3: `?.` is no operator | "
			"write `a.b ?? default`: every part of a path left of `??` may be absent" },
		{ "'abc", "expr-syntax@0-4: the string is not closed | close it with '" },
		{ "'a\\d'", "expr-syntax@2-4: an escape that is not known | a backslash itself is "
			"written `\\\\`; escapes are \\n \\r \\t \\\\ \\/ \\' \\\" \\uXXXX" },
		{ "'\\ud83d'", "expr-syntax@1-3: half of a surrogate pair | a backslash itself is "
			"written `\\\\`; escapes are \\n \\r \\t \\\\ \\/ \\' \\\" \\uXXXX" },
		{ "\xe2\x80\x9c" "a\xe2\x80\x9d", "expr-syntax@0-3: a typographic quotation mark | "
			"write \" instead" },
		{ "a \xe2\x89\xa4 1", "expr-syntax@2-5: a typographic operator | write `<=`" },
		{ "\xc3\xa4.b", "expr-syntax@0-2: names are of ASCII letters, digits and _ | "
			"any other key is written ['k\xc3\xa4se']" },
		{ "012", "expr-syntax@0-3: a number does not begin with a superfluous 0" },
		{ "1.", "expr-syntax@0-2: a digit is missing behind the decimal point" },
		{ ".5", "expr-syntax@0-1: a number does not begin with a point | write 0 before it" },
		{ "1st", "expr-syntax@0-3: neither a number nor a name | "
			"a key that begins with a digit is written ['1st']" },
		{ "9223372036854775808", "number-range@0-19: an integer beyond 64 bits | "
			"the largest integer is 9223372036854775807" },
		{ "1e999", "number-range@0-5: a number too large to be kept | "
			"the largest integer is 9223372036854775807" },
		{ "{{ a }}", "expr-syntax@1-2: expected a key, found `{` | "
			"a path is written `user.id` or `${user.id}`, not in double braces" },
		{ "{a: 1, a: 2}", "duplicate-key@7-8: the key `a` stands twice in this map" },
		{ "{1: 2}", "expr-syntax@1-2: expected a key (a name or a string), found `1`" },
		{ "{a 2}", "expr-syntax@3-4: expected `:` behind the key, found `2`" },
		{ "$.a", "expr-syntax@0-1: `$` means nothing here | "
			"a path is written `user.id` or `${user.id}`" },
		{ "has(1 + 2)", "expr-syntax@4-9: has() asks for a path | such as has(user.email)" },
		{ "map(xs, x => x)", "expr-syntax@10-12: `=>` is no operator | to compare write `>=`; "
			"the body of map and filter names its element `item`" },
		{ "a\xff", "encoding@1-2: this expression is not UTF-8" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

/* The columns of a finding count code points, on the line where it stands. */
static void test_place(void **state)
{
	struct given g;
	(void)state;
	given_expr(&g, "'\xc3\xa4' +\n '\xc3\xb6' = 1");
	assert_int_equal(g.diags.count, 1);
	assert_int_equal(g.diags.items[0].span.line, 2);
	assert_int_equal(g.diags.items[0].span.column, 6);
	assert_int_equal(g.diags.items[0].span.end_column, 7);
	given_done(&g);
}

static char *repeat(const char *head, const char *s, size_t n, const char *tail)
{
	struct wf_buf b = { 0 };
	wf_buf_addstr(&b, head);
	for (size_t i = 0; i < n; i++)
		wf_buf_addstr(&b, s);
	wf_buf_addstr(&b, tail);
	return wf_buf_take(&b);
}

/* 0 read, else the rule of the finding. */
static enum wf_rule rule_of(char *text)
{
	struct given g;
	given_expr(&g, text);
	enum wf_rule rule = g.expr ? WF_RULE_COUNT_ : g.diags.items[0].rule;
	assert_int_equal(g.diags.count, g.expr ? 0 : 1);
	given_done(&g);
	wf_free(text);
	return rule;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(rule_of(repeat("", "(", 150, "")), WF_RULE_EXPR_SYNTAX);
	assert_int_equal(rule_of(repeat("", "(", 30000, "")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("", "[", 30000, "")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("", "{a:", 20000, "")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("", "- ", 30000, "1")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("", "not ", 15000, "a")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("", "a ? b : ", 5000, "c")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("a", "+a", 190, "")), WF_RULE_COUNT_);
	assert_int_equal(rule_of(repeat("a", "+a", 30000, "")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("a", "[0]", 20000, "")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("a[0]", ".a", 20000, "")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("a", ".a", 30000, "")), WF_RULE_COUNT_);
	assert_int_equal(rule_of(repeat("[a", ",a", 30000, "]")), WF_RULE_COUNT_);
	assert_int_equal(rule_of(repeat("min(a", ",a", 30000, ")")), WF_RULE_LIMIT);
	assert_int_equal(rule_of(repeat("", " ", WF_MAX_EXPR_BYTES - 1, "a")), WF_RULE_COUNT_);
	assert_int_equal(rule_of(repeat("", " ", WF_MAX_EXPR_BYTES, "a")), WF_RULE_LIMIT);
}

/* What prints is read as the same tree. */
static void test_round_trip(void **state)
{
	static const char *const texts[] = {
		"a.b['c d'][0].e ?? -1 + 2 * (3 - x) % 4", "{a: [1, 'x\\n', null], 'b-c': !d && e}",
		"map(filter(xs, item.a > 1 or index == 0), item.get('b', {}).c)",
		"a not in [1, -2.5] ? has(b.c) : lower(d) == 'e'", "- -a < -9223372036854775808",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct given first, second;
		given_expr(&first, texts[i]);
		assert_non_null(first.expr);
		const char *printed = outcome(&first);
		given_expr(&second, printed);
		assert_string_equal(outcome(&second), printed);
		given_done(&second);
		given_done(&first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_precedence), cmocka_unit_test(test_calls),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_place),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
