/*
 * Writing instances: rows in the order of their keys, index entries by what changed, history.
 *
 * What the indexes hold is kept beside the instance twice: `stored` as of the last commit, `pending`
 * as of the transaction in hand. A transaction that is run again starts from `stored`, whatever
 * its earlier attempt left in `pending`, in numbers or in counts.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "journal/private.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#define NO_RECORD UINT32_MAX

/* The first time a transaction sees the instance: back to what is durable. */
static void enter(struct wf_txn *t, struct wf_instance *in)
{
	if (in->touched_by == t->serial)
		return;
	in->touched_by = t->serial;
	in->pending = in->stored;
	in->history = in->stored.history;
	in->history_first = in->history_last = NO_RECORD;
	if (in->fresh && !in->reserved)
		in->number = 0;
	for (uint32_t i = 0; i < in->dirty_count; i++) {
		struct wf_step_state *s = &in->steps[in->dirty_steps[i]];
		s->pending = s->stored;
	}
}

static int too_long(struct wf_txn *t, uint64_t number)
{
	if (number)
		(void)wf_fail(t->cause, WF_ELIMIT, "#%llu holds a value over %u bytes",
			(unsigned long long)number, WF_MAX_VALUE_BYTES);
	else
		(void)wf_fail(t->cause, WF_ELIMIT, "it holds a value over %u bytes",
			WF_MAX_VALUE_BYTES);
	return wf_txn_fail(t, WF_ELIMIT);
}

static int put_under(struct wf_txn *t, uint64_t number, const uint8_t *key, size_t n,
	const struct wf_buf *row)
{
	if (row->len > WF_MAX_VALUE_BYTES + 65536u)
		return too_long(t, number);
	return wf_txn_put(t, WF_TABLE_INSTANCES, key, n, row->data, row->len);
}

int wf_txn_put_row(struct wf_txn *t, uint64_t number, enum wf_row_kind kind, uint32_t sub,
	const struct wf_buf *row)
{
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, kind, sub, key);
	return put_under(t, number, key, sizeof(key), row);
}

int wf_txn_put_own(struct wf_txn *t, const struct wf_index_key *key, const struct wf_buf *row)
{
	return put_under(t, 0, key->bytes, key->n, row);
}

/* An empty row buffer. */
static struct wf_buf *row_of(struct wf_txn *t)
{
	wf_buf_reset(&t->journal->row);
	return &t->journal->row;
}

static void add(struct wf_txn *t, struct wf_index_key k)
{
	(void)wf_txn_add_key(t, k.bytes, k.n);
}

static void drop(struct wf_txn *t, struct wf_index_key k)
{
	(void)wf_txn_del_key(t, k.bytes, k.n);
}

/* -- a new instance -- */

static struct wf_index_key workflow_key(struct wf_journal *j, const struct wf_instance *in)
{
	if (!j->workflow || strcmp(j->workflow, in->workflow) != 0) {
		wf_free(j->workflow);
		j->workflow = wf_strdup(in->workflow);
		j->workflow_key = wf_index_workflow(&j->seal, in->workflow, 0);
	}
	struct wf_index_key k = j->workflow_key;
	wf_be64_put(k.bytes + k.n - 8, in->number);
	return k;
}

int wf_txn_reserve_numbers(struct wf_txn *t, uint32_t count, uint64_t *ret_first)
{
	if (wf_txn_load_counts(t))
		return t->err;
	t->counts_dirty = true;
	*ret_first = t->counts.next_instance;
	t->counts.next_instance += count;
	return 0;
}

int wf_txn_take_new(struct wf_txn *t)
{
	if (t->err)
		return t->err;
	if (wf_store_full(t->journal->store)) {
		(void)wf_fail(t->cause, WF_ENOSPC, "%s is full: nothing new is taken in",
			t->journal->path);
		wf_fail_hint(t->cause, "raise max_journal_bytes (WFCTL_MAX_JOURNAL_BYTES), or try "
			"wfctl journal compact; what runs already may end");
		return wf_txn_fail(t, WF_ENOSPC);
	}
	t->took_in = true;
	return 0;
}

