/* wfctl emit: an event comes in. */
#include "cli_drive.h"
#include "cli_input.h"

#include "base/limits.h"
#include "journal/waiting.h"
#include "sweep/dispatch.h"

#include <inttypes.h>
#include <string.h>

struct put {
	struct wf_kept_event event;
	bool fresh;
	bool dispatched;
	uint64_t taken;      /* by whom so ever, before and now */
};

static int put_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct put *p = arg;
	struct wf_kept_event old = { 0 };
	(void)cause;
	int r = wf_txn_put_event(txn, &p->event, &p->fresh);
	p->dispatched = false;
	if (r < 0 || p->fresh)
		return r;
	r = wf_txn_get_event(txn, p->event.number, &old);
	p->dispatched = r == 0 && old.dispatched;
	p->taken = r == 0 ? old.taken : 0;
	wf_kept_event_done(&old);
	return r;
}

static int taken_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct put *p = arg;
	struct wf_kept_event now = { 0 };
	(void)cause;
	int r = wf_txn_get_event(txn, p->event.number, &now);
	if (r == 0)
		p->taken = now.taken - p->taken;
	wf_kept_event_done(&now);
	return r;
}

static void say(struct wf_ctx *ctx, const struct put *p, const struct wf_dispatch *s,
	const struct wf_driver *d)
{
	uint64_t woken = p->taken > s->started ? p->taken - s->started : 0;
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "event", json_integer((json_int_t)p->event.number));
		json_object_set_new(o, "name", json_string(p->event.name));
		json_object_set_new(o, "id", p->event.id ? json_string(p->event.id) : json_null());
		json_object_set_new(o, "new", json_boolean(p->fresh));
		json_object_set_new(o, "started", json_integer((json_int_t)s->started));
		json_object_set_new(o, "queued", json_integer((json_int_t)s->queued));
		json_object_set_new(o, "woken", json_integer((json_int_t)woken));
		json_object_set_new(o, "refused", json_integer((json_int_t)s->refused));
		json_object_set_new(o, "why", *s->why ? json_string(s->why) : json_null());
		wf_driver_add_replaced(d, o);
		wf_out_json(ctx, o);
		return;
	}
	if (!ctx->quiet) {
		wf_buf_printf(&text, "event %" PRIu64 " ", p->event.number);
		wf_view_safe(&text, p->event.name);
		if (p->dispatched) {
			wf_buf_addstr(&text, ": came before, and was handed out");
		} else {
			wf_buf_printf(&text, ": started %" PRIu64, s->started);
			if (s->queued)
				wf_buf_printf(&text, " (%" PRIu64 " of them queued)", s->queued);
			wf_buf_printf(&text, ", woke %" PRIu64, woken);
			if (!s->started && !woken && !s->refused)
				wf_buf_addstr(&text, "; kept for who asks for it later");
		}
		wf_buf_addch(&text, '\n');
		wf_out(ctx, &text);
		wf_out_flush();
	}
	if (s->refused)
		wf_note(ctx, "%" PRIu64 " start%s refused: %s", s->refused,
			s->refused == 1 ? " was" : "s were", s->why);
	if (s->held)
		wf_note(ctx, "the event is kept for what is on hold; once that is released, the next sweep "
			"hands it out");
}

/* Hands the event out, drives what it started and woke, and marks it. */
static int hand_out(struct wf_ctx *ctx, struct wf_driver *d, struct put *p,
	struct wf_dispatch *stats)
{
	struct wf_cause cause = { 0 };
	uint64_t event = p->event.number;
	int r = wf_dispatch_event(wf_driver_runtime(d), ctx->journal, event, stats, &cause);
	int status = wf_driver_run(d);
	if (r == 0 && !status)
		r = wf_dispatch_end(ctx->journal, event, stats, &cause);
	if (r == 0 && !status)
		r = wf_journal_view(ctx->journal, taken_txn, p, &cause);
	if (r == 0)
		return status;
	cause.err = r;
	if (!*cause.text)
		(void)wf_fail(&cause, r, "the event cannot be handed out: %s", wf_strerror(r));
	if (!*cause.hint)
		wf_fail_hint(&cause, "it is kept; the next sweep goes on: wfctl serve-once");
	return wf_fail_cause(ctx, &cause);
}

static int dispatch(struct wf_ctx *ctx, struct put *p)
{
	struct wf_driver_options options = { .numbered = true, .silent = wf_machine(ctx) };
	struct wf_driver *d = NULL;
	struct wf_dispatch stats = { 0 };
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	if (p->dispatched)
		p->taken = 0;
	else
		status = hand_out(ctx, d, p, &stats);
	if (!status)
		say(ctx, p, &stats, d);
	wf_driver_end(d);
	return status;
}

static int say_dry(struct wf_ctx *ctx, const struct put *p)
{
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "dry_run", json_true());
		json_object_set_new(o, "name", json_string(p->event.name));
		json_object_set_new(o, "id", p->event.id ? json_string(p->event.id) : json_null());
		json_object_set_new(o, "data", p->event.data ? json_incref(p->event.data) : json_null());
		wf_out_json(ctx, o);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_addstr(&text, "would emit ");
	wf_view_safe(&text, p->event.name);
	wf_buf_addstr(&text, "; nothing was emitted\n");
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

static int emit(struct wf_ctx *ctx, struct put *p)
{
	struct wf_cause cause = { 0 };
	if (wf_opt(ctx, "dry-run"))
		return say_dry(ctx, p);
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	int r = wf_journal_update(ctx->journal, put_txn, p, &cause);
	if (r == 0)
		return dispatch(ctx, p);
	if (!*cause.text)
		(void)wf_fail(&cause, r, "the event cannot be kept: %s", wf_strerror(r));
	cause.err = r;
	return wf_fail_cause(ctx, &cause);
}

static int run_emit(struct wf_ctx *ctx)
{
	const char *name = wf_arg(ctx, 0), *id = wf_opt(ctx, "id");
	struct put p = { 0 };
	int status = wf_message_check(ctx, "event", name, id);
	if (!status)
		status = wf_message_data(ctx, &p.event.data);
	if (status)
		return status;
	p.event.name = wf_strdup(name);
	p.event.id = id ? wf_strdup(id) : NULL;
	p.event.by = wf_strdup(wf_actor(ctx));
	p.event.at = wf_now_ms();
	status = emit(ctx, &p);
	wf_kept_event_done(&p.event);
	return status;
}

static const struct wf_option options[] = {
	WF_MESSAGE_OPTIONS,
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },
	{ "dry-run", 'n', NULL, "check it, and emit nothing", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_emit = {
	.arguments = "NAME",
	.description = "Keeps an event and hands it out: every enabled workflow with a trigger whose pattern "
		       "and condition it meets is started with it, and every instance that waits for it in "
		       "wait.event goes on. Names have parts with dots between: customer.created.\n\n"
		       "The same --id again is the same event: nothing happens twice, whoever sends it and "
		       "however often. Once this says so the event is safe: killed half-way, the next sweep "
		       "hands it out. It stays for instances that ask for it later, as long as the setting "
		       "event_retention says.\n\n"
		       "The status is 0 when the event was kept, whatever becomes of the instances.",
	.examples = "wfctl emit customer.created --data '{\"id\": \"c1\"}' --id crm-4711\n"
		    "wfctl emit invoice.paid --data @payment.json",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.changes = true,
	.run = run_emit,
};
