/*
 * Zones: names, damaged files, gaps and overlaps; and every span of some zones, and samples of
 * others, against the C library, in a child of its own since that keeps its zone in the
 * environment.
 */
#include "base/zone.h"

#include "base/buf.h"
#include "base/civil.h"
#include "base/duration.h"
#include "base/mem.h"
#include "base/sys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static bool have_zones(void)
{
	struct stat st;
	return stat(WF_ZONE_FOLDER "/Europe/Berlin", &st) == 0;
}

static struct wf_zone *open_zone(const char *name)
{
	struct wf_zone *z = NULL;
	struct wf_cause cause = { 0 };

	if (wf_zone_open(NULL, name, &z, &cause) < 0)
		fail_msg("%s: %s", name, cause.text);
	return z;
}

static int64_t seconds_of(const char *text)
{
	int64_t ms;
	assert_int_equal(wf_time_parse(text, strlen(text), &ms), 0);
	return ms / 1000;
}

/* -- the calendar -- */

static void the_calendar_agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t s = -INT64_C(70000000000); s < INT64_C(300000000000); s += 8639999) {
		time_t t = (time_t)s;
		struct tm tm;
		struct wf_civil c = wf_civil_of(s);
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(c.year, tm.tm_year + 1900);
		assert_int_equal(c.month, tm.tm_mon + 1);
		assert_int_equal(c.day, tm.tm_mday);
		assert_int_equal(c.hour, tm.tm_hour);
		assert_int_equal(c.minute, tm.tm_min);
		assert_int_equal(c.second, tm.tm_sec);
		assert_int_equal(c.weekday, tm.tm_wday);
		assert_int_equal(wf_civil_seconds(&c), s);
	}
	for (int64_t day = wf_civil_days(1999, 1, 1), next; day < wf_civil_days(2102, 1, 1);
		day = next) {
		struct wf_civil c = wf_civil_of(day * WF_DAY_SECONDS);
		next = day + wf_civil_month_days(c.year, c.month);
		assert_int_equal(c.day, 1);
	}
}

/* -- names -- */

static void names_are_checked(void **state)
{
	static const char *const bad[] = { "", "/etc/passwd", "../etc/passwd", "Europe/../UTC",
		"Europe//Berlin", "Europe/", "Europe/Ber lin", "zone.tab", ".", "Europe/./Berlin",
		"CET-1CEST,M3.5.0,M10.5.0", "Europe\\Berlin" };
	struct wf_zone *z = NULL;
	struct wf_cause cause = { 0 };
	char longer[300];
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(wf_zone_open(NULL, bad[i], &z, &cause), WF_EINVAL);
	memset(longer, 'A', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(wf_zone_open(NULL, longer, &z, &cause), WF_EINVAL);
	assert_null(z);
}

static void unknown_zones_have_a_nearest_name(void **state)
{
	static const char *const cases[][2] = {
		{ "Europe/Berlim", "Europe/Berlin" },
		{ "europe/berlin", "Europe/Berlin" },
		{ "Berlin", "Europe/Berlin" },
		{ "new_york", "America/New_York" },
		{ "utc", "UTC" },
	};
	struct wf_zone *z = NULL;
	struct wf_cause cause;
	(void)state;

	if (!have_zones())
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&cause, 0, sizeof(cause));
		assert_int_equal(wf_zone_open(NULL, cases[i][0], &z, &cause), WF_ENOENT);
		if (!strstr(cause.hint, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], cause.hint);
	}
	/* A folder is no zone, nor is what means another one on each machine. */
	assert_int_equal(wf_zone_open(NULL, "Europe", &z, &cause), WF_ENOENT);
	assert_int_equal(wf_zone_open(NULL, "localtime", &z, &cause), WF_ENOENT);
	assert_int_equal(wf_zone_open(NULL, "right/Europe/Berlin", &z, &cause), WF_ENOENT);
	assert_null(z);
}

static void without_a_database_there_is_utc(void **state)
{
	struct wf_zone *z = NULL;
	struct wf_cause cause = { 0 };
	struct wf_zone_span span;
	(void)state;

	assert_int_equal(wf_zone_open("/nonexistent", "Europe/Berlin", &z, &cause), WF_ENOENT);
	assert_non_null(strstr(cause.text, "/nonexistent"));
	assert_int_equal(wf_zone_open("/nonexistent", "UTC", &z, &cause), 0);
	assert_string_equal(wf_zone_name(z), "UTC");
	wf_zone_at(z, 1234567890, &span);
	assert_int_equal(span.offset, 0);
	assert_string_equal(span.abbr, "UTC");
	assert_int_equal(span.start, INT64_MIN);
	assert_int_equal(span.end, INT64_MAX);
	wf_zone_free(z);
	wf_zone_free(NULL);
	wf_zone_at(NULL, INT64_MAX, &span);
	assert_string_equal(span.abbr, "UTC");
	assert_string_equal(wf_zone_name(NULL), "UTC");
}

