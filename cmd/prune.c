/* wfctl prune: removes the history of instances that ended long enough ago, or the instances. */
#include "cli_drive.h"

#include "base/duration.h"

#include <inttypes.h>
#include <string.h>

#define BATCH 100 /* instances of one transaction */

/* An instance whose time has come. */
struct old {
	uint64_t number;
	char *workflow;
	uint8_t plan[WF_HASH_SIZE];
	int64_t ended_at;
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
	/* the last plan that was asked, and its retention; 0: it has none */
	uint8_t plan[WF_HASH_SIZE];
	uint64_t retention;
	bool known;
};

/* -- which -- */

static bool collect(void *arg, const struct wf_instance *in)
{
	struct prune *p = arg;
	if (!wf_instance_status_final(in->status))
		return true;
	if (p->asked && (uint64_t)(p->ctx->now - in->ended_at) < p->older_ms)
		return true;
	WF_GROW(p->old, p->count, p->room);
	struct old *o = &p->old[p->count++];
	*o = (struct old){ .number = in->number, .workflow = wf_strdup(in->workflow),
		.ended_at = in->ended_at };
	memcpy(o->plan, in->plan_id, sizeof(o->plan));
	return true;
}

/* How long the definition keeps logs; 0: for ever. */
static int retention_of(struct wf_txn *txn, struct prune *p, const uint8_t id[WF_HASH_SIZE],
	struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf bytes = { 0 };
	struct wf_plan *plan = NULL;
	struct wf_duration d;
	if (p->known && memcmp(p->plan, id, WF_HASH_SIZE) == 0)
		return 0;
	int r = wf_txn_get_plan(txn, id, &bytes);
	if (r == 0)
		r = wf_plan_load_known(bytes.data, bytes.len, id, &plan, cause);
	if (r < 0)
		return r;
	const json_t *log = plan->extra == WF_NONE
		? NULL : json_object_get(plan->consts[plan->extra], "execution_log");
	const char *text = json_string_value(json_object_get(log, "retention"));
	p->retention = 0;
	if (text && wf_duration_parse(text, strlen(text), false, &d) == 0)
		p->retention = (uint64_t)wf_duration_ms(&d);
	memcpy(p->plan, id, WF_HASH_SIZE);
	p->known = true;
	wf_plan_free(plan);
	return 0;
}

/* Keeps of those that were collected the ones whose time has come, and that have something to lose. */
static int sift(struct wf_txn *txn, struct prune *p, struct wf_cause *cause)
{
	size_t kept = 0;
	int r = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct old o = p->old[i];
		bool due = r == 0 && p->asked;
		uint64_t pruned = 0, records = 0;
		if (r == 0 && !p->asked) {
			r = retention_of(txn, p, o.plan, cause);
			due = r == 0 && p->retention &&
				(uint64_t)(p->ctx->now - o.ended_at) >= p->retention;
		}
		if (r == 0 && due && !p->whole) {
			r = wf_txn_pruned(txn, o.number, &pruned, NULL);
			if (r == 0)
				r = wf_txn_history_count(txn, o.number, &records);
			due = r == 0 && records > pruned;
		}
		if (due)
			p->old[kept++] = o;
		else
			wf_free(o.workflow);
	}
	p->count = kept;
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
	forget(p);
	int r = wf_txn_each_instance(txn, &filter, collect, p);
	return r < 0 ? r : sift(txn, p, cause);
}

/* -- away with them -- */

static int remove_batch(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct prune *p = arg;
	int r = 0;
	(void)cause;
	p->in_batch = p->records_in_batch = 0;
	for (size_t i = p->from; r == 0 && i < p->to; i++) {
		uint64_t removed = 0, before = 0;
		uint64_t number = p->old[i].number;
		if (p->whole) {
			r = wf_txn_history_count(txn, number, &before);
			if (r == 0)
				r = wf_txn_pruned(txn, number, &removed, NULL);
			if (r == 0)
				r = wf_txn_drop_instance(txn, number);
			removed = before - removed;
		} else {
			r = wf_txn_prune_history(txn, number, p->ctx->now, &removed);
		}
		/* gone, or begun again by a retry, since it was found */
		bool other = r == WF_ENOENT || r == WF_ECONFLICT;
		if (r == 0) {
			p->in_batch++;
			p->records_in_batch += removed;
		}
		r = other ? 0 : r;
	}
	return r;
}

static int remove_all(struct prune *p)
{
	struct wf_cause cause = { 0 };
	int r = 0;
	for (p->from = 0; r == 0 && p->from < p->count; p->from = p->to) {
		p->to = p->count - p->from > BATCH ? p->from + BATCH : p->count;
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
		       "The room in the file is used again; wfctl journal compact gives it back to the disk.",
	.examples = "wfctl prune --dry-run\n"
		    "wfctl prune --older-than P90D --workflow nightly_backup\n"
		    "wfctl prune --older-than P2Y --whole",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
	.run = run_prune,
};
