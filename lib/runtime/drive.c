/* One instance in this process's hands: events in, changes waiting for the commit. */
#include "runtime/drive.h"

#include "base/hash.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/sys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct wf_drive *wf_drive_new(const struct wf_held_plan *held, struct wf_instance *in)
{
	struct wf_drive *d = wf_calloc(1, sizeof(*d));
	d->held = held;
	d->in = in;
	d->history = in->history;
	d->owner_before = in->owner;
	return d;
}

int wf_drive_find_instance(struct wf_txn *txn, uint64_t number, struct wf_instance **ret,
	struct wf_cause *cause)
{
	int rc = wf_txn_get_instance(txn, number, WF_LOAD_ALL, ret);
	return rc == WF_ENOENT ? wf_fail(cause, rc, "there is no instance #%" PRIu64, number) : rc;
}

int wf_drive_of_instance(struct wf_runtime *rt, struct wf_txn *txn, struct wf_instance *in,
	struct wf_drive **ret, struct wf_cause *cause)
{
	const struct wf_held_plan *held = NULL;
	bool on_hold = false;
	int rc = wf_runtime_hold_plan_txn(rt, txn, in->plan_id, &held, cause);
	if (!rc)
		rc = wf_txn_is_held(txn, in->workflow, &on_hold);
	if (rc) {
		wf_instance_free(in);
		return rc;
	}
	*ret = wf_drive_new(held, in);
	(*ret)->on_hold = on_hold;
	return 0;
}

void wf_drive_forget(struct wf_drive *d)
{
	for (uint32_t i = 0; i < d->moved_count; i++) {
		json_decref(d->moved[i].event.data);
		wf_free(d->moved[i].transitions);
	}
	d->moved_count = d->written = d->take_count = d->command_count = 0;
	d->orphan_count = d->orphans_stopped = 0;
	d->fed_inside = false;
	wf_buf_reset(&d->records);
}

static void forget_settled(struct wf_drive *d)
{
	for (uint32_t i = 0; i < d->settled_count; i++)
		wf_free(d->settled[i]);
	d->settled_count = 0;
}

void wf_drive_free(struct wf_drive *d)
{
	if (!d)
		return;
	while (d->inflight)
		wf_drive_drop_inflight(d->inflight);
	wf_drive_forget(d);
	forget_settled(d);
	wf_free(d->moved);
	wf_free(d->takes);
	wf_free(d->commands);
	wf_free(d->orphans);
	wf_free(d->settled);
	wf_buf_done(&d->records);
	wf_instance_free(d->in);
	wf_free(d);
}

/* Parents stay with the children that are here. */
static void join_family(struct wf_runtime *rt, struct wf_drive *d)
{
	if (d->in->awaited)
		d->parent = wf_drive_find(rt, d->in->parent);
	if (d->parent)
		d->parent->children++;
	for (struct wf_drive *c = rt->drives; c && rt->child_count; c = c->next)
		if (c->in->awaited && c->in->parent == d->in->number && !c->parent && c != d) {
			c->parent = d;
			d->children++;
		}
	rt->child_count += d->in->awaited;
}

static bool parks(const struct wf_runtime *rt, const struct wf_drive *d, int64_t now);

/* One whose last child parts here may park too. Where it was committed before the child, beside it, its stay
 * was decided while the child was here, and nothing else may ever come that decides it again. */
static void leave_family(struct wf_runtime *rt, struct wf_drive *d)
{
	rt->child_count -= d->in->awaited;
	for (struct wf_drive *c = rt->drives; c && d->children; c = c->next)
		if (c->parent == d) {
			c->parent = NULL;
			d->children--;
		}
	if (!d->parent)
		return;
	d->parent->children--;
	if (!d->parent->children) {
		d->parent->left_alone = d->parent->touched;
		if (!wf_instance_status_final(d->in->status) || parks(rt, d->parent, wf_now_ms()))
			wf_drive_touch(rt, d->parent);
	}
	d->parent = NULL;
}

/* Whether a child that it waits for is in this process's hands, or will be with the commit. */
static bool has_child_here(const struct wf_runtime *rt, const struct wf_drive *d)
{
	if (d->children)
		return true;
	for (size_t i = 0; i < rt->begun_count; i++)
		if (rt->begun[i]->awaited && rt->begun[i]->parent == d->in->number)
			return true;
	for (size_t i = 0; i < rt->born_count; i++)
		if (rt->born[i]->awaited && rt->born[i]->parent == d->in->number)
			return true;
	return false;
}

void wf_drive_link(struct wf_runtime *rt, struct wf_drive *d)
{
	d->next = NULL;
	d->prev = rt->last_drive;
	if (rt->last_drive)
		rt->last_drive->next = d;
	else
		rt->drives = d;
	rt->last_drive = d;
	rt->drive_count++;
	d->linked = true;
	join_family(rt, d);
	if (d->touched) {
		d->touched = false;
		wf_drive_touch(rt, d);
	}
	wf_due_update(rt, d);
}

