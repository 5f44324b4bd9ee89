/* Pictures of dates and times (XPath F&O 9.8), between the two sides that use them. Private to
 * lib/query/jsonata_date*.c. */
#ifndef WF_QUERY_JSONATA_DATE_H
#define WF_QUERY_JSONATA_DATE_H

#include "base/civil.h"
#include "query/jsonata.h"

enum wf_jn_names { WF_JN_NAMES_NONE, WF_JN_NAMES_LOWER, WF_JN_NAMES_UPPER, WF_JN_NAMES_TITLE };

struct wf_jn_date_part {
	char component; /* '\0': a literal */
	struct wf_jn_value literal;
	enum wf_jn_names names;
	bool has_integer, has_width, zulu; /* zulu: Z for UTC */
	int64_t width_max;		   /* 0: none */
	int64_t year_digits;		   /* -1: all */
	struct wf_jn_picture integer;
};

struct wf_jn_date_picture {
	struct wf_jn_date_part *parts;
	size_t count, room;
};

void wf_jn_date_picture_parse(
	struct wf_jn_run *r, struct wf_jn_value text, struct wf_jn_date_picture *ret);

/* A moment by the calendar. */
struct wf_jn_moment {
	int64_t day; /* since the epoch */
	int ms;
	struct wf_civil civil;
};

struct wf_jn_moment wf_jn_moment_of(int64_t ms);

/* A component of it; 0 for those that are no numbers, 1 for pm. */
double wf_jn_date_fragment(const struct wf_jn_moment *at, char component);

extern const char *const wf_jn_months[12];
extern const char *const wf_jn_days[8]; /* from 1, Monday */

/* The time that a text of that picture tells; false: none. */
bool wf_jn_date_read(struct wf_jn_run *r, struct wf_jn_value text,
	const struct wf_jn_date_picture *picture, double *ret);

#endif
