/* Every step that is named, to the step; the order of lists whose steps wait for each other. */
#include "check/internal.h"

#include "base/text.h"

/* Names of all steps, for "did you mean"; made once, when the first is wanted. */
struct namer {
	struct wf_checker *c;
	const char **ids;
	uint32_t asked;
};

/* Beyond so many unknown steps nobody reads suggestions, and each costs a look at all steps. */
#define MAX_SUGGESTIONS 100

static const char *nearest_step(struct namer *n, const char *word)
{
	const struct wf_model *m = n->c->model;

	if (n->asked++ >= MAX_SUGGESTIONS)
		return NULL;
	if (!n->ids) {
		n->ids = WF_ARENA_ARRAY(n->c->arena, const char *, m->step_count + 1);
		for (uint32_t i = 0; i < m->step_count; i++)
			n->ids[i] = m->steps[i].id;
	}
	return wf_nearest(word, n->ids, m->step_count);
}

/* A step of another list: nothing leads there. */
static uint32_t elsewhere(struct namer *n, uint32_t step, uint32_t from, const struct wf_node *node)
{
	const struct wf_model *m = n->c->model;
	const struct wf_model_block *there = &m->blocks[m->steps[step].block];
	WF_AUTOBUF struct wf_buf where = {0};

	if (there->owner == WF_NONE)
		wf_buf_addstr(&where, there->kind == WF_BLOCK_MAIN
			? "is a step of the workflow's own list"
			: "is a step of the workflow's `on_failure`");
	else
		wf_buf_printf(&where, there->kind == WF_BLOCK_BRANCH
			? "is a step of a branch of `%s`"
			: "is a step of what `%s` does for each item",
			m->steps[there->owner].id);
	n->c->unknown_steps = true;
	wf_diag_hint(WF_FIND(n->c, STEP_ELSEWHERE, node->span,
			     "`%s` %s, and nothing leads there from `%s`", m->steps[step].id,
			     where.data, m->steps[from].id),
		"transitions and dependencies stay in one list of steps; `end` ends it");
	return WF_NONE;
}

static uint32_t find(struct namer *n, uint32_t from, const char *id, const struct wf_node *node)
{
	const struct wf_model *m = n->c->model;
	uint32_t step = wf_model_find_step(m, id);

	if (step != WF_NONE && m->steps[step].block != m->steps[from].block)
		return elsewhere(n, step, from, node);
	if (step != WF_NONE)
		return step;
	n->c->unknown_steps = true;
	struct wf_diag *d = WF_FIND(n->c, STEP_UNKNOWN, node->span, "there is no step `%s`", id);
	const char *nearest = nearest_step(n, id);
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
	}
	return WF_NONE;
}

static void resolve(struct namer *n, uint32_t from, struct wf_target *to)
{
	if (to->kind == WF_TO_STEP && to->id)
		to->step = find(n, from, to->id, to->node);
}

void wf_check_targets(struct wf_checker *c)
{
	struct namer n = {.c = c};
	struct wf_model *m = c->model;

	for (uint32_t i = 0; i < m->step_count; i++) {
		struct wf_model_step *s = &m->steps[i];

		for (uint32_t k = 0; k < s->next_count; k++)
			resolve(&n, i, &s->next[k].to);
		for (uint32_t k = 0; k < s->next_count; k++)
			c->unknown_steps = c->unknown_steps || !s->next[k].to.node;
		for (uint32_t k = 0; k < s->handler_count; k++)
			resolve(&n, i, &s->handlers[k].to);
		resolve(&n, i, &s->failure_to);
		resolve(&n, i, &s->on_approve.to);
		resolve(&n, i, &s->on_reject.to);
		for (uint32_t k = 0; k < s->depends_on_count; k++)
			s->depends[k] = find(&n, i, s->depends_on[k], s->depends_on_nodes[k]);
	}
}
