/* wfctl journal: keeping the store itself. */
#include "cli.h"

#include "runtime/runtime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *place(struct wf_ctx *ctx, struct wf_buf *out)
{
	wf_buf_printf(out, "%s/%s", wf_set(ctx, WF_SET_TENANT), wf_set(ctx, WF_SET_ENVIRONMENT));
	return out->data;
}

/* -- check -- */

struct check {
	struct wf_ctx *ctx;
	json_t *problems;
	uint64_t replayed, pruned, below;
	uint64_t *numbers;
	size_t count, room;
};

static void problem(void *arg, const char *text)
{
	struct check *c = arg;
	json_array_append_new(c->problems, json_string(text));
	if (wf_machine(c->ctx))
		return;
	WF_AUTOBUF struct wf_buf line = { 0 };
	wf_view_role(&line, &c->ctx->out, WF_ROLE_BAD, text);
	wf_buf_addch(&line, '\n');
	wf_out(c->ctx, &line);
}

static bool keep_number(void *arg, const struct wf_instance *in)
{
	struct check *c = arg;
	WF_GROW(c->numbers, c->count, c->room);
	c->numbers[c->count++] = in->number;
	return true;
}

static int numbers_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct check *c = arg;
	struct wf_filter filter = { .status = -1, .below = c->below, .limit = 1000 };
	(void)cause;
	c->count = 0;
	return wf_txn_each_instance(txn, &filter, keep_number, c);
}

/* Every instance is replayed from its history and compared with its rows (semantics.md G6). */
static int replay_all(struct check *c)
{
	do {
		struct wf_cause cause = { 0 };
		int r = wf_journal_view(c->ctx->journal, numbers_txn, c, &cause);
		if (r < 0) {
			problem(c, *cause.text ? cause.text : wf_strerror(r));
			return r;
		}
		for (size_t i = 0; i < c->count; i++) {
			cause = (struct wf_cause){ 0 };
			r = wf_runtime_replay(c->ctx->journal, c->numbers[i], &cause);
			c->pruned += r == 1;
			c->replayed += r != 1;
			if (r >= 0)
				r = wf_runtime_dead_end(c->ctx->journal, c->ctx->home, c->numbers[i], &cause);
			if (r < 0)
				problem(c, *cause.text ? cause.text : wf_strerror(r));
			c->below = c->numbers[i];
		}
	} while (c->count == 1000);
	return 0;
}

static int run_check(struct wf_ctx *ctx)
{
	struct check c = { .ctx = ctx };
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (status)
		return status;
	c.problems = json_array();
	int r = wf_journal_check(ctx->journal, problem, &c, &cause);
	if (r < 0 && r != WF_ECORRUPT) {
		/* what could not be read is not damaged for that */
		json_decref(c.problems);
		cause.err = r;
		return wf_fail_cause(ctx, &cause);
	}
	if (r == WF_ECORRUPT && !json_array_size(c.problems))
		problem(&c, *cause.text ? cause.text : wf_strerror(r));
	/* over broken pages there is no reading on */
	if (r == 0 || wf_journal_pages_sound(ctx->journal))
		(void)replay_all(&c);
	size_t count = json_array_size(c.problems);
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "sound", json_boolean(count == 0));
		json_object_set_new(o, "replayed", json_integer((json_int_t)c.replayed));
		json_object_set_new(o, "pruned", json_integer((json_int_t)c.pruned));
		json_object_set(o, "problems", c.problems);
		wf_out_json(ctx, o);
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf text = { 0 }, name = { 0 };
		wf_buf_printf(&text, "%s: ", place(ctx, &name));
		if (count)
			wf_view_plural(&text, count, "defect", "defects");
		else
			wf_view_role(&text, &ctx->out, WF_ROLE_GOOD, "sound");
		wf_buf_addstr(&text, ", ");
		wf_view_plural(&text, c.replayed, "instance", "instances");
		wf_buf_addstr(&text, " replayed");
		if (c.pruned)
			wf_buf_printf(&text, ", %" PRIu64 " pruned", c.pruned);
		wf_buf_addch(&text, '\n');
		wf_out(ctx, &text);
	}
	json_decref(c.problems);
	wf_free(c.numbers);
	return count ? WF_EXIT_FAILED : WF_EXIT_DONE;
}

/* -- stat -- */

