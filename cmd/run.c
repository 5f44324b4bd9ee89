/* wfctl run: start a workflow and drive it to its end or to where it must wait. */
#include "cli_batch.h"
#include "cli_bundle.h"
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_input.h"
#include "cli_actions.h"
#include "cli_children.h"

#include "base/limits.h"
#include "view/instance.h"

#include <inttypes.h>
#include <string.h>

struct by_name {
	char *workflow, *version;
	struct wf_definition found;
};

struct named {
	const char *workflow;
	bool *is;
};

static bool is_of_workflow(void *arg, const struct wf_definition *d)
{
	const struct named *n = arg;
	*n->is = strcmp(d->workflow, n->workflow) == 0;
	return !*n->is;
}

static int definition_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct by_name *b = arg;
	wf_definition_done(&b->found);
	b->found = (struct wf_definition){ 0 };
	int r = wf_txn_get_definition(txn, b->workflow, b->version, &b->found);
	bool off = r == 0 && !b->found.enabled;
	if (r == WF_ENOENT && !b->version)
		(void)wf_txn_each_definition(txn, is_of_workflow, &(struct named){ b->workflow, &off });
	if (off) {
		r = wf_fail(cause, WF_ECONFLICT, "workflow %s%s%s is disabled", b->workflow,
			b->version ? " of version " : "", b->version ? b->version : "");
		wf_fail_hint(cause, "wfctl workflow enable %s", b->workflow);
	} else if (r == WF_ENOENT) {
		if (b->version)
			(void)wf_fail(cause, r, "there is no workflow %s of version %s", b->workflow,
				b->version);
		else
			(void)wf_fail(cause, r, "there is no workflow %s", b->workflow);
		wf_fail_hint(cause, "wfctl workflow ls lists them; a file is given with its path: ./%s",
			b->workflow);
	}
	return r;
}

/* A registered workflow's plan, and the version under which it is registered. */
static int find_registered(struct wf_ctx *ctx, const char *name, struct wf_runnable *ret)
{
	struct by_name b = { 0 };
	const char *at = strrchr(name, '@');
	int status = wf_open_journal(ctx,
		wf_opt(ctx, "dry-run") ? WF_JOURNAL_READ : WF_JOURNAL_WRITE);
	if (status)
		return status;
	b.workflow = at ? wf_strndup(name, (size_t)(at - name)) : wf_strdup(name);
	b.version = at ? wf_strdup(at + 1) : NULL;
	status = wf_read_journal(ctx, definition_txn, &b);
	if (!status) {
		status = wf_load_stored_plan(ctx, b.found.plan_id, &ret->plan);
		ret->version = b.found.version ? wf_strdup(b.found.version) : NULL;
	}
	wf_definition_done(&b.found);
	wf_free(b.workflow);
	wf_free(b.version);
	return status;
}

int wf_runnable_find(struct wf_ctx *ctx, const char *name, struct wf_runnable *ret)
{
	*ret = (struct wf_runnable){ 0 };
	if (wf_looks_like_file(name))
		return wf_bundle_find(ctx, name, ret);
	return find_registered(ctx, name, ret);
}

int wf_runnable_beside(struct wf_ctx *ctx, const char *name, struct wf_runnable *ret)
{
	char *path = wf_strdup(name);
	const struct wf_files file = { .items = &path, .count = wf_looks_like_file(path) };
	wf_beside_begin(ctx, &file, true, true);
	int status = wf_runnable_find(ctx, path, ret);
	wf_beside_done(ctx);
	wf_free(path);
	return status;
}

void wf_runnable_done(struct wf_runnable *r)
{
	wf_bundle_done(r);
	wf_plan_free(r->plan);
	wf_buf_done(&r->bytes);
	wf_free(r->version);
	*r = (struct wf_runnable){ 0 };
}

void wf_runnable_lend(const struct wf_runnable *r, struct wf_runtime *rt)
{
	wf_runtime_lend_plan(rt, r->plan, r->bytes.len ? r->bytes.data : NULL, r->bytes.len);
	for (size_t i = 0; i < r->with_count; i++)
		wf_runtime_lend_plan(rt, r->with[i].plan, r->with[i].bytes.data, r->with[i].bytes.len);
}

static int say_dry(struct wf_ctx *ctx, const struct wf_runnable *r, const json_t *input)
{
	char id[2 * WF_HASH_SIZE + 1];
	const char *name = wf_plan_string(r->plan, r->plan->workflow);
	const char *version = r->version ? r->version : wf_plan_string(r->plan, r->plan->version);
	wf_hex(r->plan->id, WF_HASH_SIZE, id);
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "dry_run", json_true());
		json_object_set_new(o, "workflow", json_string(name));
		json_object_set_new(o, "version", version ? json_string(version) : json_null());
		json_object_set_new(o, "plan", json_string(id));
		json_object_set_new(o, "input", json_deep_copy(input));
		wf_out_json(ctx, o);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_printf(&text, "would start %s%s%s, plan %.12s, with\n", name, version ? " " : "",
		version ? version : "", id);
	wf_view_yaml(input, 2, &text);
	wf_buf_addstr(&text, "nothing was started\n");
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

