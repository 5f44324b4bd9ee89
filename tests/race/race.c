/*
 * The race campaign: many processes on one journal, and exactly one winner each time.
 *
 *	race [--quick] [RACE]
 *
 * Decisions on the same approval, cancels, timers that several resumes find due at once, owners
 *that are stopped in the midst of a drive or killed, definitions registered together, copies and
 *checks while others write. The loser of a race is told so (status 6, and why); no instance gets
 *stuck, no command runs twice, and the journal is sound afterwards. Delays are drawn from a seed
 *that is printed; WFCTL_RACE_SEED repeats it.
 */
#include "helpers/world.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONFLICT 6
#define MOST 64
#define LATER "WFCTL_NOW=2126-01-01T00:00:00Z "
#define RAN(id) "echo " id " $WFCTL_IDEMPOTENCY_KEY >>@DIR@/ran"

static bool quick;
static unsigned races, processes, winners, conflicts;

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

static unsigned rounds(unsigned few, unsigned many)
{
	return quick ? few : many;
}

/* -- a crowd: processes that start as nearly at once as can be -- */

struct crowd {
	struct running members[MOST];
	unsigned n, won, lost;
	int status[MOST];
};

static void join(struct crowd *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void join(struct crowd *c, const char *format, ...)
{
	char line[300], *full;
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	full = expand(line);
	c->members[c->n++] = begin_wfctl(full);
	free(full);
	processes++;
}

/* A conflict says what stands in the way. */
static void check_conflict(const struct running *r, const struct said *s)
{
	static const char *const reasons[] = {"is over", "already decided",
		"driven by another process", "has ended", "too late", "registered already",
		"has it open", "is there already", "try again", "exists"};
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (strstr(s->err, reasons[i]))
			return;
	complain("`wfctl %s` lost without saying why: %s", r->line, s->err);
}

/* Waits for all. The status of each is 0, a conflict, or one of `allowed`. */
static void disperse(struct crowd *c, const char *allowed)
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

static void expect_winners(const struct crowd *c, unsigned wanted)
{
	if (c->won != wanted)
		complain("%u of %u won, %u should", c->won, c->n, wanted);
}

/* -- what the races are about -- */

static void define(const char *name, const char *yaml)
{
	char *text = expand(yaml);
	write_text(name, text);
	free(text);
}

static void start(unsigned n, const char *name, const char *options)
{
	char *path = expand("@DIR@/");
	for (unsigned i = 0; i < n; i++)
		expect("03", "run %s%s%s", path, name, options);
	free(path);
}

/* Every instance has ended as it should, and every effect was seen exactly once. */
static void expect_ends(unsigned n, const char *status, bool once)
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

static const char approval[] =
	"workflow:\n"
	"  id: approval\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, approvers: { list: [p0, "
	"p1, p2, p3, p4, p5, p6, p7] } },\n"
	"        on_failure: { action: continue, to: no } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN(
		"yes") "' }, next: [ { to: end } ] }\n"
		       "    - { id: no, action: exec.run, with: { shell: '" RAN("no") "' } }\n";

static const char two_approvals[] =
	"workflow:\n"
	"  id: two_approvals\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level2, approvers: { list: [p0, "
	"p1, p2, p3, p4, p5] } } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN("yes") "' } }\n";

static const char timer[] =
	"workflow:\n"
	"  id: timer\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: P1D } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "' } }\n";

static const char commands[] =
	"workflow:\n"
	"  id: commands\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN(
		"a") "' } }\n"
		     "    - { id: b, action: exec.run, with: { shell: 'sleep 0.05; " RAN(
			     "b") "' } }\n"
				  "    - { id: c, action: exec.run, with: { shell: '" RAN(
					  "c") "' } }\n";

static const char gated[] =
	"workflow:\n"
	"  id: gated\n"
	"  steps:\n"
	"    - { id: wait, action: exec.run, with: { shell: '" RAN(
		"wait") "; read x <@DIR@/gate' } }\n"
			"    - { id: then, action: exec.run, with: { shell: '" RAN(
				"then") "' } }\n";

static const char pure[] = "workflow:\n"
			   "  id: pure\n"
			   "  steps:\n"
			   "    - { id: a, action: data.set, with: { x: 1 } }\n";

