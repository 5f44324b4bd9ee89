/*
 * The Gregorian calendar as plain numbers.
 *
 * Years are counted from March inside of here: the leap day is then the last of its year, and the
 * lengths of the months repeat every five (31 30 31 30 31).
 */
#include "base/civil.h"

#include <stdbool.h>

#define ERA_YEARS 400
#define ERA_DAYS 146097
#define MARCH_0000_TO_1970 719468 /* days from 0000-03-01 to 1970-01-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int wf_civil_month_days(int64_t year, int month)
{
	if (month == 2)
		return is_leap(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Days from the first of March to the first of the month that is `months` after it. */
static int64_t days_to_month(int64_t months)
{
	return (153 * months + 2) / 5;
}

/* Days of `years` whole years of an era, each of which ends with its leap day if it has one. */
static int64_t days_to_year(int64_t years)
{
	return years * 365 + years / 4 - years / 100 + years / 400;
}

int64_t wf_civil_days(int64_t year, int month, int day)
{
	int64_t march_year = month < 3 ? year - 1 : year;
	int64_t era = floor_div(march_year, ERA_YEARS);

	return era * ERA_DAYS + days_to_year(march_year - era * ERA_YEARS) +
		days_to_month(month < 3 ? month + 9 : month - 3) + (day - 1) - MARCH_0000_TO_1970;
}

int wf_civil_weekday(int64_t days)
{
	/* 1970-01-01 was a Thursday. */
	int rest = (int)((days + 4) % 7);
	return rest < 0 ? rest + 7 : rest;
}

struct wf_civil wf_civil_of(int64_t seconds)
{
	int64_t days = floor_div(seconds, WF_DAY_SECONDS);
	int in_day = (int)(seconds - days * WF_DAY_SECONDS);
	int64_t since_march = days + MARCH_0000_TO_1970;
	int64_t era = floor_div(since_march, ERA_DAYS), rest = since_march - era * ERA_DAYS;
	int64_t year = rest / 366, month = 0;

	/* The guess is low by at most one, except that 400 years lose a day each: then by two. */
	while (year < ERA_YEARS - 1 && days_to_year(year + 1) <= rest)
		year++;
	rest -= days_to_year(year);
	while (month < 11 && days_to_month(month + 1) <= rest)
		month++;
	return (struct wf_civil){
		.year = era * ERA_YEARS + year + (month > 9),
		.month = (int)(month > 9 ? month - 9 : month + 3),
		.day = (int)(rest - days_to_month(month)) + 1,
		.hour = in_day / 3600,
		.minute = in_day / 60 % 60,
		.second = in_day % 60,
		.weekday = wf_civil_weekday(days),
	};
}

int64_t wf_civil_seconds(const struct wf_civil *c)
{
	return wf_civil_days(c->year, c->month, c->day) * WF_DAY_SECONDS + c->hour * 3600 +
		c->minute * 60 + c->second;
}
