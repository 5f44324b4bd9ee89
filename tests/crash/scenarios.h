/* What the crash campaign does: definitions, the commands given to them, and what to expect. */
#ifndef TESTS_CRASH_SCENARIOS_H
#define TESTS_CRASH_SCENARIOS_H

#include <stdbool.h>

#define MOST_COMMANDS 8

/* What a step in doubt does (semantics.md G3). NEVER: no crash may leave doubt in this scenario. */
enum doubt { NEVER, RETRY, FAIL, ASK };

struct scenario {
	const char *name;
	const char *definition; /* YAML, @DIR@/w.yaml; @DIR@, @URL@, @TAG@ are filled in */
	const char *second;     /* another one, @DIR@/w2.yaml; NULL */
	const char *input;      /* lines of JSON for a batch, @DIR@/in; NULL */
	const char *config;     /* lines for the home's config.yaml; NULL */
	const char *commands[MOST_COMMANDS]; /* one after the other */
	unsigned prepared;      /* so many of them come before: they are not killed */
	const char *recovery;   /* NULL: resume */
	const char *ends;       /* statuses of the instances and how many effects were recorded, in the end
				 * of the uninterrupted run; NULL: it is only what the others are compared to */
	const char *look;       /* a command whose JSON is compared as well, besides the instances; NULL */
	bool many;              /* several instances take part, or completed steps are begun again */
	enum doubt doubt;
	const char *doubtful;   /* ids of the steps that a crash can leave in doubt, each with a space */
	bool power;             /* the crash is the machine's: what ran is gone, the spool is empty */
	const char *resolve;    /* how an operator ends a doubt; NULL: --retry */
};

/* A command of the definitions records itself so in @DIR@/ran, with its key. */
#define RAN(id) "echo " id " $WFCTL_IDEMPOTENCY_KEY >>@DIR@/ran"

/* scenarios.c: one instance and its effects. */
extern const struct scenario flow_scenarios[];
extern const unsigned flow_scenario_count;
/* clocks.c: timers, approvals and schedules, by sweeps. */
extern const struct scenario clock_scenarios[];
extern const unsigned clock_scenario_count;
/* meetings.c: where instances, people, events and slots meet. */
extern const struct scenario meeting_scenarios[];
extern const unsigned meeting_scenario_count;
/* sagas.c: what was done is undone. */
extern const struct scenario saga_scenarios[];
extern const unsigned saga_scenario_count;
/* forks.c: what runs side by side. */
extern const struct scenario fork_scenarios[];
extern const unsigned fork_scenario_count;

/* children.c: workflows that start others, and move to other versions. */
extern const struct scenario child_scenarios[];
extern const unsigned child_scenario_count;

#endif