static int take_in(struct wf_txn *t, struct wf_instance *in)
{
	if (in->taken_by == t->serial)
		return 0; /* this transaction has it already */
	if (wf_txn_take_new(t))
		return t->err;
	in->taken_by = t->serial;
	if (!in->reserved)
		in->number = t->counts.next_instance++;
	in->first_event = t->counts.next_event;
	struct wf_buf *row = row_of(t);
	wf_row_put_identity(in, row);
	(void)wf_txn_put_row(t, in->number, WF_ROW_IDENTITY, 0, row);
	row = row_of(t);
	wf_row_put_input(in, row);
	(void)wf_txn_put_row(t, in->number, WF_ROW_INPUT, 0, row);
	add(t, wf_index_status(in->status, in->number));
	if (in->workflow)
		add(t, workflow_key(t->journal, in));
	if (in->correlation_id)
		add(t, wf_index_correlation(&t->journal->seal, in->correlation_id, in->number));
	add(t, wf_index_created(in->created_at, in->number));
	add(t, wf_index_uuid(&in->uuid, in->number));
	if (in->start_key)
		add(t, wf_index_start(&t->journal->seal, in->workflow, in->start_key, in->number));
	if (in->slots)
		wf_slots_move(t, in, -1, (int)in->status);
	t->counts.by_status[in->status]++;
	in->pending.status = in->status;
	return t->err;
}

/* -- index entries that change -- */

static void index_status(struct wf_txn *t, struct wf_instance *in)
{
	if (in->pending.status == in->status)
		return;
	drop(t, wf_index_status(in->pending.status, in->number));
	add(t, wf_index_status(in->status, in->number));
	if (in->slots)
		wf_slots_move(t, in, (int)in->pending.status, (int)in->status);
	t->counts.by_status[in->pending.status]--;
	t->counts.by_status[in->status]++;
	in->pending.status = in->status;
}

/* The instance's earliest timer, looking at the changed steps alone when that is enough: it is,
 * unless the one that was earliest went later. */
static int64_t earliest(const struct wf_instance *in, bool was_final)
{
	if (was_final || wf_instance_status_final(in->status))
		return wf_instance_due(in);
	int64_t before = in->pending.due, due = before;
	if (in->timeout_at != in->pending.timeout) {
		if (before && in->pending.timeout == before)
			return wf_instance_due(in);
		if (in->timeout_at && (!due || in->timeout_at < due))
			due = in->timeout_at;
	}
	for (uint32_t i = 0; i < in->dirty_count; i++) {
		const struct wf_step_state *s = &in->steps[in->dirty_steps[i]];
		if (s->due_at == s->pending.due)
			continue;
		if (before && s->pending.due == before)
			return wf_instance_due(in);
		if (s->due_at && (!due || s->due_at < due))
			due = s->due_at;
	}
	return due;
}

static void index_timer(struct wf_txn *t, struct wf_instance *in, bool was_final)
{
	int64_t due = earliest(in, was_final);
	in->pending.timeout = in->timeout_at;
	if (due == in->pending.due)
		return;
	if (in->pending.due) {
		drop(t, wf_index_timer(WF_INDEX_TIMER, in->pending.due, in->number));
		t->counts.timers--;
	}
	if (due) {
		add(t, wf_index_timer(WF_INDEX_TIMER, due, in->number));
		t->counts.timers++;
	}
	in->pending.due = due;
}

static void index_expiry(struct wf_txn *t, struct wf_instance *in)
{
	if (in->expires_at == in->pending.expires)
		return;
	if (in->pending.expires)
		drop(t, wf_index_timer(WF_INDEX_EXPIRY, in->pending.expires, in->number));
	if (in->expires_at)
		add(t, wf_index_timer(WF_INDEX_EXPIRY, in->expires_at, in->number));
	in->pending.expires = in->expires_at;
}

/* Among the open ones by the end of its time. */
static void index_deadline(struct wf_txn *t, struct wf_instance *in, uint32_t step, uint64_t before)
{
	struct wf_step_state *s = &in->steps[step];
	int64_t deadline = wf_approval_deadline(in, s);
	if (deadline == s->pending.deadline && before == s->pending.approval)
		return;
	if (s->pending.deadline)
		drop(t, wf_index_deadline(s->pending.deadline, before, in->number, step));
	if (deadline)
		add(t, wf_index_deadline(deadline, s->approval->number, in->number, step));
	s->pending.deadline = deadline;
}

