/* What the parts of the crash campaign share. */
#ifndef TESTS_CRASH_CAMPAIGN_H
#define TESTS_CRASH_CAMPAIGN_H

#include "helpers/world.h"
#include "scenarios.h"

extern const char *const boundary_names[];
#define MOST_BOUNDARIES 64
extern const unsigned boundary_count;

/* What was died at, and what went wrong. */
struct tally {
	unsigned deaths[MOST_BOUNDARIES]; /* by boundary */
	unsigned second_deaths, supervisor_deaths, intruder_deaths;
	unsigned acknowledged; /* deaths after the answer was given */
	unsigned ran, complaints;
};
extern struct tally tally;
extern bool hurried; /* the quick form */

/* -- judge.c: what a crash may leave, and what the end must be -- */

/* One trial's knowledge. */
struct trial {
	const struct scenario *s;
	unsigned command;   /* which is killed */
	json_t *frozen;	    /* effects of completed steps, as often as they were seen then */
	char doubtful[200]; /* ids of steps that a crash may have left in doubt, spaced */
	unsigned crashes;
	unsigned before, there; /* instances when the command was begun, and at the last crash */
	bool told;		/* what was killed had said that it was done: nobody gives it again */
};

/* The uninterrupted end of the scenario becomes the one to compare with. */
void judge_learn(const struct scenario *s);
void judge_crash(struct trial *t, struct said *killed);
void judge_end(const struct trial *t);
/* Ends doubts as an operator would; `prefix`: variables of the commands. */
void judge_doubts(const struct trial *t, const char *prefix);

/* Lets wfctl remove what dead ones have left, when that is all there is to do; `prefix`: variables of
 * the command. */
void tidy_up(const char *prefix);

/* -- beside the scenarios -- */

/* supervisors.c: the supervisor dies at each of its own boundaries. */
void kill_supervisors(void);
/* keeping.c: init, register, backup, restore and compact are killed at every boundary. */
void kill_keepers(void);
/* intruders.c: who changes an instance that another process drives is killed, and who drives it. */
void kill_intruders(void);
void kill_intruded(void);

#endif
