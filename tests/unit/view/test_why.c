/* Why an instance stands where it stands: every status and every reason to wait. */
#include "sample.h"

#include "view/why.h"

#define NOW (T0 + 1680000) /* 09:40:04 */

struct world {
	struct sample s;
	struct wf_why_facts f;
	struct wf_buf text;
};

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	sample_init(&w->s);
	w->f = (struct wf_why_facts){ .now = NOW, .actor = "ann" };
	w->s.in->updated_at = T0 + 60000;
}

static void end(struct world *w)
{
	sample_done(&w->s);
	wf_buf_done(&w->text);
}

/* The text, and that the document has every member that its schema asks for. */
static void says(struct world *w, const char *wanted)
{
	static const char *const members[] = { "number", "workflow", "status", "waits_for", "driver",
		"sentence", "step", "item", "since", "due_at", "asks", "has", "needs", "runs", "behind", "failed",
		"undone", "left", "held", "also", "then", "wakes", "todo" };
	struct wf_style style = { 0 };
	json_t *why = wf_view_why(w->s.plan, w->s.in, &w->f);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!json_object_get(why, members[i]))
			fail_msg("no member %s", members[i]);
	assert_int_equal(json_object_size(why), sizeof(members) / sizeof(members[0]));
	wf_view_why_text(why, &style, &w->text);
	json_decref(why);
	assert_text(&w->text, wanted);
}

/* The main thread stands at a step that waits so. */
static struct wf_step_state *waits(struct world *w, uint32_t step, enum wf_wait wait)
{
	struct wf_instance *in = w->s.in;
	in->steps[1].status = WF_STEP_COMPLETED;
	in->steps[1].wait = WF_WAIT_NONE;
	in->status = WF_INST_WAITING;
	in->wait = wait;
	in->threads[0].step = step;
	struct wf_step_state *s = &in->steps[step];
	s->status = WF_STEP_WAITING;
	s->wait = wait;
	s->started_at = T0 + 1000;
	return s;
}

static void test_approval(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	w.s.in->threads[0].step = 1;
	w.s.in->steps[1].approval->message = wf_strdup("May it?");
	says(&w, "#1234 waits for an approval since 09:12:05 (27 m 59 s).\n"
		 "  asks    May it?\n"
		 "  has     alice approved at 09:40:00 \"fine\"\n"
		 "  needs   1 more of: bob\n"
		 "  then    22 Nov 09:12 (in 1 day 23 h): its time is over: the step fails (ApprovalExpired)\n"
		 "  wakes   a decision of those asked\n"
		 "          the first sweep at or after that time: wfctl serve-once\n"
		 "  to do   wfctl approve 1234 --as bob, or wfctl reject\n");
	w.f.actor = "bob";
	w.s.in->timeout_at = T0 + 864000000;
	json_t *why = wf_view_why(w.s.plan, w.s.in, &w.f);
	assert_string_equal(json_string_value(wf_json_at(why, "todo[0]")),
		"wfctl approve 1234, or wfctl reject");
	assert_string_equal(json_string_value(wf_json_at(why, "then[1].what")),
		"the instance is over its time limit and fails (TimeoutError)");
	assert_string_equal(json_string_value(wf_json_at(why, "then[1].at")),
		"2026-11-30T09:12:04.000Z");
	json_decref(why);
	/* what the instance does not live to see */
	w.s.in->timeout_at = T0 + 86400000;
	why = wf_view_why(w.s.plan, w.s.in, &w.f);
	assert_string_equal(json_string_value(wf_json_at(why, "then[0].what")),
		"the instance is over its time limit and fails (TimeoutError)");
	assert_string_equal(json_string_value(wf_json_at(why, "then[1].what")),
		"its time is over: the step fails (ApprovalExpired); but before that the time limit of the "
		"instance is over");
	json_decref(why);
	end(&w);
}