/* Gives a new approval its number and keeps its two entries: of all, and of the open ones. */
static void index_approval(struct wf_txn *t, struct wf_instance *in, uint32_t step)
{
	struct wf_step_state *s = &in->steps[step];
	struct wf_approval *a = s->approval;
	if (a && !a->stored && a->given_by != t->serial) {
		a->given_by = t->serial;
		a->number = t->counts.next_approval++;
	}
	uint64_t number = a ? a->number : 0;
	bool open = wf_approval_is_open(in, s);
	uint64_t before = s->pending.approval;
	if (before && s->pending.open && (before != number || !open)) {
		drop(t, wf_index_approval(WF_INDEX_OPEN_APPROVAL, before, in->number, step));
		t->counts.open_approvals--;
	}
	if (before && before != number) {
		drop(t, wf_index_approval(WF_INDEX_APPROVAL, before, in->number, step));
		t->counts.approvals--;
	}
	if (number && number != before) {
		add(t, wf_index_approval(WF_INDEX_APPROVAL, number, in->number, step));
		t->counts.approvals++;
	}
	if (open && (number != before || !s->pending.open)) {
		add(t, wf_index_approval(WF_INDEX_OPEN_APPROVAL, number, in->number, step));
		t->counts.open_approvals++;
	}
	s->pending.approval = number;
	s->pending.open = open;
	index_deadline(t, in, step, before);
}

/* What a step waits for from outside, and whether a hold keeps it back. */
static void index_wait(struct wf_txn *t, struct wf_instance *in, uint32_t step)
{
	struct wf_step_state *s = &in->steps[step];
	uint64_t waiter = wf_step_waiter(&t->journal->seal, in, s);
	if (waiter != s->pending.waiter) {
		if (s->pending.waiter)
			drop(t, wf_index_waiter(s->pending.waiter, in->number, step));
		if (waiter)
			add(t, wf_index_waiter(waiter, in->number, step));
		s->pending.waiter = waiter;
	}
	bool held = wf_step_held_back(in, s);
	if (held == s->pending.held)
		return;
	s->pending.held = held;
	uint32_t before = in->pending.held;
	in->pending.held += held ? 1 : -1u;
	if (!before)
		add(t, wf_index_plain(WF_INDEX_HELD_BACK, in->number));
	else if (!in->pending.held)
		drop(t, wf_index_plain(WF_INDEX_HELD_BACK, in->number));
}

/* When an instance ends or comes back, approvals and waits of steps that are not dirty open or close
 * with it. */
static void index_steps(struct wf_txn *t, struct wf_instance *in, bool was_final)
{
	if (was_final != wf_instance_status_final(in->status))
		for (uint32_t i = 0; i < in->step_count; i++)
			if (!in->steps[i].dirty &&
				(in->steps[i].approval || in->steps[i].status == WF_STEP_WAITING))
				wf_instance_touch(in, i);
	for (uint32_t i = 0; i < in->dirty_count; i++) {
		index_approval(t, in, in->dirty_steps[i]);
		index_wait(t, in, in->dirty_steps[i]);
	}
}

/* -- history -- */

int wf_txn_append_history(struct wf_txn *t, struct wf_instance *in, const void *bytes, size_t n)
{
	if (t->err)
		return t->err;
	enter(t, in);
	if (in->history >= WF_MAX_HISTORY || t->record_count >= NO_RECORD - 1)
		return wf_txn_fail(t, wf_fail(t->cause, WF_ELIMIT,
			"an instance's history is too long"));
	WF_GROW(t->records, t->record_count, t->record_room);
	uint32_t index = t->record_count++;
	t->records[index] = (struct wf_pending_record){.in = in, .seq = in->history++,
		.at = t->record_bytes.len, .n = n, .next = NO_RECORD};
	wf_buf_add(&t->record_bytes, bytes, n);
	if (in->history_last == NO_RECORD)
		in->history_first = index;
	else
		t->records[in->history_last].next = index;
	in->history_last = index;
	return 0;
}

static void put_history(struct wf_txn *t, struct wf_instance *in)
{
	uint32_t i = in->history_first;
	in->history_first = in->history_last = NO_RECORD;
	while (i != NO_RECORD && !t->err) {
		struct wf_pending_record *r = &t->records[i];
		struct wf_buf view = {.data = t->record_bytes.data + r->at, .len = r->n};
		(void)wf_txn_put_row(t, in->number, WF_ROW_HISTORY, (uint32_t)r->seq, &view);
		t->counts.history++;
		i = r->next;
		r->in = NULL;
	}
}

