/* ISO 8601 repeating intervals: forms, errors, and firings in UTC and on a zone's calendar. */
#include "base/interval.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct wf_interval parsed(const char *text)
{
	struct wf_interval iv = { 0 };
	struct wf_cause cause = { 0 };

	if (wf_interval_parse(text, strlen(text), &iv, NULL, &cause) < 0)
		fail_msg("%s: %s", text, cause.text);
	return iv;
}

static int64_t ms_of(const char *text)
{
	int64_t ms;
	assert_int_equal(wf_time_parse(text, strlen(text), &ms), 0);
	return ms;
}

static struct wf_zone *berlin(void)
{
	struct wf_zone *z = NULL;
	struct stat st;

	if (stat(WF_ZONE_FOLDER "/Europe/Berlin", &st) < 0)
		skip();
	assert_int_equal(wf_zone_open(NULL, "Europe/Berlin", &z, NULL), 0);
	return z;
}

static void errors_have_a_place(void **state)
{
	static const struct {
		const char *text;
		int err;
		size_t offset;
		const char *says;
	} cases[] = {
		{ "", WF_ESYNTAX, 0, "expected R" },
		{ "PT1H", WF_ESYNTAX, 0, "expected R" },
		{ "R", WF_ESYNTAX, 0, "a start and a duration" },
		{ "R-1/2026-01-01T00:00:00Z/PT1H", WF_ESYNTAX, 0, "number of times" },
		{ "R99999999999999999999/2026-01-01T00:00:00Z/PT1H", WF_ESYNTAX, 0, "number" },
		{ "R0/2026-01-01T00:00:00Z/PT1H", WF_EINVAL, 0, "never" },
		{ "R5/2026-02-30T00:00:00Z/PT1H", WF_ESYNTAX, 3, "that exists" },
		{ "R5/2026-01-01T00:00:00Z/PT", WF_ESYNTAX, 24, "duration" },
		{ "R5/2026-01-01T00:00:00Z/-PT1H", WF_ESYNTAX, 24, "a time" },
		{ "R5/2026-01-01T00:00:00Z/PT0S", WF_EINVAL, 24, "millisecond" },
		{ "R5/2026-01-01T00:00:00Z/PT0.0009S", WF_EINVAL, 24, "millisecond" },
		{ "R5/2026-01-01T00:00:00Z/", WF_ESYNTAX, 24, "expected a time" },
		{ "R5/2026-01-01T00:00:00Z/2026-01-01T00:00:00Z", WF_EINVAL, 24,
			"before it begins" },
		{ "R5/2026-01-01T00:00:00Z/2026-01-02T00:00:00", WF_EINVAL, 24, "offset" },
		{ "R5/2026-01-01T00:00:00Z/PT1H/PT1H", WF_ESYNTAX, 29, "with a slash" },
		{ "R/PT1H/2026-01-01T00:00:00Z", WF_EINVAL, 0, "number of times" },
		{ "R2/P1M/2026-01-01T00:00:00Z", WF_EINVAL, 3, "backwards" },
		{ "R18446744073709551615/P1D/2026-01-01T00:00:00Z", WF_EINVAL, 0,
			"before the calendar" },
		{ "R5/PT1X", WF_ESYNTAX, 3, "duration" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_interval iv = { .count = 77 };
		struct wf_cause cause = { 0 };
		size_t offset = 999, n = strlen(cases[i].text);
		int err = wf_interval_parse(cases[i].text, n, &iv, &offset, &cause);
		if (err != cases[i].err || offset != cases[i].offset ||
			!strstr(cause.text, cases[i].says))
			fail_msg("%s: %d at %zu: %s", cases[i].text, err, offset, cause.text);
		assert_int_equal(iv.count, 77);
		assert_int_equal(
			wf_interval_parse(cases[i].text, n, &iv, NULL, NULL), cases[i].err);
	}
	char text[WF_MAX_INTERVAL_BYTES + 2];
	struct wf_interval iv;
	memset(text, '1', sizeof(text));
	text[0] = 'R';
	assert_int_equal(
		wf_interval_parse(text, WF_MAX_INTERVAL_BYTES + 1, &iv, NULL, NULL), WF_ELIMIT);
	memcpy(text, "R/", 2);
	assert_int_equal(
		wf_interval_parse(text, WF_MAX_INTERVAL_BYTES, &iv, NULL, NULL), WF_ESYNTAX);
	memcpy(text, "R/1111/", 7);
	assert_int_equal(
		wf_interval_parse(text, WF_MAX_INTERVAL_BYTES, &iv, NULL, NULL), WF_ESYNTAX);
}

static void check(const char *text, const struct wf_zone *z, struct wf_dst_policy policy,
	const char *from, const char *const *next)
{
	struct wf_interval iv = parsed(text);
	struct wf_firing f = { .ms = ms_of(from) };
	bool inclusive = true;

	for (; *next; next++) {
		char found[WF_ZONE_TEXT];
		if (wf_interval_next(&iv, z, policy, f.ms, inclusive, &f) < 0)
			fail_msg("%s: no %s", text, *next);
		wf_zone_text(z, f.ms, found);
		if (strcmp(found, *next) != 0)
			fail_msg("%s: %s instead of %s", text, found, *next);
		/* The same one from just before. */
		assert_int_equal(wf_interval_next(&iv, z, policy, f.ms - 1, false, &f), 0);
		assert_int_equal(f.ms, ms_of(*next));
		inclusive = false;
	}
	if (iv.bounded)
		assert_int_equal(wf_interval_next(&iv, z, policy, f.ms, false, &f), WF_ENOENT);
}

static void firings_in_utc(void **state)
{
	static const struct {
		const char *text, *from;
		const char *next[6];
	} cases[] = {
		{ "R5/2026-01-01T00:00:00Z/PT1H", "2020-01-01T00:00:00Z",
			{ "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z",
				"2026-01-01T03:00:00Z", "2026-01-01T04:00:00Z" } },
		{ "R5/2026-01-01T00:00:00Z/PT1H", "2026-01-01T03:59:59.999Z",
			{ "2026-01-01T04:00:00Z" } },
		{ "R1/2026-01-01T00:00:00Z/PT1H", "2026-01-01T00:00:00Z",
			{ "2026-01-01T00:00:00Z" } },
		{ "R/2026-01-31T12:00:00Z/P1M", "2026-01-01T00:00:00Z",
			{ "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z",
				"2026-04-30T12:00:00Z" } },
		{ "R/2024-02-29T00:00:00Z/P1Y", "2027-06-01T00:00:00Z",
			{ "2028-02-29T00:00:00Z", "2029-02-28T00:00:00Z" } },
		{ "R3/2026-01-01T00:00:00Z/2026-01-08T06:00:00Z", "2026-01-01T00:00:00Z",
			{ "2026-01-01T00:00:00Z", "2026-01-08T06:00:00Z",
				"2026-01-15T12:00:00Z" } },
		{ "R3/P1W/2026-01-22T00:00:00Z", "2020-01-01T00:00:00Z",
			{ "2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z",
				"2026-01-15T00:00:00Z" } },
		{ "R/2026-01-01T01:00:00+01:00/P1DT1H", "2026-01-02T00:00:00Z",
			{ "2026-01-02T01:00:00Z", "2026-01-03T02:00:00Z" } },
		/* A thousand years on, and no slower for it. */
		{ "R/2026-01-01T00:00:00.5Z/PT0.25S", "3026-01-01T00:00:00.1Z",
			{ "3026-01-01T00:00:00.250Z", "3026-01-01T00:00:00.500Z" } },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].text, NULL, (struct wf_dst_policy){ 0 }, cases[i].from,
			cases[i].next);
}

