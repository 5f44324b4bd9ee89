/*
 * Approvals: named policies, and what an approval.request has beside its input: the policy that it
 * names, and its notifications, which are steps of their own.
 */
#include "model/read.h"

#include "base/limits.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* -- named policies -- */

static bool is_level(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strncmp(name, "level", 5) == 0 && strspn(name + 5, "0123456789") == n - 5;
}

static void read_policy_name(struct wf_read *r, const struct wf_pair *pair)
{
	if (is_level(pair->key))
		WF_FIND(r, ID_INVALID, pair->key_span,
			"`%s` means so many approvals and cannot be a policy's name", pair->key);
	else if (!wf_read_valid_id(pair->key, true))
		WF_FIND(r, ID_INVALID, pair->key_span, "`%s` cannot be a policy's name", pair->key);
}

static void check_policy_group(struct wf_read *r, const struct wf_node *group)
{
	static const char *const keys[] = {"name", "quorum", "approvers"};
	int64_t quorum;

	if (!WF_READ_KEYS(r, group, "a group", keys))
		return;
	(void)wf_read_string(r, group, "name");
	(void)wf_read_int(r, group, "quorum", 1, WF_MAX_APPROVERS, &quorum);
	if (wf_read_lacks(r, group, "approvers"))
		WF_FIND(r, MISSING_KEY, group->span, "a policy's group has no `approvers`");
	else
		(void)wf_read_kind(r, group, "approvers", WF_NODE_MAP);
}

static void read_policy_groups(
	struct wf_read *r, const struct wf_node *map, struct wf_model_policy *p)
{
	static const char *const orders[] = {"sequence", "parallel"};
	const struct wf_pair *order = wf_node_pair(map, "order");

	p->groups_node = wf_read_kind(r, map, "groups", WF_NODE_LIST);
	p->parallel = wf_read_word(r, map, "order", orders, COUNT(orders), 0) == 1;
	if (order && !wf_node_get(map, "groups"))
		WF_FIND(r, KEY_MISPLACED, order->key_span, "`order` is for `groups`");
	if (!p->groups_node)
		return;
	if (p->quorum_node)
		WF_FIND(r, KEY_CONFLICT, p->quorum_node->span,
			"each of the `groups` has a quorum of its own");
	if (p->groups_node->list.count == 0)
		WF_FIND(r, WRONG_VALUE, p->groups_node->span, "`groups` names no group");
	for (size_t i = 0; i < p->groups_node->list.count; i++)
		check_policy_group(r, p->groups_node->list.items[i]);
}

static void read_policy(struct wf_read *r, const struct wf_pair *pair, struct wf_model_policy *p)
{
	static const char *const keys[] = {"description", "quorum", "groups", "order",
		"deny_initiator", "reject", "auto_approve", "max_sla"};
	static const char *const rejects[] = {"ends", "counts"};
	static const char *const sla[] = {"max_sla"};
	const struct wf_node *map = pair->value;
	int64_t quorum;

	*p = (struct wf_model_policy){.name = pair->key, .node = map};
	read_policy_name(r, pair);
	if (!WF_READ_KEYS(r, map, "a policy", keys))
		return;
	(void)wf_read_string(r, map, "description");
	if (wf_read_int(r, map, "quorum", 1, WF_MAX_APPROVERS, &quorum)) {
		p->quorum = (uint32_t)quorum;
		p->quorum_node = wf_node_get(map, "quorum");
	}
	read_policy_groups(r, map, p);
	if (wf_read_bool(r, map, "deny_initiator", &p->deny_initiator))
		p->deny_node = wf_node_get(map, "deny_initiator");
	p->reject_counts = wf_read_word(r, map, "reject", rejects, COUNT(rejects), 0) == 1;
	(void)wf_read_bool(r, map, "auto_approve", &p->auto_approve);
	p->max_sla_ms = wf_read_millis(r, map, sla, COUNT(sla), 1, &p->max_sla_node);
}

void wf_read_approval_policies(struct wf_read *r, const struct wf_node *workflow)
{
	const struct wf_node *map = wf_read_kind(r, workflow, "policies", WF_NODE_MAP);
	struct wf_model *m = r->model;

	if (!map)
		return;
	m->policies = WF_ARENA_ARRAY(r->arena, struct wf_model_policy, map->map.count + 1);
	for (size_t i = 0; i < map->map.count; i++)
		read_policy(r, &map->map.pairs[i], &m->policies[m->policy_count++]);
}

/* -- an approval -- */

static const struct wf_model_policy *find_policy(const struct wf_model *m, const char *name)
{
	for (uint32_t i = 0; i < m->policy_count; i++)
		if (strcmp(m->policies[i].name, name) == 0)
			return &m->policies[i];
	return NULL;
}

