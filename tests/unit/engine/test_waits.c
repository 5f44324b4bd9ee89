/* Waits for signals and events, holds and releases, timers that are moved, states before the start. */
#include "unit/engine/world.h"

#include <sodium.h>

static void listen_for(struct world *w, const char *action, const char *input)
{
	struct flow f = {0};
	flow_step(&f, "wait", action, input, "");
	begin(w, flow_plan(&f));
	assert_int_equal(start(w), 0);
}

static int deliver(struct world *w, const char *delivery)
{
	return feed(w, WF_EVENT_DELIVERY, 0, 0, js(delivery));
}

static bool matches(struct world *w, const char *delivery)
{
	json_t *d = js(delivery);
	bool yes = true;
	assert_int_equal(wf_engine_matches(w->plan, w->in, 0, d, &yes, &w->cause), 0);
	json_decref(d);
	return yes;
}

static void a_signal_brings_its_data(void **state)
{
	(void)state;
	struct world w;
	listen_for(&w, "wait.signal", "{'name': 'paid'}");
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->wait, WF_WAIT_SIGNAL);
	assert_int_equal(wf_instance_due(w.in), 0);
	assert_false(matches(&w, "{'kind': 'event', 'name': 'paid'}"));
	assert_false(matches(&w, "{'kind': 'signal', 'name': 'Paid'}"));
	assert_false(matches(&w, "{'name': 'paid'}"));
	assert_true(matches(&w, "{'kind': 'signal', 'name': 'paid'}"));
	assert_int_equal(deliver(&w, "{'kind': 'signal', 'name': 'sent', 'data': 1}"), WF_ECONFLICT);
	assert_int_equal(deliver(&w, "{'kind': 'signal', 'name': 'paid', 'data': {'sum': 9}}"), 0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	assert_int_equal(json_integer_value(wf_json_at(w.in->steps[0].output, "sum")), 9);
	assert_int_equal(deliver(&w, "{'kind': 'signal', 'name': 'paid', 'data': 1}"), WF_ECONFLICT);
	end(&w);
}

static void a_wait_times_out(void **state)
{
	(void)state;
	static const char *const actions[] = {"wait.signal", "wait.event"};
	static const char *const codes[] = {"signal_timeout", "event_timeout"};
	for (int i = 0; i < 2; i++) {
		struct world w;
		listen_for(&w, actions[i], "{'name': 'paid', 'timeout': 'PT1M'}");
		w.now += MINUTE - 1;
		assert_int_equal(tick(&w), WF_ECONFLICT);
		w.now++;
		assert_int_equal(deliver(&w, i ? "{'kind': 'event', 'name': 'paid'}"
					       : "{'kind': 'signal', 'name': 'paid'}"), WF_ECONFLICT);
		assert_non_null(strstr(w.cause.text, "too late"));
		assert_int_equal(tick(&w), 0);
		assert_string_equal(error_code(&w), codes[i]);
		assert_string_equal(wf_core_text(w.in->error, "type"), "TimeoutError");
		end(&w);
	}
}

