/*
 * Events given from outside: decisions, cancels, deliveries, repairs.
 *
 * Each is fed in the transaction that makes it durable. An instance that a living process owns stays that
 * one's, which is woken and goes on from what it finds; any other becomes this process's, and goes on
 * here.
 */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/giving.h"

#include <inttypes.h>
#include <string.h>

static void forget_drives(struct giving *g)
{
	for (size_t i = 0; i < g->drive_count; i++)
		wf_drive_free(g->drives[i]);
	g->drive_count = 0;
}

int wf_giving_refuse(struct wf_gift *gift, int rc)
{
	gift->result = rc;
	gift->why.err = rc;
	return 0;
}

/* -- loading -- */

int wf_drive_load(struct wf_runtime *rt, struct wf_txn *txn, uint64_t number, struct wf_drive **ret,
	struct wf_cause *cause)
{
	struct wf_instance *in;
	struct wf_drive *d;
	int rc = wf_drive_find_instance(txn, number, &in, cause);
	if (!rc)
		rc = wf_drive_of_instance(rt, txn, in, &d, cause);
	if (rc)
		return rc;
	d->elsewhere = in->owner == rt->runner ? wf_drive_find(rt, number) != NULL
		: wf_runner_alive(rt->options.home, in->owner);
	d->taken_over = in->owner && !d->elsewhere;
	*ret = d;
	return 0;
}

static int load(struct giving *g, struct wf_txn *txn, uint64_t number, struct wf_drive **ret,
	struct wf_cause *cause)
{
	struct wf_drive *d;
	for (size_t i = 0; i < g->drive_count; i++)
		if (g->drives[i]->in->number == number) {
			*ret = g->drives[i];
			return 0;
		}
	int rc = wf_drive_load(g->rt, txn, number, &d, cause);
	if (rc)
		return rc;
	WF_GROW(g->drives, g->drive_count, g->drive_room);
	g->drives[g->drive_count++] = d;
	wf_inside_about(g->rt, d);
	*ret = d;
	return 0;
}

/* -- decisions and other events -- */

static int open_approval(const struct wf_instance *in, uint32_t *ret_step, struct wf_cause *cause)
{
	uint32_t found = WF_NONE, last = WF_NONE, open = 0;
	for (uint32_t i = 0; i < in->step_count; i++) {
		const struct wf_approval *a = in->steps[i].approval;
		if (!a)
			continue;
		last = i;
		if (a->decided_at)
			continue;
		found = i;
		open++;
	}
	if (open > 1)
		return wf_fail(cause, WF_EAMBIGUOUS, "instance #%" PRIu64 " has %u open approvals",
			in->number, open);
	if (found == WF_NONE && last == WF_NONE)
		return wf_fail(cause, WF_ENOENT, "instance #%" PRIu64 " asks for no approval",
			in->number);
	*ret_step = found == WF_NONE ? last : found; /* an old one is refused with its reason */
	return 0;
}

void wf_giving_fire_due(struct wf_runtime *rt, struct wf_drive *d, int64_t at)
{
	while (wf_drive_fire_due(rt, d, at))
		wf_crash_here(WF_CRASH_TIMER_BEFORE);
}

static bool is_over(const struct wf_instance *in, uint32_t step)
{
	return step < in->step_count && in->steps[step].approval &&
		in->steps[step].approval->decided_at;
}

/* Every step that a hold keeps back. */
static int release_all(struct wf_runtime *rt, struct wf_drive *d, struct wf_event *event,
	struct wf_cause *cause)
{
	int rc = WF_ENOENT;
	for (uint32_t i = 0; i < d->in->thread_count; i++) {
		const struct wf_thread *t = &d->in->threads[i];
		if (t->done || t->step == WF_NONE || d->in->steps[t->step].wait != WF_WAIT_HOLD)
			continue;
		event->step = t->step;
		rc = wf_drive_feed(rt, d, event, cause);
		if (rc)
			return rc;
	}
	return rc == WF_ENOENT ? wf_fail(cause, WF_ECONFLICT,
		"no step of #%" PRIu64 " is kept back by a hold", d->in->number) : rc;
}

