/* wfctl schedule: what starts by the clock. */
#include "cli_input.h"
#include "cli_schedule.h"

#include "base/duration.h"
#include "sweep/schedule.h"
#include "view/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- one schedule, changed in one transaction -- */

struct change {
	struct wf_ctx *ctx;
	struct wf_schedule s;
	int (*make)(struct change *c, struct wf_txn *txn, struct wf_cause *cause);
	json_t *spec, *input; /* what the command line says; borrowed */
	bool input_given;     /* whole, not by members */
	bool changed, dry;
};

static int change_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct change *c = arg;
	const char *name = wf_arg(c->ctx, 0);
	bool adds = !strcmp(c->ctx->args.sub->name, "add");
	if (!adds) {
		wf_schedule_done(&c->s);
		c->s = (struct wf_schedule){ 0 };
		int err = wf_txn_find_schedule(txn, name, &c->s);
		if (err == WF_ENOENT)
			wf_fail_hint(cause, "wfctl schedule ls lists them");
		if (err < 0)
			return err;
	}
	c->changed = true;
	int err = c->make(c, txn, cause);
	/* Everything was checked; what was done is abandoned. */
	return err == 0 && c->dry ? WF_EINTR : err;
}

/* 0 or the exit status. */
static int apply(struct change *c)
{
	struct wf_ctx *ctx = c->ctx;
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	c->dry = wf_opt(ctx, "dry-run") != NULL;
	int r = wf_journal_update(ctx->journal, change_txn, c, &cause);
	if (r == 0 || (r == WF_EINTR && c->dry))
		return 0;
	if (!*cause.text)
		(void)wf_fail(&cause, r, "the schedule cannot be changed: %s", wf_strerror(r));
	cause.err = r;
	return wf_fail_cause(ctx, &cause);
}

/* Answers with the schedule as it is now, or would be. */
static int answer(struct change *c, const char *what)
{
	struct wf_ctx *ctx = c->ctx;
	if (wf_machine(ctx)) {
		json_t *o = wf_schedule_json(&c->s);
		if (c->dry)
			json_object_set_new(o, "dry_run", json_true());
		wf_out_json(ctx, o);
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		char when[WF_WHEN_TEXT];
		wf_buf_addstr(&text, c->dry ? "would be: " : "");
		wf_view_role(&text, &ctx->out, WF_ROLE_STRONG, c->s.name);
		wf_buf_printf(&text, " %s", c->changed ? what : "is so already");
		if (!c->s.paused && c->s.next_at && strcmp(ctx->args.sub->name, "delete") != 0) {
			wf_view_clock(c->s.next_at, ctx->now, when);
			wf_buf_printf(&text, ", next %s", when);
		}
		wf_buf_addch(&text, '\n');
		wf_out(ctx, &text);
	}
	return 0;
}

/* -- add -- */

static int make_add(struct change *c, struct wf_txn *txn, struct wf_cause *cause)
{
	return wf_schedule_add(txn, &c->s, c->ctx->now, cause);
}

/* A name nobody gave: the workflow's with what fires, short and the same for the same. */
static char *name_for(const char *workflow, const json_t *spec)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	uint8_t hash[WF_HASH_SIZE];
	wf_json_write_canonical(spec, &text);
	wf_hash(text.data, text.len, hash);
	return wf_asprintf("%.100s-%02x%02x", workflow, hash[0], hash[1]);
}

static int run_add(struct wf_ctx *ctx)
{
	const char *target = wf_arg(ctx, 0), *at = strrchr(target, '@'), *name = wf_opt(ctx, "name");
	struct change c = { .ctx = ctx, .make = make_add };
	struct wf_timetable t = { 0 };
	json_t *input = NULL, *spec = wf_timetable_spec(wf_arg(ctx, 1));
	int status = wf_schedule_options(ctx, spec, NULL);
	if (!status)
		status = wf_schedule_read(ctx, spec, &t);
	wf_timetable_done(&t);
	if (!status && (wf_opt(ctx, "input") || wf_opt(ctx, "set"))) {
		status = wf_input_read(ctx, &input);
		if (!status)
			json_object_set(spec, "input", input);
	}
	c.s.workflow = at ? wf_strndup(target, (size_t)(at - target)) : wf_strdup(target);
	c.s.version = at ? wf_strdup(at + 1) : NULL;
	c.s.name = name ? wf_strdup(name) : name_for(c.s.workflow, spec);
	c.s.source = wf_strdup("user");
	c.s.by = wf_strdup(wf_actor(ctx));
	c.s.paused = wf_opt(ctx, "paused") != NULL;
	c.s.spec = spec;
	if (!status)
		status = apply(&c);
	if (!status)
		status = answer(&c, "was added");
	json_decref(input);
	wf_schedule_done(&c.s);
	return status;
}

