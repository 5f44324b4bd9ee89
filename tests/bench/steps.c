/* Long sequences of steps: how many a second, and that a step costs the same in a longer one. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>

unsigned long transactions_of(const char *data)
{
	unsigned long n = 0;
	const char *out = in_work("txns");
	run(&(struct process){.argv = {world.yardstick, "txns",
		folder_of(data)}, .out = out});
	FILE *f = fopen(out, "re");
	if (!f || fscanf(f, "%lu", &n) != 1)
		die("no count of transactions");
	fclose(f);
	return n;
}

static void sequence(size_t steps, const char *name, struct samples *seconds)
{
	struct row *r = row_add(name, "steps/s", "raw LMDB, the same commits and bytes");
	r->rate = true;
	r->ratio_at_most = 2;
	const char *file = in_work("seq.yaml"), *home = fresh_home("steps");
	const char *env = fresh_environment("steps-raw"), *list = in_work("steps.list");
		char id[32], commits[32];
	snprintf(id, sizeof(id), "seq%zu", steps);
	make_sequence(file, steps);
	run(&(struct process){.argv = {world.wfctl, "register", file}, .home = home});
	unsigned long before = transactions_of(data_file(home));
	run(&(struct process){.argv = {world.wfctl, "run", "-q", id}, .home = home});
	snprintf(commits, sizeof(commits), "%lu", transactions_of(data_file(home)) - before);
	run(&(struct process){
		.argv = {world.yardstick, "list", folder_of(data_file(home)), "1", "1", list}});
	size_t repeats = (world.quick ? 5 : 11) * (steps < 10000 ? 3u : 1u);
	for (size_t i = 0; i < repeats; i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "run", "-q", id}, .home = home});
		struct cost theirs = run(&(struct process){
			.argv = {world.yardstick, "commits", env, commits, list}});
		samples_add(&r->ours, (double)steps / ours.seconds);
		samples_add(&r->theirs, (double)steps / theirs.seconds);
		samples_add(seconds, ours.seconds);
	}
	row_print(r);
}

void bench_steps(void)
{
	struct samples seconds[3] = {{0}};
	sequence(100, "a sequence of 100 steps", &seconds[0]);
	sequence(1000, "a sequence of 1,000 steps", &seconds[1]);
	sequence(10000, "a sequence of 10,000 steps", &seconds[2]);
	struct row *r = row_add("time a step of 10,000", "µs", "time a step of 1,000");
	r->ratio_at_most = 1.1;
	for (size_t i = 0; i < seconds[2].count; i++)
		samples_add(&r->ours, seconds[2].values[i] * 1e6 / 10000);
	for (size_t i = 0; i < seconds[1].count; i++)
		samples_add(&r->theirs, seconds[1].values[i] * 1e6 / 1000);
	row_print(r);
	for (size_t i = 0; i < 3; i++)
		samples_done(&seconds[i]);
}
