/* Policies that cannot be met: approvals, times, retries. */
#include "check/internal.h"


#include <string.h>

/* The value of a member of the action's input, when it is written out: new reference, or NULL. */
static json_t *given(
	const struct wf_model_step *s, const char *path, const struct wf_node **ret_node)
{
	const struct wf_expr *e = s->with.tree ? wf_expr_tree_root(s->with.tree) : NULL;
	const struct wf_node *node = s->with_node;
	bool written = false;
	json_t *value = NULL;

	while (*path) {
		size_t n = strcspn(path, ".");
		WF_AUTOFREE char *name = wf_strndup(path, n);

		if (!written && e && e->kind == WF_EXPR_LITERAL) {
			written = true;
			value = e->value;
		}
		if (written)
			value = json_object_get(value, name);
		else
			e = e ? wf_check_member(e, name) : NULL;
		node = wf_node_get(node, name);
		path += n + (path[n] == '.');
	}
	*ret_node = node;
	if (written)
		return json_incref(value);
	return e ? wf_check_literal(e) : NULL;
}

static void refuse_later(struct wf_checker *c, const struct wf_model_step *s)
{
	static const struct {
		enum wf_action action;
		const char *key, *what;
	} later[] = {
		{WF_ACT_HTTP_REQUEST, "sign", "signing a request"},
	};

	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		const struct wf_pair *pair = wf_node_pair(s->with_node, later[i].key);

		if (pair && later[i].action == s->action && !s->defined)
			WF_FIND(c, NOT_SUPPORTED, pair->key_span, "%s is not supported yet",
				later[i].what);
	}
}

static void check_wait(struct wf_checker *c, const struct wf_model_step *s, const char *key)
{
	const struct wf_node *node;
	json_t *text = given(s, key, &node);
	struct wf_duration d;

	if (json_is_string(text) && c->model->timeout_node &&
		wf_duration_parse(json_string_value(text), json_string_length(text), false, &d) ==
			0 &&
		(uint64_t)wf_duration_ms(&d) > c->model->timeout_ms)
		WF_FIND(c, SLA_TIMEOUT, node->span,
			"`%s` of %s is longer than the workflow's timeout in line %u", key,
			json_string_value(text), c->model->timeout_node->span.line);
	json_decref(text);
}

static void check_awaited(struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_node *node;
	json_t *name = given(s, "name", &node);

	check_wait(c, s, "timeout");
	if (json_is_string(name))
		wf_check_event_name(c, node, json_string_value(name), false);
	json_decref(name);
}

static void check_emitted(struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_node *node;
	json_t *name = given(s, "name", &node);

	if (json_is_string(name))
		wf_check_event_name(c, node, json_string_value(name), false);
	json_decref(name);
}

/* The least time that the delays between all attempts take, in milliseconds. */
static uint64_t least_delay(const struct wf_retry *r)
{
	const double far = 1e15;
	double delay = (double)r->initial_ms, sum = 0;

	for (uint32_t i = 1; i < r->max_attempts && sum < far; i++) {
		double d = r->max_ms && delay > (double)r->max_ms ? (double)r->max_ms : delay;
		sum += d * (1000 - r->jitter_milli) / 1000;
		if (r->backoff == WF_BACKOFF_EXPONENTIAL && delay < far)
			delay = delay * r->coefficient_milli / 1000;
	}
	return (uint64_t)(sum < far ? sum : far);
}

/* Whether there are attempts that fail, and could be made again or be stopped. */
static bool has_attempts(const struct wf_model_step *s)
{
	return s->action == WF_ACT_COUNT_ || s->defined || s->asks_others ||
	       s->action == WF_ACT_WORKFLOW_RUN || s->action == WF_ACT_WORKFLOW_START ||
	       wf_actions[s->action].kind == WF_ACTION_EFFECT;
}

static void check_useless_time(struct wf_checker *c, const struct wf_model_step *s, const char *key,
	const struct wf_node *node)
{
	if (!node || has_attempts(s))
		return;
	struct wf_diag *d = WF_FIND(c, TIMEOUT_USELESS, node->span,
		"`%s` of a step is of no effect on `%s`", key, s->action_name);
	if (s->action == WF_ACT_APPROVAL_REQUEST)
		wf_diag_hint(d, "how long they have is `sla` in `with`");
	else if (s->action == WF_ACT_WAIT_SIGNAL || s->action == WF_ACT_WAIT_EVENT)
		wf_diag_hint(d, "how long it waits is `timeout` in `with`");
}

static void check_retry(struct wf_checker *c, const struct wf_model_step *s)
{
	uint64_t delays = least_delay(&s->retry);
	const char *limit = NULL;
	uint64_t limit_ms = 0;

	check_useless_time(c, s, "timeout", s->timeout_node);
	check_useless_time(c, s, "deadline", s->deadline_node);
	if (s->retry_node && !has_attempts(s))
		WF_FIND(c, RETRY_USELESS, s->retry_node->span,
			"`%s` has no effect on the world that a retry could mend", s->action_name);
	if (s->retry_node && s->retry_node->kind == WF_NODE_MAP && s->action == WF_ACT_EXEC_RUN &&
		s->retry.max_attempts > 1 && !wf_node_get(s->retry_node, "on"))
		WF_FIND(c, RETRY_USELESS, s->retry_node->span,
			"a command that fails is not retried unless `on` names ExecError");
	if (s->on_failure_node && s->failure_action == WF_FAIL_RETRY && s->retry.max_attempts < 2)
		WF_FIND(c, RETRY_MISSING, s->on_failure_node->span,
			"`action: retry` needs a `retry` that says how often");
	if (s->deadline_ms && delays >= s->deadline_ms) {
		limit = "the step's deadline";
		limit_ms = s->deadline_ms;
	} else if (s->retry_node && c->model->timeout_ms && delays >= c->model->timeout_ms) {
		limit = "the workflow's timeout";
		limit_ms = c->model->timeout_ms;
	}
	if (limit)
		WF_FIND(c, RETRY_DEADLINE, (s->retry_node ? s->retry_node : s->deadline_node)->span,
			"the delays between %u attempts take %llu ms, and %s is %llu ms",
			s->retry.max_attempts, (unsigned long long)delays, limit,
			(unsigned long long)limit_ms);
	if (s->timeout_node && s->deadline_node && s->deadline_ms && s->timeout_ms > s->deadline_ms)
		WF_FIND(c, TIMEOUT_DEADLINE, s->timeout_node->span,
			"one attempt may take longer than the deadline of all");
}

void wf_check_policies(struct wf_checker *c)
{
	for (uint32_t i = 0; i < c->model->step_count; i++) {
		struct wf_model_step *s = &c->model->steps[i];

		refuse_later(c, s);
		if (s->action == WF_ACT_APPROVAL_REQUEST)
			wf_check_approval(c, s);
		if (s->action == WF_ACT_WAIT_TIMER)
			check_wait(c, s, "duration");
		if (s->action == WF_ACT_WAIT_SIGNAL || s->action == WF_ACT_WAIT_EVENT)
			check_awaited(c, s);
		if (s->action == WF_ACT_EVENT_EMIT && !s->defined)
			check_emitted(c, s);
		check_retry(c, s);
		if (s->compensate) {
			refuse_later(c, s->compensate);
			check_retry(c, s->compensate);
		}
	}
	for (uint32_t i = 0; i < c->model->notify_count; i++) {
		refuse_later(c, &c->model->notifies[i].step);
		check_retry(c, &c->model->notifies[i].step);
	}
}
