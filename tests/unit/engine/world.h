/*
 * For tests of the engine: plans put together from text, an instance that is fed events, and what
 * must hold after each of them. Every instance is replayed at the end: the same events give the same
 * transitions and an equal instance.
 */
#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/id.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/core.h"
#include "helpers/flow.h"
#include "helpers/plan_text.h"

#include <stdio.h>
#include <string.h>

#define T0 1000000
#define MINUTE 60000
#define HOUR 3600000

/* -- plans -- */

/* Notification `index` of the step `of`: an http.request whose input is the root `approval`. */
static inline void flow_notify(struct flow *f, const char *id, const char *of, int index,
	const char *more)
{
	wf_buf_printf(&f->head, "step \"%s\"\naction http.request\n%senter E_%s\nfail H_%s\n", id,
		more, id, id);
	wf_buf_printf(&f->bodies, "body notify \"%s\" %d E_%s\n", of, index, id);
	wf_buf_printf(&f->side,
		"E_%s:\nenter \"%s\"\nroot approval\nperform \"%s\"\nleave \"%s\"\nH_%s:\nhalt\n", id,
		id, id, id, id);
}

/* Frees the flow. */
static inline struct wf_plan *flow_plan(struct flow *f)
{
	WF_AUTOBUF struct wf_buf text = {0};
	flow_text(f, &text);
	return plan_of_text(text.data);
}

/* -- the world -- */

struct world {
	struct wf_plan *plan;
	struct wf_instance *in;
	struct wf_turn turn;
	int64_t now;
	uint32_t random;
	bool held;
	struct wf_cause cause;
	struct wf_buf history;  /* each: u32 length, record */
};

static inline struct wf_instance *newborn(const struct wf_plan *plan)
{
	struct wf_instance *in = wf_instance_new(plan->step_count);
	in->uuid = wf_uuid_derived("x", 1);
	in->workflow = wf_strdup("t");
	in->started_by = wf_strdup("ann");
	in->input = json_object();
	return in;
}

static inline void begin(struct world *w, struct wf_plan *plan)
{
	*w = (struct world){.now = T0, .plan = plan, .in = newborn(plan)};
}

static inline void rows(const struct wf_instance *in, struct wf_buf *out)
{
	wf_row_put_header(in, out);
	for (uint32_t i = 0; i < in->thread_count; i++)
		wf_row_put_thread(&in->threads[i], out);
	for (uint32_t i = 0; i < in->step_count; i++)
		wf_row_put_step(&in->steps[i], out);
	for (uint32_t i = 0; i < in->var_count; i++)
		wf_row_put_var(&in->vars[i], out);
	for (uint32_t i = 0; i < in->undo_count; i++)
		wf_row_put_undo(&in->undo[i], out);
}

/* What the journal would read back is what there is. */
static inline void check_codecs(const struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->step_count; i++) {
		WF_AUTOBUF struct wf_buf row = {0}, again = {0};
		struct wf_instance *t = wf_instance_new(1);
		wf_row_put_step(&in->steps[i], &row);
		assert_int_equal(wf_row_get_step(row.data, row.len, t->steps), 0);
		wf_row_put_step(t->steps, &again);
		assert_int_equal(row.len, again.len);
		assert_memory_equal(row.data, again.data, row.len);
		wf_instance_free(t);
	}
	for (uint32_t i = 0; i < in->undo_count; i++) {
		WF_AUTOBUF struct wf_buf row = {0}, again = {0};
		struct wf_undo u = {0};
		wf_row_put_undo(&in->undo[i], &row);
		assert_int_equal(wf_row_get_undo(row.data, row.len, &u), 0);
		wf_row_put_undo(&u, &again);
		assert_int_equal(row.len, again.len);
		assert_memory_equal(row.data, again.data, row.len);
		json_decref(u.input);
		json_decref(u.error);
	}
}

/* Entries that are in hand have a thread each, and others have none. */
static inline void check_undo(const struct wf_instance *in)
{
	uint32_t threads = 0;
	for (uint32_t i = 1; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done || t->group != WF_NONE || t->item == WF_NONE)
			continue;
		threads++;
		assert_true(t->item < in->undo_count);
		assert_int_equal(in->undo[t->item].status, WF_UNDO_RUNNING);
	}
	if (in->unwind == WF_UNWIND_UNDOING) {
		assert_int_equal(wf_instance_undo_in(in, WF_UNDO_RUNNING), threads);
		assert_true(in->status == WF_INST_COMPENSATING || in->status == WF_INST_SUSPENDED);
		assert_int_equal(in->timeout_at, 0);
	} else {
		assert_int_equal(threads, 0);
		assert_int_not_equal(in->status, WF_INST_COMPENSATING);
	}
	for (uint32_t i = in->undo_top; i < in->undo_count; i++)
		assert_int_equal(in->undo[i].status, WF_UNDO_DONE);
}

