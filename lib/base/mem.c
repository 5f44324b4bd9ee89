/* The allocator and arenas. */
#include "base/mem.h"

#include "base/err.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*exhausted_handler)(size_t wanted);
static _Atomic uint64_t fail_countdown; /* more than one thread allocates */

_Noreturn void wf_mem_exhausted(size_t wanted)
{
	if (exhausted_handler)
		exhausted_handler(wanted);
	abort();
}

static void count_down(size_t wanted)
{
	if (fail_countdown && --fail_countdown == 0)
		wf_mem_exhausted(wanted);
}

static size_t product(size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total))
		wf_mem_exhausted(SIZE_MAX);
	return total;
}

void wf_mem_on_exhausted(void (*handler)(size_t wanted))
{
	exhausted_handler = handler;
}

void wf_mem_fail_at(uint64_t nth)
{
	fail_countdown = nth;
}

void wf_mem_adopt_jansson(void)
{
	json_set_alloc_funcs(wf_alloc, wf_free);
}

void *wf_alloc(size_t size)
{
	count_down(size);
	void *p = malloc(size ? size : 1);
	if (!p)
		wf_mem_exhausted(size);
	return p;
}

void *wf_calloc(size_t count, size_t size)
{
	size_t total = product(count, size);
	count_down(total);
	void *p = calloc(1, total ? total : 1);
	if (!p)
		wf_mem_exhausted(total);
	return p;
}

void *wf_realloc(void *old, size_t size)
{
	count_down(size);
	void *p = realloc(old, size ? size : 1);
	if (!p)
		wf_mem_exhausted(size);
	return p;
}

void *wf_reallocarray(void *old, size_t count, size_t size)
{
	return wf_realloc(old, product(count, size));
}

char *wf_strdup(const char *s)
{
	return wf_strndup(s, strlen(s));
}

char *wf_strndup(const char *s, size_t n)
{
	char *copy = wf_alloc(n + 1);
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

/* A copy of the formatted text. Most are short: those are formatted once. */
__attribute__((format(printf, 2, 0)))
static char *format(struct wf_arena *a, const char *fmt, va_list ap)
{
	char brief[256];
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(brief, sizeof(brief), fmt, ap);
	if (n < 0)
		WF_BUG("a format that cannot be printed");
	size_t room = (size_t)n + 1;
	char *s = a ? wf_arena_alloc(a, room) : wf_alloc(room);
	if (room <= sizeof(brief))
		memcpy(s, brief, room);
	else
		(void)vsnprintf(s, room, fmt, again);
	va_end(again);
	return s;
}

char *wf_asprintf(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = format(NULL, fmt, ap);
	va_end(ap);
	return s;
}

void wf_free(void *p)
{
	free(p);
}

/* Most arenas hold little; the first chunk is one of those sizes that malloc gives quickly. */
#define FIRST_CHUNK ((size_t)960)
#define CHUNK_SIZE ((size_t)16 * 1024 - 64)

struct chunk {
	struct chunk *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct wf_arena {
	struct chunk *chunks;
};

struct wf_arena *wf_arena_new(void)
{
	return wf_calloc(1, sizeof(struct wf_arena));
}

void wf_arena_free(struct wf_arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		wf_free(c);
	}
	wf_free(a);
}

static struct chunk *add_chunk(struct wf_arena *a, size_t size)
{
	struct chunk *c = wf_alloc(sizeof(*c) + size);
	c->used = 0;
	c->size = size;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *wf_arena_alloc(struct wf_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	if (size > SIZE_MAX / 2)
		wf_mem_exhausted(size);
	size_t padded = (size + align - 1) & ~(align - 1);
	struct chunk *c = a->chunks;
	if (!c || c->size - c->used < padded) {
		size_t usual = c ? CHUNK_SIZE : FIRST_CHUNK;
		c = add_chunk(a, padded > usual ? padded : usual);
	}
	void *p = c->bytes + c->used;
	c->used += padded;
	memset(p, 0, padded);
	return p;
}

char *wf_arena_strdup(struct wf_arena *a, const char *s)
{
	return wf_arena_strndup(a, s, strlen(s));
}

char *wf_arena_strndup(struct wf_arena *a, const char *s, size_t n)
{
	char *copy = wf_arena_alloc(a, n + 1);
	memcpy(copy, s, n);
	return copy;
}

char *wf_arena_printf(struct wf_arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = format(a, fmt, ap);
	va_end(ap);
	return s;
}
