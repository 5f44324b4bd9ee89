/* Moving an instance that is in flight to another version of its workflow. */
#include "base/mem.h"
#include "engine/fit.h"
#include "runtime/drive.h"
#include "runtime/input.h"

#include <inttypes.h>
#include <string.h>

static int refuse(struct wf_gift *gift, int rc)
{
	gift->result = rc;
	gift->why.err = rc;
	return 0;
}

/* Its input was checked against the other version's schema when it was started, and never changes. */
static int check_input(const struct wf_drive *d, struct wf_gift *gift)
{
	json_t *checked = NULL;
	int rc = wf_start_input(gift->plan, d->in->input, &checked, &gift->why);
	bool same = !rc && wf_json_equal(checked, d->in->input);
	json_decref(checked);
	if (rc)
		return WF_ECONFLICT;
	return same ? 0 : wf_fail(&gift->why, WF_ECONFLICT,
		"the input of #%" PRIu64 " lacks what the other version's defaults bring", d->in->number);
}

static int check(struct wf_drive *d, struct wf_gift *gift)
{
	uint32_t step;
	if (memcmp(gift->plan->id, d->in->plan_id, WF_HASH_SIZE) == 0)
		return wf_fail(&gift->why, WF_EEXIST, "#%" PRIu64 " has that version already",
			d->in->number);
	/* what begins it looks for one without a history */
	if (!d->in->started_at)
		return wf_fail(&gift->why, WF_ECONFLICT, "#%" PRIu64 " has not begun; once it has, it can move",
			d->in->number);
	int rc = wf_engine_fits(d->held->plan, gift->plan, d->in, &step, &gift->why);
	return rc ? rc : check_input(d, gift);
}

int wf_migrate_give(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift)
{
	int rc = check(d, gift);
	if (rc)
		return refuse(gift, rc);
	json_t *data = gift->event->data ? json_copy(gift->event->data) : json_object();
	struct wf_event event = *gift->event;
	event.data = data;
	wf_free(d->in->version);
	d->in->version = gift->from ? wf_strdup(gift->from) : NULL;
	rc = wf_drive_change_plan(txn, rt, d, gift->plan, data);
	/* what is refused from here on leaves nothing: the transaction goes with it */
	if (!rc)
		rc = wf_drive_feed(rt, d, &event, &gift->why);
	rt->own_fault = rc != 0;
	json_decref(data);
	return rc;
}

int wf_runtime_migrate(struct wf_runtime *rt, uint64_t number, const struct wf_plan *plan,
	const char *version, const char *by, struct wf_cause *cause)
{
	json_t *data = json_pack("{s:s*, s:s*, s:s*}", "by", by, "os_user", rt->options.os_user,
		"version", version);
	struct wf_event event = wf_drive_event(WF_EVENT_MIGRATE, WF_NONE, 0, data);
	struct wf_gift gift = {.number = number, .event = &event, .from = version, .plan = plan};
	int rc = wf_runtime_give(rt, &gift, 1, NULL, cause);
	if (!rc && gift.result && cause)
		*cause = gift.why;
	json_decref(data);
	return rc ? rc : gift.result;
}
