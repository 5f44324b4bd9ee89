/*
 * run --batch: an instance a line, a result a line.
 *
 * Lines are read when the runtime has room, so memory is bounded by the instances in flight, not by
 * the file.
 */
#include "cli_batch.h"
#include "cli_drive.h"
#include "cli_input.h"

#include "base/limits.h"
#include "view/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_JOBS 16
#define MOST_JOBS 10000
#define PROGRESS_MS 200

struct batch {
	struct wf_ctx *ctx;
	struct wf_driver *driver;
	const struct wf_plan *plan;
	const char *version;
	struct wf_schema *schema;
	FILE *file;
	const char *file_name;
	struct wf_buf line;          /* that was read last */
	struct wf_buf text;          /* of the result that was printed last */
	uint64_t lines;              /* read so far: the number of the last one */
	uint64_t started, done, refused;
	struct queued {
		uint64_t number, line;
		bool done;
	} *queued;                   /* rising numbers: those that may come to this process later */
	size_t queued_count, queued_room;
	int broken;                  /* errno, if the file could not be read to its end */
	bool unusable;               /* the journal takes nothing in any more */
	bool listed;                 /* one document was asked for, not lines */
	struct wf_list_out list;
	int64_t began, shown;
};

enum read_line { LINE_OK, LINE_LONG, LINE_END };

/* The next line without its end. An over-long one is read past. */
static enum read_line next_line(struct batch *b)
{
	bool any = false, too_long = false;
	int c;
	wf_buf_reset(&b->line);
	while ((c = getc_unlocked(b->file)) != EOF) {
		any = true;
		if (c == '\n')
			break;
		if (b->line.len < WF_MAX_VALUE_BYTES)
			wf_buf_addch(&b->line, (char)c);
		else
			too_long = true;
	}
	if (ferror(b->file))
		b->broken = errno;
	if (!any)
		return LINE_END;
	b->lines++;
	return too_long ? LINE_LONG : LINE_OK;
}

static void put_result(struct batch *b, json_t *result, uint64_t line)
{
	if (b->listed) {
		json_t *o = json_object();
		json_object_set_new(o, "line", json_integer((json_int_t)line));
		json_object_update(o, result);
		json_decref(result);
		wf_list_item(&b->list, o);
		return;
	}
	/* the same, without a second object for each line */
	wf_buf_reset(&b->text);
	wf_buf_printf(&b->text, "{\"line\":%" PRIu64, line);
	size_t brace = b->text.len;
	wf_json_write(result, &b->text);
	json_decref(result);
	b->text.data[brace] = ',';
	wf_buf_addch(&b->text, '\n');
	wf_out(b->ctx, &b->text); /* flushed with its commit: whoever reads along has it at once */
}

/* On a terminal: how far it is, on one line that is written over. */
static void progress(struct batch *b, bool last)
{
	if (!b->ctx->err_terminal || b->ctx->quiet)
		return;
	int64_t now = wf_monotonic_ms();
	if (!last && now - b->shown < PROGRESS_MS)
		return;
	const struct wf_tally *t = wf_driver_tally(b->driver);
	b->shown = now;
	wf_out_flush();
	if (last)
		(void)fputs("\r\033[K", stderr);
	else
		(void)fprintf(stderr,
			"\r\033[K%" PRIu64 " done, %" PRIu64 " failed, %" PRIu64 " parked, %" PRIu64
			" in flight", b->done, t->failed + t->lost + b->refused, t->parked,
			b->started - b->done);
}

static void refuse(struct batch *b, const char *code, const char *message, json_t *issues)
{
	json_t *error = json_object(), *result = json_object();
	json_object_set_new(error, "code", json_string(code));
	json_object_set_new(error, "message", json_string(message));
	if (issues)
		json_object_set_new(error, "issues", issues);
	json_object_set_new(result, "number", json_null());
	json_object_set_new(result, "uuid", json_null());
	json_object_set_new(result, "status", json_string("refused"));
	json_object_set_new(result, "error", error);
	b->refused++;
	put_result(b, result, b->lines);
	wf_out_flush();
}

