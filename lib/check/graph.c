/* Directed graphs: reach, order, dominators (Lengauer and Tarjan 1979), cycles (Tarjan 1972). */
#include "check/graph.h"

#include "base/mem.h"

#include <string.h>

static uint32_t *numbers(size_t n, uint32_t value)
{
	uint32_t *p = wf_reallocarray(NULL, n + 1, sizeof *p);

	for (size_t i = 0; i <= n; i++)
		p[i] = value;
	return p;
}

void wf_graph_init(struct wf_graph *g, uint32_t count)
{
	*g = (struct wf_graph){.count = count};
}

void wf_graph_done(struct wf_graph *g)
{
	void *const all[] = {g->edges, g->first, g->to, g->pred_first, g->pred, g->order, g->number,
		g->vertex, g->parent, g->idom, g->dom_in, g->dom_out};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		wf_free(all[i]);
	*g = (struct wf_graph){0};
}

void wf_graph_add(struct wf_graph *g, uint32_t from, uint32_t to)
{
	WF_GROW(g->edges, g->edge_count, g->edge_room);
	g->edges[g->edge_count++] = (struct wf_graph_edge){from, to};
}

/* Sorts one end of the edges by the other, keeping their order: a counting sort. */
static void index_edges(
	const struct wf_graph *g, bool reverse, uint32_t **ret_first, uint32_t **ret_to)
{
	uint32_t *first = numbers((size_t)g->count + 1, 0), *to = numbers(g->edge_count, 0);

	for (uint32_t i = 0; i < g->edge_count; i++)
		first[(reverse ? g->edges[i].to : g->edges[i].from) + 1]++;
	for (uint32_t n = 0; n < g->count; n++)
		first[n + 1] += first[n];
	for (uint32_t i = 0; i < g->edge_count; i++) {
		uint32_t key = reverse ? g->edges[i].to : g->edges[i].from;
		to[first[key]++] = reverse ? g->edges[i].from : g->edges[i].to;
	}
	/* Each first[n] has moved to the beginning of n + 1. */
	memmove(first + 1, first, g->count * sizeof *first);
	first[0] = 0;
	*ret_first = first;
	*ret_to = to;
}

void wf_graph_freeze(struct wf_graph *g)
{
	index_edges(g, false, &g->first, &g->to);
	index_edges(g, true, &g->pred_first, &g->pred);
}

void wf_graph_walk(struct wf_graph *g, uint32_t root)
{
	uint32_t *stack = numbers(g->count, 0), *at = numbers(g->count, 0);
	uint32_t depth = 0, post = g->count;

	g->number = numbers(g->count, WF_NO_NODE);
	g->vertex = numbers(g->count, WF_NO_NODE);
	g->parent = numbers(g->count, WF_NO_NODE);
	g->order = numbers(g->count, WF_NO_NODE);
	g->number[root] = g->reached++;
	g->vertex[0] = root;
	stack[depth++] = root;
	at[root] = g->first[root];
	while (depth) {
		uint32_t n = stack[depth - 1];

		if (at[n] == g->first[n + 1]) {
			g->order[--post] = n;
			depth--;
			continue;
		}
		uint32_t m = g->to[at[n]++];
		if (g->number[m] != WF_NO_NODE)
			continue;
		g->parent[g->reached] = g->number[n];
		g->vertex[g->reached] = m;
		g->number[m] = g->reached++;
		at[m] = g->first[m];
		stack[depth++] = m;
	}
	memmove(g->order, g->order + post, g->reached * sizeof *g->order);
	wf_free(stack);
	wf_free(at);
}

bool wf_graph_reached(const struct wf_graph *g, uint32_t node)
{
	return g->number[node] != WF_NO_NODE;
}

struct forest {
	uint32_t *ancestor, *label, *semi, *stack;
};

