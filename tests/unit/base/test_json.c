/* JSON text in and out, equality, paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

#include <string.h>

static json_t *parse(const char *text)
{
	json_t *value = NULL;
	struct wf_cause cause = {0};
	if (wf_json_parse(text, strlen(text), &value, &cause))
		fail_msg("%s: %s", text, cause.text);
	return value;
}

static void same_text_comes_back(void **state)
{
	(void)state;
	static const char *const texts[] = {"null", "true", "false", "0", "-1",
		"9223372036854775807", "-9223372036854775808", "0.7", "1.0", "-0.0", "1e+300",
		"0.1", "4.94065645841247e-324", "1.7976931348623157e+308", "0.30000000000000004", "\"\"",
		"\"a\\nb\\t\\\"\\\\\"", "\"\\u0001\\u001F\"", "\"\xC3\xA9\"", "[]", "{}",
		"[1,[2,{\"b\":1,\"a\":2}]]"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *value = parse(texts[i]);
		WF_AUTOFREE char *text = wf_json_text(value);
		assert_string_equal(text, texts[i]);
		assert_int_equal(wf_json_size(value), strlen(text));
		json_decref(value);
	}
}

static void canonical_text_sorts_keys(void **state)
{
	(void)state;
	WF_AUTOBUF struct wf_buf out = {0};
	json_t *value = parse("{\"b\":{\"z\":1,\"y\":2},\"a\":1,\"ab\":0}");
	wf_json_write_canonical(value, &out);
	assert_string_equal(out.data, "{\"a\":1,\"ab\":0,\"b\":{\"y\":2,\"z\":1}}");
	json_decref(value);
}

static void wrong_text_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "nul",
		"\"\x80\"", "1 2"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *value = NULL;
		struct wf_cause cause = {0};
		assert_int_equal(wf_json_parse(texts[i], strlen(texts[i]), &value, &cause),
			WF_ESYNTAX);
		assert_null(value);
		assert_non_null(strstr(cause.text, "line"));
	}
	char deep[2 * WF_MAX_DEPTH];
	memset(deep, '[', sizeof(deep));
	json_t *value = NULL;
	assert_int_equal(wf_json_parse(deep, sizeof(deep), &value, NULL), WF_ELIMIT);
}

/* Also where jansson reads over it. */
static void a_nul_is_refused(void **state)
{
	(void)state;
	json_t *value = NULL;
	struct wf_cause cause = {0};
	assert_int_equal(wf_json_parse("1\0", 2, &value, &cause), WF_ESYNTAX);
	assert_int_equal(wf_json_parse("[1\0,2]", 7, &value, &cause), WF_ESYNTAX);
	assert_non_null(strstr(cause.text, "byte 2"));
	assert_null(value);
}

