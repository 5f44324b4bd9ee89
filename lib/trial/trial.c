/* A case from its beginning to its report. */
#include "trial/internal.h"

#include "base/duration.h"
#include "base/json.h"
#include "schema/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STANDARD_START INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

int wf_trial_new(const struct wf_plan *plan, struct wf_trial **ret, struct wf_cause *cause)
{
	struct wf_schema_options options = { .assert_formats = true };
	struct wf_schema *schema = NULL;
	if (plan->input_schema != WF_NONE) {
		int rc = wf_schema_new(plan->consts[plan->input_schema], &options, &schema, cause);
		if (rc)
			return rc;
	}
	struct wf_trial *t = wf_calloc(1, sizeof(*t));
	t->plan = plan;
	t->input_schema = schema;
	t->executed = wf_calloc((size_t)plan->code_count + 1, sizeof(*t->executed));
	t->ran = wf_calloc((size_t)plan->step_count + 1, sizeof(*t->ran));
	*ret = t;
	return 0;
}

void wf_trial_free(struct wf_trial *t)
{
	if (!t)
		return;
	wf_schema_free(t->input_schema);
	wf_free(t->executed);
	wf_free(t->ran);
	wf_free(t);
}

void trial_fail(struct trial_case *c, const char *path, const char *fmt, ...)
{
	char text[1024];
	const json_t *said;
	size_t i;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_array_foreach(c->failures, i, said)
		if (strcmp(json_string_value(json_object_get(said, "message")), text) == 0 &&
			strcmp(json_string_value(json_object_get(said, "path")), path) == 0)
			return; /* of an earlier attempt with the same mock */
	json_t *message = json_string(text); /* NULL where a character was cut in two */
	(void)json_array_append_new(c->failures, json_pack("{s:s, s:o}", "path", path, "message",
		message ? message : json_string(fmt)));
}

/* -- the instance -- */

/* An id that the case's seed gives: the same in every run. */
static struct wf_uuid derived_uuid(uint64_t seed)
{
	struct wf_uuid id;
	for (size_t i = 0; i < sizeof(id.bytes); i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		id.bytes[i] = (uint8_t)(seed >> 33);
	}
	id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x70);
	id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
	return id;
}

static char *text_or(const json_t *spec, const char *key, const char *standard)
{
	const char *text = json_string_value(json_object_get(spec, key));
	return wf_strdup(text ? text : standard);
}

static struct wf_instance *new_instance(const struct trial_case *c)
{
	const struct wf_plan *plan = c->plan;
	struct wf_instance *in = wf_instance_new(plan->step_count);
	const char *version = wf_plan_string(plan, plan->version);
	in->number = 1;
	in->created_at = c->start;
	in->uuid = derived_uuid(c->random);
	memcpy(in->plan_id, plan->id, WF_HASH_SIZE);
	in->workflow = wf_strdup(wf_plan_string(plan, plan->workflow));
	in->version = version ? wf_strdup(version) : NULL;
	in->tenant = wf_strdup("default");
	in->environment = wf_strdup("default");
	in->started_by = text_or(c->spec, "started_by", "tester");
	in->os_user = wf_strdup("tester");
	json_t *event = json_object_get(c->spec, "event");
	in->event = event ? json_deep_copy(event) : NULL;
	json_t *input = json_object_get(c->spec, "input");
	in->input = input ? json_deep_copy(input) : json_object();
	in->connections = json_deep_copy(json_object_get(c->spec, "connections"));
	return in;
}

/* Applies the schema's defaults; false when the input breaks it. */
static bool input_good(struct trial_case *c)
{
	struct wf_schema_issues issues = { 0 };
	if (!c->trial->input_schema)
		return true;
	wf_schema_apply_defaults(c->trial->input_schema, c->in->input);
	bool good = wf_schema_valid(c->trial->input_schema, c->in->input, &issues);
	for (size_t i = 0; i < issues.count; i++) {
		WF_AUTOFREE char *text = wf_schema_issue_text(&issues.items[i]);
		WF_AUTOFREE char *path = wf_asprintf("/input%s", issues.items[i].instance);
		trial_fail(c, path, "the input is refused: %s", text);
	}
	wf_schema_issues_done(&issues);
	return good;
}

static void begin(struct trial_case *c, struct wf_trial *t, const json_t *spec)
{
	const json_t *at = json_object_get(spec, "at"), *seed = json_object_get(spec, "random");
	const json_t *until = json_object_get(spec, "until");
	struct wf_duration d;
	*c = (struct trial_case){ .trial = t, .plan = t->plan, .spec = spec };
	c->start = STANDARD_START;
	if (json_is_string(at))
		(void)wf_time_parse(json_string_value(at), json_string_length(at), &c->start);
	c->now = c->start;
	c->until = INT64_MAX;
	if (json_is_string(until) && !wf_duration_parse(json_string_value(until),
					     json_string_length(until), false, &d))
		c->until = wf_duration_add(c->start, &d);
	c->random = json_is_integer(seed) ? (uint64_t)json_integer_value(seed) : 1;
	c->answered = wf_calloc((size_t)t->plan->step_count + 1, sizeof(*c->answered));
	c->performed = json_object();
	c->order = json_array();
	c->undone = json_array();
	c->calls = json_object();
	c->inbox = json_array();
	c->inbox_items = json_array();
	c->failures = json_array();
	c->trace.executed = t->executed;
	c->turn.trace = &c->trace;
	c->in = new_instance(c);
}

static void end(struct trial_case *c)
{
	for (size_t i = 0; i < c->pending_count; i++)
		json_decref(c->pending[i].data);
	wf_free(c->pending);
	wf_free(c->answered);
	json_decref(c->performed);
	json_decref(c->order);
	json_decref(c->undone);
	json_decref(c->calls);
	json_decref(c->inbox);
	json_decref(c->inbox_items);
	json_decref(c->failures);
	wf_free(c->trace.begun);
	wf_turn_done(&c->turn);
	wf_instance_free(c->in);
}

json_t *wf_trial_run(struct wf_trial *t, const json_t *test)
{
	struct trial_case c;
	begin(&c, t, test);
	if (input_good(&c)) {
		trial_play(&c);
		trial_expect(&c);
	}
	const char *name = json_string_value(json_object_get(test, "name"));
	json_t *report = json_pack("{s:s, s:b, s:O, s:s, s:I, s:O, s:o}", "name", name ? name : "",
		"passed", json_array_size(c.failures) == 0, "failures", c.failures, "status",
		wf_instance_status_name(c.in->status), "took_ms", (json_int_t)(c.now - c.start),
		"order", c.order, "unused", trial_unused_mocks(&c));
	end(&c);
	return report;
}
