/* workflow enable, disable and delete. */
#include "cli_workflow.h"
#include "cli_drive.h"
#include "cli_hold.h"

#include "sweep/schedule.h"

#include <inttypes.h>
#include <string.h>

/* What the command line names, and what is done with it. */
struct change {
	struct wf_ctx *ctx;
	char *workflow, *version; /* version NULL: all */
	bool enable, drop, force;
	char **versions;          /* that are concerned */
	size_t version_count, version_room;
	uint64_t changed;
	uint64_t *flying;         /* instances in flight */
	size_t flying_count, flying_room;
	struct wf_buf left;       /* names of schedules that start what is no more there */
};

static void versions_reset(struct change *c)
{
	for (size_t i = 0; i < c->version_count; i++)
		wf_free(c->versions[i]);
	c->version_count = 0;
	c->changed = 0;
	c->flying_count = 0;
}

static void change_done(struct change *c)
{
	versions_reset(c);
	wf_free(c->versions);
	wf_free(c->flying);
	wf_buf_done(&c->left);
	wf_free(c->workflow);
	wf_free(c->version);
}

static void read_name(struct change *c)
{
	const char *name = wf_arg(c->ctx, 0), *at = strrchr(name, '@');
	c->workflow = at ? wf_strndup(name, (size_t)(at - name)) : wf_strdup(name);
	c->version = at ? wf_strdup(at + 1) : NULL;
}

static bool keep_version(void *arg, const struct wf_definition *d)
{
	struct change *c = arg;
	if (strcmp(d->workflow, c->workflow) != 0 ||
		(c->version && (!d->version || strcmp(d->version, c->version) != 0)))
		return true;
	c->changed += c->drop || d->enabled != c->enable;
	WF_GROW(c->versions, c->version_count, c->version_room);
	c->versions[c->version_count++] = d->version ? wf_strdup(d->version) : NULL;
	return true;
}

/* The versions that are meant; WF_ENOENT with the cause when there are none. */
static int find_versions(struct change *c, struct wf_txn *txn, struct wf_cause *cause)
{
	versions_reset(c);
	int r = wf_txn_each_definition(txn, keep_version, c);
	if (r < 0 || c->version_count)
		return r;
	(void)wf_fail(cause, WF_ENOENT, "there is no workflow %s%s%s", c->workflow,
		c->version ? " of version " : "", c->version ? c->version : "");
	wf_fail_hint(cause, "wfctl workflow ls lists what is registered");
	return WF_ENOENT;
}

static int sync(struct change *c, struct wf_txn *txn, struct wf_cause *cause)
{
	return wf_schedule_sync(txn, c->workflow, wf_actor(c->ctx), c->ctx->now, cause);
}

static int enable_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct change *c = arg;
	int r = find_versions(c, txn, cause);
	for (size_t i = 0; r == 0 && i < c->version_count; i++)
		r = wf_txn_enable_definition(txn, c->workflow, c->versions[i], c->enable);
	return r < 0 ? r : sync(c, txn, cause);
}

static int fail_change(struct wf_ctx *ctx, int r, struct wf_cause *cause)
{
	if (!*cause->text)
		(void)wf_fail(cause, r, "it cannot be done: %s", wf_strerror(r));
	cause->err = r;
	return wf_fail_cause(ctx, cause);
}

static int run_enable(struct wf_ctx *ctx, bool enable)
{
	struct change c = { .ctx = ctx, .enable = enable };
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	read_name(&c);
	int r = wf_journal_update(ctx->journal, enable_txn, &c, &cause);
	if (r < 0) {
		status = fail_change(ctx, r, &cause);
	} else if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "workflow", json_string(c.workflow));
		json_object_set_new(o, "version", c.version ? json_string(c.version) : json_null());
		json_object_set_new(o, "enabled", json_boolean(enable));
		json_object_set_new(o, "versions", json_integer((json_int_t)c.changed));
		wf_out_json(ctx, o);
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_buf_printf(&text, "%s%s%s: ", c.workflow, c.version ? "@" : "",
			c.version ? c.version : "");
		if (c.changed) {
			wf_view_plural(&text, c.changed, "version", "versions");
			wf_buf_printf(&text, " %s\n", enable ? "enabled" : "disabled");
		} else {
			wf_buf_printf(&text, "was %s already\n", enable ? "enabled" : "disabled");
		}
		wf_out(ctx, &text);
	}
	change_done(&c);
	return status;
}

int wf_run_workflow_enable(struct wf_ctx *ctx)
{
	return run_enable(ctx, true);
}

int wf_run_workflow_disable(struct wf_ctx *ctx)
{
	return run_enable(ctx, false);
}

