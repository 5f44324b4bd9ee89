/*
 * Whether a step has run before a place. Ways through the flow tell it within a list and behind
 * branches; what runs beside the place, or for another item, they do not.
 */
#include "check/internal.h"

/* What looking for "may it have run" may cost in all; beyond, the answer is "it may". */
#define REACH_BUDGET 50000000

void wf_check_ran_done(struct wf_check_ran *r)
{
	wf_free(r->awaited);
}

/* The list in which the node is; of a step's nodes *ret_step is the step, else WF_NONE. */
static uint32_t block_of(const struct wf_model *m, uint32_t node, uint32_t *ret_step)
{
	*ret_step = WF_NONE;
	if (wf_flow_of_step(m, node)) {
		*ret_step = wf_flow_step(node);
		return m->steps[*ret_step].block;
	}
	return node > wf_flow_end(m) && node < wf_flow_failed(m) ? node - wf_flow_end(m) : 0;
}

/* Whether a list is in the block, or the block itself. */
static bool contains(const struct wf_model *m, uint32_t block, uint32_t list)
{
	while (m->blocks[list].depth > m->blocks[block].depth)
		list = m->steps[m->blocks[list].owner].block;
	return list == block;
}

/* Whether the step waits for the other, of the same list, or for what waits for it. When finding
 * that out has cost too much already, it does. */
static bool waits_for(struct wf_check_ran *r, uint32_t step, uint32_t other)
{
	const struct wf_model *m = r->c->model;

	for (uint32_t k = 0; k < m->steps[step].depends_on_count; k++)
		if (m->steps[step].depends[k] == other)
			return true;
	if (r->cost > REACH_BUDGET)
		return true;
	if (!r->awaited || r->awaited_by != step) {
		WF_AUTOFREE uint32_t *todo = wf_calloc((size_t)m->step_count + 1, sizeof *todo);
		uint32_t count = 0;

		wf_free(r->awaited);
		r->awaited = wf_calloc((size_t)m->step_count + 1, sizeof *r->awaited);
		r->awaited_by = step;
		todo[count++] = step;
		while (count) {
			const struct wf_model_step *s = &m->steps[todo[--count]];

			for (uint32_t k = 0; k < s->depends_on_count; k++) {
				uint32_t on = s->depends[k];
				if (on == WF_NONE || r->awaited[on])
					continue;
				r->awaited[on] = true;
				todo[count++] = on;
			}
			r->cost += 1 + s->depends_on_count;
		}
	}
	return r->awaited[other];
}

static enum wf_step_ran by_ways(struct wf_check_ran *r, uint32_t step, uint32_t node)
{
	const struct wf_graph *g = &r->c->flow;
	/* who failed has run too: it has a status and an error, if no output */
	uint32_t done = wf_flow_done(step), behind[] = {done, wf_flow_fail(step)};

	/* What stands where nothing leads has its finding already. */
	if (done == node || !wf_graph_reached(g, node))
		return WF_RAN_SURELY;
	if (!wf_graph_reached(g, done) && !wf_graph_reached(g, behind[1]))
		return WF_RAN_NEVER;
	if (wf_graph_reached(g, done) && wf_graph_dominates(g, done, node))
		return WF_RAN_SURELY;
	if (r->cost > REACH_BUDGET)
		return WF_RAN_MAYBE;
	bool *seen = wf_calloc(g->count, sizeof *seen);
	wf_graph_reach(g, behind, 2, NULL, seen, &r->cost);
	bool leads = seen[node];
	wf_free(seen);
	return leads ? WF_RAN_MAYBE : WF_RAN_NEVER;
}

enum wf_step_ran wf_check_ran(struct wf_check_ran *r, uint32_t step, uint32_t node)
{
	const struct wf_model *m = r->c->model;
	uint32_t block = m->steps[step].block, outer = step, place;
	uint32_t there = block_of(m, node, &place);

	while (!contains(m, block, there) && m->blocks[block].owner != WF_NONE) {
		if (m->blocks[block].kind == WF_BLOCK_ITEM)
			return WF_RAN_PER_ITEM;
		outer = m->blocks[block].owner;
		block = m->steps[outer].block;
	}
	if (place == WF_NONE && there != block)
		place = m->blocks[there].owner;
	uint32_t here = wf_check_step_in(m, place, block);
	if (here == outer && outer != step && there != block)
		return WF_RAN_BESIDE;
	enum wf_step_ran ran = by_ways(r, step, node);
	if (!m->blocks[block].depends || here == WF_NONE || here == outer ||
		waits_for(r, here, outer))
		return ran;
	if (waits_for(r, outer, here))
		return WF_RAN_NEVER;
	return ran == WF_RAN_SURELY ? WF_RAN_MAYBE : ran;
}

/* Told to be wrong when finding it out has cost too much already. */
bool wf_check_beside(struct wf_check_ran *r, uint32_t a, uint32_t b)
{
	const struct wf_model *m = r->c->model;
	uint32_t outer = b, block = m->steps[b].block;

	if (++r->cost > REACH_BUDGET)
		return false;
	while (!contains(m, block, m->steps[a].block) && m->blocks[block].owner != WF_NONE) {
		outer = m->blocks[block].owner;
		block = m->steps[outer].block;
	}
	uint32_t here = wf_check_step_in(m, a, block);
	if (here == WF_NONE || (here == outer && (here == a || here == b)))
		return false;
	if (here == outer)
		return m->steps[here].kind == WF_STEP_PARALLEL;
	return m->blocks[block].depends && m->side_by_side > 1 && !waits_for(r, here, outer) &&
	       !waits_for(r, outer, here);
}
