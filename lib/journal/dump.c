/*
 * Every record of a journal as JSON, opened: what `journal dump` shows, and what remains readable of
 * a damaged one (a record that cannot be opened says so in place of its value).
 */
#include "base/mem.h"
#include "journal/private.h"
#include "plan/plan.h"

#include <string.h>

static void set(json_t *o, const char *name, json_t *value)
{
	if (value)
		(void)json_object_set_new(o, name, value);
}

/* What is not there is left out. */
static void set_text(json_t *o, const char *name, const char *text)
{
	if (text)
		set(o, name, json_string(text));
}

static void set_number(json_t *o, const char *name, uint64_t v)
{
	if (v)
		set(o, name, json_integer((json_int_t)v));
}

static void set_time(json_t *o, const char *name, int64_t at)
{
	if (at)
		set(o, name, json_integer(at));
}

static void set_value(json_t *o, const char *name, json_t *borrowed)
{
	set(o, name, json_incref(borrowed));
}

static void set_hex(json_t *o, const char *name, const uint8_t *bytes, size_t n)
{
	WF_AUTOFREE char *hex = wf_alloc(2 * n + 1);
	wf_hex(bytes, n, hex);
	set_text(o, name, hex);
}

/* -- rows -- */

static json_t *identity_json(const struct wf_instance *in)
{
	json_t *o = json_object();
	char uuid[WF_UUID_TEXT];
	wf_uuid_text(&in->uuid, uuid);
	set_text(o, "uuid", uuid);
	set_hex(o, "plan", in->plan_id, sizeof(in->plan_id));
	set_text(o, "workflow", in->workflow);
	set_text(o, "version", in->version);
	set_text(o, "tenant", in->tenant);
	set_text(o, "environment", in->environment);
	set_text(o, "correlation_id", in->correlation_id);
	set_text(o, "started_by", in->started_by);
	set_text(o, "os_user", in->os_user);
	set_text(o, "folder", in->folder);
	set_time(o, "created_at", in->created_at);
	set(o, "steps", json_integer(in->step_count));
	return o;
}

static json_t *header_json(const struct wf_instance *in)
{
	json_t *o = json_object();
	set_text(o, "status", wf_instance_status_name(in->status));
	if (in->wait)
		set_text(o, "wait", wf_wait_name(in->wait));
	set_text(o, "result", in->result);
	set_time(o, "started_at", in->started_at);
	set_time(o, "ended_at", in->ended_at);
	set_time(o, "updated_at", in->updated_at);
	set_time(o, "timeout_at", in->timeout_at);
	if (in->failed_step != WF_NONE)
		set(o, "failed_step", json_integer(in->failed_step));
	set_value(o, "output", in->output);
	set_value(o, "error", in->error);
	if (in->owner) {
		WF_AUTOFREE char *owner = wf_asprintf("%016llx", (unsigned long long)in->owner);
		set_text(o, "owner", owner);
	}
	set_number(o, "history", in->history);
	set(o, "pc", json_integer(in->threads->pc));
	if (in->threads->step != WF_NONE)
		set(o, "at_step", json_integer(in->threads->step));
	if (in->threads->done)
		set(o, "done", json_true());
	return o;
}

static json_t *approval_json(const struct wf_approval *a)
{
	json_t *o = json_object();
	set_number(o, "number", a->number);
	set_value(o, "groups", a->groups);
	if (a->parallel)
		set(o, "parallel", json_true());
	set_number(o, "group", a->group);
	if (a->deny_initiator)
		set(o, "deny_initiator", json_true());
	if (a->reject_counts)
		set(o, "reject_counts", json_true());
	if (a->auto_approve)
		set(o, "auto_approve", json_true());
	set_number(o, "escalated", a->escalated);
	set_number(o, "reminded", a->reminded);
	set_time(o, "remind_at", a->remind_at);
	set_value(o, "decisions", a->decisions);
	set_text(o, "message", a->message);
	set_value(o, "details", a->details);
	set_time(o, "opened_at", a->opened_at);
	set_time(o, "due_at", a->due_at);
	set_time(o, "decided_at", a->decided_at);
	return o;
}

