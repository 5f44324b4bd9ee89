/*
 * Directed graphs: reach, order, dominators, cycles. All of it in time near to linear in the size
 * of the graph and without recursion, since a definition may have a hundred thousand steps.
 */
#ifndef WF_CHECK_GRAPH_H
#define WF_CHECK_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_NO_NODE UINT32_MAX

struct wf_graph {
	uint32_t count; /* nodes are 0 to count - 1 */
	struct wf_graph_edge {
		uint32_t from, to;
	} * edges;
	uint32_t edge_count, edge_room;
	/* set by wf_graph_freeze: successors of n are to[first[n]] to to[first[n + 1] - 1], in the
	 * order in which they were added; predecessors likewise */
	uint32_t *first, *to, *pred_first, *pred;
	/* set by wf_graph_walk: */
	uint32_t *order; /* nodes reached, in reverse postorder */
	uint32_t reached;
	uint32_t *number; /* preorder number; WF_NO_NODE when not reached */
	uint32_t *vertex; /* its inverse */
	uint32_t *parent; /* preorder number of the one before, by preorder number */
	/* set by wf_graph_dominators, by preorder number: */
	uint32_t *idom, *dom_in, *dom_out;
};

void wf_graph_init(struct wf_graph *g, uint32_t count);
void wf_graph_done(struct wf_graph *g);
void wf_graph_add(struct wf_graph *g, uint32_t from, uint32_t to);
void wf_graph_freeze(struct wf_graph *g); /* once, after the last add */
void wf_graph_walk(struct wf_graph *g, uint32_t root);
void wf_graph_dominators(struct wf_graph *g); /* after walk */

bool wf_graph_reached(const struct wf_graph *g, uint32_t node);
/* Whether every way from the root to b goes through a. Both reached. */
bool wf_graph_dominates(const struct wf_graph *g, uint32_t a, uint32_t b);

/* Marks in seen (count of them, zeroed by the caller) what the nodes lead to, with at least one
 * edge, without entering a node with `cut` (may be NULL). Adds the number of edges looked at to
 * *cost. */
void wf_graph_reach(const struct wf_graph *g, const uint32_t *from, uint32_t from_count,
	const bool *cut, bool *seen, uint64_t *cost);

/* The strongly connected component of each node, numbered from 0 into component; nodes with `cut`
 * are left out (WF_NO_NODE). cut may be NULL. Returns how many there are. */
uint32_t wf_graph_components(const struct wf_graph *g, const bool *cut, uint32_t *component);

/* A shortest cycle through `node` that stays in its component: nodes from `node` on, without coming
 * back to it, into ret (room for count). 0 when there is none. */
uint32_t wf_graph_cycle(
	const struct wf_graph *g, const uint32_t *component, uint32_t node, uint32_t *ret);

#endif
