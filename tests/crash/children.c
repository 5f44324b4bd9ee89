/* The crash campaign: workflows that start others, and move to other versions, whoever dies meanwhile
 * (scenarios.h). */
#include "scenarios.h"

#include <stddef.h>

#define AT(time) "WFCTL_NOW=2126-03-01T" time "Z "
#define RUN AT("09:00:00") "run @DIR@/w.yaml"

#define DOES(id) "    - { id: " id ", action: exec.run, idempotency_key: 'x:" id "', with: { shell: '" RAN(id) "; echo " id "' } }\n"

/* The child of a child, one that is let go, and an effect behind both. */
static const char family[] =
	"workflow:\n"
	"  id: family\n"
	"  steps:\n"
	"    - { id: call, action: workflow.run, with: { workflow: middle } }\n"
	"    - { id: free, action: workflow.start, with: { workflow: apart }, output: { n: '${output.number}' } }\n"
	DOES("after")
	"  completion: { on_success: { output: '${steps.call.output}' } }\n"
	"---\n"
	"workflow:\n"
	"  id: middle\n"
	"  steps:\n"
	DOES("before")
	"    - { id: deeper, action: workflow.run, with: { workflow: leaf, input: { n: 7 } } }\n"
	"  completion: { on_success: { output: '${steps.deeper.output}' } }\n"
	"---\n"
	"workflow:\n"
	"  id: leaf\n"
	"  input: { type: object, required: [n], properties: { n: { type: integer } } }\n"
	"  output: { type: integer }\n"
	"  steps:\n"
	DOES("work")
	"  completion: { on_success: { output: '${n}' } }\n"
	"---\n"
	"workflow:\n"
	"  id: apart\n"
	"  steps:\n"
	DOES("alone");

#define HOLDER(more, with, child)                                                                   \
	"workflow:\n"                                                                              \
	"  id: holder\n"                                                                           \
	"  steps:\n"                                                                               \
	"    - { id: call, action: workflow.run, " more "with: { workflow: held" with " } }\n"         \
	DOES("after")                                                                              \
	"---\n"                                                                                    \
	"workflow:\n"                                                                              \
	"  id: held\n"                                                                             \
	"  steps:\n" child

static const char parks[] = HOLDER("", "",
	"    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n" DOES("work"));
static const char told[] = HOLDER("", "",
	"    - { id: gate, action: wait.signal, with: { name: go } }\n" DOES("work"));
static const char left[] = HOLDER("", ", on_parent_cancel: leave",
	"    - { id: gate, action: wait.signal, with: { name: go } }\n" DOES("work"));
static const char late[] = HOLDER("timeout: PT2H, on_failure: { action: continue }, ", "",
	"    - { id: pause, action: wait.timer, with: { duration: P2D } }\n" DOES("work"));
static const char fails[] = HOLDER("on_failure: { action: continue }, ", "",
	"    - { id: work, action: exec.run, idempotency_key: 'x:work', with: { shell: '" RAN("work") "; exit 3' } }\n");
static const char queued[] = HOLDER("", "",
	"    - { id: gate, action: wait.signal, with: { name: go } }\n" DOES("work")
	"  concurrency: { max_in_flight: 1 }\n");

/* The child ends where the run that began it then parks. */
static const char then_waits[] =
	"workflow:\n"
	"  id: then_waits\n"
	"  steps:\n"
	"    - { id: call, action: workflow.run, with: { workflow: short } }\n"
	"    - { id: gate, action: wait.signal, with: { name: go } }\n"
	DOES("after")
	"---\n"
	"workflow:\n"
	"  id: short\n"
	"  steps:\n"
	DOES("work");

