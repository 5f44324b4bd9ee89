/*
 * Approvals: whether they can be given and end in time, and what the engine reads of them: the
 * input with named policies and levels put in, whoever is asked in one form, and the notifications
 * by their numbers.
 *
 *	{ groups: [{name?, quorum, approvers: PEOPLE}], order, deny_initiator, reject, auto_approve,
 *	  sla?, on_breach, escalations: [{after, notify?, add?: PEOPLE, to?: PEOPLE, decide?}],
 *	  reminders?: {every, max, notify?}, message?, details?, _reject_completes? }
 *
 * A quorum of 0 is everybody. Where the policy's name is computed, `policy`, `quorum` and `approvers`
 * stand in the place of the groups.
 */
#include "check/internal.h"

#include "base/duration.h"
#include "base/limits.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_REMINDERS 10

struct request {
	struct wf_checker *c;
	struct wf_model_step *s;
	struct wf_expr *with;  /* the input's root */
	const struct wf_node *node;
	const struct wf_model_policy *policy; /* a named one; NULL: a level, or none */
	bool policy_computed;
	uint32_t level;        /* of levelN; 0: none */
	int64_t sla_ms;        /* -1: none, or not known */
	uint32_t notified;     /* notifications numbered so far */
};

static struct wf_expr *value(struct request *r, json_t *stolen)
{
	return wf_expr_make_value(r->c->model->exprs, stolen);
}

static struct wf_expr *text_value(struct request *r, const char *text)
{
	return value(r, json_string(text));
}

/* The text of an expression that is written out; NULL otherwise. */
static const char *text_of(const struct wf_expr *e)
{
	return e && e->kind == WF_EXPR_LITERAL ? json_string_value(e->value) : NULL;
}

static struct wf_span span_of(const struct wf_node *map, const char *key)
{
	const struct wf_node *node = wf_node_get(map, key);

	return node ? node->span : map->span;
}

/* Milliseconds of a duration that is written out; -1 otherwise. */
static int64_t millis_of(const struct wf_expr *e)
{
	const char *text = text_of(e);
	struct wf_duration d;

	if (!text || wf_duration_parse(text, strlen(text), false, &d) < 0)
		return -1;
	return wf_duration_ms(&d);
}

/* -- the policy -- */

static void unknown_policy(struct request *r, const struct wf_node *node)
{
	const struct wf_model *m = r->c->model;
	const char **names = WF_ARENA_ARRAY(r->c->arena, const char *, m->policy_count + 3);
	struct wf_diag *d = WF_FIND(r->c, POLICY_UNKNOWN, node->span,
		"there is no approval policy `%s`", node->string.text);

	for (uint32_t i = 0; i < m->policy_count; i++)
		names[i] = m->policies[i].name;
	names[m->policy_count] = "level1";
	names[m->policy_count + 1] = "level2";
	names[m->policy_count + 2] = "level3";
	const char *nearest = wf_nearest(node->string.text, names, m->policy_count + 3);
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
	} else {
		wf_diag_hint(d, "level1, level2, levelN ask for so many; others are named in "
				"`policies` of the workflow");
	}
}

static void find_policy(struct request *r)
{
	const struct wf_expr *e = wf_check_part(r->with, "policy");
	const char *name = text_of(e);
	char *end = NULL;

	r->policy = r->s->policy;
	r->policy_computed = e && e->kind != WF_EXPR_LITERAL;
	if (!name || r->policy)
		return;
	unsigned long n = strncmp(name, "level", 5) == 0 && name[5] >= '1' && name[5] <= '9'
				  ? strtoul(name + 5, &end, 10)
				  : 0;
	if (end && !*end && n >= 1 && n <= WF_MAX_APPROVERS)
		r->level = (uint32_t)n;
	else
		unknown_policy(r, wf_node_get(r->node, "policy"));
}

static void conflict(struct request *r, const char *key, const char *why)
{
	const struct wf_pair *pair = wf_node_pair(r->node, key);

	if (pair)
		WF_FIND(r->c, KEY_CONFLICT, pair->key_span, "`%s` cannot stand here: %s", key, why);
}

/* -- groups -- */

static struct wf_expr *ask(struct request *r, const struct wf_node *node, struct wf_expr *e,
	struct wf_people *ret)
{
	struct wf_expr *spec = wf_check_people(r->c, node, e, ret);

	r->s->asks_others = r->s->asks_others || ret->others;
	return spec;
}

/* More approvals than there are people? `quorum` 0 is everybody. */
static void check_quorum(struct request *r, struct wf_span span, uint32_t quorum,
	const struct wf_people *people)
{
	if (people->known && people->count && people->count < quorum)
		WF_FIND(r->c, POLICY_UNMEETABLE, span,
			"%u approval%s needed, and only %u can give one", quorum,
			quorum == 1 ? " is" : "s are", people->count);
}

