/*
 * The crash campaign: what sweeps do by the clock (scenarios.h). Every command has its own time; the first
 * one's is 2126-03-01 09:00, a Friday, so that nothing of it is due in truth.
 */
#include "scenarios.h"

#include <stddef.h>

#define ON(day, time) "WFCTL_NOW=2126-03-" day "T" time "Z "
#define START ON("01", "09:00:00")
#define RUN START "run @DIR@/w.yaml"
#define RUN_2 START "run @DIR@/w2.yaml"

/* Three kinds of timers that one sweep finds due together: a wait's, a retry's, an instance's own. */
static const char waits[] =
	"workflow:\n"
	"  id: waits\n"
	"  input: { type: object, properties: { n: { type: integer } } }\n"
	"  timeout: P30D\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: P1D } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "' } }\n";

static const char tries[] =
	"workflow:\n"
	"  id: tries\n"
	"  timeout: P2D\n"
	"  steps:\n"
	"    - id: flaky\n"
	"      action: exec.run\n"
	"      with: { shell: '" RAN("flaky") "; test -e @DIR@/tried || { touch @DIR@/tried; exit 1; }' }\n"
	"      retry: { max_attempts: 2, backoff: fixed, initial_delay_ms: 3600000, on: [ExecError] }\n"
	"    - { id: ever, action: wait.signal, with: { name: never } }\n";

/* A notification, a reminder, and both at one time; then people decide. */
static const char escalated[] =
	"workflow:\n"
	"  id: escalated\n"
	"  steps:\n"
	"    - id: ok\n"
	"      action: approval.request\n"
	"      with:\n"
	"        policy: level1\n"
	"        approvers: { list: [alice] }\n"
	"        sla: P3D\n"
	"        escalations:\n"
	"          - { after: PT4H, notify: { action: exec.run, with: { shell: '" RAN("first") "' } } }\n"
	"          - { after: P1D, add_approvers: { list: [bob] },\n"
	"              notify: { action: exec.run, with: { shell: '" RAN("second") "' } } }\n"
	"        reminders: { every: PT12H, max: 3, notify: { action: exec.run, with: { shell: '"
			RAN("reminder") "' } } }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";

/* The same by requests, which a crash leaves in doubt, and which then are repeated with their key. */
static const char told[] =
	"workflow:\n"
	"  id: told\n"
	"  steps:\n"
	"    - id: ok\n"
	"      action: approval.request\n"
	"      with:\n"
	"        policy: level1\n"
	"        approvers: { list: [alice] }\n"
	"        sla: P3D\n"
	"        escalations:\n"
	"          - { after: PT4H, notify: { action: http.request, with: { method: POST, url: '@URL@/ok?t=@TAG@',"
	" body: { number: '${approval.number}' } } } }\n"
	"        reminders: { every: PT12H, max: 1, notify: { action: exec.run, with: { shell: '"
			RAN("reminder") "' } } }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";

/* It decides by itself after a day, and must not do so before. */
static const char decides[] =
	"workflow:\n"
	"  id: decides\n"
	"  policies: { lenient: { quorum: 1, auto_approve: true } }\n"
	"  steps:\n"
	"    - id: ok\n"
	"      action: approval.request\n"
	"      with:\n"
	"        policy: lenient\n"
	"        approvers: { list: [alice] }\n"
	"        sla: P2D\n"
	"        escalations:\n"
	"          - { after: PT23H59M59.999S, notify: { action: exec.run, with: { shell: '" RAN("warn") "' } } }\n"
	"          - { after: P1D, decide: approve }\n"
	"      on_decision: { approve: { transition: next }, reject: { transition: end, result: failed } }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";

static const char breach[] =
	"workflow:\n"
	"  id: breach\n"
	"  steps:\n"
	"    - id: ok\n"
	"      action: approval.request\n"
	"      with: { policy: level1, approvers: { list: [alice] }, sla: P1D, on_breach: reject }\n"
	"      on_failure: { action: continue, to: late }\n"
	"    - { id: good, action: exec.run, with: { shell: '" RAN("good") "' }, next: [ { to: end } ] }\n"
	"    - { id: late, action: exec.run, with: { shell: '" RAN("late") "; " RAN("late_too") "' } }\n";