/* -- update -- */

static bool from_definition(const struct wf_schedule *s)
{
	return s->source && !strcmp(s->source, "definition");
}

static void put_input(struct change *c, const char *member)
{
	json_t *old = json_object_get(c->s.spec, member);
	if (!c->input)
		return;
	if (c->input_given || !json_is_object(old) || !json_is_object(c->input)) {
		json_object_set(c->s.spec, member, c->input);
		return;
	}
	json_t *merged = json_deep_copy(old);
	(void)json_object_update_recursive(merged, c->input);
	json_object_set_new(c->s.spec, member, merged);
}

static int make_update(struct change *c, struct wf_txn *txn, struct wf_cause *cause)
{
	const char *key, *version = wf_opt(c->ctx, "workflow-version");
	json_t *value;
	bool definition = from_definition(&c->s);
	if (definition && (json_object_size(c->spec) || version)) {
		(void)wf_fail(cause, WF_ECONFLICT, "%s comes from the definition of %s: only its input can "
			"be changed here", c->s.name, c->s.workflow);
		wf_fail_hint(cause, "register a changed definition, or pause it and wfctl schedule add "
			"another");
		return WF_ECONFLICT;
	}
	if (json_object_get(c->spec, "cron") || json_object_get(c->spec, "interval") ||
		json_object_get(c->spec, "at")) {
		json_object_del(c->s.spec, "cron");
		json_object_del(c->s.spec, "interval");
		json_object_del(c->s.spec, "at");
		json_object_del(c->s.spec, "anchor");
	}
	json_object_foreach(c->spec, key, value) {
		if (json_is_object(value) && json_is_object(json_object_get(c->s.spec, key)))
			(void)json_object_update(json_object_get(c->s.spec, key), value);
		else if (json_is_null(value))
			(void)json_object_del(c->s.spec, key);
		else
			json_object_set(c->s.spec, key, value);
	}
	put_input(c, definition ? "overrides" : "input");
	if (version) {
		wf_free(c->s.version);
		c->s.version = strcmp(version, "newest") != 0 ? wf_strdup(version) : NULL;
	}
	return wf_schedule_change(txn, &c->s, c->ctx->now, cause);
}

static int run_update(struct wf_ctx *ctx)
{
	const char *expression = wf_opt(ctx, "when");
	struct change c = { .ctx = ctx, .make = make_update };
	json_t *spec = expression ? wf_timetable_spec(expression) : json_object(), *input = NULL;
	size_t changed = expression || wf_opt(ctx, "workflow-version");
	int status = wf_schedule_options(ctx, spec, &changed);
	if (!status && (wf_opt(ctx, "input") || wf_opt(ctx, "set"))) {
		status = wf_input_read(ctx, &input);
		c.input_given = wf_opt(ctx, "input") != NULL;
		changed++;
	}
	/* An empty value takes the member away. */
	static const char *const removable[] = { "timezone", "start", "end", "missed", "overlap" };
	for (size_t i = 0; i < sizeof(removable) / sizeof(removable[0]); i++) {
		const char *given = wf_opt(ctx, removable[i]);
		if (given && !*given)
			json_object_set_new(spec, removable[i], json_null());
	}
	c.spec = spec;
	c.input = input;
	if (!status && !changed)
		status = wf_fail_usage(ctx, "nothing to change was given");
	if (!status)
		status = apply(&c);
	if (!status)
		status = answer(&c, "was changed");
	json_decref(spec);
	json_decref(input);
	wf_schedule_done(&c.s);
	return status;
}

/* -- pause, resume, delete -- */

static int make_pause(struct change *c, struct wf_txn *txn, struct wf_cause *cause)
{
	bool pause = !strcmp(c->ctx->args.sub->name, "pause");
	c->changed = c->s.paused != pause;
	return wf_schedule_pause(txn, &c->s, pause, c->ctx->now, cause);
}

static int make_delete(struct change *c, struct wf_txn *txn, struct wf_cause *cause)
{
	if (from_definition(&c->s)) {
		(void)wf_fail(cause, WF_ECONFLICT, "%s comes from the definition of %s", c->s.name,
			c->s.workflow);
		wf_fail_hint(cause, "wfctl schedule pause %s, or register a definition without it",
			c->s.name);
		return WF_ECONFLICT;
	}
	return wf_txn_drop_schedule(txn, c->s.id);
}

