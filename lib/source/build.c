/* Nodes, lists, maps and documents of the tree, while they are read. */
#include "source/build.h"

#include "base/limits.h"
#include "base/text.h"
#include "source/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wf_build_init(struct wf_build *b, const struct wf_source *source, struct wf_diags *diags)
{
	memset(b, 0, sizeof(*b));
	b->source = source;
	b->diags = diags;
	wf_places_init(&b->places, source->text, source->len);
}

void wf_build_done(struct wf_build *b, struct wf_documents *ret)
{
	wf_arena_free(b->arena);
	wf_places_done(&b->places);
	wf_free(b->items);
	wf_free(b->entries);
	*ret = (struct wf_documents){ b->docs, b->doc_count };
	memset(b, 0, sizeof(*b));
}

void wf_build_begin(struct wf_build *b)
{
	b->arena = wf_arena_new();
	b->item_count = b->entry_count = 0;
}

void wf_build_finish(struct wf_build *b, struct wf_node *root)
{
	WF_GROW(b->docs, b->doc_count, b->doc_room);
	b->docs[b->doc_count++] = (struct wf_document){ b->arena, root, b->index++ };
	b->arena = NULL;
}

void wf_build_drop(struct wf_build *b)
{
	wf_arena_free(b->arena);
	b->arena = NULL;
	b->index++;
}

struct wf_diag *wf_build_find(
	struct wf_build *b, enum wf_rule rule, size_t from, size_t to, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	struct wf_span span = wf_places_span(&b->places, from, to);
	return wf_diag_add(b->diags, rule, b->source, span, "%s", text);
}

void wf_build_too_deep(struct wf_build *b, size_t from, size_t to)
{
	struct wf_diag *d = wf_build_find(b, WF_RULE_LIMIT, from, to,
		"lists and maps are nested more than %d deep here", WF_MAX_DEPTH);
	wf_diag_hint(d, "a definition never needs this; split the value, or keep it as text");
}

struct wf_node *wf_build_node(struct wf_build *b, enum wf_node_kind kind, size_t from, size_t to)
{
	struct wf_node *node = WF_ARENA_NEW(b->arena, struct wf_node);
	node->kind = kind;
	node->span = wf_places_span(&b->places, from, to);
	return node;
}

struct wf_node *wf_build_string(
	struct wf_build *b, const char *text, size_t len, size_t from, size_t to)
{
	struct wf_node *node = wf_build_node(b, WF_NODE_STRING, from, to);
	node->string.text = wf_arena_strndup(b->arena, text, len);
	node->string.len = len;
	return node;
}

void wf_build_push_item(struct wf_build *b, struct wf_node *item)
{
	WF_GROW(b->items, b->item_count, b->item_room);
	b->items[b->item_count++] = item;
}

void wf_build_take_items(struct wf_build *b, size_t base, struct wf_node *list)
{
	size_t count = b->item_count - base;
	list->list.items = WF_ARENA_ARRAY(b->arena, struct wf_node *, count);
	list->list.count = count;
	if (count)
		memcpy(list->list.items, b->items + base, count * sizeof(*b->items));
	b->item_count = base;
}

void wf_build_push_entry(struct wf_build *b, struct wf_entry entry)
{
	WF_GROW(b->entries, b->entry_count, b->entry_room);
	b->entries[b->entry_count++] = entry;
}

/* -- the keys of one map -- */

#define FEW 16

/* Most maps have few keys and are searched as they are; the tree is for the rest. */
struct keys {
	const struct wf_pair *few[FEW];
	size_t count;
	struct wf_names names;
};

static const struct wf_pair *add_to_tree(struct keys *keys, const struct wf_pair *pair)
{
	void **slot = wf_names_slot(&keys->names, pair->key);
	const struct wf_pair *earlier = *slot;
	if (!earlier)
		memcpy(slot, &pair, sizeof(pair));
	return earlier;
}

/* The pair there is with the same key; NULL when there was none, and now is. */
static const struct wf_pair *add_key(struct keys *keys, const struct wf_pair *pair)
{
	if (keys->names.arena)
		return add_to_tree(keys, pair);
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->few[i]->key, pair->key) == 0)
			return keys->few[i];
	if (keys->count < FEW) {
		keys->few[keys->count++] = pair;
		return NULL;
	}
	keys->names.arena = wf_arena_new();
	for (size_t i = 0; i < keys->count; i++)
		(void)add_to_tree(keys, keys->few[i]);
	return add_to_tree(keys, pair);
}

