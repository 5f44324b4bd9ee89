/* wfctl schedule: what starts by the clock. */
#include "cli_input.h"
#include "cli_schedule.h"

#include "base/duration.h"
#include "sweep/schedule.h"
#include "view/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- looking -- */

struct listing {
	struct wf_ctx *ctx;
	const char *workflow;
	json_t *list;
	struct wf_table *table;
	struct wf_txn *txn;
	int err;
};

static void put_row(struct listing *l, const struct wf_schedule *s,
	const struct wf_schedule_outlook *o)
{
	const char *state = wf_schedule_state(s, o);
	int64_t next = wf_schedule_next(s, o);
	const char *zone = json_string_value(json_object_get(s->spec, "timezone"));
	char when[WF_WHEN_TEXT] = "-";
	WF_AUTOBUF struct wf_buf release = { 0 };
	if (next)
		wf_view_clock(next, l->ctx->now, when);
	if (!strcmp(state, "held")) {
		wf_buf_addstr(&release, "on release: ");
		wf_schedule_on_release(o, l->ctx->now, &release);
	}
	wf_table_cell(l->table, WF_ROLE_STRONG, s->name);
	wf_table_cell(l->table, WF_ROLE_PLAIN, s->workflow);
	wf_table_cell(l->table, WF_ROLE_PLAIN, wf_schedule_expression(s->spec));
	wf_table_cell(l->table, WF_ROLE_PLAIN, zone ? zone : "UTC");
	wf_table_cell(l->table, !strcmp(state, "active") ? WF_ROLE_GOOD : WF_ROLE_DIM, state);
	wf_table_cell(l->table, WF_ROLE_PLAIN, release.len ? release.data : when);
	if (s->last_nominal)
		wf_view_clock(s->last_nominal, l->ctx->now, when);
	wf_table_cell(l->table, WF_ROLE_PLAIN, s->last_nominal ? when : "-");
	wf_table_cellf(l->table, WF_ROLE_PLAIN, "%" PRIu64, s->fired);
	wf_table_cellf(l->table, s->missed ? WF_ROLE_WARN : WF_ROLE_PLAIN, "%" PRIu64, s->missed);
}

static bool list_one(void *arg, const struct wf_schedule *s)
{
	struct listing *l = arg;
	struct wf_schedule_outlook o = { 0 };
	if (l->workflow && strcmp(l->workflow, s->workflow) != 0)
		return true;
	l->err = wf_schedule_look(l->txn, s, l->ctx->now, &o);
	if (l->err < 0)
		return false;
	if (l->list)
		json_array_append_new(l->list, wf_schedule_json(s, &o));
	else
		put_row(l, s, &o);
	return true;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct listing *l = arg;
	(void)cause;
	l->txn = txn;
	int err = wf_txn_each_schedule(txn, list_one, l);
	return err < 0 ? err : l->err;
}

static int run_ls(struct wf_ctx *ctx)
{
	static const char *const titles[] = { "NAME", "WORKFLOW", "WHEN", "ZONE", "STATE", "NEXT", "LAST",
		"FIRED", "MISSED" };
	struct listing l = { .ctx = ctx, .workflow = wf_opt(ctx, "workflow") };
	if (wf_machine(ctx)) {
		l.list = json_array();
	} else {
		l.table = wf_table_new();
		for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
			wf_table_column(l.table, titles[i], i > 6 ? WF_ALIGN_RIGHT : WF_ALIGN_LEFT, i < 3);
	}
	int status = wf_read_journal(ctx, list_txn, &l);
	if (!status && l.list) {
		struct wf_list_out out;
		wf_list_begin(&out, ctx);
		for (size_t i = 0; i < json_array_size(l.list); i++)
			wf_list_item(&out, json_incref(json_array_get(l.list, i)));
		wf_list_end(&out);
		wf_buf_done(&out.text);
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (wf_table_rows(l.table))
			wf_table_write(l.table, &ctx->out, 0, ctx->quiet, &text);
		else if (!ctx->quiet)
			wf_buf_addstr(&text, "nothing is scheduled.  wfctl schedule add WORKFLOW WHEN\n");
		wf_out_page(ctx, &text);
	}
	json_decref(l.list);
	wf_table_free(l.table);
	return status;
}

struct find {
	const char *name;
	int64_t now;
	struct wf_schedule s;
	struct wf_schedule_outlook look;
};

static int find_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct find *f = arg;
	wf_schedule_done(&f->s);
	f->s = (struct wf_schedule){ 0 };
	int err = wf_txn_find_schedule(txn, f->name, &f->s);
	if (err == WF_ENOENT)
		wf_fail_hint(cause, "wfctl schedule ls lists them");
	return err < 0 ? err : wf_schedule_look(txn, &f->s, f->now, &f->look);
}

static int find(struct wf_ctx *ctx, struct find *f)
{
	f->now = ctx->now;
	return wf_read_journal(ctx, find_txn, f);
}

