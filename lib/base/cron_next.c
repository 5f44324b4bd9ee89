/*
 * When a cron expression fires next.
 *
 * Within one span of a zone the wall clock runs straight, so that the question is one about the
 * calendar alone; gaps and overlaps are dealt with where spans meet.
 */
#include "base/cron.h"

#include "base/civil.h"

/* -- the calendar -- */

/* The weekday nearest to a day, within its month. */
static int nearest_weekday(int64_t year, int month, int day)
{
	int last = wf_civil_month_days(year, month);
	int weekday = wf_civil_weekday(wf_civil_days(year, month, day));

	if (weekday == 6)
		return day > 1 ? day - 1 : day + 2;
	if (weekday == 0)
		return day < last ? day + 1 : day - 2;
	return day;
}

static uint32_t by_day(const struct wf_cron *c, int64_t year, int month)
{
	int last = wf_civil_month_days(year, month);
	uint32_t days = c->days;

	for (int n = 0; n < last; n++)
		if (c->last_days >> n & 1)
			days |= UINT32_C(1) << (last - n);
	if (c->nearest && c->nearest <= last)
		days |= UINT32_C(1) << nearest_weekday(year, month, c->nearest);
	if (c->nearest_last && c->nearest_last <= last)
		days |= UINT32_C(1) << nearest_weekday(year, month, last + 1 - c->nearest_last);
	return days;
}

static uint32_t by_weekday(const struct wf_cron *c, int64_t year, int month)
{
	int last = wf_civil_month_days(year, month);
	int weekday = wf_civil_weekday(wf_civil_days(year, month, 1));
	uint32_t days = 0;

	for (int day = 1; day <= last; day++, weekday = (weekday + 1) % 7) {
		unsigned set = c->weekdays | c->nth[(day - 1) / 7];
		if (day + 7 > last)
			set |= c->last_weekdays;
		days |= (uint32_t)(set >> weekday & 1) << day;
	}
	return days;
}

uint32_t wf_cron_days(const struct wf_cron *c, int64_t year, int month)
{
	uint32_t exist = (uint32_t)((UINT64_C(2) << wf_civil_month_days(year, month)) - 2);

	if (!(c->months >> month & 1))
		return 0;
	if (c->any_day && c->any_weekday)
		return exist;
	if (c->any_day)
		return by_weekday(c, year, month);
	if (c->any_weekday)
		return by_day(c, year, month) & exist;
	return (by_day(c, year, month) | by_weekday(c, year, month)) & exist;
}

/* The first value of the set that is at least `from`; -1 for none. */
static int next_in(uint64_t set, int from)
{
	uint64_t rest = from < 64 ? set >> from << from : 0;
	return rest ? __builtin_ctzll(rest) : -1;
}

/* The first time of the day, in seconds, that is at or after `from`; -1 for none. */
static int time_from(const struct wf_cron *c, int from)
{
	int hour = from / 3600, minute = from / 60 % 60, second = from % 60;

	if (c->hours >> hour & 1) {
		int s = c->minutes >> minute & 1 ? next_in(c->seconds, second) : -1;
		if (s >= 0)
			return hour * 3600 + minute * 60 + s;
		int m = next_in(c->minutes, minute + 1);
		if (m >= 0)
			return hour * 3600 + m * 60 + next_in(c->seconds, 0);
	}
	hour = next_in(c->hours, hour + 1);
	return hour < 0 ? -1 : hour * 3600 + next_in(c->minutes, 0) * 60 + next_in(c->seconds, 0);
}

/* The first local time from `from` to before `to` at which it fires. */
static bool local_next(const struct wf_cron *c, int64_t from, int64_t to, int64_t *ret)
{
	struct wf_civil at = wf_civil_of(from);
	int time = at.hour * 3600 + at.minute * 60 + at.second;

	for (int day = at.day; wf_civil_days(at.year, at.month, 1) * WF_DAY_SECONDS < to;) {
		uint32_t days = wf_cron_days(c, at.year, at.month);
		for (; (day = next_in(days, day)) > 0; day++, time = 0) {
			if (day != at.day)
				time = 0;
			int found = time_from(c, time);
			if (found < 0)
				continue;
			int64_t local =
				wf_civil_days(at.year, at.month, day) * WF_DAY_SECONDS + found;
			if (local < to)
				*ret = local;
			return local < to;
		}
		at.year += at.month == 12;
		at.month = at.month % 12 + 1;
		at.day = day = 1;
		time = 0;
	}
	return false;
}

