/* The check of what belongs to no instance: plans, definitions, holds, events, schedules, slots, counters. */
#include "base/mem.h"
#include "journal/check.h"
#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

/* -- the table `meta` -- */

static void check_plan(struct wf_checker *c, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct wf_plan *plan = NULL;
	uint8_t id[WF_HASH_SIZE];
	wf_hash(plain->data, plain->len, id); /* of formats 1 and 2 */
	bool right = at->key_n == 1 + sizeof(id) &&
		(memcmp(at->key + 1, id, sizeof(id)) == 0 ||
			(wf_plan_load(plain->data, plain->len, &plan, NULL) == 0 &&
				memcmp(at->key + 1, plan->id, sizeof(id)) == 0));
	wf_plan_free(plan);
	if (!right)
		wf_check_defect_at(c, at, "the plan is not the one of its id");
}

static void check_definition(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_buf *plain)
{
	struct wf_definition d;
	if (at->key_n != WF_DEFINITION_KEY || wf_definition_get(plain->data, plain->len, &d)) {
		wf_check_defect_at(c, at, "the definition cannot be read");
		return;
	}
	uint8_t key[WF_DEFINITION_KEY];
	wf_definition_key(&c->txn->journal->seal, d.workflow, wf_be64_at(at->key + 17), key);
	if (memcmp(key, at->key, sizeof(key)) != 0)
		wf_check_defect_at(c, at, "the definition is under another workflow's key");
	if (!wf_check_plan_is_there(c, d.plan_id))
		wf_check_defect_at(c, at, "the definition's plan is not in the journal");
	wf_definition_done(&d);
}

static void check_action(struct wf_checker *c, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct wf_action_row a;
	if (at->key_n != WF_DEFINITION_KEY || wf_action_row_get(plain->data, plain->len, &a)) {
		wf_check_defect_at(c, at, "the action cannot be read");
		return;
	}
	uint8_t key[WF_DEFINITION_KEY];
	wf_action_row_key(&c->txn->journal->seal, a.id, wf_be64_at(at->key + 17), key);
	if (memcmp(key, at->key, sizeof(key)) != 0)
		wf_check_defect_at(c, at, "the action is under another's key");
	wf_action_row_done(&a);
}

static void check_hold(struct wf_checker *c, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct wf_hold h;
	if (at->key_n != WF_HOLD_KEY || wf_hold_get(plain->data, plain->len, &h)) {
		wf_check_defect_at(c, at, "the hold cannot be read");
		return;
	}
	uint8_t key[WF_HOLD_KEY];
	wf_hold_key(&c->txn->journal->seal, h.workflow, key);
	if (memcmp(key, at->key, sizeof(key)) != 0)
		wf_check_defect_at(c, at, "the hold is under another workflow's key");
	c->found.holds++;
	wf_hold_done(&h);
}

void wf_check_meta(struct wf_checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	if (at->key_n == 1 && at->key[0] == WF_META_HEADER)
		return; /* plain, and proved when the journal was opened */
	wf_buf_reset(plain);
	if (wf_txn_open_at(c->txn, at, plain)) {
		wf_check_failed(c);
		return;
	}
	if (at->key[0] == WF_META_PLAN)
		check_plan(c, at, plain);
	else if (at->key[0] == WF_META_DEFINITION)
		check_definition(c, at, plain);
	else if (at->key[0] == WF_META_ACTION)
		check_action(c, at, plain);
	else if (at->key[0] == WF_META_HOLD)
		check_hold(c, at, plain);
	else if (at->key_n != 1 || at->key[0] != WF_META_COUNTS)
		wf_check_defect_at(c, at, "no record has this key");
}

/* -- number 0 of the table `instances` -- */

static void check_event(struct wf_checker *c, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct wf_kept_event e;
	uint64_t number = wf_be64_at(at->key + WF_OWN_KEY);
	if (wf_event_get(plain->data, plain->len, number, &e)) {
		wf_check_defect_at(c, at, "the event cannot be read");
		return;
	}
	(void)snprintf(c->subject, sizeof(c->subject), "event %llu", (unsigned long long)number);
	wf_event_entries(&c->txn->journal->seal, &e, wf_check_expect, c);
	c->found.events++;
	c->found.undispatched += !e.dispatched;
	c->highest_event = number;
	wf_kept_event_done(&e);
}