/* The vertex of least semidominator on the way from v to its tree's root; compresses the way. */
static uint32_t eval(struct forest *f, uint32_t v)
{
	uint32_t depth = 0;

	if (f->ancestor[v] == WF_NO_NODE)
		return v;
	for (uint32_t u = v; f->ancestor[f->ancestor[u]] != WF_NO_NODE; u = f->ancestor[u])
		f->stack[depth++] = u;
	while (depth) {
		uint32_t u = f->stack[--depth], a = f->ancestor[u];

		if (f->semi[f->label[a]] < f->semi[f->label[u]])
			f->label[u] = f->label[a];
		f->ancestor[u] = f->ancestor[a];
	}
	return f->label[v];
}

/* Places each vertex in the dominator tree, as an interval that holds those below it. */
static void dominator_intervals(struct wf_graph *g)
{
	uint32_t *size = numbers(g->reached, 1), *next = numbers(g->reached, 0);

	g->dom_in = numbers(g->reached, 0);
	g->dom_out = numbers(g->reached, 0);
	for (uint32_t w = g->reached - 1; w > 0; w--)
		size[g->idom[w]] += size[w];
	for (uint32_t w = 0; w < g->reached; w++) {
		if (w > 0) {
			g->dom_in[w] = next[g->idom[w]];
			next[g->idom[w]] += size[w];
		}
		next[w] = g->dom_in[w] + 1;
		g->dom_out[w] = g->dom_in[w] + size[w];
	}
	wf_free(size);
	wf_free(next);
}

static void semidominator(const struct wf_graph *g, struct forest *f, uint32_t w)
{
	uint32_t node = g->vertex[w];

	for (uint32_t i = g->pred_first[node]; i < g->pred_first[node + 1]; i++) {
		uint32_t v = g->number[g->pred[i]], u;

		if (v == WF_NO_NODE)
			continue;
		u = eval(f, v);
		if (f->semi[u] < f->semi[w])
			f->semi[w] = f->semi[u];
	}
}

void wf_graph_dominators(struct wf_graph *g)
{
	uint32_t n = g->reached;
	struct forest f = {numbers(n, WF_NO_NODE), numbers(n, 0), numbers(n, 0), numbers(n, 0)};
	uint32_t *bucket = numbers(n, WF_NO_NODE), *chain = numbers(n, WF_NO_NODE);

	g->idom = numbers(n, 0);
	for (uint32_t w = 0; w < n; w++)
		f.label[w] = f.semi[w] = w;
	for (uint32_t w = n - 1; w > 0; w--) {
		uint32_t p = g->parent[w];

		semidominator(g, &f, w);
		chain[w] = bucket[f.semi[w]];
		bucket[f.semi[w]] = w;
		f.ancestor[w] = p;
		for (uint32_t v = bucket[p]; v != WF_NO_NODE; v = chain[v]) {
			uint32_t u = eval(&f, v);
			g->idom[v] = f.semi[u] < f.semi[v] ? u : p;
		}
		bucket[p] = WF_NO_NODE;
	}
	for (uint32_t w = 1; w < n; w++)
		if (g->idom[w] != f.semi[w])
			g->idom[w] = g->idom[g->idom[w]];
	dominator_intervals(g);
	wf_free(f.ancestor);
	wf_free(f.label);
	wf_free(f.semi);
	wf_free(f.stack);
	wf_free(bucket);
	wf_free(chain);
}

bool wf_graph_dominates(const struct wf_graph *g, uint32_t a, uint32_t b)
{
	uint32_t x = g->number[a], y = g->number[b];

	return g->dom_in[x] <= g->dom_in[y] && g->dom_in[y] < g->dom_out[x];
}

void wf_graph_reach(const struct wf_graph *g, const uint32_t *from, uint32_t from_count,
	const bool *cut, bool *seen, uint64_t *cost)
{
	uint32_t *queue = numbers((size_t)g->count + from_count, 0);
	uint32_t head = 0, tail = 0;

	for (uint32_t i = 0; i < from_count; i++)
		queue[tail++] = from[i];
	while (head < tail) {
		uint32_t n = queue[head++];

		for (uint32_t i = g->first[n]; i < g->first[n + 1]; i++) {
			uint32_t m = g->to[i];

			if (seen[m] || (cut && cut[m]))
				continue;
			seen[m] = true;
			queue[tail++] = m;
		}
		*cost += 1 + g->first[n + 1] - g->first[n];
	}
	wf_free(queue);
}

