/* The embedded schemas: valid themselves, complete, and right about known definitions. */
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "schema/builtin.h"
#include "schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct wf_schema_options asserting = {.assert_formats = true};

/* The workflow of the first requirement. */
static const char onboarding[] =
	"{\"workflow\":{\"id\":\"wf_user_onboarding\",\"name\":\"User Onboarding\","
	"\"description\":\"Create ERP account, request approval, assign IDP role.\","
	"\"triggers\":[{\"type\":\"event\",\"name\":\"user.created\"},"
	"{\"type\":\"http\",\"path\":\"/api/workflows/wf_user_onboarding/trigger\"}],"
	"\"context\":{\"required\":[\"user.id\",\"user.email\"],\"optional\":[\"user.risk_score\"]}"
	","
	"\"steps\":[{\"id\":\"create_account\",\"action\":\"http.request\",\"with\":{\"method\":"
	"\"POST\","
	"\"url\":\"https://erp.example/api/accounts\","
	"\"headers\":{\"Content-Type\":\"application/json\"},"
	"\"body\":{\"user_id\":\"${user.id}\",\"email\":\"${user.email}\"}},"
	"\"retry\":{\"max_attempts\":3,\"backoff\":\"exponential\",\"initial_delay_ms\":500},"
	"\"timeout_ms\":5000},"
	"{\"id\":\"approval\",\"action\":\"approval.request\",\"with\":{\"policy\":\"level2\","
	"\"sla\":\"P2D\",\"approvers\":{\"dynamic\":\"team.leads(${user.id})\"}},"
	"\"on_decision\":{\"approve\":{\"transition\":\"next\"},"
	"\"reject\":{\"transition\":\"end\",\"result\":\"failed\"}}},"
	"{\"id\":\"provision_access\",\"action\":\"idp.assign_role\","
	"\"condition\":{\"when\":\"${user.risk_score} < 0.7\"},\"with\":{\"role\":\"VIEWER\"},"
	"\"retry\":{\"max_attempts\":2,\"backoff\":\"fixed\",\"delay_ms\":1000}}],"
	"\"completion\":{\"on_success\":{\"result\":\"success\"},\"on_failure\":{\"result\":"
	"\"failed\"}}}}";

