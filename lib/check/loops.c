/* Circles of dependencies, loops without a bound, steps out of reach, transitions never taken. */
#include "check/internal.h"

#include "base/buf.h"
#include "base/limits.h"

/* "a -> b -> a": the steps of a cycle, the first once more at its end. */
static void write_circle(
	const struct wf_model *m, const uint32_t *steps, uint32_t count, struct wf_buf *out)
{
	const uint32_t shown = 30;

	for (uint32_t i = 0; i < count && i < shown; i++)
		wf_buf_printf(out, "%s -> ", m->steps[steps[i]].id);
	if (count > shown)
		wf_buf_printf(out, "… (%u more) -> ", count - shown);
	wf_buf_addstr(out, m->steps[steps[0]].id);
}

static struct wf_span id_span(const struct wf_model_step *s)
{
	return s->id_node ? s->id_node->span : s->node->span;
}

/* Calls fn once for each component that holds a cycle, with the cycle through its first node that
 * `wanted` takes. */
static void each_cycle(struct wf_checker *c, const struct wf_graph *g, const bool *cut,
	bool (*wanted)(const struct wf_model *m, uint32_t node),
	void (*fn)(struct wf_checker *c, const uint32_t *nodes, uint32_t count))
{
	uint32_t *component = wf_calloc((size_t)g->count + 1, sizeof *component);
	uint32_t *cycle = wf_calloc((size_t)g->count + 1, sizeof *cycle);
	uint32_t count = wf_graph_components(g, cut, component);
	uint32_t *size = wf_calloc((size_t)count + 1, sizeof *size);
	bool *told = wf_calloc((size_t)count + 1, sizeof *told);

	for (uint32_t n = 0; n < g->count; n++)
		if (component[n] != WF_NO_NODE)
			size[component[n]]++;
	for (uint32_t n = 0; n < g->count; n++) {
		uint32_t k = component[n];

		if (k == WF_NO_NODE || told[k] || !wanted(c->model, n))
			continue;
		bool self = false;
		for (uint32_t i = g->first[n]; i < g->first[n + 1]; i++)
			self = self || g->to[i] == n;
		if (size[k] < 2 && !self)
			continue;
		uint32_t length = wf_graph_cycle(g, component, n, cycle);
		if (length) {
			told[k] = true;
			fn(c, cycle, length);
		}
	}
	wf_free(component);
	wf_free(cycle);
	wf_free(size);
	wf_free(told);
}

static bool any_node(const struct wf_model *m, uint32_t node)
{
	return node < m->step_count;
}

static void tell_circle(struct wf_checker *c, const uint32_t *nodes, uint32_t count)
{
	const struct wf_model_step *s = &c->model->steps[nodes[0]];
	WF_AUTOBUF struct wf_buf text = {0};

	write_circle(c->model, nodes, count, &text);
	WF_FIND(c, DEPENDS_CIRCLE, id_span(s), "%s: %s",
		count == 1 ? "a step depends on itself" : "steps depend on each other", text.data);
}

static void depends_circles(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	struct wf_graph g;

	wf_graph_init(&g, m->step_count);
	for (uint32_t i = 0; i < m->step_count; i++)
		for (uint32_t k = 0; k < m->steps[i].depends_on_count; k++)
			if (m->steps[i].depends[k] != WF_NONE)
				wf_graph_add(&g, i, m->steps[i].depends[k]);
	if (g.edge_count) {
		wf_graph_freeze(&g);
		each_cycle(c, &g, NULL, any_node, tell_circle);
	}
	wf_graph_done(&g);
}

static void tell_loop(struct wf_checker *c, const uint32_t *nodes, uint32_t count)
{
	uint32_t *steps = wf_calloc((size_t)count + 1, sizeof *steps), n = 0;
	WF_AUTOBUF struct wf_buf text = {0};

	for (uint32_t i = 0; i < count; i++)
		if (wf_flow_is_enter(c->model, nodes[i]))
			steps[n++] = wf_flow_step(nodes[i]);
	write_circle(c->model, steps, n, &text);
	wf_diag_hint(WF_FIND(c, LOOP_UNBOUNDED, id_span(&c->model->steps[steps[0]]),
			     "the loop %s has no bound", text.data),
		"set `max_visits` on a step of it");
	wf_free(steps);
}