static void firings_on_a_zones_calendar(void **state)
{
	static const struct {
		const char *text, *from;
		struct wf_dst_policy policy;
		const char *next[4];
	} cases[] = {
		{ "R/2026-01-01T06:00:00/P1D", "2026-03-28T05:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-03-28T06:00:00+01:00", "2026-03-29T06:00:00+02:00" } },
		{ "R/2026-01-01T06:00:00Z/P1D", "2026-03-28T05:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-03-28T07:00:00+01:00", "2026-03-29T08:00:00+02:00" } },
		{ "R/2026-01-01T02:30:00/P1D", "2026-03-28T12:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00" } },
		{ "R/2026-01-01T02:30:00/P1D", "2026-03-28T12:00:00Z",
			{ WF_GAP_SKIP, WF_OVERLAP_FIRST }, { "2026-03-30T02:30:00+02:00" } },
		{ "R/2026-01-01T02:30:00/P1D", "2026-10-24T12:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00" } },
		{ "R/2026-01-01T02:30:00/P1D", "2026-10-24T12:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_LAST },
			{ "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00" } },
		{ "R/2026-01-01T02:30:00/P1D", "2026-10-24T12:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_BOTH },
			{ "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00",
				"2026-10-26T02:30:00+01:00" } },
		/* Hours are hours. */
		{ "R/2026-03-29T00:00:00/PT2H", "2026-03-28T23:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-03-29T00:00:00+01:00", "2026-03-29T03:00:00+02:00",
				"2026-03-29T05:00:00+02:00" } },
		{ "R2/2026-03-28T06:00:00/2026-03-29T06:00:00", "2026-01-01T00:00:00Z",
			{ WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-03-28T06:00:00+01:00", "2026-03-29T06:00:00+02:00" } },
	};
	struct wf_zone *z = berlin();
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].text, z, cases[i].policy, cases[i].from, cases[i].next);
	wf_zone_free(z);
}

