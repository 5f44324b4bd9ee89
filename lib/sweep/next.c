/* What is due next in a journal, and whose it is. */
#include "sweep/work.h"

#include "base/sys.h"
#include "journal/waiting.h"

#include <stdio.h>

static bool first_due(void *arg, uint64_t number, int64_t when)
{
	struct wf_next_due *d = arg;

	d->at = when;
	d->instance = number;
	return false;
}

static bool first_schedule(void *arg, uint64_t id, int64_t when)
{
	struct wf_next_due *d = arg;

	if (d->at && d->at <= when)
		return false;
	d->at = when;
	d->instance = 0;
	d->schedule = id;
	return false;
}

static int find_next(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct wf_next_due *d = arg;
	struct wf_schedule s = { 0 };
	struct wf_instance *in = NULL;
	int64_t first = 0;

	(void)cause;
	*d = (struct wf_next_due){ 0 };
	int err = wf_txn_next_due(txn, &first);
	if (err == 0)
		err = wf_txn_next_expiry(txn, &d->expires);
	if (err == 0 && first)
		err = wf_txn_each_due(txn, first, first_due, d);
	if (err == 0 && first)
		err = wf_txn_each_schedule_due(txn, first, first_schedule, d);
	if (err == 0 && d->schedule && (err = wf_txn_get_schedule(txn, d->schedule, &s)) == 0)
		(void)snprintf(d->name, sizeof(d->name), "%s", s.name);
	if (err == 0 && d->instance &&
		(err = wf_txn_get_instance(txn, d->instance, WF_LOAD_HEADER, &in)) == 0)
		(void)snprintf(d->name, sizeof(d->name), "%s", in->workflow ? in->workflow : "");
	wf_instance_free(in);
	wf_schedule_done(&s);
	int64_t retention = wf_sweep_expiry_due(d->expires);
	if (err == 0 && retention && (!d->at || retention < d->at))
		*d = (struct wf_next_due){ .at = retention, .retention = true, .expires = d->expires };
	return err;
}

static bool see_hold(void *arg, const struct wf_hold *h)
{
	(void)h;
	*(bool *)arg = true;
	return false;
}

static int any_hold(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	*(bool *)arg = false;
	return wf_txn_each_hold(txn, see_hold, arg);
}

/* While something is on hold, events alone are no reason for a sweep now: they may be what a hold keeps
 * back, and who arms a timer by this would sweep without end. */
static int look_past_holds(struct wf_journal *j, struct wf_home *home, int64_t expired, bool *work,
	struct wf_cause *cause)
{
	struct wf_agenda a = { 0 };
	bool held = false;
	int err = wf_journal_view(j, any_hold, &held, cause);

	if (err == 0 && held)
		err = wf_sweep_look(j, home, wf_now_ms(), expired, WF_SWEEP_ALL, &a, cause);
	if (err == 0 && held) {
		a.events.count = 0;
		a.expired = 0; /* has a time, beside this */
		*work = !wf_agenda_empty(&a);
	}
	wf_agenda_done(&a);
	return err;
}

int wf_sweep_next(struct wf_home *home, const char *tenant, const char *environment,
	int64_t event_retention_ms, struct wf_next_due *ret, struct wf_cause *cause)
{
	int64_t expired = event_retention_ms > 0 ? wf_now_ms() - event_retention_ms : 0;
	struct wf_journal *j = NULL;
	struct wf_glance g = { 0 };
	struct wf_next_due d = { 0 };
	int err = wf_journal_open(home, tenant, environment, WF_JOURNAL_READ, &j, cause);

	if (err == 0)
		err = wf_sweep_glance(j, home, expired, &g, cause);
	if (err == 0 && g.work)
		err = look_past_holds(j, home, expired, &g.work, cause);
	if (err == 0 && (g.next_due || g.expires))
		err = wf_journal_view(j, find_next, &d, cause);
	wf_journal_close(j);
	if (err < 0)
		return err;
	d.work = g.work;
	*ret = d;
	return 0;
}
