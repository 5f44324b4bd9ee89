/*
 * Races of what comes in: an event emitted by many, an event or a signal and its waiter at the same
 * moment, an event and the sweep that hands it out again.
 */
#include "race/race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char triggered[] =
	"workflow:\n"
	"  id: triggered\n"
	"  triggers: [ { type: event, name: \"order.*\" } ]\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("started") "' } }\n";

static const char waits[] =
	"workflow:\n"
	"  id: waits\n"
	"  steps:\n"
	"    - { id: paid, action: wait.event, with: { name: order.paid } }\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("woken") "' } }\n";

/* Waits for an event with its own number in it. */
static const char own_event[] =
	"workflow:\n"
	"  id: own_event\n"
	"  input: { type: object, properties: { n: { type: integer } }, required: [n] }\n"
	"  steps:\n"
	"    - { id: first, action: exec.run, with: { shell: '" RAN("first") "' } }\n"
	"    - { id: paid, action: wait.event, with: { name: paid, match: \"${event.data.n == input.n}\" } }\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("woken") "' } }\n";

static const char two_signals[] =
	"workflow:\n"
	"  id: two_signals\n"
	"  steps:\n"
	"    - { id: first, action: exec.run, with: { shell: '" RAN("first") "' } }\n"
	"    - { id: one, action: wait.signal, with: { name: go } }\n"
	"    - { id: second, action: exec.run, with: { shell: '" RAN("second") "' } }\n"
	"    - { id: two, action: wait.signal, with: { name: go } }\n"
	"    - { id: third, action: exec.run, with: { shell: '" RAN("third") "' } }\n";

static void expect_ran(const char *id, unsigned wanted)
{
	if (times_ran(id) != wanted)
		complain("`%s` ran %u times, not %u", id, times_ran(id), wanted);
}

/* The same event by many: it starts once, and wakes each once. */
static void one_event(void)
{
	for (unsigned round = 0; round < rounds(8, 80); round++) {
		struct crowd c = {0};
		bool kills = round % 2 == 1;
		world_fresh(false);
		define("t.yaml", triggered);
		define("w.yaml", waits);
		expect("0", "register %s/t.yaml", world.dir);
		start(4, "w.yaml", "");
		struct running dies = begin("emit order.paid --id e1");
		for (int i = 0; i < 6; i++)
			join(&c, i == 3 ? "serve-once --parallel" : "emit order.paid --id e1");
		if (kills) {
			pause_ms(rand() % 10);
			kill(dies.pid, SIGKILL);
		}
		disperse(&c, "");
		expect_winners(&c, c.n);
		(void)finish(&dies, kills ? "k" : "");
		wait_for_quiet_spool();
		expect("0", "serve-once");
		expect_ran("started", 1);
		expect_ran("woken", 4);
		expect_ends(5, "completed", false);
	}
}

/* Events with ids of their own, a waiter each: none is lost, however early or late it comes. */
static void event_meets_waiter(void)
{
	enum { PAIRS = 6 };
	for (unsigned round = 0; round < rounds(20, 200); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", own_event);
		for (unsigned i = 0; i < PAIRS; i++) {
			if ((i + round) % 2)
				join(&c, "emit paid --data {\"n\":%u}", i);
			join(&c, "run @DIR@/w.yaml --set n=%u", i);
			pause_ms(rand() % 6);
			if ((i + round) % 2 == 0)
				join(&c, "emit paid --data {\"n\":%u}", i);
		}
		disperse(&c, "3");
		expect_ends(PAIRS, "completed", true);
	}
}

/* The waiter's owner, or who emits, is killed or stopped over it: the event is there when they are not. */
static void event_and_kills(void)
{
	for (unsigned round = 0; round < rounds(16, 160); round++) {
		world_fresh(false);
		define("w.yaml", own_event);
		struct running run = begin("run @DIR@/w.yaml --set n=1");
		pause_ms(rand() % 12);
		struct running emit = begin("emit paid --id e1 --data {\"n\":1}");
		pause_ms(rand() % 8);
		struct running *hurt = round % 2 ? &run : &emit;
		bool stops = round % 4 > 1;
		kill(hurt->pid, stops ? SIGSTOP : SIGKILL);
		pause_ms(5);
		struct crowd c = {0};
		join(&c, "serve-once --parallel");
		join(&c, "emit paid --id e1 --data {\"n\":1}");
		pause_ms(5);
		kill(hurt->pid, SIGCONT);
		disperse(&c, "");
		int began = finish(&run, "3k");
		(void)finish(&emit, "k");
		wait_for_quiet_spool();
		expect("0", "serve-once");
		json_t *all = instances();
		unsigned n = (unsigned)json_array_size(all);
		json_decref(all);
		if (!n && began != KILLED)
			complain("the instance is not there");
		expect_ends(n, "completed", true);
	}
}

/* Signals that come while the instance is driven towards its waits, and some of them twice. */
static void signals(void)
{
	for (unsigned round = 0; round < rounds(20, 200); round++) {
		struct crowd c = {0};
		bool kills = round % 3 == 2;
		world_fresh(false);
		define("w.yaml", two_signals);
		struct running run = begin("run @DIR@/w.yaml");
		wait_for_lines(1);
		pause_ms(rand() % 6);
		for (int i = 0; i < 6; i++)
			join(&c, "signal 1 go --id s%d", i % 2);
		if (kills)
			kill(run.pid, SIGKILL);
		disperse(&c, "36");
		(void)finish(&run, "3k");
		wait_for_quiet_spool();
		if (kills)
			expect("0", "serve-once");
		expect_ends(1, "completed", true);
	}
}

const struct race inbox_races[] = {
	{"one event", one_event},
	{"event meets waiter", event_meets_waiter},
	{"event and kills", event_and_kills},
	{"signals", signals},
	{NULL, NULL},
};
