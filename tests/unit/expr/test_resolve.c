/* Names, steps, optional values and types, against one scope. */
#include "given.h"

#include "base/json.h"

static const char *const step_ids[] = { "quote", "create-account", "later", "a.b", "maybe" };

/* `later` cannot have run, `maybe` may not have. */
static int step_ran(void *arg, uint32_t step)
{
	(void)arg;
	return step == 2 ? -1 : step == 4 ? 0 : 1;
}

static const struct wf_type *type_of(struct wf_arena *arena, const char *schema)
{
	json_t *json = NULL;
	assert_int_equal(wf_json_parse(schema, strlen(schema), &json, NULL), 0);
	const struct wf_type *type = wf_type_of_schema(arena, json, true);
	json_decref(json);
	return type;
}

static struct wf_scope scope_in(struct wf_arena *arena)
{
	static const char *const optional[] = { "user.score", "note" };
	const struct wf_type **outputs = WF_ARENA_ARRAY(arena, const struct wf_type *, 5);
	for (int i = 0; i < 5; i++)
		outputs[i] = &wf_type_any;
	outputs[0] = type_of(arena, "{\"type\":\"object\",\"required\":[\"status\",\"body\"],"
		"\"properties\":{\"status\":{\"type\":\"integer\"},\"body\":{},"
		"\"reason\":{\"type\":\"string\"}}}");
	return (struct wf_scope){
		.input = type_of(arena, "{\"type\":\"object\",\"required\":[\"user\",\"tags\",\"items\"],"
			"\"properties\":{\"user\":{\"type\":\"object\",\"required\":[\"id\",\"age\"],"
			"\"properties\":{\"id\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"},"
			"\"score\":{\"type\":\"number\"},\"nick\":{\"type\":\"string\"},"
			"\"on\":{\"type\":\"boolean\"},\"any\":{}}},"
			"\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
			"\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
			"\"required\":[\"price\"],\"properties\":{\"price\":{\"type\":\"number\"},"
			"\"parts\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}}},"
			"\"x\":{\"type\":[\"string\",\"null\"]}}}"),
		.vars = type_of(arena, "{\"properties\":{\"region\":{\"type\":\"string\"}},"
			"\"required\":[\"region\"]}"),
		.step_count = 5,
		.step_ids = step_ids,
		.step_outputs = outputs,
		.step_ran = step_ran,
		.roots = 1u << WF_ROOT_INPUT | 1u << WF_ROOT_VARS | 1u << WF_ROOT_EVENT |
			1u << WF_ROOT_INSTANCE,
		.optional_paths = optional,
		.optional_count = 2,
	};
}

struct row {
	const char *text, *expected;
};

/* The findings, a line each; without any "= TYPE", with "?" when it may be undefined. */
static void check_rows(const struct row *rows, size_t n, uint32_t want)
{
	for (size_t i = 0; i < n; i++) {
		struct given g;
		WF_AUTOBUF struct wf_buf got = { 0 };
		char name[96];
		given_expr(&g, rows[i].text);
		if (!g.expr)
			fail_msg("%s: %s", rows[i].text, finding(&g, 0));
		struct wf_scope scope = scope_in(wf_expr_arena_base(g.arena));
		bool good = wf_expr_resolve(g.arena, g.expr, &scope, &g.site, want, &g.diags);
		assert_int_equal(good, g.diags.errors == 0);
		assert_non_null(g.expr->type);
		for (size_t k = 0; k < g.diags.count; k++)
			wf_buf_printf(&got, "%s%s", k ? "\n" : "", finding(&g, k));
		if (!g.diags.count) {
			wf_type_name(g.expr->type, name, sizeof(name));
			wf_buf_printf(&got, "= %s%s", name, g.expr->type->kinds & WF_T_UNDEF ? "?" : "");
		}
		if (strcmp(got.data, rows[i].expected) != 0)
			fail_msg("%s\n  expected: %s\n  got:      %s", rows[i].text,
				rows[i].expected, got.data);
		given_done(&g);
	}
}
#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof((rows)[0]), 0)

