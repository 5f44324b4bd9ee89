/* Claiming instances, and finding out what became of the effects of a dead owner. */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

#include <inttypes.h>

struct claim {
	struct wf_runtime *rt;
	const uint64_t *numbers;
	size_t count;
	bool strict;
	struct wf_drive **got;
	size_t got_count;
};

/* An attempt that an event of the commit to come has decided: nobody has begun it. */
static bool just_decided(const struct wf_drive *d, uint32_t step)
{
	for (uint32_t i = 0; i < d->command_count; i++)
		if (d->commands[i].step == step)
			return true;
	return false;
}

static void drop_claimed(struct claim *c)
{
	for (size_t i = 0; i < c->got_count; i++)
		wf_drive_free(c->got[i]);
	c->got_count = 0;
}

static int may_claim(struct wf_runtime *rt, const struct wf_instance *in, struct wf_cause *cause)
{
	if (wf_instance_status_final(in->status))
		return wf_fail(cause, WF_ECONFLICT, "instance #%" PRIu64 " has ended: it is %s",
			in->number, wf_instance_status_name(in->status));
	if (in->owner && in->owner != rt->runner && wf_runner_alive(rt->options.home, in->owner))
		return wf_fail(cause, WF_EBUSY,
			"instance #%" PRIu64 " is being driven by another process", in->number);
	return 0;
}

/* A command that ran when the machine went down is in doubt: the spool is not synced, so that what
 * lies there may be torn, and is worth nothing. The claim says so itself: once it is durable the
 * owner is one of this boot, and nobody could tell any more. */
void wf_drive_take_over(struct wf_runtime *rt, struct wf_drive *d)
{
	const struct wf_instance *in = d->in;
	if (!d->owner_before || wf_runner_same_boot(d->owner_before, rt->runner))
		return;
	uint32_t at = 0, step;
	while ((step = wf_drive_next_in_hand(in, &at)) != WF_NONE) {
		if (d->held->plan->steps[step].action != WF_ACT_EXEC_RUN || just_decided(d, step))
			continue;
		struct wf_event event = wf_drive_event(WF_EVENT_DOUBT, step,
			in->steps[step].attempts, NULL);
		wf_drive_settle_later(d, step);
		if (wf_drive_feed(rt, d, &event, NULL) == 0)
			at = 0; /* its thread has moved on */
	}
}

/* A queued one may go when all its slots are free, which who freed them should have seen to. */
static int dequeue(struct wf_txn *txn, struct wf_instance *in, struct wf_cause *cause)
{
	bool room = false;
	int rc = wf_slots_room(txn, in->slots, &room);
	if (!rc && !room)
		rc = wf_fail(cause, WF_ECONFLICT, "instance #%" PRIu64 " waits for a free slot",
			in->number);
	return rc ? rc : wf_slots_take(txn, in);
}

/* In our hands already, or claimed in this very transaction. */
static bool is_ours(const struct claim *c, uint64_t number)
{
	for (size_t i = 0; i < c->got_count; i++)
		if (c->got[i]->in->number == number)
			return true;
	return wf_drive_find(c->rt, number) != NULL;
}

static int claim_one(struct wf_txn *txn, struct claim *c, uint64_t number, struct wf_cause *cause)
{
	struct wf_instance *in;
	if (is_ours(c, number))
		return 0;
	struct wf_drive *d;
	int rc = wf_drive_find_instance(txn, number, &in, cause);
	if (rc)
		return rc;
	rc = may_claim(c->rt, in, cause);
	if (!rc && in->status == WF_INST_QUEUED)
		rc = dequeue(txn, in, cause);
	if (rc) {
		wf_instance_free(in);
		return rc;
	}
	rc = wf_drive_of_instance(c->rt, txn, in, &d, cause);
	if (rc)
		return rc;
	in->owner = c->rt->runner;
	in->dirty = true;
	d->recovering = true;
	wf_drive_take_over(c->rt, d);
	if (d->moved_count)
		wf_drive_decide_stay(c->rt, d, wf_now_ms());
	c->got[c->got_count++] = d;
	wf_inside_about(c->rt, d);
	return wf_drive_write(c->rt, txn, d);
}

