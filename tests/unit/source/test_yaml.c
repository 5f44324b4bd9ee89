/* The reader of YAML: types, anchors, merges, documents, findings and their places. */
#include "reading.h"

#include "base/limits.h"
#include "base/mem.h"

static void check(const struct reading_case *cases, size_t count)
{
	check_readings(cases, count, "case.yaml", WF_SYNTAX_YAML);
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof(*(cases)))

static void core_types(void **state)
{
	static const struct reading_case cases[] = {
		{ "[null, Null, NULL, ~, nULL, ]", "[null,null,null,null,\"nULL\"]", "" },
		{ "a:\nb: # nothing\n", "{\"a\":null,\"b\":null}", "" },
		{ "[true, True, TRUE, tRUE, false, False, FALSE]",
			"[true,true,true,\"tRUE\",false,false,false]", "" },
		{ "[yes, no, on, off, y, n, No]",
			"[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\",\"No\"]", "" },
		{ "[0, 12, -12, +12, 012, 1_000, 0o17, 0O17, 0o18, -0o7, 0x1F, 0xg, 0b1, 1:30]",
			"[0,12,-12,12,12,\"1_000\",15,\"0O17\",\"0o18\",\"-0o7\",31,\"0xg\",\"0b1\",\"1:30\"]",
			"" },
		{ "[1.5, .5, 5., -1.5e3, 1e3, 1E-2, +.5, ., e3, 1e, 1.5.2, +]",
			"[1.5,0.5,5.0,-1500.0,1000.0,0.01,0.5,\".\",\"e3\",\"1e\",\"1.5.2\",\"+\"]", "" },
		{ "[9223372036854775807, -9223372036854775808, 0x7fffffffffffffff]",
			"[9223372036854775807,-9223372036854775808,9223372036854775807]", "" },
		{ "a: 9223372036854775808\nb: 0xffffffffffffffff",
			"{\"a\":9.223372036854776e+18,\"b\":1.8446744073709552e+19}",
			"1:4-1:23 number-range, 2:4-2:22 number-range" },
		{ "[.inf, -.Inf, +.INF, .nan, .NaN, 1e999, .iNF, -.nan]",
			"[0.0,0.0,0.0,0.0,0.0,0.0,\".iNF\",\"-.nan\"]",
			"1:2-1:6 number-range, 1:8-1:13 number-range, 1:15-1:20 number-range, "
			"1:22-1:26 number-range, 1:28-1:32 number-range, 1:34-1:39 number-range" },
		{ "['12', \"true\", '']", "[\"12\",\"true\",\"\"]", "" },
		{ "2026-11-20", "\"2026-11-20\"", "" },
		{ "a: |\n  12\nb: >-\n  true\n", "{\"a\":\"12\\n\",\"b\":\"true\"}", "" },
	};
	(void)state;
	CHECK(cases);
}

static void tags(void **state)
{
	static const struct reading_case cases[] = {
		{ "[!!str 12, !!int \"12\", !!float 1, !!bool 'true', !!null '', ! 12, ! x]",
			"[\"12\",12,1.0,true,null,\"12\",\"x\"]", "" },
		{ "a: !!map {b: !!seq [1]}", "{\"a\":{\"b\":[1]}}", "" },
		{ "a: !<tag:yaml.org,2002:str> 1", "{\"a\":\"1\"}", "" },
		{ "a: !foo 1\nb: !!binary eA==", "{\"a\":\"1\",\"b\":\"eA==\"}",
			"1:4-1:8 tag-unknown, 2:4-2:12 tag-unknown" },
		{ "a: &x !foo\n  b: 1", "{\"a\":{\"b\":1}}", "1:7-1:11 tag-unknown" },
		{ "a: !include [x]", "{\"a\":[\"x\"]}", "1:4-1:12 tag-unknown" },
		{ "!!set {a}", "{\"a\":null}", "1:1-1:6 tag-unknown" },
		{ "[!!int x, !!bool 1, !!null 0, !!float .x]", "[\"x\",\"1\",\"0\",\".x\"]",
			"1:2-1:9 tag-value, 1:11-1:19 tag-value, 1:21-1:29 tag-value, 1:31-1:41 tag-value" },
		{ "a: !!map [1]\nb: !!seq {}\nc: !!str {}", "{\"a\":[1],\"b\":{},\"c\":{}}",
			"1:4-1:11 tag-value, 2:4-2:11 tag-value, 3:4-3:11 tag-value" },
		{ "!!int a: 1", "{\"a\":1}", "1:1-1:8 tag-value" },
		{ "a: !x!y 1", "", "1:4-1:5 yaml-syntax" },
	};
	(void)state;
	CHECK(cases);
}

