/*
 * The campaign of generated workflows: from each seed a definition is drawn that combines all that the
 * language has; it is checked and compiled, in two forms, run to its end, and run again with deaths at
 * boundaries that are drawn as well, with crashes of the machine, from a backup, and under another version.
 *
 *	generated [--quick | --seeds N] [--from SEED] [--jobs N] [SEED]
 *
 * A seed that finds something wrong says so, and its definition is kept in `generated` of the build.
 */
#include "generated.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_JOBS 16u

struct tally {
	unsigned workflows, steps, courses, deaths, power, restored, moved, doubts, commands, complaints;
	unsigned completed, failed, cancelled;
	unsigned times[SHAPE_COUNT];
};
static struct tally tally;
static char keep[300]; /* folder of definitions that found something */
static unsigned courses = 6;
static bool wordy;

/* -- a definition as such -- */

static char *compiled(const char *file, const char *options)
{
	expect("0", "compile %s/%s -O %s/plan%s", world.dir, file, world.dir, options);
	struct said said = wfctl("compile %s/%s", world.dir, file);
	char *answer = said.out;
	said.out = NULL;
	if (said.status != 0)
		complain("%s does not compile: %s", file, said.err);
	said_done(&said);
	/* "FILE: ID …", without the file's own name */
	char *id = strdup(strchr(answer, ':') ? strchr(answer, ':') : answer);
	free(answer);
	return id;
}

static void same_plan(const char *file, const char *id)
{
	char *other = compiled(file, "");
	if (strcmp(other, id) != 0)
		complain("%s compiles to %s, not to %s", file, other, id);
	free(other);
}

/* The same plan each time, from YAML, from JSON, and from what wfctl writes itself. */
static void check_definition(const struct definition *def)
{
	json_t *one;
	size_t i;
	char name[40], other[40];
	json_array_foreach (def->workflows, i, one) {
		snprintf(name, sizeof(name), "w%zu.yaml", i);
		snprintf(other, sizeof(other), "w%zu.json", i);
		unsigned before = world.complaints;
		expect("0", "lint %s/%s", world.dir, name);
		if (world.complaints != before)
			return;
		char *id = compiled(name, ""), *json = json_dumps(one, JSON_INDENT(1));
		same_plan(name, id);
		write_text(other, json);
		same_plan(other, id);
		struct said said = wfctl("compile --emit orch %s/%s", world.dir, name);
		write_text("emitted.yaml", said.out);
		said_done(&said);
		same_plan("emitted.yaml", id);
		free(json);
		free(id);
	}
}

/* -- a seed -- */

static void keep_definition(const struct definition *def, unsigned seed)
{
	char path[400];
	json_t *one;
	size_t i;
	mkdir(keep, 0755);
	snprintf(path, sizeof(path), "%s/seed-%u.yaml", keep, seed);
	FILE *f = fopen(path, "w");
	json_array_foreach (def->workflows, i, one) {
		char *yaml = as_yaml(one);
		if (f)
			fprintf(f, "---\n%s", yaml);
		free(yaml);
	}
	if (f)
		fclose(f);
	printf("seed %u went wrong; its definition is %s\n", seed, path);
}