static void an_event_must_match(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	flow_step(&f, "wait", "wait.event", "{'name': 'order.paid'}", "");
	wf_buf_addstr(&f.bodies, "body match \"wait\" M\n");
	wf_buf_addstr(&f.side, "M:\nroot event\nget \"data\"\nget \"order\"\nconst 7\neq\nreturn\n");
	begin(&w, flow_plan(&f));
	assert_int_equal(start(&w), 0);
	assert_int_equal(w.in->wait, WF_WAIT_EVENT);
	assert_true(matches(&w, "{'kind': 'event', 'name': 'order.paid', 'data': {'order': 7}}"));
	assert_false(matches(&w, "{'kind': 'event', 'name': 'order.paid', 'data': {'order': 8}}"));
	assert_false(matches(&w, "{'kind': 'signal', 'name': 'order.paid', 'data': {'order': 7}}"));
	json_t *wrong = js("{'kind': 'event', 'name': 'order.paid', 'data': {'order': 'x'}}");
	bool yes = true;
	assert_int_equal(wf_engine_matches(w.plan, w.in, 0, wrong, &yes, &w.cause), WF_EINVAL);
	assert_false(yes);
	assert_non_null(strstr(w.cause.text, "the match of `wait` cannot be told"));
	json_decref(wrong);
	assert_int_equal(deliver(&w, "{'kind': 'event', 'name': 'order.paid', 'data': {'order': 8}}"),
		WF_ECONFLICT);
	assert_int_equal(deliver(&w, "{'kind': 'event', 'name': 'order.paid', 'data': {'order': 7}}"),
		0);
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

static void a_wait_without_a_name_fails(void **state)
{
	(void)state;
	static const char *const inputs[] = {"{}", "{'name': ''}", "{'name': 3}",
		"{'name': 'x', 'timeout': 'soon'}"};
	for (int i = 0; i < 4; i++) {
		struct world w;
		listen_for(&w, "wait.signal", inputs[i]);
		assert_string_equal(error_code(&w), "wait_input");
		end(&w);
	}
}

static void begin_effect(struct world *w, const char *more)
{
	struct flow f = {0};
	flow_step(&f, "call", "http.request", "{}", more);
	begin(w, flow_plan(&f));
}

static void a_hold_keeps_an_effect_back(void **state)
{
	(void)state;
	struct world w;
	begin_effect(&w, "retry attempts=3 backoff=fixed initial=100\n");
	w.held = true;
	assert_int_equal(start(&w), 0);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(w.in->status, WF_INST_WAITING);
	assert_int_equal(w.in->wait, WF_WAIT_HOLD);
	assert_int_equal(feed(&w, WF_EVENT_SUCCESS, 0, 1, NULL), WF_ECONFLICT);
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_RELEASE, 0, 0, js("{'by': 'root'}"));
	w.held = false;
	FEED(&w, WF_EVENT_RELEASE, 0, 0, js("{'by': 'root'}"));
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(w.turn.commands[0].attempt, 1);
	assert_true(noted(&w, WF_TRANS_ATTEMPT, 0, 1));
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_RELEASE, 0, 0, js("{'by': 'root'}"));
	/* a retry and a resumption begin nothing either */
	FEED(&w, WF_EVENT_FAILURE, 0, 1, js("{'type': 'ServerError', 'code': '5', 'message': ''}"));
	w.now += 100;
	w.held = true;
	assert_int_equal(tick(&w), 0);
	assert_int_equal(w.in->wait, WF_WAIT_HOLD);
	assert_int_equal(wf_instance_due(w.in), 0);
	w.held = false;
	FEED(&w, WF_EVENT_RELEASE, 0, 0, js("{'by': 'root'}"));
	assert_int_equal(w.turn.commands[0].attempt, 2);
	w.held = true;
	FEED(&w, WF_EVENT_RESUME, 0, 2, NULL);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(w.in->wait, WF_WAIT_HOLD);
	w.held = false;
	FEED(&w, WF_EVENT_RELEASE, 0, 0, js("{'by': 'root'}"));
	assert_int_equal(w.turn.commands[0].attempt, 2);
	w.held = true;
	FEED(&w, WF_EVENT_SUCCESS, 0, 2, json_object());
	assert_int_equal(w.in->status, WF_INST_COMPLETED);
	end(&w);
}

/* What a crash cut short is begun again no sooner than anything else. */
static void a_hold_keeps_back_what_a_crash_cut_short(void **state)
{
	(void)state;
	struct world w;
	begin_effect(&w, "on_crash retry\n");
	assert_int_equal(start(&w), 0);
	assert_int_equal(w.turn.command_count, 1);
	w.held = true;
	FEED(&w, WF_EVENT_DOUBT, 0, 1, NULL);
	assert_int_equal(w.turn.command_count, 0);
	assert_int_equal(w.in->wait, WF_WAIT_HOLD);
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_RELEASE, 0, 0, js("{'by': 'root'}"));
	w.held = false;
	FEED(&w, WF_EVENT_RELEASE, 0, 0, js("{'by': 'root'}"));
	assert_int_equal(w.turn.command_count, 1);
	assert_int_equal(w.turn.commands[0].attempt, 1);
	end(&w);
}

static void what_is_held_can_be_cancelled(void **state)
{
	(void)state;
	struct world w;
	begin_effect(&w, "");
	w.held = true;
	assert_int_equal(start(&w), 0);
	FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, NULL);
	assert_int_equal(w.in->status, WF_INST_CANCELLED);
	end(&w);
}