/* -- delete -- */

static bool keep_flying(void *arg, const struct wf_instance *in)
{
	struct change *c = arg;
	if (c->version && (!in->version || strcmp(in->version, c->version) != 0))
		return true;
	WF_GROW(c->flying, c->flying_count, c->flying_room);
	c->flying[c->flying_count++] = in->number;
	return true;
}

/* By status, so that what it costs follows what is in flight and not what has ended. */
static int find_flying(struct change *c, struct wf_txn *txn)
{
	int r = 0;
	for (unsigned i = 0; r == 0 && i < WF_INST_COUNT_; i++) {
		struct wf_filter filter = { .status = (int)i, .workflow = c->workflow,
			.oldest_first = true };
		if (!wf_instance_status_final((enum wf_instance_status)i))
			r = wf_txn_each_instance(txn, &filter, keep_flying, c);
	}
	return r;
}

static int look_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct change *c = arg;
	int r = find_versions(c, txn, cause);
	if (r == 0)
		r = find_flying(c, txn);
	return r;
}

static int in_flight(const struct change *c, struct wf_cause *cause)
{
	(void)wf_fail(cause, WF_ECONFLICT, "%zu instance%s of %s %s in flight", c->flying_count,
		c->flying_count == 1 ? "" : "s", c->workflow, c->flying_count == 1 ? "is" : "are");
	wf_fail_hint(cause, "--force cancels them; wfctl ps --workflow %s lists them; wfctl workflow "
			    "disable %s keeps new ones from starting", c->workflow, c->workflow);
	return WF_ECONFLICT;
}

/* Of the workflow; the newest version is what is started by those that pin none. */
struct starters {
	const char *workflow;
	struct starter {
		char *name, *version;
	} *items;
	size_t count, room;
};

static bool keep_starter(void *arg, const struct wf_schedule *s)
{
	struct starters *a = arg;
	if (strcmp(s->workflow, a->workflow) != 0)
		return true;
	WF_GROW(a->items, a->count, a->room);
	a->items[a->count++] = (struct starter){ wf_strdup(s->name),
		s->version ? wf_strdup(s->version) : NULL };
	return true;
}

static int find_left(struct change *c, struct wf_txn *txn)
{
	struct starters a = { .workflow = c->workflow };
	int r = wf_txn_each_schedule(txn, keep_starter, &a);
	wf_buf_reset(&c->left);
	for (size_t i = 0; i < a.count; i++) {
		struct wf_definition d = { 0 };
		if (r == 0 && wf_schedule_definition(txn, c->workflow, a.items[i].version, &d, NULL) ==
			WF_ENOENT)
			wf_buf_printf(&c->left, "%s%s", c->left.len ? ", " : "", a.items[i].name);
		wf_definition_done(&d);
		wf_free(a.items[i].name);
		wf_free(a.items[i].version);
	}
	wf_free(a.items);
	return r;
}

static int delete_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct change *c = arg;
	int r = look_txn(txn, arg, cause);
	if (r < 0)
		return r;
	if (c->flying_count)
		return in_flight(c, cause);
	r = wf_txn_drop_definition(txn, c->workflow, c->version);
	if (r == 0)
		r = sync(c, txn, cause);
	return r < 0 ? r : find_left(c, txn);
}

static void answered(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	uint64_t *cancelled = arg;
	(void)index;
	(void)cause;
	*cancelled += result == 0; /* one that ended by itself meanwhile needs no cancel */
}

static int cancel_flying(struct change *c, uint64_t *ret_cancelled)
{
	struct wf_driver_options options = { .silent = true };
	struct wf_driver *d = NULL;
	int status = wf_driver_begin(c->ctx, &options, &d);
	if (status)
		return status;
	json_t *data = json_pack("{s:s, s:s}", "by", wf_actor(c->ctx), "reason",
		"its workflow was deleted");
	struct wf_post *posts = wf_calloc(c->flying_count + 1, sizeof(*posts));
	for (size_t i = 0; i < c->flying_count; i++)
		posts[i] = (struct wf_post){ .number = c->flying[i],
			.event = { .type = WF_EVENT_CANCEL, .at = wf_now_ms(),
				.random = wf_random_u32(), .step = WF_NONE, .data = data } };
	wf_runtime_post_later(wf_driver_runtime(d), posts, c->flying_count, answered, ret_cancelled);
	status = wf_driver_run(d);
	wf_driver_end(d);
	wf_free(posts);
	json_decref(data);
	return status;
}

