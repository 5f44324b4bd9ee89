/* What JSON Schemas and values say of types. */
#include "expr/type.h"

#include "base/buf.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A type as text: "{id: string, note: string?, …} or null"; "…" when other members may be there. */
static void show(const struct wf_type *t, struct wf_buf *out)
{
	char name[96];
	wf_type_name(t, name, sizeof(name));
	wf_buf_addstr(out, name);
	if ((t->kinds & WF_T_LIST) && t->element) {
		wf_buf_addstr(out, "<");
		show(t->element, out);
		wf_buf_addstr(out, ">");
	}
	if ((t->kinds & WF_T_MAP) && (t->member_count || t->closed)) {
		wf_buf_addstr(out, "{");
		for (uint32_t i = 0; i < t->member_count; i++) {
			wf_buf_printf(out, "%s%s: ", i ? ", " : "", t->members[i].name);
			show(t->members[i].type, out);
		}
		wf_buf_addstr(out, t->closed ? "}" : "~}");
	}
	if ((t->kinds & WF_T_UNDEF) && (t->kinds & WF_T_ANY))
		wf_buf_addstr(out, "?");
}

static json_t *parse(const char *text)
{
	json_t *value = NULL;
	struct wf_cause cause;
	if (wf_json_parse(text, strlen(text), &value, &cause) < 0)
		fail_msg("%s: %s", text, cause.text);
	return value;
}

static void check_schema(const char *schema, bool assume_closed, const char *expected)
{
	WF_AUTOBUF struct wf_buf got = { 0 };
	struct wf_arena *arena = wf_arena_new();
	json_t *json = parse(schema);
	const struct wf_type *type = wf_type_of_schema(arena, json, assume_closed);
	/* whoever wants the kinds alone is told the same */
	assert_int_equal(wf_kinds_of_schema(arena, json), type->kinds);
	json_decref(json); /* the type keeps nothing of the schema */
	show(type, &got);
	if (strcmp(got.data, expected) != 0)
		fail_msg("%s\n  expected: %s\n  got:      %s", schema, expected, got.data);
	wf_arena_free(arena);
}

static void test_schemas(void **state)
{
	static const struct {
		const char *schema, *open, *closed;
	} rows[] = {
		{ "{}", "any", "any" }, { "true", "any", "any" },
		{ "{\"type\":\"string\"}", "string", "string" },
		{ "{\"type\":\"integer\"}", "integer", "integer" },
		{ "{\"type\":\"number\"}", "number", "number" },
		{ "{\"type\":[\"string\",\"null\"]}", "string or null", "string or null" },
		{ "{\"enum\":[\"a\",\"b\"]}", "string", "string" },
		{ "{\"enum\":[1,null]}", "integer or null", "integer or null" },
		{ "{\"const\":true}", "boolean", "boolean" },
		{ "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", "list<string>", "list<string>" },
		{ "{\"type\":\"array\"}", "list", "list" },
		{ "{\"type\":\"array\",\"prefixItems\":[{}],\"items\":{\"type\":\"string\"}}", "list",
			"list" },
		{ "{\"type\":\"object\"}", "object", "object" },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{}},"
			"\"required\":[\"a\"]}", "object{a: string, b: any?~}", "object{a: string, b: any?}" },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{}},\"additionalProperties\":false}",
			"object{a: any?}", "object{a: any?}" },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{}},\"additionalProperties\":true}",
			"object{a: any?~}", "object{a: any?~}" },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{}},\"additionalProperties\":{}}",
			"object{a: any?~}", "object{a: any?~}" },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{}},\"patternProperties\":{\"x\":{}}}",
			"object{a: any?~}", "object{a: any?~}" },
		{ "{\"type\":\"object\",\"required\":[\"a\"]}", "object{a: any~}", "object{a: any~}" },
		{ "{\"$ref\":\"#/$defs/u\",\"$defs\":{\"u\":{\"type\":\"string\"}}}", "string", "string" },
		{ "{\"$ref\":\"#/$defs/a~1b%20c\",\"$defs\":{\"a/b c\":{\"type\":\"string\"}}}", "string",
			"string" },
		{ "{\"$ref\":\"other.json\"}", "any", "any" },
		{ "{\"$ref\":\"#/nowhere\"}", "any", "any" },
		{ "{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#/$defs/n\"}},\"$defs\":{\"n\":"
			"{\"type\":\"object\",\"properties\":{\"n\":{\"$ref\":\"#/$defs/n\"}}}}}",
			"object{next: object{n: any?~}?~}", "object{next: object{n: any?}?}" },
		{ "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}},"
			"{\"properties\":{\"b\":{\"type\":\"integer\"}},\"required\":[\"a\"]}]}",
			"object{a: string, b: integer?~}", "object{a: string, b: integer?}" },
		{ "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}", "integer or string",
			"integer or string" },
		{ "{\"type\":\"object\",\"properties\":{\"k\":{\"type\":\"string\"}},\"required\":[\"k\"],"
			"\"oneOf\":[{\"properties\":{\"a\":{\"type\":\"string\"}}},"
			"{\"properties\":{\"b\":{\"type\":\"integer\"}}}]}",
			"object{k: string, a: any?, b: any?~}", "object{k: string, a: string?, b: integer?}" },
		{ "{\"properties\":{\"a\":false}}", "any{a: undefined~}", "any{a: undefined}" },
		{ "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}", "string", "string" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_schema(rows[i].schema, false, rows[i].open);
		check_schema(rows[i].schema, true, rows[i].closed);
	}
}

