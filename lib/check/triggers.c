/* Triggers: timetables that cannot be meant, names of events, inputs that the workflow refuses. */
#include "base/duration.h"
#include "base/limits.h"
#include "base/timetable.h"
#include "check/internal.h"
#include "schema/schema.h"

#include <string.h>

/* A schedule in hand. */
struct times {
	struct wf_checker *c;
	const struct wf_node *map;
	bool wrong; /* there is a finding: what follows from it need not be said */
};

static const struct wf_node *text_node(const struct wf_node *map, const char *key)
{
	const struct wf_node *node = wf_node_get(map, key);

	return node && node->kind == WF_NODE_STRING ? node : NULL;
}

static struct wf_span byte_span(const struct wf_checker *c, const struct wf_node *node, size_t at)
{
	size_t len = node->string.len;
	return at < len ? wf_node_span_within(c->model->source, node, at, at + 1) : node->span;
}

static void read_zone(struct times *t)
{
	const struct wf_node *node = text_node(t->map, "timezone");
	struct wf_zone *zone = NULL;
	struct wf_cause cause = {0};

	if (!node || wf_zone_open(NULL, node->string.text, &zone, &cause) == 0) {
		wf_zone_free(zone);
		return;
	}
	struct wf_diag *d = WF_FIND(t->c, ZONE_UNKNOWN, node->span, "%s", cause.text);
	if (*cause.hint)
		wf_diag_hint(d, "%s", cause.hint);
	t->wrong = true;
}

static void read_cron(struct times *t)
{
	const struct wf_node *node = text_node(t->map, "cron");
	struct wf_cause cause = {0};
	struct wf_cron cron;
	size_t at = 0;

	if (!node)
		return;
	int rc = wf_cron_parse(node->string.text, node->string.len, &cron, &at, &cause);
	t->wrong = t->wrong || rc;
	if (rc == WF_EINVAL)
		(void)WF_FIND(t->c, CRON_NEVER, node->span, "%s", cause.text);
	else if (rc)
		(void)WF_FIND(t->c, CRON_INVALID, byte_span(t->c, node, at), "%s", cause.text);
}

static void read_interval(struct times *t)
{
	const struct wf_node *node = text_node(t->map, "interval");
	struct wf_cause cause = {0};
	struct wf_interval interval;
	size_t at = 0;

	if (!node)
		return;
	int rc = wf_interval_parse(node->string.text, node->string.len, &interval, &at, &cause);
	t->wrong = t->wrong || rc;
	if (rc)
		wf_diag_hint(WF_FIND(t->c, INTERVAL_INVALID, byte_span(t->c, node, at), "%s",
				     cause.text),
			"write it like R/PT15M or R/2026-01-01T06:00:00/P1D");
}

/* A time with an offset, or the zone's local time without one. */
static void read_time(struct times *t, const char *key)
{
	const struct wf_node *node = text_node(t->map, key);
	bool local;
	int64_t ms;

	if (!node || wf_timetable_time(node->string.text, node->string.len, &local, &ms) == 0)
		return;
	wf_diag_hint(WF_FIND(t->c, TIME_INVALID, node->span, "`%s` is no time that exists",
			     node->string.text),
		"write it like 2026-12-24 or 2026-12-24T18:00:00, the schedule's local time, or with an offset or Z");
	t->wrong = true;
}

/* What only the whole can tell: bounds that leave nothing, spans that are too long. */
static void check_whole(struct times *t)
{
	json_t *spec = wf_node_json(t->map);
	struct wf_timetable whole = {0};
	struct wf_cause cause = {0};
	const char *member = "cron";

	if (wf_timetable_parse(spec, &whole, &member, &cause) == 0) {
		wf_timetable_done(&whole);
		json_decref(spec);
		return;
	}
	const struct wf_node *node = wf_node_get(t->map, member);
	const char *colon = strstr(cause.text, ": ");
	const char *text = colon && strncmp(cause.text, member, strlen(member)) == 0 ? colon + 2
										       : cause.text;
	if (node && text != cause.text && strcmp(member, "end") == 0)
		WF_FIND(t->c, TIME_INVALID, node->span, "the end is before the start");
	else if (node && text != cause.text)
		WF_FIND(t->c, WRONG_VALUE, node->span, "`%s`: %s", member, text);
	else
		WF_FIND(t->c, SCHEDULE_NEVER, t->map->span, "%s", text);
	json_decref(spec);
}

