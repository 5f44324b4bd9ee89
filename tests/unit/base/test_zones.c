/*
 * Every time zone of the system, 1970 to 2037, against the C library: the offset around each change of
 * the clock, and the firings of a handful of cron expressions across it against a reckoning that looks
 * at every minute.
 */
#include "base/cron.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/sys.h"

#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#define FROM INT64_C(0)
#define UNTIL INT64_C(2145916800) /* 2038-01-01 */
#define DAY 86400

/* -- which zones -- */

struct names {
	char **items;
	size_t count, room;
	uint8_t (*seen)[WF_HASH_SIZE]; /* of the contents: links are tried once */
	size_t seen_count, seen_room, same;
};
static struct names zones;

static int keep_zone(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	WF_AUTOBUF struct wf_buf bytes = { 0 };
	uint8_t hash[WF_HASH_SIZE];
	const char *name = path + sizeof(WF_ZONE_FOLDER);
	(void)st;
	(void)at;

	if (kind == FTW_D && (!strcmp(name, "posix") || !strcmp(name, "right")))
		return FTW_SKIP_SUBTREE;
	if (kind != FTW_F || *name < 'A' || *name > 'Z' ||
		wf_read_file(path, 1 << 20, &bytes, NULL) < 0 || bytes.len < 4 ||
		memcmp(bytes.data, "TZif", 4) != 0)
		return FTW_CONTINUE;
	wf_hash(bytes.data, bytes.len, hash);
	for (size_t i = 0; i < zones.seen_count; i++)
		if (!memcmp(zones.seen[i], hash, sizeof(hash))) {
			zones.same++;
			return FTW_CONTINUE;
		}
	WF_GROW(zones.seen, zones.seen_count, zones.seen_room);
	memcpy(zones.seen[zones.seen_count++], hash, sizeof(hash));
	WF_GROW(zones.items, zones.count, zones.room);
	zones.items[zones.count++] = wf_strdup(name);
	return FTW_CONTINUE;
}

static void find_zones(void)
{
	if (!zones.count && nftw(WF_ZONE_FOLDER, keep_zone, 16, FTW_ACTIONRETVAL) < 0)
		skip();
	if (zones.count < 100)
		skip();
}

/* -- the C library's word -- */

static void use_zone(const char *name)
{
	char value[300];

	(void)snprintf(value, sizeof(value), ":%s", name);
	assert_int_equal(setenv("TZ", value, 1), 0);
	tzset();
}

static int32_t libc_offset(int64_t instant)
{
	struct tm tm;
	time_t t = (time_t)instant;

	assert_non_null(localtime_r(&t, &tm));
	return (int32_t)tm.tm_gmtoff;
}

static int32_t our_offset(const struct wf_zone *z, int64_t instant)
{
	struct wf_zone_span span;

	wf_zone_at(z, instant, &span);
	return span.offset;
}

static void same_offset(const struct wf_zone *z, int64_t instant)
{
	int32_t theirs = libc_offset(instant), ours = our_offset(z, instant);

	if (theirs != ours)
		fail_msg("%s at %" PRId64 ": %d, the C library says %d", wf_zone_name(z), instant,
			(int)ours, (int)theirs);
}

/* -- the changes of a zone -- */

struct changes {
	int64_t at[1000];
	size_t count;
};

/* Where the C library's offset changes, found without our help: by days, then by halves. */
static void libc_changes(struct changes *c)
{
	int32_t before = libc_offset(FROM);

	c->count = 0;
	for (int64_t day = FROM + DAY; day < UNTIL; day += DAY) {
		int32_t after = libc_offset(day);
		int64_t low = day - DAY, high = day;
		if (after == before)
			continue;
		while (high - low > 1) {
			int64_t middle = low + (high - low) / 2;
			if (libc_offset(middle) == before)
				low = middle;
			else
				high = middle;
		}
		assert_true(c->count < sizeof(c->at) / sizeof(c->at[0]));
		c->at[c->count++] = high;
		before = after;
	}
}

