/* Spans: of nodes, within strings, at pointers; and the tree's small helpers. */
#include "reading.h"

#include "source/names.h"
#include "source/places.h"

/* The text a span covers; its lines and columns must say the same as its offsets. */
static void covered(const struct reading *r, struct wf_span span, struct wf_buf *out)
{
	struct wf_places places;
	wf_places_init(&places, r->source.text, r->source.len);
	struct wf_span same = wf_places_span(&places, span.offset, span.end_offset);
	wf_places_done(&places);
	assert_memory_equal(&same, &span, sizeof(span));
	wf_buf_reset(out);
	wf_buf_add(out, r->source.text + span.offset, span.end_offset - span.offset);
}

static void spans_of_nodes(void **state)
{
	static const char text[] = "top: plain text\n"
				   "quoted: \"two words\"  # comment\n"
				   "tagged: !!str &a 12\n"
				   "flow: [ 1, {x: y} ]\n"
				   "block:\n"
				   "  - one\n"
				   "  - zwö: 2\n"
				   "    b: |\n"
				   "      literal\n"
				   "\n"
				   "empty:\n"
				   "anchored: &m\n"
				   "  k: v\n"
				   "alias: *m\n"
				   "last: 'it''s'\n";
	static const struct {
		const char *pointer, *covers;
	} cases[] = {
		{ "/top", "plain text" },
		{ "/quoted", "\"two words\"" },
		{ "/tagged", "12" },
		{ "/flow", "[ 1, {x: y} ]" },
		{ "/flow/1", "{x: y}" },
		{ "/block", "- one\n  - zwö: 2\n    b: |\n      literal" },
		{ "/block/1", "zwö: 2\n    b: |\n      literal" },
		{ "/block/1/zwö", "2" },
		{ "/block/1/b", "|\n      literal" },
		{ "/empty", "" },
		{ "/anchored", "k: v" },
		{ "/alias", "k: v" },
		{ "/last", "'it''s'" },
	};
	WF_AUTOBUF struct wf_buf got = { 0 };
	struct reading r;
	(void)state;

	reading_of(&r, "a.yaml", text, strlen(text), WF_SYNTAX_YAML);
	assert_int_equal(r.diags.count, 0);
	const struct wf_node *root = r.docs.items[0].root;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		covered(&r, wf_node_at_pointer(root, cases[i].pointer, NULL)->span, &got);
		assert_string_equal(got.data, cases[i].covers);
	}
	covered(&r, root->span, &got);
	assert_int_equal(got.len, strlen(text) - 1);
	covered(&r, wf_node_pair(root, "tagged")->key_span, &got);
	assert_string_equal(got.data, "tagged");
	assert_true(wf_node_get(root, "top")->plain);
	assert_true(wf_node_get(root, "quoted")->quoted_simple);
	assert_true(wf_node_get(root, "tagged")->plain);
	assert_false(wf_node_get(root, "last")->quoted_simple);
	reading_done(&r);
}

