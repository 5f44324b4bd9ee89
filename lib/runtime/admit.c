/* Taking new instances in: idempotency keys, slots, holds. */
#include "base/json.h"
#include "base/mem.h"
#include "runtime/drive.h"

#include <string.h>

/* -- what it needs room in -- */

enum conflict { QUEUE, REJECT, REPLACE, CONFLICT_COUNT };
static const char *const conflicts[] = {"queue", "reject", "replace"};

static enum conflict conflict_of(const json_t *of)
{
	const char *text = json_string_value(json_object_get(of, "on_conflict"));
	for (unsigned i = 0; text && i < CONFLICT_COUNT; i++)
		if (strcmp(text, conflicts[i]) == 0)
			return (enum conflict)i;
	return QUEUE;
}

/* The list of {name, limit, on_conflict} that is admitted by; what the instance keeps has no on_conflict. */
static void add_slot(json_t *slots, const char *name, json_int_t limit, enum conflict conflict)
{
	(void)json_array_append_new(slots, json_pack("{s:s, s:I, s:s}", "name", name, "limit",
		limit > 0 ? limit : 1, "on_conflict", conflicts[conflict]));
}

static int slot_key(const struct wf_plan *plan, const struct wf_instance *in, uint32_t pc,
	char **ret, struct wf_cause *cause)
{
	json_t *value = NULL, *error = NULL;
	if (wf_engine_eval(plan, in, pc, &value, &error)) {
		const char *text = json_string_value(json_object_get(error, "message"));
		(void)wf_fail(cause, WF_EINVAL, "the concurrency key has no value: %s",
			text ? text : "");
		json_decref(error);
		return WF_EINVAL;
	}
	if (!value || json_is_null(value)) {
		json_decref(value);
		return wf_fail(cause, WF_EINVAL, "the concurrency key has no value");
	}
	*ret = json_is_string(value) ? wf_strdup(json_string_value(value)) : wf_json_text(value);
	json_decref(value);
	return 0;
}

/* Those of the plan's concurrency: of its key, and of the workflow as a whole. */
static int plan_slots(const struct wf_plan *plan, const struct wf_instance *in, json_t *slots,
	struct wf_cause *cause)
{
	const json_t *c = plan->extra == WF_NONE ? NULL
		: json_object_get(plan->consts[plan->extra], "concurrency");
	if (!json_is_object(c))
		return 0;
	uint32_t pc = wf_plan_find_body(plan, WF_BODY_SLOT_KEY, 0, 0);
	const json_t *limit = json_object_get(c, "limit"), *most = json_object_get(c, "max_in_flight");
	if (pc != WF_NONE) {
		char *key = NULL;
		int rc = slot_key(plan, in, pc, &key, cause);
		if (rc)
			return rc;
		WF_AUTOFREE char *name = wf_asprintf("%s/%s", in->workflow, key);
		wf_free(key);
		add_slot(slots, name, json_is_integer(limit) ? json_integer_value(limit) : 1,
			conflict_of(c));
	} else if (json_is_integer(limit)) {
		add_slot(slots, in->workflow, json_integer_value(limit), conflict_of(c));
	}
	if (json_is_integer(most)) {
		WF_AUTOFREE char *name = wf_asprintf("%s (in flight)", in->workflow);
		add_slot(slots, name, json_integer_value(most), conflict_of(c));
	}
	return 0;
}

static json_t *kept_slots(const json_t *slots)
{
	json_t *kept = json_array();
	size_t i;
	json_t *slot;
	json_array_foreach (slots, i, slot)
		(void)json_array_append_new(kept, json_pack("{s:O, s:O}", "name",
			json_object_get(slot, "name"), "limit", json_object_get(slot, "limit")));
	return kept;
}

