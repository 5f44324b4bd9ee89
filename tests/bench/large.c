/* Commands on a journal of a million instances, beside the same on one that is all but empty. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>

/* Instances in the journal that counts as empty: a page of ps, and approvals to give. */
enum { FEW = 400 };

static const char *filled(const char *name, size_t count, const char *file)
{
	const char *home = fresh_home(name), *inputs = in_work("inputs");
	make_inputs(inputs, count, NULL);
	run(&(struct process){.argv = {world.wfctl, "run", file, "--batch", inputs},
		.home = home, .out = in_work("results"), .status = 3});
	return home;
}

static const char *const *command(size_t which, size_t i, size_t first, const char *file)
{
	static char number[32];
	static const char *argv[12];
	/* every second instance is parked, from the second on */
	snprintf(number, sizeof(number), "%zu", first + 2 * (i + 1));
	const char *const forms[4][8] = {
		{world.wfctl, "ps"},
		{world.wfctl, "show", number},
		{world.wfctl, "run", file},
		{world.wfctl, "approve", number, "--as", "alice"},
	};
	for (size_t k = 0; k < 8; k++)
		argv[k] = forms[which][k];
	return argv;
}

static double once(const char *home, const char *const *argv)
{
	struct process p = {.home = home};
	for (size_t i = 0; argv[i]; i++)
		p.argv[i] = argv[i];
	return run(&p).seconds * 1e3;
}

void bench_large(void)
{
	static const char *const names[2][4] = {
		{"ps with 1,000,000 instances in the journal",
		"show with 1,000,000 instances in the journal",
		"run with 1,000,000 instances in the journal",
		"approve with 1,000,000 instances in the journal"},
		{"ps with 50,000 instances in the journal",
		"show with 50,000 instances in the journal",
		"run with 50,000 instances in the journal",
		"approve with 50,000 instances in the journal"},
	};
	size_t many = world.quick ? 50000 : 1000000;
	const char *file = in_work("half.yaml"), *sets = in_work("sets.yaml");
	write_text(file, "%s", half_parked);
	write_text(sets, "%s", three_sets);
	const char *large = filled("large", many, file), *small = filled("small", FEW, file);
	for (size_t c = 0; c < 4; c++) {
		struct row *r = row_add(names[world.quick][c], "ms",
			"the same with an empty journal");
		r->ratio_at_most = 1.5;
		for (size_t i = 0; i < (world.quick ? 21 : 101); i++) {
			samples_add(&r->ours, once(large, command(c, i, many / 2, sets)));
			samples_add(&r->theirs, once(small, command(c, i, 0, sets)));
		}
		row_print(r);
	}
}
