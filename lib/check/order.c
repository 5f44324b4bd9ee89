/*
 * The order of lists whose steps say what they wait for: every step behind its dependencies, of
 * those that could be next the one with the lowest `order`, then the one that is written first.
 */
#include "check/internal.h"

struct sorter {
	struct wf_model *m;
	uint32_t *waits;    /* by step: dependencies that do not stand before it yet */
	uint32_t *first, *to; /* by step: those that wait for it */
	uint32_t *heap;     /* those that could be next */
	uint32_t heap_count;
};

uint32_t wf_check_step_in(const struct wf_model *m, uint32_t step, uint32_t block)
{
	while (step != WF_NONE && m->steps[step].block != block)
		step = m->blocks[m->steps[step].block].owner;
	return step;
}

/* -- what could be next -- */

static bool before(const struct wf_model *m, uint32_t a, uint32_t b)
{
	int64_t x = m->steps[a].order, y = m->steps[b].order;

	return x < y || (x == y && a < b);
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t kept = *a;

	*a = *b;
	*b = kept;
}

static void push(struct sorter *s, uint32_t step)
{
	uint32_t i = s->heap_count++;

	s->heap[i] = step;
	for (; i && before(s->m, s->heap[i], s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&s->heap[i], &s->heap[(i - 1) / 2]);
}

static uint32_t pop(struct sorter *s)
{
	uint32_t top = s->heap[0], i = 0;

	s->heap[0] = s->heap[--s->heap_count];
	for (;;) {
		uint32_t least = i;

		for (uint32_t k = 2 * i + 1; k <= 2 * i + 2 && k < s->heap_count; k++)
			if (before(s->m, s->heap[k], s->heap[least]))
				least = k;
		if (least == i)
			return top;
		swap(&s->heap[i], &s->heap[least]);
		i = least;
	}
}

/* -- lists -- */

static void count_waits(struct sorter *s)
{
	struct wf_model *m = s->m;

	for (uint32_t i = 0; i < m->step_count; i++)
		for (uint32_t k = 0; k < m->steps[i].depends_on_count; k++)
			if (m->steps[i].depends[k] != WF_NONE) {
				s->waits[i]++;
				s->first[m->steps[i].depends[k] + 1]++;
			}
	for (uint32_t i = 0; i < m->step_count; i++)
		s->first[i + 1] += s->first[i];
	WF_AUTOFREE uint32_t *at = wf_calloc((size_t)m->step_count + 1, sizeof *at);
	s->to = wf_calloc((size_t)s->first[m->step_count] + 1, sizeof *s->to);
	for (uint32_t i = 0; i < m->step_count; i++)
		for (uint32_t k = 0; k < m->steps[i].depends_on_count; k++) {
			uint32_t on = m->steps[i].depends[k];
			if (on != WF_NONE)
				s->to[s->first[on] + at[on]++] = i;
		}
}

static void sort_block(struct sorter *s, struct wf_model_block *block)
{
	struct wf_model *m = s->m;
	uint32_t last = WF_NONE, sorted = 0;
	WF_AUTOFREE uint32_t *list = wf_calloc((size_t)block->count + 1, sizeof *list);

	for (uint32_t i = block->first; i != WF_NONE; i = m->steps[i].follow)
		if (s->waits[i] == 0)
			push(s, i);
	while (s->heap_count) {
		uint32_t step = list[sorted++] = pop(s);

		for (uint32_t k = s->first[step]; k < s->first[step + 1]; k++)
			if (--s->waits[s->to[k]] == 0)
				push(s, s->to[k]);
	}
	/* what waits in a circle has its finding; the list keeps its order */
	if (sorted < block->count)
		return;
	block->first = list[0];
	for (uint32_t i = 0; i < sorted; i++) {
		if (last != WF_NONE)
			m->steps[last].follow = list[i];
		last = list[i];
	}
	m->steps[last].follow = WF_NONE;
}

/* Dependencies and transitions are two ways to say what comes next. */
static void refuse_transitions(struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_node *at = s->next_node;

	if (!at && s->on_approve.node && s->on_approve.to.kind != WF_TO_NEXT)
		at = s->on_approve.node;
	if (!at && s->on_reject.node && s->on_reject.to.kind != WF_TO_NEXT)
		at = s->on_reject.node;
	if (!at && s->handler_count)
		at = s->handlers[0].node;
	if (!at)
		at = s->failure_to.node;
	if (at)
		wf_diag_hint(WF_FIND(c, DEPENDS_MIXED, at->span,
				     "`%s` is in a list with `depends_on`, where nothing leads "
				     "anywhere else",
				     s->id),
			"say with `condition` whether a step runs, and with the action `continue` of "
			"its `on_failure` that its failure is no obstacle");
}

void wf_check_order(struct wf_checker *c)
{
	struct wf_model *m = c->model;
	size_t room = (size_t)m->step_count + 2;
	WF_AUTOFREE bool *sorted = wf_calloc((size_t)m->block_count + 1, sizeof *sorted);
	struct sorter s = {.m = m};
	bool any = false;

	for (uint32_t i = 0; i < m->step_count; i++) {
		const struct wf_model_step *step = &m->steps[i];
		bool depends = m->blocks[step->block].depends;

		if (depends)
			refuse_transitions(c, step);
		if (depends || step->order_node)
			any = sorted[step->block] = true;
	}
	if (!any)
		return;
	s.waits = wf_calloc(room, sizeof *s.waits);
	s.first = wf_calloc(room, sizeof *s.first);
	s.heap = wf_calloc(room, sizeof *s.heap);
	count_waits(&s);
	for (uint32_t b = 0; b < m->block_count; b++)
		if (sorted[b] && m->blocks[b].count)
			sort_block(&s, &m->blocks[b]);
	wf_free(s.waits);
	wf_free(s.first);
	wf_free(s.to);
	wf_free(s.heap);
}
