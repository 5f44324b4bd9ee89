/* The orch reader: what of a definition arrives in the model, and what is found in it. */
#include "unit/definition.h"

#include "base/json.h"
#include "model/read.h"

#define WORKFLOW "workflow:\n  id: w\n"
#define STEPS "  steps:\n"
#define STEP "    - id: a\n      action: data.set\n"

static void read_text(struct definition *d, const char *text)
{
	definition_read(d, "t.yaml", text, strlen(text));
}

static void test_identity(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, "workflow:\n  id: wf.user-1\n  version: 1.4.0-rc.1+b7\n  name: N\n"
		      "  description: D\n  timeout: P1DT1S\n  correlation_id: \"x-${user.id}\"\n"
		      "  vars: { n: 1 }\n" STEPS STEP);
	definition_clean(&d);
	assert_string_equal(d.model->id, "wf.user-1");
	assert_string_equal(d.model->version, "1.4.0-rc.1+b7");
	assert_string_equal(d.model->name, "N");
	assert_string_equal(d.model->description, "D");
	assert_int_equal(d.model->timeout_ms, 86401000);
	assert_non_null(d.model->correlation.expr);
	assert_int_equal(json_integer_value(json_object_get(d.model->vars, "n")), 1);
	assert_string_equal(d.model->success_result, "success");
	assert_string_equal(d.model->failure_result, "failed");
	assert_int_equal(wf_model_find_step(d.model, "a"), 0);
	assert_int_equal(wf_model_find_step(d.model, "b"), WF_NONE);
	definition_done(&d);
}

static void test_semver(void **state)
{
	static const char *const good[] = {"0.0.0", "1.4.0", "10.20.30", "1.0.0-alpha",
		"1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x-y-z.--", "1.0.0+20130313", "1.0.0+001",
		"1.0.0-beta+exp.sha.5114f85"};
	static const char *const bad[] = {"", "1", "1.4", "v1.4.0", "1.4.0.1", "01.4.0", "1.04.0",
		"1.4.0-", "1.4.0+", "1.4.0-01", "1.4.0-a..b", "1.4.0-a_b", "1.4.0 ", "1.4.x",
		"-1.0.0", "1.4.0-a+b+c"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!wf_read_semver(good[i]))
			fail_msg("%s is a version", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (wf_read_semver(bad[i]))
			fail_msg("%s is no version", bad[i]);
}

static void test_ids(void **state)
{
	char longest[300];

	(void)state;
	memset(longest, 'a', sizeof longest);
	longest[255] = '\0';
	assert_true(wf_read_valid_id(longest, false));
	longest[255] = 'a';
	longest[256] = '\0';
	assert_false(wf_read_valid_id(longest, false));
	assert_true(wf_read_valid_id("_a-1", false));
	assert_true(wf_read_valid_id("a.b", true));
	assert_false(wf_read_valid_id("a.b", false));
	assert_false(wf_read_valid_id("", false));
	assert_false(wf_read_valid_id("1a", true));
	assert_false(wf_read_valid_id("a b", true));
	assert_false(wf_read_valid_id("\xc3\xa4", true));
}

static void test_context(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, WORKFLOW "  context: { required: [user.id, user.email, order], "
			       "optional: [user.risk, extra.a] }\n" STEPS STEP);
	definition_clean(&d);
	WF_AUTOFREE char *text = wf_json_text(d.model->input_schema);
	assert_string_equal(text,
		"{\"type\":\"object\",\"properties\":{\"user\":{\"type\":\"object\",\"properties\":"
		"{\"id\":{},\"email\":{},\"risk\":{}},\"required\":[\"id\",\"email\"]},\"order\":{}"
		","
		"\"extra\":{\"type\":\"object\",\"properties\":{\"a\":{}}}},"
		"\"required\":[\"user\",\"order\"]}");
	assert_int_equal(d.model->optional_count, 2);
	assert_string_equal(d.model->optional_paths[0], "user.risk");
	definition_done(&d);
}

