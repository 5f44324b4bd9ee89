/* wfctl register: keeps a definition's plan under its name and version. */
#include "cli_actions.h"
#include "cli_children.h"
#include "cli_parents.h"

#include "sweep/schedule.h"

#include <string.h>

struct registered {
	json_t *list;
	struct wf_buf text;
	struct wf_parents *parents;
};

struct put {
	const struct wf_buf *bytes;
	struct wf_definition definition;
	char *version;
	bool fresh;
};

static int register_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct put *p = arg;
	wf_free(p->version);
	p->version = NULL;
	int r = wf_txn_put_plan(txn, p->definition.plan_id, p->bytes->data, p->bytes->len);
	if (r == 0)
		r = wf_txn_register(txn, &p->definition, &p->version, &p->fresh);
	if (r == 0)
		r = wf_schedule_sync(txn, p->definition.workflow, p->definition.registered_by,
			p->definition.registered_at, cause);
	if (r == WF_EEXIST) {
		(void)wf_fail(cause, r, "%s %s is registered already, with another definition",
			p->definition.workflow, p->definition.version ? p->definition.version : "");
		wf_fail_hint(cause, "a registered version never changes: give this one a new version");
	}
	return r;
}

static void say(struct wf_ctx *ctx, struct registered *out, const struct put *p)
{
	char id[2 * WF_HASH_SIZE + 1];
	wf_hex(p->definition.plan_id, WF_HASH_SIZE, id);
	json_t *o = json_object();
	json_object_set_new(o, "workflow", json_string(p->definition.workflow));
	json_object_set_new(o, "version", p->version ? json_string(p->version) : json_null());
	json_object_set_new(o, "plan", json_string(id));
	json_object_set_new(o, "new", json_boolean(p->fresh));
	json_array_append_new(out->list, o);
	wf_parents_registered(out->parents, p->definition.workflow, p->version, o);
	wf_view_role(&out->text, &ctx->out, WF_ROLE_STRONG, p->definition.workflow);
	wf_buf_printf(&out->text, " %s %s, plan %.12s\n", p->version ? p->version : "",
		p->fresh ? "registered" : "was registered already", id);
}

/* `enabled: false` in the definition. */
static bool told_off(const struct wf_plan *plan)
{
	return plan->extra != WF_NONE &&
		json_is_false(json_object_get(plan->consts[plan->extra], "enabled"));
}

static int put_one(struct wf_ctx *ctx, void *arg, const struct wf_buf *bytes, struct wf_plan *plan)
{
	struct wf_cause cause = { 0 };
	const char *version = wf_plan_string(plan, plan->version);
	struct put p = { .bytes = bytes,
		.definition = { .workflow = wf_strdup(wf_plan_string(plan, plan->workflow)),
			.version = version ? wf_strdup(version) : NULL, .registered_at = ctx->now,
			.registered_by = wf_strdup(wf_actor(ctx)), .enabled = !told_off(plan) } };
	memcpy(p.definition.plan_id, plan->id, WF_HASH_SIZE);
	if (plan->extra != WF_NONE)
		p.definition.triggers =
			json_incref(json_object_get(plan->consts[plan->extra], "triggers"));
	int status = 0, r = 0;
	if (p.definition.enabled)
		wf_parents_note(((struct registered *)arg)->parents, p.definition.workflow, bytes);
	if (wf_opt(ctx, "dry-run")) {
		p.version = version ? wf_strdup(version) : NULL;
		p.fresh = true;
	} else {
		r = wf_journal_update(ctx->journal, register_txn, &p, &cause);
	}
	if (r < 0) {
		if (!*cause.text)
			(void)wf_fail(&cause, r, "%s cannot be registered: %s", p.definition.workflow,
				wf_strerror(r));
		cause.err = r;
		status = wf_fail_cause(ctx, &cause);
	} else {
		say(ctx, arg, &p);
	}
	wf_definition_done(&p.definition);
	wf_free(p.version);
	return status;
}

/* -- action definitions -- */

struct put_action {
	struct wf_action_row row;
	char *version;
	bool fresh;
};

static int register_action_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct put_action *p = arg;
	(void)cause;
	wf_free(p->version);
	p->version = NULL;
	return wf_txn_put_action(txn, &p->row, &p->version, &p->fresh);
}

