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

#endif