static void the_ends_of_time(void **state)
{
	struct wf_interval iv = parsed("R/PT15M");
	struct wf_dst_policy policy = { 0 };
	struct wf_firing f = { .local = 5 };
	(void)state;

	assert_false(iv.has_start);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, 0, true, &f), WF_ENOENT);
	wf_interval_anchor(&iv, 60000);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, 60000, false, &f), 0);
	assert_int_equal(f.ms, 960000);
	/* An anchor does not move what has a start. */
	wf_interval_anchor(&iv, 0);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, INT64_MIN, false, &f), 0);
	assert_int_equal(f.ms, 60000);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, INT64_MAX, false, &f), WF_ENOENT);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, INT64_MAX, true, &f), WF_ENOENT);
	iv = parsed("R/2026-01-01T00:00:00Z/P4294967295Y");
	assert_int_equal(wf_interval_next(&iv, NULL, policy, INT64_MIN, true, &f), 0);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, f.ms, false, &f), WF_ENOENT);
	iv = parsed("R/9999-12-31T00:00:00/P1D");
	assert_int_equal(wf_interval_next(&iv, NULL, policy, 0, true, &f), 0);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, f.ms, false, &f), WF_ENOENT);
	iv = parsed("R/2026-01-01T00:00:00Z/PT18446744073709551615H");
	assert_int_equal(wf_interval_next(&iv, NULL, policy, 0, true, &f), 0);
	assert_int_equal(wf_interval_next(&iv, NULL, policy, f.ms, false, &f), WF_ENOENT);
}

static void intervals_have_words(void **state)
{
	static const char *const cases[][2] = {
		{ "R5/2026-01-01T00:00:00Z/PT1H",
			"5 times, every hour from 2026-01-01T00:00:00Z on" },
		{ "R/2026-01-01T06:00:00/P1D",
			"every day from 2026-01-01T06:00:00 on, local time" },
		{ "R1/2026-01-01T06:00:00Z/P1D", "once, at 2026-01-01T06:00:00Z" },
		{ "R/PT15M", "every 15 minutes" },
		{ "R/PT0.5S", "every 0.5 seconds" },
		{ "R/P1DT12H1M", "every 1 day, 12 hours and 1 minute" },
		{ "R/2026-01-01T00:00:00Z/2026-01-01T01:00:00Z", "every hour from 2026-01-01T00:00:00Z on" },
		{ "R/P3M", "every 3 months" },
		{ "R/PT18446744073709551615H", "every 18446744073709551615 hours" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		WF_AUTOBUF struct wf_buf out = { 0 };
		struct wf_interval iv = parsed(cases[i][0]);
		wf_interval_explain(&iv, &out);
		assert_string_equal(out.data, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_a_place),
		cmocka_unit_test(firings_in_utc),
		cmocka_unit_test(firings_on_a_zones_calendar),
		cmocka_unit_test(the_ends_of_time),
		cmocka_unit_test(intervals_have_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
