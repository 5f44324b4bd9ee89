/* The JSON Schema Test Suite, draft 2020-12, from the folder of third-party suites. */
#include "base/mem.h"
#include "helpers/suite_lines.h"
#include "schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Passes may not fall below these. */
#define REQUIRED_PASSES 939
#define FORMAT_PASSES 484
#define OPTIONAL_PASSES 102

struct count {
	unsigned passed, failed, not_applicable;
};

/* What the cases under these names want is not here, and why. */
static const struct {
	const char *id, *why;
} elsewhere[] = {
	{"draft2020-12/optional/cross-draft", "another draft, which is fetched"},
};

static int load(void **state)
{
	*state = suite_load("jsts_draft2020_12.jsonl", "jsts.remotes.jsonl", "uri", "schema");
	return 0;
}

static int unload(void **state)
{
	suite_free(*state);
	return 0;
}

static const char *reason_elsewhere(const char *id)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (strncmp(id, elsewhere[i].id, strlen(elsewhere[i].id)) == 0)
			return elsewhere[i].why;
	return NULL;
}

static void run_case(const struct suite *s, const json_t *test, bool formats, struct count *count)
{
	const char *id = json_string_value(json_object_get(test, "id"));
	const char *text = json_string_value(json_object_get(test, "input_text"));
	bool expected = json_is_true(json_object_get(json_object_get(test, "expect"), "valid"));
	struct wf_schema_options options = {.assert_formats = formats, .resources = s->beside};
	struct wf_schema_issues issues = {0};
	struct wf_schema *schema = NULL;
	struct wf_cause cause = {0};
	const char *why = reason_elsewhere(id);
	json_t *input, *data;
	bool valid, quiet;
	int err;

	if (why) {
		count->not_applicable++;
		return;
	}
	input = json_incref(json_object_get(test, "input"));
	if (text) {
		input = suite_parse(text, strlen(text), 0);
		if (!input) /* integers that have more than 64 bits */
			input = suite_parse(text, strlen(text), JSON_DECODE_INT_AS_REAL);
	}
	data = json_object_get(input, "data");
	err = wf_schema_new(json_object_get(input, "schema"), &options, &schema, &cause);
	if (err < 0) {
		print_message("%s: the schema is refused: %s\n", id, cause.text);
		count->failed++;
		json_decref(input);
		return;
	}
	valid = wf_schema_valid(schema, data, &issues);
	quiet = wf_schema_valid(schema, data, NULL);
	if (valid == expected && quiet == valid && (valid ? !issues.count : issues.count > 0)) {
		count->passed++;
	} else {
		print_message("%s (%s): %s, expected %s; %zu reasons%s%s\n", id,
			json_string_value(json_object_get(test, "note")),
			valid ? "valid" : "invalid", expected ? "valid" : "invalid", issues.count,
			issues.count ? ", first: " : "",
			issues.count ? issues.items[0].message : "");
		count->failed++;
	}
	wf_schema_issues_done(&issues);
	wf_schema_free(schema);
	json_decref(input);
}

static void run_group(void **state, const char *tag, bool formats, unsigned least)
{
	struct suite *s = *state;
	const char *at = s->text.data, *line;
	struct count count = {0};
	size_t n;

	if (!s->text.len) {
		print_message("suite jsonschema %s: not run, no folder of suites\n", tag);
		skip();
	}
	while ((line = suite_line(&at, s->text.data + s->text.len, &n))) {
		json_t *test = suite_parse(line, n, 0);
		const char *first =
			json_string_value(json_array_get(json_object_get(test, "tags"), 0));

		if (first && strcmp(first, tag) == 0)
			run_case(s, test, formats, &count);
		json_decref(test);
	}
	print_message("suite jsonschema %s: %u passed, %u failed, %u not applicable\n", tag,
		count.passed, count.failed, count.not_applicable);
	assert_true(count.passed >= least);
}

static void test_required(void **state)
{
	run_group(state, "required", false, REQUIRED_PASSES);
}

static void test_format(void **state)
{
	run_group(state, "format", true, FORMAT_PASSES);
}

static void test_optional(void **state)
{
	run_group(state, "optional", false, OPTIONAL_PASSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_optional),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
