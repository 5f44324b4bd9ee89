/* Test files: from text to cases. */
#include "cli_tests.h"

#include "base/limits.h"
#include "base/text.h"
#include "schema/builtin.h"
#include "schema/schema.h"
#include "view/findings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* -- the file by its schema -- */

static int test_schema(struct wf_schema **ret, struct wf_cause *cause)
{
	struct wf_schema_options options = { .assert_formats = true };
	size_t n = 0;
	const char *text = wf_builtin_schema("test.schema.json", &n);
	json_t *document = NULL;
	if (!text || wf_json_parse(text, n, &document, cause) < 0)
		WF_BUG("the schema of tests is not there");
	int rc = wf_schema_new(document, &options, ret, cause);
	json_decref(document);
	return rc;
}

static enum wf_rule rule_of(const struct wf_schema_issue *issue)
{
	static const struct {
		const char *keyword;
		enum wf_rule rule;
	} rules[] = {
		{ "/required", WF_RULE_MISSING_KEY },
		{ "/additionalProperties", WF_RULE_UNKNOWN_KEY },
		{ "/type", WF_RULE_WRONG_TYPE },
	};
	size_t len = strlen(issue->keyword);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		size_t n = strlen(rules[i].keyword);
		if (len >= n && strcmp(issue->keyword + len - n, rules[i].keyword) == 0)
			return rules[i].rule;
	}
	return WF_RULE_WRONG_VALUE;
}

void wf_test_find_issue(struct wf_test_file *f, const struct wf_node *root, const char *about,
	const struct wf_schema_issue *issue)
{
	struct wf_span key;
	const struct wf_node *node = wf_node_at_pointer(root, issue->instance, &key);
	const struct wf_pair *pair = issue->missing ? wf_node_pair(node, issue->missing) : NULL;
	struct wf_span span = pair ? pair->key_span
		: node->kind == WF_NODE_MAP && key.line ? key
							: node->span;
	WF_AUTOFREE char *text = wf_schema_issue_text(issue);
	(void)wf_diag_add(&f->diags, rule_of(issue), &f->source, span, "%s%s", about, text);
}

static int check_shape(struct wf_test_file *f, const struct wf_node *root, struct wf_cause *cause)
{
	struct wf_schema *schema = NULL;
	struct wf_schema_issues issues = { 0 };
	int rc = test_schema(&schema, cause);
	if (rc)
		return rc;
	json_t *value = wf_node_json(root);
	if (!wf_schema_valid(schema, value, &issues))
		for (size_t i = 0; i < issues.count; i++)
			wf_test_find_issue(f, root, "", &issues.items[i]);
	wf_schema_issues_done(&issues);
	wf_schema_free(schema);
	json_decref(value);
	return 0;
}

/* -- the names in it -- */

struct names {
	struct wf_test_file *f;
	const char **known; /* steps, then actions */
	size_t steps, count;
};

static struct names names_of(struct wf_test_file *f)
{
	const struct wf_plan *plan = f->plan;
	struct names n = { .f = f };
	n.known = wf_alloc((plan->step_count + WF_ACT_COUNT_ + 1) * sizeof(*n.known));
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].origin == i)
			n.known[n.steps++] = wf_plan_step_id(plan, i);
	n.count = n.steps;
	for (uint32_t i = 0; i < plan->step_count; i++)
		n.known[n.count++] = wf_plan_action_name(plan, i);
	return n;
}

static void check_name(struct names *n, const char *name, size_t count, struct wf_span span)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(n->known[i], name) == 0)
			return;
	struct wf_diag *d = wf_diag_add(&n->f->diags, WF_RULE_STEP_UNKNOWN, &n->f->source, span,
		"`%s` is no step%s of the workflow", name, count > n->steps ? " or action" : "");
	const char *near = wf_nearest(name, n->known, count);
	if (near)
		wf_diag_hint(d, "did you mean `%s`?", near);
}

static void check_keys(struct names *n, const struct wf_node *map, size_t count)
{
	for (size_t i = 0; map && map->kind == WF_NODE_MAP && i < map->map.count; i++)
		check_name(n, map->map.pairs[i].key, count, map->map.pairs[i].key_span);
}

static void check_items(struct names *n, const struct wf_node *list)
{
	for (size_t i = 0; list && list->kind == WF_NODE_LIST && i < list->list.count; i++)
		if (list->list.items[i]->kind == WF_NODE_STRING)
			check_name(n, list->list.items[i]->string.text, n->steps,
				list->list.items[i]->span);
}