static int claim_all(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct claim *c = arg;
	drop_claimed(c);
	wf_inside_begin(c->rt);
	c->rt->own_fault = false;
	wf_runtime_know_intrusions(c->rt, txn);
	for (size_t i = 0; i < c->count; i++) {
		int rc = claim_one(txn, c, c->numbers[i], cause);
		bool passed_over = rc == WF_EBUSY || rc == WF_ECONFLICT || rc == WF_ENOENT;
		if (rc && (c->strict || !passed_over))
			return rc;
	}
	for (size_t i = 0; i < c->got_count; i++) {
		int rc = wf_drive_follow(c->rt, txn, c->got[i]->in);
		if (rc)
			return rc;
	}
	return 0;
}

int wf_runtime_claim_now(struct wf_runtime *rt, const uint64_t *numbers, size_t count, bool strict,
	struct wf_cause *cause)
{
	struct claim c = {.rt = rt, .numbers = numbers, .count = count, .strict = strict};
	c.got = wf_alloc(sizeof(*c.got) * count);
	rt->own_fault = false;
	int rc = wf_journal_update(rt->options.journal, claim_all, &c, cause);
	if (rc) {
		wf_inside_begin(rt);
		drop_claimed(&c);
	} else {
		wf_inside_keep(rt);
	}
	if (!rc)
		wf_crash_here(WF_CRASH_CLAIM_AFTER);
	for (size_t i = 0; i < c.got_count; i++) {
		struct wf_drive *d = c.got[i];
		bool leaves = d->leaving;
		wf_drive_link(rt, d);
		wf_drive_committed(rt, d); /* it is gone when it leaves */
		if (!leaves)
			wf_drive_touch(rt, d); /* recovered in the turn that follows */
	}
	wf_runtime_told(rt);
	wf_runtime_after(rt);
	wf_free(c.got);
	return rc;
}

/* What the supervisor of a command left; its result will come when it runs or is done. */
static enum wf_effect_trace recover_command(struct wf_runtime *rt, struct wf_drive *d, uint32_t step)
{
	struct wf_inflight *f = wf_drive_add_inflight(d, step);
	struct wf_effect_request request = {
		.action = WF_ACT_EXEC_RUN,
		.input = d->in->steps[step].input,
		.token = f->token,
		.key = d->in->steps[step].key,
		.cookie = f,
	};
	enum wf_effect_trace trace = wf_effects_recover(rt->effects, &request);
	if (trace == WF_TRACE_NONE || trace == WF_TRACE_LOST)
		wf_drive_drop_inflight(f);
	return trace;
}

/* A command that left nothing never began, for its supervisor leaves a mark before that (and the
 * machine was not restarted: wf_drive_take_over). Other effects leave no trace at all. */
static void recover_step(struct wf_runtime *rt, struct wf_drive *d, uint32_t step)
{
	enum wf_action action = d->held->plan->steps[step].action;
	enum wf_event_type type = WF_EVENT_DOUBT;
	if (wf_action_in_journal(action)) {
		type = WF_EVENT_RESUME; /* the attempt's token knows whether it did */
	} else if (action == WF_ACT_EXEC_RUN) {
		enum wf_effect_trace trace = recover_command(rt, d, step);
		if (trace == WF_TRACE_RUNNING || trace == WF_TRACE_DONE)
			return;
		if (trace == WF_TRACE_NONE)
			type = WF_EVENT_RESUME;
		else
			wf_drive_settle_later(d, step);
	}
	struct wf_event event = wf_drive_event(type, step, d->in->steps[step].attempts, NULL);
	(void)wf_drive_feed(rt, d, &event, NULL);
}

