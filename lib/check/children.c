/* Workflows that start others, and what a workflow gives at its end. */
#include "check/internal.h"

#include <string.h>

/* -- the output -- */

/* Whether `completion` has keys that are none, of which there are findings. */
static bool ending_misspelt(const struct wf_model *m)
{
	const struct wf_node *ending = wf_node_get(wf_node_get(m->root, "workflow"), "completion");

	for (size_t i = 0; ending && ending->kind == WF_NODE_MAP && i < ending->map.count; i++)
		if (strcmp(ending->map.pairs[i].key, "on_success") != 0 &&
			strcmp(ending->map.pairs[i].key, "on_failure") != 0)
			return true;
	return false;
}

void wf_check_output(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	const struct wf_model_tree *output = &m->success_output;

	if (!m->output_schema || m->is_action)
		return;
	if (!output->node && ending_misspelt(m))
		return;
	if (!output->node) {
		WF_FIND(c, WORKFLOW_OUTPUT, m->id_node ? m->id_node->span : m->root->span,
			"`%s` has an `output` schema, and no `completion.on_success.output`", m->id);
		return;
	}
	if (output->tree)
		wf_check_fits(c, m->output_schema, WF_RULE_WORKFLOW_OUTPUT, m->id, "output", output->node,
			wf_expr_tree_root(output->tree));
}

/* -- who starts whom -- */

/* A workflow on the way, and how it was left. */
struct leg {
	struct wf_known_workflow *at;
	const struct wf_known_start *by;
};

struct walk {
	struct wf_known *known;
	struct wf_diags *diags;
	struct leg *way;
	size_t length, room;
};
enum { UNSEEN, ON_THE_WAY, DONE };

/* At the last step of the text at hand on it; a circle of others alone is nothing to say here. */
static void say_circle(struct walk *w, size_t first)
{
	WF_AUTOBUF struct wf_buf way = {0};
	const struct leg *last = NULL;

	for (size_t i = first; i < w->length; i++)
		if (w->way[i].at->model)
			last = &w->way[i];
	if (!last)
		return;
	for (size_t i = first; i < w->length; i++)
		wf_buf_printf(&way, "%s -> ", w->way[i].at->id);
	wf_buf_addstr(&way, w->way[first].at->id);
	struct wf_diag *d = wf_diag_add(w->diags, WF_RULE_CHILD_CIRCLE, last->at->model->source,
		last->by->node->span, "`%s` starts itself: %s", w->way[first].at->id, way.data);
	wf_buf_reset(&way);
	for (size_t i = first; i < w->length; i++) {
		const struct wf_known_workflow *at = w->way[i].at;

		if (at->place)
			wf_buf_printf(&way, "%s`%s` is %s", way.len ? ", " : "", at->id, at->place);
	}
	if (way.len)
		wf_diag_hint(d, "%s", way.data);
}

static void follow(struct walk *w, struct wf_known_workflow *at)
{
	at->seen = ON_THE_WAY;
	for (size_t i = 0; i < at->start_count; i++) {
		const struct wf_known_start *by = &at->starts[i];
		struct wf_known_workflow *to = wf_known_find(w->known, by->workflow, by->version);

		if (!to || to->seen == DONE)
			continue;
		WF_GROW(w->way, w->length, w->room);
		w->way[w->length++] = (struct leg){at, by};
		if (to->seen == UNSEEN) {
			follow(w, to);
		} else {
			size_t first = w->length;

			while (w->way[--first].at != to)
				;
			say_circle(w, first);
		}
		w->length--;
	}
	at->seen = DONE;
}

static void follow_all(struct wf_known *known, struct wf_diags *diags)
{
	struct walk w = {.known = known, .diags = diags};
	struct wf_known_workflow *at;

	for (size_t i = 0; (at = wf_known_at(known, i)); i++)
		at->seen = UNSEEN;
	for (size_t i = 0; (at = wf_known_at(known, i)); i++)
		if (at->model && at->seen == UNSEEN)
			follow(&w, at);
	wf_free(w.way);
}

/* -- who is started -- */

static void say_unknown(struct wf_known *known, struct wf_diags *diags, const struct wf_model *m,
	const struct wf_known_start *by)
{
	const char *nearest = wf_known_nearest(known, by->workflow);
	bool version = by->version && wf_known_find(known, by->workflow, NULL);
	struct wf_diag *d = wf_diag_add(diags, WF_RULE_CHILD_UNKNOWN, m->source, by->node->span,
		"there is no workflow `%s`%s%s yet", by->workflow, by->version ? " of version " : "",
		by->version ? by->version : "");

	if (!version && nearest && strcmp(nearest, by->workflow) != 0)
		wf_diag_hint(d, "did you mean `%s`?", nearest);
	else
		wf_diag_hint(d, "the step fails until it is registered, or its file is given with --with");
}

static void check_known(struct wf_known *known, struct wf_diags *diags,
	const struct wf_known_workflow *at)
{
	for (size_t i = 0; i < at->start_count; i++) {
		const struct wf_known_start *by = &at->starts[i];
		const struct wf_known_workflow *to =
			wf_known_find(known, by->workflow, by->version);

		if (!to)
			say_unknown(known, diags, at->model, by);
		else if (to->disabled)
			wf_diag_hint(wf_diag_add(diags, WF_RULE_CHILD_UNKNOWN, at->model->source,
					     by->node->span, "workflow `%s`%s%s is disabled",
					     by->workflow, by->version ? " of version " : "",
					     by->version ? by->version : ""),
				"the step fails until it is enabled: wfctl workflow enable %s", to->id);
	}
}

