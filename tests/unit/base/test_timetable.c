/* Timetables: every member of a spec, its errors, when it fires, jitter, anchors, and the words. */
#include "base/timetable.h"

#include "base/duration.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static json_t *json_of(const char *text)
{
	json_t *value = NULL;
	struct wf_cause cause = { 0 };

	if (wf_json_parse(text, strlen(text), &value, &cause) < 0)
		fail_msg("%s: %s", text, cause.text);
	return value;
}

static struct wf_timetable parsed(const char *text)
{
	json_auto_t *spec = json_of(text);
	struct wf_timetable t = { 0 };
	struct wf_cause cause = { 0 };

	if (wf_timetable_parse(spec, &t, NULL, &cause) < 0)
		fail_msg("%s: %s", text, cause.text);
	return t;
}

static int64_t ms_of(const char *text)
{
	int64_t ms;

	assert_int_equal(wf_time_parse(text, strlen(text), &ms), 0);
	return ms;
}

static void need_zones(void)
{
	struct stat st;

	if (stat(WF_ZONE_FOLDER "/Europe/Berlin", &st) < 0)
		skip();
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *spec, *member, *says;
		int err;
	} cases[] = {
		{ "{}", "cron", "one of cron, interval and at", WF_EINVAL },
		{ "{\"cron\":\"@daily\",\"at\":\"2026-01-01T00:00:00Z\"}", "at", "not several", WF_EINVAL },
		{ "{\"cron\":5}", "cron", "cron: it is a text", WF_ESYNTAX },
		{ "{\"cron\":\"61 * * * *\"}", "cron", "minute", WF_ESYNTAX },
		{ "{\"cron\":\"0 0 30 2 *\"}", "cron", "never", WF_EINVAL },
		{ "{\"interval\":\"R/PT0S\"}", "interval", "millisecond", WF_EINVAL },
		{ "{\"interval\":\"PT5M\"}", "interval", "expected R", WF_ESYNTAX },
		{ "{\"at\":\"2026-02-30T10:00:00\"}", "at", "that exists", WF_ESYNTAX },
		{ "{\"at\":\"2026-13-01T10:00:00Z\"}", "at", "that exists", WF_ESYNTAX },
		{ "{\"at\":\"tomorrow\"}", "at", "that exists", WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"timezone\":\"Europe/Berlim\"}", "timezone", "Berlim", WF_EINVAL },
		{ "{\"cron\":\"@daily\",\"timezone\":\"../etc/passwd\"}", "timezone", "timezone:", WF_EINVAL },
		{ "{\"cron\":\"@daily\",\"dst\":\"skip\"}", "dst", "gap and overlap", WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"dst\":{\"gap\":\"first\"}}", "dst.gap", "shift or skip", WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"dst\":{\"overlap\":\"auto\"}}", "dst.overlap",
			"first, last or both", WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"jitter\":\"5m\"}", "jitter", "PT5M", WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"jitter\":\"P2D\"}", "jitter", "a day at most", WF_EINVAL },
		{ "{\"cron\":\"@daily\",\"grace\":7}", "grace", "text", WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"missed\":\"later\"}", "missed", "skip, catch_up or backfill",
			WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"overlap\":\"both\"}", "overlap", "allow, queue, skip or replace",
			WF_ESYNTAX },
		{ "{\"cron\":\"@daily\",\"backfill_limit\":0}", "backfill_limit", "from 1 to", WF_EINVAL },
		{ "{\"cron\":\"@daily\",\"backfill_limit\":10001}", "backfill_limit", "10000", WF_EINVAL },
		{ "{\"cron\":\"@daily\",\"start\":\"2026-01-02T00:00:00Z\",\"end\":\"2026-01-01T00:00:00Z\"}",
			"end", "before the start", WF_EINVAL },
		{ "{\"cron\":\"@yearly\",\"start\":\"2026-01-02T00:00:00Z\",\"end\":\"2026-12-01T00:00:00Z\"}",
			"end", "nothing falls between", WF_EINVAL },
		{ "{\"at\":\"2026-03-29T02:30:00\",\"timezone\":\"Europe/Berlin\",\"dst\":{\"gap\":\"skip\"}}",
			"end", "a gap that is skipped", WF_EINVAL },
		{ "{\"at\":\"2026-03-29T02:30:00Z\",\"end\":\"2026-03-29T02:29:59Z\"}", "end", "never fires",
			WF_EINVAL },
	};
	(void)state;

	need_zones();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_auto_t *spec = json_of(cases[i].spec);
		struct wf_timetable t = { .grace_ms = 77 };
		struct wf_cause cause = { 0 };
		const char *member = NULL;
		int err = wf_timetable_parse(spec, &t, &member, &cause);
		if (err != cases[i].err || !member || strcmp(member, cases[i].member) != 0 ||
			!strstr(cause.text, cases[i].says))
			fail_msg("%s: %d, %s: %s", cases[i].spec, err, member, cause.text);
		assert_int_equal(t.grace_ms, 77);
	}
}

