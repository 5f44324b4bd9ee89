/*
 * Cron expressions: errors and their places, the usual form, words, and firings, at each change of
 * the clock of some zones against a slow reading of the policy.
 */
#include "base/cron.h"

#include "base/civil.h"
#include "base/duration.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct wf_cron parsed(const char *text)
{
	struct wf_cron c = { 0 };
	struct wf_cause cause = { 0 };

	if (wf_cron_parse(text, strlen(text), &c, NULL, &cause) < 0)
		fail_msg("%s: %s", text, cause.text);
	return c;
}

static int64_t ms_of(const char *text)
{
	int64_t ms;
	assert_int_equal(wf_time_parse(text, strlen(text), &ms), 0);
	return ms;
}

static struct wf_zone *open_zone(const char *name)
{
	struct wf_zone *z = NULL;
	struct stat st;

	if (stat(WF_ZONE_FOLDER "/Europe/Berlin", &st) < 0)
		skip();
	assert_int_equal(wf_zone_open(NULL, name, &z, NULL), 0);
	return z;
}

/* -- parsing -- */

static void errors_have_a_place_and_an_expectation(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *says;
	} cases[] = {
		{ "", 0, "5 or 6 fields, found 0" },
		{ "* * *", 5, "5 or 6 fields, found 3" },
		{ "* * * * * * *", 12, "found more" },
		{ "60 * * * *", 0, "minute: expected 0 to 59 or *, found \"60\"" },
		{ "0  25 * * *", 3, "hour: expected 0 to 23" },
		{ "0 6 * * MON-FRX", 12,
			"day of week: expected 0 to 7, SUN to SAT, nL, n#k or *, found \"FRX\"" },
		{ "0 6 32 * *", 4, "day of month" },
		{ "0 6 * 13 *", 6, "month: expected 1 to 12" },
		{ "*/0 * * * *", 2, "a step between 1 and 59, found \"0\"" },
		{ "1, * * * *", 2, "minute: expected 0 to 59 or * at its end" },
		{ "1-2-3 * * * *", 3, "a comma or the field's end, found \"-3\"" },
		{ "* * 1,2W * *", 7, "stand alone" },
		{ "* * LW,1 * *", 5, "stand alone" },
		{ "* * L-31 * *", 6, "0 to 30 days before the last" },
		{ "* * * * MON#6", 12, "1 to 5 after #" },
		{ "99999999999999999999 * * * *", 0, "minute" },
		{ "@noon", 0, "@daily" },
		{ " @daily x", 8, "nothing may follow @daily" },
		{ "\xff * * * *", 0, "minute" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_cron c = { .hours = 77 };
		struct wf_cause cause = { 0 };
		size_t offset = 999;
		size_t n = strlen(cases[i].text);
		assert_int_equal(wf_cron_parse(cases[i].text, n, &c, &offset, &cause), WF_ESYNTAX);
		if (offset != cases[i].offset || !strstr(cause.text, cases[i].says))
			fail_msg("%s: %zu: %s", cases[i].text, offset, cause.text);
		assert_int_equal(c.hours, 77);
		assert_int_equal(wf_cron_parse(cases[i].text, n, &c, NULL, NULL), WF_ESYNTAX);
	}
}

static void what_never_fires_is_told(void **state)
{
	static const char *const never[] = { "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30W 2 *",
		"0 0 L-29 2 *", "0 0 L-30W 2,4,6 *" };
	static const char *const some[] = { "0 0 29 2 *", "0 0 30 2 MON", "0 0 L-28 2 *",
		"0 0 * 2 MON#5", "0 0 30,31 2,3 *" };
	struct wf_cron c;
	struct wf_cause cause;
	size_t offset;
	(void)state;

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		assert_int_equal(
			wf_cron_parse(never[i], strlen(never[i]), &c, &offset, &cause), WF_EINVAL);
		assert_int_equal(offset, 4);
		assert_non_null(strstr(cause.text, "never"));
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		(void)parsed(some[i]);
}

static void long_texts_are_bounded(void **state)
{
	char text[WF_MAX_CRON_BYTES + 2];
	struct wf_cron c;
	struct wf_cause cause;
	(void)state;

	memset(text, ' ', sizeof(text));
	memcpy(text, "* * * * *", 9);
	assert_int_equal(wf_cron_parse(text, WF_MAX_CRON_BYTES, &c, NULL, &cause), 0);
	assert_int_equal(wf_cron_parse(text, WF_MAX_CRON_BYTES + 1, &c, NULL, &cause), WF_ELIMIT);
	memset(text, '1', sizeof(text));
	assert_int_equal(wf_cron_parse(text, WF_MAX_CRON_BYTES, &c, NULL, &cause), WF_ESYNTAX);
	/* The n bytes and none behind them. */
	WF_AUTOFREE char *exact = wf_alloc(9);
	memcpy(exact, "1 2 3 4 5", 9);
	assert_int_equal(wf_cron_parse(exact, 9, &c, NULL, &cause), 0);
	assert_int_equal(wf_cron_parse(exact, 8, &c, NULL, &cause), WF_ESYNTAX);
}

