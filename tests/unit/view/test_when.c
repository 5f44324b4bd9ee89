/* Durations and times in words. */
#include "view_test.h"

#include "base/duration.h"
#include "view/when.h"

static int64_t at(const char *text)
{
	int64_t ms = 0;
	assert_int_equal(wf_time_parse(text, strlen(text), &ms), 0);
	return ms;
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ -5, "0 ms" }, { 0, "0 ms" }, { 84, "84 ms" }, { 999, "999 ms" }, { 1000, "1.0 s" },
		{ 1250, "1.2 s" }, { 9999, "9.9 s" }, { 10000, "10 s" }, { 59999, "59 s" },
		{ 60000, "1 m" }, { 63000, "1 m 3 s" }, { 3599999, "59 m 59 s" }, { 3600000, "1 h" },
		{ 7980000, "2 h 13 m" }, { 86399999, "23 h 59 m" }, { 86400000, "1 day" },
		{ 169200000, "1 day 23 h" }, { 172800000, "2 days" },
		{ INT64_MAX, "106751991167 days 7 h" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[WF_WHEN_TEXT];
		wf_view_duration(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_clock(void **state)
{
	(void)state;
	int64_t now = at("2026-11-20T09:30:00Z");
	static const struct {
		const char *at, *text;
	} cases[] = {
		{ "2026-11-20T09:12:04Z", "09:12:04" }, { "2026-11-20T23:59:59Z", "23:59:59" },
		{ "2026-11-19T17:20:00Z", "yesterday 17:20" },
		{ "2026-11-21T09:12:00Z", "tomorrow 09:12" },
		{ "2026-11-22T09:12:00Z", "22 Nov 09:12" }, { "2026-01-02T00:00:00Z", "2 Jan 00:00" },
		{ "2025-11-22T09:12:00Z", "2025-11-22 09:12" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[WF_WHEN_TEXT];
		wf_view_clock(at(cases[i].at), now, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_until(void **state)
{
	(void)state;
	char text[WF_WHEN_TEXT];
	int64_t now = at("2026-11-20T09:12:00Z");
	wf_view_until(at("2026-11-22T09:12:00Z"), now, text);
	assert_string_equal(text, "until Sun 22 Nov 09:12 (2 days)");
	wf_view_until(at("2026-11-20T10:00:00Z"), now, text);
	assert_string_equal(text, "until 10:00:00 (48 m)");
	wf_view_until(at("2026-11-20T09:10:00Z"), now, text);
	assert_string_equal(text, "since 09:10:00 (2 m ago)");
	wf_view_until(at("2027-01-01T00:00:00Z"), now, text);
	assert_string_equal(text, "until 2027-01-01 00:00 (41 days 14 h)");
}

static void test_axis(void **state)
{
	(void)state;
	char text[WF_WHEN_TEXT];
	wf_view_axis(at("2026-11-20T09:12:04Z"), at("2026-11-20T11:25:00Z"), text);
	assert_string_equal(text, "09:12");
	wf_view_axis(at("2026-11-20T09:12:04Z"), at("2026-11-20T09:12:06Z"), text);
	assert_string_equal(text, "09:12:04");
	wf_view_axis(at("2026-11-20T09:12:04Z"), at("2026-11-22T09:12:06Z"), text);
	assert_string_equal(text, "20 Nov 09:12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations), cmocka_unit_test(test_clock),
		cmocka_unit_test(test_until), cmocka_unit_test(test_axis),
	};
	return cmocka_run_group_tests_name("view when", tests, utc, NULL);
}
