/* What a node says of lists and objects. */
#include "schema/run.h"

#include "base/buf.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* -- lists -- */

static bool check_item(struct run *r, const struct node *n, const struct subject *s, size_t i)
{
	struct place place = {s->at, NULL, i};
	struct subject item = {json_array_get(s->value, i), &place, s->scope, NULL};

	return wf_schema_check(r, n, &item);
}

static void seen_item(struct seen *seen, size_t i)
{
	if (!seen || i < seen->items_upto)
		return;
	WF_GROW(seen->items, seen->item_count, seen->item_room);
	seen->items[seen->item_count++] = i;
}

static bool check_contains(struct run *r, const struct node *n, const struct subject *s)
{
	const struct lists *p = n->lists;
	struct wf_schema_issues *issues = r->issues;
	size_t count = 0, size = json_array_size(s->value);

	r->issues = NULL;
	for (size_t i = 0; i < size && !r->stopped; i++) {
		if (!check_item(r, p->contains, s, i))
			continue;
		count++;
		seen_item(s->seen, i);
		if (!s->seen && count >= p->contains_least && p->contains_most == SIZE_MAX)
			break;
	}
	r->issues = issues;
	if (r->stopped)
		return false;
	if (count < p->contains_least && p->contains_least == 1)
		return wf_schema_report(r, n, s, "contains", NULL,
			"must have an item that fits the schema's `contains`, and has none");
	if (count < p->contains_least)
		return wf_schema_report(r, n, s, "minContains", NULL,
			"must have at least %zu items that fit the schema's `contains`, and has "
			"%zu",
			p->contains_least, count);
	if (count > p->contains_most)
		return wf_schema_report(r, n, s, "maxContains", NULL,
			"must have at most %zu items that fit the schema's `contains`, and has %zu",
			p->contains_most, count);
	return true;
}

static bool check_rest(struct run *r, const struct node *n, const struct subject *s, size_t from)
{
	size_t size = json_array_size(s->value);
	bool ok = true;

	if (from < size && n->lists->rest->refuses)
		return wf_schema_report(r, n, s, "items", NULL, "must have at most %zu item%s",
			from, from == 1 ? "" : "s");
	for (size_t i = from; i < size; i++)
		WF_SCHEMA_TRY(r, ok, check_item(r, n->lists->rest, s, i));
	if (ok && s->seen)
		s->seen->all_items = true;
	return ok;
}

bool wf_schema_check_list(struct run *r, const struct node *n, const struct subject *s)
{
	const struct lists *p = n->lists;
	size_t size = json_array_size(s->value), first, second;
	size_t fixed = size < p->prefix_count ? size : p->prefix_count;
	bool ok = true;

	if (size < p->least)
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(r, n, s, "minItems", NULL, "must have at least %zu item%s",
				p->least, p->least == 1 ? "" : "s"));
	if (size > p->most)
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(r, n, s, "maxItems", NULL, "must have at most %zu item%s",
				p->most, p->most == 1 ? "" : "s"));
	for (size_t i = 0; i < fixed; i++)
		WF_SCHEMA_TRY(r, ok, check_item(r, p->prefix[i], s, i));
	if (s->seen && fixed > s->seen->items_upto)
		s->seen->items_upto = fixed;
	if (p->rest)
		WF_SCHEMA_TRY(r, ok, check_rest(r, n, s, fixed));
	if (p->contains)
		WF_SCHEMA_TRY(r, ok, check_contains(r, n, s));
	if (p->unique && wf_schema_repeated(s->value, &first, &second))
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(r, n, s, "uniqueItems", NULL,
				"must have no item twice, and items %zu and %zu are the same",
				first, second));
	return ok;
}

static bool item_was_seen(const struct seen *seen, size_t from, size_t i)
{
	if (seen->all_items || i < seen->items_upto)
		return true;
	for (size_t k = from; k < seen->item_count; k++)
		if (seen->items[k] == i)
			return true;
	return false;
}

bool wf_schema_check_unevaluated_items(
	struct run *r, const struct node *n, const struct subject *s, size_t from)
{
	const struct node *rest = n->lists->unevaluated;
	bool ok = true;

	for (size_t i = 0; i < json_array_size(s->value); i++) {
		struct place place = {s->at, NULL, i};
		struct subject item = {json_array_get(s->value, i), &place, s->scope, NULL};

		if (item_was_seen(s->seen, from, i))
			continue;
		if (rest->refuses)
			WF_SCHEMA_TRY(r, ok,
				wf_schema_report(r, n, &item, "unevaluatedItems", NULL,
					"is not allowed here"));
		else
			WF_SCHEMA_TRY(r, ok, wf_schema_check(r, rest, &item));
	}
	s->seen->all_items = true;
	return ok;
}

/* -- objects -- */

void wf_schema_seen_key(struct seen *seen, const char *key)
{
	if (!seen || seen->all_keys)
		return;
	WF_GROW(seen->keys, seen->key_count, seen->key_room);
	seen->keys[seen->key_count++] = key;
}

/* A property that may not be there, with the nearest one that may. */
static bool not_allowed(struct run *r, const struct node *n, const struct subject *s,
	const char *keyword, const char *key)
{
	const struct objects *p = n->objects;
	const char **words;
	const char *near;

	if (!wf_schema_collecting(r))
		return false;
	words = wf_reallocarray(NULL, p->property_count + 1, sizeof(*words));
	for (size_t i = 0; i < p->property_count; i++)
		words[i] = json_object_get(s->value, p->properties[i].key) ? NULL
									   : p->properties[i].key;
	near = wf_nearest(key, words, p->property_count);
	if (near)
		(void)wf_schema_report(
			r, n, s, keyword, key, "is not allowed here; did you mean %.100s?", near);
	else
		(void)wf_schema_report(r, n, s, keyword, key, "is not allowed here");
	wf_free(words);
	return false;
}

