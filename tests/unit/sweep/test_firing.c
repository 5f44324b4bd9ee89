/* Which firings are made good and which are missed, by policy, and the names of events. */
#include "sweep/firing.h"

#include "base/duration.h"
#include "base/mem.h"
#include "sweep/dispatch.h"
#include "sweep/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t ms_of(const char *text)
{
	int64_t ms;

	if (wf_time_parse(text, strlen(text), &ms) < 0)
		fail_msg("%s", text);
	return ms;
}

static struct wf_timetable table(const char *spec)
{
	struct wf_timetable t = { 0 };
	struct wf_cause cause = { 0 };
	json_t *json = NULL;

	assert_int_equal(wf_json_parse(spec, strlen(spec), &json, NULL), 0);
	if (wf_timetable_parse(json, &t, NULL, &cause) < 0)
		fail_msg("%s: %s", spec, cause.text);
	json_decref(json);
	return t;
}

/* A row that counts from a time on. */
static struct wf_schedule row(const struct wf_timetable *t, const char *since)
{
	struct wf_schedule s = { .id = 7 };

	wf_firings_next(&s, t, ms_of(since));
	return s;
}

static void row_done(struct wf_schedule *s)
{
	json_decref(s->recent);
	s->recent = NULL;
}

static void the_policy_says_what_is_made_good(void **state)
{
	static const struct {
		const char *spec, *since, *now;
		size_t fired;
		const char *first, *last;   /* of those made good */
		uint64_t missed;
		const char *next;           /* NULL: none any more */
	} cases[] = {
		/* Nothing is due, also a millisecond before. */
		{ "{\"cron\":\"0 * * * *\"}", "2026-11-20T09:00:00Z", "2026-11-20T09:59:59.999Z", 0, NULL,
			NULL, 0, "2026-11-20T10:00:00Z" },
		{ "{\"cron\":\"0 * * * *\"}", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z", 1,
			"2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z", 0, "2026-11-20T11:00:00Z" },
		/* skip: the latest, while it is within its grace. */
		{ "{\"cron\":\"0 * * * *\"}", "2026-11-20T09:00:00Z", "2026-11-20T12:10:00Z", 1,
			"2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z", 2, "2026-11-20T13:00:00Z" },
		{ "{\"cron\":\"0 * * * *\"}", "2026-11-20T09:00:00Z", "2026-11-20T12:10:00.001Z", 0, NULL,
			NULL, 3, "2026-11-20T13:00:00Z" },
		{ "{\"cron\":\"0 * * * *\",\"grace\":\"PT1S\"}", "2026-11-20T09:00:00Z",
			"2026-11-20T10:00:02Z", 0, NULL, NULL, 1, "2026-11-20T11:00:00Z" },
		{ "{\"cron\":\"0 2 * * *\"}", "2026-11-20T00:00:00Z", "2026-11-20T09:00:00Z", 0, NULL, NULL,
			1, "2026-11-21T02:00:00Z" },
		/* Close behind each other: both are on time. */
		{ "{\"cron\":\"* * * * * *\"}", "2026-11-20T09:00:00Z", "2026-11-20T09:00:02Z", 2,
			"2026-11-20T09:00:01Z", "2026-11-20T09:00:02Z", 0, "2026-11-20T09:00:03Z" },
		{ "{\"cron\":\"* * * * * *\"}", "2026-11-20T09:00:00Z", "2026-11-20T09:00:05.500Z", 1,
			"2026-11-20T09:00:05Z", "2026-11-20T09:00:05Z", 4, "2026-11-20T09:00:06Z" },
		/* catch_up: the latest, however late. */
		{ "{\"cron\":\"0 2 * * *\",\"missed\":\"catch_up\"}", "2026-11-20T00:00:00Z",
			"2026-11-24T09:00:00Z", 1, "2026-11-24T02:00:00Z", "2026-11-24T02:00:00Z", 4,
			"2026-11-25T02:00:00Z" },
		/* backfill: each, the latest of them when there are too many. */
		{ "{\"cron\":\"0 2 * * *\",\"missed\":\"backfill\"}", "2026-11-20T00:00:00Z",
			"2026-11-24T09:00:00Z", 5, "2026-11-20T02:00:00Z", "2026-11-24T02:00:00Z", 0,
			"2026-11-25T02:00:00Z" },
		{ "{\"cron\":\"0 2 * * *\",\"missed\":\"backfill\",\"backfill_limit\":2}",
			"2026-11-20T00:00:00Z", "2026-11-24T09:00:00Z", 2, "2026-11-23T02:00:00Z",
			"2026-11-24T02:00:00Z", 3, "2026-11-25T02:00:00Z" },
		/* An end. */
		{ "{\"at\":\"2026-11-20T02:00:00Z\",\"missed\":\"catch_up\"}", "2026-11-20T00:00:00Z",
			"2027-11-20T02:00:00Z", 1, "2026-11-20T02:00:00Z", "2026-11-20T02:00:00Z", 0, NULL },
		{ "{\"at\":\"2026-11-20T02:00:00Z\"}", "2026-11-20T00:00:00Z", "2027-11-20T02:00:00Z", 0,
			NULL, NULL, 1, NULL },
		{ "{\"interval\":\"R3/2026-11-20T00:00:00Z/PT1H\",\"missed\":\"backfill\"}",
			"2026-11-20T00:30:00Z", "2026-11-20T09:00:00Z", 2, "2026-11-20T01:00:00Z",
			"2026-11-20T02:00:00Z", 0, NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_timetable t = table(cases[i].spec);
		struct wf_schedule s = row(&t, cases[i].since);
		struct wf_firings f = { 0 };
		wf_firings_take(&s, &t, ms_of(cases[i].now), &f);
		if (f.count != cases[i].fired || f.missed != cases[i].missed || s.missed != f.missed)
			fail_msg("case %zu: %zu fired, %d missed", i, f.count, (int)f.missed);
		if (f.count) {
			assert_int_equal(f.fire[0], ms_of(cases[i].first));
			assert_int_equal(f.fire[f.count - 1], ms_of(cases[i].last));
		}
		assert_int_equal(s.next_nominal, cases[i].next ? ms_of(cases[i].next) : 0);
		assert_int_equal(json_array_size(s.recent), f.missed ? 1 : 0);
		/* The same sweep again finds nothing. */
		wf_firings_done(&f);
		wf_firings_take(&s, &t, ms_of(cases[i].now), &f);
		assert_int_equal(f.count + f.missed, 0);
		wf_firings_done(&f);
		row_done(&s);
		wf_timetable_done(&t);
	}
}

/* The clock goes back after a firing: it does not fire again, nor does anything before it. */
static void a_clock_that_steps_back_fires_nothing_twice(void **state)
{
	struct wf_timetable t = table("{\"cron\":\"0 * * * *\"}");
	struct wf_schedule s = row(&t, "2026-11-20T09:00:00Z");
	struct wf_firings f = { 0 };
	static const char *const clock[] = { "2026-11-20T10:00:00Z", "2026-11-20T08:00:00Z",
		"2026-11-20T10:00:01Z", "2026-11-20T09:59:59Z", "2026-11-20T11:00:00Z" };
	static const size_t fires[] = { 1, 0, 0, 0, 1 };
	(void)state;

	for (size_t i = 0; i < 5; i++) {
		wf_firings_take(&s, &t, ms_of(clock[i]), &f);
		assert_int_equal(f.count, fires[i]);
		assert_int_equal(f.missed, 0);
		wf_firings_done(&f);
	}
	row_done(&s);
	wf_timetable_done(&t);
}

/* More of the past than one transaction looks at: in pieces, and every firing is counted once. */
static void a_long_past_is_taken_in_pieces(void **state)
{
	static const char *const policies[] = { "skip", "catch_up", "backfill" };
	static const uint64_t fired[] = { 1, 1, 300 };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		char spec[160];
		(void)snprintf(spec, sizeof(spec), "{\"cron\":\"* * * * * *\",\"missed\":\"%s\","
			"\"backfill_limit\":300}", policies[i]);
		struct wf_timetable t = table(spec);
		struct wf_schedule s = row(&t, "2026-11-20T00:00:00Z");
		int64_t now = ms_of("2026-11-22T20:00:00.500Z"), seconds = 68 * 3600, last = 0;
		uint64_t count = 0;
		int rounds = 0;
		for (; s.next_at <= now && rounds < 10; rounds++) {
			struct wf_firings f = { 0 };
			wf_firings_take(&s, &t, now, &f);
			for (size_t n = 0; n < f.count; n++) {
				assert_true(f.fire[n] > last);
				last = f.fire[n];
			}
			count += f.count;
			wf_firings_done(&f);
		}
		assert_in_range(rounds, 2, 5);
		assert_int_equal(count, fired[i]);
		assert_int_equal(count + s.missed, seconds);
		assert_int_equal(last, ms_of("2026-11-22T20:00:00Z"));
		row_done(&s);
		wf_timetable_done(&t);
	}
}

