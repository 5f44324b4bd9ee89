/* Rows of schedules: made by hand or from a definition's triggers, changed, noted upon. */
#include "sweep/schedule.h"

#include "base/mem.h"
#include "plan/plan.h"
#include "sweep/firing.h"
#include "runtime/input.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_RECENT 20
#define MAX_NAME 128

bool wf_schedule_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= MAX_NAME && *name != '-' && *name != '.' &&
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@") == n &&
		strspn(name, "0123456789") < n;
}

void wf_schedule_note(struct wf_schedule *s, int64_t nominal, int64_t at, const char *outcome,
	uint64_t instance, const char *why)
{
	json_t *o = json_object();

	if (!s->recent)
		s->recent = json_array();
	json_object_set_new(o, "nominal", json_integer(nominal));
	json_object_set_new(o, "at", json_integer(at));
	json_object_set_new(o, "outcome", json_string(outcome));
	if (instance)
		json_object_set_new(o, "instance", json_integer((json_int_t)instance));
	if (why && *why)
		json_object_set_new(o, "why", json_string(why));
	json_array_append_new(s->recent, o);
	while (json_array_size(s->recent) > MAX_RECENT)
		(void)json_array_remove(s->recent, 0);
}

/* Its next firing after `since`, from its spec. */
static int plan_next(struct wf_schedule *s, struct wf_cause *cause)
{
	struct wf_timetable t = { 0 };
	int err = wf_timetable_parse(s->spec, &t, NULL, cause);

	if (err < 0)
		return err;
	wf_firings_next(s, &t, s->since);
	wf_timetable_done(&t);
	return 0;
}

/* -- what it starts -- */

struct versions {
	const char *workflow, *version;
	bool any, found;
};

static bool look_at_version(void *arg, const struct wf_definition *d)
{
	struct versions *v = arg;

	if (strcmp(d->workflow, v->workflow) != 0)
		return true;
	v->any = true;
	if (v->version && d->version && !strcmp(d->version, v->version))
		v->found = true;
	return true;
}

static int no_definition(struct wf_txn *txn, const char *workflow, const char *version,
	struct wf_cause *cause)
{
	struct versions v = { .workflow = workflow, .version = version };
	int err = wf_txn_each_definition(txn, look_at_version, &v);

	if (err < 0)
		return err;
	if (v.any && (!version || v.found)) {
		(void)wf_fail(cause, WF_ECONFLICT, "the workflow %s%s%s is disabled", workflow,
			version ? "@" : "", version ? version : "");
		wf_fail_hint(cause, "wfctl workflow enable %s", workflow);
		return WF_ECONFLICT;
	}
	(void)wf_fail(cause, WF_ENOENT, "there is no workflow %s%s%s", workflow, version ? "@" : "",
		version ? version : "");
	if (strchr(workflow, '/') || strchr(workflow, '.'))
		wf_fail_hint(cause, "a schedule starts what is registered, by its name: wfctl register FILE");
	else
		wf_fail_hint(cause, "wfctl workflow ls lists what is registered");
	return WF_ENOENT;
}

int wf_schedule_definition(struct wf_txn *txn, const char *workflow, const char *version,
	struct wf_definition *ret, struct wf_cause *cause)
{
	struct wf_definition d = { 0 };
	int err = wf_txn_get_definition(txn, workflow, version, &d);

	if (err == WF_ENOENT)
		return no_definition(txn, workflow, version, cause);
	if (err == 0 && !d.enabled) {
		wf_definition_done(&d);
		return no_definition(txn, workflow, version, cause);
	}
	if (err == 0)
		*ret = d;
	return err;
}

int wf_schedule_startable(struct wf_txn *txn, const struct wf_schedule *s, bool *ret)
{
	struct wf_definition d = { 0 };
	int err = wf_schedule_definition(txn, s->workflow, s->version, &d, NULL);

	if (err < 0 && err != WF_ENOENT && err != WF_ECONFLICT)
		return err;
	*ret = err == 0;
	wf_definition_done(&d);
	return 0;
}

