/* What is run from files: a workflow, and those beside it that its children are looked for among. */
#include "cli_bundle.h"

#include "cli_load.h"

#include <string.h>

struct gathering {
	struct wf_runnable *r;
	bool beside;          /* the first is not what is run either */
};

static bool has(const struct wf_runnable *r, const char *id)
{
	if (!strcmp(wf_plan_string(r->plan, r->plan->workflow), id))
		return true;
	for (size_t i = 0; i < r->with_count; i++)
		if (!strcmp(wf_plan_string(r->with[i].plan, r->with[i].plan->workflow), id))
			return true;
	return false;
}

static int gather(struct wf_ctx *ctx, void *arg, const struct wf_buf *bytes, struct wf_plan *plan)
{
	struct gathering *g = arg;
	struct wf_runnable *r = g->r;
	struct wf_cause cause = { 0 };
	struct wf_with one = { 0 };
	const char *id = wf_plan_string(plan, plan->workflow);
	if (r->plan && has(r, id))
		return wf_fail_usage(ctx, "workflow %s is there twice", id);
	wf_buf_add(&one.bytes, bytes->data, bytes->len);
	/* the one given is the loader's */
	if (wf_plan_load(one.bytes.data, one.bytes.len, &one.plan, &cause) < 0) {
		wf_buf_done(&one.bytes);
		return wf_fail_cause(ctx, &cause);
	}
	if (!r->plan) {
		r->plan = one.plan;
		r->bytes = one.bytes;
		return 0;
	}
	WF_GROW(r->with, r->with_count, r->with_room);
	r->with[r->with_count++] = one;
	return 0;
}

static int pass_action(struct wf_ctx *ctx, void *arg, const struct wf_action_def *def)
{
	(void)ctx;
	(void)arg;
	(void)def;
	return 0;
}

static int gather_file(struct wf_ctx *ctx, const char *path, struct wf_runnable *r)
{
	struct gathering g = { .r = r };
	return wf_load_plans(ctx, path, gather, pass_action, &g);
}

int wf_bundle_find(struct wf_ctx *ctx, const char *path, struct wf_runnable *r)
{
	int status = gather_file(ctx, path, r);
	if (!status && !r->plan)
		status = wf_fail_usage(ctx, "%s holds no workflow, only actions", path);
	return status;
}

int wf_bundle_with(struct wf_ctx *ctx, struct wf_runnable *r)
{
	int status = 0;
	for (size_t i = 0; !status && i < ctx->args.given_count; i++)
		if (!strcmp(ctx->args.given[i].option->name, "with"))
			status = gather_file(ctx, ctx->args.given[i].value, r);
	return status;
}

json_t *wf_bundle_json(const struct wf_runnable *r)
{
	json_t *all = r->with_count ? json_object() : NULL;
	for (size_t i = 0; i < r->with_count; i++) {
		const struct wf_plan *plan = r->with[i].plan;
		char hex[2 * WF_HASH_SIZE + 1];
		wf_hex(plan->id, WF_HASH_SIZE, hex);
		json_object_set_new(all, wf_plan_string(plan, plan->workflow),
			json_pack("{s:s, s:s*}", "plan", hex, "version",
				wf_plan_string(plan, plan->version)));
	}
	return all;
}

void wf_bundle_done(struct wf_runnable *r)
{
	for (size_t i = 0; i < r->with_count; i++) {
		wf_plan_free(r->with[i].plan);
		wf_buf_done(&r->with[i].bytes);
	}
	wf_free(r->with);
}