/* -- what it is given -- */

static const struct wf_known_workflow *child_of(struct wf_known *known,
	const struct wf_model_step *s)
{
	const struct wf_node *id = wf_node_get(s->with_node, "workflow");
	const struct wf_node *version = wf_node_get(s->with_node, "version");

	if (!known || s->defined ||
		(s->action != WF_ACT_WORKFLOW_RUN && s->action != WF_ACT_WORKFLOW_START))
		return NULL;
	if (!id || id->kind != WF_NODE_STRING || (version && version->kind != WF_NODE_STRING))
		return NULL;
	const struct wf_known_workflow *to = wf_known_find(
		known, id->string.text, version ? version->string.text : NULL);
	return to && !to->disabled ? to : NULL;
}

static void check_fit(struct wf_checker *c, const struct wf_known_workflow *child,
	const struct wf_model_step *s)
{
	const struct wf_node *node = s->with_node, *input = wf_node_get(node, "input");
	const struct wf_expr *root = wf_expr_tree_root(s->with.tree);
	const struct wf_expr *given = wf_check_member(root, "input");
	struct wf_expr literal = {.kind = WF_EXPR_LITERAL};
	json_t *schema = json_deep_copy(child->input);

	wf_check_spare_defaults(schema);
	json_array_append_new(c->model->kept, schema); /* types point into it */
	if (!given && root->kind == WF_EXPR_LITERAL && input) {
		literal.value = json_object_get(root->value, "input");
		given = &literal;
	}
	if (input && given) {
		wf_check_fits(c, schema, WF_RULE_CHILD_INPUT, child->id, "input", input, given);
	} else if (!input) {
		literal.value = json_object();
		const struct wf_node nothing = {.kind = WF_NODE_MAP, .span = node->span};
		wf_check_fits(c, schema, WF_RULE_CHILD_INPUT, child->id, "input", &nothing, &literal);
		json_decref(literal.value);
	}
}

/* What the step gives, against the schema of a child that is known. */
static void check_given(struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_known_workflow *child = child_of(c->known, s);
	size_t from = c->diags->count;

	if (!child || !child->input || !s->with.tree || s->with_node != s->with.node)
		return;
	check_fit(c, child, s);
	for (size_t i = from; child->place && i < c->diags->count; i++)
		if (!c->diags->items[i].hint)
			wf_diag_hint(&c->diags->items[i], "`%s` is %s", child->id, child->place);
}

const struct wf_type *wf_check_child_type(struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_known_workflow *child =
		s->action == WF_ACT_WORKFLOW_RUN ? child_of(c->known, s) : NULL;

	if (!child || !child->output)
		return NULL;
	json_array_append(c->model->kept, child->output); /* types point into it */
	return wf_type_of_schema(c->arena, child->output, true);
}

/* -- all of it -- */

/* Which of several is meant cannot be told by the name alone. */
static bool are_same(const struct wf_known_workflow *a, const struct wf_known_workflow *b)
{
	return strcmp(a->id, b->id) == 0 &&
		(a->with || b->with || !a->version || !b->version || strcmp(a->version, b->version) == 0);
}

static void check_twice(struct wf_known *known, struct wf_diags *diags, size_t at)
{
	const struct wf_known_workflow *w = wf_known_at(known, at), *other;
	const struct wf_node *id = w->model->id_node;

	if (!id) /* which is said already */
		return;
	for (size_t i = 0; (other = wf_known_at(known, i)); i++) {
		bool itself = other->file && strcmp(other->file, w->model->source->name) == 0;

		if ((other->model ? i >= at : !other->with) || itself || !are_same(w, other))
			continue;
		if (other->place)
			(void)wf_diag_add(diags, WF_RULE_ID_DUPLICATE, w->model->source, id->span,
				"the workflow `%s` is %s as well", w->id, other->place);
		else
			(void)wf_diag_add(diags, WF_RULE_ID_DUPLICATE, w->model->source, id->span,
				"the id `%s` is taken by the workflow in line %u", w->id,
				(other->model->id_node ? other->model->id_node
						       : other->model->root)->span.line);
		return;
	}
}

void wf_check_bundle(struct wf_known *known, struct wf_model *const *models, size_t count,
	struct wf_diags *diags)
{
	const struct wf_known_workflow *at;

	follow_all(known, diags);
	for (size_t i = 0; (at = wf_known_at(known, i)); i++) {
		if (!at->model)
			continue;
		check_twice(known, diags, i);
		if (wf_known_is_all(known))
			check_known(known, diags, at);
	}
	for (size_t i = 0; i < count; i++) {
		struct wf_model *m = models[i];
		struct wf_checker c = {.model = m, .diags = diags, .known = known};

		if (!m)
			continue;
		c.arena = m->arena;
		c.schemas = wf_check_schemas_of(m);
		for (uint32_t k = 0; k < m->step_count; k++) {
			check_given(&c, &m->steps[k]);
			if (m->steps[k].compensate)
				check_given(&c, m->steps[k].compensate);
		}
		wf_check_schemas_free(c.schemas);
	}
}
