/* Plans as drawings of Graphviz. */
#include "view/graph.h"
#include "view/graph_pen.h"

/* An undo edge does not bend the main flow; in a frame there is no room beside it. */
static const char *const looks[WF_LOOK_COUNT_] = {
	[WF_EDGE_NEXT] = "",
	[WF_EDGE_CONDITION] = "style=solid",
	[WF_EDGE_FAILURE] = "style=dashed, color=\"#b02a37\", fontcolor=\"#b02a37\"",
	[WF_EDGE_DECISION] = "style=solid, color=\"#0b5ed7\", fontcolor=\"#0b5ed7\"",
	[WF_EDGE_NOTIFY] = "style=dotted, color=\"#b58100\", fontcolor=\"#b58100\"",
	[WF_LOOK_UNDO] = "style=dashed, color=\"#59359a\", fontcolor=\"#59359a\"",
	[WF_LOOK_UNDO_MAIN] = "style=dashed, color=\"#59359a\", fontcolor=\"#59359a\", weight=0",
};

static const char *const dot_shapes[] = {
	[WF_ACTION_PURE] = "box, style=\"rounded,filled\"",
	[WF_ACTION_EFFECT] = "box, style=filled",
	[WF_ACTION_WAIT] = "hexagon, style=filled",
};

/* A text inside double quotes of dot. */
static void dot_text(struct wf_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			wf_buf_addch(out, '\\');
		if (*s == '\n')
			wf_buf_addstr(out, "\\n");
		else if ((unsigned char)*s >= 0x20)
			wf_buf_addch(out, *s);
	}
}

static void dot_step(struct wf_drawing *d, uint32_t i)
{
	const struct wf_action_info *action = &wf_actions[d->plan->steps[i].action];
	bool forks = d->forks[i] != WF_NONE;
	struct wf_buf *out = d->out;
	wf_drawing_indent(d);
	wf_buf_printf(out, "s%u [label=\"", i);
	dot_text(out, wf_plan_step_id(d->plan, i));
	if (!forks) {
		wf_buf_addstr(out, "\\n");
		dot_text(out, wf_plan_action_name(d->plan, i));
	}
	wf_buf_printf(out, "\", shape=%s", forks ? "trapezium, style=filled" : dot_shapes[action->kind]);
	if (d->undoes[i] != WF_NONE)
		wf_buf_addstr(out, ", style=\"filled,dashed\"");
	if (d->in)
		wf_buf_printf(out, ", fillcolor=\"%s\", color=\"%s\", tooltip=\"%s\"",
			wf_graph_colors[wf_drawing_status(d, i)].fill, wf_graph_colors[wf_drawing_status(d, i)].line,
			wf_step_status_name(wf_drawing_status(d, i)));
	wf_buf_addstr(out, "];\n");
}

static void dot_open(struct wf_drawing *d, const char *name, const char *label)
{
	wf_drawing_indent(d);
	wf_buf_printf(d->out, "subgraph cluster_%s {\n", name);
	d->depth++;
	wf_drawing_indent(d);
	wf_buf_addstr(d->out, "label=\"");
	dot_text(d->out, label);
	wf_buf_addstr(d->out, "\"; style=rounded; color=\"#888888\"; fontname=\"sans-serif\"; "
			      "fontsize=10;\n");
}

static void dot_join(struct wf_drawing *d, uint32_t group)
{
	wf_drawing_indent(d);
	wf_buf_printf(d->out, "j%u [shape=invtrapezium, label=\"\", height=0.15, style=filled];\n", group);
}

static void dot_failed(struct wf_drawing *d)
{
	wf_drawing_indent(d);
	wf_buf_addstr(d->out, "failed [shape=circle, label=\"\", width=0.2, style=filled, "
			      "fillcolor=\"#b02a37\", color=\"#b02a37\"];\n");
}

static void dot_edge(struct wf_buf *out, const char *from, const char *to, const char *label,
	enum wf_look kind)
{
	const char *look = looks[kind];
	wf_buf_printf(out, "\t%s -> %s", from, to);
	if (label || *look) {
		wf_buf_addstr(out, " [");
		if (label) {
			wf_buf_addstr(out, "label=\"");
			dot_text(out, label);
			wf_buf_printf(out, "\"%s", *look ? ", " : "");
		}
		wf_buf_addstr(out, look);
		wf_buf_addch(out, ']');
	}
	wf_buf_addstr(out, ";\n");
}

void wf_view_dot(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out)
{
	static const struct wf_pen pen = { .start = "start", .finish = "end", .close = "}\n",
		.step = dot_step, .open = dot_open, .join = dot_join, .failed = dot_failed,
		.edge = dot_edge };
	struct wf_drawing d = { .plan = plan, .in = in, .out = out, .depth = 1, .pen = &pen };
	wf_buf_addstr(out, "digraph \"");
	dot_text(out, wf_plan_string(plan, plan->workflow));
	wf_buf_addstr(out, "\" {\n\tnode [fontname=\"sans-serif\", fillcolor=white];\n"
			   "\tedge [fontname=\"sans-serif\", fontsize=10];\n"
			   "\tstart [shape=circle, label=\"\", width=0.2, style=filled, fillcolor=black];\n"
			   "\tend [shape=doublecircle, label=\"\", width=0.15, style=filled, "
			   "fillcolor=black];\n");
	wf_drawing_draw(&d);
	wf_buf_addstr(out, "}\n");
}
