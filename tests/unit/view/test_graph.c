/* Graphs: everything in it, names escaped, steps coloured. */
#include "sample.h"

#include "view/graph.h"

static void has(const struct wf_buf *b, const char *part)
{
	if (!strstr(b->data, part))
		fail_msg("no %s in\n%s", part, b->data);
}

static void test_dot(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	sample_init(&s);
	wf_view_dot(s.plan, NULL, &b);
	has(&b, "digraph \"on\\\"boarding\" {\n");
	has(&b, "s0 [label=\"create_account\\nhttp.request\", shape=box");
	has(&b, "s1 [label=\"approval\\napproval.request\", shape=hexagon");
	has(&b, "\tstart -> s0;\n");
	has(&b, "\ts0 -> s1 [label=\"a < \\\"b\\\"\"");
	has(&b, "\ts0 -> s2 [style=dashed");
	has(&b, "\ts1 -> s2 [label=\"approve\", ");
	has(&b, "\ts1 -> s2 [label=\"after PT4H\", style=dotted");
	has(&b, "\ts2 -> end;\n");
	assert_null(strstr(b.data, "tooltip"));
	wf_buf_reset(&b);
	wf_view_dot(s.plan, s.in, &b);
	has(&b, "fillcolor=\"#d1e7dd\", color=\"#146c43\", tooltip=\"completed\"");
	has(&b, "tooltip=\"waiting\"");
	sample_done(&s);
	wf_buf_done(&b);
}

static void test_mermaid(void **state)
{
	(void)state;
	struct sample s;
	struct wf_buf b = { 0 };
	sample_init(&s);
	wf_view_mermaid(s.plan, s.in, &b);
	has(&b, "flowchart TD\n");
	has(&b, "s0[\"create_account<br/>http.request\"]:::completed\n");
	has(&b, "s1{{\"approval<br/>approval.request\"}}:::waiting\n");
	has(&b, "\ts0 -->|\"a #60; #34;b#34;\"| s1\n");
	has(&b, "\ts0 -.-> s2\n");
	has(&b, "\ts1 -.->|\"after PT4H\"| s2\n");
	has(&b, "\tbegin --> s0\n");
	has(&b, "\ts2 --> finish\n");
	has(&b, "classDef in_doubt fill:");
	sample_done(&s);
	wf_buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dot), cmocka_unit_test(test_mermaid),
	};
	return cmocka_run_group_tests_name("view graph", tests, NULL, NULL);
}
