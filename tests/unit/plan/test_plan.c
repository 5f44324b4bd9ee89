/* Building, encoding and loading plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan/internal.h"

#include "base/mem.h"

#include <string.h>

static void build(struct wf_plan_builder *b)
{
	wf_plan_builder_init(b);
	b->plan.workflow = wf_plan_add_string(b, "greeting");
	json_t *vars = json_pack("{s:s,s:f}", "region", "eu", "share", 0.1);
	b->plan.vars = wf_plan_add_const(b, vars);
	json_decref(vars);
	struct wf_plan_step step = {
		.id = wf_plan_add_string(b, "say"),
		.name = WF_NONE,
		.action = WF_ACT_DATA_SET,
		.retry = {.max_attempts = 1},
		.max_visits = 1,
		.fail_pc = WF_NONE,
		WF_PLAN_STEP_ALONE,
		.line = 4,
		.column = 7,
	};
	wf_plan_mark(b, 4, 7);
	step.enter_pc = wf_plan_emit(b, WF_OP_ENTER, 0, 0);
	wf_plan_add_step(b, &step);
	wf_plan_mark(b, 5, 9);
	wf_plan_emit(b, WF_OP_ROOT, WF_ROOT_INPUT, 0);
	wf_plan_emit(b, WF_OP_GET, 0, wf_plan_add_string(b, "name"));
	wf_plan_emit(b, WF_OP_PERFORM, 0, 0);
	wf_plan_emit(b, WF_OP_LEAVE, 0, 0);
	wf_plan_emit(b, WF_OP_UNDEF, 0, 0);
	wf_plan_emit(b, WF_OP_FINISH, 0, wf_plan_add_string(b, "success"));
	wf_plan_mark(b, 99, 1);
	struct wf_plan_edge edge = {.from = WF_NONE, .to = 0, .label = WF_NONE, .pc = WF_NONE};
	wf_plan_add_edge(b, &edge);
}

static void encoded(struct wf_buf *out)
{
	struct wf_plan_builder b;
	build(&b);
	wf_plan_encode(&b, out);
	wf_plan_builder_done(&b);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct wf_buf bytes = {0}, again = {0}, twice = {0};
	encoded(&bytes);
	encoded(&again);
	assert_int_equal(bytes.len, again.len);
	assert_memory_equal(bytes.data, again.data, bytes.len);
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	int err = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
	if (err)
		fail_msg("%s", cause.text);
	wf_plan_write(plan, &twice);
	assert_int_equal(bytes.len, twice.len);
	assert_memory_equal(bytes.data, twice.data, bytes.len);
	/* the id is the check sum of the bytes without places */
	wf_buf_reset(&twice);
	plan->loc_count = 0;
	for (uint32_t i = 0; i < plan->step_count; i++)
		plan->steps[i].line = plan->steps[i].column = 0;
	wf_plan_write(plan, &twice);
	assert_memory_equal(twice.data + WF_PLAN_SUM_AT, plan->id, sizeof(plan->id));
	assert_memory_not_equal(bytes.data + WF_PLAN_SUM_AT, plan->id, sizeof(plan->id));
	wf_plan_free(plan);
	wf_buf_done(&bytes);
	wf_buf_done(&again);
	wf_buf_done(&twice);
}

static void test_accessors(void **state)
{
	(void)state;
	struct wf_buf bytes = {0};
	encoded(&bytes);
	struct wf_plan *plan = NULL;
	assert_int_equal(wf_plan_load(bytes.data, bytes.len, &plan, NULL), 0);
	assert_string_equal(wf_plan_string(plan, plan->workflow), "greeting");
	assert_null(wf_plan_string(plan, WF_NONE));
	assert_null(wf_plan_string(plan, plan->version));
	assert_string_equal(wf_plan_step_id(plan, 0), "say");
	assert_null(wf_plan_step_id(plan, 1));
	assert_int_equal(wf_plan_find_step(plan, "say"), 0);
	assert_int_equal(wf_plan_find_step(plan, "sing"), WF_NONE);
	assert_int_equal(wf_plan_locate(plan, 0)->line, 4);
	assert_int_equal(wf_plan_locate(plan, 1)->line, 5);
	assert_int_equal(wf_plan_locate(plan, 6)->column, 9);
	assert_int_equal(plan->loc_count, 2);
	wf_plan_free(plan);
	wf_buf_done(&bytes);
}

