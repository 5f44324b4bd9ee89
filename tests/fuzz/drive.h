/*
 * A plan driven by a script of bytes, with a bounded number of events: whatever passed the verifier
 * runs to a rest without harm, twice to the same end, and all that the journal would write of it is
 * read back as it was.
 */
#ifndef TESTS_FUZZ_DRIVE_H
#define TESTS_FUZZ_DRIVE_H

#include "fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "state/undo.h"

#define FUZZ_EVENTS 40

static inline struct wf_instance *fuzz_instance(const struct wf_plan *plan)
{
	struct wf_instance *in = wf_instance_new(plan->step_count);
	in->number = 1;
	in->workflow = wf_strdup(wf_plan_string(plan, plan->workflow));
	in->tenant = wf_strdup("default");
	in->environment = wf_strdup("default");
	in->started_by = wf_strdup("ann");
	in->created_at = in->updated_at = INT64_C(1763633525123);
	in->input = json_pack("{s:{s:s,s:i,s:f}, s:[i,s,[]], s:n, s:b}", "user", "name", "ann",
		"age", 40, "score", 0.5, "items", 1, "x", "none", "ok", 1);
	return in;
}

/* What the world might answer. */
static inline json_t *fuzz_answer(uint8_t which)
{
	static const char *const answers[] = {
		"null", "{}", "[]", "true", "\"text\"", "1e300", "[1,2,{\"a\":null}]",
		"{\"status\":200,\"body\":{\"id\":7,\"name\":\"x\"},\"headers\":{}}",
		"{\"exit_code\":0,\"stdout\":\"a\\nb\",\"stderr\":\"\"}",
		"{\"type\":\"TimeoutError\",\"code\":\"timeout\",\"message\":\"m\"}",
		"{\"type\":\"ServerError\",\"code\":\"503\",\"message\":\"m\"}",
		"{\"type\":\"Unheard\",\"code\":5,\"message\":null}",
		"{\"by\":\"ann\",\"decision\":\"approve\",\"reason\":\"r\",\"os_user\":\"ann\"}",
		"{\"by\":\"bob\",\"decision\":\"reject\",\"os_user\":\"bob\"}",
		"{\"as\":\"completed\",\"output\":{\"a\":1}}", "{\"as\":\"retry\"}",
		"{\"as\":\"failed\"}",
	};
	which %= sizeof(answers) / sizeof(answers[0]) + 1;
	return which ? json_loads(answers[which - 1], JSON_DECODE_ANY, NULL) : NULL;
}

static inline struct wf_event fuzz_event(const struct wf_instance *in, struct fuzz_bytes *script,
	int64_t *now)
{
	uint8_t kind = fuzz_take(script), where = fuzz_take(script);
	uint32_t at = in->threads->step;
	struct wf_event e = {.type = (enum wf_event_type)(kind % WF_EVENT_COUNT_), .step = at,
		.random = (uint32_t)where * 0x01010101u};
	if (kind & 0x80) /* not about the step in hand */
		e.step = in->step_count ? where % (in->step_count + 1) : WF_NONE;
	if (e.step == in->step_count)
		e.step = WF_NONE;
	if (e.step < in->step_count)
		e.attempt = in->steps[e.step].attempts;
	*now += where;
	if (e.type == WF_EVENT_TIMER && in->timeout_at && kind & 0x40) {
		e.step = WF_NONE;
		*now = in->timeout_at > *now ? in->timeout_at : *now;
	} else if (e.type == WF_EVENT_TIMER && e.step < in->step_count) {
		int64_t due = in->steps[e.step].due_at;
		*now = due > *now ? due : *now;
	}
	e.retry_after_ms = kind & 0x20 ? UINT64_C(1) << where % 64 : 0;
	e.at = *now;
	e.data = fuzz_answer((uint8_t)(where ^ kind));
	return e;
}

static inline void fuzz_same_record(const struct wf_event *e, const struct wf_turn *turn)
{
	WF_AUTOBUF struct wf_buf b = {0};
	struct wf_record r = {0};
	wf_record_put(e, turn->transitions, turn->transition_count, &b);
	FUZZ_CHECK(wf_record_get(b.data, b.len, &r) == 0);
	FUZZ_CHECK(r.event.type == e->type && r.event.at == e->at && r.event.step == e->step &&
		r.event.attempt == e->attempt && wf_json_equal(r.event.data, e->data));
	FUZZ_CHECK(r.count == turn->transition_count);
	for (uint32_t i = 0; i < r.count; i++)
		FUZZ_CHECK(r.transitions[i].type == turn->transitions[i].type &&
			r.transitions[i].step == turn->transitions[i].step &&
			r.transitions[i].value == turn->transitions[i].value);
	wf_record_done(&r);
}

