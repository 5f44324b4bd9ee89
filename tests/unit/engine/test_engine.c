/* The pure core: each event in each state, by plans built instruction by instruction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/id.h"
#include "engine/core.h"
#include "unit/engine/plans.h"

#include <sodium.h>

struct world {
	struct wf_plan *plan;
	struct wf_instance *in;
	struct wf_turn turn;
	int64_t now;
	struct wf_cause cause;
};

static void begin(struct world *w, struct sketch *s)
{
	*w = (struct world){.now = 1000000};
	w->plan = sketch_load(s);
	w->in = wf_instance_new(w->plan->step_count);
	w->in->uuid = wf_uuid_derived("x", 1);
	w->in->workflow = wf_strdup("test");
	w->in->input = json_object();
}

static void end(struct world *w)
{
	wf_turn_done(&w->turn);
	wf_instance_free(w->in);
	wf_plan_free(w->plan);
}

static int feed(struct world *w, enum wf_event_type type, uint32_t step, uint32_t attempt,
	json_t *data)
{
	struct wf_event event = {
		.type = type, .at = w->now, .step = step, .attempt = attempt, .data = data};
	wf_turn_reset(&w->turn);
	int rc = wf_engine_feed(w->plan, w->in, &event, &w->turn, &w->cause);
	json_decref(data);
	return rc;
}

static void start(struct world *w, struct sketch *s)
{
	begin(w, s);
	assert_int_equal(feed(w, WF_EVENT_START, WF_NONE, 0, NULL), 0);
}

static int decide(struct world *w, const char *by, const char *what)
{
	return feed(w, WF_EVENT_DECISION, 0, 0,
		json_pack("{s:s, s:s, s:s}", "by", by, "decision", what, "reason", "because"));
}

static json_t *error_value(const char *type, const char *code)
{
	return json_pack("{s:s, s:s, s:s}", "type", type, "code", code, "message", "no");
}

static const char *error_type(const struct world *w)
{
	return wf_core_text(w->in->error, "type");
}

static void pure_steps_complete_in_one_turn(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	for (int i = 0; i < 3; i++) {
		char id[2] = {(char)('a' + i), '\0'};
		sketch_perform(&s, sketch_step(&s, id, WF_ACT_DATA_SET), json_pack("{s:i}", "n", i));
	}
	sketch_finish(&s);
	start(&w, &s);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_string_equal(w.in->result, "success");
	assert_int_equal(w.turn.command_count, 0);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(w.in->steps[i].status, WF_STEP_COMPLETED);
		assert_int_equal(json_integer_value(json_object_get(w.in->steps[i].output, "n")), i);
	}
	assert_int_equal(feed(&w, WF_EVENT_START, WF_NONE, 0, NULL), WF_ECONFLICT);
	end(&w);
}

static void an_effect_rests_until_its_result(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	struct wf_plan_step step = sketch_step(&s, "call", WF_ACT_HTTP_REQUEST);
	step.timeout_ms = 5000;
	sketch_perform(&s, step, json_pack("{s:s}", "url", "http://x"));
	sketch_finish(&s);
	start(&w, &s);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(w.turn.commands[0].attempt, 1);
	assert_int_equal(w.turn.commands[0].deadline_at, w.now + 5000);
	assert_non_null(strstr(w.in->steps[0].key, ":call"));
	/* a result of another attempt changes nothing */
	assert_int_equal(feed(&w, WF_EVENT_SUCCESS, 0, 2, json_object()), WF_ECONFLICT);
	assert_int_equal(w.in->status, WF_INST_RUNNING);
	assert_int_equal(feed(&w, WF_EVENT_SUCCESS, 0, 1, json_pack("{s:i}", "status", 200)), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	/* nor does a second result of the same */
	assert_int_equal(feed(&w, WF_EVENT_SUCCESS, 0, 1, json_object()), WF_ECONFLICT);
	end(&w);
}

static void sketch_retrying(struct sketch *s)
{
	sketch_init(s);
	struct wf_plan_step step = sketch_step(s, "call", WF_ACT_HTTP_REQUEST);
	step.retry = (struct wf_retry){.max_attempts = 3,
		.backoff = WF_BACKOFF_EXPONENTIAL,
		.initial_ms = 500,
		.coefficient_milli = 2000};
	sketch_perform(s, step, json_object());
	sketch_finish(s);
}

