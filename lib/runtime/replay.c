/* Replay: an instance's history through the engine gives the state that the journal holds (G6). */
#include "base/hash.h"
#include "base/mem.h"
#include "runtime/drive.h"

#include <inttypes.h>
#include <string.h>

/* Plans of one instance: a retry may bring another. */
#define MOST_PLANS 64u

struct replay {
	uint64_t number;
	struct wf_instance *kept;   /* as the journal has it */
	struct wf_plan *plans[MOST_PLANS]; /* the one it has now, and those it had before */
	uint32_t plan_count;
	uint32_t former;            /* changes of the plan */
	bool no_expiry;             /* its row is of a format that does not say when its history expires */
	uint64_t pruned;            /* records that were removed: there is no replay */
	uint8_t first_plan[WF_HASH_SIZE];
	const struct wf_plan *plan; /* at this point of the replay */
	struct wf_buf records;      /* each: u32 length, bytes */
};

static bool keep_record(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	(void)seq;
	struct replay *r = arg;
	wf_put_bytes(&r->records, bytes, n);
	return true;
}

static int load_plan(struct wf_txn *txn, struct replay *r, const uint8_t id[WF_HASH_SIZE],
	struct wf_cause *cause)
{
	for (uint32_t i = 0; i < r->plan_count; i++)
		if (memcmp(r->plans[i]->id, id, WF_HASH_SIZE) == 0)
			return 0;
	if (r->plan_count == MOST_PLANS)
		return wf_fail(cause, WF_ELIMIT, "#%" PRIu64 " has had too many plans", r->number);
	WF_AUTOBUF struct wf_buf plan = {0};
	int rc = wf_txn_get_plan(txn, id, &plan);
	if (!rc)
		rc = wf_plan_load_known(plan.data, plan.len, id,
			&r->plans[r->plan_count], cause);
	r->plan_count += !rc;
	return rc;
}

/* The ids of the plans that a RETRY or MIGRATE left and took; false where it kept its plan. */
static bool plans_of_retry(const struct wf_event *e, uint8_t ret_was[WF_HASH_SIZE],
	uint8_t ret_now[WF_HASH_SIZE])
{
	const char *was = json_string_value(json_object_get(e->data, "was"));
	const char *now = json_string_value(json_object_get(e->data, "plan"));
	const size_t digits = (size_t)2 * WF_HASH_SIZE;
	if ((e->type != WF_EVENT_RETRY && e->type != WF_EVENT_MIGRATE) || !was || !now)
		return false;
	return strlen(was) == digits && strlen(now) == digits &&
		wf_unhex(was, ret_was, WF_HASH_SIZE) && wf_unhex(now, ret_now, WF_HASH_SIZE);
}

/* A RETRY's data is small; the records are decoded once more when they are fed. */
static int load_former_plans(struct wf_txn *txn, struct replay *r, struct wf_cause *cause)
{
	struct wf_reader reader = wf_reader_of(r->records.data, r->records.len);
	int rc = 0;
	while (!rc && reader.off < reader.len) {
		size_t n;
		const uint8_t *bytes = wf_get_bytes(&reader, &n);
		uint8_t was[WF_HASH_SIZE], now[WF_HASH_SIZE];
		struct wf_record record;
		if (!bytes || wf_record_get(bytes, n, &record))
			break; /* it is refused with its place when it is fed */
		if (plans_of_retry(&record.event, was, now)) {
			rc = load_plan(txn, r, was, cause);
			if (!rc)
				rc = load_plan(txn, r, now, cause);
			if (!rc && !r->former++)
				memcpy(r->first_plan, was, WF_HASH_SIZE);
		}
		wf_record_done(&record);
	}
	return rc;
}

static int load(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct replay *r = arg;
	int rc = wf_txn_get_instance(txn, r->number, WF_LOAD_ALL, &r->kept);
	if (rc)
		return rc;
	rc = wf_txn_pruned(txn, r->number, &r->pruned, NULL);
	if (rc || r->pruned)
		return rc;
	memcpy(r->first_plan, r->kept->plan_id, WF_HASH_SIZE);
	rc = load_plan(txn, r, r->kept->plan_id, cause);
	if (!rc)
		rc = wf_txn_each_history(txn, r->number, 0, keep_record, r);
	if (!rc)
		rc = load_former_plans(txn, r, cause);
	return rc;
}

static const struct wf_plan *plan_of(const struct replay *r, const uint8_t id[WF_HASH_SIZE])
{
	for (uint32_t i = 0; i < r->plan_count; i++)
		if (memcmp(r->plans[i]->id, id, WF_HASH_SIZE) == 0)
			return r->plans[i];
	return NULL;
}

static char *copy_or_null(const char *s)
{
	return s ? wf_strdup(s) : NULL;
}