/* Every key of the language at least once. */
static const char everything[] =
	"{\"workflow\":{\"id\":\"wf_user_onboarding\",\"version\":\"1.4.0\",\"name\":\"User "
	"Onboarding\","
	"\"description\":\"Create the ERP account.\","
	"\"input\":{\"type\":\"object\",\"properties\":{\"user\":{\"type\":\"object\"}}},"
	"\"triggers\":[{\"type\":\"event\",\"name\":\"user.created\",\"when\":\"${event.source} == "
	"'hr'\","
	"\"transform\":{\"type\":\"jmespath\",\"expression\":\"user\"}},"
	"{\"type\":\"http\",\"path\":\"/api/trigger\"},"
	"{\"type\":\"schedule\",\"cron\":\"0 6 * * MON-FRI\",\"timezone\":\"Europe/Berlin\","
	"\"missed\":\"catch_up\",\"input\":{}},{\"type\":\"manual\"}],"
	"\"concurrency\":{\"key\":\"${user.id}\",\"limit\":1,\"on_conflict\":\"queue\"},"
	"\"timeout\":\"P30D\",\"defaults\":{\"retry\":{\"max_attempts\":2},\"timeout\":\"PT30S\"},"
	"\"vars\":{\"region\":\"eu\"},\"correlation_id\":\"${user.id}\","
	"\"steps\":[{\"id\":\"a\",\"name\":\"A\",\"description\":\"The "
	"first.\",\"action\":\"exec.run\","
	"\"with\":{\"command\":[\"true\"]},\"condition\":{\"when\":true},\"depends_on\":[],"
	"\"next\":[{\"to\":\"b\",\"when\":\"1 == 1\"},{\"to\":\"end\"}],"
	"\"retry\":{\"max_attempts\":3,\"backoff\":\"exponential\",\"initial_delay\":\"PT0.5S\","
	"\"max_delay\":\"PT1M\",\"coefficient\":2,\"jitter\":0.5,\"on\":[\"NetworkError\"],"
	"\"except\":[\"ServerError\"]},\"timeout\":\"PT1M\",\"deadline\":\"PT1H\",\"max_visits\":3,"
	"\"on_failure\":{\"action\":\"continue\",\"to\":\"b\",\"handlers\":[{\"error_type\":"
	"\"TimeoutError\",\"error_code\":404,\"to\":\"end\"}]},"
	"\"compensate\":{\"action\":\"exec.run\",\"with\":{\"command\":[\"false\"]}},"
	"\"idempotency_key\":\"${user.id}\",\"on_crash\":\"ask\",\"output\":\"${a.stdout}\","
	"\"set\":{\"x\":1}},"
	"{\"id\":\"b\",\"parallel\":{\"branches\":[{\"id\":\"p\",\"steps\":[{\"id\":\"c\","
	"\"action\":"
	"\"data.set\",\"with\":{\"n\":1},\"set\":true}]}],\"join\":\"all\",\"limit\":2}},"
	"{\"id\":\"d\",\"foreach\":{\"items\":\"${input.list}\",\"as\":\"it\",\"index\":\"i\","
	"\"limit\":4,"
	"\"steps\":[{\"id\":\"e\",\"action\":\"fail\",\"with\":{\"message\":\"no\"}}],"
	"\"on_item_failure\":\"continue\"}}],"
	"\"on_failure\":{\"compensate\":true,\"steps\":[{\"id\":\"f\",\"action\":\"alert.emit\"}]},"
	"\"completion\":{\"on_success\":{\"result\":\"success\",\"output\":{\"a\":\"${a.stdout}\"}}"
	","
	"\"on_failure\":{\"result\":\"failed\"}},"
	"\"execution_log\":{\"level\":\"info\",\"retention\":\"P30D\",\"metadata\":[\"userId\"]},"
	"\"ui\":[{\"component\":\"form\",\"when\":\"status == 'running'\",\"priority\":1,\"context\":{}}],"
	"\"enabled\":false,\"metadata\":{\"a\":1}}}";

static json_t *builtin(const char *name)
{
	struct wf_cause cause = {0};
	const char *text;
	json_t *v = NULL;
	size_t n;

	text = wf_builtin_schema(name, &n);
	if (!text)
		fail_msg("%s is not there", name);
	assert_int_equal(strlen(text), n);
	if (wf_json_parse(text, n, &v, &cause) < 0)
		fail_msg("%s: %s", name, cause.text);
	return v;
}

static struct wf_schema *compiled(json_t *document, const char *name)
{
	struct wf_cause cause = {0};
	struct wf_schema *s = NULL;

	if (wf_schema_new(document, &asserting, &s, &cause) < 0)
		fail_msg("%s: %s", name, cause.text);
	return s;
}

/* NULL when the value fits, else the first reason. */
static char *reason(const char *name, const char *text)
{
	json_t *document = builtin(name), *value = json_loads(text, JSON_DECODE_ANY, NULL);
	struct wf_schema *s = compiled(document, name);
	struct wf_schema_issues issues = {0};
	char *ret = NULL;

	assert_non_null(value);
	if (!wf_schema_valid(s, value, &issues))
		ret = wf_schema_issue_text(&issues.items[0]);
	wf_schema_issues_done(&issues);
	wf_schema_free(s);
	json_decref(value);
	json_decref(document);
	return ret;
}

static void fits(const char *name, const char *text)
{
	char *why = reason(name, text);

	if (why)
		fail_msg("%s refuses %s: %s", name, text, why);
}

static void breaks(const char *name, const char *text, const char *why)
{
	char *told = reason(name, text);

	if (!told || strcmp(told, why) != 0)
		fail_msg("%s on %s: %s\nexpected: %s", name, text, told ? told : "fits", why);
	wf_free(told);
}

