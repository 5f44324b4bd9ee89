/*
 * The crash campaign: where instances meet people, events, signals, slots and operators (scenarios.h).
 */
#include "scenarios.h"

#include <stddef.h>

#define AT(time) "WFCTL_NOW=2126-03-01T" time "Z "
#define START AT("09:00:00")
#define RUN START "run @DIR@/w.yaml"

static const char greets[] =
	"workflow:\n"
	"  id: greets\n"
	"  triggers:\n"
	"    - { type: event, name: 'customer.*', when: '${event.data.vip}', input: { id: '${event.data.id}' } }\n"
	"  input: { type: object, required: [id], properties: { id: { type: string } } }\n"
	"  steps:\n"
	"    - { id: greet, action: exec.run, idempotency_key: 'x:${id}', with: { shell: '" RAN("greet") "' } }\n";

static const char expects[] =
	"workflow:\n"
	"  id: expects\n"
	"  input: { type: object, required: [id], properties: { id: { type: string } } }\n"
	"  steps:\n"
	"    - { id: came, action: wait.event, with: { name: customer.new, match: '${event.data.id == input.id}' } }\n"
	"    - { id: book, action: exec.run, idempotency_key: 'x:${id}', with: { shell: '" RAN("book") "' } }\n"
	"  completion: { on_success: { output: '${came}' } }\n";

static const char expects_later[] =
	"workflow:\n"
	"  id: expects_later\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n"
	"    - { id: came, action: wait.event, with: { name: customer.new, timeout: P1D } }\n"
	"    - { id: book, action: exec.run, with: { shell: '" RAN("book") "' } }\n"
	"  completion: { on_success: { output: '${came}' } }\n";

static const char gate[] =
	"workflow:\n"
	"  id: gate\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT1H } }\n"
	"    - { id: early, action: wait.signal, with: { name: one, timeout: P1D } }\n"
	"    - { id: between, action: exec.run, with: { shell: '" RAN("between") "' } }\n"
	"    - { id: late, action: wait.signal, with: { name: two, timeout: P1D } }\n"
	"    - { id: last, action: exec.run, with: { shell: '" RAN("last") "' } }\n"
	"  completion: { on_success: { output: ['${early}', '${late}'] } }\n";

#define SLOT(how) \
	"workflow:\n" \
	"  id: slot\n" \
	"  input: { type: object, required: [who, n], properties: { who: { type: string }, n: { type: integer } } }\n" \
	"  concurrency: { key: '${who}', limit: 1, on_conflict: " how " }\n" \
	"  steps:\n" \
	"    - { id: work, action: exec.run, idempotency_key: 'x:${string(n)}', with: { shell: '" RAN("work") "' } }\n" \
	"    - { id: gate, action: wait.signal, with: { name: go } }\n" \
	"    - { id: done, action: exec.run, idempotency_key: 'y:${string(n)}', with: { shell: '" RAN("done") "' } }\n"
static const char queues[] = SLOT("queue");
static const char replaces[] = SLOT("replace");

static const char keyed[] =
	"workflow:\n"
	"  id: keyed\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("a") "; echo A' } }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' } }\n";

/* It fails until it is told that the file is there. */
#define MENDED(version, last) \
	"workflow:\n" \
	"  id: mended\n" \
	"  version: " version "\n" \
	"  vars: { there: 'false' }\n" \
	"  steps:\n" \
	"    - { id: make, action: exec.run, with: { shell: '" RAN("make") "; echo made' } }\n" \
	"    - id: load\n" \
	"      action: exec.run\n" \
	"      with: { shell: '" RAN("load") "; ${vars.there}' }\n" \
	"    - { id: " last ", action: exec.run, with: { shell: '" RAN(last) "' } }\n"
static const char mended[] = MENDED("1.0.0", "note");
static const char mended_again[] = MENDED("1.0.1", "tell");

static const char pays[] =
	"workflow:\n"
	"  id: pays\n"
	"  steps:\n"
	"    - { id: ready, action: wait.signal, with: { name: go } }\n"
	"    - { id: pay, action: exec.run, with: { shell: '" RAN("pay") "' } }\n";

static const char looks_up[] =
	"workflow:\n"
	"  id: looks_up\n"
	"  steps:\n"
	"    - id: ok\n"
	"      action: approval.request\n"
	"      with: { quorum: 1, approvers: { dynamic: 'oncall(night)' }, sla: P1D }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";
static const char oncall[] =
	"resolvers:\n"
	"  oncall: { command: [sh, -c, 'echo lookup x:ok >>@DIR@/ran; printf \"[\\\"zoe\\\"]\"'] }\n";

static const char two_of_three[] =
	"workflow:\n"
	"  id: two_of_three\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { quorum: 2, approvers: { list: [alice, bob, carol] } } }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";

