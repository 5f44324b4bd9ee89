/* Dominators, components and cycles against their definitions, on small random graphs. */
#include "unit/definition.h"

#include "check/graph.h"

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static void random_graph(struct wf_graph *g, uint32_t count, uint32_t edges, uint64_t *seed)
{
	wf_graph_init(g, count);
	for (uint32_t i = 0; i < edges; i++) {
		uint32_t from = next_random(seed) % count;
		wf_graph_add(g, from, next_random(seed) % count);
	}
	wf_graph_freeze(g);
	wf_graph_walk(g, 0);
	wf_graph_dominators(g);
}

/* Whether `to` is reached from `from` without going through `without` (which may be neither). */
static bool leads(const struct wf_graph *g, uint32_t from, uint32_t to, uint32_t without)
{
	bool seen[64] = {false};
	uint32_t todo[64], n = 0;

	if (from == without)
		return false;
	seen[from] = true;
	todo[n++] = from;
	while (n) {
		uint32_t at = todo[--n];
		for (uint32_t i = 0; i < g->edge_count; i++) {
			uint32_t next = g->edges[i].to;
			if (g->edges[i].from != at || seen[next] || next == without)
				continue;
			seen[next] = true;
			todo[n++] = next;
		}
	}
	return seen[to];
}

static void check_dominators(const struct wf_graph *g)
{
	for (uint32_t b = 0; b < g->count; b++) {
		assert_int_equal(wf_graph_reached(g, b), leads(g, 0, b, WF_NO_NODE));
		for (uint32_t a = 0; a < g->count; a++)
			if (wf_graph_reached(g, a) && wf_graph_reached(g, b))
				assert_int_equal(
					wf_graph_dominates(g, a, b), a == b || !leads(g, 0, b, a));
	}
}

static bool has_edge(const struct wf_graph *g, uint32_t from, uint32_t to)
{
	for (uint32_t i = g->first[from]; i < g->first[from + 1]; i++)
		if (g->to[i] == to)
			return true;
	return false;
}

static void check_components(const struct wf_graph *g)
{
	uint32_t component[64], cycle[64];

	wf_graph_components(g, NULL, component);
	for (uint32_t a = 0; a < g->count; a++) {
		bool loops = false;

		for (uint32_t b = 0; b < g->count; b++) {
			assert_int_equal(component[a] == component[b],
				leads(g, a, b, WF_NO_NODE) && leads(g, b, a, WF_NO_NODE));
			loops = loops || (has_edge(g, a, b) && leads(g, b, a, WF_NO_NODE));
		}
		uint32_t length = wf_graph_cycle(g, component, a, cycle);
		assert_int_equal(length > 0, loops);
		for (uint32_t i = 0; i < length; i++)
			assert_true(has_edge(g, cycle[i], cycle[(i + 1) % length]));
		if (length)
			assert_int_equal(cycle[0], a);
	}
}

static void test_random_graphs(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 400; round++) {
		uint32_t count = 1 + next_random(&seed) % 14;
		struct wf_graph g;

		random_graph(&g, count, next_random(&seed) % (3 * count), &seed);
		check_dominators(&g);
		check_components(&g);
		wf_graph_done(&g);
	}
}

static void test_order(void **state)
{
	struct wf_graph g;

	(void)state;
	wf_graph_init(&g, 5);
	wf_graph_add(&g, 0, 1);
	wf_graph_add(&g, 0, 2);
	wf_graph_add(&g, 1, 3);
	wf_graph_add(&g, 2, 3);
	wf_graph_freeze(&g);
	wf_graph_walk(&g, 0);
	assert_int_equal(g.reached, 4);
	assert_int_equal(g.order[0], 0);
	assert_int_equal(g.order[3], 3);
	assert_false(wf_graph_reached(&g, 4));
	wf_graph_done(&g);
}

/* Wide and deep: every step leads to the next and to one handler. */
static void test_large(void **state)
{
	const uint32_t count = 300000;
	struct wf_graph g;

	(void)state;
	wf_graph_init(&g, count);
	for (uint32_t i = 0; i + 2 < count; i++) {
		wf_graph_add(&g, i, i + 1);
		wf_graph_add(&g, i, count - 1);
	}
	wf_graph_freeze(&g);
	wf_graph_walk(&g, 0);
	wf_graph_dominators(&g);
	assert_int_equal(g.reached, count);
	assert_true(wf_graph_dominates(&g, 1, count - 2));
	assert_false(wf_graph_dominates(&g, 1, count - 1));
	uint32_t *component = wf_calloc(count, sizeof *component);
	assert_int_equal(wf_graph_components(&g, NULL, component), count);
	wf_free(component);
	wf_graph_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_graphs),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests_name("graphs", tests, NULL, NULL);
}