/* Schemas with an $id, which others refer to by it. */
static json_t *with_ids(void)
{
	json_t *ret = json_object();
	const char *name;

	for (size_t i = 0; (name = wf_builtin_schema_name(i)); i++) {
		json_t *document = builtin(name);
		const char *id = json_string_value(json_object_get(document, "$id"));

		if (id)
			json_object_set(ret, id, document);
		json_decref(document);
	}
	return ret;
}

static void test_all_are_schemas(void **state)
{
	json_t *meta_json =
		json_pack("{s:s}", "$ref", "https://json-schema.org/draft/2020-12/schema");
	struct wf_schema *meta = compiled(meta_json, "the metaschema");
	const char *name, *before = "";
	size_t n;

	(void)state;
	asserting.resources = with_ids();
	for (size_t i = 0; (name = wf_builtin_schema_name(i)); i++) {
		json_t *document = builtin(name);

		assert_true(strcmp(before, name) < 0);
		before = name;
		if (!wf_schema_valid(meta, document, NULL))
			fail_msg("%s is not valid against the metaschema", name);
		wf_schema_free(compiled(document, name));
		assert_true(json_is_string(json_object_get(document, "title")));
		assert_true(strncmp(name, "output/", 7) == 0 ||
			json_is_string(json_object_get(document, "description")));
		json_decref(document);
	}
	n = 7;
	assert_null(wf_builtin_schema("nothing.json", &n));
	assert_int_equal(n, 7);
	json_decref((json_t *)(uintptr_t)asserting.resources);
	asserting.resources = NULL;
	wf_schema_free(meta);
	json_decref(meta_json);
}

/* Whatever has a name has a description: the manual and editors show them. */
static void describe_all(const json_t *schema, const char *where)
{
	json_t *object = (json_t *)(uintptr_t)schema, *properties, *member;
	const char *key;
	size_t i;

	properties = json_object_get(schema, "properties");
	json_object_foreach(properties, key, member)
	{
		bool condition = strcmp(where, "if") == 0 || strcmp(where, "then") == 0;

		if (!condition && !json_is_string(json_object_get(member, "description")))
			fail_msg("%s.%s has no description", where, key);
	}
	if (json_is_array(schema))
		json_array_foreach(schema, i, member) describe_all(member, where);
	json_object_foreach(object, key, member) describe_all(member, key);
}

static void test_descriptions(void **state)
{
	const char *name;

	(void)state;
	for (size_t i = 0; (name = wf_builtin_schema_name(i)); i++) {
		json_t *document = builtin(name);

		if (strncmp(name, "output/", 7) != 0)
			describe_all(document, name);
		json_decref(document);
	}
}

static void test_orch(void **state)
{
	static const char orch[] = "orch.schema.json";

	(void)state;
	fits(orch, onboarding);
	fits(orch, everything);
	breaks(orch, "{}", "workflow is required");
	breaks(orch, "{\"workflow\":{\"id\":\"a\"}}", "workflow.steps is required");
	breaks(orch, "{\"workflow\":{\"id\":\"a\",\"steps\":[{\"id\":\"b\",\"acton\":\"fail\"}]}}",
		"workflow.steps[0].acton is not allowed here; did you mean action?");
	breaks(orch,
		"{\"workflow\":{\"id\":\"a\",\"steps\":[{\"id\":\"b\",\"action\":\"exec.run\","
		"\"with\":{\"comand\":[]}}]}}",
		"workflow.steps[0].with.comand is not allowed here; did you mean command?");
	breaks(orch,
		"{\"workflow\":{\"id\":\"a\",\"steps\":[{\"id\":\"b\",\"action\":\"x\",\"retry\":"
		"{\"max_attempts\":\"3\"}}]}}",
		"workflow.steps[0].retry.max_attempts is a string, must be an integer");
	breaks(orch,
		"{\"workflow\":{\"id\":\"a\",\"input\":{\"type\":\"strin\"},\"steps\":[{\"id\":"
		"\"b\","
		"\"action\":\"x\"}]}}",
		"workflow.input.type fits none of the forms allowed; nearest: workflow.input.type "
		"must be "
		"\"array\", \"boolean\", \"integer\", \"null\", \"number\", \"object\" or "
		"\"string\"; did "
		"you mean string?");
}

