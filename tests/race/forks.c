/*
 * Races of what runs side by side: decisions in two branches while owners die, items with commands
 * that are cancelled and resumed, events that steps emit while sweeps hand them out.
 */
#include "race/race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKS(id, more)                                                                              \
	"          - { id: " id ", steps: [{ id: ask" id ", action: approval.request, with: { policy: level1,\n" \
	"              approvers: { list: [p0, p1, p2] } } }" more "] }\n"
#define TWO(join)                                                                                   \
	"workflow:\n"                                                                              \
	"  id: two\n"                                                                              \
	"  steps:\n"                                                                               \
	"    - id: fan\n"                                                                          \
	"      parallel:\n"                                                                        \
	"        join: " join "\n"                                                                 \
	"        branches:\n"                                                                      \
	ASKS("l", ", { id: wl, action: exec.run, with: { shell: '" RAN("wl") "' } }")              \
	ASKS("r", ", { id: wr, action: exec.run, with: { shell: '" RAN("wr") "' } }")              \
	"    - { id: last, action: exec.run, with: { shell: '" RAN("last") "' } }\n"
static const char all_of[] = TWO("all");

static const char any_of[] =
	"workflow:\n"
	"  id: either\n"
	"  steps:\n"
	"    - id: fan\n"
	"      parallel:\n"
	"        join: any\n"
	"        branches:\n" ASKS("l", "") ASKS("r", "")
	"    - { id: last, action: exec.run, with: { shell: '" RAN("last") "' } }\n";

static const char lanes[] =
	"workflow:\n"
	"  id: lanes\n"
	"  steps:\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: [1, 2, 3, 4, 5, 6]\n"
	"        limit: 3\n"
	"        steps:\n"
	"          - { id: one, action: exec.run, with: { shell: '" RAN("one") "' } }\n"
	"          - { id: two, action: exec.run, with: { shell: '" RAN("two") "' } }\n"
	"    - { id: last, action: exec.run, with: { shell: '" RAN("last") "' } }\n";

static const char sends[] =
	"workflow:\n"
	"  id: sends\n"
	"  steps:\n"
	"    - { id: tell, action: event.emit, with: { name: order.paid } }\n"
	"    - { id: sent, action: exec.run, with: { shell: '" RAN("sent") "' } }\n";

static const char takes[] =
	"workflow:\n"
	"  id: takes\n"
	"  triggers: [ { type: event, name: order.paid } ]\n"
	"  steps:\n"
	"    - { id: taken, action: exec.run, with: { shell: '" RAN("taken") "' } }\n";

/* No command has run twice under one key. */
static void expect_no_twice(void)
{
	json_t *seen = json_object();
	char *ran = read_text("ran"), *rest = ran, *line;
	while ((line = strsep(&rest, "\n"))) {
		if (*line && json_object_get(seen, line))
			complain("`%s` happened twice", line);
		json_object_set_new(seen, line, json_true());
	}
	json_decref(seen);
	free(ran);
}

/* Decides both branches by all; the first one is killed somewhere. Gives its status. */
static int decide_both(struct crowd *c, unsigned round)
{
	bool kills = round % 2 == 1;
	struct running dies = begin("approve 1 --step ask%s --as p0", round % 4 > 1 ? "l" : "r");
	for (unsigned i = 0; i < 8; i++)
		join(c, "approve 1 --step ask%s --as p%u", (i + round) % 2 ? "l" : "r", i % 3);
	if (kills) {
		pause_ms(rand() % 25);
		kill(dies.pid, SIGKILL);
	}
	disperse(c, "3");
	int status = finish(&dies, "36k");
	wait_for_quiet_spool();
	expect("03", "resume");
	return status;
}

/* Won, or parked at the other branch. */
static unsigned won_for(const struct crowd *c, const char *words)
{
	return ended_with(c, words, 0) + ended_with(c, words, PARKED);
}

