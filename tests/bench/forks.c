/* Many items and many dependencies: what they cost, and that it grows as their number does. */
#include "bench.h"

#include <stdio.h>

static const char items[] =
	"workflow:\n"
	"  id: items\n"
	"  input: { type: object, required: [n], properties: { n: { type: integer } } }\n"
	"  steps:\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: '${range(input.n)}'\n"
	"        limit: 8\n"
	"        steps:\n"
	"          - { id: twice, action: data.set, with: { n: '${item * 2}' } }\n";

struct measured {
	struct cost cost;
	double bytes;
};

static struct measured go_over(const char *file, size_t count)
{
	const char *home = fresh_home("items");
	char given[32];
	snprintf(given, sizeof(given), "{\"n\":%zu}", count);
	struct measured m;
	m.cost = run(&(struct process){.argv = {world.wfctl, "run", file, "--input", given, "--quiet"},
		.home = home, .watched = true});
	m.bytes = file_bytes(data_file(home));
	return m;
}

static void foreach_rows(void)
{
	size_t many = 100000, few = many / 10, runs = world.quick ? 3 : 7;
	const char *file = in_work("items.yaml");
	write_text(file, "%s", items);
	struct row *time = row_add("foreach of 100,000 pure items", "ms", "ten times that of 10,000");
	struct row *journal = row_add("bytes of journal an item of 100,000", "bytes", "of 10,000");
	struct row *memory = row_add("most memory of a foreach of 100,000", "KiB", NULL);
	time->ratio_at_most = 1.5;
	time->at_most = 10000;
	journal->ratio_at_most = 1.2;
	memory->at_most = 262144;
	for (size_t i = 0; i < runs; i++) {
		struct measured large = go_over(file, many), small = go_over(file, few);
		samples_add(&time->ours, large.cost.seconds * 1e3);
		samples_add(&time->theirs, small.cost.seconds * 1e4);
		samples_add(&journal->ours, large.bytes / (double)many);
		samples_add(&journal->theirs, small.bytes / (double)few);
		samples_add(&memory->ours, large.cost.kib);
	}
	row_print(time);
	row_print(journal);
	row_print(memory);
}

/* A thousand steps: each but the first depends on up to three of the fifty before it, or all stand in a row. */
static const char *thousand(const char *name, bool depends)
{
	const char *file = in_work("%s.yaml", name);
	unsigned state = 1;
	FILE *f = fopen(file, "we");
	if (!f)
		die("%s cannot be written", file);
	fprintf(f, "workflow:\n  id: %s\n%s  steps:\n", name,
		depends ? "  concurrency: { steps: 16 }\n" : "");
	for (unsigned i = 0; i < 1000; i++) {
		fprintf(f, "    - id: s%u\n      action: data.set\n      with: { v: %u }\n", i, i);
		if (!depends || !i)
			continue;
		fputs("      depends_on: [", f);
		for (unsigned k = 0, last = 0; k < 3 && last < i; k++) {
			state = state * 1103515245 + 12345;
			unsigned back = last + 1 + state / 65536 % 16;
			if (back > i)
				back = last + 1;
			fprintf(f, "%ss%u", k ? ", " : "", i - back);
			last = back;
		}
		fputs("]\n", f);
	}
	if (fclose(f))
		die("%s cannot be written", file);
	return file;
}

static double run_once(const char *home, const char *file)
{
	return run(&(struct process){.argv = {world.wfctl, "run", file, "--quiet"}, .home = home})
		.seconds * 1e3;
}

static void dag_row(void)
{
	const char *dag = thousand("dag", true), *line = thousand("line", false);
	const char *home = fresh_home("dag"), *other = fresh_home("line");
	struct row *r = row_add("DAG of 1,000 steps", "ms", "1,000 steps one after the other");
	r->ratio_at_most = 3;
	for (size_t i = 0; i < (world.quick ? 11 : 51); i++) {
		samples_add(&r->ours, run_once(home, dag));
		samples_add(&r->theirs, run_once(other, line));
	}
	row_print(r);
}

void bench_forks(void)
{
	foreach_rows();
	dag_row();
}
