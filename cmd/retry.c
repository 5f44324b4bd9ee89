/* wfctl retry: an instance that failed, was cancelled or is suspended begins again at a step. */
#include "cli_batch.h"
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_input.h"

#include "base/text.h"
#include "view/instance.h"

#include <inttypes.h>
#include <string.h>

struct retry {
	struct wf_ctx *ctx;
	struct wf_instance *in;
	struct wf_plan *own;         /* the plan that it ran by */
	struct wf_runnable other;    /* --plan */
	const struct wf_plan *plan;  /* the one that it is to run by */
	const char *from;            /* the plan's own id; NULL: the workflow's beginning */
	struct wf_buf from_name;     /* as people call it */
	json_t *set;
	json_t *again, *repeated, *kept;
};

static void retry_done(struct retry *r)
{
	wf_instance_free(r->in);
	wf_plan_free(r->own);
	wf_runnable_done(&r->other);
	wf_buf_done(&r->from_name);
	json_decref(r->set);
	json_decref(r->again);
	json_decref(r->repeated);
	json_decref(r->kept);
}

static int unknown_step(struct retry *r, const char *step)
{
	const char **names = wf_calloc(r->plan->step_count + 1, sizeof(*names));
	for (uint32_t i = 0; i < r->plan->step_count; i++)
		names[i] = wf_view_side_of(r->plan, i) == WF_NONE ? wf_plan_author_id(r->plan, i) : NULL;
	const char *near = wf_nearest(step, names, r->plan->step_count);
	int status = wf_fail_at(r->ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL,
		"wfctl show lists the steps", "%s has no step %s%s%s%s",
		r->plan == r->own ? "the instance" : "the new plan", step,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	wf_free(names);
	return status;
}

/* What people call it; the items of another plan's lanes are not known. */
static void put_name(const struct retry *r, const struct wf_plan *plan, uint32_t step, struct wf_buf *out)
{
	if (plan == r->own && step < r->in->step_count)
		(void)wf_view_step_in_hand(plan, r->in, step, out);
	else
		wf_buf_addstr(out, wf_plan_author_id(plan, step));
}

/* Once, however many lanes it stands for. */
static void add_name(const struct retry *r, json_t *list, const struct wf_plan *plan, uint32_t step)
{
	WF_AUTOBUF struct wf_buf name = { 0 };
	put_name(r, plan, step, &name);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), name.data) == 0)
			return;
	json_array_append_new(list, json_string(name.data));
}

/* The step of the plan that is called so, perhaps with its item. */
static uint32_t step_called(const struct retry *r, const char *name)
{
	uint32_t step = wf_plan_find_step(r->plan, name);
	for (uint32_t i = 0; step == WF_NONE && r->plan == r->own && i < r->in->step_count; i++)
		if (wf_view_step_called(r->plan, r->in, i, name))
			step = i;
	return step;
}

static int find_from(struct retry *r)
{
	const char *given = wf_opt(r->ctx, "from");
	if (!given) {
		uint32_t step = wf_engine_retry_from(r->own, r->in);
		r->from = step == WF_NONE ? NULL : wf_plan_step_id(r->own, step);
		given = r->from;
	}
	if (!given)
		return 0;
	uint32_t step = step_called(r, given);
	if (step == WF_NONE || wf_view_side_of(r->plan, step) != WF_NONE)
		return unknown_step(r, given);
	r->from = wf_plan_step_id(r->plan, step);
	put_name(r, r->plan, step, &r->from_name);
	return 0;
}

/* Whether the instance has completed a step of that id, which is an effect. */
static bool completed(const struct retry *r, const char *id, bool *ret_effect)
{
	uint32_t old = wf_plan_find_step(r->own, id);
	if (old == WF_NONE || old >= r->in->step_count)
		return false;
	*ret_effect = wf_actions[r->own->steps[old].action].kind == WF_ACTION_EFFECT;
	return r->in->steps[old].status == WF_STEP_COMPLETED;
}

