/* Policies that cannot be met: approvals, times, retries. */
#include "check/internal.h"

#include "base/limits.h"

#include <stdlib.h>
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
		const char *in, *key, *what;
	} later[] = {
		{WF_ACT_APPROVAL_REQUEST, "approvers", "roles", "asking a role"},
		{WF_ACT_APPROVAL_REQUEST, "approvers", "dynamic", "a resolver of approvers"},
		{WF_ACT_APPROVAL_REQUEST, "approvers", "fallback", "a fallback of approvers"},
		{WF_ACT_APPROVAL_REQUEST, NULL, "escalations", "an escalation"},
		{WF_ACT_HTTP_REQUEST, NULL, "sign", "signing a request"},
	};

	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		const struct wf_node *in = s->with_node;

		if (later[i].action != s->action)
			continue;
		if (later[i].in)
			in = wf_node_get(in, later[i].in);
		const struct wf_pair *pair = wf_node_pair(in, later[i].key);
		if (pair)
			WF_FIND(c, NOT_SUPPORTED, pair->key_span, "%s is not supported yet",
				later[i].what);
	}
}

/* How many must approve; 0 when that cannot be told before it runs, or the schema refuses it. */
static uint32_t approvals_needed(const struct wf_model_step *s, const struct wf_node **ret_node)
{
	const struct wf_node *quorum_node, *policy_node;
	json_t *quorum = given(s, "quorum", &quorum_node),
	       *policy = given(s, "policy", &policy_node);
	const char *name = json_string_value(policy);
	uint32_t needed = 0;

	*ret_node = quorum_node ? quorum_node : policy_node;
	if (quorum_node) {
		json_int_t n = json_integer_value(quorum);
		if (json_is_integer(quorum) && n >= 1 && n <= WF_MAX_APPROVERS)
			needed = (uint32_t)n;
	} else if (!policy_node) {
		needed = 1;
	} else if (name) {
		char *end = NULL;
		unsigned long n = strncmp(name, "level", 5) == 0 ? strtoul(name + 5, &end, 10) : 0;
		if (end && !*end && n >= 1 && n <= WF_MAX_APPROVERS)
			needed = (uint32_t)n;
	}
	json_decref(quorum);
	json_decref(policy);
	return needed;
}

static void check_approvers(struct wf_checker *c, const struct wf_model_step *s, uint32_t needed,
	const struct wf_node *policy)
{
	const struct wf_node *node;
	json_t *list = given(s, "approvers.list", &node), *seen = json_object(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *name = json_string_value(item);
		if (name && json_object_get(seen, name))
			WF_FIND(c, APPROVER_DUPLICATE, node->list.items[i]->span,
				"`%s` is asked already, and decides once", name);
		else if (name)
			json_object_set_new(seen, name, json_true());
	}
	size_t people = json_object_size(seen);
	/* The whole list must be written out: a template may bring anybody. */
	if (json_is_array(list) && people < needed)
		WF_FIND(c, POLICY_UNMEETABLE, policy ? policy->span : node->span,
			"%u approval%s needed, and only %zu can give one", needed,
			needed == 1 ? " is" : "s are", people);
	json_decref(list);
	json_decref(seen);
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

static void check_approval(struct wf_checker *c, const struct wf_model_step *s)
{
	const struct wf_node *node;
	uint32_t needed = approvals_needed(s, &node);

	check_approvers(c, s, needed, node);
	check_wait(c, s, "sla");
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

static void check_retry(struct wf_checker *c, const struct wf_model_step *s)
{
	uint64_t delays = least_delay(&s->retry);
	const char *limit = NULL;
	uint64_t limit_ms = 0;

	if (s->retry_node && s->action != WF_ACT_COUNT_ &&
		wf_actions[s->action].kind != WF_ACTION_EFFECT)
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
		const struct wf_model_step *s = &c->model->steps[i];

		refuse_later(c, s);
		if (s->action == WF_ACT_APPROVAL_REQUEST)
			check_approval(c, s);
		if (s->action == WF_ACT_WAIT_TIMER)
			check_wait(c, s, "duration");
		check_retry(c, s);
	}
}
