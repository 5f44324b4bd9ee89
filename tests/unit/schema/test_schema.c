/* Schemas: what is refused at compile time, what issues say and where, defaults, limits. */
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "schema/formats.h"
#include "schema/node.h"
#include "schema/schema.h"
#include "schema/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *json(const char *text)
{
	json_error_t error;
	json_t *v = json_loads(text, JSON_DECODE_ANY, &error);

	if (!v)
		fail_msg("%s: %s", text, error.text);
	return v;
}

static struct wf_schema *schema_of(const char *text)
{
	struct wf_schema_options options = {.assert_formats = true};
	struct wf_cause cause = {0};
	struct wf_schema *s = NULL;
	json_t *document = json(text);

	if (wf_schema_new(document, &options, &s, &cause) < 0)
		fail_msg("%s: %s", text, cause.text);
	json_decref(document); /* the schema holds its own reference */
	return s;
}

/* All issues as "text [keyword]" lines. */
static char *issues_of(const char *schema_text, const char *value_text)
{
	struct wf_schema *s = schema_of(schema_text);
	struct wf_schema_issues issues = {0};
	struct wf_buf out = {0};
	json_t *value = json(value_text);
	bool valid = wf_schema_valid(s, value, &issues);

	assert_int_equal(valid, issues.count == 0);
	assert_int_equal(valid, wf_schema_valid(s, value, NULL));
	wf_buf_addstr(&out, "");
	for (size_t i = 0; i < issues.count; i++) {
		char *text = wf_schema_issue_text(&issues.items[i]);

		wf_buf_printf(&out, "%s%s [%s]", i ? "\n" : "", text, issues.items[i].keyword);
		wf_free(text);
	}
	wf_schema_issues_done(&issues);
	json_decref(value);
	wf_schema_free(s);
	return wf_buf_take(&out);
}

struct told {
	const char *schema, *value, *issues;
};

static void check_told(const struct told *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *issues = issues_of(examples[i].schema, examples[i].value);

		if (strcmp(issues, examples[i].issues) != 0)
			fail_msg("%s with %s:\n%s\nexpected:\n%s", examples[i].schema,
				examples[i].value, issues, examples[i].issues);
		wf_free(issues);
	}
}
#define CHECK_TOLD(examples) check_told((examples), sizeof(examples) / sizeof(*(examples)))

static void test_messages_of_values(void **state)
{
	static const struct told examples[] = {
		{"{\"type\":\"integer\"}", "\"x\"",
			"the value is a string, must be an integer [/type]"},
		{"{\"type\":[\"integer\",\"null\"]}", "1.5",
			"the value is a number, must be null or an integer [/type]"},
		{"{\"type\":\"integer\"}", "3.0", ""},
		{"{\"minimum\":3,\"maximum\":2}", "2.5",
			"the value must be at least 3 [/minimum]\nthe value must be at most 2 "
			"[/maximum]"},
		{"{\"exclusiveMinimum\":3}", "3", "the value must be above 3 [/exclusiveMinimum]"},
		{"{\"exclusiveMaximum\":3}", "3", "the value must be below 3 [/exclusiveMaximum]"},
		{"{\"multipleOf\":0.01}", "0.075",
			"the value must be a multiple of 0.01 [/multipleOf]"},
		{"{\"minLength\":1}", "\"\"", "the value must not be empty [/minLength]"},
		{"{\"minLength\":3}", "\"\xc3\xa9\xc3\xa9\"",
			"the value must have at least 3 characters [/minLength]"},
		{"{\"maxLength\":1}", "\"ab\"",
			"the value must have at most 1 character [/maxLength]"},
		{"{\"pattern\":\"^a\"}", "\"b\"", "the value must match the pattern ^a [/pattern]"},
		{"{\"format\":\"date\"}", "\"2026-02-30\"",
			"the value must be a date such as 2026-11-20 [/format]"},
		{"{\"enum\":[\"queue\",\"reject\",3]}", "\"quee\"",
			"the value must be \"queue\", \"reject\" or 3; did you mean queue? "
			"[/enum]"},
		{"{\"const\":{\"a\":1}}", "2", "the value must be {\"a\":1} [/const]"},
		{"false", "1", "the value is not allowed here []"},
	};

	(void)state;
	CHECK_TOLD(examples);
}

