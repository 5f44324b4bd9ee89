/* The crash campaign: what runs side by side, whoever dies meanwhile (scenarios.h). */
#include "scenarios.h"

#include <stddef.h>

#define LATER "WFCTL_NOW=2126-01-01T00:00:00Z "
#define RUNS(id) "{ id: " id ", action: exec.run, with: { shell: '" RAN(id) "; echo " id "' } }"

static const char branches[] =
	"workflow:\n"
	"  id: branches\n"
	"  steps:\n"
	"    - id: fan\n"
	"      parallel:\n"
	"        branches:\n"
	"          - { id: l, steps: [" RUNS("l1") ", " RUNS("l2") "] }\n"
	"          - { id: m, steps: [" RUNS("m1") "] }\n"
	"          - { id: r, steps: [{ id: none, action: data.set, with: { a: 1 } }] }\n"
	"    - { id: last, action: data.set, with: { all: '${fan.l.output.stdout}${fan.m.output.stdout}' } }\n"
	"  completion: { on_success: { output: '${last}' } }\n";

/* The others wait for a day that does not come. */
static const char race[] =
	"workflow:\n"
	"  id: race\n"
	"  steps:\n"
	"    - id: fan\n"
	"      parallel:\n"
	"        join: any\n"
	"        branches:\n"
	"          - { id: slow, steps: [{ id: pause, action: wait.timer, with: { duration: P400D } }, " RUNS("no") "] }\n"
	"          - { id: asks, steps: [{ id: ask, action: approval.request, with: { policy: level1, approvers: { list: [ann] } } }] }\n"
	"          - { id: fast, steps: [" RUNS("f1") ", " RUNS("f2") "] }\n"
	"    - " RUNS("last") "\n";

static const char waits[] =
	"workflow:\n"
	"  id: waits\n"
	"  steps:\n"
	"    - id: fan\n"
	"      parallel:\n"
	"        branches:\n"
	"          - { id: t, steps: [{ id: pause, action: wait.timer, with: { duration: P2D } }, " RUNS("then") "] }\n"
	"          - { id: s, steps: [{ id: sig, action: wait.signal, with: { name: go } }, " RUNS("after") "] }\n"
	"          - { id: a, steps: [{ id: ask, action: approval.request, with: { policy: level1, approvers: { list: [ann] } } }] }\n";

static const char again[] =
	"workflow:\n"
	"  id: again\n"
	"  steps:\n"
	"    - id: fan\n"
	"      parallel:\n"
	"        limit: 1\n"
	"        branches:\n"
	"          - { id: l, steps: [" RUNS("l1") "] }\n"
	"          - { id: r, steps: [" RUNS("r1") ", { id: r2, action: exec.run, with: { shell: '" RAN("r2") "; test $(grep -c ^r2 @DIR@/ran) -ge 2' } }] }\n"
	"          - { id: z, steps: [" RUNS("z1") "] }\n";

static const char items[] =
	"workflow:\n"
	"  id: items\n"
	"  steps:\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: [x, y, z]\n"
	"        as: name\n"
	"        steps:\n"
	"          - { id: book, action: exec.run, with: { shell: '" RAN("book") "; echo $N', env: { N: '${name}' } } }\n"
	"          - { id: word, action: data.set, with: { w: '${book.stdout}' } }\n"
	"  completion: { on_success: { output: '${all}' } }\n";

/* More than a turn takes. */
static const char many[] =
	"workflow:\n"
	"  id: many\n"
	"  steps:\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: '${range(2500)}'\n"
	"        limit: 3\n"
	"        steps:\n"
	"          - { id: twice, action: data.set, with: { n: '${item * 2}' } }\n"
	"    - " RUNS("last") "\n"
	"  completion: { on_success: { output: '${all.results[2499]}' } }\n";

