/* A history record in words: what came, to which step, and what it changed. Each appends to `out`. */
#ifndef WF_VIEW_RECORD_H
#define WF_VIEW_RECORD_H

#include "view/items.h"

/* `n`: which record it is of those that were added to `items`, from 0; items may be NULL. */

/* The step that the event was for, "pack item 3"; "-": none. */
void wf_view_record_step(const struct wf_plan *plan, const struct wf_view_items *items, uint64_t n,
	const struct wf_record *r, struct wf_buf *out);
/* "pack attempt 2, pack running". */
void wf_view_record_changed(const struct wf_plan *plan, const struct wf_view_items *items, uint64_t n,
	const struct wf_record *r, struct wf_buf *out);
/* What the event brought: "approve by alice: fine"; values cut short unless `whole`. */
void wf_view_record_brought(const struct wf_record *r, bool whole, struct wf_buf *out);

#endif
