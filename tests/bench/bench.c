/* The benchmark's main: runs the rows, prints the table, writes the JSON. */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct world world;

static const struct {
	const char *name;
	void (*fn)(void);
} groups[] = {
	{"cold", bench_cold},
	{"steps", bench_steps},
	{"batch", bench_batch},
	{"http", bench_http},
	{"large", bench_large},
	{"resume", bench_resume},
	{"sweep", bench_sweep},
	{"clock", bench_clock},
	{"people", bench_people},
	{"queries", bench_queries},
	{"children", bench_children},
	{"forks", bench_forks},
	{"trials", bench_trials},
};

static bool wanted(int argc, char **argv, const char *name)
{
	for (int i = 3; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc <= 3;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: bench BUILD_FOLDER JSON_FILE "
		      "[cold|steps|batch|http|large|resume|sweep|clock|people|queries|children|forks|trials]...\n", stderr);
		return 2;
	}
	char *build = realpath(argv[1], NULL);
	const char *quick = getenv("BENCH_QUICK");
	if (!build)
		die("%s: %s", argv[1], strerror(errno));
	world.build = build;
	world.quick = quick && *quick && strcmp(quick, "0") != 0;
	if (asprintf(&world.work, "%s/bench-work", build) < 0)
		die("out of memory");
	world.wfctl = in_build("wfctl");
	world.yardstick = in_build("tests/bench/programs/yardstick");
	world.errors = in_work("stderr");
	remove_tree(world.work);
	if (mkdir(world.work, 0700))
		die("%s: %s", world.work, strerror(errno));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (wanted(argc, argv, groups[i].name))
			groups[i].fn();
	rows_print_table();
	int status = rows_write_json(argv[2]);
	if (!status && !rows_reached())
		status = 1;
	remove_tree(world.work);
	rows_done();
	paths_done();
	free(world.work);
	free(build);
	return status;
}
