/* The reader of JSON, and how a text's syntax is guessed. */
#include "reading.h"

#include "base/limits.h"

static void values(void **state)
{
	static const struct reading_case cases[] = {
		{ "{\"a\": [1, -2, 3.5, true, false, null, \"x\"], \"b\": {}}",
			"{\"a\":[1,-2,3.5,true,false,null,\"x\"],\"b\":{}}", "" },
		{ " [] ", "[]", "" },
		{ "\xEF\xBB\xBF 1", "1", "" },
		{ "[0, -0, 9223372036854775807, -9223372036854775808, 1E3, 1e-2, 0.0]",
			"[0,0,9223372036854775807,-9223372036854775808,1000.0,0.01,0.0]", "" },
		{ "[9223372036854775808, -9223372036854775809, 1e400]",
			"[9.223372036854776e+18,-9.223372036854776e+18,0.0]",
			"1:2-1:21 number-range, 1:23-1:43 number-range, 1:45-1:50 number-range" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u20AC\\uD83D\\uDE00\"",
			"\"\\\"\\\\/\\b\\f\\n\\r\\tä€😀\"", "" },
		{ "{\"a\": 1, \"b\": 2, \"\\u0061\": 3}", "{\"a\":1,\"b\":2}", "1:18-1:26 duplicate-key" },
		{ "[\"a\\u0000b\", \"\\uD800\", \"\\uDC00x\", \"\\uD800\\u0041\"]",
			"[\"a\xEF\xBF\xBD" "b\",\"\xEF\xBF\xBD\",\"\xEF\xBF\xBDx\",\"\xEF\xBF\xBD" "A\"]",
			"1:4-1:10 encoding, 1:15-1:21 encoding, 1:25-1:31 encoding, 1:36-1:42 encoding" },
		{ "", "", "0:0-0:0 empty" },
		{ " \n", "", "0:0-0:0 empty" },
	};
	(void)state;
	check_readings(cases, sizeof(cases) / sizeof(*cases), "case.json", WF_SYNTAX_GUESS);
}

