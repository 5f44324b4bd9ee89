/*
 * The crash campaign: for every scenario, wfctl is killed at every passing of every numbered
 * boundary (lib/base/crash.def), then recovers; and is killed again at every boundary of that.
 *
 *	crash [--quick | --stride N] [--jobs N] [SCENARIO]
 *
 * Of the boundaries of the recoveries every fifth is tried (--stride), each time from another one; with
 * --quick one in 127.
 *
 * judge.c says what must hold after each. Supervisors are killed at their own boundaries, with and
 * without their wfctl (supervisors.c); homes and journals while they are made and replaced
 * (keeping.c); who drives an instance and who changes it meanwhile (intruders.c). The scenarios are
 * shared out among as many processes as --jobs says. The end prints how many boundaries of each name
 * were died at.
 */
#include "campaign.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_JOBS 16u

const char *const boundary_names[] = {
#define WF_CRASH(name, text) #name,
#include "base/crash.def"
#undef WF_CRASH
};
const unsigned boundary_count = COUNT(boundary_names);
_Static_assert(COUNT(boundary_names) <= MOST_BOUNDARIES, "a tally has room for every boundary");

struct tally tally;
bool hurried;

static unsigned stride = 5;

/* -- a trial -- */

static void write_expanded(const char *name, const char *text)
{
	char *expanded = expand(text ? text : "");
	write_text(name, expanded);
	free(expanded);
}

static void prepare(const struct scenario *s)
{
	world_fresh(false);
	write_expanded("w.yaml", s->definition);
	if (s->second)
		write_expanded("w2.yaml", s->second);
	if (s->config)
		write_expanded("home/config.yaml", s->config);
	write_text("in", s->input ? s->input : "");
}

/* A scenario may begin with a crash of its own. */
static bool dies(const char *command)
{
	return strstr(command, "WFCTL_CRASH_AT=") != NULL;
}

static void run_command(const char *command, const char *allowed)
{
	char *line = expand(command);
	if (!dies(command))
		expect(allowed, "%s", line);
	else if (status_of("%s", line) != KILLED)
		complain("`%s` was not killed", line);
	free(line);
}

/* The tests' server, which outlives the trials, must know them apart; commands that outlive what was
 * killed go on once. */
static bool can_be_copied(const struct scenario *s, unsigned command)
{
	for (unsigned i = 0; i < command; i++)
		if (dies(s->commands[i]))
			return false;
	return !strstr(s->definition, "@URL@");
}

/* What comes before the command that is killed: mostly a copy of what the first trial of that command
 * made. */
static void come_to(const struct scenario *s, unsigned command)
{
	static const struct scenario *kept;
	static unsigned kept_command;
	if (kept == s && kept_command == command) {
		world_again();
		return;
	}
	prepare(s);
	for (unsigned i = 0; i < command; i++)
		run_command(s->commands[i], "01368");
	kept = can_be_copied(s, command) ? s : NULL;
	kept_command = command;
	if (kept)
		world_keep();
}

/* The variables that a command begins with, and a space. */
static size_t variables_of(const char *command)
{
	size_t n = 0;
	while (command[n] >= 'A' && command[n] <= 'Z')
		n += strcspn(command + n, " ") + 1;
	return n;
}

/* The variables of the command that is killed go along with its recovery. */
static const char *prefix_of(const struct trial *t)
{
	static char prefix[200];
	const char *line = t->s->commands[t->command];
	snprintf(prefix, sizeof(prefix), "%.*s%s", (int)variables_of(line), line,
		t->s->power ? "WFCTL_BOOT=7 " : "");
	return prefix;
}

/* Whether what a command said means that it is kept: it is not given again, and must not be missing. What
 * a run or a sweep says is judged by judge_crash; those that begin again first say what they will do. */
static bool acknowledges(const char *verb, const char *said)
{
	static const char *const verbs[] = {"approve 1", "approve 2", "reject", "withdraw", "delegate",
		"reassign", "signal", "emit", "cancel", "hold", "release", "register", "schedule", "timer",
		"migrate", "resolve"};
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strncmp(verb, verbs[i], strlen(verbs[i])) == 0)
			return *said != '\0';
	return false;
}

/* After the recovery: the command again, when a person could not know that it was done, and the
 * rest. A decision that was kept before the crash is refused the second time. */
