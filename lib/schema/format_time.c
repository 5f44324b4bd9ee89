/*
 * The formats of time: RFC 3339 to the letter, stricter than what the definition language takes as
 * a duration (base/duration.h), because `format` means what the standard says it means.
 */
#include "schema/formats.h"

#include <string.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly `count` digits at s[*i]. */
static bool digits(const char *s, size_t n, size_t *i, size_t count, unsigned *ret)
{
	unsigned v = 0;

	if (n - *i < count)
		return false;
	for (size_t k = 0; k < count; k++) {
		if (!digit(s[*i + k]))
			return false;
		v = v * 10 + (unsigned)(s[*i + k] - '0');
	}
	*i += count;
	*ret = v;
	return true;
}

static bool one_of(const char *s, size_t n, size_t *i, const char *set)
{
	if (*i >= n || !s[*i] || !strchr(set, s[*i]))
		return false;
	++*i;
	return true;
}

static bool date(const char *s, size_t n, size_t *i)
{
	static const unsigned char lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year, month, day;
	bool leap;

	if (!digits(s, n, i, 4, &year) || !one_of(s, n, i, "-") || !digits(s, n, i, 2, &month) ||
		!one_of(s, n, i, "-") || !digits(s, n, i, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
		return false;
	leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return month != 2 || day < 29 || leap;
}

/* A second of 60 is right only where it is 23:59 in UTC. */
static bool time(const char *s, size_t n, size_t *i)
{
	unsigned hour, minute, second, off_hour = 0, off_minute = 0;
	int utc;
	char sign;

	if (!digits(s, n, i, 2, &hour) || !one_of(s, n, i, ":") || !digits(s, n, i, 2, &minute) ||
		!one_of(s, n, i, ":") || !digits(s, n, i, 2, &second))
		return false;
	if (one_of(s, n, i, ".")) {
		size_t from = *i;

		while (*i < n && digit(s[*i]))
			++*i;
		if (*i == from)
			return false;
	}
	if (!one_of(s, n, i, "Zz+-"))
		return false;
	sign = s[*i - 1];
	if ((sign == '+' || sign == '-') &&
		(!digits(s, n, i, 2, &off_hour) || !one_of(s, n, i, ":") ||
			!digits(s, n, i, 2, &off_minute)))
		return false;
	if (hour > 23 || minute > 59 || second > 60 || off_hour > 23 || off_minute > 59)
		return false;
	utc = (int)(off_hour * 60 + off_minute);
	utc = (int)(hour * 60 + minute) + (sign == '+' ? -utc : utc);
	return second < 60 || (utc + 1440) % 1440 == 1439;
}

bool wf_format_date(const char *s, size_t n)
{
	size_t i = 0;

	return date(s, n, &i) && i == n;
}

bool wf_format_time(const char *s, size_t n)
{
	size_t i = 0;

	return time(s, n, &i) && i == n;
}

bool wf_format_date_time(const char *s, size_t n)
{
	size_t i = 0;

	return date(s, n, &i) && one_of(s, n, &i, "Tt") && time(s, n, &i) && i == n;
}

/* Parts in the order of `units`, without a gap between the first and the last one: Y, YM, YMD, M,
 * MD, D, but not YD. The number of parts, or -1. */
static int duration_parts(const char *s, size_t n, size_t *i, const char *units)
{
	const char *next = units;
	int count = 0;

	while (*i < n && s[*i] != 'T') {
		size_t from = *i;
		const char *unit;

		while (*i < n && digit(s[*i]))
			++*i;
		if (*i == from || *i >= n || !s[*i])
			return -1;
		unit = strchr(next, s[*i]);
		if (!unit || (count && unit != next))
			return -1;
		next = unit + 1;
		++*i;
		count++;
	}
	return count;
}

/* RFC 3339, appendix A. */
bool wf_format_duration(const char *s, size_t n)
{
	size_t i = 1;
	int days, times;

	if (n < 3 || s[0] != 'P')
		return false;
	days = duration_parts(s, n, &i, "W");
	if (days > 0 && i == n)
		return true;
	i = 1;
	days = duration_parts(s, n, &i, "YMD");
	if (days < 0 || i == n)
		return days > 0;
	i++;
	times = duration_parts(s, n, &i, "HMS");
	return times > 0 && i == n;
}