static void test_retry(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, WORKFLOW
		"  defaults: { retry: { max_attempts: 7 }, timeout_ms: 250 }\n" STEPS
		"    - id: a\n      action: exec.run\n      with: { shell: \"true\" }\n"
		"      retry: { max_attempts: 4, backoff: exponential, initial_delay: PT0.5S, "
		"max_delay_ms: 8000, coefficient: 1.5, jitter: 0.25, on: [TimeoutError], "
		"except: [ExecError, NetworkError] }\n      timeout: PT2S\n      deadline_ms: "
		"60000\n"
		"    - id: b\n      action: exec.run\n      with: { shell: \"true\", idempotent: "
		"true }\n"
		"    - id: c\n      action: data.set\n"
		"    - id: e\n      action: exec.run\n      with: { shell: \"true\" }\n"
		"      on_crash: fail\n      retry: { delay_ms: 10, jitter: true }\n");
	definition_clean(&d);
	const struct wf_model_step *s = d.model->steps;
	assert_int_equal(s[0].retry.max_attempts, 4);
	assert_int_equal(s[0].retry.backoff, WF_BACKOFF_EXPONENTIAL);
	assert_int_equal(s[0].retry.initial_ms, 500);
	assert_int_equal(s[0].retry.max_ms, 8000);
	assert_int_equal(s[0].retry.coefficient_milli, 1500);
	assert_int_equal(s[0].retry.jitter_milli, 250);
	assert_int_equal(s[0].retry.on_types, 1u << WF_ERROR_TIMEOUT);
	assert_int_equal(s[0].retry.except_types, 1u << WF_ERROR_EXEC | 1u << WF_ERROR_NETWORK);
	assert_int_equal(s[0].timeout_ms, 2000);
	assert_int_equal(s[0].deadline_ms, 60000);
	assert_int_equal(s[0].on_crash, WF_ON_CRASH_ASK);
	/* The defaults, for effects only. */
	assert_int_equal(s[1].retry.max_attempts, 7);
	assert_int_equal(s[1].timeout_ms, 250);
	assert_int_equal(s[1].on_crash, WF_ON_CRASH_RETRY);
	assert_int_equal(s[2].retry.max_attempts, 1);
	assert_int_equal(s[2].timeout_ms, 0);
	assert_int_equal(s[3].retry.max_attempts, 3);
	assert_int_equal(s[3].retry.initial_ms, 10);
	assert_int_equal(s[3].retry.jitter_milli, 500);
	assert_int_equal(s[3].on_crash, WF_ON_CRASH_FAIL);
	definition_done(&d);
}

static void test_flow_keys(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, WORKFLOW STEPS
		"    - id: a\n      action: approval.request\n      condition: { when: \"x > 1\" "
		"}\n"
		"      with: { approvers: { list: [ann] } }\n"
		"      on_decision: { approve: { transition: next }, "
		"reject: { transition: end, result: failed } }\n"
		"    - id: b\n      action: data.set\n      max_visits: 3\n"
		"      next: [{ to: a, when: \"y\" }, { to: end }]\n"
		"      on_failure: { handlers: [{ error_type: TimeoutError, to: a }, "
		"{ error_code: 503, to: end }], action: continue, to: a }\n");
	definition_clean(&d);
	const struct wf_model_step *a = &d.model->steps[0], *b = &d.model->steps[1];
	assert_non_null(a->condition.expr);
	assert_int_equal(a->on_approve.to.kind, WF_TO_NEXT);
	assert_int_equal(a->on_reject.to.kind, WF_TO_END);
	assert_string_equal(a->on_reject.result, "failed");
	assert_false(wf_model_ends_well(d.model, &a->on_reject, false));
	assert_int_equal(b->max_visits, 3);
	assert_int_equal(b->next_count, 2);
	assert_string_equal(b->next[0].to.id, "a");
	assert_non_null(b->next[0].when.expr);
	assert_null(b->next[1].when.node);
	assert_int_equal(b->next[1].to.kind, WF_TO_END);
	assert_int_equal(b->handler_count, 2);
	assert_string_equal(b->handlers[0].error_type, "TimeoutError");
	assert_null(b->handlers[0].error_code);
	assert_string_equal(b->handlers[1].error_code, "503");
	assert_int_equal(b->failure_action, WF_FAIL_CONTINUE);
	assert_string_equal(b->failure_to.id, "a");
	definition_done(&d);
}

