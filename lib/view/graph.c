/* Plans as drawings. */
#include "view/graph.h"

#include "base/mem.h"
#include "view/instance.h"

#include <stdio.h>
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

static const char dot_undo[] = "style=dashed, color=\"#59359a\", fontcolor=\"#59359a\"";
/* It does not bend the main flow; in a frame there is no room beside it. */
static const char dot_undo_main[] = "style=dashed, color=\"#59359a\", fontcolor=\"#59359a\", weight=0";

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

/* -- what both draw -- */

/* One drawing language: how it writes a step, the beginning and end of a frame, where members meet. */
struct drawing {
	const struct wf_plan *plan;
	const struct wf_instance *in;
	struct wf_buf *out;
	unsigned depth;
	uint32_t *forks;  /* by step: the group that it forks; WF_NONE */
	uint32_t *undoes; /* by step: the one that it undoes; WF_NONE */
	bool *handles;    /* by step: it stands in the list of the workflow's own handler */
	uint32_t handler; /* the step with which that begins; WF_NONE */
	uint32_t handler_dag; /* … or the group, when its steps depend on each other; WF_NONE */
	const struct pen {
		void (*step)(struct drawing *d, uint32_t step);
		void (*open)(struct drawing *d, const char *name, const char *label);
		void (*join)(struct drawing *d, uint32_t group);
		void (*failed)(struct drawing *d); /* from where the handler begins */
		const char *close;
	} *pen;
};

static const char *action_of(const struct wf_plan *plan, uint32_t step)
{
	return wf_plan_action_name(plan, step);
}

/* Copies of a foreach's body for more lanes are not drawn. */
static bool is_drawn(const struct wf_plan *plan, uint32_t step)
{
	return plan->steps[step].origin == step;
}

/* The step, or the group, with which the workflow's own handler begins: the first behind its pc that is
 * nothing beside the flow. */
static void find_handler(struct drawing *d)
{
	const struct wf_plan *plan = d->plan;
	for (uint32_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].kind == WF_GROUP_DAG && plan->groups[i].parent == WF_NONE &&
			plan->fork_pc[i] != WF_NONE && plan->fork_pc[i] >= plan->failure_pc)
			d->handler_dag = i;
	for (uint32_t i = 0; d->handler_dag == WF_NONE && i < plan->step_count; i++) {
		const struct wf_plan_step *s = &plan->steps[i];
		if (s->group == WF_NONE && s->enter_pc >= plan->failure_pc && d->undoes[i] == WF_NONE &&
			wf_view_side_of(plan, i) == WF_NONE &&
			(d->handler == WF_NONE || s->enter_pc < plan->steps[d->handler].enter_pc))
			d->handler = i;
	}
}

/* A transition never leaves its list: the handler's is what its first step leads to. */
static void mark_handler(struct drawing *d)
{
	const struct wf_plan *plan = d->plan;
	bool more = d->handler != WF_NONE;
	if (more)
		d->handles[d->handler] = true;
	while (more) {
		more = false;
		for (uint32_t i = 0; i < plan->edge_count; i++) {
			const struct wf_plan_edge *e = &plan->edges[i];
			if (e->from == WF_NONE || e->to == WF_NONE || !d->handles[e->from] ||
				d->handles[e->to] || plan->steps[e->to].group != WF_NONE ||
				wf_view_side_of(plan, e->to) != WF_NONE)
				continue;
			d->handles[e->to] = more = true;
		}
	}
}

/* What follows from the whole plan, once. */
static void begin(struct drawing *d)
{
	const struct wf_plan *plan = d->plan;
	d->forks = wf_alloc((plan->step_count + 1) * sizeof(*d->forks));
	d->undoes = wf_alloc((plan->step_count + 1) * sizeof(*d->undoes));
	for (uint32_t i = 0; i < plan->step_count; i++)
		d->forks[i] = d->undoes[i] = WF_NONE;
	for (uint32_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].step != WF_NONE)
			d->forks[plan->groups[i].step] = i;
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].compensation != WF_NONE)
			d->undoes[plan->steps[i].compensation] = i;
	d->handles = wf_calloc((size_t)plan->step_count + 1, sizeof(*d->handles));
	d->handler = d->handler_dag = WF_NONE;
	if (plan->failure_pc != WF_NONE)
		find_handler(d);
	mark_handler(d);
}