static void say_action(struct wf_ctx *ctx, struct registered *out, const struct put_action *p)
{
	json_t *o = json_object();
	json_object_set_new(o, "action", json_string(p->row.id));
	json_object_set_new(o, "version", p->version ? json_string(p->version) : json_null());
	json_object_set_new(o, "new", json_boolean(p->fresh));
	json_array_append_new(out->list, o);
	wf_view_role(&out->text, &ctx->out, WF_ROLE_STRONG, p->row.id);
	wf_buf_printf(&out->text, " %s %s, an action\n", p->version ? p->version : "",
		p->fresh ? "registered" : "was registered already");
}

static int put_action(struct wf_ctx *ctx, void *arg, const struct wf_action_def *def)
{
	struct wf_cause cause = { 0 };
	const char *version = def->model->version;
	struct put_action p = { .row = { .id = wf_strdup(def->id),
		.version = version ? wf_strdup(version) : NULL, .registered_at = ctx->now,
		.registered_by = wf_strdup(wf_actor(ctx)), .definition = wf_node_json(def->root) } };
	int status = 0, r = 0;
	if (wf_opt(ctx, "dry-run")) {
		p.version = version ? wf_strdup(version) : NULL;
		p.fresh = true;
	} else {
		r = wf_journal_update(ctx->journal, register_action_txn, &p, &cause);
	}
	if (r < 0) {
		if (!*cause.text)
			(void)wf_fail(&cause, r, "%s cannot be registered: %s", def->id, wf_strerror(r));
		cause.err = r;
		status = wf_fail_cause(ctx, &cause);
	} else {
		say_action(ctx, arg, &p);
	}
	wf_action_row_done(&p.row);
	wf_free(p.version);
	return status;
}

static int run_register(struct wf_ctx *ctx)
{
	struct registered out = { .list = json_array(), .parents = wf_parents_new(ctx) };
	struct wf_files files = { 0 };
	int status = wf_find_files(ctx, &files);
	wf_actions_bundle(ctx, &files);
	wf_beside_begin(ctx, &files, true, true);
	if (!status && !wf_opt(ctx, "dry-run"))
		status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	for (size_t i = 0; !status && i < files.count; i++)
		status = wf_load_plans(ctx, files.items[i], put_one, put_action, &out);
	if (!wf_machine(ctx) && !ctx->quiet) {
		wf_out(ctx, &out.text);
		wf_out_flush();
	}
	wf_parents_tell(out.parents);
	if (wf_machine(ctx) && !status)
		wf_out_json(ctx, json_incref(out.list));
	if (!status && wf_opt(ctx, "dry-run"))
		wf_note(ctx, "nothing was registered");
	wf_actions_done(ctx);
	wf_beside_done(ctx);
	wf_files_done(&files);
	wf_parents_free(out.parents);
	json_decref(out.list);
	wf_buf_done(&out.text);
	return status;
}

static const struct wf_option options[] = {
	WF_OPTION_ACTIONS,
	WF_OPTION_DIALECT,
	{ "dry-run", 'n', NULL, "check and compile, and say what would be registered", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_register = {
	.arguments = "FILE|FOLDER|-...",
	.description = "Checks and compiles definitions and keeps them in the journal under their name and "
		       "version, for wfctl run NAME. A version never changes: the same definition again "
		       "is nothing new, another one under the same version is refused. A definition "
		       "without a version gets the next number. Action definitions (kind: action) are "
		       "kept in the same way, for the steps of what is compiled later. Instances in flight "
		       "keep the plan they began with.\n\n"
		       "Children (workflow.run, workflow.start) are looked for among all that is registered at "
		       "once and what is registered already: a circle of them is refused, and so is an input "
		       "that the child refuses. A child that is not there yet is a warning, and may be "
		       "registered later. So is a new version of a child that takes or gives something else "
		       "than the parents that are registered give and read: they are named with the step and "
		       "the reason (`breaks` of the JSON), as far as their plans say it. What is in flight "
		       "starts the newest version of its children, too.",
	.examples = "wfctl register workflows/\n"
		    "wfctl run wf_user_onboarding --input @user.json",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 100000,
	.words = "file",
	.changes = true,
	.run = run_register,
};
