/* wfctl schedule add, update, pause, resume, delete: one schedule, changed in one transaction. */
#include "cli_input.h"
#include "cli_schedule.h"

#include "sweep/schedule.h"
#include "view/when.h"

#include <string.h>

struct change {
	struct wf_ctx *ctx;
	struct wf_schedule s;
	int (*make)(struct change *c, struct wf_txn *txn, struct wf_cause *cause);
	json_t *spec, *input; /* what the command line says; borrowed */
	bool input_given;     /* whole, not by members */
	bool changed, dry;
	struct wf_schedule_outlook look;
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
	if (err == 0)
		err = wf_schedule_look(txn, &c->s, c->ctx->now, &c->look);
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
		json_t *o = wf_schedule_json(&c->s, &c->look);
		if (c->dry)
			json_object_set_new(o, "dry_run", json_true());
		wf_out_json(ctx, o);
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		char when[WF_WHEN_TEXT];
		wf_buf_addstr(&text, c->dry ? "would be: " : "");
		wf_view_role(&text, &ctx->out, WF_ROLE_STRONG, c->s.name);
		wf_buf_printf(&text, " %s", c->changed ? what : "is so already");
		int64_t next = wf_schedule_next(&c->s, &c->look);
		bool gone = !strcmp(ctx->args.sub->name, "delete");
		if (next && !gone) {
			wf_view_clock(next, ctx->now, when);
			wf_buf_printf(&text, ", next %s", when);
		} else if (!gone && !strcmp(wf_schedule_state(&c->s, &c->look), "held")) {
			wf_buf_addstr(&text, ", held; on release: ");
			wf_schedule_on_release(&c->look, ctx->now, &text);
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

int wf_run_schedule_add(struct wf_ctx *ctx)
{
	const char *target = wf_arg(ctx, 0), *at = strrchr(target, '@'), *name = wf_opt(ctx, "name");
	struct change c = { .ctx = ctx, .make = make_add };
	struct wf_timetable t = { 0 };
	json_t *input = NULL, *spec = wf_timetable_spec(wf_arg(ctx, 1));
	int status = wf_schedule_options(ctx, spec, NULL);
	if (!status)
		status = wf_schedule_read(ctx, spec, &t);
	wf_timetable_done(&t);
	if (!status && strchr(target, '/'))
		status = wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL,
			"a schedule starts what is registered, by its name: wfctl register FILE",
			"there is no workflow %s", target);
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

int wf_run_schedule_update(struct wf_ctx *ctx)
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

int wf_run_schedule_pause(struct wf_ctx *ctx)
{
	return run_change(ctx, "is paused", make_pause);
}

int wf_run_schedule_resume(struct wf_ctx *ctx)
{
	return run_change(ctx, "goes on", make_pause);
}

int wf_run_schedule_delete(struct wf_ctx *ctx)
{
	return run_change(ctx, "was deleted; what it started goes on", make_delete);
}