static char *text_of(const char *path)
{
	WF_AUTOBUF struct wf_buf text = {0};
	struct wf_cause cause = {0};

	if (wf_read_file(path, 1u << 20, &text, &cause) < 0)
		fail_msg("%s", cause.text);
	return wf_buf_take(&text);
}

static void test_dialects(void **state)
{
	static const char flexprice[] = "flexprice.schema.json", taskflow[] = "taskflow.schema.json";
	WF_AUTOFREE char *customer = text_of("workflows/customer_onboarding.json");
	WF_AUTOFREE char *purchase = text_of("workflows/purchase_request.json");

	(void)state;
	fits(flexprice, customer);
	fits(taskflow, purchase);
	fits(flexprice, "{\"id\":\"a\",\"trigger\":{\"type\":\"scheduled\",\"schedule\":{\"cron\":\"@daily\"},"
			"\"conditions\":null},\"steps\":[{\"id\":\"b\",\"type\":\"x\",\"condition\":{\"field\":\"a\","
			"\"operator\":\"exists\"},\"retry_policy\":{\"max_attempts\":0,"
			"\"initial_interval_seconds\":1}}],\"timeout_seconds\":0,\"created_by\":\"c\"}");
	breaks(flexprice, "{\"name\":\"a\",\"steps\":[]}", "trigger is required");
	breaks(flexprice, "{\"name\":\"a\",\"trigger\":{\"type\":\"manual\"},\"steps\":[{\"id\":\"b\","
			  "\"type\":\"exec.run\",\"config\":{\"comand\":[]}}]}",
		"steps[0].config.comand is not allowed here; did you mean command?");
	breaks(taskflow, "{\"workflowId\":\"a\"}", "steps is required");
	breaks(taskflow, "{\"workflowId\":\"a\",\"steps\":[{\"stepId\":\"b\",\"taskId\":\"x\","
			 "\"retryPolicy\":{\"max_attempts\":1}}]}",
		"steps[0].retryPolicy.max_attempts is not allowed here; did you mean maxAttempts?");
}

static void test_action_definition(void **state)
{
	static const char action[] = "action.schema.json";

	(void)state;
	fits(action, "{\"kind\":\"action\",\"id\":\"idp.assign_role\",\"perform\":{\"action\":"
		     "\"http.request\",\"with\":{\"url\":\"${input.url}\"}},\"input\":{\"type\":"
		     "\"object\"},\"defaults\":{\"retry\":{\"max_attempts\":2},\"timeout\":\"PT5S\"},"
		     "\"result\":{\"a\":\"${output.status}\"},\"on_crash\":\"ask\"}");
	breaks(action, "{\"id\":\"a\",\"perform\":{\"action\":\"b\"}}", "kind is required");
	breaks(action, "{\"kind\":\"action\",\"id\":\"a\"}", "perform is required");
	breaks(action, "{\"kind\":\"action\",\"id\":\"a\",\"perform\":{\"with\":{}}}",
		"perform.action is required");
	breaks(action,
		"{\"kind\":\"action\",\"id\":\"a\",\"perform\":{\"action\":\"b\"},\"resutl\":1}",
		"resutl is not allowed here; did you mean result?");
}

