/* Plans, definitions, holds, counters, events, schedules and slots as JSON. */
#include "journal/dump.h"

#include <string.h>

/* -- the table `meta` -- */

static json_t *counts_json(const struct wf_counts *c)
{
	json_t *o = json_object(), *by = json_object();
	set_number(o, "next_instance", c->next_instance);
	set_number(o, "next_approval", c->next_approval);
	set(o, "history", json_integer((json_int_t)c->history));
	set(o, "timers", json_integer((json_int_t)c->timers));
	set(o, "approvals", json_integer((json_int_t)c->approvals));
	set(o, "open_approvals", json_integer((json_int_t)c->open_approvals));
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		set(by, wf_instance_status_name((enum wf_instance_status)i),
			json_integer((json_int_t)c->by_status[i]));
	set(o, "by_status", by);
	set_number(o, "next_event", c->next_event);
	set_number(o, "next_schedule", c->next_schedule);
	set_number(o, "intrusions", c->intrusions);
	set_number(o, "holds", c->holds);
	set_number(o, "events", c->events);
	set_number(o, "undispatched", c->undispatched);
	set_number(o, "signals", c->signals);
	set_number(o, "schedules", c->schedules);
	return o;
}

static json_t *definition_json(const struct wf_definition *d)
{
	json_t *o = json_object();
	set_text(o, "workflow", d->workflow);
	set_text(o, "version", d->version);
	set_hex(o, "plan", d->plan_id, sizeof(d->plan_id));
	set_time(o, "registered_at", d->registered_at);
	set_text(o, "registered_by", d->registered_by);
	set_value(o, "triggers", d->triggers);
	set(o, "enabled", json_boolean(d->enabled));
	return o;
}

static json_t *counts_row(const struct wf_buf *row)
{
	struct wf_counts c;
	return wf_counts_get(row->data, row->len, &c) ? NULL : counts_json(&c);
}

static json_t *plan_row(const struct wf_buf *row)
{
	json_t *o = json_object();
	set(o, "bytes", json_integer((json_int_t)row->len));
	set_hex(o, "hex", (const uint8_t *)row->data, row->len);
	return o;
}

static json_t *definition_row(const struct wf_buf *row)
{
	struct wf_definition d;
	if (wf_definition_get(row->data, row->len, &d))
		return NULL;
	json_t *o = definition_json(&d);
	wf_definition_done(&d);
	return o;
}

static json_t *action_row(const struct wf_buf *row)
{
	struct wf_action_row a;
	if (wf_action_row_get(row->data, row->len, &a))
		return NULL;
	json_t *o = json_object();
	set_text(o, "action", a.id);
	set_text(o, "version", a.version);
	set_hex(o, "hash", a.hash, sizeof(a.hash));
	set_time(o, "registered_at", a.registered_at);
	set_text(o, "registered_by", a.registered_by);
	set_value(o, "definition", a.definition);
	wf_action_row_done(&a);
	return o;
}

static json_t *hold_row(const struct wf_buf *row)
{
	struct wf_hold h;
	if (wf_hold_get(row->data, row->len, &h))
		return NULL;
	json_t *o = json_object();
	set_text(o, "workflow", h.workflow);
	set_text(o, "by", h.by);
	set_text(o, "reason", h.reason);
	set_time(o, "at", h.at);
	wf_hold_done(&h);
	return o;
}

static const struct {
	uint8_t letter;
	const char *name;
	json_t *(*json)(const struct wf_buf *row);
} metas[] = {
	{WF_META_COUNTS, "counts", counts_row},
	{WF_META_PLAN, "plan", plan_row},
	{WF_META_DEFINITION, "definition", definition_row},
	{WF_META_ACTION, "action", action_row},
	{WF_META_HOLD, "hold", hold_row},
};

json_t *wf_dump_meta(uint8_t letter, const struct wf_buf *row)
{
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++)
		if (metas[i].letter == letter)
			return metas[i].json(row);
	return NULL;
}

const char *wf_dump_meta_name(uint8_t letter)
{
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++)
		if (metas[i].letter == letter)
			return metas[i].name;
	return NULL;
}

/* -- number 0 of the table `instances` -- */

static json_t *event_row(uint64_t id, const struct wf_buf *row)
{
	struct wf_kept_event e;
	if (wf_event_get(row->data, row->len, id, &e))
		return NULL;
	json_t *o = json_object();
	set_text(o, "name", e.name);
	set_text(o, "id", e.id);
	set_text(o, "by", e.by);
	set_value(o, "data", e.data);
	set_time(o, "at", e.at);
	set(o, "taken", json_integer((json_int_t)e.taken));
	set(o, "dispatched", json_boolean(e.dispatched));
	wf_kept_event_done(&e);
	return o;
}

static json_t *schedule_row(uint64_t id, const struct wf_buf *row)
{
	struct wf_schedule s;
	if (wf_schedule_get(row->data, row->len, id, &s))
		return NULL;
	json_t *o = json_object();
	set_text(o, "name", s.name);
	set_text(o, "workflow", s.workflow);
	set_text(o, "version", s.version);
	set_value(o, "spec", s.spec);
	set_text(o, "source", s.source);
	set_text(o, "by", s.by);
	set(o, "paused", json_boolean(s.paused));
	set_time(o, "created_at", s.created_at);
	set_time(o, "updated_at", s.updated_at);
	set_time(o, "since", s.since);
	set_time(o, "next_at", s.next_at);
	set_time(o, "next_nominal", s.next_nominal);
	set_time(o, "last_nominal", s.last_nominal);
	set_number(o, "fired", s.fired);
	set_number(o, "missed", s.missed);
	set_value(o, "recent", s.recent);
	wf_schedule_done(&s);
	return o;
}

static json_t *slot_row(uint64_t id, const struct wf_buf *row)
{
	struct wf_slot s;
	(void)id;
	if (wf_slot_get(row->data, row->len, &s))
		return NULL;
	json_t *o = json_object();
	set_text(o, "name", s.name);
	set(o, "held", json_integer((json_int_t)s.held));
	set(o, "queued", json_integer((json_int_t)s.queued));
	if (s.queued && s.most != WF_SLOT_UNKNOWN)
		set_number(o, "most", s.most);
	wf_free(s.name);
	return o;
}

static const struct {
	const char *name;
	json_t *(*json)(uint64_t id, const struct wf_buf *row);
} owns[WF_OWN_END_] = {
	[WF_OWN_EVENT] = {"event", event_row},
	[WF_OWN_SCHEDULE] = {"schedule", schedule_row},
	[WF_OWN_SLOT] = {"slot", slot_row},
};

json_t *wf_dump_own(enum wf_own_kind kind, uint64_t id, const struct wf_buf *row)
{
	return owns[kind].json(id, row);
}

const char *wf_dump_own_name(enum wf_own_kind kind)
{
	return owns[kind].name;
}
