/* wfctl next-due: when there is something to do for a sweep. */
#include "cli_sweep.h"

#include "base/duration.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

struct first {
	const struct wf_target *target;
	struct wf_next_due due;
	int64_t at; /* 0: nothing; what waits already is due now */
};

/* What cannot be read is said, and hides nothing of the others: *ret_unusable is the status then. */
static int look_at_all(struct wf_ctx *ctx, const struct wf_targets *targets, struct first *ret,
	int *ret_unusable)
{
	int64_t retention = 0;
	int failed = 0;
	int status = wf_event_retention(ctx, &retention);
	for (size_t i = 0; !status && i < targets->count; i++) {
		struct wf_target *t = &targets->items[i];
		struct wf_next_due due = { 0 };
		struct wf_cause cause = { 0 };
		int r = wf_sweep_next(ctx->home, t->tenant, t->environment, retention, &due, &cause);
		if (r < 0) {
			cause.err = r;
			if (targets->count == 1) {
				status = wf_fail_cause(ctx, &cause);
				return status == WF_EXIT_DENIED ? WF_EXIT_JOURNAL : status;
			}
			wf_target_failed(ctx, t, &cause);
			failed = t->status;
			continue;
		}
		bool waits = due.work && !(due.at && due.at < ctx->now);
		int64_t at = waits ? ctx->now : due.at;
		if (waits)
			due = (struct wf_next_due){ .work = true };
		if (at && (!ret->at || at < ret->at))
			*ret = (struct first){ t, due, at };
	}
	*ret_unusable = failed;
	return status;
}

static const char *kind_of(const struct first *f)
{
	return f->due.schedule ? "schedule" : f->due.instance ? "timer" :
		f->due.retention ? "retention" : "sweep";
}

/* Whole seconds until then, rounded up: a timer armed by it never fires early. */
static int64_t seconds_to(const struct first *f, int64_t now)
{
	return f->at <= now ? 0 : (f->at - now + 999) / 1000;
}

static json_t *answer_json(const struct wf_ctx *ctx, const struct first *f)
{
	json_t *o = json_object();
	bool any = f->at != 0;
	json_object_set_new(o, "at", any ? wf_view_time_json(f->at) : json_null());
	json_object_set_new(o, "seconds", any ? json_integer(seconds_to(f, ctx->now)) : json_null());
	json_object_set_new(o, "what", any ? json_string(kind_of(f)) : json_null());
	json_object_set_new(o, "name", any && *f->due.name ? json_string(f->due.name) : json_null());
	json_object_set_new(o, "instance", any && f->due.instance
			? json_integer((json_int_t)f->due.instance) : json_null());
	json_object_set_new(o, "tenant", any ? json_string(f->target->tenant) : json_null());
	json_object_set_new(o, "environment", any ? json_string(f->target->environment) : json_null());
	return o;
}

static void answer_text(struct wf_ctx *ctx, const struct first *f, bool many)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	char when[WF_TIME_TEXT], in[WF_WHEN_TEXT];
	if (!f->at) {
		wf_buf_addstr(&text, "-\n");
		wf_out(ctx, &text);
		return;
	}
	wf_time_text(f->at, when);
	wf_view_duration(f->at - ctx->now, in);
	wf_buf_printf(&text, "%s  %s%s  ", when, f->at > ctx->now ? "in " : "",
		f->at > ctx->now ? in : "now");
	if (f->due.schedule)
		wf_buf_printf(&text, "schedule %s", f->due.name);
	else if (f->due.instance)
		wf_buf_printf(&text, "timer of #%" PRIu64 " %s", f->due.instance, f->due.name);
	else if (f->due.retention)
		wf_buf_addstr(&text, "retention of a history");
	else
		wf_buf_addstr(&text, "something waits for a sweep");
	if (many)
		wf_buf_printf(&text, "  (%s/%s)", f->target->tenant, f->target->environment);
	wf_buf_addch(&text, '\n');
	wf_out(ctx, &text);
}

static int run_next_due(struct wf_ctx *ctx)
{
	struct wf_targets targets = { 0 };
	struct first f = { 0 };
	int unusable = 0, status = wf_open_home(ctx);
	if (!status)
		status = wf_targets_find(ctx, &targets);
	if (!status)
		status = look_at_all(ctx, &targets, &f, &unusable);
	if (!status && wf_machine(ctx)) {
		wf_out_json(ctx, answer_json(ctx, &f));
	} else if (!status && wf_opt(ctx, "seconds")) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (f.at)
			wf_buf_printf(&text, "%" PRId64 "\n", seconds_to(&f, ctx->now));
		else
			wf_buf_addstr(&text, "-\n");
		wf_out(ctx, &text);
	} else if (!status) {
		answer_text(ctx, &f, targets.count > 1);
	}
	wf_targets_done(&targets);
	return status ? status : unusable;
}

static const struct wf_option options[] = {
	{ "all", 'a', NULL, "of all journals of the home; the same as naming none", NULL, NULL },
	{ "seconds", 's', NULL, "only the seconds until then, rounded up: 0 when something is due, - when "
		"nothing is", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_next_due = {
	.arguments = "",
	.description =
		"Says when a sweep (wfctl serve-once) has something to do next, and what: the earliest timer or "
		"scheduled start of the home's journals, or of those that --tenant and --environment name. "
		"What waits for a sweep already, such as an instance whose process died, is due now. With "
		"nothing to come it prints - alone.\n\n"
		"The end of a retention (execution_log.retention of a definition) counts as well, but at the "
		"full hour after it: a home whose histories expire one after the other is swept for them once "
		"an hour, not once for each. A sweep that comes earlier prunes what has expired by then all "
		"the same.\n\n"
		"A journal that cannot be used hides nothing of the others: it is told of, and the status is 7.",
	.examples = "wfctl next-due\n"
		    "next=$(wfctl next-due --seconds)\n"
		    "[ \"$next\" = - ] || systemd-run --on-active=\"$next\" wfctl serve-once",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.run = run_next_due,
};