static inline void check_wakes(const struct wf_instance *in, const struct wf_step_state *s)
{
	if (s->status == WF_STEP_RUNNING) {
		assert_true(s->attempts > 0);
		return;
	}
	if (s->status == WF_STEP_IN_DOUBT) {
		assert_int_equal(s->wait, WF_WAIT_OPERATOR);
		return;
	}
	assert_int_equal(s->status, WF_STEP_WAITING);
	if (s->wait == WF_WAIT_RETRY || s->wait == WF_WAIT_TIMER)
		assert_true(s->due_at > 0);
	else if (s->wait == WF_WAIT_APPROVAL) {
		json_t *asked = wf_approval_asked(s->approval);
		assert_int_equal(s->approval->decided_at, 0);
		assert_true(json_array_size(asked) > 0);
		assert_true(!s->approval->due_at || s->due_at <= s->approval->due_at);
		assert_true(!s->approval->remind_at || s->due_at <= s->approval->remind_at);
		json_decref(asked);
	} else
		assert_true(s->wait == WF_WAIT_SIGNAL || s->wait == WF_WAIT_EVENT ||
			s->wait == WF_WAIT_HOLD || s->wait == WF_WAIT_BRANCHES || s->wait == WF_WAIT_CHILD);
	(void)in;
}

/* What a group says of its members, and they of it. */
static inline void check_groups(const struct wf_instance *in)
{
	uint32_t waiters = 0, waited = 0;
	for (uint32_t i = 0; i < in->thread_count; i++)
		waiters += in->threads[i].waits != WF_NONE;
	for (uint32_t i = 0; i < in->group_count; i++) {
		const struct wf_group_state *g = &in->groups[i];
		uint32_t running = 0;
		for (uint32_t k = 0; k < in->thread_count; k++) {
			const struct wf_thread *t = &in->threads[k];
			if (t->group != i)
				continue;
			assert_int_equal(k, g->first_thread + t->member);
			assert_int_equal(!t->done, t->outcome == WF_OUTCOME_RUNNING);
			running += !t->done;
		}
		assert_int_equal(running, g->running);
		waited += g->waiter != WF_NONE;
		if (g->waiter != WF_NONE) {
			assert_int_equal(in->threads[g->waiter].waits, i);
			assert_true(g->running > 0);
		} else {
			assert_int_equal(g->running, 0);
		}
		WF_AUTOBUF struct wf_buf row = {0}, again = {0};
		struct wf_group_state t = {0};
		wf_row_put_group(g, &row);
		assert_int_equal(wf_row_get_group(row.data, row.len, &t), 0);
		wf_row_put_group(&t, &again);
		assert_int_equal(row.len, again.len);
		assert_memory_equal(row.data, again.data, row.len);
		wf_group_state_done(&t);
	}
	assert_int_equal(waiters, waited);
}

static inline void check_invariants(const struct wf_instance *in)
{
	uint32_t live = 0, resting = 0, busy = 0, running = 0, ready = 0;
	for (uint32_t i = 0; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done) {
			assert_int_equal(t->step, WF_NONE);
			continue;
		}
		live++;
		if (!in->started_at)
			continue;
		ready += t->ready;
		if (t->ready || (t->step == WF_NONE && t->waits != WF_NONE))
			continue;
		resting++;
		assert_true(t->step < in->step_count);
		check_wakes(in, &in->steps[t->step]);
		for (uint32_t k = 0; k < i; k++)
			assert_true(in->threads[k].done || in->threads[k].step != t->step);
	}
	for (uint32_t i = 0; i < in->step_count; i++) {
		const struct wf_step_state *s = &in->steps[i];
		bool open = s->approval && !s->approval->decided_at;
		assert_true(!open || s->status == WF_STEP_WAITING);
		running += s->status == WF_STEP_RUNNING;
		busy += s->status != WF_STEP_PENDING && !wf_step_status_final(s->status);
		assert_true(!s->due_at || s->status == WF_STEP_WAITING);
	}
	if (in->started_at)
		assert_int_equal(resting, busy);
	assert_int_equal(wf_instance_status_final(in->status), live == 0);
	assert_int_equal(in->ended_at != 0, live == 0);
	const struct wf_thread *first = in->threads;
	if (!first->done && in->started_at && first->waits == WF_NONE)
		assert_int_equal(in->wait, in->steps[first->step].wait);
	if (live == 0) {
		assert_int_equal(wf_instance_due(in), 0);
		assert_int_equal(in->wait, WF_WAIT_NONE);
	} else if (in->started_at && in->unwind != WF_UNWIND_UNDOING)
		assert_int_equal(in->status == WF_INST_RUNNING, running + ready > 0);
	check_undo(in);
	check_groups(in);
	check_codecs(in);
}