/* -- the races -- */

static void decisions(void)
{
	for (unsigned round = 0; round < rounds(15, 150); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", approval);
		start(1, "w.yaml", "");
		for (int i = 0; i < 8; i++)
			join(&c, "%s 1 --as p%d", i % 2 ? "approve" : "reject", i);
		disperse(&c, "");
		expect_winners(&c, 1);
		expect_ends(1, "completed", true);
	}
}

/* Two of six are needed; then the same person twice. */
static void quorum(void)
{
	for (unsigned round = 0; round < rounds(10, 100); round++) {
		struct crowd c = {0}, same = {0};
		world_fresh(false);
		define("w.yaml", two_approvals);
		start(1, "w.yaml", "");
		for (int i = 0; i < 5; i++)
			join(&same, "approve 1 --as p0");
		disperse(&same, "");
		expect_winners(&same, 1);
		for (int i = 1; i < 6; i++)
			join(&c, "approve 1 --as p%d", i);
		disperse(&c, "");
		expect_winners(&c, 1);
		expect_ends(1, "completed", true);
	}
}

static void cancels(void)
{
	for (unsigned round = 0; round < rounds(10, 100); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", approval);
		start(1, "w.yaml", "");
		for (int i = 0; i < 3; i++) {
			join(&c, "cancel 1");
			join(&c, "approve 1 --as p%d", i);
		}
		disperse(&c, "");
		expect_winners(&c, 1);
		expect_sound();
	}
}

static void timers(void)
{
	unsigned n = rounds(12, 40);
	for (unsigned round = 0; round < rounds(5, 40); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", timer);
		start(n, "w.yaml", "");
		for (int i = 0; i < 5; i++)
			join(&c, LATER "resume");
		for (unsigned i = 1; i <= 5; i++)
			join(&c, LATER "resume %u", i);
		disperse(&c, "");
		expect_ends(n, "completed", true);
	}
}

/* Sixteen instances whose owners were killed: one of them all, or each its own. */
static void leave_orphans(bool one_owner, const char *at)
{
	world_fresh(false);
	define("w.yaml", commands);
	write_text("in", "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n"
			 "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n");
	char *line = expand(one_owner ? "run @DIR@/w.yaml --batch @DIR@/in" : "run @DIR@/w.yaml");
	for (int i = 0; i < (one_owner ? 1 : 16); i++)
		if (status_of("WFCTL_CRASH_AT=%s %s", at, line) != KILLED)
			complain("the owner was not killed");
	free(line);
}

/* Each orphan is resumed by a process of its own, while others look. Nobody but its owner, who is
 * dead, could have had it. */
static void killed_owners(void)
{
	for (unsigned round = 0; round < rounds(8, 80); round++) {
		struct crowd c = {0};
		bool one_owner = round % 2 == 0;
		leave_orphans(one_owner, one_owner ? "EFFECT_RESULT:5" : "EFFECT_STARTED:2");
		for (unsigned i = 1; i <= 16; i++) {
			join(&c, i % 2 ? "resume --dry-run" : "ps --quiet");
			join(&c, "resume %u", i);
		}
		disperse(&c, "");
		expect_winners(&c, c.n);
		expect_ends(16, "completed", true);
	}
}

/* The same, all of them resumed by several at once. */
static void many_resumes(void)
{
	for (unsigned round = 0; round < rounds(6, 60); round++) {
		struct crowd c = {0};
		char at[40];
		snprintf(at, sizeof(at), "EFFECT_STARTED:%u", round % 2 ? 2 : 16 + round % 20);
		leave_orphans(round % 2 == 0, at);
		for (unsigned i = 0; i < 6; i++)
			join(&c, "resume");
		disperse(&c, "");
		expect_ends(16, "completed", true);
	}
}

static bool command_began(void *arg)
{
	(void)arg;
	return lines_of_ran() > 0;
}

static void open_gate(void)
{
	char *gate = expand("@DIR@/gate");
	FILE *f = fopen(gate, "w");
	if (f) {
		fputs("go\n", f);
		fclose(f);
	}
	free(gate);
}