static void faults(void **state)
{
	static const struct {
		const char *text, *where, *hint; /* part of the hint; NULL for none at all */
	} cases[] = {
		{ "[1,]", "1:3-1:4", "remove the comma" },
		{ "{\"a\": 1,\n}", "1:8-1:9", "remove the comma" },
		{ "[1 2]", "1:4-1:5", NULL },
		{ "{\"ä\": 1 \"b\": 2}", "1:9-1:10", NULL },
		{ "{a: 1}", "1:2-1:3", "double quotes" },
		{ "{'a': 1}", "1:2-1:3", "instead of '" },
		{ "[1] // x", "1:5-1:6", "one value" },
		{ "[ // x\n1]", "1:3-1:4", "YAML" },
		{ "[1", "1:3-1:3", NULL },
		{ "{\"a\"", "1:5-1:5", NULL },
		{ "[01]", "1:2-1:3", "octal" },
		{ "[-]", "1:3-1:4", NULL },
		{ "[1.]", "1:4-1:5", NULL },
		{ "[1e]", "1:4-1:5", NULL },
		{ "[.5]", "1:2-1:3", "0.5" },
		{ "[+1]", "1:2-1:3", "remove" },
		{ "[NaN]", "1:2-1:3", "null" },
		{ "[-Infinity]", "1:2-1:3", "null" },
		{ "[True]", "1:2-1:3", "small letters" },
		{ "[truer]", "1:2-1:3", NULL },
		{ "\"a", "1:1-1:2", "closing" },
		{ "[\"a\nb\"]", "1:2-1:3", "\\n" },
		{ "[\"a\tb\"]", "1:4-1:5", "\\t" },
		{ "\"\\x\"", "1:2-1:3", "\\\\" },
		{ "\"\\u12g4\"", "1:6-1:7", NULL },
		{ "{\"a\": 1}\n{}", "2:1-2:2", "one value" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		WF_AUTOBUF struct wf_buf wanted = { 0 }, findings = { 0 };
		struct reading r;
		reading_of(&r, "x", cases[i].text, strlen(cases[i].text), WF_SYNTAX_JSON);
		reading_findings(&r, &findings);
		wf_buf_printf(&wanted, "%s json-syntax", cases[i].where);
		if (strcmp(findings.data, wanted.data) != 0 || r.docs.count)
			fail_msg("%s: %s, not %s", cases[i].text, findings.data, wanted.data);
		const char *hint = r.diags.items[0].hint;
		if (cases[i].hint ? !hint || !strstr(hint, cases[i].hint) : hint != NULL)
			fail_msg("%s: the hint is %s", cases[i].text, hint ? hint : "missing");
		reading_done(&r);
	}
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
	reading_of(&r, "good", good.data, good.len, WF_SYNTAX_JSON);
	assert_int_equal(r.diags.count, 0);
	assert_int_equal(r.docs.count, 1);
	reading_done(&r);
	for (int i = 0; i < 100000; i++)
		wf_buf_addch(&bad, '[');
	reading_of(&r, "bad", bad.data, bad.len, WF_SYNTAX_JSON);
	assert_int_equal(r.diags.count, 1);
	assert_int_equal(r.diags.items[0].rule, WF_RULE_LIMIT);
	assert_int_equal(r.diags.items[0].span.column, WF_MAX_DEPTH + 1);
	reading_done(&r);
}

static void the_syntax_is_guessed(void **state)
{
	static const struct {
		const char *name, *text, *values;
		enum wf_rule rule; /* of the first finding; WF_RULE_COUNT_ for none */
	} cases[] = {
		{ "a.json", "{\"a\": 1}", "{\"a\":1}", WF_RULE_COUNT_ },
		{ "a.json", "a: 1", "", WF_RULE_JSON_SYNTAX },
		{ "a.yaml", "\n {\"a\": 1, \"a\": 2}", "{\"a\":1}", WF_RULE_DUPLICATE_KEY },
		{ "a.yaml", "{\"a\":\t[1]}", "{\"a\":[1]}", WF_RULE_COUNT_ }, /* YAML would not take it */
		{ "-", "{a: 1}", "{\"a\":1}", WF_RULE_COUNT_ },
		{ "-", "[1]\n---\n[2]", "[1] | [2]", WF_RULE_COUNT_ },
		{ "-", "{a: 1", "", WF_RULE_YAML_SYNTAX },
		{ NULL, "1e3", "1000.0", WF_RULE_COUNT_ },
		{ "json", "a: 1", "{\"a\":1}", WF_RULE_COUNT_ },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		WF_AUTOBUF struct wf_buf got = { 0 };
		struct reading r;
		reading_of(&r, cases[i].name, cases[i].text, strlen(cases[i].text), WF_SYNTAX_GUESS);
		reading_values(&r, &got);
		assert_string_equal(got.data, cases[i].values);
		assert_int_equal(r.diags.count ? r.diags.items[0].rule : WF_RULE_COUNT_, cases[i].rule);
		reading_done(&r);
	}
}

static void encodings(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *findings, *message;
	} cases[] = {
		{ "a: 1\nb: \xC3\xA4\xFF\n", 12, "2:5-2:6 encoding", "0xFF" },
		{ "a: \xE4\n", 5, "1:4-1:5 encoding", "0xE4" },
		{ "a: 1\nb: \0\n", 10, "2:4-2:5 encoding", "NUL" },
		{ "\xFF\xFE" "a\0", 4, "1:1-1:1 encoding", "UTF-16" },
		{ "\xFE\xFF\0a", 4, "1:1-1:1 encoding", "UTF-16" },
		{ "a\0:\0", 4, "1:1-1:1 encoding", "UTF-16" },
		{ "\0a\0:", 4, "1:1-1:1 encoding", "UTF-16" },
		{ "\0", 1, "1:1-1:2 encoding", "NUL" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		WF_AUTOBUF struct wf_buf findings = { 0 };
		struct reading r;
		reading_of(&r, "a.yaml", cases[i].text, cases[i].len, WF_SYNTAX_GUESS);
		reading_findings(&r, &findings);
		assert_string_equal(findings.data, cases[i].findings);
		assert_non_null(strstr(r.diags.items[0].message, cases[i].message));
		assert_non_null(r.diags.items[0].hint);
		assert_int_equal(r.docs.count, 0);
		reading_done(&r);
	}
}

static void size_is_bounded(void **state)
{
	size_t len = WF_MAX_DEFINITION_BYTES + 1;
	char *text = wf_alloc(len);
	struct reading r;
	(void)state;

	memset(text, ' ', len);
	text[0] = '1';
	reading_of(&r, "a.yaml", text, len, WF_SYNTAX_GUESS);
	assert_int_equal(r.diags.count, 1);
	assert_int_equal(r.diags.items[0].rule, WF_RULE_LIMIT);
	assert_non_null(strstr(r.diags.items[0].message, "16 MiB"));
	reading_done(&r);
	reading_of(&r, "a.json", text, len - 1, WF_SYNTAX_GUESS);
	assert_int_equal(r.diags.count, 0);
	assert_int_equal(r.docs.items[0].root->integer, 1);
	reading_done(&r);
	wf_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(faults),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(the_syntax_is_guessed),
		cmocka_unit_test(encodings),
		cmocka_unit_test(size_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
