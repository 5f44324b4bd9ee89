/* From byte offsets and code point counts to lines and columns, in time that does not grow with the
 * length of a line. Inside lib/source only. */
#ifndef WF_SOURCE_PLACES_H
#define WF_SOURCE_PLACES_H

#include "source/diag.h"

struct wf_places {
	const char *text;
	size_t len;
	size_t start;         /* 3 behind a byte order mark, else 0: column 1 of line 1 */
	uint32_t *lines;      /* offset of each line's first byte */
	size_t line_count, line_room;
	uint32_t *points;     /* code points before every BLOCK-th byte */
	size_t point_count;
};

/* Borrows the text, which should be valid UTF-8; if it is not, places up to the first fault are
 * right all the same. Lines end with a newline. */
void wf_places_init(struct wf_places *p, const char *text, size_t len);
void wf_places_done(struct wf_places *p);

/* The span of bytes [from, to). */
struct wf_span wf_places_span(const struct wf_places *p, size_t from, size_t to);

/* Code points before that byte, and the inverse. Both are clamped to the text. */
size_t wf_places_points(const struct wf_places *p, size_t offset);
size_t wf_places_offset(const struct wf_places *p, size_t points);

#endif
