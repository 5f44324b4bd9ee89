/* What starts instances, and how many of them go on at once. */
#include "model/read.h"

#include "base/limits.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* -- triggers -- */

static const char *const kinds[] = {"event", "http", "schedule", "manual"};

/* The start's input made by an expression; `type` is its language, which may be called that too. */
static void read_transform(struct wf_read *r, const struct wf_pair *pair, struct wf_model_trigger *t)
{
	static const char *const keys[] = {"type", "language", "expression"};
	const struct wf_node *map = pair->value;
	const struct wf_pair *again = wf_node_pair(map, "language");

	if (t->input_node)
		WF_FIND(r, KEY_CONFLICT, pair->key_span,
			"`input` makes the start's input already, and `transform` would make it again");
	if (!WF_READ_KEYS(r, map, "`transform`", keys))
		return;
	if (again && wf_node_get(map, "type"))
		WF_FIND(r, KEY_CONFLICT, again->key_span, "`type` says the language already");
	const char *key = again ? "language" : "type";
	size_t language = wf_node_get(map, key) ? wf_read_word(r, map, key, wf_read_languages,
							  WF_READ_LANGUAGES, WF_READ_LANGUAGES)
						: 0;
	if (language == WF_READ_LANGUAGES)
		return;
	if (wf_read_lacks(r, map, "expression"))
		WF_FIND(r, MISSING_KEY, map->span, "`transform` has no `expression`");
	else if (language > 0)
		t->query = wf_read_query(r, map, "expression", (enum wf_query_language)(language - 1));
	else
		t->made = wf_read_predicate(r, map, "expression");
}

static void read_event(struct wf_read *r, const struct wf_node *map, struct wf_model_trigger *t)
{
	static const char *const keys[] = {"type", "description", "name", "when", "input", "transform"};
	const struct wf_pair *transform = wf_node_pair(map, "transform");

	WF_READ_KEYS(r, map, "an event trigger", keys);
	if (wf_read_lacks(r, map, "name"))
		WF_FIND(r, MISSING_KEY, map->span, "the trigger has no `name` of an event");
	(void)wf_read_kind(r, map, "name", WF_NODE_STRING);
	t->when = wf_read_predicate(r, map, "when");
	t->input = wf_read_tree(r, t->input_node);
	if (transform)
		read_transform(r, transform, t);
}

static void read_http(struct wf_read *r, const struct wf_node *map)
{
	static const char *const keys[] = {"type", "description", "path"};
	const struct wf_pair *type = wf_node_pair(map, "type");

	WF_READ_KEYS(r, map, "an http trigger", keys);
	(void)wf_read_kind(r, map, "path", WF_NODE_STRING);
	WF_FIND(r, KEPT_NOT_RUN, type->value->span,
		"the http trigger is kept, but nothing serves it yet: start with `wfctl run`");
}

/* What of a schedule is text; the check looks into it. */
static void read_schedule_texts(struct wf_read *r, const struct wf_node *map)
{
	static const char *const texts[] = {"cron", "interval", "at", "timezone", "start", "end"};
	static const char *const missed[] = {"skip", "catch_up", "backfill"};
	static const char *const overlap[] = {"queue", "skip", "replace", "allow"};
	static const char *const jitter[] = {"jitter"}, *const grace[] = {"grace"};
	const struct wf_node *node;
	int64_t limit;
	bool enabled;

	for (size_t i = 0; i < COUNT(texts); i++)
		(void)wf_read_kind(r, map, texts[i], WF_NODE_STRING);
	(void)wf_read_word(r, map, "missed", missed, COUNT(missed), 0);
	(void)wf_read_word(r, map, "overlap", overlap, COUNT(overlap), 0);
	(void)wf_read_millis(r, map, jitter, 1, 0, &node);
	(void)wf_read_millis(r, map, grace, 1, 0, &node);
	(void)wf_read_int(r, map, "backfill_limit", 1, 10000, &limit);
	(void)wf_read_bool(r, map, "enabled", &enabled);
}

static void read_dst(struct wf_read *r, const struct wf_node *dst)
{
	static const char *const keys[] = {"gap", "overlap"};
	static const char *const gap[] = {"shift", "skip"};
	static const char *const overlap[] = {"first", "last", "both"};

	if (!WF_READ_KEYS(r, dst, "`dst`", keys))
		return;
	(void)wf_read_word(r, dst, "gap", gap, COUNT(gap), 0);
	(void)wf_read_word(r, dst, "overlap", overlap, COUNT(overlap), 0);
}

static void read_one_timetable(struct wf_read *r, const struct wf_node *map)
{
	static const char *const names[] = {"cron", "interval", "at"};
	const char *first = NULL;

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct wf_pair *pair = wf_node_pair(map, names[i]);

		if (pair && first)
			WF_FIND(r, KEY_CONFLICT, pair->key_span,
				"a schedule has one of `cron`, `interval` and `at`, and here is `%s`",
				first);
		if (pair && !first)
			first = names[i];
	}
	if (!first && wf_read_lacks(r, map, "cron") && wf_read_lacks(r, map, "interval") && wf_read_lacks(r, map, "at"))
		WF_FIND(r, MISSING_KEY, map->span,
			"the schedule has none of `cron`, `interval` and `at`");
}