/* A loop is bounded by the steps with max_visits: without them nothing may lead back. In a list with
 * depends_on nothing may lead anywhere, and that has its finding. */
static void unbounded_loops(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	bool *cut = wf_calloc(c->lists.count, sizeof *cut);

	for (uint32_t i = 0; i < m->step_count; i++)
		cut[wf_flow_enter(i)] = m->steps[i].max_visits_node != NULL ||
					m->blocks[m->steps[i].block].depends;
	each_cycle(c, &c->lists, cut, wf_flow_is_enter, tell_loop);
	wf_free(cut);
}

static void visits(struct wf_checker *c)
{
	struct wf_model *m = c->model;
	uint32_t *component = wf_calloc((size_t)c->lists.count + 1, sizeof *component);
	uint32_t count = wf_graph_components(&c->lists, NULL, component);
	uint32_t *size = wf_calloc((size_t)count + 1, sizeof *size);

	for (uint32_t n = 0; n < c->lists.count; n++)
		size[component[n]]++;
	for (uint32_t i = 0; i < m->step_count; i++) {
		struct wf_model_step *s = &m->steps[i];
		bool loop = size[component[wf_flow_enter(i)]] > 1;

		if (!s->max_visits_node)
			s->max_visits = loop ? WF_MAX_VISITS : 1;
		else if (!loop)
			WF_FIND(c, MAX_VISITS_USELESS, s->max_visits_node->span,
				"no loop leads back to `%s`: it runs at most once", s->id);
	}
	wf_free(component);
	wf_free(size);
}

/* Only the first of a row: the others follow from it. */
static bool first_of_row(const struct wf_checker *c, uint32_t before)
{
	return before == WF_NONE || wf_graph_reached(&c->lists, wf_flow_enter(before)) ||
	       c->model->steps[before].next_node;
}

static void unreachable_steps(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	WF_AUTOFREE uint32_t *before = wf_calloc((size_t)m->step_count + 1, sizeof *before);

	for (uint32_t i = 0; i < m->step_count; i++)
		before[i] = WF_NONE;
	for (uint32_t i = 0; i < m->step_count; i++)
		if (m->steps[i].follow != WF_NONE)
			before[m->steps[i].follow] = i;
	for (uint32_t i = 0; i < m->step_count; i++) {
		const struct wf_model_step *s = &m->steps[i];

		if (!wf_graph_reached(&c->lists, wf_flow_enter(i)) &&
			first_of_row(c, before[i]))
			WF_FIND(c, STEP_UNREACHABLE, id_span(s), "nothing leads to the step `%s`",
				s->id);
	}
}

static bool always_true(const struct wf_transition_rule *rule)
{
	const struct wf_expr *e = rule->when.expr;

	return !rule->when.node || (e && e->kind == WF_EXPR_LITERAL && json_is_true(e->value));
}

static void transitions(struct wf_checker *c)
{
	for (uint32_t i = 0; i < c->model->step_count; i++) {
		const struct wf_model_step *s = &c->model->steps[i];
		bool always = false;

		for (uint32_t k = 0; k < s->next_count; k++) {
			if (always)
				WF_FIND(c, NEXT_DEAD, s->next[k].node->span,
					"never taken: a transition before this one always is");
			always = always || always_true(&s->next[k]);
		}
		if (s->next_count && !always)
			wf_diag_hint(WF_FIND(c, NEXT_NO_DEFAULT, s->next_node->span,
					     "`%s` fails when none of these holds", s->id),
				"add a last transition without `when`, such as `{ to: end }`");
	}
}

void wf_check_loops(struct wf_checker *c)
{
	depends_circles(c);
	unbounded_loops(c);
	visits(c);
	if (!c->unknown_steps)
		unreachable_steps(c);
	transitions(c);
}