static void say_deleted(struct change *c, uint64_t cancelled, bool dry)
{
	struct wf_ctx *ctx = c->ctx;
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		if (dry)
			json_object_set_new(o, "dry_run", json_true());
		json_object_set_new(o, "workflow", json_string(c->workflow));
		json_object_set_new(o, "version", c->version ? json_string(c->version) : json_null());
		json_object_set_new(o, "versions", json_integer((json_int_t)c->version_count));
		json_object_set_new(o, dry ? "in_flight" : "cancelled",
			json_integer((json_int_t)(dry ? c->flying_count : cancelled)));
		wf_out_json(ctx, o);
		return;
	}
	if (ctx->quiet)
		return;
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_printf(&text, "%s%s: ", dry ? "would delete " : "", c->workflow);
	wf_view_plural(&text, c->version_count, "version", "versions");
	wf_buf_addstr(&text, dry ? "; " : " deleted");
	if (dry) {
		wf_view_plural(&text, c->flying_count, "instance is in flight",
			"instances are in flight");
	} else if (cancelled) {
		wf_buf_addstr(&text, "; ");
		wf_view_plural(&text, cancelled, "instance cancelled", "instances cancelled");
	}
	wf_buf_addch(&text, '\n');
	wf_out(ctx, &text);
	if (c->left.len)
		wf_note(ctx, "schedules that start it stay, and wait for it to be registered again: %s; "
			     "wfctl schedule delete", c->left.data);
}

/* What is destroyed is asked about first: the journal is only looked at. */
static int ask(struct change *c, bool *ret_go)
{
	struct wf_cause cause = { 0 };
	int r = wf_journal_view(c->ctx->journal, look_txn, c, &cause);
	if (r < 0)
		return fail_change(c->ctx, r, &cause);
	*ret_go = true;
	if (wf_opt(c->ctx, "dry-run") && c->flying_count && !c->force)
		return fail_change(c->ctx, in_flight(c, &cause), &cause);
	if (wf_opt(c->ctx, "dry-run")) {
		say_deleted(c, 0, true);
		*ret_go = false;
		return 0;
	}
	if (!c->flying_count || !c->force)
		return 0;
	return wf_confirm(c->ctx, ret_go, "delete %s and cancel %zu instance%s in flight?", c->workflow,
		c->flying_count, c->flying_count == 1 ? "" : "s");
}

#define MOST_ROUNDS 8

/* Cancelled first, so that after a death in between the same command again does the rest. What started
 * meanwhile is found in the transaction that deletes, and is cancelled too. */
static int delete(struct change *c, uint64_t *ret_cancelled)
{
	struct wf_cause cause = { 0 };
	int status = 0, r = WF_ECONFLICT;
	for (unsigned i = 0; !status && r == WF_ECONFLICT && i < MOST_ROUNDS; i++) {
		if (c->force && c->flying_count)
			status = cancel_flying(c, ret_cancelled);
		cause = (struct wf_cause){ 0 };
		if (!status)
			r = wf_journal_update(c->ctx->journal, delete_txn, c, &cause);
		if (!c->force)
			break;
	}
	return status || r == 0 ? status : fail_change(c->ctx, r, &cause);
}

int wf_run_workflow_delete(struct wf_ctx *ctx)
{
	struct change c = { .ctx = ctx, .drop = true, .force = wf_opt(ctx, "force") != NULL };
	uint64_t cancelled = 0;
	bool go = false;
	int status = wf_open_journal(ctx,
		wf_opt(ctx, "dry-run") ? WF_JOURNAL_READ : WF_JOURNAL_WRITE);
	if (status)
		return status;
	read_name(&c);
	status = ask(&c, &go);
	if (!status && go)
		status = delete(&c, &cancelled);
	if (!status && go)
		say_deleted(&c, cancelled, false);
	change_done(&c);
	return status;
}

/* -- for others -- */

static bool any_definition(void *arg, const struct wf_definition *d)
{
	struct change *c = arg;
	c->changed += !strcmp(d->workflow, c->workflow);
	return !c->changed;
}

static bool any_instance(void *arg, const struct wf_instance *in)
{
	struct change *c = arg;
	(void)in;
	c->changed++;
	return false;
}

int wf_workflow_known(struct wf_txn *txn, const char *workflow, bool *ret)
{
	struct wf_filter filter = { .status = -1, .workflow = workflow, .limit = 1 };
	WF_AUTOFREE char *name = wf_strdup(workflow);
	struct change c = { .workflow = name };
	int r = wf_txn_each_definition(txn, any_definition, &c);
	if (r == 0 && !c.changed)
		r = wf_txn_each_instance(txn, &filter, any_instance, &c);
	*ret = c.changed > 0;
	return r;
}