static void test_messages_of_containers(void **state)
{
	static const struct told examples[] = {
		{"{\"required\":[\"a\",\"b\"]}", "{\"b\":1}", "a is required [/required]"},
		{"{\"properties\":{\"user\":{\"required\":[\"email\"]}}}", "{\"user\":{}}",
			"user.email is required [/properties/user/required]"},
		{"{\"properties\":{\"timeout\":{}},\"additionalProperties\":false}",
			"{\"timout\":1}",
			"timout is not allowed here; did you mean timeout? "
			"[/additionalProperties]"},
		{"{\"properties\":{\"a\":false}}", "{\"a\":1}",
			"a is not allowed here [/properties/a]"},
		{"{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}",
			"{\"a\":1,\"zz\":1}", "zz is not allowed here [/unevaluatedProperties]"},
		{"{\"items\":{\"properties\":{\"port\":{\"type\":\"integer\"}}}}",
			"[{},{},{\"port\":\"x\"}]",
			"[2].port is a string, must be an integer [/items/properties/port/type]"},
		{"{\"properties\":{\"a/b\":{\"items\":{\"minimum\":1}}}}", "{\"a/b\":[1,0]}",
			"a/b[1] must be at least 1 [/properties/a~1b/items/minimum]"},
		{"{\"minItems\":1}", "[]", "the value must have at least 1 item [/minItems]"},
		{"{\"prefixItems\":[{}],\"items\":false}", "[1,2]",
			"the value must have at most 1 item [/items]"},
		{"{\"uniqueItems\":true}", "[1,2,1.0]",
			"the value must have no item twice, and items 0 and 2 are the same "
			"[/uniqueItems]"},
		{"{\"contains\":{\"const\":1},\"minContains\":2}", "[1]",
			"the value must have at least 2 items that fit the schema's `contains`, "
			"and has 1 "
			"[/minContains]"},
		{"{\"unevaluatedItems\":false,\"prefixItems\":[{}]}", "[1,2]",
			"[1] is not allowed here [/unevaluatedItems]"},
		{"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
			"b is required when a is there [/dependentRequired]"},
		{"{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
			"abc is not a name that may stand here: it must have at most 2 characters "
			"[/propertyNames]"},
		{"{\"maxProperties\":1}", "{\"a\":1,\"b\":2}",
			"the value must have at most 1 member [/maxProperties]"},
	};

	(void)state;
	CHECK_TOLD(examples);
}

static void test_messages_of_logic(void **state)
{
	static const struct told examples[] = {
		{"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1",
			"the value is an integer, must be null or a string [/anyOf]"},
		{"{\"oneOf\":[{\"type\":\"string\"},{\"required\":[\"a\"],\"type\":\"object\"}]}",
			"{}",
			"the value fits none of the forms allowed; nearest: a is required "
			"[/oneOf]"},
		{"{\"oneOf\":[{\"required\":[\"command\"]},{\"required\":[\"shell\"]}]}", "{}",
			"the value must have command or shell [/oneOf]"},
		{"{\"oneOf\":[{\"required\":[\"command\"]},{\"required\":[\"shell\"]}]}",
			"{\"command\":1,\"shell\":2}",
			"the value must have only one of command or shell [/oneOf]"},
		{"{\"oneOf\":[true,{\"type\":\"integer\"}]}", "1",
			"the value fits more than one of the forms allowed (1 and 2) [/oneOf]"},
		{"{\"not\":{\"required\":[\"body\",\"form\"]}}", "{\"body\":1,\"form\":2}",
			"the value must not have body and form together [/not]"},
		{"{\"not\":{\"type\":\"null\"}}", "null",
			"the value has a form that is not allowed [/not]"},
		{"{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]}}", "{\"a\":1}",
			"b is required [/then/required]"},
		{"{\"$ref\":\"#/$defs/n\",\"$defs\":{\"n\":{\"type\":\"null\"}}}", "1",
			"the value is an integer, must be null [/$defs/n/type]"},
		{"{\"allOf\":[{\"properties\":{\"a\":{\"minimum\":1}}}],\"unevaluatedProperties\":"
		 "false}",
			"{\"a\":0}", "a must be at least 1 [/allOf/0/properties/a/minimum]"},
	};

	(void)state;
	CHECK_TOLD(examples);
}