static const char groups[] =
	"workflow:\n"
	"  id: groups\n"
	"  steps:\n"
	"    - id: ok\n"
	"      action: approval.request\n"
	"      with:\n"
	"        order: sequence\n"
	"        groups:\n"
	"          - { name: team, quorum: 1, approvers: { list: [alice] } }\n"
	"          - { name: board, quorum: 1, approvers: { list: [bob, carol] } }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";

static const char asked[] =
	"workflow:\n"
	"  id: asked\n"
	"  input: { type: object, required: [n], properties: { n: { type: integer } } }\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, approvers: { list: [alice] } } }\n"
	"    - { id: after, action: exec.run, idempotency_key: 'x:${string(n)}', with: { shell: '" RAN("after") "' } }\n";

/* Only its supervisor keeps it back: it would run for long. */
static const char ends_late[] =
	"workflow:\n"
	"  id: ends_late\n"
	"  steps:\n"
	"    - { id: slow, action: exec.run, with: { shell: 'exec sleep 50' } }\n"
	"    - { id: never, action: exec.run, with: { shell: '" RAN("never") "' } }\n";

static const char ended[] =
	"workflow:\n"
	"  id: ended\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("a") "; echo A' } }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "; exit 3' } }\n";

/* Every event that a step emits starts one; the second of an id is the first. */
static const char tells[] =
	"workflow:\n"
	"  id: tells\n"
	"  steps:\n"
	"    - { id: tell, action: event.emit, with: { name: thing.made, id: one, data: { n: 1 } } }\n"
	"    - { id: again, action: event.emit, with: { name: thing.made, id: one, data: { n: 2 } } }\n"
	"    - { id: work, action: exec.run, idempotency_key: 'x:work', with: { shell: '" RAN("work") "' } }\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: [3, 4]\n"
	"        limit: 1\n"
	"        steps:\n"
	"          - { id: own, action: event.emit, with: { name: thing.made, data: { n: '${item}' } },\n"
	"              output: { n: '${output.event}', new: '${output.new}' } }\n"
	"  completion: { on_success: { output: '${[tell.new, again.new, again.event - tell.event]}' } }\n";

static const char hears[] =
	"workflow:\n"
	"  id: hears\n"
	"  triggers: [ { type: event, name: thing.made, input: { n: '${event.data.n}' } } ]\n"
	"  input: { type: object, required: [n], properties: { n: { type: integer } } }\n"
	"  steps:\n"
	"    - { id: hear, action: exec.run, idempotency_key: 'x:${n}', with: { shell: '" RAN("hear") "' } }\n"
	"  completion: { on_success: { output: '${n}' } }\n";

