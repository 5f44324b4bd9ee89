/* Kept events on their way: who is started, who is woken, and the mark when that is done. */
#include "sweep/dispatch.h"

#include "base/crash.h"
#include "base/duration.h"
#include "base/mem.h"
#include "journal/waiting.h"
#include "runtime/input.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool wf_event_matches(const char *pattern, const char *name)
{
	for (;;) {
		size_t wanted = strcspn(pattern, "."), has = strcspn(name, ".");
		bool any = wanted == 1 && *pattern == '*';
		if (any && !pattern[1])
			return has > 0;
		if (!has || (!any && (wanted != has || memcmp(pattern, name, has) != 0)))
			return false;
		if (!pattern[wanted] || !name[has])
			return !pattern[wanted] && !name[has];
		pattern += wanted + 1;
		name += has + 1;
	}
}

/* -- what is to be done -- */

/* A definition with a trigger whose pattern fits. */
struct candidate {
	struct wf_definition d;
	uint32_t trigger;
};

struct work {
	struct wf_runtime *rt;
	struct wf_kept_event event;
	json_t *root;            /* what expressions see: {name, data, id, at, number} */
	struct candidate *candidates;
	size_t count, room;
	uint64_t *waiting;
	size_t waiting_count, waiting_room;
	/* the start in hand */
	struct wf_start *start;
	enum wf_admission how;
	uint64_t number;
	struct wf_cause why;
	int refused;
};

static void forget(struct work *w)
{
	for (size_t i = 0; i < w->count; i++)
		wf_definition_done(&w->candidates[i].d);
	w->count = w->waiting_count = 0;
	wf_kept_event_done(&w->event);
	w->event = (struct wf_kept_event){ 0 };
}

static void work_done(struct work *w)
{
	forget(w);
	wf_free(w->candidates);
	wf_free(w->waiting);
	json_decref(w->root);
}

static struct wf_definition copy_definition(const struct wf_definition *d)
{
	struct wf_definition c = *d;

	c.workflow = wf_strdup(d->workflow);
	c.version = d->version ? wf_strdup(d->version) : NULL;
	c.registered_by = d->registered_by ? wf_strdup(d->registered_by) : NULL;
	c.triggers = json_incref(d->triggers);
	return c;
}

static bool keep_candidate(void *arg, const struct wf_definition *d)
{
	struct work *w = arg;

	for (size_t i = 0; i < json_array_size(d->triggers); i++) {
		const json_t *trigger = json_array_get(d->triggers, i);
		const char *type = json_string_value(json_object_get(trigger, "type"));
		const char *name = json_string_value(json_object_get(trigger, "name"));
		if (!type || strcmp(type, "event") != 0 || !name || !wf_event_matches(name, w->event.name))
			continue;
		WF_GROW(w->candidates, w->count, w->room);
		w->candidates[w->count++] = (struct candidate){ copy_definition(d), (uint32_t)i };
	}
	return true;
}

static bool keep_waiting(void *arg, uint64_t number, uint32_t step)
{
	struct work *w = arg;

	(void)step;
	if (w->waiting_count && w->waiting[w->waiting_count - 1] == number)
		return true;
	WF_GROW(w->waiting, w->waiting_count, w->waiting_room);
	w->waiting[w->waiting_count++] = number;
	return true;
}

struct gather {
	struct work *work;
	uint64_t event;
};

static int gather(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct gather *g = arg;
	struct work *w = g->work;

	forget(w);
	int err = wf_txn_get_event(txn, g->event, &w->event);
	if (err == WF_ENOENT)
		return wf_fail(cause, err, "there is no event %" PRIu64, g->event);
	if (err == 0)
		err = wf_txn_each_newest(txn, keep_candidate, w);
	if (err == 0)
		err = wf_txn_each_waiter(txn, WF_WAIT_EVENT, w->event.name, 0, keep_waiting, w);
	return err;
}

static json_t *root_of(const struct wf_kept_event *e)
{
	char at[WF_TIME_TEXT], number[32];

	wf_time_text(e->at, at);
	(void)snprintf(number, sizeof(number), "%" PRIu64, e->number);
	return json_pack("{s:s, s:O, s:s, s:s, s:I}", "name", e->name, "data",
		e->data ? e->data : json_null(), "id", e->id ? e->id : number, "at", at, "number",
		(json_int_t)e->number);
}

/* -- starts -- */

/* The value of one of the trigger's bodies; NULL where there is none. */
static int evaluate(const struct work *w, const struct wf_plan *plan, enum wf_body_kind kind,
	uint32_t trigger, json_t **ret, struct wf_cause *cause)
{
	uint32_t pc = wf_plan_find_body(plan, kind, trigger, 0);
	json_t *error = NULL;

	*ret = NULL;
	if (pc == WF_NONE)
		return 0;
	struct wf_instance *none = wf_instance_new(plan->step_count);
	int err = wf_engine_eval_event(plan, none, w->root, pc, ret, &error);
	if (err < 0) {
		const char *message = json_string_value(json_object_get(error, "message"));
		(void)wf_fail(cause, err, "the %s of a trigger of %s cannot be told: %s",
			kind == WF_BODY_TRIGGER_WHEN ? "condition" : "input",
			wf_plan_string(plan, plan->workflow), message ? message : "it failed");
	}
	json_decref(error);
	wf_instance_free(none);
	return err;
}

