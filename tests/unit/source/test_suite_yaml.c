/*
 * The reader of YAML against yaml-test-suite. libyaml, which reads for us, fails about a fifth of
 * it; the count says where we stand. Legal YAML that definitions have no use for (tags of
 * applications, keys that are no text, keys twice) gets its own findings and does not apply.
 */
#include "source/tree.h"

#include "helpers/suite.h"

#include "base/json.h"

/* The findings about things that are legal YAML and refused here. */
static const char *refusal(const struct wf_diags *diags)
{
	static const enum wf_rule ours[] = { WF_RULE_TAG_UNKNOWN, WF_RULE_TAG_VALUE,
		WF_RULE_KEY_NOT_TEXT, WF_RULE_DUPLICATE_KEY, WF_RULE_NUMBER_RANGE, WF_RULE_EMPTY };
	const char *why = NULL;

	for (size_t i = 0; i < diags->count; i++) {
		bool is_ours = false;
		for (size_t k = 0; k < sizeof(ours) / sizeof(*ours); k++)
			is_ours = is_ours || diags->items[i].rule == ours[k];
		if (!is_ours)
			return NULL;
		why = wf_rule_info(diags->items[i].rule)->summary;
	}
	return why;
}

static bool same_documents(const struct wf_documents *docs, const json_t *wanted)
{
	if (docs->count != json_array_size(wanted))
		return false;
	for (size_t i = 0; i < docs->count; i++) {
		json_t *value = wf_node_json(docs->items[i].root);
		bool same = wf_json_equal(value, json_array_get(wanted, i));
		json_decref(value);
		if (!same)
			return false;
	}
	return true;
}

static void check(struct suite *s)
{
	json_t *text = suite_get(s, "input", "yaml"), *wanted = suite_get(s, "expect", "json_docs");
	bool error = json_is_true(suite_get(s, "expect", "error"));
	struct wf_source source = { "case", json_string_value(text), json_string_length(text) };
	struct wf_documents docs;
	struct wf_diags diags = { 0 };
	const char *why;

	wf_source_read(&source, WF_SYNTAX_YAML, &docs, &diags);
	assert_true(docs.count || diags.errors);
	if (error)
		suite_count(s, diags.errors > 0, "taken");
	else if (!diags.errors)
		suite_count(s, !wanted || same_documents(&docs, wanted), "its values differ");
	else if ((why = refusal(&diags)))
		suite_skip(s, why);
	else
		suite_count(s, false, diags.items[0].message);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
}

static void yaml(void **state)
{
	struct suite s;
	(void)state;

	suite_open(&s, "yaml_test_suite");
	while (suite_next(&s))
		check(&s);
	suite_close(&s, 193);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
