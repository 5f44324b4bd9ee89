/* wfctl serve-once: one sweep over journals, doing what is due. */
#include "cli_sweep.h"

#include "view/when.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* -- signals -- */

static volatile sig_atomic_t caught;
static struct wf_runtime *volatile running;

static void on_signal(int number)
{
	caught = number;
	if (running)
		wf_runtime_stop(running);
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction before;
		/* what was ignored from the start (nohup) stays so */
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(signals[i], &action, NULL);
	}
}

static void set_running(void *arg, struct wf_runtime *rt)
{
	(void)arg;
	running = rt;
	/* one that came in between */
	if (rt && caught)
		wf_runtime_stop(rt);
}

/* -- progress -- */

struct screen {
	struct wf_ctx *ctx;
	int64_t shown_at;
	bool shown;
};

#define SHOW_EVERY_MS 100

static void say_counts(const struct wf_sweep_report *r, bool dry, struct wf_buf *out)
{
	const struct {
		uint64_t n;
		const char *one, *many;
	} parts[] = {
		{ r->orphans, dry ? "orphan" : "orphan taken up", dry ? "orphans" : "orphans taken up" },
		{ r->timers, dry ? "timer" : "timer fired", dry ? "timers" : "timers fired" },
		{ r->fired, dry ? "schedule" : "scheduled start", dry ? "schedules" : "scheduled starts" },
		{ r->missed, "missed firing", "missed firings" },
		{ r->granted, "queued one begun", "queued ones begun" },
		{ r->events, "event", "events" },
		{ r->released, "release", "releases" },
		{ r->dropped, "old event dropped", "old events dropped" },
		{ r->pruned, dry ? "history to prune" : "history pruned",
			dry ? "histories to prune" : "histories pruned" },
		{ r->replaced, "replaced by a newer start", "replaced by newer starts" },
		{ r->refused, "start refused", "starts refused" },
		{ r->completed, "completed", "completed" },
		{ r->failed, "failed", "failed" },
		{ r->cancelled, "cancelled", "cancelled" },
		{ r->parked, "parked", "parked" },
		{ r->lost, "lost", "lost" },
	};
	size_t said = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char n[WF_COUNT_TEXT];
		if (!parts[i].n)
			continue;
		wf_view_count(parts[i].n, n);
		wf_buf_printf(out, "%s%s %s", said++ ? ", " : "", n,
			parts[i].n == 1 ? parts[i].one : parts[i].many);
	}
	if (!said)
		wf_buf_addstr(out, "nothing was due");
}

static void clear(struct screen *s)
{
	if (s->shown)
		(void)!write(STDERR_FILENO, "\r\033[K", 4);
	s->shown = false;
}

static void show(void *arg, const struct wf_sweep_report *now)
{
	struct screen *s = arg;
	int64_t clock = wf_monotonic_ms();
	WF_AUTOBUF struct wf_buf line = { 0 }, text = { 0 };
	if (s->shown && clock - s->shown_at < SHOW_EVERY_MS)
		return;
	s->shown_at = clock;
	s->shown = true;
	if (now->in_hand)
		wf_buf_printf(&text, "%" PRIu64 " in hand, ", now->in_hand);
	say_counts(now, false, &text);
	wf_buf_addstr(&line, "\r");
	(void)wf_view_clip(&line, text.data, s->ctx->err.width ? s->ctx->err.width - 1 : 79);
	wf_buf_addstr(&line, "\033[K");
	(void)!write(STDERR_FILENO, line.data, line.len);
}

/* -- answers -- */

static json_t *target_json(const struct wf_target *t)
{
	json_t *o = json_object();
	json_object_set_new(o, "tenant", json_string(t->tenant));
	json_object_set_new(o, "environment", json_string(t->environment));
	wf_report_json(&t->report, o);
	json_object_set_new(o, "status", json_integer(t->status));
	if (t->error)
		json_object_set(o, "error", t->error);
	return o;
}

static bool worth_a_line(const struct wf_target *t)
{
	return t->status || (t->swept && (t->report.looked || t->report.locked_out));
}

static void answer_json(const struct wf_sweeping *how, const struct wf_targets *t,
	const struct wf_sweep_report *sum)
{
	json_t *o = json_object(), *items = json_array();
	size_t failed = 0, locked = 0;
	for (size_t i = 0; i < t->count; i++) {
		failed += t->items[i].status != 0;
		locked += t->items[i].report.locked_out;
		if (worth_a_line(&t->items[i]))
			json_array_append_new(items, target_json(&t->items[i]));
	}
	json_object_set_new(o, "journals", json_integer((json_int_t)t->count));
	json_object_set_new(o, "unusable", json_integer((json_int_t)failed));
	if (how->dry_run)
		json_object_set_new(o, "dry_run", json_true());
	wf_report_json(sum, o);
	json_object_set_new(o, "locked_out", json_boolean(locked && locked == t->count));
	json_object_set_new(o, "swept", items);
	wf_out_json(how->ctx, o);
}