static void test_extra_is_kept(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, WORKFLOW "  triggers: [{ type: manual }]\n  ui: [{ component: a }]\n" STEPS STEP);
	definition_clean(&d);
	assert_int_equal(d.diags.notes, 0);
	WF_AUTOFREE char *text = wf_json_text(d.model->extra);
	assert_string_equal(text, "{\"triggers\":[{\"type\":\"manual\"}],\"ui\":[{\"component\":\"a\"}]}");
	definition_done(&d);
}

static void test_did_you_mean(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, WORKFLOW STEPS "    - id: a\n      acton: data.set\n");
	const struct wf_diag *found = definition_found(&d, WF_RULE_UNKNOWN_KEY);
	assert_int_equal(found->span.line, 5);
	assert_int_equal(found->span.column, 7);
	assert_int_equal(found->span.end_column, 12);
	assert_string_equal(found->hint, "did you mean `action`?");
	assert_string_equal(found->fix, "action");
	/* it is one mistake: that there is no `action` is not told besides */
	assert_int_equal(d.diags.errors, 1);
	definition_done(&d);
	read_text(&d, WORKFLOW STEPS "    - id: a\n      foo: data.set\n");
	(void)definition_found(&d, WF_RULE_MISSING_KEY);
	definition_done(&d);
}

/* Wherever a value of any type is put, the reader finds fault or takes it, and goes on. */
static void test_any_type_anywhere(void **state)
{
	static const char *const values[] = {"null", "true", "1", "1.5", "text", "\"${\"", "[]",
		"[1]", "[[]]", "{}", "{ a: 1 }", "[{}]"};
	static const char *const keys[] = {"id", "version", "name", "description", "input",
		"context", "triggers", "policies", "concurrency", "timeout", "timeout_ms", "defaults", "vars",
		"steps", "on_failure", "completion", "execution_log", "ui", "correlation_id"};
	static const char *const step_keys[] = {"id", "name", "action", "with", "condition",
		"depends_on", "next", "parallel", "foreach", "retry", "timeout", "timeout_ms",
		"deadline", "max_visits", "on_failure", "on_decision", "compensate",
		"idempotency_key", "on_crash", "output", "set"};
	static const char *const actions[] = {"approval.request", "data.transform", "fail"};

	(void)state;
	for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			WF_AUTOFREE char *text =
				wf_asprintf("workflow:\n  %s: %s\n", keys[k], values[v]);
			struct definition d;
			read_text(&d, text);
			definition_done(&d);
		}
		for (size_t k = 0; k < sizeof step_keys / sizeof *step_keys; k++)
			for (size_t a = 0; a < sizeof actions / sizeof *actions; a++) {
				bool same = strcmp(step_keys[k], "action") == 0;
				WF_AUTOFREE char *text =
					wf_asprintf("workflow:\n  id: w\n  steps:\n    - %s: %s\n  "
						    "    %s: %s\n",
						step_keys[k], values[v], same ? "id" : "action",
						same ? "x" : actions[a]);
				struct definition d;
				read_text(&d, text);
				definition_done(&d);
			}
	}
}