/* The rows that the journal writes: what changed is marked. */
struct marks {
	struct wf_buf *steps;
	struct wf_buf *threads;
	uint32_t thread_count;
	struct wf_buf *groups;
	uint32_t group_count;
	struct wf_buf *undo;
	uint32_t undo_count;
	enum wf_instance_status status;
	enum wf_wait wait;
};

static inline struct marks marks_of(struct wf_instance *in)
{
	struct marks m = {.steps = wf_calloc(in->step_count, sizeof(*m.steps)),
		.threads = wf_calloc(in->thread_count, sizeof(*m.threads)),
		.thread_count = in->thread_count, .status = in->status, .wait = in->wait};
	for (uint32_t i = 0; i < in->step_count; i++) {
		wf_row_put_step(&in->steps[i], &m.steps[i]);
		in->steps[i].dirty = false;
	}
	for (uint32_t i = 0; i < in->thread_count; i++) {
		wf_row_put_thread(&in->threads[i], &m.threads[i]);
		in->threads[i].dirty = false;
	}
	m.group_count = in->group_count;
	m.groups = wf_calloc(in->group_count ? in->group_count : 1, sizeof(*m.groups));
	for (uint32_t i = 0; i < in->group_count; i++) {
		wf_row_put_group(&in->groups[i], &m.groups[i]);
		in->groups[i].dirty = false;
		in->groups[i].dirty_count = 0;
	}
	for (uint32_t i = 0; i < in->var_count; i++)
		in->vars[i].dirty = false;
	m.undo_count = in->undo_count;
	m.undo = wf_calloc(in->undo_count ? in->undo_count : 1, sizeof(*m.undo));
	for (uint32_t i = 0; i < in->undo_count; i++) {
		wf_row_put_undo(&in->undo[i], &m.undo[i]);
		in->undo[i].dirty = false;
	}
	in->dirty_count = in->dirty_undo_count = 0;
	in->dirty = false;
	return m;
}

static inline void check_marks(const struct marks *m, const struct world *w)
{
	const struct wf_instance *in = w->in;
	uint32_t told = 0;
	assert_true(in->dirty);
	for (uint32_t i = 0; i < in->step_count; i++) {
		WF_AUTOBUF struct wf_buf now = {0};
		wf_row_put_step(&in->steps[i], &now);
		if (now.len != m->steps[i].len || memcmp(now.data, m->steps[i].data, now.len) != 0)
			assert_true(in->steps[i].dirty);
	}
	for (uint32_t i = 0; i < in->thread_count; i++) {
		WF_AUTOBUF struct wf_buf now = {0};
		wf_row_put_thread(&in->threads[i], &now);
		if (i >= m->thread_count || now.len != m->threads[i].len ||
			memcmp(now.data, m->threads[i].data, now.len) != 0)
			assert_true(in->threads[i].dirty);
	}
	for (uint32_t i = 0; i < in->group_count; i++) {
		WF_AUTOBUF struct wf_buf now = {0};
		wf_row_put_group(&in->groups[i], &now);
		if (i >= m->group_count || now.len != m->groups[i].len ||
			memcmp(now.data, m->groups[i].data, now.len) != 0)
			assert_true(in->groups[i].dirty);
	}
	for (uint32_t i = 0; i < in->undo_count; i++) {
		WF_AUTOBUF struct wf_buf now = {0};
		wf_row_put_undo(&in->undo[i], &now);
		if (i >= m->undo_count || now.len != m->undo[i].len ||
			memcmp(now.data, m->undo[i].data, now.len) != 0)
			assert_true(in->undo[i].dirty);
	}
	for (uint32_t i = 0; i < w->turn.transition_count; i++)
		told += w->turn.transitions[i].type == WF_TRANS_INSTANCE_STATUS;
	assert_int_equal(told, in->status != m->status || in->wait != m->wait);
}

static inline void marks_done(struct marks *m, uint32_t step_count)
{
	for (uint32_t i = 0; i < m->undo_count; i++)
		wf_buf_done(&m->undo[i]);
	wf_free(m->undo);
	for (uint32_t i = 0; i < step_count; i++)
		wf_buf_done(&m->steps[i]);
	wf_free(m->steps);
	for (uint32_t i = 0; i < m->thread_count; i++)
		wf_buf_done(&m->threads[i]);
	wf_free(m->threads);
	for (uint32_t i = 0; i < m->group_count; i++)
		wf_buf_done(&m->groups[i]);
	wf_free(m->groups);
}