/* Whatever the jitter, a firing is due at its own time and in its turn. */
static void jitter_delays_and_loses_nothing(void **state)
{
	struct wf_timetable t =
		table("{\"cron\":\"* * * * *\",\"jitter\":\"PT5M\",\"missed\":\"backfill\"}");
	struct wf_schedule s = row(&t, "2026-11-20T00:00:00Z");
	int64_t begin = ms_of("2026-11-20T00:00:00Z"), nominal = begin;
	size_t fired = 0;
	(void)state;

	for (int64_t now = begin; now < begin + 3600000; now += 1000) {
		struct wf_firings f = { 0 };
		wf_firings_take(&s, &t, now, &f);
		for (size_t i = 0; i < f.count; i++) {
			nominal += 60000;
			assert_int_equal(f.fire[i], nominal);
			assert_true(wf_timetable_due(&t, 7, nominal) <= now);
			fired++;
		}
		assert_int_equal(f.missed, 0);
		wf_firings_done(&f);
	}
	assert_in_range(fired, 54, 60);
	row_done(&s);
	wf_timetable_done(&t);
}

static void notes_are_bounded(void **state)
{
	struct wf_schedule s = { 0 };
	(void)state;

	for (int i = 1; i <= 50; i++)
		wf_schedule_note(&s, i, i, "started", (uint64_t)i, NULL);
	assert_int_equal(json_array_size(s.recent), 20);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(s.recent, 19), "nominal")), 50);
	row_done(&s);
}

