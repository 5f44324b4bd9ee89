/*
 * Random plans, random events: whatever comes in whatever order, no thread is lost, nothing rests
 * that nothing wakes, what is refused changes nothing, and a replay gives the same (world.h checks
 * that after each event). The seed is said when one fails.
 */
#include "unit/engine/world.h"

#include <sodium.h>

#ifndef SEEDS
#define SEEDS 600
#endif
#define EVENTS 80
#define STEPS 4

struct dice {
	uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (uint32_t)(d->state >> 33) % sides;
}

static bool one_in(struct dice *d, uint32_t n)
{
	return roll(d, n) == 0;
}

static const char *pick(struct dice *d, const char *const *from, uint32_t count)
{
	return from[roll(d, count)];
}

/* -- plans -- */

static const char *const people[] = {"a", "b", "c", "d", "ann", "boss"};

static void put_set(struct dice *d, struct wf_buf *out)
{
	if (one_in(d, 6)) {
		wf_buf_addstr(out, "{'roles': ['team']}");
		return;
	}
	wf_buf_addstr(out, "{'list': [");
	uint32_t count = roll(d, 4);
	for (uint32_t i = 0; i < count; i++)
		wf_buf_printf(out, "%s'%s'", i ? ", " : "", pick(d, people, 6));
	wf_buf_addstr(out, "], 'fallback': {'list': ['boss', 'a']}}");
}

static void put_escalations(struct dice *d, struct wf_buf *out)
{
	static const char *const decides[] = {"approve", "reject"};
	uint32_t count = roll(d, 4);
	wf_buf_addstr(out, ", 'escalations': [");
	for (uint32_t i = 0; i < count; i++) {
		wf_buf_printf(out, "%s{'after': 'PT%uM'", i ? ", " : "", 10 + i * 10 + roll(d, 10));
		if (one_in(d, 2))
			wf_buf_printf(out, ", 'notify': %u", roll(d, 2));
		if (one_in(d, 3)) {
			wf_buf_addstr(out, ", 'add': ");
			put_set(d, out);
		}
		if (one_in(d, 3)) {
			wf_buf_addstr(out, ", 'to': ");
			put_set(d, out);
		}
		if (one_in(d, 5))
			wf_buf_printf(out, ", 'decide': '%s'", pick(d, decides, 2));
		wf_buf_addch(out, '}');
	}
	wf_buf_addch(out, ']');
}

static void put_approval(struct dice *d, struct wf_buf *out)
{
	static const char *const breaches[] = {"fail", "approve", "reject"};
	uint32_t groups = 1 + roll(d, 3);
	wf_buf_addstr(out, "{'groups': [");
	for (uint32_t i = 0; i < groups; i++) {
		wf_buf_printf(out, "%s{'quorum': %u, 'approvers': ", i ? ", " : "", roll(d, 3));
		put_set(d, out);
		wf_buf_addch(out, '}');
	}
	wf_buf_printf(out, "], 'order': '%s', 'reject': '%s', 'deny_initiator': %s, "
			   "'auto_approve': %s, '_reject_completes': %s",
		one_in(d, 2) ? "parallel" : "sequence", one_in(d, 2) ? "counts" : "ends",
		one_in(d, 3) ? "true" : "false", one_in(d, 4) ? "false" : "true",
		one_in(d, 2) ? "true" : "false");
	if (one_in(d, 2))
		wf_buf_printf(out, ", 'sla': 'PT%uM', 'on_breach': '%s'", 30 + roll(d, 30),
			pick(d, breaches, 3));
	if (one_in(d, 2))
		put_escalations(d, out);
	if (one_in(d, 2))
		wf_buf_printf(out, ", 'reminders': {'every': 'PT%uM', 'max': %u, 'notify': %u}",
			1 + roll(d, 15), 1 + roll(d, 5), roll(d, 2));
	wf_buf_addch(out, '}');
}

