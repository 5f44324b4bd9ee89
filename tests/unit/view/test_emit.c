/* JSON and YAML text: what is written can be read, and is the same value. */
#include "view_test.h"

#include "source/tree.h"
#include "view/emit.h"

static const char *const values[] = {
	"null", "true", "0", "-7", "1.5", "9223372036854775807", "\"\"", "\"plain\"", "[]", "{}",
	"\"yes\"", "\"no\"", "\"null\"", "\"~\"", "\"1\"", "\"1.0\"", "\"1e3\"", "\"0x1F\"", "\"2026-11-20\"",
	"\"- a\"", "\"a: b\"", "\"a #b\"", "\"a#b\"", "\"#a\"", "\" a\"", "\"a \"", "\"a:\"", "\":a\"",
	"\"line\\nline\"", "\"tab\\there\"", "\"quote \\\" and \\\\\"", "\"'\"", "\"[a]\"", "\"{a}\"",
	"\"&a\"", "\"*a\"", "\"!a\"", "\"|\"", "\">\"", "\"@a\"", "\"%a\"", "\"`a\"", "\"?\"", "\"---\"",
	"\"...\"", "\"日本 grün\"", "\"\\u0085\"", "\"\\u2028x\"", "\"\\ufeffx\"", "\"\\u001b[2J\"",
	"\"\\u007f\"", "\"<<\"", "\"Infinity\"", "\".inf\"", "\".NaN\"", "\"y\"", "\"On\"",
	"[1,2,3]", "[[1],[2,[3]],[]]", "[{\"a\":1,\"b\":[]},{\"a\":{}}]",
	"{\"a\":{\"b\":{\"c\":[1,{\"d\":\"e\"}]}},\"f\":null}",
	"{\"yes\":1,\"1\":2,\"a b\":3,\"a: b\":4,\"\":5,\"-\":6,\"<<\":7}",
	"{\"long\":[\"one of the longer strings that there are\",\"another one of these strings\"]}",
	"[\"multi\\nline\",{\"k\":\"v\\n\"}]",
};

static void test_json(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_t *value = parse(values[i]);
		wf_view_json(value, &b);
		json_t *again = parse(b.data);
		assert_true(wf_json_equal(value, again));
		assert_int_equal(b.data[b.len - 1], '\n');
		wf_buf_reset(&b);
		json_decref(value);
		json_decref(again);
	}
	wf_buf_done(&b);
}

static void test_json_layout(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	json_t *value = parse("{\"a\":[1,2],\"b\":[{\"c\":0.1}],\"d\":{}}");
	wf_view_json(value, &b);
	assert_text(&b, "{\n  \"a\": [1, 2],\n  \"b\": [\n    {\n      \"c\": 0.1\n    }\n  ],\n"
			"  \"d\": {}\n}\n");
	json_decref(value);
	wf_buf_done(&b);
}

/* Our own reader of YAML, which is strict, must get the same value back. */
static void test_yaml(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_t *value = parse(values[i]);
		wf_view_yaml(value, 0, &b);
		struct wf_source source = { "emitted.yaml", b.data, b.len };
		struct wf_documents docs;
		struct wf_diags diags = { 0 };
		wf_source_read(&source, WF_SYNTAX_YAML, &docs, &diags);
		if (diags.errors || docs.count != 1)
			fail_msg("%s gave YAML that cannot be read: %s (%s)", values[i], b.data,
				diags.count ? diags.items[0].message : "");
		json_t *again = wf_node_json(docs.items[0].root);
		if (!wf_json_equal(value, again))
			fail_msg("%s gave another value: %s", values[i], b.data);
		json_decref(again);
		wf_documents_done(&docs);
		wf_diags_done(&diags);
		json_decref(value);
		wf_buf_reset(&b);
	}
	wf_buf_done(&b);
}

static void test_yaml_layout(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	json_t *value = parse("{\"a\":[1,{\"b\":2,\"c\":\"no\"}],\"d\":{\"e\":\"text here\"},\"f\":[]}");
	wf_view_yaml(value, 2, &b);
	assert_text(&b, "  a:\n  - 1\n  - b: 2\n    c: \"no\"\n  d:\n    e: text here\n  f: []\n");
	json_decref(value);
	wf_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json), cmocka_unit_test(test_json_layout),
		cmocka_unit_test(test_yaml), cmocka_unit_test(test_yaml_layout),
	};
	return cmocka_run_group_tests_name("view emit", tests, NULL, NULL);
}