static void a_timer_is_moved(void **state)
{
	(void)state;
	struct world w;
	struct flow f = {0};
	wf_buf_addstr(&f.top, "timeout 3600000\n");
	flow_step(&f, "pause", "wait.timer", "{'duration': 'PT10M'}", "");
	flow_step(&f, "call", "http.request", "{}", "");
	begin(&w, flow_plan(&f));
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_MOVE, WF_NONE, 0, js("{'due': 5000}"));
	assert_int_equal(start(&w), 0);
	REFUSED(&w, WF_EINVAL, WF_EVENT_MOVE, 0, 0, NULL);
	REFUSED(&w, WF_EINVAL, WF_EVENT_MOVE, 0, 0, js("{'due': 0}"));
	REFUSED(&w, WF_EINVAL, WF_EVENT_MOVE, 0, 0, js("{'due': 'soon'}"));
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_MOVE, 1, 0, js("{'due': 5000}"));
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_MOVE, 9, 0, js("{'due': 5000}"));
	FEED(&w, WF_EVENT_MOVE, 0, 0, js("{'due': 1001000}"));
	FEED(&w, WF_EVENT_MOVE, WF_NONE, 0, js("{'due': 1002000}"));
	assert_int_equal(wf_instance_due(w.in), 1001000);
	assert_int_equal(wf_instance_due_step(w.in), 0);
	w.now = 1001000;
	assert_int_equal(tick(&w), 0);
	REFUSED(&w, WF_ECONFLICT, WF_EVENT_MOVE, 1, 0, js("{'due': 5000}"));
	w.now = 1002000;
	assert_int_equal(wf_instance_due_step(w.in), WF_NONE);
	assert_int_equal(tick(&w), 0);
	assert_string_equal(error_code(&w), "workflow_timeout");
	end(&w);
}

static void before_it_starts_it_can_only_be_started_or_cancelled(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world w;
		begin_effect(&w, "");
		w.in->status = i ? WF_INST_QUEUED : WF_INST_PENDING;
		static const enum wf_event_type wrong[] = {WF_EVENT_SUCCESS, WF_EVENT_FAILURE,
			WF_EVENT_DOUBT, WF_EVENT_TIMER, WF_EVENT_DECISION, WF_EVENT_RESOLVE,
			WF_EVENT_RESUME, WF_EVENT_DELIVERY, WF_EVENT_RELEASE, WF_EVENT_RETRY,
			WF_EVENT_MOVE};
		for (size_t k = 0; k < sizeof(wrong) / sizeof(*wrong); k++) {
			assert_true(feed(&w, wrong[k], 0, 0, json_object()) < 0);
			assert_true(feed(&w, wrong[k], WF_NONE, 1, js("{'due': 9}")) < 0);
		}
		assert_int_equal(start(&w), 0);
		assert_int_equal(w.in->status, WF_INST_RUNNING);
		assert_int_equal(start(&w), WF_ECONFLICT);
		end(&w);
		begin_effect(&w, "");
		w.in->status = i ? WF_INST_QUEUED : WF_INST_PENDING;
		FEED(&w, WF_EVENT_CANCEL, WF_NONE, 0, NULL);
		assert_int_equal(w.in->status, WF_INST_CANCELLED);
		assert_int_equal(start(&w), WF_ECONFLICT);
		FEED(&w, WF_EVENT_RETRY, WF_NONE, 0, js("{'by': 'root'}"));
		assert_int_equal(w.in->status, WF_INST_RUNNING);
		assert_int_equal(w.in->started_at, T0);
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_brings_its_data),
		cmocka_unit_test(a_wait_times_out),
		cmocka_unit_test(an_event_must_match),
		cmocka_unit_test(a_wait_without_a_name_fails),
		cmocka_unit_test(a_hold_keeps_an_effect_back),
		cmocka_unit_test(a_hold_keeps_back_what_a_crash_cut_short),
		cmocka_unit_test(what_is_held_can_be_cancelled),
		cmocka_unit_test(a_timer_is_moved),
		cmocka_unit_test(before_it_starts_it_can_only_be_started_or_cancelled),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