static void anchors_and_aliases(void **state)
{
	static const struct reading_case cases[] = {
		{ "a: &x 1\nb: *x\nc: [*x, *x]", "{\"a\":1,\"b\":1,\"c\":[1,1]}", "" },
		{ "a: &x {k: v}\nb: *x", "{\"a\":{\"k\":\"v\"},\"b\":{\"k\":\"v\"}}", "" },
		{ "a: &x 1\nb: &x 2\nc: *x", "{\"a\":1,\"b\":2,\"c\":2}", "" },
		{ "&k a: 1\nb: *k", "{\"a\":1,\"b\":\"a\"}", "" },
		{ "a: &x foo\n*x : 1", "{\"a\":\"foo\",\"foo\":1}", "" },
		{ "a: &x 0x10\n*x : 1", "{\"a\":16,\"0x10\":1}", "" },
		{ "a: *nowhere", "{\"a\":null}", "1:4-1:12 alias-unknown" },
		{ "a: &one 1\nb: *onw", "{\"a\":1,\"b\":null}", "2:4-2:8 alias-unknown" },
		{ "a: &x 1\n---\nb: *x", "{\"a\":1} | {\"b\":null}", "3:4-3:6 alias-unknown" },
		{ "a: &x [1, *x]", "{\"a\":[1,null]}", "1:11-1:13 alias-circle" },
		{ "&r {a: {b: *r}}", "{\"a\":{\"b\":null}}", "1:12-1:14 alias-circle" },
		{ "files: *.log", "", "1:9-1:10 yaml-syntax" },
	};
	struct reading r;
	(void)state;
	CHECK(cases);
	reading_of(&r, "x.yaml", "a: &one 1\nb: *onw", 17, WF_SYNTAX_YAML);
	assert_string_equal(r.diags.items[0].hint, "did you mean `*one`?");
	assert_string_equal(r.diags.items[0].fix, "*one");
	reading_done(&r);
}

static void aliases_are_bounded(void **state)
{
	static const char bomb[] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
				   "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
				   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
				   "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
				   "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
				   "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
				   "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"
				   "--- next\n";
	static const struct reading_case cases[] = {
		{ bomb, "\"next\"", "5:29-5:31 limit" },
	};
	(void)state;
	CHECK(cases);

	/* Depth adds up through aliases: each level holds the one before it. */
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_addstr(&text, "l0: &l0 []\n");
	for (int i = 1; i <= WF_MAX_DEPTH; i++)
		wf_buf_printf(&text, "l%d: &l%d [*l%d]\n", i, i, i - 1);
	struct reading r;
	reading_of(&r, "deep.yaml", text.data, text.len, WF_SYNTAX_YAML);
	assert_int_equal(r.docs.count, 0);
	assert_int_equal(r.diags.count, 1);
	assert_int_equal(r.diags.items[0].rule, WF_RULE_LIMIT);
	/* In the root map: l126 is 127 deep, so that l127 makes 129. */
	assert_int_equal(r.diags.items[0].span.line, WF_MAX_DEPTH);
	reading_done(&r);
}

