/*
 * A timetable: when a schedule fires. Cron expressions, ISO 8601 repeating intervals and single
 * times, in a time zone, between two bounds; and what is done about firings that nobody saw in time.
 *
 * As a definition's trigger and a schedule's row have it, an object of
 *
 *	cron | interval | at    exactly one of them: "0 6 * * MON-FRI", "R/PT15M", "2026-12-24T18:00:00"
 *	timezone                IANA name; UTC unless given
 *	dst                     {gap: shift|skip, overlap: first|last|both}
 *	jitter                  ISO 8601: each firing is that much later at most, the same for every sweep
 *	start, end              fires neither before the one nor after the other
 *	missed                  skip | catch_up | backfill
 *	grace                   ISO 8601: a firing seen within it is no missed one; PT10M unless given
 *	backfill_limit          firings made up for at once, at most; 100 unless given
 *	overlap                 allow | queue | skip | replace, while an instance of the schedule goes on
 *	anchor                  an interval without a start counts from there (kept by wf_timetable_anchor)
 *
 * Other members (type, id, input, enabled) are the schedule's and not looked at here.
 */
#ifndef WF_BASE_TIMETABLE_H
#define WF_BASE_TIMETABLE_H

#include "base/cron.h"
#include "base/interval.h"
#include "base/json.h"

#define WF_TIMETABLE_GRACE_MS INT64_C(600000)
#define WF_TIMETABLE_BACKFILL 100
#define WF_TIMETABLE_MAX_BACKFILL 10000

/* What a sweep does about firings that it sees late. A firing is missed when it is seen after its
 * grace, or when a later one is due as well. */
#define WF_MISSED(X)                                                                               \
	X(SKIP, "skip")         /* it is left out; the latest within its grace still fires */     \
	X(CATCH_UP, "catch_up") /* the latest fires, however late */                              \
	X(BACKFILL, "backfill") /* each fires, the latest backfill_limit of them */
enum wf_missed {
#define X(name, text) WF_MISSED_##name,
	WF_MISSED(X)
#undef X
	WF_MISSED_COUNT_
};

/* What happens while an instance of an earlier firing has not ended. */
#define WF_OVERLAPPING(X)                                                                          \
	X(ALLOW, "allow")     /* they run side by side */                                         \
	X(QUEUE, "queue")     /* the new one waits in the queue */                                \
	X(SKIP, "skip")       /* the new one is left out */                                       \
	X(REPLACE, "replace") /* the earlier one is cancelled */
enum wf_overlapping {
#define X(name, text) WF_OVERLAPPING_##name,
	WF_OVERLAPPING(X)
#undef X
	WF_OVERLAPPING_COUNT_
};
const char *wf_missed_name(enum wf_missed m);
const char *wf_overlapping_name(enum wf_overlapping o);

enum wf_timetable_kind { WF_TIMETABLE_CRON, WF_TIMETABLE_INTERVAL, WF_TIMETABLE_AT };

struct wf_timetable {
	enum wf_timetable_kind kind;
	struct wf_cron cron;
	struct wf_interval interval; /* AT is an interval of one firing */
	struct wf_zone *zone;        /* NULL: UTC */
	struct wf_dst_policy dst;
	int64_t jitter_ms;
	int64_t start, end;          /* instants, both included; 0: open */
	enum wf_missed missed;
	int64_t grace_ms;
	uint32_t backfill_limit;
	enum wf_overlapping overlap;
};

/* Parses and checks. The cause names the member that is wrong and says why; *ret_member (may be NULL)
 * is its name, a constant. WF_ESYNTAX: not what the member takes; WF_EINVAL: well-formed and never
 * fires, a date or zone that does not exist, an interval of zero, an end before the start, members
 * that exclude each other. */
int wf_timetable_parse(const json_t *spec, struct wf_timetable *ret, const char **ret_member,
	struct wf_cause *cause);
void wf_timetable_done(struct wf_timetable *t); /* zeroed is allowed */

/* For the interval without a start or anchor (R/PT15M): sets `anchor` in the spec so that the first
 * firing is one interval after an instant. Leaves every other spec alone. */
void wf_timetable_anchor(json_t *spec, int64_t now);

/* The nominal time of the first firing after (or, when `inclusive`, at or after) an instant, within
 * start and end. WF_ENOENT: there is none any more. */
int wf_timetable_next(const struct wf_timetable *t, int64_t after_ms, bool inclusive,
	struct wf_firing *ret);

/* When a firing is due: its nominal time and the jitter, which depends on these two alone. */
int64_t wf_timetable_due(const struct wf_timetable *t, uint64_t schedule, int64_t nominal);

/* Appends what it does in words, without a full stop. */
void wf_timetable_explain(const struct wf_timetable *t, struct wf_buf *out);

/* A time with an offset, or the zone's local time when it has none: its seconds may be left out, and a
 * day alone is its midnight. WF_ESYNTAX: there is no such time. */
int wf_timetable_time(const char *text, size_t n, bool *ret_local, int64_t *ret_ms);

/* Reads one word as `schedule add` and `schedule next` take it into a new spec of one member: a cron
 * expression, an interval (begins with R and has a slash, or is a duration), or a time. Nothing is checked beyond
 * telling them apart. */
json_t *wf_timetable_spec(const char *text);

#endif
