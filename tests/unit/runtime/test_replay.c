/* A replay finds what is not so: a state that its history does not give, a history that goes another way. */
#include "unit/runtime/world.h"

/* What is done to instance #1 behind the runtime's back. */
struct forgery {
	void (*change)(struct wf_instance *in);
	const struct wf_event *event;   /* of a record that is appended; NULL */
	const struct wf_transition *transitions;
	uint32_t count;
};

static int forge_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct forgery *f = arg;
	WF_AUTOBUF struct wf_buf record = {0};
	struct wf_instance *in = NULL;
	int rc = wf_txn_get_instance(txn, 1, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	if (f->change)
		f->change(in);
	if (f->event) {
		wf_record_put(f->event, f->transitions, f->count, &record);
		rc = wf_txn_append_history(txn, in, record.data, record.len);
	}
	in->dirty = true;
	rc = rc ? rc : wf_txn_put_instance(txn, in);
	wf_instance_free(in);
	return rc;
}

static void expect_found(struct world *w, const struct forgery *f, const char *text)
{
	assert_int_equal(wf_runtime_replay(w->journal, 1, &w->cause), 0);
	assert_int_equal(
		wf_journal_update(w->journal, forge_txn, (void *)(uintptr_t)f, &w->cause), 0);
	assert_int_equal(wf_runtime_replay(w->journal, 1, &w->cause), WF_ECORRUPT);
	if (!strstr(w->cause.text, text))
		fail_msg("`%s` does not say `%s`", w->cause.text, text);
}

static const struct wf_plan *two_levels(struct world *w)
{
	return one_step(w, "approval.request",
		"{'groups': [{'quorum': 2, 'approvers': {'list': ['alice', 'bob']}}]}");
}

/* -- the state -- */

static void another_output(struct wf_instance *in)
{
	json_decref(in->steps[0].output);
	in->steps[0].output = json_pack("{s:i}", "n", 2);
	wf_instance_touch(in, 0);
}

static void another_vote(struct wf_instance *in)
{
	(void)json_array_append_new(in->steps[0].approval->decisions,
		json_pack("{s:s, s:s, s:s}", "by", "bob", "decision", "approve", "at", "2026-01-01T00:00:00Z"));
	wf_instance_touch(in, 0);
}

static void another_result_of_a_step_is_found(void **state)
{
	struct world *w = *state;
	(void)start(w, one_step(w, "data.set", "{'n': 1}"));
	run(w);
	expect_found(w, &(struct forgery){.change = another_output}, "gives another state");
}

static void a_decision_that_nobody_gave_is_found(void **state)
{
	struct world *w = *state;
	(void)start(w, two_levels(w));
	run(w);
	assert_int_equal(decide(w, 1, "alice"), 0);
	run(w);
	expect_found(w, &(struct forgery){.change = another_vote}, "gives another state");
}

/* -- the history -- */

static void a_record_that_the_engine_refuses_is_found(void **state)
{
	struct world *w = *state;
	(void)start(w, two_levels(w));
	run(w);
	json_t *data = js("{'by': 'mallory', 'decision': 'approve'}");
	struct wf_event event = wf_drive_event(WF_EVENT_DECISION, 0, 0, data);
	expect_found(w, &(struct forgery){.event = &event}, "refuses record");
	json_decref(data);
}

static void a_record_that_tells_of_something_else_is_found(void **state)
{
	struct world *w = *state;
	(void)start(w, two_levels(w));
	run(w);
	json_t *data = js("{'by': 'alice', 'decision': 'approve'}");
	struct wf_event event = wf_drive_event(WF_EVENT_DECISION, 0, 0, data);
	struct wf_transition wrong = {.type = WF_TRANS_DECISION_KEPT, .step = 0, .value = 2};
	expect_found(w, &(struct forgery){.event = &event, .transitions = &wrong, .count = 1},
		"goes another way");
	json_decref(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(another_result_of_a_step_is_found),
		WORLD_TEST(a_decision_that_nobody_gave_is_found),
		WORLD_TEST(a_record_that_the_engine_refuses_is_found),
		WORLD_TEST(a_record_that_tells_of_something_else_is_found),
	};
	WORLD_MAIN(tests);
}
