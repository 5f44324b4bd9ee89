/*
 * The reader of JSON against JSONTestSuite. What is legal JSON must not get a finding about its
 * syntax; that a NUL, a key twice or nesting beyond our bound is refused for other reasons is ours.
 */
#include "source/tree.h"

#include "helpers/suite.h"

#include <sodium.h>

struct verdict {
	bool syntax_error, refused;
};

static struct verdict read_text(const char *text, size_t len)
{
	struct wf_source source = { "case", text, len };
	struct wf_documents docs;
	struct wf_diags diags = { 0 };
	struct verdict v = { false, false };

	wf_source_read(&source, WF_SYNTAX_JSON, &docs, &diags);
	for (size_t i = 0; i < diags.count; i++) {
		v.refused = true;
		v.syntax_error = v.syntax_error || diags.items[i].rule == WF_RULE_JSON_SYNTAX ||
			diags.items[i].rule == WF_RULE_EMPTY;
	}
	/* A value there is, or a reason why not. */
	assert_true(docs.count || diags.errors);
	for (size_t i = 0; i < docs.count; i++)
		json_decref(wf_node_json(docs.items[i].root));
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return v;
}

static void check(struct suite *s, const char *text, size_t len)
{
	json_t *accept = suite_get(s, "expect", "accept");
	struct verdict v = read_text(text, len);

	if (json_is_null(accept))
		suite_skip(s, v.refused ? "left open by RFC 8259; refused" : "left open by RFC 8259; taken");
	else if (json_is_false(accept))
		suite_count(s, v.refused, "taken");
	else if (v.refused && !v.syntax_error)
		suite_skip(s, "legal JSON that cannot be kept");
	else
		suite_count(s, !v.refused, "refused");
}

static void json(void **state)
{
	struct suite s;
	(void)state;

	suite_open(&s, "jsontestsuite");
	while (suite_next(&s)) {
		json_t *b64 = suite_get(&s, "input", "b64");
		size_t room = json_string_length(b64) + 1, len;
		char *text = malloc(room);
		assert_int_equal(sodium_base642bin((unsigned char *)text, room, json_string_value(b64),
					 json_string_length(b64), NULL, &len, NULL,
					 sodium_base64_VARIANT_ORIGINAL),
			0);
		check(&s, text, len);
		free(text);
	}
	suite_close(&s, 191);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
