/* wfctl migrate: instances in flight go on under another version of their workflow. */
#include "cli_batch.h"
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_load.h"

#include "view/instance.h"

#include <inttypes.h>
#include <string.h>

struct migrate {
	struct wf_ctx *ctx;
	const char *to;
	bool all, dry;
	char *workflow;
	struct moved {
		uint64_t number;
		char *version;           /* it has now; NULL */
		int result;
		struct wf_cause why;
	} *items;
	size_t count, room;
	struct wf_runnable target;
};

static void migrate_done(struct migrate *m)
{
	for (size_t i = 0; i < m->count; i++)
		wf_free(m->items[i].version);
	wf_free(m->items);
	wf_free(m->workflow);
	wf_runnable_done(&m->target);
}

/* -- which -- */

static bool keep(void *arg, const struct wf_instance *in)
{
	struct migrate *m = arg;
	WF_GROW(m->items, m->count, m->room);
	m->items[m->count++] = (struct moved){ .number = in->number,
		.version = in->version ? wf_strdup(in->version) : NULL };
	return true;
}

static int flying_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct migrate *m = arg;
	int r = 0;
	(void)cause;
	for (unsigned i = 0; r == 0 && i < WF_INST_COUNT_; i++) {
		struct wf_filter filter = { .status = (int)i, .workflow = m->workflow,
			.oldest_first = true };
		if (!wf_instance_status_final((enum wf_instance_status)i))
			r = wf_txn_each_instance(txn, &filter, keep, m);
	}
	return r;
}

static int find_one(struct migrate *m)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	int status = wf_load_instance(m->ctx, wf_arg(m->ctx, 0), &in, &plan);
	if (status)
		return status;
	m->workflow = wf_strdup(in->workflow ? in->workflow : "");
	(void)keep(m, in);
	wf_instance_free(in);
	wf_plan_free(plan);
	return 0;
}

static int find_target(struct migrate *m)
{
	if (wf_looks_like_file(m->to))
		return wf_runnable_beside(m->ctx, m->to, &m->target);
	WF_AUTOFREE char *name = wf_asprintf("%s@%s", m->workflow, m->to);
	return wf_runnable_find(m->ctx, name, &m->target);
}

/* -- doing it -- */

/* As it is registered, or as the file says of itself; NULL: it says nothing. */
static const char *target_version(const struct migrate *m)
{
	const struct wf_plan *plan = m->target.plan;
	return m->target.version ? m->target.version : wf_plan_string(plan, plan->version);
}

static void move_all(struct migrate *m, struct wf_driver *d)
{
	for (size_t i = 0; i < m->count; i++) {
		struct moved *one = &m->items[i];
		one->result = wf_runtime_migrate(wf_driver_runtime(d), one->number, m->target.plan,
			target_version(m), wf_actor(m->ctx), &one->why);
		if (one->result && !*one->why.text)
			(void)wf_fail(&one->why, one->result, "%s", wf_strerror(one->result));
	}
}

static void say_text(struct migrate *m, size_t moved, size_t refused)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	const char *version = target_version(m);
	for (size_t i = 0; i < m->count; i++) {
		const struct moved *one = &m->items[i];
		if (one->result) {
			wf_buf_printf(&text, "#%" PRIu64 " stays%s%s: ", one->number,
				one->version ? " at " : "", one->version ? one->version : "");
			wf_view_safe(&text, one->why.text);
			wf_buf_addch(&text, '\n');
		} else {
			wf_buf_printf(&text, "#%" PRIu64 " %s %s %s\n", one->number,
				m->dry ? "could go on under" : "goes on under", m->workflow,
				version ? version : "without a version");
		}
	}
	if (m->all)
		wf_buf_printf(&text, "%zu %s, %zu stay\n", moved, m->dry ? "could move" : "moved",
			refused);
	if (m->dry)
		wf_buf_addstr(&text, "nothing was moved\n");
	if (!m->ctx->quiet)
		wf_out(m->ctx, &text);
}

