/*
 * What the races share: a crowd of processes that start as nearly at once as can be, and what must be
 * true when they have dispersed.
 */
#ifndef TESTS_RACE_H
#define TESTS_RACE_H

#include "helpers/world.h"

#include <stdint.h>

#define CONFLICT 6
#define DENIED 5
#define PARKED 3
#define MOST 64
/* A clock that every timer of these workflows is behind. */
#define LATER "WFCTL_NOW=2126-01-01T00:00:00Z "
/* A command that leaves a line with its key. */
#define RAN(id) "echo " id " $WFCTL_IDEMPOTENCY_KEY >>@DIR@/ran"

struct race {
	const char *name;
	void (*run)(void);
};
/* One table a file; each ends with a row without a name. */
extern const struct race flow_races[], clock_races[], people_races[], slot_races[], inbox_races[],
	spree_races[], saga_races[], child_races[], fork_races[];

/* The first in the short form, the second in the full one. */
unsigned rounds(unsigned few, unsigned many);
int64_t now_ms(void);
void pause_ms(int ms);

struct crowd {
	struct running members[MOST];
	unsigned n, won, lost;
	int status[MOST];
};
void join(struct crowd *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Waits for all. The status of each is 0, a conflict that says what stands in the way, or one of the
 * digits in `allowed`. */
void disperse(struct crowd *c, const char *allowed);
void expect_winners(const struct crowd *c, unsigned wanted);
/* How many whose line begins with the words have that status. */
unsigned ended_with(const struct crowd *c, const char *words, int status);
/* A process beside the crowd; @DIR@ in its line is replaced. */
struct running begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Waits for it; its status must be 0 or one of the digits, where k is a signal. */
int finish(struct running *r, const char *allowed);
void count_race(void);

void define(const char *name, const char *yaml);
void start(unsigned n, const char *name, const char *options);
/* Every instance has ended as it should; with `once` every effect was seen exactly once for each. */
void expect_ends(unsigned n, const char *status, bool once);
/* How many instances have that status; how often the command with that name ran. */
unsigned having(const json_t *all, const char *status);
unsigned times_ran(const char *id);
/* Waits until a command has left a line, so many lines. */
void wait_for_lines(json_int_t lines);
void make_fifo(const char *name);
/* Lets whoever reads the fifo go on. */
void open_gate(void);

#endif
