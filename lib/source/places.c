/* Lines and columns of byte offsets. */
#include "source/places.h"

#include "base/mem.h"

#include <string.h>

#define BLOCK ((size_t)64)

static bool begins_point(char c)
{
	return ((unsigned char)c & 0xC0) != 0x80;
}

void wf_places_init(struct wf_places *p, const char *text, size_t len)
{
	memset(p, 0, sizeof(*p));
	p->text = text;
	p->len = len;
	p->start = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	p->points = wf_reallocarray(NULL, len / BLOCK + 1, sizeof(*p->points));

	uint32_t points = 0;
	WF_GROW(p->lines, p->line_count, p->line_room);
	p->lines[p->line_count++] = (uint32_t)p->start;
	for (size_t i = 0; i <= len; i++) {
		if (i % BLOCK == 0)
			p->points[p->point_count++] = points;
		if (i == len)
			break;
		points += begins_point(text[i]);
		if (text[i] == '\n') {
			WF_GROW(p->lines, p->line_count, p->line_room);
			p->lines[p->line_count++] = (uint32_t)i + 1;
		}
	}
}

void wf_places_done(struct wf_places *p)
{
	wf_free(p->lines);
	wf_free(p->points);
	memset(p, 0, sizeof(*p));
}

/* Whether every byte of the block begins a code point, as nearly all blocks' do. */
static bool is_plain(const struct wf_places *p, size_t block)
{
	return block + 1 < p->point_count && p->points[block + 1] - p->points[block] == BLOCK;
}

size_t wf_places_points(const struct wf_places *p, size_t offset)
{
	if (offset > p->len)
		offset = p->len;
	size_t points = p->points[offset / BLOCK];
	if (is_plain(p, offset / BLOCK))
		return points + offset % BLOCK;
	for (size_t i = offset / BLOCK * BLOCK; i < offset; i++)
		points += begins_point(p->text[i]);
	return points;
}

/* The index of the last of the sorted numbers that is not above `value`. The first never is. */
static size_t last_not_above(const uint32_t *numbers, size_t count, size_t value)
{
	size_t low = 0, high = count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (numbers[middle] <= value)
			low = middle;
		else
			high = middle;
	}
	return low;
}

size_t wf_places_offset(const struct wf_places *p, size_t points)
{
	size_t block = last_not_above(p->points, p->point_count, points);
	size_t seen = p->points[block];
	if (is_plain(p, block))
		return block * BLOCK + (points - seen);
	for (size_t i = block * BLOCK; i < p->len; i++) {
		if (!begins_point(p->text[i]))
			continue;
		if (seen == points)
			return i;
		seen++;
	}
	return p->len;
}

static void place(const struct wf_places *p, size_t offset, uint32_t *ret_line, uint32_t *ret_column)
{
	if (offset < p->start)
		offset = p->start;
	size_t line = last_not_above(p->lines, p->line_count, offset);
	size_t column = wf_places_points(p, offset) - wf_places_points(p, p->lines[line]);
	*ret_line = (uint32_t)line + 1;
	*ret_column = (uint32_t)column + 1;
}

struct wf_span wf_places_span(const struct wf_places *p, size_t from, size_t to)
{
	struct wf_span span;

	if (from > p->len)
		from = p->len;
	if (to > p->len)
		to = p->len;
	if (to < from)
		to = from;
	place(p, from, &span.line, &span.column);
	place(p, to, &span.end_line, &span.end_column);
	span.offset = (uint32_t)from;
	span.end_offset = (uint32_t)to;
	return span;
}