static void numbers_are_equal_by_value(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {{"1", "1.0", true}, {"1", "1.5", false}, {"0", "-0.0", true},
		{"9007199254740993", "9007199254740992.0", false},
		{"9223372036854775807", "9223372036854775807.0", false}, {"[1]", "[1.0]", true},
		{"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true}, {"{}", "[]", false},
		{"\"1\"", "1", false}, {"true", "1", false}, {"null", "false", false}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *a = parse(cases[i].a), *b = parse(cases[i].b);
		assert_int_equal(wf_json_equal(a, b), cases[i].equal);
		assert_int_equal(wf_json_equal(b, a), cases[i].equal);
		json_decref(a);
		json_decref(b);
	}
	assert_true(wf_json_equal(NULL, NULL));
	assert_false(wf_json_equal(NULL, json_null()));
}

static void paths_read_and_write(void **state)
{
	(void)state;
	json_t *value = parse("{\"a\":{\"b\":[10,{\"c\":1}]}}");
	assert_int_equal(json_integer_value(wf_json_at(value, "a.b[0]")), 10);
	assert_int_equal(json_integer_value(wf_json_at(value, "a.b[1].c")), 1);
	assert_null(wf_json_at(value, "a.x"));
	assert_null(wf_json_at(value, "a.b[9]"));
	json_t *two = json_integer(2);
	assert_int_equal(wf_json_set_at(value, "x.y.z", two), 0);
	assert_int_equal(json_integer_value(wf_json_at(value, "x.y.z")), 2);
	assert_int_equal(wf_json_set_at(value, "a.b.c", two), WF_EINVAL);
	assert_int_equal(wf_json_set_at(value, "", two), WF_EINVAL);
	assert_int_equal(wf_json_set_at(value, "a.", two), WF_EINVAL);
	assert_int_equal(wf_json_set_at(value, "a..b", two), WF_EINVAL);
	json_decref(two);
	json_decref(value);
}

/* What is set by paths nests no deeper than what is read. */
static void depth_is_bounded(void **state)
{
	(void)state;
	char path[2 * WF_MAX_DEPTH + 2];
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? '.' : 'a';
	json_t *value = json_object(), *list = json_array(), *one = json_integer(1);
	path[2 * WF_MAX_DEPTH + 1] = '\0'; /* one name too many */
	assert_int_equal(wf_json_set_at(value, path, one), WF_ELIMIT);
	path[2 * WF_MAX_DEPTH - 1] = '\0';
	assert_int_equal(wf_json_set_at(value, path, one), 0);
	assert_true(wf_json_depth_ok(value));
	assert_int_equal(wf_json_set_at(value, path, list), 0);
	assert_false(wf_json_depth_ok(value));
	json_decref(one);
	json_decref(list);
	json_decref(value);
}

/* What must be escaped is seen wherever it stands in a string of any length. */
static void escapes_are_seen_at_every_place(void **state)
{
	(void)state;
	static const char marks[] = {'"', '\\', 1, 0x1f, 0x7f, (char)0xc3};
	for (size_t n = 1; n < 40; n++) {
		for (size_t at = 0; at < n; at++) {
			for (size_t m = 0; m < sizeof(marks); m++) {
				char text[48];
				memset(text, 'a', n);
				text[at] = marks[m];
				size_t len = n;
				if (text[at] == (char)0xc3) {
					memmove(text + at + 1, text + at, n - at);
					text[at + 1] = (char)0xa9;
					len++;
				}
				json_t *value = json_stringn(text, len), *back = NULL;
				WF_AUTOBUF struct wf_buf out = {0};
				wf_json_write(value, &out);
				assert_int_equal(out.len, wf_json_size(value));
				assert_int_equal(wf_json_parse(out.data, out.len, &back, NULL), 0);
				assert_true(json_equal(value, back));
				json_decref(value);
				json_decref(back);
			}
		}
	}
}

/* Every text that differs in one byte, or is cut off: the plain kind is read without jansson. */
static void jansson_reads_the_same(void **state)
{
	(void)state;
	static const char *const texts[] = {"{\"a\":1,\"b\":[true,false,null],\"\":{}}",
		" [ -12 , \"x\xC3\xA9\" , [ ] , { \"k\" : 0 } ]\n", "123456789012345678",
		"[1234567890123456789,-0,0.5,1e2]", "\"a\\nb\\u00e9\""};
	static const char others[] = "\"\\{}[]:, \n\t-+.e0129ntaub\x01\x80\xC3\xA9";
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		size_t n = strlen(texts[t]);
		for (size_t i = 0; i < n * sizeof(others); i++) {
			char text[64];
			size_t at = i / sizeof(others), len = n;
			memcpy(text, texts[t], n);
			text[at] = others[i % sizeof(others)];
			if (!text[at])
				len = at;
			json_t *mine = NULL, *theirs = json_loadb(text, len,
				JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
			(void)wf_json_parse(text, len, &mine, NULL);
			if (mine ? !json_equal(mine, theirs) : theirs != NULL)
				fail_msg("read in two ways: %.*s", (int)len, text);
			json_decref(mine);
			json_decref(theirs);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_seen_at_every_place),
		cmocka_unit_test(same_text_comes_back),
		cmocka_unit_test(jansson_reads_the_same),
		cmocka_unit_test(canonical_text_sorts_keys),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(wrong_text_is_refused),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(numbers_are_equal_by_value),
		cmocka_unit_test(paths_read_and_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