/* A stopped owner lives: nobody takes its instance, and it goes on when it is let. */
static void stopped_owner(void)
{
	for (unsigned round = 0; round < rounds(5, 50); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", gated);
		char *gate = expand("@DIR@/gate"), *line = expand("run @DIR@/w.yaml");
		if (mkfifo(gate, 0600) < 0)
			complain("no fifo");
		struct running owner = begin_wfctl(line);
		processes++;
		wait_until(command_began, NULL);
		kill(owner.pid, SIGSTOP);
		join(&c, "resume");
		join(&c, "resume 1");
		join(&c, "cancel 1");
		disperse(&c, "");
		expect_winners(&c, 1); /* the one that finds nothing to resume */
		if (has_ended(&owner))
			complain("the stopped owner has ended");
		open_gate();
		wait_for_quiet_spool();
		kill(owner.pid, SIGCONT);
		struct said s = finish_wfctl(&owner);
		if (s.status)
			complain("the stopped owner ended with status %d: %s", s.status, s.err);
		said_done(&s);
		expect_ends(1, "completed", true);
		free(gate);
		free(line);
	}
}

/* Stopped anywhere, in the midst of a transaction too: the others wait, and all end. */
static void stopped_anywhere(void)
{
	for (unsigned round = 0; round < rounds(20, 200); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", commands);
		for (int i = 0; i < 3; i++)
			join(&c, "run @DIR@/w.yaml");
		pause_ms(rand() % 40);
		kill(c.members[0].pid, SIGSTOP);
		for (int i = 0; i < 3; i++)
			join(&c, i == 1 ? "resume" : "run @DIR@/w.yaml");
		pause_ms(20);
		kill(c.members[0].pid, SIGCONT);
		disperse(&c, "");
		expect_winners(&c, c.n);
		expect_ends(5, "completed", true);
	}
}

/* Runs, kills and resumes all over one another; in the end all that began is done, once. */
static void killing_spree(void)
{
	struct crowd c;
	unsigned killed = 0;
	int64_t until = now_ms() + (int64_t)rounds(6, 60) * 1000;
	world_fresh(false);
	define("w.yaml", commands);
	while (now_ms() < until) {
		c = (struct crowd){0};
		for (int i = 0; i < 6; i++)
			join(&c, i % 3 == 2 ? "resume" : "run @DIR@/w.yaml");
		for (unsigned i = 0; i < c.n; i++) {
			pause_ms(rand() % 20);
			if (rand() % 2)
				kill(c.members[i].pid, rand() % 4 ? SIGKILL : SIGTERM);
		}
		for (unsigned i = 0; i < c.n; i++) {
			struct said s = finish_wfctl(&c.members[i]);
			bool gone = s.status == KILLED || s.status == 128 + SIGTERM;
			killed += gone;
			if (s.status && !gone)
				complain("`wfctl %s` has status %d: %s", c.members[i].line,
					s.status, s.err);
			said_done(&s);
		}
		races++;
	}
	expect("0", "resume");
	json_t *all = instances();
	unsigned n = (unsigned)json_array_size(all);
	json_decref(all);
	expect_ends(n, "completed", true);
	if (files_in("home/spool") || files_in("home/runners"))
		complain("%u files are left in the spool, %u in runners", files_in("home/spool"),
			files_in("home/runners"));
	printf("  %u instances through %u kills\n", n, killed);
	if (n < rounds(10, 100) || killed < rounds(10, 100))
		complain("too little happened");
}

/* Many start instances of one journal; nothing is lost, and the numbers have no gap. */
static void runs(void)
{
	for (unsigned round = 0; round < rounds(4, 40); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", pure);
		write_text("in", "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n");
		for (int i = 0; i < 16; i++)
			join(&c, i % 4 ? "run @DIR@/w.yaml" : "run @DIR@/w.yaml --batch @DIR@/in");
		disperse(&c, "");
		expect_winners(&c, c.n);
		expect_ends(12 + 40, "completed", false);
		json_t *all = instances(), *last = json_array_get(all, json_array_size(all) - 1);
		if (json_array_size(all) != 52 ||
			json_integer_value(json_object_get(last, "number")) != 52)
			complain("there are %zu instances, the last is #%lld", json_array_size(all),
				(long long)json_integer_value(json_object_get(last, "number")));
		json_decref(all);
	}
}

