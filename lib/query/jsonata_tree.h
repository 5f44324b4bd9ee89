/* What jsonata_tree.c and jsonata_parent.c share. Nothing else includes it. */
#ifndef WF_QUERY_JSONATA_TREE_H
#define WF_QUERY_JSONATA_TREE_H

#include "query/jsonata_syntax.h"

/* The building of one tree; all that it makes is of the program's arena. */
struct wf_jn_builder {
	struct wf_jn_program *program;
	struct wf_jn_lexer *lexer; /* for its `fail` */
};

/* Fails with that code at the node. */
_Noreturn void wf_jn_tree_fail(
	struct wf_jn_builder *t, const char *code, const struct wf_jn_node *n);
/* Items (of `size` bytes each) with room for one more than count. */
void *wf_jn_tree_grown(
	struct wf_jn_builder *t, void *items, uint32_t count, uint32_t *room, size_t size);

/* -- jsonata_parent.c -- */

/* Gives a % its slot. */
struct wf_jn_node *wf_jn_build_parent(struct wf_jn_builder *t, struct wf_jn_node *n);
void wf_jn_add_slot(struct wf_jn_builder *t, struct wf_jn_slots *s, struct wf_jn_slot *slot);
/* What `from` still looks for is looked for above `to`. */
void wf_jn_push_seeking(
	struct wf_jn_builder *t, struct wf_jn_node *to, const struct wf_jn_node *from);
/* What the filter of a step looks for may be that step itself. */
void wf_jn_seek_filter(
	struct wf_jn_builder *t, struct wf_jn_node *step, struct wf_jn_node *filter);
/* What the last step of a path looks for is among the steps before it, or above the path. */
void wf_jn_resolve_parents(struct wf_jn_builder *t, struct wf_jn_node *path);

#endif