static void test_groups_and_clock(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	w.s.in->threads[0].step = 1;
	struct wf_step_state *s = &w.s.in->steps[1];
	struct wf_approval *a = s->approval;
	json_decref(a->groups);
	json_decref(a->decisions);
	a->groups = parse("[{\"name\":\"leads\",\"needed\":1,\"asked\":[\"alice\"]},"
			  "{\"name\":\"finance\",\"needed\":2,\"asked\":[\"bob\",\"carol\"]}]");
	a->decisions = json_array();
	a->escalated = 1;
	a->remind_at = T0 + 1000 + 3600000;
	s->input = parse("{\"escalations\":[{\"after\":\"PT1M\"},"
			 "{\"after\":\"PT2H\",\"notify\":0,\"add\":{\"list\":[\"dave\"]}},"
			 "{\"after\":\"PT4H\",\"to\":{\"list\":[\"eve\"]}},"
			 "{\"after\":\"P1D\",\"decide\":\"reject\"}],\"on_breach\":\"approve\"}");
	says(&w, "#1234 waits for an approval since 09:12:05 (27 m 59 s).\n"
		 "  needs   leads: 1 more of: alice\n"
		 "          finance: 2 of: bob, carol, once it is their turn\n"
		 "  then    10:12:05 (in 32 m 1 s): those asked are reminded\n"
		 "          11:12:05 (in 1 h 32 m): it sends a notification and asks also dave\n"
		 "          13:12:05 (in 3 h 32 m): it escalates to eve\n"
		 "          tomorrow 09:12 (in 23 h 32 m): it is rejected by itself\n"
		 "          22 Nov 09:12 (in 1 day 23 h): its time is over: it is approved by itself\n"
		 "  wakes   a decision of those asked\n"
		 "          the first sweep at or after that time: wfctl serve-once\n"
		 "  to do   wfctl approve 1234 --as alice, or wfctl reject\n");
	end(&w);
}

static void test_timer_and_retry(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_step_state *s = waits(&w, 2, WF_WAIT_TIMER);
	s->due_at = T0 + 7200000;
	says(&w, "#1234 waits for a time at notify since 09:12:05 (27 m 59 s).\n"
		 "  then    11:12:04 (in 1 h 32 m): it goes on\n"
		 "  wakes   the first sweep at or after that time: wfctl serve-once\n"
		 "  to do   nothing; to go on now: wfctl timer fire 1234\n");
	s->due_at = T0 + 60000;
	w.f.driver = WF_WHY_ALIVE;
	says(&w, "#1234 waits for a time at notify since 09:12:05 (27 m 59 s).\n"
		 "  then    09:13:04 (27 m ago; nobody has looked since): it goes on\n"
		 "  wakes   the process that drives it, while it stays\n"
		 "  to do   nothing; to go on now: wfctl timer fire 1234\n");
	s = waits(&w, 0, WF_WAIT_RETRY);
	w.f.driver = WF_WHY_NOBODY;
	w.s.in->steps[2].status = WF_STEP_PENDING;
	s->due_at = NOW + 30000;
	s->error = parse("{\"type\":\"ServerError\",\"code\":503,\"message\":\"busy\",\"attempt\":2}");
	says(&w, "#1234 waits to try create_account again since 09:13:04 (27 m).\n"
		 "  failed  ServerError 503 after 2 attempts: busy\n"
		 "  then    09:40:34 (in 30 s): create_account is tried again, attempt 3 of 3\n"
		 "  wakes   the first sweep at or after that time: wfctl serve-once\n"
		 "  to do   nothing; to try it now: wfctl timer fire 1234\n");
	end(&w);
}

static void test_signal_and_event(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_step_state *s = waits(&w, 2, WF_WAIT_SIGNAL);
	s->input = parse("{\"name\":\"paid\"}");
	w.f.signals = 2;
	says(&w, "#1234 waits for the signal paid since 09:12:05 (27 m 59 s).\n"
		 "  has     2 other signals kept for it\n"
		 "  needs   a signal paid\n"
		 "  wakes   a signal of that name\n"
		 "  to do   wfctl signal 1234 paid\n");
	s->wait = w.s.in->wait = WF_WAIT_EVENT;
	s->due_at = T0 + 7200000;
	says(&w, "#1234 waits for the event paid since 09:12:05 (27 m 59 s).\n"
		 "  needs   an event paid that matches what the step waits for\n"
		 "  then    11:12:04 (in 1 h 32 m): notify fails (TimeoutError), and the instance with it\n"
		 "  wakes   the first sweep at or after that time: wfctl serve-once\n"
		 "          an event of that name\n"
		 "  to do   wfctl emit paid --data '{…}'\n");
	end(&w);
}

