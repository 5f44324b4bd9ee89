/*
 * What a case expects, and how what came of it differs.
 *
 *	status, result, waits       words: completed; success; approvals
 *	output, error, vars         compared in part: what an object of the test names must be there and equal,
 *	                            what it does not name may be anything; lists item by item
 *	steps                       {STEP: status or {status, attempts, visits, input, output, error}}
 *	order                       these steps began in this order; others may lie between them
 *	exactly                     these steps began in this order, and no others
 *	not_run                     these steps did not begin
 *	compensated                 these were undone, in this order, and no others
 *	calls                       {STEP: [input …]}: what each of its attempts was asked to do, in part
 *	took, took_at_most          virtual time from the start to the last thing that happened
 */
#include "trial/internal.h"

#include "base/duration.h"
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN 160 /* bytes of a value in a message */

static char *shown(const json_t *value)
{
	char *text = value ? wf_json_text(value) : wf_strdup("nothing");
	if (strlen(text) <= SHOWN)
		return text;
	size_t cut = SHOWN;
	while (cut && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	char *brief = wf_asprintf("%.*s ...", (int)cut, text);
	wf_free(text);
	return brief;
}

static void differ(struct trial_case *c, const char *path, const json_t *wanted, const json_t *got)
{
	WF_AUTOFREE char *want = shown(wanted), *have = shown(got);
	trial_fail(c, path, "expected %s, got %s", want, have);
}

static bool same(const json_t *wanted, const json_t *got)
{
	if (json_is_number(wanted) && json_is_number(got))
		return json_is_integer(wanted) && json_is_integer(got)
			? json_integer_value(wanted) == json_integer_value(got)
			: !(json_number_value(wanted) < json_number_value(got)) &&
				!(json_number_value(wanted) > json_number_value(got));
	return got && json_equal(wanted, got);
}

/* What the test names must be there. */
static void compare(struct trial_case *c, const char *path, json_t *wanted, json_t *got)
{
	const char *key;
	json_t *member;
	if (json_is_object(wanted) && json_is_object(got)) {
		json_object_foreach(wanted, key, member)
		{
			WF_AUTOFREE char *below = wf_asprintf("%s/%s", path, key);
			compare(c, below, member, json_object_get(got, key));
		}
	} else if (json_is_array(wanted) && json_is_array(got) &&
		json_array_size(wanted) == json_array_size(got)) {
		for (size_t i = 0; i < json_array_size(wanted); i++) {
			WF_AUTOFREE char *below = wf_asprintf("%s/%zu", path, i);
			compare(c, below, json_array_get(wanted, i), json_array_get(got, i));
		}
	} else if (!same(wanted, got)) {
		differ(c, path, wanted, got);
	}
}

/* -- the instance -- */

static void compare_new(struct trial_case *c, const char *path, json_t *wanted, json_t *stolen)
{
	compare(c, path, wanted, stolen);
	json_decref(stolen);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : NULL;
}

static void expect_status(struct trial_case *c, json_t *wanted, const char *path)
{
	json_t *error = c->in->error;
	const char *status = wf_instance_status_name(c->in->status);
	if (strcmp(status, json_string_value(wanted)) == 0)
		return;
	const char *type = json_string_value(json_object_get(error, "type"));
	const char *message = json_string_value(json_object_get(error, "message"));
	bool connection = message && strncmp(message, "connection.", strlen("connection.")) == 0;
	bool waits = c->in->status == WF_INST_WAITING && c->in->wait != WF_WAIT_NONE;
	trial_fail(c, path, "expected %s, got %s%s%s%s%s%s%s%s", json_string_value(wanted), status,
		type ? ": " : "", type ? type : "", message ? ": " : "", message ? message : "",
		connection ? " (`connections` of the test says what that is)" : "",
		waits ? ", which waits for " : "", waits ? wf_wait_name(c->in->wait) : "");
}

static void expect_result(struct trial_case *c, json_t *wanted, const char *path)
{
	compare_new(c, path, wanted, text_or_null(c->in->result));
}

static void expect_waits(struct trial_case *c, json_t *wanted, const char *path)
{
	compare_new(c, path, wanted, json_string(wf_wait_name(c->in->wait)));
}

static void expect_output(struct trial_case *c, json_t *wanted, const char *path)
{
	compare(c, path, wanted, c->in->output);
}

static void expect_error(struct trial_case *c, json_t *wanted, const char *path)
{
	compare(c, path, wanted, c->in->error);
}

static void expect_vars(struct trial_case *c, json_t *wanted, const char *path)
{
	json_t *vars = json_object();
	for (uint32_t i = 0; i < c->in->var_count; i++)
		(void)json_object_set(vars, c->in->vars[i].name, c->in->vars[i].value);
	compare_new(c, path, wanted, vars);
}

/* -- steps -- */

static json_t *step_now(const struct wf_step_state *s)
{
	return json_pack("{s:s, s:i, s:i, s:O*, s:O*, s:O*}", "status",
		wf_step_status_name(s->status), "attempts", (int)s->attempts, "visits",
		(int)s->visits, "input", s->input, "output", s->output, "error", s->error);
}

static void expect_steps(struct trial_case *c, json_t *wanted, const char *path)
{
	const char *id;
	json_t *expected;
	json_object_foreach(wanted, id, expected)
	{
		WF_AUTOFREE char *below = wf_asprintf("%s/%s", path, id);
		uint32_t step = wf_plan_find_step(c->plan, id);
		if (step == WF_NONE) {
			trial_fail(c, below, "the workflow has no step `%s`", id);
			continue;
		}
		json_t *state = step_now(&c->in->steps[step]);
		compare(c, below, expected,
			json_is_string(expected) ? json_object_get(state, "status") : state);
		json_decref(state);
	}
}

static void expect_order(struct trial_case *c, json_t *wanted, const char *path)
{
	size_t at = 0;
	for (size_t i = 0; i < json_array_size(wanted); i++) {
		json_t *id = json_array_get(wanted, i);
		while (at < json_array_size(c->order) && !json_equal(json_array_get(c->order, at), id))
			at++;
		if (at++ < json_array_size(c->order))
			continue;
		WF_AUTOFREE char *below = wf_asprintf("%s/%zu", path, i), *order = shown(c->order);
		trial_fail(c, below, "`%s` did not begin there; the order was %s",
			json_string_value(id), order);
		return;
	}
}

static void expect_exactly(struct trial_case *c, json_t *wanted, const char *path)
{
	if (!json_equal(wanted, c->order))
		differ(c, path, wanted, c->order);
}

static void expect_not_run(struct trial_case *c, json_t *wanted, const char *path)
{
	for (size_t i = 0; i < json_array_size(wanted); i++)
		for (size_t k = 0; k < json_array_size(c->order); k++)
			if (json_equal(json_array_get(wanted, i), json_array_get(c->order, k))) {
				WF_AUTOFREE char *below = wf_asprintf("%s/%zu", path, i);
				trial_fail(c, below, "`%s` began",
					json_string_value(json_array_get(wanted, i)));
				break;
			}
}

static void expect_compensated(struct trial_case *c, json_t *wanted, const char *path)
{
	if (!json_equal(wanted, c->undone))
		differ(c, path, wanted, c->undone);
}

static void expect_calls(struct trial_case *c, json_t *wanted, const char *path)
{
	const char *id;
	json_t *inputs;
	json_object_foreach(wanted, id, inputs)
	{
		WF_AUTOFREE char *below = wf_asprintf("%s/%s", path, id);
		json_t *made = json_object_get(c->calls, id);
		if (json_array_size(made) != json_array_size(inputs))
			trial_fail(c, below, "expected %zu attempts, got %zu", json_array_size(inputs),
				json_array_size(made));
		else
			compare(c, below, inputs, made);
	}
}

/* -- time -- */

static int64_t end_by(const struct trial_case *c, const json_t *duration)
{
	struct wf_duration d;
	if (wf_duration_parse(json_string_value(duration), json_string_length(duration), false, &d))
		return -1;
	return wf_duration_add(c->start, &d);
}

static void expect_took(struct trial_case *c, json_t *wanted, const char *path)
{
	if (end_by(c, wanted) != c->now)
		trial_fail(c, path, "expected %s, got %" PRId64 " ms", json_string_value(wanted),
			c->now - c->start);
}

static void expect_took_at_most(struct trial_case *c, json_t *wanted, const char *path)
{
	if (end_by(c, wanted) < c->now)
		trial_fail(c, path, "expected at most %s, got %" PRId64 " ms", json_string_value(wanted),
			c->now - c->start);
}

static const struct {
	const char *key;
	void (*fn)(struct trial_case *c, json_t *wanted, const char *path);
} expectations[] = {
	{ "status", expect_status },
	{ "result", expect_result },
	{ "waits", expect_waits },
	{ "output", expect_output },
	{ "error", expect_error },
	{ "vars", expect_vars },
	{ "steps", expect_steps },
	{ "order", expect_order },
	{ "exactly", expect_exactly },
	{ "not_run", expect_not_run },
	{ "compensated", expect_compensated },
	{ "calls", expect_calls },
	{ "took", expect_took },
	{ "took_at_most", expect_took_at_most },
};

void trial_expect(struct trial_case *c)
{
	const json_t *expect = json_object_get(c->spec, "expect");
	for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations); i++) {
		json_t *wanted = json_object_get(expect, expectations[i].key);
		WF_AUTOFREE char *path = wf_asprintf("/expect/%s", expectations[i].key);
		if (wanted)
			expectations[i].fn(c, wanted, path);
	}
}
