/*
 * What rows ask of the indexes: the one place that says which entries an instance, an event, a schedule
 * or a signal has. Check, removal and proofs go by it; put_instance keeps the same by what changed.
 */
#include "base/mem.h"
#include "journal/private.h"

#include <string.h>

bool wf_approval_is_open(const struct wf_instance *in, const struct wf_step_state *s)
{
	return s->approval && !s->approval->decided_at && !wf_step_status_final(s->status) &&
		!wf_instance_status_final(in->status);
}

int64_t wf_approval_deadline(const struct wf_instance *in, const struct wf_step_state *s)
{
	if (!wf_approval_is_open(in, s))
		return 0;
	return s->approval->due_at ? s->approval->due_at : INT64_MAX;
}

uint64_t wf_step_waiter(const struct wf_seal *seal, const struct wf_instance *in,
	const struct wf_step_state *s)
{
	if (s->status != WF_STEP_WAITING ||
		(s->wait != WF_WAIT_SIGNAL && s->wait != WF_WAIT_EVENT) ||
		wf_instance_status_final(in->status))
		return 0;
	const char *name = json_string_value(json_object_get(s->input, "name"));
	return name ? wf_waiter_hash(seal, s->wait, name) : 0;
}

bool wf_step_held_back(const struct wf_instance *in, const struct wf_step_state *s)
{
	return s->status == WF_STEP_WAITING && s->wait == WF_WAIT_HOLD &&
		!wf_instance_status_final(in->status);
}

const char *wf_slot_name(const json_t *slots, size_t i)
{
	const char *name = json_string_value(json_object_get(json_array_get(slots, i), "name"));
	for (size_t k = 0; name && k < i; k++) {
		const char *other =
			json_string_value(json_object_get(json_array_get(slots, k), "name"));
		if (other && strcmp(name, other) == 0)
			return NULL;
	}
	return name;
}

uint64_t wf_slot_limit(const json_t *slots, const char *name)
{
	json_int_t most = 1;
	size_t i;
	json_t *slot;
	json_array_foreach (slots, i, slot) {
		const char *its = json_string_value(json_object_get(slot, "name"));
		json_int_t limit = json_integer_value(json_object_get(slot, "limit"));
		if (its && strcmp(its, name) == 0 && limit > most)
			most = limit;
	}
	return (uint64_t)most;
}

struct giver {
	const struct wf_seal *seal;
	const struct wf_instance *in;
	uint32_t kinds;
	wf_entry_fn *fn;
	void *arg;
};

static bool wants(const struct giver *g, enum wf_index_kind kind)
{
	return g->kinds >> kind & 1;
}

static void give(const struct giver *g, struct wf_index_key k)
{
	g->fn(g->arg, &k);
}

static void give_texts(const struct giver *g)
{
	const struct wf_instance *in = g->in;
	if (in->workflow && wants(g, WF_INDEX_WORKFLOW))
		give(g, wf_index_workflow(g->seal, in->workflow, in->number));
	if (in->correlation_id && wants(g, WF_INDEX_CORRELATION))
		give(g, wf_index_correlation(g->seal, in->correlation_id, in->number));
	if (in->start_key && wants(g, WF_INDEX_START_KEY))
		give(g, wf_index_start(g->seal, in->workflow, in->start_key, in->number));
}

static void give_slots(const struct giver *g)
{
	const struct wf_instance *in = g->in;
	enum wf_index_kind kind = in->status == WF_INST_QUEUED ? WF_INDEX_SLOT_QUEUED :
		WF_INDEX_SLOT_HELD;
	if (!in->slots || wf_instance_status_final(in->status) || !wants(g, kind))
		return;
	for (size_t i = 0; i < json_array_size(in->slots); i++) {
		const char *name = wf_slot_name(in->slots, i);
		if (name)
			give(g, wf_index_named(g->seal, kind, name, in->number));
	}
}

