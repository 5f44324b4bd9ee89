/*
 * Due schedules become instances.
 *
 * Plans are read before the transaction, which looks again whether schedule and definition are still
 * those; one that changed meanwhile is left to the next pass.
 */
#include "sweep/fire.h"

#include "base/crash.h"
#include "base/duration.h"
#include "base/mem.h"
#include "base/numbers.h"
#include "sweep/firing.h"
#include "runtime/input.h"
#include "sweep/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GROUP 64 /* schedules that share a commit */

/* A schedule that is due, with what it will start. */
struct ready {
	struct wf_schedule s;
	struct wf_definition d;
	struct wf_timetable t;
	const struct wf_plan *plan;
	json_t *input, *slots;
	char refused[512];       /* why it cannot start anything now; "" */
	bool unreadable;         /* nor can it be said when it fires */
};

struct group {
	struct wf_runtime *rt;
	struct wf_journal *journal;
	int64_t now;
	struct ready *items;
	size_t count;
	struct wf_fired got;     /* of this transaction */
	bool unfinished;         /* a row is due still: its past is long */
	struct wf_instance **own; /* admitted in this transaction, to be begun after it */
	size_t own_count, own_room;
	size_t jobs, most_own;   /* driven at once, and of those still free */
};


void wf_fired_done(struct wf_fired *f)
{
	wf_free(f->numbers);
	*f = (struct wf_fired){ 0 };
}

static void ready_done(struct ready *r)
{
	wf_schedule_done(&r->s);
	wf_definition_done(&r->d);
	wf_timetable_done(&r->t);
	json_decref(r->input);
	json_decref(r->slots);
	*r = (struct ready){ 0 };
}

/* -- before the transaction -- */

struct lookup {
	uint64_t id;
	struct ready *ready;
	bool found;
};

static int look_up(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct lookup *l = arg;
	struct ready *r = l->ready;
	struct wf_cause why = { 0 };
	int err = wf_txn_get_schedule(txn, l->id, &r->s);

	(void)cause;
	l->found = err == 0;
	if (err == WF_ENOENT)
		return 0;
	if (err == 0)
		err = wf_schedule_definition(txn, r->s.workflow, r->s.version, &r->d, &why);
	if (err == WF_ENOENT || err == WF_ECONFLICT) {
		(void)snprintf(r->refused, sizeof(r->refused), "%s", why.text);
		err = 0;
	}
	return err;
}

/* Fills *ret; *ret_found is false for a schedule that is gone. */
static int prepare(const struct group *g, uint64_t id, struct ready *ret, bool *ret_found,
	struct wf_cause *cause)
{
	struct ready r = { 0 };
	struct lookup l = { .id = id, .ready = &r };
	struct wf_cause why = { 0 };
	int err = wf_journal_view(g->journal, look_up, &l, cause);

	if (err == 0 && l.found && !*r.refused) {
		json_auto_t *given = wf_schedule_input(&r.s, NULL);
		int bad = wf_runtime_get_plan(g->rt, r.d.plan_id, &r.plan, &why);
		if (bad == 0)
			bad = wf_start_input(r.plan, given, &r.input, &why);
		if (bad < 0)
			(void)snprintf(r.refused, sizeof(r.refused), "%s",
				*why.text ? why.text : wf_strerror(bad));
	}
	if (err == 0 && l.found && wf_timetable_parse(r.s.spec, &r.t, NULL, &why) < 0) {
		(void)snprintf(r.refused, sizeof(r.refused), "%s", why.text);
		r.unreadable = true;
	}
	if (err < 0 || !l.found) {
		ready_done(&r);
		*ret_found = false;
		return err;
	}
	r.slots = wf_schedule_slots(&r.s, r.t.overlap);
	*ret = r;
	*ret_found = true;
	return 0;
}

/* -- in the transaction -- */

static json_t *event_of(const struct wf_schedule *s, int64_t nominal, const char *key)
{
	char when[WF_TIME_TEXT];

	wf_time_text(nominal, when);
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", "schedule", "id", key, "at", when,
		"data", "schedule", s->name, "nominal", when);
}

static void refuse(struct group *g, struct wf_schedule *s, int64_t nominal, const char *why)
{
	wf_schedule_note(s, nominal, g->now, "refused", 0, why);
	g->got.refused++;
	(void)snprintf(g->got.why, sizeof(g->got.why), "%.100s: %.200s", s->name, why);
}

/* Whether it is its own slot that is taken, and not one of the workflow's. */
static bool is_overlap(struct wf_txn *txn, const struct ready *r)
{
	const char *slot = json_string_value(json_object_get(json_array_get(r->slots, 0), "name"));
	uint64_t held = 0;

	return slot && r->t.overlap == WF_OVERLAPPING_SKIP &&
		!wf_txn_count_held(txn, slot, 1, &held) && held;
}

