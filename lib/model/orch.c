/* The orch dialect: what stands in `workflow`, but for its steps. */
#include "model/read.h"

#include "base/limits.h"
#include "schema/schema.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* `version: 1.2` is a number to YAML. */
static const char *read_version(struct wf_read *r, const struct wf_node *w)
{
	const struct wf_node *node = wf_node_get(w, "version");

	if (!node || (node->kind != WF_NODE_REAL && node->kind != WF_NODE_INT))
		return wf_read_string(r, w, "version");
	wf_diag_hint(WF_FIND(r, WRONG_TYPE, node->span, "`version` must be a string, here is %s",
			     wf_read_kind_phrase(node)),
		"three numbers with dots: 1.4.0");
	return NULL;
}

static void read_identity(struct wf_read *r, const struct wf_node *w)
{
	struct wf_model *m = r->model;

	m->id_node = wf_node_get(w, "id");
	m->id = wf_read_string(r, w, "id");
	m->name = wf_read_string(r, w, "name");
	m->description = wf_read_string(r, w, "description");
	m->version = read_version(r, w);
	/* a flexprice name makes the id */
	bool named = strcmp(m->dialect, "flexprice") != 0 || wf_node_get(w, "name") ||
		     wf_read_lacks(r, w, "name");
	if (named && wf_read_lacks(r, w, "id")) {
		struct wf_diag *d = WF_FIND(r, MISSING_KEY, r->model->root->map.pairs[0].key_span,
			"the workflow has no `id`");
		if (strcmp(m->dialect, "flexprice") == 0)
			wf_diag_hint(d, "write a name, of which one is made, or an `id`");
	}
	if (m->id && !wf_read_valid_id(m->id, true))
		wf_diag_hint(
			WF_FIND(r, ID_INVALID, m->id_node->span, "`%s` cannot be an id", m->id),
			"an id is a letter or _, then letters, digits, _, . or -, at most 255 in "
			"all");
	if (!m->id)
		m->id = "unnamed";
	if (m->version && !wf_read_semver(m->version))
		wf_diag_hint(WF_FIND(r, VERSION_INVALID, wf_node_get(w, "version")->span,
				     "`%s` is no semantic version", m->version),
			"three numbers with dots: 1.4.0");
}

json_t *wf_read_schema(struct wf_read *r, const struct wf_node *node, const char *key)
{
	struct wf_schema_options options = {.assert_formats = true};
	struct wf_schema *schema;
	struct wf_cause cause = {0};

	if (!node)
		return NULL;
	json_t *document = wf_node_json(node);
	if (wf_schema_new(document, &options, &schema, &cause) < 0) {
		/* The cause names the place in the schema as a JSON Pointer before its reason. */
		size_t n = strcspn(cause.text, ": ");
		WF_AUTOFREE char *pointer = wf_strndup(cause.text, cause.text[0] == '/' ? n : 0);
		const struct wf_node *at = wf_node_at_pointer(node, pointer, NULL);
		WF_FIND(r, INPUT_SCHEMA, at->span, "`%s` is no JSON Schema: %s", key, cause.text);
		json_decref(document);
		return NULL;
	}
	wf_schema_free(schema);
	wf_read_schema_words(r, node);
	return document;
}

static void read_input(struct wf_read *r, const struct wf_node *w)
{
	const struct wf_node *input = wf_node_get(w, "input");
	const struct wf_pair *context = wf_node_pair(w, "context");

	if (context && input)
		WF_FIND(r, KEY_CONFLICT, context->key_span,
			"`context` is the short form of `input`: only one of them can stand");
	if (context && !input)
		r->model->input_schema = wf_read_context(r, context->value);
	if (input)
		r->model->input_schema = wf_read_schema(r, input, "input");
	if (wf_node_get(w, "output"))
		r->model->output_schema = wf_read_schema(r, wf_node_get(w, "output"), "output");
}

