/*
 * Two processes at one instance: one drives it, another one changes it meanwhile (a cancel, a decision, a
 * start that replaces it, a hold). Whoever changes it is killed at every boundary, also when it is given
 * again, while the driver lives; then the driver is. However it goes, the change takes effect once, the
 * driver learns of it, and no effect happens twice or is left running.
 */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ON(day, time) "WFCTL_NOW=2126-03-" day "T" time "Z "
/* A command that goes on when the trial lets it. */
#define GATE "until [ -e @DIR@/gate ]; do sleep 0.01; done"

struct meeting {
	const char *name, *definition;
	const char *before;    /* what comes first; NULL */
	const char *driver;    /* drives until the intruder came, or until the gate is open */
	const char *intruder;
	const char *after[2];  /* what comes then */
	bool starts;           /* the intruder is a start: not given again once it was taken in */
	const char *ends;      /* the statuses of the instances */
	const char *once;      /* ids of steps whose command was begun once, each with a space */
	const char *at_most;   /* or not at all, depending on when the driver was killed */
};

static const char cancelled[] =
	"workflow:\n"
	"  id: cancelled\n"
	"  steps:\n"
	"    - { id: slow, action: exec.run, with: { shell: '" RAN("slow") "; exec sleep 50' } }\n"
	"    - { id: never, action: exec.run, with: { shell: '" RAN("never") "' } }\n";

static const char approved[] =
	"workflow:\n"
	"  id: approved\n"
	"  steps:\n"
	"    - id: ok\n"
	"      action: approval.request\n"
	"      with:\n"
	"        policy: level1\n"
	"        approvers: { list: [alice] }\n"
	"        sla: P2D\n"
	"        escalations:\n"
	"          - { after: PT4H, notify: { action: exec.run, with: { shell: '" RAN("note") "; " GATE "' } } }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";

static const char replaced[] =
	"workflow:\n"
	"  id: replaced\n"
	"  input: { type: object, required: [n], properties: { n: { type: integer } } }\n"
	"  concurrency: { key: all, limit: 1, on_conflict: replace }\n"
	"  steps:\n"
	"    - id: work\n"
	"      action: exec.run\n"
	"      with: { shell: 'echo work${string(n)} $WFCTL_IDEMPOTENCY_KEY >>@DIR@/ran; test ${string(n)} = 2"
	" || exec sleep 50' }\n";

static const char held[] =
	"workflow:\n"
	"  id: held\n"
	"  steps:\n"
	"    - { id: first, action: exec.run, with: { shell: '" RAN("first") "; " GATE "' } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "' } }\n";

static const struct meeting meetings[] = {
	{ .name = "cancel", .definition = cancelled, .driver = "run @DIR@/w.yaml",
		.intruder = "cancel 1 --reason enough", .ends = "cancelled ", .once = "",
		.at_most = "slow " },
	{ .name = "approve", .definition = approved, .before = ON("01", "09:00:00") "run @DIR@/w.yaml",
		.driver = ON("01", "13:00:00") "serve-once",
		.intruder = ON("01", "13:00:00") "approve 1 --as alice",
		.after = { ON("03", "09:00:00") "serve-once" },
		.ends = "completed ", .once = "note after ", .at_most = "" },
	{ .name = "cancel beside a notification", .definition = approved,
		.before = ON("01", "09:00:00") "run @DIR@/w.yaml",
		.driver = ON("01", "13:00:00") "serve-once", .intruder = ON("01", "13:00:00") "cancel 1",
		.after = { ON("03", "09:00:00") "serve-once" },
		.ends = "cancelled ", .once = "", .at_most = "note " },
	{ .name = "replace", .definition = replaced, .driver = "run @DIR@/w.yaml --set n=1",
		.intruder = "run @DIR@/w.yaml --set n=2", .starts = true,
		.ends = "cancelled completed ", .once = "work2 ", .at_most = "work1 " },
	{ .name = "hold", .definition = held, .driver = "run @DIR@/w.yaml", .intruder = "hold held",
		.after = { "release held", "serve-once" }, .ends = "completed ", .once = "first then ",
		.at_most = "" },
};

static void give(const char *allowed, const char *command)
{
	char *line = expand(command);
	expect(allowed, "%s", line);
	free(line);
}

static int give_dying(const char *command, const char *boundary, unsigned nth)
{
	char *line = expand(command);
	int status = status_of("WFCTL_CRASH_AT=%s:%u %s", boundary, nth, line);
	free(line);
	return status;
}

/* Begins to drive; dies at the boundary, unless NULL. */
static struct running begin(const char *command, const char *boundary, unsigned nth)
{
	char *expanded = expand(command), *line;
	int n = boundary ? asprintf(&line, "WFCTL_CRASH_AT=%s:%u %s", boundary, nth, expanded) :
			   asprintf(&line, "%s", expanded);
	if (n < 0)
		abort();
	struct running r = begin_wfctl(line);
	free(expanded);
	free(line);
	return r;
}

static void prepare(const struct meeting *m)
{
	world_fresh(false);
	char *definition = expand(m->definition);
	write_text("w.yaml", definition);
	free(definition);
	if (m->before)
		give("03", m->before);
}

