/* The plans that a runtime holds: each once, given by its caller or loaded from the journal. */
#include "base/mem.h"
#include "runtime/drive.h"

#include <string.h>

static void free_held(struct wf_held_plan *held)
{
	if (!held)
		return;
	wf_plan_free(held->own);
	wf_buf_done(&held->bytes);
	wf_free(held);
}

void wf_runtime_free_plans(struct wf_runtime *rt)
{
	for (size_t i = 0; i < rt->plan_count; i++)
		free_held(rt->plans[i]);
	wf_free(rt->plans);
}

struct wf_held_plan *wf_runtime_find_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE])
{
	for (size_t i = 0; i < rt->plan_count; i++)
		if (memcmp(rt->plans[i]->plan->id, id, WF_HASH_SIZE) == 0)
			return rt->plans[i];
	return NULL;
}

static bool looks_at_instance(const struct wf_plan *plan)
{
	for (uint32_t pc = 0; pc < plan->code_count; pc++)
		if (plan->code[pc].op == WF_OP_ROOT && plan->code[pc].a == WF_ROOT_INSTANCE)
			return true;
	return false;
}

static bool is_slotted(const struct wf_plan *plan)
{
	return plan->extra != WF_NONE &&
		json_is_object(json_object_get(plan->consts[plan->extra], "concurrency"));
}

/* bytes NULL: the journal has it. */
static struct wf_held_plan *hold(struct wf_runtime *rt, const struct wf_plan *plan, const void *bytes,
	size_t n)
{
	struct wf_held_plan *held = wf_calloc(1, sizeof(*held));
	held->plan = plan;
	held->stored = bytes == NULL;
	held->numbered = looks_at_instance(plan);
	held->slotted = is_slotted(plan);
	if (bytes)
		wf_buf_add(&held->bytes, bytes, n);
	WF_GROW(rt->plans, rt->plan_count, rt->plan_room);
	rt->plans[rt->plan_count++] = held;
	return held;
}

/* id: as the journal has it; NULL: the journal may not have it. */
static int hold_bytes(struct wf_runtime *rt, struct wf_buf *bytes, const uint8_t *id,
	struct wf_held_plan **ret, struct wf_cause *cause)
{
	struct wf_plan *plan;
	int rc = id ? wf_plan_load_known(bytes->data, bytes->len, id, &plan, cause) :
		wf_plan_load(bytes->data, bytes->len, &plan, cause);
	if (rc)
		return rc;
	struct wf_held_plan *held = wf_runtime_find_plan(rt, plan->id);
	if (held) {
		wf_plan_free(plan);
		*ret = held;
		return 0;
	}
	held = hold(rt, plan, id ? NULL : bytes->data, bytes->len);
	held->own = plan;
	*ret = held;
	return 0;
}

void wf_runtime_lend_plan(struct wf_runtime *rt, const struct wf_plan *plan, const void *bytes,
	size_t n)
{
	if (!wf_runtime_find_plan(rt, plan->id))
		(void)hold(rt, plan, bytes, n);
}

int wf_runtime_add_plan(struct wf_runtime *rt, const void *bytes, size_t n,
	const struct wf_plan **ret, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf copy = {0};
	wf_buf_add(&copy, bytes, n);
	struct wf_held_plan *held;
	int rc = hold_bytes(rt, &copy, NULL, &held, cause);
	if (!rc)
		*ret = held->plan;
	return rc;
}

int wf_runtime_hold_plan_txn(struct wf_runtime *rt, struct wf_txn *txn,
	const uint8_t id[WF_HASH_SIZE], const struct wf_held_plan **ret, struct wf_cause *cause)
{
	struct wf_held_plan *held = wf_runtime_find_plan(rt, id);
	if (held) {
		*ret = held;
		return 0;
	}
	WF_AUTOBUF struct wf_buf bytes = {0};
	int rc = wf_txn_get_plan(txn, id, &bytes);
	bool read = !rc || rc == WF_ENOENT;
	if (rc == WF_ENOENT)
		rc = wf_fail(cause, WF_ECORRUPT, "an instance's plan is not in the journal");
	if (!rc)
		rc = hold_bytes(rt, &bytes, id, &held, cause);
	if (rc && read)
		rt->own_fault = true;
	if (!rc)
		*ret = held;
	return rc;
}

struct plan_query {
	struct wf_runtime *rt;
	const uint8_t *id;
	const struct wf_held_plan *held;
};

static int query_plan(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct plan_query *q = arg;
	return wf_runtime_hold_plan_txn(q->rt, txn, q->id, &q->held, cause);
}

int wf_runtime_hold_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE],
	const struct wf_held_plan **ret, struct wf_cause *cause)
{
	struct plan_query q = {.rt = rt, .id = id, .held = wf_runtime_find_plan(rt, id)};
	int rc = q.held ? 0 : wf_journal_view(rt->options.journal, query_plan, &q, cause);
	if (!rc)
		*ret = q.held;
	return rc;
}

int wf_runtime_get_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE],
	const struct wf_plan **ret, struct wf_cause *cause)
{
	const struct wf_held_plan *held;
	int rc = wf_runtime_hold_plan(rt, id, &held, cause);
	if (!rc)
		*ret = held->plan;
	return rc;
}