static void test_interning(void **state)
{
	(void)state;
	struct wf_plan_builder b;
	wf_plan_builder_init(&b);
	char name[16];
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 1000; i++) {
			(void)snprintf(name, sizeof(name), "n%u", i);
			assert_int_equal(wf_plan_add_string(&b, name), i);
			json_t *value = json_integer(i);
			assert_int_equal(wf_plan_add_const(&b, value), i);
			json_decref(value);
		}
	json_t *one = json_pack("{s:i,s:i}", "a", 1, "b", 2);
	json_t *other = json_pack("{s:i,s:i}", "b", 2, "a", 1);
	uint32_t index = wf_plan_add_const(&b, one);
	assert_int_not_equal(wf_plan_add_const(&b, other), index);
	assert_int_equal(wf_plan_add_const(&b, one), index);
	json_decref(one);
	json_decref(other);
	wf_plan_builder_done(&b);
	wf_plan_builder_done(&b);
}

static void test_tables(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WF_OP_COUNT_; i++) {
		assert_int_equal(wf_op_find(wf_ops[i].mnemonic), i);
		assert_true(wf_ops[i].pops <= 2 && wf_ops[i].pushes <= 2);
	}
	for (unsigned i = 0; i < WF_FN_COUNT_; i++)
		assert_int_equal(wf_function_find(wf_functions[i].name), i);
	for (unsigned i = 0; i < WF_ACT_COUNT_; i++)
		assert_int_equal(wf_action_find(wf_actions[i].name), i);
	for (unsigned i = 0; i < WF_ERROR_COUNT_; i++)
		assert_int_equal(wf_error_type_find(wf_error_types[i].name), i);
	for (unsigned i = 0; i < WF_ROOT_COUNT_; i++)
		assert_int_equal(wf_root_find(wf_root_name((enum wf_root)i)), i);
	assert_int_equal(wf_op_find("nothing"), WF_OP_COUNT_);
	assert_int_equal(wf_function_find("nothing"), WF_FN_COUNT_);
	assert_true(WF_ERROR_COUNT_ < 32 && WF_ROOT_COUNT_ <= 32);
}

static void refused(const struct wf_buf *bytes, int want)
{
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	assert_int_equal(wf_plan_load(bytes->data, bytes->len, &plan, &cause), want);
	assert_null(plan);
	assert_true(cause.text[0]);
}

static void test_refused_files(void **state)
{
	(void)state;
	struct wf_buf bytes = {0};
	encoded(&bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		struct wf_buf part = {.data = bytes.data, .len = n};
		refused(&part, WF_ECORRUPT);
	}
	wf_put_u64(&bytes, 0);
	refused(&bytes, WF_ECORRUPT);
	bytes.len -= 8;
	bytes.data[8] = 4;
	refused(&bytes, WF_EVERSION);
	wf_buf_done(&bytes);
}

/* What a wfctl before bodies wrote: read, with its correlation id, and written as it was. */
static void test_first_format(void **state)
{
	(void)state;
	struct wf_plan_builder b;
	struct wf_buf bytes = {0}, again = {0};
	struct wf_plan *plan = NULL;
	build(&b);
	b.plan.format = 1;
	struct wf_plan_body body = {.kind = WF_BODY_CORRELATION, .pc = wf_plan_here(&b)};
	wf_plan_add_body(&b, &body);
	wf_plan_emit(&b, WF_OP_UNDEF, 0, 0);
	wf_plan_emit(&b, WF_OP_RETURN, 0, 0);
	wf_plan_encode(&b, &bytes);
	assert_int_equal(bytes.data[8], 1);
	assert_int_equal(bytes.data[10], 7);
	assert_int_equal(bytes.data[128 + 36], body.pc);
	assert_int_equal(wf_plan_load(bytes.data, bytes.len, &plan, NULL), 0);
	assert_int_equal(wf_plan_find_body(plan, WF_BODY_CORRELATION, 0, 0), body.pc);
	assert_int_equal(wf_plan_find_body(plan, WF_BODY_SLOT_KEY, 0, 0), WF_NONE);
	wf_plan_write(plan, &again);
	assert_int_equal(bytes.len, again.len);
	assert_memory_equal(bytes.data, again.data, bytes.len);
	memset(bytes.data + 128 + 36, 0xff, 4);
	wf_plan_free(plan);
	assert_int_equal(wf_plan_load(bytes.data, bytes.len, &plan, NULL), 0);
	assert_int_equal(plan->body_count, 0);
	wf_plan_free(plan);
	wf_plan_builder_done(&b);
	wf_buf_done(&bytes);
	wf_buf_done(&again);
}

