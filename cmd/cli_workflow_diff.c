/* workflow diff: what changed between two definitions, and who could move from the one to the other. */
#include "cli_workflow.h"
#include "cli_batch.h"
#include "cli_load.h"

#include "engine/fit.h"
#include "plan/compare.h"
#include "view/instance.h"

#include <string.h>

struct diff {
	struct wf_runnable a, b;
};

/* Notifications, compensations and copies of a foreach's body change with the step that they belong to. */
static bool is_own(const struct wf_plan *p, uint32_t step)
{
	if (p->steps[step].origin != step && p->steps[step].origin < p->step_count)
		return false;
	if (wf_view_side_of(p, step) != WF_NONE)
		return false;
	for (uint32_t i = 0; i < p->step_count; i++)
		if (p->steps[i].compensation == step)
			return false;
	return true;
}

static json_t *part_names(uint32_t bits)
{
	json_t *names = json_array();
	for (unsigned i = 0; i < WF_CHANGED_COUNT_; i++)
		if (bits & UINT32_C(1) << i)
			json_array_append_new(names, json_string(wf_plan_step_part_names[i]));
	return names;
}

static json_t *step_entry(const char *id, const char *what, json_t *keys)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", json_string(id));
	json_object_set_new(o, "change", json_string(what));
	json_object_set_new(o, "keys", keys);
	return o;
}

static json_t *compare_steps(const struct wf_plan *a, const struct wf_plan *b)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < a->step_count; i++) {
		const char *id = wf_plan_step_id(a, i);
		uint32_t j = wf_plan_find_step(b, id);
		if (!is_own(a, i))
			continue;
		uint32_t bits = j == WF_NONE ? 0 : wf_plan_compare_steps(a, i, b, j);
		if (j == WF_NONE)
			json_array_append_new(list, step_entry(id, "removed", json_array()));
		else if (bits)
			json_array_append_new(list, step_entry(id, "changed", part_names(bits)));
	}
	for (uint32_t j = 0; j < b->step_count; j++)
		if (is_own(b, j) && wf_plan_find_step(a, wf_plan_step_id(b, j)) == WF_NONE)
			json_array_append_new(list,
				step_entry(wf_plan_step_id(b, j), "added", json_array()));
	return list;
}

/* Whether a thread may rest in the step at all, and be moved from there. */
static bool may_rest(const struct wf_plan *p, uint32_t step)
{
	enum wf_action action = p->steps[step].action;
	return is_own(p, step) && (action >= WF_ACT_COUNT_ || wf_actions[action].kind != WF_ACTION_PURE);
}

static json_t *compare_rests(const struct wf_plan *a, const struct wf_plan *b)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < a->step_count; i++) {
		struct wf_cause why = { 0 };
		uint32_t at;
		if (!may_rest(a, i))
			continue;
		int r = wf_engine_fits_at(a, b, i, &at, &why);
		json_t *o = json_object();
		json_object_set_new(o, "at", json_string(wf_plan_step_id(a, i)));
		json_object_set_new(o, "moves", json_boolean(r == 0));
		json_object_set_new(o, "why", r ? json_string(why.text) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *side_json(const struct wf_runnable *r)
{
	char id[2 * WF_HASH_SIZE + 1];
	const char *own = wf_plan_string(r->plan, r->plan->version);
	const char *version = r->version ? r->version : own;
	wf_hex(r->plan->id, WF_HASH_SIZE, id);
	json_t *o = json_object();
	json_object_set_new(o, "workflow", json_string(wf_plan_string(r->plan, r->plan->workflow)));
	json_object_set_new(o, "version", version ? json_string(version) : json_null());
	json_object_set_new(o, "plan", json_string(id));
	return o;
}

static json_t *diff_json(const struct diff *d)
{
	const struct wf_plan *a = d->a.plan, *b = d->b.plan;
	json_t *o = json_object();
	json_object_set_new(o, "a", side_json(&d->a));
	json_object_set_new(o, "b", side_json(&d->b));
	json_object_set_new(o, "same", json_boolean(!memcmp(a->id, b->id, WF_HASH_SIZE)));
	json_object_set_new(o, "workflow", wf_plan_compare_rest(a, b));
	json_object_set_new(o, "steps", compare_steps(a, b));
	json_object_set_new(o, "in_flight", compare_rests(a, b));
	return o;
}

/* -- in words -- */

static void put_keys(const json_t *keys, struct wf_buf *out)
{
	for (size_t i = 0; i < json_array_size(keys); i++)
		wf_buf_printf(out, "%s%s", i ? ", " : "", json_string_value(json_array_get(keys, i)));
}

static const char *text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));
	return text ? text : "";
}