static json_t *step_json(const struct wf_step_state *s)
{
	json_t *o = json_object();
	set_text(o, "status", wf_step_status_name(s->status));
	if (s->wait)
		set_text(o, "wait", wf_wait_name(s->wait));
	set_number(o, "attempts", s->attempts);
	set_number(o, "visits", s->visits);
	set_time(o, "started_at", s->started_at);
	set_time(o, "attempt_at", s->attempt_at);
	set_time(o, "ended_at", s->ended_at);
	set_time(o, "due_at", s->due_at);
	set_value(o, "input", s->input);
	set_text(o, "key", s->key);
	set_value(o, "output", s->output);
	set_value(o, "error", s->error);
	if (s->approval)
		set(o, "approval", approval_json(s->approval));
	return o;
}

static json_t *transition_json(const struct wf_transition *t)
{
	static const char *const names[] = {
#define X(name, text) text,
		WF_TRANSITIONS(X)
#undef X
	};
	json_t *o = json_object();
	set_text(o, "what", names[t->type]);
	if (t->step != WF_NONE)
		set(o, "step", json_integer(t->step));
	if (t->type == WF_TRANS_INSTANCE_STATUS)
		set_text(o, "value", wf_instance_status_name((enum wf_instance_status)t->value));
	else if (t->type == WF_TRANS_STEP_STATUS)
		set_text(o, "value", wf_step_status_name((enum wf_step_status)t->value));
	else
		set(o, "value", json_integer((json_int_t)t->value));
	return o;
}

static json_t *record_json(const struct wf_buf *row)
{
	struct wf_record r;
	if (wf_record_get(row->data, row->len, &r))
		return NULL;
	json_t *o = json_object(), *list = json_array();
	set_text(o, "event", wf_event_name(r.event.type));
	set_time(o, "at", r.event.at);
	set_number(o, "random", r.event.random);
	if (r.event.step != WF_NONE)
		set(o, "step", json_integer(r.event.step));
	set_number(o, "attempt", r.event.attempt);
	set_number(o, "retry_after_ms", r.event.retry_after_ms);
	set_value(o, "data", r.event.data);
	for (uint32_t i = 0; i < r.count; i++)
		(void)json_array_append_new(list, transition_json(&r.transitions[i]));
	set(o, "transitions", list);
	wf_record_done(&r);
	return o;
}

/* NULL when the row cannot be read. */
static json_t *row_json(const struct wf_row_name *name, const struct wf_buf *row)
{
	if (name->kind == WF_ROW_HISTORY)
		return record_json(row);
	struct wf_instance *in = wf_instance_new(0);
	struct wf_step_state s = {0};
	struct wf_var v = {0};
	json_t *o = NULL;
	if (name->kind == WF_ROW_STEP) {
		/* By itself: how many steps there are is in another row. */
		in->step_count = 1;
		in->steps = wf_calloc(1, sizeof(s));
		if (!wf_row_get_step(row->data, row->len, &in->steps[0]))
			o = step_json(&in->steps[0]);
	} else if (name->kind == WF_ROW_VAR) {
		if (!wf_row_get_var(row->data, row->len, &v)) {
			o = json_object();
			set_text(o, "name", v.name);
			set_value(o, "value", v.value);
		}
		wf_free(v.name);
		json_decref(v.value);
	} else if (!wf_row_decode(in, name, row)) {
		if (name->kind == WF_ROW_IDENTITY)
			o = identity_json(in);
		else if (name->kind == WF_ROW_HEADER)
			o = header_json(in);
		else
			o = json_object();
		if (name->kind == WF_ROW_INPUT) {
			set_value(o, "input", in->input);
			set_value(o, "event", in->event);
		}
	}
	wf_instance_free(in);
	return o;
}

/* -- the tables -- */

struct dumper {
	struct wf_txn *txn;
	bool (*fn)(void *, json_t *);
	void *arg;
	bool stopped;
	struct wf_cause cause;
};

static void give(struct dumper *d, const char *kind, json_t *key, json_t *value, const char *wrong)
{
	json_t *record = json_object();
	set_text(record, "kind", kind);
	set(record, "key", key);
	if (value)
		set(record, "value", value);
	else if (wrong)
		set_text(record, "error", wrong);
	d->stopped = !d->fn(d->arg, record);
	json_decref(record);
}

static json_t *hex_key(const struct wf_cursor *at)
{
	char hex[2 * WF_MAX_KEY + 1];
	wf_hex(at->key, at->key_n, hex);
	return json_string(hex);
}