/* Each branch has one decision; whoever dies, both go on, and what is behind them once. */
static void both_branches(void)
{
	unsigned died = 0;
	for (unsigned round = 0; round < rounds(16, 160); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", all_of);
		start(1, "w.yaml", "");
		int status = decide_both(&c, round);
		unsigned l = won_for(&c, "approve 1 --step askl");
		unsigned r = won_for(&c, "approve 1 --step askr");
		unsigned *own = round % 4 > 1 ? &l : &r;
		*own += status == 0 || status == PARKED || (status == KILLED && *own == 0);
		if (l != 1 || r != 1)
			complain("%u decisions won on the left, %u on the right", l, r);
		expect_ends(1, "completed", true);
		if (times_ran("wl") != 1 || times_ran("wr") != 1 || times_ran("last") != 1)
			complain("wl ran %u times, wr %u, last %u", times_ran("wl"), times_ran("wr"),
				times_ran("last"));
		died += status == KILLED;
	}
	printf("  %u died\n", died);
}

/* One decision ends them both; the losers of either branch are told. */
static void either_branch(void)
{
	unsigned died = 0, left = 0;
	for (unsigned round = 0; round < rounds(16, 160); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", any_of);
		start(1, "w.yaml", "");
		int status = decide_both(&c, round);
		unsigned won = won_for(&c, "approve") + (status == 0 || status == PARKED);
		won += status == KILLED && won == 0;
		if (won != 1)
			complain("%u decisions won", won);
		expect_ends(1, "completed", true);
		if (times_ran("last") != 1)
			complain("it went on %u times", times_ran("last"));
		left += won_for(&c, "approve 1 --step askl");
		died += status == KILLED;
	}
	printf("  %u died, %u ended on the left\n", died, left);
}

/* Items in the midst of their commands: cancelled once at most, and no command runs twice. */
static void items_and_cancels(void)
{
	unsigned by[2] = {0};
	for (unsigned round = 0; round < rounds(12, 120); round++) {
		struct crowd c = {0};
		bool cancels = round % 3 != 2, kills = round % 2 == 1;
		world_fresh(false);
		define("w.yaml", lanes);
		struct running run = begin("run @DIR@/w.yaml");
		wait_for_lines(1 + rand() % 12);
		if (kills)
			kill(run.pid, SIGKILL);
		for (unsigned i = 0; i < 6; i++)
			join(&c, cancels && i % 2 ? "cancel 1" : i % 3 ? "resume 1" : "resume");
		disperse(&c, "8");
		(void)finish(&run, "8k");
		wait_for_quiet_spool();
		expect("08", "resume");
		unsigned cancelled = won_for(&c, "cancel");
		json_t *all = instances();
		if (cancelled > 1 || having(all, cancelled ? "cancelled" : "completed") != 1)
			complain("%u cancels won, and it is %s", cancelled,
				text_of(json_array_get(all, 0), "status"));
		json_decref(all);
		expect_no_twice();
		expect_sound();
		if (!cancelled && (times_ran("two") != 6 || times_ran("last") != 1))
			complain("`two` ran %u times, `last` %u", times_ran("two"), times_ran("last"));
		by[cancelled]++;
	}
	printf("  %u completed, %u cancelled\n", by[0], by[1]);
}

/* Each event that a step emitted starts one instance, however many sweeps find it. */
static void emits_and_sweeps(void)
{
	for (unsigned round = 0; round < rounds(10, 100); round++) {
		struct crowd c = {0};
		bool kills = round % 2 == 1;
		world_fresh(false);
		define("w.yaml", sends);
		define("t.yaml", takes);
		expect("0", "register %s/t.yaml", world.dir);
		struct running dies = begin("run @DIR@/w.yaml");
		for (unsigned i = 0; i < 8; i++)
			join(&c, i % 2 ? "serve-once --parallel" : "run @DIR@/w.yaml");
		if (kills) {
			pause_ms(rand() % 20);
			kill(dies.pid, SIGKILL);
		}
		disperse(&c, "");
		(void)finish(&dies, "k");
		wait_for_quiet_spool();
		expect("0", "serve-once");
		/* what the first took up may emit again only now */
		expect("0", "serve-once");
		unsigned sent = times_ran("sent");
		if (sent < 4 || sent > 5 || times_ran("taken") != sent)
			complain("%u were sent, %u taken", sent, times_ran("taken"));
		expect_ends(2 * sent, "completed", false);
		expect_no_twice();
	}
}

const struct race fork_races[] = {
	{"both branches", both_branches},
	{"either branch", either_branch},
	{"items and cancels", items_and_cancels},
	{"emits and sweeps", emits_and_sweeps},
	{NULL, NULL},
};
