/*
 * anyOf and oneOf, and saying what was probably meant when no branch fits: the branch that came
 * nearest gives the reason, and branches that differ only in their type, or in the members they ask
 * for, are told as one sentence.
 */
#include "schema/run.h"

#include "base/buf.h"

#include <string.h>

#define NEAREST "; nearest: "

static size_t depth_of(const char *pointer)
{
	size_t depth = 0;

	for (; *pointer; pointer++)
		depth += *pointer == '/';
	return depth;
}

/* How near a branch came: what fails deep inside, or has the right type, was probably meant. */
static size_t nearness(const struct wf_schema_issues *issues)
{
	size_t best = 0;

	for (size_t i = 0; i < issues->count; i++) {
		const struct wf_schema_issue *issue = &issues->items[i];
		size_t near = depth_of(issue->instance) * 2;
		const char *keyword = strrchr(issue->keyword, '/');

		if (!keyword || strcmp(keyword, "/type") != 0)
			near++;
		if (near > best)
			best = near;
	}
	return best;
}

struct alternatives {
	size_t valid;
	size_t first, second; /* branches that fit */
	struct wf_schema_issues nearest;
	size_t near;
	unsigned types; /* what the branches take, while each asks for a type and gets another */
	bool only_types;
};

static void keep_nearest(struct alternatives *a, struct wf_schema_issues *issues)
{
	size_t near = nearness(issues);
	bool better = !a->nearest.count || near > a->near ||
		      (near == a->near && issues->count < a->nearest.count);

	if (better) {
		struct wf_schema_issues old = a->nearest;

		a->nearest = *issues;
		*issues = old;
		a->near = near;
	}
	wf_schema_issues_done(issues);
}

static void try_branches(struct run *r, const struct nodes *branches, const struct subject *s,
	bool one, struct alternatives *a)
{
	struct wf_schema_issues *issues = r->issues;
	bool collecting = wf_schema_collecting(r);

	a->only_types = true;
	for (size_t i = 0; i < branches->count && !r->stopped; i++) {
		const struct node *branch = branches->items[i];
		struct wf_schema_issues reasons = {0};
		bool ok;

		r->issues = collecting ? &reasons : NULL;
		ok = wf_schema_check(r, branch, s);
		r->issues = issues;
		if (ok) {
			if (a->valid++ == 0)
				a->first = i;
			else if (a->valid == 2)
				a->second = i;
		} else {
			a->only_types = a->only_types && branch->types && reasons.count == 1 &&
					depth_of(reasons.items[0].instance) == 0;
			a->types |= branch->types;
			keep_nearest(a, &reasons);
		}
		wf_schema_issues_done(&reasons);
		if (one ? a->valid == 2 : a->valid && !s->seen)
			break;
	}
}

/* Whether the schema does nothing but ask for members. */
static bool only_requires(const struct node *n)
{
	return n->objects && n->objects->required_count && json_object_size(n->json) == 1;
}

static void add_names(const struct node *n, const char *last, struct wf_buf *out)
{
	size_t count = n->objects->required_count;

	for (size_t i = 0; i < count; i++)
		wf_buf_printf(out, "%s%s",
			i == 0		 ? ""
			: i + 1 == count ? last
					 : ", ",
			n->objects->required[i]);
}

/* Of branches that each ask for members: "a, b and c, or d". */
static bool add_branches(const struct nodes *branches, struct wf_buf *out)
{
	for (size_t i = 0; i < branches->count; i++) {
		if (!only_requires(branches->items[i]))
			return false;
		if (i)
			wf_buf_addstr(out, i + 1 == branches->count ? " or " : ", ");
		add_names(branches->items[i], " and ", out);
	}
	return true;
}

bool wf_schema_report_never(struct run *r, const struct node *n, const struct subject *s)
{
	const struct node *never = n->logic->never;
	WF_AUTOBUF struct wf_buf names = {0};

	if (!only_requires(never))
		return wf_schema_report(r, n, s, "not", NULL, "has a form that is not allowed");
	add_names(never, " and ", &names);
	if (never->objects->required_count == 1)
		return wf_schema_report(r, n, s, "not", NULL, "must not have %.300s", names.data);
	return wf_schema_report(r, n, s, "not", NULL, "must not have %.300s together", names.data);
}

static bool none_fits(struct run *r, const struct node *n, const struct subject *s,
	const char *keyword, const struct alternatives *a)
{
	const struct nodes *branches = *keyword == 'o' ? &n->logic->one : &n->logic->any;
	WF_AUTOBUF struct wf_buf types = {0}, names = {0};
	const char *again;
	char *nearest;
	bool by_type = a->only_types && a->types && a->nearest.count &&
		       strstr(a->nearest.items[0].keyword, "/type");

	if (!wf_schema_collecting(r))
		return false;
	if (by_type && !a->near) {
		wf_schema_types_text(a->types, &types);
		return wf_schema_report(r, n, s, keyword, NULL, "is %s, must be %s",
			wf_schema_type_text(s->value), types.data);
	}
	if (json_is_object(s->value) && add_branches(branches, &names))
		return wf_schema_report(r, n, s, keyword, NULL, "must have %.300s", names.data);
	if (!a->nearest.count)
		return wf_schema_report(r, n, s, keyword, NULL, "fits none of the forms allowed");
	nearest = wf_schema_issue_text(&a->nearest.items[0]);
	again = strstr(nearest, NEAREST);
	(void)wf_schema_report(r, n, s, keyword, NULL,
		"fits none of the forms allowed" NEAREST "%.300s",
		again ? again + strlen(NEAREST) : nearest);
	wf_free(nearest);
	return false;
}

bool wf_schema_check_alternatives(
	struct run *r, const struct node *n, const struct subject *s, bool one)
{
	const struct nodes *branches = one ? &n->logic->one : &n->logic->any;
	const char *keyword = one ? "oneOf" : "anyOf";
	WF_AUTOBUF struct wf_buf names = {0};
	struct alternatives a = {0};
	bool ok;

	try_branches(r, branches, s, one, &a);
	ok = !r->stopped && (one ? a.valid == 1 : a.valid > 0);
	if (!ok && !a.valid)
		(void)none_fits(r, n, s, keyword, &a);
	else if (!ok && json_is_object(s->value) && add_branches(branches, &names))
		(void)wf_schema_report(
			r, n, s, keyword, NULL, "must have only one of %.300s", names.data);
	else if (!ok)
		(void)wf_schema_report(r, n, s, keyword, NULL,
			"fits more than one of the forms allowed (%zu and %zu)", a.first + 1,
			a.second + 1);
	wf_schema_issues_done(&a.nearest);
	return ok;
}
