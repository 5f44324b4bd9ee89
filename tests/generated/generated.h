/* What the parts of the campaign of generated workflows share. */
#ifndef TESTS_GENERATED_H
#define TESTS_GENERATED_H

#include "helpers/world.h"

#include <stdint.h>

/* -- draw.c: what is drawn; the same seed draws the same -- */

struct draw {
	uint64_t state;
};
unsigned below(struct draw *d, unsigned n); /* 0 to n - 1 */
bool chance(struct draw *d, unsigned percent);

/* -- make.c: definitions -- */

/* WF_SHAPE(name): what a definition can be made of; DAG is a list with dependencies. */
#define SHAPES(SHAPE)                                                                               \
	SHAPE(SET) SHAPE(TRANSFORM) SHAPE(COMMAND) SHAPE(RETRIED) SHAPE(FAILING) SHAPE(TIMER)       \
	SHAPE(SIGNAL) SHAPE(EVENT) SHAPE(APPROVAL) SHAPE(CHILD) SHAPE(LET_GO) SHAPE(MEETING)        \
	SHAPE(CHOICE) SHAPE(SKIPPED) SHAPE(LOOP) SHAPE(HANDLED) SHAPE(FOREACH) SHAPE(PARALLEL)      \
	SHAPE(RACE) SHAPE(LATE) SHAPE(DAG) SHAPE(UNDONE)
enum shape {
#define SHAPE(name) S_##name,
	SHAPES(SHAPE)
#undef SHAPE
	SHAPE_COUNT
};
extern const char *const shape_names[];

struct definition {
	json_t *workflows; /* in the canonical dialect; a child stands before those that run it */
	unsigned n;	   /* the start's input */
	bool orderly;	   /* nothing in it runs beside anything else */
	json_t *of_items;  /* steps that are run for items, as members */
	int64_t cancel_at; /* somebody cancels it when the clock comes there; 0 */
	bool undoes;	   /* with compensation */
	unsigned times[SHAPE_COUNT];
	unsigned steps;
};
void make_definition(struct definition *def, uint64_t seed);
void definition_done(struct definition *def);
/* The same value as YAML; the caller's. */
char *as_yaml(json_t *value);

/* Ids say what becomes of a step (make.c writes them, drive.c obeys): the campaign sends signals and events
 * of such names, and decides so in approvals; on_crash of a command that was in doubt. */
#define SENT "sent"
#define NO "no"
#define YES "yes"
#define DOUBT_ASK "_ask"
#define DOUBT_FAIL "_fail"

/* -- drive.c: an instance from its start to its end -- */

struct course {
	const struct definition *def;
	struct draw draw;
	int64_t now;
	unsigned boot;
	bool over;	     /* it was cancelled */
	unsigned deaths;     /* still to die */
	unsigned died;	     /* so often */
	bool power;	     /* the machine dies, not only the process */
	bool restores;	     /* once the journal goes through a backup */
	bool migrates;	     /* once it is to move to another version */
	unsigned restored, doubts;
	unsigned commands;
};
void begin_course(struct course *c, const struct definition *def, uint64_t seed);
/* Writes the definition's files, registers the children. */
void place_definition(const struct definition *def);
void drive(struct course *c);

/* -- compare.c: what came of it -- */

struct outcome {
	json_t *instances; /* without the steps of items: which items their last ones were is chance */
	json_t *untimed;   /* without times and attempts either */
	json_t *whole;
	json_t *effects;   /* how often each happened */
	json_t *keys;	   /* how many different keys each had: another attempt has the same one */
	json_t *order;	   /* of all effects */
	bool moved;	   /* it went on under the other version */
	bool doubted;	   /* a doubt made a step fail */
};
void take_outcome(const struct definition *def, struct outcome *o);
void compare_outcomes(const struct course *c, const struct outcome *got, const struct outcome *want);
void outcome_done(struct outcome *o);

#endif