/* The driver's command is under way, or the driver is no more. */
static bool is_driving(void *arg)
{
	return lines_of_ran() > 0 || has_ended(arg);
}

static void check_ran(const struct meeting *m)
{
	char *ran = read_text("ran"), *rest = ran, *line, name[80];
	unsigned counted = 0;
	json_t *counts = json_object();
	while ((line = strsep(&rest, "\n"))) {
		snprintf(name, sizeof(name), "%.*s ", (int)strcspn(line, " "), line);
		if (!*line)
			continue;
		if (json_object_get(counts, name) ||
			(!strstr(m->once, name) && !strstr(m->at_most, name)))
			complain("`%s` should not have happened%s", name,
				json_object_get(counts, name) ? " again" : "");
		counted += strstr(m->once, name) != NULL;
		json_object_set_new(counts, name, json_true());
	}
	unsigned wanted = 0;
	for (const char *p = m->once; (p = strchr(p, ' ')); p++)
		wanted++;
	if (counted != wanted)
		complain("of `%s`, %u happened", m->once, counted);
	json_decref(counts);
	free(ran);
}

static void check_end(const struct meeting *m)
{
	char ends[200] = "";
	expect_sound();
	json_t *all = instances(), *in;
	size_t i;
	json_array_foreach (all, i, in)
		snprintf(ends + strlen(ends), sizeof(ends) - strlen(ends), "%s ",
			text_of(in, "status"));
	json_decref(all);
	if (strcmp(ends, m->ends) != 0)
		complain("it ends `%s`, not `%s`", ends, m->ends);
	check_ran(m);
	if (files_in("home/spool") || files_in("home/runners"))
		complain("%u files are left in the spool, %u in runners", files_in("home/spool"),
			files_in("home/runners"));
}

static void go_on(const struct meeting *m)
{
	for (size_t i = 0; i < COUNT(m->after) && m->after[i]; i++)
		give("0346", m->after[i]);
	tidy_up("");
	check_end(m);
}

/* Again, by who cannot know whether it was taken. */
static void intrude_again(const struct meeting *m)
{
	unsigned last = m->starts ? 1 : 0;
	if (!m->starts || instances_now() <= last)
		give("068", m->intruder);
	else
		give("0138", "serve-once");
}

static bool kill_intruder(const struct meeting *m, const char *boundary, unsigned nth, bool twice)
{
	doing("%s: the intruder is killed at %s:%u%s while another one drives", m->name, boundary, nth,
		twice ? ", twice," : "");
	prepare(m);
	struct running driver = begin(m->driver, NULL, 0);
	if (!wait_until(is_driving, &driver))
		complain("the driver does not begin");
	bool killed = give_dying(m->intruder, boundary, nth) == KILLED;
	if (killed && twice && (!m->starts || instances_now() < 2))
		killed = give_dying(m->intruder, boundary, nth) == KILLED;
	if (killed)
		intrude_again(m);
	write_text("gate", "");
	struct said said = finish_wfctl(&driver);
	if (said.status != 0 && said.status != 3 && said.status != 8)
		complain("the driver ends with status %d: %s", said.status, said.err);
	said_done(&said);
	if (killed)
		go_on(m);
	return killed;
}

void kill_intruders(void)
{
	for (size_t i = 0; i < COUNT(meetings); i++) {
		unsigned killed = 0;
		for (size_t b = 0; b < boundary_count; b++)
			for (unsigned nth = 1; kill_intruder(&meetings[i], boundary_names[b], nth, false);
				nth++) {
				tally.deaths[b]++;
				killed++;
				if (!hurried)
					(void)kill_intruder(&meetings[i], boundary_names[b], nth, true);
			}
		printf("%-28s %4u boundaries of who changes it\n", meetings[i].name, killed);
		tally.intruder_deaths += killed;
		if (!killed)
			complain("nothing was killed");
	}
}

static bool kill_driver(const struct meeting *m, const char *boundary, unsigned nth)
{
	doing("%s: the driver is killed at %s:%u, another one changes the instance", m->name, boundary,
		nth);
	prepare(m);
	struct running driver = begin(m->driver, boundary, nth);
	if (!wait_until(is_driving, &driver))
		complain("the driver does not begin");
	bool there = instances_now() > 0;
	if (has_ended(&driver))
		write_text("gate", "");
	if (there)
		give("0368", m->intruder);
	write_text("gate", "");
	struct said said = finish_wfctl(&driver);
	bool killed = said.status == KILLED;
	said_done(&said);
	if (!killed)
		return false;
	if (!there) {
		expect_sound();
		return true;
	}
	give("0138", "resume");
	intrude_again(m);
	go_on(m);
	return true;
}

void kill_intruded(void)
{
	for (size_t i = 0; i < COUNT(meetings); i++) {
		unsigned killed = 0;
		for (size_t b = 0; b < boundary_count; b++)
			for (unsigned nth = 1; kill_driver(&meetings[i], boundary_names[b], nth); nth++) {
				tally.deaths[b]++;
				killed++;
			}
		printf("%-28s %4u boundaries of who drives it\n", meetings[i].name, killed);
		tally.intruder_deaths += killed;
		if (!killed)
			complain("nothing was killed");
	}
}