static void merges(void **state)
{
	static const struct reading_case cases[] = {
		{ "- &d {a: 1, b: 2}\n- <<: *d\n  b: 3", "[{\"a\":1,\"b\":2},{\"a\":1,\"b\":3}]", "" },
		{ "- &d {a: 1, b: 2}\n- b: 3\n  <<: *d\n  c: 4",
			"[{\"a\":1,\"b\":2},{\"b\":3,\"a\":1,\"c\":4}]", "" },
		{ "- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- <<: [*a, *b]",
			"[{\"x\":1,\"y\":1},{\"y\":2,\"z\":2},{\"x\":1,\"y\":1,\"z\":2}]", "" },
		{ "<<: {a: 1}\nb: 2", "{\"a\":1,\"b\":2}", "" },
		{ "!!merge <<: {a: 1}", "{\"a\":1}", "" },
		{ "\"<<\": {a: 1}", "{\"<<\":{\"a\":1}}", "" },
		{ "<<: *nope\nb: 2", "{\"b\":2}", "1:5-1:10 alias-unknown" },
		{ "<<: 1\nb: 2", "{\"b\":2}", "1:1-1:3 merge-value" },
		{ "<<: [{a: 1}, 2]", "{}", "1:1-1:3 merge-value" },
		{ "<<: {a: 1}\n<<: {b: 1}", "{\"a\":1}", "2:1-2:3 duplicate-key" },
	};
	(void)state;
	CHECK(cases);
}

static void keys(void **state)
{
	static const struct reading_case cases[] = {
		{ "1: a\ntrue: b\n~: c\n1.50: d", "{\"1\":\"a\",\"true\":\"b\",\"~\":\"c\",\"1.50\":\"d\"}",
			"" },
		{ "a: 1\nb: 2\na: 3\n'a': 4", "{\"a\":1,\"b\":2}",
			"3:1-3:2 duplicate-key, 4:1-4:4 duplicate-key" },
		{ "x: {a: 1, a: 2}\ny: {b: 1, b: 1}", "{\"x\":{\"a\":1},\"y\":{\"b\":1}}",
			"1:11-1:12 duplicate-key, 2:11-2:12 duplicate-key" },
		{ "1: a\n'1': b", "{\"1\":\"a\"}", "2:1-2:4 duplicate-key" },
		{ "[a, b]: 1\nc: 2", "{\"c\":2}", "1:1-1:7 key-not-text" },
		{ "t: {{ name }}", "{\"t\":{}}", "1:5-1:13 key-not-text" },
		{ "? a\n: b\n? c\n", "{\"a\":\"b\",\"c\":null}", "" },
		{ "{a: 1, b}", "{\"a\":1,\"b\":null}", "" },
		{ "[a: 1]", "[{\"a\":1}]", "" },
	};
	(void)state;
	CHECK(cases);
}

static void many_keys(void **state)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct reading r;
	(void)state;

	for (int i = 0; i < 5000; i++)
		wf_buf_printf(&text, "k%d: %d\n", i * 7919 % 5000, i);
	wf_buf_addstr(&text, "k17: again\nk4999: again\n");
	reading_of(&r, "many.yaml", text.data, text.len, WF_SYNTAX_YAML);
	assert_int_equal(r.diags.count, 2);
	assert_int_equal(r.diags.items[0].span.line, 5001);
	assert_int_equal(r.docs.items[0].root->map.count, 5000);
	assert_int_equal(wf_node_get(r.docs.items[0].root, "k0")->integer, 0);
	reading_done(&r);
}

