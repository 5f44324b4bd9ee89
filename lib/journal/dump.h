/* Records as JSON: what the parts of the dump share. A value that cannot be read gives NULL. */
#ifndef WF_JOURNAL_DUMP_H
#define WF_JOURNAL_DUMP_H

#include "base/mem.h"
#include "journal/private.h"

static inline void set(json_t *o, const char *name, json_t *value)
{
	if (value)
		(void)json_object_set_new(o, name, value);
}

/* What is not there is left out. */
static inline void set_text(json_t *o, const char *name, const char *text)
{
	if (text)
		set(o, name, json_string(text));
}

static inline void set_number(json_t *o, const char *name, uint64_t v)
{
	if (v)
		set(o, name, json_integer((json_int_t)v));
}

static inline void set_time(json_t *o, const char *name, int64_t at)
{
	if (at)
		set(o, name, json_integer(at));
}

static inline void set_value(json_t *o, const char *name, json_t *borrowed)
{
	set(o, name, json_incref(borrowed));
}

static inline void set_hex(json_t *o, const char *name, const uint8_t *bytes, size_t n)
{
	WF_AUTOFREE char *hex = wf_alloc(2 * n + 1);
	wf_hex(bytes, n, hex);
	set_text(o, name, hex);
}

/* Rows of instances, by kind. */
json_t *wf_dump_row(enum wf_row_kind kind, const struct wf_buf *row);
const char *wf_dump_row_name(enum wf_row_kind kind);
/* Rows of number 0. */
json_t *wf_dump_own(enum wf_own_kind kind, uint64_t id, const struct wf_buf *row);
const char *wf_dump_own_name(enum wf_own_kind kind);
/* Records of the table `meta` by the letter of their key; a NULL name: there is no such record. */
json_t *wf_dump_meta(uint8_t letter, const struct wf_buf *row);
const char *wf_dump_meta_name(uint8_t letter);

#endif
