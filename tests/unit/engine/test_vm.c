/* The expression machine: every pure instruction, its failures and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm_cases.h"

static void test_paths(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"root input;get \"user\";get \"id\"", "\"u1\""},
		{"root input;get \"user\";get \"idd\"",
			"!path_missing input.user.idd is not there; input.user has `id`"},
		{"root input;get \"zzzzz\"", "!path_missing input.zzzzz is not there"},
		{"root input;get \"n\";get \"x\"",
			"!path_missing input.n.x is not there: input.n is null"},
		{"root input;get \"name\";get \"x\"",
			"!path_missing input.name.x is not there: input.name is string"},
		{"root input;get.opt \"no\";get \"x\"",
			"!path_missing input.no.x is not there: input.no is absent"},
		{"root input;get.opt \"no\"", "undefined"},
		{"root input;get.opt \"no\";get.opt \"no\"", "undefined"},
		{"root input;get.opt \"name\";get.opt \"no\"", "undefined"},
		{"root input;get \"list\";const 1;index", "2"},
		{"root input;get \"list\";const -1;index", "3"},
		{"root input;get \"list\";const -4;index", "!path_missing input.list[-4]"},
		{"root input;get \"list\";const 3;index",
			"!path_missing input.list[3] is not there: no element 3 in a list of 3"},
		{"root input;get \"list\";const 3;index.opt", "undefined"},
		{"root input;get \"user\";const \"age\";index", "30"},
		{"root input;get \"user\";const \"no\";index", "!path_missing input.user[\"no\"]"},
		{"root input;get \"user\";const \"tags\";index;const 0;index;get \"x\"",
			"!path_missing input.user[\"tags\"][0].x is not there"},
		{"root input;get \"list\";const \"a\";index", "!type_mismatch list"},
		{"root input;get \"list\";const 1.0;index", "!type_mismatch list"},
		{"root input;get \"name\";const 0;index.opt", "!type_mismatch string"},
		{"root input;get.opt \"no\";const 0;index.opt", "undefined"},
		{"root input;get \"n\";const 0;index", "!path_missing"},
		{"root input;get \"n\";const 0;index.opt", "undefined"},
		{"root input;get.opt \"no\";need \"user.no\"", "!path_missing user.no is not"},
		{"const 1;need \"x\"", "1"},
		{"step.part \"one\" output;get \"status\"", "201"},
		{"step.part \"one\" output;get \"body\"",
			"!path_missing steps.one.output.body is not there"},
		{"step.part \"one\" status", "\"completed\""},
		{"step.part \"one\" attempts", "2"},
		{"step.part \"one\" error", "undefined"},
		{"step.part \"two\" output", "undefined"},
		{"step.part \"two\" status", "\"pending\""},
	};
	CHECK_ALL(examples);
}

static void test_roots(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"root vars", "{\"region\":\"eu\"}"},
		{"root vars;get \"region\"", "\"eu\""},
		{"root vars;get \"regio\"", "!path_missing vars.regio is not there; vars has `re"},
		{"root vars;get.opt \"no\"", "undefined"},
		{"root event", "undefined"},
		{"root item", "undefined"},
		{"root tenant", "\"acme\""},
		{"root environment", "\"test\""},
		{"root status", "\"running\""},
		{"root security", "{\"name\":\"ann\",\"user\":\"root\"}"},
		{"root workflow", "{\"id\":\"flow\",\"version\":\"2.0.0\",\"name\":\"Flow\"}"},
		{"root instance", "{\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"number\":7,"
				  "\"started_at\":\"1970-01-01T00:00:01.000Z\","
				  "\"correlation_id\":\"c-1\"}"},
		{"root data;get \"one\"", "{\"status\":201}"},
		{"root data;get \"name\"", "\"x\""},
		{"root data;get.opt \"two\"", "undefined"},
		{"root data;dup;get \"one\";pop;const \"name\";index", "\"x\""},
	};
	CHECK_ALL(examples);
	const struct example without[] = {
		{"root input", "undefined"},
		{"root vars", "undefined"},
		{"step.part \"one\" output", "undefined"},
		{"const 1;const 2;add", "3"},
	};
	for (size_t i = 0; i < 4; i++)
		check(&without[i], NULL);
}

static void test_building(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const 1;undef;const [2];list 3", "[1,null,[2]]"},
		{"list 0", "[]"},
		{"map 0", "{}"},
		{"const \"b\";const 1;const \"a\";undef;const \"c\";const null;map 3",
			"{\"b\":1,\"c\":null}"},
		{"const \"b\";const 1;const \"b\";const 2;map 2", "{\"b\":2}"},
		{"const 1;const 1;map 1", "!type_mismatch a string as a member's name is needed"},
		{"const \"a\";const 1;const {\"b\":[1]};const null;text 4",
			"\"a1{\\\"b\\\":[1]}null\""},
		{"text 0", "\"\""},
		{"undef;text 1", "!path_missing"},
		{"const 1;const 2;pop", "1"},
		{"const 4;dup;add", "8"},
		{"const 9;bind input;root input;unbind input;root input;get \"name\";list 2",
			"[9,\"x\"]"},
	};
	CHECK_ALL(examples);
}

static void test_comparing(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const 1;const 1.0;eq", "true"},
		{"const 9007199254740993;const 9007199254740992.0;eq", "false"},
		{"const 9007199254740993;const 9007199254740992.0;gt", "true"},
		{"const 9223372036854775807;const 9223372036854775808.0;lt", "true"},
		{"const -9223372036854775808;const -1e300;gt", "true"},
		{"const 2;const 2.5;lt", "true"},
		{"const -2;const -2.5;gt", "true"},
		{"const 2.5;const 2;le", "false"},
		{"const 2.0;const 2;ge", "true"},
		{"const \"a\";const \"b\";lt", "true"},
		{"const \"a\";const \"ab\";lt", "true"},
		{"const \"z\";const \"\xc3\xa9\";lt", "true"},
		{"const \"a\";const \"a\";ge", "true"},
		{"const \"a\";const 1;lt",
			"!type_mismatch `<` takes two numbers or two strings, not string and int"},
		{"const true;const true;lt", "!type_mismatch"},
		{"const \"1\";const 1;eq", "!type_mismatch `==` takes two values of one type, not"},
		{"const null;const 1;eq", "false"},
		{"const null;const 1;ne", "true"},
		{"const null;const null;eq", "true"},
		{"const [1,{\"a\":2}];const [1.0,{\"a\":2}];eq", "true"},
		{"const {\"a\":1,\"b\":2};const {\"b\":2,\"a\":1};eq", "true"},
		{"const [1];const {};ne", "!type_mismatch"},
		{"const true;const false;ne", "true"},
		{"undef;const 1;eq", "false"},
		{"undef;const 1;ne", "false"},
		{"undef;undef;eq", "false"},
		{"const 1;undef;lt", "false"},
		{"const 2;const [1,2];in", "true"},
		{"const [1];const [[1]];in", "true"},
		{"const \"x\";const [1];in", "false"},
		{"const \"a\";const {\"a\":null};in", "true"},
		{"const \"bc\";const \"abcd\";in", "true"},
		{"const 1;const \"abcd\";in", "!type_mismatch"},
		{"const 1;const 2;in", "!type_mismatch"},
		{"undef;const [1];in", "false"},
		{"const true;not", "false"},
		{"undef;not", "true"},
		{"const 0;not", "!type_mismatch a boolean is needed, not integer"},
		{"undef;bool", "false"},
		{"const null;bool", "!type_mismatch"},
	};
	CHECK_ALL(examples);
}

static void test_arithmetic(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const 1;const 2;add", "3"},
		{"const 1;const 2.5;add", "3.5"},
		{"const \"a\";const \"b\";add", "\"ab\""},
		{"const [1];const [2,3];add", "[1,2,3]"},
		{"const \"a\";const 1;add", "!type_mismatch `+` takes two numbers, two strings or"},
		{"undef;const 1;add", "!path_missing the left operand of `+` is not there"},
		{"const 1;undef;mul", "!path_missing the right operand of `*` is not there"},
		{"root input;get \"big\";const 1;add", "!overflow"},
		{"const -9223372036854775808;const 1;sub", "!overflow"},
		{"const -9223372036854775808;neg", "!overflow"},
		{"const -9223372036854775808;const -1;div", "!overflow"},
		{"const -9223372036854775808;const -1;mod", "0"},
		{"const 4611686018427387904;const 2;mul", "!overflow"},
		{"const 1e308;const 10.0;mul", "!overflow"},
		{"const 6;const 3;div", "2"},
		{"const 7;const 2;div", "3.5"},
		{"const 7.0;const 7;div", "1.0"},
		{"const 7;const 0;div", "!division_by_zero"},
		{"const 7;const 0.0;div", "!division_by_zero"},
		{"const 7;const 0;mod", "!division_by_zero"},
		{"const -7;const 3;mod", "-1"},
		{"const 7;const -3;mod", "1"},
		{"const 7;const 3.0;mod", "!type_mismatch"},
		{"const 5;neg", "-5"},
		{"const 1.5;neg", "-1.5"},
		{"const \"a\";neg", "!type_mismatch"},
	};
	CHECK_ALL(examples);
}

static void test_jumps(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const false;and.then x;pop;const true;x:", "false"},
		{"undef;and.then x;pop;const true;x:", "false"},
		{"const true;and.then x;pop;const 7;x:", "7"},
		{"const 1;and.then x;pop;const 7;x:", "!type_mismatch"},
		{"const true;or.else x;pop;const 7;x:", "true"},
		{"undef;or.else x;pop;const 7;x:", "7"},
		{"const null;defined x;pop;const 7;x:", "null"},
		{"undef;defined x;pop;const 7;x:", "7"},
		{"const true;unless x;const 1;jump y;x:;const 2;y:", "1"},
		{"const false;unless x;const 1;jump y;x:;const 2;y:", "2"},
		{"undef;unless x;const 1;jump y;x:;const 2;y:", "2"},
		{"const 3;unless x;const 1;jump y;x:;const 2;y:", "!type_mismatch"},
	};
	CHECK_ALL(examples);
}

static void test_each(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const [1,2,3];each map x;return;x:;root item;const 2;mul", "[2,4,6]"},
		{"const [5,6];each map x;return;x:;root index", "[0,1]"},
		{"const [1,2];each map x;return;x:;undef", "[null,null]"},
		{"const [];each map x;return;x:;undef", "[]"},
		{"const [1,2,3];each filter x;return;x:;root item;const 1;gt", "[2,3]"},
		{"const [1];each filter x;return;x:;undef", "[]"},
		{"const [1,2,3];each all x;return;x:;root item;const 0;gt", "true"},
		{"const [1,2,3];each all x;return;x:;root item;const 2;lt", "false"},
		{"const [];each all x;return;x:;const false", "true"},
		{"const [1,2,3];each any x;return;x:;root item;const 2;eq", "true"},
		{"const [1,2,3];each any x;return;x:;root item;const 9;eq", "false"},
		{"const [];each any x;return;x:;const true", "false"},
		{"const [1,2,3];each first x;return;x:;root item;const 1;gt", "2"},
		{"const [1,2,3];each first x;return;x:;root item;const 9;gt", "undefined"},
		{"const 1;each map x;return;x:;undef", "!type_mismatch a list is needed"},
		{"undef;each map x;return;x:;undef", "!path_missing"},
		{"const [1];each all x;return;x:;root item", "!type_mismatch a boolean"},
		{"const [[1,2],[3]];each map x;return;x:;root item;each map y;return;y:;"
		 "root item;root index;add",
			"[[1,3],[3]]"},
		{"const [[1],[2]];each map x;return;x:;root item;each any y;pop;root item;return;"
		 "y:;const true",
			"[[1],[2]]"},
		{"const 4;bind item;const [1];each map x;root item;list 2;unbind item;return;x:;"
		 "root item",
			"[[1],4]"},
	};
	CHECK_ALL(examples);
}

static void test_limits(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const 2000000;call range 1", "!list_too_long"},
		{"const 1000000;call range 1;dup;add", "!list_too_long"},
		{"const 900000;call range 1;each map x;return;x:;root item;const 3;mul;const 4;"
		 "add;const 5;sub;const 1;mul;const 1;mul;const 1;mul",
			"!too_long the expressions of one turn"},
		{"const \"0123456789abcdef\";dup;add;dup;add;dup;add;dup;add;dup;add;dup;add;dup;"
		 "add;dup;add;dup;add;dup;add;dup;add;dup;add;dup;add;dup;add;dup;add;dup;add;dup;"
		 "add;dup;add;dup;add;dup;add;dup;add",
			"!string_too_long"},
	};
	CHECK_ALL(examples);
}

/* Values that share their parts: small in memory, endless as text. */
static void test_sharing(void **state)
{
	(void)state;
	struct wf_instance *in = instance();
	static const char *const ends[] = {"call json 1", "text 1", "dup;eq",
		"list 1;call unique 1"};
	for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
		struct wf_buf code = {0};
		wf_buf_addstr(&code, "const [1]");
		for (unsigned i = 0; i < 60; i++)
			wf_buf_addstr(&code, ";dup;list 2");
		wf_buf_printf(&code, ";%s", ends[e]);
		check(&(struct example){code.data, "!too_long"}, in);
		wf_buf_done(&code);
	}
	struct wf_buf code = {0};
	wf_buf_addstr(&code, "const [1]");
	for (unsigned i = 0; i < 60; i++)
		wf_buf_addstr(&code, ";dup;list 2");
	check(&(struct example){code.data, "!value_limit a value is over"}, in);
	wf_buf_reset(&code);
	wf_buf_addstr(&code, "const 1");
	for (unsigned i = 0; i < WF_MAX_DEPTH; i++)
		wf_buf_addstr(&code, ";list 1");
	check(&(struct example){code.data, "!value_limit a value is nested too deep"}, in);
	wf_buf_reset(&code);
	wf_buf_addstr(&code, "const 1");
	for (unsigned i = 0; i < 100000; i++)
		wf_buf_addstr(&code, ";list 1");
	check(&(struct example){code.data, "!too_deep"}, in);
	wf_buf_done(&code);
	wf_instance_free(in);
}

