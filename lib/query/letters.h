/* Upper and lower case of Unicode letters, the same on every machine: no locale is asked. */
#ifndef WF_QUERY_LETTERS_H
#define WF_QUERY_LETTERS_H

#include "base/buf.h"

/* Appends n bytes of valid UTF-8 with every letter in upper case, or in lower case. Some letters have
 * more than one in the other case. */
void wf_letters_upper(const char *s, size_t n, struct wf_buf *out);
void wf_letters_lower(const char *s, size_t n, struct wf_buf *out);

/* Appends a code point as UTF-8. */
void wf_letters_add(struct wf_buf *out, uint32_t c);

#endif
