/*
 * ISO 8601-1 repeating intervals: a number of firings, evenly spread.
 *
 *	R5/2026-01-01T00:00:00Z/PT1H                      five, from that time on
 *	R/2026-01-01T00:00:00Z/P1M                        without an end
 *	R3/2026-01-01T00:00:00Z/2026-01-08T00:00:00Z      three, a week apart
 *	R3/P1W/2026-01-22T00:00:00Z                       three; the last interval ends at that time
 *	R/PT15M                                           from a time that is given elsewhere
 *
 * The firings are the beginnings of the intervals: Rn fires n times, the first at the start. Each
 * is reckoned from the start, not from the one before: P1M from 31 January gives 28 February, then
 * 31 March.
 *
 * A start with an offset or Z counts in UTC, where P1D is 24 hours. One without, such as
 * 2026-01-01T06:00:00, is a local time of the schedule's zone: years, months, weeks and days are
 * then counted on its calendar, so that P1D is 06:00 each day whatever the clock does in between;
 * hours and less are always exact.
 */
#ifndef WF_BASE_INTERVAL_H
#define WF_BASE_INTERVAL_H

#include "base/buf.h"
#include "base/duration.h"
#include "base/zone.h"

#define WF_MAX_INTERVAL_BYTES 200

struct wf_interval {
	bool bounded;
	uint64_t count;           /* of firings, when bounded */
	struct wf_duration every; /* more than nothing */
	bool has_start;
	bool local;               /* start is the zone's local time */
	int64_t start_ms;         /* since 1970; in UTC, or as the local clock shows it */
};

/* Parses and checks the n bytes. On failure *ret_offset (may be NULL) is the offset of the byte
 * that is wrong, and the cause says what was expected there. WF_ESYNTAX, or WF_EINVAL for one that
 * is well-formed but never fires (R0), goes on forever at once (a duration of zero, or of less than
 * a millisecond) or ends before it begins, or WF_ELIMIT beyond WF_MAX_INTERVAL_BYTES. */
int wf_interval_parse(const char *text, size_t n, struct wf_interval *ret, size_t *ret_offset,
	struct wf_cause *cause);

/* For one without a start: makes this instant its start, in UTC. */
void wf_interval_anchor(struct wf_interval *iv, int64_t start_ms);

/* The first firing after (or, when `inclusive`, at or after) an instant; WF_ENOENT when there is
 * none, or it is beyond the year 9999, or the interval has no start. The zone and the policy matter
 * to local ones only; AUTO is FIRST. */
int wf_interval_next(const struct wf_interval *iv, const struct wf_zone *zone,
	struct wf_dst_policy policy, int64_t after_ms, bool inclusive, struct wf_firing *ret);

/* Appends a sentence without a full stop: "5 times, every PT1H from 2026-01-01T00:00:00Z on". */
void wf_interval_explain(const struct wf_interval *iv, struct wf_buf *out);

#endif
