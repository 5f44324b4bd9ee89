/* Batches of pure instances: how many a second, in how much memory, in how many bytes. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>

static struct cost batch(const char *home, const char *file, const char *inputs, bool watched)
{
	return run(&(struct process){
		.argv = {world.wfctl, "run", file, "--batch", inputs},
		.home = home, .out = in_work("results"), .watched = watched});
}

/* Bytes of the keys and plain values of all instances, from the line that `list` prints. */
static double make_list(const char *home, size_t count, const char *list)
{
	char n[32];
	double records, bytes;
	const char *out = in_work("counted");
	snprintf(n, sizeof(n), "%zu", count);
	run(&(struct process){
		.argv = {world.yardstick, "list", folder_of(data_file(home)), "1", n, list},
		.out = out});
	FILE *f = fopen(out, "re");
	if (!f || fscanf(f, "%lf %lf", &records, &bytes) != 2)
		die("no count of bytes");
	fclose(f);
	return bytes;
}

struct sizes {
	struct row *before, *after;
};

static void weigh(const struct sizes *s, const char *home, size_t count, double plain)
{
	samples_add(&s->before->ours, file_bytes(data_file(home)) / (double)count);
	run(&(struct process){.argv = {world.wfctl, "journal", "compact"}, .home = home});
	samples_add(&s->after->ours, file_bytes(data_file(home)) / (double)count);
	samples_add(&s->before->theirs, plain / (double)count);
	samples_add(&s->after->theirs, plain / (double)count);
}

static void batch_of(size_t count, const char *name, struct samples *memory,
	const struct sizes *sizes)
{
	struct row *r = row_add(name, "instances/s",
		"the same records sealed and put raw into LMDB in the same batches");
	r->rate = true;
	r->ratio_at_most = 2.3;
	const char *file = in_work("sets.yaml"), *inputs = in_work("inputs");
	const char *list = in_work("list");
	write_text(file, "%s", three_sets);
	make_inputs(inputs, count, NULL);
	double plain = 0;
	char per_commit[32];
	for (size_t i = 0; i < 6; i++) {
		const char *home = fresh_home("batch");
		unsigned long before = transactions_of(data_file(home));
		struct cost ours = batch(home, file, inputs, false);
		if (i == 0) {
			unsigned long commits = transactions_of(data_file(home)) - before;
			plain = make_list(home, count, list);
			snprintf(per_commit, sizeof(per_commit), "%zu",
				(count + commits - 1) / commits);
			continue; /* its caches were cold */
		}
		samples_add(&r->ours, (double)count / ours.seconds);
		if (sizes)
			weigh(sizes, home, count, plain);
		const char *env = fresh_environment("batch-raw");
		struct cost theirs = run(&(struct process){
			.argv = {world.yardstick, "batches", env, list, per_commit}});
		samples_add(&r->theirs, (double)count / theirs.seconds);
	}
	row_print(r);
	for (size_t i = 0; i < 5; i++)
		samples_add(memory, batch(fresh_home("batch"), file, inputs, true).kib);
}

void bench_batch(void)
{
	size_t many = world.quick ? 20000 : 100000;
	struct row *memory = row_add("most memory of the larger batch", "KiB",
		"most memory of the batch of 10,000");
	struct sizes sizes = {
		row_add("journal bytes an instance of three steps", "bytes",
			"bytes of its plain records and their keys"),
		row_add("the same after compact", "bytes",
			"bytes of its plain records and their keys"),
	};
	memory->ratio_at_most = 1.1;
	sizes.before->ratio_at_most = sizes.after->ratio_at_most = 2.5;
	sizes.before->at_most = sizes.after->at_most = 1100;
	batch_of(10000, "run --batch of 10,000 instances", &memory->theirs, &sizes);
	batch_of(many, world.quick ? "run --batch of 20,000 instances" :
		"run --batch of 100,000 instances", &memory->ours, NULL);
	row_print(memory);
	row_print(sizes.before);
	row_print(sizes.after);
}
