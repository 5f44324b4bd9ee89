/* Translations: every definition compiles to the plan of what it is translated to, the dialects' own
 * words say what they say, and places stay those of the author's text. */
#include "unit/definition.h"

#include "check/check.h"
#include "compile/compile.h"
#include "source/write.h"

#include "model/catalog.h"

#include <dirent.h>
#include <stdlib.h>

static void compiled(const char *name, const char *text, size_t len, uint8_t ret[WF_HASH_SIZE],
	struct wf_buf *canonical)
{
	struct definition d;
	struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};

	definition_read(&d, name, text, len);
	if (d.model)
		(void)wf_check(d.model, &d.diags);
	for (size_t i = 0; i < d.diags.count; i++)
		if (d.diags.items[i].severity == WF_SEV_ERROR)
			fail_msg("%s:%u: %s\n%s", name, d.diags.items[i].span.line,
				d.diags.items[i].message, text);
	assert_non_null(d.model);
	assert_int_equal(wf_compile(d.model, &bytes, &cause), 0);
	assert_int_equal(wf_plan_load(bytes.data, bytes.len, &plan, &cause), 0);
	memcpy(ret, plan->id, WF_HASH_SIZE);
	for (size_t i = 0; canonical && i < d.documents.count; i++) {
		const struct wf_node *root = d.documents.items[i].root;

		wf_buf_addstr(canonical, i ? "---\n" : "");
		wf_source_write(wf_is_action_definition(root) ? root : d.model->root, canonical);
	}
	wf_plan_free(plan);
	wf_buf_done(&bytes);
	definition_done(&d);
}

static int definitions(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".json") == 0) &&
	       !strstr(entry->d_name, ".test.");
}

static int translated(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, definitions, alphasort);

	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		WF_AUTOFREE char *path = wf_asprintf("%s/%s", folder, entries[i]->d_name);
		WF_AUTOBUF struct wf_buf canonical = {0}, again = {0};
		uint8_t first[WF_HASH_SIZE], second[WF_HASH_SIZE];
		size_t len = 0;
		WF_AUTOFREE char *text = slurp(path, &len);

		compiled(path, text, len, first, &canonical);
		compiled("canonical.yaml", canonical.data, canonical.len, second, &again);
		if (memcmp(first, second, sizeof first) != 0)
			fail_msg("%s is another plan than\n%s", path, canonical.data);
		assert_string_equal(canonical.data, again.data);
		free(entries[i]);
	}
	free(entries);
	return count;
}

static void test_same_plan(void **state)
{
	(void)state;
	(void)translated("workflows");
	(void)translated("tests/golden/plan");
}

/* The canonical text of a definition in another dialect. */
static char *canonical_of(const char *text)
{
	struct definition d;
	struct wf_buf out = {0};

	definition_read(&d, "t.yaml", text, strlen(text));
	if (d.model)
		(void)wf_check(d.model, &d.diags);
	for (size_t i = 0; i < d.diags.count; i++)
		print_error("%u: %s\n", d.diags.items[i].span.line, d.diags.items[i].message);
	assert_int_equal(d.diags.errors, 0);
	wf_source_write(d.model->root, &out);
	definition_done(&d);
	return wf_buf_take(&out);
}

static void says(const char *text, const char *expected)
{
	WF_AUTOFREE char *canonical = canonical_of(text);

	if (!strstr(canonical, expected))
		fail_msg("no\n%s\nin\n%s", expected, canonical);
}

#define FLEX "name: A b\ntrigger: { type: manual }\n"
#define RETRIES "      \"on\": [TimeoutError, NetworkError, RateLimitError, ServerError, ExecError]\n"
#define STEP "steps: [{ id: a, type: data.set"

