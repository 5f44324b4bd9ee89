/*
 * What an instance has of groups: its threads, the groups' states, the items of a foreach; and what
 * undoes its steps. Their rows, writer beside reader. See rows.c.
 */
#include "state/rows.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "plan/plan.h"

#include <string.h>

/* -- threads -- */

struct wf_thread wf_thread_at(uint32_t pc)
{
	return (struct wf_thread){.pc = pc, .step = WF_NONE, .dirty = true, .group = WF_NONE,
		.member = WF_NONE, .parent = WF_NONE, .waits = WF_NONE, .item = WF_NONE,
		.error_step = WF_NONE, .last_step = WF_NONE};
}

enum {
	TH_STEP = 1,
	TH_DONE = 2,
	TH_MORE = 4,
	TH_ALL = 7
};

enum {
	MO_READY = 1,
	MO_OUTCOME = 2,
	MO_MEMBER = 4,
	MO_PARENT = 8,
	MO_WAITS = 16,
	MO_ITEM = 32,
	MO_ERROR_STEP = 64,
	MO_LAST_STEP = 128,
	MO_ALL = 255
};

static unsigned more_of(const struct wf_thread *t)
{
	return (t->ready ? MO_READY : 0u) | (t->outcome ? MO_OUTCOME : 0u) |
		(t->group != WF_NONE ? MO_MEMBER : 0u) | (t->parent != WF_NONE ? MO_PARENT : 0u) |
		(t->waits != WF_NONE ? MO_WAITS : 0u) | (t->item != WF_NONE ? MO_ITEM : 0u) |
		(t->error_step != WF_NONE ? MO_ERROR_STEP : 0u) |
		(t->last_step != WF_NONE ? MO_LAST_STEP : 0u);
}

bool wf_thread_plain(const struct wf_thread *t)
{
	return !more_of(t);
}

void wf_put_thread_more(const struct wf_thread *t, struct wf_buf *out)
{
	unsigned mask = more_of(t);
	wf_put_varint(out, mask);
	if (mask & MO_OUTCOME)
		wf_put_u8(out, t->outcome);
	if (mask & MO_MEMBER) {
		wf_put_varint(out, t->group);
		wf_put_varint(out, t->member);
	}
	if (mask & MO_PARENT)
		wf_put_varint(out, t->parent);
	if (mask & MO_WAITS)
		wf_put_varint(out, t->waits);
	if (mask & MO_ITEM)
		wf_put_varint(out, t->item);
	if (mask & MO_ERROR_STEP)
		wf_put_varint(out, t->error_step);
	if (mask & MO_LAST_STEP)
		wf_put_varint(out, t->last_step);
}

void wf_get_thread_more(struct wf_reader *r, struct wf_thread *t)
{
	unsigned mask = wf_get_u32_varint(r);
	t->ready = mask & MO_READY;
	t->outcome = (uint8_t)(mask & MO_OUTCOME ? get_enum(r, WF_OUTCOME_COUNT_) : 0);
	t->group = mask & MO_MEMBER ? wf_get_u32_but(r, WF_NONE) : WF_NONE;
	t->member = mask & MO_MEMBER ? wf_get_u32_but(r, WF_NONE) : WF_NONE;
	t->parent = mask & MO_PARENT ? wf_get_u32_but(r, WF_NONE) : WF_NONE;
	t->waits = mask & MO_WAITS ? wf_get_u32_but(r, WF_NONE) : WF_NONE;
	t->item = mask & MO_ITEM ? wf_get_u32_but(r, WF_NONE) : WF_NONE;
	t->error_step = mask & MO_ERROR_STEP ? wf_get_u32_but(r, WF_NONE) : WF_NONE;
	t->last_step = mask & MO_LAST_STEP ? wf_get_u32_but(r, WF_NONE) : WF_NONE;
	if (!mask || mask > MO_ALL || !!t->outcome != !!(mask & MO_OUTCOME))
		r->bad = true;
}

void wf_row_put_thread(const struct wf_thread *t, struct wf_buf *out)
{
	unsigned mask = (t->step != WF_NONE ? TH_STEP : 0u) | (t->done ? TH_DONE : 0u) |
		(wf_thread_plain(t) ? 0u : TH_MORE);
	wf_put_u8(out, (uint8_t)mask);
	wf_put_varint(out, t->pc);
	if (mask & TH_STEP)
		wf_put_varint(out, t->step);
	if (mask & TH_MORE)
		wf_put_thread_more(t, out);
}

int wf_row_get_thread(const void *bytes, size_t n, struct wf_thread *t)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	unsigned mask = wf_get_u8(&r);
	struct wf_thread got = wf_thread_at(wf_get_u32_varint(&r));
	got.step = mask & TH_STEP ? wf_get_u32_but(&r, WF_NONE) : WF_NONE;
	got.done = mask & TH_DONE;
	if (mask & TH_MORE)
		wf_get_thread_more(&r, &got);
	if (!ended_well(&r) || mask > TH_ALL || (got.done && mask & TH_STEP))
		return WF_ECORRUPT;
	got.dirty = t->dirty;
	*t = got;
	return 0;
}

/* -- groups -- */

void wf_group_state_done(struct wf_group_state *g)
{
	json_decref(g->results);
	wf_free(g->dirty_items);
	wf_free(g->unmet);
	wf_free(g->ready);
	*g = (struct wf_group_state){.waiter = WF_NONE, .failed_first = WF_NONE};
}

void wf_instance_need_groups(struct wf_instance *in, uint32_t count)
{
	if (in->group_count || !count)
		return;
	in->groups = wf_calloc(count, sizeof(*in->groups));
	in->group_count = count;
	for (uint32_t i = 0; i < count; i++) {
		wf_group_state_done(&in->groups[i]);
		in->groups[i].dirty = true;
	}
	in->dirty = true;
}