static void members_have_their_defaults(void **state)
{
	struct wf_timetable t = parsed("{\"cron\":\"@daily\"}");
	(void)state;

	assert_int_equal(t.missed, WF_MISSED_SKIP);
	assert_int_equal(t.overlap, WF_OVERLAPPING_ALLOW);
	assert_int_equal(t.dst.gap, WF_GAP_SHIFT);
	assert_int_equal(t.dst.overlap, WF_OVERLAP_FIRST);
	assert_int_equal(t.grace_ms, 600000);
	assert_int_equal(t.backfill_limit, 100);
	assert_int_equal(t.jitter_ms, 0);
	assert_null(t.zone);
	wf_timetable_done(&t);
	t = parsed("{\"cron\":\"@daily\",\"missed\":\"backfill\",\"overlap\":\"replace\",\"grace\":\"PT1H\","
		   "\"backfill_limit\":7,\"jitter\":\"PT5M\",\"type\":\"schedule\",\"input\":{},"
		   "\"dst\":{\"gap\":\"skip\",\"overlap\":\"both\"},\"end\":null}");
	assert_int_equal(t.missed, WF_MISSED_BACKFILL);
	assert_int_equal(t.overlap, WF_OVERLAPPING_REPLACE);
	assert_int_equal(t.dst.gap, WF_GAP_SKIP);
	assert_int_equal(t.dst.overlap, WF_OVERLAP_BOTH);
	assert_int_equal(t.grace_ms, 3600000);
	assert_int_equal(t.backfill_limit, 7);
	assert_int_equal(t.jitter_ms, 300000);
	assert_string_equal(wf_missed_name(WF_MISSED_CATCH_UP), "catch_up");
	assert_string_equal(wf_overlapping_name(WF_OVERLAPPING_QUEUE), "queue");
	wf_timetable_done(&t);
}