static uint32_t draw(uint32_t *seed, size_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % (uint32_t)below;
}

/* Refuses whatever comes, or takes it; and then prints it, and takes that again as equal. */
static void nonsense_does_no_harm(void **state)
{
	static const char *const pieces[] = { "*", "*", "*", "*", "*", "*", "*", "*", "*", "?", "L",
		"LW", "W", "#", "-", "/", ",", "0", "1", "2", "5", "7", "15", "23", "31", "59",
		"MON", "FRI", "JAN", "L-3", "1,15", "5-9", "*/5", "5L", "5#3", "15W", "@", "\xff" };
	uint32_t seed = 12345;
	size_t taken = 0;
	(void)state;

	for (int round = 0; round < 50000; round++) {
		WF_AUTOBUF struct wf_buf text = { 0 }, out = { 0 };
		struct wf_cron c, again;
		for (size_t fields = 5 + draw(&seed, 2); fields > 0; fields--) {
			for (size_t items = draw(&seed, 8) ? 1 : 3; items > 0; items--)
				wf_buf_addstr(&text,
					pieces[draw(&seed, sizeof(pieces) / sizeof(pieces[0]))]);
			wf_buf_addch(&text, ' ');
		}
		if (wf_cron_parse(text.data, text.len, &c, NULL, NULL) < 0)
			continue;
		wf_cron_text(&c, &out);
		if (wf_cron_parse(out.data, out.len, &again, NULL, NULL) < 0 ||
			!wf_cron_equal(&c, &again))
			fail_msg("%s: %s", text.data, out.data);
		wf_cron_explain(&c, &out);
		taken++;
	}
	printf("%zu of 50000 taken\n", taken);
	assert_true(taken > 500);
}

/* -- printing -- */