/* In each text the value holds <mark> once; the span within must cover `covers` exactly. */
static void spans_within_strings(void **state)
{
	static const struct {
		const char *text, *covers; /* NULL: MARK itself */
	} cases[] = {
		{ "a: one MARK two", NULL },
		{ "a: äö MARK", NULL },
		{ "a: MARK", NULL },
		{ "a: \"one MARK\"", NULL },
		{ "a: 'one MARK two'", NULL },
		{ "a: 'it''s MARK''s'", NULL },
		{ "a: \"tab\\t \\\"q\\\" \\x41\\u00e4\\u20ac\\U0001F600\\N\\_\\L\\P\\e MARK\"", NULL },
		{ "{\"a\": \"\\uD83D\\uDE00 \\/ \\u00e4 MARK\"}", NULL },
		{ "a: \"M\\x41RK\"", "M\\x41RK" },
		{ "a: |\n  one\n  MARK two\n", NULL },
		{ "a: |\n\n  ä\n\n    deeper MARK\n  two\n", NULL },
		{ "a: |2\n    one\n   MARK\n", NULL },
		{ "a: |-  # comment\n  one\n  MARK", NULL },
		{ "a: |+\n  one\n  MARK\n\n\n", NULL },
		{ "a: |\r\n  one\r\n  MARK two\r\n  three\r\n", NULL },
		{ "a: &x !!str |\n  one\n  MARK\n", NULL },
		{ "a: >\n  one\n  two MARK\n  three\n", NULL },
		{ "a: >-\n  one\n\n  two\n\n\n  MARK\n", NULL },
		{ "a: >\n  one\n    more\n    indented\n  MARK\n", NULL },
		{ "a: one\n  two\n  MARK\n  three", NULL },
		{ "a: one\n\n  two\n  MARK", NULL },
		{ "a: 'one\n  two ''\n\n\n  MARK'", NULL },
		{ "a: \"one\n  two \\\n  three \\n\n\n  MARK\"", NULL },
		{ "- |\n MARK\n- x", NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		WF_AUTOBUF struct wf_buf got = { 0 };
		struct reading r;
		reading_of(&r, "a", cases[i].text, strlen(cases[i].text), WF_SYNTAX_GUESS);
		assert_int_equal(r.diags.count, 0);
		const struct wf_node *root = r.docs.items[0].root;
		const struct wf_node *node = root->kind == WF_NODE_MAP ? root->map.pairs[0].value :
									 root->list.items[0];
		const char *mark = strstr(node->string.text, "MARK");
		assert_non_null(mark);
		size_t from = (size_t)(mark - node->string.text);
		covered(&r, wf_node_span_within(&r.source, node, from, from + 4), &got);
		if (strcmp(got.data, cases[i].covers ? cases[i].covers : "MARK") != 0)
			fail_msg("%s: within is [%s]", cases[i].text, got.data);
		/* Nothing is where MARK begins; the whole is never more than the node. */
		struct wf_span none = wf_node_span_within(&r.source, node, from, from);
		assert_int_equal(none.offset, none.end_offset);
		struct wf_span whole = wf_node_span_within(&r.source, node, 0, node->string.len);
		assert_true(whole.offset >= node->span.offset);
		assert_true(whole.end_offset <= node->span.end_offset);
		reading_done(&r);
	}
}

static void spans_that_cannot_be_exact(void **state)
{
	struct reading r;
	(void)state;

	reading_of(&r, "a", "[12, text]", 10, WF_SYNTAX_YAML);
	const struct wf_node *list = r.docs.items[0].root;
	struct wf_span span = wf_node_span_within(&r.source, list->list.items[0], 0, 1);
	assert_memory_equal(&span, &list->list.items[0]->span, sizeof(span));
	span = wf_node_span_within(&r.source, list->list.items[1], 2, 9);
	assert_memory_equal(&span, &list->list.items[1]->span, sizeof(span));
	reading_done(&r);
}

static void pointers(void **state)
{
	static const char text[] = "{\"a\": [10, {\"b/c\": 1, \"m~n\": 2, \"\": 3}], \"01\": 4}";
	static const struct {
		const char *pointer, *covers, *key;
	} cases[] = {
		{ "", NULL, NULL },
		{ "/a/0", "10", NULL },
		{ "/a/1/b~1c", "1", "\"b/c\"" },
		{ "/a/1/m~0n", "2", "\"m~n\"" },
		{ "/a/1/", "3", "\"\"" },
		{ "/01", "4", "\"01\"" },
		{ "/a/1/nowhere/x", "{\"b/c\": 1, \"m~n\": 2, \"\": 3}", NULL },
		{ "/a/01", "[10, {\"b/c\": 1, \"m~n\": 2, \"\": 3}]", "\"a\"" },
		{ "/a/2", "[10, {\"b/c\": 1, \"m~n\": 2, \"\": 3}]", "\"a\"" },
		{ "/a/-", "[10, {\"b/c\": 1, \"m~n\": 2, \"\": 3}]", "\"a\"" },
		{ "/a/99999999999999999999999", "[10, {\"b/c\": 1, \"m~n\": 2, \"\": 3}]", "\"a\"" },
		{ "/a/0/x", "10", NULL },
		{ "/zzz", NULL, NULL },
	};
	WF_AUTOBUF struct wf_buf got = { 0 };
	struct reading r;
	(void)state;

	reading_of(&r, "a.json", text, strlen(text), WF_SYNTAX_JSON);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wf_span key;
		const struct wf_node *node =
			wf_node_at_pointer(r.docs.items[0].root, cases[i].pointer, &key);
		covered(&r, node->span, &got);
		assert_string_equal(got.data, cases[i].covers ? cases[i].covers : text);
		if (cases[i].key) {
			covered(&r, key, &got);
			assert_string_equal(got.data, cases[i].key);
		} else {
			assert_int_equal(key.line, 0);
		}
	}
	reading_done(&r);
}

