/* wfctl workflow: what is registered. */
#include "cli_instance.h"
#include "cli_workflow.h"
#include "cli_registered.h"

#include "view/instance.h"
#include "view/when.h"

#include <string.h>

struct listing {
	struct wf_definition *items;
	size_t count, room;
	const char *only; /* of this workflow; NULL: all */
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		wf_definition_done(&l->items[i]);
	wf_free(l->items);
	*l = (struct listing){ 0 };
}

static bool keep(void *arg, const struct wf_definition *d)
{
	struct listing *l = arg;
	if (l->only && strcmp(l->only, d->workflow) != 0)
		return true;
	WF_GROW(l->items, l->count, l->room);
	struct wf_definition *copy = &l->items[l->count++];
	*copy = *d;
	copy->triggers = json_incref(d->triggers);
	copy->workflow = wf_strdup(d->workflow);
	copy->version = d->version ? wf_strdup(d->version) : NULL;
	copy->registered_by = d->registered_by ? wf_strdup(d->registered_by) : NULL;
	return true;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct listing *l = arg;
	(void)cause;
	for (size_t i = 0; i < l->count; i++)
		wf_definition_done(&l->items[i]);
	l->count = 0;
	return wf_txn_each_definition(txn, keep, l);
}

static int read_listing(struct wf_ctx *ctx, struct listing *l)
{
	return wf_read_journal(ctx, list_txn, l);
}

static json_t *definition_json(const void *item)
{
	const struct wf_definition *d = item;
	char id[2 * WF_HASH_SIZE + 1];
	wf_hex(d->plan_id, WF_HASH_SIZE, id);
	json_t *o = json_object();
	json_object_set_new(o, "workflow", json_string(d->workflow));
	json_object_set_new(o, "version", d->version ? json_string(d->version) : json_null());
	json_object_set_new(o, "plan", json_string(id));
	json_object_set_new(o, "registered_at", wf_view_time_json(d->registered_at));
	json_object_set_new(o, "registered_by",
		d->registered_by ? json_string(d->registered_by) : json_null());
	json_object_set_new(o, "enabled", json_boolean(d->enabled));
	return o;
}

static void put_table(struct wf_ctx *ctx, const struct listing *l, struct wf_buf *out)
{
	struct wf_table *t = wf_registered_table("WORKFLOW", "ENABLED", "PLAN");
	for (size_t i = 0; i < l->count; i++) {
		const struct wf_definition *d = &l->items[i];
		char id[2 * WF_HASH_SIZE + 1];
		wf_hex(d->plan_id, WF_HASH_SIZE, id);
		wf_registered_row(ctx, t, &(struct wf_registered){ .id = d->workflow,
			.version = d->version, .about = d->enabled ? "yes" : "no",
			.about_role = d->enabled ? WF_ROLE_GOOD : WF_ROLE_DIM, .at = d->registered_at,
			.by = d->registered_by, .hash = id });
	}
	wf_table_write(t, &ctx->out, 0, false, out);
	wf_table_free(t);
}

static int run_ls(struct wf_ctx *ctx)
{
	struct listing l = { 0 };
	int status = read_listing(ctx, &l);
	if (!status && wf_machine(ctx)) {
		wf_out_list(ctx, l.items, l.count, sizeof(*l.items), definition_json);
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (l.count)
			put_table(ctx, &l, &text);
		else if (!ctx->quiet)
			wf_buf_addstr(&text, "nothing is registered.  wfctl register FILE\n");
		wf_out_page(ctx, &text);
	}
	listing_done(&l);
	return status;
}

static json_t *steps_json(const struct wf_plan *plan)
{
	json_t *steps = json_array();
	for (uint32_t i = 0; i < plan->step_count; i++) {
		if (plan->steps[i].origin != i)
			continue; /* the same step for another lane of a foreach */
		json_t *o = json_object();
		json_object_set_new(o, "id", json_string(wf_plan_step_id(plan, i)));
		json_object_set_new(o, "action", json_string(wf_plan_action_name(plan, i)));
		json_array_append_new(steps, o);
	}
	return steps;
}

static void show_text(struct wf_ctx *ctx, const struct wf_definition *d, const struct wf_plan *plan,
	const struct listing *l)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	const char *name = wf_plan_string(plan, plan->name);
	const char *about = wf_plan_string(plan, plan->description);
	wf_view_role(&text, &ctx->out, WF_ROLE_STRONG, d->workflow);
	wf_buf_printf(&text, " %s%s%s\n", d->version ? d->version : "", name ? "   " : "",
		name ? name : "");
	if (about)
		wf_view_wrap(&text, about, 2, 80);
	wf_buf_addstr(&text, "\nversions\n");
	put_table(ctx, l, &text);
	wf_buf_addstr(&text, "\nsteps\n");
	struct wf_table *t = wf_table_new();
	wf_table_column(t, "STEP", WF_ALIGN_LEFT, true);
	wf_table_column(t, "ACTION", WF_ALIGN_LEFT, false);
	for (uint32_t i = 0; i < plan->step_count; i++) {
		if (plan->steps[i].origin != i)
			continue;
		wf_table_cell(t, WF_ROLE_PLAIN, wf_plan_step_id(plan, i));
		wf_table_cell(t, WF_ROLE_PLAIN, wf_plan_action_name(plan, i));
	}
	wf_table_write(t, &ctx->out, 0, false, &text);
	wf_table_free(t);
	if (json_array_size(d->triggers)) {
		wf_buf_addstr(&text, "\ntriggers\n");
		wf_view_yaml(d->triggers, 2, &text);
	}
	if (plan->input_schema != WF_NONE) {
		wf_buf_addstr(&text, "\ninput\n");
		wf_view_yaml(plan->consts[plan->input_schema], 2, &text);
	}
	wf_out_page(ctx, &text);
}