static json_t *stat_json(const struct wf_journal_stat *s)
{
	json_t *o = json_object(), *by = json_object();
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "file_bytes", s->file_bytes }, { "used_bytes", s->used_bytes },
		{ "free_bytes", s->free_bytes }, { "quota_bytes", s->quota_bytes },
		{ "instances", s->instances }, { "definitions", s->definitions },
		{ "history_records", s->history_records }, { "timers", s->timers },
		{ "approvals", s->approvals }, { "signals", s->signals },
		{ "events", s->events }, { "undispatched_events", s->undispatched },
		{ "schedules", s->schedules }, { "holds", s->holds }, { "readers", s->readers },
		{ "stale_readers_cleared", s->stale_readers_cleared },
		{ "format_version", s->format_version },
	};
	json_object_set_new(o, "environment_id", json_string(s->environment_id));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_set_new(o, numbers[i].name, json_integer((json_int_t)numbers[i].value));
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		json_object_set_new(by, wf_instance_status_name((enum wf_instance_status)i),
			json_integer((json_int_t)s->by_status[i]));
	json_object_set_new(o, "by_status", by);
	return o;
}

static void stat_line(struct wf_table *t, const char *name, uint64_t value, bool bytes)
{
	char text[WF_COUNT_TEXT];
	if (bytes)
		wf_view_bytes(value, text);
	else
		wf_view_count(value, text);
	wf_table_cell(t, WF_ROLE_DIM, name);
	wf_table_cell(t, WF_ROLE_PLAIN, text);
}

static void stat_text(struct wf_ctx *ctx, const struct wf_journal_stat *s)
{
	WF_AUTOBUF struct wf_buf text = { 0 }, name = { 0 };
	struct wf_table *t = wf_table_new();
	wf_table_column(t, "", WF_ALIGN_LEFT, false);
	wf_table_column(t, "", WF_ALIGN_RIGHT, false);
	stat_line(t, "file", s->file_bytes, true);
	stat_line(t, "used", s->used_bytes, true);
	stat_line(t, "free inside", s->free_bytes, true);
	stat_line(t, "quota", s->quota_bytes, true);
	stat_line(t, "instances", s->instances, false);
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		if (s->by_status[i]) {
			WF_AUTOBUF struct wf_buf label = { 0 };
			wf_buf_printf(&label, "  %s",
				wf_instance_status_name((enum wf_instance_status)i));
			stat_line(t, label.data, s->by_status[i], false);
		}
	stat_line(t, "history records", s->history_records, false);
	stat_line(t, "definitions", s->definitions, false);
	stat_line(t, "timers", s->timers, false);
	stat_line(t, "open approvals", s->approvals, false);
	const struct {
		const char *name;
		uint64_t value;
	} rare[] = {
		{ "signals not taken", s->signals }, { "events kept", s->events },
		{ "events to be dispatched", s->undispatched }, { "schedules", s->schedules },
		{ "holds", s->holds },
	};
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (rare[i].value)
			stat_line(t, rare[i].name, rare[i].value, false);
	stat_line(t, "readers", s->readers, false);
	wf_buf_printf(&text, "%s, format %u, id %s\n", place(ctx, &name), s->format_version,
		s->environment_id);
	wf_table_write(t, &ctx->out, 2, true, &text);
	if (s->quota_bytes && s->file_bytes > s->quota_bytes / 5 * 4)
		wf_buf_addstr(&text, "the file is over 80 % of its quota: wfctl journal compact, or a "
				     "larger max_journal_bytes\n");
	wf_table_free(t);
	wf_out(ctx, &text);
}

static int run_stat(struct wf_ctx *ctx)
{
	struct wf_journal_stat s = { 0 };
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (status)
		return status;
	int r = wf_journal_stat(ctx->journal, &s, &cause);
	if (r < 0) {
		cause.err = r;
		return wf_fail_cause(ctx, &cause);
	}
	if (wf_machine(ctx))
		wf_out_json(ctx, stat_json(&s));
	else
		stat_text(ctx, &s);
	return WF_EXIT_DONE;
}

/* -- backup, restore, compact -- */

/* One sentence for people, or a document, that something was done. */
static void done(struct wf_ctx *ctx, json_t *document, const char *text)
{
	if (wf_machine(ctx)) {
		wf_out_json(ctx, json_incref(document));
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf line = { 0 };
		wf_buf_printf(&line, "%s\n", text);
		wf_out(ctx, &line);
	}
	json_decref(document);
}

static int run_backup(struct wf_ctx *ctx)
{
	const char *to = wf_arg(ctx, 0);
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (status)
		return status;
	int r = wf_journal_backup(ctx->journal, to, &cause);
	if (r < 0) {
		cause.err = r;
		return wf_fail_cause(ctx, &cause);
	}
	WF_AUTOBUF struct wf_buf text = { 0 }, name = { 0 };
	wf_buf_printf(&text, "%s copied to %s, and the copy checked", place(ctx, &name), to);
	json_t *o = json_object();
	json_object_set_new(o, "backup", json_string(to));
	done(ctx, o, text.data);
	return WF_EXIT_DONE;
}

/* Whether a person at a terminal, or --yes, agrees to something being destroyed. */
static bool agreed(struct wf_ctx *ctx, const char *question)
{
	char answer[16];
	if (wf_opt(ctx, "yes"))
		return true;
	if (!isatty(STDIN_FILENO) || !ctx->err_terminal)
		return false;
	(void)fprintf(stderr, "%s [yes/no] ", question);
	return fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n");
}