static void put_over(json_t *input, const json_t *over)
{
	json_auto_t *copy = json_is_object(over) ? json_deep_copy(over) : NULL;

	if (copy && json_is_object(input))
		(void)json_object_update_recursive(input, copy);
}

json_t *wf_schedule_input(const struct wf_schedule *s, const json_t *more)
{
	const json_t *given = json_object_get(s->spec, "input");
	json_t *input = given ? json_deep_copy(given) : json_object();

	put_over(input, json_object_get(s->spec, "overrides"));
	put_over(input, more);
	return input;
}

json_t *wf_schedule_slots(const struct wf_schedule *s, enum wf_overlapping overlap)
{
	static const char *const on_conflict[] = { NULL, "queue", "reject", "replace" };
	char name[48];

	if (overlap >= WF_OVERLAPPING_COUNT_ || !on_conflict[overlap])
		return NULL;
	(void)snprintf(name, sizeof(name), "schedule:%" PRIu64, s->id);
	return json_pack("[{s:s, s:i, s:s}]", "name", name, "limit", 1, "on_conflict",
		on_conflict[overlap]);
}

/* Refuses an input that the workflow would refuse at every firing. */
static int check_input(struct wf_txn *txn, const struct wf_schedule *s,
	const struct wf_definition *d, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf bytes = { 0 };
	struct wf_plan *plan = NULL;
	json_auto_t *input = wf_schedule_input(s, NULL);
	json_t *checked = NULL;
	int err = wf_txn_get_plan(txn, d->plan_id, &bytes);

	if (err == 0)
		err = wf_plan_load(bytes.data, bytes.len, &plan, cause);
	if (err == 0)
		err = wf_start_input(plan, input, &checked, cause);
	json_decref(checked);
	wf_plan_free(plan);
	return err;
}

/* -- by hand -- */

static int check_row(struct wf_txn *txn, struct wf_schedule *s, int64_t now, struct wf_cause *cause)
{
	struct wf_definition d = { 0 };
	int err = wf_schedule_definition(txn, s->workflow, s->version, &d, cause);

	if (err < 0)
		return err;
	wf_timetable_anchor(s->spec, now);
	err = check_input(txn, s, &d, cause);
	wf_definition_done(&d);
	s->since = s->updated_at = now;
	if (err == 0)
		err = plan_next(s, cause);
	if (err == 0 && !s->next_nominal) {
		err = wf_fail(cause, WF_EINVAL, "it would never fire: all of its times have passed");
	}
	return err;
}

int wf_schedule_add(struct wf_txn *txn, struct wf_schedule *s, int64_t now, struct wf_cause *cause)
{
	if (!wf_schedule_name_ok(s->name))
		return wf_fail(cause, WF_EINVAL, "\"%.100s\" cannot be the name of a schedule: letters, "
			"digits and _ - . @, not digits alone, %d at most", s->name, MAX_NAME);
	s->id = 0;
	s->created_at = now;
	int err = check_row(txn, s, now, cause);
	if (err == 0)
		err = wf_txn_put_schedule(txn, s);
	if (err == WF_EEXIST)
		return wf_fail(cause, err, "there is a schedule %s already", s->name);
	/* Jitter is drawn by the id, which it has only now. */
	if (err == 0)
		err = plan_next(s, cause);
	return err < 0 ? err : wf_txn_put_schedule(txn, s);
}

int wf_schedule_change(struct wf_txn *txn, struct wf_schedule *s, int64_t now,
	struct wf_cause *cause)
{
	int err = check_row(txn, s, now, cause);

	return err < 0 ? err : wf_txn_put_schedule(txn, s);
}

int wf_schedule_pause(struct wf_txn *txn, struct wf_schedule *s, bool paused, int64_t now,
	struct wf_cause *cause)
{
	int err = 0;

	if (s->paused == paused)
		return 0;
	s->paused = paused;
	s->updated_at = now;
	if (!paused) {
		s->since = now;
		err = plan_next(s, cause);
	}
	return err < 0 ? err : wf_txn_put_schedule(txn, s);
}