static void done(struct drawing *d)
{
	wf_free(d->forks);
	wf_free(d->undoes);
	wf_free(d->handles);
}

/* A compensation stands beside what it undoes. */
static const struct wf_plan_step *placed(const struct drawing *d, uint32_t step)
{
	uint32_t of = d->undoes[step];
	return &d->plan->steps[of == WF_NONE ? step : of];
}

static bool lies_in(const struct drawing *d, uint32_t step, uint32_t group, uint32_t member)
{
	const struct wf_plan_step *s = placed(d, step);
	return is_drawn(d->plan, step) && s->group == group && (group == WF_NONE || s->member == member);
}

/* Whether a group is one that is drawn, and not of a copy of its step. */
static bool group_drawn(const struct wf_plan *plan, uint32_t group)
{
	const struct wf_plan_group *g = &plan->groups[group];
	if (g->step != WF_NONE)
		return is_drawn(plan, g->step);
	return g->parent == WF_NONE ||
		(group_drawn(plan, g->parent) &&
			(plan->groups[g->parent].kind != WF_GROUP_FOREACH || g->parent_member == 0));
}

static void group_label(const struct wf_plan_group *g, struct wf_buf *out)
{
	bool all = g->needed == g->member_count;
	if (g->kind == WF_GROUP_FOREACH)
		wf_buf_printf(out, "each item, %u at once%s", g->member_count,
			g->go_on ? ", failed ones do not end it" : "");
	else if (g->kind == WF_GROUP_DAG)
		wf_buf_printf(out, "by what they depend on, %u at once", g->limit);
	else if (all)
		wf_buf_addstr(out, "side by side, all");
	else
		wf_buf_printf(out, "side by side, %u of %u", g->needed, g->member_count);
	if (g->kind == WF_GROUP_PARALLEL && g->limit < g->member_count)
		wf_buf_printf(out, ", %u at once", g->limit);
}

/* Where an edge that leaves a step begins: a group's is left where its members meet again. */
struct end {
	char text[32];
};
static struct end end_of(const char *letter, uint32_t number)
{
	struct end e;
	(void)snprintf(e.text, sizeof(e.text), "%s%u", letter, number);
	return e;
}

static bool enters_member(const struct wf_plan *plan, const struct wf_plan_edge *e, uint32_t group)
{
	return e->to != WF_NONE && plan->steps[e->to].group == group;
}

static struct end edge_from(const struct drawing *d, const struct wf_plan_edge *e, const char *start)
{
	struct end named = { "" };
	if (e->from == WF_NONE) {
		(void)snprintf(named.text, sizeof(named.text), "%s", start);
		return named;
	}
	uint32_t group = d->forks[e->from];
	if (group != WF_NONE && e->kind != WF_EDGE_FAILURE && !enters_member(d->plan, e, group))
		return end_of("j", group);
	return end_of("s", e->from);
}

/* The end of a branch or an item is where the members meet. */
static struct end edge_to(const struct wf_plan *plan, const struct wf_plan_edge *e, const char *finish)
{
	struct end named = { "" };
	if (e->to != WF_NONE)
		return end_of("s", e->to);
	if (e->from != WF_NONE && plan->steps[e->from].group != WF_NONE)
		return end_of("j", plan->steps[e->from].group);
	(void)snprintf(named.text, sizeof(named.text), "%s", finish);
	return named;
}

static bool in_dag(const struct wf_plan *plan, uint32_t step)
{
	uint32_t group = step == WF_NONE ? WF_NONE : plan->steps[step].group;
	return group != WF_NONE && plan->groups[group].kind == WF_GROUP_DAG;
}

/* What leads into steps that depend on each other is drawn by draw_ends. */
static bool edge_drawn(const struct wf_plan *plan, const struct wf_plan_edge *e)
{
	if (in_dag(plan, e->to) && (e->from == WF_NONE ||
		plan->steps[e->from].group != plan->steps[e->to].group))
		return false;
	if (in_dag(plan, e->from) && e->to == WF_NONE)
		return false;
	return (e->from == WF_NONE || is_drawn(plan, e->from)) &&
		(e->to == WF_NONE || is_drawn(plan, e->to));
}