/* A value is never repeated: it may be a secret. */
static void test_messages_hold_no_values(void **state)
{
	char *issues = issues_of(
		"{\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"enum\":[1]},"
		"\"c\":{\"pattern\":\"^x$\"},\"d\":{\"format\":\"uri\"},\"e\":{\"const\":1}}}",
		"{\"a\":\"hunter2\",\"b\":\"hunter2\",\"c\":\"hunter2\",\"d\":\"hunter2\",\"e\":"
		"\"hunter2\"}");

	(void)state;
	assert_non_null(strstr(issues, "a is a string"));
	assert_null(strstr(issues, "hunter2"));
	wf_free(issues);
}

static void test_issue_fields(void **state)
{
	struct wf_schema *s = schema_of("{\"properties\":{\"a\":{\"required\":[\"b\"]}}}");
	struct wf_schema_issues issues = {0};
	json_t *value = json("{\"a\":{}}");

	(void)state;
	assert_false(wf_schema_valid(s, value, &issues));
	assert_int_equal(issues.count, 1);
	assert_string_equal(issues.items[0].instance, "/a");
	assert_string_equal(issues.items[0].keyword, "/properties/a/required");
	assert_string_equal(issues.items[0].message, "is required");
	assert_string_equal(issues.items[0].missing, "b");
	wf_schema_issues_done(&issues);
	assert_null(issues.items);
	json_decref(value);
	wf_schema_free(s);
}

/* Issues are added to what is there, a hundred at most. */
static void test_issues_are_bounded(void **state)
{
	struct wf_schema *s = schema_of("{\"items\":{\"type\":\"null\"}}");
	struct wf_schema_issues issues = {0};
	json_t *value = json_array();

	(void)state;
	for (int i = 0; i < 60; i++)
		json_array_append_new(value, json_integer(i));
	assert_false(wf_schema_valid(s, value, &issues));
	assert_int_equal(issues.count, 60);
	assert_false(wf_schema_valid(s, value, &issues));
	assert_int_equal(issues.count, 100);
	wf_schema_issues_done(&issues);
	json_decref(value);
	wf_schema_free(s);
}