static void firings_are_those_of_the_spec(void **state)
{
	static const struct {
		const char *spec, *after, *first, *second; /* NULL: no more */
	} cases[] = {
		{ "{\"cron\":\"0 6 * * *\"}", "2026-11-20T06:00:00Z", "2026-11-21T06:00:00Z",
			"2026-11-22T06:00:00Z" },
		{ "{\"cron\":\"0 6 * * *\",\"timezone\":\"Europe/Berlin\"}", "2026-10-24T12:00:00Z",
			"2026-10-25T05:00:00Z", "2026-10-26T05:00:00Z" },
		{ "{\"cron\":\"30 2 * * *\",\"timezone\":\"Europe/Berlin\"}", "2026-03-28T12:00:00Z",
			"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z" },
		{ "{\"cron\":\"30 2 * * *\",\"timezone\":\"Europe/Berlin\",\"dst\":{\"gap\":\"skip\"}}",
			"2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z" },
		{ "{\"cron\":\"30 2 * * *\",\"timezone\":\"Europe/Berlin\",\"dst\":{\"overlap\":\"both\"}}",
			"2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z" },
		{ "{\"cron\":\"30 2 * * *\",\"timezone\":\"Europe/Berlin\",\"dst\":{\"overlap\":\"last\"}}",
			"2026-10-24T12:00:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z" },
		{ "{\"cron\":\"0 6 * * *\",\"start\":\"2027-01-01T06:00:00Z\"}", "2026-11-20T06:00:00Z",
			"2027-01-01T06:00:00Z", "2027-01-02T06:00:00Z" },
		{ "{\"cron\":\"0 6 * * *\",\"end\":\"2026-11-21T06:00:00Z\"}", "2026-11-20T06:00:00Z",
			"2026-11-21T06:00:00Z", NULL },
		/* A local bound is one of the zone. */
		{ "{\"cron\":\"0 6 * * *\",\"end\":\"2026-11-21T06:59:59\",\"timezone\":\"Europe/Berlin\"}",
			"2026-11-20T06:00:00Z", "2026-11-21T05:00:00Z", NULL },
		{ "{\"interval\":\"R2/2026-11-20T00:00:00Z/PT1H\"}", "2026-01-01T00:00:00Z",
			"2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z" },
		{ "{\"at\":\"2026-12-24T18:00:00\",\"timezone\":\"Europe/Berlin\"}", "2026-01-01T00:00:00Z",
			"2026-12-24T17:00:00Z", NULL },
		{ "{\"at\":\"2026-03-29T02:30:00\",\"timezone\":\"Europe/Berlin\"}", "2026-01-01T00:00:00Z",
			"2026-03-29T01:00:00Z", NULL },
		{ "{\"at\":\"2026-12-24T18:00:00+05:00\",\"timezone\":\"Europe/Berlin\"}",
			"2026-01-01T00:00:00Z", "2026-12-24T13:00:00Z", NULL },
		{ "{\"at\":\"2026-12-24T18:00:00Z\"}", "2026-12-24T18:00:00Z", NULL, NULL },
		/* A day alone is its midnight, on the zone's clock. */
		{ "{\"at\":\"2026-12-24\",\"timezone\":\"Europe/Berlin\"}", "2026-01-01T00:00:00Z",
			"2026-12-23T23:00:00Z", NULL },
		{ "{\"cron\":\"0 6 * * *\",\"start\":\"2027-01-01\"}", "2026-11-20T06:00:00Z",
			"2027-01-01T06:00:00Z", "2027-01-02T06:00:00Z" },
	};
	(void)state;

	need_zones();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_timetable t = parsed(cases[i].spec);
		const char *const wanted[2] = { cases[i].first, cases[i].second };
		int64_t after = ms_of(cases[i].after);
		for (size_t n = 0; n < 2; n++) {
			struct wf_firing f = { 0 };
			char text[WF_TIME_TEXT] = "none";
			int err = wf_timetable_next(&t, after, false, &f);
			if (err == 0)
				wf_time_text(f.ms, text);
			if ((err == 0) != (wanted[n] != NULL) || (wanted[n] && f.ms != ms_of(wanted[n])))
				fail_msg("%s: %s, not %s", cases[i].spec, text, wanted[n]);
			if (err < 0)
				break;
			after = f.ms;
		}
		wf_timetable_done(&t);
	}
}

/* Every sweep reckons the same; different firings and schedules are spread over all of it. */
static void jitter_depends_on_the_firing_alone(void **state)
{
	struct wf_timetable t = parsed("{\"cron\":\"@daily\",\"jitter\":\"PT10S\"}");
	size_t tenths[11] = { 0 };
	(void)state;

	for (int64_t n = 0; n < 4000; n++) {
		int64_t nominal = n * 86400000, due = wf_timetable_due(&t, 7, nominal);
		assert_in_range(due - nominal, 0, 10000);
		assert_int_equal(due, wf_timetable_due(&t, 7, nominal));
		tenths[(due - nominal) / 1000]++;
	}
	for (size_t i = 0; i < 10; i++)
		assert_in_range(tenths[i], 300, 500);
	assert_true(wf_timetable_due(&t, 7, 0) != wf_timetable_due(&t, 8, 0));
	wf_timetable_done(&t);
	t = parsed("{\"cron\":\"@daily\"}");
	assert_int_equal(wf_timetable_due(&t, 7, 5000), 5000);
	wf_timetable_done(&t);
}

