/*
 * The supervisor of a command is killed at each of its own boundaries
 * (lib/effect/supervise_main.c), while its wfctl lives, and together with it.
 *
 * A supervisor that died before it said who it is never began the command: it runs once, and nobody
 * is asked. One that had left its result loses nothing. Between the two is doubt, which ends as the
 * step's on_crash says.
 */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum known { NEVER_BEGAN, DOUBT, DONE };

static const struct {
	const char *name;
	enum known known; /* by whoever recovers */
	int least, most;  /* lines of the command that was begun: it may be slower than the death */
} boundaries[] = {
	{"BEGUN", NEVER_BEGAN, 0, 0},
	{"NAMED", DOUBT, 0, 0},
	{"COMMAND_STARTED", DOUBT, 0, 1},
	{"ENDED", DOUBT, 1, 1},
	{"HALF_WRITTEN", DOUBT, 1, 1},
	{"WRITTEN", DOUBT, 1, 1},
	{"RENAMED", DONE, 1, 1},
};

static const struct {
	const char *name;
	enum doubt doubt;
} answers[] = {{"ask", ASK}, {"retry", RETRY}, {"fail", FAIL}};

static void prepare(const char *on_crash)
{
	char *text, *definition;
	if (asprintf(&text,
		    "workflow:\n"
		    "  id: one\n"
		    "  steps:\n"
		    "    - id: a\n"
		    "      action: exec.run\n"
		    "      on_crash: %s\n"
		    "      with: { shell: 'echo a >>@DIR@/ran; echo A' }\n"
		    "      on_failure: { action: stop, handlers: [ { error_type: InDoubtError, to: "
		    "b } ] }\n"
		    "      next: [ { to: end } ]\n"
		    "    - { id: b, action: data.set, with: { x: 1 } }\n",
		    on_crash) < 0)
		abort();
	world_fresh(false);
	definition = expand(text);
	write_text("one.yaml", definition);
	free(definition);
	free(text);
}

static void check_status(const char *instance, const char *step)
{
	json_t *all = instances();
	const json_t *in = json_array_get(all, 0);
	if (strcmp(text_of(in, "status"), instance) ||
		strcmp(text_of(step_of(in, "a"), "status"), step))
		complain("the instance is %s and its step %s, not %s and %s", text_of(in, "status"),
			text_of(step_of(in, "a"), "status"), instance, step);
	json_decref(all);
}

static bool command_wrote(void *least)
{
	return lines_of_ran() >= *(int *)least;
}

/* What the command that was begun has written by now; it outlives its supervisor. */
static void check_lines(int least, int most, int more)
{
	int wanted = least + more;
	wait_until(command_wrote, &wanted);
	if (lines_of_ran() < wanted || lines_of_ran() > most + more)
		complain("the command ran %d times, %d to %d are right", (int)lines_of_ran(),
			wanted, most + more);
}

static void check_doubt(size_t b, enum doubt doubt, bool alive)
{
	int least = boundaries[b].least, most = boundaries[b].most;
	if (doubt == FAIL) {
		check_lines(least, most, 0);
		check_status("completed", "failed");
	} else if (doubt == RETRY) {
		/* while wfctl lives every attempt is killed: the first and one more */
		check_lines(least * (alive ? 2 : 1), most * (alive ? 2 : 1), alive ? 0 : 1);
		check_status("completed", alive ? "failed" : "completed");
	} else {
		check_lines(least, most, 0);
		check_status("suspended", "in_doubt");
		expect("0", "resolve 1 --retry");
		check_lines(least, most, 1);
		check_status("completed", "completed");
	}
}

static void try_one(size_t b, size_t a, bool alive)
{
	const char *boundary = boundaries[b].name;
	doing("a supervisor killed at %s, on_crash: %s, wfctl %s", boundary, answers[a].name,
		alive ? "lives" : "killed too");
	prepare(answers[a].name);
	int status = status_of("WFCTL_SUPERVISE_CRASH_AT=%s %srun %s/one.yaml", boundary,
		alive ? "" : "WFCTL_CRASH_AT=EFFECT_STARTED ", world.dir);
	if (!alive) {
		if (status != KILLED)
			complain("wfctl was not killed");
		wait_for_quiet_spool();
		expect("03", "resume");
	}
	tally.supervisor_deaths++;
	if (boundaries[b].known == DONE) {
		check_lines(1, 1, 0);
		check_status("completed", "completed");
	} else if (boundaries[b].known == NEVER_BEGAN && !alive) {
		check_lines(1, 1, 0);
		check_status("completed", "completed");
	} else {
		check_doubt(b, answers[a].doubt, alive);
	}
	expect("0", "resume");
	expect_sound();
	if (files_in("home/spool") || files_in("home/runners"))
		complain("%u files are left in the spool, %u in runners", files_in("home/spool"),
			files_in("home/runners"));
}

void kill_supervisors(void)
{
	for (size_t b = 0; b < COUNT(boundaries); b++)
		for (size_t a = 0; a < COUNT(answers); a++) {
			try_one(b, a, true);
			try_one(b, a, false);
		}
	printf("%-28s %4u boundaries\n", "supervisors", tally.supervisor_deaths);
}
