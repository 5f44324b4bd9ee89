/* The check of instances: every row readable, none missing, every entry in the indexes that they ask for. */
#include "base/mem.h"
#include "journal/check.h"
#include "plan/plan.h"

#include <stdio.h>

/* Who would pass a queue by must know of everybody in it. */
static void check_limits(struct wf_checker *c, const struct wf_instance *in)
{
	for (size_t i = 0; in->status == WF_INST_QUEUED && i < json_array_size(in->slots); i++) {
		const char *name = wf_slot_name(in->slots, i);
		uint64_t most = 0;
		if (name && wf_txn_slot_most(c->txn, name, &most))
			wf_check_failed(c);
		else if (name && most < wf_slot_limit(in->slots, name))
			wf_check_defect(c, "#%llu: the queue of its slot %s knows a smaller limit",
				(unsigned long long)in->number, name);
	}
}

void wf_check_end_instance(struct wf_checker *c)
{
	struct wf_instance *in = c->in;
	if (!in)
		return;
	unsigned needed = 1u << WF_ROW_IDENTITY | 1u << WF_ROW_INPUT | 1u << WF_ROW_HEADER;
	unsigned long long number = in->number;
	if ((c->seen & needed) != needed) {
		wf_check_defect(c, "#%llu: a row is missing or damaged", number);
	} else {
		(void)snprintf(c->subject, sizeof(c->subject), "#%llu", number);
		c->found.by_status[in->status]++;
		uint32_t kinds = c->txn->journal->format < WF_JOURNAL_FORMAT_EXPIRY ?
			~(1u << WF_INDEX_DEADLINE) : WF_ENTRIES_ALL;
		wf_each_entry(&c->txn->journal->seal, in, kinds, wf_check_expect, c);
		if (c->records + c->pruned != in->history)
			wf_check_defect(c, "#%llu: it has %llu history records, its header says %llu",
				number, (unsigned long long)(c->records + c->pruned),
				(unsigned long long)in->history);
		if (c->records && c->first_record != c->pruned)
			wf_check_defect(c, "#%llu: history records before %llu are missing", number,
				(unsigned long long)c->first_record);
		if (c->threads != in->thread_count - 1)
			wf_check_defect(c, "#%llu: it has %u side threads, its header says %u", number,
				c->threads, in->thread_count - 1);
		if (c->groups != in->group_count || c->undos != in->undo_count ||
			!wf_instance_items_whole(in))
			wf_check_defect(c, "#%llu: a row of its groups, items or undos is missing", number);
		check_limits(c, in);
		if (!wf_check_plan_is_there(c, in->plan_id))
			wf_check_defect(c, "#%llu: its plan is not in the journal", number);
		for (uint32_t i = 0; i < in->step_count; i++)
			if (in->steps[i].approval &&
				in->steps[i].approval->number > c->highest_approval)
				c->highest_approval = in->steps[i].approval->number;
	}
	c->highest = in->number;
	c->in = NULL;
	wf_instance_free(in);
}

static void begin_instance(struct wf_checker *c, uint64_t number)
{
	c->in = wf_instance_new(0);
	c->in->number = number;
	c->seen = 0;
	c->threads = c->groups = c->undos = 0;
	c->records = c->first_record = c->next_record = c->pruned = 0;
}

static void check_record(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	struct wf_record r;
	if (wf_record_get(row->data, row->len, &r))
		wf_check_defect_at(c, at, "the history record cannot be read");
	else
		wf_record_done(&r);
	if (!c->records)
		c->first_record = name->sub;
	else if (name->sub != c->next_record)
		wf_check_defect_at(c, at, "history records before it are missing");
	c->next_record = (uint64_t)name->sub + 1;
	c->records++;
	c->found.history++;
}

static void check_thread(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	if (wf_row_decode(c->in, name, row))
		wf_check_defect_at(c, at, "the row cannot be read");
	else
		c->threads++;
}

static void check_group(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	if (wf_row_decode(c->in, name, row))
		wf_check_defect_at(c, at, "the row cannot be read");
	c->groups += name->kind == WF_ROW_GROUP;
	c->undos += name->kind == WF_ROW_UNDO;
}

static void check_signal(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	bool kept = name->kind == WF_ROW_SIGNAL;
	json_t *signal = wf_signal_get(row->data, row->len);
	if (!signal || !json_is_string(json_object_get(signal, kept ? "name" : "id"))) {
		wf_check_defect_at(c, at, "the signal cannot be read");
	} else {
		(void)snprintf(c->subject, sizeof(c->subject), "#%llu, signal %u",
			(unsigned long long)name->number, name->sub);
		wf_signal_entries(&c->txn->journal->seal, signal, name->number, name->sub,
			wf_check_expect, c);
	}
	c->found.signals += kept;
	json_decref(signal);
}

static void check_taken(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	(void)name;
	if (row->len)
		wf_check_defect_at(c, at, "the row cannot be read");
}

static void check_pruned(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	int64_t when;
	(void)name;
	if (wf_pruned_get(row->data, row->len, &c->pruned, &when))
		wf_check_defect_at(c, at, "the row cannot be read");
}

/* A row that an instance is made of, and of which there may be one. */
static void check_part(struct wf_checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	if (wf_row_decode(c->in, name, row))
		wf_check_defect_at(c, at, "the row cannot be read");
	else
		c->seen |= 1u << name->kind;
}

void wf_check_row(struct wf_checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	static void (*const checks[WF_ROW_KIND_COUNT_])(struct wf_checker *, const struct wf_cursor *,
		const struct wf_row_name *, const struct wf_buf *) = {
		[WF_ROW_IDENTITY] = check_part,
		[WF_ROW_INPUT] = check_part,
		[WF_ROW_HEADER] = check_part,
		[WF_ROW_STEP] = check_part,
		[WF_ROW_VAR] = check_part,
		[WF_ROW_HISTORY] = check_record,
		[WF_ROW_THREAD] = check_thread,
		[WF_ROW_SIGNAL] = check_signal,
		[WF_ROW_SIGNAL_TAKEN] = check_signal,
		[WF_ROW_TAKEN] = check_taken,
		[WF_ROW_GROUP] = check_group,
		[WF_ROW_ITEM] = check_group,
		[WF_ROW_UNDO] = check_group,
		[WF_ROW_PRUNED] = check_pruned,
	};
	struct wf_row_name name;
	bool own = wf_own_key_kind(at->key, at->key_n) != 0;
	if (!own && !wf_row_key_parse(at->key, at->key_n, &name)) {
		wf_check_defect_at(c, at, "no row has this key");
		return;
	}
	if (!own && (!c->in || c->in->number != name.number)) {
		wf_check_end_instance(c);
		begin_instance(c, name.number);
	}
	wf_buf_reset(plain);
	if (wf_txn_open_at(c->txn, at, plain))
		wf_check_failed(c);
	else if (own)
		wf_check_own(c, at, plain);
	else
		checks[name.kind](c, at, &name, plain);
}
