/* The canonical model: its life, and which reader a document gets. */
#include "model/model.h"

#include "model/dialect.h"
#include "model/read.h"

#include <string.h>
#include <strings.h>

void wf_model_free(struct wf_model *model)
{
	if (!model)
		return;
	json_decref(model->input_schema);
	json_decref(model->output_schema);
	json_decref(model->vars);
	json_decref(model->extra);
	json_decref(model->step_index);
	json_decref(model->kept);
	wf_free(model->notifies);
	wf_free(model->blocks);
	wf_expr_arena_free(model->exprs);
	wf_free(model);
}

uint32_t wf_model_find_step(const struct wf_model *model, const char *id)
{
	const json_t *index = json_object_get(model->step_index, id);

	return index ? (uint32_t)json_integer_value(index) : WF_NONE;
}

bool wf_model_ends_well(
	const struct wf_model *model, const struct wf_decision_rule *rule, bool approve)
{
	if (rule->result && strcmp(rule->result, model->success_result) == 0)
		return true;
	if (rule->result && strcmp(rule->result, model->failure_result) == 0)
		return false;
	return approve;
}

/* What a document that has no `workflow` at its root seems to be; a finding says it. */
static void not_a_workflow(struct wf_read *r, const struct wf_node *root)
{
	const struct wf_node *kind = wf_node_get(root, "kind");
	struct wf_diag *d;

	if (root->kind != WF_NODE_MAP) {
		WF_FIND(r, NOT_A_WORKFLOW, root->span,
			"a definition is a map with the key `workflow`, here is %s",
			wf_read_kind_phrase(root));
		return;
	}
	if (kind && kind->kind == WF_NODE_STRING && strcmp(kind->string.text, "action") == 0) {
		WF_FIND(r, NOT_A_WORKFLOW, kind->span, "this is an action definition");
		return;
	}
	if (kind && kind->kind == WF_NODE_STRING) {
		wf_diag_hint(WF_FIND(r, NOT_A_WORKFLOW, kind->span,
				     "there is no definition of kind `%s`", kind->string.text),
			"write kind: action, or a workflow without `kind`");
		return;
	}
	for (size_t i = 0; i < root->map.count; i++) {
		const struct wf_pair *pair = &root->map.pairs[i];

		if (strcasecmp(pair->key, "workflow_id") == 0 || strcasecmp(pair->key, "workflowId") == 0) {
			d = WF_FIND(r, NOT_A_WORKFLOW, pair->key_span,
				"`%s` begins no definition", pair->key);
			wf_diag_hint(d, "did you mean `workflowId`?");
			wf_diag_fix(d, "workflowId");
			return;
		}
		if (strcasecmp(pair->key, "workflow") && strcasecmp(pair->key, "workflows"))
			continue;
		d = WF_FIND(r, NOT_A_WORKFLOW, pair->key_span, "the key `workflow` is missing at the root, here is `%s`",
			pair->key);
		wf_diag_hint(d, "did you mean `workflow`?");
		wf_diag_fix(d, "workflow");
		return;
	}
	d = WF_FIND(r, NOT_A_WORKFLOW, root->span, "the key `workflow` is missing at the root");
	if (wf_node_get(root, "steps"))
		wf_diag_hint(d, "put `workflow:` above and indent the rest below it");
}

struct wf_model *wf_model_new(const struct wf_source *source, const struct wf_node *root)
{
	struct wf_model *model = wf_calloc(1, sizeof *model);

	model->exprs = wf_expr_arena_new();
	model->arena = wf_expr_arena_base(model->exprs);
	model->source = source;
	model->root = root;
	model->dialect = "orch";
	model->extra = json_object();
	model->step_index = json_object();
	model->kept = json_array();
	model->handler = WF_NONE;
	model->side_by_side = 1;
	model->compensates = true;
	return model;
}

struct wf_model *wf_model_read(
	const struct wf_source *source, const struct wf_document *document, struct wf_diags *diags)
{
	const struct wf_model_options none = {0};

	return wf_model_read_with(source, document, &none, diags);
}

/* Nothing stands beside `workflow`; what should stand below it was not indented. */
static void read_root(struct wf_read *r, const struct wf_node *root, const struct wf_node *workflow)
{
	static const char *const keys[] = {"workflow"};

	for (size_t i = 0; i < root->map.count; i++) {
		const struct wf_pair *pair = &root->map.pairs[i];
		enum wf_form form;
		bool below = wf_shape_below(WF_SHAPE_WORKFLOW, pair->key, &form) != WF_SHAPE_ANY;

		if (!below || wf_node_get(workflow, pair->key))
			continue;
		wf_diag_hint(WF_FIND(r, UNKNOWN_KEY, pair->key_span,
				     "`%s` stands beside `workflow`, and is a part of it", pair->key),
			"indent it below `workflow`");
		r->beside = r->beside ? r->beside : pair->key;
	}
	if (!r->beside)
		WF_READ_KEYS(r, root, "a definition", keys);
}

struct wf_model *wf_model_read_with(const struct wf_source *source,
	const struct wf_document *document, const struct wf_model_options *options,
	struct wf_diags *diags)
{
	struct wf_read r = {.source = source, .diags = diags, .actions = options->actions};
	const struct wf_dialect *dialect = wf_dialect_of(&r, document->root, options->dialect);
	bool canonical = dialect && strcmp(dialect->name, "orch") == 0;
	size_t from = diags->count;

	if (!dialect)
		return NULL;
	if (document->root->kind != WF_NODE_MAP ||
		(canonical && !wf_node_get(document->root, "workflow"))) {
		not_a_workflow(&r, document->root);
		return NULL;
	}
	struct wf_model *model = wf_model_new(source, document->root);
	r.model = model;
	r.arena = model->arena;
	model->dialect = dialect->name;
	if (!canonical)
		model->root = wf_dialect_translate(&r, dialect, document->root);
	const struct wf_node *workflow = wf_node_get(model->root, "workflow");
	if (workflow->kind != WF_NODE_MAP) {
		WF_FIND(&r, NOT_A_WORKFLOW, workflow->span, "`workflow` must be a map, here is %s",
			wf_read_kind_phrase(workflow));
		wf_model_free(model);
		return NULL;
	}
	if (canonical)
		read_root(&r, model->root, workflow);
	wf_read_orch(&r, workflow);
	wf_dialect_speak(model, diags, from);
	return model;
}