static void answer_text(const struct wf_sweeping *how, const struct wf_targets *t,
	const struct wf_sweep_report *sum)
{
	struct wf_ctx *ctx = how->ctx;
	WF_AUTOBUF struct wf_buf text = { 0 };
	char when[WF_WHEN_TEXT], count[WF_COUNT_TEXT];
	size_t lines = 0, failed = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct wf_target *one = &t->items[i];
		failed += one->status != 0;
		if (!worth_a_line(one) || (one->status && !one->report.looked))
			continue;
		lines++;
		if (t->count > 1)
			wf_buf_printf(&text, "%s/%s: ", one->tenant, one->environment);
		if (one->report.locked_out)
			wf_buf_addstr(&text, "another sweep is at work");
		else
			say_counts(&one->report, how->dry_run, &text);
		wf_buf_addch(&text, '\n');
	}
	if (!lines && t->count && failed < t->count)
		wf_buf_addstr(&text, "nothing is due");
	else if (!t->count)
		wf_buf_addstr(&text, "there is no journal");
	else if (t->count > 1) {
		wf_view_count(t->count, count);
		wf_buf_printf(&text, "%zu of %s journals had something due", lines, count);
	}
	if (t->count && sum->next_due) {
		int64_t now = wf_now_ms();
		wf_view_until(sum->next_due, now, when);
		wf_buf_printf(&text, "%s%s %s", !text.len || (lines && t->count == 1) ? "" : "; ",
			sum->next_due < now ? "due" : "next",
			!strncmp(when, "until ", 6) ? when + 6 : when);
	}
	if (text.len && text.data[text.len - 1] != '\n')
		wf_buf_addch(&text, '\n');
	if (*sum->why)
		wf_note(ctx, "%s", sum->why);
	wf_out(ctx, &text);
}

static int answer(const struct wf_sweeping *how, const struct wf_targets *t)
{
	struct wf_sweep_report sum = { 0 };
	int status = WF_EXIT_DONE;
	for (size_t i = 0; i < t->count; i++) {
		wf_report_add(&sum, &t->items[i].report);
		if (t->items[i].status && !status)
			status = t->items[i].status;
	}
	if (wf_machine(how->ctx))
		answer_json(how, t, &sum);
	else if (!how->ctx->quiet)
		answer_text(how, t, &sum);
	return caught ? 128 + (int)caught : status;
}

static int read_options(struct wf_ctx *ctx, struct wf_sweeping *how)
{
	const char *window = wf_opt(ctx, "window");
	if (window && (!wf_read_span(window, &how->window_ms) || how->window_ms > 86400000))
		return wf_fail_usage(ctx, "--window takes a length of time up to a day (60s, PT1M), not \"%s\"",
			window);
	int status = wf_opt_number(ctx, "jobs", 1, 100000, &how->jobs);
	return status ? status : wf_opt_number(ctx, "max", 1, UINT32_MAX, &how->max);
}

static int run_serve_once(struct wf_ctx *ctx)
{
	struct screen screen = { .ctx = ctx };
	struct wf_sweeping how = { .ctx = ctx, .dry_run = wf_opt(ctx, "dry-run") != NULL,
		.parallel = wf_opt(ctx, "parallel") != NULL, .stop = &caught, .running = set_running,
		.arg = &screen };
	struct wf_targets targets = { 0 };
	int status = read_options(ctx, &how);
	if (!status)
		status = wf_open_home(ctx);
	if (!status)
		status = wf_targets_find(ctx, &targets);
	if (status)
		return status;
	if (ctx->err_terminal && !ctx->quiet && !how.dry_run)
		how.progress = show;
	catch_signals();
	if (targets.count == 1)
		(void)wf_sweep_here(&how, &targets.items[0]);
	else
		wf_sweep_many(&how, &targets);
	clear(&screen);
	status = answer(&how, &targets);
	wf_targets_done(&targets);
	return status;
}

static const struct wf_option options[] = {
	{ "all", 'a', NULL, "all journals of the home; the same as naming none", NULL, NULL },
	{ "window", 'w', "SPAN", "stay that long, and do what falls due at its millisecond", NULL, NULL },
	{ "jobs", 'j', "N", "drive at most so many instances of a journal at once", NULL, NULL },
	{ "max", 'm', "N", "take up at most so many instances of a journal", NULL, NULL },
	{ "parallel", 0, NULL, "sweep a journal though another sweep is at work there", NULL, NULL },
	{ "dry-run", 'n', NULL, "say what is due (with --window: or falls due in it), and do nothing", NULL,
		NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_serve_once = {
	.arguments = "",
	.description =
		"Does what is due in the journals of the home, and leaves: takes up instances whose process "
		"died, fires timers (retries, waits, timeouts, the deadlines and reminders of approvals), "
		"starts what is scheduled, hands out events that were not, begins what a release freed, "
		"drops events whose retention is over, and prunes histories whose retention is over, as "
		"wfctl prune does. Each thing is done once, however many sweeps see it.\n\n"
		"Without --tenant or --environment it sweeps every journal of the home; both may be given "
		"often. Of several journals each with something due is swept by a process of its own. One "
		"that cannot be used stops no other; the status says so at the end.\n\n"
		"There is one sweep of a journal at a time: another one leaves it alone, which is no failure. "
		"With --window it waits that long for its turn, so that sweeps that follow each other leave no "
		"gap: one that a timer or a crontab begins every minute with --window 60s gives exact times "
		"with nothing resident.\n\n"
		"What it costs follows what is due, not what waits or is kept. Histories go a few hundred in a "
		"commit, between other things; of what a window does not suffice for the rest is left to the "
		"next sweep. Each counts for --max as an instance that is taken up.\n\n"
		"Asked to end (SIGTERM, SIGINT, SIGHUP) it finishes the commit in hand and leaves commands "
		"that run to their supervisors: the next sweep takes up their results. The status is then 128 "
		"and the signal's number, and 0 otherwise, whatever came of the instances, unless a journal "
		"could not be used.\n\n"
		"wfctl-sweep(7) says how to have it begun by systemd or cron.",
	.examples = "wfctl serve-once\n"
		    "wfctl serve-once --window 60s --tenant acme\n"
		    "wfctl serve-once --dry-run -o json",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
	.run = run_serve_once,
};
