/*
 * Races of the clock: several sweeps of one journal, a timer at the instant of a decision, of a cancel
 * and of another sweep, schedules that several find due, a sweep that is stopped or killed.
 */
#include "race/race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(time) "WFCTL_NOW=2026-11-20T" time "Z "

static const char timer[] =
	"workflow:\n"
	"  id: timer\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "' } }\n";

/* A timer after which nothing is left to be stopped. */
static const char pure_timer[] =
	"workflow:\n"
	"  id: pure_timer\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n"
	"    - { id: then, action: data.set, with: { x: 1 } }\n";

static const char timer_gated[] =
	"workflow:\n"
	"  id: timer_gated\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "; read x <@DIR@/gate' } }\n";

static const char breached[] =
	"workflow:\n"
	"  id: breached\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, sla: PT1H, on_breach: reject,\n"
	"        approvers: { list: [p0, p1, p2, p3] } }, on_failure: { action: continue, to: no } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN("yes") "' }, next: [ { to: end } ] }\n"
	"    - { id: no, action: exec.run, with: { shell: '" RAN("no") "' } }\n";

/* After an hour it approves by itself, and not before. */
static const char lenient[] =
	"workflow:\n"
	"  id: lenient\n"
	"  policies: { easy: { quorum: 1, auto_approve: true } }\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: easy, sla: P1D,\n"
	"        approvers: { list: [p0, p1] }, escalations: [ { after: PT1H, decide: approve } ] },\n"
	"        on_failure: { action: continue, to: no } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN("yes") "' }, next: [ { to: end } ] }\n"
	"    - { id: no, action: exec.run, with: { shell: '" RAN("no") "' } }\n";

static const char has_ended_badly[] =
	"workflow:\n"
	"  id: ended\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("a") "' } }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "; exit 3' } }\n";

static const char tick[] =
	"workflow:\n"
	"  id: tick\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: 'echo tick >>@DIR@/ran' } }\n";

/* Sweeps that keep one another out, sweeps that do not, and resumes: everything is done once. */
static void sweeps(void)
{
	unsigned n = rounds(10, 40);
	for (unsigned round = 0; round < rounds(10, 60); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", timer);
		start(n, "w.yaml", "");
		for (int i = 0; i < 4; i++) {
			join(&c, LATER "serve-once");
			join(&c, LATER "serve-once --parallel");
		}
		join(&c, LATER "resume");
		disperse(&c, "");
		expect_winners(&c, c.n);
		expect_ends(n, "completed", true);
		if (files_in("home/spool") || files_in("home/runners"))
			complain("%u files are left in the spool, %u in runners",
				files_in("home/spool"), files_in("home/runners"));
	}
}

/* A sweep that drives something for long keeps no other away: what falls due meanwhile is done, once. */
static void beside_a_long_one(void)
{
	for (unsigned round = 0; round < rounds(2, 20); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("g.yaml", timer_gated);
		define("w.yaml", timer);
		make_fifo("gate");
		start(1, "g.yaml", "");
		struct running sweep = begin(LATER "serve-once");
		wait_for_lines(1);
		start(3, "w.yaml", "");
		for (int i = 0; i < 4; i++) {
			join(&c, LATER "serve-once");
			join(&c, LATER "serve-once --parallel");
		}
		disperse(&c, "");
		expect_winners(&c, c.n);
		if (lines_of_ran() != 4)
			complain("a sweep beside a long one left something undone");
		open_gate();
		(void)finish(&sweep, "0");
		expect_ends(4, "completed", false);
		if (times_ran("then") != 4)
			complain("%u commands ran, not 4", times_ran("then"));
	}
}