static bool check_member(struct run *r, const struct node *n, const struct subject *s,
	const char *key, const json_t *value)
{
	struct place place = {s->at, key, 0};
	struct subject member = {value, &place, s->scope, NULL};

	wf_schema_seen_key(s->seen, key);
	return wf_schema_check(r, n, &member);
}

static bool check_required(struct run *r, const struct node *n, const struct subject *s)
{
	const struct objects *p = n->objects;
	bool ok = true;

	for (size_t i = 0; i < p->required_count; i++)
		if (!json_object_get(s->value, p->required[i]))
			WF_SCHEMA_TRY(r, ok,
				wf_schema_report(
					r, n, s, "required", p->required[i], "is required"));
	return ok;
}

static bool check_dependency(
	struct run *r, const struct node *n, const struct subject *s, const struct dependency *d)
{
	bool ok = true;

	if (!json_object_get(s->value, d->key))
		return true;
	if (d->node)
		return wf_schema_check(r, d->node, s);
	for (size_t i = 0; i < d->required_count; i++)
		if (!json_object_get(s->value, d->required[i]))
			WF_SCHEMA_TRY(r, ok,
				wf_schema_report(r, n, s, d->keyword, d->required[i],
					"is required when %.100s is there", d->key));
	return ok;
}

static bool check_name(
	struct run *r, const struct node *n, const struct subject *s, const char *key)
{
	struct wf_schema_issues *issues = r->issues, reasons = {0};
	json_t *name = json_stringn_nocheck(key, strlen(key));
	struct subject subject = {name, s->at, s->scope, NULL};
	bool ok;

	r->issues = wf_schema_collecting(r) ? &reasons : NULL;
	ok = wf_schema_check(r, n->objects->names, &subject);
	r->issues = issues;
	if (!ok && reasons.count)
		(void)wf_schema_report(r, n, s, "propertyNames", key,
			"is not a name that may stand here: it %s", reasons.items[0].message);
	wf_schema_issues_done(&reasons);
	json_decref(name);
	return ok;
}

/* Patterns, what is left over, and names: what must look at every member. */
static bool check_each(struct run *r, const struct node *n, const struct subject *s)
{
	const struct objects *p = n->objects;
	json_t *object = (json_t *)(uintptr_t)s->value; /* jansson's iterators take no const */
	bool ok = true;

	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *value = json_object_iter_value(it);
		bool known = wf_strmap_get(&p->index, key);

		for (size_t i = 0; i < p->pattern_count; i++) {
			int found =
				wf_schema_match(r, n, s, &p->patterns[i].pattern, key, strlen(key));

			if (found < 0)
				return false;
			if (!found)
				continue;
			known = true;
			WF_SCHEMA_TRY(r, ok, check_member(r, p->patterns[i].node, s, key, value));
		}
		if (!known && p->additional && p->additional->refuses)
			WF_SCHEMA_TRY(r, ok, not_allowed(r, n, s, "additionalProperties", key));
		else if (!known && p->additional)
			WF_SCHEMA_TRY(r, ok, check_member(r, p->additional, s, key, value));
		if (p->names)
			WF_SCHEMA_TRY(r, ok, check_name(r, n, s, key));
	}
	return ok;
}

bool wf_schema_check_object(struct run *r, const struct node *n, const struct subject *s)
{
	const struct objects *p = n->objects;
	size_t size = json_object_size(s->value);
	bool ok = true;

	if (size < p->least)
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(r, n, s, "minProperties", NULL,
				"must have at least %zu member%s", p->least,
				p->least == 1 ? "" : "s"));
	if (size > p->most)
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(r, n, s, "maxProperties", NULL,
				"must have at most %zu member%s", p->most,
				p->most == 1 ? "" : "s"));
	WF_SCHEMA_TRY(r, ok, check_required(r, n, s));
	for (size_t i = 0; i < p->property_count; i++) {
		const struct property *property = &p->properties[i];
		const json_t *value = json_object_get(s->value, property->key);

		if (!value)
			continue;
		if (property->node->refuses)
			WF_SCHEMA_TRY(r, ok,
				wf_schema_report(r, property->node, s, NULL, property->key,
					"is not allowed here"));
		else
			WF_SCHEMA_TRY(
				r, ok, check_member(r, property->node, s, property->key, value));
	}
	if (p->pattern_count || p->additional || p->names)
		WF_SCHEMA_TRY(r, ok, check_each(r, n, s));
	for (size_t i = 0; i < p->dependency_count; i++)
		WF_SCHEMA_TRY(r, ok, check_dependency(r, n, s, &p->dependencies[i]));
	return ok;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool wf_schema_check_unevaluated_properties(
	struct run *r, const struct node *n, const struct subject *s, size_t from)
{
	const struct node *rest = n->objects->unevaluated;
	struct seen *seen = s->seen;
	json_t *object = (json_t *)(uintptr_t)s->value;
	size_t count = seen->key_count - from;
	bool ok = true;

	if (seen->all_keys)
		return true;
	if (count)
		qsort(seen->keys + from, count, sizeof(*seen->keys), by_text);
	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		const char *key = json_object_iter_key(it);
		struct place place = {s->at, key, 0};
		struct subject member = {json_object_iter_value(it), &place, s->scope, NULL};

		if (count && bsearch(&key, seen->keys + from, count, sizeof(*seen->keys), by_text))
			continue;
		if (rest->refuses)
			WF_SCHEMA_TRY(r, ok, not_allowed(r, n, s, "unevaluatedProperties", key));
		else
			WF_SCHEMA_TRY(r, ok, wf_schema_check(r, rest, &member));
	}
	seen->all_keys = true;
	return ok;
}
