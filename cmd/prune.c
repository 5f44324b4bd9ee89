/* wfctl prune: removes the history of instances that ended long enough ago, or the instances. */
#include "cli.h"

#include "base/duration.h"
#include "base/numbers.h"

#include <inttypes.h>
#include <string.h>

#define BATCH 100 /* instances of one transaction */

/* An instance whose time has come. */
struct old {
	uint64_t number;
	char *workflow;
};

struct prune {
	struct wf_ctx *ctx;
	const char *workflow;  /* NULL: all */
	bool asked;            /* --older-than was given */
	uint64_t older_ms;
	bool whole;
	struct old *old;
	size_t count, room;
	size_t from, to;       /* the batch in hand */
	uint64_t instances, records, in_batch, records_in_batch;
	bool left;             /* of the batch: it was more than one commit removes */
};

/* -- which -- */

static void keep(struct prune *p, uint64_t number, const char *workflow)
{
	WF_GROW(p->old, p->count, p->room);
	p->old[p->count++] = (struct old){ .number = number, .workflow = wf_strdup(workflow) };
}

static bool collect(void *arg, const struct wf_instance *in)
{
	struct prune *p = arg;
	int64_t ago = p->ctx->now - in->ended_at;
	if (wf_instance_status_final(in->status) && ago >= 0 && (uint64_t)ago >= p->older_ms)
		keep(p, in->number, in->workflow);
	return true;
}

/* Keeps of those that were collected the ones that have something to lose. */
static int sift(struct wf_txn *txn, struct prune *p)
{
	size_t kept = 0;
	int r = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct old o = p->old[i];
		uint64_t pruned = 0, records = 0;
		if (r == 0)
			r = wf_txn_pruned(txn, o.number, &pruned, NULL);
		if (r == 0)
			r = wf_txn_history_count(txn, o.number, &records);
		if (r == 0 && records > pruned)
			p->old[kept++] = o;
		else
			wf_free(o.workflow);
	}
	p->count = kept;
	return r;
}

/* Those that the journal has an entry of: its definition says how long. */
static int find_expired(struct wf_txn *txn, struct prune *p)
{
	struct wf_numbers n = { 0 };
	int r = wf_txn_each_expired(txn, p->ctx->now, wf_numbers_take_at, &n);
	for (size_t i = 0; r == 0 && i < n.count; i++) {
		struct wf_instance *in = NULL;
		r = wf_txn_get_instance(txn, n.items[i], WF_LOAD_HEADER, &in);
		if (r == 0 && (!p->workflow || (in->workflow && !strcmp(in->workflow, p->workflow))))
			keep(p, in->number, in->workflow);
		wf_instance_free(in);
	}
	wf_numbers_done(&n);
	return r;
}

static void forget(struct prune *p)
{
	for (size_t i = 0; i < p->count; i++)
		wf_free(p->old[i].workflow);
	p->count = 0;
}

static int find(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct prune *p = arg;
	const struct wf_filter filter = { .status = -1, .workflow = p->workflow, .oldest_first = true };
	(void)cause;
	forget(p);
	if (!p->asked)
		return find_expired(txn, p);
	int r = wf_txn_each_instance(txn, &filter, collect, p);
	return r < 0 || p->whole ? r : sift(txn, p);
}

/* -- away with them -- */

/* As much as one commit removes; a long history takes several. */
static int remove_batch(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct prune *p = arg;
	int r = 0;
	(void)cause;
	p->in_batch = p->records_in_batch = 0;
	p->left = false;
	p->to = p->from;
	while (r == 0 && p->to < p->count && p->to - p->from < BATCH && !p->left) {
		uint64_t removed = 0, room = WF_PRUNE_RECORDS - p->records_in_batch;
		uint64_t number = p->old[p->to].number;
		r = wf_txn_prune_history(txn, number, p->ctx->now, room, &removed);
		p->records_in_batch += removed;
		p->left = removed == room;
		if (r == 0 && p->whole && !p->left)
			r = wf_txn_drop_instance(txn, number);
		p->in_batch += r == 0 && !p->left;
		p->to += !p->left;
		/* gone, or begun again by a retry, since it was found */
		r = r == WF_ENOENT || r == WF_ECONFLICT ? 0 : r;
	}
	return r;
}

static int remove_all(struct prune *p)
{
	struct wf_cause cause = { 0 };
	int r = 0;
	for (p->from = 0; r == 0 && p->from < p->count; p->from = p->to) {
		r = wf_journal_update(p->ctx->journal, remove_batch, p, &cause);
		if (r == 0) {
			p->instances += p->in_batch;
			p->records += p->records_in_batch;
		}
	}
	if (r == 0)
		return 0;
	cause.err = r;
	return wf_fail_cause(p->ctx, &cause);
}