static void give_step(const struct giver *g, uint32_t step, bool *held_back)
{
	const struct wf_instance *in = g->in;
	const struct wf_step_state *s = &in->steps[step];
	if (s->approval && wants(g, WF_INDEX_APPROVAL))
		give(g, wf_index_approval(WF_INDEX_APPROVAL, s->approval->number, in->number, step));
	if (wants(g, WF_INDEX_OPEN_APPROVAL) && wf_approval_is_open(in, s))
		give(g, wf_index_approval(WF_INDEX_OPEN_APPROVAL, s->approval->number, in->number,
			step));
	int64_t deadline = wants(g, WF_INDEX_DEADLINE) ? wf_approval_deadline(in, s) : 0;
	if (deadline)
		give(g, wf_index_deadline(deadline, s->approval->number, in->number, step));
	uint64_t waiter = wants(g, WF_INDEX_WAITER) ? wf_step_waiter(g->seal, in, s) : 0;
	if (waiter)
		give(g, wf_index_waiter(waiter, in->number, step));
	if (wf_step_held_back(in, s))
		*held_back = true;
}

void wf_each_entry(const struct wf_seal *seal, const struct wf_instance *in, uint32_t kinds,
	wf_entry_fn *fn, void *arg)
{
	const struct giver g = {seal, in, kinds, fn, arg};
	if (wants(&g, WF_INDEX_STATUS))
		give(&g, wf_index_status(in->status, in->number));
	give_texts(&g);
	if (wants(&g, WF_INDEX_CREATED))
		give(&g, wf_index_created(in->created_at, in->number));
	if (wants(&g, WF_INDEX_UUID))
		give(&g, wf_index_uuid(&in->uuid, in->number));
	give_slots(&g);
	if (in->expires_at && wants(&g, WF_INDEX_EXPIRY))
		give(&g, wf_index_timer(WF_INDEX_EXPIRY, in->expires_at, in->number));
	if (in->partial)
		return;
	int64_t due = wants(&g, WF_INDEX_TIMER) ? wf_instance_due(in) : 0;
	if (due)
		give(&g, wf_index_timer(WF_INDEX_TIMER, due, in->number));
	bool held_back = false;
	for (uint32_t i = 0; i < in->step_count; i++)
		give_step(&g, i, &held_back);
	if (held_back && wants(&g, WF_INDEX_HELD_BACK))
		give(&g, wf_index_plain(WF_INDEX_HELD_BACK, in->number));
}

void wf_event_entries(const struct wf_seal *seal, const struct wf_kept_event *e, wf_entry_fn *fn,
	void *arg)
{
	const struct giver g = {.seal = seal, .fn = fn, .arg = arg};
	if (!e->dispatched)
		give(&g, wf_index_plain(WF_INDEX_EVENT_TODO, e->number));
	give(&g, wf_index_named(seal, WF_INDEX_EVENT_NAME, e->name, e->number));
	if (e->id)
		give(&g, wf_index_named(seal, WF_INDEX_EVENT_ID, e->id, e->number));
}

void wf_schedule_entries(const struct wf_seal *seal, const struct wf_schedule *w, wf_entry_fn *fn,
	void *arg)
{
	const struct giver g = {.seal = seal, .fn = fn, .arg = arg};
	if (!w->paused && w->next_at)
		give(&g, wf_index_timer(WF_INDEX_SCHEDULE_DUE, w->next_at, w->id));
	give(&g, wf_index_named(seal, WF_INDEX_SCHEDULE_NAME, w->name, w->id));
}

void wf_signal_entries(const struct wf_seal *seal, const json_t *signal, uint64_t number, uint32_t seq,
	wf_entry_fn *fn, void *arg)
{
	const struct giver g = {.seal = seal, .fn = fn, .arg = arg};
	const char *id = json_string_value(json_object_get(signal, "id"));
	if (id)
		give(&g, wf_index_signal(seal, id, number, seq));
}