static int run_show(struct wf_ctx *ctx)
{
	struct find f = { .name = wf_arg(ctx, 0) };
	int status = find(ctx, &f);
	if (!status && wf_machine(ctx)) {
		wf_out_json(ctx, wf_schedule_json(&f.s, &f.look));
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_schedule_text(ctx, &f.s, &f.look, &text);
		wf_out_page(ctx, &text);
	}
	wf_schedule_done(&f.s);
	return status;
}

/* -- next -- */

/* --from: an instant, or a local time of the zone. */
static int read_from(struct wf_ctx *ctx, const struct wf_timetable *t, int64_t *ret)
{
	const char *text = wf_opt(ctx, "from");
	struct wf_zone_instants at;
	int64_t local;
	if (!text)
		return 0;
	WF_AUTOFREE char *as_utc = wf_asprintf("%s%s", text, strchr(text, 'T') ? "Z" : "T00:00:00Z");
	if (wf_time_parse(text, strlen(text), ret) == 0)
		return 0;
	if (wf_time_parse(as_utc, strlen(as_utc), &local) < 0)
		return wf_opt_time(ctx, "from", ret);
	wf_zone_instants(t->zone, local / 1000, &at);
	*ret = at.gap_end * 1000;
	return 0;
}

/* The firings of a schedule, whose jitter is known, or of an expression (its id is 0). */
static int say_next(struct wf_ctx *ctx, const json_t *spec, const struct wf_timetable *t,
	const struct wf_schedule *s)
{
	WF_AUTOBUF struct wf_buf words = { 0 };
	uint64_t most = 10;
	int64_t from = ctx->now;
	size_t count = 0;
	int status = wf_opt_number(ctx, "count", 1, 10000, &most);
	if (!status)
		status = read_from(ctx, t, &from);
	if (status)
		return status;
	/* one that jitter has put off is still to come */
	if (!wf_opt(ctx, "from") && s->next_nominal && s->next_nominal < from && s->next_at > from)
		from = s->next_nominal;
	struct wf_upcoming *items = wf_schedule_upcoming(t, from, 0, most, &count);
	for (size_t i = 0; s->id && i < count; i++)
		items[i].ms = wf_timetable_due(t, s->id, items[i].ms);
	wf_timetable_explain(t, &words);
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "expression", json_string(wf_schedule_expression(spec)));
		json_object_set_new(o, "timezone", json_string(t->zone ? wf_zone_name(t->zone) : "UTC"));
		json_object_set_new(o, "explanation", json_string(words.data));
		json_object_set_new(o, "firings", wf_schedule_upcoming_json(t, items, count));
		wf_out_json(ctx, o);
	} else {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (!ctx->quiet)
			wf_buf_printf(&text, "%s\n\n", words.data);
		if (count)
			wf_schedule_upcoming_text(ctx, t, items, count, &text);
		else if (!ctx->quiet)
			wf_buf_addstr(&text, "it does not fire any more\n");
		wf_out_page(ctx, &text);
	}
	wf_free(items);
	return 0;
}

static int run_next(struct wf_ctx *ctx)
{
	const char *what = wf_arg(ctx, 0);
	struct find f = { .name = what };
	struct wf_timetable t = { 0 };
	json_t *spec = wf_timetable_spec(what);
	bool is_cron = json_object_get(spec, "cron") != NULL;
	int status = 0;
	/* A word that no expression is: the name of a schedule. */
	if (is_cron && *what && !strchr(what, ' ') && *what != '@') {
		json_decref(spec);
		status = find(ctx, &f);
		spec = status ? NULL : json_deep_copy(f.s.spec);
	}
	if (!status)
		status = wf_schedule_options(ctx, spec, NULL);
	if (!status) {
		wf_timetable_anchor(spec, ctx->now);
		status = wf_schedule_read(ctx, spec, &t);
	}
	if (!status)
		status = say_next(ctx, spec, &t, &f.s);
	wf_timetable_done(&t);
	wf_schedule_done(&f.s);
	json_decref(spec);
	return status;
}

#define TIMING "add|update|next"
#define CHANGES "add|update|pause|resume|delete|run-now"