static void read_vars(struct wf_read *r, const struct wf_node *w)
{
	const struct wf_node *vars = wf_read_kind(r, w, "vars", WF_NODE_MAP);

	if (!vars)
		return;
	/* a template among them would silently be a string */
	wf_read_no_templates(r, vars, "an initial value of `vars`", "compute it in a step with `set`");
	r->model->vars = wf_node_json(vars);
}

static void read_completion(struct wf_read *r, const struct wf_node *w)
{
	static const char *const keys[] = {"on_success", "on_failure"};
	static const char *const end_keys[] = {"result", "output"};
	const struct wf_node *completion = wf_node_get(w, "completion");
	const struct wf_node *success, *failure;
	struct wf_model *m = r->model;

	m->success_result = "success";
	m->failure_result = "failed";
	if (!completion || !WF_READ_KEYS(r, completion, "`completion`", keys))
		return;
	success = wf_node_get(completion, "on_success");
	failure = wf_node_get(completion, "on_failure");
	if (success && WF_READ_KEYS(r, success, "`on_success`", end_keys)) {
		const char *result = wf_read_string(r, success, "result");
		if (result)
			m->success_result = result;
		m->success_output = wf_read_tree(r, wf_node_get(success, "output"));
	}
	if (failure && WF_READ_KEYS(r, failure, "`on_failure`", end_keys)) {
		const char *result = wf_read_string(r, failure, "result");
		if (result)
			m->failure_result = result;
		m->failure_output = wf_read_tree(r, wf_node_get(failure, "output"));
	}
	if (strcmp(m->success_result, m->failure_result) == 0)
		WF_FIND(r, KEY_CONFLICT, completion->span,
			"success and failure have the same result `%s`", m->success_result);
}

static void read_correlation(struct wf_read *r, const struct wf_node *w)
{
	const struct wf_node *node = wf_read_kind(r, w, "correlation_id", WF_NODE_STRING);
	struct wf_expr_site site = {r->source, node, 0};

	if (!node)
		return;
	r->model->correlation.node = node;
	r->model->correlation.expr = wf_expr_parse_template(
		r->model->exprs, node->string.text, node->string.len, &site, r->diags);
}

void wf_read_orch(struct wf_read *r, const struct wf_node *w)
{
	static const char *const keys[] = {"id", "version", "name", "description", "input",
		"output", "context", "triggers", "policies", "concurrency", "timeout", "timeout_ms", "defaults", "vars",
		"steps", "on_failure", "completion", "execution_log", "ui", "correlation_id", "enabled",
		"metadata"};
	static const char *const default_keys[] = {"retry", "timeout", "timeout_ms"};
	static const char *const timeout_keys[] = {"timeout", "timeout_ms"};
	const struct wf_node *defaults = wf_node_get(w, "defaults");
	const struct wf_node *steps = wf_node_get(w, "steps");

	WF_READ_KEYS(r, w, "a workflow", keys);
	read_identity(r, w);
	read_input(r, w);
	wf_read_triggers(r, w);
	wf_read_concurrency(r, w);
	wf_read_approval_policies(r, w);
	wf_read_shown(r, w);
	read_vars(r, w);
	r->model->timeout_ms =
		wf_read_millis(r, w, timeout_keys, COUNT(timeout_keys), 1, &r->model->timeout_node);
	if (defaults && !WF_READ_KEYS(r, defaults, "`defaults`", default_keys))
		defaults = NULL;
	read_completion(r, w);
	read_correlation(r, w);
	if (wf_read_lacks(r, w, "steps") && !(r->beside && strcmp(r->beside, "steps") == 0))
		WF_FIND(r, MISSING_KEY, r->model->root->map.pairs[0].key_span,
			"the workflow has no `steps`");
	wf_read_orch_steps(r, w, defaults);
	if (steps && r->model->step_count + r->model->notify_count > WF_MAX_STEPS)
		WF_FIND(r, LIMIT, steps->span, "with its notifications the workflow has %u steps, more than %d",
			r->model->step_count + r->model->notify_count, WF_MAX_STEPS);
}
