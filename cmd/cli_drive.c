/* Driving instances with their steps on the screen. */
#include "cli_drive.h"

#include "view/instance.h"
#include "view/live.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct wf_driver {
	struct wf_ctx *ctx;
	struct wf_driver_options options;
	struct wf_runtime *runtime;
	struct wf_live *live;        /* NULL: silent */
	struct wf_tally tally;
	struct wf_tally judged;      /* without those that were replaced, and without children, whose
	                                parents answer for them */
	json_t *documents;
	json_t *replaced;            /* numbers */
	uint64_t last;               /* number of the instance that parted last */
	bool only_kept;              /* all that moved is a decision that was kept */
	char *libexec, *workdir;
	/* redraws elapsed times; only on a terminal */
	pthread_t ticker;
	pthread_mutex_t lock;        /* of live and of standard output while the ticker runs */
	pthread_cond_t wake;
	bool in_place, ticking, leave;
};

static struct wf_runtime *running;
static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	/* the second time the person means it */
	if (caught) {
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
		return;
	}
	caught = sig;
	if (running)
		wf_runtime_stop(running);
}

static void catch_signals(bool on)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { 0 };
	action.sa_handler = on ? on_signal : SIG_DFL;
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction before;
		/* what was ignored from the start (nohup) stays so */
		if (on && sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(signals[i], &action, NULL);
	}
	/* whoever read along has gone: the work goes on, and the end says so */
	(void)signal(SIGPIPE, on ? SIG_IGN : SIG_DFL);
}

static void lock(struct wf_driver *d)
{
	if (d->ticking)
		(void)pthread_mutex_lock(&d->lock);
}

static void unlock(struct wf_driver *d)
{
	if (d->ticking)
		(void)pthread_mutex_unlock(&d->lock);
}

static void on_started(void *arg, const struct wf_plan *plan, const struct wf_instance *in)
{
	struct wf_driver *d = arg;
	(void)plan;
	WF_AUTOBUF struct wf_buf text = { 0 };
	lock(d);
	wf_live_started(d->live, in, wf_now_ms(), &text);
	wf_out(d->ctx, &text);
	unlock(d);
}

static void on_moved(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_event *event, const struct wf_transition *transitions, uint32_t count)
{
	struct wf_driver *d = arg;
	WF_AUTOBUF struct wf_buf text = { 0 };
	d->only_kept = event->type == WF_EVENT_DECISION;
	for (uint32_t i = 0; i < count; i++)
		d->only_kept &= transitions[i].type == WF_TRANS_DECISION_KEPT;
	lock(d);
	wf_live_moved(d->live, plan, in, event, transitions, count, wf_now_ms(), &text);
	wf_out(d->ctx, &text);
	unlock(d);
}

static void count_parted(struct wf_tally *t, const struct wf_instance *in, enum wf_parted how)
{
	if (how == WF_PARTED_LOST)
		t->lost++;
	else if (how == WF_PARTED_PARKED || how == WF_PARTED_ELSEWHERE)
		t->parked++;
	else if (in->status == WF_INST_COMPLETED)
		t->completed++;
	else if (in->status == WF_INST_CANCELLED)
		t->cancelled++;
	else
		t->failed++;
}

static void on_replaced(void *arg, uint64_t number, uint64_t by)
{
	struct wf_driver *d = arg;
	WF_AUTOBUF struct wf_buf text = { 0 }, line = { 0 };
	json_array_append_new(d->replaced, json_integer((json_int_t)number));
	wf_buf_printf(&line, "#%" PRIu64 " takes the place of #%" PRIu64 ", which is cancelled", by,
		number);
	if (!d->live) {
		if (!wf_machine(d->ctx))
			wf_note(d->ctx, "%s", line.data);
		return;
	}
	wf_buf_addch(&line, '\n');
	lock(d);
	wf_live_say(d->live, line.data, wf_now_ms(), &text);
	wf_out(d->ctx, &text);
	unlock(d);
}

static bool was_replaced(const struct wf_driver *d, uint64_t number)
{
	size_t i;
	json_t *one;
	json_array_foreach (d->replaced, i, one)
		if ((uint64_t)json_integer_value(one) == number)
			return true;
	return false;
}

static void on_parted(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	enum wf_parted how, const struct wf_cause *cause, uint64_t ticket)
{
	struct wf_driver *d = arg;
	WF_AUTOBUF struct wf_buf text = { 0 };
	count_parted(&d->tally, in, how);
	bool own = !in->parent && !was_replaced(d, in->number);
	if (own)
		count_parted(&d->judged, in, how);
	if (own || !d->last)
		d->last = in->number;
	lock(d);
	if (d->live)
		wf_live_parted(d->live, in->number, wf_now_ms(), &text);
	bool elsewhere = how == WF_PARTED_ELSEWHERE && !wf_instance_status_final(in->status);
	bool said = d->options.decision && d->only_kept &&
		(how == WF_PARTED_PARKED || elsewhere);
	if (d->live && how != WF_PARTED_LOST && !said) {
		WF_AUTOBUF struct wf_buf line = { 0 };
		if (elsewhere)
			wf_buf_printf(&line, "#%" PRIu64 " goes on in the process that drives it. Next: "
					     "wfctl show %" PRIu64 "\n", in->number, in->number);
		else
			wf_view_outcome(plan, in, &d->ctx->out, &line);
		wf_live_say(d->live, line.data, wf_now_ms(), &text);
	}
	wf_out(d->ctx, &text);
	unlock(d);
	if (d->documents && plan)
		json_array_append_new(d->documents, wf_view_instance_json(plan, in));
	if (d->options.parted)
		d->options.parted(d->options.arg, plan, in, how, cause, ticket);
}

