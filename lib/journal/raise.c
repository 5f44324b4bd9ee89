/*
 * Raising a journal of an older format, in one transaction. What versions 1 to 3 wrote is as this one
 * writes it, but that it said nothing of when a history expires, which who has ended by then gets from its
 * plan, and had no index of the ends of open approvals' time.
 */
#include "base/mem.h"
#include "journal/private.h"
#include "plan/retention.h"

#include <string.h>

/* Instances of one plan stand together more often than not. */
struct raising {
	struct wf_txn *txn;
	uint8_t plan_id[WF_HASH_SIZE];
	struct wf_plan *plan;   /* the one met last; NULL: it cannot be read */
	bool met;
};

/* A plan that cannot be read takes nothing away: its instances are kept. */
static const struct wf_plan *plan_of(struct raising *r, const uint8_t id[WF_HASH_SIZE])
{
	WF_AUTOBUF struct wf_buf bytes = {0};
	if (r->met && memcmp(r->plan_id, id, WF_HASH_SIZE) == 0)
		return r->plan;
	wf_plan_free(r->plan);
	r->plan = NULL;
	r->met = true;
	memcpy(r->plan_id, id, WF_HASH_SIZE);
	if (wf_txn_get_plan(r->txn, id, &bytes) == 0)
		(void)wf_plan_load_known(bytes.data, bytes.len, id, &r->plan, NULL);
	return r->plan;
}

static int write_expiry(struct wf_txn *t, const struct wf_instance *in)
{
	WF_AUTOBUF struct wf_buf row = {0};
	struct wf_index_key k = wf_index_timer(WF_INDEX_EXPIRY, in->expires_at, in->number);
	wf_txn_add_entry(t, &k);
	wf_row_put_header(in, &row);
	return wf_txn_put_row(t, in->number, WF_ROW_HEADER, 0, &row);
}

/* Nothing that was removed already is asked for again. */
static int give_expiry(struct raising *r, uint64_t number)
{
	struct wf_instance *in = NULL;
	uint64_t pruned = 0;
	int rc = wf_txn_get_instance(r->txn, number, WF_LOAD_HEADER, &in);
	if (rc)
		return rc;
	const struct wf_plan *plan = in->ended_at ? plan_of(r, in->plan_id) : NULL;
	in->expires_at = plan ? wf_plan_expiry(plan, in->ended_at) : 0;
	if (in->expires_at)
		rc = wf_txn_pruned(r->txn, number, &pruned, NULL);
	if (!rc && in->expires_at && pruned < in->history)
		rc = write_expiry(r->txn, in);
	wf_instance_free(in);
	return rc ? rc : r->txn->err;
}

static bool give_each(void *arg, const uint8_t *key)
{
	struct raising *r = arg;
	int rc = give_expiry(r, wf_be64_at(key + wf_index_number_at(WF_INDEX_STATUS)));
	if (rc && !r->txn->err)
		(void)wf_txn_fail(r->txn, rc);
	return rc == 0;
}

/* Of an open approval the step's row alone knows its end. */
static bool give_deadline(void *arg, const struct wf_open_approval *o)
{
	struct wf_txn *t = arg;
	const struct wf_instance waits = {.status = WF_INST_WAITING};
	int64_t due = wf_approval_deadline(&waits, o->state);
	struct wf_index_key k = wf_index_deadline(due, o->approval, o->instance, o->step);
	if (due)
		wf_txn_add_entry(t, &k);
	return !t->err;
}

int wf_txn_raise_rows(struct wf_txn *t)
{
	struct raising r = {.txn = t};
	int rc = wf_txn_each_approval(t, give_deadline, t);
	for (unsigned i = 0; !rc && i < WF_INST_COUNT_; i++) {
		struct wf_index_key from = wf_index_status((enum wf_instance_status)i, 0);
		if (wf_instance_status_final((enum wf_instance_status)i))
			rc = wf_txn_each_key(t, &from, 2, false, give_each, &r);
	}
	wf_plan_free(r.plan);
	return rc;
}