/* The hints that orch.schema.json gives for `with` are the actions' own. */
static void test_with_is_the_actions_input(void **state)
{
	json_t *orch = builtin("orch.schema.json"), *all, *branch;
	size_t i, seen = 0;

	(void)state;
	all = json_object_get(json_object_get(json_object_get(orch, "$defs"), "step"), "allOf");
	json_array_foreach(all, i, branch)
	{
		const json_t *action = wf_json_at(branch, "if.properties.action.const");
		json_t *hints = wf_json_at(branch, "then.properties.with.properties"), *input,
		       *hint;
		const char *key;
		char *name;

		if (!action)
			continue;
		name = wf_asprintf("actions/%s.input.json", json_string_value(action));
		input = builtin(name);
		assert_int_equal(json_object_size(hints),
			json_object_size(json_object_get(input, "properties")));
		json_object_foreach(hints, key,
			hint) assert_true(wf_json_equal(json_object_get(hint, "description"),
			json_object_get(json_object_get(json_object_get(input, "properties"), key),
				"description")));
		json_decref(input);
		wf_free(name);
		seen++;
	}
	assert_int_equal(seen, 11);
	json_decref(orch);
}

static void test_actions(void **state)
{
	(void)state;
	fits("actions/http.request.input.json",
		"{\"url\":\"https://x.example\",\"expect\":[200,\"2xx\"]}");
	fits("actions/http.request.input.json",
		"{\"url\":\"http://x\",\"auth\":{\"basic\":{\"user\":\"u\",\"password\":\"p\"}},"
		"\"expect\":\"200-299\",\"follow\":0,\"body\":null}");
	breaks("actions/http.request.input.json", "{\"url\":\"x\",\"body\":1,\"text\":\"a\"}",
		"the value must not have body and text together");
	breaks("actions/http.request.input.json", "{\"url\":\"x\",\"follow\":21}",
		"follow must be at most 20");
	fits("actions/exec.run.input.json", "{\"command\":[\"ls\",1],\"grace\":\"PT0.5S\"}");
	fits("actions/exec.run.input.json", "{\"shell\":\"ls\",\"success_codes\":[0,3]}");
	breaks("actions/exec.run.input.json", "{}", "the value must have command or shell");
	breaks("actions/exec.run.input.json", "{\"command\":[]}",
		"command must have at least 1 item");
	fits("actions/approval.request.input.json",
		"{\"policy\":\"level2\",\"approvers\":{\"list\":[\"a\",\"b\"]},\"sla\":\"P2D\"}");
	fits("actions/approval.request.input.json",
		"{\"groups\":[{\"approvers\":{\"fallback\":{\"dynamic\":\"a()\"}}}],\"escalations\":"
		"[{\"after\":\"PT1H\",\"decide\":\"reject\"}]}");
	breaks("actions/approval.request.input.json", "{\"policy\":\"\",\"approvers\":{}}",
		"policy must not be empty");
	breaks("actions/approval.request.input.json",
		"{\"quorum\":1,\"approvers\":{},\"escalations\":[{\"after\":\"PT1H\"}]}",
		"escalations[0] must have notify, add_approvers, escalate_to or decide");
	breaks("actions/wait.signal.input.json", "{}", "name is required");
	breaks("actions/wait.timer.input.json", "{\"duration\":\"PT1S\",\"until\":0}",
		"the value must have only one of duration or until");
	fits("actions/data.set.input.json", "{\"anything\":[1]}");
	fits("actions/fail.input.json", "{\"error_type\":\"QuotaError\",\"code\":\"q1\"}");
	fits("actions/http.request.output.json", "{\"status\":200,\"headers\":{},\"body\":null}");
	fits("actions/exec.run.output.json", "{\"exit_code\":0,\"stdout\":{},\"stderr\":\"\"}");
	fits("actions/approval.request.output.json",
		"{\"decision\":\"approve\",\"decided_by\":\"a\",\"decided_at\":\"2026-11-20T09:12:"
		"05.123Z\","
		"\"decisions\":[{\"by\":\"a\",\"decision\":\"approve\",\"at\":\"2026-11-20T09:12:"
		"05Z\"}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_are_schemas),
		cmocka_unit_test(test_descriptions),
		cmocka_unit_test(test_orch),
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_action_definition),
		cmocka_unit_test(test_with_is_the_actions_input),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
