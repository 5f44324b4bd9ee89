/* UTF-8 and the nearest word. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void utf8_validity(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		long bad; /* -1: valid */
	} cases[] = {
		{ "", 0, -1 },
		{ "a\0b", 3, -1 },
		{ "\xC3\xA4", 2, -1 },
		{ "\xC3", 1, 0 },
		{ "ab\xC0\x80", 4, 2 },
		{ "\xC1\xBF", 2, 0 },
		{ "\xE0\x9F\xBF", 3, 0 },
		{ "\xE0\xA0\x80", 3, -1 },
		{ "\xED\x9F\xBF", 3, -1 },
		{ "\xED\xA0\x80", 3, 0 },
		{ "\xEF\xBF\xBF", 3, -1 },
		{ "\xF0\x8F\xBF\xBF", 4, 0 },
		{ "\xF0\x90\x80\x80", 4, -1 },
		{ "\xF4\x8F\xBF\xBF", 4, -1 },
		{ "\xF4\x90\x80\x80", 4, 0 },
		{ "\xF5\x80\x80\x80", 4, 0 },
		{ "x\x80", 2, 1 },
		{ "\xE2\x82", 2, 0 },
		{ "\xE2\x82\x28", 3, 0 },
		{ "\xFF", 1, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t bad = 99;
		bool valid = wf_utf8_valid(cases[i].text, cases[i].len, &bad);
		assert_int_equal(valid, cases[i].bad < 0);
		assert_int_equal(bad, valid ? 99 : (size_t)cases[i].bad);
		assert_int_equal(wf_utf8_valid(cases[i].text, cases[i].len, NULL), valid);
	}
}

static void utf8_code_points(void **state)
{
	static const char text[] = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
	static const uint32_t points[] = { 'a', 0xE4, 0x20AC, 0x1F600 };
	size_t at = 0, n = sizeof(text) - 1;
	(void)state;

	assert_int_equal(wf_utf8_count(text, n), 4);
	for (size_t i = 0; i < 4; i++) {
		size_t len;
		assert_int_equal(wf_utf8_next(text + at, n - at, &len), points[i]);
		assert_int_equal(len, i + 1);
		at += len;
	}
	assert_int_equal(at, n);
}

static void nearest_word(void **state)
{
	static const char *const words[] = { "timeout", NULL, "retry", "steps", "step", "onError" };
	static const struct {
		const char *word, *want;
	} cases[] = {
		{ "timeout", "timeout" },
		{ "tiemout", "timeout" }, /* neighbours swapped */
		{ "timout", "timeout" },
		{ "TIMEOUT", "timeout" },
		{ "Timeout", "timeout" },
		{ "onerror", "onError" },
		{ "retr", "retry" },
		{ "stepp", "steps" }, /* both are one edit away: the first */
		{ "ste", "step" },
		{ "banana", NULL },
		{ "", NULL },
		{ "xetry", "retry" },
		{ "xexry", NULL }, /* two edits of five letters */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *got = wf_nearest(cases[i].word, words, sizeof(words) / sizeof(*words));
		if (cases[i].want)
			assert_string_equal(got, cases[i].want);
		else
			assert_null(got);
	}
}

static void nearest_of_odd_words(void **state)
{
	static char huge[1000];
	const char *const one[] = { "x" }, *const two[] = { "xy" };
	const char *const big[] = { huge, "" };
	(void)state;

	memset(huge, 'h', sizeof(huge) - 1);
	assert_null(wf_nearest("y", one, 1)); /* nothing in common */
	assert_string_equal(wf_nearest("x", two, 1), "xy");
	assert_null(wf_nearest("hhhh", big, 2));
	assert_null(wf_nearest(huge, big, 2));
	assert_null(wf_nearest("x", NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_validity),
		cmocka_unit_test(utf8_code_points),
		cmocka_unit_test(nearest_word),
		cmocka_unit_test(nearest_of_odd_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
