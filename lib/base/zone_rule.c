/*
 * The footer of a TZif file: a POSIX TZ string (POSIX 8.3, with the hours from -167 to 167 of
 * RFC 8536 3.3.1), for the times after the table.
 */
#include "base/zone_rules.h"

#include "base/civil.h"

#include <string.h>

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool take_number(struct cursor *c, int least, int most, int *ret)
{
	int value = 0, digits = 0;

	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && digits < 4; c->at++, digits++)
		value = value * 10 + (*c->at - '0');
	if (!digits || value < least || value > most)
		return false;
	*ret = value;
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_quoted_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-';
}

/* "CET" or "<+0330>". */
static bool take_abbr(struct cursor *c, char ret[WF_ZONE_ABBR])
{
	bool quoted = take(c, '<');
	const char *first = c->at;

	while (c->at < c->end && (quoted ? is_quoted_char(*c->at) : is_letter(*c->at)))
		c->at++;
	size_t n = (size_t)(c->at - first);
	if (n < 3 || n >= WF_ZONE_ABBR || (quoted && !take(c, '>')))
		return false;
	memset(ret, 0, WF_ZONE_ABBR);
	memcpy(ret, first, n);
	return true;
}

/* hh[:mm[:ss]] with a sign. */
static bool take_time(struct cursor *c, int most_hours, int32_t *ret)
{
	int sign = take(c, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;

	if (sign > 0)
		(void)take(c, '+');
	if (!take_number(c, 0, most_hours, &hours))
		return false;
	if (take(c, ':')) {
		if (!take_number(c, 0, 59, &minutes))
			return false;
		if (take(c, ':') && !take_number(c, 0, 59, &seconds))
			return false;
	}
	*ret = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

/* POSIX counts offsets to the west. */
static bool take_offset(struct cursor *c, int32_t *ret)
{
	int32_t west;

	if (!take_time(c, 25, &west))
		return false;
	*ret = -west;
	return true;
}

static bool take_month_day(struct cursor *c, struct zone_day *day)
{
	return take_number(c, 1, 12, &day->month) && take(c, '.') &&
		take_number(c, 1, 5, &day->week) && take(c, '.') && take_number(c, 0, 6, &day->day);
}

static bool take_day(struct cursor *c, struct zone_day *ret)
{
	struct zone_day day = { .kind = ZONE_DAY_ZERO, .time = 2 * 3600 };

	if (take(c, 'J')) {
		day.kind = ZONE_DAY_JULIAN;
		if (!take_number(c, 1, 365, &day.day))
			return false;
	} else if (take(c, 'M')) {
		day.kind = ZONE_DAY_MONTH;
		if (!take_month_day(c, &day))
			return false;
	} else if (!take_number(c, 0, 365, &day.day)) {
		return false;
	}
	if (take(c, '/') && !take_time(c, 167, &day.time))
		return false;
	*ret = day;
	return true;
}

bool wf_zone_rule_parse(const char *text, size_t n, struct zone_rule *ret)
{
	struct cursor c = { text, text + n };
	struct zone_rule rule = { .present = true };
	struct zone_type *std = &rule.types[0], *dst = &rule.types[1];

	if (!take_abbr(&c, std->abbr) || !take_offset(&c, &std->offset))
		return false;
	if (c.at < c.end) {
		rule.has_dst = dst->is_dst = true;
		dst->offset = std->offset + 3600;
		if (!take_abbr(&c, dst->abbr) ||
			(c.at < c.end && *c.at != ',' && !take_offset(&c, &dst->offset)))
			return false;
		if (!take(&c, ',') || !take_day(&c, &rule.change[0]) || !take(&c, ',') ||
			!take_day(&c, &rule.change[1]))
			return false;
	}
	if (c.at < c.end)
		return false;
	*ret = rule;
	return true;
}

static int64_t day_of_year(const struct zone_day *d, int64_t year)
{
	int64_t january = wf_civil_days(year, 1, 1);

	if (d->kind == ZONE_DAY_ZERO)
		return january + d->day;
	if (d->kind == ZONE_DAY_JULIAN)
		/* Day 60 is the first of March, also in a leap year. */
		return january + d->day - 1 + (d->day >= 60 && wf_civil_month_days(year, 2) == 29);
	int64_t first = wf_civil_days(year, d->month, 1);
	int day = 1 + (d->day - wf_civil_weekday(first) + 7) % 7 + (d->week - 1) * 7;
	if (day > wf_civil_month_days(year, d->month))
		day -= 7;
	return first + day - 1;
}

int64_t wf_zone_rule_change(const struct zone_rule *r, int64_t year, bool dst)
{
	const struct zone_day *d = &r->change[dst ? 0 : 1];
	/* The clock that says when is the one that is about to be left. */
	int32_t offset = r->types[dst ? 0 : 1].offset;

	return day_of_year(d, year) * WF_DAY_SECONDS + d->time - offset;
}
