/* The entries of what an instance would undo: made, counted, compared, and as bytes. */
#include "state/undo.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "state/rows.h"
#include "state/state.h"

const char *wf_undo_status_name(enum wf_undo_status s)
{
	static const char *const names[WF_UNDO_STATUS_COUNT_] = {"waiting", "running", "done",
		"failed"};
	return s < WF_UNDO_STATUS_COUNT_ ? names[s] : "unknown";
}

const char *wf_unwind_name(enum wf_unwind u)
{
	static const char *const names[WF_UNWIND_COUNT_] = {"none", "undoing", "stopped", "handling"};
	return u < WF_UNWIND_COUNT_ ? names[u] : "unknown";
}

uint32_t wf_instance_add_undo(struct wf_instance *in, uint32_t step, uint32_t item, json_t *input,
	json_t *error)
{
	uint32_t number = in->undo_count;
	WF_GROW(in->undo, in->undo_count, in->undo_room);
	in->undo[in->undo_count++] = (struct wf_undo){.step = step, .item = item, .input = input,
		.error = error, .began = in->steps[step].started_at, .at = in->steps[step].ended_at};
	in->undo_top = in->undo_count;
	in->steps[step].undos++;
	wf_instance_touch_undo(in, number);
	return number;
}

void wf_instance_touch_undo(struct wf_instance *in, uint32_t number)
{
	if (number >= in->undo_count)
		WF_BUG("an undo entry that the instance does not have");
	in->dirty = true;
	if (in->undo[number].dirty)
		return;
	in->undo[number].dirty = true;
	WF_GROW(in->dirty_undo, in->dirty_undo_count, in->dirty_undo_room);
	in->dirty_undo[in->dirty_undo_count++] = number;
}

void wf_instance_drop_undo(struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->undo_count; i++) {
		json_decref(in->undo[i].input);
		json_decref(in->undo[i].error);
	}
	wf_free(in->undo);
	wf_free(in->dirty_undo);
	in->undo = NULL;
	in->dirty_undo = NULL;
	in->undo_count = in->undo_room = in->undo_top = 0;
	in->dirty_undo_count = in->dirty_undo_room = 0;
}

void wf_instance_make_undo(struct wf_instance *in, uint32_t count)
{
	if (count == in->undo_count)
		return;
	wf_instance_drop_undo(in);
	in->undo = wf_calloc(count, sizeof(*in->undo));
	for (uint32_t i = 0; i < count; i++)
		in->undo[i].step = in->undo[i].item = WF_NONE;
	in->undo_count = in->undo_room = in->undo_top = count;
}

void wf_instance_count_undo(struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->step_count; i++)
		in->steps[i].undos = 0;
	for (uint32_t i = 0; i < in->undo_count; i++)
		if (in->undo[i].step < in->step_count && in->undo[i].status != WF_UNDO_DONE)
			in->steps[in->undo[i].step].undos++;
	in->undo_top = in->undo_count;
}

uint32_t wf_instance_undo_in(const struct wf_instance *in, enum wf_undo_status status)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < in->undo_count; i++)
		n += in->undo[i].status == status;
	return n;
}

/* -- its row -- */

enum { UN_STEP = 1, UN_ITEM = 2, UN_INPUT = 4, UN_ERROR = 8, UN_ALL = 15 };

void wf_row_put_undo(const struct wf_undo *u, struct wf_buf *out)
{
	unsigned mask = (u->step != WF_NONE ? UN_STEP : 0u) | (u->item != WF_NONE ? UN_ITEM : 0u) |
		(u->input ? UN_INPUT : 0u) | (u->error ? UN_ERROR : 0u);
	wf_put_u8(out, (uint8_t)mask);
	wf_put_u8(out, (uint8_t)u->status);
	wf_put_time(out, u->at, 0);
	wf_put_time(out, u->began, u->at);
	if (mask & UN_STEP)
		wf_put_varint(out, u->step);
	if (mask & UN_ITEM)
		wf_put_varint(out, u->item);
	if (mask & UN_INPUT)
		wf_put_json(out, u->input);
	if (mask & UN_ERROR)
		wf_put_json(out, u->error);
}

int wf_row_get_undo(const void *bytes, size_t n, struct wf_undo *u)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_undo t = {.dirty = u->dirty};
	unsigned mask = wf_get_u8(&r);
	t.status = (enum wf_undo_status)get_enum(&r, WF_UNDO_STATUS_COUNT_);
	t.at = wf_get_time(&r, 0);
	t.began = wf_get_time(&r, t.at);
	t.step = mask & UN_STEP ? wf_get_u32_but(&r, WF_NONE) : WF_NONE;
	t.item = mask & UN_ITEM ? wf_get_u32_but(&r, WF_NONE) : WF_NONE;
	t.input = mask & UN_INPUT ? wf_get_json(&r) : NULL;
	t.error = mask & UN_ERROR ? wf_get_json(&r) : NULL;
	bool good = ended_well(&r) && mask <= UN_ALL;
	if (good) {
		swap_json(&u->input, &t.input);
		swap_json(&u->error, &t.error);
		u->step = t.step;
		u->item = t.item;
		u->status = t.status;
		u->at = t.at;
		u->began = t.began;
	}
	json_decref(t.input);
	json_decref(t.error);
	return good ? 0 : WF_ECORRUPT;
}

/* -- equality -- */

const char *wf_undo_difference(const struct wf_instance *a, const struct wf_instance *b)
{
	if (a->unwind != b->unwind || a->unwind_as != b->unwind_as)
		return "unwinding";
	if (a->undo_count != b->undo_count)
		return "number of undo entries";
	for (uint32_t i = 0; i < a->undo_count; i++) {
		const struct wf_undo *x = &a->undo[i], *y = &b->undo[i];
		if (x->step != y->step || x->item != y->item || x->status != y->status ||
			x->at != y->at || x->began != y->began ||
			!wf_json_equal(x->input, y->input) || !wf_json_equal(x->error, y->error))
			return "undo entries";
	}
	return NULL;
}