static void go_on(const struct trial *t)
{
	const struct scenario *s = t->s;
	const char *command = s->commands[t->command], *verb = command + variables_of(command);
	bool starts = strncmp(verb, "run ", 4) == 0, keyed = strstr(verb, " --key ") != NULL;
	bool once_more = strncmp(verb, "schedule run-now", 16) != 0 || t->there == t->before;
	if (starts ? keyed || t->there == t->before : once_more && !t->told)
		run_command(command, starts ? "0136" : "01234568");
	for (unsigned i = t->command + 1; i < MOST_COMMANDS && s->commands[i]; i++)
		run_command(s->commands[i], "012368");
}

static const char *recovery_of(const struct scenario *s)
{
	return s->recovery ? s->recovery : "resume";
}

static bool kill_recovery(struct trial *t, unsigned second)
{
	struct said said =
		wfctl("WFCTL_CRASH_AT=%u %s%s", second, prefix_of(t), recovery_of(t->s));
	bool killed = said.status == KILLED;
	if (killed)
		judge_crash(t, &said);
	said_done(&said);
	return killed;
}

static void recover(const struct trial *t)
{
	expect("01368", "%s%s", prefix_of(t), recovery_of(t->s));
	if (t->s->doubt == ASK)
		judge_doubts(t, prefix_of(t));
	go_on(t);
	tidy_up(prefix_of(t));
	judge_end(t);
}

/* Kills the command at the nth passing of a boundary, and then, unless 0, its recovery at the
 * second-th passing of any. False: there is no such passing. */
static bool attempt(const struct scenario *s, unsigned command, const char *boundary, unsigned nth,
	unsigned second)
{
	static unsigned before; /* instances that are there when this command begins */
	struct trial t = {.s = s, .command = command};
	doing("%s, command %u killed at %s:%u, its recovery at %u", s->name, command + 1, boundary,
		nth, second);
	come_to(s, command);
	if (nth == 1 && !second)
		before = instances_now();
	t.before = t.there = before;
	t.frozen = json_object();
	char *line = expand(s->commands[command]);
	struct said said = wfctl("WFCTL_CRASH_AT=%s:%u %s", boundary, nth, line);
	bool killed = said.status == KILLED;
	t.told = killed && acknowledges(line + variables_of(line), said.out);
	tally.acknowledged += t.told;
	if (killed)
		judge_crash(&t, &said);
	said_done(&said);
	if (killed && second)
		killed = kill_recovery(&t, second);
	if (killed)
		recover(&t);
	free(line);
	json_decref(t.frozen);
	return killed;
}

static void run_uninterrupted(const struct scenario *s)
{
	doing("%s, uninterrupted", s->name);
	prepare(s);
	for (unsigned i = 0; i < MOST_COMMANDS && s->commands[i]; i++)
		run_command(s->commands[i], "01368");
	judge_learn(s);
}

/* The second death at every `stride`th passing, each time from another. */
static unsigned second_crashes(const struct scenario *s, unsigned command, const char *boundary,
	unsigned nth)
{
	static unsigned turn;
	unsigned done = 0, second = 1 + turn++ * 7 % stride;
	for (; attempt(s, command, boundary, nth, second); second += stride)
		done++;
	return done;
}

static unsigned kill_command(const struct scenario *s, unsigned command)
{
	unsigned first = 0;
	for (size_t b = 0; b < boundary_count; b++) {
		const char *name = boundary_names[b];
		for (unsigned nth = 1; attempt(s, command, name, nth, 0); nth++) {
			first++;
			tally.deaths[b]++;
			tally.second_deaths += second_crashes(s, command, name, nth);
		}
	}
	return first;
}

static void run_scenario(const struct scenario *s)
{
	unsigned first = 0, second = tally.second_deaths;
	run_uninterrupted(s);
	for (unsigned i = s->prepared; i < MOST_COMMANDS && s->commands[i]; i++)
		if (!dies(s->commands[i]))
			first += kill_command(s, i);
	printf("%-28s %4u boundaries, %5u of their recoveries\n", s->name, first,
		tally.second_deaths - second);
	if (!first)
		complain("nothing was killed");
}

/* -- all of it -- */