static void dump_row(struct dumper *d, const struct wf_cursor *at, const struct wf_buf *plain)
{
	static const char *const kinds[WF_ROW_KIND_COUNT_] = {
		"identity", "input", "header", "step", "variable", "history"};
	struct wf_row_name name;
	if (!wf_row_key_parse(at->key, at->key_n, &name)) {
		give(d, "unknown", hex_key(at), NULL, "no row has this key");
		return;
	}
	json_t *key = json_pack("{s:I}", "instance", (json_int_t)name.number);
	if (name.kind >= WF_ROW_STEP)
		set(key, "sub", json_integer(name.sub));
	json_t *value = plain ? row_json(&name, plain) : NULL;
	give(d, kinds[name.kind], key, value, plain ? "the row cannot be read" : d->cause.text);
}

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
	set(o, "enabled", json_boolean(d->enabled));
	return o;
}

static void dump_meta(struct dumper *d, const struct wf_cursor *at, const struct wf_buf *plain)
{
	const char *wrong = plain ? "the record cannot be read" : d->cause.text;
	struct wf_counts counts;
	struct wf_definition def;
	json_t *value = NULL;
	switch (at->key[0]) {
	case WF_META_COUNTS:
		if (plain && !wf_counts_get(plain->data, plain->len, &counts))
			value = counts_json(&counts);
		give(d, "counts", hex_key(at), value, wrong);
		return;
	case WF_META_PLAN:
		if (plain) {
			value = json_object();
			set(value, "bytes", json_integer((json_int_t)plain->len));
			set_hex(value, "hex", (const uint8_t *)plain->data, plain->len);
		}
		give(d, "plan", hex_key(at), value, wrong);
		return;
	case WF_META_DEFINITION:
		if (plain && !wf_definition_get(plain->data, plain->len, &def)) {
			value = definition_json(&def);
			wf_definition_done(&def);
		}
		give(d, "definition", hex_key(at), value, wrong);
		return;
	default:
		give(d, "unknown", hex_key(at), NULL, wrong);
	}
}

static void dump_header(struct dumper *d, const struct wf_cursor *at)
{
	const struct wf_journal *j = d->txn->journal;
	json_t *value = json_object();
	char id[WF_UUID_TEXT];
	wf_uuid_text(&j->id, id);
	set(value, "format", json_integer(WF_JOURNAL_FORMAT));
	set_text(value, "environment_id", id);
	set_time(value, "created_at", j->created_at);
	give(d, "journal", hex_key(at), value, NULL);
}

static void dump_record(struct dumper *d, const struct wf_cursor *at, struct wf_buf *plain)
{
	if (at->table == WF_TABLE_INDEX) {
		give(d, "index", hex_key(at), NULL, NULL);
		return;
	}
	if (at->table == WF_TABLE_META && at->key_n == 1 && at->key[0] == WF_META_HEADER) {
		dump_header(d, at);
		return;
	}
	wf_buf_reset(plain);
	bool opened = wf_txn_open_at(d->txn, at, plain) == 0;
	d->txn->err = 0; /* what cannot be opened is said in its place */
	if (at->table == WF_TABLE_META)
		dump_meta(d, at, opened ? plain : NULL);
	else
		dump_row(d, at, opened ? plain : NULL);
}

static int dump_all(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct dumper *d = arg;
	d->txn = t;
	t->cause = &d->cause;
	WF_AUTOBUF struct wf_buf plain = {0};
	for (unsigned table = 0; table < WF_TABLE_COUNT_ && !d->stopped; table++) {
		struct wf_cursor at;
		int rc = wf_cursor_open(t->store, (enum wf_table)table, &at, cause);
		if (rc)
			return rc;
		rc = wf_cursor_seek(&at, NULL, 0, cause);
		while (!rc && !d->stopped) {
			dump_record(d, &at, &plain);
			rc = wf_cursor_next(&at, cause);
		}
		wf_cursor_close(&at);
		if (rc && rc != WF_ENOENT)
			return rc;
	}
	return 0;
}

int wf_journal_dump(struct wf_journal *j, bool (*fn)(void *arg, json_t *record), void *arg,
	struct wf_cause *cause)
{
	struct dumper d = {.fn = fn, .arg = arg};
	return wf_journal_view(j, dump_all, &d, cause);
}
