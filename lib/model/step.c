/* The orch dialect: steps. */
#include "model/read.h"

#include "base/limits.h"
#include "base/text.h"
#include "model/catalog.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const step_keys[] = {"id", "name", "description", "action", "with", "condition",
	"depends_on", "order", "next", "parallel", "foreach", "retry", "timeout", "timeout_ms", "deadline",
	"deadline_ms", "max_visits", "on_failure", "on_decision", "compensate", "idempotency_key",
	"on_crash", "output", "set"};

/* The step after the first one that is there. */
static struct wf_target target_of(
	struct wf_read *r, const struct wf_node *map, const char *key, bool next_allowed)
{
	struct wf_target to = {.kind = WF_TO_NEXT, .step = WF_NONE};
	const struct wf_node *node = wf_read_kind(r, map, key, WF_NODE_STRING);

	if (!node)
		return to;
	to.node = node;
	to.id = node->string.text;
	if (strcmp(to.id, "end") == 0)
		to.kind = WF_TO_END;
	else if (next_allowed && strcmp(to.id, "next") == 0)
		to.kind = WF_TO_NEXT;
	else
		to.kind = WF_TO_STEP;
	return to;
}

static void need_target(
	struct wf_read *r, const struct wf_node *map, const char *key, const char *what)
{
	if (wf_read_lacks(r, map, key))
		WF_FIND(r, MISSING_KEY, map->span, "%s has no `%s`", what, key);
}

static void read_next(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const keys[] = {"to", "when"};
	const struct wf_node *list = wf_node_get(map, "next");

	s->next_node = list;
	if (!list)
		return;
	if (list->kind != WF_NODE_LIST) {
		wf_diag_hint(WF_FIND(r, WRONG_TYPE, list->span,
				     "`next` must be a list of transitions, here is %s",
				     wf_read_kind_phrase(list)),
			"write `next: [{ to: STEP }]`");
		s->next_node = NULL; /* as if it were not there: what follows from it need not be said */
		return;
	}
	if (list->list.count == 0)
		WF_FIND(r, WRONG_VALUE, list->span, "`next` names no transition");
	s->next = WF_ARENA_ARRAY(r->arena, struct wf_transition_rule, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];
		struct wf_transition_rule *rule = &s->next[s->next_count];

		if (!WF_READ_KEYS(r, item, "a transition", keys))
			continue;
		need_target(r, item, "to", "the transition");
		rule->node = item;
		rule->to = target_of(r, item, "to", false);
		rule->when = wf_read_predicate(r, item, "when");
		s->next_count++;
	}
}

static void read_handlers(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const keys[] = {"error_type", "error_code", "to"};
	const struct wf_node *list = wf_read_kind(r, map, "handlers", WF_NODE_LIST);

	if (!list)
		return;
	s->handlers = WF_ARENA_ARRAY(r->arena, struct wf_failure_rule, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];
		struct wf_failure_rule *rule = &s->handlers[s->handler_count];
		const struct wf_node *code;

		if (!WF_READ_KEYS(r, item, "a handler", keys))
			continue;
		need_target(r, item, "to", "the handler");
		rule->node = item;
		rule->error_type = wf_read_string(r, item, "error_type");
		if (rule->error_type)
			(void)wf_read_error_type(r, wf_node_get(item, "error_type"));
		code = wf_node_get(item, "error_code");
		/* Codes are strings; a status is often written as the number it looks like. */
		if (code && code->kind == WF_NODE_INT)
			rule->error_code =
				wf_arena_printf(r->arena, "%lld", (long long)code->integer);
		else
			rule->error_code = wf_read_string(r, item, "error_code");
		rule->to = target_of(r, item, "to", false);
		s->handler_count++;
	}
}