static void registers(void)
{
	for (unsigned round = 0; round < rounds(5, 50); round++) {
		struct crowd same = {0}, next = {0};
		char name[20], text[200];
		world_fresh(false);
		for (int i = 0; i < 8; i++) {
			snprintf(name, sizeof(name), "v%d.yaml", i);
			snprintf(text, sizeof(text),
				"workflow:\n  id: w\n  version: 1.0.0\n  steps:\n"
				"    - { id: a, action: data.set, with: { x: %d } }\n",
				i);
			write_text(name, text);
			snprintf(name, sizeof(name), "n%d.yaml", i);
			snprintf(text, sizeof(text),
				"workflow:\n  id: n\n  steps:\n"
				"    - { id: a, action: data.set, with: { x: %d } }\n",
				i);
			write_text(name, text);
		}
		for (int i = 0; i < 8; i++) {
			join(&same, "register @DIR@/v%d.yaml", i);
			join(&next, "register @DIR@/n%d.yaml", i);
		}
		disperse(&same, "");
		disperse(&next, "");
		expect_winners(&same, 1);
		expect_winners(&next, 8);
		expect("0", "run n@8");
		expect("4", "run n@9");
		expect_sound();
	}
}

static void inits(void)
{
	for (unsigned round = 0; round < rounds(10, 100); round++) {
		struct crowd c = {0};
		world_fresh(true);
		for (int i = 0; i < 8; i++)
			join(&c, "init --if-missing");
		disperse(&c, "");
		expect_winners(&c, c.n);
		define("w.yaml", pure);
		start(1, "w.yaml", "");
		expect_ends(1, "completed", false);
	}
}

/* Copies, checks and looks while others write; each copy is whole, with at least what was there
 * when it was begun. A compaction needs the journal for itself, and takes it from nobody. */
static void keeping(void)
{
	for (unsigned round = 0; round < rounds(4, 40); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", commands);
		define("p.yaml", pure);
		start(3, "p.yaml", "");
		for (int i = 0; i < 4; i++) {
			join(&c, "run @DIR@/w.yaml");
			join(&c, "run @DIR@/p.yaml");
			join(&c, "journal backup @DIR@/copy%d", i);
			join(&c, "journal check");
			join(&c, "journal compact");
			join(&c, "journal stat");
			join(&c, "ps");
			join(&c, "run @DIR@/p.yaml");
		}
		disperse(&c, "");
		for (unsigned i = 0; i < c.n; i++)
			if (c.status[i] == CONFLICT && !strstr(c.members[i].line, "compact"))
				complain("`wfctl %s` had to give way", c.members[i].line);
		expect_ends(3 + 12, "completed", false);
		for (int i = 0; i < 4; i++) {
			expect("0", "journal restore copy%d --environment copy%d", i, i);
			expect("0", "--environment copy%d journal check", i);
			expect("0", "--environment copy%d show 3", i);
		}
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} all_races[] = {
	{"decisions", decisions},
	{"quorum", quorum},
	{"cancels", cancels},
	{"timers", timers},
	{"killed owners", killed_owners},
	{"many resumes", many_resumes},
	{"stopped owner", stopped_owner},
	{"stopped anywhere", stopped_anywhere},
	{"killing spree", killing_spree},
	{"runs", runs},
	{"registers", registers},
	{"inits", inits},
	{"keeping", keeping},
};

int main(int argc, char **argv)
{
	const char *only = NULL, *seed = getenv("WFCTL_RACE_SEED");
	unsigned drawn = seed ? (unsigned)strtoul(seed, NULL, 10) : (unsigned)time(NULL);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			quick = true;
		else
			only = argv[i];
	}
	srand(drawn);
	printf("seed %u\n", drawn);
	world_begin("race");
	for (size_t i = 0; i < COUNT(all_races); i++) {
		if (only && strcmp(only, all_races[i].name) != 0)
			continue;
		unsigned before = races, joined = processes;
		doing("%s", all_races[i].name);
		all_races[i].run();
		printf("%-18s %4u races, %5u processes\n", all_races[i].name, races - before,
			processes - joined);
		fflush(stdout);
	}
	printf("check-race: %u races of %u processes: %u won, %u conflicts told; %u wrong\n", races,
		processes, winners, conflicts, world.complaints);
	if (!races)
		complain("nothing was raced");
	return world_end();
}
