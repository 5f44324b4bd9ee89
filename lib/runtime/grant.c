/* Slots: who gets one that is free. First come, first served, among those for which all have room. */
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

#include <string.h>

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
	uint64_t most;           /* the greatest limit of those who stay in its queue */
	bool open;               /* it has room for one of those who come yet */
	bool passed;             /* not all who stay there were seen */
	char *closed;            /* the slot that kept back the one before */
	int rc;
};

/* One of the slots of somebody who waits for `slot` that has room for nobody in its queue, if there is one: its
 * name, new. */
static int find_closed(struct wf_txn *txn, const json_t *slots, const char *slot, char **ret)
{
	size_t i;
	json_t *one;
	json_array_foreach (slots, i, one) {
		const char *name = json_string_value(json_object_get(one, "name"));
		bool open = true;
		int rc = strcmp(name, slot) == 0 ? 0 : wf_txn_slot_open(txn, name, &open);
		if (rc || !open) {
			*ret = rc ? NULL : wf_strdup(name);
			return rc;
		}
	}
	*ret = NULL;
	return 0;
}

/* What it needs is in its identity: all of it is loaded only when it gets that. */
static int grant_one(struct granting *g, uint64_t number)
{
	struct wf_instance *in = NULL;
	bool room = false;
	int rc = wf_txn_get_instance(g->txn, number, WF_LOAD_HEADER, &in);
	if (!rc)
		rc = wf_slots_room(g->txn, in->slots, &room);
	if (!rc && !room && wf_slot_limit(in->slots, g->slot) > g->most)
		g->most = wf_slot_limit(in->slots, g->slot);
	if (!rc && !room)
		rc = find_closed(g->txn, in->slots, g->slot, &g->closed);
	if (!rc && room) {
		wf_instance_free(in);
		in = NULL;
		rc = wf_txn_get_instance(g->txn, number, WF_LOAD_ALL, &in);
		if (!rc)
			rc = wf_slots_take(g->txn, in);
		if (!rc)
			wf_numbers_add_once(&g->rt->granted, number);
		if (!rc)
			rc = wf_txn_slot_open(g->txn, g->slot, &g->open);
	}
	wf_instance_free(in);
	return rc;
}

static bool see_queued(void *arg, uint64_t number, const char **ret_closed)
{
	struct granting *g = arg;
	wf_free(g->closed);
	g->closed = NULL;
	g->rc = grant_one(g, number);
	g->passed |= g->closed != NULL;
	*ret_closed = g->closed;
	return !g->rc && g->open;
}

/* They have limits of their own (a definition of before may have had another), so who comes behind one that
 * the slot is full for may find room. A queue is long and nearly always of one mind: its greatest limit
 * tells when nobody in it can. */
static int grant_slot(struct granting *g)
{
	g->most = 0;
	g->open = g->passed = false;
	int rc = wf_txn_slot_open(g->txn, g->slot, &g->open);
	if (!rc && g->open)
		rc = wf_txn_each_candidate(g->txn, g->slot, see_queued, g);
	wf_free(g->closed);
	g->closed = NULL;
	if (!rc)
		rc = g->rc;
	/* all were seen; those who were granted are no more in the queue */
	if (!rc && g->open && g->most && !g->passed)
		rc = wf_txn_set_slot_most(g->txn, g->slot, g->most);
	return rc;
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
		int rc = grant_slot(&g);
		if (rc)
			return rc;
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

struct finding {
	struct wf_txn *txn;
	const char *slot;        /* whose queue that is */
	char *closed;            /* the slot that keeps back the one before */
	void (*fn)(void *arg, uint64_t number);
	void *arg;
	int rc;
};

static bool see_if_it_could_begin(void *arg, uint64_t number, const char **ret_closed)
{
	struct finding *f = arg;
	struct wf_instance *in = NULL;
	bool room = false;
	f->rc = wf_txn_get_instance(f->txn, number, WF_LOAD_HEADER, &in);
	if (!f->rc)
		f->rc = wf_slots_room(f->txn, in->slots, &room);
	wf_free(f->closed);
	f->closed = NULL;
	if (!f->rc && !room)
		f->rc = find_closed(f->txn, in->slots, f->slot, &f->closed);
	*ret_closed = f->closed;
	wf_instance_free(in);
	if (!f->rc && room)
		f->fn(f->arg, number);
	return !f->rc;
}

static bool see_queue(void *arg, const char *slot)
{
	struct finding *f = arg;
	bool open = false;
	int rc = wf_txn_slot_open(f->txn, slot, &open);
	f->slot = slot;
	if (!rc && open)
		rc = wf_txn_each_candidate(f->txn, slot, see_if_it_could_begin, f);
	wf_free(f->closed);
	f->closed = NULL;
	f->rc = f->rc ? f->rc : rc;
	return !f->rc;
}

int wf_runtime_each_grantable(struct wf_txn *txn, void (*fn)(void *arg, uint64_t number), void *arg)
{
	struct finding f = {.txn = txn, .fn = fn, .arg = arg};
	int rc = wf_txn_each_queue(txn, see_queue, &f);
	return rc ? rc : f.rc;
}
