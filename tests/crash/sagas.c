/* The crash campaign: what was done is undone, whoever dies meanwhile (scenarios.h). */
#include "scenarios.h"

#include <stddef.h>

#define LATER "WFCTL_NOW=2126-01-01T00:00:00Z "

/* A step that records itself, and a compensation that does. */
#define STEP(id, more)                                                                              \
	"    - id: " id "\n"                                                                         \
	"      action: exec.run\n"                                                                   \
	"      with: { shell: '" RAN(id) "; echo " id "' }\n"                                        \
	"      compensate:\n"                                                                        \
	"        action: exec.run\n"                                                                 \
	"        with: { shell: '" RAN(id ".undo") more "' }\n"
#define FAILS "    - { id: last, action: exec.run, with: { shell: '" RAN("last") "; exit 3' }, compensate: false }\n"

static const char order[] =
	"workflow:\n"
	"  id: order\n"
	"  on_failure:\n"
	"    steps:\n"
	"      - { id: page, action: exec.run, with: { shell: '" RAN("page") "' } }\n"
	"  completion: { on_failure: { result: rolled_back, output: { why: '${error.code}' } } }\n"
	"  steps:\n" STEP("a", "") STEP("b", "") STEP("c", "") FAILS;

/* The compensation of b fails the first time. */
static const char stuck[] =
	"workflow:\n"
	"  id: stuck\n"
	"  steps:\n" STEP("a", "") STEP("b", "; echo x >>@DIR@/tries; test $(wc -l <@DIR@/tries) -ge 2") FAILS;

static const char patient[] =
	"workflow:\n"
	"  id: patient\n"
	"  steps:\n" STEP("a", "")
	"    - id: b\n"
	"      action: exec.run\n"
	"      with: { shell: '" RAN("b") "' }\n"
	"      compensate:\n"
	"        action: exec.run\n"
	"        with: { shell: '" RAN("b.undo") "; echo x >>@DIR@/tries; test $(wc -l <@DIR@/tries) -ge 2' }\n"
	"        retry: { max_attempts: 3, backoff: fixed, initial_delay: PT2H, on: [ExecError] }\n" FAILS;

static const char waits[] =
	"workflow:\n"
	"  id: waits\n"
	"  steps:\n" STEP("a", "") STEP("b", "")
	"    - { id: pause, action: wait.timer, with: { duration: P2D } }\n";

static const char late[] =
	"workflow:\n"
	"  id: late\n"
	"  timeout: P1D\n"
	"  steps:\n" STEP("a", "") STEP("b", "")
	"    - { id: pause, action: approval.request, with: { policy: level1, approvers: { list: [alice] } } }\n";

#define POST(more) "{ method: POST, url: '@URL@/ok?t=@TAG@', body: { n: " more " } }"
#define REQUEST(id, crash)                                                                          \
	"    - id: " id "\n"                                                                         \
	"      action: http.request\n"                                                               \
	"      with: " POST("1") "\n"                                                                \
	"      output: { ok: '${output.body.ok}' }\n"                                                \
	"      compensate:\n"                                                                        \
	"        action: http.request\n"                                                             \
	"        on_crash: " crash "\n"                                                              \
	"        with: " POST("'${" id ".ok}'") "\n"

static const char requests[] =
	"workflow:\n"
	"  id: requests\n"
	"  steps:\n" REQUEST("a", "retry") REQUEST("b", "retry")
	"    - { id: last, action: fail, with: { message: enough } }\n";

static const char asks[] =
	"workflow:\n"
	"  id: asks\n"
	"  steps:\n" STEP("a", "")
	"    - id: b\n"
	"      action: exec.run\n"
	"      with: { shell: '" RAN("b") "' }\n"
	"      compensate:\n"
	"        action: http.request\n"
	"        on_crash: ask\n"
	"        with: " POST("1") "\n"
	"    - { id: last, action: fail, with: { message: enough } }\n";

/* What went side by side is undone side by side; it went in turn, so that the log is always the same. */
static const char beside[] =
	"workflow:\n"
	"  id: beside\n"
	"  steps:\n"
	"    - id: both\n"
	"      parallel:\n"
	"        limit: 1\n"
	"        branches:\n"
	"          - id: left\n"
	"            steps:\n"
	"              - { id: l, action: exec.run, with: { shell: '" RAN("l") "' }, compensate: { action: exec.run, with: { shell: '" RAN("l.undo") "' } } }\n"
	"          - id: right\n"
	"            steps:\n"
	"              - { id: r, action: exec.run, with: { shell: '" RAN("r") "' }, compensate: { action: exec.run, with: { shell: '" RAN("r.undo") "' } } }\n"
	FAILS;

static const char items[] =
	"workflow:\n"
	"  id: items\n"
	"  steps:\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: [x, y, z]\n"
	"        as: name\n"
	"        steps:\n"
	"          - id: book\n"
	"            action: exec.run\n"
	"            with: { shell: '" RAN("book") "' }\n"
	"            compensate: { action: exec.run, with: { shell: '" RAN("book.undo") "', env: { N: '${name}' } } }\n"
	FAILS;

const struct scenario saga_scenarios[] = {
	{ .name = "a saga", .definition = order,
		.ends = "failed 8", .commands = { "run @DIR@/w.yaml" } },
	{ .name = "a saga, stuck and retried", .definition = stuck,
		.ends = "failed 6", .many = true, .commands = { "run @DIR@/w.yaml", "retry 1" } },
	{ .name = "a saga, patient", .definition = patient,
		.ends = "failed 6", .commands = { "run @DIR@/w.yaml", LATER "resume" } },
	{ .name = "cancel --compensate", .definition = waits,
		.ends = "cancelled 4", .commands = { "run @DIR@/w.yaml", "cancel 1 --compensate" } },
	{ .name = "cancel --force", .definition = patient,
		.ends = "failed 6", .many = true,
		.commands = { "run @DIR@/w.yaml", "cancel 1 --force", "retry 1" } },
	{ .name = "a deadline, undone", .definition = late,
		.ends = "failed 4", .commands = { "run @DIR@/w.yaml", LATER "resume" } },
	{ .name = "a saga of requests", .definition = requests,
		.commands = { "run @DIR@/w.yaml" }, .doubt = RETRY, .doubtful = "a b a.undo b.undo " },
	{ .name = "a saga that asks", .definition = asks,
		.commands = { "run @DIR@/w.yaml" }, .doubt = ASK, .doubtful = "b.undo " },
	{ .name = "undone side by side", .definition = beside,
		.ends = "failed 5", .commands = { "run @DIR@/w.yaml" } },
	{ .name = "items, undone", .definition = items,
		.ends = "failed 7", .commands = { "run @DIR@/w.yaml" } },
};
const unsigned saga_scenario_count = sizeof(saga_scenarios) / sizeof(saga_scenarios[0]);