static void test_refused_schemas(void **state)
{
	static const struct {
		const char *schema;
		int err;
		const char *cause;
	} examples[] = {
		{"3", WF_EINVAL, "the schema: is an integer, a schema is an object or a boolean"},
		{"{\"properties\":{\"a\":{\"type\":\"strin\"}}}", WF_EINVAL,
			"/properties/a/type: must be"},
		{"{\"type\":[]}", WF_EINVAL, "/type: must be"},
		{"{\"type\":[\"null\",\"null\"]}", WF_EINVAL, "/type: must be"},
		{"{\"items\":[{}]}", WF_EINVAL, "/items: is a list, a schema is"},
		{"{\"minLength\":-1}", WF_EINVAL, "/minLength: must be a whole number, 0 or more"},
		{"{\"minLength\":1.5}", WF_EINVAL, "/minLength: must be"},
		{"{\"minimum\":\"1\"}", WF_EINVAL, "/minimum: must be a number"},
		{"{\"multipleOf\":0}", WF_EINVAL, "/multipleOf: must be a number above 0"},
		{"{\"pattern\":\"(\"}", WF_EINVAL,
			"/pattern: is not a regular expression: a parenthesis"},
		{"{\"patternProperties\":{\"[\":{}}}", WF_EINVAL,
			"/patternProperties: is not a regular"},
		{"{\"required\":[\"a\",1]}", WF_EINVAL, "/required: must be a list of names"},
		{"{\"required\":[\"a\",\"a\"]}", WF_EINVAL,
			"/required: must be a list of different names"},
		{"{\"allOf\":[]}", WF_EINVAL, "/allOf: must be a list of at least one schema"},
		{"{\"allOf\":[{},{\"enum\":1}]}", WF_EINVAL, "/allOf/1/enum: must be a list"},
		{"{\"properties\":[]}", WF_EINVAL, "/properties: must be an object"},
		{"{\"uniqueItems\":1}", WF_EINVAL, "/uniqueItems: must be true or false"},
		{"{\"title\":1}", WF_EINVAL, "/title: must be a string"},
		{"{\"$id\":\"x#y\"}", WF_EINVAL, "/$id: must not have a fragment"},
		{"{\"$anchor\":\"1x\"}", WF_EINVAL, "/$anchor: must be a name"},
		{"{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}", WF_EINVAL,
			"/$defs/b/$anchor: x is the name of another schema too"},
		{"{\"$defs\":{\"a\":{\"$id\":\"urn:x\"},\"b\":{\"$id\":\"urn:x\"}}}", WF_EINVAL,
			"/$defs/b/$id: two schemas have the URI urn:x"},
		{"{\"$ref\":\"#/nowhere\"}", WF_ENOENT,
			"/$ref: leads to #/nowhere, where no schema is"},
		{"{\"$ref\":\"#nowhere\"}", WF_ENOENT, "/$ref: leads to #nowhere"},
		{"{\"enum\":[1],\"$ref\":\"#/enum/0\"}", WF_ENOENT, "/$ref: leads to #/enum/0"},
		{"{\"items\":{\"$ref\":\"https://example.org/x\"}}", WF_ENOENT,
			"/items/$ref: leads to https://example.org/x, which is not among"},
		{"{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}", WF_EUNSUPPORTED,
			"/$schema: is http://json-schema.org/draft-04/schema#, but only"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct wf_schema *s = NULL;
		struct wf_cause cause = {0};
		json_t *document = json(examples[i].schema);
		int err = wf_schema_new(document, NULL, &s, &cause);

		if (err != examples[i].err || s ||
			strncmp(cause.text, examples[i].cause, strlen(examples[i].cause)) != 0)
			fail_msg("%s: %d, %s", examples[i].schema, err, cause.text);
		assert_int_equal(document->refcount, 1);
		json_decref(document);
	}
}

/* The metaschema, read by this library, agrees on what is a schema. */
static void test_metaschema_agrees(void **state)
{
	static const char *const schemas[] = {"true", "{}", "{\"type\":\"null\"}", "{\"type\":[]}",
		"{\"minLength\":-1}", "{\"allOf\":[]}", "{\"required\":[\"a\",\"a\"]}",
		"{\"items\":[]}", "{\"properties\":{\"a\":{\"type\":1}}}", "{\"title\":1}",
		"{\"deprecated\":1}", "{\"examples\":{}}", "{\"$anchor\":\"1\"}",
		"{\"$id\":\"a#b\"}", "{\"multipleOf\":0}", "{\"dependentRequired\":{\"a\":1}}",
		"{\"uniqueItems\":1}", "{\"const\":1}", "7"};
	struct wf_schema *meta =
		schema_of("{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}");

	(void)state;
	for (size_t i = 0; i < sizeof(schemas) / sizeof(*schemas); i++) {
		json_t *document = json(schemas[i]);
		struct wf_schema *s = NULL;
		bool taken = wf_schema_new(document, NULL, &s, NULL) == 0;

		if (wf_schema_valid(meta, document, NULL) != taken)
			fail_msg("%s: the metaschema thinks otherwise", schemas[i]);
		wf_schema_free(s);
		json_decref(document);
	}
	wf_schema_free(meta);
}

static void test_resources(void **state)
{
	json_t *resources = json("{\"https://a.example/n\":{\"$id\":\"https://a.example/real\","
				 "\"$defs\":{\"x\":{\"$anchor\":\"x\",\"type\":\"null\"}}},"
				 "\"https://b.example/broken\":{\"type\":1}}");
	static const char *const refs[] = {"https://a.example/n#x", "https://a.example/real#x",
		"https://a.example/y/../n#/$defs/x"};
	struct wf_schema_options options = {.resources = resources};
	json_t *value = json_integer(1);

	(void)state;
	for (size_t i = 0; i < sizeof(refs) / sizeof(*refs); i++) {
		json_t *document = json_pack("{s:s}", "$ref", refs[i]);
		struct wf_schema_issues issues = {0};
		struct wf_schema *s = NULL;

		assert_int_equal(wf_schema_new(document, &options, &s, NULL), 0);
		assert_false(wf_schema_valid(s, value, &issues));
		assert_string_equal(issues.items[0].keyword, "https://a.example/n#/$defs/x/type");
		wf_schema_issues_done(&issues);
		wf_schema_free(s);
		json_decref(document);
	}
	json_decref(value);
	json_decref(resources);
}

static void test_defaults(void **state)
{
	struct wf_schema *s = schema_of(
		"{\"properties\":{\"a\":{\"default\":1},\"b\":{\"$ref\":\"#/$defs/b\"},"
		"\"c\":{\"items\":{\"properties\":{\"x\":{\"default\":[]}}}},\"d\":{}},"
		"\"allOf\":[{\"properties\":{\"e\":{\"default\":{\"y\":1}}}}],"
		"\"anyOf\":[{\"properties\":{\"f\":{\"default\":1}}}],"
		"\"$defs\":{\"b\":{\"default\":{},\"properties\":{\"z\":{\"default\":null}}}}}");
	json_t *value = json("{\"c\":[{},{\"x\":1},2]}");
	json_t *expected = json("{\"c\":[{\"x\":[]},{\"x\":1},2],\"a\":1,\"b\":{\"z\":null},"
				"\"e\":{\"y\":1}}");
	json_t *list = json("[1]");

	(void)state;
	wf_schema_apply_defaults(s, value);
	assert_true(wf_json_equal(value, expected));
	/* The value has copies of its own. */
	json_object_set_new(json_object_get(value, "e"), "y", json_integer(2));
	json_object_del(value, "e");
	wf_schema_apply_defaults(s, value);
	assert_true(wf_json_equal(value, expected));
	wf_schema_apply_defaults(s, list);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	json_decref(value);
	json_decref(expected);
	wf_schema_free(s);
}

/* Schemas that never end, that take for ever, that are too deep: each is refused with its reason.
 */
static void test_limits(void **state)
{
	struct wf_buf bomb = {0};
	char *issues = issues_of("{\"$ref\":\"#\"}", "1");
	struct wf_schema *s = NULL;
	json_t *deep = json("{}");

	(void)state;
	assert_non_null(strstr(issues, "refers to itself without end"));
	wf_free(issues);
	issues = issues_of("{\"anyOf\":[{\"not\":{\"$ref\":\"#\"}},{}]}", "1");
	assert_non_null(strstr(issues, "refers to itself without end"));
	wf_free(issues);
	wf_buf_addstr(&bomb, "{\"$ref\":\"#/$defs/d40\",\"$defs\":{\"d0\":{}");
	for (int i = 1; i <= 40; i++)
		wf_buf_printf(&bomb,
			",\"d%d\":{\"allOf\":[{\"$ref\":\"#/$defs/d%d\"},"
			"{\"$ref\":\"#/$defs/d%d\"}]}",
			i, i - 1, i - 1);
	wf_buf_addstr(&bomb, "}}");
	issues = issues_of(bomb.data, "1");
	assert_non_null(strstr(issues, "cannot be validated within the limits"));
	wf_free(issues);
	wf_buf_done(&bomb);
	issues = issues_of(
		"{\"pattern\":\"^(a+)+$\"}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"");
	assert_non_null(strstr(issues, "cannot be matched against its pattern within the limits"));
	wf_free(issues);
	for (int i = 0; i < 300; i++)
		deep = json_pack("{s:o}", "not", deep);
	assert_int_equal(wf_schema_new(deep, NULL, &s, NULL), WF_ELIMIT);
	json_decref(deep);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
		bool multiple;
	} examples[] = {
		{"9007199254740993", "9007199254740992.0", 1, false},
		{"1", "1.0", 0, true},
		{"9223372036854775807", "9223372036854775808.0", -1, false},
		{"-9223372036854775808", "1e300", -1, false},
		{"3", "3.5", -1, false},
		{"0.3", "0.1", 1, true},
		{"1e308", "0.5", 1, true},
		{"19.99", "0.01", 1, true},
		{"0", "7", -1, true},
		{"-9", "3", -1, true},
		{"1e-320", "3", -1, false},
		{"9223372036854775807", "7", 1, true},
		{"4.02", "0.05", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		json_t *a = json(examples[i].a), *b = json(examples[i].b);

		assert_int_equal(wf_schema_compare(a, b), examples[i].order);
		assert_int_equal(wf_schema_compare(b, a), -examples[i].order);
		if (wf_schema_multiple(a, b) != examples[i].multiple)
			fail_msg("%s by %s", examples[i].a, examples[i].b);
		json_decref(a);
		json_decref(b);
	}
}

static void test_unique_long(void **state)
{
	json_t *list = json_array();
	size_t first = 0, second = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		json_array_append_new(list, json_pack("{s:i, s:[i]}", "a", i, "b", i));
	assert_false(wf_schema_repeated(list, &first, &second));
	json_array_append_new(list, json_pack("{s:[f], s:f}", "b", 500.0, "a", 500.0));
	assert_true(wf_schema_repeated(list, &first, &second));
	assert_int_equal(first, 500);
	assert_int_equal(second, 1000);
	json_decref(list);
}

/* RFC 3986, section 5.4, and URNs. */
static void test_uris(void **state)
{
	static const struct {
		const char *reference, *uri;
	} examples[] = {
		{"g:h", "g:h"},
		{"g", "http://a/b/c/g"},
		{"./g", "http://a/b/c/g"},
		{"g/", "http://a/b/c/g/"},
		{"/g", "http://a/g"},
		{"//g", "http://g"},
		{"?y", "http://a/b/c/d;p?y"},
		{"g?y", "http://a/b/c/g?y"},
		{"#s", "http://a/b/c/d;p?q"},
		{"g#s", "http://a/b/c/g"},
		{";x", "http://a/b/c/;x"},
		{"", "http://a/b/c/d;p?q"},
		{".", "http://a/b/c/"},
		{"./", "http://a/b/c/"},
		{"..", "http://a/b/"},
		{"../g", "http://a/b/g"},
		{"../..", "http://a/"},
		{"../../g", "http://a/g"},
		{"../../../g", "http://a/g"},
		{"/./g", "http://a/g"},
		{"/../g", "http://a/g"},
		{"g.", "http://a/b/c/g."},
		{"..g", "http://a/b/c/..g"},
		{"./../g", "http://a/b/g"},
		{"./g/.", "http://a/b/c/g/"},
		{"g/./h", "http://a/b/c/g/h"},
		{"g/../h", "http://a/b/c/h"},
		{"g;x=1/../y", "http://a/b/c/y"},
		{"g?y/../x", "http://a/b/c/g?y/../x"},
		{"urn:a:b", "urn:a:b"},
	};
	struct wf_arena *a = wf_arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		assert_string_equal(wf_uri_resolve(a, "http://a/b/c/d;p?q", examples[i].reference),
			examples[i].uri);
	assert_string_equal(wf_uri_resolve(a, "urn:uuid:1", "#x"), "urn:uuid:1");
	assert_string_equal(wf_uri_resolve(a, "", "x.json"), "x.json");
	assert_string_equal(wf_uri_fragment(a, "x#a%25b%zz"), "a%b%zz");
	assert_null(wf_uri_fragment(a, "x"));
	wf_arena_free(a);
}

static void test_formats(void **state)
{
	static const struct {
		const char *format, *text;
		bool valid;
	} examples[] = {
		{"date", "2024-02-29", true},
		{"date", "2023-02-29", false},
		{"date", "2023-1-01", false},
		{"date", "1900-02-29", false},
		{"date", "2000-02-29", true},
		{"date", "2020-00-10", false},
		{"uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380", true},
		{"uuid", "2eb8aa08aa9811eab4aa73b441d16380", false},
		{"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", false},
		{"json-pointer", "", true},
		{"json-pointer", "/a~0b/c~1d//", true},
		{"json-pointer", "a", false},
		{"json-pointer", "/~2", false},
		{"json-pointer", "/~", false},
		{"relative-json-pointer", "1/a", true},
		{"relative-json-pointer", "0#", true},
		{"relative-json-pointer", "01/a", false},
		{"relative-json-pointer", "/a", false},
		{"relative-json-pointer", "1##", false},
		{"relative-json-pointer", "-1/a", false},
		{"uri-template", "http://x/{id}{?q*,n:3}", true},
		{"uri-template", "http://x/{id", false},
		{"uri-template", "{}", false},
		{"uri-template", "a b", false},
		{"uri-template", "{a:10000}", false},
		{"uri-template", "%4", false},
		{"hostname", "www.example.com", true},
		{"hostname", "a", true},
		{"hostname", "-a", false},
		{"hostname", "a-", false},
		{"hostname", "a_b", false},
		{"hostname", "", false},
		{"hostname", "a..b", false},
		{"hostname", "a.", false},
		{"hostname", ".", false},
		{"hostname", "xn--ihqwcrb4cv8a8dqg056pqjye", true},
		{"hostname", "xn--X", false},
		{"hostname",
			"b\xc3\xbc"
			"cher.example",
			false},
		{"hostname", "XN--bcher-KVA.example", true},
		{"idn-hostname",
			"b\xc3\xbc"
			"cher.example",
			true},
		{"hostname", "a234567890123456789012345678901234567890123456789012345678901234",
			false},
		{"iso-duration", "PT0.5S", true},
		{"iso-duration", "P1Y2D", true},
		{"iso-duration", "5m", false},
		{"duration", "PT0.5S", false},
		{"email", "a@b.example", true},
		{"email", "a.example", false},
		{"regex", "^a$", true},
		{"regex", "^(a", false},
		{"regex", "\\a", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct format *f = wf_schema_format_find(examples[i].format);

		assert_non_null(f);
		if (f->valid(examples[i].text, strlen(examples[i].text)) != examples[i].valid)
			fail_msg("%s: %s", examples[i].format, examples[i].text);
	}
	assert_null(wf_schema_format_find("unheard-of"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_of_values),
		cmocka_unit_test(test_messages_of_containers),
		cmocka_unit_test(test_messages_of_logic),
		cmocka_unit_test(test_messages_hold_no_values),
		cmocka_unit_test(test_issue_fields),
		cmocka_unit_test(test_issues_are_bounded),
		cmocka_unit_test(test_refused_schemas),
		cmocka_unit_test(test_metaschema_agrees),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_unique_long),
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