static void indent(struct drawing *d)
{
	for (unsigned i = 0; i < d->depth; i++)
		wf_buf_addch(d->out, '\t');
}

static void close_frame(struct drawing *d)
{
	d->depth--;
	indent(d);
	wf_buf_addstr(d->out, d->pen->close);
}

static void draw_members(struct drawing *d, uint32_t group);

/* The steps of a list, then the groups in it that no step forks; of the main list those of the workflow's
 * own handler, or the others. */
static void draw_list(struct drawing *d, uint32_t group, uint32_t member, bool handler)
{
	const struct wf_plan *plan = d->plan;
	for (uint32_t i = 0; i < plan->step_count; i++) {
		uint32_t of = d->undoes[i] == WF_NONE ? i : d->undoes[i];
		if (!lies_in(d, i, group, member) || (group == WF_NONE && d->handles[of] != handler))
			continue;
		d->pen->step(d, i);
		if (d->forks[i] != WF_NONE)
			draw_members(d, d->forks[i]);
	}
	for (uint32_t i = 0; i < plan->group_count; i++) {
		const struct wf_plan_group *g = &plan->groups[i];
		if (g->step == WF_NONE && g->parent == group &&
			(group == WF_NONE || g->parent_member == member) && group_drawn(plan, i) &&
			(group != WF_NONE || (i == d->handler_dag) == handler))
			draw_members(d, i);
	}
}

/* The frame of a group: a frame for each branch, none for a lane or a single step. */
static void draw_members(struct drawing *d, uint32_t group)
{
	const struct wf_plan_group *g = &d->plan->groups[group];
	uint32_t drawn = g->kind == WF_GROUP_FOREACH ? 1 : g->member_count;
	WF_AUTOBUF struct wf_buf label = { 0 };
	group_label(g, &label);
	d->pen->open(d, end_of("g", group).text, label.data);
	for (uint32_t m = 0; m < drawn; m++) {
		const struct wf_plan_member *member = &d->plan->members[g->first_member + m];
		const char *name = wf_plan_string(d->plan, member->name);
		bool framed = g->kind == WF_GROUP_PARALLEL;
		if (framed) {
			WF_AUTOFREE char *frame = wf_asprintf("g%um%u", group, m);
			d->pen->open(d, frame, name ? name : "");
		}
		draw_list(d, group, m, false);
		if (framed)
			close_frame(d);
	}
	if (g->step != WF_NONE)
		d->pen->join(d, group);
	close_frame(d);
}

/* The main list, and the workflow's own handler in a frame of its own. */
static void draw_lists(struct drawing *d)
{
	draw_list(d, WF_NONE, WF_NONE, false);
	if (d->handler == WF_NONE && d->handler_dag == WF_NONE)
		return;
	d->pen->open(d, "handler", d->plan->compensate
			? "when a failure ends the workflow, and what was done is undone"
			: "when a failure ends the workflow");
	d->pen->failed(d);
	draw_list(d, WF_NONE, WF_NONE, true);
	close_frame(d);
}

typedef void edge_fn(struct wf_buf *out, const char *from, const char *to);

/* Whether another member of the group waits for this one. */
static bool is_awaited(const struct wf_plan *plan, const struct wf_plan_group *g, uint32_t member)
{
	for (uint32_t m = 0; m < g->member_count; m++) {
		const struct wf_plan_member *other = &plan->members[g->first_member + m];
		for (uint32_t i = 0; i < other->dep_count; i++)
			if (plan->deps[other->first_dep + i] == member)
				return true;
	}
	return false;
}

/* From where its list begins to the steps that depend on none, and from those on which none depends to
 * where it ends. */