/* Of a start that this process does not drive: it is queued, or was made before. */
static int say_kept(struct wf_ctx *ctx, struct wf_driver *d, const struct wf_started *started)
{
	static const int statuses[WF_INST_COUNT_] = { [WF_INST_COMPLETED] = WF_EXIT_DONE,
		[WF_INST_FAILED] = WF_EXIT_FAILED, [WF_INST_CANCELLED] = WF_EXIT_CANCELLED };
	struct wf_instance *in = NULL;
	const struct wf_plan *plan = NULL;
	struct wf_cause cause = { 0 };
	WF_AUTOBUF struct wf_buf text = { 0 };
	int r = wf_runtime_reload(wf_driver_runtime(d), started->number, &in, &cause);
	if (r == 0)
		r = wf_runtime_get_plan(wf_driver_runtime(d), in->plan_id, &plan, &cause);
	if (r < 0) {
		wf_instance_free(in);
		cause.err = r;
		return wf_fail_cause(ctx, &cause);
	}
	int status = wf_instance_status_final(in->status) ? statuses[in->status] : WF_EXIT_PARKED;
	if (wf_machine(ctx)) {
		json_t *o = wf_view_instance_json(plan, in);
		wf_driver_add_replaced(d, o);
		wf_out_json(ctx, o);
	} else if (ctx->quiet) {
		wf_buf_printf(&text, "%" PRIu64 "\n", in->number);
	} else {
		wf_view_heading(in, &ctx->out, &text);
		wf_buf_addstr(&text, started->how == WF_ADMITTED_BEFORE
				? "   was started with that key before\n" : "\n");
		if (in->status == WF_INST_RUNNING)
			wf_buf_printf(&text, "#%" PRIu64 " is running. Next: wfctl show %" PRIu64 "\n",
				in->number, in->number);
		else
			wf_view_outcome(plan, in, &ctx->out, &text);
	}
	wf_out(ctx, &text);
	wf_instance_free(in);
	return status;
}

static int refused(struct wf_ctx *ctx, const struct wf_cause *cause)
{
	/* the only thing that keeps a start busy is a hold */
	if (cause->err == WF_EBUSY)
		return wf_fail_at(ctx, WF_EXIT_CONFLICT, "HELD", NULL,
			*cause->hint ? cause->hint : "wfctl hold --list says what is on hold, and why",
			"%s", cause->text);
	return wf_fail_cause(ctx, cause);
}

/* The last word on what was started (0: its number is not known): its children part too, and it may have
 * parted before it was told of their end. */
static json_t *own_document(json_t *documents, uint64_t number)
{
	for (size_t i = json_array_size(documents); i-- > 0;) {
		json_t *one = json_array_get(documents, i);
		bool own = number
			? (uint64_t)json_integer_value(json_object_get(one, "number")) == number
			: !json_is_object(json_object_get(one, "parent"));
		if (own)
			return one;
	}
	return json_array_get(documents, 0);
}

static int drive_started(struct wf_ctx *ctx, struct wf_driver *d, uint64_t number)
{
	int status = wf_driver_run(d);
	json_t *documents = wf_driver_documents(d);
	if (!status && documents) {
		json_t *own = own_document(documents, number);
		wf_driver_add_replaced(d, own);
		wf_out_json(ctx, json_incref(own));
	}
	number = number ? number : wf_driver_last(d);
	if (ctx->quiet && !wf_machine(ctx) && number) {
		WF_AUTOBUF struct wf_buf line = { 0 };
		wf_buf_printf(&line, "%" PRIu64 "\n", number);
		wf_out(ctx, &line);
	}
	return status ? status : wf_driver_status(d);
}

static int drive_one(struct wf_ctx *ctx, const struct wf_runnable *r, json_t *input)
{
	struct wf_driver *d = NULL;
	struct wf_driver_options options = { 0 };
	struct wf_cause cause = { 0 };
	struct wf_started started = { .how = WF_ADMITTED };
	json_auto_t *bundle = wf_bundle_json(r);
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	struct wf_start start = { .plan = r->plan, .version = r->version, .input = input,
		.started_by = wf_actor(ctx), .correlation_id = wf_opt(ctx, "correlation-id"),
		.key = wf_opt(ctx, "key"), .bundle = bundle };
	wf_runnable_lend(r, wf_driver_runtime(d));
	int rc = wf_runtime_start(wf_driver_runtime(d), &start, &started, &cause);
	if (rc < 0) {
		cause.err = rc;
		status = refused(ctx, &cause);
	} else if (started.how != WF_ADMITTED) {
		/* a replaced or freed one may have come into this process's hands */
		status = wf_driver_run(d);
		if (!status)
			status = say_kept(ctx, d, &started);
	} else {
		status = drive_started(ctx, d, started.number);
	}
	wf_driver_end(d);
	return status;
}

