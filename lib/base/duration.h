/*
 * ISO 8601-1 durations ("P2D", "PT1H30M", "PT0.5S", "P1Y2M", "P3W") and times.
 *
 * A duration keeps calendar parts apart from exact ones: a month has no length in milliseconds until
 * it is added to a date.
 */
#ifndef WF_BASE_DURATION_H
#define WF_BASE_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wf_duration {
	bool negative;
	uint32_t years, months, weeks, days;
	uint64_t hours, minutes, seconds;
	uint32_t nanos; /* 0 to 999999999 */
};

/* Parses the whole of the n bytes. A fraction (dot or comma, at most 9 digits) is allowed on the
 * smallest part that is present, of time parts only; weeks may stand with other parts (ISO 8601-2).
 * A sign is allowed only when `allow_sign`. WF_ESYNTAX otherwise; *ret untouched on failure. */
int wf_duration_parse(const char *text, size_t n, bool allow_sign, struct wf_duration *ret);

/* The canonical text ("PT1H30M"; zero is "PT0S"); `ret` has room for 160 bytes. */
void wf_duration_text(const struct wf_duration *d, char *ret, size_t room);

/* start_ms (since 1970, UTC) plus the duration: calendar parts first (a day beyond the month's end
 * is moved to its last day), then exact ones. Saturates at INT64_MAX / INT64_MIN. */
int64_t wf_duration_add(int64_t start_ms, const struct wf_duration *d);

/* The length in milliseconds; years count 365 days and months 30 days, as for checks and limits.
 * Saturates. */
int64_t wf_duration_ms(const struct wf_duration *d);

/* RFC 3339 time ("2026-11-20T09:12:05.123Z", offsets too) to milliseconds since 1970. A leap second
 * 60 is taken as 59.999. WF_ESYNTAX when it is not one or the date does not exist. */
int wf_time_parse(const char *text, size_t n, int64_t *ret_ms);

/* "2026-11-20T09:12:05.123Z"; `ret` has room for 32 bytes. */
#define WF_TIME_TEXT 32
void wf_time_text(int64_t ms, char ret[WF_TIME_TEXT]);

#endif