bool wf_cron_matches(const struct wf_cron *c, int64_t local)
{
	int64_t found;
	return local_next(c, local, local + 1, &found);
}

/* -- spans -- */

#define YEAR_0 (-INT64_C(62167219200))
#define YEAR_10000 INT64_C(253402300800)
#define CENTURY INT64_C(3155760000)

/* A span and how the wall clock jumps where it begins and ends: forward is positive. */
struct stretch {
	struct wf_zone_span span;
	int32_t jump_before, jump_after;
};

static void stretch_at(const struct wf_zone *zone, int64_t instant, struct stretch *ret)
{
	struct wf_zone_span other;

	ret->jump_before = ret->jump_after = 0;
	wf_zone_at(zone, instant, &ret->span);
	if (ret->span.start != INT64_MIN) {
		wf_zone_at(zone, ret->span.start - 1, &other);
		ret->jump_before = ret->span.offset - other.offset;
	}
	if (ret->span.end != INT64_MAX) {
		wf_zone_at(zone, ret->span.end, &other);
		ret->jump_after = other.offset - ret->span.offset;
	}
}

/* What falls in the gap before the stretch fires where it begins. */
static bool after_gap(const struct wf_cron *c, const struct stretch *s, struct wf_firing *ret)
{
	int64_t local = s->span.start + s->span.offset, missed;

	if (s->jump_before <= 0 || wf_cron_matches(c, local) ||
		!local_next(c, local - s->jump_before, local, &missed))
		return false;
	*ret = (struct wf_firing){ s->span.start * 1000, missed, WF_DST_SHIFTED };
	return true;
}

static bool within(const struct wf_cron *c, const struct stretch *s, enum wf_overlap overlap,
	int64_t from, int64_t to, struct wf_firing *ret)
{
	/* Local times before the first come for the second time, from the second on for the first.
	 */
	int64_t second_until = INT64_MIN, first_from = INT64_MAX, local;
	int64_t low = from + s->span.offset, high = to + s->span.offset;

	if (s->jump_before < 0)
		second_until = s->span.start + s->span.offset - s->jump_before;
	if (s->jump_after < 0)
		first_from = s->span.end + s->span.offset + s->jump_after;
	if (overlap == WF_OVERLAP_FIRST && low < second_until)
		low = second_until;
	if (overlap == WF_OVERLAP_LAST && high > first_from)
		high = first_from;
	if (!local_next(c, low, high, &local))
		return false;
	*ret = (struct wf_firing){
		.ms = (local - s->span.offset) * 1000,
		.local = local,
		.mark = local < second_until ? WF_DST_SECOND :
			local >= first_from  ? WF_DST_FIRST :
					       WF_DST_NONE,
	};
	return true;
}

int wf_cron_next(const struct wf_cron *c, const struct wf_zone *zone, struct wf_dst_policy policy,
	int64_t after_ms, bool inclusive, struct wf_firing *ret)
{
	enum wf_overlap overlap = policy.overlap;
	/* Only whole seconds fire: the first at or after the instant, or the first after it. */
	int64_t at = after_ms / 1000 - (after_ms % 1000 < 0);

	if (!inclusive || after_ms % 1000 != 0)
		at++;
	if (at < YEAR_0)
		at = YEAR_0;
	int64_t limit = at + CENTURY < YEAR_10000 ? at + CENTURY : YEAR_10000;
	if (overlap == WF_OVERLAP_AUTO)
		overlap = c->periodic ? WF_OVERLAP_BOTH : WF_OVERLAP_FIRST;
	while (at < limit) {
		struct stretch s;
		stretch_at(zone, at, &s);
		if (at == s.span.start && policy.gap == WF_GAP_SHIFT && after_gap(c, &s, ret))
			return 0;
		int64_t end = s.span.end < limit ? s.span.end : limit;
		if (within(c, &s, overlap, at, end, ret))
			return 0;
		at = end;
	}
	return WF_ENOENT;
}