/* What undoes the step: something that may fail, wait or be in doubt; or whose input cannot be told. */
static void add_undo(struct dice *d, struct flow *f, const char *id)
{
	static const char *const actions[] = {"http.request", "exec.run", "data.set", "wait.signal"};
	static const char *const crash[] = {"retry", "fail", "ask"};
	wf_buf_printf(&f->head, "step \"u_%s\"\naction %s\non_crash %s\n"
		"retry attempts=%u backoff=fixed initial=60000\nvisits 1000000\nenter U_%s\n", id,
		pick(d, actions, 4), pick(d, crash, 3), 1 + roll(d, 3), id);
	wf_buf_printf(&f->bodies, "undo \"%s\" \"u_%s\"\nbody compensate \"%s\" U_%s\n"
		"body undo.input \"%s\" I_%s\n", id, id, id, id, id, id);
	wf_buf_printf(&f->side, "U_%s:\nenter \"u_%s\"\nundo.input\nperform \"u_%s\"\nleave \"u_%s\"\n"
		"halt\nI_%s:\n%sreturn\n", id, id, id, id, id,
		one_in(d, 9) ? "root output\nget \"missing\"\n" : "const {\"name\": \"s\"}\n");
}

/* The workflow's own handler of its failure. */
static void add_handler(struct dice *d, struct flow *f)
{
	wf_buf_addstr(&f->top, "failure FAILED\n");
	wf_buf_printf(&f->head, "step \"h\"\naction %s\non_crash ask\nenter FAILED\n",
		one_in(d, 2) ? "http.request" : "data.set");
	wf_buf_addstr(&f->side, "FAILED:\nenter \"h\"\nroot error\nget \"code\"\nperform \"h\"\n"
		"leave \"h\"\nundef\nrethrow\n");
}

static void add_step(struct dice *d, struct flow *f, int i)
{
	static const struct {
		const char *action, *input;
	} kinds[] = {
		{"approval.request", NULL},
		{"approval.request", NULL},
		{"http.request", "{}"},
		{"exec.run", "{}"},
		{"wait.timer", "{'duration': 'PT5M'}"},
		{"wait.signal", "{'name': 's'}"},
		{"wait.signal", "{'name': 's', 'timeout': 'PT7M'}"},
		{"wait.event", "{'name': 's', 'timeout': 'PT9M'}"},
		{"data.set", "{'n': 1}"},
	};
	static const char *const crash[] = {"retry", "fail", "ask"};
	uint32_t k = roll(d, sizeof(kinds) / sizeof(*kinds));
	WF_AUTOBUF struct wf_buf more = {0}, input = {0};
	WF_AUTOFREE char *id = wf_asprintf("s%d", i);
	bool handled = one_in(d, 3);
	wf_buf_printf(&more, "on_crash %s\nretry attempts=%u backoff=fixed initial=60000\nvisits 2\n",
		pick(d, crash, 3), 1 + roll(d, 3));
	if (handled)
		wf_buf_printf(&more, "fail C%d\n", i);
	if (kinds[k].input)
		wf_buf_addstr(&input, kinds[k].input);
	else
		put_approval(d, &input);
	flow_step(f, id, kinds[k].action, input.data, more.data);
	if (handled)
		wf_buf_printf(&f->code, "C%d:\n", i);
	if (one_in(d, 2))
		add_undo(d, f, id);
	for (int n = 0; n < 2 && !kinds[k].input; n++) {
		WF_AUTOFREE char *tell = wf_asprintf("s%dn%d", i, n);
		flow_notify(f, tell, id, n, one_in(d, 2)
				? "on_crash ask\n" : "retry attempts=2 backoff=fixed initial=90000\n");
	}
}

static struct wf_plan *random_plan(struct dice *d)
{
	struct flow f = {0};
	if (one_in(d, 4))
		wf_buf_addstr(&f.top, "timeout 5400000\n");
	if (!one_in(d, 3))
		wf_buf_addstr(&f.top, "compensate\n");
	for (int i = 0; i < STEPS; i++)
		add_step(d, &f, i);
	if (one_in(d, 3))
		add_handler(d, &f);
	return flow_plan(&f);
}

/* -- events -- */

static uint32_t random_thread_step(struct dice *d, const struct wf_instance *in)
{
	uint32_t at = roll(d, in->thread_count);
	for (uint32_t i = 0; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[(at + i) % in->thread_count];
		if (!t->done && t->step != WF_NONE)
			return t->step;
	}
	return 0;
}