/* One firing. What follows from the state of things is recorded; a failing journal ends it all. */
static int fire_one(struct group *g, struct wf_txn *txn, const struct ready *r,
	struct wf_schedule *s, int64_t nominal, struct wf_cause *cause)
{
	char key[64], by[200];
	enum wf_admission how = WF_ADMITTED;
	uint64_t number = 0;
	struct wf_cause why = { 0 };

	(void)snprintf(key, sizeof(key), "schedule:%" PRIu64 ":%" PRId64, s->id, nominal);
	(void)snprintf(by, sizeof(by), "schedule:%.180s", s->name);
	json_auto_t *event = event_of(s, nominal, key);
	struct wf_start start = { .plan = r->plan, .version = r->d.version, .input = r->input,
		.started_by = by, .key = key, .event = event, .schedule = s->id, .extra_slots = r->slots };
	struct wf_instance *in = NULL;
	int err = g->own_count < g->most_own
		? wf_runtime_admit_own(g->rt, txn, &start, &how, &number, &in, &why)
		: wf_runtime_admit(g->rt, txn, &start, &how, &number, &why);
	if (err == WF_ECONFLICT && is_overlap(txn, r)) {
		wf_schedule_note(s, nominal, g->now, "skipped", 0, "an earlier one has not ended");
		g->got.missed++;
		s->missed++;
		return 0;
	}
	if (err == WF_ECONFLICT || err == WF_EBUSY) {
		refuse(g, s, nominal, why.text);
		return 0;
	}
	if (err < 0) {
		if (cause)
			*cause = why;
		return err;
	}
	g->got.fired++;
	s->fired++;
	wf_schedule_note(s, nominal, g->now, how == WF_ADMITTED_QUEUED ? "queued" : "started", number,
		NULL);
	if (how == WF_ADMITTED_QUEUED)
		g->got.queued++;
	if (in) {
		WF_GROW(g->own, g->own_count, g->own_room);
		g->own[g->own_count++] = in;
	}
	if (how == WF_ADMITTED && in) {
		g->got.begun++;
	} else if (how == WF_ADMITTED) {
		WF_GROW(g->got.numbers, g->got.count, g->got.room);
		g->got.numbers[g->got.count++] = number;
	}
	return 0;
}

/* Whether what was prepared is still so; *ret_off when there is nothing enabled that it could start. */
static int still_so(struct wf_txn *txn, const struct ready *r, const struct wf_schedule *s, bool *ret,
	bool *ret_off)
{
	struct wf_definition d = { 0 };
	int err = 0;

	*ret = !s->paused && s->updated_at == r->s.updated_at && s->next_nominal == r->s.next_nominal;
	if (!*ret)
		return 0;
	err = wf_schedule_definition(txn, s->workflow, s->version, &d, NULL);
	if (err == 0)
		*ret = r->plan ? !memcmp(d.plan_id, r->plan->id, WF_HASH_SIZE)
			       : !memcmp(d.plan_id, r->d.plan_id, WF_HASH_SIZE);
	else
		*ret_off = err == WF_ENOENT || err == WF_ECONFLICT;
	wf_definition_done(&d);
	return *ret_off ? 0 : err;
}

#define TRY_AGAIN_MS 3600000

/* A timetable that cannot be read any more (a zone that is gone) is tried again later: what it missed
 * is then missed by its policy. */
static void put_off(struct group *g, struct wf_schedule *s, const struct ready *r)
{
	refuse(g, s, s->next_nominal, r->refused);
	s->next_at = g->now + TRY_AGAIN_MS;
}

static int fire_row(struct group *g, struct wf_txn *txn, const struct ready *r, struct wf_cause *cause)
{
	struct wf_schedule s = { 0 };
	struct wf_firings f = { 0 };
	bool so = false, off = false, held = false;
	int err = wf_txn_get_schedule(txn, r->s.id, &s);

	if (err == WF_ENOENT)
		return 0;
	if (err == 0)
		err = still_so(txn, r, &s, &so, &off);
	if (err == 0 && so)
		err = wf_txn_is_held(txn, s.workflow, &held);
	if (err == 0 && so && (held || off)) {
		/* What ends that brings it back (wf_schedule_release). */
		s.next_at = g->now + TRY_AGAIN_MS;
		err = wf_txn_put_schedule(txn, &s);
	} else if (err == 0 && so && r->unreadable) {
		put_off(g, &s, r);
		err = wf_txn_put_schedule(txn, &s);
	} else if (err == 0 && so) {
		wf_firings_take(&s, &r->t, g->now, &f);
		g->got.missed += f.missed;
		for (size_t i = 0; err == 0 && i < f.count; i++) {
			if (!*r->refused) {
				err = fire_one(g, txn, r, &s, f.fire[i], cause);
				continue;
			}
			refuse(g, &s, f.fire[i], r->refused);
		}
		g->unfinished |= s.next_at && s.next_at <= g->now;
		if (err == 0)
			err = wf_txn_put_schedule(txn, &s);
	}
	wf_firings_done(&f);
	wf_schedule_done(&s);
	return err;
}

static void drop_own(struct group *g)
{
	for (size_t i = 0; i < g->own_count; i++)
		wf_instance_free(g->own[i]);
	g->own_count = 0;
}