static uint32_t number_of(const struct wf_expr *e)
{
	json_int_t n = e && e->kind == WF_EXPR_LITERAL ? json_integer_value(e->value) : 0;

	return n >= 1 && n <= WF_MAX_APPROVERS ? (uint32_t)n : 0;
}

static struct wf_expr *group(struct request *r, const struct wf_node *node, struct wf_expr *e)
{
	struct wf_expr *quorum = wf_check_part(e, "quorum"), *who = wf_check_part(e, "approvers");
	struct wf_people people = {0};
	struct wf_check_map m = {0};

	wf_check_add(r->c, &m, "name", wf_check_part(e, "name"));
	wf_check_add(r->c, &m, "quorum", quorum ? quorum : value(r, json_integer(0)));
	if (who)
		wf_check_add(r->c, &m, "approvers",
			ask(r, wf_node_get(node, "approvers"), who, &people));
	check_quorum(r, span_of(node, "quorum"), number_of(quorum), &people);
	return wf_check_map_of(r->c, &m);
}

static struct wf_expr *groups_of(struct request *r, const struct wf_node *node, struct wf_expr *e)
{
	uint32_t count = e->kind == WF_EXPR_LIST && node->kind == WF_NODE_LIST ? e->arg_count : 0;
	struct wf_expr **items = WF_ARENA_ARRAY(r->c->arena, struct wf_expr *, count + 1);

	for (uint32_t i = 0; i < count; i++)
		items[i] = group(r, node->list.items[i], e->args[i]);
	return wf_expr_make(r->c->model->exprs, WF_EXPR_LIST, items, count);
}

/* `approvers` at the top, and what says how many of them. */
static void one_group(struct request *r, struct wf_check_map *m)
{
	struct wf_expr *quorum = wf_check_part(r->with, "quorum"), *spec = NULL, *one;
	struct wf_expr *who = wf_check_part(r->with, "approvers");
	uint32_t needed = quorum ? number_of(quorum) : r->policy ? r->policy->quorum : r->level;
	struct wf_people people = {0};
	struct wf_check_map group = {0};

	if (who)
		spec = ask(r, wf_node_get(r->node, "approvers"), who, &people);
	else
		WF_FIND(r->c, MISSING_KEY, r->node->span, "nobody is asked: `approvers` is missing");
	check_quorum(r, quorum ? span_of(r->node, "quorum") : span_of(r->node, "policy"), needed,
		&people);
	if (r->policy_computed) {
		wf_check_add(r->c, m, "policy", wf_check_part(r->with, "policy"));
		wf_check_add(r->c, m, "quorum", quorum);
		wf_check_add(r->c, m, "approvers", spec);
		return;
	}
	wf_check_add(r->c, &group, "quorum", quorum ? quorum : value(r, json_integer(needed)));
	wf_check_add(r->c, &group, "approvers", spec);
	one = wf_check_map_of(r->c, &group);
	wf_check_add(r->c, m, "groups", wf_expr_make(r->c->model->exprs, WF_EXPR_LIST, &one, 1));
}

static void add_groups(struct request *r, struct wf_check_map *m)
{
	struct wf_expr *own = wf_check_part(r->with, "groups");
	const char *order = text_of(wf_check_part(r->with, "order"));
	const char *why = "the policy has groups of its own";

	if (r->policy && r->policy->groups_node) {
		conflict(r, "approvers", why);
		conflict(r, "quorum", why);
		conflict(r, "groups", why);
		conflict(r, "order", why);
		order = r->policy->parallel ? "parallel" : "sequence";
		if (r->s->policy_groups.tree)
			wf_check_add(r->c, m, "groups", groups_of(r, r->policy->groups_node,
				wf_expr_tree_root(r->s->policy_groups.tree)));
	} else if (own) {
		conflict(r, "approvers", "each of the `groups` has its own");
		conflict(r, "quorum", "each of the `groups` has its own");
		if (r->level || r->policy_computed || (r->policy && r->policy->quorum_node))
			conflict(r, "policy", "each of the `groups` has a quorum of its own");
		wf_check_add(r->c, m, "groups", groups_of(r, wf_node_get(r->node, "groups"), own));
	} else {
		one_group(r, m);
		if (order)
			WF_FIND(r->c, KEY_MISPLACED, wf_node_pair(r->node, "order")->key_span,
				"`order` is for `groups`");
	}
	wf_check_add(r->c, m, "order", text_value(r, order ? order : "sequence"));
}

