/* wfctl resume: drives on what nobody drives. */
#include "cli_drive.h"
#include "cli_instance.h"

#include <inttypes.h>
#include <string.h>

static int finish(struct wf_ctx *ctx, struct wf_driver *d, bool many)
{
	json_t *documents = wf_driver_documents(d);
	if (documents && many) {
		struct wf_list_out list;
		wf_list_begin(&list, ctx);
		for (size_t i = 0; i < json_array_size(documents); i++)
			wf_list_item(&list, json_incref(json_array_get(documents, i)));
		wf_list_end(&list);
	} else if (json_array_size(documents)) {
		wf_out_json(ctx, json_incref(json_array_get(documents, 0)));
	}
	return wf_driver_status(d);
}

static int resume_one(struct wf_ctx *ctx, const char *name)
{
	struct wf_driver *d = NULL;
	struct wf_driver_options options = { 0 };
	struct wf_cause cause = { 0 };
	uint64_t number = 0;
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (!status)
		status = wf_find_instance(ctx, name, &number);
	if (!status)
		status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	int r = wf_runtime_claim(wf_driver_runtime(d), number, &cause);
	if (r < 0) {
		cause.err = r;
		if (!*cause.hint)
			wf_fail_hint(&cause, "wfctl show %" PRIu64 " says more", number);
		status = wf_fail_cause(ctx, &cause);
	} else {
		status = wf_driver_run(d);
		if (!status)
			status = finish(ctx, d, false);
	}
	wf_driver_end(d);
	return status;
}

static int say_dry(struct wf_ctx *ctx, const uint64_t *numbers, size_t count)
{
	if (wf_machine(ctx)) {
		struct wf_list_out l;
		wf_list_begin(&l, ctx);
		for (size_t i = 0; i < count; i++) {
			json_t *o = json_object();
			json_object_set_new(o, "dry_run", json_true());
			json_object_set_new(o, "number", json_integer((json_int_t)numbers[i]));
			wf_list_item(&l, o);
		}
		wf_list_end(&l);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_addstr(&text, "would resume ");
	wf_view_plural(&text, count, "instance", "instances");
	for (size_t i = 0; i < count; i++)
		wf_buf_printf(&text, "%s#%" PRIu64, i ? ", " : ": ", numbers[i]);
	wf_buf_addch(&text, '\n');
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

static int resume_numbers(struct wf_ctx *ctx, const uint64_t *numbers, size_t count)
{
	struct wf_driver *d = NULL;
	struct wf_driver_options options = { .numbered = true };
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	wf_runtime_claim_later(wf_driver_runtime(d), numbers, count);
	status = wf_driver_run(d);
	struct wf_cause cause = { 0 };
	if (!status && wf_runtime_tidy(wf_driver_runtime(d), &cause) < 0)
		status = wf_fail_cause(ctx, &cause);
	if (!status)
		status = finish(ctx, d, true);
	wf_driver_end(d);
	return status;
}

static int resume_all(struct wf_ctx *ctx)
{
	uint64_t stay = 0, *numbers = NULL;
	size_t count = 0;
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	if (!wf_read_span(wf_set(ctx, WF_SET_STAY), &stay))
		return wf_fail_usage(ctx, "--stay takes a length of time (PT10S, 10s), not \"%s\"",
			wf_set(ctx, WF_SET_STAY));
	int r = wf_runtime_orphans(ctx->journal, ctx->home, wf_now_ms() + (int64_t)stay, &numbers,
		&count, &cause);
	if (r < 0)
		return wf_fail_read(ctx, r, &cause);
	if (wf_opt(ctx, "dry-run")) {
		status = say_dry(ctx, numbers, count);
	} else {
		/* with nothing to resume there may still be something to tidy up */
		status = resume_numbers(ctx, numbers, count);
		if (!status && !count && !wf_machine(ctx) && !ctx->quiet) {
			WF_AUTOBUF struct wf_buf text = { 0 };
			wf_buf_addstr(&text, "there is nothing to resume\n");
			wf_out(ctx, &text);
		}
	}
	wf_free(numbers);
	return status;
}

static int run_resume(struct wf_ctx *ctx)
{
	const char *name = wf_arg(ctx, 0);
	if (name && wf_opt(ctx, "all"))
		return wf_fail_usage(ctx, "it takes an instance or --all, not both");
	if (name && wf_opt(ctx, "dry-run"))
		return wf_fail_usage(ctx, "--dry-run goes with --all");
	return name ? resume_one(ctx, name) : resume_all(ctx);
}

static const struct wf_option options[] = {
	{ "all", 'a', NULL, "all that can go on; the same as without an instance", NULL, NULL },
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },
	{ "dry-run", 'n', NULL, "say which instances would be resumed", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_resume = {
	.arguments = "[INSTANCE]",
	.description = "Drives on every instance that could go on and that no living process drives: those "
		       "whose process was killed, and those with a timer due. A step whose result is in "
		       "the journal never runs again; a command that outlived its wfctl is waited for. "
		       "With an instance: this one, fired if it is due.\n\n"
		       "The status is the worst of the instances': failed, cancelled, parked, completed.",
	.examples = "wfctl resume\n"
		    "wfctl resume 1234",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "instance",
	.changes = true,
	.run = run_resume,
};