static const char tolerant[] =
	"workflow:\n"
	"  id: tolerant\n"
	"  steps:\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: [1, 2, 3]\n"
	"        on_item_failure: continue\n"
	"        steps:\n"
	"          - { id: odd, action: exec.run, with: { shell: '" RAN("odd") "; test $N != 2', env: { N: '${string(item)}' } } }\n"
	"  completion: { on_success: { output: '${[all.completed, all.failed]}' } }\n";

static const char dag[] =
	"workflow:\n"
	"  id: dag\n"
	"  concurrency: { steps: 2 }\n"
	"  steps:\n"
	"    - " RUNS("a") "\n"
	"    - { id: b, depends_on: [a], action: exec.run, with: { shell: '" RAN("b") "' } }\n"
	"    - { id: c, depends_on: [a], action: exec.run, with: { shell: '" RAN("c") "' } }\n"
	"    - { id: d, depends_on: [b, c], action: exec.run, with: { shell: '" RAN("d") "; test $(grep -c ^d @DIR@/ran) -ge 2' } }\n"
	"    - { id: e, depends_on: [d], action: data.set, with: { v: 1 } }\n";

static const char nested[] =
	"workflow:\n"
	"  id: nested\n"
	"  steps:\n"
	"    - id: out\n"
	"      foreach:\n"
	"        items: [[1, 2], [3]]\n"
	"        as: row\n"
	"        steps:\n"
	"          - id: fan\n"
	"            parallel:\n"
	"              branches:\n"
	"                - id: cells\n"
	"                  steps:\n"
	"                    - id: in\n"
	"                      foreach:\n"
	"                        items: '${row}'\n"
	"                        as: cell\n"
	"                        steps:\n"
	"                          - { id: cellrun, action: exec.run, with: { shell: '" RAN("cellrun") "; echo $N', env: { N: '${string(cell)}' } } }\n"
	"                - { id: side, steps: [" RUNS("side") "] }\n";

static const char late[] =
	"workflow:\n"
	"  id: late\n"
	"  steps:\n"
	"    - id: fan\n"
	"      parallel:\n"
	"        branches:\n"
	"          - { id: l, steps: [{ id: pause, action: wait.timer, with: { duration: P400D } }] }\n"
	"          - { id: r, steps: [" RUNS("r1") "] }\n"
	"      timeout: P1D\n"
	"      on_failure: { action: continue, to: last }\n"
	"    - " RUNS("last") "\n";

const struct scenario fork_scenarios[] = {
	{ .name = "branches", .definition = branches,
		.ends = "completed 3", .commands = { "run @DIR@/w.yaml" } },
	{ .name = "branches, the first ends it", .definition = race,
		.ends = "completed 3", .commands = { "run @DIR@/w.yaml" } },
	{ .name = "branches that wait", .definition = waits,
		.ends = "completed 2",
		.commands = { "run @DIR@/w.yaml", "approve 1 --as ann --yes", "signal 1 go", LATER "resume" } },
	{ .name = "branches, retried", .definition = again,
		.ends = "completed 5", .many = true, .commands = { "run @DIR@/w.yaml", "retry 1" } },
	{ .name = "branches, cancelled and retried", .definition = waits, .many = true,
		.commands = { "run @DIR@/w.yaml", "signal 1 go", "cancel 1", "retry 1" } },
	{ .name = "branches, too late", .definition = late,
		.ends = "completed 2", .commands = { "run @DIR@/w.yaml", LATER "resume" } },
	{ .name = "items", .definition = items,
		.ends = "completed 3", .many = true, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "many items", .definition = many,
		.ends = "completed 1", .many = true, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "items that may fail", .definition = tolerant,
		.ends = "completed 3", .commands = { "run @DIR@/w.yaml" } },
	{ .name = "dependencies", .definition = dag,
		.ends = "completed 5", .many = true, .commands = { "run @DIR@/w.yaml", "retry 1" } },
	{ .name = "items in a branch in an item", .definition = nested,
		.ends = "completed 5", .many = true, .commands = { "run @DIR@/w.yaml" } },
};
const unsigned fork_scenario_count = sizeof(fork_scenarios) / sizeof(fork_scenarios[0]);
