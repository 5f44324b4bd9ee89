/*
 * How text looks to its reader: colours by role, display width, and what must never reach a terminal
 * (control characters in other people's data).
 *
 * Everything in lib/view appends to a buffer; cmd/ decides where the bytes go.
 */
#ifndef WF_VIEW_STYLE_H
#define WF_VIEW_STYLE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wf_role {
	WF_ROLE_PLAIN,
	WF_ROLE_STRONG,
	WF_ROLE_DIM,
	WF_ROLE_GOOD,
	WF_ROLE_BAD,
	WF_ROLE_WARN,
	WF_ROLE_INFO,
	WF_ROLE_COUNT_
};

struct wf_style {
	bool color;
	uint32_t width; /* columns of the terminal; 0: no terminal, nothing is cut */
};

/* The escape sequences around a role's text; "" without colour. */
const char *wf_style_on(const struct wf_style *style, enum wf_role role);
const char *wf_style_off(const struct wf_style *style, enum wf_role role);

/* Appends text in a role. Control characters are made harmless as in wf_view_safe. */
void wf_view_role(struct wf_buf *out, const struct wf_style *style, enum wf_role role,
	const char *text);

/* Columns that a code point takes: 0 for combining marks and control characters, 2 for wide ones. */
uint32_t wf_view_rune_width(uint32_t rune);
/* Columns of a text as wf_view_safe would write it. */
size_t wf_view_width(const char *text);

/* Appends a text on one line: line ends and tabs become spaces, other control characters and bytes
 * that are not UTF-8 become U+FFFD. */
void wf_view_safe(struct wf_buf *out, const char *text);
/* The same, at most `columns` wide; a longer text is cut and ends in "…". Returns the columns. */
size_t wf_view_clip(struct wf_buf *out, const char *text, size_t columns);
/* Appends n spaces. */
void wf_view_pad(struct wf_buf *out, size_t n);

/* Appends a paragraph broken at spaces into lines of at most `columns`, each after `indent` spaces
 * and ended by a newline. Line ends in the text are kept. */
void wf_view_wrap(struct wf_buf *out, const char *text, size_t indent, size_t columns);

/* "1,234" */
#define WF_COUNT_TEXT 32
void wf_view_count(uint64_t n, char ret[WF_COUNT_TEXT]);
/* "1 error", "2 errors", "no errors" */
void wf_view_plural(struct wf_buf *out, uint64_t n, const char *singular, const char *plural);
/* "1.2 MiB" */
void wf_view_bytes(uint64_t n, char ret[WF_COUNT_TEXT]);

#endif