static int run_restore(struct wf_ctx *ctx)
{
	const char *from = wf_arg(ctx, 0);
	struct wf_cause cause = { 0 };
	bool replace = wf_opt(ctx, "replace") != NULL;
	WF_AUTOBUF struct wf_buf name = { 0 }, text = { 0 };
	int status = wf_open_home(ctx);
	if (status)
		return status;
	wf_buf_printf(&text, "Put %s in place of the journal %s, and lose what is in that?", from,
		place(ctx, &name));
	if (replace && !agreed(ctx, text.data))
		return wf_fail_usage(ctx, "--replace destroys the journal that is there: --yes says that "
					  "this is meant");
	int r = wf_journal_restore(ctx->home, wf_set(ctx, WF_SET_TENANT),
		wf_set(ctx, WF_SET_ENVIRONMENT), from, replace, &cause);
	if (r < 0) {
		cause.err = r;
		if (r == WF_EEXIST && !*cause.hint)
			wf_fail_hint(&cause, "--replace puts the backup in its place");
		return wf_fail_cause(ctx, &cause);
	}
	wf_buf_reset(&text);
	wf_buf_printf(&text, "%s is restored from %s; wfctl resume goes on from there", name.data, from);
	json_t *o = json_object();
	json_object_set_new(o, "restored", json_string(from));
	done(ctx, o, text.data);
	return WF_EXIT_DONE;
}

static int run_compact(struct wf_ctx *ctx)
{
	uint64_t before = 0, after = 0;
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	struct wf_journal *j = ctx->journal;
	ctx->journal = NULL;
	int r = wf_journal_compact(j, &before, &after, &cause);
	if (r < 0) {
		cause.err = r;
		return wf_fail_cause(ctx, &cause);
	}
	WF_AUTOBUF struct wf_buf text = { 0 }, name = { 0 };
	char old[WF_COUNT_TEXT], now[WF_COUNT_TEXT];
	wf_view_bytes(before, old);
	wf_view_bytes(after, now);
	wf_buf_printf(&text, "%s: %s before, %s now", place(ctx, &name), old, now);
	json_t *o = json_object();
	json_object_set_new(o, "before_bytes", json_integer((json_int_t)before));
	json_object_set_new(o, "after_bytes", json_integer((json_int_t)after));
	done(ctx, o, text.data);
	return WF_EXIT_DONE;
}

/* -- dump -- */

static bool dump_record(void *arg, json_t *record)
{
	struct wf_list_out *l = arg;
	wf_list_item(l, json_incref(record));
	return !ferror(stdout);
}

static int run_dump(struct wf_ctx *ctx)
{
	struct wf_list_out l;
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (status)
		return status;
	if (!wf_machine(ctx))
		ctx->format = WF_FORMAT_OUT_JSONL;
	wf_list_begin(&l, ctx);
	int r = wf_journal_dump(ctx->journal, dump_record, &l, &cause);
	wf_list_end(&l);
	if (r < 0) {
		cause.err = r;
		ctx->failed_json = true; /* records are on standard output already */
		return wf_fail_cause(ctx, &cause);
	}
	return WF_EXIT_DONE;
}

static const struct wf_option options[] = {
	{ "replace", 0, NULL, "put the backup in place of a journal that is there", NULL, "restore" },
	{ "yes", 'y', NULL, "do not ask before destroying", NULL, "restore" },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

static const struct wf_subverb subs[] = {
	{ "check", "", "read and authenticate everything, compare every index, replay every instance", 0,
		0, NULL, run_check },
	{ "stat", "", "sizes and counts", 0, 0, NULL, run_stat },
	{ "backup", "FILE", "copy the journal to a new file while it is in use, and check the copy", 1, 1,
		"file", run_backup },
	{ "restore", "FILE", "put a backup in place of the journal, after checking it", 1, 1, "file",
		run_restore },
	{ "compact", "", "give unused space back to the filesystem", 0, 0, NULL, run_compact },
	{ "dump", "", "every record, opened, as a line of JSON", 0, 0, NULL, run_dump },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct wf_verb wf_verb_journal = {
	.arguments = "check|stat|backup|restore|compact|dump",
	.description = "Keeps the journal of the tenant and environment. A backup is a file that restore "
		       "reads with the home's master key. compact needs that nobody else uses the "
		       "journal. dump shows in the clear what the journal holds sealed.",
	.examples = "wfctl journal check\n"
		    "wfctl journal backup /var/backups/wfctl-$(date +%F).mdb\n"
		    "wfctl journal dump | jq -c 'select(.kind == \"history\")'",
	.options = options,
	.subs = subs,
	.formats = WF_FORMATS_COMMON,
};
