/* Lists of numbers: of instances, schedules, events, runners. */
#ifndef WF_BASE_NUMBERS_H
#define WF_BASE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty list. */
struct wf_numbers {
	uint64_t *items; /* from wf_alloc */
	size_t count, room;
	uint64_t most;   /* at which wf_numbers_take says that it is enough; 0: never */
};

void wf_numbers_add(struct wf_numbers *n, uint64_t number);
/* The same unless it is there; costs the length of the list. */
void wf_numbers_add_once(struct wf_numbers *n, uint64_t number);
void wf_numbers_done(struct wf_numbers *n);

/* For walks that give one number after another until they are told false: adds it to the list `arg`
 * (a struct wf_numbers), and whether more are wanted. */
bool wf_numbers_take(void *arg, uint64_t number);
/* The same for walks that tell a time, too. */
bool wf_numbers_take_at(void *arg, uint64_t number, int64_t at);

#endif
