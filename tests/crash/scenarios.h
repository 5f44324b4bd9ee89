/* What the crash campaign does: definitions, the commands given to them, and what to expect. */
#ifndef TESTS_CRASH_SCENARIOS_H
#define TESTS_CRASH_SCENARIOS_H

#include <stdbool.h>

/* What a step in doubt does (semantics.md G3). NEVER: no crash may leave doubt in this scenario. */
enum doubt { NEVER, RETRY, FAIL, ASK };

struct scenario {
	const char *name;
	const char *definition;	 /* YAML; @DIR@, @URL@, @TAG@ are filled in */
	const char *input;	 /* lines of JSON for a batch; NULL */
	const char *commands[4]; /* one after the other; the definition is @DIR@/w.yaml, the input @DIR@/in */
	enum doubt doubt;
	const char
		*doubtful; /* ids of the steps that a crash can leave in doubt, each with a space */
	bool power;	   /* the crash is the machine's: what ran is gone, the spool is empty */
	const char *resolve; /* how an operator ends a doubt; NULL: --retry */
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

#endif