static void streams(void **state)
{
	static const struct reading_case cases[] = {
		{ "a\n---\nb\n...\n---\nc\n", "\"a\" | \"b\" | \"c\"", "" },
		{ "---\n---\na", "null | \"a\"", "" },
		{ "%YAML 1.2\n---\na", "\"a\"", "" },
		{ "", "", "0:0-0:0 empty" },
		{ "  \n\n", "", "0:0-0:0 empty" },
		{ "# only this\n", "", "0:0-0:0 empty" },
		{ "\xEF\xBB\xBF", "", "0:0-0:0 empty" },
		{ "\xEF\xBB\xBF" "a: 1\na: 2\n", "{\"a\":1}", "2:1-2:2 duplicate-key" },
		{ "\xEF\xBB\xBF{a: 1, a: 2}", "{\"a\":1}", "1:8-1:9 duplicate-key" },
		{ "a: 1\r\nb: |\r\n  x\r\n  y\r\na: 2\r\n", "{\"a\":1,\"b\":\"x\\ny\\n\"}",
			"5:1-5:2 duplicate-key" },
		/* A fault ends its own document only. */
		{ "a: 1\n---\nb: [1\n---\nc: 3\nc: 4\n", "{\"a\":1} | {\"c\":3}",
			"4:1-4:2 yaml-syntax, 6:1-6:2 duplicate-key" },
		{ "a: 'x\n---\nb: 2\n---\nc: @\n", "{\"b\":2}", "1:4-1:5 yaml-syntax, 5:4-5:5 yaml-syntax" },
		/* `---c` begins none. */
		{ "a: @x\n---c\n--- \nb: 2\n", "{\"b\":2}", "1:4-1:5 yaml-syntax" },
	};
	struct reading r;
	(void)state;
	CHECK(cases);
	reading_of(&r, "x.yaml", "a\n--- @\n---\nc\n", 14, WF_SYNTAX_YAML);
	assert_int_equal(r.docs.count, 2);
	assert_int_equal(r.docs.items[0].index, 0);
	assert_int_equal(r.docs.items[1].index, 2);
	reading_done(&r);
}

static void syntax_faults(void **state)
{
	static const struct reading_case cases[] = {
		{ "a: b: c", "", "1:5-1:6 yaml-syntax" },
		{ "a:\n\tb: 1", "", "2:1-2:2 yaml-syntax" },
		{ "ä: 1\nö: @x", "", "2:4-2:5 yaml-syntax" },
		{ "a: \"x\nb: 1", "", "1:4-1:5 yaml-syntax" },
		{ "a: [1, 2", "", "1:9-1:9 yaml-syntax" },
		{ "a: 1\n b: 2", "", "2:3-2:4 yaml-syntax" },
		{ "a: 1\nb\nc: 2", "", "2:1-2:2 yaml-syntax" },
		{ "- a\nb: 1", "", "2:1-2:2 yaml-syntax" },
		{ "a: \"\\q\"", "", "1:5-1:6 yaml-syntax" },
		{ "a: |x\n  b", "", "1:5-1:6 yaml-syntax" },
		{ "a: \"b\" c", "", "1:8-1:9 yaml-syntax" },
		{ "a: 1\nb: \x01\n", "", "2:4-2:5 yaml-syntax" },
		{ "%YAML 2.0\n---\na", "", "1:1-1:2 yaml-syntax" },
	};
	(void)state;
	CHECK(cases);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct reading r;
		reading_of(&r, "x.yaml", cases[i].text, strlen(cases[i].text), WF_SYNTAX_YAML);
		assert_non_null(r.diags.items[0].hint);
		reading_done(&r);
	}
}

static void nul_escapes(void **state)
{
	static const struct reading_case cases[] = {
		{ "a: \"x\\0y\"\nb: 1", "{\"a\":\"x\",\"b\":1}", "1:4-1:10 encoding" },
		{ "\"x\\0y\": 1", "{\"x\":1}", "1:1-1:7 encoding" },
	};
	(void)state;
	CHECK(cases);
}

