/* Every step that is named, to the step. */
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

static uint32_t find(struct namer *n, const char *id, const struct wf_node *node)
{
	uint32_t step = wf_model_find_step(n->c->model, id);

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

static void resolve(struct namer *n, struct wf_target *to)
{
	if (to->kind == WF_TO_STEP && to->id)
		to->step = find(n, to->id, to->node);
}

void wf_check_targets(struct wf_checker *c)
{
	struct namer n = {.c = c};
	struct wf_model *m = c->model;

	for (uint32_t i = 0; i < m->step_count; i++) {
		struct wf_model_step *s = &m->steps[i];

		for (uint32_t k = 0; k < s->next_count; k++)
			resolve(&n, &s->next[k].to);
		for (uint32_t k = 0; k < s->handler_count; k++)
			resolve(&n, &s->handlers[k].to);
		resolve(&n, &s->failure_to);
		resolve(&n, &s->on_approve.to);
		resolve(&n, &s->on_reject.to);
		for (uint32_t k = 0; k < s->depends_on_count; k++)
			(void)find(&n, s->depends_on[k], s->depends_on_nodes[k]);
	}
}
