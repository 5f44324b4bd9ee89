/* Which journals are swept, one of them swept, and reports as JSON. */
#include "cli_sweep.h"

#include "base/duration.h"
#include "view/instance.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* -- which -- */

void wf_targets_done(struct wf_targets *t)
{
	for (size_t i = 0; i < t->count; i++) {
		wf_free(t->items[i].tenant);
		wf_free(t->items[i].environment);
		json_decref(t->items[i].error);
	}
	wf_free(t->items);
	*t = (struct wf_targets){ 0 };
}

static int by_name(const void *a, const void *b)
{
	const struct wf_target *x = a, *y = b;
	int order = strcmp(x->tenant, y->tenant);
	return order ? order : strcmp(x->environment, y->environment);
}

/* Whether a name is among those that were given; any is where none was. */
static bool is_wanted(struct wf_ctx *ctx, const char *option, const char *name)
{
	bool given = false;
	for (size_t i = 0; i < ctx->args.given_count; i++) {
		const struct wf_given *g = &ctx->args.given[i];
		if (strcmp(g->option->name, option) != 0)
			continue;
		given = true;
		if (!strcmp(g->value, name))
			return true;
	}
	return !given;
}

typedef void folder_fn(struct wf_ctx *ctx, struct wf_targets *t, const char *path, const char *name,
	const char *parent);

/* A folder of somebody else's stops nobody; what this machine has no room for must not look like a home
 * without journals. */
static void not_read(struct wf_ctx *ctx, struct wf_targets *t, const char *path, int why)
{
	if (why == EACCES || why == EPERM)
		wf_note(ctx, "%s cannot be read, and is passed over: %s", path, strerror(why));
	else if (why && why != ENOENT && why != ENOTDIR && !t->why.err)
		t->why.err = wf_fail(&t->why, wf_err_of_errno(why), "%s cannot be read: %s", path,
			strerror(why));
}

static void each_folder(struct wf_ctx *ctx, struct wf_targets *t, const char *path, const char *parent,
	const char *option, folder_fn *fn)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	if (!dir) {
		not_read(ctx, t, path, errno);
		return;
	}
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		if (wf_journal_name_ok(entry->d_name) && is_wanted(ctx, option, entry->d_name))
			fn(ctx, t, path, entry->d_name, parent);
	}
	not_read(ctx, t, path, errno);
	(void)closedir(dir);
}

static void take_journal(struct wf_ctx *ctx, struct wf_targets *t, const char *path, const char *name,
	const char *parent)
{
	WF_AUTOFREE char *data = wf_asprintf("%s/%s/data.mdb", path, name);
	(void)ctx;
	if (access(data, F_OK) != 0)
		return;
	WF_GROW(t->items, t->count, t->room);
	t->items[t->count++] = (struct wf_target){ .tenant = wf_strdup(parent),
		.environment = wf_strdup(name) };
}

static void take_tenant(struct wf_ctx *ctx, struct wf_targets *t, const char *path, const char *name,
	const char *parent)
{
	WF_AUTOFREE char *folder = wf_asprintf("%s/%s", path, name);
	(void)parent;
	each_folder(ctx, t, folder, name, "environment", take_journal);
}

/* A name that was given and that no journal has is said, not passed over. */
static int check_given(struct wf_ctx *ctx, const struct wf_targets *t, const char *option)
{
	for (size_t i = 0; i < ctx->args.given_count; i++) {
		const struct wf_given *g = &ctx->args.given[i];
		bool tenant = !strcmp(g->option->name, "tenant"), found = false;
		if (strcmp(g->option->name, option) != 0)
			continue;
		for (size_t n = 0; n < t->count && !found; n++)
			found = !strcmp(g->value, tenant ? t->items[n].tenant : t->items[n].environment);
		const char *other = tenant ? "environment" : "tenant", *with = wf_opt(ctx, other);
		WF_AUTOFREE char *hint = wf_asprintf("wfctl init --%s %s makes a journal", option, g->value);
		if (!found)
			return wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL, hint,
				"no journal here has the %s %s%s%s%s%s", option, g->value,
				with ? " with the " : "", with ? other : "", with ? " " : "",
				with ? with : "");
	}
	return 0;
}

int wf_targets_find(struct wf_ctx *ctx, struct wf_targets *ret)
{
	WF_AUTOFREE char *journals = wf_asprintf("%s/journals", wf_home_path(ctx->home));
	struct wf_targets t = { 0 };
	if (wf_opt(ctx, "all") && (wf_opt(ctx, "tenant") || wf_opt(ctx, "environment")))
		return wf_fail_usage(ctx, "it takes --all, or --tenant and --environment, not both");
	each_folder(ctx, &t, journals, NULL, "tenant", take_tenant);
	int status = t.why.err ? wf_fail_cause(ctx, &t.why) : check_given(ctx, &t, "tenant");
	if (!status)
		status = check_given(ctx, &t, "environment");
	if (status) {
		wf_targets_done(&t);
		return status;
	}
	if (t.count)
		qsort(t.items, t.count, sizeof(*t.items), by_name);
	*ret = t;
	return 0;
}

/* -- one -- */