/* What a commit made true is shown together. */
static void on_told(void *arg)
{
	struct wf_driver *d = arg;
	lock(d);
	wf_out_flush();
	unlock(d);
}

static void *tick(void *arg)
{
	struct wf_driver *d = arg;
	(void)pthread_mutex_lock(&d->lock);
	while (!d->leave) {
		struct timespec until;
		WF_AUTOBUF struct wf_buf text = { 0 };
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		(void)pthread_cond_timedwait(&d->wake, &d->lock, &until);
		if (d->leave)
			break;
		wf_live_tick(d->live, wf_now_ms(), &text);
		wf_out(d->ctx, &text);
		wf_out_flush();
	}
	(void)pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void start_ticker(struct wf_driver *d)
{
	sigset_t all, before;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_cond_init(&d->wake, NULL);
	/* signals are the main thread's */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	d->ticking = pthread_create(&d->ticker, NULL, tick, d) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_ticker(struct wf_driver *d)
{
	if (!d->ticking)
		return;
	(void)pthread_mutex_lock(&d->lock);
	d->leave = true;
	(void)pthread_cond_signal(&d->wake);
	(void)pthread_mutex_unlock(&d->lock);
	(void)pthread_join(d->ticker, NULL);
	d->ticking = d->leave = false;
}

static int make_runtime(struct wf_driver *d)
{
	struct wf_ctx *ctx = d->ctx;
	struct wf_cause cause = { 0 };
	uint64_t stay = 0;
	const char *given = wf_set(ctx, WF_SET_STAY);
	if (!wf_read_span(given, &stay))
		return wf_fail_usage(ctx, "stay is a length of time (PT10S, 10s), not \"%s\"", given);
	char *cwd = getcwd(NULL, 0);
	d->workdir = wf_strdup(cwd ? cwd : "/");
	d->libexec = wf_libexec(ctx);
	free(cwd);
	struct wf_runtime_options options = { .home = ctx->home, .journal = ctx->journal,
		.tenant = wf_set(ctx, WF_SET_TENANT), .environment = wf_set(ctx, WF_SET_ENVIRONMENT),
		.libexec = d->libexec, .workdir = d->workdir, .environ_in = environ, .stay_ms = stay,
		.max_in_flight = d->options.max_in_flight, .os_user = wf_os_user(ctx),
		.dry = d->options.dry,
		.people = wf_people, .people_arg = ctx,
		.connections = json_object_get(ctx->config, "connections"),
		.observer = { .arg = d, .parted = on_parted, .told = on_told,
			.replaced = on_replaced } };
	if (d->live) {
		options.observer.started = on_started;
		options.observer.moved = on_moved;
	}
	if (wf_runtime_new(&options, &d->runtime, &cause) < 0) {
		/* whatever it is of the home that cannot be used, its status is one */
		if (cause.err == WF_EPERM && !*cause.hint)
			wf_fail_hint(&cause, "the home must be writable by this user");
		(void)wf_fail_cause(ctx, &cause);
		return WF_EXIT_JOURNAL;
	}
	return 0;
}

int wf_driver_begin(struct wf_ctx *ctx, const struct wf_driver_options *options,
	struct wf_driver **ret)
{
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	struct wf_driver *d = wf_calloc(1, sizeof(*d));
	d->ctx = ctx;
	d->options = *options;
	d->replaced = json_array();
	if (!options->silent && !options->dry && !wf_machine(ctx) && !ctx->quiet) {
		const char *term = getenv("TERM");
		d->in_place = ctx->out_terminal && term && strcmp(term, "dumb") != 0;
		struct wf_live_options live = { .style = ctx->out, .in_place = d->in_place,
			.numbered = options->numbered, .verbose = ctx->verbose };
		d->live = wf_live_new(&live);
	}
	if (!options->silent && !options->dry && wf_machine(ctx))
		d->documents = json_array();
	status = make_runtime(d);
	if (status) {
		wf_driver_end(d);
		return status;
	}
	*ret = d;
	return 0;
}

struct wf_runtime *wf_driver_runtime(struct wf_driver *d)
{
	return d->runtime;
}

int wf_driver_run(struct wf_driver *d)
{
	struct wf_cause cause = { 0 };
	if (d->live && d->in_place)
		start_ticker(d);
	running = d->runtime;
	catch_signals(true);
	int r = wf_runtime_run(d->runtime, &cause);
	catch_signals(false);
	running = NULL;
	stop_ticker(d);
	if (r == 0)
		return 0;
	if (caught) {
		wf_note(d->ctx, "stopped by signal %d after a clean commit; wfctl resume goes on",
			(int)caught);
		return 128 + (int)caught;
	}
	if (!*cause.text)
		(void)wf_fail(&cause, r, "the journal could not take what was done: %s", wf_strerror(r));
	if (!*cause.hint)
		wf_fail_hint(&cause, "what was committed is safe; once that is mended: wfctl resume");
	return wf_fail_cause(d->ctx, &cause);
}

void wf_driver_answer(struct wf_driver *d, uint64_t number)
{
	for (size_t i = json_array_size(d->documents); i-- > 0;) {
		json_t *o = json_array_get(d->documents, i);
		if ((uint64_t)json_integer_value(json_object_get(o, "number")) == number) {
			wf_driver_add_replaced(d, o);
			wf_out_json(d->ctx, json_incref(o));
			return;
		}
	}
}

int wf_driver_finish(struct wf_driver *d, uint64_t number)
{
	int status = wf_driver_run(d);
	if (!status)
		wf_driver_answer(d, number);
	return status;
}

int wf_driver_given(struct wf_driver *d, uint64_t number, int r, struct wf_cause *cause)
{
	if (r == 0)
		return d->options.dry ? 0 : wf_driver_finish(d, number);
	if (!*cause->text)
		(void)wf_fail(cause, r, "nothing can be given to #%" PRIu64 ": %s", number, wf_strerror(r));
	if (!*cause->hint)
		wf_fail_hint(cause, "wfctl show %" PRIu64 " says more", number);
	cause->err = r;
	int status = wf_fail_cause(d->ctx, cause);
	/* timers that were due have fired all the same: what they set free goes on */
	if (!d->options.dry)
		(void)wf_driver_run(d);
	return status;
}

int wf_driver_status(const struct wf_driver *d)
{
	static const struct wf_tally nobody;
	const struct wf_tally *t = memcmp(&d->judged, &nobody, sizeof(nobody)) ? &d->judged : &d->tally;
	return t->failed || t->lost ? WF_EXIT_FAILED
		: t->cancelled      ? WF_EXIT_CANCELLED
		: t->parked || t->elsewhere ? WF_EXIT_PARKED
				    : WF_EXIT_DONE;
}

const struct wf_tally *wf_driver_tally(const struct wf_driver *d)
{
	return &d->tally;
}

uint64_t wf_driver_last(const struct wf_driver *d)
{
	return d->last;
}

json_t *wf_driver_documents(struct wf_driver *d)
{
	return d->documents;
}

json_t *wf_result_json(const struct wf_plan *plan, const struct wf_instance *in,
	enum wf_parted how, const struct wf_cause *cause)
{
	char uuid[WF_UUID_TEXT];
	json_t *o = json_object();
	wf_uuid_text(&in->uuid, uuid);
	json_object_set_new(o, "number", in->number ? json_integer((json_int_t)in->number) : json_null());
	json_object_set_new(o, "uuid", json_string(uuid));
	json_object_set_new(o, "status",
		json_string(how == WF_PARTED_LOST ? "lost" : wf_instance_status_name(in->status)));
	if (how == WF_PARTED_LOST) {
		json_t *error = json_object();
		json_object_set_new(error, "code", json_string(wf_code_of(cause ? cause->err : 0)));
		json_object_set_new(error, "message", json_string(cause ? cause->text : ""));
		json_object_set_new(o, "error", error);
		return o;
	}
	if (in->wait != WF_WAIT_NONE)
		json_object_set_new(o, "waits_for", json_string(wf_wait_name(in->wait)));
	if (in->output)
		json_object_set(o, "output", in->output);
	if (in->error)
		json_object_set(o, "error", in->error);
	if (in->failed_step != WF_NONE && plan) {
		uint32_t item = wf_view_step_item(plan, in, in->failed_step);
		json_object_set_new(o, "failed_step", json_string(wf_plan_author_id(plan, in->failed_step)));
		if (item != WF_NONE)
			json_object_set_new(o, "failed_item", json_integer(item));
	}
	return o;
}

void wf_driver_add_replaced(const struct wf_driver *d, json_t *into)
{
	if (json_array_size(d->replaced))
		json_object_set(into, "replaced", d->replaced);
}

void wf_driver_say(struct wf_driver *d, const struct wf_buf *text)
{
	WF_AUTOBUF struct wf_buf out = { 0 };
	if (!d->live || !text->len)
		return;
	lock(d);
	wf_live_say(d->live, text->data, wf_now_ms(), &out);
	wf_out(d->ctx, &out);
	wf_out_flush();
	unlock(d);
}

void wf_driver_end(struct wf_driver *d)
{
	if (!d)
		return;
	stop_ticker(d);
	wf_runtime_free(d->runtime);
	wf_live_free(d->live);
	json_decref(d->documents);
	json_decref(d->replaced);
	wf_free(d->libexec);
	wf_free(d->workdir);
	wf_free(d);
}
