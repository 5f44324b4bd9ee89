/* The verifier: each rule, broken once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "helpers/plan_text.h"
#include "plan/internal.h"

#include "base/limits.h"

#define HEAD                                                                                       \
	"plan 3\nworkflow \"w\"\nentry E\nstep \"a\"\naction data.set\nenter E\n"                  \
	"step \"b\"\naction data.set\nenter F\nfail X\ncode\n"
#define GOOD "E:\nenter \"a\"\nF:\nenter \"b\"\nX:\nundef\nfinish success \"s\"\n"

struct code_case {
	const char *code, *want; /* want NULL: accepted */
};

static void check_text(const char *text, const char *want)
{
	struct wf_buf bytes = {0};
	struct wf_cause cause = {0};
	struct wf_plan *plan = NULL;
	if (wf_plan_assemble(text, strlen(text), &bytes, &cause))
		fail_msg("%s: %s", text, cause.text);
	int err = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
	if (!want && err)
		fail_msg("%s: %s", text, cause.text);
	if (want && (err != WF_ECORRUPT || strcmp(cause.text, want) != 0))
		fail_msg("%s: %d, %s", text, err, cause.text);
	wf_plan_free(plan);
	wf_buf_done(&bytes);
}

static void test_flow(void **state)
{
	(void)state;
	static const struct code_case cases[] = {
		{GOOD, NULL},
		{GOOD "pop\nundef\nfinish success \"s\"",
			"plan: instruction 4 (pop): takes more than the stack holds"},
		{GOOD "undef", "plan: instruction 4 (undef): runs off the end of the code"},
		{GOOD "leave \"a\"", "plan: instruction 4 (leave): runs off the end of the code"},
		{GOOD "undef\nleave \"a\"\nundef\nfinish success \"s\"",
			"plan: instruction 5 (leave): leaves operands on the stack where a thread "
			"may rest"},
		{GOOD "undef\nundef\nfinish success \"s\"",
			"plan: instruction 6 (finish): leaves operands on the stack where a thread "
			"may rest"},
		{GOOD "undef\nunless M\nundef\nM:\nreraise \"a\"",
			"plan: instruction 7 (reraise): is reached with different stack depths"},
		{GOOD "undef\nunless M\nundef\nM:\nundef\nreturn\nreraise \"a\"",
			"plan: instruction 7 (undef): is reached with different stack depths"},
		{GOOD "undef\nundef\nreturn",
			"plan: instruction 6 (return): returns with more than its value on the stack"},
		{GOOD "undef\njump R\nreraise \"a\"\nR:\nreturn",
			"plan: instruction 7 (return): returns outside a body"},
		{GOOD "undef\neach map R\npop\nreraise \"a\"\nR:\nundef\nenter \"a\"",
			"plan: instruction 9 (enter): moves a thread inside a body"},
		{GOOD "L:\njump L", "plan: instruction 4 (jump): jumps back to what is no `enter`"},
		{GOOD "L:\nleave \"a\"\njump L",
			"plan: instruction 5 (jump): jumps back to what is no `enter`"},
		{GOOD "jump E", NULL},
		{GOOD "undef\nand.then E\npop\nreraise \"a\"",
			"plan: instruction 0 (enter): is reached with different stack depths"},
		{GOOD "L:\nundef\nunless L\nundef\nreturn",
			"plan: instruction 5 (unless): jumps back inside a body"},
		{GOOD "B:\nundef\neach map B\nreturn",
			"plan: instruction 5 (each): an operand is out of its range"},
		{GOOD "undef\neach map B\nreturn\nB:\nundef\nreturn", NULL},
		{GOOD "undef\neach map B\npop\nB:\nundef\nfinish success \"s\"",
			"plan: instruction 7 (undef): is part of a body and of control code"},
		{GOOD "undef\nunless E\nreraise \"a\"", NULL},
		{GOOD "call now 0\nreturn", NULL},
		{GOOD "list 2\nreturn", "plan: instruction 4 (list): takes more than the stack holds"},
		{GOOD "undef\nmap 1\nreturn",
			"plan: instruction 5 (map): takes more than the stack holds"},
		{GOOD "undef\nundef\ncall size 2\nreturn",
			"plan: instruction 6 (call): an operand is out of its range"},
		{GOOD "call size 0\nreturn",
			"plan: instruction 4 (call): an operand is out of its range"},
		{GOOD "undef\nbind vars\nundef\nreturn",
			"plan: instruction 5 (bind): an operand is out of its range"},
		{GOOD "list 1025\nreturn",
			"plan: instruction 4 (list): an operand is out of its range"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_buf text = {0};
		wf_buf_printf(&text, HEAD "%s", cases[i].code);
		check_text(text.data, cases[i].want);
		wf_buf_done(&text);
	}
}

/* The same with a step `n` of a notification, and a plan that has a trigger. */
#define NOTIFY_HEAD                                                                                \
	"plan 3\nworkflow \"w\"\nextra {\"triggers\":[{}]}\nentry E\nstep \"a\"\n"                  \
	"action data.set\nenter E\nstep \"n\"\naction exec.run\nenter N\n"
#define NOTIFY_GOOD                                                                                \
	"fail H\nbody notify \"a\" 0 N\ncode\nE:\nenter \"a\"\nU:\nundef\nfinish success \"s\"\n"  \
	"N:\nenter \"n\"\nundef\nperform \"n\"\nleave \"n\"\nH:\nhalt\n"

static void test_bodies(void **state)
{
	(void)state;
	static const struct code_case cases[] = {
		{NOTIFY_GOOD, NULL},
		{"body slot.key B\nbody trigger.when 0 B\nbody trigger.input 0 B\nbody match \"a\" B\n"
			"fail H\ncode\nE:\nenter \"a\"\nN:\nenter \"n\"\nH:\nundef\n"
			"finish success \"s\"\nB:\nundef\nreturn", NULL},
		{"body trigger.when 1 U\n" NOTIFY_GOOD,
			"plan: body 1 is of what is not there, or begins nowhere"},
		{"body slot.key U\n" NOTIFY_GOOD,
			"plan: instruction 1 (undef): is part of a body and of control code"},
		{"body notify \"n\" 0 U\n" NOTIFY_GOOD,
			"plan: body 1 is not numbered or does not begin as its kind must"},
		{"body notify \"a\" 0 E\n" NOTIFY_GOOD, "plan: body 1 is out of order"},
		{"body notify \"a\" 1 E\n" NOTIFY_GOOD,
			"plan: instruction 0 (enter): is part of two flows that share nothing"},
		{"body notify \"a\" 0 N\ncode\nE:\nenter \"a\"\nundef\nfinish success \"s\"\nN:\n"
			"enter \"n\"\nhalt",
			"plan: instruction 3 (enter): begins a step of a notification whose failure "
			"is not handled"},
		{"fail H\nbody notify \"a\" 0 N\ncode\nE:\nenter \"a\"\nH:\nundef\n"
			"finish success \"s\"\nN:\nenter \"n\"\nhalt",
			"plan: instruction 1 (undef): is part of two flows that "
			"share nothing"},
		{"fail N\nbody notify \"a\" 0 N\ncode\nE:\nenter \"a\"\nundef\n"
			"finish success \"s\"\nN:\nenter \"n\"\nreraise \"n\"",
			"plan: instruction 4 (reraise): ends a thread of another kind"},
		{"fail N\nbody notify \"a\" 0 N\ncode\nE:\nenter \"a\"\nundef\n"
			"finish success \"s\"\nN:\nenter \"n\"\nundef\nfinish failed \"s\"",
			"plan: instruction 5 (finish): ends a thread of another kind"},
		{"code\nE:\nenter \"a\"\nN:\nenter \"n\"\nhalt",
			"plan: instruction 2 (halt): ends a thread of another kind"},
		/* what nothing leads to */
		{NOTIFY_GOOD "leave \"n\"\nhalt\nundef\nreturn\nleave \"a\"\nundef\n"
			"finish success \"s\"", NULL},
		{NOTIFY_GOOD "undef\nunless E\nhalt",
			"plan: instruction 0 (enter): is part of two flows that "
			"share nothing"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_buf text = {0};
		wf_buf_printf(&text, NOTIFY_HEAD "%s", cases[i].code);
		check_text(text.data, cases[i].want);
		wf_buf_done(&text);
	}
}

static void repeat(struct wf_buf *text, const char *line, unsigned times)
{
	while (times--)
		wf_buf_addstr(text, line);
}

static void test_room(void **state)
{
	(void)state;
	struct wf_buf text = {0};
	wf_buf_addstr(&text, HEAD GOOD);
	repeat(&text, "undef\n", WF_MAX_STACK);
	repeat(&text, "pop\n", WF_MAX_STACK - 1);
	wf_buf_addstr(&text, "return\n");
	check_text(text.data, NULL);

	wf_buf_reset(&text);
	wf_buf_addstr(&text, HEAD GOOD);
	repeat(&text, "undef\n", WF_MAX_STACK + 1);
	repeat(&text, "pop\n", WF_MAX_STACK);
	wf_buf_addstr(&text, "return\n");
	check_text(text.data,
		"plan: instruction 1028 (undef): fills the stack over its limit");

	/* 600 operands, and a body over them that needs 600 more */
	wf_buf_reset(&text);
	wf_buf_addstr(&text, HEAD GOOD);
	repeat(&text, "undef\n", 600);
	wf_buf_addstr(&text, "each map B\n");
	repeat(&text, "pop\n", 599);
	wf_buf_addstr(&text, "return\nB:\n");
	repeat(&text, "undef\n", 600);
	repeat(&text, "pop\n", 599);
	wf_buf_addstr(&text, "return\n");
	check_text(text.data, "plan: instruction 604 (each): needs more stack than there is, with "
			      "its bodies");

	wf_buf_reset(&text);
	wf_buf_addstr(&text, HEAD GOOD);
	for (unsigned i = 0; i <= WF_MAX_EXPR_DEPTH; i++)
		wf_buf_printf(&text, "B%u:\nundef\neach map B%u\nreturn\n", i, i + 1);
	wf_buf_printf(&text, "B%u:\nundef\nreturn\n", WF_MAX_EXPR_DEPTH + 1);
	check_text(text.data, "plan: instruction 5 (each): nests its bodies too deep");
	wf_buf_done(&text);
}

static void make(struct wf_plan_builder *b)
{
	wf_plan_builder_init(b);
	b->plan.workflow = wf_plan_add_string(b, "w");
	struct wf_plan_step step = {.name = WF_NONE, .retry = {.max_attempts = 1}, .max_visits = 1,
		.fail_pc = WF_NONE, WF_PLAN_STEP_ALONE};
	step.id = wf_plan_add_string(b, "a");
	step.enter_pc = wf_plan_emit(b, WF_OP_ENTER, 0, 0);
	wf_plan_add_step(b, &step);
	json_t *object = json_object(), *text = json_string("x");
	wf_plan_add_const(b, object);
	wf_plan_add_const(b, text);
	json_decref(object);
	json_decref(text);
	wf_plan_emit(b, WF_OP_CONST, 0, 1);
	wf_plan_emit(b, WF_OP_FINISH, 0, 0);
	struct wf_plan_edge edge = {.from = WF_NONE, .to = 0, .label = WF_NONE, .pc = WF_NONE};
	wf_plan_add_edge(b, &edge);
	wf_plan_mark(b, 1, 1);
}

static void expect(struct wf_plan_builder *b, const char *want)
{
	struct wf_cause cause = {0};
	int err = wf_plan_verify(&b->plan, &cause);
	assert_int_equal(err, want ? WF_ECORRUPT : 0);
	assert_string_equal(cause.text, want ? want : "");
	wf_plan_builder_done(b);
}

/* One field of a good plan set to something else. */
#define REFUSES(change, want)                                                                      \
	do {                                                                                       \
		struct wf_plan_builder b;                                                          \
		make(&b);                                                                          \
		b.plan.loc_count = 0;                                                              \
		b.plan.change;                                                                     \
		expect(&b, want);                                                                  \
	} while (0)

static void test_workflow_fields(void **state)
{
	(void)state;
	REFUSES(timeout_ms = 1, NULL);
	REFUSES(workflow = 9, "plan: workflow: its id is not valid");
	REFUSES(workflow = WF_NONE, "plan: workflow: its id is not valid");
	REFUSES(version = 9, "plan: workflow: its version is not valid");
	REFUSES(input_schema = 0, NULL);
	REFUSES(input_schema = 1, "plan: workflow: its input schema is not valid");
	REFUSES(output_schema = 2, "plan: workflow: its output schema is not valid");
	REFUSES(vars = 1, "plan: workflow: its vars is not valid");
	REFUSES(extra = 1, "plan: workflow: its extra is not valid");
	REFUSES(entry_pc = 3, "plan: workflow: its entry is not valid");
	REFUSES(timeout_ms = UINT64_MAX, "plan: workflow: its timeout is not valid");
	REFUSES(edges[0].to = 1, "plan: edge 0 names a step, string or instruction that is not there");
	REFUSES(edges[0].label = 7, "plan: edge 0 names a step, string or instruction that is not there");
	REFUSES(code[1].b = 1, "plan: instruction 1 (const): a reserved field is set");
	REFUSES(code[1].a = 1, "plan: instruction 1 (const): an operand is out of its range");
	REFUSES(code[1].c = 2, "plan: instruction 1 (const): an operand is out of its range");
	REFUSES(code[1].op = WF_OP_COUNT_, "plan: instruction 1 (?): no such opcode");
	REFUSES(code[2].a = 2, "plan: instruction 2 (finish): an operand is out of its range");
	REFUSES(code[2].c = 2, "plan: instruction 2 (finish): an operand is out of its range");
}

static void test_step_fields(void **state)
{
	(void)state;
	REFUSES(steps[0].id = 2, "plan: step 0: its id is not valid");
	REFUSES(steps[0].name = 2, "plan: step 0: its name is not valid");
	REFUSES(steps[0].enter_pc = 1, "plan: step 0: its enter instruction is not valid");
	REFUSES(steps[0].enter_pc = 3, "plan: step 0: its enter instruction is not valid");
	REFUSES(steps[0].fail_pc = 3, "plan: step 0: its failure instruction is not valid");
	REFUSES(steps[0].fail_pc = 2,
		"plan: instruction 2 (finish): is reached with different stack depths");
	REFUSES(steps[0].max_visits = 0, "plan: step 0: its max_visits is not valid");
	REFUSES(steps[0].max_visits = WF_MAX_VISITS + 1,
		"plan: step 0: its max_visits is not valid");
	REFUSES(steps[0].timeout_ms = UINT64_MAX, "plan: step 0: its timeout is not valid");
	REFUSES(steps[0].deadline_ms = UINT64_MAX, "plan: step 0: its deadline is not valid");
	REFUSES(steps[0].retry.max_attempts = 0, "plan: step 0: its retry is not valid");
	REFUSES(steps[0].retry.max_attempts = WF_MAX_ATTEMPTS + 1,
		"plan: step 0: its retry is not valid");
	REFUSES(steps[0].retry.jitter_milli = 1001, "plan: step 0: its retry is not valid");
	REFUSES(steps[0].retry.on_types = UINT32_C(1) << WF_ERROR_COUNT_,
		"plan: step 0: its retry is not valid");
	REFUSES(steps[0].retry.backoff = WF_BACKOFF_EXPONENTIAL,
		"plan: step 0: its retry is not valid");
}

static void test_duplicate_step(void **state)
{
	(void)state;
	struct wf_plan_builder b;
	make(&b);
	struct wf_plan_step twin = b.plan.steps[0];
	b.plan.loc_count = 0;
	wf_plan_emit(&b, WF_OP_ENTER, 0, 1);
	wf_plan_emit(&b, WF_OP_RERAISE, 0, 1);
	twin.enter_pc = 3;
	twin.origin = 1;
	wf_plan_add_step(&b, &twin);
	expect(&b, "plan: step 1: its id a is taken");
}

static void test_places(void **state)
{
	(void)state;
	struct wf_plan_builder b;
	make(&b); /* its mark is behind the last instruction: encode leaves it out */
	expect(&b, "plan: place 0 is of instruction 3, out of order or range");
}

#define GROUP_HEAD                                                                                 \
	"plan 3\nworkflow \"w\"\nentry E\nstep \"f\"\naction parallel\nenter E\n"                    \
	"step \"a\"\naction data.set\nin 0 0\nenter A\nstep \"b\"\naction data.set\nin 0 1\nenter B\n"
#define GROUP_CODE                                                                                 \
	"code\nE:\nenter \"f\"\nundef\nfork 0\nleave \"f\"\nundef\nfinish success \"s\"\n"         \
	"A:\nenter \"a\"\nundef\nperform \"a\"\nleave \"a\"\nmember.end 0\n"
#define GROUP_B "B:\nenter \"b\"\nundef\nperform \"b\"\nleave \"b\"\nmember.end 0\n"
#define MEMBERS "member A \"x\"\nmember B \"y\"\n"
#define PARALLEL "group parallel \"f\" needed=2 limit=2 first=0 count=2\n"

static void test_groups(void **state)
{
	(void)state;
	static const struct code_case cases[] = {
		{PARALLEL MEMBERS GROUP_CODE GROUP_B, NULL},
		{"group parallel \"f\" needed=3 limit=2 first=0 count=2\n" MEMBERS GROUP_CODE GROUP_B,
			"plan: group 0 is not valid"},
		{"group parallel \"f\" needed=2 limit=0 first=0 count=2\n" MEMBERS GROUP_CODE GROUP_B,
			"plan: group 0 is not valid"},
		{"group parallel \"f\" needed=2 limit=2 first=1 count=2\n" MEMBERS GROUP_CODE GROUP_B,
			"plan: group 0 is not valid"},
		{"group parallel \"f\" needed=2 limit=2 first=0 count=2 parent=0 member=1\n" MEMBERS
			GROUP_CODE GROUP_B, "plan: group 0 is not valid"},
		{"group parallel none needed=2 limit=2 first=0 count=2\n" MEMBERS GROUP_CODE GROUP_B,
			"plan: group 0 is not valid"},
		{"group parallel \"f\" needed=1 limit=2 first=0 count=1\n" MEMBERS GROUP_CODE GROUP_B,
			"plan: a member is of no group"},
		{PARALLEL "member A \"x\" 0 1\nmember B \"y\"\nafter 1\n" GROUP_CODE GROUP_B,
			"plan: member 0 of group 0 is not valid"},
		{"group dag none needed=2 limit=2 first=0 count=2\nmember A 0 1\nmember B 1 1\n"
			"after 1\nafter 0\n" GROUP_CODE GROUP_B,
			"plan: members wait for one another"},
		{"group dag none needed=2 limit=2 first=0 count=2\nmember A\nmember B 0 1\nafter 0\n"
			GROUP_CODE GROUP_B, NULL},
		{PARALLEL "member A\nmember A\n" GROUP_CODE GROUP_B,
			"plan: instruction 6 (enter): is part of two flows that share nothing"},
		{PARALLEL MEMBERS GROUP_CODE "B:\nenter \"b\"\nundef\nperform \"b\"\nleave \"b\"\n"
			"undef\nfinish success \"s\"\n",
			"plan: instruction 16 (finish): ends a thread of another kind"},
		{PARALLEL MEMBERS GROUP_CODE "B:\nenter \"b\"\nundef\nperform \"b\"\nskip \"a\"\n"
			"member.end 0\n",
			"plan: instruction 14 (skip): is of a step or group that does not lie here"},
		{PARALLEL MEMBERS GROUP_CODE "B:\nenter \"b\"\nundef\nfork 0\nmember.end 0\n",
			"plan: instruction 13 (fork): forks a group that is forked elsewhere"},
		{PARALLEL MEMBERS GROUP_CODE "B:\nenter \"b\"\nitem 0\nperform \"b\"\nleave \"b\"\n"
			"member.end 0\n",
			"plan: instruction 12 (item): an operand is out of its range"},
		{PARALLEL MEMBERS GROUP_CODE "B:\nenter \"b\"\nundef\nperform \"b\"\nleave \"b\"\n"
			"undef\nrethrow\n",
			"plan: instruction 16 (rethrow): ends a thread of another kind"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_buf text = {0};
		wf_buf_printf(&text, "%s%s", GROUP_HEAD, cases[i].code);
		check_text(text.data, cases[i].want);
		wf_buf_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_workflow_fields),
		cmocka_unit_test(test_step_fields),
		cmocka_unit_test(test_duplicate_step),
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
