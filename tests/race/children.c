/*
 * Races of families and versions: a parent that is cancelled while its child ends, and an instance that is
 * moved to another version while it goes on.
 */
#include "race/race.h"

#include <stdio.h>
#include <string.h>

static const char family[] =
	"workflow:\n"
	"  id: parent\n"
	"  steps:\n"
	"    - { id: call, action: workflow.run, with: { workflow: child } }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n"
	"---\n"
	"workflow:\n"
	"  id: child\n"
	"  steps:\n"
	"    - { id: gate, action: wait.signal, with: { name: go } }\n"
	"    - { id: work, action: exec.run, with: { shell: '" RAN("work") "' } }\n";

#define MOVES(version, more)                                                                        \
	"workflow:\n"                                                                              \
	"  id: moves\n"                                                                            \
	"  version: " version "\n"                                                                  \
	"  steps:\n"                                                                               \
	"    - { id: gate, action: wait.signal, with: { name: go } }\n" more                           \
	"    - { id: last, action: exec.run, with: { shell: '" RAN("last") "' } }\n"
static const char before[] = MOVES("1.0.0", "");
static const char behind[] = MOVES("1.1.0",
	"    - { id: more, action: exec.run, with: { shell: '" RAN("more") "' } }\n");

static const char *state_of(const json_t *all, json_int_t number)
{
	size_t i;
	json_t *one;
	json_array_foreach (all, i, one)
		if (json_integer_value(json_object_get(one, "number")) == number)
			return text_of(one, "status");
	return "not there";
}

/* The child's end and the parent's cancel: whoever comes first, both are over, and agree. */
static void cancel_and_end(void)
{
	unsigned by[3] = {0};
	for (unsigned round = 0; round < rounds(20, 200); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", family);
		start(1, "w.yaml", "");
		/* what the child does takes its time: the cancel comes a little later each time */
		join(&c, "signal 2 go --id s1");
		pause_ms((int)(round % 20));
		for (unsigned i = 0; i < 3; i++)
			join(&c, i == 1 ? "signal 2 go --id s1" : "cancel 1");
		disperse(&c, "25");
		json_t *all = instances();
		const char *parent = state_of(all, 1), *child = state_of(all, 2);
		bool done = strcmp(parent, "completed") == 0 && strcmp(child, "completed") == 0;
		bool stopped = strcmp(parent, "cancelled") == 0;
		if (!done && !stopped)
			complain("the parent is %s, its child %s", parent, child);
		if (stopped && strcmp(child, "cancelled") != 0 && strcmp(child, "completed") != 0)
			complain("the parent is cancelled, its child %s", child);
		if (done && (times_ran("work") != 1 || times_ran("after") != 1))
			complain("work ran %u times, after %u times", times_ran("work"), times_ran("after"));
		by[done ? 0 : strcmp(child, "cancelled") == 0 ? 1 : 2]++;
		json_decref(all);
		expect("0", "journal check");
	}
	printf("  %u completed, %u cancelled together, %u cancelled behind its child\n", by[0], by[1], by[2]);
}

/* One moves it, and only before it goes on. */
static void move_and_go_on(void)
{
	unsigned moved = 0;
	for (unsigned round = 0; round < rounds(20, 200); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", before);
		define("w2.yaml", behind);
		start(1, "w.yaml", "");
		for (unsigned i = 0; i < 5; i++)
			join(&c, (i + round) % 3 ? "migrate 1 --to @DIR@/w2.yaml" : "signal 1 go --id s1");
		disperse(&c, "");
		unsigned won = ended_with(&c, "migrate", 0);
		if (won > 1)
			complain("%u moved it", won);
		if (times_ran("more") != won || times_ran("last") != 1)
			complain("%u moved it; more ran %u times, last %u times", won, times_ran("more"),
				times_ran("last"));
		expect_ends(1, "completed", true);
		moved += won;
	}
	printf("  %u were moved in time\n", moved);
}

const struct race child_races[] = {
	{"a cancel and the end of a child", cancel_and_end},
	{"a move to another version", move_and_go_on},
	{NULL, NULL},
};