void wf_instance_drop_parts(struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->group_count; i++)
		wf_group_state_done(&in->groups[i]);
	wf_free(in->groups);
	in->groups = NULL;
	in->group_count = 0;
	wf_instance_drop_undo(in);
}

void wf_instance_touch_item(struct wf_instance *in, uint32_t group, uint32_t item)
{
	struct wf_group_state *g = &in->groups[group];
	WF_GROW(g->dirty_items, g->dirty_count, g->dirty_room);
	g->dirty_items[g->dirty_count++] = item;
	g->dirty = in->dirty = true;
}

static const uint32_t none = WF_NONE;
#define FIELDS 11u

/* The numbers of a group's row, and what each is when it is not there. */
static void fields_of(struct wf_group_state *g, uint32_t *ret[FIELDS], uint32_t ret_absent[FIELDS])
{
	uint32_t *const fields[FIELDS] = {&g->first_thread, &g->waiter, &g->total, &g->begun, &g->running,
		&g->succeeded, &g->failed, &g->first_item, &g->item_room, &g->failed_first,
		&g->undo_floor};
	const uint32_t absent[FIELDS] = {0, none, 0, 0, 0, 0, 0, 0, 0, none, 0};
	memcpy(ret, fields, sizeof(fields));
	memcpy(ret_absent, absent, sizeof(absent));
}

enum { GR_ROUND = 2048, GR_RESULTS = 4096, GR_ALL = 8191 };

void wf_row_put_group(const struct wf_group_state *g, struct wf_buf *out)
{
	struct wf_group_state copy = *g;
	uint32_t *fields[FIELDS], absent[FIELDS];
	fields_of(&copy, fields, absent);
	unsigned mask = (g->round ? GR_ROUND : 0u) | (g->results ? GR_RESULTS : 0u);
	for (unsigned i = 0; i < FIELDS; i++)
		mask |= *fields[i] != absent[i] ? 1u << i : 0u;
	wf_put_varint(out, mask);
	for (unsigned i = 0; i < FIELDS; i++)
		if (mask >> i & 1)
			wf_put_varint(out, *fields[i]);
	if (mask & GR_ROUND)
		wf_put_varint(out, g->round);
}

int wf_row_get_group(const void *bytes, size_t n, struct wf_group_state *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_group_state g = {0};
	uint32_t *fields[FIELDS], absent[FIELDS];
	unsigned mask = wf_get_u32_varint(&r);
	fields_of(&g, fields, absent);
	for (unsigned i = 0; i < FIELDS; i++)
		*fields[i] = mask >> i & 1 ? wf_get_u32_but(&r, absent[i]) : absent[i];
	g.round = mask & GR_ROUND ? wf_get_u32_but(&r, 0) : 0;
	if (!ended_well(&r) || mask > GR_ALL || (mask & GR_RESULTS && g.total > WF_MAX_ITEMS))
		return WF_ECORRUPT;
	wf_group_state_done(ret);
	*ret = g;
	if (mask & GR_RESULTS) {
		ret->results = json_array();
		for (uint32_t i = 0; i < g.total; i++)
			(void)json_array_append_new(ret->results, json_null());
	}
	return 0;
}

/* -- items -- */

void wf_row_put_item(const struct wf_instance *in, uint32_t group, uint32_t item, struct wf_buf *out)
{
	const struct wf_group_state *g = &in->groups[group];
	const json_t *result = json_array_get(g->results, item);
	wf_put_varint(out, group);
	wf_put_varint(out, g->round);
	wf_put_json(out, result);
}

int wf_row_read_item(const void *bytes, size_t n, uint32_t *ret_group, uint32_t *ret_round,
	json_t **ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	*ret_group = wf_get_u32_varint(&r);
	*ret_round = wf_get_u32_varint(&r);
	json_t *result = wf_get_json(&r);
	if (!ended_well(&r) || !(json_is_null(result) || json_is_object(result))) {
		json_decref(result);
		return WF_ECORRUPT;
	}
	*ret = result;
	return 0;
}

int wf_row_get_item(const void *bytes, size_t n, uint32_t place, struct wf_instance *in)
{
	uint32_t group, round;
	json_t *result;
	int rc = wf_row_read_item(bytes, n, &group, &round, &result);
	if (rc)
		return rc;
	struct wf_group_state *g = group < in->group_count ? &in->groups[group] : NULL;
	if (g && round > g->round)
		rc = WF_ECORRUPT;
	if (!g || round != g->round || !g->results || place < g->first_item ||
		place - g->first_item >= g->total)
		json_decref(result);
	else
		(void)json_array_set_new(g->results, place - g->first_item, result);
	return rc;
}

/* -- equality -- */

static bool same_group(const struct wf_group_state *a, const struct wf_group_state *b)
{
	struct wf_group_state x = *a, y = *b;
	uint32_t *p[FIELDS], *q[FIELDS], absent[FIELDS];
	fields_of(&x, p, absent);
	fields_of(&y, q, absent);
	for (unsigned i = 0; i < FIELDS; i++)
		if (*p[i] != *q[i])
			return false;
	return a->round == b->round && wf_json_equal(a->results, b->results);
}

const char *wf_parts_difference(const struct wf_instance *a, const struct wf_instance *b)
{
	if (a->group_count != b->group_count)
		return "number of groups";
	for (uint32_t i = 0; i < a->group_count; i++)
		if (!same_group(&a->groups[i], &b->groups[i]))
			return "group";
	return wf_undo_difference(a, b);
}