const struct scenario meeting_scenarios[] = {
	{ .name = "an event",
		.ends = "completed completed completed 3", .definition = greets, .second = expects, .many = true,
		.commands = { START "register @DIR@/w.yaml", START "run @DIR@/w2.yaml --set id=a",
			START "run @DIR@/w2.yaml --set id=b",
			AT("10:00:00") "emit customer.new --data {\"id\":\"a\",\"vip\":true} --id one",
			AT("11:00:00") "emit customer.new --data {\"id\":\"b\",\"vip\":false} --id two" },
		.prepared = 3, .recovery = "serve-once" },
	{ .name = "an early event",
		.ends = "completed 1", .definition = expects_later,
		.commands = { RUN, AT("09:30:00") "emit customer.new --data {\"n\":1} --id one",
			AT("09:40:00") "emit customer.new --data {\"n\":2} --id two",
			AT("10:00:00") "serve-once", AT("11:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "events of steps",
		.ends = "completed completed completed completed 4", .definition = tells, .second = hears,
		.many = true,
		.commands = { START "register @DIR@/w2.yaml", RUN, AT("10:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "signals",
		.ends = "completed 2", .definition = gate,
		.commands = { RUN, AT("09:30:00") "signal 1 one --data 1 --id p1",
			AT("09:40:00") "signal 1 one --data 7 --id p1", AT("10:00:00") "serve-once",
			AT("11:00:00") "signal 1 two --data 2 --id p2" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a queue",
		.ends = "completed completed completed 6", .definition = queues, .many = true,
		.commands = { RUN " --set who=a --set n=1", RUN " --set who=a --set n=2",
			RUN " --set who=a --set n=3", AT("10:00:00") "signal 1 go --id s1",
			AT("11:00:00") "signal 2 go --id s2", AT("12:00:00") "signal 3 go --id s3" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a queue, moving up",
		.ends = "completed waiting queued 3", .definition = queues, .many = true,
		.commands = { RUN " --set who=a --set n=1", RUN " --set who=a --set n=2",
			RUN " --set who=a --set n=3", AT("10:00:00") "signal 1 go --id s1",
			AT("11:00:00") "serve-once" },
		.prepared = 3, .recovery = "serve-once" },
	{ .name = "a queue, cancelled",
		.ends = "cancelled cancelled completed 3", .definition = queues, .many = true,
		.commands = { RUN " --set who=a --set n=1", RUN " --set who=a --set n=2",
			RUN " --set who=a --set n=3", AT("10:00:00") "cancel 2", AT("10:00:00") "cancel 1",
			AT("12:00:00") "signal 3 go --id s3" },
		.prepared = 3, .recovery = "serve-once" },
	{ .name = "a replacement",
		.ends = "cancelled completed 3", .definition = replaces, .many = true,
		.commands = { RUN " --set who=a --set n=1", RUN " --set who=a --set n=2",
			AT("12:00:00") "signal 2 go --id s2" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "run --key",
		.ends = "completed 2", .definition = keyed,
		.commands = { RUN " --key one", RUN " --key one" }, .recovery = "serve-once" },
	{ .name = "retry",
		.ends = "completed 4", .definition = mended, .many = true,
		.commands = { RUN, AT("10:00:00") "retry 1 --set vars.there=true" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "retry --from",
		.ends = "completed 5", .definition = mended, .many = true,
		.commands = { RUN, AT("10:00:00") "retry 1 --from make --set vars.there=true --yes" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "retry --plan",
		.ends = "completed 4", .definition = mended, .second = mended_again, .many = true,
		.commands = { RUN, AT("10:00:00") "retry 1 --plan @DIR@/w2.yaml --set vars.there=true" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "hold and release",
		.ends = "completed 1", .definition = pays, .look = "hold --list -o json",
		.commands = { START "register @DIR@/w.yaml", START "run pays", AT("10:00:00") "hold pays",
			AT("11:00:00") "signal 1 go --id s1", AT("12:00:00") "release pays" },
		.prepared = 2, .recovery = "serve-once" },
	{ .name = "held back",
		.ends = "waiting 0", .definition = pays, .look = "hold --list -o json",
		.commands = { START "register @DIR@/w.yaml", START "run pays", AT("10:00:00") "hold pays",
			AT("11:00:00") "signal 1 go --id s1", AT("12:00:00") "serve-once" },
		.prepared = 2, .recovery = "serve-once" },
	{ .name = "a resolver",
		.ends = "completed 2", .definition = looks_up, .config = oncall,
		.commands = { RUN, AT("10:00:00") "approve 1 --as zoe" },
		.doubt = RETRY, .doubtful = "ok " },
	{ .name = "delegated, withdrawn",
		.ends = "completed 1", .definition = two_of_three,
		.commands = { RUN, AT("10:00:00") "delegate 1 --to dora --as alice",
			AT("10:10:00") "approve 1 --as dora", AT("10:20:00") "withdraw 1 --as dora",
			AT("10:30:00") "reassign 1 --from carol --to erin", AT("10:40:00") "approve 1 --as bob",
			AT("10:50:00") "approve 1 --as erin" },
		.prepared = 1 },
	{ .name = "groups in sequence",
		.ends = "completed 1", .definition = groups,
		.commands = { RUN, AT("10:00:00") "approve 1 --as alice", AT("10:10:00") "approve 1 --as carol" },
		.prepared = 1 },
	{ .name = "approve --all-of",
		.ends = "completed completed completed 3", .definition = asked, .many = true,
		.commands = { START "register @DIR@/w.yaml", START "run asked --set n=1",
			START "run asked --set n=2", START "run asked --set n=3",
			AT("10:00:00") "approve --all-of asked --as alice --yes" },
		.prepared = 4 },
	{ .name = "delete --force",
		.ends = "cancelled cancelled 0", .definition = asked, .many = true,
		.commands = { START "register @DIR@/w.yaml", START "run asked --set n=1",
			START "run asked --set n=2", AT("10:00:00") "workflow delete asked --force --yes" },
		.prepared = 3 },
	{ .name = "cancel an orphan",
		.ends = "cancelled 0", .definition = ends_late,
		.commands = { "WFCTL_CRASH_AT=SUPERVISOR_STARTED run @DIR@/w.yaml", "cancel 1", "serve-once" },
		.recovery = "cancel 1" },
	{ .name = "an end stays",
		.ends = "failed 2", .definition = ended,
		.commands = { "WFCTL_CRASH_AT=PARTED run @DIR@/w.yaml", "serve-once", "cancel 1", "resume" },
		.prepared = 1, .recovery = "serve-once" },
};
const unsigned meeting_scenario_count = sizeof(meeting_scenarios) / sizeof(meeting_scenarios[0]);
