/* Triggers: timetables that cannot be meant, names of events, inputs that the workflow refuses. */
#include "base/cron.h"
#include "base/duration.h"
#include "base/interval.h"
#include "base/limits.h"
#include "check/internal.h"
#include "schema/schema.h"

#include <string.h>

/* What of a schedule could be read. */
struct times {
	struct wf_checker *c;
	const struct wf_node *map;
	struct wf_zone *zone;
	struct wf_cron cron;
	struct wf_interval interval;
	bool has_cron, has_interval, has_at, has_start, has_end;
	int64_t at, start, end; /* instants */
	bool wrong;             /* there is a finding: what follows from it need not be said */
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
	struct wf_cause cause = {0};

	if (!node || wf_zone_open(NULL, node->string.text, &t->zone, &cause) == 0)
		return;
	struct wf_diag *d = WF_FIND(t->c, ZONE_UNKNOWN, node->span, "%s", cause.text);
	if (*cause.hint)
		wf_diag_hint(d, "%s", cause.hint);
	t->wrong = true;
}

static void read_cron(struct times *t)
{
	const struct wf_node *node = text_node(t->map, "cron");
	struct wf_cause cause = {0};
	size_t at = 0;

	if (!node)
		return;
	int rc = wf_cron_parse(node->string.text, node->string.len, &t->cron, &at, &cause);
	t->has_cron = rc == 0;
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
	size_t at = 0;

	if (!node)
		return;
	int rc = wf_interval_parse(node->string.text, node->string.len, &t->interval, &at, &cause);
	t->has_interval = rc == 0;
	t->wrong = t->wrong || rc;
	if (rc)
		wf_diag_hint(WF_FIND(t->c, INTERVAL_INVALID, byte_span(t->c, node, at), "%s",
				     cause.text),
			"write it like R/PT15M or R/2026-01-01T06:00:00/P1D");
}

/* Local time in milliseconds to the instant at which a clock of the zone first shows it; in a gap the
 * gap's end. */
static int64_t instant_of(const struct times *t, int64_t ms)
{
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);
	struct wf_zone_instants at;

	wf_zone_instants(t->zone, seconds, &at);
	return (at.count ? at.at[0] : at.gap_end) * 1000 + (at.count ? ms - seconds * 1000 : 0);
}

/* A time with an offset, or the zone's local time without one. */
static bool read_time(struct times *t, const char *key, int64_t *ret)
{
	const struct wf_node *node = text_node(t->map, key);

	if (!node || wf_time_parse(node->string.text, node->string.len, ret) == 0)
		return node != NULL;
	WF_AUTOFREE char *utc = wf_asprintf("%sZ", node->string.text);
	if (wf_time_parse(utc, strlen(utc), ret) == 0) {
		*ret = instant_of(t, *ret);
		return true;
	}
	wf_diag_hint(WF_FIND(t->c, TIME_INVALID, node->span, "`%s` is no time that exists",
			     node->string.text),
		"write it like 2026-12-24T18:00:00, the schedule's local time, or with an offset or Z");
	t->wrong = true;
	return false;
}

static struct wf_dst_policy policy_of(const struct wf_node *map)
{
	const struct wf_node *dst = wf_node_get(map, "dst"), *gap = text_node(dst, "gap");
	struct wf_dst_policy policy = {0};

	if (gap && strcmp(gap->string.text, "skip") == 0)
		policy.gap = WF_GAP_SKIP;
	return policy;
}

/* Whether anything at all falls between the bounds. */
static void check_window(struct times *t)
{
	struct wf_dst_policy policy = policy_of(t->map);
	int64_t from = t->has_start ? t->start : t->has_cron ? 0 : INT64_MIN;
	struct wf_firing firing = {.ms = t->at};
	int rc = 0;

	if (t->has_start && t->has_end && t->end < t->start) {
		WF_FIND(t->c, TIME_INVALID, wf_node_get(t->map, "end")->span,
			"the end is before the start");
		return;
	}
	if (t->has_cron)
		rc = wf_cron_next(&t->cron, t->zone, policy, from, true, &firing);
	else if (t->has_interval && t->interval.has_start)
		rc = wf_interval_next(&t->interval, t->zone, policy, from, true, &firing);
	else if (!t->has_at)
		return;
	if (rc == 0 && (!t->has_end || firing.ms <= t->end) && firing.ms >= from)
		return;
	WF_FIND(t->c, SCHEDULE_NEVER, t->map->span,
		t->has_start || t->has_end ? "nothing falls between the schedule's start and end"
					   : "its time always falls into a gap that is skipped");
}

static void check_schedule(struct wf_checker *c, const struct wf_node *map)
{
	struct times t = {.c = c, .map = map};

	read_zone(&t);
	read_cron(&t);
	read_interval(&t);
	t.has_at = read_time(&t, "at", &t.at);
	t.has_start = read_time(&t, "start", &t.start);
	t.has_end = read_time(&t, "end", &t.end);
	if (!t.wrong)
		check_window(&t);
	wf_zone_free(t.zone);
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
		check_schedule(c, t->node);
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
