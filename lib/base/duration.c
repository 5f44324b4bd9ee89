/* ISO 8601-1 durations, and times as RFC 3339 writes them. All dates are Gregorian, in UTC. */
#include "base/duration.h"

#include "base/civil.h"
#include "base/err.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Wide enough for any product of a 64-bit count and a unit's length. */
__extension__ typedef __int128 wide;

#define MS_PER_DAY 86400000
#define NANOS_PER_SECOND 1000000000u

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
	int64_t rest = a % b;
	return rest < 0 ? rest + b : rest;
}

static int64_t saturate(wide value)
{
	if (value > INT64_MAX)
		return INT64_MAX;
	if (value < INT64_MIN)
		return INT64_MIN;
	return (int64_t)value;
}

/* -- parsing a duration -- */

struct cursor {
	const char *at, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* One part: a whole number, perhaps a fraction in billionths, and its designator. */
struct part {
	uint64_t whole;
	uint32_t billionths;
	bool has_fraction;
	char designator;
};

static bool take_part(struct cursor *c, struct part *ret)
{
	struct part part = { 0 };

	if (c->at == c->end || !is_digit(*c->at))
		return false;
	for (; c->at < c->end && is_digit(*c->at); c->at++)
		if (__builtin_mul_overflow(part.whole, 10, &part.whole) ||
			__builtin_add_overflow(part.whole, (uint64_t)(*c->at - '0'), &part.whole))
			return false;
	if (take(c, '.') || take(c, ',')) {
		uint32_t place = NANOS_PER_SECOND / 10;
		const char *first = c->at;
		for (; c->at < c->end && is_digit(*c->at); c->at++, place /= 10) {
			if (!place)
				return false;
			part.billionths += place * (uint32_t)(*c->at - '0');
		}
		if (c->at == first)
			return false;
		part.has_fraction = true;
	}
	if (c->at == c->end)
		return false;
	part.designator = *c->at++;
	*ret = part;
	return true;
}

/* The index of the designator in the rest of `order`, which then begins behind it: that the parts
 * come in order and once each follows from it. */
static bool in_order(const char **order, char designator)
{
	const char *found = designator ? strchr(*order, designator) : NULL;
	if (!found)
		return false;
	*order = found + 1;
	return true;
}

static bool take_date_parts(struct cursor *c, struct wf_duration *d, bool *ret_any)
{
	const char *order = "YMWD";

	while (c->at < c->end && *c->at != 'T') {
		struct part part;
		if (!take_part(c, &part) || part.has_fraction || part.whole > UINT32_MAX ||
			!in_order(&order, part.designator))
			return false;
		uint32_t *field = part.designator == 'Y' ? &d->years :
			part.designator == 'M'           ? &d->months :
			part.designator == 'W'           ? &d->weeks :
							   &d->days;
		*field = (uint32_t)part.whole;
		*ret_any = true;
	}
	return true;
}

/* A fraction of an hour or minute is spelt out in the smaller units: exact, since a billionth of an
 * hour is 3600 nanoseconds. */
static void spread_fraction(struct wf_duration *d, uint64_t nanos)
{
	d->nanos = (uint32_t)(nanos % NANOS_PER_SECOND);
	uint64_t seconds = nanos / NANOS_PER_SECOND;
	d->seconds += seconds % 60;
	d->minutes += seconds / 60;
}

static bool take_time_parts(struct cursor *c, struct wf_duration *d)
{
	const char *order = "HMS";

	if (c->at == c->end)
		return false;
	while (c->at < c->end) {
		struct part part;
		if (!take_part(c, &part) || !in_order(&order, part.designator))
			return false;
		if (part.has_fraction && c->at < c->end)
			return false;
		uint64_t *field = part.designator == 'H' ? &d->hours :
			part.designator == 'M'           ? &d->minutes :
							   &d->seconds;
		uint64_t seconds = part.designator == 'H' ? 3600 : part.designator == 'M' ? 60 : 1;
		*field = part.whole;
		spread_fraction(d, part.billionths * seconds);
	}
	return true;
}

int wf_duration_parse(const char *text, size_t n, bool allow_sign, struct wf_duration *ret)
{
	struct cursor c = { text, text + n };
	struct wf_duration d = { 0 };
	bool any = false;

	if (allow_sign && !take(&c, '+'))
		d.negative = take(&c, '-');
	if (!take(&c, 'P') || !take_date_parts(&c, &d, &any))
		return WF_ESYNTAX;
	if (take(&c, 'T')) {
		if (!take_time_parts(&c, &d))
			return WF_ESYNTAX;
	} else if (!any) {
		return WF_ESYNTAX;
	}
	*ret = d;
	return 0;
}

/* -- printing and reckoning -- */

static bool is_zero(const struct wf_duration *d)
{
	return !(d->years | d->months | d->weeks | d->days | d->hours | d->minutes | d->seconds |
		d->nanos);
}

struct printer {
	char *at;
	size_t room;
};

static void put(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct printer *p, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(p->at, p->room, fmt, ap);
	va_end(ap);
	if (n < 0 || !p->room)
		return;
	size_t used = (size_t)n < p->room ? (size_t)n : p->room - 1;
	p->at += used;
	p->room -= used;
}

static void put_part(struct printer *p, uint64_t count, char designator)
{
	if (count)
		put(p, "%" PRIu64 "%c", count, designator);
}

static void put_seconds(struct printer *p, const struct wf_duration *d)
{
	if (!d->nanos) {
		put_part(p, d->seconds, 'S');
		return;
	}
	uint32_t fraction = d->nanos;
	int digits = 9;
	for (; fraction % 10 == 0; fraction /= 10)
		digits--;
	put(p, "%" PRIu64 ".%0*" PRIu32 "S", d->seconds, digits, fraction);
}

void wf_duration_text(const struct wf_duration *d, char *ret, size_t room)
{
	struct printer p = { ret, room };

	if (is_zero(d)) {
		put(&p, "PT0S");
		return;
	}
	put(&p, "%sP", d->negative ? "-" : "");
	put_part(&p, d->years, 'Y');
	put_part(&p, d->months, 'M');
	put_part(&p, d->weeks, 'W');
	put_part(&p, d->days, 'D');
	if (!(d->hours | d->minutes | d->seconds | d->nanos))
		return;
	put(&p, "T");
	put_part(&p, d->hours, 'H');
	put_part(&p, d->minutes, 'M');
	put_seconds(&p, d);
}

/* Weeks and smaller, in milliseconds; what is less than one is cut off. */
static wide exact_ms(const struct wf_duration *d)
{
	return ((wide)d->weeks * 7 + d->days) * MS_PER_DAY + (wide)d->hours * 3600000 +
		(wide)d->minutes * 60000 + (wide)d->seconds * 1000 + d->nanos / 1000000;
}

int64_t wf_duration_add(int64_t start_ms, const struct wf_duration *d)
{
	int64_t days = floor_div(start_ms, MS_PER_DAY);
	int64_t in_day = floor_mod(start_ms, MS_PER_DAY);
	int64_t sign = d->negative ? -1 : 1;

	if (d->years || d->months) {
		struct wf_civil date = wf_civil_of(days * WF_DAY_SECONDS);
		int64_t months = sign * ((int64_t)d->years * 12 + d->months);
		months += date.year * 12 + (date.month - 1);
		int64_t year = floor_div(months, 12);
		int month = (int)(months - year * 12) + 1, last = wf_civil_month_days(year, month);
		days = wf_civil_days(year, month, date.day < last ? date.day : last);
	}
	return saturate((wide)days * MS_PER_DAY + in_day + sign * exact_ms(d));
}

int64_t wf_duration_ms(const struct wf_duration *d)
{
	wide days = (wide)d->years * 365 + (wide)d->months * 30;
	wide ms = days * MS_PER_DAY + exact_ms(d);
	return saturate(d->negative ? -ms : ms);
}

/* -- times -- */

/* Exactly `digits` digits. */
static bool take_number(struct cursor *c, int digits, int *ret)
{
	int value = 0;
	for (int i = 0; i < digits; i++) {
		if (c->at == c->end || !is_digit(*c->at))
			return false;
		value = value * 10 + (*c->at++ - '0');
	}
	*ret = value;
	return true;
}

static bool take_date(struct cursor *c, int64_t *ret_days)
{
	int year, month, day;
	if (!take_number(c, 4, &year) || !take(c, '-') || !take_number(c, 2, &month) ||
		!take(c, '-') || !take_number(c, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > wf_civil_month_days(year, month))
		return false;
	*ret_days = wf_civil_days(year, month, day);
	return true;
}

/* Any number of digits; what is less than a millisecond is cut off. */
static bool take_fraction(struct cursor *c, int *ret_ms)
{
	int ms = 0, place = 100;
	const char *first = c->at;
	for (; c->at < c->end && is_digit(*c->at); c->at++, place /= 10)
		ms += place * (*c->at - '0');
	*ret_ms = ms;
	return c->at > first;
}

static bool take_offset(struct cursor *c, int *ret_minutes)
{
	int hours, minutes, sign;

	if (take(c, 'Z') || take(c, 'z')) {
		*ret_minutes = 0;
		return true;
	}
	sign = take(c, '-') ? -1 : take(c, '+') ? 1 : 0;
	if (!sign || !take_number(c, 2, &hours) || !take(c, ':') || !take_number(c, 2, &minutes) ||
		hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

int wf_time_parse(const char *text, size_t n, int64_t *ret_ms)
{
	struct cursor c = { text, text + n };
	int64_t days;
	int hour, minute, second, ms = 0, offset;

	if (!take_date(&c, &days) || !(take(&c, 'T') || take(&c, 't')) ||
		!take_number(&c, 2, &hour) || !take(&c, ':') || !take_number(&c, 2, &minute) ||
		!take(&c, ':') || !take_number(&c, 2, &second) || hour > 23 || minute > 59 ||
		second > 60)
		return WF_ESYNTAX;
	if (take(&c, '.') && !take_fraction(&c, &ms))
		return WF_ESYNTAX;
	if (!take_offset(&c, &offset) || c.at != c.end)
		return WF_ESYNTAX;
	int64_t minutes = days * 1440 + hour * 60 + minute - offset;
	if (second == 60) {
		/* Leap seconds come at the end of a day of UTC only. */
		if (floor_mod(minutes, 1440) != 1439)
			return WF_ESYNTAX;
		second = 59;
		ms = 999;
	}
	*ret_ms = (minutes * 60 + second) * 1000 + ms;
	return 0;
}

void wf_time_text(int64_t ms, char ret[WF_TIME_TEXT])
{
	struct wf_civil c = wf_civil_of(floor_div(ms, 1000));
	struct printer p = { ret, WF_TIME_TEXT };

	/* Beyond four digits a sign tells that there are more (ISO 8601-1, 5.2.2.3). */
	if (c.year < 0 || c.year > 9999)
		put(&p, "%+05" PRId64, c.year);
	else
		put(&p, "%04" PRId64, c.year);
	put(&p, "-%02d-%02dT%02d:%02d:%02d.%03dZ", c.month, c.day, c.hour, c.minute, c.second,
		(int)floor_mod(ms, 1000));
}