void wf_drive_touch(struct wf_runtime *rt, struct wf_drive *d)
{
	if (d->touched)
		return;
	d->touched = true;
	if (!d->linked)
		return;
	d->next_touched = NULL;
	d->prev_touched = rt->last_touched;
	if (d->prev_touched)
		d->prev_touched->next_touched = d;
	else
		rt->touched = d;
	rt->last_touched = d;
}

void wf_drive_untouch(struct wf_runtime *rt, struct wf_drive *d)
{
	if (!d->touched)
		return;
	d->touched = false;
	if (!d->linked)
		return;
	if (d->prev_touched)
		d->prev_touched->next_touched = d->next_touched;
	else
		rt->touched = d->next_touched;
	if (d->next_touched)
		d->next_touched->prev_touched = d->prev_touched;
	else
		rt->last_touched = d->prev_touched;
	d->next_touched = d->prev_touched = NULL;
}

void wf_drive_unlink(struct wf_runtime *rt, struct wf_drive *d)
{
	wf_drive_untouch(rt, d);
	wf_due_remove(rt, d);
	if (d->prev)
		d->prev->next = d->next;
	else
		rt->drives = d->next;
	if (d->next)
		d->next->prev = d->prev;
	else
		rt->last_drive = d->prev;
	d->next = d->prev = NULL;
	d->linked = false;
	rt->drive_count--;
	leave_family(rt, d);
}

struct wf_drive *wf_drive_find(const struct wf_runtime *rt, uint64_t number)
{
	for (struct wf_drive *d = rt->drives; d; d = d->next)
		if (d->in->number == number)
			return d;
	return NULL;
}

struct wf_event wf_drive_event(enum wf_event_type type, uint32_t step, uint32_t attempt,
	json_t *data)
{
	return (struct wf_event){.type = type,
		.at = wf_now_ms(),
		.random = wf_random_u32(),
		.step = step,
		.attempt = attempt,
		.data = data};
}

/* Keeps the event's record for the commit, and its copy for the observer. */
static void keep_record(struct wf_runtime *rt, struct wf_drive *d, const struct wf_event *event)
{
	const struct wf_turn *t = &rt->turn;
	WF_GROW(d->moved, d->moved_count, d->moved_room);
	struct wf_moved *m = &d->moved[d->moved_count++];
	*m = (struct wf_moved){.offset = d->records.len, .event = *event, .inside = d->inside};
	d->fed_inside |= d->inside;
	wf_record_put(event, t->transitions, t->transition_count, &d->records);
	m->len = d->records.len - m->offset;
	(void)json_incref(m->event.data);
	if (!rt->options.observer.moved || !t->transition_count)
		return;
	m->count = t->transition_count;
	m->transitions = wf_alloc(sizeof(*m->transitions) * m->count);
	memcpy(m->transitions, t->transitions, sizeof(*m->transitions) * m->count);
}

int wf_drive_feed(struct wf_runtime *rt, struct wf_drive *d, const struct wf_event *event,
	struct wf_cause *cause)
{
	struct wf_event fed = *event;
	fed.held = d->on_hold;
	/* clocks step back; an instance's history does not */
	if (fed.at < d->in->updated_at)
		fed.at = d->in->updated_at;
	wf_turn_reset(&rt->turn);
	int rc = wf_engine_feed(d->held->plan, d->in, &fed, &rt->turn, cause);
	if (rc)
		return rc;
	keep_record(rt, d, &fed);
	for (uint32_t i = 0; i < rt->turn.command_count; i++) {
		WF_GROW(d->commands, d->command_count, d->command_room);
		d->commands[d->command_count++] = rt->turn.commands[i];
		if (!d->elsewhere)
			wf_effects_expect(rt->effects, d->held->plan->steps[rt->turn.commands[i].step].action);
	}
	for (uint32_t i = 0; i < rt->turn.orphan_count; i++) {
		WF_GROW(d->orphans, d->orphan_count, d->orphan_room);
		d->orphans[d->orphan_count++] = rt->turn.orphans[i];
	}
	wf_drive_touch(rt, d);
	if (d->linked)
		wf_due_update(rt, d);
	return 0;
}

void wf_drive_go_on(struct wf_runtime *rt, struct wf_drive *d)
{
	if (d->elsewhere || d->in->owner != rt->runner || !wf_engine_ready(d->in))
		return;
	struct wf_event event = wf_drive_event(WF_EVENT_CONTINUE, WF_NONE, 0, NULL);
	(void)wf_drive_feed(rt, d, &event, NULL);
}

/* The number of the step's open approval, which its notifications speak of: the engine cannot know what the
 * journal gave. */
static json_t *timer_data(const struct wf_instance *in, uint32_t step)
{
	const struct wf_approval *a = step == WF_NONE ? NULL : in->steps[step].approval;
	return a && !a->decided_at ? json_pack("{s:I}", "number", (json_int_t)a->number) : NULL;
}

