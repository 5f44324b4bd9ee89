/* The inbox: signals and events that came before an instance waited for them. It is looked at in the
 * transaction that makes the waiting durable, so that none can come between. */
#include "base/duration.h"
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

static json_t *text_or_null(const json_t *from, const char *name)
{
	json_t *v = json_object_get(from, name);
	return v ? json_incref(v) : NULL;
}

json_t *wf_delivery_of_signal(const json_t *signal, uint32_t seq)
{
	return json_pack("{s:s, s:o, s:o*, s:o*, s:o*, s:o*, s:I}", "kind", "signal", "name",
		json_incref(json_object_get(signal, "name")), "data", text_or_null(signal, "data"),
		"id", text_or_null(signal, "id"), "by", text_or_null(signal, "by"), "at",
		text_or_null(signal, "at"), "number", (json_int_t)seq);
}

json_t *wf_delivery_of_event(const struct wf_kept_event *e)
{
	char at[WF_TIME_TEXT];
	wf_time_text(e->at, at);
	return json_pack("{s:s, s:s, s:O*, s:s*, s:s*, s:s, s:I}", "kind", "event", "name", e->name,
		"data", e->data, "id", e->id, "by", e->by, "at", at, "number",
		(json_int_t)e->number);
}

int wf_inbox_take_event(struct wf_txn *txn, uint64_t number, struct wf_kept_event *e)
{
	int rc = wf_txn_take_event(txn, number, e->number);
	if (rc)
		return rc;
	e->taken++;
	return wf_txn_update_event(txn, e);
}

/* By numbers, which the journal gives in the order of its transactions: clocks may have been set between the
 * two. Instances of older formats have only times. */
static bool is_younger(const struct wf_kept_event *e, const struct wf_instance *in)
{
	if (in->fresh)
		return false;
	return in->first_event ? e->number >= in->first_event : e->at >= in->created_at;
}

/* Since the instance is there an event is for it, once; an older one is for whoever asks first. */
static int may_take(struct wf_txn *txn, const struct wf_instance *in, uint64_t number,
	const struct wf_kept_event *e, bool *ret)
{
	bool has = false;
	int rc = number ? wf_txn_has_taken(txn, number, e->number, &has) : 0;
	*ret = !has && (e->taken == 0 || is_younger(e, in));
	return rc;
}

/* -- taking what an earlier run of the transaction took -- */

struct seek {
	uint64_t number;
	bool there;
};

static bool see_signal(void *arg, uint32_t seq, const json_t *signal)
{
	(void)signal;
	struct seek *s = arg;
	s->there = seq == s->number;
	return !s->there;
}

static int is_there(struct wf_txn *txn, const struct wf_drive *d, const struct wf_take *t, bool *ret)
{
	if (t->kind == WF_WAIT_SIGNAL) {
		struct seek s = {.number = t->number};
		int rc = wf_txn_each_signal(txn, d->in->number, see_signal, &s);
		*ret = s.there;
		return rc;
	}
	struct wf_kept_event e = {0};
	int rc = wf_txn_get_event(txn, t->number, &e);
	*ret = false;
	if (!rc)
		rc = may_take(txn, d->in, d->in->fresh ? 0 : d->in->number, &e, ret);
	wf_kept_event_done(&e);
	return rc == WF_ENOENT ? 0 : rc;
}

int wf_inbox_still_there(struct wf_txn *txn, struct wf_drive *d)
{
	int rc = 0;
	for (uint32_t i = 0; i < d->take_count && !rc && !d->stale; i++) {
		bool there = false;
		rc = is_there(txn, d, &d->takes[i], &there);
		d->stale = !rc && !there;
	}
	return rc;
}

static int take(struct wf_txn *txn, const struct wf_drive *d, const struct wf_take *t)
{
	if (t->kind == WF_WAIT_SIGNAL)
		return wf_txn_drop_signal(txn, d->in->number, (uint32_t)t->number);
	struct wf_kept_event e = {0};
	int rc = wf_txn_get_event(txn, t->number, &e);
	if (!rc)
		rc = wf_inbox_take_event(txn, d->in->number, &e);
	wf_kept_event_done(&e);
	return rc;
}

int wf_inbox_take_again(struct wf_txn *txn, struct wf_drive *d)
{
	int rc = 0;
	for (uint32_t i = 0; i < d->take_count && !rc; i++)
		rc = take(txn, d, &d->takes[i]);
	return rc;
}

/* -- looking -- */

struct search {
	struct wf_runtime *rt;
	struct wf_txn *txn;
	struct wf_drive *d;
	uint32_t step;
	bool fed;
	int rc;
};

static bool feed_delivery(struct search *s, json_t *data, enum wf_wait kind, uint64_t number)
{
	struct wf_drive *d = s->d;
	struct wf_event event = wf_drive_event(WF_EVENT_DELIVERY, s->step, 0, data);
	s->fed = wf_drive_feed(s->rt, d, &event, NULL) == 0;
	if (!s->fed)
		return false;
	WF_GROW(d->takes, d->take_count, d->take_room);
	d->takes[d->take_count++] = (struct wf_take){.kind = kind, .number = number};
	return true;
}

static void look_for_signal(struct search *s, const char *name)
{
	uint32_t seq;
	json_t *signal = NULL;
	int rc = wf_txn_first_signal(s->txn, s->d->in->number, name, &seq, &signal);
	if (rc) {
		s->rc = rc == WF_ENOENT ? 0 : rc;
		return;
	}
	json_t *data = wf_delivery_of_signal(signal, seq);
	if (feed_delivery(s, data, WF_WAIT_SIGNAL, seq))
		s->rc = wf_txn_drop_signal(s->txn, s->d->in->number, seq);
	json_decref(data);
	json_decref(signal);
}

/* fn of wf_txn_each_event: goes on until one fits. */
static bool see_event(void *arg, const struct wf_kept_event *e)
{
	struct search *s = arg;
	bool may = false, matches = false;
	s->rc = may_take(s->txn, s->d->in, s->d->in->number, e, &may);
	if (s->rc || !may)
		return !s->rc;
	json_t *data = wf_delivery_of_event(e);
	struct wf_cause cause = {0};
	if (wf_engine_matches(s->d->held->plan, s->d->in, s->step, data, &matches, &cause))
		matches = false; /* a condition that fails is one that is not met */
	if (matches && feed_delivery(s, data, WF_WAIT_EVENT, e->number)) {
		struct wf_kept_event taken = *e;
		s->rc = wf_inbox_take_event(s->txn, s->d->in->number, &taken);
	}
	json_decref(data);
	return !s->rc && !s->fed;
}

int wf_inbox_look(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d, bool *ret_fed)
{
	struct search s = {.rt = rt, .txn = txn, .d = d};
	const struct wf_instance *in = d->in;
	for (uint32_t i = 0; i < in->thread_count && !s.rc && !s.fed; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done || t->step == WF_NONE)
			continue;
		const struct wf_step_state *st = &in->steps[t->step];
		if (st->status != WF_STEP_WAITING)
			continue;
		const char *name = json_string_value(json_object_get(st->input, "name"));
		s.step = t->step;
		if (name && st->wait == WF_WAIT_SIGNAL)
			look_for_signal(&s, name);
		else if (name && st->wait == WF_WAIT_EVENT) {
			int rc = wf_txn_each_event(txn, name, 0, see_event, &s);
			s.rc = s.rc ? s.rc : rc;
		}
	}
	*ret_fed = s.fed;
	return s.rc;
}
