/*
 * What happens while wfctl drives instances, a line a step.
 *
 * In place (a terminal): steps that run are lines at the bottom with their elapsed time, redrawn by
 * wf_live_tick; a step that ends becomes a line above them. Otherwise plain lines, no control
 * characters. Every function appends the bytes to write next.
 */
#ifndef WF_VIEW_LIVE_H
#define WF_VIEW_LIVE_H

#include "plan/plan.h"
#include "state/event.h"
#include "view/style.h"

struct wf_live_options {
	struct wf_style style;
	bool in_place;
	bool numbered;   /* several instances: each line says whose it is */
	bool verbose;    /* begun attempts as well, elsewhere than in place */
};

struct wf_live;
struct wf_live *wf_live_new(const struct wf_live_options *options);
void wf_live_free(struct wf_live *l); /* NULL is allowed */

void wf_live_started(struct wf_live *l, const struct wf_instance *in, int64_t now,
	struct wf_buf *out);
void wf_live_moved(struct wf_live *l, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_event *event, const struct wf_transition *transitions, uint32_t count,
	int64_t now, struct wf_buf *out);
/* Any other text between the steps' lines. */
void wf_live_say(struct wf_live *l, const char *text, int64_t now, struct wf_buf *out);
/* The instance parted: its lines that run go. */
void wf_live_parted(struct wf_live *l, uint64_t number, int64_t now, struct wf_buf *out);
/* Redraws elapsed times; nothing when not in place. */
void wf_live_tick(struct wf_live *l, int64_t now, struct wf_buf *out);

#endif
