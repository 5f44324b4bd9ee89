/* Queries in the expression machine: what they see, what they cost, what their errors become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vm_cases.h"

static void test_values(void **state)
{
	static const struct example examples[] = {
		{"root input;query jmespath \"user.tags[0]\"", "\"a\""},
		{"root input;query jmespath \"list[?@ > `1`] | sum(@)\"", "5"},
		{"root input;query jmespath \"nope.at.all\"", "null"},
		{"undef;query jmespath \"@\"", "null"},
		{"const 7;query jmespath \"@\";query jmespath \"[@]\"", "[7]"},
		{"root data;query jmespath \"user.age\"", "30"},
	};
	(void)state;
	CHECK_ALL(examples);
}

static void test_errors(void **state)
{
	static const struct example examples[] = {
		{"root input;query jmespath \"abs(user)\"",
			"!invalid-type jmespath: abs wants a number as argument 1, and not object "
			"(at character 1)"},
		{"root input;query jmespath \"'\u00e9' | user || abs(@)\"",
			"!invalid-type jmespath: abs wants a number as argument 1, and not string "
			"(at character 15)"},
		{"root input;query jmespath \"list[::0]\"", "!invalid-value "},
		{"root input;query jmespath \"pad_left('x', `100000000`)\"", "!value_limit "},
		{"root input;query jmespath \"@ | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@]"
		 " | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@]"
		 " | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@] | [@,@]\"",
			"!"},
	};
	(void)state;
	CHECK_ALL(examples);
}

/* A query that would run for ever takes the turn's steps with it, and its failure can be handled. */
static void test_steps(void **state)
{
	struct wf_plan *plan = plan_of_text(HEAD "root input\nquery jmespath \"list[*].[@, @]\"\nreturn\n");
	struct wf_instance *in = instance();
	struct wf_vm vm;
	uint32_t pc = plan->bodies[0].pc;
	(void)state;
	wf_vm_init(&vm, plan, in, 0, 0);
	vm.steps_left = 100;
	assert_int_equal(wf_vm_run(&vm, &pc), 0);
	uint64_t used = 100 - vm.steps_left;
	assert_true(used > 10 && used < 40);
	json_decref(wf_vm_pop(&vm));
	pc = plan->bodies[0].pc;
	vm.steps_left = used - 3;
	assert_int_equal(wf_vm_run(&vm, &pc), WF_EINVAL);
	assert_int_equal(vm.failure.type, WF_ERROR_LIMIT);
	assert_string_equal(vm.failure.code, "too_long");
	assert_int_equal(vm.steps_left, 0);
	assert_int_equal(vm.depth, 0);
	wf_vm_done(&vm);
	wf_instance_free(in);
	wf_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