static void report_duplicate(
	struct wf_build *b, const struct wf_entry *entry, const struct wf_pair *first)
{
	const struct wf_span *span = &entry->pair.key_span;
	struct wf_shown key = wf_shown(entry->pair.key, strlen(entry->pair.key));
	struct wf_diag *d = wf_build_find(b, WF_RULE_DUPLICATE_KEY, span->offset, span->end_offset,
		"the key `%s` stands twice in this map; the first is on line %u", key.text,
		first->key_span.line);
	if (entry->merge)
		wf_diag_hint(d, "merge several maps with one key: `<<: [*one, *two]`");
	else
		wf_diag_hint(d, "remove or rename one of the two");
}

/* Registers the map's own keys; an entry that is not to stay loses its key. */
static void check_own_keys(struct wf_build *b, size_t base, struct keys *keys)
{
	const struct wf_pair *merge = NULL;

	for (size_t i = base; i < b->entry_count; i++) {
		struct wf_entry *entry = &b->entries[i];
		const struct wf_pair *first = entry->merge ? merge : add_key(keys, &entry->pair);
		if (first) {
			report_duplicate(b, entry, first);
			entry->pair.key = NULL;
		} else if (entry->merge) {
			merge = &entry->pair;
		}
	}
}

/* The maps that a merge brings: the value itself, or the items of the list. */
static size_t merged_maps(const struct wf_node *value, struct wf_node *const *one,
	struct wf_node *const **ret_maps)
{
	if (value->kind == WF_NODE_LIST) {
		*ret_maps = value->list.items;
		return value->list.count;
	}
	*ret_maps = one;
	return 1;
}

static size_t count_pairs(const struct wf_build *b, size_t base)
{
	size_t total = 0;
	for (size_t i = base; i < b->entry_count; i++) {
		const struct wf_entry *entry = &b->entries[i];
		struct wf_node *const *maps;
		if (!entry->merge) {
			total++;
			continue;
		}
		size_t count = merged_maps(entry->pair.value, &entry->pair.value, &maps);
		for (size_t k = 0; k < count; k++)
			total += maps[k]->map.count;
	}
	return total;
}

static void merge_pairs(struct keys *keys, const struct wf_entry *entry, struct wf_node *map)
{
	struct wf_node *const *maps;
	size_t count = merged_maps(entry->pair.value, &entry->pair.value, &maps);

	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < maps[k]->map.count; i++)
			if (!add_key(keys, &maps[k]->map.pairs[i]))
				map->map.pairs[map->map.count++] = maps[k]->map.pairs[i];
}

void wf_build_take_entries(struct wf_build *b, size_t base, struct wf_node *map)
{
	struct keys keys = { .count = 0 };

	map->map.pairs = WF_ARENA_ARRAY(b->arena, struct wf_pair, count_pairs(b, base));
	map->map.count = 0;
	check_own_keys(b, base, &keys);
	for (size_t i = base; i < b->entry_count; i++) {
		const struct wf_entry *entry = &b->entries[i];
		if (!entry->pair.key)
			continue;
		if (entry->merge)
			merge_pairs(&keys, entry, map);
		else
			map->map.pairs[map->map.count++] = entry->pair;
	}
	wf_arena_free(keys.names.arena);
	b->entry_count = base;
}

/* -- documents, and what is shown of them -- */

void wf_documents_done(struct wf_documents *docs)
{
	if (!docs)
		return;
	for (size_t i = 0; i < docs->count; i++)
		wf_arena_free(docs->items[i].arena);
	wf_free(docs->items);
	*docs = (struct wf_documents){ 0 };
}

struct wf_shown wf_shown(const char *text, size_t len)
{
	static const char dots[] = "…";
	struct wf_shown shown = { { 0 } };
	size_t room = sizeof(shown.text) - sizeof(dots), used = 0;

	while (used < len) {
		size_t step;
		uint32_t point = wf_utf8_next(text + used, len - used, &step);
		if (used + step > room) {
			memcpy(shown.text + used, dots, sizeof(dots));
			break;
		}
		if (point < 0x20 || point == 0x7F)
			shown.text[used] = '?';
		else
			memcpy(shown.text + used, text + used, step);
		used += step;
	}
	return shown;
}