static void an_interval_without_a_start_is_anchored(void **state)
{
	json_auto_t *spec = json_of("{\"interval\":\"R3/PT15M\"}");
	struct wf_timetable t = { 0 };
	struct wf_firing f = { 0 };
	int64_t now = ms_of("2026-11-20T12:00:07Z");
	(void)state;

	wf_timetable_anchor(spec, now);
	assert_string_equal(json_string_value(json_object_get(spec, "anchor")), "2026-11-20T12:15:07.000Z");
	/* It stays where it was. */
	wf_timetable_anchor(spec, now + 1000);
	assert_int_equal(wf_timetable_parse(spec, &t, NULL, NULL), 0);
	int64_t after = now;
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(wf_timetable_next(&t, after, false, &f), 0);
		assert_int_equal(f.ms, now + i * 900000);
		after = f.ms;
	}
	assert_int_equal(wf_timetable_next(&t, after, false, &f), WF_ENOENT);
	wf_timetable_done(&t);

	json_auto_t *started = json_of("{\"interval\":\"R/PT15M\",\"start\":\"2026-12-01T00:00:00Z\"}");
	wf_timetable_anchor(started, now);
	assert_int_equal(wf_timetable_parse(started, &t, NULL, NULL), 0);
	assert_int_equal(wf_timetable_next(&t, now, false, &f), 0);
	assert_int_equal(f.ms, ms_of("2026-12-01T00:00:00Z"));
	wf_timetable_done(&t);

	json_auto_t *cron = json_of("{\"cron\":\"@daily\"}");
	wf_timetable_anchor(cron, now);
	assert_null(json_object_get(cron, "anchor"));
}

static void words(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"cron\":\"0 6 * * MON-FRI\",\"timezone\":\"Europe/Berlin\"}",
			"at 06:00 on Monday to Friday, Europe/Berlin" },
		{ "{\"cron\":\"@hourly\",\"jitter\":\"PT5M\"}", "every hour, UTC, up to 5 minutes later" },
		{ "{\"cron\":\"@daily\",\"dst\":{\"gap\":\"skip\",\"overlap\":\"both\"}}",
			"at 00:00, UTC; a time that the clock leaps over is left out; a time that comes twice "
			"fires at both" },
		{ "{\"interval\":\"R/PT15M\"}", "every 15 minutes" },
		{ "{\"at\":\"2026-12-24T18:00:00\",\"timezone\":\"Europe/Berlin\"}",
			"once, at 2026-12-24T18:00:00, local time, Europe/Berlin" },
		{ "{\"cron\":\"@daily\",\"start\":\"2026-01-01T00:00:00\",\"end\":\"2026-12-31T00:00:00Z\"}",
			"at 00:00, UTC, from 2026-01-01T00:00:00Z, until 2026-12-31T00:00:00Z" },
	};
	(void)state;

	need_zones();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		struct wf_timetable t = parsed(cases[i][0]);
		wf_timetable_explain(&t, &text);
		assert_string_equal(text.data, cases[i][1]);
		wf_timetable_done(&t);
	}
}

static void one_word_is_told_apart(void **state)
{
	static const char *const cases[][2] = {
		{ "0 6 * * *", "cron" },
		{ "@daily", "cron" },
		{ "* * * * TUE", "cron" },
		{ "R/PT15M", "interval" },
		{ "R5/2026-01-01T00:00:00Z/P1D", "interval" },
		{ "2026-12-24T18:00:00", "at" },
		{ "2026-12-24", "at" },
		{ "PT15M", "interval" },
		{ "P", "cron" },
		{ "nonsense", "cron" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_auto_t *spec = wf_timetable_spec(cases[i][0]);
		assert_int_equal(json_object_size(spec), 1);
		assert_string_equal(json_string_value(json_object_get(spec, cases[i][1])), cases[i][0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(members_have_their_defaults),
		cmocka_unit_test(firings_are_those_of_the_spec),
		cmocka_unit_test(jitter_depends_on_the_firing_alone),
		cmocka_unit_test(an_interval_without_a_start_is_anchored),
		cmocka_unit_test(words),
		cmocka_unit_test(one_word_is_told_apart),
	};
	wf_mem_adopt_jansson();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