static void names_of_events_match_by_their_parts(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{ "customer.created", "customer.created", true },
		{ "customer.created", "customer.create", false },
		{ "customer.created", "customer.created.now", false },
		{ "customer.created.now", "customer.created", false },
		{ "customer.*", "customer.created", true },
		{ "customer.*", "customer.created.now", true },
		{ "customer.*", "customer", false },
		{ "customer.*", "customers.created", false },
		{ "*.created", "customer.created", true },
		{ "*.created", "customer.deleted", false },
		{ "*.created", "customer.account.created", false },
		{ "a.*.c", "a.b.c", true },
		{ "a.*.c", "a.b.d", false },
		{ "*", "anything", true },
		{ "*", "any.thing", true },
		{ "cust*", "customer", false },
		{ "", "x", false },
		{ "x", "", false },
		{ "*", "", false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (wf_event_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
			fail_msg("%s and %s", cases[i].pattern, cases[i].name);
}

static void names_of_schedules(void **state)
{
	char longest[200];
	(void)state;

	assert_true(wf_schedule_name_ok("nightly"));
	assert_true(wf_schedule_name_ok("a.b-c_d@2"));
	assert_false(wf_schedule_name_ok(""));
	assert_false(wf_schedule_name_ok("12"));
	assert_false(wf_schedule_name_ok("-x"));
	assert_false(wf_schedule_name_ok(".x"));
	assert_false(wf_schedule_name_ok("a/b"));
	assert_false(wf_schedule_name_ok("a b"));
	memset(longest, 'a', sizeof(longest));
	longest[128] = 0;
	assert_true(wf_schedule_name_ok(longest));
	longest[128] = 'a';
	longest[129] = 0;
	assert_false(wf_schedule_name_ok(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_says_what_is_made_good),
		cmocka_unit_test(a_clock_that_steps_back_fires_nothing_twice),
		cmocka_unit_test(a_long_past_is_taken_in_pieces),
		cmocka_unit_test(jitter_delays_and_loses_nothing),
		cmocka_unit_test(notes_are_bounded),
		cmocka_unit_test(names_of_events_match_by_their_parts),
		cmocka_unit_test(names_of_schedules),
	};
	wf_mem_adopt_jansson();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
