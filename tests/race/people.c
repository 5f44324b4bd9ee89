/*
 * Races of people: everything that can be said about one approval at once, a decision while its
 * notification is on its way in another process, retries.
 */
#include "race/race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(time) "WFCTL_NOW=2026-11-20T" time "Z "

static const char single[] =
	"workflow:\n"
	"  id: single\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, approvers: { list: [p0] } },\n"
	"        on_failure: { action: continue, to: no } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN("yes") "' }, next: [ { to: end } ] }\n"
	"    - { id: no, action: exec.run, with: { shell: '" RAN("no") "' } }\n";

static const char pair[] =
	"workflow:\n"
	"  id: pair\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level2, approvers: { list: [p0, p1] } } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN("yes") "' } }\n";

static const char escalated[] =
	"workflow:\n"
	"  id: escalated\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, sla: P30D,\n"
	"        approvers: { list: [p0, p1, p2, p3] }, escalations: [ { after: PT2H, notify: {\n"
	"        action: exec.run, with: { shell: '" RAN("told") "; read x <@DIR@/gate' } } } ] },\n"
	"        on_failure: { action: continue, to: no } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN("yes") "' }, next: [ { to: end } ] }\n"
	"    - { id: no, action: exec.run, with: { shell: '" RAN("no") "' } }\n";

static const char failing[] =
	"workflow:\n"
	"  id: failing\n"
	"  steps:\n"
	"    - { id: first, action: exec.run, with: { shell: '" RAN("first") "' } }\n"
	"    - { id: mended, action: exec.run, with: { shell: 'test -e @DIR@/mended && " RAN(
		"mended") "' } }\n";

/* One ends it: an approval, a rejection, or who asked takes it back. It may change hands before. */
static void all_at_once(void)
{
	unsigned by[4] = {0};
	for (unsigned round = 0; round < rounds(20, 250); round++) {
		static const char *const lines[] = {"approve 1 --as p0", "reject 1 --as p0",
			"withdraw 1 --request --as ann", "delegate 1 --to p9 --as p0"};
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", single);
		start(1, "w.yaml", "");
		/* in every third nobody takes it back, so that who it is handed to may have the word */
		unsigned kinds = round % 3 ? 4 : 2;
		join(&c, "%s", lines[kinds == 2 ? 3 : round % 4]);
		for (unsigned i = 0; i < 7; i++)
			join(&c, "%s", lines[(i + 1 + round) % kinds]);
		disperse(&c, "5");
		unsigned approved = ended_with(&c, "approve", 0), rejected = ended_with(&c, "reject", 0);
		unsigned withdrawn = ended_with(&c, "withdraw", 0);
		unsigned delegated = ended_with(&c, "delegate", 0), over = approved + rejected + withdrawn;
		if (over > 1 || delegated > 1 || over + delegated == 0)
			complain("%u approvals, %u rejections, %u withdrawals, %u delegations won", approved,
				rejected, withdrawn, delegated);
		if (!over)
			expect("0", "approve 1 --as p9");
		unsigned yes = approved + !over;
		if (times_ran("yes") != yes || times_ran("no") != 1 - yes)
			complain("yes ran %u times, no %u times, though %u approved", times_ran("yes"),
				times_ran("no"), yes);
		expect_ends(1, "completed", false);
		by[approved ? 0 : rejected ? 1 : withdrawn ? 2 : 3]++;
	}
	printf("  %u approved, %u rejected, %u withdrawn, %u handed over\n", by[0], by[1], by[2], by[3]);
}

/* The second of two approvals, and the first taken back: they are enough, or one of them is missing. */
static void taken_back(void)
{
	unsigned back = 0;
	for (unsigned round = 0; round < rounds(15, 150); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", pair);
		start(1, "w.yaml", "");
		expect("0", "approve 1 --as p0");
		for (unsigned i = 0; i < 4; i++)
			join(&c, (i + round) % 2 ? "withdraw 1 --as p0" : "approve 1 --as p1");
		disperse(&c, "");
		unsigned withdrawn = ended_with(&c, "withdraw", 0);
		if (ended_with(&c, "approve", 0) != 1 || withdrawn > 1)
			complain("%u approvals and %u withdrawals won", ended_with(&c, "approve", 0),
				withdrawn);
		if (times_ran("yes") != 1 - withdrawn)
			complain("%u withdrawals won, and it went on %u times", withdrawn,
				times_ran("yes"));
		if (withdrawn)
			expect("0", "approve 1 --as p0");
		expect_ends(1, "completed", true);
		back += withdrawn;
	}
	printf("  %u were taken back in time\n", back);
}