static void expressions_have_a_form_and_words(void **state)
{
	static const struct {
		const char *text, *form, *words;
	} cases[] = {
		{ "0 6 * * MON-FRI", "0 6 * * 1-5", "at 06:00 on Monday to Friday" },
		{ "* * * * *", "* * * * *", "every minute" },
		{ "* * * * * *", "* * * * * *", "every second" },
		{ "0 * * * * *", "* * * * *", "every minute" },
		{ "*/15 * * * *", "*/15 * * * *", "every 15 minutes" },
		{ "0,30 * * * *", "0,30 * * * *", "every 30 minutes" },
		{ "*/20 * * * * *", "*/20 * * * * *", "every 20 seconds" },
		{ "5 * * * *", "5 * * * *", "every hour at minute 5" },
		{ "5,20 * * * *", "5,20 * * * *", "at minutes 5 and 20 of every hour" },
		{ "30 * * * * *", "30 * * * * *", "at second 30 of every minute" },
		{ "*/10 5 * * * *", "*/10 5 * * * *",
			"every 10 seconds of minute 5 of every hour" },
		{ "*/7 * * * *", "*/7 * * * *",
			"at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour" },
		{ "@hourly", "0 * * * *", "every hour" },
		{ "@daily", "0 0 * * *", "at 00:00" },
		{ "@weekly", "0 0 * * 0", "at 00:00 on Sunday" },
		{ "@monthly", "0 0 1 * *", "at 00:00 on day 1 of the month" },
		{ "@YEARLY", "0 0 1 1 *", "at 00:00 on day 1 of January" },
		{ "30 9 * * *", "30 9 * * *", "at 09:30" },
		{ "15 30 9 * * *", "15 30 9 * * *", "at 09:30:15" },
		{ "0,30 9,17 * * *", "0,30 9,17 * * *", "at 09:00, 09:30, 17:00 and 17:30" },
		{ "0 8-18 * * *", "0 8-18 * * *", "every hour from 08:00 to 18:00" },
		{ "10 */2 * * *", "10 */2 * * *", "every 2 hours at minute 10" },
		{ "*/10 9-17 * * SAT,SUN", "*/10 9-17 * * 0,6",
			"every 10 minutes from 09:00 to 17:59 on Saturday and Sunday" },
		{ "* 9,11 * * *", "* 9,11 * * *", "every minute of hours 9 and 11" },
		{ "*/5 */4 * * *", "*/5 */4 * * *", "every 5 minutes of every 4th hour" },
		{ "0 12 * * SUN-THU", "0 12 * * 0-4", "at 12:00 on Sunday to Thursday" },
		{ "0 12 * * FRI-MON", "0 12 * * 0,1,5,6",
			"at 12:00 on Monday and Friday to Sunday" },
		{ "0 12 L * *", "0 12 L * *", "at 12:00 on the last day of the month" },
		{ "0 12 L-3 * *", "0 12 L-3 * *",
			"at 12:00 on the day 3 days before the last of the month" },
		{ "0 12 1,15,L * *", "0 12 1,15,L * *",
			"at 12:00 on days 1 and 15 and the last day of the month" },
		{ "0 12 LW * *", "0 12 LW * *", "at 12:00 on the last weekday of the month" },
		{ "0 12 15W 3-5 *", "0 12 15W 3-5 *",
			"at 12:00 on the weekday nearest to day 15 of March to May" },
		{ "0 12 L-2W * *", "0 12 L-2W * *",
			"at 12:00 on the weekday nearest to the day 2 days before the last of the "
			"month" },
		{ "0 12 * * FRIL", "0 12 * * 5L", "at 12:00 on the last Friday of the month" },
		{ "0 12 * * MON#1,MON#3", "0 12 * * 1#1,1#3",
			"at 12:00 on the first Monday of the month and the third Monday of the "
			"month" },
		{ "0 0 13 * FRI", "0 0 13 * 5", "at 00:00 on day 13 of the month or on Friday" },
		{ "0 0 13 10 FRI", "0 0 13 10 5",
			"at 00:00 on day 13 of the month or on Friday, in October" },
		{ "0 0 * JAN,JUL *", "0 0 * 1,7 *", "at 00:00 every day in January and July" },
		{ "0 0 * JAN MON", "0 0 * 1 1", "at 00:00 on Monday in January" },
		{ "5,10 0 0 * * *", "5,10 0 0 * * *",
			"at seconds 5 and 10 of minute 0 from 00:00 to 00:59" },
		{ "0 0 1-31 * MON", "0 0 * * *", "at 00:00" },
		{ "0 0 15W * MON-SUN", "0 0 * * *", "at 00:00" },
		{ "0 0 L * TUE-MON", "0 0 * * *", "at 00:00" },
		{ "0 0 */10 * MON", "0 0 */10 * 1",
			"at 00:00 on days 1, 11, 21 and 31 of the month or on "
			"Monday" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		WF_AUTOBUF struct wf_buf form = { 0 }, words = { 0 };
		struct wf_cron c = parsed(cases[i].text), again;
		wf_cron_text(&c, &form);
		wf_cron_explain(&c, &words);
		if (strcmp(form.data, cases[i].form) != 0)
			fail_msg("%s: %s", cases[i].text, form.data);
		if (strcmp(words.data, cases[i].words) != 0)
			fail_msg("%s: %s", cases[i].text, words.data);
		again = parsed(form.data);
		assert_true(wf_cron_equal(&c, &again));
	}
}

/* -- firing -- */

static void firings_come_one_after_the_other(void **state)
{
	static const struct {
		const char *text, *from, *next[4];
	} cases[] = {
		{ "0 6 * * MON-FRI", "2026-11-19T06:00:00Z",
			{ "2026-11-20T06:00:00Z", "2026-11-23T06:00:00Z",
				"2026-11-24T06:00:00Z" } },
		{ "0 0 29 2 *", "2096-03-01T00:00:00Z",
			{ "2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z" } },
		/* Forty years, for the year 2100 has no such day. */
		{ "0 0 * 2 MON#5", "2072-03-01T00:00:00Z", { "2112-02-29T00:00:00Z" } },
		{ "59 59 23 31 12 *", "2026-12-31T23:59:58.5Z",
			{ "2026-12-31T23:59:59Z", "2027-12-31T23:59:59Z" } },
		{ "0 0 13 * FRI", "2026-11-01T00:00:00Z",
			{ "2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z",
				"2026-11-20T00:00:00Z" } },
		{ "0 0 1,L * *", "2026-01-31T00:00:00Z",
			{ "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z",
				"2026-03-01T00:00:00Z" } },
	};
	struct wf_dst_policy policy = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_cron c = parsed(cases[i].text);
		struct wf_firing f = { .ms = ms_of(cases[i].from) };
		for (size_t k = 0; k < 4 && cases[i].next[k]; k++) {
			assert_int_equal(wf_cron_next(&c, NULL, policy, f.ms, false, &f), 0);
			assert_int_equal(f.ms, ms_of(cases[i].next[k]));
			assert_int_equal(f.local * 1000, f.ms);
			assert_int_equal(f.mark, WF_DST_NONE);
			/* At or after finds it again, up to its very millisecond. */
			assert_int_equal(wf_cron_next(&c, NULL, policy, f.ms - 1, false, &f), 0);
			assert_int_equal(f.ms, ms_of(cases[i].next[k]));
			assert_int_equal(wf_cron_next(&c, NULL, policy, f.ms, true, &f), 0);
			assert_int_equal(f.ms, ms_of(cases[i].next[k]));
		}
	}
}

