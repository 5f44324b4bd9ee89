/*
 * Races for a place: starts with one key, concurrency limits with many starters, replacement, holds that
 * come and go.
 */
#include "race/race.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A command that says when it comes and goes. */
#define INSIDE                                                                                     \
	"echo enter $WFCTL_IDEMPOTENCY_KEY >>@DIR@/log; sleep 0.01; "                             \
	"echo leave $WFCTL_IDEMPOTENCY_KEY >>@DIR@/log"

static const char one_command[] =
	"workflow:\n"
	"  id: one_command\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("a") "' } }\n";

/* Between the two there is time for a hold. */
static const char two_commands[] =
	"workflow:\n"
	"  id: two_commands\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: 'sleep 0.01; " RAN("a") "' } }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' } }\n";

static const char limit_1[] =
	"workflow:\n"
	"  id: limit_1\n"
	"  concurrency: { key: fixed, limit: 1 }\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" INSIDE "; " RAN("a") "' } }\n";

static const char limit_3[] =
	"workflow:\n"
	"  id: limit_3\n"
	"  concurrency: { key: \"${workflow.id}\", limit: 3, max_in_flight: 5 }\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" INSIDE "; " RAN("a") "' } }\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT0.01S } }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' } }\n";

static const char replaces[] =
	"workflow:\n"
	"  id: replaces\n"
	"  concurrency: { key: fixed, limit: 1, on_conflict: replace }\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: 'read x <@DIR@/gate; " RAN("a") "' } }\n";

static const char rejects[] =
	"workflow:\n"
	"  id: rejects\n"
	"  concurrency: { key: fixed, limit: 2, on_conflict: reject }\n"
	"  steps:\n"
	"    - { id: a, action: wait.signal, with: { name: go } }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' } }\n";

/* -- keys -- */

static void one_key(void)
{
	for (unsigned round = 0; round < rounds(8, 80); round++) {
		struct crowd c = {0};
		bool kills = round % 2 == 1;
		world_fresh(false);
		define("w.yaml", one_command);
		struct running dies = begin("run @DIR@/w.yaml --key order");
		for (int i = 0; i < 10; i++)
			join(&c, "run @DIR@/w.yaml --key order");
		if (kills) {
			pause_ms(rand() % 10);
			kill(dies.pid, SIGKILL);
		}
		disperse(&c, "3");
		(void)finish(&dies, kills ? "3k" : "3");
		wait_for_quiet_spool();
		expect("0", "serve-once");
		expect("0", "run %s/w.yaml --key order", world.dir);
		expect_ends(1, "completed", true);
	}
}

/* -- limits -- */

/* The most that were inside at once, and whether they came in the order of their numbers. */
static unsigned most_inside(const json_t *all, bool *ret_ordered)
{
	char *log = read_text("log"), *rest = log, *line;
	unsigned inside = 0, most = 0;
	json_int_t last = 0;
	*ret_ordered = true;
	while ((line = strsep(&rest, "\n"))) {
		bool enters = strncmp(line, "enter ", 6) == 0;
		if (!enters && strncmp(line, "leave ", 6) != 0)
			continue;
		inside += enters ? 1 : -1u;
		most = inside > most ? inside : most;
		size_t i;
		const json_t *in;
		json_array_foreach (all, i, in) {
			const char *id = text_of(in, "id");
			json_int_t number = json_integer_value(json_object_get(in, "number"));
			if (!enters || !*id || strncmp(line + 6, id, strlen(id)) != 0)
				continue;
			*ret_ordered &= number > last;
			last = number;
		}
	}
	if (inside)
		complain("%u never left", inside);
	free(log);
	return most;
}

static void look_inside(unsigned n, unsigned limit)
{
	bool ordered;
	json_t *all = instances();
	unsigned most = most_inside(all, &ordered);
	if (most > limit)
		complain("%u were inside at once, of %u", most, limit);
	if (limit == 1 && !ordered)
		complain("they did not come in the order of their numbers");
	if (json_array_size(all) != n)
		complain("there are %zu instances, not %u", json_array_size(all), n);
	json_decref(all);
}

/* All of them end by the starters themselves: who frees a place drives on who gets it. */
static void limits(void)
{
	for (unsigned round = 0; round < rounds(8, 80); round++) {
		struct crowd c = {0};
		unsigned limit = round % 2 ? 1 : 3;
		world_fresh(false);
		define("w.yaml", limit == 1 ? limit_1 : limit_3);
		for (int i = 0; i < 12; i++)
			join(&c, i == 5 ? "serve-once" : "run @DIR@/w.yaml");
		disperse(&c, "3");
		expect_ends(11, "completed", true);
		look_inside(11, limit);
	}
}

