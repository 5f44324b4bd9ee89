/* The workflows and inputs that the benchmark runs. */
#ifndef BENCH_DEFINITIONS_H
#define BENCH_DEFINITIONS_H

#include <stddef.h>

extern const char three_sets[], three_execs[], half_parked[], one_request[];
/* A timer of the span ${wait}, an approval, an event: and then a data.set. */
extern const char pause_then_set[], ask_then_set[], listen_then_set[];
/* A printf format: the command and its argument. */
#define one_exec                                                                                   \
	"workflow:\n  id: one_exec\n  version: 1.0.0\n  steps:\n"                                  \
	"    - id: a\n      action: exec.run\n      with: {command: ['%s', '%s']}\n"

/* A printf format: how long the history is kept. */
#define set_and_keep                                                                               \
	"workflow:\n  id: keeps\n  version: 1.0.0\n  execution_log: {retention: %s}\n  steps:\n"    \
	"    - {id: a, action: data.set, with: {x: 1}}\n"
/* Printf formats: the command `stamp` and its file. It writes when it was to be: of a workflow that a
 * schedule starts, and of one that waits for the time ${at}. */
#define tick_stamp                                                                                 \
	"workflow:\n  id: tick\n  version: 1.0.0\n  steps:\n"                                      \
	"    - id: a\n      action: exec.run\n"                                                     \
	"      with: {command: ['%s', '%s', '${event.at}']}\n"
#define until_stamp                                                                                \
	"workflow:\n  id: until\n  version: 1.0.0\n  context:\n    required: [at]\n  steps:\n"     \
	"    - id: pause\n      action: wait.timer\n      with: {until: '${at}'}\n"                 \
	"    - id: a\n      action: exec.run\n"                                                     \
	"      with: {command: ['%s', '%s', '${at}']}\n"

/* A workflow of so many data.set steps, its id seqN. */
void make_sequence(const char *path, size_t steps);
/* A folder of copies of the onboarding workflow, each with an id of its own. */
void make_definitions(const char *folder, size_t count);
/* Lines of inputs; ask is true for every second one. url may be NULL. */
void make_inputs(const char *path, size_t count, const char *url);
/* Lines of inputs with the span `wait`. */
void make_waits(const char *path, size_t count, const char *span);
/* The folder of a path, good to the end of the run. */
const char *folder_of(const char *path);
/* The port that the server on the port file listens on. */
unsigned wait_for_port(const char *path);

#endif
