/* Times and durations as people say them, in the reader's time zone. */
#ifndef WF_VIEW_WHEN_H
#define WF_VIEW_WHEN_H

#include <stddef.h>
#include <stdint.h>

#define WF_WHEN_TEXT 128

/* "84 ms", "1.2 s", "42 s", "5 m 3 s", "2 h 13 m", "1 day 23 h", "2 days". Negative counts as 0. */
void wf_view_duration(int64_t ms, char ret[WF_WHEN_TEXT]);

/* "09:12:04" today; "yesterday 17:20", "tomorrow 09:12"; "22 Nov 09:12" this year; else
 * "2026-11-22 09:12". */
void wf_view_clock(int64_t ms, int64_t now, char ret[WF_WHEN_TEXT]);

/* A time to come, with the day of the week and the distance: "until Sun 22 Nov 09:12 (2 days)". The
 * past is "since … (… ago)". */
void wf_view_until(int64_t ms, int64_t now, char ret[WF_WHEN_TEXT]);

/* "09:12", the ends of a time line; with the date when they lie on different days. */
void wf_view_axis(int64_t ms, int64_t other, char ret[WF_WHEN_TEXT]);

#endif
