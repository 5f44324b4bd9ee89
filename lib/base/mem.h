/*
 * Memory: the only allocator of the project, and arenas.
 *
 * These functions never return NULL. wfctl holds nothing in memory that it could not lose at this
 * instant (the journal is the truth), so memory that runs out ends the process: the exhaustion
 * handler says so and leaves with the status for it; the transaction in hand is abandoned whole and
 * the journal opens again afterwards (semantics.md G8). One place handles what would otherwise be
 * handled, untested, at every call.
 */
#ifndef WF_BASE_MEM_H
#define WF_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

void *wf_alloc(size_t size);                    /* uninitialised; size 0 gives a unique pointer */
void *wf_calloc(size_t count, size_t size);     /* zeroed; count * size is checked */
void *wf_realloc(void *p, size_t size);
void *wf_reallocarray(void *p, size_t count, size_t size); /* count * size is checked */
char *wf_strdup(const char *s);
char *wf_strndup(const char *s, size_t n);
char *wf_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void wf_free(void *p);                          /* NULL is allowed */

/* What is called when memory runs out; it must not return. Without one: abort(). Set once, by cmd/
 * or a test, before anything else. */
void wf_mem_on_exhausted(void (*handler)(size_t wanted));

/* For libraries that say that their memory ran out: ends like an allocation of one's own. */
_Noreturn void wf_mem_exhausted(size_t wanted);

/* Fault injection: the nth allocation from now (1 is the next) is treated as exhausted. 0 is off. */
void wf_mem_fail_at(uint64_t nth);

/* Makes jansson allocate here too. Call once at start. */
void wf_mem_adopt_jansson(void);

/* Grows an array for one more element: `WF_GROW(v->items, v->count, v->room);` leaves room for at
 * least count + 1. */
#define WF_GROW(items, count, room)                                                                \
	do {                                                                                       \
		if ((count) >= (room)) {                                                           \
			(room) = (room) ? (room)*2 : 8;                                            \
			(items) = wf_reallocarray((items), (room), sizeof(*(items)));              \
		}                                                                                  \
	} while (0)

/* An arena: many small objects, freed together. Alignment is that of max_align_t. */
struct wf_arena;
struct wf_arena *wf_arena_new(void);
void wf_arena_free(struct wf_arena *a);         /* NULL is allowed */
void *wf_arena_alloc(struct wf_arena *a, size_t size);     /* zeroed */
char *wf_arena_strdup(struct wf_arena *a, const char *s);
char *wf_arena_strndup(struct wf_arena *a, const char *s, size_t n); /* NUL-terminated */
char *wf_arena_printf(struct wf_arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define WF_ARENA_NEW(a, type) ((type *)wf_arena_alloc((a), sizeof(type)))
#define WF_ARENA_ARRAY(a, type, n) ((type *)wf_arena_alloc((a), sizeof(type) * (size_t)(n)))

/* For __attribute__((cleanup)): frees a char * (or any pointer from wf_alloc). */
static inline void wf_free_ptr_(void *p)
{
	wf_free(*(void **)p);
}
#define WF_AUTOFREE __attribute__((cleanup(wf_free_ptr_)))

#endif