static void start_line(struct batch *b)
{
	struct wf_cause cause = { 0 };
	json_t *input = NULL, *issues = NULL;
	const char *text = b->line.data ? b->line.data : "";
	if (wf_json_parse(text, b->line.len, &input, &cause) < 0) {
		refuse(b, "SYNTAX_ERROR", cause.text, NULL);
		return;
	}
	if (!wf_input_check(b->schema, input, &issues)) {
		WF_AUTOBUF struct wf_buf why = { 0 };
		wf_input_issues_text(issues, &why);
		refuse(b, "INVALID_INPUT", why.data ? why.data : "", issues);
		json_decref(input);
		return;
	}
	struct wf_start start = { .plan = b->plan, .version = b->version, .input = input,
		.started_by = wf_actor(b->ctx), .correlation_id = wf_opt(b->ctx, "correlation-id"),
		.ticket = b->lines };
	struct wf_started started = { .how = WF_ADMITTED };
	int r = wf_runtime_start(wf_driver_runtime(b->driver), &start, &started, &cause);
	if (r == 0 && started.how == WF_ADMITTED_QUEUED) {
		WF_GROW(b->queued, b->queued_count, b->queued_room);
		b->queued[b->queued_count++] =
			(struct queued){ .number = started.number, .line = b->lines };
	} else if (r < 0) {
		b->unusable = wf_exit_of(r) == WF_EXIT_JOURNAL;
		refuse(b, wf_code_of(r), cause.text, NULL);
	} else {
		b->started++;
	}
	json_decref(input);
}

static bool feed(void *arg, struct wf_runtime *rt)
{
	struct batch *b = arg;
	(void)rt;
	progress(b, false);
	if (b->unusable)
		return false;
	enum read_line r = next_line(b);
	if (r == LINE_END)
		return false;
	if (r == LINE_LONG)
		refuse(b, "OVER_LIMIT", "the line is over 16 MiB", NULL);
	else if (b->line.len && strspn(b->line.data, " \t\r") < b->line.len)
		start_line(b);
	return true;
}

static int by_number(const void *key, const void *item)
{
	const uint64_t *number = key;
	const struct queued *q = item;
	return *number < q->number ? -1 : *number > q->number;
}

/* The line of an instance that had to wait for its slot; 0: none of this file. */
static uint64_t line_of(struct batch *b, uint64_t number)
{
	struct queued *q = b->queued_count ? bsearch(&number, b->queued, b->queued_count,
						     sizeof(*b->queued), by_number)
					   : NULL;
	if (!q || q->done)
		return 0;
	q->done = true;
	b->started++;
	return q->line;
}

/* Those that still wait for their slot: whoever frees it, or a sweep, drives them. */
static uint64_t put_queued(struct batch *b)
{
	uint64_t left = 0;
	for (size_t i = 0; i < b->queued_count; i++) {
		const struct queued *q = &b->queued[i];
		struct wf_instance *in = NULL;
		struct wf_cause cause = { 0 };
		if (q->done || wf_runtime_reload(wf_driver_runtime(b->driver), q->number, &in, &cause) < 0)
			continue;
		put_result(b, wf_result_json(b->plan, in, WF_PARTED_PARKED, NULL), q->line);
		left += !wf_instance_status_final(in->status);
		wf_instance_free(in);
	}
	return left;
}

static void parted(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	enum wf_parted how, const struct wf_cause *cause, uint64_t ticket)
{
	struct batch *b = arg;
	if (!ticket)
		ticket = line_of(b, in->number);
	if (!ticket)
		return; /* somebody else's, whose slot this batch has freed */
	b->done++;
	put_result(b, wf_result_json(plan, in, how, cause), ticket);
	progress(b, false);
}