/* Two pauses: the timer of the first, ended by hand, must not end the second. */
static const char pauses[] =
	"workflow:\n"
	"  id: pauses\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: P1D } }\n"
	"    - { id: between, action: exec.run, with: { shell: '" RAN("between") "' } }\n"
	"    - { id: again, action: wait.timer, with: { duration: P2D } }\n"
	"    - { id: last, action: exec.run, with: { shell: '" RAN("last") "' } }\n";

static const char tick[] =
	"workflow:\n"
	"  id: tick\n"
	"  steps: [ { id: tick, action: exec.run, with: { shell: '" RAN("tick") "' } } ]\n";

/* A firing's instance waits, so that the next one meets it. */
static const char slow[] =
	"workflow:\n"
	"  id: slow\n"
	"  steps:\n"
	"    - { id: begin, action: exec.run, with: { shell: '" RAN("begin") "' } }\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT90M } }\n"
	"    - { id: end_it, action: exec.run, with: { shell: '" RAN("end_it") "' } }\n";

static const char triggered[] =
	"workflow:\n"
	"  id: triggered\n"
	"  triggers:\n"
	"    - { type: schedule, id: hourly, cron: '0 * * * *', missed: catch_up }\n"
	"    - { type: schedule, id: once, at: '2126-03-01T10:30:00' }\n"
	"  steps: [ { id: tick, action: exec.run, with: { shell: '" RAN("tick") "' } } ]\n";

/* Its history is kept for a day after its end. */
static const char keeps[] =
	"workflow:\n"
	"  id: keeps\n"
	"  execution_log: { retention: P1D }\n"
	"  steps:\n"
	"    - { id: first, action: exec.run, with: { shell: '" RAN("first") "' } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "; test -e @DIR@/tried ||"
	" { touch @DIR@/tried; exit 1; }' } }\n";

#define HOURLY(workflow, options) START "schedule add " workflow " R/PT1H --name each " options

