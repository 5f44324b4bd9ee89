/* Races of compensation: cancels that undo against decisions, against a failure, against one another. */
#include "race/race.h"

#include <stdio.h>

#define UNDONE_BY(id) "compensate: { action: exec.run, with: { shell: '" RAN(id ".undo") "' } }"

static const char asked[] =
	"workflow:\n"
	"  id: asked\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("a") "' }, " UNDONE_BY("a") " }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' }, " UNDONE_BY("b") " }\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, approvers: { list: [p0, p1, p2] } } }\n"
	"    - { id: yes, action: exec.run, with: { shell: '" RAN("yes") "' }, compensate: false }\n";

static const char failing[] =
	"workflow:\n"
	"  id: failing\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("a") "' }, " UNDONE_BY("a") " }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' }, " UNDONE_BY("b") " }\n"
	"    - { id: last, action: exec.run, with: { shell: 'exit 3' }, compensate: false }\n";

/* 3: what it won goes on in the process that drives the instance. */
static unsigned won_by_cancels(const struct crowd *c)
{
	return ended_with(c, "cancel", 0) + ended_with(c, "cancel", PARKED);
}

static void expect_undone(unsigned a, unsigned b)
{
	if (times_ran("a.undo") != a || times_ran("b.undo") != b)
		complain("a was undone %u times, b %u times", times_ran("a.undo"), times_ran("b.undo"));
}

/* One end: all is undone once, or nothing is. */
static void cancels_and_decisions(void)
{
	unsigned undone = 0, ended = 0;
	for (unsigned round = 0; round < rounds(10, 100); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", asked);
		start(1, "w.yaml", "");
		for (int i = 0; i < 3; i++) {
			join(&c, "cancel 1 --compensate");
			join(&c, "approve 1 --as p%d", i);
		}
		disperse(&c, "38");
		unsigned cancelled = won_by_cancels(&c);
		json_t *all = instances();
		if (cancelled > 1 || having(all, cancelled ? "cancelled" : "completed") != 1)
			complain("%u cancels won, and it is %s", cancelled,
				text_of(json_array_get(all, 0), "status"));
		json_decref(all);
		expect_undone(cancelled, cancelled);
		*(cancelled ? &undone : &ended) += 1;
		expect_sound();
	}
	printf("  %u ended, %u were undone\n", ended, undone);
}

/* It fails, and undoes what it did, while others cancel it: however it ends, that happens once. */
static void cancels_and_failure(void)
{
	unsigned cancelled = 0, failed = 0;
	for (unsigned round = 0; round < rounds(10, 100); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", failing);
		struct running run = begin("run @DIR@/w.yaml");
		wait_for_lines(2);
		for (int i = 0; i < 5; i++)
			join(&c, "cancel 1 --compensate");
		disperse(&c, "3");
		(void)finish(&run, "18");
		unsigned won = won_by_cancels(&c);
		json_t *all = instances();
		if (won > 1 || having(all, won ? "cancelled" : "failed") != 1)
			complain("%u cancels won, and it is %s", won,
				text_of(json_array_get(all, 0), "status"));
		json_decref(all);
		/* a cancel may come before b is known to have completed */
		if (times_ran("a.undo") != 1 || times_ran("b.undo") > 1 || (!won && !times_ran("b.undo")))
			complain("a was undone %u times, b %u times", times_ran("a.undo"),
				times_ran("b.undo"));
		*(won ? &cancelled : &failed) += 1;
		expect_sound();
	}
	printf("  %u failed, %u were cancelled\n", failed, cancelled);
}

const struct race saga_races[] = {
	{"cancels that undo", cancels_and_decisions},
	{"cancels of what fails", cancels_and_failure},
	{NULL, NULL},
};