static void check_offsets(const struct wf_zone *z, const struct changes *c)
{
	struct wf_zone_span span;

	for (size_t i = 0; i < c->count; i++)
		for (int64_t near = -2; near <= 2; near++)
			same_offset(z, c->at[i] + near);
	wf_zone_at(z, FROM, &span);
	while (span.end < UNTIL) {
		same_offset(z, span.end - 1);
		same_offset(z, span.end);
		wf_zone_at(z, span.end, &span);
	}
	for (int64_t at = FROM; at < UNTIL; at += 37 * DAY + 4321)
		same_offset(z, at);
}

static void every_change_is_where_the_system_has_it(void **state)
{
	struct changes *c = wf_calloc(1, sizeof(*c));
	size_t total = 0;
	(void)state;

	find_zones();
	for (size_t i = 0; i < zones.count; i++) {
		struct wf_zone *z = NULL;
		struct wf_cause cause = { 0 };
		if (wf_zone_open(NULL, zones.items[i], &z, &cause) < 0)
			fail_msg("%s: %s", zones.items[i], cause.text);
		use_zone(zones.items[i]);
		libc_changes(c);
		check_offsets(z, c);
		total += c->count;
		wf_zone_free(z);
	}
	print_message("%zu zones (%zu more are the same), %zu changes\n", zones.count, zones.same,
		total);
	assert_true(total > 10000);
	wf_free(c);
}

/* -- firings across a change -- */

/* The minutes and hours of an expression, for a reckoning that knows nothing of wf_cron. */
struct expression {
	const char *text;
	int every, at_minute; /* minutes: each nth, or one */
	int hour;             /* -1: each */
};
static const struct expression expressions[] = {
	{ "30 * * * *", 0, 30, -1 },
	{ "*/15 * * * *", 15, 0, -1 },
	{ "0 0 * * *", 0, 0, 0 },
	{ "30 2 * * *", 0, 30, 2 },
	{ "5 1 * * *", 0, 5, 1 },
};
static const struct wf_dst_policy policies[] = {
	{ WF_GAP_SHIFT, WF_OVERLAP_FIRST },
	{ WF_GAP_SKIP, WF_OVERLAP_BOTH },
	{ WF_GAP_SHIFT, WF_OVERLAP_LAST },
};

static bool fits(const struct expression *e, int64_t local)
{
	int64_t minute = local / 60 % 60, hour = local / 3600 % 24;

	if (local % 60 || (e->hour >= 0 && hour != e->hour))
		return false;
	return e->every ? minute % e->every == 0 : minute == e->at_minute;
}

#define MAX_MINUTES (4 * 24 * 60)

struct around {
	int64_t from;                   /* the first instant, a whole minute */
	int count;
	int64_t local[MAX_MINUTES];     /* of each minute, by the C library */
	bool fires[MAX_MINUTES];
};

/* Whether a local time between two that follow each other was leapt over and fits. */
static bool leapt_over(const struct expression *e, int64_t before, int64_t after)
{
	for (int64_t local = before + 60; local < after; local += 60)
		if (fits(e, local))
			return true;
	return false;
}

static void reckon(struct around *a, const struct expression *e, struct wf_dst_policy policy)
{
	int64_t highest = a->local[0] - 60, lowest = a->local[a->count - 1] + 60;

	for (int i = 0; i < a->count; i++) {
		bool again = a->local[i] <= highest;
		a->fires[i] = fits(e, a->local[i]) && !(policy.overlap == WF_OVERLAP_FIRST && again);
		if (policy.gap == WF_GAP_SHIFT && i && leapt_over(e, a->local[i - 1], a->local[i]))
			a->fires[i] = true;
		if (!again)
			highest = a->local[i];
	}
	if (policy.overlap != WF_OVERLAP_LAST)
		return;
	for (int i = a->count; i-- > 0;) {
		if (a->local[i] >= lowest && fits(e, a->local[i]))
			a->fires[i] = false;
		if (a->local[i] < lowest)
			lowest = a->local[i];
	}
}

