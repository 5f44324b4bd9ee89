/* wfctl schedule run-now: what a schedule starts, besides its times. */
#include "cli_drive.h"
#include "cli_input.h"
#include "cli_schedule.h"

#include "runtime/input.h"
#include "sweep/schedule.h"
#include "view/instance.h"

#include <inttypes.h>
#include <string.h>

struct now {
	struct wf_ctx *ctx;
	const char *name;
	struct wf_schedule s;
	struct wf_definition d;
	const struct wf_plan *plan;  /* the runtime's */
	json_t *input;
};

static int find_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct now *n = arg;
	wf_schedule_done(&n->s);
	wf_definition_done(&n->d);
	n->s = (struct wf_schedule){ 0 };
	n->d = (struct wf_definition){ 0 };
	int err = wf_txn_find_schedule(txn, n->name, &n->s);
	if (err == WF_ENOENT)
		wf_fail_hint(cause, "wfctl schedule ls lists them");
	return err < 0 ? err : wf_schedule_definition(txn, n->s.workflow, n->s.version, &n->d, cause);
}

static int fail(struct wf_ctx *ctx, int err, struct wf_cause *cause)
{
	if (!*cause->text)
		(void)wf_fail(cause, err, "it cannot be started: %s", wf_strerror(err));
	cause->err = err;
	if (err == WF_EBUSY)
		return wf_fail_at(ctx, WF_EXIT_CONFLICT, "HELD", NULL, cause->hint, "%s", cause->text);
	return wf_fail_cause(ctx, cause);
}

static int say_dry(const struct now *n)
{
	struct wf_ctx *ctx = n->ctx;
	if (wf_machine(ctx)) {
		char id[2 * WF_HASH_SIZE + 1];
		json_t *o = json_object();
		wf_hex(n->plan->id, WF_HASH_SIZE, id);
		json_object_set_new(o, "dry_run", json_true());
		json_object_set_new(o, "workflow", json_string(n->d.workflow));
		json_object_set_new(o, "version", n->d.version ? json_string(n->d.version) : json_null());
		json_object_set_new(o, "plan", json_string(id));
		json_object_set(o, "input", n->input);
		wf_out_json(ctx, o);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_printf(&text, "would start %s %s, with\n", n->d.workflow,
		n->d.version ? n->d.version : "");
	wf_view_yaml(n->input, 2, &text);
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

/* It waits in the queue of the schedule's slot or of the workflow's. */
static int say_queued(const struct now *n, struct wf_driver *d, uint64_t number)
{
	struct wf_ctx *ctx = n->ctx;
	struct wf_instance *in = NULL;
	struct wf_cause cause = { 0 };
	WF_AUTOBUF struct wf_buf text = { 0 };
	int err = wf_runtime_reload(wf_driver_runtime(d), number, &in, &cause);
	if (err < 0)
		return fail(ctx, err, &cause);
	if (wf_machine(ctx)) {
		json_t *o = wf_view_instance_json(n->plan, in);
		wf_driver_add_replaced(d, o);
		wf_out_json(ctx, o);
	} else if (!ctx->quiet) {
		wf_buf_printf(&text, "#%" PRIu64 " %s is queued: others have its slot\n", number,
			n->d.workflow);
		wf_out(ctx, &text);
	}
	wf_instance_free(in);
	return WF_EXIT_PARKED;
}

static int drive(const struct now *n, struct wf_driver *d, enum wf_overlapping overlap)
{
	struct wf_ctx *ctx = n->ctx;
	struct wf_cause cause = { 0 };
	struct wf_started started = { 0 };
	json_auto_t *slots = wf_schedule_slots(&n->s, overlap);
	struct wf_start start = { .plan = n->plan, .version = n->d.version, .input = n->input,
		.started_by = wf_actor(ctx), .schedule = n->s.id, .extra_slots = slots };
	int err = wf_runtime_start(wf_driver_runtime(d), &start, &started, &cause);
	if (err < 0)
		return fail(ctx, err, &cause);
	int status = wf_driver_run(d);
	if (!status && started.how == WF_ADMITTED_QUEUED)
		return say_queued(n, d, started.number);
	if (!status)
		wf_driver_answer(d, wf_driver_last(d));
	return status ? status : wf_driver_status(d);
}

static int start_now(struct now *n, const json_t *more)
{
	struct wf_ctx *ctx = n->ctx;
	struct wf_driver_options options = { 0 };
	struct wf_driver *d = NULL;
	struct wf_cause cause = { 0 };
	struct wf_timetable t = { 0 };
	json_auto_t *given = wf_schedule_input(&n->s, more);
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	int err = wf_runtime_get_plan(wf_driver_runtime(d), n->d.plan_id, &n->plan, &cause);
	if (err == 0)
		err = wf_start_input(n->plan, given, &n->input, &cause);
	if (err == 0)
		err = wf_timetable_parse(n->s.spec, &t, NULL, &cause);
	if (err < 0)
		status = fail(ctx, err, &cause);
	else if (wf_opt(ctx, "dry-run"))
		status = say_dry(n);
	else
		status = drive(n, d, t.overlap);
	wf_timetable_done(&t);
	wf_driver_end(d);
	return status;
}

int wf_run_schedule_run_now(struct wf_ctx *ctx)
{
	struct now n = { .ctx = ctx, .name = wf_arg(ctx, 0) };
	struct wf_cause cause = { 0 };
	json_t *more = NULL;
	int status = wf_input_read(ctx, &more);
	if (!status)
		status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (!status) {
		int err = wf_journal_view(ctx->journal, find_txn, &n, &cause);
		status = err < 0 ? fail(ctx, err, &cause) : start_now(&n, more);
	}
	json_decref(more);
	json_decref(n.input);
	wf_definition_done(&n.d);
	wf_schedule_done(&n.s);
	return status;
}