/* -- gaps and overlaps -- */

static void a_gap_has_no_instant_and_an_overlap_two(void **state)
{
	static const struct {
		const char *zone, *local; /* written as if it were UTC */
		int count;
		const char *first, *second; /* of none: the end of the gap */
	} cases[] = {
		{ "Europe/Berlin", "2026-03-29T01:59:59Z", 1, "2026-03-29T01:59:59+01:00", NULL },
		{ "Europe/Berlin", "2026-03-29T02:00:00Z", 0, "2026-03-29T03:00:00+02:00", NULL },
		{ "Europe/Berlin", "2026-03-29T02:59:59Z", 0, "2026-03-29T03:00:00+02:00", NULL },
		{ "Europe/Berlin", "2026-03-29T03:00:00Z", 1, "2026-03-29T03:00:00+02:00", NULL },
		{ "Europe/Berlin", "2026-10-25T01:59:59Z", 1, "2026-10-25T01:59:59+02:00", NULL },
		{ "Europe/Berlin", "2026-10-25T02:00:00Z", 2, "2026-10-25T02:00:00+02:00",
			"2026-10-25T02:00:00+01:00" },
		{ "Europe/Berlin", "2026-10-25T02:59:59Z", 2, "2026-10-25T02:59:59+02:00",
			"2026-10-25T02:59:59+01:00" },
		{ "Europe/Berlin", "2026-10-25T03:00:00Z", 1, "2026-10-25T03:00:00+01:00", NULL },
		/* Beyond every table: the footer's rule. */
		{ "Europe/Berlin", "2099-03-29T02:30:00Z", 0, "2099-03-29T03:00:00+02:00", NULL },
		{ "America/New_York", "2150-07-01T12:00:00Z", 1, "2150-07-01T12:00:00-04:00",
			NULL },
		/* Half an hour only. */
		{ "Australia/Lord_Howe", "2017-10-01T02:15:00Z", 0, "2017-10-01T02:30:00+11:00",
			NULL },
		{ "Australia/Lord_Howe", "2017-04-02T01:45:00Z", 2, "2017-04-02T01:45:00+11:00",
			"2017-04-02T01:45:00+10:30" },
		/* A day that was not. */
		{ "Pacific/Apia", "2011-12-30T12:00:00Z", 0, "2011-12-31T00:00:00+14:00", NULL },
		/* Standard time is the one in summer. */
		{ "Europe/Dublin", "2026-03-29T01:30:00Z", 0, "2026-03-29T02:00:00+01:00", NULL },
		{ "UTC", "2026-03-29T02:30:00Z", 1, "2026-03-29T02:30:00Z", NULL },
	};
	(void)state;

	if (!have_zones())
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_zone *z = open_zone(cases[i].zone);
		struct wf_zone_instants at;
		wf_zone_instants(z, seconds_of(cases[i].local), &at);
		if (at.count != cases[i].count)
			fail_msg("%s %s: %d instants", cases[i].zone, cases[i].local, at.count);
		assert_int_equal(at.gap_end, seconds_of(cases[i].first));
		if (at.count)
			assert_int_equal(at.at[0], seconds_of(cases[i].first));
		if (at.count == 2)
			assert_int_equal(at.at[1], seconds_of(cases[i].second));
		wf_zone_free(z);
	}
}

