/* wfctl hold: no effect of a workflow, or of anything, begins until it is released. */
#include "cli_hold.h"

#include "journal/waiting.h"
#include "view/instance.h"
#include "view/when.h"

#include <string.h>

json_t *wf_hold_json(const struct wf_hold *h)
{
	json_t *o = json_object();
	json_object_set_new(o, "workflow", h->workflow ? json_string(h->workflow) : json_null());
	json_object_set_new(o, "by", h->by ? json_string(h->by) : json_null());
	json_object_set_new(o, "reason", h->reason ? json_string(h->reason) : json_null());
	json_object_set_new(o, "at", wf_view_time_json(h->at));
	return o;
}

int wf_hold_dry(struct wf_ctx *ctx, const char *words)
{
	const char *workflow = wf_arg(ctx, 0);
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "dry_run", json_true());
		json_object_set_new(o, "workflow", workflow ? json_string(workflow) : json_null());
		wf_out_json(ctx, o);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_printf(&text, "would %s %s; nothing was done\n", words,
		workflow ? workflow : "everything");
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

static bool keep(void *arg, const struct wf_hold *h)
{
	json_array_append_new(arg, wf_hold_json(h));
	return true;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	json_array_clear(arg);
	return wf_txn_each_hold(txn, keep, arg);
}

static void put_list(struct wf_ctx *ctx, const json_t *list)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	static const char *const titles[] = { "WORKFLOW", "SINCE", "BY", "REASON" };
	struct wf_table *t = wf_table_new();
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		wf_table_column(t, titles[i], WF_ALIGN_LEFT, i != 1);
	for (size_t i = 0; i < json_array_size(list); i++) {
		static const char *const members[] = { "workflow", "at", "by", "reason" };
		for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
			const char *value = json_string_value(
				json_object_get(json_array_get(list, i), members[k]));
			wf_table_cell(t, k ? WF_ROLE_PLAIN : WF_ROLE_STRONG,
				value ? value : k ? "-" : "everything");
		}
	}
	if (wf_table_rows(t))
		wf_table_write(t, &ctx->out, 0, false, &text);
	else if (!ctx->quiet)
		wf_buf_addstr(&text, "nothing is on hold\n");
	wf_table_free(t);
	wf_out_page(ctx, &text);
}

static int list_holds(struct wf_ctx *ctx)
{
	json_t *list = json_array();
	int status = wf_read_journal(ctx, list_txn, list);
	if (!status && wf_machine(ctx))
		wf_out_json(ctx, json_incref(list));
	else if (!status)
		put_list(ctx, list);
	json_decref(list);
	return status;
}

/* A name that neither a definition nor an instance has is more likely a slip. */
int wf_hold_known(struct wf_txn *txn, const char *workflow, struct wf_cause *cause)
{
	struct wf_definition found = { 0 };
	int r = workflow ? wf_txn_get_definition(txn, workflow, NULL, &found) : 0;
	wf_definition_done(&found);
	if (r != WF_ENOENT)
		return r;
	bool any = false;
	r = wf_workflow_known(txn, workflow, &any);
	if (r < 0 || any)
		return r;
	(void)wf_fail(cause, WF_ENOENT, "there is no workflow %s", workflow);
	wf_fail_hint(cause, "wfctl workflow ls lists them");
	return WF_ENOENT;
}

struct holding {
	const char *workflow, *by, *reason;
	struct wf_hold hold; /* what is kept in the end */
	bool again;
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void make(struct holding *g, const char *by, const char *reason, int64_t at)
{
	wf_hold_done(&g->hold);
	g->hold = (struct wf_hold){ .workflow = g->workflow ? wf_strdup(g->workflow) : NULL,
		.by = by ? wf_strdup(by) : NULL, .reason = reason ? wf_strdup(reason) : NULL, .at = at };
}

/* A hold that is there already stays: since when, by whom, and why unless there is another reason. */
static bool stays(void *arg, const struct wf_hold *there)
{
	struct holding *g = arg;
	if (!same(g->workflow, there->workflow))
		return true;
	make(g, there->by, g->reason ? g->reason : there->reason, there->at);
	g->again = true;
	return false;
}

static int hold_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct holding *g = arg;
	g->again = false;
	make(g, g->by, g->reason, wf_now_ms());
	int r = wf_hold_known(txn, g->workflow, cause);
	if (r >= 0)
		r = wf_txn_each_hold(txn, stays, g);
	return r < 0 ? r : wf_txn_put_hold(txn, &g->hold);
}

static int run_hold(struct wf_ctx *ctx)
{
	if (wf_opt(ctx, "list"))
		return wf_arg(ctx, 0) ? wf_fail_usage(ctx, "--list takes no workflow") : list_holds(ctx);
	const char *workflow = wf_arg(ctx, 0), *reason = wf_opt(ctx, "reason");
	if (workflow && !*workflow)
		return wf_fail_usage(ctx, "a workflow has a name; without one everything is held");
	if (wf_opt(ctx, "dry-run"))
		return wf_hold_dry(ctx, "hold");
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	struct holding g = { .workflow = workflow, .by = wf_actor(ctx), .reason = reason };
	int r = wf_journal_update(ctx->journal, hold_txn, &g, &cause);
	if (r < 0) {
		if (!*cause.text)
			(void)wf_fail(&cause, r, "the hold cannot be kept: %s", wf_strerror(r));
		cause.err = r;
		status = wf_fail_cause(ctx, &cause);
	} else if (wf_machine(ctx)) {
		wf_out_json(ctx, wf_hold_json(&g.hold));
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_buf_printf(&text, "%s is on hold%s: no effect begins. Next: wfctl release%s%s\n",
			workflow ? workflow : "everything", g.again ? " already" : "",
			workflow ? " " : "", workflow ? workflow : "");
		wf_out(ctx, &text);
	}
	wf_hold_done(&g.hold);
	return status;
}

static const struct wf_option options[] = {
	{ "reason", 'r', "TEXT", "why; shown to whoever asks", NULL, NULL },
	{ "list", 0, NULL, "say what is on hold", NULL, NULL },
	{ "dry-run", 'n', NULL, "say what would be held", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_hold = {
	.arguments = "[WORKFLOW]",
	.description = "Puts a workflow, or everything of the tenant, on hold: nothing new is started and no "
		       "effect begins, here or in any other process, until wfctl release. What is under way "
		       "ends, and its result is kept; decisions, signals and events are taken all the "
		       "same, and events are kept for what they would start. A scheduled time meanwhile is "
		       "put off: after the release it is a missed one, and --missed of its schedule says what "
		       "becomes of it. While the hold lasts such a schedule is looked at once an hour.\n\n"
		       "A second hold changes nothing but the reason, if it gives one.",
	.examples = "wfctl hold payout --reason \"the bank is closed\"\n"
		    "wfctl hold --list",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "workflow",
	.changes = true,
	.run = run_hold,
};