/* Tarjan's algorithm with its recursion as a stack. */
struct scc {
	const struct wf_graph *g;
	const bool *cut;
	uint32_t *index, *low, *at, *calls, *open;
	uint32_t *component;
	uint32_t next_index, open_count, components;
};

static void scc_close(struct scc *s, uint32_t n)
{
	uint32_t m;

	do {
		m = s->open[--s->open_count];
		s->component[m] = s->components;
	} while (m != n);
	s->components++;
}

static void scc_open(struct scc *s, uint32_t n)
{
	s->index[n] = s->low[n] = s->next_index++;
	s->at[n] = s->g->first[n];
	s->open[s->open_count++] = n;
}

static void scc_visit(struct scc *s, uint32_t root)
{
	uint32_t depth = 0;

	scc_open(s, root);
	s->calls[depth++] = root;
	while (depth) {
		uint32_t n = s->calls[depth - 1];

		if (s->at[n] < s->g->first[n + 1]) {
			uint32_t m = s->g->to[s->at[n]++];

			if (s->cut && s->cut[m])
				continue;
			if (s->index[m] == WF_NO_NODE) {
				scc_open(s, m);
				s->calls[depth++] = m;
			} else if (s->component[m] == WF_NO_NODE && s->index[m] < s->low[n]) {
				s->low[n] = s->index[m];
			}
			continue;
		}
		if (s->low[n] == s->index[n])
			scc_close(s, n);
		if (--depth && s->low[n] < s->low[s->calls[depth - 1]])
			s->low[s->calls[depth - 1]] = s->low[n];
	}
}

uint32_t wf_graph_components(const struct wf_graph *g, const bool *cut, uint32_t *component)
{
	struct scc s = {.g = g, .cut = cut, .component = component};

	s.index = numbers(g->count, WF_NO_NODE);
	s.low = numbers(g->count, 0);
	s.at = numbers(g->count, 0);
	s.calls = numbers(g->count, 0);
	s.open = numbers(g->count, 0);
	for (uint32_t n = 0; n < g->count; n++)
		component[n] = WF_NO_NODE;
	for (uint32_t n = 0; n < g->count; n++)
		if (s.index[n] == WF_NO_NODE && !(cut && cut[n]))
			scc_visit(&s, n);
	wf_free(s.index);
	wf_free(s.low);
	wf_free(s.at);
	wf_free(s.calls);
	wf_free(s.open);
	return s.components;
}

uint32_t wf_graph_cycle(
	const struct wf_graph *g, const uint32_t *component, uint32_t node, uint32_t *ret)
{
	uint32_t *before = numbers(g->count, WF_NO_NODE), *queue = numbers(g->count, 0);
	uint32_t head = 0, tail = 0, last = WF_NO_NODE, length = 0;

	queue[tail++] = node;
	while (head < tail && last == WF_NO_NODE) {
		uint32_t n = queue[head++];

		for (uint32_t i = g->first[n]; i < g->first[n + 1]; i++) {
			uint32_t m = g->to[i];

			if (m == node && last == WF_NO_NODE)
				last = n;
			if (m == node || component[m] != component[node] || before[m] != WF_NO_NODE)
				continue;
			before[m] = n;
			queue[tail++] = m;
		}
	}
	if (last != WF_NO_NODE) {
		for (uint32_t n = last; n != WF_NO_NODE; n = before[n])
			length++;
		uint32_t i = length;
		for (uint32_t n = last; n != WF_NO_NODE; n = before[n])
			ret[--i] = n;
	}
	wf_free(before);
	wf_free(queue);
	return length;
}
