/* Which workflows a plan starts: what is constant in the input of its steps, wherever it is computed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/starts.h"

#include <string.h>

/* A plan with a step that performs workflow.run with what the code leaves. */
static struct wf_plan *plan_of(const char *code)
{
	struct wf_buf text = {0}, bytes = {0};
	struct wf_cause cause = {0};
	struct wf_plan *plan = NULL;
	wf_buf_printf(&text,
		"plan 3\n\nworkflow \"w\"\nentry L0\n\nstep \"s\"\n\taction workflow.run\n\ton_crash retry\n"
		"\tretry attempts=1 backoff=fixed coefficient=1000\n\tenter L0\n\tat 1:1\n\ncode\nL0:\n"
		"\tenter \"s\"\n%s\tperform \"s\"\n\tleave \"s\"\n\tundef\n\tfinish success \"success\"\n",
		code);
	if (wf_plan_assemble(text.data, text.len, &bytes, &cause) < 0 ||
		wf_plan_load(bytes.data, bytes.len, &plan, &cause) < 0)
		fail_msg("%s", cause.text);
	wf_buf_done(&text);
	wf_buf_done(&bytes);
	return plan;
}

static const struct {
	const char *code, *workflow, *version;
} cases[] = {
	{"\tconst {\"workflow\":\"b\"}\n", "b", NULL},
	{"\tconst {\"workflow\":\"b\",\"version\":\"1.0.0\"}\n", "b", "1.0.0"},
	{"\tconst {\"workflow\":1}\n", NULL, NULL},
	/* a member of the same name further inside is another's */
	{"\tconst \"input\"\n\tconst \"workflow\"\n\troot input\n\tmap 1\n\tconst \"workflow\"\n\tconst \"b\"\n"
	 "\tmap 2\n", "b", NULL},
	{"\tconst \"input\"\n\tconst \"workflow\"\n\tconst \"c\"\n\tmap 1\n\tmap 1\n", NULL, NULL},
	/* computed */
	{"\tconst \"workflow\"\n\troot tenant\n\tmap 1\n", NULL, NULL},
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tconst \"version\"\n\troot tenant\n\tmap 2\n", NULL, NULL},
	/* one of two */
	{"\tconst \"workflow\"\n\tconst true\n\tunless L1\n\tconst \"a\"\n\tjump L2\nL1:\n\tconst \"b\"\nL2:\n"
	 "\tmap 1\n", NULL, NULL},
	/* what is computed beside it may jump */
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tconst \"input\"\n\tconst true\n\tunless L1\n\tconst \"a\"\n"
	 "\tjump L2\nL1:\n\tconst \"c\"\nL2:\n\tmap 2\n", "b", NULL},
};

static void what_is_constant_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wf_plan *plan = plan_of(cases[i].code);
		const char *workflow = NULL, *version = NULL;
		bool starts = wf_plan_starts(plan, 0, &workflow, &version);
		if (starts != (cases[i].workflow != NULL))
			fail_msg("case %zu: %s", i, starts ? workflow : "nothing");
		if (starts)
			assert_string_equal(workflow, cases[i].workflow);
		assert_int_equal(version != NULL, cases[i].version != NULL);
		if (version)
			assert_string_equal(version, cases[i].version);
		wf_plan_free(plan);
	}
}

static const struct {
	const char *code, *input;  /* input: NULL: nothing is known of it */
} inputs[] = {
	{"\tconst {\"workflow\":\"b\"}\n", "{}"},
	{"\tconst {\"workflow\":\"b\",\"input\":{\"n\":1}}\n", "{\"n\":{\"is\":1}}"},
	{"\tconst {\"workflow\":\"b\",\"input\":3}\n", NULL},
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tmap 1\n", "{}"},
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tconst \"input\"\n\troot input\n\tmap 2\n", NULL},
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tconst \"input\"\n\tconst \"n\"\n\troot input\n"
	 "\tconst \"s\"\n\tconst \"a\"\n\tmap 2\n\tmap 2\n", "{\"n\":{},\"s\":{\"is\":\"a\"}}"},
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tconst \"input\"\n\tconst {\"n\":null}\n\tmap 2\n",
	 "{\"n\":{\"is\":null}}"},
	/* a computed key; one of two objects */
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tconst \"input\"\n\troot tenant\n\tconst 1\n\tmap 1\n"
	 "\tmap 2\n", NULL},
	{"\tconst \"workflow\"\n\tconst \"b\"\n\tconst \"input\"\n\tconst true\n\tunless L1\n"
	 "\tconst {\"n\":1}\n\tjump L2\nL1:\n\tconst {\"n\":2}\nL2:\n\tmap 2\n", NULL},
};

static void what_a_child_is_given_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		struct wf_plan *plan = plan_of(inputs[i].code);
		json_t *input = wf_plan_start_input(plan, 0);
		json_t *wanted = inputs[i].input ? json_loads(inputs[i].input, 0, NULL) : NULL;
		if (!input != !wanted || (wanted && !json_equal(input, wanted)))
			fail_msg("case %zu", i);
		json_decref(input);
		json_decref(wanted);
		wf_plan_free(plan);
	}
}

static void an_end_without_an_output_gives_nothing(void **state)
{
	(void)state;
	struct wf_plan *plan = plan_of("\tconst {\"workflow\":\"b\"}\n");
	assert_true(wf_plan_gives_nothing(plan));
	uint32_t at = plan->code_count - 2;
	assert_int_equal(plan->code[at].op, WF_OP_UNDEF);
	plan->code[at].op = WF_OP_ROOT;
	assert_false(wf_plan_gives_nothing(plan));
	wf_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_constant_is_read),
		cmocka_unit_test(what_a_child_is_given_is_read),
		cmocka_unit_test(an_end_without_an_output_gives_nothing),
	};
	return cmocka_run_group_tests_name("starts", tests, NULL, NULL);
}
