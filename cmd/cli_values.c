/* Numbers, times and lengths of time as people write them. */
#include "cli.h"

#include "base/duration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int wf_opt_number(struct wf_ctx *ctx, const char *option, uint64_t least, uint64_t most,
	uint64_t *ret)
{
	const char *text = wf_opt(ctx, option);
	if (!text)
		return 0;
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || n < least || n > most)
		return wf_fail_usage(ctx, "--%s takes a number from %llu to %llu, not \"%s\"", option,
			(unsigned long long)least, (unsigned long long)most, text);
	*ret = n;
	return 0;
}

bool wf_read_span(const char *text, uint64_t *ret_ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
		{ "w", 604800000 } };
	struct wf_duration d;
	if (wf_duration_parse(text, strlen(text), false, &d) == 0) {
		int64_t ms = wf_duration_ms(&d);
		*ret_ms = ms < 0 ? 0 : (uint64_t)ms;
		return true;
	}
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || text[0] < '0' || text[0] > '9')
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit)) {
			uint64_t ms;
			if (__builtin_mul_overflow((uint64_t)n, units[i].ms, &ms) || ms > INT64_MAX)
				return false;
			*ret_ms = ms;
			return true;
		}
	return false;
}

/* Midnight of the local day that lies `back` days before now. */
static int64_t midnight(int64_t now, int back)
{
	time_t t = (time_t)(now / 1000);
	struct tm tm = { 0 };
	(void)localtime_r(&t, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= back;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

static bool read_date(const char *text, int64_t *ret)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	if (!end)
		return false;
	if (*end == ' ' || *end == 'T')
		end = strptime(end + 1, strlen(end) > 6 ? "%H:%M:%S" : "%H:%M", &tm);
	if (!end || *end)
		return false;
	/* the 30th of February would become a day of March */
	int day = tm.tm_mday;
	int64_t at = (int64_t)mktime(&tm);
	if (tm.tm_mday != day)
		return false;
	*ret = at * 1000;
	return true;
}

bool wf_read_time(const char *text, int64_t *ret_ms)
{
	return wf_time_parse(text, strlen(text), ret_ms) == 0 || read_date(text, ret_ms);
}

int wf_opt_time(struct wf_ctx *ctx, const char *option, int64_t *ret)
{
	const char *text = wf_opt(ctx, option);
	uint64_t span;
	if (!text)
		return 0;
	if (!strcmp(text, "now"))
		*ret = ctx->now;
	else if (!strcmp(text, "today"))
		*ret = midnight(ctx->now, 0);
	else if (!strcmp(text, "yesterday"))
		*ret = midnight(ctx->now, 1);
	else if (wf_read_time(text, ret))
		return 0;
	else if (wf_read_span(text, &span))
		*ret = (int64_t)span < ctx->now ? ctx->now - (int64_t)span : 1;
	else
		return wf_fail_usage(ctx,
			"--%s takes a time (2026-11-20T09:00:00Z, 2026-11-20, today, yesterday) or "
			"how long ago (90m, 1d, PT2H), not \"%s\"", option, text);
	return 0;
}