/* What is due comes first: a decision after the end of its approval is too late, whether or not
 * anybody noticed the end. The firing is kept even when the event is then refused. */
static int give_event(struct giving *g, struct wf_drive *d, struct wf_gift *gift)
{
	struct wf_runtime *rt = g->rt;
	struct wf_event event = *gift->event;
	if (event.type == WF_EVENT_DECISION && event.step == WF_NONE) {
		int rc = open_approval(d->in, &event.step, &gift->why);
		if (rc)
			return wf_giving_refuse(gift, rc);
	}
	wf_giving_fire_due(rt, d, event.at);
	int rc;
	if (event.type == WF_EVENT_DECISION && is_over(d->in, event.step))
		rc = wf_fail(&gift->why, WF_ECONFLICT, "the approval `%s` of #%" PRIu64 " is over",
			wf_plan_author_id(d->held->plan, event.step), d->in->number);
	else if (event.type == WF_EVENT_RELEASE && event.step == WF_NONE)
		rc = release_all(rt, d, &event, &gift->why);
	else
		rc = wf_drive_feed(rt, d, &event, &gift->why);
	if (rc)
		return wf_giving_refuse(gift, rc);
	if (event.type == WF_EVENT_MOVE)
		wf_giving_fire_due(rt, d, event.at);
	return 0;
}

/* -- the transaction -- */

static int give_one(struct giving *g, struct wf_txn *txn, struct wf_gift *gift)
{
	struct wf_drive *d = NULL;
	gift->result = 0;
	gift->delivered = false;
	gift->why = (struct wf_cause){0};
	int rc = load(g, txn, gift->number, &d, &gift->why);
	if (rc == WF_ENOENT)
		return wf_giving_refuse(gift, rc);
	if (rc)
		return rc;
	if (gift->kind == WF_GIFT_SIGNAL)
		return wf_giving_signal(g, txn, d, gift);
	if (gift->kind == WF_GIFT_KEPT_EVENT)
		return wf_giving_kept_event(g, txn, d, gift);
	if (gift->event->type == WF_EVENT_RETRY)
		return wf_retry_give(g->rt, txn, d, gift);
	if (gift->event->type == WF_EVENT_MIGRATE)
		return wf_migrate_give(g->rt, txn, d, gift);
	return give_event(g, d, gift);
}

static int write_given(struct giving *g, struct wf_txn *txn, struct wf_drive *d)
{
	struct wf_runtime *rt = g->rt;
	if (!d->touched || d->written_now)
		return 0;
	if (d->taken_over && !wf_instance_status_final(d->in->status))
		wf_drive_take_over(rt, d);
	wf_drive_decide_stay(rt, d, wf_now_ms());
	/* one's own that is in no drive yet was admitted in this transaction, and is begun after it */
	if (d->elsewhere || d->owner_before == rt->runner)
		wf_txn_intrude(txn);
	return wf_drive_write(rt, txn, d);
}

static int give_all(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct giving *g = arg;
	int rc = 0;
	forget_drives(g);
	wf_giving_forget_events(g);
	wf_inside_begin(g->rt);
	g->rt->own_fault = false;
	wf_runtime_know_intrusions(g->rt, txn);
	for (size_t i = 0; i < g->count && !rc; i++) {
		rc = give_one(g, txn, &g->gifts[i]);
		if (rc && cause)
			*cause = g->gifts[i].why;
	}
	if (!rc)
		rc = wf_giving_write_events(g, txn);
	for (size_t i = 0; i < g->drive_count && !rc; i++)
		rc = write_given(g, txn, g->drives[i]);
	wf_inside_gather(g->rt);
	for (size_t i = 0; i < g->drive_count && !rc; i++)
		if (g->drives[i]->touched && !g->drives[i]->later)
			rc = wf_drive_follow(g->rt, txn, g->drives[i]->in);
	return wf_inside_settle(g->rt, txn, rc);
}