int wf_txn_flush_history(struct wf_txn *t)
{
	for (uint32_t i = 0; i < t->record_count && !t->err; i++) {
		struct wf_instance *in = t->records[i].in;
		if (!in)
			continue;
		in->dirty = true; /* its header counts the records */
		(void)wf_txn_put_instance(t, in);
	}
	return t->err;
}

/* -- putting -- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void sort_dirty(struct wf_instance *in)
{
	for (uint32_t i = 1; i < in->dirty_count; i++) {
		if (in->dirty_steps[i - 1] > in->dirty_steps[i]) {
			qsort(in->dirty_steps, in->dirty_count, sizeof(*in->dirty_steps),
				by_number);
			return;
		}
	}
}

static void put_steps_and_vars(struct wf_txn *t, struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->dirty_count; i++) {
		struct wf_buf *row = row_of(t);
		wf_row_put_step(&in->steps[in->dirty_steps[i]], row);
		(void)wf_txn_put_row(t, in->number, WF_ROW_STEP, in->dirty_steps[i], row);
	}
	for (uint32_t i = 0; i < in->var_count; i++) {
		if (!in->vars[i].dirty)
			continue;
		struct wf_buf *row = row_of(t);
		wf_row_put_var(&in->vars[i], row);
		(void)wf_txn_put_row(t, in->number, WF_ROW_VAR, i, row);
	}
}

static void put_threads(struct wf_txn *t, struct wf_instance *in)
{
	for (uint32_t i = 1; i < in->thread_count; i++) {
		if (!in->threads[i].dirty)
			continue;
		struct wf_buf *row = row_of(t);
		wf_row_put_thread(&in->threads[i], row);
		(void)wf_txn_put_row(t, in->number, WF_ROW_THREAD, i, row);
	}
}

int wf_txn_put_instance(struct wf_txn *t, struct wf_instance *in)
{
	if (t->err)
		return t->err;
	if (in->partial)
		return wf_txn_fail(t, wf_fail(t->cause, WF_EINVAL,
			"an instance that was not loaded whole cannot be written"));
	enter(t, in);
	if (!in->dirty && !in->fresh && !in->dirty_count)
		return 0;
	if (wf_txn_load_counts(t))
		return t->err;
	t->counts_dirty = true;
	if (in->fresh && take_in(t, in))
		return t->err;
	bool was_final = wf_instance_status_final(in->pending.status);
	index_steps(t, in, was_final);
	index_timer(t, in, was_final);
	index_expiry(t, in);
	index_status(t, in);
	for (uint32_t i = 0; i < in->dirty_count; i++) {
		struct wf_step_state *s = &in->steps[in->dirty_steps[i]];
		s->pending.due = s->due_at;
	}
	sort_dirty(in);
	struct wf_buf *row = row_of(t);
	wf_row_put_header(in, row);
	(void)wf_txn_put_row(t, in->number, WF_ROW_HEADER, 0, row);
	put_steps_and_vars(t, in);
	put_history(t, in);
	put_threads(t, in);
	wf_txn_put_parts(t, in);
	return t->err;
}

void wf_instance_written(struct wf_instance *in)
{
	in->pending.history = in->history;
	in->stored = in->pending;
	for (uint32_t i = 0; i < in->dirty_count; i++) {
		struct wf_step_state *s = &in->steps[in->dirty_steps[i]];
		s->stored = s->pending;
		s->dirty = false;
		if (s->approval)
			s->approval->stored = true;
	}
	for (uint32_t i = 0; i < in->var_count; i++)
		in->vars[i].dirty = false;
	for (uint32_t i = 0; i < in->thread_count; i++)
		in->threads[i].dirty = false;
	for (uint32_t i = 0; i < in->group_count; i++) {
		in->groups[i].dirty = false;
		in->groups[i].dirty_count = 0;
	}
	for (uint32_t i = 0; i < in->dirty_undo_count; i++)
		in->undo[in->dirty_undo[i]].dirty = false;
	in->dirty_count = in->dirty_undo_count = 0;
	in->dirty = in->fresh = false;
}