void wf_drive_recover(struct wf_runtime *rt, struct wf_drive *d)
{
	const struct wf_instance *in = d->in;
	d->recovering = false;
	wf_drive_touch(rt, d); /* it parks, with its owner given up, when there is nothing to do */
	if (in->status == WF_INST_PENDING && in->history == 0) {
		struct wf_event event = wf_drive_event(WF_EVENT_START, WF_NONE, 0, NULL);
		(void)wf_drive_feed(rt, d, &event, NULL);
		return;
	}
	uint32_t at = 0, step;
	while ((step = wf_drive_next_in_hand(in, &at)) != WF_NONE) {
		if (wf_drive_has_inflight(d, step) || just_decided(d, step))
			continue;
		recover_step(rt, d, step);
		wf_crash_here(WF_CRASH_RECOVERED);
	}
	wf_drive_go_on(rt, d);
}

void wf_runtime_stop_children(struct wf_runtime *rt, const struct wf_instance *in)
{
	const struct wf_held_plan *held;
	if (wf_runtime_hold_plan(rt, in->plan_id, &held, NULL))
		return;
	for (uint32_t i = 0; i < in->step_count; i++) {
		const struct wf_step_state *s = &in->steps[i];
		if (s->status != WF_STEP_CANCELLED || !s->attempts ||
			held->plan->steps[i].action != WF_ACT_EXEC_RUN)
			continue;
		char token[sizeof(((struct wf_inflight *)NULL)->token)];
		wf_drive_token(held->plan, in, i, token, sizeof(token));
		struct wf_effect_request request = {.action = WF_ACT_EXEC_RUN, .input = s->input,
			.token = token, .key = s->key, .cookie = token};
		enum wf_effect_trace trace = wf_effects_recover(rt->effects, &request);
		if (trace == WF_TRACE_RUNNING || trace == WF_TRACE_DONE)
			wf_effects_stop(rt->effects, token);
		if (trace == WF_TRACE_DONE || trace == WF_TRACE_LOST)
			wf_effects_settled(rt->effects, token);
	}
}

struct orphans {
	struct wf_home *home;
	int64_t until;
	uint64_t *numbers;
	size_t count, room;
};

static void add_orphan(struct orphans *o, uint64_t number)
{
	for (size_t i = o->count; i-- > 0 && o->count - i < 64;)
		if (o->numbers[i] == number)
			return;
	WF_GROW(o->numbers, o->count, o->room);
	o->numbers[o->count++] = number;
}

static bool see_unfinished(void *arg, const struct wf_instance *in)
{
	struct orphans *o = arg;
	/* what compensates may rest until a timer, as what waits does */
	bool rests = in->status == WF_INST_COMPENSATING && in->wait != WF_WAIT_NONE;
	if (!rests && !wf_runner_alive(o->home, in->owner))
		add_orphan(o, in->number);
	return true;
}

static bool see_due(void *arg, uint64_t number, int64_t due)
{
	(void)due;
	add_orphan(arg, number);
	return true;
}

static int find_orphans(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	static const enum wf_instance_status unfinished[] = {
		WF_INST_PENDING, WF_INST_RUNNING, WF_INST_COMPENSATING};
	struct orphans *o = arg;
	o->count = 0;
	for (size_t i = 0; i < sizeof(unfinished) / sizeof(unfinished[0]); i++) {
		struct wf_filter filter = {.status = (int)unfinished[i], .oldest_first = true};
		int rc = wf_txn_each_instance(txn, &filter, see_unfinished, o);
		if (rc)
			return rc;
	}
	return wf_txn_each_due(txn, o->until, see_due, o);
}

int wf_runtime_orphans(struct wf_journal *j, struct wf_home *home, int64_t until, uint64_t **ret,
	size_t *ret_count, struct wf_cause *cause)
{
	struct orphans o = {.home = home, .until = until};
	int rc = wf_journal_view(j, find_orphans, &o, cause);
	if (rc) {
		wf_free(o.numbers);
		return rc;
	}
	*ret = o.numbers;
	*ret_count = o.count;
	return 0;
}
