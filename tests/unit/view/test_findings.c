/* Findings in each form. */
#include "view_test.h"

#include "view/findings.h"

static const char text[] = "first\n"
			   "\taccount: \"${create_acount.id}\"\n"
			   "grün: 日本 x\n"
			   "last";
static const struct wf_source source = { "flows/a.yaml", text, sizeof(text) - 1 };

/* A finding on a part of the text that occurs once. */
static struct wf_diag finding(const char *part, uint32_t line, uint32_t column)
{
	static char message[] = "it is wrong";
	const char *at = strstr(text, part);
	uint32_t offset = (uint32_t)(at - text), n = (uint32_t)strlen(part);
	return (struct wf_diag){ .rule = WF_RULE_LIMIT, .severity = WF_SEV_ERROR, .source = &source,
		.span = { line, column, line, column + n, offset, offset + n },
		.message = message };
}

static void test_text(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_style style = { 0 };
	struct wf_diag d = finding("create_acount", 2, 14);
	char hint[] = "did you mean `create_account`?", fix[] = "create_account", message[] = "bad";
	d.message = message;
	d.hint = hint;
	d.fix = fix;
	wf_view_finding(&d, &style, &b);
	assert_text(&b, "flows/a.yaml:2:14: error[limit]: bad; did you mean `create_account`?\n"
			"    2 |     account: \"${create_acount.id}\"\n"
			"      |                 ^^^^^^^^^^^^^\n"
			"   = fix: create_account\n");
	wf_buf_done(&b);
}

static void test_wide_characters(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_diag d = finding("x\nlast", 3, 10);
	char message[] = "bad";
	d.message = message;
	d.span.end_offset = d.span.offset + 1;
	d.severity = WF_SEV_WARNING;
	wf_view_finding(&d, NULL, &b);
	assert_text(&b, "flows/a.yaml:3:10: warning[limit]: bad\n"
			"    3 | grün: 日本 x\n"
			"      |            ^\n");
	/* the caret lies below a wide character whole */
	d = finding("日本", 3, 7);
	d.message = message;
	d.severity = WF_SEV_NOTE;
	wf_view_finding(&d, NULL, &b);
	assert_text(&b, "flows/a.yaml:3:7: note[limit]: bad\n"
			"    3 | grün: 日本 x\n"
			"      |       ^^^^\n");
	wf_buf_done(&b);
}

static void test_whole_file_and_end(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	char message[] = "bad\033[2J";
	struct wf_diag d = { .rule = WF_RULE_FILE, .severity = WF_SEV_ERROR, .source = &source,
		.message = message };
	wf_view_finding(&d, NULL, &b);
	assert_text(&b, "flows/a.yaml: error[file]: bad\xef\xbf\xbd[2J\n");
	/* behind the last character */
	d.span = (struct wf_span){ 4, 5, 4, 5, sizeof(text) - 1, sizeof(text) - 1 };
	message[3] = 0;
	wf_view_finding(&d, NULL, &b);
	assert_text(&b, "flows/a.yaml:4:5: error[file]: bad\n"
			"    4 | last\n"
			"      |     ^\n");
	/* over the end of its line: only the line's part is marked */
	d.span = (struct wf_span){ 1, 3, 2, 4, 2, 9 };
	wf_view_finding(&d, NULL, &b);
	assert_text(&b, "flows/a.yaml:1:3: error[file]: bad\n"
			"    1 | first\n"
			"      |   ^^^\n");
	wf_buf_done(&b);
}

