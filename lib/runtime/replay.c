/* Replay: an instance's history through the engine gives the state that the journal holds (G6). */
#include "base/mem.h"
#include "runtime/drive.h"

#include <inttypes.h>
#include <string.h>

struct replay {
	uint64_t number;
	struct wf_instance *kept;   /* as the journal has it */
	struct wf_plan *plan;
	struct wf_buf records;      /* each: u32 length, bytes */
};

static bool keep_record(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	(void)seq;
	struct replay *r = arg;
	wf_put_bytes(&r->records, bytes, n);
	return true;
}

static int load(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct replay *r = arg;
	WF_AUTOBUF struct wf_buf plan = {0};
	int rc = wf_txn_get_instance(txn, r->number, WF_LOAD_ALL, &r->kept);
	if (!rc)
		rc = wf_txn_get_plan(txn, r->kept->plan_id, &plan);
	if (!rc)
		rc = wf_plan_load_known(plan.data, plan.len, r->kept->plan_id, &r->plan, cause);
	if (!rc)
		rc = wf_txn_each_history(txn, r->number, 0, keep_record, r);
	return rc;
}

static char *copy_or_null(const char *s)
{
	return s ? wf_strdup(s) : NULL;
}

/* The instance as it was before its first event. */
static struct wf_instance *newborn(const struct wf_instance *of, uint32_t step_count)
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

static int feed_record(const struct replay *r, struct wf_instance *in, const uint8_t *bytes,
	size_t n, struct wf_turn *turn, struct wf_cause *cause)
{
	struct wf_record record;
	if (wf_record_get(bytes, n, &record))
		return wf_fail(cause, WF_ECORRUPT,
			"history record %" PRIu64 " of #%" PRIu64 " cannot be read", in->history,
			r->number);
	struct wf_cause why = {0};
	wf_turn_reset(turn);
	int rc = wf_engine_feed(r->plan, in, &record.event, turn, &why);
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

static int compare(const struct replay *r, struct wf_cause *cause)
{
	struct wf_instance *in = newborn(r->kept, r->plan->step_count);
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
	struct replay r = {.number = number};
	int rc = wf_journal_view(j, load, &r, cause);
	if (!rc)
		rc = compare(&r, cause);
	wf_instance_free(r.kept);
	wf_plan_free(r.plan);
	wf_buf_done(&r.records);
	return rc;
}
