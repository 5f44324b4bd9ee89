/*
 * Mocks against what a step can give: the output against the schema of the action that performs it, a
 * child's against the child's own, an error's type against those that there are.
 *
 * A step of a defined action is mocked as what performs it in the end: its result is made from that.
 */
#include "cli_tests.h"

#include "base/text.h"
#include "schema/builtin.h"
#include "trial/trial.h"

#include <string.h>
#include <unistd.h>

struct mocks {
	struct wf_ctx *ctx;
	struct wf_test_file *f;
	struct wf_schema *outputs[WF_ACT_COUNT_]; /* compiled when first asked for */
	bool asked[WF_ACT_COUNT_];
};

/* What a mock is of. */
struct mocked {
	const char *key;
	enum wf_action action;
	const struct wf_model_step *step; /* NULL: of an action, or of what stands beside the flow */
	const char *defined; /* the defined action that it is; NULL */
};

/* -- whose mock it is -- */

static bool mocked_of(const struct wf_test_file *f, const char *key, struct mocked *ret)
{
	const struct wf_plan *plan = f->plan;
	uint32_t step = wf_plan_find_step(plan, key);
	for (uint32_t i = 0; step == WF_NONE && i < plan->step_count; i++)
		if (strcmp(wf_plan_action_name(plan, i), key) == 0)
			step = i;
	if (step == WF_NONE)
		return false; /* the check of names has said so */
	*ret = (struct mocked){ .key = key, .action = plan->steps[step].action,
		.defined = wf_plan_string(plan, plan->steps[step].action_name) };
	for (uint32_t i = 0; i < f->model->step_count; i++)
		if (strcmp(f->model->steps[i].id, key) == 0)
			ret->step = &f->model->steps[i];
	return true;
}

/* -- children -- */

static const char *text_of(const struct wf_node *map, const char *key)
{
	const struct wf_node *n = map && map->kind == WF_NODE_MAP ? wf_node_get(map, key) : NULL;
	return n && n->kind == WF_NODE_STRING ? n->string.text : NULL;
}

static const struct wf_model *model_in(const struct wf_loaded *l, const char *id, const char *version)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct wf_model *m = l->models[i];
		if (m && strcmp(m->id, id) == 0 &&
			(!version || (m->version && strcmp(m->version, version) == 0)))
			return m;
	}
	return NULL;
}

static void look_into(struct mocks *m, char *path)
{
	struct wf_test_file *f = m->f;
	if (access(path, F_OK) == 0 && strcmp(path, f->workflow) != 0) {
		WF_GROW(f->children, f->child_count, f->child_room);
		wf_load_file(&f->children[f->child_count++], m->ctx, path, NULL);
	}
	wf_free(path);
}

/* The files that the test file names. */
static void read_children(struct mocks *m, const struct wf_node *root)
{
	const struct wf_node *list = wf_node_get(root, "children");
	for (size_t i = 0; list && i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];
		char *path = wf_test_beside(m->f, item->string.text);
		if (access(path, R_OK) < 0)
			(void)wf_diag_add(&m->f->diags, WF_RULE_FILE, &m->f->source, item->span,
				"%s cannot be read", path);
		look_into(m, path);
	}
}

/* The child that the step runs; NULL: it is not known. */
static const struct wf_model *child_of(struct mocks *m, const struct wf_model_step *s)
{
	static const char *const endings[] = { "yaml", "yml", "json" };
	struct wf_test_file *f = m->f;
	const char *id = s ? text_of(s->with_node, "workflow") : NULL;
	const char *version = s ? text_of(s->with_node, "version") : NULL;
	if (!id || strchr(id, '$') || strchr(id, '/') || (version && strchr(version, '$')))
		return NULL;
	const struct wf_model *child = model_in(&f->loaded, id, version);
	for (size_t round = 0; !child && round < 2; round++) {
		for (size_t i = 0; !child && i < f->child_count; i++)
			child = model_in(&f->children[i], id, version);
		for (size_t i = 0; !child && !round && i < sizeof(endings) / sizeof(*endings); i++) {
			WF_AUTOFREE char *name = wf_asprintf("%s.%s", id, endings[i]);
			look_into(m, wf_test_beside(f, name));
		}
	}
	return child;
}

/* -- outputs -- */