static void test_child_and_hold(void **state)
{
	struct world w;
	struct wf_why_hold hold = { .by = "ops", .reason = "the bank is closed", .at = T0 };
	(void)state;
	begin(&w);
	waits(&w, 2, WF_WAIT_CHILD)->child = 77;
	says(&w, "#1234 waits for its child #77 at notify since 09:12:05 (27 m 59 s).\n"
		 "  wakes   the child's end\n"
		 "  to do   nothing here; what the child waits for: wfctl why 77\n");
	(void)waits(&w, 2, WF_WAIT_HOLD);
	w.f.holds = &hold;
	w.f.hold_count = 1;
	says(&w, "#1234 may not begin notify since 09:13:04 (27 m).\n"
		 "  held    onboarding is on hold since 09:12:04 (28 m) by ops \"the bank is closed\"\n"
		 "  wakes   the release\n"
		 "  to do   wfctl release onboarding\n");
	w.f.hold_count = 0;
	says(&w, "#1234 may not begin notify since 09:13:04 (27 m).\n"
		 "  held    the hold was released\n"
		 "  wakes   the next sweep: wfctl serve-once\n"
		 "  to do   wfctl serve-once, or wfctl resume 1234\n");
	end(&w);
}

static void test_running(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_step_state *s = waits(&w, 0, WF_WAIT_NONE);
	w.s.in->status = WF_INST_RUNNING;
	s->status = WF_STEP_RUNNING;
	s->attempts = 2;
	s->attempt_at = T0 + 1000;
	json_decref(s->input);
	s->input = parse("{\"method\":\"POST\",\"url\":\"http://erp/accounts\"}");
	w.s.plan->steps[0].timeout_ms = 3600000;
	w.f.driver = WF_WHY_ALIVE;
	says(&w, "#1234 runs create_account since 09:12:05 (27 m 59 s).\n"
		 "  runs    POST http://erp/accounts, attempt 2 of 3\n"
		 "  then    10:12:05 (in 32 m 1 s): the attempt is over its time limit\n"
		 "  wakes   the effect's result: a living process drives the instance\n"
		 "  to do   nothing; to end it: wfctl cancel 1234\n");
	w.f.driver = WF_WHY_DEAD;
	s->status = WF_STEP_COMPLETED;
	s = &w.s.in->steps[2];
	s->status = WF_STEP_RUNNING;
	s->attempts = 1;
	s->attempt_at = T0 + 1000;
	s->input = parse("{\"shell\":\"sleep\\u001b 9\"}");
	w.s.in->threads[0].step = 2;
	says(&w, "#1234 runs notify since 09:12:05 (27 m 59 s).\n"
		 "  runs    sleep\xef\xbf\xbd 9\n"
		 "  wakes   its process is gone; the next sweep takes it up: wfctl serve-once\n"
		 "  to do   wfctl resume 1234\n");
	/* an approval whose approvers are being looked for */
	w.f.driver = WF_WHY_NOBODY;
	s->status = WF_STEP_COMPLETED;
	s = &w.s.in->steps[1];
	s->status = WF_STEP_RUNNING;
	s->attempts = 1;
	s->attempt_at = T0 + 1000;
	w.s.in->threads[0].step = 1;
	says(&w, "#1234 runs approval since 09:12:05 (27 m 59 s).\n"
		 "  runs    asks who is to approve\n"
		 "  wakes   no process drives it; the next sweep takes it up: wfctl serve-once\n"
		 "  to do   wfctl resume 1234\n");
	s->status = WF_STEP_COMPLETED;
	says(&w, "#1234 is between two steps since 09:13:04 (27 m).\n"
		 "  wakes   no process drives it; the next sweep takes it up: wfctl serve-once\n"
		 "  to do   wfctl resume 1234\n");
	end(&w);
}

