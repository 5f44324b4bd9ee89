/*
 * A drawing of a plan and the pen that it is made with: graph.c knows what is drawn in which order,
 * a pen how one language writes it. Private to graph*.c.
 */
#ifndef WF_VIEW_GRAPH_PEN_H
#define WF_VIEW_GRAPH_PEN_H

#include "base/buf.h"
#include "plan/plan.h"
#include "state/state.h"

/* How an edge looks: by its kind (enum wf_edge_kind, the same numbers), or as what is no edge of
 * the flow. */
enum wf_look {
	WF_LOOK_NEXT = WF_EDGE_NEXT,
	WF_LOOK_FAILURE = WF_EDGE_FAILURE,
	WF_LOOK_UNDO = WF_EDGE_KIND_COUNT_, /* to what undoes a step, in a frame */
	WF_LOOK_UNDO_MAIN,             /* … on the main list */
	WF_LOOK_COUNT_
};

struct wf_drawing;

/* One drawing language. Names (s1, g2, j2, start) are ASCII and the drawing's own; labels are the
 * author's. */
struct wf_pen {
	const char *start, *finish; /* names of where the workflow begins and ends */
	const char *close;          /* the end of a frame */
	void (*step)(struct wf_drawing *d, uint32_t step);
	/* Begins a frame, and goes one level deeper. */
	void (*open)(struct wf_drawing *d, const char *name, const char *label);
	void (*join)(struct wf_drawing *d, uint32_t group); /* where its members meet again */
	void (*failed)(struct wf_drawing *d);               /* from where the handler begins */
	void (*edge)(struct wf_buf *out, const char *from, const char *to,
		const char *label /* may be NULL */, enum wf_look look);
};

/* On its user's stack: plan, in (may be NULL: the plan alone), out, depth and pen are given, all
 * borrowed; the rest is wf_drawing_draw's. */
struct wf_drawing {
	const struct wf_plan *plan;
	const struct wf_instance *in;
	struct wf_buf *out;
	unsigned depth;             /* of frames, in tabs */
	const struct wf_pen *pen;
	uint32_t *forks;            /* by step: the group that it forks; WF_NONE */
	uint32_t *undoes;           /* by step: the one that it undoes; WF_NONE */
	bool *handles;              /* by step: it stands in the list of the workflow's own handler */
	uint32_t handler;           /* the step with which that begins; WF_NONE */
	uint32_t handler_dag;       /* … or the group, when its steps depend on each other; WF_NONE */
};

/* Steps and frames, then edges; between what the language begins and ends a drawing with. */
void wf_drawing_draw(struct wf_drawing *d);
void wf_drawing_indent(struct wf_drawing *d);
/* Pending where the drawing is of the plan alone. */
enum wf_step_status wf_drawing_status(const struct wf_drawing *d, uint32_t step);

/* Fill and border of a step by its status. */
struct wf_graph_color {
	const char *fill, *line;
};
extern const struct wf_graph_color wf_graph_colors[WF_STEP_COUNT_];

#endif