static int run_one(struct wf_ctx *ctx, const struct wf_runnable *r)
{
	struct wf_schema *schema = NULL;
	json_t *input = NULL, *issues = NULL;
	int status = wf_input_read(ctx, &input);
	if (!status)
		status = wf_input_schema(ctx, r->plan, &schema);
	if (!status && !wf_input_check(schema, input, &issues))
		status = wf_input_refuse(ctx, issues);
	else if (!status && wf_opt(ctx, "dry-run"))
		status = say_dry(ctx, r, input);
	else if (!status)
		status = drive_one(ctx, r, input);
	wf_schema_free(schema);
	json_decref(input);
	return status;
}

static int run_run(struct wf_ctx *ctx)
{
	struct wf_runnable r = { 0 };
	const char *batch = wf_opt(ctx, "batch");
	if (batch && (wf_opt(ctx, "input") || wf_opt(ctx, "set") || wf_opt(ctx, "dry-run")))
		return wf_fail_usage(ctx, "--batch brings the inputs: --input, --set and --dry-run do "
					  "not go with it");
	if (batch && wf_opt(ctx, "key"))
		return wf_fail_usage(ctx, "--key names one start: it does not go with --batch");
	if (wf_opt(ctx, "key") && (!*wf_opt(ctx, "key") || strlen(wf_opt(ctx, "key")) > WF_MAX_ID))
		return wf_fail_usage(ctx, "--key has 1 to %d bytes", WF_MAX_ID);
	if (!batch && wf_opt(ctx, "jobs"))
		return wf_fail_usage(ctx, "--jobs goes with --batch");
	if (!strcmp(wf_arg(ctx, 0), "-") && wf_opt(ctx, "input") && !strcmp(wf_opt(ctx, "input"), "-"))
		return wf_fail_usage(ctx, "definition and input cannot both be on standard input");
	char *path = wf_strdup(wf_arg(ctx, 0));
	const struct wf_files file = { .items = &path, .count = wf_looks_like_file(path) };
	wf_beside_begin(ctx, &file, true, true);
	int status = wf_runnable_find(ctx, path, &r);
	if (!status)
		status = wf_bundle_with(ctx, &r);
	if (!status)
		status = batch ? wf_run_batch(ctx, &r, batch) : run_one(ctx, &r);
	wf_runnable_done(&r);
	wf_beside_done(ctx);
	wf_free(path);
	return status;
}

static const struct wf_option options[] = {
	WF_OPTION_ACTIONS,
	WF_OPTION_DIALECT,
	WF_INPUT_OPTIONS,
	{ "batch", 'b', "FILE|-", "start one instance a line of this file of JSON lines", "file", NULL },
	{ "jobs", 'j', "N", "with --batch: so many instances at once (16 unless given)", NULL, NULL },
	{ "correlation-id", 0, "ID", "a name of one's own by which the instance can be found", NULL,
		NULL },
	{ "key", 'k', "KEY", "a name of one's own for this start: the same again for the same workflow starts "
		"nothing, and gives the instance of then", NULL, NULL },
	WF_OPTION_WITH,
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given); later ones are "
		"left to resume", NULL, NULL },
	{ "dry-run", 'n', NULL, "check everything and say what would be started", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_run = {
	.arguments = "FILE|WORKFLOW[@VERSION]",
	.description = "Starts an instance and drives it until it ends or must wait. A file is given with "
		       "its path (it has a / or ends in .yaml, .yml or .json), a registered workflow by "
		       "its name, the newest enabled version unless one is named. Of a file with several "
		       "workflows the first is run, and its children (workflow.run, workflow.start) are "
		       "looked for among the others, and among those of --with, before those that are "
		       "registered.\n\n"
		       "The input is checked against the workflow's schema before anything is journaled. "
		       "Every step is in the journal before and after it happens: killed at any instant, "
		       "wfctl resume goes on without repeating a step. With --quiet only the "
		       "instance's number is printed.\n\n"
		       "Where the workflow's concurrency is used up the instance is queued (status 3) or "
		       "refused (status 6), or takes the place of the oldest one, which is cancelled, as "
		       "the definition says; in that case it is told which (`replaced` of the JSON). While "
		       "the workflow is on hold it is refused (status 6).\n\n"
		       "With --batch every line of the file is the input of an instance of its own, and "
		       "every result is a line of JSON on standard output: line, number, uuid, status, "
		       "output or error; with -o json all of them are one list. A line that is no input "
		       "is a failed result; the others go on. "
		       "The status is then 0 when all completed, 1 when some failed, 3 when some are "
		       "parked.",
	.examples = "wfctl run workflows/onboarding.yaml --set user.id=u1 --set user.email=ann@example.org "
		    "--set erp_url=https://erp.example --set idp_url=https://idp.example\n"
		    "wfctl run nightly_backup@1.2.0 --input @backup.json\n"
		    "wfctl run import_customer --batch customers.jsonl --jobs 32 > results.jsonl",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "file|workflow",
	.changes = true,
	.run = run_run,
};