/* Threads, groups with their items, and what undoes steps. */
static inline void fuzz_same_parts(const struct wf_instance *in, struct wf_instance *out)
{
	WF_AUTOBUF struct wf_buf b = {0};
	for (uint32_t i = 1; i < in->thread_count; i++) {
		wf_buf_reset(&b);
		wf_row_put_thread(&in->threads[i], &b);
		FUZZ_CHECK(wf_row_get_thread(b.data, b.len, &out->threads[i]) == 0);
	}
	for (uint32_t i = 0; i < in->group_count; i++) {
		wf_buf_reset(&b);
		wf_row_put_group(&in->groups[i], &b);
		FUZZ_CHECK(wf_row_get_group(b.data, b.len, &out->groups[i]) == 0);
	}
	for (uint32_t i = 0; i < in->group_count; i++)
		for (uint32_t k = 0; k < json_array_size(in->groups[i].results); k++) {
			if (!json_is_object(json_array_get(in->groups[i].results, k)))
				continue;
			wf_buf_reset(&b);
			wf_row_put_item(in, i, k, &b);
			FUZZ_CHECK(wf_row_get_item(b.data, b.len, in->groups[i].first_item + k,
					   out) == 0);
		}
	for (uint32_t i = 0; i < in->undo_count; i++) {
		wf_buf_reset(&b);
		wf_row_put_undo(&in->undo[i], &b);
		FUZZ_CHECK(wf_row_get_undo(b.data, b.len, &out->undo[i]) == 0);
	}
}

/* The instance as its rows give it back. */
static inline void fuzz_same_rows(const struct wf_instance *in)
{
	WF_AUTOBUF struct wf_buf b = {0};
	struct wf_instance *out = wf_instance_new(0);
	wf_row_put_identity(in, &b);
	FUZZ_CHECK(wf_row_get_identity(b.data, b.len, out) == 0);
	wf_buf_reset(&b);
	wf_row_put_input(in, &b);
	FUZZ_CHECK(wf_row_get_input(b.data, b.len, out) == 0);
	wf_buf_reset(&b);
	wf_row_put_header(in, &b);
	FUZZ_CHECK(wf_row_get_header(b.data, b.len, out) == 0);
	for (uint32_t i = 0; i < in->step_count; i++) {
		wf_buf_reset(&b);
		wf_row_put_step(&in->steps[i], &b);
		FUZZ_CHECK(wf_row_get_step(b.data, b.len, &out->steps[i]) == 0);
	}
	for (uint32_t i = 0; i < in->var_count; i++) {
		struct wf_var v = {0};
		wf_buf_reset(&b);
		wf_row_put_var(&in->vars[i], &b);
		FUZZ_CHECK(wf_row_get_var(b.data, b.len, &v) == 0);
		wf_instance_set_var(out, v.name, v.value);
		wf_free(v.name);
		json_decref(v.value);
	}
	fuzz_same_parts(in, out);
	char *where = NULL;
	if (!wf_instance_equal(in, out, &where)) {
		fprintf(stderr, "rows: %s\n", where);
		abort();
	}
	wf_instance_free(out);
}

/* Feeds one event to both instances. */
static inline int fuzz_feed(const struct wf_plan *plan, struct wf_instance *in,
	struct wf_instance *twin, const struct wf_event *e)
{
	struct wf_turn turn = {0}, other = {0};
	struct wf_cause cause = {0};
	int err = wf_engine_feed(plan, in, e, &turn, &cause);
	FUZZ_CHECK(err == 0 || cause.text[0]);
	FUZZ_CHECK(err == 0 || !turn.transition_count);
	FUZZ_CHECK(wf_engine_feed(plan, twin, e, &other, NULL) == err);
	FUZZ_CHECK(turn.transition_count == other.transition_count &&
		turn.command_count == other.command_count);
	for (uint32_t i = 0; i < turn.command_count; i++)
		FUZZ_CHECK(turn.commands[i].step < in->step_count);
	if (!err)
		fuzz_same_record(e, &turn);
	wf_turn_done(&turn);
	wf_turn_done(&other);
	return err;
}

static inline void fuzz_drive(const struct wf_plan *plan, struct fuzz_bytes script)
{
	struct wf_instance *in = fuzz_instance(plan), *twin = fuzz_instance(plan);
	int64_t now = in->created_at;
	struct wf_event e = {.type = WF_EVENT_START, .at = now, .random = 7, .step = WF_NONE};
	char *where = NULL;
	(void)fuzz_feed(plan, in, twin, &e);
	for (unsigned i = 0; i < FUZZ_EVENTS && script.n; i++) {
		e = fuzz_event(in, &script, &now);
		(void)fuzz_feed(plan, in, twin, &e);
		json_decref(e.data);
	}
	(void)wf_instance_due(in);
	if (!wf_instance_equal(in, twin, &where)) {
		fprintf(stderr, "not the same twice: %s\n", where);
		abort();
	}
	fuzz_same_rows(in);
	for (uint32_t i = 0; i < plan->body_count; i++) {
		json_t *value = NULL, *error = NULL;
		if (plan->bodies[i].kind == WF_BODY_NOTIFY ||
			plan->bodies[i].kind == WF_BODY_COMPENSATE)
			continue;
		int err = wf_engine_eval(plan, in, plan->bodies[i].pc, &value, &error);
		FUZZ_CHECK(!err == !error);
		json_decref(value);
		json_decref(error);
	}
	wf_instance_free(in);
	wf_instance_free(twin);
}

/* Its assembly gives the same bytes, if they are of the format that the assembler writes. */
static inline void fuzz_reassemble(const struct wf_plan *plan, const void *bytes, size_t n)
{
	WF_AUTOBUF struct wf_buf text = {0}, again = {0};
	struct wf_cause cause = {0};
	wf_plan_disassemble(plan, &text);
	if (wf_plan_assemble(text.data, text.len, &again, &cause)) {
		fprintf(stderr, "%s\n", cause.text);
		abort();
	}
	FUZZ_CHECK(plan->format == 1 || (again.len == n && !memcmp(again.data, bytes, n)));
}

#endif
