/* Width, harmless text, wrapping, counts. */
#include "view_test.h"

static void test_width(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {
		{ "", 0 }, { "abc", 3 }, { "grün", 4 }, { "日本", 4 }, { "e\xcc\x81", 1 },
		{ "\xf0\x9f\x98\x80", 2 }, { "a\tb", 3 }, { "\033[2J", 4 }, { "\xff\xfe", 2 },
		{ "a\xe2\x80\x8b" "b", 2 }, { "한글", 4 }, { "\xed\xa0\x80", 3 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(wf_view_width(cases[i].text), cases[i].columns);
}

static void test_safe(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	wf_view_safe(&b, "a\nb\tc");
	assert_text(&b, "a b c");
	wf_view_safe(&b, "\033[31mred\x7f");
	assert_text(&b, "\xef\xbf\xbd[31mred\xef\xbf\xbd");
	wf_view_safe(&b, "x\xffy\xc2");
	assert_text(&b, "x\xef\xbf\xbdy\xef\xbf\xbd");
	/* C1 controls, and marks that turn the direction of a line */
	wf_view_safe(&b, "\xc2\x9b" "31m\xe2\x80\xae" "cod");
	assert_text(&b, "\xef\xbf\xbd" "31m\xef\xbf\xbd" "cod");
	wf_view_safe(&b, "grün 日本");
	assert_text(&b, "grün 日本");
	wf_buf_done(&b);
}

static void test_clip(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	assert_int_equal(wf_view_clip(&b, "abcdef", 6), 6);
	assert_text(&b, "abcdef");
	assert_int_equal(wf_view_clip(&b, "abcdef", 4), 4);
	assert_text(&b, "abc…");
	/* a wide character that does not fit is left out whole */
	assert_int_equal(wf_view_clip(&b, "日本語", 4), 3);
	assert_text(&b, "日…");
	assert_int_equal(wf_view_clip(&b, "abc", 0), 0);
	assert_text(&b, "");
	wf_buf_done(&b);
}

static void test_wrap(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	wf_view_wrap(&b, "one two three four five six seven", 2, 20);
	assert_text(&b, "  one two three four\n  five six seven\n");
	wf_view_wrap(&b, "a\n\n  b c\nd", 0, 80);
	assert_text(&b, "a\n\n  b c\nd\n");
	wf_view_wrap(&b, "averyveryveryverylongwordthatdoesnotfit x", 0, 20);
	assert_text(&b, "averyveryveryverylongwordthatdoesnotfit\nx\n");
	wf_buf_done(&b);
}

static void test_counts(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	char text[WF_COUNT_TEXT];
	static const struct {
		uint64_t n;
		const char *count, *bytes;
	} cases[] = {
		{ 0, "0", "0 B" }, { 999, "999", "999 B" }, { 1000, "1,000", "1000 B" },
		{ 1024, "1,024", "1.0 KiB" }, { 1234567, "1,234,567", "1.2 MiB" },
		{ UINT64_MAX, "18,446,744,073,709,551,615", "16.0 EiB" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wf_view_count(cases[i].n, text);
		assert_string_equal(text, cases[i].count);
		wf_view_bytes(cases[i].n, text);
		assert_string_equal(text, cases[i].bytes);
	}
	wf_view_plural(&b, 0, "error", "errors");
	assert_text(&b, "no errors");
	wf_view_plural(&b, 1, "error", "errors");
	assert_text(&b, "1 error");
	wf_view_plural(&b, 2000, "error", "errors");
	assert_text(&b, "2,000 errors");
	wf_buf_done(&b);
}

static void test_roles(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_style plain = { 0 }, color = { .color = true };
	wf_view_role(&b, &plain, WF_ROLE_BAD, "x");
	assert_text(&b, "x");
	wf_view_role(&b, &color, WF_ROLE_BAD, "x\033");
	assert_text(&b, "\033[1;31mx\xef\xbf\xbd\033[0m");
	wf_view_role(&b, &color, WF_ROLE_PLAIN, "x");
	assert_text(&b, "x");
	wf_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width), cmocka_unit_test(test_safe), cmocka_unit_test(test_clip),
		cmocka_unit_test(test_wrap), cmocka_unit_test(test_counts), cmocka_unit_test(test_roles),
	};
	return cmocka_run_group_tests_name("view style", tests, NULL, NULL);
}