static void test_names(void **state)
{
	static const struct row rows[] = {
		{ "user.id", "= string" }, { "input.user.id", "= string" }, { "user.age", "= integer" },
		{ "user.any.x.y", "= any?" }, { "vars.region", "= string" }, { "event.x", "= any" },
		{ "instance.id", "= any" }, { "tags[0]", "= string" }, { "items[0].price", "= number" },
		{ "quote.status", "= integer" }, { "steps.quote.output.status", "= integer" },
		{ "steps.quote.status", "= string" }, { "steps.quote.attempts", "= integer" },
		{ "steps.quote.error", "= object?" }, { "quote", "= object" },
		{ "steps.quote.output", "= object" }, { "quote.body.x", "= any" },
		{ "steps['create-account'].output.x", "= any" }, { "a.b.c", "= any" },
		{ "steps.a.b.output.c", "= any" },
		{ "usr.id", "binding-unknown@0-3: nothing named `usr` here | did you mean `user`? | user" },
		{ "user.agee", "binding-field@5-9: `user` has no field `agee` | did you mean `age`? | age" },
		{ "input.usr", "binding-field@6-9: `input` has no field `usr` | did you mean `user`? | user" },
		{ "zzz", "binding-unknown@0-3: nothing named `zzz` here" },
		{ "item.x", "binding-unknown@0-4: nothing named `item` here | "
			"it has a value in a foreach, and in the body of map, filter, all, any and first" },
		{ "error.type", "binding-unknown@0-5: nothing named `error` here | "
			"it has a value only where a failure is handled" },
		{ "lower", "binding-unknown@0-5: nothing named `lower` here | "
			"a function is called: lower(\xe2\x80\xa6)" },
		{ "True", "binding-unknown@0-4: nothing named `True` here | did you mean `true`? | true" },
		{ "secrets.token", "secret-unsupported@0-13: secrets are not supported yet | "
			"let the command that needs one read it from its own environment or file" },
		{ "steps", "binding-unknown@0-5: `steps` alone has no value | name a step: steps.ID.output" },
		{ "steps.qoute.output", "binding-unknown@6-11: there is no step `qoute` | "
			"did you mean `quote`? | quote" },
		{ "steps.quote", "binding-field@0-11: `steps.quote` alone has no value | "
			"say which part: steps.quote.output, .status, .error or .attempts" },
		{ "steps.quote.outputs", "binding-field@12-19: a step has no part `outputs` | "
			"did you mean `output`? | output" },
		{ "steps.quote.body", "binding-field@12-16: a step has no part `body` | "
			"its fields are in its output: steps.quote.output.body" },
		{ "create-account.x", "binding-unknown@0-16: `-` subtracts; the step `create-account` "
			"is named otherwise | write steps['create-account'].output" },
		{ "user.id.x", "binding-field@8-9: `user.id` is string, which has no fields; `x` "
			"cannot be taken from it" },
		{ "tags.length", "binding-field@5-11: `tags` is list, which has no fields; `length` "
			"cannot be taken from it | write size(tags)" },
		{ "items.price", "binding-field@6-11: `items` is list, which has no fields; `price` "
			"cannot be taken from it | an element is taken with items[0], and of all with "
			"map(items, item.price)" },
		{ "quote.stat", "binding-field@6-10: `quote` has no field `stat`" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_steps(void **state)
{
	static const struct row rows[] = {
		{ "later.x", "binding-never@0-7: step `later` cannot have run before this place" },
		{ "maybe.x", "binding-maybe@0-7: step `maybe` may not have run before this place | "
			"say what then: `maybe.x ?? default`, or test has(maybe.x)" },
		{ "maybe.x ?? 1", "= any" }, { "has(maybe.x)", "= boolean" },
		{ "steps.maybe.status == 'completed'", "= boolean" },
		{ "has(maybe.x) and maybe.x > 1", "= boolean" },
		{ "has(maybe.x) ? maybe.y : 0", "= any" }, { "not has(maybe) or maybe.x", "= boolean" },
		{ "steps.maybe.status == 'completed' and maybe.x > 1", "= boolean" },
		{ "has(maybe.x) or maybe.x > 1",
			"binding-maybe@16-23: step `maybe` may not have run before this place | "
			"say what then: `maybe.x ?? default`, or test has(maybe.x)" },
		{ "has(maybe.x) ? 0 : maybe.x",
			"binding-maybe@19-26: step `maybe` may not have run before this place | "
			"say what then: `maybe.x ?? default`, or test has(maybe.x)" },
		{ "has(maybe.x) and all(tags, maybe.x == item)", "= boolean" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_optional(void **state)
{
	static const struct row rows[] = {
		{ "user.score", "= number?" }, { "user.nick", "= string?" }, { "user.score ?? 1", "= number" },
		{ "quote.reason", "= string?" },
		{ "${user.score} < 0.7", "optional-no-default@0-13: `user.score` is optional; absent, this "
			"comparison is false | say what then: `user.score ?? 1`, or test has(user.score) | "
			"${user.score ?? 1}" },
		{ "user.score >= 2", "optional-no-default@0-10: `user.score` is optional; absent, this "
			"comparison is false | say what then: `user.score ?? 1`, or test has(user.score) | "
			"(user.score ?? 1)" },
		{ "0.5 < user.score", "optional-no-default@6-16: `user.score` is optional; absent, this "
			"comparison is false | say what then: `user.score ?? 0`, or test has(user.score) | "
			"(user.score ?? 0)" },
		{ "user.nick == 'bob'", "optional-no-default@0-9: `user.nick` is optional; absent, this "
			"comparison is false | say what then: `user.nick ?? ''`, or test has(user.nick) | "
			"(user.nick ?? '')" },
		{ "user.on == true", "optional-no-default@0-7: `user.on` is optional; absent, this "
			"comparison is false | say what then: `user.on ?? false`, or test has(user.on) | "
			"(user.on ?? false)" },
		{ "user.nick == user.id", "optional-no-default@0-9: `user.nick` is optional; absent, this "
			"comparison is false | say what then: `user.nick ?? default`, or test has(user.nick)" },
		{ "(user.score ?? 1) < 0.7", "= boolean" },
		{ "has(user.score) and user.score < 0.7", "= boolean" },
		{ "has(user.score) && (user.age > 1 && user.score < 0.7)", "= boolean" },
		{ "user.on", "= boolean?" }, { "user.on and user.age > 18", "= boolean" },
		{ "user.score + 1", "= number" }, { "user.typo ?? 1",
			"binding-field@5-9: `user` has no field `typo`" },
		{ "coalesce(user.nick, user.id)", "= string" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_operators(void **state)
{
	static const struct row rows[] = {
		{ "1 + 2", "= integer" }, { "1 + 2.5", "= number" }, { "4 / 2", "= number" },
		{ "'a' + 'b'", "= string" }, { "[1] + ['a']", "= list" }, { "user.any + 1", "= number" },
		{ "7 % 2", "= integer" }, { "-user.age", "= integer" }, { "not user.on", "= boolean" },
		{ "x == null", "optional-no-default@0-1: `x` is optional; absent, this comparison is "
			"false | say what then: `x ?? default`, or test has(x)" },
		{ "user.id == null", "= boolean" }, { "1 == 1.0", "= boolean" },
		{ "'a' in tags", "= boolean" }, { "'a' in 'abc'", "= boolean" },
		{ "'a' in {a: 1}", "= boolean" }, { "true ? 1 : 'a'", "= integer or string" },
		{ "{a: [1]}.a[0]", "= integer" },
		{ "user.age == '18'", "type-mismatch@0-16: this compares integer and string | "
			"convert one of them: number() reads a string, string() makes text" },
		{ "user.id > 5", "type-mismatch@0-11: only two numbers or two strings have an order, not "
			"string and integer | convert one of them: number() reads a string, string() makes "
			"text" },
		{ "true < false", "type-mismatch@0-12: only two numbers or two strings have an order, not "
			"boolean and boolean" },
		{ "'a' + 1", "type-mismatch@0-7: `+` adds numbers and joins strings or lists, not string "
			"and integer | convert one of them: number() reads a string, string() makes text" },
		{ "user.id * 2", "type-mismatch@0-7: an operand of `*` has to be a number, and is string | "
			"number() reads a number from a string" },
		{ "1.5 % 2", "type-mismatch@0-3: an operand of `%` has to be an integer, and is number | "
			"int() cuts the fraction off" },
		{ "user.id and true", "type-mismatch@0-7: an operand of `and` has to be a boolean, and is "
			"string | compare it, or convert 'true' and 'false' with bool()" },
		{ "not 1", "type-mismatch@4-5: the operand of `not` has to be a boolean, and is integer" },
		{ "-'a'", "type-mismatch@1-4: the operand of `-` has to be a number, and is string | "
			"number() reads a number from a string" },
		{ "1 ? 2 : 3", "type-mismatch@0-1: the test before `?` has to be a boolean, and is integer" },
		{ "1 in 2", "type-mismatch@5-6: what stands behind `in` has to be a list, an object or a "
			"string, and is integer" },
		{ "1 in 'a'", "type-mismatch@0-8: only a string can be part of a string or a key of an "
			"object: integer and string" },
		{ "1 in tags", "type-mismatch@0-9: this looks for integer in a list of string" },
		{ "user.age[0]", "type-mismatch@0-8: `[\xe2\x80\xa6]` has to be a list or an object, and "
			"is integer" },
		{ "tags[true]", "type-mismatch@5-9: the index of a list has to be an integer, and is "
			"boolean" },
		{ "tags['a']", "binding-field@5-8: `tags` is list, which has no fields; `a` cannot be "
			"taken from it | an element is taken with tags[0], and of all with "
			"map(tags, item.a)" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_functions(void **state)
{
	static const struct row rows[] = {
		{ "size(tags)", "= integer" }, { "lower(user.id)", "= string" }, { "now()", "= integer" },
		{ "split('a', ',')[0]", "= string" }, { "sort(tags)[0]", "= string" },
		{ "range(3)[0]", "= integer" }, { "min(1, 2)", "= number" },
		{ "timestamp('2026-11-20T09:12:05Z')", "= integer" }, { "duration('PT5M')", "= integer" },
		{ "user.any.get('k')", "= any" }, { "map(tags, size(item))", "= list" },
		{ "map(tags, size(item))[0]", "= integer" }, { "filter(items, item.price > 1)", "= list" },
		{ "first(items, item.price > 1)", "= object?" }, { "any(tags, item == 'a')", "= boolean" },
		{ "map(items, map(item.parts ?? [], item + index))[0][0]", "= integer" },
		{ "lower(1)", "type-mismatch@6-7: the argument of lower() has to be a string, and is "
			"integer | string() makes text of anything" },
		{ "split('a', 1)", "type-mismatch@11-12: argument 2 of split() has to be a string, and is "
			"integer | string() makes text of anything" },
		{ "len(tags)", "function-unknown@0-3: there is no function `len` | "
			"did you mean `size`? | size" },
		{ "lowr(user.id)", "function-unknown@0-4: there is no function `lowr` | "
			"did you mean `lower`? | lower" },
		{ "lower()", "function-arguments@0-5: lower() takes 1 argument, here are 0 | "
			"such as lower('AbC')" },
		{ "substring('a')", "function-arguments@0-9: substring() takes 2 to 3 arguments, here are "
			"1 | such as substring('abcdef', 1, 3)" },
		{ "min()", "function-arguments@0-3: min() takes at least 1 argument, here are 0 | "
			"such as min(3, 1, 2)" },
		{ "map(tags)", "function-arguments@0-3: map() takes 2 arguments, here are 1 | "
			"such as map(list, item.x > 1)" },
		{ "has()", "function-arguments@0-3: has() takes 1 argument, here are 0 | "
			"such as has(user.email)" },
		{ "duration('5m')", "function-arguments@9-13: '5m' is not an ISO 8601 duration such as "
			"PT1M30S" },
		{ "timestamp('today')", "function-arguments@10-17: 'today' is not an RFC 3339 time such as "
			"2026-11-20T09:12:05Z" },
		{ "map(user, item)", "type-mismatch@4-8: the first argument of map() has to be a list, and "
			"is object" },
		{ "filter(tags, size(item))", "type-mismatch@13-23: the body of filter() has to be a "
			"boolean, and is integer" },
		{ "map(items, item.prize)", "binding-field@16-21: `item` has no field `prize` | "
			"did you mean `price`? | price" },
	};
	(void)state;
	CHECK_ROWS(rows);
}

static void test_conditions(void **state)
{
	static const struct row rows[] = {
		{ "user.on", "= boolean?" }, { "user.any", "= any?" }, { "user.age > 1", "= boolean" },
		{ "user.id", "condition-type@0-7: this has to be boolean, and is string | "
			"compare it with something, as in `name != ''`" },
		{ "user.age + 1", "condition-type@0-12: this has to be boolean, and is integer | "
			"compare it with something, as in `count != 0`" },
		{ "usr.id", "binding-unknown@0-3: nothing named `usr` here | did you mean `user`? | user" },
	};
	(void)state;
	check_rows(rows, sizeof(rows) / sizeof(rows[0]), WF_T_BOOL);
}

static void test_bad_pattern(void **state)
{
	struct given g;
	(void)state;
	given_expr(&g, "matches('a', '(')");
	struct wf_scope scope = scope_in(wf_expr_arena_base(g.arena));
	assert_false(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
	assert_int_equal(g.diags.items[0].rule, WF_RULE_FUNCTION_ARGUMENTS);
	assert_int_equal(g.diags.items[0].span.offset, 13);
	given_done(&g);
}

/* An input of which nothing is known may have any property. */
static void test_open_input(void **state)
{
	struct wf_scope scope = { .input = &wf_type_any, .vars = &wf_type_any };
	struct given g;
	(void)state;
	given_expr(&g, "anything.at.all == 1 and item.x");
	assert_true(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, WF_T_BOOL, &g.diags));
	const struct wf_expr *path = g.expr->args[0]->args[0];
	assert_int_equal(path->base, WF_BASE_ROOT);
	assert_int_equal(path->root, WF_ROOT_INPUT);
	assert_int_equal(path->consumed, 0);
	given_done(&g);
}

static void test_order_of_names(void **state)
{
	static const char *const ids[] = { "vars", "user", "item" };
	struct wf_scope scope = { .input = &wf_type_any, .step_ids = ids, .step_count = 3,
		.roots = 1u << WF_ROOT_VARS | 1u << WF_ROOT_ITEM };
	struct given g;
	(void)state;
	given_expr(&g, "[vars.x, user.x, item.x, input.x, steps.item.output]");
	assert_true(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
	assert_int_equal(g.expr->args[0]->base, WF_BASE_STEP);
	assert_int_equal(g.expr->args[0]->step, 0);
	assert_int_equal(g.expr->args[1]->step, 1);
	assert_int_equal(g.expr->args[2]->root, WF_ROOT_ITEM);
	assert_int_equal(g.expr->args[3]->root, WF_ROOT_INPUT);
	assert_int_equal(g.expr->args[3]->consumed, 0); /* no root `input` here: a property */
	assert_int_equal(g.expr->args[4]->step, 2);
	given_done(&g);
}

/* Where foreachs stand around an expression. */
static void test_items(void **state)
{
	static const char *const ids[] = { "line", "user" };
	const struct wf_type number = { .kinds = WF_T_INT }, text = { .kinds = WF_T_STRING },
		nothing = { .kinds = WF_T_MAP, .closed = true };
	const struct wf_scope_loop loops[] = {
		{ 7, "order", "n", &number }, { 9, "line", NULL, &text } };
	struct wf_scope scope = { .input = &wf_type_any, .step_ids = ids, .step_count = 2,
		.loops = loops, .loop_count = 2 };
	static const struct {
		enum wf_expr_base base;
		uint32_t step, kinds;
	} expected[] = {
		{ WF_BASE_ITEM, 9, WF_T_STRING }, { WF_BASE_ITEM_INDEX, 9, WF_T_INT },
		{ WF_BASE_ITEM, 7, WF_T_INT }, { WF_BASE_ITEM_INDEX, 7, WF_T_INT },
		{ WF_BASE_ITEM, 9, WF_T_STRING }, /* goes before the step of that name */
		{ WF_BASE_STEP, 1, 0 },
	};
	struct given g;
	(void)state;
	given_expr(&g, "[item, index, order, n, line, user.x, map([true], item), map([1], line)]");
	assert_true(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
	for (uint32_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct wf_expr *e = g.expr->args[i];
		assert_int_equal(e->base, expected[i].base);
		assert_int_equal(e->step, expected[i].step);
		if (expected[i].kinds)
			assert_int_equal(e->type->kinds, expected[i].kinds);
	}
	assert_int_equal(g.expr->args[6]->args[1]->base, WF_BASE_ROOT); /* map's own item */
	assert_int_equal(g.expr->args[7]->args[1]->base, WF_BASE_ITEM);
	given_done(&g);
	scope.loop_count = 1;
	scope.input = &nothing;
	given_expr(&g, "nn + 1");
	assert_false(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
	assert_string_equal(finding(&g, 0),
		"binding-unknown@0-2: nothing named `nn` here | did you mean `n`? | n");
	given_done(&g);
}

static void count_step(void *arg, const struct wf_expr *path)
{
	wf_buf_printf(arg, "%s ", step_ids[path->step]);
}

static void test_each_step(void **state)
{
	WF_AUTOBUF struct wf_buf seen = { 0 };
	struct given g;
	(void)state;
	given_expr(&g, "map(tags, quote.body.x) + [a.b.c, user.id, has(maybe.x)]");
	struct wf_scope scope = scope_in(wf_expr_arena_base(g.arena));
	assert_true(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
	wf_expr_each_step(g.expr, count_step, &seen);
	assert_string_equal(seen.data, "quote a.b maybe ");
	given_done(&g);
}

/* Resolving again gives the same: a scope may change between. */
static void test_twice(void **state)
{
	struct given g;
	(void)state;
	given_expr(&g, "user.score < 1");
	struct wf_scope scope = scope_in(wf_expr_arena_base(g.arena));
	for (size_t i = 1; i <= 2; i++) {
		assert_true(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
		assert_int_equal(g.diags.warnings, i);
	}
	given_done(&g);
}

/* Many steps are found through an index, and a wrong name does not cost much. */
static void test_many_steps(void **state)
{
	enum { MANY = 20000 };
	struct given g;
	(void)state;
	given_expr(&g, "s7.x ?? s19999.y");
	struct wf_arena *arena = wf_expr_arena_base(g.arena);
	const char **ids = WF_ARENA_ARRAY(arena, const char *, MANY);
	for (int i = 0; i < MANY; i++)
		ids[i] = wf_arena_printf(arena, "s%d", i);
	static const struct wf_type closed = { .kinds = WF_T_MAP, .closed = true };
	struct wf_scope scope = { .input = &closed, .step_ids = ids, .step_count = MANY };
	for (int i = 0; i < 2000; i++)
		assert_true(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
	assert_int_equal(g.expr->args[1]->step, MANY - 1);
	scope.step_count = 8;
	assert_false(wf_expr_resolve(g.arena, g.expr, &scope, &g.site, 0, &g.diags));
	given_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_steps),
		cmocka_unit_test(test_optional), cmocka_unit_test(test_operators),
		cmocka_unit_test(test_functions), cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_bad_pattern), cmocka_unit_test(test_open_input),
		cmocka_unit_test(test_order_of_names), cmocka_unit_test(test_each_step),
		cmocka_unit_test(test_twice), cmocka_unit_test(test_items), cmocka_unit_test(test_many_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
