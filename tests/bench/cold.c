/* What one command costs from nothing: lint, short runs, the way to the first effect. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>
#include <stdlib.h>

static size_t repeats(void)
{
	return world.quick ? 21 : 101;
}

static void lint_onboarding(void)
{
	struct row *r = row_add("cold lint of the onboarding workflow", "ms",
		"a do-nothing program linked with the same libraries");
	r->ratio_at_most = 2;
	for (size_t i = 0; i < repeats(); i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "lint", "workflows/onboarding.yaml"}});
		struct cost theirs = run(&(struct process){.argv = {world.yardstick, "nothing"}});
		samples_add(&r->ours, ours.seconds * 1e3);
		samples_add(&r->theirs, theirs.seconds * 1e3);
	}
	row_print(r);
}

/* One instance of the definition run in the home, and a list of what it put into the journal. */
static const char *list_of_first(const char *home, const char *definition)
{
	const char *list = in_work("first.list");
	run(&(struct process){.argv = {world.wfctl, "run", definition}, .home = home});
	run(&(struct process){
		.argv = {world.yardstick, "list", folder_of(data_file(home)), "1", "1", list}});
	return list;
}

static void run_sets(void)
{
	struct row *r = row_add("cold run of three data.set steps", "ms",
		"a do-nothing program that makes two LMDB commits");
	r->ratio_at_most = 2;
	const char *file = in_work("sets.yaml"), *home = fresh_home("sets");
	const char *env = fresh_environment("sets-raw");
	write_text(file, "%s", three_sets);
	const char *list = list_of_first(home, file);
	for (size_t i = 0; i < repeats(); i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "run", file}, .home = home});
		struct cost theirs = run(&(struct process){
			.argv = {world.yardstick, "commits", env, "2", list}});
		samples_add(&r->ours, ours.seconds * 1e3);
		samples_add(&r->theirs, theirs.seconds * 1e3);
	}
	row_print(r);
}

static void run_execs(void)
{
	struct row *r = row_add("cold run of three exec.run steps", "ms",
		"a program that makes four LMDB commits and spawns the command three times");
	r->ratio_at_most = 2;
	const char *file = in_work("execs.yaml"), *home = fresh_home("execs");
	const char *env = fresh_environment("execs-raw");
	write_text(file, "%s", three_execs);
	const char *list = list_of_first(home, file);
	for (size_t i = 0; i < repeats(); i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "run", file}, .home = home});
		struct cost theirs = run(&(struct process){
			.argv = {world.yardstick, "work", env, "4", list, "3", "/bin/true"}});
		samples_add(&r->ours, ours.seconds * 1e3);
		samples_add(&r->theirs, theirs.seconds * 1e3);
	}
	row_print(r);
}

static double read_stamp(const char *path)
{
	long long ns = 0;
	FILE *f = fopen(path, "re");
	if (!f || fscanf(f, "%lld", &ns) != 1)
		die("%s holds no time", path);
	fclose(f);
	return (double)ns / 1e9;
}

/* Five groups, a percentile of each. */
static void start_latency(void)
{
	static const struct {
		const char *name;
		double q, at_most;
	} wanted[] = {
		{"start of a run to its first effect, p50", 0.50, 0},
		{"start of a run to its first effect, p95", 0.95, 10},
		{"start of a run to its first effect, p99", 0.99, 0},
	};
	const char *file = in_work("stamp.yaml"), *stamp = in_work("stamp");
	const char *home = fresh_home("latency");
	struct samples groups[5] = {{0}};
	write_text(file, one_exec, in_build("tests/bench/programs/stamp"), stamp);
	for (size_t i = 0; i < (world.quick ? 200u : 1000u); i++) {
		double began = now_seconds();
		run(&(struct process){.argv = {world.wfctl, "run", file}, .home = home});
		samples_add(&groups[i % 5], (read_stamp(stamp) - began) * 1e3);
	}
	for (size_t w = 0; w < 3; w++) {
		struct row *r = row_add(wanted[w].name, "ms", "-");
		r->at_most = wanted[w].at_most;
		for (size_t g = 0; g < 5; g++)
			samples_add(&r->ours, samples_at(&groups[g], wanted[w].q));
		row_print(r);
	}
	for (size_t g = 0; g < 5; g++)
		samples_done(&groups[g]);
}

static void lint_many(void)
{
	enum { FILES = 1000 };
	struct row *r = row_add("lint of 1,000 definitions", "definitions/s",
		"cat of the same files");
	r->rate = true;
	r->at_least = 5000;
	const char *folder = in_work("definitions");
	make_definitions(folder, FILES);
	for (size_t i = 0; i < (world.quick ? 5u : 11u); i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "lint", folder}});
		struct cost theirs = run(&(struct process){
			.argv = {"/bin/sh", "-c", "cat \"$0\"/*", folder}});
		samples_add(&r->ours, FILES / ours.seconds);
		samples_add(&r->theirs, FILES / theirs.seconds);
	}
	row_print(r);
}

void bench_cold(void)
{
	lint_onboarding();
	run_sets();
	run_execs();
	start_latency();
	lint_many();
}