static void times_are_written_with_their_offset(void **state)
{
	char text[WF_ZONE_TEXT];
	(void)state;

	if (!have_zones())
		skip();
	struct wf_zone *z = open_zone("Europe/Berlin");
	wf_zone_text(z, seconds_of("2026-03-29T01:00:00Z") * 1000, text);
	assert_string_equal(text, "2026-03-29T03:00:00+02:00");
	wf_zone_text(z, seconds_of("2026-03-29T00:59:59Z") * 1000 + 7, text);
	assert_string_equal(text, "2026-03-29T01:59:59.007+01:00");
	wf_zone_text(NULL, -1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	wf_zone_text(z, INT64_MAX, text);
	wf_zone_text(z, INT64_MIN, text);
	wf_zone_free(z);
	z = open_zone("America/St_Johns");
	wf_zone_text(z, seconds_of("2026-01-01T00:00:00Z") * 1000, text);
	assert_string_equal(text, "2025-12-31T20:30:00-03:30");
	wf_zone_free(z);
}

/* -- damage -- */

static void damaged_files_are_refused(void **state)
{
	WF_AUTOBUF struct wf_buf file = { 0 };
	struct wf_zone *z = NULL;
	struct wf_zone_span span;
	struct wf_zone_instants at;
	(void)state;

	if (!have_zones())
		skip();
	assert_int_equal(wf_read_file(WF_ZONE_FOLDER "/Europe/Berlin", 1 << 20, &file, NULL), 0);
	for (size_t n = 0; n < file.len; n++) {
		/* A copy of its own, so that a sanitizer sees any byte that is read beyond it. */
		WF_AUTOFREE char *part = wf_alloc(n);
		memcpy(part, file.data, n);
		assert_int_equal(wf_zone_decode("cut", part, n, &z, NULL), WF_ECORRUPT);
	}
	assert_null(z);
	/* Any byte may be any other: refused, or a zone that can be asked. */
	for (size_t i = 0; i < file.len; i++)
		for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
			file.data[i] = (char)(file.data[i] ^ (char)flip);
			if (wf_zone_decode("flip", file.data, file.len, &z, NULL) == 0) {
				wf_zone_at(z, 1774746000, &span);
				assert_true(span.start <= 1774746000 && 1774746000 < span.end);
				wf_zone_instants(z, 1774753200, &at);
				wf_zone_at(z, INT64_MIN, &span);
				wf_zone_at(z, INT64_MAX, &span);
				wf_zone_free(z);
				z = NULL;
			}
			file.data[i] = (char)(file.data[i] ^ (char)flip);
		}
}

/* A file of version 2 with an empty table, one type and a footer. */
static int decode_footer(const char *footer, struct wf_zone **ret)
{
	static const char head[] =
		"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"\0\0\0\0\1\0\0\0\4";
	static const char type[] = "\0\0\0\0\0\0LMT";
	WF_AUTOBUF struct wf_buf file = { 0 };

	for (int i = 0; i < 2; i++) {
		wf_buf_add(&file, head, 44);
		wf_buf_add(&file, type, 10);
	}
	wf_buf_printf(&file, "\n%s\n", footer);
	return wf_zone_decode("made", file.data, file.len, ret, NULL);
}

static void footers_are_rules(void **state)
{
	static const struct {
		const char *footer, *instant;
		int32_t offset;
		const char *abbr;
	} cases[] = {
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600, "CET" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200, "CEST" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 7200, "CEST" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600, "CET" },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0, "GMT" },
		{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", 39600, "+11" },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600, "-01" },
		/* The hour is one of another day. */
		{ "IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-26T23:59:59Z", 7200, "IST" },
		{ "IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27T00:00:00Z", 10800, "IDT" },
		/* Daylight time without an end. */
		{ "EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z", -14400, "EDT" },
		{ "EST5EDT,0/0,J365/25", "2026-07-01T05:00:00Z", -14400, "EDT" },
		/* Both changes of a year fall into the next one, or into the one before. */
		{ "AAA0BBB,J365/160,J365/150", "2026-01-02T00:00:00Z", 3600, "BBB" },
		{ "AAA0BBB,J365/160,J365/150", "2026-01-06T10:00:00Z", 0, "AAA" },
		{ "AAA0BBB,J1/-150,J1/-160", "2026-12-28T00:00:00Z", 3600, "BBB" },
		/* Day 60 is the first of March in each year, day 59 the 29th of February in a leap
		   year. */
		{ "AAA0BBB,J60/0,J300/0", "2028-02-29T23:59:59Z", 0, "AAA" },
		{ "AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z", 3600, "BBB" },
		{ "AAA0BBB,59/0,300/0", "2028-02-29T00:00:00Z", 3600, "BBB" },
		{ "UTC0", "2026-01-01T00:00:00Z", 0, "UTC" },
		{ "", "2026-01-01T00:00:00Z", 0, "LMT" },
	};
	static const char *const bad[] = { "CET", "CE-1", "CET-1CEST", "CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,J0,J300", "CET-1CEST,366,1", "<CET-1",
		"CET-26", "CET-1CEST,M3.5.0,M10.5.0/3x", "ABCDEFGHIJKLMNOPQ0", ",", "0" };
	struct wf_zone *z = NULL;
	struct wf_zone_span span;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(decode_footer(cases[i].footer, &z), 0);
		wf_zone_at(z, seconds_of(cases[i].instant), &span);
		if (span.offset != cases[i].offset || strcmp(span.abbr, cases[i].abbr) != 0)
			fail_msg("%s at %s: %d %s", cases[i].footer, cases[i].instant, span.offset,
				span.abbr);
		/* Where there is daylight time, there is always a change to come and one gone by. */
		assert_int_equal(strchr(cases[i].footer, ',') && span.end == INT64_MAX, 0);
		assert_int_equal(strchr(cases[i].footer, ',') && span.start == INT64_MIN, 0);
		wf_zone_free(z);
	}
	z = NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (decode_footer(bad[i], &z) != WF_ECORRUPT)
			fail_msg("\"%s\" was taken", bad[i]);
}