/* Whether the trigger's condition holds, and the input that it gives; new, checked. */
static int input_for(const struct work *w, const struct wf_plan *plan, uint32_t trigger,
	bool *ret_wanted, json_t **ret, struct wf_cause *cause)
{
	json_t *when = NULL, *given = NULL;
	int err = evaluate(w, plan, WF_BODY_TRIGGER_WHEN, trigger, &when, cause);

	*ret_wanted = err == 0 &&
		(wf_plan_find_body(plan, WF_BODY_TRIGGER_WHEN, trigger, 0) == WF_NONE || json_is_true(when));
	if (err == 0 && when && !json_is_boolean(when) && !json_is_null(when))
		err = wf_fail(cause, WF_EINVAL, "the condition of a trigger of %s is no boolean",
			wf_plan_string(plan, plan->workflow));
	if (err == 0 && *ret_wanted)
		err = evaluate(w, plan, WF_BODY_TRIGGER_INPUT, trigger, &given, cause);
	if (err == 0 && *ret_wanted)
		err = wf_start_input(plan,
			given ? given : json_is_object(w->event.data) ? w->event.data : NULL, ret, cause);
	json_decref(when);
	json_decref(given);
	return err;
}

static int admit(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct work *w = arg;
	int err;

	w->why = (struct wf_cause){ 0 };
	wf_runtime_admitting(w->rt);
	err = wf_runtime_admit(w->rt, txn, w->start, &w->how, &w->number, &w->why);
	w->refused = err == WF_ECONFLICT || err == WF_EBUSY ? err : 0;
	if (w->refused)
		return 0;
	if (err < 0 && cause)
		*cause = w->why;
	return err;
}

static void refuse(struct wf_dispatch *stats, const char *why)
{
	stats->refused++;
	(void)snprintf(stats->why, sizeof(stats->why), "%.255s", why);
}

static bool of_the_start(int err)
{
	return err == WF_EINVAL || err == WF_ESYNTAX || err == WF_ELIMIT || err == WF_EUNSUPPORTED;
}

static int start(struct work *w, struct wf_journal *j, const struct wf_plan *plan,
	const struct candidate *c, json_t *input, struct wf_dispatch *stats, struct wf_cause *cause)
{
	WF_AUTOFREE char *key = wf_asprintf("event:%" PRIu64 ":%s", w->event.number, c->d.workflow);
	struct wf_start s = { .plan = plan, .version = c->d.version, .input = input,
		.started_by = w->event.by ? w->event.by : "event", .key = key, .event = w->root };

	w->start = &s;
	int err = wf_journal_update(j, admit, w, cause);
	if (err < 0) {
		wf_runtime_admitting(w->rt);
		return err;
	}
	wf_crash_here(WF_CRASH_ADMITTED);
	wf_runtime_admitted(w->rt);
	if (w->refused) {
		refuse(stats, w->why.text);
		stats->held += w->refused == WF_EBUSY;
	} else if (w->how != WF_ADMITTED_BEFORE) {
		stats->started++;
		stats->queued += w->how == WF_ADMITTED_QUEUED;
		if (w->how == WF_ADMITTED)
			wf_runtime_claim_later(w->rt, &w->number, 1);
	}
	return 0;
}

/* What is wrong with one start is counted and stops no other; what fails the journal ends it. */
static int start_one(struct work *w, struct wf_journal *j, const struct candidate *c,
	struct wf_dispatch *stats, struct wf_cause *cause)
{
	const struct wf_plan *plan = NULL;
	json_t *input = NULL;
	bool wanted = false;
	struct wf_cause why = { 0 };
	int err = wf_runtime_get_plan(w->rt, c->d.plan_id, &plan, &why);

	if (err == 0)
		err = input_for(w, plan, c->trigger, &wanted, &input, &why);
	if (err == 0 && wanted)
		err = start(w, j, plan, c, input, stats, &why);
	json_decref(input);
	if (of_the_start(err)) {
		refuse(stats, why.text);
		return 0;
	}
	if (err < 0 && cause)
		*cause = why;
	return err;
}

int wf_dispatch_event(struct wf_runtime *rt, struct wf_journal *journal, uint64_t event,
	struct wf_dispatch *stats, struct wf_cause *cause)
{
	struct work w = { .rt = rt };
	struct gather g = { &w, event };
	int err = wf_journal_view(journal, gather, &g, cause);

	if (err == 0)
		w.root = root_of(&w.event);
	for (size_t i = 0; err == 0 && i < w.count; i++)
		err = start_one(&w, journal, &w.candidates[i], stats, cause);
	if (err == 0 && w.waiting_count) {
		wf_runtime_deliver_later(rt, event, w.waiting, w.waiting_count);
		stats->offered += w.waiting_count;
	}
	work_done(&w);
	return err;
}

/* -- the mark -- */

struct mark {
	uint64_t event, taken;
	bool held;
};

static int mark(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct mark *m = arg;
	struct wf_kept_event e = { 0 };
	int err = wf_txn_get_event(txn, m->event, &e);

	(void)cause;
	if (err == WF_ENOENT)
		return 0;
	if (err == 0 && !e.dispatched) {
		e.dispatched = !m->held;
		e.taken += m->taken;
		if (e.dispatched || m->taken)
			err = wf_txn_update_event(txn, &e);
	}
	wf_kept_event_done(&e);
	return err;
}

int wf_dispatch_end(struct wf_journal *journal, uint64_t event, const struct wf_dispatch *stats,
	struct wf_cause *cause)
{
	struct mark m = { event, stats->started, stats->held > 0 };

	return wf_journal_update(journal, mark, &m, cause);
}