/* All of it is done, so that all of it is checked; and none of it is kept. */
static int give_and_take_back(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct giving *g = arg;
	int rc = give_all(txn, g, cause);
	g->taken_back = !rc;
	return rc ? rc : WF_EINTR;
}

/* -- afterwards -- */

static void tell_elsewhere(struct wf_runtime *rt, struct wf_drive *d)
{
	bool ended = wf_instance_status_final(d->in->status), own = d->owner_before == rt->runner;
	wf_crash_here(WF_CRASH_INTRUDED);
	wf_numbers_add_once(&rt->wakes, d->owner_before);
	wf_instance_written(d->in);
	if (own) {
		wf_drive_free(d); /* the drive that has it tells of it when it is loaded again */
		return;
	}
	wf_drive_tell(rt, d);
	wf_drive_part(rt, d, ended ? WF_PARTED_ENDED : WF_PARTED_ELSEWHERE, NULL);
}

static void go_on_here(struct wf_runtime *rt, struct wf_drive *d)
{
	bool recovers = d->taken_over && !d->leaving;
	if (d->taken_over && wf_drive_cut_short(d->in))
		wf_numbers_add_once(&rt->ended, d->in->number);
	wf_drive_link(rt, d);
	wf_drive_committed(rt, d); /* it is gone when it leaves */
	if (recovers) {
		d->recovering = true;
		wf_drive_touch(rt, d);
	}
}

void wf_drive_given(struct wf_runtime *rt, struct wf_drive *d)
{
	if (!d->touched)
		wf_drive_free(d);
	else if (d->elsewhere)
		tell_elsewhere(rt, d);
	else
		go_on_here(rt, d);
}

static bool any_delivered(const struct giving *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->gifts[i].delivered)
			return true;
	return false;
}

int wf_runtime_give(struct wf_runtime *rt, struct wf_gift *gifts, size_t count,
	const struct wf_plan **ret_plan, struct wf_cause *cause)
{
	struct giving g = {.rt = rt, .gifts = gifts, .count = count};
	wf_crash_here(WF_CRASH_DECISION_BEFORE);
	rt->own_fault = false;
	int rc = wf_journal_update(rt->options.journal,
		rt->options.dry ? give_and_take_back : give_all, &g, cause);
	wf_giving_forget_events(&g);
	wf_free(g.events);
	if (rc) {
		wf_inside_begin(rt);
		forget_drives(&g);
		wf_free(g.drives);
		return g.taken_back ? 0 : rc;
	}
	wf_inside_keep(rt);
	wf_crash_here(WF_CRASH_COMMIT_AFTER);
	if (any_delivered(&g))
		wf_crash_here(WF_CRASH_DELIVERED);
	if (ret_plan)
		*ret_plan = g.drive_count ? g.drives[0]->held->plan : NULL;
	for (size_t i = 0; i < g.drive_count; i++)
		wf_drive_given(rt, g.drives[i]);
	wf_free(g.drives);
	wf_runtime_told(rt);
	wf_runtime_after(rt);
	return 0;
}

int wf_giving_single(struct wf_runtime *rt, struct wf_gift *gift, const struct wf_plan **ret_plan,
	struct wf_cause *cause)
{
	int rc = wf_runtime_give(rt, gift, 1, ret_plan, cause);
	if (!rc && gift->result && cause)
		*cause = gift->why;
	return rc ? rc : gift->result;
}

