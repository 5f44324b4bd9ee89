/* Plans as drawings. */
#include "view/graph.h"

#include "view/instance.h"

#include <string.h>

/* Fill and border of a step by its status. */
static const struct {
	const char *fill, *line;
} colors[WF_STEP_COUNT_] = {
	[WF_STEP_PENDING] = { "#ffffff", "#888888" },
	[WF_STEP_RUNNING] = { "#cfe2ff", "#0b5ed7" },
	[WF_STEP_WAITING] = { "#fff3cd", "#b58100" },
	[WF_STEP_COMPLETED] = { "#d1e7dd", "#146c43" },
	[WF_STEP_FAILED] = { "#f8d7da", "#b02a37" },
	[WF_STEP_SKIPPED] = { "#eeeeee", "#888888" },
	[WF_STEP_CANCELLED] = { "#e2e3e5", "#565e64" },
	[WF_STEP_IN_DOUBT] = { "#ffe5d0", "#ca6510" },
	[WF_STEP_COMPENSATED] = { "#e2d9f3", "#59359a" },
	[WF_STEP_COMPENSATION_FAILED] = { "#f7d6e6", "#ab296a" },
};

static const char *const dot_edges[] = {
	[WF_EDGE_NEXT] = "",
	[WF_EDGE_CONDITION] = "style=solid",
	[WF_EDGE_FAILURE] = "style=dashed, color=\"#b02a37\", fontcolor=\"#b02a37\"",
	[WF_EDGE_DECISION] = "style=solid, color=\"#0b5ed7\", fontcolor=\"#0b5ed7\"",
	[WF_EDGE_NOTIFY] = "style=dotted, color=\"#b58100\", fontcolor=\"#b58100\"",
};

/* In Mermaid: beside the usual way. */
static const bool dotted_edge[] = { [WF_EDGE_FAILURE] = true, [WF_EDGE_NOTIFY] = true };

static const char *const dot_shapes[] = {
	[WF_ACTION_PURE] = "box, style=\"rounded,filled\"",
	[WF_ACTION_EFFECT] = "box, style=filled",
	[WF_ACTION_WAIT] = "hexagon, style=filled",
};

static const char *const mermaid_shapes[][2] = {
	[WF_ACTION_PURE] = { "(\"", "\")" },
	[WF_ACTION_EFFECT] = { "[\"", "\"]" },
	[WF_ACTION_WAIT] = { "{{\"", "\"}}" },
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

/* A text inside double quotes of Mermaid, which knows entities only. */
static void mermaid_text(struct wf_buf *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("\"<>&#;{}[]()|`", *s))
			wf_buf_printf(out, "#%d;", *s);
		else
			wf_buf_addch(out, (unsigned char)*s < 0x20 ? ' ' : *s);
	}
}

static const char *workflow_name(const struct wf_plan *plan)
{
	return wf_plan_string(plan, plan->workflow);
}

static enum wf_step_status status_of(const struct wf_instance *in, uint32_t step)
{
	return in && step < in->step_count ? wf_view_step_now(in, step) : WF_STEP_PENDING;
}

void wf_view_dot(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out)
{
	wf_buf_addstr(out, "digraph \"");
	dot_text(out, workflow_name(plan));
	wf_buf_addstr(out, "\" {\n\tnode [fontname=\"sans-serif\", fillcolor=white];\n"
			   "\tedge [fontname=\"sans-serif\", fontsize=10];\n"
			   "\tstart [shape=circle, label=\"\", width=0.2, style=filled, fillcolor=black];\n"
			   "\tend [shape=doublecircle, label=\"\", width=0.15, style=filled, "
			   "fillcolor=black];\n");
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct wf_action_info *action = &wf_actions[plan->steps[i].action];
		wf_buf_printf(out, "\ts%u [label=\"", i);
		dot_text(out, wf_plan_step_id(plan, i));
		wf_buf_addstr(out, "\\n");
		dot_text(out, action->name);
		wf_buf_printf(out, "\", shape=%s", dot_shapes[action->kind]);
		if (in)
			wf_buf_printf(out, ", fillcolor=\"%s\", color=\"%s\", tooltip=\"%s\"",
				colors[status_of(in, i)].fill, colors[status_of(in, i)].line,
				wf_step_status_name(status_of(in, i)));
		wf_buf_addstr(out, "];\n");
	}
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct wf_plan_edge *e = &plan->edges[i];
		wf_buf_addch(out, '\t');
		if (e->from == WF_NONE)
			wf_buf_addstr(out, "start");
		else
			wf_buf_printf(out, "s%u", e->from);
		wf_buf_addstr(out, " -> ");
		if (e->to == WF_NONE)
			wf_buf_addstr(out, "end");
		else
			wf_buf_printf(out, "s%u", e->to);
		const char *label = wf_plan_string(plan, e->label), *look = dot_edges[e->kind];
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
	wf_buf_addstr(out, "}\n");
}

void wf_view_mermaid(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out)
{
	wf_buf_addstr(out, "flowchart TD\n\tbegin(( ))\n\tfinish((( )))\n");
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct wf_action_info *action = &wf_actions[plan->steps[i].action];
		wf_buf_printf(out, "\ts%u%s", i, mermaid_shapes[action->kind][0]);
		mermaid_text(out, wf_plan_step_id(plan, i));
		wf_buf_addstr(out, "<br/>");
		mermaid_text(out, action->name);
		wf_buf_addstr(out, mermaid_shapes[action->kind][1]);
		if (in)
			wf_buf_printf(out, ":::%s", wf_step_status_name(status_of(in, i)));
		wf_buf_addch(out, '\n');
	}
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct wf_plan_edge *e = &plan->edges[i];
		if (e->from == WF_NONE)
			wf_buf_addstr(out, "\tbegin");
		else
			wf_buf_printf(out, "\ts%u", e->from);
		wf_buf_addstr(out, dotted_edge[e->kind] ? " -.->" : " -->");
		const char *label = wf_plan_string(plan, e->label);
		if (label) {
			wf_buf_addstr(out, "|\"");
			mermaid_text(out, label);
			wf_buf_addstr(out, "\"|");
		}
		if (e->to == WF_NONE)
			wf_buf_addstr(out, " finish\n");
		else
			wf_buf_printf(out, " s%u\n", e->to);
	}
	for (unsigned i = 0; in && i < WF_STEP_COUNT_; i++)
		wf_buf_printf(out, "\tclassDef %s fill:%s,stroke:%s\n",
			wf_step_status_name((enum wf_step_status)i), colors[i].fill, colors[i].line);
}
