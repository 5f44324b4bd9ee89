/*
 * Homes and journals are killed while they are made and replaced: init, register, backup, restore,
 * compact, at every boundary. The command given again does what it should have done, and nothing
 * that was there is lost.
 */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct keeping {
	const char *name;
	const char *before[4]; /* what is done first, uninterrupted */
	const char *command;   /* is killed, */
	const char *again;     /* and given again, */
	const char *statuses;  /* with one of these statuses */
	int instances;	       /* that are there in the end */
	bool bare;	       /* there is no home yet */
};

static const char definition[] = "workflow:\n"
				 "  id: kept\n"
				 "  steps:\n"
				 "    - { id: a, action: data.set, with: { x: 1 } }\n";

static const struct keeping keepings[] = {
	{"init", {NULL}, "init", "init --if-missing", "0", 0, true},
	{"register", {NULL}, "register @DIR@/kept.yaml", "register @DIR@/kept.yaml", "0", 0, false},
	{"backup", {"run @DIR@/kept.yaml"}, "journal backup @DIR@/copy",
		"journal backup @DIR@/copy", "06", 1, false},
	{"restore", {"run @DIR@/kept.yaml", "journal backup @DIR@/copy", "run @DIR@/kept.yaml"},
		"journal restore @DIR@/copy --replace --yes",
		"journal restore @DIR@/copy --replace --yes", "0", 1, false},
	{"compact", {"run @DIR@/kept.yaml", "run @DIR@/kept.yaml"}, "journal compact",
		"journal compact", "0", 2, false},
};

static void say(const char *wanted, const char *command)
{
	char *line = expand(command);
	expect(wanted, "%s", line);
	free(line);
}

/* After a kill, and again when all is done: the journal is whole, with all that should be there. */
static void check(const struct keeping *k, int least, int most)
{
	expect_sound();
	json_t *all = instances();
	int n = (int)json_array_size(all);
	if (n < least || n > most)
		complain("there are %d instances, not %d to %d", n, least, most);
	json_decref(all);
	(void)k;
}

static bool copy_is_there(void)
{
	char *path = expand("@DIR@/copy");
	bool there = access(path, F_OK) == 0;
	free(path);
	return there;
}

/* Beside the home and the definition: nothing that who was killed has left. */
static void check_nothing_else(void)
{
	unsigned n = files_in(".");
	if (n != 2u + copy_is_there())
		complain("%u files are there, not the home, the definition%s", n,
			copy_is_there() ? " and the copy" : "");
}

static void check_copy(void)
{
	char *path = expand("@DIR@/copy");
	if (copy_is_there()) {
		expect("0", "journal restore %s --environment copy", path);
		expect("0", "--environment copy journal check");
	}
	free(path);
}

static bool kill_once(const struct keeping *k, const char *boundary, unsigned nth)
{
	doing("%s killed at %s:%u", k->name, boundary, nth);
	world_fresh(k->bare);
	write_text("kept.yaml", definition);
	int started = 0;
	for (size_t i = 0; i < COUNT(k->before) && k->before[i]; i++) {
		say("0", k->before[i]);
		started += strncmp(k->before[i], "run", 3) == 0;
	}
	char *line = expand(k->command);
	int status = status_of("WFCTL_CRASH_AT=%s:%u %s", boundary, nth, line);
	free(line);
	if (status != KILLED)
		return false;
	check_nothing_else();
	if (!k->bare)
		check(k, k->instances < started ? k->instances : started, started);
	say(k->statuses, k->again);
	check(k, k->instances, k->instances);
	check_copy();
	say("0", "run @DIR@/kept.yaml");
	check(k, k->instances + 1, k->instances + 1);
	return true;
}

void kill_keepers(void)
{
	for (size_t i = 0; i < COUNT(keepings); i++) {
		unsigned killed = 0;
		for (size_t b = 0; b < boundary_count; b++)
			for (unsigned nth = 1; kill_once(&keepings[i], boundary_names[b], nth);
				nth++) {
				tally.deaths[b]++;
				killed++;
			}
		printf("%-28s %4u boundaries\n", keepings[i].name, killed);
		if (!killed)
			complain("nothing was killed");
	}
}
