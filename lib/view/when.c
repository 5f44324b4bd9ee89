/* Times and durations as people say them. */
#include "view/when.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * (int64_t)HOUR)

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };
static const char weekdays[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

void wf_view_duration(int64_t ms, char ret[WF_WHEN_TEXT])
{
	if (ms < 0)
		ms = 0;
	if (ms < SECOND)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " ms", ms);
	else if (ms < 10 * SECOND)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 ".%" PRId64 " s", ms / SECOND,
			ms % SECOND / 100);
	else if (ms < MINUTE)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " s", ms / SECOND);
	else if (ms < HOUR && ms % MINUTE < SECOND)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " m", ms / MINUTE);
	else if (ms < HOUR)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " m %" PRId64 " s", ms / MINUTE,
			ms % MINUTE / SECOND);
	else if (ms < DAY && ms % HOUR < MINUTE)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " h", ms / HOUR);
	else if (ms < DAY)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " h %" PRId64 " m", ms / HOUR,
			ms % HOUR / MINUTE);
	else if (ms % DAY < HOUR)
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " day%s", ms / DAY,
			ms / DAY == 1 ? "" : "s");
	else
		(void)snprintf(ret, WF_WHEN_TEXT, "%" PRId64 " day%s %" PRId64 " h", ms / DAY,
			ms / DAY == 1 ? "" : "s", ms % DAY / HOUR);
}

static struct tm local(int64_t ms)
{
	int64_t seconds = ms / SECOND - (ms % SECOND < 0);
	time_t t = (time_t)seconds;
	struct tm tm = { 0 };
	if (!localtime_r(&t, &tm)) {
		t = 0;
		(void)gmtime_r(&t, &tm);
	}
	return tm;
}

static bool same_day(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

void wf_view_clock(int64_t ms, int64_t now, char ret[WF_WHEN_TEXT])
{
	struct tm t = local(ms), today = local(now);
	struct tm before = local(now - DAY), after = local(now + DAY);
	if (same_day(&t, &today))
		(void)snprintf(ret, WF_WHEN_TEXT, "%02d:%02d:%02d", t.tm_hour, t.tm_min, t.tm_sec);
	else if (same_day(&t, &before))
		(void)snprintf(ret, WF_WHEN_TEXT, "yesterday %02d:%02d", t.tm_hour, t.tm_min);
	else if (same_day(&t, &after))
		(void)snprintf(ret, WF_WHEN_TEXT, "tomorrow %02d:%02d", t.tm_hour, t.tm_min);
	else if (t.tm_year == today.tm_year)
		(void)snprintf(ret, WF_WHEN_TEXT, "%d %s %02d:%02d", t.tm_mday, months[t.tm_mon],
			t.tm_hour, t.tm_min);
	else
		(void)snprintf(ret, WF_WHEN_TEXT, "%04d-%02d-%02d %02d:%02d", t.tm_year + 1900,
			t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min);
}

void wf_view_until(int64_t ms, int64_t now, char ret[WF_WHEN_TEXT])
{
	struct tm t = local(ms), today = local(now);
	char distance[WF_WHEN_TEXT];
	bool past = ms < now;
	wf_view_duration(past ? now - ms : ms - now, distance);
	const char *word = past ? "since" : "until", *ago = past ? " ago" : "";
	if (same_day(&t, &today))
		(void)snprintf(ret, WF_WHEN_TEXT, "%s %02d:%02d:%02d (%.40s%s)", word, t.tm_hour,
			t.tm_min, t.tm_sec, distance, ago);
	else if (t.tm_year == today.tm_year)
		(void)snprintf(ret, WF_WHEN_TEXT, "%s %s %d %s %02d:%02d (%.40s%s)", word,
			weekdays[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_hour, t.tm_min,
			distance, ago);
	else
		(void)snprintf(ret, WF_WHEN_TEXT, "%s %04d-%02d-%02d %02d:%02d (%.40s%s)", word,
			t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, distance,
			ago);
}

void wf_view_axis(int64_t ms, int64_t other, char ret[WF_WHEN_TEXT])
{
	struct tm t = local(ms), o = local(other);
	if (!same_day(&t, &o))
		(void)snprintf(ret, WF_WHEN_TEXT, "%d %s %02d:%02d", t.tm_mday, months[t.tm_mon],
			t.tm_hour, t.tm_min);
	else if (ms - other < MINUTE && other - ms < MINUTE)
		(void)snprintf(ret, WF_WHEN_TEXT, "%02d:%02d:%02d", t.tm_hour, t.tm_min, t.tm_sec);
	else
		(void)snprintf(ret, WF_WHEN_TEXT, "%02d:%02d", t.tm_hour, t.tm_min);
}
