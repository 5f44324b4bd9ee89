/* Plans as flow charts of Mermaid. */
#include "view/graph.h"
#include "view/graph_pen.h"

#include <string.h>

static const char *const mermaid_shapes[][2] = {
	[WF_ACTION_PURE] = { "(\"", "\")" },
	[WF_ACTION_EFFECT] = { "[\"", "\"]" },
	[WF_ACTION_WAIT] = { "{{\"", "\"}}" },
};

/* What lies beside the usual way. */
static const bool dotted[WF_LOOK_COUNT_] = { [WF_EDGE_FAILURE] = true, [WF_EDGE_NOTIFY] = true,
	[WF_LOOK_UNDO] = true, [WF_LOOK_UNDO_MAIN] = true };

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

static void mermaid_step(struct wf_drawing *d, uint32_t i)
{
	const struct wf_action_info *action = &wf_actions[d->plan->steps[i].action];
	bool forks = d->forks[i] != WF_NONE;
	struct wf_buf *out = d->out;
	wf_drawing_indent(d);
	wf_buf_printf(out, "s%u%s", i, forks ? "[/\"" : mermaid_shapes[action->kind][0]);
	mermaid_text(out, wf_plan_step_id(d->plan, i));
	if (!forks) {
		wf_buf_addstr(out, "<br/>");
		mermaid_text(out, wf_plan_action_name(d->plan, i));
	}
	wf_buf_addstr(out, forks ? "\"\\]" : mermaid_shapes[action->kind][1]);
	if (d->in)
		wf_buf_printf(out, ":::%s", wf_step_status_name(wf_drawing_status(d, i)));
	wf_buf_addch(out, '\n');
}

static void mermaid_open(struct wf_drawing *d, const char *name, const char *label)
{
	wf_drawing_indent(d);
	wf_buf_printf(d->out, "subgraph %s [\"", name);
	mermaid_text(d->out, *label ? label : " ");
	wf_buf_addstr(d->out, "\"]\n");
	d->depth++;
}

static void mermaid_join(struct wf_drawing *d, uint32_t group)
{
	wf_drawing_indent(d);
	wf_buf_printf(d->out, "j%u[\\\" \"/]\n", group);
}

static void mermaid_failed(struct wf_drawing *d)
{
	wf_drawing_indent(d);
	wf_buf_addstr(d->out, "failed(( ))\n");
}

static void mermaid_edge(struct wf_buf *out, const char *from, const char *to, const char *label,
	enum wf_look look)
{
	wf_buf_printf(out, "\t%s%s", from, dotted[look] ? " -.->" : " -->");
	if (label) {
		wf_buf_addstr(out, "|\"");
		mermaid_text(out, label);
		wf_buf_addstr(out, "\"|");
	}
	wf_buf_printf(out, " %s\n", to);
}

void wf_view_mermaid(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out)
{
	static const struct wf_pen pen = { .start = "begin", .finish = "finish", .close = "end\n",
		.step = mermaid_step, .open = mermaid_open, .join = mermaid_join,
		.failed = mermaid_failed, .edge = mermaid_edge };
	struct wf_drawing d = { .plan = plan, .in = in, .out = out, .depth = 1, .pen = &pen };
	wf_buf_addstr(out, "flowchart TD\n\tbegin(( ))\n\tfinish((( )))\n");
	wf_drawing_draw(&d);
	for (unsigned i = 0; in && i < WF_STEP_COUNT_; i++)
		wf_buf_printf(out, "\tclassDef %s fill:%s,stroke:%s\n",
			wf_step_status_name((enum wf_step_status)i), wf_graph_colors[i].fill, wf_graph_colors[i].line);
}
