/*
 * The JMESPath compliance suite and its community's. Where both want something else of one expression the
 * standard's is done; where the community's files contradict each other, one of them.
 */
#include "base/err.h"
#include "base/json.h"
#include "query/query.h"

#include "helpers/suite.h"

#define PASSES 755

/* The value, or the fault's code as a string. */
static bool agrees(const json_t *expect, int err, const json_t *value,
	const struct wf_query_fault *fault)
{
	const char *code = json_string_value(json_object_get(expect, "error"));
	if (json_object_get(expect, "bench"))
		return !err;
	if (code)
		return err && !strcmp(code, fault->code);
	return !err && wf_json_equal(value, json_object_get(expect, "result"));
}

static void run_case(struct suite *s)
{
	const char *text = json_string_value(suite_get(s, "input", "expression"));
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	json_t *value = NULL;
	int err = wf_query_parse(WF_QUERY_JMESPATH, text, strlen(text), &q, &fault);
	if (!err) {
		struct wf_query_env env = {
			.input = suite_get(s, "input", "given"), .steps_left = 1000000};
		err = wf_query_run(q, &env, &value, &fault);
	}
	bool good = agrees(json_object_get(s->row, "expect"), err, value, &fault);
	const json_t *other = json_object_get(s->row, "expect_community");
	if (!good && other && !suite_has_tag(s, "core"))
		good = agrees(other, err, value, &fault);
	char *got = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
	suite_count(s, good, err ? fault.code : got);
	if (!good && getenv("WFCTL_SUITES_VERBOSE"))
		printf("  %s: %s\n", text, err ? fault.message : "");
	free(got);
	json_decref(value);
	wf_query_fault_done(&fault);
	wf_query_free(q);
}

static void test_suite(void **state)
{
	struct suite s;
	(void)state;
	suite_open(&s, "jmespath");
	while (suite_next(&s))
		run_case(&s);
	suite_close(&s, PASSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_suite)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