static void summary(struct batch *b, uint64_t queued)
{
	const struct wf_tally *t = wf_driver_tally(b->driver);
	WF_AUTOBUF struct wf_buf text = { 0 };
	char took[WF_WHEN_TEXT], n[WF_COUNT_TEXT];
	wf_view_plural(&text, b->started + b->refused + queued, "input", "inputs");
	wf_view_count(t->completed, n);
	wf_buf_printf(&text, ": %s completed", n);
	wf_view_count(t->failed + t->lost, n);
	wf_buf_printf(&text, ", %s failed", n);
	if (t->cancelled) {
		wf_view_count(t->cancelled, n);
		wf_buf_printf(&text, ", %s cancelled", n);
	}
	if (t->parked) {
		wf_view_count(t->parked, n);
		wf_buf_printf(&text, ", %s parked", n);
	}
	if (queued) {
		wf_view_count(queued, n);
		wf_buf_printf(&text, ", %s queued", n);
	}
	if (b->refused) {
		wf_view_count(b->refused, n);
		wf_buf_printf(&text, ", %s refused", n);
	}
	wf_view_duration(wf_monotonic_ms() - b->began, took);
	wf_buf_printf(&text, " in %s", took);
	wf_note(b->ctx, "%s", text.data);
}

static int drive(struct batch *b, const struct wf_runnable *r, uint64_t jobs)
{
	struct wf_driver_options options = { .silent = true, .max_in_flight = (uint32_t)jobs,
		.parted = parted, .arg = b };
	int status = wf_driver_begin(b->ctx, &options, &b->driver);
	if (status)
		return status;
	wf_runnable_lend(r, wf_driver_runtime(b->driver));
	b->plan = r->plan;
	b->began = wf_monotonic_ms();
	wf_runtime_set_feed(wf_driver_runtime(b->driver), feed, b);
	b->listed = b->ctx->format == WF_FORMAT_OUT_JSON || b->ctx->format == WF_FORMAT_OUT_YAML;
	wf_list_begin(&b->list, b->ctx);
	status = wf_driver_run(b->driver);
	uint64_t queued = put_queued(b);
	if (b->listed)
		wf_list_end(&b->list);
	progress(b, true);
	summary(b, queued);
	if (!status && b->broken) {
		struct wf_cause cause = { 0 };
		(void)wf_fail(&cause, wf_err_of_errno(b->broken), "%s cannot be read on after line %" PRIu64
			": %s", b->file_name, b->lines, strerror(b->broken));
		status = wf_fail_file(b->ctx, &cause);
	}
	if (!status && b->unusable)
		status = WF_EXIT_JOURNAL;
	if (!status)
		status = b->refused ? WF_EXIT_FAILED : wf_driver_status(b->driver);
	if (!status && queued)
		status = WF_EXIT_PARKED;
	return status;
}

static int open_lines(struct batch *b)
{
	struct wf_cause cause = { 0 };
	struct stat st;
	b->file = strcmp(b->file_name, "-") ? fopen(b->file_name, "re") : stdin;
	if (!b->file)
		(void)wf_fail(&cause, wf_err_of_errno(errno), "%s cannot be read: %s", b->file_name,
			strerror(errno));
	else if (fstat(fileno(b->file), &st) == 0 && S_ISDIR(st.st_mode))
		(void)wf_fail(&cause, WF_EINVAL, "%s is a folder; --batch takes a file with an input a line",
			b->file_name);
	return cause.err ? wf_fail_file(b->ctx, &cause) : 0;
}

int wf_run_batch(struct wf_ctx *ctx, const struct wf_runnable *r, const char *file)
{
	struct batch b = { .ctx = ctx, .version = r->version, .file_name = file };
	uint64_t jobs = DEFAULT_JOBS;
	int status = wf_opt_number(ctx, "jobs", 1, MOST_JOBS, &jobs);
	if (!status)
		status = wf_input_schema(ctx, r->plan, &b.schema);
	if (!status)
		status = open_lines(&b);
	if (!status)
		status = drive(&b, r, jobs);
	wf_driver_end(b.driver);
	if (b.file && b.file != stdin)
		(void)fclose(b.file);
	wf_buf_done(&b.line);
	wf_buf_done(&b.text);
	wf_free(b.queued);
	wf_schema_free(b.schema);
	return status;
}
