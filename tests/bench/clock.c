/* How exact a sweep's window is: from the time that a schedule or a timer names to the effect. */
#include "bench.h"
#include "definitions.h"

#include <jansson.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	GROUPS = 5,
	PERIOD = 250,   /* milliseconds between two firings of the schedules together */
	TIMER_EVERY = 40, TIMER_AT = 13, /* timers stand at such milliseconds, apart from firings */
	LEAD = 1000     /* from now to the first timer */
};

struct deviations {
	struct samples started, firing, timer; /* milliseconds */
};

static int64_t wall_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void time_text(int64_t ms, char ret[32])
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	size_t n = strftime(ret, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&s, &tm));
	(void)snprintf(ret + n, 32 - n, ".%03dZ", (int)(ms % 1000));
}

static double read_time(const char *text)
{
	struct tm tm = {0};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	if (!rest)
		die("%s is no time", text ? text : "nothing");
	return (double)timegm(&tm) * 1e3 + (*rest == '.' ? strtod(rest, NULL) * 1e3 : 0);
}

/* One firing a second of each of four schedules, evenly apart; the first is a cron table's. */
static void add_schedules(const char *home)
{
	static const char *const whens[] = {"* * * * * *", "R/2026-01-01T00:00:00.250Z/PT1S",
		"R/2026-01-01T00:00:00.500Z/PT1S", "R/2026-01-01T00:00:00.750Z/PT1S"};
	char name[8];
	for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
		snprintf(name, sizeof(name), "s%zu", i);
		run(&(struct process){.argv = {world.wfctl, "schedule", "add", "tick", whens[i],
			"--name", name}, .home = home});
	}
}

/* Instances parked until milliseconds within the window that begins now. */
static void park_until(const char *home, const char *file, int window_ms)
{
	const char *inputs = in_work("inputs");
	char at[32];
	int64_t first = wall_ms() / TIMER_EVERY * TIMER_EVERY + LEAD + TIMER_AT;
	FILE *f = fopen(inputs, "we");
	for (int64_t ms = 0; f && ms < window_ms - LEAD - 500; ms += TIMER_EVERY) {
		time_text(first + ms, at);
		fprintf(f, "{\"at\":\"%s\"}\n", at);
	}
	if (!f || fclose(f))
		die("%s cannot be written", inputs);
	run(&(struct process){
		.argv = {world.wfctl, "run", file, "--batch", inputs, "--stay", "0s"},
		.home = home, .out = in_work("results"), .status = 3});
}

/* Lines of `stamp`: when it was, and when it was to be. */
static void read_stamps(const char *path, struct samples *ret)
{
	long long wall, monotonic;
	char due[64];
	FILE *f = fopen(path, "re");
	while (f && fscanf(f, "%lld %lld %63s", &wall, &monotonic, due) == 3)
		samples_add(ret, (double)wall / 1e6 - read_time(due));
	if (!f || fclose(f) || !ret->count)
		die("%s has no stamps", path);
	(void)unlink(path);
}

/* What the journal says of the newest instances: started that long after a firing. */
static void read_starts(const char *home, size_t count, struct samples *ret)
{
	char n[32], line[8192];
	const char *out = in_work("listed");
	snprintf(n, sizeof(n), "%zu", count);
	run(&(struct process){.argv = {world.wfctl, "ps", "-w", "tick", "-o", "jsonl", "--limit",
		n}, .home = home, .out = out});
	FILE *f = fopen(out, "re");
	while (f && fgets(line, sizeof(line), f)) {
		json_t *o = json_loads(line, 0, NULL);
		double at = read_time(json_string_value(json_object_get(o, "started_at")));
		samples_add(ret, (double)((int64_t)at % PERIOD));
		json_decref(o);
	}
	if (!f || fclose(f) || !ret->count)
		die("no starts are listed");
}

static void window(const char *home, const char *until, struct deviations *ret)
{
	int window_ms = world.quick ? 4000 : 12000;
	char span[32];
	const char *firings = in_work("firings"), *timers = in_work("timers");
	snprintf(span, sizeof(span), "%dms", window_ms);
	park_until(home, until, window_ms);
	run(&(struct process){.argv = {world.wfctl, "serve-once", "--window", span}, .home = home});
	read_stamps(firings, &ret->firing);
	read_stamps(timers, &ret->timer);
	read_starts(home, ret->firing.count, &ret->started);
}

static void add_rows(const char *const names[3], double p95_at_most, const struct samples *groups)
{
	static const double at[3] = {0.50, 0.95, 0.99};
	for (size_t q = 0; q < 3; q++) {
		struct row *r = row_add(names[q], "ms", "-");
		r->at_most = q == 1 ? p95_at_most : 0;
		for (size_t g = 0; g < GROUPS; g++)
			samples_add(&r->ours, samples_at(&groups[g], at[q]));
		row_print(r);
	}
}

void bench_clock(void)
{
	static const char *const started[] = {
		"a scheduled start in a window: to the recorded start, p50",
		"a scheduled start in a window: to the recorded start, p95",
		"a scheduled start in a window: to the recorded start, p99"};
	static const char *const firing[] = {
		"a scheduled start in a window: to its first effect, p50",
		"a scheduled start in a window: to its first effect, p95",
		"a scheduled start in a window: to its first effect, p99"};
	static const char *const timer[] = {
		"a timer in a window: to the effect behind it, p50",
		"a timer in a window: to the effect behind it, p95",
		"a timer in a window: to the effect behind it, p99"};
	struct samples groups[3][GROUPS] = {{{0}}};
	const char *tick = in_work("tick.yaml"), *until = in_work("until.yaml");
	const char *home = fresh_home("clock");
	const char *stamp = in_build("tests/bench/programs/stamp");
	write_text(tick, tick_stamp, stamp, in_work("firings"));
	write_text(until, until_stamp, stamp, in_work("timers"));
	run(&(struct process){.argv = {world.wfctl, "register", tick}, .home = home});
	add_schedules(home);
	for (size_t g = 0; g < GROUPS; g++) {
		struct deviations d = {.started = {0}};
		window(home, until, &d);
		groups[0][g] = d.started;
		groups[1][g] = d.firing;
		groups[2][g] = d.timer;
	}
	add_rows(started, 0, groups[0]);
	add_rows(firing, 10, groups[1]);
	add_rows(timer, 10, groups[2]);
	for (size_t i = 0; i < 3; i++)
		for (size_t g = 0; g < GROUPS; g++)
			samples_done(&groups[i][g]);
}
