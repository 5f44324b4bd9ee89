/* Tables of text. */
#include "view/table.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GAP 2
#define LEAST 8

struct column {
	const char *title;
	enum wf_align align;
	bool shrinks;
	size_t width;
};

struct cell {
	enum wf_role role;
	const char *text;
};

struct wf_table {
	struct wf_arena *arena;
	struct column *columns;
	size_t column_count, column_room;
	struct cell *cells;
	size_t cell_count, cell_room;
};

struct wf_table *wf_table_new(void)
{
	struct wf_table *t = wf_calloc(1, sizeof(*t));
	t->arena = wf_arena_new();
	return t;
}

void wf_table_free(struct wf_table *t)
{
	if (!t)
		return;
	wf_arena_free(t->arena);
	wf_free(t->columns);
	wf_free(t->cells);
	wf_free(t);
}

void wf_table_column(struct wf_table *t, const char *title, enum wf_align align, bool shrinks)
{
	WF_GROW(t->columns, t->column_count, t->column_room);
	t->columns[t->column_count++] = (struct column){ .title = wf_arena_strdup(t->arena, title),
		.align = align, .shrinks = shrinks, .width = wf_view_width(title) };
}

void wf_table_cell(struct wf_table *t, enum wf_role role, const char *text)
{
	struct column *c = &t->columns[t->cell_count % t->column_count];
	size_t width = wf_view_width(text);
	if (width > c->width)
		c->width = width;
	WF_GROW(t->cells, t->cell_count, t->cell_room);
	t->cells[t->cell_count++] =
		(struct cell){ .role = role, .text = wf_arena_strdup(t->arena, text) };
}

void wf_table_cellf(struct wf_table *t, enum wf_role role, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	wf_table_cell(t, role, text);
}

size_t wf_table_rows(const struct wf_table *t)
{
	return t->cell_count / t->column_count;
}

/* Takes columns away from the widest that may shrink until the row fits. */
static void fit(size_t *widths, const struct wf_table *t, size_t room)
{
	for (;;) {
		size_t total = 0, widest = t->column_count;
		for (size_t i = 0; i < t->column_count; i++) {
			total += widths[i] + (i ? GAP : 0);
			if (t->columns[i].shrinks && widths[i] > LEAST &&
				(widest == t->column_count || widths[i] > widths[widest]))
				widest = i;
		}
		if (total <= room || widest == t->column_count)
			return;
		size_t over = total - room, most = widths[widest] - LEAST;
		/* one at a time once close, so that two wide columns share the loss */
		widths[widest] -= over < most ? (over + 1) / 2 : (most + 1) / 2;
	}
}

static void put_cell(const struct wf_table *t, size_t column, size_t width, enum wf_role role,
	const char *text, const struct wf_style *style, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf body = { 0 };
	size_t used = wf_view_clip(&body, text, width);
	size_t pad = width - used;
	if (t->columns[column].align == WF_ALIGN_RIGHT)
		wf_view_pad(out, pad);
	wf_buf_addstr(out, wf_style_on(style, role));
	wf_buf_add(out, body.data ? body.data : "", body.len);
	wf_buf_addstr(out, wf_style_off(style, role));
	if (t->columns[column].align == WF_ALIGN_LEFT)
		wf_view_pad(out, pad);
}

static void end_line(struct wf_buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = 0;
	wf_buf_addch(out, '\n');
}

void wf_table_write(const struct wf_table *t, const struct wf_style *style, size_t indent,
	bool no_titles, struct wf_buf *out)
{
	size_t *widths = wf_calloc(t->column_count + 1, sizeof(*widths));
	for (size_t i = 0; i < t->column_count; i++)
		widths[i] = t->columns[i].width;
	if (style && style->width > indent)
		fit(widths, t, style->width - indent);
	if (!no_titles) {
		wf_view_pad(out, indent);
		for (size_t i = 0; i < t->column_count; i++) {
			wf_view_pad(out, i ? GAP : 0);
			put_cell(t, i, widths[i], WF_ROLE_DIM, t->columns[i].title, style, out);
		}
		end_line(out);
	}
	for (size_t at = 0; at < t->cell_count; at++) {
		size_t i = at % t->column_count;
		wf_view_pad(out, i ? GAP : indent);
		put_cell(t, i, widths[i], t->cells[at].role, t->cells[at].text, style, out);
		if (i + 1 == t->column_count)
			end_line(out);
	}
	wf_free(widths);
}