static void there_is_an_end(void **state)
{
	struct wf_cron c = parsed("* * * * * *");
	struct wf_firing f = { .local = 5 };
	struct wf_dst_policy policy = { 0 };
	(void)state;

	assert_int_equal(
		wf_cron_next(&c, NULL, policy, ms_of("9999-12-31T23:59:58Z"), false, &f), 0);
	assert_int_equal(f.ms, ms_of("9999-12-31T23:59:59Z"));
	f.local = 5;
	assert_int_equal(wf_cron_next(&c, NULL, policy, f.ms, false, &f), WF_ENOENT);
	assert_int_equal(wf_cron_next(&c, NULL, policy, INT64_MAX, true, &f), WF_ENOENT);
	assert_int_equal(f.local, 5);
	assert_int_equal(wf_cron_next(&c, NULL, policy, INT64_MIN, true, &f), 0);
	assert_int_equal(f.ms, ms_of("0000-01-01T00:00:00Z"));

	/* Always in the gap, and gaps are skipped. */
	struct wf_zone *z = open_zone("America/New_York");
	c = parsed("30 2 * 3 SUN#2");
	policy.gap = WF_GAP_SKIP;
	assert_int_equal(
		wf_cron_next(&c, z, policy, ms_of("2026-01-01T00:00:00Z"), true, &f), WF_ENOENT);
	policy.gap = WF_GAP_SHIFT;
	assert_int_equal(wf_cron_next(&c, z, policy, ms_of("2026-01-01T00:00:00Z"), true, &f), 0);
	assert_int_equal(f.ms, ms_of("2026-03-08T03:00:00-04:00"));
	assert_int_equal(f.mark, WF_DST_SHIFTED);
	assert_int_equal(f.local * 1000, ms_of("2026-03-08T02:30:00Z"));
	wf_zone_free(z);
}

static void policies_decide(void **state)
{
	static const struct {
		const char *text, *from;
		struct wf_dst_policy policy;
		const char *next[3];
		enum wf_dst_mark mark[3];
	} cases[] = {
		{ "30 2 * * *", "2026-03-28T12:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00" },
			{ WF_DST_SHIFTED } },
		{ "30 2 * * *", "2026-03-28T12:00:00Z", { WF_GAP_SKIP, WF_OVERLAP_FIRST },
			{ "2026-03-30T02:30:00+02:00" }, { WF_DST_NONE } },
		/* Once for all that is in the gap, and for what is there anyway. */
		{ "*/30 2,3 * * *", "2026-03-28T12:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00",
				"2026-03-30T02:00:00+02:00" },
			{ WF_DST_NONE } },
		{ "30 2 * * *", "2026-10-24T12:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00" },
			{ WF_DST_FIRST } },
		{ "30 2 * * *", "2026-10-24T12:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_LAST },
			{ "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00" },
			{ WF_DST_SECOND } },
		{ "30 2 * * *", "2026-10-24T12:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_BOTH },
			{ "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00",
				"2026-10-26T02:30:00+01:00" },
			{ WF_DST_FIRST, WF_DST_SECOND } },
		{ "30 2 * * *", "2026-10-24T12:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_AUTO },
			{ "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00" },
			{ WF_DST_FIRST } },
		{ "30 * * * *", "2026-10-25T00:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_AUTO },
			{ "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00",
				"2026-10-25T03:30:00+01:00" },
			{ WF_DST_FIRST, WF_DST_SECOND } },
		{ "30 * * * *", "2026-10-25T00:00:00Z", { WF_GAP_SHIFT, WF_OVERLAP_FIRST },
			{ "2026-10-25T02:30:00+02:00", "2026-10-25T03:30:00+01:00" },
			{ WF_DST_FIRST } },
	};
	struct wf_zone *z = open_zone("Europe/Berlin");
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_cron c = parsed(cases[i].text);
		struct wf_firing f = { .ms = ms_of(cases[i].from) };
		for (size_t k = 0; k < 3 && cases[i].next[k]; k++) {
			char text[WF_ZONE_TEXT];
			assert_int_equal(wf_cron_next(&c, z, cases[i].policy, f.ms, false, &f), 0);
			wf_zone_text(z, f.ms, text);
			if (strcmp(text, cases[i].next[k]) != 0 || f.mark != cases[i].mark[k])
				fail_msg("%s from %s: %s, mark %d", cases[i].text, cases[i].from,
					text, f.mark);
		}
	}
	wf_zone_free(z);
}