/* Side by side: more than one ends in a commit, others begin in it, and their parent is told of all at once. */
#define ITEMS(child)                                                                                \
	"workflow:\n"                                                                              \
	"  id: all_of_them\n"                                                                       \
	"  steps:\n"                                                                               \
	"    - id: all\n"                                                                           \
	"      foreach:\n"                                                                          \
	"        items: [1, 2, 3, 4, 5, 6, 7]\n"                                                    \
	"        limit: 3\n"                                                                        \
	"        steps: [{ id: call, action: workflow.run, with: { workflow: one, input: { n: '${item}' } } }]\n" \
	DOES("after")                                                                              \
	"  completion: { on_success: { output: '${all.results}' } }\n"                              \
	"---\n"                                                                                    \
	"workflow:\n"                                                                              \
	"  id: one\n"                                                                              \
	"  input: { type: object, required: [n], properties: { n: { type: integer } } }\n"         \
	"  steps:\n" child                                                                         \
	"  completion: { on_success: { output: '${n * 10}' } }\n"
static const char pure_items[] = ITEMS("    - { id: keep, action: data.set, with: { x: '${n}' } }\n");
static const char told_items[] = ITEMS("    - { id: gate, action: wait.event, with: { name: go } }\n");

#define MOVES(version, last)                                                                        \
	"workflow:\n"                                                                              \
	"  id: moves\n"                                                                            \
	"  version: " version "\n"                                                                  \
	"  steps:\n"                                                                               \
	DOES("first")                                                                              \
	"    - { id: gate, action: wait.signal, with: { name: go } }\n" last
static const char moves[] = MOVES("1.0.0", DOES("last"));
static const char moved[] = MOVES("1.1.0", DOES("more") DOES("last"));

const struct scenario child_scenarios[] = {
	{ .name = "a family",
		.ends = "completed completed completed completed 4", .definition = family, .many = true,
		.commands = { RUN } },
	{ .name = "a child parks",
		.ends = "completed completed 2", .definition = parks, .many = true,
		.commands = { RUN, AT("10:00:00") "serve-once", AT("11:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a child ends, its parent waits",
		.ends = "completed completed 2", .definition = then_waits, .many = true,
		.commands = { RUN, AT("10:00:00") "signal 1 go --id s1" }, .recovery = "serve-once" },
	{ .name = "a child is signalled",
		.ends = "completed completed 2", .definition = told, .many = true,
		.commands = { RUN, AT("10:00:00") "signal 2 go --id s1" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a child fails",
		.ends = "completed failed 2", .definition = fails, .many = true, .commands = { RUN } },
	{ .name = "a parent is cancelled",
		.ends = "cancelled cancelled 0", .definition = told, .many = true,
		.commands = { RUN, AT("10:00:00") "cancel 1" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a child is cancelled",
		.ends = "failed cancelled 0", .definition = told, .many = true,
		.commands = { RUN, AT("10:00:00") "cancel 2" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a child is left",
		.ends = "cancelled completed 1", .definition = left, .many = true,
		.commands = { RUN, AT("10:00:00") "cancel 1", AT("11:00:00") "signal 2 go --id s1" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a child is late",
		.ends = "completed cancelled 1", .definition = late, .many = true,
		.commands = { RUN, AT("12:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "children queue",
		.ends = "completed completed completed completed 4", .definition = queued, .many = true,
		.commands = { RUN, RUN, AT("10:00:00") "signal 2 go --id s1", AT("11:00:00") "signal 4 go --id s2" },
		.prepared = 2, .recovery = "serve-once" },
	{ .name = "children side by side",
		.ends = "completed completed completed completed completed completed completed completed 1",
		.definition = pure_items, .many = true, .commands = { RUN } },
	{ .name = "children of one event",
		.ends = "completed completed completed completed completed completed completed completed 1",
		.definition = told_items, .many = true,
		.commands = { RUN, AT("10:00:00") "emit go --id one", AT("10:10:00") "emit go --id two",
			AT("10:20:00") "emit go --id three" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a migration",
		.ends = "completed 3", .definition = moves, .second = moved, .many = true,
		.commands = { RUN, AT("10:00:00") "migrate 1 --to @DIR@/w2.yaml", AT("11:00:00") "signal 1 go --id s1" },
		.prepared = 1, .recovery = "serve-once" },
};
const unsigned child_scenario_count = sizeof(child_scenarios) / sizeof(child_scenarios[0]);
