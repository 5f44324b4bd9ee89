/* Lists of numbers. */
#include "base/numbers.h"

#include "base/mem.h"

void wf_numbers_add(struct wf_numbers *n, uint64_t number)
{
	WF_GROW(n->items, n->count, n->room);
	n->items[n->count++] = number;
}

void wf_numbers_add_once(struct wf_numbers *n, uint64_t number)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->items[i] == number)
			return;
	wf_numbers_add(n, number);
}

void wf_numbers_done(struct wf_numbers *n)
{
	wf_free(n->items);
	*n = (struct wf_numbers){0};
}

bool wf_numbers_take(void *arg, uint64_t number)
{
	struct wf_numbers *n = arg;

	wf_numbers_add(n, number);
	return !n->most || n->count < n->most;
}

bool wf_numbers_take_at(void *arg, uint64_t number, int64_t at)
{
	(void)at;
	return wf_numbers_take(arg, number);
}
