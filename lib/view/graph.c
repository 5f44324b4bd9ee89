/*
 * Plans as drawings: what stands in which frame, and what leads where. How a step, a frame and an
 * edge are written is the pen's (graph_dot.c, graph_mermaid.c).
 */
#include "view/graph_pen.h"

#include "base/mem.h"
#include "view/instance.h"

#include <stdio.h>

/* Fill and border of a step by its status. */
const struct wf_graph_color wf_graph_colors[WF_STEP_COUNT_] = {
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

enum wf_step_status wf_drawing_status(const struct wf_drawing *d, uint32_t step)
{
	const struct wf_instance *in = d->in;
	return in && step < in->step_count ? wf_view_step_now(in, step) : WF_STEP_PENDING;
}

/* -- what follows from the whole plan -- */

/* Copies of a foreach's body for more lanes are not drawn. */
static bool is_drawn(const struct wf_plan *plan, uint32_t step)
{
	return plan->steps[step].origin == step;
}

/* The step, or the group, with which the workflow's own handler begins: the first behind its pc that is
 * nothing beside the flow. */
static void find_handler(struct wf_drawing *d)
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
static void mark_handler(struct wf_drawing *d)
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
static void begin(struct wf_drawing *d)
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

static void done(struct wf_drawing *d)
{
	wf_free(d->forks);
	wf_free(d->undoes);
	wf_free(d->handles);
}

/* -- steps and frames -- */

/* A compensation stands beside what it undoes. */
static const struct wf_plan_step *placed(const struct wf_drawing *d, uint32_t step)
{
	uint32_t of = d->undoes[step];
	return &d->plan->steps[of == WF_NONE ? step : of];
}

static bool lies_in(const struct wf_drawing *d, uint32_t step, uint32_t group, uint32_t member)
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

/* The name of a step (s), a group (g) or the place where a group's members meet (j). */
struct end {
	char text[32];
};

static struct end end_of(const char *letter, uint32_t number)
{
	struct end e;
	(void)snprintf(e.text, sizeof(e.text), "%s%u", letter, number);
	return e;
}

void wf_drawing_indent(struct wf_drawing *d)
{
	for (unsigned i = 0; i < d->depth; i++)
		wf_buf_addch(d->out, '\t');
}

static void close_frame(struct wf_drawing *d)
{
	d->depth--;
	wf_drawing_indent(d);
	wf_buf_addstr(d->out, d->pen->close);
}

static void draw_members(struct wf_drawing *d, uint32_t group);

/* The steps of a list, then the groups in it that no step forks; of the main list those of the workflow's
 * own handler, or the others. */
static void draw_list(struct wf_drawing *d, uint32_t group, uint32_t member, bool handler)
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
static void draw_members(struct wf_drawing *d, uint32_t group)
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
static void draw_lists(struct wf_drawing *d)
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

/* -- edges -- */

static void edge(const struct wf_drawing *d, const char *from, const char *to, const char *label,
	enum wf_look look)
{
	d->pen->edge(d->out, from, to, label, look);
}

static bool enters_member(const struct wf_plan *plan, const struct wf_plan_edge *e, uint32_t group)
{
	return e->to != WF_NONE && plan->steps[e->to].group == group;
}

/* Where an edge that leaves a step begins: a group's is left where its members meet again. */
static struct end edge_from(const struct wf_drawing *d, const struct wf_plan_edge *e)
{
	struct end named = { "" };
	if (e->from == WF_NONE) {
		(void)snprintf(named.text, sizeof(named.text), "%s", d->pen->start);
		return named;
	}
	uint32_t group = d->forks[e->from];
	if (group != WF_NONE && e->kind != WF_EDGE_FAILURE && !enters_member(d->plan, e, group))
		return end_of("j", group);
	return end_of("s", e->from);
}

/* The end of a branch or an item is where the members meet. */
static struct end edge_to(const struct wf_drawing *d, const struct wf_plan_edge *e)
{
	const struct wf_plan *plan = d->plan;
	struct end named = { "" };
	if (e->to != WF_NONE)
		return end_of("s", e->to);
	if (e->from != WF_NONE && plan->steps[e->from].group != WF_NONE)
		return end_of("j", plan->steps[e->from].group);
	(void)snprintf(named.text, sizeof(named.text), "%s", d->pen->finish);
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
static void draw_ends(const struct wf_drawing *d)
{
	const struct wf_plan *plan = d->plan;
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
				edge(d, i == d->handler_dag ? "failed" : g->parent == WF_NONE ? d->pen->start
						: end_of("s", plan->groups[g->parent].step).text,
					step.text, NULL, WF_LOOK_NEXT);
			if (!is_awaited(plan, g, m))
				edge(d, step.text, g->parent == WF_NONE ? d->pen->finish : join.text,
					NULL, WF_LOOK_NEXT);
		}
	}
}

/* What leads from step to step, what undoes a step, and where a list begins and ends. */
static void draw_edges(const struct wf_drawing *d)
{
	const struct wf_plan *plan = d->plan;
	if (d->handler != WF_NONE)
		edge(d, "failed", end_of("s", d->handler).text, NULL, WF_LOOK_FAILURE);
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct wf_plan_edge *e = &plan->edges[i];
		if (edge_drawn(plan, e))
			edge(d, edge_from(d, e).text, edge_to(d, e).text,
				wf_plan_string(plan, e->label), (enum wf_look)e->kind);
	}
	draw_ends(d);
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (is_drawn(plan, i) && plan->steps[i].compensation != WF_NONE)
			edge(d, end_of("s", i).text,
				end_of("s", plan->steps[i].compensation).text, "undone by",
				plan->steps[i].group == WF_NONE ? WF_LOOK_UNDO_MAIN : WF_LOOK_UNDO);
}

void wf_drawing_draw(struct wf_drawing *d)
{
	begin(d);
	draw_lists(d);
	draw_edges(d);
	done(d);
}