/* A line of a megabyte is shown around the caret. */
static void test_long_line(void **state)
{
	(void)state;
	size_t n = 1000000;
	char *line = wf_alloc(n);
	memset(line, 'a', n);
	memcpy(line + 500000, "HERE", 4);
	struct wf_source s = { "-", line, n };
	char message[] = "bad";
	struct wf_diag d = { .rule = WF_RULE_LIMIT, .source = &s, .message = message,
		.span = { 1, 500001, 1, 500005, 500000, 500004 } };
	struct wf_buf b = { 0 };
	wf_view_finding(&d, NULL, &b);
	assert_true(b.len < 600);
	assert_non_null(strstr(b.data, "(standard input):1:500001"));
	const char *shown = strstr(b.data, "HERE"), *caret = strstr(b.data, "^^^^");
	assert_non_null(shown);
	assert_non_null(caret);
	/* the caret stands below: the shown line has one "…" of three bytes before it */
	const char *first = strchr(b.data, '\n') + 1, *second = strrchr(b.data, '|') - 6;
	assert_int_equal(shown - first - 2, caret - second);
	wf_buf_done(&b);
	wf_free(line);
}

static void test_json(void **state)
{
	(void)state;
	struct wf_diag d = finding("create_acount", 2, 14);
	json_t *o = wf_view_finding_json(&d);
	assert_int_equal(json_integer_value(json_object_get(o, "line")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "end_column")), 27);
	assert_string_equal(json_string_value(json_object_get(o, "rule")), "limit");
	assert_true(json_is_null(json_object_get(o, "fix")));
	json_decref(o);
}

static void test_github(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_diag d = finding("create_acount", 2, 14);
	char message[] = "100% wrong:\nreally, yes";
	d.message = message;
	struct wf_source odd = { "a,b:c.yaml", text, sizeof(text) - 1 };
	d.source = &odd;
	wf_view_finding_github(&d, &b);
	assert_text(&b, "::error file=a%2Cb%3Ac.yaml,line=2,col=14,endLine=2,endColumn=27,title=limit::"
			"100%25 wrong:%0Areally, yes\n");
	wf_buf_done(&b);
}

static void test_sarif(void **state)
{
	(void)state;
	struct wf_diag d = finding("create_acount", 2, 14);
	char fix[] = "create_account", name[] = "with space.yaml";
	struct wf_source spaced = { name, text, sizeof(text) - 1 };
	d.fix = fix;
	d.source = &spaced;
	json_t *results = json_array();
	json_array_append_new(results, wf_view_sarif_result(&d));
	json_t *log = wf_view_sarif("1.2.3", results);
	assert_string_equal(json_string_value(wf_json_at(log, "version")), "2.1.0");
	assert_string_equal(json_string_value(wf_json_at(log, "runs[0].tool.driver.version")), "1.2.3");
	assert_int_equal(json_array_size(wf_json_at(log, "runs[0].tool.driver.rules")), WF_RULE_COUNT_);
	const json_t *result = wf_json_at(log, "runs[0].results[0]");
	/* ruleIndex leads to the rule of that id */
	json_int_t index = json_integer_value(json_object_get(result, "ruleIndex"));
	const json_t *rule = json_array_get(wf_json_at(log, "runs[0].tool.driver.rules"), (size_t)index);
	assert_string_equal(json_string_value(json_object_get(rule, "id")), "limit");
	assert_string_equal(json_string_value(wf_json_at(result,
				    "locations[0].physicalLocation.artifactLocation.uri")),
		"with%20space.yaml");
	assert_string_equal(json_string_value(wf_json_at(result,
				    "fixes[0].artifactChanges[0].replacements[0].insertedContent.text")),
		"create_account");
	json_decref(log);
	json_decref(results);
}

static void test_summary(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_style style = { 0 };
	wf_view_lint_summary(12, 1, 1, 0, "binding-unknown", &style, &b);
	assert_text(&b, "12 definitions: 1 error, 1 warning   (wfctl explain binding-unknown)");
	wf_view_lint_summary(1, 0, 0, 2, NULL, &style, &b);
	assert_text(&b, "1 definition: no errors, no warnings, 2 notes");
	wf_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text), cmocka_unit_test(test_wide_characters),
		cmocka_unit_test(test_whole_file_and_end), cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_json), cmocka_unit_test(test_github), cmocka_unit_test(test_sarif),
		cmocka_unit_test(test_summary),
	};
	return cmocka_run_group_tests_name("view findings", tests, NULL, NULL);
}