/* What a side thread does beside the wait. */
static void test_also(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_step_state *s = waits(&w, 0, WF_WAIT_TIMER);
	s->due_at = T0 + 7200000;
	w.s.in->steps[2].status = WF_STEP_RUNNING;
	w.s.in->steps[2].input = parse("{\"command\":[\"mail\",\"bob\"]}");
	says(&w, "#1234 waits for a time at create_account since 09:12:05 (27 m 59 s).\n"
		 "  also    notify runs: [\"mail\",\"bob\"]\n"
		 "  then    11:12:04 (in 1 h 32 m): it goes on\n"
		 "  wakes   the first sweep at or after that time: wfctl serve-once (create_account)\n"
		 "          no process drives it; the next sweep takes it up: wfctl serve-once (notify)\n"
		 "  to do   nothing; to go on now: wfctl timer fire 1234\n"
		 "          wfctl resume 1234\n");
	end(&w);
}

/* Every lane that waits is told, by the author's name of its step and the item. */
static void test_items(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_step_state *s = waits(&w, 1, WF_WAIT_SIGNAL);
	s->due_at = 0;
	s->input = parse("{\"name\":\"go\"}");
	s = waits(&w, 2, WF_WAIT_EVENT);
	s->input = parse("{\"name\":\"paid\"}");
	w.s.in->steps[1].status = WF_STEP_WAITING;
	w.s.in->steps[1].wait = WF_WAIT_SIGNAL;
	sample_foreach(&w.s);
	w.s.in->threads[0].step = 0;
	w.s.in->threads[1].item = 17;
	w.s.in->threads[2].item = 3;
	says(&w, "#1234 waits for the signal go at approval of item 17 since 09:12:05 (27 m 59 s).\n"
		 "  needs   a signal go\n"
		 "  also    approval of item 3 waits for the event paid\n"
		 "  wakes   a signal of that name (approval of item 17)\n"
		 "          an event of that name (approval of item 3)\n"
		 "  to do   wfctl signal 1234 go\n"
		 "          wfctl emit paid --data '{…}'\n");
	json_t *why = wf_view_why(w.s.plan, w.s.in, &w.f);
	assert_string_equal(json_string_value(json_object_get(why, "step")), "approval");
	assert_int_equal(json_integer_value(json_object_get(why, "item")), 17);
	json_decref(why);
	end(&w);
}

/* Those that wake alike are in one line, and no more of them than can be read; each has its own clock. */
static void test_wakes_alike(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_step_state *s = waits(&w, 0, WF_WAIT_CHILD);
	s->child = 7;
	s = waits(&w, 2, WF_WAIT_CHILD);
	s->child = 8;
	s->due_at = T0 + 7200000;
	says(&w, "#1234 waits for its child #8 at notify since 09:12:05 (27 m 59 s).\n"
		 "  also    create_account waits for its child #7\n"
		 "  then    11:12:04 (in 1 h 32 m): the child has taken too long: the attempt of notify "
		 "fails (TimeoutError)\n"
		 "  wakes   the first sweep at or after that time: wfctl serve-once (notify)\n"
		 "          the child's end (notify, create_account)\n"
		 "  to do   nothing here; what the child waits for: wfctl why 8\n");
	end(&w);
}

static void test_suspended(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_step_state *s = waits(&w, 2, WF_WAIT_OPERATOR);
	w.s.in->status = WF_INST_SUSPENDED;
	s->status = WF_STEP_IN_DOUBT;
	s->attempts = 1;
	s->attempt_at = T0 + 1000;
	says(&w, "#1234 is suspended: whether notify happened is unknown since 09:12:05 (27 m 59 s).\n"
		 "  has     attempt 1 began; then the machine went down before its result was kept\n"
		 "  wakes   only somebody who has looked and says what became of it\n"
		 "  to do   wfctl resolve 1234 --completed, --failed or --retry\n");
	end(&w);
}