static void test_value_fits(void **state)
{
	(void)state;
	json_t *value = json_pack("{s:[i,s]}", "a", 1, "b");
	const char *why = NULL;
	assert_true(wf_value_fits(value, &why));
	assert_null(why);
	for (unsigned i = 0; i < WF_MAX_DEPTH - 9; i++)
		value = json_pack("[o]", value);
	assert_false(wf_value_fits(value, &why));
	assert_string_equal(why, "a value is nested too deep");
	json_decref(value);
	value = json_pack("[s]", "0123456789");
	for (unsigned i = 0; i < 60; i++) {
		json_t *twice = json_array();
		json_array_append(twice, value);
		json_array_append_new(twice, value);
		value = twice;
	}
	assert_false(wf_value_fits(value, NULL));
	json_decref(value);
	assert_true(wf_value_fits(NULL, NULL));
}

/* A run stops before control instructions with their operands on the stack; a failure empties it
 * and drops what the code bound, not what the engine did. */
static void test_runs(void **state)
{
	(void)state;
	struct wf_plan *plan = plan_of_text(
		"plan 3\nworkflow \"w\"\nentry E\nstep \"a\"\naction data.set\nenter E\ncode\n"
		"E:\nenter \"a\"\nroot error\nperform \"a\"\nconst 1\nbind input\nconst \"k\"\n"
		"const 2\nconst \"x\"\nlt\nmap 1\nperform \"a\"\nundef\nfinish success \"s\"\n");
	struct wf_instance *in = wf_instance_new(1);
	struct wf_vm vm;
	wf_vm_init(&vm, plan, in, 0, 0);
	json_t *seven = json_integer(7);
	wf_vm_bind(&vm, WF_ROOT_ERROR, seven);
	uint32_t pc = 0;
	assert_int_equal(wf_vm_run(&vm, &pc), 0);
	assert_int_equal(pc, 0);
	assert_int_equal(vm.depth, 0);
	pc = 1;
	assert_int_equal(wf_vm_run(&vm, &pc), 0);
	assert_int_equal(pc, 2);
	json_t *top = wf_vm_pop(&vm);
	assert_ptr_equal(top, seven);
	json_decref(top);
	pc = 3;
	assert_int_equal(wf_vm_run(&vm, &pc), WF_EINVAL);
	assert_int_equal(vm.failure.pc, 8);
	assert_int_equal(vm.failure.type, WF_ERROR_VALIDATION);
	assert_string_equal(vm.failure.code, "type_mismatch");
	assert_int_equal(vm.depth, 0);
	assert_int_equal(vm.bound_mask, 1u << WF_ROOT_ERROR);
	wf_vm_unbind(&vm, WF_ROOT_ERROR);
	assert_int_equal(vm.bound_mask, 0);
	wf_vm_done(&vm);
	json_decref(seven);
	wf_instance_free(in);
	wf_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_building),
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_value_fits),
		cmocka_unit_test(test_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
