/* Real definitions of other engines: each is read, or gets a finding that says where it is wrong. */
#include "source/tree.h"

#include "helpers/suite.h"

static bool is_placed(const struct wf_source *source, const struct wf_diag *d)
{
	return d->span.line > 0 && d->span.column > 0 && d->span.end_offset <= source->len &&
		d->span.offset <= d->span.end_offset && d->message[0];
}

/* Every node lies within its parent's text or was written elsewhere by way of an alias; what is
 * plain is what stands there. */
static bool is_located(const struct wf_source *source, const struct wf_node *node)
{
	if (node->span.offset > node->span.end_offset || node->span.end_offset > source->len ||
		!node->span.line)
		return false;
	if (node->kind == WF_NODE_STRING && (node->plain || node->quoted_simple) &&
		memcmp(source->text + node->span.offset + node->quoted_simple, node->string.text,
			node->string.len) != 0)
		return false;
	if (node->kind == WF_NODE_LIST)
		for (size_t i = 0; i < node->list.count; i++)
			if (!is_located(source, node->list.items[i]))
				return false;
	if (node->kind == WF_NODE_MAP)
		for (size_t i = 0; i < node->map.count; i++)
			if (!node->map.pairs[i].key_span.line ||
				!is_located(source, node->map.pairs[i].value))
				return false;
	return true;
}

static void check(struct suite *s)
{
	json_t *text = suite_get(s, "input", "yaml");
	enum wf_syntax syntax = text ? WF_SYNTAX_YAML : WF_SYNTAX_JSON;
	if (!text)
		text = suite_get(s, "input", "json");
	char *owned = json_is_string(text) ? NULL : json_dumps(text, JSON_INDENT(2));
	struct wf_source source = { "case", owned ? owned : json_string_value(text), 0 };
	struct wf_documents docs;
	struct wf_diags diags = { 0 };
	bool good = true;

	source.len = strlen(source.text);
	wf_source_read(&source, syntax, &docs, &diags);
	for (size_t i = 0; i < diags.count; i++)
		good = good && is_placed(&source, &diags.items[i]);
	for (size_t i = 0; i < docs.count; i++)
		good = good && is_located(&source, docs.items[i].root);
	/* A real file may have a key twice, and then says so; its syntax is not to be refused. */
	for (size_t i = 0; json_is_true(suite_get(s, "expect", "parse")) && i < diags.count; i++)
		good = good && diags.items[i].rule == WF_RULE_DUPLICATE_KEY;
	suite_count(s, good && (docs.count || diags.errors),
		diags.count ? diags.items[0].message : "not placed");
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	free(owned);
}

static void corpus(void **state)
{
	struct suite s;
	(void)state;

	suite_open(&s, "corpus");
	while (suite_next(&s))
		check(&s);
	suite_close(&s, 330);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
