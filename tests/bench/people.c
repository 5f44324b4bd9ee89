/* Ten thousand instances that wait for people, and for an event. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>

enum { WAITING = 10000 };

static size_t waiting(void)
{
	return world.quick ? 2000 : WAITING;
}

static const char *home_of_waiting(const char *name, const char *file)
{
	const char *home = fresh_home(name), *inputs = in_work("inputs");
	make_inputs(inputs, waiting(), NULL);
	run(&(struct process){.argv = {world.wfctl, "run", file, "--batch", inputs}, .home = home,
		.out = in_work("results"), .status = 3});
	return home;
}

/* How many have completed, of all. */
static void expect_completed(const char *home, size_t count)
{
	char n[32];
	size_t lines = 0;
	const char *out = in_work("listed");
	snprintf(n, sizeof(n), "%zu", count + 1);
	run(&(struct process){.argv = {world.wfctl, "ps", "--status", "completed", "-o", "jsonl",
		"--limit", n}, .home = home, .out = out});
	FILE *f = fopen(out, "re");
	for (int c; f && (c = getc(f)) != EOF;)
		lines += c == '\n';
	if (!f || fclose(f) || lines != count)
		die("%zu instances completed, not %zu", lines, count);
}

/* -- one by one -- */

static void one_by_one(const char *file)
{
	struct row *r = row_add(world.quick ?
		"approve one by one, of 2,000 that wait (50, a process each)" :
		"approve one by one, of 10,000 that wait (200, a process each)", "approvals/s",
		"a do-nothing program that makes as many LMDB commits, as often");
	r->rate = true;
	size_t each = world.quick ? 10 : 40, number = 0;
	char text[32], commits[32];
	const char *home = home_of_waiting("approvals", file), *env = fresh_environment("raw");
	const char *list = in_work("one.list");
	run(&(struct process){
		.argv = {world.yardstick, "list", folder_of(data_file(home)), "1", "1", list}});
	for (size_t i = 0; i < 5; i++) {
		struct cost sum = {0}, raw = {0};
		unsigned long before = transactions_of(data_file(home));
		for (size_t k = 0; k < each; k++) {
			snprintf(text, sizeof(text), "%zu", ++number);
			sum.seconds += run(&(struct process){
				.argv = {world.wfctl, "approve", text, "--as", "alice"},
				.home = home}).seconds;
		}
		snprintf(commits, sizeof(commits), "%lu",
			(transactions_of(data_file(home)) - before + each - 1) / each);
		for (size_t k = 0; k < each; k++)
			raw.seconds += run(&(struct process){
				.argv = {world.yardstick, "commits", env, commits, list}}).seconds;
		samples_add(&r->ours, (double)each / sum.seconds);
		samples_add(&r->theirs, (double)each / raw.seconds);
	}
	expect_completed(home, number);
	row_print(r);
}

/* -- all at once -- */

/* The command on fresh instances that wait, beside their records put raw in as many commits. */
static void all_at_once(struct row *r, const char *file, const struct process *command)
{
	char n[32], per_commit[32];
	const char *list = in_work("list");
	r->rate = true;
	snprintf(n, sizeof(n), "%zu", waiting());
	for (size_t i = 0; i < 6; i++) {
		struct process p = *command;
		p.home = home_of_waiting("waiting", file);
		unsigned long before = transactions_of(data_file(p.home));
		struct cost ours = run(&p);
		unsigned long commits = transactions_of(data_file(p.home)) - before;
		if (!i) {
			expect_completed(p.home, waiting());
			run(&(struct process){.argv = {world.yardstick, "list",
				folder_of(data_file(p.home)), "1", n, list}});
			continue; /* caches were cold */
		}
		const char *env = fresh_environment("waiting-raw");
		snprintf(per_commit, sizeof(per_commit), "%zu",
			(waiting() + commits - 1) / commits);
		struct cost theirs = run(&(struct process){
			.argv = {world.yardstick, "batches", env, list, per_commit}});
		samples_add(&r->ours, (double)waiting() / ours.seconds);
		samples_add(&r->theirs, (double)waiting() / theirs.seconds);
	}
	row_print(r);
}

void bench_people(void)
{
	static const char yardstick[] =
		"all records of the instances sealed and put raw into LMDB in as many commits";
	const char *asks = in_work("asks.yaml"), *listens = in_work("listens.yaml");
	write_text(asks, "%s", ask_then_set);
	write_text(listens, "%s", listen_then_set);
	one_by_one(asks);
	all_at_once(row_add(world.quick ? "approve --all-of, 2,000 that wait" :
		"approve --all-of, 10,000 that wait", "approvals/s", yardstick), asks,
		&(struct process){.argv = {world.wfctl, "approve", "--all-of", "ask_then_set",
			"--yes", "--as", "alice"}, .out = in_work("results")});
	all_at_once(row_add(world.quick ? "emit of an event that 2,000 wait for" :
		"emit of an event that 10,000 wait for", "deliveries/s", yardstick), listens,
		&(struct process){.argv = {world.wfctl, "emit", "bench.go", "--data", "{\"up_to\":1000000}"},
			.out = in_work("results")});
}
