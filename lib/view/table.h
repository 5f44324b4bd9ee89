/*
 * A table of text: columns as wide as their widest cell by display width, two spaces between. On a
 * terminal the columns that may shrink are cut until the rows fit; elsewhere nothing is cut.
 */
#ifndef WF_VIEW_TABLE_H
#define WF_VIEW_TABLE_H

#include "view/style.h"

enum wf_align { WF_ALIGN_LEFT, WF_ALIGN_RIGHT };

struct wf_table;

struct wf_table *wf_table_new(void);
void wf_table_free(struct wf_table *t); /* NULL is allowed */

/* Columns first, then rows. A column that shrinks may be cut down to 8 columns. */
void wf_table_column(struct wf_table *t, const char *title, enum wf_align align, bool shrinks);
/* The next cell of the row in hand; the text is copied. A full row begins the next. */
void wf_table_cell(struct wf_table *t, enum wf_role role, const char *text);
void wf_table_cellf(struct wf_table *t, enum wf_role role, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
size_t wf_table_rows(const struct wf_table *t);

/* Title line (unless no_titles) and rows, each after `indent` spaces; no spaces at the end of lines. */
void wf_table_write(const struct wf_table *t, const struct wf_style *style, size_t indent,
	bool no_titles, struct wf_buf *out);

#endif