static void read_failure(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const keys[] = {"action", "to", "handlers"};
	static const char *const actions[] = {"stop", "continue", "retry"};
	const struct wf_node *node = wf_node_get(map, "on_failure");

	s->failure_to = (struct wf_target){.kind = WF_TO_NEXT, .step = WF_NONE};
	if (!node || !WF_READ_KEYS(r, node, "`on_failure`", keys))
		return;
	s->on_failure_node = node;
	s->failure_to = target_of(r, node, "to", false);
	s->failure_action = s->failure_to.node ? WF_FAIL_CONTINUE : WF_FAIL_STOP;
	if (wf_node_get(node, "action"))
		s->failure_action = (enum wf_failure_action)wf_read_word(
			r, node, "action", actions, COUNT(actions), s->failure_action);
	if (s->failure_to.node && s->failure_action == WF_FAIL_STOP)
		WF_FIND(r, KEY_CONFLICT, s->failure_to.node->span,
			"`to` says where the flow goes on; with `action: stop` it is never taken");
	read_handlers(r, node, s);
}

static void read_decision(struct wf_read *r, const struct wf_node *map, const char *key,
	struct wf_decision_rule *rule)
{
	static const char *const keys[] = {"transition", "result"};
	const struct wf_pair *result;

	rule->to = (struct wf_target){.kind = WF_TO_NEXT, .step = WF_NONE};
	rule->node = wf_node_get(map, key);
	if (!rule->node)
		return;
	if (!WF_READ_KEYS(r, rule->node, "a decision's branch", keys)) {
		rule->node = NULL;
		return;
	}
	need_target(r, rule->node, "transition", "the branch");
	rule->to = target_of(r, rule->node, "transition", true);
	rule->result = wf_read_string(r, rule->node, "result");
	result = wf_node_pair(rule->node, "result");
	if (result && rule->to.kind != WF_TO_END)
		WF_FIND(r, KEY_MISPLACED, result->key_span, "`result` is for `transition: end`");
}

static void read_decisions(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const keys[] = {"approve", "reject"};
	const struct wf_pair *pair = wf_node_pair(map, "on_decision");

	if (!pair || !WF_READ_KEYS(r, pair->value, "`on_decision`", keys))
		return;
	if (s->action != WF_ACT_APPROVAL_REQUEST)
		WF_FIND(r, KEY_MISPLACED, pair->key_span,
			"`on_decision` is for `approval.request`");
	read_decision(r, pair->value, "approve", &s->on_approve);
	read_decision(r, pair->value, "reject", &s->on_reject);
	if (s->on_approve.node && s->next_node)
		WF_FIND(r, KEY_CONFLICT, wf_node_pair(map, "next")->key_span,
			"`next` and `on_decision.approve` both say where an approval leads");
}

static void read_condition(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const keys[] = {"when"};
	const struct wf_node *node = wf_node_get(map, "condition");

	if (!node)
		return;
	if (node->kind == WF_NODE_STRING) {
		wf_diag_hint(WF_FIND(r, WRONG_TYPE, node->span,
				     "`condition` is a string, must be a map"),
			"write `condition: { when: … }`");
		return;
	}
	if (!WF_READ_KEYS(r, node, "`condition`", keys))
		return;
	need_target(r, node, "when", "the condition");
	s->condition = wf_read_predicate(r, node, "when");
}

static void read_depends(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	const struct wf_node *list = wf_read_kind(r, map, "depends_on", WF_NODE_LIST);

	s->order = INT64_MAX;
	if (wf_read_int(r, map, "order", 0, INT32_MAX, &s->order))
		s->order_node = wf_node_get(map, "order");
	if (!list)
		return;
	r->model->blocks[s->block].depends = true;
	s->depends_on = WF_ARENA_ARRAY(r->arena, const char *, list->list.count + 1);
	s->depends_on_nodes =
		WF_ARENA_ARRAY(r->arena, const struct wf_node *, list->list.count + 1);
	s->depends = WF_ARENA_ARRAY(r->arena, uint32_t, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];

		if (item->kind != WF_NODE_STRING) {
			WF_FIND(r, WRONG_TYPE, item->span,
				"an entry of `depends_on` is a step's id");
			continue;
		}
		s->depends_on[s->depends_on_count] = item->string.text;
		s->depends_on_nodes[s->depends_on_count++] = item;
	}
}

