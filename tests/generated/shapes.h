/* What draws definitions: make.c the whole, steps.c the steps, nests.c what holds other steps. */
#ifndef TESTS_GENERATED_SHAPES_H
#define TESTS_GENERATED_SHAPES_H

#include "generated.h"

#define MOST_KIDS 2

struct name {
	char text[300];
};

struct maker {
	struct draw *d;
	struct definition *def;
	json_t *vars;	   /* of the workflow in hand */
	unsigned ids, budget, kids;
	bool kids_fail[MOST_KIDS + 1];
	bool fails;	   /* the workflow in hand may fail */
	bool side_by_side; /* its lists with dependencies go side by side */
};

/* Where a step stands. */
struct place {
	json_t *known;	   /* expressions that can be read here */
	const char *tag;   /* template: tells the items apart */
	unsigned depth, workflow;
	bool beside;	   /* something else runs at the same time */
	bool may_fail;	   /* a failure may leave this list */
	bool plain;	   /* a single step without transitions */
	bool last;	   /* of the workflow's on_failure: nothing undoes it */
};

json_t *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct name new_id(struct maker *m, const char *kind);
json_t *step_of_action(const char *id, const char *action, json_t *with);
void add(struct maker *m, json_t *list, json_t *step);
struct name number(struct maker *m, const struct place *p);
struct name condition(struct maker *m, const struct place *p);
void know(const struct place *p, const char *id, bool sure);
struct place inside(const struct place *p);
void leave(struct place *in);
void add_shape(struct maker *m, const struct place *p, json_t *list);
json_t *make_list(struct maker *m, const struct place *p, unsigned most);

/* False: there is no place for it here, and something simpler was made. */
typedef bool shape_maker(struct maker *m, const struct place *p, json_t *list);
shape_maker make_set, make_transform, make_command, make_retried, make_failing, make_timer, make_signal,
	make_event, make_approval, make_child, make_let_go, make_meeting, make_choice, make_skipped,
	make_loop, make_handled, make_foreach, make_parallel, make_race, make_late;
/* A command; its failure count, exit status and id's kind are the caller's. */
json_t *command_of(struct maker *m, const struct place *p, const char *id, unsigned fails);
void goes_on(json_t *step);

#endif
