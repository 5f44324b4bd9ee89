/*
 * What comes of a step's attempts: the test's mocks in the place of the world.
 *
 * An attempt is answered when its command is given, or its step begins to wait for a child, with an
 * outcome that comes at once or later; not later than its time limit allows.
 */
#include "trial/internal.h"

#include "base/duration.h"

#include <string.h>

/* What a mock says, or NULL: of the step by its id, else of its action. *ret_key is whose it is. */
static json_t *mock_of(const struct trial_case *c, uint32_t step, char **ret_key)
{
	json_t *mocks = json_object_get(c->spec, "mocks");
	char *name = trial_step_name(c->plan, step);
	json_t *mock = json_object_get(mocks, name);
	if (!mock) {
		const char *action = wf_plan_action_name(c->plan, step);
		mock = json_object_get(mocks, action);
		if (mock) {
			wf_free(name);
			name = wf_strdup(action);
		}
	}
	*ret_key = name;
	return mock;
}

/* The outcome of the attempt that begins now; the last of a list stands for all that follow. */
static json_t *next_of(struct trial_case *c, json_t *mock, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(c->performed, key));
	(void)json_object_set_new(c->performed, key, json_integer(n + 1));
	if (!json_is_array(mock))
		return mock;
	size_t count = json_array_size(mock), at = (size_t)n;
	return count ? json_array_get(mock, at < count ? at : count - 1) : NULL;
}

/* The request of an approval with the sets that have to be looked up replaced by names. */
static json_t *approvers_named(json_t *value, json_t *names)
{
	const char *key;
	json_t *member;
	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			(void)approvers_named(json_array_get(value, i), names);
		return value;
	}
	if (!json_is_object(value))
		return value;
	if (json_object_get(value, "roles") || json_object_get(value, "resolver")) {
		json_object_clear(value);
		(void)json_object_set(value, "list", names);
		return value;
	}
	json_object_foreach(value, key, member)
		(void)approvers_named(member, names);
	return value;
}

static int64_t later(const struct trial_case *c, const json_t *outcome, const char *member)
{
	const json_t *text = json_object_get(outcome, member);
	struct wf_duration d;
	if (!json_is_string(text) || wf_duration_parse(json_string_value(text),
					     json_string_length(text), false, &d))
		return c->now;
	return wf_duration_add(c->now, &d);
}

static json_t *error_of(const json_t *given)
{
	json_t *error = json_is_object(given) ? json_deep_copy(given) : json_object();
	(void)json_object_del(error, "retry_after");
	if (!json_object_get(error, "type"))
		(void)json_object_set_new(error, "type", json_string("ServerError"));
	if (!json_object_get(error, "code"))
		(void)json_object_set_new(error, "code", json_string("mocked"));
	if (!json_object_get(error, "message"))
		(void)json_object_set_new(error, "message", json_string("the test says that it fails"));
	return error;
}

static void add(struct trial_case *c, struct trial_outcome o)
{
	WF_GROW(c->pending, c->pending_count, c->pending_room);
	o.order = c->outcomes++;
	c->pending[c->pending_count++] = o;
}

/* As the performers end an attempt whose time is over. */
static void cut_off(struct trial_outcome *o, int64_t deadline)
{
	json_decref(o->data);
	o->at = deadline;
	o->type = WF_EVENT_FAILURE;
	o->retry_after_ms = 0;
	o->data = json_pack("{s:s, s:s, s:s}", "type", wf_error_types[WF_ERROR_TIMEOUT].name, "code",
		"timeout", "message", "the attempt took longer than its timeout");
}

static void answer(struct trial_case *c, uint32_t step, int64_t deadline, json_t *outcome)
{
	const struct wf_step_state *s = &c->in->steps[step];
	struct trial_outcome o = { .at = later(c, outcome, "after"), .step = step,
		.visit = s->visits, .attempt = s->attempts, .type = WF_EVENT_SUCCESS };
	json_t *error = json_object_get(outcome, "error"), *names = json_object_get(outcome, "approvers");
	if (json_is_true(json_object_get(outcome, "never"))) {
		o.at = INT64_MAX;
	} else if (error) {
		o.type = WF_EVENT_FAILURE;
		o.data = error_of(error);
		o.retry_after_ms = (uint64_t)(later(c, error, "retry_after") - c->now);
	} else if (json_is_true(json_object_get(outcome, "doubt"))) {
		o.type = WF_EVENT_DOUBT;
	} else if (names) {
		o.data = approvers_named(json_deep_copy(s->input), names);
	} else {
		json_t *output = json_object_get(outcome, "output");
		o.data = output ? json_deep_copy(output) : json_object();
		wf_trial_complete(c->plan->steps[step].action, o.data);
	}
	if (deadline && o.at > deadline)
		cut_off(&o, deadline);
	if (o.at < INT64_MAX)
		add(c, o);
}