static void retries_back_off_and_end(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_retrying(&s);
	start(&w, &s);
	WF_AUTOFREE char *key = wf_strdup(w.in->steps[0].key);
	assert_int_equal(feed(&w, WF_EVENT_FAILURE, 0, 1, error_value("ServerError", "500")), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->wait, WF_WAIT_RETRY);
	assert_int_equal(w.in->steps[0].due_at, w.now + 500);
	/* neither early nor twice */
	assert_int_equal(feed(&w, WF_EVENT_TIMER, 0, 0, NULL), WF_ECONFLICT);
	w.now += 500;
	assert_int_equal(feed(&w, WF_EVENT_TIMER, 0, 0, NULL), 0);
	assert_int_equal(w.turn.commands[0].attempt, 2);
	assert_string_equal(w.in->steps[0].key, key);
	assert_int_equal(feed(&w, WF_EVENT_TIMER, 0, 0, NULL), WF_ECONFLICT);
	assert_int_equal(feed(&w, WF_EVENT_FAILURE, 0, 2, error_value("NetworkError", "x")), 0);
	assert_int_equal(w.in->steps[0].due_at, w.now + 1000);
	w.now += 1000;
	assert_int_equal(feed(&w, WF_EVENT_TIMER, 0, 0, NULL), 0);
	assert_int_equal(feed(&w, WF_EVENT_FAILURE, 0, 3, error_value("ServerError", "503")), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_type(&w), "ServerError");
	assert_int_equal(w.in->failed_step, 0);
	end(&w);
}

/* As a server says it: longer than the delay it holds, shorter than that it is none of our business. */
static void a_retry_waits_as_long_as_it_is_told(void **state)
{
	(void)state;
	static const struct {
		uint64_t told, waits;
	} cases[] = {{7000, 7000}, {499, 500}, {0, 500}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sketch s;
		struct world w;
		sketch_retrying(&s);
		start(&w, &s);
		struct wf_event event = {.type = WF_EVENT_FAILURE, .at = w.now, .attempt = 1,
			.retry_after_ms = cases[i].told, .data = error_value("RateLimitError", "429")};
		wf_turn_reset(&w.turn);
		assert_int_equal(wf_engine_feed(w.plan, w.in, &event, &w.turn, &w.cause), 0);
		json_decref(event.data);
		assert_int_equal(w.in->steps[0].wait, WF_WAIT_RETRY);
		assert_int_equal(wf_instance_due(w.in), w.now + (int64_t)cases[i].waits);
		end(&w);
	}
}

/* What would begin at or after the end of the time that all attempts have together is not waited for. */
static void a_retry_beyond_the_deadline_fails_at_once(void **state)
{
	(void)state;
	for (uint64_t deadline = 500; deadline <= 501; deadline++) {
		struct sketch s;
		struct world w;
		sketch_init(&s);
		struct wf_plan_step step = sketch_step(&s, "call", WF_ACT_HTTP_REQUEST);
		step.deadline_ms = deadline;
		step.retry = (struct wf_retry){.max_attempts = 3, .initial_ms = 500};
		sketch_perform(&s, step, json_object());
		sketch_finish(&s);
		start(&w, &s);
		assert_int_equal(feed(&w, WF_EVENT_FAILURE, 0, 1, error_value("ServerError", "500")), 0);
		assert_int_equal(w.in->status, deadline == 500 ? WF_INST_FAILED : WF_INST_WAITING);
		if (deadline == 500)
			assert_true(json_is_true(json_object_get(w.in->error, "deadline")));
		else
			assert_int_equal(wf_instance_due(w.in), w.now + 500);
		end(&w);
	}
}

