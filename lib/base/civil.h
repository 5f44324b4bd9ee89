/*
 * The Gregorian calendar as plain numbers: days and seconds since 1970-01-01 to dates and back, for
 * any year that fits. No zones and no text: base/zone.h and base/duration.h have those.
 */
#ifndef WF_BASE_CIVIL_H
#define WF_BASE_CIVIL_H

#include <stdint.h>

#define WF_DAY_SECONDS 86400

/* A wall clock's reading. Month and day count from 1; weekday 0 is Sunday. */
struct wf_civil {
	int64_t year;
	int month, day, hour, minute, second;
	int weekday;
};

/* 28 to 31; month is 1 to 12. */
int wf_civil_month_days(int64_t year, int month);

/* Days from 1970-01-01 to that date. A day beyond the month's end runs over into the next month. */
int64_t wf_civil_days(int64_t year, int month, int day);

/* 0 (Sunday) to 6 of a day counted from 1970-01-01. */
int wf_civil_weekday(int64_t days);

/* The reading of a clock that counts seconds since 1970-01-01 00:00 of its own place. */
struct wf_civil wf_civil_of(int64_t seconds);

/* The other way round; weekday is not looked at. */
int64_t wf_civil_seconds(const struct wf_civil *c);

#endif