static void check_schedule(struct wf_checker *c, const struct wf_model_trigger *trigger)
{
	struct times t = {.c = c, .map = trigger->node, .wrong = trigger->wrong};

	read_zone(&t);
	read_cron(&t);
	read_interval(&t);
	read_time(&t, "at");
	read_time(&t, "start");
	read_time(&t, "end");
	if (!t.wrong)
		check_whole(&t);
}

/* Schedules are told apart by their ids; those without one are numbered. */
static void check_ids(struct wf_checker *c)
{
	const struct wf_model *m = c->model;
	json_t *lines = json_object();

	for (uint32_t i = 0; i < m->trigger_count; i++) {
		const struct wf_model_trigger *t = &m->triggers[i];
		const json_t *line = t->id ? json_object_get(lines, t->id) : NULL;

		if (line)
			WF_FIND(c, TRIGGER_DUPLICATE, wf_node_get(t->node, "id")->span,
				"the id `%s` is taken by the schedule in line %d", t->id,
				(int)json_integer_value(line));
		else if (t->id)
			json_object_set_new(lines, t->id, json_integer(t->node->span.line));
	}
	json_decref(lines);
}

/* -- names of events -- */

void wf_check_event_name(struct wf_checker *c, const struct wf_node *node, const char *name,
	bool pattern)
{
	const char *wrong = NULL;
	size_t n = strlen(name);

	if (n == 0 || n > WF_MAX_ID)
		wrong = "it has from 1 to 255 bytes";
	for (const char *p = name; *p && !wrong; p++) {
		bool first = p == name || p[-1] == '.', last = p[1] == '\0' || p[1] == '.';

		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			wrong = "it has no blanks and no control characters";
		else if (*p == '.' && (first || p[1] == '\0'))
			wrong = "a part between its dots is empty";
		else if (*p == '*' && !pattern)
			wrong = "only a trigger's name is a pattern";
		else if (*p == '*' && !(first && last))
			wrong = "`*` stands for a whole part between dots";
	}
	if (wrong)
		WF_FIND(c, EVENT_NAME, node->span, "`%s` cannot be the name of an event: %s", name,
			wrong);
}

/* -- inputs that are written out -- */

/* What the workflow's schema says to a value; defaults are put in before it is asked. */
static void check_input(struct wf_checker *c, const struct wf_node *node, const json_t *value,
	struct wf_span span)
{
	static const struct wf_schema_options options = {.assert_formats = true};
	struct wf_schema_issues issues = {0};
	struct wf_schema *schema = NULL;
	if (!c->model->input_schema ||
		wf_schema_new(c->model->input_schema, &options, &schema, NULL) < 0)
		return;
	json_t *input = json_deep_copy(value);
	wf_schema_apply_defaults(schema, input);
	if (!wf_schema_valid(schema, input, &issues) && issues.count) {
		const struct wf_schema_issue *issue = &issues.items[0];
		const struct wf_node *at =
			node ? wf_node_at_pointer(node, issue->instance, NULL) : NULL;
		WF_AUTOFREE char *text = wf_schema_issue_text(issue);

		WF_FIND(c, TRIGGER_INPUT, at ? at->span : span,
			"the workflow refuses this input: %s", text);
	}
	wf_schema_issues_done(&issues);
	json_decref(input);
	wf_schema_free(schema);
}

static void check_trigger(struct wf_checker *c, const struct wf_model_trigger *t)
{
	const struct wf_node *name = text_node(t->node, "name");
	json_t *value = NULL;

	if (t->kind == WF_TRIGGER_SCHEDULE) {
		check_schedule(c, t);
		value = t->input_node ? wf_node_json(t->input_node) : json_object();
	}
	if (t->kind == WF_TRIGGER_EVENT) {
		if (name)
			wf_check_event_name(c, name, name->string.text, true);
		if (t->input.tree)
			value = wf_check_literal(wf_expr_tree_root(t->input.tree));
	}
	if (value && (!t->input_node || t->input_node->kind == WF_NODE_MAP))
		check_input(c, t->input_node, value, t->node->span);
	json_decref(value);
}

void wf_check_triggers(struct wf_checker *c)
{
	for (uint32_t i = 0; i < c->model->trigger_count; i++)
		check_trigger(c, &c->model->triggers[i]);
	check_ids(c);
}