/* The step that a notification is; what it sends is read like any step's action. */
static void read_notify(struct wf_read *r, const struct wf_node *map, uint32_t of, bool reminder,
	struct wf_model_step *approval)
{
	static const char *const keys[] = {"action", "with", "retry", "timeout", "timeout_ms"};
	struct wf_model *m = r->model;
	struct wf_model_notify *n;
	struct wf_model_step s = {.action = WF_ACT_COUNT_, .node = map};

	WF_GROW(m->notifies, m->notify_count, m->notify_room);
	n = &m->notifies[m->notify_count++];
	*n = (struct wf_model_notify){.of = of, .reminder = reminder};
	approval->notify_count++;
	s.id = reminder ? wf_arena_printf(r->arena, "%s.reminder", approval->id)
			: wf_arena_printf(r->arena, "%s.notify%u", approval->id,
				  approval->notify_count);
	s.failure_to = (struct wf_target){.kind = WF_TO_NEXT, .step = WF_NONE};
	if (WF_READ_KEYS(r, map, "`notify`", keys)) {
		wf_read_performed(r, map, &s);
		if (s.action != WF_ACT_COUNT_ && s.action != WF_ACT_HTTP_REQUEST &&
			s.action != WF_ACT_EXEC_RUN)
			WF_FIND(r, WRONG_VALUE, s.action_node->span,
				"`%s` notifies nobody; `http.request` and `exec.run` do",
				s.action_name);
		if (s.action != WF_ACT_HTTP_REQUEST && s.action != WF_ACT_EXEC_RUN)
			s.action = WF_ACT_COUNT_;
	}
	s.on_crash = WF_ON_CRASH_RETRY;
	s.max_visits = WF_MAX_VISITS; /* each firing is a visit */
	n->step = s;
}

/* Reads the `notify` of an escalation or of the reminders; what is left of it says only that it is
 * there, and fits the schema whatever was wrong. */
static const struct wf_node *take_notify(struct wf_read *r, const struct wf_node *map, uint32_t of,
	bool reminder, struct wf_model_step *approval)
{
	const struct wf_node *notify = wf_node_get(map, "notify");

	if (!notify)
		return map;
	read_notify(r, notify, of, reminder, approval);
	if (notify->kind != WF_NODE_MAP)
		return map;
	struct wf_node left = *notify, *action = WF_ARENA_NEW(r->arena, struct wf_node);
	*action = (struct wf_node){.kind = WF_NODE_STRING, .span = notify->span};
	action->string.text = wf_actions[WF_ACT_EXEC_RUN].name;
	action->string.len = strlen(action->string.text);
	left.map.pairs = WF_ARENA_ARRAY(r->arena, struct wf_pair, 1);
	left.map.count = 1;
	left.map.pairs[0] = (struct wf_pair){"action", notify->span, action};
	return wf_read_with_value(r, map, "notify", &left);
}

static void take_notifications(struct wf_read *r, uint32_t step, struct wf_model_step *s)
{
	const struct wf_node *list = wf_node_get(s->with_node, "escalations");
	const struct wf_node *reminders = wf_node_get(s->with_node, "reminders");

	s->notify_first = r->model->notify_count;
	if (list && list->kind == WF_NODE_LIST) {
		struct wf_node left = *list;
		left.list.items = WF_ARENA_ARRAY(r->arena, struct wf_node *, list->list.count + 1);
		for (size_t i = 0; i < list->list.count; i++) {
			struct wf_node *item = WF_ARENA_NEW(r->arena, struct wf_node);
			*item = *take_notify(r, list->list.items[i], step, false, s);
			left.list.items[i] = item;
		}
		s->with_node = wf_read_with_value(r, s->with_node, "escalations", &left);
	}
	if (reminders)
		s->with_node = wf_read_with_value(r, s->with_node, "reminders",
			take_notify(r, reminders, step, true, s));
}

void wf_read_approval(struct wf_read *r, uint32_t step, struct wf_model_step *s)
{
	const struct wf_node *policy = wf_node_get(s->with_node, "policy");

	if (s->with_node->kind != WF_NODE_MAP) {
		WF_FIND(r, WRONG_TYPE, s->with_node->span,
			"`with` of `approval.request` must be written as a map");
		s->with_node = NULL;
		return;
	}
	if (policy && policy->kind == WF_NODE_STRING)
		s->policy = find_policy(r->model, policy->string.text);
	if (s->policy && s->policy->groups_node)
		s->policy_groups = wf_read_tree(r, s->policy->groups_node);
	take_notifications(r, step, s);
}