/* Bodies are found whatever their order was. */
static void test_find_body(void **state)
{
	(void)state;
	struct wf_plan_builder b;
	struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	build(&b);
	json_t *extra = json_pack("{s:[{},{},{}]}", "triggers");
	b.plan.extra = wf_plan_add_const(&b, extra);
	json_decref(extra);
	for (uint32_t i = 3; i-- > 0;) {
		struct wf_plan_body body = {
			.kind = WF_BODY_TRIGGER_WHEN, .of = i, .pc = wf_plan_here(&b)};
		assert_int_equal(wf_plan_add_body(&b, &body), 2 - i);
		wf_plan_emit(&b, WF_OP_UNDEF, 0, 0);
		wf_plan_emit(&b, WF_OP_RETURN, 0, 0);
	}
	wf_plan_encode(&b, &bytes);
	assert_int_equal(wf_plan_load(bytes.data, bytes.len, &plan, NULL), 0);
	assert_int_equal(plan->format, WF_PLAN_FORMAT);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(wf_plan_find_body(plan, WF_BODY_TRIGGER_WHEN, i, 0),
			7 + 2 * (2 - i));
	assert_int_equal(wf_plan_find_body(plan, WF_BODY_TRIGGER_WHEN, 3, 0), WF_NONE);
	assert_int_equal(wf_plan_find_body(plan, WF_BODY_TRIGGER_WHEN, 0, 1), WF_NONE);
	assert_int_equal(wf_plan_find_body(plan, WF_BODY_TRIGGER_INPUT, 0, 0), WF_NONE);
	wf_plan_free(plan);
	wf_plan_builder_done(&b);
	wf_buf_done(&bytes);
}

/* What a writer would have put there, of bytes that no writer would write. */
static void sum_again(struct wf_buf *bytes)
{
	wf_plan_sum(bytes->data, bytes->len, (uint8_t *)bytes->data + WF_PLAN_SUM_AT);
}

/* A plan whose bytes from `from` are overwritten is refused with that sentence. */
static void refused_when(const char *from, const char *to, size_t n, const char *want)
{
	struct wf_plan_builder b;
	struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	build(&b);
	wf_plan_add_string(&b, "one-a");
	wf_plan_add_string(&b, "one-b");
	json_t *value = json_pack("{s:i}", "one", 1);
	wf_plan_add_const(&b, value);
	json_object_set_new(value, "one", json_integer(2));
	json_t *other = json_deep_copy(value);
	wf_plan_add_const(&b, other);
	json_object_set_new(value, "one", json_integer(1));
	wf_plan_encode(&b, &bytes);
	char *at = memmem(bytes.data, bytes.len, from, n);
	assert_non_null(at);
	memcpy(at, to, n);
	sum_again(&bytes);
	assert_int_equal(wf_plan_load(bytes.data, bytes.len, &plan, &cause), WF_ECORRUPT);
	assert_string_equal(cause.text, want);
	json_decref(value);
	json_decref(other);
	wf_plan_builder_done(&b);
	wf_buf_done(&bytes);
}

