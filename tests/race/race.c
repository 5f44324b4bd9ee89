/*
 * The race campaign: many processes on one journal, and exactly one winner each time.
 *
 *	race [--quick] [RACE]
 *
 * The loser of a race is told so (status 6, and why); no instance gets stuck, no command runs twice,
 * and the journal is sound afterwards. Delays are drawn from a seed that is printed; WFCTL_RACE_SEED
 * repeats it. Here are the crowd and what is expected of it; the races are in the files beside.
 */
#include "race/race.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool quick;
static unsigned races, processes, winners, conflicts;

int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

unsigned rounds(unsigned few, unsigned many)
{
	return quick ? few : many;
}

void count_race(void)
{
	races++;
}

/* -- a crowd -- */

static struct running begin_line(const char *format, va_list args)
	__attribute__((format(printf, 1, 0)));
static struct running begin_line(const char *format, va_list args)
{
	char line[300], *full;
	vsnprintf(line, sizeof(line), format, args);
	full = expand(line);
	struct running r = begin_wfctl(full);
	free(full);
	processes++;
	return r;
}

struct running begin(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct running r = begin_line(format, args);
	va_end(args);
	return r;
}

void join(struct crowd *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	c->members[c->n++] = begin_line(format, args);
	va_end(args);
}

/* A conflict says what stands in the way. */
static void check_conflict(const struct running *r, const struct said *s)
{
	static const char *const reasons[] = {"is over", "already decided", "has ended", "too late",
		"driven by another process", "registered already", "has it open", "is there already",
		"try again", "exists", "begins again", "can begin again", "is on hold", "is not on hold",
		"limit of", "has not decided", "waits for a free slot", "asked no more",
		"is completed", "is cancelled", "a timer that runs", "waits for nothing", "undoes what it did",
		"that version already", "is in hand"};
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (strstr(s->err, reasons[i]))
			return;
	complain("`wfctl %s` lost without saying why: %s", r->line, s->err);
}

void disperse(struct crowd *c, const char *allowed)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct said s = finish_wfctl(&c->members[i]);
		c->status[i] = s.status;
		c->won += s.status == 0;
		c->lost += s.status == CONFLICT;
		if (s.status == CONFLICT)
			check_conflict(&c->members[i], &s);
		else if (s.status && (s.status > 9 || !strchr(allowed, '0' + s.status)))
			complain("`wfctl %s` has status %d: %s%s", c->members[i].line, s.status,
				s.out, s.err);
		said_done(&s);
	}
	winners += c->won;
	conflicts += c->lost;
	races++;
}

int finish(struct running *r, const char *allowed)
{
	struct said s = finish_wfctl(r);
	int status = s.status;
	bool signalled = status > 9;
	char wanted = signalled ? 'k' : (char)('0' + status);
	if (status && !strchr(allowed, wanted))
		complain("`wfctl %s` has status %d: %s%s", r->line, status, s.out, s.err);
	said_done(&s);
	return status;
}

void expect_winners(const struct crowd *c, unsigned wanted)
{
	if (c->won != wanted)
		complain("%u of %u won, %u should", c->won, c->n, wanted);
}

unsigned ended_with(const struct crowd *c, const char *words, int status)
{
	unsigned n = 0;
	for (unsigned i = 0; i < c->n; i++) {
		const char *line = c->members[i].line;
		while (*line >= 'A' && *line <= 'Z') /* past its variables */
			line += strcspn(line, " ") + 1;
		n += c->status[i] == status && strncmp(line, words, strlen(words)) == 0;
	}
	return n;
}

/* -- what the races are about -- */

void define(const char *name, const char *yaml)
{
	char *text = expand(yaml);
	write_text(name, text);
	free(text);
}

void start(unsigned n, const char *name, const char *options)
{
	char *path = expand("@DIR@/");
	for (unsigned i = 0; i < n; i++)
		expect("03", "run %s%s%s", path, name, options);
	free(path);
}

void expect_ends(unsigned n, const char *status, bool once)
{
	json_t *all = instances(), *in, *counts = recorded(), *times;
	size_t i, right = 0;
	const char *key;
	json_array_foreach (all, i, in) {
		if (strcmp(text_of(in, "status"), status) != 0)
			complain("#%d is %s, not %s", (int)i + 1, text_of(in, "status"), status);
		else
			right++;
	}
	if (right < n)
		complain("%zu instances are %s, %u should be", right, status, n);
	json_object_foreach (counts, key, times) {
		if (once && json_integer_value(times) != (json_int_t)n)
			complain("`%s` happened %lld times, not %u", key,
				(long long)json_integer_value(times), n);
	}
	json_decref(counts);
	json_decref(all);
	expect_sound();
}

unsigned having(const json_t *all, const char *status)
{
	size_t i;
	const json_t *in;
	unsigned n = 0;
	json_array_foreach (all, i, in)
		n += strcmp(text_of(in, "status"), status) == 0;
	return n;
}

unsigned times_ran(const char *id)
{
	char *ran = read_text("ran"), *rest = ran, *line;
	unsigned n = 0;
	while ((line = strsep(&rest, "\n")))
		n += strncmp(line, id, strlen(id)) == 0 && (line[strlen(id)] == ' ' || !line[strlen(id)]);
	free(ran);
	return n;
}

static bool has_lines(void *arg)
{
	return lines_of_ran() >= *(json_int_t *)arg;
}

void wait_for_lines(json_int_t lines)
{
	if (!wait_until(has_lines, &lines))
		complain("the commands do not begin");
}

void make_fifo(const char *name)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/%s", world.dir, name);
	if (mkfifo(path, 0600) < 0)
		complain("no fifo");
}

/* Both ways: it waits for no reader, and what was written stays for whoever comes to read. */
void open_gate(void)
{
	static int held = -1;
	char *gate = expand("@DIR@/gate");
	int fd = open(gate, O_RDWR | O_CLOEXEC);
	if (fd < 0 || write(fd, "go\ngo\ngo\ngo\n", 12) != 12)
		complain("the gate does not open");
	if (held >= 0)
		close(held);
	held = fd;
	free(gate);
}

static bool run_table(const struct race *table, const char *only)
{
	bool any = false;
	for (; table->name; table++) {
		unsigned before = races, joined = processes;
		int64_t begun = now_ms();
		if (only && strcmp(only, table->name) != 0)
			continue;
		any = true;
		doing("%s", table->name);
		table->run();
		printf("%-24s %4u races, %5u processes, %5.1f s\n", table->name, races - before,
			processes - joined, (double)(now_ms() - begun) / 1000);
		fflush(stdout);
	}
	return any;
}

int main(int argc, char **argv)
{
	static const struct race *const tables[] = {flow_races, clock_races, people_races,
		slot_races, inbox_races, spree_races, saga_races, child_races, fork_races};
	const char *only = NULL, *seed = getenv("WFCTL_RACE_SEED");
	unsigned drawn = seed ? (unsigned)strtoul(seed, NULL, 10) : (unsigned)time(NULL);
	bool any = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			quick = true;
		else
			only = argv[i];
	}
	srand(drawn);
	printf("seed %u\n", drawn);
	world_begin("race");
	for (size_t i = 0; i < COUNT(tables); i++)
		any |= run_table(tables[i], only);
	printf("check-race: %u races of %u processes: %u won, %u conflicts told; %u wrong\n", races,
		processes, winners, conflicts, world.complaints);
	if (!any || !races)
		complain("nothing was raced");
	return world_end();
}