static void test_flexprice(void **state)
{
	(void)state;
	says(FLEX STEP " }]", "  id: a_b\n  name: A b\n");
	says(FLEX STEP " }]\nenabled: false\ntenant_id: t\ncreated_at: now",
		"  enabled: false\n  metadata:\n    tenant_id: t\n    created_at: now\n");
	says(FLEX STEP " }]",
		"  defaults:\n    retry:\n      max_attempts: 3\n      backoff: exponential\n"
		"      initial_delay: PT1S\n      coefficient: 2\n      max_delay: PT60S\n" RETRIES);
	says(FLEX STEP " }]\nretry_policy: { max_attempts: 5, max_interval_seconds: 0, initial_interval_seconds: 7 }",
		"      max_attempts: 5\n      initial_delay: PT7S\n      backoff: exponential\n"
		"      coefficient: 2\n      max_delay: PT60S\n" RETRIES);
	says(FLEX STEP " }]\nretry_policy: { on: [ExecError] }", "      \"on\": [ExecError]\n");
	says(FLEX STEP " }]\ntimeout_seconds: 90", "  timeout: PT90S\n");
	says(FLEX "steps: [{ id: a, order: 2, type: data.set }, { id: b, type: data.set }, { id: c, order: 1, "
		  "type: data.set }]",
		"- id: c\n      order: 1\n      action: data.set\n    - id: a\n      order: 2\n"
		"      action: data.set\n    - id: b\n");
	says(FLEX STEP ", condition: { field: x.y, operator: not_in, value: [1, \"a\\\"b\", null] } }]",
		"condition:\n        when: \"!(x.y in [1, \\\"a\\\\\\\"b\\\", null])\"\n");
	says(FLEX STEP ", condition: \"x.y == 1\" }]", "condition:\n        when: x.y == 1\n");
	/* a value's strings are templates, wherever they stand in it */
	says(FLEX STEP ", condition: { field: x, operator: eq, value: \"a ${q} b\" } }]",
		"when: \"x == (\\\"a \\\" + string(${q}) + \\\" b\\\")\"\n");
	says(FLEX STEP ", condition: { field: x, operator: contains, value: \"${p}${q}\" } }]",
		"when: \"contains(x, (string(${p}) + string(${q})))\"\n");
	says(FLEX STEP ", condition: { field: x, operator: in, value: [\"$${q}\", \"<${q}>\", \"${q}\"] } }]",
		"when: \"x in [\\\"\\\\u0024{q}\\\", (\\\"<\\\" + string(${q}) + \\\">\\\"), ${q}]\"\n");
	says(FLEX STEP ", condition: { field: x, operator: eq, value: { a b: \"${q}\", c: 1.5 } } }]",
		"when: \"x == {\\\"a b\\\": ${q}, \\\"c\\\": 1.5}\"\n");
	says("name: a\ntrigger: { type: event, event_name: a.b, conditions: [{ field: p, operator: gt, value: 3 }, "
	     "{ field: q, operator: ne, value: z }, { field: event.name, operator: exists }] }\n" STEP " }]",
		"when: \"(has(event.data.p) && event.data.p > 3) && (!has(event.data.q) || "
		"event.data.q != \\\"z\\\") && has(event.name)\"");
	says("name: a\ntrigger: { type: scheduled, schedule: \"0 6 * * *\", conditions: null }\n" STEP " }]",
		"- type: schedule\n      cron: 0 6 * * *\n");
	says("name: a\ntrigger: { type: scheduled, schedule: { cron_expression: \"@daily\", timezone: UTC } }\n"
	     STEP " }]",
		"- type: schedule\n      cron: \"@daily\"\n      timezone: UTC\n");
}

#define TASK "workflowId: w\nsteps:\n  - stepId: a\n    taskId: data.set\n"

