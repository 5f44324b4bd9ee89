/* The writer of YAML: what it writes reads back as the same values, whatever they are. */
#include "source/write.h"

#include "base/json.h"

#include "unit/source/reading.h"

#include <stdio.h>

static json_t *value_of(const char *text, size_t len, enum wf_syntax syntax)
{
	struct wf_source source = {"t", text, len};
	struct wf_documents docs;
	struct wf_diags diags = {0};
	json_t *value = NULL;

	wf_source_read(&source, syntax, &docs, &diags);
	if (docs.count == 1 && !diags.count)
		value = wf_node_json(docs.items[0].root);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return value;
}

static void written(const char *text, size_t len, struct wf_buf *out)
{
	struct wf_source source = {"t", text, len};
	struct wf_documents docs;
	struct wf_diags diags = {0};

	wf_source_read(&source, WF_SYNTAX_JSON, &docs, &diags);
	assert_int_equal(docs.count, 1);
	wf_source_write(docs.items[0].root, out);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
}

static void round_trip(const char *json)
{
	WF_AUTOBUF struct wf_buf out = {0};
	json_t *before = value_of(json, strlen(json), WF_SYNTAX_JSON);

	assert_non_null(before);
	written(json, strlen(json), &out);
	json_t *after = value_of(out.data, out.len, WF_SYNTAX_YAML);
	if (!after || !json_equal(before, after))
		fail_msg("%s became\n%s", json, out.data);
	json_decref(before);
	json_decref(after);
}

static void test_values(void **state)
{
	static const char *const cases[] = {"null", "true", "0", "-7", "1.0", "1e300", "9223372036854775807",
		"\"\"", "\"text\"", "[]", "{}", "[[]]", "[{}]", "[[1,[2,[]]],3]", "{\"a\":{}}",
		"{\"a\":[],\"b\":[[1],{\"c\":[{\"d\":null}]}]}", "{\"\":1,\" \":2,\"a b\":3,\"a: b\":4}",
		"{\"<<\":1}", "{\"? x\":1,\"- y\":[\"- z\"]}",
		"[\"null\",\"~\",\"true\",\"No\",\"on\",\"1\",\"1.5\",\"0x1F\",\".inf\",\".nan\",\"1e3\",\"y\"]",
		"[\"a#b\",\"a #b\",\"#\",\"a: b\",\"a:\",\":a\",\"*a\",\"&a\",\"!a\",\"%a\",\"@a\",\"`a\",\"|\",\">\"]",
		"[\"a,b\",\"[a\",\"a]\",\"{a}\",\"'a'\",\"\\\"a\\\"\",\"a\\\\b\",\"---\",\"...\",\"-\",\"- a\",\"?\"]",
		"[\" a\",\"a \",\"a\\tb\",\"\\u0000\"]",
		"{\"a\":\"one\\ntwo\\n\",\"b\":\"one\\ntwo\",\"c\":\"\\n\",\"d\":\"a\\n\\nb\",\"e\":\" a\\nb\"}",
		"{\"a\":[\"x\\ny\\n\",{\"b\":\"- 1\\n- 2\"}],\"c\":\"# no\\ncomment: \\n\"}",
		"[\"\\u007f\",\"\\u0085\",\"\\u2028\",\"\\ufeff\",\"\\ufffe\",\"\\ud83d\\ude00\",\"caf\\u00e9\"]",
		"[\"${a.b} < 0.7\",\"a && b\",\"!(x)\",\"$.a\",\"x ? y : z\",\"2026-11-21\",\"12:30:45\"]"};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!strstr(cases[i], "\\u0000"))
			round_trip(cases[i]);
}

/* Every character alone, and at the beginning, in the midst and at the end of a word. */
static void test_characters(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x300; c++) {
		char json[96];
		(void)snprintf(json, sizeof json, "{\"k\":[\"\\u%04x\",\"\\u%04xa\",\"a\\u%04xa\",\"a\\u%04x\"],\"a\\u%04x\":1}",
			c, c, c, c, c);
		round_trip(json);
	}
}

static void test_long_key(void **state)
{
	WF_AUTOBUF struct wf_buf json = {0};

	(void)state;
	wf_buf_addstr(&json, "{\"a\":1,\"");
	for (int i = 0; i < 2000; i++)
		wf_buf_addch(&json, 'x');
	wf_buf_addstr(&json, "\":{\"b\":[1,2]},\"c\":[\"");
	for (int i = 0; i < 400; i++)
		wf_buf_addstr(&json, "word ");
	wf_buf_addstr(&json, "\",1]}");
	round_trip(json.data);
}

/* What a person would write. */
static void test_style(void **state)
{
	WF_AUTOBUF struct wf_buf out = {0};
	static const char json[] = "{\"id\":\"w\",\"steps\":[{\"id\":\"a\",\"with\":{\"command\":[\"echo\",\"hi\"],"
				   "\"stdin\":\"a\\nb\\n\"}}],\"vars\":{}}";

	(void)state;
	written(json, strlen(json), &out);
	assert_string_equal(out.data, "id: w\nsteps:\n  - id: a\n    with:\n      command: [echo, hi]\n"
				      "      stdin: |\n        a\n        b\nvars: {}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_long_key),
		cmocka_unit_test(test_style),
	};

	return cmocka_run_group_tests_name("write", tests, NULL, NULL);
}
