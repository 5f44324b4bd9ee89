/*
 * A plan's bytes: refused with a reason, or run by a bounded engine without harm. Their check sum is made
 * anew first, as by who means harm; that a wrong one is refused, the unit tests of lib/plan prove.
 *
 * Input: a byte n, n bytes that are the script of events (drive.h), the plan. The mutator changes
 * instructions of a plan that loads half of the time, since of flipped bytes few pass the decoder.
 */
#include "drive.h"

#include "plan/internal.h"

/* Into a copy of the plan's bytes. */
static void sum_again(struct wf_buf *copy, const uint8_t *bytes, size_t n)
{
	wf_buf_add(copy, bytes, n);
	if (n >= wf_plan_header_size(3) && copy->data[8] == 3)
		wf_plan_sum(copy->data, n, (uint8_t *)copy->data + WF_PLAN_SUM_AT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_bytes all = {data, n};
	size_t events = fuzz_take(&all);
	events = events < all.n ? events : all.n;
	struct fuzz_bytes script = {all.at, events};
	WF_AUTOBUF struct wf_buf summed = {0};
	sum_again(&summed, all.at + events, all.n - events);
	const uint8_t *bytes = (const uint8_t *)summed.data;
	size_t size = summed.len;
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	if (!n)
		return 0;
	if (wf_plan_load(bytes, size, &plan, &cause)) {
		FUZZ_CHECK(cause.text[0]);
		return 0;
	}
	WF_AUTOBUF struct wf_buf again = {0};
	wf_plan_write(plan, &again);
	FUZZ_CHECK(again.len == size && !memcmp(again.data, bytes, size));
	fuzz_reassemble(plan, bytes, size);
	fuzz_drive(plan, script);
	wf_plan_free(plan);
	return 0;
}

#ifdef WF_FUZZING
static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void change(struct wf_plan *plan, uint32_t *seed)
{
	struct wf_insn *i = &plan->code[next(seed) % plan->code_count];
	switch (next(seed) % 6) {
	case 0:
		i->op = (uint8_t)(next(seed) % WF_OP_COUNT_);
		break;
	case 1:
		*i = plan->code[next(seed) % plan->code_count];
		break;
	case 2:
		i->a = (uint8_t)(next(seed) % 16);
		break;
	case 3:
		if (plan->step_count) {
			struct wf_plan_step *s = &plan->steps[next(seed) % plan->step_count];
			s->action = (enum wf_action)(next(seed) % WF_ACT_COUNT_);
			s->fail_pc = next(seed) % (plan->code_count + 1);
			s->fail_pc = s->fail_pc == plan->code_count ? WF_NONE : s->fail_pc;
			s->max_visits = 1 + next(seed) % 8;
			s->retry.max_attempts = 1 + next(seed) % 4;
		}
		break;
	default:
		i->c = next(seed) % (plan->code_count + 1);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	uint32_t s = seed;
	size_t events = n ? data[0] : 0;
	struct wf_plan *plan = NULL;
	WF_AUTOBUF struct wf_buf summed = {0};
	if (n > events)
		sum_again(&summed, data + 1 + events, n - 1 - events);
	if (seed % 2 || n < events + 1 || wf_plan_load(summed.data, summed.len, &plan, NULL))
		return LLVMFuzzerMutate(data, n, most);
	for (uint32_t k = 1 + next(&s) % 4; k && plan->code_count; k--)
		change(plan, &s);
	WF_AUTOBUF struct wf_buf out = {0};
	wf_plan_write(plan, &out);
	wf_plan_free(plan);
	if (1 + events + out.len > most)
		return n;
	if (events)
		(void)LLVMFuzzerMutate(data + 1, events, events);
	memcpy(data + 1 + events, out.data, out.len);
	return 1 + events + out.len;
}
#endif
