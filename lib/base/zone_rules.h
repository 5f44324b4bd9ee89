/*
 * Inside of a zone: the table of a TZif file, and the rule of its footer for the times after it.
 * For zone.c and zone_read.c only.
 */
#ifndef WF_BASE_ZONE_RULES_H
#define WF_BASE_ZONE_RULES_H

#include "base/zone.h"

#define ZONE_MAX_BYTES 262144
#define ZONE_MAX_TRANSITIONS 20000
#define ZONE_MAX_OFFSET 93599 /* 25:59:59, RFC 8536 3.2 */

struct zone_type {
	int32_t offset;
	bool is_dst;
	char abbr[WF_ZONE_ABBR];
};

/* A day of any year, and the local time of the change on it, which may lie on other days. */
struct zone_day {
	enum { ZONE_DAY_JULIAN, ZONE_DAY_ZERO, ZONE_DAY_MONTH } kind;
	int month, week;  /* ZONE_DAY_MONTH: week 1 to 4, 5 is the last */
	int day;          /* Jn: 1 to 365, never 29 February; n: 0 to 365; of the week: 0 to 6 */
	int32_t time;     /* seconds from the start of the day */
};

/* "CET-1CEST,M3.5.0,M10.5.0/3": types[0] is standard time, types[1] the other. */
struct zone_rule {
	bool present, has_dst;
	struct zone_type types[2];
	struct zone_day change[2]; /* to types[1], and back to types[0] */
};

struct wf_zone {
	char *name;
	size_t count;            /* of transitions */
	int64_t *at;             /* ascending */
	uint8_t *type_of;        /* of the span that begins there */
	struct zone_type *types; /* types[0] is that of the time before the first transition */
	struct zone_rule rule;
};

/* Parses a footer's text; false when it is not one. */
bool wf_zone_rule_parse(const char *text, size_t n, struct zone_rule *ret);

/* The instant of the change to types[dst] in a year. */
int64_t wf_zone_rule_change(const struct zone_rule *r, int64_t year, bool dst);

#endif