/* A decision and the end of its time: one of the two decides. */
static void breach_and_decision(void)
{
	unsigned decided = 0, expired = 0;
	for (unsigned round = 0; round < rounds(80, 800); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", breached);
		expect("3", AT("09:00:00") "run %s/w.yaml", world.dir);
		for (int i = 0; i < 2; i++) {
			if (round % 3)
				join(&c, AT("09:59:59.999") "approve 1 --as p%d", i);
			join(&c, AT("10:00:00") "serve-once%s", i ? " --parallel" : "");
			if (round % 3 == 0)
				join(&c, AT("09:59:59.999") "approve 1 --as p%d", i);
		}
		join(&c, AT("10:00:00") "resume");
		disperse(&c, "");
		unsigned approved = ended_with(&c, "approve", 0);
		if (approved > 1 || ended_with(&c, "approve", CONFLICT) != 2 - approved)
			complain("%u approvals won", approved);
		if (times_ran("yes") != approved || times_ran("no") != 1 - approved)
			complain("%u approvals won; yes ran %u times, no %u times", approved,
				times_ran("yes"), times_ran("no"));
		*(approved ? &decided : &expired) += 1;
		expect_ends(1, "completed", false);
	}
	printf("  %u were decided, %u expired\n", decided, expired);
}

/* A decision before its time: sweeps whose clock is a millisecond behind leave it to people; then sweeps
 * decide it by themselves at the instant of a rejection. */
static void decided_by_itself(void)
{
	unsigned decided = 0, rejected = 0;
	for (unsigned round = 0; round < rounds(24, 240); round++) {
		struct crowd early = {0}, c = {0};
		world_fresh(false);
		define("w.yaml", lenient);
		expect("3", AT("09:00:00") "run %s/w.yaml", world.dir);
		for (int i = 0; i < 2; i++)
			join(&early, AT("09:59:59.999") "serve-once%s", i ? " --parallel" : "");
		join(&early, AT("09:59:59.999") "resume");
		disperse(&early, "3"); /* resume says that it waits */
		if (ended_with(&early, "serve-once", 0) != 2 || lines_of_ran())
			complain("it decided by itself before its time");
		for (int i = 0; i < 2; i++) {
			if (round % 3)
				join(&c, AT("09:59:59.999") "reject 1 --as p%d", i);
			join(&c, AT("10:00:00") "serve-once%s", i ? " --parallel" : "");
			if (round % 3 == 0)
				join(&c, AT("09:59:59.999") "reject 1 --as p%d", i);
		}
		disperse(&c, "");
		unsigned won = ended_with(&c, "reject", 0);
		if (won > 1 || ended_with(&c, "reject", CONFLICT) != 2 - won)
			complain("%u rejections won", won);
		if (times_ran("no") != won || times_ran("yes") != 1 - won)
			complain("%u rejections won; yes ran %u times, no %u times", won, times_ran("yes"),
				times_ran("no"));
		*(won ? &rejected : &decided) += 1;
		expect_ends(1, "completed", false);
	}
	printf("  %u decided by themselves, %u were rejected\n", decided, rejected);
}

/* A finished state that recovery may not overwrite: its owner dies with the end durable and nobody told. */
static void an_end_stays(void)
{
	for (unsigned round = 0; round < rounds(8, 80); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", has_ended_badly);
		if (status_of("WFCTL_CRASH_AT=%s run %s/w.yaml", round % 2 ? "PARTED" : "COMMIT_AFTER:3",
			    world.dir) != KILLED)
			complain("the owner was not killed");
		struct said before = wfctl("show 1 -o json"), history = wfctl("history 1 -o json");
		for (int i = 0; i < 3; i++) {
			join(&c, "%sresume", i ? LATER : "");
			join(&c, "%sserve-once --parallel", i ? LATER : "");
			join(&c, "cancel 1");
		}
		disperse(&c, "");
		struct said after = wfctl("show 1 -o json"), then = wfctl("history 1 -o json");
		if (ended_with(&c, "cancel", CONFLICT) != 3)
			complain("a cancel of what has ended was taken");
		if (strcmp(before.out, after.out) != 0 || strcmp(history.out, then.out) != 0)
			complain("its end was overwritten: %s", after.out);
		expect_ends(1, "failed", true);
		said_done(&before);
		said_done(&history);
		said_done(&after);
		said_done(&then);
	}
}