const struct scenario clock_scenarios[] = {
	{ .name = "timers, swept",
		.ends = "completed completed failed 4", .definition = waits, .second = tries, .many = true,
		.commands = { RUN " --set n=1", RUN " --set n=2", RUN_2 " --stay 0s",
			ON("01", "11:00:00") "serve-once", ON("02", "09:00:00") "serve-once --jobs 1",
			ON("03", "09:00:00") "serve-once" },
		.prepared = 3, .recovery = "serve-once" },
	{ .name = "escalations, reminders",
		.ends = "completed 5", .definition = escalated,
		.commands = { RUN, ON("01", "13:00:00") "serve-once", ON("01", "21:00:00") "serve-once",
			ON("02", "09:00:00") "serve-once", ON("02", "10:00:00") "approve 1 --as bob",
			ON("04", "09:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "notified by requests",
		.ends = "completed 3", .definition = told,
		.commands = { RUN, ON("01", "13:00:00") "serve-once", ON("01", "21:00:00") "serve-once",
			ON("02", "10:00:00") "approve 1 --as alice" },
		.prepared = 1, .recovery = "serve-once", .doubt = RETRY, .doubtful = "ok.notify1 " },
	{ .name = "not before its time",
		.ends = "failed 1", .definition = decides,
		.commands = { RUN, ON("02", "08:59:59.999") "serve-once",
			ON("02", "08:59:59.999") "reject 1 --as alice --reason no",
			ON("02", "09:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "decided by itself",
		.ends = "completed 2", .definition = decides,
		.commands = { RUN, ON("02", "08:59:59.999") "serve-once", ON("02", "09:00:00") "serve-once",
			ON("02", "09:00:00") "reject 1 --as alice --reason no",
			ON("03", "09:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "just in time",
		.ends = "completed 1", .definition = breach,
		.commands = { RUN, ON("02", "08:59:59.999") "approve 1 --as alice",
			ON("02", "09:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "at the end's instant",
		.ends = "completed 2", .definition = breach,
		.commands = { RUN, ON("02", "09:00:00") "approve 1 --as alice",
			ON("02", "09:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a left-over timer",
		.ends = "waiting 1", .definition = pauses,
		.commands = { RUN, ON("01", "10:00:00") "timer fire 1 --step pause", ON("02", "09:00:00") "serve-once",
			ON("03", "09:59:59.999") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a resumed pause",
		.ends = "waiting 0", .definition = pauses, .many = true,
		.commands = { RUN, ON("01", "10:00:00") "cancel 1", ON("01", "12:00:00") "retry 1 --from pause",
			ON("02", "09:00:00") "serve-once", ON("02", "11:59:59.999") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a resumed pause, to its end",
		.ends = "completed 2", .definition = pauses, .many = true,
		.commands = { RUN, ON("01", "10:00:00") "cancel 1", ON("01", "12:00:00") "retry 1 --from pause",
			ON("02", "12:00:00") "serve-once", ON("04", "12:00:00") "serve-once" },
		.prepared = 2, .recovery = "serve-once" },
	{ .name = "a moved timer",
		.ends = "completed 2", .definition = pauses,
		.commands = { RUN, ON("01", "10:00:00") "timer move 1 2126-03-05T09:00:00Z",
			ON("02", "09:00:00") "serve-once", ON("05", "09:00:00") "serve-once",
			ON("07", "09:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once" },
	{ .name = "a schedule, backfilled",
		.ends = "completed completed completed completed completed completed 6", .definition = tick, .many = true,
		.commands = { START "register @DIR@/w.yaml", HOURLY("tick", "--missed backfill"),
			ON("01", "14:30:00") "serve-once --jobs 2", ON("01", "15:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once", .look = "schedule show each -o json" },
	{ .name = "a schedule, catching up",
		.ends = "completed completed 2", .definition = tick, .many = true,
		.commands = { START "register @DIR@/w.yaml", HOURLY("tick", "--missed catch_up"),
			ON("01", "14:30:00") "serve-once", ON("01", "14:45:00") "schedule run-now each" },
		.prepared = 2, .recovery = "serve-once", .look = "schedule show each -o json" },
	{ .name = "a schedule, queueing",
		.ends = "completed waiting 3", .definition = slow, .many = true,
		.commands = { START "register @DIR@/w.yaml", HOURLY("slow", "--overlap queue"),
			ON("01", "10:00:00") "serve-once", ON("01", "11:00:00") "serve-once",
			ON("01", "11:30:00") "serve-once" },
		.prepared = 2, .recovery = "serve-once", .look = "schedule show each -o json" },
	{ .name = "a schedule, replacing",
		.ends = "cancelled waiting 2", .definition = slow, .many = true,
		.commands = { START "register @DIR@/w.yaml", HOURLY("slow", "--overlap replace"),
			ON("01", "10:00:00") "serve-once", ON("01", "11:00:00") "serve-once" },
		.prepared = 3, .recovery = "serve-once", .look = "schedule show each -o json" },
	{ .name = "a schedule, skipping",
		.ends = "waiting 1", .definition = slow, .many = true,
		.commands = { START "register @DIR@/w.yaml", HOURLY("slow", "--overlap skip"),
			ON("01", "10:00:00") "serve-once", ON("01", "11:00:00") "serve-once" },
		.prepared = 3, .recovery = "serve-once", .look = "schedule show each -o json" },
	{ .name = "histories that expire",
		.ends = "failed completed completed completed 8", .definition = keeps, .many = true,
		.commands = { RUN, RUN, RUN, RUN, ON("02", "08:59:59.999") "serve-once",
			ON("02", "09:00:00") "serve-once --max 1", ON("02", "09:00:00") "serve-once --max 2",
			ON("02", "09:00:00") "prune" },
		.prepared = 4, .recovery = "serve-once", .look = "journal check -o json" },
	{ .name = "a history that expired, retried",
		.ends = "completed 3", .definition = keeps, .many = true,
		.commands = { RUN, ON("02", "09:00:00") "serve-once", ON("02", "10:00:00") "retry 1",
			ON("03", "09:59:59.999") "serve-once", ON("03", "10:00:00") "serve-once" },
		.prepared = 1, .recovery = "serve-once", .look = "history 1 -o json" },
	{ .name = "triggers by the clock",
		.ends = "completed completed completed 3", .definition = triggered, .many = true,
		.commands = { START "register @DIR@/w.yaml", ON("01", "10:30:00") "serve-once",
			ON("01", "12:00:00") "serve-once" },
		.recovery = "serve-once", .look = "schedule show triggered/hourly -o json" },
};
const unsigned clock_scenario_count = sizeof(clock_scenarios) / sizeof(clock_scenarios[0]);