static void note_call(struct trial_case *c, uint32_t step)
{
	WF_AUTOFREE char *name = trial_step_name(c->plan, step);
	json_t *list = json_object_get(c->calls, name), *input = c->in->steps[step].input;
	if (!list) {
		list = json_array();
		(void)json_object_set_new(c->calls, name, list);
	}
	(void)json_array_append_new(list, input ? json_incref(input) : json_null());
}

/* A list's outcomes are judged where they stand in it. */
static void judge(struct trial_case *c, uint32_t step, const json_t *mock, const json_t *outcome,
	const char *key)
{
	const json_t *said = json_object_get(outcome, "output");
	size_t at = 0;
	while (json_is_array(mock) && json_array_get(mock, at) != outcome)
		at++;
	WF_AUTOFREE char *path = json_is_array(mock) ? wf_asprintf("/mocks/%s/%zu/output", key, at)
						     : wf_asprintf("/mocks/%s/output", key);
	if (said && !json_object_get(outcome, "error"))
		trial_judge_output(c, step, path, said);
}

static void answer_attempt(struct trial_case *c, uint32_t step, int64_t deadline)
{
	c->answered[step] = c->in->steps[step].visits;
	note_call(c, step);
	char *key;
	json_t *mock = mock_of(c, step, &key);
	json_t *outcome = mock ? next_of(c, mock, key) : NULL;
	if (outcome) {
		judge(c, step, mock, outcome, key);
		answer(c, step, deadline, outcome);
	} else {
		WF_AUTOFREE char *name = trial_step_name(c->plan, step);
		trial_fail(c, "/mocks",
			"step `%s` performs %s, and no mock says what comes of it (mocks: { %s: { output: "
			"... } })",
			name, wf_plan_action_name(c->plan, step), name);
	}
	wf_free(key);
}

static bool waits_for_child(const struct trial_case *c, const struct wf_thread *t)
{
	return !t->done && t->step != WF_NONE &&
		c->in->steps[t->step].status == WF_STEP_WAITING &&
		c->in->steps[t->step].wait == WF_WAIT_CHILD &&
		c->answered[t->step] != c->in->steps[t->step].visits;
}

void trial_answer_attempts(struct trial_case *c)
{
	for (uint32_t i = 0; i < c->turn.command_count; i++)
		answer_attempt(c, c->turn.commands[i].step, c->turn.commands[i].deadline_at);
	for (uint32_t i = 0; i < c->in->thread_count; i++)
		if (waits_for_child(c, &c->in->threads[i]))
			answer_attempt(c, c->in->threads[i].step, 0);
}

static void unused(json_t *list, const char *key, json_int_t used, char *message)
{
	WF_AUTOFREE char *path = wf_asprintf("/mocks/%s", key);
	(void)json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "path", path, "message", message,
		"used", used));
	wf_free(message);
}

json_t *trial_unused_mocks(const struct trial_case *c)
{
	json_t *list = json_array(), *mock;
	const char *key;
	json_object_foreach(json_object_get(c->spec, "mocks"), key, mock)
	{
		json_int_t used = json_integer_value(json_object_get(c->performed, key));
		size_t given = json_is_array(mock) ? json_array_size(mock) : 1;
		if (!used)
			unused(list, key, used, wf_asprintf("nothing asked for the mock of `%s`", key));
		else if ((size_t)used < given)
			unused(list, key, used,
				wf_asprintf("`%s` has %zu outcomes, and only %" JSON_INTEGER_FORMAT
					    " of them came", key, given, used));
	}
	return list;
}

struct trial_outcome *trial_next_outcome(const struct trial_case *c)
{
	struct trial_outcome *first = NULL;
	for (size_t i = 0; i < c->pending_count; i++) {
		struct trial_outcome *o = &c->pending[i];
		if (!first || o->at < first->at || (o->at == first->at && o->order < first->order))
			first = o;
	}
	return first;
}

/* One of an attempt that is over (it timed out, its branch was cancelled) changes nothing, as it would not
 * in the world. */
void trial_give_outcome(struct trial_case *c, struct trial_outcome *o)
{
	struct trial_outcome given = *o;
	*o = c->pending[--c->pending_count];
	if (given.at > c->now)
		c->now = given.at;
	if (c->in->steps[given.step].visits == given.visit)
		(void)trial_feed(c, given.type, given.step, given.attempt, given.retry_after_ms,
			given.data, NULL);
	json_decref(given.data);
}
