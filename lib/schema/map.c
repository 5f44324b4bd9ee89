/* Open addressing with linear probing; nothing is ever removed. */
#include "schema/map.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static size_t hash_of_text(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static size_t hash_of_address(const void *p)
{
	uint64_t h = (uint64_t)(uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 20);
}

static bool same_text(const void *a, const void *b)
{
	return strcmp(a, b) == 0;
}

static bool same_address(const void *a, const void *b)
{
	return a == b;
}

typedef bool same_fn(const void *a, const void *b);

static struct map_entry *find(const struct map *m, const void *key, size_t hash, same_fn *same)
{
	size_t i = hash & (m->room - 1);

	while (m->entries[i].value && (m->entries[i].hash != hash || !same(m->entries[i].key, key)))
		i = (i + 1) & (m->room - 1);
	return &m->entries[i];
}

static void set(
	struct map *m, struct wf_arena *a, const void *key, size_t hash, same_fn *same, void *value)
{
	struct map_entry *e;

	if (m->count * 4 >= m->room * 3) {
		struct map larger = {.count = m->count, .room = m->room ? m->room * 2 : 8};

		larger.entries = WF_ARENA_ARRAY(a, struct map_entry, larger.room);
		for (size_t i = 0; i < m->room; i++)
			if (m->entries[i].value)
				*find(&larger, m->entries[i].key, m->entries[i].hash, same) =
					m->entries[i];
		*m = larger;
	}
	e = find(m, key, hash, same);
	if (!e->value)
		m->count++;
	*e = (struct map_entry){key, hash, value};
}

void wf_strmap_set(struct map *m, struct wf_arena *a, const char *key, void *value)
{
	set(m, a, key, hash_of_text(key), same_text, value);
}

void *wf_strmap_get(const struct map *m, const char *key)
{
	return m->room ? find(m, key, hash_of_text(key), same_text)->value : NULL;
}

void wf_ptrmap_set(struct map *m, struct wf_arena *a, const void *key, void *value)
{
	set(m, a, key, hash_of_address(key), same_address, value);
}

void *wf_ptrmap_get(const struct map *m, const void *key)
{
	return m->room ? find(m, key, hash_of_address(key), same_address)->value : NULL;
}
