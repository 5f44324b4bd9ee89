/*
 * Cron expressions: when does it fire next, and what does it say in words.
 *
 *	┌ second, 0 to 59; only when there are six fields, otherwise 0
 *	│ ┌ minute, 0 to 59
 *	│ │ ┌ hour, 0 to 23
 *	│ │ │ ┌ day of month, 1 to 31       L  L-3  LW  L-3W  15W
 *	│ │ │ │ ┌ month, 1 to 12 or JAN to DEC
 *	│ │ │ │ │ ┌ day of week, 0 to 7 or SUN to SAT (0 and 7: Sunday)   5L  FRIL  5#3
 *	* * * * * *
 *
 * A field is a list, separated by commas, of
 *
 *	*  ?     every value
 *	5        this value
 *	5-9      a range; one that begins after its end wraps around (22-2, FRI-MON)
 *	5-40/15  every 15th of the range (counted on through the wrap); 5/15: from 5 to the last; an
 *	         asterisk with a step: from the first. A step is 1 to the field's last value
 *	L        the last day of the month; L-3 three days before it
 *	15W      the weekday (Monday to Friday) nearest to the 15th, within the month; LW: to the
 *	         last day. Not in a list
 *	5L       the last Friday of the month
 *	5#3      the third Friday of the month, #1 to #5
 *
 * or the whole is one of @yearly @annually @monthly @weekly @daily @midnight @hourly @every_minute
 * @every_second. Names and letters are taken in either case; names may be written out (MONDAY).
 *
 * When both days are restricted (neither is * or ?) one of them is enough, as in Vixie cron:
 * "0 0 13 * FRI" fires on every 13th and on every Friday. A step restricts too (not so in Vixie
 * cron).
 */
#ifndef WF_BASE_CRON_H
#define WF_BASE_CRON_H

#include "base/buf.h"
#include "base/zone.h"

#define WF_MAX_CRON_BYTES 1000

/* A parsed expression, in its normal form: two that fire at the same times are equal
 * (wf_cron_equal) except where L, W and # say with a rule what others list. Bit n of a set is
 * value n. */
struct wf_cron {
	uint64_t seconds, minutes;
	uint32_t hours;
	uint32_t days;         /* 1 to 31 */
	uint16_t months;       /* 1 to 12 */
	uint8_t weekdays;      /* 0 (Sunday) to 6 */
	bool any_day, any_weekday;
	uint32_t last_days;    /* bit n: L-n */
	uint8_t nearest;       /* nW: n, or 0 */
	uint8_t nearest_last;  /* L-nW: n + 1, or 0 */
	uint8_t last_weekdays; /* bit d: dL */
	uint8_t nth[5];        /* bit d of nth[n - 1]: d#n */

	/* How it was written, not when it fires: with seconds; with a wildcard, range or step in a
	 * field of the time, so that it counts on through the hours rather than naming times. */
	bool six_fields, periodic;
};

/* Parses and checks the n bytes. On failure *ret_offset (may be NULL) is the offset of the byte
 * that is wrong, and the cause names the field, what was expected there and what was found.
 * WF_ESYNTAX, or WF_EINVAL for one that is well-formed and never fires (30 February), or WF_ELIMIT
 * beyond WF_MAX_CRON_BYTES. */
int wf_cron_parse(const char *text, size_t n, struct wf_cron *ret, size_t *ret_offset,
	struct wf_cause *cause);

bool wf_cron_equal(const struct wf_cron *a, const struct wf_cron *b);

/* Whether it fires at this local time (seconds), gaps and overlaps aside. */
bool wf_cron_matches(const struct wf_cron *c, int64_t local);

/* The first firing after (or, when `inclusive`, at or after) an instant in milliseconds. Several
 * local times that fall into one gap fire once, together with what fires at the gap's end anyway.
 * Looks 100 years ahead and not beyond the year 9999; WF_ENOENT when there is none, which happens
 * only there and to what always falls into a gap that is skipped. */
int wf_cron_next(const struct wf_cron *c, const struct wf_zone *zone, struct wf_dst_policy policy,
	int64_t after_ms, bool inclusive, struct wf_firing *ret);

/* Appends the expression in its shortest usual form ("0 9-17 * * 1-5"); parsing it gives an equal
 * one. */
void wf_cron_text(const struct wf_cron *c, struct wf_buf *out);

/* Appends a sentence without a full stop: "at 06:00 on Monday to Friday". */
void wf_cron_explain(const struct wf_cron *c, struct wf_buf *out);

/* The days of a month on which it fires, bit d for day d; 0 in a month that is not one of its. */
uint32_t wf_cron_days(const struct wf_cron *c, int64_t year, int month);

#endif