int wf_runtime_decide(struct wf_runtime *rt, const struct wf_decision *decision,
	const struct wf_plan **ret_plan, const struct wf_instance **ret_instance,
	struct wf_cause *cause)
{
	json_t *data = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "by", decision->by, "decision",
		decision->decision, "reason", decision->reason, "to", decision->to, "from",
		decision->from, "os_user", rt->options.os_user);
	struct wf_event event = wf_drive_event(WF_EVENT_DECISION, decision->step, 0, data);
	struct wf_gift gift = {.number = decision->number, .event = &event};
	const struct wf_plan *plan = NULL;
	int rc = wf_giving_single(rt, &gift, &plan, cause);
	json_decref(data);
	struct wf_instance *now = NULL;
	/* timers that fired are kept and shown, whatever became of the decision */
	if (plan && wf_runtime_reload(rt, decision->number, &now, NULL) == 0) {
		wf_instance_free(rt->decided);
		rt->decided = now;
		if (ret_plan)
			*ret_plan = plan;
		if (ret_instance)
			*ret_instance = now;
	}
	return rc;
}

int wf_runtime_post(struct wf_runtime *rt, uint64_t number, const struct wf_event *event,
	struct wf_cause *cause)
{
	struct wf_gift gift = {.number = number, .event = event};
	return wf_giving_single(rt, &gift, NULL, cause);
}

/* -- those that wait for room -- */

#define GROUP 256u

void wf_runtime_give_later(struct wf_runtime *rt, const struct wf_waiting_gift *gift)
{
	if (rt->gift_next == rt->gift_count)
		rt->gift_next = rt->gift_count = 0;
	WF_GROW(rt->gifts, rt->gift_count, rt->gift_room);
	rt->gifts[rt->gift_count++] = *gift;
}

void wf_runtime_post_later(struct wf_runtime *rt, const struct wf_post *posts, size_t count,
	wf_runtime_answer_fn *answered, void *arg)
{
	for (size_t i = 0; i < count; i++) {
		struct wf_waiting_gift waiting = {
			.gift = {.number = posts[i].number, .event = &posts[i].event},
			.answered = answered, .arg = arg, .index = i};
		wf_runtime_give_later(rt, &waiting);
	}
}

/* Who is told may give more: the list may move, or begin anew after its last. */
static void answer(struct wf_runtime *rt, const struct wf_gift *gift)
{
	struct wf_waiting_gift w = rt->gifts[rt->gift_next++];
	if (w.answered)
		w.answered(w.arg, w.index, gift->result, &gift->why);
}

/* One of them spoils the transaction of all: that is its answer, and no other's. */
static int give_each(struct wf_runtime *rt, struct wf_gift *gifts, size_t n, struct wf_cause *cause)
{
	for (size_t i = 0; i < n; i++) {
		struct wf_cause why = {0};
		int rc = wf_runtime_give(rt, &gifts[i], 1, NULL, &why);
		bool heard = !rc || rt->gifts[rt->gift_next].answered;
		if (rc && !heard && wf_runtime_spoilt(rt, rc))
			heard = wf_runtime_pass_over(rt, gifts[i].number, rc, &why);
		if (rc && (!heard || !wf_runtime_spoilt(rt, rc))) {
			*cause = why;
			return rc;
		}
		if (rc) {
			gifts[i].why = why;
			(void)wf_giving_refuse(&gifts[i], rc);
		}
		answer(rt, &gifts[i]);
	}
	return 0;
}

int wf_runtime_give_waiting(struct wf_runtime *rt, struct wf_cause *cause)
{
	size_t left = rt->gift_count - rt->gift_next;
	uint32_t most = rt->options.max_in_flight;
	size_t room = rt->drive_count < most ? most - rt->drive_count : 0;
	size_t n = left < room ? left : room;
	n = n < GROUP ? n : GROUP;
	if (!n)
		return 0;
	struct wf_gift *gifts = wf_alloc(sizeof(*gifts) * n);
	struct wf_cause why = {0};
	for (size_t i = 0; i < n; i++)
		gifts[i] = rt->gifts[rt->gift_next + i].gift;
	int rc = wf_runtime_give(rt, gifts, n, NULL, &why);
	if (rc && wf_runtime_spoilt(rt, rc)) {
		rc = give_each(rt, gifts, n, &why);
	} else {
		for (size_t i = 0; i < n && !rc; i++)
			answer(rt, &gifts[i]);
	}
	if (rc)
		*cause = why;
	wf_free(gifts);
	return rc;
}