/* A timer and cancels: one end, and a cancel that was told it won did. */
static void timer_and_cancel(void)
{
	unsigned ended = 0, stopped = 0;
	for (unsigned round = 0; round < rounds(40, 400); round++) {
		struct crowd c = {0};
		bool pure = round % 4 != 0;
		world_fresh(false);
		define("w.yaml", pure ? pure_timer : timer);
		start(1, "w.yaml", "");
		for (int i = 0; i < 2; i++) {
			if (round % 2)
				join(&c, "cancel 1");
			join(&c, LATER "serve-once%s", i ? " --parallel" : "");
			join(&c, "cancel 1");
		}
		join(&c, LATER "resume");
		disperse(&c, "8");
		json_t *all = instances();
		unsigned cancelled = ended_with(&c, "cancel", 0);
		if (cancelled > 1 || having(all, cancelled ? "cancelled" : "completed") != 1)
			complain("%u cancels won, and it is %s", cancelled,
				text_of(json_array_get(all, 0), "status"));
		/* a cancel may come while the command runs */
		if (times_ran("then") > !pure || (!pure && !cancelled && !times_ran("then")))
			complain("%u cancels won, the command ran %u times", cancelled,
				times_ran("then"));
		*(cancelled ? &stopped : &ended) += 1;
		json_decref(all);
		expect_sound();
	}
	printf("  %u ended, %u were cancelled\n", ended, stopped);
}

/* A resumed pause is not fired again by a timer that was moved or fired by hand meanwhile. */
static void timer_and_hand(void)
{
	for (unsigned round = 0; round < rounds(16, 160); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", timer);
		start(1, "w.yaml", "");
		join(&c, "timer fire 1");
		join(&c, LATER "serve-once");
		join(&c, "timer fire 1");
		join(&c, "timer move 1 +1s");
		join(&c, LATER "serve-once --parallel");
		disperse(&c, "34");
		expect("03", LATER "serve-once");
		expect_ends(1, "completed", true);
	}
}

/* Each firing is one instance, whoever sees it, and whoever is killed over it. */
static void firings(void)
{
	for (unsigned round = 0; round < rounds(10, 80); round++) {
		struct crowd c = {0};
		bool kills = round % 2 == 1;
		world_fresh(false);
		define("w.yaml", tick);
		expect("0", "register %s/w.yaml", world.dir);
		for (int i = 0; i < 6; i++)
			expect("0", AT("09:00:30") "schedule add tick @hourly --name s%d", i);
		struct running dies = begin(AT("10:00:00") "serve-once --parallel");
		for (int i = 0; i < 6; i++)
			join(&c, AT("10:00:00") "serve-once%s", i % 3 ? " --parallel" : "");
		join(&c, AT("10:00:00") "resume");
		if (kills) {
			pause_ms(rand() % 12);
			kill(dies.pid, SIGKILL);
		}
		disperse(&c, "");
		expect_winners(&c, c.n);
		(void)finish(&dies, kills ? "k" : "");
		wait_for_quiet_spool();
		expect("0", AT("10:00:01") "serve-once");
		expect_ends(6, "completed", false);
		if (times_ran("tick") != 6)
			complain("6 firings ran %u times", times_ran("tick"));
	}
}

/* A sweep that is stopped keeps its lock; one that is killed loses it, and what it had begun. */
static void sweepers_die(void)
{
	for (unsigned round = 0; round < rounds(10, 80); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", timer);
		start(8, "w.yaml", "");
		struct running dies = begin(LATER "serve-once");
		struct running stops = begin(LATER "serve-once --parallel");
		pause_ms(rand() % 12);
		kill(dies.pid, SIGKILL);
		kill(stops.pid, SIGSTOP);
		for (int i = 0; i < 3; i++)
			join(&c, LATER "serve-once%s", i ? " --parallel" : "");
		pause_ms(5);
		kill(stops.pid, SIGCONT);
		disperse(&c, "");
		(void)finish(&dies, "0k");
		(void)finish(&stops, "0");
		wait_for_quiet_spool();
		expect("0", LATER "serve-once");
		expect_ends(8, "completed", true);
	}
}