/* What a lookup gives back. */
static void resolve_sets(json_t *value)
{
	if (json_is_object(value) && json_object_get(value, "roles")) {
		json_object_clear(value);
		(void)json_object_set_new(value, "list", js("['c', 'd', 'ann']"));
	}
	const char *name;
	json_t *member;
	size_t i;
	if (json_is_object(value))
		json_object_foreach (value, name, member)
			resolve_sets(member);
	json_array_foreach (value, i, member)
		resolve_sets(member);
}

static void finish_attempt(struct dice *d, struct world *w, uint32_t step)
{
	const struct wf_step_state *s = &w->in->steps[step];
	static const enum wf_event_type types[] = {
		WF_EVENT_SUCCESS, WF_EVENT_SUCCESS, WF_EVENT_FAILURE, WF_EVENT_DOUBT, WF_EVENT_RESUME};
	enum wf_event_type type = types[roll(d, 5)];
	json_t *data = NULL;
	if (type == WF_EVENT_SUCCESS) {
		data = json_deep_copy(s->input);
		if (!one_in(d, 10))
			resolve_sets(data);
	} else if (type == WF_EVENT_FAILURE) {
		data = js("{'type': 'ServerError', 'code': '503', 'message': 'busy'}");
	}
	FEED(w, type, step, s->attempts, data);
}

static void give_decision(struct dice *d, struct world *w, uint32_t step)
{
	static const char *const what[] = {"approve", "approve", "approve", "reject", "delegate",
		"reassign", "withdraw", "withdraw_request"};
	(void)feed(w, WF_EVENT_DECISION, step, 0,
		json_pack("{s:s, s:s, s:s, s:s}", "by", pick(d, people, 6), "decision",
			pick(d, what, 8), "from", pick(d, people, 6), "to", pick(d, people, 6)));
}

static void deliver(struct world *w, uint32_t step)
{
	bool event = w->in->steps[step].wait == WF_WAIT_EVENT;
	(void)feed(w, WF_EVENT_DELIVERY, step, 0,
		json_pack("{s:s, s:s, s:i}", "kind", event ? "event" : "signal", "name", "s", "data", 1));
}

static void let_time_pass(struct dice *d, struct world *w)
{
	int64_t due = wf_instance_due(w->in);
	if (due > w->now)
		w->now = one_in(d, 3) ? due - 1 : due;
	if (one_in(d, 5))
		w->now += roll(d, 2000000);
	bool is_due = due && due <= w->now;
	assert_int_equal(tick(w), is_due ? 0 : WF_ECONFLICT);
	uint32_t fired = 0;
	for (uint32_t i = 0; i < w->turn.transition_count && is_due; i++)
		fired += w->turn.transitions[i].type == WF_TRANS_ESCALATED ||
			w->turn.transitions[i].type == WF_TRANS_REMINDED;
	assert_true(fired <= 1);
}

static void begin_again(struct dice *d, struct world *w)
{
	w->held = one_in(d, 8);
	(void)feed(w, WF_EVENT_RETRY, one_in(d, 2) ? WF_NONE : roll(d, w->plan->step_count), 0,
		js("{'by': 'root', 'set': {'vars.n': 1}}"));
}

static void disturb(struct dice *d, struct world *w, uint32_t step)
{
	static const char *const answers[] = {"{'as': 'completed', 'output': 1}", "{'as': 'failed'}",
		"{'as': 'retry'}"};
	switch (roll(d, 5)) {
	case 0:
		(void)feed(w, WF_EVENT_MOVE, one_in(d, 4) ? WF_NONE : step, 0,
			json_pack("{s:I}", "due", (json_int_t)(w->now + roll(d, 1000000))));
		break;
	case 1:
		if (one_in(d, 5))
			(void)feed(w, WF_EVENT_CANCEL, WF_NONE, 0, one_in(d, 2) ? NULL
				: js(one_in(d, 2) ? "{'compensate': true}" : "{'force': true}"));
		break;
	case 2:
		(void)feed(w, WF_EVENT_RESOLVE, step, 0, js(pick(d, answers, 3)));
		break;
	case 3:
		begin_again(d, w);
		break;
	default: /* anything at all */
		(void)feed(w, (enum wf_event_type)(1 + roll(d, WF_EVENT_COUNT_ - 1)),
			roll(d, w->plan->step_count + 1), roll(d, 3), one_in(d, 2) ? NULL : json_object());
		break;
	}
}

