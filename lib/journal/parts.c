/* Rows of what an instance has only where its plan needs it: groups, items of a foreach, undos. */
#include "base/mem.h"
#include "journal/private.h"
#include "plan/plan.h"

#include <string.h>

/* -- writing -- */

static void put_items(struct wf_txn *t, const struct wf_instance *in, uint32_t group)
{
	const struct wf_group_state *g = &in->groups[group];
	for (uint32_t i = 0; i < g->dirty_count; i++) {
		struct wf_buf *row = &t->journal->plain;
		wf_buf_reset(row);
		if (g->dirty_items[i] >= g->total)
			continue;
		wf_row_put_item(in, group, g->dirty_items[i], row);
		(void)wf_txn_put_row(t, in->number, WF_ROW_ITEM, g->first_item + g->dirty_items[i],
			row);
	}
}

void wf_txn_put_parts(struct wf_txn *t, struct wf_instance *in)
{
	struct wf_buf *row = &t->journal->plain;
	for (uint32_t i = 0; i < in->group_count; i++) {
		if (!in->groups[i].dirty)
			continue;
		wf_buf_reset(row);
		wf_row_put_group(&in->groups[i], row);
		(void)wf_txn_put_row(t, in->number, WF_ROW_GROUP, i, row);
		put_items(t, in, i);
	}
	for (uint32_t i = 0; i < in->dirty_undo_count; i++) {
		wf_buf_reset(row);
		wf_row_put_undo(&in->undo[in->dirty_undo[i]], row);
		(void)wf_txn_put_row(t, in->number, WF_ROW_UNDO, in->dirty_undo[i], row);
	}
}

/* -- reading -- */

/* The row where the cursor stands, when it is one of that kind of this instance: WF_ENOENT otherwise. */
static int read_row(struct wf_txn *t, struct wf_cursor *c, struct wf_instance *in,
	enum wf_row_kind kind, uint32_t *ret_sub)
{
	struct wf_row_name name;
	if (!wf_row_key_parse(c->key, c->key_n, &name) || name.number != in->number ||
		name.kind != kind)
		return WF_ENOENT;
	struct wf_buf *plain = &t->journal->plain;
	wf_buf_reset(plain);
	int rc = wf_txn_open_at(t, c, plain);
	if (!rc && wf_row_decode(in, &name, plain))
		rc = wf_txn_corrupt(t, c->table, c->key, c->key_n, "the row cannot be read");
	*ret_sub = name.sub;
	return rc;
}

static int missing(struct wf_txn *t, const struct wf_instance *in, enum wf_row_kind kind, uint32_t sub)
{
	uint8_t key[WF_ROW_KEY];
	wf_row_key(in->number, kind, sub, key);
	return wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key), "the row is missing");
}

/* `count` rows numbered from 0; of items, with no count, as many as there are. */
static int read_kind(struct wf_txn *t, struct wf_cursor *c, struct wf_instance *in,
	enum wf_row_kind kind, const uint32_t *count)
{
	uint8_t key[WF_ROW_KEY];
	wf_row_key(in->number, kind, 0, key);
	int rc = wf_txn_moved(t, wf_cursor_seek(c, key, sizeof(key), t->cause));
	for (uint32_t i = 0; !count || i < *count; i++) {
		uint32_t sub = 0;
		if (!rc)
			rc = read_row(t, c, in, kind, &sub);
		if (rc == WF_ENOENT && !count)
			return 0;
		if (rc == WF_ENOENT || (!rc && count && sub != i))
			return missing(t, in, kind, i);
		if (rc)
			return rc;
		rc = wf_txn_moved(t, wf_cursor_next(c, t->cause));
	}
	return rc == WF_ENOENT ? 0 : rc;
}

static bool has_items(const struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->group_count; i++)
		if (in->groups[i].results)
			return true;
	return false;
}

bool wf_instance_items_whole(const struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->group_count; i++) {
		const struct wf_group_state *g = &in->groups[i];
		uint32_t ended = 0;
		for (size_t k = 0; k < json_array_size(g->results); k++)
			ended += json_is_object(json_array_get(g->results, k));
		if (g->results && ended != g->succeeded + g->failed)
			return false;
	}
	return true;
}

int wf_txn_load_parts(struct wf_txn *t, struct wf_cursor *c, struct wf_instance *in)
{
	int rc = 0;
	if (in->group_count)
		rc = read_kind(t, c, in, WF_ROW_GROUP, &in->group_count);
	if (!rc && has_items(in))
		rc = read_kind(t, c, in, WF_ROW_ITEM, NULL);
	if (!rc && !wf_instance_items_whole(in))
		rc = missing(t, in, WF_ROW_ITEM, 0);
	if (!rc && in->undo_count)
		rc = read_kind(t, c, in, WF_ROW_UNDO, &in->undo_count);
	wf_instance_count_undo(in);
	return rc;
}