static void looking_up(void **state)
{
	struct reading r;
	(void)state;

	reading_of(&r, "a", "{a: 1, b: null}", 15, WF_SYNTAX_YAML);
	const struct wf_node *map = r.docs.items[0].root;
	assert_int_equal(wf_node_get(map, "a")->integer, 1);
	assert_int_equal(wf_node_get(map, "b")->kind, WF_NODE_NULL);
	assert_null(wf_node_get(map, "c"));
	assert_null(wf_node_get(NULL, "a"));
	assert_null(wf_node_get(wf_node_get(map, "a"), "a"));
	assert_null(wf_node_pair(NULL, "a"));
	assert_string_equal(wf_node_kind_name(map->kind), "map");
	assert_string_equal(wf_node_kind_name(WF_NODE_NULL), "null");
	reading_done(&r);
	wf_documents_done(NULL);
}

static void places_of_long_texts(void **state)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct wf_places places;
	(void)state;

	wf_buf_addstr(&text, "\xEF\xBB\xBF");
	for (int line = 0; line < 50; line++) {
		for (int i = 0; i < line * 11; i++)
			wf_buf_addstr(&text, "ä€");
		wf_buf_addch(&text, '\n');
	}
	wf_places_init(&places, text.data, text.len);
	uint32_t line = 1, column = 1;
	size_t points = 1;
	for (size_t i = 3; i <= text.len; i++) {
		if (((unsigned char)text.data[i] & 0xC0) == 0x80)
			continue;
		struct wf_span span = wf_places_span(&places, i, i);
		assert_int_equal(span.line, line);
		assert_int_equal(span.column, column);
		assert_int_equal(wf_places_points(&places, i), points);
		assert_int_equal(wf_places_offset(&places, points), i);
		points++;
		column++;
		if (text.data[i] == '\n') {
			line++;
			column = 1;
		}
	}
	assert_int_equal(wf_places_offset(&places, points + 100), text.len);
	struct wf_span beyond = wf_places_span(&places, text.len + 7, 0);
	assert_int_equal(beyond.offset, text.len);
	assert_int_equal(beyond.end_offset, text.len);
	wf_places_done(&places);
}

/* In sorted order a plain tree would be a list; this one is looked up in as many steps as any. */
static void names(void **state)
{
	enum { COUNT = 20000 };
	struct wf_names names = { .arena = wf_arena_new() };
	static char texts[COUNT][16];
	(void)state;

	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "n%05d", i);
		void **slot = wf_names_slot(&names, texts[i]);
		assert_null(*slot);
		*slot = texts[i];
	}
	for (int i = 0; i < COUNT; i++) {
		char copy[16];
		(void)snprintf(copy, sizeof(copy), "n%05d", i);
		assert_ptr_equal(wf_names_get(&names, copy), texts[i]);
		assert_ptr_equal(*wf_names_slot(&names, copy), texts[i]);
	}
	assert_null(wf_names_get(&names, "n"));
	wf_arena_free(names.arena);
}

/* Texts with a byte changed, cut or doubled: whatever comes of them, every finding has its place, and
 * every document can be walked. */
static void damaged_texts(void **state)
{
	static const char text[] = "%TAG !e! tag:x,1:\n--- &r\na: &x [1, 'two''s', \"th\\u0072ee\", !!int 4]\n"
				   "<<: {k: *x, ? l : >-\n  folded}\nb: |2\n   lit\n  eral\n? ü : *r\n"
				   "c: {\"j\": [true, null, -1.5e3], d: !e!f g}\n...\n# end\n--- {\"a\": [1, {}]}\n";
	char copy[sizeof(text) + 1];
	(void)state;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (size_t k = 0; k < 24; k++) {
			size_t len = sizeof(text) - 1;
			memcpy(copy, text, sizeof(text));
			copy[i] = "\n\t :-[]{},'\"&*!|>#%?@\\\xC3"[k];
			if (k == 23)
				len = i; /* cut */
			struct reading r;
			reading_of(&r, "a", copy, len, k % 5 ? WF_SYNTAX_YAML : WF_SYNTAX_JSON);
			for (size_t d = 0; d < r.docs.count; d++)
				json_decref(wf_node_json(r.docs.items[d].root));
			for (size_t d = 0; d < r.diags.count; d++) {
				assert_true(r.diags.items[d].span.end_offset <= len);
				assert_true(r.diags.items[d].span.line || r.diags.items[d].rule == WF_RULE_EMPTY);
			}
			assert_true(r.docs.count || r.diags.errors);
			reading_done(&r);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_of_nodes),
		cmocka_unit_test(spans_within_strings),
		cmocka_unit_test(spans_that_cannot_be_exact),
		cmocka_unit_test(pointers),
		cmocka_unit_test(looking_up),
		cmocka_unit_test(places_of_long_texts),
		cmocka_unit_test(names),
		cmocka_unit_test(damaged_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
