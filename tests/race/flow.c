/*
 * Races of runs: decisions on the same approval, cancels, timers that several resumes find due at once,
 * owners that are stopped in the midst of a drive or killed, definitions registered together, copies
 * and checks while others write.
 */
#include "race/race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* An approval sets a command free, which a cancel may still stop: each wins once at most, and a cancel
 * that won is the end. */
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
		disperse(&c, "8");
		unsigned cancelled = ended_with(&c, "cancel", 0);
		unsigned approved = ended_with(&c, "approve", 0) + ended_with(&c, "approve", 8);
		if (cancelled > 1 || approved > 1 || cancelled + approved == 0)
			complain("%u cancels and %u approvals won", cancelled, approved);
		json_t *all = instances();
		if (having(all, cancelled ? "cancelled" : "completed") != 1)
			complain("%u cancels won, and it is %s", cancelled,
				text_of(json_array_get(all, 0), "status"));
		json_decref(all);
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

/* A stopped owner lives: nobody takes its instance, and it goes on when it is let. */
static void stopped_owner(void)
{
	for (unsigned round = 0; round < rounds(5, 50); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", gated);
		make_fifo("gate");
		struct running owner = begin("run @DIR@/w.yaml");
		wait_for_lines(1);
		kill(owner.pid, SIGSTOP);
		join(&c, "resume");
		join(&c, "resume 1");
		join(&c, "serve-once");
		disperse(&c, "");
		expect_winners(&c, 2); /* those that find nothing to do */
		if (has_ended(&owner))
			complain("the stopped owner has ended");
		open_gate();
		wait_for_quiet_spool();
		kill(owner.pid, SIGCONT);
		(void)finish(&owner, "0");
		expect_ends(1, "completed", true);
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
		count_race();
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

const struct race flow_races[] = {
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
	{NULL, NULL},
};
