/* The text form: there and back, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "helpers/plan_text.h"

#define GOLDEN "tests/golden/plan/full.wfs"

static void test_golden(void **state)
{
	(void)state;
	struct wf_buf text = {0}, again = {0}, bytes = {0}, twice = {0};
	assert_int_equal(wf_read_file(GOLDEN, 1 << 20, &text, NULL), 0);
	struct wf_cause cause = {0};
	if (wf_plan_assemble(text.data, text.len, &bytes, &cause))
		fail_msg("%s", cause.text);
	struct wf_plan *plan = NULL;
	if (wf_plan_load(bytes.data, bytes.len, &plan, &cause))
		fail_msg("%s", cause.text);
	wf_plan_disassemble(plan, &again);
	assert_string_equal(again.data, text.data);
	assert_int_equal(wf_plan_assemble(again.data, again.len, &twice, &cause), 0);
	assert_int_equal(twice.len, bytes.len);
	assert_memory_equal(twice.data, bytes.data, bytes.len);
	wf_plan_free(plan);
	wf_buf_done(&text);
	wf_buf_done(&again);
	wf_buf_done(&bytes);
	wf_buf_done(&twice);
}

/* The golden file has every opcode, so that each operand format is written and read there. */
static void test_golden_is_complete(void **state)
{
	(void)state;
	struct wf_buf text = {0};
	assert_int_equal(wf_read_file(GOLDEN, 1 << 20, &text, NULL), 0);
	struct wf_plan *plan = plan_of_text(text.data);
	bool seen[WF_OP_COUNT_] = {0};
	for (uint32_t pc = 0; pc < plan->code_count; pc++)
		seen[plan->code[pc].op] = true;
	const enum wf_opcode left_out[] = {WF_OP_LE, WF_OP_GT, WF_OP_SUB, WF_OP_MUL, WF_OP_DIV,
		WF_OP_MOD}; /* their likes are there */
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		seen[left_out[i]] = true;
	for (unsigned op = 0; op < WF_OP_COUNT_; op++)
		if (!seen[op])
			fail_msg("%s is not in the golden file", wf_ops[op].mnemonic);
	wf_plan_free(plan);
	wf_buf_done(&text);
}

/* By hand: no tables, comments, any label names. */
static void test_by_hand(void **state)
{
	(void)state;
	struct wf_plan *plan = plan_of_text("# a comment\n"
					    "plan 3\n"
					    "workflow \"w\"\n"
					    "entry begin\r\n"
					    "code\n"
					    "begin:\n"
					    "  jump the.end\n"
					    "\n"
					    "the.end:\n"
					    "  const  {\"a\" : [ 1 , 2 ] } \n"
					    "  finish success \"done\"");
	assert_int_equal(plan->code_count, 3);
	assert_int_equal(plan->code[0].c, 1);
	assert_int_equal(json_array_size(json_object_get(plan->consts[0], "a")), 2);
	wf_plan_free(plan);
}

struct bad_text {
	const char *text, *want;
};

static void test_refused(void **state)
{
	(void)state;
	static const struct bad_text bad[] = {
		{"", "line 1: the text does not begin with `plan 3`"},
		{"workflow \"w\"", "line 1: the text does not begin with `plan 3`"},
		{"plan 2", "line 1: format 2 is not known; this wfctl writes 3"},
		{"plan one", "line 1: `one` is not a number"},
		{"plan 3\nplan 3 1", "line 2: something stands behind the end of the statement"},
		{"plan 3\nworkflow w", "line 2: a string in quotes is missing"},
		{"plan 3\nworkflow \"w", "line 2: a string has no end"},
		{"plan 3\nworkflow \"w\\", "line 2: a string has no end"},
		{"plan 3\nworkflow \"\\u0000\"", NULL},
		{"plan 3\nvars {", NULL},
		{"plan 3\nfly", "line 2: `fly` does not belong here"},
		{"plan 3\nentry", "line 2: a label is missing"},
		{"plan 3\nentry L1", "line 2: no label L1"},
		{"plan 3\ntimeout 99999999999999999999", NULL},
		{"plan 3\nstep \"a\"\nstep \"a\"", "line 3: step \"a\" is declared twice"},
		{"plan 3\nstep \"a\"\naction fly", "line 3: no action `fly`"},
		{"plan 3\nstep \"a\"\non_crash fly", NULL},
		{"plan 3\nstep \"a\"\nretry fast", "line 3: `fast` is not NAME=VALUE"},
		{"plan 3\nstep \"a\"\nretry speed=1", "line 3: `speed` is not part of a retry"},
		{"plan 3\nstep \"a\"\nretry on=Sad", "line 3: no error type `Sad`"},
		{"plan 3\nstep \"a\"\nretry backoff=none", "line 3: no back-off `none`"},
		{"plan 3\nstep \"a\"\nat 7", "line 3: a place is LINE:COLUMN"},
		{"plan 3\nedge start => end", NULL},
		{"plan 3\nedge start -> \"b\" next",
			"line 2: no step \"b\" was declared above"},
		{"plan 3\ncode\nfly", "line 3: no instruction `fly`"},
		{"plan 3\ncode\njump", "line 3: a label is missing"},
		{"plan 3\ncode\njump L9", "line 3: no label L9"},
		{"plan 3\ncode\na:\na:", "label a stands twice"},
		{"plan 3\ncode\nroot fly", "line 3: no root `fly`"},
		{"plan 3\ncode\ncall fly 1", "line 3: no function `fly`"},
		{"plan 3\ncode\ncall size 256", "line 3: more than 255 arguments"},
		{"plan 3\ncode\neach fly a", "line 3: `fly` is not what may stand here"},
		{"plan 3\ncode\nfinish maybe \"a\"", "line 3: `maybe` is not what may stand here"},
		{"plan 3\ncode\nlist 4294967296", "line 3: a number is too large"},
		{"plan 3\ncode\nenter \"b\"", "line 3: no step \"b\" was declared above"},
		{"plan 3\ntables\nstring 1", "line 3: a string in quotes is missing"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wf_buf out = {0};
		struct wf_cause cause = {0};
		int err = wf_plan_assemble(bad[i].text, strlen(bad[i].text), &out, &cause);
		if (err != WF_ESYNTAX || (bad[i].want && strcmp(cause.text, bad[i].want) != 0))
			fail_msg("%d: %s: `%s`", err, bad[i].text, cause.text);
		assert_int_equal(out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_golden_is_complete),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