static const struct wf_schema *output_schema(struct mocks *m, enum wf_action action)
{
	static const struct wf_schema_options options = { .assert_formats = true };
	if (m->asked[action])
		return m->outputs[action];
	m->asked[action] = true;
	WF_AUTOFREE char *name = wf_asprintf("actions/%s.output.json", wf_actions[action].name);
	size_t n = 0;
	const char *text = wf_builtin_schema(name, &n);
	json_t *document = NULL;
	if (text && wf_json_parse(text, n, &document, NULL) == 0 &&
		wf_schema_new(document, &options, &m->outputs[action], NULL) < 0)
		m->outputs[action] = NULL;
	json_decref(document);
	return m->outputs[action];
}

static void check_against(struct mocks *m, const struct wf_schema *schema, enum wf_action action,
	const char *about, const struct wf_node *output)
{
	struct wf_schema_issues issues = { 0 };
	json_t *value = wf_node_json(output);
	wf_trial_complete(action, value);
	if (!wf_schema_valid(schema, value, &issues))
		for (size_t i = 0; i < issues.count; i++)
			wf_test_find_issue(m->f, output, about, &issues.items[i]);
	wf_schema_issues_done(&issues);
	json_decref(value);
}

static void check_child_output(struct mocks *m, const struct mocked *of, const struct wf_node *output)
{
	static const struct wf_schema_options options = { .assert_formats = true };
	const struct wf_model *child = child_of(m, of->step);
	struct wf_schema *schema = NULL;
	if (!child || !child->output_schema ||
		wf_schema_new(child->output_schema, &options, &schema, NULL) < 0)
		return;
	WF_AUTOFREE char *about = wf_asprintf("the output of `%s`: ", child->id);
	check_against(m, schema, of->action, about, output);
	wf_schema_free(schema);
}

static void check_output(struct mocks *m, const struct mocked *of, const struct wf_node *output)
{
	const struct wf_schema *schema = output_schema(m, of->action);
	const char *name = wf_actions[of->action].name;
	WF_AUTOFREE char *about = of->defined
		? wf_asprintf("`%s` is performed by %s, whose output the mock is: ", of->defined, name)
		: wf_asprintf("what %s gives: ", name);
	if (of->action == WF_ACT_APPROVAL_REQUEST)
		(void)wf_diag_add(&m->f->diags, WF_RULE_WRONG_VALUE, &m->f->source, output->span,
			"what people decide is said by the script; of an approval a mock says who is asked "
			"(`approvers`)");
	else if (of->action == WF_ACT_WORKFLOW_RUN)
		check_child_output(m, of, output);
	else if (schema)
		check_against(m, schema, of->action, about, output);
}

/* -- errors -- */

/* Whether a handler of the workflow names that type. */
static bool handled(const struct wf_model *m, const char *type)
{
	for (uint32_t i = 0; i < m->step_count; i++)
		for (uint32_t k = 0; k < m->steps[i].handler_count; k++) {
			const char *named = m->steps[i].handlers[k].error_type;
			if (named && strcmp(named, type) == 0)
				return true;
		}
	return false;
}

/* Whether the child may fail with it: it says so itself, or others may say it to the child. */
static bool may_fail_with(const struct wf_model *child, const char *type)
{
	for (uint32_t i = 0; i < child->step_count; i++) {
		const struct wf_model_step *s = &child->steps[i];
		const char *raised = text_of(s->with_node, "error_type");
		if (s->action == WF_ACT_WORKFLOW_RUN ||
			(s->action == WF_ACT_FAIL && raised &&
				(strcmp(raised, type) == 0 || strchr(raised, '$'))))
			return true;
	}
	return false;
}

static void check_error_type(struct mocks *m, const struct mocked *of, const struct wf_node *error)
{
	const struct wf_node *type = wf_node_get(error, "type");
	const char *names[WF_ERROR_COUNT_], *given = text_of(error, "type");
	if (!given || wf_error_type_find(given) != WF_ERROR_COUNT_ || handled(m->f->model, given))
		return;
	bool of_child = of->action == WF_ACT_WORKFLOW_RUN;
	const struct wf_model *child = of_child ? child_of(m, of->step) : NULL;
	if (of_child && (!child || may_fail_with(child, given)))
		return;
	for (unsigned i = 0; i < WF_ERROR_COUNT_; i++)
		names[i] = wf_error_types[i].name;
	const char *near = wf_nearest(given, names, WF_ERROR_COUNT_);
	struct wf_diag *d = wf_diag_add(&m->f->diags, WF_RULE_ERROR_TYPE_UNKNOWN, &m->f->source,
		type->span, "%s fails with no `%s`",
		of_child ? child->id : wf_actions[of->action].name, given);
	if (near)
		wf_diag_hint(d, "did you mean `%s`?", near);
	else
		wf_diag_hint(d, "wfctl-definition(5) lists the types of errors");
}