static void read_schedule(struct wf_read *r, const struct wf_node *map, struct wf_model_trigger *t)
{
	static const char *const keys[] = {"type", "description", "id", "cron", "interval", "at", "timezone", "dst",
		"jitter", "start", "end", "missed", "grace", "backfill_limit", "overlap", "input",
		"enabled"};
	const struct wf_node *dst = wf_node_get(map, "dst");

	WF_READ_KEYS(r, map, "a schedule", keys);
	read_one_timetable(r, map);
	read_schedule_texts(r, map);
	if (dst)
		read_dst(r, dst);
	t->id = wf_read_string(r, map, "id");
	if (t->id && !wf_read_valid_id(t->id, true))
		WF_FIND(r, ID_INVALID, wf_node_get(map, "id")->span,
			"`%s` cannot be a schedule's id", t->id);
	if (t->input_node) {
		(void)wf_read_kind(r, map, "input", WF_NODE_MAP);
		wf_read_no_templates(r, t->input_node, "the input of a schedule", NULL);
	}
}

/* Its keys may be those of any kind. */
static void lack_type(struct wf_read *r, const struct wf_node *map)
{
	static const char *const keys[] = {"type", "description", "name", "when", "input", "transform", "path",
		"id", "cron", "interval", "at", "timezone", "dst", "jitter", "start", "end", "missed", "grace",
		"backfill_limit", "overlap", "enabled"};

	WF_READ_KEYS(r, map, "a trigger", keys);
	/* a taskflow pattern says that it is an event's */
	bool pattern = strcmp(r->model->dialect, "taskflow") == 0 && !wf_read_lacks(r, map, "name");
	if (!pattern && wf_read_lacks(r, map, "type"))
		WF_FIND(r, MISSING_KEY, map->span, "the trigger has no `type`");
}

static void read_trigger(struct wf_read *r, const struct wf_node *map, struct wf_model_trigger *t)
{
	static const char *const manual[] = {"type", "description"};
	size_t errors = r->diags->errors;

	*t = (struct wf_model_trigger){.kind = WF_TRIGGER_UNKNOWN, .node = map};
	if (map->kind != WF_NODE_MAP) {
		WF_FIND(r, WRONG_TYPE, map->span, "a trigger must be a map, here is %s",
			wf_read_kind_phrase(map));
		return;
	}
	if (!wf_node_get(map, "type"))
		lack_type(r, map);
	t->kind = (enum wf_trigger_kind)wf_read_word(
		r, map, "type", kinds, COUNT(kinds), WF_TRIGGER_UNKNOWN);
	(void)wf_read_string(r, map, "description");
	t->input_node = wf_node_get(map, "input");
	if (t->kind == WF_TRIGGER_EVENT)
		read_event(r, map, t);
	else if (t->kind == WF_TRIGGER_HTTP)
		read_http(r, map);
	else if (t->kind == WF_TRIGGER_SCHEDULE)
		read_schedule(r, map, t);
	else if (t->kind == WF_TRIGGER_MANUAL)
		WF_READ_KEYS(r, map, "a manual trigger", manual);
	t->wrong = r->diags->errors != errors;
}

void wf_read_triggers(struct wf_read *r, const struct wf_node *workflow)
{
	const struct wf_node *list = wf_read_kind(r, workflow, "triggers", WF_NODE_LIST);
	struct wf_model *m = r->model;

	if (!list)
		return;
	json_object_set_new(m->extra, "triggers", wf_node_json(list));
	m->triggers = WF_ARENA_ARRAY(r->arena, struct wf_model_trigger, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++)
		read_trigger(r, list->list.items[i], &m->triggers[m->trigger_count++]);
}

/* -- concurrency -- */

#define MAX_INSTANCES 1000000

static void read_slots(struct wf_read *r, const struct wf_node *map)
{
	static const char *const conflicts[] = {"queue", "reject", "replace"};
	const struct wf_node *key = wf_read_kind(r, map, "key", WF_NODE_STRING);
	const struct wf_pair *limit_pair = wf_node_pair(map, "limit");
	struct wf_expr_site site = {r->source, key, 0};
	int64_t limit = 1, most = 0;
	size_t conflict = wf_read_word(r, map, "on_conflict", conflicts, COUNT(conflicts), 0);
	json_t *kept = json_object();

	(void)wf_read_int(r, map, "limit", 1, MAX_INSTANCES, &limit);
	(void)wf_read_int(r, map, "max_in_flight", 1, MAX_INSTANCES, &most);
	if (limit_pair && !wf_node_get(map, "key"))
		wf_diag_hint(WF_FIND(r, KEY_MISPLACED, limit_pair->key_span,
				     "`limit` counts the instances of one `key`"),
			"for all instances of the workflow write `max_in_flight`");
	if (!limit_pair && wf_read_lacks(r, map, "key") && wf_read_lacks(r, map, "max_in_flight"))
		WF_FIND(r, MISSING_KEY, map->span,
			"`concurrency` has neither `key` nor `max_in_flight`");
	if (key) {
		r->model->slot_key = (struct wf_model_expr){key,
			wf_expr_parse_template(r->model->exprs, key->string.text, key->string.len,
				&site, r->diags)};
		json_object_set_new(kept, "limit", json_integer(limit));
	}
	if (most)
		json_object_set_new(kept, "max_in_flight", json_integer(most));
	json_object_set_new(kept, "on_conflict", json_string(conflicts[conflict]));
	json_object_set_new(r->model->extra, "concurrency", kept);
}

void wf_read_concurrency(struct wf_read *r, const struct wf_node *workflow)
{
	static const char *const keys[] = {"key", "limit", "on_conflict", "max_in_flight", "steps"};
	const struct wf_node *map = wf_node_get(workflow, "concurrency");
	const struct wf_pair *steps = wf_node_pair(map, "steps");
	int64_t at_once;

	if (!map || !WF_READ_KEYS(r, map, "`concurrency`", keys))
		return;
	r->model->concurrency_node = map;
	if (wf_read_int(r, map, "steps", 1, WF_MAX_LANES, &at_once))
		r->model->side_by_side = (uint32_t)at_once;
	if (!steps || map->map.count > 1)
		read_slots(r, map);
}