static const struct wf_option options[] = {
	{ "name", 0, "NAME", "its name; made from the workflow's unless given", NULL, "add" },
	{ "when", 0, "WHEN", "another expression", NULL, "update" },
	{ "timezone", 'z', "ZONE", "IANA time zone whose clock counts; UTC unless given", NULL, TIMING },
	{ "dst-gap", 0, "HOW", "a time that the clock leaps over: shift to the gap's end (unless given), or "
		"skip", "shift|skip", TIMING },
	{ "dst-overlap", 0, "HOW", "a time that comes twice: first (unless given), last or both",
		"first|last|both", TIMING },
	{ "jitter", 0, "SPAN", "each firing is up to that much later, the same for every sweep", NULL,
		TIMING },
	{ "start", 0, "TIME", "fires at that time at the earliest (2026-12-24T18:00:00; a day alone is its "
		"midnight)", NULL, TIMING },
	{ "end", 0, "TIME", "fires at that time at the latest", NULL, TIMING },
	{ "missed", 0, "POLICY", "firings that no sweep saw in time: skip (unless given), catch_up (the "
		"latest) or backfill (each)", "skip|catch_up|backfill", TIMING },
	{ "grace", 0, "SPAN", "a firing that is seen within it is no missed one (10m unless given)", NULL,
		TIMING },
	{ "backfill-limit", 0, "N", "firings that backfill makes good at once (100 unless given)", NULL,
		TIMING },
	{ "overlap", 0, "POLICY", "while an earlier firing's instance goes on: allow (unless given), queue, "
		"skip or replace", "allow|queue|skip|replace", TIMING },
	{ "workflow-version", 0, "V", "the version that it starts; newest: the newest enabled one", NULL,
		"update" },
	{ "paused", 0, NULL, "add it paused", NULL, "add" },
	{ "input", 'i', "JSON|@FILE|-", "the input: JSON, a file of JSON, or standard input", "file",
		"add|update|run-now" },
	{ "set", 's', "PATH=VALUE", "set one member of the input; may be given often", NULL,
		"add|update|run-now" },
	{ "workflow", 'w', "WORKFLOW", "only of this workflow", "workflow", "ls" },
	{ "from", 'f', "TIME", "count from then on; now unless given", NULL, "next" },
	{ "count", 'c', "N", "so many firings (10 unless given)", NULL, "next" },
	{ "dry-run", 'n', NULL, "check everything and say what it would do", NULL, CHANGES },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

static const struct wf_subverb subs[] = {
	{ "add", "WORKFLOW[@VERSION] WHEN", "start a workflow by the clock", 2, 2, "workflow",
		wf_run_schedule_add },
	{ "ls", "", "list schedules with their next firing", 0, 0, NULL, run_ls },
	{ "show", "SCHEDULE", "show a schedule and its last firings", 1, 1, "schedule", run_show },
	{ "update", "SCHEDULE", "change when, what or with which input it starts", 1, 1, "schedule",
		wf_run_schedule_update },
	{ "pause", "SCHEDULE", "fire no more until resumed", 1, 1, "schedule", wf_run_schedule_pause },
	{ "resume", "SCHEDULE", "fire again, from now on", 1, 1, "schedule", wf_run_schedule_resume },
	{ "delete", "SCHEDULE", "forget it", 1, 1, "schedule", wf_run_schedule_delete },
	{ "next", "WHEN|SCHEDULE", "say in words when it fires, and list the next firings", 1, 1,
		"schedule", run_next },
	{ "run-now", "SCHEDULE", "start what it starts, at once and besides its times", 1, 1, "schedule",
		wf_run_schedule_run_now },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct wf_verb wf_verb_schedule = {
	.arguments = "add|ls|show|update|pause|resume|delete|next|run-now",
	.description =
		"A schedule starts a workflow by the clock: WHEN is a cron expression of five or six fields "
		"(or @daily and its kin), an ISO 8601 repeating interval (R/PT15M) or a single time "
		"(2026-12-24T18:00:00). wfctl serve-once fires what is due. Each firing starts one "
		"instance, however many sweeps see it.\n\n"
		"Schedules also come from the triggers of a registered definition, under the name "
		"WORKFLOW/ID; of these the input can be changed, and they can be paused.\n\n"
		"A change never fires at once, and nothing that is past fires again: times count from the "
		"change on. After a pause they count from its end. With update an empty value (--end '') takes "
		"back what --timezone, --start, --end, --missed or --overlap said.\n\n"
		"A firing is missed when a sweep sees it after its grace, or when a later one of the same "
		"schedule is due as well; what then happens is --missed. Missed and refused firings are "
		"recorded: wfctl schedule show. While the workflow is disabled, or registered no more, the "
		"schedule is so too: its times are put off, it is looked at once an hour, and what fell into "
		"that time is missed when the workflow is back. While its workflow is on hold it is held in "
		"the same way; ls and show say what a release would bring at that moment (`on_release` of "
		"the JSON). With --overlap skip those that backfill makes good at once are one: the first "
		"has not ended when the next would start.\n\n"
		"next lists the times of an expression or a schedule, and marks what changes of the clock "
		"do: shifted (its local time does not exist), skipped, the first and the second of a time "
		"that comes twice.",
	.examples = "wfctl schedule add nightly '0 2 * * *' --timezone Europe/Berlin\n"
		    "wfctl schedule add report 'R/PT15M' --set kind=short --missed catch_up\n"
		    "wfctl schedule next '30 2 * * *' --timezone Europe/Berlin --from 2026-03-27",
	.options = options,
	.subs = subs,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
	.run = NULL,
};
