/* Small plans for the tests of the engine, built instruction by instruction. */
#ifndef TESTS_ENGINE_PLANS_H
#define TESTS_ENGINE_PLANS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/plan.h"

#include <string.h>

struct sketch {
	struct wf_plan_builder b;
};

static inline void sketch_init(struct sketch *s)
{
	wf_plan_builder_init(&s->b);
	s->b.plan.workflow = wf_plan_add_string(&s->b, "test");
	s->b.plan.entry_pc = 0;
}

static inline struct wf_plan_step sketch_step(struct sketch *s, const char *id,
	enum wf_action action)
{
	return (struct wf_plan_step){
		.id = wf_plan_add_string(&s->b, id),
		.name = WF_NONE,
		.action = action,
		.on_crash = wf_actions[action].on_crash,
		.retry = {.max_attempts = 1, .coefficient_milli = 2000},
		.max_visits = 1,
		.enter_pc = WF_NONE,
		.fail_pc = WF_NONE,
		WF_PLAN_STEP_ALONE,
		.line = 1,
		.column = 1,
	};
}

/* ENTER, the input, PERFORM, LEAVE. */
static inline uint32_t sketch_perform(struct sketch *s, struct wf_plan_step step, json_t *input)
{
	step.enter_pc = wf_plan_here(&s->b);
	step.origin = s->b.plan.step_count;
	uint32_t index = wf_plan_add_step(&s->b, &step);
	wf_plan_emit(&s->b, WF_OP_ENTER, 0, index);
	wf_plan_emit(&s->b, WF_OP_CONST, 0, wf_plan_add_const(&s->b, input));
	wf_plan_emit(&s->b, WF_OP_PERFORM, 0, index);
	wf_plan_emit(&s->b, WF_OP_LEAVE, 0, index);
	json_decref(input);
	return index;
}

static inline void sketch_finish(struct sketch *s)
{
	wf_plan_emit(&s->b, WF_OP_UNDEF, 0, 0);
	wf_plan_emit(&s->b, WF_OP_FINISH, 0, wf_plan_add_string(&s->b, "success"));
}

static inline struct wf_plan *sketch_load(struct sketch *s)
{
	struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	wf_plan_encode(&s->b, &bytes);
	int rc = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
	if (rc)
		print_error("plan: %s\n", cause.text);
	assert_int_equal(rc, 0);
	wf_buf_done(&bytes);
	wf_plan_builder_done(&s->b);
	return plan;
}

#endif
