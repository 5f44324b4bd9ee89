/*
 * Validation: one node against one value, and what combines nodes ($ref, $dynamicRef, allOf, not,
 * if, unevaluated...; anyOf and oneOf are in alternatives.c). Recursion is bounded by depth, and
 * the whole by steps, since a small schema can ask for more work than there is time.
 */
#include "schema/run.h"

#include "base/limits.h"

#define DEPTH_MAX 1000u
#define STEPS_MAX (UINT64_C(2) * WF_MAX_EVAL_STEPS)

static bool silently(struct run *r, const struct node *n, const struct subject *s)
{
	struct wf_schema_issues *issues = r->issues;
	bool ok;

	r->issues = NULL;
	ok = wf_schema_check(r, n, s);
	r->issues = issues;
	return ok;
}

static bool check_condition(struct run *r, const struct logic *l, const struct subject *s)
{
	const struct node *next = silently(r, l->condition, s) ? l->then : l->otherwise;

	return !r->stopped && (!next || wf_schema_check(r, next, s));
}

static bool check_logic(struct run *r, const struct node *n, const struct subject *s)
{
	const struct logic *l = n->logic;
	bool ok = true;

	for (size_t i = 0; i < l->all.count; i++)
		WF_SCHEMA_TRY(r, ok, wf_schema_check(r, l->all.items[i], s));
	if (l->any.count)
		WF_SCHEMA_TRY(r, ok, wf_schema_check_alternatives(r, n, s, false));
	if (l->one.count)
		WF_SCHEMA_TRY(r, ok, wf_schema_check_alternatives(r, n, s, true));
	if (l->never) {
		struct subject unseen = {s->value, s->at, s->scope, NULL};

		if (silently(r, l->never, &unseen))
			WF_SCHEMA_TRY(r, ok, wf_schema_report_never(r, n, s));
		if (r->stopped)
			return false;
	}
	if (l->condition)
		WF_SCHEMA_TRY(r, ok, check_condition(r, l, s));
	return ok;
}

/* The outermost resource on the way here that has the dynamic anchor, else what a plain reference
 * would give. */
static const struct node *dynamic_target(const struct node *n, const struct scope *scope)
{
	const struct node *target = n->dynamic_ref;

	if (!n->dynamic_name)
		return target;
	for (; scope; scope = scope->outer)
		for (const struct dynamic_anchor *d = scope->resource->dynamics; d; d = d->next)
			if (d->name == n->dynamic_name)
				target = d->node;
	return target;
}

/* -- one node -- */

static bool check_words(struct run *r, const struct node *n, const struct subject *s)
{
	const json_t *v = s->value;
	bool ok = true;

	if (n->types || n->choices || n->constant) {
		if (!wf_schema_check_value(r, n, s))
			return false;
	}
	if (n->numbers && json_is_number(v))
		WF_SCHEMA_TRY(r, ok, wf_schema_check_number(r, n, s));
	if (n->strings && json_is_string(v))
		WF_SCHEMA_TRY(r, ok, wf_schema_check_string(r, n, s));
	if (n->lists && json_is_array(v))
		WF_SCHEMA_TRY(r, ok, wf_schema_check_list(r, n, s));
	if (n->objects && json_is_object(v))
		WF_SCHEMA_TRY(r, ok, wf_schema_check_object(r, n, s));
	if (n->ref)
		WF_SCHEMA_TRY(r, ok, wf_schema_check(r, n->ref, s));
	if (n->dynamic_ref)
		WF_SCHEMA_TRY(r, ok, wf_schema_check(r, dynamic_target(n, s->scope), s));
	if (n->logic)
		WF_SCHEMA_TRY(r, ok, check_logic(r, n, s));
	return ok;
}

/* What this node's own schemas evaluated counts for its unevaluated..., what its neighbours did
 * does not: the flags start anew and are joined afterwards, the log is read from where it stood. */
static bool check_with_unevaluated(struct run *r, const struct node *n, const struct subject *s)
{
	struct seen own = {0}, *seen = s->seen ? s->seen : &own, before = *seen;
	struct subject subject = {s->value, s->at, s->scope, seen};
	bool ok;

	seen->all_keys = seen->all_items = false;
	seen->items_upto = 0;
	ok = check_words(r, n, &subject);
	/* After a failure it would only name what the failed schemas did not get to say. */
	if (ok && json_is_object(s->value) && n->objects && n->objects->unevaluated)
		ok = wf_schema_check_unevaluated_properties(r, n, &subject, before.key_count);
	if (ok && json_is_array(s->value) && n->lists && n->lists->unevaluated)
		ok = wf_schema_check_unevaluated_items(r, n, &subject, before.item_count);
	seen->all_keys |= before.all_keys;
	seen->all_items |= before.all_items;
	if (before.items_upto > seen->items_upto)
		seen->items_upto = before.items_upto;
	wf_free(own.keys);
	wf_free(own.items);
	return ok;
}

static bool asks_unevaluated(const struct node *n, const json_t *v)
{
	return (n->objects && n->objects->unevaluated && json_is_object(v)) ||
	       (n->lists && n->lists->unevaluated && json_is_array(v));
}

bool wf_schema_check(struct run *r, const struct node *n, const struct subject *s)
{
	struct scope scope = {s->scope, n->resource};
	struct subject subject = *s;
	struct seen before = {0};
	bool ok;

	if (n->refuses)
		return wf_schema_report(r, n, s, NULL, NULL, "is not allowed here");
	if (r->depth >= DEPTH_MAX)
		return wf_schema_stop(
			r, n, s, "cannot be validated: the schema refers to itself without end");
	if (r->steps++ >= STEPS_MAX)
		return wf_schema_stop(r, n, s, "cannot be validated within the limits");
	if (!s->scope || s->scope->resource != n->resource)
		subject.scope = &scope;
	if (s->seen)
		before = *s->seen;
	r->depth++;
	ok = asks_unevaluated(n, s->value) ? check_with_unevaluated(r, n, &subject)
					   : check_words(r, n, &subject);
	r->depth--;
	if (!ok && s->seen) {
		s->seen->key_count = before.key_count;
		s->seen->item_count = before.item_count;
		s->seen->items_upto = before.items_upto;
		s->seen->all_keys = before.all_keys;
		s->seen->all_items = before.all_items;
	}
	return ok;
}

bool wf_schema_valid(
	const struct wf_schema *schema, const json_t *value, struct wf_schema_issues *issues)
{
	struct run r = {.issues = issues, .top = issues};
	struct subject subject = {.value = value};

	return wf_schema_check(&r, schema->root, &subject) && !r.stopped;
}
