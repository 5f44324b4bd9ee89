/* wfctl signal: something for one instance. */
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_input.h"

#include <inttypes.h>
#include <string.h>

struct said {
	uint64_t number;
	const char *name, *id;
	bool fresh, delivered;
};

static void say(struct wf_ctx *ctx, const struct said *s, const char *status)
{
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "instance", json_integer((json_int_t)s->number));
		json_object_set_new(o, "name", json_string(s->name));
		json_object_set_new(o, "id", s->id ? json_string(s->id) : json_null());
		json_object_set_new(o, "new", json_boolean(s->fresh));
		json_object_set_new(o, "delivered", json_boolean(s->delivered));
		json_object_set_new(o, "status", json_string(status));
		wf_out_json(ctx, o);
	} else if (!ctx->quiet && !s->delivered) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_buf_printf(&text, "#%" PRIu64 " ", s->number);
		wf_view_safe(&text, s->name);
		wf_buf_addstr(&text, s->fresh ? ": kept until the instance waits for it\n"
					      : ": came before; nothing was done\n");
		wf_out(ctx, &text);
	}
}

static void say_dry(struct wf_ctx *ctx, const struct said *s)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (wf_machine(ctx)) {
		wf_out_dry(ctx, s->number);
		return;
	}
	wf_buf_printf(&text, "would send #%" PRIu64 " the signal ", s->number);
	wf_view_safe(&text, s->name);
	wf_buf_printf(&text, "%s; nothing was sent\n", s->fresh ? "" : " again, which changes nothing");
	wf_out(ctx, &text);
}

/* The instance's status when all is done. */
static const char *status_now(struct wf_driver *d, uint64_t number)
{
	struct wf_instance *in = NULL;
	struct wf_cause cause = { 0 };
	if (wf_runtime_reload(wf_driver_runtime(d), number, &in, &cause) < 0)
		return "unknown";
	const char *name = wf_instance_status_name(in->status);
	wf_instance_free(in);
	return name;
}

static int send(struct wf_ctx *ctx, struct said *s, json_t *data)
{
	struct wf_driver_options options = { .silent = wf_machine(ctx),
		.dry = wf_opt(ctx, "dry-run") != NULL };
	struct wf_driver *d = NULL;
	struct wf_cause cause = { 0 };
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	json_t *signal = json_pack("{s:s, s:O*, s:s*, s:s}", "name", s->name, "data", data, "id", s->id,
		"by", wf_actor(ctx));
	int r = wf_runtime_signal(wf_driver_runtime(d), s->number, signal, &s->delivered, &cause);
	json_decref(signal);
	s->fresh = r != WF_EEXIST;
	status = wf_driver_given(d, s->number, s->fresh ? r : 0, &cause);
	if (!status && options.dry)
		say_dry(ctx, s);
	else if (!status)
		say(ctx, s, wf_machine(ctx) ? status_now(d, s->number) : "");
	wf_driver_end(d);
	return status;
}

static int run_signal(struct wf_ctx *ctx)
{
	struct said s = { .name = wf_arg(ctx, 1), .id = wf_opt(ctx, "id") };
	json_t *data = NULL;
	int status = wf_message_check(ctx, "signal", s.name, s.id);
	if (!status)
		status = wf_message_data(ctx, &data);
	if (!status)
		status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (!status)
		status = wf_find_instance(ctx, wf_arg(ctx, 0), &s.number);
	if (!status)
		status = send(ctx, &s, data);
	json_decref(data);
	return status;
}

static const struct wf_option options[] = {
	WF_MESSAGE_OPTIONS,
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },
	{ "dry-run", 'n', NULL, "check it, and send nothing", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_signal = {
	.arguments = "INSTANCE NAME",
	.description = "Sends one instance a signal. When it waits for that name in wait.signal it goes on at "
		       "once, with the data as the step's output; else the signal is kept, durably, until it "
		       "does, and is taken in the order of coming. The same --id again for the same instance "
		       "is the same signal: it is taken once.\n\n"
		       "The status is 0 when the signal was kept or taken, 6 when the instance has ended.",
	.examples = "wfctl signal 1234 paid --data '{\"amount\": 120}' --id pay-4711",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 2,
	.max_args = 2,
	.words = "instance",
	.changes = true,
	.run = run_signal,
};