static void test_queued_and_pending(void **state)
{
	struct world w;
	uint64_t holders[] = { 12, 15 };
	struct wf_why_slot slot = { .name = "onboarding:u1", .limit = 3, .held = 3, .place = 2,
		.holders = holders, .holder_count = 2 };
	struct wf_why_hold hold = { .all = true, .at = T0 };
	(void)state;
	begin(&w);
	w.s.in->status = WF_INST_QUEUED;
	w.s.in->wait = WF_WAIT_SLOT;
	w.f.slots = &slot;
	w.f.slot_count = 1;
	says(&w, "#1234 is queued for a free slot since 09:12:04 (28 m).\n"
		 "  behind  onboarding:u1, place 2 of its queue; 3 of 3 in use: #12, #15 and 1 more\n"
		 "  wakes   the end of an instance that is before it\n"
		 "  to do   nothing; to see what it waits for: wfctl why 12\n");
	slot = (struct wf_why_slot){ .name = "onboarding:u1", .limit = 3, .place = 1 };
	says(&w, "#1234 is queued for a free slot since 09:12:04 (28 m).\n"
		 "  behind  onboarding:u1, place 1 of its queue; 0 of 3 in use\n"
		 "  wakes   the next sweep: wfctl serve-once\n"
		 "  to do   wfctl serve-once\n");
	slot = (struct wf_why_slot){ .name = "schedule:3", .limit = 1, .place = 1 };
	says(&w, "#1234 is queued for a free slot since 09:12:04 (28 m).\n"
		 "  behind  earlier firings of its schedule, place 1 of its queue; 0 of 1 in use\n"
		 "  wakes   the next sweep: wfctl serve-once\n"
		 "  to do   wfctl serve-once\n");
	w.s.in->status = WF_INST_PENDING;
	w.s.in->wait = WF_WAIT_NONE;
	says(&w, "#1234 has not begun since 09:12:04 (28 m).\n"
		 "  wakes   the next sweep: wfctl serve-once\n"
		 "  to do   wfctl resume 1234\n");
	w.f.holds = &hold;
	w.f.hold_count = 1;
	says(&w, "#1234 has not begun since 09:12:04 (28 m).\n"
		 "  held    everything is on hold since 09:12:04 (28 m)\n"
		 "  wakes   the release\n"
		 "  to do   wfctl release\n");
	w.f.driver = WF_WHY_ALIVE;
	says(&w, "#1234 has not begun since 09:12:04 (28 m).\n"
		 "  wakes   the process that has taken it\n"
		 "  to do   nothing\n");
	end(&w);
}

static void test_ended(void **state)
{
	struct world w;
	(void)state;
	begin(&w);
	struct wf_instance *in = w.s.in;
	in->wait = WF_WAIT_NONE;
	in->ended_at = T0 + 60000;
	in->status = WF_INST_COMPLETED;
	says(&w, "#1234 completed (success) at 09:13:04, after 1 m.\n"
		 "  wakes   nothing: it has ended\n"
		 "  to do   nothing; what it gave: wfctl show 1234\n");
	in->status = WF_INST_CANCELLED;
	says(&w, "#1234 was cancelled at 09:13:04, after 1 m.\n"
		 "  wakes   nothing: it has ended\n"
		 "  to do   wfctl retry 1234 --dry-run says what would run again\n");
	in->status = WF_INST_FAILED;
	in->failed_step = 2;
	in->error = parse("{\"type\":\"ExecError\",\"code\":\"exit_3\"}");
	says(&w, "#1234 failed at notify at 09:13:04, after 1 m.\n"
		 "  failed  ExecError exit_3\n"
		 "  wakes   nothing: it has ended\n"
		 "  to do   wfctl retry 1234 --dry-run says what would run again\n");
	in->failed_step = WF_NONE;
	json_t *why = wf_view_why(w.s.plan, in, &w.f);
	assert_string_equal(json_string_value(json_object_get(why, "sentence")),
		"failed at 09:13:04, after 1 m");
	json_decref(why);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_approval), cmocka_unit_test(test_groups_and_clock),
		cmocka_unit_test(test_timer_and_retry), cmocka_unit_test(test_signal_and_event),
		cmocka_unit_test(test_child_and_hold), cmocka_unit_test(test_running),
		cmocka_unit_test(test_also), cmocka_unit_test(test_items),
		cmocka_unit_test(test_wakes_alike), cmocka_unit_test(test_suspended),
		cmocka_unit_test(test_queued_and_pending), cmocka_unit_test(test_ended),
	};
	return cmocka_run_group_tests_name("view why", tests, utc, NULL);
}