/* What a course came to, and what it should have come to, beside the definition. */
static void keep_outcome(const struct outcome *o, unsigned seed, const char *which)
{
	char path[400];
	mkdir(keep, 0755);
	snprintf(path, sizeof(path), "%s/seed-%u.%s.json", keep, seed, which);
	json_t *all = json_pack("{s:O, s:O}", "instances", o->whole, "order", o->order);
	json_dump_file(all, path, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(all);
}

static void count_end(const struct outcome *o)
{
	json_t *instance;
	size_t i;
	json_array_foreach (o->instances, i, instance) {
		const char *status = text_of(instance, "status");
		if (!json_is_null(json_object_get(instance, "parent")))
			continue;
		tally.completed += !strcmp(status, "completed");
		tally.failed += !strcmp(status, "failed");
		tally.cancelled += !strcmp(status, "cancelled");
	}
}

static void run_course(const struct definition *def, unsigned seed, unsigned number, const struct outcome *want)
{
	struct course c;
	struct outcome got;
	begin_course(&c, def, (uint64_t)seed << 8 | number);
	c.deaths = 1 + number % 3;
	c.power = number % 3 == 2;
	c.restores = number % 3 == 1;
	c.migrates = number % 6 == 0;
	doing("seed %u, course %u%s", seed, number, c.power ? ", the machine dies" : "");
	world_again();
	drive(&c);
	take_outcome(def, &got);
	unsigned before = world.complaints;
	compare_outcomes(&c, &got, want);
	if (world.complaints != before) {
		keep_outcome(&got, seed, "got");
		keep_outcome(want, seed, "want");
	}
	tally.moved += got.moved;
	outcome_done(&got);
	tally.courses++;
	tally.deaths += c.died;
	tally.power += c.power ? c.died : 0;
	tally.restored += c.restored;
	tally.doubts += c.doubts;
	tally.commands += c.commands;
}

static void run_seed(unsigned seed)
{
	struct definition def;
	struct course c;
	struct outcome want;
	unsigned before = world.complaints;
	make_definition(&def, seed);
	doing("seed %u", seed);
	world_fresh(false);
	place_definition(&def);
	check_definition(&def);
	world_keep();
	doing("seed %u, uninterrupted", seed);
	begin_course(&c, &def, seed);
	if (world.complaints == before)
		drive(&c);
	take_outcome(&def, &want);
	count_end(&want);
	for (unsigned i = 0; i < courses && world.complaints == before; i++)
		run_course(&def, seed, i, &want);
	tally.workflows += (unsigned)json_array_size(def.workflows);
	tally.steps += def.steps;
	for (unsigned i = 0; i < SHAPE_COUNT; i++)
		tally.times[i] += def.times[i];
	if (world.complaints != before)
		keep_definition(&def, seed);
	else if (wordy)
		printf("seed %u: %u steps, %zu effects%s\n", seed, def.steps, json_array_size(want.order),
			def.orderly ? ", in order" : "");
	fflush(stdout);
	outcome_done(&want);
	definition_done(&def);
}

/* -- all of them -- */

struct shared {
	atomic_uint next;
	struct tally tallies[MOST_JOBS];
};

static _Noreturn void work(struct shared *shared, unsigned job, unsigned end)
{
	unsigned seed;
	world_begin("generated");
	while ((seed = atomic_fetch_add(&shared->next, 1)) < end) {
		run_seed(seed);
		tally.complaints = world.complaints;
		shared->tallies[job] = tally;
	}
	exit(world_end());
}

static void add_up(const struct tally *one)
{
	const unsigned *from = (const unsigned *)one;
	unsigned *to = (unsigned *)&tally;
	for (size_t i = 0; i < sizeof(*one) / sizeof(*from); i++)
		to[i] += from[i];
}

static int report(unsigned seeds, bool failed)
{
	unsigned shapes = 0;
	for (unsigned i = 0; i < SHAPE_COUNT; i++) {
		printf("  %-12s %6u\n", shape_names[i], tally.times[i]);
		shapes += tally.times[i] > 0;
	}
	printf("  %u completed, %u failed, %u cancelled\n", tally.completed, tally.failed, tally.cancelled);
	printf("check-generated: %u seeds, %u workflows of %u steps (%u of %u shapes), %u runs of %u commands, "
	       "%u deaths, %u of them of the machine, %u doubts, %u backups, %u migrations; %u wrong\n",
		seeds, tally.workflows, tally.steps, shapes, SHAPE_COUNT, tally.courses, tally.commands,
		tally.deaths, tally.power, tally.doubts, tally.restored, tally.moved, tally.complaints);
	return failed || tally.complaints ? 1 : 0;
}

int main(int argc, char **argv)
{
	unsigned first = 1, seeds = 1500, jobs = 3;
	const char *build = getenv("WFCTL_BUILD");
	bool failed = false;
	char *folder = realpath(build ? build : "build/release", NULL);
	snprintf(keep, sizeof(keep), "%s/generated", folder ? folder : "/tmp");
	free(folder);
	for (int i = 1; i < argc; i++) {
		unsigned n = i + 1 < argc ? (unsigned)strtoul(argv[i + 1], NULL, 10) : 0;
		if (strcmp(argv[i], "--quick") == 0)
			seeds = 40, courses = 3;
		else if (strcmp(argv[i], "--seeds") == 0 && n)
			seeds = n, i++;
		else if (strcmp(argv[i], "--from") == 0 && n)
			first = n, i++;
		else if (strcmp(argv[i], "--jobs") == 0 && n)
			jobs = n, i++;
		else
			first = (unsigned)strtoul(argv[i], NULL, 10), seeds = 1, wordy = true;
	}
	jobs = seeds < jobs ? seeds : jobs > MOST_JOBS ? MOST_JOBS : jobs;
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	shared->next = first;
	for (unsigned job = 0; job < jobs; job++)
		if (fork() == 0)
			work(shared, job, first + seeds);
	for (int status; wait(&status) > 0;)
		failed = failed || status != 0;
	for (unsigned job = 0; job < jobs; job++)
		add_up(&shared->tallies[job]);
	return report(seeds, failed);
}
