/* The drives by when they are due: a heap, so that a turn costs what is due, not what waits. */
#include "base/mem.h"
#include "runtime/drive.h"

static void place(struct wf_runtime *rt, uint32_t at, struct wf_drive *d)
{
	rt->due[at] = d;
	d->due_at = at;
}

static void rise(struct wf_runtime *rt, uint32_t at)
{
	struct wf_drive *d = rt->due[at];
	while (at > 0 && rt->due[(at - 1) / 2]->due > d->due) {
		place(rt, at, rt->due[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(rt, at, d);
}

static void sink(struct wf_runtime *rt, uint32_t at)
{
	struct wf_drive *d = rt->due[at];
	for (uint32_t child; (child = 2 * at + 1) < rt->due_count; at = child) {
		if (child + 1 < rt->due_count && rt->due[child + 1]->due < rt->due[child]->due)
			child++;
		if (rt->due[child]->due >= d->due)
			break;
		place(rt, at, rt->due[child]);
	}
	place(rt, at, d);
}

void wf_due_remove(struct wf_runtime *rt, struct wf_drive *d)
{
	if (!d->due)
		return;
	struct wf_drive *last = rt->due[--rt->due_count];
	d->due = 0;
	if (last == d)
		return;
	place(rt, d->due_at, last);
	rise(rt, last->due_at);
	sink(rt, last->due_at);
}

void wf_due_update(struct wf_runtime *rt, struct wf_drive *d)
{
	int64_t due = wf_instance_due(d->in);
	if (due == d->due)
		return;
	if (!due) {
		wf_due_remove(rt, d);
		return;
	}
	if (!d->due) {
		WF_GROW(rt->due, rt->due_count, rt->due_room);
		place(rt, rt->due_count++, d);
	}
	d->due = due;
	rise(rt, d->due_at);
	sink(rt, d->due_at);
}

struct wf_drive *wf_due_first(const struct wf_runtime *rt)
{
	return rt->due_count ? rt->due[0] : NULL;
}
