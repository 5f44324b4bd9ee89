/*
 * JSON Schema: a schema and an instance, on two lines. The verdict does not depend on whether
 * reasons are asked for; every invalid value has a reason; defaults and types are taken from any
 * schema that compiles.
 */
#include "fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "expr/type.h"
#include "schema/schema.h"

static void judge(const struct wf_schema *schema, const json_t *value)
{
	struct wf_schema_issues issues = {0};
	bool valid = wf_schema_valid(schema, value, NULL);
	FUZZ_CHECK(wf_schema_valid(schema, value, &issues) == valid);
	FUZZ_CHECK(valid == !issues.count);
	for (size_t i = 0; i < issues.count; i++) {
		WF_AUTOFREE char *text = wf_schema_issue_text(&issues.items[i]);
		FUZZ_CHECK(text && text[0]);
	}
	wf_schema_issues_done(&issues);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *line = n ? memchr(data, '\n', n) : NULL;
	json_t *document = NULL, *value = NULL;
	if (!line || wf_json_parse((const char *)data, (size_t)(line - data), &document, NULL))
		return 0;
	(void)wf_json_parse((const char *)line + 1, n - (size_t)(line - data) - 1, &value, NULL);
	for (int formats = 0; formats < 2; formats++) {
		struct wf_schema_options options = {.assert_formats = formats};
		struct wf_schema *schema = NULL;
		struct wf_cause cause = {0};
		int err = wf_schema_new(document, &options, &schema, &cause);
		FUZZ_CHECK(err == 0 || cause.text[0]);
		if (err)
			continue;
		if (value) {
			judge(schema, value);
			json_t *filled = json_deep_copy(value);
			wf_schema_apply_defaults(schema, filled);
			judge(schema, filled);
			json_decref(filled);
		}
		struct wf_arena *arena = wf_arena_new();
		char name[100];
		wf_type_name(wf_type_of_schema(arena, document, formats), name, sizeof(name));
		wf_arena_free(arena);
		wf_schema_free(schema);
	}
	json_decref(document);
	json_decref(value);
	return 0;
}