static void draw_ends(const struct drawing *d, const char *start, const char *finish, edge_fn *edge)
{
	const struct wf_plan *plan = d->plan;
	struct wf_buf *out = d->out;
	for (uint32_t i = 0; i < plan->group_count; i++) {
		const struct wf_plan_group *g = &plan->groups[i];
		if (g->kind != WF_GROUP_DAG || !group_drawn(plan, i))
			continue;
		for (uint32_t m = 0; m < g->member_count; m++) {
			const struct wf_plan_member *member = &plan->members[g->first_member + m];
			struct end step = end_of("s", plan->code[member->pc].c), join = { "" };
			if (g->parent != WF_NONE)
				join = end_of("j", g->parent);
			if (!member->dep_count)
				edge(out, i == d->handler_dag ? "failed" : g->parent == WF_NONE ? start
						: end_of("s", plan->groups[g->parent].step).text,
					step.text);
			if (!is_awaited(plan, g, m))
				edge(out, step.text, g->parent == WF_NONE ? finish : join.text);
		}
	}
}

/* -- dot -- */

static void dot_step(struct drawing *d, uint32_t i)
{
	const struct wf_action_info *action = &wf_actions[d->plan->steps[i].action];
	bool forks = d->forks[i] != WF_NONE;
	struct wf_buf *out = d->out;
	indent(d);
	wf_buf_printf(out, "s%u [label=\"", i);
	dot_text(out, wf_plan_step_id(d->plan, i));
	if (!forks) {
		wf_buf_addstr(out, "\\n");
		dot_text(out, action_of(d->plan, i));
	}
	wf_buf_printf(out, "\", shape=%s", forks ? "trapezium, style=filled" : dot_shapes[action->kind]);
	if (d->undoes[i] != WF_NONE)
		wf_buf_addstr(out, ", style=\"filled,dashed\"");
	if (d->in)
		wf_buf_printf(out, ", fillcolor=\"%s\", color=\"%s\", tooltip=\"%s\"",
			colors[status_of(d->in, i)].fill, colors[status_of(d->in, i)].line,
			wf_step_status_name(status_of(d->in, i)));
	wf_buf_addstr(out, "];\n");
}

static void dot_open(struct drawing *d, const char *name, const char *label)
{
	indent(d);
	wf_buf_printf(d->out, "subgraph cluster_%s {\n", name);
	d->depth++;
	indent(d);
	wf_buf_addstr(d->out, "label=\"");
	dot_text(d->out, label);
	wf_buf_addstr(d->out, "\"; style=rounded; color=\"#888888\"; fontname=\"sans-serif\"; "
			      "fontsize=10;\n");
}

static void dot_join(struct drawing *d, uint32_t group)
{
	indent(d);
	wf_buf_printf(d->out, "j%u [shape=invtrapezium, label=\"\", height=0.15, style=filled];\n", group);
}

static void dot_failed(struct drawing *d)
{
	indent(d);
	wf_buf_addstr(d->out, "failed [shape=circle, label=\"\", width=0.2, style=filled, "
			      "fillcolor=\"#b02a37\", color=\"#b02a37\"];\n");
}

static const struct pen dot_pen = { dot_step, dot_open, dot_join, dot_failed, "}\n" };

static void dot_edge(struct wf_buf *out, const char *from, const char *to, const char *label,
	const char *look)
{
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

static void dot_plain(struct wf_buf *out, const char *from, const char *to)
{
	dot_edge(out, from, to, NULL, "");
}

void wf_view_dot(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out)
{
	struct drawing d = { .plan = plan, .in = in, .out = out, .depth = 1, .pen = &dot_pen };
	begin(&d);
	wf_buf_addstr(out, "digraph \"");
	dot_text(out, workflow_name(plan));
	wf_buf_addstr(out, "\" {\n\tnode [fontname=\"sans-serif\", fillcolor=white];\n"
			   "\tedge [fontname=\"sans-serif\", fontsize=10];\n"
			   "\tstart [shape=circle, label=\"\", width=0.2, style=filled, fillcolor=black];\n"
			   "\tend [shape=doublecircle, label=\"\", width=0.15, style=filled, "
			   "fillcolor=black];\n");
	draw_lists(&d);
	if (d.handler != WF_NONE)
		dot_edge(out, "failed", end_of("s", d.handler).text, NULL, dot_edges[WF_EDGE_FAILURE]);
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct wf_plan_edge *e = &plan->edges[i];
		if (edge_drawn(plan, e))
			dot_edge(out, edge_from(&d, e, "start").text, edge_to(plan, e, "end").text,
				wf_plan_string(plan, e->label), dot_edges[e->kind]);
	}
	draw_ends(&d, "start", "end", dot_plain);
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (is_drawn(plan, i) && plan->steps[i].compensation != WF_NONE)
			dot_edge(out, end_of("s", i).text,
				end_of("s", plan->steps[i].compensation).text, "undone by",
				plan->steps[i].group == WF_NONE ? dot_undo_main : dot_undo);
	wf_buf_addstr(out, "}\n");
	done(&d);
}