/* -- the C library -- */

static size_t compared;

/* In a child, whose failure is its exit status. */
static void compare(const char *name, const struct wf_zone *z, int64_t instant)
{
	struct wf_zone_span span;
	struct wf_zone_instants at;
	struct tm tm;
	time_t t = (time_t)instant;

	wf_zone_at(z, instant, &span);
	if (!localtime_r(&t, &tm) || tm.tm_gmtoff != span.offset ||
		(tm.tm_isdst > 0) != span.is_dst || strcmp(tm.tm_zone, span.abbr) != 0 ||
		instant < span.start || instant >= span.end) {
		printf("%s at %lld: %d %s, the C library says %ld %s\n", name, (long long)instant,
			span.offset, span.abbr, tm.tm_gmtoff, tm.tm_zone);
		(void)fflush(NULL);
		_exit(1);
	}
	wf_zone_instants(z, instant + span.offset, &at);
	if (at.count < 1 || (at.at[0] != instant && (at.count < 2 || at.at[1] != instant))) {
		printf("%s: %lld is not among its local time's instants\n", name,
			(long long)instant);
		(void)fflush(NULL);
		_exit(1);
	}
	compared++;
}

/* From 1970 to 2037, and beyond to 2100 where only the rule says. */
#define FROM INT64_C(0)
#define TO INT64_C(4102444800)

static void compare_zone(const char *name, bool each_change)
{
	struct wf_zone *z = open_zone(name);
	struct wf_zone_span span;

	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (int64_t at = FROM; at < TO; at += each_change ? 3599999 : 15552001)
		compare(name, z, at);
	for (int64_t at = FROM; each_change && at < TO; at = span.end) {
		wf_zone_at(z, at, &span);
		for (int64_t near = -7200; near <= 7200; near += 900)
			compare(name, z, at + near);
		compare(name, z, at - 1);
		compare(name, z, at + 1);
	}
	wf_zone_free(z);
}

static void in_a_child(void (*body)(void))
{
	int status = 0;
	(void)fflush(NULL);
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		body();
		printf("compared %zu instants with the C library\n", compared);
		(void)fflush(NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void exhaustive(void)
{
	static const char *const zones[] = { "Europe/Berlin", "Europe/London", "Europe/Dublin",
		"Europe/Moscow", "America/New_York", "America/Sao_Paulo", "America/Santiago",
		"America/St_Johns", "Africa/Casablanca", "Africa/Cairo", "Asia/Amman",
		"Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Gaza", "Australia/Lord_Howe",
		"Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Antarctica/Troll",
		"America/Nuuk" };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		compare_zone(zones[i], true);
}

static void each_listed(void)
{
	char line[512];
	FILE *list = fopen(WF_ZONE_FOLDER "/zone1970.tab", "r");

	while (list && fgets(line, sizeof(line), list)) {
		char name[128];
		if (line[0] != '#' && sscanf(line, "%*s %*s %127s", name) == 1)
			compare_zone(name, false);
	}
	if (list)
		(void)fclose(list);
}

static void transitions_agree_with_the_c_library(void **state)
{
	(void)state;
	if (!have_zones())
		skip();
	in_a_child(exhaustive);
}

static void each_zone_agrees_with_the_c_library(void **state)
{
	(void)state;
	if (!have_zones())
		skip();
	in_a_child(each_listed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_calendar_agrees_with_the_c_library),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(unknown_zones_have_a_nearest_name),
		cmocka_unit_test(without_a_database_there_is_utc),
		cmocka_unit_test(a_gap_has_no_instant_and_an_overlap_two),
		cmocka_unit_test(times_are_written_with_their_offset),
		cmocka_unit_test(damaged_files_are_refused),
		cmocka_unit_test(footers_are_rules),
		cmocka_unit_test(transitions_agree_with_the_c_library),
		cmocka_unit_test(each_zone_agrees_with_the_c_library),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