static void put_side(const char *sign, const json_t *side, struct wf_buf *out)
{
	wf_buf_printf(out, "%s %s %s plan %.12s\n", sign, text_of(side, "workflow"),
		text_of(side, "version"), text_of(side, "plan"));
}

static void put_steps(const json_t *steps, struct wf_buf *out)
{
	size_t i;
	const json_t *one;
	json_array_foreach(steps, i, one)
	{
		const char *what = text_of(one, "change");
		wf_buf_printf(out, "%s step %s", *what == 'a' ? "+" : *what == 'r' ? "-" : "~",
			text_of(one, "id"));
		if (*what == 'c') {
			wf_buf_addstr(out, ": ");
			put_keys(json_object_get(one, "keys"), out);
		}
		wf_buf_addch(out, '\n');
	}
}

static void put_rests(const json_t *rests, struct wf_buf *out)
{
	size_t i, moving = 0;
	const json_t *one;
	json_array_foreach(rests, i, one) moving += json_is_true(json_object_get(one, "moves"));
	if (moving == json_array_size(rests)) {
		wf_buf_addstr(out, "instances in flight could move, wherever they rest\n");
		return;
	}
	json_array_foreach(rests, i, one)
	{
		bool moves = json_is_true(json_object_get(one, "moves"));
		wf_buf_printf(out, "at %s: %s%s\n", text_of(one, "at"), moves ? "could move" : "stays, for ",
			moves ? "" : text_of(one, "why"));
	}
}

static void say_text(struct wf_ctx *ctx, const json_t *o)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	const json_t *rest = json_object_get(o, "workflow");
	put_side("-", json_object_get(o, "a"), &text);
	put_side("+", json_object_get(o, "b"), &text);
	if (json_is_true(json_object_get(o, "same"))) {
		wf_buf_addstr(&text, "they are the same\n");
		wf_out(ctx, &text);
		return;
	}
	if (json_array_size(rest)) {
		wf_buf_addstr(&text, "~ workflow: ");
		put_keys(rest, &text);
		wf_buf_addch(&text, '\n');
	}
	put_steps(json_object_get(o, "steps"), &text);
	put_rests(json_object_get(o, "in_flight"), &text);
	wf_out(ctx, &text);
}

static int check_ids(struct wf_ctx *ctx, const struct diff *d)
{
	const char *a = wf_plan_string(d->a.plan, d->a.plan->workflow);
	const char *b = wf_plan_string(d->b.plan, d->b.plan->workflow);
	return strcmp(a, b) ? wf_fail_usage(ctx, "%s and %s are two workflows", a, b) : 0;
}

int wf_run_workflow_diff(struct wf_ctx *ctx)
{
	struct diff d = { 0 };
	int status = 0;
	if (!wf_looks_like_file(wf_arg(ctx, 0)) || !wf_looks_like_file(wf_arg(ctx, 1)))
		status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (!status)
		status = wf_runnable_find(ctx, wf_arg(ctx, 0), &d.a);
	if (!status)
		status = wf_runnable_find(ctx, wf_arg(ctx, 1), &d.b);
	if (!status)
		status = check_ids(ctx, &d);
	if (!status) {
		json_t *o = diff_json(&d);
		if (wf_machine(ctx)) {
			wf_out_json(ctx, o);
		} else {
			say_text(ctx, o);
			json_decref(o);
		}
	}
	wf_runnable_done(&d.a);
	wf_runnable_done(&d.b);
	return status;
}