static json_t *results_json(const struct migrate *m)
{
	json_t *list = json_array();
	for (size_t i = 0; i < m->count; i++) {
		const struct moved *one = &m->items[i];
		json_t *o = json_object();
		json_object_set_new(o, "number", json_integer((json_int_t)one->number));
		json_object_set_new(o, "from", one->version ? json_string(one->version) : json_null());
		json_object_set_new(o, "moved", json_boolean(!one->result));
		json_object_set_new(o, "why", one->result ? json_string(one->why.text) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

static void say_json(struct migrate *m)
{
	char id[2 * WF_HASH_SIZE + 1];
	wf_hex(m->target.plan->id, WF_HASH_SIZE, id);
	json_t *o = json_object();
	if (m->dry)
		json_object_set_new(o, "dry_run", json_true());
	json_object_set_new(o, "workflow", json_string(m->workflow));
	const char *version = target_version(m);
	json_object_set_new(o, "version", version ? json_string(version) : json_null());
	json_object_set_new(o, "plan", json_string(id));
	json_object_set_new(o, "instances", results_json(m));
	wf_out_json(m->ctx, o);
}

static int say(struct migrate *m)
{
	size_t moved = 0;
	for (size_t i = 0; i < m->count; i++)
		moved += m->items[i].result == 0;
	if (wf_machine(m->ctx))
		say_json(m);
	else
		say_text(m, moved, m->count - moved);
	return moved == m->count ? WF_EXIT_DONE : WF_EXIT_CONFLICT;
}

/* One that is refused alone is the command's failure. */
static bool fails_alone(const struct migrate *m)
{
	return !m->all && m->items[0].result;
}

static int drive(struct migrate *m)
{
	struct wf_driver_options options = { .silent = true, .dry = m->dry };
	struct wf_driver *d = NULL;
	int status = wf_driver_begin(m->ctx, &options, &d);
	if (status)
		return status;
	wf_runnable_lend(&m->target, wf_driver_runtime(d));
	move_all(m, d);
	if (fails_alone(m)) {
		struct wf_cause cause = m->items[0].why;
		cause.err = m->items[0].result == WF_EEXIST ? WF_ECONFLICT : m->items[0].result;
		status = wf_fail_cause(m->ctx, &cause);
	}
	int driven = m->dry ? 0 : wf_driver_run(d);
	if (!status)
		status = driven;
	if (!status)
		status = say(m);
	wf_driver_end(d);
	return status;
}

static int run_migrate(struct wf_ctx *ctx)
{
	struct migrate m = { .ctx = ctx, .to = wf_opt(ctx, "to"), .all = wf_opt(ctx, "all") != NULL,
		.dry = wf_opt(ctx, "dry-run") != NULL };
	if (!m.to)
		return wf_fail_usage(ctx, "--to says to which version");
	if (m.all == (wf_arg(ctx, 0) != NULL))
		return wf_fail_usage(ctx, "an instance, or --all with a workflow");
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (m.all)
		m.workflow = wf_strdup(wf_opt(ctx, "all"));
	if (!status)
		status = m.all ? wf_read_journal(ctx, flying_txn, &m) : find_one(&m);
	if (!status)
		status = find_target(&m);
	if (!status)
		status = drive(&m);
	migrate_done(&m);
	return status;
}

static const struct wf_option options[] = {
	{ "to", 0, "VERSION|FILE", "the version that is registered under this name, or a definition", NULL,
		NULL },
	{ "all", 0, "WORKFLOW", "every instance of this workflow that is in flight", "workflow", NULL },
	{ "dry-run", 'n', NULL, "say which could move, and why the others stay", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_migrate = {
	.arguments = "[INSTANCE]",
	.description = "Lets an instance in flight go on under another version of its workflow, when it can be "
		       "proved that it fits: every step that has run is there under its id with the same "
		       "action; the step in which it rests has the same input; nothing that is to come "
		       "reads an output that was never made, or was made in another form; the input fits "
		       "the other version's schema. Otherwise it stays as it is, and the step and the "
		       "reason are said (status 6). An attempt in hand, branches or items in hand, and "
		       "that it has not begun yet (it waits for a slot, or to be driven) keep an "
		       "instance where it is: later it can move.\n\n"
		       "What has failed or was cancelled goes on under another version with wfctl retry "
		       "--plan. wfctl workflow diff says beforehand what can move.",
	.examples = "wfctl migrate 1234 --to 1.5.0\n"
		    "wfctl migrate --all wf_user_onboarding --to 1.5.0 --dry-run",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 0,
	.max_args = 1,
	.words = "instance",
	.changes = true,
	.run = run_migrate,
};