static void what_is_not_retryable_fails_at_once(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_retrying(&s);
	start(&w, &s);
	assert_int_equal(feed(&w, WF_EVENT_FAILURE, 0, 1, error_value("ValidationError", "400")), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	end(&w);
}

static void delays_are_capped_and_jittered(void **state)
{
	(void)state;
	struct wf_retry r = {.max_attempts = 10,
		.backoff = WF_BACKOFF_EXPONENTIAL,
		.initial_ms = 100,
		.max_ms = 1000,
		.coefficient_milli = 3000};
	assert_int_equal(wf_retry_delay(&r, 1, 0), 100);
	assert_int_equal(wf_retry_delay(&r, 2, 0), 300);
	assert_int_equal(wf_retry_delay(&r, 3, 0), 900);
	assert_int_equal(wf_retry_delay(&r, 4, 0), 1000);
	assert_int_equal(wf_retry_delay(&r, 1000, 0), 1000);
	r.jitter_milli = 500;
	assert_int_equal(wf_retry_delay(&r, 1, 0), 100);
	assert_int_equal(wf_retry_delay(&r, 1, UINT32_C(1) << 31), 75);
	assert_in_range(wf_retry_delay(&r, 1, UINT32_MAX), 50, 51);
	r = (struct wf_retry){.backoff = WF_BACKOFF_FIXED, .initial_ms = 7, .coefficient_milli = 9000};
	assert_int_equal(wf_retry_delay(&r, 5, 0), 7);
	r = (struct wf_retry){.backoff = WF_BACKOFF_EXPONENTIAL,
		.initial_ms = UINT64_MAX / 2,
		.coefficient_milli = 4000000};
	assert_true(wf_retry_delay(&r, 900, 0) <= (uint64_t)INT64_MAX);
}

static void a_handler_takes_a_failure(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	uint32_t step = sketch_perform(&s, sketch_step(&s, "call", WF_ACT_HTTP_REQUEST), json_object());
	sketch_finish(&s);
	s.b.plan.steps[step].fail_pc = wf_plan_here(&s.b);
	wf_plan_emit(&s.b, WF_OP_ROOT, WF_ROOT_ERROR, 0);
	wf_plan_emit(&s.b, WF_OP_GET, 0, wf_plan_add_string(&s.b, "type"));
	wf_plan_emit(&s.b, WF_OP_FINISH, 0, wf_plan_add_string(&s.b, "handled"));
	start(&w, &s);
	assert_int_equal(feed(&w, WF_EVENT_FAILURE, 0, 1, error_value("ConflictError", "409")), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(w.in->steps[0].status, WF_STEP_FAILED);
	assert_string_equal(w.in->result, "handled");
	assert_string_equal(json_string_value(w.in->output), "ConflictError");
	end(&w);
}

static void sketch_approval(struct sketch *s, const char *policy)
{
	sketch_init(s);
	sketch_perform(s, sketch_step(s, "approval", WF_ACT_APPROVAL_REQUEST),
		json_pack("{s:s, s:{s:[s,s,s]}, s:s}", "policy", policy, "approvers", "list",
			"alice", "bob", "carol", "sla", "PT1H"));
	sketch_finish(s);
}

static void level2_needs_two_different_people(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_approval(&s, "level2");
	start(&w, &s);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->wait, WF_WAIT_APPROVAL);
	assert_int_equal(w.in->steps[0].due_at, w.now + 3600000);
	assert_int_equal(decide(&w, "mallory", "approve"), WF_EPERM);
	assert_int_equal(decide(&w, "alice", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(decide(&w, "alice", "approve"), WF_ECONFLICT);
	assert_int_equal(decide(&w, "bob", "approve"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	const json_t *output = w.in->steps[0].output;
	assert_string_equal(wf_core_text(output, "decision"), "approve");
	assert_string_equal(wf_core_text(output, "decided_by"), "bob");
	assert_int_equal(json_array_size(json_object_get(output, "decisions")), 2);
	assert_int_equal(decide(&w, "carol", "approve"), WF_ECONFLICT);
	end(&w);
}

static void a_rejection_fails_the_step(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_approval(&s, "level3");
	start(&w, &s);
	assert_int_equal(decide(&w, "carol", "reject"), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_type(&w), "ApprovalRejected");
	end(&w);
}

static void an_approval_expires_once_and_decisions_are_then_too_late(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_approval(&s, "level1");
	start(&w, &s);
	w.now += 3599999;
	assert_int_equal(feed(&w, WF_EVENT_TIMER, 0, 0, NULL), WF_ECONFLICT);
	w.now += 1;
	assert_int_equal(decide(&w, "alice", "approve"), WF_ECONFLICT);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(feed(&w, WF_EVENT_TIMER, 0, 0, NULL), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_type(&w), "ApprovalExpired");
	end(&w);
}

static void a_policy_that_cannot_be_met_fails(void **state)
{
	(void)state;
	static const char *const policies[] = {"level4", "level0", "quorum", "level", NULL};
	for (int i = 0; policies[i]; i++) {
		struct sketch s;
		struct world w;
		sketch_approval(&s, policies[i]);
		start(&w, &s);
		assert_int_equal(w.in->status, WF_INST_FAILED);
		assert_string_equal(error_type(&w), "PolicyError");
		end(&w);
	}
}

static void a_timer_waits_for_its_time(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	sketch_perform(&s, sketch_step(&s, "pause", WF_ACT_WAIT_TIMER),
		json_pack("{s:s}", "duration", "PT2S"));
	sketch_finish(&s);
	start(&w, &s);
	assert_int_equal(w.in->wait, WF_WAIT_TIMER);
	assert_int_equal(wf_instance_due(w.in), w.now + 2000);
	w.now += 2000;
	assert_int_equal(feed(&w, WF_EVENT_TIMER, 0, 0, NULL), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_string_equal(wf_core_text(w.in->steps[0].output, "fired_at"),
		"1970-01-01T00:16:42.000Z");
	end(&w);
}

static void doubt_follows_on_crash(void **state)
{
	(void)state;
	static const enum wf_on_crash answers[] = {
		WF_ON_CRASH_RETRY, WF_ON_CRASH_FAIL, WF_ON_CRASH_ASK};
	static const enum wf_instance_status outcome[] = {
		WF_INST_RUNNING, WF_INST_FAILED, WF_INST_SUSPENDED};
	for (int i = 0; i < 3; i++) {
		struct sketch s;
		struct world w;
		sketch_init(&s);
		struct wf_plan_step step = sketch_step(&s, "run", WF_ACT_EXEC_RUN);
		step.on_crash = answers[i];
		sketch_perform(&s, step, json_object());
		sketch_finish(&s);
		start(&w, &s);
		assert_int_equal(feed(&w, WF_EVENT_DOUBT, 0, 1, NULL), 0);
		assert_int_equal(w.in->status, outcome[i]);
		assert_int_equal(w.turn.command_count, answers[i] == WF_ON_CRASH_RETRY);
		if (answers[i] == WF_ON_CRASH_ASK) {
			assert_int_equal(w.in->steps[0].status, WF_STEP_IN_DOUBT);
			assert_int_equal(feed(&w, WF_EVENT_RESOLVE, 0, 0,
						 json_pack("{s:s, s:{s:i}}", "as", "completed",
							 "output", "exit_code", 0)),
				0);
			assert_int_equal(w.in->status, WF_INST_COMPLETED);
		}
		end(&w);
	}
}

/* on_crash: retry. A crash costs the step no attempt; a doubt that arises while wfctl lives does, so
 * that a command whose supervisor is killed each time is not run for ever. */
static void a_crash_costs_no_attempt(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	struct wf_plan_step step = sketch_step(&s, "run", WF_ACT_EXEC_RUN);
	step.on_crash = WF_ON_CRASH_RETRY;
	step.retry.max_attempts = 2;
	sketch_perform(&s, step, json_object());
	sketch_finish(&s);
	start(&w, &s);
	for (int crash = 0; crash < 5; crash++) {
		assert_int_equal(feed(&w, WF_EVENT_DOUBT, 0, 1, NULL), 0);
		assert_int_equal(w.turn.command_count, 1);
		assert_int_equal(w.in->steps[0].attempts, 1);
	}
	for (uint32_t attempt = 1; attempt <= 3; attempt++) {
		assert_int_equal(w.in->status, WF_INST_RUNNING);
		assert_int_equal(w.in->steps[0].attempts, attempt);
		assert_int_equal(feed(&w, WF_EVENT_DOUBT, 0, attempt,
					 json_pack("{s:s, s:s, s:s}", "type", "InDoubtError", "code",
						 "supervisor_lost", "message", "killed")),
			0);
	}
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(wf_core_text(w.in->error, "code"), "supervisor_lost");
	end(&w);
}

static void the_instance_times_out(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_approval(&s, "level1");
	s.b.plan.timeout_ms = 1000;
	start(&w, &s);
	assert_int_equal(wf_instance_due(w.in), w.now + 1000);
	assert_int_equal(feed(&w, WF_EVENT_TIMER, WF_NONE, 0, NULL), WF_ECONFLICT);
	w.now += 1000;
	assert_int_equal(feed(&w, WF_EVENT_TIMER, WF_NONE, 0, NULL), 0);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_type(&w), "TimeoutError");
	assert_int_equal(w.in->steps[0].status, WF_STEP_CANCELLED);
	assert_int_equal(wf_instance_due(w.in), 0);
	end(&w);
}

static void a_cancel_ends_what_waits(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_approval(&s, "level1");
	start(&w, &s);
	assert_int_equal(feed(&w, WF_EVENT_CANCEL, WF_NONE, 0, json_pack("{s:s}", "by", "ann")), 0);
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	assert_int_equal(w.in->steps[0].status, WF_STEP_CANCELLED);
	assert_int_equal(decide(&w, "alice", "approve"), WF_ECONFLICT);
	end(&w);
}

static void a_loop_ends_at_max_visits(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	struct wf_plan_step step = sketch_step(&s, "again", WF_ACT_DATA_SET);
	step.max_visits = 5;
	uint32_t index = sketch_perform(&s, step, json_object());
	wf_plan_emit(&s.b, WF_OP_JUMP, 0, s.b.plan.steps[index].enter_pc);
	start(&w, &s);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(w.in->steps[0].visits, 5);
	assert_string_equal(wf_core_text(w.in->error, "code"), "max_visits");
	end(&w);
}

static void max_visits_ends_a_handler_that_leads_back(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	struct wf_plan_step step = sketch_step(&s, "again", WF_ACT_FAIL);
	step.max_visits = 3;
	step.fail_pc = wf_plan_here(&s.b) + 4;
	uint32_t index = sketch_perform(&s, step, json_object());
	wf_plan_emit(&s.b, WF_OP_JUMP, 0, s.b.plan.steps[index].enter_pc);
	start(&w, &s);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_int_equal(w.in->steps[0].visits, 3);
	assert_string_equal(wf_core_text(w.in->error, "code"), "max_visits");
	end(&w);
}

static void a_missing_path_fails_the_step_with_its_place(void **state)
{
	(void)state;
	struct sketch s;
	struct world w;
	sketch_init(&s);
	struct wf_plan_step step = sketch_step(&s, "a", WF_ACT_DATA_SET);
	step.enter_pc = 0;
	uint32_t index = wf_plan_add_step(&s.b, &step);
	wf_plan_mark(&s.b, 7, 3);
	wf_plan_emit(&s.b, WF_OP_ENTER, 0, index);
	wf_plan_emit(&s.b, WF_OP_ROOT, WF_ROOT_INPUT, 0);
	wf_plan_emit(&s.b, WF_OP_GET, 0, wf_plan_add_string(&s.b, "gone"));
	wf_plan_emit(&s.b, WF_OP_PERFORM, 0, index);
	wf_plan_emit(&s.b, WF_OP_LEAVE, 0, index);
	sketch_finish(&s);
	start(&w, &s);
	assert_int_equal(w.in->status, WF_INST_FAILED);
	assert_string_equal(error_type(&w), "BindingError");
	assert_int_equal(json_integer_value(json_object_get(w.in->error, "line")), 7);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pure_steps_complete_in_one_turn),
		cmocka_unit_test(an_effect_rests_until_its_result),
		cmocka_unit_test(retries_back_off_and_end),
		cmocka_unit_test(a_retry_waits_as_long_as_it_is_told),
		cmocka_unit_test(a_retry_beyond_the_deadline_fails_at_once),
		cmocka_unit_test(what_is_not_retryable_fails_at_once),
		cmocka_unit_test(delays_are_capped_and_jittered),
		cmocka_unit_test(a_handler_takes_a_failure),
		cmocka_unit_test(level2_needs_two_different_people),
		cmocka_unit_test(a_rejection_fails_the_step),
		cmocka_unit_test(an_approval_expires_once_and_decisions_are_then_too_late),
		cmocka_unit_test(a_policy_that_cannot_be_met_fails),
		cmocka_unit_test(a_timer_waits_for_its_time),
		cmocka_unit_test(doubt_follows_on_crash),
		cmocka_unit_test(a_crash_costs_no_attempt),
		cmocka_unit_test(the_instance_times_out),
		cmocka_unit_test(a_cancel_ends_what_waits),
		cmocka_unit_test(a_loop_ends_at_max_visits),
		cmocka_unit_test(max_visits_ends_a_handler_that_leads_back),
		cmocka_unit_test(a_missing_path_fails_the_step_with_its_place),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