static void read_action(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	s->action = WF_ACT_COUNT_;
	s->action_node = wf_read_kind(r, map, "action", WF_NODE_STRING);
	if (wf_read_lacks(r, map, "action") && wf_read_lacks(r, map, "parallel") &&
		wf_read_lacks(r, map, "foreach"))
		WF_FIND(r, MISSING_KEY, s->id_node ? s->id_node->span : map->span,
			"the step has no `action`");
	if (!s->action_node)
		return;
	s->action_name = s->action_node->string.text;
	s->action = wf_action_find(s->action_name);
	if (s->action == WF_ACT_PARALLEL || s->action == WF_ACT_FOREACH) {
		s->action = WF_ACT_COUNT_;
		wf_diag_hint(WF_FIND(r, ACTION_UNKNOWN, s->action_node->span,
				     "`%s` is no action, it is a key of the step", s->action_name),
			"in the place of `action` write the key `%s`", s->action_name);
		return;
	}
	if (wf_action_is_native(s->action)) {
		wf_read_means(r, s);
		return;
	}
	bool adapted = s->action != WF_ACT_COUNT_;
	s->action = WF_ACT_COUNT_;
	if (wf_read_defined(r, s))
		return;
	struct wf_diag *d = WF_FIND(r, ACTION_UNKNOWN, s->action_node->span,
		adapted ? "nothing performs the action `%s` here" : "there is no action `%s`",
		s->action_name);
	if (adapted) {
		wf_diag_hint(d, "an adapter does: write a definition of it, `kind: action`, and name its file with --actions");
		return;
	}
	const char *nearest = wf_catalog_nearest(r->actions, s->action_name);
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
	} else {
		wf_diag_hint(d, "write a definition of it, `kind: action`, and name its file with --actions");
	}
}

/* data.transform's `with` is no template: `expression` is a whole expression over `input`, or a query
 * of it. */
static void read_transform(struct wf_read *r, const struct wf_node *with, struct wf_model_step *s)
{
	static const char *const keys[] = {"language", "expression", "input"};
	const struct wf_node *input = wf_node_get(with, "input");
	size_t language;

	if (!WF_READ_KEYS(r, with, "the input of `data.transform`", keys))
		return;
	language = wf_node_get(with, "language") ? wf_read_word(r, with, "language", wf_read_languages,
							   WF_READ_LANGUAGES, WF_READ_LANGUAGES)
						 : 0;
	/* of an unknown one nobody can say whether the expression is one */
	if (language > 0 && language < WF_READ_LANGUAGES)
		s->query = wf_read_query(r, with, "expression", (enum wf_query_language)(language - 1));
	else if (!language)
		s->transform = wf_read_predicate(r, with, "expression");
	need_target(r, with, "expression", "`data.transform`");
	s->with = wf_read_tree(r, input);
}

static void read_with(
	struct wf_read *r, const struct wf_node *map, uint32_t step, struct wf_model_step *s)
{
	s->with_node = wf_node_get(map, "with");
	if (s->with_node && s->with_node->kind == WF_NODE_NULL && wf_read_beside_input(map))
		s->with_node = NULL; /* what should stand in it was not indented */
	s->with_misspelt = !s->with_node &&
			   (!wf_read_lacks(r, map, "with") || wf_read_beside_input(map));
	if (s->with_node && s->with_node->kind != WF_NODE_MAP &&
		s->with_node->kind != WF_NODE_STRING) {
		WF_FIND(r, WRONG_TYPE, s->with_node->span, "`with` must be a map, here is %s",
			wf_read_kind_phrase(s->with_node));
		s->with_node = NULL;
	}
	if (s->action == WF_ACT_WAIT_EVENT && s->with_node) {
		s->match = wf_read_predicate(r, s->with_node, "match");
		s->with_node = wf_read_without(r, s->with_node, "match");
	}
	if (s->action == WF_ACT_APPROVAL_REQUEST && s->with_node && step != WF_NONE)
		wf_read_approval(r, step, s);
	if (s->action == WF_ACT_DATA_TRANSFORM) {
		if (s->with_node)
			read_transform(r, s->with_node, s);
		else if (!s->with_misspelt)
			WF_FIND(r, MISSING_KEY, s->action_node->span,
				"`data.transform` has no `with.expression`");
	} else {
		s->with = wf_read_tree(r, s->with_node);
	}
}