static int fire_group(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct group *g = arg;
	int err = 0;

	wf_fired_done(&g->got);
	drop_own(g);
	wf_runtime_admitting(g->rt);
	for (size_t i = 0; err == 0 && i < g->count; i++)
		err = fire_row(g, txn, &g->items[i], cause);
	return err;
}

/* -- all that are due -- */

static void add_up(struct wf_fired *f, struct wf_fired *got)
{
	f->fired += got->fired;
	f->missed += got->missed;
	f->refused += got->refused;
	f->queued += got->queued;
	f->begun += got->begun;
	if (*got->why)
		memcpy(f->why, got->why, sizeof(f->why));
	for (size_t i = 0; i < got->count; i++) {
		WF_GROW(f->numbers, f->count, f->room);
		f->numbers[f->count++] = got->numbers[i];
	}
	wf_fired_done(got);
}

/* What can be helped by nobody but the operator of the machine; anything else is this start's own. */
static bool of_the_journal(int err)
{
	return err == WF_ENOSPC || err == WF_EIO || err == WF_ENOMEM || err == WF_ECORRUPT ||
		err == WF_EPERM || err == WF_EKEY;
}

static int begin_own(struct group *g, struct wf_cause *cause)
{
	int err = 0;

	for (size_t i = 0; i < g->own_count; i++) {
		if (err == 0)
			err = wf_runtime_begin(g->rt, g->own[i], cause);
		else
			wf_instance_free(g->own[i]);
	}
	g->own_count = 0;
	return err;
}

static int commit_group(struct group *g, struct wf_fired *f, struct wf_cause *cause)
{
	wf_crash_here(WF_CRASH_TIMER_BEFORE);
	size_t busy = wf_runtime_in_hand(g->rt);
	g->most_own = busy < g->jobs ? g->jobs - busy : 0;
	int err = wf_journal_update(g->journal, fire_group, g, cause);
	if (err == 0) {
		wf_crash_here(WF_CRASH_SCHEDULE_FIRED);
		add_up(f, &g->got);
		err = begin_own(g, cause);
		wf_runtime_admitted(g->rt);
	} else {
		drop_own(g);
		wf_runtime_admitting(g->rt);
	}
	wf_fired_done(&g->got);
	return err;
}

/* One that spoils its group's transaction is fired alone, and refused when it spoils its own. */
static int commit_each(struct group *g, struct wf_fired *f, struct wf_cause *cause)
{
	struct group one = *g;
	int err = 0;

	one.count = 1;
	for (size_t i = 0; (err == 0 || !of_the_journal(err)) && i < g->count; i++) {
		one.items = &g->items[i];
		err = commit_group(&one, f, cause);
		if (err == 0 || of_the_journal(err))
			continue;
		(void)snprintf(one.items->refused, sizeof(one.items->refused), "%s",
			cause && *cause->text ? cause->text : wf_strerror(err));
		err = commit_group(&one, f, cause);
	}
	g->unfinished |= one.unfinished;
	g->own = one.own;
	g->own_room = one.own_room;
	return err;
}

struct find_due {
	struct wf_numbers due; /* ids of schedules */
	int64_t now;
};

static int find_due(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct find_due *f = arg;

	(void)cause;
	f->due.count = 0;
	return wf_txn_each_schedule_due(txn, f->now, wf_numbers_take_at, &f->due);
}

static int fire_some(struct group *g, const struct wf_numbers *due, size_t first, struct wf_fired *f,
	struct wf_cause *cause)
{
	int err = 0;

	g->count = 0;
	for (size_t i = first; err == 0 && i < due->count && g->count < GROUP; i++) {
		bool found = false;
		err = prepare(g, due->items[i], &g->items[g->count], &found, cause);
		g->count += found;
	}
	if (err == 0 && g->count)
		err = commit_group(g, f, cause);
	if (err < 0 && g->count > 0 && !of_the_journal(err))
		err = commit_each(g, f, cause);
	for (size_t i = 0; i < g->count; i++)
		ready_done(&g->items[i]);
	return err;
}

int wf_fire_due(struct wf_runtime *rt, struct wf_journal *j, int64_t now, size_t most, size_t jobs,
	struct wf_fired *f, bool *ret_more, struct wf_cause *cause)
{
	struct find_due find = { .now = now, .due = { .most = most < 4096 ? most : 4096 } };
	struct group g = { .rt = rt, .journal = j, .now = now, .jobs = jobs };
	int err = 0;

	*ret_more = false;
	if (!find.due.most)
		return 0;
	g.items = wf_calloc(GROUP, sizeof(*g.items));
	err = wf_journal_view(j, find_due, &find, cause);
	for (size_t i = 0; err == 0 && i < find.due.count; i += GROUP)
		err = fire_some(&g, &find.due, i, f, cause);
	*ret_more = find.due.count == find.due.most || g.unfinished;
	wf_free(g.items);
	wf_free(g.own);
	wf_numbers_done(&find.due);
	return err;
}
