/* Workflows that start others, and what a workflow gives at its end. */
#include "check/internal.h"

#include <string.h>

/* -- the output -- */

void wf_check_output(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	const struct wf_model_tree *output = &m->success_output;

	if (!m->output_schema || m->is_action)
		return;
	if (!output->node) {
		WF_FIND(c, WORKFLOW_OUTPUT, m->id_node ? m->id_node->span : m->root->span,
			"`%s` has an `output` schema, and no completion.on_success.output", m->id);
		return;
	}
	if (output->tree)
		wf_check_fits(c, m->output_schema, WF_RULE_WORKFLOW_OUTPUT, m->id, "output", output->node,
			wf_expr_tree_root(output->tree));
}

/* -- who starts whom -- */

struct bundle {
	struct wf_model *const *models;
	size_t count;
	struct wf_diags *diags;
	uint8_t *state;          /* of each: not looked at, on the way, done */
	size_t *way;
	size_t length;
};
enum { UNSEEN, ON_THE_WAY, DONE };

/* The child's id where it is written out; *ret_version too (NULL: the newest). */
static const char *child_of(const struct wf_model_step *s, const char **ret_version)
{
	const struct wf_node *id = wf_node_get(s->with_node, "workflow");
	const struct wf_node *version = wf_node_get(s->with_node, "version");

	if (s->action != WF_ACT_WORKFLOW_RUN && s->action != WF_ACT_WORKFLOW_START)
		return NULL;
	if (!s->with_node || s->with_node->kind != WF_NODE_MAP || !id || id->kind != WF_NODE_STRING)
		return NULL;
	*ret_version = version && version->kind == WF_NODE_STRING ? version->string.text : NULL;
	return id->string.text;
}

static size_t find(const struct bundle *b, const char *id, const char *version)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct wf_model *m = b->models[i];
		bool same_version = !version || !m || (m->version && strcmp(m->version, version) == 0);

		if (m && strcmp(m->id, id) == 0 && same_version)
			return i;
	}
	return SIZE_MAX;
}

static void say_circle(struct bundle *b, size_t from, const struct wf_model *m,
	const struct wf_model_step *s)
{
	WF_AUTOBUF struct wf_buf way = {0};
	size_t first = b->length;

	while (first > 0 && b->way[first - 1] != from)
		first--;
	for (size_t i = first ? first - 1 : 0; i < b->length; i++)
		wf_buf_printf(&way, "%s -> ", b->models[b->way[i]]->id);
	wf_buf_addstr(&way, b->models[from]->id);
	(void)wf_diag_add(b->diags, WF_RULE_CHILD_CIRCLE, m->source,
		wf_node_get(s->with_node, "workflow")->span, "`%s` starts itself: %s",
		b->models[from]->id, way.data);
}

static void follow(struct bundle *b, size_t at)
{
	const struct wf_model *m = b->models[at];

	b->state[at] = ON_THE_WAY;
	b->way[b->length++] = at;
	for (uint32_t i = 0; i < m->step_count; i++) {
		const char *version = NULL, *id = child_of(&m->steps[i], &version);
		size_t to = id ? find(b, id, version) : SIZE_MAX;

		if (to == SIZE_MAX)
			continue;
		if (b->state[to] == ON_THE_WAY)
			say_circle(b, to, m, &m->steps[i]);
		else if (b->state[to] == UNSEEN)
			follow(b, to);
	}
	b->length--;
	b->state[at] = DONE;
}

/* What the step gives, against the schema of a child that stands beside it. */
static void check_given(struct bundle *b, struct wf_check_schemas *schemas, struct wf_model *m,
	const struct wf_model_step *s)
{
	const char *version = NULL, *id = child_of(s, &version);
	size_t to = id ? find(b, id, version) : SIZE_MAX;
	struct wf_checker c = {.model = m, .diags = b->diags, .arena = m->arena, .schemas = schemas};
	const struct wf_node *node = s->with_node;

	if (to == SIZE_MAX || !b->models[to]->input_schema || !s->with.tree || node != s->with.node)
		return;
	json_t *schema = json_deep_copy(b->models[to]->input_schema);
	const struct wf_node *input = wf_node_get(node, "input");
	const struct wf_expr *root = wf_expr_tree_root(s->with.tree);
	const struct wf_expr *given = wf_check_member(root, "input");
	struct wf_expr literal = {.kind = WF_EXPR_LITERAL};

	wf_check_spare_defaults(schema);
	json_array_append_new(m->kept, schema); /* types point into it */
	if (!given && root->kind == WF_EXPR_LITERAL && input) {
		literal.value = json_object_get(root->value, "input");
		given = &literal;
	}
	if (input && given) {
		wf_check_fits(&c, schema, WF_RULE_CHILD_INPUT, id, "input", input, given);
	} else if (!input) {
		literal.value = json_object();
		const struct wf_node nothing = {.kind = WF_NODE_MAP, .span = node->span};
		wf_check_fits(&c, schema, WF_RULE_CHILD_INPUT, id, "input", &nothing, &literal);
		json_decref(literal.value);
	}
}

void wf_check_bundle(struct wf_model *const *models, size_t count, struct wf_diags *diags)
{
	struct bundle b = {.models = models, .count = count, .diags = diags};

	b.state = wf_calloc(count + 1, 1);
	b.way = wf_calloc(count + 1, sizeof(*b.way));
	for (size_t i = 0; i < count; i++)
		if (models[i] && b.state[i] == UNSEEN)
			follow(&b, i);
	for (size_t i = 0; i < count; i++) {
		struct wf_check_schemas *schemas = models[i] ? wf_check_schemas_of(models[i]) : NULL;

		for (uint32_t k = 0; models[i] && k < models[i]->step_count; k++)
			check_given(&b, schemas, models[i], &models[i]->steps[k]);
		wf_check_schemas_free(schemas);
	}
	wf_free(b.state);
	wf_free(b.way);
}
