/* Signals and events, for those who wait and for those who will. */
#include "base/duration.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/giving.h"

#include <inttypes.h>
#include <string.h>

/* -- signals -- */

static uint32_t who_waits(const struct wf_drive *d, enum wf_wait wait, const char *name)
{
	for (uint32_t i = 0; i < d->in->thread_count; i++) {
		const struct wf_thread *t = &d->in->threads[i];
		if (t->done || t->step == WF_NONE)
			continue;
		const struct wf_step_state *s = &d->in->steps[t->step];
		const char *its = json_string_value(json_object_get(s->input, "name"));
		if (s->status == WF_STEP_WAITING && s->wait == wait && its && name &&
			strcmp(its, name) == 0)
			return t->step;
	}
	return WF_NONE;
}

static int came_before(struct wf_drive *d, struct wf_gift *gift)
{
	return wf_giving_refuse(gift, wf_fail(&gift->why, WF_EEXIST,
		"a signal with that id came for instance #%" PRIu64 " before", d->in->number));
}

/* Nothing is kept for what has ended; but one that was sent again, as nobody told its sender that it had
 * come, is told so. */
static int signal_ended(struct wf_txn *txn, struct wf_drive *d, struct wf_gift *gift)
{
	const char *id = json_string_value(json_object_get(gift->signal, "id"));
	bool came = false;
	int rc = id ? wf_txn_signal_came(txn, d->in->number, id, &came) : 0;
	if (rc || came)
		return rc ? rc : came_before(d, gift);
	return wf_giving_refuse(gift, wf_fail(&gift->why, WF_ECONFLICT,
		"instance #%" PRIu64 " has ended: it is %s", d->in->number,
		wf_instance_status_name(d->in->status)));
}

int wf_giving_signal(struct giving *g, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift)
{
	const char *name = json_string_value(json_object_get(gift->signal, "name"));
	uint32_t seq;
	wf_giving_fire_due(g->rt, d, wf_now_ms());
	if (wf_instance_status_final(d->in->status))
		return signal_ended(txn, d, gift);
	int rc = wf_txn_put_signal(txn, d->in->number, gift->signal, &seq);
	if (rc == WF_EEXIST)
		return came_before(d, gift);
	uint32_t step = rc ? WF_NONE : who_waits(d, WF_WAIT_SIGNAL, name);
	if (step == WF_NONE)
		return rc;
	json_t *data = wf_delivery_of_signal(gift->signal, seq);
	struct wf_event event = wf_drive_event(WF_EVENT_DELIVERY, step, 0, data);
	gift->delivered = wf_drive_feed(g->rt, d, &event, NULL) == 0;
	json_decref(data);
	return gift->delivered ? wf_txn_drop_signal(txn, d->in->number, seq) : 0;
}

/* -- kept events -- */

void wf_giving_forget_events(struct giving *g)
{
	for (size_t i = 0; i < g->event_count; i++)
		wf_kept_event_done(&g->events[i].e);
	g->event_count = 0;
}

static bool wants(const struct wf_drive *d, uint32_t step, const json_t *delivery)
{
	bool matches = false;
	struct wf_cause cause = {0};
	const struct wf_step_state *s = &d->in->steps[step];
	return s->status == WF_STEP_WAITING && s->wait == WF_WAIT_EVENT &&
		!wf_engine_matches(d->held->plan, d->in, step, delivery, &matches, &cause) &&
		matches;
}

static uint32_t who_wants(const struct wf_drive *d, uint32_t step, const json_t *delivery)
{
	for (uint32_t i = 0; i < d->in->thread_count; i++) {
		const struct wf_thread *t = &d->in->threads[i];
		if (!t->done && t->step != WF_NONE && (step == WF_NONE || step == t->step) &&
			wants(d, t->step, delivery))
			return t->step;
	}
	return WF_NONE;
}