/* A cancel of what another process drives, stopped or not: its command is stopped, there is one end. */
static void cancel_of_driven(void)
{
	for (unsigned round = 0; round < rounds(16, 160); round++) {
		struct crowd c = {0};
		bool stopped = round % 2 == 1, killed = round % 4 == 2;
		world_fresh(false);
		define("w.yaml", timer_gated);
		make_fifo("gate");
		start(1, "w.yaml", "");
		struct running owner = begin(LATER "resume 1");
		wait_for_lines(1);
		if (stopped)
			kill(owner.pid, SIGSTOP);
		for (int i = 0; i < 4; i++)
			join(&c, "cancel 1");
		if (killed)
			kill(owner.pid, SIGKILL);
		disperse(&c, "");
		expect_winners(&c, 1);
		if (stopped)
			kill(owner.pid, SIGCONT);
		(void)finish(&owner, killed ? "8k" : "8");
		if (killed)
			expect("0", "serve-once");
		wait_for_quiet_spool(); /* nobody opens the gate: the command was stopped */
		expect_ends(1, "cancelled", true);
	}
}

static const char expiring[] =
	"workflow:\n"
	"  id: expiring\n"
	"  execution_log: { retention: PT1H }\n"
	"  steps:\n"
	"    - { id: first, action: exec.run, with: { shell: '" RAN("first") "' } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "; test -e @DIR@/there' } }\n";

/* Histories that have expired, and who wants them away, to see them, to go on with their instances: those
 * that are begun again have a history, if only of that, and all of it is sound. */
static void histories(void)
{
	for (unsigned round = 0; round < rounds(8, 80); round++) {
		struct crowd c = {0};
		unsigned n = 6;
		world_fresh(false);
		define("w.yaml", expiring);
		for (unsigned i = 0; i < n; i++)
			expect("1", AT("09:00:00") "run %s/w.yaml", world.dir);
		struct running dies = begin(LATER "serve-once --parallel");
		define("there", "");
		for (unsigned i = 1; i <= n; i++) {
			if (i % 2)
				join(&c, LATER "retry %u", i);
			join(&c, i % 3 ? LATER "serve-once --parallel" : LATER "prune");
			join(&c, "show %u", i);
			join(&c, "history %u -o json", i);
			join(&c, "journal backup %s/copy%u", world.dir, i);
		}
		join(&c, LATER "serve-once");
		if (round % 2)
			kill(dies.pid, SIGKILL);
		disperse(&c, "");
		expect_winners(&c, c.n);
		(void)finish(&dies, round % 2 ? "k0" : "0");
		wait_for_quiet_spool();
		expect("0", LATER "serve-once");
		json_t *all = instances();
		if (having(all, "completed") != n / 2 || having(all, "failed") != n / 2)
			complain("%u were begun again, not %u", having(all, "completed"), n / 2);
		json_decref(all);
		if (times_ran("first") != n || times_ran("then") != n + n / 2)
			complain("first ran %u times, then %u times", times_ran("first"),
				times_ran("then"));
		expect_sound();
		expect("0", "journal restore %s/copy1 --environment copy", world.dir);
		expect("0", "journal check --environment copy");
	}
}

const struct race clock_races[] = {
	{"sweeps", sweeps},
	{"beside a long one", beside_a_long_one},
	{"breach and decision", breach_and_decision},
	{"decided by itself", decided_by_itself},
	{"an end stays", an_end_stays},
	{"timer and cancel", timer_and_cancel},
	{"timer and hand", timer_and_hand},
	{"firings", firings},
	{"sweepers die", sweepers_die},
	{"cancel of driven", cancel_of_driven},
	{"histories", histories},
	{NULL, NULL},
};