/* -- outcomes -- */

static void check_outcome(struct mocks *m, const struct mocked *of, const struct wf_node *outcome)
{
	static const char *const kinds[] = { "output", "error", "doubt", "never", "approvers" };
	const struct wf_node *output = wf_node_get(outcome, "output");
	const struct wf_node *error = wf_node_get(outcome, "error");
	const struct wf_node *approvers = wf_node_get(outcome, "approvers");
	const char *first = NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct wf_pair *pair = wf_node_pair(outcome, kinds[i]);
		if (pair && first)
			(void)wf_diag_add(&m->f->diags, WF_RULE_WRONG_VALUE, &m->f->source,
				pair->key_span, "one attempt has one outcome, and this one has `%s` too",
				first);
		else if (pair)
			first = kinds[i];
	}
	if (output)
		check_output(m, of, output);
	if (error)
		check_error_type(m, of, error);
	if (approvers && of->action != WF_ACT_APPROVAL_REQUEST)
		(void)wf_diag_add(&m->f->diags, WF_RULE_WRONG_VALUE, &m->f->source,
			wf_node_pair(outcome, "approvers")->key_span, "%s asks nobody",
			wf_actions[of->action].name);
}

/* What an action does without the world: nothing of it is asked of a mock. */
static const char *unmocked(enum wf_action action)
{
	static const struct {
		enum wf_action action;
		const char *why;
	} table[] = {
		{ WF_ACT_DATA_SET, "it is computed as in earnest" },
		{ WF_ACT_DATA_TRANSFORM, "it is computed as in earnest" },
		{ WF_ACT_FAIL, "it fails as in earnest" },
		{ WF_ACT_WAIT_TIMER, "time is virtual, and it ends when its time has come" },
		{ WF_ACT_WAIT_SIGNAL, "the script says which signals come" },
		{ WF_ACT_WAIT_EVENT, "the script says which events come" },
		{ WF_ACT_PARALLEL, "its steps are mocked, each by itself" },
		{ WF_ACT_FOREACH, "its steps are mocked, each by itself" },
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].action == action)
			return table[i].why;
	return NULL;
}

static void check_mock(struct mocks *m, const struct wf_pair *pair)
{
	struct mocked of;
	if (!mocked_of(m->f, pair->key, &of))
		return;
	const char *why = unmocked(of.action);
	if (why) {
		(void)wf_diag_add(&m->f->diags, WF_RULE_WRONG_VALUE, &m->f->source, pair->key_span,
			"`%s` (%s) takes no mock: %s", pair->key, wf_actions[of.action].name, why);
		return;
	}
	if (pair->value->kind != WF_NODE_LIST)
		check_outcome(m, &of, pair->value);
	for (size_t i = 0; pair->value->kind == WF_NODE_LIST && i < pair->value->list.count; i++)
		check_outcome(m, &of, pair->value->list.items[i]);
}

static void check_map(struct mocks *m, const struct wf_node *map)
{
	for (size_t i = 0; map && map->kind == WF_NODE_MAP && i < map->map.count; i++)
		check_mock(m, &map->map.pairs[i]);
}

void wf_test_check_mocks(struct wf_ctx *ctx, struct wf_test_file *f, const struct wf_node *root)
{
	struct mocks m = { .ctx = ctx, .f = f };
	read_children(&m, root);
	check_map(&m, wf_node_get(wf_node_get(root, "defaults"), "mocks"));
	for (size_t i = 0; i < f->list->list.count; i++)
		check_map(&m, wf_node_get(f->list->list.items[i], "mocks"));
	for (size_t i = 0; i < WF_ACT_COUNT_; i++)
		wf_schema_free(m.outputs[i]);
}
