/* Expressions: a condition beside the same in C, the query languages beside their reference
 * implementations, which npm brings into the build folder where it can. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKAGES "jmespath@0.16.0 jsonata@2.2.2"
#define EXPRESSIONS "tests/bench/queries.json"

/* The number that a program prints. */
static double number_of(struct process p)
{
	double value = 0;
	p.out = in_work("number");
	run(&p);
	FILE *f = fopen(p.out, "r");
	if (!f || fscanf(f, "%lf", &value) != 1 || value <= 0)
		die("%s printed no number", p.argv[0]);
	(void)fclose(f);
	return value;
}

static void conditions(void)
{
	struct row *r = row_add("1,000,000 evaluations of a typical condition", "evaluations/s",
		"the same condition written in C over jansson");
	const char *program = in_build("tests/bench/programs/conditions");
	r->rate = true;
	r->ratio_at_most = 3;
	for (size_t i = 0; i < (world.quick ? 5u : 9u); i++) {
		samples_add(&r->ours, number_of((struct process){.argv = {program, "vm", "1000000"}}));
		samples_add(&r->theirs,
			number_of((struct process){.argv = {program, "jansson", "1000000"}}));
	}
	row_print(r);
}

/* The folder of the packages; NULL where they cannot be had. */
static const char *packages(void)
{
	const char *folder = in_build("bench-npm");
	char command[4096];
	(void)snprintf(command, sizeof(command),
		"command -v node >/dev/null && { [ -d '%s/node_modules/jsonata' ] || "
		"npm install --silent --no-audit --no-fund --prefix '%s' %s >/dev/null 2>&1; } && "
		"[ -d '%s/node_modules/jmespath' ]", folder, folder, PACKAGES, folder);
	return system(command) == 0 ? folder : NULL;
}

/* Ours parses once, as the engine does, or every time too. */
static void language(const char *name, const char *row, const char *yardstick, const char *mode,
	double ratio, const char *folder)
{
	struct row *r = row_add(row, "evaluations/s", yardstick);
	const char *program = in_build("tests/bench/programs/queries");
	const char *seconds = "1";
	r->rate = true;
	r->ratio_at_most = ratio;
	if (!folder) {
		r->not_measured = "needs node, and npm that can install " PACKAGES;
		fprintf(stderr, "%s: not measured: %s\n", row, r->not_measured);
		return;
	}
	char path[4096];
	(void)snprintf(path, sizeof(path), "NODE_PATH=%s/node_modules", folder);
	for (size_t i = 0; i < (world.quick ? 3u : 5u); i++) {
		samples_add(&r->ours, number_of((struct process){
			.argv = {program, mode, name, EXPRESSIONS, seconds}}));
		samples_add(&r->theirs, number_of((struct process){.argv = {"/usr/bin/env", path, "node",
			"tests/bench/programs/queries.js", mode, name, EXPRESSIONS, seconds}}));
	}
	row_print(r);
}

void bench_queries(void)
{
	const char *folder;
	conditions();
	folder = packages();
	language("jmespath", "JMESPath: eight typical expressions, parsed once",
		"npm's jmespath, which cannot but parse each time", "-o", 0.2, folder);
	language("jmespath", "JMESPath: the same, parsed each time", "npm's jmespath", "-p", 0, folder);
	language("jsonata", "JSONata: eight typical expressions, parsed once", "npm's jsonata, parsed once",
		"-o", 0.2, folder);
	language("jsonata", "JSONata: the same, parsed each time", "npm's jsonata", "-p", 0, folder);
}
