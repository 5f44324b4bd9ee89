/* Starts that are admitted in somebody else's transaction and driven on here: for schedules, whose rows
 * change in the same transaction. One commit lies between the firing and the start, not two. */
#include "runtime/drive.h"

void wf_runtime_admitting(struct wf_runtime *rt)
{
	wf_inside_begin(rt);
	rt->ended.count = rt->wakes.count = 0;
}

int wf_runtime_admit_own(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	enum wf_admission *ret, uint64_t *ret_number, struct wf_instance **ret_in,
	struct wf_cause *cause)
{
	struct wf_instance *in = NULL;
	int rc = wf_start_admit(rt, txn, start, rt->runner, ret, ret_number, &in, cause);
	if (!rc && *ret == WF_ADMITTED)
		*ret_in = in;
	else
		wf_instance_free(in);
	return rc;
}

int wf_runtime_begin(struct wf_runtime *rt, struct wf_instance *in, struct wf_cause *cause)
{
	const struct wf_held_plan *held = NULL;
	int rc = wf_runtime_hold_plan(rt, in->plan_id, &held, cause);
	if (rc) {
		wf_instance_free(in);
		return rc;
	}
	wf_instance_written(in);
	struct wf_drive *d = wf_drive_new(held, in);
	d->fresh = true;
	struct wf_event event = wf_drive_event(WF_EVENT_START, WF_NONE, 0, NULL);
	rc = wf_drive_feed(rt, d, &event, cause);
	if (rc)
		wf_drive_free(d);
	else
		wf_drive_link(rt, d);
	return rc;
}

void wf_runtime_admitted(struct wf_runtime *rt)
{
	wf_inside_keep(rt);
	wf_runtime_after(rt);
}