static void nesting_is_bounded(void **state)
{
	WF_AUTOBUF struct wf_buf good = { 0 }, bad = { 0 };
	struct reading r;
	(void)state;

	for (int i = 0; i < WF_MAX_DEPTH; i++)
		wf_buf_addch(&good, '[');
	wf_buf_add(&bad, good.data, good.len);
	for (int i = 0; i < WF_MAX_DEPTH; i++)
		wf_buf_addch(&good, ']');
	reading_of(&r, "good", good.data, good.len, WF_SYNTAX_YAML);
	assert_int_equal(r.diags.count, 0);
	assert_int_equal(r.docs.count, 1);
	reading_done(&r);
	for (int i = 0; i < 100000; i++)
		wf_buf_addch(&bad, i % 2 ? '[' : '{');
	reading_of(&r, "bad", bad.data, bad.len, WF_SYNTAX_YAML);
	assert_int_equal(r.diags.count, 1);
	assert_int_equal(r.diags.items[0].rule, WF_RULE_LIMIT);
	assert_int_equal(r.diags.items[0].span.column, WF_MAX_DEPTH + 1);
	assert_int_equal(r.docs.count, 0);
	reading_done(&r);
}

static void a_stream_is_bounded(void **state)
{
	WF_AUTOBUF struct wf_buf text = { 0 }, tags_only = { 0 };
	struct reading r;
	(void)state;

	for (int i = 0; i < WF_MAX_DOCUMENTS; i++)
		wf_buf_addstr(&text, i % 2 ? "--- @\n" : "--- a\n");
	reading_of(&r, "a.yaml", text.data, text.len, WF_SYNTAX_YAML);
	assert_int_equal(r.docs.count, WF_MAX_DOCUMENTS / 2);
	assert_int_equal(r.diags.count, WF_MAX_DOCUMENTS / 2);
	reading_done(&r);
	wf_buf_addstr(&text, "---\n---\n");
	reading_of(&r, "a.yaml", text.data, text.len, WF_SYNTAX_YAML);
	assert_int_equal(r.diags.items[r.diags.count - 1].rule, WF_RULE_LIMIT);
	assert_int_equal(r.diags.items[r.diags.count - 1].span.line, WF_MAX_DOCUMENTS + 1);
	reading_done(&r);

	for (int i = 0; i < 200000; i++)
		wf_buf_printf(&tags_only, "%%TAG !%d! x\n", i);
	reading_of(&r, "a.yaml", tags_only.data, tags_only.len, WF_SYNTAX_YAML);
	assert_int_equal(r.diags.count, 1);
	assert_int_equal(r.diags.items[0].rule, WF_RULE_LIMIT);
	reading_done(&r);
}

static bool finds(const char *text, enum wf_rule rule)
{
	enum wf_syntax syntax = rule == WF_RULE_JSON_SYNTAX ? WF_SYNTAX_JSON : WF_SYNTAX_YAML;
	struct reading r;
	bool found = false;

	reading_of(&r, "example", text, strlen(text), syntax);
	for (size_t i = 0; i < r.diags.count; i++)
		found = found || r.diags.items[i].rule == rule;
	reading_done(&r);
	return found;
}

/* What `wfctl explain` shows of the rules of reading is true: the example breaks the rule, and its
 * mended form does not. */
static void examples_of_rules(void **state)
{
	static const enum wf_rule rules[] = { WF_RULE_ENCODING, WF_RULE_EMPTY, WF_RULE_YAML_SYNTAX,
		WF_RULE_JSON_SYNTAX, WF_RULE_DUPLICATE_KEY, WF_RULE_TAG_UNKNOWN, WF_RULE_NUMBER_RANGE,
		WF_RULE_KEY_NOT_TEXT, WF_RULE_TAG_VALUE, WF_RULE_ALIAS_CIRCLE, WF_RULE_MERGE_VALUE };
	(void)state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		const struct wf_rule_info *info = wf_rule_info(rules[i]);
		if (!finds(info->bad, rules[i]) || finds(info->good, rules[i]))
			fail_msg("the example of %s is wrong", info->id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(core_types),
		cmocka_unit_test(tags),
		cmocka_unit_test(anchors_and_aliases),
		cmocka_unit_test(aliases_are_bounded),
		cmocka_unit_test(merges),
		cmocka_unit_test(keys),
		cmocka_unit_test(many_keys),
		cmocka_unit_test(streams),
		cmocka_unit_test(syntax_faults),
		cmocka_unit_test(nul_escapes),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(a_stream_is_bounded),
		cmocka_unit_test(examples_of_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