/* The same while owners are killed and stopped: a place is not lost with who had it, nor given twice. */
static void limits_and_kills(void)
{
	for (unsigned round = 0; round < rounds(8, 80); round++) {
		struct crowd c = {0};
		struct running hurt[4];
		unsigned limit = round % 2 ? 1 : 3, n = 8;
		world_fresh(false);
		define("w.yaml", limit == 1 ? limit_1 : limit_3);
		for (unsigned i = 0; i < COUNT(hurt); i++) {
			hurt[i] = begin("run @DIR@/w.yaml");
			join(&c, "run @DIR@/w.yaml");
			join(&c, "run @DIR@/w.yaml");
		}
		for (unsigned i = 0; i < COUNT(hurt); i++) {
			pause_ms(rand() % 15);
			kill(hurt[i].pid, i % 2 ? SIGSTOP : SIGKILL);
		}
		/* one that was stopped in the middle of a commit holds up everybody until it goes on */
		struct running sweep = begin("serve-once --parallel");
		pause_ms(rand() % 15);
		for (unsigned i = 1; i < COUNT(hurt); i += 2)
			kill(hurt[i].pid, SIGCONT);
		(void)finish(&sweep, "0");
		disperse(&c, "3");
		for (unsigned i = 0; i < COUNT(hurt); i++)
			(void)finish(&hurt[i], "3k");
		wait_for_quiet_spool();
		expect_sound();
		expect("0", "serve-once");
		json_t *all = instances();
		if (having(all, "completed") != json_array_size(all) || json_array_size(all) < n)
			complain("%u of %zu are completed", having(all, "completed"), json_array_size(all));
		n = (unsigned)json_array_size(all);
		json_decref(all);
		expect_ends(n, "completed", true);
		look_inside(n, limit);
	}
}

/* How many commands of this home are still supervised: the kernel says who holds the locks of the spool,
 * and is asked without taking one. */
static unsigned supervised(void)
{
	char path[300], locks[65536], inode[40];
	unsigned n = 0;
	FILE *f = fopen("/proc/locks", "r");
	size_t got = f ? fread(locks, 1, sizeof(locks) - 1, f) : 0;
	locks[got] = '\0';
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "%s/home/spool", world.dir);
	DIR *d = opendir(path);
	struct dirent *e;
	struct stat st;
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, 0) < 0)
			continue;
		snprintf(inode, sizeof(inode), ":%llu ", (unsigned long long)st.st_ino);
		n += strstr(locks, inode) != NULL;
	}
	if (d)
		closedir(d);
	return n;
}

static bool all_but_one_ended(void *arg)
{
	const struct crowd *c = arg;
	unsigned ended = 0;
	for (unsigned i = 0; i < c->n; i++)
		ended += has_ended(&c->members[i]);
	return ended == c->n - 1 && supervised() == 1;
}

/* The newest is left; whoever drove the others hears of it, and their commands are stopped. */
static void replacements(void)
{
	for (unsigned round = 0; round < rounds(10, 80); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", replaces);
		make_fifo("gate");
		for (int i = 0; i < 8; i++)
			join(&c, "run @DIR@/w.yaml");
		if (!wait_until(all_but_one_ended, &c))
			complain("not all of the others were replaced and stopped");
		open_gate();
		disperse(&c, "8");
		expect_winners(&c, 1);
		wait_for_quiet_spool();
		json_t *all = instances();
		if (having(all, "cancelled") != 7 ||
			strcmp(text_of(json_array_get(all, 7), "status"), "completed") != 0)
			complain("%u are cancelled, the last is %s", having(all, "cancelled"),
				text_of(json_array_get(all, 7), "status"));
		if (times_ran("a") != 1)
			complain("%u commands ran to their end", times_ran("a"));
		json_decref(all);
		expect_sound();
	}
}

static void rejections(void)
{
	for (unsigned round = 0; round < rounds(10, 80); round++) {
		struct crowd c = {0}, signals = {0};
		world_fresh(false);
		define("w.yaml", rejects);
		for (int i = 0; i < 10; i++)
			join(&c, "run @DIR@/w.yaml");
		disperse(&c, "3");
		if (c.lost != 8)
			complain("%u of 10 were rejected", c.lost);
		for (int i = 1; i <= 2; i++) {
			join(&signals, "signal %d go --id once", i);
			join(&signals, "signal %d go --id once", i);
		}
		disperse(&signals, "");
		expect_ends(2, "completed", true);
	}
}

/* -- holds -- */

static unsigned held_back(void)
{
	json_t *all = instances();
	unsigned n = having(all, "waiting");
	json_decref(all);
	return n;
}

/* Held, released and started at once: nothing is started that was refused, nothing is held for ever. */
static void holds(void)
{
	unsigned refused = 0, kept = 0;
	for (unsigned round = 0; round < rounds(10, 100); round++) {
		struct crowd c = {0};
		world_fresh(false);
		define("w.yaml", two_commands);
		expect("0", "register %s/w.yaml", world.dir);
		for (unsigned i = 0; i < 5; i++) {
			join(&c, "run two_commands");
			pause_ms(rand() % 4);
			join(&c, (i + round) % 2 ? "release two_commands" : "hold two_commands");
			join(&c, "run @DIR@/w.yaml");
			if (i % 2)
				join(&c, "serve-once --parallel");
		}
		disperse(&c, "3");
		unsigned n = 10 - ended_with(&c, "run", CONFLICT);
		kept += held_back();
		/* what is held now is held */
		expect("0", "hold two_commands");
		json_int_t ran = lines_of_ran();
		expect("6", "run two_commands");
		expect("0", LATER "serve-once");
		if (lines_of_ran() != ran)
			complain("something ran though it was held");
		expect("0", "release two_commands");
		expect_ends(n, "completed", true);
		refused += 10 - n;
	}
	printf("  %u starts were refused, %u steps kept back\n", refused, kept);
}

const struct race slot_races[] = {
	{"one key", one_key},
	{"limits", limits},
	{"limits and kills", limits_and_kills},
	{"replacements", replacements},
	{"rejections", rejections},
	{"holds", holds},
	{NULL, NULL},
};