/* -- what the policy settles -- */

static void add_policy(struct request *r, struct wf_check_map *m)
{
	const struct wf_model_policy *p = r->policy;
	struct wf_expr *own = wf_check_part(r->with, "deny_initiator");
	bool settled = p && p->deny_node, deny = p && p->deny_initiator;

	if (own && settled && (own->kind != WF_EXPR_LITERAL || json_is_true(own->value) != deny))
		conflict(r, "deny_initiator", "the policy says otherwise");
	wf_check_add(r->c, m, "deny_initiator",
		own && !settled ? own : value(r, json_boolean(deny)));
	wf_check_add(r->c, m, "reject", text_value(r, p && p->reject_counts ? "counts" : "ends"));
	wf_check_add(r->c, m, "auto_approve", value(r, json_boolean(p && p->auto_approve)));
}

static void need_auto_approve(struct request *r, struct wf_span span)
{
	if (r->policy && r->policy->auto_approve)
		return;
	wf_diag_hint(WF_FIND(r->c, AUTO_APPROVE, span,
			     "nobody decides here, and the policy does not allow that it is approved"),
		"name a policy that has `auto_approve: true`");
}

static void check_sla(struct request *r, const struct wf_expr *sla)
{
	const struct wf_model_policy *p = r->policy;
	const struct wf_node *node = wf_node_get(r->node, "sla"), *timeout = r->c->model->timeout_node;

	r->sla_ms = sla ? millis_of(sla) : -1;
	if (!sla && p && p->max_sla_node)
		r->sla_ms = (int64_t)p->max_sla_ms;
	if (sla && r->sla_ms == 0)
		WF_FIND(r->c, DURATION_INVALID, node->span, "`sla` is zero: it would be over at once");
	if (timeout && r->sla_ms >= 0 && (uint64_t)r->sla_ms > r->c->model->timeout_ms)
		WF_FIND(r->c, SLA_TIMEOUT, node ? node->span : span_of(r->node, "policy"),
			"`%s` of %s is longer than the workflow's timeout in line %u",
			sla ? "sla" : "max_sla",
			sla ? text_of(sla) : p->max_sla_node->string.text, timeout->span.line);
	if (!sla || !p || !p->max_sla_node)
		return;
	if (sla->kind != WF_EXPR_LITERAL)
		WF_FIND(r->c, SLA_POLICY, node->span,
			"the policy has a `max_sla` in line %u: write the sla out, so that it can be "
			"held against it",
			p->max_sla_node->span.line);
	else if (r->sla_ms > (int64_t)p->max_sla_ms)
		WF_FIND(r->c, SLA_POLICY, node->span,
			"`sla` of %s is longer than the policy's `max_sla` in line %u", text_of(sla),
			p->max_sla_node->span.line);
}

static void add_sla(struct request *r, struct wf_check_map *m)
{
	struct wf_expr *sla = wf_check_part(r->with, "sla"), *breach;
	const struct wf_node *max = r->policy ? r->policy->max_sla_node : NULL;

	check_sla(r, sla);
	if (!sla && max && max->kind == WF_NODE_STRING)
		sla = text_value(r, max->string.text);
	wf_check_add(r->c, m, "sla", sla);
	breach = wf_check_part(r->with, "on_breach");
	if (breach && !sla)
		WF_FIND(r->c, KEY_MISPLACED, wf_node_pair(r->node, "on_breach")->key_span,
			"`on_breach` is for an approval with an `sla`");
	if (text_of(breach) && strcmp(text_of(breach), "approve") == 0)
		need_auto_approve(r, span_of(r->node, "on_breach"));
	wf_check_add(r->c, m, "on_breach", breach ? breach : text_value(r, "fail"));
}

/* -- escalations and reminders -- */

static void add_notify(struct request *r, struct wf_check_map *m, struct wf_expr *e)
{
	if (wf_check_part(e, "notify"))
		wf_check_add(r->c, m, "notify", value(r, json_integer(r->notified++)));
}

static void add_people(struct request *r, struct wf_check_map *m, const char *name,
	const struct wf_node *node, struct wf_expr *e, const char *key)
{
	struct wf_expr *who = wf_check_part(e, key);
	struct wf_people people;

	if (who)
		wf_check_add(r->c, m, name,
			ask(r, wf_node_get(node, key), who, &people));
}

static struct wf_expr *escalation(struct request *r, const struct wf_node *node, struct wf_expr *e)
{
	struct wf_expr *decide = wf_check_part(e, "decide");
	struct wf_check_map m = {0};