/* -- after a hold, or when it is enabled again -- */

struct late {
	const char *workflow;
	uint64_t *ids;
	size_t count, room;
};

/* Whatever is to be looked at later than its nominal time, be it for its jitter. */
static bool keep_late(void *arg, const struct wf_schedule *s)
{
	struct late *l = arg;

	if (s->paused || !s->next_nominal || s->next_at <= s->next_nominal ||
		(l->workflow && strcmp(l->workflow, s->workflow) != 0))
		return true;
	WF_GROW(l->ids, l->count, l->room);
	l->ids[l->count++] = s->id;
	return true;
}

static int bring_back(struct wf_txn *txn, uint64_t id)
{
	struct wf_schedule s = { 0 };
	struct wf_timetable t = { 0 };
	struct wf_cause why = { 0 };
	bool held = false, startable = false;
	int err = wf_txn_get_schedule(txn, id, &s);

	if (err == 0)
		err = wf_txn_is_held(txn, s.workflow, &held);
	if (err == 0)
		err = wf_schedule_startable(txn, &s, &startable);
	/* One whose zone is gone stays put off: the sweep says so. */
	if (err == 0 && !held && startable && wf_timetable_parse(s.spec, &t, NULL, &why) == 0) {
		int64_t due = wf_timetable_due(&t, s.id, s.next_nominal);
		if (due < s.next_at) {
			s.next_at = due;
			err = wf_txn_put_schedule(txn, &s);
		}
	}
	wf_timetable_done(&t);
	wf_schedule_done(&s);
	return err;
}

int wf_schedule_release(struct wf_txn *txn, const char *workflow)
{
	struct late l = { .workflow = workflow };
	int err = wf_txn_each_schedule(txn, keep_late, &l);

	for (size_t i = 0; err == 0 && i < l.count; i++)
		err = bring_back(txn, l.ids[i]);
	wf_free(l.ids);
	return err;
}

/* -- from a definition -- */

/* The schedules of a workflow that came from its definition, by what they are now. */
struct rows {
	const char *workflow;
	struct wf_schedule *items;
	bool *kept;
	size_t count, room, kept_room;
};

static struct wf_schedule copy_row(const struct wf_schedule *s)
{
	struct wf_schedule c = *s;

	c.name = wf_strdup(s->name);
	c.workflow = wf_strdup(s->workflow);
	c.version = s->version ? wf_strdup(s->version) : NULL;
	c.source = s->source ? wf_strdup(s->source) : NULL;
	c.by = s->by ? wf_strdup(s->by) : NULL;
	c.spec = s->spec ? json_deep_copy(s->spec) : NULL;
	c.recent = s->recent ? json_deep_copy(s->recent) : NULL;
	return c;
}

static bool keep_row(void *arg, const struct wf_schedule *s)
{
	struct rows *r = arg;

	if (strcmp(s->workflow, r->workflow) != 0 || !s->source || strcmp(s->source, "definition") != 0)
		return true;
	WF_GROW(r->items, r->count, r->room);
	r->items[r->count++] = copy_row(s);
	return true;
}

static void rows_done(struct rows *r)
{
	for (size_t i = 0; i < r->count; i++)
		wf_schedule_done(&r->items[i]);
	wf_free(r->items);
	wf_free(r->kept);
}

/* What a row keeps of a trigger. */
static json_t *spec_of(const json_t *trigger)
{
	json_t *spec = json_deep_copy(trigger);

	(void)json_object_del(spec, "type");
	(void)json_object_del(spec, "id");
	(void)json_object_del(spec, "enabled");
	return spec;
}

/* Whether a row's spec is that of the trigger, but for what the row alone has. */
static bool same_spec(const json_t *row, const json_t *spec)
{
	json_auto_t *plain = json_deep_copy(row);

	(void)json_object_del(plain, "anchor");
	(void)json_object_del(plain, "overrides");
	return wf_json_equal(plain, spec);
}

