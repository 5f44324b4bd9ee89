/* Slots: who gets one that is free. First come, first served, among those for which all have room. */
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

static uint64_t limit_of(const json_t *slot)
{
	json_int_t limit = json_integer_value(json_object_get(slot, "limit"));
	return limit > 0 ? (uint64_t)limit : 1;
}

int wf_slots_room(struct wf_txn *txn, const json_t *slots, bool *ret)
{
	size_t i;
	json_t *slot;
	*ret = true;
	json_array_foreach (slots, i, slot) {
		uint64_t held = 0, limit = limit_of(slot);
		int rc = wf_txn_count_held(txn,
			json_string_value(json_object_get(slot, "name")), limit, &held);
		if (rc)
			return rc;
		if (held >= limit)
			*ret = false;
	}
	return 0;
}

int wf_slots_take(struct wf_txn *txn, struct wf_instance *in)
{
	in->status = WF_INST_PENDING;
	in->wait = WF_WAIT_NONE;
	in->updated_at = wf_now_ms();
	in->dirty = true;
	return wf_txn_put_instance(txn, in);
}

struct granting {
	struct wf_runtime *rt;
	struct wf_txn *txn;
	const char *slot;        /* the one that was freed */
	uint64_t limit;          /* of it, as who freed it knew */
	int rc;
};

/* What it needs is in its identity: all of it is loaded only when it gets that. */
static int grant_one(struct granting *g, uint64_t number)
{
	struct wf_instance *in = NULL;
	bool room = false;
	int rc = wf_txn_get_instance(g->txn, number, WF_LOAD_HEADER, &in);
	if (!rc)
		rc = wf_slots_room(g->txn, in->slots, &room);
	if (!rc && room) {
		wf_instance_free(in);
		in = NULL;
		rc = wf_txn_get_instance(g->txn, number, WF_LOAD_ALL, &in);
		if (!rc)
			rc = wf_slots_take(g->txn, in);
		if (!rc)
			wf_numbers_add(&g->rt->granted, number);
	}
	wf_instance_free(in);
	return rc;
}

static bool see_queued(void *arg, uint64_t number)
{
	struct granting *g = arg;
	uint64_t held = 0;
	g->rc = wf_txn_count_held(g->txn, g->slot, g->limit, &held);
	if (g->rc || held >= g->limit)
		return false;
	g->rc = grant_one(g, number);
	return !g->rc;
}

int wf_slots_grant(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_instance *in)
{
	struct granting g = {.rt = rt, .txn = txn};
	if (!in->slots || !wf_instance_status_final(in->status))
		return 0;
	size_t i;
	json_t *slot;
	json_array_foreach (in->slots, i, slot) {
		g.slot = json_string_value(json_object_get(slot, "name"));
		g.limit = limit_of(slot);
		int rc = wf_txn_each_queued(txn, g.slot, see_queued, &g);
		if (rc || g.rc)
			return rc ? rc : g.rc;
	}
	return 0;
}

int wf_runtime_grant(struct wf_txn *txn, uint64_t number, bool *ret_granted)
{
	struct wf_instance *in = NULL;
	bool room = false;
	int rc = wf_txn_get_instance(txn, number, WF_LOAD_ALL, &in);
	if (!rc && in->status == WF_INST_QUEUED)
		rc = wf_slots_room(txn, in->slots, &room);
	if (!rc && room)
		rc = wf_slots_take(txn, in);
	wf_instance_free(in);
	if (!rc)
		*ret_granted = room;
	return rc;
}