static void check_script(struct names *n, const struct wf_node *list)
{
	static const char *const acts[] = { "approve", "reject", "delegate", "reassign", "withdraw",
		"resolve" };
	for (size_t i = 0; list && list->kind == WF_NODE_LIST && i < list->list.count; i++)
		for (size_t k = 0; k < sizeof(acts) / sizeof(*acts); k++) {
			const struct wf_node *step = wf_node_get(list->list.items[i], acts[k]);
			if (step && step->kind == WF_NODE_STRING)
				check_name(n, step->string.text, n->steps, step->span);
		}
}

static void check_test_names(struct names *n, const struct wf_node *test)
{
	static const char *const lists[] = { "order", "exactly", "not_run", "compensated" };
	const struct wf_node *expect = wf_node_get(test, "expect");
	check_keys(n, wf_node_get(test, "mocks"), n->count);
	check_script(n, wf_node_get(test, "script"));
	check_keys(n, wf_node_get(expect, "steps"), n->steps);
	check_keys(n, wf_node_get(expect, "calls"), n->steps);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		check_items(n, wf_node_get(expect, lists[i]));
}

static void check_names(struct wf_test_file *f, const struct wf_node *root)
{
	struct names n = names_of(f);
	check_keys(&n, wf_node_get(wf_node_get(root, "defaults"), "mocks"), n.count);
	for (size_t i = 0; i < f->list->list.count; i++)
		check_test_names(&n, f->list->list.items[i]);
	wf_free(n.known);
}

/* -- defaults -- */

/* What is merged at its top alone. */
static bool whole(const char *key)
{
	return strcmp(key, "input") == 0 || strcmp(key, "mocks") == 0;
}

/* What the test says goes before the defaults, member by member. */
static void merge(json_t *into, json_t *defaults)
{
	const char *key;
	json_t *value;
	json_object_foreach(defaults, key, value)
	{
		json_t *own = json_object_get(into, key);
		if (!own)
			(void)json_object_set_new(into, key, json_deep_copy(value));
		else if (json_is_object(own) && json_is_object(value) && !whole(key))
			merge(own, value);
	}
}

static void read_tests(struct wf_test_file *f, const struct wf_node *root)
{
	const struct wf_node *defaults = wf_node_get(root, "defaults");
	json_t *standard = defaults ? wf_node_json(defaults) : NULL;
	json_t *test;
	size_t i;
	f->tests = wf_node_json(f->list);
	json_array_foreach(f->tests, i, test)
	{
		json_t *input = json_object_get(test, "input");
		json_t *own = json_object_get(standard, "input");
		json_t *mocks = json_object_get(test, "mocks");
		json_t *of_all = json_object_get(standard, "mocks");
		/* an input is merged at its top only: below, absence may be what is tested. So are mocks:
		 * one of them says all of what comes of a step */
		if (input && own)
			(void)json_object_update_missing(input, own);
		if (mocks && of_all)
			(void)json_object_update_missing(mocks, of_all);
		merge(test, standard);
	}
	json_decref(standard);
}

/* -- the workflow -- */

char *wf_test_beside(const struct wf_test_file *f, const char *name)
{
	const char *slash = strrchr(f->name, '/');
	int folder = slash && *name != '/' ? (int)(slash - f->name) + 1 : 0;
	return wf_asprintf("%.*s%s", folder, f->name, name);
}

/* The definition that the file names, or the one whose name it has. From wf_alloc; NULL: none is there. */
static char *workflow_path(const struct wf_test_file *f, const struct wf_node *root)
{
	static const char *const endings[] = { ".yaml", ".yml", ".json" };
	const struct wf_node *named = wf_node_get(root, "workflow");
	const char *slash = strrchr(f->name, '/'), *dot = strstr(slash ? slash : f->name, ".test.");
	if (named)
		return wf_test_beside(f, named->string.text);
	for (size_t i = 0; dot && i < sizeof(endings) / sizeof(*endings); i++) {
		char *path = wf_asprintf("%.*s%s", (int)(dot - f->name), f->name, endings[i]);
		if (access(path, F_OK) == 0)
			return path;
		wf_free(path);
	}
	return NULL;
}

/* -- all of it -- */

