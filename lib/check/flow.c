/* The control flow of a model as a graph. */
#include "check/flow.h"

#include "base/mem.h"

static uint32_t following(const struct wf_model *m, uint32_t step)
{
	return step + 1 < m->step_count ? wf_flow_enter(step + 1) : wf_flow_end(m);
}

static void lead(const struct wf_model *m, struct wf_graph *g, uint32_t from, uint32_t step,
	const struct wf_target *to)
{
	if (to->kind == WF_TO_NEXT)
		wf_graph_add(g, from, following(m, step));
	else if (to->kind == WF_TO_END)
		wf_graph_add(g, from, wf_flow_end(m));
	else if (to->step != WF_NONE)
		wf_graph_add(g, from, wf_flow_enter(to->step));
}

static void lead_decision(const struct wf_model *m, struct wf_graph *g, uint32_t step,
	const struct wf_decision_rule *rule, bool approve)
{
	if (rule->to.kind != WF_TO_END || wf_model_ends_well(m, rule, approve))
		lead(m, g, wf_flow_done(step), step, &rule->to);
}

static void lead_on(const struct wf_model *m, struct wf_graph *g, uint32_t step)
{
	const struct wf_model_step *s = &m->steps[step];
	bool always = false;

	if (s->on_reject.node)
		lead_decision(m, g, step, &s->on_reject, false);
	if (s->on_approve.node) {
		lead_decision(m, g, step, &s->on_approve, true);
		return;
	}
	for (uint32_t i = 0; i < s->next_count && !always; i++) {
		lead(m, g, wf_flow_done(step), step, &s->next[i].to);
		always = !s->next[i].when.node;
	}
	if (!s->next_node)
		wf_graph_add(g, wf_flow_done(step), following(m, step));
}

static void lead_failed(const struct wf_model *m, struct wf_graph *g, uint32_t step)
{
	const struct wf_model_step *s = &m->steps[step];

	wf_graph_add(g, wf_flow_enter(step), wf_flow_fail(step));
	for (uint32_t i = 0; i < s->handler_count; i++)
		lead(m, g, wf_flow_fail(step), step, &s->handlers[i].to);
	if (s->on_failure_node && s->failure_action == WF_FAIL_CONTINUE)
		lead(m, g, wf_flow_fail(step), step, &s->failure_to);
}

void wf_flow_build(const struct wf_model *m, struct wf_graph *g)
{
	wf_graph_init(g, 2 + 3 * m->step_count);
	wf_graph_add(g, WF_FLOW_START, m->step_count ? wf_flow_enter(0) : wf_flow_end(m));
	for (uint32_t i = 0; i < m->step_count; i++) {
		const struct wf_model_step *s = &m->steps[i];

		if (s->action != WF_ACT_FAIL)
			wf_graph_add(g, wf_flow_enter(i), wf_flow_done(i));
		if (s->condition.node)
			wf_graph_add(g, wf_flow_enter(i), following(m, i));
		lead_on(m, g, i);
		lead_failed(m, g, i);
	}
	wf_graph_freeze(g);
	wf_graph_walk(g, WF_FLOW_START);
	wf_graph_dominators(g);
}