struct wf_instance *wf_instance_newborn(const struct wf_instance *of, uint32_t step_count)
{
	struct wf_instance *in = wf_instance_new(step_count);
	in->number = of->number;
	in->uuid = of->uuid;
	memcpy(in->plan_id, of->plan_id, WF_HASH_SIZE);
	in->workflow = copy_or_null(of->workflow);
	in->version = copy_or_null(of->version);
	in->tenant = copy_or_null(of->tenant);
	in->environment = copy_or_null(of->environment);
	in->correlation_id = copy_or_null(of->correlation_id);
	in->started_by = copy_or_null(of->started_by);
	in->os_user = copy_or_null(of->os_user);
	in->folder = copy_or_null(of->folder);
	in->created_at = of->created_at;
	in->input = json_incref(of->input);
	in->event = json_incref(of->event);
	in->connections = json_incref(of->connections);
	in->start_key = copy_or_null(of->start_key);
	in->slots = json_incref(of->slots);
	in->schedule = of->schedule;
	in->first_event = of->first_event;
	in->parent = of->parent;
	in->parent_step = copy_or_null(of->parent_step);
	in->depth = of->depth;
	in->awaited = of->awaited;
	in->outlives = of->outlives;
	in->bundle = json_incref(of->bundle);
	in->reserved = of->reserved;
	in->owner = of->owner;
	return in;
}

static bool same_transitions(const struct wf_turn *turn, const struct wf_record *record)
{
	if (turn->transition_count != record->count)
		return false;
	for (uint32_t i = 0; i < record->count; i++) {
		const struct wf_transition *a = &turn->transitions[i], *b = &record->transitions[i];
		if (a->type != b->type || a->step != b->step || a->value != b->value)
			return false;
	}
	return true;
}

/* The new plan and the steps' places in it, as they were when the retry was given. */
static int follow_retry(struct replay *r, struct wf_instance *in, const struct wf_event *e,
	struct wf_cause *cause)
{
	uint8_t was[WF_HASH_SIZE], now[WF_HASH_SIZE];
	if (!plans_of_retry(e, was, now))
		return 0;
	const struct wf_plan *to = plan_of(r, now);
	if (!to || memcmp(was, r->plan->id, WF_HASH_SIZE) != 0)
		return wf_fail(cause, WF_ECORRUPT,
			"record %" PRIu64 " of #%" PRIu64 " leaves a plan that it has not",
			in->history, r->number);
	WF_AUTOFREE uint32_t *map = wf_plan_map(r->plan, to);
	wf_instance_remap(in, now, to->step_count, map);
	r->plan = to;
	return 0;
}

static int feed_record(struct replay *r, struct wf_instance *in, const uint8_t *bytes, size_t n,
	struct wf_turn *turn, struct wf_cause *cause)
{
	struct wf_record record;
	if (wf_record_get(bytes, n, &record))
		return wf_fail(cause, WF_ECORRUPT,
			"history record %" PRIu64 " of #%" PRIu64 " cannot be read", in->history,
			r->number);
	struct wf_cause why = {0};
	wf_turn_reset(turn);
	int rc = follow_retry(r, in, &record.event, cause);
	if (rc) {
		wf_record_done(&record);
		return rc;
	}
	rc = wf_engine_feed(r->plan, in, &record.event, turn, &why);
	if (rc)
		rc = wf_fail(cause, WF_ECORRUPT,
			"replay of #%" PRIu64 " refuses record %" PRIu64 " (%s): %s", r->number,
			in->history, wf_event_name(record.event.type), why.text);
	else if (!same_transitions(turn, &record))
		rc = wf_fail(cause, WF_ECORRUPT,
			"replay of #%" PRIu64 " goes another way at record %" PRIu64 " (%s)",
			r->number, in->history, wf_event_name(record.event.type));
	wf_record_done(&record);
	in->history++;
	return rc;
}

static int compare(struct replay *r, struct wf_cause *cause)
{
	r->plan = plan_of(r, r->first_plan);
	if (!r->plan)
		return wf_fail(cause, WF_ECORRUPT, "#%" PRIu64 " has no plan", r->number);
	struct wf_instance *in = wf_instance_newborn(r->kept, r->plan->step_count);
	memcpy(in->plan_id, r->first_plan, WF_HASH_SIZE);
	/* before its first event an instance is what its admission made it */
	if (!r->kept->history && (r->kept->status == WF_INST_QUEUED || r->kept->status == WF_INST_PENDING)) {
		in->status = r->kept->status;
		in->wait = r->kept->wait;
		in->updated_at = r->kept->updated_at;
	}
	struct wf_turn turn = {0};
	struct wf_reader reader = wf_reader_of(r->records.data, r->records.len);
	int rc = 0;
	while (!rc && reader.off < reader.len) {
		size_t n;
		const uint8_t *bytes = wf_get_bytes(&reader, &n);
		if (!bytes)
			WF_BUG("a record that was just written cannot be read");
		rc = feed_record(r, in, bytes, n, &turn, cause);
	}
	char *where = NULL;
	if (r->no_expiry)
		in->expires_at = 0;
	if (!rc && !wf_instance_equal(r->kept, in, &where))
		rc = wf_fail(cause, WF_ECORRUPT, "replay of #%" PRIu64 " gives another state: %s",
			r->number, where ? where : "somewhere");
	wf_free(where);
	wf_turn_done(&turn);
	wf_instance_free(in);
	return rc;
}

int wf_runtime_replay(struct wf_journal *j, uint64_t number, struct wf_cause *cause)
{
	struct replay r = {.number = number,
		.no_expiry = wf_journal_format(j) < WF_JOURNAL_FORMAT_EXPIRY};
	int rc = wf_journal_view(j, load, &r, cause);
	if (!rc && !r.pruned)
		rc = compare(&r, cause);
	else if (!rc)
		rc = 1;
	wf_instance_free(r.kept);
	for (uint32_t i = 0; i < r.plan_count; i++)
		wf_plan_free(r.plans[i]);
	wf_buf_done(&r.records);
	return rc;
}
