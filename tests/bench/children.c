/* A thousand children: one after the other, where each needs a commit of its own, and side by side. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>

#define CHILDREN 1000

static const char of_leaf[] =
	"---\nworkflow:\n  id: leaf\n  input: { type: object, required: [n] }\n  steps:\n"
	"    - { id: one, action: data.set, with: { x: '${n}' } }\n"
	"  completion: { on_success: { output: { x: '${one.x}' } } }\n";

static void make_family(const char *path, size_t limit)
{
	FILE *f = fopen(path, "we");
	if (!f)
		die("%s cannot be written", path);
	fprintf(f, "workflow:\n  id: family\n  input: { type: object, required: [list] }\n  steps:\n"
		"    - id: all\n      foreach:\n        items: '${list}'\n        limit: %zu\n"
		"        steps:\n          - { id: call, action: workflow.run,\n"
		"              with: { workflow: leaf, input: { n: '${item}' } } }\n%s", limit, of_leaf);
	if (fclose(f))
		die("%s cannot be written", path);
}

static void family(size_t limit, const char *name, double ratio_at_most)
{
	struct row *r = row_add(name, "children/s", "raw LMDB, the same commits and bytes");
	r->rate = true;
	r->ratio_at_most = ratio_at_most;
	const char *file = in_work("family.yaml"), *input = in_work("family.json");
	const char *home = fresh_home("children"), *env = fresh_environment("children-raw");
	const char *list = in_work("children.list");
	char commits[32], given[512];
	make_family(file, limit);
	FILE *f = fopen(input, "we");
	for (unsigned i = 0; f && i < CHILDREN; i++)
		fprintf(f, "%s%u", i ? ", " : "{\"list\": [", i);
	if (!f || fprintf(f, "]}") < 0 || fclose(f))
		die("%s cannot be written", input);
	snprintf(given, sizeof(given), "@%s", input);
	unsigned long before = transactions_of(data_file(home));
	run(&(struct process){.argv = {world.wfctl, "run", "-q", file, "--input", given}, .home = home});
	snprintf(commits, sizeof(commits), "%lu", transactions_of(data_file(home)) - before);
	run(&(struct process){.argv = {world.yardstick, "list", folder_of(data_file(home)), "1", "1001", list}});
	for (size_t i = 0; i < (world.quick ? 3u : 11u); i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "run", "-q", file, "--input", given}, .home = home});
		struct cost theirs = run(&(struct process){
			.argv = {world.yardstick, "commits", env, commits, list}});
		samples_add(&r->ours, CHILDREN / ours.seconds);
		samples_add(&r->theirs, CHILDREN / theirs.seconds);
	}
	row_print(r);
}

void bench_children(void)
{
	family(1, "1,000 children, one after the other", 3);
	family(64, "1,000 children, 64 side by side", 5);
}