static const struct {
	const char *name;
	void (*kill)(void);
} others[] = {
	{"supervisors", kill_supervisors},
	{"keeping", kill_keepers},
	{"intruders", kill_intruders},
	{"intruded", kill_intruded},
};

/* What there is to do, one after the other; those of one scenario first, they are the longest. */
static const struct {
	const struct scenario *all;
	const unsigned *count;
} lists[] = {
	{flow_scenarios, &flow_scenario_count},
	{clock_scenarios, &clock_scenario_count},
	{meeting_scenarios, &meeting_scenario_count},
	{saga_scenarios, &saga_scenario_count},
	{fork_scenarios, &fork_scenario_count},
	{child_scenarios, &child_scenario_count},
};

static unsigned parts_count(void)
{
	unsigned count = (unsigned)COUNT(others);
	for (size_t i = 0; i < COUNT(lists); i++)
		count += *lists[i].count;
	return count;
}

static const struct scenario *scenario_at(unsigned i)
{
	for (size_t l = 0; l < COUNT(lists); l++) {
		if (i < *lists[l].count)
			return &lists[l].all[i];
		i -= *lists[l].count;
	}
	return NULL;
}

static void do_part(unsigned i, const char *only)
{
	const struct scenario *s = scenario_at(i);
	size_t other = i - (parts_count() - COUNT(others));
	if (only && strcmp(only, s ? s->name : others[other].name) != 0)
		return;
	if (s)
		run_scenario(s);
	else
		others[other].kill();
	tally.ran++;
	fflush(stdout);
}

struct shared {
	atomic_uint next; /* part that nobody has taken */
	struct tally tallies[MOST_JOBS];
};

static _Noreturn void work(struct shared *shared, unsigned job, const char *only)
{
	unsigned i;
	world_begin("crash");
	world_serve();
	while ((i = atomic_fetch_add(&shared->next, 1)) < parts_count())
		do_part(i, only);
	tally.complaints = world.complaints;
	shared->tallies[job] = tally;
	exit(world_end());
}

static void add_up(const struct tally *one)
{
	for (size_t b = 0; b < boundary_count; b++)
		tally.deaths[b] += one->deaths[b];
	tally.second_deaths += one->second_deaths;
	tally.supervisor_deaths += one->supervisor_deaths;
	tally.intruder_deaths += one->intruder_deaths;
	tally.acknowledged += one->acknowledged;
	tally.ran += one->ran;
	tally.complaints += one->complaints;
}

static int report(unsigned failed)
{
	unsigned all = 0, names = 0;
	for (size_t b = 0; b < boundary_count; b++) {
		printf("  %-20s %5u deaths\n", boundary_names[b], tally.deaths[b]);
		all += tally.deaths[b];
		names += tally.deaths[b] > 0;
		if (!tally.deaths[b] && tally.ran == parts_count()) {
			printf("WRONG nothing died at %s\n", boundary_names[b]);
			tally.complaints++;
		}
	}
	printf("check-crash: %u boundaries x scenarios (%u of %u names, %u scenarios), %u of recoveries, "
	       "%u of supervisors, %u of owners and intruders, %u after an answer; %u wrong\n",
		all, names, boundary_count, tally.ran, tally.second_deaths, tally.supervisor_deaths,
		tally.intruder_deaths, tally.acknowledged, tally.complaints);
	return failed || tally.complaints ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	unsigned jobs = 3, failed = 0; /* some wait, most of the time */
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			hurried = true;
		else if (strcmp(argv[i], "--stride") == 0 && i + 1 < argc)
			stride = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
			jobs = (unsigned)strtoul(argv[++i], NULL, 10);
		else
			only = argv[i];
	}
	stride = hurried ? 127 : stride ? stride : 1;
	jobs = only || !jobs ? 1 : jobs > MOST_JOBS ? MOST_JOBS : jobs;
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	for (unsigned job = 0; job < jobs; job++)
		if (fork() == 0)
			work(shared, job, only);
	for (int status; wait(&status) > 0;)
		failed += status != 0;
	for (unsigned job = 0; job < jobs; job++)
		add_up(&shared->tallies[job]);
	if (!tally.ran) {
		fprintf(stderr, "there is no scenario %s\n", only ? only : "at all");
		return 2;
	}
	return report(failed);
}
