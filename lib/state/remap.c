/* An instance under another plan: its steps' states move to where their steps are now. */
#include "base/mem.h"
#include "state/state.h"

#include <string.h>

static void drop_step(struct wf_step_state *s)
{
	json_decref(s->input);
	json_decref(s->output);
	json_decref(s->error);
	wf_free(s->key);
	wf_approval_free(s->approval);
}

static uint32_t mapped(uint32_t step, uint32_t count, const uint32_t *map)
{
	return step < count ? map[step] : UINT32_MAX;
}

/* Groups are those of the plan: what became of them is told by the steps that forked them. */
static void drop_groups(struct wf_instance *in)
{
	for (uint32_t i = 0; i < in->group_count; i++)
		wf_group_state_done(&in->groups[i]);
	wf_free(in->groups);
	in->groups = NULL;
	in->group_count = 0;
	for (uint32_t i = 0; i < in->thread_count; i++) {
		struct wf_thread *t = &in->threads[i];
		t->waits = UINT32_MAX;
		t->parent = UINT32_MAX;
		if (t->group == UINT32_MAX)
			continue;
		*t = wf_thread_at(0);
		t->done = true;
	}
}

void wf_instance_remap(struct wf_instance *in, const uint8_t plan_id[WF_HASH_SIZE],
	uint32_t step_count, const uint32_t *map)
{
	struct wf_step_state *steps = wf_calloc(step_count ? step_count : 1, sizeof(*steps));
	for (uint32_t i = 0; i < in->step_count; i++) {
		if (map[i] < step_count)
			steps[map[i]] = in->steps[i];
		else
			drop_step(&in->steps[i]);
	}
	in->failed_step = mapped(in->failed_step, in->step_count, map);
	drop_groups(in);
	for (uint32_t i = 0; i < in->thread_count; i++) {
		struct wf_thread *t = &in->threads[i];
		t->step = mapped(t->step, in->step_count, map);
		t->done |= i > 0 && t->step == UINT32_MAX;
		t->dirty = true;
	}
	uint32_t before = in->step_count;
	wf_free(in->steps);
	in->steps = steps;
	in->step_count = step_count;
	in->dirty_count = 0;
	for (uint32_t i = 0; i < step_count; i++) {
		steps[i].dirty = false;
		wf_instance_touch(in, i);
	}
	for (uint32_t i = 0; i < in->undo_count; i++) {
		in->undo[i].step = mapped(in->undo[i].step, before, map);
		wf_instance_touch_undo(in, i);
	}
	wf_instance_count_undo(in);
	memcpy(in->plan_id, plan_id, WF_HASH_SIZE);
	in->dirty = true;
}
