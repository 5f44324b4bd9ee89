/* Small hash maps for the schema compiler: by string and by address. Memory is an arena's. */
#ifndef WF_SCHEMA_MAP_H
#define WF_SCHEMA_MAP_H

#include "base/mem.h"

#include <stddef.h>

struct map_entry {
	const void *key;
	size_t hash;
	void *value; /* NULL: a free place */
};

/* Zeroed is empty and valid. */
struct map {
	struct map_entry *entries;
	size_t count, room;
};

/* The keys are borrowed. Values are never NULL. */
void wf_strmap_set(struct map *m, struct wf_arena *a, const char *key, void *value);
void *wf_strmap_get(const struct map *m, const char *key);
void wf_ptrmap_set(struct map *m, struct wf_arena *a, const void *key, void *value);
void *wf_ptrmap_get(const struct map *m, const void *key);

#endif