static int run_change(struct wf_ctx *ctx, const char *done,
	int (*make)(struct change *, struct wf_txn *, struct wf_cause *))
{
	struct change c = { .ctx = ctx, .make = make };
	int status = apply(&c);
	if (!status)
		status = answer(&c, done);
	wf_schedule_done(&c.s);
	return status;
}

static int run_pause(struct wf_ctx *ctx)
{
	return run_change(ctx, "is paused", make_pause);
}

static int run_resume(struct wf_ctx *ctx)
{
	return run_change(ctx, "goes on", make_pause);
}

static int run_delete(struct wf_ctx *ctx)
{
	return run_change(ctx, "was deleted; what it started goes on", make_delete);
}

/* -- looking -- */

struct listing {
	struct wf_ctx *ctx;
	const char *workflow;
	json_t *list;
	struct wf_table *table;
};

static void put_row(struct listing *l, const struct wf_schedule *s)
{
	const char *state = wf_schedule_state(s);
	const char *zone = json_string_value(json_object_get(s->spec, "timezone"));
	char when[WF_WHEN_TEXT] = "-";
	if (s->next_at && !s->paused)
		wf_view_clock(s->next_at, l->ctx->now, when);
	wf_table_cell(l->table, WF_ROLE_STRONG, s->name);
	wf_table_cell(l->table, WF_ROLE_PLAIN, s->workflow);
	wf_table_cell(l->table, WF_ROLE_PLAIN, wf_schedule_expression(s->spec));
	wf_table_cell(l->table, WF_ROLE_PLAIN, zone ? zone : "UTC");
	wf_table_cell(l->table, !strcmp(state, "active") ? WF_ROLE_GOOD : WF_ROLE_DIM, state);
	wf_table_cell(l->table, WF_ROLE_PLAIN, when);
	if (s->last_nominal)
		wf_view_clock(s->last_nominal, l->ctx->now, when);
	wf_table_cell(l->table, WF_ROLE_PLAIN, s->last_nominal ? when : "-");
	wf_table_cellf(l->table, WF_ROLE_PLAIN, "%" PRIu64, s->fired);
	wf_table_cellf(l->table, s->missed ? WF_ROLE_WARN : WF_ROLE_PLAIN, "%" PRIu64, s->missed);
}

static bool list_one(void *arg, const struct wf_schedule *s)
{
	struct listing *l = arg;
	if (l->workflow && strcmp(l->workflow, s->workflow) != 0)
		return true;
	if (l->list)
		json_array_append_new(l->list, wf_schedule_json(s));
	else
		put_row(l, s);
	return true;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct listing *l = arg;
	(void)cause;
	return wf_txn_each_schedule(txn, list_one, l);
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
	struct wf_schedule s;
};

static int find_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct find *f = arg;
	wf_schedule_done(&f->s);
	f->s = (struct wf_schedule){ 0 };
	int err = wf_txn_find_schedule(txn, f->name, &f->s);
	if (err == WF_ENOENT)
		wf_fail_hint(cause, "wfctl schedule ls lists them");
	return err;
}

static int find(struct wf_ctx *ctx, struct find *f)
{
	return wf_read_journal(ctx, find_txn, f);
}

static int run_show(struct wf_ctx *ctx)
{
	struct find f = { .name = wf_arg(ctx, 0) };
	int status = find(ctx, &f);
	if (!status && wf_machine(ctx)) {
		wf_out_json(ctx, wf_schedule_json(&f.s));
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_schedule_text(ctx, &f.s, &text);
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
	{ "add", "WORKFLOW[@VERSION] WHEN", "start a workflow by the clock", 2, 2, "workflow", run_add },
	{ "ls", "", "list schedules with their next firing", 0, 0, NULL, run_ls },
	{ "show", "SCHEDULE", "show a schedule and its last firings", 1, 1, "schedule", run_show },
	{ "update", "SCHEDULE", "change when, what or with which input it starts", 1, 1, "schedule",
		run_update },
	{ "pause", "SCHEDULE", "fire no more until resumed", 1, 1, "schedule", run_pause },
	{ "resume", "SCHEDULE", "fire again, from now on", 1, 1, "schedule", run_resume },
	{ "delete", "SCHEDULE", "forget it", 1, 1, "schedule", run_delete },
	{ "next", "WHEN|SCHEDULE", "say in words when it fires, and list the next firings", 1, 1,
		"schedule", run_next },
	{ "run-now", "SCHEDULE", "start what it starts, at once and besides its times", 1, 1, "schedule",
		wf_schedule_run_now },
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
		"change on. After a pause they count from its end.\n\n"
		"A firing is missed when a sweep sees it after its grace, or when a later one of the same "
		"schedule is due as well; what then happens is --missed. Missed and refused firings are "
		"recorded: wfctl schedule show.\n\n"
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
