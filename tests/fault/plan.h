/* What check-fault makes fail, and in what: the two tables that tests/fault/plan.c holds. */
#ifndef TESTS_FAULT_PLAN_H
#define TESTS_FAULT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#define MOST_ERRORS 8
#define SHORT (-1)        /* instead of an error: half of what was asked for */

/* A call, and the errors that it can really give. */
struct fault_call {
	const char *name;
	int errors[MOST_ERRORS];
	bool network;     /* its failure may be a request's, and the instance's end */
};
extern const struct fault_call fault_calls[];
extern const size_t fault_call_count;

/* How a scenario is brought to its end after the fault. */
enum ending {
	AGAIN,            /* the command once more; it may be in conflict with what it did already */
	RESUME,           /* resume, or the command once more when it left no instance */
	NOTHING           /* it only looked */
};

#define MOST_WORDS 12
struct fault_scenario {
	const char *name;
	const char *before[3][MOST_WORDS]; /* what makes its home, beside init */
	const char *before_env[3];         /* a variable for each, or NULL */
	bool no_home;
	const char *settings;              /* added to config.yaml of the home */
	const char *words[MOST_WORDS];
	const char *env;                   /* a variable for it, or NULL */
	int status;                        /* without a fault */
	enum ending ending;
	const char *end;                   /* status of every instance then */
	const char *output;                /* of each; NULL: not compared */
	size_t instances;                  /* so many then (or fewer, of a batch that failed) */
	int once;                          /* how often the commands have run then; -1: not counted */
	bool network;
};
extern const struct fault_scenario fault_scenarios[];
extern const size_t fault_scenario_count;

#endif
