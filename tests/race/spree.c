/*
 * Everything at once: starts, keys, limits, events, signals, decisions, timers, schedules, cancels, holds
 * and sweeps over one another, while their processes are killed and stopped. In the end all is brought
 * to its end, and nothing happened twice.
 */
#include "race/race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char limited[] =
	"workflow:\n"
	"  id: limited\n"
	"  concurrency: { key: fixed, limit: 2 }\n"
	"  triggers: [ { type: event, name: \"order.*\" } ]\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN("a") "' } }\n"
	"    - { id: pause, action: wait.timer, with: { duration: PT0.02S } }\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' } }\n";

static const char meeting[] =
	"workflow:\n"
	"  id: meeting\n"
	"  steps:\n"
	"    - { id: c, action: exec.run, with: { shell: '" RAN("c") "' } }\n"
	"    - { id: paid, action: wait.event, with: { name: order.paid, timeout: P1D },\n"
	"        on_failure: { action: continue, to: d } }\n"
	"    - { id: d, action: exec.run, with: { shell: '" RAN("d") "' } }\n"
	"    - { id: go, action: wait.signal, with: { name: go, timeout: P1D },\n"
	"        on_failure: { action: continue, to: ok } }\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, sla: P1D, on_breach: reject,\n"
	"        approvers: { list: [p0, p1] } }, on_failure: { action: continue, to: e } }\n"
	"    - { id: e, action: exec.run, with: { shell: '" RAN("e") "' } }\n";

static const char *const lines[] = {
	"run @DIR@/limited.yaml", "run @DIR@/meeting.yaml", "serve-once --parallel",
	"run @DIR@/limited.yaml --key k#", "emit order.paid --id e#", "signal # go --id s1",
	"approve # --as p0", "reject # --as p1", "serve-once", "cancel #", "resume",
	"hold meeting", "release meeting", "release meeting", "run @DIR@/meeting.yaml --key m#",
};

/* A line with a number for its #: one that there may be by now, rather a late one. */
static void join_any(struct crowd *c, unsigned there)
{
	const char *line = lines[(unsigned)rand() % COUNT(lines)], *at = strchr(line, '#');
	unsigned a = 1 + (unsigned)rand() % there, b = 1 + (unsigned)rand() % there;
	if (at)
		join(c, "%.*s%u%s", (int)(at - line), line, a > b ? a : b, at + 1);
	else
		join(c, "%s", line);
}

static unsigned hurt_some(struct crowd *c)
{
	unsigned killed = 0;
	for (unsigned i = 0; i < c->n; i++) {
		pause_ms(rand() % 8);
		int chance = rand() % 6;
		if (chance < 4)
			kill(c->members[i].pid, chance == 0 ? SIGTERM : chance < 3 ? SIGKILL : SIGSTOP);
	}
	for (unsigned i = 0; i < c->n; i++)
		kill(c->members[i].pid, SIGCONT);
	for (unsigned i = 0; i < c->n; i++) {
		/* whatever it was told, in words; nothing may be broken */
		int status = finish(&c->members[i], "134568k");
		killed += status > 128;
	}
	return killed;
}

/* Every line that a command left is there once. */
static void expect_once(void)
{
	char *ran = read_text("ran"), *rest = ran, *line;
	json_t *seen = json_object();
	while ((line = strsep(&rest, "\n"))) {
		if (*line && json_object_get(seen, line))
			complain("twice: %s", line);
		(void)json_object_set_new(seen, line, json_true());
	}
	json_decref(seen);
	free(ran);
}

#define PATIENCE_MS 600000

/* A slow machine needs longer until enough has happened. */
static bool is_little(unsigned killed)
{
	if (killed < rounds(10, 100))
		return true;
	json_t *all = instances();
	unsigned completed = having(all, "completed");
	json_decref(all);
	return completed < rounds(5, 50);
}

static void everything(void)
{
	unsigned killed = 0, did = 0;
	int64_t until = now_ms() + (int64_t)rounds(8, 120) * 1000;
	world_fresh(false);
	define("limited.yaml", limited);
	define("meeting.yaml", meeting);
	expect("0", "register %s/limited.yaml", world.dir);
	expect("0", "register %s/meeting.yaml", world.dir);
	expect("0", "schedule add limited R/PT1S --name tick");
	while (now_ms() < until || (is_little(killed) && now_ms() < until + PATIENCE_MS)) {
		struct crowd c = {0};
		for (int i = 0; i < 6; i++)
			join_any(&c, did + 2);
		killed += hurt_some(&c);
		did += 2;
		count_race();
	}
	expect("06", "release meeting");
	expect("0", "schedule delete tick");
	wait_for_quiet_spool();
	expect_sound();
	expect("0", "serve-once --window 200ms");
	expect_sound();
	for (int year = 2126; year < 2131; year++) /* what still waits is for what never came */
		expect("0", "WFCTL_NOW=%d-01-01T00:00:00Z serve-once", year);
	json_t *all = instances();
	unsigned completed = having(all, "completed"), cancelled = having(all, "cancelled");
	unsigned n = (unsigned)json_array_size(all);
	if (completed + cancelled != n)
		complain("of %u instances %u are completed, %u cancelled, %u queued, %u waiting, %u failed",
			n, completed, cancelled, having(all, "queued"), having(all, "waiting"),
			having(all, "failed"));
	printf("  %u instances: %u completed, %u cancelled, through %u kills\n", n, completed, cancelled,
		killed);
	if (completed < rounds(5, 50) || killed < rounds(10, 100))
		complain("too little happened");
	json_decref(all);
	expect_once();
	expect_sound();
	if (files_in("home/spool") || files_in("home/runners"))
		complain("%u files are left in the spool, %u in runners", files_in("home/spool"),
			files_in("home/runners"));
}

const struct race spree_races[] = {
	{"everything", everything},
	{NULL, NULL},
};