static int said(struct wf_ctx *ctx, const struct wf_test_file *f)
{
	if (!f->diags.errors)
		return 0;
	json_t *details = json_object(), *list = json_array();
	for (size_t i = 0; i < f->diags.count; i++)
		json_array_append_new(list, wf_view_finding_json(&f->diags.items[i]));
	json_object_set_new(details, "findings", list);
	wf_say_findings(ctx, &f->diags);
	return wf_fail_at(ctx, WF_EXIT_FAILED, "INVALID_TEST", details,
		"`man 5 wfctl-test` has the shape of a test file", "%s has %zu error%s; nothing was run",
		f->name, f->diags.errors, f->diags.errors == 1 ? "" : "s");
}

static int read_document(struct wf_ctx *ctx, struct wf_test_file *f, const struct wf_node **ret)
{
	struct wf_cause cause = { 0 };
	int rc = strcmp(f->name, "-")
		? wf_read_file(f->name, WF_MAX_DEFINITION_BYTES, &f->text, &cause)
		: wf_read_fd(STDIN_FILENO, "standard input", WF_MAX_DEFINITION_BYTES, &f->text, &cause);
	if (rc < 0)
		return wf_fail_cause(ctx, &cause);
	f->source = (struct wf_source){ f->name, f->text.data ? f->text.data : "", f->text.len };
	wf_source_read(&f->source, WF_SYNTAX_GUESS, &f->docs, &f->diags);
	if (!f->diags.errors && f->docs.count && check_shape(f, f->docs.items[0].root, &cause) < 0)
		return wf_fail_cause(ctx, &cause);
	wf_diags_sort(&f->diags);
	int status = said(ctx, f);
	if (!status && f->docs.count != 1)
		status = wf_fail_at(ctx, WF_EXIT_FAILED, "INVALID_TEST", NULL, NULL,
			"%s holds %zu documents; a test file is one", f->name, f->docs.count);
	if (!status)
		*ret = f->docs.items[0].root;
	return status;
}

int wf_test_file_read(struct wf_ctx *ctx, const char *path, struct wf_test_file *f)
{
	const struct wf_node *root = NULL;
	*f = (struct wf_test_file){ .name = wf_strdup(path) };
	int status = read_document(ctx, f, &root);
	if (status)
		return status;
	f->list = wf_node_get(root, "tests");
	f->defaults = wf_node_get(root, "defaults");
	f->workflow = workflow_path(f, root);
	if (!f->workflow)
		return wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL,
			"a key `workflow` names the definition's file",
			"no definition stands beside %s", path);
	const struct wf_node *id = wf_node_get(root, "workflow_id");
	status = wf_load_workflow(ctx, f->workflow, id ? id->string.text : NULL, &f->loaded, &f->model,
		&f->plan);
	if (status)
		return status;
	check_names(f, root);
	wf_test_check_mocks(ctx, f, root);
	wf_diags_sort(&f->diags);
	status = said(ctx, f);
	if (!status)
		read_tests(f, root);
	return status;
}

void wf_test_file_done(struct wf_test_file *f)
{
	wf_free(f->name);
	wf_free(f->workflow);
	wf_buf_done(&f->text);
	wf_documents_done(&f->docs);
	wf_diags_done(&f->diags);
	json_decref(f->tests);
	wf_plan_free(f->plan);
	wf_loaded_done(&f->loaded);
	for (size_t i = 0; i < f->child_count; i++)
		wf_loaded_done(&f->children[i]);
	wf_free(f->children);
	*f = (struct wf_test_file){ 0 };
}

bool wf_test_has_mock(const struct wf_test_file *f, size_t i, const char *key)
{
	const struct wf_node *mocks = wf_node_get(f->list->list.items[i], "mocks");
	return mocks && mocks->kind == WF_NODE_MAP && wf_node_get(mocks, key);
}

struct wf_span wf_test_place(const struct wf_test_file *f, size_t i, const char *pointer)
{
	struct wf_span key = { 0 };
	const struct wf_node *root = f->list->list.items[i];
	if (strncmp(pointer, "/mocks/", 7) == 0) {
		WF_AUTOFREE char *name = wf_strndup(pointer + 7, strcspn(pointer + 7, "/"));
		root = wf_test_has_mock(f, i, name) || !f->defaults ? root : f->defaults;
	}
	const struct wf_node *node = wf_node_at_pointer(root, pointer, &key);
	return key.line ? key : node->span;
}
