/*
 * Which step a % of JSONata means.
 *
 * Each % has a slot: how many steps up it looks, and the name by which tuples carry what it means.
 * A slot goes up with the nodes around its % until steps are met that take the level down; where it
 * comes to 0 the step is the ancestor, and from it on a path is evaluated with tuples.
 */
#include "query/jsonata_tree.h"

#include <stdio.h>

struct wf_jn_node *wf_jn_build_parent(struct wf_jn_builder *t, struct wf_jn_node *n)
{
	char label[16];
	int len = snprintf(label, sizeof(label), "!%u", t->program->labels++);
	n->slot = WF_ARENA_NEW(t->program->arena, struct wf_jn_slot);
	n->slot->label = wf_jn_intern(t->program, label, (size_t)len);
	n->slot->level = 1;
	return n;
}

void wf_jn_add_slot(struct wf_jn_builder *t, struct wf_jn_slots *s, struct wf_jn_slot *slot)
{
	s->items = wf_jn_tree_grown(t, s->items, s->count, &s->room, sizeof(struct wf_jn_slot *));
	s->items[s->count++] = slot;
}

void wf_jn_push_seeking(
	struct wf_jn_builder *t, struct wf_jn_node *to, const struct wf_jn_node *from)
{
	for (uint32_t i = 0; i < from->seeking.count; i++)
		wf_jn_add_slot(t, &to->seeking, from->seeking.items[i]);
	if (from->kind == WF_JN_PARENT)
		wf_jn_add_slot(t, &to->seeking, from->slot);
}

static void seek(struct wf_jn_builder *t, struct wf_jn_node *n, struct wf_jn_slot *slot)
{
	switch ((int)n->kind) {
	case WF_JN_NAME:
	case WF_JN_WILDCARD:
		if (--slot->level == 0) {
			if (n->ancestor)
				slot->label = n->ancestor->label;
			n->ancestor = slot;
			n->tuple = true;
		}
		break;
	case WF_JN_PARENT:
		slot->level++;
		break;
	case WF_JN_BLOCK:
		if (n->count) {
			n->tuple = true;
			seek(t, n->items[n->count - 1], slot);
		}
		break;
	case WF_JN_PATH:
		n->tuple = true;
		for (uint32_t i = n->count; i > 0 && (i == n->count || slot->level > 0); i--)
			seek(t, n->items[i - 1], slot);
		break;
	default:
		wf_jn_tree_fail(t, "S0217", n);
	}
}

static void resolve_one(struct wf_jn_builder *t, struct wf_jn_node *path, struct wf_jn_slot *slot)
{
	uint32_t i = path->count - 1; /* steps before i are still to be tried */
	while (slot->level > 0) {
		if (i == 0) {
			wf_jn_add_slot(t, &path->seeking, slot);
			return;
		}
		struct wf_jn_node *step = path->items[--i];
		while (i > 0 && step->focus && path->items[i - 1]->focus)
			step = path->items[--i];
		seek(t, step, slot);
	}
}

void wf_jn_resolve_parents(struct wf_jn_builder *t, struct wf_jn_node *path)
{
	struct wf_jn_node *last = path->items[path->count - 1];
	struct wf_jn_slots slots = last->seeking;
	for (uint32_t i = 0; i < slots.count; i++)
		resolve_one(t, path, slots.items[i]);
	if (last->kind == WF_JN_PARENT)
		resolve_one(t, path, last->slot);
}

void wf_jn_seek_filter(struct wf_jn_builder *t, struct wf_jn_node *step, struct wf_jn_node *filter)
{
	for (uint32_t i = 0; i < filter->seeking.count; i++) {
		struct wf_jn_slot *slot = filter->seeking.items[i];
		if (slot->level == 1)
			seek(t, step, slot);
		else
			slot->level--;
	}
	if (filter->seeking.count)
		wf_jn_push_seeking(t, step, filter);
}