static void step_on(struct dice *d, struct world *w)
{
	uint32_t step = random_thread_step(d, w->in);
	const struct wf_step_state *s = &w->in->steps[step];
	w->held = one_in(d, 8);
	w->random = roll(d, UINT32_MAX);
	if (one_in(d, 5))
		disturb(d, w, step);
	else if (s->status == WF_STEP_RUNNING)
		finish_attempt(d, w, step);
	else if (one_in(d, 4))
		let_time_pass(d, w);
	else if (s->wait == WF_WAIT_APPROVAL)
		give_decision(d, w, step);
	else if (s->wait == WF_WAIT_HOLD)
		(void)feed(w, WF_EVENT_RELEASE, step, 0, NULL);
	else if (s->wait == WF_WAIT_SIGNAL || s->wait == WF_WAIT_EVENT)
		deliver(w, step);
	else
		let_time_pass(d, w);
}

/* Brings it to an end by nothing but answers and time. */
static void drain(struct dice *d, struct world *w)
{
	w->held = false;
	for (int i = 0; i < 400 && !wf_instance_status_final(w->in->status); i++) {
		uint32_t step = random_thread_step(d, w->in);
		const struct wf_step_state *s = &w->in->steps[step];
		if (wf_instance_due(w->in) && wf_instance_due(w->in) <= w->now)
			(void)tick(w);
		else if (s->status == WF_STEP_RUNNING)
			finish_attempt(d, w, step);
		else if (s->status == WF_STEP_IN_DOUBT)
			FEED(w, WF_EVENT_RESOLVE, step, 0, js("{'as': 'failed'}"));
		else if (s->wait == WF_WAIT_HOLD)
			FEED(w, WF_EVENT_RELEASE, step, 0, NULL);
		else if (s->wait == WF_WAIT_SIGNAL || s->wait == WF_WAIT_EVENT)
			deliver(w, step);
		else if (s->wait == WF_WAIT_APPROVAL)
			give_decision(d, w, step);
		else
			w->now = wf_instance_due(w->in);
	}
	assert_true(wf_instance_status_final(w->in->status));
}

static void count_kinds(const struct world *w, unsigned seen[WF_TRANS_COUNT_])
{
	for (uint32_t i = 0; i < w->turn.transition_count; i++)
		seen[w->turn.transitions[i].type]++;
}

static uint64_t seed_in_hand;

static int say_seed(void **state)
{
	(void)state;
	if (seed_in_hand)
		print_error("with seed %llu\n", (unsigned long long)seed_in_hand);
	return 0;
}

static void whatever_comes_nothing_is_lost(void **state)
{
	(void)state;
	unsigned ended[WF_INST_COUNT_] = {0}, seen[WF_TRANS_COUNT_] = {0}, undone = 0, stuck = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		seed_in_hand = seed;
		struct dice d = {.state = seed * UINT64_C(0x9e3779b97f4a7c15)};
		struct world w;
		begin(&w, random_plan(&d));
		w.held = one_in(&d, 8);
		assert_int_equal(start(&w), 0);
		for (int i = 0; i < EVENTS; i++) {
			if (!wf_instance_status_final(w.in->status))
				step_on(&d, &w);
			else if (w.in->status != WF_INST_COMPLETED && one_in(&d, 4))
				begin_again(&d, &w);
			else
				break;
			count_kinds(&w, seen);
		}
		if (!wf_instance_status_final(w.in->status))
			drain(&d, &w);
		ended[w.in->status]++;
		undone += wf_instance_undo_in(w.in, WF_UNDO_DONE);
		stuck += w.in->unwind == WF_UNWIND_STOPPED;
		end(&w);
	}
	seed_in_hand = 0;
	/* the dice reach every end, and everything on the way, but for what groups do */
	for (unsigned i = 0; i < WF_TRANS_ITEM; i++)
		assert_true(seen[i] > SEEDS / 20);
	assert_true(undone > SEEDS / 20);
	assert_true(stuck > SEEDS / 50);
	assert_true(ended[WF_INST_COMPLETED] > SEEDS / 20);
	assert_true(ended[WF_INST_FAILED] > SEEDS / 20);
	assert_true(ended[WF_INST_CANCELLED] > SEEDS / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(whatever_comes_nothing_is_lost, say_seed),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
