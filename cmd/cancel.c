/* wfctl cancel: ends an instance before its end. */
#include "cli_drive.h"
#include "cli_instance.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void say_dry(struct wf_ctx *ctx, uint64_t number)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (wf_machine(ctx)) {
		wf_out_dry(ctx, number);
		return;
	}
	wf_buf_printf(&text, "would cancel instance #%" PRIu64 "%s; nothing was done\n", number,
		wf_opt(ctx, "compensate") ? " and undo what it did" : "");
	wf_out(ctx, &text);
}

static int post(struct wf_ctx *ctx, uint64_t number)
{
	struct wf_driver_options options = { .dry = wf_opt(ctx, "dry-run") != NULL };
	struct wf_driver *d = NULL;
	struct wf_cause cause = { 0 };
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	const char *reason = wf_opt(ctx, "reason");
	json_t *data = json_object();
	json_object_set_new(data, "by", json_string(wf_actor(ctx)));
	if (reason)
		json_object_set_new(data, "reason", json_string(reason));
	if (wf_opt(ctx, "compensate"))
		json_object_set_new(data, "compensate", json_true());
	if (wf_opt(ctx, "force"))
		json_object_set_new(data, "force", json_true());
	struct wf_event event = { .type = WF_EVENT_CANCEL, .at = wf_now_ms(),
		.random = wf_random_u32(), .step = WF_NONE, .data = data };
	int r = wf_runtime_post(wf_driver_runtime(d), number, &event, &cause);
	json_decref(data);
	status = wf_driver_given(d, number, r, &cause);
	const struct wf_tally *t = wf_driver_tally(d);
	if (!status && options.dry)
		say_dry(ctx, number);
	else if (!status && wf_opt(ctx, "compensate"))
		status = t->failed || t->lost ? WF_EXIT_FAILED : t->parked ? WF_EXIT_PARKED : WF_EXIT_DONE;
	wf_driver_end(d);
	return status;
}

static int run_cancel(struct wf_ctx *ctx)
{
	uint64_t number = 0;
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (!status)
		status = wf_find_instance(ctx, wf_arg(ctx, 0), &number);
	return status ? status : post(ctx, number);
}

static const struct wf_option options[] = {
	{ "reason", 'r', "TEXT", "why; kept in the history", NULL, NULL },
	{ "compensate", 'c', NULL, "undo what it did: the compensations of completed steps run, the last "
		"first", NULL, NULL },
	{ "force", 0, NULL, "cut short even an instance that undoes what it did", NULL, NULL },
	{ "stay", 0, "SPAN", "with --compensate: wait here for timers due within this (10s unless given)",
		NULL, NULL },
	{ "dry-run", 'n', NULL, "say what would be cancelled", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_cancel = {
	.arguments = "INSTANCE",
	.description = "Ends an instance that has not ended: its steps in hand are stopped, the rest never "
		       "run. What has happened stays in its history.\n\n"
		       "With --compensate the instance first undoes what it did, whatever its workflow says "
		       "about failures: it is `compensating` until the compensation of every step that "
		       "completed has run, and `cancelled` then. When one of them fails for good it is "
		       "`failed` (compensation_failed); wfctl show says what was undone and what was not, and "
		       "wfctl retry goes on with the rest. The status is then 1, and 3 while it is not over: "
		       "it waits, or goes on in the process that drives it. An instance that is compensating "
		       "is cancelled only with --force, which leaves it half undone.",
	.examples = "wfctl cancel 1234 --reason \"ordered twice\"\n"
		    "wfctl cancel 1234 --compensate",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "instance",
	.changes = true,
	.run = run_cancel,
};