/* Lists in lists: the order of the text, what belongs where, what follows what. */
static void test_lists(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, WORKFLOW
		"  concurrency: { steps: 4 }\n" STEPS STEP
		"    - id: fan\n      parallel:\n        join: any\n        limit: 2\n        branches:\n"
		"          - id: left\n            steps:\n"
		"              - { id: l1, action: data.set }\n"
		"              - id: l2\n                foreach:\n"
		"                  { items: [1], as: x, index: n, limit: 3, on_item_failure: continue,\n"
		"                    steps: [{ id: deep, action: data.set }] }\n"
		"              - { id: l3, action: data.set }\n"
		"          - { id: right, steps: [{ id: r1, action: data.set }] }\n"
		"    - { id: b, action: data.set, depends_on: [a, fan], order: 3 }\n"
		"  on_failure: { compensate: false, steps: [{ id: tell, action: data.set }] }\n");
	definition_clean(&d);
	static const struct {
		const char *id;
		uint32_t block, follow, beyond;
	} expected[] = {
		{"a", 0, 1, 1}, {"fan", 0, 7, 7}, {"l1", 1, 3, 3}, {"l2", 1, 5, 5},
		{"deep", 3, WF_NONE, 5}, {"l3", 1, WF_NONE, 6}, {"r1", 2, WF_NONE, 7},
		{"b", 0, WF_NONE, 8}, {"tell", 4, WF_NONE, 9},
	};
	const struct wf_model *m = d.model;
	assert_int_equal(m->step_count, 9);
	for (uint32_t i = 0; i < m->step_count; i++) {
		assert_string_equal(m->steps[i].id, expected[i].id);
		assert_int_equal(m->steps[i].block, expected[i].block);
		assert_int_equal(m->steps[i].follow, expected[i].follow);
		assert_int_equal(m->steps[i].beyond, expected[i].beyond);
	}
	assert_int_equal(m->block_count, 5);
	assert_int_equal(m->handler, 4);
	assert_int_equal(m->side_by_side, 4);
	assert_false(m->compensates);
	assert_true(m->blocks[0].depends);
	assert_false(m->blocks[1].depends);
	assert_int_equal(m->blocks[3].owner, 3);
	assert_int_equal(m->blocks[3].depth, 2);
	assert_string_equal(m->blocks[2].id, "right");
	const struct wf_model_fork *fan = m->steps[1].fork, *each = m->steps[3].fork;
	assert_int_equal(fan->needed, 1);
	assert_int_equal(fan->limit, 2);
	assert_int_equal(fan->block_count, 2);
	assert_int_equal(each->limit, 3);
	assert_true(each->go_on);
	assert_string_equal(each->as, "x");
	assert_string_equal(each->index, "n");
	assert_int_equal(m->steps[7].depends_on_count, 2);
	assert_int_equal(m->steps[7].order, 3);
	assert_int_equal(m->steps[1].order, INT64_MAX);
	definition_done(&d);
}

static void test_compensate(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, WORKFLOW "  defaults: { retry: { max_attempts: 4 } }\n" STEPS
		"    - id: pay\n      action: exec.run\n      with: { command: [pay] }\n"
		"      compensate: { action: exec.run, with: { command: [refund] }, timeout: PT5S, on_crash: retry }\n"
		"    - { id: kept, action: exec.run, with: { command: [x] }, compensate: false }\n");
	definition_clean(&d);
	const struct wf_model_step *pay = &d.model->steps[0], *kept = &d.model->steps[1];
	assert_non_null(pay->compensate);
	assert_string_equal(pay->compensate->id, "pay.undo");
	assert_int_equal(pay->compensate->action, WF_ACT_EXEC_RUN);
	assert_int_equal(pay->compensate->timeout_ms, 5000);
	assert_int_equal(pay->compensate->retry.max_attempts, 4);
	assert_int_equal(pay->compensate->on_crash, WF_ON_CRASH_RETRY);
	assert_false(pay->keeps);
	assert_null(kept->compensate);
	assert_true(kept->keeps);
	assert_int_equal(d.model->step_count, 2);
	definition_done(&d);
}

static void test_other_documents(void **state)
{
	static const struct {
		const char *text;
		enum wf_rule rule;
	} cases[] = {
		{"just text", WF_RULE_NOT_A_WORKFLOW},
		{"[1]", WF_RULE_NOT_A_WORKFLOW},
		{"workflow: 3", WF_RULE_NOT_A_WORKFLOW},
		{"id: a\nsteps: []", WF_RULE_NOT_A_WORKFLOW},
		{"kind: flow\nid: a", WF_RULE_NOT_A_WORKFLOW},
		{"workflowId: a\nworkflow: {}", WF_RULE_DIALECT_MIXED},
		{"trigger: a\nworkflowId: a\nsteps: []", WF_RULE_DIALECT_MIXED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct definition d;

		read_text(&d, cases[i].text);
		assert_null(d.model);
		(void)definition_found(&d, cases[i].rule);
		definition_done(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_semver),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_flow_keys),
		cmocka_unit_test(test_extra_is_kept),
		cmocka_unit_test(test_did_you_mean),
		cmocka_unit_test(test_any_type_anywhere),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_compensate),
		cmocka_unit_test(test_other_documents),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