static int all_slots(const struct wf_start *start, const struct wf_instance *in, json_t **ret,
	struct wf_cause *cause)
{
	json_t *slots = json_array();
	int rc = plan_slots(start->plan, in, slots, cause);
	size_t i;
	json_t *slot;
	json_array_foreach (start->extra_slots, i, slot)
		add_slot(slots, json_string_value(json_object_get(slot, "name")),
			json_integer_value(json_object_get(slot, "limit")), conflict_of(slot));
	if (rc)
		json_decref(slots);
	else
		*ret = slots;
	return rc;
}

/* -- replacing -- */

static int cancel_holder(struct wf_runtime *rt, struct wf_txn *txn, uint64_t number,
	const struct wf_start *start, struct wf_cause *cause)
{
	json_t *data = json_pack("{s:s*, s:s}", "by", start->started_by, "reason",
		"replaced by a newer start");
	bool given = false;
	int rc = wf_give_cancel(rt, txn, number, data, &given, cause);
	json_decref(data);
	if (!rc && given)
		wf_inside_replaced(rt, number, 0);
	return rc;
}

/* The oldest ones go, as many as must. */
static int replace(struct wf_runtime *rt, struct wf_txn *txn, const json_t *slot,
	const struct wf_start *start, struct wf_cause *cause)
{
	const char *name = json_string_value(json_object_get(slot, "name"));
	uint64_t limit = (uint64_t)json_integer_value(json_object_get(slot, "limit")), held = 0;
	int rc = wf_txn_count_held(txn, name, 0, &held);
	if (rc || held < limit)
		return rc;
	struct wf_numbers holders = {.most = held - limit + 1};
	rc = wf_txn_each_held(txn, name, wf_numbers_take, &holders);
	for (size_t i = 0; i < holders.count && !rc; i++)
		rc = cancel_holder(rt, txn, holders.items[i], start, cause);
	wf_numbers_done(&holders);
	return rc;
}

static int is_full(struct wf_txn *txn, const json_t *slot, bool *ret)
{
	uint64_t limit = (uint64_t)json_integer_value(json_object_get(slot, "limit")), held = 0;
	int rc = wf_txn_count_held(txn, json_string_value(json_object_get(slot, "name")), limit,
		&held);
	*ret = held >= limit;
	return rc;
}

/* Rejecting comes before anything is replaced. */
static int settle_conflicts(struct wf_runtime *rt, struct wf_txn *txn, const json_t *slots,
	const struct wf_start *start, bool *ret_full, struct wf_cause *cause)
{
	size_t i;
	json_t *slot;
	int rc = 0;
	bool full = false;
	json_array_foreach (slots, i, slot) {
		rc = is_full(txn, slot, &full);
		if (!rc && full && conflict_of(slot) == REJECT) {
			(void)wf_fail(cause, WF_ECONFLICT, "`%s` has its limit of %lld in flight",
				json_string_value(json_object_get(slot, "name")),
				(long long)json_integer_value(json_object_get(slot, "limit")));
			wf_fail_hint(cause, "the workflow's concurrency rejects more; wfctl ps shows "
				"what runs");
			return WF_ECONFLICT;
		}
		if (rc)
			return rc;
	}
	json_array_foreach (slots, i, slot) {
		if (!rc && conflict_of(slot) == REPLACE)
			rc = replace(rt, txn, slot, start, cause);
	}
	*ret_full = false;
	json_array_foreach (slots, i, slot) {
		if (!rc)
			rc = is_full(txn, slot, &full);
		*ret_full |= full;
	}
	return rc;
}

/* -- admitting -- */

static int refuse_held(struct wf_txn *txn, const struct wf_instance *in, struct wf_cause *cause)
{
	bool held = false;
	int rc = wf_txn_is_held(txn, in->workflow, &held);
	if (rc || !held)
		return rc;
	(void)wf_fail(cause, WF_EBUSY, "%s is on hold: nothing new is started", in->workflow);
	wf_fail_hint(cause, "wfctl hold --list says what is on hold, wfctl release ends it");
	return WF_EBUSY;
}