static int load_event(struct giving *g, struct wf_txn *txn, uint64_t number,
	struct wf_kept_event **ret)
{
	struct given_event given = {0};
	for (size_t i = 0; i < g->event_count; i++)
		if (g->events[i].e.number == number) {
			*ret = &g->events[i].e;
			return 0;
		}
	int rc = wf_txn_get_event(txn, number, &given.e);
	if (rc)
		return rc;
	given.taken_before = given.e.taken;
	WF_GROW(g->events, g->event_count, g->event_room);
	g->events[g->event_count] = given;
	*ret = &g->events[g->event_count++].e;
	return 0;
}

int wf_giving_write_events(const struct giving *g, struct wf_txn *txn)
{
	int rc = 0;
	for (size_t i = 0; i < g->event_count && !rc; i++)
		if (g->events[i].e.taken != g->events[i].taken_before)
			rc = wf_txn_update_event(txn, &g->events[i].e);
	return rc;
}

static int hand_over(struct giving *g, struct wf_txn *txn, struct wf_drive *d, struct wf_gift *gift,
	struct wf_kept_event *e)
{
	json_t *data = wf_delivery_of_event(e);
	uint32_t step = who_wants(d, gift->step, data);
	struct wf_event event = wf_drive_event(WF_EVENT_DELIVERY, step, 0, data);
	gift->delivered = step != WF_NONE && wf_drive_feed(g->rt, d, &event, NULL) == 0;
	json_decref(data);
	e->taken += gift->delivered;
	return gift->delivered ? wf_txn_take_event(txn, d->in->number, e->number) : 0;
}

int wf_giving_kept_event(struct giving *g, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift)
{
	struct wf_kept_event *e = NULL;
	bool has = false;
	wf_giving_fire_due(g->rt, d, wf_now_ms());
	int rc = load_event(g, txn, gift->kept, &e);
	if (rc == WF_ENOENT)
		return wf_giving_refuse(gift,
			wf_fail(&gift->why, rc, "there is no event %" PRIu64, gift->kept));
	if (!rc)
		rc = wf_txn_has_taken(txn, d->in->number, e->number, &has);
	if (!rc && !has && !wf_instance_status_final(d->in->status))
		rc = hand_over(g, txn, d, gift, e);
	return rc;
}

/* -- what is asked for -- */

static int give(struct wf_runtime *rt, struct wf_gift *gift, bool *ret_delivered,
	struct wf_cause *cause)
{
	int rc = wf_giving_single(rt, gift, NULL, cause);
	if (!rc && ret_delivered)
		*ret_delivered = gift->delivered;
	return rc;
}

int wf_runtime_signal(struct wf_runtime *rt, uint64_t number, const json_t *signal,
	bool *ret_delivered, struct wf_cause *cause)
{
	if (!json_is_string(json_object_get(signal, "name")))
		return wf_fail(cause, WF_EINVAL, "a signal needs a name");
	json_t *whole = json_copy((json_t *)(uintptr_t)signal);
	if (!json_object_get(whole, "at")) {
		char at[WF_TIME_TEXT];
		wf_time_text(wf_now_ms(), at);
		(void)json_object_set_new(whole, "at", json_string(at));
	}
	struct wf_gift gift = {.kind = WF_GIFT_SIGNAL, .number = number, .signal = whole};
	int rc = give(rt, &gift, ret_delivered, cause);
	json_decref(whole);
	return rc;
}

int wf_runtime_deliver_event(struct wf_runtime *rt, uint64_t event, uint64_t number, uint32_t step,
	bool *ret_taken, struct wf_cause *cause)
{
	struct wf_gift gift = {
		.kind = WF_GIFT_KEPT_EVENT, .number = number, .kept = event, .step = step};
	return give(rt, &gift, ret_taken, cause);
}

void wf_runtime_deliver_later(struct wf_runtime *rt, uint64_t event, const uint64_t *numbers,
	size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wf_waiting_gift waiting = {.gift = {.kind = WF_GIFT_KEPT_EVENT,
			.number = numbers[i], .kept = event, .step = WF_NONE}};
		wf_runtime_give_later(rt, &waiting);
	}
}