static int make_row(struct wf_txn *txn, struct wf_schedule *s, int64_t now, struct wf_cause *cause)
{
	wf_timetable_anchor(s->spec, now);
	s->since = s->updated_at = now;
	int err = s->id ? 0 : wf_txn_put_schedule(txn, s);
	if (err == WF_EEXIST)
		return wf_fail(cause, err, "there is a schedule %s already", s->name);
	if (err == 0)
		err = plan_next(s, cause);
	return err < 0 ? err : wf_txn_put_schedule(txn, s);
}

static int sync_trigger(struct wf_txn *txn, struct rows *rows, const char *name,
	const json_t *trigger, const char *by, int64_t now, struct wf_cause *cause)
{
	json_auto_t *spec = spec_of(trigger);
	bool off = json_is_false(json_object_get(trigger, "enabled"));

	for (size_t i = 0; i < rows->count; i++) {
		struct wf_schedule *s = &rows->items[i];
		if (strcmp(s->name, name) != 0)
			continue;
		rows->kept[i] = true;
		if (same_spec(s->spec, spec))
			return 0;
		json_t *over = json_incref(json_object_get(s->spec, "overrides"));
		json_decref(s->spec);
		s->spec = json_deep_copy(spec);
		if (over)
			json_object_set_new(s->spec, "overrides", over);
		return make_row(txn, s, now, cause);
	}
	struct wf_schedule s = { .name = wf_strdup(name), .workflow = wf_strdup(rows->workflow),
		.spec = json_incref(spec), .source = wf_strdup("definition"),
		.by = by ? wf_strdup(by) : NULL, .paused = off, .created_at = now };
	int err = make_row(txn, &s, now, cause);
	wf_schedule_done(&s);
	return err;
}

/* Brings the rows in line with the triggers; rows that no trigger names are dropped. */
static int sync_rows(struct wf_txn *txn, struct rows *rows, const json_t *triggers, const char *by,
	int64_t now, struct wf_cause *cause)
{
	unsigned nameless = 0;
	int err = 0;

	rows->kept = wf_calloc(rows->count + 1, sizeof(*rows->kept));
	for (size_t i = 0; err == 0 && i < json_array_size(triggers); i++) {
		const json_t *trigger = json_array_get(triggers, i);
		const char *type = json_string_value(json_object_get(trigger, "type"));
		const char *id = json_string_value(json_object_get(trigger, "id"));
		if (!type || strcmp(type, "schedule") != 0)
			continue;
		WF_AUTOFREE char *name = id ? wf_asprintf("%s/%s", rows->workflow, id)
					    : wf_asprintf("%s/%u", rows->workflow, ++nameless);
		err = sync_trigger(txn, rows, name, trigger, by, now, cause);
	}
	for (size_t i = 0; err == 0 && i < rows->count; i++)
		if (!rows->kept[i])
			err = wf_txn_drop_schedule(txn, rows->items[i].id);
	return err;
}

struct newest {
	const char *workflow;
	bool any;
};

static bool is_of(void *arg, const struct wf_definition *d)
{
	struct newest *n = arg;

	n->any |= !strcmp(d->workflow, n->workflow);
	return !n->any;
}

int wf_schedule_sync(struct wf_txn *txn, const char *workflow, const char *by, int64_t now,
	struct wf_cause *cause)
{
	struct rows rows = { .workflow = workflow };
	struct newest any = { .workflow = workflow };
	struct wf_definition d = { 0 };
	int err = wf_txn_get_definition(txn, workflow, NULL, &d);

	/* All versions disabled: the rows stay as they are, and are put off. */
	if (err == WF_ENOENT) {
		err = wf_txn_each_definition(txn, is_of, &any);
		if (err < 0 || any.any)
			return err;
	}
	if (err == 0)
		err = wf_txn_each_schedule(txn, keep_row, &rows);
	if (err == 0)
		err = sync_rows(txn, &rows, d.triggers, by, now, cause);
	wf_definition_done(&d);
	rows_done(&rows);
	return err < 0 ? err : wf_schedule_release(txn, workflow);
}