int wf_event_retention(struct wf_ctx *ctx, int64_t *ret_ms)
{
	const char *given = wf_set(ctx, WF_SET_EVENT_RETENTION);
	uint64_t ms = 0;
	if (strcmp(given, "0") != 0 && !wf_read_span(given, &ms))
		return wf_fail_usage(ctx, "event_retention is a length of time (P7D, 12h) or 0, not \"%s\"",
			given);
	*ret_ms = ms > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)ms;
	return 0;
}

void wf_target_failed(struct wf_ctx *ctx, struct wf_target *t, struct wf_cause *cause)
{
	WF_AUTOFREE char *text = wf_asprintf("%s/%s: %s", t->tenant, t->environment, cause->text);
	(void)snprintf(cause->text, sizeof(cause->text), "%s", text);
	json_decref(t->error);
	t->status = wf_fail_aside(ctx, cause, &t->error);
	/* whatever it is of the home that cannot be used, its status is one */
	if (t->status == WF_EXIT_DENIED)
		t->status = WF_EXIT_JOURNAL;
}

int wf_sweep_here(const struct wf_sweeping *how, struct wf_target *t)
{
	struct wf_ctx *ctx = how->ctx;
	struct wf_cause cause = { 0 };
	char *cwd = getcwd(NULL, 0);
	WF_AUTOFREE char *libexec = wf_libexec(ctx);
	struct wf_sweep_options options = { .home = ctx->home, .tenant = t->tenant,
		.environment = t->environment, .libexec = libexec, .workdir = cwd ? cwd : "/",
		.os_user = wf_os_user(ctx), .environ_in = environ, .people = wf_people,
		.people_arg = ctx, .window_ms = how->window_ms, .jobs = (uint32_t)how->jobs,
		.max = how->max, .dry_run = how->dry_run, .parallel = how->parallel, .stop = how->stop,
		.running = how->running, .progress = how->progress, .arg = how->arg };
	t->status = wf_event_retention(ctx, &options.event_retention_ms);
	int r = t->status ? 0 : wf_sweep(&options, &t->report, &cause);
	t->swept = t->status == 0;
	free(cwd);
	if (r == 0 || (r == WF_EINTR && how->stop && *how->stop))
		return t->status;
	if (!*cause.text)
		(void)wf_fail(&cause, r, "the journal cannot be swept: %s", wf_strerror(r));
	cause.err = r;
	wf_target_failed(ctx, t, &cause);
	return t->status;
}

/* -- reports -- */

static const struct {
	const char *name;
	size_t offset;
} counts[] = {
#define COUNT(member) { #member, offsetof(struct wf_sweep_report, member) }
	COUNT(orphans), COUNT(timers), COUNT(fired), COUNT(missed), COUNT(granted), COUNT(events),
	COUNT(replaced), COUNT(released), COUNT(dropped), COUNT(pruned), COUNT(refused),
	COUNT(started), COUNT(queued), COUNT(completed), COUNT(failed), COUNT(cancelled),
	COUNT(parked), COUNT(lost),
#undef COUNT
};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

static uint64_t *count_at(struct wf_sweep_report *r, size_t i)
{
	return (uint64_t *)(void *)((char *)r + counts[i].offset);
}

void wf_report_json(const struct wf_sweep_report *r, json_t *into)
{
	struct wf_sweep_report copy = *r;
	for (size_t i = 0; i < COUNTS; i++)
		json_object_set_new(into, counts[i].name, json_integer((json_int_t)*count_at(&copy, i)));
	json_object_set_new(into, "locked_out", json_boolean(r->locked_out));
	json_object_set_new(into, "stopped", json_boolean(r->stopped));
	json_object_set_new(into, "why", *r->why ? json_string(r->why) : json_null());
	json_object_set_new(into, "next_due", r->next_due ? wf_view_time_json(r->next_due) : json_null());
}

void wf_report_read(const json_t *from, struct wf_sweep_report *ret)
{
	struct wf_sweep_report r = { .looked = true };
	const char *why = json_string_value(json_object_get(from, "why"));
	const char *next = json_string_value(json_object_get(from, "next_due"));
	for (size_t i = 0; i < COUNTS; i++)
		*count_at(&r, i) = (uint64_t)json_integer_value(json_object_get(from, counts[i].name));
	r.locked_out = json_is_true(json_object_get(from, "locked_out"));
	r.stopped = json_is_true(json_object_get(from, "stopped"));
	(void)snprintf(r.why, sizeof(r.why), "%s", why ? why : "");
	if (!next || wf_time_parse(next, strlen(next), &r.next_due) < 0)
		r.next_due = 0;
	*ret = r;
}

void wf_report_add(struct wf_sweep_report *sum, const struct wf_sweep_report *r)
{
	struct wf_sweep_report one = *r;
	for (size_t i = 0; i < COUNTS; i++)
		*count_at(sum, i) += *count_at(&one, i);
	sum->in_hand += r->in_hand;
	sum->looked |= r->looked;
	sum->stopped |= r->stopped;
	if (*r->why)
		memcpy(sum->why, r->why, sizeof(sum->why));
	if (r->next_due && (!sum->next_due || r->next_due < sum->next_due))
		sum->next_due = r->next_due;
}