/* References that branch at every level must not take exponential time. */
static void test_branching_references(void **state)
{
	WF_AUTOBUF struct wf_buf b = { 0 };
	(void)state;
	wf_buf_addstr(&b, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
	for (int i = 0; i < 60; i++)
		wf_buf_printf(&b, "\"d%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%d\"},"
			"{\"$ref\":\"#/$defs/d%d\"}]},", i, i + 1, i + 1);
	wf_buf_addstr(&b, "\"d60\":{\"type\":\"string\"}}}");
	check_schema(b.data, true, "any");
}

static void test_values(void **state)
{
	static const char *const rows[][2] = {
		{ "null", "null" }, { "1", "integer" }, { "1.5", "number" }, { "\"x\"", "string" },
		{ "[]", "list" }, { "[1,\"a\"]", "list<integer or string>" },
		{ "{\"a\":[true],\"b\":{}}", "object{a: list<boolean>, b: object{}}" },
		{ "[{\"a\":1},{\"b\":2}]", "list<object{a: integer?, b: integer?}>" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		WF_AUTOBUF struct wf_buf got = { 0 };
		struct wf_arena *arena = wf_arena_new();
		json_t *json = parse(rows[i][0]);
		show(wf_type_of_value(arena, json), &got);
		assert_string_equal(got.data, rows[i][1]);
		json_decref(json);
		wf_arena_free(arena);
	}
}

static void test_members(void **state)
{
	static const struct wf_type string = { .kinds = WF_T_STRING };
	static struct wf_type_member members[] = { { "a", &string } };
	static const struct wf_type closed = { WF_T_MAP, NULL, members, 1, true };
	static const struct wf_type open = { WF_T_MAP, NULL, members, 1, false };
	(void)state;
	assert_ptr_equal(wf_type_member(&closed, "a"), &string);
	assert_null(wf_type_member(&closed, "b"));
	assert_ptr_equal(wf_type_member(&open, "b"), &wf_type_any);
	assert_ptr_equal(wf_type_member(&wf_type_any, "b"), &wf_type_any);
	assert_null(wf_type_member(&string, "b"));
}

static void test_names(void **state)
{
	static const struct {
		uint32_t kinds;
		const char *name;
	} rows[] = {
		{ WF_T_ANY, "any" }, { WF_T_UNDEF, "undefined" }, { WF_T_NUMBER, "number" },
		{ WF_T_INT, "integer" }, { WF_T_REAL, "number" }, { WF_T_STRING | WF_T_NULL, "string or null" },
		{ WF_T_MAP | WF_T_LIST | WF_T_UNDEF, "list or object" },
		{ WF_T_ANY & ~(uint32_t)WF_T_NULL, "boolean or number or string or list or object" },
	};
	char name[96], small[8];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wf_type t = { .kinds = rows[i].kinds };
		wf_type_name(&t, name, sizeof(name));
		assert_string_equal(name, rows[i].name);
		wf_type_name(&t, small, sizeof(small));
		assert_memory_equal(small, name, strlen(name) < 7 ? strlen(name) + 1 : 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemas), cmocka_unit_test(test_branching_references),
		cmocka_unit_test(test_values), cmocka_unit_test(test_members),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