/* What is refused changes nothing. Takes the data. */
static inline int feed(struct world *w, enum wf_event_type type, uint32_t step, uint32_t attempt,
	json_t *data)
{
	WF_AUTOBUF struct wf_buf before = {0}, after = {0};
	struct wf_event event = {.type = type, .at = w->now, .random = w->random, .step = step,
		.attempt = attempt, .held = w->held, .data = data};
	rows(w->in, &before);
	struct marks marks = marks_of(w->in);
	wf_turn_reset(&w->turn);
	w->cause = (struct wf_cause){0};
	int rc = wf_engine_feed(w->plan, w->in, &event, &w->turn, &w->cause);
	rows(w->in, &after);
	if (rc) {
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.data, after.data, before.len);
		assert_true(w->cause.text[0] != '\0');
		assert_int_equal(w->turn.transition_count, 0);
	} else {
		struct wf_buf record = {0};
		wf_record_put(&event, w->turn.transitions, w->turn.transition_count, &record);
		wf_put_bytes(&w->history, record.data, record.len);
		wf_buf_done(&record);
		check_marks(&marks, w);
	}
	marks_done(&marks, w->in->step_count);
	check_invariants(w->in);
	json_decref(data);
	return rc;
}

#define FEED(w, ...) assert_int_equal(feed(w, __VA_ARGS__), 0)
#define REFUSED(w, rc, ...) assert_int_equal(feed(w, __VA_ARGS__), rc)

static inline uint32_t step_of(const struct world *w, const char *id)
{
	uint32_t step = wf_plan_find_step(w->plan, id);
	assert_true(step != WF_NONE);
	return step;
}

static inline struct wf_step_state *state_of(const struct world *w, const char *id)
{
	return &w->in->steps[step_of(w, id)];
}

static inline int start(struct world *w)
{
	return feed(w, WF_EVENT_START, WF_NONE, 0, NULL);
}

/* A TIMER as the runtime feeds it: of what is due first. */
static inline int tick(struct world *w)
{
	uint32_t step = wf_instance_due_step(w->in);
	json_t *data = step != WF_NONE && w->in->steps[step].wait == WF_WAIT_APPROVAL
		? js("{'number': 77}") : NULL;
	return feed(w, WF_EVENT_TIMER, step, 0, data);
}

static inline int decide(struct world *w, const char *id, const char *by, const char *what)
{
	return feed(w, WF_EVENT_DECISION, step_of(w, id), 0,
		json_pack("{s:s, s:s, s:s}", "by", by, "decision", what, "reason", "because"));
}

static inline bool noted(const struct world *w, enum wf_transition_type type, uint32_t step,
	uint64_t value)
{
	for (uint32_t i = 0; i < w->turn.transition_count; i++) {
		const struct wf_transition *t = &w->turn.transitions[i];
		if (t->type == type && t->step == step && t->value == value)
			return true;
	}
	return false;
}

static inline const char *error_code(const struct world *w)
{
	const char *code = wf_core_text(w->in->error, "code");
	return code ? code : "none";
}

/* "alice, bob": who is asked now. */
static inline void assert_asked(const struct world *w, const char *id, const char *names)
{
	WF_AUTOBUF struct wf_buf text = {0};
	json_t *asked = wf_approval_asked(state_of(w, id)->approval);
	wf_buf_addstr(&text, "");
	for (size_t i = 0; i < json_array_size(asked); i++) {
		const char *name = json_string_value(json_array_get(asked, i));
		wf_buf_printf(&text, "%s%s", i ? ", " : "", name);
		assert_true(wf_approval_asks(state_of(w, id)->approval, name));
	}
	assert_string_equal(text.data ? text.data : "", names);
	json_decref(asked);
}

static inline void replay(const struct world *w)
{
	struct wf_instance *in = newborn(w->plan);
	struct wf_reader r = wf_reader_of(w->history.data, w->history.len);
	struct wf_turn turn = {0};
	while (r.off < r.len) {
		size_t n;
		struct wf_record record;
		const uint8_t *bytes = wf_get_bytes(&r, &n);
		assert_non_null(bytes);
		assert_int_equal(wf_record_get(bytes, n, &record), 0);
		wf_turn_reset(&turn);
		assert_int_equal(wf_engine_feed(w->plan, in, &record.event, &turn, NULL), 0);
		assert_int_equal(turn.transition_count, record.count);
		for (uint32_t i = 0; i < record.count; i++) {
			assert_int_equal(turn.transitions[i].type, record.transitions[i].type);
			assert_int_equal(turn.transitions[i].step, record.transitions[i].step);
			assert_int_equal(turn.transitions[i].value, record.transitions[i].value);
		}
		wf_record_done(&record);
	}
	char *where = NULL;
	if (!wf_instance_equal(w->in, in, &where))
		fail_msg("the replay differs: %s", where);
	wf_turn_done(&turn);
	wf_instance_free(in);
}

static inline void end(struct world *w)
{
	replay(w);
	wf_turn_done(&w->turn);
	wf_buf_done(&w->history);
	wf_instance_free(w->in);
	wf_plan_free(w->plan);
}

#endif