/* -- Mermaid -- */

static void mermaid_step(struct drawing *d, uint32_t i)
{
	const struct wf_action_info *action = &wf_actions[d->plan->steps[i].action];
	bool forks = d->forks[i] != WF_NONE;
	struct wf_buf *out = d->out;
	indent(d);
	wf_buf_printf(out, "s%u%s", i, forks ? "[/\"" : mermaid_shapes[action->kind][0]);
	mermaid_text(out, wf_plan_step_id(d->plan, i));
	if (!forks) {
		wf_buf_addstr(out, "<br/>");
		mermaid_text(out, action_of(d->plan, i));
	}
	wf_buf_addstr(out, forks ? "\"\\]" : mermaid_shapes[action->kind][1]);
	if (d->in)
		wf_buf_printf(out, ":::%s", wf_step_status_name(status_of(d->in, i)));
	wf_buf_addch(out, '\n');
}

static void mermaid_open(struct drawing *d, const char *name, const char *label)
{
	indent(d);
	wf_buf_printf(d->out, "subgraph %s [\"", name);
	mermaid_text(d->out, *label ? label : " ");
	wf_buf_addstr(d->out, "\"]\n");
	d->depth++;
}

static void mermaid_join(struct drawing *d, uint32_t group)
{
	indent(d);
	wf_buf_printf(d->out, "j%u[\\\" \"/]\n", group);
}

static void mermaid_failed(struct drawing *d)
{
	indent(d);
	wf_buf_addstr(d->out, "failed(( ))\n");
}

static const struct pen mermaid_pen = { mermaid_step, mermaid_open, mermaid_join, mermaid_failed,
	"end\n" };

static void mermaid_edge(struct wf_buf *out, const char *from, const char *to, const char *label,
	bool dotted)
{
	wf_buf_printf(out, "\t%s%s", from, dotted ? " -.->" : " -->");
	if (label) {
		wf_buf_addstr(out, "|\"");
		mermaid_text(out, label);
		wf_buf_addstr(out, "\"|");
	}
	wf_buf_printf(out, " %s\n", to);
}

static void mermaid_plain(struct wf_buf *out, const char *from, const char *to)
{
	mermaid_edge(out, from, to, NULL, false);
}

void wf_view_mermaid(const struct wf_plan *plan, const struct wf_instance *in, struct wf_buf *out)
{
	struct drawing d = { .plan = plan, .in = in, .out = out, .depth = 1, .pen = &mermaid_pen };
	begin(&d);
	wf_buf_addstr(out, "flowchart TD\n\tbegin(( ))\n\tfinish((( )))\n");
	draw_lists(&d);
	if (d.handler != WF_NONE)
		mermaid_edge(out, "failed", end_of("s", d.handler).text, NULL, true);
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct wf_plan_edge *e = &plan->edges[i];
		if (edge_drawn(plan, e))
			mermaid_edge(out, edge_from(&d, e, "begin").text,
				edge_to(plan, e, "finish").text, wf_plan_string(plan, e->label),
				dotted_edge[e->kind]);
	}
	draw_ends(&d, "begin", "finish", mermaid_plain);
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (is_drawn(plan, i) && plan->steps[i].compensation != WF_NONE)
			mermaid_edge(out, end_of("s", i).text,
				end_of("s", plan->steps[i].compensation).text, "undone by", true);
	for (unsigned i = 0; in && i < WF_STEP_COUNT_; i++)
		wf_buf_printf(out, "\tclassDef %s fill:%s,stroke:%s\n",
			wf_step_status_name((enum wf_step_status)i), colors[i].fill, colors[i].line);
	done(&d);
}