static json_t *show_json(const struct wf_definition *d, const struct wf_plan *plan,
	const struct listing *l)
{
	json_t *o = definition_json(d), *versions = json_array();
	const char *name = wf_plan_string(plan, plan->name);
	const char *about = wf_plan_string(plan, plan->description);
	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(versions, definition_json(&l->items[i]));
	json_object_set_new(o, "name", name ? json_string(name) : json_null());
	json_object_set_new(o, "description", about ? json_string(about) : json_null());
	json_object_set_new(o, "versions", versions);
	json_object_set_new(o, "triggers", d->triggers ? json_incref(d->triggers) : json_array());
	json_object_set_new(o, "steps", steps_json(plan));
	json_object_set_new(o, "input_schema",
		plan->input_schema == WF_NONE ? json_null()
					      : json_deep_copy(plan->consts[plan->input_schema]));
	return o;
}

static int run_show(struct wf_ctx *ctx)
{
	const char *name = wf_arg(ctx, 0), *at = strrchr(name, '@');
	WF_AUTOFREE char *workflow = at ? wf_strndup(name, (size_t)(at - name)) : wf_strdup(name);
	struct listing l = { .only = workflow };
	const struct wf_definition *chosen = NULL;
	int status = read_listing(ctx, &l);
	for (size_t i = 0; !status && i < l.count; i++) {
		const struct wf_definition *d = &l.items[i];
		bool wanted = at ? d->version && !strcmp(d->version, at + 1) : d->enabled || !chosen;
		if (wanted)
			chosen = d;
	}
	if (!status && !chosen)
		status = wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL,
			"wfctl workflow ls lists what is registered", "there is no workflow %s", name);
	struct wf_plan *plan = NULL;
	if (!status)
		status = wf_load_stored_plan(ctx, chosen->plan_id, &plan);
	if (!status && wf_machine(ctx))
		wf_out_json(ctx, show_json(chosen, plan, &l));
	else if (!status)
		show_text(ctx, chosen, plan, &l);
	wf_plan_free(plan);
	listing_done(&l);
	return status;
}

static const struct wf_option options[] = {
	{ "force", 0, NULL, "cancel its instances in flight", NULL, "delete" },
	{ "yes", 'y', NULL, "with --force: without asking back", NULL, "delete" },
	{ "dry-run", 'n', NULL, "say what would be deleted", NULL, "delete" },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

static const struct wf_subverb subs[] = {
	{ "ls", "", "list what is registered", 0, 0, NULL, run_ls },
	{ "show", "WORKFLOW[@VERSION]", "show a workflow's versions, steps and input", 1, 1, "workflow",
		run_show },
	{ "diff", "A B", "say what changed from A to B, and who could move", 2, 2, "file|workflow",
		wf_run_workflow_diff },
	{ "enable", "WORKFLOW[@VERSION]", "let it be started again, by hand and by its triggers", 1, 1,
		"workflow", wf_run_workflow_enable },
	{ "disable", "WORKFLOW[@VERSION]", "let nothing start it; what is in flight goes on", 1, 1,
		"workflow", wf_run_workflow_disable },
	{ "delete", "WORKFLOW[@VERSION]", "forget it; refused while instances are in flight", 1, 1,
		"workflow", wf_run_workflow_delete },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct wf_verb wf_verb_workflow = {
	.arguments = "ls|show|diff|enable|disable|delete",
	.description = "Lists the registered workflows with all their versions, or shows one: the newest "
		       "enabled version unless one is named. Enables, disables and deletes all versions, "
		       "or the one named; the schedules that come from its triggers follow the newest enabled "
		       "version, and while there is none they are put off: wfctl schedule.\n\n"
		       "diff compares two definitions (each a file, or WORKFLOW[@VERSION]) step by step: which were "
		       "added (+), removed (-) or changed (~), and in what; then, for every step in which "
		       "an instance may rest, whether wfctl migrate could move it.\n\n"
		       "A workflow with instances in flight is not deleted (status 6) unless --force "
		       "cancels them. Instances that have ended keep their plan and their history.",
	.examples = "wfctl workflow ls\n"
		    "wfctl workflow show wf_user_onboarding\n"
		    "wfctl workflow diff nightly_backup@1.1.0 ./nightly_backup.yaml\n"
		    "wfctl workflow disable nightly_backup@1.1.0\n"
		    "wfctl workflow delete nightly_backup --force --yes",
	.options = options,
	.subs = subs,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
};
