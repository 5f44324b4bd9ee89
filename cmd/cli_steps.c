/* Which step of an instance is meant. */
#include "cli_steps.h"

#include "base/text.h"
#include "cli_instance.h"
#include "view/instance.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "pay[3]", "pay item 3" -> "pay" */
static char *id_of(const char *name)
{
	const char *item = strstr(name, " item ");
	size_t n = strcspn(name, "[");
	return wf_strndup(name, item && (size_t)(item - name) < n ? (size_t)(item - name) : n);
}

static int no_such_step(struct wf_ctx *ctx, const struct wf_plan *plan,
	const struct wf_instance *in, const char *id)
{
	const char **names = wf_calloc((size_t)plan->step_count + 1, sizeof(*names));
	for (uint32_t i = 0; i < plan->step_count; i++)
		names[i] = plan->steps[i].origin == i ? wf_plan_step_id(plan, i) : NULL;
	const char *near = wf_nearest(id, names, plan->step_count);
	wf_free(names);
	return wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL, "wfctl show lists the steps",
		"instance #%" PRIu64 " has no step %s%s%s%s", in->number, id,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool has_step(const struct wf_plan *plan, const char *id)
{
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (strcmp(wf_plan_author_id(plan, i), id) == 0)
			return true;
	return false;
}

int wf_find_step(struct wf_ctx *ctx, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_wanted_step *wanted, uint32_t *ret)
{
	static const uint32_t most_listed = 10;
	const char *name = wf_opt(ctx, "step");
	WF_AUTOFREE char *id = name ? id_of(name) : NULL;
	WF_AUTOBUF struct wf_buf list = { 0 };
	uint32_t found = WF_NONE, count = 0;
	if (id && !has_step(plan, id))
		return no_such_step(ctx, plan, in, id);
	for (uint32_t i = 0; i < in->step_count && i < plan->step_count; i++) {
		if (!wanted->fits(in, i) || (name && !wf_view_step_called(plan, in, i, name)))
			continue;
		found = i;
		if (count++ < most_listed) {
			wf_buf_addstr(&list, list.len ? ", " : "");
			wf_view_step_option(plan, in, i, &list);
		}
	}
	if (count > most_listed)
		wf_buf_addstr(&list, ", ...");
	if (!count)
		return wf_fail_at(ctx, WF_EXIT_CONFLICT, "INVALID_TRANSITION", NULL, wanted->hint,
			"no step %s%sof instance #%" PRIu64 " %s", name ? name : "", name ? " " : "",
			in->number, wanted->one);
	if (count > 1)
		return wf_fail_at(ctx, WF_EXIT_USAGE, "AMBIGUOUS", NULL, "--step names the one that is meant",
			"%u steps of instance #%" PRIu64 " %s: %s", count, in->number, wanted->many,
			list.data);
	*ret = found;
	return 0;
}

/* Whether a lane of a foreach lies around it. */
static bool in_foreach(const struct wf_plan *plan, uint32_t step)
{
	uint32_t group = step < plan->step_count ? plan->steps[step].group : WF_NONE;
	while (group != WF_NONE && plan->groups[group].kind != WF_GROUP_FOREACH)
		group = plan->groups[group].parent;
	return group != WF_NONE;
}

uint32_t wf_item_of(struct wf_ctx *ctx, const struct wf_plan *plan, uint64_t number, uint32_t step,
	struct wf_buf *name)
{
	struct wf_instance *in = NULL;
	struct wf_plan *own = NULL;
	char text[24];
	uint32_t item = WF_NONE;
	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	if (!in_foreach(plan, step) || wf_load_instance(ctx, text, &in, &own)) {
		if (name)
			wf_buf_addstr(name, wf_plan_author_id(plan, step));
		return WF_NONE;
	}
	item = wf_view_step_item(own, in, step);
	if (name)
		wf_view_step_name(own, in, step, name);
	wf_instance_free(in);
	wf_plan_free(own);
	return item;
}
