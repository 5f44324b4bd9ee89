/* Where a failure may have led: what there knows it as `error`. */
#include "check/internal.h"

static void surely_failed(struct wf_check_failures *f, uint32_t node)
{
	f->after[node] = true;
	f->unfailed[node] = false;
}

static void inherit_failure(struct wf_check_failures *f, uint32_t from, uint32_t node)
{
	if (!f->after[from])
		return;
	f->after[node] = true;
	f->unfailed[node] = f->unfailed[node] && f->unfailed[from];
}

/* Where a failure may have been handled on the way, and where there is a way without one. */
void wf_check_failures_begin(struct wf_checker *c, struct wf_check_failures *f)
{
	const struct wf_graph *g = &c->lists;
	const struct wf_model *m = c->model;
	uint64_t cost = 0;
	const uint32_t start = WF_FLOW_START;
	uint32_t *from = wf_calloc((size_t)m->step_count + 1, sizeof *from);
	bool *cut = wf_calloc(g->count, sizeof *cut);

	f->after = wf_calloc(g->count, sizeof(bool));
	f->unfailed = wf_calloc(g->count, sizeof(bool));
	for (uint32_t i = 0; i < m->step_count; i++) {
		from[i] = wf_flow_fail(i);
		cut[from[i]] = true;
	}
	wf_graph_reach(g, from, m->step_count, NULL, f->after, &cost);
	wf_graph_reach(g, &start, 1, cut, f->unfailed, &cost);
	wf_free(from);
	wf_free(cut);
	/* the workflow's own handler is where a failure has led to */
	surely_failed(f, wf_flow_failed(m));
	if (m->handler != WF_NONE)
		surely_failed(f, wf_flow_block_end(m, m->handler));
	for (uint32_t i = 0; i < m->step_count; i++)
		if (m->steps[i].block == m->handler)
			for (uint32_t k = 0; k < 3; k++)
				surely_failed(f, wf_flow_enter(i) + k);
	/* branches and bodies know the failure that was being handled where they begin */
	for (uint32_t i = 0; i < m->step_count; i++) {
		uint32_t owner = m->blocks[m->steps[i].block].owner;

		for (uint32_t k = 0; owner != WF_NONE && k < 3; k++)
			inherit_failure(f, wf_flow_enter(owner), wf_flow_enter(i) + k);
	}
}

void wf_check_failures_done(struct wf_check_failures *f)
{
	wf_free(f->after);
	wf_free(f->unfailed);
}
