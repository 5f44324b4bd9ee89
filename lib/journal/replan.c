/* An instance that goes on under another plan: its steps have other places there, and with them their rows
 * and entries. */
#include "base/mem.h"
#include "journal/private.h"

/* Rows of groups and items, also what former begins of a foreach left; not every item has one. */
static void drop_groups(struct wf_txn *t, const struct wf_instance *in)
{
	uint8_t key[WF_ROW_KEY];
	uint32_t items = 0;
	for (uint32_t i = 0; i < in->group_count && !t->err; i++) {
		const struct wf_group_state *g = &in->groups[i];
		if (g->first_item + g->item_room > items)
			items = g->first_item + g->item_room;
		wf_row_key(in->number, WF_ROW_GROUP, i, key);
		(void)wf_txn_del(t, WF_TABLE_INSTANCES, key, sizeof(key));
	}
	for (uint32_t i = 0; i < items && !t->err; i++) {
		wf_row_key(in->number, WF_ROW_ITEM, i, key);
		(void)wf_txn_del(t, WF_TABLE_INSTANCES, key, sizeof(key));
	}
}

int wf_txn_change_plan(struct wf_txn *t, struct wf_instance *in, const uint8_t plan_id[WF_HASH_SIZE],
	uint32_t step_count, const uint32_t *map)
{
	static const uint32_t of_steps = 1u << WF_INDEX_APPROVAL | 1u << WF_INDEX_OPEN_APPROVAL |
		1u << WF_INDEX_WAITER | 1u << WF_INDEX_HELD_BACK | 1u << WF_INDEX_TIMER |
		1u << WF_INDEX_DEADLINE;
	uint8_t key[WF_ROW_KEY];
	if (wf_txn_load_counts(t))
		return t->err;
	t->counts_dirty = true;
	wf_each_entry(&t->journal->seal, in, of_steps, wf_txn_drop_counted, t);
	for (uint32_t i = 0; i < in->step_count && !t->err; i++) {
		wf_row_key(in->number, WF_ROW_STEP, i, key);
		(void)wf_txn_del(t, WF_TABLE_INSTANCES, key, sizeof(key));
	}
	drop_groups(t, in);
	wf_instance_remap(in, plan_id, step_count, map);
	for (uint32_t i = 0; i < step_count; i++)
		in->steps[i].stored = in->steps[i].pending = (struct wf_step_indexed){0};
	/* `pending` too: a record may have been appended before. */
	in->stored.due = in->pending.due = 0;
	in->stored.timeout = in->pending.timeout = 0;
	in->stored.held = in->pending.held = 0;
	WF_AUTOBUF struct wf_buf row = {0};
	wf_row_put_identity(in, &row);
	return wf_txn_put_row(t, in->number, WF_ROW_IDENTITY, 0, &row);
}
