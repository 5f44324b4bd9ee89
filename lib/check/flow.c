/* The control flow of a model as a graph. */
#include "check/flow.h"

#include "base/mem.h"

struct builder {
	const struct wf_model *m;
	struct wf_graph *g;
	bool lists; /* each for itself */
};

static uint32_t begin_of(const struct wf_model *m, uint32_t block)
{
	uint32_t first = m->blocks[block].first;

	return first == WF_NONE ? wf_flow_block_end(m, block) : wf_flow_enter(first);
}

static uint32_t following(const struct wf_model *m, uint32_t step)
{
	const struct wf_model_step *s = &m->steps[step];

	return s->follow == WF_NONE ? wf_flow_block_end(m, s->block) : wf_flow_enter(s->follow);
}

static void lead(const struct builder *b, uint32_t from, uint32_t step, const struct wf_target *to)
{
	const struct wf_model *m = b->m;

	if (to->kind == WF_TO_NEXT)
		wf_graph_add(b->g, from, following(m, step));
	else if (to->kind == WF_TO_END)
		wf_graph_add(b->g, from, wf_flow_block_end(m, m->steps[step].block));
	else if (to->step != WF_NONE)
		wf_graph_add(b->g, from, wf_flow_enter(to->step));
}

static void lead_decision(const struct builder *b, uint32_t step,
	const struct wf_decision_rule *rule, bool approve)
{
	if (rule->to.kind != WF_TO_END || wf_model_ends_well(b->m, rule, approve))
		lead(b, wf_flow_done(step), step, &rule->to);
}

static void lead_on(const struct builder *b, uint32_t step)
{
	const struct wf_model_step *s = &b->m->steps[step];
	bool always = false;

	if (s->on_reject.node)
		lead_decision(b, step, &s->on_reject, false);
	if (s->on_approve.node) {
		lead_decision(b, step, &s->on_approve, true);
		return;
	}
	for (uint32_t i = 0; i < s->next_count && !always; i++) {
		lead(b, wf_flow_done(step), step, &s->next[i].to);
		always = !s->next[i].when.node;
	}
	if (!s->next_node)
		wf_graph_add(b->g, wf_flow_done(step), following(b->m, step));
}

/* What its own handlers do not take is the failure of what the step lies in. */
static void lead_failed(const struct builder *b, uint32_t step)
{
	const struct wf_model_step *s = &b->m->steps[step];
	const struct wf_model_block *block = &b->m->blocks[s->block];

	wf_graph_add(b->g, wf_flow_enter(step), wf_flow_fail(step));
	for (uint32_t i = 0; i < s->handler_count; i++)
		lead(b, wf_flow_fail(step), step, &s->handlers[i].to);
	if (wf_model_goes_on(s))
		lead(b, wf_flow_fail(step), step, &s->failure_to);
	if (b->lists)
		return;
	if (block->owner != WF_NONE)
		wf_graph_add(b->g, wf_flow_fail(step), wf_flow_fail(block->owner));
	else if (block->kind == WF_BLOCK_MAIN)
		wf_graph_add(b->g, wf_flow_fail(step), wf_flow_failed(b->m));
}

/* Through the step's branches or body. A branch that has succeeded may be of a step that fails. */
static void lead_through(const struct builder *b, uint32_t step)
{
	const struct wf_model_fork *f = b->m->steps[step].fork;
	uint32_t from = wf_flow_enter(step), done = wf_flow_done(step);
	bool all = f->needed >= f->block_count;

	for (uint32_t i = 0; i < f->block_count; i++) {
		uint32_t end = wf_flow_block_end(b->m, f->first_block + i);

		wf_graph_add(b->g, from, begin_of(b->m, f->first_block + i));
		wf_graph_add(b->g, end, wf_flow_fail(step));
		if (!all)
			wf_graph_add(b->g, end, done);
		else
			from = end;
	}
	if (all || b->m->steps[step].kind == WF_STEP_FOREACH)
		wf_graph_add(b->g, from, done);
}

static void add_step(const struct builder *b, uint32_t step)
{
	const struct wf_model_step *s = &b->m->steps[step];

	if (s->fork && !b->lists)
		lead_through(b, step);
	else if (s->action != WF_ACT_FAIL)
		wf_graph_add(b->g, wf_flow_enter(step), wf_flow_done(step));
	if (s->condition.node)
		wf_graph_add(b->g, wf_flow_enter(step), following(b->m, step));
	lead_on(b, step);
	lead_failed(b, step);
}

static void build(const struct builder *b)
{
	const struct wf_model *m = b->m;

	wf_graph_init(b->g, wf_flow_failed(m) + 1);
	wf_graph_add(b->g, WF_FLOW_START, begin_of(m, 0));
	for (uint32_t i = 1; b->lists && i < m->block_count; i++)
		wf_graph_add(b->g, WF_FLOW_START, begin_of(m, i));
	for (uint32_t i = 0; i < m->step_count; i++)
		add_step(b, i);
	if (!b->lists) {
		/* it can fail before its first step, and behind its last */
		wf_graph_add(b->g, WF_FLOW_START, wf_flow_failed(m));
		wf_graph_add(b->g, wf_flow_end(m), wf_flow_failed(m));
		if (m->handler != WF_NONE)
			wf_graph_add(b->g, wf_flow_failed(m), begin_of(m, m->handler));
	}
	wf_graph_freeze(b->g);
	wf_graph_walk(b->g, WF_FLOW_START);
}

void wf_flow_build(const struct wf_model *m, struct wf_graph *g)
{
	build(&(struct builder){m, g, false});
	wf_graph_dominators(g);
}

void wf_flow_build_lists(const struct wf_model *m, struct wf_graph *g)
{
	build(&(struct builder){m, g, true});
}