bool wf_drive_fire_due(struct wf_runtime *rt, struct wf_drive *d, int64_t now)
{
	const struct wf_instance *in = d->in;
	int64_t due = wf_instance_due(in);
	if (!due || due > now)
		return false;
	uint32_t step = wf_instance_due_step(in);
	json_t *data = timer_data(in, step);
	struct wf_event event = wf_drive_event(WF_EVENT_TIMER, step, 0, data);
	/* a clock that steps back between two readings must not make a due timer early */
	if (event.at < due)
		event.at = due;
	bool fired = wf_drive_feed(rt, d, &event, NULL) == 0;
	json_decref(data);
	return fired;
}

uint32_t wf_drive_next_in_hand(const struct wf_instance *in, uint32_t *at)
{
	for (; *at < in->thread_count; (*at)++) {
		const struct wf_thread *t = &in->threads[*at];
		if (t->done || t->step == WF_NONE)
			continue;
		if (in->steps[t->step].status == WF_STEP_RUNNING) {
			(*at)++;
			return t->step;
		}
	}
	return WF_NONE;
}

/* The earliest timer that this process itself would wait for. A person's time is not. */
static int64_t patient_due(const struct wf_instance *in)
{
	int64_t due = in->wait == WF_WAIT_APPROVAL ? 0 : in->timeout_at;
	for (uint32_t i = 0; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done || t->step == WF_NONE)
			continue;
		const struct wf_step_state *s = &in->steps[t->step];
		if (s->due_at && s->wait != WF_WAIT_APPROVAL && (!due || s->due_at < due))
			due = s->due_at;
	}
	return due;
}

static bool parks(const struct wf_runtime *rt, const struct wf_drive *d, int64_t now)
{
	const struct wf_instance *in = d->in;
	uint32_t at = 0;
	if (d->inflight || wf_drive_next_in_hand(in, &at) != WF_NONE)
		return false;
	if (in->status == WF_INST_SUSPENDED)
		return true;
	bool undoes = in->status == WF_INST_COMPENSATING && in->wait != WF_WAIT_NONE;
	if ((in->status != WF_INST_WAITING && !undoes) || has_child_here(rt, d))
		return false;
	int64_t due = patient_due(in);
	return !due || (due > now && (uint64_t)(due - now) > rt->options.stay_ms);
}

void wf_drive_decide_stay(struct wf_runtime *rt, struct wf_drive *d, int64_t now)
{
	struct wf_instance *in = d->in;
	bool ended = wf_instance_status_final(in->status);
	d->leaving = ended || (!d->elsewhere && parks(rt, d, now));
	uint64_t owner = d->leaving ? 0 : d->elsewhere ? d->owner_before : rt->runner;
	if (in->owner != owner) {
		in->owner = owner;
		in->dirty = true;
	}
}

void wf_drive_look_alone(struct wf_runtime *rt, struct wf_drive *d)
{
	if (d->left_alone && parks(rt, d, wf_now_ms()))
		wf_drive_touch(rt, d);
	d->left_alone = false;
}

void wf_drive_token(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	char *ret, size_t room)
{
	const struct wf_step_state *s = &in->steps[step];
	const char *id = wf_plan_step_id(plan, step);
	char uuid[WF_UUID_TEXT], hex[2 * 8 + 1];
	uint8_t hash[WF_HASH_SIZE];
	wf_uuid_text(&in->uuid, uuid);
	wf_hash(id, strlen(id), hash);
	wf_hex(hash, 8, hex);
	(void)snprintf(ret, room, "%s-%s-%u-%u", uuid, hex, s->visits, s->attempts);
}

void wf_drive_settle_later(struct wf_drive *d, uint32_t step)
{
	char token[sizeof(((struct wf_inflight *)NULL)->token)];
	wf_drive_token(d->held->plan, d->in, step, token, sizeof(token));
	WF_GROW(d->settled, d->settled_count, d->settled_room);
	d->settled[d->settled_count++] = wf_strdup(token);
}

bool wf_drive_has_inflight(const struct wf_drive *d, uint32_t step)
{
	for (const struct wf_inflight *f = d->inflight; f; f = f->next)
		if (f->step == step)
			return true;
	return false;
}

struct wf_inflight *wf_drive_add_inflight(struct wf_drive *d, uint32_t step)
{
	struct wf_inflight *f = wf_calloc(1, sizeof(*f));
	f->drive = d;
	f->step = step;
	f->attempt = d->in->steps[step].attempts;
	f->visit = d->in->steps[step].visits;
	/* of a request nothing remains here that would be looked for by a name */
	if (d->held->plan->steps[step].action != WF_ACT_HTTP_REQUEST)
		wf_drive_token(d->held->plan, d->in, step, f->token, sizeof(f->token));
	f->next = d->inflight;
	d->inflight = f;
	return f;
}

void wf_drive_drop_inflight(struct wf_inflight *f)
{
	struct wf_inflight **at = &f->drive->inflight;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	wf_free(f);
}