static void check_schedule(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_buf *plain)
{
	struct wf_schedule s;
	uint64_t id = wf_be64_at(at->key + WF_OWN_KEY);
	if (wf_schedule_get(plain->data, plain->len, id, &s)) {
		wf_check_defect_at(c, at, "the schedule cannot be read");
		return;
	}
	(void)snprintf(c->subject, sizeof(c->subject), "schedule %llu", (unsigned long long)id);
	wf_schedule_entries(&c->txn->journal->seal, &s, wf_check_expect, c);
	c->found.schedules++;
	c->highest_schedule = id;
	wf_schedule_done(&s);
}

/* How many entries begin as that key does, but for its number. */
static uint64_t count_entries(struct wf_checker *c, const struct wf_index_key *from)
{
	struct wf_cursor at;
	uint64_t n = 0;
	int rc = wf_cursor_open(c->txn->store, WF_TABLE_INDEX, &at, &c->cause);
	if (!rc) {
		rc = wf_cursor_seek(&at, from->bytes, from->n, &c->cause);
		while (!rc && at.key_n == from->n && memcmp(at.key, from->bytes, from->n - 8) == 0) {
			n++;
			rc = wf_cursor_next(&at, &c->cause);
		}
		wf_cursor_close(&at);
	}
	if (rc && rc != WF_ENOENT)
		wf_check_failed(c);
	return n;
}

static void check_slot(struct wf_checker *c, const struct wf_cursor *at, const struct wf_buf *plain)
{
	const struct wf_seal *seal = &c->txn->journal->seal;
	struct wf_slot s;
	if (wf_slot_get(plain->data, plain->len, &s)) {
		wf_check_defect_at(c, at, "the slot cannot be read");
		return;
	}
	struct wf_index_key k = wf_slot_key(seal, s.name);
	if (k.n != at->key_n || memcmp(k.bytes, at->key, k.n) != 0)
		wf_check_defect_at(c, at, "the slot is under another's key");
	struct wf_index_key held = wf_index_named(seal, WF_INDEX_SLOT_HELD, s.name, 0);
	struct wf_index_key queued = wf_index_named(seal, WF_INDEX_SLOT_QUEUED, s.name, 0);
	if (count_entries(c, &held) != s.held || count_entries(c, &queued) != s.queued)
		wf_check_defect_at(c, at, "the slot counts other than the index holds");
	c->slots_held += s.held;
	c->slots_queued += s.queued;
	wf_free(s.name);
}

void wf_check_own(struct wf_checker *c, const struct wf_cursor *at, const struct wf_buf *plain)
{
	static void (*const checks[WF_OWN_END_])(struct wf_checker *, const struct wf_cursor *,
		const struct wf_buf *) = {
		[WF_OWN_EVENT] = check_event,
		[WF_OWN_SCHEDULE] = check_schedule,
		[WF_OWN_SLOT] = check_slot,
	};
	checks[wf_own_key_kind(at->key, at->key_n)](c, at, plain);
}

/* -- counters -- */

static void check_count(struct wf_checker *c, const char *what, uint64_t counted, uint64_t kept)
{
	if (counted != kept)
		wf_check_defect(c, "the counter of %s is %llu, there are %llu", what,
			(unsigned long long)kept, (unsigned long long)counted);
}

void wf_check_counts(struct wf_checker *c)
{
	if (wf_txn_load_counts(c->txn)) {
		wf_check_failed(c);
		return;
	}
	const struct wf_counts *kept = &c->txn->counts, *found = &c->found;
	check_count(c, "history records", found->history, kept->history);
	check_count(c, "timers", found->timers, kept->timers);
	check_count(c, "approvals", found->approvals, kept->approvals);
	check_count(c, "open approvals", found->open_approvals, kept->open_approvals);
	check_count(c, "holds", found->holds, kept->holds);
	check_count(c, "events", found->events, kept->events);
	check_count(c, "events to be dispatched", found->undispatched, kept->undispatched);
	check_count(c, "signals", found->signals, kept->signals);
	check_count(c, "schedules", found->schedules, kept->schedules);
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		check_count(c, wf_instance_status_name((enum wf_instance_status)i),
			found->by_status[i], kept->by_status[i]);
	if (kept->next_instance <= c->highest || kept->next_approval <= c->highest_approval ||
		kept->next_event <= c->highest_event || kept->next_schedule <= c->highest_schedule)
		wf_check_defect(c, "the next number to be given is taken already");
}