static void read_results(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	const struct wf_pair *set = wf_node_pair(map, "set");

	s->idempotency_key =
		wf_read_tree(r, wf_read_kind(r, map, "idempotency_key", WF_NODE_STRING));
	s->output = wf_read_tree(r, wf_node_get(map, "output"));
	if (!set)
		return;
	if (set->value->kind == WF_NODE_BOOL) {
		s->set_all = set->value->boolean;
		if (s->action != WF_ACT_DATA_SET)
			WF_FIND(r, KEY_MISPLACED, set->key_span, "`set: true` is for `data.set`");
		return;
	}
	s->set = wf_read_tree(r, wf_read_kind(r, map, "set", WF_NODE_MAP));
}

/* What a crash in the middle means, unless the step says so itself. */
static enum wf_on_crash default_on_crash(const struct wf_model_step *s)
{
	const struct wf_node *idempotent = wf_node_get(s->with_node, "idempotent");

	if (s->action == WF_ACT_COUNT_)
		return WF_ON_CRASH_ASK;
	if (s->defined)
		return s->defined->step->on_crash;
	if (s->action == WF_ACT_EXEC_RUN && idempotent && idempotent->kind == WF_NODE_BOOL &&
		idempotent->boolean)
		return WF_ON_CRASH_RETRY;
	return wf_actions[s->action].on_crash;
}

/* Times, retries and crashes; the workflow's defaults speak where the step does not. */
static void read_policies(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const timeout[] = {"timeout", "timeout_ms"};
	static const char *const deadline[] = {"deadline", "deadline_ms"};
	static const char *const crashes[] = {"retry", "fail", "ask"};
	bool effect = s->kind == WF_STEP_ACTION && (s->action == WF_ACT_COUNT_ ||
			wf_actions[s->action].kind == WF_ACTION_EFFECT);
	int64_t visits;

	s->retry = (struct wf_retry){.max_attempts = 1, .coefficient_milli = 1000};
	/* of an approval it is the asking of resolvers that is retried */
	if (effect || s->action == WF_ACT_APPROVAL_REQUEST) {
		s->retry = r->default_retry;
		s->retry_from = r->default_retry_node;
	}
	if (s->defined && s->defined->retries) {
		s->retry = s->defined->step->retry;
		s->retry_from = s->defined->step->retry_from;
	}
	s->retry_node = wf_node_get(map, "retry");
	if (s->retry_node) {
		wf_read_retry(r, s->retry_node, &s->retry);
		s->retry_from = s->retry_node;
	}
	s->timeout_ms = wf_read_millis(r, map, timeout, COUNT(timeout), 1, &s->timeout_node);
	if (!s->timeout_node && effect)
		s->timeout_ms = s->defined && s->defined->times ? s->defined->step->timeout_ms
								: r->default_timeout_ms;
	s->deadline_ms = wf_read_millis(r, map, deadline, COUNT(deadline), 1, &s->deadline_node);
	s->on_crash = (enum wf_on_crash)wf_read_word(
		r, map, "on_crash", crashes, COUNT(crashes), (size_t)default_on_crash(s));
	s->max_visits = 1;
	if (wf_read_int(r, map, "max_visits", 1, WF_MAX_VISITS, &visits)) {
		s->max_visits = (uint32_t)visits;
		s->max_visits_node = wf_node_get(map, "max_visits");
	}
}

/* The id, kept apart from all others: names that mean something else cannot be one. */
static void read_id(
	struct wf_read *r, const struct wf_node *map, uint32_t index, struct wf_model_step *s)
{
	static const char *const reserved[] = {"end", "next", "steps"};