/* What becomes of who sends the notification. */
enum fate { LIVES, STOPS, DIES, FATES };

static void decide_meanwhile(enum fate fate)
{
	struct crowd c = {0};
	world_fresh(false);
	define("w.yaml", escalated);
	make_fifo("gate");
	expect("3", AT("09:00:00") "run %s/w.yaml", world.dir);
	struct running sender = begin(AT("11:00:00") "serve-once");
	wait_for_lines(1);
	if (fate == STOPS)
		kill(sender.pid, SIGSTOP);
	for (int i = 0; i < 4; i++)
		join(&c, AT("11:00:01") "%s 1 --as p%d", i % 2 ? "approve" : "reject", i);
	join(&c, AT("11:00:01") "serve-once --parallel");
	join(&c, AT("11:00:01") "resume");
	if (fate == DIES)
		kill(sender.pid, SIGKILL);
	/* who takes it from a dead sender waits for its command */
	open_gate();
	if (fate == STOPS)
		kill(sender.pid, SIGCONT);
	disperse(&c, "3");
	(void)finish(&sender, fate == DIES ? "k" : "");
	wait_for_quiet_spool();
	expect("0", AT("11:00:02") "serve-once");
	unsigned decided = 0;
	for (unsigned i = 0; i < 4; i++)
		decided += c.status[i] == 0 || c.status[i] == PARKED;
	if (decided != 1)
		complain("%u decisions won", decided);
	unsigned approved = c.status[1] != CONFLICT || c.status[3] != CONFLICT;
	if (times_ran("yes") != approved || times_ran("no") != 1 - approved || times_ran("told") != 1)
		complain("yes ran %u times, no %u, the notification %u; %u approved", times_ran("yes"),
			times_ran("no"), times_ran("told"), approved);
	expect_ends(1, "completed", false);
}

static void notified_meanwhile(void)
{
	for (unsigned round = 0; round < rounds(18, 180); round++)
		decide_meanwhile(round % FATES);
}

/* The decision and the escalation themselves: the notification goes out once at most. */
static void escalation_and_decision(void)
{
	unsigned sent = 0;
	for (unsigned round = 0; round < rounds(24, 180); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", escalated);
		make_fifo("gate");
		open_gate();
		expect("3", AT("09:00:00") "run %s/w.yaml", world.dir);
		for (int i = 0; i < 2; i++) {
			join(&c, AT("11:00:00") "serve-once%s", i ? " --parallel" : "");
			join(&c, AT("10:59:59.999") "%s 1 --as p%d", i ? "approve" : "reject", i);
		}
		disperse(&c, "3");
		expect("0", AT("11:00:02") "serve-once");
		unsigned told = times_ran("told");
		if (told > 1 || times_ran("yes") + times_ran("no") != 1)
			complain("told %u times; yes ran %u times, no %u", told, times_ran("yes"),
				times_ran("no"));
		sent += told;
		expect_ends(1, "completed", false);
	}
	printf("  %u notifications went out\n", sent);
}

/* Several begin what failed again: one does. */
static void retries(void)
{
	for (unsigned round = 0; round < rounds(24, 180); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", failing);
		expect("1", "run %s/w.yaml", world.dir);
		write_text("mended", "");
		struct running dies = {0};
		if (round % 3 == 2)
			dies = begin("retry 1 --yes");
		for (unsigned i = 0; i < 6; i++)
			join(&c, i == 4 ? "serve-once" : i == 5 ? "resume" : "retry 1 --yes");
		if (dies.pid) {
			pause_ms(rand() % 10);
			kill(dies.pid, SIGKILL);
		}
		disperse(&c, "3");
		unsigned won = ended_with(&c, "retry", 0);
		int other = dies.pid ? finish(&dies, "6k") : CONFLICT;
		wait_for_quiet_spool();
		expect("0", "serve-once");
		if (won > 1 || (won == 0 && other == CONFLICT) || (won && other == 0))
			complain("%u retries won, and one with status %d", won, other);
		if (times_ran("first") != 1 || times_ran("mended") != 1)
			complain("`first` ran %u times, `mended` %u times", times_ran("first"),
				times_ran("mended"));
		expect_ends(1, "completed", true);
	}
}

const struct race people_races[] = {
	{"all at once", all_at_once},
	{"taken back", taken_back},
	{"notified meanwhile", notified_meanwhile},
	{"escalation and decision", escalation_and_decision},
	{"retries", retries},
	{NULL, NULL},
};