static void say(struct prune *p, bool dry)
{
	if (wf_machine(p->ctx)) {
		json_t *o = json_object(), *numbers = json_array();
		for (size_t i = 0; i < p->count; i++)
			json_array_append_new(numbers, json_integer((json_int_t)p->old[i].number));
		json_object_set_new(o, "dry_run", json_boolean(dry));
		json_object_set_new(o, "whole", json_boolean(p->whole));
		json_object_set_new(o, "instances", json_integer((json_int_t)(dry ? p->count : p->instances)));
		json_object_set_new(o, "records", dry ? json_null() : json_integer((json_int_t)p->records));
		json_object_set_new(o, "numbers", numbers);
		wf_out_json(p->ctx, o);
		return;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (dry)
		for (size_t i = 0; i < p->count; i++)
			wf_buf_printf(&text, "#%" PRIu64 " %s\n", p->old[i].number, p->old[i].workflow);
	wf_view_plural(&text, dry ? p->count : p->instances, "instance", "instances");
	if (dry)
		wf_buf_addstr(&text, p->whole ? " would go" : " would lose their history");
	else if (p->whole)
		wf_buf_addstr(&text, " removed");
	else
		wf_buf_addstr(&text, " pruned");
	if (!dry) {
		wf_buf_addstr(&text, ", ");
		wf_view_plural(&text, p->records, "history record", "history records");
	}
	wf_buf_addch(&text, '\n');
	if (!p->ctx->quiet)
		wf_out(p->ctx, &text);
}

static int run_prune(struct wf_ctx *ctx)
{
	struct prune p = { .ctx = ctx, .workflow = wf_opt(ctx, "workflow"),
		.whole = wf_opt(ctx, "whole") != NULL };
	const char *older = wf_opt(ctx, "older-than");
	bool dry = wf_opt(ctx, "dry-run") != NULL;
	if (older && !wf_read_span(older, &p.older_ms))
		return wf_fail_usage(ctx, "--older-than is a length of time (P30D, 12h), not \"%s\"", older);
	p.asked = older != NULL;
	if (p.whole && !p.asked)
		return wf_fail_usage(ctx, "--whole is for --older-than: a definition's retention is about "
					  "logs alone");
	int status = wf_open_journal(ctx, dry ? WF_JOURNAL_READ : WF_JOURNAL_WRITE);
	if (!status)
		status = wf_read_journal(ctx, find, &p);
	if (!status && !dry)
		status = remove_all(&p);
	if (!status)
		say(&p, dry);
	forget(&p);
	wf_free(p.old);
	return status;
}

static const struct wf_option options[] = {
	{ "older-than", 0, "DURATION", "what ended so long ago, whatever the definitions say", NULL, NULL },
	{ "whole", 0, NULL, "with --older-than: the instances too, not their history alone", NULL, NULL },
	{ "workflow", 'W', "WORKFLOW", "only instances of this workflow", "workflow", NULL },
	{ "dry-run", 'n', NULL, "only say which", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_prune = {
	.arguments = "",
	.description = "Removes the history of instances that ended longer ago than execution_log.retention of "
		       "their definition says, or than --older-than. What is in flight is never touched. The "
		       "instance itself stays: its input, its steps and their outputs, its result; only "
		       "wfctl history has nothing to show, and wfctl journal check says that it was pruned, as "
		       "there is no replay without a history. With --whole nothing of it stays.\n\n"
		       "When a history may go is reckoned when its instance ends, by the plan that it ran by: a "
		       "month counts 30 days, a year 365, and without a retention it is kept for ever. A retry "
		       "takes that back until it ends again. Every sweep (wfctl serve-once) prunes what is due; "
		       "this verb is for who has none, or does not want to wait for it. It reads what is due "
		       "alone, however many are kept; with --older-than it looks at every instance.\n\n"
		       "What goes at once is little, so that others wait for the journal a moment only: a long "
		       "history goes in parts, the oldest records first. One that was cut short is gone on with "
		       "by the next.\n\n"
		       "The room in the file is used again; wfctl journal compact gives it back to the disk.",
	.examples = "wfctl prune --dry-run\n"
		    "wfctl prune --older-than P90D --workflow nightly_backup\n"
		    "wfctl prune --older-than P2Y --whole",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
	.run = run_prune,
};