static void compare(const struct wf_zone *z, const struct around *a, const struct expression *e,
	struct wf_dst_policy policy, int margin)
{
	struct wf_cron cron;
	struct wf_firing f = { 0 };
	int64_t after = (a->from + margin * 60 - 1) * 1000;

	assert_int_equal(wf_cron_parse(e->text, strlen(e->text), &cron, NULL, NULL), 0);
	for (int i = margin; i < a->count - margin; i++) {
		int64_t instant = a->from + i * 60;
		if (!a->fires[i])
			continue;
		assert_int_equal(wf_cron_next(&cron, z, policy, after, false, &f), 0);
		if (f.ms != instant * 1000)
			fail_msg("%s %s: after %" PRId64 " it fires at %" PRId64 ", not at %" PRId64,
				wf_zone_name(z), e->text, after / 1000, f.ms / 1000, instant);
		after = f.ms;
	}
	assert_int_equal(wf_cron_next(&cron, z, policy, after, false, &f), 0);
	if (f.ms < (a->from + (int64_t)(a->count - margin) * 60) * 1000)
		fail_msg("%s %s: fires at %" PRId64 " too", wf_zone_name(z), e->text, f.ms / 1000);
}

/* The minutes from before to after a change; false where the clock showed seconds apart from ours. */
static bool look_around(struct around *a, int64_t change, int margin)
{
	int64_t jump = libc_offset(change) - libc_offset(change - 1);
	int64_t reach = 3 * 3600 + llabs(jump) + margin * 60;

	a->from = (change - reach) / 60 * 60;
	a->count = (int)(2 * reach / 60);
	if (change % 60 || jump % 60 || a->count > MAX_MINUTES)
		return false;
	for (int i = 0; i < a->count; i++) {
		int64_t instant = a->from + i * 60;
		a->local[i] = instant + libc_offset(instant);
		if (a->local[i] % 60)
			return false;
	}
	return true;
}

static void firings_across_every_change_are_those_of_the_minutes(void **state)
{
	struct changes *c = wf_calloc(1, sizeof(*c));
	struct around *a = wf_calloc(1, sizeof(*a));
	size_t compared = 0, left_out = 0;
	(void)state;

	find_zones();
	for (size_t i = 0; i < zones.count; i++) {
		struct wf_zone *z = NULL;
		assert_int_equal(wf_zone_open(NULL, zones.items[i], &z, NULL), 0);
		use_zone(zones.items[i]);
		libc_changes(c);
		for (size_t n = 0; n < c->count; n++) {
			int64_t jump = libc_offset(c->at[n]) - libc_offset(c->at[n] - 1);
			int margin = (int)(llabs(jump) / 60) + 10;
			if (!look_around(a, c->at[n], margin)) {
				left_out++;
				continue;
			}
			for (size_t e = 0; e < sizeof(expressions) / sizeof(expressions[0]); e++)
				for (size_t p = 0; p < sizeof(policies) / sizeof(policies[0]); p++) {
					reckon(a, &expressions[e], policies[p]);
					compare(z, a, &expressions[e], policies[p], margin);
				}
			compared++;
		}
		wf_zone_free(z);
	}
	print_message("%zu changes, %zu left out\n", compared, left_out);
	assert_true(compared > 10000 && left_out < 20);
	wf_free(a);
	wf_free(c);
}

static int forget_zones(void **state)
{
	(void)state;
	for (size_t i = 0; i < zones.count; i++)
		wf_free(zones.items[i]);
	wf_free(zones.items);
	wf_free(zones.seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_where_the_system_has_it),
		cmocka_unit_test(firings_across_every_change_are_those_of_the_minutes),
	};
	return cmocka_run_group_tests(tests, NULL, forget_zones);
}
