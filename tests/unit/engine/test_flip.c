/*
 * Damaged plans: whatever byte is changed, the loader refuses the plan. Where who changed it has made
 * its check sum anew, the loader refuses it or it gets another id, and then its code runs without
 * harm, since the verifier let it pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/sys.h"
#include "engine/vm.h"
#include "helpers/plan_text.h"
#include "plan/internal.h"

static const char *const small_plan =
	"plan 3\nworkflow \"w\"\nentry E\nstep \"a\"\naction data.set\nenter E\nfail X\ncode\n"
	"E:\nenter \"a\"\nroot input\nget \"list\"\neach map B\ncall sum 1\nperform \"a\"\n"
	"leave \"a\"\nundef\nfinish success \"s\"\nX:\nstep.part \"a\" error\nget.opt \"code\"\n"
	"const \"x\"\neq\nunless R\njump E\nR:\nreraise \"a\"\n"
	"B:\nroot item\nconst [1,2,[3]]\neach filter C\ncall flatten 1\ncall size 1\nmul\nreturn\n"
	"C:\nroot item\ncall type 1\nconst \"list\"\neq\nreturn\n";

static json_t *input;

static void run_from(const struct wf_plan *plan, const struct wf_instance *in, uint32_t pc)
{
	static struct wf_vm vm;
	wf_vm_init(&vm, plan, in, 1000, 7);
	vm.steps_left = 2000;
	int err = wf_vm_run(&vm, &pc);
	assert_true(err == 0 || err == WF_EINVAL);
	assert_true(err ? vm.failure.message != NULL : pc < plan->code_count);
	wf_vm_done(&vm);
}

static bool goes_on(uint8_t op)
{
	return wf_ops[op].kind == WF_KIND_CONTROL && op != WF_OP_RERAISE && op != WF_OP_RAISE &&
		op != WF_OP_FINISH && op != WF_OP_HALT && op != WF_OP_MEMBEREND &&
		op != WF_OP_RETHROW;
}

/* Every body, and the pure code behind every control instruction. */
static void run_everything(const struct wf_plan *plan)
{
	struct wf_instance *in = wf_instance_new(plan->step_count);
	in->input = json_incref(input);
	for (uint32_t i = 0; i < plan->body_count; i++)
		if (plan->bodies[i].kind != WF_BODY_NOTIFY &&
			plan->bodies[i].kind != WF_BODY_COMPENSATE)
			run_from(plan, in, plan->bodies[i].pc);
	run_from(plan, in, plan->entry_pc);
	for (uint32_t pc = 0; pc < plan->code_count; pc++) {
		if (plan->code[pc].op == WF_OP_EACH)
			run_from(plan, in, plan->code[pc].c);
		else if (goes_on(plan->code[pc].op))
			run_from(plan, in, pc + 1);
	}
	wf_instance_free(in);
}

/* An id is of what runs: where it was written is no part of it. */
static void write_bare(const struct wf_plan *plan, struct wf_buf *out)
{
	struct wf_plan bare = *plan;
	bare.loc_count = 0;
	bare.steps = wf_calloc(plan->step_count + 1u, sizeof(*bare.steps));
	for (uint32_t i = 0; i < plan->step_count; i++) {
		bare.steps[i] = plan->steps[i];
		bare.steps[i].line = bare.steps[i].column = 0;
	}
	wf_plan_write(&bare, out);
	wf_free(bare.steps);
}

static bool only_places_differ(const struct wf_plan *a, const struct wf_plan *b)
{
	struct wf_buf bare_a = {0}, bare_b = {0};
	write_bare(a, &bare_a);
	write_bare(b, &bare_b);
	bool same = bare_a.len == bare_b.len && memcmp(bare_a.data, bare_b.data, bare_a.len) == 0;
	wf_buf_done(&bare_a);
	wf_buf_done(&bare_b);
	return same;
}

/* 1 when the bytes load. */
static unsigned try_load(const struct wf_buf *bytes, const struct wf_plan *original)
{
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	int err = wf_plan_load(bytes->data, bytes->len, &plan, &cause);
	if (err) {
		assert_true(cause.text[0]);
		assert_null(plan);
		return 0;
	}
	if (original && memcmp(plan->id, original->id, WF_HASH_SIZE) == 0)
		assert_true(only_places_differ(plan, original));
	run_everything(plan);
	struct wf_buf again = {0};
	wf_plan_write(plan, &again);
	assert_int_equal(again.len, bytes->len);
	assert_memory_equal(again.data, bytes->data, bytes->len);
	wf_buf_done(&again);
	wf_plan_free(plan);
	return 1;
}