/* It goes on undoing what it did. */
static bool undoes(const struct retry *r)
{
	return r->in->unwind == WF_UNWIND_UNDOING || r->in->unwind == WF_UNWIND_STOPPED;
}

static void foresee_undo(struct retry *r)
{
	for (uint32_t i = r->in->undo_count; i-- > 0;) {
		const struct wf_undo *u = &r->in->undo[i];
		uint32_t step = u->step < r->own->step_count ? r->own->steps[u->step].compensation : WF_NONE;
		if (u->status != WF_UNDO_DONE && step != WF_NONE)
			add_name(r, r->again, r->own, step);
	}
}

/* What will run, what of it ran before, and what is kept. */
static void foresee(struct retry *r)
{
	const struct wf_plan *plan = r->plan;
	WF_AUTOFREE bool *reach = wf_calloc(plan->step_count + 1, sizeof(*reach));
	uint32_t from = r->from ? wf_plan_find_step(plan, r->from) : WF_NONE;
	r->again = json_array();
	r->repeated = json_array();
	r->kept = json_array();
	if (undoes(r)) {
		foresee_undo(r);
		return;
	}
	if (plan == r->own)
		wf_engine_retry_reach(plan, r->in, from, reach);
	else
		wf_engine_reach(plan, from, reach);
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const char *id = wf_plan_step_id(plan, i);
		bool effect = false;
		if (wf_view_side_of(plan, i) != WF_NONE || wf_view_undone_by(plan, i) != WF_NONE)
			continue;
		bool before = completed(r, id, &effect);
		if (reach[i])
			add_name(r, r->again, plan, i);
		else if (before)
			add_name(r, r->kept, plan, i);
		if (reach[i] && before && effect)
			add_name(r, r->repeated, plan, i);
	}
}

static void put_names(struct wf_buf *out, const char *label, const json_t *names)
{
	wf_buf_printf(out, "  %-10s", label);
	for (size_t i = 0; i < json_array_size(names); i++) {
		wf_buf_addstr(out, i ? ", " : "");
		wf_view_safe(out, json_string_value(json_array_get(names, i)));
	}
	wf_buf_addstr(out, json_array_size(names) ? "\n" : "nothing\n");
}

