/* Beginning an instance again after it has failed: where, with what, and under which plan. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "runtime/drive.h"

#include <inttypes.h>
#include <string.h>

uint32_t *wf_plan_map(const struct wf_plan *from, const struct wf_plan *to)
{
	uint32_t *map = wf_alloc(sizeof(*map) * (from->step_count ? from->step_count : 1));
	for (uint32_t i = 0; i < from->step_count; i++)
		map[i] = wf_plan_find_step(to, wf_plan_step_id(from, i));
	return map;
}

int wf_drive_change_plan(struct wf_txn *txn, struct wf_runtime *rt, struct wf_drive *d,
	const struct wf_plan *to, json_t *data)
{
	const struct wf_held_plan *held = wf_runtime_find_plan(rt, to->id);
	if (!held)
		WF_BUG("a plan that is not the runtime's");
	char was[2 * WF_HASH_SIZE + 1], now[2 * WF_HASH_SIZE + 1];
	wf_hex(d->in->plan_id, WF_HASH_SIZE, was);
	wf_hex(to->id, WF_HASH_SIZE, now);
	(void)json_object_set_new(data, "was", json_string(was));
	(void)json_object_set_new(data, "plan", json_string(now));
	WF_AUTOFREE uint32_t *map = wf_plan_map(d->held->plan, to);
	int rc = wf_txn_change_plan(txn, d->in, to->id, to->step_count, map);
	d->held = held;
	return rc;
}

/* Where it begins again, in its plan of now: `own` is the engine's own choice under the plan of before. */
static int find_step(const struct wf_drive *d, const struct wf_gift *gift, const char *own,
	uint32_t *ret, struct wf_cause *cause)
{
	const char *id = gift->from ? gift->from : own;
	*ret = id ? wf_plan_find_step(d->held->plan, id) : WF_NONE;
	if (!id || *ret != WF_NONE)
		return 0;
	(void)wf_fail(cause, WF_ENOENT, "the plan has no step `%s`", id);
	if (!gift->from)
		wf_fail_hint(cause, "--from names the step to begin at");
	return WF_ENOENT;
}

static bool may_begin_again(const struct wf_instance *in)
{
	return in->status == WF_INST_FAILED || in->status == WF_INST_CANCELLED ||
		in->status == WF_INST_SUSPENDED;
}

/* An instance that had ended needs room in its slots again. */
static int check_slots(struct wf_txn *txn, const struct wf_instance *in, struct wf_gift *gift)
{
	bool room = true;
	if (in->slots && wf_instance_status_final(in->status)) {
		int rc = wf_slots_room(txn, in->slots, &room);
		if (rc)
			return rc;
	}
	if (!room) {
		gift->result = wf_fail(&gift->why, WF_ECONFLICT,
			"instance #%" PRIu64 " needs a slot that others hold", in->number);
		wf_fail_hint(&gift->why, "wait until they have ended");
	}
	return 0;
}

static int begin_again(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift, json_t *data)
{
	struct wf_instance *in = d->in;
	struct wf_event event = *gift->event;
	event.data = data;
	uint32_t first = wf_engine_retry_from(d->held->plan, in);
	WF_AUTOFREE char *own = first == WF_NONE ? NULL
		: wf_strdup(wf_plan_step_id(d->held->plan, first));
	int rc = 0;
	if (gift->plan && memcmp(gift->plan->id, in->plan_id, WF_HASH_SIZE) != 0)
		rc = wf_drive_change_plan(txn, rt, d, gift->plan, data);
	if (rc)
		return rc;
	rc = find_step(d, gift, own, &event.step, &gift->why);
	if (!rc)
		rc = wf_drive_feed(rt, d, &event, &gift->why);
	rt->own_fault = rc != 0;
	return rc;
}

int wf_retry_give(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift)
{
	const struct wf_instance *in = d->in;
	if (!may_begin_again(in)) {
		gift->result = wf_fail(&gift->why, WF_ECONFLICT,
			"instance #%" PRIu64 " is %s: only what failed, was cancelled or is suspended "
			"can begin again", in->number, wf_instance_status_name(in->status));
		return 0;
	}
	int rc = check_slots(txn, in, gift);
	if (rc || gift->result)
		return rc;
	json_t *data = gift->event->data ? json_copy(gift->event->data) : json_object();
	/* what is refused from here on leaves nothing: the transaction goes with it */
	rc = begin_again(rt, txn, d, gift, data);
	json_decref(data);
	return rc;
}

int wf_runtime_retry(struct wf_runtime *rt, uint64_t number, const char *from, json_t *set,
	const struct wf_plan *plan, const char *by, struct wf_cause *cause)
{
	json_t *data = json_pack("{s:s*, s:O*, s:s*}", "by", by, "set", set, "os_user",
		rt->options.os_user);
	struct wf_event event = wf_drive_event(WF_EVENT_RETRY, WF_NONE, 0, data);
	struct wf_gift gift = {.number = number, .event = &event, .from = from, .plan = plan};
	int rc = wf_runtime_give(rt, &gift, 1, NULL, cause);
	if (!rc && gift.result && cause)
		*cause = gift.why;
	json_decref(data);
	return rc ? rc : gift.result;
}
