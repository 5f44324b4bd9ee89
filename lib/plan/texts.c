/* A table of distinct texts. */
#include "plan/internal.h"

#include "base/mem.h"
#include "base/sys.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(((struct wf_texts *)NULL)->key) == crypto_shorthash_KEYBYTES, "key size");

void wf_texts_init(struct wf_texts *t)
{
	*t = (struct wf_texts){0};
	wf_random(t->key, sizeof(t->key));
}

void wf_texts_done(struct wf_texts *t)
{
	wf_free(t->items);
	wf_free(t->slots);
	*t = (struct wf_texts){0};
}

static void grow(struct wf_texts *t)
{
	wf_free(t->slots);
	t->room = t->room ? t->room * 2 : 64;
	t->slots = wf_calloc(t->room, sizeof(*t->slots));
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t at = (uint32_t)t->items[i].hash & (t->room - 1);
		while (t->slots[at])
			at = (at + 1) & (t->room - 1);
		t->slots[at] = i + 1;
	}
}

uint32_t wf_texts_add(struct wf_texts *t, const char *bytes, size_t n, struct wf_arena *arena,
	bool *ret_new)
{
	uint64_t hash;
	uint8_t digest[crypto_shorthash_BYTES];
	(void)crypto_shorthash(digest, (const unsigned char *)bytes, n, t->key);
	memcpy(&hash, digest, sizeof(hash));
	if (t->count >= t->room / 2)
		grow(t);
	uint32_t at = (uint32_t)hash & (t->room - 1);
	for (; t->slots[at]; at = (at + 1) & (t->room - 1)) {
		const struct wf_text *x = &t->items[t->slots[at] - 1];
		if (x->hash == hash && x->n == n && memcmp(x->bytes, bytes, n) == 0) {
			*ret_new = false;
			return t->slots[at] - 1;
		}
	}
	if (arena)
		bytes = wf_arena_strndup(arena, bytes, n);
	WF_GROW(t->items, t->count, t->item_room);
	t->items[t->count] = (struct wf_text){bytes, n, hash};
	t->slots[at] = ++t->count;
	*ret_new = true;
	return t->count - 1;
}