static void test_one_encoding(void **state)
{
	(void)state;
	refused_when("one-b", "one-a", 5, "plan: records 4 and 5 of section strings are equal");
	refused_when("{\"one\":2}", "{\"one\":1}", 9,
		"plan: records 1 and 2 of section constants are equal");
	refused_when("{\"one\":2}", "{\"one\": }", 9,
		"plan: constant 2: not JSON at line 1, column 9: unexpected token near '}'");
	refused_when("{\"one\":2}", "[1     ] ", 9,
		"plan: constant 2 is not written in the one way there is");
	refused_when("\x05\0\0\0one-b", "\x04\0\0\0one-b", 9,
		"plan: the records of section strings do not fill it exactly");
	refused_when("\x05\0\0\0one-b", "\xff\xff\xff\xffone-b", 9,
		"plan: the records of section strings do not fill it exactly");
	refused_when("one-b", "one\0b", 5, "plan: string 5 is not UTF-8 without NUL");
	refused_when("one-b", "one\x80"
			      "b",
		5, "plan: string 5 is not UTF-8 without NUL");
}

static void test_refused_header(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		char byte;
		const char *want;
	} cases[] = {
		{0, 'w', "not a plan"},
		{7, 1, "not a plan"},
		{8, 0, "plan of format 0; this wfctl reads formats 1 to 3"},
		{10, 7, NULL},
		{12, 1, NULL},
		{48, 2, "plan: section 2 where 1 must be"},
		{52, 0, "plan: section workflow of 64 bytes at 0 does not lie where it must (224)"},
		{56, 55, "plan: section workflow has 55 bytes, not those of 1 records"},
		{60, 2, "plan: 2 records in section workflow, over 1"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wf_buf bytes = {0};
		struct wf_plan *plan = NULL;
		struct wf_cause cause = {0};
		encoded(&bytes);
		bytes.data[cases[i].at] = cases[i].byte;
		sum_again(&bytes);
		int err = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
		assert_true(err == WF_ECORRUPT || err == WF_ELIMIT);
		if (cases[i].want)
			assert_string_equal(cause.text, cases[i].want);
		wf_buf_done(&bytes);
	}
}

/* Whatever byte is changed, the file is refused; who knows that the bytes are whole is not asked to
 * look again. */
static void test_check_sum(void **state)
{
	(void)state;
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	encoded(&bytes);
	for (size_t k = 0; k < bytes.len * sizeof(masks); k++) {
		size_t at = k / sizeof(masks);
		bytes.data[at] = (char)(bytes.data[at] ^ masks[k % sizeof(masks)]);
		int err = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
		assert_true(err == WF_ECORRUPT || err == WF_EVERSION);
		if (at >= WF_PLAN_SUM_AT)
			assert_string_equal(cause.text, "plan: damaged: its bytes do not have the "
							"check sum in its header");
		bytes.data[at] = (char)(bytes.data[at] ^ masks[k % sizeof(masks)]);
	}
	bytes.data[WF_PLAN_SUM_AT] = (char)(bytes.data[WF_PLAN_SUM_AT] ^ 1);
	uint8_t id[WF_HASH_SIZE] = {1, 2, 3};
	assert_int_equal(wf_plan_load_known(bytes.data, bytes.len, id, &plan, &cause), 0);
	assert_memory_equal(plan->id, id, sizeof(id));
	/* what the interpreter trusts is verified all the same: an opcode that is none */
	uint32_t code;
	memcpy(&code, bytes.data + wf_plan_prefix_size(3) +
		(WF_SECTION_CODE - WF_SECTION_WORKFLOW) * WF_PLAN_SECTION_SIZE + 4, sizeof(code));
	bytes.data[le32toh(code) + WF_PLAN_SIZE_OF_insn] = (char)0xff;
	wf_plan_free(plan);
	plan = NULL;
	assert_int_equal(wf_plan_load_known(bytes.data, bytes.len, id, &plan, &cause), WF_ECORRUPT);
	assert_string_equal(cause.text, "plan: instruction 1 (?): no such opcode");
	assert_null(plan);
	wf_buf_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_accessors),
		cmocka_unit_test(test_interning),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_first_format),
		cmocka_unit_test(test_find_body),
		cmocka_unit_test(test_one_encoding),
		cmocka_unit_test(test_refused_header),
		cmocka_unit_test(test_check_sum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