static int say_dry(struct retry *r)
{
	struct wf_ctx *ctx = r->ctx;
	if (wf_machine(ctx)) {
		char id[2 * WF_HASH_SIZE + 1];
		wf_hex(r->plan->id, WF_HASH_SIZE, id);
		json_t *o = json_object();
		json_object_set_new(o, "dry_run", json_true());
		json_object_set_new(o, "number", json_integer((json_int_t)r->in->number));
		json_object_set_new(o, "from", json_string(r->from ? r->from_name.data : ""));
		json_object_set_new(o, "plan", r->plan == r->own ? json_null() : json_string(id));
		json_object_set_new(o, "set", r->set ? json_incref(r->set) : json_object());
		json_object_set(o, "again", r->again);
		json_object_set(o, "repeated", r->repeated);
		json_object_set(o, "kept", r->kept);
		wf_out_json(ctx, o);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (undoes(r))
		wf_buf_printf(&text, "would go on undoing what #%" PRIu64 " did; nothing was done\n",
			r->in->number);
	else
		wf_buf_printf(&text, "would begin #%" PRIu64 " again at %s; nothing was done\n",
			r->in->number, r->from ? r->from_name.data : "its beginning");
	put_names(&text, "may run", r->again);
	if (json_array_size(r->repeated))
		put_names(&text, "repeated", r->repeated);
	put_names(&text, "kept", r->kept);
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

static int drive(struct retry *r)
{
	struct wf_driver_options options = { .dry = wf_opt(r->ctx, "dry-run") != NULL };
	struct wf_driver *d = NULL;
	struct wf_cause cause = { 0 };
	const struct wf_plan *plan = r->plan == r->own ? NULL : r->plan;
	int status = wf_driver_begin(r->ctx, &options, &d);
	if (status)
		return status;
	if (plan)
		wf_runnable_lend(&r->other, wf_driver_runtime(d));
	int rc = wf_runtime_retry(wf_driver_runtime(d), r->in->number, r->from, r->set, plan,
		wf_actor(r->ctx), &cause);
	status = wf_driver_given(d, r->in->number, rc, &cause);
	if (!status)
		status = options.dry ? say_dry(r) : wf_driver_status(d);
	wf_driver_end(d);
	return status;
}

static int confirm(struct retry *r, bool *ret_go)
{
	WF_AUTOBUF struct wf_buf names = { 0 };
	*ret_go = true;
	if (!json_array_size(r->repeated))
		return 0;
	for (size_t i = 0; i < json_array_size(r->repeated); i++) {
		wf_buf_addstr(&names, i ? ", " : "");
		wf_buf_addstr(&names, json_string_value(json_array_get(r->repeated, i)));
	}
	return wf_confirm(r->ctx, ret_go, "effects that have completed may happen again: %s. Go on?",
		names.data);
}

static int prepare(struct retry *r)
{
	const char *other = wf_opt(r->ctx, "plan");
	enum wf_instance_status now = r->in->status;
	if (now != WF_INST_FAILED && now != WF_INST_CANCELLED && now != WF_INST_SUSPENDED)
		return wf_fail_at(r->ctx, WF_EXIT_CONFLICT, "INVALID_TRANSITION", NULL,
			"only what has failed, was cancelled or is suspended begins again",
			"instance #%" PRIu64 " is %s", r->in->number, wf_instance_status_name(now));
	int status = wf_input_sets(r->ctx, &r->set);
	if (!status && other)
		status = wf_runnable_beside(r->ctx, other, &r->other);
	if (status)
		return status;
	r->plan = other ? r->other.plan : r->own;
	status = find_from(r);
	if (!status)
		foresee(r);
	return status;
}

static int run_retry(struct wf_ctx *ctx)
{
	struct retry r = { .ctx = ctx };
	bool go = true;
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (!status)
		status = wf_load_instance(ctx, wf_arg(ctx, 0), &r.in, &r.own);
	if (!status)
		status = prepare(&r);
	if (!status && !wf_opt(ctx, "dry-run"))
		status = confirm(&r, &go);
	if (!status && go)
		status = drive(&r);
	retry_done(&r);
	return status;
}

static const struct wf_option options[] = {
	{ "from", 0, "STEP", "begin there, STEP[N] in an item of a foreach; the step that failed unless given",
		NULL, NULL },
	{ "set", 's', "PATH=VALUE", "set a variable (vars.NAME) or the output of a completed step "
		"(steps.ID.output) before; the value is JSON if it is JSON, else a string; may be given "
		"often", NULL, NULL },
	{ "plan", 0, "FILE|WORKFLOW@VERSION", "go on by this definition; steps keep their results by their "
		"ids", "file|workflow", NULL },
	{ "yes", 'y', NULL, "without asking back when completed effects may happen again", NULL, NULL },
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },
	{ "dry-run", 'n', NULL, "say what would run again and what is kept", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_retry = {
	.arguments = "INSTANCE",
	.description = "Begins an instance again that has failed, was cancelled or is suspended: at the step "
		       "that failed, or at the one that --from names. Results of completed steps that the "
		       "flow does not come to again are kept. When it may come to effects that have "
		       "completed before, it asks back first. One that could not undo all that it did goes on with "
		       "undoing it; for one that has undone it --from is needed. What was done, by whom "
		       "and with which changes is in the history.\n\n"
		       "The input never changes: what the steps before did was done with it, and the history "
		       "is proved by it. Where a later step goes by a value of the input, --set the variable "
		       "or the output between the two, go on by a plan that reads another (--plan), or begin "
		       "another instance (wfctl run) with the input of this one (wfctl show -o json) "
		       "changed.\n\n"
		       "The status is as that of wfctl run.",
	.examples = "wfctl retry 1234 --dry-run\n"
		    "wfctl retry 1234 --from upload --set vars.target=backup2\n"
		    "wfctl retry 1234 --plan nightly_backup@1.2.1",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "instance",
	.changes = true,
	.run = run_retry,
};
