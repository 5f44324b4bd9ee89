/*
 * Time zones of the IANA database, from the system's compiled files (TZif, RFC 8536 and 9636,
 * versions 1 to 4), and what they do to a wall clock twice a year.
 *
 * An instant is a count of seconds since 1970 in UTC; a local time is what the wall clock shows, as
 * if it were UTC: local = instant + offset. Each zone cuts time into spans of one offset:
 *
 *	            ... winter span )[ summer span            )[ winter span ...
 *	wall clock       01:59 CET | 03:00 CEST      02:59 CEST | 02:00 CET
 *	                 02:00 to 02:59 do not exist   02:00 to 02:59 exist twice
 *	                 (the gap)                     (the overlap)
 *
 * Zone files are input like any other: sizes are limited, every index and count is checked, and one
 * that does not hold together is refused. Nothing here reads TZ or the current zone of the process.
 *
 * A `const struct wf_zone *` that is NULL means UTC everywhere.
 */
#ifndef WF_BASE_ZONE_H
#define WF_BASE_ZONE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_ZONE_FOLDER "/usr/share/zoneinfo" /* where most systems keep them */
#define WF_ZONE_ABBR 16                      /* room for an abbreviation and its NUL */

struct wf_zone;

/* Opens a zone by its name ("Europe/Berlin"). `folder` NULL means WF_ZONE_FOLDER. "UTC" and
 * "Etc/UTC" need no file. Never leaves the folder: a name is of letters, digits, '_', '+' and '-',
 * with single slashes between its parts, so that no absolute path and no ".." can be one. What does
 * not begin with a capital letter is no zone ("localtime" would mean another one on each machine).
 *
 * WF_EINVAL for a name that cannot be one, WF_ENOENT for an unknown zone (the hint has the nearest
 * name) or a folder that is not there, WF_ECORRUPT for a damaged file, WF_EUNSUPPORTED for one that
 * counts leap seconds. */
int wf_zone_open(const char *folder, const char *name, struct wf_zone **ret,
	struct wf_cause *cause);

/* The same of a TZif file's bytes, which are copied; `name` is for messages and wf_zone_name. */
int wf_zone_decode(const char *name, const void *bytes, size_t n, struct wf_zone **ret,
	struct wf_cause *cause);

void wf_zone_free(struct wf_zone *z); /* NULL is allowed */
const char *wf_zone_name(const struct wf_zone *z);

/* The span of one offset that an instant lies in: start <= instant < end. Neighbours may have the
 * same offset (only the abbreviation changed, or nothing that shows). */
struct wf_zone_span {
	int64_t start, end; /* instants; INT64_MIN and INT64_MAX where there is no bound */
	int32_t offset;     /* seconds east of Greenwich */
	bool is_dst;
	char abbr[WF_ZONE_ABBR];
};
void wf_zone_at(const struct wf_zone *z, int64_t instant, struct wf_zone_span *ret);

/* The instants at which the wall clock shows a local time: none in a gap, two in an overlap
 * (earlier first). In a gap `gap_end` is the first instant after it; otherwise it is at[0]. */
struct wf_zone_instants {
	int count;
	int64_t at[2];
	int64_t gap_end;
};
void wf_zone_instants(const struct wf_zone *z, int64_t local, struct wf_zone_instants *ret);

/* An instant in milliseconds as the zone's clock shows it, "2026-03-29T03:00:00+02:00", with
 * milliseconds only when there are some. */
#define WF_ZONE_TEXT 40
void wf_zone_text(const struct wf_zone *z, int64_t ms, char ret[WF_ZONE_TEXT]);

/* What a schedule does at gaps and overlaps. Zeroed, it is the default: what falls in a gap fires
 * at the first instant after it, what comes twice fires once, at the first. */
enum wf_gap {
	WF_GAP_SHIFT,
	WF_GAP_SKIP,
};
enum wf_overlap {
	WF_OVERLAP_FIRST,
	WF_OVERLAP_LAST,
	WF_OVERLAP_BOTH,
	/* Both for what counts on through the hours ("every 15 minutes", see wf_cron.periodic),
	 * first for what names a time of day: Vixie's distinction, which some libraries assume. */
	WF_OVERLAP_AUTO,
};
struct wf_dst_policy {
	enum wf_gap gap;
	enum wf_overlap overlap;
};

/* One firing of a schedule. */
enum wf_dst_mark {
	WF_DST_NONE,
	WF_DST_SHIFTED, /* its local time does not exist: it fires at the end of the gap */
	WF_DST_FIRST,   /* the first of the two times that its local time exists */
	WF_DST_SECOND,  /* the second */
};
struct wf_firing {
	int64_t ms;    /* the instant, in milliseconds */
	int64_t local; /* the local time it stands for, in seconds: of a shifted one, in the gap */
	enum wf_dst_mark mark;
};

#endif
