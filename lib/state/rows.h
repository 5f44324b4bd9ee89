/* What the row and record codecs share; private to this folder. */
#ifndef WF_STATE_ROWS_H
#define WF_STATE_ROWS_H

#include "base/buf.h"
#include "state/state.h"

/* at - base as a zigzag varint, modulo 2^64, so that every pair of times has a spelling. */
void wf_put_time(struct wf_buf *out, int64_t at, int64_t base);
int64_t wf_get_time(struct wf_reader *r, int64_t base);

/* Compact JSON text with a varint length before it. get: a new reference; NULL when bad. */
void wf_put_json(struct wf_buf *out, const json_t *value);
json_t *wf_get_json(struct wf_reader *r);

uint32_t wf_get_u32_varint(struct wf_reader *r);

/* What is written only when it is not its default is wrong when it is. */
uint32_t wf_get_u32_but(struct wf_reader *r, uint32_t not);
int64_t wf_get_time_nonzero(struct wf_reader *r, int64_t base);

/* Whether a thread has nothing but pc, step and done; the rest of one as a part of a row. */
bool wf_thread_plain(const struct wf_thread *t);
void wf_put_thread_more(const struct wf_thread *t, struct wf_buf *out);
void wf_get_thread_more(struct wf_reader *r, struct wf_thread *t);
/* Groups and undos go. */
void wf_instance_drop_parts(struct wf_instance *in);
/* What differs of groups and undos, or NULL. */
const char *wf_parts_difference(const struct wf_instance *a, const struct wf_instance *b);

/* An approval is the last part of a step's row but for its child. get: new; r is bad where it is wrong. */
void wf_put_approval(struct wf_buf *out, const struct wf_approval *a);
struct wf_approval *wf_get_approval(struct wf_reader *r);

/* What differs, or NULL; numbers only where both have one. */
const char *wf_approval_difference(const struct wf_approval *a, const struct wf_approval *b);

/* -- small parts -- */

static inline unsigned get_enum(struct wf_reader *r, unsigned count)
{
	unsigned v = wf_get_u8(r);
	if (v >= count) {
		r->bad = true;
		return 0;
	}
	return v;
}

static inline bool ended_well(const struct wf_reader *r)
{
	return !r->bad && r->off == r->len;
}

static inline char *get_if(struct wf_reader *r, unsigned mask, unsigned bit)
{
	return mask & bit ? wf_get_string(r) : NULL;
}

static inline void swap_text(char **a, char **b)
{
	char *t = *a;
	*a = *b;
	*b = t;
}

static inline void swap_json(json_t **a, json_t **b)
{
	json_t *t = *a;
	*a = *b;
	*b = t;
}

#endif
