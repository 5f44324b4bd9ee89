/* Many instances that wait for people and for events: how fast they are set free. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>

static const char asks[] = "workflow:\n"
	"  id: asks\n"
	"  version: 1.0.0\n"
	"  context:\n"
	"    required: [n]\n"
	"  steps:\n"
	"    - id: approval\n"
	"      action: approval.request\n"
	"      with: {policy: level1, approvers: {list: [alice]}}\n"
	"    - id: finish\n"
	"      action: data.set\n"
	"      with: {done: true}\n";

static const char listens[] = "workflow:\n"
	"  id: listens\n"
	"  version: 1.0.0\n"
	"  context:\n"
	"    required: [n]\n"
	"  steps:\n"
	"    - id: heard\n"
	"      action: wait.event\n"
	"      with: {name: bell, match: \"${event.data.up_to >= n}\"}\n"
	"    - id: finish\n"
	"      action: data.set\n"
	"      with: {done: true}\n";

/* A home in which so many instances of the definition are parked, and how many a second were. */
static const char *parked(const char *text, size_t count, double *ret_rate)
{
	const char *home = fresh_home("people"), *inputs = in_work("inputs");
	const char *file = in_work("people.yaml");
	write_text(file, "%s", text);
	make_inputs(inputs, count, NULL);
	run(&(struct process){.argv = {world.wfctl, "register", file}, .home = home});
	struct cost cost = run(&(struct process){
		.argv = {world.wfctl, "run", file, "--batch", inputs},
		.home = home, .out = in_work("results"), .status = 3});
	*ret_rate = (double)count / cost.seconds;
	return home;
}

/* All at once: one command sets every instance free. */
static void at_once(struct row *r, const char *text, size_t count, const struct process *command)
{
	r->rate = true;
	r->ratio_at_most = 3;
	for (size_t i = 0; i < 4; i++) {
		double started;
		struct process p = *command;
		p.home = parked(text, count, &started);
		p.out = in_work("results");
		double seconds = run(&p).seconds;
		if (i == 0)
			continue; /* its caches were cold */
		samples_add(&r->ours, (double)count / seconds);
		samples_add(&r->theirs, started);
	}
	row_print(r);
}

static void one_by_one(size_t count)
{
	struct row *r = row_add(world.quick ? "1,000 instances approved one by one"
					    : "10,000 instances approved one by one",
		"ms", "show of each of them");
	double started;
	const char *home = parked(asks, count, &started);
	for (size_t i = 1; i <= count; i++) {
		char number[32];
		snprintf(number, sizeof(number), "%zu", i);
		samples_add(&r->ours, run(&(struct process){.argv = {world.wfctl, "approve", number,
				"--as", "alice"}, .home = home}).seconds * 1e3);
		if (i % 10 == 0)
			samples_add(&r->theirs, run(&(struct process){.argv = {world.wfctl, "show",
					number}, .home = home}).seconds * 1e3);
	}
	row_print(r);
}

void bench_people(void)
{
	size_t count = world.quick ? 1000 : 10000;
	struct process all = {.argv = {world.wfctl, "approve", "--all-of", "asks", "--as", "alice",
		"--yes"}};
	struct process ring = {.argv = {world.wfctl, "emit", "bell", "--data",
		"{\"up_to\": 1000000}", "--quiet"}};
	one_by_one(count);
	at_once(row_add(world.quick ? "1,000 instances approved by --all-of"
				    : "10,000 instances approved by --all-of",
			"instances/s", "the same instances started by run --batch"),
		asks, count, &all);
	at_once(row_add(world.quick ? "an event to 1,000 waiting instances"
				    : "an event to 10,000 waiting instances",
			"instances/s", "the same instances started by run --batch"),
		listens, count, &ring);
}
