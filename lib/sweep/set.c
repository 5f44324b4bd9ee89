/* Sets of numbers: an open hash, half empty at least. */
#include "sweep/work.h"

#include "base/mem.h"

#include <string.h>

static size_t slot_of(const struct wf_sweep_set *s, uint64_t number)
{
	size_t i = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (s->room - 1);

	while (s->items[i] && s->items[i] != number)
		i = (i + 1) & (s->room - 1);
	return i;
}

static void grow(struct wf_sweep_set *s)
{
	uint64_t *old = s->items;
	size_t room = s->room;

	s->room = room ? room * 2 : 256;
	s->items = wf_calloc(s->room, sizeof(*s->items));
	for (size_t i = 0; i < room; i++)
		if (old[i])
			s->items[slot_of(s, old[i])] = old[i];
	wf_free(old);
}

bool wf_sweep_set_add(struct wf_sweep_set *s, uint64_t number)
{
	if (s->count * 2 >= s->room)
		grow(s);
	size_t i = slot_of(s, number);
	if (s->items[i])
		return false;
	s->items[i] = number;
	s->count++;
	return true;
}

/* The rest of its run is put where it is found again. */
void wf_sweep_set_drop(struct wf_sweep_set *s, uint64_t number)
{
	if (!s->room)
		return;
	size_t i = slot_of(s, number);
	if (!s->items[i])
		return;
	s->items[i] = 0;
	s->count--;
	for (i = (i + 1) & (s->room - 1); s->items[i]; i = (i + 1) & (s->room - 1)) {
		uint64_t moved = s->items[i];
		s->items[i] = 0;
		s->items[slot_of(s, moved)] = moved;
	}
}

void wf_sweep_set_clear(struct wf_sweep_set *s)
{
	if (s->count)
		memset(s->items, 0, s->room * sizeof(*s->items));
	s->count = 0;
}

void wf_sweep_set_done(struct wf_sweep_set *s)
{
	wf_free(s->items);
	*s = (struct wf_sweep_set){ 0 };
}