/* -- at each change of the clock -- */

#define QUARTER 900

/* What the policy says, by looking at one instant alone. */
static bool fires(const struct wf_cron *c, const struct wf_zone *z, struct wf_dst_policy policy,
	int64_t instant)
{
	struct wf_zone_span span, previous;
	struct wf_zone_instants at;

	wf_zone_at(z, instant, &span);
	if (policy.gap == WF_GAP_SHIFT && span.start == instant) {
		wf_zone_at(z, instant - 1, &previous);
		for (int64_t in = instant + previous.offset; in < instant + span.offset;
			in += QUARTER)
			if (wf_cron_matches(c, in))
				return true;
	}
	if (!wf_cron_matches(c, instant + span.offset))
		return false;
	wf_zone_instants(z, instant + span.offset, &at);
	return at.count < 2 || policy.overlap == WF_OVERLAP_BOTH ||
		instant == at.at[policy.overlap == WF_OVERLAP_LAST];
}

static size_t compare(const struct wf_cron *c, const struct wf_zone *z, struct wf_dst_policy policy,
	int64_t from, int64_t to)
{
	struct wf_firing f;
	size_t count = 0;
	bool inclusive = true;
	int64_t at = from;

	for (int64_t i = from; i < to; i += QUARTER) {
		if (!fires(c, z, policy, i))
			continue;
		assert_int_equal(wf_cron_next(c, z, policy, at * 1000, inclusive, &f), 0);
		if (f.ms != i * 1000)
			fail_msg("%s: %lld instead of %lld (gap %d, overlap %d)", wf_zone_name(z),
				(long long)f.ms, (long long)i * 1000, policy.gap, policy.overlap);
		at = i;
		inclusive = false;
		count++;
	}
	if (wf_cron_next(c, z, policy, at * 1000, inclusive, &f) == 0)
		assert_true(f.ms >= to * 1000);
	return count;
}

static void each_change_of_the_clock(void **state)
{
	static const char *const zones[] = { "Europe/Berlin", "America/New_York",
		"America/Santiago", "Asia/Amman", "Australia/Lord_Howe", "Pacific/Apia",
		"Africa/Casablanca", "Europe/Dublin", "Pacific/Chatham" };
	static const char *const texts[] = { "*/15 * * * *", "30 2 * * *", "0,45 0-3 * * *",
		"30 1 L * *", "0 3 * * SUN", "15 */2 * * *", "0 0 * * *" };
	size_t count = 0;
	(void)state;

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct wf_zone *z = open_zone(zones[i]);
		struct wf_zone_span span;
		for (int64_t at = 0; at < INT64_C(2145916800); at = span.end) {
			wf_zone_at(z, at, &span);
			if (span.start < 0 || span.start % QUARTER != 0)
				continue;
			for (size_t k = 0; k < 7 * 6; k++) {
				struct wf_cron c = parsed(texts[k / 6]);
				struct wf_dst_policy policy = { k % 2 ? WF_GAP_SKIP : WF_GAP_SHIFT,
					k % 6 / 2 == 0	       ? WF_OVERLAP_FIRST :
						k % 6 / 2 == 1 ? WF_OVERLAP_LAST :
								 WF_OVERLAP_BOTH };
				count += compare(
					&c, z, policy, span.start - 18000, span.start + 18000);
			}
		}
		wf_zone_free(z);
	}
	printf("%zu firings around changes of the clock\n", count);
	assert_true(count > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_a_place_and_an_expectation),
		cmocka_unit_test(what_never_fires_is_told),
		cmocka_unit_test(long_texts_are_bounded),
		cmocka_unit_test(nonsense_does_no_harm),
		cmocka_unit_test(expressions_have_a_form_and_words),
		cmocka_unit_test(firings_come_one_after_the_other),
		cmocka_unit_test(there_is_an_end),
		cmocka_unit_test(policies_decide),
		cmocka_unit_test(each_change_of_the_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