/* An instance that an event started has taken that event. */
static int take_starting_event(struct wf_txn *txn, const struct wf_instance *in)
{
	const json_t *number = json_object_get(in->event, "number");
	return json_is_integer(number) && json_integer_value(number) > 0
		? wf_txn_take_event(txn, in->number, (uint64_t)json_integer_value(number))
		: 0;
}

/* The plans that its children may need. */
static int put_bundle(struct wf_runtime *rt, struct wf_txn *txn, json_t *bundle)
{
	const char *name;
	json_t *of;
	int rc = 0;
	json_object_foreach (bundle, name, of) {
		const char *hex = json_string_value(json_object_get(of, "plan"));
		uint8_t id[WF_HASH_SIZE];
		if (rc || !hex || strlen(hex) != (size_t)2 * WF_HASH_SIZE || !wf_unhex(hex, id, WF_HASH_SIZE))
			continue;
		const struct wf_held_plan *held = wf_runtime_find_plan(rt, id);
		if (held && !held->stored)
			rc = wf_txn_put_plan(txn, id, held->bytes.data, held->bytes.len);
	}
	return rc;
}

static int take_in(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	struct wf_instance *in, enum wf_admission *ret, struct wf_cause *cause)
{
	const struct wf_held_plan *held = wf_runtime_find_plan(rt, start->plan->id);
	if (!held)
		WF_BUG("a start with a plan that is not the runtime's");
	json_t *slots = NULL;
	bool full = false;
	size_t replaced = rt->replaced_count;
	int rc = refuse_held(txn, in, cause);
	if (!rc)
		rc = wf_start_correlate(start->plan, in, start->correlation_id, cause);
	if (!rc)
		rc = all_slots(start, in, &slots, cause);
	if (!rc)
		rc = settle_conflicts(rt, txn, slots, start, &full, cause);
	if (!rc && json_array_size(slots))
		in->slots = kept_slots(slots);
	json_decref(slots);
	if (rc)
		return rc;
	if (full) {
		in->status = WF_INST_QUEUED;
		in->wait = WF_WAIT_SLOT;
		in->owner = 0;
	}
	if (!held->stored)
		rc = wf_txn_put_plan(txn, start->plan->id, held->bytes.data, held->bytes.len);
	if (!rc)
		rc = put_bundle(rt, txn, start->bundle);
	if (!rc)
		rc = wf_txn_put_instance(txn, in);
	for (size_t i = replaced; i < rt->replaced_count && !rc; i++)
		rt->replaced[i].by = in->number;
	if (!rc)
		rc = take_starting_event(txn, in);
	*ret = full ? WF_ADMITTED_QUEUED : WF_ADMITTED;
	return rc;
}

int wf_start_admit(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	uint64_t owner, enum wf_admission *ret, uint64_t *ret_number, struct wf_instance **ret_in,
	struct wf_cause *cause)
{
	const char *workflow = wf_plan_string(start->plan, start->plan->workflow);
	uint64_t before = 0;
	bool looks = start->key && !start->key_is_new;
	int rc = looks ? wf_txn_find_start(txn, workflow, start->key, &before) : WF_ENOENT;
	if (rc == 0) {
		*ret = WF_ADMITTED_BEFORE;
		*ret_number = before;
		return 0;
	}
	if (rc != WF_ENOENT)
		return rc;
	/* from here on it is ours, and others may change it before our first commit */
	if (owner)
		wf_runtime_know_intrusions(rt, txn);
	struct wf_instance *in = wf_start_instance(rt, start);
	in->owner = owner;
	rc = take_in(rt, txn, start, in, ret, cause);
	if (!rc)
		*ret_number = in->number;
	if (!rc && ret_in)
		*ret_in = in;
	else
		wf_instance_free(in);
	return rc;
}

int wf_runtime_admit(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	enum wf_admission *ret, uint64_t *ret_number, struct wf_cause *cause)
{
	return wf_start_admit(rt, txn, start, 0, ret, ret_number, NULL, cause);
}
