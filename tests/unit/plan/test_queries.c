/* Queries in a plan's code: written and read, parsed once each, refused where they are none. */
#include "query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "helpers/plan_text.h"

#define HEAD                                                                                       \
	"plan 3\nworkflow \"w\"\nentry E\nstep \"a\"\naction data.set\nenter E\nbody slot.key B\n"  \
	"code\nE:\nenter \"a\"\nundef\nfinish success \"s\"\nB:\nroot input\n"

static void test_round_trip(void **state)
{
	(void)state;
	struct wf_plan *plan = plan_of_text(HEAD
		"query jmespath \"a.\\\"b c\\\"\"\nquery jmespath \"@\"\nquery jmespath \"@\"\nreturn\n");
	struct wf_buf text = {0}, bytes = {0}, again = {0};
	wf_plan_disassemble(plan, &text);
	assert_non_null(strstr(text.data, "\tquery jmespath \"a.\\\"b c\\\"\"\n"));
	assert_int_equal(wf_plan_assemble(text.data, text.len, &bytes, NULL), 0);
	wf_plan_write(plan, &again);
	assert_int_equal(bytes.len, again.len);
	assert_memory_equal(bytes.data, again.data, bytes.len);
	assert_int_equal(plan->query_count, 2);
	const struct wf_insn *code = plan->code;
	uint32_t pc = plan->bodies[0].pc;
	assert_non_null(wf_plan_query(plan, &code[pc + 1]));
	assert_ptr_equal(wf_plan_query(plan, &code[pc + 2]), wf_plan_query(plan, &code[pc + 3]));
	assert_ptr_not_equal(wf_plan_query(plan, &code[pc + 1]), wf_plan_query(plan, &code[pc + 2]));
	assert_int_equal(wf_query_language_in(wf_plan_query(plan, &code[pc + 1])), WF_QUERY_JMESPATH);
	wf_buf_done(&text);
	wf_buf_done(&bytes);
	wf_buf_done(&again);
	wf_plan_free(plan);
}

static void test_damage(void **state)
{
	static const struct {
		const char *code, *why;
	} bad[] = {
		{"query jmespath \"a[\"\nreturn\n",
			"plan: instruction 4: its query is none of jmespath: the expression ends where a "
			"number or * is expected"},
		{"query jmespath \"nope(@)\"\nreturn\n",
			"plan: instruction 4: its query is none of jmespath: there is no function nope"},
		{"query jsonata \"a[\"\nreturn\n", "plan: instruction 4: its query is none of jsonata: "},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wf_buf text = {0}, bytes = {0};
		struct wf_cause cause = {0};
		struct wf_plan *plan = NULL;
		wf_buf_printf(&text, HEAD "%s", bad[i].code);
		int err = wf_plan_assemble(text.data, text.len, &bytes, &cause);
		if (!err)
			err = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
		assert_int_equal(err, WF_ECORRUPT);
		if (strncmp(cause.text, bad[i].why, strlen(bad[i].why)) != 0)
			fail_msg("%s: %s", bad[i].code, cause.text);
		wf_buf_done(&text);
		wf_buf_done(&bytes);
	}
}

static void test_unknown_language(void **state)
{
	struct wf_buf bytes = {0};
	struct wf_cause cause = {0};
	static const char text[] = HEAD "query sql \"a\"\nreturn\n";
	(void)state;
	assert_int_equal(wf_plan_assemble(text, sizeof(text) - 1, &bytes, &cause), WF_ESYNTAX);
	wf_buf_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_unknown_language),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