	s->id_node = wf_read_kind(r, map, "id", WF_NODE_STRING);
	if (!s->id_node) {
		if (wf_read_lacks(r, map, "id"))
			WF_FIND(r, MISSING_KEY, map->span, "the step has no `id`");
		s->id = wf_arena_printf(r->arena, "(step %u)", index + 1);
		return;
	}
	s->id = s->id_node->string.text;
	if (!wf_read_valid_id(s->id, false))
		wf_diag_hint(WF_FIND(r, ID_INVALID, s->id_node->span, "`%s` cannot be a step's id",
				     s->id),
			"an id is a letter or _, then letters, digits, _ or -, at most 255 in all");
	for (size_t i = 0; i < COUNT(reserved); i++)
		if (strcmp(s->id, reserved[i]) == 0)
			WF_FIND(r, ID_INVALID, s->id_node->span,
				"`%s` means something of its own and cannot be a step's id", s->id);
	enum wf_root root = wf_root_find(s->id);
	/* `approval` is a usual name, and has a value only where the step has no output yet */
	if (root != WF_ROOT_COUNT_ && root != WF_ROOT_APPROVAL)
		WF_FIND(r, ID_SHADOWS, s->id_node->span, "a step named `%s` hides the root `%s`",
			s->id, s->id);
	if (wf_model_find_step(r->model, s->id) != WF_NONE) {
		const struct wf_model_step *first =
			&r->model->steps[wf_model_find_step(r->model, s->id)];
		WF_FIND(r, ID_DUPLICATE, s->id_node->span,
			"the id `%s` is taken by the step in line %u", s->id,
			first->id_node->span.line);
		return;
	}
	json_object_set_new(r->model->step_index, s->id, json_integer((json_int_t)index));
}

void wf_read_performed(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	read_action(r, map, s);
	read_with(r, map, WF_NONE, s);
	read_policies(r, map, s);
}

/* What a step that forks cannot have: it performs nothing itself. */
static void refuse_performed(struct wf_read *r, const struct wf_node *map, const char *what)
{
	static const char *const keys[] = {"with", "idempotency_key", "on_crash", "on_decision"};

	for (size_t i = 0; i < COUNT(keys); i++)
		if (wf_node_get(map, keys[i]))
			WF_FIND(r, KEY_MISPLACED, wf_node_pair(map, keys[i])->key_span,
				"`%s` is for a step with an `action`, and this one has `%s`",
				keys[i], what);
}

/* A step is one of an action, branches and a body for each item. */
static void read_kind(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s)
{
	static const char *const kinds[] = {"action", "parallel", "foreach"};
	const char *first = NULL;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct wf_pair *pair = wf_node_pair(map, kinds[i]);

		if (!pair)
			continue;
		if (first)
			WF_FIND(r, KEY_CONFLICT, pair->key_span,
				"a step has one of `action`, `parallel` and `foreach`, and this one has `%s`",
				first);
		else
			s->kind = (enum wf_step_kind)i;
		first = first ? first : kinds[i];
	}
	s->action = WF_ACT_COUNT_;
	if (s->kind != WF_STEP_ACTION)
		refuse_performed(r, map, first);
}

uint32_t wf_read_step(struct wf_read *r, const struct wf_node *map, uint32_t block)
{
	struct wf_model *m = r->model;
	uint32_t index = m->step_count;
	struct wf_model_step *s = &m->steps[index];

	if (index == m->step_room || !WF_READ_KEYS(r, map, "a step", step_keys))
		return WF_NONE;
	s->node = map;
	s->block = block;
	s->follow = WF_NONE;
	read_id(r, map, index, s);
	m->step_count++;
	s->name = wf_read_string(r, map, "name");
	(void)wf_read_string(r, map, "description");
	read_kind(r, map, s);
	if (s->kind == WF_STEP_ACTION) {
		read_action(r, map, s);
		read_with(r, map, index, s);
	}
	read_condition(r, map, s);
	read_depends(r, map, s);
	read_next(r, map, s);
	if (s->kind == WF_STEP_ACTION)
		read_decisions(r, map, s);
	read_failure(r, map, s);
	read_results(r, map, s);
	read_policies(r, map, s);
	wf_read_compensate(r, map, s);
	if (s->kind != WF_STEP_ACTION)
		wf_read_fork(r, map, index);
	s->beyond = m->step_count;
	return index;
}