/* As whoever can write the file can: 1 when the bytes load with their check sum made anew. */
static unsigned try_summed(struct wf_buf *bytes, const struct wf_plan *original)
{
	uint8_t kept[WF_HASH_SIZE], *sum = (uint8_t *)bytes->data + WF_PLAN_SUM_AT;
	memcpy(kept, sum, sizeof(kept));
	wf_plan_sum(bytes->data, bytes->len, sum);
	unsigned loaded = try_load(bytes, original);
	memcpy(sum, kept, sizeof(kept));
	return loaded;
}

static void flip_all(const char *text)
{
	struct wf_buf bytes = {0};
	struct wf_plan *original = NULL;
	unsigned loaded = 0;
	struct wf_cause cause = {0};
	if (wf_plan_assemble(text, strlen(text), &bytes, &cause))
		fail_msg("%s", cause.text);
	assert_int_equal(wf_plan_load(bytes.data, bytes.len, &original, &cause), 0);
	assert_int_equal(try_load(&bytes, original), 1);
	for (size_t i = 0; i < bytes.len; i++) {
		const uint8_t masks[] = {
			0xff, (uint8_t)(1u << (i % 8)), (uint8_t)(1u << (i / 8 % 8))};
		bool in_sum = i >= WF_PLAN_SUM_AT && i < WF_PLAN_SUM_AT + WF_HASH_SIZE;
		for (size_t m = 0; m < sizeof(masks); m++) {
			char kept = bytes.data[i];
			bytes.data[i] = (char)((uint8_t)kept ^ masks[m]);
			assert_int_equal(try_load(&bytes, original), 0);
			if (!in_sum)
				loaded += try_summed(&bytes, original);
			bytes.data[i] = kept;
		}
	}
	/* texts and times may be anything; most else may not */
	assert_true(loaded > 0);
	wf_plan_free(original);
	wf_buf_done(&bytes);
}

static void test_flip_small(void **state)
{
	(void)state;
	flip_all(small_plan);
}

static void test_flip_full(void **state)
{
	(void)state;
	struct wf_buf text = {0};
	assert_int_equal(wf_read_file("tests/golden/plan/full.wfs", 1 << 20, &text, NULL), 0);
	flip_all(text.data);
	wf_buf_done(&text);
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

/* A few instructions changed to others that could be: more of these pass than of flipped bytes. */
static void change_code(struct wf_plan *plan, uint64_t *seed)
{
	unsigned changes = 1 + next_random(seed) % 4;
	while (changes--) {
		struct wf_insn *i = &plan->code[next_random(seed) % plan->code_count];
		const struct wf_insn *other = &plan->code[next_random(seed) % plan->code_count];
		switch (next_random(seed) % 4) {
		case 0:
			i->op = (uint8_t)(next_random(seed) % WF_OP_COUNT_);
			break;
		case 1:
			*i = *other;
			break;
		case 2:
			i->a = (uint8_t)(next_random(seed) % 16);
			break;
		default:
			i->c = next_random(seed) % (plan->code_count + 1);
		}
	}
}

static void change_at_random(const char *text, unsigned rounds)
{
	struct wf_plan *plan = plan_of_text(text);
	struct wf_buf bytes = {0};
	uint64_t seed = 42;
	unsigned loaded = 0;
	size_t size = plan->code_count * sizeof(*plan->code);
	struct wf_insn kept[256];
	assert_true(size <= sizeof(kept));
	memcpy(kept, plan->code, size);
	for (unsigned round = 0; round < rounds; round++) {
		change_code(plan, &seed);
		wf_buf_reset(&bytes);
		wf_plan_write(plan, &bytes);
		loaded += try_load(&bytes, NULL);
		memcpy(plan->code, kept, size);
	}
	assert_true(loaded > rounds / 100);
	wf_buf_done(&bytes);
	wf_plan_free(plan);
}

static void test_changed_code(void **state)
{
	(void)state;
	change_at_random(small_plan, 5000);
	struct wf_buf text = {0};
	assert_int_equal(wf_read_file("tests/golden/plan/full.wfs", 1 << 20, &text, NULL), 0);
	change_at_random(text.data, 3000);
	wf_buf_done(&text);
}

static int make_input(void **state)
{
	(void)state;
	input = json_loads("{\"user\": {\"name\": \"ann\", \"age\": 40}, \"list\": [1, [2], \"x\"]}",
		0, NULL);
	return input ? 0 : -1;
}

static int drop_input(void **state)
{
	(void)state;
	json_decref(input);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flip_small),
		cmocka_unit_test(test_flip_full),
		cmocka_unit_test(test_changed_code),
	};
	return cmocka_run_group_tests(tests, make_input, drop_input);
}
