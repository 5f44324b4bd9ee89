/* Sweeps: what one costs where nothing is due, and how fast it does what is. */
#include "bench.h"
#include "definitions.h"

#include <jansson.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* -- many tenants, nothing due -- */

static const char *home_of_tenants(size_t count)
{
	char name[32];
	const char *home = fresh_home("tenants");
	for (size_t i = 1; i < count; i++) {
		snprintf(name, sizeof(name), "t%zu", i);
		run(&(struct process){
			.argv = {world.wfctl, "init", "--tenant", name}, .home = home});
	}
	return home;
}

static void look_at_tenants(void)
{
	size_t count = world.quick ? 200 : 1000;
	char n[32];
	struct row *r = row_add(world.quick ? "a sweep's look at 200 tenants' journals" :
		"a sweep's look at 1,000 tenants' journals", "ms",
		"as many LMDB environments opened, read once, closed");
	r->ratio_at_most = 2;
	const char *home = home_of_tenants(count), *folder = in_work("environments");
	snprintf(n, sizeof(n), "%zu", count);
	if (mkdir(folder, 0700))
		die("%s: %s", folder, strerror(errno));
	run(&(struct process){.argv = {world.yardstick, "inits", folder, n}});
	for (size_t i = 0; i < 21; i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "serve-once"}, .home = home});
		struct cost theirs = run(&(struct process){
			.argv = {world.yardstick, "looks", folder, n}});
		if (!i)
			continue; /* caches were cold */
		samples_add(&r->ours, ours.seconds * 1e3);
		samples_add(&r->theirs, theirs.seconds * 1e3);
	}
	row_print(r);
}

/* -- many parked -- */

static void sleep_seconds(double s)
{
	struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* So many instances, each parked with a timer of that span. */
static void park(const char *home, const char *file, size_t count, const char *span)
{
	const char *inputs = in_work("inputs");
	make_waits(inputs, count, span);
	run(&(struct process){
		.argv = {world.wfctl, "run", file, "--batch", inputs, "--stay", "0s"},
		.home = home, .out = in_work("results"), .status = 3});
}

/* What the sweep says that it did; it must be all. */
static void expect(const char *answer, const char *member, size_t count)
{
	json_t *o = json_load_file(answer, 0, NULL);
	json_int_t n = json_integer_value(json_object_get(o, member));
	json_decref(o);
	if (n != (json_int_t)count)
		die("a sweep's %s are %lld, not %zu", member, (long long)n, count);
}

static struct cost sweep_due(const char *home, const char *file, size_t count, const char *window)
{
	const char *answer = in_work("answer");
	park(home, file, count, "PT1S");
	sleep_seconds(1.05);
	struct cost c = run(&(struct process){
		.argv = {world.wfctl, "serve-once", "-o", "json", "--window", window}, .home = home,
		.out = answer});
	expect(answer, "timers", count);
	expect(answer, "completed", count);
	return c;
}

static void nothing_due(const char *name, const char *large, const char *small)
{
	struct row *r = row_add(name, "ms", "the same with an empty journal");
	r->ratio_at_most = 1.5;
	for (size_t i = 0; i < (world.quick ? 21 : 101); i++) {
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "serve-once"}, .home = large});
		struct cost theirs = run(&(struct process){
			.argv = {world.wfctl, "serve-once"}, .home = small});
		samples_add(&r->ours, ours.seconds * 1e3);
		samples_add(&r->theirs, theirs.seconds * 1e3);
	}
	row_print(r);
}

static void some_due(const char *name, const char *large, const char *file, size_t count)
{
	struct row *r = row_add(name, "instances/s", "the same with nothing else in the journal");
	r->rate = true;
	for (size_t i = 0; i < 6; i++) {
		struct cost ours = sweep_due(large, file, count, "0s");
		struct cost theirs = sweep_due(fresh_home("sweep-alone"), file, count, "0s");
		if (!i)
			continue; /* caches were cold */
		samples_add(&r->ours, (double)count / ours.seconds);
		samples_add(&r->theirs, (double)count / theirs.seconds);
	}
	row_print(r);
}

/* Staying costs nothing: what is due is looked at once, however long the sweep stays. */
static void within_window(const char *file)
{
	size_t count = world.quick ? 10000 : 50000;
	struct row *r = row_add(world.quick ? "processor time of a sweep of 10,000 due, in a window" :
		"processor time of a sweep of 50,000 due, in a window", "ms",
		"the same without a window");
	r->ratio_at_most = 1.5;
	for (size_t i = 0; i < 5; i++) {
		const char *window = world.quick ? "2s" : "4s", *home = fresh_home("sweep-alone");
		struct cost ours = sweep_due(home, file, count, window);
		home = fresh_home("sweep-alone");
		struct cost theirs = sweep_due(home, file, count, "0s");
		samples_add(&r->ours, ours.processor * 1e3);
		samples_add(&r->theirs, theirs.processor * 1e3);
	}
	row_print(r);
}

/* -- many kept -- */

/* So many instances that ended, whose histories are kept for that long. */
static struct cost keep(const char *home, size_t count, const char *retention)
{
	const char *inputs = in_work("inputs"), *file = in_work("keeps.yaml");
	write_text(file, set_and_keep, retention);
	make_inputs(inputs, count, NULL);
	return run(&(struct process){.argv = {world.wfctl, "run", file, "--batch", inputs},
		.home = home, .out = in_work("results")});
}

static void none_expired(const char *small)
{
	const char *home = fresh_home("sweep-kept");
	(void)keep(home, world.quick ? 50000 : 1000000, "P30D");
	nothing_due(world.quick ? "a sweep with 50,000 kept and no history expired" :
		"a sweep with 1,000,000 kept and no history expired", home, small);
}

static void all_expired(void)
{
	const size_t count = 10000;
	struct row *r = row_add("histories pruned by a sweep of 10,000 that expired", "histories/s",
		"the batch that made them, instances/s");
	r->rate = true;
	r->at_least = 10000;
	for (size_t i = 0; i < 6; i++) {
		const char *answer = in_work("answer"), *home = fresh_home("sweep-expired");
		struct cost theirs = keep(home, count, "PT1S");
		sleep_seconds(1.05);
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "serve-once", "-o", "json"}, .home = home,
			.out = answer});
		expect(answer, "pruned", count);
		if (!i)
			continue; /* caches were cold */
		samples_add(&r->ours, (double)count / ours.seconds);
		samples_add(&r->theirs, (double)count / theirs.seconds);
	}
	row_print(r);
}

void bench_sweep(void)
{
	static const char *const names[2][3] = {
		{"a sweep with 1,000,000 parked and nothing due",
		"a sweep with 1,000,000 parked and 1,000 due",
		"a sweep with 1,000,000 parked and 100,000 due"},
		{"a sweep with 50,000 parked and nothing due",
		"a sweep with 50,000 parked and 1,000 due",
		"a sweep with 50,000 parked and 10,000 due"},
	};
	look_at_tenants();
	const char *file = in_work("pause.yaml");
	const char *large = fresh_home("sweep-large"), *small = fresh_home("sweep-small");
	write_text(file, "%s", pause_then_set);
	park(large, file, world.quick ? 50000 : 1000000, "P30D");
	nothing_due(names[world.quick][0], large, small);
	some_due(names[world.quick][1], large, file, 1000);
	some_due(names[world.quick][2], large, file, world.quick ? 10000 : 100000);
	within_window(file);
	none_expired(small);
	all_expired();
}