static void test_taskflow(void **state)
{
	(void)state;
	says(TASK "    next: []\n    maxVisits: 2\n    onCrash: fail\n",
		"  steps:\n    - id: a\n      action: data.set\n      max_visits: 2\n      on_crash: fail\n");
	says(TASK "    retryPolicy: { maxAttempts: 3, delay: PT5M, strategy: exponential }\n",
		"      retry:\n        max_attempts: 3\n        delay: PT5M\n        backoff: exponential\n  " RETRIES);
	says(TASK "    retryPolicy: { maxAttempts: 3, on: [ServerError] }\n",
		"        max_attempts: 3\n        \"on\": [ServerError]\n");
	says(TASK "    onFailure: { action: continue, errorHandler: { conditions: [{ errorType: TimeoutError, "
		  "errorCode: x, nextStepId: end }] } }\n",
		"      on_failure:\n        action: continue\n        handlers:\n"
		"          - error_type: TimeoutError\n            error_code: x\n            to: end\n");
	says(TASK "    config: { camelCase: { nextStepId: 1 } }\n",
		"      with:\n        camelCase:\n          nextStepId: 1\n");
	says(TASK "    parallelBranches: [{ branchId: l, steps: [{ stepId: b, taskId: data.set }] }]\n"
		  "    next: [{ nextStepId: end, condition: \"1 == 1\" }, { nextStepId: end }]\n",
		"    - id: a\n      action: data.set\n    - id: a_branches\n      parallel:\n        branches:\n"
		"          - id: l\n            steps:\n              - id: b\n                action: data.set\n"
		"      next:\n        - to: end\n          when: 1 == 1\n        - to: end\n");
	/* where the place says nothing the branches wait for their task, and others for both */
	says("workflowId: w\nsteps:\n  - { stepId: z, taskId: data.set, dependsOn: [a] }\n"
	     "  - { stepId: a, taskId: data.set, order: 3, parallelBranches: [{ branchId: l, steps: "
	     "[{ stepId: b, taskId: data.set }] }] }\n",
		"    - id: z\n      action: data.set\n      depends_on: [a, a_branches]\n"
		"    - id: a\n      action: data.set\n      order: 3\n    - id: a_branches\n"
		"      order: 3\n      parallel:\n        branches:\n          - id: l\n"
		"            steps:\n              - id: b\n                action: data.set\n"
		"      depends_on: [a]\n");
	says(TASK "triggers: [{ eventPattern: \"a.*\", description: D }]\n"
		  "uiComponents: [{ componentId: c, condition: \"status == 'failed'\", context: { someKey: 1 } }]\n",
		"    - name: a.*\n      description: D\n      type: event\n  ui:\n    - component: c\n"
		"      when: \"status == 'failed'\"\n      context:\n        someKey: 1\n");
}

static void test_places(void **state)
{
	static const char text[] = "workflowId: w\nsteps:\n  - stepId: a\n    taskId: exec.run\n"
				   "    config: { command: [x] }\n    retryPolicy: { maxAttempts: many }\n";
	struct definition d;

	(void)state;
	definition_read(&d, "t.yaml", text, strlen(text));
	const struct wf_diag *found = definition_found(&d, WF_RULE_WRONG_TYPE);
	assert_string_equal(found->message, "`maxAttempts` must be an integer, here is a string");
	assert_int_equal(found->span.line, 6);
	assert_int_equal(found->span.column, 33);
	assert_string_equal(d.model->dialect, "taskflow");
	definition_done(&d);
}

/* A dialect that is named goes before the shape. */
static void test_named(void **state)
{
	static const char text[] = "steps: [{ id: a, type: data.set }]\nname: n\n";
	struct wf_source source = {"t.yaml", text, strlen(text)};
	struct wf_documents docs;
	struct wf_diags diags = {0};
	const struct wf_model_options flexprice = {.dialect = "flexprice"}, none = {.dialect = "x"};

	(void)state;
	wf_source_read(&source, WF_SYNTAX_YAML, &docs, &diags);
	struct wf_model *m = wf_model_read_with(&source, &docs.items[0], &flexprice, &diags);
	assert_non_null(m);
	assert_int_equal(diags.errors, 0);
	assert_string_equal(m->id, "n");
	wf_model_free(m);
	assert_null(wf_model_read_with(&source, &docs.items[0], &none, &diags));
	assert_int_equal(diags.errors, 1);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_plan),
		cmocka_unit_test(test_flexprice),
		cmocka_unit_test(test_taskflow),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests_name("dialect", tests, NULL, NULL);
}