	wf_check_add(r->c, &m, "after", wf_check_part(e, "after"));
	add_notify(r, &m, e);
	add_people(r, &m, "add", node, e, "add_approvers");
	add_people(r, &m, "to", node, e, "escalate_to");
	wf_check_add(r->c, &m, "decide", decide);
	if (text_of(decide) && strcmp(text_of(decide), "approve") == 0)
		need_auto_approve(r, span_of(node, "decide"));
	if (decide && (wf_check_part(e, "add_approvers") || wf_check_part(e, "escalate_to")))
		WF_FIND(r->c, KEY_CONFLICT, wf_node_pair(node, "decide")->key_span,
			"`decide` ends the approval: nobody else is asked then");
	return wf_check_map_of(r->c, &m);
}

/* Whether an escalation comes at all, and in its order. */
static void check_time(struct request *r, const struct wf_node *node, const struct wf_expr *e,
	int64_t before, bool decided)
{
	int64_t after = millis_of(wf_check_member(e, "after"));
	struct wf_span span = span_of(node, "after");

	if (decided)
		WF_FIND(r->c, ESCALATION_LATE, span, "never comes: the one before it decides");
	else if (after >= 0 && r->sla_ms >= 0 && after >= r->sla_ms)
		WF_FIND(r->c, ESCALATION_LATE, span,
			"never comes: the approval's sla is over by then");
	if (after >= 0 && after < before)
		WF_FIND(r->c, ESCALATION_ORDER, span, "comes before the one above it");
}

static void add_escalations(struct request *r, struct wf_check_map *m)
{
	const struct wf_node *node = wf_node_get(r->node, "escalations");
	struct wf_expr *e = wf_check_part(r->with, "escalations");
	bool list = e && e->kind == WF_EXPR_LIST && node->kind == WF_NODE_LIST, decided = false;
	uint32_t count = list ? e->arg_count : 0;
	struct wf_expr **items = WF_ARENA_ARRAY(r->c->arena, struct wf_expr *, count + 1);
	int64_t before = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct wf_node *item = node->list.items[i];
		int64_t after = millis_of(wf_check_member(e->args[i], "after"));

		items[i] = escalation(r, item, e->args[i]);
		check_time(r, item, e->args[i], before, decided);
		before = after > before ? after : before;
		decided = decided || wf_check_member(e->args[i], "decide");
	}
	wf_check_add(r->c, m, "escalations",
		wf_expr_make(r->c->model->exprs, WF_EXPR_LIST, items, count));
}

static void add_reminders(struct request *r, struct wf_check_map *m)
{
	const struct wf_node *node = wf_node_get(r->node, "reminders");
	struct wf_expr *e = wf_check_part(r->with, "reminders"), *max = wf_check_part(e, "max");
	int64_t every = millis_of(wf_check_part(e, "every"));
	struct wf_check_map reminders = {0};

	if (!e || e->kind != WF_EXPR_MAP)
		return;
	if (every == 0)
		WF_FIND(r->c, DURATION_INVALID, span_of(node, "every"), "`every` is zero");
	if (every > 0 && r->sla_ms >= 0 && every >= r->sla_ms)
		WF_FIND(r->c, ESCALATION_LATE, span_of(node, "every"),
			"never comes: the approval's sla is over by then");
	wf_check_add(r->c, &reminders, "every", wf_check_part(e, "every"));
	wf_check_add(r->c, &reminders, "max",
		max ? max : value(r, json_integer(DEFAULT_REMINDERS)));
	add_notify(r, &reminders, e);
	wf_check_add(r->c, m, "reminders", wf_check_map_of(r->c, &reminders));
}

void wf_check_approval(struct wf_checker *c, struct wf_model_step *s)
{
	struct request r = {.c = c, .s = s, .node = s->with_node};
	struct wf_check_map m = {0};

	if (!s->with.tree || !s->with_node || s->with_node->kind != WF_NODE_MAP)
		return;
	r.with = wf_expr_tree_root(s->with.tree);
	find_policy(&r);
	add_groups(&r, &m);
	add_policy(&r, &m);
	add_sla(&r, &m);
	add_escalations(&r, &m);
	add_reminders(&r, &m);
	wf_check_add(c, &m, "message", wf_check_part(r.with, "message"));
	wf_check_add(c, &m, "details", wf_check_part(r.with, "details"));
	/* A rejection with a branch of its own is no failure: the engine is told by this member. */
	if (s->on_reject.node)
		wf_check_add(c, &m, "_reject_completes", value(&r, json_true()));
	s->request = wf_check_map_of(c, &m);
	if (!wf_expr_make_fits(s->request))
		WF_FIND(c, LIMIT, s->with_node->span, "this value needs too many operands at once");
}
